//! One record against few: an order paid out in parts, or several orders paid out as one.
//!
//! Law: the parts stand in one book, bear the whole's token, and their amounts in one currency sum up to the whole's exactly; of
//! several such groups the smallest is taken, and among these the first by key.

use super::Options;
use super::order::{Order, Side, delay};
use crate::linkage::name::bare;
use moneytrail_model::Amount;
use std::collections::BTreeMap;

/// Most records that a group is looked for among.
const AMONG_MAX: usize = 12;

/// A record and the few that together answer it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Group {
    /// Position of the one.
    pub(super) whole: usize,
    /// Positions of the few, by key.
    pub(super) parts: Vec<usize>,
}

/// Groups among the records that have no partner, or one of another amount. `is_free` says which may be in one.
pub(super) fn groups(orders: &[Order], is_free: &[bool], options: &Options) -> Vec<Group> {
    let mut by_token: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, order) in orders.iter().enumerate().filter(|of| is_free[of.0]) {
        if let Some(token) = order
            .token
            .as_deref()
            .map(bare)
            .filter(|token| !token.is_empty())
        {
            by_token.entry(token).or_default().push(place);
        }
    }
    let window = options.delay_days.last().copied().unwrap_or(0);
    let mut found = Vec::new();
    for mut places in by_token.into_values().filter(|places| places.len() >= 3) {
        places.sort_by(|&a, &b| orders[a].key.cmp(&orders[b].key));
        let mut is_used = vec![false; places.len()];
        for (nth, &whole) in places.iter().enumerate() {
            let answers = |part: usize| {
                let (a, b) = (&orders[whole], &orders[part]);
                let (sent, received) = if a.side == Side::Sent { (a, b) } else { (b, a) };
                a.side != b.side
                    && a.side != Side::Unknown
                    && b.side != Side::Unknown
                    && a.book != b.book
                    && a.other_book.is_none_or(|book| book == b.book)
                    && b.other_book.is_none_or(|book| book == a.book)
                    && delay(sent.days, received.days)
                        .is_none_or(|days| (-window..=window).contains(&days))
            };
            let mut by_book: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for (other, &part) in places.iter().enumerate() {
                if !is_used[other] && answers(part) {
                    by_book.entry(orders[part].book).or_default().push(other);
                }
            }
            let mut among = by_book
                .into_values()
                .filter(|among| (2..=AMONG_MAX).contains(&among.len()));
            let parts = among.find_map(|among| {
                let parts: Vec<usize> = among.iter().map(|&other| places[other]).collect();
                let chosen = sums_to(orders, whole, &parts, options.group_max)?;
                Some(
                    chosen
                        .into_iter()
                        .map(|part| among[part])
                        .collect::<Vec<_>>(),
                )
            });
            if let Some(parts) = parts.filter(|_| !is_used[nth]) {
                is_used[nth] = true;
                for &part in &parts {
                    is_used[part] = true;
                }
                found.push(Group {
                    whole,
                    parts: parts.into_iter().map(|part| places[part]).collect(),
                });
            }
        }
    }
    found.sort_by(|a, b| orders[a.whole].key.cmp(&orders[b.whole].key));
    found
}

/// The fewest of the parts, two at least, that sum up to the whole in one of its currencies. Looks at 2ⁿ sets of n ≤ 12.
fn sums_to(orders: &[Order], whole: usize, parts: &[usize], most: usize) -> Option<Vec<usize>> {
    let mut best: Option<Vec<usize>> = None;
    for sum in &orders[whole].amounts {
        for set in 1_u32..1 << parts.len() {
            let n = set.count_ones() as usize;
            if !(2..=most).contains(&n) || best.as_ref().is_some_and(|best| best.len() <= n) {
                continue;
            }
            let chosen: Vec<usize> = (0..parts.len())
                .filter(|part| set >> part & 1 == 1)
                .collect();
            let mut amounts = chosen.iter().map(|&part| {
                let mut amounts = orders[parts[part]].amounts.iter();
                amounts.find(|of| of.asset == sum.asset).map(|of| of.amount)
            });
            let total = amounts.try_fold(Amount::ZERO, |total, amount| total.checked_add(amount?));
            if total == Some(sum.amount) {
                best = Some(chosen);
            }
        }
    }
    best
}
