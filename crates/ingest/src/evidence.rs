//! Files of an exhibit as readers see them: mapped bytes with a path within the exhibit.
#![expect(unsafe_code, reason = "files are mapped; see the SAFETY argument")]

use crate::Error;
use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// Where its bytes are, or what they were packed in.
    pub path: PathBuf,
    /// Its bytes, if they were packed.
    unpacked: Option<Unpacked>,
}

/// Bytes of a file without a name, which goes with the last of its values. All that an archive holds is in
/// one, so that a process does not run out of open files.
#[derive(Debug, Clone)]
pub(crate) struct Unpacked {
    pub(crate) file: Arc<File>,
    pub(crate) place: Range<u64>,
}

impl EvidenceFile {
    /// A file on disk, and its path within the exhibit.
    pub const fn new(name: String, path: PathBuf) -> Self {
        Self {
            name,
            path,
            unpacked: None,
        }
    }

    /// A file on disk under its own name.
    pub fn at(path: &Path) -> Self {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        Self::new(name, path.to_owned())
    }

    /// What was packed in this file.
    pub(crate) fn unpacked(&self, name: String, bytes: Unpacked) -> Self {
        Self {
            name,
            path: self.path.clone(),
            unpacked: Some(bytes),
        }
    }

    /// Its length in bytes.
    ///
    /// # Errors
    /// If nothing can be learnt of it.
    pub(crate) fn len(&self) -> Result<u64, Error> {
        Ok(match &self.unpacked {
            Some(bytes) => bytes.place.end - bytes.place.start,
            None => fs_err::metadata(&self.path)?.len(),
        })
    }

    /// Maps its bytes. An empty file has no bytes to map and gives `None`.
    ///
    /// # Errors
    /// If it cannot be opened or mapped.
    pub fn map(&self) -> Result<Option<Mmap>, Error> {
        let mut options = MmapOptions::new();
        let opened;
        let (file, len) = if let Some(Unpacked { file, place }) = &self.unpacked {
            options.offset(place.start);
            (&**file, place.end - place.start)
        } else {
            opened = fs_err::File::open(&self.path)?.into_file();
            (&opened, opened.metadata()?.len())
        };
        if len == 0 {
            return Ok(None);
        }
        let len = usize::try_from(len)
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::FileTooLarge))?;
        options.len(len);
        // SAFETY: an exhibit's bytes are immutable by contract: copies in a case are written once
        // and made read-only, and referenced originals are hashed again by `verify`. If another
        // process truncates the file meanwhile the read faults and the process ends; nothing is
        // committed then, because a segment counts only once its directory was renamed. What was
        // unpacked has no name, so that no other process can reach it.
        Ok(Some(unsafe { options.map(file) }?))
    }

    /// How many values have the file that it was unpacked to.
    #[cfg(test)]
    pub(crate) fn n_users(&self) -> usize {
        self.unpacked
            .as_ref()
            .map_or(0, |bytes| Arc::strong_count(&bytes.file))
    }
}
