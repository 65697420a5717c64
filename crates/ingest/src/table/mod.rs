//! Readers of tables: plain transfer lists, hawala books, and any table through a mapping profile.
//!
//! Laws: every row of every sheet is one record in exactly one bin, with its raw cells where it gave no
//! transfer or stands in a book; nothing is guessed silently: each choice is an assumption or a remark of
//! the outcome; money is read as text and never as floating point; results do not depend on the number
//! of threads.
//!
//! Reading order: [`profile`], `text`, `sheet`, `delimited`, `workbook`, `lexicon`, `number`, `civil`,
//! `date`, `field`, `header`, `two_rows`, `shape`, `propose`, `headless`, `list_name`,
//! `detail`, `ledger`, `normalise`, `balance`, `slip`, `repair`, `equations`, `book`, `properties`,
//! `inspect`, `stated`, `list`.

mod balance;
pub(crate) mod book;
pub(crate) mod civil;
pub(crate) mod date;
pub(crate) mod delimited;
mod detail;
mod equations;
pub(crate) mod field;
mod header;
mod headless;
mod inspect;
mod ledger;
pub(crate) mod lexicon;
pub(crate) mod list;
mod list_name;
mod normalise;
pub(crate) mod number;
mod person;
pub mod profile;
mod properties;
pub(crate) mod propose;
mod readings;
mod repair;
mod shape;
pub(crate) mod sheet;
mod slip;
mod stated;
pub(crate) mod text;
mod two_rows;
mod workbook;

pub(crate) use normalise::EXCHANGE_PAIR;
pub(crate) use sheet::{Row, Sheet};

pub use book::second_of;
pub use equations::Equation;
pub use field::personal_columns;
pub use inspect::{
    ColumnInspection, ContextRow, Inspection, QuarantinedRow, Sample, SheetInspection,
};
pub use person::{PersonName, person_name};
pub use profile::Profile;
pub use properties::Property;
pub use readings::{date_readings, number_readings};
pub use repair::{Break, Repair};
pub use stated::{Candidate, StatedBalance, StatedBook, StatedRow, stated};
pub use text::fold;
pub use workbook::is_guarded;

use crate::{Error, Evidence, EvidenceFile, Format, Options, Outcome, Progress};
use memmap2::Mmap;
use moneytrail_store::schema::Sink;

/// The table format of this evidence by its bytes; `None` if it is no table.
///
/// # Errors
/// If a file cannot be mapped.
pub fn sniff(evidence: &Evidence) -> Result<Option<Format>, Error> {
    let Some(file) = evidence.files.first() else {
        return Ok(None);
    };
    let Some(bytes) = file.map()? else {
        return Ok(None);
    };
    Ok(if list::is_parquet(&bytes) {
        Some(Format::TransferParquet)
    } else if workbook::is_workbook(&bytes) {
        Some(Format::Table)
    } else if evidence.files.len() == 1 && is_list(&bytes) {
        Some(Format::TransferList)
    } else if inspect::looks_like_table(&bytes) {
        Some(Format::Table)
    } else {
        None
    })
}

/// Bytes of UTF-16 text in which a header is looked for.
const HEAD_BYTES: usize = 64 * 1024;

/// Whether these bytes are a plain list, in UTF-16 too.
fn is_list(bytes: &[u8]) -> bool {
    if !text::is_utf16(bytes) {
        return list::ListHead::of(bytes).is_some();
    }
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let text = text::decode(head, text::encoding_of(bytes));
    list::ListHead::of(text.as_bytes()).is_some()
}

/// Reads a table into a sink.
///
/// # Errors
/// If it does not open, its columns are not known, the profile does not read, the format is none of a
/// table, or the sink refuses a batch.
pub fn read(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    match format {
        Format::TransferList => {
            let file = only_file(evidence)?;
            list::read_delimited(file, &mapped(file)?, options, sink, progress)
        }
        Format::TransferParquet => {
            list::read_parquet(only_file(evidence)?, options, sink, progress)
        }
        Format::Table => book::read(evidence, options, sink, progress),
        other => Err(no_table(evidence, other)),
    }
}

/// Says how a table would be read, and what would become of its rows.
///
/// # Errors
/// As [`read`].
pub fn inspect(
    format: Format,
    evidence: &Evidence,
    options: &Options,
) -> Result<Inspection, Error> {
    match format {
        Format::TransferList | Format::TransferParquet | Format::Table => {
            inspect::inspect(format, evidence, options)
        }
        other => Err(no_table(evidence, other)),
    }
}

fn no_table(evidence: &Evidence, format: Format) -> Error {
    Error::UnknownFormat {
        path: evidence
            .files
            .first()
            .map(|file| file.name.clone())
            .unwrap_or_default(),
        seen: format!("`{}` is no format of a table", format.as_str()),
    }
}

fn only_file(evidence: &Evidence) -> Result<&EvidenceFile, Error> {
    match evidence.files.as_slice() {
        [file] => Ok(file),
        files => Err(Error::UnknownFormat {
            path: files
                .first()
                .map(|file| file.name.clone())
                .unwrap_or_default(),
            seen: format!("{} files, a plain list is one", files.len()),
        }),
    }
}

fn mapped(file: &EvidenceFile) -> Result<Mmap, Error> {
    file.map()?.ok_or_else(|| Error::Empty {
        path: file.name.clone(),
    })
}
