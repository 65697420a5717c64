//! Books read ahead of the case, side by side.
//!
//! Law: what is read ahead counts only if the content that the case then copied has the hash that it had before it was read; else it is
//! read again from the copy. A reader that fails is an error of its file.

use crate::commands::add;
use crate::error::Error;
use crate::shell::Shell;
use moneytrail_ingest::{Format, Gathered, Options, open};
use moneytrail_model::{BookId, Watch};
use moneytrail_store::schema::{Batch, Sink};
use moneytrail_store::{SegmentSummary, SegmentWriter, Staged, hash_of};
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of files that are read ahead at a time; rows take several times as much.
const WINDOW_BYTES: u64 = 32 << 20;
/// Files for each thread that are read ahead at a time.
const FILES_PER_THREAD: usize = 8;
/// Part of the memory that files that are read ahead may have.
const MEMORY_PARTS: usize = 16;

/// What is known of a file before its turn.
pub(super) enum Ahead {
    /// The case has its content, under this number.
    Known(u32),
    /// It is too large, or no table: it is read in its turn.
    Nothing,
    /// Its hash, its rows and what its reader said.
    Rows([u8; 32], Vec<Batch>, Box<SegmentSummary>),
}

/// Stretches of files that are read together, in their order; each has one file at least.
pub(super) fn windows(sizes: &[u64], memory: Option<usize>) -> Vec<Range<usize>> {
    let n_files = FILES_PER_THREAD * rayon::current_num_threads();
    let bytes = bytes_max(memory);
    let mut windows: Vec<Range<usize>> = Vec::new();
    let mut sum = 0_u64;
    for (at, &size) in sizes.iter().enumerate() {
        sum = sum.saturating_add(size);
        match windows.last_mut() {
            Some(open) if open.len() < n_files && sum <= bytes => open.end = at + 1,
            _ => {
                windows.push(at..at + 1);
                sum = size;
            }
        }
    }
    windows
}

fn bytes_max(memory: Option<usize>) -> u64 {
    let part = memory.map_or(WINDOW_BYTES, |bytes| (bytes / MEMORY_PARTS) as u64);
    part.min(WINDOW_BYTES)
}

/// Reads a file ahead, if it holds tables that the case does not know.
pub(super) fn ahead(
    one: &Gathered,
    n_bytes: u64,
    known: &BTreeMap<[u8; 32], u32>,
    options: &Options,
    watch: &dyn Watch,
) -> Result<Ahead, Error> {
    watch.check()?;
    let read = || rows(one, n_bytes, known, options, watch);
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Error::internal(format!("{}: its reader failed", one.name))))
}

fn rows(
    one: &Gathered,
    n_bytes: u64,
    known: &BTreeMap<[u8; 32], u32>,
    options: &Options,
    watch: &dyn Watch,
) -> Result<Ahead, Error> {
    let hash = hash_of(&add::source_of(one))?;
    if let Some(&number) = known.get(&hash) {
        return Ok(Ahead::Known(number));
    }
    if n_bytes > WINDOW_BYTES {
        return Ok(Ahead::Nothing);
    }
    let book = BookId(*hash.first_chunk().expect("32 bytes have a first eight"));
    let opened = open(&add::evidence_of(one.files.clone(), book), options)?;
    let is_table = |format| matches!(format, Format::Table | Format::TransferList);
    if !opened.parts().iter().all(|part| is_table(part.format)) {
        return Ok(Ahead::Nothing);
    }
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = opened.read(options, &mut batches, watch)?;
    let summary = add::summary_of(outcome);
    Ok(Ahead::Rows(hash, batches, Box::new(summary)))
}

impl Ahead {
    /// Writes the segment of a staged exhibit.
    pub(super) fn write(
        self,
        staged: &Staged,
        options: &Options,
        shell: &Shell,
    ) -> Result<(SegmentWriter, SegmentSummary), Error> {
        match self {
            Self::Rows(hash, batches, summary) if staged.exhibit.hash()? == hash => {
                let mut segment = SegmentWriter::create(staged.segment_directory())?;
                for batch in batches {
                    segment.push(batch)?;
                }
                Ok((segment, *summary))
            }
            _ => {
                let read = || add::write_segment(staged, options, shell);
                let name = &staged.exhibit.name;
                catch_unwind(AssertUnwindSafe(read))
                    .unwrap_or_else(|_| Err(Error::internal(format!("{name}: its reader failed"))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_every_file_once_in_order() {
        let sizes: Vec<u64> = (0..200).map(|n| n * n * 4_000).collect();
        for memory in [None, Some(1 << 20), Some(0)] {
            let windows = windows(&sizes, memory);
            let files: Vec<usize> = windows.iter().cloned().flatten().collect();
            assert_eq!(files, (0..200).collect::<Vec<_>>());
            for window in windows.into_iter().filter(|window| window.len() > 1) {
                assert!(sizes[window].iter().sum::<u64>() <= bytes_max(memory));
            }
        }
    }
}
