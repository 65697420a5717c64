//! Disjoint sets in which the smallest member is the root, sequentially and in parallel.
//!
//! Law: the partition is the reflexive, symmetric and transitive closure of the joins, whatever their
//! order and whoever makes them; a set's label is its smallest member, so labels are canonical.
//!
//! Method: Jayanti and Tarjan, *Concurrent disjoint set union* (Distributed Computing, 2021), with
//! linking by index instead of by random order, as GraphSense does, so that the root is the smallest
//! member. `parents[x] ≤ x` holds at the start and every write keeps it: linking sets the parent of a
//! root to a smaller node, path splitting replaces a parent by an ancestor. [`join_groups`] takes the
//! joins in batches, so that their misses overlap.
//!
//! Termination: a parent that is not the member itself is a smaller member of the same set, whichever
//! thread wrote it last, so walking up goes strictly down and ends. Only a link writes to a root, by
//! compare-and-swap; it fails only if another thread's link succeeded on the same word, and there are
//! at most `n − 1` of those (lock-free). Every other write goes to a member that has ceased to be a
//! root and gives it an ancestor, so none of them can undo a link, in whatever order they land.
//!
//! Ordering: the words carry no other data, and the threads are joined before the result is read, so
//! relaxed operations are enough.

mod groups;

pub use groups::{Offset, join_groups};

use crate::huge_pages::room;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Sets over `0..n`, joined by one thread: the reference.
#[derive(Clone, Debug)]
pub struct Sets {
    parents: Vec<u32>,
}

impl Sets {
    /// Each member alone.
    pub fn new(n: u32) -> Self {
        Self {
            parents: (0..n).collect(),
        }
    }

    /// Sets that others made: the smallest member of each one's set.
    ///
    /// # Panics
    /// If a root is above its member.
    pub fn from_roots(roots: Vec<u32>) -> Self {
        let is_below = |(member, &root): (u32, &u32)| root <= member;
        assert!((0..).zip(&roots).all(is_below), "the root is the smallest");
        Self { parents: roots }
    }

    /// The smallest member of the set. Amortised O(log n).
    pub fn root(&mut self, mut member: u32) -> u32 {
        while self.parents[member as usize] != member {
            let parent = self.parents[member as usize];
            self.parents[member as usize] = self.parents[parent as usize];
            member = parent;
        }
        member
    }

    /// Joins two sets.
    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }

    /// The smallest member of each one's set.
    pub fn into_roots(mut self) -> Vec<u32> {
        let n = u32::try_from(self.parents.len()).expect("made from a u32");
        (0..n).map(|member| self.root(member)).collect()
    }
}

/// Sets over `0..n` that many threads join at once.
#[derive(Debug)]
pub struct SharedSets {
    parents: Vec<AtomicU32>,
}

impl SharedSets {
    /// Each member alone.
    pub fn new(n: u32) -> Self {
        Self::with_parents(n, |member| member)
    }

    /// Each member joined with another one, which is not larger, or itself.
    pub(crate) fn with_parents(n: u32, parent: impl Fn(u32) -> u32 + Sync) -> Self {
        let mut parents = room(n as usize);
        let members = (0..n).into_par_iter();
        let words = members.map(|member| AtomicU32::new(parent(member)));
        words.collect_into_vec(&mut parents);
        Self { parents }
    }

    /// Members.
    pub(crate) fn n(&self) -> u32 {
        u32::try_from(self.parents.len()).expect("made from a u32")
    }

    #[inline]
    pub(crate) fn parent(&self, member: u32) -> u32 {
        self.parents[member as usize].load(Relaxed)
    }

    /// The root as of some moment of the call: a smaller one if others join meanwhile.
    pub fn root(&self, mut member: u32) -> u32 {
        loop {
            let parent = self.parent(member);
            let grandparent = self.parent(parent);
            if parent == grandparent {
                return parent;
            }
            // Path splitting.
            self.parents[member as usize].store(grandparent, Relaxed);
            member = parent;
        }
    }

    /// Joins two sets.
    pub fn join(&self, a: u32, b: u32) {
        self.link(a, b);
    }

    /// Joins two sets; a member of the joined set, mostly its root. Both paths are walked at once, the
    /// higher end first, and split on the way (Rem's algorithm; the link of Afforest).
    pub(crate) fn link(&self, a: u32, b: u32) -> u32 {
        let (mut a, mut b) = (self.parent(a), self.parent(b));
        while a != b {
            let (low, high) = (a.min(b), a.max(b));
            let word = &self.parents[high as usize];
            let parent = word.load(Relaxed);
            if parent == low
                || parent == high && word.compare_exchange(high, low, Relaxed, Relaxed).is_ok()
            {
                return low;
            }
            let grandparent = self.parent(parent);
            if grandparent < parent && parent < high {
                word.store(grandparent, Relaxed);
            }
            (a, b) = (grandparent, self.parent(low));
        }
        a
    }

    /// The smallest member of each one's set, in parallel.
    pub fn into_roots(self) -> Vec<u32> {
        self.flatten();
        self.parents
            .into_iter()
            .map(AtomicU32::into_inner)
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn many_threads_give_what_one_gives(
            joins in prop::collection::vec((0_u32..200, 0_u32..200), 0..400),
            n_threads in 1_usize..8,
        ) {
            let mut reference = Sets::new(200);
            for &(a, b) in &joins {
                reference.join(a, b);
            }
            let shared = SharedSets::new(200);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| joins.par_iter().with_max_len(1).for_each(|&(a, b)| shared.join(a, b)));
            let roots = shared.into_roots();
            prop_assert_eq!(&roots, &reference.into_roots());
            // Smallest member, and the closure: naive relabelling until nothing changes.
            let mut naive: Vec<u32> = (0..200).collect();
            loop {
                let before = naive.clone();
                for &(a, b) in &joins {
                    let low = naive[a as usize].min(naive[b as usize]);
                    (naive[a as usize], naive[b as usize]) = (low, low);
                }
                if naive == before {
                    break;
                }
            }
            prop_assert_eq!(roots, naive);
        }

        #[test]
        fn groups_are_joined_as_one_after_the_other(
            groups in prop::collection::vec(prop::collection::vec(0_u32..3000, 0..6), 0..2000),
            large in prop::collection::vec(0_u32..3000, 0..2500),
        ) {
            // Small groups fill some batches; one group is larger than a batch.
            let groups: Vec<Vec<u32>> = groups.into_iter().chain([large]).collect();
            let mut reference = Sets::new(3000);
            let (mut offsets, mut members) = (vec![0_u32], Vec::new());
            for group in &groups {
                group.windows(2).for_each(|pair| reference.join(pair[0], pair[1]));
                members.extend_from_slice(group);
                offsets.push(u32::try_from(members.len()).unwrap());
            }
            let long_offsets: Vec<u64> = offsets.iter().map(|&offset| offset.into()).collect();
            let expected = reference.into_roots();
            for n_threads in [1, 2, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                pool.install(|| {
                    prop_assert_eq!(&join_groups(3000, &offsets, &members), &expected);
                    prop_assert_eq!(&join_groups(3000, &long_offsets, &members), &expected);
                    Ok(())
                })?;
            }
        }
    }
}
