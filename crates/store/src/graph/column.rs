//! Columns of the index: owned while they are built, mapped when they are read. The only place
//! where bytes of a file become values.
#![expect(
    unsafe_code,
    reason = "a mapped column is a typed view of bytes; see each SAFETY argument"
)]

use crate::scratch::{Array, bytes_of};
use memmap2::Mmap;
use moneytrail_model::{NodeIdx, TransferIdx};
use std::ops::Deref;
use std::sync::Arc;

/// Values that a column may hold.
///
/// # Safety
/// Every bit pattern of the type must be a value, it must have no padding, and its alignment must
/// not exceed 16.
pub unsafe trait Stored: Copy + Send + Sync + 'static {}

// SAFETY: integers have no padding and every bit pattern is a value.
unsafe impl Stored for u8 {}
// SAFETY: as above.
unsafe impl Stored for u16 {}
// SAFETY: as above.
unsafe impl Stored for u32 {}
// SAFETY: as above.
unsafe impl Stored for u64 {}
// SAFETY: as above.
unsafe impl Stored for i64 {}
// SAFETY: as above; alignment is 16.
unsafe impl Stored for i128 {}
// SAFETY: `repr(transparent)` over `u32`, and every `u32` is one (`from_raw`).
unsafe impl Stored for TransferIdx {}
// SAFETY: as above.
unsafe impl Stored for NodeIdx {}
// SAFETY: bytes have no padding and every bit pattern is a value.
unsafe impl Stored for [u8; 32] {}

/// A column of values. Where they begin is noted, so that reading one asks nothing of who owns them.
pub(crate) struct Column<T: Stored> {
    start: *const T,
    len: usize,
    owner: Owner<T>,
}

/// How the pages of a map will be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pages {
    /// One here, one there: reading on around each would fetch what nobody asked for.
    Scattered,
    /// One after the other.
    InOrder,
}

#[cfg(unix)]
impl Pages {
    const fn advice(self) -> memmap2::Advice {
        match self {
            Self::Scattered => memmap2::Advice::Random,
            Self::InOrder => memmap2::Advice::Normal,
        }
    }
}

/// Who keeps the values where they are. Nobody changes them.
enum Owner<T: Stored> {
    Values(Arc<Array<T>>),
    Map(Arc<Mmap>),
}

// SAFETY: the pointer leads to values that `owner` holds and nobody changes; both owners are `Send` and
// `Sync` for a `Stored` type.
unsafe impl<T: Stored> Send for Column<T> {}
// SAFETY: as above.
unsafe impl<T: Stored> Sync for Column<T> {}

impl<T: Stored> Column<T> {
    /// A view of `len` values that begin at byte `offset`; `None` if they reach beyond the file or
    /// are not aligned.
    pub(crate) fn mapped(map: &Arc<Mmap>, offset: usize, len: usize) -> Option<Self> {
        let end = len.checked_mul(size_of::<T>())?.checked_add(offset)?;
        let bytes = map.get(offset..end)?;
        let start = bytes.as_ptr().cast::<T>();
        start.is_aligned().then(|| Self {
            start,
            len,
            owner: Owner::Map(Arc::clone(map)),
        })
    }

    /// Says how the pages of the whole file will be asked for from now on. A hint, and nothing to a
    /// column in memory.
    #[cfg_attr(
        not(unix),
        expect(unused_variables, reason = "no hints are given there")
    )]
    pub(crate) fn expect(&self, pages: Pages) {
        #[cfg(unix)]
        if let Owner::Map(map) = &self.owner {
            map.advise(pages.advice()).ok();
        }
    }

    /// Says that all values of this column will be read soon, so that the disk fetches them together. A
    /// hint, and nothing to a column in memory.
    pub(crate) fn will_be_read(&self) {
        #[cfg(unix)]
        if let Owner::Map(map) = &self.owner {
            let offset = self.start.addr() - map.as_ptr().addr();
            let advice = memmap2::Advice::WillNeed;
            map.advise_range(advice, offset, size_of_val(&**self)).ok();
        }
    }

    /// The bytes of the values, as a little-endian machine stores them.
    pub(crate) fn bytes(&self) -> &[u8] {
        bytes_of(self)
    }
}

/// Maps a file of the index. A question reads a few pages here and there, so the system shall not read
/// on around each; what goes through all says so ([`Column::expect`]).
pub(crate) fn map(file: &std::fs::File) -> std::io::Result<Mmap> {
    // SAFETY: files of the index are replaced by renaming and never written in place, so the bytes
    // under a map do not change.
    let map = unsafe { Mmap::map(file) }?;
    #[cfg(unix)]
    map.advise(Pages::Scattered.advice())?;
    Ok(map)
}

impl<T: Stored> Default for Column<T> {
    fn default() -> Self {
        Self::from(Array::default())
    }
}

impl<T: Stored> From<Array<T>> for Column<T> {
    fn from(values: Array<T>) -> Self {
        let values = Arc::new(values);
        Self {
            start: values.as_ptr(),
            len: values.len(),
            owner: Owner::Values(values),
        }
    }
}

impl<T: Stored> From<Vec<T>> for Column<T> {
    fn from(values: Vec<T>) -> Self {
        Array::from(values).into()
    }
}

impl<T: Stored> Clone for Column<T> {
    fn clone(&self) -> Self {
        let owner = match &self.owner {
            Owner::Values(values) => Owner::Values(Arc::clone(values)),
            Owner::Map(map) => Owner::Map(Arc::clone(map)),
        };
        Self {
            start: self.start,
            len: self.len,
            owner,
        }
    }
}

impl<T: Stored> Deref for Column<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: `start` and `len` are those of a vector's values, or were checked for length and
        // alignment against a map, where `Stored` admits every bit pattern. The owner lives as long as
        // `self`, moving it does not move what it owns, and nobody changes that: see `map`.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

impl<T: Stored> std::fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Column({} values)", self.len())
    }
}
