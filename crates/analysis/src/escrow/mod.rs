//! Money held under a code: deposits, what is released of them on a migrant's word, what goes back, what is held still.
//!
//! Law: for each chain, in its one asset, deposited = released + refunded + fee + held, none of which is below zero; a line stands in
//! at most one chain; the result is a function of the set of lines and the options.
//!
//! Method (`hawala.md` §1 and §4, `escrow-release`): lines are taken in the order of their days. A deposit opens a chain, or tops up
//! one that bears its code and holds money of the same people. A line that pays out joins the chain with the best evidence, in four
//! passes, each with less: the same code; the same code where the day is written before the deposit's but the row stands behind it; a
//! code one slip of the pen away; no code at all. What each pass asks for beside the code is in [`Agreement`]. No line draws more than
//! the chain holds.
//!
//! That releases stopped is said where something is held, nothing happened for long and the book goes on. Two things keep it from being said
//! falsely. A slipped date is no day of a book (see [`crate::dates`]): law: one date moved anywhere changes no chain but that of its row,
//! beyond the gap that a slip has to exceed. And a line that may be a release of the chain, on less evidence than joining asks for, stands
//! with it ([`Chain::possible`]): law: a release that is missed is named there.
//!
//! ```
//! use moneytrail_analysis::dates::Course;
//! use moneytrail_analysis::escrow::{Kind, Line, Options, escrows};
//! use moneytrail_analysis::reconcile::Sum;
//! use moneytrail_model::Amount;
//!
//! let line = |row, kind, day, euro: u64| {
//!     let mut line = Line::new(format!("a.csv!-!R{row}"), 0, kind);
//!     line.seat = (1, 0, row);
//!     line.days = Some((day, day));
//!     line.code = Some("K7".into());
//!     line.sums = vec![Sum { asset: "EUR".into(), amount: Amount::from_u64(euro * 100) }];
//!     line
//! };
//! let lines = [line(2, Kind::Deposit, 10, 5000), line(3, Kind::Release, 12, 1500)];
//! let found = escrows(&lines, &[Course::ending(20)], &Options::default());
//! assert_eq!(found.chains[0].held, Amount::from_u64(350_000));
//! ```

mod agree;
mod join;
mod line;
mod possible;

pub use agree::{Agreement, AmountLevel, CodeLevel, PersonLevel};
pub use join::{escrows, escrows_watched};
pub use line::{Kind, Line, Options};

use crate::dates::Seat;
use moneytrail_model::{Amount, RuleId};

/// A line pays out of a deposit.
pub const ESCROW_RELEASE: RuleId = RuleId {
    name: "escrow-release",
    version: 2,
};

/// A line that belongs to a chain, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Joined {
    /// Position of the line.
    pub line: usize,
    /// What it takes out of the chain, or adds to it, in the chain's asset.
    pub amount: Amount,
    /// How it agrees with the deposit.
    pub agreement: Agreement,
    /// Other chains that it agrees with as well.
    pub n_rivals: u32,
}

/// A line that no chain has, or another one, and that may be a release of this chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Possible {
    /// Position of the line.
    pub line: usize,
    /// How it agrees with the deposit and what is held.
    pub agreement: Agreement,
    /// Position of the deposit that it was joined to, of several that it agrees with; the chain's own if only its amount may be a slip.
    pub joined_to: Option<usize>,
    /// Other chains of which it may be a release as well.
    pub n_rivals: u32,
}

/// What became of a deposit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Nothing was paid out of it.
    Held,
    /// A part was released, and more is held than the fee.
    Partial,
    /// It is spent but for the fee.
    Complete,
    /// It went back.
    Refunded,
}

/// A deposit with all that adds to it and draws on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Position of the line that opened it.
    pub deposit: usize,
    /// Later deposits under the same code.
    pub top_ups: Vec<Joined>,
    /// Releases, and orders paid out of it.
    pub releases: Vec<Joined>,
    /// What went back to the depositor.
    pub refunds: Vec<Joined>,
    /// The asset that all amounts are in.
    pub asset: Box<str>,
    /// Deposit and top-ups.
    pub deposited: Amount,
    /// Releases.
    pub released: Amount,
    /// Refunds.
    pub refunded: Amount,
    /// What the deposits' rows state as a fee, as far as releases left it.
    pub fee: Amount,
    /// The rest: the depositor's.
    pub held: Amount,
    /// What became of it.
    pub state: State,
    /// Day of its last line, since 1970.
    pub last_day: Option<i32>,
    /// Days from there to the last row of the holder's book.
    pub quiet_days: Option<i32>,
    /// Whether something is held and nothing happened for longer than the options allow, although the book goes on.
    pub is_quiet: bool,
    /// Of a quiet chain what may be a release of it, on less evidence than joining asks for; the best first.
    pub possible: Vec<Possible>,
    /// Its lines whose date is out of its place, or alone behind the book's end: their rows count between the days around them.
    pub misdated: Vec<usize>,
}

impl Chain {
    /// Whether releases stopped, and nothing at hand may be the missing one.
    pub fn is_stopped(&self) -> bool {
        self.is_quiet && self.possible.is_empty()
    }

    /// Whether releases stopped, unless something at hand is one.
    pub fn may_have_stopped(&self) -> bool {
        self.is_quiet && !self.possible.is_empty()
    }
}

/// A date that alone says that a book goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alone {
    /// The book.
    pub book: u32,
    /// Where its row stands.
    pub seat: Seat,
    /// The day, since 1970.
    pub day: i32,
    /// Positions of deposits that are quiet if it is right.
    pub deposits: Vec<usize>,
}

/// Why a line that pays out of a deposit has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// No deposit at hand agrees with it.
    NoDeposit,
    /// The deposit that bears its code holds less, or another asset.
    MoreThanHeld,
}

/// All chains of the books.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Escrows {
    /// By book, then by the place of the deposit.
    pub chains: Vec<Chain>,
    /// Releases and refunds without a deposit, by book and place.
    pub loose: Vec<(usize, Why)>,
    /// Dates that alone say that a book goes on, where that would make releases of more deposits stop; by book and day.
    pub alone: Vec<Alone>,
}
