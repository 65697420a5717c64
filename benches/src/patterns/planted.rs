//! Known patterns hidden in a generated record, and how many of them are found.
//!
//! Laws. The background is an R-MAT graph. A planted pattern is a list of layers of accounts that are drawn among those of the
//! background; each account of a layer pays each of the next, but for one pair in ten of shapes that are more than one wide on both
//! sides, with times that are drawn within the layer's part of a span of one to fourteen days; the amounts of
//! a layer are alike and sum to what the layer before had, less up to 5 %. A finding and a planted pattern are one if at least half of the transfers of both
//! together are in both. Recall is of planted patterns, precision of findings: a finding that is none of the planted may be true of the
//! background, which nobody planted.
#![expect(clippy::print_stdout, reason = "rates for people")]

use super::{DAY, Row, background, movements};
use crate::Error;
use crate::rates::Share;
use crate::synthetic::Random;
use moneytrail_analysis::patterns::{Options, Rule, find, peers};
use std::collections::BTreeSet;

/// Bits of the accounts' numbers, transfers and days of the background.
const BACKGROUND: (u32, usize, u32) = (15, 150_000, 90);

/// Least and most accounts of each layer.
type Shape = &'static [(u32, u32)];

/// The shape of each planted rule, and how many are hidden in one record.
const SHAPES: [(Rule, Shape, u32); 8] = [
    (Rule::FanIn, &[(8, 30), (1, 1)], 20),
    (Rule::FanOut, &[(1, 1), (8, 30)], 20),
    (Rule::GatherScatter, &[(4, 12), (1, 1), (4, 12)], 20),
    (Rule::ScatterGather, &[(1, 1), (3, 8), (1, 1)], 20),
    (Rule::Cycle, &[(1, 1), (1, 1), (1, 1), (1, 1)], 20),
    (Rule::Bipartite, &[(3, 7), (3, 7)], 20),
    (Rule::Stack, &[(3, 5), (3, 5), (3, 5)], 20),
    (Rule::DenseFlow, &[(4, 10), (3, 5), (4, 10)], 1),
];

/// The rows of a planted pattern, none of them before a second.
fn planted(random: &mut Random, rule: Rule, shape: &[(u32, u32)]) -> Vec<Row> {
    let (scale, _, n_days) = BACKGROUND;
    let mut known = BTreeSet::new();
    let mut layers: Vec<Vec<u32>> = Vec::new();
    for &(least, most) in shape {
        let n = least + random.below(most - least + 1);
        let mut layer = Vec::new();
        while layer.len() < n as usize {
            let account = random.below(1 << scale);
            if known.insert(account) {
                layer.push(account);
            }
        }
        layers.push(layer);
    }
    if rule == Rule::Cycle {
        layers.push(layers[0].clone());
    }
    let span = DAY * i64::from(1 + random.below(14));
    let start = DAY * i64::from(random.below(n_days - 15));
    let part = span / i64::try_from(layers.len() - 1).unwrap_or(1);
    let mut total = 1_000_000 * u128::from(1 + random.below(10));
    let mut rows = Vec::new();
    for (nth, two) in (0..).zip(layers.windows(2)) {
        let is_wide = two[0].len().min(two[1].len()) > 1;
        let pairs = two[0]
            .iter()
            .flat_map(|&from| two[1].iter().map(move |&to| (from, to)));
        let mut paid: Vec<(u32, u32)> = pairs.collect();
        paid.retain(|_| !(is_wide && random.below(10) == 0));
        let each = total / (paid.len() as u128).max(1);
        for (from, to) in paid {
            let second =
                start + nth * part + i64::from(random.below(u32::try_from(part).unwrap_or(1)));
            rows.push((from, to, second, each));
        }
        total = total * u128::from(950 + random.below(51)) / 1000;
    }
    rows
}

fn shown(share: Share) -> String {
    let rate = share.rate();
    let rate = rate.map_or_else(
        || "–".to_owned(),
        |rate| format!("{:.3} ({:.3}–{:.3})", rate.value, rate.low, rate.high),
    );
    format!("{} of {}: {rate}", share.n, share.of)
}

/// Measures on so many records from a seed on, and prints a row for each rule.
///
/// # Errors
/// None of its own.
pub fn measure(n_records: u64, first_seed: u64, rules: &[Rule]) -> Result<(), Error> {
    println!("| rule | planted | recall | findings | precision |");
    println!("| --- | --- | --- | --- | --- |");
    for (rule, shape, n_planted) in SHAPES {
        if !rules.contains(&rule) {
            continue;
        }
        let (mut recall, mut precision) = (Share { n: 0, of: 0 }, Share { n: 0, of: 0 });
        for seed in first_seed..first_seed.saturating_add(n_records) {
            let mut random = Random::new(seed);
            let (scale, n, n_days) = BACKGROUND;
            let mut rows = background(&mut random, scale, n, n_days);
            let mut hidden: Vec<std::ops::Range<usize>> = Vec::new();
            for _ in 0..n_planted {
                let first = rows.len();
                rows.extend(planted(&mut random, rule, shape));
                hidden.push(first..rows.len());
            }
            let (movements, place_of) = movements(1 << scale, rows);
            let hidden: Vec<BTreeSet<usize>> = hidden
                .into_iter()
                .map(|of| of.map(|at| place_of[at]).collect())
                .collect();
            let options = Options::default();
            let peers = peers(&movements, rule, &options);
            let found = find(&movements, rule, &options, &peers).patterns;
            let mut is_found = vec![false; hidden.len()];
            for pattern in &found {
                let of: BTreeSet<usize> = pattern.movements.iter().map(|&at| at as usize).collect();
                let is = |hidden: &BTreeSet<usize>| {
                    let n_both = hidden.intersection(&of).count();
                    2 * n_both >= hidden.len() + of.len() - n_both
                };
                let which = hidden.iter().position(is);
                precision.of += 1;
                if let Some(which) = which {
                    precision.n += 1;
                    is_found[which] = true;
                }
            }
            recall.of += hidden.len() as u64;
            recall.n += is_found.iter().filter(|&&is| is).count() as u64;
        }
        println!(
            "| {} | {} | {} | {} | {} |",
            rule.id(),
            recall.of,
            shown(recall),
            precision.of,
            shown(precision)
        );
    }
    Ok(())
}
