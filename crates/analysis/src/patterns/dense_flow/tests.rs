//! Against plain code, and a planted flow.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

/// g of a set, from its members alone.
fn g(flow: &Flow, is_in: &[bool]) -> (i128, usize) {
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
fn plain(flow: &Flow) -> (i128, usize) {
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

fn flow_of(n: usize, rows: &[(u32, u32, i128)]) -> Flow {
    let mut pairs: BTreeMap<(u32, u32), i128> = BTreeMap::new();
    for &(from, to, sum) in rows.iter().filter(|row| row.0 != row.1) {
        *pairs.entry((from, to)).or_default() += sum;
    }
    Flow::of(n, &pairs, 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_densest_is_that_of_plain_peeling(rows in prop::collection::vec((0_u32..6, 0_u32..6, 1_i128..50), 1..16)) {
        let flow = flow_of(6, &rows);
        let found = flow.densest();
        prop_assert_eq!((found.numerator, found.size), plain(&flow));
        if found.size > 0 {
            prop_assert_eq!(g(&flow, &found.is_in), (found.numerator, found.size));
        }
    }

    #[test]
    fn no_set_is_denser_than_the_densest_of_all_and_a_positive_one_is_found(rows in prop::collection::vec((0_u32..4, 0_u32..4, 1_i128..20), 1..8)) {
        let flow = flow_of(4, &rows);
        let found = flow.densest();
        // Every subset of the twelve members.
        let mut best: (i128, usize) = (0, 1);
        for bits in 1_u32..1 << 12 {
            let is_in: Vec<bool> = (0..12).map(|at| bits >> at & 1 == 1).collect();
            let (numerator, size) = g(&flow, &is_in);
            if size > 0 && numerator * best.1 as i128 > best.0 * size as i128 {
                best = (numerator, size);
            }
        }
        prop_assert!(found.size == 0 || found.numerator * best.1 as i128 <= best.0 * found.size as i128);
    }
}

#[test]
fn what_stays_in_the_middle_costs() {
    // Two sources, one in the middle, two sinks.
    let of =
        |out: i128| flow_of(5, &[(0, 2, 100), (1, 2, 100), (2, 3, out), (2, 4, out)]).densest();
    let whole = of(100);
    assert_eq!((whole.numerator, whole.size), (200, 5));
    assert_eq!(of(90).numerator, 5 * 180 - 4 * 200);
    // Half of it stays: any set has something that stays, or less that goes on.
    assert!(of(50).numerator < 100);
}
