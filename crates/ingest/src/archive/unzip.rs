//! The files of a ZIP.
//!
//! Laws: a name within the archive is text and never a path on the disk; what the archive says of sizes is
//! not believed; two files of one name, or two that share bytes, are refused, because a locator would not
//! say which is meant.

use super::{Failure, Member, Room, refuse_nested};
use crate::gather::left_out;
use crate::{Error, EvidenceFile};
use memchr::memmem;
use std::io::Cursor;
use zip::ZipArchive;

/// Begins each entry of an archive's directory.
const ENTRY_MAGIC: &[u8] = b"PK\x01\x02";
/// Entries of a directory that are taken into memory; archives that stand inside count.
const ENTRIES_MAX: usize = 1 << 20;
/// Bytes in which a torn office document is looked for.
const HEAD_LEN: usize = 1 << 16;

/// Opens the directory of an archive.
fn open(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, String> {
    if memmem::find_iter(bytes, ENTRY_MAGIC)
        .nth(ENTRIES_MAX)
        .is_some()
    {
        return Err(format!("it lists more than {ENTRIES_MAX} files"));
    }
    ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())
}

/// Whether a ZIP is a document of an office program: by the files that such a program reads first. If its
/// directory is torn off, by their names near its start.
pub(crate) fn is_office_document(bytes: &[u8]) -> bool {
    const OFFICE: [&str; 2] = ["[Content_Types].xml", "_rels/.rels"];
    const OPEN_DOCUMENT: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.";
    // The type is the first file, stored as it is, so that it can be told without unpacking.
    let named = bytes.get(30..30 + OPEN_DOCUMENT.len());
    if named == Some(OPEN_DOCUMENT) {
        return true;
    }
    if let Ok(archive) = open(bytes) {
        let mut names = archive.file_names_raw();
        return names.any(|name| OFFICE.iter().any(|file| name == file.as_bytes()));
    }
    let head = &bytes[..bytes.len().min(HEAD_LEN)];
    let names = OFFICE.iter().map(|name| name.as_bytes());
    let mut names = names.chain([&b"xl/"[..], OPEN_DOCUMENT]);
    names.any(|name| memmem::find(head, name).is_some())
}

/// Unpacks the files of an archive.
pub(super) fn members(
    file: &EvidenceFile,
    bytes: &[u8],
    room: &mut Room,
    n_files_max: usize,
) -> Result<Vec<Member>, Error> {
    let refused = |why: String| Error::Container {
        path: file.name.clone(),
        why,
    };
    let mut archive =
        open(bytes).map_err(|why| refused(format!("its list of files does not read: {why}")))?;
    if archive.len() > n_files_max {
        return Err(refused(format!("it holds more than {n_files_max} files")));
    }
    if archive.has_duplicate_names() {
        return Err(refused("it holds two files of one name".to_owned()));
    }
    // An archive whose headers are damaged says so file by file.
    if archive.has_overlapping_entries().unwrap_or(false) {
        return Err(refused("files in it share their bytes".to_owned()));
    }
    let mut members = Vec::new();
    for index in 0..archive.len() {
        members.extend(member(file, &mut archive, index, room)?);
    }
    members.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(members)
}

impl Member {
    fn name(&self) -> &str {
        match self {
            Self::File(file) => &file.name,
            Self::LeftOut(name, ..) | Self::Unreadable(name, ..) => name,
        }
    }
}

/// One entry; a directory is none.
fn member(
    file: &EvidenceFile,
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    room: &mut Room,
) -> Result<Option<Member>, Error> {
    let name = match archive.name_for_index(index) {
        Some(Ok(name)) => name.into_owned(),
        _ => format!("file {}", index + 1),
    };
    let within = format!("{}/{name}", file.name);
    let packed = match archive.by_index(index) {
        Ok(packed) if packed.is_dir() => return Ok(None),
        Ok(packed) => packed,
        Err(error) => return Ok(Some(Member::Unreadable(within, 0, error.to_string()))),
    };
    let n_stated = packed.size();
    let link = packed.is_symlink().then_some("a link");
    if let Some(why) = link.or_else(|| left_out(&name)) {
        return Ok(Some(Member::LeftOut(within, n_stated, why)));
    }
    Ok(Some(match room.unpack(packed) {
        Ok(unpacked) => {
            let unpacked = file.unpacked(within, unpacked);
            refuse_nested(&unpacked)?;
            Member::File(unpacked)
        }
        Err(Failure::Damaged(why)) => Member::Unreadable(within, n_stated, why),
        Err(failure) => return Err(failure.at(&file.name)),
    }))
}
