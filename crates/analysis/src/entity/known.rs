//! What a question about a few transfers needs of the whole graph: the entity of each account, the
//! CoinJoins, the last time in the evidence. Found once for each index and kept beside it
//! ([`moneytrail_store::Derived`]).
//!
//! Law: it is what [`entities`] and [`super::coinjoin::coinjoins`] say of the graph under options that name no rule and no
//! time; its name holds the rules, their versions and what people said: tags and reviews.

use super::coinjoin::{Effect, Fits, RULES, effect};
use super::{CoSpend, Entities, EntityOptions, MULTI_INPUT, Scripts, co_spend, entities};
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;
use moneytrail_store::{Case, Derived, Made};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Columns: entity of each account; transactions that a rule of CoinJoins fits, and which rules do; transactions held back; entities of
/// at least two accounts with how many they have and how many transactions join them; the last event.
const N_COLUMNS: usize = 8;

/// Facts about the whole graph, mapped.
#[derive(Clone, Debug)]
pub struct Known(Derived<N_COLUMNS>);

impl Known {
    /// Of the graph of this case. Nearly linear in transfers the first time, O(1) from then on.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub fn of(
        case: &Case,
        graph: &Graph,
        options: &EntityOptions,
    ) -> Result<Self, moneytrail_store::Error> {
        Ok(Self(case.derived(&name(options), || find(graph, options))?))
    }

    /// Of a graph that is not the case's, or under options that leave rules out; kept nowhere. Nearly linear in transfers.
    pub fn unstored(graph: &Graph, options: &EntityOptions) -> Self {
        Self(Derived::unstored(find(graph, options)))
    }

    /// Whether what is kept, if anything is, is what finding it again gives. O(case).
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn is_intact(
        case: &Case,
        graph: &Graph,
        options: &EntityOptions,
    ) -> Result<Option<bool>, moneytrail_store::Error> {
        case.derived_is_intact(&name(options), || find(graph, options))
    }

    /// The smallest account of the entity of a node: its name. A junction is alone.
    pub fn entity_of(&self, node: NodeIdx) -> NodeIdx {
        let [roots, ..] = self.0.columns();
        roots
            .get(node.idx())
            .map_or(node, |&root| NodeIdx::from_raw(root))
    }

    /// All accounts of the entity of a node, ascending. O(accounts).
    pub fn members(&self, node: NodeIdx) -> Vec<NodeIdx> {
        let root = self.entity_of(node);
        let roots = (0_u32..).zip(self.0.whole(0));
        let members = roots.filter(|(_, of)| **of == root.raw());
        let members: Vec<NodeIdx> = members.map(|(node, _)| NodeIdx::from_raw(node)).collect();
        if members.is_empty() {
            vec![node]
        } else {
            members
        }
    }

    /// How many accounts the entity of a node has, and how many transactions join them; `None` for an
    /// account that is alone. O(log n).
    pub fn size_of(&self, node: NodeIdx) -> Option<(u32, u32)> {
        let [_, _, _, _, names, sizes, n_co_spends, _] = self.0.columns();
        let place = names.binary_search(&self.entity_of(node).raw()).ok()?;
        Some((*sizes.get(place)?, *n_co_spends.get(place)?))
    }

    /// CoinJoins, ascending. O(transactions that a rule fits).
    pub fn coinjoins(&self) -> Vec<EventIdx> {
        self.coinjoins_without(&[])
    }

    /// The CoinJoins if rules of these names are not tried, ascending: what [`super::coinjoin::coinjoins`] finds under such options.
    /// O(transactions that a rule fits).
    pub fn coinjoins_without(&self, without: &[String]) -> Vec<EventIdx> {
        let fitted = self.0.whole(1).iter().zip(self.0.whole(2));
        let mixed = fitted.filter(|(_, fits)| mixing_rule(**fits, without).is_some());
        mixed.map(|(&event, _)| EventIdx::from_raw(event)).collect()
    }

    /// The rule by which an event is a CoinJoin, if one does. O(log n).
    pub fn coinjoin_rule(&self, event: EventIdx) -> Option<RuleId> {
        let [_, events, fits, ..] = self.0.columns();
        let place = events.binary_search(&event.raw()).ok()?;
        mixing_rule(*fits.get(place)?, &[])
    }

    /// Rules by which there is a CoinJoin in the graph. O(transactions that a rule fits).
    pub fn coinjoin_rules(&self) -> impl Iterator<Item = RuleId> + '_ {
        let fits = self.0.whole(2).iter();
        let found: BTreeSet<RuleId> = fits.filter_map(|&fits| mixing_rule(fits, &[])).collect();
        RULES.into_iter().filter(move |rule| found.contains(rule))
    }

    /// Transactions that join nothing until they are reviewed, ascending.
    pub fn held_events(&self) -> impl ExactSizeIterator<Item = EventIdx> + '_ {
        let [_, _, _, held, ..] = self.0.columns();
        held.iter().copied().map(EventIdx::from_raw)
    }

    /// The event whose latest instant is the latest of all; the last of several.
    pub fn last_event(&self) -> Option<EventIdx> {
        let [.., last] = self.0.columns();
        last.first().copied().map(EventIdx::from_raw)
    }
}

/// The rule by which a transaction that these fit is a CoinJoin, if rules of some names are not tried.
fn mixing_rule(fits: u32, without: &[String]) -> Option<RuleId> {
    let rule = Fits::from_bits(fits).rule(without);
    rule.filter(|rule| effect(*rule) == Effect::Mixed)
}

/// Rules with their versions, a hash of what people said about accounts of this index, and what is kept of CoinJoins.
fn name(options: &EntityOptions) -> String {
    let rules = std::iter::once(MULTI_INPUT).chain(RULES);
    let mut names: Vec<String> = rules
        .map(|rule| format!("{}-{}", rule.name, rule.version))
        .collect();
    let said = (
        &options.clearing,
        &options.actors,
        &options.accepted,
        &options.rejected,
    );
    if said != (&Vec::new(), &Vec::new(), &Vec::new(), &Vec::new()) {
        // Numbers of the index that the file stands beside.
        let digest = Sha256::digest(format!("{said:?}"));
        let (head, _) = digest.split_first_chunk().expect("32 bytes");
        names.push(format!("{:016x}", u64::from_be_bytes(*head)));
    }
    names.push("fits".to_owned());
    names.join("+")
}

fn find(graph: &Graph, options: &EntityOptions) -> Made<N_COLUMNS> {
    let found = entities(graph, options);
    let held = found.held_events();
    let all = || (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    let in_order = graph.in_order();
    let fitted: Vec<(EventIdx, Fits)> = all()
        .filter_map(|event| {
            let fits = Fits::of(graph, event, &options.clearing)?;
            Some((event, fits.without(&options.without)))
        })
        .collect();
    drop(in_order);
    let n_co_spends = n_co_spends(graph, &options.clone().holding(held.clone()), &found);
    let _in_order = graph.in_order();
    let last = all()
        .filter(|&event| graph.time(event).seconds().is_some())
        .max_by_key(|&event| (graph.time(event).latest(), event));
    [
        found.roots,
        fitted.iter().map(|of| of.0.raw()).collect(),
        fitted.iter().map(|of| of.1.to_bits()).collect(),
        held.iter().map(|event| event.raw()).collect(),
        found.names,
        found.sizes,
        n_co_spends,
        last.iter().map(|event| event.raw()).collect(),
    ]
}

/// Transactions that join accounts of each entity of at least two. O(n log n) in transfers, in parallel.
fn n_co_spends(graph: &Graph, options: &EntityOptions, found: &Entities) -> Vec<u32> {
    let scripts = Scripts::of(graph);
    let counts: Vec<AtomicU32> = found.names.iter().map(|_| AtomicU32::new(0)).collect();
    let _in_order = graph.in_order();
    let events = (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    events.for_each_init(Vec::new, |accounts, event| {
        accounts.clear();
        if co_spend(graph, scripts, options, event, accounts) == CoSpend::Joins {
            let root = found.roots[accounts[0] as usize];
            let place = found.names.binary_search(&root);
            counts[place.expect("accounts that are joined are two")].fetch_add(1, Relaxed);
        }
    });
    counts.into_iter().map(AtomicU32::into_inner).collect()
}
