//! What the numbers of a book are, with what is read otherwise; sums of columns in O(log n).
//!
//! Law: a sum is that of its numbers, each added by itself; where one of them is so large that a sum could overflow there is none.

use super::store::{CellId, Span, Store, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Another value of one number: the number, its value and its scale.
pub(super) type Instead = (CellId, Value, u32);

/// Numbers below this, up to 2³¹ of them, sum up without overflow.
const SUMMED_MAX: Value = 1 << 95;

/// The numbers of a store, some of them read otherwise.
pub(super) struct Values<'a> {
    pub(super) store: &'a Store,
    accepted: BTreeMap<CellId, (Value, u32)>,
    columns: Vec<Column>,
    /// Column, and place in it, of each number that stands in one.
    places: Vec<Option<(usize, usize)>>,
}

/// A column as a binary indexed tree (Fenwick 1994), and how many of its numbers before each are too large to sum.
struct Column {
    tree: Vec<Value>,
    n_large: Vec<usize>,
    /// Places of numbers with which, read otherwise, no sum can be had.
    unsummed: BTreeSet<usize>,
}

impl Column {
    fn of(cells: &[CellId], store: &Store) -> Self {
        let mut column = Self {
            tree: vec![0; cells.len() + 1],
            n_large: Vec::with_capacity(cells.len() + 1),
            unsummed: BTreeSet::new(),
        };
        let mut n_large = 0;
        column.n_large.push(0);
        for (at, &cell) in cells.iter().enumerate() {
            let value = store.numbers[cell].value;
            let is_large = value.checked_abs().is_none_or(|value| value >= SUMMED_MAX);
            n_large += usize::from(is_large);
            column.n_large.push(n_large);
            if !is_large {
                column.add(at, value);
            }
        }
        column
    }

    fn add(&mut self, at: usize, by: Value) {
        let mut node = at + 1;
        while node < self.tree.len() {
            self.tree[node] += by;
            node += node & node.wrapping_neg();
        }
    }

    /// The sum of the first so many.
    fn first(&self, n: usize) -> Value {
        let (mut node, mut sum) = (n, 0);
        while node > 0 {
            sum += self.tree[node];
            node &= node - 1;
        }
        sum
    }
}

impl<'a> Values<'a> {
    /// The numbers as they are written. O(n log n).
    pub(super) fn of(store: &'a Store) -> Self {
        let mut places = vec![None; store.numbers.len()];
        for (column, cells) in store.columns.iter().enumerate() {
            for (at, &cell) in cells.iter().enumerate() {
                places[cell] = Some((column, at));
            }
        }
        Self {
            store,
            accepted: BTreeMap::new(),
            columns: store
                .columns
                .iter()
                .map(|cells| Column::of(cells, store))
                .collect(),
            places,
        }
    }

    /// Value and scale of a number; `trial` stands for what it names.
    pub(super) fn get(&self, cell: CellId, trial: Option<Instead>) -> (Value, u32) {
        let number = &self.store.numbers[cell];
        let tried = trial.filter(|of| of.0 == cell);
        let accepted = || self.accepted.get(&cell).copied();
        tried
            .map(|of| (of.1, of.2))
            .or_else(accepted)
            .unwrap_or((number.value, number.scale))
    }

    pub(super) fn is_accepted(&self, cell: CellId) -> bool {
        self.accepted.contains_key(&cell)
    }

    /// From here on a number is read otherwise; one that is already stays as it is.
    pub(super) fn accept(&mut self, (cell, value, scale): Instead) {
        if self.is_accepted(cell) {
            return;
        }
        if let Some((column, at)) = self.places[cell] {
            let written = self.store.numbers[cell].value;
            let is_summed = |value: Value| value.checked_abs().is_some_and(|of| of < SUMMED_MAX);
            if is_summed(written) && is_summed(value) {
                self.columns[column].add(at, value - written);
            } else {
                self.columns[column].unsummed.insert(at);
            }
        }
        self.accepted.insert(cell, (value, scale));
    }

    /// Column, and place in it, of a number that totals sum up.
    pub(super) fn place(&self, cell: CellId) -> Option<(usize, usize)> {
        self.places[cell]
    }

    /// The sum of a span, if there is one.
    pub(super) fn sum(&self, span: Span, trial: Option<Instead>) -> Option<Value> {
        let column = &self.columns[span.column];
        let mut unsummed = column.unsummed.range(span.from..span.to);
        if column.n_large[span.to] > column.n_large[span.from] || unsummed.next().is_some() {
            return None;
        }
        let sum = column.first(span.to) - column.first(span.from);
        let tried = trial.filter(|of| {
            let place = self.places[of.0];
            place.is_some_and(|(column, at)| {
                column == span.column && (span.from..span.to).contains(&at)
            })
        });
        match tried {
            Some((cell, value, _)) => {
                let off = value.checked_sub(self.get(cell, None).0)?;
                sum.checked_add(off)
            }
            None => Some(sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::equations::store::Number;
    use crate::table::field::Field;
    use proptest::prelude::*;

    fn number(value: Value) -> Number {
        Number {
            record: String::new(),
            line: 0,
            field: Field::Amount,
            row: 0,
            column: 0,
            text: String::new(),
            is_negative: false,
            unit: None,
            value,
            scale: 0,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A sum is that of its numbers, whatever is read otherwise.
        #[test]
        fn sums_are_those_of_adding(
            values in prop::collection::vec(-1000_i128..1000, 1..40),
            others in prop::collection::vec((any::<prop::sample::Index>(), -1000_i128..1000), 0..8),
            ends in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        ) {
            let n = values.len();
            let store = Store {
                numbers: values.iter().map(|&value| number(value)).collect(),
                columns: vec![(0..n).rev().collect()],
            };
            let mut now = Values::of(&store);
            let mut plain = values;
            let mut others: Vec<Instead> = others.iter().map(|(at, value)| (at.index(n), *value, 0)).collect();
            let trial = others.pop();
            for &other in &others {
                if !now.is_accepted(other.0) {
                    plain[other.0] = other.1;
                }
                now.accept(other);
            }
            if let Some((cell, value, _)) = trial {
                plain[cell] = value;
            }
            let ends = [ends.0.index(n + 1), ends.1.index(n + 1)];
            let span = Span { column: 0, from: ends[0].min(ends[1]), to: ends[0].max(ends[1]) };
            let sum: Value = store.span(span).iter().map(|&cell| plain[cell]).sum();
            prop_assert_eq!(now.sum(span, trial), Some(sum));
        }
    }
}
