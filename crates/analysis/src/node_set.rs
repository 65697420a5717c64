//! Sets of nodes as bitmaps: a set of all nodes fits a cache where a word for each node does not.
//!
//! Law: a node that is in a set has been inserted. While several threads insert into one word of 64
//! nodes at once, an insertion may be lost; so either each word has one thread that writes to it, or the
//! set is a hint.

use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Nodes of one word.
pub(crate) const WORD: usize = 64;

/// Words that one task looks at: 4,096 nodes.
pub(crate) const N_WORDS_PER_TASK: usize = 64;

/// A set of nodes that many threads read and write.
#[derive(Debug)]
pub(crate) struct NodeSet {
    words: Vec<AtomicU64>,
}

impl NodeSet {
    /// No node of `0..n`.
    pub(crate) fn new(n: u32) -> Self {
        let words = std::iter::repeat_with(AtomicU64::default);
        Self {
            words: words.take((n as usize).div_ceil(WORD)).collect(),
        }
    }

    /// The nodes below `n` for which `is_in` holds, in parallel.
    pub(crate) fn of(n: u32, is_in: impl Fn(u32) -> bool + Sync) -> Self {
        let set = Self::new(n);
        let words = set.words.par_iter().with_min_len(N_WORDS_PER_TASK);
        words.enumerate().for_each(|(word_idx, word)| {
            let nodes = ones(word_idx, u64::MAX).take_while(|&node| node < n);
            let bits = nodes.map(|node| u64::from(is_in(node)) << (node % 64));
            word.store(bits.fold(0, |all, bit| all | bit), Relaxed);
        });
        set
    }

    #[inline]
    pub(crate) fn contains(&self, node: u32) -> bool {
        self.bit(node) == 1
    }

    /// 1 if the node is in the set, else 0: to reckon with where a branch would be mispredicted.
    #[inline]
    pub(crate) fn bit(&self, node: u32) -> u64 {
        (self.words[node as usize / WORD].load(Relaxed) >> (node % 64)) & 1
    }

    #[inline]
    pub(crate) fn insert(&self, node: u32) {
        let word = &self.words[node as usize / WORD];
        word.store(word.load(Relaxed) | 1 << (node % 64), Relaxed);
    }

    /// The smallest node of the set. O(n).
    pub(crate) fn first(&self) -> Option<u32> {
        (0..self.words.len()).find_map(|word| ones(word, self.word(word)).next())
    }

    /// The 64 nodes of a word, as bits.
    #[inline]
    pub(crate) fn word(&self, word_idx: usize) -> u64 {
        self.words[word_idx].load(Relaxed)
    }
}

/// The nodes of one word of a bitmap, ascending.
pub(crate) fn ones(word_idx: usize, mut word: u64) -> impl Iterator<Item = u32> {
    let base = u32::try_from(word_idx * WORD).expect("nodes are u32");
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(base | bit)
    })
}
