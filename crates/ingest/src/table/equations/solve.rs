//! Which one number, read otherwise, makes the equations of a row hold again.

use super::EQUATION_REPAIR;
use super::fit::Kept;
use super::store::{CellId, Store};
use super::values::{Instead, Values};
use crate::table::repair::{BALANCE_REPAIR, Break, Repair, Repairs, cell_locator};
use crate::table::slip::{meant, shortened, slip};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Candidates that are named where none is better than the others.
const CANDIDATES_NAMED: usize = 4;
/// Numbers in an equation up to which each is tried with all slips; in longer sums only with what they need.
const TERMS_TRIED: usize = 4;

/// Equations that are tried with other figures: so many, and so many more for each number of the book. A book of honest size needs
/// a hundredth of it.
const TRIALS_MIN: u64 = 200_000;
const TRIALS_PER_NUMBER: u64 = 100;

/// Numbers, equations, and which of them a number stands in.
struct Solver<'a> {
    store: &'a Store,
    kept: &'a [Kept],
    /// Equations of each number but sums of columns.
    by_cell: Vec<Vec<usize>>,
    /// Sums of each column, by their end.
    by_column: Vec<Vec<usize>>,
    /// What is written.
    written: Values<'a>,
    /// And with what is proposed so far.
    now: Values<'a>,
    n_trials_left: Cell<u64>,
}

/// A number read otherwise, with what it gains.
struct Candidate {
    cell: CellId,
    text: String,
    value: Instead,
    /// Equations that it restores.
    restored: Vec<usize>,
}

/// An equation that stays broken, and what would mend it.
type Open = (usize, Vec<Candidate>);

/// Proposes repairs by these equations, beside those by balances alone, and names the rows that stay broken.
pub(super) fn solve(store: &Store, kept: &[Kept], repairs: &mut Repairs) {
    let mut by_cell: Vec<Vec<usize>> = vec![Vec::new(); store.numbers.len()];
    let mut by_column: Vec<Vec<usize>> = vec![Vec::new(); store.columns.len()];
    for (index, one) in kept.iter().enumerate() {
        if let Kept::Sum { total, of } = one {
            by_cell[*total].push(index);
            by_column[of.column].push(index);
            continue;
        }
        for cell in one.cells(store) {
            by_cell[cell].push(index);
        }
    }
    let n_trials = TRIALS_PER_NUMBER.saturating_mul(store.numbers.len() as u64);
    let mut solver = Solver {
        store,
        kept,
        by_cell,
        by_column,
        written: Values::of(store),
        now: Values::of(store),
        n_trials_left: Cell::new(n_trials.saturating_add(TRIALS_MIN)),
    };
    solver.judge_balances(repairs);
    let mut broken: Vec<usize> = (0..kept.len())
        .filter(|&index| !kept[index].holds(&solver.now, None))
        .collect();
    // Short equations first: what they mend need not be sought in a sum.
    broken.sort_by_key(|&index| (kept[index].n_cells(), index));
    let mut left: BTreeMap<(usize, &str), Vec<Open>> = BTreeMap::new();
    for index in broken {
        if kept[index].holds(&solver.now, None) {
            continue;
        }
        let is_balance = matches!(
            kept[index],
            Kept::Linear {
                is_balance: true,
                ..
            }
        );
        let mut candidates = solver.candidates(index);
        let most = candidates.iter().map(|one| one.restored.len()).max();
        candidates.retain(|one| Some(one.restored.len()) == most);
        // Balances alone were asked before, whole runs of them together.
        let is_enough = !is_balance || most.is_some_and(|most| most > 1);
        if let [only] = candidates.as_slice()
            && is_enough
        {
            repairs.repairs.push(solver.proposal(only));
            solver.now.accept(only.value);
        } else if !is_balance {
            let number = &store.numbers[kept[index].first()];
            let place = (number.line, &*number.record);
            left.entry(place).or_default().push((index, candidates));
        }
    }
    let balances = kept.iter().filter(|one| {
        let is_balance = matches!(
            one,
            Kept::Linear {
                is_balance: true,
                ..
            }
        );
        is_balance && one.holds(&solver.now, None)
    });
    let mended: BTreeSet<&str> = balances
        .map(|one| &*store.numbers[one.first()].record)
        .collect();
    let of_balances = BALANCE_REPAIR.to_string();
    repairs
        .breaks
        .retain(|one| one.rule != of_balances || !mended.contains(&*one.row));
    solver.name(left, repairs);
}

impl Solver<'_> {
    /// Names the rows whose equations stay broken.
    fn name(&self, left: BTreeMap<(usize, &str), Vec<Open>>, repairs: &mut Repairs) {
        let mut is_told = self.n_trials_left.get() > 0;
        for ((_, record), broken) in left {
            let open = broken
                .iter()
                .filter(|(index, _)| !self.kept[*index].holds(&self.now, None));
            let open: Vec<&Open> = open.collect();
            if open.is_empty() {
                continue;
            }
            let said = open
                .iter()
                .map(|(index, _)| self.kept[*index].said(&self.now, None));
            let mut said: Vec<String> = said.collect();
            if !is_told {
                is_told = true;
                said.push("what would mend it, and rows below, was sought no further: too many equations do not hold".to_owned());
            }
            let mut candidates: Vec<String> = open
                .iter()
                .flat_map(|(_, candidates)| candidates)
                .map(|one| {
                    let number = &self.store.numbers[one.cell];
                    let written = shortened(&number.text);
                    format!(
                        "{} {} instead of {written}",
                        number.field.as_str(),
                        one.text
                    )
                })
                .collect();
            candidates.dedup();
            candidates.truncate(CANDIDATES_NAMED);
            repairs.breaks.push(Break {
                rule: EQUATION_REPAIR.to_string(),
                row: record.to_owned(),
                cell: None,
                equation: said.join("; "),
                candidates,
            });
        }
    }

    /// Equations that a number stands in, ascending; and whether so many may still be tried.
    fn equations(&self, cell: CellId) -> (Vec<usize>, bool) {
        let mut all = self.by_cell[cell].clone();
        if let Some((column, at)) = self.now.place(cell) {
            let of_column = &self.by_column[column];
            let begins = |index: usize| match &self.kept[index] {
                Kept::Sum { of, .. } => of.from,
                _ => usize::MAX,
            };
            let ends = |index: usize| match &self.kept[index] {
                Kept::Sum { of, .. } => of.to,
                _ => 0,
            };
            let first = of_column.partition_point(|&index| ends(index) <= at);
            // Neither ends nor beginnings fall from one total to the next.
            let of_cell = of_column[first..].iter().copied();
            all.extend(of_cell.take_while(|&index| begins(index) <= at));
            all.sort_unstable();
        }
        let n = all.len() as u64 + 1;
        let left = self.n_trials_left.get();
        self.n_trials_left.set(left.saturating_sub(n));
        (all, n < left)
    }

    /// Takes the repairs by balances: with the equations that they restore besides, and without those that other equations
    /// speak against, or that were too many to ask.
    fn judge_balances(&mut self, repairs: &mut Repairs) {
        let cells: BTreeMap<String, CellId> = (0..self.store.numbers.len())
            .map(|cell| (self.locator(cell), cell))
            .collect();
        let mut kept = Vec::new();
        for mut repair in std::mem::take(&mut repairs.repairs) {
            let found = cells.get(&repair.cell).and_then(|&cell| {
                let (value, scale) = self.store.numbers[cell].read(&repair.value)?;
                Some((cell, (cell, value, scale)))
            });
            let Some((cell, value)) = found else {
                kept.push(repair);
                continue;
            };
            let (all, is_judged) = self.equations(cell);
            let others: Vec<usize> = all
                .into_iter()
                .filter(|&index| {
                    !matches!(
                        self.kept[index],
                        Kept::Linear {
                            is_balance: true,
                            ..
                        }
                    )
                })
                .collect();
            let holds = |index: usize, trial| self.kept[index].holds(&self.written, trial);
            let against = others
                .iter()
                .copied()
                .find(|&one| is_judged && holds(one, None) && !holds(one, Some(value)));
            let why = match (is_judged, against) {
                (false, _) => Some("too many equations do not hold to ask them".to_owned()),
                (true, Some(one)) => Some(self.kept[one].said(&self.written, Some(value))),
                (true, None) => None,
            };
            if let Some(why) = why {
                let record = &self.store.numbers[cell].record;
                repairs.breaks.push(Break {
                    rule: BALANCE_REPAIR.to_string(),
                    row: record.clone(),
                    cell: Some(repair.cell.clone()),
                    equation: format!(
                        "balances add up if {} is {} instead of {}, but {why}",
                        repair.field, repair.value, repair.written,
                    ),
                    candidates: Vec::new(),
                });
                continue;
            }
            for one in others {
                if !holds(one, None) && holds(one, Some(value)) {
                    let said = self.kept[one].said(&self.written, Some(value));
                    repair.equations.push(said);
                }
            }
            self.now.accept(value);
            kept.push(repair);
        }
        repairs.repairs = kept;
    }

    /// Every number of an equation with every slip that makes it hold and breaks nothing. None, once too many were tried.
    fn candidates(&self, index: usize) -> Vec<Candidate> {
        let mut all = Vec::new();
        if self.n_trials_left.get() == 0 {
            return all;
        }
        let cells = self.kept[index].cells(self.store);
        for &cell in &cells {
            if self.now.is_accepted(cell) {
                continue;
            }
            let number = &self.store.numbers[cell];
            let texts = match self.needed(index, cell) {
                Some(text) => vec![text],
                None if cells.len() > TERMS_TRIED => Vec::new(),
                None => meant(&number.text),
            };
            let left = self.n_trials_left.get();
            self.n_trials_left.set(left.saturating_sub(1));
            for text in texts {
                let Some((value, scale)) = number.read(&text) else {
                    continue;
                };
                all.extend(self.judged(cell, text, (cell, value, scale)));
            }
            if self.n_trials_left.get() == 0 {
                // What was not tried may be as good.
                return Vec::new();
            }
        }
        all
    }

    /// What a number of a linear equation has to be.
    fn needed(&self, index: usize, cell: CellId) -> Option<String> {
        let factor = self.kept[index].factor(cell)?;
        let residual = self.kept[index].residual(&self.now, None)?;
        let number = &self.store.numbers[cell];
        let value = number.value.checked_sub(residual.checked_mul(factor)?)?;
        let has_sign = value != 0 && (value < 0) == number.is_negative;
        // A figure that would have to be of the other sign is asked for as one that no slip gives.
        if has_sign {
            number.plain(value)
        } else {
            Some(String::new())
        }
    }

    fn judged(&self, cell: CellId, text: String, value: Instead) -> Option<Candidate> {
        let (equations, is_judged) = self.equations(cell);
        if !is_judged {
            return None;
        }
        let mut restored = Vec::new();
        for index in equations {
            let one = &self.kept[index];
            match (
                one.holds(&self.now, None),
                one.holds(&self.now, Some(value)),
            ) {
                (true, false) => return None,
                (false, true) => restored.push(index),
                _ => {}
            }
        }
        // What no pen makes of the figure needs a second equation.
        let is_slip = slip(&self.store.numbers[cell].text, &text).is_some();
        let enough = if is_slip { 1 } else { 2 };
        (restored.len() >= enough).then_some(Candidate {
            cell,
            text,
            value,
            restored,
        })
    }

    fn locator(&self, cell: CellId) -> String {
        let number = &self.store.numbers[cell];
        cell_locator(&number.record, number.row, number.column)
    }

    fn proposal(&self, only: &Candidate) -> Repair {
        let number = &self.store.numbers[only.cell];
        let equations = only.restored.iter();
        Repair {
            rule: EQUATION_REPAIR.to_string(),
            cell: self.locator(only.cell),
            field: number.field.as_str(),
            written: shortened(&number.text),
            slip: slip(&number.text, &only.text).unwrap_or("another figure"),
            value: only.text.clone(),
            equations: equations
                .map(|&one| self.kept[one].said(&self.now, Some(only.value)))
                .collect(),
        }
    }
}
