//! Files that are there whole or not at all: written beside, synced, renamed.

use crate::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::Path;

/// Syncs a directory, so that a rename in it survives a power cut.
pub(crate) fn sync_dir(directory: &Path) -> Result<(), Error> {
    fs_err::File::open(directory)?.sync_all()?;
    Ok(())
}

/// SHA-256 of a file, in pieces.
pub(crate) fn sha256_of(path: &Path) -> Result<[u8; 32], Error> {
    let mut file = fs_err::File::open(path)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().into()),
            n_read => hash.update(&piece[..n_read]),
        }
    }
}

/// Writes a new file and syncs it; syncing its directory is the caller's.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = fs_err::File::create(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

/// Replaces `path` by `bytes`, or leaves it as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace_with(path, |file| file.write_all(bytes))
}

/// Replaces `path` by what `write` writes, which need not be in memory as a whole, or leaves it as it was.
pub(crate) fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new()
        .prefix(".tmp-")
        .tempfile_in(directory)?;
    write(beside.as_file_mut())?;
    beside.as_file().sync_all()?;
    beside
        .persist(path)
        .map_err(|error| Error::Io(error.error))?;
    sync_dir(directory)
}

/// Writes pretty JSON with a final line feed.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| text_error(path, &error))?;
    text.push(b'\n');
    replace(path, &text)
}

/// Reads JSON.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&fs_err::read(path)?).map_err(|error| text_error(path, &error))
}

/// Reads TOML.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    toml::from_str(&fs_err::read_to_string(path)?).map_err(|error| text_error(path, &error))
}

/// Writes TOML.
pub(crate) fn write_toml<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let text = toml::to_string(value).map_err(|error| text_error(path, &error))?;
    replace(path, text.as_bytes())
}

fn text_error(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::Text {
        what: path.display().to_string(),
        why: error.to_string(),
    }
}
