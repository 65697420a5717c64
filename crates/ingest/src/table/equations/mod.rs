//! What the figures of a book have to do with each other besides its running balances, and which one cell, read
//! otherwise, makes them agree again.
//!
//! Laws: an equation is used only where the book keeps it: its share is stated, and rows are measured by it from nine
//! tenths on (totals of pages: four fifths). A repair changes one cell by a slip of the pen, restores at least one equation
//! and breaks none; of all cells and slips it restores the most, and no other as many; else the row is named and nothing
//! proposed. A proposal never changes a figure.
//!
//! Equations: rate × amount is the other amount (either way round, to the unit that such amounts are rounded to; in one
//! row, or in the two rows of an exchange); what is paid out is what was ordered, what came into the cash box is
//! what was paid, with or without the commission; the commission is one share of the amount; totals of pages are sums of
//! their columns; what is carried forward is the balance. Memory O(figures). Time O(figures · log figures), and for a broken equation
//! O(its figures · their slips · their equations), up to a number of trials that grows with the figures alone: what is sought no further then
//! is named as broken, and the limit is told.

mod build;
mod dates;
mod fit;
mod solve;
mod store;
mod values;

pub(crate) use dates::{DATE_ORDER, disorder};

use super::ledger::ReadRow;
use super::repair::Repairs;
use moneytrail_model::RuleId;
use serde::Serialize;

/// Corrections of figures by the equations that they stand in.
pub(crate) const EQUATION_REPAIR: RuleId = RuleId {
    name: "equation-repair",
    version: 1,
};

/// An equation of a book, and how often it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Equation {
    /// What has to be equal.
    pub equation: String,
    /// Where it could be checked.
    pub n: u64,
    /// Where it holds.
    pub n_hold: u64,
    /// Whether rows are measured by it.
    pub is_habit: bool,
}

/// A row of a book as equations see it.
pub(crate) struct Seen<'a> {
    /// Locator of its record.
    pub(crate) locator: String,
    pub(crate) sheet: usize,
    pub(crate) read: &'a ReadRow,
}

/// Adds to the repairs of balances those by other equations, and gives the equations of the book. `sign` is that of the
/// balances, where they add up.
pub(crate) fn check(rows: &[Seen<'_>], sign: Option<i128>, repairs: &mut Repairs) -> Vec<Equation> {
    let mut store = store::Store::default();
    let drafts = build::drafts(rows, sign, &mut store);
    let (equations, kept) = fit::kept(&drafts, &values::Values::of(&store));
    solve::solve(&store, &kept, repairs);
    equations
}
