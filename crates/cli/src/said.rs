//! What people said about accounts: tags, and decisions on claims. Both decide what entities are made by.
//!
//! Law: a decision names its transaction as a person can find it again, never by a number of an index; the last one about a
//! rule and a transaction counts.

use crate::cite::Records;
use crate::decisions::OF_CLAIMS;
pub(crate) use crate::decisions::Verdict;
use crate::error::Error;
use crate::seed::{self, Found};
use moneytrail_analysis::entity::EntityOptions;
use moneytrail_analysis::entity::change::{CHANGE, Ground, change};
use moneytrail_analysis::entity::coinjoin::Label;
use moneytrail_model::tag::Tag;
use moneytrail_model::{EventIdx, NodeIdx, RuleId, TransferIdx, TransferKind};
use moneytrail_store::Case;
use moneytrail_store::graph::Graph;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A tag that makes strangers one owner if it is wrong has at least this confidence: that of data of a service or
/// a trusted provider on the scale of TagPacks. Crawled pages, heuristics and unknown sources have less.
const CLEARING_CONFIDENCE_MIN: u8 = 50;

/// A decision on what a rule says of a transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub(crate) schema: String,
    pub(crate) verdict: Verdict,
    /// `change`, in any version: a person looked at the transaction.
    pub(crate) rule: String,
    /// Transaction id, or locator.
    pub(crate) event: String,
    /// Of an accepted `change`: the place of the output among the transaction's, from 0, so that what is spent later changes
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<u32>,
    pub(crate) reason: String,
}

impl Decision {
    pub(crate) fn new(verdict: Verdict, rule: &str, event: String, reason: &str) -> Self {
        Self {
            schema: OF_CLAIMS.to_owned(),
            verdict,
            rule: rule.to_owned(),
            event,
            output: None,
            reason: reason.to_owned(),
        }
    }
}

/// All decisions of a case, in the order in which they were made.
pub(crate) fn decisions(case: &Case) -> Result<Vec<Decision>, Error> {
    crate::decisions::of(case, OF_CLAIMS)
}

/// The one event that a text means.
pub(crate) fn event(
    case: &Case,
    graph: &Graph,
    tags: &[Tag],
    text: &str,
) -> Result<EventIdx, Error> {
    match seed::find(case, graph, tags, text)?[..] {
        [Found::Event(event, _)] => Ok(event),
        _ => Err(Error::usage(format!("`{text}` is not one transaction"))
            .hint("a transaction id, or a locator such as list.csv!R7")),
    }
}

/// How a person can name an event: its transaction id, else exhibit and locator.
pub(crate) fn named(
    records: &mut Records<'_>,
    graph: &Graph,
    event: EventIdx,
) -> Result<String, Error> {
    let Some(citation) = graph.citations(event).next() else {
        return Ok(String::new());
    };
    let cited = records.cited(Some(event), citation)?;
    Ok(cited
        .txid
        .unwrap_or_else(|| format!("X{}/{}", cited.exhibit, cited.locator)))
}

/// What entities are made by, as far as people said something. A decision about what is not in the evidence any
/// more decides nothing.
pub(crate) fn options(case: &Case, graph: &Graph, tags: &[Tag]) -> Result<EntityOptions, Error> {
    let mut options = EntityOptions::default();
    let node = |tag: &Tag| graph.node_of(&tag.account);
    let exchanges = |confidence_min| -> Vec<NodeIdx> {
        let tagged = tags
            .iter()
            .filter(|tag| &*tag.category == "exchange" && tag.confidence >= confidence_min);
        let nodes: BTreeSet<NodeIdx> = tagged.filter_map(node).collect();
        nodes.into_iter().collect()
    };
    options.exchanges = exchanges(0);
    options.clearing = exchanges(CLEARING_CONFIDENCE_MIN);
    let owners: BTreeSet<String> = tags.iter().filter_map(Tag::owner).collect();
    let numbers: BTreeMap<String, u32> = owners.into_iter().zip(0..).collect();
    let actors = tags
        .iter()
        .filter_map(|tag| Some((node(tag)?, numbers[&tag.owner()?])));
    options.actors = actors
        .collect::<BTreeSet<(NodeIdx, u32)>>()
        .into_iter()
        .collect();
    let mut last: BTreeMap<(&'static str, EventIdx), Decision> = BTreeMap::new();
    for decision in decisions(case)? {
        let rule = rule_name(&decision.rule)?;
        if let Ok(event) = event(case, graph, tags, &decision.event) {
            last.insert((rule, event), decision);
        }
    }
    let of = |wanted| {
        let those = last.iter().filter(move |entry| entry.1.verdict == wanted);
        those.map(|entry| *entry.0).collect::<Vec<_>>()
    };
    options.accepted = of(Verdict::Accept);
    options.rejected = of(Verdict::Reject);
    // What was accepted before outputs were written down was said by votes that look at nothing later.
    let as_before = || {
        let ahead = Ground::ALL.iter().filter(|ground| ground.looks_ahead());
        EntityOptions {
            without: ahead.map(|ground| ground.as_str().to_owned()).collect(),
            ..options.clone()
        }
    };
    let accepted = last
        .iter()
        .filter(|entry| entry.0.0 == CHANGE.name && entry.1.verdict == Verdict::Accept);
    let output = |(&(_, event), decision): (&(_, EventIdx), &Decision)| match decision.output {
        Some(place) => output_at(graph, event, place),
        None => change(graph, &as_before(), event).map(|found| found.0),
    };
    options.change_outputs = accepted.filter_map(output).collect();
    Ok(options)
}

/// The output at a place of a transaction.
fn output_at(graph: &Graph, event: EventIdx, place: u32) -> Option<TransferIdx> {
    let outputs = graph.junction_of(event).map(|j| graph.transfers_out(j))?;
    let mut outputs = outputs
        .iter()
        .filter(|&t| graph.kind(t) == TransferKind::Output);
    outputs.nth(place as usize)
}

/// The place of an output in its transaction.
pub(crate) fn place_of(graph: &Graph, output: TransferIdx) -> u32 {
    let junction = graph.junction_of(graph.event_of(output));
    let outputs = junction
        .into_iter()
        .flat_map(|j| graph.transfers_out(j).iter());
    let before = outputs.filter(|&t| graph.kind(t) == TransferKind::Output && t < output);
    u32::try_from(before.count()).unwrap_or(u32::MAX)
}

/// The name of a rule that joins accounts.
pub(crate) fn rule_name(text: &str) -> Result<&'static str, Error> {
    use moneytrail_analysis::entity::{MULTI_INPUT, soft};
    let mut rules = std::iter::once(MULTI_INPUT).chain(soft::RULES);
    let found = rules.find(|rule| rule.name == text);
    found.map(|rule: RuleId| rule.name).ok_or_else(|| {
        let rules = std::iter::once(MULTI_INPUT).chain(soft::RULES);
        let names: Vec<&str> = rules.map(|rule| rule.name).collect();
        Error::usage(format!("`{text}` joins no accounts"))
            .hint(format!("one of: {}", names.join(", ")))
    })
}

/// What joins although its shape is that of a CoinJoin says so.
pub(crate) fn despite(label: &Label) -> String {
    format!(
        ", although its shape fits {}: an input is tagged as an exchange's",
        label.rule
    )
}
