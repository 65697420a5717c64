//! One payment in two books.
//!
//! Law: an entry is in one pair at most, and no other set of pairs within the same days has more of them.
//!
//! Payments are alike if payer, payee, asset and amount are the same; alike ones can be exchanged without changing any sum, so that which of them
//! are paired does not matter, only how many. Both books in the order of days, the earliest two that lie near enough are a pair.

use super::{Entry, Kind};
use moneytrail_model::RuleId;
use std::collections::BTreeMap;

/// A payment in the payer's book and one in the payee's are one.
pub const SETTLEMENT_PAIR: RuleId = RuleId {
    name: "settlement-pair",
    version: 1,
};

/// Entries with their days, of the debtor's book and of the creditor's.
type Sides = [Vec<((i32, i32), usize)>; 2];

/// Payments that stand in both books, with the same amount and not more than so many days apart, each a pair of entries. O(n log n).
pub fn settled_in_both(entries: &[Entry], days_max: i32) -> Vec<Vec<usize>> {
    let mut alike: BTreeMap<(u32, u32, &str, moneytrail_model::Amount), Sides> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let side = match entry.book {
            book if book == entry.debtor => 0,
            book if book == entry.creditor => 1,
            _ => continue,
        };
        if let (Kind::Settlement | Kind::Payment, Some(days)) = (entry.kind, entry.days) {
            let key = (entry.debtor, entry.creditor, &*entry.asset, entry.amount);
            alike.entry(key).or_default()[side].push((days, at));
        }
    }
    let mut pairs = Vec::new();
    for sides in alike.values_mut() {
        for side in sides.iter_mut() {
            side.sort_by_key(|&(days, at)| (days, &entries[at].key));
        }
        let (mut a, mut b) = (0, 0);
        while let (Some(&(first, of_a)), Some(&(second, of_b))) = (sides[0].get(a), sides[1].get(b))
        {
            if second.0.saturating_sub(first.1) > days_max {
                a += 1;
            } else if first.0.saturating_sub(second.1) > days_max {
                b += 1;
            } else {
                pairs.push(vec![of_a, of_b]);
                (a, b) = (a + 1, b + 1);
            }
        }
    }
    pairs.sort_unstable();
    pairs
}
