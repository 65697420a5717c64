//! Inputs get the outputs that they spend, across exhibits: account, amount and link.
//!
//! Method: a radix-partitioned hash join. Outpoints are thrown into the same buckets as the transactions
//! that they name; each bucket is joined in memory. O(transactions + inputs).

use super::accounts::{self, Interner, PLACEHOLDER, Side, Splitters};
use super::buckets::{Buckets, Throw};
use super::identity::{Transactions, bucket_of};
use super::read::{hash, positions, small, small_numbers};
use super::{Draft, NONE};
use crate::Error;
use crate::schema::Table;
use crate::schema::column;
use crate::scratch::Scratch;
use crate::segment::TableScan;
use arrow::array::BinaryArray;
use moneytrail_model::{AccountKey, Network, TransferKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Network, transaction id, output, row of the input.
const RECORD_BYTES: usize = 41;

/// What came of the outpoints of a bucket.
#[derive(Default)]
struct Joined {
    /// Output and the input that spends it.
    pairs: Vec<(u32, u32)>,
    /// Outputs with several spenders, and whether one of them was linked.
    disputed: Vec<(u32, bool)>,
    n_unresolved: u64,
}

/// Resolves every outpoint that the evidence holds. A transaction id that stands in several blocks
/// (BIP30) means the latest of them: it overwrote the earlier one. An output is spent once: of several
/// spenders the one that stands in a block is it; where that does not single one out, none is linked,
/// because nothing says which.
pub(super) fn resolve(
    draft: &mut Draft,
    transactions: &Transactions,
    scratch: &Scratch,
) -> Result<(), Error> {
    let outpoints = throw_outpoints(draft, transactions.n_buckets(), scratch)?;
    let placeholders = Interner::new(scratch, placeholder_splitters(draft, transactions));
    draft.linked = scratch.array(draft.rows.len())?;
    draft.linked.fill(NONE);
    let mut disputed = Vec::new();
    let buckets: Vec<usize> = (0..transactions.n_buckets()).collect();
    for wave in buckets.chunks(rayon::current_num_threads().max(1)) {
        let join = |&bucket: &usize| join(draft, transactions, &outpoints, &placeholders, bucket);
        let joined: Vec<Joined> = wave.par_iter().map(join).collect::<Result<_, _>>()?;
        for joined in joined {
            for (output, input) in joined.pairs {
                draft.linked[output as usize] = input;
                draft.linked[input as usize] = output;
            }
            disputed.extend(joined.disputed);
            draft.notes.n_unresolved_inputs += joined.n_unresolved;
        }
    }
    disputed.sort_unstable();
    for (output, is_linked) in disputed {
        let record = draft.named(draft.rows.events[output as usize]);
        let outcome = if is_linked {
            "the one that stands in a block is linked"
        } else {
            "none of them is linked, because nothing says which counts"
        };
        draft.notes.remarks.push(format!(
            "{record}: an output has several spenders; {outcome}"
        ));
    }
    note_differences(draft);
    let base = small(draft.keys.len());
    let rows = &mut draft.rows;
    draft.placeholders = placeholders.finish(|row, _, number| {
        rows.from[row as usize] = base.saturating_add(number);
    })?;
    if draft.keys.len() + draft.placeholders.len() >= accounts::NOBODY as usize {
        return Err(accounts::too_many());
    }
    Ok(())
}

/// Throws the outpoints of events that enter.
fn throw_outpoints(draft: &Draft, n_buckets: usize, scratch: &Scratch) -> Result<Buckets, Error> {
    let buckets = Buckets::new(scratch, n_buckets);
    for held in &draft.segments {
        let table = TableScan::open(&held.segment, Table::Outpoints)?;
        let throw_part = |_, batch: &arrow::record_batch::RecordBatch| {
            let inputs = positions(batch, Table::Outpoints, "transfer", held.transfers.len())?;
            let outputs = small_numbers(batch, Table::Outpoints, "vout")?;
            let txids: &BinaryArray = column(batch, Table::Outpoints, "txid")?;
            let mut throw = Throw::into(&buckets);
            for (i, (input, vout)) in inputs.into_iter().zip(outputs).enumerate() {
                let input = held.transfers.start + input;
                let event = draft.rows.events[input as usize];
                if draft.events.enters(event) && draft.events.network(event).is_some() {
                    let txid = hash(txids, i, Table::Outpoints)?;
                    let record = throw.at(bucket_of(&txid, buckets.len()));
                    record.push(draft.events.networks[event as usize]);
                    record.extend(txid);
                    record.extend(vout.to_le_bytes());
                    record.extend(input.to_le_bytes());
                }
            }
            throw.finish()
        };
        table.scan(&["transfer", "txid", "vout"], throw_part, |_, ()| Ok(()))?;
    }
    Ok(buckets)
}

/// Transaction ids are spread evenly, so that their first bytes cut placeholders into equal buckets.
fn placeholder_splitters(draft: &Draft, transactions: &Transactions) -> Splitters {
    let n = u16::try_from(transactions.n_buckets()).unwrap_or(u16::MAX);
    let mut networks: Vec<Network> = Network::ALL.to_vec();
    networks.retain(|network| draft.events.networks.contains(&network.code()));
    let bounds = networks.iter().flat_map(|&network| {
        (0..n).map(move |i| {
            let mut txid = [0; 32];
            let first = u32::from(i) * 0x1_0000 / u32::from(n);
            txid[..4].copy_from_slice(&(first << 16).to_be_bytes());
            AccountKey::Outpoint(network, txid, 0).encode()
        })
    });
    Splitters::new(bounds.collect())
}

fn join(
    draft: &Draft,
    transactions: &Transactions,
    outpoints: &Buckets,
    placeholders: &Interner,
    bucket: usize,
) -> Result<Joined, Error> {
    let events = &draft.events;
    // Of each transaction its latest event, and the row of that one's first output.
    let mut outputs: FxHashMap<([u8; 32], u8), (u32, u32)> = FxHashMap::default();
    for transaction in transactions.load(bucket)? {
        let event = transaction.event;
        if !events.enters(event) || !events.kind(event).has_junction() {
            continue;
        }
        let first = draft.first_output(events.transfers(event));
        outputs
            .entry((transaction.txid, transaction.network))
            .and_modify(|known| {
                if draft.height(known.0) <= draft.height(event) {
                    *known = (event, first);
                }
            })
            .or_insert((event, first));
    }
    let mut joined = Joined::default();
    let mut found: Vec<(u32, u32, [u8; 32], u32)> = Vec::new();
    let mut throw = Throw::into(placeholders.buckets());
    let mut unresolved = |input: u32, txid: [u8; 32], vout: u32| {
        if draft.from(input) == PLACEHOLDER {
            let event = draft.rows.events[input as usize];
            if let Some(network) = events.network(event) {
                let key = AccountKey::Outpoint(network, txid, vout).encode();
                placeholders.throw(&mut throw, &key, input, Side::From);
            }
        }
    };
    for record in outpoints.load(bucket)?.chunks_exact(RECORD_BYTES) {
        let word =
            |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().expect("four bytes"));
        let txid: [u8; 32] = record[1..33].try_into().expect("thirty-two bytes");
        let (vout, input) = (word(33), word(37));
        let output = outputs
            .get(&(txid, record[0]))
            .and_then(|&(event, first)| output(draft, event, first, vout));
        if let Some(output) = output {
            found.push((output, input, txid, vout));
        } else {
            joined.n_unresolved += 1;
            unresolved(input, txid, vout);
        }
    }
    found.sort_unstable();
    // A source may state an outpoint twice.
    found.dedup();
    for same in found.chunk_by(|a, b| a.0 == b.0) {
        let output = same[0].0;
        let is_in_block =
            |input: u32| events.blocks[draft.rows.events[input as usize] as usize] != NONE;
        let one = match same {
            [one] => Some(one.1),
            several => {
                let mut in_block = several.iter().filter(|spender| is_in_block(spender.1));
                let one = in_block.next().map(|spender| spender.1);
                let one = one.filter(|_| in_block.next().is_none());
                joined.disputed.push((output, one.is_some()));
                one
            }
        };
        for &(_, input, txid, vout) in same {
            if one == Some(input) {
                joined.pairs.push((output, input));
            } else {
                unresolved(input, txid, vout);
            }
        }
    }
    throw.finish()?;
    Ok(joined)
}

/// The row of an output of a transaction; outputs stand together, behind the inputs.
fn output(draft: &Draft, event: u32, first: u32, vout: u32) -> Option<u32> {
    let rows = draft.events.transfers(event);
    let output = first
        .checked_add(vout)
        .filter(|output| rows.contains(output))?;
    (draft.rows.kind(output) == TransferKind::Output).then_some(output)
}

/// An input's value that a source states, against the output that it spends.
fn note_differences(draft: &mut Draft) {
    let differs = |input: &u32| {
        let output = draft.linked[*input as usize];
        output != NONE
            && draft.rows.kind(*input) == TransferKind::Input
            && draft
                .stated(*input)
                .is_some_and(|stated| Some(stated) != draft.amount(output))
    };
    let inputs: Vec<u32> = (0..small(draft.rows.len()))
        .into_par_iter()
        .filter(differs)
        .collect();
    for input in inputs {
        let record = draft.named(draft.rows.events[input as usize]);
        draft.notes.remarks.push(format!(
            "{record}: a source states another value for an input than the output that it spends; the output counts"
        ));
    }
}
