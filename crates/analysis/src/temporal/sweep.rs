//! One pass from one set of sources.

use super::Timetable;
use super::record::{Ordered, Record};
use super::waiting::WaitingRoom;
use crate::node_set::NodeSet;

/// Earliest arrivals; see [`super::earliest_arrival`].
pub(super) fn arrivals(record: &impl Record, sources: &[u32], not_before: i64) -> Timetable {
    sweep(record, sources, not_before).unwrap_or_else(|OutOfOrder| {
        sweep(&Ordered::by_earliest(record), sources, not_before).expect("it is in order now")
    })
}

/// A transfer's earliest second is before that of the one before it.
#[derive(Debug)]
pub(super) struct OutOfOrder;

/// Calls `step` with each transfer that is not over by `not_before`: its ends, its first and last
/// second from `not_before` on, and whether it may be still open when the next one begins.
#[inline]
pub(super) fn in_time_order(
    record: &impl Record,
    not_before: i64,
    mut step: impl FnMut((u32, u32), (i64, i64), bool),
) -> Result<(), OutOfOrder> {
    let mut intervals = (0..record.n_transfers()).map(|transfer| record.interval(transfer));
    let mut upcoming = intervals.next();
    let mut transfer = 0;
    while let Some((earliest, latest)) = upcoming {
        upcoming = intervals.next();
        let next = upcoming.map_or(i64::MAX, |interval| interval.0);
        if next < earliest {
            return Err(OutOfOrder);
        }
        if latest >= not_before
            && let Some(ends) = record.ends(transfer)
        {
            step(ends, (earliest.max(not_before), latest), next <= latest);
        }
        transfer += 1;
    }
    Ok(())
}

fn sweep(record: &impl Record, sources: &[u32], not_before: i64) -> Result<Timetable, OutOfOrder> {
    let n_nodes = u32::try_from(record.n_nodes()).expect("nodes are u32");
    // The bitmap is what the pass reads: it fits a cache where seconds do not.
    let reached = &NodeSet::new(n_nodes);
    let mut pass = Pass {
        n_nodes,
        reached,
        timetable: Timetable::default(),
        room: WaitingRoom::new(),
        to_visit: Vec::new(),
    };
    for &source in sources {
        pass.reach(source, not_before);
    }
    in_time_order(record, not_before, |(from, to), (now, latest), is_open| {
        // Each of the two bits is random; that money is here and not yet there is rare.
        let (here, there) = (reached.bit(from), reached.bit(to));
        if here > there {
            pass.arrive(to, now);
        } else if is_open && here == 0 {
            pass.room.push((from, to), latest, |waiting| {
                waiting.latest >= now && !reached.contains(waiting.from)
            });
        }
    })?;
    Ok(pass.timetable)
}

/// What a pass has found so far.
struct Pass<'a> {
    n_nodes: u32,
    reached: &'a NodeSet,
    timetable: Timetable,
    room: WaitingRoom,
    /// Nodes reached now, from which nobody has passed on.
    to_visit: Vec<u32>,
}

impl Pass<'_> {
    /// Whoever is reached passes on at once what waited for it and is not over.
    #[inline(never)]
    fn arrive(&mut self, node: u32, now: i64) {
        let mut upcoming = Some(node);
        while let Some(node) = upcoming {
            self.reach(node, now);
            let waiting = self.room.at(node).filter(|waiting| waiting.latest >= now);
            let to = waiting.map(|waiting| waiting.to);
            self.to_visit
                .extend(to.filter(|&to| !self.reached.contains(to)));
            upcoming = self.to_visit.pop();
        }
    }

    fn reach(&mut self, node: u32, second: i64) {
        assert!(node < self.n_nodes, "a node is below n");
        if !self.reached.contains(node) {
            self.reached.insert(node);
            self.timetable.push(node, second);
        }
    }
}
