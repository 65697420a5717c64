//! Keys of the accounts, in the order of their bytes: an account's number is its key's place.

use super::column::Column;
use super::file::{Group, Sink, Source};
use super::narrow::Offsets;
use crate::Error;
use crate::scratch::Scratch;

/// Sorted key bytes.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    offsets: Offsets,
    bytes: Column<u8>,
    /// The first account of a network's boundary: they have the highest tags, so they come last.
    first_boundary: usize,
}

/// Least tag of `issuance`, `fees` and `burned`.
const BOUNDARY: u8 = 0xf0;

impl Keys {
    /// Keys in the order of their bytes, one behind the other; `offsets` has one more entry than keys.
    pub(super) fn new(
        offsets: &[u64],
        bytes: Column<u8>,
        scratch: &Scratch,
    ) -> Result<Self, Error> {
        let offsets = Offsets::new(offsets, scratch)?;
        Ok(Self::with_boundary(offsets, bytes))
    }

    fn with_boundary(offsets: Offsets, bytes: Column<u8>) -> Self {
        let mut keys = Self {
            offsets,
            bytes,
            first_boundary: 0,
        };
        keys.first_boundary = keys.place(|key| key < &[BOUNDARY][..]);
        keys
    }

    /// Whether an account is the boundary of a network.
    #[inline]
    pub(super) fn is_boundary(&self, idx: usize) -> bool {
        (self.first_boundary..self.len()).contains(&idx)
    }

    /// Keys.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    #[inline]
    pub(super) fn get(&self, idx: usize) -> Option<&[u8]> {
        self.bytes
            .get(self.offsets.get(idx)?..self.offsets.get(idx + 1)?)
    }

    /// Place of a key. O(log n).
    pub(super) fn find(&self, key: &[u8]) -> Option<usize> {
        let place = self.place(|known| known < key);
        (self.get(place)? == key).then_some(place)
    }

    /// The first place whose key is not before. O(log n).
    fn place(&self, is_before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(&is_before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Place of the first key whose tag is this or a higher one. O(log n).
    pub(super) fn first_from(&self, tag: u8) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let is_before = self.get(middle).is_some_and(|key| key.first() < Some(&tag));
            if is_before {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>) {
        sink.group(Group::Keys);
        self.offsets.save(sink, "key offsets");
        sink.column("key bytes", &self.bytes);
    }

    pub(super) fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        let offsets = Offsets::open(source)?;
        Ok(Self::with_boundary(offsets, source.column()?))
    }
}
