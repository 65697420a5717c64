//! Bipartite: several payers who nearly all pay the same several payees within a window.

use super::block::{Block, Density, blocks};
use super::movements::{Movements, Rows};
use super::pairs::{Pairs, windows};
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
use rayon::prelude::*;
use std::ops::Range;

pub(super) const fn density(options: &Options) -> Density {
    Density {
        n_min: options.block_n_min,
        permille: options.block_permille,
    }
}

/// What is left out of blocks.
pub(super) const HUBS: &str =
    "payees in a window that have more payers than a hub's number, and so are in no block";

/// Movements between payers and payees in a window, ascending.
pub(super) fn between(
    movements: &Movements,
    by_payee: &Rows,
    window: &Range<usize>,
    (payers, payees): (&[u32], &[u32]),
) -> Vec<u32> {
    let mut list = Vec::new();
    for &payee in payees {
        let row = by_payee.row(payee);
        let start = row.partition_point(|&at| (at as usize) < window.start);
        let inside = row[start..]
            .iter()
            .take_while(|&&at| (at as usize) < window.end);
        let paid = inside.filter(|&&at| payers.binary_search(&movements.from[at as usize]).is_ok());
        list.extend(paid);
    }
    list.sort_unstable();
    list
}

/// The patterns of each window, ranked, each movement in one; who is left out is counted. In parallel.
pub(super) fn of_windows(
    movements: &Movements,
    options: &Options,
    watch: &dyn Watch,
    patterns: impl Fn(&Pairs, &Range<usize>) -> Vec<Pattern> + Sync,
) -> Found {
    let windows = windows(&movements.seconds, options.block_seconds);
    let found: Vec<(Vec<Pattern>, u64)> = windows
        .into_par_iter()
        .map(|window| {
            if watch.check().is_err() {
                return (Vec::new(), 0);
            }
            let pairs = Pairs::of(
                movements,
                window.clone(),
                options.block_n_min,
                options.block_hub,
            );
            (patterns(&pairs, &window), pairs.n_hubs)
        })
        .collect();
    let n_hubs = found.iter().map(|of| of.1).sum();
    let mut found = Found::ranked(found.into_iter().flat_map(|of| of.0).collect());
    found.each_movement_once();
    found.left_out.push((HUBS, n_hubs));
    found
}

/// O(n · hub · log n).
pub(super) fn find(movements: &Movements, options: &Options, watch: &dyn Watch) -> Found {
    let by_payee = Rows::by(movements.roles.len(), &movements.to);
    of_windows(movements, options, watch, |pairs, window| {
        let blocks = blocks(pairs, density(options)).into_iter();
        let of_block = |block| pattern(movements, &by_payee, window, block, options);
        blocks.map(of_block).collect()
    })
}

fn pattern(
    movements: &Movements,
    by_payee: &Rows,
    window: &Range<usize>,
    block: Block,
    options: &Options,
) -> Pattern {
    let n_all = block.payers.len() * block.payees.len();
    let k = options.block_n_min.into();
    Pattern {
        rule: Rule::Bipartite,
        movements: between(movements, by_payee, window, (&block.payers, &block.payees)),
        strength: block.n_pairs as u128,
        measures: vec![
            Measure::against("payers", block.payers.len() as u128, k),
            Measure::against("payees", block.payees.len() as u128, k),
            Measure::of("pairs that pay", block.n_pairs as u128),
            Measure::of("pairs that could", n_all as u128),
        ],
        accounts: [block.payers, block.payees].concat(),
    }
}
