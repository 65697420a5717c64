//! Whether the balances of an export add up.
//!
//! Law: the first row where they stop adding up is named, the others are counted; after it, the stated balance
//! goes on.

use super::cells::{Number, PLACES_MAX};
use super::line::Line;
use moneytrail_model::Amount;
use std::collections::BTreeMap;

/// A sum of numbers, exact to [`PLACES_MAX`] places. A number too large for that has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Sum(Amount);

impl Sum {
    /// Places to which sums are kept: with 38 digits, whole units up to 10²⁰.
    const PLACES: u8 = 18;

    pub(super) fn of(number: &Number) -> Option<Self> {
        let text = &number.text;
        let amount = Amount::parse_decimal(text, Self::PLACES).ok()?;
        let signed = if number.negative {
            Amount::ZERO.checked_sub(amount)?
        } else {
            amount
        };
        Some(Self(signed))
    }

    pub(super) fn plus(self, number: &Number) -> Option<Self> {
        Some(Self(self.0.checked_add(Self::of(number)?.0)?))
    }
}

/// Balances by what they are of.
#[derive(Default)]
pub(super) struct Balances {
    last: BTreeMap<String, Sum>,
    n_compared: u64,
    n_hold: u64,
    first: Option<String>,
}

impl Balances {
    /// Compares the balance of the next row in time with the one before it.
    pub(super) fn check(&mut self, line: &Line) {
        let Some(stated) = &line.balance else { return };
        let Some(after) = Sum::of(&stated.after) else {
            self.n_compared += 1;
            self.note(line.row, &stated.of, "is too large or too fine to be added");
            return;
        };
        let known = self.last.insert(stated.of.clone(), after);
        let before = stated.before.as_ref().and_then(Sum::of);
        if let (Some(known), Some(before)) = (known, before)
            && known != before
        {
            self.n_compared += 1;
            self.note(
                line.row,
                &stated.of,
                "does not go on from the row before it",
            );
            return;
        }
        let Some(from) = before.or(known) else { return };
        self.n_compared += 1;
        let sum = stated.changes.iter().try_fold(from, Sum::plus);
        if sum == Some(after) {
            self.n_hold += 1;
        } else {
            self.note(
                line.row,
                &stated.of,
                "is not the one before it and what the row changes",
            );
        }
    }

    fn note(&mut self, row: u32, of: &str, why: &str) {
        self.first
            .get_or_insert_with(|| format!("row {row}: the balance of {of} {why}"));
    }

    pub(super) fn figures(&self) -> Vec<(String, u64)> {
        if self.n_compared == 0 {
            return Vec::new();
        }
        vec![
            ("balances compared".to_owned(), self.n_compared),
            ("balances that add up".to_owned(), self.n_hold),
        ]
    }

    pub(super) fn remarks(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        Some(format!(
            "{first}: the first of {} rows where balances stop adding up",
            self.n_compared - self.n_hold
        ))
    }
}

const _: () = assert!(Sum::PLACES as usize <= PLACES_MAX);
