//! The model of Fellegi and Sunter (1969): how often the two records of one order agree (m), how often strangers do (u).
//!
//! Method. u by a seeded draw of pairs. m by expectation-maximisation once for each pass of blocking, with what the pass
//! itself decides left out (Enamorado, Fifield, Imai 2019; Splink); then together, over the pairs of all passes, with the
//! posteriors under the constraint that an order has one partner ([`super::marginal`]). m keeps half a count for each level, so no
//! level is impossible. u is cleared of the pairs that are matches, and a value that both state counts by its rarity.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]

use super::Options;
use super::block::{Pair, Pass, may_pair};
use super::candidates::Candidates;
use super::compare::{Comparison, Levels, N, compare};
use super::marginal::{Edge, Net, Rest};
use super::order::Side;
use super::record::{Glance, Records};
use crate::linkage::shares::{SILENT, change, count, halves, shares};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

/// Pairs that weigh less, in bits, take no part in the constraint: their posterior is below one in four thousand.
const WEIGHT_MIN_BITS: f64 = -12.0;
/// As long as the model moves by more than this, pairs that weigh less than so many bits take no part.
const COARSE: (f64, f64) = (0.02, -4.0);
/// The posteriors given are at rest when no message moves by more.
const TOLERANCE: f32 = 1e-6;
/// Most rounds of messages for the posteriors given; a round moves information one pair further.
const ROUNDS_MAX: u32 = 200;
/// Most rounds of messages between two estimations of the model: each goes on where the last ended, so that they come to rest together.
const ROUNDS_OF_ESTIMATION: u32 = 2;
/// Records of the received side that are drawn from in their turn.
const BLOCK: usize = 2048;
/// Pairs that a thread takes at once.
const N_AT_ONCE: usize = 8192;
/// At least this share of either side is held to have no partner.
const UNMATCHED_MIN: f64 = 0.02;

/// Probabilities of each level of each comparison.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Among records of one order, by comparison and level.
    pub m: Vec<Vec<f64>>,
    /// Among strangers, by comparison and level.
    pub u: Vec<Vec<f64>>,
    /// log2 of the odds, before anything is compared, that two records without another partner are one order.
    pub prior_bits: f64,
    /// Matches to be expected.
    pub n_expected: f64,
    /// Rounds of the last estimation, and whether it came to rest.
    pub n_rounds: u32,
    /// Whether the last estimation came to rest.
    pub is_settled: bool,
}

/// Strangers drawn at random: how often they stood at each level.
#[derive(Debug)]
struct Drawn {
    counts: Vec<Vec<f64>>,
    /// Pairs drawn that may be one order.
    n: f64,
    /// All pairs of the two sides.
    n_all: f64,
    /// Share of them that may be one order.
    admitted: f64,
    n_sent: f64,
    n_received: f64,
}

/// Each part of the sent side is drawn from as often as the next one, and so is each part of the received side (stratified: as without
/// parts in the mean, and nearer to it).
fn draw(records: &Records<'_>, options: &Options) -> Drawn {
    let side = |no: Side| -> Vec<&Glance> {
        let glances = records.glances.iter();
        glances.filter(|of| of.side != no).collect()
    };
    let (sent, received) = (side(Side::Received), side(Side::Sent));
    let n_all = sent.len() * received.len();
    let n = n_all.min(options.n_samples);
    let n_blocks = received.len().div_ceil(BLOCK).max(1);
    let firsts: Vec<usize> = (0..n).step_by(N_AT_ONCE).collect();
    let parts: Vec<(Vec<Vec<f64>>, f64)> = firsts
        .into_par_iter()
        .map(|first| {
            let mut random = Pcg64Mcg::seed_from_u64(options.seed ^ first as u64);
            let mut below = |n: usize| {
                usize::try_from((u128::from(random.next_u64()) * n as u128) >> 64).unwrap_or(0)
            };
            let (mut at_level, mut n_admitted) = ([[0_u32; SILENT as usize + 1]; N], 0.0);
            // Blocks in turn, each with all of the sent side: what is drawn from one stays at hand.
            let (mut block, mut rest) = (first * n_blocks / n, first * n_blocks % n);
            let bounds =
                |block: usize| [block, block + 1].map(|block| block * received.len() / n_blocks);
            let [mut start, mut end] = bounds(block);
            for nth in first..(first + N_AT_ONCE).min(n) {
                let (a, b) = if n == n_all {
                    (nth / received.len(), nth % received.len())
                } else {
                    while rest >= n {
                        (block, rest) = (block + 1, rest - n);
                        [start, end] = bounds(block);
                    }
                    let partner = start + below(end - start);
                    let moved = rest + below(n_blocks);
                    let moved = if moved < n { moved } else { moved % n };
                    rest += n_blocks;
                    (moved * sent.len() / n, partner)
                };
                let (a, b) = (sent[a], received[b]);
                if may_pair((a.side, a.book), (b.side, b.book)) {
                    compare(records, a, b, options, |of, level, _| {
                        at_level[of as usize][usize::from(level)] += 1;
                    });
                    n_admitted += 1.0;
                }
            }
            let mut counts = levels_of(options, 0.0);
            for (counts, at_level) in counts.iter_mut().zip(at_level) {
                let levels = counts.iter_mut().zip(at_level);
                levels.for_each(|(sum, n)| *sum = f64::from(n));
            }
            (counts, n_admitted)
        })
        .collect();
    let (mut counts, mut n_admitted) = (levels_of(options, 0.0), 0.0);
    for (part, n) in parts {
        let pairs = counts.iter_mut().flatten().zip(part.iter().flatten());
        pairs.for_each(|(sum, part)| *sum += part);
        n_admitted += n;
    }
    Drawn {
        counts,
        n: n_admitted,
        n_all: n_all as f64,
        admitted: n_admitted / n.max(1) as f64,
        n_sent: sent.len() as f64,
        n_received: received.len() as f64,
    }
}

fn levels_of(options: &Options, value: f64) -> Vec<Vec<f64>> {
    let levels = Comparison::ALL.iter();
    levels
        .map(|comparison| vec![value; comparison.n_levels(options)])
        .collect()
}

/// m before anything is seen: each level half as often as the better one before.
fn guess(options: &Options) -> Vec<Vec<f64>> {
    let n_levels = Comparison::ALL
        .iter()
        .map(|comparison| comparison.n_levels(options));
    n_levels.map(halves).collect()
}

/// m as one pass sees it, for the comparisons that it does not decide, and the matches it rests on.
fn of_pass(
    candidates: &Candidates,
    pass: usize,
    u: &[Vec<f64>],
    options: &Options,
) -> (Vec<Vec<f64>>, f64) {
    let patterns = candidates.levels.iter().zip(&candidates.n_by_pass);
    let patterns: Vec<(&Levels, f64)> = patterns
        .map(|(levels, n)| (levels, f64::from(n[pass])))
        .filter(|of| of.1 > 0.0)
        .collect();
    let is_free: Vec<bool> = Comparison::ALL
        .iter()
        .map(|&of| !Pass::ALL[pass].decides(of))
        .collect();
    let n: f64 = patterns.iter().map(|of| of.1).sum();
    let (mut m, mut lambda) = (guess(options), 0.1);
    let mut n_matches = 0.0;
    for _ in 0..options.rounds_max {
        let mut counts = levels_of(options, 0.0);
        n_matches = 0.0;
        for &(levels, n) in &patterns {
            let mut odds: f64 = lambda / (1.0 - lambda);
            for place in (0..N).filter(|&place| is_free[place] && levels[place] != SILENT) {
                let level = levels[place] as usize;
                odds *= m[place][level] / u[place][level];
            }
            let weight = n * odds / (1.0 + odds);
            count(&mut counts, levels, weight);
            n_matches += weight;
        }
        let next: Vec<Vec<f64>> = counts.iter().map(|counts| shares(counts)).collect();
        let moved = change(&m, &next);
        m = next;
        lambda = (n_matches / n.max(1.0)).clamp(1e-6, 1.0 - 1e-6);
        if moved < options.tolerance {
            break;
        }
    }
    (m, n_matches)
}

impl Model {
    /// Estimates the model, and gives what the pairs that may be matches weigh beside, ascending.
    pub(super) fn estimate(
        records: &Records<'_>,
        candidates: &Candidates,
        options: &Options,
    ) -> (Self, Vec<Weighed>) {
        let drawn = draw(records, options);
        let u: Vec<Vec<f64>> = drawn.counts.iter().map(|counts| shares(counts)).collect();
        let m = Self::of_passes(candidates, &u, options);
        let mut model = Self {
            m,
            u,
            prior_bits: 0.0,
            n_expected: 0.0,
            n_rounds: 0,
            is_settled: false,
        };
        model.expect(drawn.n_sent.min(drawn.n_received) / 2.0, &drawn);
        let mut net = Net::default();
        let mut bits_min = COARSE.1;
        let some = Rest {
            tolerance: options.tolerance as f32,
            rounds_max: ROUNDS_OF_ESTIMATION,
        };
        let mut found = model.posteriors(candidates, &mut net, bits_min, some);
        while !model.is_settled && model.n_rounds < options.rounds_max {
            let mut counts = levels_of(options, 0.0);
            for (levels, weight) in candidates.levels.iter().zip(found.by_pattern(candidates)) {
                count(&mut counts, levels, weight);
            }
            // Of the pairs drawn, so many were matches at each level.
            let share = drawn.n / (drawn.n_all * drawn.admitted).max(1.0);
            let strangers = drawn.counts.iter().zip(&counts).map(|(drawn, matches)| {
                let left = drawn
                    .iter()
                    .zip(matches)
                    .map(|(drawn, matches)| drawn - share * matches);
                shares(&left.collect::<Vec<f64>>())
            });
            model.u = strangers.collect();
            let m: Vec<Vec<f64>> = counts.iter().map(|counts| shares(counts)).collect();
            let moved = change(&model.m, &m);
            model.m = m;
            model.expect(found.of.iter().sum(), &drawn);
            model.n_rounds += 1;
            model.is_settled = moved < options.tolerance && bits_min <= WEIGHT_MIN_BITS;
            if moved < COARSE.0 {
                bits_min = WEIGHT_MIN_BITS;
            }
            found = model.posteriors(candidates, &mut net, bits_min, some);
        }
        let last = Rest {
            tolerance: TOLERANCE,
            rounds_max: ROUNDS_MAX,
        };
        let found = model.posteriors(candidates, &mut net, WEIGHT_MIN_BITS, last);
        let weighed = found.edges.into_iter().zip(found.of);
        let weighed = weighed.map(|(edge, posterior)| Weighed {
            pair: edge.pair,
            posterior,
            bits: edge.bits,
        });
        (model, weighed.collect())
    }

    /// The mean of what the passes say of each comparison, by the matches that each rests on.
    fn of_passes(candidates: &Candidates, u: &[Vec<f64>], options: &Options) -> Vec<Vec<f64>> {
        let mut sums = levels_of(options, 0.0);
        let passes: Vec<_> = (0..Pass::ALL.len())
            .into_par_iter()
            .map(|pass| of_pass(candidates, pass, u, options))
            .collect();
        for (&by, (m, n_matches)) in Pass::ALL.iter().zip(passes) {
            for (place, comparison) in Comparison::ALL.into_iter().enumerate() {
                if !by.decides(comparison) {
                    let pairs = sums[place].iter_mut().zip(&m[place]);
                    pairs.for_each(|(sum, m)| *sum += n_matches * m);
                }
            }
        }
        let guessed = guess(options);
        let estimated = sums.iter().zip(guessed).map(|(sums, guessed)| {
            if sums.iter().sum::<f64>() < 1.0 {
                guessed
            } else {
                shares(sums)
            }
        });
        estimated.collect()
    }

    /// Sets the prior by the matches to be expected: of two records without a partner each, so many odds as make that many
    /// matches, if nothing were compared.
    fn expect(&mut self, n_expected: f64, drawn: &Drawn) {
        let free = |n: f64| (n - n_expected).max(UNMATCHED_MIN * n) + 1.0;
        let pairs = free(drawn.n_sent) * free(drawn.n_received) * drawn.admitted.max(1e-9);
        self.n_expected = n_expected;
        self.prior_bits = (n_expected.max(0.5) / pairs).log2();
    }

    /// log2 of m ÷ u of one comparison at a level; agreement by value weighs what the value is rare.
    pub(super) fn bits(&self, comparison: Comparison, level: u8, rarity: f32) -> f64 {
        if level == SILENT {
            return 0.0;
        }
        let (m, u) = (&self.m[comparison as usize], &self.u[comparison as usize]);
        let strangers = if comparison.is_by_value(level) {
            -f64::from(rarity)
        } else {
            u[level as usize].log2()
        };
        m[level as usize].log2() - strangers
    }

    /// log2 of the odds of each pattern before the constraint, without the prior and the rarities.
    fn pattern_bits(&self, candidates: &Candidates) -> Vec<f64> {
        let patterns = candidates.levels.iter();
        let bits = patterns.map(|levels| {
            let levels = Comparison::ALL.into_iter().zip(levels);
            levels.map(|(of, &level)| self.bits(of, level, 0.0)).sum()
        });
        bits.collect()
    }

    /// The posteriors of pairs; the net goes on from where the last call ended.
    fn posteriors(
        &self,
        candidates: &Candidates,
        net: &mut Net,
        bits_min: f64,
        rest: Rest,
    ) -> Posteriors {
        let of_pattern = self.pattern_bits(candidates);
        let parts = candidates.parts.par_iter().flat_map_iter(|part| {
            let of_pattern: Vec<f64> = part
                .patterns
                .iter()
                .map(|&of| self.prior_bits + of_pattern[of as usize])
                .collect();
            // Most pairs end here: a sum in short numbers is enough to tell, with one bit to spare.
            let least: Vec<f32> = of_pattern
                .iter()
                .map(|bits| (bits_min - 1.0 - bits) as f32)
                .collect();
            let heavy = part.of_sent(move |of| of.value_bits >= least[of.pattern as usize]);
            let edges = heavy.map(move |(place, sent, of)| Edge {
                place,
                pattern: part.patterns[of.pattern as usize],
                pair: (sent, of.received),
                bits: f64::from(of.value_bits) + of_pattern[of.pattern as usize],
            });
            edges.filter(move |edge| edge.bits >= bits_min)
        });
        let edges: Vec<Edge> = parts.collect();
        let of = net.marginals(&edges, rest);
        Posteriors { edges, of }
    }
}

/// A pair that may be a match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighed {
    pub(super) pair: Pair,
    /// That they are one order, given that each has one partner at most.
    pub(super) posterior: f64,
    /// log2 of the odds before that.
    pub(super) bits: f64,
}

/// Posteriors of the pairs that may be matches; those of others are nothing.
struct Posteriors {
    edges: Vec<Edge>,
    of: Vec<f64>,
}

impl Posteriors {
    /// Their sums by pattern.
    fn by_pattern(&self, candidates: &Candidates) -> Vec<f64> {
        let mut sums = vec![0.0; candidates.levels.len()];
        for (edge, posterior) in self.edges.iter().zip(&self.of) {
            sums[edge.pattern as usize] += posterior;
        }
        sums
    }
}
