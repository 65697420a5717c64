//! The graph as one trace sees it: which transfers and links exist, what seeds, where it stops.

use super::closure::Closure;
use crate::Error;
use moneytrail_model::trace::{Label, Policy, Seed, StopReason, TraceSpec};
use moneytrail_model::{AccountKey, AssetIdx, Basis, Layer, NodeIdx, Part, TransferIdx, Watch};
use moneytrail_store::graph::{Graph, Link, LinkId};
use rustc_hash::{FxHashMap, FxHashSet};

/// A graph under a specification.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) spec: &'a TraceSpec,
    transfer_seeds: FxHashMap<TransferIdx, u32>,
    account_seeds: FxHashMap<NodeIdx, u32>,
    services: FxHashSet<NodeIdx>,
    floors: FxHashMap<AssetIdx, u128>,
    /// What a trace to the sources looks at; `None` in a trace forward.
    pub(crate) closure: Option<Closure>,
    /// Who waits.
    pub(crate) watch: &'a dyn Watch,
}

/// Steps of a loop after which it is asked whether to go on.
pub(crate) const N_UNWATCHED: usize = 1 << 12;

/// A link that counts: see [`View::link`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkFacts {
    pub(crate) id: LinkId,
    pub(crate) earlier: TransferIdx,
    pub(crate) later: TransferIdx,
    /// Units of the earlier transfer that are reserved.
    pub(crate) consumed: u128,
    /// Units of the later one that they pay.
    pub(crate) paid: u128,
    /// Whether both sides move one asset.
    pub(crate) one_asset: bool,
    /// Whether the later one leaves the very pool in which the earlier one arrived.
    pub(crate) one_pool: bool,
}

impl<'a> View<'a> {
    pub(crate) fn new(graph: &'a Graph, spec: &'a TraceSpec) -> Result<Self, Error> {
        let (mut transfer_seeds, mut account_seeds) = (FxHashMap::default(), FxHashMap::default());
        for (position, seed) in (0_u32..).zip(&spec.seeds) {
            match *seed {
                Seed::Transfer(transfer) if transfer.idx() >= graph.n_transfers() => {
                    return Err(Error::NoSuchTransfer(transfer));
                }
                Seed::Transfer(transfer) => {
                    transfer_seeds.entry(transfer).or_insert(position);
                }
                Seed::Account(node) if node.idx() >= graph.n_accounts() => {
                    return Err(Error::NoSuchAccount(node));
                }
                Seed::Account(node) => {
                    account_seeds.entry(node).or_insert(position);
                }
            }
        }
        let floor = |&(asset, amount): &(AssetIdx, moneytrail_model::Amount)| {
            (asset, amount.non_negative().unwrap_or(0))
        };
        let view = Self {
            graph,
            spec,
            transfer_seeds,
            account_seeds,
            services: spec.stops.services.iter().copied().collect(),
            floors: spec.stops.floors.iter().map(floor).collect(),
            closure: None,
            watch: &(),
        };
        for seed in &spec.seeds {
            if let Seed::Transfer(transfer) = *seed
                && !view.exists(transfer)
            {
                return Err(Error::SeedOutside(transfer));
            }
        }
        Ok(view)
    }

    /// Asks at every so many steps of a loop, of which this is one, whether to go on.
    pub(crate) fn check(&self, nth: usize) -> Result<(), Error> {
        if nth.is_multiple_of(N_UNWATCHED) {
            self.watch.check()?;
        }
        Ok(())
    }

    /// Whether the transfer is in the layer and may have happened by the as-of second.
    pub(crate) fn exists(&self, transfer: TransferIdx) -> bool {
        let graph = self.graph;
        graph.in_layer(transfer, self.spec.layer)
            && self
                .spec
                .as_of
                .is_none_or(|as_of| graph.time(graph.event_of(transfer)).earliest() <= as_of)
    }

    /// Its amount; `None` if the evidence does not say.
    pub(crate) fn amount(&self, transfer: TransferIdx) -> Result<Option<u128>, Error> {
        match self.graph.amount(transfer) {
            None => Ok(None),
            Some(amount) => amount
                .non_negative()
                .map(Some)
                .ok_or(Error::Negative(transfer)),
        }
    }

    /// Whether the units that a link consumes stay where they arrived, as the holder's own money:
    /// the link leads to another pool, and the earlier transfer moved what somebody holds (a due
    /// moves a debt, and a debt that is discharged is gone).
    pub(crate) fn keeps_units(&self, link: &LinkFacts) -> bool {
        !link.one_pool && self.graph.in_layer(link.earlier, Layer::Custody)
    }

    /// Whether the pool that the later transfer leaves pays the linked units too, because the label
    /// comes from another pool and the transfer moves what somebody holds.
    pub(crate) fn pays_units(&self, link: &LinkFacts) -> bool {
        !link.one_pool && self.graph.in_layer(link.later, Layer::Custody)
    }

    /// The link, if it counts: the earlier transfer comes first, both exist with known amounts,
    /// neither pool is a network's boundary, and something is consumed and paid.
    ///
    /// Within one asset nothing is created on the way: min(consumed, paid) units pass, the rest of
    /// either side is free. Only between assets does a link scale (rule 7).
    fn link(&self, stored: &Link<'_>) -> Result<Option<LinkFacts>, Error> {
        let graph = self.graph;
        let (earlier, later) = (stored.earlier, stored.later);
        if let Basis::Inference(rule) = stored.basis
            && self.spec.without.contains(rule)
        {
            return Ok(None);
        }
        let counts = earlier < later
            && self.exists(earlier)
            && self.exists(later)
            && graph.amount(earlier).is_some()
            && graph.amount(later).is_some()
            && !graph.is_boundary(graph.to(earlier))
            && !graph.is_boundary(graph.from(later));
        if !counts {
            return Ok(None);
        }
        let consumed = stored
            .consumed
            .non_negative()
            .ok_or(Error::Negative(earlier))?;
        let paid = stored.paid.non_negative().ok_or(Error::Negative(later))?;
        if consumed == 0 || paid == 0 {
            return Ok(None);
        }
        let one_asset = graph.asset_of(earlier) == graph.asset_of(later);
        let passing = consumed.min(paid);
        Ok(Some(LinkFacts {
            id: stored.id,
            earlier,
            later,
            consumed: if one_asset { passing } else { consumed },
            paid: if one_asset { passing } else { paid },
            one_asset,
            one_pool: one_asset && graph.to(earlier) == graph.from(later),
        }))
    }

    /// The links that count and in which the transfer spends, ascending by the earlier one.
    pub(crate) fn links_spending(
        &self,
        later: TransferIdx,
    ) -> impl Iterator<Item = Result<LinkFacts, Error>> + '_ {
        let links = self.graph.links_spending(later);
        links.filter_map(|link| self.link(&link).transpose())
    }

    /// The links that count and in which the transfer is spent, ascending by the later one.
    pub(crate) fn links_spent_by(
        &self,
        earlier: TransferIdx,
    ) -> impl Iterator<Item = Result<LinkFacts, Error>> + '_ {
        let links = self.graph.links_spent_by(earlier);
        links.filter_map(|link| self.link(&link).transpose())
    }

    /// The seed whose label the transfer carries: the first one that claims it. A seed account's
    /// outflows count from `since` to `until`, where they may lie within.
    pub(crate) fn seed_of(&self, transfer: TransferIdx) -> Option<u32> {
        let by_transfer = self.transfer_seeds.get(&transfer).copied();
        let by_account = self.seed_account(self.graph.from(transfer));
        let by_account = by_account.filter(|_| self.is_in_window(transfer));
        by_transfer.into_iter().chain(by_account).min()
    }

    /// The position of a seed account.
    pub(crate) fn seed_account(&self, node: NodeIdx) -> Option<u32> {
        self.account_seeds.get(&node).copied()
    }

    /// Whether the transfer may lie between `since` and `until`.
    pub(crate) fn is_in_window(&self, transfer: TransferIdx) -> bool {
        let time = || self.graph.time(self.graph.event_of(transfer));
        let since = self.spec.since;
        since.is_none_or(|since| time().latest() >= since) && !self.is_too_late(transfer)
    }

    /// Whether it cannot have happened by the last second asked for.
    pub(crate) fn is_too_late(&self, transfer: TransferIdx) -> bool {
        let time = || self.graph.time(self.graph.event_of(transfer));
        let until = self.spec.stops.until;
        until.is_some_and(|until| time().earliest() > until)
    }

    /// The label of a seed. Poison knows one mark.
    pub(crate) const fn label(&self, seed: u32) -> Label {
        match self.spec.policy {
            Policy::Poison => Label::Seed(0),
            _ => Label::Seed(seed),
        }
    }

    /// Whether money is not followed into this node: a service first, then an account with too many transfers; a CoinJoin.
    pub(crate) fn node_stop(&self, node: NodeIdx) -> Option<StopReason> {
        if self.services.contains(&node) {
            return Some(StopReason::Service);
        }
        let Some(event) = self.graph.junction_event(node) else {
            let n_max = self.spec.stops.n_transfers_max?;
            if self.seed_account(node).is_some() {
                return None;
            }
            let (ins, outs) = (
                self.graph.transfers_in(node),
                self.graph.transfers_out(node),
            );
            return (ins.len() + outs.len() > n_max as usize).then_some(StopReason::Busy);
        };
        let coinjoins = &self.spec.stops.coinjoins;
        coinjoins
            .binary_search(&event)
            .is_ok()
            .then_some(StopReason::Coinjoin)
    }

    /// Least traced amount that is followed.
    pub(crate) fn floor(&self, asset: AssetIdx) -> u128 {
        self.floors.get(&asset).copied().unwrap_or(0)
    }

    /// Whether an account may owe more than it holds, so that what it lacks need not have come
    /// earlier: bank accounts, accounts with a custodian, a customer's account in a book, a hawaladar's dues. Cash boxes,
    /// chain accounts and transactions cannot; of a bare name nothing is known, so both are shown.
    pub(crate) fn may_owe(&self, node: NodeIdx) -> bool {
        matches!(
            self.graph.account(node),
            Some(
                AccountKey::Bank(_)
                    | AccountKey::Custodial(..)
                    | AccountKey::Customer(..)
                    | AccountKey::Hawaladar(_, Part::Position | Part::Pending)
            )
        )
    }
}
