//! Days of the Gregorian calendar, and ISO 8601 text.
//!
//! Law: a date that does not exist is no date; nothing is rolled over into the next month.

use moneytrail_model::{Instant, Precision};

const DAY_SECONDS: i64 = 86_400;

/// Days since 1970-01-01 of a proleptic Gregorian date, `None` if there is no such date or its year
/// is not between 1 and 9999.
pub(crate) fn days_of(year: i32, month: u8, day: u8) -> Option<i64> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    if day > days_in_month(year, month) {
        return None;
    }
    // Years begin in March, so that the leap day is the last of its year.
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads `2024-05-04`, `2024/05/04 09:12`, `2024-05-04T09:12:30.25Z`, `…+02:00`; without a zone the
/// time is taken as UTC. The precision is that of the text.
pub(crate) fn parse_iso(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let separator = *bytes.get(4)?;
    if !matches!(separator, b'-' | b'/') || *bytes.get(7)? != separator {
        return None;
    }
    let year = i32::try_from(digits(bytes.get(0..4)?)?).ok()?;
    let month = u8::try_from(digits(bytes.get(5..7)?)?).ok()?;
    let day = u8::try_from(digits(bytes.get(8..10)?)?).ok()?;
    let midnight = days_of(year, month, day)? * DAY_SECONDS;
    let rest = &bytes[10..];
    if rest.is_empty() {
        return Some(Instant::new(midnight, Precision::Day));
    }
    if !matches!(rest[0], b'T' | b't' | b' ') {
        return None;
    }
    let (clock, offset) = split_zone(&rest[1..])?;
    let (seconds, precision) = parse_clock(clock)?;
    Some(Instant::new(midnight + seconds - offset, precision))
}

/// Reads `09:12`, `09:12:30` or `09:12:30.25`: seconds since midnight and their precision.
pub(crate) fn parse_clock(clock: &[u8]) -> Option<(i64, Precision)> {
    let mut parts = clock.split(|&byte| byte == b':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let (second, precision) = match parts.next() {
        None => (0, Precision::Minute),
        Some(part) => {
            let whole = part.split(|&byte| byte == b'.' || byte == b',').next()?;
            (digits(whole)?, Precision::Second)
        }
    };
    let valid = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    valid.then_some((hour * 3600 + minute * 60 + second, precision))
}

/// Parts the clock from its zone; the offset is in seconds east of Greenwich.
fn split_zone(text: &[u8]) -> Option<(&[u8], i64)> {
    if let [clock @ .., b'Z' | b'z'] = text {
        return Some((clock, 0));
    }
    let Some(at) = text.iter().position(|&byte| matches!(byte, b'+' | b'-')) else {
        return Some((text, 0));
    };
    let zone = &text[at + 1..];
    let (hours, minutes) = match zone.len() {
        2 => (digits(zone)?, 0),
        4 => (digits(&zone[..2])?, digits(&zone[2..])?),
        5 if zone[2] == b':' => (digits(&zone[..2])?, digits(&zone[3..])?),
        _ => return None,
    };
    let offset = hours * 3600 + minutes * 60;
    let offset = if text[at] == b'-' { -offset } else { offset };
    (hours < 24 && minutes < 60).then_some((text[..at].trim_ascii_end(), offset))
}

/// A number of one to nine ASCII digits and nothing else.
fn digits(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() || bytes.len() > 9 {
        return None;
    }
    bytes.iter().try_fold(0_i64, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_the_text_says_and_no_more() {
        for (text, printed) in [
            ("2024-05-04", "2024-05-04"),
            ("2024/05/04 09:12", "2024-05-04 09:12"),
            ("2024-05-04T09:12:30Z", "2024-05-04 09:12:30"),
            ("2024-05-04T09:12:30.999+02:00", "2024-05-04 07:12:30"),
            ("2024-05-04 00:30:00-0130", "2024-05-04 02:00:00"),
        ] {
            assert_eq!(parse_iso(text).unwrap().to_string(), printed, "{text}");
        }
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-05-04T24:00",
            "2024-5-4",
            "2024-05-04x",
            "",
            "0000-01-01",
        ] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_agree_with_jiff(year in 1_i16..=9999, month in 0_i8..=13, day in 0_i8..=32) {
            let oracle = jiff::civil::Date::new(year, month, day).ok().map(|date| {
                let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
                zoned.timestamp().as_second() / DAY_SECONDS
            });
            let ours = days_of(i32::from(year), u8::try_from(month).unwrap(), u8::try_from(day).unwrap());
            prop_assert_eq!(ours, oracle);
        }

        #[test]
        fn garbage_never_panics(text in "\\PC{0,30}") {
            let _ = parse_iso(&text);
        }
    }
}
