//! Which chain format bytes are, from the bytes alone.

use super::exhibit::refuse_other_work;
use super::frames::BLOCK_LEN_MAX;
use super::source::{base_name, key_of, magic_at, open};
use super::unframed::begins_block;
use crate::gather::is_undo_file;
use crate::{Error, Evidence, Format};
use memchr::memmem::find;
use moneytrail_model::Network;

/// Names fields of Bitcoin Core's JSON alone, and of Esplora's alone.
const CORE_FIELDS: [&[u8]; 2] = [b"\"scriptPubKey\"", b"\"versionHex\""];
const ESPLORA_FIELDS: [&[u8]; 3] = [b"\"scriptpubkey\"", b"\"is_coinbase\"", b"\"scriptsig\""];
/// The first names a field of bitcoin-etl's transactions alone; the others stand in each of them.
const ETL_FIELDS: [&[u8]; 4] = [
    b"\"spent_transaction_hash\"",
    b"\"is_coinbase\"",
    b"\"block_timestamp\"",
    b"\"outputs\"",
];

/// The chain format of a file that begins with `head` and has `len` bytes. A kilobyte suffices for
/// binary formats; JSON may need some more.
pub fn sniff(head: &[u8], len: u64) -> Option<Format> {
    if let Some((magic, rest)) = head.split_first_chunk::<4>()
        && Network::from_magic(*magic).is_some()
    {
        let size = rest.first_chunk().map(|size| u32::from_le_bytes(*size));
        let possible = size.is_none_or(|size| (1..=BLOCK_LEN_MAX).contains(&(size as usize)));
        return (possible || len > 8).then_some(Format::BlockFiles);
    }
    if begins_block(head) {
        return Some(Format::RawBlock);
    }
    if super::blockchair::is_dump(head) {
        return Some(Format::Blockchair);
    }
    if super::electrum::is_history(head) {
        return Some(Format::Electrum);
    }
    sniff_json(head)
}

fn sniff_json(head: &[u8]) -> Option<Format> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    let has = |fields: &[&[u8]]| fields.iter().any(|field| find(text, field).is_some());
    if has(&ETL_FIELDS[..1]) || ETL_FIELDS[1..].iter().all(|field| has(&[field])) {
        return Some(Format::BitcoinEtl);
    }
    if has(&CORE_FIELDS) || has(&[b"\"merkleroot\""]) && has(&[b"\"tx\""]) {
        return Some(Format::CoreJson);
    }
    has(&ESPLORA_FIELDS).then_some(Format::EsploraJson)
}

/// The network whose nodes begin block files like this, if its work is scrypt: a magic, a size, and a header
/// of one of its versions.
fn scrypt_network(head: &[u8]) -> Option<Network> {
    let network = match head.first_chunk()? {
        [0xfb, 0xc0, 0xb6, 0xdb] => Network::Litecoin,
        [0xc0, 0xc0, 0xc0, 0xc0] => Network::Dogecoin,
        _ => return None,
    };
    let size = u32::from_le_bytes(*head.get(4..)?.first_chunk()?) as usize;
    (81..=8 * BLOCK_LEN_MAX).contains(&size).then_some(network)
}

/// The chain format of an exhibit: as [`sniff`], and block files that `xor.dat` among or beside
/// them makes readable. Of several files, key and undo data (`rev*.dat`) say nothing of it.
///
/// # Errors
/// If a file does not open, the key has not eight bytes, or the only file is undo data.
pub fn sniff_evidence(evidence: &Evidence) -> Result<Option<Format>, Error> {
    const HEAD_LEN: usize = 1 << 16;
    let is_alone = evidence.files.len() == 1;
    let is_data = |name: &str| {
        let name = base_name(name);
        is_alone || name != "xor.dat" && !is_undo_file(name)
    };
    let by_name = |file: &&crate::EvidenceFile| base_name(&file.name).starts_with("blk");
    let files = || evidence.files.iter().filter(|file| is_data(&file.name));
    for file in files().find(by_name).into_iter().chain(files().take(1)) {
        let Some(map) = file.map()? else { continue };
        if let Some(network) = scrypt_network(&map) {
            refuse_other_work(&file.name, network)?;
        }
        let found = sniff(&map[..map.len().min(HEAD_LEN)], map.len() as u64);
        // Undo data stands behind the same magic and length as a block.
        let looks_like_undo =
            found == Some(Format::BlockFiles) && is_undo_file(base_name(&file.name));
        let block = map.get(8..map.len().min(HEAD_LEN));
        if looks_like_undo && !block.is_some_and(begins_block) {
            return Err(Error::NotReadYet {
                path: file.name.clone(),
                what: "undo data of a node".to_owned(),
                instead: "give the block files beside it (blk*.dat)",
            });
        }
        if found.is_some() {
            return Ok(found);
        }
        let Some(key) = key_of(evidence)? else {
            continue;
        };
        let source = open(file, Some(key))?;
        if source.is_some_and(|source| magic_at(&source, 0).is_some()) {
            return Ok(Some(Format::BlockFiles));
        }
    }
    Ok(None)
}
