//! What a trace to the sources has to look at: the transfers from which a target can be reached
//! (rule 9).
//!
//! Law: a transfer is in the closure if it is a target, if a link of a transfer in the closure spends
//! it, or if it arrives at a node before an outflow in the closure that links do not pay in full.
//! The order of the record is respected, so a later inflow is never a source of an earlier outflow.
//!
//! Method: transfers are visited in descending order; a node's inflows are added one at a time, so
//! time is O(n log n) and memory O(n) in the transfers of the closure. When a transfer is visited,
//! everything that it could flow into has been visited, so its distance to the target is final.
//!
//! Limits. A service, a CoinJoin and a target account are not looked behind: what they paid is an
//! origin. Nor is a transfer more than the given number of events from the target, nor one below the
//! floor: what it brought is an origin at the account where it arrived.

use super::view::View;
use crate::Error;
use crate::between::departure;
use moneytrail_model::trace::{Origin, Seed, StopReason};
use moneytrail_model::{AccountKey, EventIdx, NodeIdx, TransferIdx};
use moneytrail_store::graph::Graph;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BinaryHeap;

/// The closure of the targets of a trace to the sources.
#[derive(Debug, Default)]
pub(crate) struct Closure {
    /// Events to the target, of every transfer in the closure.
    distances: FxHashMap<TransferIdx, u32>,
    /// Transfers into the closure that are not looked behind, and are no step of the trace.
    refused: FxHashMap<TransferIdx, StopReason>,
    nodes: FxHashMap<NodeIdx, Reach>,
    targets: FxHashSet<TransferIdx>,
    target_accounts: FxHashSet<NodeIdx>,
}

/// How far a node belongs to the closure.
#[derive(Debug)]
struct Reach {
    /// Its last outflow in the closure, or the last transfer that reserves something here.
    last: TransferIdx,
    /// Inflows not visited yet: this many of its list; `None` while links pay everything.
    n_in_left: Option<usize>,
    /// Distance of the nearest outflow of events later than `event`.
    nearest: u32,
    /// Event of the outflows visited last, and the nearest among them.
    event: Option<EventIdx>,
    nearest_in_event: u32,
}

impl Reach {
    fn new(last: TransferIdx) -> Self {
        Self {
            last,
            n_in_left: None,
            nearest: u32::MAX,
            event: None,
            nearest_in_event: u32::MAX,
        }
    }

    /// Notes an outflow that draws on the pool.
    fn note(&mut self, event: EventIdx, distance: u32) {
        if self.event != Some(event) {
            self.nearest = self.nearest.min(self.nearest_in_event);
            (self.event, self.nearest_in_event) = (Some(event), u32::MAX);
        }
        self.nearest_in_event = self.nearest_in_event.min(distance);
    }

    /// Distance of an inflow: one event more than the outflows that it may flow into, unless it is
    /// in their event.
    fn distance_of(&self, event: EventIdx) -> u32 {
        let within = self.nearest_in_event;
        let within = within.saturating_add(u32::from(self.event != Some(event)));
        self.nearest.saturating_add(1).min(within)
    }
}

impl Closure {
    /// The closure of the targets that `view` names as seeds.
    pub(super) fn of_targets(view: &View<'_>) -> Result<Self, Error> {
        let mut closure = Self::default();
        let mut waiting = BinaryHeap::new();
        for seed in &view.spec.seeds {
            match *seed {
                Seed::Transfer(transfer) => closure.add_target(transfer, &mut waiting),
                Seed::Account(node) => {
                    closure.target_accounts.insert(node);
                    for transfer in view.graph.transfers_in(node) {
                        if view.exists(transfer) && view.is_in_window(transfer) {
                            closure.add_target(transfer, &mut waiting);
                        }
                    }
                }
            }
        }
        let mut visited = None;
        let mut n_visited = 0;
        while let Some(transfer) = waiting.pop() {
            if visited == Some(transfer) {
                continue;
            }
            visited = Some(transfer);
            n_visited += 1;
            view.check(n_visited)?;
            closure.visit(view, transfer, &mut waiting)?;
        }
        Ok(closure)
    }

    fn add_target(&mut self, transfer: TransferIdx, waiting: &mut BinaryHeap<TransferIdx>) {
        self.targets.insert(transfer);
        self.distances.insert(transfer, 0);
        waiting.push(transfer);
    }

    fn visit(
        &mut self,
        view: &View<'_>,
        transfer: TransferIdx,
        waiting: &mut BinaryHeap<TransferIdx>,
    ) -> Result<(), Error> {
        let (graph, event) = (view.graph, view.graph.event_of(transfer));
        let mut distance = self.distances.get(&transfer).copied().unwrap_or(u32::MAX);
        if let Some(reach) = self.nodes.get_mut(&graph.to(transfer))
            && let Some(left) = reach.n_in_left
            && left > 0
            && graph.transfers_in(graph.to(transfer)).get(left - 1) == Some(transfer)
        {
            distance = distance.min(reach.distance_of(event));
            reach.n_in_left = Some(left - 1);
            push_inflow(view, graph.to(transfer), left - 1, waiting);
        }
        if !view.exists(transfer) {
            self.distances.remove(&transfer);
            return Ok(());
        }
        if let Some(reason) = refusal(view, transfer, distance)
            && !self.targets.contains(&transfer)
        {
            self.distances.remove(&transfer);
            self.refused.insert(transfer, reason);
            return Ok(());
        }
        self.distances.insert(transfer, distance);
        let from = graph.from(transfer);
        let is_closed = self.is_closed(view, from);
        if !is_closed {
            self.reach(from, transfer);
        }
        for link in view.links_spending(transfer) {
            let link = link?;
            // Its money is reserved where it arrives, which may be another account.
            let holder = graph.to(link.earlier);
            if self.is_closed(view, holder) {
                continue;
            }
            self.reach(holder, link.earlier);
            let step = u32::from(graph.event_of(link.earlier) != event);
            let earlier = self.distances.entry(link.earlier).or_insert(u32::MAX);
            *earlier = (*earlier).min(distance.saturating_add(step));
            waiting.push(link.earlier);
        }
        // A link that finds nothing left pays nothing, whatever it says: the pool does.
        if is_closed || departure(view, transfer)? == Some(0) {
            return Ok(());
        }
        let reach = self.nodes.get_mut(&from).expect("entered above");
        reach.note(event, distance);
        if reach.n_in_left.is_none() {
            let n_before = graph
                .transfers_in(from)
                .partition_point(|inflow| inflow < transfer);
            reach.n_in_left = Some(n_before);
            push_inflow(view, from, n_before, waiting);
        }
        Ok(())
    }

    /// Notes that the node is computed up to this transfer at least.
    fn reach(&mut self, node: NodeIdx, transfer: TransferIdx) {
        let reach = self
            .nodes
            .entry(node)
            .or_insert_with(|| Reach::new(transfer));
        reach.last = reach.last.max(transfer);
    }

    /// Whether a node is not looked behind.
    fn is_closed(&self, view: &View<'_>, node: NodeIdx) -> bool {
        view.graph.is_boundary(node)
            || view.node_stop(node).is_some()
            || self.target_accounts.contains(&node)
    }

    /// Whether money that arrives by this transfer is followed on to a target.
    pub(super) fn leads_on(&self, graph: &Graph, transfer: TransferIdx) -> bool {
        let reach = self.nodes.get(&graph.to(transfer));
        self.distances.contains_key(&transfer) && reach.is_some_and(|reach| transfer <= reach.last)
    }

    /// Whether the pools of a node are computed at this transfer.
    pub(super) fn computes(&self, view: &View<'_>, node: NodeIdx, transfer: TransferIdx) -> bool {
        !self.is_closed(view, node)
            && self
                .nodes
                .get(&node)
                .is_some_and(|reach| transfer <= reach.last)
    }

    /// Whether this is a target.
    pub(super) fn is_target(&self, transfer: TransferIdx) -> bool {
        self.targets.contains(&transfer)
    }

    /// Events to the target; `None` outside the closure.
    pub(super) fn distance(&self, transfer: TransferIdx) -> Option<u32> {
        self.distances.get(&transfer).copied()
    }

    /// What an inflow is the origin of, if no computed node delivers it; `None` if it reaches no target.
    pub(super) fn origin(&self, view: &View<'_>, transfer: TransferIdx) -> Option<Origin> {
        let graph = view.graph;
        if let Some(&reason) = self.refused.get(&transfer) {
            return Some(Origin::Stopped(graph.to(transfer), reason));
        }
        self.distances.get(&transfer)?;
        let from = graph.from(transfer);
        if matches!(graph.account(from), Some(AccountKey::Issuance(_))) {
            return Some(Origin::Issued(transfer));
        }
        Some(
            self.closed_origin(view, from)
                .unwrap_or(Origin::FirstKnown(from)),
        )
    }

    /// What a node that is not looked behind is the origin of; `None` for other nodes.
    pub(super) fn closed_origin(&self, view: &View<'_>, node: NodeIdx) -> Option<Origin> {
        self.is_closed(view, node)
            .then(|| match view.node_stop(node) {
                Some(reason) => Origin::Stopped(node, reason),
                None => Origin::FirstKnown(node),
            })
    }

    /// Nodes that are computed, ascending.
    pub(super) fn computed(&self, view: &View<'_>) -> Vec<NodeIdx> {
        let nodes = self.nodes.keys().copied();
        let mut nodes: Vec<NodeIdx> = nodes.filter(|&node| !self.is_closed(view, node)).collect();
        nodes.sort_unstable();
        nodes
    }

    /// Transfers of the closure, ascending.
    pub(super) fn transfers(&self) -> Vec<TransferIdx> {
        let mut transfers: Vec<TransferIdx> = self.distances.keys().copied().collect();
        transfers.sort_unstable();
        transfers
    }

    /// Refused transfers, ascending.
    pub(super) fn refused(&self) -> Vec<TransferIdx> {
        let mut transfers: Vec<TransferIdx> = self.refused.keys().copied().collect();
        transfers.sort_unstable();
        transfers
    }
}

/// Why a transfer is not looked behind: more events than asked for first, then the floor.
fn refusal(view: &View<'_>, transfer: TransferIdx, distance: u32) -> Option<StopReason> {
    if view
        .spec
        .stops
        .n_events_max
        .is_some_and(|n_max| distance > n_max)
    {
        return Some(StopReason::Hops);
    }
    let amount = view.graph.amount(transfer)?.non_negative()?;
    (amount < view.floor(view.graph.asset_of(transfer))).then_some(StopReason::Floor)
}

fn push_inflow(
    view: &View<'_>,
    node: NodeIdx,
    n_left: usize,
    waiting: &mut BinaryHeap<TransferIdx>,
) {
    let last = n_left.checked_sub(1);
    waiting.extend(last.and_then(|last| view.graph.transfers_in(node).get(last)));
}
