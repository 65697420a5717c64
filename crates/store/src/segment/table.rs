//! One table of a segment, being written.
//!
//! Laws: the bytes depend on the rows and on how they came in batches, and on nothing else: a row
//! group ends at a fixed number of rows, or behind the batch that fills it with text. What is in
//! memory is one row group, encoded.
//!
//! Method: the columns of a row group are encoded side by side; a full one is appended to the file
//! and hashed on the way.

use super::encoding;
use super::hashed::HashedFile;
use crate::Error;
use crate::schema::{Base, Batch, Column, Table};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;

/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 18;
/// Bytes of raw text at which a row group ends.
const GROUP_TEXT_BYTES: usize = 1 << 24;

/// A batch and where its rows stand in the segment.
pub(super) struct Placed {
    /// The batch as its reader made it.
    pub(super) batch: Batch,
    /// Its sources and assets that are new to the segment.
    pub(super) interned: Batch,
    pub(super) base: Base,
}

impl Placed {
    fn rows_of(&self, table: Table) -> &Batch {
        match table {
            Table::Sources | Table::Assets => &self.interned,
            _ => &self.batch,
        }
    }
}

/// Writes one Parquet file.
pub(super) struct TableWriter {
    table: Table,
    schema: SchemaRef,
    file: SerializedFileWriter<HashedFile>,
    groups: ArrowRowGroupWriterFactory,
    /// Of the open row group.
    columns: Vec<ArrowColumnWriter>,
    n_open_rows: usize,
    n_open_text_bytes: usize,
    n_rows: u64,
}

impl TableWriter {
    pub(super) fn create(table: Table, directory: &Path) -> Result<Self, Error> {
        let file = fs_err::File::create(directory.join(table.file_name()))?;
        let file = HashedFile::new(file);
        let schema = table.schema();
        let options = encoding::options(table)?;
        let writer = ArrowWriter::try_new_with_options(file, schema.clone(), options)?;
        let (file, groups) = writer.into_serialized_writer()?;
        let columns = groups.create_column_writers(0)?;
        Ok(Self {
            table,
            schema,
            file,
            groups,
            columns,
            n_open_rows: 0,
            n_open_text_bytes: 0,
            n_rows: 0,
        })
    }

    pub(super) const fn table(&self) -> Table {
        self.table
    }

    /// Appends the batches' rows of this table.
    pub(super) fn write(&mut self, batches: &[Placed]) -> Result<(), Error> {
        let mut parts = Vec::new();
        for placed in batches {
            let rows = placed.rows_of(self.table);
            let n_rows = self.table.n_rows(rows);
            let mut start = 0;
            while start < n_rows {
                let end = n_rows.min(start + GROUP_ROWS - self.n_open_rows);
                parts.push((self.table.columns(rows, &placed.base), start..end));
                self.n_open_rows += end - start;
                if end == n_rows {
                    self.n_open_text_bytes += self.table.n_text_bytes(rows);
                }
                if self.n_open_rows == GROUP_ROWS || self.n_open_text_bytes >= GROUP_TEXT_BYTES {
                    self.encode(std::mem::take(&mut parts))?;
                    self.end_group()?;
                    self.file.inner_mut().begin_sync()?;
                }
                start = end;
            }
        }
        self.encode(parts)
    }

    /// Encodes parts of batches into the open row group.
    fn encode(&mut self, parts: Vec<(Vec<Column<'_>>, Range<usize>)>) -> Result<(), Error> {
        let mut by_column: Vec<Vec<(Column<'_>, Range<usize>)>> = Vec::new();
        by_column.resize_with(self.columns.len(), Vec::new);
        for (columns, range) in parts {
            for (parts, column) in by_column.iter_mut().zip(columns) {
                parts.push((column, range.clone()));
            }
        }
        let fields = self.schema.fields();
        let columns = self.columns.par_iter_mut().zip(by_column).enumerate();
        columns.try_for_each(|(position, (writer, parts))| {
            for (column, range) in parts {
                let rows = column()?.slice(range.start, range.len());
                for leaf in compute_leaves(&fields[position], &rows)? {
                    writer.write(&leaf)?;
                }
            }
            Ok(())
        })
    }

    /// Appends the open row group to the file and opens the next.
    fn end_group(&mut self) -> Result<(), Error> {
        let next = self.groups.create_column_writers(0)?;
        let columns = std::mem::replace(&mut self.columns, next);
        let chunks: Vec<_> = columns
            .into_par_iter()
            .map(ArrowColumnWriter::close)
            .collect::<Result<_, ParquetError>>()?;
        let mut group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.n_rows += self.n_open_rows as u64;
        (self.n_open_rows, self.n_open_text_bytes) = (0, 0);
        Ok(())
    }

    /// Closes and syncs the file; its rows and its hash.
    pub(super) fn finish(mut self) -> Result<(u64, [u8; 32]), Error> {
        if self.n_open_rows > 0 {
            self.end_group()?;
        }
        Ok((self.n_rows, self.file.into_inner()?.finish()?))
    }
}
