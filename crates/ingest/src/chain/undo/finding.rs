//! Which block a record of undo data is about.
//!
//! Laws. A record names no block. Its checksum, the double SHA-256 of the hash of the block before and its
//! bytes (`chains.md` §1), says only which block is the parent, so that competing blocks have it in common: it
//! is of the one whose inputs reveal the accounts that it names, of each if they spend the same outputs, and
//! of none if that does not tell them apart. And it is of a block whose own file has the number of its file:
//! so Core stores it (`BlockManager::WriteBlockUndo`), and so a competitor that is not here cannot be meant.
//!
//! Method. Nodes write undo data as they connect blocks, that is by ascending height, so the blocks of that
//! file with as many transactions are tried in that order, from behind the one that was found last. O(1)
//! hashes a record in files of a node, at most [`TRIES_MAX`] in any.

use super::Undo;
use crate::chain::frames::BlockFrame;
use crate::chain::source::{Source, base_name, magic_at};
use crate::chain::wire::{Cursor, HEADER_LEN, Transaction};
use crate::gather::unpacked_name;
use moneytrail_model::Network;
use moneytrail_model::address::Form;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Magic and size.
const HEAD_LEN: usize = 8;
const CHECKSUM_LEN: usize = 32;

/// Parents that a record is compared with.
const TRIES_MAX: usize = 4_096;

/// Where undo data stands: file, and bytes without head and checksum.
#[derive(Clone, PartialEq, Eq, Debug)]
struct UndoPlace {
    file: usize,
    bytes: Range<usize>,
}

/// Undo files and what they hold for which block.
#[derive(Debug, Default)]
pub(in crate::chain) struct UndoFiles {
    sources: Vec<Source>,
    by_block: FxHashMap<[u8; 32], UndoPlace>,
    /// Records whose block was not found, or not told from others.
    pub(in crate::chain) n_strangers: u64,
}

/// A block that undo data may be about.
#[derive(Clone, Copy, Debug)]
pub(in crate::chain) struct Candidate<'a> {
    pub(in crate::chain) height: Option<u32>,
    pub(in crate::chain) source: &'a Source,
    pub(in crate::chain) block: &'a BlockFrame,
}

/// Blocks of one file that have as many transactions, by height; those of one parent together.
#[derive(Default)]
struct Queue<'a> {
    rivals: Vec<Vec<Candidate<'a>>>,
    /// Behind those that were found last.
    next: usize,
}

/// Queues by number of the file, and transactions besides the coinbase.
type Queues<'a> = FxHashMap<(Option<u32>, usize), Queue<'a>>;

impl UndoFiles {
    /// Finds the block of each record. `framing` is the network whose magic stands before them.
    pub(in crate::chain) fn of(
        sources: Vec<Source>,
        framing: Network,
        mut candidates: Vec<Candidate<'_>>,
    ) -> Self {
        candidates.sort_by_key(|one| (one.height, one.block.previous));
        let mut queues = Queues::default();
        for candidate in candidates {
            let start = candidate.block.start + HEADER_LEN;
            let count = candidate.source.bytes(start..start + 9);
            // Where there is only a coinbase, nothing is spent.
            if let Ok(n_transactions @ 2..) = Cursor::new(&count, 0).compact_size() {
                let key = (file_number(candidate.source), n_transactions - 1);
                let rivals = &mut queues.entry(key).or_default().rivals;
                match rivals.last_mut() {
                    Some(last) if last[0].block.previous == candidate.block.previous => {
                        last.push(candidate);
                    }
                    _ => rivals.push(vec![candidate]),
                }
            }
        }
        let mut found = Self::default();
        for (file, source) in sources.iter().enumerate() {
            for bytes in records(source, framing) {
                let place = UndoPlace { file, bytes };
                let is_known = found.place(framing, source, &place, &mut queues);
                found.n_strangers += u64::from(is_known.is_none());
            }
        }
        found.sources = sources;
        found
    }

    /// Notes whose a record is; `None` if nothing tells.
    fn place(
        &mut self,
        network: Network,
        source: &Source,
        place: &UndoPlace,
        queues: &mut Queues<'_>,
    ) -> Option<()> {
        let stored = source.bytes(place.bytes.start..place.bytes.end + CHECKSUM_LEN);
        let (undo, checksum) = stored.split_at(place.bytes.len());
        let n_transactions = Cursor::new(undo, 0).compact_size().ok()?;
        if n_transactions == 0 {
            return Some(());
        }
        let queue = queues.get_mut(&(file_number(source), n_transactions))?;
        let n_parents = queue.rivals.len();
        let at = (0..n_parents.min(TRIES_MAX))
            .map(|step| (queue.next + step) % n_parents)
            .find(|&at| checksum_of(&queue.rivals[at][0].block.previous, undo)[..] == *checksum)?;
        queue.next = at + 1;
        for owner in owners(network, &queue.rivals[at], undo)? {
            let known = self.by_block.entry(owner.block.hash);
            known.or_insert_with(|| place.clone());
        }
        Some(())
    }

    /// Whether the exhibit has undo data.
    pub(in crate::chain) const fn is_there(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Undo data of a block, whose checksum holds.
    pub(in crate::chain) fn get(&self, block: &[u8; 32]) -> Option<(&Source, Range<usize>)> {
        let place = self.by_block.get(block)?;
        Some((&self.sources[place.file], place.bytes.clone()))
    }
}

/// The number of `blk00000.dat` and `rev00000.dat`.
fn file_number(source: &Source) -> Option<u32> {
    let name = unpacked_name(base_name(&source.name));
    name.get(3..)?.strip_suffix(".dat")?.parse().ok()
}

/// Whose undo data of one parent is; `None` if that cannot be told.
fn owners<'a, 'b>(
    network: Network,
    rivals: &'b [Candidate<'a>],
    undo: &[u8],
) -> Option<Vec<&'b Candidate<'a>>> {
    if let [only] = rivals {
        return Some(vec![only]);
    }
    let mut owners = Vec::new();
    let mut spent = None;
    for rival in rivals {
        if let Some(its) = spends(network, rival, undo) {
            if spent.get_or_insert_with(|| its.clone()) != &its {
                return None;
            }
            owners.push(rival);
        }
    }
    (!owners.is_empty()).then_some(owners)
}

/// What a block spends, in order; `None` if undo data is not of that, as far as its inputs reveal.
fn spends(network: Network, block: &Candidate<'_>, undo: &[u8]) -> Option<Vec<([u8; 32], u32)>> {
    let bytes = block.source.bytes(block.block.start..block.block.end());
    let mut cursor = Cursor::new(&bytes, HEADER_LEN);
    let mut undo = Undo::new(network, undo)?;
    let mut prevouts = Vec::new();
    let mut spent = Vec::new();
    let mut transaction = Transaction::on(network);
    for _ in 0..cursor.compact_size().ok()? {
        transaction.read(&mut cursor).ok()?;
        if transaction.is_coinbase() {
            continue;
        }
        undo.next(transaction.inputs.len(), &mut prevouts)?;
        for (input, prevout) in transaction.inputs.iter().zip(&prevouts) {
            let witness = transaction.witness_of(input);
            let revealed = Form::of_input(input.script_sig, witness);
            let told = prevout.as_ref().and_then(|prevout| prevout.account.clone());
            if revealed.is_some_and(|form| told != Some(form.key(network))) {
                return None;
            }
            spent.push((*input.txid, input.vout));
        }
    }
    undo.is_done().then_some(spent)
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
/// so that a torn record does not swallow it; such records have no more bytes together than the file.
fn records(source: &Source, network: Network) -> Vec<Range<usize>> {
    let mut records = Vec::new();
    let mut n_unsound_left = source.len();
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
        let is_sound = behind.is_some_and(|behind| ends_at(source, behind, network));
        if let Some(behind) = behind {
            let n_left = n_unsound_left.checked_sub(if is_sound { 0 } else { behind - at });
            if let Some(n_left) = n_left {
                n_unsound_left = n_left;
                records.push(at + HEAD_LEN..behind - CHECKSUM_LEN);
            }
        }
        at = match behind.filter(|_| is_sound) {
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
