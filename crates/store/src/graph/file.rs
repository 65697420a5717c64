//! The graph as one file: written beside and renamed, read by mapping it.
//!
//! Layout, little-endian: magic (8 bytes), layout version (`u32`), number of columns (`u32`), SHA-256
//! of the body, offset and length of the description (JSON: assets, bases, numbers), SHA-256 of the head,
//! then the directory: for each column its offset, count of values and bytes of a value (`u64` each).
//! Columns begin at multiples of 64 bytes. The head is all that stands before its hash, the directory and
//! the description. The body is the description, then for each column count, bytes of a value, and values.
//!
//! Each part of the graph saves its own columns and numbers and opens them in the same order. Opening
//! checks magic, version, lengths and the hash of the head, in a time that does not depend on the size of
//! the graph; `verify` checks the hash of the body.

use super::{Column, Graph, Stored};
use crate::Error;
use memmap2::Mmap;
use moneytrail_model::{Asset, Basis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

const MAGIC: [u8; 8] = *b"MTGRAPH\0";

/// Version of the layout.
pub(crate) const LAYOUT_VERSION: u32 = 5;

/// Up to the hash of the head.
const FRONT_LEN: usize = 8 + 4 + 4 + 32 + 16;
/// Up to the directory.
const HEADER_LEN: usize = FRONT_LEN + 32;
const ENTRY_LEN: usize = 3 * 8;
const ALIGNMENT: usize = 64;

#[derive(Serialize, Deserialize)]
struct Description {
    assets: Vec<(String, u8, String)>,
    bases: Vec<String>,
    /// Counts and bases of columns, in the order in which parts save them.
    numbers: Vec<u64>,
}

/// What bytes of the index are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// Ends, amounts, events, both directions, links, citations.
    Structure,
    /// Account keys.
    Keys,
    /// Transaction ids.
    Txids,
    /// What finds an event by its transaction id.
    LookUps,
}

/// How many bytes a part of the index takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartBytes {
    /// What they are for.
    pub group: Group,
    /// Which part it is.
    pub part: &'static str,
    /// How many, without what aligns columns.
    pub n_bytes: u64,
}

/// Gathers what parts of a graph save.
pub(super) struct Sink<'a> {
    group: Group,
    numbers: Vec<u64>,
    columns: Vec<Saved<'a>>,
}

struct Saved<'a> {
    group: Group,
    part: &'static str,
    bytes: &'a [u8],
    n_values: u64,
    width: u64,
}

impl<'a> Sink<'a> {
    /// Says what the columns that follow are for.
    pub(super) const fn group(&mut self, group: Group) {
        self.group = group;
    }

    pub(super) fn number(&mut self, number: u64) {
        self.numbers.push(number);
    }

    pub(super) fn column<T: Stored>(&mut self, part: &'static str, column: &'a Column<T>) {
        self.columns.push(Saved {
            group: self.group,
            part,
            bytes: column.bytes(),
            n_values: column.len() as u64,
            width: size_of::<T>() as u64,
        });
    }
}

impl Saved<'_> {
    fn hash_into(&self, body: &mut Sha256) {
        body.update(self.n_values.to_le_bytes());
        body.update(self.width.to_le_bytes());
        body.update(self.bytes);
    }
}

impl Graph {
    /// The description, and all columns in the order of the file.
    fn saved(&self) -> Result<(Vec<u8>, Vec<Saved<'_>>), Error> {
        let mut sink = Sink {
            group: Group::Structure,
            numbers: Vec::new(),
            columns: Vec::new(),
        };
        self.save(&mut sink);
        let asset = |asset: &Asset| {
            let (key, symbol) = (asset.key().to_string(), asset.symbol().to_owned());
            (key, asset.decimals(), symbol)
        };
        let description = Description {
            assets: self.assets.iter().map(asset).collect(),
            bases: self.bases.iter().map(Basis::to_string).collect(),
            numbers: sink.numbers,
        };
        let description = serde_json::to_vec(&description).map_err(|error| Error::Text {
            what: "graph.bin".to_owned(),
            why: error.to_string(),
        })?;
        Ok((description, sink.columns))
    }

    /// Bytes that each part takes, in the order of the file.
    ///
    /// # Errors
    /// If the description cannot be written.
    pub fn bytes(&self) -> Result<Vec<PartBytes>, Error> {
        let mut parts: Vec<PartBytes> = Vec::new();
        for column in self.saved()?.1 {
            let n_bytes = column.bytes.len() as u64;
            match parts.last_mut() {
                Some(last) if (last.group, last.part) == (column.group, column.part) => {
                    last.n_bytes += n_bytes;
                }
                _ => parts.push(PartBytes {
                    group: column.group,
                    part: column.part,
                    n_bytes,
                }),
            }
        }
        Ok(parts)
    }

    /// SHA-256 of what the graph says: its description and columns. O(size).
    ///
    /// # Errors
    /// If the description cannot be written.
    pub(crate) fn digest(&self) -> Result<[u8; 32], Error> {
        let _in_order = self.in_order();
        let (description, columns) = self.saved()?;
        let mut body = Sha256::new_with_prefix(description);
        for column in &columns {
            column.hash_into(&mut body);
        }
        Ok(body.finalize().into())
    }

    /// Writes the graph to `path`, which appears whole or not at all. Columns are hashed as they are
    /// written; the header comes last.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let (description, columns) = self.saved()?;
        let parent = path.parent().unwrap_or(Path::new("."));
        let mut beside = tempfile::Builder::new()
            .prefix(".tmp-")
            .tempfile_in(parent)?;
        let mut file = BufWriter::with_capacity(1 << 20, beside.as_file_mut());
        let mut at = HEADER_LEN + columns.len() * ENTRY_LEN;
        file.seek(SeekFrom::Start(at as u64))?;
        let mut put = |file: &mut BufWriter<_>, bytes: &[u8]| -> std::io::Result<u64> {
            let start = at.next_multiple_of(ALIGNMENT);
            file.write_all(&[0; ALIGNMENT][..start - at])?;
            at = start + bytes.len();
            file.write_all(bytes)?;
            Ok(start as u64)
        };
        let mut body = Sha256::new_with_prefix(&description);
        let description_at = put(&mut file, &description)?;
        let mut directory = Vec::with_capacity(columns.len() * ENTRY_LEN);
        for column in &columns {
            let start = put(&mut file, column.bytes)?;
            directory.extend([start, column.n_values, column.width].map(u64::to_le_bytes));
            column.hash_into(&mut body);
        }
        let n_columns = u32::try_from(columns.len()).expect("a fixed number of columns");
        let mut front = Vec::with_capacity(FRONT_LEN);
        front.extend(MAGIC);
        front.extend(LAYOUT_VERSION.to_le_bytes());
        front.extend(n_columns.to_le_bytes());
        front.extend_from_slice(&body.finalize());
        front.extend(description_at.to_le_bytes());
        front.extend((description.len() as u64).to_le_bytes());
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&front)?;
        file.write_all(&head_hash(&front, directory.as_flattened(), &description))?;
        file.write_all(directory.as_flattened())?;
        file.flush()?;
        drop(file);
        beside.as_file().sync_all()?;
        beside
            .persist(path)
            .map_err(|error| Error::Io(error.error))?;
        crate::disk::sync_dir(parent)
    }

    /// Maps the graph at `path`. O(assets and bases).
    ///
    /// # Errors
    /// If it is missing, damaged, or of another layout.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = Reader::map(path)?;
        let description: Description = serde_json::from_slice(file.description()?)
            .map_err(|error| file.damaged(&format!("description: {error}")))?;
        let assets = description.assets.iter().map(|(key, decimals, symbol)| {
            let key = key.parse().map_err(|_| file.damaged("asset"))?;
            Ok(Asset::new(key).with_decimals(*decimals).with_symbol(symbol))
        });
        let bases = description
            .bases
            .iter()
            .map(|basis| Basis::parse(basis).ok_or_else(|| file.damaged("basis")));
        let mut source = Source {
            file: &file,
            numbers: description.numbers.iter(),
            next: 0,
        };
        let graph = Self::open_parts(
            assets.collect::<Result<_, Error>>()?,
            bases.collect::<Result<_, Error>>()?,
            &mut source,
        )?;
        source.check(source.next == file.n_columns && source.numbers.len() == 0)?;
        Ok(graph)
    }

    /// The digest that the file at `path` was written with.
    ///
    /// # Errors
    /// If it is no index.
    pub(crate) fn stored_digest(path: &Path) -> Result<[u8; 32], Error> {
        let file = Reader::map(path)?;
        Ok(file.map[16..48].try_into().expect("thirty-two bytes"))
    }
}

/// Hands parts of a graph their columns and numbers, in the order of the file.
pub(super) struct Source<'a> {
    file: &'a Reader,
    numbers: std::slice::Iter<'a, u64>,
    next: usize,
}

impl Source<'_> {
    /// The next number.
    pub(super) fn number(&mut self) -> Result<u64, Error> {
        let number = self.numbers.next();
        number.copied().ok_or_else(|| self.file.damaged("numbers"))
    }

    /// The next number, which counts values in memory.
    pub(super) fn count(&mut self) -> Result<usize, Error> {
        let count = usize::try_from(self.number()?);
        count.map_err(|_| self.file.damaged("a count beyond memory"))
    }

    /// Bytes of each value of the next column.
    pub(super) fn width(&self) -> Result<usize, Error> {
        self.file.long(self.entry() + 16)
    }

    /// The next column.
    pub(super) fn column<T: Stored>(&mut self) -> Result<Column<T>, Error> {
        let (at, file) = (self.entry(), self.file);
        self.check(self.next < file.n_columns && self.width()? == size_of::<T>())?;
        self.next += 1;
        Column::mapped(&file.map, file.long(at)?, file.long(at + 8)?)
            .ok_or_else(|| file.damaged("a column reaches beyond the file"))
    }

    /// Refuses columns that disagree, so that no id read from one can be the first to miss another.
    pub(super) fn check(&self, agrees: bool) -> Result<(), Error> {
        let refused = || self.file.damaged("columns disagree");
        agrees.then_some(()).ok_or_else(refused)
    }

    const fn entry(&self) -> usize {
        HEADER_LEN + self.next * ENTRY_LEN
    }
}

/// SHA-256 of what says where everything is.
fn head_hash(front: &[u8], directory: &[u8], description: &[u8]) -> [u8; 32] {
    let mut head = Sha256::new_with_prefix(front);
    head.update(directory);
    head.update(description);
    head.finalize().into()
}

struct Reader {
    map: Arc<Mmap>,
    what: String,
    n_columns: usize,
}

impl Reader {
    /// Maps a file and checks its header.
    fn map(path: &Path) -> Result<Self, Error> {
        let file = fs_err::File::open(path)?;
        let mut reader = Self {
            map: Arc::new(super::column::map(file.file())?),
            what: path.display().to_string(),
            n_columns: 0,
        };
        if reader.map.len() < HEADER_LEN || reader.map[..8] != MAGIC {
            return Err(reader.damaged("not an index"));
        }
        let word =
            |at: usize| u32::from_le_bytes(reader.map[at..at + 4].try_into().expect("four bytes"));
        let (found, n_columns) = (word(8), word(12) as usize);
        if found != LAYOUT_VERSION {
            return Err(Error::NewerVersion {
                what: reader.what,
                found,
                supported: LAYOUT_VERSION,
            });
        }
        reader.n_columns = n_columns;
        let directory_end = n_columns
            .checked_mul(ENTRY_LEN)
            .and_then(|len| len.checked_add(HEADER_LEN));
        let directory = directory_end.and_then(|end| reader.map.get(HEADER_LEN..end));
        let directory = directory.ok_or_else(|| reader.damaged("ends in its header"))?;
        let head = head_hash(&reader.map[..FRONT_LEN], directory, reader.description()?);
        if head != reader.map[FRONT_LEN..HEADER_LEN] {
            return Err(reader.damaged("its header is not as it was written"));
        }
        Ok(reader)
    }

    fn damaged(&self, why: &str) -> Error {
        Error::damaged(self.what.clone(), why)
    }

    fn long(&self, at: usize) -> Result<usize, Error> {
        let bytes = self
            .map
            .get(at..at + 8)
            .ok_or_else(|| self.damaged("ends in its header"))?;
        let value = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        usize::try_from(value).map_err(|_| self.damaged("offset beyond memory"))
    }

    fn description(&self) -> Result<&[u8], Error> {
        let (start, len) = (self.long(48)?, self.long(56)?);
        start
            .checked_add(len)
            .and_then(|end| self.map.get(start..end))
            .ok_or_else(|| self.damaged("description"))
    }
}
