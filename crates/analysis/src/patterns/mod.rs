//! Patterns: shapes of transfers that a rule describes.

pub mod cycles;
