//! Dates as people write them: three calendars, any order, with names of months.
//!
//! Laws: a date that does not exist is no date; a column has one habit, chosen by how many of its dates
//! exist and how few of them run backwards; other habits that read as many are kept as alternatives and
//! named, never dropped silently.

use super::civil;
use super::lexicon::{Calendar, lexicon, words};
use super::sheet::{Cell, CellKind};
use super::slip;
use super::text::digit;
use icu_calendar::Date;
use icu_calendar::cal::{Hijri, Iso, Persian};
use icu_calendar::types::RataDie;
use moneytrail_model::{Instant, Precision};

/// Days from 0000-12-31 (day 0 of `RataDie`) to 1970-01-01.
const UNIX_EPOCH_RATA_DIE: i64 = 719_163;
const DAY_SECONDS: i64 = 86_400;
/// Where books of our time lie: 1995-01-01 to 2040-01-01, in days since 1970.
const USUAL_DAYS: std::ops::Range<i64> = 9_131..25_567;

/// Whether a date lies where books of our time lie.
pub(crate) fn is_usual(date: DateReading) -> bool {
    USUAL_DAYS.contains(&date.days)
}

/// Order of the parts of a date in figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Ymd,
    Dmy,
    Mdy,
}

impl Order {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ymd => "ymd",
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Ymd, Self::Dmy, Self::Mdy]
            .into_iter()
            .find(|order| order.as_str() == word)
    }
}

/// How a column writes its dates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DateHabit {
    pub(crate) calendar: Calendar,
    pub(crate) order: Order,
}

/// Which day a spreadsheet counts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Epoch {
    /// Day 1 is 1900-01-01, with the day 60 that never was.
    #[default]
    Y1900,
    /// Day 0 is 1904-01-01.
    Y1904,
}

/// A date as read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct DateReading {
    /// Days since 1970-01-01.
    pub(crate) days: i64,
    /// Seconds since midnight, if a clock time stands beside it.
    pub(crate) clock: Option<(i64, Precision)>,
}

impl DateReading {
    /// `2024-05-11`, or `2024-05-11T10:30:00`.
    pub(crate) fn iso(self) -> String {
        let day = Instant::new(self.days * DAY_SECONDS, Precision::Day);
        match self.clock {
            None => day.to_string(),
            Some((seconds, _)) => format!("{day}T{}", clock_of(seconds)),
        }
    }
}

/// `10:30:00`.
pub(crate) fn clock_of(seconds: i64) -> String {
    let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02}", seconds % 60)
}

/// The habit of a column and what speaks for another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HabitChoice {
    pub(crate) habit: DateHabit,
    pub(crate) n_read: usize,
    /// Neighbours of which the later row has the earlier date.
    pub(crate) n_backwards: usize,
    /// Habits that read as many dates, some of them otherwise.
    pub(crate) alternatives: Vec<DateHabit>,
    /// All habits, the best first: how many of a thousand cells each reads as usual dates that run on.
    pub(crate) tried: Vec<(DateHabit, u32)>,
}

/// A habit tried on a column.
struct Trial {
    habit: DateHabit,
    days: Vec<Option<i64>>,
    n_read: usize,
    /// Dates that lie where books of our time lie.
    n_usual: usize,
    n_backwards: usize,
    /// Days between neighbours, at most [`GAP_MAX`] each, and ten more for each step backwards.
    cost: u64,
}

/// Days between neighbours from which on a gap counts alike.
const GAP_MAX: u64 = 400;
/// A habit that scatters the dates this many times wider than the best is no alternative.
const SCATTER_MAX: u64 = 20;

impl Trial {
    fn of(cells: &[&Cell], habit: DateHabit) -> Self {
        let days: Vec<Option<i64>> = cells
            .iter()
            .map(|cell| read(cell, habit).map(|date| date.days))
            .collect();
        let dates: Vec<i64> = days.iter().flatten().copied().collect();
        let n_backwards = dates.windows(2).filter(|pair| pair[0] > pair[1]).count();
        let gaps: u64 = dates
            .windows(2)
            .map(|pair| pair[0].abs_diff(pair[1]).min(GAP_MAX))
            .sum();
        Self {
            habit,
            n_read: dates.len(),
            n_usual: dates.iter().filter(|day| USUAL_DAYS.contains(day)).count(),
            n_backwards,
            cost: gaps + 10 * n_backwards as u64,
            days,
        }
    }
}

/// Chooses the habit of a column of cells; `None` if no habit reads any of them. Of habits that read as
/// well, the one under which neighbours lie closest is taken; then the calendar of the book's language;
/// then year first where years have four digits, else day first.
pub(crate) fn choose(cells: &[&Cell], likely: Calendar) -> Option<HabitChoice> {
    // A date cell has no order of its own; what was typed as text has.
    let mut typed: Vec<&&Cell> = cells.iter().collect();
    typed.retain(|cell| !matches!(cell.kind, CellKind::Date(_)));
    let year_first = |cell: &&&&Cell| {
        let digits = cell
            .text
            .chars()
            .take_while(|&c| digit(c).is_some())
            .count();
        digits == 4
    };
    // Nobody writes the month first with dots.
    let dotted = typed.iter().filter(|cell| cell.text.contains('.')).count() * 2 > typed.len();
    let orders = if typed.iter().filter(year_first).count() * 2 > typed.len() {
        [Order::Ymd, Order::Dmy, Order::Mdy]
    } else {
        [Order::Dmy, Order::Ymd, Order::Mdy]
    };
    let mut calendars = vec![likely];
    calendars.extend(
        [Calendar::Gregorian, Calendar::Solar, Calendar::Islamic]
            .into_iter()
            .filter(|&calendar| calendar != likely),
    );
    let mut trials: Vec<Trial> = Vec::new();
    for calendar in calendars {
        for order in orders {
            trials.push(Trial::of(cells, DateHabit { calendar, order }));
        }
    }
    // Sorting is stable, so the first of equals stays first.
    trials.sort_by_key(|trial| {
        use std::cmp::Reverse;
        let unlikely = dotted && trial.habit.order == Order::Mdy;
        (
            Reverse(trial.n_usual),
            Reverse(trial.n_read),
            unlikely,
            trial.cost,
        )
    });
    let best = trials.first().filter(|best| best.n_read > 0)?;
    let mut seen = vec![&best.days];
    let mut alternatives = Vec::new();
    for trial in &trials[1..] {
        let reads_as_well = trial.n_read == best.n_read && trial.n_usual == best.n_usual;
        let near = trial.cost <= SCATTER_MAX * (best.cost + best.n_read as u64);
        if reads_as_well && near && !seen.contains(&&trial.days) {
            seen.push(&trial.days);
            alternatives.push(trial.habit);
        }
    }
    let score = |trial: &Trial| {
        let n_good = trial.n_usual.saturating_sub(trial.n_backwards);
        u32::try_from(n_good * 1000 / cells.len().max(1)).unwrap_or(0)
    };
    Some(HabitChoice {
        tried: trials
            .iter()
            .map(|trial| (trial.habit, score(trial)))
            .collect(),
        habit: best.habit,
        n_read: best.n_read,
        n_backwards: best.n_backwards,
        alternatives,
    })
}

/// Reads the date in a cell.
pub(crate) fn read(cell: &Cell, habit: DateHabit) -> Option<DateReading> {
    match cell.kind {
        CellKind::Empty | CellKind::Other => None,
        CellKind::Date(date) => Some(date),
        // A number in a date column that looks like no figure date is a serial without its format.
        CellKind::Number => figures(&cell.text)
            .and_then(|parts| resolve(&parts, None, habit))
            .or_else(|| {
                serial(&cell.text, Epoch::Y1900).filter(|date| USUAL_DAYS.contains(&date.days))
            })
            .map(|date| DateReading { ..date }),
        CellKind::Text => read_text(&cell.text, habit),
    }
}

/// The date that a spreadsheet counts, from the decimal text of its number.
pub(crate) fn serial(text: &str, epoch: Epoch) -> Option<DateReading> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = whole.parse().ok()?;
    let days = match epoch {
        // Excel counts a 29 February 1900 that never was; day 61 is 1900-03-01.
        Epoch::Y1900 if number > 60 => number - 25_569,
        Epoch::Y1900 if number >= 1 => number - 25_568,
        Epoch::Y1904 if number >= 0 => number - 24_107,
        _ => return None,
    };
    let places = fraction.len().min(9);
    let clock = if fraction.bytes().all(|byte| byte == b'0') {
        None
    } else {
        let part: i64 = fraction.get(..places)?.parse().ok()?;
        let scale = 10_i64.pow(u32::try_from(places).ok()?);
        let seconds = (part * DAY_SECONDS + scale / 2) / scale;
        Some((seconds.min(DAY_SECONDS - 1), Precision::Second))
    };
    (number < 200_000).then_some(DateReading { days, clock })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Part {
    number: i32,
    n_digits: usize,
}

/// Reads a date in text, with or without a clock time.
pub(crate) fn read_text(text: &str, habit: DateHabit) -> Option<DateReading> {
    let text: String = text.chars().map(|c| digit(c).unwrap_or(c)).collect();
    let (text, clock) = split_clock(&text);
    let letters: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { ' ' } else { c })
        .collect();
    let month = lexicon().months.longest_in(&words(&letters));
    let mut parts = Vec::new();
    for run in text.split(|c: char| !c.is_ascii_digit()) {
        if !run.is_empty() {
            let number = run.parse().ok()?;
            let n_digits = run.len();
            parts.push(Part { number, n_digits });
        }
    }
    if month.is_none() && letters.chars().any(char::is_alphabetic) && parts.len() != 3 {
        return None;
    }
    let parts = match parts.as_slice() {
        [one] if month.is_none() => {
            figures(&format!("{:0width$}", one.number, width = one.n_digits))?
        }
        _ => parts,
    };
    let date = resolve(&parts, month.map(|(month, _, _)| month), habit)?;
    Some(DateReading { clock, ..date })
}

/// The parts of `20220516` or `14010226`.
fn figures(text: &str) -> Option<Vec<Part>> {
    let valid = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !valid {
        return None;
    }
    let part = |range: std::ops::Range<usize>| {
        let n_digits = range.len();
        text[range]
            .parse()
            .ok()
            .map(|number| Part { number, n_digits })
    };
    Some(vec![part(0..4)?, part(4..6)?, part(6..8)?])
}

/// Parts a clock time from a date.
fn split_clock(text: &str) -> (&str, Option<(i64, Precision)>) {
    let Some(colon) = text.find(':') else {
        return (text, None);
    };
    let start = text[..colon]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |before| {
            before + text[before..].chars().next().map_or(1, char::len_utf8)
        });
    let end = text[colon..]
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','))
        .map_or(text.len(), |behind| colon + behind);
    let clock = civil::parse_clock(&text.as_bytes()[start..end]);
    if start == 0 {
        (&text[end..], clock)
    } else {
        (&text[..start], clock)
    }
}

fn resolve(parts: &[Part], month: Option<(Calendar, u8)>, habit: DateHabit) -> Option<DateReading> {
    let (year, month_number, day, calendar) = match (parts, month) {
        ([a, b], Some((calendar, month))) => {
            let year_first =
                a.n_digits >= 3 || a.number > 31 || habit.order == Order::Ymd && b.n_digits < 3;
            let (year, day) = if year_first { (*a, *b) } else { (*b, *a) };
            (year, i32::from(month), day.number, calendar)
        }
        ([a, b, c], None) => {
            let order = match habit.order {
                _ if a.n_digits == 4 => Order::Ymd,
                Order::Ymd if c.n_digits == 4 => return None,
                order => order,
            };
            let (year, month, day) = match order {
                Order::Ymd => (a, b, c),
                Order::Dmy => (c, b, a),
                Order::Mdy => (c, a, b),
            };
            (*year, month.number, day.number, habit.calendar)
        }
        _ => return None,
    };
    let month_number = u8::try_from(month_number).ok()?;
    let day = u8::try_from(day).ok()?;
    // A year that only another calendar has says which calendar it is of.
    let calendar = match (year.n_digits, year.number, calendar) {
        (4, 1900..=2100, _) => Calendar::Gregorian,
        (4, 1300..=1499, Calendar::Gregorian) => return None,
        (_, _, calendar) => calendar,
    };
    let days = days_of(calendar, full_year(year, calendar)?, month_number, day)?;
    Some(DateReading { days, clock: None })
}

fn full_year(year: Part, calendar: Calendar) -> Option<i32> {
    let number = year.number;
    match (year.n_digits, calendar) {
        (4, Calendar::Gregorian) => (1900..=2100).contains(&number).then_some(number),
        (4, _) => (1300..=1499).contains(&number).then_some(number),
        // `401` for 1401 is a Persian habit.
        (3, Calendar::Solar) => (300..=499).contains(&number).then_some(1000 + number),
        (1 | 2, Calendar::Gregorian) => Some(if number < 70 { 2000 } else { 1900 } + number),
        (1 | 2, Calendar::Solar) => Some(if number < 50 { 1400 } else { 1300 } + number),
        (1 | 2, Calendar::Islamic) => Some(1400 + number),
        _ => None,
    }
}

/// Days since 1970-01-01 of a date of a calendar, `None` if there is no such date. Islamic dates are
/// of the Umm al-Qura calendar; by sighting they may lie a day off.
pub(crate) fn days_of(calendar: Calendar, year: i32, month: u8, day: u8) -> Option<i64> {
    let rata_die = match calendar {
        Calendar::Gregorian => return civil::days_of(year, month, day),
        Calendar::Solar => Date::try_new_persian(year, month, day).ok()?.to_rata_die(),
        Calendar::Islamic => {
            Date::try_new_hijri_with_calendar(year, month, day, Hijri::new_umm_al_qura())
                .ok()?
                .to_rata_die()
        }
    };
    Some(rata_die.to_i64_date() - UNIX_EPOCH_RATA_DIE)
}

/// Year, month and day of a day since 1970 in a calendar.
fn parts_of(calendar: Calendar, days: i64) -> (i32, u8, u8) {
    fn of<C: icu_calendar::Calendar>(date: &Date<C>) -> (i32, u8, u8) {
        let year = date.year().extended_year();
        (year, date.month().ordinal, date.day_of_month().0)
    }
    let day = RataDie::new(days + UNIX_EPOCH_RATA_DIE);
    match calendar {
        Calendar::Gregorian => of(&Date::from_rata_die(day, Iso)),
        Calendar::Solar => of(&Date::from_rata_die(day, Persian)),
        Calendar::Islamic => of(&Date::from_rata_die(day, Hijri::new_umm_al_qura())),
    }
}

/// What a pen did to write one day for the other in a calendar; `None` if that is no usual slip.
pub(crate) fn slip(written: i64, truth: i64, calendar: Calendar) -> Option<&'static str> {
    let (year, month, day) = parts_of(calendar, written);
    let (true_year, true_month, true_day) = parts_of(calendar, truth);
    if (year, month, day) == (true_year, true_month, true_day) {
        return None;
    }
    if (year, month, day) == (true_year, true_day, true_month) {
        return Some("day and month swapped");
    }
    match (year == true_year, month == true_month, day == true_day) {
        (false, true, true) => year.abs_diff(true_year).eq(&1).then_some("another year"),
        (true, false, true) => Some("another month"),
        (true, true, false) => {
            let pen = slip::slip(&day.to_string(), &true_day.to_string());
            // As days are written with two digits.
            pen.or_else(|| slip::slip(&format!("1{day:02}"), &format!("1{true_day:02}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moneytrail_model::Instant;
    use proptest::prelude::*;

    fn habit(calendar: Calendar, order: Order) -> DateHabit {
        DateHabit { calendar, order }
    }

    fn printed(text: &str, habit: DateHabit) -> Option<String> {
        read_text(text, habit)
            .map(|date| Instant::new(date.days * DAY_SECONDS, Precision::Day).to_string())
    }

    #[test]
    fn reads_calendars_orders_and_names() {
        let solar = habit(Calendar::Solar, Order::Ymd);
        let dmy = habit(Calendar::Gregorian, Order::Dmy);
        let islamic = habit(Calendar::Islamic, Order::Dmy);
        for (text, habit, expected) in [
            ("1401/02/26", solar, "2022-05-16"),
            ("1401-2-26", solar, "2022-05-16"),
            ("۱۴۰۱/۰۲/۲۶", solar, "2022-05-16"),
            ("۲۶ ثور ۱۴۰۱", solar, "2022-05-16"),
            ("26 اردیبهشت 1401", solar, "2022-05-16"),
            ("01/02/26", solar, "2022-05-16"),
            ("98/12/29", solar, "2020-03-19"),
            ("16.05.2022", dmy, "2022-05-16"),
            ("16.05.2022.", dmy, "2022-05-16"),
            ("16. maj 2022", dmy, "2022-05-16"),
            ("Mon 16 May 2022 13:45", dmy, "2022-05-16"),
            ("2022-05-16T13:45:00", dmy, "2022-05-16"),
            ("16/5/22", dmy, "2022-05-16"),
            (
                "5/16/2022",
                self::habit(Calendar::Gregorian, Order::Mdy),
                "2022-05-16",
            ),
            ("20220516", dmy, "2022-05-16"),
            ("15/10/1443", islamic, "2022-05-16"),
            ("15 شوال 1443", islamic, "2022-05-16"),
        ] {
            assert_eq!(printed(text, habit).as_deref(), Some(expected), "{text}");
        }
        for text in ["31.02.2022", "", "abc", "12", "1,200", "1401/13/01", "2022"] {
            assert_eq!(printed(text, dmy), None, "{text}");
        }
        assert_eq!(printed("1401/07/31", solar), None, "Mehr has thirty days");
    }

    #[test]
    fn serials_count_from_their_epoch() {
        for (number, epoch, iso) in [
            ("44697", Epoch::Y1900, "2022-05-16"),
            ("43235", Epoch::Y1904, "2022-05-16"),
            ("44697.5", Epoch::Y1900, "2022-05-16T12:00:00"),
            ("44697.4375", Epoch::Y1900, "2022-05-16T10:30:00"),
            ("59", Epoch::Y1900, "1900-02-28"),
            ("61", Epoch::Y1900, "1900-03-01"),
        ] {
            let date = serial(number, epoch).unwrap();
            assert_eq!(date.iso(), iso);
            let cell = Cell {
                text: iso.into(),
                kind: CellKind::Date(date),
            };
            // Whatever the other cells of the column are written in.
            for calendar in [Calendar::Gregorian, Calendar::Solar] {
                assert_eq!(read(&cell, habit(calendar, Order::Dmy)), Some(date));
            }
        }
        for number in ["-3", "0", "0.5", "200000", "x"] {
            assert_eq!(serial(number, Epoch::Y1900), None, "{number}");
        }
    }

    #[test]
    fn order_is_decided_by_the_column() {
        let cells: Vec<Cell> = ["03.04.2022", "03.05.2022", "13.05.2022"]
            .into_iter()
            .map(Cell::text)
            .collect();
        let column: Vec<&Cell> = cells.iter().collect();
        let choice = choose(&column, Calendar::Gregorian).unwrap();
        assert_eq!(choice.habit, habit(Calendar::Gregorian, Order::Dmy));
        assert!(choice.alternatives.is_empty());
        let choice = choose(&column[..2], Calendar::Gregorian).unwrap();
        assert_eq!(choice.habit.order, Order::Dmy);
        assert_eq!(
            choice.alternatives,
            [habit(Calendar::Gregorian, Order::Mdy)],
            "two dates leave it open, and that is said"
        );
    }

    #[test]
    fn two_digit_years_are_read_where_neighbours_lie_closest() {
        let cells: Vec<Cell> = ["16.05.22", "16.05.22", "17.05.22"]
            .into_iter()
            .map(Cell::text)
            .collect();
        let column: Vec<&Cell> = cells.iter().collect();
        let choice = choose(&column, Calendar::Gregorian).unwrap();
        assert_eq!(choice.habit, habit(Calendar::Gregorian, Order::Dmy));
        let cells: Vec<Cell> = ["۰۱/۰۲/۲۶", "۰۱/۰۲/۲۷"]
            .into_iter()
            .map(Cell::text)
            .collect();
        let column: Vec<&Cell> = cells.iter().collect();
        let choice = choose(&column, Calendar::Solar).unwrap();
        assert_eq!(choice.habit, habit(Calendar::Solar, Order::Ymd));
        assert!(
            choice
                .alternatives
                .contains(&habit(Calendar::Gregorian, Order::Ymd))
        );
    }

    proptest! {
        #[test]
        fn solar_dates_read_back(days in 9_200_i64..25_000) {
            let rata_die = icu_calendar::types::RataDie::new(days + UNIX_EPOCH_RATA_DIE);
            let date = Date::from_rata_die(rata_die, icu_calendar::cal::Persian);
            let text = format!("{}/{:02}/{}", date.year().extended_year(), date.month().ordinal, date.day_of_month().0);
            let read = read_text(&text, habit(Calendar::Solar, Order::Ymd)).unwrap();
            prop_assert_eq!(read.days, days);
        }

        #[test]
        fn garbage_never_panics(text in "\\PC{0,24}") {
            for order in [Order::Ymd, Order::Dmy, Order::Mdy] {
                let _ = read_text(&text, habit(Calendar::Solar, order));
            }
        }
    }
}
