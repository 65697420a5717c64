//! Every threshold of the model.

/// Thresholds, as printed with each result. Defaults are those of the project's hawala reference, §3.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// Levels of amounts: differences up to so many per cent of the larger one, ascending; equal amounts are a level of
    /// their own, and so is what lies beyond.
    pub amount_percent: Vec<u32>,
    /// Levels of delays: up to so many days from sent to received, ascending; beyond and before are levels of their own.
    pub delay_days: Vec<i32>,
    /// Names are similar from this Jaro–Winkler similarity of their consonants on, in thousandths.
    pub name_similarity_permille: u32,
    /// Posterior from which a pair is a match.
    pub match_posterior: f64,
    /// Posterior from which a pair is for review.
    pub review_posterior: f64,
    /// Pairs drawn to estimate how often strangers agree.
    pub n_samples: usize,
    /// Seed of the draw.
    pub seed: u64,
    /// Most pairs of one block; larger blocks are left out, and told.
    pub block_pairs_max: u64,
    /// Most rounds of each estimation.
    pub rounds_max: u32,
    /// An estimation ends when no probability moves by more.
    pub tolerance: f64,
    /// Most records of a group that answers one record.
    pub group_max: usize,
    /// A level of agreement that fewer than this share of the matches have is unusual: a difference.
    pub unusual_share: f64,
    /// Two unlike names that stand for each other in so many matches are one person's.
    pub alias_matches: u32,
    /// A pair is held to repeat an order from this weight on, in bits.
    pub repeated_bits: f64,
    /// Of a hundred delays between two books, so many are no longer than the longest usual one, and as many no shorter than the
    /// shortest.
    pub usual_delay_percent: u32,
    /// A day alone in its book, with more than so many days without a line beside it, is held to be a slip and not the book's end.
    pub lone_gap_days: u32,
    /// What an order is worth by an estimated rate may be off by so many thousandths.
    pub rate_slack_permille: u32,
    /// Settlements of two books speak of orders if at least so many of a hundred add up.
    pub settled_percent: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            amount_percent: vec![1, 3, 10, 30],
            delay_days: vec![0, 1, 4, 10, 30],
            name_similarity_permille: 900,
            match_posterior: 0.95,
            review_posterior: 0.5,
            n_samples: 1_000_000,
            seed: 1,
            block_pairs_max: 250_000,
            rounds_max: 50,
            tolerance: 1e-4,
            group_max: 4,
            unusual_share: 0.1,
            alias_matches: 2,
            repeated_bits: 0.0,
            usual_delay_percent: 98,
            lone_gap_days: 7,
            rate_slack_permille: 8,
            settled_percent: 60,
        }
    }
}
