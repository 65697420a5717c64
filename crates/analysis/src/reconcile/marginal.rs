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

/// So few times as many nodes speak sooner than another thread is awake.
const N_CHUNKS_FEW: usize = 16;

/// A pair that weighs more, in bits, is as certain as one that weighs this.
const WEIGHT_MAX_BITS: f64 = 100.0;

/// A pair that may be a match.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Edge {
    /// Where it stands among all pairs, which is its name from one call to the next.
    pub(super) place: u32,
    pub(super) pattern: u32,
    pub(super) pair: Pair,
    /// log2 of its odds before the constraint.
    pub(super) bits: f64,
}

impl Edge {
    fn odds(&self) -> f64 {
        self.bits.min(WEIGHT_MAX_BITS).exp2()
    }
}

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
fn stars(edges: &[Edge]) -> ([Stars; 2], Vec<u32>) {
    let n_received = edges
        .iter()
        .map(|edge| edge.pair.1)
        .max()
        .map_or(0, |last| last as usize + 1);
    let mut next = vec![0_usize; n_received + 1];
    for edge in edges {
        next[edge.pair.1 as usize + 1] += 1;
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
    for star in edges.chunk_by(|a, b| a.pair.0 == b.pair.0) {
        let node = number(sent.n_nodes());
        for other in star.iter().map(|edge| edge.pair.1) {
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
    /// Whether a node was told something new, and whether one of so many as a thread takes at once was: where few are told, the rest
    /// is not looked at.
    is_told: Vec<AtomicBool>,
    is_chunk_told: Vec<AtomicBool>,
}

impl Speakers {
    fn new(stars: Stars, said: Vec<f32>) -> Self {
        let n_nodes = stars.n_nodes();
        let told = |n| (0..n).map(|_| AtomicBool::new(true)).collect();
        Self {
            is_told: told(n_nodes),
            is_chunk_told: told(n_nodes.div_ceil(N_AT_ONCE)),
            stars,
            odds: Vec::new(),
            said,
        }
    }

    /// Everybody is to speak.
    fn ask(&mut self) {
        for is_told in self.is_told.iter_mut().chain(&mut self.is_chunk_told) {
            *is_told.get_mut() = true;
        }
    }

    /// A node hears something new.
    fn tell(&self, node: usize) {
        self.is_told[node].store(true, Relaxed);
        self.is_chunk_told[node / N_AT_ONCE].store(true, Relaxed);
    }

    /// All that were told something new speak, given what the others said; those that hear something new will.
    fn speak(&mut self, others: &Self, tolerance: f32) {
        let Self {
            stars,
            odds,
            said,
            is_told,
            is_chunk_told,
        } = self;
        let offsets = &stars.offsets;
        let (mut rest, mut begin) = (&mut said[..], 0);
        let mut chunks = Vec::new();
        for (chunk, is_told) in is_chunk_told.iter_mut().enumerate() {
            if !std::mem::take(is_told.get_mut()) {
                continue;
            }
            let nodes = chunk * N_AT_ONCE..((chunk + 1) * N_AT_ONCE).min(stars.n_nodes());
            let (first, last) = (offsets[nodes.start], offsets[nodes.end]);
            let (said, behind) =
                std::mem::take(&mut rest)[first - begin..].split_at_mut(last - first);
            (rest, begin) = (behind, last);
            chunks.push((nodes, said));
        }
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
                        others.tell(hearer as usize);
                    }
                    *said = message;
                }
            }
        };
        if chunks.len() < N_CHUNKS_FEW {
            chunks.into_iter().for_each(speak);
        } else {
            chunks.into_par_iter().for_each(speak);
        }
    }

    fn is_anybody_told(&self) -> bool {
        self.is_chunk_told.iter().any(|told| told.load(Relaxed))
    }
}

/// Edges and what their ends said last. A later call with other odds, or with some edges more and some fewer, goes on from there.
#[derive(Default)]
pub(super) struct Net {
    /// Those of the edges, ascending.
    places: Vec<u32>,
    sides: Option<[Speakers; 2]>,
    /// The edges in the order of the received side.
    order: Vec<u32>,
}

impl Net {
    /// The posterior of each edge. Edges ascend.
    pub(super) fn marginals(&mut self, edges: &[Edge], rest: Rest) -> Vec<f64> {
        let places = edges.iter().map(|edge| edge.place);
        if self.sides.is_none() || !self.places.iter().copied().eq(places) {
            self.rebuild(edges);
        }
        let [sent, received] = self.sides.as_mut().expect("it was built just now");
        let odds = edges.par_iter().map(Edge::odds);
        odds.collect_into_vec(&mut sent.odds);
        sent.ask();
        let odds = self.order.iter().map(|&edge| sent.odds[edge as usize]);
        received.odds.clear();
        received.odds.extend(odds);
        received.ask();
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
    fn rebuild(&mut self, edges: &[Edge]) {
        let ([sent, received], order) = stars(edges);
        let mut said = [vec![1.0; edges.len()], vec![1.0; edges.len()]];
        if let Some([old_sent, old_received]) = &self.sides {
            let mut old = self.places.iter().enumerate().peekable();
            for (edge, of) in edges.iter().enumerate() {
                while old.next_if(|old| *old.1 < of.place).is_some() {}
                if let Some((place, _)) = old.next_if(|old| *old.1 == of.place) {
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
        self.places = edges.iter().map(|edge| edge.place).collect();
        (self.sides, self.order) = (Some(sides), order);
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
    use super::{Edge, Net, Pair, Rest};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn edge(place: u32, pair: Pair, odds: f64) -> Edge {
        Edge {
            place,
            pattern: 0,
            pair,
            bits: odds.log2(),
        }
    }

    fn marginals(edges: &[(Pair, f64)]) -> Vec<f64> {
        let rest = Rest {
            tolerance: 1e-9,
            rounds_max: 200,
        };
        let edges = (0..).zip(edges);
        let edges: Vec<Edge> = edges.map(|(place, of)| edge(place, of.0, of.1)).collect();
        Net::default().marginals(&edges, rest)
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

    /// More nodes than a few chunks, so that threads share them and most are not looked at in the last rounds.
    #[test]
    fn many_nodes_come_to_rest_alike_in_any_number_of_threads() {
        let rest = Rest {
            tolerance: 1e-7,
            rounds_max: 400,
        };
        let odds = |place: u32| f64::from(place * 7_919 % 97 + 1) / 10.0;
        let pairs = (0_u32..12_000).map(|place| (place, (place / 2, place.div_ceil(2))));
        let first: Vec<Edge> = pairs
            .map(|(place, pair)| edge(place, pair, odds(place)))
            .collect();
        let mut second = first.clone();
        for of in [11_000, 11_001, 11_700] {
            second[of].bits = 12.0;
        }
        let with = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .unwrap();
            let mut net = Net::default();
            pool.install(|| [&first, &second].map(|edges| net.marginals(edges, rest)))
        };
        let one = with(1);
        assert_eq!(one, with(8));
        let fresh = Net::default().marginals(&second, rest);
        for (gone_on, fresh) in one[1].iter().zip(&fresh) {
            assert!((gone_on - fresh).abs() < 1e-4, "{gone_on} {fresh}");
        }
        let moved = one[0].iter().zip(&one[1]).map(|(a, b)| (a - b).abs());
        assert!(moved.reduce(f64::max).unwrap() > 0.1);
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
                let edges = of.iter().map(|(&pair, &odds)| edge(pair.0 * 6 + pair.1, pair, odds));
                net.marginals(&edges.collect::<Vec<_>>(), rest)
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
