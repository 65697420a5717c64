//! One line for each file, and the sum. Rows are named by their locators; no cell is shown.

use super::{Became, Line};
use crate::commands::add::records;
use crate::commands::reconcile::Disagreement;
use crate::error::{Error, Verdict};
use crate::shell::{Shell, quoted};
use moneytrail_ingest::table::Profile;
use moneytrail_model::RecordCounts;
use moneytrail_store::{Case, Exhibit, SegmentSummary};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most remarks, and rows of a kind of disagreement, that a line shows to people.
const N_SHOWN: usize = 2;

/// A batch and what it is of.
pub(super) struct Run<'a> {
    pub(super) case: &'a Case,
    pub(super) lines: &'a [Line],
    pub(super) left_out: &'a [(String, &'static str)],
    pub(super) disagreements: &'a [Disagreement],
}

/// What a file of the case is.
struct Taken {
    exhibit: Exhibit,
    summary: SegmentSummary,
    /// Meanings of its columns, each once.
    columns: BTreeSet<String>,
}

/// A number of the figures that a reader stated.
fn figure(summary: &SegmentSummary, name: &str) -> Option<u64> {
    let found = summary.figures.iter().find(|figure| figure.0 == name);
    found.map(|figure| figure.1)
}

/// Balances compared and those that hold, where any is.
fn balances(summary: &SegmentSummary) -> Option<(u64, u64)> {
    let n = figure(summary, "balances compared").filter(|&n| n > 0)?;
    Some((n, figure(summary, "balances that add up")?))
}

impl Run<'_> {
    /// Says what became of each file; problems are files that are not in the case, and records in quarantine. Where no file could be
    /// taken in, the input is bad.
    pub(super) fn say(&self, shell: &Shell) -> Result<Verdict, Error> {
        let exhibits = self.case.exhibits()?;
        let mut sum = RecordCounts::default();
        let mut counted: BTreeSet<u32> = BTreeSet::new();
        let (mut n_new, mut n_failed) = (0_u64, 0_u64);
        let mut files = Vec::with_capacity(self.lines.len());
        for line in self.lines {
            let (number, state) = match &line.became {
                Became::New(number) => (*number, "taken in"),
                Became::Known(number) => (*number, "already there"),
                Became::Failed(error) => {
                    n_failed += 1;
                    files.push(failed(&line.name, error, shell));
                    continue;
                }
            };
            n_new += u64::from(matches!(line.became, Became::New(_)));
            let taken = self.taken(number, &exhibits)?;
            if counted.insert(number) {
                sum.add(taken.summary.counts);
            }
            files.push(self.file(line, state, &taken, shell));
        }
        for (file, why) in self.left_out {
            shell.say(format!("-- {file}: left out: {why}"));
        }
        let n_all = self.lines.len();
        let n_in = n_all as u64 - n_failed;
        shell.say_apart(format!(
            "{n_in} of {n_all} files are in the case, {n_new} of them new; {n_failed} could not be taken in, {} are left out",
            self.left_out.len()
        ));
        shell.say(format!("records: {sum}"));
        let by_kind = by_kind(self.disagreements.iter());
        for (says, n, rows) in by_kind.values() {
            shell.say(format!(
                "between the books: {says}: {n}, such as {}",
                rows.join("  ")
            ));
        }
        let root = quoted(&self.case.root().to_string_lossy());
        shell.say(format!("next: moneytrail summary {root}"));
        shell.json(&json!({
            "schema": "moneytrail-batch/1", "case": self.case.root(), "files": files,
            "left_out": self.left_out.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect::<Vec<_>>(),
            "n_files": n_all, "n_in_case": n_in, "n_new": n_new, "n_failed": n_failed, "records": records(&sum),
            "discrepancies": self.disagreements.iter().map(disagreement).collect::<Vec<_>>(),
        }))?;
        Ok(if n_all > 0 && n_in == 0 {
            Verdict::BadInput
        } else if n_failed > 0 || sum.quarantined > 0 {
            Verdict::Problems
        } else {
            Verdict::Done
        })
    }

    fn taken(&self, number: u32, exhibits: &[Exhibit]) -> Result<Taken, Error> {
        let summary = self.case.segment(number)?.summary().clone();
        let exhibit = exhibits.iter().find(|exhibit| exhibit.number == number);
        let profile = summary.profile.as_deref().map(Profile::parse).transpose()?;
        let columns = profile.iter().flat_map(|profile| profile.columns.values());
        Ok(Taken {
            exhibit: exhibit
                .cloned()
                .ok_or_else(|| Error::internal("an exhibit that was taken in is gone"))?,
            columns: columns.map(|column| column.field().to_owned()).collect(),
            summary,
        })
    }

    fn file(&self, line: &Line, state: &str, taken: &Taken, shell: &Shell) -> Value {
        let Taken {
            exhibit,
            summary,
            columns,
        } = taken;
        let counts = &summary.counts;
        let shown = match balances(summary) {
            None => "no balances".to_owned(),
            Some((n, n_hold)) => {
                let permille = n_hold.saturating_mul(1000) / n;
                format!(
                    "balances {n_hold} of {n} ({}.{} %)",
                    permille / 10,
                    permille % 10
                )
            }
        };
        let other = if exhibit.name == line.name {
            String::new()
        } else {
            format!(", the content of {}", exhibit.name)
        };
        shell.say(format!(
            "X{} {}: {state}{other}; {}: {} records in, {} accepted, {} quarantined; {} columns; {shown}",
            exhibit.number,
            line.name,
            summary.format,
            counts.total(),
            counts.transferred,
            counts.quarantined,
            columns.len(),
        ));
        if !columns.is_empty() {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            shell.say(format!("    columns: {}", columns.join(", ")));
        }
        let own = self.disagreements.iter().filter(|of| {
            let mut rows = of.rows.iter();
            rows.any(|row| row.0 == exhibit.number)
        });
        let own: Vec<&Disagreement> = own.collect();
        for (says, n, rows) in by_kind(own.iter().copied()).values() {
            shell.say(format!(
                "    with other books: {says}: {n}, such as {}",
                rows.join("  ")
            ));
        }
        for remark in summary.remarks.iter().take(N_SHOWN) {
            shell.say(format!("    note: {remark}"));
        }
        if summary.remarks.len() > N_SHOWN {
            shell.say(format!(
                "    and {} more notes, all in --json",
                summary.remarks.len() - N_SHOWN
            ));
        }
        json!({
            "file": line.name, "state": state, "exhibit": format!("X{}", exhibit.number), "content_of": exhibit.name,
            "sha256": exhibit.sha256, "format": summary.format, "network": summary.network, "records": records(counts),
            "columns": columns, "balances": balances(summary).map(|(n, n_hold)| json!({ "compared": n, "hold": n_hold })),
            "discrepancies": own.iter().map(|of| disagreement(of)).collect::<Vec<_>>(),
            "assumptions": summary.assumptions, "remarks": summary.remarks,
        })
    }
}

/// How many there are of each kind, what it says, and the rows of the first.
fn by_kind<'a>(
    all: impl Iterator<Item = &'a Disagreement>,
) -> BTreeMap<&'static str, (&'static str, u64, Vec<String>)> {
    let mut kinds: BTreeMap<&str, (&str, u64, Vec<String>)> = BTreeMap::new();
    for of in all {
        let kind = kinds.entry(of.word).or_insert((of.says, 0, Vec::new()));
        kind.1 += 1;
        if kind.1 == 1 {
            kind.2 = of.rows.iter().map(|row| row.1.to_string()).collect();
        }
    }
    kinds
}

fn disagreement(of: &Disagreement) -> Value {
    json!({
        "type": of.word, "says": of.says,
        "rows": of.rows.iter().map(|(exhibit, place)| json!({ "exhibit": format!("X{exhibit}"), "row": place.to_string() })).collect::<Vec<_>>(),
    })
}

fn failed(name: &str, error: &Error, shell: &Shell) -> Value {
    let message = error.message.strip_prefix(&format!("{name}: "));
    shell.say(format!(
        "-- {name}: not taken in: {}",
        message.unwrap_or(&error.message)
    ));
    for hint in &error.hints {
        shell.say(format!("    hint: {hint}"));
    }
    json!({
        "file": name, "state": "failed",
        "error": { "code": error.code, "message": error.message, "hints": error.hints },
    })
}
