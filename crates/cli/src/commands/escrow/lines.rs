//! Lines of the books of a case that deposit money, pay out of it, or may.

use crate::commands::reconcile::books::{PHONE_DIGITS, day_of, keeper_of};
use crate::error::Error;
use moneytrail_analysis::escrow::{Kind, Line};
use moneytrail_analysis::reconcile::Sum;
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, Amount, Asset, EventKind, Locator, Part, TransferKind};
use moneytrail_store::schema::{AccountRow, Batch, Endpoint, Reference, Table};
use moneytrail_store::{Case, Exhibit};
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

/// Reads the lines of all books.
pub(crate) fn read(case: &Case) -> Result<Lines, Error> {
    let mut all = Lines::default();
    for exhibit in case.exhibits()? {
        take(case, &exhibit, &mut all)?;
    }
    Ok(all)
}

fn take(case: &Case, exhibit: &Exhibit, all: &mut Lines) -> Result<(), Error> {
    let segment = case.segment(exhibit.number)?;
    let Some(owner) = keeper_of(&segment)? else {
        return Ok(());
    };
    all.n_quarantined += segment.summary().counts.quarantined;
    let folded = fold(&owner);
    let known = all.keepers.iter().position(|keeper| *keeper == folded);
    let book = known.unwrap_or_else(|| {
        all.keepers.push(folded);
        all.ends.push(None);
        all.keepers.len() - 1
    });
    let rows = segment.read(&[
        Table::Sources,
        Table::Assets,
        Table::Events,
        Table::Transfers,
        Table::References,
        Table::Accounts,
    ])?;
    let of_book = u32::try_from(book).map_err(|_| Error::internal("too many books"))?;
    let mut said: BTreeMap<(u32, u32), Vec<&AccountRow>> = BTreeMap::new();
    for row in &rows.accounts {
        if let Some(number) = row.row {
            said.entry((row.source, number)).or_default().push(row);
        }
    }
    let tokens: BTreeMap<u32, &str> = rows
        .references
        .iter()
        .filter_map(|row| match &row.reference {
            Reference::Token { token, .. } => Some((row.transfer, &**token)),
            _ => None,
        })
        .collect();
    let of_assets = rows
        .assets
        .iter()
        .map(|asset| (asset.key().to_string(), asset.decimals()));
    all.decimals.extend(of_assets);
    let mut transfers = (0..rows.transfers.len()).peekable();
    for (event_idx, event) in (0_u32..).zip(&rows.events) {
        let mut legs = Vec::new();
        while let Some(leg) = transfers.next_if(|&leg| rows.transfers.event(leg) == event_idx) {
            legs.push(leg);
        }
        let (EventKind::LedgerLine, Some(row)) = (event.kind, event.row) else {
            continue;
        };
        let days = day_of(event.time.earliest()).zip(day_of(event.time.latest()));
        // A day that is known to the year only ends no book.
        all.ends[book] = all.ends[book].max(days.map(|days| days.0));
        let of_row = said
            .get(&(event.source, row))
            .map_or(&[][..], Vec::as_slice);
        let Some(kind) = kind(&rows, &legs, of_row, &owner) else {
            continue;
        };
        let place = rows.event_locator(event);
        let mut line = Line::new(place.to_string(), of_book, kind);
        line.seat = (exhibit.number, event.source, row);
        line.days = days;
        line.code = of_row
            .iter()
            .find(|said| is_kept(said) && &*said.field == "code")
            .map(|said| said.value.clone());
        if kind == Kind::Order {
            let mut of_legs = legs.iter().filter_map(|&leg| u32::try_from(leg).ok());
            line.code = of_legs.find_map(|leg| tokens.get(&leg).map(|&token| token.into()));
        }
        line.took_cash = kind == Kind::Order && has_kind(&rows, &legs, TransferKind::OrderPaid);
        line.sums = sums(&rows, &legs);
        describe(&mut line, of_row, &all.decimals);
        all.all.push(line);
        all.places.push(place);
        all.exhibits.push(exhibit.number);
    }
    Ok(())
}

/// Whether a row says it of the keeper's account of money that is held.
fn is_kept(said: &AccountRow) -> bool {
    matches!(said.account, AccountKey::Hawaladar(_, Part::Pending))
}

fn has_kind(rows: &Batch, legs: &[usize], kind: TransferKind) -> bool {
    legs.iter().any(|&leg| rows.transfers.kind(leg) == kind)
}

/// What a line books, if money that is held can be in it.
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
    let owner = fold(owner);
    let is_sent = legs.iter().any(|&leg| {
        let row = rows.transfers.get(leg);
        let from = match &row.from {
            Endpoint::Account(AccountKey::Hawaladar(name, _)) => Some(fold(name)),
            _ => None,
        };
        row.kind == TransferKind::Due && from.as_ref() == Some(&owner)
    });
    is_sent.then_some(Kind::Order)
}

fn sums(rows: &Batch, legs: &[usize]) -> Vec<Sum> {
    let mut sums = Vec::new();
    for &leg in legs {
        let row = rows.transfers.get(leg);
        let asset = rows.assets.get(row.asset as usize);
        let is_of_line = !matches!(row.kind, TransferKind::Commission);
        if let (true, Some(asset), Some(amount)) = (is_of_line, asset, row.amount) {
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
            let digits: String = fold(&row.value)
                .chars()
                .filter(char::is_ascii_digit)
                .collect();
            if digits.len() >= PHONE_DIGITS {
                line.phones
                    .push(digits[digits.len() - PHONE_DIGITS..].into());
            }
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
