//! Which transfers arrive at a node and which leave it.
//!
//! Law: lists ascend, so they are in the order of the record. Only accounts have stored lists. A
//! junction's are the transfers of its event: those into it come first, those out of it next, and both
//! are ranges. An event whose transfers stand otherwise is *mixed*: its two lists are stored beside.

use super::class::Side;
use super::column::Column;
use super::file::{Group, Sink, Source};
use super::parts::Parts;
use crate::Error;
use crate::scratch::Scratch;
use moneytrail_model::TransferIdx;
use rayon::prelude::*;
use std::ops::Range;

/// Transfers in the order of the record: those of a node in one direction. A value of three words.
#[derive(Clone, Copy, Debug)]
pub struct TransferList<'a>(List<'a>);

#[derive(Clone, Copy, Debug)]
enum List<'a> {
    Stored(&'a [TransferIdx]),
    /// Consecutive ones: the first, and behind the last.
    Range(u32, u32),
}

impl<'a> TransferList<'a> {
    pub(super) const fn stored(transfers: &'a [TransferIdx]) -> Self {
        Self(List::Stored(transfers))
    }

    pub(super) fn range(range: Range<usize>) -> Self {
        Self(List::Range(number(range.start), number(range.end)))
    }

    /// How many there are.
    #[inline]
    pub const fn len(self) -> usize {
        match self.0 {
            List::Stored(transfers) => transfers.len(),
            List::Range(start, end) => (end - start) as usize,
        }
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The one at place `idx`. O(1).
    #[inline]
    pub fn get(self, idx: usize) -> Option<TransferIdx> {
        match self.0 {
            List::Stored(transfers) => transfers.get(idx).copied(),
            List::Range(start, end) => {
                let raw = start.checked_add(u32::try_from(idx).ok()?)?;
                (raw < end).then(|| TransferIdx::from_raw(raw))
            }
        }
    }

    /// The first one.
    #[inline]
    pub fn first(self) -> Option<TransferIdx> {
        self.get(0)
    }

    /// How many precede the first for which `is_before` is false; it must be true for all before
    /// that one. O(log n).
    pub fn partition_point(self, mut is_before: impl FnMut(TransferIdx) -> bool) -> usize {
        match self.0 {
            List::Stored(transfers) => transfers.partition_point(|&transfer| is_before(transfer)),
            List::Range(start, end) => {
                let (mut low, mut high) = (start, end);
                while low < high {
                    let middle = low.midpoint(high);
                    if is_before(TransferIdx::from_raw(middle)) {
                        low = middle + 1;
                    } else {
                        high = middle;
                    }
                }
                (low - start) as usize
            }
        }
    }

    /// All of them, in order.
    #[inline]
    pub fn iter(self) -> TransferIter<'a> {
        TransferIter(self)
    }
}

impl<'a> IntoIterator for TransferList<'a> {
    type Item = TransferIdx;
    type IntoIter = TransferIter<'a>;

    #[inline]
    fn into_iter(self) -> TransferIter<'a> {
        self.iter()
    }
}

/// Goes through a [`TransferList`].
#[derive(Clone, Debug)]
pub struct TransferIter<'a>(TransferList<'a>);

impl Iterator for TransferIter<'_> {
    type Item = TransferIdx;

    #[inline]
    fn next(&mut self) -> Option<TransferIdx> {
        match &mut self.0.0 {
            List::Stored(transfers) => {
                let (&first, rest) = transfers.split_first()?;
                *transfers = rest;
                Some(first)
            }
            List::Range(start, end) => (start < end).then(|| {
                *start += 1;
                TransferIdx::from_raw(*start - 1)
            }),
        }
    }

    /// O(1), so that `skip` is: who goes through a hub in stretches would walk from its first transfer each time.
    #[inline]
    fn nth(&mut self, n: usize) -> Option<TransferIdx> {
        match &mut self.0.0 {
            List::Stored(transfers) => *transfers = transfers.get(n..).unwrap_or_default(),
            List::Range(start, end) => {
                let n = u32::try_from(n).unwrap_or(u32::MAX);
                *start = start.saturating_add(n).min(*end);
            }
        }
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl ExactSizeIterator for TransferIter<'_> {}

/// Stored lists: of the accounts, and of the junctions of mixed events.
#[derive(Clone, Debug)]
pub(super) struct Adjacency {
    outs: Rows,
    ins: Rows,
    /// Mixed events, ascending; each has two rows: transfers into its junction, and out of it.
    mixed: Column<u32>,
    mixed_rows: Rows,
}

impl Adjacency {
    /// Lists of the accounts by counting sort, one share of the accounts for each thread; O(n) for
    /// each. Ids do not depend on the number of threads.
    pub(super) fn new(parts: &Parts, n_accounts: usize, scratch: &Scratch) -> Result<Self, Error> {
        let sides: Vec<Side> = parts.class_table.iter().map(|class| class.side).collect();
        let side = |transfer: usize| sides[parts.classes[transfer] as usize];
        let outs = Rows::new(n_accounts, scratch, |each| {
            for (transfer, &account) in (0..).zip(parts.accounts.iter()) {
                if side(transfer as usize) != Side::Out {
                    each(account, transfer);
                }
            }
        })?;
        let ins = Rows::new(n_accounts, scratch, |each| {
            let mut others = parts.others.iter();
            for (transfer, &account) in (0..).zip(parts.accounts.iter()) {
                match side(transfer as usize) {
                    Side::Into => {}
                    Side::Out => each(account, transfer),
                    Side::Between => each(*others.next().expect("one for each"), transfer),
                }
            }
        })?;
        let (mut mixed, mut rows) = (Vec::new(), [vec![0], Vec::new()]);
        for (event, range) in (0..).zip(parts.event_first.windows(2)) {
            if !(range[0]..range[1]).is_sorted_by_key(|t| side(t as usize)) {
                mixed.push(event);
                for wanted in [Side::Into, Side::Out] {
                    let found = (range[0]..range[1]).filter(|&t| side(t as usize) == wanted);
                    rows[1].extend(found);
                    let end = number(rows[1].len());
                    rows[0].push(end);
                }
            }
        }
        let [offsets, transfers] = rows;
        let transfers: Vec<_> = transfers.into_iter().map(TransferIdx::from_raw).collect();
        Ok(Self {
            outs,
            ins,
            mixed: mixed.into(),
            mixed_rows: Rows {
                offsets: offsets.into(),
                transfers: transfers.into(),
            },
        })
    }

    /// Transfers out of an account.
    #[inline]
    pub(super) fn leaving(&self, account: usize) -> TransferList<'_> {
        TransferList::stored(self.outs.get(account))
    }

    /// Transfers to an account.
    #[inline]
    pub(super) fn arriving(&self, account: usize) -> TransferList<'_> {
        TransferList::stored(self.ins.get(account))
    }

    /// Transfers of a junction on one side, given those of its event.
    #[inline]
    pub(super) fn of_junction(
        &self,
        event: usize,
        transfers: Range<usize>,
        side: Side,
        side_of: impl Fn(TransferIdx) -> Side,
    ) -> TransferList<'_> {
        if !self.mixed.is_empty()
            && let Ok(place) = self.mixed.binary_search(&number(event))
        {
            return TransferList::stored(self.mixed_rows.get(2 * place + side as usize));
        }
        let start = transfers.start;
        let all = TransferList::range(transfers);
        let first = match side {
            Side::Into => 0,
            _ => all.partition_point(|transfer| side_of(transfer) < side),
        };
        let end = all.partition_point(|transfer| side_of(transfer) <= side);
        TransferList::range(start + first..start + end)
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>) {
        sink.group(Group::Structure);
        self.outs.save(sink, "transfers out of accounts");
        self.ins.save(sink, "transfers to accounts");
        sink.column("mixed events", &self.mixed);
        self.mixed_rows.save(sink, "mixed events");
    }

    pub(super) fn open(source: &mut Source<'_>, n_accounts: usize) -> Result<Self, Error> {
        let adjacency = Self {
            outs: Rows::open(source)?,
            ins: Rows::open(source)?,
            mixed: source.column()?,
            mixed_rows: Rows::open(source)?,
        };
        source.check(
            [adjacency.outs.offsets.len(), adjacency.ins.offsets.len()] == [n_accounts + 1; 2]
                && adjacency.mixed_rows.offsets.len() == 2 * adjacency.mixed.len() + 1,
        )?;
        Ok(adjacency)
    }
}

/// Compressed sparse rows.
#[derive(Clone, Debug)]
struct Rows {
    offsets: Column<u32>,
    transfers: Column<TransferIdx>,
}

impl Rows {
    /// Rows by stable counting sort. `all` hands on every pair of row and transfer, in the order in
    /// which they are to stand in a row; it is asked twice for each share of the rows.
    fn new(
        n_rows: usize,
        scratch: &Scratch,
        all: impl Fn(&mut dyn FnMut(u32, u32)) + Sync,
    ) -> Result<Self, Error> {
        let n_each = n_rows.div_ceil(rayon::current_num_threads()).max(1);
        let mut offsets = scratch.array::<u32>(n_rows + 1)?;
        offsets[1..]
            .par_chunks_mut(n_each)
            .enumerate()
            .for_each(|(share, counts)| {
                let first = number(share * n_each);
                all(&mut |row, _| {
                    if let Some(count) = counts.get_mut(row.wrapping_sub(first) as usize) {
                        *count += 1;
                    }
                });
            });
        for row in 0..n_rows {
            offsets[row + 1] += offsets[row];
        }
        let n_values = offsets[n_rows] as usize;
        let mut transfers = scratch.array::<TransferIdx>(n_values)?;
        let (mut shares, mut rest) = (Vec::new(), &mut transfers[..]);
        for first in (0..n_rows).step_by(n_each) {
            let rows = &offsets[first..=n_rows.min(first + n_each)];
            let n_values = (rows[rows.len() - 1] - rows[0]) as usize;
            let (share, behind) = rest.split_at_mut(n_values);
            shares.push((number(first), rows, share));
            rest = behind;
        }
        shares
            .into_par_iter()
            .try_for_each(|(first, rows, share)| {
                let starts = rows[..rows.len() - 1].iter().map(|at| at - rows[0]);
                let mut next = scratch.collect(starts)?;
                all(&mut |row, transfer| {
                    if let Some(next) = next.get_mut(row.wrapping_sub(first) as usize) {
                        share[*next as usize] = TransferIdx::from_raw(transfer);
                        *next += 1;
                    }
                });
                Ok::<_, Error>(())
            })?;
        Ok(Self {
            offsets: offsets.into(),
            transfers: transfers.into(),
        })
    }

    #[inline]
    fn get(&self, row: usize) -> &[TransferIdx] {
        &self.transfers[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    fn save<'a>(&'a self, sink: &mut Sink<'a>, part: &'static str) {
        sink.column(part, &self.offsets);
        sink.column(part, &self.transfers);
    }

    fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        Ok(Self {
            offsets: source.column()?,
            transfers: source.column()?,
        })
    }
}

fn number(idx: usize) -> u32 {
    u32::try_from(idx).expect("the limits of the index were checked")
}

#[cfg(test)]
mod tests {
    use super::TransferList;
    use moneytrail_model::TransferIdx;

    /// What `nth` leaves and gives is what going on step by step does.
    #[test]
    fn a_stretch_of_a_list_is_the_same_in_both_forms() {
        let stored: Vec<TransferIdx> = (5..12).map(TransferIdx::from_raw).collect();
        for list in [TransferList::stored(&stored), TransferList::range(5..12)] {
            for from in 0..10 {
                for to in 0..10 {
                    let mut stretch = Vec::new();
                    for place in from..to {
                        stretch.extend(list.get(place));
                    }
                    let skipped: Vec<TransferIdx> = list.iter().take(to).skip(from).collect();
                    assert_eq!(skipped, stretch, "{from}..{to}");
                }
                let mut left = list.iter();
                assert_eq!(left.nth(from), list.get(from));
                assert_eq!(left.len(), 7_usize.saturating_sub(from + 1));
            }
            assert_eq!(list.iter().nth(usize::MAX), None);
        }
    }
}
