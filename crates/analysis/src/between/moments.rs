//! When a transfer arrives, and until when it can leave: by the order of the record, or by stated times alone.

use crate::temporal::{InGraph, Record};
use moneytrail_model::TransferIdx;
use moneytrail_store::graph::Graph;

/// A moment, to be compared only with others of the same [`Moments`].
pub(crate) type Moment = (i64, u8);

/// What decides whether one transfer can feed another.
#[derive(Debug)]
pub(crate) enum Moments<'a> {
    /// The place in the record. At a transfer to oneself the outflow comes first.
    Order,
    /// The interval in which it happened: whatever overlaps may have happened in either order.
    Times(InGraph<'a>),
}

impl<'a> Moments<'a> {
    pub(crate) fn times(graph: &'a Graph) -> Self {
        Self::Times(InGraph::new(graph))
    }

    /// From when on an outflow can draw on it.
    pub(crate) fn arrival(&self, transfer: TransferIdx) -> Moment {
        match self {
            Self::Order => (i64::from(transfer.raw()), 1),
            Self::Times(record) => (record.interval(transfer.idx()).0, 0),
        }
    }

    /// Until when inflows can feed it.
    pub(crate) fn departure(&self, transfer: TransferIdx) -> Moment {
        match self {
            Self::Order => (i64::from(transfer.raw()), 0),
            Self::Times(record) => (record.interval(transfer.idx()).1, 1),
        }
    }

    /// Until when it can have arrived at the latest.
    pub(crate) fn last_arrival(&self, transfer: TransferIdx) -> Moment {
        match self {
            Self::Order => self.arrival(transfer),
            Self::Times(record) => (record.interval(transfer.idx()).1, 1),
        }
    }

    /// From when on it can have left at the earliest.
    pub(crate) fn first_departure(&self, transfer: TransferIdx) -> Moment {
        match self {
            Self::Order => self.departure(transfer),
            Self::Times(record) => (record.interval(transfer.idx()).0, 0),
        }
    }

    /// Whether moments ascend with the ids of transfers.
    pub(crate) const fn is_order(&self) -> bool {
        matches!(self, Self::Order)
    }
}
