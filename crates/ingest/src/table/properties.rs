//! What a book says about itself as a whole, for a person to check before it is taken in.
//!
//! Law: a property that the content does not show is not stated; each stands with what it was decided by, and
//! with the readings that fit as well.

use super::balance::Balances;
use super::book::Book;
use super::date::Epoch;
use super::field::Field;
use super::lexicon::lexicon;
use serde::Serialize;

/// A property of a book as it would be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Property {
    /// Its name: `calendar`, `date_order`, `digits`, `decimal`, `rows_per_record`, `iranian_unit`,
    /// `sign_convention`, `date_from`, `epoch` or `encoding`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it was decided by.
    pub by: String,
    /// Values that fit as well, or the next best with its figures.
    pub alternatives: Vec<String>,
}

impl Property {
    fn new(name: &'static str, value: impl Into<String>, by: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
            by: by.into(),
            alternatives: Vec::new(),
        }
    }
}

/// The properties of a book. O(cells).
pub(crate) fn of(book: &Book, balances: &Balances) -> Vec<Property> {
    let mut all = dates(book);
    all.extend(numbers(book));
    all.push(Property::new(
        "rows_per_record",
        "1",
        "each row that is read books by itself",
    ));
    all.extend(iranian_unit(book));
    all.extend(sign_convention(balances));
    all.extend(epoch(book));
    if let Some(form) = &book.form {
        let mark = if form.has_byte_order_mark {
            " with byte order mark"
        } else {
            ""
        };
        let by = if form.has_byte_order_mark {
            "its first bytes"
        } else {
            "the words that it gives"
        };
        let value = format!("{}{mark}", form.encoding);
        all.push(Property::new("encoding", value, by));
    }
    all
}

fn dates(book: &Book) -> Vec<Property> {
    let mut all = Vec::new();
    let dated = book.maps.iter().any(|map| map.has(Field::Date));
    if let Some(choice) = book.dates.as_ref().filter(|_| dated) {
        let by = format!(
            "{} dates read, {} of them before the row above",
            choice.n_read, choice.n_backwards
        );
        let alternatives = |word: &dyn Fn(&super::date::DateHabit) -> &'static str, taken| {
            let mut others: Vec<String> = Vec::new();
            for other in choice.alternatives.iter().map(word) {
                if other != taken && !others.iter().any(|seen| *seen == other) {
                    others.push(other.to_owned());
                }
            }
            others
        };
        let habit = book.words.date_habit();
        let (calendar, order) = (habit.calendar.as_str(), habit.order.as_str());
        all.push(Property {
            alternatives: alternatives(&|habit| habit.calendar.as_str(), calendar),
            ..Property::new("calendar", calendar, by.clone())
        });
        all.push(Property {
            alternatives: alternatives(&|habit| habit.order.as_str(), order),
            ..Property::new("date_order", order, by)
        });
        all.push(Property::new("date_from", "column", "a column of dates"));
    }
    let listed = book.maps.iter().find_map(|map| map.date).filter(|_| !dated);
    if let Some((_, calendar)) = listed {
        let by = "the name of its file, or its profile";
        all.push(Property::new("calendar", calendar.as_str(), by));
        all.push(Property::new("date_from", "file name", by));
    }
    all
}

fn numbers(book: &Book) -> Vec<Property> {
    let mut all = Vec::new();
    if let Some(digits) = &book.profile.book.digits {
        all.push(Property::new(
            "digits",
            digits.clone(),
            "nine tenths of all digits",
        ));
    }
    if let Some(mark) = book.profile.book.decimal_mark {
        let votes = book.votes;
        let by = format!(
            "{} numbers show a point, {} a comma; {} read both ways",
            votes.point,
            votes.comma,
            votes.ambiguous_point + votes.ambiguous_comma
        );
        all.push(Property::new("decimal", mark.to_string(), by));
    }
    all
}

/// Whether Iranian money is counted in tomans or in rials: by the words that stand beside amounts.
fn iranian_unit(book: &Book) -> Option<Property> {
    let (mut n_tomans, mut n_rials) = (0_u64, 0_u64);
    for (sheet, map) in book.sheets.iter().zip(&book.maps) {
        let columns: Vec<usize> = [
            Field::Currency,
            Field::CurrencyIn,
            Field::CurrencyOut,
            Field::CommissionCurrency,
        ]
        .into_iter()
        .flat_map(|field| map.of(field))
        .collect();
        for row in &sheet.rows {
            for cell in columns.iter().filter_map(|&column| row.cell(column)) {
                match lexicon().currencies.exact(cell.trimmed()).as_deref() {
                    Some("10*IRR") => n_tomans += 1,
                    Some("IRR") => n_rials += 1,
                    _ => {}
                }
            }
        }
    }
    if n_tomans + n_rials == 0 {
        return None;
    }
    let (value, other) = if n_tomans >= n_rials {
        ("toman", "rial")
    } else {
        ("rial", "toman")
    };
    let by = format!("{n_tomans} cells say toman, {n_rials} rial");
    Some(Property {
        alternatives: (n_tomans.min(n_rials) > 0)
            .then(|| other.to_owned())
            .into_iter()
            .collect(),
        ..Property::new("iranian_unit", value, by)
    })
}

const IN_MINUS_OUT: &str = "balance = previous + credit - debit";
const OUT_MINUS_IN: &str = "balance = previous - credit + debit";

fn sign_convention(balances: &Balances) -> Option<Property> {
    let (n_rows, n_in_minus_out, n_out_minus_in) = balances.fits();
    if n_rows == 0 {
        return None;
    }
    let (value, other, n_hold, n_other) = if n_in_minus_out >= n_out_minus_in {
        (IN_MINUS_OUT, OUT_MINUS_IN, n_in_minus_out, n_out_minus_in)
    } else {
        (OUT_MINUS_IN, IN_MINUS_OUT, n_out_minus_in, n_in_minus_out)
    };
    if n_hold * 2 <= n_rows {
        return None;
    }
    Some(Property {
        alternatives: vec![format!("{other} ({n_other} of {n_rows} rows hold)")],
        ..Property::new(
            "sign_convention",
            value,
            format!("{n_hold} of {n_rows} rows hold"),
        )
    })
}

/// The day that a workbook counts from.
fn epoch(book: &Book) -> Option<Property> {
    let epoch = book.sheets.iter().find_map(|sheet| sheet.epoch)?;
    let value = match epoch {
        Epoch::Y1900 => "1900",
        Epoch::Y1904 => "1904",
    };
    Some(Property::new("epoch", value, "the workbook's own flag"))
}
