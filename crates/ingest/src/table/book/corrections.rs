//! Cells that a person corrects: `[corrections]` of a profile.
//!
//! Law: a correction changes how a cell is read, never what an exhibit holds; each is said with the raw text; one that
//! names no cell is refused.

use super::lists::iso_day;
use crate::Error;
use crate::table::field::Field;
use crate::table::profile::Profile;
use crate::table::propose::SheetMap;
use crate::table::sheet::{Cell, CellKind, Row, Sheet};
use rustc_hash::FxHashMap;

/// Rows with corrected cells, by position of sheet and row.
///
/// # Errors
/// If a correction names no cell of the book.
pub(super) fn corrected(
    sheets: &[Sheet],
    maps: &[SheetMap],
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
        let (index, column) = position(&sheets[sheet], number, column).ok_or_else(unknown)?;
        let row = rows
            .entry((sheet, index))
            .or_insert_with(|| sheets[sheet].rows[index].clone());
        let cell = row.cells.get_mut(column).ok_or_else(unknown)?;
        assumptions.push(format!(
            "{place} is read as {value}, as the profile corrects it; it says `{}`",
            cell.trimmed()
        ));
        let is_date = matches!(
            maps[sheet]
                .columns
                .get(column)
                .and_then(|column| column.field),
            Some(Field::Date | Field::DateAlt | Field::PaidAt)
        );
        *cell = match iso_day(value).filter(|_| is_date) {
            Some((date, _)) => Cell {
                text: value.as_str().into(),
                kind: CellKind::Date(date),
            },
            None => read(value),
        };
    }
    Ok(rows)
}

/// Position of the row, and of the cell in it, that a row and a column of the file name.
fn position(sheet: &Sheet, number: u32, column: usize) -> Option<(usize, usize)> {
    sheet.rows.iter().enumerate().find_map(|(index, row)| {
        let width = row.second.map_or(row.cells.len(), |second| second.at);
        let is_second = row.second.is_some_and(|second| second.number == number);
        let at = match (is_second, row.number == number) {
            (true, _) => width + column,
            (false, true) if column < width => column,
            _ => return None,
        };
        Some((index, at))
    })
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
