//! What numbers of a book may have to do with each other, row by row.

use super::Seen;
use super::store::{CellId, Span, Store};
use crate::table::field::Field;
use crate::table::ledger::{LedgerRecord, RowReading};
use crate::table::lexicon::{Direction, EntryType};
use moneytrail_model::Asset;
use std::collections::BTreeMap;

/// Numbers that may be in an equation; what is not the same in all books is left open.
pub(super) enum Draft {
    /// An amount, the other one, and the rate between them; the commission in the currency of the first.
    Conversion {
        x: CellId,
        y: CellId,
        rate: CellId,
        fee: Option<CellId>,
    },
    /// Two amounts of one row that may be the same, but for the commission.
    Same {
        what: String,
        a: CellId,
        b: CellId,
        fee: Option<CellId>,
    },
    /// The commission, and the amount that it may be a share of.
    Fee { fee: CellId, of: CellId },
    /// A total, the figures of its column since the total before, and since the beginning.
    Sum {
        what: String,
        total: CellId,
        page: Span,
        all: Span,
    },
    /// A balance that stands at the end or the beginning of a page, and the last one above it.
    Carried {
        what: &'static str,
        cell: CellId,
        of: CellId,
    },
    /// A running balance: the one before it, what came in and what went out, and 1 or -1 for what came in.
    Balance {
        before: CellId,
        after: CellId,
        comes: Vec<CellId>,
        goes: Vec<CellId>,
        sign: i128,
    },
}

/// Numbers of one row, by field.
struct Cells(Vec<(Field, usize, CellId)>);

impl Cells {
    fn of(&self, field: Field, store: &Store) -> Option<CellId> {
        let mut all = self.0.iter().filter(|cell| cell.0 == field);
        all.find(|cell| store.numbers[cell.2].value != 0)
            .map(|cell| cell.2)
    }
}

/// What runs through the rows of a book.
#[derive(Default)]
struct Running {
    balances: BTreeMap<String, CellId>,
    /// The column of each field's position and asset, and where its page begins.
    columns: BTreeMap<(usize, String), (usize, usize)>,
    page_is_over: bool,
}

impl Running {
    /// The column of a position and asset, and where its page begins.
    fn column(&mut self, place: (usize, String), store: &mut Store) -> (usize, usize) {
        *self.columns.entry(place).or_insert_with(|| {
            store.columns.push(Vec::new());
            (store.columns.len() - 1, 0)
        })
    }
}

fn key(asset: &Asset) -> String {
    asset.key().to_string()
}

/// The first leg of an exchange whose second may follow: its amount, its rate and which way it went.
type Leg = (CellId, CellId, Direction);

/// All drafts of a book, in its order.
pub(super) fn drafts(rows: &[Seen<'_>], sign: Option<i128>, store: &mut Store) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let (mut running, mut open): (Running, Option<Leg>) = (Running::default(), None);
    let mut sheet = None;
    for (line, seen) in rows.iter().enumerate() {
        if sheet != Some(seen.sheet) {
            // Totals are those of a sheet; balances run on where the book does.
            running.columns.clear();
            sheet = Some(seen.sheet);
            open = None;
        }
        let mut put = || {
            let figures = seen.read.figures.iter();
            Cells(
                figures
                    .filter_map(|figure| {
                        let cell = store.put(figure, &seen.locator, line)?;
                        Some((figure.field, figure.position, cell))
                    })
                    .collect(),
            )
        };
        match &seen.read.reading {
            RowReading::Entry(record) => {
                let cells = put();
                if running.page_is_over {
                    for (column, page) in running.columns.values_mut() {
                        *page = store.columns[*column].len();
                    }
                    running.page_is_over = false;
                }
                of_row(record, &cells, store, &mut drafts);
                open = exchange(record, &cells, open, store, &mut drafts);
                run_on(&cells, sign, store, &mut running, &mut drafts);
            }
            RowReading::Opening { .. } => {
                let cells = put();
                let rest = [
                    Field::Balance,
                    Field::Credit,
                    Field::Amount,
                    Field::AmountIn,
                ];
                let found = rest.iter().find_map(|&field| {
                    let all = cells.0.iter();
                    all.filter(|cell| cell.0 == field).map(|cell| cell.2).next()
                });
                if let Some(cell) = found
                    && let Some(asset) = store.numbers[cell].asset()
                {
                    running.balances.insert(key(asset), cell);
                }
            }
            RowReading::Context(reason) => match &**reason {
                "total" => {
                    total(&put(), store, &mut running, &mut drafts);
                    running.page_is_over = true;
                }
                "carried forward" => {
                    carried(&put(), "carried forward", store, &mut running, &mut drafts);
                }
                "brought forward" => {
                    carried(&put(), "brought forward", store, &mut running, &mut drafts);
                }
                _ => {}
            },
            RowReading::Quarantine(_) => {}
        }
    }
    drafts
}

fn same_asset(store: &Store, a: CellId, b: CellId) -> bool {
    store.numbers[a].asset() == store.numbers[b].asset()
}

/// Equations within one row.
fn of_row(record: &LedgerRecord, cells: &Cells, store: &Store, drafts: &mut Vec<Draft>) {
    let of = |field| cells.of(field, store);
    let ordered = of(Field::AmountIn).or_else(|| of(Field::Amount));
    let cash = of(Field::Credit).or_else(|| of(Field::Debit));
    let paid = of(Field::AmountOut);
    let rate = of(Field::Rate);
    let commission = of(Field::Commission);
    let fee_of = |x: CellId| commission.filter(|&fee| same_asset(store, x, fee));
    let entry = record.entry.as_str();
    if let (Some(x), Some(y)) = (ordered.or(cash), paid) {
        if same_asset(store, x, y) {
            if rate.is_none() {
                drafts.push(Draft::Same {
                    what: format!("{entry}: what is paid out is the amount"),
                    a: x,
                    b: y,
                    fee: fee_of(x),
                });
            }
        } else if let Some(rate) = rate {
            drafts.push(Draft::Conversion {
                x,
                y,
                rate,
                fee: fee_of(x),
            });
        }
    }
    if let (Some(ordered), Some(cash)) = (ordered, cash)
        && same_asset(store, ordered, cash)
    {
        drafts.push(Draft::Same {
            what: format!("{entry}: cash is the amount"),
            a: ordered,
            b: cash,
            fee: fee_of(ordered),
        });
    }
    if let Some(of) = ordered.or(cash)
        && let Some(fee) = fee_of(of)
    {
        drafts.push(Draft::Fee { fee, of });
    }
}

/// The two rows of an exchange, one after the other, at one rate. Gives the leg that is open then.
fn exchange(
    record: &LedgerRecord,
    cells: &Cells,
    open: Option<Leg>,
    store: &Store,
    drafts: &mut Vec<Draft>,
) -> Option<Leg> {
    if record.entry != EntryType::Exchange {
        return None;
    }
    let moved = [Field::Credit, Field::Debit, Field::Amount, Field::AmountIn];
    let amount = moved.iter().find_map(|&field| cells.of(field, store))?;
    let rate = cells.of(Field::Rate, store)?;
    let direction = record.direction?;
    if let Some((first, its_rate, way)) = open
        && way != direction
        && !same_asset(store, first, amount)
        && store.numbers[its_rate].text == store.numbers[rate].text
    {
        drafts.push(Draft::Conversion {
            x: first,
            y: amount,
            rate,
            fee: None,
        });
        return None;
    }
    Some((amount, rate, direction))
}

/// Running balances and sums.
fn run_on(
    cells: &Cells,
    sign: Option<i128>,
    store: &mut Store,
    running: &mut Running,
    drafts: &mut Vec<Draft>,
) {
    for &(field, position, cell) in &cells.0 {
        let Some(asset) = store.numbers[cell].asset() else {
            continue;
        };
        if field != Field::Balance {
            let place = (position, key(asset));
            let (column, _) = running.column(place, store);
            store.columns[column].push(cell);
        }
    }
    let balance = cells.0.iter().find(|cell| cell.0 == Field::Balance);
    let Some(&(_, _, after)) = balance else {
        return;
    };
    let Some(asset) = store.numbers[after].asset() else {
        return;
    };
    let side = |side: Field| {
        let of_side = cells.0.iter().filter(|cell| cell.0 == side);
        of_side
            .map(|cell| cell.2)
            .filter(|&cell| same_asset(store, cell, after))
            .collect::<Vec<CellId>>()
    };
    let before = running.balances.insert(key(asset), after);
    if let (Some(before), Some(sign)) = (before, sign) {
        drafts.push(Draft::Balance {
            before,
            after,
            comes: side(Field::Credit),
            goes: side(Field::Debit),
            sign,
        });
    }
}

fn total(cells: &Cells, store: &mut Store, running: &mut Running, drafts: &mut Vec<Draft>) {
    for &(field, position, total) in &cells.0 {
        let Some(asset) = store.numbers[total]
            .asset()
            .filter(|_| field != Field::Balance)
        else {
            continue;
        };
        let (column, page) = running.column((position, key(asset)), store);
        let to = store.columns[column].len();
        drafts.push(Draft::Sum {
            what: field.as_str().to_owned(),
            total,
            page: Span {
                column,
                from: page,
                to,
            },
            all: Span {
                column,
                from: 0,
                to,
            },
        });
    }
}

fn carried(
    cells: &Cells,
    what: &'static str,
    store: &Store,
    running: &mut Running,
    drafts: &mut Vec<Draft>,
) {
    running.page_is_over = true;
    for &(_, _, cell) in cells.0.iter().filter(|cell| cell.0 == Field::Balance) {
        let Some(asset) = store.numbers[cell].asset() else {
            continue;
        };
        if let Some(&of) = running.balances.get(&key(asset)) {
            drafts.push(Draft::Carried { what, cell, of });
        }
    }
}
