//! Ledger records become events, transfers, links and references.
//!
//! Laws (DESIGN §2): only recorded legs are transfers; a beneficiary who is named but not recorded as
//! paid is "ordered for R, payout not in evidence"; custody and value are told apart on every leg; a
//! link within one row is a fact, a link between rows is an inference with its rule.

mod cash;
mod escrow;
mod order;
mod rows;

use super::ledger::{LedgerRecord, Money};
use super::lexicon::{Direction, EntryType, State};
use super::text::fold;
use moneytrail_model::{Amount, Asset, BookId, RuleId};
use moneytrail_store::schema::Batch;
use order::is_sent_on;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A release and the deposit with its code, where exactly one open deposit of the book has it.
pub(crate) const ESCROW_CODE: RuleId = RuleId {
    name: "escrow-code",
    version: 1,
};

/// An order received and sent on under one number.
pub(crate) const FORWARD_TOKEN: RuleId = RuleId {
    name: "forward-token",
    version: 1,
};

/// Two rows that stand together and exchange one asset for another.
pub(crate) const EXCHANGE_PAIR: RuleId = RuleId {
    name: "exchange-pair",
    version: 1,
};

/// What became of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Booked {
    /// At least one transfer.
    Transferred,
    /// Nothing moved, for this reason.
    Context(String),
}

/// Value that rests until a later row draws on it.
#[derive(Clone, Debug)]
struct Resting {
    transfer: u32,
    left: Amount,
}

/// Where a row stands.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) source: u32,
    pub(crate) row: u32,
    /// Its locator, for accounts that no name tells apart.
    pub(crate) locator: String,
}

/// Turns the records of one book into the rows of one batch.
pub(crate) struct Normaliser {
    book: BookId,
    owner: Box<str>,
    pub(crate) batch: Batch,
    assets: FxHashMap<Asset, u32>,
    /// Hawaladars by folded name.
    names: FxHashMap<String, Box<str>>,
    deposits: Vec<Resting>,
    dues: Vec<Resting>,
    /// Positions by code and asset, ascending.
    deposits_by_code: FxHashMap<(String, u32), Vec<usize>>,
    dues_by_code: FxHashMap<(String, u32), Vec<usize>>,
    /// A leg of an exchange whose other leg stands in the next row.
    open_leg: Option<(u32, Direction)>,
    pub(crate) figures: BTreeMap<&'static str, u64>,
}

type Outcome = Result<Booked, String>;

impl Normaliser {
    pub(crate) fn new(book: BookId, owner: &str, aliases: &BTreeMap<String, String>) -> Self {
        let mut names: FxHashMap<String, Box<str>> = FxHashMap::default();
        for (alias, name) in aliases {
            names.insert(joined(alias), name.as_str().into());
        }
        let owner = names
            .get(&joined(owner))
            .cloned()
            .unwrap_or_else(|| owner.into());
        Self {
            book,
            owner,
            batch: Batch::default(),
            assets: FxHashMap::default(),
            names,
            deposits: Vec::new(),
            dues: Vec::new(),
            deposits_by_code: FxHashMap::default(),
            dues_by_code: FxHashMap::default(),
            open_leg: None,
            figures: BTreeMap::new(),
        }
    }

    /// Books a record. `next` is the next entry of the book, where it stands right behind.
    pub(crate) fn book(
        &mut self,
        at: &At,
        record: &LedgerRecord,
        next: Option<&LedgerRecord>,
    ) -> Outcome {
        if record.entry != EntryType::Exchange {
            self.open_leg = None;
        }
        let taken_back = match record.approval {
            Some(State::Cancelled) => Some("cancelled"),
            Some(State::Reversed) => Some("reversed"),
            _ => None,
        };
        if let Some(word) = taken_back {
            // Whoever is named in it is named, although nothing moved.
            self.describe(at, record);
            return Ok(Booked::Context(word.to_owned()));
        }
        let booked = match record.entry {
            EntryType::Send => self.send(at, record),
            EntryType::Receive => self.receive(at, record, is_sent_on(record, next)),
            EntryType::Settle => self.settle(at, record),
            EntryType::Exchange => self.exchange(at, record, next),
            EntryType::Deposit => self.deposit(at, record),
            EntryType::Release | EntryType::Refund | EntryType::Withdraw => {
                self.release(at, record)
            }
            EntryType::Commission | EntryType::Expense => self.expense(at, record),
            EntryType::Payment => self.payment(at, record),
            EntryType::Reversal => Ok(Booked::Context(
                "reversal: not applied to the row that it takes back".to_owned(),
            )),
            EntryType::Opening => Ok(Booked::Context("opening".to_owned())),
        }?;
        if booked == Booked::Transferred {
            *self.figures.entry(figure(record.entry)).or_default() += 1;
            self.describe_kept(at, record);
        }
        self.describe(at, record);
        Ok(booked)
    }
}

/// The one amount of an entry that moves cash one way.
fn moved(record: &LedgerRecord) -> Option<&Money> {
    record
        .credit
        .as_ref()
        .or(record.debit.as_ref())
        .or(record.amount_in.as_ref())
        .or(record.amount_out.as_ref())
}

/// A name without case, spaces and variants of letters.
pub(crate) fn joined(name: &str) -> String {
    fold(name).replace(' ', "")
}

/// What an entry counts as in the summary.
const fn figure(entry: EntryType) -> &'static str {
    match entry {
        EntryType::Send => "orders sent",
        EntryType::Receive => "orders received",
        EntryType::Settle => "settlements",
        EntryType::Exchange => "exchanges",
        EntryType::Deposit => "deposits",
        EntryType::Release | EntryType::Withdraw => "releases",
        EntryType::Refund => "refunds",
        EntryType::Commission => "commissions",
        EntryType::Expense => "expenses",
        EntryType::Opening => "opening balances",
        EntryType::Reversal => "reversals",
        EntryType::Payment => "payments",
    }
}
