//! A file that is hashed as it is written, and that the disk takes in as it grows.
//!
//! Law: an error of the disk is told, whichever of the syncs meets it.

use sha2::{Digest, Sha256};
use std::io::{Result, Write};
use std::thread::{Builder, JoinHandle};

pub(super) struct HashedFile {
    file: fs_err::File,
    hash: Sha256,
    /// Waits for the disk beside those who encode.
    sync: Option<JoinHandle<Result<()>>>,
}

impl HashedFile {
    pub(super) fn new(file: fs_err::File) -> Self {
        Self {
            file,
            hash: Sha256::new(),
            sync: None,
        }
    }

    /// Has the disk take in what is written so far, unless it is at it still: so less is left to wait
    /// for at the end.
    pub(super) fn begin_sync(&mut self) -> Result<()> {
        if self.sync.as_ref().is_some_and(|sync| !sync.is_finished()) {
            return Ok(());
        }
        self.end_sync()?;
        let file = self.file.try_clone()?;
        // Without a thread all is left to the end.
        self.sync = Builder::new().spawn(move || file.sync_data()).ok();
        Ok(())
    }

    fn end_sync(&mut self) -> Result<()> {
        let told = self.sync.take().map(JoinHandle::join);
        told.unwrap_or(Ok(Ok(())))
            .unwrap_or_else(|_| Err(std::io::Error::other("a sync of the file did not end")))
    }

    /// Syncs the file; its SHA-256.
    pub(super) fn finish(mut self) -> Result<[u8; 32]> {
        self.end_sync()?;
        self.file.sync_all()?;
        Ok(self.hash.finalize().into())
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let n_written = self.file.write(bytes)?;
        self.hash.update(&bytes[..n_written]);
        Ok(n_written)
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}
