//! Swaps: one asset given and another got in one transaction.

use crate::trace::view::View;
use moneytrail_model::{RuleId, TransferIdx, TransferKind};

/// An account that in one transaction of an account chain pays in one asset only, and is paid in one other only, fees
/// aside, gave the first for the second. A trace does not follow it; a path does, and says so.
pub(crate) const SWAP: RuleId = RuleId {
    name: "transaction-swap",
    version: 1,
};

/// Most transfers of a transaction that is looked at: a batch is no swap.
const N_TRANSFERS_MAX: usize = 256;

/// Which side of a swap is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// What was given; asked for is what was got.
    Given,
    /// What was got; asked for is what was given.
    Got,
}

/// A transfer of the other side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Swap {
    pub(crate) other: TransferIdx,
    /// Units that the account gave in the transaction; `None` if one transfer does not say.
    pub(crate) given: Option<u128>,
    /// Units that it got.
    pub(crate) got: Option<u128>,
}

/// The transfers on the other side of a swap of which the transfer is one side, in the order of the record. O(transfers
/// of the transaction).
pub(crate) fn swaps(view: &View<'_>, transfer: TransferIdx, side: Side) -> Vec<Swap> {
    let graph = view.graph;
    let event = graph.event_of(transfer);
    let is_account_chain = graph
        .txid(event)
        .is_some_and(|(network, _)| !network.is_utxo());
    if !is_account_chain || graph.junction_of(event).is_some() {
        return Vec::new();
    }
    let account = match side {
        Side::Given => graph.from(transfer),
        Side::Got => graph.to(transfer),
    };
    if graph.is_boundary(account) {
        return Vec::new();
    }
    let (mut given, mut got) = (Vec::new(), Vec::new());
    for (nth, other) in graph.transfers_of(event).enumerate() {
        if nth == N_TRANSFERS_MAX {
            return Vec::new();
        }
        let moves = view.exists(other)
            && graph.kind(other) != TransferKind::Fee
            && graph.from(other) != graph.to(other)
            && graph.amount(other).is_none_or(|amount| amount.units() > 0);
        if moves && graph.from(other) == account {
            given.push(other);
        } else if moves && graph.to(other) == account {
            got.push(other);
        }
    }
    let only_asset = |of: &[TransferIdx]| {
        let asset = graph.asset_of(*of.first()?);
        let is_only = of.iter().all(|&other| graph.asset_of(other) == asset);
        is_only.then_some(asset)
    };
    let is_swap = match (only_asset(&given), only_asset(&got)) {
        (Some(given), Some(got)) => given != got,
        _ => false,
    };
    let (known, asked) = match side {
        Side::Given => (&given, &got),
        Side::Got => (&got, &given),
    };
    if !is_swap || !known.contains(&transfer) {
        return Vec::new();
    }
    let sum = |of: &[TransferIdx]| {
        let mut units = of.iter().map(|&other| graph.amount(other)?.non_negative());
        units.try_fold(0_u128, |sum, units| sum.checked_add(units?))
    };
    let (units_given, units_got) = (sum(&given), sum(&got));
    let sides = asked.iter().map(|&other| Swap {
        other,
        given: units_given,
        got: units_got,
    });
    sides.collect()
}
