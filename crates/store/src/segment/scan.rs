//! A table of a segment, read column by column, row groups in parallel.
//!
//! Law: parts arrive in the order of the rows, whatever the number of threads. As many row groups are
//! in memory as there are threads.

use super::Segment;
use crate::Error;
use crate::schema::Table;
use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;
use std::path::PathBuf;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 16;

/// A table that is open for reading.
#[derive(Debug)]
pub(crate) struct TableScan {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

impl TableScan {
    /// Opens a table. O(row groups).
    pub(crate) fn open(segment: &Segment, table: Table) -> Result<Self, Error> {
        let (_, metadata) = segment.table_metadata(table, ArrowReaderOptions::new())?;
        let path = segment.directory.join(table.file_name());
        Ok(Self { path, metadata })
    }

    /// Rows of the table.
    pub(crate) fn n_rows(&self) -> usize {
        let n_rows = self.metadata.metadata().file_metadata().num_rows();
        usize::try_from(n_rows).unwrap_or(0)
    }

    /// Gives `decode` some columns of every part of the table, in parallel, with the row at which the
    /// part begins, and `take` what it makes of them, in order.
    pub(crate) fn scan<P: Send>(
        &self,
        columns: &[&str],
        decode: impl Fn(usize, &RecordBatch) -> Result<P, Error> + Sync,
        mut take: impl FnMut(usize, P) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let groups = self.metadata.metadata().row_groups();
        let mut starts = Vec::with_capacity(groups.len());
        let mut next = 0;
        for group in groups {
            starts.push(next);
            next += usize::try_from(group.num_rows()).unwrap_or(0);
        }
        let all: Vec<usize> = (0..groups.len()).collect();
        for wave in all.chunks(rayon::current_num_threads().max(1)) {
            let read = |&group: &usize| self.group(columns, group, starts[group], &decode);
            let parts: Vec<Vec<(usize, P)>> =
                wave.par_iter().map(read).collect::<Result<_, _>>()?;
            for (first_row, part) in parts.into_iter().flatten() {
                take(first_row, part)?;
            }
        }
        Ok(())
    }

    /// The first rows of at most `n_groups` row groups, spread over the table.
    pub(crate) fn sample(
        &self,
        columns: &[&str],
        n_groups: usize,
        n_rows: usize,
    ) -> Result<Vec<RecordBatch>, Error> {
        let n = self.metadata.metadata().num_row_groups();
        let step = n.div_ceil(n_groups.max(1)).max(1);
        let groups: Vec<usize> = (0..n).step_by(step).collect();
        let read = |&group: &usize| {
            let mut batches = self.reader(columns, group, n_rows)?;
            Ok(batches.next().transpose()?)
        };
        let batches: Vec<Option<RecordBatch>> =
            groups.par_iter().map(read).collect::<Result<_, Error>>()?;
        Ok(batches.into_iter().flatten().collect())
    }

    fn reader(
        &self,
        columns: &[&str],
        group: usize,
        n_rows: usize,
    ) -> Result<ParquetRecordBatchReader, Error> {
        let file = fs_err::File::open(&self.path)?.into_file();
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        let builder = builder.with_row_groups(vec![group]).with_projection(mask);
        Ok(builder.with_batch_size(n_rows).build()?)
    }

    fn group<P>(
        &self,
        columns: &[&str],
        group: usize,
        start: usize,
        decode: &(impl Fn(usize, &RecordBatch) -> Result<P, Error> + Sync),
    ) -> Result<Vec<(usize, P)>, Error> {
        let mut parts = Vec::new();
        let mut row = start;
        for batch in self.reader(columns, group, BATCH_ROWS)? {
            let batch = batch?;
            parts.push((row, decode(row, &batch)?));
            row += batch.num_rows();
        }
        Ok(parts)
    }
}
