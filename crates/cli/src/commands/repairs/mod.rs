//! `repairs`: where figures of books do not agree, what they may have to be, and what a person decided.
//!
//! Laws: nothing is corrected but by a decision with a reason, which stays among the decisions of the case; an exhibit, its
//! raw cells and what was read before stay as they are: a correction gives another reading beside them, which `verify`
//! checks as it checks the first; taking a decision back gives one more.

mod apply;
mod decision;
mod found;

use crate::decisions::Verdict as Decided;
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use apply::{apply, key};
use clap::Args;
use decision::{Decision, last};
use found::{Proposal, Read, read_exhibits};
use moneytrail_model::{ExhibitNo, Locator, Place};
use moneytrail_store::Case;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

const SCHEMA: &str = "moneytrail-repairs/1";

#[derive(Debug, Args)]
pub(crate) struct RepairsArgs {
    /// The case
    case: PathBuf,
    /// Accept a proposal: the exhibit is read again with it
    #[arg(long, value_name = "ID", requires = "because", conflicts_with_all = ["reject", "reopen"])]
    accept: Option<String>,
    /// Reject a proposal: it stays listed as such
    #[arg(
        long,
        value_name = "ID",
        requires = "because",
        conflicts_with = "reopen"
    )]
    reject: Option<String>,
    /// Take a decision back
    #[arg(long, value_name = "ID", requires = "because")]
    reopen: Option<String>,
    /// Why it is decided so, for the audit log
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
    /// Write cells with what they may have to be as a JSON array: `ref`, `true_value`
    #[arg(long, value_name = "FILE")]
    write_slips: Option<PathBuf>,
}

/// A balance of a book that does not follow from the one before.
pub(crate) struct BalanceBreak {
    /// `X2`.
    pub(crate) exhibit: String,
    /// Locator.
    pub(crate) place: String,
    /// The equation that does not hold.
    pub(crate) equation: String,
    /// What would make it hold.
    pub(crate) would_hold: Vec<String>,
}

/// Balances that do not follow as books are read now: those that one figure would mend, then the others, by exhibit.
pub(crate) fn balance_breaks(case: &Case, shell: &Shell) -> Result<Vec<BalanceBreak>, Error> {
    let is_balance = |rule: &str| rule.starts_with("balance-repair@");
    let mut all = Vec::new();
    for read in read_exhibits(case, shell)? {
        let exhibit = &read.exhibit;
        let repairs = read.proposals.iter().filter(|one| is_balance(&one.rule));
        all.extend(repairs.map(|one| BalanceBreak {
            exhibit: exhibit.clone(),
            place: one.cell.clone(),
            equation: one.equations.join("; "),
            would_hold: vec![format!(
                "{} instead of {} ({})",
                one.value, one.written, one.id
            )],
        }));
        let breaks = read.breaks.iter().filter(|one| is_balance(&one.rule));
        all.extend(breaks.map(|one| BalanceBreak {
            exhibit: exhibit.clone(),
            place: one.cell.clone().unwrap_or_else(|| one.row.clone()),
            equation: one.equation.clone(),
            would_hold: one.candidates.clone(),
        }));
    }
    Ok(all)
}

/// Rows of an exhibit that are read with figures which a decision put in their place: sheet and row, each with the cell and the rule
/// that proposed it.
pub(crate) type Corrected = BTreeMap<(u32, String, u32), (String, String)>;

/// The rows that accepted repairs correct, as the case is read now.
pub(crate) fn corrected(case: &Case) -> Result<Corrected, Error> {
    let decisions = decision::all(case)?;
    let mut all = Corrected::new();
    for decision in last(&decisions) {
        let proposal = &decision.proposal;
        let cell = Locator::parse(&proposal.cell).map(|locator| locator.place);
        let exhibit = ExhibitNo::parse(&proposal.exhibit).map(ExhibitNo::get);
        if let (Decided::Accept, Some(number), Some(Place::Cell { sheet, row, .. })) =
            (decision.decided, exhibit, cell)
        {
            let of = (proposal.cell.clone(), proposal.rule.clone());
            all.insert((number, sheet.to_string(), row), of);
        }
    }
    Ok(all)
}

impl RepairsArgs {
    /// What is to be decided of which proposal.
    fn asked(&self) -> Option<(Decided, &str)> {
        let [accept, reject, reopen] =
            [&self.accept, &self.reject, &self.reopen].map(Option::as_deref);
        crate::decisions::asked(accept, reject, reopen)
    }
}

pub(crate) fn repairs(args: &RepairsArgs, shell: &Shell) -> Result<Verdict, Error> {
    let case = Case::open(&args.case)?;
    let reads = read_exhibits(&case, shell)?;
    let decisions = decision::all(&case)?;
    match args.asked() {
        Some((decided, id)) => {
            let because = args.because.as_deref().unwrap_or_default().trim();
            if because.is_empty() {
                return Err(Error::usage("a decision needs a reason: --because"));
            }
            let proposal = chosen(&reads, &decisions, id)?;
            let decision = Decision::new(decided, proposal, because);
            apply(case, decisions, &decision, shell)
        }
        None => list(args, &reads, &decisions, shell),
    }
}

/// The one proposal, open or decided, that an id or the locator of its cell names.
fn chosen(reads: &[Read], decisions: &[Decision], id: &str) -> Result<Proposal, Error> {
    let open = reads.iter().flat_map(|read| read.proposals.iter().cloned());
    let decided = last(decisions)
        .into_iter()
        .map(|decision| decision.proposal.clone());
    let mut fitting: Vec<Proposal> = open.chain(decided).filter(|one| one.is_named(id)).collect();
    fitting.sort_by(|a, b| a.id.cmp(&b.id));
    fitting.dedup_by(|a, b| a.id == b.id);
    match fitting.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::usage(format!("`{id}` is no proposal of this case"))
            .hint("`moneytrail repairs CASE` lists them with their ids")),
        several => {
            let ids: Vec<&str> = several.iter().map(|one| &*one.id).collect();
            Err(
                Error::usage(format!("`{id}` names {} proposals", several.len()))
                    .hint(format!("one of: {}", ids.join(", "))),
            )
        }
    }
}

/// Lists what is proposed, decided, and left broken.
fn list(
    args: &RepairsArgs,
    reads: &[Read],
    decisions: &[Decision],
    shell: &Shell,
) -> Result<Verdict, Error> {
    let decided = last(decisions);
    let mut listed: Vec<Value> = Vec::new();
    let mut slips: Vec<Value> = Vec::new();
    let mut breaks: Vec<Value> = Vec::new();
    let mut equations: Vec<Value> = Vec::new();
    for read in reads {
        let of_exhibit = decided
            .iter()
            .filter(|one| one.proposal.exhibit == read.exhibit);
        let of_exhibit: Vec<&Decision> = of_exhibit.copied().collect();
        let is_decided =
            |one: &Proposal| of_exhibit.iter().any(|known| known.proposal.id == one.id);
        let open = read.proposals.iter().filter(|one| !is_decided(one));
        let open = open.map(|one| (one, "open", None));
        let known = of_exhibit.iter().map(|known| {
            let state = match known.decided {
                Decided::Accept => "accepted",
                Decided::Reject => "rejected",
                Decided::Reopen => "open",
            };
            (&known.proposal, state, Some(&*known.because))
        });
        for (one, state, because) in known.chain(open) {
            say(one, state, because, shell);
            let mut json =
                serde_json::to_value(one).map_err(|error| Error::internal(error.to_string()))?;
            json["state"] = state.into();
            json["because"] = because.into();
            let is_read_so = read.corrections.get(&key(&one.cell)?) == Some(&one.value);
            json["in_effect"] = is_read_so.into();
            if state == "accepted" && !is_read_so {
                shell.note("note: it is not read so yet, after an interruption; accept it again");
            }
            listed.push(json);
            if state != "rejected" {
                slips.push(json!({ "ref": one.cell, "true_value": one.value }));
            }
        }
        for one in &read.breaks {
            shell.say(format!("{} {}: {}", read.exhibit, one.says(), one.equation));
            for candidate in &one.candidates {
                shell.say(format!("  would hold with {candidate}"));
            }
            let place = one.cell.as_ref().unwrap_or(&one.row);
            slips.push(json!({ "ref": place }));
            breaks.push(json!({
                "exhibit": read.exhibit, "rule": one.rule, "ref": place, "row": one.row, "cell": one.cell,
                "equation": one.equation, "candidates": one.candidates,
            }));
        }
        for one in &read.equations {
            equations.push(json!({
                "exhibit": read.exhibit, "equation": one.equation, "n": one.n, "n_hold": one.n_hold, "is_habit": one.is_habit,
            }));
        }
        if let Some(why) = &read.why_not {
            shell.note(format!("{}: {why}", read.exhibit));
        }
    }
    if listed.is_empty() && breaks.is_empty() {
        shell.say("no figure of a book speaks against another");
    } else if !listed.is_empty() {
        shell.say("nothing is corrected until a person accepts it: --accept ID --because TEXT");
    }
    if let Some(path) = &args.write_slips {
        let text = serde_json::to_vec_pretty(&slips)
            .map_err(|error| Error::internal(error.to_string()))?;
        fs_err::write(path, text)?;
    }
    let not_read: Vec<Value> = reads
        .iter()
        .filter_map(|read| {
            let why = read.why_not.as_ref()?;
            Some(json!({ "exhibit": read.exhibit, "why": why }))
        })
        .collect();
    shell.json(&json!({
        "schema": SCHEMA, "repairs": listed, "breaks": breaks, "slips": slips, "equations": equations,
        "not_read": not_read,
    }))?;
    Ok(Verdict::Done)
}

fn say(one: &Proposal, state: &str, because: Option<&str>, shell: &Shell) {
    let because = because.map_or(String::new(), |because| format!(": {because}"));
    shell.say(format!(
        "{} {state}{because}: {} {} says {}, {} makes equations hold ({}, {})",
        one.id, one.cell, one.field, one.written, one.value, one.slip, one.rule
    ));
    for equation in &one.equations {
        shell.say(format!("  {equation}"));
    }
}
