//! Records thrown into buckets, so that each bucket can be worked on in memory: the first half of a
//! radix-partitioned join or sort. Buckets that do not fit into the budget go to a file.
//!
//! The order of records within a bucket depends on the threads that threw them: who reads a bucket sorts
//! it or does not care.

use crate::Error;
use crate::scratch::{Held, Scratch};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Most and least bytes of a bucket that are gathered in memory once the budget is used up: what is written
/// to the file at once.
const SPILL_BYTES: std::ops::RangeInclusive<u64> = 1 << 13..=1 << 18;

/// Records by bucket.
pub(super) struct Buckets {
    scratch: Scratch,
    /// What the buckets may hold in memory together.
    held: Held,
    /// Bytes of a bucket that go to the file at once, when they hold more.
    n_spilled: usize,
    n_held: AtomicU64,
    all: Vec<Mutex<Bucket>>,
    file: Mutex<Spilled>,
}

#[derive(Default)]
struct Bucket {
    memory: Vec<u8>,
    /// Offset and length of what is in the file.
    extents: Vec<(u64, usize)>,
}

#[derive(Default)]
struct Spilled {
    file: Option<File>,
    n_bytes: u64,
}

impl Buckets {
    /// Empty buckets, of which a quarter of what the budget has left may be in memory.
    pub(super) fn new(scratch: &Scratch, n_buckets: usize) -> Self {
        let held = scratch.share(scratch.left() / 4);
        let share = held.n_bytes() / n_buckets as u64;
        let n_spilled = share.clamp(*SPILL_BYTES.start(), *SPILL_BYTES.end());
        Self {
            scratch: scratch.clone(),
            held,
            n_spilled: usize::try_from(n_spilled).expect("less than the greatest share"),
            n_held: AtomicU64::new(0),
            all: (0..n_buckets).map(|_| Mutex::default()).collect(),
            file: Mutex::default(),
        }
    }

    /// How many buckets keep each at about `target` bytes, a power of two.
    pub(super) fn count_for(n_bytes: u64, target: u64) -> usize {
        let wanted = n_bytes.div_ceil(target.max(1)).next_power_of_two();
        usize::try_from(wanted).map_or(1024, |wanted| wanted.min(1024))
    }

    /// How many buckets there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Adds whole records to a bucket.
    pub(super) fn push(&self, bucket: usize, records: &[u8]) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let mut bucket = lock(&self.all[bucket]);
        bucket.memory.extend_from_slice(records);
        let n_held = self.n_held.fetch_add(records.len() as u64, Relaxed);
        if n_held > self.held.n_bytes() && bucket.memory.len() >= self.n_spilled {
            let mut spilled = lock(&self.file);
            let offset = spilled.n_bytes;
            let file = match &mut spilled.file {
                Some(file) => file,
                none => none.insert(self.scratch.file()?),
            };
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(&bucket.memory)?;
            spilled.n_bytes += bucket.memory.len() as u64;
            drop(spilled);
            let n_bytes = bucket.memory.len();
            bucket.extents.push((offset, n_bytes));
            bucket.memory = Vec::new();
            self.n_held.fetch_sub(n_bytes as u64, Relaxed);
        }
        Ok(())
    }

    /// The records of a bucket.
    pub(super) fn load(&self, bucket: usize) -> Result<Vec<u8>, Error> {
        let mut records = Vec::new();
        self.each_part(bucket, |part| {
            records.extend_from_slice(part);
            Ok(())
        })?;
        Ok(records)
    }

    /// Gives `take` the records of a bucket in parts of whole records, in the same order each time.
    pub(super) fn each_part(
        &self,
        bucket: usize,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scratch.advance(0)?;
        let bucket = lock(&self.all[bucket]);
        let mut part = Vec::new();
        for &(offset, n_bytes) in &bucket.extents {
            part.clear();
            let mut spilled = lock(&self.file);
            if let Some(file) = &mut spilled.file {
                file.seek(SeekFrom::Start(offset))?;
                let mut extent = Read::by_ref(file).take(n_bytes as u64);
                extent.read_to_end(&mut part)?;
            }
            drop(spilled);
            take(&part)?;
        }
        take(&bucket.memory)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .expect("a thread that fails takes the build with it")
}

/// Records on their way into buckets, gathered by one thread.
pub(super) struct Throw<'a> {
    buckets: &'a Buckets,
    gathered: Vec<Vec<u8>>,
}

impl<'a> Throw<'a> {
    /// Begins to gather.
    pub(super) fn into(buckets: &'a Buckets) -> Self {
        Self {
            buckets,
            gathered: vec![Vec::new(); buckets.len()],
        }
    }

    /// The place of the next record of a bucket.
    pub(super) fn at(&mut self, bucket: usize) -> &mut Vec<u8> {
        &mut self.gathered[bucket]
    }

    /// Hands over what was gathered.
    pub(super) fn finish(self) -> Result<(), Error> {
        let mut gathered = self.gathered.iter().enumerate();
        gathered.try_for_each(|(bucket, records)| self.buckets.push(bucket, records))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_thrown_is_in_its_bucket_in_memory_or_not() {
        let directory = tempfile::tempdir().unwrap();
        for budget in [0, u64::MAX] {
            let buckets = Buckets::new(&Scratch::new(directory.path(), budget), 2);
            let record = |n: u32| n.to_le_bytes();
            for round in 0..4 {
                let mut throw = Throw::into(&buckets);
                (0..100_000_u32).for_each(|n| {
                    throw.at(n as usize % 2).extend(record(round * 100_000 + n));
                });
                throw.finish().unwrap();
            }
            for bucket in 0..2 {
                let records = buckets.load(bucket).unwrap();
                let read = records.chunks_exact(4);
                let wanted = (0..400_000).filter(|n| n % 2 == bucket);
                assert!(read.eq(wanted.map(|n| record(u32::try_from(n).unwrap()))));
            }
        }
    }
}
