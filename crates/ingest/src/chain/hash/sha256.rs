//! SHA-256 (FIPS 180-4) of a whole message at once, and twice over as Bitcoin applies it.
//!
//! Law: a message is its head, its middle and its tail, each whole blocks, the tail padded. The
//! middle is a slice of the evidence; only head and tail are copies, together three blocks at most.

use sha2::block_api::compress256;

/// Bytes of a block.
const BLOCK_LEN: usize = 64;

/// Bytes at the end of the padding: the length of the message in bits.
const LENGTH_LEN: usize = 8;

/// State before the first block (FIPS 180-4 §5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A message cut into blocks.
#[derive(Clone, Copy, Debug)]
pub(in crate::chain) struct Message<'a> {
    head: Option<[u8; BLOCK_LEN]>,
    middle: &'a [[u8; BLOCK_LEN]],
    tail: [[u8; BLOCK_LEN]; 2],
    n_tail: usize,
}

impl<'a> Message<'a> {
    /// Bytes that stand in one piece.
    #[inline]
    pub(in crate::chain) fn whole(bytes: &'a [u8]) -> Self {
        let (middle, rest) = bytes.as_chunks();
        Self::ending(None, middle, [rest, &[]], bytes.len())
    }

    /// A transaction without what its id leaves out: version, inputs and outputs, lock time.
    #[inline]
    pub(in crate::chain) fn stripped(version: [u8; 4], body: &'a [u8], lock_time: [u8; 4]) -> Self {
        let len = version.len() + body.len() + lock_time.len();
        let Some((first, rest)) = body.split_first_chunk::<{ BLOCK_LEN - 4 }>() else {
            let mut short = [0; BLOCK_LEN];
            short[..4].copy_from_slice(&version);
            short[4..4 + body.len()].copy_from_slice(body);
            return Self::ending(None, &[], [&short[..4 + body.len()], &lock_time], len);
        };
        let mut head = [0; BLOCK_LEN];
        head[..4].copy_from_slice(&version);
        head[4..].copy_from_slice(first);
        let (middle, rest) = rest.as_chunks();
        Self::ending(Some(head), middle, [rest, &lock_time], len)
    }

    /// Pads what is behind the middle; `rest` has less than a block and a half together, `len` bytes
    /// the whole message.
    #[inline]
    fn ending(
        head: Option<[u8; BLOCK_LEN]>,
        middle: &'a [[u8; BLOCK_LEN]],
        rest: [&[u8]; 2],
        len: usize,
    ) -> Self {
        let mut tail = [[0; BLOCK_LEN]; 2];
        let bytes = tail.as_flattened_mut();
        let n_bytes = rest[0].len() + rest[1].len();
        bytes[..rest[0].len()].copy_from_slice(rest[0]);
        bytes[rest[0].len()..n_bytes].copy_from_slice(rest[1]);
        bytes[n_bytes] = 0x80;
        let n_tail = 1 + usize::from(n_bytes + 1 + LENGTH_LEN > BLOCK_LEN);
        let end = n_tail * BLOCK_LEN;
        bytes[end - LENGTH_LEN..end].copy_from_slice(&(len as u64 * 8).to_be_bytes());
        Self {
            head,
            middle,
            tail,
            n_tail,
        }
    }

    /// SHA-256.
    #[inline]
    fn state(&self) -> [u32; 8] {
        let mut state = INITIAL;
        if let Some(head) = self.head {
            compress256(&mut state, &[head]);
        }
        if !self.middle.is_empty() {
            compress256(&mut state, self.middle);
        }
        compress256(&mut state, &self.tail[..self.n_tail]);
        state
    }

    /// SHA-256 of its SHA-256.
    #[inline]
    pub(in crate::chain) fn double_sha256(&self) -> [u8; 32] {
        again(self.state())
    }
}

/// SHA-256.
pub(in crate::chain) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(Message::whole(bytes).state())
}

/// SHA-256 of SHA-256.
pub(in crate::chain) fn double_sha256(bytes: &[u8]) -> [u8; 32] {
    Message::whole(bytes).double_sha256()
}

/// SHA-256 of SHA-256 of two hashes one behind the other: a parent in a merkle tree.
pub(in crate::chain) fn double_sha256_pair(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    /// The padding of 64 bytes fills a block.
    const PADDING: [u8; BLOCK_LEN] = {
        let mut block = [0; BLOCK_LEN];
        block[0] = 0x80;
        block[BLOCK_LEN - 2] = 2;
        block
    };
    let mut blocks = [[0; BLOCK_LEN], PADDING];
    blocks[0][..32].copy_from_slice(left);
    blocks[0][32..].copy_from_slice(right);
    let mut state = INITIAL;
    compress256(&mut state, &blocks);
    again(state)
}

/// SHA-256 of a SHA-256.
#[inline]
fn again(state: [u32; 8]) -> [u8; 32] {
    let mut block = [0; BLOCK_LEN];
    block[..32].copy_from_slice(&digest(state));
    block[32] = 0x80;
    block[BLOCK_LEN - 2] = 1;
    let mut state = INITIAL;
    compress256(&mut state, &[block]);
    digest(state)
}

#[inline]
fn digest(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (four, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *four = word.to_be_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    fn twice(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(Sha256::digest(bytes)).into()
    }

    proptest! {
        #[test]
        fn hashes_are_what_the_library_gives(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert_eq!(sha256(&bytes), <[u8; 32]>::from(Sha256::digest(&bytes)));
            prop_assert_eq!(double_sha256(&bytes), twice(&bytes));
        }

        #[test]
        fn pieces_hash_as_their_sum(
            version: [u8; 4],
            body in prop::collection::vec(any::<u8>(), 0..400),
            lock_time: [u8; 4],
        ) {
            let message = Message::stripped(version, &body, lock_time);
            prop_assert_eq!(message.double_sha256(), twice(&[&version, &body[..], &lock_time].concat()));
        }

        #[test]
        fn pairs_hash_as_their_sum(left: [u8; 32], right: [u8; 32]) {
            prop_assert_eq!(double_sha256_pair(&left, &right), twice(&[left, right].concat()));
        }
    }

    #[test]
    fn every_length_around_a_block_is_padded() {
        for len in 0..=200 {
            let bytes: Vec<u8> = (0..len).collect();
            assert_eq!(double_sha256(&bytes), twice(&bytes), "{len}");
            let stripped = Message::stripped([1; 4], &bytes, [2; 4]);
            let whole = [&[1; 4], &bytes[..], &[2; 4]].concat();
            assert_eq!(stripped.double_sha256(), twice(&whole), "{len}");
        }
    }
}
