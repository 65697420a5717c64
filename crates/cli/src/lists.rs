//! The lists that a case holds: tags and actors.
//!
//! Law: a list is kept as it was given and read again when it is needed, so that what it says can always be compared
//! with what was given. The order of lists is that of their names, which are hashes; nothing depends on it.

use crate::error::Error;
use crate::shell::Shell;
use moneytrail_ingest::EvidenceFile;
use moneytrail_ingest::rates::{self, Rates};
use moneytrail_ingest::tags::{self, Said, TagList};
use moneytrail_model::freeze::Asserted;
use moneytrail_model::tag::{Actor, Assertion, Tag};
use moneytrail_store::Case;
use std::path::{Path, PathBuf};

/// All that the lists of a case say.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// Entries of all lists, ascending, each once.
    pub(crate) tags: Vec<Assertion>,
    /// Actors of all lists, ascending, each once.
    pub(crate) actors: Vec<Actor>,
    /// What issuers did to accounts, of all lists, ascending, each once.
    pub(crate) freezes: Vec<Asserted>,
}

impl Lists {
    /// Reads the lists of a case.
    pub(crate) fn of(case: &Case) -> Result<Self, Error> {
        let mut lists = Self::default();
        for path in files(case)? {
            let list = read(&path)?;
            lists.tags.extend(list.tags);
            lists.actors.extend(list.actors);
            lists.freezes.extend(list.freezes);
        }
        lists.tags.sort();
        lists.tags.dedup();
        lists.actors.sort();
        lists.actors.dedup();
        lists.freezes.sort();
        lists.freezes.dedup();
        Ok(lists)
    }

    /// The tags of accounts, ascending, each once.
    pub(crate) fn of_accounts(&self) -> Vec<Tag> {
        let tags = self.tags.iter().flat_map(|tag| tag.tags(&self.actors));
        let mut tags: Vec<Tag> = tags.collect();
        tags.sort();
        tags.dedup();
        tags
    }
}

/// Ends the file of what a person said of a list.
pub(crate) const SAID: &str = "said.json";

/// Reads a list of a case, with what was said of it.
pub(crate) fn read(path: &Path) -> Result<TagList, Error> {
    let beside = path.with_extension(SAID);
    let said = if beside.is_file() {
        serde_json::from_slice(&fs_err::read(&beside)?)
            .map_err(|error| Error::input(format!("{}: {error}", beside.display())))?
    } else {
        Said::default()
    };
    let file = EvidenceFile::at(path);
    let bytes = file.map()?;
    Ok(tags::read_said(
        bytes.as_deref().unwrap_or_default(),
        &said,
    )?)
}

/// Most refused entries that are listed for people; `--json` has all.
const N_LISTED: usize = 10;

/// Says which entries of a list were refused.
pub(crate) fn say_refused(refused: &[(u64, String)], shell: &Shell) {
    for (line, reason) in refused.iter().take(N_LISTED) {
        shell.say(format!("  line {line} quarantined: {reason}"));
    }
    if refused.len() > N_LISTED {
        shell.say(format!(
            "  … and {} more; --json lists them all",
            refused.len() - N_LISTED
        ));
    }
}

/// The rates of a case.
pub(crate) fn rates(case: &Case) -> Result<Rates, Error> {
    let mut lists = Vec::new();
    for path in rate_files(case)? {
        lists.push((rate_name(&path), rates::read(&fs_err::read(path)?)?));
    }
    Ok(Rates::new(lists))
}

/// How a list of rates is cited: where it stands in the case.
pub(crate) fn rate_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    format!("rates/{}", name.to_string_lossy())
}

/// Files of rates, ascending by their names, which are hashes.
pub(crate) fn rate_files(case: &Case) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(case.root().join("rates"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Files of lists, ascending.
fn files(case: &Case) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(case.root().join("tags"))? {
        let path = entry?.path();
        let is_whole = path
            .file_name()
            .is_some_and(|name| !name.to_string_lossy().starts_with('.'));
        let ending = path.extension().map(|ending| ending.to_string_lossy());
        if is_whole
            && ending.is_some_and(|ending| matches!(&*ending, "csv" | "yaml" | "xml" | "txt"))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
