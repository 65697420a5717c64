//! Traces to the sources (rule 9): the same allocation, one label per origin, read off at the targets.
//!
//! Law: what is first known, issued or not looked behind within the closure = reached + resting + fees
//! and burned + taken over + converted away + elsewhere, per origin and asset.
//!
//! The nodes of the closure are computed from their first transfer on, up to their last outflow that
//! a target may need. What they lack is theirs: the account is where it is first known. What passed
//! one target is, for another, first known where it arrived.

use super::book::Labelled;
use super::closure::Closure;
use super::engine::{Engine, boundary_end};
use super::mixture::Mixtures;
use super::node::Node;
use super::piece::{Piece, append, carried, total};
use super::view::View;
use crate::Error;
use moneytrail_model::trace::{Carried, EndKind, Label, Origin, Trace, TraceSpec};
use moneytrail_model::{TransferIdx, Watch};
use moneytrail_store::graph::Graph;
use std::cmp::Reverse;

impl<'a> Engine<'a> {
    /// An engine that gives origins their labels and reads off what reaches the targets.
    pub(super) fn sources(
        graph: &'a Graph,
        spec: &'a TraceSpec,
        labelled: Labelled,
        watch: &'a dyn Watch,
    ) -> Result<Self, Error> {
        let mut view = View::new(graph, spec)?;
        view.watch = watch;
        let closure = Closure::of_targets(&view)?;
        let mut engine;
        if spec.policy.has_amounts() {
            let computed = closure.computed(&view);
            let transfers = [closure.transfers(), closure.refused()].concat();
            view.closure = Some(closure);
            engine = Self::of(view, labelled);
            engine.book.queue.extend(transfers.into_iter().map(Reverse));
            for node in computed {
                let position = engine.compute(node)?;
                engine.await_next(position);
            }
        } else {
            engine = Self::of(view, labelled);
            engine.reach(&closure);
        }
        Ok(engine)
    }

    fn closure(&self) -> &Closure {
        let closure = self.view.closure.as_ref();
        closure.expect("a trace to the sources has its closure from the start")
    }

    /// One transfer towards the targets: draw, deliver, show.
    pub(super) fn pass_towards_targets(&mut self, transfer: TransferIdx) -> Result<(), Error> {
        let from = self.view.graph.from(transfer);
        let is_computed = self.closure().computes(&self.view, from, transfer);
        let position = self.positions.get(&from).copied().filter(|_| is_computed);
        let distance = self.closure().distance(transfer);
        let pieces = if let Some(position) = position {
            self.draw(position, transfer)?
        } else if let Some(origin) = self.closure().origin(&self.view, transfer)
            && distance.is_some()
        {
            let mut payer = Node::closed(&self.view, from, origin);
            let pieces = payer.draw(&self.view, &mut self.book, transfer)?;
            payer.close(&self.view, &mut self.book)?;
            pieces
        } else {
            return self.deliver_unseen(transfer);
        };
        let shown = carried(&pieces);
        self.deliver_towards_targets(transfer, pieces)?;
        if let Some(distance) = distance {
            self.show(transfer, shown, distance, None);
        }
        if let Some(position) = position {
            self.await_next(position);
        }
        Ok(())
    }

    /// Read off at a target; on within the closure; else elsewhere.
    fn deliver_towards_targets(
        &mut self,
        transfer: TransferIdx,
        pieces: Vec<Piece>,
    ) -> Result<(), Error> {
        let graph = self.view.graph;
        let (to, asset) = (graph.to(transfer), graph.asset_of(transfer));
        let closure = self.closure();
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
        let origin = if is_target {
            Some(Origin::FirstKnown(to))
        } else {
            closure.origin(&self.view, transfer)
        };
        self.book.end(kind, to, asset, &pieces)?;
        self.deliver_anew(transfer, total(&pieces), origin)
    }

    /// A transfer that is not looked behind brings its amount, of an origin
    /// where it arrives.
    fn deliver_unseen(&mut self, transfer: TransferIdx) -> Result<(), Error> {
        let closure = self.closure();
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
            self.show(transfer, Carried::default(), n_events, None);
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
            if !ins.any(|inflow| closure.leads_on(graph, inflow)) {
                self.book.origin(Origin::FirstKnown(node));
            }
        }
    }
}

/// Leaves the steps that carry money of an origin that reaches a target. What a step carries as mixtures stands under the first such origin.
pub(super) fn keep_what_reaches(trace: &mut Trace, mixtures: Option<&Mixtures>) {
    let reached = trace.ends.iter().filter(|end| end.kind == EndKind::Reached);
    let mut reached: Vec<u32> = reached.map(|end| end.seed).collect();
    reached.sort_unstable();
    reached.dedup();
    if let Some(mixtures) = mixtures {
        let first = mixtures.first_of(|origin| reached.binary_search(&origin).is_ok());
        trace.steps.retain_mut(|step| {
            let pieces = &mut step.carried.pieces;
            let labels = pieces.iter().filter_map(|piece| match piece.0 {
                Label::Seed(mixture) => first[mixture as usize],
                Label::Clean | Label::Unexplained => None,
            });
            let Some(origin) = labels.min() else {
                return false;
            };
            for (label, _) in pieces.iter_mut() {
                if let Label::Seed(_) = label {
                    *label = Label::Seed(origin);
                }
            }
            // Same labels never stand side by side.
            pieces.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                kept.1 += if is_same { next.1 } else { 0 };
                is_same
            });
            true
        });
        return;
    }
    trace.steps.retain(|step| {
        step.carried.pieces.iter().any(|(label, _)| {
            matches!(label, Label::Seed(origin) if reached.binary_search(origin).is_ok())
        })
    });
}
