//! Corridors: how much goes from a place to a place, month by month.
//!
//! Laws. A corridor is of one book and one asset. It is ranked by its sum among those of its book and asset, the first of equals first.
//! Its series has every month between the first and the last of its book, but for these two, which the book may cover in part; a month
//! without orders is nothing.

use super::change::{Change, change};
use super::{BookOptions, Share};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// An order on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flow {
    /// Number of the book.
    pub book: u32,
    /// Number of the asset.
    pub asset: u32,
    /// Number of the two places.
    pub places: u32,
    /// Months since 1970.
    pub month: i32,
    /// In the smallest units of the asset.
    pub units: u128,
}

/// A corridor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corridor {
    /// Number of the book.
    pub book: u32,
    /// Number of the asset.
    pub asset: u32,
    /// Number of the two places.
    pub places: u32,
    /// From 1, by sum.
    pub rank: usize,
    /// Of all that the book moves in the asset.
    pub share: Share,
    /// Positions of its flows, ascending.
    pub flows: Vec<usize>,
    /// The first month of its series, and the series.
    pub first_month: i32,
    /// Sums by month.
    pub months: Vec<u128>,
    /// Where it changes level, if it is long enough to be asked.
    pub change: Option<Change>,
}

/// All corridors, by book and asset, the largest first. A sum beyond 128 bits is as large as fits. O(n log n), and for each corridor months × draws.
pub fn corridors(flows: &[Flow], options: &BookOptions) -> Vec<Corridor> {
    let mut months_of: BTreeMap<u32, (i32, i32)> = BTreeMap::new();
    let mut by_corridor: BTreeMap<(u32, u32, u32), Vec<usize>> = BTreeMap::new();
    for (at, flow) in flows.iter().enumerate() {
        let months = months_of
            .entry(flow.book)
            .or_insert((flow.month, flow.month));
        *months = (months.0.min(flow.month), months.1.max(flow.month));
        let key = (flow.book, flow.asset, flow.places);
        by_corridor.entry(key).or_default().push(at);
    }
    let mut totals: BTreeMap<(u32, u32), u128> = BTreeMap::new();
    for flow in flows {
        let total = totals.entry((flow.book, flow.asset)).or_default();
        *total = total.saturating_add(flow.units);
    }
    let list: Vec<((u32, u32, u32), Vec<usize>)> = by_corridor.into_iter().collect();
    let mut all: Vec<Corridor> = list
        .into_par_iter()
        .map(|((book, asset, places), of)| {
            let (first, last) = months_of[&book];
            let (first_month, behind) = (first + 1, last);
            let n_months = usize::try_from(behind - first_month).unwrap_or(0);
            let mut months = vec![0_u128; n_months.min(super::change::N_PLACES_MAX + 1)];
            let mut sum = 0_u128;
            for &at in &of {
                let flow = &flows[at];
                sum = sum.saturating_add(flow.units);
                let nth = usize::try_from(flow.month - first_month).ok();
                if let Some(month) = nth.and_then(|nth| months.get_mut(nth)) {
                    *month = month.saturating_add(flow.units);
                }
            }
            let series: Vec<i128> = months
                .iter()
                .map(|&of| i128::try_from(of).unwrap_or(i128::MAX))
                .collect();
            let n_side = options.corridor_months_min as usize / 2;
            let is_long = series.len() >= options.corridor_months_min as usize;
            Corridor {
                book,
                asset,
                places,
                rank: 0,
                share: Share {
                    part: sum,
                    whole: totals[&(book, asset)],
                },
                flows: of,
                first_month,
                change: is_long
                    .then(|| change(&series, n_side, options.draws))
                    .flatten(),
                months,
            }
        })
        .collect();
    all.sort_by(|a, b| {
        (a.book, a.asset)
            .cmp(&(b.book, b.asset))
            .then_with(|| b.share.part.cmp(&a.share.part))
            .then_with(|| a.places.cmp(&b.places))
    });
    for of in all.chunk_by_mut(|a, b| (a.book, a.asset) == (b.book, b.asset)) {
        for (nth, corridor) in of.iter_mut().enumerate() {
            corridor.rank = nth + 1;
        }
    }
    all
}
