//! What went from one account to another whatever the policy: the least and the most that the record allows.
//!
//! # Laws
//!
//! 1. For every policy and placement of [`crate::trace`]: minimum ≤ what it brings from A to B ≤ maximum.
//! 2. In the order of the record, in one asset, with one source account, or without `since` and without links of what arrives at sources, both are
//!    reached by some allocation: no narrower bounds hold.
//! 3. The capacities of the cut sum to the maximum, and money of A reaches B only through them.
//!
//! # Method
//!
//! The record fixes how much every transfer moves and every pool holds at every moment, and leaves open whose money it
//! is. With unexplained money at its earliest place (`tracing.md` rule 6) the whole record is one flow over time:
//! pools hold, transfers move. The part of it that is A's is itself a flow, nowhere greater than the whole, and so is
//! the rest. Hence
//!
//! * the maximum is the maximum flow from A's transfers to B;
//! * the minimum is what B received less the maximum flow from everything else: other inflows, unexplained money, what A's pool
//!   pays beyond the seeds.
//!
//! The network is a maximum-flow network over time (Ford and Fulkerson, *Constructing maximal dynamic flows from static flows*,
//! Operations Research 6, 1958; Akrida, Czyzowicz, Gąsieniec, Kuszner, Spirakis, *Temporal flows in temporal networks*, JCSS
//! 103, 2019): a vertex for a pool between two changes, edges for holding it and for transfers. Holding is limited by what the pool held:
//! an account that was empty in between passed nothing on. Links lead past the pools, as in a trace. Only what lies between A and B gets
//! vertices; all other money of the pools there is a source or gone, so the network is as large as the sub-graph between them, whatever the
//! degree of its accounts.
//!
//! Stated times ([`Times::Stated`]) leave the order open where they overlap. Then an inflow is there from its earliest
//! second on, and an outflow leaves until its latest, each of them by itself, and pools hold what they can have held at most in any order.
//! That is a relaxation: the bounds hold for every order, but need not be reached.
//!
//! What is converted from another asset may or may not be A's money: the maximum takes all of it, if A's money can
//! have come there, the minimum none. [`Bound::n_conversions`] says how often.
//!
//! Time is O(d log d) in the degrees d of the accounts between A and B, and that of Dinic's algorithm in the transfers between them. Exact
//! in 128 bits; sums beyond are errors.

mod flow;
mod network;
mod pool;

use crate::Error;
use crate::between::{Ends, Moments, between};
use crate::trace::view::View;
use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, TraceSpec};
use moneytrail_model::{AssetIdx, Layer, NodeIdx, TransferIdx, Watch};
use moneytrail_store::graph::Graph;
use network::Network;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// Which order of events counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Times {
    /// That of the record, which every trace follows.
    Record,
    /// Every order that the stated times allow.
    Stated,
}

impl Times {
    /// Both, the narrower bounds first.
    pub const ALL: [Self; 2] = [Self::Record, Self::Stated];

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Stated => "stated-times",
        }
    }
}

/// From where to where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoundsSpec {
    /// Whose money: as in a trace forward.
    pub sources: Vec<Seed>,
    /// Where it arrives. What arrived is not followed on.
    pub targets: Vec<NodeIdx>,
    /// Services, CoinJoins and accounts with too many transfers, inside which money is not followed: what they pay on is other
    /// money. Of stop rules only these count.
    pub stops: StopRules,
    /// The layer.
    pub layer: Layer,
    /// Which order.
    pub times: Times,
    /// First second of the window in which an account's outflows are sources.
    pub since: Option<i64>,
    /// Last second that counts.
    pub until: Option<i64>,
    /// Transfers and links that cannot have happened by this second do not exist.
    pub as_of: Option<i64>,
    /// Rules whose links do not count.
    pub without: std::sync::Arc<[moneytrail_model::RuleId]>,
    /// Most transfers that are looked at; beyond there is no result.
    pub n_transfers_max: usize,
}

/// The bounds in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bound {
    /// The asset in which it arrives.
    pub asset: AssetIdx,
    /// Least that came from the sources.
    pub minimum: u128,
    /// Most that came from the sources.
    pub maximum: u128,
    /// All that arrived at the targets.
    pub arrived: u128,
    /// Inflows of the targets of unknown amount, which are in none of the figures.
    pub n_unknown: usize,
    /// What proves the maximum, ascending: the money passes here, and no more fits through.
    pub cut: Vec<CutPart>,
    /// Links from other assets that were taken to bring the sources' money, and to bring none.
    pub n_conversions: usize,
    /// Transfers between the sources and the targets in this asset.
    pub n_between: usize,
}

/// A place through which money must pass.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CutPart {
    /// What it is.
    pub place: CutPlace,
    /// Units that it can have passed.
    pub amount: u128,
}

/// What limits a flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CutPlace {
    /// A transfer moved no more.
    Transfer(TransferIdx),
    /// A link passes no more from one transfer to another.
    Link(TransferIdx, TransferIdx),
    /// What arrived by it is reserved, but for so much.
    FreeArrival(TransferIdx),
    /// What left by it is paid by links, but for so much.
    FreeDeparture(TransferIdx),
    /// The account held no more after this transfer and before the next.
    Held(NodeIdx, TransferIdx),
    /// What an input of unknown value must have brought in.
    Unknown(TransferIdx),
}

/// Policy-free bounds of what went from the sources to the targets, one for each asset in which
/// anything arrived, ascending.
///
/// # Errors
/// As [`crate::trace::trace`], and [`Error::TooFar`] beyond `n_transfers_max`.
///
/// # Example
/// ```
/// use moneytrail_analysis::bounds::{BoundsSpec, Times, bounds};
/// use moneytrail_model::trace::Seed;
/// use moneytrail_model::{AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layer, Layers, TransferKind};
/// use moneytrail_store::graph::GraphBuilder;
///
/// let mut builder = GraphBuilder::default();
/// let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
/// let key = |name: &str| AccountKey::Listed(name.into());
/// let [a, x, m, b] = ["A", "X", "M", "B"].map(|name| builder.account(&key(name)));
/// for (from, to, units) in [(a, m, 50), (x, m, 30), (m, b, 60)] {
///     builder.event(EventKind::Payment, Instant::at(0));
///     builder.transfer(from, to, euro, Some(Amount::from_u64(units)), TransferKind::Payment, Layers::BOTH);
/// }
/// let graph = builder.finish().unwrap();
/// let spec = BoundsSpec {
///     sources: vec![Seed::Account(graph.node_of(&key("A")).unwrap())],
///     targets: vec![graph.node_of(&key("B")).unwrap()],
///     stops: Default::default(),
///     layer: Layer::Custody,
///     times: Times::Record,
///     since: None,
///     until: None,
///     as_of: None,
///     without: Default::default(),
///     n_transfers_max: 1_000,
/// };
/// let bound = &bounds(&graph, &spec).unwrap()[0];
/// assert_eq!((bound.minimum, bound.maximum), (30, 50), "X can have paid no more than 30 of the 60");
/// ```
pub fn bounds(graph: &Graph, spec: &BoundsSpec) -> Result<Vec<Bound>, Error> {
    bounds_watched(graph, spec, &())
}

/// As [`bounds`], while somebody waits.
///
/// # Errors
/// As [`bounds`]; [`Error::Stopped`] if he has it end.
pub fn bounds_watched(
    graph: &Graph,
    spec: &BoundsSpec,
    watch: &dyn Watch,
) -> Result<Vec<Bound>, Error> {
    let asked = TraceSpec {
        direction: Direction::Forward,
        seeds: spec.sources.clone(),
        layer: spec.layer,
        policy: Policy::Fifo,
        placement: Placement::Earliest,
        stops: StopRules {
            until: spec.until,
            services: spec.stops.services.clone(),
            coinjoins: std::sync::Arc::clone(&spec.stops.coinjoins),
            n_transfers_max: spec.stops.n_transfers_max,
            ..StopRules::default()
        },
        since: spec.since,
        as_of: spec.as_of,
        change: std::sync::Arc::default(),
        without: std::sync::Arc::clone(&spec.without),
    };
    let mut view = View::new(graph, &asked)?;
    view.watch = watch;
    let view = view;
    if let Some(&node) = spec
        .targets
        .iter()
        .find(|node| node.idx() >= graph.n_accounts())
    {
        return Err(Error::NoSuchAccount(node));
    }
    let moments = match spec.times {
        Times::Record => Moments::Order,
        Times::Stated => Moments::times(graph),
    };
    let targets: FxHashSet<NodeIdx> = spec.targets.iter().copied().collect();
    let ends = Ends {
        view: &view,
        moments: &moments,
        targets: &targets,
        may: &|_| true,
        unknown_leads: false,
        through_swaps: false,
        n_max: spec.n_transfers_max,
    };
    let transfers = between(&ends)?;
    let mut inflows: Vec<TransferIdx> = Vec::new();
    let distinct: BTreeSet<NodeIdx> = spec.targets.iter().copied().collect();
    for &node in &distinct {
        let all = graph.transfers_in(node).iter();
        inflows.extend(all.filter(|&t| view.exists(t) && !view.is_too_late(t)));
    }
    let assets: BTreeSet<AssetIdx> = inflows.iter().map(|&t| graph.asset_of(t)).collect();
    let mut found = Vec::with_capacity(assets.len());
    for asset in assets {
        let (mut arrived, mut n_unknown, mut reachable) = (0_u128, 0, 0_u128);
        for &inflow in inflows.iter().filter(|&&t| graph.asset_of(t) == asset) {
            let Some(amount) = view.amount(inflow)? else {
                n_unknown += 1;
                continue;
            };
            let too_large = || Error::TooLarge(graph.to(inflow));
            arrived = arrived.checked_add(amount).ok_or_else(too_large)?;
            if transfers.binary_search(&inflow).is_ok() {
                reachable += amount;
            }
        }
        let network = Network::build(&ends, &transfers, asset)?;
        let (maximum, cut) = network.most(watch);
        let others = network.most_of_others(watch);
        // What was given up gave less than there is.
        watch.check()?;
        found.push(Bound {
            asset,
            minimum: reachable - others.min(reachable),
            maximum,
            arrived,
            n_unknown,
            cut,
            n_conversions: network.n_conversions,
            n_between: network.n_transfers,
        });
    }
    Ok(found)
}
