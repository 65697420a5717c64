//! Where running balances stop adding up, and which one cell, read otherwise, makes them add up again.
//!
//! Law: per currency, `balance[i] = balance[i-1] ± (in[i] - out[i])`. A slip in an amount whose balance was reckoned
//! from the true amount breaks one equation; a slip in a balance breaks two, by opposite differences.
//!
//! Method: between two stretches that hold, the corrections of amounts and balances that make all equations hold are
//! enumerated, those with the fewest corrections taken, and only if they are the only ones and each is a slip that
//! pens make (or is held by a second equation) are they proposed. Where that is not so the row is named, with what
//! its figures would have to be. A proposal never changes a figure: a person takes it into a profile. O(rows).

use super::ledger::{Stated, StatedCell};
use super::slip::{shortened, slip};
use moneytrail_model::{Amount, Asset, RuleId};
use serde::Serialize;

/// Corrections of amounts and balances by the equations of running balances.
pub(crate) const BALANCE_REPAIR: RuleId = RuleId {
    name: "balance-repair",
    version: 1,
};

/// Equations in a row that may be broken and are still repaired together.
const RUN_MAX: usize = 6;
/// Of the equations of a book at least this share holds, or its balances are not what is taken for them.
const HOLD_MIN_PERCENT: u64 = 80;
/// Equations below which a book shows no habit.
const EQUATIONS_MIN: u64 = 5;

/// A cell that, read otherwise, makes the balances add up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Repair {
    /// Rule and version.
    pub rule: String,
    /// Locator of the cell.
    pub cell: String,
    /// Its column's meaning.
    pub field: &'static str,
    /// As read, in plain figures.
    pub written: String,
    /// What makes the equations hold, in plain figures.
    pub value: String,
    /// What the pen did: `digits swapped`, `zero dropped`, `zero added`, `look-alike digit`, `another figure`; of dates
    /// `another month`, `another year`, `day and month swapped`, `another day`.
    pub slip: &'static str,
    /// The equations that hold with it and not without it.
    pub equations: Vec<String>,
}

/// A row where balances stop adding up and nothing says which figure is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Break {
    /// Rule and version.
    pub rule: String,
    /// Locator of the row.
    pub row: String,
    /// Locator of its cell, where that is known.
    pub cell: Option<String>,
    /// The equation that does not hold.
    pub equation: String,
    /// What the figures would have to be, each alone.
    pub candidates: Vec<String>,
}

impl Break {
    /// What kind of break it is.
    pub fn says(&self) -> &'static str {
        if self.rule == BALANCE_REPAIR.to_string() {
            "balances stop adding up"
        } else if self.rule == super::equations::DATE_ORDER.to_string() {
            "a date is out of order"
        } else {
            "figures do not agree"
        }
    }
}

/// Repairs and breaks, in the order of the book.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Repairs {
    pub(crate) repairs: Vec<Repair>,
    pub(crate) breaks: Vec<Break>,
}

/// Breaks that are named in words.
const BREAKS_NAMED: usize = 20;

impl Repairs {
    /// As sentences.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = self
            .repairs
            .iter()
            .map(|one| {
                format!(
                    "{}: {} says {}; equations hold if it is {} ({}): {}; nothing is changed unless a person accepts it",
                    one.rule,
                    one.cell,
                    one.written,
                    one.value,
                    one.slip,
                    one.equations.join("; ")
                )
            })
            .collect();
        for one in self.breaks.iter().take(BREAKS_NAMED) {
            let candidates = if one.candidates.is_empty() {
                String::new()
            } else {
                format!("; it would hold with {}", one.candidates.join(", or "))
            };
            remarks.push(format!("{}: {}{candidates}", one.says(), one.equation));
        }
        if self.breaks.len() > BREAKS_NAMED {
            remarks.push(format!(
                "equations do not hold at {} more rows",
                self.breaks.len() - BREAKS_NAMED
            ));
        }
        remarks
    }
}

/// A line that states a balance.
struct Line {
    /// Position in the book.
    position: usize,
    /// Locator of its row.
    row: String,
    balance: Amount,
    change: Amount,
    cells: Vec<StatedCell>,
    other: Option<Amount>,
}

/// The lines of a book that state balances, by currency.
#[derive(Default)]
pub(crate) struct Chains {
    chains: Vec<(Asset, Vec<Line>)>,
    n_lines: usize,
}

/// What a line's figures are corrected by.
#[derive(Clone, Copy, Default)]
struct Correction {
    change: i128,
    balance: i128,
}

impl Chains {
    /// Takes a line of the book.
    pub(crate) fn row(&mut self, stated: &Stated, row: &str) {
        self.push(
            &stated.asset,
            Line {
                position: 0,
                row: row.to_owned(),
                balance: stated.balance,
                change: stated.change,
                cells: stated.cells.clone(),
                other: stated.other,
            },
        );
    }

    /// Takes an opening balance.
    pub(crate) fn opening(&mut self, asset: &Asset, balance: Amount, row: &str) {
        self.push(
            asset,
            Line {
                position: 0,
                row: row.to_owned(),
                balance,
                change: Amount::ZERO,
                cells: Vec::new(),
                other: None,
            },
        );
    }

    fn push(&mut self, asset: &Asset, mut line: Line) {
        line.position = self.n_lines;
        self.n_lines += 1;
        match self.chains.iter_mut().find(|(of, _)| of == asset) {
            Some((_, lines)) => lines.push(line),
            None => self.chains.push((asset.clone(), vec![line])),
        }
    }

    /// What makes the balances add up, and where nothing does.
    pub(crate) fn repairs(&self) -> Repairs {
        let Some(sign) = self.sign() else {
            return Repairs::default();
        };
        let mut found: Vec<(usize, Repairs)> = Vec::new();
        for (asset, lines) in &self.chains {
            Chain { asset, lines, sign }.repair(&mut found);
        }
        found.sort_by_key(|(position, _)| *position);
        let mut all = Repairs::default();
        for (_, one) in found {
            all.repairs.extend(one.repairs);
            all.breaks.extend(one.breaks);
        }
        all
    }

    /// 1 if what comes in raises the balances, -1 if it lowers them, `None` where they do not add up.
    pub(crate) fn sign(&self) -> Option<i128> {
        let (mut n, mut n_in, mut n_out) = (0_u64, 0_u64, 0_u64);
        for (_, lines) in &self.chains {
            for pair in lines
                .windows(2)
                .filter(|pair| pair[1].change != Amount::ZERO)
            {
                n += 1;
                n_in += u64::from(residual(&pair[0], &pair[1], 1) == Some(0));
                n_out += u64::from(residual(&pair[0], &pair[1], -1) == Some(0));
            }
        }
        let (sign, n_hold) = if n_in >= n_out {
            (1, n_in)
        } else {
            (-1, n_out)
        };
        (n >= EQUATIONS_MIN && n_hold * 100 >= n * HOLD_MIN_PERCENT).then_some(sign)
    }
}

/// By how much a line's balance differs from what follows from the line before.
fn residual(before: &Line, line: &Line, sign: i128) -> Option<i128> {
    let reckoned = before
        .balance
        .units()
        .checked_add(sign.checked_mul(line.change.units())?)?;
    line.balance.units().checked_sub(reckoned)
}

/// The lines of one currency.
struct Chain<'a> {
    asset: &'a Asset,
    lines: &'a [Line],
    /// 1 if what comes in raises the balance, else -1.
    sign: i128,
}

impl Chain<'_> {
    fn repair(&self, found: &mut Vec<(usize, Repairs)>) {
        let Some(residuals) = self
            .lines
            .windows(2)
            .map(|pair| residual(&pair[0], &pair[1], self.sign))
            .collect::<Option<Vec<i128>>>()
        else {
            return;
        };
        // residuals[i] is that of line i + 1.
        let mut at = 0;
        while at < residuals.len() {
            if residuals[at] == 0 {
                at += 1;
                continue;
            }
            let n = residuals[at..]
                .iter()
                .take_while(|&&residual| residual != 0)
                .count();
            self.repair_run(at + 1, &residuals[at..at + n], found);
            at += n;
        }
    }

    /// Repairs lines from `first` on, as many as there are residuals.
    fn repair_run(&self, first: usize, residuals: &[i128], found: &mut Vec<(usize, Repairs)>) {
        let mut solutions: Vec<Vec<Correction>> = Vec::new();
        if residuals.len() <= RUN_MAX {
            self.solve(first, residuals, 0, &mut Vec::new(), &mut solutions);
        }
        let cost = |solution: &[Correction]| {
            solution
                .iter()
                .filter(|one| one.change != 0 || one.balance != 0)
                .count()
        };
        let least = solutions.iter().map(|solution| cost(solution)).min();
        solutions.retain(|solution| Some(cost(solution)) == least);
        if let [only] = solutions.as_slice() {
            for (index, correction) in only.iter().enumerate() {
                if let Some(repair) = self.proposal(first + index, *correction) {
                    let repairs = vec![repair];
                    let position = self.lines[first + index].position;
                    found.push((
                        position,
                        Repairs {
                            repairs,
                            breaks: Vec::new(),
                        },
                    ));
                }
            }
            return;
        }
        for (index, residual) in residuals.iter().enumerate() {
            let line = &self.lines[first + index];
            let breaks = vec![self.broken(first + index, *residual)];
            found.push((
                line.position,
                Repairs {
                    repairs: Vec::new(),
                    breaks,
                },
            ));
        }
    }

    /// All ways to make a run hold in which each line is corrected in its amount or its balance, never in both.
    fn solve(
        &self,
        first: usize,
        residuals: &[i128],
        balance_before: i128,
        taken: &mut Vec<Correction>,
        solutions: &mut Vec<Vec<Correction>>,
    ) {
        let Some(&residual) = residuals.get(taken.len()) else {
            let is_open_end = first + taken.len() == self.lines.len();
            if balance_before == 0 || is_open_end {
                solutions.push(taken.clone());
            }
            return;
        };
        let at = first + taken.len();
        let Some(excess) = residual.checked_sub(balance_before) else {
            return;
        };
        let mut options = vec![Correction {
            change: self.sign * excess,
            balance: 0,
        }];
        if excess != 0 {
            options.push(Correction {
                change: 0,
                balance: -excess,
            });
        }
        for option in options {
            if self.is_likely(at, option) {
                taken.push(option);
                self.solve(first, residuals, option.balance, taken, solutions);
                taken.pop();
            }
        }
    }

    /// Whether a pen may have made this slip.
    fn is_likely(&self, at: usize, correction: Correction) -> bool {
        if correction.change == 0 && correction.balance == 0 {
            return true;
        }
        let Some((cell, value)) = self.corrected(at, correction) else {
            return false;
        };
        let is_corroborated = if correction.balance != 0 {
            // The next line was reckoned from the true balance.
            at + 1 < self.lines.len()
        } else {
            self.agrees_with_other(at, correction)
        };
        is_corroborated || slip(&cell.text, &value).is_some()
    }

    /// Whether another amount of the same row is the corrected one.
    fn agrees_with_other(&self, at: usize, correction: Correction) -> bool {
        let line = &self.lines[at];
        let change = line.change.units().checked_add(correction.change);
        line.other.is_some() && change.map(i128::abs) == line.other.map(Amount::units)
    }

    /// The cell that a correction is about, and what it would have to say.
    fn corrected(&self, at: usize, correction: Correction) -> Option<(&StatedCell, String)> {
        let line = &self.lines[at];
        if correction.balance != 0 {
            let cell = line.cells.iter().find(|cell| cell.is_balance())?;
            let units = line.balance.units().checked_add(correction.balance)?;
            return Some((cell, self.plain(units, cell.factor)?));
        }
        let mut moved = line.cells.iter().filter(|cell| !cell.is_balance());
        let (cell, None) = (moved.next()?, moved.next()) else {
            return None;
        };
        let units = line.change.units().checked_add(correction.change)?;
        // Money that came in and money that went out stand in different columns.
        if units.signum() != line.change.units().signum() {
            return None;
        }
        Some((cell, self.plain(units.checked_abs()?, cell.factor)?))
    }

    fn proposal(&self, at: usize, correction: Correction) -> Option<Repair> {
        if correction.change == 0 && correction.balance == 0 {
            return None;
        }
        let (cell, value) = self.corrected(at, correction)?;
        let line = &self.lines[at];
        let balance = line.balance.units().checked_add(correction.balance)?;
        let change = line.change.units().checked_add(correction.change)?;
        let mut equations =
            vec![self.equation(at, self.lines[at - 1].balance.units(), change, balance)];
        if correction.balance != 0
            && let Some(next) = self.lines.get(at + 1)
        {
            equations.push(self.equation(
                at + 1,
                balance,
                next.change.units(),
                next.balance.units(),
            ));
        }
        if correction.change != 0 && self.agrees_with_other(at, correction) {
            equations.push(format!(
                "{value} is also the amount of the order ({})",
                line.row
            ));
        }
        Some(Repair {
            rule: BALANCE_REPAIR.to_string(),
            cell: cell_locator(&line.row, cell.row, cell.column),
            field: cell.field.as_str(),
            written: shortened(&cell.text),
            slip: slip(&cell.text, &value).unwrap_or("another figure"),
            value,
            equations,
        })
    }

    fn broken(&self, at: usize, residual: i128) -> Break {
        let line = &self.lines[at];
        let before = self.lines[at - 1].balance.units();
        let candidates = [
            Correction {
                change: self.sign * residual,
                balance: 0,
            },
            Correction {
                change: 0,
                balance: -residual,
            },
        ]
        .into_iter()
        .filter_map(|correction| {
            let (cell, value) = self.corrected(at, correction)?;
            Some(format!(
                "{} {} instead of {}",
                cell.field.as_str(),
                value,
                shortened(&cell.text)
            ))
        })
        .collect();
        let equation = self.equation(at, before, line.change.units(), line.balance.units());
        Break {
            rule: BALANCE_REPAIR.to_string(),
            row: line.row.clone(),
            cell: None,
            equation: equation.replacen(" = ", " is not ", 1),
            candidates,
        }
    }

    /// `40000 (at R160) - 500 = 39500 (at R161)`.
    fn equation(&self, at: usize, before: i128, change: i128, balance: i128) -> String {
        let print = |units: i128| self.plain(units, 1).unwrap_or_default();
        let moved = self.sign.saturating_mul(change);
        let operator = if moved < 0 { '-' } else { '+' };
        format!(
            "{} ({}) {operator} {} = {} ({})",
            print(before),
            self.lines[at - 1].row,
            print(moved.saturating_abs()),
            print(balance),
            self.lines[at].row,
        )
    }

    /// Plain figures in the unit of a cell, `None` if it has none for it.
    fn plain(&self, units: i128, factor: u32) -> Option<String> {
        let factor = i128::from(factor.max(1));
        if units.checked_rem(factor)? != 0 {
            return None;
        }
        let amount = Amount::new(units / factor).ok()?;
        Some(shortened(
            &amount.display(self.asset.decimals()).to_string(),
        ))
    }
}

/// `book.xlsx!Sheet1!R12C4`, from the locator of the record and the place of the cell.
pub(crate) fn cell_locator(record: &str, row: u32, column: usize) -> String {
    let sheet = record.rfind('!').map_or(0, |mark| mark + 1);
    format!("{}R{row}C{}", &record[..sheet], column + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::field::Field;
    use moneytrail_model::AssetKey;
    use proptest::prelude::*;

    fn asset() -> Asset {
        Asset::new(AssetKey::Listed("unit".into())).with_decimals(2)
    }

    #[derive(Clone, Debug)]
    struct Row {
        change: i128,
        balance: i128,
    }

    /// A book whose balances add up.
    fn kept(changes: &[i128]) -> Vec<Row> {
        let mut balance = 90_000_000;
        changes
            .iter()
            .map(|&change| {
                balance += change;
                Row { change, balance }
            })
            .collect()
    }

    fn chains(rows: &[Row]) -> Chains {
        let asset = asset();
        let amount = |units: i128| Amount::new(units).unwrap();
        let text = |units: i128| amount(units.abs()).display(2).to_string();
        let mut chains = Chains::default();
        chains.opening(&asset, amount(90_000_000), "b!-!R1");
        for (row, number) in rows.iter().zip(2..) {
            let cell = |field, column, units: i128| StatedCell {
                field,
                row: number,
                column,
                text: text(units),
                factor: 1,
            };
            let side = if row.change > 0 {
                Field::Credit
            } else {
                Field::Debit
            };
            let stated = Stated {
                asset: asset.clone(),
                balance: amount(row.balance),
                change: amount(row.change),
                cells: vec![
                    cell(side, 1, row.change),
                    cell(Field::Balance, 3, row.balance),
                ],
                other: None,
            };
            chains.row(&stated, &format!("b!-!R{number}"));
        }
        chains
    }

    #[test]
    fn a_sum_that_no_slip_explains_is_named_and_not_repaired() {
        let mut rows = kept(&[100_000, -20_000, 50_000, -30_000, 70_000, -10_000]);
        for row in &mut rows[3..] {
            row.balance += 111;
        }
        let found = chains(&rows).repairs();
        assert_eq!(found.repairs, []);
        assert_eq!(found.breaks.len(), 1);
        assert_eq!(found.breaks[0].row, "b!-!R5");
    }

    /// Writes a slip for an amount; gives whether it is another number.
    fn misread(units: i128, how: usize) -> Option<i128> {
        let sign = units.signum();
        let text = (units.abs() / 100).to_string();
        let mut bytes = text.into_bytes();
        match how % 3 {
            0 => {
                let at = (0..bytes.len() - 1)
                    .find(|&at| bytes[at] != bytes[at + 1] && bytes[at + 1] != b'0')?;
                bytes.swap(at, at + 1);
            }
            1 => {
                let at = bytes.iter().rposition(|&byte| byte == b'0')?;
                bytes.remove(at);
            }
            _ => {
                let at = bytes.iter().position(|byte| matches!(byte, b'3' | b'7'))?;
                bytes[at] = if bytes[at] == b'3' { b'8' } else { b'1' };
            }
        }
        let read: i128 = String::from_utf8(bytes).ok()?.parse().ok()?;
        (read > 0 && read * 100 != units.abs()).then_some(sign * read * 100)
    }

    fn changes() -> impl Strategy<Value = Vec<i128>> {
        let change = (1_i128..900, any::<bool>())
            .prop_map(|(tens, comes_in)| tens * 1000 * if comes_in { 1 } else { -1 });
        prop::collection::vec(change, 12..60)
    }

    proptest! {
        #[test]
        fn a_book_without_slips_gets_no_repair(changes in changes()) {
            prop_assert_eq!(chains(&kept(&changes)).repairs(), Repairs::default());
        }

        /// Slips that stand apart: each is found in its cell, with the true value, and nothing else is.
        #[test]
        fn slips_that_equations_determine_are_repaired_to_the_truth(
            changes in changes(),
            slips in prop::collection::vec((0_usize..12, any::<bool>(), 0_usize..3), 1..3),
        ) {
            let truth = kept(&changes);
            let mut rows = truth.clone();
            let mut expected = Vec::new();
            let mut free: Vec<usize> = (0..truth.len() - 1).collect();
            for (at, in_balance, how) in slips {
                let Some(&at) = free.get(at * 5 % free.len().max(1)) else { continue };
                let row = &mut rows[at];
                let (cell, written, value) = if in_balance {
                    (4, &mut row.balance, truth[at].balance)
                } else {
                    (2, &mut row.change, truth[at].change)
                };
                let Some(read) = misread(value, how) else { continue };
                *written = read;
                expected.push((format!("b!-!R{}C{cell}", at + 2), shortened(&(value.abs() / 100).to_string())));
                free.retain(|&other| other.abs_diff(at) > 2);
            }
            // A book keeps its habit only where most of it holds.
            prop_assume!(expected.len() * 10 < rows.len());
            expected.sort();
            let found = chains(&rows).repairs();
            let mut repaired: Vec<(String, String)> =
                found.repairs.iter().map(|one| (one.cell.clone(), one.value.clone())).collect();
            repaired.sort();
            prop_assert_eq!(repaired, expected);
            prop_assert_eq!(found.breaks, []);
        }
    }
}
