//! Settlements between the books of a case, and what orders are worth in their units.

use super::Meant;
use super::books::Books;
use crate::shelf::{Book, Shelf, days};
use crate::units::{Units, millionths};
use moneytrail_analysis::reconcile::{Settlement, Sum, Values};
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, Asset, AssetKey, Locator, TransferKind};
use moneytrail_store::schema::Endpoint;

/// Lines by which two hawaladars settle, and what orders are worth.
#[derive(Debug, Default)]
pub(crate) struct Settlements {
    pub(crate) lines: Vec<Settlement>,
    pub(crate) places: Vec<Locator>,
    /// What each line states.
    pub(crate) sums: Vec<Vec<Sum>>,
    /// By order.
    pub(crate) values: Vec<Values>,
    /// Names of units, by number.
    pub(crate) units: Units,
}

/// The settlements of all books whose other side has one too.
pub(crate) fn of(shelf: &Shelf, books: &Books, meant: &Meant) -> Settlements {
    let mut of = Settlements::default();
    for book in &shelf.books {
        of.take(book, shelf.keeper_of(book), meant);
    }
    for order in &books.orders {
        let stated = order.amounts.iter().filter_map(|sum| {
            let asset = Asset::new(sum.asset.parse::<AssetKey>().ok()?);
            Some((
                of.units.number(&asset)?,
                millionths(sum.amount, asset.decimals())?,
            ))
        });
        let stated = stated.collect();
        of.values.push(stated);
    }
    of
}

impl Settlements {
    fn take(&mut self, book: &Book, owner: &str, meant: &Meant) {
        let rows = &book.rows;
        for (event, legs) in book.lines() {
            for leg in legs {
                let row = rows.transfers.get(leg);
                let asset = rows.assets.get(row.asset as usize);
                let (TransferKind::Settlement, Some(asset), Some(days)) =
                    (row.kind, asset, days(event))
                else {
                    continue;
                };
                let name = |end: &Endpoint| match end {
                    Endpoint::Account(AccountKey::Hawaladar(name, _)) => Some(fold(name)),
                    _ => None,
                };
                let (Some(from), Some(to)) = (name(&row.from), name(&row.to)) else {
                    continue;
                };
                let other = |name: String| meant.keeper(book.keeper, &name);
                let sides = if from == owner {
                    other(to).map(|payee| (book.keeper, payee))
                } else if to == owner {
                    other(from).map(|payer| (payer, book.keeper))
                } else {
                    None
                };
                let value = row
                    .amount
                    .and_then(|amount| millionths(amount, asset.decimals()));
                let (Some((payer, payee)), Some(value)) = (sides, value.filter(|&value| value > 0))
                else {
                    continue;
                };
                let place = rows.event_locator(event);
                let Some(unit) = self.units.number(asset) else {
                    continue;
                };
                self.lines.push(Settlement {
                    key: place.to_string().into(),
                    book: book.keeper,
                    payer,
                    payee,
                    unit,
                    value,
                    days,
                });
                self.places.push(place);
                let amount = row.amount.unwrap_or_default();
                let asset = asset.key().to_string().into();
                self.sums.push(vec![Sum { asset, amount }]);
            }
        }
    }
}
