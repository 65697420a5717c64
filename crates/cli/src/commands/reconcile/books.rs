//! Orders out of the books of a case.
//!
//! Law: every line of a book that owes or is owed an order is one; what was cancelled or taken back is told apart and counted. Books of
//! one keeper are one book.

use super::{Meant, decide};
use crate::shelf::{Book, Shelf, days, phone};
use moneytrail_analysis::reconcile::{
    Decided, Options, Order, OtherDays, Reconciled, Side, keeper, reconcile_decided,
};
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, EventKind, Locator, RecordBin, Stop, TransferKind, Watch};
use moneytrail_store::schema::{AccountRow, Batch, Endpoint};
use std::collections::BTreeMap;

/// The orders of a case.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Keepers; a book's number is its keeper's position.
    pub(crate) keepers: Vec<String>,
    pub(crate) orders: Vec<Order>,
    /// Where each order stands, in their order.
    pub(crate) places: Vec<Locator>,
    /// Exhibit that each order stands in.
    pub(crate) exhibits: Vec<u32>,
    /// Lines that are cancelled or taken back: no order is expected for them.
    pub(crate) n_cancelled: u64,
    /// Lines that could not be read.
    pub(crate) n_quarantined: u64,
    /// The colleague that each order names, folded; empty where it names none.
    pub(crate) colleagues: Vec<String>,
    /// Days of lines that are no orders: their books cover them.
    pub(crate) other_days: Vec<OtherDays>,
    /// What people decided of pairs of orders.
    pub(crate) decided: Decided,
}

impl Books {
    /// Matches the orders; once more where the matches say whom a book means by a name. `watch` may have it end before and behind each.
    pub(crate) fn matched(
        &mut self,
        options: &Options,
        watch: &dyn Watch,
    ) -> Result<Reconciled, Stop> {
        watch.check()?;
        let mut found = reconcile_decided(&self.orders, &self.decided, options);
        watch.check()?;
        if self.learn(&found) > 0 {
            found = reconcile_decided(&self.orders, &self.decided, options);
            watch.check()?;
        }
        Ok(found)
    }

    /// Lets matches say whom a book means by a name that spells no keeper's, such as a place: the keeper whose book holds the other side
    /// of most of the orders that bear the name. Gives how many orders learnt their other book.
    pub(crate) fn learn(&mut self, found: &Reconciled) -> u64 {
        /// Orders that bear a name, and those of them whose other side stands in each book.
        type Bearers = (u64, BTreeMap<u32, u64>);
        let mut partner_book: Vec<Option<u32>> = vec![None; self.orders.len()];
        for pair in &found.matches {
            partner_book[pair.sent] = Some(self.orders[pair.received].book);
            partner_book[pair.received] = Some(self.orders[pair.sent].book);
        }
        let mut bears: BTreeMap<(u32, &str), Bearers> = BTreeMap::new();
        for ((order, name), partner) in self.orders.iter().zip(&self.colleagues).zip(&partner_book)
        {
            let (n, books) = bears.entry((order.book, name.as_str())).or_default();
            *n += 1;
            if let Some(book) = partner {
                *books.entry(*book).or_default() += 1;
            }
        }
        let mut n_learnt = 0;
        for (order, name) in self.orders.iter_mut().zip(&self.colleagues) {
            let Some((n, books)) = bears
                .get(&(order.book, name.as_str()))
                .filter(|_| !name.is_empty())
            else {
                continue;
            };
            let meant = books.iter().find(|book| 2 * book.1 > *n);
            if let (None, Some((&book, _))) = (order.other_book, meant) {
                order.other_book = Some(book);
                n_learnt += 1;
            }
        }
        n_learnt
    }

    /// Takes a colleague without a book for one whose book is expected: whoever it is that names like this one mean. Gives his number.
    pub(crate) fn expect(&mut self, name: &str) -> Option<u32> {
        let name = fold(name);
        let number = u32::try_from(self.keepers.len()).ok()?;
        let mut n_named = 0;
        let known: Vec<&str> = self.keepers.iter().map(String::as_str).collect();
        let all: Vec<&str> = known.iter().copied().chain([&*name]).collect();
        for (order, colleague) in self.orders.iter_mut().zip(&self.colleagues) {
            if order.other_book.is_none() && keeper(colleague, &all) == Some(known.len()) {
                order.other_book = Some(number);
                n_named += 1;
            }
        }
        (n_named > 0).then(|| {
            self.keepers.push(name);
            number
        })
    }

    /// The keeper of a book, folded.
    pub(crate) fn keeper(&self, book: u32) -> &str {
        self.keepers.get(book as usize).map_or("", String::as_str)
    }

    /// Whom each book means by a name.
    pub(crate) fn meant(&self) -> Meant {
        let named = self.orders.iter().zip(&self.colleagues);
        let by_name =
            named.filter_map(|(order, name)| Some(((order.book, name.clone()), order.other_book?)));
        Meant {
            by_name: by_name.filter(|of| !of.0.1.is_empty()).collect(),
            keepers: self.keepers.clone(),
        }
    }

    /// Names of colleagues that mean no keeper of a book at hand, and how many orders bear them, most first.
    pub(crate) fn strangers(&self) -> Vec<(&str, u64)> {
        let mut strangers: BTreeMap<&str, u64> = BTreeMap::new();
        for (order, name) in self.orders.iter().zip(&self.colleagues) {
            if order.other_book.is_none() && !name.is_empty() {
                *strangers.entry(name).or_default() += 1;
            }
        }
        let mut strangers: Vec<(&str, u64)> = strangers.into_iter().collect();
        strangers.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        strangers
    }
}

/// The orders of all books.
pub(crate) fn of(shelf: &Shelf) -> Books {
    let mut books = Books {
        keepers: shelf.keepers.clone(),
        n_quarantined: shelf.n_quarantined,
        ..Books::default()
    };
    for book in &shelf.books {
        take(book, shelf, &mut books);
    }
    books.decided = decide::decided(&books, &shelf.decisions).0;
    books
}

fn take(book: &Book, shelf: &Shelf, books: &mut Books) {
    let rows = &book.rows;
    let (said, tokens, taken_back) = (book.said(), book.tokens(), taken_back(rows));
    let (owner, keepers) = (shelf.keeper_of(book), shelf.names());
    books.n_cancelled += taken_back.n_cancelled;
    for (event, legs) in book.lines() {
        let due = due(rows, &legs).filter(|_| event.kind == EventKind::LedgerLine);
        let Some((due, [issuer, payer])) = due else {
            let days = days(event).map(|days| (book.keeper, days));
            books.other_days.extend(days);
            continue;
        };
        let place = rows.event_locator(event);
        let (side, colleague) = if fold(&issuer) == owner {
            (Side::Sent, payer)
        } else if fold(&payer) == owner {
            (Side::Received, issuer)
        } else {
            (Side::Unknown, String::new())
        };
        let mut order = Order::new(place.to_string(), book.keeper, side);
        let token = u32::try_from(due).ok().and_then(|due| tokens.get(&due));
        order.token = token.map(|&token| token.into());
        order.days = days(event);
        // What was paid in, what is owed, what was paid out.
        order.amounts = book.sums(&legs, |kind| {
            matches!(
                kind,
                TransferKind::Due | TransferKind::OrderPaid | TransferKind::Payout
            )
        });
        if let Some(row) = event.row {
            describe(
                &mut order,
                said.get(&(event.source, row)).map_or(&[], Vec::as_slice),
            );
            if side == Side::Sent && taken_back.names(&order, row) {
                books.n_cancelled += 1;
                continue;
            }
        }
        // An order whose counterpart is not named has its own locator for one.
        let colleague = if colleague.starts_with("(unnamed)") {
            String::new()
        } else {
            fold(&colleague)
        };
        let other = keeper(&colleague, &keepers).and_then(|place| u32::try_from(place).ok());
        order.other_book = other.filter(|&other| other != book.keeper);
        books.orders.push(order);
        books.places.push(place);
        books.exhibits.push(book.exhibit);
        books.colleagues.push(colleague);
    }
}

/// The leg by which one hawaladar owes another, and their names.
fn due(rows: &Batch, legs: &[usize]) -> Option<(usize, [String; 2])> {
    legs.iter().find_map(|&leg| {
        if rows.transfers.kind(leg) != TransferKind::Due {
            return None;
        }
        let row = rows.transfers.get(leg);
        let name = |end: &Endpoint| match end {
            Endpoint::Account(AccountKey::Hawaladar(name, _)) => Some(name.to_string()),
            _ => None,
        };
        Some((leg, [name(&row.from)?, name(&row.to)?]))
    })
}

fn describe(order: &mut Order, said: &[&AccountRow]) {
    for row in said {
        let AccountKey::Customer(_, name) = &row.account else {
            continue;
        };
        match &*row.field {
            "role" if &*row.value == "sender" => order.sender = Some(fold(name).into()),
            "role" => order.beneficiary = Some(fold(name).into()),
            "phone" => order.phones.extend(phone(&row.value)),
            "place" => order.place = Some(fold(&row.value).into()),
            _ => {}
        }
    }
    order.phones.sort_unstable();
    order.phones.dedup();
}

/// Lines of a book that take an earlier one back.
struct TakenBack {
    /// Cells of each, folded, and its row.
    cells: Vec<(u32, Vec<String>)>,
    n_cancelled: u64,
}

impl TakenBack {
    /// Whether a later line that takes something back bears the order's token.
    fn names(&self, order: &Order, row: u32) -> bool {
        let Some(token) = order.token.as_deref().map(fold) else {
            return false;
        };
        let later = self.cells.iter().filter(|cells| cells.0 > row);
        later.flat_map(|cells| &cells.1).any(|cell| *cell == token)
    }
}

fn taken_back(rows: &Batch) -> TakenBack {
    let mut back = TakenBack {
        cells: Vec::new(),
        n_cancelled: 0,
    };
    for record in rows
        .records
        .iter()
        .filter(|record| record.bin == RecordBin::Contextual)
    {
        let reason = record.reason.as_deref().unwrap_or_default();
        back.n_cancelled += u64::from(matches!(reason, "cancelled" | "reversed"));
        if let (true, moneytrail_store::schema::RecordPlace::Row(row)) =
            (reason.starts_with("reversal"), record.place)
        {
            back.cells
                .push((row, record.raw.iter().map(|cell| fold(cell)).collect()));
        }
    }
    back
}
