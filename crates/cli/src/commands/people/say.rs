//! Persons and merges, for people and as JSON. A mention is named by its cell; names are shown only where a purpose is stated.

use super::args::PeopleArgs;
use super::read::Mentions;
use crate::figures::rounded;
use crate::shell::Shell;
use moneytrail_analysis::people::{Bar, Comparison, Merge, Options, People, SAME_PERSON};
use moneytrail_model::Basis;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Most cells of a person that are listed for people.
const N_CELLS: usize = 4;

/// A result and what it is of.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) mentions: &'a Mentions,
    pub(super) found: &'a People,
    pub(super) options: &'a Options,
    pub(super) is_disclosed: bool,
}

const fn bar_says(bar: Bar) -> &'static str {
    match bar {
        Bar::OneOrder => "they are the two parties of one order",
        Bar::Fathers => "their fathers' names are different",
        Bar::Documents => "their documents are different",
        Bar::Decision => "a person decided that they are two",
    }
}

impl Run<'_> {
    pub(super) fn place(&self, mention: usize) -> String {
        self.mentions.stands[mention].place()
    }

    /// The cell, and the name where it may be read.
    pub(super) fn named(&self, mention: usize) -> String {
        let stands = &self.mentions.stands[mention];
        if self.is_disclosed {
            format!("{} ({})", stands.place(), stands.name)
        } else {
            stands.place()
        }
    }

    /// Spellings of a person, each once.
    fn names(&self, person: &[usize]) -> Vec<&str> {
        let names = person
            .iter()
            .map(|&mention| &*self.mentions.stands[mention].name);
        names.collect::<BTreeSet<&str>>().into_iter().collect()
    }

    fn books(&self, person: &[usize]) -> Vec<&str> {
        let books = person
            .iter()
            .map(|&mention| self.mentions.mentions[mention].book);
        let books: BTreeSet<u32> = books.collect();
        let keeper = |book: u32| {
            self.mentions
                .keepers
                .get(book as usize)
                .map_or("", String::as_str)
        };
        books.into_iter().map(keeper).collect()
    }

    pub(super) fn table(&self, args: &PeopleArgs, shell: &Shell) {
        let found = self.found;
        let n_review = found.held.iter().filter(|held| held.bar.is_none()).count();
        shell.say(format!(
            "{} mentions of people in the books of {}: {} persons by {SAME_PERSON}",
            self.mentions.mentions.len(),
            self.mentions.keepers.join(", "),
            found.persons.len()
        ));
        shell.say(format!(
            "{} matched orders, {} sent on, and deposits tie {} pairs of mentions, whatever their spelling; {} pairs were compared",
            self.mentions.n_orders,
            self.mentions.n_forwarded,
            self.mentions.ties.len(),
            found.n_compared
        ));
        if n_review > 0 {
            shell.say(format!(
                "{n_review} pairs of persons may be one: `moneytrail people --review` lists them"
            ));
        }
        if self.mentions.n_without_cell > 0 {
            shell.say(format!(
                "{} mentions stand in exhibits that were taken in before cells were kept: they are named by their rows",
                self.mentions.n_without_cell
            ));
        }
        for pass in found.passes.iter().filter(|pass| pass.n_keys_left_out > 0) {
            shell.say(format!(
                "blocking by {} leaves {} keys out, which would have given {} pairs",
                pass.pass.name(),
                pass.n_keys_left_out,
                pass.n_pairs_left_out
            ));
        }
        let mut largest: Vec<&Vec<usize>> = found.persons.iter().collect();
        largest.sort_by_key(|person| std::cmp::Reverse(person.len()));
        for person in largest.into_iter().take(args.largest) {
            let few: Vec<String> = person
                .iter()
                .take(N_CELLS)
                .map(|&mention| self.place(mention))
                .collect();
            let more = if person.len() > N_CELLS { ", …" } else { "" };
            shell.say_apart(format!(
                "{} mentions in the books of {}: {}{more}",
                person.len(),
                self.books(person).join(", "),
                few.join(", ")
            ));
            if self.is_disclosed {
                shell.say(format!("  written {}", self.names(person).join(" / ")));
            }
        }
        if !self.is_disclosed {
            shell.note("names are masked; --operator and --purpose show them");
        }
        if args.waterfall {
            found
                .merges
                .iter()
                .for_each(|merge| self.waterfall(merge, shell));
        }
    }

    /// A merge and its weights.
    pub(super) fn waterfall(&self, merge: &Merge, shell: &Shell) {
        let [a, b] = merge.mentions.map(|mention| self.named(mention));
        let [n_a, n_b] = merge.sizes;
        let by = if merge.is_decided {
            "a person decided it".to_owned()
        } else {
            format!("inference {SAME_PERSON}, posterior {:.4}", merge.posterior)
        };
        shell.say_apart(format!("{a} (of {n_a}) and {b} (of {n_b}): {by}"));
        if merge.order_bits == 0.0 {
            shell.say(format!("  {:+7.2} prior", merge.prior_bits));
        } else {
            shell.say(format!(
                "  {:+7.2} matched orders that name both at one place",
                merge.order_bits
            ));
        }
        for term in &merge.terms {
            shell.say(format!(
                "  {:+7.2} {}: {}",
                term.bits,
                term.comparison,
                level(term.comparison, term.level)
            ));
        }
        if merge.rival_bits != 0.0 {
            shell.say(format!(
                "  {:+7.2} others who are not one with both, and may be meant",
                merge.rival_bits
            ));
        }
        if let Some(bar) = merge.bar {
            shell.say(format!("  kept apart: {}", bar_says(bar)));
        }
    }

    pub(super) fn merge(&self, merge: &Merge) -> Value {
        let terms = merge.terms.iter().map(|term| {
            json!({
                "comparison": term.comparison.to_string(),
                "level": term.level.map(|of| level(term.comparison, Some(of))),
                "bits": rounded(term.bits),
            })
        });
        let rows = merge.mentions.map(|mention| self.place(mention));
        let basis = if merge.is_decided {
            "decision".to_owned()
        } else {
            Basis::Inference(SAME_PERSON).to_string()
        };
        json!({
            "claim": { "statement": "same-person", "basis": basis, "evidence": rows },
            "pair": rows, "sizes": merge.sizes, "score": rounded(merge.posterior), "prior_bits": rounded(merge.prior_bits),
            "order_bits": rounded(merge.order_bits), "rival_bits": rounded(merge.rival_bits), "terms": terms.collect::<Vec<_>>(), "kept_apart": merge.bar.map(bar_says),
        })
    }

    /// The result as JSON, `moneytrail-people/1`.
    pub(super) fn json(&self) -> Value {
        let (found, options) = (self.found, self.options);
        let persons = found.persons.iter().map(|person| {
            let group: Vec<String> = person.iter().map(|&mention| self.place(mention)).collect();
            let mut value = json!({ "group": group, "keepers": self.books(person) });
            if self.is_disclosed {
                value["names"] = json!(self.names(person));
            }
            value
        });
        let model = Comparison::ALL.into_iter().map(|comparison| {
            let tables = [&found.model.m, &found.model.u].map(|table| &table[comparison as usize]);
            let levels = comparison
                .levels()
                .iter()
                .zip(tables[0].iter().zip(tables[1]));
            let levels =
                levels.map(|(level, (m, u))| json!({ "level": level, "m": rounded(*m), "u": u }));
            json!({ "comparison": comparison.to_string(), "levels": levels.collect::<Vec<_>>() })
        });
        json!({
            "schema": "moneytrail-people/1",
            "rule": SAME_PERSON.to_string(),
            "parameters": {
                "merge_from": options.merge_posterior, "review_from": options.review_posterior,
                "name_similarity_permille": options.name_similarity_permille, "altered_share": options.altered_share,
                "samples": options.n_samples, "seed": options.seed, "block_pairs": options.block_pairs_max, "rounds": options.rounds_max,
            },
            "keepers": self.mentions.keepers,
            "mentions": self.mentions.mentions.len(),
            "without_cell": self.mentions.n_without_cell,
            "matched_orders": self.mentions.n_orders,
            "sent_on": self.mentions.n_forwarded,
            "ties": self.mentions.ties.len(),
            "compared": found.n_compared,
            "blocking": found.passes.iter().map(|pass| json!({
                "pass": pass.pass.name(), "pairs": pass.n_pairs, "keys_left_out": pass.n_keys_left_out, "pairs_left_out": pass.n_pairs_left_out,
            })).collect::<Vec<_>>(),
            "model": {
                "prior_bits": rounded(found.model.prior_bits), "rounds": found.model.n_rounds, "settled": found.model.is_settled,
                "comparisons": model.collect::<Vec<_>>(),
            },
            "persons": persons.collect::<Vec<_>>(),
            "merges": found.merges.iter().map(|merge| self.merge(merge)).collect::<Vec<_>>(),
            "held": found.held.iter().map(|merge| self.merge(merge)).collect::<Vec<_>>(),
        })
    }
}

fn level(comparison: Comparison, level: Option<usize>) -> &'static str {
    level.map_or("not stated by both", |level| {
        comparison.levels().get(level).copied().unwrap_or("")
    })
}
