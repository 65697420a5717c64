//! Ways from one set of accounts to another: the k best, and what all of them pass.
//!
//! # Laws
//!
//! 1. A path begins with a transfer of a source and ends with the first that goes to a target. Each transfer leaves the pool in
//!    which the one before arrived, as far as links leave something of both to the pool; or a link leads to it; or
//!    it is the other side of a swap ([`Step`]). So a linked transfer continues only to what it is linked to.
//! 2. It is feasible in time: the running maximum of the earliest instants never passes a later step's latest, on effective times
//!    ([`InGraph`]). Transactions of chains keep their places; what a book states to the day may stand anywhere within its day;
//!    inside of one event there is no order.
//! 3. It is simple: between two stations it passes no transfer twice and draws on no pool twice. A link leads past the pool, and so
//!    a coin may come back to an address and be spent from there.
//! 4. The first of k paths is the best, each next one the best of all others. Where amounts or policies would not let
//!    money go this way, [`crate::bounds`] and [`crate::trace`] say so: a path says that it can have.
//! 5. A [`Choke`] is on every path, whatever its rank.
//!
//! # Method
//!
//! What lies between (`between`) is numbered; a backward search gives what is left from everywhere, and forward searches
//! are led by it. The next best path leaves a known one somewhere: Yen, *Finding the k shortest loopless paths in a network*, Management Science 17 (1971),
//! with Lawler's rule that a path is left only behind where it left its own parent (Management Science 18, 1972). Arrival: Wu, Cheng, Huang, Ke, Lu, Xu, *Path
//! problems in temporal graphs* (VLDB 2014). Widest: Pollack, *The maximum capacity through a network*, Operations Research 8 (1960).
//! A choke point is what no walk avoids (Kildall, *A unified approach to global program optimization*, POPL 1973), through stations what
//! cannot be taken away.
//!
//! O(k · l) searches of O(m log m) for paths of l transfers among m between the ends where times are exact; where intervals
//! overlap, a transfer has a label for each combination of moment, units and length that none surpasses.

mod chokes;
mod kbest;
mod potential;
mod search;
mod steps;
mod strict;

pub use strict::{StrictPaths, strict_paths, strict_paths_watched};

use crate::Error;
use crate::between::{Ends, Moments, between};
use crate::temporal::InGraph;
use crate::trace::view::View;
use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, TraceSpec};
use moneytrail_model::{AssetIdx, EventIdx, Layer, NodeIdx, RuleId, TransferIdx, Watch};
use moneytrail_store::graph::{Graph, LinkId};
use rustc_hash::FxHashSet;
use search::{Barred, OutOfWork, Prefix, Route, Search, Taken};
use std::collections::{BTreeMap, BTreeSet};
use steps::{Steps, UNLIMITED};

/// The rule of [`Step::Swap`].
pub const SWAP: RuleId = crate::between::SWAP;

/// Most stations of one question: each doubles the search.
pub const N_STATIONS_MAX: usize = 4;

/// What a further event weighs against a further transfer.
const HOP: i128 = 1 << 32;

/// What makes a path better.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// The most that it can have brought, then fewer events.
    Value,
    /// The earliest second by which it can have arrived, then fewer events.
    Arrival,
    /// Fewer events, then fewer transfers, then the earlier arrival.
    Hops,
}

impl By {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Arrival => "arrival",
            Self::Hops => "hops",
        }
    }
}

/// What paths must not share. Each is the best of what those before leave, so that another choice might give more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disjoint {
    /// Transfers.
    Transfers,
    /// Accounts and transactions between the ends.
    Accounts,
}

/// Places that stand for each other.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Station {
    /// Accounts that pay or are paid.
    pub accounts: BTreeSet<NodeIdx>,
    /// Events.
    pub events: BTreeSet<EventIdx>,
    /// Assets that are moved.
    pub assets: BTreeSet<AssetIdx>,
}

/// From where to where, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathsSpec {
    /// Whose money: as in a trace forward.
    pub sources: Vec<Seed>,
    /// Where paths end.
    pub targets: Vec<NodeIdx>,
    /// The layer.
    pub layer: Layer,
    /// Which are best.
    pub by: By,
    /// How many; by value for each asset of arrival.
    pub k: usize,
    /// What they must not share.
    pub disjoint: Option<Disjoint>,
    /// Every path passes each of these; at most [`N_STATIONS_MAX`].
    pub through: Vec<Station>,
    /// No path passes any of these.
    pub avoid: Station,
    /// Assets that a path may move; all, if empty.
    pub assets: BTreeSet<AssetIdx>,
    /// First second: nothing on a path is earlier.
    pub since: Option<i64>,
    /// Last second: nothing on a path is later.
    pub until: Option<i64>,
    /// Transfers and links that cannot have happened by this second do not exist.
    pub as_of: Option<i64>,
    /// Rules whose links do not count.
    pub without: std::sync::Arc<[moneytrail_model::RuleId]>,
    /// Most transfers that are looked at to find what lies between; beyond there is no result.
    pub n_transfers_max: usize,
    /// Most labels that searches among them make, all together, other work weighed against them; beyond the paths found so far are told, as such.
    pub n_labels_max: u64,
}

/// How a path comes to a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// It begins with it.
    First,
    /// From the pool in which the transfer before arrived.
    Pool,
    /// By a link from the transfer before.
    Link {
        /// Which.
        id: LinkId,
        /// Units of the transfer before that it consumes.
        consumed: u128,
        /// Units of this one that it pays.
        paid: u128,
    },
    /// An account gave one asset and got another in one transaction ([`SWAP`]).
    Swap {
        /// Units that it gave in all, where every transfer says so.
        given: Option<u128>,
        /// Units that it got.
        got: Option<u128>,
    },
}

/// A path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// Transfers in their order, with what led to each and the most that can have come so far, in its asset; `None` if no
    /// amount is known.
    pub steps: Vec<(TransferIdx, Step, Option<u128>)>,
    /// Events that it passes, one behind the other.
    pub n_events: u32,
    /// The earliest second by which it can have arrived; the least `i64` if no time is known.
    pub arrival: i64,
}

impl Path {
    /// The most that this path alone can have brought, in the asset in which it arrives.
    pub fn value(&self) -> Option<u128> {
        self.steps.last().and_then(|step| step.2)
    }
}

/// What every path passes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Choke {
    /// A transfer.
    Transfer(TransferIdx),
    /// An account or transaction between the ends.
    Node(NodeIdx),
}

/// Why a search did not end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stopped {
    /// [`PathsSpec::n_labels_max`] was reached: more work finds more.
    Limit,
    /// Ways turned back at transfers that they had passed before a station, and to tell them apart took more work than such
    /// searches are given.
    Turned,
    /// They turned back at more transfers than can be told apart: more work finds no more.
    Critical,
}

impl Stopped {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Turned => "turned-back",
            Self::Critical => "critical-transfers",
        }
    }
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paths {
    /// The best first; by value for each asset of arrival, ascending.
    pub groups: Vec<(Option<AssetIdx>, Vec<Path>)>,
    /// Why searches did not end, if one did not: further or other paths than the last ones told may exist.
    pub stopped: Option<Stopped>,
    /// What all paths pass, in the order of the first one; `None` if that would be too much work to tell, also where paths
    /// turned back ([`Self::stopped`]).
    pub chokes: Option<Vec<Choke>>,
    /// Transfers that lie between, on paths or near them.
    pub n_between: usize,
}

impl Paths {
    /// Whether the searches ended.
    pub const fn is_complete(&self) -> bool {
        self.stopped.is_none()
    }
}

/// The k best paths.
///
/// # Errors
/// As [`crate::trace::trace`], and [`Error::TooFar`] beyond either limit if nothing was found before.
///
/// # Example
/// ```
/// use moneytrail_analysis::paths::{By, PathsSpec, Station, paths};
/// use moneytrail_model::trace::Seed;
/// use moneytrail_model::{AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layer, Layers, TransferKind};
/// use moneytrail_store::graph::GraphBuilder;
///
/// let mut builder = GraphBuilder::default();
/// let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
/// let key = |name: &str| AccountKey::Listed(name.into());
/// let [a, m, b] = ["A", "M", "B"].map(|name| builder.account(&key(name)));
/// for (second, (from, to, units)) in (0..).zip([(a, b, 5), (a, m, 50), (m, b, 40)]) {
///     builder.event(EventKind::Payment, Instant::at(second));
///     builder.transfer(from, to, euro, Some(Amount::from_u64(units)), TransferKind::Payment, Layers::BOTH);
/// }
/// let graph = builder.finish().unwrap();
/// let mut spec = PathsSpec {
///     sources: vec![Seed::Account(graph.node_of(&key("A")).unwrap())],
///     targets: vec![graph.node_of(&key("B")).unwrap()],
///     layer: Layer::Custody,
///     by: By::Value,
///     k: 2,
///     disjoint: None,
///     through: vec![],
///     avoid: Station::default(),
///     assets: Default::default(),
///     since: None,
///     until: None,
///     as_of: None,
///     without: Default::default(),
///     n_transfers_max: 1_000,
///     n_labels_max: 1_000,
/// };
/// let values = |spec: &PathsSpec| -> Vec<_> {
///     paths(&graph, spec).unwrap().groups[0].1.iter().map(|path| (path.value(), path.n_events)).collect()
/// };
/// assert_eq!(values(&spec), [(Some(40), 2), (Some(5), 1)]);
/// spec.by = By::Arrival;
/// assert_eq!(values(&spec), [(Some(5), 1), (Some(40), 2)]);
/// ```
///
/// # Panics
/// If there are more stations than [`N_STATIONS_MAX`].
pub fn paths(graph: &Graph, spec: &PathsSpec) -> Result<Paths, Error> {
    paths_watched(graph, spec, &())
}

/// As [`paths`], while somebody waits.
///
/// # Errors
/// As [`paths`]; [`Error::Stopped`] if he has it end.
///
/// # Panics
/// As [`paths`].
pub fn paths_watched(graph: &Graph, spec: &PathsSpec, watch: &dyn Watch) -> Result<Paths, Error> {
    assert!(spec.through.len() <= N_STATIONS_MAX, "too many stations");
    let asked = TraceSpec {
        direction: Direction::Forward,
        seeds: spec.sources.clone(),
        layer: spec.layer,
        policy: Policy::Fifo,
        placement: Placement::Latest,
        stops: StopRules {
            until: spec.until,
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
    let outside = spec
        .targets
        .iter()
        .find(|node| node.idx() >= graph.n_accounts());
    if let Some(&node) = outside {
        return Err(Error::NoSuchAccount(node));
    }
    let moments = Moments::times(graph);
    let record = InGraph::new(graph);
    let targets: FxHashSet<NodeIdx> = spec.targets.iter().copied().collect();
    let may = |transfer: TransferIdx| is_allowed(graph, spec, transfer);
    let ends = Ends {
        view: &view,
        moments: &moments,
        targets: &targets,
        may: &may,
        unknown_leads: true,
        through_swaps: true,
        n_max: spec.n_transfers_max,
    };
    let transfers = between(&ends)?;
    let steps = Steps::of(&ends, &record, spec, &transfers)?;
    Question {
        graph,
        spec,
        watch,
        steps: &steps,
        n_left: spec.n_labels_max,
        stopped: None,
    }
    .answer()
}

/// Whether a path may move it.
fn is_allowed(graph: &Graph, spec: &PathsSpec, transfer: TransferIdx) -> bool {
    let (event, asset) = (graph.event_of(transfer), graph.asset_of(transfer));
    let avoid = &spec.avoid;
    let is_avoided = avoid.assets.contains(&asset)
        || avoid.events.contains(&event)
        || avoid.accounts.contains(&graph.from(transfer))
        || avoid.accounts.contains(&graph.to(transfer));
    let is_early = spec
        .since
        .is_some_and(|since| graph.time(event).latest() < since);
    !is_avoided && !is_early && (spec.assets.is_empty() || spec.assets.contains(&asset))
}

/// A moment as one number, in their order.
fn packed(moment: Moment) -> i128 {
    (i128::from(moment.0) << 32) | i128::from(moment.1)
}

/// A second, and within it a place on a chain.
type Moment = (i64, u32);

/// One question on what lies between.
struct Question<'q> {
    graph: &'q Graph,
    spec: &'q PathsSpec,
    watch: &'q dyn Watch,
    steps: &'q Steps,
    n_left: u64,
    stopped: Option<Stopped>,
}

impl Question<'_> {
    fn answer(mut self) -> Result<Paths, Error> {
        let mut groups = Vec::new();
        let mut routes = Vec::new();
        for (asset, finals) in self.finals() {
            let found = self.routes(self.spec.by, finals)?;
            let paths = found.iter().map(|route| self.path(route)).collect();
            routes.extend(found);
            groups.push((asset, paths));
        }
        let found = Paths {
            groups,
            stopped: self.stopped,
            chokes: self.chokes(&routes),
            n_between: self.steps.transfers.len(),
        };
        self.watch.check()?;
        Ok(found)
    }

    /// Transfers that end a path, together or by asset.
    fn finals(&self) -> Vec<(Option<AssetIdx>, Vec<bool>)> {
        let steps = self.steps;
        if self.spec.by != By::Value {
            return vec![(None, steps.is_target.clone())];
        }
        let mut by_asset: BTreeMap<AssetIdx, Vec<bool>> = BTreeMap::new();
        for (at, &transfer) in steps.transfers.iter().enumerate() {
            if steps.is_target[at] {
                let finals = by_asset
                    .entry(self.graph.asset_of(transfer))
                    .or_insert_with(|| vec![false; steps.transfers.len()]);
                finals[at] = true;
            }
        }
        let groups = by_asset.into_iter();
        groups
            .map(|(asset, finals)| (Some(asset), finals))
            .collect()
    }

    fn search(&self, by: By, finals: Vec<bool>) -> Search<'_> {
        let n_stations = self.spec.through.len();
        Search::new(self.steps, by, finals, n_stations, self.n_left, self.watch)
    }

    /// The best routes; what was found until the work was too much.
    fn routes(&mut self, by: By, finals: Vec<bool>) -> Result<Vec<Route>, Error> {
        let (k, disjoint) = (self.spec.k, self.spec.disjoint);
        let mut search = self.search(by, finals);
        let mut found = Vec::new();
        let ended = match disjoint {
            None => kbest::k_best(&mut search, self.steps, k, &mut found),
            Some(disjoint) => self.k_disjoint(disjoint, &mut search, k, &mut found),
        };
        let (n_left, given_up) = (search.n_left, search.given_up);
        drop(search);
        self.n_left = n_left;
        self.watch.check()?;
        let limit = ended.err().map(|OutOfWork| Stopped::Limit);
        // Of several the one that more work helps.
        let stopped = self.stopped.into_iter().chain(limit).chain(given_up);
        self.stopped = stopped.min();
        if limit.is_some() && found.is_empty() {
            let n_max = usize::try_from(self.spec.n_labels_max).unwrap_or(usize::MAX);
            return Err(Error::TooFar { n_max });
        }
        Ok(found)
    }

    /// One after the other, each without what those before used.
    fn k_disjoint(
        &self,
        disjoint: Disjoint,
        search: &mut Search<'_>,
        k: usize,
        found: &mut Vec<Route>,
    ) -> Result<(), OutOfWork> {
        let mut barred = Barred::default();
        let none = FxHashSet::default();
        while found.len() < k {
            search.charge(barred.transfers.len())?;
            let mut prefix = Prefix::barring(barred.clone());
            let Some(route) = search.best(&mut prefix, &none)? else {
                return Ok(());
            };
            let used = route.taken.iter().map(|taken| taken.transfer);
            barred.transfers.extend(used);
            if disjoint == Disjoint::Accounts {
                let inner = self.inner(&route.taken).into_iter().collect();
                search.charge(self.steps.transfers.len())?;
                self.bar(&mut barred, &inner);
            }
            found.push(route);
        }
        Ok(())
    }

    /// Nodes between the ends, in the order of the route.
    fn inner(&self, taken: &[Taken]) -> Vec<NodeIdx> {
        let steps = self.steps;
        let mut nodes: Vec<NodeIdx> = Vec::new();
        for pair in taken.windows(2) {
            let [before, next] = [pair[0].transfer as usize, pair[1].transfer as usize];
            nodes.extend([steps.to[before], steps.from[next]]);
        }
        nodes.dedup();
        nodes.retain(|node| !self.graph.is_boundary(*node));
        nodes
    }

    fn bar(&self, barred: &mut Barred, nodes: &FxHashSet<NodeIdx>) {
        let steps = self.steps;
        for at in 0..steps.len() {
            let ends = [steps.from[at as usize], steps.to[at as usize]];
            if ends.iter().any(|end| nodes.contains(end)) {
                barred.transfers.insert(at);
            }
        }
    }

    fn path(&self, route: &Route) -> Path {
        let steps = self.steps;
        let mut path = Path {
            steps: Vec::with_capacity(route.taken.len()),
            n_events: 0,
            arrival: i64::MIN,
        };
        let mut before: Option<(u32, u128)> = None;
        for taken in &route.taken {
            let at = taken.transfer as usize;
            let units = before.map_or(steps.amount[at], |(from, units)| {
                steps.carried(units, from, taken.transfer, taken.how)
            });
            let is_one =
                before.is_some_and(|(from, _)| steps.event[from as usize] == steps.event[at]);
            path.n_events += u32::from(!is_one);
            path.arrival = path.arrival.max(steps.early[at].0);
            let known = (units != UNLIMITED).then_some(units);
            path.steps.push((steps.transfers[at], taken.how, known));
            before = Some((taken.transfer, units));
        }
        path
    }
}
