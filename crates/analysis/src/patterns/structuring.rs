//! Structuring: payments just below a threshold that together reach it.
//!
//! Law: payee is an obliged entity, a bank or a custodian; an unlicensed book has no threshold. A payer's payments
//! to all of them count together. Of several thresholds that fire on the same payments the highest is told.

use super::cycles::is_share;
use super::movements::{Movements, Role, Rows};
use super::window::Episodes;
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// O(n · thresholds).
pub(super) fn find(movements: &Movements, options: &Options, watch: &dyn Watch) -> Found {
    let rows = Rows::by(movements.roles.len(), &movements.from);
    let asked: Vec<(u32, u128)> = (0..)
        .take(movements.asset_names.len())
        .flat_map(|asset| {
            let of_asset = thresholds(movements, asset, options).into_iter();
            of_asset.map(move |least| (asset, least))
        })
        .collect();
    let found: Vec<Vec<Pattern>> = (0..movements.roles.len())
        .into_par_iter()
        .map(|payer| {
            if watch.check().is_err() {
                return Vec::new();
            }
            let payer = u32::try_from(payer).expect("accounts are numbered by u32");
            let mut patterns: Vec<Pattern> = Vec::new();
            for &of in &asked {
                patterns.extend(of_payer(movements, payer, rows.row(payer), of, options));
            }
            patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.strength));
            let mut told: BTreeSet<Vec<u32>> = BTreeSet::new();
            patterns.retain(|pattern| told.insert(pattern.movements.clone()));
            patterns
        })
        .collect();
    Found::ranked(found.into_iter().flatten().collect())
}

/// Thresholds of an asset in its smallest units, the highest first.
fn thresholds(movements: &Movements, asset: u32, options: &Options) -> Vec<u128> {
    let (symbol, decimals) = &movements.asset_names[asset as usize];
    let mut least: Vec<u128> = options
        .thresholds
        .iter()
        .filter(|threshold| movements.is_currency[asset as usize] && threshold.currency == *symbol)
        .filter_map(|threshold| {
            let unit = 10_u128.checked_pow(u32::from(*decimals))?;
            u128::from(threshold.whole).checked_mul(unit)
        })
        .collect();
    least.sort_unstable_by(|a, b| b.cmp(a));
    least
}

fn of_payer(
    movements: &Movements,
    payer: u32,
    row: &[u32],
    (asset, threshold): (u32, u128),
    options: &Options,
) -> Vec<Pattern> {
    let unit = |at: u32| movements.units[at as usize];
    let second = |at: u32| movements.seconds[at as usize];
    let is_below = |&&at: &&u32| {
        let payee = movements.roles[movements.to[at as usize] as usize];
        movements.assets[at as usize] == asset
            && matches!(payee, Role::Bank | Role::Custodial)
            && unit(at) < threshold
            && is_share(unit(at), threshold, options.structuring_permille)
    };
    let below: Vec<u32> = row.iter().filter(is_below).copied().collect();
    let mut episodes = Episodes::new();
    let (mut start, mut sum) = (0, 0_u128);
    for (last, &at) in below.iter().enumerate() {
        // Each is below the threshold, which fits 128 bits with room for as many as there are transfers or not at all.
        sum = sum.saturating_add(unit(at));
        while second(at).saturating_sub(second(below[start])) > options.structuring_seconds {
            sum = sum.saturating_sub(unit(below[start]));
            start += 1;
        }
        if last + 1 - start >= options.structuring_n_min as usize && sum >= threshold {
            episodes.tell(start..last + 1, sum);
        }
    }
    let patterns = episodes.done().into_iter().map(|(window, sum)| {
        let list = below[window].to_vec();
        let mut parties: Vec<u32> = list.iter().map(|&at| movements.to[at as usize]).collect();
        parties.sort_unstable();
        parties.dedup();
        parties.insert(0, payer);
        Pattern {
            rule: Rule::Structuring,
            accounts: parties,
            strength: list.len() as u128,
            measures: vec![
                Measure::against(
                    "payments",
                    list.len() as u128,
                    options.structuring_n_min.into(),
                ),
                Measure::against("units together", sum, threshold),
            ],
            movements: list,
        }
    });
    patterns.collect()
}
