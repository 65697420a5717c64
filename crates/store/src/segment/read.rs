//! Reading a segment's tables: whole, or a few rows.

use super::encoding::SCHEMA_KEY;
use super::{Segment, refuse_newer};
use crate::Error;
use crate::schema::{Batch, Table};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::PageIndexPolicy;
use std::fs::File;
use std::ops::Range;

impl Segment {
    /// Reads some of its tables whole; positions are segment-wide.
    ///
    /// # Errors
    /// If a table is damaged or of a newer version.
    pub fn read(&self, tables: &[Table]) -> Result<Batch, Error> {
        let mut batch = Batch::default();
        for &table in tables {
            let reader = self.open_table(table, ArrowReaderOptions::new())?;
            for columns in reader.with_batch_size(1 << 16).build()? {
                table.read_into(&columns?, &mut batch)?;
            }
        }
        Ok(batch)
    }

    /// Reads the rows at these positions of one table, ascending by position, each once.
    ///
    /// Costs the file's footer and the index of its pages (about 10 bytes for each 4,096 rows and
    /// column) at each call, and then for each position one page of each column (at most 4,096
    /// rows); positions that stand close together share it. So ask for all that is needed at once.
    ///
    /// # Errors
    /// If the table has no such row, is damaged, or of a newer version.
    pub fn rows(&self, table: Table, positions: &[u64]) -> Result<Batch, Error> {
        let mut batch = Batch::default();
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
        let reader = self.open_table(table, options)?;
        let group_rows = reader.metadata().row_groups().iter();
        let group_rows: Vec<u64> = group_rows
            .map(|group| group.num_rows().unsigned_abs())
            .collect();
        let (groups, ranges, n_rows) = pick(&group_rows, positions).ok_or_else(|| {
            let why = format!("it has {} rows, and not all that it is asked for", {
                group_rows.iter().sum::<u64>()
            });
            Error::damaged(table.file_name(), why)
        })?;
        if ranges.is_empty() {
            return Ok(batch);
        }
        let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), n_rows);
        let reader = reader
            .with_row_groups(groups)
            .with_row_selection(selection)
            .with_batch_size(1 << 10);
        for columns in reader.build()? {
            table.read_into(&columns?, &mut batch)?;
        }
        Ok(batch)
    }

    pub(super) fn open_table(
        &self,
        table: Table,
        options: ArrowReaderOptions,
    ) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
        let (file, metadata) = self.table_metadata(table, options)?;
        Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(
            file, metadata,
        ))
    }

    /// Opens a table and reads its footer.
    ///
    /// # Errors
    /// If it is damaged or of a newer version.
    pub(super) fn table_metadata(
        &self,
        table: Table,
        options: ArrowReaderOptions,
    ) -> Result<(File, ArrowReaderMetadata), Error> {
        let path = self.directory.join(table.file_name());
        let file = fs_err::File::open(&path)?.into_file();
        let read = ArrowReaderMetadata::load(&file, options)?;
        let metadata = read.metadata().file_metadata().key_value_metadata();
        let version = metadata.and_then(|pairs| pairs.iter().find(|pair| pair.key == SCHEMA_KEY));
        let version = version.and_then(|pair| pair.value.as_ref()?.parse().ok());
        let version = version
            .ok_or_else(|| Error::damaged(path.display().to_string(), "no schema version"))?;
        refuse_newer(&path.display().to_string(), version)?;
        Ok((file, read))
    }
}

/// The row groups that hold these positions, the ranges of rows within those groups laid end to
/// end, and their rows. `None` if a position is behind the last row.
pub(super) fn pick(
    group_rows: &[u64],
    positions: &[u64],
) -> Option<(Vec<usize>, Vec<Range<usize>>, usize)> {
    let mut positions = positions.to_vec();
    positions.sort_unstable();
    positions.dedup();
    let mut rest = &positions[..];
    let (mut groups, mut ranges) = (Vec::new(), Vec::<Range<usize>>::new());
    let (mut start, mut n_picked) = (0, 0);
    for (group, &n_rows) in group_rows.iter().enumerate() {
        let end = start + n_rows;
        let (here, later) = rest.split_at(rest.partition_point(|&position| position < end));
        if !here.is_empty() {
            for &position in here {
                let row = n_picked + usize::try_from(position - start).ok()?;
                match ranges.last_mut() {
                    Some(range) if range.end == row => range.end += 1,
                    _ => ranges.push(row..row + 1),
                }
            }
            groups.push(group);
            n_picked += usize::try_from(n_rows).ok()?;
        }
        (start, rest) = (end, later);
    }
    rest.is_empty().then_some((groups, ranges, n_picked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_found_in_their_groups() {
        let picked = pick(&[4, 3, 5], &[9, 1, 2, 7, 9]);
        assert_eq!(picked, Some((vec![0, 2], vec![1..3, 4..5, 6..7], 9)));
        assert_eq!(pick(&[4, 3], &[7]), None);
        assert_eq!(pick(&[], &[]), Some((vec![], vec![], 0)));
    }
}
