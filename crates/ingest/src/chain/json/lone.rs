//! Transactions that stand alone, each with what is said of its block: API servers, ETL exports.
//!
//! Laws: each transaction's id is checked over its fields, as far as they are stated; its block is what it
//! says; transactions that say different things of one block are quarantined.

use super::fields::Fields;
use super::{Reader, clip};
use crate::Error;
use crate::chain::hash::Waiting;
use crate::chain::proof::shown;
use crate::chain::reading::{altered, push_record};
use crate::chain::rows::{Setting, batch_of, position, push_transaction};
use crate::chain::wire::Transaction;
use moneytrail_model::{Instant, RecordBin};
use moneytrail_store::schema::{Batch, BlockRow, RecordPlace};

/// Transactions after which a batch ends.
const BATCH_LEN: usize = 1_024;

/// Why a record gives no transfer.
pub(super) type Refused = (RecordBin, String);

/// For quarantine.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it maps errors, which come by value"
)]
pub(super) fn quarantined(reason: impl ToString) -> Refused {
    (RecordBin::Quarantined, reason.to_string())
}

/// What is said of a transaction's block.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockStated {
    pub(super) hash: [u8; 32],
    pub(super) height: Option<u32>,
    pub(super) time: i64,
}

/// A transaction and what is said of it.
#[derive(Debug)]
pub(super) struct Lone<'a> {
    pub(super) fields: Fields<'a>,
    /// Its block, or why it has none.
    pub(super) block: Result<BlockStated, Refused>,
    pub(super) tx_index: Option<u32>,
    /// Row of the source, where it has rows.
    pub(super) row: Option<u32>,
    /// Whether an earlier copy in the same block sets this one aside. Else the index joins them; what is
    /// kept does not grow then.
    pub(super) is_compared: bool,
}

/// The batch that is being filled.
#[derive(Debug)]
pub(super) struct Filling {
    batch: Batch,
}

impl Filling {
    pub(super) fn new(reader: &Reader<'_>) -> Self {
        Self {
            batch: batch_of(&reader.path, reader.network),
        }
    }

    /// Hands the batch on.
    pub(super) fn flush(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        let full = std::mem::replace(self, Self::new(reader)).batch;
        if !full.events.is_empty() || !full.records.is_empty() {
            reader.sink.push(full)?;
        }
        Ok(())
    }

    /// Takes in what was read of one element at a place.
    pub(super) fn take(
        &mut self,
        reader: &mut Reader<'_>,
        place: (u64, u64),
        element: &str,
        read: Result<Lone<'_>, Refused>,
    ) -> Result<(), Error> {
        let taken = match read {
            Ok(lone) => {
                reader.check_addresses(&lone.fields)?;
                self.transaction(reader, place, lone)
            }
            Err(refused) => Err(refused),
        };
        if let Err((bin, reason)) = taken {
            reader.tally.counts.count(bin);
            if bin != RecordBin::Contextual {
                let place = RecordPlace::Bytes(place.0, place.1);
                push_record(&mut self.batch, place, bin, &reason, clip(element));
            }
        }
        if self.batch.events.len() + self.batch.records.len() >= BATCH_LEN {
            self.flush(reader)?;
        }
        Ok(())
    }

    fn transaction(
        &mut self,
        reader: &mut Reader<'_>,
        place: (u64, u64),
        lone: Lone<'_>,
    ) -> Result<(), Refused> {
        let assembled = lone.fields.assemble(reader.network).map_err(quarantined)?;
        let mut transaction = Transaction::on(reader.network);
        assembled.read(&mut transaction).map_err(quarantined)?;
        let txid = assembled.stated.txid;
        if assembled.stated.is_complete && txid != transaction.txid {
            return Err(quarantined(altered(&txid, &transaction.txid)));
        }
        let stated = lone.block?;
        let block = self.block(reader, stated, place)?;
        let row = &mut self.batch.blocks[block as usize];
        if lone.is_compared && !reader.seen_transactions.insert((txid, row.hash)) {
            let reason = format!("duplicate: an earlier copy counts of {}", shown(&txid));
            return Err((RecordBin::SetAside, reason));
        }
        row.n_transactions += 1;
        row.n_inputs = row
            .n_inputs
            .saturating_add(position(transaction.inputs.len()));
        row.n_outputs = row
            .n_outputs
            .saturating_add(position(transaction.outputs.len()));
        let setting = Setting {
            network: reader.network,
            block: Some(block),
            height: row.height,
            tx_index: lone.tx_index.or(transaction.is_coinbase().then_some(0)),
            time: Instant::at(stated.time),
            stale: false,
        };
        reader.n_unchecked += u64::from(!assembled.stated.is_complete);
        let prevouts = &assembled.stated.prevouts;
        let mut waiting = Waiting::default();
        push_transaction(
            &mut self.batch,
            &mut waiting,
            &setting,
            txid,
            &transaction,
            prevouts,
        );
        waiting.settle(&mut self.batch.transfers);
        if let Some(event) = self.batch.events.last_mut() {
            event.row = lone.row;
        }
        reader.tally.see(&txid, &transaction);
        Ok(())
    }

    /// A block, as a position in the batch. Its row counts what was read of it here.
    fn block(
        &mut self,
        reader: &mut Reader<'_>,
        stated: BlockStated,
        place: (u64, u64),
    ) -> Result<u32, Refused> {
        let BlockStated { hash, height, time } = stated;
        if reader.seen_blocks.insert(hash) {
            reader.tally.n_blocks += 1;
        }
        let mut known = self.batch.blocks.iter();
        let block = known.rposition(|block| block.hash == hash);
        let block = block.unwrap_or_else(|| {
            self.batch.blocks.push(BlockRow {
                network: reader.network,
                hash,
                previous: None,
                height,
                time,
                bits: None,
                n_transactions: 0,
                n_inputs: 0,
                n_outputs: 0,
                source: 0,
                bytes: place,
                stale: false,
            });
            self.batch.blocks.len() - 1
        });
        let row = &self.batch.blocks[block];
        if (row.height, row.time) != (height, time) {
            let reason = format!("contradicts others about block {}", shown(&hash));
            return Err(quarantined(reason));
        }
        Ok(position(block))
    }
}
