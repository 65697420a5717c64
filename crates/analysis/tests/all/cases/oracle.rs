//! A slow and obvious second program for traces forward: every unit is an item of a list.
//!
//! It goes through the whole record once, hands every transfer on at once, and when a node is first
//! computed replays its history from nothing, as the documentation of `trace` defines. Nothing is
//! shared with the crate but the types of its answers.

use moneytrail_model::trace::{
    EndKind, Label, Placement, Policy, Seed, StopReason, Trace, TraceSpec,
};
use moneytrail_model::{
    AccountKey, AssetIdx, EventIdx, Layer, NodeIdx, Part, TransferIdx, TransferKind,
};
use moneytrail_store::graph::{Graph, Link, LinkId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Unit {
    label: Label,
    n_events: u32,
    event: Option<EventIdx>,
}

const fn plain(label: Label) -> Unit {
    Unit {
        label,
        n_events: 0,
        event: None,
    }
}

fn is_traced(unit: &Unit) -> bool {
    matches!(unit.label, Label::Seed(_))
}

#[derive(Clone, Default, Debug)]
struct Pool {
    units: Vec<Unit>,
    /// Poison only.
    mark: Option<Unit>,
}

/// What the oracle says, in a form that a trace can be brought into.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Answer {
    pub steps: Vec<(TransferIdx, Vec<(Label, u128)>, u32, Option<StopReason>)>,
    pub ends: BTreeMap<(NodeIdx, AssetIdx, u32, EndKind), u128>,
    pub unexplained: BTreeMap<(NodeIdx, AssetIdx), u128>,
    pub marked: Vec<(NodeIdx, AssetIdx, u128, u128)>,
}

/// A trace in that form.
pub fn answer_of(trace: &Trace) -> Answer {
    Answer {
        steps: trace
            .steps
            .iter()
            .map(|step| {
                (
                    step.transfer,
                    step.carried.pieces.clone(),
                    step.n_events,
                    step.stop,
                )
            })
            .collect(),
        ends: trace
            .ends
            .iter()
            .map(|end| ((end.node, end.asset, end.seed, end.kind), end.amount))
            .collect(),
        unexplained: trace
            .unexplained
            .iter()
            .map(|&(node, asset, amount)| ((node, asset), amount))
            .collect(),
        marked: trace.marked.clone(),
    }
}

pub struct Oracle<'a> {
    g: &'a Graph,
    spec: &'a TraceSpec,
    pools: BTreeMap<NodeIdx, BTreeMap<AssetIdx, Pool>>,
    reserved: BTreeMap<LinkId, Vec<Unit>>,
    /// Traced units that each outflow of a junction is to have, found when the first leaves.
    wanted: BTreeMap<(NodeIdx, AssetIdx), Option<BTreeMap<TransferIdx, usize>>>,
    answer: Answer,
}

impl<'a> Oracle<'a> {
    pub fn run(g: &'a Graph, spec: &'a TraceSpec) -> Answer {
        let mut oracle = Self {
            g,
            spec,
            pools: BTreeMap::new(),
            reserved: BTreeMap::new(),
            wanted: BTreeMap::new(),
            answer: Answer::default(),
        };
        for t in (0..g.n_transfers()).map(TransferIdx::new) {
            if oracle.exists(t) {
                oracle.pass(t);
            }
        }
        oracle.close()
    }

    fn poison(&self) -> bool {
        self.spec.policy == Policy::Poison
    }

    fn exists(&self, t: TransferIdx) -> bool {
        let earliest = self.g.time(self.g.event_of(t)).earliest();
        self.g.in_layer(t, self.spec.layer) && self.spec.as_of.is_none_or(|as_of| earliest <= as_of)
    }

    fn is_busy(&self, node: NodeIdx) -> bool {
        let g = self.g;
        let n = (0..g.n_transfers()).map(TransferIdx::new);
        let n = n.filter(|&t| g.from(t) == node || g.to(t) == node);
        // Who pays himself has it on both sides.
        let n_own = (0..g.n_transfers()).map(TransferIdx::new);
        let n_own = n_own.filter(|&t| g.from(t) == node && g.to(t) == node);
        let n_max = self.spec.stops.n_transfers_max;
        let is_seed = self.spec.seeds.contains(&Seed::Account(node));
        n_max
            .filter(|_| !is_seed)
            .is_some_and(|n_max| !g.is_junction(node) && n.count() + n_own.count() > n_max as usize)
    }

    fn amount(&self, t: TransferIdx) -> Option<usize> {
        self.g
            .amount(t)
            .map(|amount| usize::try_from(amount.units()).unwrap())
    }

    fn seed_of(&self, t: TransferIdx) -> Option<u32> {
        let time = self.g.time(self.g.event_of(t));
        let in_window =
            self.spec.since.is_none_or(|since| time.latest() >= since) && !self.too_late(t);
        self.spec
            .seeds
            .iter()
            .position(|seed| match *seed {
                Seed::Transfer(seed) => seed == t,
                Seed::Account(node) => node == self.g.from(t) && in_window,
            })
            .map(|position| u32::try_from(position).unwrap())
    }

    fn label(&self, seed: u32) -> Label {
        Label::Seed(if self.poison() { 0 } else { seed })
    }

    fn too_late(&self, t: TransferIdx) -> bool {
        let earliest = self.g.time(self.g.event_of(t)).earliest();
        self.spec.stops.until.is_some_and(|until| earliest > until)
    }

    /// Links that count, with the units they reserve and pay.
    fn link<'g>(&self, found: Link<'g>) -> Option<(Link<'g>, usize, usize)> {
        let (e, l) = (found.earlier, found.later);
        if e >= l
            || !self.exists(e)
            || !self.exists(l)
            || self.amount(e).is_none()
            || self.amount(l).is_none()
        {
            return None;
        }
        if self.g.is_boundary(self.g.to(e)) || self.g.is_boundary(self.g.from(l)) {
            return None;
        }
        let x = usize::try_from(found.consumed.units()).unwrap();
        let y = usize::try_from(found.paid.units()).unwrap();
        let (x, y) = if self.g.asset_of(e) == self.g.asset_of(l) {
            (x.min(y), x.min(y))
        } else {
            (x, y)
        };
        (x > 0 && y > 0).then_some((found, x, y))
    }

    fn one_pool(&self, link: &Link<'_>) -> bool {
        self.g.to(link.earlier) == self.g.from(link.later)
            && self.g.asset_of(link.earlier) == self.g.asset_of(link.later)
    }

    fn end(&mut self, kind: EndKind, node: NodeIdx, asset: AssetIdx, units: &[Unit]) {
        for unit in units {
            if let (Label::Seed(seed), false) = (unit.label, self.poison()) {
                *self
                    .answer
                    .ends
                    .entry((node, asset, seed, kind))
                    .or_default() += 1;
            }
        }
    }

    fn unexplained(&mut self, node: NodeIdx, asset: AssetIdx, n: usize) {
        if n > 0 && !self.poison() {
            *self.answer.unexplained.entry((node, asset)).or_default() += n as u128;
        }
    }

    fn pass(&mut self, t: TransferIdx) {
        let (g, from, to, asset) = (self.g, self.g.from(t), self.g.to(t), self.g.asset_of(t));
        let awaited = g.links_spending(t).any(|link| {
            self.reserved
                .get(&link.id)
                .is_some_and(|units| units.iter().any(is_traced))
        });
        if awaited && !self.pools.contains_key(&from) {
            self.compute(from, t, false);
        }
        let mut units = if self.pools.contains_key(&from) {
            self.draw(t)
        } else {
            vec![plain(Label::Clean); self.amount(t).unwrap_or(0)]
        };
        let mut mark = None;
        if self.poison() {
            mark = best(units.iter().filter(|unit| is_traced(unit)));
            if self.amount(t).is_none()
                && let Some(known) = self
                    .pools
                    .get(&from)
                    .and_then(|pools| pools.get(&asset)?.mark)
            {
                mark = Some(step_on(known, g.event_of(t)));
            }
            if let Some(mark) = mark {
                units.iter_mut().for_each(|unit| *unit = mark);
            }
        }
        let seed = self.seed_of(t);
        if let Some(seed) = seed {
            self.end(EndKind::TakenOver, from, asset, &units);
            let unit = Unit {
                label: self.label(seed),
                n_events: 0,
                event: Some(g.event_of(t)),
            };
            units = vec![unit; self.amount(t).unwrap_or(0)];
            mark =
                (self.poison() && !(units.is_empty() && self.amount(t).is_some())).then_some(unit);
        }
        let mut shown = seed.is_some();
        if self.too_late(t) {
            let was = units.iter().any(is_traced) || mark.is_some();
            if was {
                self.cut(
                    EndKind::CutOff(StopReason::Time),
                    from,
                    asset,
                    &mut units,
                    |_| true,
                );
            }
            (mark, shown) = (None, false);
        } else if let (Some(n_max), None) = (self.spec.stops.n_events_max, seed) {
            self.cut(
                EndKind::CutOff(StopReason::Hops),
                from,
                asset,
                &mut units,
                |unit| unit.n_events > n_max,
            );
            mark = mark.filter(|mark| mark.n_events <= n_max);
        }
        let unknown_seed = seed.is_some() && self.amount(t).is_none() && shown;
        shown |= units.iter().any(is_traced) || mark.is_some();
        let n_events = best(units.iter().filter(|unit| is_traced(unit)))
            .or(mark)
            .map_or(0, |unit| unit.n_events);
        let mut carried: Vec<(Label, u128)> = Vec::new();
        if !self.poison() {
            for unit in &units {
                match carried.last_mut() {
                    Some(last) if last.0 == unit.label => last.1 += 1,
                    _ => carried.push((unit.label, 1)),
                }
            }
        }
        // Arrival.
        let mut stop = None;
        let first = g.key_bytes(to).map(|key| key[0]);
        if g.is_boundary(to) {
            let kind = if first == Some(0xf1) {
                EndKind::Fees
            } else {
                EndKind::Burned
            };
            self.end(kind, to, asset, &units);
        } else {
            if let Some(own) = self
                .spec
                .seeds
                .iter()
                .position(|seed| *seed == Seed::Account(to))
            {
                let own = self.label(u32::try_from(own).unwrap());
                self.cut(EndKind::Returned, to, asset, &mut units, |unit| {
                    unit.label == own
                });
                mark = mark.filter(|mark| mark.label != own);
            }
            let n_traced = units.iter().filter(|unit| is_traced(unit)).count();
            if n_traced > 0 || mark.is_some() || unknown_seed {
                let floor = self
                    .spec
                    .stops
                    .floors
                    .iter()
                    .find(|floor| floor.0 == asset)
                    .map_or(0, |floor| floor.1.units());
                if self.spec.stops.services.contains(&to) {
                    stop = Some(StopReason::Service);
                } else if self.is_busy(to) {
                    stop = Some(StopReason::Busy);
                } else if g
                    .junction_event(to)
                    .is_some_and(|event| self.spec.stops.coinjoins.contains(&event))
                {
                    stop = Some(StopReason::Coinjoin);
                } else if self.amount(t).is_some() && (n_traced as i128) < floor {
                    stop = Some(StopReason::Floor);
                }
                if let Some(reason) = stop {
                    self.cut(EndKind::CutOff(reason), to, asset, &mut units, |_| true);
                    mark = None;
                }
            }
            let follows = units.iter().any(is_traced)
                || mark.is_some()
                || (unknown_seed && stop.is_none() && g.is_junction(to));
            if follows && !self.pools.contains_key(&to) {
                self.compute(to, t, true);
            }
            if self.pools.contains_key(&to) {
                self.arrive(t, units, mark);
            }
        }
        if shown {
            if unknown_seed && !self.poison() && self.pools.contains_key(&to) && g.is_junction(to) {
                let (place, seed_place, n) = self.gap(to, asset).unwrap();
                let _ = place;
                if seed_place == Some(t) && n > 0 {
                    carried = vec![(self.label(seed.unwrap()), n as u128)];
                }
            }
            self.answer.steps.push((t, carried, n_events, stop));
        }
    }

    fn cut(
        &mut self,
        kind: EndKind,
        node: NodeIdx,
        asset: AssetIdx,
        units: &mut [Unit],
        which: impl Fn(&Unit) -> bool,
    ) {
        let ended: Vec<Unit> = units
            .iter()
            .copied()
            .filter(|unit| is_traced(unit) && which(unit))
            .collect();
        self.end(kind, node, asset, &ended);
        for unit in units.iter_mut() {
            if is_traced(unit) && which(unit) {
                *unit = plain(Label::Clean);
            }
        }
        if self.spec.policy == Policy::Haircut {
            units.sort_by_key(|unit| unit.label);
        }
    }

    /// Starts a node: its whole history before `t` again, with clean inflows.
    fn compute(&mut self, node: NodeIdx, t: TransferIdx, through: bool) {
        self.pools.insert(node, BTreeMap::new());
        if self.spec.placement == Placement::Earliest {
            self.open(node);
        }
        for past in (0..=t.idx()).map(TransferIdx::new) {
            if !self.exists(past) || (past == t && !through) {
                continue;
            }
            if self.g.from(past) == node {
                self.draw(past);
            }
            if self.g.to(past) == node && past < t {
                self.arrive(
                    past,
                    vec![plain(Label::Clean); self.amount(past).unwrap_or(0)],
                    None,
                );
            }
        }
    }

    /// Tries opening balances, from nothing up.
    fn open(&mut self, node: NodeIdx) {
        let key = self.g.account(node);
        if matches!(
            key,
            Some(
                AccountKey::Bank(_)
                    | AccountKey::Customer(..)
                    | AccountKey::Hawaladar(_, Part::Position | Part::Pending)
            )
        ) {
            return;
        }
        let assets: BTreeSet<AssetIdx> = (0..self.g.n_transfers())
            .map(|t| self.g.asset_of(TransferIdx::new(t)))
            .collect();
        for asset in assets {
            let opening = (0..)
                .find(|&opening| self.stays_positive(node, asset, opening))
                .unwrap();
            let units = vec![plain(Label::Unexplained); opening];
            self.pools
                .get_mut(&node)
                .unwrap()
                .entry(asset)
                .or_default()
                .units
                .extend(units);
            self.unexplained(node, asset, opening);
        }
    }

    fn stays_positive(&self, node: NodeIdx, asset: AssetIdx, opening: usize) -> bool {
        let g = self.g;
        let mut balance = opening as i64;
        for t in (0..g.n_transfers())
            .map(TransferIdx::new)
            .filter(|&t| self.exists(t) && g.asset_of(t) == asset)
        {
            let custody = g.in_layer(t, Layer::Custody);
            if g.from(t) == node {
                let mut rest = self.amount(t).unwrap_or(0);
                for (link, _, y) in g.links_spending(t).filter_map(|link| self.link(link)) {
                    let paid = y.min(rest);
                    rest -= paid;
                    if custody && !self.one_pool(&link) {
                        balance -= paid as i64;
                    }
                }
                balance -= rest as i64;
                if balance < 0 {
                    return false;
                }
            }
            if g.to(t) == node {
                let mut rest = self.amount(t).unwrap_or(0);
                for (link, x, _) in g.links_spent_by(t).filter_map(|link| self.link(link)) {
                    let taken = x.min(rest);
                    rest -= taken;
                    if custody && !self.one_pool(&link) {
                        balance += taken as i64;
                    }
                }
                balance += rest as i64;
                if let Some((place, _, n)) = self.gap(node, asset)
                    && place == t
                {
                    balance += n as i64;
                }
            }
        }
        true
    }

    /// Place, seed and size of what inputs of unknown value brought in.
    fn gap(
        &self,
        node: NodeIdx,
        asset: AssetIdx,
    ) -> Option<(TransferIdx, Option<TransferIdx>, usize)> {
        let g = self.g;
        let event = g.junction_event(node)?;
        let stopped = self.spec.stops.coinjoins.contains(&event);
        let all: Vec<TransferIdx> = (0..g.n_transfers())
            .map(TransferIdx::new)
            .filter(|&t| self.exists(t) && g.asset_of(t) == asset)
            .collect();
        let unknown: Vec<TransferIdx> = all
            .iter()
            .copied()
            .filter(|&t| g.to(t) == node && self.amount(t).is_none())
            .collect();
        let known_in: usize = all
            .iter()
            .filter(|&&t| g.to(t) == node)
            .map(|&t| self.amount(t).unwrap_or(0))
            .sum();
        let known_out: usize = all
            .iter()
            .filter(|&&t| g.from(t) == node)
            .map(|&t| self.amount(t).unwrap_or(0))
            .sum();
        let seed = unknown
            .iter()
            .copied()
            .find(|&t| self.seed_of(t).is_some() && !self.too_late(t))
            .filter(|_| !stopped);
        Some((*unknown.first()?, seed, known_out.saturating_sub(known_in)))
    }

    fn arrive(&mut self, t: TransferIdx, mut units: Vec<Unit>, mark: Option<Unit>) {
        let (g, node, asset) = (self.g, self.g.to(t), self.g.asset_of(t));
        let custody = g.in_layer(t, Layer::Custody);
        let mut stays = Vec::new();
        for link in g.links_spent_by(t) {
            let Some((link, x, _)) = self.link(link) else {
                continue;
            };
            let taken = self.take(&mut units, x, Policy::Fifo);
            if custody && !self.one_pool(&link) {
                stays.extend(vec![plain(Label::Clean); taken.len()]);
            }
            // In full and clean is the same as no entry: see `draw`.
            if taken != vec![plain(Label::Clean); x] {
                self.reserved.insert(link.id, taken);
            }
        }
        stays.extend(units);
        if let Some((place, seed, n)) = self.gap(node, asset)
            && place == t
        {
            let unit = match seed {
                Some(seed) => Unit {
                    label: self.label(self.seed_of(seed).unwrap()),
                    n_events: 0,
                    event: Some(g.event_of(t)),
                },
                None => plain(Label::Unexplained),
            };
            if seed.is_none() {
                self.unexplained(node, asset, n);
            }
            stays.extend(vec![unit; n]);
        }
        let marked = best(stays.iter().filter(|unit| is_traced(unit)));
        let haircut = self.spec.policy == Policy::Haircut;
        let poison = self.poison();
        let pool = self.pools.get_mut(&node).unwrap().entry(asset).or_default();
        // A mark whose money is all reserved does not reach the free pool.
        let mark = mark.filter(|_| self.g.amount(t).is_none());
        pool.units.extend(stays);
        if poison {
            pool.mark = best([pool.mark, marked, mark].iter().flatten());
        }
        if haircut {
            pool.units.sort_by_key(|unit| unit.label);
            level(&mut pool.units);
        }
    }

    fn draw(&mut self, t: TransferIdx) -> Vec<Unit> {
        let (g, node, asset) = (self.g, self.g.from(t), self.g.asset_of(t));
        let Some(amount) = self.amount(t) else {
            return Vec::new();
        };
        let custody = g.in_layer(t, Layer::Custody);
        let wanted = self.wanted(t);
        let mut drawn = Vec::new();
        for link in g.links_spending(t) {
            let Some((link, x, y)) = self.link(link) else {
                continue;
            };
            let max = y.min(amount - drawn.len());
            let held = self.reserved.remove(&link.id);
            let (holder, held_asset) = (g.to(link.earlier), g.asset_of(link.earlier));
            // Nobody followed: clean, as far as it goes.
            let held = held.unwrap_or_else(|| {
                let mut left = self.amount(link.earlier).unwrap();
                let others = g.links_spent_by(link.earlier);
                for other in others.take_while(|other| other.id != link.id) {
                    left = left.saturating_sub(self.link(other).map_or(0, |found| found.1));
                }
                vec![plain(Label::Clean); x.min(left)]
            });
            let linked = match held {
                mut units if held_asset == asset => {
                    let taken = self.take(&mut units, max, Policy::Fifo);
                    if self.one_pool(&link) {
                        self.put(node, asset, &units);
                    } else {
                        self.end(EndKind::Rests, holder, asset, &units);
                    }
                    taken
                }
                units => {
                    self.end(EndKind::Converted, holder, held_asset, &units);
                    let made: Vec<Unit> = units
                        .iter()
                        .enumerate()
                        .flat_map(|(i, &unit)| vec![unit; (i + 1) * y / x - i * y / x])
                        .collect();
                    made.into_iter().take(max).collect()
                }
            };
            if custody && !self.one_pool(&link) {
                let own = self.drawn_from(node, asset, linked.len(), wanted.map(|_| 0));
                self.end(EndKind::TakenOver, node, asset, &own);
            }
            drawn.extend(linked);
        }
        let rest = self.drawn_from(node, asset, amount - drawn.len(), wanted);
        drawn.extend(rest);
        let mut drawn: Vec<Unit> = drawn
            .into_iter()
            .map(|unit| step_on(unit, g.event_of(t)))
            .collect();
        if self.spec.policy == Policy::Haircut {
            drawn.sort_by_key(|unit| unit.label);
            level(&mut drawn);
        }
        drawn
    }

    fn put(&mut self, node: NodeIdx, asset: AssetIdx, units: &[Unit]) {
        let (haircut, poison) = (self.spec.policy == Policy::Haircut, self.poison());
        let pool = self.pools.get_mut(&node).unwrap().entry(asset).or_default();
        pool.units.extend(units);
        if poison {
            pool.mark = best(
                pool.mark
                    .iter()
                    .chain(units.iter().filter(|unit| is_traced(unit))),
            );
        }
        if haircut {
            pool.units.sort_by_key(|unit| unit.label);
            level(&mut pool.units);
        }
    }

    fn wanted(&mut self, t: TransferIdx) -> Option<usize> {
        let (g, node, asset) = (self.g, self.g.from(t), self.g.asset_of(t));
        let by_size = self.spec.policy == Policy::Tiho;
        if !g.is_junction(node) || !(by_size || self.spec.policy == Policy::Libr) {
            return None;
        }
        let pool = self.pools.get(&node)?.get(&asset)?;
        let mut n_traced = pool.units.iter().filter(|unit| is_traced(unit)).count();
        let mut n_others = pool.units.len() - n_traced;
        if !self.wanted.contains_key(&(node, asset)) {
            let is_change = |t: TransferIdx| self.spec.change.contains(&t);
            let outs: Vec<TransferIdx> = (0..g.n_transfers())
                .map(TransferIdx::new)
                .filter(|&out| g.from(out) == node)
                .collect();
            let found = (by_size || outs.iter().any(|&out| is_change(out))).then(|| {
                let mut outs: Vec<(TransferIdx, usize)> = outs
                    .into_iter()
                    .filter(|&out| self.exists(out) && g.asset_of(out) == asset)
                    .filter(|&out| !(by_size && g.kind(out) == TransferKind::Fee))
                    .map(|out| {
                        let links = g.links_spending(out).filter_map(|link| self.link(link));
                        let linked: usize = links.map(|link| link.2).sum();
                        (out, self.amount(out).unwrap_or(0).saturating_sub(linked))
                    })
                    .collect();
                let mut wanted = BTreeMap::new();
                while !outs.is_empty() {
                    let next = if by_size {
                        let largest = outs.iter().map(|out| out.1).max();
                        outs.iter().position(|out| Some(out.1) == largest).unwrap()
                    } else {
                        outs.iter().position(|out| !is_change(out.0)).unwrap_or(0)
                    };
                    let (out, n) = outs.remove(next);
                    for _ in 0..n {
                        let is_traced = if by_size { n_traced > 0 } else { n_others == 0 };
                        let entry = wanted.entry(out).or_insert(0);
                        if is_traced {
                            *entry += 1;
                            n_traced = n_traced.saturating_sub(1);
                        } else {
                            n_others = n_others.saturating_sub(1);
                        }
                    }
                }
                wanted
            });
            self.wanted.insert((node, asset), found);
        }
        let wanted = self.wanted[&(node, asset)].as_ref()?;
        Some(wanted.get(&t).copied().unwrap_or(0))
    }

    fn drawn_from(
        &mut self,
        node: NodeIdx,
        asset: AssetIdx,
        n: usize,
        wanted: Option<usize>,
    ) -> Vec<Unit> {
        let mut pool = self
            .pools
            .get_mut(&node)
            .unwrap()
            .remove(&asset)
            .unwrap_or_default();
        let apart = match self.spec.policy {
            Policy::Libr | Policy::TracedFirst => true,
            Policy::Tiho => self.g.is_junction(node),
            _ => false,
        };
        let mut drawn = if apart {
            self.take_apart(&mut pool.units, n, wanted)
        } else {
            self.take(&mut pool.units, n, self.spec.policy)
        };
        let short = n - drawn.len();
        drawn.extend(vec![plain(Label::Unexplained); short]);
        self.unexplained(node, asset, short);
        if self.poison() && n > 0 {
            if let Some(mark) = pool.mark {
                drawn = vec![mark; n];
            }
            if pool.units.is_empty() {
                pool.mark = None;
            }
        }
        self.pools.get_mut(&node).unwrap().insert(asset, pool);
        drawn
    }

    /// Takes up to `n` units, one by one, traced money apart from the other.
    fn take_apart(&self, units: &mut Vec<Unit>, n: usize, wanted: Option<usize>) -> Vec<Unit> {
        let n = n.min(units.len());
        let traced_first = self.spec.policy != Policy::Libr;
        let (mut traced, mut others): (Vec<Unit>, Vec<Unit>) = units.drain(..).partition(is_traced);
        let mut n_traced = wanted.unwrap_or(if traced_first { n } else { 0 });
        while n_traced > traced.len().min(n) {
            n_traced -= 1;
        }
        while n - n_traced > others.len() {
            n_traced += 1;
        }
        let of_others: Vec<Unit> = others.drain(..n - n_traced).collect();
        let of_traced = if self.spec.policy == Policy::Tiho {
            traced.drain(..n_traced).collect()
        } else {
            traced.sort_by_key(|unit| unit.label);
            level(&mut traced);
            pro_rata(&mut traced, n_traced)
        };
        units.extend(traced);
        units.extend(others);
        if traced_first {
            [of_traced, of_others].concat()
        } else {
            [of_others, of_traced].concat()
        }
    }

    /// Takes up to `n` units. A pro rata pool is kept by label, whoever asks.
    fn take(&self, units: &mut Vec<Unit>, n: usize, policy: Policy) -> Vec<Unit> {
        let n = n.min(units.len());
        let policy = if self.spec.policy == Policy::Haircut {
            Policy::Haircut
        } else {
            policy
        };
        match policy {
            Policy::Fifo | Policy::Libr | Policy::TracedFirst | Policy::Tiho => {
                units.drain(..n).collect()
            }
            Policy::Lifo => units.split_off(units.len() - n),
            Policy::Haircut => pro_rata(units, n),
            Policy::Poison => {
                // As much as possible of what is left is marked.
                let mut drawn = Vec::new();
                while drawn.len() < n {
                    let place = units.iter().position(|unit| !is_traced(unit)).unwrap_or(0);
                    drawn.push(units.remove(place));
                }
                drawn
            }
        }
    }

    fn close(mut self) -> Answer {
        for (node, pools) in std::mem::take(&mut self.pools) {
            for (asset, pool) in pools {
                let kind = if self.gap(node, asset).is_some() {
                    EndKind::Fees
                } else {
                    EndKind::Rests
                };
                self.end(kind, node, asset, &pool.units);
                if pool.mark.is_some() {
                    let marked = pool.units.iter().filter(|unit| is_traced(unit)).count();
                    self.answer.marked.push((
                        node,
                        asset,
                        marked as u128,
                        pool.units.len() as u128,
                    ));
                }
            }
        }
        for (id, units) in std::mem::take(&mut self.reserved) {
            let earlier = self.g.link(id).earlier;
            self.end(
                EndKind::Rests,
                self.g.to(earlier),
                self.g.asset_of(earlier),
                &units,
            );
        }
        self.answer.marked.sort_unstable();
        self.answer
    }
}

/// Fewest events, then moved last.
fn best<'u>(units: impl IntoIterator<Item = &'u Unit>) -> Option<Unit> {
    units
        .into_iter()
        .copied()
        .min_by_key(|unit| (unit.n_events, std::cmp::Reverse(unit.event)))
}

fn step_on(mut unit: Unit, event: EventIdx) -> Unit {
    if is_traced(&unit) && unit.event != Some(event) {
        unit.n_events += 1;
        unit.event = Some(event);
    }
    unit
}

/// Under haircut, units of one label are as far as the nearest of them.
fn level(units: &mut [Unit]) {
    for i in 0..units.len() {
        let label = units[i].label;
        let nearest = best(units.iter().filter(|unit| unit.label == label)).unwrap();
        if is_traced(&units[i]) {
            units[i] = nearest;
        }
    }
}

/// Takes `n` units, of each label its share.
fn pro_rata(units: &mut Vec<Unit>, n: usize) -> Vec<Unit> {
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    units
        .iter()
        .for_each(|unit| *counts.entry(unit.label).or_default() += 1);
    let held = units.len().max(1);
    let mut quotas: Vec<(Label, usize, usize)> = counts
        .iter()
        .map(|(&label, &count)| (label, count * n / held, count * n % held))
        .collect();
    let left = n - quotas.iter().map(|quota| quota.1).sum::<usize>();
    let mut order: Vec<usize> = (0..quotas.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(quotas[i].2));
    order[..left].iter().for_each(|&i| quotas[i].1 += 1);
    let mut drawn = Vec::new();
    for (label, quota, _) in quotas {
        for _ in 0..quota {
            let place = units.iter().position(|unit| unit.label == label).unwrap();
            drawn.push(units.remove(place));
        }
    }
    drawn
}
