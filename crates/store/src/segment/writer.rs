//! Writing a segment.
//!
//! Method: batches are numbered as they come, gathered until there is work for all threads, and
//! then encoded with all tables and columns side by side. How many are gathered shows in no byte.

use super::table::{Placed, TableWriter};
use super::{SegmentSummary, TableSummary};
use crate::Error;
use crate::disk::{sync_dir, write_json};
use crate::schema::{Base, Batch, Sink, SourceRow, Table};
use moneytrail_model::{Asset, AssetKey};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};

/// Rows that are gathered before they are encoded.
const GATHERED_ROWS: usize = 1 << 15;

/// Writes a segment beside its place.
pub struct SegmentWriter {
    directory: PathBuf,
    tables: Vec<TableWriter>,
    sources: FxHashMap<SourceRow, i64>,
    assets: FxHashMap<AssetKey, i64>,
    base: Base,
    gathered: Vec<Placed>,
    n_gathered_rows: usize,
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWriter")
            .field("directory", &self.directory)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl SegmentWriter {
    /// Begins a segment in `directory`, which must not exist.
    ///
    /// # Errors
    /// If the directory or a file cannot be made.
    pub fn create(directory: &Path) -> Result<Self, Error> {
        fs_err::create_dir_all(directory)?;
        let tables = Table::ALL
            .into_iter()
            .map(|table| TableWriter::create(table, directory))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self {
            directory: directory.to_owned(),
            tables,
            sources: FxHashMap::default(),
            assets: FxHashMap::default(),
            base: Base::default(),
            gathered: Vec::new(),
            n_gathered_rows: 0,
        })
    }

    /// Closes the tables, syncs them and writes `segment.json`.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn finish(mut self, mut summary: SegmentSummary) -> Result<(), Error> {
        self.encode()?;
        let tables = self.tables.into_par_iter().map(|writer| {
            let table = writer.table();
            let (n_rows, sha256) = writer.finish()?;
            Ok(TableSummary {
                file: table.file_name().to_owned(),
                n_rows,
                sha256: hex::encode(sha256),
            })
        });
        summary.tables = tables.collect::<Result<_, Error>>()?;
        write_json(&self.directory.join("segment.json"), &summary)?;
        sync_dir(&self.directory)
    }

    /// Encodes what was gathered.
    fn encode(&mut self) -> Result<(), Error> {
        let gathered = std::mem::take(&mut self.gathered);
        self.n_gathered_rows = 0;
        let tables = self.tables.par_iter_mut().with_max_len(1);
        tables.try_for_each(|table| table.write(&gathered))
    }

    /// Rows of a source or asset that the segment does not hold yet; positions of all.
    fn intern(&mut self, batch: &Batch) -> Batch {
        let mut new = Batch::default();
        let Self {
            sources,
            assets,
            base,
            ..
        } = self;
        let next = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        base.sources.clear();
        for source in &batch.sources {
            let position = next(sources.len());
            base.sources
                .push(*sources.entry(source.clone()).or_insert_with(|| {
                    new.sources.push(source.clone());
                    position
                }));
        }
        base.assets.clear();
        for asset in &batch.assets {
            let position = next(assets.len());
            base.assets
                .push(*assets.entry(asset.key().clone()).or_insert_with(|| {
                    new.assets.push(Asset::clone(asset));
                    position
                }));
        }
        new
    }
}

impl Sink for SegmentWriter {
    fn push(&mut self, batch: Batch) -> Result<(), Error> {
        let interned = self.intern(&batch);
        let base = self.base.clone();
        let grow = |base: &mut i64, n: usize| *base += i64::try_from(n).unwrap_or(i64::MAX - *base);
        grow(&mut self.base.blocks, batch.blocks.len());
        grow(&mut self.base.events, batch.events.len());
        grow(&mut self.base.transfers, batch.transfers.len());
        self.n_gathered_rows += batch.transfers.len().max(batch.records.len());
        self.gathered.push(Placed {
            batch,
            interned,
            base,
        });
        if self.n_gathered_rows >= GATHERED_ROWS {
            self.encode()?;
        }
        Ok(())
    }
}
