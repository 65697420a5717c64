//! A block in its own bytes becomes rows, or a quarantine with its reason.
//!
//! Law: records in = out: a block that is not believed is one record for each of its transactions,
//! and one that does not parse is one record.

use super::proof::check_work;
use super::reading::{Head, HeaderFields, Reading, Role, push_record};
use super::rows::{Mark, Prevout};
use super::tally::Tally;
use super::undo::Undo;
use super::wire::{Cursor, HEADER_LEN, Header, Malformed, Transaction};
use moneytrail_model::{Network, RecordBin};
use moneytrail_store::schema::{Batch, RecordPlace};

/// Bytes of a record that quarantine shows, as hexadecimal digits.
pub(super) const RAW_LEN_MAX: usize = 64;

/// A block in its own bytes: header and transactions.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) network: Network,
    pub(super) bytes: &'a [u8],
    /// Offset of the first byte in the source.
    pub(super) start: u64,
    pub(super) height: Option<u32>,
    pub(super) role: Role,
    /// Undo data whose checksum holds.
    pub(super) undo: Option<&'a [u8]>,
}

impl Task<'_> {
    fn place(&self, start: usize, end: usize) -> RecordPlace {
        RecordPlace::Bytes(self.start + start as u64, self.start + end as u64)
    }

    /// Reads the block into a batch of one source. The number of its transactions, or `None` if all
    /// of it is in quarantine.
    pub(super) fn read(&self, batch: &mut Batch, tally: &mut Tally) -> Option<u32> {
        let mark = Mark::of(batch);
        if let Some(undo) = self.undo
            && let Ok(Some(n_transactions)) = self.rows(batch, tally, Some(undo))
        {
            return Some(n_transactions);
        }
        mark.take_back(batch);
        match self.rows(batch, tally, None) {
            Ok(n_transactions) => {
                let spends = n_transactions.is_some_and(|n_transactions| n_transactions > 1);
                tally.n_blocks_without_undo += u64::from(spends && self.role == Role::Counts);
                n_transactions
            }
            Err(reason) => {
                mark.take_back(batch);
                self.quarantine(batch, tally, &reason);
                None
            }
        }
    }

    /// The number of transactions; `None` if the undo data is not about them.
    fn rows(
        &self,
        batch: &mut Batch,
        tally: &mut Tally,
        undo: Option<&[u8]>,
    ) -> Result<Option<u32>, String> {
        let malformed = |error: Malformed| {
            let len = self.bytes.len();
            format!("block of {len} bytes does not parse: {error}")
        };
        let header = Header::parse(self.bytes).map_err(malformed)?;
        check_work(&header.hash, header.bits, self.network).map_err(|error| error.to_string())?;
        let head = Head {
            network: self.network,
            header,
            stated: HeaderFields::ALL,
            place: (self.start, self.start + self.bytes.len() as u64),
            height: self.height,
            role: self.role,
        };
        let mut reading = Reading::begin(head, batch);
        let mut spent = Spent::new(self.network, undo);
        self.each(|place, transaction| {
            let prevouts = spent.next(transaction);
            reading.take_raw(batch, transaction, place, prevouts);
        })
        .map_err(malformed)?;
        if !spent.fits() {
            return Ok(None);
        }
        let n_transactions = reading
            .finish(batch, tally)
            .map_err(|error| error.to_string())?;
        Ok(Some(n_transactions))
    }

    /// Calls for each transaction with its place; an error if the block is not exactly its bytes.
    fn each<'t>(
        &'t self,
        mut see: impl FnMut(RecordPlace, &Transaction<'t>),
    ) -> Result<u64, Malformed> {
        let mut cursor = Cursor::new(self.bytes, HEADER_LEN);
        let n_transactions = cursor.compact_size()?;
        let mut transaction = Transaction::on(self.network);
        for _ in 0..n_transactions {
            let start = cursor.at();
            transaction.read(&mut cursor)?;
            see(self.place(start, cursor.at()), &transaction);
        }
        match cursor.rest() {
            0 => Ok(n_transactions as u64),
            rest => Err(Malformed::Trailing(rest)),
        }
    }

    /// One record for each transaction if the block parses, else one for all of it.
    fn quarantine(&self, batch: &mut Batch, tally: &mut Tally, reason: &str) {
        let mark = Mark::of(batch);
        let each = self.each(|place, transaction| {
            push_record(
                batch,
                place,
                RecordBin::Quarantined,
                reason,
                raw(transaction.bytes),
            );
        });
        tally.counts.quarantined += if let Ok(n_transactions @ 1..) = each {
            n_transactions
        } else {
            mark.take_back(batch);
            let all = self.place(0, self.bytes.len());
            push_record(batch, all, RecordBin::Quarantined, reason, raw(self.bytes));
            1
        };
    }
}

/// What the transactions of a block spend, as its undo data says.
struct Spent<'a> {
    undo: Option<Undo<'a>>,
    is_asked: bool,
    prevouts: Vec<Option<Prevout>>,
}

impl<'a> Spent<'a> {
    fn new(network: Network, undo: Option<&'a [u8]>) -> Self {
        Self {
            undo: undo.and_then(|undo| Undo::new(network, undo)),
            is_asked: undo.is_some(),
            prevouts: Vec::new(),
        }
    }

    fn next(&mut self, transaction: &Transaction<'_>) -> &[Option<Prevout>] {
        self.prevouts.clear();
        if !transaction.is_coinbase()
            && let Some(undo) = &mut self.undo
            && undo
                .next(transaction.inputs.len(), &mut self.prevouts)
                .is_none()
        {
            self.undo = None;
            self.prevouts.clear();
        }
        &self.prevouts
    }

    /// Whether undo data was about just these transactions, or there is none.
    fn fits(&self) -> bool {
        !self.is_asked || self.undo.as_ref().is_some_and(Undo::is_done)
    }
}

/// The first bytes of a record as hexadecimal digits.
pub(super) fn raw(bytes: &[u8]) -> String {
    hex::encode(&bytes[..bytes.len().min(RAW_LEN_MAX)])
}
