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
    /// Its name: `owner`, `calendar`, `date_order`, `digits`, `decimal`, `rows_per_record`, `iranian_unit`,
    /// `sign_convention`, `date_from`, `epoch` or `encoding`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it was decided by.
    pub by: String,
    /// How well it fits, 0 to 1000; `None` where the file itself says it.
    pub score: Option<u32>,
    /// The next best value and its score.
    pub runner_up: Option<(String, u32)>,
    /// Values that fit as well, or the next best with its figures.
    pub alternatives: Vec<String>,
}

impl Property {
    fn new(name: &'static str, value: impl Into<String>, by: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
            by: by.into(),
            score: None,
            runner_up: None,
            alternatives: Vec::new(),
        }
    }

    /// With how well it fits, and what fits next.
    fn scored(mut self, score: u32, runner_up: Option<(String, u32)>) -> Self {
        self.score = Some(score);
        self.runner_up = runner_up;
        self
    }
}

/// The properties of a book. O(cells).
pub(crate) fn of(book: &Book, balances: &Balances) -> Vec<Property> {
    let mut all = vec![owner(book)];
    all.extend(dates(book));
    all.extend(numbers(book));
    all.push(rows_per_record(book));
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

/// A part of a whole, per mille.
fn share(part: u64, whole: u64) -> u32 {
    u32::try_from(part * 1000 / whole.max(1)).unwrap_or(1000)
}

fn owner(book: &Book) -> Property {
    let found = &book.keeper;
    let others = found.others.iter().map(|other| {
        let (name, by) = (&other.name, other.by);
        format!("{name} (by {by})")
    });
    let runner_up = found
        .others
        .first()
        .map(|other| (other.name.clone(), other.score));
    Property {
        alternatives: others.collect(),
        ..Property::new("owner", found.best.name.clone(), found.best.by)
    }
    .scored(found.best.score, runner_up)
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
        let tried = choice.tried.iter();
        let score = tried.clone().find(|tried| tried.0 == habit);
        let score = score.map_or(0, |tried| tried.1);
        let next = |word: &dyn Fn(&super::date::DateHabit) -> &'static str, taken: &str| {
            let mut others = tried.clone().filter(|tried| word(&tried.0) != taken);
            others
                .next()
                .map(|tried| (word(&tried.0).to_owned(), tried.1))
        };
        let by_calendar = |habit: &super::date::DateHabit| habit.calendar.as_str();
        let by_order = |habit: &super::date::DateHabit| habit.order.as_str();
        all.push(
            Property {
                alternatives: alternatives(&by_calendar, calendar),
                ..Property::new("calendar", calendar, by.clone())
            }
            .scored(score, next(&by_calendar, calendar)),
        );
        all.push(
            Property {
                alternatives: alternatives(&by_order, order),
                ..Property::new("date_order", order, by)
            }
            .scored(score, next(&by_order, order)),
        );
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
        let counts = super::book::digit_counts(&book.sheets);
        let all_digits: u64 = counts.iter().map(|count| count.1).sum();
        let mut counts: Vec<(&str, u64)> = counts.to_vec();
        counts.sort_by_key(|count| std::cmp::Reverse(count.1));
        let of = |name: &str| counts.iter().find(|count| count.0 == name);
        let score = share(of(digits).map_or(counts[0].1, |count| count.1), all_digits);
        let next = counts.iter().find(|count| count.0 != digits);
        all.push(
            Property::new("digits", digits.clone(), "nine tenths of all digits").scored(
                score,
                next.map(|next| (next.0.to_owned(), share(next.1, all_digits))),
            ),
        );
    }
    if let Some(mark) = book.profile.book.decimal_mark {
        let votes = book.votes;
        let by = format!(
            "{} numbers show a point, {} a comma; {} read both ways",
            votes.point,
            votes.comma,
            votes.ambiguous_point + votes.ambiguous_comma
        );
        // Numbers that read both ways count half.
        let [point, comma] = [
            (votes.point, votes.ambiguous_comma),
            (votes.comma, votes.ambiguous_point),
        ]
        .map(|(clear, doubtful)| 2 * clear as u64 + doubtful as u64);
        let (ours, theirs, other) = match mark {
            ',' => (comma, point, "."),
            _ => (point, comma, ","),
        };
        let whole = (ours + theirs).max(1);
        let score = if ours + theirs == 0 {
            500
        } else {
            share(ours, whole)
        };
        all.push(
            Property::new("decimal", mark.to_string(), by)
                .scored(score, Some((other.to_owned(), share(theirs, whole)))),
        );
    }
    all
}

fn rows_per_record(book: &Book) -> Property {
    let Some(joined) = book.joined else {
        let by = "each row that is read books by itself";
        return Property::new("rows_per_record", "1", by).scored(1000, Some(("2".to_owned(), 0)));
    };
    let by = if joined.is_shown {
        "what stands in every other row only"
    } else {
        "the profile"
    };
    let n_paired = 2 * joined.n_pairs;
    let score = share(n_paired as u64, joined.n_rows as u64);
    Property::new(
        "rows_per_record",
        "2",
        format!("{by}: {n_paired} of {} rows stand in pairs", joined.n_rows),
    )
    .scored(score, Some(("1".to_owned(), 1000 - score.min(1000))))
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
    let all = n_tomans + n_rials;
    Some(
        Property {
            alternatives: (n_tomans.min(n_rials) > 0)
                .then(|| other.to_owned())
                .into_iter()
                .collect(),
            ..Property::new("iranian_unit", value, by)
        }
        .scored(
            share(n_tomans.max(n_rials), all),
            Some((other.to_owned(), share(n_tomans.min(n_rials), all))),
        ),
    )
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
    Some(
        Property {
            alternatives: vec![format!("{other} ({n_other} of {n_rows} rows hold)")],
            ..Property::new(
                "sign_convention",
                value,
                format!("{n_hold} of {n_rows} rows hold"),
            )
        }
        .scored(
            share(n_hold, n_rows),
            Some((other.to_owned(), share(n_other, n_rows))),
        ),
    )
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
