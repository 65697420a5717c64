//! Rows of a transaction: one event, its inputs, its outputs.
//!
//! Laws: transfers stand in the order of the record, inputs first; an amount that the evidence does
//! not state is `None`; every input but a coinbase's names the output that it spends. A coinbase
//! draws the subsidy from `issuance` and the rest from `fees`; without a height the two cannot be
//! told apart, and the amount stays unknown. Fees of other transactions are not made here: they
//! follow once inputs are resolved across exhibits.

use super::wire::Transaction;
use moneytrail_model::address::{of_script, revealed_by_input};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, Network, TransferKind,
};
use moneytrail_store::schema::{Batch, Endpoint, EventRow, OutpointRow, SourceRow, TransferRow};

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

/// A batch about one file, whose one asset is the network's coin.
pub(super) fn batch_of(path: &str, network: Network) -> Batch {
    Batch {
        sources: vec![SourceRow {
            path: path.into(),
            sheet: None,
            right_to_left: false,
        }],
        assets: vec![Asset::new(AssetKey::Native(network))],
        ..Batch::default()
    }
}

/// A position in a batch. Batches are cut long before 2³² rows.
pub(super) fn position(len: usize) -> u32 {
    u32::try_from(len).expect("a batch is bounded by the bytes of a few blocks")
}

/// Appends the rows of a transaction. `txid` is the id under which it is known; `prevouts` holds
/// one entry per input, or nothing.
pub(super) fn push_transaction(
    batch: &mut Batch,
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
    });
    let mut push = |from, to, amount, kind| {
        batch.transfers.push(&TransferRow {
            event,
            from,
            to,
            asset: 0,
            amount,
            kind,
            layers: Layers::BOTH,
        });
    };
    if is_coinbase {
        let total = transaction.total_out();
        let subsidy = setting.height.and_then(|height| network.subsidy(height));
        let issued = subsidy.map(|subsidy| subsidy.min(total));
        push(
            Endpoint::Account(AccountKey::Issuance(network)),
            Endpoint::Junction,
            issued.map(Amount::from_u64),
            TransferKind::Subsidy,
        );
        if let Some(fees) = issued.map(|issued| total - issued).filter(|&fees| fees > 0) {
            push(
                Endpoint::Account(AccountKey::Fees(network)),
                Endpoint::Junction,
                Some(Amount::from_u64(fees)),
                TransferKind::RecycledFees,
            );
        }
    } else {
        for (vin, input) in transaction.inputs.iter().enumerate() {
            let prevout = prevouts.get(vin).and_then(Option::as_ref);
            let account = prevout
                .and_then(|prevout| prevout.account.clone())
                .or_else(|| {
                    revealed_by_input(network, input.script_sig, transaction.witness_of(input))
                })
                .unwrap_or(AccountKey::Outpoint(network, *input.txid, input.vout));
            push(
                Endpoint::Account(account),
                Endpoint::Junction,
                prevout.and_then(|prevout| prevout.amount),
                TransferKind::Input,
            );
        }
    }
    for output in &transaction.outputs {
        push(
            Endpoint::Junction,
            Endpoint::Account(of_script(network, output.script)),
            Some(Amount::from_u64(output.value)),
            TransferKind::Output,
        );
    }
    if !is_coinbase {
        let first = batch.transfers.len() - transaction.outputs.len() - transaction.inputs.len();
        let outpoints = transaction.inputs.iter().enumerate();
        batch
            .outpoints
            .extend(outpoints.map(|(vin, input)| OutpointRow {
                transfer: position(first + vin),
                txid: *input.txid,
                vout: input.vout,
            }));
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
