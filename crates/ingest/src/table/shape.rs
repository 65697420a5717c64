//! What the cells of a column look like.
//!
//! Law: a look never decides alone; it speaks for or against what a header says.

use super::date::{self, HabitChoice};
use super::field::Field;
use super::lexicon::{Calendar, lexicon, words};
use super::number::{self, NumberHabit};
use super::sheet::{Cell, CellKind};

/// Cells of a column that are looked at.
const SAMPLE: usize = 400;

/// Shares of a column's cells, per mille of those that hold something.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Shape {
    pub(crate) n: usize,
    pub(crate) number: u32,
    pub(crate) integer: u32,
    pub(crate) date: u32,
    pub(crate) currency: u32,
    pub(crate) entry: u32,
    /// Cells that begin with a type word and go on.
    pub(crate) sentence: u32,
    pub(crate) state: u32,
    pub(crate) phone: u32,
    pub(crate) token: u32,
    pub(crate) text: u32,
    pub(crate) hex64: u32,
    /// Neighbours that count up by one.
    pub(crate) rising: u32,
    /// Different values.
    pub(crate) distinct: u32,
    pub(crate) dates: Option<HabitChoice>,
}

impl Shape {
    pub(crate) fn of(cells: &[&Cell]) -> Self {
        let cells: Vec<&Cell> = cells
            .iter()
            .copied()
            .filter(|cell| !cell.is_empty())
            .take(SAMPLE)
            .collect();
        if cells.is_empty() {
            return Self::default();
        }
        let n = cells.len();
        let share = |count: usize| u32::try_from(count * 1000 / n).unwrap_or(0);
        let count =
            |test: &dyn Fn(&Cell) -> bool| share(cells.iter().filter(|cell| test(cell)).count());
        let lexicon = lexicon();
        let dates = date::choose(&cells, Calendar::Gregorian);
        let numbers: Vec<Option<number::Number>> = cells
            .iter()
            .map(|cell| number::read(cell, NumberHabit::default()))
            .collect();
        let integers: Vec<i64> = numbers
            .iter()
            .flatten()
            .filter_map(|number| number.text.parse().ok())
            .collect();
        let rising = integers
            .windows(2)
            .filter(|pair| pair[1] == pair[0] + 1)
            .count();
        let mut distinct: Vec<&str> = cells.iter().map(|cell| cell.trimmed()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        Self {
            n,
            number: share(numbers.iter().flatten().count()),
            integer: share(integers.len()),
            date: dates.as_ref().map_or(0, |choice| share(choice.n_read)),
            currency: count(&|cell| lexicon.currencies.exact(cell.trimmed()).is_some()),
            entry: count(&|cell| is_type_word(cell.trimmed())),
            sentence: count(&|cell| {
                let words = words(cell.trimmed());
                let detail = super::detail::read(cell.trimmed(), None);
                words.len() > 1
                    && detail.entry.is_some()
                    && lexicon.types.exact(cell.trimmed()).is_none()
            }),
            state: count(&|cell| lexicon.states.exact(cell.trimmed()).is_some()),
            phone: count(&|cell| is_phone(cell)),
            token: count(&|cell| is_token(cell)),
            text: count(&|cell| {
                cell.kind == CellKind::Text && cell.text.chars().any(char::is_alphabetic)
            }),
            hex64: count(&|cell| is_hex64(cell.trimmed())),
            rising: share(rising),
            distinct: share(distinct.len()),
            dates,
        }
    }

    /// How well the look fits a field, per mille; `None` if the look says nothing of it.
    pub(crate) fn fit(&self, field: Field) -> Option<u32> {
        if self.n == 0 {
            return None;
        }
        Some(match field {
            Field::Date | Field::DateAlt | Field::PaidAt => self.date,
            Field::Serial => self.integer * 2 / 3 + self.rising / 3,
            // Words serve as codes too, if each row has its own.
            Field::Token => self.token.max(if self.distinct > 600 { 300 } else { 0 }),
            Field::Amount
            | Field::AmountIn
            | Field::AmountOut
            | Field::Commission
            | Field::Credit
            | Field::Debit
            | Field::Balance
            | Field::Rate => self
                .number
                .saturating_sub(if self.date > 900 { 500 } else { 0 }),
            Field::Currency
            | Field::CurrencyIn
            | Field::CurrencyOut
            | Field::CommissionCurrency => self.currency,
            // A column without a single word of entries tells something else, say the way of payment.
            Field::Type if self.entry == 0 => 0,
            Field::Type => self.entry.max(if self.distinct < 200 { 400 } else { 0 }),
            Field::Approval | Field::Payment | Field::Delivery | Field::Status => {
                self.state.max(if self.distinct < 200 && self.text > 500 {
                    400
                } else {
                    0
                })
            }
            Field::SenderPhone | Field::BeneficiaryPhone | Field::Phone => self.phone,
            Field::Sender | Field::Beneficiary | Field::Counterpart => {
                self.text.saturating_sub(self.currency.max(self.entry) / 2)
            }
            Field::SenderFather | Field::BeneficiaryFather | Field::Father => self.text,
            Field::Place | Field::PlaceFrom | Field::PlaceTo => {
                if self.distinct < 700 {
                    self.text
                } else {
                    self.text / 2
                }
            }
            Field::Detail => (self.sentence + self.text / 2).min(1000),
            Field::Txid => self.hex64,
            _ => return None,
        })
    }

    /// The field that the look alone suggests, weakly.
    pub(crate) fn suggestion(&self) -> Option<Field> {
        if self.n < 3 {
            None
        } else if self.hex64 > 700 {
            Some(Field::Txid)
        } else if self.currency > 850 {
            Some(Field::Currency)
        } else if self.entry > 850 && self.distinct < 300 {
            Some(Field::Type)
        } else if self.sentence > 700 {
            Some(Field::Detail)
        } else if self.date > 950 && self.text < 300 {
            Some(Field::Date)
        } else if self.phone > 850 {
            Some(Field::Phone)
        } else {
            None
        }
    }
}

fn is_type_word(text: &str) -> bool {
    let lexicon = lexicon();
    lexicon.types.of_cell(text).is_some()
        || lexicon.sides.exact(text).is_some()
        || super::lexicon::is_hawala(text)
}

fn is_phone(cell: &Cell) -> bool {
    let text = cell.trimmed();
    let digits = text
        .chars()
        .filter(|&c| super::text::digit(c).is_some())
        .count();
    let plain = text.chars().all(|c| {
        super::text::digit(c).is_some() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '/' | '.')
    });
    plain && (8..=15).contains(&digits) && !text.contains(".0")
}

fn is_token(cell: &Cell) -> bool {
    let text = cell.trimmed();
    let n = text.chars().count();
    let digits = text
        .chars()
        .filter(|&c| super::text::digit(c).is_some())
        .count();
    digits >= 1 && n <= 24 && !text.contains(char::is_whitespace) && !text.contains([',', ';'])
}

pub(crate) fn is_hex64(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
