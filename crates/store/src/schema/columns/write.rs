//! Rows of a batch as columns.

use super::{Base, Table};
use crate::Error;
use crate::schema::rows::{Batch, LinkRow, RecordPlace, RecordRow, Reference, ReferenceRow, Side};
use crate::schema::transfers::{Keys, Transfers};
use arrow::array::{
    ArrayRef, BinaryArray, BinaryBuilder, BooleanArray, Decimal128Array, Int64Array, ListBuilder,
    StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use moneytrail_model::{AccountKey, Amount, Basis, Layer};
use std::sync::Arc;

/// A column of a batch, made when it is called for: each may be made on another thread.
pub(crate) type Column<'a> = Box<dyn FnOnce() -> Result<ArrayRef, Error> + Send + 'a>;

impl Table {
    /// Rows of this table in the batch.
    pub(crate) fn n_rows(self, batch: &Batch) -> usize {
        match self {
            Self::Sources => batch.sources.len(),
            Self::Assets => batch.assets.len(),
            Self::Blocks => batch.blocks.len(),
            Self::Events => batch.events.len(),
            Self::Transfers => batch.transfers.len(),
            Self::Links => batch.links.len(),
            Self::Outpoints => batch.outpoints.len(),
            Self::References => batch.references.len(),
            Self::Records => batch.records.len(),
            Self::Accounts => batch.accounts.len(),
        }
    }

    /// Bytes of its text that no row bounds.
    pub(crate) fn n_text_bytes(self, batch: &Batch) -> usize {
        match self {
            Self::Records => {
                let cells = batch.records.iter().flat_map(|record| &record.raw);
                cells.map(|cell| cell.len()).sum()
            }
            _ => 0,
        }
    }

    /// The batch's rows of this table as columns.
    pub(crate) fn columns<'a>(self, batch: &'a Batch, base: &'a Base) -> Vec<Column<'a>> {
        match self {
            Self::Sources => {
                let rows = &batch.sources;
                vec![
                    texts(rows, |r| Some(&*r.path)),
                    texts(rows, |r| r.sheet.as_deref()),
                    flags(rows, |r| r.right_to_left),
                ]
            }
            Self::Assets => {
                let rows = &batch.assets;
                vec![
                    owned_texts(rows, |r| Some(r.key().to_string())),
                    ints(rows, |r| Some(r.decimals().into())),
                    texts(rows, |r| Some(r.symbol())),
                ]
            }
            Self::Blocks => {
                let rows = &batch.blocks;
                vec![
                    texts(rows, |r| Some(r.network.as_str())),
                    bytes(rows, |r| Some(&r.hash[..])),
                    bytes(rows, |r| r.previous.as_ref().map(|hash| &hash[..])),
                    ints(rows, |r| r.height.map(i64::from)),
                    times(rows, |r| Some(r.time)),
                    ints(rows, |r| r.bits.map(i64::from)),
                    ints(rows, |r| Some(r.n_transactions.into())),
                    ints(rows, |r| Some(r.n_inputs.into())),
                    ints(rows, |r| Some(r.n_outputs.into())),
                    ints(rows, move |r| Some(base.sources[r.source as usize])),
                    ints(rows, |r| i64::try_from(r.bytes.0).ok()),
                    ints(rows, |r| i64::try_from(r.bytes.1).ok()),
                    flags(rows, |r| r.stale),
                ]
            }
            Self::Events => {
                let rows = &batch.events;
                vec![
                    texts(rows, |r| Some(r.kind.as_str())),
                    texts(rows, |r| r.transaction.as_ref().map(|t| t.0.as_str())),
                    bytes(rows, |r| r.transaction.as_ref().map(|t| &t.1[..])),
                    ints(rows, move |r| {
                        r.block.map(|block| base.blocks + i64::from(block))
                    }),
                    ints(rows, |r| r.tx_index.map(i64::from)),
                    times(rows, |r| r.time.seconds()),
                    texts(rows, |r| Some(r.time.precision().as_str())),
                    ints(rows, move |r| Some(base.sources[r.source as usize])),
                    ints(rows, |r| r.row.map(i64::from)),
                    flags(rows, |r| r.stale),
                    ints(rows, |r| r.form.version.map(i64::from)),
                    ints(rows, |r| r.form.lock_time.map(i64::from)),
                    ints(rows, |r| r.form.sequence.map(i64::from)),
                ]
            }
            Self::Transfers => transfer_columns(&batch.transfers, base),
            Self::Links => link_columns(&batch.links, base),
            Self::Outpoints => {
                let rows = &batch.outpoints;
                vec![
                    ints(rows, move |r| Some(base.transfers + i64::from(r.transfer))),
                    bytes(rows, |r| Some(&r.txid[..])),
                    ints(rows, |r| Some(r.vout.into())),
                ]
            }
            Self::References => reference_columns(&batch.references, base),
            Self::Records => record_columns(&batch.records, base),
            Self::Accounts => {
                let rows = &batch.accounts;
                vec![
                    keys(rows, |r| Some(&r.account)),
                    texts(rows, |r| Some(&*r.field)),
                    texts(rows, |r| Some(&*r.value)),
                    ints(rows, move |r| Some(base.sources[r.source as usize])),
                    ints(rows, |r| r.row.map(i64::from)),
                    ints(rows, |r| r.column.map(i64::from)),
                    ints(rows, |r| r.ordinal.map(i64::from)),
                ]
            }
        }
    }
}

fn transfer_columns<'a>(transfers: &'a Transfers, base: &'a Base) -> Vec<Column<'a>> {
    let (events, assets, kinds, layers) = transfers.figures();
    let (from, to) = transfers.keys();
    vec![
        ints(events, |&event| Some(base.events + i64::from(event))),
        stored_keys(from),
        stored_keys(to),
        ints(assets, |&asset| Some(base.assets[asset as usize])),
        stored_amounts(transfers.units()),
        texts(kinds, |kind| Some(kind.as_str())),
        flags(layers, |layers| layers.contains(Layer::Custody)),
        flags(layers, |layers| layers.contains(Layer::Value)),
    ]
}

/// Keys that are in byte form already.
fn stored_keys(keys: &Keys) -> Column<'_> {
    Box::new(|| {
        let (offsets, bytes) = keys.parts();
        let known: NullBuffer = offsets.windows(2).map(|key| key[0] < key[1]).collect();
        let known = Some(known).filter(|known| known.null_count() > 0);
        let offsets = OffsetBuffer::new(offsets.to_vec().into());
        Ok(Arc::new(BinaryArray::new(
            offsets,
            Buffer::from(bytes),
            known,
        )))
    })
}

/// Units as [`Transfers`] keep them.
fn stored_amounts(units: &[i128]) -> Column<'_> {
    Box::new(|| {
        let known: NullBuffer = units.iter().map(|&units| units != i128::MIN).collect();
        let known = Some(known).filter(|known| known.null_count() > 0);
        let amounts = Decimal128Array::new(units.to_vec().into(), known);
        Ok(Arc::new(amounts.with_precision_and_scale(38, 0)?))
    })
}

fn link_columns<'a>(rows: &'a [LinkRow], base: &'a Base) -> Vec<Column<'a>> {
    vec![
        ints(rows, |r| Some(base.transfers + i64::from(r.earlier))),
        ints(rows, |r| Some(base.transfers + i64::from(r.later))),
        amounts(rows, |r| r.consumed),
        amounts(rows, |r| r.paid),
        bases(rows),
    ]
}

/// A rule that reading does not know must not be written.
fn bases(rows: &[LinkRow]) -> Column<'_> {
    Box::new(|| {
        let is_known =
            |row: &&LinkRow| Basis::parse(&row.basis.to_string()).as_ref() == Some(&row.basis);
        if let Some(row) = rows.iter().find(|row| !is_known(row)) {
            let why = format!("`{}` is no registered rule", row.basis);
            return Err(Error::damaged(Table::Links.file_name(), why));
        }
        owned_texts(rows, |r| Some(r.basis.to_string()))()
    })
}

fn reference_columns<'a>(rows: &'a [ReferenceRow], base: &'a Base) -> Vec<Column<'a>> {
    fn token(row: &ReferenceRow) -> Option<(&str, Side, &str, &str)> {
        match &row.reference {
            Reference::Token {
                token,
                side,
                issuer,
                payer,
            } => Some((token, *side, issuer, payer)),
            _ => None,
        }
    }
    const fn txid(row: &ReferenceRow) -> Option<&[u8; 32]> {
        match &row.reference {
            Reference::Transaction { txid, .. } => Some(txid),
            _ => None,
        }
    }
    const fn account(row: &ReferenceRow) -> Option<&AccountKey> {
        match &row.reference {
            Reference::Transaction { account, .. } => account.as_ref(),
            Reference::Booking { account } => Some(account),
            _ => None,
        }
    }
    const fn kind(row: &ReferenceRow) -> &'static str {
        match row.reference {
            Reference::Token { .. } => "token",
            Reference::Transaction { .. } => "transaction",
            Reference::Booking { .. } => "booking",
            Reference::Row { .. } => "row",
        }
    }
    vec![
        ints(rows, |r| Some(base.transfers + i64::from(r.transfer))),
        texts(rows, |r| Some(kind(r))),
        texts(rows, |r| token(r).map(|t| t.0)),
        texts(rows, |r| token(r).map(|t| side_word(t.1))),
        texts(rows, |r| token(r).map(|t| t.2)),
        texts(rows, |r| token(r).map(|t| t.3)),
        bytes(rows, |r| txid(r).map(|txid| &txid[..])),
        keys(rows, account),
        ints(rows, |r| match r.reference {
            Reference::Row { event } => Some(base.events + i64::from(event)),
            _ => None,
        }),
    ]
}

fn record_columns<'a>(rows: &'a [RecordRow], base: &'a Base) -> Vec<Column<'a>> {
    fn range(row: &RecordRow) -> Option<(i64, i64)> {
        match row.place {
            RecordPlace::Row(_) => None,
            RecordPlace::Bytes(start, end) => {
                Some((i64::try_from(start).ok()?, i64::try_from(end).ok()?))
            }
        }
    }
    vec![
        ints(rows, |r| Some(base.sources[r.source as usize])),
        ints(rows, |r| match r.place {
            RecordPlace::Row(row) => Some(row.into()),
            RecordPlace::Bytes(..) => None,
        }),
        ints(rows, |r| range(r).map(|range| range.0)),
        ints(rows, |r| range(r).map(|range| range.1)),
        texts(rows, |r| Some(r.bin.as_str())),
        texts(rows, |r| r.reason.as_deref()),
        raw_cells(rows),
    ]
}

fn raw_cells(rows: &[RecordRow]) -> Column<'_> {
    Box::new(move || {
        let mut raw = ListBuilder::new(StringBuilder::new());
        for row in rows {
            let cells = raw.values();
            row.raw.iter().for_each(|cell| cells.append_value(cell));
            raw.append(true);
        }
        Ok(Arc::new(raw.finish()))
    })
}

const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Issued => "issued",
        Side::Received => "received",
    }
}

fn ints<'a, R: Sync>(rows: &'a [R], value: impl Fn(&R) -> Option<i64> + Send + 'a) -> Column<'a> {
    Box::new(move || {
        let (values, known) = values_of(rows, value);
        Ok(Arc::new(Int64Array::new(values, known)))
    })
}

/// The values, zero where there is none, and which are there unless all are.
fn values_of<R>(
    rows: &[R],
    value: impl Fn(&R) -> Option<i64>,
) -> (ScalarBuffer<i64>, Option<NullBuffer>) {
    let mut n_known = 0;
    let of = |row| {
        let value = value(row);
        n_known += usize::from(value.is_some());
        value.unwrap_or(0)
    };
    let values: Vec<i64> = rows.iter().map(of).collect();
    // Mostly a column has all values or none.
    let known = match n_known {
        0 => Some(NullBuffer::new_null(rows.len())),
        all if all == rows.len() => None,
        _ => Some(rows.iter().map(|row| value(row).is_some()).collect()),
    };
    (values.into(), known)
}

fn flags<'a, R: Sync>(rows: &'a [R], value: impl Fn(&R) -> bool + Send + 'a) -> Column<'a> {
    Box::new(move || {
        let flags: BooleanBuffer = rows.iter().map(value).collect();
        Ok(Arc::new(BooleanArray::new(flags, None)))
    })
}

fn texts<'a, R: Sync>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> Option<&'a str> + Send + 'a,
) -> Column<'a> {
    Box::new(move || {
        if rows.iter().all(|row| value(row).is_none()) {
            return Ok(Arc::new(StringArray::new_null(rows.len())));
        }
        let mut builder = StringBuilder::with_capacity(rows.len(), 8 * rows.len());
        for row in rows {
            builder.append_option(value(row));
        }
        Ok(Arc::new(builder.finish()))
    })
}

fn owned_texts<'a, R: Sync>(
    rows: &'a [R],
    value: impl Fn(&R) -> Option<String> + Send + 'a,
) -> Column<'a> {
    Box::new(move || Ok(Arc::new(rows.iter().map(value).collect::<StringArray>())))
}

fn bytes<'a, R: Sync>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> Option<&'a [u8]> + Send + 'a,
) -> Column<'a> {
    Box::new(move || {
        if rows.iter().all(|row| value(row).is_none()) {
            return Ok(Arc::new(BinaryArray::new_null(rows.len())));
        }
        let n_bytes = 32 * rows.len();
        let mut builder = BinaryBuilder::with_capacity(rows.len(), n_bytes);
        for row in rows {
            builder.append_option(value(row));
        }
        Ok(Arc::new(builder.finish()))
    })
}

fn keys<'a, R: Sync>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> Option<&'a AccountKey> + Send + 'a,
) -> Column<'a> {
    Box::new(move || {
        let mut builder = BinaryBuilder::new();
        let mut key = Vec::with_capacity(40);
        for row in rows {
            key.clear();
            match value(row) {
                Some(account) => {
                    account.encode_into(&mut key);
                    builder.append_value(&key);
                }
                None => builder.append_null(),
            }
        }
        Ok(Arc::new(builder.finish()))
    })
}

fn amounts<'a, R: Sync>(
    rows: &'a [R],
    value: impl Fn(&R) -> Option<Amount> + Send + 'a,
) -> Column<'a> {
    Box::new(move || {
        let units = rows.iter().map(|row| value(row).map(Amount::units));
        let units: Decimal128Array = units.collect();
        Ok(Arc::new(units.with_precision_and_scale(38, 0)?))
    })
}

fn times<'a, R: Sync>(
    rows: &'a [R],
    seconds: impl Fn(&R) -> Option<i64> + Send + 'a,
) -> Column<'a> {
    Box::new(move || {
        let (values, known) = values_of(rows, |row| seconds(row)?.checked_mul(1_000_000));
        let micros = TimestampMicrosecondArray::new(values, known);
        Ok(Arc::new(micros.with_timezone("UTC")))
    })
}
