//! The member of least weight, while weights change.
//!
//! Law: told is the first of those that weigh least. A tree of minima over the members in their order; a change climbs only as far as
//! it changes a minimum, which in most of them is not far. O(log n) at most for each.

/// Heavier than any member.
const GONE: i128 = i128::MAX;

/// Minima: of node i those of nodes 2 i and 2 i + 1; members are the last layer.
#[derive(Debug)]
pub(super) struct Least {
    minima: Vec<i128>,
    n_leaves: usize,
}

impl Least {
    /// O(n).
    pub(super) fn of(weights: impl ExactSizeIterator<Item = i128>) -> Self {
        let n_leaves = weights.len().next_power_of_two();
        let mut minima = vec![GONE; 2 * n_leaves];
        for (leaf, weight) in minima[n_leaves..].iter_mut().zip(weights) {
            *leaf = weight;
        }
        for node in (1..n_leaves).rev() {
            minima[node] = minima[2 * node].min(minima[2 * node + 1]);
        }
        Self { minima, n_leaves }
    }

    /// Takes out the first of those that weigh least.
    pub(super) fn pop(&mut self) -> Option<usize> {
        let weight = self.minima[1];
        if weight == GONE {
            return None;
        }
        let mut node = 1;
        while node < self.n_leaves {
            node *= 2;
            node += usize::from(self.minima[node] != weight);
        }
        let member = node - self.n_leaves;
        self.weigh(member, GONE);
        Some(member)
    }

    /// What a member weighs from now on.
    pub(super) fn weigh(&mut self, member: usize, weight: i128) {
        let mut node = self.n_leaves + member;
        self.minima[node] = weight;
        while node > 1 {
            let least = self.minima[node].min(self.minima[node ^ 1]);
            node /= 2;
            if self.minima[node] == least {
                break;
            }
            self.minima[node] = least;
        }
    }
}
