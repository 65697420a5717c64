//! `entities`: who belongs together, and why.

use crate::args::EntitiesArgs;
use crate::cite::Records;
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::seed::{self, Found};
use crate::shell::Shell;
use moneytrail_analysis::entity::{EntityOptions, entities as join, why};
use moneytrail_model::NodeIdx;
use moneytrail_store::graph::Graph;
use serde_json::json;

/// Most accounts of an entity that are listed for people.
const N_LISTED: usize = 5;

pub(crate) fn entities(args: &EntitiesArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = Evidence::open(&args.case, shell)?;
    if let Some([a, b]) = args.why.as_deref() {
        return explain(&evidence, a, b, shell);
    }
    let bar = shell.bar("join accounts", 0);
    let joined = join(&evidence.graph, &EntityOptions::default());
    drop(bar);
    let graph = &evidence.graph;
    let joined_accounts: u64 = joined
        .sizes()
        .filter(|entity| entity.1 > 1)
        .map(|entity| u64::from(entity.1))
        .sum();
    let n_joined = joined.sizes().filter(|entity| entity.1 > 1).count();
    shell.say(format!(
        "{} accounts, {} entities; {joined_accounts} accounts stand together in {n_joined} entities of more than one",
        graph.n_accounts(), joined.n_entities()
    ));
    shell.say(format!(
        "{} transactions with inputs of more than one account",
        joined.n_multi_input
    ));
    for (rule, n) in &joined.coinjoins_left_out {
        shell.say(format!("{n} of them left out as CoinJoins by {rule}"));
    }
    let mut listed = Vec::new();
    for (root, size) in joined
        .largest(args.largest)
        .into_iter()
        .filter(|entity| entity.1 > 1)
    {
        let members = joined.members(root);
        let tags: Vec<&str> = evidence
            .tags
            .iter()
            .filter(|tag| {
                graph
                    .node_of(&tag.account)
                    .is_some_and(|node| members.binary_search(&node).is_ok())
            })
            .map(|tag| &*tag.label)
            .collect();
        let tagged = if tags.is_empty() {
            String::new()
        } else {
            format!(" tagged {}", tags.join(", "))
        };
        shell.say(format!(
            "{size} accounts{tagged}: {}",
            some(graph, &members)
        ));
        listed.push(json!({
            "size": size, "tags": tags,
            "accounts": members.iter().map(|&node| shown(graph, node)).collect::<Vec<_>>(),
        }));
    }
    shell.json(&json!({
        "schema": "moneytrail-entities/1",
        "accounts": graph.n_accounts(),
        "entities": joined.n_entities(),
        "multi_input_transactions": joined.n_multi_input,
        "coinjoins_left_out": joined.coinjoins_left_out.iter().map(|(rule, n)| json!({ "rule": rule.to_string(), "n": n })).collect::<Vec<_>>(),
        "largest": listed,
    }))?;
    Ok(Verdict::Done)
}

fn shown(graph: &Graph, node: NodeIdx) -> String {
    graph
        .account(node)
        .map(|key| key.to_string())
        .unwrap_or_default()
}

fn some(graph: &Graph, members: &[NodeIdx]) -> String {
    let mut text: Vec<String> = members
        .iter()
        .take(N_LISTED)
        .map(|&node| shown(graph, node))
        .collect();
    if members.len() > N_LISTED {
        text.push(format!("and {} more", members.len() - N_LISTED));
    }
    text.join(", ")
}

fn explain(evidence: &Evidence, a: &str, b: &str, shell: &Shell) -> Result<Verdict, Error> {
    let node =
        |text: &str| match seed::find(&evidence.case, &evidence.graph, &evidence.tags, text)?[..] {
            [Found::Account(node)] => Ok(node),
            _ => Err(Error::usage(format!("`{text}` is not one account"))),
        };
    let (a, b) = (node(a)?, node(b)?);
    let chain = why(&evidence.graph, &EntityOptions::default(), a, b);
    let graph = &evidence.graph;
    let mut records = Records::new(&evidence.case, graph);
    let mut steps = Vec::new();
    match &chain {
        None => shell.say("no claim joins them"),
        Some(chain) if chain.is_empty() => shell.say("they are one account"),
        Some(chain) => {
            for step in chain {
                let citation = graph.citations(step.event).next();
                let cited = citation
                    .map(|citation| records.cited(Some(step.event), citation))
                    .transpose()?;
                let place = cited.as_ref().map(|cited| {
                    format!(
                        "X{} {}",
                        cited.exhibit,
                        cited
                            .txid
                            .clone()
                            .unwrap_or_else(|| cited.locator.to_string())
                    )
                });
                let place = place.unwrap_or_default();
                shell.say(format!(
                    "{} and {} are inputs of one transaction  [inference {}]  {place}",
                    shown(graph, step.a),
                    shown(graph, step.b),
                    step.rule
                ));
                steps.push(json!({
                    "a": shown(graph, step.a), "b": shown(graph, step.b), "rule": step.rule.to_string(),
                    "exhibit": cited.as_ref().map(|cited| format!("X{}", cited.exhibit)),
                    "txid": cited.as_ref().and_then(|cited| cited.txid.clone()),
                    "locator": cited.as_ref().map(|cited| cited.locator.to_string()),
                }));
            }
        }
    }
    shell.json(
        &json!({ "schema": "moneytrail-why/1", "together": chain.is_some(), "chain": steps }),
    )?;
    Ok(Verdict::Done)
}
