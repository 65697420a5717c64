//! A plain list as delimited text.
//!
//! Method: the mapped file is cut into chunks of a fixed size at line ends (and never inside a group
//! of rows of one event); the chunks of a wave are parsed side by side while those of the wave before
//! are pushed in order, which is when their rows are numbered. A quoted
//! cell that is not closed on its line is quarantined: a list has one record on a line, and a stray
//! quote must not swallow the rest of the file.

use super::facts::facts_of;
use super::header::ListColumns;
use super::line::{Lines, count_lines, decode, line_at, raw, split};
use super::rows::{ListBatch, ListCells, ListFacts};
use super::{etl_refused, outcome};
use crate::table::text;
use crate::{Error, EvidenceFile, Format, Options, Outcome, Progress, account_chain};
use encoding_rs::Encoding;
use moneytrail_model::{RecordBin, RecordCounts};
use moneytrail_store::schema::{Batch, RecordPlace, Sink};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Bytes of a chunk. Batches depend on it, so it is no option.
const CHUNK_BYTES: usize = 1 << 18;
/// Chunks of a wave, for each thread: so many that the threads seldom wait for the last. Batches do
/// not depend on it.
pub(super) const WAVE_CHUNKS: usize = 8;
/// Text in UTF-16 is turned into UTF-8 in memory, up to this size.
const TRANSCODE_BYTES_MAX: usize = 1 << 30;

/// The header of a list, and how its lines are cut.
#[derive(Clone, Debug)]
pub(crate) struct ListHead {
    pub(crate) columns: ListColumns,
    pub(crate) header: Vec<String>,
    pub(crate) delimiter: u8,
    pub(crate) encoding: &'static Encoding,
    /// Bytes before the header: a byte order mark and blank lines.
    start: usize,
    /// Where the first line after the header begins.
    pub(super) body: usize,
    /// Row of the header, from 1.
    pub(crate) header_row: u32,
}

impl ListHead {
    /// The header of these bytes, if they are a plain list.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let encoding = text::encoding_of(bytes);
        let start = if bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let (mut at, mut header_row) = (start, 1);
        while line_at(bytes, at).0.iter().all(u8::is_ascii_whitespace) {
            let next = line_at(bytes, at).1;
            if next >= bytes.len() || next == at {
                return None;
            }
            at = next;
            header_row += 1;
        }
        let (line, body) = line_at(bytes, at);
        [b',', b';', b'\t', b'|'].into_iter().find_map(|delimiter| {
            let mut cells = Vec::new();
            split(line, delimiter, &mut cells).ok()?;
            let header: Vec<String> = cells
                .iter()
                .map(|cell| encoding.decode(cell).0.trim().to_owned())
                .collect();
            ListColumns::of_header(&header).map(|columns| Self {
                columns,
                header,
                delimiter,
                encoding,
                start: at,
                body,
                header_row,
            })
        })
    }

    /// Reads the cells of a line; the error is the reason for quarantine.
    pub(super) fn cells<'a>(
        &self,
        line: &'a [u8],
        cells: &mut Vec<Cow<'a, [u8]>>,
    ) -> Result<(), String> {
        split(line, self.delimiter, cells)?;
        let n = self.columns.n_columns;
        while cells.len() > n && cells.last().is_some_and(|cell| cell.is_empty()) {
            cells.pop();
        }
        if cells.len() == n {
            return Ok(());
        }
        Err(format!("row has {} cells, the header has {n}", cells.len()))
    }
}

/// Bytes of a list as ASCII-compatible text.
fn bytes_of<'a>(file: &EvidenceFile, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
    if !text::is_utf16(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    if bytes.len() > TRANSCODE_BYTES_MAX {
        return Err(Error::Container {
            path: file.name.clone(),
            why: "UTF-16 text over 1 GiB: convert it to UTF-8 first".to_owned(),
        });
    }
    let text = text::encoding_of(bytes).decode(bytes).0.into_owned();
    Ok(Cow::Owned(text.into_bytes()))
}

/// Reads a plain list of delimited text.
///
/// # Errors
/// If the header is none of a list or one of ethereum-etl, or the sink refuses a batch.
pub(crate) fn read_delimited(
    file: &EvidenceFile,
    bytes: &[u8],
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    read_chunked(file, bytes, CHUNK_BYTES, options, sink, progress)
}

fn head_of(file: &EvidenceFile, bytes: &[u8]) -> Result<ListHead, Error> {
    if let Some(table) = account_chain::etl::table_at(bytes) {
        return Err(etl_refused(&file.name, table));
    }
    ListHead::of(bytes).ok_or_else(|| Error::NeedsProfile {
        path: file.name.clone(),
        why: "no header with source, target, time and amount in the first line".to_owned(),
    })
}

fn read_chunked(
    file: &EvidenceFile,
    bytes: &[u8],
    chunk_bytes: usize,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let bytes = &*bytes_of(file, bytes)?;
    let head = head_of(file, bytes)?;
    let (facts, mut assumptions) = facts_of(&head, bytes, chunk_bytes);
    // One wave is parsed while another is pushed; rows take about twice the bytes of their text.
    let n_wanted = WAVE_CHUNKS * rayon::current_num_threads();
    let n_chunks = options.n_in_flight(n_wanted, 4 * chunk_bytes);
    let (mut counts, mut n_events) = (RecordCounts::default(), 0_u64);
    let front = front(&head, file, &facts, bytes);
    counts.add(front.1);
    sink.push(front.0)?;
    let (mut start, mut next_row) = (head.body, head.header_row + 1);
    let mut ready: Vec<Parsed> = Vec::new();
    while start < bytes.len() || !ready.is_empty() {
        let wave = wave(&head, bytes, start, chunk_bytes, n_chunks);
        start = wave.last().map_or(bytes.len(), |chunk| chunk.end);
        let parsed: Vec<OnceLock<Parsed>> = wave.iter().map(|_| OnceLock::new()).collect();
        let (head, facts) = (&head, &facts);
        rayon::in_place_scope(|scope| {
            for (chunk, parsed) in wave.into_iter().zip(&parsed) {
                scope.spawn(move |_| {
                    parsed.get_or_init(|| parse(head, facts, file, &bytes[chunk]));
                });
            }
            ready.drain(..).try_for_each(|mut parsed| {
                number_rows(&mut parsed.batch, next_row);
                next_row += parsed.n_rows;
                counts.add(parsed.counts);
                n_events += parsed.batch.events.len() as u64;
                sink.push(parsed.batch)?;
                progress.advance(parsed.n_bytes);
                Ok::<(), Error>(())
            })
        })?;
        ready.extend(parsed.into_iter().filter_map(OnceLock::into_inner));
    }
    assumptions.extend(unread(&head));
    Ok(outcome(Format::TransferList, counts, n_events, assumptions))
}

/// Rows of a chunk, numbered from 0.
#[derive(Debug)]
struct Parsed {
    batch: Batch,
    counts: RecordCounts,
    n_rows: u32,
    n_bytes: u64,
}

/// Numbers the rows of a chunk from `first` on.
fn number_rows(batch: &mut Batch, first: u32) {
    let rows = batch
        .events
        .iter_mut()
        .filter_map(|event| event.row.as_mut());
    rows.for_each(|row| *row += first);
    for record in &mut batch.records {
        if let RecordPlace::Row(row) = &mut record.place {
            *row += first;
        }
    }
}

/// Columns that are not read, as a sentence.
fn unread(head: &ListHead) -> Option<String> {
    let names: Vec<&str> = head
        .header
        .iter()
        .zip(&head.columns.roles)
        .filter(|(_, role)| role.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    (!names.is_empty()).then(|| format!("columns not read: {}", names.join(", ")))
}

/// The batch of what stands before the first row: the header and blank lines.
fn front(
    head: &ListHead,
    file: &EvidenceFile,
    facts: &ListFacts,
    bytes: &[u8],
) -> (Batch, RecordCounts) {
    let mut batch = ListBatch::new(facts, &file.name, 0);
    for row in 1..head.header_row {
        batch.keep(row, RecordBin::Contextual, "blank", Vec::new());
    }
    let mut cells = Vec::new();
    let (line, _) = line_at(bytes, head.start);
    // The header was read before, so it splits.
    let _ = split(line, head.delimiter, &mut cells);
    let raw = raw(&cells, head.encoding);
    batch.keep(head.header_row, RecordBin::Contextual, "header", raw);
    batch.finish()
}

/// The next chunks, at most `n_chunks`, each ending at a line end.
pub(super) fn wave(
    head: &ListHead,
    bytes: &[u8],
    start: usize,
    chunk_bytes: usize,
    n_chunks: usize,
) -> Vec<std::ops::Range<usize>> {
    let mut chunks = Vec::with_capacity(n_chunks);
    let mut start = start;
    while start < bytes.len() && chunks.len() < n_chunks {
        let end = cut(head, bytes, start.saturating_add(chunk_bytes));
        chunks.push(start..end);
        start = end;
    }
    chunks
}

/// The first place from `near` on where a line ends and no event is open.
fn cut(head: &ListHead, bytes: &[u8], near: usize) -> usize {
    if near >= bytes.len() {
        return bytes.len();
    }
    let mut at = line_at(bytes, near).1;
    let Some(column) = head.columns.event else {
        return at;
    };
    let mut open: Option<Vec<u8>> = None;
    while at < bytes.len() {
        let (line, next) = line_at(bytes, at);
        let mut cells = Vec::new();
        if head.cells(line, &mut cells).is_ok() {
            let event = cells[column].trim_ascii();
            match &open {
                Some(open) if open.is_empty() || open != event => return at,
                _ => open = Some(event.to_vec()),
            }
        }
        at = next;
    }
    at
}

fn parse(head: &ListHead, facts: &ListFacts, file: &EvidenceFile, chunk: &[u8]) -> Parsed {
    let n_rows = count_lines(chunk);
    let mut batch = ListBatch::new(facts, &file.name, n_rows as usize);
    let mut row = 0;
    let mut cells = Vec::new();
    if let Ok(text) = std::str::from_utf8(chunk) {
        let mut texts = Vec::with_capacity(head.columns.n_columns);
        let mut lines = Lines::of(text, head.delimiter);
        while let Some(line) = lines.next(&mut texts) {
            if !take_simple(head, &mut batch, row, line, &texts) {
                take_any(head, &mut batch, row, line.as_bytes(), &mut cells);
            }
            row += 1;
        }
    } else {
        let mut at = 0;
        while at < chunk.len() {
            let (line, next) = line_at(chunk, at);
            take_any(head, &mut batch, row, line, &mut cells);
            at = next;
            row += 1;
        }
    }
    let (batch, counts) = batch.finish();
    Parsed {
        batch,
        counts,
        n_rows,
        n_bytes: chunk.len() as u64,
    }
}

/// Takes a line whose cells are known, if all is well with it: the quick way.
#[inline]
fn take_simple(
    head: &ListHead,
    batch: &mut ListBatch<'_>,
    row: u32,
    line: &str,
    cells: &[&str],
) -> bool {
    let cell = |column: usize| cells[column];
    cells.len() == head.columns.n_columns
        && !is_blank(line.as_bytes())
        && batch.take(row, ListCells::of(&head.columns, cell)).is_ok()
}

/// Takes or keeps any line.
fn take_any<'a>(
    head: &ListHead,
    batch: &mut ListBatch<'_>,
    row: u32,
    line: &'a [u8],
    cells: &mut Vec<Cow<'a, [u8]>>,
) {
    if is_blank(line) {
        batch.keep(row, RecordBin::Contextual, "blank", Vec::new());
    } else if let Err(reason) = take(head, batch, row, line, cells) {
        let kept = if cells.is_empty() {
            vec![decode(line, head.encoding).into()]
        } else {
            raw(cells, head.encoding)
        };
        batch.keep(row, RecordBin::Quarantined, &reason, kept);
    }
}

fn take<'a>(
    head: &ListHead,
    batch: &mut ListBatch<'_>,
    row: u32,
    line: &'a [u8],
    cells: &mut Vec<Cow<'a, [u8]>>,
) -> Result<(), String> {
    head.cells(line, cells)?;
    let texts = cells.iter().map(|cell| decode(cell, head.encoding));
    let texts: Vec<Cow<'_, str>> = texts.collect();
    batch.take(row, ListCells::of(&head.columns, |column| &texts[column]))
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// What a list looks like, for a person: head, facts and the outcome of reading it into nothing.
pub(crate) fn inspect_delimited(
    file: &EvidenceFile,
    bytes: &[u8],
) -> Result<(ListHead, Outcome, Vec<Batch>), Error> {
    let bytes = &*bytes_of(file, bytes)?;
    let head = head_of(file, bytes)?;
    let mut kept = Kept(Vec::new());
    let outcome = read_chunked(
        file,
        bytes,
        CHUNK_BYTES,
        &Options::default(),
        &mut kept,
        &(),
    )?;
    Ok((head, outcome, kept.0))
}

/// Keeps the records of each batch and lets the rest go.
struct Kept(Vec<Batch>);

impl Sink for Kept {
    fn push(&mut self, mut batch: Batch) -> Result<(), moneytrail_store::Error> {
        batch.events = Vec::new();
        batch.transfers.truncate(5);
        if !batch.records.is_empty() || self.0.is_empty() {
            self.0.push(batch);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moneytrail_store::schema::{EventRow, RecordRow, TransferRow};
    use proptest::prelude::*;
    use std::fmt::Write;

    fn file() -> EvidenceFile {
        EvidenceFile::new("list.csv".to_owned(), "list.csv".into())
    }

    type Content = (
        Vec<EventRow>,
        Vec<(u32, TransferRow, String)>,
        Vec<RecordRow>,
        RecordCounts,
    );

    /// Everything read, independent of where batches end.
    fn content(text: &[u8], chunk_bytes: usize) -> Content {
        let mut batches: Vec<Batch> = Vec::new();
        let outcome = read_chunked(
            &file(),
            text,
            chunk_bytes,
            &Options::default(),
            &mut batches,
            &(),
        )
        .unwrap();
        let (mut events, mut transfers, mut records) = (Vec::new(), Vec::new(), Vec::new());
        for batch in batches {
            let offset = u32::try_from(events.len()).unwrap();
            for mut transfer in batch.transfers.iter() {
                let asset = batch.assets[transfer.asset as usize].key().to_string();
                let row = batch.events[transfer.event as usize].row.unwrap();
                transfer.event += offset;
                transfer.asset = 0;
                transfers.push((row, transfer, asset));
            }
            events.extend(batch.events);
            records.extend(batch.records);
        }
        (events, transfers, records, outcome.counts)
    }

    #[test]
    fn a_list_with_everything() {
        let text = "ID;From;To;Time;Amount;Asset;Event\r\n\
            1;alice;bob;2024-05-04;12.50;EUR;e1\r\n\
            2;bob;carol;2024-05-04 10:00;3;EUR;e1\n\
            \n\
            3;\"o\"\"neil; x\";dave;1714780800;7;list:gold;\n\
            4;x;y;2024-02-30;1;EUR;\n\
            5;;y;2024-02-03;1;EUR;\n\
            6;x;y;2024-02-03;9999999999999999999999999999999999999999;EUR;\n\
            7;x;y\n\
            8;x;\"y;2024-02-03;1;EUR;\n\
            9;x;y;2024-02-03;-1;EUR;\n";
        let (events, transfers, records, counts) = content(text.as_bytes(), 30);
        assert_eq!(events.len(), 2, "two rows of one event, one alone");
        assert_eq!(transfers.len(), 3);
        assert_eq!(counts.total(), 11);
        assert_eq!(
            (counts.transferred, counts.contextual, counts.quarantined),
            (3, 2, 6)
        );
        let reasons: Vec<&str> = records
            .iter()
            .map(|record| record.reason.as_deref().unwrap())
            .collect();
        assert_eq!(
            reasons,
            [
                "header",
                "blank",
                "time is no date and no number",
                "no source",
                "amount has more than 38 digits",
                "row has 3 cells, the header has 7",
                "a quoted cell is not closed on its line",
                "amount is negative",
            ]
        );
        assert_eq!(
            transfers[2].1.from.clone(),
            moneytrail_store::schema::Endpoint::Account(moneytrail_model::AccountKey::Listed(
                "o\"neil; x".into()
            ))
        );
    }

    #[test]
    fn windows_and_utf16_text_is_read() {
        let text = "from;to;time;amount\nŠime;Đuro;2024-05-04;12,5\n";
        let (cp1250, _, _) = encoding_rs::WINDOWS_1250.encode(text);
        let (_, transfers, _, _) = content(&cp1250, 1000);
        assert_eq!(transfers[0].1.amount.unwrap().units(), 125);
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let (_, transfers, _, _) = content(&utf16, 1000);
        assert_eq!(
            transfers[0].1.from,
            moneytrail_store::schema::Endpoint::Account(moneytrail_model::AccountKey::Listed(
                "Šime".into()
            ))
        );
    }

    proptest! {
        #[test]
        fn chunks_may_end_anywhere(
            rows in prop::collection::vec(("[a-c\"]{0,3}", 0_u8..3, "[0-9.]{0,5}"), 0..40),
            chunk_bytes in 1_usize..200,
        ) {
            let mut text = "source,target,time,amount,event\n".to_owned();
            for (name, event, amount) in rows {
                writeln!(text, "{name},b,5,{amount},{event}").unwrap();
            }
            let whole = content(text.as_bytes(), 1 << 20);
            prop_assert_eq!(whole.3.total(), text.lines().count() as u64);
            prop_assert_eq!(content(text.as_bytes(), chunk_bytes), whole);
        }

        #[test]
        fn garbage_goes_to_quarantine(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut text = b"source,target,time,amount\n".to_vec();
            text.extend(bytes);
            let (_, transfers, records, counts) = content(&text, 64);
            prop_assert_eq!(counts.total(), (transfers.len() + records.len()) as u64);
        }

        #[test]
        fn threads_change_nothing(n_rows in 0_usize..500) {
            let mut text = "source,target,time,amount,event\n".to_owned();
            for row in 0..n_rows {
                writeln!(text, "a{row},b,{row},1.5,{}", row / 3).unwrap();
            }
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let mut batches: Vec<Batch> = Vec::new();
                    read_chunked(&file(), text.as_bytes(), 100, &Options::default(), &mut batches, &()).unwrap();
                    batches
                })
            };
            prop_assert_eq!(run(1), run(4));
        }
    }
}
