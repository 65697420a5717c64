//! What `escrow` is asked.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct EscrowArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Show why each line belongs to its deposit
    #[arg(long)]
    pub(crate) why: bool,
    /// Releases stopped if nothing happened for more days than this, and the book goes on
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i32).range(0..36500))]
    pub(crate) quiet_days: i32,
    /// Codes are used again: a line belongs to no deposit that is more days older
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(i32).range(0..36500))]
    pub(crate) code_days: i32,
    /// Similarity from which names are one person's, in thousandths
    #[arg(long, value_name = "PERMILLE", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) name_similarity: u32,
    /// A date more days away from any other at an end of its book, or from the rows around it, is held to be a slip
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub(crate) lone_gap: u32,
}
