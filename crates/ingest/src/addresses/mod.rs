//! Addresses in any text: notes, chats, mail dumps, web pages.
//!
//! Laws. What is called an address has a right checksum, or is said to have none. A key that spends is named as one and
//! never printed whole. A place is a file and the line on which the address begins, also where mail encoding or HTML stands
//! in between.

mod text;
mod token;

pub use token::{Kind, Token};

use crate::archive::{Content, Limits, Member, content};
use crate::{Error, EvidenceFile};
use std::collections::BTreeSet;
use std::path::Path;

/// Bytes of the longest file that is searched: its text is held in memory a few times over.
const FILE_LEN_MAX: usize = 256 << 20;

/// What was found in one place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Hit {
    /// Line from 1.
    pub line: u64,
    /// What it is.
    pub token: Token,
}

/// A file, and what was found in it, ascending by line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Searched {
    /// Path, within an archive too.
    pub name: String,
    /// What was found.
    pub hits: Vec<Hit>,
    /// Why it was not searched, if it was not.
    pub left_out: Option<String>,
}

/// Searches a file, or the files of an archive; what is packed is unpacked to files without a name in `scratch`.
///
/// # Errors
/// If the file cannot be read or unpacked.
pub fn search(file: &EvidenceFile, scratch: &Path) -> Result<Vec<Searched>, Error> {
    let members = match content(file, scratch, &Limits::DEFAULT)? {
        Content::One(file) => vec![Member::File(file)],
        Content::Many(members) => members,
    };
    members
        .into_iter()
        .map(|member| match member {
            Member::File(file) => one(&file),
            Member::LeftOut(name, _, why) => Ok(not(name, why.to_string())),
            Member::Unreadable(name, _, why) => Ok(not(name, format!("does not unpack: {why}"))),
        })
        .collect()
}

const fn not(name: String, why: String) -> Searched {
    Searched {
        name,
        hits: Vec::new(),
        left_out: Some(why),
    }
}

fn one(file: &EvidenceFile) -> Result<Searched, Error> {
    let bytes = file.map()?;
    let bytes = bytes.as_deref().unwrap_or_default();
    if bytes.len() > FILE_LEN_MAX {
        let why = format!("it has more than {FILE_LEN_MAX} bytes: split it");
        return Ok(not(file.name.clone(), why));
    }
    Ok(Searched {
        name: file.name.clone(),
        hits: in_bytes(bytes),
        left_out: None,
    })
}

/// What is in the bytes of a file, ascending by line, each once.
pub fn in_bytes(bytes: &[u8]) -> Vec<Hit> {
    let mut hits = BTreeSet::new();
    for view in text::views(bytes) {
        for (offset, token) in token::all(&view.text) {
            let line = view.line_of(offset);
            hits.insert(Hit { line, token });
        }
    }
    hits.into_iter().collect()
}
