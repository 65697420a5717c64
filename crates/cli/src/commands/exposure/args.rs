//! The command line of `exposure`.

use crate::args::LayerArg;
use clap::{Args, ValueEnum};
use moneytrail_model::trace::Policy;
use std::path::PathBuf;

/// Policies that treat all money alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum AlikeArg {
    /// First in, first out
    Fifo,
    /// Last in, first out
    Lifo,
    /// In proportion to what is there
    Haircut,
}

impl From<AlikeArg> for Policy {
    fn from(said: AlikeArg) -> Self {
        match said {
            AlikeArg::Fifo => Self::Fifo,
            AlikeArg::Lifo => Self::Lifo,
            AlikeArg::Haircut => Self::Haircut,
        }
    }
}

/// What figures are set out by, beside categories.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ByArg {
    Category,
    /// A line for each month and category
    Month,
}

#[derive(Debug, Args)]
pub(crate) struct ExposureArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// Whose: address, account, name or tag
    pub(crate) account: String,
    /// All accounts of its entity, as one
    #[arg(long)]
    pub(crate) entity: bool,
    /// Figures of the whole time, or of each month
    #[arg(long, value_enum, default_value = "category")]
    pub(crate) by: ByArg,
    /// Rule that allocates where no link decides
    #[arg(long, value_enum, default_value = "haircut")]
    pub(crate) policy: AlikeArg,
    /// Who holds what, or whose payment was delivered to whom [default: value for an account of a book, else custody]
    #[arg(long, value_enum)]
    pub(crate) layer: Option<LayerArg>,
    /// Stop rules beside tagged accounts, separated by commas: coinjoin, events=N, transfers=N (accounts with more), floor=100EUR, until=2024-06-30, none
    #[arg(long, value_name = "RULES", default_value = "coinjoin")]
    pub(crate) stop: String,
    /// What left or arrived before this does not count
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// What happened later does not exist
    #[arg(long, value_name = "WHEN")]
    pub(crate) as_of: Option<String>,
    /// How many days before a transfer the rate of its worth may be [default: that of its day only]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) rate_days: u16,
}
