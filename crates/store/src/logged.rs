//! What was done to a case, as the case shows it, and whether the audit log says the same.
//!
//! Law: each exhibit, list of tags and run stands in the log with the hashes that it has now, and each
//! that the log names is there. The log is the only witness outside the directories themselves. That names were shown to somebody
//! (`disclose`) leaves nothing but its entry.

use crate::audit::Entry;
use crate::case::reading_name;
use crate::disk::sha256_of;
use crate::{Case, Error, Exhibit};
use std::path::PathBuf;

/// One step that left something in the case.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) action: String,
    pub(crate) subject: String,
    left: Left,
}

#[derive(Debug)]
enum Left {
    /// An exhibit: its name and SHA-256 as stored, whose bytes `verify` hashes; and, by name, the files
    /// that describe it and what was read from it.
    Exhibit(String, String, Vec<(String, PathBuf)>),
    /// Files, by name.
    Files(Vec<(String, PathBuf)>),
}

impl Done {
    /// An exhibit that is in the case.
    pub(crate) fn exhibit(case: &Case, exhibit: Exhibit) -> Self {
        let subject = format!("X{}", exhibit.number);
        let described = case.exhibit_directory(exhibit.number).join("exhibit.toml");
        let read = case
            .root()
            .join("segments")
            .join(&subject)
            .join("segment.json");
        let files = [("exhibit.toml", described), ("segment.json", read)];
        let files = files.map(|(name, path)| (name.to_owned(), path)).to_vec();
        Self {
            action: "add".to_owned(),
            left: Left::Exhibit(exhibit.name, exhibit.sha256, files),
            subject,
        }
    }

    /// Another reading of an exhibit, as people corrected it.
    pub(crate) fn reading(case: &Case, number: u32, reading: u32) -> Self {
        let subject = reading_name(number, reading);
        let path = case.root().join("segments").join(&subject);
        Self {
            action: "correct".to_owned(),
            left: Left::Files(vec![("segment.json".to_owned(), path.join("segment.json"))]),
            subject,
        }
    }

    /// Name and SHA-256 of what it left.
    fn hashes(&self) -> Result<Vec<(String, String)>, Error> {
        let (mut hashes, files) = match &self.left {
            Left::Exhibit(name, sha256, files) => (vec![(name.clone(), sha256.clone())], files),
            Left::Files(files) => (Vec::new(), files),
        };
        for (name, path) in files {
            hashes.push((name.clone(), hex::encode(sha256_of(path)?)));
        }
        Ok(hashes)
    }

    /// Hashes as the log holds them.
    pub(crate) fn detail(&self) -> Result<String, Error> {
        Ok(hashes_as_text(&self.hashes()?))
    }

    /// Whether an entry says that it was done, with whatever hashes.
    pub(crate) fn is_named(&self, entries: &[Entry]) -> bool {
        entries.iter().any(|entry| self.is_of(entry))
    }

    fn is_of(&self, entry: &Entry) -> bool {
        entry.action == self.action && entry.subject == self.subject
    }

    /// Whether an entry says that it was done, with the hashes that it has now.
    fn is_logged(&self, entries: &[Entry]) -> Result<bool, Error> {
        let hashes = self.hashes()?;
        // A file of a run that went is missed: the entry names more than is there.
        let is_whole = |entry: &Entry| match &self.left {
            Left::Exhibit(..) => true,
            // Of one file; the entry goes on with what a person wrote.
            Left::Files(_) if self.action == "review" => true,
            Left::Files(files) => entry.detail.matches(" sha256 ").count() <= files.len(),
        };
        Ok(entries.iter().any(|entry| {
            let has = |(_, sha256): &(String, String)| entry.detail.contains(&**sha256);
            self.is_of(entry) && hashes.iter().all(has) && is_whole(entry)
        }))
    }
}

/// `manifest.json sha256 …; result.json sha256 …`.
pub(crate) fn hashes_as_text(hashes: &[(String, String)]) -> String {
    let texts: Vec<String> = hashes
        .iter()
        .map(|(name, sha256)| format!("{name} sha256 {sha256}"))
        .collect();
    texts.join("; ")
}

/// What the case shows: exhibits, lists of tags and rates, decisions, runs.
pub(crate) fn done(case: &Case) -> Result<Vec<Done>, Error> {
    let mut all = Vec::new();
    for exhibit in case.exhibits()? {
        let number = exhibit.number;
        all.push(Done::exhibit(case, exhibit));
        for reading in 1..=case.n_corrected(number) {
            all.push(Done::reading(case, number, reading));
        }
    }
    for (action, place) in [("tag", "tags"), ("rates", "rates"), ("review", "claims")] {
        for (name, path) in entries_of(case, place)? {
            if path.is_file() && !name.starts_with('.') {
                all.push(Done {
                    action: action.to_owned(),
                    subject: format!("{place}/{name}"),
                    left: Left::Files(vec![(name, path)]),
                });
            }
        }
    }
    for (name, _) in entries_of(case, "runs")? {
        let Some((_, command)) = name.split_once('-').filter(|_| !name.starts_with('.')) else {
            continue;
        };
        all.push(Done {
            action: command.to_owned(),
            subject: name.clone(),
            left: Left::Files(entries_of(case, &format!("runs/{name}"))?),
        });
    }
    Ok(all)
}

fn entries_of(case: &Case, place: &str) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut entries = Vec::new();
    for entry in fs_err::read_dir(case.root().join(place))? {
        let entry = entry?;
        entries.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.path(),
        ));
    }
    entries.sort();
    Ok(entries)
}

impl Case {
    /// Where the case and its audit log differ, in sentences.
    ///
    /// # Errors
    /// If something that is there cannot be read.
    pub fn differences_from_log(&self) -> Result<Vec<String>, Error> {
        let entries = self.audit().read()?.entries;
        let done = done(self)?;
        let mut differences = Vec::new();
        for one in &done {
            if !one.is_logged(&entries)? {
                differences.push(format!(
                    "{}: the audit log has no entry for it with the SHA-256 that it has now",
                    one.subject
                ));
            }
        }
        for entry in &entries {
            let leaves_something = !matches!(&*entry.action, "new" | "recover" | "disclose");
            let is_there = |one: &Done| one.subject == entry.subject;
            if leaves_something && !done.iter().any(is_there) {
                differences.push(format!(
                    "{}: entry {} of the audit log names it, and it is not there",
                    entry.subject, entry.number
                ));
            }
        }
        differences.dedup();
        Ok(differences)
    }
}
