//! Cells that a person corrects: `[corrections]` of a profile.
//!
//! Law: a correction changes how a cell is read, never what an exhibit holds; each is said with the raw text; one that
//! names no cell is refused.

use crate::Error;
use crate::table::profile::Profile;
use crate::table::sheet::{Cell, CellKind, Row, Sheet};
use rustc_hash::FxHashMap;

/// Rows with corrected cells, by position of sheet and row.
///
/// # Errors
/// If a correction names no cell of the book.
pub(super) fn corrected(
    sheets: &[Sheet],
    profile: &Profile,
    assumptions: &mut Vec<String>,
) -> Result<FxHashMap<(usize, usize), Row>, Error> {
    let mut rows: FxHashMap<(usize, usize), Row> = FxHashMap::default();
    for (place, value) in &profile.corrections {
        let unknown = || {
            Error::Profile(format!(
                "correction `{place}` names no cell of the book: cells are written Sheet1!R12C4, or R12C4 where there is one sheet"
            ))
        };
        let (name, number, column) = parts(place).ok_or_else(unknown)?;
        let sheet = match name {
            Some(name) => sheets.iter().position(|sheet| *sheet.name == *name),
            None => (sheets.len() == 1).then_some(0),
        };
        let sheet = sheet.ok_or_else(unknown)?;
        let index = sheets[sheet]
            .rows
            .iter()
            .position(|row| row.number == number)
            .ok_or_else(unknown)?;
        let row = rows
            .entry((sheet, index))
            .or_insert_with(|| sheets[sheet].rows[index].clone());
        let cell = row.cells.get_mut(column).ok_or_else(unknown)?;
        assumptions.push(format!(
            "{place} is read as {value}, as the profile corrects it; it says `{}`",
            cell.trimmed()
        ));
        *cell = read(value);
    }
    Ok(rows)
}

/// Plain figures are a number whatever the habit of the book; anything else is text.
fn read(value: &str) -> Cell {
    let is_plain = value.bytes().any(|byte| byte.is_ascii_digit())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && value.bytes().filter(|&byte| byte == b'.').count() <= 1;
    if is_plain {
        Cell {
            text: value.into(),
            kind: CellKind::Number,
        }
    } else {
        Cell::text(value)
    }
}

/// `Sheet1!R12C4`: sheet, row from 1, column from 0.
fn parts(place: &str) -> Option<(Option<&str>, u32, usize)> {
    let (sheet, cell) = match place.rsplit_once('!') {
        Some((sheet, cell)) => (Some(sheet), cell),
        None => (None, place),
    };
    let (row, column) = cell.strip_prefix('R')?.split_once('C')?;
    let column: usize = column.parse().ok()?;
    Some((sheet, row.parse().ok()?, column.checked_sub(1)?))
}
