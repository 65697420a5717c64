//! An exhibit, opened: what is packed in it unpacked, its files told apart by content, and all of them read
//! into one segment.
//!
//! Laws: a file that is no archive is one part, and so are the files of a `blocks/` directory. The files of
//! a ZIP are told apart as those of a directory are, and files of one format that are read together make
//! one part. Every file of a ZIP is in a part, or is a record with a reason. Parts stand in the order of
//! their first file's name.

use crate::archive::{Content, Limits, Member, content};
use crate::chain::batch_of_file;
use crate::gather::together;
use crate::{Error, Evidence, EvidenceFile, Format, Options, Outcome, Progress, detect, read};
use moneytrail_model::RecordBin;
use moneytrail_store::schema::{RecordPlace, RecordRow, Sink};

/// Files of one exhibit that are read together.
#[derive(Debug)]
pub struct Part {
    /// Their format.
    pub format: Format,
    /// The files, unpacked.
    pub evidence: Evidence,
}

/// A file that is in no part.
#[derive(Debug)]
struct Left {
    name: String,
    n_bytes: u64,
    bin: RecordBin,
    reason: String,
}

/// An exhibit whose files can be read. What was unpacked goes with this value.
#[derive(Debug)]
pub struct Opened {
    parts: Vec<Part>,
    left: Vec<Left>,
}

/// Opens an exhibit; what is packed is unpacked to files without a name in [`Options::scratch`].
///
/// # Errors
/// If a file does not open or unpack, or holds nothing that can be read.
pub fn open(evidence: &Evidence, options: &Options) -> Result<Opened, Error> {
    let temporary = std::env::temp_dir();
    let scratch = options.scratch.as_deref().unwrap_or(&temporary);
    let mut files = Vec::with_capacity(evidence.files.len());
    for file in &evidence.files {
        match content(file, scratch, &Limits::DEFAULT)? {
            Content::One(file) => files.push(file),
            Content::Many(members) if evidence.files.len() == 1 => {
                return of_archive(&file.name, members, evidence, options);
            }
            Content::Many(_) => {
                return Err(Error::Container {
                    path: file.name.clone(),
                    why: "it is an archive among files that belong together: add it alone"
                        .to_owned(),
                });
            }
        }
    }
    let evidence = Evidence {
        files,
        book: evidence.book,
    };
    let format = detect(&evidence, options)?;
    Ok(Opened {
        parts: vec![Part { format, evidence }],
        left: Vec::new(),
    })
}

fn of_archive(
    path: &str,
    members: Vec<Member>,
    evidence: &Evidence,
    options: &Options,
) -> Result<Opened, Error> {
    let mut left = Vec::new();
    let mut files = Vec::new();
    for member in members {
        let (name, n_bytes, bin, reason) = match member {
            Member::File(file) => {
                files.push(file);
                continue;
            }
            Member::LeftOut(name, n_bytes, why) => {
                let reason = format!("left out: {why}; unpack it and name it to take it in");
                (name, n_bytes, RecordBin::SetAside, reason)
            }
            Member::Unreadable(name, n_bytes, why) => {
                let reason = format!("does not unpack: {why}");
                (name, n_bytes, RecordBin::Quarantined, reason)
            }
        };
        left.push(Left {
            name,
            n_bytes,
            bin,
            reason,
        });
    }
    let mut parts: Vec<Part> = Vec::new();
    for files in together(files) {
        let evidence = Evidence {
            files,
            book: evidence.book,
        };
        match detect(&evidence, options) {
            Ok(format) => join(&mut parts, Part { format, evidence }),
            Err(error @ (Error::Io(_) | Error::Store(_))) => return Err(error),
            Err(error) => {
                for file in &evidence.files {
                    left.push(Left {
                        name: file.name.clone(),
                        n_bytes: file.len()?,
                        bin: RecordBin::Quarantined,
                        reason: format!("not read: {error}"),
                    });
                }
            }
        }
    }
    if parts.is_empty() {
        let why = left
            .first()
            .map(|left| format!("{}: {}", left.name, left.reason));
        return Err(Error::Container {
            path: path.to_owned(),
            why: why.map_or_else(
                || "it holds no files".to_owned(),
                |why| format!("it holds no file that can be read ({why})"),
            ),
        });
    }
    left.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Opened { parts, left })
}

/// Adds a part, to one that is read together with it if there is one.
fn join(parts: &mut Vec<Part>, part: Part) {
    let same = parts
        .iter_mut()
        .find(|known| known.format == part.format && part.format.takes_several());
    match same {
        Some(known) => known.evidence.files.extend(part.evidence.files),
        None => parts.push(part),
    }
}

impl Opened {
    /// The one format of all files, or [`Format::Several`]: with it, each file is told by its content again.
    pub fn format(&self) -> Format {
        let mut formats = self.parts.iter().map(|part| part.format);
        let first = formats.next().unwrap_or(Format::Several);
        let is_one = formats.all(|format| format == first);
        let is_all = self.left.iter().all(|left| left.bin == RecordBin::SetAside);
        if is_one && is_all {
            first
        } else {
            Format::Several
        }
    }

    /// Its parts; at least one.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What is in no part: path within the exhibit, and why, ascending by path.
    pub fn left(&self) -> impl Iterator<Item = (&str, &str)> {
        self.left.iter().map(|left| (&*left.name, &*left.reason))
    }

    /// Bytes that will be read.
    ///
    /// # Errors
    /// If nothing can be learnt of a file.
    pub fn n_bytes(&self) -> Result<u64, Error> {
        let files = self.parts.iter().flat_map(|part| &part.evidence.files);
        files.map(EvidenceFile::len).sum()
    }

    /// Reads all parts into one sink.
    ///
    /// # Errors
    /// If a part cannot be taken in as a whole, or the sink refuses a batch.
    pub fn read(
        &self,
        options: &Options,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<Outcome, Error> {
        let mut outcomes = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            outcomes.push(read(part.format, &part.evidence, options, sink, progress)?);
        }
        let mut whole = outcomes
            .into_iter()
            .reduce(Outcome::and)
            .expect("there is a part");
        whole.format = self.format();
        for left in &self.left {
            let mut batch = batch_of_file(&left.name);
            batch.records.push(RecordRow {
                source: 0,
                place: RecordPlace::Bytes(0, left.n_bytes),
                bin: left.bin,
                reason: Some(left.reason.as_str().into()),
                raw: Vec::new(),
            });
            whole.counts.count(left.bin);
            sink.push(batch)?;
        }
        Ok(whole)
    }
}
