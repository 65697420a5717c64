//! Columns of a segment's tables, written and read.
//!
//! Only types that every engine has: INT64, DECIMAL(38,0), TIMESTAMP in microseconds UTC, STRING,
//! BINARY, BOOLEAN, LIST. Every file carries its schema version under the key `moneytrail.schema`.
//! The tables are documented in `docs/FORMATS.md`.

mod read;
mod write;

pub(crate) use write::Column;

use crate::Error;
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use std::sync::Arc;

/// Version of the tables' columns. Earlier ones are read too, and what they lack is null: `column` and `ordinal` of `accounts`
/// since 2, `version`, `lock_time` and `sequence` of `events` since 3.
pub const SCHEMA_VERSION: u32 = 3;

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
    #[expect(clippy::too_many_lines, reason = "one list of all columns")]
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
                int_or_null("version"),
                int_or_null("lock_time"),
                int_or_null("sequence"),
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
                int_or_null("event"),
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
                    int_or_null("column"),
                    int_or_null("ordinal"),
                ]
            }
        }))
    }
}

/// A column of some rows, as the array that its type says.
pub(crate) fn column<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    table: Table,
    name: &str,
) -> Result<&'a A, Error> {
    let array = batch.column_by_name(name);
    let array = array.and_then(|array| array.as_any().downcast_ref::<A>());
    array.ok_or_else(|| Error::damaged(table.file_name(), format!("column `{name}` does not read")))
}
