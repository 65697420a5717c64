//! Places of a few rows are found, and nothing is read of the rest of a table: bytes of pages that hold
//! none of them may be anything.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{source, summary};
use moneytrail_model::{EventKind, Instant, Network, RecordBin, TransactionForm};
use moneytrail_store::schema::{Batch, EventRow, RecordPlace, RecordRow, Sink, Table};
use moneytrail_store::{Segment, SegmentWriter};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::PageIndexPolicy;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Events: more than a row group holds.
const N_EVENTS: u32 = 270_000;

/// Events at rows 2, 4, 6, …, each a transaction; every seventh keeps its record; the first is the header.
fn write(directory: &Path) -> Segment {
    let row_of = |event: u32| 2 * event + 2;
    let mut batch = Batch {
        sources: vec![source()],
        ..Batch::default()
    };
    for event in 0..N_EVENTS {
        batch.events.push(EventRow {
            kind: EventKind::Payment,
            transaction: Some((Network::Ethereum, [u8::try_from(event % 251).unwrap(); 32])),
            block: None,
            tx_index: None,
            time: Instant::at(i64::from(event)),
            source: 0,
            row: Some(row_of(event)),
            stale: false,
            form: TransactionForm::default(),
        });
        if event % 7 == 0 {
            let is_header = event == 0;
            batch.records.push(RecordRow {
                source: 0,
                place: RecordPlace::Row(if is_header { 1 } else { row_of(event) }),
                bin: if is_header {
                    RecordBin::Contextual
                } else {
                    RecordBin::SetAside
                },
                reason: is_header.then(|| "header".into()),
                raw: vec![event.to_string().into(), "".into()],
            });
        }
    }
    let mut writer = SegmentWriter::create(directory).unwrap();
    writer.push(batch).unwrap();
    writer.finish(summary(0)).unwrap();
    Segment::open(directory).unwrap()
}

/// Overwrites all pages of a table but those of these columns that hold one of these rows. Returns how
/// many bytes of pages were left.
fn garble(path: &Path, columns: &[&str], rows: &[i64]) -> (usize, usize) {
    let file = fs_err::File::open(path).unwrap().into_file();
    let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Required);
    let read = ArrowReaderMetadata::load(&file, options).unwrap();
    let (groups, pages) = (
        read.metadata().row_groups(),
        read.metadata().offset_index().unwrap(),
    );
    let (mut kept, mut data_end, mut start) = (Vec::new(), 0, 0);
    for (group, pages) in groups.iter().zip(pages) {
        for (column, pages) in group.columns().iter().zip(pages) {
            let (begin, len) = column.byte_range();
            data_end = data_end.max(begin + len);
            if !columns.contains(&column.column_path().string().as_str()) {
                continue;
            }
            let pages = pages.page_locations();
            let behind = pages.iter().skip(1).map(|page| page.first_row_index);
            let mut has_one = false;
            for (page, end) in pages.iter().zip(behind.chain([group.num_rows()])) {
                if rows
                    .iter()
                    .any(|row| (page.first_row_index..end).contains(&(row - start)))
                {
                    has_one = true;
                    let (at, len) = (page.offset, i64::from(page.compressed_page_size));
                    kept.push(at.cast_unsigned()..(at + len).cast_unsigned());
                }
            }
            // A dictionary stands before the first page.
            kept.extend(has_one.then_some(begin..pages[0].offset.cast_unsigned()));
        }
        start += group.num_rows();
    }
    let mut bytes = fs_err::read(path).unwrap();
    let data_end = usize::try_from(data_end).unwrap();
    let mut n_kept = 0;
    for (at, byte) in (4_u64..).zip(&mut bytes[4..data_end]) {
        if kept.iter().any(|range| range.contains(&at)) {
            n_kept += 1;
        } else {
            *byte = 0xff;
        }
    }
    fs_err::write(path, bytes).unwrap();
    (n_kept, data_end)
}

#[test]
fn pages_that_hold_no_cited_row_are_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("segment");
    let segment = write(&path);
    let rows: BTreeSet<u32> = [3, 4095, 200_000, 269_999].into();
    let whole = segment.event_places(&rows).unwrap();
    assert!(
        whole
            .iter()
            .all(|(row, place)| place.row == Some(2 * row + 2))
    );
    assert!(
        whole
            .values()
            .all(|place| place.network == Some(Network::Ethereum))
    );
    let wanted: Vec<i64> = rows.iter().map(|&row| i64::from(row)).collect();
    let columns = ["block", "tx_index", "source", "row", "network"];
    let (n_kept, n_bytes) = garble(&path.join("events.parquet"), &columns, &wanted);
    assert!(
        n_kept * 100 < n_bytes,
        "{n_kept} of {n_bytes} bytes are left"
    );
    assert!(
        segment.read(&[Table::Events]).is_err(),
        "the rest is no table any more"
    );
    let told = |places: &BTreeMap<u32, moneytrail_store::segment::EventPlace>| {
        places
            .iter()
            .map(|(&row, place)| (row, place.locator.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&segment.event_places(&rows).unwrap()), told(&whole));
    assert!(
        segment.event_places(&[N_EVENTS].into()).is_err(),
        "no such row"
    );
}

#[test]
fn a_place_is_found_again_and_its_record_with_its_header() {
    let directory = tempfile::tempdir().unwrap();
    let segment = write(&directory.path().join("segment"));
    // A row with a record, one without, one in the other row group, one that is no row.
    let wanted = [16, 18, 539_994, 17].map(|row| (Some(0), row)).into();
    let found = segment
        .rows_with(Table::Events, ["source", "row"], &wanted)
        .unwrap();
    assert_eq!(
        found,
        [
            (7, (Some(0), 16)),
            (8, (Some(0), 18)),
            (269_996, (Some(0), 539_994))
        ]
    );
    let cells = segment
        .cells_at(&[(0, 16), (0, 18), (0, 539_968)].into())
        .unwrap();
    let texts: Vec<_> = cells
        .iter()
        .map(|(place, cells)| (place.1, &*cells[0]))
        .collect();
    assert_eq!(texts, [(16, "7"), (539_968, "269983")]);
    let headers = segment.headers(&[0, 1].into()).unwrap();
    assert_eq!(headers.len(), 1);
    assert_eq!(&*headers[&0][0], "0");
    assert!(
        segment
            .has_transaction(|network, id| network == Network::Ethereum && id[0] == 250)
            .unwrap()
    );
    assert!(!segment.has_transaction(|_, id| id[0] == 251).unwrap());
}
