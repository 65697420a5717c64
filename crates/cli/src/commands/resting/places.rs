//! From the ends of a trace to the places where its money rests.
//!
//! Law: an end of the listed trace is in one place or in one line of what is no longer there, and all of them sum to
//! the balance of the trace. Money that a later seed relabels counts there.

use super::grounds::Grounds;
use super::holder::{self, Section, Tagged};
use crate::compose::Composer;
use crate::error::Error;
use crate::follow::{Evidence, Runs};
use crate::freezes::{Freezes, State};
use moneytrail_analysis::entity::MULTI_INPUT;
use moneytrail_analysis::trace::pari_passu;
use moneytrail_model::tag::{Actor, Tag};
use moneytrail_model::trace::{End, EndKind, StopReason, Trace};
use moneytrail_model::{AccountKey, Amount, AssetIdx, Instant, NodeIdx, TransferIdx};
use moneytrail_report::document::{Citation, Money, Worth};
use std::collections::{BTreeMap, BTreeSet};

/// Money of the trace that rests in one account.
pub(super) struct Resting<'a> {
    pub(super) section: Section,
    /// What people call the account.
    pub(super) shown: String,
    /// The account in full; `None` where it names a masked person.
    pub(super) account: Option<String>,
    pub(super) amount: Money,
    /// Least and most over all policies and placements that were run.
    pub(super) range: [Money; 2],
    /// Rules that the amount or its range may rest on, `name@version`; none: facts alone.
    pub(super) rests_on: BTreeSet<String>,
    pub(super) worth: Option<Worth>,
    pub(super) since: Instant,
    /// The record by which the last of it came.
    pub(super) arrived_by: Option<Citation>,
    pub(super) n_arrivals: usize,
    /// The last movement of this asset in or out of the account, whosever money; not asked of services.
    pub(super) moved: Option<Instant>,
    /// Whether it came back to where it was followed from.
    pub(super) is_back: bool,
    pub(super) tagged: Option<Tagged<'a>>,
    pub(super) freeze: Option<State<'a>>,
    pub(super) issuer: Option<&'static str>,
    pub(super) serve: String,
    /// All that rests there, whosever, shared out among all who paid in; `None` if that was not asked for.
    pub(super) shared: Option<Shared>,
}

/// What rests at a place, shared out.
pub(super) struct Shared {
    pub(super) rests: Money,
    /// In the order of the first payment.
    pub(super) contributors: Vec<Contributor>,
}

/// Who paid in at a place.
pub(super) struct Contributor {
    /// `None`: what came unseen.
    pub(super) party: Option<String>,
    pub(super) paid_in: Money,
    pub(super) share: Money,
}

/// Money of the trace that rests nowhere, or of which the trace does not say where.
pub(super) struct Gone {
    pub(super) what: &'static str,
    pub(super) amount: Money,
    /// As of what rests; of a CoinJoin also the rule that takes it for one.
    pub(super) rests_on: BTreeSet<String>,
}

/// What the places are made from.
pub(super) struct Setting<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) run: &'a Runs,
    pub(super) actors: &'a [Actor],
    pub(super) freezes: &'a Freezes,
    pub(super) grounds: &'a Grounds,
    pub(super) as_of: Option<i64>,
    pub(super) is_shared: bool,
}

/// What became of money that rests nowhere; `None` of what rests.
const fn gone(kind: EndKind) -> Option<&'static str> {
    match kind {
        EndKind::Rests | EndKind::Returned | EndKind::CutOff(StopReason::Service) => None,
        EndKind::Fees => Some("went into fees"),
        EndKind::Burned => Some("can never be spent, or was destroyed"),
        EndKind::TakenOver => Some("counts with another seed, or was exchanged away"),
        EndKind::Converted => Some("became another asset, which is followed"),
        EndKind::CutOff(StopReason::Coinjoin) => {
            Some("went into CoinJoins, behind which it was not followed")
        }
        EndKind::CutOff(
            StopReason::Hops | StopReason::Floor | StopReason::Time | StopReason::Busy,
        ) => Some("was not followed further, by a stop rule"),
        EndKind::Reached | EndKind::Elsewhere => {
            Some("is no end of money that was followed forward")
        }
    }
}

/// An asset at a node.
pub(super) type Place = (AssetIdx, NodeIdx);

/// Amounts that rest, by place, and whether they came back.
fn resting_in(trace: &Trace) -> BTreeMap<Place, (u128, bool)> {
    let mut places: BTreeMap<Place, (u128, bool)> = BTreeMap::new();
    for end in trace.ends.iter().filter(|end| gone(end.kind).is_none()) {
        let place = places.entry((end.asset, end.node)).or_default();
        place.0 += end.amount;
        place.1 |= end.kind == EndKind::Returned;
    }
    places
}

impl<'a> Setting<'a> {
    /// The places, in the order in which they are told: sections, assets, largest amounts first.
    pub(super) fn places(&self, composer: &mut Composer<'a>) -> Result<Vec<Resting<'a>>, Error> {
        let listed = self.run.listed()?;
        let others: Vec<BTreeMap<Place, (u128, bool)>> = self
            .run
            .traces
            .iter()
            .filter(|trace| trace.spec.policy.has_amounts())
            .map(resting_in)
            .collect();
        let mut all: BTreeMap<Place, (u128, bool)> = resting_in(listed);
        for place in others.iter().flat_map(BTreeMap::keys) {
            // What rests there by another policy only is told too.
            all.entry(*place).or_default();
        }
        let arrivals = self.arrivals(listed);
        let last = arrivals.values().filter_map(|all| all.last());
        let graph = &self.evidence.graph;
        composer.fetch(last.map(|&transfer| graph.event_of(transfer)))?;
        let tags = self.tags_of_entities()?;
        let mut places = Vec::new();
        for (&(asset, node), &(units, is_back)) in &all {
            let of = |all: &BTreeMap<Place, (u128, bool)>| {
                all.get(&(asset, node)).map_or(0, |place| place.0)
            };
            let figures = || others.iter().map(of);
            let range = [figures().min(), figures().max()].map(|units| units.unwrap_or(0));
            let arrivals = arrivals.get(&(asset, node)).map_or(&[][..], Vec::as_slice);
            let place = self.place(composer, (asset, node), units, range, arrivals, &tags)?;
            places.extend(place.map(|place| (asset, units, Resting { is_back, ..place })));
        }
        places.sort_by(|a, b| {
            let key = |of: &(AssetIdx, u128, Resting<'_>)| (of.2.section, of.0);
            let by_amount = || b.1.cmp(&a.1);
            let by_name = || a.2.shown.cmp(&b.2.shown);
            key(a).cmp(&key(b)).then_with(by_amount).then_with(by_name)
        });
        Ok(places.into_iter().map(|place| place.2).collect())
    }

    fn place(
        &self,
        composer: &mut Composer<'a>,
        (asset, node): Place,
        units: u128,
        range: [u128; 2],
        arrivals: &[TransferIdx],
        tags: &BTreeMap<NodeIdx, &'a Tag>,
    ) -> Result<Option<Resting<'a>>, Error> {
        let graph = &self.evidence.graph;
        let Some(key) = graph.account(node) else {
            return Ok(None);
        };
        let own = composer.tag_of(node);
        let tagged = match own {
            Some(tag) => Some(Tagged::new(tag, None, self.actors)),
            None => tags
                .get(&self.evidence.known()?.entity_of(node))
                .map(|tag| Tagged::new(tag, Some(MULTI_INPUT.to_string()), self.actors)),
        };
        let (section, serve) = holder::place(&key, tagged.as_ref());
        let last = arrivals.last().copied();
        let since = last.map_or(Instant::UNKNOWN, |last| graph.time(graph.event_of(last)));
        let arrived_by = last
            .and_then(|last| {
                let record = graph.citations_of(last).next()?;
                Some(composer.citation(Some(graph.event_of(last)), record))
            })
            .transpose()?;
        let is_masked = matches!(key, AccountKey::Customer(..)) && !composer.is_disclosed();
        let of_asset = graph.asset(asset);
        let is_held = matches!(key, AccountKey::Custodial(..));
        let amount = composer.money(asset, units)?;
        let stated = i128::try_from(units).ok();
        let stated = stated.and_then(|units| Amount::new(units).ok());
        let moved = (section != Section::Service).then(|| self.moved(node, asset));
        Ok(Some(Resting {
            section,
            shown: composer.shown(node)?,
            account: (!is_masked).then(|| key.to_string()),
            worth: composer.worth(asset, stated, since, is_held),
            amount,
            range: [
                composer.money(asset, range[0])?,
                composer.money(asset, range[1])?,
            ],
            rests_on: self.grounds.of_resting((asset, node)),
            since,
            arrived_by,
            n_arrivals: arrivals.len(),
            moved: moved.flatten(),
            is_back: false,
            tagged,
            freeze: self.freezes.state(&key, of_asset, self.as_of),
            issuer: holder::issuer(of_asset),
            serve,
            shared: self
                .is_shared
                .then(|| self.shared(composer, (asset, node)))
                .transpose()?,
        }))
    }

    /// What rests at a place, shared out pari passu.
    fn shared(&self, composer: &mut Composer<'a>, (asset, node): Place) -> Result<Shared, Error> {
        let graph = &self.evidence.graph;
        let all = pari_passu(graph, node, self.run.layer, self.as_of)?;
        let found = all.into_iter().find(|shares| shares.asset == asset);
        let (rests, shares) = found.map_or((0, Vec::new()), |of| (of.rests, of.shares));
        let mut contributors = Vec::new();
        for one in shares {
            contributors.push(Contributor {
                party: one.contributor.map(|of| composer.shown(of)).transpose()?,
                paid_in: composer.money(asset, one.paid_in)?,
                share: composer.money(asset, one.share)?,
            });
        }
        Ok(Shared {
            rests: composer.money(asset, rests)?,
            contributors,
        })
    }

    /// Transfers that brought traced money, by place, in the order of the record.
    fn arrivals(&self, trace: &Trace) -> BTreeMap<Place, Vec<TransferIdx>> {
        let graph = &self.evidence.graph;
        let mut arrivals: BTreeMap<Place, Vec<TransferIdx>> = BTreeMap::new();
        for step in trace.steps.iter().filter(|step| step.carried.traced() > 0) {
            let place = (graph.asset_of(step.transfer), graph.to(step.transfer));
            arrivals.entry(place).or_default().push(step.transfer);
        }
        arrivals
    }

    /// The last movement of an asset at an account.
    fn moved(&self, node: NodeIdx, asset: AssetIdx) -> Option<Instant> {
        let graph = &self.evidence.graph;
        let both = graph
            .transfers_in(node)
            .iter()
            .chain(graph.transfers_out(node));
        let times = both
            .filter(|&t| graph.asset_of(t) == asset && graph.in_layer(t, self.run.layer))
            .map(|t| graph.time(graph.event_of(t)))
            .filter(|time| self.as_of.is_none_or(|moment| time.earliest() <= moment));
        times.max()
    }

    /// The most trusted tag of each entity of co-spending that has one.
    fn tags_of_entities(&self) -> Result<BTreeMap<NodeIdx, &'a Tag>, Error> {
        let known = self.evidence.known()?;
        let mut best: BTreeMap<NodeIdx, &Tag> = BTreeMap::new();
        for tag in &self.evidence.tags {
            if let Some(node) = self.evidence.graph.node_of(&tag.account) {
                let of = best.entry(known.entity_of(node)).or_insert(tag);
                if of.confidence < tag.confidence {
                    *of = tag;
                }
            }
        }
        Ok(best)
    }

    /// What rests nowhere, by what became of it and asset.
    pub(super) fn gone(&self, composer: &Composer<'_>) -> Result<Vec<Gone>, Error> {
        type Sums = BTreeMap<(&'static str, AssetIdx), (u128, BTreeSet<String>)>;
        let mut sums = Sums::new();
        for end in &self.run.listed()?.ends {
            if let Some(what) = gone(end.kind) {
                let sum = sums.entry((what, end.asset)).or_default();
                sum.0 += end.amount;
                sum.1.append(&mut self.grounds_of(end)?);
            }
        }
        let mut all = Vec::with_capacity(sums.len());
        for ((what, asset), (units, rests_on)) in sums {
            all.push(Gone {
                what,
                amount: composer.money(asset, units)?,
                rests_on,
            });
        }
        Ok(all)
    }

    /// What an end that is no rest may rest on.
    fn grounds_of(&self, end: &End) -> Result<BTreeSet<String>, Error> {
        let mut rules = self.grounds.of_gone((end.asset, end.node));
        if end.kind == EndKind::CutOff(StopReason::Coinjoin)
            && let Some(event) = self.evidence.graph.junction_event(end.node)
        {
            let rule = self.evidence.known()?.coinjoin_rule(event);
            rules.extend(rule.map(|rule| rule.to_string()));
        }
        Ok(rules)
    }
}
