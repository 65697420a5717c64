//! Dense flow: the accounts among which most money goes from payers over intermediaries to payees, and little stays
//! (`FlowScope`: Li, Liu, Li, Han, Shi, Hooi, Huang, Cheng, AAAI 2020).
//!
//! Laws. In one asset, an account may stand as a source, in the middle and as a sink, each time anew. For S sources, middle
//! accounts and sinks, g(S) is the sum over its middle accounts of f − λ (q − f), divided by the number of members of S, where f is the smaller
//! and q the larger of what such an account receives from sources of S and pays to sinks of S. Members are taken away one by one, the one with
//! the least weight first (f − λ/(1 + λ) · q of a middle account, all that it pays or receives of another; the first of equals), and of all the sets on the way
//! the one with the largest g is told, the largest of equals. Its transfers are then taken away for the next. Time is not asked.
//!
//! The paper's A, M, C, f, q, λ, g are sources, middle, sinks, `f`, `q`, `lambda` and `numerator ÷ size`. O(pairs · log pairs) for each.

use super::movements::Movements;
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
use moneytrail_model::money::mul_div_rem;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What a strength is told in: this part of all that moved of the asset.
pub(super) const PARTS: u128 = 1_000_000_000_000;

/// An account in one of its parts: sources, then middle, then sinks.
#[derive(Clone, Debug, Default)]
struct Flow {
    n: usize,
    /// Other end and sum, by member.
    rows: Vec<Vec<(u32, i128)>>,
    /// Of a middle account what comes in, of another all of it; and what a middle account pays.
    sums: Vec<[i128; 2]>,
    lambda: i128,
}

/// A set, and its g.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Densest {
    is_in: Vec<bool>,
    numerator: i128,
    size: usize,
}

impl Flow {
    /// `pairs` are payer, payee and sum.
    fn of(n: usize, pairs: &BTreeMap<(u32, u32), i128>, lambda: i128) -> Self {
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

    const fn is_middle(&self, member: usize) -> bool {
        member >= self.n && member < 2 * self.n
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

    fn densest(&self) -> Densest {
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

/// O(findings · n log n).
pub(super) fn find(movements: &Movements, options: &Options, watch: &dyn Watch) -> Found {
    let mut by_asset: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, &asset) in (0..).zip(&movements.assets) {
        by_asset.entry(asset).or_default().push(at);
    }
    let by_asset: Vec<(u32, Vec<u32>)> = by_asset.into_iter().collect();
    let found: Vec<Option<Vec<Pattern>>> = by_asset
        .into_par_iter()
        .map(|(_, list)| of_asset(movements, list, options, watch))
        .collect();
    let n_too_large = found.iter().filter(|of| of.is_none()).count() as u64;
    let mut found = Found::ranked(found.into_iter().flatten().flatten().collect());
    found
        .left_out
        .push(("assets whose sums are too large to compare", n_too_large));
    found
}

/// The densest flows of an asset; none if its sums are too large.
fn of_asset(
    movements: &Movements,
    mut list: Vec<u32>,
    options: &Options,
    watch: &dyn Watch,
) -> Option<Vec<Pattern>> {
    let total = list.iter().try_fold(0_u128, |sum, &at| {
        sum.checked_add(movements.units[at as usize])
    })?;
    let lambda = i128::from(options.dense_lambda);
    // g is compared by products of sums and sizes: no sum is above twice (1 + λ) times the total, no size above six times the transfers.
    let most = i128::try_from(total).ok()?.checked_mul(2 * (1 + lambda))?;
    most.checked_mul(i128::try_from(6 * list.len()).ok()?)?;
    let mut patterns = Vec::new();
    for _ in 0..options.dense_n_max {
        if watch.check().is_err() {
            break;
        }
        let ends = |at: &u32| [movements.from[*at as usize], movements.to[*at as usize]];
        let mut accounts: Vec<u32> = list.iter().flat_map(ends).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let number = |account: u32| {
            let at = accounts.binary_search(&account).unwrap_or(0);
            u32::try_from(at).expect("fewer than accounts")
        };
        let mut pairs: BTreeMap<(u32, u32), i128> = BTreeMap::new();
        for at in &list {
            let [from, to] = ends(at).map(number);
            let units = i128::try_from(movements.units[*at as usize]).ok()?;
            *pairs.entry((from, to)).or_default() += units;
        }
        let n = accounts.len();
        let flow = Flow::of(n, &pairs, lambda);
        let densest = flow.densest();
        if densest.numerator <= 0 {
            break;
        }
        let is_in = |layer: usize, account: u32| densest.is_in[layer * n + account as usize];
        let (inside, rest): (Vec<u32>, Vec<u32>) = list.iter().partition(|&at| {
            let [from, to] = ends(at).map(number);
            is_in(0, from) && is_in(1, to) || is_in(1, from) && is_in(2, to)
        });
        patterns.push(pattern(&accounts, &densest, inside, total));
        list = rest;
    }
    Some(patterns)
}

fn pattern(accounts: &[u32], densest: &Densest, movements: Vec<u32>, total: u128) -> Pattern {
    let n = accounts.len();
    let layer = |nth: usize| -> Vec<u32> {
        let inside = accounts.iter().enumerate();
        let inside = inside.filter(|of| densest.is_in[nth * n + of.0]);
        inside.map(|of| *of.1).collect()
    };
    let [sources, middle, sinks] = [layer(0), layer(1), layer(2)];
    let measure = |what, layer: &Vec<u32>| Measure::of(what, layer.len() as u128);
    // Below the total: what goes on through the middle is at most what came.
    let numerator = densest.numerator.unsigned_abs();
    let per_member = numerator / densest.size.max(1) as u128;
    let strength = mul_div_rem(per_member, PARTS, total.max(1));
    let mut parties = [&middle[..], &sources[..], &sinks[..]].concat();
    let mut known = std::collections::BTreeSet::new();
    parties.retain(|&account| known.insert(account));
    Pattern {
        rule: Rule::DenseFlow,
        measures: vec![
            measure("sources", &sources),
            measure("accounts in the middle", &middle),
            measure("sinks", &sinks),
            Measure::of(
                "units that go on, less a penalty for what stays, for each member",
                per_member,
            ),
        ],
        accounts: parties,
        movements,
        strength: strength.map_or(0, |of| of.0),
    }
}

#[cfg(test)]
mod tests;
