//! Who owes whom, by currency, over time.
//!
//! Laws. The position of a pair in an asset is the sum of what makes the first owe the second less the sum of what makes the second owe
//! the first: opposite orders set off without anything else, and a discharge is a debt the other way. Seen from the other side it has the
//! other sign. A statement that two books make of one thing counts once, where a claim says that it is one; without a claim both count, and
//! both say so. What two books of a pair make of it alone differ by exactly what no claim joins and what joined rows state
//! differently. Nothing of this depends on the order of the entries.
//!
//! Method (`hawala.md` §1 and §3): of rows that describe one thing the debtor's book counts, because he writes it against himself; where it
//! has none, the creditor's. Rows of a day stand in the order of their keys; only what a day ends with is a position.
//!
//! ```
//! use moneytrail_analysis::positions::{Entry, Kind, positions};
//! use moneytrail_model::Amount;
//!
//! let entry = |row, debtor, creditor, units| Entry {
//!     key: format!("a.csv!-!R{row}").into(),
//!     book: 0,
//!     debtor,
//!     creditor,
//!     asset: "EUR".into(),
//!     amount: Amount::from_u64(units),
//!     days: Some((row, row)),
//!     kind: Kind::Due,
//! };
//! let entries = [entry(2, 0, 1, 500), entry(3, 1, 0, 200)];
//! let found = positions(&entries, &[], 1);
//! assert_eq!(found.positions[0].end, Amount::from_u64(300));
//! ```

mod course;
mod settlement;

pub use course::positions;
pub use settlement::{SETTLEMENT_PAIR, settled_in_both};

use moneytrail_model::Amount;

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// An order: who took it owes who is to pay it out.
    Due,
    /// A payment that settles: who is paid owes more, or is owed less.
    Settlement,
    /// Cash between two hawaladars of which the row says no more.
    Payment,
}

/// What one row of one book says of a debt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Names the row: no two entries share one.
    pub key: Box<str>,
    /// Whose book it stands in, as a party.
    pub book: u32,
    /// Who owes more by it.
    pub debtor: u32,
    /// Whom.
    pub creditor: u32,
    /// The asset's key.
    pub asset: Box<str>,
    /// More than zero.
    pub amount: Amount,
    /// Days since 1970: the first and the last on which it may have happened.
    pub days: Option<(i32, i32)>,
    /// What it is.
    pub kind: Kind,
}

/// Who says so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Seen {
    /// Both books, by a claim, with the same amount.
    Both,
    /// Both, by a claim, with other amounts or assets: the debtor's counts.
    Differs,
    /// One book; the other's keeper has none at hand.
    OneBook,
    /// One book, although the other is at hand: it lacks the row, or it has one that no claim joins, and then it counts twice.
    Unmatched,
}

/// A change of a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The first day on which it may have happened; `None` stands behind all that have one.
    pub day: Option<i32>,
    /// Positions of the entries that say so, the one that counts first.
    pub entries: Vec<usize>,
    /// Above zero: the first of the pair owes the second more.
    pub change: Amount,
    /// What is owed then.
    pub position: Amount,
    /// Who says so.
    pub seen: Seen,
}

/// The course of what two owe each other in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// The pair, ascending.
    pub pair: (u32, u32),
    /// The asset's key.
    pub asset: Box<str>,
    /// In the order of days.
    pub steps: Vec<Step>,
    /// Above zero: the first of the pair owes the second.
    pub end: Amount,
    /// What each book at hand makes of it alone; `None` beyond 38 digits.
    pub by_book: Vec<(u32, Option<Amount>)>,
    /// Entries in this asset that do not count, because the row that counts states another asset.
    pub elsewhere: Vec<usize>,
}

/// All positions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Positions {
    /// By pair and asset.
    pub positions: Vec<Position>,
    /// Entries that would lead beyond 38 digits: they are in no position.
    pub too_large: Vec<usize>,
}

impl Position {
    /// What is owed as one of the pair sees it: above zero if he owes.
    pub fn seen_by(&self, party: u32) -> Amount {
        if party == self.pair.0 {
            self.end
        } else {
            negated(self.end)
        }
    }
}

fn negated(amount: Amount) -> Amount {
    Amount::ZERO
        .checked_sub(amount)
        .expect("the range of amounts is symmetric")
}
