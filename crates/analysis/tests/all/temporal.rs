//! Reachability in time against an enumeration of paths, and against relaxation until nothing changes.
#![allow(clippy::unwrap_used, clippy::needless_for_each, reason = "tests")]

use moneytrail_analysis::temporal::{
    InGraph, NEVER_ARRIVES, NEVER_DEPARTS, Record, Timed, earliest_arrival, latest_departure,
    reachable, reachable_many,
};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, Network, NodeIdx, PathClock,
    Precision, TransferKind,
};
use moneytrail_store::graph::{End, GraphBuilder};
use proptest::prelude::*;

const MINUTES: i64 = 60;

/// A transfer: from, to, when.
type Step = (u32, u32, Instant);

/// Times that meet, overlap and contain each other.
fn intervals() -> impl Strategy<Value = Instant> {
    let precisions = prop_oneof![
        5 => Just(Precision::Second),
        3 => Just(Precision::Minute),
        1 => Just(Precision::Day),
        1 => Just(Precision::Unknown),
    ];
    (0..6 * MINUTES, precisions).prop_map(|(second, precision)| Instant::new(second, precision))
}

fn instants() -> impl Strategy<Value = Instant> {
    (0_i64..20).prop_map(Instant::at)
}

fn steps(
    n_nodes: u32,
    n_steps: usize,
    times: impl Strategy<Value = Instant>,
) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..n_nodes, 0..n_nodes, times), 0..n_steps)
}

struct Columns {
    n_nodes: u32,
    from: Vec<u32>,
    to: Vec<u32>,
    earliest: Vec<i64>,
    latest: Vec<i64>,
}

impl Columns {
    fn new(n_nodes: u32, steps: &[Step]) -> Self {
        Self {
            n_nodes,
            from: steps.iter().map(|step| step.0).collect(),
            to: steps.iter().map(|step| step.1).collect(),
            earliest: steps.iter().map(|step| step.2.earliest()).collect(),
            latest: steps.iter().map(|step| step.2.latest()).collect(),
        }
    }

    fn record(&self) -> Timed<'_> {
        Timed {
            n_nodes: self.n_nodes,
            from: &self.from,
            to: &self.to,
            earliest: &self.earliest,
            latest: &self.latest,
        }
    }
}

/// Earliest arrival at each node; what is reached is told in time order, each node once.
fn arrivals(record: &impl Record, sources: &[u32], not_before: i64) -> Vec<i64> {
    let arrivals = earliest_arrival(record, sources, not_before);
    assert!(arrivals.iter().map(|(_, second)| second).is_sorted());
    let by_node = arrivals.by_node(record.n_nodes(), NEVER_ARRIVES);
    let n_reached = by_node.iter().filter(|&&second| second != NEVER_ARRIVES);
    assert_eq!(arrivals.n_nodes(), n_reached.count());
    by_node
}

/// Latest departure from each node; told against time.
fn departures(record: &impl Record, targets: &[u32], not_after: i64) -> Vec<i64> {
    let departures = latest_departure(record, targets, not_after);
    let seconds = departures.iter().map(|(_, second)| second);
    assert!(seconds.is_sorted_by(|one, next| one >= next));
    departures.by_node(record.n_nodes(), NEVER_DEPARTS)
}

/// Least running maximum over all paths from `node`, by trying them all.
fn enumerate(steps: &[Step], node: u32, clock: PathClock, at: i64, used: u32, best: &mut [i64]) {
    best[node as usize] = best[node as usize].min(at);
    for (position, &(from, to, time)) in steps.iter().enumerate() {
        let mut clock = clock;
        if from == node && used >> position & 1 == 0 && clock.advance(time) {
            let at = at.max(time.earliest());
            enumerate(steps, to, clock, at, used | 1 << position, best);
        }
    }
}

/// Earliest arrivals by relaxing every step until nothing changes.
fn relax(n_nodes: u32, steps: &[Step], sources: &[u32], not_before: i64) -> Vec<i64> {
    let mut best = vec![NEVER_ARRIVES; n_nodes as usize];
    sources
        .iter()
        .for_each(|&source| best[source as usize] = not_before);
    loop {
        let before = best.clone();
        for &(from, to, time) in steps {
            let at = best[from as usize];
            if at != NEVER_ARRIVES && at <= time.latest() {
                best[to as usize] = best[to as usize].min(at.max(time.earliest()));
            }
        }
        if best == before {
            return best;
        }
    }
}

fn check(
    n_nodes: u32,
    steps: &[Step],
    sources: &[u32],
    not_before: i64,
) -> Result<(), TestCaseError> {
    let columns = Columns::new(n_nodes, steps);
    let record = columns.record();
    let expected = relax(n_nodes, steps, sources, not_before);
    prop_assert_eq!(&arrivals(&record, sources, not_before), &expected);
    let nodes: Vec<u32> = (0..n_nodes)
        .filter(|&node| expected[node as usize] != NEVER_ARRIVES)
        .collect();
    prop_assert_eq!(reachable(&record, sources, not_before), nodes);
    // Many sources by themselves, in several words.
    let all: Vec<u32> = (0..130).map(|position| position % n_nodes).collect();
    let runs = [1, 2, 8].map(|n_threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        pool.install(|| reachable_many(&record, &all, not_before))
    });
    prop_assert_eq!(&runs[0], &runs[1]);
    prop_assert_eq!(&runs[0], &runs[2]);
    for (position, &source) in all.iter().enumerate() {
        let nodes = reachable(&record, &[source], not_before);
        prop_assert_eq!(runs[0].counts()[position], nodes.len() as u64);
        for node in nodes {
            prop_assert!(runs[0].is_reached(position, node));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn arrivals_are_the_least_over_all_paths(steps in steps(5, 7, intervals()), source in 0_u32..5) {
        let mut expected = vec![NEVER_ARRIVES; 5];
        enumerate(&steps, source, PathClock::start(), i64::MIN, 0, &mut expected);
        let columns = Columns::new(5, &steps);
        prop_assert_eq!(arrivals(&columns.record(), &[source], i64::MIN), expected);
    }

    #[test]
    fn departures_mirror_arrivals(steps in steps(5, 7, intervals()), target in 0_u32..5, noon in 0_i64..300) {
        // Money that rests at a node at a second reaches the target exactly if it is not too late.
        let columns = Columns::new(5, &steps);
        let latest = departures(&columns.record(), &[target], i64::MAX);
        for node in 0..5 {
            let departure = latest[node as usize];
            for second in [noon, departure.saturating_sub(1), departure, departure.saturating_add(1)] {
                if second != NEVER_ARRIVES && second != NEVER_DEPARTS {
                    let reached = relax(5, &steps, &[node], second)[target as usize];
                    prop_assert_eq!(reached != NEVER_ARRIVES, second <= departure);
                }
            }
            let ever = relax(5, &steps, &[node], i64::MIN)[target as usize];
            prop_assert_eq!(ever != NEVER_ARRIVES, departure != NEVER_DEPARTS);
        }
    }

    #[test]
    fn instants_in_order_and_in_disorder(
        mut steps in steps(30, 80, instants()),
        sources in prop::collection::vec(0_u32..30, 0..3),
        not_before in -1_i64..20,
    ) {
        check(30, &steps, &sources, not_before)?;
        steps.sort_by_key(|step| step.2.earliest());
        check(30, &steps, &sources, not_before)?;
    }

    #[test]
    fn intervals_in_order_and_in_disorder(
        mut steps in steps(30, 80, intervals()),
        sources in prop::collection::vec(0_u32..30, 0..3),
        not_before in prop_oneof![Just(i64::MIN), -1..6 * MINUTES],
    ) {
        check(30, &steps, &sources, not_before)?;
        steps.sort_by_key(|step| step.2.earliest());
        check(30, &steps, &sources, not_before)?;
    }
}

#[test]
fn a_thousand_open_transfers_wait_and_are_dropped_when_over() {
    // n, n − 1, … 1 → 0 happen within a day, recorded backwards; each minute one that is over.
    let n = 3000_u32;
    let day = Instant::new(0, Precision::Day);
    let mut steps: Vec<Step> = (1..n).map(|node| (node, node - 1, day)).collect();
    steps.extend((0..20_000).map(|second| (n + 1, n + 2, Instant::new(second, Precision::Minute))));
    steps.push((n, n - 1, Instant::at(30_000)));
    steps.push((n, n + 1, Instant::at(30_000)));
    let columns = Columns::new(n + 3, &steps);
    let expected = relax(n + 3, &steps, &[n], 0);
    assert_eq!(
        (expected[0], expected[n as usize + 2]),
        (30_000, NEVER_ARRIVES)
    );
    assert_eq!(arrivals(&columns.record(), &[n], 0), expected);
    let reach = reachable_many(&columns.record(), &[n, n + 1], 0);
    assert_eq!(reach.counts(), [u64::from(n) + 2, 2]);
}

#[test]
fn a_graph_is_read_as_its_columns_and_fees_lead_nowhere() {
    let mut builder = GraphBuilder::default();
    let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    let listed = |name: &str| AccountKey::Listed(name.into());
    let [a, b, c] = ["a", "b", "c"].map(|name| builder.account(&listed(name)));
    let fees = builder.account(&AccountKey::Fees(Network::Bitcoin));
    let add = |builder: &mut GraphBuilder, from, to, kind| {
        builder.transfer(from, to, btc, Some(Amount::from_u64(1)), kind, Layers::BOTH);
    };
    builder.event(EventKind::Transaction, Instant::at(10));
    add(&mut builder, a, End::Junction, TransferKind::Input);
    add(&mut builder, End::Junction, b, TransferKind::Output);
    add(&mut builder, End::Junction, fees, TransferKind::Fee);
    builder.event(EventKind::Payment, Instant::at(20));
    add(&mut builder, fees, c, TransferKind::Payment);
    let graph = builder.finish().unwrap();
    let record = InGraph::new(&graph);
    let node = |name: &str| graph.node_of(&listed(name)).unwrap();
    let fees = graph.node_of(&AccountKey::Fees(Network::Bitcoin)).unwrap();
    let found = arrivals(&record, &[node("a").raw()], 0);
    let at = |node: NodeIdx| found[node.idx()];
    assert_eq!(
        [at(node("a")), at(node("b")), at(fees), at(node("c"))],
        [0, 10, 10, NEVER_ARRIVES]
    );
    assert_eq!(record.n_transfers(), 4);
    let latest = departures(&record, &[node("b").raw()], 100);
    assert_eq!(latest[node("a").idx()], 10);
    assert_eq!(latest[fees.idx()], NEVER_DEPARTS);
}

/// A block may bear an earlier stamp than the one before it; what it spends came first all the same.
#[test]
fn a_chain_whose_stamps_turn_back_is_followed() {
    let mut builder = GraphBuilder::default();
    let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    let listed = |name: &str| AccountKey::Listed(name.into());
    let [a, b, c] = ["a", "b", "c"].map(|name| builder.account(&listed(name)));
    for (from, to, stamp) in [(a, b, 1000), (b, c, 900)] {
        builder.event(EventKind::Transaction, Instant::at(stamp));
        for (from, to, kind) in [
            (from, End::Junction, TransferKind::Input),
            (End::Junction, to, TransferKind::Output),
        ] {
            builder.transfer(from, to, btc, Some(Amount::from_u64(1)), kind, Layers::BOTH);
        }
    }
    let graph = builder.finish().unwrap();
    let node = |name: &str| graph.node_of(&listed(name)).unwrap();
    let found = arrivals(&InGraph::new(&graph), &[node("a").raw()], 0);
    let at = |name: &str| found[node(name).idx()];
    assert_eq!([at("b"), at("c")], [1000, 1000]);
}
