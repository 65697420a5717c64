//! Lines become events: accounts, assets, legs, links, references.
//!
//! Laws: rows of one group are one event, which stands in the row of its first; a leg that other rows state cites
//! them. Every line is a record of one bin.
//!
//! Reading order: `trade`, `crossing` (into the account from a chain, and out of it), `rows` (of the batch).

mod crossing;
mod rows;
mod trade;

use super::cells::PLACES_MAX;
use super::line::{Change, Group, Line, What};
use super::symbols::asset_of;
use crate::chain::batch_of_file;
use crate::table::list::position;
use crate::table::{Row, Sheet};
use moneytrail_model::{AccountKey, Amount, Asset, AssetKey, BookId, RecordBin, TransferKind};
use moneytrail_store::schema::{
    AccountRow, Batch, RecordPlace, RecordRow, Reference, ReferenceRow,
};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Characters of a customer's number.
const NUMBER_LEN_MAX: usize = 80;

/// A line with its amounts, which are above zero; what they are of, and which way they went.
struct Booked {
    line: Line,
    amounts: Vec<Amount>,
}

/// The batch, figures, remarks and assumptions.
type Finished = (Batch, Vec<(String, u64)>, Vec<String>, Vec<String>);

pub(super) struct Emitter<'a> {
    exchange: &'a str,
    /// The customer's number where a row states none.
    user: String,
    name: Option<&'a str>,
    path: &'a str,
    batch: Batch,
    /// Positions of assets in the batch.
    assets: FxHashMap<Asset, u32>,
    /// Decimal places of symbols.
    places: FxHashMap<Box<str>, u8>,
    figures: BTreeMap<&'static str, u64>,
    doubts: BTreeMap<&'static str, u64>,
    /// Symbols taken for a contract, and how often.
    taken: BTreeMap<(Box<str>, AssetKey), u64>,
    described: Vec<AccountKey>,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(
        sheet: &'a Sheet,
        exchange: &'a str,
        (user, name): (Option<&str>, Option<&'a str>),
        book: BookId,
    ) -> Self {
        let mut batch = batch_of_file(&sheet.path);
        batch.sources = vec![sheet.source()];
        let user = user.map_or_else(|| format!("exhibit {}", hex::encode(book.0)), clipped);
        Self {
            exchange,
            user,
            name,
            path: &sheet.path,
            batch,
            assets: FxHashMap::default(),
            places: FxHashMap::default(),
            figures: BTreeMap::new(),
            doubts: BTreeMap::new(),
            taken: BTreeMap::new(),
            described: Vec::new(),
        }
    }

    /// Takes all lines, in the order of time.
    pub(super) fn take(&mut self, lines: Vec<Line>, sheet: &Sheet) {
        let rows: FxHashMap<u32, &Row> = sheet.rows.iter().map(|row| (row.number, row)).collect();
        for change in lines.iter().flat_map(|line| &line.changes) {
            let n = change.number.n_places().min(PLACES_MAX);
            let own = asset_of(&change.asset).decimals();
            let places = self.places.entry(change.asset.clone()).or_insert(own);
            *places = (*places).max(u8::try_from(n).unwrap_or(u8::MAX));
        }
        let mut events: Vec<Vec<Booked>> = Vec::new();
        let mut by_group: FxHashMap<(Group, Option<String>), usize> = FxHashMap::default();
        for line in lines {
            let row = rows[&line.row];
            if line.changes.is_empty() {
                self.keep(row, RecordBin::Contextual, line.why);
                continue;
            }
            let amounts = line
                .changes
                .iter()
                .map(|change| self.amount(change))
                .collect();
            let amounts: Vec<Amount> = match amounts {
                Ok(amounts) => amounts,
                Err(why) => {
                    let why: String = why;
                    self.keep(row, RecordBin::Quarantined, Some(&why));
                    continue;
                }
            };
            self.keep(row, RecordBin::Transferred, None);
            if let Some(doubt) = line.doubt {
                *self.doubts.entry(doubt).or_default() += 1;
            }
            let booked = Booked { line, amounts };
            let Some(group) = booked.line.group.clone() else {
                events.push(vec![booked]);
                continue;
            };
            let at = *by_group
                .entry((group, booked.line.user.clone()))
                .or_insert(events.len());
            if at == events.len() {
                events.push(Vec::new());
            }
            events[at].push(booked);
        }
        for event in events {
            self.event(&event);
        }
    }

    fn amount(&self, change: &Change) -> Result<Amount, String> {
        let places = self.places[&change.asset];
        Amount::parse_decimal(&change.number.text, places)
            .map_err(|error| format!("{} {}: {error}", change.number.text, change.asset))
    }

    /// The batch, figures, remarks and assumptions.
    pub(super) fn finish(mut self) -> Finished {
        let place = |record: &RecordRow| match record.place {
            RecordPlace::Row(row) => row,
            RecordPlace::Bytes(..) => 0,
        };
        self.batch.records.sort_by_key(place);
        let figures = self
            .figures
            .into_iter()
            .map(|(name, n)| (name.to_owned(), n));
        let doubts = self
            .doubts
            .into_iter()
            .map(|(doubt, n)| format!("{doubt} ({n} rows)"));
        let taken = self.taken.iter().map(|((symbol, asset), n)| {
            format!(
                "{n} movements of {symbol} on a chain are taken for {asset}: {} states network and symbol, no contract",
                self.exchange
            )
        });
        let taken = taken.collect();
        (self.batch, figures.collect(), doubts.collect(), taken)
    }

    fn exchange(&self) -> AccountKey {
        AccountKey::Custodial(self.exchange.into(), "".into())
    }

    fn customer(&mut self, line: &Line) -> AccountKey {
        let user = line
            .user
            .as_deref()
            .map_or_else(|| self.user.clone(), clipped);
        let account = AccountKey::Custodial(self.exchange.into(), user.into());
        if let Some(name) = self.name.filter(|_| !self.described.contains(&account)) {
            self.described.push(account.clone());
            self.batch.accounts.push(AccountRow {
                account: account.clone(),
                field: "name".into(),
                value: name.into(),
                source: 0,
                row: None,
                column: None,
                ordinal: None,
            });
        }
        account
    }

    /// Somebody whom a row does not name: told apart by the row.
    fn outside(&self, row: u32) -> AccountKey {
        let exchange = self.exchange;
        AccountKey::Listed(format!("outside {exchange}: {}!-!R{row}", self.path).into())
    }

    fn event(&mut self, booked: &[Booked]) {
        let first = &booked[0].line;
        let event = self.event_row(first);
        let others: FxHashMap<u32, u32> = booked[1..]
            .iter()
            .map(|booked| (booked.line.row, self.event_row(&booked.line)))
            .collect();
        let customer = self.customer(first);
        let n_before = self.batch.transfers.len();
        self.trade(event, booked, &customer, &others);
        for Booked { line, amounts } in booked {
            for (change, &amount) in line.changes.iter().zip(amounts) {
                if change.what != What::Trade {
                    let at = self.batch.transfers.len();
                    self.change(event, line, (change, amount), &customer);
                    for leg in at..self.batch.transfers.len() {
                        self.cite(leg, &[line.row], &others);
                    }
                }
            }
        }
        let mut own = n_before..self.batch.transfers.len();
        let key = customer.encode();
        let is_own = |&leg: &usize| {
            let transfers = &self.batch.transfers;
            [transfers.from_key(leg), transfers.to_key(leg)].contains(&Some(&key[..]))
        };
        if let Some(leg) = own.find(is_own) {
            self.batch.references.push(ReferenceRow {
                transfer: position(leg),
                reference: Reference::Booking { account: customer },
            });
        }
    }

    fn change(
        &mut self,
        event: u32,
        line: &Line,
        (change, amount): (&Change, Amount),
        customer: &AccountKey,
    ) {
        if amount == Amount::ZERO {
            return;
        }
        let (exchange, is_out) = (self.exchange(), change.number.negative);
        let (other, kind, figure) = match change.what {
            What::Deposit => {
                self.deposit(event, line, change, amount, customer);
                return;
            }
            What::Withdrawal => {
                self.withdrawal(event, line, change, amount, customer);
                return;
            }
            What::Fee if is_out => (exchange, TransferKind::Fee, "fees"),
            What::Fee | What::Commission => (exchange, TransferKind::Commission, "commissions"),
            What::Interest => (exchange, TransferKind::Interest, "interest"),
            What::Reward => (exchange, TransferKind::Reward, "rewards"),
            What::Settled => (exchange, TransferKind::Payment, "settled results"),
            What::Trade | What::Payment => {
                let other = match &line.other.within {
                    Some(platform) => Self::platform(platform, customer),
                    None => self.outside(line.row),
                };
                (other, TransferKind::Payment, "payments")
            }
        };
        let ends = if is_out {
            (customer.clone(), other)
        } else {
            (other, customer.clone())
        };
        let asset = self.held(&change.asset);
        self.leg(event, ends, (&asset, amount), kind);
        *self.figures.entry(figure).or_default() += 1;
    }

    /// The same customer's account at another platform of the house.
    fn platform(platform: &str, customer: &AccountKey) -> AccountKey {
        match customer {
            AccountKey::Custodial(_, number) => {
                AccountKey::Custodial(platform.into(), number.clone())
            }
            other => other.clone(),
        }
    }
}

fn clipped(number: &str) -> String {
    let printed = number.trim().chars().filter(|sign| !sign.is_control());
    printed.take(NUMBER_LEN_MAX).collect()
}
