//! Where events were read.
//!
//! Law: an event's first citation is the record through which it entered the graph. That of nearly
//! every event is its only one and speaks of all of it: exhibit and row in two columns. Further ones,
//! and those that speak of one transfer alone, stand in a table sorted by event.

use super::column::Column;
use super::file::{Group, Sink, Source};
use super::narrow::Narrow;
use super::parts::Parts;
use crate::Error;
use crate::scratch::Scratch;
use moneytrail_model::TransferIdx;
use rayon::prelude::*;

/// Stored for the row of an event without a first citation of all of it, and for the transfer of a
/// citation of all of an event.
const NONE: u32 = u32::MAX;

/// Where an event was read: a row of a segment's `events.parquet`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Citation {
    /// Number of the exhibit.
    pub exhibit: u32,
    /// Row in its events, from 0.
    pub event_row: u32,
}

/// Columns about citations.
#[derive(Clone, Debug)]
pub(super) struct Citations {
    exhibits: Narrow,
    rows: Column<u32>,
    more_events: Column<u32>,
    more_exhibits: Narrow,
    more_rows: Column<u32>,
    /// The one transfer that a record speaks of.
    more_transfers: Column<u32>,
}

impl Citations {
    /// From the record. O(n), and O(m log m) in further citations.
    pub(super) fn new(parts: &mut Parts, scratch: &Scratch) -> Result<Self, Error> {
        let mut more = std::mem::take(&mut parts.more_citations);
        more.sort_by_key(|row| row.0);
        let exhibits: Vec<u32> = more.iter().map(|row| row.1.exhibit).collect();
        let column = |value: fn(&(u32, Citation, u32)) -> u32| -> Result<Column<u32>, Error> {
            Ok(scratch.collect(more.iter().map(value))?.into())
        };
        Ok(Self {
            exhibits: Narrow::new(&parts.citation_exhibits, scratch)?,
            rows: std::mem::take(&mut parts.citation_rows).into(),
            more_exhibits: Narrow::new(&exhibits, scratch)?,
            more_events: column(|row| row.0)?,
            more_rows: column(|row| row.1.event_row)?,
            more_transfers: column(|row| row.2)?,
        })
    }

    /// Citations of an event: each with the one transfer that it speaks of, if it does.
    pub(super) fn of(
        &self,
        event: usize,
    ) -> impl ExactSizeIterator<Item = (Citation, Option<TransferIdx>)> + '_ {
        let first = (self.rows[event] != NONE).then(|| Citation {
            exhibit: self.exhibits.get(event),
            event_row: self.rows[event],
        });
        let (mut start, mut end) = (0, 0);
        if !self.more_events.is_empty() {
            start = self
                .more_events
                .partition_point(|&row| (row as usize) < event);
            let behind = &self.more_events[start..];
            end = start + behind.partition_point(|&row| row as usize == event);
        }
        // One range over both, so that its length is known: 0 is the first, then the further ones.
        let n_first = usize::from(first.is_some());
        (0..n_first + end - start).map(move |place| match first {
            Some(first) if place == 0 => (first, None),
            _ => self.further(start + place - n_first),
        })
    }

    /// Events whose first citation is one of these, ascending. O(n), in parallel.
    pub(super) fn first_cited(&self, wanted: &[Citation]) -> Vec<usize> {
        let is_wanted = |event: usize, row: u32| {
            let exhibit = || self.exhibits.get(event);
            row != NONE && (wanted.iter()).any(|of| of.event_row == row && of.exhibit == exhibit())
        };
        let rows: &[u32] = &self.rows;
        let mut events: Vec<usize> = (rows.par_iter().enumerate())
            .filter_map(|(event, &row)| is_wanted(event, row).then_some(event))
            .collect();
        for (row, &event) in self.more_events.iter().enumerate() {
            let is_first = row
                .checked_sub(1)
                .is_none_or(|before| self.more_events[before] < event);
            let event = event as usize;
            if is_first && rows[event] == NONE && wanted.contains(&self.further(row).0) {
                events.push(event);
            }
        }
        events.sort_unstable();
        events
    }

    fn further(&self, row: usize) -> (Citation, Option<TransferIdx>) {
        let citation = Citation {
            exhibit: self.more_exhibits.get(row),
            event_row: self.more_rows[row],
        };
        let about = Some(self.more_transfers[row]).filter(|&transfer| transfer != NONE);
        (citation, about.map(TransferIdx::from_raw))
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>) {
        sink.group(Group::Structure);
        self.exhibits.save(sink, "citations");
        sink.column("citations", &self.rows);
        sink.column("further citations", &self.more_events);
        self.more_exhibits.save(sink, "further citations");
        sink.column("further citations", &self.more_rows);
        sink.column("further citations", &self.more_transfers);
    }

    pub(super) fn open(source: &mut Source<'_>, n_events: usize) -> Result<Self, Error> {
        let citations = Self {
            exhibits: Narrow::open(source)?,
            rows: source.column()?,
            more_events: source.column()?,
            more_exhibits: Narrow::open(source)?,
            more_rows: source.column()?,
            more_transfers: source.column()?,
        };
        let further = [
            citations.more_exhibits.len(),
            citations.more_rows.len(),
            citations.more_transfers.len(),
        ];
        source.check(
            [citations.exhibits.len(), citations.rows.len()] == [n_events; 2]
                && further == [citations.more_events.len(); 3],
        )?;
        Ok(citations)
    }
}
