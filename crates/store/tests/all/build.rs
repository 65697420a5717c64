//! Building the graph: what it resolves, and that the order of adding does not matter.

use crate::common::{add, block, content_of, graph_of, listed, new_case};
use moneytrail_model::{
    AccountKey, Amount, EventIdx, EventKind, Instant, Layers, Network, Stop, TransactionForm,
    TransferKind, Watch,
};
use moneytrail_store::Error;
use moneytrail_store::schema::{Batch, Endpoint, EventRow, OutpointRow, TransferRow};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Three blocks: a reward, a payment with change and fee, and a payment of two inputs.
fn chain() -> Vec<Batch> {
    vec![
        block(1, Some(0), 1, &[(11, vec![], vec![("miner", 50)])]),
        block(
            2,
            Some(1),
            2,
            &[
                (21, vec![], vec![("miner", 50)]),
                (22, vec![(11, 0)], vec![("shop", 30), ("change", 15)]),
            ],
        ),
        block(
            3,
            Some(2),
            3,
            &[(31, vec![(22, 1), (21, 0)], vec![("bank", 60)])],
        ),
    ]
}

#[test]
fn inputs_get_their_outputs_and_fees_follow() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, chain());
    let (graph, notes) = graph_of(&writer);
    assert_eq!(notes.n_unresolved_inputs, 0);
    let fees: Vec<i128> = (0..graph.n_transfers())
        .map(moneytrail_model::TransferIdx::new)
        .filter(|&t| graph.kind(t) == TransferKind::Fee)
        .map(|t| graph.amount(t).unwrap().units())
        .collect();
    assert_eq!(fees, [5, 5]);
    assert_eq!(graph.n_links(), 3);
    let bank = graph.node_of(&listed("bank")).unwrap();
    assert_eq!(graph.transfers_in(bank).len(), 1);
    let received = graph.transfers_in(bank).first().unwrap();
    let junction = graph.from(received);
    assert_eq!(
        graph.junction_event(junction),
        Some(graph.event_of(received))
    );
    let inputs: Vec<_> = graph
        .transfers_in(junction)
        .iter()
        .map(|t| (graph.from(t), graph.amount(t).unwrap()))
        .collect();
    let node = |name| graph.node_of(&listed(name)).unwrap();
    assert_eq!(
        inputs,
        [
            (node("change"), Amount::from_u64(15)),
            (node("miner"), Amount::from_u64(50))
        ]
    );
}

#[test]
fn an_output_outside_the_evidence_stays_unknown() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, vec![chain().remove(2)]);
    let (graph, notes) = graph_of(&writer);
    assert_eq!((notes.n_unresolved_inputs, graph.n_links()), (2, 0));
    assert!(
        (0..graph.n_transfers())
            .map(moneytrail_model::TransferIdx::new)
            .all(|t| graph.kind(t) != TransferKind::Fee)
    );
}

#[test]
fn the_order_of_adding_does_not_matter() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let contents: Vec<Vec<String>> = orders
        .iter()
        .map(|order| {
            let directory = tempfile::tempdir().unwrap();
            let writer = new_case(directory.path());
            for &part in order {
                add(
                    &writer,
                    ["a", "b", "c"][part],
                    0,
                    vec![chain().remove(part)],
                );
            }
            content_of(&graph_of(&writer).0)
        })
        .collect();
    assert!(
        contents.iter().all(|content| *content == contents[0]),
        "{:#?}",
        contents[0]
    );
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "whole", 0, chain());
    assert_eq!(
        content_of(&graph_of(&writer).0),
        contents[0],
        "one exhibit or three"
    );
}

#[test]
fn one_transaction_in_two_exhibits_is_one_event_with_two_citations() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "node", 1, chain());
    add(&writer, "raw", 0, chain());
    let (graph, notes) = graph_of(&writer);
    assert_eq!((graph.n_events(), notes.n_joined_events), (4, 4));
    let cited: Vec<u32> = graph
        .citations(EventIdx::new(0))
        .map(|citation| citation.exhibit)
        .collect();
    assert_eq!(cited, [2, 1], "the better source is cited first");
    assert!(notes.remarks.is_empty(), "{:?}", notes.remarks);
}

#[test]
fn sources_that_differ_are_noted_and_the_better_one_enters() {
    // An input's value, and an output's.
    for transfer in [2, 3] {
        let directory = tempfile::tempdir().unwrap();
        let writer = new_case(directory.path());
        let mut other = chain();
        let mut rows: Vec<TransferRow> = other[1].transfers.iter().collect();
        rows[transfer].amount = Some(Amount::from_u64(7));
        other[1].transfers = rows.into_iter().collect();
        add(&writer, "node", 1, other);
        add(&writer, "raw", 0, chain());
        let (graph, notes) = graph_of(&writer);
        assert_eq!(notes.remarks.len(), 1, "{:?}", notes.remarks);
        assert!(
            content_of(&graph)
                .iter()
                .all(|line| !line.contains("Some(7)"))
        );
    }
}

#[test]
fn the_chain_with_most_work_counts() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, chain());
    add(
        &writer,
        "fork",
        0,
        vec![block(
            9,
            Some(1),
            2,
            &[(22, vec![(11, 0)], vec![("thief", 50)])],
        )],
    );
    let (graph, notes) = graph_of(&writer);
    assert_eq!(notes.n_stale_blocks, 1);
    assert_eq!(
        graph
            .node_of(&listed("thief"))
            .map_or(0, |node| graph.transfers_in(node).len()),
        0
    );
}

#[test]
fn an_index_is_a_cache() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, chain());
    let built = content_of(&graph_of(&writer).0);
    assert_eq!(content_of(&graph_of(&writer).0), built, "mapped");
    assert_eq!(writer.case().index_is_intact().unwrap(), Some(true));
    fs_err::remove_dir_all(writer.case().root().join("index")).unwrap();
    fs_err::create_dir(writer.case().root().join("index")).unwrap();
    assert_eq!(content_of(&graph_of(&writer).0), built, "built again");
    let index = fs_err::read_dir(writer.case().root().join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap()
        .join("graph.bin");
    let whole = fs_err::read(&index).unwrap();
    let mut bytes = whole.clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs_err::write(&index, &bytes).unwrap();
    assert_eq!(writer.case().index_is_intact().unwrap(), Some(false));
    fs_err::write(&index, &bytes[..100]).unwrap();
    assert_eq!(
        content_of(&graph_of(&writer).0),
        built,
        "a torn index is built again"
    );
    // An offset beyond everything, of a column without values.
    bytes.clone_from(&whole);
    bytes[64..72].fill(0xff);
    bytes[72..80].fill(0);
    fs_err::write(&index, &bytes).unwrap();
    assert_eq!(content_of(&graph_of(&writer).0), built);
    // Notes are part of what a report says.
    let notes = index.with_file_name("notes.json");
    let text = fs_err::read_to_string(&notes).unwrap();
    let changed = text.replace("\"n_joined_events\": 0", "\"n_joined_events\": 7");
    assert_ne!(text, changed);
    fs_err::write(&notes, changed).unwrap();
    assert_eq!(writer.case().index_is_intact().unwrap(), Some(false));
}

#[test]
fn petgraph_reads_the_graph_without_a_copy() {
    use petgraph::visit::{Bfs, EdgeRef, IntoEdgesDirected, NodeIndexable, Walker};
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, chain());
    let (graph, _) = graph_of(&writer);
    assert_eq!(petgraph::algo::connected_components(&graph), 1);
    assert!(!petgraph::algo::is_cyclic_directed(&graph));
    let miner = graph.node_of(&listed("miner")).unwrap();
    let bank = graph.node_of(&listed("bank")).unwrap();
    assert!(
        Bfs::new(&graph, miner)
            .iter(&graph)
            .any(|node| node == bank)
    );
    assert!(
        !Bfs::new(&graph, bank)
            .iter(&graph)
            .any(|node| node == miner)
    );
    let distances = petgraph::algo::dijkstra(&graph, miner, Some(bank), |_| 1);
    assert_eq!(distances[&bank], 2, "through one junction");
    for node in (0..graph.n_nodes()).map(|idx| graph.from_index(idx)) {
        let out = (&graph).edges_directed(node, petgraph::Outgoing);
        assert!(out.map(|edge| edge.id()).eq(graph.transfers_out(node)));
    }
}

#[test]
fn a_changed_table_is_not_built_from() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, chain());
    let table = writer.case().root().join("segments/X1/transfers.parquet");
    let mut bytes = fs_err::read(&table).unwrap();
    bytes[40] ^= 1;
    fs_err::write(&table, bytes).unwrap();
    let error = writer.case().graph().unwrap_err().to_string();
    assert!(error.contains("segments/X1/transfers.parquet"), "{error}");
}

#[test]
fn readers_that_come_together_build_once_and_leave_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, chain());
    let root = writer.case().root().to_owned();
    for torn in ["index/0123/.tmp-x", "index/4567/graph.bin"] {
        fs_err::create_dir_all(root.join(torn).parent().unwrap()).unwrap();
        fs_err::write(root.join(torn), "half").unwrap();
    }
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| content_of(&graph_of(&writer).0)))
            .collect();
        let contents: Vec<_> = readers.into_iter().map(|r| r.join().unwrap()).collect();
        assert!(contents.iter().all(|content| *content == contents[0]));
    });
    let left: Vec<_> = fs_err::read_dir(root.join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    let [only] = &left[..] else {
        panic!("one index: {left:?}")
    };
    assert_eq!(fs_err::read_dir(only).unwrap().count(), 2);
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("a test is small")
}

/// A chain in which each transaction spends the two before it, in blocks of a thousand that stand in the
/// file last to first, with accounts that come back now and then.
fn long_chain(n_transactions: u32) -> Vec<Batch> {
    let id = |n: u32| {
        let mut id = [7; 32];
        id[..4].copy_from_slice(&n.wrapping_mul(0x9e37_79b9).to_le_bytes());
        id
    };
    let mut batches: Vec<Batch> = Vec::new();
    for height in (0..n_transactions / 1000).rev() {
        let (hash, previous) = (id(height ^ 1 << 31), height.checked_sub(1));
        let mut batch = block(0, None, height, &[]);
        batch.blocks[0].hash = hash;
        batch.blocks[0].previous = previous.map(|height| id(height ^ 1 << 31));
        for n in height * 1000..height * 1000 + 1000 {
            let event = small(batch.events.len());
            batch.events.push(EventRow {
                kind: if n < 2 {
                    EventKind::Coinbase
                } else {
                    EventKind::Transaction
                },
                transaction: Some((Network::Regtest, id(n))),
                block: Some(0),
                tx_index: Some(n % 1000),
                time: Instant::at(batch.blocks[0].time),
                source: 0,
                row: None,
                stale: false,
                form: TransactionForm::default(),
            });
            let mut row = |from, to, units: Option<u64>, kind| {
                let place = small(batch.transfers.len());
                batch.transfers.push(&TransferRow {
                    event,
                    from,
                    to,
                    asset: 0,
                    amount: units.map(Amount::from_u64),
                    kind,
                    layers: Layers::BOTH,
                });
                place
            };
            if n < 2 {
                let issuance = Endpoint::Account(AccountKey::Issuance(Network::Regtest));
                row(
                    issuance,
                    Endpoint::Junction,
                    Some(1 << 40),
                    TransferKind::Subsidy,
                );
            }
            for (vout, spent) in (0_u32..).zip([n.wrapping_sub(2), n.wrapping_sub(1)]) {
                if n >= 2 {
                    let outpoint = AccountKey::Outpoint(Network::Regtest, id(spent), vout);
                    let from = Endpoint::Account(outpoint);
                    let transfer = row(from, Endpoint::Junction, None, TransferKind::Input);
                    batch.outpoints.push(OutpointRow {
                        transfer,
                        txid: id(spent),
                        vout,
                    });
                }
            }
            for vout in 0..2 {
                let account = listed(&format!("account {}", (n * 2 + vout) % 9_973));
                let to = Endpoint::Account(account);
                row(
                    Endpoint::Junction,
                    to,
                    Some((1 << 39) - u64::from(n)),
                    TransferKind::Output,
                );
            }
        }
        batches.push(batch);
    }
    batches
}

#[test]
fn memory_changes_where_the_work_is_done_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, long_chain(40_000));
    let index = directory.path().join("case/index");
    let mut built = Vec::new();
    for memory in [u64::MAX, 1 << 20, 0] {
        let (graph, notes) = writer.case().clone().with_memory(memory).graph().unwrap();
        assert_eq!((graph.n_events(), notes.n_unresolved_inputs), (40_000, 0));
        let mut name = fs_err::read_dir(&index)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let name = name.find(|path| path.is_dir()).unwrap();
        built.push(fs_err::read(name.join("graph.bin")).unwrap());
        fs_err::remove_dir_all(name).unwrap();
    }
    assert_eq!(built[0], built[1]);
    assert_eq!(built[0], built[2]);
}

/// Has a build end at a check.
#[derive(Debug)]
struct After {
    last_check: u64,
    n_checked: AtomicU64,
    n_rows: AtomicU64,
}

impl Watch for After {
    fn advance(&self, n_rows: u64) {
        self.n_rows.fetch_add(n_rows, Relaxed);
    }

    fn check(&self) -> Result<(), Stop> {
        if self.n_checked.fetch_add(1, Relaxed) < self.last_check {
            Ok(())
        } else {
            Err(Stop::Asked)
        }
    }
}

/// Stopped anywhere, a build leaves no index, and the next one is as if nothing had been.
#[test]
fn a_build_that_is_stopped_leaves_no_index() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, long_chain(9_000));
    let index = directory.path().join("case/index");
    let n_indexes = || {
        let entries = fs_err::read_dir(&index).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names.filter(|name| name != "lock").count()
    };
    let build = |last_check| {
        let after = Arc::new(After {
            last_check,
            n_checked: AtomicU64::new(0),
            n_rows: AtomicU64::new(0),
        });
        // Arrays in files: they are asked for one by one.
        let case = writer.case().clone().with_memory(0);
        let built = case.watched_by(after.clone()).graph();
        (built, after)
    };
    let n_rows = writer.case().n_rows_to_build().unwrap();
    let (built, calm) = build(u64::MAX);
    let content = content_of(&built.unwrap().0);
    let n_told = calm.n_rows.load(Relaxed);
    assert!(
        n_told <= n_rows && n_rows < n_told + 4096,
        "{n_told} of {n_rows}"
    );
    assert_eq!(writer.case().n_rows_to_build().unwrap(), 0);
    let n_checks = calm.n_checked.load(Relaxed);
    assert!(n_checks > 40, "{n_checks}");
    for nth in (0..n_checks).step_by(usize::try_from(n_checks / 6).unwrap()) {
        fs_err::remove_dir_all(&index).unwrap();
        let (stopped, _) = build(nth);
        assert!(
            matches!(stopped, Err(Error::Stopped(Stop::Asked))),
            "check {nth}"
        );
        assert_eq!(n_indexes(), 0, "check {nth}");
    }
    let (built, _) = build(n_checks);
    assert_eq!(content_of(&built.unwrap().0), content);
    assert_eq!(n_indexes(), 1);
}
