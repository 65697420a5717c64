//! The transfers that can lie on a way from one set of accounts to another.
//!
//! Law: a transfer is *between* if a chain of steps leads to it from a source and on to a target. A step leads from a
//! transfer to one that leaves the pool in which it arrived, no earlier than it arrived, if links leave something of
//! both to the pool; or along a link; or, where that is asked for, through a swap ([`SWAP`]). A chain ends at the first
//! target, at a source, at a boundary, and where a stop rule is given for services or CoinJoins.
//! Steps are looked at two by two, so what lies between may be more than whole ways use, never less.
//!
//! Method: two searches, forward from the sources and backward from the targets, take turns. As soon as one has
//! seen all, the other goes on inside of what it found. So the work is about twice that of the smaller search, and
//! the neighbourhood of two accounts is all that is read of a large graph. A pool is expanded once. Beyond a limit there is an error and no result.

mod moments;
mod reach;
mod swap;

pub(crate) use moments::{Moment, Moments};
pub(crate) use reach::has_leftover;
pub(crate) use swap::{SWAP, Side, swaps};

use crate::Error;
use crate::trace::view::{LinkFacts, View};
use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx, money};
use reach::{Backward, Forward};
use rustc_hash::FxHashSet;

/// What is asked for: everything that two accounts are joined by.
pub(crate) struct Ends<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) moments: &'a Moments<'a>,
    pub(crate) targets: &'a FxHashSet<NodeIdx>,
    /// Transfers that are looked at.
    pub(crate) may: &'a (dyn Fn(TransferIdx) -> bool + 'a),
    /// Whether a transfer of unknown amount leads on.
    pub(crate) unknown_leads: bool,
    /// Whether a way goes through swaps.
    pub(crate) through_swaps: bool,
    /// Most transfers that are looked at.
    pub(crate) n_max: usize,
}

impl Ends<'_> {
    /// Whether the transfer can be on a way at all.
    fn carries(&self, transfer: TransferIdx) -> Result<bool, Error> {
        let view = self.view;
        if !view.exists(transfer) || view.is_too_late(transfer) || !(self.may)(transfer) {
            return Ok(false);
        }
        Ok(match view.amount(transfer)? {
            Some(amount) => amount > 0,
            // What a seed of unknown amount brought into a transaction is known by its outputs.
            None => self.unknown_leads || view.seed_of(transfer).is_some(),
        })
    }

    /// Whether it may carry a source's money without a way that leads to it: that of its payer, or that of another source: outside
    /// the payer's window, as his pool keeps it, or by a link.
    fn starts(&self, transfer: TransferIdx) -> bool {
        let view = self.view;
        let keeps_others = || view.seed_account(view.graph.from(transfer)).is_some();
        let is_brought = || {
            let mut links = view.links_spending(transfer);
            links.any(|link| link.is_ok_and(|link| self.brings_others(link.earlier)))
        };
        view.seed_of(transfer).is_some() || self.are_several() && (keeps_others() || is_brought())
    }

    /// Whether there are several sources, of which one may hold another's money.
    fn are_several(&self) -> bool {
        self.view.spec.seeds.len() > 1
    }

    /// Whether it arrives at a source and may bring another's money there, which goes on by links alone.
    pub(crate) fn brings_others(&self, transfer: TransferIdx) -> bool {
        let view = self.view;
        self.are_several() && view.seed_account(view.graph.to(transfer)).is_some()
    }

    /// Whether a way may go on from where the transfer goes.
    pub(crate) fn goes_on(&self, transfer: TransferIdx) -> bool {
        let to = self.view.graph.to(transfer);
        !self.targets.contains(&to)
            && !self.view.graph.is_boundary(to)
            && self.view.seed_account(to).is_none()
            && self.view.node_stop(to).is_none()
    }
}

/// Units of an inflow that no link reserves, and of each link what it reserves: in the order of the later transfers.
pub(crate) fn arrival(view: &View<'_>, transfer: TransferIdx) -> Result<Option<u128>, Error> {
    let Some(mut left) = view.amount(transfer)? else {
        return Ok(None);
    };
    for link in view.links_spent_by(transfer) {
        left -= link?.consumed.min(left);
    }
    Ok(Some(left))
}

/// Units of an outflow that no link pays. A link for which evidence leaves nothing, because others reserve all before it,
/// pays none.
pub(crate) fn departure(view: &View<'_>, transfer: TransferIdx) -> Result<Option<u128>, Error> {
    let Some(mut left) = view.amount(transfer)? else {
        return Ok(None);
    };
    for link in view.links_spending(transfer) {
        left -= passing(view, &link?)?.1.min(left);
    }
    Ok(Some(left))
}

/// Units that a link takes of the earlier transfer, in the order of the later ones, and what they pay of the later one. O(d) in
/// the links of the earlier one.
pub(crate) fn passing(view: &View<'_>, link: &LinkFacts) -> Result<(u128, u128), Error> {
    let mut left = view.amount(link.earlier)?.unwrap_or(0);
    for other in view.links_spent_by(link.earlier) {
        let other = other?;
        let consumed = other.consumed.min(left);
        if other.id == link.id {
            let paid = if consumed == link.consumed {
                link.paid
            } else {
                let scaled = money::mul_div_rem(consumed, link.paid, link.consumed);
                scaled.map_or(link.paid, |scaled| scaled.0.min(link.paid))
            };
            return Ok((consumed, paid));
        }
        left -= consumed;
    }
    Ok((0, 0))
}

/// A pool: what a node holds of an asset.
pub(crate) type PoolAt = (NodeIdx, AssetIdx);

/// Transfers between the ends, ascending.
pub(crate) fn between(ends: &Ends<'_>) -> Result<Vec<TransferIdx>, Error> {
    let mut forward = Forward::new(ends)?;
    let mut backward = Backward::new(ends)?;
    loop {
        if !forward.step(None)? {
            while backward.step(Some(&forward.seen))? {}
            return Ok(in_both(&backward.seen, &forward.seen));
        }
        if !backward.step(None)? {
            while forward.step(Some(&backward.seen))? {}
            return Ok(in_both(&forward.seen, &backward.seen));
        }
    }
}

#[expect(clippy::iter_over_hash_type, reason = "sorted below")]
fn in_both(a: &FxHashSet<TransferIdx>, b: &FxHashSet<TransferIdx>) -> Vec<TransferIdx> {
    let mut both = Vec::new();
    for &transfer in a {
        if b.contains(&transfer) {
            both.push(transfer);
        }
    }
    both.sort_unstable();
    both
}
