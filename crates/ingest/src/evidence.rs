//! Files of an exhibit as readers see them: mapped bytes with a path within the exhibit.
#![expect(unsafe_code, reason = "files are mapped; see the SAFETY argument")]

use crate::Error;
use memmap2::Mmap;
use std::path::{Path, PathBuf};

/// The files of one exhibit: one, or those of a `blocks/` directory in order of their names.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// At least one file.
    pub files: Vec<EvidenceFile>,
    /// First eight bytes of the exhibit's SHA-256: the namespace of customers named in a book.
    pub book: moneytrail_model::BookId,
}

/// One file of an exhibit.
#[derive(Debug, Clone)]
pub struct EvidenceFile {
    /// Path within the exhibit, `/` between parts.
    pub name: String,
    /// Where its bytes are.
    pub path: PathBuf,
}

impl EvidenceFile {
    /// A file on disk under its own name.
    pub fn at(path: &Path) -> Self {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        Self {
            name,
            path: path.to_owned(),
        }
    }

    /// Maps its bytes. An empty file has no bytes to map and gives `None`.
    ///
    /// # Errors
    /// If it cannot be opened or mapped.
    pub fn map(&self) -> Result<Option<Mmap>, Error> {
        let file = fs_err::File::open(&self.path)?;
        if file.metadata()?.len() == 0 {
            return Ok(None);
        }
        // SAFETY: an exhibit's bytes are immutable by contract: copies in a case are written once
        // and made read-only, and referenced originals are hashed again by `verify`. If another
        // process truncates the file meanwhile the read faults and the process ends; nothing is
        // committed then, because a segment counts only once its directory was renamed.
        Ok(Some(unsafe { Mmap::map(file.file()) }?))
    }
}
