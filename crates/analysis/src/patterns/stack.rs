//! Stack: dense blocks on top of each other: who is paid in one pays in the next.
//!
//! Law: each two layers that follow each other are a dense block ([`super::block`]) of one window; an account between
//! two of them is paid before it last pays (in the order of the record). A stack begins with a block of the window and takes on
//! top, while there is one, the block that shares most accounts.

use super::bipartite::{between, density, of_windows};
use super::block::{Block, Density, blocks, dense, edges};
use super::movements::{Movements, Rows};
use super::pairs::Pairs;
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

/// Most layers of a stack.
const N_LAYERS_MAX: usize = 16;

/// Layers of accounts, each ascending.
type Layers = Vec<Vec<u32>>;

/// O(n · hub · log n), and for each block those that begin where it ends.
pub(super) fn find(movements: &Movements, options: &Options, watch: &dyn Watch) -> Found {
    let by_payee = Rows::by(movements.roles.len(), &movements.to);
    of_windows(movements, options, watch, |pairs, window| {
        let stacks = stacks(pairs, options).into_iter();
        let of_stack = |layers: Layers| pattern(movements, &by_payee, window, &layers, options);
        stacks.map(of_stack).collect()
    })
}

/// The stacks of a window.
fn stacks(pairs: &Pairs, options: &Options) -> Vec<Layers> {
    let density = density(options);
    let blocks = blocks(pairs, density);
    let mut pays_in: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (nth, block) in blocks.iter().enumerate() {
        for &payer in &block.payers {
            pays_in.entry(payer).or_default().push(nth);
        }
    }
    let from_each = (0..blocks.len()).into_par_iter().filter_map(|first| {
        let mut layers = vec![blocks[first].payers.clone(), blocks[first].payees.clone()];
        while layers.len() < N_LAYERS_MAX
            && let Some(higher) = onward(pairs, &blocks, &pays_in, &layers, density)
        {
            layers = higher;
        }
        (layers.len() >= options.stack_n_min as usize).then_some(layers)
    });
    let mut found: Vec<Layers> = from_each.collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The layers with one more on top, by the block that shares most accounts with the last and leaves a stack.
fn onward(
    pairs: &Pairs,
    blocks: &[Block],
    pays_in: &BTreeMap<u32, Vec<usize>>,
    layers: &[Vec<u32>],
    density: Density,
) -> Option<Layers> {
    let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
    let last = layers.last()?;
    for nth in last
        .iter()
        .filter_map(|account| pays_in.get(account))
        .flatten()
    {
        *shared.entry(*nth).or_default() += 1;
    }
    let mut asked: Vec<(usize, usize)> = shared.into_iter().collect();
    asked.retain(|of| of.1 >= density.n_min as usize);
    asked.sort_by_key(|&(nth, n)| (std::cmp::Reverse(n), nth));
    asked.into_iter().find_map(|(nth, _)| {
        let block = &blocks[nth];
        let mut higher = layers.to_vec();
        let top = higher.last_mut()?;
        top.retain(|account| block.payers.binary_search(account).is_ok());
        // A stack leads onward: no account stands on two layers of it.
        let is_new = |account: &u32| {
            !layers
                .iter()
                .any(|layer| layer.binary_search(account).is_ok())
        };
        higher.push(block.payees.iter().copied().filter(is_new).collect());
        settled(pairs, higher, density)
    })
}

/// Layers of which nobody has to go any more; none if a layer is too small.
fn settled(pairs: &Pairs, mut layers: Layers, density: Density) -> Option<Layers> {
    loop {
        let before: usize = layers.iter().map(Vec::len).sum();
        for low in 0..layers.len() - 1 {
            let (payers, payees) = numbers(pairs, &layers[low], &layers[low + 1]);
            let found = edges(pairs, &payers, &payees);
            let (left, right) = dense((payers.len(), payees.len()), &found, density)?;
            let account =
                |list: &[u32], accounts: &[u32], at: &u32| accounts[list[*at as usize] as usize];
            layers[low] = left
                .iter()
                .map(|at| account(&payers, &pairs.payers, at))
                .collect();
            layers[low + 1] = right
                .iter()
                .map(|at| account(&payees, &pairs.payees, at))
                .collect();
        }
        for middle in 1..layers.len() - 1 {
            let (first_in, _) = ends(pairs, &layers[middle - 1], &layers[middle]);
            let (_, last_out) = ends(pairs, &layers[middle], &layers[middle + 1]);
            let is_in_time = |account: &u32| match (first_in.get(account), last_out.get(account)) {
                (Some(came), Some(went)) => came < went,
                _ => false,
            };
            layers[middle].retain(is_in_time);
        }
        if layers
            .iter()
            .any(|layer| layer.len() < density.n_min as usize)
        {
            return None;
        }
        if layers.iter().map(Vec::len).sum::<usize>() == before {
            return Some(layers);
        }
    }
}

/// Numbers of payers and payees that have any.
fn numbers(pairs: &Pairs, payers: &[u32], payees: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let of = |accounts: &[u32], known: &[u32]| -> Vec<u32> {
        let found = accounts
            .iter()
            .filter_map(|account| known.binary_search(account).ok());
        found.filter_map(|at| u32::try_from(at).ok()).collect()
    };
    (of(payers, &pairs.payers), of(payees, &pairs.payees))
}

/// The first movement into each payee, and the last out of each payer, between two layers.
fn ends(pairs: &Pairs, payers: &[u32], payees: &[u32]) -> (BTreeMap<u32, u32>, BTreeMap<u32, u32>) {
    let (mut first_in, mut last_out) = (BTreeMap::new(), BTreeMap::new());
    for &account in payees {
        let Some(payee) = pairs.payee_number(account) else {
            continue;
        };
        for pair in pairs.payers_of(payee) {
            let payer = pairs.payers[pair.payer as usize];
            if payers.binary_search(&payer).is_ok() {
                let first = first_in.entry(account).or_insert(pair.first);
                *first = pair.first.min(*first);
                let last = last_out.entry(payer).or_insert(pair.last);
                *last = pair.last.max(*last);
            }
        }
    }
    (first_in, last_out)
}

fn pattern(
    movements: &Movements,
    by_payee: &Rows,
    window: &Range<usize>,
    layers: &[Vec<u32>],
    options: &Options,
) -> Pattern {
    let mut list: Vec<u32> = Vec::new();
    for two in layers.windows(2) {
        list.extend(between(movements, by_payee, window, (&two[0], &two[1])));
    }
    list.sort_unstable();
    list.dedup();
    let smallest = layers.iter().map(Vec::len).min().unwrap_or(0);
    let n_layers = layers.len() as u128;
    Pattern {
        rule: Rule::Stack,
        strength: n_layers << 64 | list.len() as u128,
        measures: vec![
            Measure::against("layers", n_layers, options.stack_n_min.into()),
            Measure::against(
                "accounts of the smallest layer",
                smallest as u128,
                options.block_n_min.into(),
            ),
            Measure::of("transfers", list.len() as u128),
        ],
        movements: list,
        accounts: layers.concat(),
    }
}
