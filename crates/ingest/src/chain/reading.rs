//! A block whose transactions are taken in one by one, from whatever format.
//!
//! Laws: each transaction ends in exactly one bin; no transfer of a block leaves here unless its
//! work, its merkle root and its witness commitment hold, as far as its format states them.

use super::hash::Waiting;
use super::proof::{Commitment, check_merkle_root, check_witnesses, check_work};
use super::proof::{Unproven, shown};
use super::rows::{Mark, Prevout, Setting, position, push_transaction};
use super::tally::Tally;
use super::wire::{Header, Transaction};
use moneytrail_model::{Instant, Network, RecordBin};
use moneytrail_store::schema::{Batch, BlockRow, RecordPlace, RecordRow};

/// What is to become of a block that proves good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// It counts.
    Counts,
    /// A chain with more work leaves it out.
    Stale,
    /// An earlier copy of it counts.
    Duplicate,
}

/// A block's place and standing, and what is stated of its header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) network: Network,
    pub(super) header: Header,
    /// Which fields of the header are stated; the others are zero and prove nothing.
    pub(super) stated: HeaderFields,
    /// Where the block stands in its source.
    pub(super) place: (u64, u64),
    pub(super) height: Option<u32>,
    pub(super) role: Role,
}

/// Fields of a header that a source may leave out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for a field of the header"
)]
pub(super) struct HeaderFields {
    /// All fields, so that hash and work can be checked.
    pub(super) all: bool,
    pub(super) previous: bool,
    pub(super) merkle_root: bool,
    pub(super) bits: bool,
}

impl HeaderFields {
    /// Nothing is left out.
    pub(super) const ALL: Self = Self {
        all: true,
        previous: true,
        merkle_root: true,
        bits: true,
    };
}

/// What a source says about a transaction beside its bytes.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    pub(super) txid: [u8; 32],
    /// Whether the bytes hold all that the id covers.
    pub(super) is_complete: bool,
    pub(super) prevouts: Vec<Option<Prevout>>,
}

/// Why a transaction whose id contradicts its content is not believed.
pub(super) fn altered(stated: &[u8; 32], found: &[u8; 32]) -> String {
    format!(
        "transaction {} was altered: what it states has the id {}",
        shown(stated),
        shown(found)
    )
}

/// A block whose transactions are being taken in.
#[derive(Debug)]
pub(super) struct Reading {
    head: Head,
    /// Why its transactions do not count, if they do not.
    set_aside: Option<String>,
    mark: Mark,
    tally: Tally,
    waiting: Waiting,
    txids: Vec<[u8; 32]>,
    wtxids: Vec<[u8; 32]>,
    commitment: Commitment,
    has_witness: bool,
    all_complete: bool,
    n_inputs: u32,
    n_outputs: u32,
    misplaced_coinbase: bool,
}

impl Reading {
    /// Begins a block behind the last one of the batch.
    pub(super) fn begin(head: Head, batch: &Batch) -> Self {
        let why = match head.role {
            Role::Counts => None,
            Role::Stale => Some("stale: a chain with more work leaves out block"),
            Role::Duplicate => Some("duplicate: an earlier copy counts of block"),
        };
        Self {
            head,
            set_aside: why.map(|why| format!("{why} {}", shown(&head.header.hash))),
            mark: Mark::of(batch),
            tally: Tally::default(),
            waiting: Waiting::default(),
            txids: Vec::new(),
            wtxids: Vec::new(),
            commitment: Commitment::default(),
            has_witness: false,
            all_complete: true,
            n_inputs: 0,
            n_outputs: 0,
            misplaced_coinbase: false,
        }
    }

    /// Takes in the next transaction of a block in its own bytes.
    pub(super) fn take_raw(
        &mut self,
        batch: &mut Batch,
        transaction: &Transaction<'_>,
        place: RecordPlace,
        prevouts: &[Option<Prevout>],
    ) {
        let tx_index = self.txids.len();
        self.observe(tx_index, transaction);
        self.txids.push(transaction.txid);
        self.wtxids.push(transaction.wtxid);
        if self.set_aside.is_none() {
            self.tally.n_from_undo += prevouts.len() as u64;
        }
        self.rows(batch, transaction, transaction.txid, place, prevouts);
    }

    /// Takes in the next transaction, into the bin that the block's role says.
    pub(super) fn take(
        &mut self,
        batch: &mut Batch,
        transaction: &Transaction<'_>,
        place: RecordPlace,
        stated: &Stated,
    ) {
        let tx_index = self.txids.len();
        self.observe(tx_index, transaction);
        let txid = stated.txid;
        self.txids.push(txid);
        self.wtxids.push(transaction.wtxid);
        let is_altered = stated.is_complete && txid != transaction.txid;
        // The commitment covers all witnesses at once: with one unknown it proves none.
        self.all_complete &= stated.is_complete && !is_altered;
        if is_altered {
            let reason = altered(&txid, &transaction.txid);
            self.put(batch, place, RecordBin::Quarantined, &reason, shown(&txid));
            return;
        }
        self.rows(batch, transaction, txid, place, &stated.prevouts);
    }

    /// Rows of the transaction whose id was taken in last.
    fn rows(
        &mut self,
        batch: &mut Batch,
        transaction: &Transaction<'_>,
        txid: [u8; 32],
        place: RecordPlace,
        prevouts: &[Option<Prevout>],
    ) {
        let setting = Setting {
            network: self.head.network,
            block: Some(position(batch.blocks.len())),
            height: self.head.height,
            tx_index: Some(position(self.txids.len() - 1)),
            time: Instant::at(i64::from(self.head.header.time)),
            stale: self.head.role == Role::Stale,
        };
        if self.head.role != Role::Duplicate {
            push_transaction(
                batch,
                &mut self.waiting,
                &setting,
                txid,
                transaction,
                prevouts,
            );
        }
        match &self.set_aside {
            None => self.tally.see(&txid, transaction),
            Some(reason) => {
                push_record(batch, place, RecordBin::SetAside, reason, shown(&txid));
                self.tally.counts.count(RecordBin::SetAside);
            }
        }
    }

    /// Takes in a transaction that cannot be read.
    pub(super) fn refuse(
        &mut self,
        batch: &mut Batch,
        place: RecordPlace,
        txid: Option<[u8; 32]>,
        reason: &str,
        raw: String,
    ) {
        self.txids.push(txid.unwrap_or_default());
        self.wtxids.push([0; 32]);
        self.all_complete = false;
        self.put(batch, place, RecordBin::Quarantined, reason, raw);
    }

    fn put(
        &mut self,
        batch: &mut Batch,
        place: RecordPlace,
        bin: RecordBin,
        reason: &str,
        raw: String,
    ) {
        push_record(batch, place, bin, reason, raw);
        self.tally.counts.count(bin);
    }

    fn observe(&mut self, tx_index: usize, transaction: &Transaction<'_>) {
        if tx_index == 0 {
            for output in &transaction.outputs {
                self.commitment.see_output(output.script);
            }
            if let Some(input) = transaction.inputs.first() {
                self.commitment.see_witness(transaction.witness_of(input));
            }
        }
        self.has_witness |= transaction.has_witness;
        self.n_inputs = self
            .n_inputs
            .saturating_add(position(transaction.inputs.len()));
        self.n_outputs = self
            .n_outputs
            .saturating_add(position(transaction.outputs.len()));
        self.misplaced_coinbase |= transaction.is_coinbase() != (tx_index == 0);
    }

    /// Checks what only the whole block shows, and adds its row. If it fails, the batch is as it was
    /// before the block.
    pub(super) fn finish(mut self, batch: &mut Batch, tally: &mut Tally) -> Result<u32, Unproven> {
        let (head, mark) = (self.head, self.mark);
        self.waiting.settle(&mut batch.transfers);
        let n_transactions = position(self.txids.len());
        let row = self.row(n_transactions);
        let part = match self.check() {
            Ok(part) => part,
            Err(error) => {
                mark.take_back(batch);
                return Err(error);
            }
        };
        tally.add(part);
        match head.role {
            Role::Counts => tally.n_blocks += 1,
            Role::Stale => tally.n_stale_blocks += 1,
            Role::Duplicate => return Ok(n_transactions),
        }
        batch.blocks.push(row);
        Ok(n_transactions)
    }

    fn check(self) -> Result<Tally, Unproven> {
        let header = &self.head.header;
        let stated = self.head.stated;
        if stated.all {
            check_work(&header.hash, header.bits, self.head.network)?;
        }
        if stated.merkle_root {
            if self.misplaced_coinbase || self.txids.is_empty() {
                return Err(Unproven::Coinbase(shown(&header.hash)));
            }
            check_merkle_root(header, self.txids)?;
            if self.all_complete {
                check_witnesses(header, self.commitment, self.wtxids, self.has_witness)?;
            }
        }
        Ok(self.tally)
    }

    fn row(&self, n_transactions: u32) -> BlockRow {
        let head = &self.head;
        BlockRow {
            network: head.network,
            hash: head.header.hash,
            previous: head.stated.previous.then_some(head.header.previous),
            height: head.height,
            time: i64::from(head.header.time),
            bits: head.stated.bits.then_some(head.header.bits),
            n_transactions,
            n_inputs: self.n_inputs,
            n_outputs: self.n_outputs,
            source: 0,
            bytes: head.place,
            stale: head.role == Role::Stale,
        }
    }
}

/// Appends a record that gave no transfer.
pub(super) fn push_record(
    batch: &mut Batch,
    place: RecordPlace,
    bin: RecordBin,
    reason: &str,
    raw: String,
) {
    batch.records.push(RecordRow {
        source: 0,
        place,
        bin,
        reason: Some(reason.into()),
        raw: vec![raw.into()],
    });
}
