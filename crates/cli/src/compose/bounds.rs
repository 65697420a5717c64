//! The least and the most that went to an end point, or came from an origin, whatever the policy.
//!
//! Law: a pair stands beside the policies' figures only where it bounds the same thing: everything that arrived at a place where
//! it stays, or everything that an origin paid. Where it is not computed, the reason is said.

use super::{Bounds, Composer};
use crate::error::Error;
use crate::follow::Runs;
use moneytrail_analysis::bounds::{BoundsSpec, Times, bounds_watched};
use moneytrail_model::trace::{Direction, Seed, StopRules};
use moneytrail_model::{AssetIdx, Basis, NodeIdx, TransferIdx};
use moneytrail_report::document::{EndPoint, Fate};
use moneytrail_store::graph::{Graph, Link};
use std::sync::Arc;

/// Most transfers that are looked at for one end point.
const N_TRANSFERS_MAX: usize = 100_000;

/// Most end points for which that is tried.
const N_POINTS_MAX: usize = 40;

/// After so many end points beyond the limit no more are tried.
const N_TOO_FAR_MAX: usize = 5;

/// Least and most in smallest units, or why they were not computed.
type Pair = Result<(u128, u128), String>;

/// Work done for the end points of one question.
#[derive(Debug, Default)]
pub(super) struct Work {
    n_points: usize,
    n_too_far: usize,
}

impl Composer<'_> {
    /// Puts the bounds of end points into them, or why there are none.
    pub(super) fn fill_bounds(
        &self,
        run: &Runs,
        asset: AssetIdx,
        points: &mut [(EndPoint, u128, NodeIdx)],
        work: &mut Work,
    ) -> Result<(), Error> {
        for (point, _, node) in points {
            match self.bounds_of(run, (asset, *node, point.fate), work)? {
                Ok((least, most)) => {
                    point.min = Some(self.money(asset, least)?);
                    point.max = Some(self.money(asset, most)?);
                }
                Err(why) => point.no_bounds = Some(why),
            }
        }
        Ok(())
    }

    /// The bounds of one end point.
    fn bounds_of(
        &self,
        run: &Runs,
        (asset, node, fate): (AssetIdx, NodeIdx, Fate),
        work: &mut Work,
    ) -> Result<Pair, Error> {
        if self.bounds == Bounds::BesideSeveral && run.policies.len() < 2 {
            return Ok(Err("of one policy only with `report`".to_owned()));
        }
        let asked = match question(&self.evidence.graph, run, asset, node, fate) {
            Ok(asked) => asked,
            Err(why) => return Ok(Err(why.to_owned())),
        };
        if work.n_points == N_POINTS_MAX {
            return Ok(Err(format!("only the first {N_POINTS_MAX} are")));
        }
        if work.n_too_far == N_TOO_FAR_MAX {
            return Ok(Err(format!(
                "{N_TOO_FAR_MAX} others would have taken too much work"
            )));
        }
        work.n_points += 1;
        match bounds_watched(&self.evidence.graph, &asked, &self.watch) {
            Ok(found) => {
                let bound = found.into_iter().find(|bound| bound.asset == asset);
                Ok(Ok(
                    bound.map_or((0, 0), |bound| (bound.minimum, bound.maximum))
                ))
            }
            Err(moneytrail_analysis::Error::TooFar { n_max }) => {
                work.n_too_far += 1;
                Ok(Err(format!("more than {n_max} transfers between")))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// From where to where the bounds are asked that the figures of an end point lie within; or why there are none.
fn question(
    graph: &Graph,
    run: &Runs,
    asset: AssetIdx,
    node: NodeIdx,
    fate: Fate,
) -> Result<BoundsSpec, &'static str> {
    let spec = &run.traces.first().ok_or("nothing was traced")?.spec;
    let stops = &spec.stops;
    if stops.n_events_max.is_some() || !stops.floors.is_empty() {
        return Err("a stop rule by events or value cut money off before");
    }
    if graph.is_junction(node) || graph.is_boundary(node) {
        return Err("a transaction or fees, and no account");
    }
    let mut asked = BoundsSpec {
        sources: spec.seeds.clone(),
        targets: vec![node],
        stops: StopRules {
            services: stops.services.clone(),
            coinjoins: Arc::clone(&stops.coinjoins),
            n_transfers_max: stops.n_transfers_max,
            ..StopRules::default()
        },
        layer: spec.layer,
        times: Times::Record,
        since: spec.since,
        until: stops.until,
        as_of: spec.as_of,
        without: Arc::clone(&spec.without),
        n_transfers_max: N_TRANSFERS_MAX,
    };
    let is_seed = spec.seeds.contains(&Seed::Account(node));
    let exists = |transfer: &TransferIdx| {
        let time = || graph.time(graph.event_of(*transfer)).earliest();
        graph.in_layer(*transfer, spec.layer) && spec.as_of.is_none_or(|as_of| time() <= as_of)
    };
    let counts = |link: &Link<'_>| !matches!(link.basis, Basis::Inference(rule) if spec.without.contains(rule));
    let of_asset = |transfer: &TransferIdx| graph.asset_of(*transfer) == asset && exists(transfer);
    match (run.direction, fate) {
        _ if is_seed => Err("it is a seed itself"),
        (Direction::Forward, Fate::Service) => Ok(asked),
        (Direction::Forward, Fate::Rests | Fate::PaidOut | Fate::Kept) => {
            let pays_on = graph.transfers_out(node).iter().any(|out| of_asset(&out));
            let mut arrived = graph.transfers_in(node).iter().filter(of_asset);
            let leads_on = arrived.any(|inflow| {
                let mut links = graph.links_spent_by(inflow).filter(counts);
                links.any(|link| exists(&link.later))
            });
            if pays_on || leads_on {
                return Err("a part of what arrived there went on");
            }
            Ok(asked)
        }
        (Direction::Sources, Fate::FirstKnown) => {
            let targets = spec.seeds.iter().map(|seed| match *seed {
                Seed::Account(target) => Ok(target),
                Seed::Transfer(_) => Err("the target is a transfer"),
            });
            asked.targets = targets.collect::<Result<_, _>>()?;
            asked.sources = vec![Seed::Account(node)];
            if spec.since.is_some() {
                return Err("arrivals before --since do not count");
            }
            let is_service = stops.services.binary_search(&node).is_ok();
            let is_paid = graph
                .transfers_in(node)
                .iter()
                .any(|inflow| exists(&inflow));
            if is_paid && !is_service {
                return Err("a part of what it paid came from elsewhere");
            }
            let mut paid = graph.transfers_out(node).iter().filter(exists);
            if paid.any(|out| graph.amount(out).is_none()) {
                return Err("an amount that it paid is not known");
            }
            let is_elsewhere = |out: TransferIdx| {
                let mut links = graph.links_spending(out).filter(counts);
                links.any(|link| graph.to(link.earlier) != node)
            };
            let is_paid_out_by_another = |inflow: TransferIdx| {
                let mut links = graph.links_spent_by(inflow).filter(counts);
                links.any(|link| exists(&link.later) && graph.from(link.later) != node)
            };
            let mut received = graph.transfers_in(node).iter().filter(exists);
            if received.any(is_paid_out_by_another) {
                return Err("a link says that another paid out a part of what it received");
            }
            let mut paid = graph.transfers_out(node).iter().filter(exists);
            if paid.any(is_elsewhere) {
                return Err("a link says that a part of what it paid came from elsewhere");
            }
            Ok(asked)
        }
        _ => Err("it did not stay there as this asset"),
    }
}
