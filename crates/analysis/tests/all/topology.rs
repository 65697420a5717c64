//! Neighbours, components and breadth-first search against petgraph and naive code.
#![allow(clippy::unwrap_used, clippy::needless_for_each, reason = "tests")]

use moneytrail_analysis::components::{
    weak_components, weak_components_of, weak_components_of_graph,
};
use moneytrail_analysis::topology::{Bfs, Topology, bfs, bfs_over_index};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, Network, NodeIdx, TransferKind,
};
use moneytrail_store::graph::{End, Graph, GraphBuilder};
use petgraph::graph::DiGraph;
use petgraph::visit::EdgeRef;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes, and edges of which a part crowds on few nodes, so that a frontier outgrows α and β.
fn edges() -> impl Strategy<Value = (u32, Vec<u32>, Vec<u32>)> {
    (1_u32..400, 0_usize..1500, 1_u32..20).prop_flat_map(|(n, n_edges, n_hubs)| {
        let end = prop_oneof![0..n, 0..n.min(n_hubs)];
        let ends = prop::collection::vec(end, n_edges);
        (Just(n), ends.clone(), ends)
    })
}

/// The same closure in pools of 1, 2 and 8 threads; all results are equal.
fn on_threads<R: PartialEq + std::fmt::Debug + Send>(compute: impl Fn() -> R + Sync) -> R {
    let mut results = [1, 2, 8].map(|n_threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        Some(pool.install(&compute))
    });
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
    results[0].take().unwrap()
}

/// Numbers of 16 bits.
fn random(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    }
}

fn as_petgraph(n: u32, from: &[u32], to: &[u32]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::from_edges(from.iter().copied().zip(to.iter().copied()));
    while graph.node_count() < n as usize {
        graph.add_node(());
    }
    graph
}

fn smallest_of_components(graph: &DiGraph<(), ()>) -> Vec<u32> {
    let mut sets = petgraph::unionfind::UnionFind::new(graph.node_count());
    for edge in graph.edge_references() {
        sets.union(edge.source().index(), edge.target().index());
    }
    let mut smallest = BTreeMap::new();
    let nodes = 0_u32..;
    let labels = nodes.zip(sets.into_labeling());
    labels
        .map(|(node, label)| *smallest.entry(label).or_insert(node))
        .collect()
}

/// Depths by relaxing all edges until nothing changes, then the smallest parent.
fn naive_bfs(n: u32, edges: &[(u32, u32)], sources: &[u32]) -> Bfs {
    let mut depths = vec![Bfs::NONE; n as usize];
    sources
        .iter()
        .for_each(|&source| depths[source as usize] = 0);
    for depth in 0..n {
        for &(from, to) in edges {
            if depths[from as usize] == depth && depths[to as usize] == Bfs::NONE {
                depths[to as usize] = depth + 1;
            }
        }
    }
    let mut parents = vec![Bfs::NONE; n as usize];
    sources
        .iter()
        .for_each(|&source| parents[source as usize] = source);
    for &(from, to) in edges {
        let (before, after) = (depths[from as usize], depths[to as usize]);
        if before != Bfs::NONE && before + 1 == after {
            parents[to as usize] = parents[to as usize].min(from);
        }
    }
    Bfs { depths, parents }
}

proptest! {
    #[test]
    fn rows_hold_each_pair_once_ascending((n, from, to) in edges()) {
        let topology = on_threads(|| Topology::from_edges(n, &from, &to));
        let pairs: BTreeSet<(u32, u32)> =
            from.iter().copied().zip(to.iter().copied()).filter(|(a, b)| a != b).collect();
        let out = (0..n).flat_map(|a| topology.neighbours_out(a).iter().map(move |&b| (a, b)));
        prop_assert!(out.eq(pairs.iter().copied()));
        let reversed: BTreeSet<(u32, u32)> = pairs.iter().map(|&(a, b)| (b, a)).collect();
        let into = (0..n).flat_map(|b| topology.neighbours_in(b).iter().map(move |&a| (b, a)));
        prop_assert!(into.eq(reversed.iter().copied()));
        prop_assert_eq!((topology.n_nodes(), topology.n_pairs()), (n, pairs.len()));
    }

    #[test]
    fn components_are_those_of_petgraph((n, from, to) in edges()) {
        let expected = smallest_of_components(&as_petgraph(n, &from, &to));
        prop_assert_eq!(&on_threads(|| weak_components(n, &from, &to)), &expected);
        let topology = Topology::from_edges(n, &from, &to);
        prop_assert_eq!(&on_threads(|| weak_components_of(&topology)), &expected);
    }

    #[test]
    fn components_are_found_wherever_the_hub_is(
        parts in prop::collection::vec((1_usize..300, any::<bool>()), 1..12),
        seed in any::<u32>(),
    ) {
        // Stars and chains: the hub's may be the largest, or none may be large, or a chain leads away from it.
        let n = parts.iter().map(|(len, _)| len).sum::<usize>();
        let mut random = random(seed);
        let mut names: Vec<u32> = (0..u32::try_from(n).unwrap()).collect();
        for last in (1..n).rev() {
            names.swap(last, random() as usize % (last + 1));
        }
        let (mut from, mut to, mut start) = (Vec::new(), Vec::new(), 0);
        for (len, is_star) in parts {
            for node in start + 1..start + len {
                let other = if is_star { start } else { node - 1 };
                let (a, b) = (names[node], names[other]);
                let (a, b) = if random().is_multiple_of(2) { (a, b) } else { (b, a) };
                from.push(a);
                to.push(b);
            }
            start += len;
            if random().is_multiple_of(2) && start < n {
                from.push(names[start - 1]);
                to.push(names[start]);
            }
        }
        let n = u32::try_from(n).unwrap();
        let expected = smallest_of_components(&as_petgraph(n, &from, &to));
        prop_assert_eq!(&on_threads(|| weak_components(n, &from, &to)), &expected);
        let topology = Topology::from_edges(n, &from, &to);
        prop_assert_eq!(&on_threads(|| weak_components_of(&topology)), &expected);
    }

    #[test]
    fn a_search_finds_the_least_depth_and_parent(
        (n, from, to) in edges(),
        sources in prop::collection::vec(any::<u32>(), 0..4),
    ) {
        let sources: Vec<u32> = sources.into_iter().map(|source| source % n).collect();
        let topology = Topology::from_edges(n, &from, &to);
        let pairs: Vec<(u32, u32)> = from.iter().copied().zip(to.iter().copied()).collect();
        let expected = naive_bfs(n, &pairs, &sources);
        prop_assert_eq!(&on_threads(|| bfs(&topology, &sources)), &expected);
        if let [source] = sources[..] {
            let graph = as_petgraph(n, &from, &to);
            let lengths = petgraph::algo::dijkstra(&graph, source.into(), None, |_| 1_u32);
            for (node, &depth) in (0_u32..).zip(&expected.depths) {
                prop_assert_eq!(lengths.get(&petgraph::graph::NodeIndex::from(node)).copied().unwrap_or(Bfs::NONE), depth);
            }
        }
    }

    #[test]
    fn the_index_and_its_topology_say_the_same(
        payments in prop::collection::vec((0_u8..40, 0_u8..40, any::<bool>()), 0..200),
        source in any::<prop::sample::Index>(),
    ) {
        let graph = graph(&payments);
        let n = u32::try_from(graph.n_nodes()).unwrap();
        let topology = on_threads(|| Topology::of_graph(&graph));
        let components = on_threads(|| weak_components_of_graph(&graph));
        prop_assert_eq!(&components, &weak_components_of(&topology));
        for node in (0..n).map(NodeIdx::from_raw) {
            if graph.is_boundary(node) {
                let is_alone = topology.neighbours_out(node.raw()).is_empty()
                    && topology.neighbours_in(node.raw()).is_empty();
                prop_assert!(is_alone);
            }
        }
        if n > 0 {
            let source = NodeIdx::new(source.index(n as usize));
            let found = on_threads(|| bfs_over_index(&graph, &[source]));
            prop_assert_eq!(found, bfs(&topology, &[source.raw()]));
        }
    }
}

/// Payments between accounts, some of them through a transaction that pays a fee.
fn graph(payments: &[(u8, u8, bool)]) -> Graph {
    let mut builder = GraphBuilder::default();
    let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    for (second, &(from, to, is_transaction)) in (0_i64..).zip(payments) {
        let mut account = |name: u8| builder.account(&AccountKey::Listed(name.to_string().into()));
        let (from, to) = (account(from), account(to));
        let fees = builder.account(&AccountKey::Fees(Network::Bitcoin));
        let add = |builder: &mut GraphBuilder, from, to, kind| {
            builder.transfer(from, to, btc, Some(Amount::from_u64(1)), kind, Layers::BOTH);
        };
        if is_transaction {
            builder.event(EventKind::Transaction, Instant::at(second));
            add(&mut builder, from, End::Junction, TransferKind::Input);
            add(&mut builder, End::Junction, to, TransferKind::Output);
            add(&mut builder, End::Junction, fees, TransferKind::Fee);
        } else {
            builder.event(EventKind::Payment, Instant::at(second));
            add(&mut builder, from, to, TransferKind::Payment);
        }
    }
    builder.finish().unwrap()
}

#[test]
fn large_inputs_fill_several_chunks_buckets_and_tasks() {
    let n = 70_000_u32;
    let mut random = random(1);
    let mut random = || {
        // Squares crowd on small numbers.
        let unit = u64::from(random());
        u32::try_from((unit * unit * u64::from(n)) >> 32).unwrap()
    };
    let from: Vec<u32> = (0..300_000).map(|_| random()).collect();
    let to: Vec<u32> = (0..300_000).map(|_| n - 1 - random()).collect();
    let expected = smallest_of_components(&as_petgraph(n, &from, &to));
    assert_eq!(on_threads(|| weak_components(n, &from, &to)), expected);
    let topology = on_threads(|| Topology::from_edges(n, &from, &to));
    assert_eq!(on_threads(|| weak_components_of(&topology)), expected);
    let found = on_threads(|| bfs(&topology, &[from[0]]));
    let reached = |node: u32| found.depths[node as usize] != Bfs::NONE;
    for (&from, &to) in from.iter().zip(&to) {
        assert!(!reached(from) || reached(to));
    }
    for (node, &parent) in (0_u32..).zip(&found.parents) {
        assert_eq!(parent != Bfs::NONE, reached(node));
        if reached(node) && found.depths[node as usize] > 0 {
            let payers = topology.neighbours_in(node).iter().copied();
            let before = payers.filter(|&payer| {
                found.depths[payer as usize].wrapping_add(1) == found.depths[node as usize]
            });
            assert_eq!(before.min(), Some(parent));
        }
    }
}
