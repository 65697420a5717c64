//! One event, however many exhibits describe it.
//!
//! A chain's event is (network, transaction id, block hash where known). Rows without a block hash
//! join the one block that holds the transaction. The description with the best rank enters, ties by
//! content; the others are cited, fill in what it leaves unknown, and are noted where they differ.
//!
//! A ledger's line that is keyed by a transaction, such as a wallet's, knows one side of it: where the transaction
//! itself is in evidence, all legs of the line give way, whatever their number, and the line is cited.
//!
//! Method: rows are thrown into buckets by transaction id, and only ids that stand in a bucket more than
//! once are looked at. O(n log n) in transactions.

use super::accounts::JUNCTION;
use super::buckets::{Buckets, Throw};
use super::read::{State, small};
use super::{Draft, NONE};
use crate::Error;
use crate::scratch::Scratch;
use moneytrail_model::{Amount, Asset, AssetKey, EventKind, TransferKind};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// Network, transaction id, row of events.
const RECORD_BYTES: usize = 37;
/// Bytes of transactions that a bucket is to hold.
const BUCKET_BYTES: u64 = 16 << 20;

/// A transaction of a bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Transaction {
    pub(super) network: u8,
    pub(super) txid: [u8; 32],
    pub(super) event: u32,
}

/// All transactions, in buckets by id.
pub(super) struct Transactions(Buckets);

/// The bucket of a transaction id. Ids are hashes, but a list can hold made ones.
pub(super) fn bucket_of(txid: &[u8; 32], n_buckets: usize) -> usize {
    let word = |i: usize| u64::from_le_bytes(txid[i..i + 8].try_into().expect("eight bytes"));
    let mixed = (word(0) ^ word(24).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 40).unwrap_or(0) & (n_buckets - 1)
}

impl Transactions {
    /// Throws the transactions of a draft that have not been left out.
    pub(super) fn of(draft: &Draft, scratch: &Scratch) -> Result<Self, Error> {
        let events = &draft.events;
        let n_bytes = events.txids.len() as u64 * RECORD_BYTES as u64;
        let target = BUCKET_BYTES.min(scratch.left() / 16).max(1 << 20);
        let buckets = Buckets::new(scratch, Buckets::count_for(n_bytes, target));
        let n = small(events.txids.len());
        let parts: Vec<u32> = (0..n).step_by(1 << 18).collect();
        parts.par_iter().try_for_each(|&first| {
            let mut throw = Throw::into(&buckets);
            for event in first..n.min(first + (1 << 18)) {
                if events.enters(event) && events.network(event).is_some() {
                    let txid = &events.txids[event as usize];
                    let record = throw.at(bucket_of(txid, buckets.len()));
                    record.push(events.networks[event as usize]);
                    record.extend(txid);
                    record.extend(event.to_le_bytes());
                }
            }
            throw.finish()
        })?;
        Ok(Self(buckets))
    }

    pub(super) fn n_buckets(&self) -> usize {
        self.0.len()
    }

    /// The transactions of a bucket, ascending.
    pub(super) fn load(&self, bucket: usize) -> Result<Vec<Transaction>, Error> {
        let records = self.0.load(bucket)?;
        let parse = |record: &[u8]| Transaction {
            network: record[0],
            txid: record[1..33].try_into().expect("thirty-two bytes"),
            event: u32::from_le_bytes(record[33..].try_into().expect("four bytes")),
        };
        let mut transactions: Vec<Transaction> =
            records.chunks_exact(RECORD_BYTES).map(parse).collect();
        transactions.sort_unstable();
        Ok(transactions)
    }
}

/// Descriptions of one event: rows of events.
type Group = Vec<u32>;

/// Decides which rows enter, and which are cited by another.
pub(super) fn join_descriptions(
    draft: &mut Draft,
    transactions: &Transactions,
) -> Result<(), Error> {
    let repeated = |bucket: usize| -> Result<Vec<Vec<Transaction>>, Error> {
        let of_bucket = transactions.load(bucket)?;
        let same = of_bucket.chunk_by(|a, b| (a.network, a.txid) == (b.network, b.txid));
        Ok(same
            .filter(|same| same.len() > 1)
            .map(<[_]>::to_vec)
            .collect())
    };
    let buckets = (0..transactions.n_buckets()).into_par_iter();
    let repeated: Vec<Vec<Vec<Transaction>>> = buckets
        .with_max_len(1)
        .map(repeated)
        .collect::<Result<_, _>>()?;
    let mut repeated: Vec<Vec<Transaction>> = repeated.into_iter().flatten().collect();
    repeated.sort_unstable_by_key(|same| (same[0].network, same[0].txid));
    for same in repeated {
        let rows = same.into_iter().map(|transaction| transaction.event);
        for mut group in split_by_block(draft, rows.collect()) {
            group.sort_by_key(|&event| {
                let is_line = draft.events.kind(event) == EventKind::LedgerLine;
                (is_line, draft.segment_of(event).rank, event)
            });
            enter(draft, &group);
        }
    }
    draft.joined.sort_unstable();
    draft.extra.sort_unstable();
    Ok(())
}

/// Splits the descriptions of a transaction by block (BIP30: two blocks may hold one id).
fn split_by_block(draft: &mut Draft, places: Group) -> Vec<Group> {
    let mut blocks: Vec<([u8; 32], Group)> = Vec::new();
    let mut without = Vec::new();
    for event in places {
        match draft.events.blocks[event as usize] {
            NONE => without.push(event),
            block => {
                let hash = draft.block(block).hash;
                match blocks.iter_mut().find(|block| block.0 == hash) {
                    Some(block) => block.1.push(event),
                    None => blocks.push((hash, vec![event])),
                }
            }
        }
    }
    if let ([block], false) = (&mut blocks[..], without.is_empty()) {
        block.1.append(&mut without);
    } else if blocks.is_empty() {
        return vec![without];
    }
    for event in without {
        let record = draft.named(event);
        draft.events.set_state(event, State::LeftOut);
        draft.notes.remarks.push(format!(
            "{record}: several blocks hold this transaction id, and the record does not say which; it is left out"
        ));
    }
    blocks.into_iter().map(|block| block.1).collect()
}

/// Enters one event from its descriptions, the best first.
fn enter(draft: &mut Draft, group: &[u32]) {
    let primary = group[0];
    let mut entered = None;
    for (place, &other) in (0..).zip(&group[1..]) {
        draft.events.set_state(other, State::Cited);
        draft.joined.push((primary, place, other));
        let is_line = |event| draft.events.kind(event) == EventKind::LedgerLine;
        if is_line(other) && !is_line(primary) {
            draft.given_way.push((primary, other));
        } else if draft.events.kind(other).has_junction() {
            compare_by_position(draft, primary, other);
        } else {
            let entered = entered.get_or_insert_with(|| Entered::of(draft, primary));
            compare_by_content(draft, primary, entered, other);
        }
    }
    let added = entered.map(|entered| entered.added).unwrap_or_default();
    let added = (0..).zip(added).map(|(place, row)| (primary, place, row));
    draft.extra.extend(added);
    let exhibit = draft.segment_number(primary);
    let mut others = group.iter();
    let is_joined = others.any(|&other| draft.segment_number(other) != exhibit);
    draft.notes.n_joined_events += u64::from(is_joined);
}

/// Where a leg comes from and goes, and its asset.
type Ends = (u32, u32, u16);

/// The legs of an event by what they move, ascending.
#[derive(Default)]
struct Entered {
    by_movement: FxHashMap<(Ends, Option<Amount>), Vec<u32>>,
    by_ends: FxHashMap<Ends, Vec<u32>>,
    /// By both ends, whatever the asset.
    by_accounts: FxHashMap<(u32, u32), Vec<u32>>,
    /// Legs that only another description has.
    added: Vec<u32>,
}

impl Entered {
    fn of(draft: &Draft, primary: u32) -> Self {
        let mut entered = Self::default();
        for leg in draft.events.transfers(primary) {
            entered.enter(draft, leg);
        }
        entered
    }

    fn enter(&mut self, draft: &Draft, leg: u32) {
        let (ends, amount) = draft.movement(leg);
        self.by_movement
            .entry((ends, amount))
            .or_default()
            .push(leg);
        self.by_ends.entry(ends).or_default().push(leg);
        self.by_accounts
            .entry((ends.0, ends.1))
            .or_default()
            .push(leg);
    }

    /// The first free leg that moves, between the same accounts, as much of an asset of a chain as a row states of a
    /// symbol that names no contract: the contract is what the better source says.
    fn take_named(&self, draft: &Draft, row: u32, taken: &mut FxHashSet<u32>) -> Option<u32> {
        let ((from, to, written), stated) = draft.movement(row);
        let written = &draft.assets[usize::from(written)];
        if !matches!(written.key(), AssetKey::AsWritten(_)) {
            return None;
        }
        let is_it = |&leg: &u32| {
            let ((_, _, asset), amount) = draft.movement(leg);
            let asset = &draft.assets[usize::from(asset)];
            let is_same = asset.key().network().is_some() && is_called(written, asset);
            is_same && !taken.contains(&leg) && is_as_much((written, stated), (asset, amount))
        };
        let near = self
            .by_accounts
            .get(&(from, to))?
            .iter()
            .take(LEGS_NEAR_MAX);
        let leg = near.copied().find(|leg| is_it(leg))?;
        taken.insert(leg);
        Some(leg)
    }
}

/// Legs between the same accounts that are looked at beside one whose asset names no contract.
const LEGS_NEAR_MAX: usize = 64;

/// Whether two assets bear one symbol, marks behind it aside.
fn is_called(a: &Asset, b: &Asset) -> bool {
    let first = |asset: &Asset| asset.symbol().split(' ').next().unwrap_or("").to_owned();
    first(a) == first(b)
}

/// Whether two amounts are the same number of whole units.
fn is_as_much(a: (&Asset, Option<Amount>), b: (&Asset, Option<Amount>)) -> bool {
    let (more, less) = if a.0.decimals() >= b.0.decimals() {
        (a, b)
    } else {
        (b, a)
    };
    let places = u32::from(more.0.decimals() - less.0.decimals());
    let scaled = less.1.zip(10_i128.checked_pow(places));
    let scaled = scaled.and_then(|(amount, by)| amount.units().checked_mul(by));
    scaled.is_some() && scaled == more.1.map(Amount::units)
}

/// The first of some legs that no row of a description has taken yet, which is taken now. `n_looked_at`
/// says how many of them were looked at before.
fn take_first(
    legs: Option<&Vec<u32>>,
    n_looked_at: &mut usize,
    taken: &mut FxHashSet<u32>,
) -> Option<u32> {
    for &leg in legs?.iter().skip(*n_looked_at) {
        *n_looked_at += 1;
        if taken.insert(leg) {
            return Some(leg);
        }
    }
    None
}

/// On a chain with junctions, position tells which leg is which.
fn compare_by_position(draft: &mut Draft, primary: u32, other: u32) {
    let (entered, rows) = (
        draft.events.transfers(primary),
        draft.events.transfers(other),
    );
    if rows.len() != entered.len() {
        note_difference(draft, other, "the number of inputs or outputs");
        return;
    }
    for (row, leg) in rows.zip(entered) {
        draft.carriers.insert(row, leg);
        let (known, stated) = (draft.amount(leg), draft.rows.amount(row));
        if known.is_none() && stated.is_some() && draft.rows.kind(leg) == TransferKind::Input {
            // The better source leaves the spent output unknown; the other one states it.
            draft.replaced.insert(leg, row);
        } else if stated.is_some() && !draft.is_same_movement(leg, row) {
            note_difference(draft, other, "an account or an amount");
        }
    }
}

/// Elsewhere, legs that the first description lacks are added, and a leg with the same ends but another
/// amount is a difference, not a second movement. A leg of a symbol that names no contract is the one of the same
/// symbol, ends and amount whose contract the first description names. O(rows).
fn compare_by_content(draft: &mut Draft, primary: u32, entered: &mut Entered, other: u32) {
    let mut taken = FxHashSet::default();
    let mut n_looked_at: FxHashMap<(Ends, Option<Amount>), usize> = FxHashMap::default();
    let mut unlike = Vec::new();
    for row in draft.events.transfers(other) {
        let movement = draft.movement(row);
        let n_looked_at = n_looked_at.entry(movement).or_default();
        match take_first(entered.by_movement.get(&movement), n_looked_at, &mut taken) {
            Some(leg) => {
                draft.carriers.insert(row, leg);
            }
            None => unlike.push(row),
        }
    }
    let is_one_exhibit = draft.segment_number(primary) == draft.segment_number(other);
    let mut n_looked_at: FxHashMap<Ends, usize> = FxHashMap::default();
    for row in unlike {
        let (ends, _) = draft.movement(row);
        if !is_one_exhibit && let Some(leg) = entered.take_named(draft, row, &mut taken) {
            draft.carriers.insert(row, leg);
            continue;
        }
        // Rows of one exhibit do not contradict each other: each is a movement of its own.
        let legs = entered.by_ends.get(&ends).filter(|_| !is_one_exhibit);
        let rival = take_first(legs, n_looked_at.entry(ends).or_default(), &mut taken);
        if let Some(leg) = rival {
            draft.carriers.insert(row, leg);
            note_difference(draft, other, "an amount");
        } else {
            entered.enter(draft, row);
            entered.added.push(row);
            // It is this description's own, and no rival of its other rows.
            taken.insert(row);
            draft.rows.events[row as usize] = primary;
        }
    }
}

/// Outputs among which those are looked for that add up to what a line states.
const OUTPUTS_MAX: usize = 12;

/// Lists where lines that gave way contradict the transaction: another fee, or an amount that no outputs of it add up
/// to. O(lines · 2^[`OUTPUTS_MAX`]); once outpoints are resolved, because fees follow from inputs.
pub(super) fn note_given_way(draft: &mut Draft) {
    for (primary, line) in std::mem::take(&mut draft.given_way) {
        let (mut fee, mut moved) = (None, None);
        for row in draft.events.transfers(line) {
            match draft.rows.kind(row) {
                TransferKind::Fee => fee = draft.rows.amount(row),
                _ => moved = draft.rows.amount(row),
            }
        }
        let known = known_fee(draft, primary);
        if let (Some(fee), Some(known)) = (fee, known)
            && fee != known
        {
            note_difference(draft, line, "the fee");
        }
        let is_output = |leg: &u32| draft.rows.kind(*leg) == TransferKind::Output;
        let outputs = draft.legs_of(primary).filter(is_output);
        let outputs: Option<Vec<i128>> = outputs
            .map(|leg| draft.amount(leg).map(Amount::units))
            .collect();
        if let (Some(moved), Some(outputs)) = (moved, outputs)
            && outputs.len() <= OUTPUTS_MAX
            && !adds_up(&outputs, moved.units())
        {
            note_difference(draft, line, "the amount: no outputs add up to it");
        }
    }
}

/// What a transaction's known inputs leave.
fn known_fee(draft: &Draft, event: u32) -> Option<Amount> {
    if draft.events.kind(event) != EventKind::Transaction {
        return None;
    }
    let mut fee = Amount::ZERO;
    for leg in draft.legs_of(event) {
        let amount = draft.amount(leg)?;
        fee = if draft.to(leg) == JUNCTION {
            fee.checked_add(amount)?
        } else {
            fee.checked_sub(amount)?
        };
    }
    (fee >= Amount::ZERO).then_some(fee)
}

/// Whether some of these add up to a sum.
fn adds_up(parts: &[i128], sum: i128) -> bool {
    match parts {
        _ if sum == 0 => true,
        [] => false,
        [first, rest @ ..] => {
            let without = sum.checked_sub(*first).filter(|left| *left >= 0);
            without.is_some_and(|left| adds_up(rest, left)) || adds_up(rest, sum)
        }
    }
}

fn note_difference(draft: &mut Draft, event: u32, what: &str) {
    let record = draft.named(event);
    draft.notes.remarks.push(format!(
        "{record}: differs from a better source of the same transaction in {what}; the better source entered"
    ));
}
