//! `entities`: who belongs together, why, and what waits for review.

mod differ;
mod explain;
mod review;

pub(in crate::commands) use differ::{Merges, merges};

use crate::args::EntitiesArgs;
use crate::error::{Error, Verdict};
use crate::follow::{Edge, Evidence, moment};
use crate::said;
use crate::shell::Shell;
use moneytrail_analysis::entity::coinjoin::RULES;
use moneytrail_analysis::entity::{
    Entities, EntityOptions, MULTI_INPUT, change, entities as join, held_together, rates, soft,
};
use moneytrail_model::{NodeIdx, RuleId};
use moneytrail_store::graph::Graph;
use moneytrail_store::schema::Table;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Most accounts, entities or transactions that are listed for people.
const N_LISTED: usize = 5;

pub(crate) fn entities(args: &EntitiesArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = Evidence::open(&args.case, shell)?;
    if let Some(decided) = review::decide(args, &evidence, shell)? {
        return Ok(decided);
    }
    let options = options(args, &evidence)?;
    if let Some(text) = &args.votes {
        return explain::votes(&evidence, &options, text, shell);
    }
    if let Some(text) = &args.merged_by {
        return differ::merged_by(&evidence, &options, text, shell);
    }
    if let Some([a, b]) = args.why.as_deref() {
        return explain::why(&evidence, &options, [a, b], shell);
    }
    let bar = shell.spinner("join accounts");
    let joined = join(&evidence.graph, &options);
    drop(bar);
    if args.review {
        return review::list(&evidence, &joined, shell);
    }
    let counts = say_counts(&evidence, &joined, shell);
    let changed = if options.without.is_empty() {
        Value::Null
    } else {
        differ::without(&evidence, &options, &joined, shell)
    };
    let largest = say_largest(args, &evidence, &options, &joined, shell);
    let mut result = counts;
    result["without"] = changed;
    result["largest"] = largest;
    shell.json(&result)?;
    Ok(Verdict::Done)
}

/// Most accounts of an entity that an overview names: `size` says how many there are.
const N_MEMBERS: usize = 100;

/// The largest entities of a case and the claims that hold them together, by the rules that `entities` begins with.
pub(crate) fn overview(
    evidence: &Evidence,
    n_largest: usize,
    shell: &Shell,
) -> Result<Value, Error> {
    let args = EntitiesArgs {
        largest: n_largest,
        ..EntitiesArgs::default()
    };
    let options = options(&args, evidence)?;
    let joined = join(&evidence.graph, &options);
    let mut result = say_counts(evidence, &joined, shell);
    result["largest"] = say_largest(&args, evidence, &options, &joined, shell);
    for entity in result["largest"].as_array_mut().into_iter().flatten() {
        if let Some(accounts) = entity["accounts"].as_array_mut() {
            accounts.truncate(N_MEMBERS);
        }
    }
    Ok(result)
}

/// What entities are made by: what people said of the case, and what is asked for.
fn options(args: &EntitiesArgs, evidence: &Evidence) -> Result<EntityOptions, Error> {
    let mut options = evidence.entity_options()?.clone();
    for name in &args.with {
        if name == "all" {
            options.with = soft::RULES.to_vec();
            continue;
        }
        let rule = soft::RULES.into_iter().find(|rule| rule.name == name);
        options.with.push(rule.ok_or_else(|| {
            Error::usage(format!("`{name}` is no soft rule")).hint(named(soft::RULES))
        })?);
    }
    for name in &args.without {
        let rules = || [MULTI_INPUT].into_iter().chain(RULES).chain(soft::RULES);
        let is_vote = change::Ground::ALL
            .iter()
            .any(|ground| ground.as_str() == name);
        if !is_vote && !rules().any(|rule| rule.name == name) {
            let votes = change::Ground::ALL.map(change::Ground::as_str).join(", ");
            return Err(Error::usage(format!("there is no rule `{name}`"))
                .hint(format!("{}; or a vote on change: {votes}", named(rules()))));
        }
        options.without.push(name.clone());
    }
    options.as_of = args
        .as_of
        .as_deref()
        .map(|text| as_of(evidence, text))
        .transpose()?;
    Ok(options)
}

fn named(rules: impl IntoIterator<Item = RuleId>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for rule in rules {
        // A label that also joins stands in both lists.
        if !names.contains(&rule.name) {
            names.push(rule.name);
        }
    }
    format!("one of: {}", names.join(", "))
}

/// A date, or the time of the block of a height.
fn as_of(evidence: &Evidence, text: &str) -> Result<i64, Error> {
    let Ok(height) = text.parse::<u32>() else {
        return moment(text, Edge::Last);
    };
    let mut times = Vec::new();
    for exhibit in evidence.case.exhibits()? {
        let rows = evidence
            .case
            .segment(exhibit.number)?
            .read(&[Table::Blocks])?;
        let of_height = rows
            .blocks
            .iter()
            .filter(|block| block.height == Some(height) && !block.stale);
        times.extend(of_height.map(|block| block.time));
    }
    times.sort_unstable();
    times.dedup();
    match times[..] {
        [time] => Ok(time),
        [] => Err(Error::usage(format!(
            "no block of height {height} is in the case"
        ))),
        _ => Err(
            Error::usage(format!("several blocks of height {height} are in the case"))
                .hint("give a date"),
        ),
    }
}

fn say_counts(evidence: &Evidence, joined: &Entities, shell: &Shell) -> Value {
    let graph = &evidence.graph;
    let n_together: u64 = joined.sizes().map(|entity| u64::from(entity.1)).sum();
    let n_joined = joined.sizes().count();
    shell.say(format!(
        "{} accounts, {} entities; {n_together} accounts stand together in {n_joined} entities of more than one",
        graph.n_accounts(),
        joined.n_entities()
    ));
    shell.say(format!(
        "{} transactions with inputs of more than one account",
        joined.n_multi_input
    ));
    let left_out: Vec<&(RuleId, u64)> = joined
        .coinjoins_left_out
        .iter()
        .filter(|of| of.1 > 0)
        .collect();
    for (rule, n) in &left_out {
        shell.say(format!(
            "{n} more not joined because of their shape, by {rule}{}",
            rate_of_label(*rule)
        ));
    }
    let mut applied = Vec::new();
    for rule in soft::RULES {
        let n = joined
            .applied
            .iter()
            .filter(|claim| claim.rule == rule)
            .count();
        if n > 0 {
            shell.say(format!("{n} merges by soft claims of {rule}{}", rate(rule)));
            applied.push(json!({ "rule": rule.to_string(), "n": n }));
        }
    }
    if !joined.held.is_empty() {
        shell.say(format!(
            "{} merges are held back: `moneytrail entities --review` lists them",
            joined.held.len()
        ));
    }
    json!({
        "schema": "moneytrail-entities/1",
        "accounts": graph.n_accounts(),
        "entities": joined.n_entities(),
        "multi_input_transactions": joined.n_multi_input,
        "coinjoins_left_out": joined.coinjoins_left_out.iter().map(|(rule, n)| json!({ "rule": rule.to_string(), "n": n })).collect::<Vec<_>>(),
        "soft_merges": applied,
        "held_back": joined.held.len(),
    })
}

/// How well a rule did where that was measured, for people.
fn rate(rule: RuleId) -> String {
    rates::precision(rule).map_or_else(
        || " (error rate not measured)".to_owned(),
        |rate| format!(" ({})", rate.sentence()),
    )
}

/// [`rate`] of a label; of a rule that also joins, what was measured is its joining, and nothing is said.
fn rate_of_label(rule: RuleId) -> String {
    if soft::RULES.contains(&rule) {
        String::new()
    } else {
        rate(rule)
    }
}

fn say_largest(
    args: &EntitiesArgs,
    evidence: &Evidence,
    options: &EntityOptions,
    joined: &Entities,
    shell: &Shell,
) -> Value {
    let graph = &evidence.graph;
    let mut listed = Vec::new();
    for (root, size) in joined.largest(args.largest) {
        let members = joined.members(root);
        let tags: BTreeSet<&str> = evidence
            .tags
            .iter()
            .filter(|tag| {
                let node = graph.node_of(&tag.account);
                node.is_some_and(|node| members.binary_search(&node).is_ok())
            })
            .map(|tag| &*tag.label)
            .collect();
        let few: Vec<&str> = tags.iter().copied().take(N_LISTED).collect();
        let tagged = match tags.len() {
            0 => String::new(),
            n if n > few.len() => {
                format!(" tagged {} and {} more", few.join(", "), n - few.len())
            }
            _ => format!(" tagged {}", few.join(", ")),
        };
        shell.say(format!(
            "{size} accounts{tagged}: {}",
            some(graph, &members)
        ));
        let held = held_together(graph, options, joined, root);
        let words: Vec<String> = held
            .iter()
            .map(|(rule, n)| format!("{n} of {rule}"))
            .collect();
        shell.say(format!("  held together by claims: {}", words.join(", ")));
        listed.push(json!({
            "size": size, "tags": tags,
            "accounts": members.iter().map(|&node| shown(graph, node)).collect::<Vec<_>>(),
            "held_together_by": held.iter().map(|(rule, n)| json!({ "rule": rule.to_string(), "n": n })).collect::<Vec<_>>(),
        }));
    }
    Value::Array(listed)
}

fn shown(graph: &Graph, node: NodeIdx) -> String {
    let key = graph.account(node);
    key.map(|key| key.to_string()).unwrap_or_default()
}

fn some(graph: &Graph, members: &[NodeIdx]) -> String {
    let few = members.iter().take(N_LISTED);
    let mut text: Vec<String> = few.map(|&node| shown(graph, node)).collect();
    if members.len() > N_LISTED {
        text.push(format!("and {} more", members.len() - N_LISTED));
    }
    text.join(", ")
}

/// The name by which a person finds an event again.
fn named_event(
    records: &mut crate::cite::Records<'_>,
    graph: &Graph,
    event: moneytrail_model::EventIdx,
) -> Result<String, Error> {
    said::named(records, graph, event)
}
