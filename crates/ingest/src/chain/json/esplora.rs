//! Transactions as Esplora and mempool servers give them (`chains.md` §1).
//!
//! Laws: each transaction stands alone: its id is checked over its fields, its block is what its
//! status says, its position in the block is not stated. The same transaction in the same block
//! counts once, because lists of two addresses both hold it. A transaction that no block holds yet
//! is set aside: it may be replaced, and what it spends may be spent otherwise; it moves no value
//! until an exhibit shows it in a block.

use super::elements::place_of;
use super::fields::{Fields, InputFields, OutputFields, hash, read_exactly, version};
use super::{Reader, clip};
use crate::Error;
use crate::chain::hash::Waiting;
use crate::chain::proof::shown;
use crate::chain::reading::altered;
use crate::chain::rows::{Setting, batch_of, position, push_transaction};
use crate::chain::wire::Transaction;
use moneytrail_model::{Instant, RecordBin};
use moneytrail_store::schema::{Batch, BlockRow, RecordPlace};
use serde::Deserialize;

/// Transactions after which a batch ends.
const BATCH_LEN: usize = 1_024;

#[derive(Deserialize)]
struct TransactionJson<'a> {
    #[serde(borrow)]
    txid: &'a str,
    version: Option<i64>,
    locktime: Option<u32>,
    #[serde(borrow)]
    vin: Vec<InputJson<'a>>,
    #[serde(borrow)]
    vout: Vec<OutputJson<'a>>,
    #[serde(borrow)]
    status: Option<StatusJson<'a>>,
}

#[derive(Deserialize)]
struct InputJson<'a> {
    #[serde(borrow)]
    txid: &'a str,
    vout: u32,
    #[serde(borrow)]
    scriptsig: Option<&'a str>,
    sequence: Option<u32>,
    #[serde(borrow)]
    witness: Option<Vec<&'a str>>,
    #[serde(borrow)]
    prevout: Option<OutputJson<'a>>,
}

#[derive(Deserialize)]
struct OutputJson<'a> {
    #[serde(borrow)]
    scriptpubkey: Option<&'a str>,
    #[serde(borrow)]
    scriptpubkey_address: Option<&'a str>,
    value: Option<u64>,
}

#[derive(Deserialize)]
struct StatusJson<'a> {
    confirmed: Option<bool>,
    block_height: Option<u32>,
    #[serde(borrow)]
    block_hash: Option<&'a str>,
    block_time: Option<i64>,
}

impl<'a> OutputJson<'a> {
    const fn fields(&self) -> OutputFields<'a> {
        OutputFields {
            value: self.value,
            script: self.scriptpubkey,
            address: self.scriptpubkey_address,
        }
    }
}

impl<'a> TransactionJson<'a> {
    fn fields(&self) -> Result<Fields<'a>, String> {
        let inputs = self.vin.iter().map(|input| {
            Ok(InputFields {
                txid: hash(input.txid)?,
                vout: input.vout,
                script_sig: input.scriptsig,
                sequence: input.sequence,
                witness: input.witness.clone().unwrap_or_default(),
                prevout: input.prevout.as_ref().map(OutputJson::fields),
            })
        });
        Ok(Fields {
            txid: hash(self.txid)?,
            version: self.version.map(version).transpose()?,
            lock_time: self.locktime,
            inputs: inputs.collect::<Result<_, String>>()?,
            outputs: self.vout.iter().map(OutputJson::fields).collect(),
            hex: None,
        })
    }
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

    /// Reads one element.
    pub(super) fn read_element(
        &mut self,
        reader: &mut Reader<'_>,
        whole: &[u8],
        element: &str,
    ) -> Result<(), Error> {
        let (start, end) = place_of(whole, element);
        let place = RecordPlace::Bytes(start, end);
        let outcome = self.transaction(reader, (start, end), element)?;
        if let Err((bin, reason)) = outcome {
            reader.tally.counts.count(bin);
            crate::chain::reading::push_record(&mut self.batch, place, bin, &reason, clip(element));
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
        element: &str,
    ) -> Result<Result<(), (RecordBin, String)>, Error> {
        let quarantined = |reason: String| (RecordBin::Quarantined, reason);
        let parsed: TransactionJson<'_> = match serde_json::from_str(element) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Err(quarantined(error.to_string()))),
        };
        let fields = match parsed.fields() {
            Ok(fields) => fields,
            Err(reason) => return Ok(Err(quarantined(reason))),
        };
        reader.check_addresses(&fields)?;
        let assembled = match fields.assemble(reader.network) {
            Ok(assembled) => assembled,
            Err(reason) => return Ok(Err(quarantined(reason))),
        };
        let mut transaction = Transaction::default();
        if let Err(reason) = read_exactly(&mut transaction, &assembled.bytes) {
            return Ok(Err(quarantined(reason)));
        }
        let txid = assembled.stated.txid;
        if assembled.stated.is_complete && txid != transaction.txid {
            return Ok(Err(quarantined(altered(&txid, &transaction.txid))));
        }
        let (block, time) = match self.block(reader, parsed.status.as_ref(), place) {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        let row = &mut self.batch.blocks[block as usize];
        if !reader.seen_transactions.insert((txid, row.hash)) {
            let reason = format!("duplicate: an earlier copy counts of {}", shown(&txid));
            return Ok(Err((RecordBin::SetAside, reason)));
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
            tx_index: transaction.is_coinbase().then_some(0),
            time,
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
        reader.tally.see(&txid, &transaction);
        Ok(Ok(()))
    }

    /// The block of a status, as a position in the batch. Its row counts what was read of it here.
    fn block(
        &mut self,
        reader: &mut Reader<'_>,
        status: Option<&StatusJson<'_>>,
        place: (u64, u64),
    ) -> Result<(u32, Instant), (RecordBin, String)> {
        let Some(status) = status.filter(|status| status.confirmed == Some(true)) else {
            let reason = "unconfirmed: no block holds the transaction yet";
            return Err((RecordBin::SetAside, reason.to_owned()));
        };
        let incomplete = || {
            let reason = "the status of a confirmed transaction lacks hash or time of its block";
            (RecordBin::Quarantined, reason.to_owned())
        };
        let time = status.block_time.ok_or_else(incomplete)?;
        let hash = hash(status.block_hash.ok_or_else(incomplete)?)
            .map_err(|reason| (RecordBin::Quarantined, reason))?;
        if reader.seen_blocks.insert(hash) {
            reader.tally.n_blocks += 1;
        }
        let known = self
            .batch
            .blocks
            .iter()
            .rposition(|block| block.hash == hash);
        let block = known.unwrap_or_else(|| {
            self.batch.blocks.push(BlockRow {
                network: reader.network,
                hash,
                previous: None,
                height: status.block_height,
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
        if (row.height, row.time) != (status.block_height, time) {
            let reason = format!("contradicts others about block {}", shown(&hash));
            return Err((RecordBin::Quarantined, reason));
        }
        Ok((position(block), Instant::at(time)))
    }
}
