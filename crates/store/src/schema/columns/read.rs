//! Columns as rows of a batch.

use super::Table;
use crate::Error;
use crate::schema::rows::{
    AccountRow, Batch, BlockRow, EventRow, LinkRow, OutpointRow, RecordPlace, RecordRow, Reference,
    ReferenceRow, Side, SourceRow,
};
use crate::schema::transfers::{EndRef, Transfers};
use arrow::array::{
    Array, BinaryArray, BooleanArray, Decimal128Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Basis, EventKind, Instant, Layers, Network, Precision,
    RecordBin, TransactionForm, TransferKind,
};

impl Table {
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
                    column: read.newer("column", row)?,
                    ordinal: read.newer("ordinal", row)?,
                });
                Ok(())
            }
        })
    }
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
        super::column(self.columns, self.table, column)
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

    /// Of a column that earlier versions lack.
    fn newer<T: TryFrom<i64>>(&self, column: &str, row: usize) -> Result<Option<T>, Error> {
        if self.columns.column_by_name(column).is_none() {
            return Ok(None);
        }
        let value = self.int_or_null(column, row)?;
        value
            .map(|value| T::try_from(value).map_err(|_| self.damaged(column)))
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
            form: TransactionForm {
                version: self.newer("version", row)?,
                lock_time: self.newer("lock_time", row)?,
                sequence: self.newer("sequence", row)?,
            },
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
            "booking" => Reference::Booking {
                account: self
                    .key("account", row)?
                    .ok_or_else(|| self.damaged("account"))?,
            },
            "row" => Reference::Row {
                event: self.small("event", row)?,
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
