//! Segments: one exhibit, normalised, as Parquet. Immutable once its directory bears its name.

mod encoding;
mod hashed;
mod look;
mod places;
mod read;
mod scan;
mod select;
mod table;
mod writer;

pub use look::CellAt;
pub use places::{Cells, EventPlace};
pub(crate) use scan::TableScan;
pub use select::Pair;
pub use writer::SegmentWriter;

use crate::Error;
use crate::disk::{read_json, sha256_of};
use crate::schema::{SCHEMA_VERSION, Table};
use moneytrail_model::RecordCounts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

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
