//! Which keeper holds an address, learnt from matches.
//!
//! Law: an address is learnt only where nobody is known to hold it, from matches of different transfers with lines that say who paid and who was
//! paid, whose other side is the one that the line names, or nobody's; only if no other keeper is supported half as well, and only if the matches together are rare among
//! all addresses and keepers that were looked at (Fisher's combined test, Bonferroni's bound). What is
//! learnt is an inference and said as one.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities; no money"
)]

use super::line::{Line, Transfer};
use super::{Options, Weighed};
use std::collections::BTreeMap;

/// Who holds an address, and how that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The keeper.
    pub keeper: u32,
    /// Whether it was learnt from matches.
    pub is_learnt: bool,
}

impl Holder {
    pub(super) const fn known(keeper: u32) -> Self {
        Self {
            keeper,
            is_learnt: false,
        }
    }

    pub(super) const fn learnt(keeper: u32) -> Self {
        Self {
            keeper,
            is_learnt: true,
        }
    }
}

/// An address that was learnt.
#[derive(Clone, PartialEq, Debug)]
pub struct Learnt {
    /// Its number.
    pub account: u32,
    /// Whose it is held to be.
    pub keeper: u32,
    /// Positions of the transfers that say so, ascending.
    pub transfers: Vec<usize>,
    /// Chance of such matches for any of the addresses that were looked at.
    pub p: f64,
}

/// Addresses that the matches of this round teach.
pub(super) fn learn(
    lines: &[Line],
    transfers: &[Transfer],
    weighed: &[Weighed],
    holders: &BTreeMap<u32, Holder>,
    options: &Options,
) -> Vec<Learnt> {
    // Nats of each transfer for each address and keeper: two books that say the same are not twice as sure.
    let mut support: BTreeMap<u32, BTreeMap<u32, BTreeMap<usize, f64>>> = BTreeMap::new();
    for of in weighed {
        let [transfer] = of.candidate.transfers[..] else {
            continue;
        };
        let nats = -(of.p.ln());
        let line = &lines[of.candidate.lines[0]];
        let accounts = [transfers[transfer].from, transfers[transfer].to];
        for (party, account) in line.parties().into_iter().zip(accounts) {
            if let (Some(keeper), None) = (party, holders.get(&account)) {
                let said = support
                    .entry(account)
                    .or_default()
                    .entry(keeper)
                    .or_default();
                let held = said.entry(transfer).or_default();
                *held = held.max(nats);
            }
        }
    }
    // In order of size, so that the sum is the same whatever the order of the transfers.
    let sum = |of: &BTreeMap<usize, f64>| {
        let mut nats: Vec<f64> = of.values().copied().collect();
        nats.sort_by(f64::total_cmp);
        nats.iter().sum::<f64>()
    };
    let n_tested: usize = support.values().map(BTreeMap::len).sum();
    let mut learnt = Vec::new();
    for (account, by_keeper) in support {
        let mut ranked: Vec<(f64, u32, BTreeMap<usize, f64>)> = by_keeper
            .into_iter()
            .map(|(keeper, said)| (sum(&said), keeper, said))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let next = ranked.get(1).map_or(0.0, |of| of.0);
        let Some((nats, keeper, said)) = ranked.into_iter().next() else {
            continue;
        };
        let p = (together(nats, said.len()) * n_tested as f64).min(1.0);
        if said.len() >= options.wallet_matches && p < options.p_max && next * 2.0 <= nats {
            learnt.push(Learnt {
                account,
                keeper,
                transfers: said.into_keys().collect(),
                p,
            });
        }
    }
    learnt
}

/// Chance that `n` independent tests give together so many nats, the sum of their −ln p, or more (Fisher 1932): the tail of a gamma
/// distribution of shape `n`.
fn together(nats: f64, n: usize) -> f64 {
    let mut term = (-nats).exp();
    let mut sum = 0.0;
    for nth in 0..n {
        sum += term;
        term *= nats / (nth + 1) as f64;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn one_test_alone_keeps_its_chance_and_two_are_worth_less_than_their_product() {
        let p: f64 = 0.01;
        assert!((together(-p.ln(), 1) - p).abs() < 1e-12);
        // x (1 - ln x) for a product x of two.
        let product = p * p;
        assert!((together(-product.ln(), 2) - product * (1.0 - product.ln())).abs() < 1e-12);
        assert!((together(0.0, 3) - 1.0).abs() < 1e-12);
    }
}
