//! Dates out of the order of their book.
//!
//! Law: in a book that runs on, a date that stands in none of the longest sequences that run on is out of order, and lies
//! between its neighbours that are not. It is named if some slip leads from there to what is written, or if it is later than
//! the rows behind it, which cannot be: a late entry bears an earlier date. Its reading is proposed where the rows around it
//! are of one day, or one slip only leads there and it is one of month or year. Method: longest non-decreasing subsequences ending and beginning at each
//! row, O(n log n).

use super::Seen;
use crate::table::date::{self, DateHabit, DateReading};
use crate::table::ledger::DateCell;
use crate::table::repair::{Break, Repair, Repairs, cell_locator};
use moneytrail_model::RuleId;

/// Dates by the order of their book.
pub(crate) const DATE_ORDER: RuleId = RuleId {
    name: "date-order",
    version: 1,
};

/// Of the dates of a sheet so many run on, per cent, or it has no order.
const ORDER_MIN_PERCENT: usize = 90;
/// Dates below which a sheet shows no order.
const DATES_MIN: usize = 8;
/// Days that are listed for a date.
const CANDIDATES_NAMED: usize = 4;
/// Days between the neighbours of a date beyond which its place says little.
const GAP_MAX: i64 = 31;

/// Slips of a whole part of a date.
const PARTS: [&str; 3] = ["another month", "another year", "day and month swapped"];

/// A date of a sheet.
struct Dated<'a> {
    record: &'a str,
    cell: &'a DateCell,
}

/// Names the dates that are out of order, sheet by sheet. Gives how many were compared, and how many run on.
pub(crate) fn disorder(rows: &[Seen<'_>], habit: DateHabit, repairs: &mut Repairs) -> (u64, u64) {
    let (mut n, mut n_in_order) = (0, 0);
    for sheet in rows.chunk_by(|a, b| a.sheet == b.sheet) {
        let dated: Vec<Dated<'_>> = sheet
            .iter()
            .filter_map(|seen| {
                Some(Dated {
                    record: &seen.locator,
                    cell: seen.read.date.as_ref()?,
                })
            })
            .collect();
        let (all, in_order) = of_sheet(&dated, habit, repairs);
        n += all as u64;
        n_in_order += in_order as u64;
    }
    (n, n_in_order)
}

/// For each value the length of the longest non-decreasing sequence that ends with it.
fn longest(values: impl Iterator<Item = i64>) -> Vec<usize> {
    let mut ends: Vec<i64> = Vec::new();
    values
        .map(|value| {
            let at = ends.partition_point(|&end| end <= value);
            if at == ends.len() {
                ends.push(value);
            } else {
                ends[at] = value;
            }
            at + 1
        })
        .collect()
}

fn of_sheet(dated: &[Dated<'_>], habit: DateHabit, repairs: &mut Repairs) -> (usize, usize) {
    if dated.len() < DATES_MIN {
        return (0, 0);
    }
    let days: Vec<i64> = dated.iter().map(|one| one.cell.days).collect();
    let ascending = lengths(&days);
    let descending = lengths(&days.iter().map(|day| -day).collect::<Vec<i64>>());
    let (sign, (through, most)) = if ascending.1 >= descending.1 {
        (1, ascending)
    } else {
        (-1, descending)
    };
    if most * 100 < days.len() * ORDER_MIN_PERCENT {
        return (days.len(), most);
    }
    for at in (0..days.len()).filter(|&at| through[at] < most) {
        let before = (0..at).rev().find(|&other| through[other] == most);
        let behind = (at + 1..days.len()).find(|&other| through[other] == most);
        let (Some(before), Some(behind)) = (before, behind) else {
            continue;
        };
        let around = [days[before], days[behind]];
        let place = Place {
            first: around[0].min(around[1]),
            last: around[0].max(around[1]),
            before: &dated[before],
            behind: &dated[behind],
        };
        // Newest first, what is too new stands below what is older.
        let is_too_late = if sign > 0 {
            days[at] > place.last
        } else {
            days[at] > place.last && days[at] > days[before]
        };
        judge(&dated[at], &place, is_too_late, habit, repairs);
    }
    (days.len(), most)
}

/// Of each value the longest non-decreasing sequence that it stands in; and the longest of all.
fn lengths(days: &[i64]) -> (Vec<usize>, usize) {
    let to = longest(days.iter().copied());
    let mut from = longest(days.iter().rev().map(|day| -day));
    from.reverse();
    let through: Vec<usize> = to.iter().zip(&from).map(|(a, b)| a + b - 1).collect();
    let most = through.iter().copied().max().unwrap_or(0);
    (through, most)
}

/// Where a date belongs.
struct Place<'a> {
    first: i64,
    last: i64,
    before: &'a Dated<'a>,
    behind: &'a Dated<'a>,
}

fn iso(days: i64) -> String {
    DateReading { days, clock: None }.iso()
}

fn judge(
    one: &Dated<'_>,
    place: &Place<'_>,
    is_too_late: bool,
    habit: DateHabit,
    repairs: &mut Repairs,
) {
    if place.last - place.first > GAP_MAX {
        return;
    }
    let slips: Vec<(i64, &'static str)> = (place.first..=place.last)
        .filter_map(|day| Some((day, date::slip(one.cell.days, day, habit.calendar)?)))
        .collect();
    if slips.is_empty() && !is_too_late {
        return;
    }
    let cell = cell_locator(one.record, one.cell.row, one.cell.column);
    let (before, behind) = (place.before, place.behind);
    let order = |day: &str| {
        format!(
            "{} ({}) ≤ {day} ({}) ≤ {} ({})",
            iso(before.cell.days.min(behind.cell.days)),
            before.record,
            one.record,
            iso(before.cell.days.max(behind.cell.days)),
            behind.record
        )
    };
    let only = match slips.as_slice() {
        // Among several days one that looks alike is there too often by chance; a month or a year is not.
        [(day, slip)] if place.first == place.last || PARTS.contains(slip) => Some((*day, *slip)),
        [] if place.first == place.last => Some((place.first, "another day")),
        _ => None,
    };
    if let Some((day, slip)) = only {
        repairs.repairs.push(Repair {
            rule: DATE_ORDER.to_string(),
            cell,
            field: "date",
            written: one.cell.text.clone(),
            value: iso(day),
            slip,
            equations: vec![order(&iso(day))],
        });
        return;
    }
    let candidates = slips
        .iter()
        .take(CANDIDATES_NAMED)
        .map(|(day, slip)| format!("date {} ({slip}) instead of {}", iso(*day), one.cell.text))
        .collect();
    repairs.breaks.push(Break {
        rule: DATE_ORDER.to_string(),
        row: one.record.to_owned(),
        cell: Some(cell),
        equation: format!(
            "{} is not between {} ({}) and {} ({})",
            iso(one.cell.days),
            iso(place.first),
            before.record,
            iso(place.last),
            behind.record
        ),
        candidates,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What stands in some longest sequence is told from what stands in none, as trying all of them tells it.
        #[test]
        fn lengths_are_those_of_trying_all(days in prop::collection::vec(0_i64..6, 1..10)) {
            let mut through = vec![0; days.len()];
            for chosen in 0_u32..1 << days.len() {
                let of: Vec<usize> = (0..days.len()).filter(|&at| chosen & 1 << at != 0).collect();
                if of.windows(2).all(|pair| days[pair[0]] <= days[pair[1]]) {
                    for &at in &of {
                        through[at] = through[at].max(of.len());
                    }
                }
            }
            let most = through.iter().copied().max().unwrap();
            prop_assert_eq!(lengths(&days), (through, most));
        }
    }
}
