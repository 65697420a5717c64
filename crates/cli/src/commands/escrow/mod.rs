//! `escrow`: money held under a code, what was released of it, and what is held now.

mod args;
pub(crate) mod lines;
mod say;

pub(crate) use args::EscrowArgs;

use super::reconcile::books;
use crate::error::{Error, Verdict};
use crate::progress::Total;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use lines::Lines;
use moneytrail_analysis::escrow::{Escrows, Options, escrows, escrows_watched};
use moneytrail_analysis::reconcile;
use moneytrail_store::Case;
use serde_json::Value;
use std::collections::BTreeMap;

/// Payout rows of colleagues by the row of the order that they answer.
type Payouts = BTreeMap<String, String>;

pub(crate) fn escrow(args: &EscrowArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = Options {
        name_similarity_permille: args.name_similarity,
        code_days_max: args.code_days,
        quiet_days: args.quiet_days,
        lone_gap_days: args.lone_gap,
    };
    let case = Case::open(&args.case)?;
    let bar = shell.work("read the books", Total::Unknown);
    let shelf = shelf::read_watched(&case, &bar)?;
    let lines = lines::of(&shelf, options.lone_gap_days);
    drop(bar);
    shelf.at_least(1, "the case has no book with a keeper")?;
    let bar = shell.work("join releases", Total::Unknown);
    let found = escrows_watched(&lines.all, &lines.courses, &options, &bar)?;
    drop(bar);
    let payouts = payouts(&shelf, &lines, &found, shell)?;
    let run = say::Run {
        lines: &lines,
        options: &options,
        found: &found,
        payouts: &payouts,
    };
    run.table(args.why, shell);
    shell.json(&run.json())?;
    Ok(Verdict::Done)
}

/// What is held, and which releases stopped, in a few lines: of one exhibit, or of all. The thresholds are those that `escrow` begins
/// with.
pub(crate) fn brief(shelf: &Shelf, exhibit: Option<u32>, shell: &Shell) -> Value {
    let options = Options::default();
    let lines = lines::of(shelf, options.lone_gap_days);
    let mut found = escrows(&lines.all, &lines.courses, &options);
    let is_wanted = |line: usize| exhibit.is_none_or(|number| lines.exhibits[line] == number);
    found.chains.retain(|chain| is_wanted(chain.deposit));
    found.loose.retain(|of| is_wanted(of.0));
    for of in &mut found.alone {
        of.deposits.retain(|&line| is_wanted(line));
    }
    found.alone.retain(|of| !of.deposits.is_empty());
    let run = say::Run {
        lines: &lines,
        options: &options,
        found: &found,
        payouts: &Payouts::new(),
    };
    run.brief(shell)
}

/// What colleagues' books say of orders that were paid out of deposits. Nothing is matched where nothing could be.
fn payouts(shelf: &Shelf, lines: &Lines, found: &Escrows, shell: &Shell) -> Result<Payouts, Error> {
    let has_orders = found
        .chains
        .iter()
        .flat_map(|chain| &chain.releases)
        .any(|of| lines.all[of.line].kind == moneytrail_analysis::escrow::Kind::Order);
    if lines.keepers.len() < 2 || !has_orders {
        return Ok(Payouts::new());
    }
    let bar = shell.work("match orders", Total::Unknown);
    let options = reconcile::Options::default();
    let mut books = books::of(shelf);
    let matched = books.matched(&options, &bar)?;
    drop(bar);
    let sure = matched
        .matches
        .iter()
        .filter(|pair| pair.posterior >= options.match_posterior);
    let place = |order: usize| books.places[order].to_string();
    Ok(sure
        .map(|pair| (place(pair.sent), place(pair.received)))
        .collect())
}
