//! Every threshold.

/// Thresholds, as printed with each result.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// Posterior from which two groups of mentions are one person.
    pub merge_posterior: f64,
    /// Posterior from which a merge that is not made is given for review.
    pub review_posterior: f64,
    /// Names are similar from this Jaro–Winkler similarity of their consonants on, in thousandths.
    pub name_similarity_permille: u32,
    /// Share of matched orders whose books name two different people.
    pub altered_share: f64,
    /// Pairs drawn to estimate how often strangers agree.
    pub n_samples: usize,
    /// Seed of the draw.
    pub seed: u64,
    /// Most pairs of one block; larger blocks are left out, and told.
    pub block_pairs_max: u64,
    /// Most rounds of the estimation.
    pub rounds_max: u32,
    /// The estimation ends when no probability moves by more.
    pub tolerance: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            merge_posterior: 0.5,
            review_posterior: 0.1,
            name_similarity_permille: 900,
            altered_share: 0.02,
            n_samples: 500_000,
            seed: 1,
            block_pairs_max: 250_000,
            rounds_max: 50,
            tolerance: 1e-4,
        }
    }
}
