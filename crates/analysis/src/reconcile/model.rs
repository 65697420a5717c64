//! The model of Fellegi and Sunter (1969): how often the two records of one order agree (m), how often strangers do (u).
//!
//! Method. u by a seeded draw of pairs. m by expectation-maximisation once for each pass of blocking, with what the pass
//! itself decides left out (Enamorado, Fifield, Imai 2019; Splink); then together, over the pairs of all passes, with the
//! posteriors under the constraint that an order has one partner ([`super::marginal`]). m keeps half a count for each level, so no
//! level is impossible. u is cleared of the pairs that are matches, and a value that both state counts by its rarity.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]

use super::Options;
use super::block::{Pair, Pass, may_pair};
use super::compare::{Comparison, Levels, N, compare};
use super::frequency::Frequencies;
use super::marginal::{Free, marginals};
use super::order::{Prepared, Side};
use crate::linkage::shares::{SILENT, change, count, halves, shares};
use rand_core::Rng;
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Pairs that weigh less, in bits, take no part in the constraint: their posterior is below one in four thousand.
const WEIGHT_MIN_BITS: f64 = -12.0;
/// The posteriors given are at rest when no message moves by more.
const TOLERANCE: f64 = 1e-6;
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

/// The pairs of all passes, compared.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) pairs: Vec<Pair>,
    pub(super) levels: Vec<Levels>,
    /// Rarities, summed over the comparisons that agree by value.
    value_bits: Vec<f32>,
    /// Passes that gave the pair, as bits.
    passes: Vec<u8>,
}

impl Candidates {
    pub(super) fn of(
        orders: &[Prepared<'_>],
        frequencies: &Frequencies<'_>,
        by_pass: &[Vec<Pair>],
        options: &Options,
    ) -> Self {
        let mut tagged: Vec<(Pair, u8)> = by_pass
            .iter()
            .enumerate()
            .flat_map(|(pass, pairs)| pairs.iter().map(move |&pair| (pair, 1 << pass)))
            .collect();
        tagged.par_sort_unstable();
        tagged.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 |= next.1;
            }
            same
        });
        let compared: Vec<(Levels, f32)> = tagged
            .par_iter()
            .map(|&((a, b), _)| {
                let (sent, received) = (&orders[a as usize], &orders[b as usize]);
                let (levels, rarity) = compare(sent, received, frequencies, options);
                (levels, rarity.iter().sum())
            })
            .collect();
        Self {
            pairs: tagged.iter().map(|of| of.0).collect(),
            passes: tagged.iter().map(|of| of.1).collect(),
            levels: compared.iter().map(|of| of.0).collect(),
            value_bits: compared.iter().map(|of| of.1).collect(),
        }
    }
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

fn draw(orders: &[Prepared<'_>], frequencies: &Frequencies<'_>, options: &Options) -> Drawn {
    let side = |no: Side| -> Vec<usize> {
        let places = orders.iter().enumerate();
        places
            .filter(|(_, order)| order.order.side != no)
            .map(|of| of.0)
            .collect()
    };
    let (sent, received) = (side(Side::Received), side(Side::Sent));
    let n_all = sent.len() as u64 * received.len() as u64;
    let is_whole = n_all <= options.n_samples as u64;
    let n = if is_whole {
        n_all
    } else {
        options.n_samples as u64
    };
    let mut random = Pcg64Mcg::new(u128::from(options.seed));
    let mut below =
        |n: usize| usize::try_from((u128::from(random.next_u64()) * n as u128) >> 64).unwrap_or(0);
    let drawn: Vec<(usize, usize)> = (0..n)
        .map(|k| {
            if is_whole {
                let k = usize::try_from(k).unwrap_or(0);
                (sent[k / received.len()], received[k % received.len()])
            } else {
                let a = below(sent.len());
                (sent[a], received[below(received.len())])
            }
        })
        .collect();
    let levels: Vec<Levels> = drawn
        .par_iter()
        .filter(|&&(a, b)| may_pair(&orders[a], &orders[b]))
        .map(|&(a, b)| compare(&orders[a], &orders[b], frequencies, options).0)
        .collect();
    let mut counts = levels_of(options, 0.0);
    for levels in &levels {
        count(&mut counts, levels, 1.0);
    }
    Drawn {
        counts,
        n: levels.len() as f64,
        n_all: n_all as f64,
        admitted: levels.len() as f64 / n.max(1) as f64,
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
    let mut patterns: FxHashMap<Levels, f64> = FxHashMap::default();
    for (levels, passes) in candidates.levels.iter().zip(&candidates.passes) {
        if passes & (1 << pass) != 0 {
            *patterns.entry(*levels).or_default() += 1.0;
        }
    }
    // In one order, so that sums come out the same.
    let mut patterns: Vec<(Levels, f64)> = patterns.into_iter().collect();
    patterns.sort_unstable_by_key(|of| of.0);
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
        for &(ref levels, n) in &patterns {
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
    /// Estimates the model, and gives the posterior of each pair beside.
    pub(super) fn estimate(
        orders: &[Prepared<'_>],
        frequencies: &Frequencies<'_>,
        candidates: &Candidates,
        options: &Options,
    ) -> (Self, Vec<f64>) {
        let drawn = draw(orders, frequencies, options);
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
        let mut free = vec![[1.0; 2]; candidates.pairs.len()];
        let mut posteriors = model.posteriors(candidates, &mut free, options.tolerance);
        while !model.is_settled && model.n_rounds < options.rounds_max {
            let mut counts = levels_of(options, 0.0);
            for (levels, &posterior) in candidates.levels.iter().zip(&posteriors) {
                count(&mut counts, levels, posterior);
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
            model.expect(posteriors.iter().sum(), &drawn);
            model.n_rounds += 1;
            model.is_settled = moved < options.tolerance;
            posteriors = model.posteriors(candidates, &mut free, options.tolerance);
        }
        let posteriors = model.posteriors(candidates, &mut free, TOLERANCE);
        (model, posteriors)
    }

    /// The mean of what the passes say of each comparison, by the matches that each rests on.
    fn of_passes(candidates: &Candidates, u: &[Vec<f64>], options: &Options) -> Vec<Vec<f64>> {
        let mut sums = levels_of(options, 0.0);
        for (pass, &by) in Pass::ALL.iter().enumerate() {
            let (m, n_matches) = of_pass(candidates, pass, u, options);
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

    /// log2 of a pair's odds before the constraint.
    pub(super) fn weights(&self, candidates: &Candidates) -> Vec<f64> {
        let table: Vec<Vec<f64>> = Comparison::ALL
            .iter()
            .map(|&comparison| {
                let levels = 0..self.m[comparison as usize].len();
                levels
                    .map(|level| self.bits(comparison, u8::try_from(level).unwrap_or(SILENT), 0.0))
                    .collect()
            })
            .collect();
        let pairs = candidates.levels.par_iter().zip(&candidates.value_bits);
        pairs
            .map(|(levels, &value_bits)| {
                let stated = table.iter().zip(levels).filter(|of| *of.1 != SILENT);
                let bits: f64 = stated.map(|(table, &level)| table[level as usize]).sum();
                self.prior_bits + f64::from(value_bits) + bits
            })
            .collect()
    }

    /// The posterior of each pair; `free` is where the last call ended.
    fn posteriors(&self, candidates: &Candidates, free: &mut [Free], tolerance: f64) -> Vec<f64> {
        let weights = self.weights(candidates);
        let places: Vec<usize> = (0..weights.len())
            .filter(|&place| weights[place] >= WEIGHT_MIN_BITS)
            .collect();
        let edges: Vec<(Pair, f64)> = places
            .par_iter()
            .map(|&place| (candidates.pairs[place], weights[place].min(200.0).exp2()))
            .collect();
        let mut held: Vec<Free> = places.iter().map(|&place| free[place]).collect();
        let found = marginals(&edges, &mut held, tolerance);
        let mut posteriors = vec![0.0; weights.len()];
        for (place, (posterior, held)) in places.into_iter().zip(found.into_iter().zip(held)) {
            posteriors[place] = posterior;
            free[place] = held;
        }
        posteriors
    }
}
