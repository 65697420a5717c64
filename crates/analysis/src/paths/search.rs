//! One best way, forward, led by what is left.
//!
//! Law: a way that is found is simple and feasible, and none that is not barred is better; unless a way through
//! stations would have passed one transfer twice ([`Search::has_turned_back`]).
//!
//! Method: labels of moment, units and length, those that another is as good as in all three dropped (Martins, *On a multicriteria
//! shortest path problem*, 1984), taken by ascending bound (A*: Hart, Nilsson, Raphael, 1968). A way that draws on one pool twice,
//! or passes one transfer twice, is no better than the one without what lies between, so that what is found is simple.

use super::potential::{Cost, Potential};
use super::steps::{Direct, NONE, Steps, UNLIMITED};
use super::{By, HOP, Moment, Step, packed};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What ways are compared by: less is better.
pub(super) type Key = [i128; 3];

/// A transfer of a way, and how the way came to it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Taken {
    pub(super) transfer: u32,
    pub(super) how: Step,
}

/// A way that was found.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Route {
    pub(super) key: Key,
    pub(super) taken: Vec<Taken>,
}

/// What a search must not use.
#[derive(Clone, Debug, Default)]
pub(super) struct Barred {
    pub(super) transfers: FxHashSet<u32>,
    /// Pools, each with the stations behind at which it is drawn on.
    pools: FxHashSet<(u32, u8)>,
}

/// More would have to be looked at than is allowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfWork;

/// Where a way stands behind a transfer, or in a pool.
#[derive(Clone, Copy, Debug)]
struct Label {
    /// A transfer, or behind them a pool.
    place: u32,
    /// Stations behind.
    mask: u8,
    clock: Moment,
    units: u128,
    length: i128,
    /// The label before, [`NONE`] of the first.
    parent: u32,
    how: Step,
}

/// What is searched, and in which order.
#[derive(Debug)]
pub(super) struct Search<'s> {
    steps: &'s Steps,
    by: By,
    finals: Vec<bool>,
    n_masks: usize,
    length: Potential,
    arrival: Option<Potential>,
    value: Option<Potential>,
    /// Labels that may still be made.
    pub(super) n_left: u64,
    /// Whether a way was given up because it would have passed one transfer twice.
    pub(super) has_turned_back: bool,
}

/// One search.
struct Run<'r, 's> {
    search: &'r mut Search<'s>,
    barred: &'r Barred,
    labels: Vec<Label>,
    waiting: BinaryHeap<Reverse<(Key, u32)>>,
    kept: FxHashMap<usize, Vec<(Moment, u128, i128)>>,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        steps: &'s Steps,
        by: By,
        finals: Vec<bool>,
        n_stations: usize,
        n_left: u64,
    ) -> Self {
        let n_masks = 1_usize << n_stations;
        let of = |cost| Potential::of(steps, &finals, n_masks, cost);
        Self {
            length: of(Cost::Length),
            arrival: (by == By::Arrival).then(|| of(Cost::Arrival)),
            value: (by == By::Value).then(|| of(Cost::Value)),
            steps,
            by,
            finals,
            n_masks,
            n_left,
            has_turned_back: false,
        }
    }

    /// The best way that begins with `prefix` and goes on by none of `not_next`.
    pub(super) fn best(
        &mut self,
        prefix: &[Taken],
        not_next: &FxHashSet<(u32, Step)>,
        barred: &Barred,
    ) -> Result<Option<Route>, OutOfWork> {
        let steps = self.steps;
        let mut barred = barred.clone();
        let mut labels: Vec<Label> = Vec::with_capacity(prefix.len());
        for taken in prefix {
            let before = labels.last();
            if let (Some(before), Step::Pool) = (before, taken.how) {
                let pool = steps.pool_in[before.place as usize];
                barred.pools.insert((pool, before.mask));
            }
            let Some(label) = taking(steps, before, taken.transfer, taken.how) else {
                return Ok(None);
            };
            barred.transfers.insert(taken.transfer);
            let parent = labels.len().checked_sub(1).map_or(NONE, number);
            labels.push(Label { parent, ..label });
        }
        let Some(&label) = labels.last() else {
            let mut run = Run::of(self, &barred, labels);
            for transfer in 0..steps.len() {
                let is_next = !not_next.contains(&(transfer, Step::First));
                if steps.is_source[transfer as usize] && is_next {
                    run.arrive(None, transfer, Step::First)?;
                }
            }
            return run.settle();
        };
        let last = (label, number(labels.len() - 1));
        let is_next = |direct: &&Direct| !not_next.contains(&(direct.other, direct.how));
        let directs = steps.onward.row(label.place).iter().filter(is_next);
        let (by_pool, past): (Vec<Direct>, Vec<Direct>) = directs
            .copied()
            .partition(|direct| matches!(direct.how, Step::Pool));
        // Past the pool, which may then still be drawn on, once.
        let mut run = Run::of(self, &barred, labels.clone());
        for direct in past {
            run.arrive(Some(last), direct.other, direct.how)?;
        }
        let past = run.settle()?;
        let pool = steps.pool_in[label.place as usize];
        if pool == NONE || !barred.pools.insert((pool, label.mask)) {
            return Ok(past);
        }
        let mut run = Run::of(self, &barred, labels);
        for direct in by_pool {
            run.arrive(Some(last), direct.other, direct.how)?;
        }
        for &other in steps.outs.row(pool) {
            if !not_next.contains(&(other, Step::Pool)) {
                run.arrive(Some(last), other, Step::Pool)?;
            }
        }
        let drawn = run.settle()?;
        let both = past.into_iter().chain(drawn);
        Ok(both.min_by_key(|route| route.key))
    }
}

fn number(position: usize) -> u32 {
    u32::try_from(position).expect("a way is shorter than the record")
}

/// The label of a way that takes a transfer, if it still can at its moment.
fn taking(steps: &Steps, before: Option<&Label>, transfer: u32, how: Step) -> Option<Label> {
    let at = transfer as usize;
    let (clock, units, length, mask) = match before {
        None => ((i64::MIN, 0), UNLIMITED, HOP, 0),
        Some(label) => {
            let is_one = steps.event[label.place as usize] == steps.event[at];
            let hop = if is_one { 0 } else { HOP };
            let units = steps.carried(label.units, label.place, transfer, how);
            (label.clock, units, label.length + hop, label.mask)
        }
    };
    (clock <= steps.late[at]).then(|| Label {
        place: transfer,
        mask: mask | steps.passes[at],
        clock: clock.max(steps.early[at]),
        units: units.min(steps.amount[at]),
        length: length + 1,
        parent: NONE,
        how,
    })
}

impl<'r, 's> Run<'r, 's> {
    /// Behind a way so far, one label for each of its transfers.
    fn of(search: &'r mut Search<'s>, barred: &'r Barred, labels: Vec<Label>) -> Self {
        Self {
            search,
            barred,
            labels,
            waiting: BinaryHeap::new(),
            kept: FxHashMap::default(),
        }
    }

    fn is_pool(&self, place: u32) -> bool {
        place >= self.search.steps.len()
    }

    /// The last transfer of the way to a label.
    fn last_transfer(&self, label: u32) -> u32 {
        let mut at = label;
        while self.is_pool(self.labels[at as usize].place) {
            at = self.labels[at as usize].parent;
        }
        at
    }

    fn arrive(
        &mut self,
        before: Option<(Label, u32)>,
        transfer: u32,
        how: Step,
    ) -> Result<(), OutOfWork> {
        if self.barred.transfers.contains(&transfer) {
            return Ok(());
        }
        let steps = self.search.steps;
        let Some(label) = taking(
            steps,
            before.as_ref().map(|before| &before.0),
            transfer,
            how,
        ) else {
            return Ok(());
        };
        if self.search.n_masks > 1 && before.is_some_and(|(_, at)| self.has_passed(at, transfer)) {
            self.search.has_turned_back = true;
            return Ok(());
        }
        let (mask, clock) =
            before.map_or((0, (i64::MIN, 0)), |(label, _)| (label.mask, label.clock));
        let parent = before.map_or(NONE, |(_, at)| at);
        self.push(Label { parent, ..label }, mask, clock, 1)
    }

    fn has_passed(&self, label: u32, transfer: u32) -> bool {
        let mut at = label;
        loop {
            let label = &self.labels[at as usize];
            if label.place == transfer {
                return true;
            }
            if label.parent == NONE {
                return false;
            }
            at = label.parent;
        }
    }

    /// Keeps a label, unless one is as good in all or no target is left to it. `mask` and `clock` are those with which its place
    /// is entered; `n_own` transfers of its length are counted in what is left too.
    fn push(
        &mut self,
        label: Label,
        mask: u8,
        clock: Moment,
        n_own: i128,
    ) -> Result<(), OutOfWork> {
        let search = &mut *self.search;
        let state = label.place as usize * search.n_masks + usize::from(mask);
        let Some(left) = search.length.least(state, clock) else {
            return Ok(());
        };
        let length = label.length - n_own + left;
        let moment = packed(label.clock);
        let arrival = search.arrival.as_ref();
        let arrival = arrival.and_then(|arrival| arrival.least(state, clock));
        let arrival = arrival.map_or(moment, |left| left.max(moment));
        let units = -i128::try_from(label.units).unwrap_or(i128::MAX);
        let value = search.value.as_ref();
        let value = value.and_then(|value| value.least(state, clock));
        let value = match value {
            // What is converted on the way is more or less of another asset.
            Some(left) if search.steps.has_conversions => left,
            Some(left) => left.max(units),
            None => units,
        };
        let is_final = !self.is_pool(label.place)
            && self.search.finals[label.place as usize]
            && usize::from(label.mask) == self.search.n_masks - 1;
        let value = if is_final { units } else { value };
        let key = match self.search.by {
            By::Arrival => [arrival, length, 0],
            By::Hops => [length, arrival, 0],
            By::Value => [value, length, arrival],
        };
        let units = if self.search.by == By::Value {
            label.units
        } else {
            0
        };
        let mine = (label.clock, units, label.length);
        let kept = self.kept.entry(state).or_default();
        let is_as_good = |other: &(Moment, u128, i128)| {
            other.0 <= mine.0 && other.1 >= mine.1 && other.2 <= mine.2
        };
        if kept.iter().any(is_as_good) {
            return Ok(());
        }
        kept.push(mine);
        self.search.n_left = self.search.n_left.checked_sub(1).ok_or(OutOfWork)?;
        let at = u32::try_from(self.labels.len()).map_err(|_| OutOfWork)?;
        self.labels.push(label);
        self.waiting.push(Reverse((key, at)));
        Ok(())
    }

    fn settle(mut self) -> Result<Option<Route>, OutOfWork> {
        let steps = self.search.steps;
        while let Some(Reverse((key, at))) = self.waiting.pop() {
            let label = self.labels[at as usize];
            if self.is_pool(label.place) {
                let last = self.last_transfer(at);
                let before = Label {
                    clock: label.clock,
                    ..self.labels[last as usize]
                };
                for &transfer in steps.outs.row(label.place - steps.len()) {
                    self.arrive(Some((before, at)), transfer, Step::Pool)?;
                }
                continue;
            }
            if steps.is_target[label.place as usize] {
                let is_there = usize::from(label.mask) == self.search.n_masks - 1;
                if is_there && self.search.finals[label.place as usize] {
                    return Ok(Some(self.route(key, at)));
                }
                continue;
            }
            let pool = steps.pool_in[label.place as usize];
            let is_open = pool != NONE && !self.barred.pools.contains(&(pool, label.mask));
            for direct in steps.onward.row(label.place) {
                if is_open || !matches!(direct.how, Step::Pool) {
                    self.arrive(Some((label, at)), direct.other, direct.how)?;
                }
            }
            if is_open {
                let is_junction = steps.is_junction[pool as usize];
                let waits = Label {
                    units: label.units.min(steps.free_in[label.place as usize]),
                    place: steps.len() + pool,
                    length: label.length + if is_junction { 0 } else { HOP },
                    parent: at,
                    how: Step::Pool,
                    ..label
                };
                self.push(waits, label.mask, label.clock, 0)?;
            }
        }
        Ok(None)
    }

    fn route(&self, key: Key, label: u32) -> Route {
        let mut taken = Vec::new();
        let mut at = label;
        loop {
            let label = &self.labels[at as usize];
            if !self.is_pool(label.place) {
                taken.push(Taken {
                    transfer: label.place,
                    how: label.how,
                });
            }
            if label.parent == NONE {
                break;
            }
            at = label.parent;
        }
        taken.reverse();
        Route { key, taken }
    }
}
