//! What matched orders of two books set off.

use super::Netting;
use crate::reconcile::{Order, Reconciled};
use moneytrail_model::Amount;
use std::collections::BTreeMap;

/// What matched orders of two books set off, where both ordered.
pub(super) fn nettings(orders: &[Order], found: &Reconciled) -> Vec<Netting> {
    type Flow = (u64, Amount);
    let mut flows: BTreeMap<(u32, u32, &str), [Flow; 2]> = BTreeMap::new();
    for pair in &found.matches {
        let (sent, received) = (&orders[pair.sent], &orders[pair.received]);
        let Some(sum) = sent
            .amounts
            .iter()
            .find(|sum| received.amounts.contains(sum))
        else {
            continue;
        };
        let (low, high) = (sent.book.min(received.book), sent.book.max(received.book));
        let flows = flows
            .entry((low, high, &sum.asset))
            .or_insert([(0, Amount::ZERO); 2]);
        let flow = &mut flows[usize::from(sent.book == high)];
        if let Some(total) = flow.1.checked_add(sum.amount) {
            *flow = (flow.0 + 1, total);
        }
    }
    let both = flows
        .into_iter()
        .filter(|(_, [there, back])| there.0 > 0 && back.0 > 0);
    both.map(|((low, high, asset), [there, back])| Netting {
        books: (low, high),
        asset: asset.into(),
        there,
        back,
        set_off: there.1.min(back.1),
    })
    .collect()
}
