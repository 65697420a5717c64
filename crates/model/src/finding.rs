//! Detected patterns.

use crate::claim::RuleId;
use crate::evidence::Locator;

/// A pattern that a rule found, with what makes it up and what else explains it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Its parameters, as printed.
    pub parameters: Box<str>,
    /// Records of the transfers that make it up.
    pub records: Vec<Locator>,
    /// Innocent explanations of the rule.
    pub innocent: Vec<Box<str>>,
    /// The record that would refute it.
    pub refuted_by: Box<str>,
}
