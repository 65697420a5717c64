//! Findings on rows of books, for people and as JSON.

use super::books::{Finding, Party, Told};
use super::say::{Names, mean};
use crate::shell::Shell;
use moneytrail_model::Basis;
use serde_json::{Value, json};

/// Most rows of a finding that are listed for people.
const N_ROWS: usize = 6;

impl Names<'_> {
    /// A rule with its findings.
    pub(super) fn book_rule(&mut self, told: &Told, shell: &Shell) -> Value {
        let rule = told.rule;
        let parameters = rule.parameters(&self.run.parameters.books);
        let n = told.findings.len();
        if let Some(why) = told.lacks {
            shell.say_apart(format!("{}: not asked: {why}", rule.id()));
        } else {
            shell.say_apart(format!(
                "{}: {n} findings [inference]; {parameters}",
                rule.id()
            ));
        }
        let n_shuffled = told.chance.n_shuffled();
        let by_chance = (n_shuffled > 0).then(|| {
            let expected = mean(told.chance.n_found(), n_shuffled);
            (expected, mean(1 + told.chance.n_with(n), 1 + n_shuffled))
        });
        if let Some((expected, p)) = by_chance {
            shell.say(format!(
                "  by chance: {expected} findings in shuffled rows (mean of {n_shuffled}, seed {}); p = {p}",
                self.run.args.seed
            ));
        }
        if let Some(words) = &told.by_chance {
            shell.say(format!("  by chance: {words}"));
        }
        for (what, n) in told.left_out.iter().filter(|of| of.1 > 0) {
            shell.say(format!("  left out: {n} {what}"));
        }
        if n > 0 {
            shell.say(format!("  asks: {}", rule.definition()));
            shell.say(format!(
                "  what else explains it: {}",
                rule.innocent().join("; ")
            ));
            shell.say(format!("  would be refuted by: {}", rule.refuted_by()));
        }
        let details = rule.details().map(|command| {
            let case = crate::shell::quoted(&self.run.args.case.to_string_lossy());
            format!("moneytrail {command} {case}")
        });
        if let (Some(details), true) = (&details, n > 0) {
            shell.say(format!("  details: {details}"));
        }
        for (line, _) in told.listed.iter().take(self.run.args.list) {
            shell.say(format!("  {line} [inference]"));
        }
        let mut findings = Vec::new();
        for (nth, finding) in told.findings.iter().enumerate() {
            let is_listed = nth < self.run.args.list;
            findings.push(self.book_finding(nth, finding, told, is_listed.then_some(shell)));
        }
        if n > self.run.args.list {
            shell.say(format!(
                "  and {} more, all in --json",
                n - self.run.args.list
            ));
        }
        json!({
            "rule": rule.id().to_string(), "definition": rule.definition(), "parameters": parameters, "source": rule.source(),
            "innocent": rule.innocent(), "refuted_by": rule.refuted_by(), "not_asked": told.lacks, "details": details,
            "by_chance": by_chance.map(|(expected, p)| json!({ "expected": expected, "p": p, "shuffled": "rows" })),
            "by_chance_says": told.by_chance,
            "left_out": told.left_out.iter().map(|(what, n)| json!({ "what": what, "n": n })).collect::<Vec<_>>(),
            "listed": told.listed.iter().map(|of| &of.1).collect::<Vec<_>>(),
            "findings": findings,
        })
    }

    fn book_finding(
        &mut self,
        nth: usize,
        finding: &Finding,
        told: &Told,
        listed: Option<&Shell>,
    ) -> Value {
        let parties: Vec<String> = finding
            .parties
            .iter()
            .map(|party| self.party(party))
            .collect();
        let n_shuffled = told.chance.n_shuffled();
        let as_strong = finding.by_chance.or_else(|| {
            (n_shuffled > 0).then(|| mean(told.chance.n_as_strong(finding.strength), n_shuffled))
        });
        if let Some(shell) = listed {
            let why: Vec<String> = finding
                .why
                .iter()
                .map(|(what, value, asked)| match asked {
                    Some(asked) => format!("{what} {value} (asked: {asked})"),
                    None => format!("{what} {value}"),
                })
                .collect();
            let expected =
                as_strong.map_or_else(String::new, |of| format!("; as strong by chance: {of}"));
            shell.say(format!(
                "  {}. {}: {}{expected} [inference]",
                nth + 1,
                parties.join(", "),
                why.join(", ")
            ));
            for row in finding.rows.iter().take(N_ROWS) {
                shell.say(format!("     {row} [{}]", self.row_basis(row).0));
            }
            if finding.rows.len() > N_ROWS {
                shell.say(format!(
                    "     and {} rows more, all in --json",
                    finding.rows.len() - N_ROWS
                ));
            }
        }
        let rows = finding.rows.iter().map(|row| {
            let (basis, corrected) = self.row_basis(row);
            json!({ "basis": basis, "corrected": corrected, "record": row })
        });
        json!({
            "basis": finding.basis.to_string(), "accounts": parties,
            "why": finding.why.iter().map(|(what, value, asked)| json!({ "what": what, "value": value, "asked": asked })).collect::<Vec<_>>(),
            "as_strong_by_chance": as_strong,
            "transfers": rows.collect::<Vec<_>>(),
        })
    }

    fn party(&mut self, party: &Party) -> String {
        match party {
            Party::Named(name) => name.clone(),
            Party::Customer(key) => self
                .run
                .evidence
                .graph
                .node_of(key)
                .map_or_else(|| "a customer".to_owned(), |node| self.account(node)),
        }
    }

    /// A fact, unless the row is read as an accepted repair says.
    fn row_basis(&self, record: &str) -> (String, Option<String>) {
        // A cell is named as its row is, with its column behind.
        let is_of_row = |exhibit: u32, cell: &str| {
            let of_exhibit = record.split_once(' ');
            of_exhibit.is_some_and(|(number, place)| {
                number.strip_prefix('X') == Some(&*exhibit.to_string())
                    && (cell.strip_prefix(place)).is_some_and(|rest| rest.starts_with('C'))
            })
        };
        let mut corrected = self.run.corrected.iter();
        match corrected.find(|((exhibit, ..), (cell, _))| is_of_row(*exhibit, cell)) {
            Some((_, (cell, rule))) => (format!("inference {rule}"), Some(cell.clone())),
            None => (Basis::Fact.to_string(), None),
        }
    }
}
