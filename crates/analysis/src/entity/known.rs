//! What a question about a few transfers needs of the whole graph: the entity of each account, the
//! CoinJoins, the last time in the evidence. Found once for each index and kept beside it
//! ([`moneytrail_store::Derived`]).
//!
//! Law: it is what [`entities`] and [`coinjoins`] say of the graph without options; its name holds the
//! rules and their versions.

use super::coinjoin::{RULES, coinjoins};
use super::{EntityOptions, MULTI_INPUT, entities};
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;
use moneytrail_store::{Case, Derived, Made};
use rayon::prelude::*;

/// Facts about the whole graph, mapped.
#[derive(Clone, Debug)]
pub struct Known(Derived<4>);

impl Known {
    /// Of the graph of this case. Nearly linear in transfers the first time, O(1) from then on.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub fn of(case: &Case, graph: &Graph) -> Result<Self, moneytrail_store::Error> {
        Ok(Self(case.derived(&name(), || find(graph))?))
    }

    /// Whether what is kept, if anything is, is what finding it again gives. O(case).
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn is_intact(case: &Case, graph: &Graph) -> Result<Option<bool>, moneytrail_store::Error> {
        case.derived_is_intact(&name(), || find(graph))
    }

    /// The smallest account of the entity of a node: its name. A junction is alone.
    pub fn entity_of(&self, node: NodeIdx) -> NodeIdx {
        let [roots, ..] = self.0.columns();
        roots
            .get(node.idx())
            .map_or(node, |&root| NodeIdx::from_raw(root))
    }

    /// CoinJoins, ascending.
    pub fn coinjoins(&self) -> impl ExactSizeIterator<Item = EventIdx> + '_ {
        self.0.whole(1).iter().copied().map(EventIdx::from_raw)
    }

    /// The rule by which an event is a CoinJoin, if one does. O(log n).
    pub fn coinjoin_rule(&self, event: EventIdx) -> Option<RuleId> {
        let [_, events, rules, _] = self.0.columns();
        let place = events.binary_search(&event.raw()).ok()?;
        RULES.get(*rules.get(place)? as usize).copied()
    }

    /// Rules by which there is a CoinJoin in the graph. O(CoinJoins).
    pub fn coinjoin_rules(&self) -> impl Iterator<Item = RuleId> + '_ {
        let rules = self.0.whole(2);
        (0_u32..)
            .zip(RULES)
            .filter_map(|(position, rule)| rules.contains(&position).then_some(rule))
    }

    /// The event whose latest instant is the latest of all; the last of several.
    pub fn last_event(&self) -> Option<EventIdx> {
        let [.., last] = self.0.columns();
        last.first().copied().map(EventIdx::from_raw)
    }
}

fn name() -> String {
    let rules = std::iter::once(MULTI_INPUT).chain(RULES);
    let names: Vec<String> = rules
        .map(|rule| format!("{}-{}", rule.name, rule.version))
        .collect();
    names.join("+")
}

fn find(graph: &Graph) -> Made<4> {
    let roots = entities(graph, &EntityOptions::default()).roots;
    let (mut events, mut rules) = (Vec::new(), Vec::new());
    for (event, rule) in coinjoins(graph) {
        let position = (0_u32..).zip(RULES).find(|&(_, known)| known == rule);
        events.push(event.raw());
        rules.extend(position.map(|found| found.0));
    }
    let _in_order = graph.in_order();
    let all = (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    let last = all
        .filter(|&event| graph.time(event).seconds().is_some())
        .max_by_key(|&event| (graph.time(event).latest(), event));
    [
        roots,
        events,
        rules,
        last.iter().map(|event| event.raw()).collect(),
    ]
}
