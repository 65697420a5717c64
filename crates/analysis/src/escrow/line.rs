//! What a row of a book says of money that is held, and the thresholds.

use crate::reconcile::Sum;

/// What a line books.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Money comes in, to be held.
    Deposit,
    /// A part of what is held is paid out by the holder.
    Release,
    /// What is held goes back.
    Refund,
    /// An order to a colleague, which may be paid out of what is held.
    Order,
    /// An order that a colleague's book says the holder sent. It stands in the colleague's book and joins nothing, but may show a release
    /// that the holder's lacks.
    Received,
}

/// A line of a book.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Line {
    /// Names the row, such as its locator: no two lines share one.
    pub key: Box<str>,
    /// The book that it stands in; of an order that a colleague received, the holder's.
    pub book: u32,
    /// Where it stands: exhibit, sheet of it, row.
    pub seat: (u32, u32, u32),
    /// What it books.
    pub kind: Kind,
    /// Days since 1970: the first and the last on which it may have happened.
    pub days: Option<(i32, i32)>,
    /// The code as written.
    pub code: Option<Box<str>>,
    /// What it moves; an order may state two currencies.
    pub sums: Vec<Sum>,
    /// The fee that a deposit's row states as taken out of it.
    pub fee: Option<Sum>,
    /// Names, folded: of a deposit its depositor and for whom it is, of a release on whose word it was made, of a refund its payee too, of an
    /// order its sender.
    pub people: Vec<Box<str>>,
    /// Telephones of these: the last nine digits.
    pub phones: Vec<Box<str>>,
    /// Whether the line says that its sender paid.
    pub took_cash: bool,
}

impl Line {
    /// A line of which nothing is known but where it stands and what it books.
    pub fn new(key: impl Into<Box<str>>, book: u32, kind: Kind) -> Self {
        Self {
            key: key.into(),
            book,
            seat: (0, 0, 0),
            kind,
            days: None,
            code: None,
            sums: Vec::new(),
            fee: None,
            people: Vec::new(),
            phones: Vec::new(),
            took_cash: false,
        }
    }
}

/// Thresholds, as printed with each result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Names are one person's from this Jaro–Winkler similarity of their consonants on, in thousandths.
    pub name_similarity_permille: u32,
    /// Codes are used again: a line belongs to no deposit that is so many days older.
    pub code_days_max: i32,
    /// Releases stopped if nothing happened for more days than this, and the book goes on.
    pub quiet_days: i32,
    /// A date that stands alone, or out of its place, by more than so many days is held to be a slip.
    pub lone_gap_days: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name_similarity_permille: 900,
            code_days_max: 365,
            quiet_days: 30,
            lone_gap_days: 7,
        }
    }
}
