//! What lies between the ends as a network: two capacities for each edge, for the sources' money and for all other.

use super::flow::Flow;
use super::pool::{Change, History, Links};
use super::{CutPart, CutPlace};
use crate::Error;
use crate::between::{Ends, PoolAt, arrival};
use moneytrail_model::{AssetIdx, NodeIdx, TransferIdx, Watch};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Where money comes from, and where it goes.
const SOURCE: u32 = 0;
const SINK: u32 = 1;

/// An edge for both questions.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: u32,
    to: u32,
    /// Units of the sources' money.
    own: u128,
    /// Units of other money.
    other: u128,
    place: Option<CutPlace>,
}

/// The network of one asset.
#[derive(Debug)]
pub(super) struct Network {
    n_vertices: u32,
    edges: Vec<Edge>,
    pub(super) n_conversions: usize,
    pub(super) n_transfers: usize,
}

/// What a network is built from.
struct Builder<'e, 'a> {
    ends: &'e Ends<'a>,
    links: Links<'e, 'a>,
    /// Between the ends, ascending.
    between: &'e [TransferIdx],
    network: Network,
    /// Vertex of the pool from which a transfer draws.
    departs: FxHashMap<TransferIdx, u32>,
    /// Vertex of the pool into which a transfer goes.
    arrives: FxHashMap<TransferIdx, u32>,
    /// Vertex of the pool to which what links reserved for a transfer in vain is free again.
    returns: FxHashMap<TransferIdx, u32>,
    /// What of a transfer the pool lacked.
    missing: FxHashMap<TransferIdx, u128>,
    /// Vertex of a transfer's arrival, where links part it.
    reserves: FxHashMap<TransferIdx, u32>,
}

impl Network {
    /// The network of what lies between the ends in one asset.
    pub(super) fn build(
        ends: &Ends<'_>,
        between: &[TransferIdx],
        asset: AssetIdx,
    ) -> Result<Self, Error> {
        let graph = ends.view.graph;
        let of_asset: Vec<TransferIdx> = between
            .iter()
            .copied()
            .filter(|&t| graph.asset_of(t) == asset)
            .collect();
        let mut builder = Builder {
            ends,
            links: Links::new(ends.view),
            between,
            network: Self {
                n_vertices: 2,
                edges: Vec::new(),
                n_conversions: 0,
                n_transfers: of_asset.len(),
            },
            departs: FxHashMap::default(),
            arrives: FxHashMap::default(),
            returns: FxHashMap::default(),
            missing: FxHashMap::default(),
            reserves: FxHashMap::default(),
        };
        let mut pools: BTreeSet<PoolAt> = BTreeSet::new();
        for &transfer in &of_asset {
            let from = graph.from(transfer);
            let is_open = !graph.is_boundary(from)
                && ends.view.seed_account(from).is_none()
                && ends.view.node_stop(from).is_none();
            if is_open && !ends.targets.contains(&from) && ends.view.seed_of(transfer).is_none() {
                pools.insert((from, asset));
            }
        }
        for &pool in &pools {
            builder.pool(pool)?;
        }
        for (nth, &transfer) in of_asset.iter().enumerate() {
            ends.view.check(nth)?;
            builder.transfer(transfer)?;
        }
        builder.leftovers()?;
        // A sum that fits is one that no flow can leave.
        let sum = |units: fn(&Edge) -> u128| {
            let edges = builder
                .network
                .edges
                .iter()
                .filter(|edge| edge.from == SOURCE);
            edges.map(units).try_fold(0_u128, u128::checked_add)
        };
        if sum(|edge| edge.own).is_none() || sum(|edge| edge.other).is_none() {
            let at = of_asset
                .first()
                .map_or(NodeIdx::from_raw(0), |&first| graph.to(first));
            return Err(Error::TooLarge(at));
        }
        Ok(builder.network)
    }

    fn vertex(&mut self) -> u32 {
        self.n_vertices += 1;
        self.n_vertices - 1
    }

    fn flow(&self, units: impl Fn(&Edge) -> u128) -> Flow {
        let mut flow = Flow::new(self.n_vertices as usize);
        for edge in &self.edges {
            let units = units(edge);
            if units > 0 && edge.from != edge.to {
                flow.edge(edge.from, edge.to, units);
            }
        }
        flow
    }

    /// The most that the sources' money can be of what arrives, and the cut that proves it: the one nearest to the sources.
    pub(super) fn most(&self, watch: &dyn Watch) -> (u128, Vec<CutPart>) {
        let mut flow = self.flow(|edge| edge.own);
        let most = flow.push_all(SOURCE, SINK, watch);
        let inside = flow.source_side(SOURCE);
        let crossing = self
            .edges
            .iter()
            .filter(|edge| edge.own > 0 && inside[edge.from as usize] && !inside[edge.to as usize]);
        let parts = crossing.filter_map(|edge| {
            Some(CutPart {
                place: edge.place?,
                amount: edge.own,
            })
        });
        let mut cut: Vec<CutPart> = parts.collect();
        cut.sort_unstable();
        (most, cut)
    }

    /// The most that other money can be of what arrives by transfers between the ends.
    pub(super) fn most_of_others(&self, watch: &dyn Watch) -> u128 {
        self.flow(|edge| edge.other).push_all(SOURCE, SINK, watch)
    }
}

impl Builder<'_, '_> {
    fn is_between(&self, transfer: TransferIdx) -> bool {
        self.between.binary_search(&transfer).is_ok()
    }

    fn add(&mut self, from: u32, to: u32, own: u128, other: u128, place: Option<CutPlace>) {
        if own > 0 || other > 0 {
            self.network.edges.push(Edge {
                from,
                to,
                own,
                other,
                place,
            });
        }
    }

    /// Vertices of a pool, one for each run of inflows and the outflows after it in which something between the ends takes
    /// part. What happens from one such run to the next is drawn together: of other money x that is held, min(p, q + x) is
    /// still there at the next run.
    fn pool(&mut self, pool: PoolAt) -> Result<(), Error> {
        let ends = self.ends;
        let history = History::of(&self.links, ends.moments, pool)?;
        // Other money that waits for the first vertex.
        let (mut vertex, mut q) = (None::<u32>, history.opening);
        let (mut p, mut held) = (u128::MAX, u128::MAX);
        let mut last = None;
        let mut steps = history.steps.iter().peekable();
        for nth in 0.. {
            if steps.peek().is_none() {
                break;
            }
            self.ends.view.check(nth)?;
            // One run: inflows, then outflows.
            let mut ins = Vec::new();
            while let Some(step) = steps.next_if(|step| !matches!(step.change, Change::Out(_))) {
                ins.push(step);
            }
            let mut outs = Vec::new();
            while let Some(step) = steps.next_if(|step| matches!(step.change, Change::Out(_))) {
                outs.push(step);
            }
            let counts = |change: Change| match change {
                Change::In(t) | Change::Out(t) => self.is_between(t),
                Change::Leftover(_) => true,
            };
            let mut other = 0_u128;
            let mut own_unknown = 0;
            for step in &ins {
                if let Change::In(transfer) = step.change {
                    let gap = history.gap.filter(|gap| gap.place == transfer);
                    let is_own = gap.is_some_and(|gap| gap.seed.is_some());
                    let unseen = gap.map_or(0, |gap| gap.amount);
                    if is_own {
                        own_unknown = unseen;
                    } else {
                        other += unseen;
                    }
                    other += if self.is_between(transfer) {
                        // What a link leads on stays with the holder as his own.
                        let free = arrival(ends.view, transfer)?.unwrap_or(0);
                        step.units - unseen - free
                    } else {
                        step.units - unseen
                    };
                }
            }
            let is_used =
                own_unknown > 0 || ins.iter().chain(&outs).any(|step| counts(step.change));
            if is_used {
                let here = self.network.vertex();
                match vertex {
                    Some(before) if q > 0 => {
                        let gate = self.network.vertex();
                        // The limit stands on the edge behind the gate, with its name.
                        self.add(before, gate, u128::MAX, u128::MAX, None);
                        self.add(SOURCE, gate, 0, q, None);
                        self.add(gate, here, held, p, place_held(pool.0, last));
                    }
                    Some(before) => self.add(before, here, held, p, place_held(pool.0, last)),
                    None => self.add(SOURCE, here, 0, q.min(p), None),
                }
                self.add(SOURCE, here, 0, other, None);
                if own_unknown > 0 {
                    let gap = history.gap.expect("its amount was taken above");
                    self.add(
                        SOURCE,
                        here,
                        own_unknown,
                        0,
                        Some(CutPlace::Unknown(gap.place)),
                    );
                }
                for step in ins.iter().chain(&outs) {
                    match step.change {
                        Change::In(transfer) => self.arrives.insert(transfer, here),
                        Change::Out(transfer) => self.departs.insert(transfer, here),
                        Change::Leftover(transfer) => self.returns.insert(transfer, here),
                    };
                    if step.missing > 0
                        && let Change::Out(transfer) = step.change
                    {
                        self.missing.insert(transfer, step.missing);
                    }
                }
                (vertex, q, p, held) = (Some(here), 0, u128::MAX, u128::MAX);
            } else {
                p = p.saturating_add(other);
                q = q.saturating_add(other);
            }
            let balance = outs.last().or(ins.last()).map_or(0, |step| step.balance);
            (p, held) = (p.min(balance), held.min(balance));
            last = outs.last().or(ins.last()).map(|step| match step.change {
                Change::In(t) | Change::Out(t) | Change::Leftover(t) => t,
            });
        }
        Ok(())
    }

    /// A transfer between the ends: from a pool, from links, or from a source; to a target, or to a pool and links.
    fn transfer(&mut self, transfer: TransferIdx) -> Result<(), Error> {
        let (ends, view, graph) = (self.ends, self.ends.view, self.ends.view.graph);
        let Some(amount) = view.amount(transfer)? else {
            return Ok(());
        };
        let from = graph.from(transfer);
        let left = if view.seed_of(transfer).is_some() {
            let left = self.network.vertex();
            self.add(SOURCE, left, amount, 0, Some(CutPlace::Transfer(transfer)));
            left
        } else {
            self.departure(transfer, from, amount)?
        };
        if ends.targets.contains(&graph.to(transfer)) {
            self.add(
                left,
                SINK,
                amount,
                amount,
                Some(CutPlace::Transfer(transfer)),
            );
            return Ok(());
        }
        let arrived = self.reserve(transfer);
        self.add(
            left,
            arrived,
            amount,
            amount,
            Some(CutPlace::Transfer(transfer)),
        );
        let free = arrival(view, transfer)?.unwrap_or(0);
        if let Some(&pool) = self.arrives.get(&transfer) {
            self.add(
                arrived,
                pool,
                free,
                free,
                Some(CutPlace::FreeArrival(transfer)),
            );
        }
        Ok(())
    }

    /// What links reserved for a transfer in vain is free again, wherever that transfer itself went.
    fn leftovers(&mut self) -> Result<(), Error> {
        let mut returns: Vec<(TransferIdx, u32)> = self.returns.drain().collect();
        returns.sort_unstable();
        for (transfer, pool) in returns {
            for paying in self.links.paying(transfer)? {
                let (earlier, units) = (paying.link.earlier, paying.leftover);
                if !paying.link.one_pool {
                    continue;
                }
                if self.is_between(earlier) && self.ends.goes_on(earlier) {
                    let arrived = self.reserve(earlier);
                    let place = Some(CutPlace::Link(earlier, transfer));
                    self.add(arrived, pool, units, units, place);
                } else {
                    self.add(SOURCE, pool, 0, units, None);
                }
            }
        }
        Ok(())
    }

    /// The vertex at which links part what arrives.
    fn reserve(&mut self, transfer: TransferIdx) -> u32 {
        if let Some(&known) = self.reserves.get(&transfer) {
            return known;
        }
        let vertex = self.network.vertex();
        self.reserves.insert(transfer, vertex);
        vertex
    }

    /// The vertex of what a transfer carries that is no source.
    fn departure(
        &mut self,
        transfer: TransferIdx,
        from: NodeIdx,
        amount: u128,
    ) -> Result<u32, Error> {
        let (ends, view, graph) = (self.ends, self.ends.view, self.ends.view.graph);
        let left = self.network.vertex();
        let mut free = amount;
        for paying in self.links.paying(transfer)? {
            let earlier = paying.link.earlier;
            free -= paying.paid;
            let place = Some(CutPlace::Link(earlier, transfer));
            let is_own = self.is_between(earlier) && ends.goes_on(earlier);
            if !is_own {
                let others = if ends.brings_others(earlier) {
                    paying.paid
                } else {
                    0
                };
                self.add(SOURCE, left, others, paying.paid, place);
            } else if paying.link.one_asset {
                let arrived = self.reserve(earlier);
                self.add(arrived, left, paying.paid, paying.paid, place);
            } else {
                self.network.n_conversions += 1;
                self.add(SOURCE, left, paying.paid, paying.paid, place);
            }
        }
        let is_closed = ends.targets.contains(&from) || view.node_stop(from).is_some();
        if graph.is_boundary(from) || is_closed {
            self.add(SOURCE, left, 0, free, None);
        } else if view.seed_account(from).is_some() {
            // Outside the window: of another source's money, it may be.
            let own = if view.spec.seeds.len() > 1 { free } else { 0 };
            self.add(
                SOURCE,
                left,
                own,
                free,
                Some(CutPlace::FreeDeparture(transfer)),
            );
        } else if let Some(&pool) = self.departs.get(&transfer) {
            let missing = self.missing.get(&transfer).copied().unwrap_or(0).min(free);
            let place = Some(CutPlace::FreeDeparture(transfer));
            self.add(pool, left, free - missing, free - missing, place);
            self.add(SOURCE, left, 0, missing, None);
        }
        Ok(left)
    }
}

fn place_held(node: NodeIdx, last: Option<TransferIdx>) -> Option<CutPlace> {
    last.map(|last| CutPlace::Held(node, last))
}
