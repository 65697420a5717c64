//! The total order of the record (`tracing.md` rule 1).
//!
//! Each source is a sequence whose own order stands: a chain by height and position, a book by its
//! rows, a plain list by time. The effective time of an event is the running maximum of the earliest
//! instants of its sequence, so that no sequence ever turns back. Sequences are merged by effective
//! time; at equal times an event waits for inflows that other sources still bring to the accounts it
//! draws on, cycles broken by content key. A link overrides time: an event that spends what has not
//! happened yet is held back, alone, until it has.
//!
//! Method: the sequences are merged without regard to links; only if that puts an event before one that
//! it spends from are events held back, which else would change nothing.

use super::accounts::JUNCTION;
use super::read::small;
use super::{Draft, NONE};
use crate::Error;
use crate::scratch::{self, Array, Scratch};
use moneytrail_model::{EventKind, Network};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Events that enter, in the order of the record.
pub(super) struct Order {
    pub(super) events: Array<u32>,
    /// Positions whose place is a convention, ascending.
    pub(super) open: Vec<u32>,
    /// Events whose links contradict each other; they stand where content puts them.
    pub(super) n_cyclic: u64,
}

/// What orders events within their sequence, and which sequence that is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Sequence {
    Chain(Network),
    Rows { segment: usize, source: u32 },
}

/// Height, time, position, then content.
type Place = (i64, u32, u32, u32);

#[derive(Debug)]
struct Queue {
    events: Array<u32>,
    next: usize,
    /// Effective time of the event before the next.
    now: i64,
}

impl Queue {
    fn head(&self, draft: &Draft) -> Option<(i64, u32)> {
        let event = *self.events.get(self.next)?;
        Some((self.now.max(draft.events.time(event).earliest()), event))
    }

    fn advance(&mut self, now: i64) {
        self.now = now;
        self.next += 1;
    }

    /// The events from the next on that happen at `now`.
    fn at<'a>(&'a self, draft: &'a Draft, now: i64) -> impl Iterator<Item = u32> + 'a {
        let ahead = self.events[self.next..].iter().copied();
        ahead.take_while(move |&event| self.now.max(draft.events.time(event).earliest()) <= now)
    }
}

/// Orders all events. O(n log n) in events at worst, O(n) where sources stand in order; plus the legs of
/// events at instants that several sources share.
pub(super) fn total(draft: &Draft, scratch: &Scratch) -> Result<Order, Error> {
    let queues = queues(draft, scratch)?;
    let n_sequences = queues.len();
    let offered = advanced(draft, merge(draft, queues, scratch)?);
    let (events, n_cyclic) = respect_links(draft, offered, scratch)?;
    let open = if n_sequences > 1 {
        open_places(draft, &events)
    } else {
        Vec::new()
    };
    Ok(Order {
        events,
        open,
        n_cyclic,
    })
}

/// Sequences in content order.
fn queues(draft: &Draft, scratch: &Scratch) -> Result<Vec<Queue>, Error> {
    let heights = HeightTimes::of(draft);
    let mut sequences: BTreeMap<Sequence, scratch::Sequence<u32>> = BTreeMap::new();
    // Events of one sequence mostly follow each other.
    let mut last: Option<(Sequence, scratch::Sequence<u32>)> = None;
    for event in (0..small(draft.events.len())).filter(|&event| draft.events.enters(event)) {
        let sequence = sequence_of(draft, event);
        if let Some((known, events)) = last.take_if(|last| last.0 != sequence) {
            sequences.insert(known, events);
        }
        let (_, events) = last.get_or_insert_with(|| {
            let events = sequences.remove(&sequence);
            (
                sequence,
                events.unwrap_or_else(|| scratch::Sequence::new(scratch)),
            )
        });
        events.push(event)?;
    }
    sequences.extend(last);
    let queue = |events: scratch::Sequence<u32>| {
        let place = |event| place_in_sequence(draft, &heights, event);
        Ok(Queue {
            events: sorted(events.finish()?, place, scratch)?,
            next: 0,
            now: i64::MIN,
        })
    };
    sequences.into_values().map(queue).collect()
}

/// Events sorted by their places. Sources mostly stand in order, in runs at least: a block is one. Runs
/// that do not overlap are put one behind another; only others are sorted event by event.
fn sorted(
    mut events: Array<u32>,
    place: impl Fn(u32) -> Place + Sync,
    scratch: &Scratch,
) -> Result<Array<u32>, Error> {
    let is_break = |pair: &[u32]| place(pair[0]) > place(pair[1]);
    let n_breaks = events.par_windows(2).filter(|pair| is_break(pair)).count();
    if n_breaks == 0 {
        return Ok(events);
    }
    if n_breaks < events.len() / 64 {
        let breaks = events
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| is_break(pair));
        let breaks = breaks.map(|(before, _)| before + 1);
        let bounds = std::iter::once(0)
            .chain(breaks)
            .chain(std::iter::once(events.len()));
        let bounds: Vec<usize> = bounds.collect();
        let ends = |run: &[usize]| (place(events[run[0]]), place(events[run[1] - 1]));
        let mut runs: Vec<((Place, Place), usize, usize)> = bounds
            .windows(2)
            .map(|run| (ends(run), run[0], run[1]))
            .collect();
        runs.sort_unstable();
        if runs.windows(2).all(|pair| pair[0].0.1 < pair[1].0.0) {
            let mut sorted = scratch.array(events.len())?;
            let in_order = runs.iter().flat_map(|run| &events[run.1..run.2]);
            sorted
                .iter_mut()
                .zip(in_order)
                .for_each(|(slot, &event)| *slot = event);
            return Ok(sorted);
        }
    }
    events.par_sort_unstable_by_key(|&event| place(event));
    Ok(events)
}

fn sequence_of(draft: &Draft, event: u32) -> Sequence {
    match draft.events.network(event) {
        Some(network) => Sequence::Chain(network),
        None => Sequence::Rows {
            segment: draft.segment_number(event),
            source: draft.events.sources[event as usize],
        },
    }
}

/// Blocks of unknown height stand by their time among themselves, before those of known height only if
/// they are older.
fn place_in_sequence(draft: &Draft, heights: &HeightTimes, event: u32) -> Place {
    let events = &draft.events;
    let own = |event: u32| (events.time(event).earliest(), 0);
    let (first, height) = match (events.blocks[event as usize], events.kind(event)) {
        (NONE, EventKind::LedgerLine) => (0, 0),
        // A plain list has no order of its own but time; nor has a transaction without a block.
        (NONE, _) => own(event),
        (block, _) => match draft.blocks[block as usize].height {
            Some(height) => (heights.of_blocks[block as usize], height),
            None => own(event),
        },
    };
    let position = match (
        events.tx_indexes[event as usize],
        events.rows[event as usize],
    ) {
        (NONE, 0) => event - draft.segment_of(event).events.start,
        (NONE, row) => row,
        (tx_index, _) => tx_index,
    };
    (first, height, position, event)
}

/// Effective times of blocks of known height: the greatest stamp of any block not above it.
struct HeightTimes {
    of_blocks: Vec<i64>,
}

impl HeightTimes {
    fn of(draft: &Draft) -> Self {
        let rows = draft.segments.iter().flat_map(|held| &held.small.blocks);
        let mut stamps: FxHashMap<Network, Vec<(u32, i64)>> = FxHashMap::default();
        for (row, state) in rows.clone().zip(&draft.blocks) {
            if let (Some(height), false) = (state.height, state.stale) {
                stamps
                    .entry(row.network)
                    .or_default()
                    .push((height, row.time));
            }
        }
        #[expect(
            clippy::iter_over_hash_type,
            reason = "each entry is sorted on its own"
        )]
        for list in stamps.values_mut() {
            list.sort_unstable();
            let mut greatest = i64::MIN;
            for (_, stamp) in list.iter_mut() {
                greatest = greatest.max(*stamp);
                *stamp = greatest;
            }
        }
        let of_blocks = rows.zip(&draft.blocks).map(|(row, state)| {
            let Some(stamps) = stamps.get(&row.network) else {
                return i64::MIN;
            };
            let behind = stamps.partition_point(|&(known, _)| Some(known) <= state.height);
            stamps[..behind]
                .last()
                .map_or(i64::MIN, |&(_, stamp)| stamp)
        });
        Self {
            of_blocks: of_blocks.collect(),
        }
    }
}

/// Merges the sequences by effective time.
fn merge(draft: &Draft, mut queues: Vec<Queue>, scratch: &Scratch) -> Result<Array<u32>, Error> {
    if let [only] = &mut queues[..] {
        return Ok(std::mem::take(&mut only.events));
    }
    let mut offered = scratch::Sequence::new(scratch);
    let heads = queues.iter().enumerate();
    let mut heads: BinaryHeap<Reverse<(i64, usize)>> = heads
        .filter_map(|(position, queue)| Some(Reverse((queue.head(draft)?.0, position))))
        .collect();
    while let Some(Reverse((now, first))) = heads.pop() {
        let mut together = vec![first];
        while let Some(&Reverse((time, position))) = heads.peek() {
            if time != now {
                break;
            }
            heads.pop();
            together.push(position);
        }
        if let [only] = together[..] {
            let queue = &mut queues[only];
            while let Some((_, event)) = queue.head(draft).filter(|head| head.0 == now) {
                queue.advance(now);
                offered.push(event)?;
            }
        } else {
            offer_together(draft, &mut queues, &together, now, &mut offered)?;
        }
        for position in together {
            if let Some((time, _)) = queues[position].head(draft) {
                heads.push(Reverse((time, position)));
            }
        }
    }
    offered.finish()
}

/// Several sources have events at one instant: an account's inflows go first.
fn offer_together(
    draft: &Draft,
    queues: &mut [Queue],
    together: &[usize],
    now: i64,
    offered: &mut scratch::Sequence<u32>,
) -> Result<(), Error> {
    let mut inflows: FxHashMap<(u32, usize), u32> = FxHashMap::default();
    let mut all: FxHashMap<u32, u32> = FxHashMap::default();
    for &position in together {
        for event in queues[position].at(draft, now) {
            for account in accounts(draft, event, Draft::to) {
                *inflows.entry((account, position)).or_default() += 1;
                *all.entry(account).or_default() += 1;
            }
        }
    }
    let n_of = |map: &FxHashMap<(u32, usize), u32>, key| map.get(&key).copied().unwrap_or(0);
    loop {
        let mut ready: Vec<(u32, usize)> = together
            .iter()
            .filter_map(|&position| {
                let head = queues[position].head(draft).filter(|head| head.0 == now);
                head.map(|head| (head.1, position))
            })
            .collect();
        ready.sort_unstable();
        let free = ready.iter().find(|&&(event, position)| {
            accounts(draft, event, Draft::from).all(|account| {
                all.get(&account).copied().unwrap_or(0) == n_of(&inflows, (account, position))
            })
        });
        let Some(&(event, position)) = free.or_else(|| ready.first()) else {
            return Ok(());
        };
        for account in accounts(draft, event, Draft::to) {
            *inflows.entry((account, position)).or_default() -= 1;
            *all.entry(account).or_default() -= 1;
        }
        queues[position].advance(now);
        offered.push(event)?;
    }
}

fn accounts(
    draft: &Draft,
    event: u32,
    end: fn(&Draft, u32) -> u32,
) -> impl Iterator<Item = u32> + '_ {
    let ends = draft.legs_of(event).map(move |leg| end(draft, leg));
    ends.filter(|&account| account != JUNCTION)
}

/// The events as offered, but rows of books that people accepted to be transfers of a chain before these: a chain's own order is never
/// changed, and what is linked to comes first.
fn advanced(draft: &Draft, offered: Array<u32>) -> Array<u32> {
    if draft.ahead.is_empty() {
        return offered;
    }
    let ends = draft.ahead.iter().flat_map(|ends| [ends.0, ends.1]);
    let ends: FxHashSet<u32> = ends.collect();
    let places = (0_u32..)
        .zip(offered.iter())
        .map(|(place, &event)| (event, place));
    let places: FxHashMap<u32, u32> = places.filter(|of| ends.contains(&of.0)).collect();
    let mut first: BTreeMap<u32, u32> = BTreeMap::new();
    for (row, transfer) in &draft.ahead {
        if let (Some(_), Some(&place)) = (places.get(row), places.get(transfer)) {
            let first = first.entry(*row).or_insert(place);
            *first = place.min(*first);
        }
    }
    first.retain(|row, place| *place < places[row]);
    let mut before: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (row, place) in &first {
        before.entry(*place).or_default().push(*row);
    }
    let mut order = Vec::with_capacity(offered.len());
    for (place, &event) in (0_u32..).zip(offered.iter()) {
        if let Some(rows) = before.get_mut(&place) {
            rows.sort_unstable_by_key(|row| places[row]);
            order.append(rows);
        }
        if !first.contains_key(&event) {
            order.push(event);
        }
    }
    order.into()
}

/// The events in the order in which they were offered, but each behind those that it spends from, and how
/// many there are for which that cannot be.
fn respect_links(
    draft: &Draft,
    offered: Array<u32>,
    scratch: &Scratch,
) -> Result<(Array<u32>, u64), Error> {
    let mut places = scratch.array::<u32>(draft.events.len())?;
    for (place, &event) in (0..).zip(offered.iter()) {
        places[event as usize] = place;
    }
    let is_behind =
        |&(earlier, later): &(u32, u32)| places[earlier as usize] < places[later as usize];
    if stated(draft).all(|pair| is_behind(&pair)) && spending(draft).all(|pair| is_behind(&pair)) {
        return Ok((offered, 0));
    }
    let mut n_missing = vec![0_u32; places.len()];
    let mut before: Vec<(u32, u32)> = stated(draft).collect();
    before.extend(spending(draft).collect::<Vec<_>>());
    before.par_sort_unstable();
    before.dedup();
    for &(_, later) in &before {
        n_missing[later as usize] += 1;
    }
    let waiting = |event: u32| {
        let first = before.partition_point(|pair| pair.0 < event);
        before[first..]
            .iter()
            .take_while(move |pair| pair.0 == event)
    };
    let mut held = vec![false; places.len()];
    let mut order = Vec::with_capacity(offered.len());
    let mut left = vec![false; places.len()];
    for &event in offered.iter() {
        left[event as usize] = true;
    }
    for &event in offered.iter() {
        if n_missing[event as usize] > 0 {
            held[event as usize] = true;
            continue;
        }
        let mut ready = vec![event];
        while let Some(event) = ready.pop() {
            left[event as usize] = false;
            order.push(event);
            let first = ready.len();
            for &(_, later) in waiting(event) {
                n_missing[later as usize] -= 1;
                if n_missing[later as usize] == 0 && held[later as usize] {
                    ready.push(later);
                }
            }
            ready[first..].reverse();
        }
    }
    let n_ordered = order.len();
    order.extend((0..small(left.len())).filter(|&event| left[event as usize]));
    let n_cyclic = (order.len() - n_ordered) as u64;
    Ok((order.into(), n_cyclic))
}

/// Events of which the second spends from the first, by what segments state.
fn stated(draft: &Draft) -> impl Iterator<Item = (u32, u32)> + '_ {
    let ends = draft
        .links
        .iter()
        .map(|link| (draft.event_of(link.earlier), draft.event_of(link.later)));
    ends.filter(|ends| ends.0 != ends.1 && draft.ahead.binary_search(ends).is_err())
}

/// Events of which the second spends from the first, by outpoints.
fn spending(draft: &Draft) -> impl ParallelIterator<Item = (u32, u32)> + '_ {
    (0..small(draft.linked.len()))
        .into_par_iter()
        .filter_map(|leg| {
            let ends = (draft.event_of(draft.spent(leg)?), draft.event_of(leg));
            (ends.0 != ends.1).then_some(ends)
        })
}

/// An event's place is a convention if a neighbour from another source could as well stand on its
/// other side.
fn open_places(draft: &Draft, order: &[u32]) -> Vec<u32> {
    let mut open = Vec::new();
    for (position, pair) in (0..).zip(order.windows(2)) {
        let times = [pair[0], pair[1]].map(|event| draft.events.time(event));
        if times[0].overlaps(times[1]) && sequence_of(draft, pair[0]) != sequence_of(draft, pair[1])
        {
            open.extend([position, position + 1]);
        }
    }
    open.dedup();
    open
}
