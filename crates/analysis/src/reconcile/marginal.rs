//! Posteriors of pairs when every record has at most one partner.
//!
//! Law: the probability of a set of pairs is proportional to the product of their odds if no record is in two of them, and
//! else zero; a pair's posterior is the probability of the sets that it is in.
//!
//! Method: belief propagation on the graph of candidates, exact on trees and convergent on every graph (monomers and dimers:
//! Bayati, Gamarnik, Katz, Nair, Tetali 2007). O(pairs) each round.
#![expect(clippy::float_arithmetic, reason = "probabilities; no money")]

use super::block::Pair;
use rayon::prelude::*;

/// Most rounds; a round moves information one pair further.
const ROUNDS_MAX: u32 = 200;
/// Rounds end when no message moves by more.
const TOLERANCE: f64 = 1e-6;
/// Nodes that a thread takes at once.
const N_AT_ONCE: usize = 1024;

/// That the sent and the received record of an edge are free, if the edge were not there: what rounds begin with, and where they
/// end. A later call begins better with it.
pub(super) type Free = [f64; 2];

/// The edges at each node of a side.
struct Stars {
    /// Edges, by node and ascending.
    edges: Vec<u32>,
    /// Where each node's edges begin; behind the last, where they end.
    offsets: Vec<usize>,
}

impl Stars {
    fn new(nodes: impl Iterator<Item = u32>) -> Self {
        let mut tagged: Vec<(u32, u32)> =
            (0..).zip(nodes).map(|(edge, node)| (node, edge)).collect();
        tagged.par_sort_unstable();
        let mut offsets = vec![0];
        for run in tagged.chunk_by(|a, b| a.0 == b.0) {
            offsets.push(offsets[offsets.len() - 1] + run.len());
        }
        Self {
            edges: tagged.into_iter().map(|of| of.1).collect(),
            offsets,
        }
    }

    /// What the nodes of this side tell along each edge, given what the others told; by node.
    fn messages(&self, side: usize, edges: &[(Pair, f64)], free: &[Free]) -> Vec<f64> {
        let bounds: Vec<&[usize]> = self.offsets.windows(2).collect();
        let told: Vec<Vec<f64>> = bounds
            .par_chunks(N_AT_ONCE)
            .map(|nodes| {
                let first = nodes[0][0];
                let pull = |&edge: &u32| edges[edge as usize].1 * free[edge as usize][1 - side];
                let end = nodes[nodes.len() - 1][1];
                let pulls: Vec<f64> = self.edges[first..end].iter().map(pull).collect();
                let mut told = vec![0.0; pulls.len()];
                for node in nodes {
                    let of = node[0] - first..node[1] - first;
                    all_but_one(&pulls[of.clone()], &mut told[of]);
                }
                for sum in &mut told {
                    *sum = 1.0 / (1.0 + *sum);
                }
                told
            })
            .collect();
        told.concat()
    }
}

/// The posterior of each edge, given its odds.
pub(super) fn marginals(edges: &[(Pair, f64)], free: &mut [Free]) -> Vec<f64> {
    let sides = [
        Stars::new(edges.iter().map(|edge| edge.0.0)),
        Stars::new(edges.iter().map(|edge| edge.0.1)),
    ];
    for _ in 0..ROUNDS_MAX {
        let mut moved: f64 = 0.0;
        for (side, stars) in sides.iter().enumerate() {
            let messages = stars.messages(side, edges, free);
            for (&edge, message) in stars.edges.iter().zip(messages) {
                let held = &mut free[edge as usize][side];
                moved = moved.max((*held - message).abs());
                *held = message;
            }
        }
        if moved < TOLERANCE {
            break;
        }
    }
    let pulls = edges.iter().zip(free.iter());
    pulls
        .map(|((_, odds), [sent, received])| {
            let pull = odds * sent * received;
            pull / (1.0 + pull)
        })
        .collect()
}

/// Puts the sum of the others for each value; nothing is subtracted, so nothing is lost to rounding.
fn all_but_one(values: &[f64], sums: &mut [f64]) {
    let mut before = 0.0;
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = before;
        before += value;
    }
    let mut behind = 0.0;
    for (sum, value) in sums.iter_mut().zip(values).rev() {
        *sum += behind;
        behind += value;
    }
}

#[cfg(test)]
mod tests {
    use super::Pair;
    use proptest::prelude::*;

    fn marginals(edges: &[(Pair, f64)]) -> Vec<f64> {
        super::marginals(edges, &mut vec![[1.0; 2]; edges.len()])
    }

    /// Sums over all sets of pairs.
    fn by_enumeration(edges: &[(Pair, f64)]) -> Vec<f64> {
        let mut total = 0.0;
        let mut with = vec![0.0; edges.len()];
        for set in 0_u32..1 << edges.len() {
            let chosen: Vec<usize> = (0..edges.len())
                .filter(|edge| set >> edge & 1 == 1)
                .collect();
            let apart =
                |a: usize, b: usize| edges[a].0.0 != edges[b].0.0 && edges[a].0.1 != edges[b].0.1;
            if chosen
                .iter()
                .any(|&a| chosen.iter().any(|&b| a < b && !apart(a, b)))
            {
                continue;
            }
            let weight: f64 = chosen.iter().map(|&edge| edges[edge].1).product();
            total += weight;
            for edge in chosen {
                with[edge] += weight;
            }
        }
        with.iter().map(|with| with / total).collect()
    }

    proptest! {
        /// A tree: each new record hangs on one that is there.
        #[test]
        fn exact_on_trees(parents in prop::collection::vec((any::<u32>(), 0.01_f64..100.0), 1..9)) {
            let mut nodes = vec![(0_u32, 0_u32)];
            let mut edges = Vec::new();
            for (place, (parent, odds)) in (1_u32..).zip(parents) {
                let (parent, depth) = nodes[parent as usize % nodes.len()];
                let pair = if depth % 2 == 0 { (parent, place) } else { (place, parent) };
                edges.push((pair, odds));
                nodes.push((place, depth + 1));
            }
            edges.sort_by_key(|edge| edge.0);
            for (found, expected) in marginals(&edges).into_iter().zip(by_enumeration(&edges)) {
                prop_assert!((found - expected).abs() < 1e-6, "{} {}", found, expected);
            }
        }
    }

    #[test]
    fn two_equal_candidates_share() {
        let found = marginals(&[((0, 0), 1e6), ((0, 1), 1e6)]);
        assert!(
            found.iter().all(|posterior| (posterior - 0.5).abs() < 1e-3),
            "{found:?}"
        );
    }
}
