//! The numbers of a book, each once, as equations refer to them.

use crate::table::field::Field;
use crate::table::ledger::{Figure, amount_of};
use crate::table::profile::Unit;
use moneytrail_model::{Amount, Asset};

/// Position of a number.
pub(super) type CellId = usize;

/// An exact value: of money its units, of a rate its digits.
pub(super) type Value = i128;

/// A number of the book.
pub(super) struct Number {
    /// Locator of its record.
    pub(super) record: String,
    /// Position of the record in the book.
    pub(super) line: usize,
    pub(super) field: Field,
    pub(super) row: u32,
    pub(super) column: usize,
    /// As written, in plain figures, without sign.
    pub(super) text: String,
    pub(super) is_negative: bool,
    pub(super) unit: Option<Unit>,
    pub(super) value: Value,
    /// Decimals of a rate.
    pub(super) scale: u32,
}

/// Digits of a rate that is computed with.
const RATE_DIGITS_MAX: usize = 18;

impl Number {
    /// Value and scale that a text gives in the place of this number.
    pub(super) fn read(&self, text: &str) -> Option<(Value, u32)> {
        read(text, self.is_negative, self.unit.as_ref())
    }

    pub(super) fn asset(&self) -> Option<&Asset> {
        self.unit.as_ref().map(|unit| &unit.asset)
    }

    /// Units of the asset in plain figures of this cell.
    pub(super) fn plain(&self, units: Value) -> Option<String> {
        let unit = self.unit.as_ref()?;
        let factor = i128::from(unit.factor.max(1));
        if units.checked_rem(factor)? != 0 {
            return None;
        }
        let amount = Amount::new((units / factor).checked_abs()?).ok()?;
        let text = amount.display(unit.asset.decimals()).to_string();
        Some(crate::table::slip::shortened(&text))
    }
}

fn read(text: &str, is_negative: bool, unit: Option<&Unit>) -> Option<(Value, u32)> {
    if let Some(unit) = unit {
        let units = amount_of(text, unit).ok()?.units();
        return Some((if is_negative { -units } else { units }, 0));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() + fraction.len() > RATE_DIGITS_MAX {
        return None;
    }
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    (value > 0 && !is_negative).then_some((value, u32::try_from(fraction.len()).ok()?))
}

/// All numbers, and the columns that totals sum up.
#[derive(Default)]
pub(super) struct Store {
    pub(super) numbers: Vec<Number>,
    /// Numbers of one column, sheet and asset each, in the order of their rows.
    pub(super) columns: Vec<Vec<CellId>>,
}

/// Numbers of a column that stand together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) column: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Span {
    pub(super) const fn len(self) -> usize {
        self.to - self.from
    }
}

impl Store {
    pub(super) fn span(&self, span: Span) -> &[CellId] {
        &self.columns[span.column][span.from..span.to]
    }

    /// Takes a number in; `None` if it is none to compute with.
    pub(super) fn put(&mut self, figure: &Figure, record: &str, line: usize) -> Option<CellId> {
        let (value, scale) = read(&figure.text, figure.is_negative, figure.unit.as_ref())?;
        self.numbers.push(Number {
            record: record.to_owned(),
            line,
            field: figure.field,
            row: figure.row,
            column: figure.column,
            text: figure.text.clone(),
            is_negative: figure.is_negative,
            unit: figure.unit.clone(),
            value,
            scale,
        });
        Some(self.numbers.len() - 1)
    }

    /// `500 (at R12)`.
    pub(super) fn named(&self, cell: CellId, value: Value) -> String {
        let number = &self.numbers[cell];
        format!("{} ({})", self.bare(cell, value), number.record)
    }

    pub(super) fn bare(&self, cell: CellId, value: Value) -> String {
        let number = &self.numbers[cell];
        if number.unit.is_none() {
            let text = format!("{value:0>width$}", width = number.scale as usize + 1);
            let (whole, fraction) = text.split_at(text.len() - number.scale as usize);
            return crate::table::slip::shortened(&format!("{whole}.{fraction}"));
        }
        let sign = if value < 0 { "-" } else { "" };
        let symbol = number.asset().map_or("", |asset| asset.symbol());
        let plain = number.plain(value).unwrap_or_default();
        format!("{sign}{plain} {symbol}")
    }
}
