//! Tables of exact shares, rounded so that all their sums hold.
//!
//! Laws. Each cell is its exact part rounded down or up. Each column sums to its given sum. The cells of a row are together no more than what the row has and
//! what its cell of the first column brings in. Floors come first and left-over units go to the largest remainders, ties in the order of rows; a
//! unit for which no row has room is made room for by moving others.
//!
//! Such a rounding always exists (controlled rounding: Bacharach 1966; Cox 1987). Method: greedy, then augmenting paths as of a bipartite
//! matching. O(n log n) in the cells, and O(n) for each path; with a single column there are none.

use super::mixture::Exact;
use std::cmp::Reverse;
use std::collections::VecDeque;

/// The column of what comes in.
pub(super) const IN: usize = 0;

/// An exact part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) exact: Exact,
}

/// How a path comes to a row: from which one, by turning which cells.
type Reached = (Option<usize>, [Option<usize>; 2]);

/// A table while it is rounded.
struct Table<'a> {
    cells: &'a [Cell],
    is_up: Vec<bool>,
    of_row: Vec<Vec<usize>>,
    of_column: Vec<Vec<usize>>,
    /// What a row may still give.
    room: Vec<u128>,
    /// What a column still lacks.
    lacks: Vec<u128>,
}

/// Whole numbers for the cells. `None` if the exact parts do not keep the laws themselves.
pub(super) fn rounded(cells: &[Cell], has: &[u128], sums: &[u128]) -> Option<Vec<u128>> {
    let mut table = Table {
        cells,
        is_up: vec![false; cells.len()],
        of_row: vec![Vec::new(); has.len()],
        of_column: vec![Vec::new(); sums.len()],
        room: has.to_vec(),
        lacks: sums.to_vec(),
    };
    for cell in cells.iter().filter(|cell| cell.column == IN) {
        table.room[cell.row] = table.room[cell.row].checked_add(cell.exact.0)?;
    }
    for (nth, cell) in cells.iter().enumerate() {
        let lacks = &mut table.lacks[cell.column];
        *lacks = lacks.checked_sub(cell.exact.0)?;
        if cell.column != IN {
            let room = &mut table.room[cell.row];
            *room = room.checked_sub(cell.exact.0)?;
        }
        // A whole number is rounded already.
        if cell.exact.1 > 0 {
            table.of_row[cell.row].push(nth);
            table.of_column[cell.column].push(nth);
        }
    }
    for column in 0..sums.len() {
        let mut order = table.of_column[column].clone();
        order.sort_by_key(|&nth| (Reverse(cells[nth].exact.1), cells[nth].row));
        for nth in order {
            if table.lacks[column] == 0 {
                break;
            }
            if column == IN || table.room[cells[nth].row] > 0 {
                table.turn(nth);
            }
        }
        while table.lacks[column] > 0 {
            for nth in table.path(column)? {
                table.turn(nth);
            }
        }
    }
    let whole = cells.iter().zip(&table.is_up);
    Some(
        whole
            .map(|(cell, &is_up)| cell.exact.0 + u128::from(is_up))
            .collect(),
    )
}

impl Table<'_> {
    /// Rounds a cell the other way.
    fn turn(&mut self, nth: usize) {
        let Cell { row, column, .. } = self.cells[nth];
        self.is_up[nth] = !self.is_up[nth];
        let (room, lacks) = (&mut self.room[row], &mut self.lacks[column]);
        // On a way a row gives before it is given to.
        if self.is_up[nth] {
            *lacks = lacks.wrapping_sub(1);
        } else {
            *lacks = lacks.wrapping_add(1);
        }
        if self.is_up[nth] == (column == IN) {
            *room = room.wrapping_add(1);
        } else {
            *room = room.wrapping_sub(1);
        }
    }

    /// Cells to be turned so that a column gets a unit more, each other sum stays, and one row gives a unit that it has.
    fn path(&self, column: usize) -> Option<Vec<usize>> {
        let mut came_by: Vec<Option<Reached>> = vec![None; self.room.len()];
        let (mut is_done, mut queue) = (vec![false; self.lacks.len()], VecDeque::new());
        let mut reach =
            |from: Option<usize>, cells: [Option<usize>; 2], queue: &mut VecDeque<usize>| {
                let row = cells[1].map(|nth| self.cells[nth].row);
                if let Some(row) = row
                    && came_by[row].is_none()
                {
                    came_by[row] = Some((from, cells));
                    queue.push_back(row);
                }
            };
        is_done[column] = true;
        for &nth in self.of_column[column]
            .iter()
            .filter(|&&nth| !self.is_up[nth])
        {
            reach(None, [None, Some(nth)], &mut queue);
        }
        let mut end = None;
        while let Some(row) = queue.pop_front() {
            if self.room[row] > 0 {
                end = Some(row);
                break;
            }
            for &nth in &self.of_row[row] {
                // Out of a column the row takes a unit back; of what comes in it gets one more.
                let column = self.cells[nth].column;
                let is_in = column == IN;
                if self.is_up[nth] == is_in || std::mem::replace(&mut is_done[column], true) {
                    continue;
                }
                let others = self.of_column[column].iter();
                for &other in others.filter(|&&other| self.is_up[other] == is_in) {
                    reach(Some(row), [Some(nth), Some(other)], &mut queue);
                }
            }
        }
        let (mut at, mut path) = (end, Vec::new());
        end?;
        while let Some(row) = at {
            let (from, cells) = came_by[row]?;
            path.extend(cells.into_iter().flatten());
            at = from;
        }
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALF: u64 = 1 << 63;

    fn cell(row: usize, column: usize, exact: Exact) -> Cell {
        Cell { row, column, exact }
    }

    #[test]
    fn a_unit_is_moved_to_make_room() {
        // Two columns take what the first row has; the third can have it of nobody else.
        let cells = [
            cell(0, 1, (0, HALF)),
            cell(2, 1, (0, HALF)),
            cell(1, 2, (0, HALF)),
            cell(3, 2, (0, HALF)),
            cell(0, 3, (0, HALF)),
            cell(1, 3, (0, HALF)),
        ];
        let whole = rounded(&cells, &[1; 4], &[0, 1, 1, 1]);
        assert_eq!(whole, Some(vec![0, 1, 1, 0, 1, 0]));
        assert_eq!(rounded(&cells, &[0, 0, 1, 1], &[0, 1, 1, 1]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Eighths in three columns and what comes in; columns are filled up by a row of their own.
        #[test]
        fn all_sums_hold(eighths in prop::collection::vec([0_u64..20, 0_u64..20, 0_u64..20, 0_u64..20], 1..7)) {
            let exact = |eighths: u64| -> Exact { (u128::from(eighths / 8), (eighths % 8) << 61) };
            let mut eighths = eighths;
            let missing = [0, 1, 2, 3].map(|column| {
                let sum: u64 = eighths.iter().map(|row| row[column]).sum();
                sum.next_multiple_of(8) - sum
            });
            eighths.push(missing);
            let (mut cells, mut has) = (Vec::new(), Vec::new());
            for (row, of) in eighths.iter().enumerate() {
                cells.extend(of.iter().enumerate().map(|(column, &eighths)| cell(row, column, exact(eighths))));
                let out: u64 = of[1..].iter().sum();
                has.push(u128::from(out.saturating_sub(of[IN]).div_ceil(8)));
            }
            let sums = [0, 1, 2, 3].map(|column| {
                let sum: u64 = eighths.iter().map(|row| row[column]).sum();
                u128::from(sum / 8)
            });
            let whole = rounded(&cells, &has, &sums).unwrap();
            let of = |row: usize, column: usize| whole[row * 4 + column];
            for (cell, &whole) in cells.iter().zip(&whole) {
                prop_assert!(whole == cell.exact.0 || cell.exact.1 > 0 && whole == cell.exact.0 + 1);
            }
            for (column, &sum) in sums.iter().enumerate() {
                prop_assert_eq!((0..has.len()).map(|row| of(row, column)).sum::<u128>(), sum);
            }
            for (row, &has) in has.iter().enumerate() {
                let out: u128 = (1..4).map(|column| of(row, column)).sum();
                prop_assert!(out <= has + of(row, IN));
            }
        }
    }
}
