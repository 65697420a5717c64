//! Exhibits, records and where they stand.
//!
//! Law: records read = transferred + contextual + set aside + quarantined.

use std::fmt;
use std::num::NonZeroU32;

/// The short number of an exhibit within its case, written `X1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExhibitNo(NonZeroU32);

impl ExhibitNo {
    /// The exhibit with this number, counted from one.
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Its number, counted from one.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Reads `X12`.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('X')
            .and_then(|number| number.parse().ok())
            .and_then(Self::new)
    }
}

impl fmt::Display for ExhibitNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X{}", self.0)
    }
}

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RecordBin {
    /// It gave at least one transfer.
    Transferred,
    /// Header, total, carried forward, empty: understood, and no movement of value.
    Contextual,
    /// Understood and kept out, with a reason: stale, duplicate, poisoning.
    SetAside,
    /// Not understood: kept with its raw text and a reason, to be corrected.
    Quarantined,
}

impl RecordBin {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transferred => "transferred",
            Self::Contextual => "contextual",
            Self::SetAside => "set aside",
            Self::Quarantined => "quarantined",
        }
    }

    /// The bin with this stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Transferred,
            Self::Contextual,
            Self::SetAside,
            Self::Quarantined,
        ]
        .into_iter()
        .find(|bin| bin.as_str() == word)
    }
}

/// How many records of an exhibit went where. There is no field for the total: it is the sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct RecordCounts {
    /// Records that gave a transfer.
    pub transferred: u64,
    /// Records without movement of value.
    pub contextual: u64,
    /// Records kept out for a reason.
    pub set_aside: u64,
    /// Records not understood.
    pub quarantined: u64,
}

impl RecordCounts {
    /// Counts one record.
    pub const fn count(&mut self, bin: RecordBin) {
        match bin {
            RecordBin::Transferred => self.transferred += 1,
            RecordBin::Contextual => self.contextual += 1,
            RecordBin::SetAside => self.set_aside += 1,
            RecordBin::Quarantined => self.quarantined += 1,
        }
    }

    /// Adds the counts of another part of the same exhibit.
    pub const fn add(&mut self, other: Self) {
        self.transferred += other.transferred;
        self.contextual += other.contextual;
        self.set_aside += other.set_aside;
        self.quarantined += other.quarantined;
    }

    /// Records accounted for; a reader compares this with what it read.
    pub const fn total(self) -> u64 {
        self.transferred + self.contextual + self.set_aside + self.quarantined
    }
}

impl fmt::Display for RecordCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} read = {} transferred + {} contextual + {} set aside + {} quarantined",
            self.total(),
            self.transferred,
            self.contextual,
            self.set_aside,
            self.quarantined
        )
    }
}

/// A place within one file of an exhibit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// The whole file.
    File,
    /// A row of a sheet, or a cell of it, counted from one. Delimited text has the sheet `-`.
    Cell {
        /// Sheet name, `-` for delimited text.
        sheet: Box<str>,
        /// Row, from 1.
        row: u32,
        /// Column, from 1; `None` for the whole row.
        column: Option<u32>,
    },
    /// A transaction of a block chain.
    Transaction {
        /// Height of the block, where known.
        height: Option<u32>,
        /// Position in the block.
        tx_index: u32,
    },
    /// A range of bytes.
    Bytes {
        /// Offset of the first byte.
        start: u64,
        /// Offset behind the last byte.
        end: u64,
    },
}

/// Where a record stands: `book.xlsx!Sheet1!R12C4`, `blk00000.dat!height 170!tx 1`,
/// `blk00000.dat!bytes 8-293`. `%` and `!` in names are percent-escaped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Locator {
    /// Path within the exhibit, `/` between parts.
    pub path: Box<str>,
    /// Place within the file.
    pub place: Place,
}

impl Locator {
    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('!');
        let path = unescape(parts.next()?)?;
        let place = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => Place::File,
            (Some(range), None, _) if range.starts_with("bytes ") => {
                let (start, end) = range.strip_prefix("bytes ")?.split_once('-')?;
                Place::Bytes {
                    start: start.parse().ok()?,
                    end: end.parse().ok()?,
                }
            }
            (Some(cell), None, _) => cell_place("-", cell)?,
            (Some(height), Some(tx), None) if tx.starts_with("tx ") => Place::Transaction {
                height: match height.strip_prefix("height ")? {
                    "unknown" => None,
                    number => Some(number.parse().ok()?),
                },
                tx_index: tx.strip_prefix("tx ")?.parse().ok()?,
            },
            (Some(sheet), Some(cell), None) => cell_place(&unescape(sheet)?, cell)?,
            _ => return None,
        };
        Some(Self {
            path: path.into(),
            place,
        })
    }
}

fn cell_place(sheet: &str, cell: &str) -> Option<Place> {
    let (row, column) = match cell.strip_prefix('R')?.split_once('C') {
        Some((row, column)) => (row, Some(column.parse().ok()?)),
        None => (cell.strip_prefix('R')?, None),
    };
    Some(Place::Cell {
        sheet: sheet.into(),
        row: row.parse().ok()?,
        column,
    })
}

fn escape(name: &str) -> String {
    name.replace('%', "%25").replace('!', "%21")
}

fn unescape(name: &str) -> Option<String> {
    let plain = name.replace("%21", "!").replace("%25", "%");
    (escape(&plain) == name).then_some(plain)
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.path))?;
        match &self.place {
            Place::File => Ok(()),
            Place::Cell { sheet, row, column } => {
                write!(f, "!{}!R{row}", escape(sheet))?;
                column.map_or(Ok(()), |column| write!(f, "C{column}"))
            }
            Place::Transaction {
                height: Some(height),
                tx_index,
            } => write!(f, "!height {height}!tx {tx_index}"),
            Place::Transaction {
                height: None,
                tx_index,
            } => write!(f, "!height unknown!tx {tx_index}"),
            Place::Bytes { start, end } => write!(f, "!bytes {start}-{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places() -> impl Strategy<Value = Place> {
        let name = || prop::string::string_regex("[a-zA-Z%!تیر 0-9]{1,10}").unwrap();
        prop_oneof![
            Just(Place::File),
            (name(), 1_u32.., prop::option::of(1_u32..)).prop_map(|(sheet, row, column)| {
                Place::Cell {
                    sheet: sheet.into(),
                    row,
                    column,
                }
            }),
            (prop::option::of(any::<u32>()), any::<u32>())
                .prop_map(|(height, tx_index)| Place::Transaction { height, tx_index }),
            (any::<u64>(), any::<u64>()).prop_map(|(start, end)| Place::Bytes { start, end }),
        ]
    }

    proptest! {
        #[test]
        fn locators_read_back(path in "[a-z%!/.]{1,12}", place in places()) {
            let locator = Locator { path: path.into(), place };
            prop_assert_eq!(Locator::parse(&locator.to_string()), Some(locator));
        }
    }

    #[test]
    fn written_as_the_design_says() {
        let locator = Locator::parse("book.xlsx!Sheet1!R12C4").unwrap();
        assert_eq!(
            locator.place,
            Place::Cell {
                sheet: "Sheet1".into(),
                row: 12,
                column: Some(4)
            }
        );
        assert_eq!(
            Locator::parse("book.csv!R7").unwrap().to_string(),
            "book.csv!-!R7"
        );
    }

    #[test]
    fn the_bins_add_up() {
        let mut counts = RecordCounts::default();
        for bin in [
            RecordBin::Transferred,
            RecordBin::Quarantined,
            RecordBin::Transferred,
        ] {
            counts.count(bin);
        }
        assert_eq!(
            counts.to_string(),
            "3 read = 2 transferred + 0 contextual + 0 set aside + 1 quarantined"
        );
    }
}
