//! What can go wrong in an analysis.

use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx};

/// An error of an analysis. The code is stable.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The graph has no such transfer.
    #[error("transfer {} is not in the graph", .0.raw())]
    NoSuchTransfer(TransferIdx),
    /// The graph has no such account.
    #[error("node {} is no account of the graph", .0.raw())]
    NoSuchAccount(NodeIdx),
    /// The seed or target is not in the layer, or cannot have happened by the as-of second.
    #[error("transfer {} is not in the layer, or later than the as-of date", .0.raw())]
    SeedOutside(TransferIdx),
    /// A transfer or link moves less than nothing.
    #[error("transfer {} has a negative amount", .0.raw())]
    Negative(TransferIdx),
    /// A sum left 128 bits.
    #[error("a sum at node {} is beyond 128 bits", .0.raw())]
    TooLarge(NodeIdx),
    /// A question reaches further than it was allowed to look; nothing was cut off, there is no result.
    #[error("more than {n_max} transfers lie between the two ends, or had to be looked at to tell")]
    TooFar {
        /// How many may be looked at.
        n_max: usize,
    },
    /// Who waits had it end; there is no result.
    #[error("not finished: {0}")]
    Stopped(#[from] moneytrail_model::Stop),
    /// Units appeared or went missing: a defect of the program; there is no result.
    #[error("the trace does not balance: {what}, asset {}, {expected} units against {found}", .asset.raw())]
    DoesNotBalance {
        /// Which sum.
        what: String,
        /// In which asset.
        asset: AssetIdx,
        /// What went in.
        expected: u128,
        /// What turned up.
        found: u128,
    },
}

impl Error {
    /// A stable code for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchTransfer(_) => "analysis/no-such-transfer",
            Self::NoSuchAccount(_) => "analysis/no-such-account",
            Self::SeedOutside(_) => "analysis/seed-outside",
            Self::Negative(_) => "analysis/negative",
            Self::TooLarge(_) => "analysis/too-large",
            Self::TooFar { .. } => "analysis/too-far",
            Self::Stopped(_) => "analysis/stopped",
            Self::DoesNotBalance { .. } => "analysis/does-not-balance",
        }
    }
}
