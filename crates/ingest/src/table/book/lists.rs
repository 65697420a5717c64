//! Lists of orders: sheets whose columns, day, correspondent and direction stand in no row.
//!
//! Law: whatever is taken from the look of cells or from the name of a file is said as an assumption.

use crate::Error;
use crate::table::date::{self, DateHabit, DateReading, Order};
use crate::table::field::Field;
use crate::table::headless;
use crate::table::lexicon::{Calendar, EntryType};
use crate::table::list_name::{self, NameOfList};
use crate::table::profile::BookProfile;
use crate::table::propose::{self, SheetMap};
use crate::table::sheet::Sheet;

/// Reads sheets without headers by the look of their cells.
pub(super) fn without_headers(sheets: &[Sheet], maps: &mut [SheetMap]) -> Vec<String> {
    let mut said = Vec::new();
    for (sheet, map) in sheets.iter().zip(maps) {
        if let Some(found) = headless::map(sheet) {
            *map = found;
            said.push(format!(
                "sheet `{}` has no header: its columns are told by their look and order",
                sheet.name
            ));
        }
    }
    said
}

/// What a profile or the name of the file says of sheets that do not say it themselves: which way their orders went,
/// with whom, and when.
///
/// # Errors
/// If the profile's day or direction does not read.
pub(super) fn by_file_name(
    path: &str,
    profile: Option<&BookProfile>,
    maps: &mut [SheetMap],
) -> Result<Vec<String>, Error> {
    let named = list_name::read_name(path);
    let given = Given::of(profile)?;
    let mut said: Vec<String> = Vec::new();
    for map in maps {
        if map.columns.iter().all(|column| column.field.is_none()) {
            continue;
        }
        let undirected = propose::lacks(map)
            .iter()
            .any(|lack| lack.starts_with("direction"));
        if undirected {
            map.entry = given.entry.or(named.entry);
        }
        if map.entry.is_none() {
            continue;
        }
        if given.entry.is_none() {
            said.push(direction(map.entry).to_owned());
        }
        if !map.has(Field::Date) {
            map.date = given.date.or(named.date);
            if given.date.is_none() {
                said.push(day(&named));
            }
        }
        if !map.has(Field::Counterpart) && map.counterpart.is_none() {
            map.counterpart = given
                .counterpart
                .clone()
                .or_else(|| named.counterpart.clone());
            if let (None, Some(name)) = (&given.counterpart, &map.counterpart) {
                said.push(format!(
                    "its orders are with {name}, by the name of its file"
                ));
            }
        }
    }
    said.dedup();
    Ok(said)
}

/// What a profile says of a list.
struct Given {
    entry: Option<EntryType>,
    date: Option<(DateReading, Calendar)>,
    counterpart: Option<String>,
}

impl Given {
    fn of(profile: Option<&BookProfile>) -> Result<Self, Error> {
        let Some(profile) = profile else {
            return Ok(Self {
                entry: None,
                date: None,
                counterpart: None,
            });
        };
        Ok(Self {
            entry: profile.entry()?,
            date: profile.day()?,
            counterpart: profile.counterpart.clone(),
        })
    }
}

/// A day of a profile, `2022-05-16`.
pub(crate) fn iso_day(text: &str) -> Option<(DateReading, Calendar)> {
    let habit = DateHabit {
        calendar: Calendar::Gregorian,
        order: Order::Ymd,
    };
    date::read_text(text, habit).map(|day| (day, Calendar::Gregorian))
}

const fn direction(entry: Option<EntryType>) -> &'static str {
    match entry {
        Some(EntryType::Send) => "it lists orders that were sent, by the name of its file",
        _ => {
            "it lists orders that were received, by the name of its file; that they were paid out is not in evidence"
        }
    }
}

fn day(named: &NameOfList) -> String {
    let Some((day, calendar)) = named.date else {
        return "its orders have no day: neither its cells nor the name of its file has one"
            .to_owned();
    };
    let others: Vec<String> = named.other_dates.iter().map(|day| day.iso()).collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; it may also be {}", others.join(" or "))
    };
    format!(
        "its orders are of {}, by the name of its file, {}{others}",
        day.iso(),
        calendar.as_str()
    )
}
