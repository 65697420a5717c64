//! Goes through the transfers of the computed nodes, ascending, once each.
//!
//! The queue holds the next outflow of every computed node, the seed transfers, and the outflows for
//! which traced money is reserved. What is popped never precedes what was popped before.

use super::along::Labels;
use super::book::{Book, Labelled};
use super::node::Node;
use super::piece::{Piece, append, carried, is_traced, n_events_min, settle, total};
use super::sources::keep_what_reaches;
use super::view::{N_UNWATCHED, View};
use crate::Error;
use moneytrail_model::trace::{
    Carried, EndKind, Label, Policy, Seed, Step, StopReason, Trace, TraceSpec,
};
use moneytrail_model::{AccountKey, NodeIdx, TransferIdx, Watch};
use moneytrail_store::graph::Graph;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// Parts of pools from which on labels are mixtures, in a trace to the sources under haircut.
pub(super) const N_PARTS_MAX: usize = 1 << 23;

/// Pieces that are as much work as a transfer.
const PIECES_PER_TRANSFER: usize = 64;

/// One trace while it is computed.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    pub(super) view: View<'a>,
    pub(super) book: Book,
    nodes: Vec<Node<'a>>,
    pub(super) positions: FxHashMap<NodeIdx, usize>,
    steps: Vec<Step>,
    /// Where money is followed along one way only.
    pub(super) labels: Option<Labels>,
    /// The most parts of pools that draws may look at.
    pub(super) n_parts_max: Option<usize>,
    /// Transfers gone through.
    pub(super) n_passed: usize,
    /// Transfers of the record that who waits has heard of.
    pub(super) n_told: u64,
}

impl<'a> Engine<'a> {
    /// An engine that follows the seeds forward.
    pub(super) fn forward(
        graph: &'a Graph,
        spec: &'a TraceSpec,
        watch: &'a dyn Watch,
    ) -> Result<Self, Error> {
        let mut view = View::new(graph, spec)?;
        view.watch = watch;
        let mut engine = Self::of(view, Labelled::Each);
        for seed in &spec.seeds {
            match *seed {
                Seed::Transfer(transfer) => engine.book.queue.push(Reverse(transfer)),
                Seed::Account(node) => {
                    for transfer in graph.transfers_out(node) {
                        if engine.view.exists(transfer) && engine.view.is_in_window(transfer) {
                            engine.book.queue.push(Reverse(transfer));
                        }
                    }
                }
            }
        }
        Ok(engine)
    }

    pub(super) fn of(view: View<'a>, labelled: Labelled) -> Self {
        Self {
            view,
            book: Book::new(labelled),
            nodes: Vec::new(),
            positions: FxHashMap::default(),
            steps: Vec::new(),
            labels: None,
            n_parts_max: None,
            n_passed: 0,
            n_told: 0,
        }
    }

    /// Runs to the end of the record, not beyond `n_max` transfers; says whether it came there, or pools have too many parts.
    pub(super) fn run(&mut self, n_max: usize) -> Result<bool, Error> {
        let (mut passed, mut n_worked) = (None, 0);
        while let Some(Reverse(transfer)) = self.book.queue.pop() {
            if passed != Some(transfer) {
                passed = Some(transfer);
                self.n_passed += 1;
                if self.n_passed > n_max {
                    return Err(Error::TooFar { n_max });
                }
                if self
                    .n_parts_max
                    .is_some_and(|most| self.book.n_parts > most)
                {
                    return Ok(false);
                }
                let n_working = self.n_passed + self.book.n_pieces / PIECES_PER_TRANSFER;
                if n_working >= n_worked + N_UNWATCHED {
                    n_worked = n_working;
                    // The record is gone through in its order, so the way left is what lies behind.
                    let n_behind = u64::from(transfer.raw());
                    self.tell(n_behind);
                    self.view.watch.check()?;
                }
                if self.view.closure.is_none() {
                    self.pass(transfer)?;
                } else {
                    self.pass_towards_targets(transfer)?;
                }
            }
        }
        self.tell(self.view.graph.n_transfers() as u64);
        self.view.watch.check()?;
        Ok(true)
    }

    /// Who waits hears that so many transfers lie behind.
    fn tell(&mut self, n_behind: u64) {
        let n_new = n_behind.saturating_sub(self.n_told);
        self.view.watch.advance(n_new);
        self.n_told += n_new;
    }

    /// The position of a node, which is computed from now on.
    pub(super) fn compute(&mut self, node: NodeIdx) -> Result<usize, Error> {
        let opened = Node::open(&self.view, &mut self.book, node)?;
        self.nodes.push(opened);
        self.positions.insert(node, self.nodes.len() - 1);
        Ok(self.nodes.len() - 1)
    }

    /// Puts the next outflow of a node into the queue.
    pub(super) fn await_next(&mut self, position: usize) {
        if let Some(next) = self.nodes[position].next_outflow(&self.view) {
            let closure = self.view.closure.as_ref();
            let from = self.view.graph.from(next);
            if closure.is_none_or(|closure| closure.computes(&self.view, from, next)) {
                self.book.queue.push(Reverse(next));
            }
        }
    }

    /// One transfer forward: draw, seed or cut, deliver, show.
    fn pass(&mut self, transfer: TransferIdx) -> Result<(), Error> {
        let from = self.view.graph.from(transfer);
        let seed = self.view.seed_of(transfer);
        let mut position = self.positions.get(&from).copied();
        if position.is_none() && self.book.is_awaited(&self.view, transfer) {
            let computed = self.compute(from)?;
            let last = transfer.idx().checked_sub(1).map(TransferIdx::new);
            self.nodes[computed].replay(&self.view, &mut self.book, transfer, last)?;
            position = Some(computed);
        }
        let mut pieces = match position {
            Some(position) => self.draw(position, transfer)?,
            None if seed.is_some() => Vec::new(),
            None => return Ok(()),
        };
        let is_too_late = self.view.is_too_late(transfer);
        if let Some(seed) = seed {
            self.seed(transfer, seed, &mut pieces)?;
        }
        self.cut_before(transfer, &mut pieces)?;
        self.keep_to_the_way(transfer, seed.is_some(), &mut pieces)?;
        let is_unknown_seed =
            seed.is_some() && !is_too_late && self.view.graph.amount(transfer).is_none();
        let is_shown = is_traced(&pieces) || (seed.is_some() && !is_too_late);
        let mut shown = carried(&pieces);
        let n_events = n_events_min(&pieces);
        let stop = self.deliver(transfer, pieces, is_unknown_seed)?;
        if let (Some(seed), true) = (seed, is_unknown_seed) {
            shown = self.at_most(transfer, seed);
        }
        if is_shown {
            self.show(transfer, shown, n_events, stop);
        }
        if let Some(position) = position {
            self.await_next(position);
        }
        Ok(())
    }

    /// What the next outflow of a computed node draws, which is exactly its amount (rule 10).
    pub(super) fn draw(
        &mut self,
        position: usize,
        transfer: TransferIdx,
    ) -> Result<Vec<Piece>, Error> {
        let node = &mut self.nodes[position];
        node.absorb(&self.view, &mut self.book, transfer)?;
        let pieces = node.draw(&self.view, &mut self.book, transfer)?;
        node.pass_outflow();
        match self.view.amount(transfer)? {
            Some(amount) if amount != total(&pieces) => Err(Error::DoesNotBalance {
                what: format!("transfer {}", transfer.raw()),
                asset: self.view.graph.asset_of(transfer),
                expected: amount,
                found: total(&pieces),
            }),
            _ => Ok(pieces),
        }
    }

    /// What a seed of unknown amount brought into a junction, at most.
    fn at_most(&self, transfer: TransferIdx, seed: u32) -> Carried {
        let position = self.positions.get(&self.view.graph.to(transfer));
        let amount = position.map_or(0, |&position| self.nodes[position].gap_of_seed(transfer));
        let pieces = (amount > 0).then(|| (self.view.label(seed), amount));
        Carried {
            pieces: pieces.into_iter().collect(),
        }
    }

    /// Rule 8: the seed's label in full; what other labels it would have carried is taken over.
    fn seed(
        &mut self,
        transfer: TransferIdx,
        seed: u32,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Error> {
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
        Ok(())
    }

    /// The stop rules that keep money where it is: time first, then events.
    fn cut_before(&mut self, transfer: TransferIdx, pieces: &mut Vec<Piece>) -> Result<(), Error> {
        let from = self.view.graph.from(transfer);
        if self.view.is_too_late(transfer) {
            self.cut(transfer, from, StopReason::Time, pieces, |_| true)?;
        } else if let Some(n_max) = self.view.spec.stops.n_events_max {
            let is_far = |piece: &Piece| piece.n_events > n_max;
            self.cut(transfer, from, StopReason::Hops, pieces, is_far)?;
        }
        Ok(())
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
        if graph.is_boundary(to) {
            self.book.end(boundary_end(graph, to), to, asset, &pieces)?;
            return Ok(None);
        }
        if let Some(own) = self.view.seed_account(to).map(|seed| self.view.label(seed)) {
            let is_any = self.labels.is_some();
            self.end(transfer, to, EndKind::Returned, &mut pieces, |piece| {
                is_any || piece.label == own
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
    pub(super) fn receive(
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

    /// Adds a step; without amounts under poison.
    pub(super) fn show(
        &mut self,
        transfer: TransferIdx,
        carried: Carried,
        n_events: u32,
        stop: Option<StopReason>,
    ) {
        let graph = self.view.graph;
        let order_open = graph.order_is_open(graph.event_of(transfer));
        let has_amounts = self.view.spec.policy.has_amounts();
        let carried = if has_amounts {
            carried
        } else {
            Carried::default()
        };
        self.steps.push(Step {
            transfer,
            carried,
            n_events,
            stop,
            order_open,
        });
    }

    /// Closes the books.
    pub(super) fn close(mut self) -> Result<Trace, Error> {
        let graph = self.view.graph;
        let is_forward = self.view.closure.is_none();
        // What is reserved for a transfer that no target needs went elsewhere.
        let kind = if is_forward {
            EndKind::Rests
        } else {
            EndKind::Elsewhere
        };
        for &(link, ref pieces) in &self.book.drain_reserved() {
            let earlier = graph.link(link).earlier;
            self.book
                .end(kind, graph.to(earlier), graph.asset_of(earlier), pieces)?;
        }
        let mut marked = Vec::new();
        for node in &mut self.nodes {
            for (asset, share, pool) in node.close(&self.view, &mut self.book)? {
                marked.push((node.at(), asset, share, pool));
            }
        }
        marked.sort_unstable();
        let closed = self.book.close(&self.view)?;
        let mut trace = Trace {
            spec: self.view.spec.clone(),
            steps: self.steps,
            ends: closed.ends,
            balance: closed.balance,
            unexplained: closed.unexplained,
            marked,
            origins: closed.origins,
            is_rounded_once: closed.mixtures.is_some(),
        };
        if !is_forward && trace.spec.policy.has_amounts() {
            keep_what_reaches(&mut trace, closed.mixtures.as_ref());
        }
        Ok(trace)
    }
}

/// How money ends at a boundary: in `fees`, else in an output that nobody can spend.
pub(super) fn boundary_end(graph: &Graph, boundary: NodeIdx) -> EndKind {
    match graph.account(boundary) {
        Some(AccountKey::Fees(_)) => EndKind::Fees,
        _ => EndKind::Burned,
    }
}
