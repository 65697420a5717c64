//! Against plain code and the rule as it was first written, and a planted flow.
#![allow(clippy::unwrap_used, reason = "tests")]

mod queue;

use super::*;
use proptest::prelude::*;

type Row = (u32, u32, i128);

/// g of a set, from its members alone.
fn g(flow: &queue::Flow, is_in: &[bool]) -> (i128, usize) {
    let inside = (0..3 * flow.n).filter(|&at| is_in[at] && !flow.rows[at].is_empty());
    let mut numerator = 0;
    for at in inside.clone().filter(|&at| flow.is_middle(at)) {
        let mut sums = [0, 0];
        for &(other, sum) in &flow.rows[at] {
            if is_in[other as usize] {
                sums[usize::from(other as usize >= 2 * flow.n)] += sum;
            }
        }
        numerator += flow.adds(sums);
    }
    (numerator, inside.count())
}

/// The set that is left densest when the member of least weight goes each time, weights counted anew each time.
fn plain(flow: &queue::Flow) -> (i128, usize) {
    let mut is_in: Vec<bool> = flow.rows.iter().map(|row| !row.is_empty()).collect();
    let mut best = g(flow, &is_in);
    loop {
        let weight = |at: usize| {
            let mut sums = [0, 0];
            for &(other, sum) in flow.rows[at].iter().filter(|of| is_in[of.0 as usize]) {
                let side = flow.is_middle(at) && other as usize >= 2 * flow.n;
                sums[usize::from(side)] += sum;
            }
            flow.weight(at, sums)
        };
        let inside = (0..3 * flow.n).filter(|&at| is_in[at]);
        let Some(least) = inside.min_by_key(|&at| (weight(at), at)) else {
            return best;
        };
        is_in[least] = false;
        let (numerator, size) = g(flow, &is_in);
        if size > 0 && numerator * best.1 as i128 > best.0 * size as i128 {
            best = (numerator, size);
        }
    }
}

fn pairs_of(rows: &[Row]) -> BTreeMap<(u32, u32), i128> {
    let mut pairs: BTreeMap<(u32, u32), i128> = BTreeMap::new();
    for &(from, to, sum) in rows.iter().filter(|row| row.0 != row.1) {
        *pairs.entry((from, to)).or_default() += sum;
    }
    pairs
}

/// The rule, and as it was first written.
fn flows(n: usize, rows: &[Row]) -> (Densest, queue::Flow) {
    let pairs = pairs_of(rows);
    let first = queue::Flow::of(n, &pairs, 4);
    let (start, n_movements) = (0, 0);
    let pairs = pairs.into_iter().map(|((from, to), sum)| Pair {
        from,
        to,
        sum,
        start,
        n: n_movements,
    });
    let flow = Flow::of(n, &pairs.collect::<Vec<Pair>>(), 4);
    (flow.densest(&()).unwrap(), first)
}

fn movements(rows: &[(u32, u32, i64, u128)]) -> Movements {
    let mut rows = rows.to_vec();
    rows.retain(|row| row.0 != row.1);
    rows.sort_by_key(|row| row.2);
    Movements {
        from: rows.iter().map(|row| row.0).collect(),
        to: rows.iter().map(|row| row.1).collect(),
        seconds: rows.iter().map(|row| row.2).collect(),
        units: rows.iter().map(|row| row.3).collect(),
        assets: vec![0; rows.len()],
        transfers: (0..).take(rows.len()).collect(),
        roles: vec![Role::Listed; 9],
        asset_names: vec![("EUR".into(), 2)],
        is_currency: vec![true],
        ..Movements::default()
    }
}

/// Movements and g of the densest flows of each window, each movement once.
fn plain_find(movements: &Movements, options: &Options) -> Vec<(Vec<u32>, u128)> {
    let mut found = plain_flows(movements, options);
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut taken = BTreeSet::new();
    found.retain(|(_, list)| {
        let is_free = list.iter().all(|at| !taken.contains(at));
        if is_free {
            taken.extend(list.clone());
        }
        is_free
    });
    found.into_iter().map(|(g, list)| (list, g)).collect()
}

/// g and movements of the densest flows of each window, sums counted plainly.
fn plain_flows(movements: &Movements, options: &Options) -> Vec<(u128, Vec<u32>)> {
    let mut found: Vec<(u128, Vec<u32>)> = Vec::new();
    for window in windows(&movements.seconds, options.dense_seconds) {
        let of = |at: usize| (movements.from[at], movements.to[at]);
        let sum = |is: &dyn Fn((u32, u32)) -> bool| -> u128 {
            let inside = window.clone().filter(|&at| is(of(at)));
            inside.map(|at| movements.units[at]).sum()
        };
        let mut pairs: BTreeMap<(u32, u32), i128> = BTreeMap::new();
        for (from, to) in window.clone().map(of) {
            let chance = sum(&|of| of.0 == from) * sum(&|of| of.1 == to) / sum(&|_| true);
            let paid = sum(&|of| of == (from, to));
            if paid > chance {
                pairs.insert((from, to), i128::try_from(paid - chance).unwrap());
            }
        }
        for _ in 0..options.dense_n_max {
            let densest = queue::Flow::of(9, &pairs, i128::from(options.dense_lambda)).densest();
            if densest.numerator <= 0 {
                break;
            }
            let is = |layer: usize, account: u32| densest.is_in[layer * 9 + account as usize];
            let is_inside =
                |of: (u32, u32)| is(0, of.0) && is(1, of.1) || is(1, of.0) && is(2, of.1);
            let list = window
                .clone()
                .filter(|&at| pairs.contains_key(&of(at)) && is_inside(of(at)));
            let list = list.map(|at| u32::try_from(at).unwrap()).collect();
            found.push((
                densest.numerator.unsigned_abs() / densest.size as u128,
                list,
            ));
            pairs.retain(|&of, _| !is_inside(of));
        }
    }
    found
}

/// Which members are in it, as the rule as it was first written numbers them.
fn members(n: usize, densest: &Densest) -> Vec<bool> {
    let mut is_in = vec![false; 3 * n];
    for (nth, layer) in densest.layers.iter().enumerate() {
        for &account in layer {
            is_in[nth * n + account as usize] = true;
        }
    }
    is_in
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_densest_is_that_of_plain_peeling(rows in prop::collection::vec((0_u32..6, 0_u32..6, 1_i128..50), 1..16)) {
        let (found, first) = flows(6, &rows);
        prop_assert_eq!((found.numerator, found.size), plain(&first));
        if found.size > 0 {
            prop_assert_eq!(g(&first, &members(6, &found)), (found.numerator, found.size));
        }
    }

    #[test]
    fn the_densest_is_that_of_the_rule_as_it_was_first_written(
        rows in prop::collection::vec((0_u32..20, 0_u32..20, 1_i128..9), 1..150),
    ) {
        let (found, first) = flows(20, &rows);
        let first = first.densest();
        prop_assert_eq!((found.numerator, found.size), (first.numerator, first.size));
        prop_assert_eq!(members(20, &found), first.is_in);
    }

    #[test]
    fn flows_of_windows_are_those_of_plain_sums(
        rows in prop::collection::vec((0_u32..9, 0_u32..9, 0_i64..40, 1_u128..30), 1..60),
        seconds in 5_i64..50,
    ) {
        let movements = movements(&rows);
        let options = Options { dense_seconds: seconds, dense_draws: 3, ..Options::default() };
        let all = find(&movements, &options, &Peers::default(), &());
        let all: Vec<(Vec<u32>, u128)> = all.patterns.into_iter().map(|of| (of.movements, of.measures[DENSITY].value)).collect();
        let plain = plain_find(&movements, &options);
        // Strengths are parts of all that moved, and may be equal where g is not: the order among them is not asked.
        let bag = |list: &[(Vec<u32>, u128)]| list.iter().cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(bag(&all), bag(&plain));
        // Told are those that are denser than chance gives, and some if the first of a window is.
        let peers = peers(&movements, &options, &());
        let least = peers.least(Role::Other, 0);
        let flows = plain_flows(&movements, &options);
        for pattern in find(&movements, &options, &peers, &()).patterns {
            let of = (pattern.measures[DENSITY].value, pattern.movements);
            prop_assert!(of.0 >= least && flows.contains(&of));
        }
        let firsts = plain_flows(&movements, &Options { dense_n_max: 1, ..options.clone() });
        let told = find(&movements, &options, &peers, &()).patterns.len();
        prop_assert_eq!(told > 0, firsts.iter().any(|of| of.0 >= least));
    }

    #[test]
    fn no_set_is_denser_than_the_densest_of_all_and_a_positive_one_is_found(rows in prop::collection::vec((0_u32..4, 0_u32..4, 1_i128..20), 1..8)) {
        let (found, first) = flows(4, &rows);
        // Every subset of the twelve members.
        let mut best: (i128, usize) = (0, 1);
        for bits in 1_u32..1 << 12 {
            let is_in: Vec<bool> = (0..12).map(|at| bits >> at & 1 == 1).collect();
            let (numerator, size) = g(&first, &is_in);
            if size > 0 && numerator * best.1 as i128 > best.0 * size as i128 {
                best = (numerator, size);
            }
        }
        prop_assert!(found.size == 0 || found.numerator * best.1 as i128 <= best.0 * found.size as i128);
    }

    #[test]
    fn the_least_is_the_first_of_the_lightest(
        weights in prop::collection::vec(0_i128..5, 0..40),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_i128..5), 0..40),
    ) {
        let mut weights: Vec<Option<i128>> = weights.into_iter().map(Some).collect();
        let mut least = least::Least::of(weights.iter().map(|of| of.unwrap()).collect::<Vec<_>>().into_iter());
        for (which, weight) in changes {
            if !weights.is_empty() {
                let at = which.index(weights.len());
                if weights[at].is_some() {
                    weights[at] = Some(weight);
                    least.weigh(at, weight);
                }
            }
            let lightest = (0..weights.len()).filter(|&at| weights[at].is_some()).min_by_key(|&at| (weights[at], at));
            prop_assert_eq!(least.pop(), lightest);
            if let Some(at) = lightest {
                weights[at] = None;
            }
        }
    }
}

#[test]
fn what_stays_in_the_middle_costs() {
    // Two sources, one in the middle, two sinks.
    let rows = |out| [(0, 2, 100), (1, 2, 100), (2, 3, out), (2, 4, out)];
    let of = |out: i128| flows(5, &rows(out)).0;
    let whole = of(100);
    assert_eq!((whole.numerator, whole.size), (200, 5));
    assert_eq!(of(90).numerator, 5 * 180 - 4 * 200);
    // Half of it stays: any set has something that stays, or less that goes on.
    assert!(of(50).numerator < 100);
}
