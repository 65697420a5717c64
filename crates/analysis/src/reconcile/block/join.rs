//! The two sides of a pass, joined by key.

use super::key::{Head, Heads, Reach, buckets, put_heads};
use super::{Pass, may_pair};
use crate::reconcile::Options;
use crate::reconcile::compare::{is_within, near_units};
use crate::reconcile::number;
use crate::reconcile::order::Side;
use crate::reconcile::record::{Glance, Records, Sums};
use moneytrail_model::Amount;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::ops::Range;

/// Records that a thread takes at once.
const N_AT_ONCE: usize = 1024;

/// Records of the received side with one key.
#[derive(Clone, Debug)]
struct Cell {
    /// The bucket of days, if the pass asks for days and the records state them.
    bucket: Option<i32>,
    received: Range<u32>,
    /// Records of the sent side that look at it.
    n_sent: u32,
}

impl Cell {
    fn n_pairs(&self) -> u64 {
        u64::from(self.n_sent) * self.received.len() as u64
    }
}

/// Neighbouring cells.
type Cells = (u32, u32);

/// What is asked of a record of the received side before it is looked at itself.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: u32,
    book: u32,
    side: Side,
    /// The first and the last that it may have happened on.
    days: (i32, i32),
    /// Its only sum.
    asset: Option<u32>,
    units: i64,
}

impl Entry {
    fn of(glance: &Glance) -> Self {
        let (asset, units) = match glance.sums {
            Sums::One { asset, units } => (Some(asset), units),
            Sums::None | Sums::More => (None, 0),
        };
        Self {
            place: glance.place,
            book: glance.book,
            side: glance.side,
            days: glance.days.unwrap_or(ANY_DAYS),
            asset,
            units,
        }
    }
}

/// Days of which nothing is known: near to all.
const ANY_DAYS: (i32, i32) = (i32::MIN, i32::MAX);

/// The two sides of a pass, joined by key.
#[derive(Debug)]
pub(super) struct Join {
    reach: Reach,
    /// By head and bucket.
    cells: Vec<Cell>,
    /// The received side, by cell.
    received: Vec<Entry>,
    /// Cells that the records of the sent side look at, and where those of each record begin.
    looked_at: Vec<Cells>,
    offsets: Vec<u32>,
}

impl Join {
    /// O(keys · log keys).
    pub(super) fn new(records: &Records<'_>, pass: Pass, options: &Options) -> Self {
        let reach = Reach::of(pass, options);
        let chunks = || records.glances.par_chunks(N_AT_ONCE);
        let keyed = chunks().flat_map_iter(|chunk| {
            let (mut heads, mut keys) = (Heads::new(), Vec::new());
            for record in chunk.iter().filter(|of| of.side != Side::Sent) {
                put_heads(&mut heads, records, record, pass, false);
                let days = buckets(record.days, reach.days);
                for &head in &heads {
                    keys.push((head, days.map(|of| of.0), record.place));
                    if let Some((_, last)) = days.filter(|of| of.0 != of.1) {
                        keys.push((head, Some(last), record.place));
                    }
                }
            }
            keys
        });
        let mut keyed: Vec<(Head, Option<i32>, u32)> = keyed.collect();
        keyed.par_sort_unstable();
        let (mut cells, mut heads) = (Vec::new(), FxHashMap::<Head, Range<usize>>::default());
        let mut start = 0;
        for of_head in keyed.chunk_by(|a, b| a.0 == b.0) {
            let first = cells.len();
            for same in of_head.chunk_by(|a, b| a.1 == b.1) {
                let end = start + number(same.len());
                cells.push(Cell {
                    bucket: same[0].1,
                    received: start..end,
                    n_sent: 0,
                });
                start = end;
            }
            heads.insert(of_head[0].0, first..cells.len());
        }
        let looks = chunks().map(|chunk| {
            let (mut own, mut looked_at) = (Heads::new(), Vec::new());
            let ends = chunk.iter().map(|record| {
                if record.side != Side::Received {
                    put_heads(&mut own, records, record, pass, true);
                    let days = buckets(record.days, reach.days);
                    let of_heads = own.iter().filter_map(|head| heads.get(head));
                    looked_at.extend(of_heads.flat_map(|of| near(&cells, of, days)));
                }
                looked_at.len()
            });
            let ends: Vec<usize> = ends.collect();
            (looked_at, ends)
        });
        let looks: Vec<(Vec<Cells>, Vec<usize>)> = looks.collect();
        let (mut looked_at, mut offsets) = (Vec::new(), vec![0]);
        for (of_chunk, ends) in looks {
            let first = looked_at.len();
            offsets.extend(ends.into_iter().map(|end| number(first + end)));
            looked_at.extend(of_chunk);
        }
        for &(first, last) in &looked_at {
            let cells = &mut cells[first as usize..last as usize];
            for cell in cells {
                cell.n_sent += 1;
            }
        }
        let received = keyed.into_iter();
        Self {
            reach,
            cells,
            received: received
                .map(|of| Entry::of(&records.glances[of.2 as usize]))
                .collect(),
            looked_at,
            offsets,
        }
    }

    /// How many keys of the received side more than the most pairs look at, and how many pairs those would have given.
    pub(super) fn left_out(&self, pairs_max: u64) -> (u64, u64) {
        let sizes = self.cells.iter().map(Cell::n_pairs);
        let over = sizes.filter(|&n| n > pairs_max);
        over.fold((0, 0_u64), |(n, pairs), of| {
            (n + 1, pairs.saturating_add(of))
        })
    }

    /// Puts the places of the partners of a record of the sent side behind what is there, some of them more than once.
    pub(super) fn put_partners(
        &self,
        records: &Records<'_>,
        sent: &Glance,
        pairs_max: u64,
        found: &mut Vec<u32>,
    ) {
        let [from, to] = [0, 1].map(|of| self.offsets[sent.place as usize + of] as usize);
        let within = self.reach.days.unwrap_or(i32::MAX);
        let days = sent.days.unwrap_or(ANY_DAYS);
        let (earliest, latest) = (days.0.saturating_sub(within), days.1.saturating_add(within));
        let may_be = |of: &Entry| {
            of.days.0 <= latest
                && of.days.1 >= earliest
                && may_pair((sent.side, sent.book), (of.side, of.book))
        };
        let only = match (self.reach.percent, sent.sums) {
            (Some(percent), Sums::One { asset, units }) => {
                Some(asset).zip(near_units(units, percent))
            }
            _ => None,
        };
        let is_alike = |of: &Entry| match (&only, of.asset, self.reach.percent) {
            (Some((asset, near)), Some(own), _) => own == *asset && near.contains(&of.units),
            (_, _, percent) => {
                let received = &records.glances[of.place as usize];
                percent.map_or_else(
                    || have_one_token(records, sent, received),
                    |percent| are_alike(records.sums(sent), records.sums(received), percent),
                )
            }
        };
        for &(first, last) in &self.looked_at[from..to] {
            for cell in &self.cells[first as usize..last as usize] {
                if cell.n_pairs() > pairs_max {
                    continue;
                }
                let range = cell.received.start as usize..cell.received.end as usize;
                let of_cell = self.received[range].iter();
                let partners = of_cell.filter(|of| may_be(of) && is_alike(of));
                found.extend(partners.map(|of| of.place));
            }
        }
    }
}

/// So many buckets between the first and the last day at most, and their two windows touch: apart they would count a cell twice.
const SPAN_OF_ONE: i32 = 3;

/// Of the cells of a head those that may hold what is near: the buckets of the first and the last day, and those beside them.
fn near(cells: &[Cell], of_head: &Range<usize>, days: Option<(i32, i32)>) -> SmallVec<[Cells; 2]> {
    let of_head_cells = &cells[of_head.clone()];
    let between = |from: Option<i32>, to: Option<i32>| {
        let first = of_head_cells.partition_point(|cell| cell.bucket < from);
        let n = of_head_cells[first..].partition_point(|cell| cell.bucket <= to);
        let first = of_head.start + first;
        (number(first), number(first + n))
    };
    let around =
        |from: i32, to: i32| between(Some(from.saturating_sub(1)), Some(to.saturating_add(1)));
    let mut found: SmallVec<[Cells; 2]> = SmallVec::new();
    match days {
        None => found.push(between(None, None)),
        Some((first, last)) if last.saturating_sub(first) <= SPAN_OF_ONE => {
            found.push(around(first, last));
        }
        Some((first, last)) => found.extend([around(first, first), around(last, last)]),
    }
    found.retain(|of| of.0 < of.1);
    found
}

/// Whether of two records' sums two are of one asset and differ by at most so many per cent, or one has none.
fn are_alike(a: &[(u32, Amount)], b: &[(u32, Amount)], percent: u32) -> bool {
    let is_alike =
        |a: &(u32, Amount), b: &(u32, Amount)| a.0 == b.0 && is_within(a.1, b.1, percent);
    a.is_empty() || b.is_empty() || a.iter().any(|a| b.iter().any(|b| is_alike(a, b)))
}

fn have_one_token(records: &Records<'_>, sent: &Glance, received: &Glance) -> bool {
    let [a, b] = [sent, received].map(|of| Some(records.details(of)?.token?.0));
    a == b
}
