//! Against the search from one end.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, Network, ScriptKey,
    TransferKind,
};
use moneytrail_store::graph::{End, GraphBuilder};
use proptest::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;

/// The oracle: one queue, from one end, through the whole entity. Chains to what `a` is together with.
fn from_one_end(
    graph: &Graph,
    options: &EntityOptions,
    a: NodeIdx,
) -> FxHashMap<NodeIdx, Vec<WhyStep>> {
    let mut chains = FxHashMap::from_iter([(a, Vec::new())]);
    let (mut seen, mut accounts) = (FxHashSet::default(), Vec::new());
    let mut waiting = VecDeque::from([a]);
    let scripts = Scripts::of(graph);
    while let Some(account) = waiting.pop_front()
        && scripts.contain(a)
    {
        for transfer in graph.transfers_out(account) {
            let event = graph.event_of(transfer);
            if is_dust(graph, transfer) || !seen.insert(event) {
                continue;
            }
            accounts.clear();
            if co_spend(graph, scripts, options, event, &mut accounts) != CoSpend::Joins {
                continue;
            }
            for next in accounts.iter().copied().map(NodeIdx::from_raw) {
                if !chains.contains_key(&next) {
                    let mut chain = chains[&account].clone();
                    chain.push(step(account, next, event));
                    chains.insert(next, chain);
                    waiting.push_back(next);
                }
            }
        }
    }
    chains
}

type Spend = (EventKind, Vec<(AccountKey, Option<u64>)>, Vec<u64>);

fn script(number: u8) -> AccountKey {
    AccountKey::Script(Network::Bitcoin, ScriptKey::P2wpkh([number; 20]))
}

fn graph_of(spends: &[Spend]) -> Graph {
    let mut builder = GraphBuilder::default();
    let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    for (second, (kind, inputs, outputs)) in (0_i64..).zip(spends) {
        builder.event(*kind, Instant::at(second));
        for (account, sats) in inputs {
            let (from, amount) = (builder.account(account), sats.map(Amount::from_u64));
            let kind = TransferKind::Input;
            builder.transfer(from, End::Junction, btc, amount, kind, Layers::BOTH);
        }
        for (number, &sats) in (200..).zip(outputs) {
            let (to, amount) = (builder.account(&script(number)), Amount::from_u64(sats));
            let kind = TransferKind::Output;
            builder.transfer(End::Junction, to, btc, Some(amount), kind, Layers::BOTH);
        }
    }
    builder.finish().unwrap()
}

/// Transactions among few accounts, so that many chains are equally short; dust, unknown amounts,
/// placeholders, coinbases and, where outputs are equal, CoinJoins.
fn spends(n_accounts: u8, n_inputs: usize) -> impl Strategy<Value = Vec<Spend>> {
    let account = prop_oneof![
        19 => (0..n_accounts).prop_map(script),
        1 => (0_u8..4).prop_map(|n| AccountKey::Outpoint(Network::Bitcoin, [n; 32], 0)),
    ];
    let sats = prop_oneof![8 => Just(Some(5000)), 1 => Just(Some(900)), 1 => Just(None)];
    let outputs = prop_oneof![4 => Just(vec![4000]), 1 => Just(vec![4000; 3])];
    let kind = prop_oneof![19 => Just(EventKind::Transaction), 1 => Just(EventKind::Coinbase)];
    let inputs = prop::collection::vec((account, sats), 1..=n_inputs);
    prop::collection::vec((kind, inputs, outputs), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ends_find_what_one_end_finds(
        spends in prop_oneof![spends(12, 3), spends(40, 2), spends(60, 3), spends(40, 5)],
        as_of in prop::option::of(0_i64..60),
        without in prop::option::of(prop_oneof![Just("equal-outputs"), Just("multi-input")]),
        starts in prop::collection::vec(any::<prop::sample::Index>(), 4),
        n_reads in prop_oneof![0..20_usize, Just(1_000_000)],
    ) {
        let graph = graph_of(&spends);
        let options = EntityOptions {
            as_of,
            without: without.iter().map(|&name| name.to_owned()).collect(),
            ..EntityOptions::default()
        };
        let accounts: Vec<NodeIdx> = (0..graph.n_accounts()).map(NodeIdx::new).collect();
        for start in starts {
            let a = accounts[start.index(accounts.len())];
            let expected = from_one_end(&graph, &options, a);
            // Each alone, and all with one side shared, in another order.
            for &b in &accounts {
                let chain = why(&graph, &options, a, b);
                prop_assert_eq!(chain.as_ref(), expected.get(&b));
            }
            let others: Vec<NodeIdx> = accounts.iter().rev().copied().collect();
            let found = why_all(&graph, &options, a, &others);
            for (b, chain) in others.iter().zip(found) {
                prop_assert_eq!(chain.as_ref(), expected.get(b));
            }
            // With too little to read, the same or no answer.
            let mut n_reads_left = n_reads;
            let found = why_within(&graph, &options, a, &others, &mut n_reads_left);
            prop_assert!(n_reads_left <= n_reads);
            for (b, found) in others.iter().zip(found) {
                match found {
                    Why::Chain(chain) => prop_assert_eq!(Some(&chain), expected.get(b)),
                    Why::Apart => prop_assert_eq!(None, expected.get(b)),
                    Why::Unsearched => prop_assert!(n_reads < 1000 && a != *b),
                }
            }
        }
    }
}

#[test]
fn of_chains_equally_short_the_first_in_the_record_counts() {
    let pair = |a, b| {
        let inputs = [a, b].map(|number| (script(number), Some(5000)));
        (EventKind::Transaction, inputs.to_vec(), vec![4000])
    };
    // Four chains of three steps; the first transaction decides, though others end earlier.
    let graph = graph_of(&[
        pair(4, 6),
        pair(5, 6),
        pair(1, 3),
        pair(1, 2),
        pair(2, 5),
        pair(2, 4),
        pair(3, 5),
        pair(3, 4),
    ]);
    let node = |number| graph.node_of(&script(number)).unwrap();
    let chain = why(&graph, &EntityOptions::default(), node(1), node(6)).unwrap();
    let steps: Vec<_> = chain
        .iter()
        .map(|step| (step.event.raw(), step.b))
        .collect();
    assert_eq!(steps, [(2, node(3)), (6, node(5)), (1, node(6))]);
}
