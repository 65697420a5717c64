//! What a book states of itself, row by row: running numbers, balances, with whom.
//!
//! Law: rows are read as `add` reads them, and nothing is concluded from them but whether a balance follows from the one before.

use super::balance::Balances;
use super::book::Book;
use super::field::Field;
use super::ledger::{Money, ReadRow, RowReading, Stated};
use super::profile::Profile;
use super::text::fold;
use crate::exchange::mapped;
use crate::{Error, Evidence, Options};
use moneytrail_model::{Amount, Asset, Instant, Locator, Place};

/// Somebody who may keep a book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// As written.
    pub name: String,
    /// 0 to 1000.
    pub score: u32,
    /// What names him: its title, the name of its file, …
    pub by: &'static str,
}

/// What a book states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatedBook {
    /// Who keeps it by its content and its names, the best first. What a profile says of it is left out.
    pub keepers: Vec<Candidate>,
    /// Its rows in their order, but for blank ones.
    pub rows: Vec<StatedRow>,
    /// How balances follow from those before: `in minus out`, or `out minus in`, whichever holds more often; `None` if none is stated.
    pub sign: Option<&'static str>,
}

/// What a row states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatedRow {
    /// Where it stands.
    pub place: Locator,
    /// When, as it is read.
    pub time: Instant,
    /// Its running number.
    pub number: Option<u64>,
    /// Its balance.
    pub balance: Option<StatedBalance>,
    /// With whom, as written.
    pub counterpart: Option<String>,
    /// Assets of which it says that they came in or went out.
    pub moved: Vec<Asset>,
}

/// A balance that a row states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatedBalance {
    /// Its asset.
    pub asset: Asset,
    /// What it is; below zero where it says so.
    pub balance: Amount,
    /// In minus out of the row; zero of an opening.
    pub change: Amount,
    /// Whether the row brings it forward.
    pub is_opening: bool,
    /// Whether it follows from the one before; `None` where there is none, or nothing moved.
    pub follows: Option<bool>,
}

/// Reads what a book states; `None` of a table whose rows are transfers. O(cells).
///
/// # Errors
/// As reading it.
pub fn stated(evidence: &Evidence, options: &Options) -> Result<Option<StatedBook>, Error> {
    if mapped::asked(options)?.is_some() {
        return Ok(None);
    }
    let mut options = options.clone();
    if let Some(text) = &options.profile {
        let mut profile = Profile::parse(text)?;
        profile.book.owner = None;
        options.profile = Some(profile.to_toml()?);
    } else if super::book::load(evidence, None)?
        .0
        .iter()
        .any(|sheet| mapped::propose(sheet).is_some())
    {
        return Ok(None);
    }
    let book = Book::open(evidence, &options)?;
    let mut balances = Balances::default();
    let mut fits = Vec::new();
    let mut rows = Vec::new();
    for (sheet, index, read) in book.read_rows() {
        let of_sheet = &book.sheets[sheet];
        let row = &of_sheet.rows[index];
        if row.is_blank() {
            continue;
        }
        let number = book.maps[sheet]
            .of(Field::Serial)
            .find_map(|column| fold(row.cell(column)?.trimmed()).parse().ok());
        let before = balances.fits();
        let (balance, time) = balance(&read, &mut balances);
        let after = balances.fits();
        // Compared, and whether it holds under either sign.
        fits.push((after.0 > before.0).then_some((after.1 > before.1, after.2 > before.2)));
        let is_entry = matches!(read.reading, RowReading::Entry(_));
        rows.push(StatedRow {
            place: Locator {
                path: of_sheet.path.clone(),
                place: Place::Cell {
                    sheet: of_sheet.name.clone(),
                    row: row.number,
                    column: None,
                },
            },
            time,
            number: number.filter(|_| is_entry),
            balance,
            counterpart: match &read.reading {
                RowReading::Entry(record) => record.counterpart.clone(),
                _ => None,
            },
            moved: moved(&read.reading),
        });
    }
    let (n, in_minus_out, out_minus_in) = balances.fits();
    let is_in_minus_out = in_minus_out >= out_minus_in;
    for (row, fit) in rows.iter_mut().zip(fits) {
        if let (Some(balance), Some((inwards, outwards))) = (&mut row.balance, fit) {
            balance.follows = Some(if is_in_minus_out { inwards } else { outwards });
        }
    }
    let sign = if is_in_minus_out {
        "in minus out"
    } else {
        "out minus in"
    };
    let all = std::iter::once(&book.keeper.best).chain(&book.keeper.others);
    let keepers = all.filter(|one| one.score > 0).map(|one| Candidate {
        name: one.name.clone(),
        score: one.score,
        by: one.by,
    });
    Ok(Some(StatedBook {
        keepers: keepers.collect(),
        rows,
        sign: (n > 0).then_some(sign),
    }))
}

/// The balance of a row, and when it is; whether it follows is not known yet.
fn balance(read: &ReadRow, balances: &mut Balances) -> (Option<StatedBalance>, Instant) {
    let stated = |money: (&Asset, Amount), change, is_opening| StatedBalance {
        asset: money.0.clone(),
        balance: money.1,
        change,
        is_opening,
        follows: None,
    };
    match (&read.reading, &read.stated) {
        (RowReading::Opening { money, time }, _) => {
            let opening = money.as_ref().map(|Money { asset, amount }| {
                balances.opening(asset, *amount);
                stated((asset, *amount), Amount::ZERO, true)
            });
            (opening, *time)
        }
        (RowReading::Entry(record), Some(of_row)) => {
            balances.row(of_row, "");
            let Stated {
                asset,
                balance,
                change,
                ..
            } = of_row;
            (Some(stated((asset, *balance), *change, false)), record.time)
        }
        (RowReading::Entry(record), None) => (None, record.time),
        _ => (None, Instant::UNKNOWN),
    }
}

/// Assets that came in or went out by a row.
fn moved(reading: &RowReading) -> Vec<Asset> {
    let RowReading::Entry(record) = reading else {
        return Vec::new();
    };
    let both = [&record.credit, &record.debit].into_iter().flatten();
    both.map(|money| money.asset.clone()).collect()
}
