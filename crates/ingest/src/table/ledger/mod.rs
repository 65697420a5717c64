//! A row becomes a ledger record (`hawala.md` §1), or is told to be no movement.
//!
//! Laws: every row is read into exactly one of entry, context and quarantine; a cell that holds
//! something unreadable quarantines its row; a blank date means "as above".

mod cells;
mod row;
mod words;

pub(crate) use cells::{amount_of, plain_token};
pub(crate) use row::RowReader;
pub(crate) use words::Words;

use super::field::Field;
use super::lexicon::{Direction, EntryType, State};
use super::profile::Unit;
use moneytrail_model::{AccountKey, Amount, Asset, Instant, Rate};

/// An amount of an asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Money {
    pub(crate) amount: Amount,
    pub(crate) asset: Asset,
}

/// A customer as a row names him.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Party {
    pub(crate) name: Option<String>,
    pub(crate) father: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) id_no: Option<String>,
    /// Columns of these cells, from 1.
    pub(crate) columns: PartyColumns,
    /// Which of the names in its cell the name is, from 1.
    pub(crate) ordinal: u32,
}

/// Where a row says what it says of a customer: columns from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct PartyColumns {
    pub(crate) name: Option<u32>,
    pub(crate) father: Option<u32>,
    pub(crate) phone: Option<u32>,
    pub(crate) id_no: Option<u32>,
}

/// The canonical record of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LedgerRecord {
    pub(crate) entry: EntryType,
    pub(crate) token: Option<String>,
    pub(crate) time: Instant,
    pub(crate) sender: Party,
    pub(crate) beneficiary: Party,
    pub(crate) counterpart: Option<String>,
    pub(crate) place: Option<String>,
    /// Where the order was taken, as the row states it.
    pub(crate) place_from: Option<String>,
    pub(crate) amount_in: Option<Money>,
    pub(crate) amount_out: Option<Money>,
    pub(crate) credit: Option<Money>,
    pub(crate) debit: Option<Money>,
    pub(crate) commission: Option<Money>,
    /// Whether the record says that the customer paid the commission on top.
    pub(crate) commission_on_top: bool,
    pub(crate) rate: Option<Rate>,
    pub(crate) rate_text: Option<String>,
    pub(crate) approval: Option<State>,
    pub(crate) payment: Option<State>,
    pub(crate) delivery: Option<State>,
    pub(crate) note: String,
    pub(crate) txid: Option<[u8; 32]>,
    pub(crate) wallet: Option<AccountKey>,
    /// Which way cash went, by column, sign or words.
    pub(crate) direction: Option<Direction>,
    /// Whether the book has columns for cash in and out.
    pub(crate) has_cash_columns: bool,
    /// Other readings of this row, as sentences.
    pub(crate) alternatives: Vec<String>,
}

/// A balance that a row states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stated {
    pub(crate) asset: Asset,
    pub(crate) balance: Amount,
    /// In minus out of the same row.
    pub(crate) change: Amount,
    /// The cells that say so.
    pub(crate) cells: Vec<StatedCell>,
    /// The amount of the row's order, where it is of the same asset.
    pub(crate) other: Option<Amount>,
}

/// A cell of a running balance or of what changed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StatedCell {
    pub(crate) field: Field,
    /// Its row in the file, from 1.
    pub(crate) row: u32,
    /// Its column in the file, from 0.
    pub(crate) column: usize,
    /// Plain decimal text, without sign.
    pub(crate) text: String,
    /// How many units of its asset one of its figures is.
    pub(crate) factor: u32,
}

impl ReadRow {
    /// A row of which nothing is read but what it is.
    pub(crate) const fn plain(reading: RowReading) -> Self {
        Self {
            reading,
            stated: None,
            figures: Vec::new(),
            date: None,
        }
    }
}

impl StatedCell {
    pub(crate) fn is_balance(&self) -> bool {
        self.field == Field::Balance
    }
}

/// A number of a row, with its cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Figure {
    pub(crate) field: Field,
    /// Position of its column in the map of the sheet.
    pub(crate) position: usize,
    /// Its row in the file, from 1.
    pub(crate) row: u32,
    /// Its column in the file, from 0.
    pub(crate) column: usize,
    /// Plain decimal text, without sign.
    pub(crate) text: String,
    pub(crate) is_negative: bool,
    /// What it is counted in; `None` of a rate.
    pub(crate) unit: Option<Unit>,
}

/// A date of a row, with its cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DateCell {
    /// Its row in the file, from 1.
    pub(crate) row: u32,
    /// Its column in the file, from 0.
    pub(crate) column: usize,
    pub(crate) text: String,
    /// Days since 1970.
    pub(crate) days: i64,
}

/// What a row is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum RowReading {
    /// A line of the book.
    Entry(Box<LedgerRecord>),
    /// An opening balance.
    Opening {
        /// What rests.
        money: Option<Money>,
        /// When.
        time: Instant,
    },
    /// Understood, and no movement of value.
    Context(String),
    /// Not understood.
    Quarantine(String),
}

/// A row as read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReadRow {
    pub(crate) reading: RowReading,
    pub(crate) stated: Option<Stated>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) date: Option<DateCell>,
}
