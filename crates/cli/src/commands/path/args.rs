//! The command line of `path`.

use crate::args::{LayerArg, MirrorsArg};
use clap::{Args, ValueEnum};
use moneytrail_analysis::paths::{By, Disjoint};
use moneytrail_model::trace::Policy;
use std::path::PathBuf;

/// What makes a way better.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ByArg {
    /// The most that it can have brought
    Value,
    /// The earliest arrival
    Arrival,
    /// The fewest events
    Hops,
}

impl From<ByArg> for By {
    fn from(said: ByArg) -> Self {
        match said {
            ByArg::Value => Self::Value,
            ByArg::Arrival => Self::Arrival,
            ByArg::Hops => Self::Hops,
        }
    }
}

/// What ways must not share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum DisjointArg {
    Transfers,
    /// Accounts, and transactions between them
    Accounts,
}

impl From<DisjointArg> for Disjoint {
    fn from(said: DisjointArg) -> Self {
        match said {
            DisjointArg::Transfers => Self::Transfers,
            DisjointArg::Accounts => Self::Accounts,
        }
    }
}

/// Rules that allocate amounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum StrictArg {
    /// First in, first out
    Fifo,
    /// Last in, first out
    Lifo,
    /// In proportion to what is there
    Haircut,
    /// Traced money last (lowest intermediate balance)
    Libr,
    /// Traced money first
    TracedFirst,
    /// Traced money into the largest outputs of a transaction; at accounts as fifo
    Tiho,
}

impl From<StrictArg> for Policy {
    fn from(said: StrictArg) -> Self {
        match said {
            StrictArg::Fifo => Self::Fifo,
            StrictArg::Lifo => Self::Lifo,
            StrictArg::Haircut => Self::Haircut,
            StrictArg::Libr => Self::Libr,
            StrictArg::TracedFirst => Self::TracedFirst,
            StrictArg::Tiho => Self::Tiho,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// From here: address, account, name, tag, txid, txid:output, or locator such as book.xlsx!Sheet1!R12; may be given
    /// several times
    #[arg(long, value_name = "A", required = true)]
    pub(crate) from: Vec<String>,
    /// To here: the same; a row or transaction stands for the accounts that it paid
    #[arg(long, value_name = "B", required = true)]
    pub(crate) to: Vec<String>,
    /// How many ways
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) k: u16,
    /// Which are best
    #[arg(long, value_enum, default_value = "value")]
    pub(crate) by: ByArg,
    /// Ways that share no transfers, or no accounts
    #[arg(long, value_enum)]
    pub(crate) disjoint: Option<DisjointArg>,
    /// Only ways on which each transfer draws on the one before as this rule allocates, with what passes the whole way;
    /// unexplained money placed latest
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) strict: Option<StrictArg>,
    /// Only ways that pass here: as --from, category:exchange, or asset:EUR; given several times, all of them
    #[arg(long, value_name = "X")]
    pub(crate) through: Vec<String>,
    /// Only ways that do not pass here: the same
    #[arg(long, value_name = "X")]
    pub(crate) avoid: Vec<String>,
    /// Only transfers of this asset; may be given several times
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) asset: Vec<String>,
    /// Both ends stand for all accounts of their entities
    #[arg(long)]
    pub(crate) entity: bool,
    /// Nothing on a way is earlier
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// Nothing on a way is later
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<String>,
    /// What happened later does not exist
    #[arg(long, value_name = "WHEN")]
    pub(crate) as_of: Option<String>,
    /// Who holds what, or whose payment was delivered to whom [default: value between books, else custody]
    #[arg(long, value_enum)]
    pub(crate) layer: Option<LayerArg>,
    /// Accepted mirrors of books and chains [default: leave on the custody layer from a chain, else cross]
    #[arg(long, value_enum)]
    pub(crate) mirrors: Option<MirrorsArg>,
    /// Most transfers that are looked at to find what lies between; beyond there is no answer. The search among them may work in
    /// proportion; where that does not suffice, the ways found until then are told, and that the search did not end
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) limit: usize,
}
