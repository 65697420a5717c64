//! The total order of the record (`tracing.md` rule 1).
//!
//! Each source is a sequence whose own order stands: a chain by height and position, a book by its
//! rows, a plain list by time. The effective time of an event is the running maximum of the earliest
//! instants of its sequence, so that no sequence ever turns back. Sequences are merged by effective
//! time; at equal times an event waits for inflows that other sources still bring to the accounts it
//! draws on, cycles broken by content key. A link overrides time: an event that spends what has not
//! happened yet is held back, alone, until it has.

use super::{Draft, Event};
use crate::graph::End;
use moneytrail_model::{EventKind, Instant, Network};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Events in the order of the record, each with whether its place is a convention.
pub(super) struct Order {
    pub(super) events: Vec<u32>,
    pub(super) open: Vec<bool>,
    /// Events whose links contradict each other; they stand where content puts them.
    pub(super) n_cyclic: u64,
}

/// What orders events within their sequence, and which sequence that is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Sequence {
    Chain(Network),
    Rows { segment: u32, source: u32 },
}

#[derive(Debug)]
struct Queue {
    events: Vec<u32>,
    effective: Vec<i64>,
    next: usize,
}

impl Queue {
    fn head(&self) -> Option<(i64, u32)> {
        Some((*self.effective.get(self.next)?, self.events[self.next]))
    }
}

/// Orders all events. O(n log n) in events, plus the legs of events at instants that several
/// sources share.
pub(super) fn total(draft: &Draft) -> Order {
    let mut queues = queues(draft);
    let mut merge = Merge::new(draft);
    let mut heads: BinaryHeap<Reverse<(i64, usize)>> = queues
        .iter()
        .enumerate()
        .filter_map(|(position, queue)| Some(Reverse((queue.head()?.0, position))))
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
            while let Some((_, event)) = queues[only].head().filter(|head| head.0 == now) {
                queues[only].next += 1;
                merge.offer(event);
            }
        } else {
            merge.offer_together(&mut queues, &together, now);
        }
        for position in together {
            if let Some((time, _)) = queues[position].head() {
                heads.push(Reverse((time, position)));
            }
        }
    }
    merge.finish()
}

/// Sequences in content order, each with its effective times.
fn queues(draft: &Draft) -> Vec<Queue> {
    let mut sequences: BTreeMap<Sequence, Vec<u32>> = BTreeMap::new();
    for (position, event) in draft.events.iter().enumerate() {
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        sequences
            .entry(sequence_of(draft, event))
            .or_default()
            .push(position);
    }
    let mut queues = Vec::with_capacity(sequences.len());
    for (_, mut events) in sequences {
        events.sort_by_key(|&event| place_in_sequence(draft, &draft.events[event as usize]));
        let mut now = i64::MIN;
        let effective = events.iter().map(|&event| {
            now = now.max(draft.events[event as usize].time.earliest());
            now
        });
        let effective = effective.collect();
        queues.push(Queue {
            events,
            effective,
            next: 0,
        });
    }
    queues
}

fn sequence_of(draft: &Draft, event: &Event) -> Sequence {
    let row = &draft.segments[event.primary.0 as usize].rows.events[event.primary.1 as usize];
    match row.transaction {
        Some((network, _)) => Sequence::Chain(network),
        None => Sequence::Rows {
            segment: event.primary.0,
            source: row.source,
        },
    }
}

/// Height, time, position, then content. Blocks of unknown height stand by their time among
/// themselves, before those of known height only if they are older.
fn place_in_sequence(draft: &Draft, event: &Event) -> (i64, u32, u32, u32, u32) {
    let segment = event.primary.0 as usize;
    let row = &draft.segments[segment].rows.events[event.primary.1 as usize];
    let (first, height) = match (row.block, event.kind) {
        (Some(block), _) => match draft.blocks[segment][block as usize].height {
            Some(height) => (draft.height_time(segment, block), height),
            None => (event.time.earliest(), 0),
        },
        (None, EventKind::LedgerLine) => (0, 0),
        // A plain list has no order of its own but time; nor has a transaction without a block.
        (None, _) => (event.time.earliest(), 0),
    };
    let position = row.tx_index.or(row.row).unwrap_or(event.primary.1);
    (first, height, position, event.primary.0, event.primary.1)
}

impl Draft {
    /// Effective time of a block of known height: the greatest stamp of any block not above it.
    fn height_time(&self, segment: usize, block: u32) -> i64 {
        let network = self.segments[segment].rows.blocks[block as usize].network;
        let height = self.blocks[segment][block as usize].height;
        self.stamps.get(&network).map_or(i64::MIN, |stamps| {
            let behind = stamps.partition_point(|&(known, _)| Some(known) <= height);
            stamps[..behind]
                .last()
                .map_or(i64::MIN, |&(_, stamp)| stamp)
        })
    }

    /// Greatest block time up to each height, by network.
    pub(super) fn stamps_by_height(&self) -> FxHashMap<Network, Vec<(u32, i64)>> {
        let mut stamps: FxHashMap<Network, Vec<(u32, i64)>> = FxHashMap::default();
        for (segment, loaded) in self.segments.iter().enumerate() {
            for (block, row) in loaded.rows.blocks.iter().enumerate() {
                let state = self.blocks[segment][block];
                if let (Some(height), false) = (state.height, state.stale) {
                    stamps
                        .entry(row.network)
                        .or_default()
                        .push((height, row.time));
                }
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
        stamps
    }
}

/// Emits events, holding back those whose links are not satisfied.
struct Merge<'a> {
    draft: &'a Draft,
    /// Events that must come before, not yet emitted.
    n_missing: Vec<u32>,
    /// Events that wait for this one.
    waiting: FxHashMap<u32, Vec<u32>>,
    held: Vec<bool>,
    emitted: Vec<bool>,
    order: Vec<u32>,
}

impl<'a> Merge<'a> {
    fn new(draft: &'a Draft) -> Self {
        let n = draft.events.len();
        let mut before: Vec<(u32, u32)> = draft
            .links
            .iter()
            .map(|link| {
                (
                    draft.leg_events[link.earlier as usize],
                    draft.leg_events[link.later as usize],
                )
            })
            .filter(|(earlier, later)| earlier != later)
            .collect();
        before.sort_unstable();
        before.dedup();
        let mut n_missing = vec![0; n];
        let mut waiting: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (earlier, later) in before {
            n_missing[later as usize] += 1;
            waiting.entry(earlier).or_default().push(later);
        }
        Self {
            draft,
            n_missing,
            waiting,
            held: vec![false; n],
            emitted: vec![false; n],
            order: Vec::with_capacity(n),
        }
    }

    /// The event's turn has come: emits it, and what waited for it, or holds it back.
    fn offer(&mut self, event: u32) {
        if self.n_missing[event as usize] > 0 {
            self.held[event as usize] = true;
            return;
        }
        let mut ready = vec![event];
        while let Some(event) = ready.pop() {
            self.emitted[event as usize] = true;
            self.order.push(event);
            for waiting in self.waiting.remove(&event).into_iter().flatten().rev() {
                self.n_missing[waiting as usize] -= 1;
                if self.n_missing[waiting as usize] == 0 && self.held[waiting as usize] {
                    ready.push(waiting);
                }
            }
        }
    }

    /// Several sources have events at one instant: an account's inflows go first.
    fn offer_together(&mut self, queues: &mut [Queue], together: &[usize], now: i64) {
        let mut inflows: FxHashMap<(u32, usize), u32> = FxHashMap::default();
        let mut all: FxHashMap<u32, u32> = FxHashMap::default();
        for &position in together {
            let queue = &queues[position];
            let now_in_queue = queue
                .events
                .iter()
                .zip(&queue.effective)
                .skip(queue.next)
                .take_while(|e| *e.1 == now);
            for (&event, _) in now_in_queue {
                for account in accounts(self.draft, event, |leg| leg.to) {
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
                    queues[position]
                        .head()
                        .filter(|head| head.0 == now)
                        .map(|head| (head.1, position))
                })
                .collect();
            ready.sort_by_key(|&(event, _)| self.draft.events[event as usize].primary);
            let free = ready.iter().find(|&&(event, position)| {
                accounts(self.draft, event, |leg| leg.from).all(|account| {
                    all.get(&account).copied().unwrap_or(0) == n_of(&inflows, (account, position))
                })
            });
            let Some(&(event, position)) = free.or_else(|| ready.first()) else {
                return;
            };
            for account in accounts(self.draft, event, |leg| leg.to) {
                *inflows.entry((account, position)).or_default() -= 1;
                *all.entry(account).or_default() -= 1;
            }
            queues[position].next += 1;
            self.offer(event);
        }
    }

    fn finish(mut self) -> Order {
        let mut left: Vec<u32> = (0..self.draft.events.len())
            .filter(|&event| !self.emitted[event])
            .map(|event| u32::try_from(event).unwrap_or(u32::MAX))
            .collect();
        left.sort_by_key(|&event| self.draft.events[event as usize].primary);
        let n_cyclic = left.len() as u64;
        self.order.extend(left);
        let open = open_places(self.draft, &self.order);
        Order {
            events: self.order,
            open,
            n_cyclic,
        }
    }
}

fn accounts<'a>(
    draft: &'a Draft,
    event: u32,
    end: impl Fn(&super::Leg) -> End + 'a,
) -> impl Iterator<Item = u32> + 'a {
    let legs = draft.events[event as usize].legs.clone();
    legs.filter_map(move |leg| match end(&draft.legs[leg as usize]) {
        End::Account(number) => Some(number),
        End::Junction => None,
    })
}

/// An event's place is a convention if a neighbour from another source could as well stand on its
/// other side.
fn open_places(draft: &Draft, order: &[u32]) -> Vec<bool> {
    let mut open = vec![false; order.len()];
    for (position, pair) in order.windows(2).enumerate() {
        let [a, b] = [
            &draft.events[pair[0] as usize],
            &draft.events[pair[1] as usize],
        ];
        let times: [Instant; 2] = [a.time, b.time];
        if times[0].overlaps(times[1]) && sequence_of(draft, a) != sequence_of(draft, b) {
            open[position] = true;
            open[position + 1] = true;
        }
    }
    open
}
