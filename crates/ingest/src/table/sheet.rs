//! A sheet of cells, whatever file it came from.
//!
//! Laws: every row of a sheet stands once, blank ones too; a cell keeps its text as the file has it, or,
//! where the file has a number for a date, as a person sees it. A spreadsheet's number is turned into decimal text once, here, and never computed with as floating
//! point.

use super::date::{DateReading, Epoch};
use moneytrail_store::schema::SourceRow;

/// What the file says a cell is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CellKind {
    /// Nothing.
    Empty,
    /// Text; all cells of delimited text are.
    Text,
    /// A number of a spreadsheet, as plain decimal text.
    Number,
    /// What the spreadsheet shows as a date; its text is the ISO date, with the clock where it has one.
    Date(DateReading),
    /// An error value such as `#REF!`, or a boolean.
    Other,
}

/// One cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    /// As a person reads it in the file.
    pub(crate) text: Box<str>,
    pub(crate) kind: CellKind,
}

impl Cell {
    pub(crate) fn empty() -> Self {
        Self {
            text: "".into(),
            kind: CellKind::Empty,
        }
    }

    pub(crate) fn text(text: &str) -> Self {
        let kind = if text.trim().is_empty() {
            CellKind::Empty
        } else {
            CellKind::Text
        };
        Self {
            text: text.into(),
            kind,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kind == CellKind::Empty
    }

    /// Without what surrounds it: white space and invisible marks.
    pub(crate) fn trimmed(&self) -> &str {
        trim(&self.text)
    }
}

/// Without white space and invisible marks at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
    })
}

/// A row, by its number in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    /// From 1.
    pub(crate) number: u32,
    /// Its cells; where it is a record of two rows, those of the second behind those of the first.
    pub(crate) cells: Vec<Cell>,
    /// The second row of the record that this is, where records take two.
    pub(crate) second: Option<Second>,
}

/// Where the second row of a record stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Second {
    /// Its number in the file; that of the first where the first is missing.
    pub(crate) number: u32,
    /// Position of its first cell among the cells of both.
    pub(crate) at: usize,
}

impl Row {
    /// A row that stands by itself.
    pub(crate) const fn new(number: u32, cells: Vec<Cell>) -> Self {
        Self {
            number,
            cells,
            second: None,
        }
    }

    /// Row and column in the file, from 1 and from 0, of the cell at a position.
    pub(crate) fn place(&self, column: usize) -> (u32, usize) {
        match self.second {
            Some(second) if column >= second.at => (second.number, column - second.at),
            _ => (self.number, column),
        }
    }

    /// Whether it is a second row whose first is missing.
    pub(crate) fn is_orphan(&self) -> bool {
        self.second
            .is_some_and(|second| second.number == self.number)
    }

    /// Number and raw cells of each row of the file that it takes.
    pub(crate) fn parts(&self) -> Vec<(u32, Vec<Box<str>>)> {
        let Some(second) = self.second else {
            return vec![(self.number, raw_of(&self.cells))];
        };
        let (first, rest) = self.cells.split_at(second.at.min(self.cells.len()));
        let rest = (second.number, raw_of(rest));
        if self.is_orphan() {
            vec![rest]
        } else {
            vec![(self.number, raw_of(first)), rest]
        }
    }
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_empty)
    }

    /// The cell of a column, from 0; what the row does not reach is empty.
    pub(crate) fn cell(&self, column: usize) -> Option<&Cell> {
        self.cells.get(column).filter(|cell| !cell.is_empty())
    }

    pub(crate) fn raw(&self) -> Vec<Box<str>> {
        raw_of(&self.cells)
    }
}

/// Texts up to the last cell that holds something.
fn raw_of(cells: &[Cell]) -> Vec<Box<str>> {
    let n = cells
        .iter()
        .rposition(|cell| !cell.text.is_empty())
        .map_or(0, |last| last + 1);
    cells[..n].iter().map(|cell| cell.text.clone()).collect()
}

/// A sheet, or the whole of a file of delimited text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sheet {
    /// Path within the exhibit.
    pub(crate) path: Box<str>,
    /// `-` for delimited text.
    pub(crate) name: Box<str>,
    pub(crate) right_to_left: bool,
    pub(crate) rows: Vec<Row>,
    /// Numbers of rows that the spreadsheet hides.
    pub(crate) n_hidden: usize,
    /// Merged regions.
    pub(crate) n_merged: usize,
    /// Which day a spreadsheet counts from; `None` for delimited text.
    pub(crate) epoch: Option<Epoch>,
    /// Columns of the file, where its records take two rows and its rows here hold both.
    pub(crate) folded: Option<usize>,
}

impl Sheet {
    pub(crate) fn n_columns(&self) -> usize {
        self.rows
            .iter()
            .map(|row| row.cells.len())
            .max()
            .unwrap_or(0)
    }

    /// Column in the file, from 0, and row of the record, 1 or 2, of a column.
    pub(crate) fn file_column(&self, column: usize) -> (usize, u8) {
        match self.folded {
            Some(width) if column >= width => (column - width, 2),
            _ => (column, 1),
        }
    }

    /// How a profile names a column by its position: `#3`, in the second row of a record `#3/2`.
    pub(crate) fn position_key(&self, column: usize) -> String {
        match self.file_column(column) {
            (column, 2) => format!("#{}/2", column + 1),
            (column, _) => format!("#{}", column + 1),
        }
    }

    pub(crate) fn source(&self) -> SourceRow {
        SourceRow {
            path: self.path.clone(),
            sheet: Some(self.name.clone()),
            right_to_left: self.right_to_left,
        }
    }
}
