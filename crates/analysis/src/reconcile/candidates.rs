//! The pairs of all passes, compared.
#![expect(clippy::float_arithmetic, reason = "probabilities; no money")]

use super::block::{Blocked, Blocks, N_PASSES, Room};
use super::compare::{Levels, N, compare};
use super::record::{Glance, Records};
use super::{Options, number};
use crate::linkage::shares::SILENT;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Records of the sent side that a thread takes at once: their pairs are few enough to stay at hand.
const N_AT_ONCE: usize = 128;

/// Pairs, ascending, in parts of neighbouring sent records. Many of them agree alike, so that what a level is worth is summed up for each
/// pattern of levels and not for each pair.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) parts: Vec<Part>,
    pub(super) n: u64,
    /// What patterns there are, as they are first met.
    pub(super) levels: Vec<Levels>,
    /// How many pairs of each pattern each pass gave.
    pub(super) n_by_pass: [Vec<u32>; N_PASSES],
}

/// The pairs of some sent records.
#[derive(Debug)]
pub(super) struct Part {
    /// How many pairs stand before it.
    pub(super) first: u32,
    first_sent: u32,
    /// Where the pairs of each sent record end.
    ends: Vec<u32>,
    pub(super) pairs: Vec<Candidate>,
    /// Its own numbers of patterns, in numbers of all.
    pub(super) patterns: Vec<u32>,
}

/// A pair, of which the part knows the sent record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) received: u32,
    /// Its pattern, in the numbers of its part.
    pub(super) pattern: u32,
    /// Rarities, summed over the comparisons that agree by value.
    pub(super) value_bits: f32,
}

impl Candidates {
    pub(super) fn of(records: &Records<'_>, options: &Options) -> (Self, Vec<Blocked>) {
        let blocks = Blocks::new(records, options);
        let chunks = records.glances.par_chunks(N_AT_ONCE);
        let compared: Vec<Compared> = chunks
            .map(|sent| Compared::of(records, &blocks, sent, options))
            .collect();
        // Each part has numbers of its own until here.
        let mut all = Self::default();
        let (mut numbers, mut n_by_pass) = (Numbers::default(), [0; N_PASSES]);
        for compared in compared {
            let Compared {
                mut part,
                levels,
                passes,
            } = compared;
            part.first = number(usize::try_from(all.n).unwrap_or(usize::MAX));
            all.n += part.pairs.len() as u64;
            part.patterns = levels.iter().map(|of| numbers.of(*of)).collect();
            for (pass, counts) in passes.iter().enumerate() {
                let sums = &mut all.n_by_pass[pass];
                sums.resize(numbers.levels.len(), 0);
                for (&pattern, &n) in part.patterns.iter().zip(counts) {
                    sums[pattern as usize] += n;
                    n_by_pass[pass] += u64::from(n);
                }
            }
            all.parts.push(part);
        }
        all.levels = numbers.levels;
        (all, blocks.told(n_by_pass))
    }
}

impl Part {
    /// Pairs of the part, ascending, with their sent records, of which some are wanted.
    pub(super) fn of_sent<'a>(
        &'a self,
        wanted: impl Fn(&Candidate) -> bool + 'a,
    ) -> impl Iterator<Item = (u32, u32, &'a Candidate)> + 'a {
        let mut sent = 0;
        let pairs = (0..).zip(&self.pairs).filter(move |of| wanted(of.1));
        pairs.map(move |(place, pair)| {
            while self.ends[sent] <= place {
                sent += 1;
            }
            (self.first + place, self.first_sent + number(sent), pair)
        })
    }
}

/// A part, and what it met.
struct Compared {
    part: Part,
    levels: Vec<Levels>,
    /// How many pairs of each of its patterns each pass gave.
    passes: [Vec<u32>; N_PASSES],
}

impl Compared {
    fn of(records: &Records<'_>, blocks: &Blocks, sent: &[Glance], options: &Options) -> Self {
        let mut part = Part {
            first: 0,
            first_sent: sent[0].place,
            ends: Vec::with_capacity(sent.len()),
            pairs: Vec::new(),
            patterns: Vec::new(),
        };
        let mut numbers = Numbers::default();
        let mut passes: [Vec<u32>; N_PASSES] = Default::default();
        let (mut room, mut found) = (Room::default(), Vec::new());
        for sent in sent {
            blocks.put_partners(records, sent, &mut room, &mut found);
            for &(received, by) in &found {
                let mut levels = [SILENT; N];
                let mut value_bits = 0.0;
                let of = &records.glances[received as usize];
                compare(records, sent, of, options, |of, level, rarity| {
                    levels[of as usize] = level;
                    value_bits += rarity;
                });
                let pattern = numbers.of(levels);
                for (pass, counts) in passes.iter_mut().enumerate() {
                    counts.resize(numbers.levels.len(), 0);
                    counts[pattern as usize] += u32::from(by >> pass & 1);
                }
                part.pairs.push(Candidate {
                    received,
                    pattern,
                    value_bits,
                });
            }
            part.ends.push(number(part.pairs.len()));
        }
        Self {
            part,
            levels: numbers.levels,
            passes,
        }
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
