//! Events: what they are, when, which transfers are theirs, and which have a junction.
//!
//! Law: transfers of an event are consecutive, and events follow each other as their transfers do. So a
//! bit at the first transfer of each event says both which event a transfer belongs to (rank) and where
//! an event begins (select). Only where events without a transfer occur does a second bitmap say which
//! events have one. Junctions are numbered in the order of their events, so a bitmap numbers them too.

use super::bits::Bits;
use super::column::Column;
use super::file::{Group, Sink, Source};
use super::narrow::{Narrow, Seconds};
use super::parts::Parts;
use crate::Error;
use crate::scratch::Scratch;
use moneytrail_model::{EventKind, Habits, Instant, Network, Precision};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Precision codes, in the order of their widths.
const PRECISIONS: [Precision; 5] = [
    Precision::Second,
    Precision::Minute,
    Precision::Day,
    Precision::Month,
    Precision::Unknown,
];

/// Highest bit of a stored precision: the order is a convention.
pub(crate) const ORDER_OPEN: u8 = 0x80;

/// Stored for an event without a transaction id.
pub(crate) const NO_NETWORK: u8 = 255;

/// How precise a time is, and whether the event's place is a convention, in one byte.
pub(crate) fn pack_precision(time: Instant, is_open: bool) -> u8 {
    let mut codes = (0..).zip(PRECISIONS);
    let code = codes.find(|&(_, precision)| precision == time.precision());
    let (code, _) = code.expect("all precisions are listed");
    if is_open { code | ORDER_OPEN } else { code }
}

/// The time that a stored second and precision stand for.
pub(crate) fn unpack_time(seconds: i64, precision: u8) -> Instant {
    Instant::new(seconds, PRECISIONS[usize::from(precision & !ORDER_OPEN)])
}

/// Columns about events.
#[derive(Clone, Debug)]
pub(super) struct Events {
    /// Kind in the lowest byte, then precision, network, and how it is made.
    class_table: Column<u32>,
    classes: Narrow,
    seconds: Seconds,
    /// The first transfer of each event that has one.
    starts: Bits,
    /// The events that have a transfer.
    filled: Bits,
    /// The events that have a junction.
    junctions: Bits,
}

impl Events {
    /// From the record. O(n).
    pub(super) fn new(parts: &Parts, scratch: &Scratch) -> Result<Self, Error> {
        let (mut numbers, mut table) = (FxHashMap::default(), Vec::new());
        let classes = (0..parts.event_kinds.len()).map(|event| {
            let class = u32::from_le_bytes([
                parts.event_kinds[event],
                parts.event_precisions[event],
                parts.event_networks[event],
                parts.event_habits[event],
            ]);
            *numbers.entry(class).or_insert_with(|| {
                table.push(class);
                u32::try_from(table.len() - 1).expect("there are fewer kinds of events")
            })
        });
        let classes = scratch.collect(classes)?;
        let n_transfers = parts.accounts.len();
        let mut is_start = vec![0_u64; n_transfers.div_ceil(64)];
        let first = &parts.event_first;
        for range in first.windows(2).filter(|range| range[0] < range[1]) {
            is_start[range[0] as usize / 64] |= 1 << (range[0] % 64);
        }
        let n_events = parts.event_kinds.len();
        let has_junction = |event: usize| kind_of(parts.event_kinds[event]).has_junction();
        Ok(Self {
            class_table: table.into(),
            classes: Narrow::new(&classes, scratch)?,
            seconds: Seconds::new(&parts.event_seconds, scratch)?,
            starts: Bits::new((0..n_transfers).map(|t| is_start[t / 64] >> (t % 64) & 1 != 0)),
            filled: Bits::new((0..n_events).map(|event| first[event] < first[event + 1])),
            junctions: Bits::new((0..n_events).map(has_junction)),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    pub(super) const fn n_transfers(&self) -> usize {
        self.starts.len()
    }

    pub(super) const fn n_junctions(&self) -> usize {
        self.junctions.n_ones()
    }

    #[inline]
    fn class(&self, event: usize) -> [u8; 4] {
        self.class_table[self.classes.get(event) as usize].to_le_bytes()
    }

    pub(super) fn kind(&self, event: usize) -> EventKind {
        kind_of(self.class(event)[0])
    }

    #[inline]
    pub(super) fn time(&self, event: usize) -> Instant {
        unpack_time(self.seconds.get(event), self.class(event)[1])
    }

    pub(super) fn order_is_open(&self, event: usize) -> bool {
        self.class(event)[1] & ORDER_OPEN != 0
    }

    /// The network of its transaction id; `None` without one.
    pub(super) fn network(&self, event: usize) -> Option<Network> {
        Network::from_code(self.class(event)[2])
    }

    /// How its transaction is made.
    pub(super) fn habits(&self, event: usize) -> Habits {
        Habits::from_code(self.class(event)[3])
    }

    /// The event of a transfer. O(1).
    #[inline]
    pub(super) fn of_transfer(&self, transfer: usize) -> usize {
        assert!(transfer < self.n_transfers(), "no such transfer");
        self.filled.select(self.starts.rank(transfer + 1) - 1)
    }

    /// Transfers of an event. O(1).
    #[inline]
    pub(super) fn transfers(&self, event: usize) -> Range<usize> {
        let n_before = self.filled.rank(event);
        let start = self.starts.select(n_before);
        if self.filled.get(event) {
            start..self.starts.next(start, n_before)
        } else {
            start..start
        }
    }

    /// The junction of an event, by its number among junctions.
    #[inline]
    pub(super) fn junction(&self, event: usize) -> Option<usize> {
        (self.junctions.get(event)).then(|| self.junctions.rank(event))
    }

    /// The event of a junction, by its number among junctions.
    #[inline]
    pub(super) fn of_junction(&self, junction: usize) -> Option<usize> {
        (junction < self.n_junctions()).then(|| self.junctions.select(junction))
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>) {
        sink.group(Group::Structure);
        sink.column("event classes", &self.class_table);
        self.classes.save(sink, "event classes");
        self.seconds.save(sink, "event seconds");
        self.starts.save(sink, "event starts");
        self.filled.save(sink, "event starts");
        self.junctions.save(sink, "junctions");
    }

    pub(super) fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        let events = Self {
            class_table: source.column()?,
            classes: Narrow::open(source)?,
            seconds: Seconds::open(source)?,
            starts: Bits::open(source)?,
            filled: Bits::open(source)?,
            junctions: Bits::open(source)?,
        };
        let n_events = events.len();
        source.check(
            [
                events.seconds.len(),
                events.filled.len(),
                events.junctions.len(),
            ] == [n_events; 3]
                && events.filled.n_ones() == events.starts.n_ones(),
        )?;
        Ok(events)
    }
}

fn kind_of(code: u8) -> EventKind {
    EventKind::from_code(code).expect("kinds were coded by the builder")
}
