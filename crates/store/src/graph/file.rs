//! The graph as one file: written beside and renamed, read by mapping it.
//!
//! Layout, little-endian: magic (8 bytes), layout version (`u32`), number of columns (`u32`), SHA-256
//! of everything behind the header, offset and length of the description (JSON: assets, bases,
//! widths), then offset and count of values for each column. Columns begin at multiples of 64 bytes.
//! Opening checks magic, version and lengths; `verify` checks the hash.

use super::{Amounts, Column, Graph, Stored};
use crate::Error;
use memmap2::Mmap;
use moneytrail_model::{Asset, Basis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

const MAGIC: [u8; 8] = *b"MTGRAPH\0";

/// Version of the layout.
pub(crate) const LAYOUT_VERSION: u32 = 2;

const N_COLUMNS: usize = 30;
const HEADER_LEN: usize = 8 + 4 + 4 + 32 + 16 + N_COLUMNS * 16;
const ALIGNMENT: usize = 64;

#[derive(Serialize, Deserialize)]
struct Description {
    assets: Vec<(String, u8, String)>,
    bases: Vec<String>,
    wide_amounts: bool,
    wide_consumed: bool,
    wide_paid: bool,
}

impl Amounts {
    fn bytes(&self) -> (&[u8], usize) {
        match self {
            Self::Narrow(column) => (column.bytes(), column.len()),
            Self::Wide(column) => (column.bytes(), column.len()),
        }
    }

    const fn is_wide(&self) -> bool {
        matches!(self, Self::Wide(_))
    }
}

fn bytes<T: Stored>(column: &Column<T>) -> (&[u8], usize) {
    (column.bytes(), column.len())
}

impl Graph {
    /// All columns, in the order of the file.
    fn columns(&self) -> [(&[u8], usize); N_COLUMNS] {
        [
            bytes(&self.key_offsets),
            bytes(&self.key_bytes),
            bytes(&self.junction_events),
            bytes(&self.event_junctions),
            bytes(&self.event_kinds),
            bytes(&self.event_seconds),
            bytes(&self.event_precisions),
            bytes(&self.event_transfers),
            bytes(&self.citation_offsets),
            bytes(&self.citation_exhibits),
            bytes(&self.citation_rows),
            bytes(&self.from),
            bytes(&self.to),
            bytes(&self.transfer_assets),
            self.amounts.bytes(),
            bytes(&self.transfer_events),
            bytes(&self.transfer_kinds),
            bytes(&self.out_offsets),
            bytes(&self.out_transfers),
            bytes(&self.in_offsets),
            bytes(&self.in_transfers),
            bytes(&self.link_earlier),
            bytes(&self.link_later),
            self.link_consumed.bytes(),
            self.link_paid.bytes(),
            bytes(&self.link_bases),
            bytes(&self.link_offsets_by_later),
            bytes(&self.link_offsets_by_earlier),
            bytes(&self.links_by_earlier),
            bytes(&self.citation_transfers),
        ]
    }

    fn description(&self) -> Result<Vec<u8>, Error> {
        let description = Description {
            assets: self
                .assets
                .iter()
                .map(|asset| {
                    (
                        asset.key().to_string(),
                        asset.decimals(),
                        asset.symbol().to_owned(),
                    )
                })
                .collect(),
            bases: self.bases.iter().map(Basis::to_string).collect(),
            wide_amounts: self.amounts.is_wide(),
            wide_consumed: self.link_consumed.is_wide(),
            wide_paid: self.link_paid.is_wide(),
        };
        serde_json::to_vec(&description).map_err(|error| Error::Text {
            what: "graph.bin".to_owned(),
            why: error.to_string(),
        })
    }

    /// SHA-256 of what the graph says: its description and columns. O(size).
    ///
    /// # Errors
    /// If the description cannot be written.
    pub(crate) fn digest(&self) -> Result<[u8; 32], Error> {
        let mut body = Sha256::new();
        body.update(self.description()?);
        for (bytes, _) in self.columns() {
            body.update(bytes);
        }
        Ok(body.finalize().into())
    }

    /// Writes the graph to `path`, which appears whole or not at all.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let description = self.description()?;
        let columns = self.columns();
        let description_at = HEADER_LEN.next_multiple_of(ALIGNMENT);
        let mut offset = (description_at + description.len()).next_multiple_of(ALIGNMENT);
        let mut directory = Vec::with_capacity(N_COLUMNS * 16);
        let mut offsets = Vec::with_capacity(N_COLUMNS);
        for (bytes, n_values) in columns {
            directory.extend((offset as u64).to_le_bytes());
            directory.extend((n_values as u64).to_le_bytes());
            offsets.push(offset);
            offset = (offset + bytes.len()).next_multiple_of(ALIGNMENT);
        }
        let mut at = 0;
        let parent = path.parent().unwrap_or(Path::new("."));
        let mut beside = tempfile::Builder::new()
            .prefix(".tmp-")
            .tempfile_in(parent)?;
        let mut file = BufWriter::with_capacity(1 << 20, beside.as_file_mut());
        let mut put =
            |file: &mut BufWriter<_>, start: usize, bytes: &[u8]| -> std::io::Result<()> {
                file.write_all(&[0; ALIGNMENT][..start - at])?;
                at = start + bytes.len();
                file.write_all(bytes)
            };
        let mut header = Vec::with_capacity(HEADER_LEN);
        header.extend(MAGIC);
        header.extend(LAYOUT_VERSION.to_le_bytes());
        header.extend(u32::try_from(N_COLUMNS).unwrap_or(u32::MAX).to_le_bytes());
        header.extend_from_slice(&self.digest()?);
        header.extend((description_at as u64).to_le_bytes());
        header.extend((description.len() as u64).to_le_bytes());
        header.extend(directory);
        put(&mut file, 0, &header)?;
        put(&mut file, description_at, &description)?;
        for (start, (bytes, _)) in offsets.into_iter().zip(columns) {
            put(&mut file, start, bytes)?;
        }
        file.flush()?;
        drop(file);
        beside.as_file().sync_all()?;
        beside
            .persist(path)
            .map_err(|error| Error::Io(error.error))?;
        crate::disk::sync_dir(parent)
    }

    /// Maps the graph at `path`.
    ///
    /// # Errors
    /// If it is missing, damaged, or of another layout.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = fs_err::File::open(path)?;
        let map = Arc::new(super::column::map(file.file())?);
        let file = Reader {
            map: &map,
            what: path.display().to_string(),
        };
        file.check_header()?;
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
        let graph = Self {
            assets: assets.collect::<Result<_, Error>>()?,
            bases: bases.collect::<Result<_, Error>>()?,
            key_offsets: file.column(0)?,
            key_bytes: file.column(1)?,
            junction_events: file.column(2)?,
            event_junctions: file.column(3)?,
            event_kinds: file.column(4)?,
            event_seconds: file.column(5)?,
            event_precisions: file.column(6)?,
            event_transfers: file.column(7)?,
            citation_offsets: file.column(8)?,
            citation_exhibits: file.column(9)?,
            citation_rows: file.column(10)?,
            from: file.column(11)?,
            to: file.column(12)?,
            transfer_assets: file.column(13)?,
            amounts: file.amounts(14, description.wide_amounts)?,
            transfer_events: file.column(15)?,
            transfer_kinds: file.column(16)?,
            out_offsets: file.column(17)?,
            out_transfers: file.column(18)?,
            in_offsets: file.column(19)?,
            in_transfers: file.column(20)?,
            link_earlier: file.column(21)?,
            link_later: file.column(22)?,
            link_consumed: file.amounts(23, description.wide_consumed)?,
            link_paid: file.amounts(24, description.wide_paid)?,
            link_bases: file.column(25)?,
            link_offsets_by_later: file.column(26)?,
            link_offsets_by_earlier: file.column(27)?,
            links_by_earlier: file.column(28)?,
            citation_transfers: file.column(29)?,
        };
        graph
            .lengths_agree()
            .then_some(graph)
            .ok_or_else(|| file.damaged("columns disagree in length"))
    }

    /// Whether columns about the same things have the same length, so that no id read from one can
    /// be the first to miss another.
    fn lengths_agree(&self) -> bool {
        let (n_nodes, n_events, n_transfers, n_links) = (
            self.n_nodes(),
            self.n_events(),
            self.n_transfers(),
            self.n_links(),
        );
        [
            self.event_junctions.len(),
            self.event_seconds.len(),
            self.event_precisions.len(),
        ] == [n_events; 3]
            && [self.event_transfers.len(), self.citation_offsets.len()] == [n_events + 1; 2]
            && [self.citation_rows.len(), self.citation_transfers.len()]
                == [self.citation_exhibits.len(); 2]
            && [
                self.to.len(),
                self.transfer_assets.len(),
                self.amounts.len(),
                self.transfer_events.len(),
            ] == [n_transfers; 4]
            && [
                self.transfer_kinds.len(),
                self.out_transfers.len(),
                self.in_transfers.len(),
            ] == [n_transfers; 3]
            && [self.out_offsets.len(), self.in_offsets.len()] == [n_nodes + 1; 2]
            && [
                self.link_later.len(),
                self.link_consumed.len(),
                self.link_paid.len(),
                self.link_bases.len(),
            ] == [n_links; 4]
            && self.links_by_earlier.len() == n_links
            && [
                self.link_offsets_by_later.len(),
                self.link_offsets_by_earlier.len(),
            ] == [n_transfers + 1; 2]
    }

    /// The digest that the file at `path` was written with.
    ///
    /// # Errors
    /// If it is no index.
    pub(crate) fn stored_digest(path: &Path) -> Result<[u8; 32], Error> {
        let file = fs_err::File::open(path)?;
        let file = Reader {
            map: &Arc::new(super::column::map(file.file())?),
            what: path.display().to_string(),
        };
        file.check_header()?;
        Ok(file.map[16..48].try_into().expect("thirty-two bytes"))
    }
}

struct Reader<'a> {
    map: &'a Arc<Mmap>,
    what: String,
}

impl Reader<'_> {
    fn damaged(&self, why: &str) -> Error {
        Error::damaged(self.what.clone(), why)
    }

    fn check_header(&self) -> Result<(), Error> {
        if self.map.len() < HEADER_LEN || self.map[..8] != MAGIC {
            return Err(self.damaged("not an index"));
        }
        let word =
            |at: usize| u32::from_le_bytes(self.map[at..at + 4].try_into().expect("four bytes"));
        if word(8) != LAYOUT_VERSION {
            return Err(Error::NewerVersion {
                what: self.what.clone(),
                found: word(8),
                supported: LAYOUT_VERSION,
            });
        }
        if word(12) as usize != N_COLUMNS {
            return Err(self.damaged("unexpected number of columns"));
        }
        Ok(())
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
        let end = start
            .checked_add(len)
            .ok_or_else(|| self.damaged("description"))?;
        self.map
            .get(start..end)
            .ok_or_else(|| self.damaged("description"))
    }

    fn column<T: Stored>(&self, position: usize) -> Result<Column<T>, Error> {
        let at = 64 + position * 16;
        let (offset, n_values) = (self.long(at)?, self.long(at + 8)?);
        Column::mapped(self.map, offset, n_values)
            .ok_or_else(|| self.damaged("a column reaches beyond the file"))
    }

    fn amounts(&self, position: usize, wide: bool) -> Result<Amounts, Error> {
        Ok(if wide {
            Amounts::Wide(self.column(position)?)
        } else {
            Amounts::Narrow(self.column(position)?)
        })
    }
}
