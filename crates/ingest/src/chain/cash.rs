//! Bitcoin Cash among block files: its nodes write Bitcoin's magic.
//!
//! Law: blocks of the two are never mixed up where their own content tells. Since the fork of August 2017 a
//! signature on Bitcoin Cash has the bit `SIGHASH_FORKID` in its hash type, and no transaction has a
//! witness; on Bitcoin no valid signature has that bit.

use super::exhibit::Scanned;
use super::frames::Frame;
use super::wire::{Cursor, HEADER_LEN, Transaction};
use moneytrail_model::Network;

/// Time of the fork's last common block, 478,558.
const FORK_TIME: u32 = 1_501_611_180;
/// Signatures that decide.
const SIGNATURES_MAX: u32 = 200;
/// Blocks that are looked at.
const BLOCKS_MAX: usize = 32;
/// The bit of the hash type.
const FORK_ID: u8 = 0x40;

/// Whether blocks behind Bitcoin's magic are of Bitcoin Cash, where their signatures say it.
pub(super) fn is_cash(files: &[Scanned]) -> Option<bool> {
    let blocks = files.iter().flat_map(|(source, scan)| {
        let frames = scan.frames.iter().filter_map(|frame| match frame {
            Frame::Block(block) => Some(block),
            Frame::Gap { .. } => None,
        });
        let of_bitcoin = frames
            .filter(|block| block.network == Some(Network::Bitcoin) && block.time > FORK_TIME);
        of_bitcoin.map(move |block| source.bytes(block.start..block.end()))
    });
    let (mut n_with, mut n_without) = (0, 0);
    for block in blocks.take(BLOCKS_MAX) {
        see(&block, &mut n_with, &mut n_without);
        if n_with + n_without >= SIGNATURES_MAX {
            break;
        }
    }
    (n_with + n_without > 0).then_some(n_with > n_without)
}

/// Counts signatures with and without the bit; a witness counts as one without.
fn see(block: &[u8], n_with: &mut u32, n_without: &mut u32) {
    let mut cursor = Cursor::new(block, HEADER_LEN);
    let Ok(n_transactions) = cursor.compact_size() else {
        return;
    };
    let mut transaction = Transaction::default();
    for _ in 0..n_transactions {
        if transaction.read_with_txid(&mut cursor).is_err() {
            return;
        }
        if transaction.is_coinbase() {
            continue;
        }
        *n_without += u32::from(transaction.has_witness);
        for input in &transaction.inputs {
            match hash_type(input.script_sig) {
                Some(hash_type) if hash_type & FORK_ID != 0 => *n_with += 1,
                Some(_) => *n_without += 1,
                None => {}
            }
        }
    }
}

/// The hash type of a DER signature that a script begins by pushing.
fn hash_type(script_sig: &[u8]) -> Option<u8> {
    let (&len, rest) = script_sig.split_first()?;
    match rest.get(..usize::from(len))? {
        [0x30, inner, .., hash_type] if usize::from(*inner) + 3 == usize::from(len) => {
            Some(*hash_type)
        }
        _ => None,
    }
}
