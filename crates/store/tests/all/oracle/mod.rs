//! The build of the index against plain code that keeps every row in memory, on made cases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod cases;
mod naive;

use moneytrail_model::{EventIdx, NodeIdx};
use moneytrail_store::graph::Graph;
use moneytrail_store::{BuildNotes, Case};
use naive::{End, Naive};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};

/// All that a graph says, as lines; events by position, accounts by key.
#[derive(PartialEq, Eq, Debug, Default)]
struct Content {
    accounts: Vec<Vec<u8>>,
    events: Vec<String>,
    transfers: Vec<String>,
    /// By the transfer that spends.
    spending: Vec<String>,
    /// By the transfer that is spent.
    spent: Vec<String>,
}

fn end(key: Option<&[u8]>) -> String {
    key.map_or("junction".to_owned(), hex::encode)
}

fn of_graph(graph: &Graph) -> Content {
    let key = |node: NodeIdx| graph.key_bytes(node);
    let pair = |citation: moneytrail_store::graph::Citation| (citation.exhibit, citation.event_row);
    let mut content = Content {
        accounts: (0..graph.n_accounts())
            .map(|node| key(NodeIdx::new(node)).unwrap().to_vec())
            .collect(),
        ..Content::default()
    };
    for event in (0..graph.n_events()).map(EventIdx::new) {
        let citations: Vec<_> = graph.citations(event).map(pair).collect();
        content.events.push(format!(
            "{} {:?} open {} {:?} junction {} {citations:?}",
            graph.event_kind(event),
            graph.time(event),
            graph.order_is_open(event),
            graph.txid(event),
            graph.junction_of(event).is_some(),
        ));
        for transfer in graph.transfers_of(event) {
            let (from, to) = (graph.from(transfer), graph.to(transfer));
            for junction in [from, to]
                .into_iter()
                .filter(|&node| graph.is_junction(node))
            {
                assert_eq!(graph.junction_event(junction), Some(event));
            }
            let citations: Vec<_> = graph.citations_of(transfer).map(pair).collect();
            content.transfers.push(format!(
                "{} of {}: {} -> {} {:?} {:?} {} {:?} {citations:?}",
                transfer.raw(),
                event.raw(),
                end(key(from)),
                end(key(to)),
                graph.asset(graph.asset_of(transfer)),
                graph.amount(transfer),
                graph.kind(transfer),
                graph.layers(transfer),
            ));
            let line = |link: moneytrail_store::graph::Link<'_>| {
                let (earlier, later) = (link.earlier.raw(), link.later.raw());
                format!(
                    "{earlier} by {later}: {} {} {}",
                    link.consumed.units(),
                    link.paid.units(),
                    link.basis
                )
            };
            content
                .spending
                .extend(graph.links_spending(transfer).map(line));
            content
                .spent
                .extend(graph.links_spent_by(transfer).map(line));
        }
    }
    content.spending.sort();
    content.spent.sort();
    content
}

fn of_naive(naive: &Naive) -> Content {
    let mut content = Content::default();
    let further = |event: usize| naive.events[event].others.iter().copied();
    for (position, &(event, open)) in naive.order.iter().enumerate() {
        let row = &naive.events[event].row;
        let legs = naive.record.iter().filter(|row| row.1 == position);
        let of_legs = legs.flat_map(|row| naive.legs[row.0].cited.iter().copied());
        let cited = std::iter::once(event).chain(further(event)).chain(of_legs);
        let citations: Vec<_> = cited.map(|event| naive.citation(event)).collect();
        content.events.push(format!(
            "{} {:?} open {open} {:?} junction {} {citations:?}",
            row.kind,
            row.time,
            row.transaction,
            row.kind.has_junction(),
        ));
    }
    let mut accounts: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut numbers = BTreeMap::new();
    for (number, &(leg, position)) in naive.record.iter().enumerate() {
        numbers.insert(leg, number);
        let event = naive.order[position].0;
        let leg = &naive.legs[leg];
        let key = |key: &End| end(key.as_deref());
        accounts.extend(leg.from.iter().chain(&leg.to).cloned());
        let cited = std::iter::once(event)
            .chain(further(event))
            .chain(leg.cited.iter().copied());
        let citations: Vec<_> = cited.map(|event| naive.citation(event)).collect();
        content.transfers.push(format!(
            "{number} of {position}: {} -> {} {:?} {:?} {} {:?} {citations:?}",
            key(&leg.from),
            key(&leg.to),
            naive.assets[&leg.asset],
            leg.amount,
            leg.kind,
            leg.layers,
        ));
    }
    content.accounts = accounts.into_iter().collect();
    for (earlier, later, consumed, paid, basis) in &naive.links {
        let (earlier, later) = (numbers[earlier], numbers[later]);
        content.spending.push(format!(
            "{earlier} by {later}: {} {} {basis}",
            consumed.units(),
            paid.units()
        ));
    }
    content.spending.sort();
    content.spent.clone_from(&content.spending);
    content
}

fn sorted(mut notes: BuildNotes) -> BuildNotes {
    notes.remarks.sort();
    notes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_build_says_what_plain_code_says(world in cases::world(5, 4, 1..5)) {
        let directory = tempfile::tempdir().unwrap();
        let writer = world.write(directory.path());
        let naive = naive::build(writer.case());
        let (graph, notes) = writer.case().graph().unwrap();
        prop_assert_eq!(sorted(notes), sorted(naive.notes.clone()));
        prop_assert_eq!(of_graph(&graph), of_naive(&naive));
    }
}

/// The bytes of the index of a case, built with so much memory by so many threads.
fn index(case: &Case, memory: u64, n_threads: usize) -> (Vec<u8>, BuildNotes) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build()
        .unwrap();
    let (_, notes) = pool.install(|| case.clone().with_memory(memory).graph().unwrap());
    let entries = fs_err::read_dir(case.root().join("index")).unwrap();
    let index = entries
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let bytes = fs_err::read(index.join("graph.bin")).unwrap();
    fs_err::remove_dir_all(index).unwrap();
    (bytes, notes)
}

/// Large enough for arrays in files and for several buckets and parts, with every way to join and to order.
#[test]
fn neither_threads_nor_memory_change_a_byte() {
    let mut runner = TestRunner::deterministic();
    let world = cases::world(12_000, 6_000, 5..6)
        .new_tree(&mut runner)
        .unwrap()
        .current();
    let directory = tempfile::tempdir().unwrap();
    let writer = world.write(directory.path());
    let known = index(writer.case(), u64::MAX, 2);
    let notes = &known.1;
    assert!(notes.n_joined_events > 1_000 && notes.claims.len() > 100);
    let holds_back = |remark: &String| remark.contains("links that contradict each other");
    assert!(notes.remarks.iter().any(holds_back));
    for (memory, n_threads) in [(0, 2), (1 << 20, 2), (u64::MAX, 1), (u64::MAX, 8), (0, 8)] {
        assert!(
            index(writer.case(), memory, n_threads) == known,
            "{memory} bytes, {n_threads} threads"
        );
    }
}
