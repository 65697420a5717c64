//! Why two accounts are together, and how the outputs of a transaction were voted on.

use super::{rate, rate_of_label, shown};
use crate::cite::Records;
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::said;
use crate::seed::{self, Found};
use crate::shell::Shell;
use moneytrail_analysis::entity::coinjoin::{cleared, coinjoin};
use moneytrail_analysis::entity::{
    EntityOptions, MULTI_INPUT, WhyStep, chain, change, entities, soft, why as co_spent,
};
use moneytrail_model::{Instant, NodeIdx};
use serde_json::{Value, json};

pub(super) fn why(
    evidence: &Evidence,
    options: &EntityOptions,
    [a, b]: [&String; 2],
    shell: &Shell,
) -> Result<Verdict, Error> {
    let [a, b] = [account(evidence, a)?, account(evidence, b)?];
    let graph = &evidence.graph;
    // Without soft rules nothing beyond the surroundings of both needs to be read, but what is held back.
    let is_known = options.without.is_empty() && options.as_of.is_none();
    let chain = if !options.with.is_empty() || !is_known && !options.actors.is_empty() {
        chain(graph, options, &entities(graph, options), a, b)
    } else if options.actors.is_empty() {
        co_spent(graph, options, a, b)
    } else {
        let held = evidence.known()?.held_events();
        co_spent(graph, &options.clone().holding(held), a, b)
    };
    let mut records = Records::new(&evidence.case, graph);
    let mut steps = Vec::new();
    match &chain {
        None => shell.say("no claim joins them"),
        Some(chain) if chain.is_empty() => shell.say("they are one account"),
        Some(chain) => {
            records.fetch(chain.iter().map(|step| step.event))?;
            for step in chain {
                steps.push(say_step(evidence, options, &mut records, step, shell)?);
            }
        }
    }
    shell.json(
        &json!({ "schema": "moneytrail-why/1", "together": chain.is_some(), "chain": steps }),
    )?;
    Ok(Verdict::Done)
}

fn account(evidence: &Evidence, text: &str) -> Result<NodeIdx, Error> {
    match seed::find(&evidence.case, &evidence.graph, &evidence.tags, text)?[..] {
        [Found::Account(node)] => Ok(node),
        _ => Err(Error::usage(format!("`{text}` is not one account"))),
    }
}

fn say_step(
    evidence: &Evidence,
    options: &EntityOptions,
    records: &mut Records<'_>,
    step: &WhyStep,
    shell: &Shell,
) -> Result<Value, Error> {
    let graph = &evidence.graph;
    let citation = graph.citations(step.event).next();
    let cited = citation
        .map(|citation| records.cited(Some(step.event), citation))
        .transpose()?;
    let place = cited.as_ref().map(|cited| {
        let name = cited.txid.clone();
        format!(
            "X{} {}",
            cited.exhibit,
            name.unwrap_or_else(|| cited.locator.to_string())
        )
    });
    let says = match step.rule {
        MULTI_INPUT => "are inputs of one transaction",
        change::CHANGE => "are an input and the change of one transaction",
        soft::WRAPPED_KEY => "are forms of one key or script",
        soft::DEPOSIT_REUSE => "paid into one deposit account",
        soft::FEE_PAYER => "are a payer of fees and whom it pays for",
        rule if rule.name == "tx0" => "are an input and a pre-mix output of one Tx0",
        _ => "are inputs of one transaction that may be of two owners",
    };
    let despite = cleared(graph, step.event, options);
    shell.say(format!(
        "{} and {} {says}  [inference {}{}]  {}{}",
        shown(graph, step.a),
        shown(graph, step.b),
        step.rule,
        rate(step.rule),
        place.unwrap_or_default(),
        despite.as_ref().map(said::despite).unwrap_or_default()
    ));
    Ok(json!({
        "a": shown(graph, step.a), "b": shown(graph, step.b), "rule": step.rule.to_string(),
        "exhibit": cited.as_ref().map(|cited| format!("X{}", cited.exhibit)),
        "txid": cited.as_ref().and_then(|cited| cited.txid.clone()),
        "cleared_by_tag": despite.map(|label| label.rule.to_string()),
        "locator": cited.as_ref().map(|cited| cited.locator.to_string()),
    }))
}

pub(super) fn votes(
    evidence: &Evidence,
    options: &EntityOptions,
    text: &str,
    shell: &Shell,
) -> Result<Verdict, Error> {
    let graph = &evidence.graph;
    let event = said::event(&evidence.case, graph, &evidence.tags, text)?;
    let label = coinjoin(graph, event, options);
    if let Some(label) = &label {
        shell.say(format!(
            "labelled {}: {label}{}",
            label.rule,
            rate_of_label(label.rule)
        ));
    }
    if let Some(label) = cleared(graph, event, options) {
        shell.say(format!("no label{}", said::despite(&label)));
    }
    let found = change::votes(graph, options, event);
    let mut listed = Vec::new();
    if let Some(votes) = &found {
        let names = |bits: u16| -> Vec<String> {
            let with_place = votes.outputs.iter().enumerate();
            let chosen = with_place.filter(|(place, _)| bits & (1 << place) != 0);
            chosen
                .map(|(_, &output)| shown(graph, graph.to(output)))
                .collect()
        };
        for vote in &votes.votes {
            let left = vote.candidates.map(names);
            shell.say(format!(
                "{}: {}",
                vote.ground.as_str(),
                left.as_ref().map_or_else(
                    || "abstains".to_owned(),
                    |left| format!("cannot rule out {}", left.join(", "))
                )
            ));
            listed.push(json!({ "vote": vote.ground.as_str(), "cannot_rule_out": left }));
        }
    } else {
        shell.say("not voted on: a coinbase, a labelled shape, or not 2 to 10 outputs");
    }
    let until = options.as_of.map(|second| Instant::at(second).to_string());
    shell.say(format!(
        "version and lock-time look at what spends the outputs, {}",
        until.as_ref().map_or_else(
            || "as far as the evidence goes".to_owned(),
            |until| format!("as of {until}")
        )
    ));
    let change =
        change::change(graph, options, event).map(|(output, _)| shown(graph, graph.to(output)));
    if found.is_some() {
        let held = change.as_ref().map_or_else(
            || "no output is held to be change".to_owned(),
            |account| format!("held to be change: {account}{}", rate(change::CHANGE)),
        );
        shell.say(held);
    }
    shell.json(&json!({
        "schema": "moneytrail-votes/1", "label": label.map(|label| json!({ "rule": label.rule.to_string(), "parameters": label.to_string() })),
        "votes": listed, "change": change, "spends_until": until,
    }))?;
    Ok(Verdict::Done)
}
