//! Columns of a segment's tables, written and read.
//!
//! Only types that every engine has: INT64, DECIMAL(38,0), TIMESTAMP in microseconds UTC, STRING,
//! BINARY, BOOLEAN, LIST. Every file carries its schema version under the key `moneytrail.schema`.
//! The tables are documented in `docs/FORMATS.md`.

use super::rows::{
    AccountRow, Batch, BlockRow, EventRow, LinkRow, OutpointRow, RecordPlace, RecordRow, Reference,
    ReferenceRow, Side, SourceRow,
};
use super::transfers::{EndRef, Keys, Transfers};
use crate::Error;
use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, BooleanArray, Decimal128Array, Int64Array,
    ListArray, ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Basis, EventKind, Instant, Layer, Layers, Network,
    Precision, RecordBin, TransferKind,
};
use std::sync::Arc;

/// Version of the tables' columns.
pub const SCHEMA_VERSION: u32 = 1;

/// Tables of a segment, in the order in which they refer to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Table {
    /// Files and sheets.
    Sources,
    /// Assets.
    Assets,
    /// Blocks.
    Blocks,
    /// Events.
    Events,
    /// Transfers.
    Transfers,
    /// Links.
    Links,
    /// Outputs spent.
    Outpoints,
    /// References to other exhibits.
    References,
    /// Records with raw text.
    Records,
    /// Descriptions of accounts.
    Accounts,
}

/// Where the rows of a batch begin in the segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Base {
    /// Segment-wide number of each source of the batch.
    pub(crate) sources: Vec<i64>,
    /// Segment-wide number of each asset of the batch.
    pub(crate) assets: Vec<i64>,
    pub(crate) blocks: i64,
    pub(crate) events: i64,
    pub(crate) transfers: i64,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 10] = [
        Self::Sources,
        Self::Assets,
        Self::Blocks,
        Self::Events,
        Self::Transfers,
        Self::Links,
        Self::Outpoints,
        Self::References,
        Self::Records,
        Self::Accounts,
    ];

    /// File name in the segment's directory.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Sources => "sources.parquet",
            Self::Assets => "assets.parquet",
            Self::Blocks => "blocks.parquet",
            Self::Events => "events.parquet",
            Self::Transfers => "transfers.parquet",
            Self::Links => "links.parquet",
            Self::Outpoints => "outpoints.parquet",
            Self::References => "references.parquet",
            Self::Records => "records.parquet",
            Self::Accounts => "accounts.parquet",
        }
    }

    /// Its columns.
    pub(crate) fn schema(self) -> Arc<Schema> {
        let int = |name: &str| Field::new(name, DataType::Int64, false);
        let int_or_null = |name: &str| Field::new(name, DataType::Int64, true);
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let text_or_null = |name: &str| Field::new(name, DataType::Utf8, true);
        let bytes = |name: &str| Field::new(name, DataType::Binary, false);
        let bytes_or_null = |name: &str| Field::new(name, DataType::Binary, true);
        let flag = |name: &str| Field::new(name, DataType::Boolean, false);
        let amount = |name: &str| Field::new(name, DataType::Decimal128(38, 0), true);
        let time = |name: &str| {
            Field::new(
                name,
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                true,
            )
        };
        Arc::new(Schema::new(match self {
            Self::Sources => vec![text("path"), text_or_null("sheet"), flag("right_to_left")],
            Self::Assets => vec![text("key"), int("decimals"), text("symbol")],
            Self::Blocks => vec![
                text("network"),
                bytes("hash"),
                bytes_or_null("previous"),
                int_or_null("height"),
                time("time"),
                int_or_null("bits"),
                int("transactions"),
                int("inputs"),
                int("outputs"),
                int("source"),
                int("byte_start"),
                int("byte_end"),
                flag("stale"),
            ],
            Self::Events => vec![
                text("kind"),
                text_or_null("network"),
                bytes_or_null("txid"),
                int_or_null("block"),
                int_or_null("tx_index"),
                time("time"),
                text("precision"),
                int("source"),
                int_or_null("row"),
                flag("stale"),
            ],
            Self::Transfers => vec![
                int("event"),
                bytes_or_null("from"),
                bytes_or_null("to"),
                int("asset"),
                amount("amount"),
                text("kind"),
                flag("custody"),
                flag("value"),
            ],
            Self::Links => {
                vec![
                    int("earlier"),
                    int("later"),
                    amount("consumed"),
                    amount("paid"),
                    text("basis"),
                ]
            }
            Self::Outpoints => vec![int("transfer"), bytes("txid"), int("vout")],
            Self::References => vec![
                int("transfer"),
                text("kind"),
                text_or_null("token"),
                text_or_null("side"),
                text_or_null("issuer"),
                text_or_null("payer"),
                bytes_or_null("txid"),
                bytes_or_null("account"),
            ],
            Self::Records => vec![
                int("source"),
                int_or_null("row"),
                int_or_null("byte_start"),
                int_or_null("byte_end"),
                text("bin"),
                text_or_null("reason"),
                Field::new(
                    "raw",
                    DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
                    false,
                ),
            ],
            Self::Accounts => {
                vec![
                    bytes("account"),
                    text("field"),
                    text("value"),
                    int("source"),
                    int_or_null("row"),
                ]
            }
        }))
    }

    /// The batch's rows of this table as columns.
    pub(crate) fn columns(self, batch: &Batch, base: &Base) -> Result<RecordBatch, Error> {
        let columns: Vec<ArrayRef> = match self {
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
                    ints(rows, |r| Some(base.sources[r.source as usize])),
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
                    ints(rows, |r| {
                        r.block.map(|block| base.blocks + i64::from(block))
                    }),
                    ints(rows, |r| r.tx_index.map(i64::from)),
                    times(rows, |r| r.time.seconds()),
                    texts(rows, |r| Some(r.time.precision().as_str())),
                    ints(rows, |r| Some(base.sources[r.source as usize])),
                    ints(rows, |r| r.row.map(i64::from)),
                    flags(rows, |r| r.stale),
                ]
            }
            Self::Transfers => transfer_columns(&batch.transfers, base)?,
            Self::Links => link_columns(&batch.links, base)?,
            Self::Outpoints => {
                let rows = &batch.outpoints;
                vec![
                    ints(rows, |r| Some(base.transfers + i64::from(r.transfer))),
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
                    ints(rows, |r| Some(base.sources[r.source as usize])),
                    ints(rows, |r| r.row.map(i64::from)),
                ]
            }
        };
        Ok(RecordBatch::try_new(self.schema(), columns)?)
    }

    /// Appends the rows of a record batch; positions stay segment-wide.
    pub(crate) fn read_into(self, columns: &RecordBatch, batch: &mut Batch) -> Result<(), Error> {
        let read = Columns {
            columns,
            table: self,
        };
        (0..columns.num_rows()).try_for_each(|row| match self {
            Self::Sources => {
                batch.sources.push(SourceRow {
                    path: read.text("path", row)?.into(),
                    sheet: read.text_or_null("sheet", row)?.map(Box::from),
                    right_to_left: read.flag("right_to_left", row)?,
                });
                Ok(())
            }
            Self::Assets => {
                let key: AssetKey = read
                    .text("key", row)?
                    .parse()
                    .map_err(|_| read.damaged("key"))?;
                let decimals = u8::try_from(read.int("decimals", row)?)
                    .map_err(|_| read.damaged("decimals"))?;
                let asset = Asset::new(key)
                    .with_decimals(decimals)
                    .with_symbol(read.text("symbol", row)?);
                batch.assets.push(asset);
                Ok(())
            }
            Self::Blocks => {
                batch.blocks.push(read.block(row)?);
                Ok(())
            }
            Self::Events => {
                batch.events.push(read.event(row)?);
                Ok(())
            }
            Self::Transfers => read.transfer(row, &mut batch.transfers),
            Self::Links => {
                batch.links.push(LinkRow {
                    earlier: read.small("earlier", row)?,
                    later: read.small("later", row)?,
                    consumed: read.amount("consumed", row)?,
                    paid: read.amount("paid", row)?,
                    basis: Basis::parse(read.text("basis", row)?)
                        .ok_or_else(|| read.damaged("basis"))?,
                });
                Ok(())
            }
            Self::Outpoints => {
                batch.outpoints.push(OutpointRow {
                    transfer: read.small("transfer", row)?,
                    txid: read
                        .hash("txid", row)?
                        .ok_or_else(|| read.damaged("txid"))?,
                    vout: read.small("vout", row)?,
                });
                Ok(())
            }
            Self::References => {
                batch.references.push(read.reference(row)?);
                Ok(())
            }
            Self::Records => {
                batch.records.push(read.record(row)?);
                Ok(())
            }
            Self::Accounts => {
                batch.accounts.push(AccountRow {
                    account: read
                        .key("account", row)?
                        .ok_or_else(|| read.damaged("account"))?,
                    field: read.text("field", row)?.into(),
                    value: read.text("value", row)?.into(),
                    source: read.small("source", row)?,
                    row: read.small_or_null("row", row)?,
                });
                Ok(())
            }
        })
    }
}

fn transfer_columns(transfers: &Transfers, base: &Base) -> Result<Vec<ArrayRef>, Error> {
    let (events, assets, kinds, layers) = transfers.figures();
    let (from, to) = transfers.keys();
    let units = transfers.units();
    let known: NullBuffer = units.iter().map(|&units| units != i128::MIN).collect();
    let amounts = Decimal128Array::new(units.to_vec().into(), Some(known));
    Ok(vec![
        ints(events, |&event| Some(base.events + i64::from(event))),
        stored_keys(from),
        stored_keys(to),
        ints(assets, |&asset| Some(base.assets[asset as usize])),
        Arc::new(amounts.with_precision_and_scale(38, 0)?),
        texts(kinds, |kind| Some(kind.as_str())),
        flags(layers, |layers| layers.contains(Layer::Custody)),
        flags(layers, |layers| layers.contains(Layer::Value)),
    ])
}

/// Keys that are in byte form already.
fn stored_keys(keys: &Keys) -> ArrayRef {
    let (offsets, bytes) = keys.parts();
    let known: NullBuffer = offsets.windows(2).map(|key| key[0] < key[1]).collect();
    let offsets = OffsetBuffer::new(offsets.to_vec().into());
    Arc::new(BinaryArray::new(
        offsets,
        Buffer::from(bytes),
        Some(known).filter(|known| known.null_count() > 0),
    ))
}

fn link_columns(rows: &[LinkRow], base: &Base) -> Result<Vec<ArrayRef>, Error> {
    // A rule that reading does not know must not be written.
    let is_known =
        |row: &&LinkRow| Basis::parse(&row.basis.to_string()).as_ref() == Some(&row.basis);
    if let Some(row) = rows.iter().find(|row| !is_known(row)) {
        let why = format!("`{}` is no registered rule", row.basis);
        return Err(Error::damaged(Table::Links.file_name(), why));
    }
    Ok(vec![
        ints(rows, |r| Some(base.transfers + i64::from(r.earlier))),
        ints(rows, |r| Some(base.transfers + i64::from(r.later))),
        amounts(rows, |r| r.consumed)?,
        amounts(rows, |r| r.paid)?,
        owned_texts(rows, |r| Some(r.basis.to_string())),
    ])
}

fn reference_columns(rows: &[ReferenceRow], base: &Base) -> Vec<ArrayRef> {
    fn token(row: &ReferenceRow) -> Option<(&str, Side, &str, &str)> {
        match &row.reference {
            Reference::Token {
                token,
                side,
                issuer,
                payer,
            } => Some((token, *side, issuer, payer)),
            Reference::Transaction { .. } => None,
        }
    }
    fn transaction(row: &ReferenceRow) -> Option<(&[u8; 32], Option<&AccountKey>)> {
        match &row.reference {
            Reference::Transaction { txid, account } => Some((txid, account.as_ref())),
            Reference::Token { .. } => None,
        }
    }
    vec![
        ints(rows, |r| Some(base.transfers + i64::from(r.transfer))),
        texts(rows, |r| {
            Some(if token(r).is_some() {
                "token"
            } else {
                "transaction"
            })
        }),
        texts(rows, |r| token(r).map(|t| t.0)),
        texts(rows, |r| token(r).map(|t| side_word(t.1))),
        texts(rows, |r| token(r).map(|t| t.2)),
        texts(rows, |r| token(r).map(|t| t.3)),
        bytes(rows, |r| transaction(r).map(|t| &t.0[..])),
        keys(rows, |r| transaction(r).and_then(|t| t.1)),
    ]
}

fn record_columns(rows: &[RecordRow], base: &Base) -> Vec<ArrayRef> {
    let range = |row: &RecordRow| match row.place {
        RecordPlace::Row(_) => None,
        RecordPlace::Bytes(start, end) => {
            Some((i64::try_from(start).ok()?, i64::try_from(end).ok()?))
        }
    };
    let mut raw = ListBuilder::new(StringBuilder::new());
    for row in rows {
        row.raw
            .iter()
            .for_each(|cell| raw.values().append_value(cell));
        raw.append(true);
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
        Arc::new(raw.finish()),
    ]
}

const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Issued => "issued",
        Side::Received => "received",
    }
}

fn ints<R>(rows: &[R], value: impl Fn(&R) -> Option<i64>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<Int64Array>())
}

fn flags<R>(rows: &[R], value: impl Fn(&R) -> bool) -> ArrayRef {
    Arc::new(
        rows.iter()
            .map(|row| Some(value(row)))
            .collect::<BooleanArray>(),
    )
}

fn texts<'a, R>(rows: &'a [R], value: impl Fn(&'a R) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

fn owned_texts<R>(rows: &[R], value: impl Fn(&R) -> Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

fn bytes<'a, R>(rows: &'a [R], value: impl Fn(&'a R) -> Option<&'a [u8]>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<BinaryArray>())
}

fn keys<'a, R>(rows: &'a [R], value: impl Fn(&'a R) -> Option<&'a AccountKey>) -> ArrayRef {
    let mut builder = BinaryBuilder::with_capacity(rows.len(), rows.len() * 34);
    let mut key = Vec::with_capacity(40);
    for row in rows {
        match value(row) {
            Some(account) => {
                key.clear();
                account.encode_into(&mut key);
                builder.append_value(&key);
            }
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}

fn amounts<R>(rows: &[R], value: impl Fn(&R) -> Option<Amount>) -> Result<ArrayRef, Error> {
    let units: Decimal128Array = rows
        .iter()
        .map(|row| value(row).map(Amount::units))
        .collect();
    Ok(Arc::new(units.with_precision_and_scale(38, 0)?))
}

fn times<R>(rows: &[R], seconds: impl Fn(&R) -> Option<i64>) -> ArrayRef {
    let micros = rows
        .iter()
        .map(|row| seconds(row).and_then(|seconds| seconds.checked_mul(1_000_000)));
    Arc::new(
        micros
            .collect::<TimestampMicrosecondArray>()
            .with_timezone("UTC"),
    )
}

/// Columns of one table by name.
struct Columns<'a> {
    columns: &'a RecordBatch,
    table: Table,
}

impl<'a> Columns<'a> {
    fn damaged(&self, column: &str) -> Error {
        Error::damaged(
            self.table.file_name(),
            format!("column `{column}` does not read"),
        )
    }

    fn array<A: Array + 'static>(&self, column: &str) -> Result<&'a A, Error> {
        let array = self
            .columns
            .column_by_name(column)
            .and_then(|array| array.as_any().downcast_ref::<A>());
        array.ok_or_else(|| self.damaged(column))
    }

    fn int_or_null(&self, column: &str, row: usize) -> Result<Option<i64>, Error> {
        let array: &Int64Array = self.array(column)?;
        Ok(array.is_valid(row).then(|| array.value(row)))
    }

    fn int(&self, column: &str, row: usize) -> Result<i64, Error> {
        self.int_or_null(column, row)?
            .ok_or_else(|| self.damaged(column))
    }

    fn small_or_null(&self, column: &str, row: usize) -> Result<Option<u32>, Error> {
        let value = self.int_or_null(column, row)?;
        value
            .map(|value| u32::try_from(value).map_err(|_| self.damaged(column)))
            .transpose()
    }

    fn small(&self, column: &str, row: usize) -> Result<u32, Error> {
        self.small_or_null(column, row)?
            .ok_or_else(|| self.damaged(column))
    }

    fn offset(&self, column: &str, row: usize) -> Result<u64, Error> {
        u64::try_from(self.int(column, row)?).map_err(|_| self.damaged(column))
    }

    fn text_or_null(&self, column: &str, row: usize) -> Result<Option<&'a str>, Error> {
        let array: &StringArray = self.array(column)?;
        Ok(array.is_valid(row).then(|| array.value(row)))
    }

    fn text(&self, column: &str, row: usize) -> Result<&'a str, Error> {
        self.text_or_null(column, row)?
            .ok_or_else(|| self.damaged(column))
    }

    fn flag(&self, column: &str, row: usize) -> Result<bool, Error> {
        Ok(self.array::<BooleanArray>(column)?.value(row))
    }

    fn bytes(&self, column: &str, row: usize) -> Result<Option<&'a [u8]>, Error> {
        let array: &BinaryArray = self.array(column)?;
        Ok(array.is_valid(row).then(|| array.value(row)))
    }

    fn hash(&self, column: &str, row: usize) -> Result<Option<[u8; 32]>, Error> {
        let bytes = self.bytes(column, row)?;
        bytes
            .map(|bytes| bytes.try_into().map_err(|_| self.damaged(column)))
            .transpose()
    }

    fn key(&self, column: &str, row: usize) -> Result<Option<AccountKey>, Error> {
        let bytes = self.bytes(column, row)?;
        bytes
            .map(|bytes| AccountKey::decode(bytes).map_err(|_| self.damaged(column)))
            .transpose()
    }

    fn amount(&self, column: &str, row: usize) -> Result<Option<Amount>, Error> {
        let array: &Decimal128Array = self.array(column)?;
        let units = array.is_valid(row).then(|| array.value(row));
        units
            .map(|units| Amount::new(units).map_err(|_| self.damaged(column)))
            .transpose()
    }

    fn seconds(&self, column: &str, row: usize) -> Result<Option<i64>, Error> {
        let array: &TimestampMicrosecondArray = self.array(column)?;
        Ok(array
            .is_valid(row)
            .then(|| array.value(row).div_euclid(1_000_000)))
    }

    fn network(&self, column: &str, row: usize) -> Result<Option<Network>, Error> {
        let name = self.text_or_null(column, row)?;
        name.map(|name| name.parse().map_err(|_| self.damaged(column)))
            .transpose()
    }

    fn block(&self, row: usize) -> Result<BlockRow, Error> {
        Ok(BlockRow {
            network: self
                .network("network", row)?
                .ok_or_else(|| self.damaged("network"))?,
            hash: self
                .hash("hash", row)?
                .ok_or_else(|| self.damaged("hash"))?,
            previous: self.hash("previous", row)?,
            height: self.small_or_null("height", row)?,
            time: self
                .seconds("time", row)?
                .ok_or_else(|| self.damaged("time"))?,
            bits: self.small_or_null("bits", row)?,
            n_transactions: self.small("transactions", row)?,
            n_inputs: self.small("inputs", row)?,
            n_outputs: self.small("outputs", row)?,
            source: self.small("source", row)?,
            bytes: (
                self.offset("byte_start", row)?,
                self.offset("byte_end", row)?,
            ),
            stale: self.flag("stale", row)?,
        })
    }

    fn event(&self, row: usize) -> Result<EventRow, Error> {
        let transaction = self.network("network", row)?.zip(self.hash("txid", row)?);
        let precision = Precision::from_word(self.text("precision", row)?)
            .ok_or_else(|| self.damaged("precision"))?;
        Ok(EventRow {
            kind: EventKind::from_word(self.text("kind", row)?)
                .ok_or_else(|| self.damaged("kind"))?,
            transaction,
            block: self.small_or_null("block", row)?,
            tx_index: self.small_or_null("tx_index", row)?,
            time: self
                .seconds("time", row)?
                .map_or(Instant::UNKNOWN, |seconds| Instant::new(seconds, precision)),
            source: self.small("source", row)?,
            row: self.small_or_null("row", row)?,
            stale: self.flag("stale", row)?,
        })
    }

    fn transfer(&self, row: usize, transfers: &mut Transfers) -> Result<(), Error> {
        let bits = u8::from(self.flag("custody", row)?) | u8::from(self.flag("value", row)?) << 1;
        let end = |column: &str| {
            let key = self.bytes(column, row)?;
            if let Some(key) = key {
                AccountKey::decode(key).map_err(|_| self.damaged(column))?;
            }
            Ok::<_, Error>(key.map_or(EndRef::Junction, EndRef::Key))
        };
        transfers.push_ends(
            self.small("event", row)?,
            end("from")?,
            end("to")?,
            self.small("asset", row)?,
            self.amount("amount", row)?,
            TransferKind::from_word(self.text("kind", row)?).ok_or_else(|| self.damaged("kind"))?,
            Layers::from_bits(bits).ok_or_else(|| self.damaged("custody"))?,
        );
        Ok(())
    }

    fn reference(&self, row: usize) -> Result<ReferenceRow, Error> {
        let text = |column: &str| self.text(column, row).map(Box::from);
        let reference = match self.text("kind", row)? {
            "token" => Reference::Token {
                token: text("token")?,
                side: match self.text("side", row)? {
                    "issued" => Side::Issued,
                    "received" => Side::Received,
                    _ => return Err(self.damaged("side")),
                },
                issuer: text("issuer")?,
                payer: text("payer")?,
            },
            "transaction" => Reference::Transaction {
                txid: self
                    .hash("txid", row)?
                    .ok_or_else(|| self.damaged("txid"))?,
                account: self.key("account", row)?,
            },
            _ => return Err(self.damaged("kind")),
        };
        Ok(ReferenceRow {
            transfer: self.small("transfer", row)?,
            reference,
        })
    }

    fn record(&self, row: usize) -> Result<RecordRow, Error> {
        let place = match self.small_or_null("row", row)? {
            Some(row) => RecordPlace::Row(row),
            None => RecordPlace::Bytes(
                self.offset("byte_start", row)?,
                self.offset("byte_end", row)?,
            ),
        };
        let cells = self.array::<ListArray>("raw")?.value(row);
        let cells = cells
            .as_any()
            .downcast_ref::<StringArray>()
            .ok_or_else(|| self.damaged("raw"))?;
        Ok(RecordRow {
            source: self.small("source", row)?,
            place,
            bin: RecordBin::from_word(self.text("bin", row)?).ok_or_else(|| self.damaged("bin"))?,
            reason: self.text_or_null("reason", row)?.map(Box::from),
            raw: cells
                .iter()
                .map(|cell| cell.unwrap_or_default().into())
                .collect(),
        })
    }
}
