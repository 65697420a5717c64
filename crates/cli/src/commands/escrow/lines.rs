//! Lines of the books of a case that deposit money, pay out of it, or may.

use crate::shelf::{Book, Shelf, days, phone};
use moneytrail_analysis::escrow::{Kind, Line};
use moneytrail_analysis::reconcile::Sum;
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, Amount, Asset, EventKind, Locator, Part, TransferKind};
use moneytrail_store::schema::{AccountRow, Batch, Endpoint};
use std::collections::BTreeMap;

/// Lines of all books.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Keepers, folded; a book's number is its keeper's position.
    pub(crate) keepers: Vec<String>,
    /// Last day of each book.
    pub(crate) ends: Vec<Option<i32>>,
    /// What each line says.
    pub(crate) all: Vec<Line>,
    /// Where each line stands, in their order.
    pub(crate) places: Vec<Locator>,
    /// Exhibit that each line stands in.
    pub(crate) exhibits: Vec<u32>,
    /// Decimals of each asset, by its key.
    pub(crate) decimals: BTreeMap<String, u8>,
    /// Lines that could not be read.
    pub(crate) n_quarantined: u64,
}

/// The lines of all books.
pub(crate) fn of(shelf: &Shelf) -> Lines {
    let mut all = Lines {
        keepers: shelf.keepers.clone(),
        ends: vec![None; shelf.keepers.len()],
        n_quarantined: shelf.n_quarantined,
        ..Lines::default()
    };
    for book in &shelf.books {
        take(book, shelf.keeper_of(book), &mut all);
    }
    all
}

fn take(book: &Book, owner: &str, all: &mut Lines) {
    let rows = &book.rows;
    let (said, tokens) = (book.said(), book.tokens());
    let of_assets = rows
        .assets
        .iter()
        .map(|asset| (asset.key().to_string(), asset.decimals()));
    all.decimals.extend(of_assets);
    for (event, legs) in book.lines() {
        let (EventKind::LedgerLine, Some(row)) = (event.kind, event.row) else {
            continue;
        };
        let days = days(event);
        // A day that is known to the year only ends no book.
        let end = &mut all.ends[book.keeper as usize];
        *end = (*end).max(days.map(|days| days.0));
        let of_row = said
            .get(&(event.source, row))
            .map_or(&[][..], Vec::as_slice);
        let Some(kind) = kind(rows, &legs, of_row, owner) else {
            continue;
        };
        let place = rows.event_locator(event);
        let mut line = Line::new(place.to_string(), book.keeper, kind);
        line.seat = (book.exhibit, event.source, row);
        line.days = days;
        line.code = of_row
            .iter()
            .find(|said| is_kept(said) && &*said.field == "code")
            .map(|said| said.value.clone());
        if kind == Kind::Order {
            let mut of_legs = legs.iter().filter_map(|&leg| u32::try_from(leg).ok());
            line.code = of_legs.find_map(|leg| tokens.get(&leg).map(|&token| token.into()));
        }
        line.took_cash = kind == Kind::Order && has_kind(rows, &legs, TransferKind::OrderPaid);
        line.sums = book.sums(&legs, |kind| kind != TransferKind::Commission);
        describe(&mut line, of_row, &all.decimals);
        all.all.push(line);
        all.places.push(place);
        all.exhibits.push(book.exhibit);
    }
}

/// Whether a row says it of the keeper's account of money that is held.
fn is_kept(said: &AccountRow) -> bool {
    matches!(said.account, AccountKey::Hawaladar(_, Part::Pending))
}

fn has_kind(rows: &Batch, legs: &[usize], kind: TransferKind) -> bool {
    legs.iter().any(|&leg| rows.transfers.kind(leg) == kind)
}

/// What a line books, if money that is held can be in it; `owner` is folded.
fn kind(rows: &Batch, legs: &[usize], said: &[&AccountRow], owner: &str) -> Option<Kind> {
    let entry = said
        .iter()
        .find(|said| is_kept(said) && &*said.field == "entry");
    if has_kind(rows, legs, TransferKind::Deposit) {
        return Some(Kind::Deposit);
    }
    if has_kind(rows, legs, TransferKind::Release) {
        let is_refund = entry.is_some_and(|entry| &*entry.value == "refund");
        return Some(if is_refund {
            Kind::Refund
        } else {
            Kind::Release
        });
    }
    // An order that the keeper sends on: he owes it, or what he holds does.
    let is_sent = legs.iter().any(|&leg| {
        let row = rows.transfers.get(leg);
        let from = match &row.from {
            Endpoint::Account(AccountKey::Hawaladar(name, _)) => Some(fold(name)),
            _ => None,
        };
        row.kind == TransferKind::Due && from.as_deref() == Some(owner)
    });
    is_sent.then_some(Kind::Order)
}

fn describe(line: &mut Line, said: &[&AccountRow], decimals: &BTreeMap<String, u8>) {
    // Of a release the payee is a stranger to the deposit; of an order its beneficiary is.
    let counts = |role: &str| match line.kind {
        Kind::Deposit => matches!(role, "depositor" | "deposited for"),
        Kind::Release => role == "released on the word of",
        Kind::Refund => matches!(role, "released on the word of" | "payee"),
        Kind::Order => role == "sender",
    };
    let mut names: Vec<&AccountKey> = Vec::new();
    for row in said.iter().filter(|row| &*row.field == "role") {
        if let (AccountKey::Customer(_, name), true) = (&row.account, counts(&row.value)) {
            names.push(&row.account);
            line.people.push(fold(name).into());
        }
    }
    for row in said {
        if &*row.field == "phone" && names.contains(&&row.account) {
            line.phones.extend(phone(&row.value));
        }
        if &*row.field == "fee" && is_kept(row) {
            line.fee = fee(&row.value, decimals);
        }
    }
    line.people.sort_unstable();
    line.people.dedup();
    line.phones.sort_unstable();
    line.phones.dedup();
}

/// Reads `65 EUR`.
fn fee(text: &str, decimals: &BTreeMap<String, u8>) -> Option<Sum> {
    let (amount, asset) = text.split_once(' ')?;
    let decimals = decimals.get(asset).copied();
    let known = || asset.parse().map_or(0, |key| Asset::new(key).decimals());
    Some(Sum {
        asset: asset.into(),
        amount: Amount::parse_decimal(amount, decimals.unwrap_or_else(known)).ok()?,
    })
}

impl Lines {
    /// Decimals of an asset of the lines.
    pub(crate) fn decimals_of(&self, asset: &str) -> u8 {
        self.decimals.get(asset).copied().unwrap_or(0)
    }
}
