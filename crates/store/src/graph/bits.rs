//! A bitmap that counts: how many ones stand before a place, and where the k-th one stands.
//!
//! Law: `rank(select(k)) = k`, and `select(rank(i)) = i` where bit `i` is set.
//!
//! Method: ones are counted before every word of 64 bits, and the word of every 256th one is noted
//! (Jacobson 1989; Clark 1996, with samples in place of small tables). Rank reads one count and one
//! word; select reads one sample and searches the words up to the next. A bitmap of only ones or only
//! zeros stores nothing. Else 1.5 bits per bit, and an eighth of a bit per one.

use super::column::Column;
use super::file::{Sink, Source};
use crate::Error;

const WORD: usize = 64;
const SAMPLE: usize = 256;

/// A bitmap with rank and select.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    len: usize,
    n_ones: usize,
    words: Column<u64>,
    /// Ones before each word.
    ranks: Column<u32>,
    /// Word of every 256th one.
    samples: Column<u32>,
}

impl Bits {
    /// The bits, in order. O(n).
    pub(super) fn new(bits: impl ExactSizeIterator<Item = bool>) -> Self {
        let len = bits.len();
        let mut words = vec![0_u64; len.div_ceil(WORD)];
        let mut n_ones = 0;
        for (idx, bit) in bits.enumerate() {
            words[idx / WORD] |= u64::from(bit) << (idx % WORD);
            n_ones += usize::from(bit);
        }
        if n_ones == 0 || n_ones == len {
            return Self {
                len,
                n_ones,
                ..Self::default()
            };
        }
        let (mut ranks, mut samples, mut n_before) = (Vec::new(), Vec::new(), 0);
        for (place, &word) in (0_u32..).zip(&words) {
            ranks.push(u32::try_from(n_before).expect("there are fewer than 2^32 bits"));
            n_before += ones(word);
            if samples.len() * SAMPLE < n_before {
                samples.push(place);
            }
        }
        Self {
            len,
            n_ones,
            words: words.into(),
            ranks: ranks.into(),
            samples: samples.into(),
        }
    }

    /// Bits.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Bits that are set.
    pub(super) const fn n_ones(&self) -> usize {
        self.n_ones
    }

    /// Whether no bit is missing.
    pub(super) const fn is_full(&self) -> bool {
        self.n_ones == self.len
    }

    /// Whether bit `idx` is set.
    #[inline]
    pub(super) fn get(&self, idx: usize) -> bool {
        if self.words.is_empty() {
            self.n_ones > 0
        } else {
            self.words[idx / WORD] >> (idx % WORD) & 1 != 0
        }
    }

    /// Ones before place `idx`, which may be the length. O(1).
    #[inline]
    pub(super) fn rank(&self, idx: usize) -> usize {
        if self.is_full() {
            return idx;
        }
        if idx == self.len || self.n_ones == 0 {
            return self.n_ones;
        }
        let within = self.words[idx / WORD] & ((1 << (idx % WORD)) - 1);
        self.ranks[idx / WORD] as usize + ones(within)
    }

    /// Place of the one that `n_before` others precede; the length if there is none. O(1) where ones
    /// are spread evenly, O(log n) at worst.
    #[inline]
    pub(super) fn select(&self, n_before: usize) -> usize {
        if n_before >= self.n_ones {
            return self.len;
        }
        if self.is_full() {
            return n_before;
        }
        let sample = n_before / SAMPLE;
        let first = self.samples[sample] as usize;
        let last = self.samples.get(sample + 1);
        let last = last.map_or(self.ranks.len() - 1, |&word| word as usize);
        let ranks = &self.ranks[first..=last];
        let word = first + ranks.partition_point(|&rank| rank as usize <= n_before) - 1;
        let mut bits = self.words[word];
        for _ in self.ranks[word] as usize..n_before {
            bits &= bits - 1;
        }
        word * WORD + bits.trailing_zeros() as usize
    }

    /// Place of the first one behind the one at `idx`, which `n_before` ones precede.
    #[inline]
    pub(super) fn next(&self, idx: usize, n_before: usize) -> usize {
        if let Some(&word) = self.words.get(idx / WORD) {
            let behind = word >> (idx % WORD) >> 1;
            if behind != 0 {
                return idx + 1 + behind.trailing_zeros() as usize;
            }
        }
        self.select(n_before + 1)
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>, part: &'static str) {
        sink.number(self.len as u64);
        sink.number(self.n_ones as u64);
        sink.column(part, &self.words);
        sink.column(part, &self.ranks);
        sink.column(part, &self.samples);
    }

    pub(super) fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        let bits = Self {
            len: source.count()?,
            n_ones: source.count()?,
            words: source.column()?,
            ranks: source.column()?,
            samples: source.column()?,
        };
        let is_uniform = bits.n_ones == 0 || bits.is_full();
        let (n_words, n_samples) = if is_uniform {
            (0, 0)
        } else {
            (bits.len.div_ceil(WORD), bits.n_ones.div_ceil(SAMPLE))
        };
        source.check(
            bits.n_ones <= bits.len
                && bits.words.len() == n_words
                && bits.ranks.len() == n_words
                && bits.samples.len() == n_samples,
        )?;
        Ok(bits)
    }
}

#[inline]
const fn ones(word: u64) -> usize {
    word.count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Densities from none to all, and long runs of either.
    #[test]
    fn rank_and_select_agree_with_counting() {
        let runs = |idx: usize| (idx / 1000).is_multiple_of(2);
        let patterns: [&dyn Fn(usize) -> bool; 8] = [
            &|_| false,
            &|_| true,
            &|idx| idx.is_multiple_of(2),
            &|idx| idx.is_multiple_of(7),
            &|idx| idx == 4000,
            &|idx| idx != 4000,
            &runs,
            &|idx| !runs(idx) && idx * idx % 11 < 3,
        ];
        for len in [0, 1, 63, 64, 255, 256, 257, 5000] {
            for (number, bit) in patterns.iter().enumerate() {
                let bits = Bits::new((0..len).map(bit));
                let ones: Vec<usize> = (0..len).filter(|&idx| bit(idx)).collect();
                assert_eq!((bits.len(), bits.n_ones()), (len, ones.len()));
                let mut rank = 0;
                for idx in 0..len {
                    assert_eq!(bits.rank(idx), rank, "pattern {number}, {idx} of {len}");
                    assert_eq!(bits.get(idx), bit(idx));
                    rank += usize::from(bit(idx));
                }
                assert_eq!(bits.rank(len), rank);
                for (rank, &place) in ones.iter().enumerate() {
                    assert_eq!(bits.select(rank), place, "pattern {number} of {len}");
                    let next = ones.get(rank + 1).copied().unwrap_or(len);
                    assert_eq!(bits.next(place, rank), next);
                }
                assert_eq!(bits.select(ones.len()), len);
            }
        }
    }
}
