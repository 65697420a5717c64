//! A block's bytes become rows, or a quarantine with its reason.
//!
//! Laws: records in = out: each transaction of the block ends in exactly one bin, and a block that
//! does not parse is one record; no transfer of a block leaves here unless its work, its merkle root
//! and its witness commitment hold.

use super::proof::{Commitment, check_merkle_root, check_witnesses, check_work};
use super::proof::{Unproven, shown};
use super::rows::{Mark, Prevout, Setting, position, push_transaction};
use super::tally::Tally;
use super::wire::{Cursor, HEADER_LEN, Header, Malformed, Transaction};
use moneytrail_model::{Instant, Network, RecordBin};
use moneytrail_store::schema::{Batch, BlockRow, RecordPlace, RecordRow};

/// Bytes of a record that quarantine shows, as hexadecimal digits.
const RAW_LEN_MAX: usize = 64;

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

/// What another format says about a block whose bytes were put together from it.
#[derive(Debug, Default)]
pub(super) struct Stated {
    /// Block hash, where the header is not complete.
    pub(super) hash: Option<[u8; 32]>,
    /// By transaction.
    pub(super) transactions: Vec<StatedTransaction>,
}

/// What another format says about a transaction.
#[derive(Debug)]
pub(super) struct StatedTransaction {
    pub(super) txid: [u8; 32],
    /// Where it stands in the source.
    pub(super) place: (u64, u64),
    /// Whether all fields that its id covers are stated.
    pub(super) is_complete: bool,
    pub(super) prevouts: Vec<Option<Prevout>>,
}

/// A block to read.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) network: Network,
    /// Header and transactions.
    pub(super) bytes: &'a [u8],
    /// Where the block stands in its source.
    pub(super) place: (u64, u64),
    pub(super) height: Option<u32>,
    pub(super) role: Role,
    pub(super) stated: Option<&'a Stated>,
}

/// What became of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It proved good, and did what its role says.
    Good {
        /// Its transactions.
        n_transactions: u32,
    },
    /// All of it is in quarantine.
    Quarantined,
}

impl Task<'_> {
    /// Where the transaction at these bytes stands in the source.
    fn place_of(&self, tx_index: usize, bytes: (usize, usize)) -> RecordPlace {
        let stated = self
            .stated
            .and_then(|stated| stated.transactions.get(tx_index));
        let (start, end) = stated.map_or_else(
            || (self.place.0 + bytes.0 as u64, self.place.0 + bytes.1 as u64),
            |stated| stated.place,
        );
        RecordPlace::Bytes(start, end)
    }

    /// Reads the block into a batch of one source.
    pub(super) fn read(&self, batch: &mut Batch, tally: &mut Tally) -> Verdict {
        let mark = Mark::of(batch);
        let mut part = Tally::default();
        match self.rows(batch, &mut part) {
            Ok(n_transactions) => {
                tally.add(part);
                Verdict::Good { n_transactions }
            }
            Err(reason) => {
                mark.take_back(batch);
                self.quarantine(batch, tally, &reason);
                Verdict::Quarantined
            }
        }
    }

    fn rows(&self, batch: &mut Batch, tally: &mut Tally) -> Result<u32, String> {
        let malformed = |error: Malformed| {
            format!(
                "block of {} bytes does not parse: {error}",
                self.bytes.len()
            )
        };
        let mut header = Header::parse(self.bytes).map_err(malformed)?;
        if let Some(hash) = self.stated.and_then(|stated| stated.hash) {
            header.hash = hash;
        } else {
            check_work(&header, self.network).map_err(|error| error.to_string())?;
        }
        let unproven = |error: Unproven| error.to_string();
        let setting = Setting {
            network: self.network,
            block: (self.role != Role::Duplicate).then(|| position(batch.blocks.len())),
            height: self.height,
            tx_index: None,
            time: Instant::at(i64::from(header.time)),
            stale: self.role == Role::Stale,
        };
        let mut reading = Reading::default();
        let mut cursor = Cursor::new(self.bytes, HEADER_LEN);
        let n_transactions = cursor.compact_size().map_err(malformed)?;
        let mut transaction = Transaction::default();
        for tx_index in 0..n_transactions {
            let start = cursor.at();
            transaction.read(&mut cursor).map_err(malformed)?;
            let place = self.place_of(tx_index, (start, cursor.at()));
            if !reading.see(tx_index, &transaction) {
                return Err(unproven(Unproven::Coinbase(shown(&header.hash))));
            }
            let setting = Setting {
                tx_index: Some(position(tx_index)),
                ..setting
            };
            self.one(
                batch,
                tally,
                &mut reading,
                &setting,
                &transaction,
                place,
                &header,
            );
        }
        if cursor.rest() > 0 {
            return Err(malformed(Malformed::Trailing(cursor.rest())));
        }
        let n_transactions = position(n_transactions);
        if self.role != Role::Duplicate {
            batch
                .blocks
                .push(self.block_row(&header, n_transactions, &reading));
        }
        match self.role {
            Role::Counts => tally.n_blocks += 1,
            Role::Stale => tally.n_stale_blocks += 1,
            Role::Duplicate => {}
        }
        reading.check(&header, self.stated).map_err(unproven)?;
        Ok(n_transactions)
    }

    /// Puts one transaction into its bin.
    #[expect(
        clippy::too_many_arguments,
        reason = "the state of one loop, cut out to be read"
    )]
    fn one(
        &self,
        batch: &mut Batch,
        tally: &mut Tally,
        reading: &mut Reading,
        setting: &Setting,
        transaction: &Transaction<'_>,
        place: RecordPlace,
        header: &Header,
    ) {
        let tx_index = reading.txids.len();
        let stated = self
            .stated
            .and_then(|stated| stated.transactions.get(tx_index));
        let txid = stated.map_or(transaction.txid, |stated| stated.txid);
        reading.txids.push(txid);
        reading.wtxids.push(transaction.wtxid);
        if stated.is_some_and(|stated| stated.is_complete) && txid != transaction.txid {
            let reason = format!(
                "transaction {} was altered: what it states has the id {}",
                shown(&txid),
                shown(&transaction.txid)
            );
            push_record(batch, place, RecordBin::Quarantined, &reason, shown(&txid));
            tally.counts.count(RecordBin::Quarantined);
            return;
        }
        let prevouts = stated.map_or(&[][..], |stated| &stated.prevouts);
        let why = match self.role {
            Role::Counts => {
                push_transaction(batch, setting, txid, transaction, prevouts);
                tally.see(&txid, transaction);
                return;
            }
            Role::Stale => {
                push_transaction(batch, setting, txid, transaction, prevouts);
                "stale: a chain with more work leaves out block"
            }
            Role::Duplicate => "duplicate: an earlier copy counts of block",
        };
        let reason = format!("{why} {}", shown(&header.hash));
        push_record(batch, place, RecordBin::SetAside, &reason, shown(&txid));
        tally.counts.count(RecordBin::SetAside);
    }

    fn block_row(&self, header: &Header, n_transactions: u32, reading: &Reading) -> BlockRow {
        let is_complete = self.stated.is_none_or(|stated| stated.hash.is_none());
        let previous = Some(header.previous).filter(|hash| is_complete || *hash != [0; 32]);
        BlockRow {
            network: self.network,
            hash: header.hash,
            previous,
            height: self.height,
            time: i64::from(header.time),
            bits: Some(header.bits).filter(|&bits| is_complete || bits != 0),
            n_transactions,
            n_inputs: reading.n_inputs,
            n_outputs: reading.n_outputs,
            source: 0,
            bytes: self.place,
            stale: self.role == Role::Stale,
        }
    }

    /// One record for each transaction if the block parses, else one for all of it.
    fn quarantine(&self, batch: &mut Batch, tally: &mut Tally, reason: &str) {
        let mark = Mark::of(batch);
        let n_records = self.quarantine_each(batch, reason).unwrap_or_else(|_| {
            mark.take_back(batch);
            let place = RecordPlace::Bytes(self.place.0, self.place.1);
            push_record(
                batch,
                place,
                RecordBin::Quarantined,
                reason,
                raw(self.bytes),
            );
            1
        });
        tally.counts.quarantined += n_records;
    }

    fn quarantine_each(&self, batch: &mut Batch, reason: &str) -> Result<u64, Malformed> {
        let mut cursor = Cursor::new(self.bytes, HEADER_LEN);
        let n_transactions = cursor.compact_size()?;
        let mut transaction = Transaction::default();
        for tx_index in 0..n_transactions {
            let start = cursor.at();
            transaction.read(&mut cursor)?;
            let place = self.place_of(tx_index, (start, cursor.at()));
            push_record(
                batch,
                place,
                RecordBin::Quarantined,
                reason,
                raw(transaction.bytes),
            );
        }
        match (cursor.rest(), n_transactions) {
            (0, 1..) => Ok(n_transactions as u64),
            (rest, _) => Err(Malformed::Trailing(rest)),
        }
    }
}

/// What is gathered while a block is read, to be checked at its end.
#[derive(Debug, Default)]
struct Reading {
    txids: Vec<[u8; 32]>,
    wtxids: Vec<[u8; 32]>,
    commitment: Commitment,
    has_witness: bool,
    n_inputs: u32,
    n_outputs: u32,
}

impl Reading {
    /// Takes in a transaction; false if it is no coinbase where one must be, or one elsewhere.
    fn see(&mut self, tx_index: usize, transaction: &Transaction<'_>) -> bool {
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
        transaction.is_coinbase() == (tx_index == 0)
    }

    /// Checks what only the whole block shows.
    fn check(self, header: &Header, stated: Option<&Stated>) -> Result<(), Unproven> {
        if self.txids.is_empty() {
            return Err(Unproven::Coinbase(shown(&header.hash)));
        }
        if header.merkle_root != [0; 32] || stated.is_none() {
            check_merkle_root(header, self.txids)?;
        }
        let all_complete =
            stated.is_none_or(|stated| stated.transactions.iter().all(|tx| tx.is_complete));
        if all_complete {
            check_witnesses(header, self.commitment, self.wtxids, self.has_witness)?;
        }
        Ok(())
    }
}

/// The first bytes of a record as hexadecimal digits.
pub(super) fn raw(bytes: &[u8]) -> String {
    hex::encode(&bytes[..bytes.len().min(RAW_LEN_MAX)])
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
