//! How often a rule would fire by chance in a record like this one.
//!
//! Law: a *shuffled* record has the same payers, payees, amounts and assets, and the same times, but which movement
//! happened when is drawn anew. For a rule that does not ask time ([`Null::Payees`]) times stay, and who is paid is drawn anew
//! among the movements of one asset; who would pay himself does not. What a rule finds there it finds by chance. The draws are a
//! function of the seed and their number alone.
//!
//! Expected of a finding is the mean number of findings at least as strong in a shuffled record; p of a rule is
//! (1 + shuffled records with at least as many findings) / (1 + shuffled records) (Davison and Hinkley 1997).

use super::rules::Null;
use super::{Found, Movements, Options, Peers, Rule, find_watched};
use moneytrail_model::{Stop, Watch};
use rand_core::Rng;
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

/// What shuffled records gave.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chance {
    /// Strengths of what was found in each, descending.
    pub strengths: Vec<Vec<u128>>,
}

impl Chance {
    /// Shuffled records.
    pub fn n_shuffled(&self) -> usize {
        self.strengths.len()
    }

    /// Findings in all of them that are at least so strong; divided by [`Self::n_shuffled`] the expected number.
    pub fn n_as_strong(&self, strength: u128) -> usize {
        let at_least = |found: &Vec<u128>| found.partition_point(|&known| known >= strength);
        self.strengths.iter().map(at_least).sum()
    }

    /// Findings in all of them.
    pub fn n_found(&self) -> usize {
        self.strengths.iter().map(Vec::len).sum()
    }

    /// Shuffled records with at least so many findings.
    pub fn n_with(&self, n_found: usize) -> usize {
        let with = |found: &&Vec<u128>| found.len() >= n_found;
        self.strengths.iter().filter(with).count()
    }
}

/// Asks a rule of shuffled records. Peers are those of the record. Cost: so often that of the rule, and of sorting.
pub fn chance(
    movements: &Movements,
    rule: Rule,
    options: &Options,
    peers: &Peers,
    draws: (u32, u64),
) -> Chance {
    chance_watched(movements, rule, options, peers, draws, &()).expect("nobody has it end")
}

/// As [`chance`], while somebody waits: he hears of each shuffled record.
///
/// # Errors
/// If he has it end.
pub fn chance_watched(
    movements: &Movements,
    rule: Rule,
    options: &Options,
    peers: &Peers,
    (n_shuffled, seed): (u32, u64),
    watch: &dyn Watch,
) -> Result<Chance, Stop> {
    let strengths = (0..n_shuffled).into_par_iter().map(|nth| {
        watch.check()?;
        let shuffled = match rule.null() {
            Null::Times => shuffled(movements, seed, nth),
            Null::Payees => rewired(movements, seed, nth),
        };
        let Found { patterns, .. } = find_watched(&shuffled, rule, options, peers, watch)?;
        Ok(patterns.iter().map(|pattern| pattern.strength).collect())
    });
    Ok(Chance {
        strengths: strengths.collect::<Result<_, Stop>>()?,
    })
}

/// 0 to n − 1 in an order that a seed and a number draw (Fisher and Yates).
fn dealt(n: usize, seed: u64, nth: u32) -> Vec<usize> {
    let mut random = Pcg64Mcg::new((u128::from(seed) << 64) | (u128::from(nth) << 1) | 1);
    // A generator of this kind begins near its seed.
    for _ in 0..16 {
        random.next_u64();
    }
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        let other = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
        order.swap(
            last,
            usize::try_from(other).expect("at most the number of movements"),
        );
    }
    order
}

/// The movements at these places, at the given times.
fn taken(movements: &Movements, order: &[usize], to: Vec<u32>, seconds: Vec<i64>) -> Movements {
    let taken = |values: &[u32]| -> Vec<u32> { order.iter().map(|&at| values[at]).collect() };
    Movements {
        from: taken(&movements.from),
        to,
        seconds,
        units: order.iter().map(|&at| movements.units[at]).collect(),
        assets: taken(&movements.assets),
        transfers: taken(&movements.transfers),
        roles: movements.roles.clone(),
        asset_names: movements.asset_names.clone(),
        is_currency: movements.is_currency.clone(),
        n_many_payers: movements.n_many_payers,
        n_unknown_amounts: movements.n_unknown_amounts,
        n_unknown_times: movements.n_unknown_times,
    }
}

/// The record with its times dealt anew.
pub fn shuffled(movements: &Movements, seed: u64, nth: u32) -> Movements {
    // The times stay in order; who moved at each of them is new.
    let order = dealt(movements.len(), seed, nth);
    let to = order.iter().map(|&at| movements.to[at]).collect();
    taken(movements, &order, to, movements.seconds.clone())
}

/// The record with its payees dealt anew within each asset; movements of an account to itself are left out.
pub fn rewired(movements: &Movements, seed: u64, nth: u32) -> Movements {
    let n = movements.len();
    // Sorted by asset, the dealt places stand beside those of the record.
    let mut places: Vec<usize> = (0..n).collect();
    let mut drawn = dealt(n, seed, nth);
    places.sort_by_key(|&at| movements.assets[at]);
    drawn.sort_by_key(|&at| movements.assets[at]);
    let mut to = vec![0; n];
    for (&place, &other) in places.iter().zip(&drawn) {
        to[place] = movements.to[other];
    }
    let order: Vec<usize> = (0..n).filter(|&at| movements.from[at] != to[at]).collect();
    let seconds = order.iter().map(|&at| movements.seconds[at]).collect();
    let to = order.iter().map(|&at| to[at]).collect();
    taken(movements, &order, to, seconds)
}
