//! Columns of a few rows of a segment's table: by position, or by the values of two columns.
//!
//! Law: what is read depends on what is asked for, not on the size of the segment, but for the file's
//! footer and page index.
//!
//! Method: rows by position read one page of each column. Rows by value read their columns in the row
//! groups whose least and greatest values admit them: rows of a source ascend, so that one or two of its
//! groups do.

use super::Segment;
use super::read::pick;
use crate::Error;
use crate::schema::Table;
use crate::schema::column;
use arrow::array::{Array, BinaryArray, Int64Array, RecordBatch, StringArray};
use moneytrail_model::Network;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// A pair of values of two columns; the first may be missing.
pub type Pair = (Option<i64>, i64);

impl Segment {
    /// Rows of a table in which two integer columns have one of these pairs of values, ascending, each
    /// with its pair. Reads both columns of the row groups that may have one.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version.
    pub fn rows_with(
        &self,
        table: Table,
        columns: [&str; 2],
        wanted: &BTreeSet<Pair>,
    ) -> Result<Vec<(u64, Pair)>, Error> {
        let admits = |group: &RowGroupMetaData| {
            let (first, second) = (range_of(group, columns[0]), range_of(group, columns[1]));
            let within = |range: Option<(i64, i64)>, value: i64| {
                range.is_none_or(|(least, greatest)| (least..=greatest).contains(&value))
            };
            wanted
                .iter()
                .any(|&(a, b)| a.is_none_or(|a| within(first, a)) && within(second, b))
        };
        let parts = self.scan(table, &columns, admits, |start, part| {
            let first: &Int64Array = column(part, table, columns[0])?;
            let second: &Int64Array = column(part, table, columns[1])?;
            let mut rows = Vec::new();
            for row in (0..part.num_rows()).filter(|&row| second.is_valid(row)) {
                let pair = (
                    first.is_valid(row).then(|| first.value(row)),
                    second.value(row),
                );
                if wanted.contains(&pair) {
                    rows.push((start + row as u64, pair));
                }
            }
            Ok(rows)
        })?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// Whether an exhibit has a transaction with this id, in the order of the hash's bytes, in the graph
    /// or not. O(events).
    ///
    /// # Errors
    /// If the table is damaged or of a newer version.
    pub fn has_transaction(
        &self,
        is_wanted: impl Fn(Network, &[u8]) -> bool + Sync,
    ) -> Result<bool, Error> {
        let parts = self.scan(
            Table::Events,
            &["network", "txid"],
            |_| true,
            |_, part| {
                let networks: &StringArray = column(part, Table::Events, "network")?;
                let txids: &BinaryArray = column(part, Table::Events, "txid")?;
                Ok((0..part.num_rows()).any(|row| {
                    let network = networks
                        .is_valid(row)
                        .then(|| networks.value(row).parse().ok());
                    let network = network.flatten().filter(|_| txids.is_valid(row));
                    network.is_some_and(|network| is_wanted(network, txids.value(row)))
                }))
            },
        )?;
        Ok(parts.into_iter().any(|has| has))
    }

    /// Some columns of the rows at these positions, ascending.
    pub(super) fn columns_at(
        &self,
        table: Table,
        columns: &[&str],
        positions: &[u64],
    ) -> Result<Vec<RecordBatch>, Error> {
        if positions.is_empty() {
            return Ok(Vec::new());
        }
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
        let reader = self.open_table(table, options)?;
        let groups = reader.metadata().row_groups().iter();
        let group_rows: Vec<u64> = groups
            .map(|group| group.num_rows().unsigned_abs())
            .collect();
        let picked = pick(&group_rows, positions);
        let (groups, ranges, n_rows) = picked
            .ok_or_else(|| Error::damaged(table.file_name(), "a row is cited that is not there"))?;
        let mask = ProjectionMask::columns(reader.parquet_schema(), columns.iter().copied());
        let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), n_rows);
        let reader = reader
            .with_projection(mask)
            .with_row_groups(groups)
            .with_row_selection(selection)
            .with_batch_size(1 << 10);
        Ok(reader.build()?.collect::<Result<Vec<_>, _>>()?)
    }

    /// What `decode` makes of some columns of the row groups that `admits` lets through, in parallel;
    /// results in the order of the rows.
    pub(super) fn scan<P: Send>(
        &self,
        table: Table,
        columns: &[&str],
        admits: impl Fn(&RowGroupMetaData) -> bool,
        decode: impl Fn(u64, &RecordBatch) -> Result<P, Error> + Sync,
    ) -> Result<Vec<P>, Error> {
        let reader = self.open_table(table, ArrowReaderOptions::new())?;
        let (mut groups, mut start) = (Vec::new(), 0);
        for (number, group) in reader.metadata().row_groups().iter().enumerate() {
            if admits(group) {
                groups.push((number, start));
            }
            start += group.num_rows().unsigned_abs();
        }
        let mask = ProjectionMask::columns(reader.parquet_schema(), columns.iter().copied());
        let read = |&(number, mut start): &(usize, u64)| {
            let reader = self.open_table(table, ArrowReaderOptions::new())?;
            let reader = reader
                .with_projection(mask.clone())
                .with_row_groups(vec![number]);
            let mut parts = Vec::new();
            for part in reader.with_batch_size(1 << 16).build()? {
                let part = part?;
                parts.push(decode(start, &part)?);
                start += part.num_rows() as u64;
            }
            Ok(parts)
        };
        let parts: Vec<Vec<P>> = groups.par_iter().map(read).collect::<Result<_, Error>>()?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// Least and greatest value of a column in a row group, where the file says them and none is missing.
pub(super) fn range_of(group: &RowGroupMetaData, name: &str) -> Option<(i64, i64)> {
    let column = group
        .columns()
        .iter()
        .find(|column| column.column_path().string() == name)?;
    match column.statistics()? {
        Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        _ => None,
    }
}
