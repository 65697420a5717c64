//! `escrow`: money held under a code, what was released of it, and what is held now.

mod args;
pub(crate) mod lines;
mod say;

pub(crate) use args::EscrowArgs;

use super::reconcile::books;
use crate::error::{Error, Verdict};
use crate::memory;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use lines::Lines;
use moneytrail_analysis::escrow::{Escrows, Options, escrows};
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
    };
    let case = memory::within(Case::open(&args.case)?, shell.memory())?;
    let bar = shell.spinner("read the books");
    let shelf = shelf::read(&case)?;
    let lines = lines::of(&shelf);
    drop(bar);
    shelf.at_least(1, "the case has no book with a keeper")?;
    let found = escrows(&lines.all, &lines.ends, &options);
    let payouts = payouts(&shelf, &lines, &found, shell);
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
    let (lines, options) = (lines::of(shelf), Options::default());
    let mut found = escrows(&lines.all, &lines.ends, &options);
    let is_wanted = |line: usize| exhibit.is_none_or(|number| lines.exhibits[line] == number);
    found.chains.retain(|chain| is_wanted(chain.deposit));
    found.loose.retain(|of| is_wanted(of.0));
    let run = say::Run {
        lines: &lines,
        options: &options,
        found: &found,
        payouts: &Payouts::new(),
    };
    run.brief(shell)
}

/// What colleagues' books say of orders that were paid out of deposits. Nothing is matched where nothing could be.
fn payouts(shelf: &Shelf, lines: &Lines, found: &Escrows, shell: &Shell) -> Payouts {
    let has_orders = found
        .chains
        .iter()
        .flat_map(|chain| &chain.releases)
        .any(|of| lines.all[of.line].kind == moneytrail_analysis::escrow::Kind::Order);
    if lines.keepers.len() < 2 || !has_orders {
        return Payouts::new();
    }
    let bar = shell.spinner("match orders");
    let options = reconcile::Options::default();
    let mut books = books::of(shelf);
    let matched = books.matched(&options);
    drop(bar);
    let sure = matched
        .matches
        .iter()
        .filter(|pair| pair.posterior >= options.match_posterior);
    let place = |order: usize| books.places[order].to_string();
    sure.map(|pair| (place(pair.sent), place(pair.received)))
        .collect()
}
