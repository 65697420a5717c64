//! What is asked of a trace, and what comes back. The rules are those of `tracing.md`; each item
//! names the rule that it belongs to.

use crate::claim::RuleId;
use crate::ids::{AssetIdx, EventIdx, NodeIdx, TransferIdx};
use crate::money::Amount;
use crate::transfer::Layer;
use std::sync::Arc;

/// How a node's outflows draw on its inflows where no link decides (rule 5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Policy {
    /// First in, first out.
    Fifo,
    /// Last in, first out.
    Lifo,
    /// Rolling pro rata.
    Haircut,
    /// Traced last: all other money leaves first (lowest intermediate balance, Roscoe v Winder).
    Libr,
    /// Traced first: a claimant's election.
    TracedFirst,
    /// Traced money fills a transaction's largest outputs first; at an account as fifo.
    Tiho,
    /// Any traced unit marks everything: reach, never amounts.
    Poison,
}

impl Policy {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Fifo,
        Self::Lifo,
        Self::Haircut,
        Self::Libr,
        Self::TracedFirst,
        Self::Tiho,
        Self::Poison,
    ];

    /// The word on the command line and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::Haircut => "haircut",
            Self::Libr => "libr",
            Self::TracedFirst => "traced-first",
            Self::Tiho => "tiho",
            Self::Poison => "poison",
        }
    }

    /// The policy with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == word)
    }

    /// Whether it says how much, not only whether.
    pub const fn has_amounts(self) -> bool {
        !matches!(self, Self::Poison)
    }

    /// Whether it treats traced money apart from other money. To the sources all money is traced, so such a rule
    /// would say nothing of its own.
    pub const fn is_partial(self) -> bool {
        matches!(self, Self::Libr | Self::TracedFirst | Self::Tiho)
    }
}

/// Where money that came unseen is placed (rule 6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Placement {
    /// At the moment when it is missing.
    Latest,
    /// As the least opening balance that keeps the account from going negative, first in the queue.
    Earliest,
}

impl Placement {
    /// Both, in the order of reports.
    pub const ALL: [Self; 2] = [Self::Latest, Self::Earliest];

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Earliest => "earliest",
        }
    }
}

/// Whether money is followed to its destinations or to its sources.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// `--from`: where did it go?
    Forward,
    /// `--to`: where did it come from? The same allocation, read off at the target (rule 9).
    Sources,
}

/// What carries the seed's label (rule 8).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Seed {
    /// One transfer, in full, from its arrival on.
    Transfer(TransferIdx),
    /// Each outflow of an account in the window; what flows back ends there as returned.
    Account(NodeIdx),
}

/// When a trace goes no further; each rule reports the amount that it cut off.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StopRules {
    /// Accounts inside which money is not followed, ascending.
    pub services: Vec<NodeIdx>,
    /// Events after which it is not followed.
    pub n_events_max: Option<u32>,
    /// Least traced amount of a transfer, per asset, in smallest units.
    pub floors: Vec<(AssetIdx, Amount)>,
    /// Last second: transfers that cannot have happened by then are left out.
    pub until: Option<i64>,
    /// Transactions that mix the money of several people, ascending: a candidate set, no path.
    pub coinjoins: Arc<[EventIdx]>,
    /// Most transfers, in and out, of an account that money is followed into.
    pub n_transfers_max: Option<u32>,
}

/// Why a trace went no further.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StopReason {
    /// A tagged service.
    Service,
    /// A CoinJoin.
    Coinjoin,
    /// More events than asked for.
    Hops,
    /// Value below the floor.
    Floor,
    /// Later than asked for.
    Time,
    /// An account with more transfers than asked for.
    Busy,
}

impl StopReason {
    /// All, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Service,
        Self::Coinjoin,
        Self::Hops,
        Self::Floor,
        Self::Time,
        Self::Busy,
    ];

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Coinjoin => "coinjoin",
            Self::Hops => "events",
            Self::Floor => "floor",
            Self::Time => "time",
            Self::Busy => "transfers",
        }
    }
}

/// Everything that fixes a trace before its result is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceSpec {
    /// Destinations or sources.
    pub direction: Direction,
    /// Where it starts, one label each, in this order. In a trace to the sources: the targets.
    pub seeds: Vec<Seed>,
    /// The layer.
    pub layer: Layer,
    /// The policy.
    pub policy: Policy,
    /// Where unexplained money is placed.
    pub placement: Placement,
    /// Stop rules.
    pub stops: StopRules,
    /// First second of the window in which an account's outflows are seeds.
    pub since: Option<i64>,
    /// Transfers and links that cannot have happened by this second do not exist.
    pub as_of: Option<i64>,
    /// Outputs that an accepted claim holds to be change, ascending: libr serves payees and fee first (rule 12).
    pub change: Arc<[TransferIdx]>,
    /// Rules whose links do not count.
    pub without: Arc<[RuleId]>,
}

/// What a unit of money is known by (rule 3). The order is the label order of haircut: seeds in
/// order, then clean, then unexplained.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Label {
    /// Of the seed at this position; in a trace to the sources, of the origin at this position.
    Seed(u32),
    /// Other money.
    Clean,
    /// Drawn where the account was not known to hold it.
    Unexplained,
}

/// What a transfer carries: pieces in order, same labels never adjacent, no piece zero.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Carried {
    /// Label and amount, in the order of the pool that they were drawn from.
    pub pieces: Vec<(Label, u128)>,
}

impl Carried {
    /// Units of one label.
    pub fn of(&self, label: Label) -> u128 {
        self.pieces
            .iter()
            .filter(|piece| piece.0 == label)
            .map(|piece| piece.1)
            .sum()
    }

    /// Units of all seeds.
    pub fn traced(&self) -> u128 {
        self.pieces
            .iter()
            .filter(|piece| matches!(piece.0, Label::Seed(_)))
            .map(|piece| piece.1)
            .sum()
    }

    /// All units.
    pub fn total(&self) -> u128 {
        self.pieces.iter().map(|piece| piece.1).sum()
    }
}

/// One transfer of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The transfer.
    pub transfer: TransferIdx,
    /// What it carries, summing to its amount where that is known; empty under poison.
    pub carried: Carried,
    /// Events from the seed on the shortest way that traced money took; the seed's is 0. In a
    /// trace to the sources: events from here to the target.
    pub n_events: u32,
    /// Why the traced part was not followed beyond this transfer.
    pub stop: Option<StopReason>,
    /// Whether its place among its neighbours is a convention because times overlap (rule 1).
    pub order_open: bool,
}

/// Where traced money ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EndKind {
    /// In the account at the end of the evidence.
    Rests,
    /// In `fees`, or left inside a transaction whose fee is unknown: a fee of at least this.
    Fees,
    /// In an output that nobody can ever spend.
    Burned,
    /// Back at the seed account.
    Returned,
    /// Relabelled by a later seed, or exchanged away against another leg of the same conversion.
    TakenOver,
    /// A stop rule.
    CutOff(StopReason),
    /// Became another asset.
    Converted,
    /// In a trace to the sources: arrived at the target.
    Reached,
    /// In a trace to the sources: went where the target cannot be reached from.
    Elsewhere,
}

/// An amount of one seed, in one asset, that ended at one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct End {
    /// How it ended.
    pub kind: EndKind,
    /// Where.
    pub node: NodeIdx,
    /// In which asset.
    pub asset: AssetIdx,
    /// Position of the seed.
    pub seed: u32,
    /// How much.
    pub amount: u128,
}

/// One line of the balance (rule 10): seeded + arrived by conversion = resting + fees + burned +
/// returned + taken over + cut off + converted away + reached + elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BalanceLine {
    /// Position of the seed.
    pub seed: u32,
    /// Asset.
    pub asset: AssetIdx,
    /// Put in by the seed.
    pub seeded: u128,
    /// Arrived from another asset.
    pub arrived: u128,
    /// Resting.
    pub resting: u128,
    /// Fees.
    pub fees: u128,
    /// Burned.
    pub burned: u128,
    /// Returned.
    pub returned: u128,
    /// Taken over.
    pub taken_over: u128,
    /// Cut off.
    pub cut_off: u128,
    /// Converted away.
    pub converted: u128,
    /// Arrived at the target of a trace to the sources.
    pub reached: u128,
    /// In a trace to the sources: went where the target cannot be reached from.
    pub elsewhere: u128,
}

impl BalanceLine {
    /// Whether every unit turned up.
    pub fn holds(&self) -> bool {
        let out = [
            self.resting,
            self.fees,
            self.burned,
            self.returned,
            self.taken_over,
            self.cut_off,
            self.converted,
            self.reached,
            self.elsewhere,
        ];
        let out = out.into_iter().try_fold(0_u128, u128::checked_add);
        out.is_some() && out == self.seeded.checked_add(self.arrived)
    }
}

/// The result of following allocations from the seeds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// What was asked.
    pub spec: TraceSpec,
    /// Transfers that carry traced money, in the order of the record.
    pub steps: Vec<Step>,
    /// Where it ended, ascending by node, asset, seed and kind. Empty under poison.
    pub ends: Vec<End>,
    /// One line per seed and asset. Empty under poison.
    pub balance: Vec<BalanceLine>,
    /// What nodes of the trace paid out, or held at first, without being known to have received it:
    /// (node, asset, amount), ascending.
    pub unexplained: Vec<(NodeIdx, AssetIdx, u128)>,
    /// Marked nodes under poison, with the marked share of the pool at the end: (node, asset,
    /// at most how much of the pool is marked money, pool), ascending. Empty under other policies.
    pub marked: Vec<(NodeIdx, AssetIdx, u128, u128)>,
    /// In a trace to the sources: what each label position stands for.
    pub origins: Vec<Origin>,
    /// Whether shares of origins were rounded once, at the target, and not at each draw. Then origins are told apart where they reached a
    /// target, and nowhere else: what a step carries stands in one under the first origin that is in it and reaches; what was converted, and
    /// what went elsewhere, is told of each origin, and stands where the origin is.
    pub is_rounded_once: bool,
}

/// Where money of a trace to the sources is first known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// Newly issued by this transfer.
    Issued(TransferIdx),
    /// Held by this account, from where the evidence does not say; or, where a target account paid
    /// it out itself, that account.
    FirstKnown(NodeIdx),
    /// Held by this node, beyond which the trace was told not to look.
    Stopped(NodeIdx, StopReason),
}
