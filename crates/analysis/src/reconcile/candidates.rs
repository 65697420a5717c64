//! The pairs of all passes, compared.
#![expect(clippy::float_arithmetic, reason = "probabilities; no money")]

use super::block::{Blocked, Blocks, N_PASSES, Room};
use super::compare::{Comparison, Levels, N, compare};
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
    pub(super) n_by_pass: Vec<[u32; N_PASSES]>,
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
            .map_init(Scratch::default, |scratch, sent| {
                Compared::of(records, &blocks, sent, options, scratch)
            })
            .collect();
        // Each part has numbers of its own until here.
        let mut all = Self::default();
        let (mut numbers, mut n_by_pass) = (Numbers::default(), [0; N_PASSES]);
        for compared in compared {
            let Compared {
                mut part,
                patterns,
                n_by_pass: of_part,
            } = compared;
            part.first = number(usize::try_from(all.n).unwrap_or(usize::MAX));
            all.n += part.pairs.len() as u64;
            part.patterns = patterns.into_iter().map(|of| numbers.of(of)).collect();
            all.n_by_pass.resize(numbers.met.len(), [0; N_PASSES]);
            for (&pattern, counts) in part.patterns.iter().zip(of_part) {
                for (pass, n) in counts.into_iter().enumerate() {
                    all.n_by_pass[pattern as usize][pass] += n;
                    n_by_pass[pass] += u64::from(n);
                }
            }
            all.parts.push(part);
        }
        all.levels = numbers.met.into_iter().map(Pattern::levels).collect();
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
    patterns: Vec<Pattern>,
    /// How many pairs of each of its patterns each pass gave.
    n_by_pass: Vec<[u32; N_PASSES]>,
}

/// What a thread goes on using from one part to the next.
#[derive(Default)]
struct Scratch {
    room: Room,
    found: Vec<(u32, u8)>,
    pairs: Vec<Candidate>,
}

impl Compared {
    fn of(
        records: &Records<'_>,
        blocks: &Blocks,
        sent: &[Glance],
        options: &Options,
        scratch: &mut Scratch,
    ) -> Self {
        let Scratch { room, found, pairs } = scratch;
        pairs.clear();
        let mut numbers = Numbers::default();
        let mut n_by_pass = Vec::new();
        let ends = sent.iter().map(|sent| {
            blocks.put_partners(records, sent, room, found);
            for &(received, passes) in &*found {
                let (mut pattern, mut value_bits) = (Pattern::default(), 0.0);
                let of = &records.glances[received as usize];
                compare(records, sent, of, options, |of, level, rarity| {
                    pattern.put(of, level);
                    value_bits += rarity;
                });
                let pattern = numbers.of(pattern);
                if pattern as usize == n_by_pass.len() {
                    n_by_pass.push([0; N_PASSES]);
                }
                let counts = n_by_pass[pattern as usize].iter_mut();
                counts
                    .enumerate()
                    .for_each(|(pass, n)| *n += u32::from(passes >> pass & 1));
                pairs.push(Candidate {
                    received,
                    pattern,
                    value_bits,
                });
            }
            number(pairs.len())
        });
        let ends = ends.collect();
        Self {
            part: Part {
                first: 0,
                first_sent: sent[0].place,
                ends,
                pairs: pairs.clone(),
                patterns: Vec::new(),
            },
            patterns: numbers.met,
            n_by_pass,
        }
    }
}

/// A pattern of levels in one word, made without touching memory: for each comparison a byte with its level and one, or zero if one of
/// the two says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Pattern(u128);

impl Pattern {
    fn put(&mut self, comparison: Comparison, level: u8) {
        self.0 |= (u128::from(level) + 1) << (8 * comparison as u32);
    }

    fn levels(self) -> Levels {
        let bytes = self.0.to_le_bytes();
        std::array::from_fn(|of| bytes[of].wrapping_sub(1))
    }
}

/// No level stands as zero, and comes back as what it is.
const _: () = assert!(0_u8.wrapping_sub(1) == SILENT && N <= 16);

/// Patterns by number, as they are first met.
#[derive(Default)]
struct Numbers {
    of: FxHashMap<Pattern, u32>,
    met: Vec<Pattern>,
}

impl Numbers {
    fn of(&mut self, pattern: Pattern) -> u32 {
        let next = number(self.met.len());
        let number = *self.of.entry(pattern).or_insert(next);
        if number == next {
            self.met.push(pattern);
        }
        number
    }
}
