//! Parts of transactions, put together.

use super::row::{PART_LEN, Part, Side};
use crate::Error;
use crate::chain::rows::{Setting, position, push_issued};
use moneytrail_model::{
    Amount, EventKind, Instant, Layers, Network, RecordBin, RecordCounts, TransactionForm,
    TransferKind,
};
use moneytrail_store::schema::{Batch, EndRef, EventRow, OutpointRow};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Most buckets; beyond, they grow.
const BUCKETS_MAX: u64 = 512;
/// Bytes that a bucket gathers before they are written.
const WRITE_LEN: usize = 1 << 16;

/// Parts by transaction id: a single bucket in memory, several in files.
pub(super) struct Buckets(Vec<Bucket>);

/// Parts of some transactions, all of them.
pub(super) struct Bucket {
    bytes: Vec<u8>,
    file: Option<File>,
}

impl Buckets {
    /// As many buckets as `n_wanted` says, within bounds.
    pub(super) fn new(n_wanted: u64, scratch: Option<&Path>) -> Result<Self, Error> {
        let n_buckets = n_wanted.clamp(1, BUCKETS_MAX);
        let temporary = std::env::temp_dir();
        let scratch = scratch.unwrap_or(&temporary);
        let bucket = |_| -> Result<Bucket, Error> {
            let file = (n_buckets > 1).then(|| tempfile::tempfile_in(scratch));
            Ok(Bucket {
                bytes: Vec::new(),
                file: file.transpose()?,
            })
        };
        (0..n_buckets)
            .map(bucket)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn throw(&mut self, part: &Part) -> Result<(), Error> {
        // Ids are hashes: their first bytes spread them evenly, and ascend with the buckets.
        let first = u64::from(u16::from_be_bytes([part.txid[0], part.txid[1]]));
        let at = (first * self.0.len() as u64) >> 16;
        let bucket = &mut self.0[usize::try_from(at).unwrap_or(0)];
        part.write(&mut bucket.bytes);
        if let Some(file) = &mut bucket.file
            && bucket.bytes.len() >= WRITE_LEN
        {
            file.write_all(&bucket.bytes)?;
            bucket.bytes.clear();
        }
        Ok(())
    }

    pub(super) fn into_buckets(self) -> impl Iterator<Item = Bucket> {
        self.0.into_iter()
    }
}

impl Bucket {
    pub(super) fn load(self) -> Result<Vec<Part>, Error> {
        let mut bytes = Vec::new();
        if let Some(mut file) = self.file {
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
        }
        bytes.extend(self.bytes);
        let (parts, _) = bytes.as_chunks::<PART_LEN>();
        Ok(parts.iter().map(Part::restore).collect())
    }
}

/// A row that gives no transfer, and why.
pub(super) type Refused = (Part, RecordBin, String);

/// What was put together.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) counts: RecordCounts,
    pub(super) n_transactions: u64,
    pub(super) n_inputs: u64,
    pub(super) n_outputs: u64,
    pub(super) n_multi_input: u64,
    pub(super) n_without_inputs: u64,
    pub(super) n_without_outputs: u64,
}

impl Joined {
    /// Puts a transaction together from its parts, in their order; what gives no transfer comes back.
    pub(super) fn transaction(
        &mut self,
        network: Network,
        parts: &[Part],
        batch: &mut Batch,
    ) -> Vec<Refused> {
        let mut refused = Vec::new();
        let mut kept: Vec<Part> = Vec::with_capacity(parts.len());
        for part in parts {
            if kept.last().is_some_and(|last| last.says_as(part)) {
                let reason = "duplicate: an earlier row says the same".to_owned();
                refused.push((*part, RecordBin::SetAside, reason));
            } else {
                kept.push(*part);
            }
        }
        match checked(&kept) {
            Ok((inputs, outputs)) => {
                self.counts.transferred += kept.len() as u64;
                self.n_transactions += 1;
                self.n_inputs += inputs.len().max(usize::from(outputs[0].from_coinbase)) as u64;
                self.n_outputs += outputs.len() as u64;
                self.n_multi_input += u64::from(inputs.len() > 1);
                let is_open = inputs.is_empty() && !outputs[0].from_coinbase;
                self.n_without_inputs += u64::from(is_open);
                push(network, inputs, outputs, batch);
            }
            Err((bin, reason)) => {
                self.n_without_outputs += u64::from(bin == RecordBin::SetAside);
                refused.extend(kept.into_iter().map(|part| (part, bin, reason.clone())));
            }
        }
        refused
    }
}

/// Inputs and outputs.
type Sides<'a> = (&'a [Part], &'a [Part]);

/// Inputs and outputs of a transaction, if all of each side are there; at least one output.
fn checked(parts: &[Part]) -> Result<Sides<'_>, (RecordBin, String)> {
    let wrong = |reason: String| Err((RecordBin::Quarantined, reason));
    let (first, last) = (&parts[0], &parts[parts.len() - 1]);
    if first.height != last.height {
        return wrong(format!(
            "rows put its transaction at heights {} and {}, and none names the hash of a block: nothing \
             says which transaction of this id it is of",
            first.height, last.height
        ));
    }
    let n_inputs = parts.partition_point(|part| part.side == Side::Input);
    let (inputs, outputs) = parts.split_at(n_inputs);
    for (what, side) in [("input", inputs), ("output", outputs)] {
        let gap = (0..)
            .zip(side)
            .find(|(position, part)| part.index != *position);
        if let Some((position, part)) = gap {
            return wrong(if part.index < position {
                format!("rows contradict each other about {what} {}", part.index)
            } else {
                format!("{what} {position} of its transaction is missing")
            });
        }
    }
    if parts.iter().any(|part| part.time != first.time) {
        return wrong("rows contradict each other about the time of its block".to_owned());
    }
    let Some(output) = outputs.first() else {
        let reason = "the outputs of its transaction are not in this exhibit".to_owned();
        return Err((RecordBin::SetAside, reason));
    };
    let is_mixed = outputs
        .iter()
        .any(|part| part.from_coinbase != output.from_coinbase);
    if is_mixed || output.from_coinbase && !inputs.is_empty() {
        return wrong("rows contradict each other about whether it is a coinbase".to_owned());
    }
    Ok((inputs, outputs))
}

/// The least sequence number of the inputs, if all of them state theirs.
fn least_sequence(inputs: &[Part]) -> Option<u32> {
    let all: Option<Vec<u32>> = inputs.iter().map(|part| part.sequence).collect();
    all?.into_iter().min()
}

/// Appends the rows of a transaction.
fn push(network: Network, inputs: &[Part], outputs: &[Part], batch: &mut Batch) {
    let first = &outputs[0];
    let is_coinbase = first.from_coinbase;
    let event = position(batch.events.len());
    let time = Instant::at(first.time);
    batch.events.push(EventRow {
        kind: if is_coinbase {
            EventKind::Coinbase
        } else {
            EventKind::Transaction
        },
        transaction: Some((network, first.txid)),
        block: None,
        tx_index: None,
        time,
        source: first.place.file,
        row: Some(first.place.row),
        stale: false,
        form: TransactionForm {
            sequence: least_sequence(inputs),
            ..TransactionForm::default()
        },
    });
    if is_coinbase {
        let setting = Setting {
            network,
            block: None,
            height: Some(first.height),
            tx_index: None,
            time,
            stale: false,
        };
        let total = outputs.iter().map(|part| part.value);
        push_issued(batch, event, &setting, total.fold(0, u64::saturating_add));
    }
    for part in inputs {
        let transfer = position(batch.transfers.len());
        let amount = Some(Amount::from_u64(part.value));
        let (from, to) = (EndRef::Key(part.key()), EndRef::Junction);
        let kind = TransferKind::Input;
        batch
            .transfers
            .push_ends(event, from, to, 0, amount, kind, Layers::BOTH);
        batch.outpoints.push(OutpointRow {
            transfer,
            txid: part.spent.0,
            vout: part.spent.1,
        });
    }
    for part in outputs {
        let amount = Some(Amount::from_u64(part.value));
        let (from, to) = (EndRef::Junction, EndRef::Key(part.key()));
        let kind = TransferKind::Output;
        batch
            .transfers
            .push_ends(event, from, to, 0, amount, kind, Layers::BOTH);
    }
}
