//! The command line of `timeline`.

use crate::error::Error;
use crate::follow::{Edge, Evidence, moment};
use crate::seed::{self, Found};
use clap::Args;
use moneytrail_model::{Instant, Precision};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct TimelineArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Only what these accounts took part in: addresses, names, tags, as in trace
    pub(super) accounts: Vec<String>,
    /// The moment: a date, 2024-06-30T12:00:00Z, or a transaction or locator, whose time it is
    #[arg(long, value_name = "WHEN")]
    pub(super) around: String,
    /// How long before and after: 90m, 12h, 7d, 2w
    #[arg(long, value_name = "LENGTH", default_value = "7d", value_parser = length)]
    pub(super) within: i64,
    /// Most events before, at and after that are listed for people, the nearest; the JSON has all
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(super) list: usize,
}

/// Reads a length of time in seconds.
fn length(text: &str) -> Result<i64, String> {
    const UNITS: [(&str, i64); 5] = [
        ("s", 1),
        ("m", 60),
        ("h", 3_600),
        ("d", 86_400),
        ("w", 604_800),
    ];
    let unusable = || format!("`{text}` is no length of time; write 90m, 12h, 7d or 2w");
    let found = UNITS.iter().find_map(|(unit, seconds)| {
        let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds)
    });
    found.filter(|seconds| *seconds >= 0).ok_or_else(unusable)
}

/// The moment that a text means.
pub(super) fn around(evidence: &Evidence, text: &str) -> Result<Instant, Error> {
    if let (Ok(first), Ok(last)) = (moment(text, Edge::First), moment(text, Edge::Last)) {
        let precision = if first == last {
            Precision::Second
        } else {
            Precision::Day
        };
        return Ok(Instant::new(first, precision));
    }
    let found = seed::find(&evidence.case, &evidence.graph, &evidence.tags, text);
    let found = found.map_err(|error| {
        if error.code == seed::NOT_FOUND {
            error.hint("or a moment: 2024-06-30, 2024-06-30T12:00:00Z")
        } else {
            error
        }
    })?;
    let times: Vec<Instant> = found
        .iter()
        .filter_map(|place| match place {
            Found::Event(event, _) => Some(evidence.graph.time(*event)),
            Found::Account(_) => None,
        })
        .collect();
    match times[..] {
        [time] if time != Instant::UNKNOWN => Ok(time),
        [_] => Err(Error::input(format!("the record does not say when `{text}` happened"))),
        _ => Err(Error::usage(format!("`{text}` is no moment"))
            .hint("write 2024-06-30, 2024-06-30T12:00:00Z, a transaction's id, or a locator such as book.xlsx!Sheet1!R12")),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_have_a_unit() {
        assert_eq!(length("7d"), Ok(7 * 86_400));
        assert_eq!(length("90m"), Ok(5_400));
        for wrong in [
            "",
            "7",
            "d",
            "-1d",
            "9999999999999999999d",
            "99999999999999999w",
            "1y",
        ] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
