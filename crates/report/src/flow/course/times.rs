//! When each move leaves and arrives along the drawing, and which move a river follows.

use super::Frame;
use crate::flow::weave::{Ending, Happening, Load, Plan};

/// Widths of moves that take no time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hops {
    pub(super) divisor: i64,
}

impl Hops {
    pub(super) const fn straight(self, is_inferred: bool) -> i64 {
        (if is_inferred { 3_000 } else { 300 }) / self.divisor
    }

    pub(super) const fn side(self, is_inferred: bool) -> i64 {
        (if is_inferred { 5_600 } else { 4_400 }) / self.divisor
    }

    pub(super) const fn stub(self) -> i64 {
        2_600 / self.divisor
    }
}

/// When each move leaves and arrives, along the drawing.
pub(super) struct Times {
    pub(super) leaves: Vec<i64>,
    pub(super) arrives: Vec<i64>,
    pub(super) last: i64,
}

/// For each stay the move that its river follows.
pub(super) fn heirs(plan: &Plan) -> Vec<Option<usize>> {
    let mut heirs = Vec::with_capacity(plan.stays.len());
    for stay in &plan.stays {
        let mut pool = stay.source.map_or(0, Load::total);
        let mut best: Option<(u128, usize)> = None;
        let n_outs = stay.n_outs();
        let mut n_seen = 0;
        for happening in &stay.happenings {
            match *happening {
                Happening::In(number) => {
                    pool = pool.saturating_add(plan.moves[number].load.total());
                }
                Happening::Tributary(load) => pool = pool.saturating_add(load.total()),
                Happening::Out(number) => {
                    n_seen += 1;
                    let amount = plan.moves[number].load.total();
                    let to = &plan.stays[plan.moves[number].to];
                    let goes_on = to.n_outs() > 0 || to.ending.runs_on();
                    let is_last = n_seen == n_outs && amount >= pool;
                    let takes_most = goes_on && amount > pool / 2 || amount / 4 >= pool / 5;
                    let opens = opened_by(plan, plan.moves[number].to) == Some(number);
                    if opens
                        && to.ending != Ending::Seeps
                        && (is_last || takes_most)
                        && best.is_none_or(|(known, _)| amount > known)
                    {
                        best = Some((amount, number));
                    }
                    pool = pool.saturating_sub(amount);
                }
            }
        }
        heirs.push(best.map(|(_, number)| number));
    }
    heirs
}

/// The move that opened a stay; `None` where the drawing begins.
pub(super) fn opened_by(plan: &Plan, stay: usize) -> Option<usize> {
    match plan.stays[stay].happenings.first() {
        Some(Happening::In(number)) if plan.stays[stay].source.is_none() => Some(*number),
        _ => None,
    }
}

pub(super) fn times(plan: &Plan, frame: &Frame, heirs: &[Option<usize>], hops: Hops) -> Times {
    let mut ready = vec![frame.from; plan.stays.len()];
    let mut times = Times {
        leaves: Vec::with_capacity(plan.moves.len()),
        arrives: Vec::with_capacity(plan.moves.len()),
        last: frame.from,
    };
    for (number, movement) in plan.moves.iter().enumerate() {
        let at = movement
            .seconds
            .map_or(frame.from, |at| frame.axis.place(at, frame.from, frame.to));
        let leaves = at.max(ready[movement.from]);
        let is_heir = heirs[movement.from] == Some(number);
        let wide = if is_heir {
            hops.straight(movement.is_inferred)
        } else {
            hops.side(movement.is_inferred)
        };
        let arrives = leaves + wide;
        ready[movement.from] = if is_heir {
            leaves + hops.side(false)
        } else {
            leaves
        };
        ready[movement.to] = ready[movement.to].max(arrives);
        times.last = times.last.max(arrives);
        times.leaves.push(leaves);
        times.arrives.push(arrives);
    }
    times
}
