//! `netting-imbalance`: pairs that leave their own history, of what `positions` finds.

use super::corridors::at_most;
use super::{Asked, Finding, Party, Told};
use crate::commands::escrow::lines;
use crate::commands::positions;
use crate::commands::reconcile::Compared;
use crate::figures::date;
use crate::shelf::Shelf;
use moneytrail_analysis::escrow::Options as EscrowOptions;
use moneytrail_analysis::patterns::books::imbalance::{Dealing, Imbalance, imbalances};
use moneytrail_analysis::patterns::books::{BookOptions, BookRule};
use moneytrail_analysis::positions::{Kind, Position, Step};
use moneytrail_model::Amount;

/// The names of a pair, and the asset in which it is asked.
struct Pair<'a> {
    names: [&'a str; 2],
    asset: &'a str,
    decimals: u8,
}

impl Pair<'_> {
    fn shown(&self, units: i128) -> String {
        let amount = Amount::new(units).unwrap_or_default();
        format!("{} {}", amount.display(self.decimals), self.asset)
    }

    /// Above nothing the first owes the second.
    fn owes(&self, units: i128) -> String {
        let [one, other] = self.names;
        let (debtor, creditor) = if units > 0 {
            (one, other)
        } else {
            (other, one)
        };
        let most = self.shown(units.checked_abs().unwrap_or(0));
        format!("{debtor} owes {creditor} {most}")
    }

    /// The finding, and how it ranks: breaks first, the rarest first; then loose ends, the longest first.
    fn finding(&self, of: Imbalance, options: &BookOptions) -> ((u8, i64), Finding) {
        let mut finding = Finding::new(BookRule::NettingImbalance, 0);
        finding.parties = self
            .names
            .map(|name| Party::Named(name.to_owned()))
            .to_vec();
        let rank = match of {
            Imbalance::Break {
                day,
                change,
                before,
                after,
            } => {
                finding.because(
                    "what orders add changes its level on",
                    date(day.into()),
                    None,
                );
                let what = "a week before, above nothing where the first owes more";
                finding.because(what, self.shown(before), None);
                finding.because("a week from there on", self.shown(after), None);
                let drawn = format!("{} of {}", change.n_as_large, change.n_drawn);
                finding.because("as large a change in orders drawn", drawn, None);
                (0, i64::from(change.n_as_large))
            }
            Imbalance::Loose {
                balance,
                largest,
                n_days,
            } => {
                finding.because("ends with", self.owes(balance), None);
                let largest = i128::try_from(largest).unwrap_or(i128::MAX);
                finding.because("largest of the pair", self.shown(largest), None);
                let asked = format!("more than {}", options.imbalance_days);
                finding.because("days that the books go on", n_days, Some(asked));
                (1, -i64::from(n_days))
            }
        };
        (rank, finding)
    }
}

/// Rows of a pair that have a day.
fn dated(position: &Position) -> Vec<&Step> {
    let steps = position.steps.iter();
    steps.filter(|step| step.day.is_some()).collect()
}

/// Pairs that leave their own history.
pub(super) fn netting(asked: &Asked<'_>, shelf: &Shelf, compared: &Compared) -> Told {
    let mut told = Told::of(BookRule::NettingImbalance);
    let (courses, found) = positions::courses(shelf, compared);
    let periods = lines::of(shelf, EscrowOptions::default().lone_gap_days).courses;
    let (mut n_undated, mut n_asked) = (0, 0);
    let mut ranked: Vec<((u8, i64), Finding)> = Vec::new();
    for position in &found.positions {
        let (one, other) = position.pair;
        let steps = dated(position);
        n_undated += (position.steps.len() - steps.len()) as u64;
        let dealing = |step: &&Step| {
            Some(Dealing {
                day: step.day?,
                change: step.change.units(),
                balance: step.position.units(),
                is_order: courses.entries[*step.entries.first()?].kind == Kind::Due,
            })
        };
        let dealings: Vec<Dealing> = steps.iter().filter_map(dealing).collect();
        n_asked += usize::from(!dealings.is_empty());
        let books = [one, other].into_iter();
        let of_books = books.filter_map(|of| periods.get(of as usize)?.end);
        let pair = Pair {
            names: [one, other].map(|party| courses.parties[party as usize].as_str()),
            asset: &position.asset,
            decimals: courses.decimals_of(&position.asset),
        };
        for of in imbalances(&dealings, of_books.max(), asked.options) {
            let (rank, mut finding) = pair.finding(of, asked.options);
            let entries = steps.iter().flat_map(|step| &step.entries);
            let record = |&at: &usize| format!("X{} {}", courses.exhibits[at], courses.places[at]);
            finding.rows = entries.map(record).collect();
            ranked.push((rank, finding));
        }
    }
    told.left_out
        .push(("rows of pairs without a day".to_owned(), n_undated));
    // Ties keep the order of pairs.
    ranked.sort_by_key(|of| of.0);
    told.findings = ranked.into_iter().map(|of| of.1).collect();
    told.by_chance = Some(format!(
        "weeks are dealt anew within each pair: at most {} of {n_asked} pairs would break so; a loose end is not shuffled",
        at_most(n_asked, asked.options.change_permille)
    ));
    told
}
