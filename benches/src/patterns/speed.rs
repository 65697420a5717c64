//! Transfers per second of each rule.
//!
//! Laws. The clock runs over what the program calls for a rule, from the columns of a record to its findings ranked: the
//! bounds that peers set, and the search. Making the record is not part of it. Published figures (Blanuša et al.'s graph feature
//! preprocessor in Snap ML) are those that the task quotes, of another machine, window and record: not run beside ours.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "seconds for people; no money"
)]

use super::{DAY, background, movements};
use crate::Error;
use crate::synthetic::Random;
use moneytrail_analysis::patterns::{Options, Rule, find, peers};
use std::time::Instant;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Transfers of the R-MAT graph.
    pub n: usize,
    /// Bits of its accounts' numbers.
    pub scale: u32,
    /// Transfers more, every other one into and out of one account.
    pub n_hub: usize,
    /// Runs that count; one before them warms up.
    pub n_runs: usize,
}

/// Published transfers per second of a rule: least and most.
const fn published(rule: Rule) -> Option<(u32, u32)> {
    match rule {
        Rule::FanIn | Rule::FanOut => Some((25_000, 137_000)),
        Rule::ScatterGather => Some((2_600, 26_000)),
        _ => None,
    }
}

/// Measures, and prints a row for each rule.
///
/// # Errors
/// None of its own.
pub fn measure(sizes: Sizes, rules: &[Rule]) -> Result<(), Error> {
    let mut random = Random::new(11);
    let mut rows = background(&mut random, sizes.scale, sizes.n, 30);
    let hub = 0;
    let n_others = (1 << sizes.scale) - 1;
    rows.extend((0..sizes.n_hub).map(|nth| {
        let other = 1 + random.below(n_others);
        let (from, to) = if nth % 2 == 0 {
            (hub, other)
        } else {
            (other, hub)
        };
        let second = i64::from(random.below(30 * 86_400));
        (from, to, second, 100 + u128::from(random.below(10_000)))
    }));
    let (movements, _) = movements(1 << sizes.scale, rows);
    let most = |ends: &[u32]| {
        let mut counts = vec![0_u32; 1 << sizes.scale];
        for &end in ends {
            counts[end as usize] += 1;
        }
        counts.into_iter().max().unwrap_or(0)
    };
    println!(
        "{} transfers of {} days, largest number into and out of one account {} and {}; {} threads; best and median of {}\n",
        movements.len(),
        (movements.seconds.last().unwrap_or(&0) - movements.seconds.first().unwrap_or(&0)) / DAY
            + 1,
        most(&movements.to),
        most(&movements.from),
        rayon::current_num_threads(),
        sizes.n_runs
    );
    println!(
        "| rule | findings | s, best and median | transfers/s | published, transfers/s | times the best published |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let options = Options::default();
    for &rule in rules {
        let mut times = Vec::new();
        let mut n_found = 0;
        for run in 0..=sizes.n_runs.max(1) {
            let start = Instant::now();
            let peers = peers(&movements, rule, &options);
            n_found = find(&movements, rule, &options, &peers).patterns.len();
            let took = start.elapsed().as_secs_f64();
            if run > 0 {
                times.push(took);
            }
        }
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0], times[times.len() / 2]);
        let rate = movements.len() as f64 / median;
        let beside = published(rule).map_or_else(
            || "– | –".to_owned(),
            |(least, most)| format!("{least}–{most} | {:.1}", rate / f64::from(most)),
        );
        println!(
            "| {} | {n_found} | {best:.3} / {median:.3} | {rate:.0} | {beside} |",
            rule.id()
        );
    }
    Ok(())
}
