//! Sets of nodes as bitmaps: a set of all nodes fits a cache where a word for each node does not.
//!
//! Law: a node that is in a set has been inserted. While several threads insert into one word of 64
//! nodes at once, an insertion may be lost; so either each word has one thread that writes to it, or the
//! set is a hint.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Nodes of one word.
const WORD: usize = 64;

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
}
