//! Readers and normalisers: evidence → records → segments, and quarantine.
//!
//! Laws. Formats are detected from the bytes; names decide only which files of a `blocks/` directory, and
//! which directories of an export, are read together. Every record goes into exactly one
//! bin, and the bins add up to what was read. A reader streams: its own memory does not grow with
//! the file. Batches reach the sink in the order of the source, whatever the number of threads.

pub mod account_chain;
pub mod addresses;
mod archive;
pub mod chain;
mod error;
mod evidence;
mod exchange;
mod gather;
mod outcome;
mod parts;
pub mod rates;
pub mod table;
pub mod tags;

pub use error::Error;
pub use evidence::{Evidence, EvidenceFile};
pub use gather::{Gathered, gather, joined, passed_over};
pub use outcome::{Outcome, StaleBlock};
pub use parts::{Opened, Part, open};
pub use table::is_guarded;

/// Hears how many bytes of evidence were read; called from any thread.
pub use moneytrail_model::Watch as Progress;

use moneytrail_model::Network;
use moneytrail_store::schema::{Sink, Watched};
use std::path::PathBuf;

/// What a person says about evidence that does not say it itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--as`: the format, against detection.
    pub format: Option<Format>,
    /// `--network`: for blocks without framing and for addresses that several networks share.
    pub network: Option<Network>,
    /// `--profile`: text of a mapping profile in TOML.
    pub profile: Option<String>,
    /// Where files without a name are made, for what is unpacked and for rows that wait; `None`: where the
    /// system keeps temporary files. It shows in no batch.
    pub scratch: Option<PathBuf>,
    /// Bytes that parts of a file may take on their way to the sink; `None`: as many as keep the
    /// threads at work. It shows in no batch.
    pub in_flight_bytes_max: Option<usize>,
}

impl Options {
    /// Parts of a file that are in memory at a time, if `n_wanted` keep the threads at work and each
    /// takes `part_bytes`; at least one.
    pub(crate) fn n_in_flight(&self, n_wanted: usize, part_bytes: usize) -> usize {
        let n_max = self
            .in_flight_bytes_max
            .map_or(n_wanted, |bytes| bytes / part_bytes);
        n_wanted.min(n_max).max(1)
    }
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
    /// Transactions as bitcoin-etl and the warehouses made from it give them, JSON lines.
    BitcoinEtl,
    /// Blockchair's dumps of outputs and inputs, tab-separated.
    Blockchair,
    /// A wallet's history as Electrum exports it, CSV.
    Electrum,
    /// Tables that ethereum-etl, or TRON's exporter, wrote of one chain.
    Etl,
    /// CSV of Etherscan and its sister explorers.
    EtherscanCsv,
    /// API answers of Etherscan and its sister explorers.
    EtherscanJson,
    /// CSV of Blockscout.
    BlockscoutCsv,
    /// API answers of TronGrid: TRC-20 transfers.
    TronGridJson,
    /// API answers of Tronscan: token transfers.
    TronscanJson,
    /// What an exchange exports of a customer's account: Binance, Kraken, Coinbase, OKX.
    Exchange,
    /// Plain transfer list, delimited text.
    TransferList,
    /// Plain transfer list, Parquet.
    TransferParquet,
    /// Hawala book or other table through a mapping profile: CSV, XLSX, XLS, XLSB, ODS.
    Table,
    /// An archive whose files are of several formats, or are not all read: each is told by its content.
    Several,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 18] = [
        Self::BlockFiles,
        Self::RawBlock,
        Self::CoreJson,
        Self::EsploraJson,
        Self::BitcoinEtl,
        Self::Blockchair,
        Self::Electrum,
        Self::Etl,
        Self::EtherscanCsv,
        Self::EtherscanJson,
        Self::BlockscoutCsv,
        Self::TronGridJson,
        Self::TronscanJson,
        Self::Exchange,
        Self::TransferList,
        Self::TransferParquet,
        Self::Table,
        Self::Several,
    ];

    /// The format with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    /// Whether files of this format that stand in one archive are read together.
    pub const fn takes_several(self) -> bool {
        !matches!(
            self,
            Self::TransferList
                | Self::TransferParquet
                | Self::Electrum
                | Self::EtherscanCsv
                | Self::EtherscanJson
                | Self::BlockscoutCsv
                | Self::TronGridJson
                | Self::TronscanJson
                | Self::Exchange
        )
    }

    /// Whether the files of a directory that have this format are one exhibit: each holds a part of every
    /// transaction.
    pub const fn is_dump(self) -> bool {
        matches!(self, Self::Blockchair | Self::Etl)
    }

    /// Rank among sources of the same transaction: raw blocks, exports of nodes, API dumps, CSV.
    pub const fn rank(self) -> u8 {
        match self {
            Self::BlockFiles | Self::RawBlock => 0,
            Self::CoreJson | Self::Etl => 1,
            Self::EsploraJson
            | Self::BitcoinEtl
            | Self::EtherscanJson
            | Self::TronGridJson
            | Self::TronscanJson => 2,
            Self::Blockchair
            | Self::Electrum
            | Self::EtherscanCsv
            | Self::BlockscoutCsv
            | Self::Exchange
            | Self::TransferList
            | Self::TransferParquet
            | Self::Several => 3,
            // Its columns are what a person says they are, and its assets may be symbols.
            Self::Table => 4,
        }
    }

    /// The word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockFiles => "blocks",
            Self::RawBlock => "raw-block",
            Self::CoreJson => "core-json",
            Self::EsploraJson => "esplora-json",
            Self::BitcoinEtl => "bitcoin-etl",
            Self::Blockchair => "blockchair",
            Self::Electrum => "electrum",
            Self::Etl => "ethereum-etl",
            Self::EtherscanCsv => "etherscan-csv",
            Self::EtherscanJson => "etherscan-json",
            Self::BlockscoutCsv => "blockscout-csv",
            Self::TronGridJson => "trongrid-json",
            Self::TronscanJson => "tronscan-json",
            Self::Exchange => "exchange",
            Self::TransferList => "transfers-csv",
            Self::TransferParquet => "transfers-parquet",
            Self::Table => "table",
            Self::Several => "several",
        }
    }
}

/// What the bytes of an exhibit are, unless a person said it.
///
/// # Errors
/// [`Error::Empty`], [`Error::UnknownFormat`] or [`Error::NotReadYet`].
pub fn detect(evidence: &Evidence, options: &Options) -> Result<Format, Error> {
    if let Some(format) = options.format.filter(|&format| format != Format::Several) {
        return Ok(format);
    }
    if exchange::mapped::fits(evidence, options)? {
        return Ok(Format::Table);
    }
    if let Some(format) = chain::sniff_evidence(evidence)? {
        return Ok(format);
    }
    if let Some(format) = account_chain::sniff(evidence)? {
        return Ok(format);
    }
    if exchange::sniff(evidence)? {
        return Ok(Format::Exchange);
    }
    table::sniff(evidence)?.ok_or_else(|| unknown(evidence))
}

fn unknown(evidence: &Evidence) -> Error {
    let path = evidence
        .files
        .first()
        .map(|file| file.name.clone())
        .unwrap_or_default();
    let head = evidence
        .files
        .first()
        .and_then(|file| file.map().ok())
        .flatten();
    match head {
        None => Error::Empty { path },
        Some(bytes) => {
            let head = &bytes[..bytes.len().min(16)];
            Error::UnknownFormat {
                path,
                seen: format!("begins with {}", hex::encode(head)),
            }
        }
    }
}

/// Reads an exhibit into a sink.
///
/// # Errors
/// If the exhibit as a whole cannot be taken in; a bad record is no error. If `progress` has it end, at the next batch.
pub fn read(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let sink = &mut Watched::new(sink, progress);
    match format {
        Format::BlockFiles
        | Format::RawBlock
        | Format::CoreJson
        | Format::EsploraJson
        | Format::BitcoinEtl
        | Format::Blockchair
        | Format::Electrum => chain::read(format, evidence, options, sink, progress),
        Format::Etl
        | Format::EtherscanCsv
        | Format::EtherscanJson
        | Format::BlockscoutCsv
        | Format::TronGridJson
        | Format::TronscanJson => account_chain::read(format, evidence, options, sink, progress),
        Format::Exchange => exchange::read(evidence, options, sink, progress),
        Format::TransferList | Format::TransferParquet | Format::Table => {
            table::read(format, evidence, options, sink, progress)
        }
        Format::Several => Err(unknown(evidence)),
    }
}
