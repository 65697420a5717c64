//! Bipartite, stack and dense flow against plain code, and worked figures on either side of what each asks.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::patterns::{DAY, Row, alone, found, movements};
use moneytrail_analysis::patterns::chance::{chance, rewired};
use moneytrail_analysis::patterns::{Movements, Options, Pattern, Peers, Rule};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Payments from 0 to 5 to 6 to 11.
fn across() -> impl Strategy<Value = Vec<Row>> {
    let row = (0_u32..6, 6_u32..12, 0_i64..30, 1_u128..4);
    prop::collection::vec(row, 0..45)
}

/// Payments among nine.
fn among() -> impl Strategy<Value = Vec<Row>> {
    let row = (0_u32..9, 0_u32..9, 0_i64..30, 1_u128..9);
    prop::collection::vec(row, 0..70)
}

/// The two sides of a block, payers and payees of its movements.
fn sides(movements: &Movements, pattern: &Pattern) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let of = |ends: &[u32]| {
        pattern
            .movements
            .iter()
            .map(|&at| ends[at as usize])
            .collect()
    };
    (of(&movements.from), of(&movements.to))
}

fn subsets(of: std::ops::Range<u32>) -> impl Iterator<Item = BTreeSet<u32>> + Clone {
    let n = of.len();
    (0_u32..1 << n).map(move |bits| {
        let inside = of.clone().filter(|&at| bits >> (at - of.start) & 1 == 1);
        inside.collect()
    })
}

/// Whether each of either side is joined with k and a share of the other.
fn is_dense(
    pairs: &BTreeSet<(u32, u32)>,
    (payers, payees): (&BTreeSet<u32>, &BTreeSet<u32>),
    (k, permille): (usize, usize),
) -> bool {
    let enough = |n: usize, of: usize| n >= k && 1000 * n >= of * permille;
    let paid = |payer: &u32| {
        payees
            .iter()
            .filter(|payee| pairs.contains(&(*payer, **payee)))
            .count()
    };
    let payers_of = |payee: &u32| {
        payers
            .iter()
            .filter(|payer| pairs.contains(&(**payer, *payee)))
            .count()
    };
    payers.iter().all(|payer| enough(paid(payer), payees.len()))
        && payees
            .iter()
            .all(|payee| enough(payers_of(payee), payers.len()))
}

/// Distinct pairs of each window: windows begin every half of their length.
fn windows(movements: &Movements, window: i64) -> Vec<BTreeSet<(u32, u32)>> {
    let Some(&origin) = movements.seconds.first() else {
        return Vec::new();
    };
    let step = (window / 2).max(1);
    let starts = (0..)
        .map(|nth| origin + nth * step)
        .take_while(|start| start <= movements.seconds.last().unwrap());
    let of = |start: i64| {
        let inside = (0..movements.len())
            .filter(|&at| (start..=start + window).contains(&movements.seconds[at]));
        inside
            .map(|at| (movements.from[at], movements.to[at]))
            .collect()
    };
    starts.map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn blocks_are_where_a_search_of_all_sets_finds_one(rows in across(), window in 4_i64..40) {
        let movements = movements(12, &rows);
        // No share is asked beside k: then the search of each payer is exact.
        let options = Options { block_seconds: window, block_permille: 1, ..Options::default() };
        let patterns = found(&movements, Rule::Bipartite, &options);
        let windows = windows(&movements, window);
        let exists = windows.iter().any(|pairs| {
            // Around each payer: no payee whom he does not pay.
            (0..6).any(|seed| subsets(0..6).any(|payers| {
                // With these payers the largest set of payees is those of whom three pay.
                let paid = |payee: &u32| payers.iter().filter(|payer| pairs.contains(&(**payer, *payee))).count() >= 3;
                let payees: BTreeSet<u32> = (6..12).filter(|payee| paid(payee) && pairs.contains(&(seed, *payee))).collect();
                payers.len() >= 3 && payees.len() >= 3 && is_dense(pairs, (&payers, &payees), (3, 1))
            }))
        });
        prop_assert_eq!(!patterns.is_empty(), exists);
        let mut taken = BTreeSet::new();
        for pattern in &patterns {
            let (payers, payees) = sides(&movements, pattern);
            prop_assert!(windows.iter().any(|pairs| is_dense(pairs, (&payers, &payees), (3, 1))));
            prop_assert!(pattern.movements.iter().all(|at| taken.insert(*at)), "a transfer stands once");
        }
    }

    #[test]
    fn blocks_and_stacks_keep_their_law(rows in among(), permille in 500_u32..=1000) {
        let movements = movements(9, &rows);
        let options = Options { block_seconds: 20, block_permille: permille, block_n_min: 2, ..Options::default() };
        let windows = windows(&movements, 20);
        for pattern in found(&movements, Rule::Bipartite, &options) {
            let (payers, payees) = sides(&movements, &pattern);
            prop_assert!(payers.is_disjoint(&payees));
            let is = windows.iter().any(|pairs| is_dense(pairs, (&payers, &payees), (2, permille as usize)));
            prop_assert!(is, "{pattern:?}");
        }
        for pattern in found(&movements, Rule::Stack, &options) {
            let seconds: Vec<i64> = pattern.movements.iter().map(|&at| movements.seconds[at as usize]).collect();
            prop_assert!(seconds.last().unwrap() - seconds[0] <= 20);
            prop_assert!(pattern.measures[0].value >= 3);
            // Who is paid and pays is paid first.
            let (payers, payees) = sides(&movements, &pattern);
            for middle in payers.intersection(&payees) {
                let first_in = pattern.movements.iter().find(|at| movements.to[**at as usize] == *middle);
                let last_out = pattern.movements.iter().rfind(|at| movements.from[**at as usize] == *middle);
                prop_assert!(first_in < last_out);
            }
        }
    }

    #[test]
    fn payees_are_dealt_within_their_asset(rows in among(), seed in any::<u64>()) {
        let mut movements = movements(9, &rows);
        for at in 0..movements.len() {
            movements.assets[at] = u32::try_from(movements.units[at] % 2).unwrap();
        }
        movements.asset_names.push(("USD".into(), 2));
        movements.is_currency.push(true);
        let dealt = rewired(&movements, seed, 0);
        prop_assert_eq!(&dealt, &rewired(&movements, seed, 0));
        prop_assert!((0..dealt.len()).all(|at| dealt.from[at] != dealt.to[at]));
        // Transfers keep their payer, time and amount.
        for at in 0..dealt.len() {
            let was = dealt.transfers[at] as usize;
            prop_assert_eq!((dealt.from[at], dealt.seconds[at], dealt.units[at], dealt.assets[at]),
                (movements.from[was], movements.seconds[was], movements.units[was], movements.assets[was]));
        }
        for payee in 0..9 {
            for asset in 0..2 {
                let n = |of: &Movements| (0..of.len()).filter(|&at| of.to[at] == payee && of.assets[at] == asset).count();
                prop_assert!(n(&dealt) <= n(&movements), "paid at most as often as before");
            }
        }
    }
}

proptest! {
    // Pools of threads are made for each.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn threads_change_nothing_of_blocks(rows in among()) {
        let movements = movements(9, &rows);
        let options = Options { block_seconds: 20, block_n_min: 2, ..alone() };
        let rules = [Rule::Bipartite, Rule::Stack, Rule::DenseFlow];
        let runs = [1, 3].map(|n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| rules.map(|rule| {
                (found(&movements, rule, &options), chance(&movements, rule, &options, &Peers::default(), (2, 7)))
            }))
        });
        prop_assert_eq!(&runs[0], &runs[1]);
    }
}

/// `n` payers from `first` on each pay `n` payees from `then` on, at a second.
fn block(first: u32, then: u32, n: u32, second: i64) -> Vec<Row> {
    (0..n)
        .flat_map(|payer| (0..n).map(move |payee| (first + payer, then + payee, second, 10)))
        .collect()
}

#[test]
fn three_who_pay_the_same_three_are_a_block_and_less_is_none() {
    let whole = block(0, 3, 3, 0);
    let n = |rows: &[Row]| found(&movements(12, rows), Rule::Bipartite, &Options::default()).len();
    assert_eq!(n(&whole), 1);
    assert_eq!(n(&whole[1..]), 0, "eight of nine pairs");
    assert_eq!(n(&block(0, 2, 2, 0)), 0, "two by two");
    // Of five by five, four of five each are three quarters and more.
    let five: Vec<Row> = block(0, 5, 5, 0)
        .into_iter()
        .filter(|row| row.0 + 5 != row.1)
        .collect();
    assert_eq!(n(&five), 1);
    // Of four by four, two of four each are not.
    let four: Vec<Row> = block(0, 5, 4, 0)
        .into_iter()
        .filter(|row| (row.0 + row.1) % 2 == 0)
        .collect();
    assert_eq!(n(&four), 0);
    // Within fourteen days: what is seven days long stands in one window wherever they begin.
    let spread = |days: i64| {
        let mut rows = vec![(9, 10, 0, 1)];
        rows.extend(block(0, 3, 3, 3 * DAY));
        let last = rows.len() - 1;
        rows[last].2 += days * DAY;
        n(&rows)
    };
    assert_eq!([spread(7), spread(15)], [1, 0]);
}

#[test]
fn a_payee_whom_all_pay_is_in_no_block() {
    let mut rows = block(0, 3, 3, 0);
    rows.extend((10..80).map(|payer| (payer, 3, 1, 1)));
    let movements = movements(80, &rows);
    let hub = |block_hub| Options {
        block_hub,
        ..Options::default()
    };
    assert_eq!(found(&movements, Rule::Bipartite, &hub(64)), []);
    assert_eq!(found(&movements, Rule::Bipartite, &hub(100)).len(), 1);
}

#[test]
fn layers_that_pay_on_in_time_are_a_stack() {
    let n = |first: i64, then: i64| {
        let mut rows = block(0, 3, 3, first);
        rows.extend(block(3, 6, 3, then));
        let patterns = found(&movements(9, &rows), Rule::Stack, &Options::default());
        patterns.len()
    };
    assert_eq!(n(0, DAY), 1);
    assert_eq!(n(DAY, 0), 0, "they pay before they are paid");
    assert_eq!(n(0, 15 * DAY), 0, "beyond the window");
    let mut rows = block(0, 3, 3, 0);
    rows.extend(block(3, 6, 3, 1));
    rows.extend(block(6, 9, 3, 2));
    let patterns = found(&movements(12, &rows), Rule::Stack, &Options::default());
    assert_eq!(
        patterns.len(),
        1,
        "the stack of four layers, and none within it"
    );
    assert_eq!(patterns[0].measures[0].value, 4);
    assert_eq!(patterns[0].movements.len(), 27);
    // The middle shares two accounts alone.
    let mut rows = block(0, 3, 3, 0);
    rows.extend(block(4, 7, 3, 1));
    assert_eq!(
        found(&movements(12, &rows), Rule::Stack, &Options::default()),
        []
    );
}

#[test]
fn a_planted_flow_is_the_densest_and_rare_by_chance() {
    let movements_of = movements;
    // Five sources pay three in the middle, who pay it all on to four sinks; around it many small payments.
    let mut rows: Vec<Row> = Vec::new();
    for middle in 5..8 {
        rows.extend((0..5).map(|source| (source, middle, 10, 4_000)));
        rows.extend((8..12).map(|sink| (middle, sink, 20, 5_000)));
    }
    rows.extend((0..300).map(|nth: i64| {
        let payer = u32::try_from(nth * 7 % 40).unwrap();
        (
            payer + 12,
            u32::try_from(nth * 11 % 41).unwrap() + 11,
            nth,
            300,
        )
    }));
    let movements = movements(60, &rows);
    let options = Options::default();
    let patterns = found(&movements, Rule::DenseFlow, &options);
    let accounts: BTreeSet<u32> = patterns[0].accounts.iter().copied().collect();
    assert_eq!(accounts, (0..12).collect());
    assert_eq!(patterns[0].movements.len(), 27);
    let values: Vec<u128> = patterns[0].measures.iter().map(|of| of.value).collect();
    assert_eq!(values[..5], [5, 3, 4, 60_000, 60_000]);
    // 20,000 pass each of the three, and there are twelve: 5,000, less what chance would have given.
    assert!((3_000..5_000).contains(&values[5]), "{values:?}");
    // The same flow over two months is dense in no window of 28 days.
    let slow: Vec<Row> = rows
        .iter()
        .map(|row| (row.0, row.1, row.2 * 3 * DAY, row.3))
        .collect();
    let slow = found(&movements_of(60, &slow), Rule::DenseFlow, &options);
    assert!(slow.iter().all(|of| !of.accounts.contains(&5)), "{slow:?}");
    let drawn = chance(
        &movements,
        Rule::DenseFlow,
        &options,
        &Peers::default(),
        (20, 1),
    );
    assert_eq!(drawn.n_as_strong(patterns[0].strength), 0);
}

#[test]
fn sums_of_assets_are_not_compared_by_their_units() {
    // All of the euros pass through 1, and a hundredth of a token with many decimals through 4.
    let mut movements = movements(
        8,
        &[
            (0, 1, 0, 100),
            (1, 2, 1, 100),
            (3, 4, 0, 10_000),
            (4, 5, 1, 10_000),
            (6, 7, 2, 1_000_000),
        ],
    );
    movements.assets = movements
        .from
        .iter()
        .map(|&from| u32::from(from > 2))
        .collect();
    movements.asset_names.push(("TOKEN".into(), 18));
    movements.is_currency.push(false);
    let patterns = found(&movements, Rule::PassThrough, &alone());
    let about: Vec<u32> = patterns.iter().map(|pattern| pattern.accounts[0]).collect();
    assert_eq!(about, [1, 4]);
    assert_eq!(
        patterns[0].measures[2].value, 500_000,
        "half of all euros that moved, which moved twice"
    );
}
