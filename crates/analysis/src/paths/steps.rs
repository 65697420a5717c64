//! The transfers between the ends with every step from one to another, numbered densely.

use super::{Moment, PathsSpec, Station, Step};
use crate::Error;
use crate::between::{Ends, PoolAt, Side, arrival, departure, has_leftover, passing, swaps};
use crate::temporal::{InGraph, Record};
use moneytrail_model::{NodeIdx, Precision, TransferIdx, money};
use rustc_hash::FxHashMap;

/// No pool.
pub(super) const NONE: u32 = u32::MAX;

/// Units that nothing is known to limit.
pub(super) const UNLIMITED: u128 = u128::MAX;

/// Rows of different lengths, one behind the other.
#[derive(Debug)]
pub(super) struct Rows<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            starts: Vec::new(),
            items: Vec::new(),
        }
    }
}

impl<T: Copy> Rows<T> {
    /// Items with the row in which each belongs; the order of a row's items is kept.
    fn of(n_rows: usize, items: &[(u32, T)]) -> Self {
        let mut starts = vec![0_u32; n_rows + 1];
        for item in items {
            starts[item.0 as usize + 1] += 1;
        }
        for row in 0..n_rows {
            starts[row + 1] += starts[row];
        }
        let mut order: Vec<u32> = (0..u32::try_from(items.len()).expect("steps are u32")).collect();
        order.sort_by_key(|&item| items[item as usize].0);
        let items = order.iter().map(|&item| items[item as usize].1).collect();
        Self { starts, items }
    }

    pub(super) fn row(&self, row: u32) -> &[T] {
        let row = row as usize;
        &self.items[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// A step that leads from one transfer to another by more than the pool between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direct {
    /// The other transfer: the later one, or in rows of later ones the earlier.
    pub(super) other: u32,
    pub(super) how: Step,
}

/// What lies between the ends.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) transfers: Vec<TransferIdx>,
    pub(super) from: Vec<NodeIdx>,
    pub(super) to: Vec<NodeIdx>,
    pub(super) event: Vec<u32>,
    pub(super) early: Vec<Moment>,
    pub(super) late: Vec<Moment>,
    pub(super) amount: Vec<u128>,
    /// Most that can go on into the pool; 0 if nothing can.
    pub(super) free_in: Vec<u128>,
    /// Most that the pool can have paid of it.
    free_out: Vec<u128>,
    /// Pool into which it goes, if a way goes on from there.
    pub(super) pool_in: Vec<u32>,
    /// Pool from which it draws.
    pub(super) pool_out: Vec<u32>,
    pub(super) is_source: Vec<bool>,
    pub(super) is_target: Vec<bool>,
    /// Stations that it passes, a bit for each.
    pub(super) passes: Vec<u8>,
    pub(super) onward: Rows<Direct>,
    pub(super) back: Rows<Direct>,
    pub(super) outs: Rows<u32>,
    pub(super) ins: Rows<u32>,
    /// Whether a pool is the inside of a transaction, where going on costs no event.
    pub(super) is_junction: Vec<bool>,
    /// Whether a step leads from one asset to another.
    pub(super) has_conversions: bool,
}

impl Steps {
    /// Numbers what lies between. O(transfers + links + transfers of swaps).
    pub(super) fn of(
        ends: &Ends<'_>,
        record: &InGraph<'_>,
        spec: &PathsSpec,
        between: &[TransferIdx],
    ) -> Result<Self, Error> {
        let (view, graph) = (ends.view, ends.view.graph);
        let mut all = Self::empty(between.len());
        for &transfer in between {
            let (early, late) = moments(record, spec, transfer);
            if early > late {
                continue;
            }
            let (from, to) = (graph.from(transfer), graph.to(transfer));
            let is_source = view.seed_of(transfer).is_some();
            let is_target = ends.targets.contains(&to);
            let amount = view.amount(transfer)?;
            all.transfers.push(transfer);
            all.from.push(from);
            all.to.push(to);
            all.event.push(graph.event_of(transfer).raw());
            all.early.push(early);
            all.late.push(late);
            all.amount.push(amount.unwrap_or(UNLIMITED));
            let leftover = has_leftover(view, transfer)?;
            let free = if leftover {
                amount
            } else {
                arrival(view, transfer)?
            };
            all.free_in.push(free.unwrap_or(UNLIMITED));
            all.free_out
                .push(departure(view, transfer)?.unwrap_or(UNLIMITED));
            all.is_source.push(is_source);
            all.is_target.push(is_target);
            let station = |station: &Station| {
                station.accounts.contains(&from)
                    || station.accounts.contains(&to)
                    || station.events.contains(&graph.event_of(transfer))
                    || station.assets.contains(&graph.asset_of(transfer))
            };
            let passed = spec.through.iter().map(|of| u8::from(station(of)));
            all.passes.push(
                passed
                    .enumerate()
                    .fold(0, |bits, (nth, bit)| bits | (bit << nth)),
            );
        }
        all.pools(ends);
        all.directs(ends)?;
        Ok(all)
    }

    fn empty(n: usize) -> Self {
        Self {
            transfers: Vec::with_capacity(n),
            from: Vec::with_capacity(n),
            to: Vec::with_capacity(n),
            event: Vec::with_capacity(n),
            early: Vec::with_capacity(n),
            late: Vec::with_capacity(n),
            amount: Vec::with_capacity(n),
            free_in: Vec::with_capacity(n),
            free_out: Vec::with_capacity(n),
            pool_in: Vec::with_capacity(n),
            pool_out: Vec::with_capacity(n),
            is_source: Vec::with_capacity(n),
            is_target: Vec::with_capacity(n),
            passes: Vec::with_capacity(n),
            onward: Rows::default(),
            back: Rows::default(),
            outs: Rows::default(),
            ins: Rows::default(),
            is_junction: Vec::new(),
            has_conversions: false,
        }
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.transfers.len()).expect("transfers are u32")
    }

    fn pools(&mut self, ends: &Ends<'_>) {
        let graph = ends.view.graph;
        let mut numbers: FxHashMap<PoolAt, u32> = FxHashMap::default();
        let (mut ins, mut outs) = (Vec::new(), Vec::new());
        for (nth, &transfer) in (0_u32..).zip(&self.transfers) {
            let at = nth as usize;
            let asset = graph.asset_of(transfer);
            let mut number = |node: NodeIdx| {
                *numbers.entry((node, asset)).or_insert_with(|| {
                    self.is_junction.push(graph.is_junction(node));
                    u32::try_from(self.is_junction.len() - 1).expect("fewer pools than transfers")
                })
            };
            let leads_on = ends.goes_on(transfer) && self.free_in[at] > 0;
            self.pool_in
                .push(if leads_on { number(self.to[at]) } else { NONE });
            let from = self.from[at];
            let draws = !self.is_source[at]
                && self.free_out[at] > 0
                && !graph.is_boundary(from)
                && !ends.targets.contains(&from)
                && ends.view.seed_account(from).is_none();
            self.pool_out.push(if draws { number(from) } else { NONE });
            if leads_on {
                ins.push((self.pool_in[at], nth));
            }
            if draws {
                outs.push((self.pool_out[at], nth));
            }
        }
        self.ins = Rows::of(self.is_junction.len(), &ins);
        self.outs = Rows::of(self.is_junction.len(), &outs);
    }

    /// Links, swaps, and what leaves a pool in the very event in which it came.
    fn directs(&mut self, ends: &Ends<'_>) -> Result<(), Error> {
        let (view, graph) = (ends.view, ends.view.graph);
        let number = |transfer: TransferIdx| {
            let place = self.transfers.binary_search(&transfer).ok()?;
            u32::try_from(place).ok()
        };
        let mut by_pool_and_event: FxHashMap<(u32, u32), Vec<u32>> = FxHashMap::default();
        for (nth, &pool) in (0_u32..).zip(&self.pool_out) {
            if pool != NONE && !self.is_junction[pool as usize] {
                let key = (pool, self.event[nth as usize]);
                by_pool_and_event.entry(key).or_default().push(nth);
            }
        }
        let mut steps: Vec<(u32, Direct)> = Vec::new();
        let mut has_conversions = false;
        for (nth, &transfer) in (0_u32..).zip(&self.transfers) {
            if !ends.goes_on(transfer) {
                continue;
            }
            for link in view.links_spent_by(transfer) {
                let link = link?;
                let Some(other) = number(link.later).filter(|&to| !self.is_source[to as usize])
                else {
                    continue;
                };
                let (consumed, paid) = passing(view, &link)?;
                if paid == 0 {
                    continue;
                }
                has_conversions |= !link.one_asset;
                let how = Step::Link {
                    id: link.id,
                    consumed,
                    paid,
                };
                steps.push((nth, Direct { other, how }));
            }
            for swap in swaps(view, transfer, Side::Given) {
                let Some(other) = number(swap.other).filter(|&to| !self.is_source[to as usize])
                else {
                    continue;
                };
                has_conversions = true;
                let how = Step::Swap {
                    given: swap.given,
                    got: swap.got,
                };
                steps.push((nth, Direct { other, how }));
            }
            let key = (self.pool_in[nth as usize], self.event[nth as usize]);
            for &other in by_pool_and_event.get(&key).into_iter().flatten() {
                let how = Step::Pool;
                if graph.from(self.transfers[other as usize]) == self.to[nth as usize] {
                    steps.push((nth, Direct { other, how }));
                }
            }
        }
        let back: Vec<(u32, Direct)> = steps
            .iter()
            .map(|&(nth, step)| (step.other, Direct { other: nth, ..step }))
            .collect();
        self.onward = Rows::of(self.transfers.len(), &steps);
        self.back = Rows::of(self.transfers.len(), &back);
        self.has_conversions = has_conversions;
        Ok(())
    }

    /// Most of `units` of one transfer that a step can have brought on into another.
    pub(super) fn carried(&self, units: u128, from: u32, to: u32, how: Step) -> u128 {
        let carried = match how {
            Step::First => units,
            Step::Pool => units
                .min(self.free_in[from as usize])
                .min(self.free_out[to as usize]),
            Step::Link { consumed, paid, .. } => scaled(units, consumed, paid),
            Step::Swap {
                given: Some(given),
                got: Some(got),
            } => scaled(units, given, got),
            Step::Swap { .. } => UNLIMITED,
        };
        carried.min(self.amount[to as usize])
    }
}

/// What `units` of `consumed` are of `paid`, and no more than that.
fn scaled(units: u128, consumed: u128, paid: u128) -> u128 {
    if consumed == paid {
        return units.min(paid);
    }
    let scaled = money::mul_div_rem(units.min(consumed), paid, consumed);
    scaled.map_or(paid, |scaled| scaled.0.min(paid))
}

/// When it can have happened: a transaction of a chain at its place on it, all else at any time of its interval.
pub(super) fn moments(
    record: &InGraph<'_>,
    spec: &PathsSpec,
    transfer: TransferIdx,
) -> (Moment, Moment) {
    let graph = record.graph();
    let event = graph.event_of(transfer);
    let (earliest, latest) = record.interval(transfer.idx());
    let is_placed =
        graph.txid(event).is_some() && graph.time(event).precision() == Precision::Second;
    let (early, late) = if is_placed {
        ((earliest, event.raw()), (earliest, event.raw()))
    } else {
        ((earliest, 0), (latest, u32::MAX))
    };
    let since = spec.since.map_or((i64::MIN, 0), |second| (second, 0));
    let until = spec
        .until
        .map_or((i64::MAX, u32::MAX), |second| (second, u32::MAX));
    (early.max(since), late.min(until))
}
