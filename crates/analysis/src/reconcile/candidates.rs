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
        let proposed: Vec<Vec<(Pair, u8)>> = firsts
            .into_par_iter()
            .map(|first| {
                let (mut partners, mut found) = (Vec::new(), Vec::new());
                for sent in first..(first + N_AT_ONCE).min(records.len()) {
                    blocks.put_partners(records, sent, &mut partners);
                    let pairs = partners.drain(..);
                    found.extend(pairs.map(|of| ((number(sent), of.0), of.1)));
                }
                found
            })
            .collect();
        let n = proposed.iter().map(Vec::len).sum();
        let mut all = Self {
            pairs: vec![(0, 0); n],
            patterns: vec![0; n],
            levels: Vec::new(),
            value_bits: vec![0.0; n],
            passes: vec![0; n],
        };
        let levels: Vec<Vec<Levels>> = all
            .parts(&proposed)
            .into_par_iter()
            .zip(&proposed)
            .map(|(part, proposed)| part.compare(proposed, records, options))
            .collect();
        // Each part has numbers of its own until here.
        let mut numbers = Numbers::default();
        let renamed: Vec<Vec<u32>> = levels
            .iter()
            .map(|part| part.iter().map(|of| numbers.of(*of)).collect())
            .collect();
        let parts = all.parts(&proposed).into_par_iter().zip(&renamed);
        parts.for_each(|(part, renamed)| {
            for pattern in part.patterns {
                *pattern = renamed[*pattern as usize];
            }
        });
        all.levels = numbers.levels;
        let counts = blocks.counts(&all.passes);
        (all, counts)
    }

    /// Where each of some lists of pairs goes.
    fn parts(&mut self, proposed: &[Vec<(Pair, u8)>]) -> Vec<Part<'_>> {
        let mut rest = Part {
            pairs: &mut self.pairs,
            patterns: &mut self.patterns,
            value_bits: &mut self.value_bits,
            passes: &mut self.passes,
        };
        let parts = proposed.iter().map(|of| {
            let (part, behind) = std::mem::take(&mut rest).split_at(of.len());
            rest = behind;
            part
        });
        parts.collect()
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

/// Neighbouring pairs.
#[derive(Default)]
struct Part<'a> {
    pairs: &'a mut [Pair],
    patterns: &'a mut [u32],
    value_bits: &'a mut [f32],
    passes: &'a mut [u8],
}

impl Part<'_> {
    fn split_at(self, n: usize) -> (Self, Self) {
        let (pairs, behind) = self.pairs.split_at_mut(n);
        let (patterns, patterns_behind) = self.patterns.split_at_mut(n);
        let (value_bits, bits_behind) = self.value_bits.split_at_mut(n);
        let (passes, passes_behind) = self.passes.split_at_mut(n);
        let part = Self {
            pairs,
            patterns,
            value_bits,
            passes,
        };
        let rest = Self {
            pairs: behind,
            patterns: patterns_behind,
            value_bits: bits_behind,
            passes: passes_behind,
        };
        (part, rest)
    }

    /// Compares the pairs that go there; gives the patterns that it met.
    fn compare(
        self,
        proposed: &[(Pair, u8)],
        records: &[Record<'_>],
        options: &Options,
    ) -> Vec<Levels> {
        let mut numbers = Numbers::default();
        let compared = self.patterns.iter_mut().zip(self.value_bits.iter_mut());
        for (&((sent, received), _), (pattern, bits)) in proposed.iter().zip(compared) {
            let (sent, received) = (&records[sent as usize], &records[received as usize]);
            let (levels, rarity) = compare(sent, received, options);
            *pattern = numbers.of(levels);
            *bits = rarity.iter().sum();
        }
        let given = self.pairs.iter_mut().zip(self.passes.iter_mut());
        for (of, (pair, passes)) in proposed.iter().zip(given) {
            (*pair, *passes) = *of;
        }
        numbers.levels
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
