//! What was found, for people and as JSON. Records are named by their locators; no name of a customer is shown.

use super::Compared;
use crate::commands::counted;
use crate::figures::rounded;
use crate::shell::Shell;
use crate::units::decimal;
use moneytrail_analysis::reconcile::{
    Absence, Comparison, Difference, Kind, Match, Options, RECONCILE, SETTLED, Standing, Together,
};
use moneytrail_model::Basis;
use moneytrail_store::decision::OrderDecision;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most findings of a kind that are listed for people.
const N_LISTED: usize = 20;

/// Most colleagues without a book that are named for people.
const N_NAMED: usize = 5;

/// A result and what it is of.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) options: &'a Options,
    pub(super) compared: &'a Compared,
    pub(super) decisions: &'a [OrderDecision],
}

/// Word of a kind in JSON, and what it says to people; whether the books disagree.
pub(super) fn words(kind: Kind) -> (&'static str, &'static str, bool) {
    match kind {
        Kind::Missing(Absence::Row) => (
            "missing_row",
            "missing: the other book covers those days and lacks it",
            true,
        ),
        Kind::Missing(Absence::NotSettled) => (
            "not_settled",
            "in one book alone, and the two settle without it: perhaps cancelled",
            false,
        ),
        Kind::Missing(Absence::Page) => (
            "missing_row",
            "missing: the other book has no row on those days, a page may not be seized",
            true,
        ),
        Kind::Missing(Absence::BookEnd) => (
            "book_end",
            "open: the other book ends or begins there",
            false,
        ),
        Kind::Missing(Absence::NoBook) => (
            "no_book",
            "the other side's book is not at hand, or its keeper is not named",
            false,
        ),
        Kind::AlteredAmount => ("altered_amount", "the books state other amounts", true),
        Kind::SlipInAmount => (
            "slip_in_amount",
            "the amounts differ by one slip of the pen",
            false,
        ),
        Kind::AlteredCurrency => ("altered_currency", "the books state other currencies", true),
        Kind::AlteredBeneficiary => (
            "altered_beneficiary",
            "the books name other beneficiaries",
            true,
        ),
        Kind::PaidTwice => ("paid_twice", "paid out twice", true),
        Kind::Forwarded => (
            "forwarded",
            "received and sent on under one token, which is lawful",
            false,
        ),
        Kind::InParts => ("in_parts", "paid out in parts, or several as one", false),
    }
}

const fn absence(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Missing(Absence::Row) => Some("row"),
        Kind::Missing(Absence::NotSettled) => Some("not_settled"),
        Kind::Missing(Absence::Page) => Some("page"),
        Kind::Missing(Absence::BookEnd) => Some("book_end"),
        Kind::Missing(Absence::NoBook) => Some("no_book"),
        _ => None,
    }
}

impl Run<'_> {
    fn place(&self, order: usize) -> String {
        self.compared.books.places[order].to_string()
    }

    fn is_accepted(&self, pair: &Match) -> bool {
        let accepted = &self.compared.books.decided.accepted;
        accepted.contains(&(pair.sent, pair.received))
    }

    fn status(&self, pair: &Match) -> &'static str {
        if self.is_accepted(pair) {
            "accepted"
        } else if pair.posterior >= self.options.match_posterior {
            "match"
        } else {
            "review"
        }
    }

    /// Prints what was found.
    pub(super) fn table(&self, with_waterfalls: bool, shell: &Shell) {
        let (books, found) = (&self.compared.books, &self.compared.found);
        shell.say(format!(
            "{} orders in the books of {}",
            books.orders.len(),
            books.keepers.join(", ")
        ));
        if books.n_cancelled > 0 {
            shell.say(format!(
                "{} cancelled or taken back: none is expected in another book",
                counted(books.n_cancelled, "lines")
            ));
        }
        if books.n_quarantined > 0 {
            shell.say(format!(
                "{} quarantined: what stands there is missing here",
                counted(books.n_quarantined, "lines")
            ));
        }
        let strangers = books.strangers();
        if !strangers.is_empty() {
            let n: u64 = strangers.iter().map(|of| of.1).sum();
            let few: Vec<String> = strangers
                .iter()
                .take(N_NAMED)
                .map(|(name, n)| format!("{name} ({n})"))
                .collect();
            let more = if strangers.len() > few.len() {
                ", …"
            } else {
                ""
            };
            shell.say(format!(
                "{n} orders name colleagues without a book at hand: {}{more}",
                few.join(", ")
            ));
        }
        let n_review = found
            .matches
            .iter()
            .filter(|pair| self.status(pair) == "review")
            .count();
        shell.say_apart(format!(
            "{} pairs of rows are one order by {RECONCILE}, and {n_review} more for review; {} pairs were compared",
            found.matches.len() - n_review,
            found.n_compared
        ));
        let rate = |rate: Option<f64>| {
            rate.map_or_else(|| "not known".to_owned(), |rate| format!("{rate:.3}"))
        };
        shell.say(format!(
            "by the model itself, without any truth: precision {}, recall {} of what blocking proposes",
            rate(found.precision),
            rate(found.recall)
        ));
        for pass in found.passes.iter().filter(|pass| pass.n_keys_left_out > 0) {
            shell.say(format!(
                "blocking by {} leaves {} keys out, which would have given {} pairs",
                pass.pass.name(),
                pass.n_keys_left_out,
                pass.n_pairs_left_out
            ));
        }
        if with_waterfalls {
            found
                .matches
                .iter()
                .for_each(|pair| self.waterfall(pair, shell));
        }
        self.list(shell);
        self.settled(shell);
    }

    fn waterfall(&self, pair: &Match, shell: &Shell) {
        shell.say_apart(format!(
            "{} = {}: {} at {:.4}",
            self.place(pair.sent),
            self.place(pair.received),
            self.status(pair),
            pair.posterior
        ));
        shell.say(format!("  {:+7.2} prior", pair.prior_bits));
        for term in &pair.terms {
            let level = term.level.map_or_else(
                || "not stated by both".to_owned(),
                |level| term.comparison.level_name(level, self.options),
            );
            shell.say(format!("  {:+7.2} {}: {level}", term.bits, term.comparison));
        }
    }

    fn list(&self, shell: &Shell) {
        let mut by_kind: BTreeMap<Kind, Vec<&Difference>> = BTreeMap::new();
        for difference in &self.compared.classes.differences {
            by_kind.entry(difference.kind).or_default().push(difference);
        }
        for (kind, differences) in by_kind {
            shell.say_apart(format!("{}: {}", differences.len(), words(kind).1));
            for difference in differences.iter().take(N_LISTED) {
                let places: Vec<String> = difference
                    .orders
                    .iter()
                    .map(|&order| self.place(order))
                    .collect();
                shell.say(format!("  {}", places.join("  ")));
            }
            if differences.len() > N_LISTED {
                shell.say(format!(
                    "  and {} more, all in --json",
                    differences.len() - N_LISTED
                ));
            }
        }
    }

    fn settled(&self, shell: &Shell) {
        let discharges = &self.compared.settled.discharges;
        if !discharges.is_empty() {
            let n = discharges.iter().filter(|of| of.holds()).count();
            shell.say_apart(format!(
                "{n} of {} settlements are what the orders before them sum up to, by {SETTLED}; all in --json",
                discharges.len()
            ));
        }
        for (nth, netting) in self.compared.classes.nettings.iter().enumerate() {
            if nth == 0 {
                shell.say_apart("what matched orders set off between two books, without any cash:");
            }
            shell.say(format!(
                "  {} and {}: {} orders there ({}), {} back ({}): {} {} set off",
                self.compared.books.keeper(netting.books.0),
                self.compared.books.keeper(netting.books.1),
                netting.there.0,
                decimal(&netting.asset, netting.there.1),
                netting.back.0,
                decimal(&netting.asset, netting.back.1),
                decimal(&netting.asset, netting.set_off),
                netting.asset
            ));
        }
    }

    /// The result as JSON, `moneytrail-reconcile/1`.
    pub(super) fn json(&self) -> Value {
        let (disagreements, explained): (Vec<&Difference>, Vec<&Difference>) = self
            .compared
            .classes
            .differences
            .iter()
            .partition(|difference| words(difference.kind).2);
        let differences = |of: Vec<&Difference>| -> Vec<Value> {
            of.into_iter()
                .map(|difference| self.difference(difference))
                .collect()
        };
        let parameters = self.parameters();
        json!({
            "schema": "moneytrail-reconcile/1",
            "rule": RECONCILE.to_string(),
            "parameters": parameters,
            "keepers": self.compared.books.keepers,
            "orders": self.compared.books.orders.len(),
            "cancelled": self.compared.books.n_cancelled,
            "quarantined": self.compared.books.n_quarantined,
            "colleagues_without_book": self.compared.books.strangers().into_iter().map(|(name, n)| json!({ "name": name, "orders": n })).collect::<Vec<_>>(),
            "estimated": { "precision": self.compared.found.precision.map(rounded), "recall_of_compared": self.compared.found.recall.map(rounded), "matches": rounded(self.compared.found.model.n_expected) },
            "compared": self.compared.found.n_compared,
            "blocking": self.compared.found.passes.iter().map(|pass| json!({
                "pass": pass.pass.name(), "pairs": pass.n_pairs, "keys_left_out": pass.n_keys_left_out, "pairs_left_out": pass.n_pairs_left_out,
            })).collect::<Vec<_>>(),
            "model": self.model(),
            "matches": self.compared.found.matches.iter().map(|pair| self.matched(pair)).collect::<Vec<_>>(),
            "one_order": self.compared.classes.others.iter().map(|other| json!({
                "pair": other.orders.map(|order| self.place(order)),
                "together": match other.together {
                    Together::SentOn => "sent_on",
                    Together::Ends => "ends",
                    Together::PaidAgain => "paid_again",
                },
            })).collect::<Vec<_>>(),
            "decisions": self.decisions,
            "settlements": self.discharges(),
            "discrepancies": differences(disagreements),
            "explained": differences(explained),
            "set_off": self.compared.classes.nettings.iter().map(|netting| json!({
                "keepers": [self.compared.books.keeper(netting.books.0), self.compared.books.keeper(netting.books.1)], "asset": netting.asset,
                "there": { "orders": netting.there.0, "units": netting.there.1.units().to_string() },
                "back": { "orders": netting.back.0, "units": netting.back.1.units().to_string() },
                "set_off_units": netting.set_off.units().to_string(),
            })).collect::<Vec<_>>(),
        })
    }

    /// What each settlement discharges.
    fn discharges(&self) -> Vec<Value> {
        let discharges = self.compared.settled.discharges.iter().map(|of| {
            let lines = of.lines.iter().map(|&line| self.compared.settlements.places[line].to_string());
            let orders = of.orders.iter().map(|&order| self.place(order));
            json!({
                "rows": lines.collect::<Vec<_>>(), "discharges": orders.collect::<Vec<_>>(), "holds": of.holds(),
                "decided": of.is_decided,
                "unit": self.compared.settlements.units.names().get(usize::from(of.unit)),
                "left_millionths": of.left.to_string(), "allowed_millionths": of.allowed.to_string(),
                "basis": Basis::Inference(SETTLED).to_string(),
            })
        });
        discharges.collect()
    }

    fn parameters(&self) -> Value {
        let options = self.options;
        json!({
            "amount_percent": options.amount_percent, "delay_days": options.delay_days, "name_similarity_permille": options.name_similarity_permille,
            "match_from": options.match_posterior, "review_from": options.review_posterior, "samples": options.n_samples, "seed": options.seed,
            "block_pairs": options.block_pairs_max, "rounds": options.rounds_max, "parts": options.group_max,
            "unusual_share": options.unusual_share, "alias_matches": options.alias_matches, "repeated_bits": options.repeated_bits,
            "usual_delay_percent": options.usual_delay_percent, "lone_gap_days": options.lone_gap_days,
            "rate_slack_permille": options.rate_slack_permille, "settled_percent": options.settled_percent,
        })
    }

    fn model(&self) -> Value {
        let model = &self.compared.found.model;
        let comparisons = Comparison::ALL.into_iter().map(|comparison| {
            let levels = (0..comparison.n_levels(self.options)).map(|level| {
                json!({
                    "level": comparison.level_name(level, self.options),
                    "m": rounded(model.m[comparison as usize][level]), "u": model.u[comparison as usize][level],
                })
            });
            json!({ "comparison": comparison.to_string(), "levels": levels.collect::<Vec<_>>() })
        });
        json!({
            "prior_bits": rounded(model.prior_bits), "rounds": model.n_rounds, "settled": model.is_settled,
            "comparisons": comparisons.collect::<Vec<_>>(),
        })
    }

    fn matched(&self, pair: &Match) -> Value {
        let rows = [self.place(pair.sent), self.place(pair.received)];
        let basis = if self.is_accepted(pair) {
            "decision".to_owned()
        } else {
            Basis::Inference(RECONCILE).to_string()
        };
        let terms = pair.terms.iter().map(|term| {
            json!({
                "comparison": term.comparison.to_string(),
                "level": term.level.map(|level| term.comparison.level_name(level, self.options)),
                "bits": rounded(term.bits),
            })
        });
        json!({
            "pair": rows, "score": rounded(pair.posterior), "status": self.status(pair),
            "claim": { "statement": "same-order", "basis": basis, "evidence": rows },
            "prior_bits": rounded(pair.prior_bits), "terms": terms.collect::<Vec<_>>(),
        })
    }

    fn difference(&self, difference: &Difference) -> Value {
        let (word, sentence, _) = words(difference.kind);
        json!({
            "type": word, "absence": absence(difference.kind), "says": sentence,
            "settlements": match difference.orders[..] {
                [order] => self.compared.settled.standing.get(&order).map(|standing| match standing {
                    Standing::Counted => "count it",
                    Standing::NotCounted => "do not count it",
                }),
                _ => None,
            },
            "basis": Basis::Inference(RECONCILE).to_string(),
            "rows": difference.orders.iter().map(|&order| self.place(order)).collect::<Vec<_>>(),
        })
    }
}
