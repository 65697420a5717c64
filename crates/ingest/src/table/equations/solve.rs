//! Which one number, read otherwise, makes the equations of a row hold again.

use super::EQUATION_REPAIR;
use super::fit::{Instead, Kept};
use super::store::{CellId, Store};
use crate::table::repair::{BALANCE_REPAIR, Break, Repair, Repairs, cell_locator};
use crate::table::slip::{meant, shortened, slip};
use std::collections::BTreeMap;

/// Candidates that are named where none is better than the others.
const CANDIDATES_NAMED: usize = 4;
/// Numbers in an equation up to which each is tried with all slips; in longer sums only with what they need.
const TERMS_TRIED: usize = 4;

/// Numbers, equations, and which of them a number stands in.
struct Solver<'a> {
    store: &'a Store,
    kept: &'a [Kept],
    by_cell: Vec<Vec<usize>>,
    /// What is proposed so far.
    instead: Vec<Instead>,
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
    for (index, one) in kept.iter().enumerate() {
        for cell in one.cells() {
            by_cell[cell].push(index);
        }
    }
    let mut solver = Solver {
        store,
        kept,
        by_cell,
        instead: Vec::new(),
    };
    solver.judge_balances(repairs);
    let mut broken: Vec<usize> = (0..kept.len())
        .filter(|&index| !kept[index].holds(store, &solver.instead))
        .collect();
    // Short equations first: what they mend need not be sought in a sum.
    broken.sort_by_key(|&index| (kept[index].cells().len(), index));
    let mut left: BTreeMap<(usize, &str), Vec<Open>> = BTreeMap::new();
    for index in broken {
        if kept[index].holds(store, &solver.instead) {
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
            solver.instead.push(only.value);
        } else if !is_balance {
            let number = &store.numbers[kept[index].cells()[0]];
            let place = (number.line, &*number.record);
            left.entry(place).or_default().push((index, candidates));
        }
    }
    let is_mended = |row: &str| {
        kept.iter().any(|one| {
            matches!(one, Kept::Linear { is_balance: true, terms } if store.numbers[terms[0].0].record == row)
                && one.holds(store, &solver.instead)
        })
    };
    repairs
        .breaks
        .retain(|one| one.rule != BALANCE_REPAIR.to_string() || !is_mended(&one.row));
    for ((_, record), broken) in left {
        let open = broken
            .iter()
            .filter(|(index, _)| !kept[*index].holds(store, &solver.instead));
        let open: Vec<&Open> = open.collect();
        if open.is_empty() {
            continue;
        }
        let said: Vec<String> = open
            .iter()
            .map(|(index, _)| kept[*index].said(store, &solver.instead))
            .collect();
        let mut candidates: Vec<String> = open
            .iter()
            .flat_map(|(_, candidates)| candidates)
            .map(|one| {
                let number = &store.numbers[one.cell];
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

impl Solver<'_> {
    /// Takes the repairs by balances: with the equations that they restore besides, and without those that other equations
    /// speak against.
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
            let others = self.by_cell[cell].iter().copied().filter(|&index| {
                !matches!(
                    self.kept[index],
                    Kept::Linear {
                        is_balance: true,
                        ..
                    }
                )
            });
            let others: Vec<usize> = others.collect();
            let holds =
                |index: usize, instead: &[Instead]| self.kept[index].holds(self.store, instead);
            let with = [value];
            let restored = others
                .iter()
                .filter(|&&one| !holds(one, &[]) && holds(one, &with));
            let broken: Vec<usize> = others
                .iter()
                .copied()
                .filter(|&one| holds(one, &[]) && !holds(one, &with))
                .collect();
            if let Some(&against) = broken.first() {
                let record = &self.store.numbers[cell].record;
                repairs.breaks.push(Break {
                    rule: BALANCE_REPAIR.to_string(),
                    row: record.clone(),
                    cell: Some(repair.cell.clone()),
                    equation: format!(
                        "balances add up if {} is {} instead of {}, but {}",
                        repair.field,
                        repair.value,
                        repair.written,
                        self.kept[against].said(self.store, &with)
                    ),
                    candidates: Vec::new(),
                });
                continue;
            }
            for &one in restored {
                repair
                    .equations
                    .push(self.kept[one].said(self.store, &with));
            }
            self.instead.push(value);
            kept.push(repair);
        }
        repairs.repairs = kept;
    }

    /// Every number of an equation with every slip that makes it hold and breaks nothing.
    fn candidates(&self, index: usize) -> Vec<Candidate> {
        let cells = self.kept[index].cells();
        let mut all = Vec::new();
        for &cell in &cells {
            if self.instead.iter().any(|other| other.0 == cell) {
                continue;
            }
            let number = &self.store.numbers[cell];
            let texts = match self.needed(index, cell) {
                Some(text) => vec![text],
                None if cells.len() > TERMS_TRIED => Vec::new(),
                None => meant(&number.text),
            };
            for text in texts {
                let Some((value, scale)) = number.read(&text) else {
                    continue;
                };
                all.extend(self.judged(cell, text, (cell, value, scale)));
            }
        }
        all
    }

    /// What a number of a linear equation has to be.
    fn needed(&self, index: usize, cell: CellId) -> Option<String> {
        let Kept::Linear { terms, .. } = &self.kept[index] else {
            return None;
        };
        let residual = self.kept[index].residual(self.store, &self.instead)?;
        let factor = terms.iter().find(|term| term.0 == cell)?.1;
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
        let mut with = self.instead.clone();
        with.push(value);
        let mut restored = Vec::new();
        for &index in &self.by_cell[cell] {
            let one = &self.kept[index];
            match (
                one.holds(self.store, &self.instead),
                one.holds(self.store, &with),
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
        let mut with = self.instead.clone();
        with.push(only.value);
        let equations = only.restored.iter();
        Repair {
            rule: EQUATION_REPAIR.to_string(),
            cell: self.locator(only.cell),
            field: number.field.as_str(),
            written: shortened(&number.text),
            slip: slip(&number.text, &only.text).unwrap_or("another figure"),
            value: only.text.clone(),
            equations: equations
                .map(|&one| self.kept[one].said(self.store, &with))
                .collect(),
        }
    }
}
