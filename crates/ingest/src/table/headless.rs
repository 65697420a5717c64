//! How a sheet without a header is read: by what its cells look like and in what order they stand.
//!
//! The lists that hawaladars send each other have neither header nor date: number, token, sender, receiver,
//! place of payment, amount, currency, and often commission and its currency. What the name of the file says is read in
//! `list_name`.
//!
//! Law: without an amount beside a currency and somebody's name nothing is read; each column has a score, lower
//! than that of a header, and what else it may be.

use super::field::Field;
use super::header::Candidate;
use super::lexicon::{Joint, lexicon, words};
use super::propose::{ColumnMap, SheetMap};
use super::shape::Shape;
use super::sheet::{Cell, Row, Sheet};

/// Filled cells from which on a row is an entry of a list.
const ENTRY_CELLS_MIN: usize = 4;
/// Score of a meaning that look and position give together.
const BY_LOOK_AND_PLACE: u32 = 750;
/// Score of a meaning that only the position gives.
const BY_PLACE: u32 = 600;

/// Score of the meaning of an empty column.
const BY_LAYOUT: u32 = 400;

/// What a column without a header looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Look {
    Nothing,
    Number,
    Code,
    Currency,
    Date,
    Phone,
    Type,
    Text,
}

impl Look {
    fn of(shape: &Shape) -> Self {
        if shape.n == 0 {
            Self::Nothing
        } else if shape.currency >= 800 {
            Self::Currency
        } else if shape.date >= 900 && shape.number < 500 {
            Self::Date
        } else if shape.number >= 900 {
            Self::Number
        } else if shape.phone >= 800 {
            Self::Phone
        } else if shape.entry >= 850 && (shape.n < 3 || shape.distinct < 500) {
            Self::Type
        } else if shape.token >= 500 {
            Self::Code
        } else {
            Self::Text
        }
    }
}

/// The columns of a sheet without a header; `None` if they do not show what they mean. O(cells).
pub(crate) fn map(sheet: &Sheet) -> Option<SheetMap> {
    let entries: Vec<&Row> = sheet
        .rows
        .iter()
        .filter(|row| n_filled(row) >= ENTRY_CELLS_MIN)
        .collect();
    if entries.is_empty() {
        return None;
    }
    let shapes: Vec<Shape> = (0..sheet.n_columns())
        .map(|column| {
            let cells: Vec<&Cell> = entries.iter().filter_map(|row| row.cell(column)).collect();
            Shape::of(&cells)
        })
        .collect();
    let mut columns: Vec<ColumnMap> = shapes
        .into_iter()
        .map(|shape| ColumnMap {
            header: String::new(),
            field: None,
            currency: None,
            unit: None,
            score: 0,
            runner_up: None,
            shape,
        })
        .collect();
    let looks: Vec<Look> = columns
        .iter()
        .map(|column| Look::of(&column.shape))
        .collect();
    let amount = money(&mut columns, &looks, &entries)?;
    people(&mut columns, &looks, amount, sheet.folded, &entries)?;
    numbers(&mut columns, &looks, amount, &entries);
    for (column, look) in looks.iter().enumerate() {
        match look {
            Look::Date => give(&mut columns[column], Field::Date, BY_LOOK_AND_PLACE, None),
            Look::Phone => give(&mut columns[column], Field::Phone, BY_PLACE, None),
            Look::Type => give(&mut columns[column], Field::Type, BY_LOOK_AND_PLACE, None),
            _ => {}
        }
    }
    once(&mut columns);
    by_layout(&mut columns);
    Some(SheetMap {
        columns,
        ..SheetMap::default()
    })
}

fn n_filled(row: &Row) -> usize {
    row.cells.iter().filter(|cell| !cell.is_empty()).count()
}

fn give(column: &mut ColumnMap, field: Field, score: u32, runner_up: Option<Field>) {
    if column.field.is_none() {
        column.field = Some(field);
        column.score = score;
        column.runner_up = runner_up.map(|field| Candidate {
            field,
            score: score / 2,
        });
    }
}

/// How the lists that correspondents send each other run.
const LAYOUT: [Field; 9] = [
    Field::Serial,
    Field::Token,
    Field::Sender,
    Field::Beneficiary,
    Field::Place,
    Field::AmountOut,
    Field::CurrencyOut,
    Field::Commission,
    Field::CommissionCurrency,
];
/// Columns of the layout that are always filled.
const LAYOUT_FILLED: usize = 7;

/// Where the filled columns stand as such lists run, the empty ones are those of the same place, so that a profile
/// of one list reads the others of its keeper.
fn by_layout(columns: &mut Vec<ColumnMap>) {
    let follows = columns.len() >= LAYOUT_FILLED
        && columns
            .iter()
            .zip(LAYOUT)
            .take(LAYOUT_FILLED)
            .all(|(column, field)| {
                column.field == Some(field)
                    || column.shape.n == 0 && matches!(field, Field::Place | Field::Token)
            });
    if !follows {
        return;
    }
    while columns.len() < LAYOUT.len() {
        columns.push(ColumnMap {
            header: String::new(),
            field: None,
            currency: None,
            unit: None,
            score: 0,
            runner_up: None,
            shape: Shape::default(),
        });
    }
    for (column, field) in columns.iter_mut().zip(LAYOUT) {
        if column.shape.n == 0 {
            give(column, field, BY_LAYOUT, None);
        }
    }
}

/// Of columns that would mean the same only the first does.
fn once(columns: &mut [ColumnMap]) {
    let mut seen: Vec<Field> = Vec::new();
    for column in columns {
        if let Some(field) = column.field
            && !field.may_repeat()
        {
            if seen.contains(&field) {
                column.field = None;
                column.score = 0;
            } else {
                seen.push(field);
            }
        }
    }
}

/// Amounts stand beside their currency: the first pair is what is to be paid out, a second one the commission.
/// Gives the position of the first amount.
fn money(columns: &mut [ColumnMap], looks: &[Look], entries: &[&Row]) -> Option<usize> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let is_free = |column: usize, pairs: &[(usize, usize)]| {
        looks.get(column) == Some(&Look::Number)
            && pairs.iter().all(|&(amount, _)| amount != column)
    };
    for (column, look) in looks.iter().enumerate() {
        if *look != Look::Currency {
            continue;
        }
        if column > 0 && is_free(column - 1, &pairs) {
            pairs.push((column - 1, column));
        } else if is_free(column + 1, &pairs) {
            pairs.push((column + 1, column));
        }
    }
    let &(amount, currency) = pairs.first()?;
    let (amount_score, other) = (BY_LOOK_AND_PLACE, Some(Field::AmountIn));
    match pairs.get(1) {
        Some(&(second, its_currency))
            if is_as_large(entries, (amount, currency), (second, its_currency)) =>
        {
            give(
                &mut columns[amount],
                Field::AmountIn,
                amount_score,
                Some(Field::AmountOut),
            );
            give(
                &mut columns[currency],
                Field::CurrencyIn,
                amount_score,
                Some(Field::CurrencyOut),
            );
            give(
                &mut columns[second],
                Field::AmountOut,
                BY_PLACE,
                Some(Field::Commission),
            );
            give(
                &mut columns[its_currency],
                Field::CurrencyOut,
                BY_PLACE,
                Some(Field::CommissionCurrency),
            );
        }
        second => {
            give(&mut columns[amount], Field::AmountOut, amount_score, other);
            give(
                &mut columns[currency],
                Field::CurrencyOut,
                amount_score,
                Some(Field::CurrencyIn),
            );
            if let Some(&(second, its_currency)) = second {
                give(
                    &mut columns[second],
                    Field::Commission,
                    BY_PLACE,
                    Some(Field::AmountIn),
                );
                give(
                    &mut columns[its_currency],
                    Field::CommissionCurrency,
                    BY_PLACE,
                    Some(Field::CurrencyIn),
                );
            } else if let Some(next) = columns.get_mut(currency.max(amount) + 1)
                && looks[currency.max(amount) + 1] == Look::Number
            {
                give(next, Field::Commission, BY_PLACE, Some(Field::Rate));
            }
        }
    }
    Some(amount)
}

/// Whether the second amount is at least half of the first in most rows in which both are in one currency.
fn is_as_large(entries: &[&Row], first: (usize, usize), second: (usize, usize)) -> bool {
    let habit = super::number::NumberHabit::default();
    let (mut n, mut n_large) = (0_usize, 0_usize);
    for row in entries {
        let code = |column: usize| {
            row.cell(column)
                .and_then(|cell| lexicon().currencies.exact(cell.trimmed()))
        };
        let amount = |column: usize| {
            let number = super::number::read(row.cell(column)?, habit)?;
            let whole = number.text.split('.').next()?;
            whole.parse::<u128>().ok()
        };
        if let (Some(a), Some(b), Some(x), Some(y)) = (
            code(first.1),
            code(second.1),
            amount(first.0),
            amount(second.0),
        ) && a == b
        {
            n += 1;
            n_large += usize::from(y.saturating_mul(2) >= x);
        }
    }
    n > 0 && n_large * 2 > n
}

/// Names stand before the amount: who sends, who is paid, where. What stands behind it is a note.
fn people(
    columns: &mut [ColumnMap],
    looks: &[Look],
    amount: usize,
    folded: Option<usize>,
    entries: &[&Row],
) -> Option<()> {
    let texts: Vec<usize> = (0..looks.len())
        .filter(|&column| looks[column] == Look::Text)
        .collect();
    // In records of two rows names stand in both.
    let end = folded.map_or(amount, |width| amount.max(2 * width));
    let (mut before, behind): (Vec<usize>, Vec<usize>) =
        texts.into_iter().partition(|&column| column < end);
    if before.is_empty() {
        // In some lists the amount comes first.
        before = behind.iter().copied().take(3).collect();
    }
    if before.len() >= 3 {
        let place = place_among(columns, &before, entries);
        give(
            &mut columns[place],
            Field::Place,
            BY_PLACE,
            Some(Field::Beneficiary),
        );
        before.retain(|&column| column != place);
    }
    match before.as_slice() {
        [] => return None,
        [one] => give(
            &mut columns[*one],
            Field::Beneficiary,
            BY_PLACE,
            Some(Field::Sender),
        ),
        [sender, .., beneficiary] => {
            give(
                &mut columns[*sender],
                Field::Sender,
                BY_PLACE,
                Some(Field::Beneficiary),
            );
            give(
                &mut columns[*beneficiary],
                Field::Beneficiary,
                BY_PLACE,
                Some(Field::Sender),
            );
        }
    }
    for column in behind {
        give(
            &mut columns[column],
            Field::Note,
            BY_PLACE,
            Some(Field::Place),
        );
    }
    Some(())
}

/// The column of places: no name of a father stands in it, and fewer different texts; of equals the last.
fn place_among(columns: &[ColumnMap], texts: &[usize], entries: &[&Row]) -> usize {
    let n_fathers = |column: usize| {
        entries
            .iter()
            .filter_map(|row| row.cell(column))
            .filter(|cell| {
                words(cell.trimmed())
                    .iter()
                    .any(|word| lexicon().joints.exact(word) == Some(Joint::Father))
            })
            .count()
    };
    let last = texts.len() - 1;
    (0..texts.len())
        .min_by_key(|&index| {
            let shape = &columns[texts[index]].shape;
            // A look of few rows says little.
            let distinct = if shape.n >= 8 {
                shape.distinct / 200
            } else {
                0
            };
            (n_fathers(texts[index]).min(1), distinct, last - index)
        })
        .map_or(texts[last], |index| texts[index])
}

/// The running number, and the number or code of the order, stand before the names.
fn numbers(columns: &mut [ColumnMap], looks: &[Look], amount: usize, entries: &[&Row]) {
    let named = (0..columns.len())
        .find(|&column| {
            matches!(
                columns[column].field,
                Some(Field::Sender | Field::Beneficiary)
            )
        })
        .unwrap_or(amount);
    let free: Vec<usize> = (0..columns.len())
        .filter(|&column| {
            columns[column].field.is_none()
                && matches!(looks[column], Look::Number | Look::Code | Look::Phone)
        })
        .collect();
    let leading: Vec<usize> = free
        .iter()
        .copied()
        .filter(|&column| column < named)
        .collect();
    let rises = |column: &usize| {
        let shape = &columns[*column].shape;
        let n_steps = shape.n.saturating_sub(1);
        shape.integer >= 900 && (n_steps == 0 || shape.rising as usize * shape.n >= 500 * n_steps)
    };
    // The first row of a list has the number one.
    let is_one = |column: &usize| {
        entries
            .first()
            .and_then(|row| row.cell(*column))
            .and_then(|cell| super::number::read(cell, super::number::NumberHabit::default()))
            .is_some_and(|number| number.text == "1")
    };
    match leading.as_slice() {
        [] => {
            if let Some(&code) = free.iter().find(|&&column| looks[column] == Look::Code) {
                give(
                    &mut columns[code],
                    Field::Token,
                    BY_PLACE,
                    Some(Field::Note),
                );
            }
        }
        [one]
            if looks[*one] == Look::Number
                && rises(one)
                && (columns[*one].shape.n > 1 || is_one(one)) =>
        {
            give(
                &mut columns[*one],
                Field::Serial,
                BY_LOOK_AND_PLACE,
                Some(Field::Token),
            );
        }
        [one] => give(
            &mut columns[*one],
            Field::Token,
            BY_PLACE,
            Some(Field::Serial),
        ),
        [first, second, ..] => {
            let swapped = !rises(first) && rises(second) && looks[*second] == Look::Number;
            let (serial, token) = if swapped {
                (*second, *first)
            } else {
                (*first, *second)
            };
            give(
                &mut columns[serial],
                Field::Serial,
                BY_LOOK_AND_PLACE,
                Some(Field::Token),
            );
            give(
                &mut columns[token],
                Field::Token,
                BY_LOOK_AND_PLACE,
                Some(Field::Serial),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sheet(rows: &[&[&str]]) -> Sheet {
        Sheet {
            path: "list.xlsx".into(),
            name: "Sheet1".into(),
            right_to_left: false,
            rows: rows
                .iter()
                .zip(1..)
                .map(|(cells, number)| {
                    Row::new(number, cells.iter().map(|text| Cell::text(text)).collect())
                })
                .collect(),
            n_hidden: 0,
            n_merged: 0,
            epoch: None,
            folded: None,
        }
    }

    fn check(rows: &[&[&str]], expected: &[&str]) {
        let map = map(&sheet(rows)).unwrap();
        let found: Vec<&str> = map
            .columns
            .iter()
            .map(|column| column.field.map_or("-", Field::as_str))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lists_without_a_header_are_read_by_look_and_place() {
        check(
            &[
                &[
                    "1",
                    "812",
                    "کریم ولد رضا",
                    "زهرا",
                    "هرات",
                    "500",
                    "یورو",
                    "10",
                    "دالر",
                ],
                &[
                    "2",
                    "K-90",
                    "نادر",
                    "علی",
                    "",
                    "1200.5",
                    "دالر",
                    "4000",
                    "تومان",
                ],
            ],
            &[
                "serial",
                "token",
                "sender",
                "beneficiary",
                "place",
                "amount_out",
                "currency_out",
                "commission",
                "commission_currency",
            ],
        );
        check(
            &[&["1", "55", "Ali", "Omer", "Graz", "700", "EUR"]],
            &[
                "serial",
                "token",
                "sender",
                "beneficiary",
                "place",
                "amount_out",
                "currency_out",
                "commission",
                "commission_currency",
            ],
        );
        check(
            &[
                &["16.05.2022", "HX12", "Ali", "Omer", "EUR", "700", "12"],
                &["17.05.2022", "HX19", "Veli", "Hasan", "USD", "900", "15"],
            ],
            &[
                "date",
                "token",
                "sender",
                "beneficiary",
                "currency_out",
                "amount_out",
                "commission",
            ],
        );
        check(
            &[&["1", "", "Ali", "Omer", "", "700", "EUR"]],
            &[
                "serial",
                "token",
                "sender",
                "beneficiary",
                "place",
                "amount_out",
                "currency_out",
                "commission",
                "commission_currency",
            ],
        );
        for nothing in [
            &["1", "2", "3", "4"][..],
            &["a", "b", "c", "d", "e"],
            &["1", "2", "3", "500", "EUR"],
        ] {
            assert_eq!(map(&sheet(&[nothing])), None, "{nothing:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(rows in prop::collection::vec(prop::collection::vec("\\PC{0,8}", 0..9), 0..6)) {
            let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
            let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
            let _ = map(&sheet(&rows));
        }
    }
}
