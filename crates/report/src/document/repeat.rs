//! How another person gets the same bytes.

use serde::{Deserialize, Serialize};

/// Commands and hashes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Repeat {
    /// Commands that can be pasted.
    pub commands: Vec<String>,
    /// Program and version: `moneytrail 0.1.0`.
    pub program: String,
    /// Rules that took part, `name@version`.
    pub rules: Vec<String>,
    /// SHA-256 of the case's content.
    pub case_content: String,
    /// SHA-256 of the run's manifest.
    pub run_manifest: String,
    /// Hash at the head of the audit log.
    pub audit_head: String,
}
