//! How well books are matched, on two lists of bank transfers whose true pairs are known, beside what the model says of itself.
//!
//! Laws. Nothing is fitted to the truth: options are the defaults and probabilities come from the two lists alone. A tenth of the rows
//! of each list has no partner as the data stand; each seed takes one row of another tenth of the pairs away.
#![expect(
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "rates for people; no money"
)]

use crate::Error;
use crate::rates::Share;
use moneytrail_analysis::reconcile::{Options, Order, Reconciled, Side, Sum, reconcile};
use moneytrail_model::Amount;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

/// The lists, read.
struct Lists {
    orders: Vec<Order>,
    pairs: Vec<(String, String)>,
}

fn days(date: &str) -> Result<i32, Error> {
    let parts: Vec<i32> = date.split('-').map(str::parse).collect::<Result<_, _>>()?;
    let [year, month, day] = parts[..] else {
        return Err(format!("`{date}` is no date").into());
    };
    // Days from civil (Hinnant 2013).
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Ok(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn read(shared: &Path) -> Result<Lists, Error> {
    let directory = shared.join("data/reconcile");
    let mut orders = Vec::new();
    for (book, (name, side)) in (0..).zip([("origin", Side::Sent), ("destination", Side::Received)])
    {
        let text = fs_err::read_to_string(directory.join(format!("{name}.csv")))?;
        for line in text.lines().skip(1) {
            let mut fields = line.splitn(4, ',');
            let mut next = || {
                fields
                    .next()
                    .ok_or_else(|| format!("`{line}` lacks a field"))
            };
            let mut order = Order::new(next()?, book, side);
            let day = days(next()?)?;
            order.days = Some((day, day));
            let amount = Amount::parse_decimal(next()?, 2)?;
            order.amounts = vec![Sum {
                asset: "as written".into(),
                amount,
            }];
            order.text = Some(next()?.trim_matches('"').into());
            orders.push(order);
        }
    }
    let truth = fs_err::read_to_string(directory.join("truth.csv"))?;
    let pairs = truth
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','));
    let pairs = pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    Ok(Lists { orders, pairs })
}

/// Takes one row of a tenth of the pairs away; seed 0 takes nothing.
fn without_partners(lists: &Lists, seed: u64) -> (Vec<Order>, BTreeSet<(String, String)>) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut gone = BTreeSet::new();
    let mut pairs = BTreeSet::new();
    for pair in &lists.pairs {
        let (pick, is_sent) = (random.next_u64() % 10, random.next_u64().is_multiple_of(2));
        if seed > 0 && pick == 0 {
            gone.insert(if is_sent { &*pair.0 } else { &*pair.1 });
        } else {
            pairs.insert(pair.clone());
        }
    }
    let left = lists
        .orders
        .iter()
        .filter(|order| !gone.contains(&*order.key));
    (left.cloned().collect(), pairs)
}

/// Measures, and prints a row for each seed.
///
/// # Errors
/// If the lists cannot be read.
pub fn measure(shared: &Path, n_seeds: u64) -> Result<(), Error> {
    let lists = read(shared)?;
    let mut sums = [Share::default(), Share::default(), Share::default()];
    println!(
        "| seed | rows | pairs compared | precision | recall | F1 | the model says: precision | recall | rounds | seconds |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for seed in 0..=n_seeds {
        let (orders, truth) = without_partners(&lists, seed);
        let start = Instant::now();
        let found = reconcile(&orders, &Options::default());
        let seconds = start.elapsed().as_secs_f64();
        let shares = score(&orders, &found, &truth);
        if seed > 0 {
            for (sum, share) in sums.iter_mut().zip(shares) {
                sum.n += share.n;
                sum.of += share.of;
            }
        }
        let said =
            |rate: Option<f64>| rate.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.4}"));
        println!(
            "| {seed} | {} | {} | {} | {} | {said_precision} | {said_recall} | {} | {seconds:.3} |",
            orders.len(),
            found.n_compared,
            shown(shares[0]),
            [shown(shares[1]), shown_f1(shares[2])].join(" | "),
            found.model.n_rounds,
            said_precision = said(found.precision),
            said_recall = said(found.recall),
        );
    }
    println!(
        "| all seeds | | | {} | {} | {} | | | | |",
        shown(sums[0]),
        shown(sums[1]),
        shown_f1(sums[2])
    );
    Ok(())
}

/// Precision, recall, and the share of what is said or true that is both (Jaccard), of which F1 is 2J ÷ (1 + J).
fn score(orders: &[Order], found: &Reconciled, truth: &BTreeSet<(String, String)>) -> [Share; 3] {
    let mut by_status: BTreeMap<bool, u64> = BTreeMap::new();
    for pair in &found.matches {
        let key = |place: usize| orders[place].key.to_string();
        *by_status
            .entry(truth.contains(&(key(pair.sent), key(pair.received))))
            .or_default() += 1;
    }
    let right = by_status.get(&true).copied().unwrap_or(0);
    let (said, is) = (found.matches.len() as u64, truth.len() as u64);
    [said, is, said + is - right].map(|of| Share { n: right, of })
}

/// `0.9876 (0.9860–0.9890)`.
fn shown(share: Share) -> String {
    let rate = share.rate();
    rate.map_or_else(
        || "–".to_owned(),
        |rate| format!("{:.4} ({:.4}–{:.4})", rate.value, rate.low, rate.high),
    )
}

fn shown_f1(share: Share) -> String {
    let f1 = |j: f64| 2.0 * j / (1.0 + j);
    share.rate().map_or_else(
        || "–".to_owned(),
        |rate| {
            format!(
                "{:.4} ({:.4}–{:.4})",
                f1(rate.value),
                f1(rate.low),
                f1(rate.high)
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn days_since_1970() {
        assert_eq!(days("1970-01-01").unwrap(), 0);
        assert_eq!(days("2022-02-28").unwrap() + 1, days("2022-03-01").unwrap());
        assert_eq!(days("2024-02-29").unwrap(), 19_782);
    }
}
