//! What the equations of a case's books propose, by reading its exhibits again.

use crate::commands::add::evidence_of;
use crate::error::Error;
use crate::progress::Total;
use crate::shell::Shell;
use moneytrail_ingest::table::{self, Break, Equation, Repair};
use moneytrail_ingest::{Format, Opened, Options, Part, open};
use moneytrail_model::Watch;
use moneytrail_store::{Case, Exhibit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A cell that, read otherwise, makes equations hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Proposal {
    /// `X2-3fa91c07`: the exhibit, and a hash of cell, what it says and what it is to be read as.
    pub(crate) id: String,
    pub(crate) exhibit: String,
    pub(crate) rule: String,
    /// Locator.
    pub(crate) cell: String,
    pub(crate) field: String,
    pub(crate) written: String,
    pub(crate) value: String,
    pub(crate) slip: String,
    pub(crate) equations: Vec<String>,
}

impl Proposal {
    fn new(exhibit: &str, repair: Repair) -> Self {
        let hash = Sha256::new()
            .chain_update(format!(
                "{}\n{}\n{}",
                repair.cell, repair.written, repair.value
            ))
            .finalize();
        Self {
            id: format!("{exhibit}-{}", hex::encode(&hash[..4])),
            exhibit: exhibit.to_owned(),
            rule: repair.rule,
            cell: repair.cell,
            field: repair.field.to_owned(),
            written: repair.written,
            value: repair.value,
            slip: repair.slip.to_owned(),
            equations: repair.equations,
        }
    }

    /// Whether a text is its id, or names its cell, with the exhibit before it or not.
    pub(crate) fn is_named(&self, text: &str) -> bool {
        let cell = text
            .strip_prefix(&format!("{}/", self.exhibit))
            .unwrap_or(text);
        text == self.id || cell == self.cell
    }
}

/// What a book of the case says of itself as it is read now.
pub(crate) struct Read {
    pub(crate) exhibit: String,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) breaks: Vec<Break>,
    pub(crate) equations: Vec<Equation>,
    /// Corrections that it is read with, by cell as a profile names it.
    pub(crate) corrections: BTreeMap<String, String>,
    /// Why it was not looked at.
    pub(crate) why_not: Option<String>,
}

/// Options by which an exhibit is read with a profile.
pub(super) fn options_with(profile: Option<String>) -> Options {
    Options {
        format: Some(Format::Table),
        profile,
        ..Options::default()
    }
}

/// An exhibit that is one table, opened; else why it is none.
pub(super) fn opened(
    case: &Case,
    exhibit: &Exhibit,
    options: &Options,
) -> Result<Result<Opened, String>, Error> {
    let paths = exhibit.paths(&case.exhibit_directory(exhibit.number));
    let opened = open(&evidence_of(paths, exhibit.book()?), options)?;
    Ok(match opened.parts() {
        [
            Part {
                format: Format::Table,
                ..
            },
        ] => Ok(opened),
        parts => Err(format!(
            "it holds {} parts; repairs are of exhibits that are one table",
            parts.len()
        )),
    })
}

/// Reads the books of a case as they are read now.
pub(super) fn read_exhibits(case: &Case, shell: &Shell) -> Result<Vec<Read>, Error> {
    let mut reads = Vec::new();
    for exhibit in case.exhibits()? {
        let segment = case.segment(exhibit.number)?;
        let summary = segment.summary();
        if summary.format != Format::Table.as_str() {
            continue;
        }
        let bar = shell.work(&format!("read {}", exhibit.name), Total::Unknown);
        bar.check()?;
        let name = format!("X{}", exhibit.number);
        let options = options_with(summary.profile.clone());
        let mut read = Read {
            exhibit: name.clone(),
            proposals: Vec::new(),
            breaks: Vec::new(),
            equations: Vec::new(),
            corrections: BTreeMap::new(),
            why_not: None,
        };
        if let Some(profile) = &summary.profile {
            read.corrections = table::Profile::parse(profile)?.corrections;
        }
        match opened(case, &exhibit, &options)? {
            Ok(opened) => {
                let [part] = opened.parts() else { continue };
                let inspection = table::inspect(part.format, &part.evidence, &options)?;
                let repairs = inspection.repairs.into_iter();
                read.proposals = repairs.map(|repair| Proposal::new(&name, repair)).collect();
                read.breaks = inspection.breaks;
                read.equations = inspection.equations;
            }
            Err(why) => read.why_not = Some(why),
        }
        bar.check()?;
        drop(bar);
        reads.push(read);
    }
    Ok(reads)
}
