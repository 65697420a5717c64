//! How many matches as good a line would have at another date.
//!
//! Method: the line's date is moved around the chain's period by seeded random distances, and its candidates in the window are counted there.
//! Candidates that share a transfer with the one that is judged are left out: a true match would otherwise speak against itself
//! at all dates near its own. Amounts, wallets and words stay, so a round amount is as common as the chain makes it.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]

use super::candidate::Candidate;
use super::line::{Line, Transfer};
use super::{Options, Weighed};
use rand_core::Rng;
use rand_pcg::Pcg64Mcg;

/// The chain's period and the distances by which dates are moved.
#[derive(Debug)]
pub(super) struct Dates {
    first: i64,
    length: i64,
    moves: Vec<i64>,
}

impl Dates {
    pub(super) fn new(transfers: &[Transfer], options: &Options) -> Self {
        let times = transfers.iter().map(|transfer| transfer.seconds);
        let first = times.clone().min().unwrap_or(0);
        let length = times.max().unwrap_or(0).saturating_sub(first).max(1);
        let mut random = Pcg64Mcg::new(u128::from(options.seed));
        let span = u128::from(length.unsigned_abs());
        let moves = (0..options.n_samples)
            .map(|_| i64::try_from((u128::from(random.next_u64()) * span) >> 64).unwrap_or(0))
            .collect();
        Self {
            first,
            length,
            moves,
        }
    }

    /// The candidates at the lines' own date, each with its chance.
    pub(super) fn weigh(
        &self,
        mut all: Vec<Candidate>,
        lines: &[Line],
        set: &[usize],
        options: &Options,
    ) -> Vec<Weighed> {
        let seconds = set.iter().map(|&line| lines[line].seconds);
        let start = seconds.clone().map(|of| of.0).min().unwrap_or(0);
        let width = seconds.map(|of| of.1).max().unwrap_or(0) - start;
        // Sets of lines look farther only by how far apart they are.
        all.sort_by(|a, b| (a.span, &a.transfers).cmp(&(b.span, &b.transfers)));
        let within = |start: i64| -> Vec<usize> {
            let from = start.saturating_sub(options.window_seconds);
            let to = start
                .saturating_add(width)
                .saturating_add(options.window_seconds);
            let first = all.partition_point(|of| of.span.0 < from);
            let behind = all.partition_point(|of| of.span.0 <= to);
            (first..behind).filter(|&at| all[at].span.1 <= to).collect()
        };
        let own = within(start);
        if own.is_empty() {
            return Vec::new();
        }
        let elsewhere: Vec<Vec<usize>> = self
            .moves
            .iter()
            .map(|&by| within(self.first + (start - self.first + by).rem_euclid(self.length)))
            .collect();
        let n = self.moves.len() as f64;
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
                Weighed {
                    candidate: judged.clone(),
                    by_chance: total as f64 / n.max(1.0),
                    p: (hits + 1) as f64 / (n + 1.0),
                    is_accepted: false,
                }
            })
            .collect()
    }
}
