//! Rules on rows of books: what other commands find, in the one list, and what only this one asks.
//!
//! Laws. Books are read once, and orders matched once, for all rules. What another command finds is asked of its own functions, and a line
//! names it. A rule whose books are not in the case says so and finds nothing.

mod corridors;
mod fees;
mod netting;
mod other;
mod rows;

use super::fees::FeeTable;
use crate::commands::reconcile::Compared;
use crate::error::Error;
use crate::follow::Evidence;
use crate::shelf::{self, Shelf};
use crate::shell::Shell;
use moneytrail_analysis::patterns::books::{BookOptions, BookRule};
use moneytrail_analysis::patterns::chance::Chance;
use moneytrail_analysis::reconcile::Options as Matching;
use moneytrail_ingest::table::fold;
use moneytrail_model::tag::Tag;
use moneytrail_model::{AccountKey, Basis};
use rows::Row;
use serde_json::Value;
use std::collections::BTreeMap;

/// Categories that lists and tags give each account, folded. O(tags · log tags).
pub(super) fn categories(tags: &[Tag]) -> BTreeMap<&AccountKey, Vec<String>> {
    let mut categories: BTreeMap<&AccountKey, Vec<String>> = BTreeMap::new();
    for tag in tags {
        let said = categories.entry(&tag.account).or_default();
        said.push(fold(&tag.category));
    }
    categories
}

/// What rules are asked with.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) options: &'a BookOptions,
    pub(super) fees: &'a FeeTable,
    /// Categories that lists and tags give accounts, folded.
    pub(super) categories: BTreeMap<&'a AccountKey, Vec<String>>,
    /// Shuffled records, and their seed.
    pub(super) draws: (u32, u64),
}

/// What a rule found.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) rule: BookRule,
    /// Why it was not asked.
    pub(super) lacks: Option<&'static str>,
    /// What chance gives, where something was shuffled.
    pub(super) chance: Chance,
    /// What chance gives, in words, where nothing was.
    pub(super) by_chance: Option<String>,
    pub(super) left_out: Vec<(String, u64)>,
    pub(super) findings: Vec<Finding>,
    /// What is listed and is no finding.
    pub(super) listed: Vec<(String, Value)>,
}

/// Who a finding is about.
#[derive(Clone, Debug)]
pub(super) enum Party {
    /// A hawaladar, a place or a book.
    Named(String),
    Customer(AccountKey),
}

/// A finding, the strongest first among those of its rule.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) basis: Basis,
    pub(super) parties: Vec<Party>,
    /// What was measured, and what was asked.
    pub(super) why: Vec<(String, String, Option<String>)>,
    pub(super) strength: u128,
    /// What chance gives of this one alone, where its command says so.
    pub(super) by_chance: Option<f64>,
    /// Exhibit and place of each row; places of transfers on a chain by their transactions.
    pub(super) rows: Vec<String>,
}

impl Finding {
    fn new(rule: BookRule, strength: u128) -> Self {
        Self {
            basis: Basis::Inference(rule.id()),
            parties: Vec::new(),
            why: Vec::new(),
            strength,
            by_chance: None,
            rows: Vec::new(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts read alike"
    )]
    fn because(&mut self, what: &str, value: impl ToString, asked: Option<String>) {
        self.why.push((what.to_owned(), value.to_string(), asked));
    }
}

impl Told {
    fn of(rule: BookRule) -> Self {
        Self {
            rule,
            lacks: None,
            chance: Chance::default(),
            by_chance: None,
            left_out: Vec::new(),
            findings: Vec::new(),
            listed: Vec::new(),
        }
    }

    fn lacks(rule: BookRule, why: &'static str) -> Self {
        Self {
            lacks: Some(why),
            ..Self::of(rule)
        }
    }
}

/// Asks rules of the books of a case, in their order.
pub(super) fn tell(
    rules: &[BookRule],
    asked: &Asked<'_>,
    shell: &Shell,
) -> Result<Vec<Told>, Error> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let bar = shell.bar("read the books", 0);
    let shelf = shelf::read_watched(&asked.evidence.case, &bar)?;
    drop(bar);
    if shelf.keepers.is_empty() {
        let why = "the case has no book with a keeper";
        return Ok(rules.iter().map(|&rule| Told::lacks(rule, why)).collect());
    }
    let bar = shell.bar("match orders", 0);
    let compared = Compared::of(&shelf, &Matching::default(), &bar)?;
    let rows = rows::of(&shelf, &compared);
    drop(bar);
    let mut told = Vec::new();
    for &rule in rules {
        let bar = shell.bar(rule.id().name, 0);
        told.push(one(rule, asked, (&shelf, &compared, &rows), shell)?);
        drop(bar);
    }
    Ok(told)
}

fn one(
    rule: BookRule,
    asked: &Asked<'_>,
    (shelf, compared, rows): (&Shelf, &Compared, &[Row]),
    shell: &Shell,
) -> Result<Told, Error> {
    const TWO: &str = "the case has fewer than two books with a keeper";
    let has_two = shelf.keepers.len() >= 2;
    Ok(match rule {
        BookRule::BalanceBreak => other::balance_break(asked, shell)?,
        BookRule::NettingImbalance => netting::netting(asked, shelf, compared),
        BookRule::BookDisagreement | BookRule::TokenMatch if !has_two => Told::lacks(rule, TWO),
        BookRule::BookDisagreement => other::disagreement(shelf, compared),
        BookRule::TokenMatch => other::token_match(asked, compared),
        BookRule::EscrowRelease => other::escrow(shelf),
        BookRule::MigrantFee => fees::fees(asked, shelf, rows),
        BookRule::CryptoMirror => other::mirror(asked, shelf, compared)?,
        BookRule::CommissionOutlier => corridors::prices(asked, shelf, rows),
        BookRule::Corridor => corridors::flows(asked, shelf, rows),
    })
}
