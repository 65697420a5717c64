//! The pairs of all passes, compared.

use super::block::{Blocked, Blocks, Pair};
use super::compare::{Levels, N, compare};
use super::record::Record;
use super::{Options, number};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Records of the sent side that a thread takes at once.
const N_AT_ONCE: usize = 256;

/// Pairs, ascending. Many of them agree alike, so that what a level is worth is summed up for each pattern of levels and not for each pair.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) pairs: Vec<Pair>,
    /// The pattern of each pair, and what patterns there are, as they are first met.
    pub(super) patterns: Vec<u32>,
    pub(super) levels: Vec<Levels>,
    /// Rarities, summed over the comparisons that agree by value.
    pub(super) value_bits: Vec<f32>,
    /// Passes that gave the pair, as bits.
    pub(super) passes: Vec<u8>,
}

impl Candidates {
    pub(super) fn of(records: &[Record<'_>], options: &Options) -> (Self, Vec<Blocked>) {
        let blocks = Blocks::new(records, options);
        let firsts: Vec<usize> = (0..records.len()).step_by(N_AT_ONCE).collect();
        let parts: Vec<Self> = firsts
            .into_par_iter()
            .map(|first| {
                let range = first..(first + N_AT_ONCE).min(records.len());
                Self::of_some(records, &blocks, range, options)
            })
            .collect();
        let mut numbers = Numbers::default();
        let renamed: Vec<Vec<u32>> = parts
            .iter()
            .map(|part| part.levels.iter().map(|of| numbers.of(*of)).collect())
            .collect();
        let patterns = || -> Vec<u32> {
            let parts = parts.iter().zip(&renamed);
            parts
                .flat_map(|(part, renamed)| part.patterns.iter().map(|&of| renamed[of as usize]))
                .collect()
        };
        let ((pairs, value_bits), (patterns, passes)) = rayon::join(
            || {
                let pairs: Vec<&[Pair]> = parts.iter().map(|part| &*part.pairs).collect();
                let bits: Vec<&[f32]> = parts.iter().map(|part| &*part.value_bits).collect();
                (pairs.concat(), bits.concat())
            },
            || {
                let passes: Vec<&[u8]> = parts.iter().map(|part| &*part.passes).collect();
                (patterns(), passes.concat())
            },
        );
        let counts = blocks.counts(&passes);
        let all = Self {
            pairs,
            patterns,
            levels: numbers.levels,
            value_bits,
            passes,
        };
        (all, counts)
    }

    fn of_some(
        records: &[Record<'_>],
        blocks: &Blocks,
        sent: std::ops::Range<usize>,
        options: &Options,
    ) -> Self {
        let mut found = Self::default();
        let mut numbers = Numbers::default();
        for sent in sent {
            for (received, passes) in blocks.partners(records, sent) {
                let (levels, rarity) =
                    compare(&records[sent], &records[received as usize], options);
                found.pairs.push((number(sent), received));
                found.patterns.push(numbers.of(levels));
                found.value_bits.push(rarity.iter().sum());
                found.passes.push(passes);
            }
        }
        found.levels = numbers.levels;
        found
    }

    /// Sums of weights by pattern, of those pairs that have one.
    #[expect(clippy::float_arithmetic, reason = "probabilities; no money")]
    pub(super) fn by_pattern(&self, weights: impl Iterator<Item = (usize, f64)>) -> Vec<f64> {
        let mut sums = vec![0.0; self.levels.len()];
        for (pair, weight) in weights {
            sums[self.patterns[pair] as usize] += weight;
        }
        sums
    }
}

/// Patterns by number, as they are first met.
#[derive(Default)]
struct Numbers {
    of: FxHashMap<u128, u32>,
    levels: Vec<Levels>,
}

impl Numbers {
    fn of(&mut self, levels: Levels) -> u32 {
        let mut packed = [0; 16];
        packed[..N].copy_from_slice(&levels);
        let next = number(self.levels.len());
        let number = *self.of.entry(u128::from_le_bytes(packed)).or_insert(next);
        if number == next {
            self.levels.push(levels);
        }
        number
    }
}
