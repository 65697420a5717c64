//! The lines of all tables, block after block.
//!
//! Method: runs are merged by a heap on their next block, so that memory does not grow with the files but with
//! the runs. A window holds whole blocks.

use super::file::{Run, TableFile};
use crate::account_chain::movement::Place;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A line of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// Position in the list of tables.
    pub(super) table: u32,
    pub(super) block: u32,
    pub(super) place: Place,
}

/// What is left of a run: its next block, table, next line, row of that line, and where it ends.
type Rest = (u32, u32, usize, u32, usize);

/// Merges runs.
#[derive(Debug)]
pub(super) struct Windows<'a> {
    tables: &'a [TableFile],
    /// The least next block first.
    heads: BinaryHeap<Reverse<Rest>>,
}

impl<'a> Windows<'a> {
    pub(super) fn of(tables: &'a [TableFile], runs: Vec<Run>) -> Self {
        let head = |run: Run| Reverse((run.first_block, run.table, run.start, run.row, run.end));
        Self {
            tables,
            heads: runs.into_iter().map(head).collect(),
        }
    }

    /// The next blocks, until they have `n_lines` lines or more; none at the end.
    pub(super) fn next(&mut self, n_lines: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::with_capacity(n_lines);
        let mut last = None;
        while let Some(&Reverse((block, table, start, row, end))) = self.heads.peek() {
            if lines.len() >= n_lines && last != Some(block) {
                break;
            }
            self.heads.pop();
            last = Some(block);
            let file = &self.tables[table as usize];
            let (mut at, mut row) = (start, row);
            while at < end {
                let (line, next) = file.line_at(at);
                // The first line's block is known.
                let of = if at == start {
                    block
                } else {
                    file.block_of(line)
                };
                if of != block {
                    self.heads.push(Reverse((of, table, at, row, end)));
                    break;
                }
                lines.push(Line {
                    table,
                    block,
                    place: Place {
                        file: file.file,
                        row,
                        at: at as u64,
                    },
                });
                at = next;
                row += 1;
            }
        }
        lines
    }
}
