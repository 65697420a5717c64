//! Paths against every way there is through small graphs, one after the other; choke points against taking away.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::cases::random::{WILD, Wildness, graphs_of};
use crate::cases::{Case, hawaladar, name, node, units};
use moneytrail_analysis::Error;
use moneytrail_analysis::paths::{By, Choke, Disjoint, PathsSpec, Station, Step, paths};
use moneytrail_analysis::temporal::{InGraph, Record};
use moneytrail_model::trace::Seed;
use moneytrail_model::{
    Asset, AssetIdx, AssetKey, EventKind, Instant, Layer, Layers, Network, NodeIdx, Part,
    Precision, TransferIdx, TransferKind,
};
use moneytrail_store::graph::{Graph, GraphBuilder, Link, LinkId};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

fn asked(source: Seed, target: NodeIdx, by: By) -> PathsSpec {
    PathsSpec {
        sources: vec![source],
        targets: vec![target],
        layer: Layer::Custody,
        by,
        k: 30,
        disjoint: None,
        through: vec![],
        avoid: Station::default(),
        assets: BTreeSet::new(),
        since: None,
        until: None,
        as_of: None,
        without: std::sync::Arc::default(),
        n_transfers_max: 10_000,
        n_labels_max: 1_000_000,
    }
}

fn only(account: NodeIdx) -> Station {
    Station {
        accounts: BTreeSet::from([account]),
        ..Station::default()
    }
}

/// A way, as plainly as it can be written down.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Way {
    transfers: Vec<TransferIdx>,
    value: u128,
    n_events: u32,
    arrival: i64,
}

/// All simple feasible ways, by walking.
struct Walk<'g> {
    graph: &'g Graph,
    spec: &'g PathsSpec,
    record: InGraph<'g>,
    found: BTreeMap<Vec<TransferIdx>, Way>,
    n_left: usize,
}

const ALL: u128 = u128::MAX;

impl<'g> Walk<'g> {
    fn every_way(graph: &'g Graph, spec: &'g PathsSpec) -> Option<Vec<Way>> {
        let mut walk = Self {
            graph,
            spec,
            record: InGraph::new(graph),
            found: BTreeMap::new(),
            n_left: 5_000,
        };
        for t in (0..graph.n_transfers()).map(TransferIdx::new) {
            if walk.is_source(t) && walk.carries(t) {
                walk.go(&mut vec![t], &BTreeSet::new(), walk.amount(t))?;
            }
        }
        Some(walk.found.into_values().collect())
    }

    fn amount(&self, t: TransferIdx) -> u128 {
        self.graph
            .amount(t)
            .map_or(ALL, |amount| amount.non_negative().unwrap())
    }

    fn is_source(&self, t: TransferIdx) -> bool {
        self.spec.sources.iter().any(|source| match *source {
            Seed::Transfer(seed) => seed == t,
            Seed::Account(node) => self.graph.from(t) == node,
        })
    }

    fn is_closed(&self, node: NodeIdx) -> bool {
        self.graph.is_boundary(node) || self.spec.sources.contains(&Seed::Account(node))
    }

    fn carries(&self, t: TransferIdx) -> bool {
        let ends = [self.graph.from(t), self.graph.to(t)];
        self.graph.in_layer(t, self.spec.layer)
            && self.amount(t) > 0
            && !ends
                .iter()
                .any(|end| self.spec.avoid.accounts.contains(end))
    }

    /// Units that a link states on both sides, if it counts.
    fn stated(&self, link: &Link<'_>) -> Option<(u128, u128)> {
        let graph = self.graph;
        let (x, y) = (
            link.consumed.non_negative().unwrap(),
            link.paid.non_negative().unwrap(),
        );
        let is_known = |t| graph.amount(t).is_some() && graph.in_layer(t, self.spec.layer);
        let counts = link.earlier < link.later
            && is_known(link.earlier)
            && is_known(link.later)
            && !graph.is_boundary(graph.to(link.earlier))
            && !graph.is_boundary(graph.from(link.later))
            && x > 0
            && y > 0;
        let is_one = graph.asset_of(link.earlier) == graph.asset_of(link.later);
        counts.then(|| if is_one { (x.min(y), x.min(y)) } else { (x, y) })
    }

    /// Units that pass a link on both sides: the earlier of the later transfers are served first.
    fn passing(&self, link: &Link<'_>) -> Option<(u128, u128)> {
        let (x, y) = self.stated(link)?;
        let before = self.graph.links_spent_by(link.earlier);
        let before = before.take_while(|other| other.id != link.id);
        let taken: u128 = before
            .filter_map(|other| Some(self.stated(&other)?.0))
            .sum();
        let left = x.min(self.amount(link.earlier).saturating_sub(taken));
        Some((left, left * y / x))
    }

    fn free_in(&self, t: TransferIdx) -> u128 {
        let mut left = self.amount(t);
        if left == ALL {
            return ALL;
        }
        let mut is_over = false;
        for link in self.graph.links_spent_by(t) {
            let Some((x, _)) = self.stated(&link) else {
                continue;
            };
            left -= x.min(left);
            let is_here = self.graph.from(link.later) == self.graph.to(t)
                && self.graph.asset_of(link.later) == self.graph.asset_of(t);
            let paying = self.graph.links_spending(link.later);
            let paid: u128 = paying.filter_map(|link| Some(self.stated(&link)?.1)).sum();
            is_over |= is_here && paid > self.amount(link.later);
        }
        if is_over { self.amount(t) } else { left }
    }

    fn free_out(&self, t: TransferIdx) -> u128 {
        let left = self.amount(t);
        if left == ALL {
            return ALL;
        }
        let paying = self.graph.links_spending(t);
        let paid: u128 = paying.filter_map(|link| Some(self.passing(&link)?.1)).sum();
        left.saturating_sub(paid)
    }

    /// Stations behind a way.
    fn behind(&self, way: &[TransferIdx]) -> Vec<bool> {
        let passes = |station: &Station| {
            way.iter().any(|&t| {
                station.accounts.contains(&self.graph.from(t))
                    || station.accounts.contains(&self.graph.to(t))
            })
        };
        self.spec.through.iter().map(passes).collect()
    }

    fn go(
        &mut self,
        way: &mut Vec<TransferIdx>,
        drawn: &BTreeSet<(NodeIdx, AssetIdx, Vec<bool>)>,
        value: u128,
    ) -> Option<()> {
        self.n_left = self.n_left.checked_sub(1)?;
        let mut clock = i64::MIN;
        for t in &*way {
            let (earliest, latest) = self.record.interval(t.idx());
            if clock > latest {
                return Some(());
            }
            clock = clock.max(earliest);
        }
        let graph = self.graph;
        let last = *way.last().unwrap();
        let to = graph.to(last);
        let behind = self.behind(way);
        if self.spec.targets.contains(&to) {
            if behind.iter().all(|&is_behind| is_behind) {
                let mut events: Vec<_> = way.iter().map(|&t| graph.event_of(t)).collect();
                events.dedup();
                let found = Way {
                    transfers: way.clone(),
                    value,
                    n_events: u32::try_from(events.len()).unwrap(),
                    arrival: clock,
                };
                let known = self
                    .found
                    .entry(way.clone())
                    .or_insert_with(|| found.clone());
                known.value = known.value.max(value);
            }
            return Some(());
        }
        if self.is_closed(to) {
            return Some(());
        }
        for next in (0..graph.n_transfers()).map(TransferIdx::new) {
            if way.contains(&next) || self.is_source(next) || !self.carries(next) {
                continue;
            }
            let linked: Vec<(u128, u128)> = graph
                .links_spent_by(last)
                .filter(|link| link.later == next)
                .filter_map(|link| self.passing(&link))
                .filter(|passing| passing.1 > 0)
                .collect();
            for (x, y) in linked {
                let scaled = if x == y {
                    value.min(x)
                } else {
                    value.min(x) * y / x
                };
                way.push(next);
                self.go(way, drawn, scaled.min(y).min(self.amount(next)))?;
                way.pop();
            }
            let pool = (to, graph.asset_of(last), behind.clone());
            let is_pool = graph.from(next) == to
                && graph.asset_of(next) == pool.1
                && self.free_in(last) > 0
                && self.free_out(next) > 0;
            if is_pool && !drawn.contains(&pool) {
                let mut drawn = drawn.clone();
                drawn.insert(pool);
                let carried = value.min(self.free_in(last)).min(self.free_out(next));
                way.push(next);
                self.go(way, &drawn, carried.min(self.amount(next)))?;
                way.pop();
            }
        }
        Some(())
    }
}

type Rank = (i128, i128, i128, i128);

fn rank(by: By, way: &Way) -> Rank {
    let (n_events, n) = (
        i128::from(way.n_events),
        i128::try_from(way.transfers.len()).unwrap(),
    );
    let (arrival, value) = (
        i128::from(way.arrival),
        -i128::try_from(way.value).unwrap_or(i128::MAX),
    );
    match by {
        By::Arrival => (arrival, n_events, n, 0),
        By::Hops => (n_events, n, arrival, 0),
        By::Value => (value, n_events, n, arrival),
    }
}

fn end_points(graph: &Graph, from: Index, to: Index) -> Option<(NodeIdx, NodeIdx)> {
    let n = graph.n_accounts();
    let (from, to) = (NodeIdx::new(from.index(n)), NodeIdx::new(to.index(n)));
    (from != to && !graph.is_boundary(from) && !graph.is_boundary(to)).then_some((from, to))
}

fn agrees(graph: &Graph, spec: &PathsSpec) -> Result<(), TestCaseError> {
    let Some(ways) = Walk::every_way(graph, spec) else {
        return Ok(());
    };
    let found = paths(graph, spec).unwrap();
    prop_assert!(found.is_complete(), "few turn back in a small graph");
    let mut n_found = 0;
    for (asset, paths) in &found.groups {
        let is_of = |way: &&Way| {
            let last = *way.transfers.last().unwrap();
            asset.is_none_or(|asset| graph.asset_of(last) == asset)
        };
        let mut ranks: Vec<Rank> = ways
            .iter()
            .filter(is_of)
            .map(|way| rank(spec.by, way))
            .collect();
        ranks.sort_unstable();
        ranks.truncate(spec.k);
        let mut distinct = BTreeSet::new();
        let mut told = Vec::new();
        for path in paths {
            let transfers: Vec<TransferIdx> = path.steps.iter().map(|step| step.0).collect();
            let way = ways.iter().find(|way| way.transfers == transfers);
            prop_assert!(way.is_some(), "no way: {:?}", transfers);
            let way = way.unwrap();
            prop_assert_eq!((way.n_events, way.arrival), (path.n_events, path.arrival));
            prop_assert!(path.value().unwrap_or(ALL) <= way.value);
            if spec.by == By::Value {
                prop_assert_eq!(path.value().unwrap_or(ALL), way.value);
            }
            prop_assert!(distinct.insert(transfers));
            told.push(rank(spec.by, way));
        }
        n_found += told.len();
        prop_assert_eq!(told, ranks);
    }
    prop_assert_eq!(n_found == 0, ways.is_empty());
    let chokes: BTreeSet<Choke> = found.chokes.unwrap().into_iter().collect();
    prop_assert_eq!(chokes, passed_by_all(graph, spec, &ways));
    Ok(())
}

/// What is on every way: each transfer and each node between the ends is taken away in turn.
fn passed_by_all(graph: &Graph, spec: &PathsSpec, ways: &[Way]) -> BTreeSet<Choke> {
    let Some(first) = ways.first() else {
        return BTreeSet::new();
    };
    let mut chokes = BTreeSet::new();
    for &t in &first.transfers {
        if ways.iter().all(|way| way.transfers.contains(&t)) {
            chokes.insert(Choke::Transfer(t));
        }
        for node in [graph.from(t), graph.to(t)] {
            let is_at = |t: &TransferIdx| graph.from(*t) == node || graph.to(*t) == node;
            let is_end = spec.targets.contains(&node)
                || spec.sources.iter().any(|source| match *source {
                    Seed::Transfer(seed) => graph.from(seed) == node,
                    Seed::Account(account) => account == node,
                });
            let is_passed = ways.iter().all(|way| way.transfers.iter().any(is_at));
            if !is_end && !graph.is_boundary(node) && is_passed {
                chokes.insert(Choke::Node(node));
            }
        }
    }
    chokes
}

const PLAIN: Wildness = Wildness {
    n_accounts: 5,
    unknown: false,
    contradictions: false,
    conversions: false,
};
const CHANGING: Wildness = Wildness {
    n_accounts: 5,
    ..WILD
};

fn bys() -> impl Strategy<Value = By> {
    prop::sample::select(vec![By::Value, By::Arrival, By::Hops])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn are_the_best_of_every_way(graph in graphs_of(PLAIN, 14), from: Index, to: Index, by in bys()) {
        let Some((from, to)) = end_points(&graph, from, to) else { return Ok(()); };
        agrees(&graph, &asked(Seed::Account(from), to, by))?;
    }

    #[test]
    fn are_the_best_through_changes_of_assets(graph in graphs_of(CHANGING, 12), from: Index, to: Index, by in bys(), seed: Option<Index>) {
        let Some((from, to)) = end_points(&graph, from, to) else { return Ok(()); };
        let seed = seed.map(|seed| TransferIdx::new(seed.index(graph.n_transfers())));
        let seed = seed.filter(|&seed| graph.in_layer(seed, Layer::Custody));
        agrees(&graph, &asked(seed.map_or(Seed::Account(from), Seed::Transfer), to, by))?;
    }

    #[test]
    fn pass_stations_and_avoid_accounts(graph in graphs_of(PLAIN, 12), from: Index, to: Index, by in bys(), through in prop::collection::vec(any::<Index>(), 1..3), avoid: Option<Index>) {
        let Some((from, to)) = end_points(&graph, from, to) else { return Ok(()); };
        let account = |index: Index| NodeIdx::new(index.index(graph.n_accounts()));
        let mut spec = asked(Seed::Account(from), to, by);
        spec.k = 8;
        spec.through = through.into_iter().map(|index| only(account(index))).collect();
        if let Some(avoid) = avoid.map(account).filter(|avoid| ![from, to].contains(avoid)) {
            spec.avoid = only(avoid);
        }
        agrees(&graph, &spec)?;
    }

    #[test]
    fn share_nothing_where_that_is_asked(graph in graphs_of(PLAIN, 20), from: Index, to: Index, by in bys(), accounts: bool) {
        let Some((from, to)) = end_points(&graph, from, to) else { return Ok(()); };
        let mut spec = asked(Seed::Account(from), to, by);
        let free = paths(&graph, &spec).unwrap();
        spec.disjoint = Some(if accounts { Disjoint::Accounts } else { Disjoint::Transfers });
        let found = paths(&graph, &spec).unwrap();
        for (of, free) in found.groups.iter().zip(&free.groups) {
            prop_assert_eq!(of.1.first(), free.1.first());
            let mut used = BTreeSet::new();
            for path in &of.1 {
                for step in &path.steps {
                    prop_assert!(used.insert((step.0.raw(), false)));
                }
                let mut inner: Vec<u32> = path.steps.windows(2).map(|pair| graph.to(pair[0].0).raw()).collect();
                inner.sort_unstable();
                inner.dedup();
                for node in inner.into_iter().filter(|_| accounts) {
                    prop_assert!(used.insert((node, true)));
                }
            }
        }
    }
}

fn drawn(graph: &Graph, spec: &PathsSpec) -> Vec<Vec<u32>> {
    let found = paths(graph, spec).unwrap();
    let all = found.groups.into_iter().flat_map(|group| group.1);
    all.map(|path| path.steps.iter().map(|step| step.0.raw()).collect())
        .collect()
}

/// Two orders through the same two hawaladars: a path keeps to its own.
#[test]
fn a_linked_transfer_continues_to_what_it_is_linked_to() {
    let mut case = Case::default();
    let euro = case.asset("EUR");
    let (a, b) = (
        hawaladar("A", Part::Position),
        hawaladar("B", Part::Pending),
    );
    let pay = |case: &mut Case, from: &_, to: &_, units| {
        case.transfer(from, to, euro, units, Layers::VALUE)
    };
    let paid1 = pay(&mut case, &name("S1"), &a, 980);
    let paid2 = pay(&mut case, &name("S2"), &a, 1960);
    let due1 = pay(&mut case, &a, &b, 980);
    let due2 = pay(&mut case, &a, &b, 1960);
    let payout1 = pay(&mut case, &b, &name("R1"), 980);
    let payout2 = pay(&mut case, &b, &name("R2"), 1960);
    for (paid, due, payout, n) in [(paid1, due1, payout1, 980), (paid2, due2, payout2, 1960)] {
        case.link(paid, due, n, n);
        case.link(due, payout, n, n);
    }
    let graph = case.finish();
    let of = |from: &str, to: &str| {
        let mut spec = asked(
            Seed::Account(node(&graph, &name(from))),
            node(&graph, &name(to)),
            By::Hops,
        );
        spec.layer = Layer::Value;
        drawn(&graph, &spec)
    };
    assert_eq!(of("S1", "R1"), [[0, 2, 4]]);
    assert!(of("S1", "R2").is_empty());
}

/// A day's entry may stand before or behind what has a time within the day, but not behind the next day.
#[test]
fn a_days_entry_may_precede_within_its_day() {
    let mut builder = GraphBuilder::default();
    let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
    let [a, m, n, b] = ["A", "M", "N", "B"].map(|key| builder.account(&name(key)));
    let day = 86_400;
    let mut pay = |from, to, time| {
        builder.event(EventKind::Payment, time);
        builder.transfer(
            from,
            to,
            euro,
            Some(units(5)),
            TransferKind::Payment,
            Layers::BOTH,
        )
    };
    // The book's day stands first in the record.
    pay(m, b, Instant::new(0, Precision::Day));
    pay(a, m, Instant::at(50_000));
    pay(n, b, Instant::at(day));
    pay(a, n, Instant::at(day + 1));
    let graph = builder.finish().unwrap();
    let account = |key| node(&graph, &name(key));
    let mut spec = asked(Seed::Account(account("A")), account("B"), By::Arrival);
    let found = paths(&graph, &spec).unwrap();
    let [path] = &found.groups[0].1[..] else {
        panic!("{found:?}");
    };
    assert_eq!((path.arrival, path.n_events), (50_000, 2));
    assert_eq!(
        found.chokes.unwrap(),
        [
            Choke::Transfer(TransferIdx::from_raw(1)),
            Choke::Node(account("M")),
            Choke::Transfer(TransferIdx::from_raw(0)),
        ]
    );
    spec.until = Some(49_999);
    assert!(drawn(&graph, &spec).is_empty());
}

/// Blocks have one time for many transactions, but their order is known.
#[test]
fn transactions_of_a_chain_keep_their_order() {
    let mut builder = GraphBuilder::default();
    let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
    let [a, m, b] = ["A", "M", "B"].map(|key| builder.account(&name(key)));
    for (byte, (from, to)) in (1..).zip([(m, b), (a, m), (m, b)]) {
        builder.event(EventKind::Payment, Instant::at(7));
        builder.event_txid(Network::Ethereum, [byte; 32]);
        builder.transfer(
            from,
            to,
            euro,
            Some(units(5)),
            TransferKind::Payment,
            Layers::BOTH,
        );
    }
    let graph = builder.finish().unwrap();
    let account = |key| node(&graph, &name(key));
    let spec = asked(Seed::Account(account("A")), account("B"), By::Arrival);
    assert_eq!(drawn(&graph, &spec), [[1, 2]]);
}

/// What one account gave and got in one transaction; what a pool of many assets did is no swap.
#[test]
fn a_swap_leads_from_one_asset_to_another() {
    let mut builder = GraphBuilder::default();
    let [euro, dollar] =
        ["EUR", "USD"].map(|code| builder.asset(Asset::new(AssetKey::currency(code).unwrap())));
    let [a, m, pool, b] = ["A", "M", "pool", "B"].map(|key| builder.account(&name(key)));
    let mut event = |byte: u8, moves: &[_]| {
        builder.event(EventKind::Payment, Instant::at(i64::from(byte)));
        builder.event_txid(Network::Ethereum, [byte; 32]);
        for &(from, to, asset, n) in moves {
            let kind = TransferKind::Payment;
            builder.transfer(from, to, asset, Some(units(n)), kind, Layers::BOTH);
        }
    };
    event(1, &[(a, m, euro, 100)]);
    event(2, &[(pool, m, dollar, 220), (m, pool, euro, 200)]);
    event(3, &[(m, b, dollar, 200)]);
    let graph = builder.finish().unwrap();
    let account = |key| node(&graph, &name(key));
    let mut spec = asked(Seed::Account(account("A")), account("B"), By::Value);
    let found = paths(&graph, &spec).unwrap();
    let [path] = &found.groups[0].1[..] else {
        panic!("{found:?}");
    };
    let by: Vec<Step> = path.steps.iter().map(|step| step.1).collect();
    let swap = Step::Swap {
        given: Some(200),
        got: Some(220),
    };
    assert_eq!(by, [Step::First, Step::Pool, swap, Step::Pool]);
    assert_eq!((path.value(), path.n_events), (Some(110), 3));
    spec.assets = BTreeSet::from([AssetIdx::new(1)]);
    assert!(drawn(&graph, &spec).is_empty(), "A moved no dollars");
}

/// A link leads past the pool: change that comes back to an address is spent from there.
#[test]
fn change_may_come_back_to_its_address() {
    let mut case = Case::default();
    let first = case.transaction(&[("a", Some(10))], &[("m", 10)], None);
    let second = case.transaction(&[("m", Some(10))], &[("x", 4), ("m", 6)], None);
    let third = case.transaction(&[("m", Some(6))], &[("b", 6)], None);
    case.link(first[1], second[0], 10, 10);
    case.link(second[2], third[0], 6, 6);
    let graph = case.finish();
    let account = |key| node(&graph, &name(key));
    let spec = asked(Seed::Account(account("a")), account("b"), By::Hops);
    let found = paths(&graph, &spec).unwrap();
    assert_eq!(found.groups[0].1[0].n_events, 3);
    let link: Option<LinkId> = match found.groups[0].1[0].steps[2].1 {
        Step::Link { id, .. } => Some(id),
        _ => None,
    };
    assert_eq!(graph.link(link.unwrap()).earlier, first[1]);
}

/// A dense day in which only one way leads out: what there is not is said without walking all of it.
#[test]
fn a_dense_day_ends() {
    let mut builder = GraphBuilder::default();
    let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
    let keys: Vec<String> = (0..30).map(|nth| format!("c{nth:02}")).collect();
    let ends: Vec<_> = keys.iter().map(|key| builder.account(&name(key))).collect();
    let [a, b] = ["A", "B"].map(|key| builder.account(&name(key)));
    let mut pay = |from, to| {
        builder.event(EventKind::LedgerLine, Instant::new(0, Precision::Day));
        builder.transfer(
            from,
            to,
            euro,
            Some(units(5)),
            TransferKind::Payment,
            Layers::BOTH,
        );
    };
    pay(a, ends[0]);
    pay(ends[0], b);
    for from in 0..30 {
        for to in (0..30).filter(|&to| to != from) {
            pay(ends[from], ends[to]);
        }
    }
    let graph = builder.finish().unwrap();
    let account = |key| node(&graph, &name(key));
    let mut spec = asked(Seed::Account(account("A")), account("B"), By::Value);
    assert_eq!(drawn(&graph, &spec), [[0, 1]]);
    spec.n_labels_max = 1;
    assert_eq!(paths(&graph, &spec), Err(Error::TooFar { n_max: 1 }));
    spec.n_transfers_max = 3;
    assert_eq!(paths(&graph, &spec), Err(Error::TooFar { n_max: 3 }));
}

/// Payments of one day, any of which may be before any other.
fn in_a_day(pairs: &[(String, String)]) -> Graph {
    let mut builder = GraphBuilder::default();
    let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
    for (from, to) in pairs {
        let [from, to] = [from, to].map(|key| builder.account(&name(key)));
        builder.event(EventKind::LedgerLine, Instant::new(0, Precision::Day));
        let (amount, kind) = (Some(units(100)), TransferKind::Payment);
        builder.transfer(from, to, euro, amount, kind, Layers::BOTH);
    }
    builder.finish().unwrap()
}

/// The quick way to the station passes what every way on from it needs: a slower one does not, and it is not told that there is
/// none, nor that the quick one must be passed.
#[test]
fn a_way_that_turns_back_hides_no_other() {
    let pairs = "sc cX Xd db su uv vX Xu uw wy yX vb".split(' ');
    let pairs = pairs.map(|pair| (pair[..1].to_owned(), pair[1..].to_owned()));
    let graph = in_a_day(&pairs.collect::<Vec<_>>());
    let account = |key| node(&graph, &name(key));
    let mut spec = asked(Seed::Account(account("s")), account("b"), By::Hops);
    spec.k = 1;
    spec.through = vec![only(account("X"))];
    spec.avoid = only(account("d"));
    let found = paths(&graph, &spec).unwrap();
    assert!(found.is_complete());
    let chokes = found.chokes.unwrap();
    assert!(!chokes.contains(&Choke::Node(account("c"))), "{chokes:?}");
    for key in ["X", "u", "v"] {
        assert!(
            chokes.contains(&Choke::Node(account(key))),
            "{key} {chokes:?}"
        );
    }
    spec.avoid.accounts.insert(account("c"));
    assert_eq!(drawn(&graph, &spec), [[4, 8, 9, 10, 7, 5, 11]]);
}

/// Each hop of a long chain is a choke point; to find that out is not to walk the chain for each.
#[test]
fn a_long_chain_is_quick() {
    const N: usize = 1_000;
    let pair = |nth: usize| (format!("n{nth}"), format!("n{}", nth + 1));
    let graph = in_a_day(&(0..N).map(pair).collect::<Vec<_>>());
    let account = |key: String| node(&graph, &name(&key));
    let (first, last) = (account("n0".to_owned()), account(format!("n{N}")));
    let mut spec = asked(Seed::Account(first), last, By::Hops);
    spec.n_labels_max = 60 * N as u64;
    let found = paths(&graph, &spec).unwrap();
    assert_eq!(found.groups[0].1.len(), 1);
    assert!(found.is_complete());
    assert_eq!(found.chokes.unwrap().len(), 2 * N - 1);
    spec.n_labels_max = 3 * N as u64;
    let found = paths(&graph, &spec).unwrap();
    assert_eq!((found.groups[0].1.len(), found.chokes), (1, None));
}
