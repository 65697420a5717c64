//! Numbers events, transfers and links in the order of the record, and adds what follows from them:
//! the fees of transactions whose inputs are all known.

use super::order::Order;
use super::{BuildNotes, Draft, Event};
use crate::Error;
use crate::graph::{End, Graph};
use moneytrail_model::{
    AccountKey, Amount, AssetIdx, Basis, EventKind, Layers, TransferIdx, TransferKind,
};

pub(super) fn emit(mut draft: Draft, order: &Order) -> Result<(Graph, BuildNotes), Error> {
    if order.n_cyclic > 0 {
        let remark = format!(
            "{} events have links that contradict each other; content decided their order",
            order.n_cyclic
        );
        draft.notes.remarks.push(remark);
    }
    let mut transfers: Vec<Option<TransferIdx>> = vec![None; draft.legs.len()];
    for (&position, &open) in order.events.iter().zip(&order.open) {
        let event = draft.events[position as usize].clone();
        draft.builder.event(event.kind, event.time);
        if open {
            draft.builder.order_is_open();
        }
        let row = &draft.segments[event.primary.0 as usize].rows.events[event.primary.1 as usize];
        if let Some((network, txid)) = row.transaction {
            draft.builder.event_txid(network, txid);
        }
        let primary = draft.citation(event.primary);
        draft.builder.cite(primary);
        for &other in &event.others {
            let other = draft.citation(other);
            draft.builder.cite(other);
        }
        for leg in event.legs.clone() {
            let entered = draft.legs[leg as usize];
            if !entered.merged {
                let id = draft.builder.transfer(
                    entered.from,
                    entered.to,
                    entered.asset,
                    entered.amount,
                    entered.kind,
                    entered.layers,
                );
                transfers[leg as usize] = Some(id);
            }
        }
        for &(record, leg) in &event.of_one_leg {
            if let Some(transfer) = transfers[leg as usize] {
                let citation = draft.citation(record);
                draft.builder.cite_for(transfer, citation);
            }
        }
        if event.kind == EventKind::Transaction {
            add_fee(&mut draft, &event);
        }
    }
    emit_links(&mut draft, &transfers);
    Ok((draft.builder.finish()?, draft.notes))
}

/// Inputs less outputs go to `fees`, last in the event, if all inputs are known.
fn add_fee(draft: &mut Draft, event: &Event) {
    let row = &draft.segments[event.primary.0 as usize].rows.events[event.primary.1 as usize];
    let Some((network, _)) = row.transaction else {
        return;
    };
    let sum = |end: fn(&super::Leg) -> End| {
        let mut legs = event.legs.clone().map(|leg| &draft.legs[leg as usize]);
        legs.try_fold(
            (Amount::ZERO, None::<AssetIdx>),
            |(sum, asset), leg| match end(leg) {
                End::Junction => Some((sum.checked_add(leg.amount?)?, asset.or(Some(leg.asset)))),
                End::Account(_) => Some((sum, asset)),
            },
        )
    };
    let (Some((inputs, Some(asset))), Some((outputs, _))) =
        (sum(|leg| leg.to), sum(|leg| leg.from))
    else {
        return;
    };
    match inputs.checked_sub(outputs) {
        Some(fee) if fee > Amount::ZERO => {
            let fees = draft.builder.account(&AccountKey::Fees(network));
            draft.builder.transfer(
                End::Junction,
                fees,
                asset,
                Some(fee),
                TransferKind::Fee,
                Layers::BOTH,
            );
        }
        Some(Amount::ZERO) => {}
        _ => {
            let remark = format!("{}: outputs exceed inputs", draft.named(event.primary));
            draft.notes.remarks.push(remark);
        }
    }
}

/// Enters links whose amounts are known and fit what they join; others are noted.
fn emit_links(draft: &mut Draft, transfers: &[Option<TransferIdx>]) {
    let mut consumed_of = vec![Amount::ZERO; draft.legs.len()];
    let mut paid_of = vec![Amount::ZERO; draft.legs.len()];
    let mut links = std::mem::take(&mut draft.links);
    links.sort_by_key(|link| (rank(&link.basis), link.later, link.earlier));
    for link in links {
        let (earlier, later) = (link.earlier as usize, link.later as usize);
        let ends = transfers[earlier].zip(transfers[later]);
        let amounts = draft.legs[earlier].amount.zip(draft.legs[later].amount);
        let (Some((from, to)), Some((spent, spending))) = (ends, amounts) else {
            continue;
        };
        let (consumed, paid) = (
            link.consumed.unwrap_or(spent),
            link.paid.unwrap_or(spending),
        );
        let consumed_sum = consumed_of[earlier]
            .checked_add(consumed)
            .filter(|&sum| consumed >= Amount::ZERO && sum <= spent);
        let paid_sum = paid_of[later]
            .checked_add(paid)
            .filter(|&sum| paid >= Amount::ZERO && sum <= spending);
        let (Some(consumed_sum), Some(paid_sum)) = (consumed_sum, paid_sum) else {
            let record = draft.events[draft.leg_events[later] as usize].primary;
            let remark = format!(
                "{}: a link ({}) spends more than others leave and is left out",
                draft.named(record),
                link.basis
            );
            draft.notes.remarks.push(remark);
            continue;
        };
        consumed_of[earlier] = consumed_sum;
        paid_of[later] = paid_sum;
        draft.builder.link(from, to, consumed, paid, link.basis);
    }
}

const fn rank(basis: &Basis) -> u8 {
    match basis {
        Basis::Fact => 0,
        Basis::Inference(_) => 1,
        Basis::Assumption(_) => 2,
    }
}
