//! Packed files: gzip and Zstandard around one file, ZIP around many.
//!
//! Laws. Packing is told by the bytes; an office document, which is a ZIP too, stays what it is. The
//! exhibit is the file as seized, so its hash is that of the packed bytes; what is unpacked lives in a file
//! without a name, never in memory, and is unpacked again whenever it is read. Everything has a limit
//! ([`Limits`]). An archive inside an archive is refused: nobody can say how deep that goes. What a ZIP
//! holds and nobody can unpack is kept with its reason.

mod unzip;

use crate::evidence::Unpacked;
use crate::{Error, EvidenceFile};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

pub(crate) use unzip::is_office_document;

/// Bytes read at once.
const CHUNK_LEN: usize = 1 << 18;

/// How much an exhibit may unpack to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
    /// Files of a ZIP.
    pub(crate) n_files: usize,
    /// Bytes in all.
    pub(crate) n_bytes: u64,
    /// Bytes that any exhibit may unpack to, however small it is.
    pub(crate) n_bytes_free: u64,
    /// Beyond those: bytes for each byte as seized.
    pub(crate) ratio: u64,
}

impl Limits {
    /// Text of exports packs to a tenth or a twentieth; a kilobyte of DEFLATE can hold a megabyte.
    pub(crate) const DEFAULT: Self = Self {
        n_files: 100_000,
        n_bytes: 1 << 42,
        n_bytes_free: 1 << 28,
        ratio: 200,
    };

    /// Bytes that an exhibit of `n_packed` bytes may unpack to.
    fn bytes_max(&self, n_packed: u64) -> u64 {
        let by_ratio = n_packed.saturating_mul(self.ratio).max(self.n_bytes_free);
        by_ratio.min(self.n_bytes)
    }
}

/// How a file is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Packing {
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878.
    Zstandard,
    /// An archive of files, and no office document.
    Zip,
    /// An archive that is not read, by its name.
    Other(&'static str),
}

impl Packing {
    /// How these bytes are packed; `None` if they are not.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Some(Self::Zstandard)
            }
            [b'P', b'K', 3, 4, ..] if !is_office_document(bytes) => Some(Self::Zip),
            [b'P', b'K', 5 | 7, 6 | 8, ..] => Some(Self::Zip),
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => Some(Self::Other("bzip2")),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Other("xz")),
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(Self::Other("7-Zip")),
            [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(Self::Other("RAR")),
            _ if bytes.get(257..262) == Some(b"ustar") => Some(Self::Other("tar")),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
            Self::Zip => "ZIP",
            Self::Other(name) => name,
        }
    }
}

/// What a file of an exhibit turns out to hold.
#[derive(Debug)]
pub(crate) enum Content {
    /// One file, as it lies there or unpacked.
    One(EvidenceFile),
    /// The files of a ZIP, ascending by name.
    Many(Vec<Member>),
}

/// A file of a ZIP.
#[derive(Debug)]
pub(crate) enum Member {
    /// Unpacked. Its name is that of the ZIP, `/`, and its own.
    File(EvidenceFile),
    /// Left out as files of a directory are (hidden, a link): name, bytes as stated, why.
    LeftOut(String, u64, &'static str),
    /// It does not unpack: name, bytes as stated, why.
    Unreadable(String, u64, String),
}

/// Unpacks a file if it is packed.
///
/// # Errors
/// If it is damaged, breaks a limit, or holds an archive.
pub(crate) fn content(
    file: &EvidenceFile,
    scratch: &Path,
    limits: &Limits,
) -> Result<Content, Error> {
    let Some(map) = file.map()? else {
        return Ok(Content::One(file.clone()));
    };
    let Some(packing) = Packing::of(&map) else {
        return Ok(Content::One(file.clone()));
    };
    let mut room = Room::in_folder(scratch, limits.bytes_max(map.len() as u64))?;
    let unpacked = match packing {
        Packing::Gzip => room.unpack(flate2::read::MultiGzDecoder::new(&map[..])),
        Packing::Zstandard => zstd::stream::read::Decoder::with_buffer(&map[..])
            .map_err(|error| Failure::Damaged(error.to_string()))
            .and_then(|decoder| room.unpack(decoder)),
        Packing::Zip => {
            return unzip::members(file, &map, &mut room, limits.n_files).map(Content::Many);
        }
        Packing::Other(name) => {
            return Err(Error::NotReadYet {
                path: file.name.clone(),
                what: format!("a {name} archive"),
                instead: "unpack it and add the files, with a note of how that was done",
            });
        }
    };
    let unpacked = unpacked.map_err(|failure| failure.at(&file.name))?;
    let unpacked = file.unpacked(file.name.clone(), unpacked);
    refuse_nested(&unpacked)?;
    Ok(Content::One(unpacked))
}

/// The first bytes of what gzip or Zstandard hold, as far as they unpack, or the first bytes as they are.
pub(crate) fn head(bytes: &[u8], len: usize) -> Vec<u8> {
    let mut head = Vec::new();
    let n_max = len as u64;
    // What does not unpack shows when all of it is read.
    let _ = match Packing::of(bytes) {
        Some(Packing::Gzip) => flate2::read::MultiGzDecoder::new(bytes)
            .take(n_max)
            .read_to_end(&mut head),
        Some(Packing::Zstandard) => zstd::stream::read::Decoder::with_buffer(bytes)
            .and_then(|decoder| decoder.take(n_max).read_to_end(&mut head)),
        _ => bytes.take(n_max).read_to_end(&mut head),
    };
    head
}

/// Refuses what was unpacked if it is packed once more.
fn refuse_nested(file: &EvidenceFile) -> Result<(), Error> {
    let inner = file.map()?.as_deref().and_then(Packing::of);
    inner.map_or(Ok(()), |inner| {
        Err(Error::Container {
            path: file.name.clone(),
            why: format!(
                "it holds a {} archive inside an archive: unpack the outer one and add what it \
                 holds, with a note of how that was done",
                inner.name()
            ),
        })
    })
}

/// Where to unpack to, and how many bytes more.
#[derive(Debug)]
struct Room {
    file: Arc<File>,
    n_written: u64,
    n_left: u64,
}

/// Why bytes do not unpack.
#[derive(Debug)]
enum Failure {
    /// They are damaged, as their decoder says.
    Damaged(String),
    /// They unpack to more than the limit.
    TooMany,
    /// The disk refused.
    Disk(std::io::Error),
}

impl Failure {
    fn at(self, path: &str) -> Error {
        match self {
            Self::Damaged(why) => Error::Container {
                path: path.to_owned(),
                why: format!("its packing is damaged or breaks off: {why}"),
            },
            Self::TooMany => Error::Container {
                path: path.to_owned(),
                why:
                    "it unpacks to far more than an export does, as an archive made to fill a disk \
                      would: unpack it yourself, and add the files"
                        .to_owned(),
            },
            Self::Disk(error) => error.into(),
        }
    }
}

impl Room {
    /// Room for `n_left` bytes in a file without a name.
    fn in_folder(folder: &Path, n_left: u64) -> Result<Self, Error> {
        Ok(Self {
            file: Arc::new(tempfile::tempfile_in(folder)?),
            n_written: 0,
            n_left,
        })
    }

    /// Unpacks behind what was unpacked before.
    fn unpack(&mut self, mut packed: impl Read) -> Result<Unpacked, Failure> {
        let start = self.n_written;
        let mut chunk = vec![0; CHUNK_LEN];
        loop {
            let n_read = match packed.read(&mut chunk) {
                Ok(0) => break,
                Ok(n_read) => n_read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::Damaged(error.to_string())),
            };
            self.n_left = (self.n_left.checked_sub(n_read as u64)).ok_or(Failure::TooMany)?;
            let written = (&*self.file).write_all(&chunk[..n_read]);
            written.map_err(Failure::Disk)?;
            self.n_written += n_read as u64;
        }
        Ok(Unpacked {
            file: Arc::clone(&self.file),
            place: start..self.n_written,
        })
    }
}

#[cfg(test)]
mod tests;
