//! Undo data of a node (`rev*.dat`): value and script of every output that a block spends.
//!
//! Laws. Undo data is believed only where its checksum, the double SHA-256 of the hash of the block before
//! and its bytes, is that of the block (`chains.md` §1), and where it has one entry for each input. It
//! adds what the block does not say, and takes nothing away: a block without it, or with such that does not
//! hold, is read as if there were none, and that is remarked.
//!
//! Form (Bitcoin Core, `undo.h`, `compressor.h`, `serialize.h`; checked against files that Core wrote):
//! records `magic | u32 size | undo | checksum`; undo is, for each transaction but the coinbase, a count
//! and for each input a number 2·height + coinbase, a zero where the height is not, the amount and the
//! script, in numbers of seven bits a byte. Amounts are packed by their trailing zeros, scripts by their
//! type.
//!
//! Method. A record does not name its block. Nodes write undo data as they connect blocks, that is by
//! ascending height, so the blocks with as many transactions are tried in that order, from behind the one
//! that was found last. O(1) hashes a record in files of a node, at most [`TRIES_MAX`] in any.

use super::frames::BlockFrame;
use super::rows::Prevout;
use super::source::{Source, magic_at};
use super::wire::{Cursor, HEADER_LEN, MONEY_MAX};
use bitcoin::secp256k1::PublicKey;
use moneytrail_model::address::of_script;
use moneytrail_model::{AccountKey, Amount, Network};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Magic and size.
const HEAD_LEN: usize = 8;
const CHECKSUM_LEN: usize = 32;

/// Blocks that a record is compared with.
const TRIES_MAX: usize = 4_096;

/// Longest script that can be spent; Core does not keep a longer one.
const SCRIPT_LEN_MAX: u64 = 10_000;

/// Where undo data stands: file, and bytes without head and checksum.
#[derive(Clone, PartialEq, Eq, Debug)]
struct UndoPlace {
    file: usize,
    bytes: Range<usize>,
}

/// Undo files and what they hold for which block.
#[derive(Debug, Default)]
pub(super) struct UndoFiles {
    sources: Vec<Source>,
    by_block: FxHashMap<[u8; 32], UndoPlace>,
    /// Records whose block was not found.
    pub(super) n_strangers: u64,
}

/// A block that undo data may be about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) height: Option<u32>,
    pub(super) source: &'a Source,
    pub(super) block: &'a BlockFrame,
}

/// Blocks that have as many transactions, by height.
#[derive(Default)]
struct Queue<'a> {
    blocks: Vec<&'a BlockFrame>,
    /// Behind the block that was found last.
    next: usize,
}

impl UndoFiles {
    /// Finds the block of each record. `framing` is the network whose magic stands before them; `candidates`
    /// stand in file order.
    pub(super) fn of(
        sources: Vec<Source>,
        framing: Network,
        mut candidates: Vec<Candidate<'_>>,
    ) -> Self {
        candidates.sort_by_key(|candidate| candidate.height);
        let mut queues: FxHashMap<usize, Queue<'_>> = FxHashMap::default();
        for candidate in &candidates {
            let start = candidate.block.start + HEADER_LEN;
            let count = candidate.source.bytes(start..start + 9);
            // Where there is only a coinbase, nothing is spent.
            if let Ok(n_transactions @ 2..) = Cursor::new(&count, 0).compact_size() {
                let queue = queues.entry(n_transactions - 1).or_default();
                queue.blocks.push(candidate.block);
            }
        }
        let mut found = Self::default();
        for (file, source) in sources.iter().enumerate() {
            for bytes in records(source, framing) {
                found.place(source, UndoPlace { file, bytes }, &mut queues);
            }
        }
        found.sources = sources;
        found
    }

    fn place(
        &mut self,
        source: &Source,
        place: UndoPlace,
        queues: &mut FxHashMap<usize, Queue<'_>>,
    ) {
        let stored = source.bytes(place.bytes.start..place.bytes.end + CHECKSUM_LEN);
        let (undo, checksum) = stored.split_at(place.bytes.len());
        let n_transactions = match Cursor::new(undo, 0).compact_size() {
            Ok(0) => return,
            Ok(n_transactions) => n_transactions,
            Err(_) => {
                self.n_strangers += 1;
                return;
            }
        };
        let Some(queue) = queues.get_mut(&n_transactions) else {
            self.n_strangers += 1;
            return;
        };
        let n_blocks = queue.blocks.len();
        for step in 0..n_blocks.min(TRIES_MAX) {
            let at = (queue.next + step) % n_blocks;
            let block = queue.blocks[at];
            if self.by_block.contains_key(&block.hash) {
                continue;
            }
            if checksum_of(&block.previous, undo)[..] == *checksum {
                queue.next = at + 1;
                self.by_block.insert(block.hash, place);
                return;
            }
        }
        self.n_strangers += 1;
    }

    /// Whether the exhibit has undo data.
    pub(super) const fn is_there(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Undo data of a block, whose checksum holds.
    pub(super) fn get(&self, block: &[u8; 32]) -> Option<(&Source, Range<usize>)> {
        let place = self.by_block.get(block)?;
        Some((&self.sources[place.file], place.bytes.clone()))
    }
}

/// What stands behind the undo data of a block.
fn checksum_of(previous: &[u8; 32], undo: &[u8]) -> [u8; 32] {
    let once = Sha256::new()
        .chain_update(previous)
        .chain_update(undo)
        .finalize();
    Sha256::digest(once).into()
}

/// What may be records of a file, without head and checksum; their checksums decide. Padding and what is no
/// record is passed over. Behind a record that nothing sound follows the next one is looked for within it,
/// so that a torn record does not swallow it.
fn records(source: &Source, network: Network) -> Vec<Range<usize>> {
    let mut records = Vec::new();
    let mut at = 0;
    while at + HEAD_LEN < source.len() {
        if magic_at(source, at) != Some(network) {
            at = match source.padding(at) {
                0 => next_magic(source, at + 1, network),
                n_bytes => at + n_bytes,
            };
            continue;
        }
        let size = source.word(at + 4).map(u32::from_le_bytes);
        let end = size.and_then(|size| (at + HEAD_LEN).checked_add(size as usize));
        let behind = end.and_then(|end| end.checked_add(CHECKSUM_LEN));
        let behind = behind.filter(|&behind| behind <= source.len());
        if let Some(behind) = behind {
            records.push(at + HEAD_LEN..behind - CHECKSUM_LEN);
        }
        at = match behind.filter(|&behind| ends_at(source, behind, network)) {
            Some(behind) => behind,
            None => next_magic(source, at + 1, network),
        };
    }
    records
}

/// Whether a record soundly ends here: another begins, the file ends, or padding follows.
fn ends_at(source: &Source, at: usize, network: Network) -> bool {
    at == source.len()
        || magic_at(source, at) == Some(network)
        || source.padding(at) >= HEAD_LEN.min(source.len() - at)
}

/// The next offset at which the network's magic stands; the end if there is none.
fn next_magic(source: &Source, from: usize, network: Network) -> usize {
    const STEP: usize = 1 << 16;
    let magic = network.magic().unwrap_or_default();
    let mut at = from;
    while at < source.len() {
        // Three bytes more, so that no magic is missed at the seam.
        let window = source.bytes(at..at + STEP + 3);
        if let Some(offset) = memchr::memmem::find(&window, &magic) {
            return at + offset;
        }
        at += STEP;
    }
    source.len()
}

/// Reads the undo data of a block, transaction by transaction.
#[derive(Debug)]
pub(super) struct Undo<'a> {
    network: Network,
    cursor: Cursor<'a>,
    n_left: usize,
    script: Vec<u8>,
}

impl<'a> Undo<'a> {
    pub(super) fn new(network: Network, bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes, 0);
        let n_left = cursor.compact_size().ok()?;
        Some(Self {
            network,
            cursor,
            n_left,
            script: Vec::new(),
        })
    }

    /// What the next transaction spends, replacing what was in `prevouts`; `None` if this is no undo data of
    /// a transaction with so many inputs.
    pub(super) fn next(
        &mut self,
        n_inputs: usize,
        prevouts: &mut Vec<Option<Prevout>>,
    ) -> Option<()> {
        self.n_left = self.n_left.checked_sub(1)?;
        if self.cursor.compact_size().ok()? != n_inputs {
            return None;
        }
        prevouts.clear();
        for _ in 0..n_inputs {
            let amount = self.output()?;
            let account = of_script(self.network, &self.script);
            prevouts.push(Some(Prevout {
                amount: Some(Amount::from_u64(amount)),
                account: Some(account).filter(|key| !matches!(key, AccountKey::Burned(_))),
            }));
        }
        Some(())
    }

    /// Whether all was read.
    pub(super) fn is_done(&self) -> bool {
        self.n_left == 0 && self.cursor.rest() == 0
    }

    /// The amount of the next output; its script is in `script`.
    fn output(&mut self) -> Option<u64> {
        let height = self.cursor.var_int().ok()? >> 1;
        if height > 0 {
            // Where old nodes kept the version of the transaction.
            self.cursor.var_int().ok()?;
        }
        let amount = amount(self.cursor.var_int().ok()?)?;
        self.read_script()?;
        Some(amount)
    }

    fn read_script(&mut self) -> Option<()> {
        let script = &mut self.script;
        script.clear();
        match self.cursor.var_int().ok()? {
            0 => {
                script.extend([0x76, 0xa9, 20]);
                script.extend(self.cursor.array::<20>().ok()?);
                script.extend([0x88, 0xac]);
            }
            1 => {
                script.extend([0xa9, 20]);
                script.extend(self.cursor.array::<20>().ok()?);
                script.push(0x87);
            }
            sign @ (2 | 3) => {
                script.extend([33, u8::try_from(sign).unwrap_or(0)]);
                script.extend(self.cursor.array::<32>().ok()?);
                script.push(0xac);
            }
            sign @ (4 | 5) => {
                let mut key = [0; 33];
                key[0] = u8::try_from(sign - 2).unwrap_or(0);
                key[1..].copy_from_slice(self.cursor.array::<32>().ok()?);
                let key = PublicKey::from_slice(&key).ok()?;
                script.push(65);
                script.extend(key.serialize_uncompressed());
                script.push(0xac);
            }
            n_bytes => {
                let n_bytes = n_bytes - 6;
                let len = usize::try_from(n_bytes).ok()?;
                let bytes = self.cursor.take(len).ok()?;
                if n_bytes > SCRIPT_LEN_MAX {
                    script.push(0x6a);
                } else {
                    script.extend(bytes);
                }
            }
        }
        Some(())
    }
}

/// An amount from its packed form: the number of trailing zeros, at most nine, is its last digit.
fn amount(packed: u64) -> Option<u64> {
    let Some(rest) = packed.checked_sub(1) else {
        return Some(0);
    };
    let (n_zeros, rest) = (rest % 10, rest / 10);
    let digits = if n_zeros < 9 {
        (rest / 9).checked_mul(10)?.checked_add(rest % 9 + 1)?
    } else {
        rest.checked_add(1)?
    };
    let amount = digits.checked_mul(10_u64.pow(u32::try_from(n_zeros).ok()?))?;
    (amount <= MONEY_MAX).then_some(amount)
}

#[cfg(test)]
mod tests;
