//! Patterns: shapes of transfers that a rule describes (`hawala.md` §4).
//!
//! Laws. A pattern is an inference: it lists its transfers, what was measured and what the rule asks. It is reported
//! once: windows that overlap are one episode, of which the strongest window stands; cycles over the same accounts in
//! the same order that share a transfer are one; of blocks, stacks and flows that share a transfer the strongest stands. The result is a function of the movements and the options, for any
//! number of threads. No rule is quadratic in the transfers of an account.
//!
//! Reading order: [`movements`] takes from the graph who paid whom; [`rules`] says what each rule asks, what else
//! explains it and what would refute it; one file for each rule; [`chance`] shuffles the times and asks again; [`books`] has
//! the rules on rows of books.
//! [`cycles`] and what the rules stand on are functions of plain columns.

mod bipartite;
mod block;
pub mod books;
pub mod chance;
pub mod cycles;
mod dense_flow;
mod fan;
mod gather;
pub mod movements;
mod options;
mod pairs;
mod pass_through;
mod peers;
mod ring;
pub mod rules;
mod scatter;
mod stack;
mod structuring;
mod window;

pub use movements::Movements;
pub use options::{Options, Threshold};
pub use rules::Rule;

use moneytrail_model::{Stop, Watch};
use std::collections::BTreeSet;

/// A pattern that a rule found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// The rule.
    pub rule: Rule,
    /// Accounts by the positions of [`Movements::roles`], the one that it is about first.
    pub accounts: Vec<u32>,
    /// Its transfers, as positions in the movements, ascending.
    pub movements: Vec<u32>,
    /// How strong it is among those of its rule: more is stronger.
    pub strength: u128,
    /// What was measured, each with what the rule asks.
    pub measures: Vec<Measure>,
}

/// What was measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measure {
    /// Of what.
    pub what: &'static str,
    /// How much.
    pub value: u128,
    /// What the rule asks for, if it asks for so much at least.
    pub at_least: Option<u128>,
}

impl Measure {
    const fn of(what: &'static str, value: u128) -> Self {
        Self {
            what,
            value,
            at_least: None,
        }
    }

    const fn against(what: &'static str, value: u128, least: u128) -> Self {
        Self {
            what,
            value,
            at_least: Some(least),
        }
    }
}

/// What a rule found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// Strongest first.
    pub patterns: Vec<Pattern>,
    /// What the search left out, with how often.
    pub left_out: Vec<(&'static str, u64)>,
}

impl Found {
    fn ranked(mut patterns: Vec<Pattern>) -> Self {
        patterns.sort_by(|a, b| {
            b.strength
                .cmp(&a.strength)
                .then_with(|| a.movements.cmp(&b.movements))
                .then_with(|| a.accounts.cmp(&b.accounts))
        });
        Self {
            patterns,
            left_out: Vec::new(),
        }
    }

    /// Of patterns that share a transfer the first stands.
    fn each_movement_once(&mut self) {
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        self.patterns.retain(|pattern| {
            let is_free = pattern.movements.iter().all(|at| !taken.contains(at));
            if is_free {
                taken.extend(&pattern.movements);
            }
            is_free
        });
    }
}

/// What is asked beside what the rule asks of all: of an account to be among the first of its role, of a dense flow to be denser than
/// chance gives.
pub type Peers = peers::Peers;

/// Finds the patterns of a rule. `peers` are those of the record, even where its times were shuffled; `None` finds
/// them first.
///
/// O(n log n) for n movements; the rule on cycles as [`cycles::short`], scatter-gather, bipartite and stack times a hub's
/// number, dense flow times the number of findings.
pub fn find(movements: &Movements, rule: Rule, options: &Options, peers: &Peers) -> Found {
    find_watched(movements, rule, options, peers, &()).expect("nobody has it end")
}

/// As [`find`], while somebody waits: he hears of one more when it is done.
///
/// # Errors
/// If he has it end.
pub fn find_watched(
    movements: &Movements,
    rule: Rule,
    options: &Options,
    peers: &Peers,
    watch: &dyn Watch,
) -> Result<Found, Stop> {
    watch.check()?;
    let found = match rule {
        Rule::FanIn | Rule::FanOut => fan::find(movements, rule, options, peers, watch),
        Rule::GatherScatter => gather::find(movements, options, peers, watch),
        Rule::ScatterGather => scatter::find(movements, options, watch),
        Rule::Cycle => ring::find(movements, options, watch),
        Rule::Bipartite => bipartite::find(movements, options, watch),
        Rule::Stack => stack::find(movements, options, watch),
        Rule::DenseFlow => dense_flow::find(movements, options, peers, watch),
        Rule::PassThrough => pass_through::find(movements, options, peers, watch),
        Rule::Structuring => structuring::find(movements, options, watch),
    };
    // What was left out on the way is no result.
    watch.check()?;
    watch.advance(1);
    Ok(found)
}

/// What an account must reach to be among the first of its role, or a flow to be denser than chance gives.
pub fn peers(movements: &Movements, rule: Rule, options: &Options) -> Peers {
    peers_watched(movements, rule, options, &()).expect("nobody has it end")
}

/// As [`peers`], while somebody waits.
///
/// # Errors
/// If he has it end.
pub fn peers_watched(
    movements: &Movements,
    rule: Rule,
    options: &Options,
    watch: &dyn Watch,
) -> Result<Peers, Stop> {
    let peers = match rule {
        Rule::FanIn | Rule::FanOut => fan::peers(movements, rule, options, watch),
        Rule::GatherScatter => gather::peers(movements, options, watch),
        Rule::PassThrough => pass_through::peers(movements, options, watch),
        Rule::DenseFlow => dense_flow::peers(movements, options, watch),
        Rule::ScatterGather | Rule::Cycle | Rule::Bipartite | Rule::Stack | Rule::Structuring => {
            Peers::default()
        }
    };
    watch.check()?;
    Ok(peers)
}
