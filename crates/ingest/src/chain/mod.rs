//! Bitcoin: block files, raw blocks, node JSON, API JSON → rows.
//!
//! Laws. Records in = out: every transaction is transferred, set aside (stale, duplicate, not yet in
//! a block) or quarantined with its reason, and a stretch of bytes that holds none counts as one
//! quarantined record. Nothing counts that its own proof contradicts: a block's work, merkle root and
//! witness commitment are checked, and so is each id that a format states. Rows and figures do not
//! depend on the number of threads. Memory is bounded by a queue of blocks (or one JSON element),
//! a header for each block, and the bound on fingerprints of resolved inputs.
//!
//! Reading order: [`sniff`](sniff()) tells formats apart; `source`, `wire`, `hash`, `proof` read bytes;
//! `frames` finds blocks in files; `tree` tells which count; `undo` finds what they spend; `chunks` cuts them into batches;
//! `reading`, `rows` and `block` make rows; `exhibit` and `files` put it together; `json` does the
//! same for JSON; `blockchair` puts rows of tables together.

mod block;
mod blockchair;
mod cash;
mod chunks;
mod electrum;
mod exhibit;
mod files;
mod frames;
mod hash;
mod inspect;
pub(crate) mod json;
pub mod kernel;
mod proof;
mod reading;
mod rows;
mod sniff;
mod source;
mod stamp;
mod tally;
mod tree;
mod undo;
mod unframed;
mod wire;

pub use inspect::{Overview, inspect};
pub use sniff::{sniff, sniff_evidence};

use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use exhibit::Exhibit;
use moneytrail_store::schema::Sink;

pub(crate) use rows::batch_of_file;

/// Reads an exhibit of one of the chain formats into a sink.
///
/// # Errors
/// If a file does not open, the sink refuses, or the exhibit as a whole cannot be taken in: blocks of
/// several networks, a key of the wrong length, a format that is none of a chain's. A bad block or
/// transaction is no error: it goes to quarantine.
pub fn read(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    match format {
        Format::BlockFiles => files::read(
            Exhibit::of_block_files(evidence, options)?,
            format,
            sink,
            progress,
        ),
        Format::RawBlock => files::read(
            Exhibit::of_raw_blocks(evidence, options)?,
            format,
            sink,
            progress,
        ),
        Format::CoreJson | Format::EsploraJson | Format::BitcoinEtl => {
            json::read(format, evidence, options, sink, progress)
        }
        Format::Blockchair => blockchair::read(evidence, options, sink, progress),
        Format::Electrum => electrum::read(evidence, options, sink, progress),
        other => Err(Error::UnknownFormat {
            path: evidence
                .files
                .first()
                .map(|file| file.name.clone())
                .unwrap_or_default(),
            seen: format!("{} is no format of a chain", other.as_str()),
        }),
    }
}
