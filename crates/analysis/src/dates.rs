//! The dates of a book: where it ends, and which of them a slip of the pen wrote.
//!
//! Laws: a date that stands alone, further from the next than the book's pauses, ends no book; of two days alone the one in fewer rows does
//! not. In a sheet in the order of its days, of which one date is moved anywhere, no other is found out of its place; the moved one is if it passed more than one date and lies
//! further than the gap from where it belongs, and its row then counts between the days of the rows around it.
//!
//! ```
//! use moneytrail_analysis::dates::{Course, Dated};
//!
//! let row = |row, day| Dated { seat: (1, 0, row), days: (day, day) };
//! let course = Course::of(&[row(2, 10), row(3, 11), row(4, 85_840), row(5, 12), row(6, 900)], 7);
//! assert_eq!(course.placed(&(1, 0, 4)), Some((11, 12)));
//! assert_eq!(course.end, Some(12));
//! assert_eq!(course.lone, [((1, 0, 6), 900)]);
//! ```

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Where a row stands: exhibit, sheet of it, row.
pub type Seat = (u32, u32, u32);

/// Of so many runs of a sheet one may be out of its place, or the sheet is in no order of days.
const OUT_OF_PLACE_ONE_IN: usize = 20;

/// A row with a date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Dated {
    /// Where it stands.
    pub seat: Seat,
    /// Days since 1970: the first and the last on which it may have happened.
    pub days: (i32, i32),
}

/// How a book states a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stated {
    /// How often. What stands together under one date states it once.
    pub times: u32,
    /// In how many rows.
    pub rows: u32,
}

impl Stated {
    /// Once more, in so many rows.
    pub fn add(&mut self, rows: u32) {
        self.times += 1;
        self.rows = self.rows.saturating_add(rows);
    }
}

/// The course of a book in time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Course {
    /// The last day of the book, since 1970.
    pub end: Option<i32>,
    /// Rows that alone say that the book goes on behind its end, and their days, ascending.
    pub lone: Vec<(Seat, i32)>,
    /// Rows whose date is out of its place or alone beyond an end, and the days between which they may have happened.
    placed: BTreeMap<Seat, (i32, i32)>,
}

impl Course {
    /// A book of which nothing is known but its last day.
    pub fn ending(day: i32) -> Self {
        Self {
            end: Some(day),
            ..Self::default()
        }
    }

    /// The course of a book of these rows. Rows of one sheet that stand together under one date are one statement of it. A date that is
    /// known to the month or year only counts as its first day, for no more is sure. O(n log n).
    pub fn of(rows: &[Dated], gap: u32) -> Self {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows.dedup_by_key(|row| row.seat);
        let mut course = Self::default();
        let mut stated: BTreeMap<i32, Stated> = BTreeMap::new();
        for sheet in rows.chunk_by(|a, b| (a.seat.0, a.seat.1) == (b.seat.0, b.seat.1)) {
            let runs: Vec<&[Dated]> = sheet.chunk_by(|a, b| a.days == b.days).collect();
            let exact: Vec<usize> = (0..runs.len())
                .filter(|&run| runs[run][0].days.0 == runs[run][0].days.1)
                .collect();
            let days: Vec<i32> = exact.iter().map(|&run| runs[run][0].days.0).collect();
            let mut belongs = vec![None; runs.len()];
            for (&run, place) in exact.iter().zip(out_of_place(&days, gap)) {
                belongs[run] = place;
            }
            for (run, place) in runs.into_iter().zip(belongs) {
                if let Some(place) = place {
                    course
                        .placed
                        .extend(run.iter().map(|row| (row.seat, place)));
                } else {
                    stated
                        .entry(run[0].days.0)
                        .or_default()
                        .add(u32::try_from(run.len()).unwrap_or(u32::MAX));
                }
            }
        }
        let covered = without_lone(stated, gap);
        let ends = covered.first_key_value().zip(covered.last_key_value());
        let Some(((&begin, _), (&end, _))) = ends else {
            return course;
        };
        course.end = Some(end);
        for row in &rows {
            let day = row.days.0;
            if course.placed.contains_key(&row.seat) {
                continue;
            }
            if day > end {
                course.placed.insert(row.seat, (end, row.days.1));
                course.lone.push((row.seat, day));
            } else if day < begin {
                course.placed.insert(row.seat, (day, begin));
            }
        }
        course.lone.sort_by_key(|&(seat, day)| (day, seat));
        course
    }

    /// The days between which a row may have happened whose date is out of its place, or alone beyond an end.
    pub fn placed(&self, seat: &Seat) -> Option<(i32, i32)> {
        self.placed.get(seat).copied()
    }
}

/// Without the days at either end that one date states alone, further from the next day than `gap` and than any pause but the longest
/// of what is left. Of two days that are left the one in fewer rows is alone; of two in as many rows neither is. O(n log n).
pub fn without_lone(mut dates: BTreeMap<i32, Stated>, gap: u32) -> BTreeMap<i32, Stated> {
    let mut pauses: BTreeMap<u32, usize> = BTreeMap::new();
    for (one, next) in dates.keys().zip(dates.keys().skip(1)) {
        *pauses.entry(next.abs_diff(*one)).or_default() += 1;
    }
    // The pause before a lone date is the longest; the one below it is the book's own.
    let is_lone = |end: Option<(&i32, &Stated)>,
                   next: Option<(&i32, &Stated)>,
                   pauses: &mut BTreeMap<u32, usize>| {
        let (Some((end, one @ Stated { times: 1, .. })), Some((next, other))) = (end, next) else {
            return false;
        };
        let pause = end.abs_diff(*next);
        let mut longest = pauses.iter().rev();
        let usual = match longest.next() {
            Some((&most, 1)) => match longest.next() {
                Some((&below, _)) => below,
                None if one.rows < other.rows => 0,
                None => most,
            },
            Some((&most, _)) => most,
            None => 0,
        };
        if pause <= gap.max(usual) {
            return false;
        }
        if let Some(n) = pauses.get_mut(&pause) {
            *n -= 1;
            if *n == 0 {
                pauses.remove(&pause);
            }
        }
        true
    };
    // What goes at one end may leave the other alone.
    loop {
        let (mut ends, mut begins) = (dates.iter().rev(), dates.iter());
        if is_lone(ends.next(), ends.next(), &mut pauses) {
            dates.pop_last();
        } else if is_lone(begins.next(), begins.next(), &mut pauses) {
            dates.pop_first();
        } else {
            return dates;
        }
    }
}

/// Of dates in the order of a sheet those out of their place, with the days of what stands around them. A date is out of its place if
/// it stands in no longest sequence without a step back (or, where the newest stand first, forward), and more than `gap` days from
/// where it belongs. None where both orders are as long, or more than one and more than a twentieth are: such a sheet is in no order of
/// days. O(n log n).
pub fn out_of_place(days: &[i32], gap: u32) -> Vec<Option<(i32, i32)>> {
    let rising: Vec<i64> = days.iter().map(|&day| i64::from(day)).collect();
    let falling: Vec<i64> = rising.iter().map(|day| -day).collect();
    let (rises, falls) = (through(&rising), through(&falling));
    let most = |of: &[usize]| of.iter().copied().max().unwrap_or(0);
    let lengths = match most(&falls).cmp(&most(&rises)) {
        Ordering::Greater => falls,
        Ordering::Less => rises,
        // Whether the newest stand first or last is not known.
        Ordering::Equal => return vec![None; days.len()],
    };
    let most = most(&lengths);
    let is_kept: Vec<bool> = lengths.iter().map(|&of| of == most).collect();
    let mut behind = vec![None; days.len()];
    let mut next = None;
    for at in (0..days.len()).rev() {
        behind[at] = next;
        if is_kept[at] {
            next = Some(days[at]);
        }
    }
    let mut before = None;
    let mut found = vec![None; days.len()];
    for at in 0..days.len() {
        if is_kept[at] {
            before = Some(days[at]);
            continue;
        }
        let (Some(a), Some(b)) = (before.or(behind[at]), behind[at].or(before)) else {
            continue;
        };
        let (first, last) = (a.min(b), a.max(b));
        let off = if days[at] < first {
            first.abs_diff(days[at])
        } else {
            days[at].max(last).abs_diff(last)
        };
        found[at] = (off > gap).then_some((first, last));
    }
    let n_found = found.iter().flatten().count();
    if n_found > 1 && n_found * OUT_OF_PLACE_ONE_IN > days.len() {
        return vec![None; days.len()];
    }
    found
}

/// Of each value the longest non-decreasing sequence that it stands in.
fn through(values: &[i64]) -> Vec<usize> {
    let to = ending(values.iter().copied());
    let mut from = ending(values.iter().rev().map(|value| -value));
    from.reverse();
    to.iter().zip(&from).map(|(a, b)| a + b - 1).collect()
}

/// The longest non-decreasing sequence that ends in each value.
fn ending(values: impl Iterator<Item = i64>) -> Vec<usize> {
    // The least last value of a sequence of each length.
    let mut least: Vec<i64> = Vec::new();
    let lengths = values.map(|value| {
        let length = least.partition_point(|&last| last <= value);
        if length == least.len() {
            least.push(value);
        } else {
            least[length] = value;
        }
        length + 1
    });
    lengths.collect()
}
