//! Who did what to which exhibit, and why: append-only, hash-chained.
//!
//! Law: the hash of each entry covers its text and the hash before it, so that no entry can be
//! changed, dropped or put in between without breaking every hash behind it. A torn last line is what
//! a killed process leaves; it is cut, and the next entry says so.

use crate::Error;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Hash before the first entry.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Who acts, why, and when. The clock is the caller's: no library of this project reads one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Name of the operator.
    pub operator: String,
    /// Purpose of the processing.
    pub purpose: Option<String>,
    /// Time, ISO 8601 UTC.
    pub at: String,
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number, from 1.
    pub number: u64,
    /// When.
    pub at: String,
    /// Who.
    pub operator: String,
    /// Why; never empty.
    pub purpose: Option<String>,
    /// What was done: `new`, `add`, `tag`, `trace`, `report`, `recover`, …
    pub action: String,
    /// To what: an exhibit, a run.
    pub subject: String,
    /// More, as text.
    pub detail: String,
    /// Hash of the entry before.
    pub previous: String,
    /// Hash of this entry.
    pub hash: String,
}

impl Entry {
    fn computed_hash(&self) -> String {
        let mut hash = Sha256::new();
        let number = self.number.to_string();
        let purpose = self.purpose.as_deref().unwrap_or("");
        let fields = [
            &number,
            &self.at,
            &self.operator,
            purpose,
            &self.action,
            &self.subject,
            &self.detail,
            &self.previous,
        ];
        for field in fields {
            // Lengths keep fields apart, so that no text can pass for the end of another.
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        hex::encode(hash.finalize())
    }
}

/// The audit log of a case.
#[derive(Clone, Debug)]
pub struct AuditLog {
    path: PathBuf,
}

/// What reading the log found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditState {
    /// Whole entries.
    pub entries: Vec<Entry>,
    /// Bytes of a torn last line.
    pub n_torn_bytes: usize,
    /// Number of the first entry that breaks the chain.
    pub broken_at: Option<u64>,
}

impl AuditState {
    /// Hash of the last entry.
    pub fn head(&self) -> &str {
        self.entries.last().map_or(GENESIS, |entry| &entry.hash)
    }
}

impl AuditLog {
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            path: root.join("audit.log"),
        }
    }

    /// Reads and checks the whole log.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self) -> Result<AuditState, Error> {
        let text = match fs_err::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let whole = text
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        let mut state = AuditState {
            entries: Vec::new(),
            n_torn_bytes: text.len() - whole,
            broken_at: None,
        };
        for line in text[..whole]
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let number = state.entries.len() as u64 + 1;
            let entry: Option<Entry> = serde_json::from_slice(line).ok();
            let sound = entry.filter(|entry| {
                entry.number == number
                    && entry.previous == state.head()
                    && entry.purpose.as_deref() != Some("")
                    && entry.hash == entry.computed_hash()
            });
            let Some(entry) = sound else {
                state.broken_at = Some(number);
                break;
            };
            state.entries.push(entry);
        }
        Ok(state)
    }

    /// Appends an entry, cutting a torn last line first.
    ///
    /// # Errors
    /// If the log is broken or cannot be written: nothing is appended to a broken chain.
    pub(crate) fn append(
        &self,
        actor: &Actor,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<Entry, Error> {
        let mut state = self.read()?;
        if let Some(number) = state.broken_at {
            return Err(Error::damaged(
                "audit.log",
                format!("the chain breaks at entry {number}"),
            ));
        }
        let mut file = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.path)?;
        let n_whole = file.metadata()?.len() - state.n_torn_bytes as u64;
        file.file().set_len(n_whole)?;
        file.seek(SeekFrom::Start(n_whole))?;
        if state.n_torn_bytes > 0 {
            let detail = format!(
                "{} bytes of an interrupted entry were cut",
                state.n_torn_bytes
            );
            let entry = next_entry(&state, actor, "recover", "audit.log", &detail);
            write_entry(&mut file, &entry)?;
            state.entries.push(entry);
        }
        let entry = next_entry(&state, actor, action, subject, detail);
        write_entry(&mut file, &entry)?;
        file.sync_all()?;
        if n_whole == 0 {
            crate::disk::sync_dir(self.path.parent().unwrap_or(Path::new(".")))?;
        }
        Ok(entry)
    }
}

fn next_entry(
    state: &AuditState,
    actor: &Actor,
    action: &str,
    subject: &str,
    detail: &str,
) -> Entry {
    let mut entry = Entry {
        number: state.entries.len() as u64 + 1,
        at: actor.at.clone(),
        operator: actor.operator.clone(),
        purpose: actor.purpose.clone().filter(|why| !why.is_empty()),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        previous: state.head().to_owned(),
        hash: String::new(),
    };
    entry.hash = entry.computed_hash();
    entry
}

fn write_entry(file: &mut fs_err::File, entry: &Entry) -> Result<(), Error> {
    let mut line = serde_json::to_vec(entry)
        .map_err(|error| Error::damaged("audit.log", error.to_string()))?;
    line.push(b'\n');
    Ok(file.write_all(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor() -> Actor {
        Actor {
            operator: "test".into(),
            purpose: None,
            at: "2026-01-01T00:00:00Z".into(),
        }
    }

    fn log_of_three() -> (tempfile::TempDir, AuditLog) {
        let directory = tempfile::tempdir().unwrap();
        let log = AuditLog::at(directory.path());
        for subject in ["X1", "X2", "X3"] {
            log.append(&actor(), "add", subject, "").unwrap();
        }
        (directory, log)
    }

    #[test]
    fn a_changed_entry_breaks_the_chain() {
        let (_directory, log) = log_of_three();
        assert_eq!(log.read().unwrap().broken_at, None);
        let text = fs_err::read_to_string(&log.path).unwrap();
        fs_err::write(&log.path, text.replace("\"X2\"", "\"X9\"")).unwrap();
        assert_eq!(log.read().unwrap().broken_at, Some(2));
        assert!(log.append(&actor(), "add", "X4", "").is_err());
    }

    #[test]
    fn nothing_can_be_added_to_an_entry() {
        let (_directory, log) = log_of_three();
        let text = fs_err::read_to_string(&log.path).unwrap();
        for changed in [
            text.replacen("\"purpose\":null", "\"purpose\":\"\"", 1),
            text.replacen("\"purpose\":null", "\"purpose\":null,\"seen\":1", 1),
        ] {
            assert_ne!(changed, text);
            fs_err::write(&log.path, changed).unwrap();
            assert_eq!(log.read().unwrap().broken_at, Some(1));
        }
    }

    #[test]
    fn a_dropped_entry_breaks_the_chain() {
        let (_directory, log) = log_of_three();
        let text = fs_err::read_to_string(&log.path).unwrap();
        let without_second: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|line| line.0 != 1)
            .map(|line| line.1)
            .collect();
        fs_err::write(&log.path, without_second.join("\n") + "\n").unwrap();
        assert_eq!(log.read().unwrap().broken_at, Some(2));
    }

    #[test]
    fn a_torn_tail_is_cut_and_logged() {
        let (_directory, log) = log_of_three();
        let whole = fs_err::read(&log.path).unwrap();
        let third_at = whole[..whole.len() - 1]
            .iter()
            .rposition(|&byte| byte == b'\n')
            .unwrap()
            + 1;
        for cut in third_at + 1..whole.len() {
            fs_err::write(&log.path, &whole[..cut]).unwrap();
            log.append(&actor(), "add", "X3", "").unwrap();
            let state = log.read().unwrap();
            let actions: Vec<&str> = state.entries.iter().map(|entry| &*entry.action).collect();
            assert_eq!(
                (state.broken_at, actions),
                (None, vec!["add", "add", "recover", "add"])
            );
        }
    }
}
