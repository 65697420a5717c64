//! What a segment holds: rows, and their Parquet columns.

mod rows;

pub use rows::*;
