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
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Most rounds; a round moves information one pair further.
const ROUNDS_MAX: u32 = 200;
/// Nodes that a thread takes at once.
const N_AT_ONCE: usize = 256;

/// That the sent and the received record of an edge are free, if the edge were not there: what rounds begin with, and where they
/// end. A later call begins better with it.
pub(super) type Free = [f64; 2];

/// The nodes of one side and the places of their edges: those of a node stand together, ascending by edge.
struct Stars {
    /// Where each node's places begin; behind the last, where they end.
    offsets: Vec<usize>,
    /// The node of each place.
    nodes: Vec<u32>,
    /// The place of each edge.
    places: Vec<u32>,
}

impl Stars {
    /// Nodes by the records that edges name, counted out. O(edges + records).
    fn new(records: impl Iterator<Item = u32> + Clone) -> Self {
        let n_records = records.clone().max().map_or(0, |last| last as usize + 1);
        let mut numbers = vec![0_u32; n_records];
        for record in records.clone() {
            numbers[record as usize] = 1;
        }
        let mut n_nodes = 0;
        for number in &mut numbers {
            n_nodes += std::mem::replace(number, n_nodes);
        }
        let mut offsets = vec![0; n_nodes as usize + 1];
        for record in records.clone() {
            offsets[numbers[record as usize] as usize + 1] += 1;
        }
        for node in 1..offsets.len() {
            offsets[node] += offsets[node - 1];
        }
        let mut next = offsets.clone();
        let mut nodes = vec![0; next[next.len() - 1]];
        let take = |record: u32| {
            let node = numbers[record as usize];
            let place = next[node as usize];
            next[node as usize] += 1;
            nodes[place] = node;
            u32::try_from(place).unwrap_or(u32::MAX)
        };
        let places = records.map(take).collect();
        Self {
            offsets,
            nodes,
            places,
        }
    }

    const fn n_nodes(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Values of edges, by place.
    fn placed<T: Copy + Default>(&self, of_edges: impl Iterator<Item = T>) -> Vec<T> {
        let mut placed = vec![T::default(); self.places.len()];
        for (&place, value) in self.places.iter().zip(of_edges) {
            placed[place as usize] = value;
        }
        placed
    }
}

/// What the nodes of one side say.
struct Speakers<'a> {
    stars: &'a Stars,
    /// Odds of each place.
    odds: Vec<f64>,
    /// The same edge's place on the other side.
    across: Vec<u32>,
    /// What is said last along each place.
    said: Vec<f64>,
    /// Whether a node was told something new.
    is_told: Vec<AtomicBool>,
}

impl<'a> Speakers<'a> {
    fn new(
        stars: &'a Stars,
        others: &Stars,
        edges: &[(Pair, f64)],
        said: impl Iterator<Item = f64>,
    ) -> Self {
        Self {
            stars,
            odds: stars.placed(edges.iter().map(|edge| edge.1)),
            across: stars.placed(others.places.iter().copied()),
            said: stars.placed(said),
            is_told: (0..stars.n_nodes())
                .map(|_| AtomicBool::new(true))
                .collect(),
        }
    }

    /// All that were told something new speak, given what the others said; those that hear something new will.
    fn speak(&mut self, others: &Self, tolerance: f64) {
        let Self {
            stars,
            odds,
            across,
            said,
            is_told,
        } = self;
        let offsets = &stars.offsets;
        let mut rest = &mut said[..];
        let chunks = (0..stars.n_nodes()).step_by(N_AT_ONCE).map(|first| {
            let last = (first + N_AT_ONCE).min(stars.n_nodes());
            let (chunk, behind) =
                std::mem::take(&mut rest).split_at_mut(offsets[last] - offsets[first]);
            rest = behind;
            (first..last, chunk)
        });
        chunks
            .collect::<Vec<_>>()
            .into_par_iter()
            .for_each(|(nodes, said)| {
                let begin = offsets[nodes.start];
                let (mut pulls, mut sums) = (Vec::new(), Vec::new());
                for node in nodes.filter(|&node| is_told[node].swap(false, Relaxed)) {
                    let places = offsets[node]..offsets[node + 1];
                    let across = &across[places.clone()];
                    pulls.clear();
                    let heard = across.iter().map(|&place| others.said[place as usize]);
                    pulls.extend(
                        odds[places.clone()]
                            .iter()
                            .zip(heard)
                            .map(|(odds, heard)| odds * heard),
                    );
                    sums.resize(pulls.len(), 0.0);
                    all_but_one(&pulls, &mut sums);
                    let said = &mut said[places.start - begin..places.end - begin];
                    for ((said, sum), &place) in said.iter_mut().zip(&sums).zip(across) {
                        let message = 1.0 / (1.0 + sum);
                        if (*said - message).abs() >= tolerance {
                            others.is_told[others.stars.nodes[place as usize] as usize]
                                .store(true, Relaxed);
                        }
                        *said = message;
                    }
                }
            });
    }

    fn is_anybody_told(&self) -> bool {
        self.is_told.iter().any(|is_told| is_told.load(Relaxed))
    }
}

/// The posterior of each edge, given its odds. A message that moves by less than `tolerance` wakes nobody, so that a loop that is
/// slow to settle costs its own edges.
pub(super) fn marginals(edges: &[(Pair, f64)], free: &mut [Free], tolerance: f64) -> Vec<f64> {
    let sides = [
        Stars::new(edges.iter().map(|edge| edge.0.0)),
        Stars::new(edges.iter().map(|edge| edge.0.1)),
    ];
    let speakers = |side: usize| {
        Speakers::new(
            &sides[side],
            &sides[1 - side],
            edges,
            free.iter().map(|free| free[side]),
        )
    };
    let (mut sent, mut received) = (speakers(0), speakers(1));
    for _ in 0..ROUNDS_MAX {
        sent.speak(&received, tolerance);
        received.speak(&sent, tolerance);
        if !sent.is_anybody_told() {
            break;
        }
    }
    let places = sides[0].places.iter().zip(&sides[1].places);
    let found = free.iter_mut().zip(places).zip(edges);
    found
        .map(|((free, (&a, &b)), (_, odds))| {
            *free = [sent.said[a as usize], received.said[b as usize]];
            let pull = odds * free[0] * free[1];
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
        super::marginals(edges, &mut vec![[1.0; 2]; edges.len()], 1e-9)
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
