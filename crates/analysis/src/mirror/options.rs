//! Every threshold of the rule.

/// Thresholds, as printed with each result. Defaults are those of the project's hawala reference, §3.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// Sums differ by at most so many thousandths of the larger one.
    pub value_permille: u32,
    /// Levels of difference below that, in hundredths of a per cent, ascending; equal sums are a level of their own.
    pub value_levels: Vec<u32>,
    /// A transfer lies at most so many seconds before the line's first or behind its last instant.
    pub window_seconds: i64,
    /// Most transfers for a line, and most lines for a transfer.
    pub parts_max: usize,
    /// Neighbours in time among which parts are looked for.
    pub group_max: usize,
    /// Most candidates of a line over the whole period.
    pub candidates_max: usize,
    /// Random dates that each line is looked at.
    pub n_samples: u32,
    /// Seed of the dates.
    pub seed: u64,
    /// A match is a claim if matches as good are found at fewer than this share of the dates; a wallet is learnt if its matches
    /// together are as rare among all wallets looked at.
    pub p_max: f64,
    /// A wallet is learnt from at least so many matches, of different transfers.
    pub wallet_matches: usize,
    /// Competing candidates that are given for each line.
    pub competing_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            value_permille: 30,
            value_levels: vec![10, 50, 100],
            window_seconds: 72 * 3600,
            parts_max: 3,
            group_max: 12,
            candidates_max: 20_000,
            n_samples: 999,
            seed: 1,
            p_max: 0.01,
            wallet_matches: 2,
            competing_max: 3,
        }
    }
}
