//! Entities: what joins, what never does, and why.
#![allow(clippy::unwrap_used, clippy::needless_for_each, reason = "tests")]

use moneytrail_analysis::entity::coinjoin::{
    EQUAL_OUTPUTS, Effect, WHIRLPOOL, coinjoin, coinjoins, effect,
};
use moneytrail_analysis::entity::{EntityOptions, entities, why};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventIdx, EventKind, Instant, Layers, Network, NodeIdx,
    RuleId, ScriptKey, TransferKind,
};
use moneytrail_store::graph::{End, Graph, GraphBuilder};
use proptest::prelude::*;

fn script(number: u8) -> AccountKey {
    AccountKey::Script(Network::Bitcoin, ScriptKey::P2wpkh([number; 20]))
}

fn outpoint(number: u8) -> AccountKey {
    AccountKey::Outpoint(Network::Bitcoin, [number; 32], 0)
}

type Side = Vec<(AccountKey, Option<u64>)>;

fn scripts(sides: impl IntoIterator<Item = (u8, u64)>) -> Side {
    sides
        .into_iter()
        .map(|(number, sats)| (script(number), Some(sats)))
        .collect()
}

fn chain(transactions: &[(EventKind, Side, Side)]) -> Graph {
    let mut builder = GraphBuilder::default();
    let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    for (second, (kind, ins, outs)) in (0_i64..).zip(transactions) {
        builder.event(*kind, Instant::at(second));
        for (account, sats) in ins {
            let from = builder.account(account);
            builder.transfer(
                from,
                End::Junction,
                btc,
                sats.map(Amount::from_u64),
                TransferKind::Input,
                Layers::BOTH,
            );
        }
        for (account, sats) in outs {
            let to = builder.account(account);
            builder.transfer(
                End::Junction,
                to,
                btc,
                sats.map(Amount::from_u64),
                TransferKind::Output,
                Layers::BOTH,
            );
        }
    }
    builder.finish().unwrap()
}

fn spend(ins: Side, outs: Side) -> (EventKind, Side, Side) {
    (EventKind::Transaction, ins, outs)
}

fn node(graph: &Graph, number: u8) -> NodeIdx {
    graph.node_of(&script(number)).unwrap()
}

fn rules(graph: &Graph) -> Vec<(u32, RuleId)> {
    let found = coinjoins(graph, &EntityOptions::default());
    found
        .into_iter()
        .map(|(event, label)| (event.raw(), label.rule))
        .collect()
}

/// The rule that labels the first event.
fn rule(graph: &Graph, options: &EntityOptions) -> Option<RuleId> {
    coinjoin(graph, EventIdx::new(0), options).map(|label| label.rule)
}

/// A Whirlpool round of five: two entrants, three remixes.
fn whirlpool() -> (EventKind, Side, Side) {
    let ins = [
        (1, 1_000_000),
        (2, 1_100_500),
        (3, 1_000_000),
        (4, 1_105_000),
        (5, 1_000_000),
    ];
    spend(
        scripts(ins),
        scripts((11..16).map(|number| (number, 1_000_000))),
    )
}

#[test]
fn a_whirlpool_round_never_merges_five_strangers() {
    let graph = chain(&[whirlpool()]);
    assert_eq!(rules(&graph), [(0, WHIRLPOOL)]);
    let found = entities(&graph, &EntityOptions::default());
    assert_eq!(found.n_entities(), graph.n_accounts());
    let left_out: Vec<_> = found
        .coinjoins_left_out
        .iter()
        .filter(|of| of.1 > 0)
        .collect();
    assert_eq!(left_out, [&(WHIRLPOOL, 1)]);
    assert_eq!(
        why(
            &graph,
            &EntityOptions::default(),
            node(&graph, 1),
            node(&graph, 2)
        ),
        None
    );
    // Nor without the rule, because the outputs are equal; nor where values of inputs are unknown.
    let without = |names: &[&str]| EntityOptions {
        without: names.iter().map(|&name| name.to_owned()).collect(),
        ..EntityOptions::default()
    };
    assert_eq!(rule(&graph, &without(&["whirlpool"])), Some(EQUAL_OUTPUTS));
    let (kind, mut ins, outs) = whirlpool();
    ins.iter_mut().for_each(|side| side.1 = None);
    let unknown = chain(&[(kind, ins, outs)]);
    assert_eq!(rules(&unknown), [(0, EQUAL_OUTPUTS)]);
    // Only without both do they merge.
    let merged = entities(&graph, &without(&["whirlpool", "equal-outputs"]));
    assert_eq!(merged.largest(1), [(node(&graph, 1), 5)]);
}

#[test]
fn whirlpool_figures() {
    let check = |change: fn(&mut Side, &mut Side), expected| {
        let (_, mut ins, mut outs) = whirlpool();
        change(&mut ins, &mut outs);
        assert_eq!(
            rule(&chain(&[spend(ins, outs)]), &EntityOptions::default()),
            expected
        );
    };
    check(|ins, _| ins[1].1 = Some(1_110_000), Some(WHIRLPOOL));
    check(|ins, _| ins[1].1 = Some(1_110_001), Some(EQUAL_OUTPUTS));
    check(|ins, _| ins[1].1 = Some(1_000_100), Some(WHIRLPOOL));
    check(|ins, _| ins[1].1 = Some(1_000_099), Some(EQUAL_OUTPUTS));
    check(
        |ins, _| (ins[1].1, ins[3].1) = (Some(1_000_000), Some(1_000_000)),
        Some(EQUAL_OUTPUTS),
    );
    check(|ins, _| ins[1].0 = script(1), None);
    check(|_, outs| outs[0].0 = script(12), Some(EQUAL_OUTPUTS));
    check(|_, outs| outs[0].1 = Some(999_999), Some(EQUAL_OUTPUTS));
}

#[test]
fn equal_outputs_figures() {
    let check = |ins: &[u8], outs: &[u64], expected| {
        let ins = scripts(ins.iter().map(|&number| (number, 50_000)));
        let outs = scripts((100..).zip(outs.iter().copied()));
        assert_eq!(
            rule(
                &chain(&[spend(ins, outs.clone())]),
                &EntityOptions::default()
            ),
            expected,
            "{outs:?}"
        );
    };
    let yes = Some(EQUAL_OUTPUTS);
    check(&[1, 2, 3], &[9000, 9000, 9000], yes);
    check(&[1, 2, 3], &[9000, 9000, 9000, 1, 2, 3, 4], yes);
    check(&[1, 2, 3], &[9000, 9000, 9000, 1, 2, 3, 4, 5], None);
    check(&[1, 2], &[9000, 9000, 9000], None);
    check(&[1, 2, 2], &[9000, 9000, 9000], None);
    check(&[1, 2, 3], &[9000, 9000], None);
    check(&[1, 2, 3], &[546, 546, 546], None);
    check(&[1, 2, 3], &[2730, 2730, 2730], None);
}

#[test]
fn placeholders_coinbases_and_dust_never_join() {
    let outs = || scripts([(90, 1)]);
    let graph = chain(&[
        (EventKind::Coinbase, scripts([(1, 5000), (2, 5000)]), outs()),
        spend(
            vec![
                (script(3), Some(5000)),
                (outpoint(1), Some(5000)),
                (outpoint(2), None),
            ],
            outs(),
        ),
        spend(scripts([(4, 5000), (5, 1000)]), outs()),
        spend(scripts([(6, 5000), (7, 1001)]), outs()),
        spend(vec![(script(8), None), (script(9), None)], outs()),
    ]);
    let found = entities(&graph, &EntityOptions::default());
    let pairs = [(1, 2), (4, 5), (6, 7), (8, 9)];
    let joined = pairs.map(|(a, b)| found.of(node(&graph, a)) == found.of(node(&graph, b)));
    assert_eq!(joined, [false, false, true, true]);
    let placeholder = graph.node_of(&outpoint(1)).unwrap();
    assert_eq!(
        (found.of(placeholder), found.size(placeholder)),
        (placeholder, 1)
    );
    assert_eq!(found.n_multi_input, 2);
}

#[test]
fn the_shortest_chain_says_why() {
    let outs = || scripts([(90, 1)]);
    let pair = |a, b| spend(scripts([(a, 5000), (b, 5000)]), outs());
    let graph = chain(&[
        pair(1, 2),
        pair(2, 3),
        pair(3, 4),
        pair(4, 5),
        pair(2, 5),
        pair(6, 7),
    ]);
    let options = EntityOptions::default();
    let found = entities(&graph, &options);
    assert_eq!(
        found.largest(9),
        [(node(&graph, 1), 5), (node(&graph, 6), 2)]
    );
    assert_eq!(
        found.members(node(&graph, 7)),
        [node(&graph, 6), node(&graph, 7)]
    );
    assert_eq!(found.n_entities(), 3);
    let chain = why(&graph, &options, node(&graph, 1), node(&graph, 4)).unwrap();
    let events: Vec<u32> = chain.iter().map(|step| step.event.raw()).collect();
    assert_eq!(events, [0, 1, 2]);
    assert_eq!(
        why(&graph, &options, node(&graph, 1), node(&graph, 1)),
        Some(vec![])
    );
    assert_eq!(
        why(&graph, &options, node(&graph, 1), node(&graph, 6)),
        None
    );
    let early = EntityOptions {
        as_of: Some(1),
        ..EntityOptions::default()
    };
    assert_eq!(entities(&graph, &early).largest(1), [(node(&graph, 1), 3)]);
    assert_eq!(why(&graph, &early, node(&graph, 1), node(&graph, 4)), None);
    let none = EntityOptions {
        without: vec!["multi-input".into()],
        ..EntityOptions::default()
    };
    assert_eq!(entities(&graph, &none).n_entities(), graph.n_accounts());
}

fn transactions() -> impl Strategy<Value = Vec<(EventKind, Side, Side)>> {
    let account = prop_oneof![9 => (0_u8..40).prop_map(script), 1 => (0_u8..4).prop_map(outpoint)];
    let sats =
        prop_oneof![8 => (2000_u64..2003).prop_map(Some), 1 => Just(Some(900)), 1 => Just(None)];
    let side = prop::collection::vec((account, sats), 1..5);
    let kind = prop_oneof![9 => Just(EventKind::Transaction), 1 => Just(EventKind::Coinbase)];
    prop::collection::vec((kind, side.clone(), side), 1..30)
}

/// Relabels until nothing changes.
fn naive(graph: &Graph) -> Vec<NodeIdx> {
    let mut labels: Vec<NodeIdx> = (0..graph.n_accounts()).map(NodeIdx::new).collect();
    loop {
        let before = labels.clone();
        for event in (0..graph.n_events()).map(EventIdx::new) {
            let junction = graph.junction_of(event).unwrap();
            if graph.event_kind(event) == EventKind::Coinbase
                || coinjoin(graph, event, &EntityOptions::default())
                    .is_some_and(|label| effect(label.rule) != Effect::OneWallet)
            {
                continue;
            }
            let inputs = graph.transfers_in(junction).iter();
            let joined: Vec<NodeIdx> = inputs
                .filter(|&t| graph.amount(t) != Some(Amount::from_u64(900)))
                .map(|t| graph.from(t))
                .filter(|&node| matches!(graph.account(node), Some(AccountKey::Script(..))))
                .collect();
            if let Some(low) = joined.iter().map(|node| labels[node.idx()]).min() {
                joined.iter().for_each(|node| labels[node.idx()] = low);
            }
        }
        if labels == before {
            return labels;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn entities_are_the_closure_of_co_spending(transactions in transactions(), n_threads in 1_usize..8) {
        let graph = chain(&transactions);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let options = EntityOptions::default();
        let found = pool.install(|| entities(&graph, &options));
        let accounts: Vec<NodeIdx> = (0..graph.n_accounts()).map(NodeIdx::new).collect();
        let labels: Vec<NodeIdx> = accounts.iter().map(|&node| found.of(node)).collect();
        prop_assert_eq!(&labels, &naive(&graph));
        let mut names = labels.clone();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(found.n_entities(), names.len());
        for &a in &accounts {
            let b = accounts[(a.idx() * 7 + 3) % accounts.len()];
            let chain = why(&graph, &options, a, b);
            prop_assert_eq!(chain.is_some(), found.of(a) == found.of(b));
            // Each step is a transaction that spent both, and they hang together.
            let mut at = a;
            for step in chain.into_iter().flatten() {
                let inputs = graph.transfers_in(graph.junction_of(step.event).unwrap());
                prop_assert!(step.a == at && [step.a, step.b].iter().all(|&end| inputs.iter().any(|t| graph.from(t) == end)));
                at = step.b;
            }
            prop_assert!(at == b || found.of(a) != found.of(b));
        }
    }
}
