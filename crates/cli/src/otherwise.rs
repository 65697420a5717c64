//! What an answer is without one of the inferences that it may rest on.
//!
//! Laws. The whole question is answered again, from the case as it would be without the inference: claims by it do not join
//! records, links by it do not exist, an exhibit is as it was read before anybody corrected it, what a rule takes for a
//! CoinJoin is none, an output that was accepted as change is an output like others. Seeds are looked for again, by what the
//! person wrote. Accounts and transactions are the same if their keys are. What is built for it is kept beside the index and goes with it.
//!
//! Each inference that the case has costs one more run of the question, and, where it joins records, links them or corrects
//! them, one more building of the graph; what would be more than [`N_BUILT_MAX`] transfers is left to `trace --without`.

use crate::args::{LayerArg, TraceArgs};
use crate::commands::counted;
use crate::compose::places;
use crate::error::{Error, Kind};
use crate::follow::{self, Evidence, Runs};
use crate::seed::NOT_FOUND;
use crate::shell::Shell;
use moneytrail_analysis::entity::change::CHANGE;
use moneytrail_analysis::entity::coinjoin::{self, Effect};
use moneytrail_ingest::table::Profile;
use moneytrail_model::trace::{Direction, Placement, Policy, StopReason};
use moneytrail_model::{
    AccountKey, AssetKey, EventIdx, ExhibitNo, Layer, Network, NodeIdx, RuleId,
};
use moneytrail_report::document::{Fate, InferenceForm};
use moneytrail_store::graph::{Citation, Graph};
use moneytrail_store::{Case, Without};
use std::collections::{BTreeMap, BTreeSet};

/// Rules that join records of two exhibits, or rows of one, and what they say of them.
const OF_RECORDS: [(&str, &str); 8] = [
    ("token-match", "two books describe one order"),
    (
        "ledger-transaction",
        "a row of a book and a transaction are one movement",
    ),
    (
        "custodian-booking",
        "two files of a custodian state one booking",
    ),
    (
        "escrow-code",
        "a release pays out the deposit with its code",
    ),
    (
        "forward-token",
        "an order was sent on under the number under which it was received",
    ),
    (
        "exchange-pair",
        "two rows are the two sides of one exchange: one asset went out and one came in",
    ),
    (
        "crypto-mirror",
        "a settlement in a book and transfers on a chain are one, as a person accepted",
    ),
    (
        "manual",
        "two books describe one order, as a person accepted",
    ),
];

/// Stands for every rule by which a transaction is a CoinJoin.
const COINJOIN: &str = "coinjoin";

/// Most transfers of a case whose graph is built again without being asked for.
const N_BUILT_MAX: usize = 3_000_000;

/// So many transfers may be looked at without an inference, or so many times those with it.
const N_LOOKED_AT: usize = 200_000;
const TIMES_LOOKED_AT: usize = 8;

/// What is left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LeftOut {
    rules: Vec<String>,
    corrections_of: Vec<u32>,
}

impl LeftOut {
    /// Reads rules and exhibits.
    pub(crate) fn parse(words: &[String], case: &Case) -> Result<Self, Error> {
        let mut left_out = Self::default();
        for word in words.iter().map(|word| word.trim()) {
            let name = word.split('@').next().unwrap_or(word);
            let of_records = OF_RECORDS.iter().any(|rule| rule.0 == name);
            let of_chains = coinjoin::RULES.iter().any(|rule| rule.name == name);
            if name == COINJOIN {
                left_out.rules.extend(Self::coinjoins().rules);
                continue;
            }
            if of_records || of_chains || name == CHANGE.name {
                left_out.rules.push(name.to_owned());
                continue;
            }
            let number = ExhibitNo::parse(word).map(ExhibitNo::get);
            let exhibits = case.exhibits()?;
            let exhibit = exhibits.iter().find(|of| Some(of.number) == number);
            let exhibit = exhibit.ok_or_else(|| no_inference(word))?;
            left_out.corrections_of.push(exhibit.number);
        }
        Ok(left_out)
    }

    fn rule(name: &str) -> Self {
        Self {
            rules: vec![name.to_owned()],
            corrections_of: Vec::new(),
        }
    }

    /// Every rule by which a transaction is a CoinJoin.
    fn coinjoins() -> Self {
        let rules = coinjoin::RULES.iter();
        let mixed = rules.filter(|rule| coinjoin::effect(**rule) == Effect::Mixed);
        Self {
            rules: mixed.map(|rule| rule.name.to_owned()).collect(),
            corrections_of: Vec::new(),
        }
    }

    /// Whether nothing is.
    pub(crate) const fn is_nothing(&self) -> bool {
        self.rules.is_empty() && self.corrections_of.is_empty()
    }

    /// Names of rules.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(String::as_str)
    }

    /// Whether a rule is.
    pub(crate) fn has(&self, rule: &str) -> bool {
        self.rules().any(|name| name == rule)
    }

    /// Rules, and exhibits whose corrections are left out.
    pub(crate) fn names(&self) -> Vec<String> {
        let exhibits = self
            .corrections_of
            .iter()
            .map(|number| format!("X{number}"));
        self.rules.iter().cloned().chain(exhibits).collect()
    }

    /// Whether the graph is another one without it.
    pub(crate) fn changes_the_graph(&self) -> bool {
        !self.corrections_of.is_empty() || OF_RECORDS.iter().any(|rule| self.has(rule.0))
    }

    pub(crate) fn of_the_graph(&self) -> Without {
        let of_records = |name: &&String| OF_RECORDS.iter().any(|rule| rule.0 == **name);
        Without {
            exhibits: Vec::new(),
            rules: self.rules.iter().filter(of_records).cloned().collect(),
            corrections_of: self.corrections_of.clone(),
        }
    }
}

/// Says what can be left out.
fn no_inference(word: &str) -> Error {
    let rules = OF_RECORDS.iter().map(|rule| rule.0);
    let rules = rules.chain(coinjoin::RULES.iter().map(|rule| rule.name));
    let rules: Vec<&str> = rules.chain([COINJOIN, CHANGE.name]).collect();
    Error::usage(format!("`{word}` is no inference that a trace can rest on")).hint(format!(
        "an exhibit, such as X3, for its corrections, or: {}",
        rules.join(", ")
    ))
}

/// A node by what names it in every graph of a case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum NodeName {
    Account(AccountKey),
    Transaction(Network, [u8; 32]),
    /// Exhibit and row of its events.
    Record(u32, u32),
}

impl NodeName {
    fn of(graph: &Graph, node: NodeIdx) -> Option<Self> {
        if let Some(key) = graph.account(node) {
            return Some(Self::Account(key));
        }
        let event = graph.junction_event(node)?;
        if let Some((network, txid)) = graph.txid(event) {
            return Some(Self::Transaction(network, txid));
        }
        let first = graph.citations(event).next()?;
        Some(Self::Record(first.exhibit, first.event_row))
    }

    /// The node of a graph that has this name.
    pub(crate) fn node(&self, graph: &Graph) -> Option<NodeIdx> {
        match self {
            Self::Account(key) => graph.node_of(key),
            Self::Transaction(network, txid) => {
                let mut events = graph.events_of_txid(txid);
                let is_it = |event: &EventIdx| {
                    graph.txid(*event).is_some_and(|(of, _)| of == *network)
                        && graph.junction_of(*event).is_some()
                };
                events
                    .find(is_it)
                    .and_then(|event| graph.junction_of(event))
            }
            Self::Record(exhibit, event_row) => {
                let record = Citation {
                    exhibit: *exhibit,
                    event_row: *event_row,
                };
                let events = graph.events_first_cited(&[record]);
                events.first().and_then(|&event| graph.junction_of(event))
            }
        }
    }
}

/// An end point by what names it in every graph of a case.
pub(crate) type PlaceName = (AssetKey, NodeName, Fate);

/// What one policy and placement says of all end points.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) policy: Policy,
    pub(crate) placement: Placement,
    pub(crate) amounts: BTreeMap<PlaceName, u128>,
    /// Under poison: what it reaches.
    pub(crate) reached: BTreeSet<NodeName>,
}

/// The figures of all traces of a question.
pub(crate) fn figures(graph: &Graph, run: &Runs) -> Vec<Figures> {
    let name = |node| NodeName::of(graph, node);
    let of = |trace: &moneytrail_model::trace::Trace| {
        let amounts = places(graph, trace).into_iter();
        let amounts = amounts.filter_map(|((asset, node, fate), units)| {
            Some(((graph.asset(asset).key().clone(), name(node)?, fate), units))
        });
        let ends = trace.steps.iter().map(|step| match run.direction {
            Direction::Forward => graph.to(step.transfer),
            Direction::Sources => graph.from(step.transfer),
        });
        let has_amounts = trace.spec.policy.has_amounts();
        Figures {
            policy: trace.spec.policy,
            placement: trace.spec.placement,
            amounts: amounts.collect(),
            reached: ends.filter(|_| !has_amounts).filter_map(name).collect(),
        }
    };
    run.traces.iter().map(of).collect()
}

/// The question answered again without one inference.
#[derive(Debug)]
pub(crate) struct Otherwise {
    /// Rule with its version, or exhibit.
    pub(crate) left_out: String,
    pub(crate) form: InferenceForm,
    /// How many there are.
    pub(crate) n: u64,
    pub(crate) infers: &'static str,
    /// `None`: without it there is nothing to start from; or why it was not computed.
    pub(crate) outcome: Result<Option<Vec<Figures>>, String>,
}

/// An inference that the case has.
struct Inferred {
    left_out: LeftOut,
    shown: String,
    form: InferenceForm,
    n: u64,
    infers: &'static str,
}

/// Answers a question again without each inference that the case has and that can have to do with it.
pub(crate) fn all(
    evidence: &Evidence,
    args: &TraceArgs,
    run: &Runs,
    shell: &Shell,
) -> Result<Vec<Otherwise>, Error> {
    let mut inferred = of_records(evidence);
    inferred.extend(corrections(evidence)?);
    inferred.extend(coinjoins(evidence, run)?);
    inferred.extend(change(run));
    let args = TraceArgs {
        layer: Some(match run.layer {
            Layer::Custody => LayerArg::Custody,
            Layer::Value => LayerArg::Value,
        }),
        ..args.clone()
    };
    let n_steps = run.traces.iter().map(|trace| trace.steps.len()).max();
    let n_max = n_steps
        .unwrap_or(0)
        .saturating_mul(TIMES_LOOKED_AT)
        .max(N_LOOKED_AT);
    let mut all = Vec::new();
    for one in inferred {
        let outcome = without(evidence, &args, &one.left_out, n_max, shell)?;
        all.push(Otherwise {
            left_out: one.shown,
            form: one.form,
            n: one.n,
            infers: one.infers,
            outcome,
        });
    }
    Ok(all)
}

fn without(
    evidence: &Evidence,
    args: &TraceArgs,
    left_out: &LeftOut,
    n_max: usize,
    shell: &Shell,
) -> Result<Result<Option<Vec<Figures>>, String>, Error> {
    let n_transfers = evidence.graph.n_transfers();
    if left_out.changes_the_graph() && n_transfers > N_BUILT_MAX {
        let n = counted(n_transfers as u64, "transfers");
        return Ok(Err(format!(
            "the case has {n}, and its graph would have to be built again: `trace --without {}` does",
            left_out.names().join(",")
        )));
    }
    let mut both = evidence.left_out().clone();
    both.rules.extend(left_out.rules.iter().cloned());
    both.corrections_of.extend(&left_out.corrections_of);
    let other = evidence.without(both, shell)?;
    let same_units = |asset: &moneytrail_model::Asset| {
        let known = evidence.graph.assets().iter();
        let mut known = known.filter(|known| known.key() == asset.key());
        known.all(|known| known.decimals() == asset.decimals())
    };
    if !other.graph.assets().iter().all(same_units) {
        return Ok(Err("an asset has other decimals then".to_owned()));
    }
    match follow::run_within(&other, args, n_max, shell) {
        Ok(run) => Ok(Ok(Some(figures(&other.graph, &run)))),
        Err(error) if error.code == follow::TOO_FAR => Ok(Err(format!(
            "more than {} would have to be looked at: `trace --without {}` does",
            counted(n_max as u64, "transfers"),
            left_out.names().join(",")
        ))),
        Err(error) if error.is_stop() => Err(error),
        // What was written names nothing any more, or nothing that moved.
        Err(error) if [follow::MOVED_NOTHING, NOT_FOUND].contains(&error.code) => Ok(Ok(None)),
        Err(error) if error.kind == Kind::Input || error.kind == Kind::Usage => Ok(Err(format!(
            "without it the question cannot be asked: {}",
            error.message
        ))),
        Err(error) => Err(error),
    }
}

/// Claims that join records of exhibits, and links that readers of books draw by rules.
fn of_records(evidence: &Evidence) -> Vec<Inferred> {
    let mut found: BTreeMap<RuleId, (InferenceForm, u64)> = BTreeMap::new();
    for claim in &evidence.notes.claims {
        if let Some(rule) = RuleId::parse(&claim.rule) {
            found.entry(rule).or_insert((InferenceForm::Claim, 0)).1 += 1;
        }
    }
    for (rule, n) in &evidence.notes.linking_rules {
        if let Some(rule) = RuleId::parse(rule) {
            found.entry(rule).or_insert((InferenceForm::Link, 0)).1 += n;
        }
    }
    let known = found.into_iter().filter_map(|(rule, (form, n))| {
        let (_, infers) = OF_RECORDS.iter().find(|known| known.0 == rule.name)?;
        Some(Inferred {
            left_out: LeftOut::rule(rule.name),
            shown: rule.to_string(),
            form,
            n,
            infers,
        })
    });
    let is_asked = |one: &Inferred| {
        let mut rules = one.left_out.rules();
        rules.all(|rule| !evidence.left_out().has(rule))
    };
    known.filter(is_asked).collect()
}

/// Corrections that somebody accepted, by exhibit.
fn corrections(evidence: &Evidence) -> Result<Vec<Inferred>, Error> {
    let case = &evidence.case;
    let mut found = Vec::new();
    for exhibit in case.exhibits()? {
        let last = case.n_corrected(exhibit.number);
        let is_left_out = evidence.left_out().corrections_of.contains(&exhibit.number);
        if last == 0 || is_left_out {
            continue;
        }
        let corrections = |reading| -> Result<BTreeMap<String, String>, Error> {
            let segment = case.segment_of(exhibit.number, reading)?;
            let profile = segment.summary().profile.as_deref().map(Profile::parse);
            Ok(profile.transpose()?.unwrap_or_default().corrections)
        };
        let (before, now) = (corrections(0)?, corrections(last)?);
        let n = now
            .iter()
            .filter(|(cell, value)| before.get(*cell) != Some(value))
            .count();
        if n > 0 {
            found.push(Inferred {
                left_out: LeftOut {
                    rules: Vec::new(),
                    corrections_of: vec![exhibit.number],
                },
                shown: format!("X{}", exhibit.number),
                form: InferenceForm::Correction,
                n: n as u64,
                infers: "cells say something else than was written, as somebody accepted it",
            });
        }
    }
    Ok(found)
}

/// CoinJoins at which a trace stopped, by rule.
fn coinjoins(evidence: &Evidence, run: &Runs) -> Result<Vec<Inferred>, Error> {
    let graph = &evidence.graph;
    let mut events: BTreeSet<EventIdx> = BTreeSet::new();
    for step in run.traces.iter().flat_map(|trace| &trace.steps) {
        if step.stop == Some(StopReason::Coinjoin) {
            events.insert(graph.event_of(step.transfer));
        }
    }
    let mut found: BTreeMap<RuleId, u64> = BTreeMap::new();
    for event in events {
        if let Some(rule) = evidence.known()?.coinjoin_rule(event) {
            *found.entry(rule).or_default() += 1;
        }
    }
    // Without one rule another may fit, so that all are left out too.
    let n_all = found.values().sum();
    let all = (!found.is_empty()).then(|| (LeftOut::coinjoins(), COINJOIN.to_owned(), n_all));
    let each = found
        .into_iter()
        .map(|(rule, n)| (LeftOut::rule(rule.name), rule.to_string(), n));
    let of = |(left_out, shown, n)| Inferred {
        left_out,
        shown,
        form: InferenceForm::Coinjoin,
        n,
        infers: "a transaction mixes the money of several people, and is not followed",
    };
    Ok(each.chain(all).map(of).collect())
}

/// Outputs that somebody accepted to be change, where a policy asks.
fn change(run: &Runs) -> Option<Inferred> {
    let libr = run.of(Policy::Libr, Placement::Latest)?;
    let n = libr.spec.change.len() as u64;
    (n > 0).then(|| Inferred {
        left_out: LeftOut::rule(CHANGE.name),
        shown: CHANGE.to_string(),
        form: InferenceForm::Change,
        n,
        infers: "an output is its payer's own change: libr serves it last",
    })
}
