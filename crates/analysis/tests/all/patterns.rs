//! Rules on movements against plain code, and worked figures on either side of what each asks.
#![allow(clippy::unwrap_used, reason = "tests")]

use moneytrail_analysis::patterns::chance::{chance, shuffled};
use moneytrail_analysis::patterns::cycles::{Bounds, Short, Steps, short};
use moneytrail_analysis::patterns::movements::Role;
use moneytrail_analysis::patterns::{Movements, Options, Pattern, Peers, Rule, find, peers};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A movement: from, to, second, units.
pub(crate) type Row = (u32, u32, i64, u128);

/// Intermediary, first movement, second movement.
type Way = (u32, usize, usize);

/// Movements of one asset among accounts of one role; rows are put in order of time.
pub(crate) fn movements(n_accounts: usize, rows: &[Row]) -> Movements {
    let mut rows = rows.to_vec();
    rows.retain(|row| row.0 != row.1);
    rows.sort_by_key(|row| row.2);
    Movements {
        from: rows.iter().map(|row| row.0).collect(),
        to: rows.iter().map(|row| row.1).collect(),
        seconds: rows.iter().map(|row| row.2).collect(),
        units: rows.iter().map(|row| row.3).collect(),
        assets: vec![0; rows.len()],
        transfers: (0..u32::try_from(rows.len()).unwrap()).collect(),
        roles: vec![Role::Listed; n_accounts],
        asset_names: vec![("EUR".into(), 2)],
        is_currency: vec![true],
        ..Movements::default()
    }
}

pub(crate) fn found(movements: &Movements, rule: Rule, options: &Options) -> Vec<Pattern> {
    let peers = peers(movements, rule, options);
    find(movements, rule, options, &peers).patterns
}

/// Options that ask no peers.
pub(crate) fn alone() -> Options {
    Options {
        peers_permille: 1,
        ..Options::default()
    }
}

pub(crate) fn rows(n_accounts: u32, n_rows: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (0..n_accounts, 0..n_accounts, 0_i64..40, 1_u128..6);
    prop::collection::vec(row, 0..n_rows)
}

/// The most distinct payers of an account in a window that ends with one of its movements.
fn most_payers(movements: &Movements, account: u32, window: i64) -> usize {
    let into = (0..movements.len()).filter(|&at| movements.to[at] == account);
    let ends: Vec<i64> = into.clone().map(|at| movements.seconds[at]).collect();
    let of = |end: &i64| {
        let inside = into
            .clone()
            .filter(|&at| (0..=window).contains(&(end - movements.seconds[at])));
        inside
            .map(|at| movements.from[at])
            .collect::<BTreeSet<u32>>()
            .len()
    };
    ends.iter().map(of).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn fans_are_where_plain_code_counts_as_many(rows in rows(12, 60), window in 0_i64..20, permille in 1_u32..=1000) {
        let movements = movements(12, &rows);
        let options = Options { fan_n_min: 3, fan_seconds: window, peers_permille: permille, ..Options::default() };
        let most: Vec<usize> = (0..12).map(|account| most_payers(&movements, account, window)).collect();
        let mut ranked: Vec<usize> = most.iter().copied().filter(|&n| n > 0).collect();
        ranked.sort_unstable();
        let rank = (ranked.len() * permille as usize).div_ceil(1000);
        let least = if ranked.is_empty() { 3 } else { ranked[rank - 1].max(3) };
        let patterns = found(&movements, Rule::FanIn, &options);
        let about: BTreeSet<u32> = patterns.iter().map(|pattern| pattern.accounts[0]).collect();
        let expected: BTreeSet<u32> = (0..12).filter(|&account| most[account as usize] >= least).collect();
        prop_assert_eq!(about, expected);
        for pattern in &patterns {
            let seconds: Vec<i64> = pattern.movements.iter().map(|&at| movements.seconds[at as usize]).collect();
            prop_assert!(seconds.last().unwrap() - seconds[0] <= window);
            prop_assert!(pattern.movements.iter().all(|&at| movements.to[at as usize] == pattern.accounts[0]));
            let payers: BTreeSet<u32> = pattern.movements.iter().map(|&at| movements.from[at as usize]).collect();
            prop_assert_eq!(payers.len() as u128, pattern.strength);
        }
        // The other side is the same of the record turned round.
        let mut turned = movements.clone();
        std::mem::swap(&mut turned.from, &mut turned.to);
        prop_assert_eq!(found(&turned, Rule::FanOut, &options).len(), patterns.len());
    }

    #[test]
    fn cycles_within_bounds_are_those_of_an_enumeration(rows in rows(6, 24), window in 5_i64..40, ratio in 300_u32..=1000) {
        let movements = movements(6, &rows);
        let steps = Steps { from: &movements.from, to: &movements.to, seconds: &movements.seconds };
        let bounds = Bounds { window_seconds: window, n_steps_min: 3, n_steps_max: 4, ratio_permille: ratio, n_walked_max: u64::MAX };
        let Short { mut cycles, n_given_up } = short(&steps, &movements.units, &bounds);
        let mut expected = Vec::new();
        for first in 0..movements.len() {
            extend(&movements, &bounds, &mut vec![first], &mut expected);
        }
        cycles.sort();
        expected.sort();
        prop_assert_eq!(n_given_up, 0);
        prop_assert_eq!(cycles, expected);
    }

    #[test]
    fn a_pattern_of_cycles_stands_once_and_has_all_of_them(rows in rows(5, 24)) {
        let movements = movements(5, &rows);
        let options = Options { cycle_seconds: 40, cycle_permille: 500, ..Options::default() };
        let steps = Steps { from: &movements.from, to: &movements.to, seconds: &movements.seconds };
        let bounds = Bounds { window_seconds: 40, n_steps_min: 3, n_steps_max: 6, ratio_permille: 500, n_walked_max: u64::MAX };
        let all = short(&steps, &movements.units, &bounds).cycles;
        let patterns = found(&movements, Rule::Cycle, &options);
        for cycle in &all {
            let holds = |pattern: &&Pattern| {
                pattern.accounts.len() == cycle.len()
                    && cycle.iter().all(|at| pattern.movements.contains(at))
                    && cycle.iter().all(|&at| pattern.accounts.contains(&movements.from[at as usize]))
            };
            prop_assert!(patterns.iter().any(|pattern| holds(&pattern)));
        }
        let n_cycles: u128 = patterns.iter().map(|pattern| pattern.measures[2].value).sum();
        prop_assert_eq!(n_cycles, all.len() as u128);
    }

    #[test]
    fn scatter_gather_is_where_plain_code_finds_it(rows in rows(7, 40), window in 3_i64..30) {
        let movements = movements(7, &rows);
        let options = Options { scatter_seconds: window, scatter_hub: 1_000, ..Options::default() };
        // Ways by source and sink: intermediary, first movement, second movement.
        let mut ways: BTreeMap<(u32, u32), Vec<Way>> = BTreeMap::new();
        for first in 0..movements.len() {
            for second in first + 1..movements.len() {
                let (source, sink) = (movements.from[first], movements.to[second]);
                if movements.to[first] == movements.from[second] && source != sink
                    && movements.seconds[second] - movements.seconds[first] <= window {
                    ways.entry((source, sink)).or_default().push((movements.to[first], first, second));
                }
            }
        }
        let most = |ways: &Vec<Way>| {
            let within = |last: &Way| {
                let inside = ways.iter().filter(|way| way.2 <= last.2 && movements.seconds[last.2] - movements.seconds[way.1] <= window);
                inside.map(|way| way.0).collect::<BTreeSet<u32>>().len()
            };
            ways.iter().map(within).max().unwrap_or(0)
        };
        let expected: BTreeMap<(u32, u32), usize> = ways.iter().map(|(ends, ways)| (*ends, most(ways))).filter(|of| of.1 >= 3).collect();
        let mut told: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for pattern in found(&movements, Rule::ScatterGather, &options) {
            let ends = (pattern.accounts[0], *pattern.accounts.last().unwrap());
            let n = told.entry(ends).or_default();
            *n = (*n).max(usize::try_from(pattern.strength).unwrap());
            let seconds: Vec<i64> = pattern.movements.iter().map(|&at| movements.seconds[at as usize]).collect();
            prop_assert!(seconds.last().unwrap() - seconds[0] <= window);
        }
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn a_shuffle_deals_the_same_movements_new_times(rows in rows(9, 50), seed in any::<u64>()) {
        let movements = movements(9, &rows);
        let dealt = shuffled(&movements, seed, 0);
        prop_assert_eq!(&dealt, &shuffled(&movements, seed, 0));
        prop_assert_eq!(&dealt.seconds, &movements.seconds);
        let bag = |of: &Movements| {
            let mut rows: Vec<(u32, u32, u128, u32)> = (0..of.len()).map(|at| (of.from[at], of.to[at], of.units[at], of.transfers[at])).collect();
            rows.sort_unstable();
            rows
        };
        prop_assert_eq!(bag(&dealt), bag(&movements));
    }
}

proptest! {
    // Pools of threads are made for each.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_more_passes_through_than_came_and_threads_change_nothing(rows in rows(8, 60)) {
        let movements = movements(8, &rows);
        let options = Options { pass_cash_seconds: 5, pass_permille: 1, ..alone() };
        for pattern in found(&movements, Rule::PassThrough, &options) {
            prop_assert!(pattern.measures[1].value <= pattern.measures[0].value);
        }
        let runs = [1, 2, 8].map(|n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| Rule::ALL.map(|rule| {
                let peers = peers(&movements, rule, &options);
                let draws = chance(&movements, rule, &options, &peers, (3, 7));
                (found(&movements, rule, &options), draws)
            }))
        });
        prop_assert_eq!(&runs[0], &runs[1]);
        prop_assert_eq!(&runs[0], &runs[2]);
    }
}

/// All ways on from a path of movements.
fn extend(of: &Movements, bounds: &Bounds, path: &mut Vec<usize>, found: &mut Vec<Vec<u32>>) {
    let last = path[path.len() - 1];
    for next in last + 1..of.len() {
        let fits = of.from[next] == of.to[last]
            && of.seconds[next] - of.seconds[path[0]] <= bounds.window_seconds
            && path.iter().all(|&at| of.to[at] != of.to[next]);
        if !fits || path.len() == bounds.n_steps_max {
            continue;
        }
        path.push(next);
        if of.to[next] == of.from[path[0]] {
            let units = path.iter().map(|&at| of.units[at]);
            let (small, large) = (units.clone().min().unwrap(), units.max().unwrap());
            if path.len() >= bounds.n_steps_min
                && small * 1000 >= large * u128::from(bounds.ratio_permille)
            {
                found.push(path.iter().map(|&at| u32::try_from(at).unwrap()).collect());
            }
        } else {
            extend(of, bounds, path, found);
        }
        path.pop();
    }
}

#[test]
fn gathered_and_scattered_within_its_windows_and_sums() {
    // Three pay 100 each to 0, who pays 95 each to three others.
    let gathered = |last: i64, paid: u128| {
        let mut rows: Vec<Row> = (1..=3)
            .map(|payer| (payer, 0, i64::from(payer), 100))
            .collect();
        rows.extend((4..=6).map(|payee| (0, payee, last, paid)));
        found(&movements(7, &rows), Rule::GatherScatter, &alone()).len()
    };
    assert_eq!(
        gathered(7 * DAY + 3, 95),
        1,
        "seven days after the last of them"
    );
    assert_eq!(gathered(7 * DAY + 4, 95), 0);
    assert_eq!(
        [gathered(DAY, 80), gathered(DAY, 79)],
        [1, 0],
        "0.80 of what came"
    );
    assert_eq!(
        [gathered(DAY, 105), gathered(DAY, 106)],
        [1, 0],
        "1.05 of what came"
    );
    assert_eq!(gathered(0, 95), 0, "what went out before is no scatter");
}

#[test]
fn hubs_hide_nobody_who_gathers_and_scatters_in_one_week() {
    // A hundred hubs are paid by ten and pay ten in a week; a hundred and twenty others are paid by four and pay four in as many
    // months, but for 400, who does so in a week.
    let mut rows: Vec<Row> = Vec::new();
    let pays = |rows: &mut Vec<Row>, account: u32, n: u32, step: i64| {
        for nth in 0..n {
            let second = i64::from(nth) * step;
            rows.push((500 + nth, account, second, 100));
            rows.push((account, 520 + nth, second + HOUR, 95));
        }
    };
    for hub in 0..100 {
        pays(&mut rows, hub, 10, HOUR / 2);
    }
    for other in 200..320 {
        pays(&mut rows, other, 4, 30 * DAY);
    }
    pays(&mut rows, 400, 4, HOUR / 8);
    let movements = movements(540, &rows);
    let patterns = found(&movements, Rule::GatherScatter, &Options::default());
    let about: BTreeSet<u32> = patterns.iter().map(|of| of.accounts[0]).collect();
    assert!(about.contains(&400), "{about:?}");
    assert!((200..320).all(|other| !about.contains(&other)), "{about:?}");
}

#[test]
fn what_comes_in_goes_out_within_the_window() {
    let passed = |hours: i64, units: u128| {
        let rows = [(1, 0, 0, 1_000), (0, 2, hours * HOUR, units)];
        let patterns = found(&movements(3, &rows), Rule::PassThrough, &alone());
        patterns
            .iter()
            .filter(|pattern| pattern.accounts[0] == 0)
            .count()
    };
    assert_eq!([passed(72, 900), passed(73, 900)], [1, 0]);
    assert_eq!([passed(1, 900), passed(1, 899)], [1, 0]);
    // What is paid before anything came is of other money.
    let rows = [(0, 2, 0, 1_000), (1, 0, HOUR, 1_000)];
    assert_eq!(found(&movements(3, &rows), Rule::PassThrough, &alone()), []);
}

#[test]
fn payments_below_a_threshold_to_obliged_entities() {
    let paid = |units: u128, hours: i64, payee: Role| {
        let rows: Vec<Row> = (0..3)
            .map(|nth| (0, 1, nth * hours * HOUR, units))
            .collect();
        let mut movements = movements(2, &rows);
        movements.roles[1] = payee;
        found(&movements, Rule::Structuring, &Options::default()).len()
    };
    assert_eq!(
        paid(900_000, 36, Role::Bank),
        1,
        "three of 9,000.00 in 72 hours"
    );
    assert_eq!(paid(900_000, 37, Role::Bank), 0);
    assert_eq!(
        [paid(800_000, 1, Role::Bank), paid(799_999, 1, Role::Bank)],
        [1, 0]
    );
    assert_eq!(
        paid(1_000_000, 1, Role::Bank),
        0,
        "the threshold itself is reported"
    );
    assert_eq!(
        paid(900_000, 1, Role::Hawaladar),
        0,
        "an unlicensed book has no threshold"
    );
    let rows: Vec<Row> = (0..3).map(|nth| (0, 1, nth * HOUR, 900_000)).collect();
    let mut token = movements(2, &rows);
    token.roles[1] = Role::Bank;
    token.is_currency = vec![false];
    let fired = found(&token, Rule::Structuring, &Options::default());
    assert_eq!(fired, [], "a token that calls itself EUR is no euro");
}

#[test]
fn a_hub_is_no_intermediary_and_is_counted() {
    // 0 pays 1, 2, 3, who each pay 4; 3 pays many others first.
    let mut rows: Vec<Row> = (1..=3).map(|middle| (0, middle, 0, 10)).collect();
    rows.extend((0..100).map(|_| (3, 5, 1, 1)));
    rows.extend((1..=3).map(|middle| (middle, 4, 2, 10)));
    let movements = movements(6, &rows);
    let few = Options {
        scatter_hub: 64,
        ..Options::default()
    };
    let all = find(
        &movements,
        Rule::ScatterGather,
        &few,
        &peers(&movements, Rule::ScatterGather, &few),
    );
    assert_eq!((all.patterns.len(), all.left_out[0].1), (0, 1));
    let many = Options {
        scatter_hub: 200,
        ..Options::default()
    };
    assert_eq!(found(&movements, Rule::ScatterGather, &many).len(), 1);
}

#[test]
fn a_planted_cycle_is_rare_by_chance() {
    // A ring of four within four hours, among payments of the same sums spread over a year.
    let mut rows: Vec<Row> = (0..4)
        .map(|at| (at, (at + 1) % 4, 100 * DAY + i64::from(at) * HOUR, 500))
        .collect();
    rows.extend((0..365).map(|day| {
        (
            u32::try_from(day % 20).unwrap() + 4,
            u32::try_from(day % 13).unwrap() + 24,
            day * DAY,
            500,
        )
    }));
    let movements = movements(40, &rows);
    let options = Options {
        cycle_seconds: DAY,
        ..Options::default()
    };
    let patterns = found(&movements, Rule::Cycle, &options);
    assert_eq!(patterns.len(), 1);
    assert_eq!(patterns[0].accounts, [0, 1, 2, 3]);
    let drawn = chance(
        &movements,
        Rule::Cycle,
        &options,
        &Peers::default(),
        (20, 1),
    );
    assert_eq!(drawn.n_as_strong(patterns[0].strength), 0);
}
