//! An order as it is compared: numbers, and values with how rare they are, side by side in memory.

use super::frequency::{Beginnings, Frequencies};
use super::order::{Prepared, Side, head};
use crate::linkage::name::Skeleton;
use moneytrail_model::Amount;
use smallvec::SmallVec;

/// An amount, and how rare it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Priced {
    /// Number of the asset.
    pub(super) asset: u32,
    pub(super) amount: Amount,
    pub(super) bits: f32,
}

/// A name, and how rare it and its words are.
#[derive(Debug)]
pub(super) struct Named<'f> {
    pub(super) name: &'f Skeleton,
    pub(super) bits: f32,
    pub(super) word_bits: Box<[f32]>,
}

/// A memo, and how rare its beginnings are.
#[derive(Debug)]
pub(super) struct Memo<'f> {
    pub(super) text: &'f str,
    /// Its first eight bytes, the first one highest; zeros behind its end.
    pub(super) head: u64,
    pub(super) beginnings: &'f Beginnings,
}

/// What is compared of every pair, near at hand: millions of pairs are looked at, and a look at memory far away costs more than a
/// comparison.
#[derive(Debug)]
pub(super) struct Record<'f> {
    pub(super) days: Option<(i32, i32)>,
    pub(super) book: u32,
    pub(super) other_book: Option<u32>,
    pub(super) side: Side,
    pub(super) sums: SmallVec<[Priced; 1]>,
    pub(super) text: Option<Memo<'f>>,
    /// What lists of payments do not say.
    pub(super) details: Option<Box<Details<'f>>>,
}

/// What hawaladars write of an order beside its sums and its day; values with how rare they are.
#[derive(Debug)]
pub(super) struct Details<'f> {
    pub(super) token: Option<(&'f str, f32)>,
    pub(super) sender: Option<Named<'f>>,
    pub(super) beneficiary: Option<Named<'f>>,
    pub(super) place: Option<(&'f str, f32)>,
    pub(super) phones: Box<[(&'f str, f32)]>,
}

impl<'f> Record<'f> {
    pub(super) fn new(
        prepared: &'f Prepared<'f>,
        frequencies: &Frequencies<'f>,
        beginnings: &'f Beginnings,
    ) -> Self {
        let order = prepared.order;
        let priced = |&(asset, amount): &(u32, Amount)| Priced {
            asset,
            amount,
            bits: frequencies.amounts.rarity(&(asset, amount)),
        };
        let memo = |text: &'f str| Memo {
            text,
            head: head(text),
            beginnings,
        };
        let details = Details::new(prepared, frequencies);
        Self {
            days: order.days,
            book: order.book,
            other_book: order.other_book,
            side: order.side,
            sums: prepared.sums.iter().map(priced).collect(),
            text: prepared.text.as_deref().map(memo),
            details: (!details.is_empty()).then(|| Box::new(details)),
        }
    }
}

impl<'f> Details<'f> {
    fn new(prepared: &'f Prepared<'f>, frequencies: &Frequencies<'f>) -> Self {
        let named = |name: &'f Skeleton, of: usize| {
            let words = name.words().iter();
            Named {
                name,
                bits: frequencies.names[of].rarity(&name.whole()),
                word_bits: words
                    .map(|word| frequencies.words[of].rarity(&&**word))
                    .collect(),
            }
        };
        let (token, place) = (prepared.token.as_deref(), prepared.place.as_ref());
        let phones = prepared.order.phones.iter().map(|phone| &**phone);
        Self {
            token: token.map(|token| (token, frequencies.tokens.rarity(&token))),
            sender: prepared.sender.as_ref().map(|name| named(name, 0)),
            beneficiary: prepared.beneficiary.as_ref().map(|name| named(name, 1)),
            place: place.map(|place| (place.whole(), frequencies.places.rarity(&place.whole()))),
            phones: phones
                .map(|phone| (phone, frequencies.phones.rarity(&phone)))
                .collect(),
        }
    }

    fn is_empty(&self) -> bool {
        let Self {
            token,
            sender,
            beneficiary,
            place,
            phones,
        } = self;
        token.is_none()
            && sender.is_none()
            && beneficiary.is_none()
            && place.is_none()
            && phones.is_empty()
    }
}
