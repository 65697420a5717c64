//! Policy-free bounds: against every allocation there is on small graphs, against the policies on wild ones, and the
//! worked figures of `tracing.md`.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::cases::random::{Drawn, WILD, Wildness, graphs, graphs_of};
use crate::cases::{Case, hawaladar, name, node, units};
use moneytrail_analysis::Error;
use moneytrail_analysis::bounds::{Bound, BoundsSpec, CutPlace, Times, bounds};
use moneytrail_analysis::trace::trace;
use moneytrail_model::trace::{
    Direction, EndKind, Origin, Placement, Policy, Seed, StopReason, StopRules, TraceSpec,
};
use moneytrail_model::{
    AssetIdx, EventKind, Instant, Layer, Layers, NodeIdx, Part, Precision, TransferIdx,
    TransferKind,
};
use moneytrail_store::graph::{Graph, LinkId};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

fn asked(sources: Vec<Seed>, target: NodeIdx, layer: Layer, times: Times) -> BoundsSpec {
    BoundsSpec {
        sources,
        targets: vec![target],
        stops: StopRules::default(),
        layer,
        times,
        since: None,
        until: None,
        as_of: None,
        without: std::sync::Arc::default(),
        n_transfers_max: 100_000,
    }
}

fn between(
    graph: &Graph,
    sources: Vec<Seed>,
    target: NodeIdx,
    layer: Layer,
    times: Times,
) -> Vec<Bound> {
    let found = bounds(graph, &asked(sources, target, layer, times)).unwrap();
    for bound in &found {
        let cut: u128 = bound.cut.iter().map(|part| part.amount).sum();
        assert!(bound.n_conversions > 0 || cut == bound.maximum, "{bound:?}");
        assert!(
            cut <= bound.maximum && bound.minimum <= bound.maximum,
            "{bound:?}"
        );
        assert!(bound.maximum <= bound.arrived, "{bound:?}");
    }
    found
}

/// Minimum and maximum in the only asset.
fn pair(graph: &Graph, source: Seed, target: NodeIdx, layer: Layer) -> (u128, u128) {
    let found = between(graph, vec![source], target, layer, Times::Record);
    assert!(found.len() < 2);
    found
        .first()
        .map_or((0, 0), |bound| (bound.minimum, bound.maximum))
}

const PLAIN: Wildness = Wildness {
    n_accounts: 5,
    unknown: false,
    contradictions: false,
    conversions: false,
};
const TORN: Wildness = Wildness {
    n_accounts: 4,
    unknown: false,
    contradictions: true,
    conversions: false,
};

/// What may be the source's, of everything that is somewhere: by pool and by link, and what arrived.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct State {
    pools: BTreeMap<NodeIdx, u64>,
    reserved: BTreeMap<LinkId, u64>,
    arrived: u64,
}

#[expect(
    clippy::too_many_lines,
    reason = "plain code that is read from top to bottom"
)]
/// Least and most over every allocation, unit by unit: all states that some allocation leads to, transfer after
/// transfer. One asset, known amounts. `None` if there are too many.
fn every_allocation(graph: &Graph, source: NodeIdx, target: NodeIdx) -> Option<(u64, u64)> {
    let amount = |t: TransferIdx| u64::try_from(graph.amount(t).unwrap().units()).unwrap();
    let all: Vec<TransferIdx> = (0..graph.n_transfers())
        .map(TransferIdx::new)
        .filter(|&t| graph.in_layer(t, Layer::Custody))
        .collect();
    let counts = |link: &moneytrail_store::graph::Link<'_>| {
        let custody = |t| graph.in_layer(t, Layer::Custody);
        link.earlier < link.later
            && custody(link.earlier)
            && custody(link.later)
            && !graph.is_boundary(graph.to(link.earlier))
            && !graph.is_boundary(graph.from(link.later))
            && link.consumed.units().min(link.paid.units()) > 0
    };
    let passes = |link: &moneytrail_store::graph::Link<'_>| {
        u64::try_from(link.consumed.units().min(link.paid.units())).unwrap()
    };
    // Openings: what links take from one transfer of a pool to another is left out.
    let mut openings: BTreeMap<NodeIdx, u64> = BTreeMap::new();
    let mut balances: BTreeMap<NodeIdx, u64> = BTreeMap::new();
    for &t in &all {
        let (mut left, mut draw) = (amount(t), amount(t));
        for link in graph.links_spending(t).filter(counts) {
            let paid = passes(&link).min(left);
            left -= paid;
            if graph.to(link.earlier) == graph.from(t) {
                draw -= paid;
            }
        }
        let balance = balances.entry(graph.from(t)).or_default();
        let lacks = draw.saturating_sub(*balance);
        *balance -= draw - lacks;
        *openings.entry(graph.from(t)).or_default() += lacks;
        let (mut left, mut free) = (amount(t), amount(t));
        for link in graph.links_spent_by(t).filter(counts) {
            let units = passes(&link).min(left);
            left -= units;
            if graph.from(link.later) == graph.to(t) {
                free -= units;
            }
        }
        *balances.entry(graph.to(t)).or_default() += free;
    }
    // Totals do not depend on the allocation; states say whose they are.
    let mut totals: BTreeMap<NodeIdx, u64> = openings.clone();
    let mut reserved: BTreeMap<LinkId, u64> = BTreeMap::new();
    let mut states: BTreeSet<State> = BTreeSet::from([State::default()]);
    for &t in &all {
        let (from, to) = (graph.from(t), graph.to(t));
        // Draws: by links, then by the pool.
        let mut drawn: BTreeSet<(State, u64)> =
            states.iter().map(|state| (state.clone(), 0)).collect();
        let mut rest = amount(t);
        for link in graph.links_spending(t).filter(counts) {
            let there = reserved.remove(&link.id).unwrap_or(0);
            let paid = passes(&link).min(rest).min(there);
            rest -= paid;
            let own_pool = graph.to(link.earlier) == from;
            let mut next = BTreeSet::new();
            for (state, own) in &drawn {
                let mut state = state.clone();
                let held = state.reserved.remove(&link.id).unwrap_or(0);
                for taken in paid.saturating_sub(there - held)..=held.min(paid) {
                    let mut state = state.clone();
                    if own_pool {
                        *state.pools.entry(from).or_default() += held - taken;
                    }
                    next.insert((state, own + taken));
                }
            }
            if own_pool {
                *totals.entry(from).or_default() += there - paid;
            } else {
                // The pool pays what the link's label comes with: that label is taken over.
                next = next
                    .into_iter()
                    .flat_map(|(state, own)| {
                        draws(&state, from, paid, &totals)
                            .into_iter()
                            .map(move |(state, _)| (state, own))
                    })
                    .collect();
                let total = totals.entry(from).or_default();
                *total = total.saturating_sub(paid);
            }
            drawn = next;
        }
        drawn = drawn
            .into_iter()
            .flat_map(|(state, own)| {
                draws(&state, from, rest, &totals)
                    .into_iter()
                    .map(move |(state, more)| (state, own + more))
            })
            .collect();
        let total = totals.entry(from).or_default();
        *total = total.saturating_sub(rest);
        // Arrival: whose it is from here on, then links reserve.
        let mut next = BTreeSet::new();
        let links: Vec<_> = graph.links_spent_by(t).filter(counts).collect();
        let mut left = amount(t);
        let units: Vec<u64> = links
            .iter()
            .map(|link| {
                let units = passes(link).min(left);
                left -= units;
                units
            })
            .collect();
        for (mut state, own) in drawn {
            let own = if from == source { amount(t) } else { own };
            let own = if to == target {
                state.arrived += own;
                0
            } else if to == source || graph.is_boundary(to) {
                0
            } else {
                own
            };
            let mut parted = vec![(state, own, amount(t))];
            for (link, &n) in links.iter().zip(&units) {
                parted = parted
                    .into_iter()
                    .flat_map(|(state, own, all)| {
                        let id = link.id;
                        (n.saturating_sub(all - own)..=own.min(n)).map(move |taken| {
                            let mut state = state.clone();
                            if taken > 0 {
                                state.reserved.insert(id, taken);
                            }
                            (state, own - taken, all - n)
                        })
                    })
                    .collect();
            }
            for (mut state, own, _) in parted {
                if own > 0 {
                    *state.pools.entry(to).or_default() += own;
                }
                state.pools.retain(|_, units| *units > 0);
                next.insert(state);
            }
        }
        let kept: u64 = links
            .iter()
            .zip(&units)
            .filter(|(link, _)| graph.from(link.later) != to)
            .map(|(_, n)| n)
            .sum();
        *totals.entry(to).or_default() += left + kept;
        for (link, &n) in links.iter().zip(&units) {
            reserved.insert(link.id, n);
        }
        states = next;
        if states.len() > 3_000 {
            return None;
        }
    }
    let arrived = states.iter().map(|state| state.arrived);
    Some((arrived.clone().min().unwrap(), arrived.max().unwrap()))
}

/// Every way to draw `units` from a pool, with how many are the source's.
fn draws(
    state: &State,
    at: NodeIdx,
    units: u64,
    totals: &BTreeMap<NodeIdx, u64>,
) -> Vec<(State, u64)> {
    let total = totals.get(&at).copied().unwrap_or(0);
    let own = state.pools.get(&at).copied().unwrap_or(0);
    let drawn = units.min(total);
    (drawn.saturating_sub(total - own)..=own.min(drawn))
        .map(|taken| {
            let mut state = state.clone();
            state.pools.insert(at, own - taken);
            (state, taken)
        })
        .collect()
}

fn end_points(graph: &Graph, from: Index, to: Index) -> Option<(NodeIdx, NodeIdx)> {
    let n = graph.n_accounts();
    let (from, to) = (NodeIdx::new(from.index(n)), NodeIdx::new(to.index(n)));
    (from != to && !graph.is_boundary(from) && !graph.is_boundary(to)).then_some((from, to))
}

/// What a policy brings from the seeds to the target, by asset.
fn brought(
    graph: &Graph,
    spec: &BoundsSpec,
    policy: Policy,
    placement: Placement,
) -> BTreeMap<AssetIdx, u128> {
    let asked = TraceSpec {
        direction: Direction::Forward,
        seeds: spec.sources.clone(),
        layer: spec.layer,
        policy,
        placement,
        stops: StopRules {
            services: [&spec.targets[..], &spec.stops.services].concat(),
            until: spec.until,
            ..StopRules::default()
        },
        since: spec.since,
        as_of: spec.as_of,
        change: std::sync::Arc::default(),
        without: std::sync::Arc::default(),
    };
    let mut sums = BTreeMap::new();
    for end in trace(graph, &asked).unwrap().ends {
        if spec.targets.contains(&end.node) && end.kind == EndKind::CutOff(StopReason::Service) {
            *sums.entry(end.asset).or_default() += end.amount;
        }
    }
    sums
}

fn agrees(graph: &Drawn, from: Index, to: Index) -> Result<(), TestCaseError> {
    let Some((from, to)) = end_points(graph, from, to) else {
        return Ok(());
    };
    if let Some((least, most)) = every_allocation(graph, from, to) {
        let found = pair(graph, Seed::Account(from), to, Layer::Custody);
        prop_assert_eq!(
            found,
            (u128::from(least), u128::from(most)),
            "from {} to {}",
            from.raw(),
            to.raw()
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn are_what_every_allocation_says(graph in graphs_of(PLAIN, 12), from: Index, to: Index) {
        agrees(&graph, from, to)?;
    }

    #[test]
    fn are_what_every_allocation_says_of_torn_evidence(graph in graphs_of(TORN, 8), from: Index, to: Index) {
        agrees(&graph, from, to)?;
    }

    #[test]
    fn hold_every_policy(graph in graphs(WILD), from: Index, more in prop::option::of(any::<Index>()), to: Index, window: (Option<u8>, Option<u8>, Option<u8>), transfer: bool, service: Option<Index>) {
        let Some((from, to)) = end_points(&graph, from, to) else { return Ok(()); };
        let mut sources = vec![Seed::Account(from)];
        if let Some(more) = more {
            let seed = TransferIdx::new(more.index(graph.n_transfers()));
            let other = graph.from(seed);
            if transfer && graph.in_layer(seed, Layer::Custody) {
                sources = vec![Seed::Transfer(seed)];
            } else if other != to && !graph.is_junction(other) && !graph.is_boundary(other) {
                sources.push(Seed::Account(other));
            }
        }
        sources.dedup();
        let second = |part: Option<u8>| part.map(|second| i64::from(second % 30));
        for times in Times::ALL {
            let mut spec = asked(sources.clone(), to, Layer::Custody, times);
            let service = service.map(|index| NodeIdx::new(index.index(graph.n_accounts())));
            spec.stops.services.extend(service);
            (spec.since, spec.until, spec.as_of) = (second(window.0), second(window.1), second(window.2));
            if let (Seed::Transfer(seed), Some(as_of)) = (&sources[0], spec.as_of)
                && graph.time(graph.event_of(*seed)).earliest() > as_of
            {
                continue;
            }
            let found = bounds(&graph, &spec).unwrap();
            for policy in Policy::ALL.into_iter().filter(|policy| policy.has_amounts()) {
                for placement in Placement::ALL {
                    let brought = brought(&graph, &spec, policy, placement);
                    for asset in (0..graph.assets().len()).map(AssetIdx::new) {
                        let figure = brought.get(&asset).copied().unwrap_or(0);
                        let bound = found.iter().find(|bound| bound.asset == asset);
                        let (least, most) = bound.map_or((0, 0), |bound| (bound.minimum, bound.maximum));
                        prop_assert!(least <= figure && figure <= most, "{:?} {:?} {:?}: {} <= {} <= {}", times, policy, placement, least, figure, most);
                    }
                }
            }
        }
    }

    /// What a trace to the sources reads off of an account that nobody paid is everything that it paid.
    #[test]
    fn hold_the_sources_too(graph in graphs(WILD), to: Index, service: Option<Index>) {
        let to = NodeIdx::new(to.index(graph.n_accounts()));
        if graph.is_boundary(to) {
            return Ok(());
        }
        let service = service.map(|index| NodeIdx::new(index.index(graph.n_accounts())));
        let services: Vec<NodeIdx> = service.into_iter().filter(|&service| service != to).collect();
        for policy in [Policy::Fifo, Policy::Lifo, Policy::Haircut] {
            for placement in Placement::ALL {
                let asked_of = TraceSpec {
                    direction: Direction::Sources,
                    seeds: vec![Seed::Account(to)],
                    layer: Layer::Custody,
                    policy,
                    placement,
                    stops: StopRules { services: services.clone(), ..StopRules::default() },
                    since: None,
                    as_of: None,
                    change: std::sync::Arc::default(),
                    without: std::sync::Arc::default(),
                };
                let trace = trace(&graph, &asked_of).unwrap();
                for (nth, origin) in (0_u32..).zip(&trace.origins) {
                    let (Origin::FirstKnown(node) | Origin::Stopped(node, StopReason::Service)) = *origin else { continue };
                    let mut ins = graph.transfers_in(node).iter();
                    let is_paid = ins.any(|t| graph.in_layer(t, Layer::Custody));
                    // What a link brings is another's, and an unknown amount is nobody's in the trace.
                    let is_foreign = |t: TransferIdx| {
                        let mut links = graph.links_spending(t);
                        graph.amount(t).is_none() || links.any(|link| graph.to(link.earlier) != node)
                    };
                    // What another pays out by a link is no outflow of who received it.
                    let is_paid_out_by_another = |t: TransferIdx| {
                        let mut links = graph.links_spent_by(t);
                        links.any(|link| graph.from(link.later) != node)
                    };
                    if graph.transfers_in(node).iter().any(is_paid_out_by_another) || graph.transfers_out(node).iter().any(is_foreign) || node == to || graph.is_junction(node) || graph.is_boundary(node) || (is_paid && !services.contains(&node)) {
                        continue;
                    }
                    let mut spec = asked(vec![Seed::Account(node)], to, Layer::Custody, Times::Record);
                    spec.stops.services.clone_from(&services);
                    let found = bounds(&graph, &spec).unwrap();
                    for asset in (0..graph.assets().len()).map(AssetIdx::new) {
                        let ends = trace.ends.iter().filter(|end| end.kind == EndKind::Reached && end.seed == nth && end.asset == asset);
                        let figure: u128 = ends.map(|end| end.amount).sum();
                        let bound = found.iter().find(|bound| bound.asset == asset);
                        let (least, most) = bound.map_or((0, 0), |bound| (bound.minimum, bound.maximum));
                        prop_assert!(least <= figure && figure <= most, "{:?} {:?} from {}: {} <= {} <= {}", policy, placement, node.raw(), least, figure, most);
                    }
                }
            }
        }
    }

    #[test]
    fn stated_times_only_widen_them(graph in graphs(PLAIN), from: Index, to: Index) {
        let Some((from, to)) = end_points(&graph, from, to) else { return Ok(()); };
        let [record, stated] = Times::ALL.map(|times| between(&graph, vec![Seed::Account(from)], to, Layer::Custody, times));
        for (record, stated) in record.iter().zip(&stated) {
            prop_assert!(stated.minimum <= record.minimum && record.maximum <= stated.maximum);
            prop_assert_eq!(stated.arrived, record.arrived);
        }
    }
}

#[test]
fn one_account() {
    let mut case = Case::default();
    case.pay("x", "a", 100);
    let seed = case.pay("v", "a", 50);
    case.pay("x", "a", 80);
    case.pay("a", "d", 120);
    case.pay("a", "e", 60);
    let graph = case.finish();
    let seed = || Seed::Transfer(seed);
    assert_eq!(
        pair(&graph, seed(), node(&graph, &name("d")), Layer::Custody),
        (0, 50)
    );
    assert_eq!(
        pair(&graph, seed(), node(&graph, &name("e")), Layer::Custody),
        (0, 50)
    );
    // 180 of the 230 are x's.
    let x = Seed::Account(node(&graph, &name("x")));
    assert_eq!(
        pair(&graph, x, node(&graph, &name("d")), Layer::Custody),
        (70, 120)
    );
}

#[test]
fn junction() {
    let mut case = Case::default();
    let all = case.transaction(
        &[("x", Some(300)), ("v", Some(500))],
        &[("o1", 400), ("o2", 390)],
        Some(10),
    );
    let graph = case.finish();
    let to = |to| {
        pair(
            &graph,
            Seed::Transfer(all[1]),
            node(&graph, &name(to)),
            Layer::Custody,
        )
    };
    assert_eq!((to("o1"), to("o2")), ((100, 400), (90, 390)));
}

#[test]
fn shortfall() {
    let mut case = Case::default();
    let seed = case.pay("v", "a", 100);
    case.pay("a", "p", 50);
    case.pay("a", "q", 110);
    let graph = case.finish();
    let to = |to| {
        pair(
            &graph,
            Seed::Transfer(seed),
            node(&graph, &name(to)),
            Layer::Custody,
        )
    };
    assert_eq!(
        to("p"),
        (0, 50),
        "60 came unseen, and may have been there first"
    );
    assert_eq!(to("q"), (50, 100));
}

#[test]
fn two_orders_through_the_same_two_hawaladars() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let (a, b) = (
        hawaladar("A", Part::Position),
        hawaladar("B", Part::Pending),
    );
    let pay = |case: &mut Case, from: &_, to: &_, units| {
        case.transfer(from, to, euro, units, Layers::VALUE)
    };
    let paid1 = pay(&mut case, &name("S1"), &a, 1000);
    let paid2 = pay(&mut case, &name("S2"), &a, 2000);
    let due2 = pay(&mut case, &a, &b, 1960);
    let due1 = pay(&mut case, &a, &b, 980);
    let payout2 = pay(&mut case, &b, &name("R2"), 1960);
    let payout1 = pay(&mut case, &b, &name("R1"), 980);
    pay(&mut case, &a, &name("shop"), 30);
    case.link(paid1, due1, 980, 980);
    case.link(paid2, due2, 1960, 1960);
    case.link(due1, payout1, 980, 980);
    case.link(due2, payout2, 1960, 1960);
    let graph = case.finish();
    let to = |to| {
        pair(
            &graph,
            Seed::Transfer(paid1),
            node(&graph, &name(to)),
            Layer::Value,
        )
    };
    assert_eq!(
        (to("R1"), to("R2"), to("shop")),
        ((980, 980), (0, 0), (0, 20))
    );
}

#[test]
fn money_in_escrow_is_the_depositors() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let pending = hawaladar("H", Part::Pending);
    let box_ = hawaladar("H", Part::Cash);
    let deposit = case.transfer(&name("D"), &pending, euro, 5000, Layers::VALUE);
    case.transfer(&name("C"), &box_, euro, 5000, Layers::VALUE);
    for units in [1500, 1500, 1900] {
        let release = case.transfer(&pending, &name("N"), euro, units, Layers::VALUE);
        case.link(deposit, release, units, units);
    }
    case.transfer(&box_, &name("Z"), euro, 600, Layers::VALUE);
    let graph = case.finish();
    let to = |to| {
        pair(
            &graph,
            Seed::Transfer(deposit),
            node(&graph, &name(to)),
            Layer::Value,
        )
    };
    assert_eq!((to("N"), to("Z")), ((4900, 4900), (0, 0)));
}

/// An account that was empty in between passed nothing on, although it had enough before and after.
#[test]
fn what_was_gone_is_not_passed_on() {
    let mut case = Case::default();
    case.pay("a", "m", 10);
    let gone = case.pay("m", "x", 8);
    case.pay("y", "m", 10);
    case.pay("m", "b", 10);
    let graph = case.finish();
    let (a, b, m) = (
        node(&graph, &name("a")),
        node(&graph, &name("b")),
        node(&graph, &name("m")),
    );
    let found = between(
        &graph,
        vec![Seed::Account(a)],
        b,
        Layer::Custody,
        Times::Record,
    );
    assert_eq!((found[0].minimum, found[0].maximum), (0, 2));
    assert_eq!(found[0].cut[0].place, CutPlace::Held(m, gone));
}

/// Evidence that reserves for a transfer what it does not move: it is free again for the next, although nothing leads on through the first.
#[test]
fn what_was_reserved_in_vain_is_free_again() {
    let mut case = Case::default();
    let paid = case.pay("a", "m", 4);
    let less = case.pay("m", "x", 1);
    case.pay("y", "m", 3);
    case.pay("m", "b", 2);
    case.link(paid, less, 4, 4);
    let graph = case.finish();
    let (a, b) = (node(&graph, &name("a")), node(&graph, &name("b")));
    assert_eq!(pair(&graph, Seed::Account(a), b, Layer::Custody), (0, 2));
    let y = Seed::Account(node(&graph, &name("y")));
    assert_eq!(pair(&graph, y, b, Layer::Custody), (0, 2));
}

/// Evidence that spends one inflow twice: the second draws on the pool.
#[test]
fn what_was_spent_before_pays_nothing() {
    let mut case = Case::default();
    let spent = case.pay("y", "m", 4);
    let first = case.pay("m", "x", 4);
    case.pay("a", "m", 3);
    let second = case.pay("m", "b", 3);
    case.link(spent, first, 4, 4);
    case.link(spent, second, 3, 3);
    let graph = case.finish();
    let (a, b) = (node(&graph, &name("a")), node(&graph, &name("b")));
    assert_eq!(pair(&graph, Seed::Account(a), b, Layer::Custody), (3, 3));
}

/// One euro, at a time.
fn pay_at(case: &mut Case, from: &str, to: &str, time: Instant) -> TransferIdx {
    let euro = case.asset("EUR");
    let (from, to) = (case.end(&name(from)), case.end(&name(to)));
    case.builder.event(EventKind::Payment, time);
    let kind = TransferKind::Payment;
    case.builder
        .transfer(from, to, euro, Some(units(1)), kind, Layers::BOTH)
}

/// What an account that is a source too paid before its window is of what it had, and that may be another source's.
#[test]
fn a_source_passes_on_what_another_paid_it_before_its_window() {
    let mut case = Case::default();
    let mut pay = |from, to, time| pay_at(&mut case, from, to, time);
    // Some time in this minute, so perhaps in the window.
    pay("a", "m", Instant::new(5, Precision::Minute));
    pay("m", "b", Instant::at(8));
    let graph = case.finish();
    let [a, m, b] = ["a", "m", "b"].map(|key| node(&graph, &name(key)));
    let sources = vec![Seed::Account(a), Seed::Account(m)];
    let mut spec = asked(sources, b, Layer::Custody, Times::Record);
    spec.since = Some(9);
    let euro = AssetIdx::new(0);
    let brought = brought(&graph, &spec, Policy::Fifo, Placement::Latest);
    assert_eq!(brought, BTreeMap::from([(euro, 1)]));
    let found = bounds(&graph, &spec).unwrap();
    assert_eq!((found[0].minimum <= 1, found[0].maximum), (true, 1));
}

/// What a source paid before its window, and a link brings back to what it pays outside of it.
#[test]
fn a_link_brings_money_to_what_a_source_pays_outside_its_window() {
    let mut case = Case::default();
    let mut pay = |from, to, time| pay_at(&mut case, from, to, time);
    // Some time in this minute, so perhaps in the window.
    let lent = pay("a", "m", Instant::new(5, Precision::Minute));
    let paid = pay("a", "b", Instant::at(8));
    case.link(lent, paid, 1, 1);
    let graph = case.finish();
    let [a, b] = ["a", "b"].map(|key| node(&graph, &name(key)));
    let mut spec = asked(vec![Seed::Account(a)], b, Layer::Custody, Times::Record);
    spec.since = Some(9);
    let brought = brought(&graph, &spec, Policy::Fifo, Placement::Latest);
    assert_eq!(brought, BTreeMap::from([(AssetIdx::new(0), 1)]));
    let found = bounds(&graph, &spec).unwrap();
    assert_eq!((found[0].minimum <= 1, found[0].maximum), (true, 1));
}

#[test]
fn beyond_the_limit_there_is_no_result() {
    let mut case = Case::default();
    for step in 0..50 {
        case.pay(&format!("n{step}"), &format!("n{}", step + 1), 5);
    }
    let graph = case.finish();
    let (first, last) = (node(&graph, &name("n0")), node(&graph, &name("n50")));
    let mut spec = asked(
        vec![Seed::Account(first)],
        last,
        Layer::Custody,
        Times::Record,
    );
    assert_eq!(bounds(&graph, &spec).unwrap()[0].maximum, 5);
    spec.n_transfers_max = 10;
    assert_eq!(bounds(&graph, &spec), Err(Error::TooFar { n_max: 10 }));
}
