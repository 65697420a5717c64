//! Rules on books against plain code, and worked figures on either side of what each asks.
#![allow(clippy::unwrap_used, reason = "tests")]

use moneytrail_analysis::patterns::books::change::change;
use moneytrail_analysis::patterns::books::corridor::{Flow, corridors};
use moneytrail_analysis::patterns::books::imbalance::{Dealing, Imbalance, imbalances};
use moneytrail_analysis::patterns::books::payee::{Band, Fees, Payment, fees, redated};
use moneytrail_analysis::patterns::books::price::{Priced, outliers, price, repriced};
use moneytrail_analysis::patterns::books::{BookOptions, BookRule};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Amount as a function of payment.
type Amount = fn(u32) -> u128;

fn band(from: u64, to: u64) -> Band {
    Band {
        route: "A → B".into(),
        from,
        to,
        as_of: "2021".into(),
    }
}

fn paid(payee: u32, payer: u32, day: i32, whole: u128) -> Payment {
    Payment {
        payee,
        payer,
        currency: 0,
        day,
        hundredths: whole * 100,
        is_milestone: false,
        has_word: false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_change_is_where_plain_sums_of_signs_are_largest(series in prop::collection::vec(-5_i128..6, 2..24), n_side in 1_usize..4) {
        let sum = |at: usize| {
            let signs = series[..at].iter().flat_map(|x| series[at..].iter().map(move |y| (x - y).signum()));
            signs.sum::<i128>().unsigned_abs()
        };
        let asked = (n_side..=series.len().saturating_sub(n_side)).filter(|&at| at >= n_side && series.len() - at >= n_side);
        let mut best: Option<(usize, u128)> = None;
        for at in asked {
            if best.is_none_or(|best| best.1 < sum(at)) {
                best = Some((at, sum(at)));
            }
        }
        let found = change(&series, n_side, (19, 3));
        prop_assert_eq!(found.map(|of| (of.at, u128::from(of.statistic))), best.filter(|of| of.1 > 0));
        prop_assert_eq!(found, change(&series, n_side, (19, 3)));
        prop_assert!(found.is_none_or(|of| of.n_as_large <= 19));
    }

    #[test]
    fn prices_are_outliers_where_plain_code_says_so(prices in prop::collection::vec((0_u32..2, 0_i32..2, 900_u128..1100), 0..60), permille in 1_u32..=1000) {
        let orders: Vec<Priced> = prices.iter().map(|&(corridor, month, price)| Priced { corridor, month, price }).collect();
        let options = BookOptions { price_n_min: 3, price_permille: permille, ..BookOptions::default() };
        let expected: BTreeSet<usize> = (0..orders.len()).filter(|&at| {
            let of = orders[at];
            let others = orders.iter().enumerate().filter(|other| other.0 != at && (other.1.corridor, other.1.month) == (of.corridor, of.month));
            let mut others: Vec<u128> = others.map(|other| other.1.price).collect();
            others.sort_unstable();
            if others.len() < 3 {
                return false;
            }
            let rank = (others.len() * permille as usize).div_ceil(1000).max(1);
            let median = others[(others.len() - 1) / 2];
            // More than a hundredth above the median, in whole millionths.
            of.price > others[rank - 1] && of.price > median && (of.price - median) * 1_000_000 / median > 10_000
        }).collect();
        let found: BTreeSet<usize> = outliers(&orders, &options).iter().map(|of| of.order).collect();
        prop_assert_eq!(found, expected);
        let dealt = repriced(&orders, 5, 0);
        for corridor in 0..2 {
            let bag = |of: &[Priced]| {
                let mut bag: Vec<u128> = of.iter().filter(|of| of.corridor == corridor).map(|of| of.price).collect();
                bag.sort_unstable();
                bag
            };
            prop_assert_eq!(bag(&dealt), bag(&orders), "prices stay in their corridor");
        }
    }

    #[test]
    fn fees_keep_their_law(rows in prop::collection::vec((0_u32..3, 0_u32..12, 0_i32..60, 200_u128..3_000, any::<bool>()), 0..80)) {
        let payments: Vec<Payment> = rows.iter().map(|&(payee, payer, day, whole, is_milestone)| Payment { is_milestone, ..paid(payee, payer, day, whole) }).collect();
        let options = BookOptions { fee_n_min: 3, ..BookOptions::default() };
        let bands = [band(300, 2_000)];
        let mut taken = BTreeSet::new();
        for of in fees(&payments, &[false; 3], &bands, &options) {
            let list: Vec<Payment> = of.payments.iter().map(|&at| payments[at]).collect();
            prop_assert!(of.payments.iter().all(|at| taken.insert(*at)), "a payment stands once");
            prop_assert!(list.iter().all(|one| one.payee == of.payee && (30_000..=200_000).contains(&one.hundredths)));
            let days: Vec<i32> = list.iter().map(|one| one.day).collect();
            prop_assert!(days.last().unwrap() - days[0] <= 30);
            let payers: BTreeSet<u32> = list.iter().map(|one| one.payer).collect();
            prop_assert!(payers.len() >= 3 && payers.len() == of.n_payers as usize);
            prop_assert!(of.evidence.n_milestones >= 2);
            let (n, sum) = (list.len() as u128, list.iter().map(|one| one.hundredths).sum::<u128>());
            let squares: u128 = list.iter().map(|one| one.hundredths * one.hundredths).sum();
            // (spread ÷ mean)² ≤ 1 ÷ 16.
            prop_assert!(16 * (n * squares - sum * sum) <= sum * sum);
        }
        prop_assert_eq!(redated(&payments, 1, 0).len(), payments.len());
    }
}

#[test]
fn eight_who_pay_about_the_same_are_fees_only_if_something_else_says_so() {
    let all = |n: u32, days: i32, amount: Amount, mark: fn(&mut Payment)| -> Vec<Fees> {
        let mut payments: Vec<Payment> = (0..n)
            .map(|nth| paid(0, nth, i32::try_from(nth).unwrap() * days / 7, amount(nth)))
            .collect();
        payments.iter_mut().take(2).for_each(mark);
        fees(
            &payments,
            &[false],
            &[band(1_000, 1_800)],
            &BookOptions::default(),
        )
    };
    let even: Amount = |nth| 1_200 + u128::from(nth) * 10;
    let released = |payment: &mut Payment| payment.is_milestone = true;
    let worded = |payment: &mut Payment| payment.has_word = true;
    assert_eq!(all(8, 30, even, |_| ()), [], "never on amounts alone");
    let found = all(8, 30, even, released);
    assert_eq!(
        (found.len(), found[0].n_payers, found[0].mean),
        (1, 8, 123_500)
    );
    assert_eq!(found[0].bands, [0]);
    assert_eq!(all(8, 30, even, worded).len(), 1);
    assert_eq!(all(7, 30, even, released), [], "seven payers");
    assert_eq!(all(8, 31, even, released), [], "longer than the window");
    assert_eq!(all(8, 30, |_| 2_500, released), [], "above the band");
    // Half of them pay 1,000 and half 1,700: spread ÷ mean is 0.259; with 1,600 it is 0.231.
    assert_eq!(
        all(
            8,
            30,
            |nth| if nth % 2 == 0 { 1_000 } else { 1_700 },
            released
        ),
        []
    );
    assert_eq!(
        all(
            8,
            30,
            |nth| if nth % 2 == 0 { 1_000 } else { 1_600 },
            released
        )
        .len(),
        1
    );
    // One milestone is too few; a payee who is identified is enough.
    let mut payments: Vec<Payment> = (0..8).map(|nth| paid(0, nth, 1, 1_200)).collect();
    payments[0].is_milestone = true;
    let ask = |identified| {
        fees(
            &payments,
            &[identified],
            &[band(1_000, 1_800)],
            &BookOptions::default(),
        )
        .len()
    };
    assert_eq!([ask(false), ask(true)], [0, 1]);
}

#[test]
fn fees_stand_out_among_other_payments_to_the_same_payee() {
    let mut payments: Vec<Payment> = (0..9).map(|nth| paid(0, nth, 1, 1_200)).collect();
    for payment in &mut payments {
        payment.has_word = true;
    }
    // Many small ones before them, which nothing speaks of and with which they vary too much.
    payments.extend((20..60).map(|nth| paid(0, nth, 0, 300)));
    let found = fees(
        &payments,
        &[false],
        &[band(300, 5_000)],
        &BookOptions::default(),
    );
    assert_eq!((found.len(), found[0].n_payers), (1, 9));
}

#[test]
fn a_pair_is_measured_by_its_own_history() {
    let options = BookOptions::default();
    // One order a week, always the same way.
    let course = |amounts: &dyn Fn(i32) -> i128, n_weeks: i32| -> Vec<Dealing> {
        let mut balance = 0;
        let dealings = (0..n_weeks).map(|week| {
            balance += amounts(week);
            Dealing {
                day: week * 7,
                change: amounts(week),
                balance,
                is_order: true,
            }
        });
        dealings.collect()
    };
    let breaks = |dealings: &[Dealing]| {
        let found = imbalances(dealings, None, &options);
        found
            .iter()
            .filter(|of| matches!(of, Imbalance::Break { .. }))
            .count()
    };
    assert_eq!(breaks(&course(&|_| 500, 40)), 0, "one-way is no break");
    assert_eq!(
        breaks(&course(&|week| if week < 20 { 500 } else { 5_000 }, 40)),
        1
    );
    assert_eq!(
        breaks(&course(&|week| if week < 12 { 500 } else { 5_000 }, 24)),
        0,
        "84 days on either side"
    );
    assert_eq!(
        breaks(&course(&|week| if week < 13 { 500 } else { 5_000 }, 26)),
        1,
        "91 days"
    );
    let Some(Imbalance::Break {
        day, before, after, ..
    }) = imbalances(
        &course(&|week| if week < 20 { 500 } else { 5_000 }, 40),
        None,
        &options,
    )
    .pop()
    else {
        panic!("a break")
    };
    assert_eq!((day, before, after), (140, 500, 5_000));
    // A balance that stays open.
    let loose =
        |dealings: &[Dealing], last_day: i32| imbalances(dealings, Some(last_day), &options).len();
    let open = course(&|_| 100, 6);
    assert_eq!(loose(&open, 35 + 91), 1);
    assert_eq!(loose(&open, 35 + 90), 0);
    let mut settled = open.clone();
    settled.push(Dealing {
        day: 40,
        change: -600,
        balance: 0,
        is_order: false,
    });
    assert_eq!(loose(&settled, 400), 0, "a settlement is visible");
    settled.last_mut().unwrap().balance = 299;
    assert_eq!(loose(&settled, 400), 0, "less than half of the largest");
    settled.last_mut().unwrap().balance = 300;
    assert_eq!(loose(&settled, 400), 1);
}

#[test]
fn corridors_are_ranked_and_change() {
    // Two ways over 18 months; the first grows tenfold in the tenth.
    let flow = |places, month, units| Flow {
        book: 0,
        asset: 0,
        places,
        month,
        units,
    };
    let flows: Vec<Flow> = (0..18)
        .flat_map(|month| {
            [
                flow(0, month, if month < 9 { 100 } else { 1_000 }),
                flow(1, month, 500),
            ]
        })
        .collect();
    let found = corridors(&flows, &BookOptions::default());
    let told: Vec<(usize, u32, u128)> = found
        .iter()
        .map(|of| (of.rank, of.places, of.share.part))
        .collect();
    assert_eq!(told, [(1, 0, 9_900), (2, 1, 9_000)]);
    assert_eq!(found[0].share.whole, 18_900);
    let change = found[0].change.unwrap();
    assert_eq!(found[0].first_month + i32::try_from(change.at).unwrap(), 9);
    assert!(change.is_rare(10));
    assert_eq!(found[1].change, None, "always the same");
    // A short book is ranked and not asked.
    let short = corridors(&flows[..12], &BookOptions::default());
    assert!(short.iter().all(|of| of.change.is_none()));
}

#[test]
fn a_price_is_all_in_and_stands_beside_its_month() {
    assert_eq!(price(103_000, 100_000), Some(1_030_000));
    assert_eq!(price(1, 0), None);
    let mut orders: Vec<Priced> = (0..21)
        .map(|nth| Priced {
            corridor: 0,
            month: 0,
            price: 1_010_000 + nth,
        })
        .collect();
    assert_eq!(
        outliers(&orders, &BookOptions::default()),
        [],
        "the dearest is no outlier for that"
    );
    orders[7].price = 1_010_010 + 10_100;
    assert_eq!(
        outliers(&orders, &BookOptions::default()),
        [],
        "a hundredth above the median"
    );
    orders[7].price = 1_010_010 + 10_200;
    let found = outliers(&orders, &BookOptions::default());
    assert_eq!((found.len(), found[0].order, found[0].n_others), (1, 7, 20));
    assert_eq!(
        outliers(&orders[1..], &BookOptions::default()),
        [],
        "too few others"
    );
}

#[test]
fn every_rule_says_what_else_explains_it() {
    for rule in BookRule::ALL {
        assert_eq!(BookRule::named(rule.id().name), Some(rule));
        assert!(rule.innocent().len() >= 2);
        assert!(
            !rule.refuted_by().is_empty() && !rule.parameters(&BookOptions::default()).is_empty()
        );
    }
}
