//! Pairs that are joined together, so that their misses overlap.

use crate::entity::union_find::SharedSets;
use crate::node_set::NodeSet;

/// Pairs of one batch: their words fit the first-level cache.
const N_PAIRS: usize = 512;

/// Pairs to be joined; the owner joins what is left at the end.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    sets: &'a SharedSets,
    /// A hint: nodes that are all in one set already.
    known: &'a NodeSet,
    pairs: [(u32, u32); N_PAIRS],
    n_pairs: usize,
}

impl<'a> Batch<'a> {
    pub(super) const fn new(sets: &'a SharedSets, known: &'a NodeSet) -> Self {
        Self {
            sets,
            known,
            pairs: [(0, 0); N_PAIRS],
            n_pairs: 0,
        }
    }

    /// Takes a pair, unless it is known to be joined; joins all when there are enough.
    #[inline]
    pub(super) fn push(&mut self, a: u32, b: u32) {
        // Which nodes are known is random, so nothing branches on it.
        let is_joined = self.known.bit(a) & self.known.bit(b) == 1;
        self.pairs[self.n_pairs] = (a, b);
        self.n_pairs += usize::from(!is_joined);
        if self.n_pairs == N_PAIRS {
            self.join();
        }
    }

    /// Joins all that were taken; who is joined with a known node is known.
    pub(super) fn join(&mut self) {
        let pairs = &self.pairs[..std::mem::take(&mut self.n_pairs)];
        let mut ends = [(0, 0); N_PAIRS];
        let ends = &mut ends[..pairs.len()];
        ends.copy_from_slice(pairs);
        for _ in 0..2 {
            for (a, b) in &mut *ends {
                (*a, *b) = (self.sets.parent(*a), self.sets.parent(*b));
            }
        }
        for (&(a, b), &mut (near_a, near_b)) in pairs.iter().zip(ends) {
            self.sets.link(near_a, near_b);
            if self.known.contains(a) | self.known.contains(b) {
                self.known.insert(a);
                self.known.insert(b);
            }
        }
    }
}
