//! What changes without a rule, and what an exhibit joined.

use super::{N_LISTED, named_event, shown};
use crate::cite::Records;
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::shell::Shell;
use moneytrail_analysis::entity::{
    Entities, EntityOptions, MULTI_INPUT, entities, joined_by, parts,
};
use moneytrail_model::{EventIdx, ExhibitNo, NodeIdx};
use serde_json::{Value, json};

/// Says how entities differ from those of all rules.
pub(super) fn without(
    evidence: &Evidence,
    options: &EntityOptions,
    joined: &Entities,
    shell: &Shell,
) -> Value {
    let graph = &evidence.graph;
    let all = EntityOptions {
        without: Vec::new(),
        ..options.clone()
    };
    let before = entities(graph, &all);
    let names = options.without.join(", ");
    shell.say(format!(
        "without {names}: {} entities, with it {}",
        joined.n_entities(),
        before.n_entities()
    ));
    let mut listed = Vec::new();
    let both = [
        ("falls apart into", &before, joined),
        ("is joined from", joined, &before),
    ];
    for (how, whole, parted) in both {
        let mut found = parts(whole, parted);
        found.sort_by_key(|(root, _)| (std::cmp::Reverse(whole.size(*root)), *root));
        for (place, (root, parts)) in found.iter().enumerate() {
            let sizes: Vec<u32> = parts.iter().map(|&part| parted.size(part)).collect();
            if place < N_LISTED {
                shell.say(format!(
                    "  the entity of {} ({} accounts) {how} {} of {}",
                    shown(graph, *root),
                    whole.size(*root),
                    parts.len(),
                    few(&sizes)
                ));
            }
            listed.push(json!({ "entity": shown(graph, *root), "size": whole.size(*root), "how": how, "parts": sizes }));
        }
        if found.len() > N_LISTED {
            shell.say(format!("  and {} more", found.len() - N_LISTED));
        }
    }
    json!({ "rules": options.without, "entities_with": before.n_entities(), "changed": listed })
}

fn few(sizes: &[u32]) -> String {
    let mut text: Vec<String> = sizes.iter().take(N_LISTED).map(u32::to_string).collect();
    if sizes.len() > N_LISTED {
        text.push(format!("… {} more", sizes.len() - N_LISTED));
    }
    text.join(", ")
}

/// Entities that an exhibit's transactions made one.
#[derive(Debug)]
pub(in crate::commands) struct Merge {
    /// Its smallest account.
    pub(in crate::commands) entity: String,
    /// Accounts of the whole.
    pub(in crate::commands) size: u32,
    /// The smallest account of each that stood apart.
    pub(in crate::commands) stood_apart: Vec<String>,
    /// Transactions that joined them.
    pub(in crate::commands) joined_in: Vec<String>,
}

/// What transactions that only one exhibit holds join.
#[derive(Debug)]
pub(in crate::commands) struct Merges {
    pub(in crate::commands) all: Vec<Merge>,
    /// Transactions that only this exhibit holds.
    pub(in crate::commands) n_transactions: usize,
    /// Entities without what these join, and with it.
    pub(in crate::commands) n_entities: [usize; 2],
}

/// Finds what transactions that only one exhibit holds join.
pub(in crate::commands) fn merges(
    evidence: &Evidence,
    options: &EntityOptions,
    exhibit: u32,
) -> Result<Merges, Error> {
    let graph = &evidence.graph;
    let only_there = |event: &EventIdx| {
        graph
            .citations(*event)
            .all(|citation| citation.exhibit == exhibit)
    };
    let events = (0..graph.n_events()).map(EventIdx::new);
    let new: Vec<EventIdx> = events.filter(only_there).collect();
    let mut earlier = options.clone();
    for rule in std::iter::once(MULTI_INPUT).chain(options.with.iter().copied()) {
        earlier
            .rejected
            .extend(new.iter().map(|&event| (rule.name, event)));
    }
    earlier.rejected.sort_unstable();
    earlier.rejected.dedup();
    let (before, after) = (entities(graph, &earlier), entities(graph, options));
    let found = parts(&after, &before);
    let effective = options.clone().holding(after.held_events());
    let mut records = Records::new(&evidence.case, graph);
    // Which of its transactions joined which entities.
    let mut joins: Vec<(NodeIdx, EventIdx)> = Vec::new();
    for &event in &new {
        let Some(accounts) = joined_by(graph, &effective, event) else {
            continue;
        };
        if accounts
            .iter()
            .any(|&account| before.of(account) != before.of(accounts[0]))
        {
            joins.push((after.of(accounts[0]), event));
        }
    }
    let soft = after
        .applied
        .iter()
        .filter(|claim| new.binary_search(&claim.event).is_ok());
    joins.extend(soft.map(|claim| (after.of(claim.a), claim.event)));
    joins.sort_unstable();
    joins.dedup();
    let mut all = Vec::new();
    // Accounts that only this exhibit names are new, not merged.
    let is_old = |node: &NodeIdx| {
        let transfers = graph
            .transfers_in(*node)
            .iter()
            .chain(graph.transfers_out(*node));
        let mut events = transfers.map(|transfer| graph.event_of(transfer));
        before.size(*node) > 1 || events.any(|event| new.binary_search(&event).is_err())
    };
    for (root, parts) in &found {
        let old: Vec<NodeIdx> = parts.iter().copied().filter(is_old).collect();
        if old.len() < 2 {
            continue;
        }
        let from = joins.partition_point(|join| join.0 < *root);
        let because = joins[from..].iter().take_while(|join| join.0 == *root);
        let because: Vec<EventIdx> = because.map(|join| join.1).collect();
        records.fetch(because.iter().copied())?;
        let mut names = Vec::new();
        for event in because {
            names.push(named_event(&mut records, graph, event)?);
        }
        all.push(Merge {
            entity: shown(graph, *root),
            size: after.size(*root),
            stood_apart: old.iter().map(|&node| shown(graph, node)).collect(),
            joined_in: names,
        });
    }
    Ok(Merges {
        all,
        n_transactions: new.len(),
        n_entities: [before.n_entities(), after.n_entities()],
    })
}

/// The number of an exhibit of the case.
fn exhibit(evidence: &Evidence, text: &str) -> Result<u32, Error> {
    let number = ExhibitNo::parse(text).map(ExhibitNo::get);
    let exhibits = evidence.case.exhibits()?;
    number
        .filter(|number| exhibits.iter().any(|exhibit| exhibit.number == *number))
        .ok_or_else(|| Error::usage(format!("`{text}` is no exhibit of this case")))
}

/// Says what transactions that only one exhibit holds join.
pub(super) fn merged_by(
    evidence: &Evidence,
    options: &EntityOptions,
    text: &str,
    shell: &Shell,
) -> Result<Verdict, Error> {
    let number = exhibit(evidence, text)?;
    let merges = merges(evidence, options, number)?;
    for merge in merges.all.iter().take(N_LISTED) {
        let mut apart: Vec<&str> = merge.stood_apart.iter().map(String::as_str).collect();
        apart.truncate(N_LISTED);
        let more = match merge.stood_apart.len() - apart.len() {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        shell.say(format!(
            "{} entities that stood apart are one of {} accounts: {}{more}",
            merge.stood_apart.len(),
            merge.size,
            apart.join(", ")
        ));
        for name in merge.joined_in.iter().take(N_LISTED) {
            shell.say(format!("  joined in {name}"));
        }
    }
    let listed: Vec<Value> = merges
        .all
        .iter()
        .map(|merge| {
            json!({
                "entity": merge.entity, "size": merge.size,
                "stood_apart": merge.stood_apart, "joined_in": merge.joined_in,
            })
        })
        .collect();
    shell.say(format!(
        "X{number}: {} transactions that no other exhibit holds; {} entities joined from what stood apart without them",
        merges.n_transactions,
        listed.len()
    ));
    shell.json(&json!({
        "schema": "moneytrail-merged/1", "exhibit": format!("X{number}"), "transactions": merges.n_transactions,
        "entities_before": merges.n_entities[0], "entities": merges.n_entities[1], "merged": listed,
    }))?;
    Ok(Verdict::Done)
}
