//! Ways by a policy against money counted unit by unit, and against traces of the same seeds.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "tests of small figures"
)]

use crate::cases::random::{WILD, Wildness, graphs_of};
use crate::cases::{Case, hawaladar, name, node};
use moneytrail_analysis::Error;
use moneytrail_analysis::paths::{
    By, Disjoint, PathsSpec, Station, Step, StrictPaths, strict_paths,
};
use moneytrail_analysis::temporal::{InGraph, Record};
use moneytrail_analysis::trace::trace;
use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, TraceSpec};
use moneytrail_model::{Layer, Layers, NodeIdx, Part, TransferIdx};
use moneytrail_store::graph::Graph;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

const AMOUNTS: [Policy; 6] = [
    Policy::Fifo,
    Policy::Lifo,
    Policy::Haircut,
    Policy::Libr,
    Policy::TracedFirst,
    Policy::Tiho,
];

fn asked(source: Seed, target: NodeIdx) -> PathsSpec {
    PathsSpec {
        sources: vec![source],
        targets: vec![target],
        layer: Layer::Custody,
        by: By::Value,
        k: 10_000,
        disjoint: None,
        through: vec![],
        avoid: Station::default(),
        assets: BTreeSet::new(),
        since: None,
        until: None,
        as_of: None,
        without: Arc::default(),
        n_transfers_max: 10_000,
        n_labels_max: 10_000_000,
    }
}

fn found(graph: &Graph, spec: &PathsSpec, policy: Policy) -> StrictPaths {
    strict_paths(graph, spec, policy, Arc::default()).unwrap()
}

/// Transfers and what each carries.
fn ways(found: &StrictPaths) -> Vec<Vec<(TransferIdx, u128)>> {
    let paths = found.paths.groups.iter().flat_map(|group| &group.1);
    let steps = |path: &moneytrail_analysis::paths::Path| {
        let steps = path.steps.iter();
        steps.map(|step| (step.0, step.2.unwrap())).collect()
    };
    paths.map(steps).collect()
}

/// Units of one account, first in first out or the other way round, each with the transfers that it passed since it left the
/// source, if it did; and what arrived at the target by which transfers.
fn unit_by_unit(
    payments: &[(usize, usize, u64)],
    [source, target]: [usize; 2],
    policy: Policy,
) -> BTreeMap<Vec<usize>, u128> {
    let mut pools: BTreeMap<usize, VecDeque<Option<Vec<usize>>>> = BTreeMap::new();
    let mut arrived: BTreeMap<Vec<usize>, u128> = BTreeMap::new();
    for (nth, &(from, to, units)) in payments.iter().enumerate() {
        let pool = pools.entry(from).or_default();
        let n = pool.len().min(units as usize);
        let mut drawn: Vec<Option<Vec<usize>>> = match policy {
            Policy::Fifo => pool.drain(..n).collect(),
            _ => pool.split_off(pool.len() - n).into(),
        };
        drawn.resize(units as usize, None);
        for unit in &mut drawn {
            if from == source {
                *unit = Some(vec![nth]);
            } else if let Some(passed) = unit {
                passed.push(nth);
            }
            if to == target
                && let Some(passed) = unit.take()
            {
                *arrived.entry(passed).or_default() += 1;
            }
            if to == source {
                *unit = None;
            }
        }
        pools.entry(to).or_default().extend(drawn);
    }
    arrived
}

/// Whether a way is feasible in time, begins with a source and ends with the first transfer to a target.
fn is_way(graph: &Graph, spec: &PathsSpec, way: &[(TransferIdx, u128)]) {
    let record = InGraph::new(graph);
    let mut clock = i64::MIN;
    let is_target = |t: TransferIdx| spec.targets.contains(&graph.to(t));
    let is_source = |t: TransferIdx| {
        spec.sources.iter().any(|source| match *source {
            Seed::Transfer(seed) => seed == t,
            Seed::Account(node) => graph.from(t) == node,
        })
    };
    for &(transfer, _) in way {
        let (earliest, latest) = record.interval(transfer.idx());
        assert!(clock <= latest, "{way:?}");
        clock = clock.max(earliest);
    }
    assert!(is_source(way[0].0) && is_target(way[way.len() - 1].0));
    for pair in way.windows(2) {
        let [(before, carried), (next, more)] = [pair[0], pair[1]];
        assert!(!is_target(before) && !is_source(next) && before < next);
        let is_linked = graph.links_spent_by(before).any(|link| link.later == next);
        let is_pool =
            graph.to(before) == graph.from(next) && graph.asset_of(before) == graph.asset_of(next);
        assert!(is_linked || is_pool, "{way:?}");
        assert!(more > 0);
        if graph.asset_of(before) == graph.asset_of(next) {
            assert!(more <= carried, "{way:?}");
        }
    }
}

fn traced(spec: &PathsSpec, policy: Policy) -> TraceSpec {
    TraceSpec {
        direction: Direction::Forward,
        seeds: spec.sources.clone(),
        layer: spec.layer,
        policy,
        placement: Placement::Latest,
        stops: StopRules {
            services: spec.targets.clone(),
            ..StopRules::default()
        },
        since: None,
        as_of: None,
        change: Arc::default(),
        without: Arc::default(),
    }
}

const PAYMENTS: Wildness = Wildness {
    n_accounts: 6,
    unknown: false,
    contradictions: false,
    conversions: false,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Under fifo and lifo, every way and what it carries is what units do that are counted one by one.
    #[test]
    fn ways_are_those_of_units(
        payments in prop::collection::vec((0_usize..5, 1_usize..5, 1_u64..8), 1..14),
        ends in (0_usize..5, 1_usize..5),
    ) {
        let payments: Vec<(usize, usize, u64)> = payments
            .into_iter()
            .map(|(from, step, units)| (from, (from + step) % 5, units))
            .collect();
        let ends = [ends.0, (ends.0 + ends.1) % 5];
        let mut case = Case::default();
        let transfers: Vec<TransferIdx> = payments
            .iter()
            .map(|&(from, to, units)| case.pay(&format!("n{from}"), &format!("n{to}"), units))
            .collect();
        let graph = case.finish();
        let [source, target] = ends.map(|end| graph.node_of(&name(&format!("n{end}"))));
        let (Some(source), Some(target)) = (source, target) else { return Ok(()) };
        let spec = asked(Seed::Account(source), target);
        for policy in [Policy::Fifo, Policy::Lifo] {
            let mut wanted: Vec<(Vec<TransferIdx>, u128)> = unit_by_unit(&payments, ends, policy)
                .into_iter()
                .map(|(way, units)| (way.into_iter().map(|nth| transfers[nth]).collect(), units))
                .collect();
            let told = found(&graph, &spec, policy);
            prop_assert!(told.paths.is_complete());
            let ways = ways(&told);
            let values: Vec<u128> = ways.iter().map(|way| way[way.len() - 1].1).collect();
            prop_assert!(values.is_sorted_by(|a, b| a >= b), "{:?}", values);
            let mut ways: Vec<(Vec<TransferIdx>, u128)> = ways
                .iter()
                .map(|way| (way.iter().map(|step| step.0).collect(), way[way.len() - 1].1))
                .collect();
            ways.sort();
            wanted.sort();
            prop_assert_eq!(&ways, &wanted, "{:?}", policy);
            let sum: u128 = wanted.iter().map(|way| way.1).sum();
            let arrived: u128 = told.arrived.iter().map(|line| line.1).sum();
            prop_assert_eq!(sum, arrived);
        }
    }

    /// On wild graphs under every policy: a way is one, and what all carry is what a trace says arrives; within one unit per draw
    /// where labels share in proportion.
    #[test]
    fn together_they_carry_what_arrives(
        drawn in graphs_of(PAYMENTS, 10),
        source in (any::<bool>(), any::<Index>()),
        target in any::<Index>(),
    ) {
        let graph = drawn.0;
        let source = if source.0 {
            Seed::Account(NodeIdx::new(source.1.index(graph.n_accounts())))
        } else {
            Seed::Transfer(TransferIdx::new(source.1.index(graph.n_transfers())))
        };
        let target = NodeIdx::new(target.index(graph.n_accounts()));
        if source == Seed::Account(target) || graph.is_boundary(target) {
            return Ok(());
        }
        let spec = asked(source, target);
        for policy in AMOUNTS {
            let told = match strict_paths(&graph, &spec, policy, Arc::default()) {
                Ok(told) => told,
                Err(Error::SeedOutside(_)) => return Ok(()),
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            prop_assert!(told.paths.is_complete());
            let whole = trace(&graph, &traced(&spec, policy)).unwrap();
            let arrived: u128 = whole
                .steps
                .iter()
                .filter(|step| graph.to(step.transfer) == target)
                .map(|step| step.carried.traced())
                .sum();
            prop_assert_eq!(arrived, told.arrived.iter().map(|line| line.1).sum::<u128>());
            let ways = ways(&told);
            for way in &ways {
                is_way(&graph, &spec, way);
            }
            let distinct: BTreeSet<Vec<TransferIdx>> =
                ways.iter().map(|way| way.iter().map(|step| step.0).collect()).collect();
            prop_assert_eq!(distinct.len(), ways.len());
            let sum: u128 = ways.iter().map(|way| way[way.len() - 1].1).sum();
            let draws: usize = ways.iter().map(Vec::len).sum::<usize>() + whole.steps.len();
            let off = match policy {
                Policy::Fifo | Policy::Lifo => 0,
                _ => draws as u128,
            };
            prop_assert!(sum.abs_diff(arrived) <= off, "{:?}: {} of {}", policy, sum, arrived);
        }
    }

    /// With unknown amounts, contradictions and conversions each way is still one, and none carries more than arrives.
    #[test]
    fn none_carries_more_than_arrives(
        drawn in graphs_of(WILD, 12),
        source in any::<Index>(),
        target in any::<Index>(),
        policy in prop::sample::select(AMOUNTS.to_vec()),
    ) {
        let graph = drawn.0;
        let source = Seed::Transfer(TransferIdx::new(source.index(graph.n_transfers())));
        let target = NodeIdx::new(target.index(graph.n_accounts()));
        if graph.is_boundary(target) {
            return Ok(());
        }
        let spec = asked(source, target);
        let told = match strict_paths(&graph, &spec, policy, Arc::default()) {
            Ok(told) => told,
            Err(Error::SeedOutside(_) | Error::Negative(_)) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        for way in ways(&told) {
            is_way(&graph, &spec, &way);
            let (last, units) = way[way.len() - 1];
            let arrived = told.arrived.iter().find(|line| line.0 == graph.asset_of(last));
            let off = match policy {
                Policy::Fifo | Policy::Lifo => 0,
                _ => way.len() as u128,
            };
            prop_assert!(units <= arrived.unwrap().1 + off);
        }
    }
}

/// The two orders of the tracing reference: whose payment it is, links decide, under every policy.
#[test]
fn an_order_goes_to_its_own_beneficiary() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let [a, pending] = [
        hawaladar("A", Part::Position),
        hawaladar("B", Part::Pending),
    ];
    let (s1, s2, r1, r2) = (name("S1"), name("S2"), name("R1"), name("R2"));
    let first = case.transfer(&s1, &a, euro, 1000, Layers::VALUE);
    let second = case.transfer(&s2, &a, euro, 2000, Layers::VALUE);
    let due2 = case.transfer(&a, &pending, euro, 1960, Layers::VALUE);
    let due1 = case.transfer(&a, &pending, euro, 980, Layers::VALUE);
    let paid2 = case.transfer(&pending, &r2, euro, 1960, Layers::VALUE);
    let paid1 = case.transfer(&pending, &r1, euro, 980, Layers::VALUE);
    case.link(first, due1, 980, 980);
    case.link(second, due2, 1960, 1960);
    case.link(due1, paid1, 980, 980);
    case.link(due2, paid2, 1960, 1960);
    let graph = case.finish();
    for policy in AMOUNTS {
        let to = |who| PathsSpec {
            layer: Layer::Value,
            ..asked(Seed::Transfer(first), node(&graph, who))
        };
        let own = found(&graph, &to(&r1), policy);
        assert_eq!(
            ways(&own),
            [[(first, 1000), (due1, 980), (paid1, 980)]],
            "{policy:?}"
        );
        let steps = &own.paths.groups[0].1[0].steps;
        assert!(matches!(steps[2].1, Step::Link { .. }));
        assert!(ways(&found(&graph, &to(&r2), policy)).is_empty());
    }
}

/// A pool of two: which money it is depends on the rule, and so does the way.
#[test]
fn ways_differ_by_policy_and_take_turns_where_they_must_not_share() {
    let mut case = Case::default();
    let late = case.pay("x", "m", 50);
    let first = case.pay("a", "m", 50);
    let clean = case.pay("m", "b", 50);
    let second = case.pay("m", "n", 30);
    let third = case.pay("m", "b", 20);
    let fourth = case.pay("n", "b", 30);
    let graph = case.finish();
    let _ = late;
    let spec = asked(
        Seed::Account(node(&graph, &name("a"))),
        node(&graph, &name("b")),
    );
    let of = |spec: &PathsSpec, policy| ways(&found(&graph, spec, policy));
    assert_eq!(
        of(&spec, Policy::Fifo),
        [
            vec![(first, 50), (second, 30), (fourth, 30)],
            vec![(first, 50), (third, 20)]
        ]
    );
    assert_eq!(of(&spec, Policy::Lifo), [[(first, 50), (clean, 50)]]);
    assert_eq!(
        of(&spec, Policy::Haircut),
        [
            vec![(first, 50), (clean, 25)],
            vec![(first, 50), (second, 15), (fourth, 15)],
            vec![(first, 50), (third, 10)],
        ]
    );
    let apart = PathsSpec {
        disjoint: Some(Disjoint::Transfers),
        ..spec.clone()
    };
    assert_eq!(of(&apart, Policy::Fifo).len(), 1, "both begin with one");
    let earliest = PathsSpec {
        by: By::Arrival,
        k: 1,
        ..spec.clone()
    };
    assert_eq!(of(&earliest, Policy::Fifo), [[(first, 50), (third, 20)]]);
    let through = PathsSpec {
        through: vec![Station {
            accounts: BTreeSet::from([node(&graph, &name("n"))]),
            ..Station::default()
        }],
        ..spec.clone()
    };
    assert_eq!(of(&through, Policy::Fifo).len(), 1);
    let avoid = PathsSpec {
        avoid: through.through[0].clone(),
        ..spec
    };
    assert_eq!(of(&avoid, Policy::Fifo), [[(first, 50), (third, 20)]]);
}
