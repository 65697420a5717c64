//! What an order costs all in, against its corridor's month.
//!
//! Laws. The price is what the customer pays, commission on top of it counted, for a million of what is to be paid out, both in the smallest units: rate
//! spread and commission together. An order is an outlier if its price is above the quantile (nearest rank) of the *other* orders of its corridor
//! and month, of which there are enough, and above their median by more than a part. Chance: prices are dealt anew among the months of their corridor.

use super::{BookOptions, dealt};
use moneytrail_model::money::mul_div_rem;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// An order with its price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Priced {
    /// Number of the corridor: book, places and both assets.
    pub corridor: u32,
    /// Months since 1970.
    pub month: i32,
    /// Paid for a million paid out.
    pub price: u128,
}

/// An order that cost more than others of its corridor and month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outlier {
    /// Position of the order.
    pub order: usize,
    /// Price at the quantile of the others, and their median.
    pub quantile: u128,
    /// Their median.
    pub median: u128,
    /// What is above the median, in millionths of it.
    pub excess_millionths: u128,
    /// The others.
    pub n_others: usize,
}

/// The price of so much paid in for so much paid out; none of nothing or beyond 128 bits.
pub fn price(paid: u128, paid_out: u128) -> Option<u128> {
    mul_div_rem(paid, 1_000_000, paid_out).map(|of| of.0)
}

/// Outliers, the strongest first. O(n log n).
pub fn outliers(orders: &[Priced], options: &BookOptions) -> Vec<Outlier> {
    let mut months: BTreeMap<(u32, i32), Vec<(u128, usize)>> = BTreeMap::new();
    for (at, order) in orders.iter().enumerate() {
        let month = months.entry((order.corridor, order.month)).or_default();
        month.push((order.price, at));
    }
    let months: Vec<Vec<(u128, usize)>> = months.into_values().collect();
    let mut found: Vec<Outlier> = months
        .into_par_iter()
        .flat_map_iter(|mut month| {
            month.sort_unstable();
            of_month(&month, options)
        })
        .collect();
    found.sort_by_key(|of| (std::cmp::Reverse(of.excess_millionths), of.order));
    found
}

/// `month` ascends.
fn of_month(month: &[(u128, usize)], options: &BookOptions) -> Vec<Outlier> {
    let Some(n_others) = month
        .len()
        .checked_sub(1)
        .filter(|&n| n >= options.price_n_min.max(1) as usize)
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (nth, &(price, order)) in month.iter().enumerate() {
        // Of the others, in their order.
        let other = |rank: usize| month[if rank < nth { rank } else { rank + 1 }].0;
        let rank = (n_others * options.price_permille as usize)
            .div_ceil(1000)
            .clamp(1, n_others);
        let (quantile, median) = (other(rank - 1), other((n_others - 1) / 2));
        let excess = price
            .checked_sub(median)
            .and_then(|more| mul_div_rem(more, 1_000_000, median));
        let Some((excess_millionths, _)) = excess else {
            continue;
        };
        if price > quantile && excess_millionths > u128::from(options.price_excess_permille) * 1000
        {
            found.push(Outlier {
                order,
                quantile,
                median,
                excess_millionths,
                n_others,
            });
        }
    }
    found
}

/// The orders with their prices dealt anew among the orders of each corridor.
pub fn repriced(orders: &[Priced], seed: u64, nth: u32) -> Vec<Priced> {
    let corridors = orders.iter().map(|order| order.corridor);
    let other = dealt(corridors, seed, nth);
    let priced = orders.iter().zip(other);
    priced
        .map(|(order, other)| Priced {
            price: orders[other].price,
            ..*order
        })
        .collect()
}
