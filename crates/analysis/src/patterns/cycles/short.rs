//! Cycles of few transfers of about one amount: what the rule on cycles looks for.
//!
//! Law: a cycle as in [`super`], with at least and at most so many transfers, the smallest amount at least so many
//! thousandths of the largest. What happened at one second is taken in the order of the columns.
//!
//! Method: candidates of a root are those of [`super::reach`] among transfers that agree with the root's amount. For
//! each number of hops left it is known until when a node must be left to come home with so many; the walk enters no
//! node later than that. A root gives up after so many steps of its walk, and is counted.

use super::reach::{FIRST, Found, HOME, Reach};
use super::span::{Ties, component_batches, components, spans};
use super::{N_ROOTS_PER_TASK, Steps};
use moneytrail_model::Watch;
use moneytrail_model::money::mul_div_rem;
use rayon::prelude::*;

/// What is asked of a cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// From the first transfer to the last.
    pub window_seconds: i64,
    /// Fewest transfers, at least 2.
    pub n_steps_min: usize,
    /// Most transfers.
    pub n_steps_max: usize,
    /// Smallest amount in thousandths of the largest.
    pub ratio_permille: u32,
    /// Steps of a walk after which a root is given up.
    pub n_walked_max: u64,
}

/// Cycles found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Short {
    /// Each as positions of its transfers in the columns, in time order; in the order of their roots within tasks.
    pub cycles: Vec<Vec<u32>>,
    /// Roots whose walk was given up.
    pub n_given_up: u64,
}

/// Whether a part is at least so many thousandths of a whole; exact.
pub(crate) fn is_share(part: u128, whole: u128, permille: u32) -> bool {
    // ⌈whole · permille / 1000⌉; what leaves 128 bits is more than any part.
    mul_div_rem(whole, u128::from(permille), 1000)
        .is_some_and(|(least, rest)| part > least || (part == least && rest == 0))
}

/// All cycles within bounds, of transfers with these amounts. Cost as [`super::count`], but for the walk: at most
/// `n_walked_max` steps per root.
///
/// # Panics
/// As [`super::count`].
pub fn short(steps: &Steps<'_>, units: &[u128], bounds: &Bounds) -> Short {
    short_watched(steps, units, bounds, &())
}

/// As [`short`], while somebody waits: what is found when he has it end is no result, and he has to be asked behind it.
pub(crate) fn short_watched(
    steps: &Steps<'_>,
    units: &[u128],
    bounds: &Bounds,
    watch: &dyn Watch,
) -> Short {
    assert_eq!(units.len(), steps.from.len(), "columns are of equal length");
    let (order, spans) = spans(steps, bounds.window_seconds);
    let by_span: Vec<Vec<Short>> = spans
        .par_iter()
        .map(|span| {
            let components = components(steps, &order, span, bounds.window_seconds, Ties::AsListed);
            component_batches(&components, N_ROOTS_PER_TASK)
                .into_par_iter()
                .map_init(
                    || (Reach::default(), Walk::default()),
                    |(reach, walk), batch| {
                        let mut short = Short::default();
                        for (at, roots) in batch {
                            let component = &components[at];
                            for root in roots {
                                if watch.check().is_err() {
                                    return short;
                                }
                                let edge = component.edges[component.roots[root].edge as usize];
                                let amount = units[edge.step as usize];
                                let keep = |step: u32| {
                                    let other = units[step as usize];
                                    let (small, large) = (amount.min(other), amount.max(other));
                                    is_share(small, large, bounds.ratio_permille)
                                };
                                if reach.candidates(component, root, &keep) {
                                    walk.run(&reach.found, units, bounds, &mut short);
                                }
                            }
                        }
                        short
                    },
                )
                .collect()
        })
        .collect();
    let mut all = Short::default();
    for short in by_span.into_iter().flatten() {
        all.n_given_up += short.n_given_up;
        all.cycles.extend(short.cycles);
    }
    all
}

/// A walk of few hops, with arrays that are kept.
#[derive(Default, Debug)]
struct Walk {
    /// By hops left, then node: the latest second at which a candidate leaves it that comes home in so many.
    departs: Vec<Vec<u32>>,
    nodes: Vec<u32>,
    path: Vec<u32>,
    n_walked: u64,
}

impl Walk {
    fn run(&mut self, found: &Found, units: &[u128], bounds: &Bounds, short: &mut Short) {
        self.departs.clear();
        self.departs.push(vec![0; found.n_nodes()]);
        for n_hops in 1..bounds.n_steps_max {
            let before = &self.departs[n_hops - 1];
            let departs = (0..found.n_nodes()).map(|node| {
                let row = found.starts[node] as usize..found.starts[node + 1] as usize;
                let leads = found.steps[row]
                    .iter()
                    .rev()
                    .find(|step| step.to == HOME || step.time < before[step.to as usize]);
                leads.map_or(0, |step| step.time)
            });
            let departs = departs.collect();
            self.departs.push(departs);
        }
        self.nodes.clear();
        self.nodes.push(FIRST);
        self.path.clear();
        self.path.push(found.root);
        self.n_walked = 0;
        let amount = units[found.root as usize];
        let range = found.starts[FIRST as usize]..found.starts[FIRST as usize + 1];
        self.step(found, units, bounds, (range, amount, amount), short);
        if self.n_walked > bounds.n_walked_max {
            short.n_given_up += 1;
        }
    }

    /// Tries the candidates of a row; the path is at most as deep as cycles are long.
    fn step(
        &mut self,
        found: &Found,
        units: &[u128],
        bounds: &Bounds,
        (row, smallest, largest): (std::ops::Range<u32>, u128, u128),
        short: &mut Short,
    ) {
        for at in row {
            self.n_walked += 1;
            if self.n_walked > bounds.n_walked_max {
                return;
            }
            let step = found.steps[at as usize];
            let amount = units[step.position as usize];
            let (smallest, largest) = (smallest.min(amount), largest.max(amount));
            if !is_share(smallest, largest, bounds.ratio_permille) {
                continue;
            }
            let n_steps = self.path.len() + 1;
            if step.to == HOME {
                if n_steps >= bounds.n_steps_min {
                    let mut cycle = self.path.clone();
                    cycle.push(step.position);
                    short.cycles.push(cycle);
                }
                continue;
            }
            let is_in_time = n_steps < bounds.n_steps_max
                && step.time < self.departs[bounds.n_steps_max - n_steps][step.to as usize];
            if is_in_time && !self.nodes.contains(&step.to) {
                self.nodes.push(step.to);
                self.path.push(step.position);
                let row = step.onward..found.starts[step.to as usize + 1];
                self.step(found, units, bounds, (row, smallest, largest), short);
                self.path.pop();
                self.nodes.pop();
            }
        }
    }
}
