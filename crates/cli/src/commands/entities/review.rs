//! Merges that wait for review, and what people decided.

use super::{named_event, shown};
use crate::args::EntitiesArgs;
use crate::cite::Records;
use crate::decisions;
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::said::{self, Decision};
use crate::shell::Shell;
use moneytrail_analysis::entity::change::{CHANGE, change};
use moneytrail_analysis::entity::{Cause, Entities, MULTI_INPUT};
use moneytrail_model::NodeIdx;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Writes a decision, if one is asked for.
pub(super) fn decide(
    args: &EntitiesArgs,
    evidence: &Evidence,
    shell: &Shell,
) -> Result<Option<Verdict>, Error> {
    let [accept, reject, reopen] = [&args.accept, &args.reject, &args.reopen].map(Option::as_deref);
    let Some((verdict, text)) = decisions::asked(accept, reject, reopen) else {
        return Ok(None);
    };
    let reason = decisions::reason(args.reason.as_deref())
        .ok_or_else(|| Error::usage("a decision needs a reason"))?;
    let rule = said::rule_name(&args.rule)?;
    let graph = &evidence.graph;
    let event = said::event(&evidence.case, graph, &evidence.tags, text)?;
    let name = named_event(&mut Records::new(&evidence.case, graph), graph, event)?;
    let mut decision = Decision::new(verdict, rule, name, reason);
    if rule == CHANGE.name && verdict == said::Verdict::Accept {
        let found = change(graph, evidence.entity_options()?, event);
        let (output, _) = found.ok_or_else(|| {
            Error::usage("no output of this transaction is held to be change")
                .hint("entities CASE --votes TXID says which outputs each vote leaves")
        })?;
        decision.output = Some(said::place_of(graph, output));
    }
    let what = format!("{} by {rule}", decision.event);
    decisions::keep(&evidence.case, (verdict, &what, reason), &decision, shell)?;
    let is_waiting = rule != MULTI_INPUT.name
        || verdict != said::Verdict::Accept
        || evidence.known()?.held_events().any(|held| held == event);
    if !is_waiting {
        shell.note("note: it is not held back now; accepting joins what is, and nothing that a CoinJoin's shape keeps apart");
    }
    Ok(Some(Verdict::Done))
}

/// Lists what waits, and what was decided.
pub(super) fn list(
    evidence: &Evidence,
    joined: &Entities,
    shell: &Shell,
) -> Result<Verdict, Error> {
    let graph = &evidence.graph;
    let mut records = Records::new(&evidence.case, graph);
    let mut labels: BTreeMap<NodeIdx, BTreeSet<&str>> = BTreeMap::new();
    for held in &joined.held {
        if let Cause::Contradiction(a, b) = held.cause {
            labels.extend([(a, BTreeSet::new()), (b, BTreeSet::new())]);
        }
    }
    for tag in &evidence.tags {
        let node = graph.node_of(&tag.account);
        if let Some(said) = node.and_then(|node| labels.get_mut(&node)) {
            said.insert(&tag.label);
        }
    }
    let label = |node: NodeIdx| {
        let said: Vec<&str> = labels[&node].iter().copied().collect();
        said.join(" / ")
    };
    records.fetch(joined.held.iter().map(|held| held.claim.event))?;
    let mut waiting = Vec::new();
    for held in &joined.held {
        let event = named_event(&mut records, graph, held.claim.event)?;
        let cause = match held.cause {
            Cause::BothLarge => "both are large".to_owned(),
            Cause::Contradiction(a, b) => {
                format!("tags contradict: {} and {}", label(a), label(b))
            }
        };
        let [a, b] = [held.claim.a, held.claim.b].map(|node| shown(graph, node));
        shell.say(format!(
            "{a} ({} accounts) and {b} ({} accounts) by {} in {event}: {cause}",
            held.sizes[0], held.sizes[1], held.claim.rule
        ));
        waiting.push(json!({
            "a": a, "b": b, "sizes": held.sizes, "rule": held.claim.rule.to_string(), "event": event, "cause": cause,
        }));
    }
    if waiting.is_empty() {
        shell.say("no merge waits for review");
    }
    let decisions = said::decisions(&evidence.case)?;
    let mut without_effect = Vec::new();
    for decision in &decisions {
        let found = said::event(&evidence.case, graph, &evidence.tags, &decision.event);
        let effect = match found {
            Ok(_) => "",
            Err(_) => " (decides nothing: not in the evidence as one transaction)",
        };
        if found.is_err() {
            without_effect.push(&decision.event);
        }
        shell.say(format!(
            "decided: {} of {} by {}: {}{effect}",
            decision.verdict.as_str(),
            decision.event,
            decision.rule,
            decision.reason
        ));
    }
    shell.json(&json!({
        "schema": "moneytrail-review/1", "waiting": waiting, "decisions": decisions,
        "without_effect": without_effect,
    }))?;
    Ok(Verdict::Done)
}
