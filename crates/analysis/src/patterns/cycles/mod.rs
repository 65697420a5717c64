//! Simple cycles in time: money that comes back to where it left, step after step.
//!
//! Laws. A *cycle* is a sequence of at least two transfers, each from where the one before goes to, the last to where
//! the first came from, that visits no node twice and whose seconds strictly increase. The window asks for
//! `last − first ≤ window`. Its first transfer is its *root*; no cycle has two, so each is found once. A transfer from
//! a node to itself is in no cycle. The answer is a function of the columns alone, for any number of threads.
//!
//! Method, in four steps, each of which leaves less for the next.
//!
//! 1. The record is cut into `span`s: the roots of about one window, and what can follow them. A cycle lies in
//!    a strong component of its span's transfers, whatever their times; Tarjan's algorithm finds those in linear time
//!    and drops the rest, which is nearly everything in most records.
//! 2. For a root `u → v` only what is on a path in time from `v` back to `u` matters (`reach`): Kumar and Calders,
//!    *2SCENT: an efficient algorithm to enumerate all simple temporal cycles* (VLDB 2018), phase one. In a small
//!    component two scans find it; in a large one searches from both ends take turns, and the one that ends first
//!    decides, so that a hub costs what its smaller neighbours cost.
//! 3. A depth-first search with closing times (`search`) walks these candidates: Johnson's blocking (SIAM J. Comput.
//!    1975) in the form that 2SCENT gives it for time. A node that led nowhere from some second on is not entered
//!    again until something on its way has become free, so the work is polynomial per cycle found.
//! 4. Roots run in parallel, and the branches of a root with many candidates too: Blanuša, Ienne, Atasu, *Scalable
//!    fine-grained parallel cycle enumeration algorithms* (SPAA 2022; ACM TOPC 2023).
//!
//! O(m log m) for m transfers to cut and to drop, then per root O(c) for c candidates (or for what is scanned to find
//! them) and O(c) per cycle. Memory: O(m) for the largest span, and O(c) per thread.

mod reach;
mod search;
mod short;
mod span;
mod strong;

pub use short::{Bounds, Short, short};
pub(crate) use short::{is_share, short_watched};

use rayon::prelude::*;
use reach::Reach;
use search::{Search, Sink};
use span::{Component, Span, Ties, component_batches, spans};
use std::ops::ControlFlow;

/// Transfers as columns of equal length.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    /// Where each comes from.
    pub from: &'a [u32],
    /// Where it goes.
    pub to: &'a [u32],
    /// When, in seconds; in any order.
    pub seconds: &'a [i64],
}

/// Roots that one task takes.
const N_ROOTS_PER_TASK: usize = 32;

/// Candidates from which on the branches of a root are tasks of their own.
const N_CANDIDATES_APART: usize = 512;

/// How many cycles there are within the window. Each is walked, none is listed.
///
/// ```
/// use moneytrail_analysis::patterns::cycles::{Steps, count};
/// // 0 → 1 → 2 → 0 within 20 seconds, and 1 ⇄ 2 at one second, which is no order.
/// let steps = Steps { from: &[0, 1, 2, 2], to: &[1, 2, 0, 1], seconds: &[10, 20, 30, 20] };
/// assert_eq!([count(&steps, 20), count(&steps, 19)], [1, 0]);
/// ```
///
/// # Panics
/// If columns differ in length, there are more than 2³² − 2 transfers, or more than 2⁶⁴ − 1 cycles.
pub fn count(steps: &Steps<'_>, window_seconds: i64) -> u64 {
    #[derive(Debug)]
    struct Counter(u64);
    impl Sink for Counter {
        fn cycle(&mut self, _: &[u32], _: u32) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
    }
    let counters = run(steps, window_seconds, &|| Counter(0));
    let counts = counters.into_iter().map(|counter| counter.0);
    counts.fold(0, |sum, n| {
        sum.checked_add(n).expect("fewer than 2⁶⁴ cycles")
    })
}

/// Folds all cycles, in parallel: each as the positions of its transfers in the columns, in time order. Every part
/// of the work begins with `new`; parts come back in the order of their roots, so that joining them in order (lists end
/// to end, sums) gives the same for any number of threads.
///
/// # Panics
/// As [`count`].
pub fn fold<T: Send>(
    steps: &Steps<'_>,
    window_seconds: i64,
    new: impl Fn() -> T + Sync,
    each: impl Fn(&mut T, &[u32]) + Sync,
) -> Vec<T> {
    struct Folder<'a, T, F> {
        value: T,
        each: &'a F,
        cycle: Vec<u32>,
    }
    impl<T, F: Fn(&mut T, &[u32])> Sink for Folder<'_, T, F> {
        fn cycle(&mut self, path: &[u32], last: u32) -> ControlFlow<()> {
            self.cycle.clear();
            self.cycle.extend_from_slice(path);
            self.cycle.push(last);
            (self.each)(&mut self.value, &self.cycle);
            ControlFlow::Continue(())
        }
    }
    let folders = run(steps, window_seconds, &|| Folder {
        value: new(),
        each: &each,
        cycle: Vec::new(),
    });
    folders.into_iter().map(|folder| folder.value).collect()
}

/// Shows all cycles one after the other, by their roots in time order, until told to stop. Sequential; needs no memory
/// for what was shown.
///
/// # Panics
/// As [`count`].
pub fn visit(steps: &Steps<'_>, window_seconds: i64, each: impl FnMut(&[u32]) -> ControlFlow<()>) {
    struct Visitor<F> {
        each: F,
        cycle: Vec<u32>,
    }
    impl<F: FnMut(&[u32]) -> ControlFlow<()>> Sink for Visitor<F> {
        fn cycle(&mut self, path: &[u32], last: u32) -> ControlFlow<()> {
            self.cycle.clear();
            self.cycle.extend_from_slice(path);
            self.cycle.push(last);
            (self.each)(&self.cycle)
        }
    }
    let mut sink = Visitor {
        each,
        cycle: Vec::new(),
    };
    let (order, spans) = spans(steps, window_seconds);
    let (mut reach, mut search) = (Reach::default(), Search::default());
    for span in &spans {
        let components = span::components(steps, &order, span, window_seconds, Ties::Closed);
        let mut roots: Vec<(u32, usize, usize)> = Vec::new();
        for (nth, component) in components.iter().enumerate() {
            let of = component.roots.iter().enumerate();
            roots.extend(of.map(|(root, at)| (component.edges[at.edge as usize].place, nth, root)));
        }
        roots.sort_unstable();
        for (_, component, root) in roots {
            let component = &components[component];
            if reach.candidates(component, root, &|_| true)
                && search.run(&reach.found, &mut sink).is_break()
            {
                return;
            }
        }
    }
}

/// Walks all cycles; one sink per task, in the order of the tasks.
fn run<S: Sink + Send>(
    steps: &Steps<'_>,
    window_seconds: i64,
    new: &(impl Fn() -> S + Sync),
) -> Vec<S> {
    let (order, spans) = spans(steps, window_seconds);
    let by_span: Vec<Vec<S>> = spans
        .par_iter()
        .map(|span| run_span(steps, &order, span, window_seconds, new))
        .collect();
    by_span.into_iter().flatten().collect()
}

fn run_span<S: Sink + Send>(
    steps: &Steps<'_>,
    order: &[u32],
    span: &Span,
    window_seconds: i64,
    new: &(impl Fn() -> S + Sync),
) -> Vec<S> {
    let components = span::components(steps, order, span, window_seconds, Ties::Closed);
    let batches = component_batches(&components, N_ROOTS_PER_TASK);
    let by_batch: Vec<Vec<S>> = batches
        .into_par_iter()
        .map_init(
            || (Reach::default(), Search::default()),
            |(reach, search), batch| {
                let mut sinks = vec![new()];
                for (component, roots) in batch {
                    for root in roots {
                        run_root(
                            &components[component],
                            root,
                            (reach, search),
                            &mut sinks,
                            new,
                        );
                    }
                }
                sinks
            },
        )
        .collect();
    by_batch.into_iter().flatten().collect()
}

/// The cycles of one root; branches of a large one have their sinks behind the last, in order.
fn run_root<S: Sink + Send>(
    component: &Component,
    root: usize,
    (reach, search): (&mut Reach, &mut Search),
    sinks: &mut Vec<S>,
    new: &(impl Fn() -> S + Sync),
) {
    if !reach.candidates(component, root, &|_| true) {
        return;
    }
    let found = &reach.found;
    if found.n_candidates() < N_CANDIDATES_APART {
        let sink = sinks.last_mut().expect("there is one from the beginning");
        let _all = search.run(found, sink);
        return;
    }
    let branches: Vec<S> = (0..found.n_branches())
        .into_par_iter()
        .map_init(Search::default, |search, branch| {
            let mut sink = new();
            let _all = search.run_branch(found, branch, &mut sink);
            sink
        })
        .collect();
    sinks.extend(branches);
    sinks.push(new());
}
