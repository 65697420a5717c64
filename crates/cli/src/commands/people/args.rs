//! What `people` is asked.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct PeopleArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Why these two are one person, or are not: cells or rows such as book.xlsx!Sheet1!R12C4, or names as written
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["review", "accept", "reject", "reopen"])]
    pub(crate) why: Option<Vec<String>>,
    /// Show the weights of each merge, one line for each comparison
    #[arg(long)]
    pub(crate) waterfall: bool,
    /// List pairs of persons that may be one, and decisions
    #[arg(long, conflicts_with_all = ["accept", "reject", "reopen"])]
    pub(crate) review: bool,
    /// Decide that two mentions are of one person
    #[arg(long, num_args = 2, value_names = ["A", "B"], requires = "reason", conflicts_with_all = ["reject", "reopen"])]
    pub(crate) accept: Option<Vec<String>>,
    /// Decide that two mentions are of two people
    #[arg(long, num_args = 2, value_names = ["A", "B"], requires = "reason", conflicts_with = "reopen")]
    pub(crate) reject: Option<Vec<String>>,
    /// Take a decision on two mentions back
    #[arg(long, num_args = 2, value_names = ["A", "B"], requires = "reason")]
    pub(crate) reopen: Option<Vec<String>>,
    /// Why it is decided so; kept with the decision and in the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// How many persons are listed
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) largest: usize,
    /// Posterior probability from which groups of mentions are one person
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = crate::args::probability)]
    pub(crate) merge_from: f64,
    /// Posterior probability from which a pair of persons is given for review
    #[arg(long, value_name = "P", default_value_t = 0.1, value_parser = crate::args::probability)]
    pub(crate) review_from: f64,
    /// Similarity from which names are similar, in thousandths
    #[arg(long, value_name = "PERMILLE", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) name_similarity: u32,
    /// Share of matched orders whose books name two different people
    #[arg(long, value_name = "P", default_value_t = 0.02, value_parser = crate::args::probability)]
    pub(crate) altered_share: f64,
    /// Pairs drawn to learn how often strangers agree
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    pub(crate) samples: usize,
    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Most pairs that one key of blocking may give; keys beyond are left out and told
    #[arg(long, value_name = "N", default_value_t = 250_000)]
    pub(crate) block_pairs: u64,
    /// Most rounds of the estimation
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) rounds: u32,
}
