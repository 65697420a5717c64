//! Transaction ids of events, and the events of a transaction id.
//!
//! Law: ids stand in the order of their events, and beside them the same events in the order of their
//! ids; events with one id are in the order of the record. The network stands with the event.

use super::bits::Bits;
use super::column::Column;
use super::file::{Group, Sink, Source};
use super::parts::Parts;
use crate::Error;
use moneytrail_model::EventIdx;
use rayon::prelude::*;

/// Columns about transaction ids.
#[derive(Clone, Debug)]
pub(super) struct Txids {
    /// The events that have one.
    present: Bits,
    ids: Column<[u8; 32]>,
    /// Events in the order of their ids.
    order: Column<u32>,
}

impl Txids {
    /// From the record; `is_present` says which events have an id. O(n log n).
    pub(super) fn new(parts: &mut Parts, is_present: impl Fn(usize) -> bool) -> Self {
        let n_events = parts.event_kinds.len();
        let present = Bits::new((0..n_events).map(is_present));
        let mut ids = std::mem::take(&mut parts.event_txids);
        let by_event = |event: u32| ids[event as usize];
        let mut order: Vec<u32> = (0_u32..)
            .take(n_events)
            .filter(|&event| present.get(event as usize))
            .collect();
        order.par_sort_unstable_by_key(|&event| (by_event(event), event));
        if !present.is_full() {
            let mut event = 0..;
            ids.retain(|_| event.next().is_some_and(|event| present.get(event)));
        }
        Self {
            present,
            ids: ids.into(),
            order: order.into(),
        }
    }

    /// The id of an event. O(1).
    #[inline]
    pub(super) fn get(&self, event: usize) -> Option<&[u8; 32]> {
        (self.present.get(event)).then(|| &self.ids[self.present.rank(event)])
    }

    /// Events with this id, ascending. O(log n).
    pub(super) fn events(&self, txid: &[u8; 32]) -> impl ExactSizeIterator<Item = EventIdx> + '_ {
        let id_of = |event: u32| &self.ids[self.present.rank(event as usize)];
        let start = self.order.partition_point(|&event| id_of(event) < txid);
        let behind = &self.order[start..];
        let n_equal = behind.partition_point(|&event| id_of(event) == txid);
        behind[..n_equal]
            .iter()
            .map(|&event| EventIdx::from_raw(event))
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>) {
        sink.group(Group::Txids);
        self.present.save(sink, "txids");
        sink.column("txids", &self.ids);
        sink.group(Group::LookUps);
        sink.column("events by txid", &self.order);
    }

    pub(super) fn open(source: &mut Source<'_>, n_events: usize) -> Result<Self, Error> {
        let txids = Self {
            present: Bits::open(source)?,
            ids: source.column()?,
            order: source.column()?,
        };
        let n_ids = txids.present.n_ones();
        source.check(
            txids.present.len() == n_events && [txids.ids.len(), txids.order.len()] == [n_ids; 2],
        )?;
        Ok(txids)
    }
}
