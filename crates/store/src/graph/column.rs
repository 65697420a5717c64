//! Columns of the index: owned while they are built, mapped when they are read. The only place
//! where bytes of a file become values.
#![expect(
    unsafe_code,
    reason = "a mapped column is a typed view of bytes; see each SAFETY argument"
)]

use memmap2::Mmap;
use moneytrail_model::{NodeIdx, TransferIdx};
use std::marker::PhantomData;
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

/// A column of values.
#[derive(Clone)]
pub(crate) enum Column<T: Stored> {
    Owned(Vec<T>),
    Mapped {
        map: Arc<Mmap>,
        offset: usize,
        len: usize,
        of: PhantomData<T>,
    },
}

impl<T: Stored> Column<T> {
    /// A view of `len` values that begin at byte `offset`; `None` if they reach beyond the file or
    /// are not aligned.
    pub(crate) fn mapped(map: &Arc<Mmap>, offset: usize, len: usize) -> Option<Self> {
        let end = len.checked_mul(size_of::<T>())?.checked_add(offset)?;
        // A map is aligned to a page, so that only the offset of what lies within it counts.
        let fits = end <= map.len() && (map.as_ptr() as usize).is_multiple_of(align_of::<T>());
        (fits && offset.is_multiple_of(align_of::<T>())).then(|| Self::Mapped {
            map: Arc::clone(map),
            offset,
            len,
            of: PhantomData,
        })
    }

    /// The bytes of the values, as a little-endian machine stores them.
    pub(crate) fn bytes(&self) -> &[u8] {
        let values: &[T] = self;
        // SAFETY: `Stored` has no padding, so all bytes are initialised; the length is that of the
        // slice in bytes; `u8` needs no alignment; the borrow is that of `self`.
        unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
    }
}

/// Maps a file of the index.
pub(crate) fn map(file: &std::fs::File) -> std::io::Result<Mmap> {
    // SAFETY: files of the index are replaced by renaming and never written in place, so the bytes
    // under a map do not change.
    unsafe { Mmap::map(file) }
}

impl<T: Stored> Default for Column<T> {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl<T: Stored> From<Vec<T>> for Column<T> {
    fn from(values: Vec<T>) -> Self {
        Self::Owned(values)
    }
}

impl<T: Stored> Deref for Column<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Owned(values) => values,
            Self::Mapped {
                map, offset, len, ..
            } => {
                // SAFETY: `mapped` checked length and alignment against this map, which lives as
                // long as `self`; `Stored` admits every bit pattern; see `map` for why the bytes
                // do not change.
                unsafe { std::slice::from_raw_parts(map.as_ptr().add(*offset).cast(), *len) }
            }
        }
    }
}

impl<T: Stored> std::fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Column({} values)", self.len())
    }
}
