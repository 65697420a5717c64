//! The order of the record.

use super::{End, Naive};
use moneytrail_model::{EventKind, Instant, Network};
use std::collections::{BTreeMap, BTreeSet};

impl Naive {
    /// Each source is a sequence: a chain, or a sheet.
    fn sequence(&self, event: usize) -> (Option<Network>, usize, u32) {
        let event = &self.events[event];
        match event.row.transaction {
            Some((network, _)) => (Some(network), 0, 0),
            None => (None, event.segment, event.row.source),
        }
    }

    fn place(&self, event: usize) -> (i64, u32, u32, usize) {
        let row = &self.events[event].row;
        let (time, height) = match (self.height(event), row.block, row.kind) {
            (Some(height), ..) => (self.height_time(row.transaction.unwrap().0, height), height),
            (None, None, EventKind::LedgerLine) => (0, 0),
            (None, ..) => (row.time.earliest(), 0),
        };
        let position = row.tx_index.or(row.row);
        (
            time,
            height,
            position.unwrap_or(self.events[event].position),
            event,
        )
    }

    /// The greatest stamp of any block not above a height.
    fn height_time(&self, network: Network, height: u32) -> i64 {
        let blocks = self.held.iter().flat_map(|held| &held.rows.blocks);
        let below = blocks.filter(|block| {
            let state = self.states[&block.hash];
            block.network == network
                && !state.stale
                && state.height.is_some_and(|of_block| of_block <= height)
        });
        below.map(|block| block.time).max().unwrap_or(i64::MIN)
    }

    pub(super) fn put_in_order(&mut self) {
        let mut sequences: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for event in (0..self.events.len()).filter(|&event| self.events[event].enters) {
            sequences
                .entry(self.sequence(event))
                .or_default()
                .push(event);
        }
        let mut queues: Vec<Vec<(i64, usize)>> = Vec::new();
        for mut events in sequences.into_values() {
            events.sort_by_key(|&event| self.place(event));
            let mut now = i64::MIN;
            let timed = events.iter().map(|&event| {
                now = now.max(self.events[event].row.time.earliest());
                (now, event)
            });
            queues.push(timed.collect());
        }
        let mut offered = Vec::new();
        while let Some(now) = queues
            .iter()
            .filter_map(|queue| Some(queue.first()?.0))
            .min()
        {
            let mut ready: Vec<(usize, usize)> = (0..queues.len())
                .filter_map(|queue| {
                    Some((queues[queue].first().filter(|head| head.0 == now)?.1, queue))
                })
                .collect();
            ready.sort_unstable();
            let brings = |event: usize, account: &End| {
                self.events[event]
                    .legs
                    .iter()
                    .any(|&leg| self.legs[leg].to == *account)
            };
            let waits = |&(event, own): &(usize, usize)| {
                let from = self.events[event]
                    .legs
                    .iter()
                    .map(|&leg| &self.legs[leg].from);
                from.filter(|from| from.is_some()).any(|from| {
                    let others = (0..queues.len()).filter(|&queue| queue != own);
                    let mut at_once =
                        others.flat_map(|queue| queues[queue].iter().filter(|head| head.0 == now));
                    at_once.any(|head| brings(head.1, from))
                })
            };
            let next = ready.iter().find(|head| !waits(head)).unwrap_or(&ready[0]);
            queues[next.1].remove(0);
            offered.push(next.0);
        }
        let order = self.hold_back(&offered);
        let is_open = |pair: &[usize]| {
            let [a, b] = [pair[0], pair[1]].map(|event| self.events[event].row.time);
            Instant::overlaps(a, b) && self.sequence(pair[0]) != self.sequence(pair[1])
        };
        let between: Vec<bool> = order.windows(2).map(is_open).collect();
        let open = |position: usize| {
            position
                .checked_sub(1)
                .is_some_and(|before| between[before])
                || between.get(position).is_some_and(|&open| open)
        };
        self.order = order
            .iter()
            .enumerate()
            .map(|(position, &event)| (event, open(position)))
            .collect();
    }

    /// Events wait for those that they spend from; what an event releases follows it at once.
    fn hold_back(&mut self, offered: &[usize]) -> Vec<usize> {
        fn enter(
            event: usize,
            seen: &BTreeSet<usize>,
            before: &BTreeSet<(usize, usize)>,
            order: &mut Vec<usize>,
        ) {
            order.push(event);
            let released: Vec<usize> = before
                .iter()
                .filter(|pair| pair.0 == event)
                .map(|pair| pair.1)
                .collect();
            for later in released {
                if is_free(later, before, order) && seen.contains(&later) && !order.contains(&later)
                {
                    enter(later, seen, before, order);
                }
            }
        }
        fn is_free(event: usize, before: &BTreeSet<(usize, usize)>, order: &[usize]) -> bool {
            before
                .iter()
                .all(|pair| pair.1 != event || order.contains(&pair.0))
        }
        let event = |leg: usize| self.legs[leg].event;
        let stated = self
            .stated
            .iter()
            .map(|link| (event(link.earlier), event(link.later)));
        let spent = self
            .legs
            .iter()
            .filter_map(|leg| Some((event(leg.spends?), leg.event)));
        let before: BTreeSet<(usize, usize)> = stated
            .chain(spent)
            .filter(|pair| pair.0 != pair.1)
            .collect();
        let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
        for &event in offered {
            seen.insert(event);
            if is_free(event, &before, &order) {
                enter(event, &seen, &before, &mut order);
            }
        }
        let left: BTreeSet<usize> = offered
            .iter()
            .copied()
            .filter(|event| !order.contains(event))
            .collect();
        if !left.is_empty() {
            self.remark(format!(
                "{} events have links that contradict each other; content decided their order",
                left.len()
            ));
        }
        order.extend(left);
        order
    }
}
