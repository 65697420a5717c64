//! Dense flow: the accounts among which, within a window, most money goes from payers over intermediaries to payees beyond what
//! chance gives, and little stays (`FlowScope`: Li, Liu, Li, Han, Shi, Hooi, Huang, Cheng, AAAI 2020).
//!
//! Laws. In one asset and window, a pair counts with what it paid less what chance gives it: what the payer paid times what the
//! payee was paid, divided by all that moved (the expectation of Newman 2004, which the record with its payees dealt anew has); a
//! pair that paid no more counts nothing. An account may stand as a source, in the middle and as a sink, each time anew. For S sources, middle
//! accounts and sinks, g(S) is the sum over its middle accounts of f − λ (q − f), divided by the number of members of S, where f is the smaller
//! and q the larger of what such an account receives from sources of S and pays to sinks of S. Members are taken away one by one, the one with
//! the least weight first (f − λ/(1 + λ) · q of a middle account, all that it pays or receives of another; the first of equals), and of all the sets on the way
//! the one with the largest g is told, the largest of equals. Its transfers are then taken away for the next. Of windows that share a transfer the densest
//! stands. Which of two transfers of a window came first is not asked. The first flow of a window is told if its g is above that of the
//! first of every window of so many records whose payees were dealt anew, and those after it while theirs is: with 19 of them, chance gives any at all to
//! one record in twenty (Davison and Hinkley 1997).
//!
//! The paper's A, M, C, f, q, λ, g are sources, middle, sinks, `f`, `q`, `lambda` and `numerator ÷ size`. O(pairs · log pairs) for each.

mod flow;
mod least;
mod sums;

use super::chance::rewired;
use super::movements::{Movements, Role};
use super::pairs::windows;
use super::peers::Peers;
use super::{Found, Measure, Options, Pattern, Rule};
use flow::{Densest, Flow};
use moneytrail_model::Watch;
use moneytrail_model::money::mul_div_rem;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use sums::{Pair, Sums};

/// What a strength is told in: this part of all that moved of the asset.
pub(super) const PARTS: u128 = 1_000_000_000_000;

/// Draws the records that a flow must be denser than; no draw of [`super::chance`] begins so.
const SEED: u64 = 0x6465_6e73_6520_666c;

/// The position among the measures of g.
const DENSITY: usize = 5;

/// More than the densest flow of records whose payees were dealt anew, by asset. The cost of [`find`] for each of them.
pub(super) fn peers(movements: &Movements, options: &Options, watch: &dyn Watch) -> Peers {
    let first = Options {
        dense_n_max: 1,
        ..options.clone()
    };
    let dealt = (0..options.dense_draws).into_par_iter().map(|nth| {
        let dealt = rewired(movements, SEED, nth);
        let found = find(&dealt, &first, &Peers::default(), watch).patterns;
        let densities = found.into_iter().map(|pattern| {
            let asset = dealt.assets[pattern.movements[0] as usize];
            (asset, pattern.measures[DENSITY].value)
        });
        densities.collect()
    });
    let dealt: Vec<Vec<(u32, u128)>> = dealt.collect();
    let mut least: BTreeMap<(Role, u32), u128> = BTreeMap::new();
    for (asset, density) in dealt.into_iter().flatten() {
        let above = least.entry((Role::Other, asset)).or_default();
        *above = density.saturating_add(1).max(*above);
    }
    Peers::given(least)
}

/// O(n log n), and O(pairs · log accounts) for each finding of a window.
pub(super) fn find(
    movements: &Movements,
    options: &Options,
    peers: &Peers,
    watch: &dyn Watch,
) -> Found {
    let totals = movements.totals();
    let found: Vec<Vec<(u32, Option<Vec<Pattern>>)>> =
        windows(&movements.seconds, options.dense_seconds)
            .into_par_iter()
            .map(|window| {
                let mut by_asset: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
                for at in window {
                    let list = by_asset.entry(movements.assets[at]).or_default();
                    list.push(u32::try_from(at).expect("fewer than 2³² transfers"));
                }
                let flows = by_asset.into_par_iter().map(|(asset, list)| {
                    let asked = Asked {
                        total: totals[asset as usize],
                        least: peers.least(Role::Other, asset),
                        options,
                    };
                    (asset, of_asset(movements, &list, &asked, watch))
                });
                flows.collect()
            })
            .collect();
    let mut too_large: BTreeSet<u32> = BTreeSet::new();
    let mut patterns = Vec::new();
    for (asset, of) in found.into_iter().flatten() {
        match of {
            Some(of) => patterns.extend(of),
            None => {
                too_large.insert(asset);
            }
        }
    }
    let mut found = Found::ranked(patterns);
    found.each_movement_once();
    found.left_out.push((
        "assets whose sums are too large to compare",
        too_large.len() as u64,
    ));
    found
}

/// What a flow of an asset is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    /// All that moved of the asset in the record; as much as fits.
    total: u128,
    /// What it must go on for each member.
    least: u128,
    options: &'a Options,
}

/// The densest flows of an asset in a window; none if its sums are too large.
fn of_asset(
    movements: &Movements,
    list: &[u32],
    asked: &Asked<'_>,
    watch: &dyn Watch,
) -> Option<Vec<Pattern>> {
    let total = list.iter().try_fold(0_u128, |sum, &at| {
        sum.checked_add(movements.units[at as usize])
    })?;
    let lambda = i128::from(asked.options.dense_lambda);
    // g is compared by products of sums and sizes: no sum is above twice (1 + λ) times the total, no size above six times the transfers.
    let most = i128::try_from(total).ok()?.checked_mul(2 * (1 + lambda))?;
    most.checked_mul(i128::try_from(6 * list.len()).ok()?)?;
    let mut sums = Sums::of(movements, list);
    let mut patterns = Vec::new();
    for _ in 0..asked.options.dense_n_max {
        // What is not done because of whoever waits is no result; he is asked again.
        let Ok(densest) = Flow::of(sums.accounts.len(), &sums.pairs, lambda).densest(watch) else {
            break;
        };
        // A window is told of if its first flow is: that is what dealt records are asked, too.
        if densest.numerator <= 0 || densest.per_member() < asked.least {
            break;
        }
        patterns.push(pattern(movements, &mut sums, &densest, asked));
    }
    Some(patterns)
}

/// The pattern of a set, whose pairs are taken away.
fn pattern(of: &Movements, sums: &mut Sums, densest: &Densest, asked: &Asked<'_>) -> Pattern {
    let n_accounts = sums.accounts.len();
    let mut is_in = densest.layers.each_ref().map(|_| vec![false; n_accounts]);
    for (is_in, layer) in is_in.iter_mut().zip(&densest.layers) {
        for &account in layer {
            is_in[account as usize] = true;
        }
    }
    let is = |layer: usize, account: u32| is_in[layer][account as usize];
    let comes = |pair: &Pair| is(0, pair.from) && is(1, pair.to);
    let goes = |pair: &Pair| is(1, pair.from) && is(2, pair.to);
    let (inside, rest): (Vec<Pair>, Vec<Pair>) = sums
        .pairs
        .iter()
        .partition(|pair| comes(pair) || goes(pair));
    sums.pairs = rest;
    let mut movements: Vec<u32> = Vec::new();
    let (mut came, mut went) = (0_u128, 0_u128);
    for pair in &inside {
        let list = sums.movements_of(pair);
        let units: u128 = list.iter().map(|&at| of.units[at as usize]).sum();
        came += if comes(pair) { units } else { 0 };
        went += if goes(pair) { units } else { 0 };
        movements.extend(list);
    }
    movements.sort_unstable();
    let layer = |nth: usize| -> Vec<u32> {
        let accounts = densest.layers[nth].iter();
        accounts.map(|&at| sums.accounts[at as usize]).collect()
    };
    let [sources, middle, sinks] = [layer(0), layer(1), layer(2)];
    let n = |layer: &Vec<u32>| layer.len() as u128;
    let per_member = densest.per_member();
    // Below the total: what goes on through the middle is at most what came.
    let strength = mul_div_rem(per_member, PARTS, asked.total.max(1));
    let mut parties = [&middle[..], &sources[..], &sinks[..]].concat();
    let mut known = BTreeSet::new();
    parties.retain(|&account| known.insert(account));
    Pattern {
        rule: Rule::DenseFlow,
        measures: vec![
            Measure::of("sources", n(&sources)),
            Measure::of("accounts in the middle", n(&middle)),
            Measure::of("sinks", n(&sinks)),
            Measure::of("units into the middle", came),
            Measure::of("units out of it", went),
            Measure::against(
                "units for each member beyond chance, less a penalty for what stays",
                per_member,
                asked.least,
            ),
        ],
        accounts: parties,
        movements,
        strength: strength.map_or(0, |of| of.0),
    }
}

#[cfg(test)]
mod tests;
