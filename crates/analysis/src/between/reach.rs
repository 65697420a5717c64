//! The two searches, a transfer at a time.

use super::{Ends, Moment, PoolAt, Side, arrival, departure, swaps};
use crate::Error;
use crate::trace::view::View;
use moneytrail_model::{NodeIdx, TransferIdx};
use moneytrail_store::graph::TransferList;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Transfers seen by one search, or by both.
type Seen = FxHashSet<TransferIdx>;

/// Forward from the sources, by ascending moment of arrival: the first way into a pool is the earliest.
pub(super) struct Forward<'e, 'a> {
    ends: &'e Ends<'a>,
    pub(super) seen: Seen,
    waiting: BinaryHeap<Reverse<(Moment, TransferIdx)>>,
    pools: FxHashSet<PoolAt>,
    /// By the order of the record: outflows of a node from this place on have not been looked at.
    lists: FxHashMap<NodeIdx, usize>,
    n_looked: usize,
}

impl<'e, 'a> Forward<'e, 'a> {
    pub(super) fn new(ends: &'e Ends<'a>) -> Result<Self, Error> {
        let mut search = Self {
            ends,
            seen: Seen::default(),
            waiting: BinaryHeap::new(),
            pools: FxHashSet::default(),
            lists: FxHashMap::default(),
            n_looked: 0,
        };
        for transfer in sources(ends)? {
            if ends.carries(transfer)? {
                search.push(transfer, ends.moments.arrival(transfer))?;
            }
        }
        Ok(search)
    }

    fn push(&mut self, transfer: TransferIdx, clock: Moment) -> Result<(), Error> {
        count(&mut self.n_looked, self.ends)?;
        self.waiting.push(Reverse((clock, transfer)));
        Ok(())
    }

    /// Takes the next transfer, if there is one; looks only at those `within`.
    pub(super) fn step(&mut self, within: Option<&Seen>) -> Result<bool, Error> {
        let Some(Reverse((clock, transfer))) = self.waiting.pop() else {
            return Ok(false);
        };
        let (ends, graph) = (self.ends, self.ends.view.graph);
        if self.lists.contains_key(&graph.from(transfer)) {
            self.await_next(graph.from(transfer), transfer)?;
        }
        let is_in = within.is_none_or(|within| within.contains(&transfer));
        if !is_in || self.seen.contains(&transfer) || !self.can_be_fed(transfer)? {
            return Ok(true);
        }
        self.seen.insert(transfer);
        if !ends.goes_on(transfer) {
            return Ok(true);
        }
        for link in ends.view.links_spent_by(transfer) {
            let later = link?.later;
            if ends.carries(later)? && ends.view.seed_of(later).is_none() {
                self.push(later, clock.max(ends.moments.arrival(later)))?;
            }
        }
        if ends.through_swaps {
            for swap in swaps(ends.view, transfer, Side::Given) {
                if ends.view.seed_of(swap.other).is_none() && ends.carries(swap.other)? {
                    self.push(swap.other, clock.max(ends.moments.arrival(swap.other)))?;
                }
            }
        }
        let pool = (graph.to(transfer), graph.asset_of(transfer));
        if arrival(ends.view, transfer)? != Some(0) || has_leftover(ends.view, transfer)? {
            self.open(pool, clock)?;
        }
        Ok(true)
    }

    /// Whether a way can go through it: it is a source, a link leads to it, or its pool is open.
    fn can_be_fed(&self, transfer: TransferIdx) -> Result<bool, Error> {
        let ends = self.ends;
        if !ends.carries(transfer)? {
            return Ok(false);
        }
        if ends.starts(transfer) {
            return Ok(true);
        }
        for link in ends.view.links_spending(transfer) {
            let earlier = link?.earlier;
            if self.seen.contains(&earlier) && ends.goes_on(earlier) {
                return Ok(true);
            }
        }
        if ends.through_swaps {
            let mut given = swaps(ends.view, transfer, Side::Got).into_iter();
            if given.any(|swap| self.seen.contains(&swap.other) && ends.goes_on(swap.other)) {
                return Ok(true);
            }
        }
        let graph = ends.view.graph;
        let pool = (graph.from(transfer), graph.asset_of(transfer));
        Ok(self.pools.contains(&pool) && departure(ends.view, transfer)? != Some(0))
    }

    /// Looks at all that leaves a pool from `clock` on.
    fn open(&mut self, pool: PoolAt, clock: Moment) -> Result<(), Error> {
        if !self.pools.insert(pool) {
            return Ok(());
        }
        let (ends, node) = (self.ends, pool.0);
        let outs = ends.view.graph.transfers_out(node);
        if ends.moments.is_order() {
            // One outflow at a time: those of other assets of the node pass by.
            let next = outs.partition_point(|out| ends.moments.departure(out) < clock);
            if let std::collections::hash_map::Entry::Vacant(place) = self.lists.entry(node) {
                place.insert(next);
                if let Some(first) = outs.get(next) {
                    self.push(first, ends.moments.arrival(first))?;
                }
            }
            return Ok(());
        }
        for out in outs {
            count(&mut self.n_looked, ends)?;
            let is_of_pool = ends.view.graph.asset_of(out) == pool.1;
            if is_of_pool && ends.moments.departure(out) >= clock {
                self.waiting
                    .push(Reverse((clock.max(ends.moments.arrival(out)), out)));
            }
        }
        Ok(())
    }

    /// By the order of the record: puts the next outflow of a node into the queue, when this one is taken.
    fn await_next(&mut self, node: NodeIdx, taken: TransferIdx) -> Result<(), Error> {
        let outs = self.ends.view.graph.transfers_out(node);
        let Some(place) = self.lists.get_mut(&node) else {
            return Ok(());
        };
        if outs.get(*place) != Some(taken) {
            return Ok(());
        }
        *place += 1;
        match outs.get(*place) {
            Some(next) => self.push(next, self.ends.moments.arrival(next)),
            None => Ok(()),
        }
    }
}

/// Backward from the targets, by descending moment of departure: the first way out of a pool is the latest.
pub(super) struct Backward<'e, 'a> {
    ends: &'e Ends<'a>,
    pub(super) seen: Seen,
    waiting: BinaryHeap<(Moment, TransferIdx)>,
    pools: FxHashSet<PoolAt>,
    /// By the order of the record: inflows of a node before this place have not been looked at.
    lists: FxHashMap<NodeIdx, usize>,
    n_looked: usize,
}

impl<'e, 'a> Backward<'e, 'a> {
    pub(super) fn new(ends: &'e Ends<'a>) -> Result<Self, Error> {
        let mut search = Self {
            ends,
            seen: Seen::default(),
            waiting: BinaryHeap::new(),
            pools: FxHashSet::default(),
            lists: FxHashMap::default(),
            n_looked: 0,
        };
        let mut targets = sorted(ends.targets);
        targets.retain(|&node| ends.view.seed_account(node).is_none());
        for node in targets {
            for transfer in ends.view.graph.transfers_in(node) {
                if ends.carries(transfer)? {
                    search.push(transfer, ends.moments.departure(transfer))?;
                }
            }
        }
        Ok(search)
    }

    fn push(&mut self, transfer: TransferIdx, clock: Moment) -> Result<(), Error> {
        count(&mut self.n_looked, self.ends)?;
        self.waiting.push((clock, transfer));
        Ok(())
    }

    /// Takes the next transfer, if there is one; looks only at those `within`.
    pub(super) fn step(&mut self, within: Option<&Seen>) -> Result<bool, Error> {
        let Some((clock, transfer)) = self.waiting.pop() else {
            return Ok(false);
        };
        let (ends, view, graph) = (self.ends, self.ends.view, self.ends.view.graph);
        if self.lists.contains_key(&graph.to(transfer)) {
            self.await_next(graph.to(transfer), transfer)?;
        }
        let is_in = within.is_none_or(|within| within.contains(&transfer));
        if !is_in || self.seen.contains(&transfer) || !self.leads_on(transfer)? {
            return Ok(true);
        }
        self.seen.insert(transfer);
        let from = graph.from(transfer);
        if ends.through_swaps && view.seed_of(transfer).is_none() {
            for swap in swaps(view, transfer, Side::Got) {
                if ends.carries(swap.other)? && ends.goes_on(swap.other) {
                    self.push(swap.other, clock.min(ends.moments.departure(swap.other)))?;
                }
            }
        }
        if view.seed_of(transfer).is_some() || graph.is_boundary(from) {
            return Ok(true);
        }
        for link in view.links_spending(transfer) {
            let earlier = link?.earlier;
            if ends.carries(earlier)? && ends.goes_on(earlier) {
                self.push(earlier, clock.min(ends.moments.departure(earlier)))?;
            }
        }
        // What a source pays outside its window is of others, but for what a link brings.
        let is_open = view.seed_account(from).is_none() && !ends.targets.contains(&from);
        if is_open && departure(view, transfer)? != Some(0) {
            self.open((from, graph.asset_of(transfer)), clock)?;
        }
        Ok(true)
    }

    /// Whether what arrives by it can go on to a target, or has reached one.
    fn leads_on(&self, transfer: TransferIdx) -> Result<bool, Error> {
        let (ends, graph) = (self.ends, self.ends.view.graph);
        if !ends.carries(transfer)? {
            return Ok(false);
        }
        let to = graph.to(transfer);
        if ends.targets.contains(&to) {
            return Ok(true);
        }
        if !ends.goes_on(transfer) {
            return Ok(false);
        }
        for link in ends.view.links_spent_by(transfer) {
            let later = link?.later;
            if self.seen.contains(&later) && ends.view.seed_of(later).is_none() {
                return Ok(true);
            }
        }
        if ends.through_swaps {
            let mut got = swaps(ends.view, transfer, Side::Given).into_iter();
            if got.any(|swap| {
                self.seen.contains(&swap.other) && ends.view.seed_of(swap.other).is_none()
            }) {
                return Ok(true);
            }
        }
        let is_open = self.pools.contains(&(to, graph.asset_of(transfer)));
        let view = ends.view;
        Ok(is_open && (arrival(view, transfer)? != Some(0) || has_leftover(view, transfer)?))
    }

    /// Looks at all that enters a pool up to `clock`.
    fn open(&mut self, pool: PoolAt, clock: Moment) -> Result<(), Error> {
        if !self.pools.insert(pool) {
            return Ok(());
        }
        let (ends, node) = (self.ends, pool.0);
        let ins = ends.view.graph.transfers_in(node);
        if ends.moments.is_order() {
            let n_before = ins.partition_point(|inflow| ends.moments.arrival(inflow) <= clock);
            if let std::collections::hash_map::Entry::Vacant(place) = self.lists.entry(node) {
                place.insert(n_before);
                self.push_before(ins, n_before)?;
            }
            return Ok(());
        }
        for inflow in ins {
            count(&mut self.n_looked, ends)?;
            let is_of_pool = ends.view.graph.asset_of(inflow) == pool.1;
            if is_of_pool && ends.moments.arrival(inflow) <= clock {
                self.waiting
                    .push((clock.min(ends.moments.departure(inflow)), inflow));
            }
        }
        Ok(())
    }

    fn await_next(&mut self, node: NodeIdx, taken: TransferIdx) -> Result<(), Error> {
        let ins = self.ends.view.graph.transfers_in(node);
        let Some(place) = self.lists.get_mut(&node) else {
            return Ok(());
        };
        if place.checked_sub(1).and_then(|last| ins.get(last)) != Some(taken) {
            return Ok(());
        }
        *place -= 1;
        let n_left = *place;
        self.push_before(ins, n_left)
    }

    fn push_before(&mut self, ins: TransferList<'_>, n_left: usize) -> Result<(), Error> {
        match n_left.checked_sub(1).and_then(|last| ins.get(last)) {
            Some(inflow) => self.push(inflow, self.ends.moments.departure(inflow)),
            None => Ok(()),
        }
    }
}

/// Whether a link reserves more of an inflow than its later transfer needs, so that some of it is free again.
pub(crate) fn has_leftover(view: &View<'_>, transfer: TransferIdx) -> Result<bool, Error> {
    for link in view.links_spent_by(transfer) {
        let link = link?;
        if link.one_pool {
            let mut paid = 0_u128;
            for other in view.links_spending(link.later) {
                paid = paid.saturating_add(other?.paid);
            }
            if view.amount(link.later)?.is_some_and(|amount| paid > amount) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Transfers that may carry a source's money from the start, ascending.
fn sources(ends: &Ends<'_>) -> Result<Vec<TransferIdx>, Error> {
    use moneytrail_model::trace::Seed;
    let mut found = Vec::new();
    for seed in &ends.view.spec.seeds {
        match *seed {
            Seed::Transfer(transfer) => found.push(transfer),
            Seed::Account(node) => {
                found.extend(ends.view.graph.transfers_out(node));
                if ends.are_several() {
                    for brought in ends.view.graph.transfers_in(node) {
                        for link in ends.view.links_spent_by(brought) {
                            found.push(link?.later);
                        }
                    }
                }
            }
        }
    }
    found.retain(|&transfer| ends.starts(transfer));
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

#[expect(clippy::iter_over_hash_type, reason = "sorted below")]
fn sorted(nodes: &FxHashSet<NodeIdx>) -> Vec<NodeIdx> {
    let mut sorted = Vec::new();
    for &node in nodes {
        sorted.push(node);
    }
    sorted.sort_unstable();
    sorted
}

fn count(n_looked: &mut usize, ends: &Ends<'_>) -> Result<(), Error> {
    let n_max = ends.n_max;
    *n_looked += 1;
    ends.view.check(*n_looked)?;
    if *n_looked > n_max {
        Err(Error::TooFar { n_max })
    } else {
        Ok(())
    }
}
