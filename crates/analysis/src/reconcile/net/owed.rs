//! What two keepers came to owe each other, by the day, before anything is said of what discharged it.
//!
//! Law: the sum of the changes up to a day is what the first of the pair owes the second then, in one unit: orders, once for both books, less what
//! settlements' lines say was paid. What cannot be told in the unit is counted.

use super::value::Rates;
use super::{Settlement, Values, dues, paid_once, payment};
use crate::reconcile::classify::Delays;
use crate::reconcile::{Options, Order, Reconciled};
use std::collections::BTreeSet;

/// A change of what is owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Days since 1970: the first and the last on which it may have happened.
    pub days: (i32, i32),
    /// In millionths; above zero where the first of the pair owes the second more.
    pub value: i128,
    /// Positions of the records of the orders, or of the lines of the settlement.
    pub records: Vec<usize>,
    /// Whether it is a settlement.
    pub is_settlement: bool,
}

/// What two keepers owe each other in one unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owed {
    /// The pair, ascending.
    pub pair: (u32, u32),
    /// The unit.
    pub unit: u16,
    /// By day.
    pub changes: Vec<Change>,
    /// Settlements' lines whose worth in the unit is not known.
    pub n_untold: usize,
}

/// What the pairs that are asked for owe each other. `values` are those of the orders, by position.
///
/// O(pairs · orders).
pub fn owed(
    orders: &[Order],
    values: &[Values],
    settlements: &[Settlement],
    found: &Reconciled,
    asked: &BTreeSet<(u32, u32, u16)>,
    options: &Options,
) -> Vec<Owed> {
    let rates = Rates::of(orders, values);
    let delays = Delays::of(orders, found, options);
    let mut all = Vec::new();
    for &(first, second, unit) in asked {
        let pair = (first, second);
        let dues = dues(orders, values, found, &delays, &rates, pair, unit, false);
        let mut changes: Vec<Change> = dues
            .into_iter()
            .map(|due| Change {
                days: due.days,
                value: due.worth.sum,
                records: due.records,
                is_settlement: false,
            })
            .collect();
        let is_of = |of: &Settlement| (of.payer.min(of.payee), of.payer.max(of.payee)) == pair;
        let mut lines: Vec<usize> = (0..settlements.len())
            .filter(|&line| is_of(&settlements[line]))
            .collect();
        lines.sort_by_key(|&line| (settlements[line].days, &settlements[line].key));
        let mut n_untold = 0;
        for lines in paid_once(settlements, &lines) {
            let n = lines.len();
            match payment(settlements, lines, unit, &rates) {
                Some(of) => changes.push(Change {
                    days: of.days,
                    value: of.paid.back().sum,
                    records: of.lines,
                    is_settlement: true,
                }),
                None => n_untold += n,
            }
        }
        changes.sort_by(|a, b| {
            let key = |of: &Change| (of.days, of.is_settlement);
            key(a).cmp(&key(b)).then_with(|| a.records.cmp(&b.records))
        });
        all.push(Owed {
            pair,
            unit,
            changes,
            n_untold,
        });
    }
    all
}
