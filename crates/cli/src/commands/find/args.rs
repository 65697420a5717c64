//! What `find` is asked.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct FindArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// A name, telephone, amount, date, code, address or transaction id, in any script, digits or calendar
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: String,
    /// What the text is taken for [default: all that it can be]
    #[arg(long = "as", value_enum, value_name = "KIND", value_delimiter = ',')]
    pub(crate) kinds: Vec<Kind>,
    /// Most places that are kept, the best first; all are counted
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) most: u32,
}

/// What a text may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// Transaction id
    Transaction,
    /// Address
    Address,
    /// Telephone, by its last nine digits
    Phone,
    /// Code or token, by its letters and digits
    Code,
    /// Amount
    Amount,
    /// Date, in any calendar
    Date,
    /// Name
    Name,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::Code => "code",
            Self::Amount => "amount",
            Self::Date => "date",
            Self::Name => "name",
        }
    }
}
