//! What a pass reads: columns, or a graph's index as it is.

use crate::topology::boundary;
use moneytrail_model::{EventIdx, TransferIdx};
use moneytrail_store::graph::Graph;
use std::ops::Range;

/// Transfers with their times, in the order of the record.
pub trait Record: Sync {
    /// Nodes; ends are below.
    fn n_nodes(&self) -> usize;

    /// Transfers, at most 2³² − 2.
    fn n_transfers(&self) -> usize;

    /// Where a transfer comes from and goes to; `None` if no path uses it.
    fn ends(&self, transfer: usize) -> Option<(u32, u32)>;

    /// The earliest and the latest second in which it happened, the first not after the second.
    fn interval(&self, transfer: usize) -> (i64, i64);
}

/// Columns of equal length, one entry per transfer.
#[derive(Clone, Copy, Debug)]
pub struct Timed<'a> {
    /// Nodes.
    pub n_nodes: u32,
    /// Where it comes from, below `n_nodes`.
    pub from: &'a [u32],
    /// Where it goes, below `n_nodes`.
    pub to: &'a [u32],
    /// `Instant::earliest` of its time.
    pub earliest: &'a [i64],
    /// `Instant::latest` of its time; may be the same slice if all are instants.
    pub latest: &'a [i64],
}

impl Record for Timed<'_> {
    fn n_nodes(&self) -> usize {
        self.n_nodes as usize
    }

    fn n_transfers(&self) -> usize {
        self.from.len()
    }

    #[inline]
    fn ends(&self, transfer: usize) -> Option<(u32, u32)> {
        // Columns cut to one length have one bound, which is checked once for all of them.
        let n = self.from.len();
        Some((self.from[transfer], self.to[..n][transfer]))
    }

    #[inline]
    fn interval(&self, transfer: usize) -> (i64, i64) {
        let n = self.from.len();
        (self.earliest[..n][transfer], self.latest[..n][transfer])
    }
}

/// A graph's transfers, of all assets and layers, without a copy. A junction is a node, so a path
/// goes through a UTXO transaction from any input to any output. Boundary nodes are reached but not
/// followed.
///
/// Times are the effective ones of the record (`tracing.md` rule 1): a block may bear an earlier stamp than
/// the one before it, and what a link shows to have come later came later. The order of the record ascends
/// in them, so that the effective earliest second of an event is the greatest of any event up to it.
#[derive(Clone, Debug)]
pub struct InGraph<'a> {
    graph: &'a Graph,
    outside: Range<u32>,
    /// Events whose earliest second is greater than any before, with that second.
    records: Vec<(u32, i64)>,
}

impl<'a> InGraph<'a> {
    /// The record of a graph. O(events).
    pub fn new(graph: &'a Graph) -> Self {
        let _in_order = graph.in_order();
        let mut records: Vec<(u32, i64)> = Vec::new();
        for event in (0..graph.n_events()).map(EventIdx::new) {
            let earliest = graph.time(event).earliest();
            if records.last().is_none_or(|last| last.1 < earliest) {
                records.push((event.raw(), earliest));
            }
        }
        Self {
            graph,
            outside: boundary(graph),
            records,
        }
    }

    /// The graph.
    pub(crate) const fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// The greatest earliest second of any event up to this one.
    fn effective(&self, event: EventIdx) -> i64 {
        let behind = self
            .records
            .partition_point(|record| record.0 <= event.raw());
        self.records[behind - 1].1
    }
}

impl Record for InGraph<'_> {
    fn n_nodes(&self) -> usize {
        self.graph.n_nodes()
    }

    fn n_transfers(&self) -> usize {
        self.graph.n_transfers()
    }

    #[inline]
    fn ends(&self, transfer: usize) -> Option<(u32, u32)> {
        let transfer = TransferIdx::new(transfer);
        let from = self.graph.from(transfer).raw();
        let is_followed = !self.outside.contains(&from);
        is_followed.then(|| (from, self.graph.to(transfer).raw()))
    }

    #[inline]
    fn interval(&self, transfer: usize) -> (i64, i64) {
        let event = self.graph.event_of(TransferIdx::new(transfer));
        let earliest = self.effective(event);
        (earliest, self.graph.time(event).latest().max(earliest))
    }
}

/// A record played backwards: last transfer first, from payee to payer, with time running down. `!`
/// is the order-reversing map of seconds that has no overflow (`!t` = `−t − 1`).
pub(super) struct Reversed<'a, R>(pub(super) &'a R);

impl<R: Record> Record for Reversed<'_, R> {
    fn n_nodes(&self) -> usize {
        self.0.n_nodes()
    }

    fn n_transfers(&self) -> usize {
        self.0.n_transfers()
    }

    #[inline]
    fn ends(&self, transfer: usize) -> Option<(u32, u32)> {
        let (from, to) = self.0.ends(self.n_transfers() - 1 - transfer)?;
        Some((to, from))
    }

    #[inline]
    fn interval(&self, transfer: usize) -> (i64, i64) {
        let (earliest, latest) = self.0.interval(self.n_transfers() - 1 - transfer);
        (!latest, !earliest)
    }
}

/// A record in another order.
pub(super) struct Ordered<'a, R> {
    record: &'a R,
    order: Vec<u32>,
}

impl<'a, R: Record> Ordered<'a, R> {
    /// By earliest second, in the order of the record where that is equal. Nearly linear if few are
    /// out of place, else O(n log n).
    pub(super) fn by_earliest(record: &'a R) -> Self {
        let n = u32::try_from(record.n_transfers()).expect("transfers are numbered by u32");
        let mut order: Vec<u32> = (0..n).collect();
        order.sort_by_key(|&transfer| record.interval(transfer as usize).0);
        Self { record, order }
    }
}

impl<R: Record> Record for Ordered<'_, R> {
    fn n_nodes(&self) -> usize {
        self.record.n_nodes()
    }

    fn n_transfers(&self) -> usize {
        self.order.len()
    }

    #[inline]
    fn ends(&self, transfer: usize) -> Option<(u32, u32)> {
        self.record.ends(self.order[transfer] as usize)
    }

    #[inline]
    fn interval(&self, transfer: usize) -> (i64, i64) {
        self.record.interval(self.order[transfer] as usize)
    }
}
