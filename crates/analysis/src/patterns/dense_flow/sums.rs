//! What each paid each of an asset beyond what chance gives, with the movements that it is the sum of.

use super::super::movements::Movements;
use super::super::window::placed;
use moneytrail_model::money::mul_div_rem;
use rayon::prelude::*;

/// A payer and whom he pays, by the numbers of accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    pub(super) from: u32,
    pub(super) to: u32,
    /// Units beyond what chance gives, above nothing.
    pub(super) sum: i128,
    /// Where its movements begin.
    pub(super) start: u32,
    pub(super) n: u32,
}

/// Pairs, ascending in payer and payee.
#[derive(Debug)]
pub(super) struct Sums {
    /// Accounts by their numbers, ascending.
    pub(super) accounts: Vec<u32>,
    pub(super) pairs: Vec<Pair>,
    /// Movements, pair after pair.
    movements: Vec<u32>,
}

impl Sums {
    /// Of movements whose units fit into their sum, as the caller has seen. O(m log m) for m of them.
    pub(super) fn of(movements: &Movements, list: &[u32]) -> Self {
        let ends = list.iter().map(|&at| movements.from[at as usize]);
        let ends = ends.chain(list.iter().map(|&at| movements.to[at as usize]));
        let (numbers, accounts) = placed(ends);
        let (from, to) = numbers.split_at(list.len());
        let mut rows: Vec<(u32, u32, u32)> = from
            .par_iter()
            .zip(to)
            .zip(list)
            .map(|((&from, &to), &at)| (from, to, at))
            .collect();
        rows.par_sort_unstable();
        let mut pairs: Vec<Pair> = Vec::new();
        for (place, &(from, to, at)) in (0..).zip(&rows) {
            let units = i128::try_from(movements.units[at as usize]).expect("a part of their sum");
            match pairs.last_mut() {
                Some(pair) if (pair.from, pair.to) == (from, to) => {
                    pair.sum += units;
                    pair.n += 1;
                }
                _ => pairs.push(Pair {
                    from,
                    to,
                    sum: units,
                    start: place,
                    n: 1,
                }),
            }
        }
        beyond_chance(accounts.len(), &mut pairs);
        Self {
            accounts,
            pairs,
            movements: rows.into_iter().map(|row| row.2).collect(),
        }
    }

    pub(super) fn movements_of(&self, pair: &Pair) -> &[u32] {
        let start = pair.start as usize;
        &self.movements[start..start + pair.n as usize]
    }
}

/// Takes from each pair what its payer paid times what its payee was paid, divided by all that moved; a pair that has no more is taken out.
fn beyond_chance(n_accounts: usize, pairs: &mut Vec<Pair>) {
    let (mut paid, mut was_paid) = (vec![0_u128; n_accounts], vec![0_u128; n_accounts]);
    let mut total = 0;
    for pair in &*pairs {
        let sum = pair.sum.unsigned_abs();
        paid[pair.from as usize] += sum;
        was_paid[pair.to as usize] += sum;
        total += sum;
    }
    for pair in &mut *pairs {
        let chance = mul_div_rem(paid[pair.from as usize], was_paid[pair.to as usize], total);
        let chance = chance.and_then(|of| i128::try_from(of.0).ok());
        pair.sum -= chance.expect("no more than was paid, which fits");
    }
    pairs.retain(|pair| pair.sum > 0);
}
