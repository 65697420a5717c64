//! One block without framing, binary or hexadecimal.
//!
//! Law: such bytes name no network. It is what a person states, else the main network (regtest where
//! only that allows the target), and then an assumption that is printed.

use super::frames::BlockFrame;
use super::proof::{check_work, target};
use super::source::Source;
use super::tree::genesis_hash;
use super::wire::{HEADER_LEN, Header, coinbase_script};
use crate::{Error, EvidenceFile, Options};
use bitcoin::Target;
use moneytrail_model::Network;

/// Time in the header of the first block: no block is older.
const TIME_MIN: u32 = 1_231_006_505;

/// Opens a file, decoding it if it is hexadecimal text.
pub(super) fn open(file: &EvidenceFile) -> Result<Source, Error> {
    let Some(map) = file.map()? else {
        return Err(Error::Empty {
            path: file.name.clone(),
        });
    };
    if !is_digits(&map[..map.len().min(2 * HEADER_LEN)]) {
        return Ok(Source::mapped(&file.name, map, [0; 8]));
    }
    let decoded = decode(&map).ok_or_else(|| Error::Container {
        path: file.name.clone(),
        why: "it begins with hexadecimal digits, and goes on with something else".to_owned(),
    })?;
    Ok(Source::decoded(&file.name, decoded))
}

fn is_digits(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace())
}

/// Bytes of hexadecimal digits; white space may stand anywhere.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    hex::decode(digits).ok()
}

/// Whether these are the first bytes of a block: a header whose work holds on some network, not
/// older than the first block, and a coinbase.
pub(super) fn begins_block(head: &[u8]) -> bool {
    let decoded;
    let head = if is_digits(head) {
        let digits: Vec<u8> = head.iter().copied().filter(u8::is_ascii_hexdigit).collect();
        let Ok(bytes) = hex::decode(&digits[..digits.len() / 2 * 2]) else {
            return false;
        };
        decoded = bytes;
        &decoded
    } else {
        head
    };
    let Ok(header) = Header::parse(head) else {
        return false;
    };
    header.time >= TIME_MIN
        && check_work(&header.hash, header.bits, Network::Regtest).is_ok()
        && coinbase_script(head).is_some()
}

/// The network of a block without framing, and the assumption that lies in it.
pub(super) fn network_of(
    first: Option<&BlockFrame>,
    options: &Options,
) -> (Network, Option<String>) {
    if let Some(network) = options.network {
        return (network, None);
    }
    let hash = first.map(|block| block.hash);
    let of_genesis = Network::ALL
        .into_iter()
        .find(|&network| hash.is_some() && genesis_hash(network) == hash);
    if let Some(network) = of_genesis {
        return (network, None);
    }
    let only_regtest = first
        .and_then(|block| target(block.bits))
        .is_some_and(|target| target > Target::MAX_ATTAINABLE_SIGNET);
    let network = if only_regtest {
        Network::Regtest
    } else {
        Network::Bitcoin
    };
    let assumption = format!(
        "a block without framing names no network: it is taken to be of {network} (--network states another)"
    );
    (network, Some(assumption))
}
