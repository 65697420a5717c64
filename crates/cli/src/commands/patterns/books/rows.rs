//! Orders of books as rules on places, prices and people ask them.
//!
//! Law: an order is one of a book; what was cancelled or taken back is none, as `reconcile` says.

use crate::commands::reconcile::Compared;
use crate::shelf::{Book, Shelf, days};
use moneytrail_analysis::reconcile::Side;
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, Asset, EventKind, Layer, Locator, RecordBin, TransferKind};
use moneytrail_store::schema::{AccountRow, RecordPlace};
use std::collections::BTreeMap;

/// So much of an asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Money {
    pub(super) asset: Asset,
    pub(super) units: u128,
}

/// An order of a book.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) exhibit: u32,
    pub(super) place: Locator,
    /// Number of the keeper.
    pub(super) book: u32,
    /// First and last day since 1970.
    pub(super) days: Option<(i32, i32)>,
    /// From where to where: places as the row states them, folded, else the hawaladars.
    pub(super) way: [Option<String>; 2],
    pub(super) due: Option<Money>,
    /// What a customer paid for it, or was paid out of it, commission on top of it counted.
    pub(super) cash: Option<Money>,
    pub(super) is_sent: bool,
    pub(super) sender: Option<AccountKey>,
    pub(super) beneficiary: Option<AccountKey>,
    /// Its cells, folded.
    pub(super) cells: Vec<String>,
}

impl Row {
    /// `X2 book.csv!-!R7`.
    pub(super) fn record(&self) -> String {
        format!("X{} {}", self.exhibit, self.place)
    }
}

/// The orders of all books.
pub(super) fn of(shelf: &Shelf, compared: &Compared) -> Vec<Row> {
    let books = &compared.books;
    let orders: BTreeMap<(u32, &Locator), usize> = books
        .exhibits
        .iter()
        .copied()
        .zip(&books.places)
        .enumerate()
        .map(|(order, place)| (place, order))
        .collect();
    let mut rows = Vec::new();
    for book in &shelf.books {
        take(book, shelf, compared, &orders, &mut rows);
    }
    rows
}

fn take(
    book: &Book,
    shelf: &Shelf,
    compared: &Compared,
    orders: &BTreeMap<(u32, &Locator), usize>,
    rows: &mut Vec<Row>,
) {
    let said = book.said();
    let cells = cells(book);
    for (event, legs) in book.lines() {
        let (EventKind::LedgerLine, Some(row)) = (event.kind, event.row) else {
            continue;
        };
        let place = book.rows.event_locator(event);
        let Some(&order) = orders.get(&(book.exhibit, &place)) else {
            continue;
        };
        let is_sent = match compared.books.orders[order].side {
            Side::Sent => true,
            Side::Received => false,
            Side::Unknown => continue,
        };
        let of_row = said
            .get(&(event.source, row))
            .map_or(&[][..], Vec::as_slice);
        let field = |name: &str| -> Option<String> {
            let found = of_row.iter().find(|said| &*said.field == name);
            found
                .map(|said| fold(&said.value))
                .filter(|text| !text.is_empty())
        };
        // The keeper whom the book means, where his book is at hand.
        let meant = compared.books.orders[order]
            .other_book
            .map(|book| compared.books.keeper(book).to_owned());
        let named = Some(compared.books.colleagues[order].clone());
        let colleague = meant.or(named).filter(|name| !name.is_empty());
        let keeper = Some(shelf.keeper_of(book).to_owned());
        let ends = if is_sent {
            [keeper, colleague]
        } else {
            [colleague, keeper]
        };
        let [from, to] = ends;
        let customer = |is: fn(&str) -> bool| -> Option<AccountKey> {
            let role = |said: &&&AccountRow| &*said.field == "role" && is(&said.value);
            of_row.iter().find(role).map(|said| said.account.clone())
        };
        let cash = if is_sent {
            sum(
                book,
                &legs,
                &[TransferKind::OrderPaid, TransferKind::Commission],
            )
        } else {
            sum(book, &legs, &[TransferKind::Payout])
        };
        rows.push(Row {
            exhibit: book.exhibit,
            book: book.keeper,
            days: days(event),
            way: [field("place_from").or(from), field("place").or(to)],
            due: sum(book, &legs, &[TransferKind::Due]),
            cash,
            is_sent,
            sender: customer(|role| role == "sender"),
            beneficiary: customer(|role| role != "sender"),
            cells: cells.get(&(event.source, row)).cloned().unwrap_or_default(),
            place,
        });
    }
}

/// The sum of the legs of these kinds on the value layer, if all are of one asset.
fn sum(book: &Book, legs: &[usize], kinds: &[TransferKind]) -> Option<Money> {
    let mut sum: Option<Money> = None;
    for &leg in legs {
        let row = book.rows.transfers.get(leg);
        if !kinds.contains(&row.kind) || !row.layers.contains(Layer::Value) {
            continue;
        }
        let asset = book.rows.assets.get(row.asset as usize)?;
        let units = row.amount?.non_negative()?;
        match &mut sum {
            None => {
                sum = Some(Money {
                    asset: asset.clone(),
                    units,
                });
            }
            Some(sum) if sum.asset == *asset => sum.units = sum.units.checked_add(units)?,
            Some(_) => return None,
        }
    }
    sum.filter(|sum| sum.units > 0)
}

/// Cells of each row, folded.
pub(super) fn cells(book: &Book) -> BTreeMap<(u32, u32), Vec<String>> {
    let records = book.rows.records.iter();
    let records = records.filter(|record| record.bin == RecordBin::Transferred);
    let of_row = records.filter_map(|record| match record.place {
        RecordPlace::Row(row) => Some((
            (record.source, row),
            record.raw.iter().map(|cell| fold(cell)).collect(),
        )),
        RecordPlace::Bytes(..) => None,
    });
    of_row.collect()
}

/// Months since 1970 of a day; none if days lie in several.
pub(super) fn month((first, last): (i32, i32)) -> Option<i32> {
    let of = |day: i32| {
        let second = i64::from(day).checked_mul(crate::figures::DAY_SECONDS)?;
        let date = jiff::Timestamp::from_second(second).ok()?;
        let date = date.to_zoned(jiff::tz::TimeZone::UTC).date();
        Some((i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1)
    };
    of(first).filter(|month| of(last) == Some(*month))
}

/// `2022-05`.
pub(super) fn month_name(month: i32) -> String {
    format!(
        "{:04}-{:02}",
        1970 + month.div_euclid(12),
        1 + month.rem_euclid(12)
    )
}
