//! Laws of traces on random graphs.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    clippy::needless_for_each,
    reason = "tests of small figures"
)]

use crate::cases::oracle::{Oracle, answer_of};
use crate::cases::random::{WILD, Wildness, graphs};
use moneytrail_analysis::trace::{trace, trace_all, trace_rounded_once};
use moneytrail_model::trace::{
    Direction, EndKind, Label, Origin, Placement, Policy, Seed, StopReason, StopRules, Trace,
    TraceSpec,
};
use moneytrail_model::{AssetIdx, EventIdx, Layer, NodeIdx, TransferIdx};
use moneytrail_store::graph::Graph;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked, before the graph is known.
#[derive(Clone, Debug)]
struct Question {
    seeds: Vec<(bool, Index)>,
    layer: Layer,
    placement: Placement,
    stops: (Vec<Index>, Vec<Index>, Option<u32>, u64, Option<i64>),
    since: Option<i64>,
    as_of: Option<i64>,
    change: Vec<Index>,
    n_transfers_max: Option<u32>,
}

fn questions() -> impl Strategy<Value = Question> {
    let second = || prop::option::weighted(0.2, 0_i64..25);
    let stops = (
        prop::collection::vec(any::<Index>(), 0..2),
        prop::collection::vec(any::<Index>(), 0..3),
        prop::option::weighted(0.3, 0_u32..5),
        prop_oneof![4 => Just(0_u64), 1 => 1_u64..4],
        second(),
    );
    (
        prop::collection::vec((prop::bool::weighted(0.3), any::<Index>()), 1..4),
        prop::sample::select(vec![Layer::Custody, Layer::Value]),
        prop::sample::select(Placement::ALL.to_vec()),
        stops,
        second(),
        second(),
        prop::collection::vec(any::<Index>(), 0..4),
        prop::option::weighted(0.2, 1_u32..7),
    )
        .prop_map(
            |(seeds, layer, placement, stops, since, as_of, change, n_transfers_max)| Question {
                seeds,
                layer,
                placement,
                stops,
                since,
                as_of,
                change,
                n_transfers_max,
            },
        )
}

fn asked(graph: &Graph, question: &Question, policy: Policy) -> TraceSpec {
    let seeds = question.seeds.iter().map(|(is_account, index)| {
        if *is_account {
            Seed::Account(NodeIdx::new(index.index(graph.n_accounts())))
        } else {
            Seed::Transfer(TransferIdx::new(index.index(graph.n_transfers())))
        }
    });
    let exists = |transfer: TransferIdx| {
        let earliest = graph.time(graph.event_of(transfer)).earliest();
        graph.in_layer(transfer, question.layer)
            && question.as_of.is_none_or(|as_of| earliest <= as_of)
    };
    let seeds = seeds
        .filter(|seed| !matches!(*seed, Seed::Transfer(transfer) if !exists(transfer)))
        .collect();
    let (services, coinjoins, n_events_max, floor, until) = &question.stops;
    let services = services
        .iter()
        .map(|index| NodeIdx::new(index.index(graph.n_accounts())))
        .collect();
    let coinjoins: BTreeSet<EventIdx> = coinjoins
        .iter()
        .map(|index| EventIdx::new(index.index(graph.n_events())))
        .collect();
    let change = question.change.iter();
    let change: BTreeSet<TransferIdx> = change
        .map(|index| TransferIdx::new(index.index(graph.n_transfers())))
        .collect();
    TraceSpec {
        direction: Direction::Forward,
        seeds,
        layer: question.layer,
        policy,
        placement: question.placement,
        stops: StopRules {
            services,
            n_events_max: *n_events_max,
            floors: vec![(AssetIdx::new(0), crate::cases::units(*floor))],
            until: *until,
            coinjoins: coinjoins.into_iter().collect(),
            n_transfers_max: question.n_transfers_max,
        },
        since: question.since,
        as_of: question.as_of,
        change: change.into_iter().collect(),
        without: std::sync::Arc::default(),
    }
}

fn conserves(graph: &Graph, trace: &Trace) {
    for step in &trace.steps {
        if let (Some(amount), true) = (graph.amount(step.transfer), trace.spec.policy.has_amounts())
        {
            assert_eq!(step.carried.total() as i128, amount.units());
        }
    }
    for line in &trace.balance {
        assert!(line.holds(), "{line:?}");
    }
}

const TAME: Wildness = Wildness {
    n_accounts: 6,
    unknown: false,
    contradictions: false,
    conversions: true,
};
const CONSISTENT: Wildness = Wildness {
    contradictions: false,
    ..WILD
};
const ONE_ASSET: Wildness = Wildness {
    conversions: false,
    ..TAME
};

/// Traced units by transfer.
fn flows(trace: &Trace, seed: u32) -> BTreeMap<TransferIdx, u128> {
    let flow = |carried: &moneytrail_model::trace::Carried| {
        carried.of(moneytrail_model::trace::Label::Seed(seed))
    };
    trace
        .steps
        .iter()
        .map(|step| (step.transfer, flow(&step.carried)))
        .filter(|flow| flow.1 > 0)
        .collect()
}

/// Draws that rounding may enter, at most.
fn n_draws(graph: &Graph) -> u128 {
    (graph.n_transfers() + 2 * graph.n_links()) as u128
}

fn plain_spec(seeds: Vec<Seed>, policy: Policy, placement: Placement) -> TraceSpec {
    TraceSpec {
        seeds,
        placement,
        ..crate::cases::spec(Layer::Custody, policy, &[])
    }
}

/// Events from each transfer to the target, by looking at all pairs until nothing changes.
fn distances(graph: &Graph, target: TransferIdx) -> Vec<(TransferIdx, u32)> {
    let all: Vec<TransferIdx> = (0..graph.n_transfers())
        .map(TransferIdx::new)
        .filter(|&t| graph.in_layer(t, Layer::Custody))
        .collect();
    let mut known = BTreeMap::from([(target, 0)]);
    loop {
        let before = known.clone();
        for (&later, &distance) in &before {
            let links: Vec<_> = graph
                .links_spending(later)
                .filter(|link| graph.in_layer(link.earlier, Layer::Custody))
                .filter(|link| !graph.is_boundary(graph.to(link.earlier)))
                .collect();
            let linked: i128 = links.iter().map(|link| link.paid.units()).sum();
            let is_full = graph
                .amount(later)
                .is_some_and(|amount| linked >= amount.units());
            for &earlier in all.iter().take_while(|&&earlier| earlier < later) {
                let draws = !is_full
                    && graph.to(earlier) == graph.from(later)
                    && !graph.is_boundary(graph.from(later));
                if draws || links.iter().any(|link| link.earlier == earlier) {
                    let step = u32::from(graph.event_of(earlier) != graph.event_of(later));
                    let best = known.entry(earlier).or_insert(u32::MAX);
                    *best = (*best).min(distance + step);
                }
            }
        }
        if known == before {
            return known.into_iter().collect();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_oracle(graph in graphs(WILD), question in questions()) {
        for policy in Policy::ALL {
            let spec = asked(&graph, &question, policy);
            let found = trace(&graph, &spec).unwrap();
            conserves(&graph, &found);
            prop_assert_eq!(answer_of(&found), Oracle::run(&graph, &spec), "{:?}", policy);
        }
    }

    #[test]
    fn seeds_together_are_seeds_apart(graph in graphs(WILD), question in questions()) {
        for policy in [Policy::Fifo, Policy::Lifo] {
            let spec = asked(&graph, &question, policy);
            let together = trace(&graph, &spec).unwrap();
            // What another seed takes over is followed only where that seed is not asked for, and a
            // floor looks at all seeds of a transfer.
            if together.ends.iter().any(|end| end.kind == EndKind::TakenOver) || spec.stops.floors[0].1.units() > 0 {
                continue;
            }
            for (position, seed) in (0_u32..).zip(&spec.seeds) {
                let shares = spec.seeds.iter().any(|other| match (seed, other) {
                    (Seed::Account(node), Seed::Transfer(transfer)) | (Seed::Transfer(transfer), Seed::Account(node)) => graph.from(*transfer) == *node,
                    _ => false,
                });
                // An account that is asked for itself is never too busy, whoever's money arrives there.
                let is_let_through = spec.stops.n_transfers_max.is_some()
                    && spec.seeds.iter().any(|other| other != seed && matches!(other, Seed::Account(_)));
                let unknown = (0..graph.n_transfers()).any(|t| graph.amount(TransferIdx::new(t)).is_none());
                if spec.seeds[..position as usize].contains(seed) || shares || is_let_through || unknown {
                    continue;
                }
                let apart = trace(&graph, &TraceSpec { seeds: vec![seed.clone()], ..spec.clone() }).unwrap();
                prop_assert_eq!(flows(&together, position), flows(&apart, 0));
            }
        }
    }

    #[test]
    fn seeds_together_are_seeds_apart_but_for_rounding(graph in graphs(ONE_ASSET), question in questions()) {
        let spec = asked(&graph, &question, Policy::Haircut);
        let spec = plain_spec(spec.seeds.into_iter().filter(|seed| matches!(seed, Seed::Transfer(t) if graph.in_layer(*t, Layer::Custody))).collect(), Policy::Haircut, spec.placement);
        let together = trace(&graph, &spec).unwrap();
        if together.ends.iter().all(|end| end.kind != EndKind::TakenOver) {
            for (position, seed) in (0_u32..).zip(&spec.seeds) {
                if spec.seeds.iter().filter(|other| *other == seed).count() > 1 {
                    continue;
                }
                let apart = trace(&graph, &TraceSpec { seeds: vec![seed.clone()], ..spec.clone() }).unwrap();
                if apart.ends.iter().any(|end| end.kind == EndKind::TakenOver) {
                    continue;
                }
                let (together, apart) = (flows(&together, position), flows(&apart, 0));
                for transfer in together.keys().chain(apart.keys()) {
                    let at = |flows: &BTreeMap<_, u128>| flows.get(transfer).copied().unwrap_or(0);
                    prop_assert!(at(&together).abs_diff(at(&apart)) <= n_draws(&graph));
                }
            }
        }
    }

    #[test]
    fn forward_and_to_the_sources_agree(graph in graphs(TAME), from: Index, to: Index, placement in prop::sample::select(Placement::ALL.to_vec())) {
        let n = graph.n_accounts();
        let (from, to) = (NodeIdx::new(from.index(n)), NodeIdx::new(to.index(n)));
        let in_layer = |t: &TransferIdx| graph.in_layer(*t, Layer::Custody);
        // An origin proper: nothing ever came in, and no link brings in another label.
        let is_origin = graph.transfers_in(from).iter().filter(in_layer).count() == 0
            && graph.transfers_out(from).iter().all(|t| graph.links_spending(t).len() == 0);
        prop_assume!(from != to && is_origin && !graph.is_boundary(from) && !graph.is_boundary(to));
        for policy in [Policy::Fifo, Policy::Lifo, Policy::Haircut] {
            let mut forward = plain_spec(vec![Seed::Account(from)], policy, placement);
            forward.stops.services = vec![to];
            let mut back = plain_spec(vec![Seed::Account(to)], policy, placement);
            back.direction = Direction::Sources;
            let (forward, back) = (trace(&graph, &forward).unwrap(), trace(&graph, &back).unwrap());
            conserves(&graph, &back);
            let origin = back.origins.iter().position(|origin| *origin == Origin::FirstKnown(from));
            for asset in (0..graph.assets().len()).map(AssetIdx::new) {
                let sum = |trace: &Trace, kind, seed: Option<usize>| -> u128 {
                    let ends = trace.ends.iter().filter(|end| end.kind == kind && end.asset == asset && Some(end.seed as usize) == seed);
                    ends.map(|end| end.amount).sum()
                };
                let arrived = sum(&forward, EndKind::CutOff(StopReason::Service), Some(0));
                let came = sum(&back, EndKind::Reached, origin);
                if policy == Policy::Haircut {
                    // Conversions scale what rounding left behind.
                    let scale = if graph.assets().len() > 1 { 9 } else { 1 };
                    prop_assert!(arrived.abs_diff(came) <= scale * n_draws(&graph));
                } else {
                    prop_assert_eq!(arrived, came, "{:?}", policy);
                }
            }
        }
    }

    #[test]
    fn sources_balance_on_any_evidence(graph in graphs(WILD), question in questions()) {
        for policy in Policy::ALL {
            let spec = TraceSpec { direction: Direction::Sources, ..asked(&graph, &question, policy) };
            conserves(&graph, &trace(&graph, &spec).unwrap());
        }
    }

    #[test]
    fn sources_account_for_every_unit(graph in graphs(CONSISTENT), question in questions()) {
        for policy in [Policy::Fifo, Policy::Lifo, Policy::Haircut] {
            let spec = TraceSpec { direction: Direction::Sources, since: None, ..asked(&graph, &question, policy) };
            let spec = TraceSpec { stops: StopRules { until: None, ..spec.stops }, ..spec };
            let found = trace(&graph, &spec).unwrap();
            let exists = |t: TransferIdx| {
                let earliest = graph.time(graph.event_of(t)).earliest();
                graph.in_layer(t, spec.layer) && spec.as_of.is_none_or(|as_of| earliest <= as_of)
            };
            let is_target = |t: &TransferIdx| {
                exists(*t) && spec.seeds.iter().any(|seed| *seed == Seed::Transfer(*t) || *seed == Seed::Account(graph.to(*t)))
            };
            let targets = (0..graph.n_transfers()).map(TransferIdx::new).filter(is_target);
            let arrived: u128 = targets.filter_map(|t| graph.amount(t)?.non_negative()).sum();
            let reached = found.ends.iter().filter(|end| end.kind == EndKind::Reached);
            prop_assert_eq!(reached.map(|end| end.amount).sum::<u128>(), arrived);
        }
    }

    #[test]
    fn rounded_once_is_rounded_at_each_draw_but_for_rounding(graph in graphs(WILD), question in questions()) {
        let spec = TraceSpec { direction: Direction::Sources, ..asked(&graph, &question, Policy::Haircut) };
        let (each, once) = (trace(&graph, &spec).unwrap(), trace_rounded_once(&graph, &spec, &()).unwrap());
        prop_assert!(once.is_rounded_once && !each.is_rounded_once);
        conserves(&graph, &once);
        let ends = |trace: &Trace, kind| -> BTreeMap<(AssetIdx, Origin), u128> {
            let mut ends = BTreeMap::new();
            for end in trace.ends.iter().filter(|end| end.kind == kind) {
                *ends.entry((end.asset, trace.origins[end.seed as usize])).or_insert(0) += end.amount;
            }
            ends
        };
        // Conversions scale what rounding left behind.
        let bound = n_draws(&graph) * if graph.assets().len() > 1 { 9 } else { 1 };
        for kind in [EndKind::Reached, EndKind::Converted] {
            let (each, once) = (ends(&each, kind), ends(&once, kind));
            for asset in (0..graph.assets().len()).map(AssetIdx::new) {
                let sum = |ends: &BTreeMap<(AssetIdx, Origin), u128>| -> u128 {
                    ends.iter().filter(|of| of.0.0 == asset).map(|of| of.1).sum()
                };
                if kind == EndKind::Reached {
                    prop_assert_eq!(sum(&each), sum(&once));
                } else {
                    prop_assert!(sum(&each).abs_diff(sum(&once)) <= bound);
                }
            }
            for place in each.keys().chain(once.keys()) {
                let of = |ends: &BTreeMap<_, u128>| ends.get(place).copied().unwrap_or(0);
                prop_assert!(of(&each).abs_diff(of(&once)) <= bound);
            }
        }
        // What reached each target is the same.
        let at_target = |trace: &Trace| -> BTreeMap<(AssetIdx, NodeIdx), u128> {
            let mut sums = BTreeMap::new();
            for end in trace.ends.iter().filter(|end| end.kind == EndKind::Reached) {
                *sums.entry((end.asset, end.node)).or_insert(0) += end.amount;
            }
            sums
        };
        prop_assert_eq!(at_target(&each), at_target(&once));
        prop_assert_eq!(&each.unexplained, &once.unexplained);
        // A step of an origin that reaches by both is in both.
        let reached = |trace: &Trace| -> BTreeSet<Origin> { ends(trace, EndKind::Reached).keys().map(|of| of.1).collect() };
        let both: BTreeSet<Origin> = reached(&each).intersection(&reached(&once)).copied().collect();
        let n_events: BTreeMap<TransferIdx, u32> = once.steps.iter().map(|step| (step.transfer, step.n_events)).collect();
        for step in &each.steps {
            let is_of_both = step.carried.pieces.iter().any(|piece| matches!(piece.0, Label::Seed(origin) if both.contains(&each.origins[origin as usize])));
            let found = n_events.get(&step.transfer);
            prop_assert!(found.map_or(!is_of_both, |&n| n == step.n_events));
        }
    }

    #[test]
    fn the_sources_are_what_can_reach_a_target(graph in graphs(CONSISTENT), target: Index) {
        let target = TransferIdx::new(target.index(graph.n_transfers()));
        prop_assume!(graph.in_layer(target, Layer::Custody));
        let mut spec = crate::cases::spec(Layer::Custody, Policy::Poison, &[target]);
        spec.direction = Direction::Sources;
        let found = trace(&graph, &spec).unwrap();
        let found: Vec<(TransferIdx, u32)> = found.steps.iter().map(|step| (step.transfer, step.n_events)).collect();
        prop_assert_eq!(found, distances(&graph, target));
    }

    #[test]
    fn threads_change_nothing(graph in graphs(WILD), asks in prop::collection::vec(questions(), 1..6)) {
        let specs: Vec<TraceSpec> = asks.iter().flat_map(|question| Policy::ALL.map(|policy| asked(&graph, question, policy))).collect();
        let run = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| trace_all(&graph, &specs))
        };
        let one = run(1);
        prop_assert_eq!(&one, &run(4));
        prop_assert_eq!(&one, &run(8));
    }
}
