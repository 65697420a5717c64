//! What a reader says when it is done.

use crate::Format;
use moneytrail_model::{Network, RecordCounts};

/// A block that a chain with more work leaves out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaleBlock {
    /// Height, where the evidence fixes it.
    pub height: Option<u32>,
    /// Block hash, as people write it.
    pub hash: String,
    /// Its transactions; all are set aside.
    pub n_transactions: u32,
}

/// What was read, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The format that was read.
    pub format: Format,
    /// Network of a chain exhibit.
    pub network: Option<Network>,
    /// Records by bin. A record is a transaction of a chain or a row of a table; a stretch of bytes
    /// that could not be read counts as one.
    pub counts: RecordCounts,
    /// Figures of the format for the summary, in order: `blocks`, `inputs`, `outputs`, …
    pub figures: Vec<(String, u64)>,
    /// Stale blocks, ascending by height.
    pub stale: Vec<StaleBlock>,
    /// What the reader took for granted, one sentence each: these are assumptions.
    pub assumptions: Vec<String>,
    /// What a person should look at, one sentence each, with its place.
    pub remarks: Vec<String>,
    /// The mapping profile that a table was read by, proposed or given, as TOML.
    pub profile: Option<String>,
}

impl Outcome {
    /// What is said of two parts of one exhibit: records and figures add up; a network or profile that only
    /// one has is the exhibit's, and of two networks none is.
    #[must_use]
    pub(crate) fn and(mut self, later: Self) -> Self {
        self.counts.add(later.counts);
        for (name, figure) in later.figures {
            match self.figures.iter_mut().find(|known| known.0 == name) {
                Some(known) => known.1 += figure,
                None => self.figures.push((name, figure)),
            }
        }
        self.network = match (self.network, later.network) {
            (Some(first), Some(second)) => Some(first).filter(|_| first == second),
            (first, second) => first.or(second),
        };
        self.stale.extend(later.stale);
        for (all, more) in [
            (&mut self.assumptions, later.assumptions),
            (&mut self.remarks, later.remarks),
        ] {
            let new: Vec<_> = more.into_iter().filter(|one| !all.contains(one)).collect();
            all.extend(new);
        }
        self.profile = self.profile.or(later.profile);
        self
    }
}
