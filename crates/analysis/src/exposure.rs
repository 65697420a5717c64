//! What somebody's money had to do with tagged accounts: how much went to each, how much came from each, directly or
//! through others.
//!
//! # Laws
//!
//! 1. Each side adds up: of every asset, what met tagged accounts and what did not ([`Rest`]) is what left, or what arrived.
//! 2. What is met is the first tagged account on the way: money is not followed into it, nor looked at behind it.
//! 3. Direct is what meets it in the very event in which it leaves or arrives; all else is indirect.
//!
//! # Method
//!
//! A trace forward, and a trace to the sources with one label for each tagged origin and one for each kind of other origins (`tracing.md`
//! rules 8 and 9), each run twice: as asked, and without a further event. What the second says is direct, the rest of the
//! first is indirect. So the cost is that of four traces.

use crate::Error;
use crate::trace::{sources_by_kind, trace_watched};
use moneytrail_model::trace::{
    Direction, EndKind, Label, Origin, Placement, Policy, Seed, StopReason, StopRules, Trace,
    TraceSpec,
};
use moneytrail_model::{AssetIdx, Layer, NodeIdx, TransferIdx, Watch};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Whose exposure, and to whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExposureSpec {
    /// Accounts of one owner.
    pub members: Vec<NodeIdx>,
    /// Tagged accounts; members among them are left out.
    pub tagged: BTreeSet<NodeIdx>,
    /// The layer.
    pub layer: Layer,
    /// One that treats all money alike: fifo, lifo, haircut.
    pub policy: Policy,
    /// Stop rules; services are the tagged accounts.
    pub stops: StopRules,
    /// First second in which what leaves or arrives counts.
    pub since: Option<i64>,
    /// Transfers and links that cannot have happened by this second do not exist.
    pub as_of: Option<i64>,
    /// Rules whose links do not count.
    pub without: std::sync::Arc<[moneytrail_model::RuleId]>,
}

/// A transfer by which money met a tagged account: into it, or, of what came, into a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Met {
    /// The transfer.
    pub transfer: TransferIdx,
    /// The tagged account.
    pub tagged: NodeIdx,
    /// Units in the very event.
    pub direct: u128,
    /// Units through others.
    pub indirect: u128,
}

/// What became of money that met no tagged account, or where it came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rest {
    /// It rests in accounts without a tag.
    Rests,
    /// Fees.
    Fees,
    /// In outputs that nobody can spend.
    Burned,
    /// Between the members themselves, or back to them.
    Own,
    /// Became another asset, and is followed as that.
    Converted,
    /// Exchanged away against another leg, or relabelled.
    TakenOver,
    /// First known at an account without a tag.
    FirstKnown,
    /// Newly issued.
    Issued,
    /// A stop rule.
    NotFollowed(StopReason),
}

/// One side.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Side {
    /// By transfer and tagged account, ascending.
    pub met: Vec<Met>,
    /// All else.
    pub rest: BTreeMap<(AssetIdx, Rest), u128>,
    /// What left, with what it became by conversion; or what arrived.
    pub totals: BTreeMap<AssetIdx, u128>,
}

/// Both sides.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Exposure {
    /// Where money of the members went.
    pub to: Side,
    /// Where money of the members came from.
    pub from: Side,
}

/// Follows what left the members, and what arrived there, to the first tagged accounts.
///
/// # Errors
/// As [`crate::trace::trace`].
///
/// # Complexity
/// That of four traces.
pub fn exposure(graph: &Graph, spec: &ExposureSpec) -> Result<Exposure, Error> {
    exposure_watched(graph, spec, &())
}

/// Traces that an exposure takes.
pub const N_TRACES: u64 = 4;

/// As [`exposure`], while somebody waits: he hears of the transfers of [`N_TRACES`] traces.
///
/// # Errors
/// As [`crate::trace::trace_watched`].
pub fn exposure_watched(
    graph: &Graph,
    spec: &ExposureSpec,
    watch: &dyn Watch,
) -> Result<Exposure, Error> {
    let members: BTreeSet<NodeIdx> = spec.members.iter().copied().collect();
    let tagged: Vec<NodeIdx> = spec.tagged.difference(&members).copied().collect();
    let asked = |direction, n_events_max| TraceSpec {
        direction,
        seeds: members.iter().copied().map(Seed::Account).collect(),
        layer: spec.layer,
        policy: spec.policy,
        placement: Placement::Latest,
        stops: StopRules {
            services: tagged.clone(),
            n_events_max,
            ..spec.stops.clone()
        },
        since: spec.since,
        as_of: spec.as_of,
        change: std::sync::Arc::default(),
        without: std::sync::Arc::clone(&spec.without),
    };
    let n_max = spec.stops.n_events_max;
    let specs = [
        asked(Direction::Forward, n_max),
        asked(Direction::Forward, Some(0)),
        asked(Direction::Sources, n_max),
        asked(Direction::Sources, Some(0)),
    ];
    let traced = |spec: &TraceSpec| match spec.direction {
        Direction::Forward => trace_watched(graph, spec, usize::MAX, watch),
        Direction::Sources => sources_by_kind(graph, spec, watch),
    };
    let traces: Vec<Result<Trace, Error>> = specs.par_iter().map(traced).collect();
    let traces: Vec<Trace> = traces.into_iter().collect::<Result<_, _>>()?;
    let [there, next, back, last] = &traces[..] else {
        unreachable!("as many as were asked");
    };
    let exposure = Exposure {
        to: to(graph, there, next, &members)?,
        from: from(graph, back, last, &members)?,
    };
    for side in [&exposure.to, &exposure.from] {
        check(graph, side)?;
    }
    Ok(exposure)
}

/// Units by transfer and tagged account.
type Meetings = BTreeMap<(TransferIdx, NodeIdx), u128>;

fn side(all: &Meetings, direct: &Meetings) -> Vec<Met> {
    let met = all.iter().map(|(&(transfer, tagged), &units)| {
        // Of a part that is rounded among labels, a unit may be more alone than together.
        let direct = direct
            .get(&(transfer, tagged))
            .copied()
            .unwrap_or(0)
            .min(units);
        Met {
            transfer,
            tagged,
            direct,
            indirect: units - direct,
        }
    });
    met.collect()
}

/// Transfers that end at a service, with what they carried of the seeds.
fn arrivals(graph: &Graph, trace: &Trace) -> Meetings {
    let stopped = trace
        .steps
        .iter()
        .filter(|step| step.stop == Some(StopReason::Service));
    let arrivals = stopped.map(|step| {
        let tagged = graph.to(step.transfer);
        ((step.transfer, tagged), step.carried.traced())
    });
    arrivals.filter(|(_, units)| *units > 0).collect()
}

fn to(
    graph: &Graph,
    all: &Trace,
    direct: &Trace,
    members: &BTreeSet<NodeIdx>,
) -> Result<Side, Error> {
    let mut found = Side {
        met: side(&arrivals(graph, all), &arrivals(graph, direct)),
        ..Side::default()
    };
    for line in &all.balance {
        let units = line.seeded.checked_add(line.arrived);
        add(&mut found.totals, line.asset, units, members)?;
    }
    for end in &all.ends {
        let is_own = members.contains(&end.node);
        let rest = match end.kind {
            EndKind::CutOff(StopReason::Service) => continue,
            EndKind::CutOff(reason) => Rest::NotFollowed(reason),
            EndKind::Returned => Rest::Own,
            EndKind::TakenOver | EndKind::Rests if is_own => Rest::Own,
            EndKind::TakenOver => Rest::TakenOver,
            EndKind::Converted => Rest::Converted,
            EndKind::Fees => Rest::Fees,
            EndKind::Burned => Rest::Burned,
            EndKind::Rests | EndKind::Reached | EndKind::Elsewhere => Rest::Rests,
        };
        add(
            &mut found.rest,
            (end.asset, rest),
            Some(end.amount),
            members,
        )?;
    }
    Ok(found)
}

/// Transfers into members, with what they carried of each tagged origin.
fn sources(graph: &Graph, trace: &Trace, members: &BTreeSet<NodeIdx>) -> Result<Meetings, Error> {
    let mut meetings = Meetings::new();
    let into = |transfer| members.contains(&graph.to(transfer));
    for step in trace.steps.iter().filter(|step| into(step.transfer)) {
        for &(label, units) in &step.carried.pieces {
            let Label::Seed(origin) = label else { continue };
            if let Some(Origin::Stopped(node, StopReason::Service)) =
                trace.origins.get(origin as usize)
            {
                add(&mut meetings, (step.transfer, *node), Some(units), members)?;
            }
        }
    }
    Ok(meetings)
}

fn from(
    graph: &Graph,
    all: &Trace,
    direct: &Trace,
    members: &BTreeSet<NodeIdx>,
) -> Result<Side, Error> {
    let mut found = Side {
        met: side(
            &sources(graph, all, members)?,
            &sources(graph, direct, members)?,
        ),
        ..Side::default()
    };
    for end in all.ends.iter().filter(|end| end.kind == EndKind::Reached) {
        add(&mut found.totals, end.asset, Some(end.amount), members)?;
        let rest = match all.origins.get(end.seed as usize) {
            Some(Origin::Stopped(_, StopReason::Service)) => continue,
            Some(&Origin::Stopped(_, reason)) => Rest::NotFollowed(reason),
            Some(Origin::FirstKnown(node)) if members.contains(node) => Rest::Own,
            Some(Origin::Issued(_)) => Rest::Issued,
            Some(Origin::FirstKnown(_)) | None => Rest::FirstKnown,
        };
        add(
            &mut found.rest,
            (end.asset, rest),
            Some(end.amount),
            members,
        )?;
    }
    Ok(found)
}

fn add<K: Ord>(
    sums: &mut BTreeMap<K, u128>,
    key: K,
    units: Option<u128>,
    members: &BTreeSet<NodeIdx>,
) -> Result<(), Error> {
    let sum = sums.entry(key).or_insert(0);
    let whole = units.and_then(|units| sum.checked_add(units));
    *sum = whole.ok_or_else(|| {
        let at = members.first().copied();
        Error::TooLarge(at.unwrap_or(NodeIdx::from_raw(0)))
    })?;
    Ok(())
}

/// Law 1.
fn check(graph: &Graph, side: &Side) -> Result<(), Error> {
    let mut found: BTreeMap<AssetIdx, u128> = BTreeMap::new();
    let met = side.met.iter().map(|met| {
        let asset = graph.asset_of(met.transfer);
        (asset, met.direct.checked_add(met.indirect))
    });
    let rest = side.rest.iter();
    let all = met.chain(rest.map(|(&(asset, _), &units)| (asset, Some(units))));
    for (asset, units) in all {
        add(&mut found, asset, units, &BTreeSet::new())?;
    }
    found.retain(|_, units| *units > 0);
    let mut expected = side.totals.clone();
    expected.retain(|_, units| *units > 0);
    let assets: BTreeSet<AssetIdx> = found.keys().chain(expected.keys()).copied().collect();
    for asset in assets {
        let of = |sums: &BTreeMap<AssetIdx, u128>| sums.get(&asset).copied().unwrap_or(0);
        if of(&found) != of(&expected) {
            return Err(Error::DoesNotBalance {
                what: "a side of an exposure".to_owned(),
                asset,
                expected: of(&expected),
                found: of(&found),
            });
        }
    }
    Ok(())
}
