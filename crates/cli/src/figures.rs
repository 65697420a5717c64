//! Figures and days as commands tell them.

use moneytrail_model::{Instant, Precision};

/// Seconds of a day.
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// A figure of probabilities to four places: as many as it bears.
#[expect(clippy::float_arithmetic, reason = "probabilities and bits; no money")]
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// A day since 1970 as a date: `2024-05-04`.
pub(crate) fn date(day: i64) -> String {
    Instant::new(day.saturating_mul(DAY_SECONDS), Precision::Day).to_string()
}
