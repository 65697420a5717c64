//! What holds for a whole list, found before its rows are read.

use super::delimited::{ListHead, WAVE_CHUNKS, wave};
use super::line::{decode, line_at};
use super::rows::{ListFacts, MILLISECONDS_FROM, TimeUnit};
use rayon::prelude::*;

/// Rows that decide the unit of time and the decimal mark.
const SAMPLE_ROWS: usize = 1000;

/// More decimal places than this are refused, because no asset has them.
const DECIMALS_MAX: u8 = 18;

/// What holds for the whole list, and the sentences that say so.
pub(super) fn facts_of(
    head: &ListHead,
    bytes: &[u8],
    chunk_bytes: usize,
) -> (ListFacts, Vec<String>) {
    let body = &bytes[head.body.min(bytes.len())..];
    let sample = sample(head, body);
    let mut assumptions = Vec::new();
    let numbers: Vec<i64> = sample
        .iter()
        .filter_map(|(time, _)| time.split('.').next()?.parse::<i64>().ok())
        .collect();
    let milliseconds = numbers
        .iter()
        .any(|number| number.abs() >= MILLISECONDS_FROM);
    let time_unit = if milliseconds {
        TimeUnit::Milliseconds
    } else {
        TimeUnit::Seconds
    };
    assumptions.push(match (numbers.is_empty(), time_unit) {
        (true, _) => "times without a zone are UTC".to_owned(),
        (false, TimeUnit::Seconds) => {
            "numbers in the time column are seconds since 1970".to_owned()
        }
        (false, TimeUnit::Milliseconds) => {
            "numbers in the time column are milliseconds since 1970".to_owned()
        }
    });
    let decimal_comma = head.delimiter != b','
        && sample.iter().any(|(_, amount)| amount.contains(','))
        && !sample.iter().any(|(_, amount)| amount.contains('.'));
    if decimal_comma {
        assumptions.push("the decimal mark is a comma".to_owned());
    }
    let mark = if decimal_comma { b',' } else { b'.' };
    let decimals = if memchr::memchr(mark, body).is_some() {
        decimals_of(head, bytes, chunk_bytes, mark)
    } else {
        0
    };
    if head.columns.asset.is_none() {
        assumptions.push(format!(
            "no asset column: amounts are in a unit of the list with {decimals} decimal places, the most that it writes"
        ));
    }
    let facts = ListFacts {
        time_unit,
        decimals,
        decimal_comma,
    };
    (facts, assumptions)
}

/// Time and amount of the first rows.
fn sample(head: &ListHead, body: &[u8]) -> Vec<(String, String)> {
    let mut sample = Vec::new();
    let (mut at, mut n_lines) = (0, 0);
    let mut cells = Vec::new();
    while at < body.len() && n_lines < SAMPLE_ROWS {
        let (line, next) = line_at(body, at);
        if head.cells(line, &mut cells).is_ok() {
            let read =
                |column: usize| decode(cells[column].trim_ascii(), head.encoding).into_owned();
            sample.push((read(head.columns.time), read(head.columns.amount)));
        }
        at = next;
        n_lines += 1;
    }
    sample
}

/// The most decimal places of an amount in the list.
fn decimals_of(head: &ListHead, bytes: &[u8], chunk_bytes: usize, mark: u8) -> u8 {
    let (mut start, mut decimals) = (head.body, 0);
    let n_chunks = WAVE_CHUNKS * rayon::current_num_threads();
    while start < bytes.len() {
        let wave = wave(head, bytes, start, chunk_bytes, n_chunks);
        start = wave.last().map_or(bytes.len(), |chunk| chunk.end);
        let most = wave
            .par_iter()
            .map(|chunk| decimals_in(head, &bytes[chunk.clone()], mark))
            .max();
        decimals = decimals.max(most.unwrap_or(0));
    }
    decimals
}

/// As [`decimals_in_lines`]. Only a line with a mark before more digits than were seen can say more,
/// so few are cut into cells; but a quote can stand between the digits of a cell.
fn decimals_in(head: &ListHead, chunk: &[u8], mark: u8) -> u8 {
    if memchr::memchr(b'"', chunk).is_some() {
        return decimals_in_lines(head, chunk, mark);
    }
    let mut decimals = 0;
    for point in memchr::memchr_iter(mark, chunk) {
        let digits = chunk[point + 1..].iter().take(usize::from(decimals) + 1);
        if digits.filter(|byte| byte.is_ascii_digit()).count() > usize::from(decimals) {
            let start = memchr::memrchr(b'\n', &chunk[..point]).map_or(0, |end| end + 1);
            let end = line_at(chunk, start).1;
            decimals = decimals.max(decimals_in_lines(head, &chunk[start..end], mark));
        }
    }
    decimals
}

/// The most decimal places of an amount in these lines.
fn decimals_in_lines(head: &ListHead, chunk: &[u8], mark: u8) -> u8 {
    let (mut at, mut decimals) = (0, 0);
    let mut cells = Vec::new();
    while at < chunk.len() {
        let (line, next) = line_at(chunk, at);
        at = next;
        if head.cells(line, &mut cells).is_err() {
            continue;
        }
        let amount = cells[head.columns.amount].trim_ascii();
        let Some(point) = memchr::memchr(mark, amount) else {
            continue;
        };
        let fraction = &amount[point + 1..];
        if fraction.iter().all(u8::is_ascii_digit) {
            let places = u8::try_from(fraction.trim_ascii_end().len()).unwrap_or(u8::MAX);
            decimals = decimals.max(places.min(DECIMALS_MAX));
        }
    }
    decimals
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_slow(
            rows in proptest::collection::vec(("[a.1]{0,3}", "[0-9. \"]{0,8}"), 0..12),
            crlf: bool,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let mut list = format!("source,target,time,amount{end}");
            for (source, amount) in &rows {
                list.extend([&**source, ",b,1.25,", &**amount, end]);
            }
            let head = ListHead::of(list.as_bytes()).unwrap();
            let body = &list.as_bytes()[head.body..];
            prop_assert_eq!(
                decimals_in(&head, body, b'.'),
                decimals_in_lines(&head, body, b'.')
            );
        }
    }
}
