//! Orders that stand in more records than two: paid out again, or sent on.
#![expect(clippy::float_arithmetic, reason = "weights; no money")]

use crate::linkage::name::bare;
use crate::reconcile::order::delay;
use crate::reconcile::{Comparison, Match, Options, Order, Reconciled, Side};
use std::collections::{BTreeMap, BTreeSet};

/// What stands in more rows of a book tells no order from another.
const TOKEN_ROWS_MAX: usize = 5_000;

/// Sent record, its partner, and a received record of the partner's book that describes the same order again.
pub(super) fn repeated(
    orders: &[Order],
    found: &Reconciled,
    partner: &[Option<usize>],
    is_explained: &[bool],
    options: &Options,
) -> Vec<[usize; 3]> {
    let mut best: BTreeMap<usize, (&Match, usize)> = BTreeMap::new();
    for pair in &found.others {
        let Some(paid) = partner[pair.sent] else {
            continue;
        };
        let weight =
            |of: &Match| of.prior_bits + of.terms.iter().map(|term| term.bits).sum::<f64>();
        let agrees = pair.level(Comparison::Amount) == Some(0)
            && pair.level(Comparison::Token).is_none_or(|level| level < 2)
            && pair
                .level(Comparison::Keepers)
                .is_none_or(|level| level < 2)
            && pair.level(Comparison::Sender).is_none_or(|level| level < 4)
            && weight(pair) > options.repeated_bits;
        let is_again =
            orders[paid].book == orders[pair.received].book && !is_explained[pair.received];
        if agrees && is_again {
            let held = best.entry(pair.received).or_insert((pair, paid));
            if weight(pair) > weight(held.0) {
                *held = (pair, paid);
            }
        }
    }
    best.into_iter()
        .map(|(again, (pair, paid))| [pair.sent, paid, again])
        .collect()
}

/// Received and sent on in one book: the same token, an amount in common, within the longest delay.
pub(super) fn sent_on(orders: &[Order], options: &Options) -> Vec<[usize; 2]> {
    let mut by_token: BTreeMap<(u32, String), Vec<usize>> = BTreeMap::new();
    for (place, order) in orders.iter().enumerate() {
        if let Some(token) = order
            .token
            .as_deref()
            .map(bare)
            .filter(|token| !token.is_empty())
        {
            by_token.entry((order.book, token)).or_default().push(place);
        }
    }
    let window = options.delay_days.last().copied().unwrap_or(0);
    let mut found = Vec::new();
    let tokens = by_token.into_values();
    for mut places in tokens.filter(|places| (2..=TOKEN_ROWS_MAX).contains(&places.len())) {
        places.sort_by(|&a, &b| orders[a].key.cmp(&orders[b].key));
        let mut used = BTreeSet::new();
        for &received in places
            .iter()
            .filter(|&&place| orders[place].side == Side::Received)
        {
            let next = places.iter().copied().find(|&sent| {
                let (a, b) = (&orders[received], &orders[sent]);
                b.side == Side::Sent
                    && !used.contains(&sent)
                    && a.amounts.iter().any(|amount| b.amounts.contains(amount))
                    && (a.other_book.is_none() || a.other_book != b.other_book)
                    && delay(a.days, b.days).is_none_or(|days| (-window..=window).contains(&days))
            });
            if let Some(sent) = next {
                used.insert(sent);
                found.push([received, sent]);
            }
        }
    }
    found
}
