//! What a row of an export becomes.

use super::cells::Number;
use moneytrail_model::{AccountKey, Instant};

/// What a change of the customer's account is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum What {
    Deposit,
    Withdrawal,
    /// One side of a trade or conversion.
    Trade,
    Fee,
    Interest,
    Reward,
    Commission,
    /// A payment to or from somebody whom the row does not name.
    Payment,
    /// A result that the exchange settles: profit, loss, a loan and its repayment.
    Settled,
}

/// A change of the account in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) what: What,
    /// Symbol.
    pub(super) asset: Box<str>,
    /// Signed: what goes out is negative.
    pub(super) number: Number,
}

impl Change {
    pub(super) const fn new(what: What, asset: Box<str>, number: Number) -> Self {
        Self {
            what,
            asset,
            number,
        }
    }
}

/// The other side of a deposit or withdrawal, as far as the row says it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Other {
    /// The network as the exchange calls it.
    pub(super) network: String,
    /// The address that received.
    pub(super) address: String,
    /// The address that sent.
    pub(super) from: String,
    /// Transaction id as people write it.
    pub(super) txid: Option<[u8; 32]>,
    /// What the exchange calls a transfer between two of its customers, or the account there.
    pub(super) within: Option<String>,
    /// An account that the row names.
    pub(super) account: Option<AccountKey>,
}

/// Rows of one event.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Group {
    /// Rows with this key, by the exchange's own reference.
    Stated(String),
    /// Trades and fees of one second.
    Second(i64),
}

/// Balances that a row states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Balance {
    /// What the balance is of: asset and wallet.
    pub(super) of: String,
    pub(super) before: Option<Number>,
    pub(super) after: Number,
    /// Signed changes that lead to it.
    pub(super) changes: Vec<Number>,
}

/// A row that is understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) row: u32,
    pub(super) time: Instant,
    /// The customer's number, if the row states it.
    pub(super) user: Option<String>,
    /// None of a row that moves nothing but has a balance: then `why` says so.
    pub(super) changes: Vec<Change>,
    pub(super) why: Option<&'static str>,
    pub(super) other: Other,
    pub(super) group: Option<Group>,
    pub(super) balance: Option<Balance>,
    /// What a person should know of such rows, counted.
    pub(super) doubt: Option<&'static str>,
}

impl Line {
    pub(super) fn new(row: u32, time: Instant, changes: Vec<Change>) -> Self {
        Self {
            row,
            time,
            user: None,
            changes,
            why: None,
            other: Other::default(),
            group: None,
            balance: None,
            doubt: None,
        }
    }
}

/// What became of a row at first sight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Told {
    Line(Box<Line>),
    Context(&'static str),
    /// It says itself that nothing moved, or not yet.
    Nothing(String),
    Wrong(String),
}

impl From<Result<Line, String>> for Told {
    fn from(read: Result<Line, String>) -> Self {
        match read {
            Ok(line) => Self::Line(Box::new(line)),
            Err(why) => Self::Wrong(why),
        }
    }
}

/// Brings lines into the order of time; files that run backwards are turned round first, so that rows of one second
/// keep their order.
pub(super) fn in_time(lines: &mut [Line]) {
    let n = |later: fn(i64, i64) -> bool| {
        let pairs = lines.windows(2);
        pairs
            .filter(|pair| later(pair[0].time.earliest(), pair[1].time.earliest()))
            .count()
    };
    if n(|a, b| a > b) > n(|a, b| a < b) {
        lines.reverse();
    }
    lines.sort_by_key(|line| line.time.earliest());
}
