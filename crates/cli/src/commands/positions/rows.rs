//! Rows of books that make somebody owe somebody: orders, settlements, cash between hawaladars; and the claims that join two of them.

use super::Options;
use crate::commands::reconcile::{Compared, Meant};
use crate::shelf::{Book, Shelf, days};
use moneytrail_analysis::positions::{Entry, Kind, settled_in_both};
use moneytrail_analysis::reconcile;
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, Amount, EventKind, Layer, Locator, Stop, TransferKind, Watch};
use moneytrail_store::schema::{Endpoint, EventRow};
use std::collections::{BTreeMap, BTreeSet};

/// The entries of all books.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Keepers first, folded; then others, folded, as the books write them.
    pub(crate) parties: Vec<String>,
    pub(super) n_keepers: usize,
    pub(crate) entries: Vec<Entry>,
    /// Where each entry stands, in their order.
    pub(crate) places: Vec<Locator>,
    /// Exhibit that each stands in.
    pub(crate) exhibits: Vec<u32>,
    /// Decimals of each asset, by its key.
    pub(super) decimals: BTreeMap<String, u8>,
    /// Claims: entries that are one order or one payment.
    pub(super) same: Vec<Vec<usize>>,
    /// How many of these are orders.
    pub(super) n_orders_joined: usize,
    /// Pairs of rows that may be one order, and are not joined.
    pub(super) in_review: Vec<[usize; 2]>,
    pub(super) left: Left,
}

/// What is in no position, by number of rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Left {
    /// Cancelled, or taken back by a later row.
    pub(super) taken_back: u64,
    /// Orders and payments that name no other hawaladar.
    pub(super) unnamed: u64,
    /// Orders of which neither side is the keeper's: who owes whom is not known.
    pub(super) no_direction: u64,
    pub(super) without_amount: u64,
    /// Exchanges, commissions and expenses between hawaladars: settled on the spot, or no debt.
    pub(super) no_debt: u64,
    /// Later than the day that was asked for.
    pub(super) later: u64,
    /// Without a date, where a day was asked for.
    pub(super) undated: u64,
    /// Claims whose rows are not about one pair.
    pub(super) other_pairs: u64,
}

/// Gathers the entries of all books. O(rows), and what matching orders takes.
pub(super) fn of(shelf: &Shelf, options: &Options, watch: &dyn Watch) -> Result<Rows, Stop> {
    let matching = reconcile::Options {
        match_posterior: options.match_from,
        review_posterior: options.match_from.min(0.5),
        ..reconcile::Options::default()
    };
    // Matches say whom a book means by a place, whether or not they join rows.
    let compared = Compared::of(shelf, &matching, watch)?;
    Ok(of_compared(shelf, &compared, options))
}

/// The same of books that are compared, by matches of the posterior that is asked for.
pub(super) fn of_compared(shelf: &Shelf, compared: &Compared, options: &Options) -> Rows {
    let Compared {
        books,
        found,
        classes,
        meant,
        ..
    } = compared;
    let mut rows = Rows {
        parties: shelf.keepers.clone(),
        n_keepers: shelf.keepers.len(),
        ..Rows::default()
    };
    rows.left.taken_back = books.n_cancelled;
    let orders: BTreeMap<(u32, &Locator), usize> = books
        .exhibits
        .iter()
        .copied()
        .zip(&books.places)
        .enumerate()
        .map(|(order, place)| (place, order))
        .collect();
    let mut entry_of_order: BTreeMap<usize, usize> = BTreeMap::new();
    for book in &shelf.books {
        let mut taking = Taking {
            rows: &mut rows,
            shelf,
            book,
            meant,
            options,
        };
        for (event, legs) in book.lines() {
            if event.kind != EventKind::LedgerLine {
                continue;
            }
            let place = book.rows.event_locator(event);
            let order = orders.get(&(book.exhibit, &place)).copied();
            let before = taking.rows.entries.len();
            taking.line(event, &legs, &place, order.map(|at| &books.orders[at]));
            if let (Some(order), true) = (order, taking.rows.entries.len() > before) {
                entry_of_order.insert(order, before);
            }
        }
    }
    if options.has_claims {
        // Of an order that was paid twice the first payout is joined; the second stays a row of one book.
        let mut claims: Vec<Vec<usize>> = classes
            .differences
            .iter()
            .filter_map(|of| match of.kind {
                reconcile::Kind::InParts => Some(of.orders.clone()),
                reconcile::Kind::PaidTwice => Some(of.orders.iter().take(2).copied().collect()),
                _ => None,
            })
            .collect();
        let (sure, rest): (Vec<_>, Vec<_>) = found
            .matches
            .iter()
            .partition(|pair| pair.posterior >= options.match_from);
        claims.extend(sure.iter().map(|pair| vec![pair.sent, pair.received]));
        rows.join(&claims, &entry_of_order);
        let known = |order: usize| entry_of_order.get(&order).copied();
        let review = rest.iter();
        rows.in_review = review
            .filter_map(|pair| Some([known(pair.sent)?, known(pair.received)?]))
            .collect();
        rows.n_orders_joined = rows.same.len();
        rows.same
            .extend(settled_in_both(&rows.entries, options.settle_days));
    }
    rows
}

impl Rows {
    /// Joins the entries of orders, each once, where all are about one debt of one pair.
    fn join(&mut self, claims: &[Vec<usize>], entry_of: &BTreeMap<usize, usize>) {
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        for claim in claims {
            let group: BTreeSet<usize> = claim
                .iter()
                .filter_map(|order| entry_of.get(order).copied())
                .filter(|at| !taken.contains(at))
                .collect();
            let group: Vec<usize> = group.into_iter().collect();
            if group.len() < 2 {
                continue;
            }
            let debt = |at: &usize| (self.entries[*at].debtor, self.entries[*at].creditor);
            if group.iter().all(|at| debt(at) == debt(&group[0])) {
                taken.extend(&group);
                self.same.push(group);
            } else {
                self.left.other_pairs += 1;
            }
        }
    }

    pub(crate) fn decimals_of(&self, asset: &str) -> u8 {
        self.decimals.get(asset).copied().unwrap_or(0)
    }

    /// The number of a hawaladar by his folded name.
    fn party(&mut self, name: &str) -> u32 {
        let known = self.parties.iter().position(|party| party == name);
        let place = known.unwrap_or_else(|| {
            self.parties.push(name.to_owned());
            self.parties.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }
}

/// Takes the lines of one book.
struct Taking<'a> {
    rows: &'a mut Rows,
    shelf: &'a Shelf,
    book: &'a Book,
    meant: &'a Meant,
    options: &'a Options,
}

impl Taking<'_> {
    /// Takes a line. `order` is what it is an order of; a due that is none was taken back.
    fn line(
        &mut self,
        event: &EventRow,
        legs: &[usize],
        place: &Locator,
        order: Option<&reconcile::Order>,
    ) {
        let mut is_taken = false;
        for &leg in legs {
            let row = self.book.rows.transfers.get(leg);
            let kind = match row.kind {
                TransferKind::Due if order.is_some() => Kind::Due,
                TransferKind::Settlement => Kind::Settlement,
                TransferKind::Payment if row.layers.contains(Layer::Custody) => Kind::Payment,
                _ => {
                    let ends = [&row.from, &row.to].map(|end| hawaladar(end).is_some());
                    let is_custody = row.layers.contains(Layer::Custody);
                    self.rows.left.no_debt +=
                        u64::from(ends == [true, true] && is_custody && !is_taken);
                    continue;
                }
            };
            let (Some(from), Some(to)) = (hawaladar(&row.from), hawaladar(&row.to)) else {
                continue;
            };
            let own = self.shelf.keeper_of(self.book);
            let (is_out, other) = match (fold(&from) == own, fold(&to) == own) {
                (true, false) => (true, to),
                (false, true) => (false, from),
                _ => {
                    self.rows.left.no_direction += 1;
                    continue;
                }
            };
            let known = order.and_then(|order| order.other_book);
            let Some(other) = known.or_else(|| self.other(&other)) else {
                self.rows.left.unnamed += 1;
                continue;
            };
            let asset = self.book.rows.assets.get(row.asset as usize);
            let (Some(asset), Some(amount)) = (asset, row.amount.filter(|of| *of > Amount::ZERO))
            else {
                self.rows.left.without_amount += 1;
                continue;
            };
            let days = days(event);
            if let Some((last, _)) = self.options.as_of {
                match days {
                    Some(days) if i64::from(days.1) > last => {
                        self.rows.left.later += 1;
                        continue;
                    }
                    None => {
                        self.rows.left.undated += 1;
                        continue;
                    }
                    Some(_) => {}
                }
            }
            let keeper = self.book.keeper;
            // Who sends an order owes it; who pays a settlement is owed it.
            let owes = is_out == (kind == Kind::Due);
            let (debtor, creditor) = if owes {
                (keeper, other)
            } else {
                (other, keeper)
            };
            let shown = asset.key().to_string();
            self.rows.decimals.insert(shown.clone(), asset.decimals());
            let nth = if is_taken { "+" } else { "" };
            self.rows.entries.push(Entry {
                key: format!("X{}/{place}{nth}", self.book.exhibit).into(),
                book: keeper,
                debtor,
                creditor,
                asset: shown.into(),
                amount,
                days,
                kind,
            });
            self.rows.places.push(place.clone());
            self.rows.exhibits.push(self.book.exhibit);
            is_taken = true;
        }
    }

    /// Whom the book means by a name; `None` where it names nobody.
    fn other(&mut self, name: &str) -> Option<u32> {
        if name.starts_with("(unnamed)") {
            return None;
        }
        let name = &*fold(name);
        let known = self.meant.keeper(self.book.keeper, name);
        Some(known.unwrap_or_else(|| self.rows.party(name)))
    }
}

/// The name of a hawaladar, as written.
fn hawaladar(end: &Endpoint) -> Option<Box<str>> {
    match end {
        Endpoint::Account(AccountKey::Hawaladar(name, _)) => Some(name.clone()),
        _ => None,
    }
}
