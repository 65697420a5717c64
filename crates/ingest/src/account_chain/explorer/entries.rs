//! Records of explorers become transactions.
//!
//! Laws: an export of an account is read whole, because its rows need not stand in order; rows of one transaction
//! become one event. A transaction itself is one record: a second that says the same is a duplicate, one that says
//! something else is quarantined. Of what moves in it explorers number nothing, so that two equal rows can be two
//! movements or one that was written twice: rows of a transaction that stand together on a page were written once,
//! and are as many movements as rows; where the transaction comes again, as in pages that overlap, rows that stood
//! there before are duplicates.

use crate::Error;
use crate::account_chain::emit::{Emitter, RawCells};
use crate::account_chain::field::{Address, TxId};
use crate::account_chain::movement::{BlockFacts, End, Freeze, Kept, Leg, Place, Transaction};
use crate::account_chain::poisoning::Watch;
use moneytrail_model::freeze::Change;
use moneytrail_model::{Amount, Instant, Network, RecordBin, TransferKind};
use moneytrail_store::schema::RecordPlace;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

/// What a record says, in the order in which such things happen in a transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Kind {
    /// The transaction itself.
    Own,
    /// What a contract moves in it.
    Internal,
    /// What a token's contract says.
    Token,
}

/// A record that was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) id: TxId,
    pub(super) kind: Kind,
    pub(super) height: Option<u32>,
    pub(super) block_hash: Option<[u8; 32]>,
    pub(super) tx_index: Option<u32>,
    pub(super) time: Instant,
    pub(super) place: Place,
    pub(super) has_failed: bool,
    /// Its movements; a record without any moves nothing.
    pub(super) legs: Vec<Leg>,
    /// What an issuer did to an account's holding.
    pub(super) freeze: Option<Freeze>,
}

/// A movement without its place.
type Movement = (End, End, Option<Address>, Amount, TransferKind);

/// What a record says, without where it stands.
type Content = (
    TxId,
    Kind,
    Option<u32>,
    Instant,
    bool,
    Vec<Movement>,
    Option<Frozen>,
);

/// What an issuer did, without where that stands: account, token, change.
type Frozen = (Address, Address, Change);

impl Entry {
    fn content(&self) -> Content {
        let movement = |leg: &Leg| (leg.from, leg.to, leg.token, leg.amount, leg.kind);
        let movements = self.legs.iter().map(movement).collect();
        (
            self.id,
            self.kind,
            self.height,
            self.time,
            self.has_failed,
            movements,
            self.freeze
                .as_ref()
                .map(|freeze| (freeze.account, freeze.token, freeze.change)),
        )
    }
}

/// How often a content was read.
#[derive(Debug)]
struct Seen {
    /// Row that said so first.
    row: u32,
    /// Records that count.
    n: u32,
    /// Stretch of rows that is read, and how many of the records before it none of its rows has matched.
    stretch: usize,
    n_unmatched: u32,
}

/// Records of an exhibit.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) read: Vec<Entry>,
    pub(super) kept: Vec<Kept>,
    pub(super) n_contextual: u64,
    /// File and row with which each page begins, ascending.
    pages: Vec<(u32, u32)>,
}

/// Transactions of a batch.
const BATCH_LEN: usize = 4_096;

impl Entries {
    /// Keeps a record that gave no entry.
    pub(super) fn keep(&mut self, place: Place, bin: RecordBin, reason: &str, raw: Vec<Box<str>>) {
        self.kept.push(Kept {
            file: place.file,
            place: RecordPlace::Row(place.row),
            bin,
            reason: reason.into(),
            raw,
        });
    }

    /// Says that a page begins with a row.
    pub(super) fn begin_page(&mut self, file: u32, row: u32) {
        self.pages.push((file, row));
    }

    /// Hands everything on, in the order of the chain. O(n log n).
    pub(super) fn emit(
        mut self,
        emitter: &mut Emitter<'_>,
        network: Network,
        raw: RawCells<'_>,
    ) -> Result<(), Error> {
        let mut watch = Watch::default();
        for leg in self.read.iter().flat_map(|entry| &entry.legs) {
            watch.see(leg, emitter.tokens.weight(leg.token), network);
        }
        emitter.watched(watch);
        self.refuse_repeated(raw);
        emitter.counts.contextual += self.n_contextual;
        let freezes = self.read.iter().filter_map(|entry| entry.freeze.clone());
        emitter.freezes(&freezes.collect::<Vec<Freeze>>())?;
        let kept = std::mem::take(&mut self.kept);
        let mut transactions = self.transactions(emitter);
        let mut kept = Some(kept);
        while !transactions.is_empty() || kept.is_some() {
            let rest = transactions.split_off(transactions.len().min(BATCH_LEN));
            let mut kept = kept.take().unwrap_or_default();
            kept.sort_by_key(Kept::position);
            emitter.push(std::mem::replace(&mut transactions, rest), kept, raw)?;
        }
        Ok(())
    }

    fn refuse_repeated(&mut self, raw: RawCells<'_>) {
        let mut owns: FxHashMap<TxId, (u32, Content)> = FxHashMap::default();
        let mut seen: FxHashMap<Content, Seen> = FxHashMap::default();
        let mut refused: Vec<(Place, RecordBin, String)> = Vec::new();
        let (mut stretch, mut last) = (0, None);
        let pages = &self.pages;
        self.read.retain(|entry| {
            let content = entry.content();
            if entry.kind == Kind::Own {
                let first = match owns.entry(entry.id) {
                    Occupied(first) => first.into_mut(),
                    Vacant(first) => {
                        first.insert((entry.place.row, content));
                        return true;
                    }
                };
                let (bin, what) = if first.1 == content {
                    (RecordBin::SetAside, "duplicate of")
                } else {
                    (RecordBin::Quarantined, "contradicts")
                };
                refused.push((entry.place, bin, format!("{what} row {}", first.0)));
                return false;
            }
            let page = pages.partition_point(|&page| page <= (entry.place.file, entry.place.row));
            let here = Some((entry.id, page));
            stretch += usize::from(std::mem::replace(&mut last, here) != here);
            let known = seen.entry(content).or_insert(Seen {
                row: entry.place.row,
                n: 0,
                stretch,
                n_unmatched: 0,
            });
            if known.stretch != stretch {
                known.stretch = stretch;
                known.n_unmatched = known.n;
            }
            if known.n_unmatched > 0 {
                known.n_unmatched -= 1;
                let reason = format!("duplicate of row {}", known.row);
                refused.push((entry.place, RecordBin::SetAside, reason));
                return false;
            }
            known.n += 1;
            true
        });
        for (place, bin, reason) in refused {
            self.keep(place, bin, &reason, raw(place));
        }
    }

    /// One transaction for each id, in the order of the chain.
    fn transactions(mut self, emitter: &mut Emitter<'_>) -> Vec<Transaction> {
        self.read
            .sort_by_key(|entry| (entry.id, entry.kind, entry.place));
        let mut transactions = Vec::new();
        for same in self.read.chunk_by(|a, b| a.id == b.id) {
            let first = &same[0];
            emitter.figures.n_failed += u64::from(same.iter().any(|entry| entry.has_failed));
            let still = same.iter().filter(|entry| entry.legs.is_empty());
            emitter.counts.contextual += still.count() as u64;
            let legs = || same.iter().flat_map(|entry| entry.legs.iter().copied());
            let is_fee = |leg: &Leg| leg.kind == TransferKind::Fee;
            let mut ordered: Vec<Leg> = legs().filter(|leg| !is_fee(leg)).collect();
            ordered.extend(legs().filter(is_fee));
            if ordered.is_empty() {
                continue;
            }
            let height = same.iter().find_map(|entry| entry.height);
            let hash = same.iter().find_map(|entry| entry.block_hash);
            transactions.push(Transaction {
                also: Vec::new(),
                id: Some(first.id),
                height,
                block: height.zip(hash).map(|(height, hash)| BlockFacts {
                    hash,
                    height,
                    seconds: first.time.earliest(),
                    place: first.place,
                }),
                tx_index: same.iter().find_map(|entry| entry.tx_index),
                time: first.time,
                place: first.place,
                legs: ordered,
            });
        }
        transactions.sort_by_key(|transaction| {
            let position = transaction.tx_index.unwrap_or(u32::MAX);
            (
                transaction.time.earliest(),
                transaction.height,
                position,
                transaction.place,
            )
        });
        transactions
    }
}
