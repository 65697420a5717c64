//! Orders out of the books of a case.
//!
//! Law: every line of a book that owes or is owed an order is one; what was cancelled or taken back is told apart and counted. Books of
//! one keeper are one book.

use crate::error::Error;
use moneytrail_analysis::reconcile::{Order, Reconciled, Side, Sum, keeper};
use moneytrail_ingest::table::{Profile, fold};
use moneytrail_model::{AccountKey, EventKind, Locator, RecordBin, TransferKind};
use moneytrail_store::schema::{AccountRow, Batch, Endpoint, Reference, Table};
use moneytrail_store::{Case, Exhibit, Segment};
use std::collections::BTreeMap;

/// Digits of a telephone that are compared.
pub(crate) const PHONE_DIGITS: usize = 9;
const DAY_SECONDS: i64 = 86_400;

/// The orders of a case.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Keepers; a book's number is its keeper's position.
    pub(crate) keepers: Vec<String>,
    pub(crate) orders: Vec<Order>,
    /// Where each order stands, in their order.
    pub(crate) places: Vec<Locator>,
    /// Lines that are cancelled or taken back: no order is expected for them.
    pub(crate) n_cancelled: u64,
    /// Lines that could not be read.
    pub(crate) n_quarantined: u64,
    /// The colleague that each order names, folded; empty where it names none.
    pub(crate) colleagues: Vec<String>,
}

impl Books {
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

/// A book of an exhibit with the rows that orders are made of.
struct Held {
    book: u32,
    owner: String,
    rows: Batch,
}

/// Reads the orders of all books.
pub(crate) fn read(case: &Case) -> Result<Books, Error> {
    let mut books = Books::default();
    let mut held = Vec::new();
    for exhibit in case.exhibits()? {
        if let Some(book) = open(case, &exhibit, &mut books)? {
            held.push(book);
        }
    }
    let keepers = books.keepers.clone();
    let keepers: Vec<&str> = keepers.iter().map(String::as_str).collect();
    for book in &held {
        take(book, &keepers, &mut books);
    }
    Ok(books)
}

/// Who keeps a book, by its profile; nobody keeps what is no book.
pub(crate) fn keeper_of(segment: &Segment) -> Result<Option<String>, Error> {
    let Some(profile) = segment.summary().profile.as_deref() else {
        return Ok(None);
    };
    Ok(Profile::parse(profile)?.book.owner)
}

/// Days since 1970 at an instant; none for an instant that is not known.
pub(crate) fn day_of(seconds: i64) -> Option<i32> {
    i32::try_from(seconds.div_euclid(DAY_SECONDS)).ok()
}

fn open(case: &Case, exhibit: &Exhibit, books: &mut Books) -> Result<Option<Held>, Error> {
    let segment = case.segment(exhibit.number)?;
    let Some(owner) = keeper_of(&segment)? else {
        return Ok(None);
    };
    books.n_quarantined += segment.summary().counts.quarantined;
    let folded = fold(&owner);
    let known = books.keepers.iter().position(|keeper| *keeper == folded);
    let place = known.unwrap_or_else(|| {
        books.keepers.push(folded);
        books.keepers.len() - 1
    });
    let book = u32::try_from(place).map_err(|_| Error::internal("too many books"))?;
    let tables = [
        Table::Sources,
        Table::Assets,
        Table::Events,
        Table::Transfers,
        Table::References,
        Table::Accounts,
        Table::Records,
    ];
    let rows = segment.read(&tables)?;
    Ok(Some(Held { book, owner, rows }))
}

/// What a row says of its people, by source and row.
type People<'a> = BTreeMap<(u32, u32), Vec<&'a AccountRow>>;

fn take(held: &Held, keepers: &[&str], books: &mut Books) {
    let rows = &held.rows;
    let mut people: People<'_> = BTreeMap::new();
    for said in &rows.accounts {
        if let Some(row) = said.row {
            people.entry((said.source, row)).or_default().push(said);
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
    let taken_back = taken_back(rows);
    books.n_cancelled += taken_back.n_cancelled;
    let mut transfers = (0..rows.transfers.len()).peekable();
    for (event_idx, event) in (0_u32..).zip(&rows.events) {
        let mut legs = Vec::new();
        while let Some(leg) = transfers.next_if(|&leg| rows.transfers.event(leg) == event_idx) {
            legs.push(leg);
        }
        let Some((due, [issuer, payer])) = due(rows, &legs) else {
            continue;
        };
        if event.kind != EventKind::LedgerLine {
            continue;
        }
        let place = rows.event_locator(event);
        let owner = fold(&held.owner);
        let (side, colleague) = if fold(&issuer) == owner {
            (Side::Sent, payer)
        } else if fold(&payer) == owner {
            (Side::Received, issuer)
        } else {
            (Side::Unknown, String::new())
        };
        let mut order = Order::new(place.to_string(), held.book, side);
        let token = u32::try_from(due).ok().and_then(|due| tokens.get(&due));
        order.token = token.map(|&token| token.into());
        order.days = day_of(event.time.earliest()).zip(day_of(event.time.latest()));
        order.amounts = amounts(rows, &legs);
        if let Some(row) = event.row {
            describe(
                &mut order,
                people.get(&(event.source, row)).map_or(&[], Vec::as_slice),
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
        let other = keeper(&colleague, keepers).and_then(|place| u32::try_from(place).ok());
        order.other_book = other.filter(|&book| book != held.book);
        books.orders.push(order);
        books.places.push(place);
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

/// What the order is of: what was paid in, what is owed, what was paid out; each once.
fn amounts(rows: &Batch, legs: &[usize]) -> Vec<Sum> {
    let mut amounts = Vec::new();
    for &leg in legs {
        let row = rows.transfers.get(leg);
        let is_of_order = matches!(
            row.kind,
            TransferKind::Due | TransferKind::OrderPaid | TransferKind::Payout
        );
        let asset = rows.assets.get(row.asset as usize);
        if let (true, Some(asset), Some(amount)) = (is_of_order, asset, row.amount) {
            amounts.push(Sum {
                asset: asset.key().to_string().into(),
                amount,
            });
        }
    }
    amounts.sort_unstable();
    amounts.dedup();
    amounts
}

fn describe(order: &mut Order, said: &[&AccountRow]) {
    for row in said {
        let AccountKey::Customer(_, name) = &row.account else {
            continue;
        };
        match &*row.field {
            "role" if &*row.value == "sender" => order.sender = Some(fold(name).into()),
            "role" => order.beneficiary = Some(fold(name).into()),
            "phone" => {
                let digits: String = fold(&row.value)
                    .chars()
                    .filter(char::is_ascii_digit)
                    .collect();
                if digits.len() >= PHONE_DIGITS {
                    order
                        .phones
                        .push(digits[digits.len() - PHONE_DIGITS..].into());
                }
            }
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
