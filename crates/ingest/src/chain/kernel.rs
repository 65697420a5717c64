//! The innermost work of the block reader by itself: transactions parsed, and their ids.
//!
//! For measurements, and for whoever wants ids and nothing else. Nothing is checked but form: no
//! work, no merkle root. The rest of the reader is measured with [`read`](super::read()) and a sink
//! that drops what it takes.

use super::wire::{Cursor, HEADER_LEN, Transaction};
use moneytrail_model::Network;
use rayon::prelude::*;

/// Magic and size.
const HEAD_LEN: usize = 8;

/// Least bytes of a transaction: one input, one output, no scripts.
const TRANSACTION_LEN_MIN: usize = 60;

/// Framed bytes hold something that is no block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no block that parses stands at byte {at}")]
pub struct NoBlock {
    /// Offset of its magic.
    pub at: usize,
}

/// A block between two others, not yet parsed.
#[derive(Clone, Copy, Debug)]
struct Framed<'a> {
    at: usize,
    bytes: &'a [u8],
    n_transactions: usize,
}

/// Ids (internal byte order) of all transactions of framed blocks (`magic | u32 size | block`, zeros
/// in between), in the order of the bytes, on this thread. O(bytes) time, 32 bytes a transaction.
///
/// # Errors
/// At the first block that does not parse.
pub fn txids(framed: &[u8]) -> Result<Vec<[u8; 32]>, NoBlock> {
    let blocks = blocks(framed)?;
    let mut txids = vec![[0; 32]; n_transactions(&blocks)];
    let mut rest = txids.as_mut_slice();
    let mut transaction = Transaction::default();
    for block in &blocks {
        let (own, behind) = rest.split_at_mut(block.n_transactions);
        rest = behind;
        fill(block, &mut transaction, own)?;
    }
    Ok(txids)
}

/// As [`txids`], on all threads of the pool.
///
/// # Errors
/// At a block that does not parse.
pub fn par_txids(framed: &[u8]) -> Result<Vec<[u8; 32]>, NoBlock> {
    let blocks = blocks(framed)?;
    let mut txids = vec![[0; 32]; n_transactions(&blocks)];
    let mut rest = txids.as_mut_slice();
    let parts: Vec<_> = blocks
        .iter()
        .map(|block| {
            let (own, behind) = std::mem::take(&mut rest).split_at_mut(block.n_transactions);
            rest = behind;
            (block, own)
        })
        .collect();
    parts
        .into_par_iter()
        .try_for_each_init(Transaction::default, |transaction, (block, own)| {
            fill(block, transaction, own)
        })?;
    Ok(txids)
}

fn n_transactions(blocks: &[Framed<'_>]) -> usize {
    blocks.iter().map(|block| block.n_transactions).sum()
}

/// Blocks by their frames and counts alone.
fn blocks(framed: &[u8]) -> Result<Vec<Framed<'_>>, NoBlock> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(n_zeros) = framed[at..].iter().position(|&byte| byte != 0) {
        at += n_zeros;
        let block = block_at(framed, at).ok_or(NoBlock { at })?;
        at += HEAD_LEN + block.bytes.len();
        blocks.push(block);
    }
    Ok(blocks)
}

fn block_at(framed: &[u8], at: usize) -> Option<Framed<'_>> {
    let (magic, rest) = framed[at..].split_first_chunk()?;
    Network::from_magic(*magic)?;
    let (size, rest) = rest.split_first_chunk()?;
    let bytes = rest.get(..u32::from_le_bytes(*size) as usize)?;
    let n_transactions = Cursor::new(bytes, HEADER_LEN).compact_size().ok()?;
    (n_transactions <= bytes.len() / TRANSACTION_LEN_MIN).then_some(Framed {
        at,
        bytes,
        n_transactions,
    })
}

/// Parses a block, whose transactions are as many as there is room for ids.
fn fill<'a>(
    block: &Framed<'a>,
    transaction: &mut Transaction<'a>,
    txids: &mut [[u8; 32]],
) -> Result<(), NoBlock> {
    let no_block = |_| NoBlock { at: block.at };
    let mut cursor = Cursor::new(block.bytes, HEADER_LEN);
    cursor.compact_size().map_err(no_block)?;
    for txid in txids {
        transaction.read_with_txid(&mut cursor).map_err(no_block)?;
        *txid = transaction.txid;
    }
    match cursor.rest() {
        0 => Ok(()),
        _ => Err(NoBlock { at: block.at }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::consensus::serialize;
    use bitcoin::hashes::Hash;

    #[test]
    fn ids_are_those_of_another_parser() {
        let block = bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin);
        let bytes = serialize(&block);
        let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let magic = Network::Bitcoin.magic().unwrap();
        let framed = [&magic, &size, &bytes[..], &[0; 5], &magic, &size, &bytes].concat();
        let id = block.txdata[0].compute_txid().to_byte_array();
        assert_eq!(txids(&framed), Ok(vec![id, id]));
        assert_eq!(par_txids(&framed), Ok(vec![id, id]));
        let at = HEAD_LEN + bytes.len() + 5;
        for len in at + 1..framed.len() {
            assert_eq!(txids(&framed[..len]), Err(NoBlock { at }));
            assert_eq!(par_txids(&framed[..len]), Err(NoBlock { at }));
        }
        assert_eq!(txids(&framed[..at]), Ok(vec![id]));
        assert_eq!(txids(&[]), Ok(vec![]));
    }
}
