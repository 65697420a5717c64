//! One best way, forward, led by what is left.
//!
//! Law: a way that is found is simple and feasible, and none that is not barred is better; unless ways through
//! stations that would have passed one transfer twice were too many to tell apart ([`Search::given_up`]).
//!
//! Method: labels of moment, units and length, those that another is as good as in all three dropped (Martins, *On a multicriteria
//! shortest path problem*, 1984), taken by ascending bound (A*: Hart, Nilsson, Raphael, 1968). A way that draws on one pool twice,
//! or passes one transfer twice, is no better than the one without what lies between, so that what is found is simple. Between two
//! stations that is so; behind one, a way may have passed what the best way on needs. A transfer at which one turned back is
//! critical: the search is made again, and a label drops another only if it has passed none of these that the other has not
//! (decremental state space relaxation: Boland, Dethridge, Dumitrescu, *Operations Research Letters* 34, 2006; Righini, Salani,
//! *Networks* 51, 2008). When no way turned back elsewhere, none that is dropped is missed.

use super::potential::{Cost, Potential};
use super::steps::{Direct, NONE, Steps, UNLIMITED};
use super::{By, HOP, Moment, Step, Stopped, packed};
use moneytrail_model::Watch;
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

impl Barred {
    pub(super) fn of(transfers: impl IntoIterator<Item = u32>) -> Self {
        Self {
            transfers: transfers.into_iter().collect(),
            pools: FxHashSet::default(),
        }
    }
}

/// A way so far, from which others go on.
#[derive(Debug, Default)]
pub(super) struct Prefix {
    labels: Vec<Label>,
    barred: Barred,
}

impl Prefix {
    /// Before a way, without what is barred.
    pub(super) fn barring(barred: Barred) -> Self {
        let labels = Vec::new();
        Self { labels, barred }
    }

    /// One transfer further. Whether the way can take it.
    pub(super) fn push(&mut self, steps: &Steps, taken: Taken) -> bool {
        let before = self.labels.last();
        if let (Some(before), Step::Pool) = (before, taken.how) {
            let pool = steps.pool_in[before.place as usize];
            self.barred.pools.insert((pool, before.mask));
        }
        let Some(label) = taking(steps, before, taken.transfer, taken.how) else {
            return false;
        };
        self.barred.transfers.insert(taken.transfer);
        let parent = self.labels.len().checked_sub(1).map_or(NONE, number);
        let is_station = label.mask != before.map_or(0, |before| before.mask);
        let station = if is_station {
            number(self.labels.len())
        } else {
            label.station
        };
        self.labels.push(Label {
            parent,
            station,
            ..label
        });
        true
    }
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
    /// The label that passed the last station, [`NONE`] before any.
    station: u32,
    /// Critical transfers that were passed, a bit for each.
    critical: u64,
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
    sources: Vec<u32>,
    /// Transfers at which ways turned back, with their bits.
    critical: FxHashMap<u32, u64>,
    /// Others at which ways of this search turned back, in the order in which they did.
    turned_at: Vec<u32>,
    /// Labels that may still be made.
    pub(super) n_left: u64,
    /// Who waits: he may have it end as if it were out of work, and has to be asked behind it.
    watch: &'s dyn Watch,
    /// Whether a way was given up because it would have passed one transfer twice, and why what it might have been is not known.
    pub(super) given_up: Option<Stopped>,
}

/// Labels of a search that is made again for critical transfers: so many for each of the first, and so many more.
const N_AGAIN: (u64, u64) = (16, 100_000);

/// Most critical transfers: bits of a label.
const N_CRITICAL_MAX: usize = 64;

/// What the work is counted in, beside labels: so many steps of a cheap scan are one label.
pub(super) const N_SCANNED: usize = 32;

/// One search.
struct Run<'r, 's> {
    search: &'r mut Search<'s>,
    barred: &'r Barred,
    /// Those of the way so far, then those of this search.
    labels: &'r mut Vec<Label>,
    waiting: BinaryHeap<Reverse<(Key, u32)>>,
    kept: FxHashMap<usize, Vec<Kept>>,
}

/// What a label is compared by.
#[derive(Clone, Copy, Debug)]
struct Kept {
    clock: Moment,
    units: u128,
    length: i128,
    critical: u64,
}

impl Kept {
    fn is_as_good_as(&self, other: &Self) -> bool {
        self.clock <= other.clock
            && self.units >= other.units
            && self.length <= other.length
            && self.critical & !other.critical == 0
    }
}

impl<'s> Search<'s> {
    pub(super) fn new(
        steps: &'s Steps,
        by: By,
        finals: Vec<bool>,
        n_stations: usize,
        n_left: u64,
        watch: &'s dyn Watch,
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
            sources: (0..steps.len())
                .filter(|&transfer| steps.is_source[transfer as usize])
                .collect(),
            critical: FxHashMap::default(),
            turned_at: Vec::new(),
            n_left,
            watch,
            given_up: None,
        }
    }

    /// Takes work from what may still be done.
    pub(super) fn charge(&mut self, n_scanned: usize) -> Result<(), OutOfWork> {
        self.watch.check().map_err(|_| OutOfWork)?;
        let n = (n_scanned / N_SCANNED) as u64;
        self.n_left = self.n_left.checked_sub(n).ok_or(OutOfWork)?;
        Ok(())
    }

    /// The best way that begins with `prefix` and goes on by none of `not_next`.
    pub(super) fn best(
        &mut self,
        prefix: &mut Prefix,
        not_next: &FxHashSet<(u32, Step)>,
    ) -> Result<Option<Route>, OutOfWork> {
        let before = self.n_left;
        self.turned_at.clear();
        let mut best = self.once(prefix, not_next)?;
        let n_first = before - self.n_left;
        let mut n_again = n_first
            .saturating_mul(N_AGAIN.0)
            .saturating_add(N_AGAIN.1)
            .min(self.n_left / 2);
        while !self.turned_at.is_empty() {
            let turned_at = std::mem::take(&mut self.turned_at);
            if self.given_up.is_some() {
                break;
            }
            if !self.is_critical(&turned_at) {
                self.given_up = Some(Stopped::Critical);
                break;
            }
            let rest = self.n_left - n_again;
            self.n_left = n_again;
            let found = self.once(prefix, not_next);
            n_again = self.n_left;
            self.n_left += rest;
            let Ok(found) = found else {
                self.given_up = Some(Stopped::Turned);
                break;
            };
            best = found;
        }
        Ok(best)
    }

    /// Makes transfers critical, if there are bits left for them.
    fn is_critical(&mut self, transfers: &[u32]) -> bool {
        for &transfer in transfers {
            let nth = u32::try_from(self.critical.len()).unwrap_or(u32::MAX);
            let Some(bit) = 1_u64.checked_shl(nth) else {
                return false;
            };
            self.critical.entry(transfer).or_insert(bit);
        }
        true
    }

    fn once(
        &mut self,
        prefix: &mut Prefix,
        not_next: &FxHashSet<(u32, Step)>,
    ) -> Result<Option<Route>, OutOfWork> {
        let steps = self.steps;
        let Prefix { labels, barred } = prefix;
        let n_before = labels.len();
        let Some(&label) = labels.last() else {
            self.charge(self.sources.len())?;
            let sources = std::mem::take(&mut self.sources);
            let mut run = Run::of(self, barred, labels);
            let mut arrived = Ok(());
            for &transfer in &sources {
                if arrived.is_ok() && !not_next.contains(&(transfer, Step::First)) {
                    arrived = run.arrive(None, transfer, Step::First);
                }
            }
            let found = arrived.and_then(|()| run.settle());
            self.sources = sources;
            labels.truncate(n_before);
            return found;
        };
        let last = (label, number(n_before - 1));
        let is_next = |direct: &&Direct| !not_next.contains(&(direct.other, direct.how));
        let directs = steps.onward.row(label.place).iter().filter(is_next);
        let (by_pool, past): (Vec<Direct>, Vec<Direct>) = directs
            .copied()
            .partition(|direct| matches!(direct.how, Step::Pool));
        let goes_on = |run: &mut Run<'_, '_>, directs: &[Direct]| {
            let mut directs = directs.iter();
            directs.try_for_each(|direct| run.arrive(Some(last), direct.other, direct.how))
        };
        // Past the pool, which may then still be drawn on, once.
        let mut run = Run::of(self, barred, labels);
        let past = goes_on(&mut run, &past).and_then(|()| run.settle());
        labels.truncate(n_before);
        let past = past?;
        let pool = steps.pool_in[label.place as usize];
        if pool == NONE || !barred.pools.insert((pool, label.mask)) {
            return Ok(past);
        }
        let mut run = Run::of(self, barred, labels);
        let mut drawn = goes_on(&mut run, &by_pool);
        for &other in steps.outs.row(pool) {
            if drawn.is_ok() && !not_next.contains(&(other, Step::Pool)) {
                drawn = run.arrive(Some(last), other, Step::Pool);
            }
        }
        let drawn = drawn.and_then(|()| run.settle());
        labels.truncate(n_before);
        barred.pools.remove(&(pool, label.mask));
        let both = past.into_iter().chain(drawn?);
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
        station: before.map_or(NONE, |label| label.station),
        critical: before.map_or(0, |label| label.critical),
        how,
    })
}

impl<'r, 's> Run<'r, 's> {
    /// Behind a way so far, one label for each of its transfers.
    fn of(search: &'r mut Search<'s>, barred: &'r Barred, labels: &'r mut Vec<Label>) -> Self {
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
        if self.search.n_masks > 1
            && let Some((before, at)) = before
            && self.has_passed(&before, at, transfer)?
        {
            if !self.search.critical.contains_key(&transfer) {
                let known = &mut self.search.turned_at;
                if known.len() <= N_CRITICAL_MAX && !known.contains(&transfer) {
                    known.push(transfer);
                }
            }
            return Ok(());
        }
        let critical = self.search.critical.get(&transfer).copied();
        let critical = label.critical | critical.unwrap_or(0);
        let (mask, clock) =
            before.map_or((0, (i64::MIN, 0)), |(label, _)| (label.mask, label.clock));
        let parent = before.map_or(NONE, |(_, at)| at);
        // Where it will stand, if it is kept.
        let station = if label.mask == mask {
            label.station
        } else {
            number(self.labels.len())
        };
        let label = Label {
            parent,
            station,
            critical,
            ..label
        };
        self.push(label, mask, clock, 1)
    }

    /// Whether the way to a label passed a transfer before the last station, or in it. What it passed twice behind that, it has come
    /// to with nothing gained: such a label is dropped, unless a change of assets made more of it.
    fn has_passed(&mut self, before: &Label, at: u32, transfer: u32) -> Result<bool, OutOfWork> {
        let gains = self.search.by == By::Value && self.search.steps.has_conversions;
        let mut at = if gains { at } else { before.station };
        let mut n_scanned = 0;
        let mut has_passed = false;
        while at != NONE && !has_passed {
            let label = &self.labels[at as usize];
            has_passed = label.place == transfer;
            at = label.parent;
            n_scanned += 1;
        }
        self.search.charge(n_scanned)?;
        Ok(has_passed)
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
        let mine = Kept {
            clock: label.clock,
            units,
            length: label.length,
            critical: label.critical,
        };
        let kept = self.kept.entry(state).or_default();
        if kept.iter().any(|other| other.is_as_good_as(&mine)) {
            return Ok(());
        }
        kept.push(mine);
        let n_kept = kept.len();
        self.search.charge(n_kept)?;
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
