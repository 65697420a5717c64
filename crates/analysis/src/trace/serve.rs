//! In which order a transaction serves its outputs, where the rule is not the order of the record (rules 5, 12).

use super::opening::unlinked;
use super::view::View;
use crate::Error;
use moneytrail_model::trace::Policy;
use moneytrail_model::{AssetIdx, TransferIdx, TransferKind};
use moneytrail_store::graph::TransferList;
use std::cmp::Reverse;

/// How many units of traced money each outflow of a junction is to have, ascending by transfer: of `n_traced` units,
/// and `n_others` of other money. `None` if the order of the record decides. O(n log n) in the outflows.
///
/// Under tiho the largest outputs are served first with traced money. Under libr, with an output that is accepted to
/// be change, all payees and the fee are served before it with other money.
pub(super) fn served(
    view: &View<'_>,
    outs: TransferList<'_>,
    asset: AssetIdx,
    n_traced: u128,
    n_others: u128,
) -> Result<Option<Vec<(TransferIdx, u128)>>, Error> {
    let graph = view.graph;
    let is_change = |transfer| view.spec.change.binary_search(&transfer).is_ok();
    let by_size = match view.spec.policy {
        Policy::Tiho => true,
        Policy::Libr if outs.iter().any(is_change) => false,
        _ => return Ok(None),
    };
    let mut served = Vec::new();
    for transfer in outs {
        if view.exists(transfer) && graph.asset_of(transfer) == asset {
            served.push((transfer, unlinked(view, transfer)?));
        }
    }
    if by_size {
        served.retain(|&(transfer, _)| graph.kind(transfer) != TransferKind::Fee);
        served.sort_by_key(|&(_, amount)| Reverse(amount));
        let mut left = n_traced;
        for (_, amount) in &mut served {
            *amount = left.min(*amount);
            left -= *amount;
        }
    } else {
        served.sort_by_key(|&(transfer, _)| is_change(transfer));
        let mut left = n_others;
        for (_, amount) in &mut served {
            let others = left.min(*amount);
            left -= others;
            *amount -= others;
        }
    }
    served.sort_unstable();
    Ok(Some(served))
}
