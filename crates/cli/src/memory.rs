//! `--memory`: the anonymous memory that taking exhibits in and building an index may use. Mapped files are
//! not counted: the system takes their pages back when it needs them.
//!
//! Law: the budget decides how much is on its way at once, and shows in no byte of a segment or an index.
//!
//! What is held does not grow with the exhibit: for each table one row group, encoded, and the rows
//! gathered for it; for each thread its encoder; two windows of blocks; and the parts of a list on
//! their way from reader to writer, which take what is left of the budget.

use crate::error::Error;
use moneytrail_ingest::Format;
use moneytrail_store::Case;

/// Row groups, gathered rows, and windows of blocks: 420 MiB were measured at most, with 2 GiB of blocks on two threads.
const FIXED_BYTES: usize = 432 << 20;
/// What each thread adds: an encoder, a part of a list being parsed, and its share of the allocator.
const THREAD_BYTES: usize = 4 << 20;

/// Reads `512M`, `2G`: bytes, with K, M, G or T for powers of 1024.
pub(crate) fn parse_bytes(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes() {
        [digits @ .., b'k' | b'K'] => (digits.len(), 10),
        [digits @ .., b'm' | b'M'] => (digits.len(), 20),
        [digits @ .., b'g' | b'G'] => (digits.len(), 30),
        [digits @ .., b't' | b'T'] => (digits.len(), 40),
        digits => (digits.len(), 0),
    };
    let number: Option<usize> = text[..digits].parse().ok();
    number
        .and_then(|number| number.checked_mul(1_usize.checked_shl(shift)?))
        .ok_or_else(|| "not a size: write bytes, or a number with K, M, G or T".to_owned())
}

/// A size as it is given, rounded down.
pub(crate) fn written(n_bytes: usize) -> String {
    match n_bytes {
        0..0x400 => n_bytes.to_string(),
        0x400..0x10_0000 => format!("{}K", n_bytes >> 10),
        _ => format!("{}M", n_bytes >> 20),
    }
}

/// Bytes that parts of a list may take on their way, if `budget` is enough for `n_threads`.
pub(crate) fn in_flight_bytes_max(budget: usize, n_threads: usize) -> Result<usize, Error> {
    let held = FIXED_BYTES + THREAD_BYTES * n_threads;
    budget.checked_sub(held).ok_or_else(|| {
        Error::usage(format!(
            "--memory {} is too little for {n_threads} threads",
            written(budget)
        ))
        .hint(format!("the least is {}M", held.div_ceil(1 << 20)))
        .hint("fewer threads (--threads) need less")
    })
}

/// The case, whose index is built in a budget. Beside its arrays, building holds what each thread decodes of
/// a table and the bucket that is being sorted; a table is written in row groups of a fixed size, so that
/// neither grows with the case.
pub(crate) fn within(case: Case, budget: Option<usize>) -> Result<Case, Error> {
    let Some(budget) = budget else {
        return Ok(case);
    };
    let arrays = in_flight_bytes_max(budget, rayon::current_num_threads())?;
    Ok(case.with_memory(arrays as u64))
}

/// Bytes of anonymous memory that the process holds, where the system says it (Linux).
pub(crate) fn held() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// Whether what is held for an exhibit of this format is bounded; others are read whole.
pub(crate) const fn is_bounded(format: Format) -> bool {
    match format {
        Format::BlockFiles
        | Format::RawBlock
        | Format::BitcoinEtl
        | Format::Blockchair
        | Format::Electrum
        | Format::Etl
        | Format::TransferList
        | Format::TransferParquet => true,
        Format::CoreJson
        | Format::EsploraJson
        | Format::EtherscanCsv
        | Format::EtherscanJson
        | Format::BlockscoutCsv
        | Format::TronGridJson
        | Format::TronscanJson
        | Format::Exchange
        | Format::Table
        | Format::Several => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_they_are_given() {
        for text in ["1023", "1K", "439M", "2048M"] {
            assert_eq!(parse_bytes(text).map(written), Ok(text.to_owned()));
        }
        assert_eq!(written((440 << 20) - 1), "439M");
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse_bytes("512M"), Ok(512 << 20));
        assert_eq!(parse_bytes("2g"), Ok(2 << 30));
        assert_eq!(parse_bytes("1048576"), Ok(1 << 20));
        for wrong in ["", "M", "1.5G", "-1", "2GB", "99999999999T", "１M"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
