//! One pass from one set of sources.

use super::NEVER_ARRIVES;
use super::record::{Ordered, Record};
use super::waiting::WaitingRoom;

/// Earliest arrivals; see [`super::earliest_arrival`].
pub(super) fn arrivals(record: &impl Record, sources: &[u32], not_before: i64) -> Vec<i64> {
    sweep(record, sources, not_before).unwrap_or_else(|OutOfOrder| {
        sweep(&Ordered::by_earliest(record), sources, not_before).expect("it is in order now")
    })
}

/// A transfer's earliest second is before that of the one before it.
#[derive(Debug)]
pub(super) struct OutOfOrder;

/// Calls `step` with each transfer that is not over by `not_before`: its ends, its first and last
/// second from `not_before` on, and whether it is still open when the next one begins.
#[inline]
pub(super) fn in_time_order(
    record: &impl Record,
    not_before: i64,
    mut step: impl FnMut((u32, u32), (i64, i64), bool),
) -> Result<(), OutOfOrder> {
    let n_transfers = record.n_transfers();
    let clamped = |transfer: usize| {
        let (earliest, latest) = record.interval(transfer);
        (earliest.max(not_before), latest)
    };
    let Some(last) = n_transfers.checked_sub(1) else {
        return Ok(());
    };
    let mut upcoming = clamped(0);
    for transfer in 0..n_transfers {
        let (now, latest) = upcoming;
        if transfer < last {
            upcoming = clamped(transfer + 1);
            if upcoming.0 < now {
                return Err(OutOfOrder);
            }
        }
        if latest < not_before {
            continue;
        }
        if let Some(ends) = record.ends(transfer) {
            step(ends, (now, latest), transfer < last && upcoming.0 <= latest);
        }
    }
    Ok(())
}

fn sweep(record: &impl Record, sources: &[u32], not_before: i64) -> Result<Vec<i64>, OutOfOrder> {
    let mut found = Found::new(record.n_nodes());
    for &source in sources {
        found.reach(source, not_before);
    }
    let mut room = WaitingRoom::new();
    let mut to_visit = Vec::new();
    in_time_order(record, not_before, |(from, to), (now, latest), is_open| {
        if !found.is_reached(from) {
            if is_open {
                room.push((from, to), latest, |waiting| {
                    waiting.latest >= now && !found.is_reached(waiting.from)
                });
            }
        } else if !found.is_reached(to) {
            // Whoever is reached now passes on at once what waited for it and is not over.
            found.reach(to, now);
            to_visit.push(to);
            while let Some(node) = to_visit.pop() {
                for waiting in room.at(node) {
                    if waiting.latest >= now && !found.is_reached(waiting.to) {
                        found.reach(waiting.to, now);
                        to_visit.push(waiting.to);
                    }
                }
            }
        }
    })?;
    Ok(found.arrivals)
}

/// Nodes reached so far. The bitmap is what the pass reads: it fits a cache where arrivals do not.
struct Found {
    is_reached: Vec<u64>,
    arrivals: Vec<i64>,
}

impl Found {
    fn new(n_nodes: usize) -> Self {
        Self {
            is_reached: vec![0; n_nodes.div_ceil(64)],
            arrivals: vec![NEVER_ARRIVES; n_nodes],
        }
    }

    #[inline]
    fn is_reached(&self, node: u32) -> bool {
        (self.is_reached[node as usize / 64] >> (node % 64)) & 1 == 1
    }

    fn reach(&mut self, node: u32, second: i64) {
        self.is_reached[node as usize / 64] |= 1 << (node % 64);
        self.arrivals[node as usize] = second;
    }
}
