//! Segments of several row groups: the same bytes from any number of threads, and single rows.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{coin, listed, source, summary};
use moneytrail_model::{
    Amount, EventKind, Instant, Layers, RecordBin, TransactionForm, TransferKind,
};
use moneytrail_store::schema::{
    Batch, Endpoint, EventRow, RecordPlace, RecordRow, Sink, Table, TransferRow,
};
use moneytrail_store::{Segment, SegmentWriter};
use std::path::Path;

/// Transfers of the segment: more than a row group holds.
const N_TRANSFERS: u32 = 270_000;

/// A batch of one-row events with these numbers; every seventh keeps its record too.
fn batch(rows: std::ops::Range<u32>) -> Batch {
    let mut batch = Batch {
        sources: vec![source()],
        assets: vec![coin()],
        ..Batch::default()
    };
    for (event, row) in (0..).zip(rows) {
        batch.events.push(EventRow {
            kind: EventKind::Payment,
            transaction: None,
            block: None,
            tx_index: None,
            time: Instant::at(1_700_000_000 + i64::from(row)),
            source: 0,
            row: Some(row),
            stale: false,
            form: TransactionForm::default(),
        });
        let known = row % 5 > 0;
        batch.transfers.push(&TransferRow {
            event,
            from: Endpoint::Account(listed(&format!("from {}", row % 1000))),
            to: Endpoint::Account(listed(&format!("to {row}"))),
            asset: 0,
            amount: known.then(|| Amount::from_u64(u64::from(row) * 7)),
            kind: TransferKind::Payment,
            layers: Layers::BOTH,
        });
        if row % 7 == 0 {
            batch.records.push(RecordRow {
                source: 0,
                place: RecordPlace::Row(row),
                bin: RecordBin::SetAside,
                reason: Some("test".into()),
                raw: vec![row.to_string().into(), "".into()],
            });
        }
    }
    batch
}

/// Writes the segment in batches of uneven length.
fn write(directory: &Path) {
    let mut writer = SegmentWriter::create(directory).unwrap();
    let (mut start, mut n_rows) = (0, 1);
    while start < N_TRANSFERS {
        let end = N_TRANSFERS.min(start + n_rows);
        writer.push(batch(start..end)).unwrap();
        (start, n_rows) = (end, n_rows * 3 % 7919 + 1);
    }
    writer.finish(summary(0)).unwrap();
}

#[test]
fn threads_do_not_show() {
    let directory = tempfile::tempdir().unwrap();
    let segments = [1, 2, 8].map(|n_threads| {
        let path = directory.path().join(n_threads.to_string());
        let threads = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
        threads.build().unwrap().install(|| write(&path));
        Segment::open(&path).unwrap()
    });
    assert_eq!(segments[0].summary(), segments[1].summary());
    assert_eq!(segments[0].summary(), segments[2].summary());
    // The hashes were taken while writing; here they are taken again from the files.
    assert_eq!(segments[0].damaged_tables().unwrap(), Vec::<String>::new());
}

#[test]
fn single_rows_are_those_of_the_whole_table() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("segment");
    write(&path);
    let segment = Segment::open(&path).unwrap();
    let tables = [Table::Events, Table::Transfers, Table::Records];
    let all = segment.read(&tables).unwrap();
    assert_eq!(all.transfers.len(), N_TRANSFERS as usize);
    // Both ends of pages and row groups, neighbours, repeats, and out of order.
    let asked: Vec<u64> = vec![
        269_999, 0, 1, 4095, 4096, 131_071, 262_143, 262_144, 262_144, 77,
    ];
    let mut picked: Vec<usize> = asked
        .iter()
        .map(|&at| usize::try_from(at).unwrap())
        .collect();
    picked.sort_unstable();
    picked.dedup();
    let events = segment.rows(Table::Events, &asked).unwrap().events;
    let transfers = segment.rows(Table::Transfers, &asked).unwrap().transfers;
    assert!(events.iter().eq(picked.iter().map(|&at| &all.events[at])));
    assert!(
        transfers
            .iter()
            .eq(picked.iter().map(|&at| all.transfers.get(at)))
    );
    let records = segment.rows(Table::Records, &[5, 38_000]).unwrap().records;
    assert_eq!(
        records,
        [all.records[5].clone(), all.records[38_000].clone()]
    );
    assert!(
        segment
            .rows(Table::Records, &[])
            .unwrap()
            .records
            .is_empty()
    );
    assert!(segment.rows(Table::Blocks, &[0]).is_err());
}
