//! Room for large arrays that are read at random.
//!
//! Law: where an array lives changes no value.
//!
//! A read at random in an array beyond every cache misses twice: the data, and the table that turns its
//! address into a place. Pages of 2 MiB need a table of one 512th, which a cache holds. Systems give them
//! to programs that ask (Linux: `transparent_hugepage` at `madvise`); elsewhere the pages are small and
//! all else is the same.
#![expect(
    unsafe_code,
    reason = "the system is told about memory; see the SAFETY argument"
)]

/// Arrays of fewer bytes do not ask: allocators give at least this many a mapping of their own.
const LARGE_BYTES: usize = 32 << 20;

/// An empty vector with room for `len` values, in huge pages if that is large and the system has them.
pub(crate) fn room<T>(len: usize) -> Vec<T> {
    let mut values = Vec::with_capacity(len);
    let room = values.spare_capacity_mut();
    if size_of_val(room) >= LARGE_BYTES {
        advise(room.as_mut_ptr().cast(), size_of_val(room));
    }
    values
}

#[cfg(target_os = "linux")]
fn advise(start: *mut u8, n_bytes: usize) {
    const PAGE: usize = 4096;
    let before = start.align_offset(PAGE);
    let whole = n_bytes.saturating_sub(before) / PAGE * PAGE;
    // SAFETY: the pages lie within the array, and this advice leaves what memory holds and who may use it as
    // it is. That the system refuses it (other sizes of pages, none configured) changes nothing.
    unsafe {
        libc::madvise(
            start.wrapping_add(before).cast(),
            whole,
            libc::MADV_HUGEPAGE,
        );
    }
}

#[cfg(not(target_os = "linux"))]
fn advise(_: *mut u8, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_and_small_arrays_hold_what_they_are_given() {
        for len in [0, 1, 1000, LARGE_BYTES / 8, LARGE_BYTES / 8 + 12_345] {
            let mut values = room::<u64>(len);
            let start = values.as_ptr();
            values.extend(0..len as u64);
            assert!(values.iter().copied().eq(0..len as u64));
            assert!(len == 0 || values.as_ptr() == start, "there was room");
        }
    }
}
