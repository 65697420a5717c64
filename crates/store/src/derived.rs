//! What analyses keep beside the index: columns of numbers that follow from the graph, such as the entity
//! of each account, so that a question about a few accounts does not compute them for all.
//!
//! Laws. A derived file is as disposable as the index: it lies in the directory of the index that it was
//! made from, goes with it, and making it again gives the same bytes. Its name says by which rules it was
//! made. It is mapped, so opening it costs nothing that grows with the case.
//!
//! Format: little-endian; magic `MTDERIV\0`, number of columns and count of each (8 bytes each), zeros up
//! to a multiple of 64 bytes, then the columns, 4 bytes a value.

use crate::Error;
use crate::case::Case;
use crate::disk::replace_with;
use crate::graph::column::{Column, map};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"MTDERIV\0";
const ALIGNMENT: usize = 64;

/// Columns that were made from a graph.
pub type Made<const N: usize> = [Vec<u32>; N];

/// Columns that follow from a graph, mapped.
#[derive(Clone, Debug)]
pub struct Derived<const N: usize> {
    columns: [Column<u32>; N],
}

impl<const N: usize> Derived<N> {
    /// Columns that are kept nowhere: those of a graph that is not the case's.
    pub fn unstored(made: Made<N>) -> Self {
        Self {
            columns: made.map(Column::from),
        }
    }

    /// The columns, in the order in which they were made.
    pub fn columns(&self) -> [&[u32]; N] {
        self.columns.each_ref().map(|column| &**column)
    }

    /// The column at a position, which is read whole: the disk is told so.
    pub fn whole(&self, position: usize) -> &[u32] {
        self.columns[position].will_be_read();
        &self.columns[position]
    }

    /// Maps a file. `None` if it is not there, or is not whole.
    fn open(path: &Path) -> Option<Self> {
        let file = fs_err::File::open(path).ok()?;
        let map = Arc::new(map(file.file()).ok()?);
        let word = |at: usize| {
            let bytes = map.get(8 * at..8 * at + 8)?;
            usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        if map.get(..8)? != MAGIC || word(1)? != N {
            return None;
        }
        let mut at = (16 + 8 * N).next_multiple_of(ALIGNMENT);
        let mut columns = std::array::from_fn(|_| Column::default());
        for (position, column) in columns.iter_mut().enumerate() {
            let len = word(2 + position)?;
            *column = Column::mapped(&map, at, len)?;
            at = at.checked_add(4 * len)?;
        }
        (at == map.len()).then_some(Self { columns })
    }
}

/// What stands before the columns.
fn head<const N: usize>(made: &Made<N>) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend((N as u64).to_le_bytes());
    for column in made {
        bytes.extend((column.len() as u64).to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes
}

fn write<const N: usize>(made: &Made<N>, to: impl Write) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    to.write_all(&head(made))?;
    for value in made.iter().flatten() {
        to.write_all(&value.to_le_bytes())?;
    }
    to.flush()
}

impl Case {
    /// Columns that follow from the graph of this case: mapped if they are there, else made first and
    /// kept. One process makes them, others wait for it.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub fn derived<const N: usize>(
        &self,
        name: &str,
        make: impl FnOnce() -> Made<N>,
    ) -> Result<Derived<N>, Error> {
        let directory = self.current_index()?;
        let path = directory.join(format!("{name}.bin"));
        if let Some(found) = Derived::open(&path) {
            return Ok(found);
        }
        let _lock = self.lock_index()?;
        if let Some(found) = Derived::open(&path) {
            return Ok(found);
        }
        fs_err::create_dir_all(&directory)?;
        sweep(&directory)?;
        let made = make();
        replace_with(&path, |file| write(&made, file))?;
        // What was made goes, and the system keeps as much of the file in memory as it likes.
        drop(made);
        Derived::open(&path).ok_or_else(|| Error::Damaged {
            what: path.display().to_string(),
            why: "what was just written is not there".to_owned(),
        })
    }

    /// Whether derived columns, if they are there, are what making them again gives.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn derived_is_intact<const N: usize>(
        &self,
        name: &str,
        make: impl FnOnce() -> Made<N>,
    ) -> Result<Option<bool>, Error> {
        let path = self.current_index()?.join(format!("{name}.bin"));
        if !path.is_file() {
            return Ok(None);
        }
        let made = make();
        let mut file = fs_err::File::open(&path)?;
        let wanted = head(&made);
        let mut found = vec![0; wanted.len()];
        let has_head = file.read_exact(&mut found).is_ok() && found == wanted;
        let columns = Derived::<N>::open(&path);
        Ok(Some(
            has_head
                && columns.is_some_and(|of| of.columns() == made.each_ref().map(Vec::as_slice)),
        ))
    }
}

/// Removes what a killed command left half-written; who makes columns holds the lock.
fn sweep(directory: &Path) -> Result<(), Error> {
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".tmp-") {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_and_nothing_that_is_torn_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("made.bin");
        let made = [vec![3, 1, u32::MAX], Vec::new(), vec![7]];
        let mut bytes = Vec::new();
        write(&made, &mut bytes).unwrap();
        for end in 0..bytes.len() {
            fs_err::write(&path, &bytes[..end]).unwrap();
            assert!(Derived::<3>::open(&path).is_none(), "{end} bytes");
        }
        fs_err::write(&path, &bytes).unwrap();
        let read = Derived::<3>::open(&path).unwrap();
        assert_eq!(read.columns(), [&[3, 1, u32::MAX][..], &[], &[7]]);
        assert!(Derived::<2>::open(&path).is_none());
    }
}
