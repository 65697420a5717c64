//! Fewest steps from a set of nodes.
//!
//! Laws: a source has depth 0, any other node one more than the least depth among who pays it; the
//! parent is the smallest of those, so there is one answer whatever the threads.
//!
//! Method: Beamer, Asanović, Patterson, *Direction-optimizing breadth-first search* (SC 2012). While
//! the frontier is small its rows are followed (top down); when the edges out of it outnumber a
//! 15th of those not looked at, each node not reached looks for a payer in the frontier instead
//! (bottom up), and stops at the first: rows ascend, so that is the smallest. The paper's α and β are
//! those of the authors' GAP suite.

use super::{Topology, boundary};
use crate::node_set::{N_WORDS_PER_TASK, WORD, ones};
use moneytrail_model::NodeIdx;
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const ALPHA: usize = 15;
const BETA: usize = 18;

/// Nodes of a frontier that one task follows.
const N_PER_TASK: usize = 256;

/// What a breadth-first search found, by node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bfs {
    /// Steps from the nearest source; [`Bfs::NONE`] if there is no path.
    pub depths: Vec<u32>,
    /// The smallest node one step nearer that pays this one; a source is its own; [`Bfs::NONE`] if
    /// there is no path.
    pub parents: Vec<u32>,
}

impl Bfs {
    /// No depth, no parent.
    pub const NONE: u32 = u32::MAX;
}

/// The depths and parents of all nodes. O(nodes + pairs), in parallel; 8 bytes per node.
///
/// ```
/// use moneytrail_analysis::topology::{Bfs, Topology, bfs};
/// let topology = Topology::from_edges(4, &[0, 0, 1, 2], &[1, 2, 2, 0]);
/// let found = bfs(&topology, &[1]);
/// assert_eq!(found.depths, [2, 0, 1, Bfs::NONE]);
/// assert_eq!(found.parents, [2, 1, 1, Bfs::NONE]);
/// ```
///
/// # Panics
/// If a source is out of range.
pub fn bfs(topology: &Topology, sources: &[u32]) -> Bfs {
    let n = topology.n_nodes() as usize;
    let (search, mut frontier) = Search::new(n, sources);
    let degree = |&node: &u32| topology.neighbours_out(node).len();
    let mut depth = 0;
    let mut n_left = topology.n_pairs();
    while !frontier.is_empty() {
        let n_out: usize = frontier
            .par_iter()
            .with_min_len(N_PER_TASK)
            .map(degree)
            .sum();
        if n_out <= n_left / ALPHA {
            n_left -= n_out.min(n_left);
            frontier = search.top_down(&frontier, depth, |node| {
                topology.neighbours_out(node).iter().copied()
            });
            depth += 1;
            continue;
        }
        let n_frontier = frontier.len();
        let mut bits = vec![0_u64; n.div_ceil(64)];
        for node in frontier {
            bits[node as usize / 64] |= 1 << (node % 64);
        }
        let mut left = search.not_reached(topology);
        let mut n_awake = n_frontier;
        loop {
            let n_before = n_awake;
            (bits, n_awake) = search.bottom_up(topology, &bits, &mut left, depth);
            depth += 1;
            if n_awake < n_before && n_awake <= n / BETA || n_awake == 0 {
                break;
            }
        }
        let words = bits.into_iter().enumerate();
        frontier = words
            .flat_map(|(word_idx, word)| ones(word_idx, word))
            .collect();
    }
    search.finish()
}

/// As [`bfs`] over [`Topology::of_graph`], read from the index itself: no topology need be made, which
/// pays for few searches. Top down. O(nodes + transfers), in parallel; 8 bytes per node.
pub fn bfs_over_index(graph: &Graph, sources: &[NodeIdx]) -> Bfs {
    let _in_order = graph.in_order();
    let sources: Vec<u32> = sources.iter().map(|source| source.raw()).collect();
    let (search, mut frontier) = Search::new(graph.n_nodes(), &sources);
    let outside = &boundary(graph);
    let mut depth = 0;
    while !frontier.is_empty() {
        frontier = search.top_down(&frontier, depth, |node| {
            let is_followed = !outside.contains(&node);
            let transfers = graph.transfers_out(NodeIdx::from_raw(node)).iter();
            transfers
                .map(|transfer| graph.to(transfer).raw())
                .filter(move |to| is_followed && !outside.contains(to))
        });
        depth += 1;
    }
    search.finish()
}

/// A search under way.
struct Search {
    depths: Vec<AtomicU32>,
    parents: Vec<AtomicU32>,
}

impl Search {
    /// A search, and its first frontier: the sources, each once.
    fn new(n: usize, sources: &[u32]) -> (Self, Vec<u32>) {
        let none = || {
            (0..n)
                .into_par_iter()
                .map(|_| AtomicU32::new(Bfs::NONE))
                .collect()
        };
        let search = Self {
            depths: none(),
            parents: none(),
        };
        for &source in sources {
            search.depths[source as usize].store(0, Relaxed);
            search.parents[source as usize].store(source, Relaxed);
        }
        let mut frontier = sources.to_vec();
        frontier.sort_unstable();
        frontier.dedup();
        (search, frontier)
    }

    /// Follows the rows of the frontier; the next frontier, in no particular order.
    fn top_down<I: Iterator<Item = u32>>(
        &self,
        frontier: &[u32],
        depth: u32,
        neighbours: impl Fn(u32) -> I + Sync,
    ) -> Vec<u32> {
        let follow = |nodes: &[u32]| {
            let mut next = Vec::new();
            for &node in nodes {
                for neighbour in neighbours(node) {
                    let reached = &self.depths[neighbour as usize];
                    let mut found = reached.load(Relaxed);
                    if found == Bfs::NONE {
                        match reached.compare_exchange(found, depth + 1, Relaxed, Relaxed) {
                            Ok(_) => {
                                next.push(neighbour);
                                found = depth + 1;
                            }
                            Err(now) => found = now,
                        }
                    }
                    let parent = &self.parents[neighbour as usize];
                    if found == depth + 1 && parent.load(Relaxed) > node {
                        parent.fetch_min(node, Relaxed);
                    }
                }
            }
            next
        };
        if frontier.len() <= N_PER_TASK {
            return follow(frontier);
        }
        let parts: Vec<Vec<u32>> = frontier.par_chunks(N_PER_TASK).map(follow).collect();
        parts.concat()
    }

    /// The nodes that somebody pays and that are not reached, as a bitmap.
    fn not_reached(&self, topology: &Topology) -> Vec<u64> {
        let mut left = vec![0_u64; self.depths.len().div_ceil(WORD)];
        let words = left.par_iter_mut().zip(self.depths.par_chunks(WORD));
        let words = words.with_min_len(N_WORDS_PER_TASK).enumerate();
        words.for_each(|(word_idx, (word, depths))| {
            let n_payers = topology.into.lens(word_idx * WORD..(word_idx + 1) * WORD);
            for (bit, (depth, n_payers)) in depths.iter().zip(n_payers).enumerate() {
                let is_left = depth.load(Relaxed) == Bfs::NONE && n_payers > 0;
                *word |= u64::from(is_left) << bit;
            }
        });
        left
    }

    /// Lets each node that is left look for its parent; the next frontier and its size.
    fn bottom_up(
        &self,
        topology: &Topology,
        frontier: &[u64],
        left: &mut [u64],
        depth: u32,
    ) -> (Vec<u64>, usize) {
        let mut next = vec![0_u64; frontier.len()];
        let words = next.par_iter_mut().zip(left).enumerate();
        let n_awake = words
            .with_min_len(N_WORDS_PER_TASK)
            .map(|(word_idx, (next, left))| {
                for node in ones(word_idx, *left) {
                    let is_in =
                        |&&payer: &&u32| frontier[payer as usize / WORD] >> (payer % 64) & 1 == 1;
                    if let Some(&parent) = topology.neighbours_in(node).iter().find(is_in) {
                        self.depths[node as usize].store(depth + 1, Relaxed);
                        self.parents[node as usize].store(parent, Relaxed);
                        *next |= 1 << (node % 64);
                    }
                }
                *left &= !*next;
                next.count_ones() as usize
            });
        let n_awake = n_awake.sum();
        (next, n_awake)
    }

    fn finish(self) -> Bfs {
        let values = |words: Vec<AtomicU32>| words.into_iter().map(AtomicU32::into_inner).collect();
        Bfs {
            depths: values(self.depths),
            parents: values(self.parents),
        }
    }
}
