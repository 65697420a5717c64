//! Blockchair's dumps of outputs and inputs, tab-separated, one row for each (`chains.md` §1).
//!
//! Laws. A row is a record. The rows of a transaction stand in several files: outputs that it makes in one,
//! inputs that it spends in another, and they are put together whatever the order of files and rows. In a
//! row of inputs `transaction_hash` and `index` name the output that is spent; `spending_…` is the
//! transaction that does it. No row names a block's hash, so that a transaction attaches to the block
//! that another exhibit puts it in; an id that rows put at two heights (BIP30) cannot, and waits. A
//! transaction whose outputs are not here moves nothing that could be followed: its rows are set aside.
//!
//! Method: rows are thrown into buckets by transaction id, in files without a name when they are many, and
//! each bucket is sorted and put together. Memory is that of a bucket ([`BUCKET_LEN`]). O(n log n).

mod columns;
mod join;
mod row;

use super::json::network_of_addresses;
use super::rows::batch_of_file;
use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use columns::Columns;
use join::{Buckets, Joined};
use moneytrail_model::{Asset, AssetKey, Network, RecordBin};
use moneytrail_store::schema::{Batch, RecordPlace, RecordRow, Sink, SourceRow};
use row::Part;

/// Bytes of text whose rows make a bucket.
const BUCKET_LEN: u64 = 64 << 20;
/// Rows of which the addresses tell the network.
const ROWS_LOOKED_AT: usize = 1_000;
/// Rows of records after which a batch ends.
const BATCH_LEN: usize = 4_096;
/// Characters of a row that quarantine shows.
const RAW_LEN_MAX: usize = 1_000;

/// Whether a text begins with the header of such a dump.
pub(super) fn is_dump(head: &[u8]) -> bool {
    Columns::of(line_at(head, 0).0).is_some()
}

/// The line that begins at `at`, without its end, and where the next begins.
fn line_at(bytes: &[u8], at: usize) -> (&[u8], usize) {
    let rest = &bytes[at..];
    let (line, next) = match memchr::memchr(b'\n', rest) {
        Some(end) => (&rest[..end], at + end + 1),
        None => (rest, bytes.len()),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), next)
}

/// Reads the files of a dump.
pub(super) fn read(
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let mut maps = Vec::with_capacity(evidence.files.len());
    for file in &evidence.files {
        let map = file.map()?.ok_or_else(|| Error::Empty {
            path: file.name.clone(),
        })?;
        let columns = Columns::of(line_at(&map, 0).0).ok_or_else(|| Error::Contradiction {
            path: file.name.clone(),
            why: "its first line does not name the columns of Blockchair's inputs or outputs"
                .to_owned(),
        })?;
        maps.push((map, columns));
    }
    let mut options = options.clone();
    let mut assumptions = Vec::new();
    for (file, (map, columns)) in evidence.files.iter().zip(&maps) {
        let (network, assumption) =
            network_of_addresses(&file.name, recipients(map, columns), &options)?;
        assumptions.extend(assumption);
        options.network = Some(network);
    }
    let network = options.network.unwrap_or(Network::Bitcoin);
    let n_bytes: u64 = maps.iter().map(|(map, _)| map.len() as u64).sum();
    let mut reading = Reading {
        sink,
        network,
        sources: evidence
            .files
            .iter()
            .map(|file| source(&file.name))
            .collect(),
        joined: Joined::default(),
        batch: Batch::default(),
    };
    reading.batch = reading.empty();
    let mut buckets = Buckets::new(n_bytes.div_ceil(BUCKET_LEN), options.scratch.as_deref())?;
    for (file, (map, columns)) in (0..).zip(&maps) {
        reading.file(file, map, columns, &mut buckets, progress)?;
    }
    reading.texts_of(&maps, buckets)?;
    Ok(reading.outcome(assumptions))
}

fn source(path: &str) -> SourceRow {
    let mut source = batch_of_file(path).sources.remove(0);
    source.sheet = Some("-".into());
    source
}

/// Addresses of the first rows.
fn recipients<'a>(map: &'a [u8], columns: &'a Columns) -> impl Iterator<Item = &'a str> {
    let mut at = line_at(map, 0).1;
    let lines = std::iter::from_fn(move || {
        let (line, next) = (at < map.len()).then(|| line_at(map, at))?;
        at = next;
        Some(line)
    });
    lines
        .take(ROWS_LOOKED_AT)
        .filter_map(|line| columns.recipient(line))
}

struct Reading<'s> {
    sink: &'s mut dyn Sink,
    network: Network,
    sources: Vec<SourceRow>,
    joined: Joined,
    batch: Batch,
}

impl Reading<'_> {
    fn empty(&self) -> Batch {
        Batch {
            sources: self.sources.clone(),
            assets: vec![Asset::new(AssetKey::Native(self.network))],
            ..Batch::default()
        }
    }

    fn flush_full(&mut self, len_max: usize) -> Result<(), Error> {
        if self.batch.events.len() + self.batch.records.len() > len_max {
            let empty = self.empty();
            self.sink.push(std::mem::replace(&mut self.batch, empty))?;
        }
        Ok(())
    }

    /// Throws the rows of a file into buckets; quarantines those that do not read.
    fn file(
        &mut self,
        file: u32,
        map: &[u8],
        columns: &Columns,
        buckets: &mut Buckets,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        self.joined.counts.count(RecordBin::Contextual);
        let mut at = line_at(map, 0).1;
        let (mut row, mut told) = (1_u32, 0);
        while at < map.len() {
            let start = at;
            let (line, next) = line_at(map, at);
            at = next;
            row = row.saturating_add(1);
            if line.is_empty() {
                self.joined.counts.count(RecordBin::Contextual);
                continue;
            }
            let place = row::PlaceOf {
                file,
                row,
                start: start as u64,
            };
            match Part::read(line, columns, self.network, place) {
                Ok(part) => buckets.throw(&part)?,
                Err(reason) => {
                    self.record(file, row, line, RecordBin::Quarantined, &reason);
                    self.flush_full(BATCH_LEN)?;
                }
            }
            if at - told > 1 << 20 {
                progress.advance((at - told) as u64);
                told = at;
            }
        }
        progress.advance((map.len() - told) as u64);
        Ok(())
    }

    fn record(&mut self, file: u32, row: u32, line: &[u8], bin: RecordBin, reason: &str) {
        self.joined.counts.count(bin);
        let raw = String::from_utf8_lossy(&line[..line.len().min(RAW_LEN_MAX)]);
        self.batch.records.push(RecordRow {
            source: file,
            place: RecordPlace::Row(row),
            bin,
            reason: Some(reason.into()),
            raw: raw.split('\t').map(Box::from).collect(),
        });
    }

    /// Puts the transactions of each bucket together.
    fn texts_of(
        &mut self,
        maps: &[(memmap2::Mmap, Columns)],
        buckets: Buckets,
    ) -> Result<(), Error> {
        for bucket in buckets.into_buckets() {
            let mut parts = bucket.load()?;
            parts.sort_unstable_by_key(Part::order);
            for parts in parts.chunk_by(|a, b| a.txid == b.txid) {
                let refused = self
                    .joined
                    .transaction(self.network, parts, &mut self.batch);
                for (part, bin, reason) in refused {
                    let map = &maps[part.place.file as usize].0;
                    let start = usize::try_from(part.place.start).unwrap_or(usize::MAX);
                    let line = line_at(map, start.min(map.len())).0;
                    self.record(part.place.file, part.place.row, line, bin, &reason);
                }
                self.flush_full(BATCH_LEN)?;
            }
        }
        self.flush_full(0)
    }

    fn outcome(self, assumptions: Vec<String>) -> Outcome {
        let joined = self.joined;
        let mut remarks = Vec::new();
        if joined.n_without_inputs > 0 {
            remarks.push(format!(
                "{} transactions have no inputs here: where their value comes from stands in a dump of inputs of the same days",
                joined.n_without_inputs
            ));
        }
        if joined.n_without_outputs > 0 {
            remarks.push(format!(
                "{} transactions have no outputs here and are set aside: add the dump of outputs of the same days together with this one",
                joined.n_without_outputs
            ));
        }
        let figures = [
            ("transactions", joined.n_transactions),
            ("inputs", joined.n_inputs),
            ("outputs", joined.n_outputs),
            ("multi-input transactions", joined.n_multi_input),
        ];
        Outcome {
            format: Format::Blockchair,
            network: Some(self.network),
            counts: joined.counts,
            figures: figures.map(|(name, n)| (name.to_owned(), n)).to_vec(),
            stale: Vec::new(),
            assumptions,
            remarks,
            profile: None,
        }
    }
}
