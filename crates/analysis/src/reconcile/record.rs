//! Orders as they are compared: what is seen of each at a glance, and values with how rare they are.

use super::frequency::{AllBeginnings, Beginnings, Frequencies};
use super::number;
use super::order::{Prepared, Side, head};
use crate::linkage::name::Skeleton;
use crate::linkage::rarity::Counts;
use moneytrail_model::Amount;
use rayon::prelude::*;
use std::num::NonZeroU32;

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
    pub(super) beginnings: &'f Beginnings,
}

/// The sums of an order, as most pairs tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sums {
    None,
    One {
        /// Number of the asset.
        asset: u32,
        units: i64,
    },
    /// Several, or an immense one.
    More,
}

/// What most pairs part on, in one line of memory: millions of pairs are looked at, and a look at memory far away costs more than a
/// comparison.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Glance {
    /// Where the record stands.
    pub(super) place: u32,
    pub(super) book: u32,
    /// Its number and one, which leaves the line room.
    next_to_other_book: Option<NonZeroU32>,
    pub(super) side: Side,
    pub(super) days: Option<(i32, i32)>,
    pub(super) sums: Sums,
    /// The memo's first sixteen bytes, the first one highest; zeros behind its end.
    pub(super) memo_head: u128,
    /// How many of these bytes the memo has; none if there is no memo.
    pub(super) n_head: u8,
    /// How rare the memo's first word is.
    pub(super) word_bits: f32,
    pub(super) is_detailed: bool,
}

const _: () = assert!(size_of::<Glance>() == 64, "one line");

/// All records, near in time near in memory.
#[derive(Debug)]
pub(super) struct Records<'f> {
    pub(super) glances: Vec<Glance>,
    prepared: &'f [Prepared<'f>],
    details: Vec<Option<Box<Details<'f>>>>,
    amounts: &'f Counts<(u32, Amount)>,
    beginnings: &'f AllBeginnings,
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

impl Glance {
    fn new(
        place: u32,
        prepared: &Prepared<'_>,
        beginnings: &Beginnings,
        is_detailed: bool,
    ) -> Self {
        let order = prepared.order;
        let text = prepared.text.as_deref().unwrap_or_default();
        Self {
            place,
            book: order.book,
            next_to_other_book: order.other_book.map(|book| {
                let next = NonZeroU32::MIN.checked_add(book);
                next.expect("fewer books than 2³²")
            }),
            side: order.side,
            days: order.days,
            sums: match prepared.sums[..] {
                [] => Sums::None,
                [(asset, amount)] => i64::try_from(amount.units())
                    .map_or(Sums::More, |units| Sums::One { asset, units }),
                _ => Sums::More,
            },
            memo_head: u128::from_be_bytes(head(text)),
            n_head: u8::try_from(text.len().min(16)).unwrap_or(16),
            word_bits: beginnings.first().map_or(0.0, |word| word.1),
            is_detailed,
        }
    }

    /// The book that holds the other side, if the record names it.
    pub(super) fn other_book(&self) -> Option<u32> {
        self.next_to_other_book.map(|next| next.get() - 1)
    }
}

impl<'f> Records<'f> {
    /// O(n) in parallel.
    pub(super) fn new(
        prepared: &'f [Prepared<'f>],
        frequencies: &'f Frequencies<'f>,
        beginnings: &'f AllBeginnings,
    ) -> Self {
        let (mut glances, mut details) = (Vec::new(), Vec::new());
        let records = prepared.par_iter().enumerate().map(|(place, prepared)| {
            let details = Details::new(prepared, frequencies);
            let of_memo = beginnings.at(place);
            let glance = Glance::new(number(place), prepared, of_memo, details.is_some());
            (glance, details)
        });
        records.unzip_into_vecs(&mut glances, &mut details);
        Self {
            glances,
            prepared,
            details,
            amounts: &frequencies.amounts,
            beginnings,
        }
    }

    /// Numbers of assets, and amounts.
    pub(super) fn sums(&self, of: &Glance) -> &'f [(u32, Amount)] {
        &self.prepared[of.place as usize].sums
    }

    /// How rare a sum is.
    pub(super) fn rarity(&self, sum: &(u32, Amount)) -> f32 {
        self.amounts.rarity(sum)
    }

    pub(super) fn memo(&self, of: &Glance) -> Option<Memo<'f>> {
        let place = of.place as usize;
        Some(Memo {
            text: self.prepared[place].text.as_deref()?,
            beginnings: self.beginnings.at(place),
        })
    }

    /// How rare the first words of a memo are.
    pub(super) fn word_bits(&self, of: &Glance, n_words: usize) -> Option<f32> {
        let beginnings = self.beginnings.at(of.place as usize);
        Some(beginnings.get(n_words - 1)?.1)
    }

    pub(super) fn details(&self, of: &Glance) -> Option<&Details<'f>> {
        self.details[of.place as usize].as_deref()
    }
}

impl<'f> Details<'f> {
    /// `None` if there are none.
    fn new(prepared: &'f Prepared<'f>, frequencies: &Frequencies<'f>) -> Option<Box<Self>> {
        let (words, phones) = (prepared.words.as_deref(), &prepared.order.phones);
        if words.is_none() && phones.is_empty() {
            return None;
        }
        let named = |name: Option<&'f Skeleton>, of: usize| {
            let name = name?;
            let words = name.words().iter();
            Some(Named {
                name,
                bits: frequencies.names[of].rarity(&name.whole()),
                word_bits: words
                    .map(|word| frequencies.words[of].rarity(&&**word))
                    .collect(),
            })
        };
        let token = words.and_then(|words| words.token.as_deref());
        let place = words
            .and_then(|words| words.place.as_ref())
            .map(Skeleton::whole);
        let phones = phones.iter().map(|phone| &**phone);
        Some(Box::new(Self {
            token: token.map(|token| (token, frequencies.tokens.rarity(&token))),
            sender: named(words.and_then(|words| words.sender.as_ref()), 0),
            beneficiary: named(words.and_then(|words| words.beneficiary.as_ref()), 1),
            place: place.map(|place| (place, frequencies.places.rarity(&place))),
            phones: phones
                .map(|phone| (phone, frequencies.phones.rarity(&phone)))
                .collect(),
        }))
    }
}
