//! How rare the values are on which records agree: Mohammad is weak evidence.
//!
//! Law: a value's frequency is its share among all records that state such a value; agreement on it weighs
//! m ÷ that share (Winkler 2000).
use super::compare::Comparison;
use super::order::{Prepared, Sum};
use crate::linkage::name::Skeleton;
use crate::linkage::rarity::{Counts, bits};

/// Counts of values among all records.
#[derive(Debug, Default)]
pub(super) struct Frequencies<'a> {
    amounts: Counts<&'a Sum>,
    tokens: Counts<&'a str>,
    phones: Counts<&'a str>,
    senders: [Counts<&'a str>; 2],
    beneficiaries: [Counts<&'a str>; 2],
    places: Counts<&'a str>,
    /// Sorted, so that those with one beginning stand together.
    texts: Vec<&'a str>,
}

impl<'a> Frequencies<'a> {
    pub(super) fn of(orders: &'a [Prepared<'a>]) -> Self {
        let mut all = Self::default();
        for order in orders {
            all.amounts.add(&order.order.amounts);
            all.tokens.add(order.token.as_deref());
            all.phones
                .add(order.order.phones.iter().map(|phone| &**phone));
            for (name, [whole, words]) in [
                (&order.sender, &mut all.senders),
                (&order.beneficiary, &mut all.beneficiaries),
            ] {
                let Some(name) = name else { continue };
                whole.add([name.whole()]);
                words.add(name.words().iter().map(|word| &**word));
            }
            all.places.add(order.place.as_ref().map(Skeleton::whole));
            all.texts.extend(order.text.as_deref());
        }
        all.texts.sort_unstable();
        all
    }

    pub(super) fn amount(&self, sum: &Sum) -> f32 {
        bits(
            self.amounts.of.get(&sum).copied().unwrap_or(1),
            self.amounts.n,
        )
    }

    pub(super) fn token(&self, token: &str) -> f32 {
        self.tokens.rarity(&token)
    }

    pub(super) fn phone(&self, phone: &str) -> f32 {
        self.phones.rarity(&phone)
    }

    pub(super) fn name(&self, of: Comparison, whole: &str) -> f32 {
        match of {
            Comparison::Sender => self.senders[0].rarity(&whole),
            Comparison::Beneficiary => self.beneficiaries[0].rarity(&whole),
            _ => self.places.rarity(&whole),
        }
    }

    pub(super) fn word(&self, of: Comparison, word: &str) -> f32 {
        match of {
            Comparison::Sender => self.senders[1].rarity(&word),
            _ => self.beneficiaries[1].rarity(&word),
        }
    }

    /// Of memos that begin so. O(log n).
    pub(super) fn beginning(&self, head: &str) -> f32 {
        let first = self.texts.partition_point(|&text| text < head);
        let rest = &self.texts[first..];
        let n = rest.partition_point(|text| text.starts_with(head));
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        bits(small(n), small(self.texts.len()))
    }
}
