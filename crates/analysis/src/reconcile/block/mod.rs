//! Which pairs are worth comparing: several passes, each by a key that true pairs often share.
//!
//! Law: a key is a head and a bucket of days. A pass joins the records of the two sides that have a head in common and stand in one bucket
//! or in two beside each other. A key of the received side that more than `block_pairs_max` pairs look at is left out of that pass and
//! counted, so no pass is quadratic in the records. O(n log n + pairs).

mod join;
mod key;

use super::Options;
use super::compare::Comparison;
use super::order::Side;
use super::record::{Glance, Records};
use join::Join;
use rayon::prelude::*;

/// A pass of blocking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pass {
    /// Equal token.
    Token,
    /// Equal amount, within the longest delay.
    Amount,
    /// Amounts within the second percentage and of neighbouring sixteenths of a doubling, within the second longest delay.
    NearAmount,
    /// The first word of the beneficiary's or sender's name or the memo's beginning, and amounts within the largest
    /// percentage and of neighbouring halves of a doubling, within the longest delay.
    Name,
}

/// How many passes there are.
pub(super) const N_PASSES: usize = 4;

impl Pass {
    /// All passes.
    pub const ALL: [Self; N_PASSES] = [Self::Token, Self::Amount, Self::NearAmount, Self::Name];

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Amount => "equal amount",
            Self::NearAmount => "near amount",
            Self::Name => "name",
        }
    }

    /// Comparisons that are not independent of its key.
    pub(super) const fn decides(self, comparison: Comparison) -> bool {
        match self {
            Self::Token => matches!(comparison, Comparison::Token),
            Self::Amount | Self::NearAmount => matches!(comparison, Comparison::Amount),
            Self::Name => matches!(
                comparison,
                Comparison::Sender | Comparison::Beneficiary | Comparison::Text
            ),
        }
    }
}

/// What a pass gave.
pub type Blocked = crate::linkage::Blocked<Pass>;

/// A pair by positions: on the sent side, on the received side.
pub(super) type Pair = (u32, u32);

/// Whether two records, each by its side and its book, can be the two sides of one order.
pub(super) fn may_pair(sent: (Side, u32), received: (Side, u32)) -> bool {
    let roles = match (sent.0, received.0) {
        (Side::Received, _) | (_, Side::Sent) => false,
        // Both may be either: one of the two orders of the pair is enough.
        (Side::Unknown, Side::Unknown) => sent.1 < received.1,
        _ => true,
    };
    roles && sent.1 != received.1
}

/// Room to collect partners in, from one record to the next.
#[derive(Debug, Default)]
pub(super) struct Room {
    places: Vec<u32>,
    /// Place and pass.
    keyed: Vec<u64>,
}

/// The pairs of all passes.
#[derive(Debug)]
pub(super) struct Blocks {
    joins: Vec<Join>,
    pairs_max: u64,
}

impl Blocks {
    pub(super) fn new(records: &Records<'_>, options: &Options) -> Self {
        let passes = Pass::ALL.into_par_iter();
        Self {
            joins: passes
                .map(|pass| Join::new(records, pass, options))
                .collect(),
            pairs_max: options.block_pairs_max,
        }
    }

    /// Puts the places of the partners of a record of the sent side into a list, ascending, each with the passes that gave it, as bits.
    pub(super) fn put_partners(
        &self,
        records: &Records<'_>,
        sent: &Glance,
        room: &mut Room,
        found: &mut Vec<(u32, u8)>,
    ) {
        let Room { places, keyed } = room;
        keyed.clear();
        for (pass, join) in (0..).zip(&self.joins) {
            places.clear();
            join.put_partners(records, sent, self.pairs_max, places);
            keyed.extend(places.iter().map(|&place| u64::from(place) << 8 | pass));
        }
        keyed.sort_unstable();
        let same = keyed.chunk_by(|a, b| a >> 8 == b >> 8);
        found.clear();
        found.extend(same.map(|same| {
            let passes = same.iter().fold(0, |passes, of| passes | 1 << (of & 0xFF));
            let place = u32::try_from(same[0] >> 8).expect("it was put in as one");
            (place, passes)
        }));
    }

    /// What each pass gave, by the number of its pairs.
    pub(super) fn told(&self, n_pairs: [u64; N_PASSES]) -> Vec<Blocked> {
        let passes = Pass::ALL.into_iter().zip(&self.joins).zip(n_pairs);
        passes
            .map(|((pass, join), n_pairs)| {
                let (n_keys_left_out, n_pairs_left_out) = join.left_out(self.pairs_max);
                Blocked {
                    pass,
                    n_pairs,
                    n_keys_left_out,
                    n_pairs_left_out,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::frequency::{AllBeginnings, Frequencies};
    use super::super::order::{Order, Prepared, Sum, assets, delay};
    use super::*;
    use moneytrail_model::Amount;
    use proptest::prelude::*;

    const SIDES: [Side; 3] = [Side::Sent, Side::Received, Side::Unknown];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn equal_amounts_within_the_longest_delay_are_all_proposed_and_no_others(
            rows in prop::collection::vec((0_u32..3, 0_usize..3, 0_usize..2, 1_i128..4, prop::option::of((-50_i32..50, 0_i32..40))), 0..24),
        ) {
            let orders: Vec<Order> = rows
                .iter()
                .zip(0..)
                .map(|(&(book, side, asset, amount, days), nth)| {
                    let mut order = Order::new(format!("{nth}"), book, SIDES[side]);
                    order.amounts = vec![Sum {
                        asset: ["EUR", "USD"][asset].into(),
                        amount: Amount::new(amount).unwrap(),
                    }];
                    order.days = days.map(|(first, length)| (first, first + length));
                    order
                })
                .collect();
            let assets = assets(&orders);
            let prepared: Vec<Prepared<'_>> = orders.iter().map(|of| Prepared::new(of, &assets)).collect();
            let frequencies = Frequencies::of(&prepared);
            let beginnings = AllBeginnings::of(&vec![None; prepared.len()]);
            let records = Records::new(&prepared, &frequencies, &beginnings);
            let options = Options { delay_days: vec![0, 4, 10], ..Options::default() };
            let blocks = Blocks::new(&records, &options);
            for (sent, a) in orders.iter().enumerate() {
                let mut found = Vec::new();
                blocks.put_partners(&records, &records.glances[sent], &mut Room::default(), &mut found);
                let by_amount = found.iter().filter(|of| of.1 & 2 != 0).map(|of| of.0);
                let by_amount: Vec<u32> = by_amount.collect();
                let expected = (0..).zip(&orders).filter(|(_, b)| {
                    // Long intervals have keys at their ends alone.
                    let is_near = match (a.days, b.days) {
                        (None, None) => true,
                        (Some(a), Some(b)) => {
                            let ends = [a.0, a.1].map(|one| [b.0, b.1].map(|other| one.abs_diff(other)));
                            ends.as_flattened().iter().any(|&days| days <= 10)
                        }
                        _ => false,
                    };
                    may_pair((a.side, a.book), (b.side, b.book)) && a.amounts == b.amounts && is_near
                });
                let expected: Vec<u32> = expected.map(|of| of.0).collect();
                prop_assert!(expected.iter().all(|of| by_amount.contains(of)), "{} {:?} {:?}", sent, expected, by_amount);
                for &received in &by_amount {
                    let b = &orders[received as usize];
                    prop_assert!(a.amounts == b.amounts && may_pair((a.side, a.book), (b.side, b.book)));
                    prop_assert!(delay(a.days, b.days).is_none_or(|days| (-10..=10).contains(&days)));
                }
            }
        }
    }
}
