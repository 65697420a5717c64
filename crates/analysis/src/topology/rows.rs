//! Compressed sparse rows by a parallel counting sort.
//!
//! Law: a row holds exactly the values that come with its key, ascending, each once; the rows are a
//! function of the set of pairs, not of their order or of the threads.
//!
//! Method: two passes of a most-significant-digit radix sort, for locality (as in propagation
//! blocking: Beamer, Asanović, Patterson, *Reducing `PageRank` communication via propagation
//! blocking*, 2017). Chunks of the input are each sorted by bucket, a range of keys whose counters
//! fit the cache; then each bucket is counted, scattered and sorted on its own. Both passes write
//! to memory that one task owns, so there is nothing to synchronise.

use rayon::prelude::*;
use std::ops::Range;

/// Bits of a key that choose the bucket.
const BUCKET_BITS: u32 = 10;

/// Pairs of one chunk, at least; there are at most [`N_CHUNKS_MAX`] chunks.
const CHUNK_MIN: usize = 1 << 16;
const N_CHUNKS_MAX: usize = 256;

/// Compressed sparse rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Rows {
    /// First value of each row, and behind the last.
    pub(super) offsets: Vec<u32>,
    pub(super) values: Vec<u32>,
}

impl Rows {
    #[inline]
    pub(super) fn row(&self, key: u32) -> &[u32] {
        let key = key as usize;
        &self.values[self.offsets[key] as usize..self.offsets[key + 1] as usize]
    }

    /// Values of each row of a range, as far as there are rows.
    pub(super) fn lens(&self, keys: Range<usize>) -> impl Iterator<Item = u32> + '_ {
        let behind = self.offsets.len().min(keys.end + 1);
        let ends = self.offsets[keys.start..behind].windows(2);
        ends.map(|ends| ends[1] - ends[0])
    }

    /// Rows of `n` keys. `pairs` gives the pairs (key, value) of a range of positions below
    /// `n_pairs`, fewer than positions if some are left out, the same each time. O(pairs · log
    /// longest row); 8 bytes per pair while it runs.
    pub(super) fn new<I: Iterator<Item = (u32, u32)>>(
        n: u32,
        n_pairs: usize,
        pairs: impl Fn(Range<usize>) -> I + Sync,
    ) -> Self {
        let shift = (u32::BITS - n.leading_zeros()).saturating_sub(BUCKET_BITS);
        let n_buckets = (n as usize).div_ceil(1 << shift);
        let len = CHUNK_MIN.max(n_pairs.div_ceil(N_CHUNKS_MAX));
        let chunks: Vec<Chunk> = (0..n_pairs.div_ceil(len))
            .into_par_iter()
            .map(|chunk| {
                let range = chunk * len..n_pairs.min((chunk + 1) * len);
                Chunk::new(n_buckets, shift, || pairs(range.clone()))
            })
            .collect();
        let mut offsets = vec![0_u32; n as usize + 1];
        // Rows of each bucket; its offsets count from its own first value until all are known.
        let buckets: Vec<Vec<u32>> = offsets[..n as usize]
            .par_chunks_mut(1 << shift)
            .enumerate()
            .map(|(bucket, starts)| sort_bucket(&chunks, bucket, bucket << shift, starts))
            .collect();
        drop(chunks);
        let n_values = buckets.iter().map(Vec::len).sum::<usize>();
        offsets[n as usize] = u32::try_from(n_values).expect("positions are u32");
        let mut values = vec![0_u32; n_values];
        let (mut rest, mut base) = (&mut values[..], 0_u32);
        let mut moves = Vec::with_capacity(n_buckets);
        for (bucket, starts) in buckets
            .iter()
            .zip(offsets[..n as usize].chunks_mut(1 << shift))
        {
            let (target, behind) = rest.split_at_mut(bucket.len());
            moves.push((bucket, target, starts, base));
            rest = behind;
            base += u32::try_from(bucket.len()).expect("a part of n_values");
        }
        moves
            .into_par_iter()
            .for_each(|(bucket, target, starts, base)| {
                target.copy_from_slice(bucket);
                for start in starts {
                    *start += base;
                }
            });
        Self { offsets, values }
    }

    /// The rows of the reversed pairs, for `n` keys, where rows and values have the same range.
    pub(super) fn transposed(&self) -> Self {
        let n = u32::try_from(self.offsets.len() - 1).expect("keys are u32");
        Self::new(n, self.values.len(), |range| {
            let first = self
                .offsets
                .partition_point(|&offset| offset as usize <= range.start);
            let first = u32::try_from(first - 1).expect("keys are u32");
            let rows = (first..n).map(move |key| {
                let row =
                    self.offsets[key as usize] as usize..self.offsets[key as usize + 1] as usize;
                (key, row.start.max(range.start)..row.end.min(range.end))
            });
            rows.take_while(move |(_, row)| row.start < range.end)
                .flat_map(|(key, row)| self.values[row].iter().map(move |&value| (value, key)))
        })
    }
}

/// A part of the pairs, by bucket.
struct Chunk {
    bounds: Vec<u32>,
    pairs: Vec<(u32, u32)>,
}

impl Chunk {
    fn new<I: Iterator<Item = (u32, u32)>>(
        n_buckets: usize,
        shift: u32,
        pairs: impl Fn() -> I,
    ) -> Self {
        let mut bounds = vec![0_u32; n_buckets + 1];
        for (key, _) in pairs() {
            bounds[(key >> shift) as usize + 1] += 1;
        }
        for bucket in 0..n_buckets {
            bounds[bucket + 1] += bounds[bucket];
        }
        let mut next = bounds.clone();
        let mut sorted = vec![(0, 0); bounds[n_buckets] as usize];
        for pair in pairs() {
            let slot = &mut next[(pair.0 >> shift) as usize];
            sorted[*slot as usize] = pair;
            *slot += 1;
        }
        Self {
            bounds,
            pairs: sorted,
        }
    }

    fn bucket(&self, bucket: usize) -> &[(u32, u32)] {
        &self.pairs[self.bounds[bucket] as usize..self.bounds[bucket + 1] as usize]
    }
}

/// Values of a bucket, row after row; sets where each row starts.
fn sort_bucket(chunks: &[Chunk], bucket: usize, first_key: usize, starts: &mut [u32]) -> Vec<u32> {
    let pairs = || chunks.iter().flat_map(|chunk| chunk.bucket(bucket));
    for &(key, _) in pairs() {
        starts[key as usize - first_key] += 1;
    }
    let mut n_values = 0;
    for start in starts.iter_mut() {
        n_values += std::mem::replace(start, n_values);
    }
    let mut values = vec![0_u32; n_values as usize];
    let mut ends = starts.to_vec();
    for &(key, value) in pairs() {
        let end = &mut ends[key as usize - first_key];
        values[*end as usize] = value;
        *end += 1;
    }
    // Each row is sorted, then moved up over the repetitions before it.
    let mut n_kept = 0;
    for (start, end) in starts.iter_mut().zip(ends) {
        let row = *start as usize..end as usize;
        values[row.clone()].sort_unstable();
        *start = u32::try_from(n_kept).expect("no more than before");
        let first = n_kept;
        for position in row {
            if n_kept == first || values[n_kept - 1] != values[position] {
                values[n_kept] = values[position];
                n_kept += 1;
            }
        }
    }
    values.truncate(n_kept);
    values
}
