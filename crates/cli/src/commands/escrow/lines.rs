//! Lines of the books of a case that deposit money, pay out of it, or may.

use crate::shelf::{Book, Shelf, days, phone};
use moneytrail_analysis::dates::{Course, Dated, Seat};
use moneytrail_analysis::escrow::{Kind, Line};
use moneytrail_analysis::reconcile::{self, Sum};
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, Amount, Asset, EventKind, Locator, Part, TransferKind};
use moneytrail_store::schema::{AccountRow, Batch, Endpoint};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of all books.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Keepers, folded; a book's number is its keeper's position.
    pub(crate) keepers: Vec<String>,
    /// The course of each book in time.
    pub(crate) courses: Vec<Course>,
    /// What each line says.
    pub(crate) all: Vec<Line>,
    /// Where each line stands, in their order.
    pub(crate) places: Vec<Locator>,
    /// Exhibit that each line stands in.
    pub(crate) exhibits: Vec<u32>,
    /// Decimals of each asset, by its key.
    pub(crate) decimals: BTreeMap<String, u8>,
    /// Rows that alone say that their books go on.
    pub(crate) lone: BTreeMap<Seat, Locator>,
    /// Lines that could not be read.
    pub(crate) n_quarantined: u64,
}

/// The lines of all books; a date is a slip that stands alone by more than `lone_gap_days`.
pub(crate) fn of(shelf: &Shelf, lone_gap_days: u32) -> Lines {
    let mut all = Lines {
        keepers: shelf.keepers.clone(),
        n_quarantined: shelf.n_quarantined,
        ..Lines::default()
    };
    let mut dated: Vec<Vec<Dated>> = vec![Vec::new(); shelf.keepers.len()];
    for book in &shelf.books {
        take(book, shelf, &mut dated[book.keeper as usize], &mut all);
    }
    let courses = dated.iter().map(|rows| Course::of(rows, lone_gap_days));
    all.courses = courses.collect();
    for book in &shelf.books {
        let course = &all.courses[book.keeper as usize];
        let lone: BTreeSet<Seat> = course.lone.iter().map(|of| of.0).collect();
        for event in book.rows.events.iter().filter(|_| !lone.is_empty()) {
            let seat = (book.exhibit, event.source, event.row.unwrap_or_default());
            if lone.contains(&seat) {
                all.lone.insert(seat, book.rows.event_locator(event));
            }
        }
    }
    all
}

fn take(book: &Book, shelf: &Shelf, dated: &mut Vec<Dated>, all: &mut Lines) {
    let (rows, owner) = (&book.rows, shelf.keeper_of(book));
    let mut colleagues = Colleagues {
        keepers: shelf.names(),
        known: BTreeMap::new(),
    };
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
        let seat = (book.exhibit, event.source, row);
        dated.extend(days.map(|days| Dated { seat, days }));
        let of_row = said
            .get(&(event.source, row))
            .map_or(&[][..], Vec::as_slice);
        let of_holder = kind(rows, &legs, of_row, owner).map(|kind| (kind, book.keeper));
        let of_colleague = || Some((Kind::Received, colleagues.sent(rows, &legs, owner)?));
        let Some((kind, holder)) = of_holder.or_else(of_colleague) else {
            continue;
        };
        let place = rows.event_locator(event);
        let mut line = Line::new(place.to_string(), holder, kind);
        line.seat = seat;
        line.days = days;
        line.code = of_row
            .iter()
            .find(|said| is_kept(said) && &*said.field == "code")
            .map(|said| said.value.clone());
        if matches!(kind, Kind::Order | Kind::Received) {
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

/// Who bears which name, by its spelling.
struct Colleagues<'a> {
    keepers: Vec<&'a str>,
    known: BTreeMap<String, Option<u32>>,
}

impl Colleagues<'_> {
    /// The keeper that a row of a colleague's book says sent an order; the book's own is no colleague.
    fn sent(&mut self, rows: &Batch, legs: &[usize], owner: &str) -> Option<u32> {
        legs.iter().find_map(|&leg| {
            let row = rows.transfers.get(leg);
            let ends = (&row.from, &row.to);
            let (Endpoint::Account(from), Endpoint::Account(to)) = ends else {
                return None;
            };
            let (AccountKey::Hawaladar(from, _), AccountKey::Hawaladar(to, _)) = (from, to) else {
                return None;
            };
            if row.kind != TransferKind::Due || fold(to) != owner {
                return None;
            }
            let (keepers, from) = (&self.keepers, fold(from));
            let known = self.known.entry(from).or_insert_with_key(|from| {
                let means = reconcile::keeper(from, keepers)?;
                u32::try_from(means)
                    .ok()
                    .filter(|_| keepers[means] != owner)
            });
            *known
        })
    }
}

fn describe(line: &mut Line, said: &[&AccountRow], decimals: &BTreeMap<String, u8>) {
    // Of a release the payee is a stranger to the deposit; of an order its beneficiary is.
    let counts = |role: &str| match line.kind {
        Kind::Deposit => matches!(role, "depositor" | "deposited for"),
        Kind::Release => role == "released on the word of",
        Kind::Refund => matches!(role, "released on the word of" | "payee"),
        Kind::Order | Kind::Received => role == "sender",
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
