//! Plain transfer lists: one line, one transfer.
//!
//! Laws: one line is one record, so that a list can be cut at any line end; the batches do not depend
//! on the number of threads; memory is bounded by the chunks of one wave.

mod columns;
mod delimited;
mod facts;
mod header;
mod line;
mod rows;

pub(crate) use columns::{is_parquet, read_parquet};
pub(crate) use delimited::{ListHead, inspect_delimited, read_delimited};
pub(crate) use header::Role;
pub(crate) use rows::position;
