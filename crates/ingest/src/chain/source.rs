//! Bytes of a file of blocks, and the key under which Bitcoin Core stores them.
//!
//! Law: plain byte at file offset `o` = byte ^ key[o mod 8], from the start of the file
//! (`chains.md` §1). A missing or all-zero key is no key.

use crate::{Error, Evidence, EvidenceFile};
use memmap2::Mmap;
use moneytrail_model::Network;
use std::borrow::Cow;
use std::ops::Range;

/// Name of the file that holds the key.
const KEY_NAME: &str = "xor.dat";

/// A key of `xor.dat`.
pub(super) type Key = [u8; 8];

/// A file whose bytes can be asked for in the clear.
#[derive(Debug)]
pub(super) struct Source {
    /// Path within the exhibit.
    pub(super) name: Box<str>,
    data: Data,
}

#[derive(Debug)]
enum Data {
    Mapped(Mmap, Key),
    Decoded(Vec<u8>),
}

impl Source {
    /// A mapped file; `key` is all zero for a plain one.
    pub(super) fn mapped(name: &str, map: Mmap, key: Key) -> Self {
        Self {
            name: name.into(),
            data: Data::Mapped(map, key),
        }
    }

    /// Bytes that were written as hexadecimal digits.
    pub(super) fn decoded(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            data: Data::Decoded(bytes),
        }
    }

    /// Its bytes as stored.
    pub(super) fn raw(&self) -> &[u8] {
        match &self.data {
            Data::Mapped(map, _) => map,
            Data::Decoded(bytes) => bytes,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.raw().len()
    }

    /// Whether its bytes were written as hexadecimal digits.
    pub(super) const fn is_decoded(&self) -> bool {
        matches!(self.data, Data::Decoded(_))
    }

    /// Whether its bytes are stored as they are.
    pub(super) fn is_plain(&self) -> bool {
        self.key() == Key::default()
    }

    fn key(&self) -> Key {
        match &self.data {
            Data::Mapped(_, key) => *key,
            Data::Decoded(_) => Key::default(),
        }
    }

    /// Bytes in the clear: borrowed from a plain file, else a copy. The part of the range that
    /// lies behind the end is left out.
    pub(super) fn bytes(&self, range: Range<usize>) -> Cow<'_, [u8]> {
        let end = range.end.min(self.len());
        let raw = &self.raw()[range.start.min(end)..end];
        let key = self.key();
        if key == Key::default() {
            return Cow::Borrowed(raw);
        }
        let mut plain = raw.to_vec();
        reveal(&mut plain, key, range.start);
        Cow::Owned(plain)
    }

    /// Says that this range will be read soon, so that the disk works while others are parsed. A
    /// hint: where it cannot be given, pages come as they are touched.
    pub(super) fn read_ahead(&self, range: Range<usize>) {
        #[cfg(unix)]
        if let Data::Mapped(map, _) = &self.data {
            let len = range.end.min(map.len()).saturating_sub(range.start);
            if len > 0 {
                map.advise_range(memmap2::Advice::WillNeed, range.start, len)
                    .ok();
            }
        }
    }

    /// Four plain bytes.
    pub(super) fn word(&self, at: usize) -> Option<[u8; 4]> {
        let mut word = *self.raw().get(at..)?.first_chunk::<4>()?;
        reveal(&mut word, self.key(), at);
        Some(word)
    }

    /// How many bytes from `at` on are padding: zero in the clear, or zero as stored (space that
    /// Core preallocated and never wrote).
    pub(super) fn padding(&self, at: usize) -> usize {
        let raw = self.raw().get(at..).unwrap_or_default();
        let zeros = raw.iter().take_while(|&&byte| byte == 0).count();
        let key = self.key();
        let masked = raw
            .iter()
            .enumerate()
            .take_while(|&(offset, &byte)| byte == key[(at + offset) % 8])
            .count();
        zeros.max(masked)
    }
}

/// Removes the key from bytes that begin at file offset `at`.
fn reveal(bytes: &mut [u8], key: Key, at: usize) {
    let mut turned = key;
    turned.rotate_left(at % 8);
    let mut words = bytes.chunks_exact_mut(8);
    for word in words.by_ref() {
        for (byte, mask) in word.iter_mut().zip(turned) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(turned) {
        *byte ^= mask;
    }
}

/// The file name within a path of an exhibit.
pub(super) fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// The key of an exhibit: `xor.dat` among its files, or beside its one file.
///
/// # Errors
/// [`Error::XorKey`] if it has not eight bytes.
pub(super) fn key_of(evidence: &Evidence) -> Result<Option<Key>, Error> {
    let own = evidence
        .files
        .iter()
        .find(|file| base_name(&file.name) == KEY_NAME);
    let beside = match evidence.files.as_slice() {
        [only] => only
            .path
            .parent()
            .map(|folder| EvidenceFile::at(&folder.join(KEY_NAME))),
        _ => None,
    };
    let Some(file) = own.or(beside.as_ref().filter(|file| file.path.is_file())) else {
        return Ok(None);
    };
    let map = file.map()?;
    let bytes = map.as_deref().unwrap_or_default();
    match <Key>::try_from(bytes) {
        Ok(key) => Ok(Some(key).filter(|key| *key != Key::default())),
        Err(_) => Err(Error::XorKey {
            path: file.name.clone(),
            len: bytes.len(),
        }),
    }
}

/// Opens a file of framed blocks. A file that begins in the clear is plain, whatever the key.
pub(super) fn open(file: &EvidenceFile, key: Option<Key>) -> Result<Option<Source>, Error> {
    let Some(map) = file.map()? else {
        return Ok(None);
    };
    let plain = Source::mapped(&file.name, map, Key::default());
    let (Some(key), None) = (key, magic_at(&plain, 0)) else {
        return Ok(Some(plain));
    };
    let Data::Mapped(map, _) = plain.data else {
        return Ok(None);
    };
    Ok(Some(Source::mapped(&file.name, map, key)))
}

/// The network whose magic stands at an offset.
pub(super) fn magic_at(source: &Source, at: usize) -> Option<Network> {
    source.word(at).and_then(Network::from_magic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_undoes_itself(bytes in prop::collection::vec(any::<u8>(), 0..64), key: Key, at in 0_usize..32) {
            let mut twice = bytes.clone();
            reveal(&mut twice, key, at);
            for (offset, (masked, plain)) in twice.iter().zip(&bytes).enumerate() {
                prop_assert_eq!(masked ^ key[(at + offset) % 8], *plain);
            }
            reveal(&mut twice, key, at);
            prop_assert_eq!(twice, bytes);
        }
    }
}
