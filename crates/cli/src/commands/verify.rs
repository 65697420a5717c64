//! `verify`: is everything as it was, and does reading it again give the same?

use super::add::evidence_of;
use crate::error::{Error, Verdict};
use crate::follow::tags;
use crate::memory;
use crate::said;
use crate::shell::Shell;
use moneytrail_analysis::entity::Known;
use moneytrail_ingest::{Format, Options, open};
use moneytrail_model::Network;
use moneytrail_store::{Case, Exhibit, Segment, SegmentWriter, reading_name};
use serde_json::json;
use std::path::Path;

/// Whether what is kept beside an intact index, if anything is, is what finding it again gives.
fn derived_is_intact(case: &Case) -> Result<bool, Error> {
    let (graph, _) = case.graph()?;
    let options = said::options(case, &graph, &tags(case)?)?;
    Ok(Known::is_intact(case, &graph, &options)?.unwrap_or(true))
}

pub(crate) fn verify(root: &Path, shell: &Shell) -> Result<Verdict, Error> {
    let case = memory::within(Case::open(root)?, shell.memory())?;
    let mut problems: Vec<String> = Vec::new();
    let audit = case.audit().read()?;
    match audit.broken_at {
        Some(number) => problems.push(format!("audit.log: the chain breaks at entry {number}")),
        None => shell.say(format!(
            "audit.log: {} entries, chain holds, head {}",
            audit.entries.len(),
            audit.head()
        )),
    }
    if audit.n_torn_bytes > 0 {
        problems.push(format!(
            "audit.log: {} bytes of an interrupted entry at the end",
            audit.n_torn_bytes
        ));
    }
    let exhibits = case.exhibits()?;
    for exhibit in &exhibits {
        let before = problems.len();
        // What does not read any more is a finding, and the next exhibit is checked too.
        if let Err(error) = check_exhibit(&case, exhibit, shell, &mut problems) {
            if error.is_stop() {
                return Err(error);
            }
            problems.push(format!("X{}: {error}", exhibit.number));
        }
        if problems.len() == before {
            shell.say(format!(
                "X{} {}: bytes, tables and reading again agree",
                exhibit.number, exhibit.name
            ));
        }
    }
    match case.differences_from_log() {
        Ok(differences) => problems.extend(differences),
        Err(error) => problems.push(error.to_string()),
    }
    let bar = shell.spinner("build the index again");
    let index = case.index_is_intact();
    drop(bar);
    match index {
        Ok(Some(true)) => match derived_is_intact(&case) {
            Ok(true) => shell.say("index: building it again gives the same"),
            Ok(false) => problems.push(
                "index: what is derived from it is damaged; remove the directory index/".to_owned(),
            ),
            Err(error) => problems.push(format!("index: {error}")),
        },
        Ok(None) => shell.say("index: not built yet; it is a cache"),
        Ok(Some(false)) => problems
            .push("index: damaged; remove the directory index/ and it is built again".to_owned()),
        Err(error) => problems.push(format!("index: {error}")),
    }
    for problem in &problems {
        shell.say(format!("PROBLEM {problem}"));
    }
    let content = case.content_hash().map(hex::encode);
    if let Ok(content) = &content {
        shell.say(format!("case content {content}"));
    }
    shell.say(if problems.is_empty() {
        "verified: no difference".to_owned()
    } else {
        format!("{} problems", problems.len())
    });
    shell.json(&json!({
        "schema": "moneytrail-verify/1",
        "exhibits": exhibits.len(),
        "audit_entries": audit.entries.len(),
        "audit_head": audit.head(),
        "case_content": content.ok(),
        "problems": problems,
    }))?;
    Ok(if problems.is_empty() {
        Verdict::Done
    } else {
        Verdict::Problems
    })
}

fn check_exhibit(
    case: &Case,
    exhibit: &Exhibit,
    shell: &Shell,
    problems: &mut Vec<String>,
) -> Result<(), Error> {
    let directory = case.exhibit_directory(exhibit.number);
    let bar = shell.bar(&format!("hash {}", exhibit.name), exhibit.n_bytes());
    match exhibit.changed_files(&directory, &bar) {
        Ok(changed) => problems.extend(changed.iter().map(|file| {
            format!(
                "X{}: {file} no longer has the SHA-256 that it was taken in with",
                exhibit.number
            )
        })),
        Err(moneytrail_store::Error::Stopped(stop)) => return Err(stop.into()),
        Err(error) => {
            problems.push(format!("X{}: {error}", exhibit.number));
            return Ok(());
        }
    }
    drop(bar);
    // What was read before a correction stays, and reads the same too.
    for reading in 0..=case.n_corrected(exhibit.number) {
        let segment = case.segment_of(exhibit.number, reading)?;
        let name = reading_name(exhibit.number, reading);
        let damaged = segment.damaged_tables()?;
        problems.extend(
            damaged
                .iter()
                .map(|table| format!("segments/{name}/{table}: not as it was written")),
        );
        replay(case, exhibit, &segment, &name, shell, problems)?;
    }
    Ok(())
}

/// Reads the exhibit again as it was read, into a directory that goes when this is done.
fn replay(
    case: &Case,
    exhibit: &Exhibit,
    segment: &Segment,
    name: &str,
    shell: &Shell,
    problems: &mut Vec<String>,
) -> Result<(), Error> {
    let stored = segment.summary();
    let beside = tempfile::tempdir()?;
    let options = Options {
        scratch: Some(beside.path().to_owned()),
        format: Format::from_word(&stored.format),
        network: stored
            .network
            .as_deref()
            .and_then(|name| name.parse::<Network>().ok()),
        profile: stored.profile.clone(),
        ..Options::default()
    };
    if options.format.is_none() {
        problems.push(format!(
            "{name}: this program has no reader for `{}`",
            stored.format
        ));
        return Ok(());
    }
    let evidence = evidence_of(
        exhibit.paths(&case.exhibit_directory(exhibit.number)),
        exhibit.book()?,
    );
    let mut again = SegmentWriter::create(&beside.path().join("segment"))?;
    let bar = shell.bar(&format!("read again {}", exhibit.name), exhibit.n_bytes());
    let opened = open(&evidence, &options)?;
    let outcome = opened.read(&options, &mut again, &bar)?;
    again.finish(super::add::summary_of(outcome))?;
    let again = Segment::open(&beside.path().join("segment"))?;
    for now in &again.summary().tables {
        let table = stored.tables.iter().find(|table| table.file == now.file);
        let Some(table) = table else {
            problems.push(format!("{name}: the segment does not list {}", now.file));
            continue;
        };
        if table != now {
            problems.push(format!(
                "{name}: reading again gives another {}: {} rows stored, {} now ({} then, {} now)",
                table.file,
                table.n_rows,
                now.n_rows,
                stored.program,
                again.summary().program
            ));
        }
    }
    let now = again.summary();
    // Not assumptions and remarks: what was proposed then is stated by the stored profile now.
    if stored.program == now.program && stored.figures != now.figures {
        problems.push(format!(
            "{name}: reading again gives other figures than segment.json"
        ));
    }
    if stored.counts != again.summary().counts {
        problems.push(format!(
            "{name}: reading again counts other records: {} then, {} now",
            stored.counts,
            again.summary().counts
        ));
    }
    Ok(())
}
