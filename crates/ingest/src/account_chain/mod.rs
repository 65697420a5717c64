//! Chains of accounts, EVM and TRON: exports of nodes and of explorers → rows.
//!
//! Laws. A transfer goes from account to account; a transaction is one event, with its legs in the order of the
//! chain and its gas or energy as a transfer of its own to `fees`. A failed transaction moves its fee only, and a
//! call that was undone moves nothing. An asset is (network, contract): symbols are labels. The zero address
//! creates and destroys. Amounts are exact, and from 10³⁸ on in quarantine. Records in = out.
//!
//! Reading order: `field` reads text; `movement` is what readers make; `tokens` and `poisoning` are rules; `emit`
//! makes rows; `network` tells chains apart; `etl` reads exports of nodes, `explorer` those of explorers.

mod emit;
pub(crate) mod etl;
mod explorer;
mod field;
mod inspect;
mod movement;
mod network;
mod poisoning;
mod tokens;

pub use inspect::{Inspection, KeptRow, inspect};

use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use moneytrail_store::schema::Sink;

/// Bytes at the beginning of a file in which formats are looked for.
const HEAD_LEN: usize = 64 * 1024;

/// The account-chain format of an exhibit by its bytes. Tables of one export are one exhibit; of explorers' files
/// each is.
///
/// # Errors
/// If a file cannot be mapped.
pub fn sniff(evidence: &Evidence) -> Result<Option<Format>, Error> {
    let mut is_export = !evidence.files.is_empty();
    for file in &evidence.files {
        let map = file.map()?;
        is_export &= map.is_some_and(|map| etl::table_at(&map).is_some());
    }
    if is_export {
        return Ok(Some(Format::Etl));
    }
    let [file] = &evidence.files[..] else {
        return Ok(None);
    };
    let map = file.map()?;
    Ok(map.and_then(|map| explorer::sniff(&map[..map.len().min(HEAD_LEN)])))
}

/// Reads an exhibit of one of the account-chain formats into a sink.
///
/// # Errors
/// If a file does not open or is not of the format, the network contradicts the content, or the sink refuses a
/// batch. A bad row is no error: it goes to quarantine.
pub fn read(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    match format {
        Format::Etl => etl::read(evidence, options, sink, progress),
        Format::EtherscanCsv
        | Format::EtherscanJson
        | Format::BlockscoutCsv
        | Format::TronGridJson
        | Format::TronscanJson => explorer::read(format, evidence, options, sink, progress),
        other => Err(Error::UnknownFormat {
            path: evidence
                .files
                .first()
                .map(|file| file.name.clone())
                .unwrap_or_default(),
            seen: format!("{} is no format of an account chain", other.as_str()),
        }),
    }
}
