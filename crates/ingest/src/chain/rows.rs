//! Rows of a transaction: one event, its inputs, its outputs.
//!
//! Laws: transfers stand in the order of the record, inputs first; an amount that the evidence does
//! not state is `None`; every input but a coinbase's names the output that it spends. A coinbase
//! draws the subsidy from `issuance` and the rest from `fees`; without a height the two cannot be
//! told apart, and the amount stays unknown. Fees of other transactions are not made here: they
//! follow once inputs are resolved across exhibits.

use super::hash::{Waiting, sha256};
use super::wire::{Input, Transaction};
use moneytrail_model::address::{Form, of_output};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, KeyBytes, Layers, Network,
    TransferKind,
};
use moneytrail_store::schema::{Batch, EndRef, EventRow, OutpointRow, SourceRow};

/// What an API says about an output that an input spends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Prevout {
    pub(super) amount: Option<Amount>,
    pub(super) account: Option<AccountKey>,
}

/// Where and when a transaction stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) network: Network,
    /// Position in the batch's blocks.
    pub(super) block: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) tx_index: Option<u32>,
    pub(super) time: Instant,
    pub(super) stale: bool,
}

/// A batch about one file.
pub(crate) fn batch_of_file(path: &str) -> Batch {
    Batch {
        sources: vec![SourceRow {
            path: path.into(),
            sheet: None,
            right_to_left: false,
        }],
        ..Batch::default()
    }
}

/// A batch about one file, whose one asset is the network's coin.
pub(super) fn batch_of(path: &str, network: Network) -> Batch {
    Batch {
        assets: vec![Asset::new(AssetKey::Native(network))],
        ..batch_of_file(path)
    }
}

/// A position in a batch. Batches are cut long before 2³² rows.
pub(super) fn position(len: usize) -> u32 {
    u32::try_from(len).expect("a batch is bounded by the bytes of a few blocks")
}

/// The key of an output's script. Few scripts hold a bare public key, so its HASH160 does not wait.
#[inline]
fn key_of_script(network: Network, script: &[u8]) -> KeyBytes {
    match of_output(network, script) {
        Form::Payload(tag, payload) => KeyBytes::of_script(network, tag, payload),
        Form::Sha256(tag, bytes) => KeyBytes::of_script(network, tag, &sha256(bytes)),
        form @ (Form::Hash160(..) | Form::Burned) => key_of(&form.key(network)),
    }
}

/// The key of whose output an input spends, as far as the input tells; a HASH160 waits.
#[inline]
fn key_of_input(
    network: Network,
    input: &Input<'_>,
    witness: &[&[u8]],
    waiting: &mut Waiting,
    transfer: u32,
) -> KeyBytes {
    match Form::of_input(input.script_sig, witness) {
        Some(Form::Hash160(tag, bytes)) => {
            waiting.push(transfer, bytes);
            KeyBytes::of_script(network, tag, &[0; 20])
        }
        Some(Form::Sha256(tag, bytes)) => KeyBytes::of_script(network, tag, &sha256(bytes)),
        Some(form) => key_of(&form.key(network)),
        None => KeyBytes::of_outpoint(network, input.txid, input.vout),
    }
}

fn key_of(account: &AccountKey) -> KeyBytes {
    KeyBytes::of(account).expect("accounts on a chain are of a network")
}

/// Appends the rows of a transaction. `txid` is the id under which it is known; `prevouts` holds
/// one entry per input, or nothing. Keys that wait are to be settled before the batch is used.
pub(super) fn push_transaction(
    batch: &mut Batch,
    waiting: &mut Waiting,
    setting: &Setting,
    txid: [u8; 32],
    transaction: &Transaction<'_>,
    prevouts: &[Option<Prevout>],
) {
    let network = setting.network;
    let event = position(batch.events.len());
    let is_coinbase = transaction.is_coinbase();
    batch.events.push(EventRow {
        kind: if is_coinbase {
            EventKind::Coinbase
        } else {
            EventKind::Transaction
        },
        transaction: Some((network, txid)),
        block: setting.block,
        tx_index: setting.tx_index,
        time: setting.time,
        source: 0,
        row: None,
        stale: setting.stale,
        form: transaction.form,
    });
    if is_coinbase {
        push_issued(batch, event, setting, transaction.total_out());
    } else {
        for (vin, input) in transaction.inputs.iter().enumerate() {
            let transfer = position(batch.transfers.len());
            let prevout = prevouts.get(vin).and_then(Option::as_ref);
            let stated = prevout.and_then(|prevout| prevout.account.as_ref());
            let witness = transaction.witness_of(input);
            let key = stated.map_or_else(
                || key_of_input(network, input, witness, waiting, transfer),
                key_of,
            );
            batch.transfers.push_ends(
                event,
                EndRef::Key(key.as_bytes()),
                EndRef::Junction,
                0,
                prevout.and_then(|prevout| prevout.amount),
                TransferKind::Input,
                Layers::BOTH,
            );
            batch.outpoints.push(OutpointRow {
                transfer,
                txid: *input.txid,
                vout: input.vout,
            });
        }
    }
    for output in &transaction.outputs {
        batch.transfers.push_ends(
            event,
            EndRef::Junction,
            EndRef::Key(key_of_script(network, output.script).as_bytes()),
            0,
            Some(Amount::from_u64(output.value)),
            TransferKind::Output,
            Layers::BOTH,
        );
    }
    waiting.settle_many(&mut batch.transfers);
}

/// Appends what a coinbase draws: the subsidy, and the rest of its outputs from fees.
pub(super) fn push_issued(batch: &mut Batch, event: u32, setting: &Setting, total: u64) {
    let network = setting.network;
    let subsidy = setting.height.and_then(|height| network.subsidy(height));
    let issued = subsidy.map(|subsidy| subsidy.min(total));
    let fees = issued.map(|issued| total - issued).filter(|&fees| fees > 0);
    let issuance = (AccountKey::Issuance(network), issued, TransferKind::Subsidy);
    let recycled = (AccountKey::Fees(network), fees, TransferKind::RecycledFees);
    for (account, units, kind) in [issuance].into_iter().chain(fees.map(|_| recycled)) {
        batch.transfers.push_ends(
            event,
            EndRef::Key(key_of(&account).as_bytes()),
            EndRef::Junction,
            0,
            units.map(Amount::from_u64),
            kind,
            Layers::BOTH,
        );
    }
}

/// How long the columns of a batch were, so that what was appended can be taken back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    blocks: usize,
    events: usize,
    transfers: usize,
    outpoints: usize,
    records: usize,
}

impl Mark {
    pub(super) fn of(batch: &Batch) -> Self {
        Self {
            blocks: batch.blocks.len(),
            events: batch.events.len(),
            transfers: batch.transfers.len(),
            outpoints: batch.outpoints.len(),
            records: batch.records.len(),
        }
    }

    /// Forgets what was appended since.
    pub(super) fn take_back(self, batch: &mut Batch) {
        batch.blocks.truncate(self.blocks);
        batch.events.truncate(self.events);
        batch.transfers.truncate(self.transfers);
        batch.outpoints.truncate(self.outpoints);
        batch.records.truncate(self.records);
    }
}
