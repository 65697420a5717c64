//! What the name of a list's file says: with whom, of which day, and whether its orders were sent or received.
//!
//! Law: only the name within the exhibit is read, never where the file lies on a disk; other days that the same
//! figures may mean are kept.

use super::date::{self, DateHabit, DateReading, Order};
use super::lexicon::{Calendar, EntryType, lexicon, words};
use super::text::digit;

/// What the name of a list's file says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct NameOfList {
    /// Who keeps it: the folder that it lies in.
    pub(crate) owner: Option<String>,
    /// With whom.
    pub(crate) counterpart: Option<String>,
    /// Of which day, and the calendar that the day is written in.
    pub(crate) date: Option<(DateReading, Calendar)>,
    /// Other days that the same figures may mean.
    pub(crate) other_dates: Vec<DateReading>,
    /// Whether its orders were sent or received.
    pub(crate) entry: Option<EntryType>,
}

/// Reads the path of a list within its exhibit.
pub(crate) fn read_name(path: &str) -> NameOfList {
    let mut parts = path.rsplit('/');
    let base = parts.next().unwrap_or(path);
    let stem = match base.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 4 && ending.chars().any(char::is_alphabetic) => {
            stem
        }
        _ => base,
    };
    let mut named = NameOfList {
        owner: parts.next().and_then(super::propose::owner_in_file_name),
        ..NameOfList::default()
    };
    let days = days_in(stem);
    let named_month = days.is_empty().then(|| day_with_month(stem)).flatten();
    if let Some(&(first, calendar)) = days.first() {
        named.date = Some((first, calendar));
        named.other_dates = days[1..].iter().map(|&(day, _)| day).collect();
    }
    if named_month.is_some() {
        named.date = named_month;
    }
    let tokens: Vec<&str> = stem
        .split(|c: char| {
            matches!(c, '_' | '-' | '.' | ',' | '(' | ')')
                || c.is_whitespace()
                || digit(c).is_some()
        })
        .filter(|token| token.chars().any(char::is_alphabetic))
        .collect();
    let mut name: Vec<&str> = Vec::new();
    for token in tokens {
        if named.entry.is_none()
            && let Some(entry) = lexicon().lists.exact(token)
        {
            named.entry = Some(entry);
        } else if lexicon().titles.exact(token).is_none()
            // A month beside figures is of the day; else it may be somebody's name.
            && (named_month.is_none() || lexicon().months.exact(token).is_none())
        {
            name.push(token);
        }
    }
    named.counterpart = (!name.is_empty()).then(|| name.join(" "));
    named
}

/// The days that the first date in a name may mean, the likeliest first.
fn days_in(stem: &str) -> Vec<(DateReading, Calendar)> {
    let plain: String = stem.chars().map(|c| digit(c).unwrap_or(c)).collect();
    let runs: Vec<&str> = plain
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .collect();
    let written = runs
        .iter()
        .find(|run| run.len() == 8)
        .map(|run| (*run).to_owned())
        .or_else(|| {
            runs.windows(3)
                .find(|three| {
                    three.iter().all(|run| run.len() <= 4) && !joined_by_letters(&plain, three)
                })
                .map(|three| three.join("/"))
        });
    let Some(written) = written else {
        return Vec::new();
    };
    let mut days: Vec<(DateReading, Calendar)> = Vec::new();
    for calendar in [Calendar::Gregorian, Calendar::Solar, Calendar::Islamic] {
        for order in [Order::Ymd, Order::Dmy, Order::Mdy] {
            if let Some(day) = date::read_text(&written, DateHabit { calendar, order })
                && date::is_usual(day)
                && days.iter().all(|(seen, _)| *seen != day)
            {
                days.push((day, calendar_of(&written, calendar)));
            }
        }
    }
    days
}

/// The day of a name that writes its month in letters.
fn day_with_month(stem: &str) -> Option<(DateReading, Calendar)> {
    let spaced: String = stem
        .chars()
        .map(|c| if matches!(c, '_' | '-' | '.') { ' ' } else { c })
        .collect();
    let letters: String = spaced
        .chars()
        .map(|c| if digit(c).is_some() { ' ' } else { c })
        .collect();
    let ((calendar, _), ..) = lexicon().months.longest_in(&words(&letters))?;
    let order = Order::Dmy;
    date::read_text(&spaced, DateHabit { calendar, order })
        .filter(|&day| date::is_usual(day))
        .map(|day| (day, calendar))
}

/// A year of four figures says its calendar itself.
fn calendar_of(written: &str, calendar: Calendar) -> Calendar {
    let is_gregorian = written
        .split('/')
        .any(|part| part.len() >= 4 && (part.starts_with("19") || part.starts_with("20")));
    if is_gregorian {
        Calendar::Gregorian
    } else {
        calendar
    }
}

/// Whether letters stand between three runs of digits, so that they are no date.
fn joined_by_letters(plain: &str, runs: &[&str]) -> bool {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
        return false;
    };
    let start = plain.find(first).unwrap_or(0);
    let end = plain.rfind(last).unwrap_or(plain.len());
    plain
        .get(start..end)
        .is_some_and(|between| between.chars().any(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_name_of_a_file_says_with_whom_when_and_which_way() {
        let iso = |named: &NameOfList| named.date.map(|(day, _)| day.iso());
        let named = read_name("Haji_Omar_Herat/bord_Karim_Jan_2022.05.16.xlsx");
        assert_eq!(named.owner.as_deref(), Some("Haji Omar Herat"));
        assert_eq!(named.counterpart.as_deref(), Some("Karim Jan"));
        assert_eq!(named.entry, Some(EntryType::Send));
        assert_eq!(iso(&named).as_deref(), Some("2022-05-16"));
        let named = read_name("رسید کریم 1401-02-26.csv");
        assert_eq!(
            (named.owner.as_deref(), named.entry),
            (None, Some(EntryType::Receive))
        );
        assert_eq!(iso(&named).as_deref(), Some("2022-05-16"));
        assert_eq!(
            named.date.map(|(_, calendar)| calendar),
            Some(Calendar::Solar)
        );
        let named = read_name("Gelen 03.04.2022 Veli.xls");
        assert_eq!(iso(&named).as_deref(), Some("2022-04-03"));
        assert_eq!(named.other_dates.len(), 1, "the fourth of March is kept");
        let named = read_name("sent Karim 16 May 2022.csv");
        assert_eq!(named.counterpart.as_deref(), Some("Karim"));
        assert_eq!(iso(&named).as_deref(), Some("2022-05-16"));
        assert_eq!(read_name("list.xlsx").entry, None);
        assert_eq!(read_name("K7 B2 C9.xlsx").date, None);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(name in "\\PC{0,40}") {
            let _ = read_name(&name);
        }
    }
}
