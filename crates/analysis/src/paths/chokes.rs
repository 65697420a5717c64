//! What every way passes.
//!
//! Laws: a choke point is on every way, whatever its rank; what is not one is avoided by a way. Where that cannot be told,
//! nothing is said of any.
//!
//! Method: only what is on a known way can be on all. What of it is on every walk to a place is what is on every walk to all places
//! before it, with the place itself: the greatest solution of these equations, found forward by moments (Kildall, *A unified approach to global program
//! optimization*, POPL 1973; dominators are its example). A place keeps such a set for each moment of arrival by which a walk
//! avoids more than those before. A walk that avoids a candidate, made simple, is a way that avoids it, so that without stations all is
//! told. Through stations a walk may have to pass one transfer twice: then what is on all walks is a choke point, and each other
//! candidate is taken away and a way searched, which takes along all candidates that it avoids.
//!
//! Exact times: O((transfers + steps between them) · candidates / 64).

use super::potential::{Cost, Potential};
use super::search::{Barred, N_SCANNED, OutOfWork, Prefix, Route, Search};
use super::steps::{NONE, Steps};
use super::{By, Choke, Moment, Question};
use moneytrail_model::NodeIdx;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Candidates, a bit for each.
type Set = Box<[u64]>;

fn bit(candidate: usize) -> (usize, u64) {
    (candidate / 64, 1 << (candidate % 64))
}

fn has(set: &Set, candidate: usize) -> bool {
    let (word, bit) = bit(candidate);
    set[word] & bit != 0
}

fn narrow(set: &mut Set, by: &Set) {
    for (word, by) in set.iter_mut().zip(by) {
        *word &= by;
    }
}

/// What may be on every way.
struct Candidates {
    all: Vec<Choke>,
    transfers: FxHashMap<u32, usize>,
    nodes: FxHashMap<NodeIdx, usize>,
}

impl Candidates {
    /// Those that a transfer passes: itself and its two ends.
    fn of(&self, steps: &Steps, transfer: u32) -> impl Iterator<Item = usize> {
        let at = transfer as usize;
        let nodes = [steps.from[at], steps.to[at]];
        let nodes = nodes.map(|node| self.nodes.get(&node).copied());
        let transfer = self.transfers.get(&transfer).copied();
        transfer.into_iter().chain(nodes.into_iter().flatten())
    }

    fn every(&self) -> Set {
        vec![u64::MAX; self.all.len().div_ceil(64)].into()
    }
}

impl Question<'_> {
    /// What is on all of the routes, and without which there is none; `None` if it cannot be told.
    pub(super) fn chokes(&mut self, routes: &[Route]) -> Option<Vec<Choke>> {
        let Some(first) = routes.first() else {
            return self.stopped.is_none().then(Vec::new);
        };
        let steps = self.steps;
        let candidates = self.candidates(first);
        let walks = Walks {
            steps,
            candidates: &candidates,
            n_masks: 1 << self.spec.through.len(),
            n_left: self.n_left,
            reached: FxHashMap::default(),
            waiting: BinaryHeap::new(),
        };
        let (sure, n_left) = walks.passed().ok()?;
        self.n_left = n_left;
        let mut chosen = sure.clone();
        if !self.spec.through.is_empty() {
            self.taken_away(routes, &candidates, &mut chosen, &sure)?;
        }
        let all = candidates.all.iter().enumerate();
        let chosen = all.filter(|&(nth, _)| has(&chosen, nth));
        Some(chosen.map(|(_, &choke)| choke).collect())
    }

    /// Transfers of a route and what lies between them, in its order.
    fn candidates(&self, first: &Route) -> Candidates {
        let steps = self.steps;
        let sources = (0..steps.transfers.len()).filter(|&at| steps.is_source[at]);
        let ends: FxHashSet<NodeIdx> = sources
            .map(|at| steps.from[at])
            .chain(self.spec.targets.iter().copied())
            .collect();
        let inner = self.inner(&first.taken).into_iter();
        let inner: FxHashSet<NodeIdx> = inner.filter(|node| !ends.contains(node)).collect();
        let mut found = Candidates {
            all: Vec::new(),
            transfers: FxHashMap::default(),
            nodes: FxHashMap::default(),
        };
        for taken in &first.taken {
            let at = taken.transfer as usize;
            let node = |node: NodeIdx, found: &mut Candidates| {
                if inner.contains(&node) && !found.nodes.contains_key(&node) {
                    found.nodes.insert(node, found.all.len());
                    found.all.push(Choke::Node(node));
                }
            };
            node(steps.from[at], &mut found);
            found.transfers.insert(taken.transfer, found.all.len());
            found.all.push(Choke::Transfer(steps.transfers[at]));
            node(steps.to[at], &mut found);
        }
        found
    }

    /// Adds to what is `sure` each candidate without which no way through the stations is found.
    fn taken_away(
        &mut self,
        routes: &[Route],
        candidates: &Candidates,
        chosen: &mut Set,
        sure: &Set,
    ) -> Option<()> {
        let steps = self.steps;
        let passed = |route: &Route| {
            let mut passed: Set = vec![0; sure.len()].into();
            let taken = route.taken.iter();
            for nth in taken.flat_map(|taken| candidates.of(steps, taken.transfer)) {
                let (word, bit) = bit(nth);
                passed[word] |= bit;
            }
            passed
        };
        let mut by_candidate: Vec<Vec<u32>> = vec![Vec::new(); candidates.all.len()];
        for transfer in 0..steps.len() {
            for nth in candidates.of(steps, transfer) {
                by_candidate[nth].push(transfer);
            }
        }
        let mut open = candidates.every();
        for route in routes {
            narrow(&mut open, &passed(route));
        }
        let mut search = Search::new(
            steps,
            By::Hops,
            steps.is_target.clone(),
            self.spec.through.len(),
            self.n_left,
            self.watch,
        );
        search.charge(steps.transfers.len()).ok()?;
        let none = FxHashSet::default();
        for (nth, transfers) in by_candidate.into_iter().enumerate() {
            if has(sure, nth) || !has(&open, nth) {
                continue;
            }
            search.charge(transfers.len()).ok()?;
            let barred = Barred::of(transfers);
            match search.best(&mut Prefix::barring(barred), &none).ok()? {
                Some(route) => narrow(&mut open, &passed(&route)),
                None if search.given_up.is_some() => return None,
                None => {
                    let (word, bit) = bit(nth);
                    chosen[word] |= bit;
                }
            }
        }
        Some(())
    }
}

/// What is on every walk to a place by a moment.
struct Reached {
    clock: Moment,
    passed: Set,
    /// Whether walks have not yet gone on from here.
    is_new: bool,
}

/// All walks from the sources, with what each place cannot be reached without.
struct Walks<'q> {
    steps: &'q Steps,
    candidates: &'q Candidates,
    n_masks: usize,
    n_left: u64,
    /// By place and stations behind; moments ascending, each set a part of the one before.
    reached: FxHashMap<usize, Vec<Reached>>,
    waiting: BinaryHeap<Reverse<(Moment, usize)>>,
}

impl Walks<'_> {
    /// What every walk to a target through all stations passes, and what is left of the work.
    fn passed(mut self) -> Result<(Set, u64), OutOfWork> {
        let (steps, n_masks) = (self.steps, self.n_masks);
        let left = Potential::of(steps, &steps.is_target, n_masks, Cost::Length);
        let every = self.candidates.every();
        let nothing: Set = vec![0; every.len()].into();
        for transfer in (0..steps.len()).filter(|&at| steps.is_source[at as usize]) {
            self.take(&left, (i64::MIN, 0), 0, &nothing, transfer)?;
        }
        let mut all = every;
        while let Some(Reverse((clock, state))) = self.waiting.pop() {
            let (place, mask) = (state / n_masks, state % n_masks);
            let mut here = self.reached.get_mut(&state).into_iter().flatten();
            let Some(here) = here.find(|here| here.clock == clock) else {
                continue;
            };
            if !std::mem::take(&mut here.is_new) {
                continue;
            }
            let passed = here.passed.clone();
            if place >= steps.transfers.len() {
                let pool = u32::try_from(place - steps.transfers.len()).expect("pools are u32");
                for &other in steps.outs.row(pool) {
                    self.take(&left, clock, mask, &passed, other)?;
                }
                continue;
            }
            if steps.is_target[place] {
                if mask == n_masks - 1 {
                    narrow(&mut all, &passed);
                }
                continue;
            }
            let transfer = u32::try_from(place).expect("transfers are u32");
            for direct in steps.onward.row(transfer) {
                self.take(&left, clock, mask, &passed, direct.other)?;
            }
            let pool = steps.pool_in[place];
            if pool != NONE {
                let pool = steps.transfers.len() + pool as usize;
                if left.least(pool * n_masks + mask, clock).is_some() {
                    self.reach(pool * n_masks + mask, clock, passed)?;
                }
            }
        }
        Ok((all, self.n_left))
    }

    /// A walk takes a transfer, if it still can and a target is left behind it.
    fn take(
        &mut self,
        left: &Potential,
        clock: Moment,
        mask: usize,
        passed: &Set,
        transfer: u32,
    ) -> Result<(), OutOfWork> {
        let (steps, at) = (self.steps, transfer as usize);
        let is_late = clock > steps.late[at];
        if is_late || left.least(at * self.n_masks + mask, clock).is_none() {
            return Ok(());
        }
        let mask = mask | usize::from(steps.passes[at]);
        self.reach(
            at * self.n_masks + mask,
            clock.max(steps.early[at]),
            passed.clone(),
        )
    }

    fn reach(&mut self, state: usize, clock: Moment, mut passed: Set) -> Result<(), OutOfWork> {
        let place = state / self.n_masks;
        let here = self.reached.entry(state).or_default();
        let n = 1 + passed.len() * (1 + here.len()) / N_SCANNED;
        self.n_left = self.n_left.checked_sub(n as u64).ok_or(OutOfWork)?;
        if place < self.steps.transfers.len() {
            let mut own: Set = vec![0; passed.len()].into();
            let transfer = u32::try_from(place).expect("transfers are u32");
            for nth in self.candidates.of(self.steps, transfer) {
                let (word, bit) = bit(nth);
                own[word] |= bit;
            }
            for (word, own) in passed.iter_mut().zip(own) {
                *word |= own;
            }
        }
        let next = here.partition_point(|known| known.clock <= clock);
        if let Some(before) = next.checked_sub(1).map(|last| &here[last]) {
            narrow(&mut passed, &before.passed);
            if passed == before.passed {
                return Ok(());
            }
        }
        // Those of this moment and later ones are narrowed, and dropped where they say no more.
        let is_known = next
            .checked_sub(1)
            .is_some_and(|last| here[last].clock == clock);
        let first = if is_known { next - 1 } else { next };
        let later = here.split_off(first);
        here.push(Reached {
            clock,
            passed,
            is_new: true,
        });
        self.waiting.push(Reverse((clock, state)));
        for mut of in later.into_iter().skip(usize::from(is_known)) {
            let before = here.last().expect("one was pushed");
            let was = of.passed.clone();
            narrow(&mut of.passed, &before.passed);
            if of.passed == before.passed {
                continue;
            }
            if of.passed != was {
                of.is_new = true;
                self.waiting.push(Reverse((of.clock, state)));
            }
            here.push(of);
        }
        Ok(())
    }
}
