//! What matched and unmatched orders mean, on books with one of each.

use moneytrail_analysis::reconcile::{
    Absence, Beside, Kind, Options, Order, OtherDays, Side, Sum, Together, classify, reconcile,
};
use moneytrail_model::Amount;
use std::collections::BTreeSet;

fn sums(amounts: &[(&str, u64)]) -> Vec<Sum> {
    let sums = amounts.iter().map(|&(asset, units)| Sum {
        asset: asset.into(),
        amount: Amount::from_u64(units),
    });
    sums.collect()
}

fn order(key: &str, book: u32, side: Side, token: &str, day: i32, amount: u64) -> Order {
    let mut order = Order::new(key, book, side);
    order.other_book = Some(1_u32.abs_diff(book));
    order.token = Some(token.into());
    order.days = Some((day, day));
    order.amounts = sums(&[("EUR", amount)]);
    order
}

const NAMES: [&str; 8] = [
    "Zubair", "Mariam", "Lejla", "Naser", "Farid", "Kamal", "Gul", "Rustam",
];

/// Eighty orders of each direction that both books hold alike, on days 100 to 180, paid on the next day, and `more`.
fn books(more: Vec<Order>) -> Vec<Order> {
    let mut orders = Vec::new();
    for nth in 0..160_u64 {
        let (book, day) = (
            u32::from(nth % 2 == 1),
            100 + i32::try_from(nth / 2).expect("small"),
        );
        let (token, amount) = ((1_000 + nth).to_string(), 10_000 + 700 * nth);
        for (which, side) in [("s", Side::Sent), ("r", Side::Received)] {
            let here = if side == Side::Sent { book } else { 1 - book };
            let later = i32::from(side == Side::Received);
            let mut order = order(
                &format!("{which}{nth:03}"),
                here,
                side,
                &token,
                day + later,
                amount,
            );
            order.beneficiary =
                Some(NAMES[usize::try_from(nth).expect("small") % NAMES.len()].into());
            orders.push(order);
        }
    }
    orders.extend(more);
    orders
}

/// The kind and the keys of every finding but those of nothing.
fn kinds(orders: &[Order]) -> BTreeSet<(Kind, Vec<&str>)> {
    let options = Options::default();
    let found = reconcile(orders, &options);
    let classes = classify(orders, &Beside::default(), &found, &options);
    let keys = |of: &[usize]| of.iter().map(|&place| &*orders[place].key).collect();
    classes
        .differences
        .iter()
        .map(|of| (of.kind, keys(&of.orders)))
        .collect()
}

#[track_caller]
fn check(more: Vec<Order>, expected: &[(Kind, &[&str])]) {
    let orders = books(more);
    let expected: BTreeSet<(Kind, Vec<&str>)> = expected
        .iter()
        .map(|(kind, keys)| (*kind, keys.to_vec()))
        .collect();
    assert_eq!(kinds(&orders), expected);
}

#[test]
fn books_that_agree_have_no_finding_and_set_off() {
    let orders = books(Vec::new());
    let options = Options::default();
    let found = reconcile(&orders, &options);
    let classes = classify(&orders, &Beside::default(), &found, &options);
    assert_eq!(classes.differences, []);
    assert_eq!(found.matches.len(), 160);
    let [netting] = &classes.nettings[..] else {
        panic!("{:?}", classes.nettings)
    };
    let there: u64 = (0..160).step_by(2).map(|nth| 10_000 + 700 * nth).sum();
    let back: u64 = (1..160).step_by(2).map(|nth| 10_000 + 700 * nth).sum();
    assert_eq!(netting.there, (80, Amount::from_u64(there)));
    assert_eq!(netting.back, (80, Amount::from_u64(back)));
    assert_eq!(netting.set_off, Amount::from_u64(there.min(back)));
}

#[test]
fn one_side_alone_is_missing_or_open() {
    check(
        vec![order("x", 0, Side::Sent, "7001", 140, 55_500)],
        &[(Kind::Missing(Absence::Row), &["x"])],
    );
    check(
        vec![order("x", 0, Side::Sent, "7001", 180, 55_500)],
        &[(Kind::Missing(Absence::BookEnd), &["x"])],
    );
    let mut stranger = order("x", 0, Side::Sent, "7001", 140, 55_500);
    stranger.other_book = None;
    check(vec![stranger], &[(Kind::Missing(Absence::NoBook), &["x"])]);
}

#[test]
fn a_book_covers_days_by_any_line_and_orders_take_their_time() {
    // The other book begins on day 100 with an order that it sends; all are paid on the day after they were sent.
    let orders = books(vec![order("x", 0, Side::Sent, "7001", 99, 55_500)]);
    let options = Options::default();
    let found = reconcile(&orders, &options);
    let beside = |other_days: &[OtherDays]| Beside {
        other_days: other_days.to_vec(),
        ..Beside::default()
    };
    let absence = |other_days: &[OtherDays]| {
        let classes = classify(&orders, &beside(other_days), &found, &options);
        let mut kinds = classes.differences.iter().map(|of| of.kind);
        kinds.next().expect("x is unmatched")
    };
    assert_eq!(absence(&[]), Kind::Missing(Absence::Row));
    let early = books(vec![order("x", 0, Side::Sent, "7001", 98, 55_500)]);
    let found = reconcile(&early, &options);
    let absence = |other_days: &[OtherDays]| {
        let classes = classify(&early, &beside(other_days), &found, &options);
        let mut kinds = classes.differences.iter().map(|of| of.kind);
        kinds.next().expect("x is unmatched")
    };
    assert_eq!(absence(&[]), Kind::Missing(Absence::BookEnd));
    assert_eq!(
        absence(&[(1, (97, 97)), (1, (99, 99))]),
        Kind::Missing(Absence::Row)
    );
}

#[test]
fn an_order_sent_on_is_one_from_end_to_end_and_a_name_may_change_hands() {
    let through = |middle: &str, last: &str| {
        let mut more = Vec::new();
        for (key, book, side, day, name) in [
            ("x1", 0, Side::Sent, 140, "Malek"),
            ("x2", 1, Side::Received, 141, middle),
            ("x3", 1, Side::Sent, 141, middle),
            ("x4", 2, Side::Received, 142, last),
        ] {
            let mut order = order(key, book, side, "7001", day, 55_555);
            order.other_book = Some(match (book, side) {
                (0 | 2, _) => 1,
                (_, Side::Received) => 0,
                _ => 2,
            });
            order.beneficiary = Some(name.into());
            more.push(order);
        }
        books(more)
    };
    let orders = through("Muhamed Sefik", "Malek Muhamed");
    let found = kinds(&orders);
    assert_eq!(found, BTreeSet::from([(Kind::Forwarded, vec!["x2", "x3"])]));
    let options = Options::default();
    let others = classify(
        &orders,
        &Beside::default(),
        &reconcile(&orders, &options),
        &options,
    )
    .others;
    let others: Vec<_> = others
        .iter()
        .map(|of| (of.orders.map(|place| &*orders[place].key), of.together))
        .collect();
    assert_eq!(
        others,
        [
            (["x1", "x4"], Together::Ends),
            (["x2", "x3"], Together::SentOn)
        ]
    );
    let altered = through("Rustam", "Rustam");
    assert!(kinds(&altered).contains(&(Kind::AlteredBeneficiary, vec!["x1", "x2"])));
}

#[test]
fn a_hole_in_the_other_book_is_a_page() {
    let mut orders = books(vec![order("x", 0, Side::Sent, "7001", 140, 55_500)]);
    orders.retain(|order| {
        order.book == 0 || order.days.is_none_or(|days| !(138..=145).contains(&days.0))
    });
    let found = kinds(&orders);
    assert!(
        found.contains(&(Kind::Missing(Absence::Page), vec!["x"])),
        "{found:?}"
    );
}

#[test]
fn a_date_written_wrong_is_not_the_end_of_a_book() {
    let mut more = vec![order("x", 0, Side::Sent, "7001", 180, 55_500)];
    more.push(order("y", 1, Side::Sent, "7002", 230, 66_600));
    let orders = books(more);
    assert!(kinds(&orders).contains(&(Kind::Missing(Absence::BookEnd), vec!["x"])));
}

#[test]
fn alterations_are_told_from_slips() {
    let pair = |sent: Vec<Sum>, received: Vec<Sum>| {
        let mut a = order("x", 0, Side::Sent, "7001", 140, 0);
        let mut b = order("y", 1, Side::Received, "7001", 141, 0);
        (a.amounts, b.amounts) = (sent, received);
        vec![a, b]
    };
    let both: &[&str] = &["x", "y"];
    check(
        pair(sums(&[("EUR", 120_000)]), sums(&[("EUR", 104_800)])),
        &[(Kind::AlteredAmount, both)],
    );
    check(
        pair(sums(&[("EUR", 120_000)]), sums(&[("EUR", 102_000)])),
        &[(Kind::SlipInAmount, both)],
    );
    check(
        pair(
            sums(&[("USD", 104_000), ("EUR", 95_000)]),
            sums(&[("USD", 95_000)]),
        ),
        &[(Kind::AlteredCurrency, both)],
    );
    let mut pair = pair(sums(&[("EUR", 120_000)]), sums(&[("EUR", 120_000)]));
    pair[0].beneficiary = Some("Rahmatullah".into());
    pair[1].beneficiary = Some("Sabina".into());
    check(pair.clone(), &[(Kind::AlteredBeneficiary, both)]);
    pair[1].beneficiary = Some("Abu Hamza".to_lowercase().into());
    check(pair, &[]);
}

#[test]
fn a_second_payout_of_one_order_is_paid_twice() {
    let more = vec![
        order("x", 0, Side::Sent, "7001", 140, 55_500),
        order("y", 1, Side::Received, "7001", 141, 55_500),
        order("z", 1, Side::Received, "7001", 145, 55_500),
    ];
    check(more, &[(Kind::PaidTwice, &["x", "y", "z"])]);
}

#[test]
fn an_order_paid_in_parts_is_no_alteration() {
    let more = vec![
        order("x", 0, Side::Sent, "7001", 140, 55_500),
        order("y", 1, Side::Received, "7001", 141, 25_500),
        order("z", 1, Side::Received, "7001", 143, 30_000),
    ];
    check(more, &[(Kind::InParts, &["x", "y", "z"])]);
}

#[test]
fn one_token_received_and_sent_on_is_lawful() {
    let mut sent_on = order("y", 1, Side::Sent, "7001", 142, 55_500);
    sent_on.other_book = Some(2);
    let mut paid = order("z", 2, Side::Received, "7001", 144, 55_500);
    paid.other_book = Some(1);
    let more = vec![
        order("w", 0, Side::Sent, "7001", 140, 55_500),
        order("x", 1, Side::Received, "7001", 141, 55_500),
        sent_on,
        paid,
    ];
    check(more, &[(Kind::Forwarded, &["x", "y"])]);
}
