//! Where rows of a segment stand in the evidence: locators, cells as written, headers.
//!
//! Law: a place is found again at the row that it was read from.

use super::Segment;
use super::select::{Pair, range_of};
use crate::Error;
use crate::schema::column;
use crate::schema::{Batch, SourceRow, Table};
use arrow::array::{Array, Int64Array, ListArray, RecordBatch, StringArray};
use moneytrail_model::{Locator, Network};
use parquet::file::metadata::RowGroupMetaData;
use std::collections::{BTreeMap, BTreeSet};

/// Where an event stands in its exhibit.
#[derive(Clone, Debug)]
pub struct EventPlace {
    /// As a person can write it down and find it again.
    pub locator: Locator,
    /// Position of its source in the segment.
    pub source: u32,
    /// Row in the source, from 1, where it has rows.
    pub row: Option<u32>,
    /// Height of its block, where the evidence fixes it.
    pub height: Option<u32>,
    /// Position within the block.
    pub tx_index: Option<u32>,
    /// Network of the transaction that it is, if it is one.
    pub network: Option<Network>,
    /// Whether its sheet runs from right to left.
    pub right_to_left: bool,
}

/// Cells of a record, as written.
pub type Cells = Vec<Box<str>>;

impl Segment {
    /// Files and sheets of the segment, by position.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version.
    pub fn sources(&self) -> Result<Vec<SourceRow>, Error> {
        Ok(self.read(&[Table::Sources])?.sources)
    }

    /// Where the events at these rows stand. O(log n) pages for each, besides the footer.
    ///
    /// # Errors
    /// If there is no such row, or a table is damaged or of a newer version.
    pub fn event_places(&self, rows: &BTreeSet<u32>) -> Result<BTreeMap<u32, EventPlace>, Error> {
        let positions: Vec<u64> = rows.iter().map(|&row| u64::from(row)).collect();
        let wanted = ["block", "tx_index", "source", "row"];
        let columns = [&wanted[..], &["network"]].concat();
        let mut found: Vec<([Option<u32>; 4], Option<Network>)> = Vec::with_capacity(rows.len());
        for part in self.columns_at(Table::Events, &columns, &positions)? {
            let networks: &StringArray = column(&part, Table::Events, "network")?;
            for row in 0..part.num_rows() {
                let mut values = [None; 4];
                for (value, name) in values.iter_mut().zip(wanted) {
                    *value = small(&part, Table::Events, name, row)?;
                }
                let network = networks.is_valid(row).then(|| networks.value(row).parse());
                let network = network.transpose();
                let network = network.map_err(|_| Error::damaged("events.parquet", "network"))?;
                found.push((values, network));
            }
        }
        let blocks: BTreeSet<u32> = found.iter().filter_map(|found| found.0[0]).collect();
        let heights = self.heights(&blocks)?;
        let batch = Batch {
            sources: self.sources()?,
            ..Batch::default()
        };
        let place = |([block, tx_index, source, row], network): ([Option<u32>; 4], _)| {
            let source = source.ok_or_else(|| Error::damaged("events.parquet", "no source"))?;
            let height = block.and_then(|block| heights.get(&block).copied().flatten());
            let of = batch.sources.get(source as usize);
            Ok(EventPlace {
                locator: batch.place_locator(source, row, tx_index, height),
                source,
                row,
                height,
                tx_index,
                network,
                right_to_left: of.is_some_and(|of| of.right_to_left),
            })
        };
        let places = found
            .into_iter()
            .map(place)
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(rows.iter().copied().zip(places).collect())
    }

    /// Heights of blocks, where the evidence fixes them.
    fn heights(&self, blocks: &BTreeSet<u32>) -> Result<BTreeMap<u32, Option<u32>>, Error> {
        let positions: Vec<u64> = blocks.iter().map(|&block| u64::from(block)).collect();
        let mut heights = Vec::with_capacity(blocks.len());
        for part in self.columns_at(Table::Blocks, &["height"], &positions)? {
            for row in 0..part.num_rows() {
                heights.push(small(&part, Table::Blocks, "height", row)?);
            }
        }
        Ok(blocks.iter().copied().zip(heights).collect())
    }

    /// Raw cells of the records at these rows of sources; rows that keep no raw text are left out.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version.
    pub fn cells_at(
        &self,
        places: &BTreeSet<(u32, u32)>,
    ) -> Result<BTreeMap<(u32, u32), Cells>, Error> {
        let wanted = places
            .iter()
            .map(|&(source, row)| (Some(i64::from(source)), i64::from(row)));
        let wanted: BTreeSet<Pair> = wanted.collect();
        let found = self.rows_with(Table::Records, ["source", "row"], &wanted)?;
        let positions: Vec<u64> = found.iter().map(|row| row.0).collect();
        let mut cells = self.raw_at(&positions)?.into_iter();
        let mut by_place = BTreeMap::new();
        for (_, (source, row)) in found {
            let place = (
                source.and_then(|source| u32::try_from(source).ok()),
                u32::try_from(row),
            );
            if let (Some(cells), (Some(source), Ok(row))) = (cells.next(), place) {
                by_place.insert((source, row), cells);
            }
        }
        Ok(by_place)
    }

    /// Cells of the header row of each of these sources that has one: reads what became of the records of
    /// the groups that hold these sources.
    ///
    /// # Errors
    /// If the table is damaged or of a newer version.
    pub fn headers(&self, sources: &BTreeSet<u32>) -> Result<BTreeMap<u32, Cells>, Error> {
        let admits = |group: &RowGroupMetaData| {
            let range = range_of(group, "source");
            let within = |source: &u32| {
                range.is_none_or(|(least, greatest)| {
                    (least..=greatest).contains(&i64::from(*source))
                })
            };
            sources.iter().any(within)
        };
        let parts = self.scan(
            Table::Records,
            &["source", "row", "bin", "reason"],
            admits,
            |first, part| {
                let bins: &StringArray = column(part, Table::Records, "bin")?;
                let reasons: &StringArray = column(part, Table::Records, "reason")?;
                let mut headers = Vec::new();
                for row in 0..part.num_rows() {
                    let is_header = reasons.is_valid(row)
                        && reasons.value(row) == "header"
                        && bins.value(row) == moneytrail_model::RecordBin::Contextual.as_str();
                    if is_header && small(part, Table::Records, "row", row)?.is_some() {
                        let source = small(part, Table::Records, "source", row)?;
                        headers.extend(source.map(|source| (source, first + row as u64)));
                    }
                }
                Ok(headers)
            },
        )?;
        let mut rows: BTreeMap<u32, u64> = BTreeMap::new();
        for (source, row) in parts.into_iter().flatten() {
            if sources.contains(&source) {
                rows.entry(source).or_insert(row);
            }
        }
        let mut by_row: Vec<(u64, u32)> = rows
            .into_iter()
            .map(|(source, row)| (row, source))
            .collect();
        by_row.sort_unstable();
        let positions: Vec<u64> = by_row.iter().map(|row| row.0).collect();
        let cells = self.raw_at(&positions)?;
        Ok(by_row.into_iter().map(|row| row.1).zip(cells).collect())
    }

    /// Raw cells of records, ascending by position.
    fn raw_at(&self, positions: &[u64]) -> Result<Vec<Cells>, Error> {
        let mut all = Vec::with_capacity(positions.len());
        for part in self.columns_at(Table::Records, &["raw"], positions)? {
            let lists: &ListArray = column(&part, Table::Records, "raw")?;
            for row in 0..part.num_rows() {
                let cells = lists.value(row);
                let cells = cells.as_any().downcast_ref::<StringArray>();
                let cells = cells.ok_or_else(|| Error::damaged("records.parquet", "raw cells"))?;
                all.push(
                    cells
                        .iter()
                        .map(|cell| cell.unwrap_or_default().into())
                        .collect(),
                );
            }
        }
        Ok(all)
    }
}

/// An integer that is a position or a count, if there is one.
fn small(part: &RecordBatch, table: Table, name: &str, row: usize) -> Result<Option<u32>, Error> {
    let array: &Int64Array = column(part, table, name)?;
    let value = array.is_valid(row).then(|| u32::try_from(array.value(row)));
    value
        .transpose()
        .map_err(|_| Error::damaged(table.file_name(), format!("column `{name}`")))
}
