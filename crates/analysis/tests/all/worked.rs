//! The worked figures of `tracing.md`, computed by a separate reference program.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::cases::{Case, carried, ended, hawaladar, name, node, spec};
use moneytrail_analysis::trace::{Share, pari_passu, pari_passu_of_seeds, trace};
use moneytrail_model::trace::{EndKind, Placement, Policy, Trace};
use moneytrail_model::{Layer, Layers, NodeIdx, Part, TransferIdx};
use moneytrail_store::graph::Graph;

const AMOUNTS: [Policy; 6] = [
    Policy::Fifo,
    Policy::Lifo,
    Policy::Haircut,
    Policy::Libr,
    Policy::TracedFirst,
    Policy::Tiho,
];

fn run(graph: &Graph, policy: Policy, seeds: &[TransferIdx]) -> Trace {
    trace(graph, &spec(Layer::Custody, policy, seeds)).unwrap()
}

#[test]
fn one_account() {
    let mut case = Case::default();
    case.pay("x", "a", 100);
    let seed = case.pay("v", "a", 50);
    case.pay("x", "a", 80);
    let (d, e) = (case.pay("a", "d", 120), case.pay("a", "e", 60));
    let graph = case.finish();
    let a = node(&graph, &name("a"));
    for (policy, at_d, at_e, rests) in [
        (Policy::Fifo, "100c 20s", "30s 30c", 0),
        // The figures are written traced first; what is drawn keeps the order of the queue.
        (Policy::Lifo, "40s 80c", "50c 10s", 0),
        (Policy::Haircut, "26s 94c", "13s 47c", 11),
        // What carries nothing traced is no step.
        (Policy::Libr, "", "", 50),
        (Policy::TracedFirst, "50s 70c", "", 0),
        (Policy::Tiho, "100c 20s", "30s 30c", 0),
    ] {
        let trace = run(&graph, policy, &[seed]);
        assert_eq!(
            (carried(&trace, d).as_str(), carried(&trace, e).as_str()),
            (at_d, at_e),
            "{policy:?}"
        );
        assert_eq!(ended(&trace, EndKind::Rests, a), rests, "{policy:?}");
    }
}

#[test]
fn junction() {
    for (policy, figures) in [
        (Policy::Fifo, ["300c 100s", "390s", "10s"]),
        (Policy::Lifo, ["400s", "290c 100s", ""]),
        (Policy::Haircut, ["250s 150c", "244s 146c", "6s 4c"]),
        (Policy::Libr, ["300c 100s", "390s", "10s"]),
        (Policy::TracedFirst, ["400s", "100s 290c", ""]),
        (Policy::Tiho, ["400s", "100s 290c", ""]),
    ] {
        let mut case = Case::default();
        let all = case.transaction(
            &[("x", Some(300)), ("v", Some(500))],
            &[("o1", 400), ("o2", 390)],
            Some(10),
        );
        let trace = run(&case.finish(), policy, &[all[1]]);
        let found: Vec<String> = all[2..].iter().map(|&t| carried(&trace, t)).collect();
        assert_eq!(found, figures, "{policy:?}");
        assert!(
            trace.steps.iter().all(|step| step.n_events == 0),
            "one transaction is one event"
        );
    }
}

#[test]
fn an_accepted_change_output_is_served_last_under_libr() {
    let mut case = Case::default();
    let all = case.transaction(
        &[("x", Some(300)), ("v", Some(500))],
        &[("o1", 400), ("o2", 390)],
        Some(10),
    );
    let graph = case.finish();
    let mut asked = spec(Layer::Custody, Policy::Libr, &[all[1]]);
    asked.change = vec![all[2]].into();
    let trace = trace(&graph, &asked).unwrap();
    let found: Vec<String> = all[2..].iter().map(|&t| carried(&trace, t)).collect();
    assert_eq!(found, ["400s", "300c 90s", "10s"]);
}

/// Tiho looks at size, not at place: the smaller output comes first here, and the fee gets what is left.
#[test]
fn the_largest_output_first() {
    let mut case = Case::default();
    let all = case.transaction(
        &[("v", Some(500)), ("x", Some(300))],
        &[("o1", 100), ("o2", 390), ("o3", 300)],
        Some(10),
    );
    let trace = run(&case.finish(), Policy::Tiho, &[all[0]]);
    let found: Vec<String> = all[2..].iter().map(|&t| carried(&trace, t)).collect();
    assert_eq!(found, ["", "390s", "110s 190c", ""]);
}

/// Two orders through the same two hawaladars; the dues come in the other order than the payments.
struct Hawala {
    graph: Graph,
    paid: [TransferIdx; 2],
    cash: [TransferIdx; 2],
    payouts: [TransferIdx; 2],
    cash_payouts: [TransferIdx; 2],
    shop: TransferIdx,
    cash_shop: TransferIdx,
    settlement: TransferIdx,
}

fn hawala() -> Hawala {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let (a, b) = (
        hawaladar("A", Part::Position),
        hawaladar("B", Part::Pending),
    );
    let (a_cash, b_cash) = (hawaladar("A", Part::Cash), hawaladar("B", Part::Cash));
    let [s1, s2, r1, r2, shop] = ["S1", "S2", "R1", "R2", "shop"].map(name);
    let both = |case: &mut Case, value: (&_, &_), custody: (&_, &_), amount| {
        let value = case.transfer(value.0, value.1, euro, amount, Layers::VALUE);
        (
            value,
            case.transfer(custody.0, custody.1, euro, amount, Layers::CUSTODY),
        )
    };
    let (paid1, cash1) = both(&mut case, (&s1, &a), (&s1, &a_cash), 1000);
    let (paid2, cash2) = both(&mut case, (&s2, &a), (&s2, &a_cash), 2000);
    let due2 = case.transfer(&a, &b, euro, 1960, Layers::VALUE);
    let due1 = case.transfer(&a, &b, euro, 980, Layers::VALUE);
    let (payout2, cash_payout2) = both(&mut case, (&b, &r2), (&b_cash, &r2), 1960);
    let (payout1, cash_payout1) = both(&mut case, (&b, &r1), (&b_cash, &r1), 980);
    let (shop_value, shop_cash) = both(&mut case, (&a, &shop), (&a_cash, &shop), 30);
    let settlement = case.transfer(&a_cash, &b_cash, euro, 2940, Layers::CUSTODY);
    case.link(paid1, due1, 980, 980);
    case.link(paid2, due2, 1960, 1960);
    case.link(due1, payout1, 980, 980);
    case.link(due2, payout2, 1960, 1960);
    Hawala {
        graph: case.finish(),
        paid: [paid1, paid2],
        cash: [cash1, cash2],
        payouts: [payout1, payout2],
        cash_payouts: [cash_payout1, cash_payout2],
        shop: shop_value,
        cash_shop: shop_cash,
        settlement,
    }
}

#[test]
fn two_hawala_orders_value() {
    let case = hawala();
    for (policy, shop, kept) in [
        (Policy::Fifo, 20, 0),
        (Policy::Lifo, 0, 20),
        (Policy::Haircut, 10, 10),
        (Policy::Libr, 0, 20),
        (Policy::TracedFirst, 20, 0),
    ] {
        let trace = trace(&case.graph, &spec(Layer::Value, policy, &[case.paid[0]])).unwrap();
        let traced = |transfer| {
            trace
                .steps
                .iter()
                .find(|step| step.transfer == transfer)
                .map_or(0, |step| step.carried.traced())
        };
        assert_eq!(carried(&trace, case.payouts[0]), "980s", "{policy:?}");
        assert_eq!(carried(&trace, case.payouts[1]), "", "{policy:?}");
        assert_eq!(traced(case.shop), shop, "{policy:?}");
        assert_eq!(
            carried(&trace, case.settlement),
            "",
            "left out of the value layer"
        );
        let a = node(&case.graph, &hawaladar("A", Part::Position));
        assert_eq!(
            ended(&trace, EndKind::Rests, a),
            kept,
            "commission, implied"
        );
    }
}

#[test]
fn two_hawala_orders_custody() {
    let case = hawala();
    for (policy, shop, settled) in [
        (Policy::Fifo, 30, 970),
        (Policy::Lifo, 0, 970),
        (Policy::Haircut, 10, 980),
        (Policy::Libr, 0, 970),
        (Policy::TracedFirst, 30, 970),
    ] {
        let trace = trace(&case.graph, &spec(Layer::Custody, policy, &[case.cash[0]])).unwrap();
        let traced = |transfer| {
            trace
                .steps
                .iter()
                .find(|step| step.transfer == transfer)
                .map_or(0, |step| step.carried.traced())
        };
        assert_eq!(traced(case.cash_shop), shop, "{policy:?}");
        assert_eq!(traced(case.settlement), settled, "{policy:?}");
        assert_eq!(
            case.cash_payouts.map(traced),
            [0, 0],
            "paid from B's own cash"
        );
        let b_cash = node(&case.graph, &hawaladar("B", Part::Cash));
        let unexplained = trace.unexplained.iter().find(|entry| entry.0 == b_cash);
        assert_eq!(
            unexplained.map(|entry| entry.2),
            Some(2940),
            "B's own cash is unexplained"
        );
    }
}

#[test]
fn shortfall() {
    let mut case = Case::default();
    let seed = case.pay("v", "a", 100);
    let (first, second) = (case.pay("a", "d", 50), case.pay("a", "e", 110));
    let graph = case.finish();
    for (placement, policy, figures) in [
        (Placement::Latest, Policy::Fifo, ["50s", "50s 60u"]),
        (Placement::Latest, Policy::Lifo, ["50s", "50s 60u"]),
        (Placement::Latest, Policy::Haircut, ["50s", "50s 60u"]),
        (Placement::Latest, Policy::Libr, ["50s", "50s 60u"]),
        (Placement::Latest, Policy::TracedFirst, ["50s", "50s 60u"]),
        (Placement::Earliest, Policy::Fifo, ["", "10u 100s"]),
        (Placement::Earliest, Policy::Lifo, ["50s", "60u 50s"]),
        (Placement::Earliest, Policy::Haircut, ["31s 19u", "69s 41u"]),
        (Placement::Earliest, Policy::Libr, ["", "10u 100s"]),
        (Placement::Earliest, Policy::TracedFirst, ["50s", "50s 60u"]),
    ] {
        let mut asked = spec(Layer::Custody, policy, &[seed]);
        asked.placement = placement;
        let trace = trace(&graph, &asked).unwrap();
        assert_eq!(
            [carried(&trace, first), carried(&trace, second)],
            figures,
            "{placement:?} {policy:?}"
        );
        let a = node(&graph, &name("a"));
        assert_eq!(trace.unexplained, [(a, graph.asset_of(seed), 60)]);
    }
}

#[test]
fn an_account_that_may_owe_has_no_opening_balance() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let bank = moneytrail_model::AccountKey::Bank("1".into());
    let seed = case.transfer(&name("v"), &bank, euro, 100, Layers::BOTH);
    let first = case.transfer(&bank, &name("d"), euro, 50, Layers::BOTH);
    case.transfer(&bank, &name("e"), euro, 110, Layers::BOTH);
    let mut asked = spec(Layer::Custody, Policy::Fifo, &[seed]);
    asked.placement = Placement::Earliest;
    assert_eq!(
        carried(&trace(&case.finish(), &asked).unwrap(), first),
        "50s"
    );
}

#[test]
fn escrow() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let (h, pending) = (
        hawaladar("H", Part::Position),
        hawaladar("H", Part::Pending),
    );
    let deposit = case.transfer(&name("D"), &pending, euro, 5000, Layers::VALUE);
    case.transfer(&name("C"), &h, euro, 5000, Layers::VALUE);
    let releases = [1500, 1500, 1900].map(|amount| {
        let release = case.transfer(&pending, &name("N"), euro, amount, Layers::VALUE);
        case.link(deposit, release, amount, amount);
        release
    });
    let z = case.transfer(&h, &name("Z"), euro, 600, Layers::VALUE);
    let graph = case.finish();
    for policy in AMOUNTS {
        let trace = trace(&graph, &spec(Layer::Value, policy, &[deposit])).unwrap();
        assert_eq!(
            releases.map(|release| carried(&trace, release)),
            ["1500s", "1500s", "1900s"]
        );
        assert_eq!(
            ended(&trace, EndKind::Rests, node(&graph, &pending)),
            100,
            "held for the depositor"
        );
        assert_eq!(carried(&trace, z), "");
    }
}

#[test]
fn two_seeds_haircut() {
    let mut case = Case::default();
    let seeds = [case.pay("v", "a", 3), case.pay("w", "a", 3)];
    case.pay("x", "a", 4);
    let outs = [
        case.pay("a", "d", 5),
        case.pay("a", "e", 3),
        case.pay("a", "f", 2),
    ];
    let trace = run(&case.finish(), Policy::Haircut, &seeds);
    assert_eq!(
        outs.map(|out| carried(&trace, out)),
        ["2s 1t 2c", "1s 1t 1c", "1t 1c"]
    );
}

/// *Roscoe v Winder* [1915] 1 Ch 62: 455 of trust money went into an account that fell to 25 and rose to 358 again.
/// The claim is to the lowest balance in between, and what was paid in later is not part of it.
#[test]
fn lowest_intermediate_balance() {
    let mut case = Case::default();
    let trust = case.pay("debtors", "Winder", 455);
    case.pay("Winder", "others", 430);
    case.pay("customers", "Winder", 333);
    let graph = case.finish();
    let winder = node(&graph, &name("Winder"));
    let trace = run(&graph, Policy::Libr, &[trust]);
    assert_eq!(ended(&trace, EndKind::Rests, winder), 25);
}

/// *Devaynes v Noble (Clayton's case)* (1816) 1 Mer 572: of a running account, what was paid in first is paid out
/// first. What stood to Clayton's credit when the partner died was drawn, and what he paid in later remained. The
/// shape is the case's, the amounts are not.
#[test]
fn first_in_first_out_of_a_running_account() {
    let mut case = Case::default();
    let balance = case.pay("Clayton before", "bank", 1700);
    case.pay("bank", "Clayton's drawings", 1700);
    case.pay("Clayton after", "bank", 2000);
    let late = case.pay("bank", "last drawing", 500);
    let graph = case.finish();
    let bank = node(&graph, &name("bank"));
    let trace = run(&graph, Policy::Fifo, &[balance]);
    assert_eq!(ended(&trace, EndKind::Rests, bank), 0);
    assert_eq!(carried(&trace, late), "");
}

/// Three stolen coins go into a new address, then seven freshly mined ones: poison makes ten stolen ones of them, haircut ten that are
/// stolen to three tenths, first in first out takes the stolen ones first. Anderson, *Tracing stolen bitcoin*, Light Blue Touchpaper,
/// 26 March 2018; Anderson, Shumailov, Ahmed, *Making Bitcoin Legal* (Security Protocols Workshop 2018). In hundredths of a coin; that the ten
/// leave by two halves is ours.
#[test]
fn three_stolen_coins_and_seven_mined_ones() {
    let mut case = Case::default();
    let stolen = case.pay("thief", "address", 300);
    case.pay("miner", "address", 700);
    let halves = ["first", "second"].map(|to| case.pay("address", to, 500));
    let graph = case.finish();
    let of = |policy| halves.map(|half| carried(&run(&graph, policy, &[stolen]), half));
    assert_eq!(of(Policy::Fifo), ["300s 200c", ""]);
    assert_eq!(of(Policy::Haircut), ["150s 350c", "150s 350c"]);
    assert_eq!(of(Policy::Lifo), ["", "300s 200c"]);
    let reached = run(&graph, Policy::Poison, &[stolen]);
    let reached: Vec<TransferIdx> = reached.steps.iter().map(|step| step.transfer).collect();
    assert_eq!(reached, [stolen, halves[0], halves[1]]);
}

/// A pays in 1000, 600 go out, B pays in 2000.
#[test]
fn what_rests_of_two_contributors() {
    let mut case = Case::default();
    let first = case.pay("A", "pool", 1000);
    case.pay("pool", "out", 600);
    let second = case.pay("B", "pool", 2000);
    let graph = case.finish();
    let pool = node(&graph, &name("pool"));
    for (policy, rests) in [(Policy::Fifo, [400, 2000]), (Policy::Haircut, [400, 2000])] {
        let trace = run(&graph, policy, &[first, second]);
        let found = [0, 1].map(|seed| {
            let mut ends = trace.ends.iter();
            let end =
                ends.find(|end| (end.node, end.seed, end.kind) == (pool, seed, EndKind::Rests));
            end.map_or(0, |end| end.amount)
        });
        assert_eq!(found, rests, "{policy:?}");
    }
    let shares = pari_passu(&graph, pool, Layer::Custody, None).unwrap();
    let share = |who, paid_in, share| Share {
        contributor: Some(node(&graph, &name(who))),
        paid_in,
        share,
    };
    assert_eq!(shares[0].rests, 2400);
    assert_eq!(
        shares[0].shares,
        [share("A", 1000, 800), share("B", 2000, 1600)]
    );
    // The same of seeds of a trace, where they paid in themselves; of both together it is all.
    let of_seeds = |seeds: &[TransferIdx]| shares_of_seeds(&graph, seeds);
    assert_eq!(of_seeds(&[first]), [(pool, 800)]);
    assert_eq!(of_seeds(&[second]), [(pool, 1600)]);
    assert_eq!(of_seeds(&[first, second]), [(pool, 2400)]);
    // Before B paid, all that rested was A's.
    let before = pari_passu(&graph, pool, Layer::Custody, Some(1)).unwrap();
    assert_eq!(before[0].shares, [share("A", 1000, 400)]);
}

/// What each place shares out to seeds together, pari passu.
fn shares_of_seeds(graph: &Graph, seeds: &[TransferIdx]) -> Vec<(NodeIdx, u128)> {
    let traces = [Policy::Fifo, Policy::Lifo].map(|policy| run(graph, policy, seeds));
    let found = pari_passu_of_seeds(graph, &traces).unwrap().into_iter();
    found.map(|((_, at), units)| (at, units)).collect()
}

/// A rule of flow would have to say what came of the seed through others, or past links: nothing is told of it then.
#[test]
fn what_came_through_others_is_not_shared_out() {
    let mut case = Case::default();
    let seed = case.pay("A", "mule", 100);
    case.pay("mule", "pool", 60);
    case.pay("B", "pool", 40);
    let direct = case.pay("A", "box", 70);
    case.pay("box", "out", 70);
    let later = case.pay("B", "box", 30);
    let graph = case.finish();
    let [mule, held] = ["mule", "box"].map(|who| node(&graph, &name(who)));
    let shares = |seeds: &[TransferIdx]| shares_of_seeds(&graph, seeds);
    assert_eq!(shares(&[seed]), [(mule, 40)], "of the pool nothing");
    // What A paid in went out before B paid, by every rule of flow; pari passu does not look when.
    assert_eq!(shares(&[direct]), [(held, 21)]);
    assert_eq!(shares(&[later]), [(held, 9)]);
}

/// What came unseen has a share too, and what is held for a depositor has none.
#[test]
fn unseen_money_shares_and_a_deposit_does_not() {
    let mut case = Case::default();
    let deposit = case.pay("depositor", "pool", 500);
    case.pay("A", "pool", 100);
    case.pay("pool", "out", 160);
    case.pay("B", "pool", 90);
    let release = case.pay("pool", "payee", 500);
    case.link(deposit, release, 500, 500);
    let graph = case.finish();
    let pool = node(&graph, &name("pool"));
    let shares = pari_passu(&graph, pool, Layer::Custody, None).unwrap();
    let found: Vec<(u128, u128)> = shares[0]
        .shares
        .iter()
        .map(|s| (s.paid_in, s.share))
        .collect();
    // 60 unseen, nothing free of the deposit, 100 of A, 90 of B; of 250 that came free, 160 went.
    assert_eq!(shares[0].rests, 90);
    assert_eq!(found, [(60, 22), (100, 36), (90, 32)]);
}
