//! What a person decided of a proposal, as it is kept below `claims/`.

use super::found::Proposal;
use crate::decisions::{OF_REPAIRS, Verdict, of};
use crate::error::Error;
use moneytrail_store::Case;
use serde::{Deserialize, Serialize};

/// A decision, with the whole of what was proposed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    schema: String,
    #[serde(rename = "verdict")]
    pub(super) decided: Verdict,
    pub(super) proposal: Proposal,
    #[serde(rename = "reason")]
    pub(super) because: String,
}

impl Decision {
    pub(super) fn new(decided: Verdict, proposal: Proposal, because: &str) -> Self {
        Self {
            schema: OF_REPAIRS.to_owned(),
            decided,
            proposal,
            because: because.to_owned(),
        }
    }
}

/// All decisions of repairs, in the order in which they were made.
pub(super) fn all(case: &Case) -> Result<Vec<Decision>, Error> {
    of(case, OF_REPAIRS)
}

/// Of each proposal the last decision, in the order of the proposals' first ones.
pub(super) fn last(decisions: &[Decision]) -> Vec<&Decision> {
    let mut last: Vec<&Decision> = Vec::new();
    for decision in decisions {
        match last
            .iter_mut()
            .find(|known| known.proposal.id == decision.proposal.id)
        {
            Some(known) => *known = decision,
            None => last.push(decision),
        }
    }
    last
}
