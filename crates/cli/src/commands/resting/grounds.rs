//! What the money at a place rests on, besides facts.
//!
//! Laws. A place whose list is empty was reached by facts alone. What is listed is an upper bound: money of a pool carries the
//! rules of all that came into it before, in the same asset, whichever of it was drawn. A seed starts anew: it rests on
//! nothing but what joined its own records. Steps stand in the order of the record and draw from earlier ones only, so one
//! pass over them is enough. Every trace with amounts counts, because the range of a place is over all of them. How much less
//! rests at a place because a link led money away is not said here.

use super::places::Place;
use crate::follow::{Evidence, Runs};
use moneytrail_model::trace::{Seed, Trace, TraceSpec};
use moneytrail_model::{Basis, NodeIdx, TransferIdx};
use moneytrail_store::BuildNotes;
use moneytrail_store::graph::{Graph, Link};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Rules, as `name@version`, ascending.
type Rules = BTreeSet<Rc<str>>;

/// Rules by place; without an entry: none.
#[derive(Debug, Default)]
pub(super) struct Grounds {
    /// Of money that arrived there.
    arrived: BTreeMap<Place, Rules>,
    /// Of money that a link led away from there, whether or not it was followed.
    linked: BTreeMap<Place, Rules>,
}

impl Grounds {
    /// O(steps × rules), for each trace.
    pub(super) fn of(evidence: &Evidence, run: &Runs) -> Self {
        let joins = Joins::of(&evidence.notes);
        let mut all = Self::default();
        for trace in &run.traces {
            if trace.spec.policy.has_amounts() {
                all.take(&Walk::of(&evidence.graph, &joins, trace).found);
            }
        }
        all
    }

    fn take(&mut self, other: &Self) {
        for (&place, rules) in &other.arrived {
            add(&mut self.arrived, place, rules);
        }
        for (&place, rules) in &other.linked {
            add(&mut self.linked, place, rules);
        }
    }

    /// What money that rests there may rest on.
    pub(super) fn of_resting(&self, place: Place) -> BTreeSet<String> {
        named(self.arrived.get(&place))
    }

    /// What money of which the trace ended there, on its way out, may rest on.
    pub(super) fn of_gone(&self, place: Place) -> BTreeSet<String> {
        let mut rules = named(self.arrived.get(&place));
        rules.append(&mut named(self.linked.get(&place)));
        rules
    }
}

fn named(rules: Option<&Rules>) -> BTreeSet<String> {
    rules
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect()
}

/// Adds rules to those of a key; none make no entry.
fn add<K: Ord>(all: &mut BTreeMap<K, Rules>, key: K, rules: &Rules) {
    if !rules.is_empty() {
        all.entry(key).or_default().extend(rules.iter().cloned());
    }
}

/// One pass over the steps of a trace.
struct Walk<'a> {
    graph: &'a Graph,
    spec: &'a TraceSpec,
    seed_transfers: BTreeSet<TransferIdx>,
    seed_accounts: BTreeSet<NodeIdx>,
    /// What links bring to transfers that are still to come.
    awaited: BTreeMap<TransferIdx, Rules>,
    found: Grounds,
}

impl<'a> Walk<'a> {
    fn of(graph: &'a Graph, joins: &Joins, trace: &'a Trace) -> Self {
        let mut walk = Self {
            graph,
            spec: &trace.spec,
            seed_transfers: BTreeSet::new(),
            seed_accounts: BTreeSet::new(),
            awaited: BTreeMap::new(),
            found: Grounds::default(),
        };
        for seed in &trace.spec.seeds {
            match *seed {
                Seed::Transfer(transfer) => _ = walk.seed_transfers.insert(transfer),
                Seed::Account(node) => _ = walk.seed_accounts.insert(node),
            }
        }
        for step in &trace.steps {
            walk.pass(step.transfer, joins.of_transfer(graph, step.transfer));
        }
        walk
    }

    /// What it draws, and what joined its records, goes where it goes.
    fn pass(&mut self, transfer: TransferIdx, mut rules: Rules) {
        let graph = self.graph;
        let asset = graph.asset_of(transfer);
        let linked = self.awaited.remove(&transfer);
        if !self.is_seed(transfer) {
            let pool = self.found.arrived.get(&(asset, graph.from(transfer)));
            rules.extend(pool.into_iter().flatten().cloned());
            rules.extend(linked.into_iter().flatten());
        }
        for link in graph.links_spent_by(transfer) {
            self.hand_on(&link, &rules);
        }
        let place = (asset, graph.to(transfer));
        add(&mut self.found.arrived, place, &rules);
    }

    /// What a link brings to the later transfer; it stands also where either side of it leaves.
    fn hand_on(&mut self, link: &Link<'_>, rules: &Rules) {
        let graph = self.graph;
        if link.later <= link.earlier || !graph.in_layer(link.later, self.spec.layer) {
            return;
        }
        let mut rules = rules.clone();
        if let Basis::Inference(rule) = link.basis {
            if self.spec.without.contains(rule) {
                return;
            }
            rules.insert(rule.to_string().into());
        }
        let arrived = (graph.asset_of(link.earlier), graph.to(link.earlier));
        let leaves = (graph.asset_of(link.later), graph.from(link.later));
        if arrived.0 != leaves.0 {
            add(&mut self.found.linked, arrived, &rules);
        }
        add(&mut self.found.linked, leaves, &rules);
        add(&mut self.awaited, link.later, &rules);
    }

    /// Whether its money carries the label of a seed in full, whatever came before.
    fn is_seed(&self, transfer: TransferIdx) -> bool {
        let graph = self.graph;
        let counts = |since: i64| graph.time(graph.event_of(transfer)).latest() >= since;
        self.seed_transfers.contains(&transfer)
            || (self.seed_accounts.contains(&graph.from(transfer))
                && self.spec.since.is_none_or(counts))
    }
}

/// Which rules say that records describe one movement.
struct Joins {
    /// By claim.
    rules: Vec<Rc<str>>,
    /// Exhibit and row of its events → claims that name it, ascending.
    by_record: BTreeMap<(u32, u32), BTreeSet<usize>>,
}

impl Joins {
    fn of(notes: &BuildNotes) -> Self {
        let mut by_record: BTreeMap<(u32, u32), BTreeSet<usize>> = BTreeMap::new();
        for (position, claim) in notes.claims.iter().enumerate() {
            for &record in &claim.records {
                by_record.entry(record).or_default().insert(position);
            }
        }
        let rules = notes
            .claims
            .iter()
            .map(|claim| Rc::<str>::from(&*claim.rule));
        Self {
            rules: rules.collect(),
            by_record,
        }
    }

    /// The rules of claims that name two records of the transfer.
    fn of_transfer(&self, graph: &Graph, transfer: TransferIdx) -> Rules {
        if self.by_record.is_empty() {
            return Rules::new();
        }
        let records = graph.citations_of(transfer);
        let records: BTreeSet<(u32, u32)> = records
            .map(|record| (record.exhibit, record.event_row))
            .collect();
        let claims = records
            .iter()
            .filter_map(|record| self.by_record.get(record));
        let (mut named, mut rules) = (BTreeSet::new(), Rules::new());
        for &claim in claims.flatten() {
            if !named.insert(claim) {
                rules.insert(Rc::clone(&self.rules[claim]));
            }
        }
        rules
    }
}
