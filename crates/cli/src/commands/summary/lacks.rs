//! What a keeper's books lack: numbers, rows before and behind, balances that do not follow.

use super::book::{Dated, Facts};
use crate::commands::reconcile::books;
use crate::shelf::{Book, Shelf};
use crate::stated::Stated;
use moneytrail_analysis::serials::{Serials, serials};
use moneytrail_ingest::table::{Candidate, StatedBook, StatedRow};
use moneytrail_model::{Amount, Asset, Locator, Place};
use std::collections::BTreeMap;

/// Numbers of a sheet, with the rows that bear them.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) numbers: Vec<u64>,
    pub(super) places: Vec<Locator>,
    pub(super) found: Serials,
}

/// An end of a book that looks torn.
#[derive(Clone, Debug)]
pub(super) enum Torn {
    /// It opens with balances that are brought forward, and no exhibit of the case ends with them.
    BroughtForward(Vec<(Asset, Amount, Locator)>),
    /// Its first balance does not come from its own row.
    BeginsMidway(Asset, Amount, Locator),
    /// So many rows behind the last balance move its asset and state none.
    Stops(Asset, Amount, Locator, u64),
    /// Its first number is not 1.
    NumbersBegin(u64, Locator),
    /// Orders of other books with him are earlier than his first row: how many, and the first of them.
    NamedBefore(u64, Locator),
    /// And later than his last row.
    NamedAfter(u64, Locator),
}

/// What is lacking, and how well balances hold.
#[derive(Debug, Default)]
pub(super) struct Lacks {
    /// Who keeps the first exhibit by its content.
    pub(super) candidates: Vec<Candidate>,
    pub(super) n_balances: u64,
    pub(super) n_hold: u64,
    pub(super) sign: Option<&'static str>,
    /// First rows whose balance does not follow.
    pub(super) breaks: Vec<Locator>,
    pub(super) numbered: Vec<Numbered>,
    pub(super) torn: Vec<Torn>,
    /// Exhibits that could not be read again, and why.
    pub(super) not_read: Vec<(u32, String)>,
}

impl Lacks {
    pub(super) fn n_missing(&self) -> u64 {
        self.numbered.iter().map(|of| of.found.n_missing()).sum()
    }
}

/// Days and places of the orders that other books have with a keeper.
pub(super) type Named = Vec<((i32, i32), Locator)>;

/// Orders of other books that name a keeper, by his number.
pub(super) fn named_elsewhere(shelf: &Shelf) -> BTreeMap<u32, Named> {
    let mut named: BTreeMap<u32, Named> = BTreeMap::new();
    if shelf.keepers.len() > 1 {
        let books = books::of(shelf);
        for (order, place) in books.orders.iter().zip(&books.places) {
            if let (Some(keeper), Some(days)) = (order.other_book, order.days) {
                named.entry(keeper).or_default().push((days, place.clone()));
            }
        }
    }
    named
}

/// What the books of one keeper lack.
pub(super) fn of(
    books: &[&Book],
    stated: &BTreeMap<u32, Stated>,
    facts: &Facts,
    named: Option<&Named>,
) -> Lacks {
    let mut lacks = Lacks::default();
    let mut tables: Vec<&StatedBook> = Vec::new();
    for book in books {
        match stated.get(&book.exhibit) {
            Some(Ok(of_exhibit)) => tables.extend(of_exhibit),
            Some(Err(why)) => lacks.not_read.push((book.exhibit, why.clone())),
            None => {}
        }
    }
    lacks.candidates = tables
        .first()
        .map_or_else(Vec::new, |of| of.keepers.clone());
    let ends: Vec<Vec<(&Asset, Amount)>> =
        tables.iter().map(|table| last_balances(table)).collect();
    for (nth, table) in tables.iter().enumerate() {
        lacks.sign = lacks.sign.or(table.sign);
        let is_continued = |asset: &Asset, amount: Amount| {
            let others = ends.iter().enumerate().filter(|of| of.0 != nth);
            others
                .flat_map(|of| of.1)
                .any(|&(other, last)| (other, last) == (asset, amount))
        };
        lacks.balances(table);
        lacks.torn_balances(table, is_continued);
        lacks.numbers(table);
    }
    let (mut before, mut after): (Named, Named) = (Vec::new(), Vec::new());
    let day = |of: &Dated| i32::try_from(of.day()).ok();
    let ends = facts
        .first
        .as_ref()
        .and_then(day)
        .zip(facts.last.as_ref().and_then(day));
    if let (Some((first, last)), Some(named)) = (ends, named) {
        for (days, place) in named {
            if days.1 < first {
                before.push((*days, place.clone()));
            } else if days.0 > last {
                after.push((*days, place.clone()));
            }
        }
    }
    before.sort();
    after.sort();
    let counted = |of: &Named| of.first().map(|first| (of.len() as u64, first.1.clone()));
    lacks
        .torn
        .extend(counted(&before).map(|(n, place)| Torn::NamedBefore(n, place)));
    lacks
        .torn
        .extend(counted(&after).map(|(n, place)| Torn::NamedAfter(n, place)));
    lacks
}

/// The last balance of each asset.
fn last_balances(table: &StatedBook) -> Vec<(&Asset, Amount)> {
    let balances = table.rows.iter().filter_map(|row| row.balance.as_ref());
    let last: BTreeMap<&Asset, Amount> = balances.map(|of| (&of.asset, of.balance)).collect();
    last.into_iter().collect()
}

impl Lacks {
    fn balances(&mut self, table: &StatedBook) {
        for row in &table.rows {
            let follows = row.balance.as_ref().and_then(|balance| balance.follows);
            self.n_balances += u64::from(follows.is_some());
            self.n_hold += u64::from(follows == Some(true));
            if follows == Some(false) {
                self.breaks.push(row.place.clone());
            }
        }
    }

    fn torn_balances(&mut self, table: &StatedBook, is_continued: impl Fn(&Asset, Amount) -> bool) {
        /// First and last row that state a balance, and rows behind the last that move it and state none.
        type Ends<'a> = (&'a StatedRow, &'a StatedRow, u64);
        let mut ends: BTreeMap<&Asset, Ends<'_>> = BTreeMap::new();
        for row in &table.rows {
            if let Some(balance) = &row.balance {
                let of_asset = ends.entry(&balance.asset).or_insert((row, row, 0));
                (of_asset.1, of_asset.2) = (row, 0);
            } else {
                for asset in &row.moved {
                    if let Some(of_asset) = ends.get_mut(asset) {
                        of_asset.2 += 1;
                    }
                }
            }
        }
        let mut brought = Vec::new();
        for (asset, (first, last, n_silent)) in ends {
            let (Some(begins), Some(stops)) = (&first.balance, &last.balance) else {
                continue;
            };
            let is_own =
                [begins.change.units(), -begins.change.units()].contains(&begins.balance.units());
            if begins.is_opening {
                if begins.balance != Amount::ZERO && !is_continued(asset, begins.balance) {
                    brought.push((asset.clone(), begins.balance, first.place.clone()));
                }
            } else if !is_own && !is_continued(asset, begins.balance) {
                let torn = Torn::BeginsMidway(asset.clone(), begins.balance, first.place.clone());
                self.torn.push(torn);
            }
            if n_silent > 0 {
                let place = last.place.clone();
                let torn = Torn::Stops(asset.clone(), stops.balance, place, n_silent);
                self.torn.push(torn);
            }
        }
        if !brought.is_empty() {
            self.torn.push(Torn::BroughtForward(brought));
        }
    }

    /// Numbers sheet by sheet; where they run on from sheet to sheet, through the whole book.
    fn numbers(&mut self, table: &StatedBook) {
        let mut sheets: Vec<(Vec<u64>, Vec<Locator>)> = Vec::new();
        let mut sheet: Option<&Place> = None;
        for row in &table.rows {
            let Some(number) = row.number else { continue };
            let is_same = sheet.is_some_and(|known| same_sheet(known, &row.place.place));
            // A sheet that goes on from the last number, or leaves some out, is of the same numbering.
            let runs_on = sheets
                .last()
                .and_then(|last| last.0.last())
                .is_some_and(|&last| number > last);
            if !is_same && !runs_on {
                sheets.push((Vec::new(), Vec::new()));
            }
            sheet = Some(&row.place.place);
            if let Some((numbers, places)) = sheets.last_mut() {
                numbers.push(number);
                places.push(row.place.clone());
            }
        }
        for (numbers, places) in sheets {
            let found = serials(&numbers);
            let begins = found.series.first();
            if let Some(series) = begins.filter(|of| of.first > 1 && self.numbered.is_empty()) {
                let place = places[series.begins].clone();
                self.torn.push(Torn::NumbersBegin(series.first, place));
            }
            self.numbered.push(Numbered {
                numbers,
                places,
                found,
            });
        }
    }
}

/// Whether two rows stand in one sheet.
fn same_sheet(a: &Place, b: &Place) -> bool {
    match (a, b) {
        (Place::Cell { sheet: a, .. }, Place::Cell { sheet: b, .. }) => a == b,
        _ => false,
    }
}
