//! Parameters of the rules: all of them, each visible.

/// An amount from which an obliged entity must act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Threshold {
    /// Code of the currency, or symbol of the asset.
    pub currency: String,
    /// In whole units.
    pub whole: u64,
}

/// What the rules are asked with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Place among accounts of one role from which a rule that asks peers fires, in thousandths.
    pub peers_permille: u32,
    /// Fan: distinct counterparties.
    pub fan_n_min: u32,
    /// Fan: window.
    pub fan_seconds: i64,
    /// Gather-scatter: distinct payers, and distinct payees.
    pub gather_n_min: u32,
    /// Gather-scatter: window on either side.
    pub gather_seconds: i64,
    /// Gather-scatter: least and most that goes out of what comes in, in thousandths.
    pub gather_permille: (u32, u32),
    /// Scatter-gather: intermediaries.
    pub scatter_n_min: u32,
    /// Scatter-gather: window from the first transfer to the last.
    pub scatter_seconds: i64,
    /// Scatter-gather: transfers that an intermediary makes within a window; one with more is a hub, and no
    /// intermediary.
    pub scatter_hub: u32,
    /// Cycle: fewest and most transfers.
    pub cycle_steps: (u32, u32),
    /// Cycle: window.
    pub cycle_seconds: i64,
    /// Cycle: smallest amount, in thousandths of the largest.
    pub cycle_permille: u32,
    /// Cycle: steps after which the search from one transfer is given up.
    pub cycle_walked_max: u64,
    /// Bipartite and stack: accounts of a layer, and of the other side that each is joined with.
    pub block_n_min: u32,
    /// Bipartite and stack: part of the other side that each is joined with, in thousandths.
    pub block_permille: u32,
    /// Bipartite and stack: window.
    pub block_seconds: i64,
    /// Bipartite and stack: payers that a payee has within a window; one with more is a hub, and in no block.
    pub block_hub: u32,
    /// Stack: layers.
    pub stack_n_min: u32,
    /// Dense flow: what a unit that stays takes away, in units that go on.
    pub dense_lambda: u32,
    /// Dense flow: window.
    pub dense_seconds: i64,
    /// Dense flow: findings of an asset in a window.
    pub dense_n_max: u32,
    /// Dense flow: records with payees dealt anew, of each of which a flow must be denser than the densest.
    pub dense_draws: u32,
    /// Pass-through: what goes on, in thousandths of what came in.
    pub pass_permille: u32,
    /// Pass-through: window on accounts of a chain.
    pub pass_chain_seconds: i64,
    /// Pass-through: window elsewhere.
    pub pass_cash_seconds: i64,
    /// Structuring: transfers.
    pub structuring_n_min: u32,
    /// Structuring: window.
    pub structuring_seconds: i64,
    /// Structuring: from how many thousandths of a threshold on.
    pub structuring_permille: u32,
    /// Structuring: thresholds.
    pub thresholds: Vec<Threshold>,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

impl Default for Options {
    fn default() -> Self {
        let euros = |whole| Threshold {
            currency: "EUR".into(),
            whole,
        };
        Self {
            peers_permille: 990,
            fan_n_min: 5,
            fan_seconds: 7 * DAY,
            gather_n_min: 3,
            gather_seconds: 7 * DAY,
            gather_permille: (800, 1050),
            scatter_n_min: 3,
            scatter_seconds: 14 * DAY,
            scatter_hub: 64,
            cycle_steps: (3, 6),
            cycle_seconds: 30 * DAY,
            cycle_permille: 800,
            cycle_walked_max: 100_000,
            block_n_min: 3,
            block_permille: 750,
            block_seconds: 14 * DAY,
            block_hub: 64,
            stack_n_min: 3,
            dense_lambda: 4,
            dense_seconds: 28 * DAY,
            dense_n_max: 3,
            dense_draws: 19,
            pass_permille: 900,
            pass_chain_seconds: DAY,
            pass_cash_seconds: 72 * HOUR,
            structuring_n_min: 3,
            structuring_seconds: 72 * HOUR,
            structuring_permille: 800,
            thresholds: vec![euros(10_000), euros(3_000), euros(1_000)],
        }
    }
}
