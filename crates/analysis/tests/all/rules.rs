//! The rules of `tracing.md` one by one, where a figure shows them.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::cases::{Case, carried, ended, hawaladar, name, node, spec, units};
use moneytrail_analysis::Error;
use moneytrail_analysis::trace::{trace, trace_rounded_once, trace_watched};
use moneytrail_model::trace::{
    Direction, EndKind, Label, Origin, Placement, Policy, Seed, StopReason, TraceSpec,
};
use moneytrail_model::{
    AccountKey, EventKind, Instant, Layer, Layers, Network, Part, TransferIdx, TransferKind, Watch,
};
use moneytrail_store::graph::{End, Graph};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

fn ask(graph: &Graph, spec: &TraceSpec) -> moneytrail_model::trace::Trace {
    trace(graph, spec).unwrap()
}

fn custody(policy: Policy, seeds: &[TransferIdx]) -> TraceSpec {
    spec(Layer::Custody, policy, seeds)
}

#[test]
fn a_seed_account_seeds_each_outflow_and_takes_back_what_returns() {
    let mut case = Case::default();
    let before = case.pay("v", "a", 5);
    let first = case.pay("v", "a", 10);
    let back = case.pay("a", "v", 4);
    let second = case.pay("v", "b", 4);
    let graph = case.finish();
    let v = node(&graph, &name("v"));
    let asked = TraceSpec {
        seeds: vec![Seed::Account(v)],
        since: Some(1),
        ..custody(Policy::Lifo, &[])
    };
    let found = ask(&graph, &asked);
    assert_eq!(carried(&found, before), "", "before the window");
    assert_eq!(carried(&found, first), "10s");
    assert_eq!(carried(&found, back), "4s");
    assert_eq!(
        carried(&found, second),
        "4s",
        "a seed of its own, not what came back"
    );
    assert_eq!(ended(&found, EndKind::Returned, v), 4);
    assert_eq!(found.balance[0].seeded, 14);
}

#[test]
fn a_later_seed_takes_over() {
    let mut case = Case::default();
    let first = case.pay("v", "a", 10);
    let second = case.pay("a", "b", 6);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Fifo, &[first, second]));
    assert_eq!(carried(&found, second), "6t");
    assert_eq!(
        ended(&found, EndKind::TakenOver, node(&graph, &name("a"))),
        6
    );
    assert_eq!(ended(&found, EndKind::Rests, node(&graph, &name("a"))), 4);
    assert_eq!(ended(&found, EndKind::Rests, node(&graph, &name("b"))), 6);
}

#[test]
fn each_stop_rule_reports_what_it_cut_off() {
    let mut case = Case::default();
    let seed = case.pay("v", "a", 100);
    let to_shop = case.pay("a", "shop", 30);
    let tiny = case.pay("a", "crumbs", 2);
    let mixed = case.transaction(&[("a", Some(20))], &[("x", 10), ("y", 10)], None);
    let far = case.pay("a", "b", 40);
    let farther = case.pay("b", "c", 40);
    let late = case.pay("a", "d", 8);
    let graph = case.finish();
    let at = |key| node(&graph, &name(key));
    let mut asked = custody(Policy::Fifo, &[seed]);
    asked.stops.services = vec![at("shop")];
    asked.stops.floors = vec![(graph.asset_of(seed), units(3))];
    asked.stops.coinjoins = [graph.event_of(mixed[0])].into();
    asked.stops.n_events_max = Some(1);
    asked.stops.until = Some(5);
    let found = ask(&graph, &asked);
    let stop = |transfer| {
        found
            .steps
            .iter()
            .find(|step| step.transfer == transfer)
            .map(|step| step.stop)
    };
    assert_eq!(stop(to_shop), Some(Some(StopReason::Service)));
    assert_eq!(stop(tiny), Some(Some(StopReason::Floor)));
    assert_eq!(stop(mixed[0]), Some(Some(StopReason::Coinjoin)));
    assert_eq!(
        (stop(far), stop(farther), stop(late)),
        (Some(None), None, None)
    );
    let cut = |reason, node| ended(&found, EndKind::CutOff(reason), node);
    assert_eq!(cut(StopReason::Service, at("shop")), 30);
    assert_eq!(cut(StopReason::Floor, at("crumbs")), 2);
    assert_eq!(
        cut(
            StopReason::Coinjoin,
            graph.junction_of(graph.event_of(mixed[0])).unwrap()
        ),
        20
    );
    assert_eq!(cut(StopReason::Hops, at("b")), 40, "where it stood");
    assert_eq!(cut(StopReason::Time, at("a")), 8, "where it stood");
    assert_eq!(found.balance[0].cut_off, 100);
}

/// An account with more transfers than asked for is not followed, nor looked behind; what a transaction has counts for no account.
#[test]
fn money_is_not_followed_into_an_account_with_too_many_transfers() {
    let mut case = Case::default();
    let seed = case.pay("v", "a", 100);
    let to_hub = case.pay("a", "hub", 60);
    let on = case.pay("hub", "b", 50);
    let beside = case.transaction(&[("a", Some(40))], &[("x", 10), ("y", 10), ("z", 20)], None);
    let graph = case.finish();
    let [hub, a] = ["hub", "a"].map(|key| node(&graph, &name(key)));
    let mut asked = custody(Policy::Fifo, &[seed]);
    let shown = |asked: &TraceSpec| -> Vec<TransferIdx> {
        let found = ask(&graph, asked);
        found.steps.iter().map(|step| step.transfer).collect()
    };
    // `a` has three.
    asked.stops.n_transfers_max = Some(3);
    assert!(shown(&asked).contains(&on));
    asked.stops.n_transfers_max = Some(2);
    let found = ask(&graph, &asked);
    assert_eq!(ended(&found, EndKind::CutOff(StopReason::Busy), a), 100);
    assert_eq!(found.steps.len(), 1);
    // Of the seed account itself it says nothing.
    asked.seeds = vec![Seed::Account(a)];
    asked.stops.n_transfers_max = Some(1);
    let found = ask(&graph, &asked);
    assert_eq!(ended(&found, EndKind::CutOff(StopReason::Busy), hub), 60);
    assert!(shown(&asked).contains(&to_hub) && !shown(&asked).contains(&on));
    assert!(
        beside[1..]
            .iter()
            .all(|output| shown(&asked).contains(output))
    );
    // Nor of a seed that another seed pays.
    asked.seeds = vec![Seed::Account(a), Seed::Account(hub)];
    let found = ask(&graph, &asked);
    assert_eq!(ended(&found, EndKind::CutOff(StopReason::Busy), hub), 0);
    assert!(shown(&asked).contains(&on));
    // Behind it nothing is looked for.
    asked.direction = Direction::Sources;
    asked.seeds = vec![Seed::Transfer(on)];
    let found = ask(&graph, &asked);
    assert_eq!(found.origins, [Origin::Stopped(hub, StopReason::Busy)]);
    assert_eq!(shown(&asked), [on]);
}

#[test]
fn a_transaction_is_one_event() {
    let mut case = Case::default();
    let first = case.transaction(&[("v", Some(10))], &[("a", 10)], None);
    let second = case.transaction(&[("a", Some(10))], &[("b", 10)], None);
    case.link(first[1], second[0], 10, 10);
    let third = case.pay("b", "c", 10);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Fifo, &[first[0]]));
    let n_events: Vec<u32> = found.steps.iter().map(|step| step.n_events).collect();
    assert_eq!(n_events, [0, 0, 1, 1, 2]);
    let mut asked = custody(Policy::Fifo, &[first[0]]);
    asked.stops.n_events_max = Some(1);
    let found = ask(&graph, &asked);
    assert!(found.steps.iter().all(|step| step.transfer != third));
    assert_eq!(
        ended(
            &found,
            EndKind::CutOff(StopReason::Hops),
            node(&graph, &name("b"))
        ),
        10
    );
}

#[test]
fn a_conversion_passes_the_label_and_leaves_the_units() {
    // A desk takes 100 dollars of s and, by the link, gives 90 euros out of its till, in which
    // 50 euros of t lie; later it pays the dollars on.
    let mut case = Case::default();
    let (usd, eur) = (case.asset("USD"), case.asset("EUR"));
    let desk = hawaladar("D", Part::Cash);
    let t = case.transfer(&name("w"), &desk, eur, 50, Layers::BOTH);
    let s = case.transfer(&name("v"), &desk, usd, 100, Layers::BOTH);
    let paid = case.transfer(&desk, &name("r"), eur, 90, Layers::BOTH);
    let on = case.transfer(&desk, &name("z"), usd, 100, Layers::BOTH);
    case.link(s, paid, 100, 90);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Fifo, &[s, t]));
    let at_desk = node(&graph, &desk);
    assert_eq!(carried(&found, paid), "90s");
    assert_eq!(
        carried(&found, on),
        "",
        "the dollars are the desk's own now"
    );
    assert_eq!(ended(&found, EndKind::Converted, at_desk), 100);
    assert_eq!(
        ended(&found, EndKind::TakenOver, at_desk),
        50,
        "the till's euros went out under s"
    );
    assert_eq!(ended(&found, EndKind::Rests, node(&graph, &name("r"))), 90);
    assert_eq!(
        found.unexplained,
        [(at_desk, eur, 40)],
        "the till was not known to hold 90"
    );
    let line = found
        .balance
        .iter()
        .find(|line| line.seed == 0 && line.asset == eur)
        .unwrap();
    assert_eq!((line.seeded, line.arrived, line.resting), (0, 90, 90));
}

#[test]
fn a_link_may_lead_to_another_account_of_the_same_hand() {
    // The due in the book is paid out from a bank account; the book does not say so, a claim does.
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let (pending, bank) = (hawaladar("B", Part::Pending), AccountKey::Bank("7".into()));
    let own = case.transfer(&name("w"), &bank, euro, 60, Layers::BOTH);
    let due = case.transfer(
        &hawaladar("A", Part::Position),
        &pending,
        euro,
        100,
        Layers::VALUE,
    );
    let paid = case.transfer(&bank, &name("r"), euro, 100, Layers::BOTH);
    let next = case.transfer(&bank, &name("z"), euro, 10, Layers::BOTH);
    case.link(due, paid, 100, 100);
    let graph = case.finish();
    let found = ask(&graph, &spec(Layer::Value, Policy::Fifo, &[due, own]));
    assert_eq!(carried(&found, paid), "100s");
    assert_eq!(ended(&found, EndKind::TakenOver, node(&graph, &bank)), 60);
    assert_eq!(
        ended(&found, EndKind::Rests, node(&graph, &pending)),
        0,
        "the due is discharged"
    );
    assert_eq!(carried(&found, next), "", "t left under s");
}

#[test]
fn evidence_that_reserves_more_than_there_is_serves_the_earlier_transfer() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let (pending, bank) = (hawaladar("B", Part::Pending), AccountKey::Bank("7".into()));
    let seed = case.transfer(&name("v"), &bank, euro, 100, Layers::BOTH);
    let due = case.transfer(&name("w"), &pending, euro, 10, Layers::VALUE);
    let paid = [(); 2].map(|()| {
        let paid = case.transfer(&bank, &name("r"), euro, 8, Layers::BOTH);
        case.link(due, paid, 8, 8);
        paid
    });
    let graph = case.finish();
    let found = ask(&graph, &spec(Layer::Value, Policy::Fifo, &[seed]));
    assert_eq!(paid.map(|paid| carried(&found, paid)), ["", "2c 6s"]);
    assert_eq!(ended(&found, EndKind::TakenOver, node(&graph, &bank)), 10);
}

#[test]
fn money_reserved_by_a_link_is_not_drawn_by_others() {
    let mut case = Case::default();
    let seed = case.pay("v", "a", 10);
    case.pay("x", "a", 10);
    let between = case.pay("a", "b", 10);
    let linked = case.pay("a", "c", 10);
    case.link(seed, linked, 10, 10);
    let graph = case.finish();
    for policy in Policy::ALL {
        let found = ask(&graph, &custody(policy, &[seed]));
        let is_step = |transfer| found.steps.iter().any(|step| step.transfer == transfer);
        assert!(is_step(linked) && !is_step(between), "{policy:?}");
    }
    let as_of = TraceSpec {
        as_of: Some(2),
        ..custody(Policy::Fifo, &[seed])
    };
    assert_eq!(
        carried(&ask(&graph, &as_of), between),
        "10s",
        "the link does not exist yet"
    );
}

#[test]
fn an_input_of_unknown_value_stands_at_its_place() {
    let mut case = Case::default();
    let ins = [("x", Some(10)), ("u", None), ("v", Some(20))];
    let all = case.transaction(&ins, &[("o1", 25), ("o2", 25)], None);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Fifo, &[all[2]]));
    assert_eq!(
        [all[3], all[4]].map(|out| carried(&found, out)),
        ["", "5u 20s"]
    );
    // As a seed: at most 50 − 30.
    let found = ask(&graph, &custody(Policy::Fifo, &[all[1]]));
    assert_eq!(carried(&found, all[1]), "20s", "amount unknown, at most");
    assert_eq!(
        [all[3], all[4]].map(|out| carried(&found, out)),
        ["10c 15s", "5s 20c"]
    );
    assert_eq!(found.balance[0].seeded, 20);
}

#[test]
fn what_stays_in_a_transaction_with_unknown_inputs_is_a_fee_of_at_least_that() {
    let mut case = Case::default();
    let all = case.transaction(&[("v", Some(20)), ("u", None)], &[("o", 15)], None);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Fifo, &[all[0]]));
    let junction = graph.junction_of(graph.event_of(all[0])).unwrap();
    assert_eq!(ended(&found, EndKind::Fees, junction), 5);
}

#[test]
fn fees_and_burned_outputs_end() {
    let mut case = Case::default();
    let all = case.transaction(&[("v", Some(20))], &[("o", 15)], Some(3));
    let euro = case.asset("EUR");
    let burned = AccountKey::Burned(Network::Bitcoin);
    case.transfer(&name("o"), &burned, euro, 15, Layers::BOTH);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Fifo, &[all[0]]));
    assert_eq!(
        ended(
            &found,
            EndKind::Fees,
            node(&graph, &AccountKey::Fees(Network::Bitcoin))
        ),
        3
    );
    assert_eq!(ended(&found, EndKind::Burned, node(&graph, &burned)), 15);
    let rest = graph.junction_of(graph.event_of(all[0])).unwrap();
    assert_eq!(
        ended(&found, EndKind::Rests, rest),
        2,
        "a transaction that does not balance shows it"
    );
}

#[test]
fn marks_leave_when_the_balance_reaches_zero() {
    let mut case = Case::default();
    case.pay("x", "a", 90);
    let seed = case.pay("v", "a", 10);
    let outs = [case.pay("a", "b", 95), case.pay("a", "c", 5)];
    case.pay("x", "a", 7);
    let clean = case.pay("a", "d", 7);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Poison, &[seed]));
    let steps: Vec<TransferIdx> = found.steps.iter().map(|step| step.transfer).collect();
    assert_eq!(steps, [seed, outs[0], outs[1]]);
    assert!(!steps.contains(&clean));
    let euro = graph.asset_of(seed);
    let at = |key| node(&graph, &name(key));
    assert_eq!(
        found.marked,
        [(at("b"), euro, 95, 95), (at("c"), euro, 5, 5)]
    );
    assert!(found.ends.is_empty() && found.balance.is_empty());
}

#[test]
fn sources_of_a_payment() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let issuance = AccountKey::Issuance(Network::Bitcoin);
    case.builder.event(EventKind::Coinbase, Instant::at(0));
    let (from, miner) = (case.end(&issuance), case.end(&name("miner")));
    let subsidy = case.builder.transfer(
        from,
        End::Junction,
        euro,
        Some(units(50)),
        TransferKind::Subsidy,
        Layers::BOTH,
    );
    case.builder.transfer(
        End::Junction,
        miner,
        euro,
        Some(units(50)),
        TransferKind::Output,
        Layers::BOTH,
    );
    case.pay("miner", "a", 50);
    let service = case.pay("exchange", "a", 30);
    let target = case.pay("a", "b", 90);
    case.pay("b", "a", 90);
    let graph = case.finish();
    let at = |key| node(&graph, &name(key));
    let mut asked = TraceSpec {
        direction: Direction::Sources,
        ..custody(Policy::Fifo, &[target])
    };
    asked.stops.services = vec![at("exchange")];
    let found = ask(&graph, &asked);
    let reached = |origin| {
        let position = found
            .origins
            .iter()
            .position(|known| *known == origin)
            .unwrap();
        let ends = found.ends.iter().filter(|end| end.kind == EndKind::Reached);
        ends.filter(|end| end.seed as usize == position)
            .map(|end| end.amount)
            .sum::<u128>()
    };
    assert_eq!(reached(Origin::Issued(subsidy)), 50);
    assert_eq!(
        reached(Origin::Stopped(at("exchange"), StopReason::Service)),
        30
    );
    assert_eq!(reached(Origin::FirstKnown(at("a"))), 10);
    let steps: Vec<(u32, u32)> = found
        .steps
        .iter()
        .map(|step| (step.transfer.raw(), step.n_events))
        .collect();
    assert_eq!(steps, [(0, 2), (1, 2), (2, 1), (3, 1), (4, 0)]);
    assert_eq!(service.raw(), 3);
    // Not further back than one event: what the miner had is not looked behind.
    asked.stops.n_events_max = Some(1);
    let near = ask(&graph, &asked);
    assert_eq!(near.steps.len(), 3);
    assert!(
        near.origins
            .contains(&Origin::Stopped(at("miner"), StopReason::Hops))
    );
    // A target account is not looked behind either: what it paid out itself came from it.
    let asked = TraceSpec {
        direction: Direction::Sources,
        seeds: vec![Seed::Account(at("a"))],
        ..custody(Policy::Fifo, &[])
    };
    let found = ask(&graph, &asked);
    assert!(found.origins.contains(&Origin::FirstKnown(at("a"))));
    assert_eq!(
        found
            .ends
            .iter()
            .filter(|end| end.kind == EndKind::Reached)
            .map(|end| end.amount)
            .sum::<u128>(),
        170
    );
}

#[test]
fn a_book_of_a_hundred_thousand_lines() {
    // A hub: every other line pays in, every other pays out; one of them is the seed.
    let mut case = Case::default();
    let mut seed = None;
    for i in 0..50_000_u64 {
        let payer = format!("p{}", i % 97);
        let paid_in = case.pay(&payer, "hub", 10 + i % 7);
        if i == 20 {
            seed = Some(paid_in);
        }
        case.pay("hub", &format!("r{}", i % 89), 9);
    }
    let graph = case.finish();
    let seed = seed.unwrap();
    for policy in Policy::ALL {
        for placement in Placement::ALL {
            let found = ask(
                &graph,
                &TraceSpec {
                    placement,
                    ..custody(policy, &[seed])
                },
            );
            // Other money always suffices there, so that under libr the seed stays.
            let is_passed_on = found.steps.iter().any(|step| step.transfer != seed);
            assert_eq!(is_passed_on, policy != Policy::Libr, "{policy:?}");
        }
    }
    let hub = node(&graph, &name("hub"));
    let back = TraceSpec {
        direction: Direction::Sources,
        seeds: vec![Seed::Account(node(&graph, &name("r3")))],
        ..custody(Policy::Fifo, &[])
    };
    let found = ask(&graph, &back);
    let reached: u128 = found
        .ends
        .iter()
        .filter(|end| end.kind == EndKind::Reached)
        .map(|end| end.amount)
        .sum();
    let paid = graph.transfers_in(node(&graph, &name("r3"))).len() as u128;
    assert_eq!(reached, 9 * paid);
    assert!(
        !found.origins.contains(&Origin::FirstKnown(hub)),
        "the hub always had enough"
    );
}

#[test]
fn a_seed_must_be_in_the_layer() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let due = case.transfer(&name("a"), &name("b"), euro, 1, Layers::VALUE);
    let graph = case.finish();
    assert_eq!(
        trace(&graph, &custody(Policy::Fifo, &[due])),
        Err(Error::SeedOutside(due))
    );
    let beyond = TransferIdx::new(9);
    assert_eq!(
        trace(&graph, &custody(Policy::Fifo, &[beyond])),
        Err(Error::NoSuchTransfer(beyond))
    );
}

#[test]
fn amounts_beyond_64_bits_stay_exact() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let large = moneytrail_model::Amount::new(10_i128.pow(38) - 1).unwrap();
    let ends = ["v", "x", "a", "b"].map(|key| case.end(&name(key)));
    let mut pay = |from: usize, to: usize| {
        case.builder.event(EventKind::Payment, Instant::at(0));
        case.builder.transfer(
            ends[from],
            ends[to],
            euro,
            Some(large),
            TransferKind::Payment,
            Layers::BOTH,
        )
    };
    let seed = pay(0, 2);
    pay(1, 2);
    let out = pay(2, 3);
    let graph = case.finish();
    let found = ask(&graph, &custody(Policy::Haircut, &[seed]));
    let step = found
        .steps
        .iter()
        .find(|step| step.transfer == out)
        .unwrap();
    let half = (large.non_negative().unwrap() - 1) / 2;
    assert_eq!(
        step.carried.pieces,
        [(Label::Seed(0), half + 1), (Label::Clean, half)]
    );
}

/// Rule 4: only what is reserved is drawn. A link that finds nothing leaves the outflow to the pool, to the sources as forward.
#[test]
fn a_link_that_finds_nothing_leaves_the_sources_to_the_pool() {
    let mut case = Case::default();
    let nothing = case.pay("x", "m", 0);
    let paid = case.pay("a", "m", 1);
    let target = case.pay("m", "b", 1);
    case.link(nothing, target, 1, 1);
    let graph = case.finish();
    let (a, b) = (node(&graph, &name("a")), node(&graph, &name("b")));
    let forward = ask(&graph, &custody(Policy::Fifo, &[paid]));
    assert_eq!(ended(&forward, EndKind::Rests, b), 1);
    let asked = TraceSpec {
        direction: Direction::Sources,
        ..custody(Policy::Fifo, &[target])
    };
    let back = ask(&graph, &asked);
    let origin = back
        .origins
        .iter()
        .position(|origin| *origin == Origin::FirstKnown(a));
    let reached = back.ends.iter().filter(|end| end.kind == EndKind::Reached);
    let of_a = reached.filter(|end| Some(end.seed as usize) == origin);
    assert_eq!(of_a.map(|end| end.amount).sum::<u128>(), 1);
}

/// A question that must not take longer than others has no answer beyond its limit, and the whole answer within it.
#[test]
fn beyond_a_limit_there_is_no_answer() {
    let mut case = Case::default();
    let seed = case.pay("a", "b", 100);
    case.pay("b", "c", 60);
    case.pay("c", "d", 50);
    let graph = case.finish();
    let spec = custody(Policy::Fifo, &[seed]);
    let whole = trace(&graph, &spec).unwrap();
    assert_eq!(trace_watched(&graph, &spec, 3, &()).unwrap(), whole);
    assert_eq!(
        trace_watched(&graph, &spec, 2, &()),
        Err(Error::TooFar { n_max: 2 })
    );
}

#[test]
fn what_is_rounded_once_balances_where_few_were_converted_and_many_were_not() {
    let mut case = Case::default();
    let (usd, eur) = (case.asset("USD"), case.asset("EUR"));
    let [one, two, desk, till, many, target] =
        ["one", "two", "desk", "till", "many", "target"].map(name);
    case.transfer(&one, &desk, usd, 1, Layers::BOTH);
    case.transfer(&two, &desk, usd, 1, Layers::BOTH);
    let taken = case.transfer(&desk, &till, usd, 2, Layers::BOTH);
    let given = case.transfer(&till, &target, eur, 1, Layers::BOTH);
    case.link(taken, given, 2, 1);
    case.transfer(&one, &target, eur, 5, Layers::BOTH);
    case.transfer(&two, &target, eur, 5, Layers::BOTH);
    for payer in ["p1", "p2", "p3", "p4"] {
        case.transfer(&name(payer), &many, eur, 1, Layers::BOTH);
    }
    case.transfer(&many, &target, eur, 1, Layers::BOTH);
    let graph = case.finish();
    let spec = TraceSpec {
        direction: Direction::Sources,
        seeds: vec![Seed::Account(node(&graph, &target))],
        ..custody(Policy::Haircut, &[])
    };
    let found = trace_rounded_once(&graph, &spec, &()).unwrap();
    assert_eq!(ended(&found, EndKind::Reached, node(&graph, &target)), 12);
    assert_eq!(ended(&found, EndKind::Converted, node(&graph, &one)), 1);
}

/// Beyond so many parts labels are mixtures: the answer is that of `trace_rounded_once`, and who waits hears of the whole record once.
#[test]
fn many_payers_of_a_hub_are_told_by_mixtures() {
    #[derive(Debug, Default)]
    struct Heard(AtomicU64);
    impl Watch for Heard {
        fn advance(&self, n_done: u64) {
            self.0.fetch_add(n_done, SeqCst);
        }
    }
    let n = 4_500_u64;
    let mut case = Case::default();
    for nth in 0..n {
        case.pay(&format!("in{nth}"), "hub", 1_000 + nth);
        let to = if nth % 90 == 0 { "t" } else { "else" };
        case.pay("hub", to, 700);
    }
    let graph = case.finish();
    let spec = TraceSpec {
        direction: Direction::Sources,
        seeds: vec![Seed::Account(node(&graph, &name("t")))],
        ..custody(Policy::Haircut, &[])
    };
    let heard = Heard::default();
    let found = trace_watched(&graph, &spec, usize::MAX, &heard).unwrap();
    assert!(found.is_rounded_once);
    assert_eq!(found, trace_rounded_once(&graph, &spec, &()).unwrap());
    assert_eq!(heard.0.into_inner(), 2 * n);
    let reached = found.ends.iter().filter(|end| end.kind == EndKind::Reached);
    assert_eq!(reached.map(|end| end.amount).sum::<u128>(), 50 * 700);
    let few = TraceSpec {
        as_of: Some(1_000),
        ..spec
    };
    let few = trace_watched(&graph, &few, usize::MAX, &()).unwrap();
    assert!(!few.is_rounded_once);
}
