//! What entities are held together by, and where two ways of making them differ.

use super::{CoSpend, Entities, EntityOptions, MULTI_INPUT, Scripts, co_spend, soft};
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;

/// Entities of `whole` that are several in `parted`, by name ascending, with the names of their parts. Both
/// are of one graph, and whatever is together in `parted` is together in `whole` here. O(accounts), O(n log n) in those
/// that differ.
pub fn parts(whole: &Entities, parted: &Entities) -> Vec<(NodeIdx, Vec<NodeIdx>)> {
    // The part of the smallest account is named as the whole.
    let pairs = whole.roots.iter().zip(&parted.roots);
    let mut pairs: Vec<(u32, u32)> = pairs
        .filter(|(whole, part)| whole != part && parted.roots[**whole as usize] == **whole)
        .map(|(&whole, &part)| (whole, part))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let groups = pairs.chunk_by(|a, b| a.0 == b.0);
    groups
        .map(|group| {
            let whole = NodeIdx::from_raw(group[0].0);
            let others = group.iter().map(|pair| NodeIdx::from_raw(pair.1));
            (whole, std::iter::once(whole).chain(others).collect())
        })
        .collect()
}

/// Transactions and claims that join accounts of an entity, by rule, the strongest first. O(n log n) in the
/// transfers of its accounts.
pub fn held_together(
    graph: &Graph,
    options: &EntityOptions,
    entities: &Entities,
    node: NodeIdx,
) -> Vec<(RuleId, u64)> {
    let options = options.clone().holding(entities.held_events());
    let n_co_spends = n_co_spends(graph, &options, &entities.members(node));
    let mut counts = vec![(MULTI_INPUT, n_co_spends)];
    for rule in soft::RULES {
        let applied = entities.applied.iter().filter(|claim| claim.rule == rule);
        let within = applied.filter(|claim| entities.of(claim.a) == entities.of(node));
        counts.push((rule, within.count() as u64));
    }
    counts.retain(|count| count.1 > 0);
    counts
}

/// Transactions that join accounts, of those that spend from these. O(n log n) in the transfers of these accounts.
fn n_co_spends(graph: &Graph, options: &EntityOptions, accounts: &[NodeIdx]) -> u64 {
    let spent = accounts
        .iter()
        .flat_map(|&account| graph.transfers_out(account));
    let mut events: Vec<EventIdx> = spent.map(|transfer| graph.event_of(transfer)).collect();
    events.sort_unstable();
    events.dedup();
    let joins = events
        .into_iter()
        .filter(|&event| joined_by(graph, options, event).is_some());
    joins.count() as u64
}

/// The accounts that a transaction joins as co-spent, ascending; `None` if it joins none. O(n log n) in its
/// transfers.
pub fn joined_by(graph: &Graph, options: &EntityOptions, event: EventIdx) -> Option<Vec<NodeIdx>> {
    let mut accounts = Vec::new();
    let found = co_spend(graph, Scripts::of(graph), options, event, &mut accounts);
    (found == CoSpend::Joins).then(|| accounts.into_iter().map(NodeIdx::from_raw).collect())
}
