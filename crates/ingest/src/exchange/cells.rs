//! Cells of a row: text, exact numbers, times.

use super::header::{Column, Head};
use crate::Error;
use crate::table::civil;
use crate::table::number::{NumberHabit, read_text};
use crate::table::profile::Profile;
use crate::table::sheet::Row;
use jiff::tz::TimeZone;
use moneytrail_model::Instant;

/// Characters of a number.
const NUMBER_LEN_MAX: usize = 80;
/// Decimal places of a number.
pub(super) const PLACES_MAX: usize = 30;
/// Largest exponent of a number in scientific notation.
const EXPONENT_MAX: usize = 38;

/// An exact decimal number: plain text without a sign, and the sign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Number {
    pub(super) negative: bool,
    pub(super) text: String,
}

impl Number {
    pub(super) fn is_zero(&self) -> bool {
        !self.text.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
    }

    /// Decimal places that are not zeros at the end.
    pub(super) fn n_places(&self) -> usize {
        let places = self.text.split_once('.').map_or("", |parts| parts.1);
        places.trim_end_matches('0').len()
    }

    #[must_use]
    pub(super) fn negated(self, negative: bool) -> Self {
        Self { negative, ..self }
    }
}

/// Reads a number: `1,234.50`, `-0.5`, `$20.00`, `1E-8`. A currency beside it must be one of those that the row names.
pub(super) fn number(text: &str, decimal: char, own: &[&str]) -> Result<Number, String> {
    let text = text.trim();
    let wrong = || {
        format!(
            "`{}` is no number",
            text.chars().take(40).collect::<String>()
        )
    };
    if text.len() > NUMBER_LEN_MAX {
        return Err(wrong());
    }
    let exponent = text
        .find(['e', 'E'])
        .filter(|&at| at > 0 && text.as_bytes()[at - 1].is_ascii_digit());
    let read = if let Some(at) = exponent {
        scientific(&text[..at], &text[at + 1..])
    } else {
        let read = read_text(text, NumberHabit { decimal });
        let beside = read.as_ref().and_then(|read| read.currency.as_deref());
        let is_own = |beside: &str| own.iter().any(|own| own.eq_ignore_ascii_case(beside));
        if let Some(other) = beside.filter(|beside| !is_own(beside)) {
            return Err(format!(
                "`{}` is in {other}, which is not what the row names",
                text.chars().take(40).collect::<String>()
            ));
        }
        read.map(|read| Number {
            negative: read.negative,
            text: read.text,
        })
    };
    let read = read.ok_or_else(wrong)?;
    if read.n_places() > PLACES_MAX {
        return Err(format!(
            "{} has more than {PLACES_MAX} decimal places",
            wrong()
        ));
    }
    Ok(read)
}

/// `1.5` and `-7` as 0.00000015, by moving the point.
fn scientific(mantissa: &str, exponent: &str) -> Option<Number> {
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let (is_down, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    let places: usize = exponent
        .parse()
        .ok()
        .filter(|&places| places <= EXPONENT_MAX)?;
    let text = if is_down {
        let padded = format!("{}{whole}", "0".repeat(places));
        let (whole, moved) = padded.split_at(padded.len() - places);
        format!(
            "{}.{moved}{fraction}",
            if whole.is_empty() { "0" } else { whole }
        )
    } else {
        let padded = format!(
            "{fraction}{}",
            "0".repeat(places.saturating_sub(fraction.len()))
        );
        let (moved, fraction) = padded.split_at(places);
        format!("{whole}{moved}.{fraction}0")
    };
    Some(Number { negative, text })
}

/// The zone of the times of a file.
pub(super) enum Zone {
    /// Seconds east of Greenwich.
    Fixed(i64),
    Named(TimeZone),
}

impl Zone {
    /// The header's (`Date(UTC+8)`), else the profile's, else that of the preamble, else UTC, which is said where
    /// nothing documents it.
    pub(super) fn of(
        head: &Head,
        profile: &Profile,
        assumptions: &mut Vec<String>,
    ) -> Result<Self, Error> {
        use super::header::Layout;
        let written = head
            .column(Column::Time)
            .map_or("", |at| head.written[at].as_str());
        if let Some(zone) = Self::stated(written, profile)? {
            return Ok(zone);
        }
        // A line that speaks of zones, before one that tells when the file was made.
        let speaks = |line: &&str| {
            let line = line.to_ascii_lowercase();
            line.contains("time zone") || line.contains("timezone")
        };
        let spoken = head.preamble.lines().filter(speaks).find_map(utc_offset);
        let told = || head.preamble.lines().find_map(utc_offset);
        if let Some(seconds) = spoken.or_else(told) {
            return Ok(Self::Fixed(seconds));
        }
        if !matches!(head.layout, Layout::Kraken | Layout::Coinbase) {
            assumptions.push(format!(
                "times in column `{written}` name no zone and are taken as UTC (time_zone in a profile states another)"
            ));
        }
        Ok(Self::Fixed(0))
    }

    /// The zone that a header (`Time(UTC+8)`) or the profile states.
    pub(super) fn stated(header: &str, profile: &Profile) -> Result<Option<Self>, Error> {
        if let Some(seconds) = utc_offset(header) {
            return Ok(Some(Self::Fixed(seconds)));
        }
        match profile.book.time_zone {
            Some(_) => Ok(Some(Self::Named(profile.time_zone()?))),
            None => Ok(None),
        }
    }

    pub(super) fn offset(&self, local: i64) -> i64 {
        match self {
            Self::Fixed(seconds) => *seconds,
            Self::Named(zone) => jiff::Timestamp::from_second(local).map_or(0, |at| {
                let naive = TimeZone::UTC.to_datetime(at);
                let zoned = naive.to_zoned(zone.clone());
                zoned.map_or(0, |zoned| i64::from(zoned.offset().seconds()))
            }),
        }
    }
}

/// The offset in `Date(UTC+8)`, `UTC_Time`, `UTC-03:30`, in seconds.
fn utc_offset(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let at = upper.find("UTC")?;
    let rest = upper[at + 3..].trim_start();
    let mut behind = rest.chars();
    let sign = match behind.next() {
        Some('+') => 1,
        Some('-' | '−' | '–') => -1,
        None | Some(')' | '_' | ']' | ',' | 'A'..='Z') => return Some(0),
        Some(_) => return None,
    };
    let digits: String = behind
        .as_str()
        .trim_start()
        .chars()
        .take_while(|sign| sign.is_ascii_digit() || *sign == ':')
        .collect();
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at(2),
        None => (&*digits, "0"),
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// The cells of a row.
pub(super) struct Cells<'a> {
    pub(super) head: &'a Head,
    pub(super) row: &'a Row,
    zone: &'a Zone,
    decimal: char,
}

impl<'a> Cells<'a> {
    pub(super) const fn new(head: &'a Head, row: &'a Row, zone: &'a Zone, decimal: char) -> Self {
        Self {
            head,
            row,
            zone,
            decimal,
        }
    }

    /// The text of a column, empty where the row or the file has none.
    pub(super) fn text(&self, column: Column) -> &'a str {
        let cell = self.head.column(column).and_then(|at| self.row.cell(at));
        let text = cell.map_or("", |cell| cell.trimmed());
        if matches!(text, "-" | "--" | "N/A" | "n/a") {
            ""
        } else {
            text
        }
    }

    /// The number in a column; `None` if it is empty.
    pub(super) fn number_or_none(&self, column: Column) -> Result<Option<Number>, String> {
        match self.text(column) {
            "" => Ok(None),
            text => self.read(text).map(Some),
        }
    }

    pub(super) fn number(&self, column: Column, what: &str) -> Result<Number, String> {
        self.number_or_none(column)?
            .ok_or_else(|| format!("no {what}"))
    }

    pub(super) fn read(&self, text: &str) -> Result<Number, String> {
        let own = [Column::Coin, Column::PriceCurrency].map(|column| self.text(column));
        number(text, self.decimal, &own)
    }

    /// The symbol of an asset: capitals.
    pub(super) fn coin(&self) -> Result<Box<str>, String> {
        symbol(self.text(Column::Coin))
    }

    /// The time: `2023-05-01 10:20:30`, `23-05-01 10:20:30`, with `Z`, `UTC` or an offset of its own, or without.
    pub(super) fn time(&self) -> Result<Instant, String> {
        let text = self.text(Column::Time);
        let wrong = || format!("`{}` is no time", text.chars().take(40).collect::<String>());
        let (bare, is_utc) = match text.strip_suffix("UTC") {
            Some(rest) => (rest.trim_end(), true),
            None => (text, false),
        };
        let is_short = bare.as_bytes().get(2) == Some(&b'-');
        let whole = if is_short {
            format!("20{bare}")
        } else {
            bare.to_owned()
        };
        let read = civil::parse_iso(&whole).ok_or_else(wrong)?;
        let clock = whole.get(10..).unwrap_or_default();
        if is_utc || clock.contains(['Z', 'z', '+', '-']) {
            return Ok(read);
        }
        let local = read.named_second();
        Ok(Instant::new(
            local - self.zone.offset(local),
            read.precision(),
        ))
    }
}

/// A symbol that can stand for an asset.
pub(super) fn symbol(text: &str) -> Result<Box<str>, String> {
    let is_symbol = (1..=32).contains(&text.len())
        && text
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '_' | '-' | '$'));
    if !is_symbol {
        return Err(format!(
            "`{}` is no symbol of an asset",
            text.chars().take(40).collect::<String>()
        ));
    }
    Ok(text.to_ascii_uppercase().into())
}
