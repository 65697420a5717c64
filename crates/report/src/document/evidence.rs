//! Citations: as written, as read, as it might have been read.

use super::party::Role;
use super::phrase::Phrase;
use serde::{Deserialize, Serialize};

/// In which direction a sheet runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetDirection {
    /// Left to right.
    #[default]
    Ltr,
    /// Right to left.
    Rtl,
}

impl SheetDirection {
    /// The value of an HTML `dir` attribute.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// A record that says so.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Citation {
    /// Short number of the exhibit: `X1`.
    pub exhibit: String,
    /// Locator of the record: `book.xlsx!Sheet1!R12C4`.
    pub locator: String,
    /// Transaction id in full.
    pub txid: Option<String>,
    /// Height of the block.
    pub height: Option<u64>,
    /// Place in the block: `index 1204`, `log 2`, `output 0`.
    pub position: Option<String>,
    /// Cells as written, in the order of the sheet.
    pub cells: Vec<Cell>,
    /// Direction of the sheet.
    pub direction: SheetDirection,
    /// How the program read it.
    pub as_read: Option<Phrase>,
    /// What else it could have meant, each with the reason why that reading lost.
    pub alternatives: Vec<Phrase>,
}

/// One cell as written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Cell {
    /// Column, from 1.
    pub column: u32,
    /// Header of the column, as written.
    pub header: Option<String>,
    /// Text, as written. Empty if masked.
    pub text: String,
    /// Masked, as naming a person of this role.
    pub mask: Option<Role>,
}

impl Cell {
    /// A cell that names nobody.
    pub fn new(column: u32, text: &str) -> Self {
        Self {
            column,
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// With the header of its column.
    #[must_use]
    pub fn headed(mut self, header: &str) -> Self {
        self.header = Some(header.to_owned());
        self
    }

    /// A cell that names a person of this role.
    #[must_use]
    pub const fn masked(mut self, role: Role) -> Self {
        self.mask = Some(role);
        self
    }
}
