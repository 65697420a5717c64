//! Dense blocks: several payers who nearly all pay the same payees.
//!
//! Law: in a block of payers and payees, none of them both, each payer pays at least k of the payees and a share of
//! them, and each payee is paid by at least k of the payers and a share of them, all within one window: a
//! quasi-biclique that is dense on both sides (Liu, Li, Wang 2008). Blocks of a window share no pair: of
//! blocks that do the one with most pairs stands, the first of equals.
//!
//! Method: greedy from each payer: his payees and all who pay at least k of them; then whoever misses the share by most is taken
//! away until nobody misses it. Finding the largest block is hard (NP-hard for bicliques of most pairs): missed may be a block whose payees no
//! single payer pays all of, and one inside of a larger and thinner one. O(pairs · hub · log).

use super::pairs::Pairs;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What a block must have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Density {
    pub(super) n_min: u32,
    pub(super) permille: u32,
}

/// Accounts, ascending.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Block {
    pub(super) payers: Vec<u32>,
    pub(super) payees: Vec<u32>,
    pub(super) n_pairs: usize,
}

impl Density {
    /// How many of so many somebody must be joined with.
    fn least(self, n_others: usize) -> usize {
        let share = (n_others * self.permille as usize).div_ceil(1000);
        share.max(self.n_min as usize)
    }
}

/// Takes away from two sides, joined by edges of their positions, who has too few: the positions that stay, none if a
/// side falls below the least number. O(edges · log).
pub(super) fn dense(
    (n_left, n_right): (usize, usize),
    edges: &[(u32, u32)],
    density: Density,
) -> Option<(Vec<u32>, Vec<u32>)> {
    let mut rows = [vec![Vec::new(); n_left], vec![Vec::new(); n_right]];
    for &(left, right) in edges {
        rows[0][left as usize].push(right);
        rows[1][right as usize].push(left);
    }
    let mut queue = [BTreeSet::new(), BTreeSet::new()];
    for (side, rows) in rows.iter().enumerate() {
        let counted = (0_u32..).zip(rows).map(|(at, row)| (row.len(), at));
        queue[side].extend(counted);
    }
    let mut counts = rows.each_ref().map(|rows| {
        let lengths = rows.iter().map(Vec::len);
        lengths.collect::<Vec<usize>>()
    });
    loop {
        let (&(left, left_at), &(right, right_at)) = (queue[0].first()?, queue[1].first()?);
        let (n_left, n_right) = (queue[0].len(), queue[1].len());
        if n_left.min(n_right) < density.n_min as usize {
            return None;
        }
        let is_few = [left < density.least(n_right), right < density.least(n_left)];
        let side = match is_few {
            [false, false] => break,
            [true, false] => 0,
            [false, true] => 1,
            // left ÷ n_right against right ÷ n_left.
            [true, true] => usize::from(left * n_left > right * n_right),
        };
        let at = [left_at, right_at][side];
        queue[side].remove(&([left, right][side], at));
        let other = 1 - side;
        for &of in &rows[side][at as usize] {
            let count = &mut counts[other][of as usize];
            // Who is out already is in no queue.
            if queue[other].remove(&(*count, of)) {
                *count -= 1;
                queue[other].insert((*count, of));
            }
        }
    }
    let [left, right] = queue.map(|of| {
        let mut stays: Vec<u32> = of.into_iter().map(|of| of.1).collect();
        stays.sort_unstable();
        stays
    });
    Some((left, right))
}

/// The block around a payer.
fn around(pairs: &Pairs, seed: u32, density: Density) -> Option<Block> {
    let mine = pairs.payees_of(seed);
    if mine.len() < density.n_min as usize {
        return None;
    }
    let mut payers: Vec<u32> = mine
        .iter()
        .flat_map(|&payee| pairs.payers_of(payee).iter().map(|pair| pair.payer))
        .collect();
    payers.sort_unstable();
    let enough = payers.chunk_by(|a, b| a == b);
    let enough = enough.filter(|of| of.len() >= density.n_min as usize);
    let payers: Vec<u32> = enough.map(|of| of[0]).collect();
    // An account that pays k of them is a payer here, and no payee.
    let pays = |payee: u32| {
        let account = pairs.payees[payee as usize];
        let as_payer = pairs.payers.binary_search(&account);
        as_payer.is_ok_and(|at| {
            payers
                .binary_search(&u32::try_from(at).unwrap_or(u32::MAX))
                .is_ok()
        })
    };
    let payees: Vec<u32> = mine.iter().copied().filter(|&payee| !pays(payee)).collect();
    let edges = edges(pairs, &payers, &payees);
    let (left, right) = dense((payers.len(), payees.len()), &edges, density)?;
    let stays = |list: &[u32], at: u32| list.binary_search(&at).is_ok();
    let n_pairs = edges
        .iter()
        .filter(|of| stays(&left, of.0) && stays(&right, of.1));
    Some(Block {
        n_pairs: n_pairs.count(),
        payers: left
            .iter()
            .map(|&at| pairs.payers[payers[at as usize] as usize])
            .collect(),
        payees: right
            .iter()
            .map(|&at| pairs.payees[payees[at as usize] as usize])
            .collect(),
    })
}

/// Pairs between payers and payees, as positions in either; both ascend.
pub(super) fn edges(pairs: &Pairs, payers: &[u32], payees: &[u32]) -> Vec<(u32, u32)> {
    let mut edges = Vec::new();
    for (right, &payee) in (0..).zip(payees) {
        for pair in pairs.payers_of(payee) {
            if let Ok(left) = payers.binary_search(&pair.payer) {
                edges.push((u32::try_from(left).expect("fewer than accounts"), right));
            }
        }
    }
    edges
}

/// The blocks of a window, those with most pairs first.
pub(super) fn blocks(pairs: &Pairs, density: Density) -> Vec<Block> {
    let n_payers = u32::try_from(pairs.payers.len()).expect("fewer than accounts");
    let mut all: Vec<Block> = (0..n_payers)
        .into_par_iter()
        .filter_map(|payer| around(pairs, payer, density))
        .collect();
    all.sort_unstable_by(|a, b| b.n_pairs.cmp(&a.n_pairs).then_with(|| a.cmp(b)));
    all.dedup();
    let mut taken: BTreeSet<(u32, u32)> = BTreeSet::new();
    all.retain(|block| {
        let of = pairs_of(pairs, &block.payers, &block.payees);
        let is_free = of.iter().all(|pair| !taken.contains(pair));
        if is_free {
            taken.extend(of);
        }
        is_free
    });
    all
}

/// The pairs of accounts between two lists of accounts.
fn pairs_of(pairs: &Pairs, payers: &[u32], payees: &[u32]) -> Vec<(u32, u32)> {
    let mut list = Vec::new();
    for &account in payees {
        let Some(payee) = pairs.payee_number(account) else {
            continue;
        };
        let of = pairs
            .payers_of(payee)
            .iter()
            .map(|pair| pairs.payers[pair.payer as usize]);
        let inside = of.filter(|payer| payers.binary_search(payer).is_ok());
        list.extend(inside.map(|payer| (payer, account)));
    }
    list
}
