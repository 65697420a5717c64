//! The two sides of a pass, joined by key.

use super::key::{Key, Keys, Reach, put_keys};
use super::{Pass, may_pair};
use crate::reconcile::Options;
use crate::reconcile::compare::{is_within, is_within_i64};
use crate::reconcile::number;
use crate::reconcile::order::Side;
use crate::reconcile::record::{Priced, Record};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;
use std::ops::Range;

/// Records of the received side with one key.
#[derive(Clone, Debug)]
struct Group {
    received: Range<u32>,
    /// Records of the sent side that have the key too.
    n_sent: u32,
}

impl Group {
    fn n_pairs(&self) -> u64 {
        u64::from(self.n_sent) * self.received.len() as u64
    }
}

/// What is asked of a record of the received side before it is looked at itself.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: u32,
    stands: (Side, u32),
    days: (i32, i32),
    /// If it states one.
    sum: Option<(u32, i64)>,
}

/// The only sum of a record, if it has one that is not immense.
fn only_sum(record: &Record<'_>) -> Option<(u32, i64)> {
    match record.sums[..] {
        [sum] => Some((sum.asset, i64::try_from(sum.amount.units()).ok()?)),
        _ => None,
    }
}

/// Days of which nothing is known: near to all.
const ANY_DAYS: (i32, i32) = (i32::MIN, i32::MAX);

/// The two sides of a pass, joined by key.
#[derive(Debug)]
pub(super) struct Join {
    reach: Reach,
    groups: Vec<Group>,
    /// The received side, by group.
    received: Vec<Entry>,
    /// Groups of the records of the sent side, and where those of each record begin.
    of_sent: Vec<u32>,
    offsets: Vec<usize>,
}

impl Join {
    /// O(keys · log keys).
    pub(super) fn new(records: &[Record<'_>], pass: Pass, options: &Options) -> Self {
        let keys_of = |record: &Record<'_>, is_sent: bool| {
            let mut keys = Keys::new();
            let no = if is_sent { Side::Received } else { Side::Sent };
            if record.side != no {
                put_keys(&mut keys, record, pass, is_sent, options);
                keys.sort_unstable();
                keys.dedup();
            }
            keys
        };
        let mut keyed: Vec<(Key, u32)> = records
            .par_iter()
            .enumerate()
            .flat_map_iter(|(place, record)| {
                let keys = keys_of(record, false).into_iter();
                keys.map(move |key| (key, number(place)))
            })
            .collect();
        keyed.par_sort_unstable();
        let n_groups = keyed.chunk_by(|a, b| a.0 == b.0).count();
        let mut groups: Vec<Group> = Vec::with_capacity(n_groups);
        let mut numbers = FxHashMap::with_capacity_and_hasher(n_groups, FxBuildHasher);
        for same in keyed.chunk_by(|a, b| a.0 == b.0) {
            let start = groups.last().map_or(0, |last| last.received.end);
            numbers.insert(same[0].0, number(groups.len()));
            groups.push(Group {
                received: start..start + number(same.len()),
                n_sent: 0,
            });
        }
        let groups_of: Vec<SmallVec<[u32; 4]>> = records
            .par_iter()
            .map(|record| {
                let keys = keys_of(record, true).into_iter();
                keys.filter_map(|key| numbers.get(&key).copied()).collect()
            })
            .collect();
        let (mut of_sent, mut offsets) = (Vec::new(), vec![0]);
        for of in groups_of {
            for group in of {
                groups[group as usize].n_sent += 1;
                of_sent.push(group);
            }
            offsets.push(of_sent.len());
        }
        let entry = |place: u32| {
            let record = &records[place as usize];
            Entry {
                place,
                stands: (record.side, record.book),
                days: record.days.unwrap_or(ANY_DAYS),
                sum: only_sum(record),
            }
        };
        Self {
            reach: Reach::of(pass, options),
            groups,
            received: keyed.into_iter().map(|of| entry(of.1)).collect(),
            of_sent,
            offsets,
        }
    }

    /// How many groups have more than the most pairs, and how many pairs those would have given.
    pub(super) fn left_out(&self, pairs_max: u64) -> (u64, u64) {
        let sizes = self.groups.iter().map(Group::n_pairs);
        let over = sizes.filter(|&n| n > pairs_max);
        over.fold((0, 0_u64), |(n, pairs), of| {
            (n + 1, pairs.saturating_add(of))
        })
    }

    /// Tells the partners of a record of the sent side, some of them more than once.
    pub(super) fn partners(
        &self,
        records: &[Record<'_>],
        sent: usize,
        pairs_max: u64,
        mut each: impl FnMut(u32),
    ) {
        let groups = &self.of_sent[self.offsets[sent]..self.offsets[sent + 1]];
        let sent = &records[sent];
        let (stands, sum) = ((sent.side, sent.book), only_sum(sent));
        let days = sent.days.unwrap_or(ANY_DAYS);
        let within = self.reach.days.unwrap_or(i32::MAX);
        let (earliest, latest) = (days.0.saturating_sub(within), days.1.saturating_add(within));
        let is_alike = |entry: &Entry| match (self.reach.percent, sum, entry.sum) {
            (None, ..) => have_one_token(sent, &records[entry.place as usize]),
            (Some(percent), Some(a), Some(b)) => a.0 == b.0 && is_within_i64(a.1, b.1, percent),
            (Some(percent), ..) => are_alike(sent, &records[entry.place as usize], percent),
        };
        for group in groups {
            let group = &self.groups[*group as usize];
            if group.n_pairs() > pairs_max {
                continue;
            }
            let range = group.received.start as usize..group.received.end as usize;
            for entry in &self.received[range] {
                let is_near = entry.days.0 <= latest && entry.days.1 >= earliest;
                if is_near && is_alike(entry) && may_pair(stands, entry.stands) {
                    each(entry.place);
                }
            }
        }
    }
}

/// Whether two records have sums of one asset that differ by at most so many per cent, or one of them has none.
fn are_alike(sent: &Record<'_>, received: &Record<'_>, percent: u32) -> bool {
    let (a, b) = (&sent.sums, &received.sums);
    let is_alike =
        |a: &Priced, b: &Priced| a.asset == b.asset && is_within(a.amount, b.amount, percent);
    a.is_empty() || b.is_empty() || a.iter().any(|a| b.iter().any(|b| is_alike(a, b)))
}

fn have_one_token(sent: &Record<'_>, received: &Record<'_>) -> bool {
    fn token<'f>(of: &Record<'f>) -> Option<&'f str> {
        Some(of.details.as_ref()?.token?.0)
    }
    token(sent) == token(received)
}
