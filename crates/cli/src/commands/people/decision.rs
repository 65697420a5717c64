//! What a person decided of two mentions, as it is kept below `claims/`.

use crate::decisions::{OF_PERSONS, Verdict, of};
use crate::error::Error;
use moneytrail_store::Case;
use serde::{Deserialize, Serialize};

/// A decision on whether two mentions are of one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    schema: String,
    #[serde(rename = "verdict")]
    pub(super) decided: Verdict,
    /// `same-person`, in any version: a person looked at the mentions.
    pub(super) rule: String,
    /// Exhibit and cell of each, ascending.
    pub(super) mentions: [String; 2],
    pub(super) reason: String,
}

impl Decision {
    pub(super) fn new(
        decided: Verdict,
        rule: &str,
        mut mentions: [String; 2],
        reason: &str,
    ) -> Self {
        mentions.sort();
        Self {
            schema: OF_PERSONS.to_owned(),
            decided,
            rule: rule.to_owned(),
            mentions,
            reason: reason.to_owned(),
        }
    }
}

/// All decisions on persons, in the order in which they were made.
pub(super) fn all(case: &Case) -> Result<Vec<Decision>, Error> {
    of(case, OF_PERSONS)
}
