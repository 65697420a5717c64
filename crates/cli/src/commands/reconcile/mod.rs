//! `reconcile`: the orders of two or more books against each other.

pub(crate) mod books;
mod decide;
mod say;
pub(crate) mod settle;
mod unseized;

use crate::args::ReconcileArgs;
use crate::error::{Error, Verdict};
use crate::progress::Total;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use books::Books;
pub(crate) use decide::DecideArgs;
use moneytrail_analysis::reconcile::{
    Beside, Classes, Options, Other, Reconciled, Settled, classify, keeper, settled,
};
use moneytrail_model::{Locator, Stop, Watch};
use moneytrail_store::Case;
use settle::Settlements;
use std::collections::BTreeMap;

/// Keepers of the books of a case, and whom each book means by a name.
#[derive(Debug, Default)]
pub(crate) struct Meant {
    /// Folded; a keeper's number is his position.
    pub(crate) keepers: Vec<String>,
    /// By keeper of the book and folded name: spelled alike, or the one whose book holds the other side of most orders that bear it.
    pub(crate) by_name: BTreeMap<(u32, String), u32>,
}

impl Meant {
    /// The keeper whom a book means by a folded name, who is not its own; none if he has no book.
    pub(crate) fn keeper(&self, book: u32, name: &str) -> Option<u32> {
        let keepers: Vec<&str> = self.keepers.iter().map(String::as_str).collect();
        let spelled = keeper(name, &keepers).and_then(|place| u32::try_from(place).ok());
        let spelled = spelled.filter(|&other| other != book);
        spelled.or_else(|| self.by_name.get(&(book, name.to_owned())).copied())
    }
}

/// The books of a case against each other.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) books: Books,
    pub(crate) found: Reconciled,
    pub(crate) meant: Meant,
    pub(crate) settlements: Settlements,
    pub(crate) settled: Settled,
    pub(crate) classes: Classes,
}

impl Compared {
    /// Matches orders, says what settlements discharge, and by that what unmatched orders mean. `watch` may have it end between these.
    pub(crate) fn of(shelf: &Shelf, options: &Options, watch: &dyn Watch) -> Result<Self, Stop> {
        Self::of_books(shelf, books::of(shelf), options, watch)
    }

    fn of_books(
        shelf: &Shelf,
        mut books: Books,
        options: &Options,
        watch: &dyn Watch,
    ) -> Result<Self, Stop> {
        let found = books.matched(options, watch)?;
        let meant = books.meant();
        let settlements = settle::of(shelf, &books, &meant);
        let settled = settled(
            &books.orders,
            &settlements.values,
            &settlements.lines,
            &found,
            options,
        );
        watch.check()?;
        let beside = Beside {
            other_days: std::mem::take(&mut books.other_days),
            standing: settled.standing.clone(),
        };
        let mut classes = classify(&books.orders, &beside, &found, options);
        let decided = &books.decided;
        let is_one = |of: &Other| !decided.is_rejected(of.orders[0], of.orders[1]);
        classes.others.retain(is_one);
        watch.check()?;
        Ok(Self {
            books,
            found,
            meant,
            settlements,
            settled,
            classes,
        })
    }

    /// Locators of the orders that a settlement discharges, by that of its line; of settlements that add up.
    pub(super) fn discharged(&self) -> BTreeMap<String, Vec<String>> {
        let mut discharged: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for discharge in self.settled.discharges.iter().filter(|of| of.holds()) {
            let orders = discharge.orders.iter();
            let orders = orders.map(|&order| self.books.places[order].to_string());
            let orders: Vec<String> = orders.collect();
            for &line in &discharge.lines {
                discharged.insert(self.settlements.places[line].to_string(), orders.clone());
            }
        }
        discharged
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
pub(crate) fn disagreements(shelf: &Shelf, watch: &dyn Watch) -> Result<Vec<Disagreement>, Stop> {
    if shelf.keepers.len() < 2 {
        return Ok(Vec::new());
    }
    let compared = Compared::of(shelf, &Options::default(), watch)?;
    Ok(disagreements_of(&compared))
}

/// All disagreements of books that are compared, by kind.
pub(crate) fn disagreements_of(compared: &Compared) -> Vec<Disagreement> {
    let books = &compared.books;
    let mut differences: Vec<_> = compared.classes.differences.iter().collect();
    differences.sort_by_key(|difference| difference.kind);
    let all = differences.into_iter().filter_map(|difference| {
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
    let case = Case::open(&args.case)?;
    let bar = shell.work("read the books", Total::Unknown);
    let shelf = shelf::read_watched(&case, &bar)?;
    drop(bar);
    if let Some(name) = &args.unseized {
        return unseized::unseized(name, &shelf, &options, shell);
    }
    shelf.at_least(2, "the case has fewer than two books with a keeper")?;
    let bar = shell.work("match orders", Total::Unknown);
    let compared = Compared::of(&shelf, &options, &bar)?;
    drop(bar);
    let decisions = &shelf.decisions;
    if let Some(done) = decide::decide(&args.decide, &case, &compared, decisions, shell)? {
        return Ok(done);
    }
    let run = say::Run {
        decisions,
        options: &options,
        compared: &compared,
    };
    run.table(args.waterfall, shell);
    decide::list(decisions, &compared, shell);
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
