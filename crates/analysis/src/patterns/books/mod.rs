//! Rules on rows of books rather than on movements: corridors, what pairs owe each other, prices, fees.
//!
//! Laws. Functions of plain values; what a row says is read by the caller. Draws are a function of the seed and their number alone.
//!
//! Reading order: [`rules`] says what each rule asks; [`change`] is the test of a change of level; one file for each rule.

pub mod change;
pub mod corridor;
pub mod imbalance;
pub mod payee;
pub mod price;
pub mod rules;

pub use rules::BookRule;

use rand_core::Rng;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;

/// A part of a whole, in the smallest units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// The part.
    pub part: u128,
    /// The whole.
    pub whole: u128,
}

/// What the rules are asked with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookOptions {
    /// Change points: orders of the series that are drawn, and their seed.
    pub draws: (u32, u64),
    /// Change points: how rare by chance, in thousandths.
    pub change_permille: u32,
    /// Corridor: months of a series, half of them on either side of a change.
    pub corridor_months_min: u32,
    /// Netting imbalance: history on either side of a break, and how long books go on behind a loose end.
    pub imbalance_days: i32,
    /// Netting imbalance: what stays open, in thousandths of the largest balance of the pair.
    pub imbalance_permille: u32,
    /// Netting imbalance: rows of a pair with a loose end.
    pub imbalance_n_min: u32,
    /// Commission outlier: quantile of the others, in thousandths.
    pub price_permille: u32,
    /// Commission outlier: others of the corridor and month.
    pub price_n_min: u32,
    /// Commission outlier: above the median, in thousandths of it.
    pub price_excess_permille: u32,
    /// Migrant fee: distinct payers.
    pub fee_n_min: u32,
    /// Migrant fee: window in days.
    pub fee_days: i32,
    /// Migrant fee: spread ÷ mean, in thousandths.
    pub fee_cv_permille: u32,
    /// Migrant fee: milestones, or rows with words of routes.
    pub fee_evidence_min: u32,
    /// Token match: days between the two rows.
    pub token_days: i32,
    /// Token match: difference of the amounts, in thousandths of the larger.
    pub token_permille: u32,
}

impl Default for BookOptions {
    fn default() -> Self {
        Self {
            draws: (999, 1),
            change_permille: 10,
            corridor_months_min: 6,
            imbalance_days: 90,
            imbalance_permille: 500,
            imbalance_n_min: 5,
            price_permille: 990,
            price_n_min: 20,
            price_excess_permille: 10,
            fee_n_min: 8,
            fee_days: 30,
            fee_cv_permille: 250,
            fee_evidence_min: 2,
            token_days: 21,
            token_permille: 30,
        }
    }
}

/// For each place another of its group, each once, drawn (Fisher and Yates).
fn dealt(groups: impl Iterator<Item = u32>, seed: u64, nth: u32) -> Vec<usize> {
    let mut random = Pcg64Mcg::new((u128::from(seed) << 64) | (u128::from(nth) << 1) | 1);
    // A generator of this kind begins near its seed.
    for _ in 0..16 {
        random.next_u64();
    }
    let mut by_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut n = 0;
    for (at, group) in groups.enumerate() {
        by_group.entry(group).or_default().push(at);
        n = at + 1;
    }
    let mut other = vec![0; n];
    for places in by_group.values() {
        let mut drawn = places.clone();
        for last in (1..drawn.len()).rev() {
            let with = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
            drawn.swap(last, usize::try_from(with).unwrap_or(last));
        }
        for (&place, drawn) in places.iter().zip(drawn) {
            other[place] = drawn;
        }
    }
    other
}
