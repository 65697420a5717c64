//! Shares of levels of agreement, from counts: no level is impossible.
#![expect(clippy::float_arithmetic, reason = "probabilities; no money")]

/// Counts that each level has before any is seen.
const PSEUDO: f64 = 0.5;

/// No level: one of the two says nothing.
pub(crate) const SILENT: u8 = u8::MAX;

/// Counts levels that a pair has, with a weight.
pub(crate) fn count(counts: &mut [Vec<f64>], levels: &[u8], weight: f64) {
    for (counts, &level) in counts.iter_mut().zip(levels) {
        if level != SILENT {
            counts[level as usize] += weight;
        }
    }
}

/// Counts as shares, half a count added to each level.
pub(crate) fn shares(counts: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().map(|count| count.max(0.0) + PSEUDO).sum();
    counts
        .iter()
        .map(|count| (count.max(0.0) + PSEUDO) / total)
        .collect()
}

/// Shares of so many levels before anything is seen: each level half as often as the better one before.
pub(crate) fn halves(n_levels: usize) -> Vec<f64> {
    let halves: Vec<f64> = (0..n_levels)
        .map(|level| 0.5_f64.powi(i32::try_from(level).unwrap_or(0)))
        .collect();
    let total: f64 = halves.iter().sum();
    halves.iter().map(|half| half / total).collect()
}

/// The largest difference between two tables of shares.
pub(crate) fn change(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
