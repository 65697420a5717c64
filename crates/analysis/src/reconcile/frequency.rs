//! How rare the values are on which records agree: Mohammad is weak evidence.
//!
//! Law: a value's frequency is its share among all records that state such a value; agreement on it weighs
//! m ÷ that share (Winkler 2000).
use super::compare::Comparison;
use super::order::{Prepared, Sum};
use crate::linkage::name::Skeleton;
use crate::linkage::rarity::{Counts, bits};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Counts of values among all records.
#[derive(Debug, Default)]
pub(super) struct Frequencies<'a> {
    amounts: Counts<&'a Sum>,
    tokens: Counts<&'a str>,
    phones: Counts<&'a str>,
    senders: [Counts<&'a str>; 2],
    beneficiaries: [Counts<&'a str>; 2],
    places: Counts<&'a str>,
    /// How rare the beginnings of each memo are.
    beginnings: FxHashMap<&'a str, Beginnings>,
}

/// How rare a memo's beginnings of whole words are, by their length in bytes, ascending; the last is the whole memo.
type Beginnings = Box<[(u32, f32)]>;

impl<'a> Frequencies<'a> {
    pub(super) fn of(orders: &'a [Prepared<'a>]) -> Self {
        let mut all = Self::default();
        let mut texts = Vec::new();
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
            texts.extend(order.text.as_deref());
        }
        texts.sort_unstable();
        let known = texts.chunk_by(|a, b| a == b).map(|same| same[0]);
        let known: Vec<&str> = known.collect();
        let beginnings = known
            .par_iter()
            .map(|&text| (text, beginnings(text, &texts)));
        all.beginnings = beginnings.collect::<Vec<_>>().into_iter().collect();
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

    /// Of memos that begin as this one does in so many bytes, which are whole words or all of it. O(log words).
    pub(super) fn beginning(&self, text: &str, n_bytes: usize) -> f32 {
        let Some(known) = self.beginnings.get(text) else {
            return 0.0;
        };
        let place = known.partition_point(|of| (of.0 as usize) < n_bytes);
        known.get(place).map_or(0.0, |of| of.1)
    }
}

/// Among sorted memos, those with one beginning stand together.
fn beginnings(text: &str, sorted: &[&str]) -> Beginnings {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let ends = text
        .match_indices(' ')
        .map(|(at, _)| at + 1)
        .chain([text.len()]);
    let mut among = sorted;
    let rarity = ends.map(|end| {
        let head = &text[..end];
        let first = among.partition_point(|&other| other < head);
        let n = among[first..].partition_point(|other| other.starts_with(head));
        among = &among[first..first + n];
        (small(end), bits(small(n), small(sorted.len())))
    });
    rarity.collect()
}
