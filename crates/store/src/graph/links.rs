//! Links between transfers.
//!
//! Law: a link joins an earlier transfer to a later one that spends it. Nearly all are outpoints: the
//! later transfer spends the earlier one wholly, is paid by nothing else, and an exhibit says so. Such
//! a *whole* link is one number at either end: the transfer at the other. Its amounts are those of the
//! transfers. All others stand in a table, sorted by (later, earlier), with an index by earlier ones.
//! In each direction a transfer has either one whole link or rows of the table, never both.

use super::amounts::Amounts;
use super::column::Column;
use super::file::{Group, Sink, Source};
use super::narrow::Narrow;
use super::parts::{LinkPart, Parts};
use crate::Error;
use crate::scratch::{Array, Scratch};
use moneytrail_model::{Amount, Basis, TransferIdx};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// Stored for a transfer without a whole link.
const NONE: u32 = u32::MAX;
/// At least one of so many transfers must have a whole link for the column to be worth its bytes: it
/// answers at once where the table is searched.
const TRANSFERS_PER_LINK: usize = 32;
static FACT: Basis = Basis::Fact;

/// Names a link of one index. The order is that of (later, earlier).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId {
    later: TransferIdx,
    /// Row of the table; 0 for a whole link.
    row: u32,
}

/// A link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link<'a> {
    /// Its name in this index.
    pub id: LinkId,
    /// The transfer that is spent.
    pub earlier: TransferIdx,
    /// The transfer that spends it.
    pub later: TransferIdx,
    /// Units of the earlier one that it consumes.
    pub consumed: Amount,
    /// Units of the later one that it pays.
    pub paid: Amount,
    /// What it rests on.
    pub basis: &'a Basis,
}

/// Columns about links.
#[derive(Clone, Debug)]
pub(super) struct Links {
    n_whole: usize,
    /// The transfer at the other end of a whole link, which spends this one if it comes later; empty
    /// without whole links.
    linked: Column<u32>,
    /// The table.
    later: Column<TransferIdx>,
    earlier: Column<TransferIdx>,
    consumed: Amounts,
    paid: Amounts,
    bases: Narrow,
    /// Rows of the table, ascending by (earlier, later).
    by_earlier: Column<u32>,
}

impl Links {
    /// From the record: whole links by later transfer, and others. O(n), and O(m log m) in the others.
    pub(super) fn new(parts: &mut Parts, scratch: &Scratch) -> Result<Self, Error> {
        let (linked, n_whole) = whole_links(parts, scratch)?;
        let rows = &mut parts.links;
        rows.par_sort_unstable();
        rows.dedup();
        let rows = &parts.links;
        let mut by_earlier: Vec<u32> = (0..).take(rows.len()).collect();
        by_earlier.par_sort_by_key(|&row| rows[row as usize].1);
        let bases: Vec<u32> = rows.iter().map(|row| row.4.into()).collect();
        let transfers = |end: fn(&LinkPart) -> u32| -> Column<TransferIdx> {
            let all = rows.iter().map(end).map(TransferIdx::from_raw);
            all.collect::<Vec<_>>().into()
        };
        Ok(Self {
            n_whole,
            linked: linked.into(),
            later: transfers(|row| row.0),
            earlier: transfers(|row| row.1),
            consumed: Amounts::new(|| rows.iter().map(|row| Some(row.2.units())), scratch)?,
            paid: Amounts::new(|| rows.iter().map(|row| Some(row.3.units())), scratch)?,
            bases: Narrow::new(&bases, scratch)?,
            by_earlier: by_earlier.into(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.n_whole + self.later.len()
    }

    /// Links in which a transfer spends, ascending by the earlier transfer.
    #[inline]
    pub(super) fn spending(&self, later: TransferIdx) -> Found {
        match self.linked.get(later.idx()) {
            Some(&other) if other < later.raw() => {
                Found::Whole(TransferIdx::from_raw(other), later)
            }
            _ => Found::rows(&self.later, |row| row, later, false),
        }
    }

    /// Links in which a transfer is spent, ascending by the later transfer.
    #[inline]
    pub(super) fn spent_by(&self, earlier: TransferIdx) -> Found {
        match self.linked.get(earlier.idx()) {
            Some(&other) if other != NONE && other > earlier.raw() => {
                Found::Whole(earlier, TransferIdx::from_raw(other))
            }
            _ => Found::rows(
                &self.earlier,
                |row| self.by_earlier[row] as usize,
                earlier,
                true,
            ),
        }
    }

    /// The link with this name.
    pub(super) fn find(&self, id: LinkId) -> Found {
        match self.linked.get(id.later.idx()) {
            Some(&other) if other < id.later.raw() => {
                Found::Whole(TransferIdx::from_raw(other), id.later)
            }
            _ => Found::Rows(id.row..id.row + 1, false),
        }
    }

    fn row<'a>(&self, row: usize, bases: &'a [Basis]) -> Link<'a> {
        let said = "links have amounts";
        Link {
            id: LinkId {
                later: self.later[row],
                row: u32::try_from(row).expect("the limits of the index were checked"),
            },
            earlier: self.earlier[row],
            later: self.later[row],
            consumed: self.consumed.get(row).expect(said),
            paid: self.paid.get(row).expect(said),
            basis: &bases[self.bases.get(row) as usize],
        }
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>) {
        sink.group(Group::Structure);
        sink.number(self.n_whole as u64);
        sink.column("whole links", &self.linked);
        sink.column("other links", &self.later);
        sink.column("other links", &self.earlier);
        self.consumed.save(sink, "other links");
        self.paid.save(sink, "other links");
        self.bases.save(sink, "other links");
        sink.column("other links", &self.by_earlier);
    }

    pub(super) fn open(source: &mut Source<'_>, n_transfers: usize) -> Result<Self, Error> {
        let links = Self {
            n_whole: source.count()?,
            linked: source.column()?,
            later: source.column()?,
            earlier: source.column()?,
            consumed: Amounts::open(source)?,
            paid: Amounts::open(source)?,
            bases: Narrow::open(source)?,
            by_earlier: source.column()?,
        };
        let lengths = [
            links.earlier.len(),
            links.consumed.len(),
            links.paid.len(),
            links.bases.len(),
            links.by_earlier.len(),
        ];
        source.check(
            lengths == [links.later.len(); 5]
                && [0, n_transfers].contains(&links.linked.len())
                && (links.n_whole == 0) == links.linked.is_empty(),
        )?;
        Ok(links)
    }
}

/// The column of whole links, and how many there are. Those that cannot stand in it, because a transfer
/// would have links of both forms in one direction or two numbers to store, join the others; so do all
/// if they are few.
fn whole_links(parts: &mut Parts, scratch: &Scratch) -> Result<(Array<u32>, usize), Error> {
    let spends = std::mem::take(&mut parts.spends);
    let candidates = || (0_u32..).zip(spends.iter()).filter(|pair| *pair.1 != NONE);
    let laters: FxHashSet<u32> = parts.links.iter().map(|row| row.0).collect();
    let mut earliers: FxHashSet<u32> = parts.links.iter().map(|row| row.1).collect();
    // Until they are decided on, the column holds what spends each transfer that itself spends nothing.
    let mut linked = scratch.array::<u32>(spends.len())?;
    linked.fill(NONE);
    for (later, &earlier) in candidates() {
        let other = &mut linked[earlier as usize];
        if *other != NONE {
            earliers.insert(earlier);
        } else if spends[earlier as usize] == NONE {
            *other = later;
        }
    }
    let is_whole = |later: u32, earlier: u32| {
        earlier < later
            && spends[earlier as usize] == NONE
            && !laters.contains(&later)
            && !earliers.contains(&earlier)
    };
    let n_whole = candidates()
        .filter(|&(later, &earlier)| is_whole(later, earlier))
        .count();
    let is_column = n_whole * TRANSFERS_PER_LINK >= spends.len();
    for (later, &earlier) in candidates() {
        if is_column && is_whole(later, earlier) {
            linked[later as usize] = earlier;
            continue;
        }
        if spends[earlier as usize] == NONE {
            linked[earlier as usize] = NONE;
        }
        let amount = |of| parts.amount(of).expect("amounts of whole links are known");
        let (consumed, paid) = (amount(earlier), amount(later));
        let fact = parts.basis(Basis::Fact);
        parts.links.push((later, earlier, consumed, paid, fact));
    }
    Ok(if is_column && n_whole > 0 {
        (linked, n_whole)
    } else {
        (Array::default(), 0)
    })
}

/// Where the links of a transfer stand.
#[derive(Clone, Debug)]
pub(super) enum Found {
    None,
    /// One whole link, from the earlier to the later transfer.
    Whole(TransferIdx, TransferIdx),
    /// Rows of the table; of its index by earlier transfers if so said.
    Rows(Range<u32>, bool),
}

impl Found {
    /// Rows whose sorted value is `wanted`.
    #[inline]
    fn rows(
        values: &[TransferIdx],
        row_at: impl Fn(usize) -> usize,
        wanted: TransferIdx,
        is_by_earlier: bool,
    ) -> Self {
        if values.is_empty() {
            return Self::None;
        }
        let point = |from: usize, is_before: &dyn Fn(TransferIdx) -> bool| {
            let (mut low, mut high) = (from, values.len());
            while low < high {
                let middle = low.midpoint(high);
                if is_before(values[row_at(middle)]) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        let start = point(0, &|value| value < wanted);
        if start == values.len() || values[row_at(start)] != wanted {
            return Self::None;
        }
        let end = point(start, &|value| value <= wanted);
        let row = |idx| u32::try_from(idx).expect("the limits of the index were checked");
        Self::Rows(row(start)..row(end), is_by_earlier)
    }
}

/// The links of a transfer in one direction.
#[derive(Clone, Debug)]
pub struct LinkIter<'a> {
    graph: &'a super::Graph,
    found: Found,
}

impl<'a> LinkIter<'a> {
    #[inline]
    pub(super) const fn new(graph: &'a super::Graph, found: Found) -> Self {
        Self { graph, found }
    }
}

impl<'a> Iterator for LinkIter<'a> {
    type Item = Link<'a>;

    #[inline]
    fn next(&mut self) -> Option<Link<'a>> {
        let (graph, links) = (self.graph, &self.graph.links);
        match &mut self.found {
            Found::None => None,
            &mut Found::Whole(earlier, later) => {
                self.found = Found::None;
                let amount = |of| graph.amount(of).expect("amounts of whole links are known");
                Some(Link {
                    id: LinkId { later, row: 0 },
                    earlier,
                    later,
                    consumed: amount(earlier),
                    paid: amount(later),
                    basis: &FACT,
                })
            }
            Found::Rows(rows, is_by_earlier) => {
                let row = rows.next()? as usize;
                let is_by_earlier = *is_by_earlier;
                let row = if is_by_earlier {
                    links.by_earlier[row] as usize
                } else {
                    row
                };
                Some(links.row(row, &graph.bases))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let n_left = match &self.found {
            Found::None => 0,
            Found::Whole(..) => 1,
            Found::Rows(rows, _) => rows.len(),
        };
        (n_left, Some(n_left))
    }
}

impl ExactSizeIterator for LinkIter<'_> {}
