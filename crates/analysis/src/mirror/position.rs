//! What two keepers owe each other against transfers between their wallets that no line of a book tells of.
//!
//! Law: a transfer that answers a line of a book is none of these; each transfer discharges one net at most, paid by who owes to whom it is owed. Sums alone
//! claim nothing: both wallets must be held by the pair, and another sum at another date must rarely fit what the two owe each other.
//!
//! Method. What is owed is a step for each order and each settlement's line (`reconcile::owed`). A transfer between the pair's wallets, or few in one direction
//! within the window, is compared with each height that these steps have within the window around it, counted in two ways: with all that was paid
//! before between the wallets set off, and from the last payment on. A net stands for days, and there are several in a window: so each other transfer of
//! the chain is put at a random date in the same place, and the share of those that fit as well is the chance.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]

use super::candidate::level;
use super::line::{Transfer, by_time, for_sets, ids};
use super::{Mirrored, Options};
use crate::reconcile::Owed;
use moneytrail_model::RuleId;
use moneytrail_model::Watch;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const DAY_SECONDS: i64 = 86_400;

/// A net was discharged on a chain.
pub const NET_MIRROR: RuleId = RuleId {
    name: "net-mirror",
    version: 1,
};

/// A net that transfers may have discharged, of which no book has a line.
#[derive(Clone, PartialEq, Debug)]
pub struct Discharged {
    /// Who owed, and whom.
    pub pair: (u32, u32),
    /// In what the net is counted.
    pub unit: u16,
    /// Positions of the transfers, ascending.
    pub transfers: Vec<usize>,
    /// What was owed, in millionths.
    pub owed: i128,
    /// How much of it is from before the last payment: what payments left, or paid too much.
    pub carried: i128,
    /// Net less the chain's sum, in millionths.
    pub gap: i128,
    /// As `Class::value`.
    pub value: u8,
    /// Days since 1970 between which the net stands at this height.
    pub days: (i32, i32),
    /// Records of the orders since the last payment, by position.
    pub orders: Vec<usize>,
    /// Share of other sums at random dates that fit as well.
    pub by_chance: f64,
    /// The same as a p, multiplied by the sets of transfers that were tried.
    pub p: f64,
    /// Whether the chain has transfers enough to tell.
    pub is_told: bool,
    /// Whether it is claimed.
    pub is_claim: bool,
    /// Other sets of transfers that may have discharged the same net, or other nets for these.
    pub n_competing: usize,
}

/// Nets that may have been discharged on the chain.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Nets {
    /// What is claimed, and what is not, the rarest first.
    pub found: Vec<Discharged>,
    /// Pairs that have wallets on both sides and transfers between them that no line tells of.
    pub n_pairs: usize,
    /// Such transfers.
    pub n_transfers: usize,
}

/// What of a pair is asked: steps, and payments that no line tells of.
struct Course<'a> {
    owed: &'a Owed,
    /// Day, and what is owed from then on by the lines of books, ascending.
    heights: Vec<(i32, i128)>,
    /// Transfers between the pair's wallets, by time, with their sums: above zero where the second paid the first.
    paid: Vec<(i64, usize, i128)>,
}

/// A way to count what is owed.
#[derive(Clone, Copy, Debug)]
struct Height {
    value: i128,
    carried: i128,
    days: (i32, i32),
}

/// The day of a second, within the bounds of days.
fn day(seconds: i64) -> i32 {
    let day = seconds.div_euclid(DAY_SECONDS);
    i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
}

impl<'a> Course<'a> {
    fn of(owed: &'a Owed, transfers: &[Transfer], between: &[(usize, bool)]) -> Self {
        let mut heights: Vec<(i32, i128)> = Vec::new();
        let mut height = 0_i128;
        for change in &owed.changes {
            height = height.saturating_add(change.value);
            match heights.last_mut() {
                Some(last) if last.0 == change.days.0 => last.1 = height,
                _ => heights.push((change.days.0, height)),
            }
        }
        let mut paid: Vec<(i64, usize, i128)> = between
            .iter()
            .filter_map(|&(place, is_by_first)| {
                let value = transfers[place].value(owed.unit)?;
                let value = if is_by_first {
                    value.saturating_neg()
                } else {
                    value
                };
                Some((transfers[place].seconds, place, value))
            })
            .collect();
        paid.sort_by_key(|of| (of.0, &transfers[of.1].id));
        Self {
            owed,
            heights,
            paid,
        }
    }

    /// What is owed by the lines of books at the end of a day.
    fn at(&self, day: i32) -> i128 {
        let behind = self.heights.partition_point(|of| of.0 <= day);
        behind.checked_sub(1).map_or(0, |last| self.heights[last].1)
    }

    /// What is owed in the window around a time, without payments of so many seconds later than `first`.
    fn heights(&self, (first, last): (i64, i64), window_seconds: i64) -> Vec<Height> {
        let from = day(first.saturating_sub(window_seconds));
        let to = day(last.saturating_add(window_seconds));
        let n_before = self.paid.partition_point(|of| of.0 < first);
        let before = &self.paid[..n_before];
        let set_off = before
            .iter()
            .fold(0_i128, |sum, of| sum.saturating_add(of.2));
        // The last payment: a settlement's line well before the window, or a transfer.
        let lines = self.owed.changes.iter().filter(|of| of.is_settlement);
        let lines = lines.map(|of| of.days.1).filter(|&of| of < from).max();
        let of_chain = before.last().map(|of| day(of.0));
        let since = lines.max(of_chain);
        let rest = since.map_or(0, |since| self.at(since));
        let start = self
            .heights
            .partition_point(|of| of.0 <= from)
            .saturating_sub(1);
        let steps = self.heights.iter().enumerate().skip(start);
        let steps = steps.take_while(|of| of.1.0 <= to);
        let mut heights = Vec::new();
        for (nth, &(day, height)) in steps {
            let next = self.heights.get(nth + 1);
            let days = (day, next.map_or(i32::MAX, |next| next.0 - 1));
            let running = height.saturating_add(set_off);
            let fresh = height.saturating_sub(rest);
            heights.push(Height {
                value: running,
                carried: running.saturating_sub(fresh),
                days,
            });
            if fresh != running && since.is_some_and(|since| since <= day) {
                heights.push(Height {
                    value: fresh,
                    carried: 0,
                    days,
                });
            }
        }
        heights
    }

    /// The height that a sum fits best; the sum is above zero where the first pays.
    fn fits(
        &self,
        sum: i128,
        span: (i64, i64),
        options: &Options,
    ) -> (Option<(u8, i128, Height)>, usize) {
        let heights = self.heights(span, options.window_seconds);
        let fits = heights.into_iter().filter_map(|height| {
            let (owed, paid) = if sum > 0 {
                (height.value, sum)
            } else {
                (height.value.saturating_neg(), sum.saturating_neg())
            };
            let level = level(owed, paid, options)?;
            Some((level, owed - paid, height))
        });
        let fits: Vec<_> = fits.collect();
        let n = fits.len();
        let best = fits
            .into_iter()
            .min_by_key(|of| (of.0, of.1.abs(), of.2.days));
        (best, n)
    }

    /// Whether a settlement's line may tell of a payment: then the line comes first.
    fn has_line(&self, sum: i128, span: (i64, i64), options: &Options) -> bool {
        let from = day(span.0.saturating_sub(options.window_seconds));
        let to = day(span.1.saturating_add(options.window_seconds));
        self.owed.changes.iter().any(|of| {
            let (stated, paid) = if sum > 0 {
                (of.value.saturating_neg(), sum)
            } else {
                (of.value, sum.saturating_neg())
            };
            of.is_settlement
                && of.days.1 >= from
                && of.days.0 <= to
                && level(stated, paid, options).is_some()
        })
    }
}

/// Nets that transfers between the wallets of their pair may have discharged. `owed` are those of pairs; `found` says which transfers answer lines, and
/// which wallets were learnt beside those that `owners` know. Units of a pair stand side by side.
///
/// Where the watch says to stop, what is given is nothing to be told.
///
/// O(transfers · log transfers), and for each set of transfers of a pair `n_samples` walks through its steps and payments.
pub fn discharged(
    owed: &[Owed],
    transfers: &[Transfer],
    owners: &BTreeMap<u32, u32>,
    found: &Mirrored,
    options: &Options,
    watch: &dyn Watch,
) -> Nets {
    let between = between(transfers, owners, found);
    let trials = Trials::new(transfers, options);
    let mut nets = Nets::default();
    for units in owed.chunk_by(|a, b| a.pair == b.pair) {
        let Some(between) = between.get(&units[0].pair) else {
            continue;
        };
        nets.n_pairs += 1;
        nets.n_transfers += between.len();
        let courses = units.iter().map(|of| Course::of(of, transfers, between));
        let all = courses.flat_map(|course| of_pair(&course, transfers, &trials, options, watch));
        nets.found.extend(taken(all.collect(), transfers, options));
    }
    nets.found.sort_by(|a, b| {
        (b.is_claim.cmp(&a.is_claim))
            .then(a.p.total_cmp(&b.p))
            .then((a.pair, a.unit).cmp(&(b.pair, b.unit)))
            .then_with(|| ids(transfers, &a.transfers).cmp(&ids(transfers, &b.transfers)))
    });
    nets
}

/// Pairs between whose wallets transfers go that answer no line, and whether the lower of the pair paid.
pub fn between(
    transfers: &[Transfer],
    owners: &BTreeMap<u32, u32>,
    found: &Mirrored,
) -> BTreeMap<(u32, u32), Vec<(usize, bool)>> {
    let mut holders = owners.clone();
    holders.extend(found.learnt.iter().map(|of| (of.account, of.keeper)));
    let used: BTreeSet<usize> = found
        .mirrors
        .iter()
        .flat_map(|of| of.transfers.iter().copied())
        .collect();
    let mut between: BTreeMap<(u32, u32), Vec<(usize, bool)>> = BTreeMap::new();
    for (place, of) in transfers.iter().enumerate() {
        let sides = [of.from, of.to].map(|account| holders.get(&account));
        if let ([Some(&from), Some(&to)], false) = (sides, used.contains(&place))
            && from != to
        {
            let pair = (from.min(to), from.max(to));
            between.entry(pair).or_default().push((place, from < to));
        }
    }
    between
}

/// Other sums at other dates.
struct Trials {
    first: i64,
    moves: Vec<i64>,
    /// By unit, ascending.
    values: BTreeMap<u16, Vec<(i128, usize)>>,
}

/// Nets are asked at other dates than lines.
const NETS: u64 = 1 << 32;

impl Trials {
    fn new(transfers: &[Transfer], options: &Options) -> Self {
        let times = transfers.iter().map(|of| of.seconds);
        let first = times.clone().min().unwrap_or(0);
        let length = times.max().unwrap_or(0).saturating_sub(first).max(1);
        let mut random = Pcg64Mcg::seed_from_u64(options.seed ^ NETS);
        let span = u128::from(length.unsigned_abs());
        let mut date = || (u128::from(random.next_u64()) * span) >> 64;
        let moves = (0..options.n_samples).map(|_| i64::try_from(date()).unwrap_or(0));
        Self {
            first,
            moves: moves.collect(),
            values: super::candidate::by_value(transfers, &by_time(transfers)),
        }
    }

    /// Of other sums near this one, which stand each at a random date, those that fit a pair's steps as well; and how many there are.
    fn hits(
        &self,
        course: &Course<'_>,
        sum: i128,
        value: u8,
        chosen: &[usize],
        options: &Options,
    ) -> (usize, usize) {
        let all = self.values.get(&course.owed.unit);
        let all = all.map_or(&[][..], |values| values);
        let n = all.len().min(self.moves.len());
        let at = all.partition_point(|of| of.0 < sum.abs());
        let from = at.saturating_sub(n / 2).min(all.len() - n);
        let near = all[from..from + n].iter().zip(&self.moves);
        let near = near.filter(|of| of.0.0 > 0 && !chosen.contains(&of.0.1));
        let fits = near.map(|(&(other, _), &by)| {
            let at = self.first + by;
            let (best, _) = course.fits(other * sum.signum(), (at, at), options);
            best.is_some_and(|of| of.0 <= value)
        });
        fits.fold((0, 0), |(hits, n), is_hit| {
            (hits + usize::from(is_hit), n + 1)
        })
    }
}

fn of_pair(
    course: &Course<'_>,
    transfers: &[Transfer],
    trials: &Trials,
    options: &Options,
    watch: &dyn Watch,
) -> Vec<Discharged> {
    let sets = sets(course, options);
    let mut n_tried: BTreeMap<usize, usize> = BTreeMap::new();
    for &place in sets.iter().filter(|of| of.0.len() > 1).flat_map(|of| &of.0) {
        *n_tried.entry(place).or_default() += 1;
    }
    sets.par_iter()
        .filter_map(|(chosen, sum)| {
            watch.check().ok()?;
            let seconds = chosen.iter().map(|&place| transfers[place].seconds);
            let span = (seconds.clone().min()?, seconds.max()?);
            if course.has_line(*sum, span, options) {
                return None;
            }
            let (best, n_nets) = course.fits(*sum, span, options);
            let (value, gap, height) = best?;
            let (hits, n) = trials.hits(course, *sum, value, chosen, options);
            let tried = chosen.iter().filter_map(|place| n_tried.get(place)).max();
            let tried = if chosen.len() > 1 {
                tried.copied()
            } else {
                None
            };
            let p = (hits + 1) as f64 / (n + 1) as f64 * tried.unwrap_or(1) as f64;
            let (pair, unit) = (course.owed.pair, course.owed.unit);
            let is_by_first = *sum > 0;
            let signed = |value: i128| {
                if is_by_first {
                    value
                } else {
                    value.saturating_neg()
                }
            };
            let last = course.paid.partition_point(|of| of.0 < span.0);
            let last = last.checked_sub(1).map(|nth| day(course.paid[nth].0));
            let lines = course.owed.changes.iter().filter(|of| of.is_settlement);
            let from = day(span.0.saturating_sub(options.window_seconds));
            let since = lines
                .map(|of| of.days.1)
                .filter(|&of| of < from)
                .max()
                .max(last);
            let orders = course.owed.changes.iter().filter(|of| {
                !of.is_settlement
                    && of.days.0 <= height.days.0
                    && since.is_none_or(|since| of.days.0 > since)
            });
            let orders: BTreeSet<usize> =
                orders.flat_map(|of| of.records.iter().copied()).collect();
            Some(Discharged {
                pair: if is_by_first { pair } else { (pair.1, pair.0) },
                unit,
                transfers: chosen.clone(),
                owed: signed(height.value),
                carried: signed(height.carried),
                gap,
                value,
                days: height.days,
                orders: orders.into_iter().collect(),
                by_chance: hits as f64 / n.max(1) as f64,
                p: p.min(1.0),
                is_told: tried.unwrap_or(1) as f64 / ((n + 1) as f64) < options.p_max,
                is_claim: false,
                n_competing: n_nets - 1,
            })
        })
        .collect()
}

/// The rarest first, each transfer once; of what is left the few rarest for review.
fn taken(mut all: Vec<Discharged>, transfers: &[Transfer], options: &Options) -> Vec<Discharged> {
    all.sort_by(|a, b| {
        (a.p.total_cmp(&b.p))
            .then(a.value.cmp(&b.value))
            .then(a.transfers.len().cmp(&b.transfers.len()))
            .then(a.gap.abs().cmp(&b.gap.abs()))
            .then_with(|| ids(transfers, &a.transfers).cmp(&ids(transfers, &b.transfers)))
    });
    let shares =
        |a: &Discharged, b: &Discharged| a.transfers.iter().any(|of| b.transfers.contains(of));
    let n_rivals: Vec<usize> = all
        .iter()
        .map(|of| {
            all.iter()
                .filter(|other| *other != of && shares(of, other))
                .count()
        })
        .collect();
    for (of, n) in all.iter_mut().zip(n_rivals) {
        of.n_competing += n;
    }
    let mut used: BTreeSet<usize> = BTreeSet::new();
    all.retain_mut(|of| {
        let is_free = of.transfers.iter().all(|place| !used.contains(place));
        if is_free {
            used.extend(&of.transfers);
            of.is_claim = of.p < options.p_max;
        }
        is_free
    });
    all
}

/// Transfers of one direction alone, and up to `parts_max` of them within the window; with their sums, above zero where the first paid.
fn sets(course: &Course<'_>, options: &Options) -> Vec<(Vec<usize>, i128)> {
    let mut sets = Vec::new();
    for (nth, &(seconds, place, value)) in course.paid.iter().enumerate() {
        sets.push((vec![place], value.saturating_neg()));
        let near: Vec<(usize, i128)> = course.paid[nth + 1..]
            .iter()
            .take_while(|of| of.0 - seconds <= options.window_seconds)
            .filter(|of| of.2.signum() == value.signum())
            .take(options.group_max.saturating_sub(1))
            .map(|of| (of.1, of.2))
            .collect();
        for_sets(near.len(), options.parts_max.saturating_sub(1), |chosen| {
            let sums = chosen.iter().map(|&nth| near[nth].1);
            let sum = sums.fold(value, i128::saturating_add);
            let mut places = vec![place];
            places.extend(chosen.iter().map(|&nth| near[nth].0));
            places.sort_unstable();
            sets.push((places, sum.saturating_neg()));
        });
    }
    sets
}
