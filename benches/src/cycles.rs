//! Simple cycles in time: seconds beside the best published code, and counts that must come out.
//!
//! Laws. The clock runs over the call alone, from plain columns to the count; reading is not part of it. A row stands
//! only if its count is the published one. Seconds of published code (2SCENT; Blanuša et al.'s parallel temporal
//! Johnson and Read-Tarjan, whichever was quickest) were measured on two threads of a machine of this kind.
#![expect(
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "seconds for people; no money"
)]

use crate::Error;
use moneytrail_analysis::patterns::cycles::{Steps, count};
use std::path::Path;
use std::time::Instant;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Window in words and seconds, the count, and the seconds of the best published code.
type Question = (&'static str, i64, u64, Option<f64>);

const BITCOIN_OTC: [Question; 3] = [
    ("1 d", DAY, 11_770, None),
    ("7 d", 7 * DAY, 16_979, Some(0.177)),
    ("28 d", 28 * DAY, 26_980_636, Some(37.9)),
];
const RMAT: [Question; 1] = [("1 h", HOUR, 549, Some(10.6))];

#[derive(Debug, Default)]
struct Columns {
    from: Vec<u32>,
    to: Vec<u32>,
    seconds: Vec<i64>,
}

/// Reads source, target and time from columns of a list.
fn read(path: &Path, n_header: usize, time: usize) -> Result<Columns, Error> {
    let mut columns = Columns::default();
    let text = fs_err::read_to_string(path)?;
    for line in text.lines().skip(n_header) {
        let fields: Vec<&str> = line.split(',').collect();
        let field = |at: usize| fields.get(at).ok_or_else(|| format!("`{line}` is short"));
        columns.from.push(field(0)?.parse()?);
        columns.to.push(field(1)?.parse()?);
        columns.seconds.push(field(time)?.parse()?);
    }
    Ok(columns)
}

/// Measures, and prints a row for each question.
///
/// # Errors
/// If a list cannot be read, or a count is not the published one.
pub fn measure(shared: &Path, rmat: Option<&Path>, n_runs: usize) -> Result<(), Error> {
    let n_threads = rayon::current_num_threads();
    println!(
        "| record | window | cycles | seconds on {n_threads} threads, best and median of {n_runs} | best published | times as fast |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let otc = read(&shared.join("data/temporal/bitcoin-otc.csv"), 0, 3)?;
    rows("bitcoin-otc", &otc, &BITCOIN_OTC, n_runs)?;
    if let Some(path) = rmat {
        rows("R-MAT 2²⁰, 5 · 10⁶", &read(path, 1, 2)?, &RMAT, n_runs)?;
    }
    Ok(())
}

fn rows(name: &str, columns: &Columns, questions: &[Question], n_runs: usize) -> Result<(), Error> {
    let steps = Steps {
        from: &columns.from,
        to: &columns.to,
        seconds: &columns.seconds,
    };
    for &(window, seconds, expected, published) in questions {
        let mut times = Vec::new();
        for run in 0..=n_runs.max(1) {
            let start = Instant::now();
            let n = count(&steps, seconds);
            let took = start.elapsed().as_secs_f64();
            if n != expected {
                return Err(format!("{name}, {window}: {n} cycles, not {expected}").into());
            }
            if run > 0 {
                times.push(took);
            }
        }
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0], times[times.len() / 2]);
        let published = published.map_or_else(
            || "– | –".to_owned(),
            |published| format!("{published} | {:.1}", published / median),
        );
        println!("| {name} | {window} | {expected} | {best:.3}, {median:.3} | {published} |");
    }
    Ok(())
}
