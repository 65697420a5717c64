//! Readers and normalisers: evidence → records → segments, and quarantine.
//!
//! Laws. Formats are detected from the bytes, never from the name. Every record goes into exactly one
//! bin, and the bins add up to what was read. A reader streams: its own memory does not grow with
//! the file. Batches reach the sink in the order of the source, whatever the number of threads.

pub mod table;

mod error;
mod evidence;
mod outcome;

pub use error::Error;
pub use evidence::{Evidence, EvidenceFile};
pub use outcome::{Outcome, StaleBlock};

use moneytrail_model::Network;

/// What a person says about evidence that does not say it itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--as`: the format, against detection.
    pub format: Option<Format>,
    /// `--network`: for blocks without framing and for addresses that several networks share.
    pub network: Option<Network>,
    /// `--profile`: text of a mapping profile in TOML.
    pub profile: Option<String>,
}

/// Formats that can be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Format {
    /// `blk*.dat`, a `blocks/` directory, or any file of framed blocks.
    BlockFiles,
    /// One block without framing, binary or hexadecimal.
    RawBlock,
    /// Bitcoin Core `getblock`, verbosity 2 or 3.
    CoreJson,
    /// Esplora or mempool JSON.
    EsploraJson,
    /// Plain transfer list, delimited text.
    TransferList,
    /// Plain transfer list, Parquet.
    TransferParquet,
    /// Hawala book or other table through a mapping profile: CSV, XLSX, XLS, XLSB, ODS.
    Table,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 7] = [
        Self::BlockFiles,
        Self::RawBlock,
        Self::CoreJson,
        Self::EsploraJson,
        Self::TransferList,
        Self::TransferParquet,
        Self::Table,
    ];

    /// The word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockFiles => "blocks",
            Self::RawBlock => "raw-block",
            Self::CoreJson => "core-json",
            Self::EsploraJson => "esplora-json",
            Self::TransferList => "transfers-csv",
            Self::TransferParquet => "transfers-parquet",
            Self::Table => "table",
        }
    }
}

/// Hears how far a reader has come; called from any thread.
pub trait Progress: Sync {
    /// Bytes of evidence read since the last call.
    fn advance(&self, n_bytes: u64);
}

/// No one listens.
impl Progress for () {
    fn advance(&self, _: u64) {}
}
