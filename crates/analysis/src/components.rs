//! Weak components: who is joined to whom by transfers, in whatever direction.
//!
//! Law: the labels are the smallest node of the reflexive, symmetric and transitive closure of the
//! edges; the same for both functions and any number of threads.
//!
//! Method: Sutton, Ben-Nun, Barak, *Optimizing parallel graph connectivity computation via subgraph
//! sampling* (Afforest, IPDPS 2018), on the lock-free links of [`SharedSets`]. A few edges of each
//! node already join most of the largest component; what is in it then need not look at its other
//! edges. Over an edge list the sample is a part of the list, and an edge within one tree costs two
//! reads (Dhulipala, Hong, Shun, *`ConnectIt`*, VLDB 2020, weigh such samples).

use crate::entity::union_find::{JoinBatch, SharedSets};
use crate::topology::{Topology, boundary};
use moneytrail_model::TransferIdx;
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use std::ops::Range;

/// Neighbours of each node that are joined before the largest component is skipped (the paper's
/// neighbour rounds).
const N_ROUNDS: usize = 2;

/// Nodes asked which component is the largest.
const N_ASKED: u32 = 1024;

/// Part of an edge list that is the sample: one in this many.
const SAMPLE: usize = 8;

/// Edges and nodes of one task.
const N_PER_TASK: u32 = 1 << 14;

/// The smallest node of each one's component, over edges `from[i] – to[i]`, all below `n`. Nearly
/// linear in nodes and edges, in parallel; 4 bytes per node: the result.
///
/// ```
/// use moneytrail_analysis::components::weak_components;
/// assert_eq!(weak_components(5, &[4, 3], &[1, 4]), [0, 1, 2, 1, 1]);
/// ```
///
/// # Panics
/// If lengths differ, or a node is out of range.
pub fn weak_components(n: u32, from: &[u32], to: &[u32]) -> Vec<u32> {
    assert_eq!(from.len(), to.len(), "an edge has two ends");
    of_edges(n, from.len(), |edge| (from[edge], to[edge]))
}

/// [`weak_components`] over a graph's transfers, from the index itself. Boundary nodes (issuance,
/// fees, burned) join nobody.
pub fn weak_components_of_graph(graph: &Graph) -> Vec<u32> {
    let _in_order = graph.in_order();
    let n = u32::try_from(graph.n_nodes()).expect("nodes are numbered by u32");
    let outside = boundary(graph);
    of_edges(n, graph.n_transfers(), |edge| {
        let transfer = TransferIdx::new(edge);
        let (from, to) = (graph.from(transfer).raw(), graph.to(transfer).raw());
        let is_inside = !outside.contains(&from) && !outside.contains(&to);
        if is_inside { (from, to) } else { (from, from) }
    })
}

fn of_edges(n: u32, n_edges: usize, ends: impl Fn(usize) -> (u32, u32) + Sync) -> Vec<u32> {
    let sets = SharedSets::new(n);
    let join = |edges: Range<usize>| {
        let len = N_PER_TASK as usize;
        (0..edges.len().div_ceil(len))
            .into_par_iter()
            .for_each(|task| {
                let mut pairs = JoinBatch::new(&sets);
                let start = edges.start + task * len;
                for (from, to) in (start..edges.end.min(start + len)).map(&ends) {
                    pairs.push(from, to);
                }
                pairs.join();
            });
    };
    join(0..n_edges / SAMPLE);
    sets.flatten();
    join(n_edges / SAMPLE..n_edges);
    sets.into_roots()
}

/// The smallest node of each one's component, over a topology: Afforest. Cost as
/// [`weak_components`]; less where one component is large.
pub fn weak_components_of(topology: &Topology) -> Vec<u32> {
    let n = topology.n_nodes();
    let sets = SharedSets::new(n);
    let tasks = |join: &(dyn Fn(&mut JoinBatch<'_>, Range<u32>) + Sync)| {
        let starts = (0..n).into_par_iter().step_by(N_PER_TASK as usize);
        starts.for_each(|start| {
            let mut pairs = JoinBatch::new(&sets);
            join(&mut pairs, start..n.min(start.saturating_add(N_PER_TASK)));
            pairs.join();
        });
    };
    for round in 0..N_ROUNDS {
        tasks(&|pairs, nodes| {
            for node in nodes {
                if let Some(&neighbour) = topology.neighbours_out(node).get(round) {
                    pairs.push(node, neighbour);
                }
            }
        });
        sets.flatten();
    }
    let largest = most_frequent(
        (0..n)
            .step_by((n / N_ASKED).max(1) as usize)
            .map(|node| sets.root(node)),
    );
    tasks(&|pairs, nodes| {
        for node in nodes.filter(|&node| Some(sets.parent(node)) != largest) {
            // What leads from here into the largest component, and what leads from there to here.
            for &neighbour in topology.neighbours_out(node).iter().skip(N_ROUNDS) {
                pairs.push(node, neighbour);
            }
            for &neighbour in topology.neighbours_in(node) {
                pairs.push(node, neighbour);
            }
        }
    });
    sets.into_roots()
}

/// The value that occurs most often, of several the smallest.
fn most_frequent(values: impl Iterator<Item = u32>) -> Option<u32> {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    let longest = values
        .chunk_by(u32::eq)
        .max_by_key(|run| (run.len(), std::cmp::Reverse(run[0])));
    longest.map(|run| run[0])
}
