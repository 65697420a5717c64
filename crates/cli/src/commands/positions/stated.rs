//! What books state as their balance, beside what follows from their rows.
//!
//! Law: which way a stated balance points is known only where rows of known direction move it, nine tenths of them alike; else it is not
//! known and stays so (`hawala.md` §1: flip every sign, and it still adds up).

use super::Options;
use super::rows::Rows;
use crate::error::Error;
use crate::shelf::Shelf;
use crate::stated;
use moneytrail_analysis::positions::Positions;
use moneytrail_analysis::reconcile::keeper;
use moneytrail_ingest::table::{StatedBook, StatedRow, fold};
use moneytrail_model::{Amount, Asset, Locator, Place};
use moneytrail_store::{Case, Exhibit};
use std::collections::{BTreeMap, BTreeSet};

/// Fewest rows of known direction that tell which way a balance points.
const ANCHORS_MIN: u64 = 3;
/// Hundredths of them that have to agree.
const ANCHORS_PERCENT: u64 = 90;

/// A balance that a sheet of a book carries on.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) keeper: u32,
    /// With whom, if all rows of the sheet name one hawaladar; else it is the balance of the cash box.
    pub(super) with: Option<u32>,
    pub(super) asset: Asset,
    /// What is stated last, and where.
    pub(super) stated: Amount,
    pub(super) place: Locator,
    /// The first that is stated, and what the rows behind it change, by the sign that holds more often.
    pub(super) follows: Option<Amount>,
    /// Rows by which more is owed to the keeper, where the balance rises with it and where it falls.
    pub(super) n_rises: u64,
    pub(super) n_falls: u64,
}

/// Which way a balance points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    /// Above zero the other owes the keeper.
    OwedToKeeper,
    /// Above zero the keeper owes the other.
    OwedByKeeper,
    Unknown,
}

impl Account {
    pub(super) fn direction(&self) -> Direction {
        let n = self.n_rises + self.n_falls;
        let is_most = |of: u64| of * 100 >= n * ANCHORS_PERCENT;
        if n < ANCHORS_MIN {
            Direction::Unknown
        } else if is_most(self.n_rises) {
            Direction::OwedToKeeper
        } else if is_most(self.n_falls) {
            Direction::OwedByKeeper
        } else {
            Direction::Unknown
        }
    }
}

/// Reads the balances of all books again. `found` tells which rows change a position, and which way.
pub(super) fn of(
    case: &Case,
    shelf: &Shelf,
    rows: &Rows,
    found: &Positions,
    options: &Options,
) -> Result<Vec<Account>, Error> {
    let exhibits = case.exhibits()?;
    let books: Vec<(&Exhibit, u32)> = shelf
        .books
        .iter()
        .filter_map(|book| {
            let mut known = exhibits.iter();
            let exhibit = known.find(|exhibit| exhibit.number == book.exhibit)?;
            Some((exhibit, book.keeper))
        })
        .collect();
    let wanted: Vec<&Exhibit> = books.iter().map(|book| book.0).collect();
    let known = debts(rows, found);
    let mut accounts = Vec::new();
    for ((exhibit, keeper), stated) in books.iter().zip(stated::read(case, &wanted)) {
        for table in stated.unwrap_or_default() {
            sheets(
                &table,
                *keeper,
                exhibit.number,
                shelf,
                &known,
                options,
                &mut accounts,
            );
        }
    }
    Ok(accounts)
}

/// Row of an entry, by exhibit and place.
type Row<'a> = (u32, &'a Locator);
/// What rows owe: whether the keeper of their book is owed more by them, by row and asset.
type Debts<'a> = BTreeMap<(Row<'a>, &'a str), bool>;

/// Who is owed more by each row that stands in a position.
fn debts<'a>(rows: &'a Rows, found: &'a Positions) -> Debts<'a> {
    let steps = found.positions.iter().flat_map(|position| &position.steps);
    let entries = steps.flat_map(|step| step.entries.iter().copied());
    let debts = entries.map(|at| {
        let entry = &rows.entries[at];
        let row = (rows.exhibits[at], &rows.places[at]);
        ((row, &*entry.asset), entry.creditor == entry.book)
    });
    debts.collect()
}

/// The accounts of the sheets of a book.
fn sheets(
    table: &StatedBook,
    own: u32,
    exhibit: u32,
    shelf: &Shelf,
    known: &Debts<'_>,
    options: &Options,
    accounts: &mut Vec<Account>,
) {
    let sheet = |row: &StatedRow| match &row.place.place {
        Place::Cell { sheet, .. } => sheet.clone(),
        _ => "".into(),
    };
    let counts = |row: &&StatedRow| {
        let last = options.as_of.as_ref().map(|of| of.0);
        last.is_none_or(|last| {
            let earliest = row.time.latest().div_euclid(crate::figures::DAY_SECONDS);
            earliest <= last || row.time.seconds().is_none()
        })
    };
    let by_sheet: Vec<Vec<&StatedRow>> = table
        .rows
        .chunk_by(|a, b| sheet(a) == sheet(b))
        .map(|rows| rows.iter().filter(counts).collect())
        .collect();
    let names = shelf.names();
    let with = |rows: &[&StatedRow]| -> Option<u32> {
        let named = rows.iter().filter_map(|row| row.counterpart.as_deref());
        let named: BTreeSet<Option<usize>> =
            named.map(|name| keeper(&fold(name), &names)).collect();
        let [Some(only)] = named.into_iter().collect::<Vec<_>>()[..] else {
            return None;
        };
        u32::try_from(only).ok().filter(|&only| only != own)
    };
    // Sheets that are no account of one hawaladar carry on one cash box.
    let (mut boxes, mut of_pairs): (Vec<&StatedRow>, Vec<(u32, Vec<&StatedRow>)>) =
        (Vec::new(), Vec::new());
    for rows in by_sheet {
        match with(&rows) {
            Some(other) => of_pairs.push((other, rows)),
            None => boxes.extend(rows),
        }
    }
    let all = of_pairs
        .into_iter()
        .map(|(other, rows)| (Some(other), rows));
    for (with, rows) in all.chain([(None, boxes)]) {
        let sign = table.sign.unwrap_or_default();
        accounts.extend(
            balances(&rows, sign)
                .into_values()
                .map(|(first, last, sum)| {
                    let (n_rises, n_falls) = anchors(&rows, exhibit, &last.0, sign, known);
                    Account {
                        keeper: own,
                        with,
                        follows: sum.and_then(|sum| first.checked_add(sum)),
                        asset: last.0,
                        stated: last.1,
                        place: last.2,
                        n_rises,
                        n_falls,
                    }
                }),
        );
    }
}

/// First balance, last balance with its place, and what rows behind the first change.
type Course = (Amount, (Asset, Amount, Locator), Option<Amount>);

/// The balances of these rows, by asset.
fn balances(rows: &[&StatedRow], sign: &str) -> BTreeMap<String, Course> {
    let mut courses: BTreeMap<String, Course> = BTreeMap::new();
    for row in rows {
        let Some(balance) = &row.balance else {
            continue;
        };
        let last = (balance.asset.clone(), balance.balance, row.place.clone());
        let key = balance.asset.key().to_string();
        let known = courses.contains_key(&key);
        let course = courses
            .entry(key)
            .or_insert_with(|| (balance.balance, last.clone(), Some(Amount::ZERO)));
        course.1 = last;
        // What the first row changed is in its balance.
        if known {
            let change = changed(balance.change, sign);
            course.2 = course.2.and_then(|sum| sum.checked_add(change));
        }
    }
    courses
}

/// What a row changes in its balance.
fn changed(change: Amount, sign: &str) -> Amount {
    if sign == "out minus in" {
        Amount::ZERO.checked_sub(change).unwrap_or(change)
    } else {
        change
    }
}

/// Rows by which more is owed to the keeper, or by him, by whether the balance goes the same way.
fn anchors(
    rows: &[&StatedRow],
    exhibit: u32,
    asset: &Asset,
    sign: &str,
    known: &Debts<'_>,
) -> (u64, u64) {
    let shown = asset.key().to_string();
    let (mut n_rises, mut n_falls) = (0, 0);
    for row in rows {
        let balance = row.balance.as_ref().filter(|of| of.asset == *asset);
        let is_owed = known.get(&((exhibit, &row.place), &*shown));
        if let (Some(balance), Some(&is_owed)) = (balance, is_owed) {
            let change = changed(balance.change, sign);
            if change != Amount::ZERO {
                let rises = (change > Amount::ZERO) == is_owed;
                n_rises += u64::from(rises);
                n_falls += u64::from(!rises);
            }
        }
    }
    (n_rises, n_falls)
}
