//! What a segment holds: rows, and their Parquet columns.

mod columns;
mod rows;
mod transfers;

pub(crate) use columns::{Base, Column, column};
pub use columns::{SCHEMA_VERSION, Table};
pub use rows::*;
pub use transfers::{EndRef, Keys, Transfers};
