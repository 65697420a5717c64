//! Rows of the batch: records, events, legs, links, citations.

use super::super::line::Line;
use super::super::symbols::asset_of;
use super::Emitter;
use crate::table::Row;
use crate::table::list::position;
use moneytrail_model::{
    AccountKey, Amount, Asset, Basis, EventKind, Layers, RecordBin, TransactionForm, TransferKind,
};
use moneytrail_store::schema::{
    Endpoint, EventRow, LinkRow, RecordPlace, RecordRow, Reference, ReferenceRow, TransferRow,
};
use rustc_hash::FxHashMap;

impl Emitter<'_> {
    /// Keeps a row as a record.
    pub(in crate::exchange) fn keep(&mut self, row: &Row, bin: RecordBin, reason: Option<&str>) {
        self.batch.records.push(RecordRow {
            source: 0,
            place: RecordPlace::Row(row.number),
            bin,
            reason: reason.map(Box::from),
            raw: row.raw(),
        });
    }

    pub(super) fn event_row(&mut self, line: &Line) -> u32 {
        self.batch.events.push(EventRow {
            kind: EventKind::Payment,
            transaction: None,
            block: None,
            tx_index: None,
            time: line.time,
            source: 0,
            row: Some(line.row),
            stale: false,
            form: TransactionForm::default(),
        });
        position(self.batch.events.len() - 1)
    }

    /// Lets a leg cite the rows that state it beside the row of its event.
    pub(super) fn cite(&mut self, leg: usize, rows: &[u32], others: &FxHashMap<u32, u32>) {
        for row in rows {
            if let Some(&event) = others.get(row) {
                self.batch.references.push(ReferenceRow {
                    transfer: position(leg),
                    reference: Reference::Row { event },
                });
            }
        }
    }

    pub(super) fn leg(
        &mut self,
        event: u32,
        (from, to): (AccountKey, AccountKey),
        (asset, amount): (&Asset, Amount),
        kind: TransferKind,
    ) -> u32 {
        let next = position(self.batch.assets.len());
        let at = *self.assets.entry(asset.clone()).or_insert(next);
        if at == next {
            self.batch.assets.push(asset.clone());
        }
        self.batch.transfers.push(&TransferRow {
            event,
            from: Endpoint::Account(from),
            to: Endpoint::Account(to),
            asset: at,
            amount: Some(amount),
            kind,
            layers: Layers::BOTH,
        });
        position(self.batch.transfers.len() - 1)
    }

    pub(super) fn link(&mut self, earlier: u32, later: u32, basis: Basis) {
        self.batch.links.push(LinkRow {
            earlier,
            later,
            consumed: None,
            paid: None,
            basis,
        });
    }

    /// The asset as the exchange counts it.
    pub(super) fn held(&self, symbol: &str) -> Asset {
        let asset = asset_of(symbol);
        let own = asset.decimals();
        asset.with_decimals(self.places.get(symbol).copied().unwrap_or(own))
    }
}
