//! What is left to a target from everywhere, by searching backward.
//!
//! Law: a bound is never above the cost of any way that goes on from there in time.
//!
//! Method: labels of deadline and cost, settled by ascending cost (Dijkstra, *Numerische Mathematik* 1, 1959; with several criteria
//! Hansen, *Bicriterion path problems*, 1980). A transfer keeps a label only if its deadline is later than those of
//! all cheaper ones. Of exact times a transfer has one label.

use super::steps::{NONE, Steps};
use super::{HOP, Moment, packed};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cost {
    /// Second of arrival.
    Arrival,
    /// Events, then transfers.
    Length,
    /// The least amount, the greater the better: as a negative number.
    Value,
}

/// Least costs by deadline: of a transfer with it, of a pool from it on.
#[derive(Debug)]
pub(super) struct Potential {
    /// By state, ascending in both: until when, and what is left then.
    labels: Vec<Vec<(Moment, i128)>>,
}

impl Potential {
    /// The least that is left in a state at a moment; `None` if no target can be reached any more.
    pub(super) fn least(&self, state: usize, clock: Moment) -> Option<i128> {
        let labels = &self.labels[state];
        let behind = labels.partition_point(|label| label.0 < clock);
        labels.get(behind).map(|label| label.1)
    }

    /// Searches from the transfers that are `finals`, back over all that lies between. `n_masks` is 2 to the number of stations.
    pub(super) fn of(steps: &Steps, finals: &[bool], n_masks: usize, cost: Cost) -> Self {
        let n = steps.transfers.len();
        let mut labels: Vec<Vec<(Moment, i128)>> =
            vec![Vec::new(); (n + steps.is_junction.len()) * n_masks];
        let mut waiting: BinaryHeap<(Reverse<i128>, Moment, usize)> = BinaryHeap::new();
        let own = |transfer: usize| match cost {
            Cost::Arrival => packed(steps.early[transfer]),
            Cost::Length => 1,
            Cost::Value => -i128::try_from(steps.amount[transfer]).unwrap_or(i128::MAX),
        };
        for transfer in (0..n).filter(|&transfer| finals[transfer]) {
            for mask in 0..n_masks {
                if mask | usize::from(steps.passes[transfer]) == n_masks - 1 {
                    let state = transfer * n_masks + mask;
                    waiting.push((Reverse(own(transfer)), steps.late[transfer], state));
                }
            }
        }
        // Behind a conversion amounts of the way before it are of another asset.
        let limits = !steps.has_conversions;
        while let Some((Reverse(key), deadline, state)) = waiting.pop() {
            if labels[state].last().is_some_and(|last| last.0 >= deadline) {
                continue;
            }
            labels[state].push((deadline, key));
            let (place, mask) = (state / n_masks, state % n_masks);
            let mut before = |transfer: u32, hop: i128| {
                let at = transfer as usize;
                if steps.is_target[at] || deadline < steps.early[at] {
                    return;
                }
                let key = match cost {
                    Cost::Arrival => key.max(own(at)),
                    Cost::Length => key + hop + 1,
                    Cost::Value if limits => key.max(own(at)),
                    Cost::Value => key,
                };
                let passes = usize::from(steps.passes[at]);
                for before in (0..n_masks).filter(|before| before | passes == mask) {
                    let state = at * n_masks + before;
                    waiting.push((Reverse(key), deadline.min(steps.late[at]), state));
                }
            };
            if place >= n {
                let pool = u32::try_from(place - n).expect("pools are u32");
                let hop = if steps.is_junction[place - n] { 0 } else { HOP };
                for &transfer in steps.ins.row(pool) {
                    before(transfer, hop);
                }
                continue;
            }
            let transfer = u32::try_from(place).expect("transfers are u32");
            for direct in steps.back.row(transfer) {
                let is_one = steps.event[direct.other as usize] == steps.event[place];
                before(direct.other, if is_one { 0 } else { HOP });
            }
            let pool = steps.pool_out[place];
            if pool != NONE {
                waiting.push((Reverse(key), deadline, (n + pool as usize) * n_masks + mask));
            }
        }
        Self { labels }
    }
}
