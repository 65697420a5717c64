//! How many matches as good a line would have at another date, and with another sum.
//!
//! Law: if a line's sum and date are as a transfer's of the chain may be, and nothing more joins the two, then a p below α is given to a share of
//! at most α of such lines, however short the chain's period is; no p is below what the number of independent trials allows.
//!
//! Method, two trials of which the less favourable counts.
//! *Other dates*: the line's date is moved around the chain's period by seeded random distances, its sum stays, and its candidates in the window are counted
//! there. Candidates that share a transfer with the one that is judged are left out: a true match would otherwise speak against itself
//! at all dates near its own. A sum that is common at other dates is told by this; but where the period has few windows, a sum that comes once there says little.
//! *Other sums*: each transfer of the chain with a sum near the line's is taken for a line, at a random date, with the same parties and words, and it is looked
//! whether another transfer answers it as well, whose sum is as rare on the chain: a permutation test, whose number of trials is that of transfers and
//! not of windows. A sum is rounded as the line's is; a rounder one is moved by a few per cent first, so that it is no rounder. Where the period has more
//! windows than the chain has transfers, dates alone are asked, and each window is one trial.
//! A sum of several lines has as many chances as there are such sums: its p is multiplied by their number (Bonferroni).
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]

use super::candidate::{Asked, Candidate};
use super::line::Transfer;
use super::{Options, Weighed};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A sum that is rounder than the line's is moved by at most so many millionths of it.
const MOVED_MILLIONTHS: i128 = 50_000;

/// The chain's period, and how dates and sums are moved in it.
#[derive(Debug)]
pub(super) struct Chance {
    first: i64,
    length: i64,
    /// Distances in time, and in millionths of a sum.
    moves: Vec<(i64, i128)>,
}

/// From this chance on, by other dates, other sums are not asked.
const COMMON: f64 = 0.2;

/// A transfer that is taken for a line: its sum, how far into the period its date is, and its place.
#[derive(Clone, Copy, Debug)]
struct OtherSum {
    value: i128,
    by: i64,
    place: usize,
}

/// Shares of trials in which something as good is found.
#[derive(Clone, Copy, Debug)]
struct Trials {
    hits: usize,
    n: usize,
}

impl Trials {
    /// p of so many independent trials with this share of hits.
    fn p(self, n_independent: f64) -> f64 {
        let share = self.hits as f64 / self.n.max(1) as f64;
        (share * n_independent + 1.0) / (n_independent + 1.0)
    }
}

impl Chance {
    pub(super) fn new(transfers: &[Transfer], options: &Options) -> Self {
        let times = transfers.iter().map(|transfer| transfer.seconds);
        let first = times.clone().min().unwrap_or(0);
        let length = times.max().unwrap_or(0).saturating_sub(first).max(1);
        let mut random = Pcg64Mcg::seed_from_u64(options.seed);
        let mut below = |span: u128| (u128::from(random.next_u64()) * span) >> 64;
        let span = u128::from(length.unsigned_abs());
        let moves = (0..options.n_samples).map(|_| {
            let by = i64::try_from(below(span)).unwrap_or(0);
            let share = below(2 * MOVED_MILLIONTHS.unsigned_abs() + 1);
            (by, share.cast_signed() - MOVED_MILLIONTHS)
        });
        Self {
            first,
            length,
            moves: moves.collect(),
        }
    }

    /// The candidates at the lines' own date, each with its chance; `n_tried` sums were as much looked at as this one.
    pub(super) fn weigh(
        &self,
        mut all: Vec<Candidate>,
        asked: &Asked<'_>,
        n_tried: usize,
    ) -> Vec<Weighed> {
        let options = asked.chain.options;
        let (start, width) = (asked.seconds.0, asked.seconds.1 - asked.seconds.0);
        // Sets of lines look farther only by how far apart they are.
        let window = |start: i64| {
            let last = start.saturating_add(width);
            (
                start.saturating_sub(options.window_seconds),
                last.saturating_add(options.window_seconds),
            )
        };
        all.sort_by(|a, b| (a.span, &a.transfers).cmp(&(b.span, &b.transfers)));
        let within = |start: i64| -> Vec<usize> {
            let (from, to) = window(start);
            let first = all.partition_point(|of| of.span.0 < from);
            let behind = all.partition_point(|of| of.span.0 <= to);
            (first..behind).filter(|&at| all[at].span.1 <= to).collect()
        };
        let own = within(start);
        if own.is_empty() {
            return Vec::new();
        }
        let moved = |by: i64| self.first + (start - self.first + by).rem_euclid(self.length);
        let elsewhere: Vec<Vec<usize>> = self.moves.iter().map(|of| within(moved(of.0))).collect();
        let (from, to) = window(0);
        let n_windows = self.length as f64 / (to - from + 1) as f64;
        let others = self.other_sums(asked);
        let n_dates = self.moves.len() as f64;
        let n_trials = if n_windows >= others.len() as f64 {
            n_windows.min(n_dates)
        } else {
            n_dates.min(others.len() as f64)
        };
        own.into_iter()
            .map(|place| {
                let judged = &all[place];
                let is_other = |&other: &usize| {
                    let other = &all[other];
                    other.class.is_as_good_as(judged.class)
                        && !other
                            .transfers
                            .iter()
                            .any(|of| judged.transfers.contains(of))
                };
                let counts = elsewhere
                    .iter()
                    .map(|found| found.iter().filter(|other| is_other(other)).count());
                let (total, hits) = counts.fold((0_usize, 0_usize), |(total, hits), n| {
                    (total + n, hits + usize::from(n > 0))
                });
                let dates = Trials {
                    hits,
                    n: self.moves.len(),
                };
                let by_dates = dates.p(dates.n as f64);
                let p = if n_windows >= others.len() as f64 {
                    dates.p(n_windows.min(dates.n as f64))
                } else if by_dates >= COMMON {
                    by_dates
                } else {
                    let n_alike = asked.n_as_good(asked.value(), judged.class, None, usize::MAX);
                    let is_hit = |of: &&OtherSum| {
                        let window = window(self.first + of.by);
                        asked.is_answered(of.value, window, of.place, judged.class)
                            && asked.n_as_good(of.value, judged.class, Some(of.place), n_alike)
                                <= n_alike
                    };
                    let sums = Trials {
                        hits: others.iter().filter(is_hit).count(),
                        n: others.len(),
                    };
                    by_dates.max(sums.p(sums.n as f64))
                };
                Weighed {
                    candidate: judged.clone(),
                    by_dates: (by_dates * n_tried as f64).min(1.0),
                    by_chance: total as f64 / dates.n.max(1) as f64,
                    p: (p * n_tried as f64).min(1.0),
                    is_told: n_tried as f64 / (n_trials + 1.0) < options.p_max,
                    is_accepted: false,
                }
            })
            .collect()
    }

    /// Transfers near the lines' sum as lines of another sum, as round as it.
    fn other_sums(&self, asked: &Asked<'_>) -> Vec<OtherSum> {
        let (values, value) = (asked.values(), asked.value());
        let n = values.len().min(self.moves.len());
        let at = values.partition_point(|of| of.0 < value);
        let from = at.saturating_sub(n / 2).min(values.len() - n);
        let step = granule(value);
        let near = values[from..from + n].iter().zip(&self.moves);
        near.filter_map(|(&(other, place), &(by, share))| {
            let is_rounder = granule(other) > step;
            let other = if is_rounder {
                other.checked_add(other.checked_mul(share)? / 1_000_000)?
            } else {
                other
            };
            let value = other.checked_add(step / 2)? / step * step;
            (value > 0).then_some(OtherSum { value, by, place })
        })
        .collect()
    }
}

/// The largest power of ten that divides a sum.
fn granule(value: i128) -> i128 {
    let mut granule = 1_i128;
    while let Some(next) = granule.checked_mul(10)
        && value != 0
        && value % next == 0
    {
        granule = next;
    }
    granule
}
