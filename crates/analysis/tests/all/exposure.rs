//! What money met: each side adds up, and what A sends to B is what B has from A.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::cases::random::{WILD, Wildness, graphs};
use crate::cases::{Case, name, node};
use moneytrail_analysis::exposure::{Exposure, ExposureSpec, Met, Rest, exposure};
use moneytrail_model::trace::{Policy, StopRules};
use moneytrail_model::{AssetIdx, Layer, NodeIdx};
use moneytrail_store::graph::Graph;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

fn asked(member: NodeIdx, tagged: &[NodeIdx], policy: Policy) -> ExposureSpec {
    ExposureSpec {
        members: vec![member],
        tagged: tagged.iter().copied().collect::<BTreeSet<_>>(),
        layer: Layer::Custody,
        policy,
        stops: StopRules::default(),
        since: None,
        as_of: None,
        without: std::sync::Arc::default(),
    }
}

fn by_asset(graph: &Graph, met: &[Met]) -> BTreeMap<AssetIdx, u128> {
    let mut sums: BTreeMap<AssetIdx, u128> = BTreeMap::new();
    for met in met {
        *sums.entry(graph.asset_of(met.transfer)).or_default() += met.direct + met.indirect;
    }
    sums
}

/// Whether a link says that one of two pays out what the other received, and so whose outflow is whose money: the account has paid with another's,
/// or another has with its.
fn is_paid_by_another(graph: &Graph, account: NodeIdx) -> bool {
    graph
        .links()
        .any(|link| (graph.to(link.earlier) == account) != (graph.from(link.later) == account))
}

const KNOWN: Wildness = Wildness {
    unknown: false,
    contradictions: false,
    ..WILD
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// An exposure that does not add up is an error.
    #[test]
    fn each_side_adds_up(graph in graphs(WILD), member: Index, tagged in prop::collection::vec(any::<Index>(), 1..4), more: Option<Index>, n_max in prop::option::of(0_u32..4)) {
        let account = |index: Index| NodeIdx::new(index.index(graph.n_accounts()));
        let tagged: Vec<NodeIdx> = tagged.into_iter().map(account).filter(|&node| !graph.is_boundary(node)).collect();
        for policy in [Policy::Fifo, Policy::Lifo, Policy::Haircut] {
            let mut spec = asked(account(member), &tagged, policy);
            spec.members.extend(more.map(account));
            spec.members.retain(|&node| !graph.is_boundary(node));
            spec.stops.n_events_max = n_max;
            let found = exposure(&graph, &spec).unwrap();
            for met in found.to.met.iter().chain(&found.from.met) {
                prop_assert!(tagged.contains(&met.tagged) && !spec.members.contains(&met.tagged));
                prop_assert!(met.direct + met.indirect > 0);
            }
            if n_max == Some(0) {
                prop_assert!(found.to.met.iter().chain(&found.from.met).all(|met| met.indirect == 0));
            }
        }
    }

    /// Duality (`tracing.md` rule 11), of money that is paid out by who received it.
    #[test]
    fn what_one_sends_is_what_the_other_has(graph in graphs(KNOWN), a: Index, b: Index) {
        let account = |index: Index| NodeIdx::new(index.index(graph.n_accounts()));
        let (a, b) = (account(a), account(b));
        if a == b || graph.is_boundary(a) || graph.is_boundary(b) || is_paid_by_another(&graph, a) {
            return Ok(());
        }
        for policy in [Policy::Fifo, Policy::Lifo] {
            let sent = exposure(&graph, &asked(a, &[b], policy)).unwrap().to;
            let had = exposure(&graph, &asked(b, &[a], policy)).unwrap().from;
            prop_assert_eq!(by_asset(&graph, &sent.met), by_asset(&graph, &had.met));
        }
    }
}

fn shares(found: &Exposure, tagged: NodeIdx) -> [(u128, u128); 2] {
    [&found.to, &found.from].map(|side| {
        let met = side.met.iter().filter(|met| met.tagged == tagged);
        met.fold((0, 0), |sum, met| {
            (sum.0 + met.direct, sum.1 + met.indirect)
        })
    })
}

/// A link may say that one pays out what another received: who is paid has it from him, and he has sent nothing.
#[test]
fn what_another_pays_out_by_a_link_is_met_by_who_is_paid_alone() {
    let mut case = Case::default();
    let received = case.pay("x", "t", 1);
    let paid_out = case.pay("y", "a", 1);
    case.link(received, paid_out, 1, 1);
    let graph = case.finish();
    let [a, t] = ["a", "t"].map(|key| node(&graph, &name(key)));
    assert!(is_paid_by_another(&graph, t));
    let had = exposure(&graph, &asked(a, &[t], Policy::Fifo))
        .unwrap()
        .from;
    assert_eq!(
        by_asset(&graph, &had.met),
        BTreeMap::from([(AssetIdx::new(0), 1)])
    );
    let sent = exposure(&graph, &asked(t, &[a], Policy::Fifo)).unwrap().to;
    assert_eq!(by_asset(&graph, &sent.met), BTreeMap::new());
}

#[test]
fn direct_and_through_others() {
    let mut case = Case::default();
    case.pay("t", "y", 40);
    case.pay("y", "a", 40);
    case.pay("t", "a", 70);
    case.pay("a", "m", 100);
    case.pay("x", "m", 100);
    case.pay("m", "t", 100);
    case.pay("a", "t", 10);
    // Behind the tag nothing is followed.
    case.pay("t", "u", 110);
    let graph = case.finish();
    let [a, t, u] = ["a", "t", "u"].map(|key| node(&graph, &name(key)));
    let found = exposure(&graph, &asked(a, &[t, u], Policy::Haircut)).unwrap();
    assert_eq!(shares(&found, t), [(10, 50), (70, 40)]);
    assert_eq!(shares(&found, u), [(0, 0), (0, 0)]);
    let asset = AssetIdx::new(0);
    assert_eq!(found.to.totals[&asset], 110);
    assert_eq!(found.to.rest[&(asset, Rest::Rests)], 50);
    let found = exposure(&graph, &asked(a, &[t], Policy::Fifo)).unwrap();
    assert_eq!(shares(&found, t), [(10, 100), (70, 40)]);
}

/// An input of the member and one that his money came to before: what the first brings is direct.
#[test]
fn one_transaction_is_direct() {
    let mut case = Case::default();
    case.transaction(&[("a", Some(30))], &[("m", 30)], None);
    let all = case.transaction(&[("m", Some(30)), ("a", Some(10))], &[("t", 40)], None);
    let graph = case.finish();
    assert_eq!(all.len(), 3);
    let [a, t] = ["a", "t"].map(|key| node(&graph, &name(key)));
    let found = exposure(&graph, &asked(a, &[t], Policy::Fifo)).unwrap();
    assert_eq!(shares(&found, t)[0], (10, 30));
}
