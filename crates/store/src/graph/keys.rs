//! Keys of the accounts, in the order of their bytes: an account's number is its key's place.

use super::column::Column;
use super::file::{Group, Sink, Source};
use super::narrow::Offsets;
use crate::Error;
use std::cmp::Ordering;

/// Sorted key bytes.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    offsets: Offsets,
    bytes: Column<u8>,
}

impl Keys {
    /// Keys in the order of their bytes, one behind the other; `offsets` has one more entry than keys.
    pub(super) fn new(offsets: &[u64], bytes: Column<u8>) -> Self {
        let offsets = Offsets::new(offsets);
        Self { offsets, bytes }
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
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle)?.cmp(key) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
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
        Ok(Self {
            offsets: Offsets::open(source)?,
            bytes: source.column()?,
        })
    }
}
