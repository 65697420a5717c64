//! The rule as it was first written: pairs in a map, rows of their own, a queue of all weights. Answers are compared with it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// An account in one of its parts: sources, then middle, then sinks.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    pub(super) n: usize,
    /// Other end and sum, by member.
    pub(super) rows: Vec<Vec<(u32, i128)>>,
    /// Of a middle account what comes in, of another all of it; and what a middle account pays.
    sums: Vec<[i128; 2]>,
    lambda: i128,
}

/// A set, and its g.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Densest {
    pub(super) is_in: Vec<bool>,
    pub(super) numerator: i128,
    pub(super) size: usize,
}

impl Flow {
    /// `pairs` are payer, payee and sum.
    pub(super) fn of(n: usize, pairs: &BTreeMap<(u32, u32), i128>, lambda: i128) -> Self {
        let mut flow = Self {
            n,
            rows: vec![Vec::new(); 3 * n],
            sums: vec![[0; 2]; 3 * n],
            lambda,
        };
        let (mut pays, mut is_paid) = (vec![false; n], vec![false; n]);
        for &(from, to) in pairs.keys() {
            pays[from as usize] = true;
            is_paid[to as usize] = true;
        }
        let is_middle = |account: u32| pays[account as usize] && is_paid[account as usize];
        for (&(from, to), &sum) in pairs {
            if is_middle(to) {
                flow.join(from as usize, n + to as usize, sum);
            }
            if is_middle(from) {
                flow.join(n + from as usize, 2 * n + to as usize, sum);
            }
        }
        flow
    }

    fn join(&mut self, from: usize, to: usize, sum: i128) {
        self.rows[from].push((u32::try_from(to).expect("thrice the accounts"), sum));
        self.rows[to].push((u32::try_from(from).expect("thrice the accounts"), sum));
        let side = usize::from(self.is_middle(from));
        self.sums[from][side] += sum;
        self.sums[to][0] += sum;
    }

    pub(super) const fn is_middle(&self, member: usize) -> bool {
        member >= self.n && member < 2 * self.n
    }

    /// f − λ (q − f) of a middle account.
    pub(super) fn adds(&self, [came, went]: [i128; 2]) -> i128 {
        (1 + self.lambda) * came.min(went) - self.lambda * came.max(went)
    }

    /// (1 + λ) times the paper's weight.
    pub(super) fn weight(&self, member: usize, sums: [i128; 2]) -> i128 {
        if self.is_middle(member) {
            self.adds(sums)
        } else {
            (1 + self.lambda) * sums[0]
        }
    }

    pub(super) fn densest(&self) -> Densest {
        let mut sums = self.sums.clone();
        let members: Vec<usize> = (0..3 * self.n)
            .filter(|&at| !self.rows[at].is_empty())
            .collect();
        let middle = members.iter().filter(|&&at| self.is_middle(at));
        let mut numerator: i128 = middle.map(|&at| self.adds(sums[at])).sum();
        let mut size = members.len();
        let mut is_in = vec![false; 3 * self.n];
        for &at in &members {
            is_in[at] = true;
        }
        let queued = members
            .iter()
            .map(|&at| Reverse((self.weight(at, sums[at]), at)));
        let mut queue: BinaryHeap<Reverse<(i128, usize)>> = queued.collect();
        let mut best = (numerator, size, 0);
        let mut out = Vec::new();
        while let Some(Reverse((weight, at))) = queue.pop() {
            if !is_in[at] || weight != self.weight(at, sums[at]) {
                continue;
            }
            is_in[at] = false;
            out.push(at);
            size -= 1;
            if self.is_middle(at) {
                numerator -= self.adds(sums[at]);
            }
            for &(other, sum) in &self.rows[at] {
                let other = other as usize;
                if !is_in[other] {
                    continue;
                }
                let before = sums[other];
                // Of a middle account its sinks take from what it pays.
                let side = usize::from(self.is_middle(other) && at >= 2 * self.n);
                sums[other][side] -= sum;
                if self.is_middle(other) {
                    numerator += self.adds(sums[other]) - self.adds(before);
                }
                queue.push(Reverse((self.weight(other, sums[other]), other)));
            }
            let is_denser = size > 0
                && numerator * i128::try_from(best.1).unwrap_or(1)
                    > best.0 * i128::try_from(size).unwrap_or(1);
            if is_denser {
                best = (numerator, size, out.len());
            }
        }
        let mut is_in = vec![false; 3 * self.n];
        for &at in &members {
            is_in[at] = true;
        }
        for &at in &out[..best.2] {
            is_in[at] = false;
        }
        Densest {
            is_in,
            numerator: best.0,
            size: best.1,
        }
    }
}
