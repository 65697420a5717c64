//! `reconcile`: the orders of two or more books against each other.

pub(crate) mod books;
mod say;
pub(crate) mod settle;

use crate::args::ReconcileArgs;
use crate::error::{Error, Verdict};
use crate::memory;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use books::Books;
use moneytrail_analysis::reconcile::{Beside, Options, classify, settled};
use moneytrail_store::Case;
use std::collections::BTreeMap;

/// Keepers of the books of a case, and whom each book means by a name.
#[derive(Debug, Default)]
pub(crate) struct Meant {
    /// Folded; a keeper's number is his position.
    pub(crate) keepers: Vec<String>,
    /// By keeper of the book and folded name: spelled alike, or the one whose book holds the other side of most orders that bear it.
    pub(crate) by_name: BTreeMap<(u32, String), u32>,
}

/// What the orders of all books say of other lines.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    /// Whom books mean by names such as places.
    pub(super) meant: Meant,
    /// Locators of the orders that a settlement discharges, by that of its line; of settlements that add up.
    pub(super) discharged: BTreeMap<String, Vec<String>>,
}

/// Learns from the orders of books whom they mean and what they settle.
pub(super) fn learnt(shelf: &Shelf) -> Learnt {
    let options = Options::default();
    let mut books = books::of(shelf);
    if books.keepers.len() < 2 {
        return Learnt {
            meant: books.meant(),
            ..Learnt::default()
        };
    }
    let found = books.matched(&options);
    let meant = books.meant();
    let settlements = settle::of(shelf, &books, &meant);
    let settled = settled(
        &books.orders,
        &settlements.values,
        &settlements.lines,
        &found,
        &options,
    );
    let mut discharged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for discharge in settled.discharges.iter().filter(|of| of.holds()) {
        let orders = discharge.orders.iter().map(|&order| &books.places[order]);
        let orders: Vec<String> = orders.map(ToString::to_string).collect();
        for &line in &discharge.lines {
            discharged.insert(settlements.places[line].to_string(), orders.clone());
        }
    }
    Learnt { meant, discharged }
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
    let settlements = settle::of(&shelf, &books, &books.meant());
    let settled = settled(
        &books.orders,
        &settlements.values,
        &settlements.lines,
        &found,
        &options,
    );
    let beside = Beside {
        other_days: std::mem::take(&mut books.other_days),
        standing: settled.standing.clone(),
    };
    let classes = classify(&books.orders, &beside, &found, &options);
    drop(bar);
    let run = say::Run {
        books: &books,
        options: &options,
        found: &found,
        classes: &classes,
        settlements: &settlements,
        settled: &settled,
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
        unusual_share: args.unusual_share,
        alias_matches: args.alias_matches,
        repeated_bits: args.repeated_bits,
        usual_delay_percent: args.usual_delay,
        lone_gap_days: args.lone_gap,
        rate_slack_permille: args.rate_slack,
        settled_percent: args.settled,
        ..Options::default()
    })
}
