//! Entities of co-spending that tags give to different actors are taken apart again: their transactions are
//! joined one after the other, in the order of the record, and one that would join two actors waits for review.
//!
//! Law: entities with one actor or none stay as they are, whatever others hold.

use super::merge::{Actors, Cause, Held};
use super::soft::SoftClaim;
use super::union_find::Sets;
use super::{CoSpend, EntityOptions, MULTI_INPUT, Scripts, co_spend};
use moneytrail_model::{EventIdx, NodeIdx};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;

/// Parts entities, and gives the transactions that wait. Nothing without contradicting tags; O(transfers) else.
pub(super) fn part(
    graph: &Graph,
    scripts: Scripts,
    options: &EntityOptions,
    roots: &mut Vec<u32>,
) -> Vec<Held> {
    let contradicted = Actors::of(options, |node| roots[node.idx()]).contradicted();
    if contradicted.is_empty() {
        return Vec::new();
    }
    let is_in = |account: u32| contradicted.binary_search(&roots[account as usize]).is_ok();
    let events = (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    let joins: Vec<(EventIdx, Vec<u32>)> = events
        .filter_map(|event| {
            let mut accounts = Vec::new();
            let is_joined =
                co_spend(graph, scripts, options, event, &mut accounts) == CoSpend::Joins;
            (is_joined && is_in(accounts[0])).then_some((event, accounts))
        })
        .collect();
    let alone = |account: u32| {
        if is_in(account) {
            account
        } else {
            roots[account as usize]
        }
    };
    let n = u32::try_from(roots.len()).expect("nodes are numbered by u32");
    let parted: Vec<u32> = (0..n).map(alone).collect();
    let mut sizes = vec![1_u32; parted.len()];
    let mut actors = Actors::of(options, |node| parted[node.idx()]);
    let mut sets = Sets::from_roots(parted);
    let mut held = Vec::new();
    for (event, accounts) in joins {
        let mut members: Vec<(u32, u32)> = accounts.iter().map(|&at| (sets.root(at), at)).collect();
        members.sort_unstable();
        members.dedup_by_key(|member| member.0);
        if let Some([a, b]) = actors.contradiction_among(&members)
            && let Some((one, other)) = actors.contradict(a.0, b.0)
            && !options.is_accepted(MULTI_INPUT, event)
        {
            held.push(Held {
                claim: SoftClaim {
                    a: NodeIdx::from_raw(a.1),
                    b: NodeIdx::from_raw(b.1),
                    event,
                    rule: MULTI_INPUT,
                    weight: 0,
                },
                cause: Cause::Contradiction(one, other),
                sizes: [a.0, b.0].map(|root| sizes[root as usize]),
            });
            continue;
        }
        let first = members[0].0;
        for &(other, _) in &members[1..] {
            sets.join(first, other);
            actors.join(other, first);
            sizes[first as usize] += sizes[other as usize];
        }
    }
    *roots = sets.into_roots();
    held
}
