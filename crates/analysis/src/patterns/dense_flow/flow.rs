//! Accounts as sources, middle and sinks, and the set of them that is densest when the lightest goes each time.

use super::least::Least;
use super::sums::Pair;
use moneytrail_model::{Stop, Watch};

/// How many members go before who waits is asked.
const N_BETWEEN_CHECKS: usize = 1 << 14;

/// Number of an account that is no member.
const NONE: u32 = u32::MAX;

/// Members: sources, then middle, then sinks, each by ascending account.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// Account of each member.
    accounts: Vec<u32>,
    /// Where the middle begins, and where the sinks do.
    ends: [usize; 2],
    /// Other end and sum, member after member.
    starts: Vec<usize>,
    rows: Vec<(u32, i128)>,
    /// Of a middle account what comes in, of another all of it; and what a middle account pays.
    sums: Vec<[i128; 2]>,
    lambda: i128,
}

/// A set, and its g.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Densest {
    /// Accounts of each layer, ascending.
    pub(super) layers: [Vec<u32>; 3],
    pub(super) numerator: i128,
    pub(super) size: usize,
}

impl Densest {
    /// g, rounded down; 0 of nothing.
    pub(super) fn per_member(&self) -> u128 {
        let numerator = self.numerator.max(0).unsigned_abs();
        numerator / self.size.max(1) as u128
    }
}

impl Flow {
    /// `pairs` are among `n` accounts. O(n + pairs).
    pub(super) fn of(n: usize, pairs: &[Pair], lambda: i128) -> Self {
        let (mut pays, mut is_paid) = (vec![false; n], vec![false; n]);
        for pair in pairs {
            pays[pair.from as usize] = true;
            is_paid[pair.to as usize] = true;
        }
        let is_middle = |account: u32| pays[account as usize] && is_paid[account as usize];
        let mut numbers = [const { Vec::new() }; 3].map(|_: Vec<u32>| vec![NONE; n]);
        for pair in pairs {
            if is_middle(pair.to) {
                numbers[0][pair.from as usize] = 0;
                numbers[1][pair.to as usize] = 0;
            }
            if is_middle(pair.from) {
                numbers[1][pair.from as usize] = 0;
                numbers[2][pair.to as usize] = 0;
            }
        }
        let mut accounts = Vec::new();
        let mut ends = [0; 2];
        for (layer, numbers) in numbers.iter_mut().enumerate() {
            for (account, number) in (0..).zip(numbers) {
                if *number != NONE {
                    *number = u32::try_from(accounts.len()).expect("fewer than thrice 2³⁰ pairs");
                    accounts.push(account);
                }
            }
            if layer < 2 {
                ends[layer] = accounts.len();
            }
        }
        let joined = || {
            pairs.iter().flat_map(|pair| {
                let [source, middle, sink] = &numbers;
                let (from, to) = (pair.from as usize, pair.to as usize);
                let low = is_middle(pair.to).then(|| (source[from], middle[to], pair.sum));
                let high = is_middle(pair.from).then(|| (middle[from], sink[to], pair.sum));
                [low, high].into_iter().flatten()
            })
        };
        let mut flow = Self {
            starts: vec![0; accounts.len() + 1],
            rows: Vec::new(),
            sums: vec![[0; 2]; accounts.len()],
            accounts,
            ends,
            lambda,
        };
        for (from, to, sum) in joined() {
            for at in [from, to] {
                flow.starts[at as usize + 1] += 1;
            }
            let side = usize::from(flow.is_middle(from as usize));
            flow.sums[from as usize][side] += sum;
            flow.sums[to as usize][0] += sum;
        }
        for member in 0..flow.accounts.len() {
            flow.starts[member + 1] += flow.starts[member];
        }
        let mut next = flow.starts.clone();
        flow.rows = vec![(0, 0); next[flow.accounts.len()]];
        for (from, to, sum) in joined() {
            for (at, other) in [(from, to), (to, from)] {
                let place = &mut next[at as usize];
                flow.rows[*place] = (other, sum);
                *place += 1;
            }
        }
        flow
    }

    fn row(&self, member: usize) -> &[(u32, i128)] {
        &self.rows[self.starts[member]..self.starts[member + 1]]
    }

    const fn is_middle(&self, member: usize) -> bool {
        member >= self.ends[0] && member < self.ends[1]
    }

    /// f − λ (q − f) of a middle account.
    fn adds(&self, [came, went]: [i128; 2]) -> i128 {
        (1 + self.lambda) * came.min(went) - self.lambda * came.max(went)
    }

    /// (1 + λ) times the paper's weight.
    fn weight(&self, member: usize, sums: [i128; 2]) -> i128 {
        if self.is_middle(member) {
            self.adds(sums)
        } else {
            (1 + self.lambda) * sums[0]
        }
    }

    /// The densest of the sets on the way. O(pairs · log members) at most.
    ///
    /// # Errors
    /// If who waits has it end.
    pub(super) fn densest(&self, watch: &dyn Watch) -> Result<Densest, Stop> {
        let n = self.accounts.len();
        let mut sums = self.sums.clone();
        let mut numerator: i128 = (self.ends[0]..self.ends[1])
            .map(|at| self.adds(sums[at]))
            .sum();
        let mut least = Least::of((0..n).map(|at| self.weight(at, sums[at])));
        let mut is_in = vec![true; n];
        let mut out: Vec<usize> = Vec::new();
        let mut best = (numerator, n, 0);
        while let Some(at) = least.pop() {
            if out.len().is_multiple_of(N_BETWEEN_CHECKS) {
                watch.check()?;
            }
            is_in[at] = false;
            out.push(at);
            if self.is_middle(at) {
                numerator -= self.adds(sums[at]);
            }
            for &(other, sum) in self.row(at) {
                let other = other as usize;
                if !is_in[other] {
                    continue;
                }
                let before = sums[other];
                // Of a middle account its sinks take from what it pays.
                let side = usize::from(self.is_middle(other) && at >= self.ends[1]);
                sums[other][side] -= sum;
                let weight = self.weight(other, sums[other]);
                if self.is_middle(other) {
                    numerator += weight - self.adds(before);
                }
                least.weigh(other, weight);
            }
            let size = n - out.len();
            let is_denser = size > 0
                && numerator * i128::try_from(best.1).unwrap_or(1)
                    > best.0 * i128::try_from(size).unwrap_or(1);
            if is_denser {
                best = (numerator, size, out.len());
            }
        }
        is_in.fill(true);
        for &at in &out[..best.2] {
            is_in[at] = false;
        }
        let layer = |members: std::ops::Range<usize>| {
            let inside = members.filter(|&at| is_in[at]);
            inside.map(|at| self.accounts[at]).collect()
        };
        let [middle, sinks] = self.ends;
        Ok(Densest {
            layers: [layer(0..middle), layer(middle..sinks), layer(sinks..n)],
            numerator: best.0,
            size: best.1,
        })
    }
}
