//! Weak components: who is joined to whom by transfers, in whatever direction.
//!
//! Law: the labels are the smallest node of the reflexive, symmetric and transitive closure of the
//! edges; the same for both functions and any number of threads.
//!
//! Method: Sutton, Ben-Nun, Barak, *Optimizing parallel graph connectivity computation via subgraph
//! sampling* (Afforest, IPDPS 2018), on the lock-free links of [`SharedSets`]: a few edges already join
//! most of the largest component, and what is in it then need not look at its other edges. The few are
//! found by what is cheapest where it is (Dhulipala, Hong, Shun, *`ConnectIt`*, VLDB 2020, weigh such
//! samples): over a topology by a search around the hub (`hub`), over an edge list by joining the
//! first part of it. Which nodes are known to be in the largest component is a bitmap, so that an edge
//! within it costs two reads that a cache answers.

mod batch;
mod hub;

use crate::entity::union_find::SharedSets;
use crate::node_set::{N_WORDS_PER_TASK, NodeSet, ones};
use crate::topology::{Topology, boundary};
use batch::Batch;
use hub::AroundHub;
use moneytrail_model::TransferIdx;
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use std::ops::Range;

/// Nodes or edges asked which component is the largest.
const N_ASKED: usize = 1024;

/// Part of an edge list that is the sample: one in this many.
const SAMPLE: usize = 32;

/// Edges of one task.
const N_PER_TASK: usize = 1 << 14;

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
    let join = |edges: Range<usize>, known: &NodeSet| {
        let starts = edges.clone().into_par_iter().step_by(N_PER_TASK);
        starts.for_each(|start| {
            let mut pairs = Batch::new(&sets, known);
            for (from, to) in (start..edges.end.min(start + N_PER_TASK)).map(&ends) {
                pairs.push(from, to);
            }
            pairs.join();
        });
    };
    let sample = 0..n_edges / SAMPLE;
    join(sample.clone(), &NodeSet::new(n));
    sets.flatten();
    let asked = sample.clone().step_by((sample.len() / N_ASKED).max(1));
    let known = largest(&sets, asked.map(|edge| ends(edge).0));
    join(sample.end..n_edges, &known);
    sets.into_roots()
}

/// The smallest node of each one's component, over a topology. Cost as [`weak_components`]; mostly far
/// less where one component is large.
pub fn weak_components_of(topology: &Topology) -> Vec<u32> {
    let n = topology.n_nodes();
    let AroundHub { found, mut left } = AroundHub::of(topology);
    let first = found.first();
    let sets = SharedSets::with_parents(n, |node| {
        std::hint::select_unpredictable(found.contains(node), first.unwrap_or(node), node)
    });
    // One neighbour on each side joins most of what is left.
    for row in [Topology::neighbours_out, Topology::neighbours_in] {
        each(&sets, &left, &found, |node, pairs| {
            if let Some(&near) = row(topology, node).first() {
                pairs.push(node, near);
            }
        });
        each(&sets, &left, &found, |node, _| sets.flatten_of(node));
    }
    let known = if first.is_some() {
        found
    } else {
        let asked = left.iter().enumerate();
        let asked = asked.step_by((left.len() / N_ASKED).max(1));
        let asked = asked.filter_map(|(word_idx, &word)| ones(word_idx, word).next());
        largest(&sets, asked)
    };
    // A pair with an end that is not known is seen from there, in either direction.
    for (word_idx, word) in left.iter_mut().enumerate() {
        *word &= !known.word(word_idx);
    }
    each(&sets, &left, &known, |node, pairs| {
        let neighbours = topology.neighbours(node);
        neighbours.for_each(|near| pairs.push(node, near));
    });
    sets.into_roots()
}

/// Calls `join` with each node of a bitmap, in parallel.
fn each<'a>(
    sets: &'a SharedSets,
    nodes: &[u64],
    known: &'a NodeSet,
    join: impl Fn(u32, &mut Batch<'a>) + Sync,
) {
    let tasks = nodes.par_chunks(N_WORDS_PER_TASK).enumerate();
    tasks.for_each(|(task, words)| {
        let mut pairs = Batch::new(sets, known);
        for (word_idx, &word) in (task * N_WORDS_PER_TASK..).zip(words) {
            ones(word_idx, word).for_each(|node| join(node, &mut pairs));
        }
        pairs.join();
    });
}

/// The nodes of the set that most of those asked are in, of several the one with the smallest member;
/// the sets are flat.
fn largest(sets: &SharedSets, asked: impl Iterator<Item = u32>) -> NodeSet {
    let mut roots: Vec<u32> = asked.map(|node| sets.parent(node)).collect();
    roots.sort_unstable();
    let runs = roots.chunk_by(u32::eq);
    let longest = runs.max_by_key(|run| (run.len(), std::cmp::Reverse(run[0])));
    let root = longest.map(|run| run[0]);
    NodeSet::of(sets.n(), |node| Some(sets.parent(node)) == root)
}
