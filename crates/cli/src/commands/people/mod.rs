//! `people`: who the people in the books are.

mod args;
mod decision;
mod explain;
mod links;
mod read;
mod review;
mod say;

pub(crate) use args::PeopleArgs;

use crate::commands::disclose;
use crate::error::{Error, Verdict};
use crate::progress::Total;
use crate::shelf;
use crate::shell::Shell;
use moneytrail_analysis::people::{Options, people_watched};
use moneytrail_store::Case;

pub(crate) fn people(args: &PeopleArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = options(args)?;
    let case = Case::open(&args.case)?;
    let bar = shell.work("read the books", Total::Unknown);
    let mentions = read::read(&case, &shelf::read_watched(&case, &bar)?, &bar)?;
    drop(bar);
    if mentions.mentions.is_empty() {
        return Err(Error::usage("no book of the case names a customer")
            .hint("take books in with `moneytrail add`"));
    }
    if let Some(decided) = review::decide(args, &case, &mentions, shell)? {
        return Ok(decided);
    }
    if shell.is_disclosed() {
        disclose(case.clone(), "people", shell)?;
    }
    let said = decision::all(&case)?;
    let decisions = mentions.decisions(&said);
    let bar = shell.work("join mentions", Total::Unknown);
    let (all, ties) = (&mentions.mentions, &mentions.ties);
    let found = people_watched(all, ties, &decisions, &options, &bar)?;
    drop(bar);
    let run = say::Run {
        mentions: &mentions,
        found: &found,
        options: &options,
        is_disclosed: shell.is_disclosed(),
    };
    if let Some([a, b]) = args.why.as_deref() {
        return explain::why(&run, [a, b], shell);
    }
    if args.review {
        return review::list(&run, &said, shell);
    }
    run.table(args, shell);
    shell.json(&run.json())?;
    Ok(Verdict::Done)
}

fn options(args: &PeopleArgs) -> Result<Options, Error> {
    if args.review_from > args.merge_from {
        return Err(Error::usage("--review-from is above --merge-from"));
    }
    Ok(Options {
        merge_posterior: args.merge_from,
        review_posterior: args.review_from,
        name_similarity_permille: args.name_similarity,
        altered_share: args.altered_share,
        n_samples: args.samples,
        seed: args.seed,
        block_pairs_max: args.block_pairs,
        rounds_max: args.rounds,
        ..Options::default()
    })
}
