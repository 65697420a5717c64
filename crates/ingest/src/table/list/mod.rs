//! Plain transfer lists: one line, one transfer.
//!
//! Laws: one line is one record, so that a list can be cut at any line end; the batches do not depend
//! on the number of threads; memory is bounded by the chunks of one wave.

mod columns;
mod delimited;
mod facts;
mod header;
pub(crate) mod line;
mod rows;

pub(crate) use columns::{is_parquet, read_parquet};
pub(crate) use delimited::{ListHead, inspect_delimited, read_delimited};
pub(crate) use header::Role;
pub(crate) use rows::position;

use crate::account_chain::etl::Table;
use crate::{Error, Format, Outcome};
use moneytrail_model::RecordCounts;

/// A table of ethereum-etl is no list.
fn etl_refused(path: &str, table: Table) -> Error {
    Error::NotReadYet {
        path: path.to_owned(),
        what: format!(
            "an ethereum-etl table ({}) as a plain list or as Parquet",
            table.as_str()
        ),
        instead: "give the export's CSV files, in one directory, without --as",
    }
}

/// What a reader of a list says when it is done.
fn outcome(
    format: Format,
    counts: RecordCounts,
    n_events: u64,
    assumptions: Vec<String>,
) -> Outcome {
    Outcome {
        format,
        network: None,
        counts,
        figures: vec![
            ("rows".to_owned(), counts.total()),
            ("events".to_owned(), n_events),
            ("transfers".to_owned(), counts.transferred),
        ],
        stale: Vec::new(),
        assumptions,
        remarks: Vec::new(),
        profile: None,
    }
}
