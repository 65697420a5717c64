//! What was read, and whether any record was lost.

use super::phrase::Phrase;
use moneytrail_model::RecordCounts;
use serde::{Deserialize, Serialize};

/// One exhibit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exhibit {
    /// `X1`.
    pub number: String,
    /// The authority's own number.
    pub authority_no: Option<String>,
    /// File name, as given.
    pub file: String,
    /// What it is.
    pub description: Phrase,
    /// When and where it was seized or received, as the case file says.
    pub obtained: Option<String>,
    /// Records read = transferred + contextual + set aside + quarantined.
    pub records: RecordCounts,
    /// SHA-256 in full, hexadecimal.
    pub sha256: String,
    /// SHA-1 in full, hexadecimal, where older custody papers need it.
    pub sha1: Option<String>,
    /// Records not understood.
    pub quarantined: Vec<RecordNote>,
    /// Records kept out for a reason.
    pub set_aside: Vec<RecordNote>,
}

/// A record that gave no transfer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordNote {
    /// Where.
    pub locator: String,
    /// Why.
    pub reason: String,
    /// Raw text, as read.
    pub raw: String,
}
