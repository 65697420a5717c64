//! RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996) of many SHA-256 digests: the second half of
//! HASH160, for the public keys and scripts that inputs reveal.
//!
//! Laws: each key gets the hash that `bitcoin_hashes` gives; a key that waits is twenty zero bytes
//! behind its tag until [`Waiting::settle`], which a reader calls before anyone sees the rows.
//!
//! Method: one step of the function depends on the one before, so that a single message leaves most
//! of a processor idle. Eight messages advance side by side in the lanes of AVX2 registers.
#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "vector instructions in a measured hot loop")
)]

use super::sha256::sha256;
use bitcoin::hashes::{Hash, ripemd160};
use moneytrail_store::schema::Transfers;

/// Keys that may wait; more are settled in between, while their rows are still in the cache.
const WAITING_MAX: usize = 1 << 10;

/// Accounts of inputs whose HASH160 is not finished.
#[derive(Debug, Default)]
pub(in crate::chain) struct Waiting {
    /// Positions of the transfers that come from them.
    transfers: Vec<u32>,
    /// SHA-256 of what the inputs reveal.
    digests: Vec<[u8; 32]>,
}

impl Waiting {
    /// Adds the account that the transfer at this position comes from: HASH160 of `bytes`.
    #[inline]
    pub(in crate::chain) fn push(&mut self, transfer: u32, bytes: &[u8]) {
        self.transfers.push(transfer);
        self.digests.push(sha256(bytes));
    }

    /// Settles if many wait.
    pub(in crate::chain) fn settle_many(&mut self, transfers: &mut Transfers) {
        if self.transfers.len() >= WAITING_MAX {
            self.settle(transfers);
        }
    }

    /// Writes the hashes into the keys of the transfers.
    pub(in crate::chain) fn settle(&mut self, transfers: &mut Transfers) {
        let mut waiting = self.transfers.drain(..);
        each(&self.digests, |hash| {
            if let Some(key) = waiting
                .next()
                .and_then(|transfer| transfers.from_key_mut(transfer as usize))
            {
                key[2..].copy_from_slice(&hash);
            }
        });
        drop(waiting);
        self.digests.clear();
    }
}

/// Calls with the RIPEMD-160 of each digest, in order.
fn each(digests: &[[u8; 32]], mut see: impl FnMut([u8; 20])) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        for chunk in digests.chunks(lanes::N_LANES) {
            let mut eight = [[0; 32]; lanes::N_LANES];
            eight[..chunk.len()].copy_from_slice(chunk);
            // SAFETY: the processor has AVX2, which is all that the function asks for.
            let hashes = unsafe { lanes::ripemd160(&eight) };
            hashes.into_iter().take(chunk.len()).for_each(&mut see);
        }
        return;
    }
    for digest in digests {
        see(ripemd160::Hash::hash(digest).to_byte_array());
    }
}

#[cfg(target_arch = "x86_64")]
mod lanes {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_andnot_si256, _mm256_or_si256,
        _mm256_set1_epi32, _mm256_setr_epi32, _mm256_sllv_epi32, _mm256_srlv_epi32,
        _mm256_xor_si256,
    };

    /// Messages that advance together.
    pub(super) const N_LANES: usize = 8;

    /// Words of the message in the order of the steps, left line and right line.
    const WORDS: [[u8; 80]; 2] = [
        [
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 7, 4, 13, 1, 10, 6, 15, 3, 12, 0,
            9, 5, 2, 14, 11, 8, 3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12, 1, 9, 11, 10,
            0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2, 4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6,
            15, 13,
        ],
        [
            5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 6, 11, 3, 7, 0, 13, 5, 10, 14,
            15, 8, 12, 4, 9, 1, 2, 15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13, 8, 6, 4,
            1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14, 12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14,
            0, 3, 9, 11,
        ],
    ];

    /// Bits of rotation, likewise.
    const TURNS: [[u8; 80]; 2] = [
        [
            11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8, 7, 6, 8, 13, 11, 9, 7, 15, 7,
            12, 15, 9, 11, 7, 13, 12, 11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5, 11,
            12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12, 9, 15, 5, 11, 6, 8, 13, 12, 5, 12,
            13, 14, 11, 8, 5, 6,
        ],
        [
            8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6, 9, 13, 15, 7, 12, 8, 9, 11, 7,
            7, 12, 7, 6, 15, 13, 11, 9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5, 15, 5,
            8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8, 8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6,
            5, 15, 13, 11, 11,
        ],
    ];

    /// Constants of the five rounds, likewise.
    const ADDENDS: [[u32; 5]; 2] = [
        [0, 0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xa953_fd4e],
        [0x50a2_8be6, 0x5c4d_d124, 0x6d70_3ef3, 0x7a6d_76e9, 0],
    ];

    /// State before the first block.
    const INITIAL: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];

    #[target_feature(enable = "avx2")]
    fn splat(word: u32) -> __m256i {
        _mm256_set1_epi32(word.cast_signed())
    }

    #[target_feature(enable = "avx2")]
    fn turned(words: __m256i, n_bits: u8) -> __m256i {
        let n_bits = u32::from(n_bits);
        _mm256_or_si256(
            _mm256_sllv_epi32(words, splat(n_bits)),
            _mm256_srlv_epi32(words, splat(32 - n_bits)),
        )
    }

    /// The Boolean function of a round, 0 to 4.
    #[target_feature(enable = "avx2")]
    fn mixed<const ROUND: usize>(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        let not = |words| _mm256_xor_si256(words, splat(u32::MAX));
        match ROUND {
            0 => _mm256_xor_si256(x, _mm256_xor_si256(y, z)),
            1 => _mm256_or_si256(_mm256_and_si256(x, y), _mm256_andnot_si256(x, z)),
            2 => _mm256_xor_si256(_mm256_or_si256(x, not(y)), z),
            3 => _mm256_or_si256(_mm256_and_si256(x, z), _mm256_andnot_si256(z, y)),
            _ => _mm256_xor_si256(x, _mm256_or_si256(y, not(z))),
        }
    }

    #[expect(
        clippy::many_single_char_names,
        reason = "the names of the five words in the paper"
    )]
    /// One step of a line; its round decides the function, the right line takes them backwards.
    #[target_feature(enable = "avx2")]
    fn step<const LINE: usize, const ROUND: usize, const FUNCTION: usize>(
        line: &mut [__m256i; 5],
        message: &[__m256i; 16],
        position: usize,
    ) {
        let [a, b, c, d, e] = *line;
        let position = 16 * ROUND + position;
        let word = message[usize::from(WORDS[LINE][position])];
        let word = _mm256_add_epi32(word, splat(ADDENDS[LINE][ROUND]));
        let sum = _mm256_add_epi32(_mm256_add_epi32(a, word), mixed::<FUNCTION>(b, c, d));
        let sum = _mm256_add_epi32(turned(sum, TURNS[LINE][position]), e);
        *line = [e, sum, b, turned(c, 10), d];
    }

    #[target_feature(enable = "avx2")]
    fn round<const ROUND: usize, const MIRRORED: usize>(
        left: &mut [__m256i; 5],
        right: &mut [__m256i; 5],
        message: &[__m256i; 16],
    ) {
        for position in 0..16 {
            step::<0, ROUND, ROUND>(left, message, position);
            step::<1, ROUND, MIRRORED>(right, message, position);
        }
    }

    /// RIPEMD-160 of eight messages of 32 bytes.
    #[target_feature(enable = "avx2")]
    pub(super) fn ripemd160(messages: &[[u8; 32]; N_LANES]) -> [[u8; 20]; N_LANES] {
        let word = |lane: usize, position: usize| {
            let bytes = messages[lane].as_chunks().0[position];
            i32::from_le_bytes(bytes)
        };
        let mut message = [splat(0); 16];
        for (position, lanes) in message[..8].iter_mut().enumerate() {
            *lanes = _mm256_setr_epi32(
                word(0, position),
                word(1, position),
                word(2, position),
                word(3, position),
                word(4, position),
                word(5, position),
                word(6, position),
                word(7, position),
            );
        }
        message[8] = splat(0x80);
        message[14] = splat(256);
        let initial = INITIAL.map(|word| splat(word));
        let (mut left, mut right) = (initial, initial);
        round::<0, 4>(&mut left, &mut right, &message);
        round::<1, 3>(&mut left, &mut right, &message);
        round::<2, 2>(&mut left, &mut right, &message);
        round::<3, 1>(&mut left, &mut right, &message);
        round::<4, 0>(&mut left, &mut right, &message);
        let mut hashes = [[0; 20]; N_LANES];
        for position in 0..5 {
            let next = |offset: usize| (position + offset) % 5;
            let sum = _mm256_add_epi32(left[next(2)], right[next(3)]);
            let sum = _mm256_add_epi32(initial[next(1)], sum);
            for (hash, word) in hashes.iter_mut().zip(words(sum)) {
                hash[4 * position..4 * position + 4].copy_from_slice(&word.to_le_bytes());
            }
        }
        hashes
    }

    #[target_feature(enable = "avx2")]
    fn words(lanes: __m256i) -> [u32; N_LANES] {
        use std::arch::x86_64::_mm256_extract_epi32;
        [
            _mm256_extract_epi32::<0>(lanes),
            _mm256_extract_epi32::<1>(lanes),
            _mm256_extract_epi32::<2>(lanes),
            _mm256_extract_epi32::<3>(lanes),
            _mm256_extract_epi32::<4>(lanes),
            _mm256_extract_epi32::<5>(lanes),
            _mm256_extract_epi32::<6>(lanes),
            _mm256_extract_epi32::<7>(lanes),
        ]
        .map(i32::cast_unsigned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn many_hash_as_each(digests in prop::collection::vec(any::<[u8; 32]>(), 0..20)) {
            let mut hashes = Vec::new();
            each(&digests, |hash| hashes.push(hash));
            let alone = digests.iter().map(|digest| ripemd160::Hash::hash(digest).to_byte_array());
            prop_assert_eq!(hashes, alone.collect::<Vec<_>>());
        }
    }
}
