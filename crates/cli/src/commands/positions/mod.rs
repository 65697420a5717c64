//! `positions`: who owes whom, by currency, over time.
//!
//! Laws: a figure is of one currency, and follows from rows that it names; what two books say of one thing counts once where a claim
//! joins the two rows, and else twice and says so; what a rule concluded, and what somebody chose, is told apart from rows.

mod held;
mod page;
mod rows;
mod say;
mod stated;
mod worth;

use crate::commands::reconcile::Compared;
use crate::error::{Error, Verdict};
use crate::follow::{Edge, moment};
use crate::progress::Total;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use crate::{lists, memory};
use clap::Args;
use moneytrail_analysis::positions::{Positions, positions};
use moneytrail_store::Case;
use rows::Rows;
use std::path::PathBuf;
use worth::Worth;

#[derive(Debug, Args)]
pub(crate) struct PositionsArgs {
    /// The case
    case: PathBuf,
    /// Rows that may be later do not count
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// A page with a picture for each pair and currency, HTML
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// List every step with its rows
    #[arg(long)]
    steps: bool,
    /// Posterior probability from which two rows are one order, by `reconcile`
    #[arg(long, value_name = "P", default_value_t = 0.95, value_parser = crate::args::probability)]
    match_from: f64,
    /// Days between two rows of one payment
    #[arg(long, value_name = "DAYS", default_value_t = 4, value_parser = clap::value_parser!(i32).range(0..36500))]
    settle_days: i32,
    /// Every book by itself: no two rows are joined
    #[arg(long)]
    no_claims: bool,
    /// How many days before the end the rate of a worth may be
    #[arg(long, value_name = "N", default_value_t = 30)]
    rate_days: u16,
}

/// What was asked, as it is told.
struct Options {
    /// The last day that counts, and as it was written.
    as_of: Option<(i64, String)>,
    match_from: f64,
    settle_days: i32,
    has_claims: bool,
    rate_days: u16,
}

/// A result and what it is of.
struct Run<'a> {
    case: &'a Case,
    options: &'a Options,
    rows: &'a rows::Rows,
    found: &'a Positions,
    held: &'a [held::Held],
    stated: &'a [stated::Account],
    worth: &'a Worth,
}

/// What pairs owe each other, as a command that is asked without options finds it, of books that are compared.
pub(crate) fn courses(shelf: &Shelf, compared: &Compared) -> (Rows, Positions) {
    let options = Options {
        as_of: None,
        match_from: 0.95,
        settle_days: 4,
        has_claims: true,
        rate_days: 0,
    };
    let rows = rows::of_compared(shelf, compared, &options);
    let n_keepers = u32::try_from(shelf.keepers.len()).unwrap_or(u32::MAX);
    let found = positions(&rows.entries, &rows.same, n_keepers);
    (rows, found)
}

pub(crate) fn run(args: &PositionsArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = Options {
        as_of: args.as_of.as_deref().map(day).transpose()?,
        match_from: args.match_from,
        settle_days: args.settle_days,
        has_claims: !args.no_claims,
        rate_days: args.rate_days,
    };
    let case = memory::within(Case::open(&args.case)?, shell.memory())?;
    let bar = shell.work("read the books", Total::Unknown);
    let shelf = shelf::read_watched(&case, &bar)?;
    drop(bar);
    let bar = shell.work("match orders", Total::Unknown);
    let rows = rows::of(&shelf, &options, &bar)?;
    drop(bar);
    let n_keepers = u32::try_from(shelf.keepers.len()).unwrap_or(u32::MAX);
    let found = positions(&rows.entries, &rows.same, n_keepers);
    let held = held::of(&shelf, &options);
    let bar = shell.spinner("read what books state");
    let stated = stated::of(&case, &shelf, &rows, &found, &options)?;
    drop(bar);
    let worth = Worth {
        rates: lists::rates(&case)?,
        currency: case.info().base_currency.clone(),
        days_back: options.rate_days,
    };
    let run = Run {
        case: &case,
        options: &options,
        rows: &rows,
        found: &found,
        held: &held,
        stated: &stated,
        worth: &worth,
    };
    run.table(args.steps, shell);
    if let Some(path) = &args.output {
        let page = moneytrail_report::positions_to_html(&run.page());
        fs_err::write(path, page)?;
        shell.say_apart(format!("written: {}", path.display()));
    }
    shell.json(&run.json())?;
    Ok(Verdict::Done)
}

/// A date, as its last day.
fn day(text: &str) -> Result<(i64, String), Error> {
    let last = moment(text, Edge::Last)?;
    Ok((
        last.div_euclid(crate::figures::DAY_SECONDS),
        text.to_owned(),
    ))
}
