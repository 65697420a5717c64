//! A decision takes effect: the exhibit is read again with what is accepted.

use super::decision::{Decision, last};
use super::found::{opened, options_with};
use crate::commands::add::summary_of;
use crate::decisions::{Verdict as Decided, bytes};
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use moneytrail_ingest::table::Profile;
use moneytrail_model::{ExhibitNo, Locator, Place};
use moneytrail_store::{Case, Exhibit, SegmentWriter};
use serde_json::json;
use std::collections::BTreeMap;

/// How a profile names a cell: `Sheet1!R12C4`.
pub(super) fn key(locator: &str) -> Result<String, Error> {
    match Locator::parse(locator).map(|locator| locator.place) {
        Some(Place::Cell {
            sheet,
            row,
            column: Some(column),
        }) => Ok(format!("{sheet}!R{row}C{column}")),
        _ => Err(Error::internal(format!("`{locator}` names no cell"))),
    }
}

/// The profile of the first reading, with the corrections that are accepted.
fn profile_with(case: &Case, number: u32, decisions: &[Decision]) -> Result<String, Error> {
    let first = case.segment_of(number, 0)?;
    let text = first.summary().profile.clone().unwrap_or_default();
    let mut profile = Profile::parse(&text)?;
    let exhibit = format!("X{number}");
    let mut accepted: BTreeMap<String, &Decision> = BTreeMap::new();
    for decision in last(decisions) {
        if decision.proposal.exhibit != exhibit || decision.decided != Decided::Accept {
            continue;
        }
        let cell = key(&decision.proposal.cell)?;
        if let Some(other) = accepted.insert(cell, decision) {
            return Err(Error::usage(format!(
                "{} is accepted as {} already, by {}",
                decision.proposal.cell, other.proposal.value, other.proposal.id
            ))
            .hint("take that back first, with --reopen"));
        }
    }
    for (cell, decision) in accepted {
        profile
            .corrections
            .insert(cell, decision.proposal.value.clone());
    }
    Ok(profile.to_toml()?)
}

/// Writes a decision; where it changes what is accepted, reads the exhibit again.
pub(super) fn apply(
    case: Case,
    mut decisions: Vec<Decision>,
    decision: &Decision,
    shell: &Shell,
) -> Result<Verdict, Error> {
    let number = ExhibitNo::parse(&decision.proposal.exhibit).map(ExhibitNo::get);
    let exhibits = case.exhibits()?;
    let exhibit = exhibits
        .iter()
        .find(|exhibit| Some(exhibit.number) == number);
    let exhibit = exhibit
        .ok_or_else(|| Error::input(format!("{} is not in the case", decision.proposal.exhibit)))?;
    let bytes = bytes(decision)?;
    decisions.push(decision.clone());
    let actor = shell.actor();
    let writer = case.write(&actor)?;
    let case = writer.case();
    let profile = profile_with(case, exhibit.number, &decisions)?;
    let current = case.segment(exhibit.number)?;
    let now = current
        .summary()
        .profile
        .as_deref()
        .map(Profile::parse)
        .transpose()?;
    let wanted = Profile::parse(&profile)?;
    let is_in_effect = now.is_some_and(|now| now.corrections == wanted.corrections);
    // The reading is made before the decision is written: what cannot be read is not decided.
    let read = if is_in_effect {
        None
    } else {
        let staged = writer.offer_reading(exhibit.number)?;
        match read_again(case, exhibit, &profile, staged.segment_directory(), shell) {
            Ok(read) => Some((staged, read)),
            Err(error) => {
                writer.abandon_reading(&staged)?;
                return Err(error);
            }
        }
    };
    let verdict = decision.decided.as_str();
    let path = writer.put_decision(&actor, verdict, &bytes, &decision.because)?;
    let one = &decision.proposal;
    shell.say(format!(
        "{verdict} of {}: {} is {} instead of {}: written as {path}",
        one.id, one.cell, one.value, one.written
    ));
    let mut reading = None;
    if let Some((staged, (segment, summary))) = read {
        let name = writer.commit_reading(&staged, segment, summary, &actor)?;
        shell.say(format!(
            "{} is read again, as segments/{name}; its cells and what was read before stay",
            one.exhibit
        ));
        reading = Some(name);
    }
    shell.json(&json!({
        "schema": "moneytrail-written/1", "path": path, "decision": decision, "reading": reading,
    }))?;
    Ok(Verdict::Done)
}

type Written = (SegmentWriter, moneytrail_store::SegmentSummary);

fn read_again(
    case: &Case,
    exhibit: &Exhibit,
    profile: &str,
    directory: &std::path::Path,
    shell: &Shell,
) -> Result<Written, Error> {
    let mut options = options_with(Some(profile.to_owned()));
    options.scratch = Some(case.root().to_owned());
    let opened = opened(case, exhibit, &options)?.map_err(Error::input)?;
    let mut segment = SegmentWriter::create(directory)?;
    let bar = shell.bar(&format!("read {}", exhibit.name), exhibit.n_bytes());
    let outcome = opened.read(&options, &mut segment, &bar)?;
    Ok((segment, summary_of(outcome)))
}
