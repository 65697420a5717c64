//! The tables of an export as mapped bytes, and the stretches of their lines in which blocks ascend.
//!
//! Law: a line is a record. What cannot be cut into the header's cells or names no block is kept in quarantine
//! here and stands in no run; every other line stands in exactly one.
//!
//! Exports are written block after block, so that a file is one run or a few. A file in any order is many short
//! ones: 32 bytes each, the cost of sorting it.

use super::header::{Column, Head, Table};
use super::logs;
use crate::account_chain::field::{address, small, units};
use crate::account_chain::movement::{Kept, Leg, Place, clip};
use crate::account_chain::poisoning::Watch;
use crate::account_chain::tokens::Tokens;
use crate::table::list::line::{count_lines, line_at};
use crate::{Error, Evidence};
use memmap2::Mmap;
use moneytrail_model::{Network, RecordBin};
use moneytrail_store::schema::RecordPlace;
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// Bytes of a part of a file that is looked at by one thread.
const PART_BYTES: usize = 1 << 20;

/// A table of the exhibit.
#[derive(Debug)]
pub(super) struct TableFile {
    pub(super) name: String,
    /// Position in the exhibit.
    pub(super) file: u32,
    pub(super) head: Head,
    map: Mmap,
}

/// Lines behind each other in which blocks ascend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// Position in the list of tables.
    pub(super) table: u32,
    /// Row of the first line, from 1.
    pub(super) row: u32,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) first_block: u32,
    last_block: u32,
}

/// What looking over a table found, beside what stands in no run.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) runs: Vec<Run>,
    pub(super) watch: Watch,
    /// Logs that say nothing which is read.
    pub(super) n_passed_over: u64,
}

/// What looking over a part of a table found.
#[derive(Debug, Default)]
struct Scanned {
    runs: Vec<Run>,
    /// Blank lines and those that are no rows.
    kept: Vec<Kept>,
    watch: Watch,
    /// Logs that say nothing which is read.
    n_passed_over: u64,
}

impl TableFile {
    /// Opens the files of an exhibit, each of which must be a table.
    pub(super) fn open_all(evidence: &Evidence) -> Result<Vec<Self>, Error> {
        let mut tables = Vec::with_capacity(evidence.files.len());
        for (file, evidence) in (0..).zip(&evidence.files) {
            let path = || evidence.name.clone();
            let map = evidence
                .map()?
                .ok_or_else(|| Error::Empty { path: path() })?;
            let head = Head::of(&map).ok_or_else(|| Error::UnknownFormat {
                path: path(),
                seen: "its header is none of an ethereum-etl table".to_owned(),
            })?;
            let table = Self {
                name: path(),
                file,
                head,
                map,
            };
            if table.head.table.is_joined() && !table.is_joined() && !table.is_of_logs() {
                return Err(Error::NeedsProfile {
                    path: path(),
                    why: format!(
                        "the {} name no block: a column block_number is needed",
                        table.head.table.as_str()
                    ),
                });
            }
            tables.push(table);
        }
        Ok(tables)
    }

    /// Whether its rows are joined by their blocks.
    pub(super) const fn is_joined(&self) -> bool {
        self.head.table.is_joined() && self.head.has(self.block_column())
    }

    const fn is_of_logs(&self) -> bool {
        matches!(self.head.table, Table::Logs)
    }

    const fn block_column(&self) -> Column {
        match self.head.table {
            Table::Blocks => Column::Number,
            _ => Column::BlockNumber,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The line that begins at a place, and where the next begins.
    pub(super) fn line_at(&self, at: usize) -> (&[u8], usize) {
        line_at(&self.map, at)
    }

    /// The block of a line of a run, which was read before.
    pub(super) fn block_of(&self, line: &[u8]) -> u32 {
        let block = self.head.cell(line, self.block_column());
        small(&block, "block").expect("a run holds lines that name their blocks")
    }

    /// The raw cells of the line at a place.
    pub(super) fn raw(&self, at: usize) -> Vec<Box<str>> {
        let line = self.line_at(at).0;
        let mut cells = Vec::new();
        match crate::table::list::line::split(line, b',', &mut cells) {
            Ok(()) => cells
                .iter()
                .map(|cell| clip(&String::from_utf8_lossy(cell)))
                .collect(),
            Err(_) => vec![clip(&String::from_utf8_lossy(line))],
        }
    }

    /// The header and, before it, nothing: the first row.
    pub(super) fn header_kept(&self) -> Kept {
        Kept {
            file: self.file,
            place: RecordPlace::Row(1),
            bin: RecordBin::Contextual,
            reason: "header".into(),
            raw: self.head.cells.iter().map(|cell| clip(cell)).collect(),
        }
    }

    /// Rows behind the header.
    pub(super) fn n_rows(&self) -> u64 {
        let parts = self.parts();
        let n = |part: Range<usize>| u64::from(count_lines(&self.map[part]));
        parts.into_par_iter().map(n).sum()
    }

    /// Parts of the file behind the header, each ending at a line end.
    fn parts(&self) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = self.head.body;
        while start < self.map.len() {
            let near = start + PART_BYTES;
            let end = if near >= self.map.len() {
                self.map.len()
            } else {
                self.line_at(near).1
            };
            parts.push(start..end);
            start = end;
        }
        parts
    }

    /// Looks over the table, parts side by side; hands on what stands in no run. `number` is its position in the
    /// list of tables.
    pub(super) fn scan(
        &self,
        number: u32,
        tokens: &Tokens,
        network: Network,
        keep: &mut dyn FnMut(Vec<Kept>) -> Result<(), Error>,
    ) -> Result<Seen, Error> {
        let mut seen = Seen::default();
        let runs = &mut seen.runs;
        let mut first_row = 2;
        for wave in self.parts().chunks(4 * rayon::current_num_threads()) {
            let scanned: Vec<(Scanned, u32)> = wave
                .par_iter()
                .map(|part| self.scan_part(number, part.clone(), tokens, network))
                .collect();
            for (part, n_rows) in scanned {
                for mut run in part.runs {
                    run.row += first_row;
                    match runs.last_mut() {
                        Some(last)
                            if last.end == run.start && last.last_block <= run.first_block =>
                        {
                            last.end = run.end;
                            last.last_block = run.last_block;
                        }
                        _ => runs.push(run),
                    }
                }
                let mut kept = part.kept;
                for kept in &mut kept {
                    if let RecordPlace::Row(row) = &mut kept.place {
                        *row += first_row;
                    }
                }
                keep(kept)?;
                seen.watch.merge(part.watch);
                seen.n_passed_over += part.n_passed_over;
                first_row += n_rows;
            }
        }
        Ok(seen)
    }

    /// Rows of a part are numbered from 0.
    fn scan_part(
        &self,
        number: u32,
        part: Range<usize>,
        tokens: &Tokens,
        network: Network,
    ) -> (Scanned, u32) {
        let mut scanned = Scanned::default();
        let (mut at, mut row) = (part.start, 0);
        while at < part.end {
            let (line, next) = self.line_at(at);
            let mut cells = Vec::new();
            match self.look_at(line, &mut cells) {
                Ok(_) if self.is_of_logs() && !logs::is_read(&self.head, &cells) => {
                    scanned.n_passed_over += 1;
                }
                Ok(block) => {
                    match scanned.runs.last_mut() {
                        Some(run) if run.end == at && run.last_block <= block => {
                            run.end = next;
                            run.last_block = block;
                        }
                        _ => scanned.runs.push(Run {
                            table: number,
                            row,
                            start: at,
                            end: next,
                            first_block: block,
                            last_block: block,
                        }),
                    }
                    if self.head.table == Table::TokenTransfers {
                        self.watch(&cells, tokens, network, &mut scanned.watch);
                    }
                }
                Err((bin, reason)) => scanned.kept.push(Kept {
                    file: self.file,
                    place: RecordPlace::Row(row),
                    bin,
                    reason: reason.into(),
                    raw: match bin {
                        RecordBin::Contextual => Vec::new(),
                        _ => self.raw(at),
                    },
                }),
            }
            at = next;
            row += 1;
        }
        (scanned, row)
    }

    fn look_at<'a>(
        &self,
        line: &'a [u8],
        cells: &mut Vec<Cow<'a, [u8]>>,
    ) -> Result<u32, (RecordBin, String)> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Err((RecordBin::Contextual, "blank".to_owned()));
        }
        let block = self.head.split(line, cells).and_then(|()| {
            let text = self.head.text(cells, self.block_column())?;
            small(text, "height of a block")
        });
        block.map_err(|reason| (RecordBin::Quarantined, reason))
    }

    /// Shows a token transfer to the watch. What does not read is quarantined when it is joined.
    fn watch(&self, cells: &[Cow<'_, [u8]>], tokens: &Tokens, network: Network, watch: &mut Watch) {
        let text = |column| self.head.text(cells, column).unwrap_or_default();
        let value = text(Column::Value);
        let Ok(token) = address(text(Column::TokenAddress), network) else {
            return;
        };
        let weight = tokens.weight(Some(token));
        if value != "0" && weight.dollar_places.is_none() && !weight.is_imitation {
            return;
        }
        let ends = [Column::FromAddress, Column::ToAddress].map(|end| address(text(end), network));
        if let ([Ok(from), Ok(to)], Ok(amount)) = (ends, units(value)) {
            let place = Place {
                file: 0,
                row: 0,
                at: 0,
            };
            watch.see(
                &Leg::between([from, to], Some(token), amount, place),
                weight,
                network,
            );
        }
    }
}
