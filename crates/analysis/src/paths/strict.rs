//! Paths each of whose transfers draws on the one before, as a policy allocates.
//!
//! # Laws
//!
//! 1. A path carries units of its first transfer: those that went into each next one under the policy, and no others, the whole
//!    way. So it never carries more than arrives by a trace of the same seeds, and under fifo and lifo all paths together carry just that.
//! 2. It is feasible in time as any path is. It may come back to an account: money does.
//! 3. The first of k paths is the best, each next one the best of all others.
//!
//! # Method
//!
//! A trace says what can lie on such paths, and going back over it how much can at most arrive from everywhere (Pollack 1960). Beginnings
//! of paths are taken by descending bound; each is followed by a trace along it, which tells by which transfers its money goes on
//! and how much of it by each. What is carried never grows within one asset, clock and length never fall: the first that arrive are the
//! best. One trace for each beginning that is taken; for fifo, lifo and haircut it looks only at the accounts on the way.

use super::steps::moments;
use super::{
    By, Disjoint, HOP, Moment, Path, Paths, PathsSpec, Station, Step, Stopped, is_allowed, packed,
};
use crate::Error;
use crate::temporal::InGraph;
use crate::trace::along::along;
use crate::trace::trace_watched;
use crate::trace::view::View;
use moneytrail_model::trace::{Direction, Placement, Policy, StopRules, Trace, TraceSpec};
use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx, Watch};
use moneytrail_store::graph::Graph;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StrictPaths {
    /// The paths: what each transfer carries is what came the whole way. What every path passes is not told.
    pub paths: Paths,
    /// What arrives at the targets in all, by asset, as a trace has it.
    pub arrived: Vec<(AssetIdx, u128)>,
}

/// The k best paths of which each transfer draws on the one before under `policy`, unexplained money placed latest. `change`: outputs
/// that libr serves last, ascending.
///
/// # Errors
/// As [`super::paths`], and as [`trace_watched`] beyond [`PathsSpec::n_transfers_max`].
///
/// # Panics
/// If there are more stations than [`super::N_STATIONS_MAX`], or the policy has no amounts.
pub fn strict_paths(
    graph: &Graph,
    spec: &PathsSpec,
    policy: Policy,
    change: Arc<[TransferIdx]>,
) -> Result<StrictPaths, Error> {
    strict_paths_watched(graph, spec, policy, change, &())
}

/// As [`strict_paths`], while somebody waits.
///
/// # Errors
/// As [`strict_paths`]; [`Error::Stopped`] if he has it end.
///
/// # Panics
/// As [`strict_paths`].
pub fn strict_paths_watched(
    graph: &Graph,
    spec: &PathsSpec,
    policy: Policy,
    change: Arc<[TransferIdx]>,
    watch: &dyn Watch,
) -> Result<StrictPaths, Error> {
    assert!(
        spec.through.len() <= super::N_STATIONS_MAX,
        "too many stations"
    );
    assert!(policy.has_amounts(), "a reach is no way");
    let outside = spec
        .targets
        .iter()
        .find(|node| node.idx() >= graph.n_accounts());
    if let Some(&node) = outside {
        return Err(Error::NoSuchAccount(node));
    }
    let asked = TraceSpec {
        direction: Direction::Forward,
        seeds: spec.sources.clone(),
        layer: spec.layer,
        policy,
        placement: Placement::Latest,
        stops: StopRules {
            services: spec.targets.clone(),
            until: spec.until,
            ..StopRules::default()
        },
        since: spec.since,
        as_of: spec.as_of,
        change,
        without: spec.without.clone(),
    };
    let traced = trace_watched(graph, &asked, spec.n_transfers_max, watch)?;
    let mut view = View::new(graph, &asked)?;
    view.watch = watch;
    let view = view;
    let mut search = Strict {
        graph,
        spec,
        asked: &asked,
        view: &view,
        record: InGraph::new(graph),
        targets: spec.targets.iter().copied().collect(),
        units: units(&traced),
        barred: FxHashSet::default(),
        n_left: usize::try_from(spec.n_labels_max).unwrap_or(usize::MAX),
        stopped: None,
    };
    let arrived = search.arrived();
    let groups: Vec<Option<AssetIdx>> = match spec.by {
        By::Value => arrived.iter().map(|line| Some(line.0)).collect(),
        By::Arrival | By::Hops => vec![None],
    };
    let mut found = Vec::new();
    for asset in groups {
        found.push((asset, search.paths(asset)?));
    }
    let n_max = usize::try_from(spec.n_labels_max).unwrap_or(usize::MAX);
    if search.stopped.is_some() && found.iter().all(|group| group.1.is_empty()) {
        return Err(Error::TooFar { n_max });
    }
    Ok(StrictPaths {
        paths: Paths {
            groups: found,
            stopped: search.stopped,
            chokes: None,
            n_between: search.units.len(),
        },
        arrived,
    })
}

/// Transfers that carry traced money, with how much of it.
fn units(trace: &Trace) -> BTreeMap<TransferIdx, u128> {
    let steps = trace.steps.iter();
    let all = steps.map(|step| (step.transfer, step.carried.traced()));
    all.filter(|step| step.1 > 0).collect()
}

/// A beginning of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Beginning {
    way: Vec<TransferIdx>,
    carried: Vec<u128>,
    clock: Moment,
    n_events: u32,
    mask: u8,
}

/// Rank, then transfers: the least is taken first.
type Waiting = Reverse<([i128; 3], Vec<TransferIdx>, usize)>;

struct Strict<'s> {
    graph: &'s Graph,
    spec: &'s PathsSpec,
    asked: &'s TraceSpec,
    view: &'s View<'s>,
    record: InGraph<'s>,
    targets: FxHashSet<NodeIdx>,
    /// What a trace carries.
    units: BTreeMap<TransferIdx, u128>,
    /// What ways told before used.
    barred: FxHashSet<TransferIdx>,
    n_left: usize,
    stopped: Option<Stopped>,
}

impl Strict<'_> {
    fn is_final(&self, transfer: TransferIdx) -> bool {
        self.targets.contains(&self.graph.to(transfer))
    }

    /// By asset, ascending.
    fn arrived(&self) -> Vec<(AssetIdx, u128)> {
        let mut arrived: BTreeMap<AssetIdx, u128> = BTreeMap::new();
        for (&transfer, &units) in &self.units {
            if self.is_final(transfer) {
                *arrived.entry(self.graph.asset_of(transfer)).or_default() += units;
            }
        }
        arrived.into_iter().collect()
    }

    /// The best paths that arrive in an asset, or in any.
    fn paths(&mut self, asset: Option<AssetIdx>) -> Result<Vec<Path>, Error> {
        self.barred.clear();
        let Some(disjoint) = self.spec.disjoint else {
            return self.best(asset, self.spec.k);
        };
        let mut found: Vec<Path> = Vec::new();
        while found.len() < self.spec.k {
            let Some(path) = self.best(asset, 1)?.pop() else {
                break;
            };
            self.bar(&path, disjoint);
            found.push(path);
        }
        Ok(found)
    }

    fn bar(&mut self, path: &Path, disjoint: Disjoint) {
        self.barred.extend(path.steps.iter().map(|step| step.0));
        if disjoint == Disjoint::Accounts {
            let graph = self.graph;
            let pairs = path.steps.windows(2);
            let inner: FxHashSet<NodeIdx> = pairs
                .flat_map(|pair| [graph.to(pair[0].0), graph.from(pair[1].0)])
                .filter(|&node| !graph.is_boundary(node))
                .collect();
            let uses = |transfer: &&TransferIdx| {
                let ends = [graph.from(**transfer), graph.to(**transfer)];
                ends.iter().any(|end| inner.contains(end))
            };
            self.barred.extend(self.units.keys().filter(uses));
        }
    }

    fn may(&self, transfer: TransferIdx) -> bool {
        !self.barred.contains(&transfer) && is_allowed(self.graph, self.spec, transfer)
    }

    /// The most that can arrive behind each transfer from which anything can: the least amount on the way, or where assets change
    /// the amount of arrival. O(steps + links).
    fn potential(&self, asset: Option<AssetIdx>) -> Result<Potential, Error> {
        let graph = self.graph;
        let mut assets = self.units.keys().map(|&transfer| graph.asset_of(transfer));
        let first = assets.next();
        let is_one_asset = assets.all(|asset| Some(asset) == first);
        let mut most: FxHashMap<TransferIdx, u128> = FxHashMap::default();
        let mut pools: FxHashMap<(NodeIdx, AssetIdx), u128> = FxHashMap::default();
        for (&transfer, &units) in self.units.iter().rev() {
            if !self.may(transfer) {
                continue;
            }
            let of = graph.asset_of(transfer);
            let left = if self.is_final(transfer) {
                asset.is_none_or(|asset| asset == of).then_some(units)
            } else {
                let mut left = pools.get(&(graph.to(transfer), of)).copied();
                for link in self.view.links_spent_by(transfer) {
                    let later = link?.later;
                    if self.view.seed_of(later).is_none() {
                        left = left.max(most.get(&later).copied());
                    }
                }
                left.map(|left| if is_one_asset { left.min(units) } else { left })
            };
            let Some(left) = left else { continue };
            most.insert(transfer, left);
            if self.view.seed_of(transfer).is_none() {
                let pool = pools.entry((graph.from(transfer), of)).or_default();
                *pool = left.max(*pool);
            }
        }
        Ok(Potential {
            by_transfer: most,
            is_one_asset,
        })
    }

    /// One transfer further; `None` if it cannot have happened then, or nothing arrives behind it.
    fn taking(
        &self,
        before: Option<&Beginning>,
        transfer: TransferIdx,
        units: u128,
    ) -> Option<Beginning> {
        let (early, late) = moments(&self.record, self.spec, transfer);
        let clock = before.map_or((i64::MIN, 0), |before| before.clock);
        if clock > late || early > late || !self.may(transfer) {
            return None;
        }
        let graph = self.graph;
        let event = graph.event_of(transfer);
        let last = before.and_then(|before| before.way.last());
        let is_one = last.is_some_and(|&last| graph.event_of(last) == event);
        let station = |station: &Station| {
            station.accounts.contains(&graph.from(transfer))
                || station.accounts.contains(&graph.to(transfer))
                || station.events.contains(&event)
                || station.assets.contains(&graph.asset_of(transfer))
        };
        let passed = self.spec.through.iter().map(|of| u8::from(station(of)));
        let passed = passed
            .enumerate()
            .fold(0, |bits, (nth, bit)| bits | (bit << nth));
        let mut taken = before.cloned().unwrap_or(Beginning {
            way: Vec::new(),
            carried: Vec::new(),
            clock,
            n_events: 0,
            mask: 0,
        });
        taken.way.push(transfer);
        taken.carried.push(units);
        taken.clock = clock.max(early);
        taken.n_events += u32::from(!is_one);
        taken.mask |= passed;
        Some(taken)
    }

    fn rank(&self, of: &Beginning, most: u128) -> [i128; 3] {
        let last = of.way.last().copied();
        let units = of.carried.last().copied().unwrap_or(0);
        let is_final = last.is_some_and(|last| self.is_final(last));
        let value = if is_final { units } else { most };
        let value = -i128::try_from(value).unwrap_or(i128::MAX);
        let n = i128::try_from(of.way.len()).unwrap_or(i128::MAX);
        let length = i128::from(of.n_events) * HOP + n;
        match self.spec.by {
            By::Value => [value, length, packed(of.clock)],
            By::Arrival => [packed(of.clock), length, value],
            By::Hops => [length, packed(of.clock), value],
        }
    }

    /// The best, in their order. A beginning is followed only when it is the best of all that wait.
    fn best(&mut self, asset: Option<AssetIdx>, k: usize) -> Result<Vec<Path>, Error> {
        let most = self.potential(asset)?;
        let mut waiting = Queue::default();
        for &transfer in self.units.keys() {
            let amount = self.view.amount(transfer)?.unwrap_or(0);
            if self.view.seed_of(transfer).is_some() && amount > 0 {
                let taken = self.taking(None, transfer, amount);
                waiting.add(self, &most, taken);
            }
        }
        let mut found = Vec::new();
        while let Some(beginning) = waiting.pop() {
            let last = *beginning.way.last().expect("it has a transfer");
            if self.is_final(last) {
                let is_there = beginning.mask.count_ones() as usize == self.spec.through.len();
                if is_there {
                    found.push(self.path(&beginning)?);
                }
                if found.len() == k {
                    break;
                }
                continue;
            }
            let followed = match along(
                self.graph,
                self.asked,
                &beginning.way,
                self.n_left,
                self.view.watch,
            ) {
                Ok(followed) => followed,
                Err(Error::TooFar { .. }) => {
                    self.stopped = Some(Stopped::Limit);
                    break;
                }
                Err(error) => return Err(error),
            };
            self.n_left = self.n_left.saturating_sub(followed.n_passed);
            for (transfer, units) in followed.next {
                if self.view.seed_of(transfer).is_none() {
                    let taken = self.taking(Some(&beginning), transfer, units);
                    waiting.add(self, &most, taken);
                }
            }
        }
        Ok(found)
    }

    fn path(&self, of: &Beginning) -> Result<Path, Error> {
        let mut steps = Vec::with_capacity(of.way.len());
        let mut before: Option<TransferIdx> = None;
        let mut arrival = i64::MIN;
        for (&transfer, &units) in of.way.iter().zip(&of.carried) {
            let how = match before {
                None => Step::First,
                Some(before) => self.how(before, transfer)?,
            };
            arrival = arrival.max(moments(&self.record, self.spec, transfer).0.0);
            steps.push((transfer, how, Some(units)));
            before = Some(transfer);
        }
        Ok(Path {
            steps,
            n_events: of.n_events,
            arrival,
        })
    }

    /// By a link if one leads from one to the other, else from the pool.
    fn how(&self, earlier: TransferIdx, later: TransferIdx) -> Result<Step, Error> {
        for link in self.view.links_spent_by(earlier) {
            let link = link?;
            if link.later == later {
                return Ok(Step::Link {
                    id: link.id,
                    consumed: link.consumed,
                    paid: link.paid,
                });
            }
        }
        Ok(Step::Pool)
    }
}

/// The most that can arrive.
struct Potential {
    by_transfer: FxHashMap<TransferIdx, u128>,
    /// Whether all that is traced is of one asset, so that what is carried bounds what arrives.
    is_one_asset: bool,
}

/// Beginnings that wait, the best first.
#[derive(Default)]
struct Queue {
    beginnings: Vec<Option<Beginning>>,
    waiting: BinaryHeap<Waiting>,
}

impl Queue {
    /// Lets a beginning wait from which something can arrive.
    fn add(&mut self, search: &Strict<'_>, most: &Potential, taken: Option<Beginning>) {
        let Some(taken) = taken else { return };
        let (Some(last), Some(&carried)) = (taken.way.last(), taken.carried.last()) else {
            return;
        };
        let Some(&left) = most.by_transfer.get(last) else {
            return;
        };
        let left = if most.is_one_asset {
            left.min(carried)
        } else {
            left
        };
        let rank = search.rank(&taken, left);
        let number = self.beginnings.len();
        self.waiting
            .push(Reverse((rank, taken.way.clone(), number)));
        self.beginnings.push(Some(taken));
    }

    fn pop(&mut self) -> Option<Beginning> {
        let Reverse((_, _, number)) = self.waiting.pop()?;
        self.beginnings[number].take()
    }
}
