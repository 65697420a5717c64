//! Attribution that somebody asserts.

use crate::account::AccountKey;

/// A label that a source gives an account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tag {
    /// The account.
    pub account: AccountKey,
    /// Who or what it is said to be.
    pub label: Box<str>,
    /// What kind of thing: `exchange`, `hawaladar`, …
    pub category: Box<str>,
    /// Who says so.
    pub source: Box<str>,
    /// From 0 to 100, on the scale of `chains.md` §1 (TagPack).
    pub confidence: u8,
}

/// Categories inside which money is not followed, because it is pooled with that of others.
const SERVICES: [&str; 6] = [
    "exchange",
    "service",
    "mixer",
    "payment processor",
    "gambling",
    "custodian",
];

impl Tag {
    /// Whether a trace stops at an account with this tag (DESIGN §4, stop rules).
    pub fn is_service(&self) -> bool {
        SERVICES.contains(&&*self.category)
    }
}
