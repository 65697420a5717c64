//! What keepers owe depositors: money held under codes, as `escrow` joins it.

use super::Options;
use crate::commands::escrow::lines;
use crate::shelf::Shelf;
use moneytrail_analysis::escrow::{self, Chain, escrows};
use moneytrail_model::{Amount, Locator};
use std::collections::BTreeMap;

/// The course of what a keeper holds for depositors in one asset.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) keeper: String,
    pub(super) asset: String,
    pub(super) decimals: u8,
    pub(super) steps: Vec<Change>,
    /// Deposits of which something is held.
    pub(super) n_open: u64,
    pub(super) end: Amount,
}

/// A change of what is held.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) day: Option<i32>,
    pub(super) what: &'static str,
    pub(super) amount: Amount,
    pub(super) held: Amount,
    /// The row, and that of the deposit that it belongs to, if it is another.
    pub(super) rows: Vec<Locator>,
}

/// What a change is of: day, row within the course, what, how much, the row and its deposit's.
type Plain = (
    Option<i32>,
    (u32, u32, u32),
    &'static str,
    Amount,
    Vec<usize>,
);

/// The courses of all keepers, by keeper and asset.
pub(super) fn of(shelf: &Shelf, options: &Options) -> Vec<Held> {
    let of = escrow::Options::default();
    let mut lines = lines::of(shelf, of.lone_gap_days);
    if let Some((last, _)) = options.as_of {
        let is_later = |line: &escrow::Line| line.days.is_none_or(|days| i64::from(days.1) > last);
        // Lines and what stands beside them stay in step.
        let keep: Vec<bool> = lines.all.iter().map(|line| !is_later(line)).collect();
        let mut kept = keep.iter();
        lines.all.retain(|_| kept.next().copied().unwrap_or(false));
        let mut kept = keep.iter();
        lines
            .places
            .retain(|_| kept.next().copied().unwrap_or(false));
    }
    let found = escrows(&lines.all, &lines.courses, &of);
    let mut courses: BTreeMap<(u32, &str), (Vec<Plain>, u64)> = BTreeMap::new();
    for chain in &found.chains {
        let book = lines.all[chain.deposit].book;
        let course = courses.entry((book, &chain.asset)).or_default();
        course.0.extend(changes(chain, &lines.all));
        course.1 += u64::from(chain.held > Amount::ZERO);
    }
    let mut all = Vec::new();
    for ((book, asset), (mut plain, n_open)) in courses {
        plain.sort_by(|a, b| (a.0.is_none(), a.0, a.1, a.2).cmp(&(b.0.is_none(), b.0, b.1, b.2)));
        let mut held = Amount::ZERO;
        let mut steps = Vec::with_capacity(plain.len());
        for (day, _, what, change, rows) in plain {
            // A sum beyond 10³⁸ units is no sum of money; it stays out rather than wrong.
            let Some(next) = held.checked_add(change) else {
                continue;
            };
            held = next;
            steps.push(Change {
                day,
                what,
                amount: change,
                held,
                rows: rows
                    .into_iter()
                    .map(|at| lines.places[at].clone())
                    .collect(),
            });
        }
        let keeper = lines.keepers.get(book as usize);
        all.push(Held {
            keeper: keeper.cloned().unwrap_or_default(),
            decimals: lines.decimals_of(asset),
            asset: asset.to_owned(),
            steps,
            n_open,
            end: held,
        });
    }
    all
}

/// The changes of one chain. They sum up to what is held of it.
fn changes(chain: &Chain, lines: &[escrow::Line]) -> Vec<Plain> {
    let minus = |amount: Amount| Amount::ZERO.checked_sub(amount).unwrap_or_default();
    let topped = chain.top_ups.iter().map(|of| of.amount);
    let topped = topped.fold(Amount::ZERO, |sum, one| sum.checked_add(one).unwrap_or(sum));
    let first = chain.deposited.checked_sub(topped).unwrap_or_default();
    let at = |line: usize| (lines[line].days.map(|days| days.0), lines[line].seat);
    let mut all = vec![(chain.deposit, "deposit", first)];
    if chain.fee > Amount::ZERO {
        all.push((chain.deposit, "fee that its row states", minus(chain.fee)));
    }
    all.extend(
        chain
            .top_ups
            .iter()
            .map(|of| (of.line, "top-up", of.amount)),
    );
    for (what, joined) in [("release", &chain.releases), ("refund", &chain.refunds)] {
        all.extend(joined.iter().map(|of| (of.line, what, minus(of.amount))));
    }
    let plain = all.into_iter().map(|(line, what, change)| {
        let (day, seat) = at(line);
        let mut rows = vec![line];
        if line != chain.deposit {
            rows.push(chain.deposit);
        }
        (day, seat, what, change, rows)
    });
    plain.collect()
}
