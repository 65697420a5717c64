//! The model of Fellegi and Sunter (1969): how often two mentions of one person agree (m), how often strangers do (u).
//!
//! Method. u by a seeded draw of pairs, cleared of those that are matches. m by expectation-maximisation over the pairs that blocking
//! proposes. Mentions that stand at one place of one order in two books are held to be one person at the posterior of the order: they
//! show how hands spell names, whatever the names are; what agrees because the order is one (home, partner) is not counted there. A
//! value that both state counts by its rarity. Sums are taken in pieces of one size, so that threads change nothing.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]

use super::Options;
use super::block::Pair;
use super::compare::{Comparison, Judge, Levels, N};
use super::mention::Prepared;
use super::name::Likeness;
use crate::linkage::shares::{SILENT, change, count, halves, shares};
use moneytrail_model::{Stop, Watch};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Pairs whose sum is taken at once.
const N_AT_ONCE: usize = 1 << 12;

/// Probabilities of each level of each comparison.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Among mentions of one person, by comparison and level.
    pub m: Vec<Vec<f64>>,
    /// Among strangers, by comparison and level.
    pub u: Vec<Vec<f64>>,
    /// log2 of the odds, before anything is compared, that two mentions are of one person.
    pub prior_bits: f64,
    /// Pairs of mentions of one person to be expected.
    pub n_expected: f64,
    /// Rounds of the estimation.
    pub n_rounds: u32,
    /// Whether it came to rest.
    pub is_settled: bool,
}

/// A pair that was compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    levels: Levels,
    /// Rarities, summed over the comparisons that agree by value.
    value_bits: f32,
    /// Posterior of the order at one place of which both stand; 0 if they do not.
    tie: f32,
}

pub(super) fn candidates(
    mentions: &[Prepared],
    pairs: &[Pair],
    ties: &FxHashMap<Pair, f64>,
    judge: Judge<'_>,
    watch: &dyn Watch,
) -> Result<Vec<Candidate>, Stop> {
    pairs
        .par_iter()
        .map(|&pair| {
            watch.check()?;
            let (levels, rarity) =
                judge.compare(&mentions[pair.0 as usize], &mentions[pair.1 as usize]);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a probability keeps seven places"
            )]
            let tie = ties.get(&pair).copied().unwrap_or_default() as f32;
            Ok(Candidate {
                levels,
                value_bits: rarity.iter().sum(),
                tie,
            })
        })
        .collect()
}

type Counts = Vec<Vec<f64>>;

fn levels_of(value: f64) -> Counts {
    Comparison::ALL
        .iter()
        .map(|of| vec![value; of.levels().len()])
        .collect()
}

/// Levels of pairs drawn at random, and how many were drawn.
fn draw(mentions: &[Prepared], judge: Judge<'_>, options: &Options) -> (Counts, f64) {
    let n = mentions.len();
    let n_all = n as u64 * (n as u64).saturating_sub(1) / 2;
    let is_whole = n_all <= options.n_samples as u64;
    let mut random = Pcg64Mcg::seed_from_u64(options.seed);
    let mut below =
        |n: usize| usize::try_from((u128::from(random.next_u64()) * n as u128) >> 64).unwrap_or(0);
    let drawn: Vec<(usize, usize)> = if is_whole {
        (0..n)
            .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
            .collect()
    } else {
        let pairs = (0..options.n_samples).map(|_| {
            let a = below(n);
            (a, (a + 1 + below(n - 1)) % n)
        });
        pairs.collect()
    };
    let levels: Vec<Levels> = drawn
        .par_iter()
        .map(|&(a, b)| judge.compare(&mentions[a], &mentions[b]).0)
        .collect();
    let mut counts = levels_of(0.0);
    for levels in levels {
        count(&mut counts, &levels, 1.0);
    }
    (counts, drawn.len() as f64)
}

/// Pairs of names of one person by level, as if they had been seen before: few books teach little of how hands differ.
const NAMES_BEFORE: [f64; 8] = [9.0, 6.0, 3.0, 0.5, 0.2, 0.4, 0.2, 0.7];
/// Names are learnt from matched orders alone where there are as many.
const ORDERS_MIN: f64 = 50.0;
/// Share of people who are met by another hawaladar once, or whose order passed through one unseen.
const HOME_CHANGES: f64 = 0.01;
/// Share of pairs of numbers of one person that differ: people have two, or a new one.
const PHONE_CHANGES: f64 = 0.05;

/// Share of pairs of titles of one person that differ: one becomes a Haji, or is both.
const TITLE_CHANGES: f64 = 0.03;

/// How names of those whom orders tie stand to each other.
fn names_of_orders(candidates: &[Candidate], options: &Options) -> Vec<f64> {
    let mut counts = levels_of(0.0);
    for candidate in candidates.iter().filter(|candidate| candidate.tie > 0.0) {
        let weight = f64::from(candidate.tie) * (1.0 - options.altered_share);
        count(&mut counts, &candidate.levels, weight);
    }
    counts.swap_remove(Comparison::Name as usize)
}

/// What agreement of names had joined teaches that names agree; orders do so whatever the names. Only how a name that is one is spelled is
/// left as it was: two books are two hands, and most pairs are of one.
fn by_orders(m: &mut [f64], tied: &[f64]) {
    if tied.iter().sum::<f64>() < ORDERS_MIN {
        return;
    }
    let orders = shares(tied);
    let (same, spelling) = (Likeness::Same as usize, Likeness::Spelling as usize);
    let (one, own) = (orders[same] + orders[spelling], m[same] + m[spelling]);
    let of_one = [m[same], m[spelling]].map(|share| share / own * one);
    m.copy_from_slice(&orders);
    (m[same], m[spelling]) = (of_one[0], of_one[1]);
}

/// Lets the last level, disagreement, be no rarer than a share.
fn least(m: &mut [f64], share: f64) {
    let Some((last, rest)) = m.split_last_mut() else {
        return;
    };
    if *last < share {
        let scale = (1.0 - share) / (1.0 - *last);
        *last = share;
        for of in rest.iter_mut() {
            *of *= scale;
        }
    }
}

impl Model {
    /// Estimates the model.
    pub(super) fn estimate(
        mentions: &[Prepared],
        candidates: &[Candidate],
        judge: Judge<'_>,
        options: &Options,
        watch: &dyn Watch,
    ) -> Result<Self, Stop> {
        let (drawn, n_drawn) = draw(mentions, judge, options);
        let tied = names_of_orders(candidates, options);
        let n = mentions.len() as f64;
        let n_pairs = (n * (n - 1.0) / 2.0).max(1.0);
        let mut model = Self {
            m: Comparison::ALL
                .iter()
                .map(|of| halves(of.levels().len()))
                .collect(),
            u: drawn.iter().map(|counts| shares(counts)).collect(),
            prior_bits: 0.0,
            n_expected: 0.0,
            n_rounds: 0,
            is_settled: false,
        };
        model.expect(n, n_pairs);
        while !model.is_settled && model.n_rounds < options.rounds_max {
            watch.check()?;
            let (counts, matches, n_expected) = model.round(candidates, options);
            let share = n_drawn / n_pairs;
            model.u = drawn
                .iter()
                .zip(&matches)
                .map(|(drawn, matches)| {
                    let left = drawn
                        .iter()
                        .zip(matches)
                        .map(|(drawn, of)| drawn - share * of);
                    shares(&left.collect::<Vec<f64>>())
                })
                .collect();
            let mut m: Counts = counts.iter().map(|counts| shares(counts)).collect();
            let names = counts[Comparison::Name as usize].iter().zip(NAMES_BEFORE);
            let names: Vec<f64> = names.map(|(count, before)| count + before).collect();
            m[Comparison::Name as usize] = shares(&names);
            by_orders(&mut m[Comparison::Name as usize], &tied);
            least(&mut m[Comparison::Home as usize], HOME_CHANGES);
            least(&mut m[Comparison::Phone as usize], PHONE_CHANGES);
            least(&mut m[Comparison::Title as usize], TITLE_CHANGES);
            let moved = change(&model.m, &m);
            model.m = m;
            model.expect(n_expected, n_pairs);
            model.n_rounds += 1;
            model.is_settled = moved < options.tolerance;
        }
        Ok(model)
    }

    /// Levels among what are matches by this model: as evidence of m, all of them; and how many matches there are.
    fn round(&self, candidates: &[Candidate], options: &Options) -> (Counts, Counts, f64) {
        let pieces: Vec<(Counts, Counts, f64)> = candidates
            .par_chunks(N_AT_ONCE)
            .map(|piece| {
                let (mut counts, mut all, mut n) = (levels_of(0.0), levels_of(0.0), 0.0);
                for candidate in piece {
                    let posterior = self.posterior(candidate, options);
                    let mut levels = candidate.levels;
                    count(&mut all, &levels, posterior);
                    if candidate.tie > 0.0 {
                        for of in Comparison::ALL.into_iter().filter(|of| of.is_of_order()) {
                            levels[of as usize] = SILENT;
                        }
                    }
                    count(&mut counts, &levels, posterior);
                    n += posterior;
                }
                (counts, all, n)
            })
            .collect();
        let (mut counts, mut all, mut n) = (levels_of(0.0), levels_of(0.0), 0.0);
        let sum = |into: &mut Counts, from: &Counts| {
            let pairs = into.iter_mut().flatten().zip(from.iter().flatten());
            pairs.for_each(|(into, from)| *into += from);
        };
        for piece in &pieces {
            sum(&mut counts, &piece.0);
            sum(&mut all, &piece.1);
            n += piece.2;
        }
        (counts, all, n)
    }

    fn posterior(&self, candidate: &Candidate, options: &Options) -> f64 {
        let mut bits = self.prior_bits + f64::from(candidate.value_bits);
        for (comparison, &level) in Comparison::ALL.into_iter().zip(&candidate.levels) {
            bits += self.bits(comparison, level, 0.0);
        }
        let own = probability(bits);
        let tied = f64::from(candidate.tie) * (1.0 - options.altered_share);
        own.max(tied)
    }

    /// Sets the prior: so many odds as make that many matches, if nothing were compared.
    fn expect(&mut self, n_expected: f64, n_pairs: f64) {
        let share = (n_expected.max(0.5) / n_pairs).clamp(1e-12, 0.5);
        self.n_expected = n_expected;
        self.prior_bits = (share / (1.0 - share)).log2();
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
        let bits = m[level as usize].log2() - strangers;
        // A family's name in common makes nobody one.
        let is_unlike = comparison == Comparison::Name && level >= Likeness::WordInCommon as u8;
        if is_unlike { bits.min(0.0) } else { bits }
    }
}

/// Of log2 odds.
pub(super) fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits.clamp(-200.0, 200.0)).exp2())
}

/// How many comparisons a candidate has levels for is fixed.
const _: () = assert!(N == Comparison::ALL.len());
