//! Parameters of the rules from a file.

use crate::error::Error;
use moneytrail_analysis::patterns::{Options, Threshold};
use serde::Deserialize;
use std::path::Path;

/// The file: a table for each rule, every key optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    peers_permille: Option<u32>,
    fan: Fan,
    gather_scatter: Gather,
    scatter_gather: Scatter,
    cycle: Cycle,
    pass_through: Pass,
    structuring: Structuring,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fan {
    k: Option<u32>,
    window_hours: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Gather {
    k: Option<u32>,
    window_hours: Option<u32>,
    out_in_permille: Option<[u32; 2]>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Scatter {
    k: Option<u32>,
    window_hours: Option<u32>,
    hub: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Cycle {
    transfers: Option<[u32; 2]>,
    window_hours: Option<u32>,
    smallest_largest_permille: Option<u32>,
    steps_of_search: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Pass {
    out_in_permille: Option<u32>,
    chain_hours: Option<u32>,
    cash_hours: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Structuring {
    n: Option<u32>,
    window_hours: Option<u32>,
    from_permille: Option<u32>,
    /// As `"10000 EUR"`.
    thresholds: Option<Vec<String>>,
}

/// Longest cycle that may be asked for: each transfer more multiplies the search.
const N_CYCLE_MAX: u32 = 12;

/// Reads a file; without one, the defaults.
pub(super) fn read(path: Option<&Path>) -> Result<Options, Error> {
    let Some(path) = path else {
        return Ok(Options::default());
    };
    let text = fs_err::read_to_string(path)?;
    parse(&text).map_err(|why| Error::usage(format!("{}: {why}", path.display())))
}

/// A parameter that the file gives.
fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn parse(text: &str) -> Result<Options, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut options = Options::default();
    let seconds = |hours: Option<u32>| hours.map(|hours| i64::from(hours) * 3_600);
    set(&mut options.peers_permille, file.peers_permille);
    set(&mut options.fan_n_min, file.fan.k);
    set(&mut options.fan_seconds, seconds(file.fan.window_hours));
    let gather = file.gather_scatter;
    set(&mut options.gather_n_min, gather.k);
    set(&mut options.gather_seconds, seconds(gather.window_hours));
    set(
        &mut options.gather_permille,
        gather.out_in_permille.map(Into::into),
    );
    let scatter = file.scatter_gather;
    set(&mut options.scatter_n_min, scatter.k);
    set(&mut options.scatter_seconds, seconds(scatter.window_hours));
    set(&mut options.scatter_hub, scatter.hub);
    let cycle = file.cycle;
    set(&mut options.cycle_steps, cycle.transfers.map(Into::into));
    set(&mut options.cycle_seconds, seconds(cycle.window_hours));
    set(&mut options.cycle_permille, cycle.smallest_largest_permille);
    set(&mut options.cycle_walked_max, cycle.steps_of_search);
    let pass = file.pass_through;
    set(&mut options.pass_permille, pass.out_in_permille);
    set(&mut options.pass_chain_seconds, seconds(pass.chain_hours));
    set(&mut options.pass_cash_seconds, seconds(pass.cash_hours));
    let structuring = file.structuring;
    set(&mut options.structuring_n_min, structuring.n);
    set(
        &mut options.structuring_seconds,
        seconds(structuring.window_hours),
    );
    set(&mut options.structuring_permille, structuring.from_permille);
    if let Some(thresholds) = structuring.thresholds {
        let thresholds = thresholds.iter().map(|text| threshold(text));
        options.thresholds = thresholds.collect::<Result<_, _>>()?;
    }
    check(&options)?;
    Ok(options)
}

fn threshold(text: &str) -> Result<Threshold, String> {
    let parts = text.split_once(' ');
    let parts = parts.and_then(|(whole, currency)| Some((whole.parse().ok()?, currency)));
    let (whole, currency) =
        parts.ok_or_else(|| format!("threshold `{text}` is not written as `10000 EUR`"))?;
    Ok(Threshold {
        currency: currency.to_owned(),
        whole,
    })
}

fn check(options: &Options) -> Result<(), String> {
    let (fewest, most) = options.cycle_steps;
    if !(2..=most).contains(&fewest) || most > N_CYCLE_MAX {
        return Err(format!(
            "a cycle has from 2 to {N_CYCLE_MAX} transfers, the fewest first"
        ));
    }
    if options.gather_permille.0 > options.gather_permille.1 {
        return Err("the least of out/in stands first".into());
    }
    let shares = [
        options.peers_permille,
        options.cycle_permille,
        options.pass_permille,
        options.structuring_permille,
    ];
    if shares.iter().any(|share| !(1..=1000).contains(share)) {
        return Err("a share in thousandths is from 1 to 1000".into());
    }
    let least = [
        options.fan_n_min,
        options.gather_n_min,
        options.scatter_n_min,
        options.structuring_n_min,
    ];
    if least.iter().any(|&n| n < 2) {
        return Err("k is at least 2".into());
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_file_changes_what_it_names_and_no_more() {
        assert_eq!(parse("").unwrap(), Options::default());
        let text = "peers-permille = 950\n[fan]\nk = 7\nwindow_hours = 48\n[cycle]\ntransfers = [2, 4]\n\
                    [structuring]\nthresholds = [\"15000 CHF\"]\n";
        let options = parse(text).unwrap();
        assert_eq!(options.peers_permille, 950);
        assert_eq!((options.fan_n_min, options.fan_seconds), (7, 172_800));
        assert_eq!(options.cycle_steps, (2, 4));
        assert_eq!(options.thresholds[0].whole, 15_000);
        assert_eq!(options.gather_n_min, Options::default().gather_n_min);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "fun = 1",
            "[fan]\nk = 1",
            "[cycle]\ntransfers = [3, 40]",
            "[cycle]\ntransfers = [6, 3]",
            "[gather-scatter]\nout_in_permille = [900, 800]",
            "[pass-through]\nout_in_permille = 0",
            "[structuring]\nthresholds = [\"much\"]",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
