//! The nodes around the hub, the node with most neighbours: mostly nearly all of the largest component.
//!
//! Law: every node found is joined with the hub by pairs of neighbours.
//!
//! Method: Slota, Rajamanickam, Madduri, *BFS and coloring-based parallel algorithms for strongly
//! connected components and related problems* (IPDPS 2014), find the largest component by a search from
//! the node of highest degree. Here it is the bottom-up step of Beamer et al. alone: each node not yet
//! found looks for a neighbour that is, and stops at the first. Depths are not asked for, so what a
//! sweep finds counts at once. A sweep reads rows in order and a bitmap that fits a cache; it follows
//! no pointers.

use crate::node_set::{N_WORDS_PER_TASK, NodeSet, WORD, ones};
use crate::topology::Topology;
use rayon::prelude::*;

/// What sweeps around the hub found.
#[derive(Debug)]
pub(super) struct AroundHub {
    /// Nodes joined with the hub; none if they would be fewer than those left.
    pub(super) found: NodeSet,
    /// Nodes that have neighbours and are not found, as a bitmap.
    pub(super) left: Vec<u64>,
}

impl AroundHub {
    /// Sweeps while a sweep leaves less than half of what there was. O(nodes + pairs) for a sweep; the
    /// first mostly finds nearly all.
    pub(super) fn of(topology: &Topology) -> Self {
        let n = topology.n_nodes();
        let mut left = vec![0_u64; (n as usize).div_ceil(WORD)];
        let found = NodeSet::new(n);
        let hub = in_parallel(&mut left).map(|(idx, word)| with_neighbours(topology, idx, word));
        let Some((_, hub)) = hub.max() else {
            return Self { found, left };
        };
        found.insert(hub);
        topology.neighbours(hub).for_each(|node| found.insert(node));
        let count = |words: &[u64]| words.iter().map(|word| word.count_ones() as usize).sum();
        let n_connected: usize = count(&left);
        let mut n_left = n_connected;
        loop {
            let n_before = n_left;
            in_parallel(&mut left).for_each(|(idx, word)| sweep(topology, &found, idx, word));
            n_left = count(&left);
            if 2 * n_left >= n_before {
                break;
            }
        }
        if 2 * n_left <= n_connected {
            return Self { found, left };
        }
        in_parallel(&mut left).for_each(|(idx, word)| *word |= found.word(idx));
        Self {
            found: NodeSet::new(n),
            left,
        }
    }
}

fn in_parallel(words: &mut [u64]) -> impl IndexedParallelIterator<Item = (usize, &mut u64)> {
    let words = words.par_iter_mut().enumerate();
    words.with_min_len(N_WORDS_PER_TASK)
}

/// Marks the nodes of a word that have neighbours; the one that has most, behind their number.
fn with_neighbours(topology: &Topology, word_idx: usize, word: &mut u64) -> (u32, u32) {
    let degrees = topology.degrees(word_idx * WORD..(word_idx + 1) * WORD);
    let degrees = degrees.zip(ones(word_idx, u64::MAX));
    degrees.fold((0, 0), |most, (degree, node)| {
        *word |= u64::from(degree > 0) << (node % 64);
        most.max((degree, node))
    })
}

/// Moves nodes with a neighbour that is found from those left to those found.
fn sweep(topology: &Topology, found: &NodeSet, word_idx: usize, word: &mut u64) {
    *word &= !found.word(word_idx);
    for node in ones(word_idx, *word) {
        if topology.neighbours(node).any(|near| found.contains(near)) {
            found.insert(node);
        }
    }
    *word &= !found.word(word_idx);
}
