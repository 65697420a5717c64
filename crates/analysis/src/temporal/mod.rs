//! Who can have been reached by money in time, when first, and until when it could still leave.
//!
//! Laws. A path is a sequence of transfers, each from where the one before goes to, that is feasible
//! in time: the running maximum of the earliest instants never passes a later step's latest
//! ([`PathClock`](moneytrail_model::PathClock)). Arrival at a node is the least such maximum over all
//! paths to it, departure the greatest minimum of the latest instants over all paths from it. What
//! happened at one instant may have happened in any order, and so may what overlaps: the place of a
//! transfer in the record is not asked, only its interval. Of a graph the intervals begin at effective times
//! ([`InGraph`]), so that a chain whose stamps turn back is followed all the same. Links and amounts are not
//! asked: what is not reached in a graph is not reached by any trace of it, but not the other way round.
//!
//! Method: Wu, Cheng, Huang, Ke, Lu, Xu, *Path problems in temporal graphs* (VLDB 2014): one pass over
//! transfers by ascending earliest instant, with a set of reached nodes. It is exact for intervals
//! with one addition. In this order nodes are reached by ascending arrival (as in Dijkstra's
//! algorithm), a reached node may use every later transfer, and of the earlier ones those that are
//! not over: they wait at their source until it is reached, or they are over. Each waits once.
//!
//! The pass reads the columns in order and a bitmap of nodes, so it is bound by memory bandwidth. A
//! record that is not in this order (a link or a book's own order may override time) is sorted first.

mod many;
mod record;
mod sweep;
mod timetable;
mod waiting;

pub use many::{Reach, reachable_many};
pub use record::{InGraph, Record, Timed};
pub use timetable::Timetable;

use record::Reversed;
use sweep::arrivals;

/// Later than any second: when money arrives that never does.
pub const NEVER_ARRIVES: i64 = i64::MAX;

/// Earlier than any second: when money departs that never can.
pub const NEVER_DEPARTS: i64 = i64::MIN;

/// The nodes that money which rests at a source at `not_before` can have reached, each with the earliest
/// second by which it can have arrived. A source itself has it at `not_before`; the least `i64` asks for
/// all times.
///
/// O(nodes / 64 + transfers) where the record ascends by earliest instants, else O(transfers · log
/// transfers); a bit per node, 12 bytes per node that is reached, and 48 per transfer that waits.
/// Sequential: each step needs the one before; many questions go in parallel.
///
/// ```
/// use moneytrail_analysis::temporal::{NEVER_ARRIVES, Timed, earliest_arrival};
/// // 1 → 2 happened some time on [0, 99], before or after 0 → 1 at 50; 2 → 3 at 40 came too early.
/// let record = Timed {
///     n_nodes: 4,
///     from: &[1, 2, 0],
///     to: &[2, 3, 1],
///     earliest: &[0, 40, 50],
///     latest: &[99, 40, 50],
/// };
/// let arrivals = earliest_arrival(&record, &[0], 0);
/// assert!(arrivals.iter().eq([(0, 0), (1, 50), (2, 50)]));
/// assert_eq!(arrivals.by_node(4, NEVER_ARRIVES), [0, 50, 50, NEVER_ARRIVES]);
/// ```
///
/// # Panics
/// If a source or an end is out of range.
pub fn earliest_arrival(record: &impl Record, sources: &[u32], not_before: i64) -> Timetable {
    arrivals(record, sources, not_before)
}

/// The nodes that money from a source can have reached, the sources among them, ascending. Cost as
/// [`earliest_arrival`], and O(n log n) in what is reached.
pub fn reachable(record: &impl Record, sources: &[u32], not_before: i64) -> Vec<u32> {
    let mut nodes = arrivals(record, sources, not_before).into_nodes();
    nodes.sort_unstable();
    nodes
}

/// The nodes from which money can reach a target by `not_after`, each with the latest second at which it
/// can still rest there. The arrivals of the record reversed in time, so the cost is that of
/// [`earliest_arrival`], linear if the record ascends by latest instants.
pub fn latest_departure(record: &impl Record, targets: &[u32], not_after: i64) -> Timetable {
    arrivals(&Reversed(record), targets, !not_after).map(|second| !second)
}
