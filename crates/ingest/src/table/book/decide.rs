//! What a book says about itself: whose it is, its calendar, its currency, its digits.
//!
//! Law: whatever is decided here is said as an assumption.

use crate::Error;
use crate::table::date::{self, DateHabit, Epoch, HabitChoice, Order};
use crate::table::field::Field;
use crate::table::lexicon::{Calendar, lexicon, words};
use crate::table::normalise::joined;
use crate::table::profile::{Profile, Unit, currency};
use crate::table::propose::{self, SheetMap};
use crate::table::sheet::{Cell, CellKind, Sheet};
use crate::table::text::digit;
use moneytrail_model::{Asset, AssetKey};
use std::collections::BTreeMap;

/// Whether some sheet can be booked; if not, an error that says what was found.
pub(super) fn enough(path: &str, sheets: &[Sheet], maps: &[SheetMap]) -> Result<(), Error> {
    if maps.iter().any(|map| propose::lacks(map).is_empty()) {
        return Ok(());
    }
    let best = maps.iter().zip(sheets).max_by_key(|(map, _)| {
        map.columns
            .iter()
            .filter(|column| column.field.is_some())
            .count()
    });
    let why = match best {
        None => "it has no sheets".to_owned(),
        Some((map, sheet))
            if map.header.is_none() && map.columns.iter().all(|column| column.field.is_none()) =>
        {
            format!(
                "no row of sheet `{}` is a header that is known, and its cells do not show what they mean: an amount beside its currency, and names",
                sheet.name
            )
        }
        Some((map, sheet)) if map.header.is_none() => format!(
            "sheet `{}` has no header, and is read by the look of its cells, but neither it nor the name of its file says its {}",
            sheet.name,
            propose::lacks(map).join(", nor its ")
        ),
        Some((map, sheet)) => {
            let found: Vec<String> = map
                .columns
                .iter()
                .filter_map(|column| {
                    Some(format!("`{}` = {}", column.header, column.field?.as_str()))
                })
                .collect();
            format!(
                "the headers of sheet `{}` name no {}; found {}",
                sheet.name,
                propose::lacks(map).join(", no "),
                if found.is_empty() {
                    "nothing".to_owned()
                } else {
                    found.join(", ")
                }
            )
        }
    };
    Err(Error::NeedsProfile {
        path: path.to_owned(),
        why,
    })
}

/// The habit of all dates of the book together, in the order of its rows.
pub(super) fn dates(sheets: &[Sheet], maps: &[SheetMap]) -> Option<HabitChoice> {
    let mut cells: Vec<&Cell> = Vec::new();
    for (sheet, map) in sheets.iter().zip(maps) {
        let columns: Vec<usize> = map.of(Field::Date).collect();
        for row in sheet
            .rows
            .iter()
            .skip(map.header.map_or(0, |header| header + 1))
        {
            cells.extend(columns.iter().filter_map(|&column| row.cell(column)));
        }
    }
    date::choose(&cells, likely_calendar(sheets, maps))
}

/// In a workbook that counts from 1904, numbers of date columns that lost their format are days from there.
pub(super) fn count_days(sheets: &mut [Sheet], maps: &[SheetMap]) {
    for (sheet, map) in sheets.iter_mut().zip(maps) {
        if sheet.epoch != Some(Epoch::Y1904) {
            continue;
        }
        let columns: Vec<usize> = [Field::Date, Field::DateAlt, Field::PaidAt]
            .into_iter()
            .flat_map(|field| map.of(field))
            .collect();
        for row in &mut sheet.rows {
            for &column in &columns {
                if let Some(cell) = row.cells.get_mut(column)
                    && cell.kind == CellKind::Number
                    && let Some(date) = date::serial(&cell.text, Epoch::Y1904)
                    && date::is_usual(date)
                {
                    cell.kind = CellKind::Date(date);
                }
            }
        }
    }
}

/// The calendar that goes with the language of the headers.
fn likely_calendar(sheets: &[Sheet], maps: &[SheetMap]) -> Calendar {
    let persian = sheets.iter().zip(maps).any(|(sheet, map)| {
        map.header.is_some_and(|header| {
            let headers: Vec<&str> = sheet.rows[header]
                .cells
                .iter()
                .map(|cell| &*cell.text)
                .collect();
            crate::table::header::language_of(&headers).is_some_and(|language| {
                matches!(lexicon().languages[language].as_ref(), "fa" | "ps")
            })
        })
    });
    if persian {
        Calendar::Solar
    } else {
        Calendar::Gregorian
    }
}

pub(super) fn date_habit(
    profile: &mut Profile,
    dates: Option<&HabitChoice>,
    assumptions: &mut Vec<String>,
) -> Result<DateHabit, Error> {
    let proposed = profile.book.calendar.is_none() || profile.book.date_order.is_none();
    let habit = profile.date_habit(dates.map(|choice| choice.habit))?;
    let Some(habit) = habit else {
        return Ok(DateHabit {
            calendar: Calendar::Gregorian,
            order: Order::Ymd,
        });
    };
    if proposed {
        profile.book.calendar = Some(habit.calendar.as_str().to_owned());
        profile.book.date_order = Some(habit.order.as_str().to_owned());
        assumptions.push(format!(
            "dates are {} in the order {}, by their content",
            habit.calendar.as_str(),
            habit.order.as_str()
        ));
    }
    Ok(habit)
}

/// The unit of amounts beside which no currency stands.
pub(super) fn base(
    profile: &mut Profile,
    sheets: &[Sheet],
    maps: &[SheetMap],
    assumptions: &mut Vec<String>,
) -> Result<Unit, Error> {
    if let Some(code) = &profile.book.base_currency {
        return currency(code);
    }
    // The currency that the book names most; where it names none, its title may.
    let mut named: BTreeMap<Box<str>, usize> = BTreeMap::new();
    for (sheet, map) in sheets.iter().zip(maps) {
        for field in [Field::Currency, Field::CurrencyIn] {
            for column in map.of(field) {
                for row in &sheet.rows {
                    if let Some(code) = row
                        .cell(column)
                        .and_then(|cell| lexicon().currencies.exact(cell.trimmed()))
                    {
                        *named.entry(code).or_default() += 1;
                    }
                }
            }
        }
    }
    if named.is_empty() {
        for (sheet, map) in sheets.iter().zip(maps) {
            for row in &sheet.rows[..map.header.unwrap_or(0)] {
                for cell in &row.cells {
                    if let Some((code, ..)) = lexicon().currencies.longest_in(&words(&cell.text)) {
                        *named.entry(code).or_default() += 1;
                    }
                }
            }
        }
    }
    let most = named
        .into_iter()
        .max_by_key(|(code, n)| (*n, std::cmp::Reverse(code.clone())));
    if let Some((code, _)) = most {
        assumptions.push(format!(
            "amounts beside which no currency stands are {code}"
        ));
        profile.book.base_currency = Some(code.to_string());
        return currency(&code);
    }
    let unnamed = maps.iter().any(|map| {
        map.columns
            .iter()
            .any(|column| column.unit.is_none() && column.field.is_some_and(Field::is_money))
    });
    if unnamed {
        assumptions.push(
            "no currency is named: amounts are in a unit of the book with 2 decimal places"
                .to_owned(),
        );
    }
    Ok(Unit {
        asset: Asset::new(AssetKey::Listed("unit".into())).with_decimals(2),
        factor: 1,
    })
}

/// How many digits of each kind the book is written in.
pub(crate) fn digit_counts(sheets: &[Sheet]) -> [(&'static str, u64); 3] {
    let (mut latin, mut arabic, mut persian) = (0_u64, 0_u64, 0_u64);
    for cell in sheets
        .iter()
        .flat_map(|sheet| &sheet.rows)
        .flat_map(|row| &row.cells)
    {
        for c in cell.text.chars().filter(|&c| digit(c).is_some()) {
            match c {
                '٠'..='٩' => arabic += 1,
                '۰'..='۹' => persian += 1,
                _ => latin += 1,
            }
        }
    }
    [("latin", latin), ("arabic", arabic), ("persian", persian)]
}

/// The digits that the book is written in.
pub(super) fn digits(sheets: &[Sheet]) -> Option<String> {
    let counts = digit_counts(sheets);
    let all: u64 = counts.iter().map(|count| count.1).sum();
    let most = counts.iter().find(|count| count.1 * 10 > all * 9);
    (all > 0).then(|| most.map_or("mixed", |most| most.0).to_owned())
}

/// Spellings of hawaladars that differ in case, spaces or variants of letters only, to the most
/// frequent of them.
pub(super) fn spellings(sheets: &[Sheet], maps: &[SheetMap]) -> BTreeMap<String, String> {
    let mut groups: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for (sheet, map) in sheets.iter().zip(maps) {
        for column in map.of(Field::Counterpart) {
            for row in sheet
                .rows
                .iter()
                .skip(map.header.map_or(0, |header| header + 1))
            {
                let Some(cell) = row.cell(column) else {
                    continue;
                };
                let spellings = groups.entry(joined(&cell.text)).or_default();
                match spellings
                    .iter_mut()
                    .find(|(text, _)| *text == cell.trimmed())
                {
                    Some((_, n)) => *n += 1,
                    None => spellings.push((cell.trimmed().to_owned(), 1)),
                }
            }
        }
    }
    let mut aliases = BTreeMap::new();
    for spellings in groups.into_values().filter(|spellings| spellings.len() > 1) {
        let most = spellings
            .iter()
            .max_by_key(|(text, n)| (*n, std::cmp::Reverse(text)))
            .map_or(String::new(), |(text, _)| text.clone());
        for (text, _) in spellings {
            if text != most {
                aliases.insert(text, most.clone());
            }
        }
    }
    aliases
}
