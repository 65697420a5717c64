//! Money that came unseen (rule 6): the least opening balance of an account, and what an input of
//! unknown value must have brought into a transaction.

use super::view::View;
use crate::Error;
use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx};
use moneytrail_store::graph::{TransferList, read_ahead};
use std::collections::BTreeMap;

/// What stands at the place of an input of unknown value: at least this much came in unseen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) asset: AssetIdx,
    /// The first input of unknown value: its place in the order.
    pub(crate) place: TransferIdx,
    /// The first input of unknown value that is a seed, if one is.
    pub(crate) seed: Option<TransferIdx>,
    pub(crate) amount: u128,
}

/// Per asset, what the outputs of a junction need beyond its known inputs, where an input is of
/// unknown value. O(degree).
pub(crate) fn gaps(view: &View<'_>, junction: NodeIdx) -> Result<Vec<Gap>, Error> {
    let mut gaps: BTreeMap<AssetIdx, Gap> = BTreeMap::new();
    for transfer in view.graph.transfers_in(junction) {
        if view.exists(transfer) && view.graph.amount(transfer).is_none() {
            let asset = view.graph.asset_of(transfer);
            let place = transfer;
            let gap = gaps.entry(asset).or_insert(Gap {
                asset,
                place,
                seed: None,
                amount: 0,
            });
            let is_followed = view.node_stop(junction).is_none() && !view.is_too_late(transfer);
            if gap.seed.is_none() && is_followed && view.seed_of(transfer).is_some() {
                gap.seed = Some(transfer);
            }
        }
    }
    if gaps.is_empty() {
        return Ok(Vec::new());
    }
    let sums = |transfers: TransferList<'_>| -> Result<BTreeMap<AssetIdx, u128>, Error> {
        let mut sums: BTreeMap<AssetIdx, u128> = BTreeMap::new();
        for transfer in transfers {
            if view.exists(transfer) {
                let sum = sums.entry(view.graph.asset_of(transfer)).or_default();
                let amount = view.amount(transfer)?.unwrap_or(0);
                *sum = sum.checked_add(amount).ok_or(Error::TooLarge(junction))?;
            }
        }
        Ok(sums)
    };
    let known_in = sums(view.graph.transfers_in(junction))?;
    let known_out = sums(view.graph.transfers_out(junction))?;
    for (asset, gap) in &mut gaps {
        let sum = |sums: &BTreeMap<AssetIdx, u128>| sums.get(asset).copied().unwrap_or(0);
        gap.amount = sum(&known_out).saturating_sub(sum(&known_in));
    }
    Ok(gaps.into_values().collect())
}

/// Balance of one asset while the history of a node is gone through.
#[derive(Clone, Copy, Default)]
struct Account {
    balance: u128,
    /// What must have been there at first.
    need: u128,
}

/// Per asset, the least opening balance with which the node never goes below zero over its whole
/// history in the layer. What links take from one transfer of the pool to another is left out on
/// both sides. O(degree + links).
pub(crate) fn openings(
    view: &View<'_>,
    node: NodeIdx,
    gaps: &[Gap],
) -> Result<Vec<(AssetIdx, u128)>, Error> {
    let graph = view.graph;
    let transfers = graph.transfers_in(node).iter();
    read_history(view, transfers.chain(graph.transfers_out(node)));
    let mut accounts: BTreeMap<AssetIdx, Account> = BTreeMap::new();
    let mut ins = graph.transfers_in(node).iter().peekable();
    let mut outs = graph.transfers_out(node).iter().peekable();
    for nth in 1.. {
        view.check(nth)?;
        let (transfer, leaves) = match (ins.peek(), outs.peek()) {
            (None, None) => break,
            (Some(&arriving), leaving) if leaving.is_none_or(|&leaving| arriving < leaving) => {
                ins.next();
                (arriving, false)
            }
            (_, Some(&leaving)) => {
                outs.next();
                (leaving, true)
            }
            (Some(_), None) => unreachable!("an inflow without a later outflow was taken above"),
        };
        if !view.exists(transfer) {
            continue;
        }
        let account = accounts.entry(graph.asset_of(transfer)).or_default();
        if leaves {
            let amount = free_outflow(view, transfer)?;
            let missing = amount.saturating_sub(account.balance);
            account.balance -= amount - missing;
            let need = account.need.checked_add(missing);
            account.need = need.ok_or(Error::TooLarge(node))?;
        } else {
            let gap = gaps.iter().find(|gap| gap.place == transfer);
            let amount = free_inflow(view, transfer)? + gap.map_or(0, |gap| gap.amount);
            let balance = account.balance.checked_add(amount);
            account.balance = balance.ok_or(Error::TooLarge(node))?;
        }
    }
    let needs = accounts.into_iter().filter(|(_, account)| account.need > 0);
    Ok(needs
        .map(|(asset, account)| (asset, account.need))
        .collect())
}

/// Has the disk fetch what going through these transfers of a node reads. O(transfers and their links).
pub(crate) fn read_history(view: &View<'_>, transfers: impl Iterator<Item = TransferIdx>) {
    let transfers: Vec<TransferIdx> = transfers.collect();
    read_ahead(&transfers, |&transfer| {
        let (arriving, leaving) = (free_inflow(view, transfer), free_outflow(view, transfer));
        (arriving.ok(), leaving.ok(), view.graph.event_of(transfer))
    });
}

/// What of an inflow enters the pool.
pub(crate) fn free_inflow(view: &View<'_>, transfer: TransferIdx) -> Result<u128, Error> {
    let mut unreserved = view.amount(transfer)?.unwrap_or(0);
    let mut free = unreserved;
    for link in view.links_spent_by(transfer) {
        let link = link?;
        let reserved = link.consumed.min(unreserved);
        unreserved -= reserved;
        if !view.keeps_units(&link) {
            free -= reserved;
        }
    }
    Ok(free)
}

/// What of an outflow the pool pays.
pub(crate) fn free_outflow(view: &View<'_>, transfer: TransferIdx) -> Result<u128, Error> {
    let mut unlinked = view.amount(transfer)?.unwrap_or(0);
    let mut free = unlinked;
    for link in view.links_spending(transfer) {
        let link = link?;
        let linked = link.paid.min(unlinked);
        unlinked -= linked;
        if !view.pays_units(&link) {
            free -= linked;
        }
    }
    Ok(free)
}

/// What of an outflow no link pays.
pub(crate) fn unlinked(view: &View<'_>, transfer: TransferIdx) -> Result<u128, Error> {
    let mut unlinked = view.amount(transfer)?.unwrap_or(0);
    for link in view.links_spending(transfer) {
        unlinked -= link?.paid.min(unlinked);
    }
    Ok(unlinked)
}
