//! Who waits may have any analysis end at any of its checks: then there is no result, and asked again there is the same as ever.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::cases::{name, node, units};
use moneytrail_analysis::Error;
use moneytrail_analysis::bounds::{BoundsSpec, Times, bounds_watched};
use moneytrail_analysis::exposure::{ExposureSpec, exposure_watched};
use moneytrail_analysis::paths::{By, PathsSpec, Station, paths_watched, strict_paths_watched};
use moneytrail_analysis::patterns::chance::chance_watched;
use moneytrail_analysis::patterns::{Movements, Options, Rule, find_watched, peers};
use moneytrail_analysis::trace::trace_watched;
use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, TraceSpec};
use moneytrail_model::{
    Asset, AssetKey, EventKind, Instant, Layer, Layers, Stop, TransferKind, Watch,
};
use moneytrail_store::graph::{Graph, GraphBuilder};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Has it end at a check, and hears how much was done.
#[derive(Debug)]
struct After {
    last_check: u64,
    n_checked: AtomicU64,
    n_done: AtomicU64,
}

impl After {
    const fn checks(last_check: u64) -> Self {
        Self {
            last_check,
            n_checked: AtomicU64::new(0),
            n_done: AtomicU64::new(0),
        }
    }
}

impl Watch for After {
    fn advance(&self, n_done: u64) {
        self.n_done.fetch_add(n_done, SeqCst);
    }

    fn check(&self) -> Result<(), Stop> {
        if self.n_checked.fetch_add(1, SeqCst) < self.last_check {
            Ok(())
        } else {
            Err(Stop::Asked)
        }
    }
}

/// Stops it at every check that it makes, or at some of many. How often it asks in all.
fn stop_everywhere<T: PartialEq + std::fmt::Debug>(
    what: &str,
    run: impl Fn(&dyn Watch) -> Result<T, Error>,
) -> (u64, u64) {
    let calm = After::checks(u64::MAX);
    let whole = run(&calm).unwrap();
    let (n_checks, n_done) = (calm.n_checked.into_inner(), calm.n_done.into_inner());
    for nth in (0..n_checks).step_by(usize::try_from(n_checks).unwrap().div_ceil(7)) {
        let stopped = run(&After::checks(nth));
        assert_eq!(
            stopped,
            Err(Error::Stopped(Stop::Asked)),
            "{what}, check {nth}"
        );
    }
    assert_eq!(run(&After::checks(n_checks)), Ok(whole), "{what}");
    (n_checks, n_done)
}

/// An account with this many transfers, every other one in.
fn hub(n_transfers: u32) -> Graph {
    let mut builder = GraphBuilder::default();
    let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
    let key = |what: &str, number: u32| name(&format!("{what}{}", number % 7));
    for nth in 0..n_transfers {
        let [payer, payee] = if nth % 2 == 0 {
            [key("in", nth / 2), name("hub")]
        } else {
            [name("hub"), key("out", nth / 2)]
        };
        let [payer, payee] = [payer, payee].map(|key| builder.account(&key));
        builder.event(EventKind::Payment, Instant::at(i64::from(nth) * 60));
        let amount = units(u64::from(nth % 13 + 1));
        builder.transfer(
            payer,
            payee,
            euro,
            Some(amount),
            TransferKind::Payment,
            Layers::BOTH,
        );
    }
    builder.finish().unwrap()
}

fn traced(graph: &Graph, policy: Policy, direction: Direction, seed: &str) -> TraceSpec {
    TraceSpec {
        direction,
        seeds: vec![Seed::Account(node(graph, &name(seed)))],
        layer: Layer::Custody,
        policy,
        placement: Placement::Earliest,
        stops: StopRules::default(),
        since: None,
        as_of: None,
        change: std::sync::Arc::default(),
        without: std::sync::Arc::default(),
    }
}

#[test]
fn a_trace_that_is_stopped_gives_nothing() {
    let graph = hub(9_000);
    for policy in Policy::ALL {
        let spec = traced(&graph, policy, Direction::Forward, "in3");
        let (n_checks, n_done) = stop_everywhere(policy.as_str(), |watch| {
            trace_watched(&graph, &spec, usize::MAX, watch)
        });
        assert!(n_checks > 3, "{policy:?}: {n_checks}");
        assert_eq!(n_done, graph.n_transfers() as u64, "{policy:?}: told whole");
    }
    for policy in [Policy::Fifo, Policy::Lifo, Policy::Poison] {
        let spec = traced(&graph, policy, Direction::Sources, "out3");
        stop_everywhere(policy.as_str(), |watch| {
            trace_watched(&graph, &spec, usize::MAX, watch)
        });
    }
}

#[test]
fn what_is_made_of_traces_and_flows_gives_nothing() {
    let graph = hub(9_000);
    let [source, target] = ["in3", "out3"].map(|end| node(&graph, &name(end)));
    let exposed = ExposureSpec {
        members: vec![node(&graph, &name("hub"))],
        tagged: BTreeSet::from([source, target]),
        layer: Layer::Custody,
        policy: Policy::Fifo,
        stops: StopRules::default(),
        since: None,
        as_of: None,
        without: std::sync::Arc::default(),
    };
    stop_everywhere("exposure", |watch| {
        exposure_watched(&graph, &exposed, watch)
    });
    let bounded = BoundsSpec {
        sources: vec![Seed::Account(source)],
        targets: vec![target],
        stops: StopRules::default(),
        layer: Layer::Custody,
        times: Times::Record,
        since: None,
        until: None,
        as_of: None,
        without: std::sync::Arc::default(),
        n_transfers_max: 100_000,
    };
    stop_everywhere("bounds", |watch| bounds_watched(&graph, &bounded, watch));
    let ways = PathsSpec {
        sources: vec![Seed::Account(source)],
        targets: vec![target],
        layer: Layer::Custody,
        by: By::Arrival,
        k: 3,
        disjoint: None,
        through: vec![],
        avoid: Station::default(),
        assets: BTreeSet::new(),
        since: None,
        until: None,
        as_of: None,
        without: std::sync::Arc::default(),
        n_transfers_max: 100_000,
        n_labels_max: 1_000_000,
    };
    stop_everywhere("paths", |watch| paths_watched(&graph, &ways, watch));
    stop_everywhere("strict paths", |watch| {
        strict_paths_watched(
            &graph,
            &ways,
            Policy::Fifo,
            std::sync::Arc::default(),
            watch,
        )
    });
}

#[test]
fn a_search_for_patterns_that_is_stopped_gives_nothing() {
    let movements = Movements::of(&hub(700), Layer::Custody);
    let options = Options::default();
    for rule in Rule::ALL {
        let peers = peers(&movements, rule, &options);
        let what = rule.id().name;
        let (_, n_done) = stop_everywhere(what, |watch| {
            Ok(find_watched(&movements, rule, &options, &peers, watch)?)
        });
        assert_eq!(n_done, 1, "{what}");
        let (_, n_done) = stop_everywhere(what, |watch| {
            Ok(chance_watched(
                &movements,
                rule,
                &options,
                &peers,
                (2, 1),
                watch,
            )?)
        });
        assert_eq!(n_done, 2, "{what}");
    }
}
