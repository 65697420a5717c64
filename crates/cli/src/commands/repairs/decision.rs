//! What a person decided of a proposal, as it is kept below `claims/`.

use super::found::Proposal;
use crate::error::Error;
use moneytrail_store::Case;
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "moneytrail-repair-decision/1";

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Decided {
    /// The cell is read so.
    Accept,
    /// The cell is read as it says.
    Reject,
    /// As if nobody had decided.
    Reopen,
}

impl Decided {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Reopen => "reopen",
        }
    }
}

/// A decision, with the whole of what was proposed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    schema: String,
    #[serde(rename = "verdict")]
    pub(super) decided: Decided,
    pub(super) proposal: Proposal,
    #[serde(rename = "reason")]
    pub(super) because: String,
}

impl Decision {
    pub(super) fn new(decided: Decided, proposal: Proposal, because: &str) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            decided,
            proposal,
            because: because.to_owned(),
        }
    }
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: String,
}

/// Whether a file below `claims/` is a decision of a repair.
pub(crate) fn is_of_repair(bytes: &[u8]) -> bool {
    serde_json::from_slice::<SchemaOnly>(bytes).is_ok_and(|read| read.schema == SCHEMA)
}

/// All decisions of repairs, in the order in which they were made.
pub(super) fn all(case: &Case) -> Result<Vec<Decision>, Error> {
    let mut decisions = Vec::new();
    for (name, bytes) in case.claims()? {
        if is_of_repair(&bytes) {
            decisions.push(
                serde_json::from_slice(&bytes)
                    .map_err(|error| Error::input(format!("claims/{name}: {error}")))?,
            );
        }
    }
    Ok(decisions)
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
