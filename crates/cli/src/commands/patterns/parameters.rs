//! Parameters of the rules from a file.

use super::fees::{Fee, FeeTable, shipped};
use crate::error::Error;
use moneytrail_analysis::patterns::books::BookOptions;
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
    block: Block,
    dense_flow: Dense,
    pass_through: Pass,
    structuring: Structuring,
    netting_imbalance: Netting,
    commission_outlier: Price,
    corridor: Corridor,
    token_match: Token,
    migrant_fee: Fee,
}

/// What all rules are asked with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Parameters {
    pub(super) movements: Options,
    pub(super) books: BookOptions,
    pub(super) fees: FeeTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Netting {
    days: Option<i32>,
    open_permille: Option<u32>,
    rows: Option<u32>,
    p_permille: Option<u32>,
    draws: Option<u32>,
    seed: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Price {
    quantile_permille: Option<u32>,
    others: Option<u32>,
    above_permille: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Corridor {
    months: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Token {
    days: Option<i32>,
    amount_permille: Option<u32>,
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

/// Of bipartite and of stack.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Block {
    k: Option<u32>,
    joined_permille: Option<u32>,
    window_hours: Option<u32>,
    hub: Option<u32>,
    layers: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Dense {
    lambda: Option<u32>,
    window_hours: Option<u32>,
    findings: Option<u32>,
    draws: Option<u32>,
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
pub(super) fn read(path: Option<&Path>) -> Result<Parameters, Error> {
    let Some(path) = path else {
        return parse("").map_err(Error::internal);
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

fn parse(text: &str) -> Result<Parameters, String> {
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
    let block = file.block;
    set(&mut options.block_n_min, block.k);
    set(&mut options.block_permille, block.joined_permille);
    set(&mut options.block_seconds, seconds(block.window_hours));
    set(&mut options.block_hub, block.hub);
    set(&mut options.stack_n_min, block.layers);
    set(&mut options.dense_lambda, file.dense_flow.lambda);
    set(
        &mut options.dense_seconds,
        seconds(file.dense_flow.window_hours),
    );
    set(&mut options.dense_n_max, file.dense_flow.findings);
    set(&mut options.dense_draws, file.dense_flow.draws);
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
    let mut books = BookOptions::default();
    let mut fees = shipped(&mut books)?;
    file.migrant_fee.put(&mut fees, &mut books)?;
    let netting = file.netting_imbalance;
    set(&mut books.imbalance_days, netting.days);
    set(&mut books.imbalance_permille, netting.open_permille);
    set(&mut books.imbalance_n_min, netting.rows);
    set(&mut books.change_permille, netting.p_permille);
    set(&mut books.draws.0, netting.draws);
    set(&mut books.draws.1, netting.seed);
    let price = file.commission_outlier;
    set(&mut books.price_permille, price.quantile_permille);
    set(&mut books.price_n_min, price.others);
    set(&mut books.price_excess_permille, price.above_permille);
    set(&mut books.corridor_months_min, file.corridor.months);
    set(&mut books.token_days, file.token_match.days);
    set(&mut books.token_permille, file.token_match.amount_permille);
    check_books(&books)?;
    Ok(Parameters {
        movements: options,
        books,
        fees,
    })
}

fn check_books(books: &BookOptions) -> Result<(), String> {
    let shares = [
        books.imbalance_permille,
        books.change_permille,
        books.price_permille,
    ];
    if shares.iter().any(|share| !(1..=1000).contains(share)) {
        return Err("a share in thousandths is from 1 to 1000".into());
    }
    if !(0..=36_500).contains(&books.imbalance_days) || !(0..=36_500).contains(&books.token_days) {
        return Err("days are from 0 to 36500".into());
    }
    if books.corridor_months_min < 4 || books.price_n_min < 1 || books.draws.0 > 99_999 {
        return Err(
            "a series has at least 4 months, a month at least 1 other order, and at most 99999 orders are drawn".into(),
        );
    }
    Ok(())
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
        options.block_permille,
    ];
    if shares.iter().any(|share| !(1..=1000).contains(share)) {
        return Err("a share in thousandths is from 1 to 1000".into());
    }
    let least = [
        options.fan_n_min,
        options.gather_n_min,
        options.scatter_n_min,
        options.structuring_n_min,
        options.block_n_min,
    ];
    if options.stack_n_min < 3 {
        return Err("a stack has at least 3 layers".into());
    }
    if options.dense_lambda > 1_000 || !(1..=100).contains(&options.dense_n_max) {
        return Err("lambda is at most 1000, and findings are from 1 to 100".into());
    }
    if options.dense_draws > 9_999 {
        return Err("at most 9999 records are dealt anew".into());
    }
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
        let defaults = parse("").unwrap();
        assert_eq!(defaults.movements, Options::default());
        assert_eq!(defaults.books, BookOptions::default());
        let text = "peers-permille = 950\n[fan]\nk = 7\nwindow_hours = 48\n[cycle]\ntransfers = [2, 4]\n\
                    [structuring]\nthresholds = [\"15000 CHF\"]\n[commission-outlier]\nothers = 30\n";
        let Parameters {
            movements: options,
            books,
            ..
        } = parse(text).unwrap();
        assert_eq!(books.price_n_min, 30);
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
            "[block]\nlayers = 2",
            "[dense-flow]\nfindings = 0",
            "[corridor]\nmonths = 3",
            "[netting-imbalance]\np_permille = 0",
            "[migrant-fee]\npayers = 1",
            "[structuring]\nthresholds = [\"much\"]",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
