//! Arrays of a build: in memory while a budget lasts, then in files that the system pages in and out.
//!
//! Law: where an array lives changes no value. Anonymous memory that arrays hold never exceeds the
//! budget; mapped pages are the system's to take back, and are reported apart. Files have no name and
//! vanish with their array or their process.
#![expect(
    unsafe_code,
    reason = "a mapped array is a typed view of bytes; see each SAFETY argument"
)]

use crate::Error;
use crate::graph::Stored;
use memmap2::MmapMut;
use moneytrail_model::Watch;
use std::fs::File;
use std::io::Write;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Arrays of fewer bytes are always in memory.
const SMALL_BYTES: u64 = 1 << 16;
/// Bytes that a growing sequence gathers before it asks for more.
const CHUNK_BYTES: usize = 1 << 22;

/// Where arrays are made, and how much memory they may hold.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    directory: PathBuf,
    /// Bytes that may still be held.
    left: Arc<AtomicU64>,
    waiting: Waiting,
}

/// Who waits for a build, if somebody does.
#[derive(Clone, Default, Debug)]
pub(crate) struct Waiting(Option<Arc<dyn Watch + Send>>);

impl Waiting {
    pub(crate) fn of(watch: Arc<dyn Watch + Send>) -> Self {
        Self(Some(watch))
    }
}

impl Scratch {
    /// Files go to `directory`; arrays hold at most `budget` bytes of memory.
    pub(crate) fn new(directory: &Path, budget: u64) -> Self {
        Self {
            directory: directory.to_owned(),
            left: Arc::new(AtomicU64::new(budget)),
            waiting: Waiting::default(),
        }
    }

    /// The same, while somebody waits.
    pub(crate) fn watched_by(mut self, waiting: Waiting) -> Self {
        self.waiting = waiting;
        self
    }

    /// Tells who waits that so many rows went through a step, and asks whether to go on. It is asked for every array
    /// and file, too.
    pub(crate) fn advance(&self, n_rows: u64) -> Result<(), Error> {
        if let Waiting(Some(watch)) = &self.waiting {
            watch.advance(n_rows);
            watch.check()?;
        }
        Ok(())
    }

    /// Arrays are always in memory.
    pub(crate) fn memory() -> Self {
        Self::new(Path::new("."), u64::MAX)
    }

    /// Bytes that may still be held.
    pub(crate) fn left(&self) -> u64 {
        self.left.load(Relaxed)
    }

    /// An array of zeros.
    pub(crate) fn array<T: Stored>(&self, len: usize) -> Result<Array<T>, Error> {
        self.advance(0)?;
        let n_bytes = len as u64 * size_of::<T>() as u64;
        if let Some(held) = self.hold(n_bytes) {
            // SAFETY: `Stored` admits every bit pattern, zeros too.
            let values = vec![unsafe { std::mem::zeroed() }; len];
            return Ok(Array(Place::Owned {
                values,
                held: Some(held),
            }));
        }
        let file = self.file()?;
        reserve(&file, n_bytes)?;
        Array::mapped(&file, len)
    }

    /// An array of these values.
    pub(crate) fn collect<T: Stored>(
        &self,
        values: impl ExactSizeIterator<Item = T>,
    ) -> Result<Array<T>, Error> {
        let mut array = self.array(values.len())?;
        array
            .iter_mut()
            .zip(values)
            .for_each(|(slot, value)| *slot = value);
        Ok(array)
    }

    /// An unnamed file.
    pub(crate) fn file(&self) -> Result<File, Error> {
        self.advance(0)?;
        Ok(tempfile::tempfile_in(&self.directory)?)
    }

    /// Takes bytes from the budget, as many as it has of those that are wanted.
    pub(crate) fn share(&self, wanted: u64) -> Held {
        let held = self.hold(wanted.min(self.left()));
        held.unwrap_or_else(|| Held {
            n_bytes: 0,
            left: Arc::clone(&self.left),
        })
    }

    /// Takes bytes from the budget, if it has them.
    fn hold(&self, n_bytes: u64) -> Option<Held> {
        let taken = if n_bytes < SMALL_BYTES { 0 } else { n_bytes };
        let take = |left: u64| left.checked_sub(taken);
        self.left.fetch_update(Relaxed, Relaxed, take).ok()?;
        Some(Held {
            n_bytes: taken,
            left: Arc::clone(&self.left),
        })
    }
}

/// A share of the budget, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    n_bytes: u64,
    left: Arc<AtomicU64>,
}

impl Held {
    /// Bytes of the share.
    pub(crate) const fn n_bytes(&self) -> u64 {
        self.n_bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.left.fetch_add(self.n_bytes, Relaxed);
    }
}

/// Values, in memory or in a mapped file.
#[derive(Debug)]
pub(crate) struct Array<T: Stored>(Place<T>);

#[derive(Debug)]
enum Place<T> {
    Owned {
        values: Vec<T>,
        #[expect(dead_code, reason = "gives its bytes back when it is dropped")]
        held: Option<Held>,
    },
    Mapped {
        map: MmapMut,
        len: usize,
        of: PhantomData<T>,
    },
}

impl<T: Stored> Array<T> {
    fn mapped(file: &File, len: usize) -> Result<Self, Error> {
        if len == 0 {
            return Ok(Self::default());
        }
        // SAFETY: the file has no name and is ours alone, so no one else changes its bytes.
        let map = unsafe { MmapMut::map_mut(file)? };
        let fits = len
            .checked_mul(size_of::<T>())
            .is_some_and(|n_bytes| n_bytes <= map.len());
        assert!(
            fits && (map.as_ptr() as usize).is_multiple_of(align_of::<T>()),
            "a map begins at a page, and its file was made this long"
        );
        Ok(Self(Place::Mapped {
            map,
            len,
            of: PhantomData,
        }))
    }
}

impl<T: Stored> Array<T> {
    /// Appends a value to an array that was made of a vector.
    pub(crate) fn push(&mut self, value: T) {
        self.vector().push(value);
    }

    /// The vector that the array was made of.
    pub(crate) fn vector(&mut self) -> &mut Vec<T> {
        match &mut self.0 {
            Place::Owned { values, .. } => values,
            Place::Mapped { .. } => unreachable!("a mapped array was not made of a vector"),
        }
    }
}

impl<T: Stored> From<Vec<T>> for Array<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Place::Owned { values, held: None })
    }
}

impl<T: Stored> Default for Array<T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<T: Stored> Deref for Array<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Place::Owned { values, .. } => values,
            // SAFETY: `mapped` checked length and alignment; `Stored` admits every bit pattern.
            Place::Mapped { map, len, .. } => unsafe {
                std::slice::from_raw_parts(map.as_ptr().cast(), *len)
            },
        }
    }
}

impl<T: Stored> DerefMut for Array<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Place::Owned { values, .. } => values,
            // SAFETY: as above, and the borrow is exclusive.
            Place::Mapped { map, len, .. } => unsafe {
                std::slice::from_raw_parts_mut(map.as_mut_ptr().cast(), *len)
            },
        }
    }
}

/// Values that are appended, and become an array.
#[derive(Debug)]
pub(crate) struct Sequence<T: Stored> {
    scratch: Scratch,
    /// What is not in the file.
    tail: Vec<T>,
    /// Capacity of the tail that the budget stands for.
    held: Vec<Held>,
    n_held: usize,
    file: Option<File>,
    n_in_file: usize,
}

impl<T: Stored> Sequence<T> {
    /// An empty one.
    pub(crate) fn new(scratch: &Scratch) -> Self {
        Self {
            scratch: scratch.clone(),
            tail: Vec::new(),
            held: Vec::new(),
            n_held: CHUNK_BYTES / size_of::<T>(),
            file: None,
            n_in_file: 0,
        }
    }

    /// Values so far.
    pub(crate) fn len(&self) -> usize {
        self.n_in_file + self.tail.len()
    }

    /// Appends a value.
    #[inline]
    pub(crate) fn push(&mut self, value: T) -> Result<(), Error> {
        self.tail.push(value);
        self.make_room()
    }

    /// Appends values.
    #[inline]
    pub(crate) fn extend(&mut self, values: &[T]) -> Result<(), Error> {
        self.tail.extend_from_slice(values);
        self.make_room()
    }

    #[inline]
    fn make_room(&mut self) -> Result<(), Error> {
        if self.tail.len() < self.n_held {
            return Ok(());
        }
        self.grow_or_spill()
    }

    #[cold]
    fn grow_or_spill(&mut self) -> Result<(), Error> {
        // A vector doubles, and is held twice while it moves.
        let wanted = (self.tail.len() * 2 * size_of::<T>()) as u64;
        if self.file.is_none()
            && let Some(held) = self.scratch.hold(wanted)
        {
            self.held.push(held);
            self.n_held = self.tail.len() * 2;
            return Ok(());
        }
        self.spill()?;
        self.held.clear();
        self.n_held = CHUNK_BYTES / size_of::<T>();
        self.tail = Vec::with_capacity(self.n_held);
        Ok(())
    }

    fn spill(&mut self) -> Result<(), Error> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(self.scratch.file()?),
        };
        file.write_all(bytes_of(&self.tail))?;
        self.n_in_file += self.tail.len();
        self.tail.clear();
        Ok(())
    }

    /// All of them.
    pub(crate) fn finish(mut self) -> Result<Array<T>, Error> {
        if self.file.is_none() {
            let n_bytes = self.held.iter().map(|held| held.n_bytes).sum();
            self.held.iter_mut().for_each(|held| held.n_bytes = 0);
            let held = Held {
                n_bytes,
                left: Arc::clone(&self.scratch.left),
            };
            let values = std::mem::take(&mut self.tail);
            return Ok(Array(Place::Owned {
                values,
                held: Some(held),
            }));
        }
        self.spill()?;
        match &self.file {
            Some(file) => Array::mapped(file, self.n_in_file),
            None => Ok(Array::default()),
        }
    }
}

/// Makes a file this long, with room for it on the disk: writing into the map of a file that has none would
/// end the process.
fn reserve(file: &File, n_bytes: u64) -> Result<(), Error> {
    #[cfg(target_os = "linux")]
    if n_bytes > 0 {
        let mode = rustix::fs::FallocateFlags::empty();
        match rustix::fs::fallocate(file, mode, 0, n_bytes) {
            Ok(()) => return Ok(()),
            // Some file systems cannot; then zeros are written.
            Err(rustix::io::Errno::OPNOTSUPP) => {}
            Err(error) => return Err(Error::Io(error.into())),
        }
    }
    let mut writer = file;
    let zeros = vec![0; 1 << 20];
    let mut left = n_bytes;
    while left > 0 {
        let n = left.min(zeros.len() as u64);
        writer.write_all(&zeros[..usize::try_from(n).unwrap_or(zeros.len())])?;
        left -= n;
    }
    Ok(())
}

/// The bytes of values, as a little-endian machine stores them.
pub(crate) fn bytes_of<T: Stored>(values: &[T]) -> &[u8] {
    // SAFETY: `Stored` has no padding, so all bytes are initialised; the length is that of the slice in
    // bytes; `u8` needs no alignment; the borrow is that of the slice.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_changes_where_values_live_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        for budget in [0, 1 << 20, u64::MAX] {
            let scratch = Scratch::new(directory.path(), budget);
            let mut array = scratch.array::<u64>(100_000).unwrap();
            assert!(array.iter().all(|&value| value == 0));
            array[99_999] = 7;
            assert_eq!(array.iter().sum::<u64>(), 7);
            let mut sequence = Sequence::<u32>::new(&scratch);
            (0..3_000_000).for_each(|value| sequence.push(value).unwrap());
            assert_eq!(sequence.len(), 3_000_000);
            let values = sequence.finish().unwrap();
            assert!((0..3_000_000).eq(values.iter().copied()));
            drop((array, values));
            assert_eq!(scratch.left(), budget, "all is given back");
            assert!(scratch.array::<u8>(0).unwrap().is_empty());
            assert!(Sequence::<u8>::new(&scratch).finish().unwrap().is_empty());
        }
    }
}
