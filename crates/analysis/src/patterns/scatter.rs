//! Scatter-gather: one account pays another by way of several.
//!
//! Law: an intermediary counts with a movement from the source and a later one (in the order of the record) to the
//! sink, both within the window. An intermediary that makes more transfers within a window than a hub's number is no
//! intermediary: what it pays on is not told apart from what it pays anyway. So each movement has few that follow, and
//! the work is that of sorting them.

use super::movements::{Holdings, Movements};
use super::window::Episodes;
use super::{Found, Measure, Options, Pattern, Rule};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// A way from the source to a sink.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Way {
    sink: u32,
    second: u32,
    first: u32,
}

/// O(n · hub · log n).
pub(super) fn find(movements: &Movements, options: &Options) -> Found {
    let holdings = Holdings::of(movements);
    let holding_of = |of: (u32, u32)| {
        let holding = holdings.list.binary_search(&of).expect("a payee holds");
        u32::try_from(holding).expect("fewer than twice the transfers")
    };
    let by_source: Vec<(Vec<Pattern>, u64)> = (0..holdings.list.len())
        .into_par_iter()
        .map(|holding| {
            let (source, asset) = holdings.list[holding];
            let holding = u32::try_from(holding).expect("fewer than twice the transfers");
            let row = holdings.out.row(holding);
            let mut ways = Vec::new();
            let mut n_hubs = 0;
            if row.len() >= options.scatter_n_min as usize {
                for &first in row {
                    let middle = holding_of((movements.to[first as usize], asset));
                    let onward = onward(movements, holdings.out.row(middle), first, options);
                    if onward.len() > options.scatter_hub as usize {
                        n_hubs += 1;
                        continue;
                    }
                    ways.extend(onward.iter().filter_map(|&second| {
                        let sink = movements.to[second as usize];
                        (sink != source).then_some(Way {
                            sink,
                            second,
                            first,
                        })
                    }));
                }
            }
            ways.sort_unstable();
            let patterns = ways
                .chunk_by(|one, next| one.sink == next.sink)
                .filter(|ways| ways.len() >= options.scatter_n_min as usize)
                .flat_map(|ways| patterns(movements, source, ways, options));
            (patterns.collect(), n_hubs)
        })
        .collect();
    let n_hubs = by_source.iter().map(|of| of.1).sum();
    let mut found = Found::ranked(by_source.into_iter().flat_map(|of| of.0).collect());
    found.left_out.push((
        "payments to an intermediary that makes more transfers than a hub's number",
        n_hubs,
    ));
    found
}

/// What an intermediary pays after a movement and within the window, but at most one more than a hub's number.
fn onward<'a>(movements: &Movements, row: &'a [u32], first: u32, options: &Options) -> &'a [u32] {
    let start = row.partition_point(|&at| at <= first);
    let until = movements.seconds[first as usize].saturating_add(options.scatter_seconds);
    let row = &row[start..row.len().min(start + options.scatter_hub as usize + 1)];
    &row[..row.partition_point(|&at| movements.seconds[at as usize] <= until)]
}

/// The episodes of a source and a sink; ways ascend by their second movement.
fn patterns(movements: &Movements, source: u32, ways: &[Way], options: &Options) -> Vec<Pattern> {
    let second = |at: u32| movements.seconds[at as usize];
    let middle = |way: &Way| movements.to[way.first as usize];
    // Ways that are inside, by their first movement; and how many of each intermediary.
    let mut inside: BinaryHeap<Reverse<(u32, usize)>> = BinaryHeap::new();
    let mut places: BTreeSet<usize> = BTreeSet::new();
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    let mut episodes = Episodes::new();
    for (at, way) in ways.iter().enumerate() {
        inside.push(Reverse((way.first, at)));
        places.insert(at);
        *counts.entry(middle(way)).or_default() += 1;
        while let Some(&Reverse((first, left))) = inside.peek()
            && second(way.second).saturating_sub(second(first)) > options.scatter_seconds
        {
            inside.pop();
            places.remove(&left);
            let of = middle(&ways[left]);
            if let Some(count) = counts.get_mut(&of) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&of);
                }
            }
        }
        if counts.len() >= options.scatter_n_min as usize {
            // Those that are inside stand between the oldest and this one, though not all of those are inside.
            let oldest = places.first().copied().unwrap_or(at);
            episodes.tell(oldest..at + 1, counts.len());
        }
    }
    let pattern = |(window, n): (std::ops::Range<usize>, usize)| {
        let last = second(ways[window.end - 1].second);
        let ways = ways[window]
            .iter()
            .filter(|way| last.saturating_sub(second(way.first)) <= options.scatter_seconds);
        let mut list: Vec<u32> = ways
            .clone()
            .flat_map(|way| [way.first, way.second])
            .collect();
        list.sort_unstable();
        list.dedup();
        let mut parties: Vec<u32> = ways.clone().map(middle).collect();
        parties.sort_unstable();
        parties.dedup();
        parties.insert(0, source);
        parties.extend(ways.clone().next().map(|way| way.sink));
        Pattern {
            rule: Rule::ScatterGather,
            accounts: parties,
            movements: list,
            strength: n as u128,
            measures: vec![Measure::against(
                "intermediaries",
                n as u128,
                options.scatter_n_min.into(),
            )],
        }
    };
    episodes.done().into_iter().map(pattern).collect()
}
