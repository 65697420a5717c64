//! The books of a case, as the commands that compare them read them: each segment once.
//!
//! Law: books of one keeper are one book, whose number is the keeper's position.

use crate::error::Error;
use crate::figures::DAY_SECONDS;
use moneytrail_analysis::reconcile::Sum;
use moneytrail_ingest::table::{Profile, fold};
use moneytrail_model::{TransferKind, Watch};
use moneytrail_store::decision::{self, OrderDecision};
use moneytrail_store::schema::{AccountRow, Batch, EventRow, Reference, Table};
use moneytrail_store::{Case, Segment};
use std::collections::BTreeMap;

/// Digits of a telephone that are compared.
const PHONE_DIGITS: usize = 9;

/// What rows say of their people, by source and row.
pub(crate) type Said<'a> = BTreeMap<(u32, u32), Vec<&'a AccountRow>>;

/// All books.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    /// Keepers, folded.
    pub(crate) keepers: Vec<String>,
    /// In the order of their exhibits.
    pub(crate) books: Vec<Book>,
    /// Lines that could not be read.
    pub(crate) n_quarantined: u64,
    /// What people decided of pairs of rows.
    pub(crate) decisions: Vec<OrderDecision>,
}

/// A book of an exhibit.
#[derive(Debug)]
pub(crate) struct Book {
    /// Number of the exhibit.
    pub(crate) exhibit: u32,
    /// Position of its keeper.
    pub(crate) keeper: u32,
    /// Its rows, without blocks, outpoints and links.
    pub(crate) rows: Batch,
}

/// Reads all books that have a keeper.
pub(crate) fn read(case: &Case) -> Result<Shelf, Error> {
    read_watched(case, &())
}

/// As [`read`], of which `watch` may have it end between two exhibits.
pub(crate) fn read_watched(case: &Case, watch: &dyn Watch) -> Result<Shelf, Error> {
    let mut shelf = Shelf {
        decisions: decision::orders(case)?,
        ..Shelf::default()
    };
    for exhibit in case.exhibits()? {
        watch.check()?;
        let segment = case.segment(exhibit.number)?;
        let Some(owner) = keeper_of(&segment)? else {
            continue;
        };
        shelf.n_quarantined += segment.summary().counts.quarantined;
        let keeper = shelf.keeper(fold(&owner))?;
        let rows = segment.read(&[
            Table::Sources,
            Table::Assets,
            Table::Events,
            Table::Transfers,
            Table::References,
            Table::Accounts,
            Table::Records,
        ])?;
        shelf.books.push(Book {
            exhibit: exhibit.number,
            keeper,
            rows,
        });
    }
    Ok(shelf)
}

/// Who keeps a book, by its profile; nobody keeps what is no book.
fn keeper_of(segment: &Segment) -> Result<Option<String>, Error> {
    let Some(profile) = segment.summary().profile.as_deref() else {
        return Ok(None);
    };
    Ok(Profile::parse(profile)?.book.owner)
}

impl Shelf {
    /// An error of use if fewer than so many keepers have books.
    pub(crate) fn at_least(&self, n: usize, says: &str) -> Result<(), Error> {
        if self.keepers.len() >= n {
            return Ok(());
        }
        Err(Error::usage(says.to_owned())
            .hint("take books in with `moneytrail add`; a profile names the keeper: [book] owner = \"NAME\""))
    }

    /// Number of a keeper, folded.
    fn keeper(&mut self, name: String) -> Result<u32, Error> {
        let known = self.keepers.iter().position(|keeper| *keeper == name);
        let place = known.unwrap_or_else(|| {
            self.keepers.push(name);
            self.keepers.len() - 1
        });
        u32::try_from(place).map_err(|_| Error::internal("too many books"))
    }

    /// The keeper of a book, folded.
    pub(crate) fn keeper_of(&self, book: &Book) -> &str {
        &self.keepers[book.keeper as usize]
    }

    /// Names of all keepers, folded, in their order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.keepers.iter().map(String::as_str).collect()
    }
}

impl Book {
    /// Events, each with the positions of its transfers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&EventRow, Vec<usize>)> {
        let rows = &self.rows;
        let mut transfers = (0..rows.transfers.len()).peekable();
        (0_u32..).zip(&rows.events).map(move |(idx, event)| {
            let mut legs = Vec::new();
            while let Some(leg) = transfers.next_if(|&leg| rows.transfers.event(leg) == idx) {
                legs.push(leg);
            }
            (event, legs)
        })
    }

    /// What its rows say of their people.
    pub(crate) fn said(&self) -> Said<'_> {
        let mut said = Said::new();
        for of in &self.rows.accounts {
            if let Some(row) = of.row {
                said.entry((of.source, row)).or_default().push(of);
            }
        }
        said
    }

    /// Token of each transfer that has one.
    pub(crate) fn tokens(&self) -> BTreeMap<u32, &str> {
        let tokens = self.rows.references.iter();
        let tokens = tokens.filter_map(|row| match &row.reference {
            Reference::Token { token, .. } => Some((row.transfer, &**token)),
            _ => None,
        });
        tokens.collect()
    }

    /// Known amounts of those transfers whose kind counts, each once, ascending.
    pub(crate) fn sums(&self, legs: &[usize], counts: impl Fn(TransferKind) -> bool) -> Vec<Sum> {
        let mut sums = Vec::new();
        for &leg in legs {
            let row = self.rows.transfers.get(leg);
            let asset = self.rows.assets.get(row.asset as usize);
            if let (true, Some(asset), Some(amount)) = (counts(row.kind), asset, row.amount) {
                sums.push(Sum {
                    asset: asset.key().to_string().into(),
                    amount,
                });
            }
        }
        sums.sort_unstable();
        sums.dedup();
        sums
    }
}

/// First and last day of an event since 1970; none if a time is not known.
pub(crate) fn days(event: &EventRow) -> Option<(i32, i32)> {
    let day = |seconds: i64| i32::try_from(seconds.div_euclid(DAY_SECONDS)).ok();
    day(event.time.earliest()).zip(day(event.time.latest()))
}

/// The digits of a telephone that are compared; none of a number that is too short.
pub(crate) fn phone(text: &str) -> Option<Box<str>> {
    let digits: String = fold(text).chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().checked_sub(PHONE_DIGITS)?;
    Some(digits[from..].into())
}
