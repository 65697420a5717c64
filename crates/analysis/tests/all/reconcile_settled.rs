//! What settlements discharge, on books that are simulated with their truth.

use moneytrail_analysis::reconcile::{
    Absence, Beside, Discharge, Kind, Match, Options, Order, Reconciled, Settled, Settlement, Side,
    Standing, Sum, Values, classify, reconcile, settled,
};
use moneytrail_model::Amount;
use proptest::prelude::*;

const MILLION: i128 = 1_000_000;

/// Orders of two books, their values, and the settlements between them.
#[derive(Default)]
struct World {
    orders: Vec<Order>,
    values: Vec<Values>,
    settlements: Vec<Settlement>,
}

impl World {
    fn order(&mut self, key: String, side: Side, from: u32, token: u64, day: i32, dollars: i128) {
        let book = if side == Side::Sent { from } else { 1 - from };
        let mut order = Order::new(key, book, side);
        order.other_book = Some(1 - book);
        order.token = Some(token.to_string().into());
        order.days = Some((day, day));
        let units = Amount::new(dollars * 100).expect("small");
        let asset = "USD".into();
        order.amounts = vec![Sum {
            asset,
            amount: units,
        }];
        self.orders.push(order);
        self.values.push(vec![(0, dollars * MILLION)]);
    }

    /// An order in both books, paid out on the next day.
    fn paid(&mut self, nth: u64, from: u32, day: i32, dollars: i128) {
        self.order(format!("s{nth:03}"), Side::Sent, from, nth, day, dollars);
        self.order(
            format!("r{nth:03}"),
            Side::Received,
            from,
            nth,
            day + 1,
            dollars,
        );
    }

    /// What the first book owes the second is paid, if it is more than nothing.
    fn settle(&mut self, day: i32, owed: i128) {
        let (payer, payee) = if owed > 0 { (0, 1) } else { (1, 0) };
        for book in [0, 1] {
            self.settlements.push(Settlement {
                key: format!("p{:03}", self.settlements.len()).into(),
                book,
                payer,
                payee,
                unit: 0,
                value: owed.abs() * MILLION,
                days: (day, day),
            });
        }
    }

    fn settled(&self, found: &Reconciled, options: &Options) -> Settled {
        settled(
            &self.orders,
            &self.values,
            &self.settlements,
            found,
            options,
        )
    }

    fn keys(&self, places: &[usize]) -> Vec<&str> {
        places
            .iter()
            .map(|&place| &*self.orders[place].key)
            .collect()
    }
}

/// Ten settlements of five orders each, with two orders that only the first book has: one was paid out and settled, one was not.
fn world() -> World {
    let mut world = World::default();
    for round in 0..10 {
        let mut owed = 0;
        for nth in 0..5 {
            let token = u64::try_from(round * 5 + nth).expect("small") + 100;
            let dollars = 1_003 + i128::from(token) * 37 % 911;
            let from = u32::from(nth == 4);
            world.paid(token, from, round * 10 + nth, dollars);
            owed += if from == 0 { dollars } else { -dollars };
        }
        if round == 4 {
            world.order("lost".into(), Side::Sent, 0, 901, 43, 2_377);
            owed += 2_377;
        }
        if round == 6 {
            world.order("cancelled".into(), Side::Sent, 0, 902, 63, 2_219);
        }
        world.settle(round * 10 + 8, owed);
    }
    world
}

#[test]
fn settlements_tell_a_cancelled_order_from_one_that_a_book_lacks() {
    let world = world();
    let options = Options::default();
    let found = reconcile(&world.orders, &options);
    let said = world.settled(&found, &options);
    assert_eq!(said.discharges.len(), 10);
    assert!(
        said.discharges
            .iter()
            .all(|of| of.holds() && of.left == 0 && of.lines.len() == 2)
    );
    let standing: Vec<_> = said
        .standing
        .iter()
        .map(|(&place, &of)| (&*world.orders[place].key, of))
        .collect();
    assert_eq!(
        standing,
        [
            ("lost", Standing::Counted),
            ("cancelled", Standing::NotCounted)
        ]
    );
    assert!(world.keys(&said.discharges[4].orders).contains(&"lost"));
    let beside = Beside {
        standing: said.standing,
        ..Beside::default()
    };
    let classes = classify(&world.orders, &beside, &found, &options);
    let kinds: Vec<_> = classes
        .differences
        .iter()
        .map(|of| (world.keys(&of.orders), of.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (vec!["cancelled"], Kind::Missing(Absence::NotSettled)),
            (vec!["lost"], Kind::Missing(Absence::Row)),
        ]
    );
}

#[test]
fn settlements_that_settle_something_else_say_nothing() {
    let mut world = world();
    for settlement in &mut world.settlements {
        settlement.value = settlement.value * 3 + 777 * MILLION;
    }
    let options = Options::default();
    let found = reconcile(&world.orders, &options);
    let said = world.settled(&found, &options);
    assert!(said.standing.is_empty(), "{:?}", said.standing);
    assert!(said.discharges.iter().all(|of| !of.holds()));
}

#[test]
fn a_settlement_in_another_currency_counts_by_the_rates_of_orders() {
    let mut world = world();
    for (order, values) in world.orders.iter().zip(&mut world.values) {
        if &*order.key != "lost" && &*order.key != "cancelled" {
            values.push((1, values[0].1 * 2));
        }
    }
    for settlement in &mut world.settlements[8..10] {
        settlement.unit = 1;
        settlement.value *= 2;
    }
    let options = Options::default();
    let found = reconcile(&world.orders, &options);
    let said = world.settled(&found, &options);
    assert_eq!(said.discharges.len(), 10);
    assert!(said.discharges.iter().all(|of| of.unit == 0 && of.holds()));
    assert_eq!(said.standing.len(), 2);
    // Of one whose worth is not known all that is said of the pair's orders rests on nothing.
    for settlement in &mut world.settlements[8..10] {
        settlement.unit = 2;
    }
    let said = world.settled(&found, &options);
    assert!(said.standing.is_empty());
}

#[test]
fn where_too_many_orders_are_open_none_is_called_cancelled() {
    let mut world = world();
    // On the day of the settlement by which the cancelled order may have been discharged, before one more.
    for nth in 0..15 {
        world.paid(700 + nth, 0, 67, 3_000 + i128::from(nth));
    }
    let options = Options::default();
    let found = reconcile(&world.orders, &options);
    let said = world.settled(&found, &options);
    assert!(said.discharges.iter().any(|of| !of.is_decided));
    assert!(
        !said.standing.values().any(|&of| of == Standing::NotCounted),
        "{:?}",
        said.standing
    );
}

#[test]
fn extreme_sums_are_no_panic() {
    let mut world = World::default();
    for nth in 0..40 {
        world.paid(nth, 0, 5, 1);
    }
    for values in &mut world.values {
        values[0].1 = i128::MAX;
    }
    world.settle(6, 1);
    world.settlements[0].value = i128::MAX;
    world.settlements[1].days = (i32::MIN, i32::MAX);
    let options = Options::default();
    let found = reconcile(&world.orders, &options);
    assert!(!world.settled(&found, &options).discharges.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is owed and paid: what is left follows from the orders, each of which is discharged once, and from nothing else.
    #[test]
    fn what_is_left_is_what_was_owed_less_what_was_paid(
        dues in prop::collection::vec((0_u32..2, 0_i32..60, 1_i128..5_000), 1..40),
        payments in prop::collection::vec((1_i32..70, -9_000_i128..9_000), 1..8),
        rotate in any::<prop::sample::Index>(),
    ) {
        let mut world = World::default();
        let mut matches = Vec::new();
        for (nth, &(from, day, dollars)) in (0_u64..).zip(&dues) {
            let sent = world.orders.len();
            world.paid(nth, from, day, dollars);
            let terms = Vec::new();
            matches.push(Match { sent, received: sent + 1, posterior: 1.0, prior_bits: 0.0, terms });
        }
        for &(day, owed) in payments.iter().filter(|of| of.1 != 0) {
            world.settle(day, owed);
        }
        let options = Options::default();
        let mut found = reconcile(&[], &options);
        found.matches = matches;
        let said = world.settled(&found, &options);
        let mut is_done = vec![false; world.orders.len()];
        let mut carried = 0;
        for of in &said.discharges {
            let first = &world.settlements[of.lines[0]];
            let sign = if first.payer == 0 { 1 } else { -1 };
            let mut owed = carried;
            for &place in &of.orders {
                prop_assert!(!std::mem::replace(&mut is_done[place], true));
                let order = &world.orders[place];
                prop_assert!(order.days.is_some_and(|days| days.0 <= first.days.1 + 3));
                if order.side == Side::Received {
                    owed += world.values[place][0].1 * if order.book == 1 { 1 } else { -1 };
                }
            }
            let left = owed - sign * first.value;
            prop_assert_eq!(of.left, sign * left);
            carried = if of.holds() { left } else { 0 };
        }
        let n = world.settlements.len();
        if n > 0 {
            let by = rotate.index(n);
            world.settlements.rotate_left(by);
            let again = world.settled(&found, &options);
            let orders = |of: &[Discharge]| of.iter().map(|of| (of.orders.clone(), of.left)).collect::<Vec<_>>();
            prop_assert_eq!(orders(&again.discharges), orders(&said.discharges));
        }
    }
}
