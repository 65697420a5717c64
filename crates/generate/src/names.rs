//! Ids of made things: hashes of the seed, so that what names a thing needs nothing of another.

use sha2::{Digest, Sha256};

/// The id of the thing of this kind and number.
pub(crate) fn id(seed: u64, kind: &str, number: u64) -> [u8; 32] {
    Sha256::new()
        .chain_update(kind)
        .chain_update(seed.to_le_bytes())
        .chain_update(number.to_le_bytes())
        .finalize()
        .into()
}
