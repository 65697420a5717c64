//! Scatter-gather: one account pays another by way of several.
//!
//! Law: an intermediary counts with a movement from the source and a later one (in the order of the record) to the
//! sink, both within the window. An intermediary that makes more transfers within a window than a hub's number is no
//! intermediary: what it pays on is not told apart from what it pays anyway. So each movement has few that follow, and
//! the work is that of sorting them.

use super::movements::{Holdings, Movements};
use super::window::Episodes;
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
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

/// Ways of a source that are in memory together, for each thread.
const N_WAYS_MAX: usize = 1 << 24;

/// What a source is asked with.
struct Sources<'a> {
    movements: &'a Movements,
    holdings: &'a Holdings,
    options: &'a Options,
}

/// O(n · hub · log n). A source with more ways than are kept in memory is asked for a part of the sinks at a time.
pub(super) fn find(movements: &Movements, options: &Options, watch: &dyn Watch) -> Found {
    let holdings = Holdings::of(movements);
    let sources = Sources {
        movements,
        holdings: &holdings,
        options,
    };
    let by_source: Vec<(Vec<Pattern>, u64)> = (0..holdings.list.len())
        .into_par_iter()
        .map(|holding| {
            if watch.check().is_err() {
                return (Vec::new(), 0);
            }
            sources.patterns_of(holding, N_WAYS_MAX)
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

impl Sources<'_> {
    /// Patterns of a source, and how many of its payments go to hubs.
    fn patterns_of(&self, holding: usize, n_ways_max: usize) -> (Vec<Pattern>, u64) {
        let (source, _) = self.holdings.list[holding];
        let holding = u32::try_from(holding).expect("fewer than twice the transfers");
        let row = self.holdings.out.row(holding);
        let least = self.options.scatter_n_min as usize;
        if row.len() < least {
            return (Vec::new(), 0);
        }
        let (mut n_ways, mut n_hubs) = (0, 0);
        for &first in row {
            match self.onward(first) {
                Some(onward) => n_ways += onward.len(),
                None => n_hubs += 1,
            }
        }
        if n_ways < least {
            return (Vec::new(), n_hubs);
        }
        let n_parts = u32::try_from(n_ways.div_ceil(n_ways_max).max(1)).unwrap_or(u32::MAX);
        let part = |part: u32| -> Vec<Pattern> {
            let mut ways = Vec::new();
            for &first in row {
                for &second in self.onward(first).unwrap_or_default() {
                    let sink = self.movements.to[second as usize];
                    if sink != source && (n_parts == 1 || sink % n_parts == part) {
                        ways.push(Way {
                            sink,
                            second,
                            first,
                        });
                    }
                }
            }
            ways.sort_unstable();
            let by_sink = ways.chunk_by(|one, next| one.sink == next.sink);
            by_sink
                .filter(|ways| ways.len() >= least)
                .flat_map(|ways| patterns(self.movements, source, ways, self.options))
                .collect()
        };
        let parts: Vec<Vec<Pattern>> = if n_parts == 1 {
            vec![part(0)]
        } else {
            (0..n_parts).into_par_iter().map(part).collect()
        };
        (parts.into_iter().flatten().collect(), n_hubs)
    }

    /// What the intermediary of a movement pays on; none if it is a hub.
    fn onward(&self, first: u32) -> Option<&[u32]> {
        let middle = self.holdings.of_payee[first as usize];
        let row = self.holdings.out.row(middle);
        let onward = onward(self.movements, row, first, self.options);
        (onward.len() <= self.options.scatter_hub as usize).then_some(onward)
    }
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

#[cfg(test)]
mod tests {
    use super::super::movements::Role;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn parts_of_the_sinks_give_what_all_together_give(rows in prop::collection::vec((0_u32..6, 0_u32..6), 0..60), n_ways_max in 1_usize..20) {
            let rows: Vec<(u32, u32)> = rows.into_iter().filter(|row| row.0 != row.1).collect();
            let movements = Movements {
                from: rows.iter().map(|row| row.0).collect(),
                to: rows.iter().map(|row| row.1).collect(),
                seconds: (0..).take(rows.len()).collect(),
                units: vec![1; rows.len()],
                assets: vec![0; rows.len()],
                transfers: (0..).take(rows.len()).collect(),
                roles: vec![Role::Listed; 6],
                asset_names: vec![(String::new(), 0)],
                ..Movements::default()
            };
            let (holdings, options) = (Holdings::of(&movements), Options::default());
            let sources = Sources { movements: &movements, holdings: &holdings, options: &options };
            for holding in 0..holdings.list.len() {
                let ranked = |n_ways_max| {
                    let (patterns, n_hubs) = sources.patterns_of(holding, n_ways_max);
                    (Found::ranked(patterns), n_hubs)
                };
                prop_assert_eq!(ranked(n_ways_max), ranked(usize::MAX));
            }
        }
    }
}
