//! Posteriors of pairs when every record has at most one partner.
//!
//! Law: the probability of a set of pairs is proportional to the product of their odds if no record is in two of them, and
//! else zero; a pair's posterior is the probability of the sets that it is in.
//!
//! Method: belief propagation on the graph of candidates, exact on trees and convergent on every graph (monomers and dimers:
//! Bayati, Gamarnik, Katz, Nair, Tetali 2007). O(pairs) each round.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "probabilities; no money"
)]

use super::block::Pair;
use super::number;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Nodes that a thread takes at once.
const N_AT_ONCE: usize = 256;

/// So few nodes speak sooner than another thread is awake.
const N_TOLD_FEW: usize = 4096;

/// When rounds end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    /// A message that moves by less wakes nobody, so that a loop that is slow to settle costs its own edges.
    pub(super) tolerance: f32,
    /// A round moves information one pair further.
    pub(super) rounds_max: u32,
}

/// The edges of the nodes of one side: those of a node stand together.
struct Stars {
    /// Where each node's edges begin; behind the last, where they end.
    offsets: Vec<usize>,
    /// Where each edge stands on the other side.
    across: Vec<u32>,
    /// At which node of the other side.
    others: Vec<u32>,
}

impl Stars {
    const fn n_nodes(&self) -> usize {
        self.offsets.len() - 1
    }
}

/// The stars of both sides, and the edges in the order of the received side. Edges ascend by their sent record.
/// O(edges + records).
fn stars(edges: &[(Pair, f64)]) -> ([Stars; 2], Vec<u32>) {
    let n_received = edges
        .iter()
        .map(|edge| edge.0.1)
        .max()
        .map_or(0, |last| last as usize + 1);
    let mut next = vec![0_usize; n_received + 1];
    for edge in edges {
        next[edge.0.1 as usize + 1] += 1;
    }
    for node in 1..next.len() {
        next[node] += next[node - 1];
    }
    let offsets = next.clone();
    let mut sent = Stars {
        offsets: vec![0],
        across: Vec::with_capacity(edges.len()),
        others: Vec::with_capacity(edges.len()),
    };
    let mut received = Stars {
        offsets,
        across: vec![0; edges.len()],
        others: vec![0; edges.len()],
    };
    let mut order = vec![0; edges.len()];
    let mut edge = 0;
    for star in edges.chunk_by(|a, b| a.0.0 == b.0.0) {
        let node = number(sent.n_nodes());
        for &((_, other), _) in star {
            let place = next[other as usize];
            next[other as usize] += 1;
            sent.across.push(number(place));
            sent.others.push(other);
            received.across[place] = edge;
            received.others[place] = node;
            order[place] = edge;
            edge += 1;
        }
        sent.offsets.push(edge as usize);
    }
    ([sent, received], order)
}

/// What the nodes of one side say.
struct Speakers {
    stars: Stars,
    odds: Vec<f64>,
    /// What is said last along each edge.
    said: Vec<f32>,
    /// Whether a node was told something new.
    is_told: Vec<AtomicBool>,
}

impl Speakers {
    fn new(stars: Stars, said: Vec<f32>) -> Self {
        Self {
            is_told: (0..stars.n_nodes())
                .map(|_| AtomicBool::new(true))
                .collect(),
            stars,
            odds: Vec::new(),
            said,
        }
    }

    /// Everybody is to speak, given these odds.
    fn ask(&mut self, odds: impl Iterator<Item = f64>) {
        self.odds.clear();
        self.odds.extend(odds);
        self.is_told
            .iter_mut()
            .for_each(|is_told| *is_told.get_mut() = true);
    }

    /// All that were told something new speak, given what the others said; those that hear something new will.
    fn speak(&mut self, others: &Self, tolerance: f32) {
        let n_told = self
            .is_told
            .iter()
            .filter(|is_told| is_told.load(Relaxed))
            .count();
        let Self {
            stars,
            odds,
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
        let chunks: Vec<_> = chunks.collect();
        let speak = |(nodes, said): (Range<usize>, &mut [f32])| {
            let begin = offsets[nodes.start];
            let (mut pulls, mut sums) = (Vec::new(), Vec::new());
            for node in nodes.filter(|&node| is_told[node].load(Relaxed)) {
                is_told[node].store(false, Relaxed);
                let places = offsets[node]..offsets[node + 1];
                let across = &stars.across[places.clone()];
                let heard = across.iter().map(|&of| f64::from(others.said[of as usize]));
                let odds = odds[places.clone()].iter();
                pulls.clear();
                pulls.extend(odds.zip(heard).map(|(odds, heard)| odds * heard));
                sums.resize(pulls.len(), 0.0);
                all_but_one(&pulls, &mut sums);
                let said = &mut said[places.start - begin..places.end - begin];
                let hearers = &stars.others[places];
                for ((said, sum), &hearer) in said.iter_mut().zip(&sums).zip(hearers) {
                    let message = (1.0 / (1.0 + sum)) as f32;
                    if (*said - message).abs() >= tolerance {
                        others.is_told[hearer as usize].store(true, Relaxed);
                    }
                    *said = message;
                }
            }
        };
        if n_told < N_TOLD_FEW {
            chunks.into_iter().for_each(speak);
        } else {
            chunks.into_par_iter().for_each(speak);
        }
    }

    fn is_anybody_told(&self) -> bool {
        self.is_told.iter().any(|is_told| is_told.load(Relaxed))
    }
}

/// Edges and what their ends said last. A later call with other odds, or with some edges more and some fewer, goes on from there.
#[derive(Default)]
pub(super) struct Net {
    /// Names of the edges, ascending.
    names: Vec<u32>,
    sides: Option<[Speakers; 2]>,
    /// The edges in the order of the received side.
    order: Vec<u32>,
}

impl Net {
    /// The posterior of each edge, given its odds. Edges ascend, as their names do.
    pub(super) fn marginals(
        &mut self,
        names: Vec<u32>,
        edges: &[(Pair, f64)],
        rest: Rest,
    ) -> Vec<f64> {
        if self.names != names || self.sides.is_none() {
            self.rebuild(names, edges);
        }
        let [sent, received] = self.sides.as_mut().expect("it was built just now");
        sent.ask(edges.iter().map(|edge| edge.1));
        received.ask(self.order.iter().map(|&edge| edges[edge as usize].1));
        let mut n_rounds = 0;
        while n_rounds < rest.rounds_max && sent.is_anybody_told() {
            sent.speak(received, rest.tolerance);
            received.speak(sent, rest.tolerance);
            n_rounds += 1;
        }
        let said = sent.said.par_iter().zip(&sent.stars.across);
        said.zip(&sent.odds)
            .map(|((said, across), odds)| {
                let pull = odds * f64::from(*said) * f64::from(received.said[*across as usize]);
                pull / (1.0 + pull)
            })
            .collect()
    }

    /// Other edges; those that stay keep what was said along them.
    fn rebuild(&mut self, names: Vec<u32>, edges: &[(Pair, f64)]) {
        let ([sent, received], order) = stars(edges);
        let mut said = [vec![1.0; edges.len()], vec![1.0; edges.len()]];
        if let Some([old_sent, old_received]) = &self.sides {
            let mut old = self.names.iter().enumerate().peekable();
            for (edge, name) in names.iter().enumerate() {
                while old.next_if(|of| of.1 < name).is_some() {}
                if let Some((place, _)) = old.next_if(|of| of.1 == name) {
                    said[0][edge] = old_sent.said[place];
                    let across = old_sent.stars.across[place] as usize;
                    said[1][sent.across[edge] as usize] = old_received.said[across];
                }
            }
        }
        let [said_sent, said_received] = said;
        let sides = [
            Speakers::new(sent, said_sent),
            Speakers::new(received, said_received),
        ];
        (self.names, self.sides, self.order) = (names, Some(sides), order);
    }
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
    use super::{Net, Pair, Rest};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn marginals(edges: &[(Pair, f64)]) -> Vec<f64> {
        let rest = Rest {
            tolerance: 1e-9,
            rounds_max: 200,
        };
        let names = (0..).take(edges.len()).collect();
        Net::default().marginals(names, edges, rest)
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
    fn two_equal_candidates_share_however_certain() {
        for odds in [1e6, 100_f64.exp2()] {
            let found = marginals(&[((0, 0), odds), ((0, 1), odds)]);
            assert!(
                found.iter().all(|posterior| (posterior - 0.5).abs() < 1e-3),
                "{found:?}"
            );
        }
    }

    proptest! {
        /// What was said along edges that stay helps, and changes nothing.
        #[test]
        fn a_net_goes_on_with_other_edges(
            first in prop::collection::btree_map((0_u32..6, 0_u32..6), 0.01_f64..100.0, 1..16),
            second in prop::collection::btree_map((0_u32..6, 0_u32..6), 0.01_f64..100.0, 1..16),
        ) {
            let rest = Rest { tolerance: 1e-7, rounds_max: 400 };
            let asked = |net: &mut Net, of: &BTreeMap<Pair, f64>| {
                let names = of.keys().map(|pair| pair.0 * 6 + pair.1).collect();
                let edges: Vec<(Pair, f64)> = of.iter().map(|(&pair, &odds)| (pair, odds)).collect();
                net.marginals(names, &edges, rest)
            };
            let mut net = Net::default();
            asked(&mut net, &first);
            let (gone_on, fresh) = (asked(&mut net, &second), asked(&mut Net::default(), &second));
            for (a, b) in gone_on.iter().zip(&fresh) {
                prop_assert!((a - b).abs() < 1e-4, "{} {}", a, b);
            }
        }
    }
}
