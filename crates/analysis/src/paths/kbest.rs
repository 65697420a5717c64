//! One best way after the other.
//!
//! Law: each is the best of all that were not told before it.
//!
//! Method: Yen, *Finding the k shortest loopless paths in a network* (1971), with Lawler's rule (1972). The ways told stand in a tree of
//! common beginnings, so that what must not be next behind a beginning is what stands there. O(k · l) searches; beside
//! them O(k · l²), to write down ways of l transfers.

use super::search::{Key, OutOfWork, Prefix, Route, Search, Taken};
use super::steps::Steps;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// A candidate by rank: what it costs, its transfers, and which it was.
type Candidate = (Key, Vec<u32>, usize);

/// Beginnings of the ways told: what each goes on by, and to which beginning that leads.
#[derive(Debug)]
struct Tree {
    next: Vec<Vec<(Taken, usize)>>,
}

impl Tree {
    /// The beginning one transfer further.
    fn step(&mut self, beginning: usize, taken: Taken) -> usize {
        let known = self.next[beginning].iter().find(|next| next.0 == taken);
        if let Some(next) = known {
            return next.1;
        }
        let new = self.next.len();
        self.next.push(Vec::new());
        self.next[beginning].push((taken, new));
        new
    }
}

/// The `k` best, best first, as they are found. Two ways by the same transfers, where a link and a pool lead from one to the next, are one
/// path: the better.
pub(super) fn k_best(
    search: &mut Search<'_>,
    steps: &Steps,
    k: usize,
    found: &mut Vec<Route>,
) -> Result<(), OutOfWork> {
    let mut waiting: BTreeMap<Candidate, (usize, Vec<Taken>)> = BTreeMap::new();
    let mut tree = Tree {
        next: vec![Vec::new()],
    };
    let mut n_candidates = 0;
    let mut add = |waiting: &mut BTreeMap<_, _>, route: Route, left_at: usize| {
        let numbers = route.taken.iter().map(|taken| taken.transfer).collect();
        n_candidates += 1;
        waiting.insert((route.key, numbers, n_candidates), (left_at, route.taken));
    };
    if let Some(route) = search.best(&mut Prefix::default(), &FxHashSet::default())? {
        add(&mut waiting, route, 0);
    }
    let mut known: BTreeSet<Vec<u32>> = BTreeSet::new();
    while let Some(((key, numbers, _), (left_at, taken))) = waiting.pop_first() {
        let mut beginnings = vec![0];
        for &next in &taken {
            let beginning = tree.step(beginnings[beginnings.len() - 1], next);
            beginnings.push(beginning);
        }
        search.charge(taken.len())?;
        if known.insert(numbers) {
            found.push(Route {
                key,
                taken: taken.clone(),
            });
        }
        if found.len() >= k {
            return Ok(());
        }
        let mut prefix = Prefix::default();
        for (at, &next) in taken.iter().enumerate() {
            if at >= left_at {
                let not_next = tree.next[beginnings[at]].iter();
                let not_next: FxHashSet<_> = not_next
                    .map(|(taken, _)| (taken.transfer, taken.how))
                    .collect();
                search.charge(not_next.len())?;
                if let Some(route) = search.best(&mut prefix, &not_next)? {
                    search.charge(route.taken.len())?;
                    add(&mut waiting, route, at);
                }
            }
            if !prefix.push(steps, next) {
                break;
            }
        }
    }
    Ok(())
}
