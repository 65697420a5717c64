//! Joining whole groups at once: the inputs of each transaction, as compressed rows.
//!
//! Law: the labels are those of joining each group's members one after the other ([`Sets`]).
//!
//! Method: the links of [`SharedSets`], taken in batches. A find is a chain of dependent reads, each
//! of them a miss where the sets are larger than the cache; the finds of a batch are independent of
//! each other. So a batch first takes one step for *all* its members, then the next step for all,
//! and the misses overlap; what the steps found is written back as a shorter path, and the links
//! then begin a step from their roots. Any ancestor is a valid parent (it is in the same set, and
//! smaller), so a write that another thread overtakes costs time but not the result; each member of
//! a batch writes at most once.

use super::SharedSets;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Members whose steps overlap: their words fit the first-level cache.
const BATCH: usize = 1024;

/// Steps taken for a whole batch before the links; paths are mostly shorter.
const N_STEPS: usize = 3;

/// Words that one task initialises or labels.
const CHUNK: usize = 1 << 16;

/// A position in a list of members.
pub trait Offset: Copy + Sync {
    /// As an index.
    fn idx(self) -> usize;
}

impl Offset for u32 {
    fn idx(self) -> usize {
        self as usize
    }
}

impl Offset for usize {
    fn idx(self) -> usize {
        self
    }
}

impl Offset for u64 {
    fn idx(self) -> usize {
        usize::try_from(self).expect("positions are in memory")
    }
}

/// The smallest member of each one's set, when all members of each group are in one set.
///
/// `offsets` has one entry per group and one behind the last, ascending from 0 to `members.len()`;
/// `members` are below `n`. Nearly linear in `n` and members, with 4 bytes per id: the result.
///
/// ```
/// use moneytrail_analysis::entity::union_find::join_groups;
/// let labels = join_groups(6, &[0_u32, 2, 4, 5], &[5, 3, 3, 1, 4]);
/// assert_eq!(labels, [0, 1, 2, 1, 4, 1]);
/// ```
///
/// # Panics
/// If an offset or a member is out of range.
pub fn join_groups<O: Offset>(n: u32, offsets: &[O], members: &[u32]) -> Vec<u32> {
    let sets = SharedSets::new(n);
    sets.join_groups(offsets, members);
    sets.into_roots()
}

impl SharedSets {
    /// Joins the members of each group, in parallel; rows as in [`join_groups`].
    pub fn join_groups<O: Offset>(&self, offsets: &[O], members: &[u32]) {
        let n_groups = offsets.len().saturating_sub(1);
        // Tasks of a size that does not depend on the threads, large enough to fill some batches.
        let n_tasks = members.len().div_ceil(16 * BATCH).max(1);
        (0..n_tasks).into_par_iter().for_each(|task| {
            let bound = |task: usize| n_groups * task / n_tasks;
            let mut roots = Vec::with_capacity(2 * BATCH);
            let (mut group, end) = (bound(task), bound(task + 1));
            while group < end {
                let first = group;
                let start = offsets[first].idx();
                group += 1;
                while group < end && offsets[group + 1].idx() - start <= BATCH {
                    group += 1;
                }
                self.join_batch(
                    &offsets[first..=group],
                    &members[start..offsets[group].idx()],
                    &mut roots,
                );
            }
        });
    }

    fn join_batch<O: Offset>(&self, offsets: &[O], members: &[u32], roots: &mut Vec<u32>) {
        self.ancestors(members, roots);
        let start = offsets[0].idx();
        for range in offsets.windows(2) {
            let group = &roots[range[0].idx() - start..range[1].idx() - start];
            if let Some((&first, others)) = group.split_first() {
                let mut low = first;
                for &other in others {
                    if other != low {
                        low = self.link(low, other);
                    }
                }
            }
        }
    }

    /// An ancestor of each member, mostly its root, made its parent.
    fn ancestors(&self, members: &[u32], ancestors: &mut Vec<u32>) {
        ancestors.clear();
        ancestors.extend(members.iter().map(|&member| self.parent(member)));
        for _ in 1..N_STEPS {
            for ancestor in ancestors.iter_mut() {
                *ancestor = self.parent(*ancestor);
            }
        }
        for (&member, &ancestor) in members.iter().zip(&*ancestors) {
            let word = &self.parents[member as usize];
            if word.load(Relaxed) > ancestor {
                word.store(ancestor, Relaxed);
            }
        }
    }

    /// Makes each one's root its parent, in parallel.
    pub(crate) fn flatten(&self) {
        self.parents.par_chunks(CHUNK).for_each(|words| {
            for word in words {
                self.shorten(word);
            }
        });
    }

    /// Makes each one's root its parent.
    pub(crate) fn flatten_of(&self, member: u32) {
        self.shorten(&self.parents[member as usize]);
    }

    #[inline]
    fn shorten(&self, word: &AtomicU32) {
        // Most are at most one step from their root, so the reads of several do not depend on each other and
        // overlap by themselves.
        let parent = word.load(Relaxed);
        let grandparent = self.parent(parent);
        if grandparent < parent {
            word.store(self.root(grandparent), Relaxed);
        }
    }
}
