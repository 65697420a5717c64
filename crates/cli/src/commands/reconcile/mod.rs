//! `reconcile`: the orders of two or more books against each other.

pub(crate) mod books;
mod say;

use crate::args::ReconcileArgs;
use crate::error::{Error, Verdict};
use crate::memory;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use books::Books;
use moneytrail_analysis::reconcile::{Options, classify, reconcile as matched};
use moneytrail_model::Locator;
use moneytrail_store::Case;
use std::collections::BTreeMap;

/// Keepers of the books of a case, and whom each book means by a name.
#[derive(Debug, Default)]
pub(super) struct Meant {
    /// Folded; a keeper's number is his position.
    pub(super) keepers: Vec<String>,
    /// By keeper of the book and folded name: spelled alike, or the one whose book holds the other side of most orders that bear it.
    pub(super) by_name: BTreeMap<(u32, String), u32>,
}

/// Learns from the orders of books whom they mean by names such as places.
pub(super) fn meant(shelf: &Shelf) -> Meant {
    let mut books = books::of(shelf);
    if books.keepers.len() > 1 {
        let found = matched(&books.orders, &Options::default());
        books.learn(&found);
    }
    let named = books.orders.iter().zip(books.colleagues);
    let by_name = named.filter_map(|(order, name)| Some(((order.book, name), order.other_book?)));
    Meant {
        by_name: by_name.filter(|of| !of.0.1.is_empty()).collect(),
        keepers: books.keepers,
    }
}

/// Where books disagree, as one that is asked without options finds it.
pub(crate) struct Disagreement {
    /// Word of its kind in JSON.
    pub(crate) word: &'static str,
    pub(crate) says: &'static str,
    /// Exhibit and place of each row.
    pub(crate) rows: Vec<(u32, Locator)>,
}

/// All disagreements of the books of a case, by kind; none of fewer than two keepers.
pub(crate) fn disagreements(shelf: &Shelf) -> Vec<Disagreement> {
    if shelf.keepers.len() < 2 {
        return Vec::new();
    }
    let options = Options::default();
    let mut books = books::of(shelf);
    let found = books.matched(&options);
    let mut differences = classify(&books.orders, &found, &options).differences;
    differences.sort_by_key(|difference| difference.kind);
    let all = differences.iter().filter_map(|difference| {
        let (word, says, is_disagreement) = say::words(difference.kind);
        let rows = difference.orders.iter();
        let rows = rows.map(|&order| (books.exhibits[order], books.places[order].clone()));
        is_disagreement.then(|| Disagreement {
            word,
            says,
            rows: rows.collect(),
        })
    });
    all.collect()
}

pub(crate) fn reconcile(args: &ReconcileArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = options(args)?;
    let case = memory::within(Case::open(&args.case)?, shell.memory())?;
    let bar = shell.bar("read the books", 0);
    let shelf = shelf::read(&case)?;
    drop(bar);
    shelf.at_least(2, "the case has fewer than two books with a keeper")?;
    let bar = shell.bar("match orders", 0);
    let mut books = books::of(&shelf);
    let found = books.matched(&options);
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
