//! `escrow`: money held under a code, what was released of it, and what is held now.

mod args;
pub(crate) mod lines;
mod say;

pub(crate) use args::EscrowArgs;

use super::reconcile::books;
use crate::error::{Error, Verdict};
use crate::memory;
use crate::shell::Shell;
use lines::Lines;
use moneytrail_analysis::escrow::{Escrows, Options, escrows};
use moneytrail_analysis::reconcile;
use moneytrail_store::Case;
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
    let bar = shell.bar("read the books", 0);
    let lines = lines::read(&case)?;
    drop(bar);
    if lines.keepers.is_empty() {
        return Err(Error::usage("the case has no book with a keeper").hint(
            "take books in with `moneytrail add`; a profile names the keeper: [book] owner = \"NAME\"",
        ));
    }
    let found = escrows(&lines.all, &lines.ends, &options);
    let payouts = payouts(&case, &lines, &found, shell)?;
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

/// What colleagues' books say of orders that were paid out of deposits. Nothing is matched where nothing could be.
fn payouts(case: &Case, lines: &Lines, found: &Escrows, shell: &Shell) -> Result<Payouts, Error> {
    let has_orders = found
        .chains
        .iter()
        .flat_map(|chain| &chain.releases)
        .any(|of| lines.all[of.line].kind == moneytrail_analysis::escrow::Kind::Order);
    if lines.keepers.len() < 2 || !has_orders {
        return Ok(Payouts::new());
    }
    let bar = shell.bar("match orders", 0);
    let options = reconcile::Options::default();
    let mut books = books::read(case)?;
    let mut matched = reconcile::reconcile(&books.orders, &options);
    if books.learn(&matched) > 0 {
        matched = reconcile::reconcile(&books.orders, &options);
    }
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
