//! Where traced money ended: the answer, the ends of the listed trace, and end points by policy.

use super::Composer;
use super::bounds::Work;
use crate::error::Error;
use crate::follow::{PARI_PASSU, Runs};
use moneytrail_model::trace::{Direction, EndKind, Origin, Placement, Policy, Step, Trace};
use moneytrail_model::{AccountKey, AssetIdx, NodeIdx, Part as HawaladarPart};
use moneytrail_report::document::{
    Answer, Basis, End, EndGroup, EndPoint, Fate, Figure, Money, Part, Phrase, TraceView, Weakest,
    Whole,
};
use moneytrail_store::graph::Graph;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// An end point: asset, where, how.
pub(crate) type Place = (AssetIdx, NodeIdx, Fate);

/// How money ended at a node, in the words of a report.
fn fate(graph: &Graph, trace: &Trace, kind: EndKind, node: NodeIdx, seed: u32) -> (NodeIdx, Fate) {
    match kind {
        EndKind::Rests => match graph.account(node) {
            Some(AccountKey::Customer(..)) => (node, Fate::PaidOut),
            Some(AccountKey::Hawaladar(_, HawaladarPart::Position)) => (node, Fate::Kept),
            _ => (node, Fate::Rests),
        },
        EndKind::Reached => match trace.origins.get(seed as usize) {
            Some(&Origin::Issued(transfer)) => (graph.to(transfer), Fate::Issued),
            Some(&(Origin::FirstKnown(origin) | Origin::Stopped(origin, _))) => {
                (origin, Fate::FirstKnown)
            }
            None => (node, Fate::FirstKnown),
        },
        other => (node, other.into()),
    }
}

/// Amounts by end point. In a trace to the sources, only what reached the target is of interest.
pub(crate) fn places(graph: &Graph, trace: &Trace) -> BTreeMap<Place, u128> {
    let sources = trace.ends.iter().any(|end| end.kind == EndKind::Reached);
    let mut places = BTreeMap::new();
    for end in trace
        .ends
        .iter()
        .filter(|end| !sources || end.kind == EndKind::Reached)
    {
        let (node, fate) = fate(graph, trace, end.kind, end.node, end.seed);
        *places.entry((end.asset, node, fate)).or_insert(0) += end.amount;
    }
    places
}

impl Composer<'_> {
    pub(super) fn ends(&mut self, trace: &Trace) -> Result<Vec<End>, Error> {
        let places = places(&self.evidence.graph, trace);
        places
            .into_iter()
            .map(|((asset, node, fate), units)| {
                Ok(End {
                    party: self.party(node)?,
                    fate,
                    amount: self.money(asset, units)?,
                    into: None,
                })
            })
            .collect()
    }

    /// One answer for each asset: its parts sum to what was seeded or arrived.
    pub(super) fn answers(&mut self, run: &Runs, view: &TraceView) -> Result<Vec<Answer>, Error> {
        let listed = run.listed()?;
        let places = places(&self.evidence.graph, listed);
        let mut by_asset: BTreeMap<AssetIdx, Vec<(NodeIdx, Fate, u128)>> = BTreeMap::new();
        for ((asset, node, fate), units) in places {
            by_asset.entry(asset).or_default().push((node, fate, units));
        }
        let seeded = |asset: AssetIdx| {
            listed
                .balance
                .iter()
                .any(|line| line.asset == asset && line.seeded > 0)
        };
        let mut assets: Vec<AssetIdx> = by_asset.keys().copied().collect();
        // What the seed put in comes first, then what it became.
        assets.sort_by_key(|&asset| (!seeded(asset), asset));
        let graph = &self.evidence.graph;
        let mut arrivals: BTreeMap<(AssetIdx, NodeIdx), u32> = BTreeMap::new();
        for step in &listed.steps {
            let place = (graph.asset_of(step.transfer), graph.to(step.transfer));
            *arrivals.entry(place).or_default() += 1;
        }
        let mut answers = Vec::new();
        for asset in assets {
            let found = by_asset.remove(&asset).unwrap_or_default();
            let total = found.iter().map(|part| part.2).sum();
            let mut parts: Vec<Part> = Vec::new();
            let mut positions: BTreeMap<(Fate, &str), usize> = BTreeMap::new();
            for (node, fate, units) in found {
                let at = self.party(node)?;
                let into = if fate == Fate::Converted {
                    self.became(listed, asset)?
                } else {
                    None
                };
                let part = Part {
                    amount: self.money(asset, units)?,
                    fate,
                    at: Some(at),
                    place: None,
                    n_transfers: arrivals.get(&(asset, node)).copied().unwrap_or(0),
                    into,
                };
                // Several accounts that one tag names are one place to a reader. Names of a book are not:
                // two people can have one name.
                let Some(tag) = self.parties.tag_of(node) else {
                    parts.push(part);
                    continue;
                };
                match positions.entry((fate, &tag.label)) {
                    Entry::Occupied(position) => {
                        let known = &mut parts[*position.get()];
                        known.amount = known.amount.checked_add(&part.amount).ok_or_else(|| {
                            Error::internal("a sum of a trace is beyond 38 digits")
                        })?;
                        known.n_transfers = known.n_transfers.saturating_add(part.n_transfers);
                    }
                    Entry::Vacant(position) => {
                        position.insert(parts.len());
                        parts.push(part);
                    }
                }
            }
            answers.push(Answer {
                layer: run.layer.into(),
                whole: if seeded(asset) {
                    Whole::Seeded
                } else {
                    Whole::Arrived
                },
                total: self.money(asset, total)?,
                parts,
                weakest: weakest(view),
            });
        }
        Ok(answers)
    }

    /// What an asset became, where all of it became one other asset.
    fn became(&self, trace: &Trace, asset: AssetIdx) -> Result<Option<Money>, Error> {
        let ends = trace
            .ends
            .iter()
            .filter(|end| end.kind == EndKind::Converted);
        let mut nodes: Vec<NodeIdx> = ends
            .clone()
            .filter(|end| end.asset == asset)
            .map(|end| end.node)
            .collect();
        nodes.dedup();
        let converted_only_here = ends.clone().all(|end| end.asset == asset) && nodes.len() == 1;
        let mut arrived: BTreeMap<AssetIdx, u128> = BTreeMap::new();
        for line in trace.balance.iter().filter(|line| line.arrived > 0) {
            *arrived.entry(line.asset).or_default() += line.arrived;
        }
        match arrived.into_iter().collect::<Vec<_>>()[..] {
            [(became, units)] if converted_only_here => self.money(became, units).map(Some),
            _ => Ok(None),
        }
    }

    /// What the seeds put in of an asset, and what arrived by conversion.
    fn came_in(&self, asset: AssetIdx, seeded: u128, arrived: u128) -> Result<Phrase, Error> {
        Ok(match (seeded, arrived) {
            (0, _) => Phrase::default()
                .figure(&self.money(asset, arrived)?)
                .then(" arrived"),
            (_, 0) => Phrase::default()
                .figure(&self.money(asset, seeded)?)
                .then(" seeded"),
            _ => Phrase::default()
                .figure(&self.money(asset, seeded)?)
                .then(" seeded, ")
                .figure(&self.money(asset, arrived)?)
                .then(" arrived"),
        })
    }

    /// What policies without amounts reach.
    fn reached(&self, run: &Runs) -> BTreeMap<Policy, BTreeSet<NodeIdx>> {
        run.traces
            .iter()
            .filter(|trace| !trace.spec.policy.has_amounts())
            .map(|trace| {
                let graph = &self.evidence.graph;
                let end = |step: &Step| match run.direction {
                    Direction::Forward => graph.to(step.transfer),
                    Direction::Sources => graph.from(step.transfer),
                };
                (trace.spec.policy, trace.steps.iter().map(end).collect())
            })
            .collect()
    }

    /// The end points of all runs, a group for each asset, a figure for each policy.
    pub(super) fn end_points(&mut self, run: &Runs) -> Result<Vec<EndGroup>, Error> {
        let mut all: BTreeSet<Place> = BTreeSet::new();
        let mut figures: Vec<(&Trace, BTreeMap<Place, u128>)> = Vec::new();
        for trace in &run.traces {
            let places = places(&self.evidence.graph, trace);
            all.extend(places.keys().copied());
            figures.push((trace, places));
        }
        // What rests by no policy may be shared out all the same.
        let graph = &self.evidence.graph;
        let rests_at = |node| fate(graph, &run.traces[0], EndKind::Rests, node, 0).1;
        for (&(asset, node), &units) in run.shares.iter().flatten() {
            if units > 0 {
                all.insert((asset, node, rests_at(node)));
            }
        }
        // Poison has no amounts: what it reaches stands instead.
        let reached = self.reached(run);
        let mut groups: BTreeMap<AssetIdx, Vec<(EndPoint, u128, NodeIdx)>> = BTreeMap::new();
        for &(asset, node, fate) in &all {
            let of = |policy, placement| {
                let run = figures.iter().find(|(trace, _)| {
                    trace.spec.policy == policy && trace.spec.placement == placement
                });
                run.map(|(_, places)| places.get(&(asset, node, fate)).copied().unwrap_or(0))
            };
            let mut listed = Vec::new();
            for &policy in &run.policies {
                let (latest, earliest) = (
                    of(policy, Placement::Latest),
                    of(policy, Placement::Earliest),
                );
                let money =
                    |units: Option<u128>| units.map(|units| self.money(asset, units)).transpose();
                let marked = reached.get(&policy).map(|nodes| nodes.contains(&node));
                listed.push(Figure {
                    policy: policy.as_str().to_owned(),
                    latest: if policy.has_amounts() {
                        money(latest)?
                    } else {
                        None
                    },
                    earliest: if policy.has_amounts() {
                        money(earliest)?
                    } else {
                        None
                    },
                    marked,
                });
            }
            if let Some(shares) = &run.shares {
                let is_resting = fate == rests_at(node);
                let share = shares.get(&(asset, node)).filter(|_| is_resting);
                let share = share.map(|&units| self.money(asset, units)).transpose()?;
                listed.push(Figure {
                    policy: PARI_PASSU.to_owned(),
                    latest: share.clone(),
                    earliest: share,
                    marked: None,
                });
            }
            let first = run.policies.first();
            let first = first.and_then(|&policy| of(policy, Placement::Latest));
            let point = EndPoint {
                party: self.party(node)?,
                fate,
                note: Phrase::words(fate.verb()),
                figures: listed,
                min: None,
                max: None,
                no_bounds: None,
            };
            let line = (point, first.unwrap_or(0), node);
            groups.entry(asset).or_default().push(line);
        }
        let listed = run.listed()?;
        let mut made = Vec::new();
        let mut work = Work::default();
        for (asset, mut points) in groups {
            points.sort_by_key(|point| std::cmp::Reverse(point.1));
            self.fill_bounds(run, asset, &mut points, &mut work)?;
            let lines = listed.balance.iter().filter(|line| line.asset == asset);
            let (seeded, arrived) = lines.fold((0, 0), |sum, line| {
                (sum.0 + line.seeded, sum.1 + line.arrived)
            });
            let note = match run.direction {
                Direction::Forward => self.came_in(asset, seeded, arrived)?,
                // What the sources paid elsewhere is no part of what arrived.
                Direction::Sources => {
                    let lines = listed.balance.iter().filter(|line| line.asset == asset);
                    self.came_in(asset, 0, lines.map(|line| line.reached).sum())?
                }
            };
            made.push(EndGroup {
                asset: self.asset(asset),
                scale: self.money(asset, seeded + arrived)?,
                note,
                points: points.into_iter().map(|point| point.0).collect(),
            });
        }
        Ok(made)
    }
}

/// The first inference on the way: none is measured yet, so none is weaker than another, and without
/// the first the others are not reached.
fn weakest(view: &TraceView) -> Option<Weakest> {
    let step = view
        .steps
        .iter()
        .find(|step| step.basis.inference().is_some())?;
    let inference = step.basis.inference()?.clone();
    let words = match &step.basis {
        Basis::Inference(inference) if inference.rule.starts_with("token-match") => {
            "two books describe one order"
        }
        Basis::Inference(inference) if inference.rule.starts_with("exchange-pair") => {
            "two rows are the two sides of one exchange: one asset went out and one came in"
        }
        Basis::Inference(inference) if inference.rule.starts_with("escrow-code") => {
            "a release pays out the deposit with its code"
        }
        Basis::Inference(inference) if inference.rule.starts_with("manual") => {
            "two books describe one order, as a person decided"
        }
        Basis::Inference(inference) if inference.rule.starts_with("crypto-mirror") => {
            "a person accepted that a row of a book is a transfer of a chain"
        }
        Basis::Inference(inference) if inference.rule.starts_with("custodian-booking") => {
            "two files of the custodian state one booking"
        }
        _ => "a row of a book and a transaction are one movement",
    };
    Some(Weakest {
        says: Phrase::words(words),
        without: Phrase::words("the money is not followed into ")
            .push(moneytrail_report::document::Span::Step(step.number)),
        inference,
    })
}
