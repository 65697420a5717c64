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

mod flow;
mod least;
mod sums;

use super::movements::Movements;
use super::{Found, Measure, Options, Pattern, Rule};
use flow::{Densest, Flow};
use moneytrail_model::Watch;
use moneytrail_model::money::mul_div_rem;
use rayon::prelude::*;
use std::collections::BTreeMap;
use sums::{Pair, Sums};

/// What a strength is told in: this part of all that moved of the asset.
pub(super) const PARTS: u128 = 1_000_000_000_000;

/// O(n log n), and O(pairs · log accounts) for each finding.
pub(super) fn find(movements: &Movements, options: &Options, watch: &dyn Watch) -> Found {
    let mut by_asset: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, &asset) in (0..).zip(&movements.assets) {
        by_asset.entry(asset).or_default().push(at);
    }
    let found: Vec<Option<Vec<Pattern>>> = by_asset
        .into_par_iter()
        .map(|(_, list)| of_asset(movements, &list, options, watch))
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
    list: &[u32],
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
    let mut sums = Sums::of(movements, list);
    let mut patterns = Vec::new();
    for _ in 0..options.dense_n_max {
        // What is not done because of whoever waits is no result; he is asked again.
        let Ok(densest) = Flow::of(sums.accounts.len(), &sums.pairs, lambda).densest(watch) else {
            break;
        };
        if densest.numerator <= 0 {
            break;
        }
        patterns.push(pattern(&mut sums, &densest, total));
    }
    Some(patterns)
}

/// The pattern of a set, whose pairs are taken away.
fn pattern(sums: &mut Sums, densest: &Densest, total: u128) -> Pattern {
    let mut is_in = [const { Vec::new() }; 3].map(|_: Vec<bool>| vec![false; sums.accounts.len()]);
    for (is_in, layer) in is_in.iter_mut().zip(&densest.layers) {
        for &account in layer {
            is_in[account as usize] = true;
        }
    }
    let is_inside = |pair: &Pair| {
        let is = |layer: usize, account: u32| is_in[layer][account as usize];
        is(0, pair.from) && is(1, pair.to) || is(1, pair.from) && is(2, pair.to)
    };
    let (inside, rest): (Vec<Pair>, Vec<Pair>) =
        sums.pairs.iter().partition(|pair| is_inside(pair));
    sums.pairs = rest;
    let mut movements: Vec<u32> = Vec::new();
    for pair in &inside {
        movements.extend(sums.movements_of(pair));
    }
    movements.sort_unstable();
    let layer = |nth: usize| -> Vec<u32> {
        let accounts = densest.layers[nth].iter();
        accounts.map(|&at| sums.accounts[at as usize]).collect()
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
