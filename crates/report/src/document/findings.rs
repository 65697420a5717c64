//! Patterns, with what else explains them.

use super::basis::Inference;
use super::phrase::Phrase;
use serde::{Deserialize, Serialize};

/// What the rules found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Findings {
    /// Found.
    pub found: Vec<Finding>,
    /// Run, and found nothing: their silence is evidence too.
    pub silent: Vec<SilentRule>,
}

/// A pattern. Without an innocent explanation it is not printed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// `F1`.
    pub id: String,
    /// What it is called.
    pub title: Phrase,
    /// Rule, probability and parameters.
    pub inference: Inference,
    /// What was found.
    pub found: Phrase,
    /// How often chance alone would give it.
    pub by_chance: Option<Phrase>,
    /// Innocent explanations.
    pub innocent: Vec<Phrase>,
    /// The record that would refute it.
    pub refuted_by: Phrase,
    /// How often the rule errs, and on what that was measured.
    pub error_rate: Option<Phrase>,
    /// Steps that make it up.
    pub steps: Vec<u32>,
}

/// A rule that found nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SilentRule {
    /// `cycle@2`.
    pub rule: String,
    /// Why it is silent, if that says something.
    pub why: Option<Phrase>,
}
