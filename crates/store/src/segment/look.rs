//! A whole segment looked through, column by column.
//!
//! Law: hits arrive in the order of the rows, whatever the number of threads. As many row groups are in memory as there are threads;
//! what is kept of them is the caller's.

use super::{Segment, TableScan};
use crate::Error;
use crate::schema::{RecordPlace, Table, column};
use arrow::array::{
    Array, BinaryArray, Decimal128Array, Int64Array, ListArray, StringArray,
    TimestampMicrosecondArray,
};
use moneytrail_model::Network;

/// A raw cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CellAt {
    /// Position of its source.
    pub source: u32,
    /// Its record.
    pub place: RecordPlace,
    /// From 1.
    pub column: u32,
    /// As written.
    pub raw: Box<str>,
}

impl Segment {
    /// Looks at each raw cell of the records.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version, or as `take` says.
    pub fn look_at_cells<F: Send>(
        &self,
        look: impl Fn(&str) -> Option<F> + Sync,
        mut take: impl FnMut(CellAt, F) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let table = Table::Records;
        TableScan::open(self, table)?.scan(
            &["source", "row", "byte_start", "byte_end", "raw"],
            |_, part| {
                let ints = |name| column::<Int64Array>(part, table, name);
                let (sources, rows) = (ints("source")?, ints("row")?);
                let (starts, ends) = (ints("byte_start")?, ints("byte_end")?);
                let lists: &ListArray = column(part, table, "raw")?;
                let mut found = Vec::new();
                for record in 0..part.num_rows() {
                    let cells = lists.value(record);
                    let cells = cells.as_any().downcast_ref::<StringArray>();
                    let cells =
                        cells.ok_or_else(|| Error::damaged(table.file_name(), "raw cells"))?;
                    for (nth, cell) in (1_u32..).zip(cells) {
                        let Some((raw, hit)) = cell.and_then(|cell| Some((cell, look(cell)?)))
                        else {
                            continue;
                        };
                        let offset = |of: &Int64Array| u64::try_from(of.value(record)).unwrap_or(0);
                        let place = if rows.is_valid(record) {
                            RecordPlace::Row(small(rows, record, table)?)
                        } else {
                            RecordPlace::Bytes(offset(starts), offset(ends))
                        };
                        let source = small(sources, record, table)?;
                        let cell = CellAt {
                            source,
                            place,
                            column: nth,
                            raw: raw.into(),
                        };
                        found.push((cell, hit));
                    }
                }
                Ok(found)
            },
            |_, found| {
                found
                    .into_iter()
                    .try_for_each(|(cell, hit)| take(cell, hit))
            },
        )
    }

    /// Looks at the key of each end of a transfer; gives the row of its event.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version, or as `take` says.
    pub fn look_at_ends<F: Send>(
        &self,
        look: impl Fn(&[u8]) -> Option<F> + Sync,
        mut take: impl FnMut(u32, F) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let table = Table::Transfers;
        TableScan::open(self, table)?.scan(
            &["event", "from", "to"],
            |_, part| {
                let events: &Int64Array = column(part, table, "event")?;
                let mut found = Vec::new();
                for name in ["from", "to"] {
                    let keys: &BinaryArray = column(part, table, name)?;
                    for row in (0..part.num_rows()).filter(|&row| keys.is_valid(row)) {
                        if let Some(hit) = look(keys.value(row)) {
                            found.push((small(events, row, table)?, hit));
                        }
                    }
                }
                Ok(found)
            },
            |_, found| {
                found
                    .into_iter()
                    .try_for_each(|(event, hit)| take(event, hit))
            },
        )
    }

    /// Looks at the asset and amount of each transfer; gives the rows of the events of those that are wanted.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version, or as `take` says.
    pub fn look_at_amounts(
        &self,
        is_wanted: impl Fn(u32, i128) -> bool + Sync,
        mut take: impl FnMut(u32) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let table = Table::Transfers;
        TableScan::open(self, table)?.scan(
            &["event", "asset", "amount"],
            |_, part| {
                let events: &Int64Array = column(part, table, "event")?;
                let assets: &Int64Array = column(part, table, "asset")?;
                let amounts: &Decimal128Array = column(part, table, "amount")?;
                let mut found = Vec::new();
                for row in (0..part.num_rows()).filter(|&row| amounts.is_valid(row)) {
                    if is_wanted(small(assets, row, table)?, amounts.value(row)) {
                        found.push(small(events, row, table)?);
                    }
                }
                Ok(found)
            },
            |_, found| found.into_iter().try_for_each(&mut take),
        )
    }

    /// Looks at the time of each event, in seconds since 1970 with its precision; gives the rows of those that are wanted.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version, or as `take` says.
    pub fn look_at_times(
        &self,
        is_wanted: impl Fn(i64, &str) -> bool + Sync,
        mut take: impl FnMut(u32) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let table = Table::Events;
        TableScan::open(self, table)?.scan(
            &["time", "precision"],
            |start, part| {
                let times: &TimestampMicrosecondArray = column(part, table, "time")?;
                let precisions: &StringArray = column(part, table, "precision")?;
                let known = (0..part.num_rows()).filter(|&row| times.is_valid(row));
                let wanted = known.filter(|&row| {
                    is_wanted(
                        times.value(row).div_euclid(1_000_000),
                        precisions.value(row),
                    )
                });
                wanted
                    .map(|row| position(start + row, table))
                    .collect::<Result<Vec<u32>, Error>>()
            },
            |_, found| found.into_iter().try_for_each(&mut take),
        )
    }

    /// Looks at the transaction id of each event, in the order of the hash's bytes; gives the rows of those that are wanted.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version, or as `take` says.
    pub fn look_at_txids(
        &self,
        is_wanted: impl Fn(Network, &[u8]) -> bool + Sync,
        mut take: impl FnMut(u32) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let table = Table::Events;
        TableScan::open(self, table)?.scan(
            &["network", "txid"],
            |start, part| {
                let networks: &StringArray = column(part, table, "network")?;
                let txids: &BinaryArray = column(part, table, "txid")?;
                let mut found = Vec::new();
                for row in (0..part.num_rows())
                    .filter(|&row| txids.is_valid(row) && networks.is_valid(row))
                {
                    let network = networks.value(row).parse().ok();
                    if network.is_some_and(|network| is_wanted(network, txids.value(row))) {
                        found.push(position(start + row, table)?);
                    }
                }
                Ok(found)
            },
            |_, found| found.into_iter().try_for_each(&mut take),
        )
    }

    /// Looks at the transaction ids whose outputs inputs spend; gives the rows of the events of those that are wanted.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version, or as `take` says.
    pub fn look_at_spent(
        &self,
        is_wanted: impl Fn(&[u8]) -> bool + Sync,
        mut take: impl FnMut(u32) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let table = Table::Outpoints;
        let mut spending: Vec<u64> = Vec::new();
        TableScan::open(self, table)?.scan(
            &["transfer", "txid"],
            |_, part| {
                let transfers: &Int64Array = column(part, table, "transfer")?;
                let txids: &BinaryArray = column(part, table, "txid")?;
                let wanted = (0..part.num_rows()).filter(|&row| is_wanted(txids.value(row)));
                wanted
                    .map(|row| small(transfers, row, table))
                    .collect::<Result<Vec<u32>, Error>>()
            },
            |_, found| {
                spending.extend(found.into_iter().map(u64::from));
                Ok(())
            },
        )?;
        spending.sort_unstable();
        spending.dedup();
        for part in self.columns_at(Table::Transfers, &["event"], &spending)? {
            let events: &Int64Array = column(&part, Table::Transfers, "event")?;
            for row in 0..part.num_rows() {
                take(small(events, row, Table::Transfers)?)?;
            }
        }
        Ok(())
    }
}

fn small(values: &Int64Array, row: usize, table: Table) -> Result<u32, Error> {
    u32::try_from(values.value(row))
        .map_err(|_| Error::damaged(table.file_name(), "a position does not read"))
}

fn position(row: usize, table: Table) -> Result<u32, Error> {
    u32::try_from(row).map_err(|_| Error::damaged(table.file_name(), "too many rows"))
}
