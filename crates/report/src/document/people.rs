//! Which accounts are held to be one owner's, why, and how weak the weakest link is.

use super::basis::{Basis, Inference};
use super::evidence::Citation;
use super::party::Party;
use super::phrase::Phrase;
use serde::{Deserialize, Serialize};

/// Entities and claims of the report.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct People {
    /// Owners, by role, then by name.
    pub entities: Vec<Entity>,
    /// Claims that the report uses.
    pub claims: Vec<ClaimView>,
    /// Merges held back for review.
    pub held_back: Vec<Phrase>,
}

/// An owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entity {
    /// Who.
    pub party: Party,
    /// The accounts.
    pub accounts: Vec<EntityAccount>,
    /// The chain of claims whose weakest link is strongest.
    pub chain: Vec<ChainLink>,
    /// What is left without the weakest link.
    pub without: Option<Phrase>,
    /// A remark.
    pub note: Option<Phrase>,
}

/// An account of an owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntityAccount {
    /// The account.
    pub party: Party,
    /// The exhibit that shows it.
    pub exhibit: Option<String>,
    /// What it is: `book`, `box`.
    pub note: Option<String>,
}

/// A link of a chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChainLink {
    /// Read or concluded.
    pub basis: Basis,
    /// What it says.
    pub says: Phrase,
}

/// A claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimView {
    /// `C1`.
    pub id: String,
    /// Rule, probability and parameters.
    pub inference: Inference,
    /// What it says.
    pub says: Phrase,
    /// What it rests on.
    pub evidence: Vec<Citation>,
    /// Why this probability: weights, competing candidates.
    pub why: Option<Phrase>,
}

impl Entity {
    /// The weakest measured link, in thousandths.
    pub fn weakest_permille(&self) -> Option<u16> {
        self.chain
            .iter()
            .filter_map(|link| link.basis.inference()?.confidence_permille)
            .min()
    }
}
