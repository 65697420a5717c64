//! What the answer does not know, and what somebody chose. Law: limits come with amounts.

use super::basis::Assumption;
use super::money::Money;
use super::party::Party;
use super::phrase::Phrase;
use super::trace::{LayerWord, StopRule};
use serde::{Deserialize, Serialize};

/// Limits of the answer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Limits {
    /// What was assumed.
    pub assumptions: Vec<Assumption>,
    /// What stop rules cut off, under the listed policy.
    pub cut_off: Vec<CutOff>,
    /// Where the money in each account came from.
    pub coverage: Vec<Coverage>,
    /// What to ask for next, by the amount that it would settle.
    pub ask_next: Vec<Phrase>,
    /// What exhibits say differently of one thing, and what was left out when they were joined.
    pub contradictions: Vec<Phrase>,
    /// Rows of the case that name a transaction and are joined with no movement of it.
    #[serde(default)]
    pub unjoined: Vec<Unjoined>,
}

/// A row that names a transaction and is joined with no movement of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unjoined {
    /// `X2`.
    pub exhibit: String,
    /// Where the row stands.
    pub locator: String,
    /// The transaction's id as the row writes it.
    pub txid: String,
    /// Why nothing was joined, as the end of "the row names a transaction …".
    pub why: String,
}

/// What one stop rule cut off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CutOff {
    /// The rule.
    pub rule: StopRule,
    /// Its parameter, and where it applied.
    pub note: Option<Phrase>,
    /// The layer.
    pub layer: LayerWord,
    /// How much traced money.
    pub amount: Money,
}

/// How much of what came into an account was read from an exhibit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Coverage {
    /// The account.
    pub party: Party,
    /// All that came in: read + assumed + unexplained.
    pub came_in: Money,
    /// Read from an exhibit.
    pub read: Money,
    /// Assumed, such as an opening balance.
    pub assumed: Money,
    /// Of unknown origin.
    pub unexplained: Money,
    /// A remark.
    pub note: Option<Phrase>,
}
