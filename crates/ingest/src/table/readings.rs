//! All plausible readings of a number or a date, where no book says which habit it has.

use super::date::{self, DateHabit, Order};
use super::lexicon::Calendar;
use super::number::{self, NumberHabit};

/// What a text says as a number, in any digits and grouping: plain decimal texts, each once, without sign and needless zeros.
///
/// ```
/// use moneytrail_ingest::table::number_readings;
///
/// assert_eq!(number_readings("۳٬۶۵۰"), ["3650"]);
/// assert_eq!(number_readings("1.200"), ["1.2", "1200"]);
/// assert!(number_readings("E12").is_empty());
/// ```
pub fn number_readings(text: &str) -> Vec<String> {
    if !text.chars().any(|c| super::text::digit(c).is_some()) {
        return Vec::new();
    }
    let habits = ['.', ','].map(|decimal| NumberHabit { decimal });
    let read = habits
        .into_iter()
        .filter_map(|habit| number::read_text(text, habit));
    let mut readings: Vec<String> = read.map(|number| plain(&number.text)).collect();
    readings.sort_unstable();
    readings.dedup();
    readings
}

/// Decimal text without zeros that change nothing.
fn plain(text: &str) -> String {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let part = part.trim_end_matches('0');
    if part.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{part}")
    }
}

/// Days since 1970 that a text may say, in three calendars and any order of parts, within 1995 to 2039; ascending, each once.
///
/// ```
/// use moneytrail_ingest::table::date_readings;
///
/// assert_eq!(date_readings("1401/02/26"), date_readings("2022-05-16"));
/// assert_eq!(date_readings("03/04/2022").len(), 2);
/// ```
pub fn date_readings(text: &str) -> Vec<i64> {
    let n_digits = text
        .chars()
        .filter(|&c| super::text::digit(c).is_some())
        .count();
    // A number alone is no date, but eight digits may be.
    let is_number = text.trim().chars().all(|c| super::text::digit(c).is_some());
    if !(3..=20).contains(&n_digits) || is_number && n_digits != 8 {
        return Vec::new();
    }
    let mut days = Vec::new();
    for calendar in [Calendar::Gregorian, Calendar::Solar, Calendar::Islamic] {
        for order in [Order::Ymd, Order::Dmy, Order::Mdy] {
            let read = date::read_text(text, DateHabit { calendar, order });
            days.extend(
                read.filter(|&date| date::is_usual(date))
                    .map(|date| date.days),
            );
        }
    }
    days.sort_unstable();
    days.dedup();
    days
}
