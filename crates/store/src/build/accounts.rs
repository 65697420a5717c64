//! Accounts get numbers in the order of their key bytes.
//!
//! Method: keys are thrown into buckets of ascending key ranges, whose bounds are taken from a sample,
//! with the place that names them; the distinct keys of each bucket are sorted and get the next numbers, and
//! then its places are gone through again. So numbers ascend with keys over all buckets, and no table of all
//! keys is ever held. O(n log n) in keys, memory of the distinct keys of one bucket beside the budget.

use super::buckets::{Buckets, Throw};
use super::read::small;
use crate::Error;
use crate::schema::Table;
use crate::schema::column;
use crate::scratch::{Array, Scratch, Sequence};
use crate::segment::TableScan;
use arrow::array::BinaryArray;
use moneytrail_model::AccountKey;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Number of the end at an event's junction.
pub(super) const JUNCTION: u32 = u32::MAX;
/// Number of the end at the placeholder of an outpoint, until the outpoint is looked up.
pub(super) const PLACEHOLDER: u32 = u32::MAX - 1;
/// Number of an account that no transfer names.
pub(super) const NOBODY: u32 = u32::MAX - 2;

/// Place of a key that no transfer names.
const NOWHERE: u32 = u32::MAX;
/// Bytes of keys that a bucket is to hold, at most a small part of any sensible budget.
const BUCKET_BYTES: u64 = 24 << 20;
/// Bytes of a record beside its key.
const RECORD_BYTES: u64 = 8;
const SAMPLE_GROUPS: usize = 64;
const SAMPLE_ROWS: usize = 1024;

/// Whether this is the key of an output outside the evidence (`docs/FORMATS.md`).
pub(super) fn is_placeholder(key: &[u8]) -> bool {
    key.first() == Some(&0x20)
}

/// Which end of a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    From,
    To,
}

/// Distinct keys, ascending.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) offsets: Array<u64>,
    pub(super) bytes: Array<u8>,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub(super) fn get(&self, number: u32) -> &[u8] {
        let [start, end] = [0, 1].map(|next| {
            let offset = self.offsets[number as usize + next];
            usize::try_from(offset).expect("a mapped file is no larger than memory")
        });
        &self.bytes[start..end]
    }

    /// The number of a key, [`NOBODY`] if it is not there. O(log n).
    pub(super) fn find(&self, key: &[u8]) -> u32 {
        let (mut low, mut high) = (0, small(self.len()));
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return middle,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        NOBODY
    }
}

/// First eight bytes of a key as a number that orders like them.
fn prefix(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let n = key.len().min(8);
    bytes[..n].copy_from_slice(&key[..n]);
    u64::from_be_bytes(bytes)
}

/// Bounds of the buckets, ascending: a bucket holds the keys from its bound on.
pub(super) struct Splitters(Vec<(u64, Vec<u8>)>);

impl Splitters {
    /// These bounds, in any order.
    pub(super) fn new(mut bounds: Vec<Vec<u8>>) -> Self {
        bounds.sort_unstable();
        bounds.dedup();
        Self(bounds.into_iter().map(|key| (prefix(&key), key)).collect())
    }

    fn bucket(&self, key: &[u8]) -> usize {
        let first = prefix(key);
        self.0
            .partition_point(|bound| bound.0 < first || bound.0 == first && *bound.1 <= *key)
    }
}

/// Bounds that cut the keys of these tables into buckets of about equal size, from a sample of them.
pub(super) fn splitters(
    scratch: &Scratch,
    tables: &[TableScan],
    n_transfers: usize,
) -> Result<Splitters, Error> {
    let target = BUCKET_BYTES.min(scratch.left() / 16).max(1 << 20);
    let n_buckets = Buckets::count_for(n_transfers as u64 * 2 * (24 + RECORD_BYTES), target);
    if n_buckets == 1 {
        return Ok(Splitters(Vec::new()));
    }
    let mut sample: Vec<Vec<u8>> = Vec::new();
    for table in tables {
        let share = (SAMPLE_GROUPS * table.n_rows()).div_ceil(n_transfers.max(1));
        for batch in table.sample(&["from", "to"], share, SAMPLE_ROWS)? {
            for name in ["from", "to"] {
                let keys: &BinaryArray = column(&batch, Table::Transfers, name)?;
                let known = keys.iter().flatten().filter(|key| !is_placeholder(key));
                sample.extend(known.map(<[u8]>::to_vec));
            }
        }
    }
    sample.sort_unstable();
    let bound = |i: usize| sample.get(i * sample.len() / n_buckets).cloned();
    Ok(Splitters::new((1..n_buckets).filter_map(bound).collect()))
}

/// Takes keys with the places that name them, and numbers them.
pub(super) struct Interner {
    scratch: Scratch,
    splitters: Splitters,
    buckets: Buckets,
}

impl Interner {
    pub(super) fn new(scratch: &Scratch, splitters: Splitters) -> Self {
        let buckets = Buckets::new(scratch, splitters.0.len() + 1);
        Self {
            scratch: scratch.clone(),
            splitters,
            buckets,
        }
    }

    /// Where keys are thrown.
    pub(super) const fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// Takes a key that one end of a row names.
    pub(super) fn throw(&self, throw: &mut Throw<'_>, key: &[u8], row: u32, side: Side) {
        let record = throw.at(self.splitters.bucket(key));
        let len = u32::try_from(key.len()).expect("a cell is shorter than 2 GiB");
        record.extend((len << 1 | u32::from(side == Side::To)).to_le_bytes());
        record.extend(row.to_le_bytes());
        record.extend(key);
    }

    /// Takes a key that no row names.
    pub(super) fn name(&self, key: &[u8]) -> Result<(), Error> {
        let mut throw = Throw::into(&self.buckets);
        self.throw(&mut throw, key, NOWHERE, Side::From);
        throw.finish()
    }

    /// Numbers the keys; `place` hears the number of each end.
    pub(super) fn finish(self, mut place: impl FnMut(u32, Side, u32)) -> Result<Keys, Error> {
        let (mut offsets, mut bytes) = (Sequence::new(&self.scratch), Sequence::new(&self.scratch));
        offsets.push(0_u64)?;
        let mut n_keys = 0_u32;
        for bucket in 0..self.buckets.len() {
            let mut numbers: FxHashMap<Box<[u8]>, u32> = FxHashMap::default();
            self.buckets.each_part(bucket, |part| {
                for (key, ..) in Records(part) {
                    if !numbers.contains_key(key) {
                        numbers.insert(key.into(), 0);
                    }
                }
                Ok(())
            })?;
            let mut keys: Vec<(&Box<[u8]>, &mut u32)> = numbers.iter_mut().collect();
            keys.par_sort_unstable();
            for (key, number) in keys {
                if AccountKey::decode(key).is_err() {
                    let why = format!("`{}` is no account key", hex::encode(key));
                    return Err(Error::damaged(Table::Transfers.file_name(), why));
                }
                bytes.extend(key)?;
                offsets.push(bytes.len() as u64)?;
                *number = n_keys;
                n_keys += 1;
                if n_keys >= NOBODY {
                    return Err(too_many());
                }
            }
            self.buckets.each_part(bucket, |part| {
                for (key, row, side) in Records(part).filter(|record| record.1 != NOWHERE) {
                    place(row, side, numbers[key]);
                }
                Ok(())
            })?;
        }
        let (offsets, bytes) = (offsets.finish()?, bytes.finish()?);
        Ok(Keys { offsets, bytes })
    }
}

pub(super) fn too_many() -> Error {
    Error::TooMany {
        what: "accounts",
        found: NOBODY.into(),
        limit: u64::from(NOBODY) - 1,
    }
}

/// The records of a part of a bucket: key, row, and the end of the row that names it.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (&'a [u8], u32, Side);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        let word = |i: usize| u32::from_le_bytes(head[i..i + 4].try_into().expect("four bytes"));
        let (key, rest) = rest.split_at((word(0) >> 1) as usize);
        self.0 = rest;
        let side = if word(0) & 1 == 0 {
            Side::From
        } else {
            Side::To
        };
        Some((key, word(4), side))
    }
}
