//! `reconcile`: the orders of two or more books against each other.

pub(crate) mod books;
mod say;

use crate::args::ReconcileArgs;
use crate::error::{Error, Verdict};
use crate::memory;
use crate::shell::Shell;
use books::Books;
use moneytrail_analysis::reconcile::{Options, classify, reconcile as matched};
use moneytrail_store::Case;

pub(crate) fn reconcile(args: &ReconcileArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = options(args)?;
    let case = memory::within(Case::open(&args.case)?, shell.memory())?;
    let bar = shell.bar("read the books", 0);
    let mut books = books::read(&case)?;
    drop(bar);
    if books.keepers.len() < 2 {
        return Err(Error::usage("the case has fewer than two books with a keeper")
            .hint("take books in with `moneytrail add`; a profile names the keeper: [book] owner = \"NAME\""));
    }
    let bar = shell.bar("match orders", 0);
    let mut found = matched(&books.orders, &options);
    if books.learn(&found) > 0 {
        found = matched(&books.orders, &options);
    }
    let classes = classify(&books.orders, &found, &options);
    drop(bar);
    let run = say::Run {
        books: &books,
        options: &options,
        found: &found,
        classes: &classes,
    };
    run.table(args.waterfall, shell);
    shell.json(&run.json())?;
    Ok(Verdict::Done)
}

fn options(args: &ReconcileArgs) -> Result<Options, Error> {
    let ascends = args.amount_percent.is_sorted_by(|a, b| a < b)
        && args.delay_days.is_sorted_by(|a, b| a < b);
    if !ascends {
        return Err(Error::usage("levels stand in ascending order, each once"));
    }
    if args.review_from > args.match_from {
        return Err(Error::usage("--review-from is above --match-from"));
    }
    Ok(Options {
        amount_percent: args.amount_percent.clone(),
        delay_days: args.delay_days.clone(),
        name_similarity_permille: args.name_similarity,
        match_posterior: args.match_from,
        review_posterior: args.review_from,
        n_samples: args.samples,
        seed: args.seed,
        block_pairs_max: args.block_pairs,
        rounds_max: args.rounds,
        group_max: args.parts,
        ..Options::default()
    })
}
