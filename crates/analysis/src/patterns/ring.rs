//! Cycles of alike amounts, each once.

use super::cycles::{Bounds, Steps, short_watched};
use super::movements::Movements;
use super::{Found, Measure, Options, Pattern, Rule};
use crate::entity::union_find::Sets;
use moneytrail_model::Watch;
use std::collections::{BTreeMap, BTreeSet};

/// Cost: [`short`].
pub(super) fn find(movements: &Movements, options: &Options, watch: &dyn Watch) -> Found {
    let mut by_asset: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, &asset) in (0..).zip(&movements.assets) {
        by_asset.entry(asset).or_default().push(at);
    }
    let bounds = Bounds {
        window_seconds: options.cycle_seconds,
        n_steps_min: options.cycle_steps.0.max(2) as usize,
        n_steps_max: options.cycle_steps.1 as usize,
        ratio_permille: options.cycle_permille,
        n_walked_max: options.cycle_walked_max,
    };
    let mut patterns = Vec::new();
    let mut n_given_up = 0;
    for list in by_asset.values() {
        let column =
            |values: &[u32]| -> Vec<u32> { list.iter().map(|&at| values[at as usize]).collect() };
        let (from, to) = (column(&movements.from), column(&movements.to));
        let seconds: Vec<i64> = list
            .iter()
            .map(|&at| movements.seconds[at as usize])
            .collect();
        let units: Vec<u128> = list
            .iter()
            .map(|&at| movements.units[at as usize])
            .collect();
        let steps = Steps {
            from: &from,
            to: &to,
            seconds: &seconds,
        };
        let found = short_watched(&steps, &units, &bounds, watch);
        n_given_up += found.n_given_up;
        let cycles = found
            .cycles
            .into_iter()
            .map(|cycle| -> Vec<u32> { cycle.into_iter().map(|at| list[at as usize]).collect() });
        patterns.extend(merged(movements, cycles.collect(), options));
    }
    let mut found = Found::ranked(patterns);
    found.left_out.push((
        "transfers whose search for a cycle was given up",
        n_given_up,
    ));
    found
}

/// Cycles over the same accounts in the same order that share a transfer are one pattern.
fn merged(movements: &Movements, cycles: Vec<Vec<u32>>, options: &Options) -> Vec<Pattern> {
    let mut by_accounts: BTreeMap<Vec<u32>, Vec<Vec<u32>>> = BTreeMap::new();
    for cycle in cycles {
        let mut accounts: Vec<u32> = cycle
            .iter()
            .map(|&at| movements.from[at as usize])
            .collect();
        let smallest = (0..accounts.len()).min_by_key(|&at| accounts[at]);
        accounts.rotate_left(smallest.unwrap_or(0));
        by_accounts.entry(accounts).or_default().push(cycle);
    }
    let mut patterns = Vec::new();
    for (_, mut cycles) in by_accounts {
        cycles.sort_unstable();
        // Cycles that share a transfer, by way of others too, are one set.
        let mut sets = Sets::new(u32::try_from(cycles.len()).expect("cycles of 2³² transfers"));
        let mut first_of: BTreeMap<u32, u32> = BTreeMap::new();
        for (nth, cycle) in (0..).zip(&cycles) {
            for &at in cycle {
                sets.join(*first_of.entry(at).or_insert(nth), nth);
            }
        }
        let mut groups: BTreeMap<u32, (BTreeSet<u32>, Vec<Vec<u32>>)> = BTreeMap::new();
        for (root, cycle) in sets.into_roots().into_iter().zip(cycles) {
            let group = groups.entry(root).or_default();
            group.0.extend(&cycle);
            group.1.push(cycle);
        }
        let groups = groups.into_values();
        patterns.extend(groups.map(|group| pattern(movements, group, options)));
    }
    patterns
}

/// Smallest amount in thousandths of the largest, rounded down.
fn permille(movements: &Movements, cycle: &[u32]) -> u128 {
    let units = cycle.iter().map(|&at| movements.units[at as usize]);
    let (smallest, largest) = (units.clone().min(), units.max());
    let share = moneytrail_model::money::mul_div_rem(
        smallest.unwrap_or(0),
        1000,
        largest.unwrap_or(0).max(1),
    );
    share.map_or(0, |share| share.0)
}

fn pattern(
    movements: &Movements,
    (transfers, cycles): (BTreeSet<u32>, Vec<Vec<u32>>),
    options: &Options,
) -> Pattern {
    let best = cycles
        .iter()
        .max_by_key(|cycle| (permille(movements, cycle), std::cmp::Reverse(*cycle)));
    let best = best.expect("a group has a cycle");
    let share = permille(movements, best);
    Pattern {
        rule: Rule::Cycle,
        accounts: best.iter().map(|&at| movements.from[at as usize]).collect(),
        movements: transfers.into_iter().collect(),
        strength: share,
        measures: vec![
            Measure::against("accounts", best.len() as u128, options.cycle_steps.0.into()),
            Measure::against(
                "smallest amount in thousandths of the largest",
                share,
                options.cycle_permille.into(),
            ),
            Measure::of("cycles of these transfers", cycles.len() as u128),
        ],
    }
}
