//! Segments: one exhibit, normalised, as Parquet. Immutable once its directory bears its name.

use crate::Error;
use crate::disk::{read_json, sha256_of, sync_dir, write_json};
use crate::schema::{Base, Batch, SCHEMA_VERSION, Sink, SourceRow, Table};
use moneytrail_model::{Asset, AssetKey, RecordCounts};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Key of the schema version in each Parquet file.
const SCHEMA_KEY: &str = "moneytrail.schema";

/// What a reader said of an exhibit when it was done; stored as `segment.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SegmentSummary {
    /// Version of the columns.
    pub schema: u32,
    /// Program that wrote it.
    pub program: String,
    /// Format that was read.
    pub format: String,
    /// Rank among sources of the same transaction; the lowest enters the graph (DESIGN §2).
    pub rank: u8,
    /// Network of a chain exhibit.
    pub network: Option<String>,
    /// Records by bin.
    pub counts: RecordCounts,
    /// Figures of the format, in order.
    pub figures: Vec<(String, u64)>,
    /// Stale blocks: height, hash, transactions.
    pub stale: Vec<(Option<u32>, String, u32)>,
    /// What the reader took for granted.
    pub assumptions: Vec<String>,
    /// What a person should look at.
    pub remarks: Vec<String>,
    /// Profile by which columns were read, as TOML.
    pub profile: Option<String>,
    /// Rows and SHA-256 of each table, by file name.
    pub tables: Vec<TableSummary>,
}

/// One table of a segment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TableSummary {
    /// File name.
    pub file: String,
    /// Rows.
    pub n_rows: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// Writes a segment beside its place.
#[derive(Debug)]
pub struct SegmentWriter {
    directory: PathBuf,
    writers: Vec<(Table, ArrowWriter<fs_err::File>, u64)>,
    sources: FxHashMap<SourceRow, i64>,
    assets: FxHashMap<AssetKey, i64>,
    base: Base,
}

impl SegmentWriter {
    /// Begins a segment in `directory`, which must not exist.
    ///
    /// # Errors
    /// If the directory or a file cannot be made.
    pub fn create(directory: &Path) -> Result<Self, Error> {
        fs_err::create_dir_all(directory)?;
        let writers = Table::ALL
            .into_iter()
            .map(|table| {
                let file = fs_err::File::create(directory.join(table.file_name()))?;
                let version = KeyValue::new(SCHEMA_KEY.to_owned(), SCHEMA_VERSION.to_string());
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
                    .set_key_value_metadata(Some(vec![version]))
                    .set_max_row_group_row_count(Some(1 << 20))
                    .build();
                let options = parquet::arrow::arrow_writer::ArrowWriterOptions::new()
                    .with_properties(properties)
                    .with_skip_arrow_metadata(true);
                Ok((
                    table,
                    ArrowWriter::try_new_with_options(file, table.schema(), options)?,
                    0,
                ))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let (sources, assets) = (FxHashMap::default(), FxHashMap::default());
        Ok(Self {
            directory: directory.to_owned(),
            writers,
            sources,
            assets,
            base: Base::default(),
        })
    }

    /// Closes the tables, syncs them and writes `segment.json`.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn finish(self, mut summary: SegmentSummary) -> Result<(), Error> {
        for (table, writer, n_rows) in self.writers {
            let file = writer.into_inner()?;
            file.sync_all()?;
            let path = self.directory.join(table.file_name());
            let sha256 = hex::encode(sha256_of(&path)?);
            summary.tables.push(TableSummary {
                file: table.file_name().to_owned(),
                n_rows,
                sha256,
            });
        }
        write_json(&self.directory.join("segment.json"), &summary)?;
        sync_dir(&self.directory)
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
        for (table, writer, n_rows) in &mut self.writers {
            let rows = match table {
                Table::Sources | Table::Assets => &interned,
                _ => &batch,
            };
            let columns = table.columns(rows, &self.base)?;
            if columns.num_rows() > 0 {
                *n_rows += columns.num_rows() as u64;
                writer.write(&columns)?;
            }
        }
        let grow = |base: &mut i64, n: usize| *base += i64::try_from(n).unwrap_or(i64::MAX - *base);
        grow(&mut self.base.blocks, batch.blocks.len());
        grow(&mut self.base.events, batch.events.len());
        grow(&mut self.base.transfers, batch.transfers.len());
        Ok(())
    }
}

/// A segment of a case, to be read.
#[derive(Clone, Debug)]
pub struct Segment {
    directory: PathBuf,
    summary: SegmentSummary,
}

impl Segment {
    /// Opens the segment in `directory`.
    ///
    /// # Errors
    /// If it is missing, damaged, or of a newer version.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let summary: SegmentSummary = read_json(&directory.join("segment.json"))?;
        refuse_newer(&directory.display().to_string(), summary.schema)?;
        Ok(Self {
            directory: directory.to_owned(),
            summary,
        })
    }

    /// What its reader said.
    pub const fn summary(&self) -> &SegmentSummary {
        &self.summary
    }

    /// SHA-256 over the hashes of its tables: what the index and a report rest on.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for table in &self.summary.tables {
            hash.update(format!("{} {}\n", table.sha256, table.file));
        }
        hash.finalize().into()
    }

    /// Where a table is.
    pub(crate) fn table_path(&self, table: Table) -> PathBuf {
        self.directory.join(table.file_name())
    }

    /// Rows of a table, as its summary says.
    pub(crate) fn n_rows(&self, table: Table) -> u64 {
        let mut tables = self.summary.tables.iter();
        let found = tables.find(|summary| summary.file == table.file_name());
        found.map_or(0, |summary| summary.n_rows)
    }

    /// Reads some of its tables whole; positions are segment-wide.
    ///
    /// # Errors
    /// If a table is damaged or of a newer version.
    pub fn read(&self, tables: &[Table]) -> Result<Batch, Error> {
        let mut batch = Batch::default();
        for &table in tables {
            let path = self.directory.join(table.file_name());
            let reader =
                ParquetRecordBatchReaderBuilder::try_new(fs_err::File::open(&path)?.into_file())?;
            let metadata = reader.metadata().file_metadata().key_value_metadata();
            let version =
                metadata.and_then(|pairs| pairs.iter().find(|pair| pair.key == SCHEMA_KEY));
            let version = version.and_then(|pair| pair.value.as_ref()?.parse().ok());
            let version = version
                .ok_or_else(|| Error::damaged(path.display().to_string(), "no schema version"))?;
            refuse_newer(&path.display().to_string(), version)?;
            for columns in reader.with_batch_size(1 << 16).build()? {
                table.read_into(&columns?, &mut batch)?;
            }
        }
        Ok(batch)
    }

    /// Tables that are missing, or not as they were when they were written.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn damaged_tables(&self) -> Result<Vec<String>, Error> {
        let mut damaged = Vec::new();
        for table in &self.summary.tables {
            let path = self.directory.join(&table.file);
            if !path.is_file() || hex::encode(sha256_of(&path)?) != table.sha256 {
                damaged.push(table.file.clone());
            }
        }
        let listed = |table: &&Table| {
            let mut tables = self.summary.tables.iter();
            tables.any(|known| known.file == table.file_name())
        };
        let unlisted = Table::ALL.iter().filter(|table| !listed(table));
        damaged.extend(unlisted.map(|table| table.file_name().to_owned()));
        Ok(damaged)
    }
}

fn refuse_newer(what: &str, found: u32) -> Result<(), Error> {
    if found > SCHEMA_VERSION {
        return Err(Error::NewerVersion {
            what: what.to_owned(),
            found,
            supported: SCHEMA_VERSION,
        });
    }
    Ok(())
}
