//! Cases and batches for tests.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case has failed"
)]

use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, Network, RecordCounts,
    TransactionForm, TransferKind,
};
use moneytrail_store::graph::Graph;
use moneytrail_store::schema::{
    Batch, BlockRow, Endpoint, EventRow, OutpointRow, SCHEMA_VERSION, Sink, SourceRow, TransferRow,
};
use moneytrail_store::{
    Actor, BuildNotes, Case, CaseInfo, CaseWriter, Custody, ExhibitSource, Offered, SegmentSummary,
    SegmentWriter,
};
use std::path::Path;

pub(crate) fn actor() -> Actor {
    Actor {
        operator: "tester".into(),
        purpose: None,
        at: "2026-01-01T00:00:00Z".into(),
    }
}

pub(crate) fn info() -> CaseInfo {
    CaseInfo {
        version: 1,
        id: "T-1".into(),
        title: String::new(),
        base_currency: "EUR".into(),
        time_zone: "UTC".into(),
        notice: None,
        window: None,
    }
}

pub(crate) fn new_case(directory: &Path) -> CaseWriter {
    Case::create(&directory.join("case"), &info(), &actor()).unwrap()
}

pub(crate) fn summary(rank: u8) -> SegmentSummary {
    SegmentSummary {
        schema: SCHEMA_VERSION,
        program: "test".into(),
        format: "test".into(),
        rank,
        network: None,
        counts: RecordCounts::default(),
        figures: Vec::new(),
        stale: Vec::new(),
        assumptions: Vec::new(),
        remarks: Vec::new(),
        profile: None,
        tables: Vec::new(),
    }
}

/// Adds batches as an exhibit whose only file holds `content`.
pub(crate) fn add(writer: &CaseWriter, content: &str, rank: u8, batches: Vec<Batch>) -> u32 {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("evidence");
    fs_err::write(&path, content).unwrap();
    let source = ExhibitSource {
        name: "evidence".into(),
        files: vec![("evidence".into(), path)],
    };
    match writer
        .offer(&source, Custody::default(), false, &())
        .unwrap()
    {
        Offered::AlreadyThere(no) => no.get(),
        Offered::New(staged) => {
            let mut segment = SegmentWriter::create(staged.segment_directory()).unwrap();
            for batch in batches {
                segment.push(batch).unwrap();
            }
            writer
                .commit(*staged, segment, summary(rank), &actor())
                .unwrap()
                .number
        }
    }
}

pub(crate) fn source() -> SourceRow {
    SourceRow {
        path: "evidence".into(),
        sheet: None,
        right_to_left: false,
    }
}

pub(crate) fn listed(name: &str) -> AccountKey {
    AccountKey::Listed(name.into())
}

pub(crate) fn coin() -> Asset {
    Asset::new(AssetKey::Native(Network::Regtest))
}

/// Id, inputs (id, output), outputs (account, units); no inputs means coinbase.
pub(crate) type Transaction = (u8, Vec<(u8, u32)>, Vec<(&'static str, u64)>);

/// A block with one transaction per entry: inputs (txid, vout), outputs (account, units).
pub(crate) fn block(
    hash: u8,
    previous: Option<u8>,
    height: u32,
    transactions: &[Transaction],
) -> Batch {
    let network = Network::Regtest;
    let mut batch = Batch {
        sources: vec![source()],
        assets: vec![coin()],
        ..Batch::default()
    };
    batch.blocks.push(BlockRow {
        network,
        hash: [hash; 32],
        previous: previous.map(|byte| [byte; 32]),
        height: Some(height),
        time: 1_700_000_000 + i64::from(height) * 600,
        bits: Some(0x207f_ffff),
        n_transactions: u32::try_from(transactions.len()).unwrap(),
        n_inputs: 0,
        n_outputs: 0,
        source: 0,
        bytes: (0, 1),
        stale: false,
    });
    for (tx_index, (txid, inputs, outputs)) in transactions.iter().enumerate() {
        let event = u32::try_from(batch.events.len()).unwrap();
        let kind = if inputs.is_empty() {
            EventKind::Coinbase
        } else {
            EventKind::Transaction
        };
        batch.events.push(EventRow {
            kind,
            transaction: Some((network, [*txid; 32])),
            block: Some(0),
            tx_index: Some(u32::try_from(tx_index).unwrap()),
            time: Instant::at(1_700_000_000 + i64::from(height) * 600),
            source: 0,
            row: None,
            stale: false,
            form: TransactionForm::default(),
        });
        let mut push = |from, to, amount, kind| {
            batch.transfers.push(&TransferRow {
                event,
                from,
                to,
                asset: 0,
                amount,
                kind,
                layers: Layers::BOTH,
            });
            u32::try_from(batch.transfers.len() - 1).unwrap()
        };
        if inputs.is_empty() {
            let total = outputs.iter().map(|output| output.1).sum();
            let from = Endpoint::Account(AccountKey::Issuance(network));
            push(
                from,
                Endpoint::Junction,
                Some(Amount::from_u64(total)),
                TransferKind::Subsidy,
            );
        }
        for &(spent, vout) in inputs {
            let placeholder = Endpoint::Account(AccountKey::Outpoint(network, [spent; 32], vout));
            let transfer = push(placeholder, Endpoint::Junction, None, TransferKind::Input);
            batch.outpoints.push(OutpointRow {
                transfer,
                txid: [spent; 32],
                vout,
            });
        }
        for (account, units) in outputs {
            let to = Endpoint::Account(listed(account));
            push(
                Endpoint::Junction,
                to,
                Some(Amount::from_u64(*units)),
                TransferKind::Output,
            );
        }
    }
    batch
}

pub(crate) fn graph_of(writer: &CaseWriter) -> (Graph, BuildNotes) {
    writer.case().graph().unwrap()
}

/// The graph as text that names no id and no exhibit number: what must not depend on order.
pub(crate) fn content_of(graph: &Graph) -> Vec<String> {
    let name = |node| match graph.account(node) {
        Some(account) => account.to_string(),
        None => "junction".to_owned(),
    };
    (0..graph.n_transfers())
        .map(moneytrail_model::TransferIdx::new)
        .map(|t| {
            let links: Vec<String> = graph
                .links_spending(t)
                .map(|link| {
                    format!(
                        "{}<-{} {} {}",
                        link.later.raw(),
                        link.earlier.raw(),
                        link.consumed.units(),
                        link.paid.units()
                    )
                })
                .collect();
            format!(
                "{} {}->{} {:?} {} {} {} {links:?}",
                t.raw(),
                name(graph.from(t)),
                name(graph.to(t)),
                graph.amount(t).map(Amount::units),
                graph.kind(t),
                graph.time(graph.event_of(t)),
                graph.order_is_open(graph.event_of(t)),
            )
        })
        .collect()
}
