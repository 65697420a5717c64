//! Rules on movements: how fast they are on a large record, and how well they find what was planted.
//!
//! Reading order: [`speed`] times each rule on an R-MAT stream with a hub; [`planted`] hides known patterns in one and
//! counts what is found.

pub mod planted;
pub mod speed;

use crate::synthetic::{Random, rmat};
use moneytrail_analysis::patterns::Movements;
use moneytrail_analysis::patterns::movements::Role;

const DAY: i64 = 86_400;

/// A movement: from, to, second, units.
type Row = (u32, u32, i64, u128);

/// Movements of one currency among accounts of one role, in the order of their times, and of rows within one.
fn movements(n_accounts: u32, mut rows: Vec<Row>) -> (Movements, Vec<usize>) {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&at| rows[at].2);
    let mut place_of = vec![0; rows.len()];
    for (place, &at) in order.iter().enumerate() {
        place_of[at] = place;
    }
    rows.sort_by_key(|row| row.2);
    let movements = Movements {
        from: rows.iter().map(|row| row.0).collect(),
        to: rows.iter().map(|row| row.1).collect(),
        seconds: rows.iter().map(|row| row.2).collect(),
        units: rows.iter().map(|row| row.3).collect(),
        assets: vec![0; rows.len()],
        transfers: (0..).take(rows.len()).collect(),
        roles: vec![Role::Listed; n_accounts as usize],
        asset_names: vec![("EUR".into(), 2)],
        is_currency: vec![true],
        ..Movements::default()
    };
    (movements, place_of)
}

/// An R-MAT graph with times that are drawn over so many days, and amounts between 1.00 and 10,000.00 of which small ones are
/// more frequent.
fn background(random: &mut Random, scale: u32, n: usize, n_days: u32) -> Vec<Row> {
    let edges = rmat(scale, n);
    let pairs = edges.from.into_iter().zip(edges.to);
    let rows = pairs.map(|(from, to)| {
        let second = i64::from(random.below(n_days * 86_400));
        let units = 100_u128 << random.below(10);
        let more = u128::from(random.below(100)) * units / 100;
        (from, to, second, units + more)
    });
    rows.collect()
}
