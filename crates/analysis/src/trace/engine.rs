//! Goes through the transfers of the computed nodes, ascending, once each.
//!
//! The queue holds the next outflow of every computed node, the seed transfers, and the outflows for
//! which traced money is reserved. What is popped never precedes what was popped before.

use super::book::Book;
use super::closure::Closure;
use super::node::Node;
use super::piece::{Piece, append, carried, is_traced, n_events_min, settle, total};
use super::view::View;
use crate::Error;
use moneytrail_model::trace::{
    Carried, EndKind, Label, Origin, Policy, Seed, Step, StopReason, Trace, TraceSpec,
};
use moneytrail_model::{NodeIdx, TransferIdx};
use moneytrail_store::graph::Graph;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// One trace while it is computed.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    view: View<'a>,
    book: Book,
    nodes: Vec<Node>,
    positions: FxHashMap<NodeIdx, usize>,
    steps: Vec<Step>,
}

impl<'a> Engine<'a> {
    /// An engine that follows the seeds forward.
    pub(super) fn forward(graph: &'a Graph, spec: &'a TraceSpec) -> Result<Self, Error> {
        let view = View::new(graph, spec)?;
        let mut engine = Self::of(view);
        for seed in &spec.seeds {
            match *seed {
                Seed::Transfer(transfer) => engine.book.queue.push(Reverse(transfer)),
                Seed::Account(node) => {
                    for &transfer in graph.transfers_out(node) {
                        if engine.view.exists(transfer) && engine.view.is_in_window(transfer) {
                            engine.book.queue.push(Reverse(transfer));
                        }
                    }
                }
            }
        }
        Ok(engine)
    }

    /// An engine that gives every origin its label and reads off what reaches the targets.
    pub(super) fn sources(graph: &'a Graph, spec: &'a TraceSpec) -> Result<Self, Error> {
        let mut view = View::new(graph, spec)?;
        let closure = Closure::of_targets(&view)?;
        let mut engine;
        if spec.policy.has_amounts() {
            let computed = closure.computed(&view);
            let transfers = [closure.transfers(), closure.refused()].concat();
            view.closure = Some(closure);
            engine = Self::of(view);
            engine.book.queue.extend(transfers.into_iter().map(Reverse));
            for node in computed {
                let position = engine.compute(node)?;
                engine.await_next(position);
            }
        } else {
            engine = Self::of(view);
            engine.reach(&closure);
        }
        Ok(engine)
    }

    fn of(view: View<'a>) -> Self {
        Self {
            view,
            book: Book::default(),
            nodes: Vec::new(),
            positions: FxHashMap::default(),
            steps: Vec::new(),
        }
    }

    /// Runs to the end of the record and closes the books.
    pub(super) fn run(mut self) -> Result<Trace, Error> {
        let mut passed = None;
        while let Some(Reverse(transfer)) = self.book.queue.pop() {
            if passed != Some(transfer) {
                passed = Some(transfer);
                self.pass(transfer)?;
            }
        }
        self.close()
    }

    /// The position of a node, which is computed from now on.
    fn compute(&mut self, node: NodeIdx) -> Result<usize, Error> {
        let opened = Node::open(&self.view, &mut self.book, node)?;
        self.nodes.push(opened);
        self.positions.insert(node, self.nodes.len() - 1);
        Ok(self.nodes.len() - 1)
    }

    /// Puts the next outflow of a node into the queue.
    fn await_next(&mut self, position: usize) {
        if let Some(next) = self.nodes[position].next_outflow(&self.view) {
            let closure = self.view.closure.as_ref();
            let from = self.view.graph.from(next);
            if closure.is_none_or(|closure| closure.computes(&self.view, from, next)) {
                self.book.queue.push(Reverse(next));
            }
        }
    }

    /// One transfer: draw, seed or cut, deliver, show.
    fn pass(&mut self, transfer: TransferIdx) -> Result<(), Error> {
        let from = self.view.graph.from(transfer);
        let seed = if self.view.closure.is_some() {
            None
        } else {
            self.view.seed_of(transfer)
        };
        let mut position = self.positions.get(&from).copied();
        let is_forward = self.view.closure.is_none();
        if position.is_none() && is_forward && self.book.is_awaited(&self.view, transfer) {
            let computed = self.compute(from)?;
            let last = transfer.idx().checked_sub(1).map(TransferIdx::new);
            self.nodes[computed].replay(&self.view, &mut self.book, transfer, last)?;
            position = Some(computed);
        }
        let pieces = if let Some(position) = position {
            let node = &mut self.nodes[position];
            node.absorb(&self.view, &mut self.book, transfer)?;
            Some(node.draw(&self.view, &mut self.book, transfer)?)
        } else if let Some(origin) = self.origin(transfer) {
            Some(Node::closed(from, origin).draw(&self.view, &mut self.book, transfer)?)
        } else if is_forward {
            None
        } else {
            return self.deliver_unseen(transfer);
        };
        let mut pieces = match pieces {
            Some(pieces) => {
                self.check(transfer, &pieces)?;
                pieces
            }
            None if seed.is_some() => Vec::new(),
            None => return Ok(()),
        };
        let is_shown = match seed {
            Some(seed) => self.seed(transfer, seed, &mut pieces)?,
            None => self.cut_before(transfer, &mut pieces)?,
        };
        let is_unknown_seed = seed.is_some() && self.view.graph.amount(transfer).is_none();
        let shown = carried(&pieces);
        let n_events = n_events_min(&pieces);
        let is_shown = is_shown || is_traced(&pieces);
        let stop = self.deliver(transfer, pieces, is_unknown_seed && is_shown)?;
        if is_shown {
            let shown = match (seed, self.positions.get(&self.view.graph.to(transfer))) {
                (Some(seed), Some(&junction)) if is_unknown_seed => {
                    at_most(&self.nodes[junction], transfer, self.view.label(seed))
                }
                _ => shown,
            };
            self.show(transfer, shown, n_events, stop);
        }
        if let Some(position) = position {
            self.nodes[position].pass_outflow();
            self.await_next(position);
        }
        Ok(())
    }

    /// In a trace to the sources: what a transfer of the closure brings whose payer is not computed.
    fn origin(&self, transfer: TransferIdx) -> Option<Origin> {
        let closure = self.view.closure.as_ref()?;
        closure.distance(transfer)?;
        closure.origin(&self.view, transfer)
    }

    /// Rule 8: the seed's label in full; what other labels it would have carried is taken over. Says
    /// whether the transfer is a step.
    fn seed(
        &mut self,
        transfer: TransferIdx,
        seed: u32,
        pieces: &mut Vec<Piece>,
    ) -> Result<bool, Error> {
        let graph = self.view.graph;
        let (from, asset) = (graph.from(transfer), graph.asset_of(transfer));
        self.book
            .end(EndKind::TakenOver, from, asset, pieces.iter())?;
        pieces.clear();
        let amount = self.view.amount(transfer)?;
        let label = self.view.label(seed);
        self.book.seeded(label, from, asset, amount.unwrap_or(0))?;
        let is_marked = amount.is_none() && self.view.spec.policy == Policy::Poison;
        if amount.is_some_and(|amount| amount > 0) || is_marked {
            let event = graph.event_of(transfer);
            pieces.push(Piece::labelled(label, amount.unwrap_or(0), event));
        }
        if self.view.is_too_late(transfer) {
            self.cut(transfer, from, StopReason::Time, pieces, |_| true)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// The stop rules that keep money where it is: time first, then events.
    fn cut_before(
        &mut self,
        transfer: TransferIdx,
        pieces: &mut Vec<Piece>,
    ) -> Result<bool, Error> {
        if self.view.closure.is_some() || !is_traced(pieces) {
            return Ok(false);
        }
        let from = self.view.graph.from(transfer);
        if self.view.is_too_late(transfer) {
            self.cut(transfer, from, StopReason::Time, pieces, |_| true)?;
        } else if let Some(n_max) = self.view.spec.stops.n_events_max {
            let is_far = |piece: &Piece| piece.n_events > n_max;
            self.cut(transfer, from, StopReason::Hops, pieces, is_far)?;
        }
        Ok(false)
    }

    fn cut(
        &mut self,
        transfer: TransferIdx,
        node: NodeIdx,
        reason: StopReason,
        pieces: &mut Vec<Piece>,
        which: impl Fn(&Piece) -> bool,
    ) -> Result<(), Error> {
        self.end(transfer, node, EndKind::CutOff(reason), pieces, which)
    }

    /// Books the traced pieces that `which` picks as ended at `node`; from here on they are clean.
    fn end(
        &mut self,
        transfer: TransferIdx,
        node: NodeIdx,
        kind: EndKind,
        pieces: &mut Vec<Piece>,
        which: impl Fn(&Piece) -> bool,
    ) -> Result<(), Error> {
        let asset = self.view.graph.asset_of(transfer);
        let ended = |piece: &&Piece| piece.seed().is_some() && which(piece);
        self.book
            .end(kind, node, asset, pieces.iter().filter(ended))?;
        let mut rest = Vec::with_capacity(pieces.len());
        for piece in pieces.drain(..) {
            let piece = if ended(&&piece) {
                Piece::plain(Label::Clean, piece.amount)
            } else {
                piece
            };
            if piece.seed().is_some() {
                // A mark of an unknown amount has no units and must not be merged away.
                rest.push(piece);
            } else {
                append(&mut rest, piece);
            }
        }
        settle(self.view.spec.policy, &mut rest);
        *pieces = rest;
        Ok(())
    }

    /// Brings pieces to where the transfer goes: ends first, then the stop rules that let money in
    /// and no further (service or CoinJoin, then floor), then the pool.
    fn deliver(
        &mut self,
        transfer: TransferIdx,
        mut pieces: Vec<Piece>,
        is_unknown_seed: bool,
    ) -> Result<Option<StopReason>, Error> {
        let graph = self.view.graph;
        let (to, asset) = (graph.to(transfer), graph.asset_of(transfer));
        if self.view.closure.is_some() {
            self.deliver_towards_targets(transfer, pieces)?;
            return Ok(None);
        }
        if graph.is_boundary(to) {
            self.book.end(boundary_end(graph, to), to, asset, &pieces)?;
            return Ok(None);
        }
        if let Some(own) = self.view.seed_account(to).map(|seed| self.view.label(seed)) {
            self.end(transfer, to, EndKind::Returned, &mut pieces, |piece| {
                piece.label == own
            })?;
        }
        let mut stop = None;
        if is_traced(&pieces) || is_unknown_seed {
            let traced = pieces.iter().filter(|piece| piece.seed().is_some());
            let traced: u128 = traced.map(|piece| piece.amount).sum();
            let is_low = graph.amount(transfer).is_some() && traced < self.view.floor(asset);
            stop = self
                .view
                .node_stop(to)
                .or(is_low.then_some(StopReason::Floor));
            if let Some(reason) = stop {
                self.cut(transfer, to, reason, &mut pieces, |_| true)?;
            }
        }
        let follows =
            is_traced(&pieces) || (is_unknown_seed && stop.is_none() && graph.is_junction(to));
        self.receive(transfer, pieces, follows)?;
        Ok(stop)
    }

    /// Into the pool, if the node is computed, or is from now on.
    fn receive(
        &mut self,
        transfer: TransferIdx,
        pieces: Vec<Piece>,
        follows: bool,
    ) -> Result<(), Error> {
        let to = self.view.graph.to(transfer);
        if let Some(&position) = self.positions.get(&to) {
            return self.nodes[position].receive(&self.view, &mut self.book, transfer, pieces);
        }
        if follows {
            let position = self.compute(to)?;
            let node = &mut self.nodes[position];
            node.replay(&self.view, &mut self.book, transfer, Some(transfer))?;
            node.receive(&self.view, &mut self.book, transfer, pieces)?;
            self.await_next(position);
        }
        Ok(())
    }

    /// In a trace to the sources: read off at a target; on within the closure; else elsewhere.
    fn deliver_towards_targets(
        &mut self,
        transfer: TransferIdx,
        pieces: Vec<Piece>,
    ) -> Result<(), Error> {
        let graph = self.view.graph;
        let (to, asset) = (graph.to(transfer), graph.asset_of(transfer));
        let closure = self
            .view
            .closure
            .as_ref()
            .expect("called for a trace to the sources");
        let (is_target, leads_on) = (
            closure.is_target(transfer),
            closure.leads_on(graph, transfer),
        );
        if leads_on && !is_target {
            return self.receive(transfer, pieces, false);
        }
        let kind = if is_target {
            EndKind::Reached
        } else if graph.is_boundary(to) {
            boundary_end(graph, to)
        } else {
            EndKind::Elsewhere
        };
        self.book.end(kind, to, asset, &pieces)?;
        if is_target {
            // What passed one target is first known there for another.
            self.deliver_anew(transfer, total(&pieces), Some(Origin::FirstKnown(to)))
        } else {
            let origin = closure.origin(&self.view, transfer);
            self.deliver_anew(transfer, total(&pieces), origin)
        }
    }

    /// In a trace to the sources: a transfer that is not looked behind brings its amount, of an origin
    /// where it arrives.
    fn deliver_unseen(&mut self, transfer: TransferIdx) -> Result<(), Error> {
        let closure = self
            .view
            .closure
            .as_ref()
            .expect("called for a trace to the sources");
        let origin = closure.origin(&self.view, transfer);
        let amount = self.view.amount(transfer)?.unwrap_or(0);
        self.deliver_anew(transfer, amount, origin)
    }

    /// Into the pool, if the node is computed, under a new label; without an origin as clean money.
    fn deliver_anew(
        &mut self,
        transfer: TransferIdx,
        amount: u128,
        origin: Option<Origin>,
    ) -> Result<(), Error> {
        let graph = self.view.graph;
        let (to, asset) = (graph.to(transfer), graph.asset_of(transfer));
        if !self.positions.contains_key(&to) {
            return Ok(());
        }
        let label = origin.map_or(Label::Clean, |origin| self.book.origin(origin));
        self.book.seeded(label, to, asset, amount)?;
        let mut pieces = Vec::new();
        append(
            &mut pieces,
            Piece::labelled(label, amount, graph.event_of(transfer)),
        );
        self.receive(transfer, pieces, false)
    }

    /// Poison to the sources: everything from which a target can be reached.
    fn reach(&mut self, closure: &Closure) {
        let graph = self.view.graph;
        for transfer in closure.transfers() {
            let from = graph.from(transfer);
            let n_events = closure.distance(transfer).unwrap_or(0);
            self.steps
                .push(step(graph, transfer, Carried::default(), n_events, None));
            if !closure.computes(&self.view, from, transfer)
                && let Some(origin) = closure.origin(&self.view, transfer)
            {
                self.book.origin(origin);
            }
        }
        for transfer in closure.refused() {
            if let Some(origin) = closure.origin(&self.view, transfer) {
                self.book.origin(origin);
            }
        }
        for node in closure.computed(&self.view) {
            let mut ins = graph.transfers_in(node).iter();
            if !ins.any(|&inflow| closure.leads_on(graph, inflow)) {
                self.book.origin(Origin::FirstKnown(node));
            }
        }
    }

    /// Rule 10 at one transfer: what it carries is its amount.
    fn check(&self, transfer: TransferIdx, pieces: &[Piece]) -> Result<(), Error> {
        match self.view.amount(transfer)? {
            Some(amount) if amount != total(pieces) => Err(Error::DoesNotBalance {
                what: format!("transfer {}", transfer.raw()),
                asset: self.view.graph.asset_of(transfer),
                expected: amount,
                found: total(pieces),
            }),
            _ => Ok(()),
        }
    }

    fn show(
        &mut self,
        transfer: TransferIdx,
        carried: Carried,
        n_events: u32,
        stop: Option<StopReason>,
    ) {
        let graph = self.view.graph;
        if let Some(closure) = &self.view.closure {
            if let Some(distance) = closure.distance(transfer) {
                self.steps
                    .push(step(graph, transfer, carried, distance, None));
            }
            return;
        }
        let has_amounts = self.view.spec.policy.has_amounts();
        let carried = if has_amounts {
            carried
        } else {
            Carried::default()
        };
        self.steps
            .push(step(graph, transfer, carried, n_events, stop));
    }

    fn close(mut self) -> Result<Trace, Error> {
        let graph = self.view.graph;
        let has_amounts = self.view.spec.policy.has_amounts();
        let mut marked: Vec<_> = Vec::new();
        // What is reserved for a transfer that no target needs went elsewhere.
        let is_forward = self.view.closure.is_none();
        let kind = if is_forward {
            EndKind::Rests
        } else {
            EndKind::Elsewhere
        };
        for &(link, ref pieces) in &self.book.drain_reserved() {
            let earlier = graph.link(link).earlier;
            let (node, asset) = (graph.to(earlier), graph.asset_of(earlier));
            self.book.end(kind, node, asset, pieces)?;
        }
        for node in &mut self.nodes {
            let shares = node.close(&self.view, &mut self.book)?;
            let at = node.at();
            marked.extend(
                shares
                    .into_iter()
                    .map(|(asset, marked, pool)| (at, asset, marked, pool)),
            );
        }
        marked.sort_unstable();
        self.steps.sort_by_key(|step| step.transfer);
        let mut trace = Trace {
            spec: self.view.spec.clone(),
            steps: self.steps,
            ends: Vec::new(),
            balance: Vec::new(),
            unexplained: Vec::new(),
            marked: if has_amounts { Vec::new() } else { marked },
            origins: Vec::new(),
        };
        let closed = if has_amounts {
            self.book.close()?
        } else {
            self.book.close_marks()
        };
        trace.ends = closed.ends;
        trace.balance = closed.balance;
        trace.unexplained = closed.unexplained;
        trace.origins = closed.origins;
        if self.view.closure.is_some() {
            keep_what_reaches(&mut trace);
        }
        Ok(trace)
    }
}

/// Leaves the steps that carry money of an origin that reaches a target.
fn keep_what_reaches(trace: &mut Trace) {
    let reached = trace.ends.iter().filter(|end| end.kind == EndKind::Reached);
    let mut reached: Vec<u32> = reached.map(|end| end.seed).collect();
    reached.sort_unstable();
    reached.dedup();
    trace.steps.retain(|step| {
        step.carried.pieces.iter().any(|(label, _)| {
            matches!(label, Label::Seed(origin) if reached.binary_search(origin).is_ok())
        })
    });
}

fn at_most(junction: &Node, transfer: TransferIdx, label: Label) -> Carried {
    let amount = junction.gap_of_seed(transfer);
    let pieces = if amount > 0 {
        vec![(label, amount)]
    } else {
        Vec::new()
    };
    Carried { pieces }
}

fn step(
    graph: &Graph,
    transfer: TransferIdx,
    carried: Carried,
    n_events: u32,
    stop: Option<StopReason>,
) -> Step {
    let order_open = graph.order_is_open(graph.event_of(transfer));
    Step {
        transfer,
        carried,
        n_events,
        stop,
        order_open,
    }
}

/// How money ends at a boundary: in `fees`, else in an output that nobody can spend.
fn boundary_end(graph: &Graph, boundary: NodeIdx) -> EndKind {
    const FEES: u8 = 0xf1;
    match graph.key_bytes(boundary).and_then(|key| key.first()) {
        Some(&FEES) => EndKind::Fees,
        _ => EndKind::Burned,
    }
}
