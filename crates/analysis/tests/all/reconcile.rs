//! Laws of reconciling, through its public face.
#![expect(clippy::cast_precision_loss, reason = "probabilities; no money")]

use moneytrail_analysis::reconcile::{
    Comparison, Options, Order, Reconciled, Side, Sum, reconcile,
};
use moneytrail_model::Amount;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// `SplitMix64` (Steele, Lea, Flood 2014).
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        u64::try_from((u128::from(bits) * u128::from(n)) >> 64).expect("below n")
    }
}

/// Two books with `n` orders that both hold and a tenth as many that only one of them holds. In `same_amount` of a hundred both
/// state one amount, else they are 2 % apart; in `same_token` of a hundred one token, else unlike ones. The received side is
/// 0 to 4 days later.
fn books(n: u64, same_amount: u64, same_token: u64, seed: u64) -> Vec<Order> {
    let mut draws = Draws(seed);
    let mut orders = Vec::new();
    for nth in 0..n + n / 10 {
        let amount = 10_000 + 100 * draws.below(5_000);
        let day = i32::try_from(19_000 + draws.below(300)).expect("small");
        let token = draws.below(500);
        let is_same_amount = draws.below(100) < same_amount;
        let is_same_token = draws.below(100) < same_token;
        for (book, side) in [(0, Side::Sent), (1, Side::Received)] {
            if nth >= n && draws.below(2) == u64::from(book) {
                continue;
            }
            let mut order = Order::new(format!("{book}/{nth}"), book, side);
            let (mut amount, mut day, mut token) = (amount, day, token);
            if side == Side::Received {
                day += i32::try_from(draws.below(5)).expect("small");
                if !is_same_amount {
                    amount = amount * 98 / 100;
                }
                if !is_same_token {
                    token += 7_000;
                }
            }
            order.days = Some((day, day));
            order.token = Some(token.to_string().into());
            order.amounts = vec![Sum {
                asset: "USD".into(),
                amount: Amount::from_u64(amount),
            }];
            orders.push(order);
        }
    }
    orders
}

fn keys(orders: &[Order], found: &Reconciled) -> BTreeSet<(String, String, String)> {
    let key = |place: usize| orders[place].key.to_string();
    let pairs = found.matches.iter();
    pairs
        .map(|pair| {
            (
                key(pair.sent),
                key(pair.received),
                format!("{:?} {:?}", pair.posterior, pair.terms),
            )
        })
        .collect()
}

#[test]
fn estimation_recovers_what_was_simulated() {
    for (same_amount, same_token) in [(80, 90), (50, 70), (95, 95)] {
        let options = Options {
            n_samples: 200_000,
            ..Options::default()
        };
        let found = reconcile(&books(1_500, same_amount, same_token, 7), &options);
        let m = |comparison: Comparison, level: usize| found.model.m[comparison as usize][level];
        let near = |found: f64, simulated: f64| {
            assert!((found - simulated).abs() < 0.04, "{found} for {simulated}");
        };
        near(m(Comparison::Amount, 0), same_amount as f64 / 100.0);
        near(m(Comparison::Token, 0), same_token as f64 / 100.0);
        near(m(Comparison::Delay, 0), 0.2);
        // Of 500 tokens and 5,000 amounts, strangers share one by chance; tokens written apart share none.
        let u = |comparison: Comparison| found.model.u[comparison as usize][0];
        let expected = same_token as f64 / 100.0 / 500.0;
        assert!((u(Comparison::Token) / expected - 1.0).abs() < 0.25);
        assert!(u(Comparison::Amount) < 0.001);
        let n_expected = found.model.n_expected;
        assert!((1_450.0..1_575.0).contains(&n_expected), "{n_expected}");
    }
}

#[test]
fn nearly_all_pairs_are_found_and_the_model_knows_how_many() {
    let orders = books(2_000, 80, 90, 3);
    let found = reconcile(&orders, &Options::default());
    let number = |place: usize| orders[place].key.split_once('/').unwrap().1;
    let n_right = found
        .matches
        .iter()
        .filter(|pair| number(pair.sent) == number(pair.received))
        .count();
    let precision = n_right as f64 / found.matches.len() as f64;
    assert!(n_right > 1_900, "{n_right}");
    assert!(
        (precision - found.precision.unwrap()).abs() < 0.02,
        "{precision} {:?}",
        found.precision
    );
}

#[test]
fn a_record_has_one_partner_and_terms_sum_to_the_weight() {
    let orders = books(500, 60, 60, 5);
    let found = reconcile(&orders, &Options::default());
    let mut used = BTreeSet::new();
    for pair in &found.matches {
        assert!(used.insert(pair.sent) && used.insert(pair.received));
        assert_eq!(
            (orders[pair.sent].side, orders[pair.received].side),
            (Side::Sent, Side::Received)
        );
        let bits: f64 = pair.prior_bits + pair.terms.iter().map(|term| term.bits).sum::<f64>();
        assert!(bits > 0.0 && pair.posterior >= 0.5);
        assert!(
            pair.terms
                .iter()
                .all(|term| term.level.is_some() || term.bits == 0.0)
        );
    }
}

#[test]
fn threads_change_nothing() {
    let orders = books(400, 70, 70, 9);
    let with = |n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        pool.install(|| reconcile(&orders, &Options::default()))
    };
    let one = with(1);
    assert!(!one.matches.is_empty());
    assert_eq!(one, with(2));
    assert_eq!(one, with(8));
}

#[test]
fn a_block_too_large_is_left_out_and_told() {
    let orders = books(400, 100, 100, 2);
    let options = Options {
        block_pairs_max: 0,
        ..Options::default()
    };
    let found = reconcile(&orders, &options);
    assert_eq!((found.n_compared, found.matches.len()), (0, 0));
    assert!(found.passes.iter().any(|pass| pass.n_pairs_left_out > 400));
    assert_eq!((found.precision, found.recall), (None, None));
}

#[test]
fn a_block_is_too_large_from_one_pair_beyond_the_most_on() {
    let at = |side: Side, n: usize| {
        (0..n).map(move |nth| {
            let mut order = Order::new(
                format!("{side:?} {nth}"),
                u32::from(side == Side::Sent),
                side,
            );
            order.days = Some((100, 100));
            order.amounts = vec![Sum {
                asset: "EUR".into(),
                amount: Amount::new(500).unwrap(),
            }];
            order
        })
    };
    let orders: Vec<Order> = at(Side::Sent, 6).chain(at(Side::Received, 7)).collect();
    for (most, compared) in [(42, 42), (41, 0)] {
        let options = Options {
            block_pairs_max: most,
            ..Options::default()
        };
        assert_eq!(reconcile(&orders, &options).n_compared, compared);
    }
}

#[test]
fn records_that_do_not_say_their_side_are_matched_too() {
    let mut orders = books(600, 90, 90, 4);
    for order in &mut orders {
        order.side = Side::Unknown;
    }
    let found = reconcile(&orders, &Options::default());
    let mut used = BTreeSet::new();
    assert!(found.matches.len() > 500, "{}", found.matches.len());
    assert!(
        found
            .matches
            .iter()
            .all(|pair| used.insert(pair.sent) && used.insert(pair.received))
    );
}

#[test]
fn books_without_orders_or_with_empty_ones_match_nothing() {
    assert!(reconcile(&[], &Options::default()).matches.is_empty());
    let empty = [
        Order::new("a", 0, Side::Sent),
        Order::new("b", 1, Side::Received),
    ];
    assert!(reconcile(&empty, &Options::default()).matches.is_empty());
}

#[test]
fn extreme_values_are_no_panic() {
    let mut orders = books(50, 50, 50, 6);
    let largest = Amount::new(10_i128.pow(38) - 1).unwrap();
    for (place, order) in orders.iter_mut().enumerate() {
        if place % 3 == 0 {
            order.amounts[0].amount = largest;
            order.days = Some((i32::MIN, i32::MAX));
            order.text = Some("\u{202e}ﷺ".repeat(place).into());
            order.beneficiary = Some("é\0".repeat(300).into());
        }
    }
    let found = reconcile(&orders, &Options::default());
    assert!(found.matches.iter().all(|pair| pair.posterior.is_finite()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_order_of_rows_changes_nothing(seed in any::<u64>(), shuffle in any::<u64>()) {
        let orders = books(60, 70, 80, seed);
        let mut shuffled = orders.clone();
        let mut draws = Draws(shuffle);
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, usize::try_from(draws.below(place as u64 + 1)).unwrap());
        }
        let options = Options::default();
        prop_assert_eq!(keys(&orders, &reconcile(&orders, &options)), keys(&shuffled, &reconcile(&shuffled, &options)));
    }
}
