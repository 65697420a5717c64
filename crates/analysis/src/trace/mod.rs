//! Following money, exactly: `tracing.md`, rules 1 to 11, on one layer under one policy.
//!
//! # Laws
//!
//! 1. Per seed and asset: seeded + arrived by conversion = resting + fees + burned + returned + taken
//!    over + cut off + converted away. Every step carries exactly its amount. A trace that does not
//!    balance is an error, never a result.
//! 2. A trace is a function of the graph and the specification.
//!    To the sources: first known = reached + elsewhere + the same ends.
//! 3. Fifo and lifo: seeds run together give what they give apart; forward from A, arriving at B, is
//!    B's sources coming from A. Haircut: within one unit per draw.
//!
//! # Method
//!
//! Transfers are gone through in the order of the record. Each node holds a *pool* per asset, from
//! which outflows draw by the policy's rule; links reserve first and only their later transfer
//! draws what they reserve. Only nodes that traced money reaches are *computed*. A node is computed
//! from its first traced inflow on, or from its first outflow for which a link has reserved traced
//! money. Then its earlier history is made up for: every earlier inflow is clean, in full, and what
//! its earlier outflows lacked is unexplained. Later inflows from nodes that are not computed are
//! clean too. So *clean* means "not of the seeds, as far as this trace looked", and the line between
//! clean and unexplained depends on where traced money came. Amounts of seeds do not, under fifo and
//! lifo, libr, traced first and tiho; under haircut, rounding among labels does, by less than one unit per draw.
//!
//! Time is O(d log d) in the degrees d of the computed nodes, plus what is carried (fifo, lifo:
//! pieces; haircut: labels); memory is what is held. No rule is quadratic in a node's degree, but by what is asked apart: under haircut each
//! outflow of a pool carries a part of every seed in it. To the sources that would be every origin: where all draws look at more than 2²³ parts,
//! labels are mixtures of origins, and what is of each origin is rounded once, at the target ([`trace_rounded_once`]).
//!
//! # Where the rules leave a choice
//!
//! * **Links within one asset** pass min(consumed, paid) units: nothing is created on the way.
//!   Links between assets scale, and what they consume is booked as converted away where it arrived.
//!   A link counts if its earlier transfer comes first, both exist with known amounts and neither
//!   pool is a boundary. A swap is two linked transfers. If evidence reserves more than arrives, the
//!   earlier of the later transfers are served; if it pays one outflow twice, what that outflow did
//!   not need is free again, behind the rest.
//! * **Links from one pool to another** (another asset, or an account that a claim says is the same
//!   hand) pass on the label. The units stay where they are held: what arrived by a custody transfer
//!   stays in its pool as the holder's own, clean money, and the later transfer's own pool pays by the
//!   policy, if that transfer is one of custody. Labels that its own pool gives up are *taken over*. A
//!   due moves a debt, not holdings: on its side nothing stays and nothing is paid.
//! * **Unknown amounts** move no known units. At a junction they leave a gap (rule 6), which is the
//!   seed's if an input of unknown value is a seed.
//! * **Several seeds on one transfer**: the first carries its label.
//! * **Stop rules** in this order: time, events (both before a transfer: it is no step, and the money
//!   is cut off where it stood), then service, too many transfers or CoinJoin, then floor (the transfer is a step with its
//!   stop, and the money is cut off where it arrived). Returned and boundary come before stops. Cut
//!   money is clean from there on.
//! * **Distance** counts events: transfers of one event are one. Under haircut a label in a pool is as
//!   far as its nearest units.
//! * **Tiho** knows the outputs of a transaction before the first leaves: each is served as much traced money as is
//!   left for it, the largest first, seeds in order of arrival; other money fills the rest in the order of the outputs.
//!   **Libr** with a change output serves the payees' outputs in their order, then the fee, then the change. What such
//!   an output's own pool pays for a link's label (below) is other money first.
//! * **Poison** knows one mark for all seeds; an unknown amount carries it on.
//! * **Lifo** takes a block from the back; inside the block the order of the queue stays.
//! * **Residual inside a junction** with inputs of unknown value is a fee of at least that.

pub(crate) mod along;
mod apart;
mod book;
mod closure;
mod engine;
mod mixture;
mod node;
pub(crate) mod opening;
mod piece;
mod pool;
mod serve;
mod shares;
mod sources;
mod table;
pub(crate) mod view;

pub use shares::{Share, Shares, pari_passu, pari_passu_of_seeds};

use crate::Error;
use book::Labelled;
use engine::{Engine, N_PARTS_MAX};
use moneytrail_model::trace::{Direction, Policy, Seed, Trace, TraceSpec};
use moneytrail_model::{Stop, Watch};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Follows the money of the seeds, to its destinations or to the sources (rule 9: the same
/// allocation, with one label per origin, read off at the targets).
///
/// # Errors
/// [`Error::NoSuchTransfer`], [`Error::NoSuchAccount`], [`Error::SeedOutside`] for a seed that the
/// graph or the layer does not have; [`Error::Negative`] and [`Error::TooLarge`] for amounts that
/// cannot be followed; [`Error::DoesNotBalance`] for a defect of this program.
///
/// # Complexity
/// O(d log d) in the transfers of the nodes that are computed, times what is carried.
///
/// # Example
/// ```
/// use moneytrail_analysis::trace::trace;
/// use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, TraceSpec};
/// use moneytrail_model::{AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layer, Layers, TransferKind};
/// use moneytrail_store::graph::GraphBuilder;
///
/// let mut builder = GraphBuilder::default();
/// let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
/// let [victim, mule, shop] = ["victim", "mule", "shop"].map(|name| builder.account(&AccountKey::Listed(name.into())));
/// let mut pay = |from, to, units| {
///     builder.event(EventKind::Payment, Instant::at(0));
///     builder.transfer(from, to, euro, Some(Amount::from_u64(units)), TransferKind::Payment, Layers::BOTH)
/// };
/// let fraud = pay(victim, mule, 50);
/// pay(mule, shop, 20);
/// let graph = builder.finish().unwrap();
/// let spec = TraceSpec {
///     direction: Direction::Forward,
///     seeds: vec![Seed::Transfer(fraud)],
///     layer: Layer::Custody,
///     policy: Policy::Fifo,
///     placement: Placement::Latest,
///     stops: StopRules::default(),
///     since: None,
///     as_of: None,
///     change: Default::default(),
///     without: Default::default(),
/// };
/// let trace = trace(&graph, &spec).unwrap();
/// let rests: Vec<u128> = trace.ends.iter().map(|end| end.amount).collect();
/// assert_eq!(rests, [30, 20], "30 with the mule, 20 with the shop");
/// ```
pub fn trace(graph: &Graph, spec: &TraceSpec) -> Result<Trace, Error> {
    trace_watched(graph, spec, usize::MAX, &())
}

/// As [`trace`], while somebody waits: he hears of transfers of the record that lie behind, of as many as it has in all. Questions that
/// must not take longer than others have no result beyond `n_max` transfers of the nodes that are computed.
///
/// # Errors
/// As [`trace`], and [`Error::TooFar`]; [`Error::Stopped`] if he has it end.
pub fn trace_watched(
    graph: &Graph,
    spec: &TraceSpec,
    n_max: usize,
    watch: &dyn Watch,
) -> Result<Trace, Error> {
    watch.check()?;
    let mut engine = match spec.direction {
        Direction::Forward => Engine::forward(graph, spec, watch)?,
        Direction::Sources => Engine::sources(graph, spec, Labelled::Each, watch)?,
    };
    if spec.direction == Direction::Sources && spec.policy == Policy::Haircut {
        engine.n_parts_max = Some(N_PARTS_MAX);
    }
    if engine.run(n_max)? {
        return engine.close();
    }
    let again = Again {
        watch,
        told: engine.n_told.into(),
    };
    drop(engine);
    rounded_once(graph, spec, n_max, &again)
}

/// A trace to the sources under haircut whose shares are rounded once, at the target: what [`trace_watched`] gives where rounding at each draw
/// would look at too many parts. What reached a target of each origin differs from that by less than one unit for each draw, times the rates of the
/// conversions behind it; see [`Trace::is_rounded_once`].
///
/// # Errors
/// As [`trace`].
///
/// # Complexity
/// O(d log d) in the transfers d of the nodes that are computed, for each asset and target account that something of it reaches.
pub fn trace_rounded_once(
    graph: &Graph,
    spec: &TraceSpec,
    watch: &dyn Watch,
) -> Result<Trace, Error> {
    let spec = TraceSpec {
        direction: Direction::Sources,
        policy: Policy::Haircut,
        ..spec.clone()
    };
    rounded_once(graph, &spec, usize::MAX, watch)
}

fn rounded_once(
    graph: &Graph,
    spec: &TraceSpec,
    n_max: usize,
    watch: &dyn Watch,
) -> Result<Trace, Error> {
    let mut engine = Engine::sources(graph, spec, Labelled::Mixed, watch)?;
    engine.run(n_max)?;
    engine.close()
}

/// Who waits for what is begun anew: he has heard of so many transfers already.
#[derive(Debug)]
struct Again<'a> {
    watch: &'a dyn Watch,
    told: AtomicU64,
}

impl Watch for Again<'_> {
    fn advance(&self, n_done: u64) {
        let told = self.told.load(Relaxed);
        self.told.store(told.saturating_sub(n_done), Relaxed);
        self.watch.advance(n_done.saturating_sub(told));
    }

    fn check(&self) -> Result<(), Stop> {
        self.watch.check()
    }
}

/// As [`trace_watched`] to the sources, where accounts beside the targets at which money is first known are not told apart, nor what was issued, nor what
/// was not looked behind for one reason, but for services. Of an origin that stands for several, only the kind is to be read.
pub(crate) fn sources_by_kind(
    graph: &Graph,
    spec: &TraceSpec,
    watch: &dyn Watch,
) -> Result<Trace, Error> {
    watch.check()?;
    let targets = spec.seeds.iter().filter_map(|seed| match seed {
        Seed::Account(node) => Some(*node),
        Seed::Transfer(_) => None,
    });
    let labelled = Labelled::Kinds(targets.collect());
    let mut engine = Engine::sources(graph, spec, labelled, watch)?;
    engine.run(usize::MAX)?;
    engine.close()
}

/// Many traces, in parallel; results in the order of `specs`, the same for any number of threads.
///
/// # Errors
/// Per trace, as [`trace`].
pub fn trace_all(graph: &Graph, specs: &[TraceSpec]) -> Vec<Result<Trace, Error>> {
    trace_all_watched(graph, specs, usize::MAX, &())
}

/// As [`trace_all`], each by [`trace_watched`].
///
/// # Errors
/// Per trace, as [`trace_watched`].
pub fn trace_all_watched(
    graph: &Graph,
    specs: &[TraceSpec],
    n_max: usize,
    watch: &dyn Watch,
) -> Vec<Result<Trace, Error>> {
    let traced = |spec| trace_watched(graph, spec, n_max, watch);
    specs.par_iter().map(traced).collect()
}
