//! Which pairs are worth comparing: several passes, each by a key that true pairs often share.
//!
//! Law: a pass joins the records of the two sides that have a key in common. A key that more than `block_pairs_max` pairs share is left
//! out of that pass and counted, so no pass is quadratic in the records. O(n log n + pairs).

mod join;
mod key;

use super::Options;
use super::compare::Comparison;
use super::order::Side;
use super::record::Record;
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

impl Pass {
    /// All passes.
    pub const ALL: [Self; 4] = [Self::Token, Self::Amount, Self::NearAmount, Self::Name];

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

/// The pairs of all passes.
#[derive(Debug)]
pub(super) struct Blocks {
    joins: Vec<Join>,
    pairs_max: u64,
}

impl Blocks {
    pub(super) fn new(records: &[Record<'_>], options: &Options) -> Self {
        let passes = Pass::ALL.into_par_iter();
        Self {
            joins: passes
                .map(|pass| Join::new(records, pass, options))
                .collect(),
            pairs_max: options.block_pairs_max,
        }
    }

    /// Puts the partners of a record of the sent side into an empty list, ascending, each with the passes that gave it, as bits.
    pub(super) fn put_partners(
        &self,
        records: &[Record<'_>],
        sent: usize,
        found: &mut Vec<(u32, u8)>,
    ) {
        for (pass, join) in self.joins.iter().enumerate() {
            join.partners(records, sent, self.pairs_max, |received| {
                found.push((received, 1 << pass));
            });
        }
        found.sort_unstable();
        found.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 |= next.1;
            }
            is_same
        });
    }

    /// What each pass gave, by the passes of all pairs.
    pub(super) fn counts(&self, passes: &[u8]) -> Vec<Blocked> {
        let joins = Pass::ALL.into_par_iter().zip(&self.joins).enumerate();
        joins
            .map(|(bit, (pass, join))| {
                let (n_keys_left_out, n_pairs_left_out) = join.left_out(self.pairs_max);
                let given = passes.iter().filter(|passes| **passes & (1 << bit) != 0);
                Blocked {
                    pass,
                    n_pairs: given.count() as u64,
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
            let records: Vec<Record<'_>> = prepared
                .iter()
                .map(|of| Record::new(of, &frequencies, beginnings.at(0)))
                .collect();
            let options = Options { delay_days: vec![0, 4, 10], ..Options::default() };
            let blocks = Blocks::new(&records, &options);
            for (sent, a) in orders.iter().enumerate() {
                let mut found = Vec::new();
                blocks.put_partners(&records, sent, &mut found);
                let by_amount = found.iter().filter(|of| of.1 & 2 != 0).map(|of| of.0);
                let expected = (0..).zip(&orders).filter(|(_, b)| {
                    // Long intervals have keys at their ends alone.
                    let has_key = |of: &Order| of.days.is_none_or(|days| days.1 - days.0 <= 10);
                    let is_known = a.days.is_some() == b.days.is_some();
                    may_pair((a.side, a.book), (b.side, b.book))
                        && a.amounts == b.amounts
                        && is_known
                        && has_key(a)
                        && has_key(b)
                        && delay(a.days, b.days).is_none_or(|days| (-10..=10).contains(&days))
                });
                let expected: Vec<u32> = expected.map(|of| of.0).collect();
                let by_amount: Vec<u32> = by_amount.collect();
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
