//! The byte form of an on-chain account's key, put together without an allocation.
//!
//! Law: for each account that can be made here, the bytes are [`AccountKey::encode`]'s.

use crate::account::{AccountKey, Tag};
use crate::network::Network;

/// Bytes of the longest key of an on-chain account: tag, network, transaction id, output index.
const LEN_MAX: usize = 38;

/// First byte of the key of an outpoint.
const OUTPOINT: u8 = 0x20;

/// A key in its byte form, on the stack.
#[derive(Clone, Copy, Debug)]
pub struct KeyBytes {
    bytes: [u8; LEN_MAX],
    len: usize,
}

impl KeyBytes {
    #[inline]
    fn new(tag: u8, network: Network, payload: &[u8]) -> Self {
        let mut bytes = [0; LEN_MAX];
        let len = 2 + payload.len();
        bytes[0] = tag;
        bytes[1] = network.code();
        bytes[2..len].copy_from_slice(payload);
        Self { bytes, len }
    }

    /// The key of [`AccountKey::Script`]: `payload` has the length that the tag says.
    #[inline]
    pub fn of_script(network: Network, tag: Tag, payload: &[u8]) -> Self {
        debug_assert!(crate::account::ScriptKey::of_parts(tag, payload).is_some());
        Self::new(tag as u8, network, payload)
    }

    /// The key of [`AccountKey::Outpoint`].
    #[inline]
    pub fn of_outpoint(network: Network, txid: &[u8; 32], vout: u32) -> Self {
        let mut payload = [0; 36];
        payload[..32].copy_from_slice(txid);
        payload[32..].copy_from_slice(&vout.to_be_bytes());
        Self::new(OUTPOINT, network, &payload)
    }

    /// The key of an account of a network; `None` for accounts that have names, which may be long.
    pub fn of(key: &AccountKey) -> Option<Self> {
        key.network()?;
        let mut encoded = Vec::with_capacity(LEN_MAX);
        key.encode_into(&mut encoded);
        let mut bytes = [0; LEN_MAX];
        bytes.get_mut(..encoded.len())?.copy_from_slice(&encoded);
        let len = encoded.len();
        Some(Self { bytes, len })
    }

    /// The bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::tests::keys;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_are_those_of_the_key(key in keys()) {
            let bytes = match &key {
                AccountKey::Script(network, script) => {
                    let (tag, payload) = script.parts();
                    Some(KeyBytes::of_script(*network, tag, payload))
                }
                AccountKey::Outpoint(network, txid, vout) => {
                    Some(KeyBytes::of_outpoint(*network, txid, *vout))
                }
                _ => None,
            };
            for made in [bytes, KeyBytes::of(&key)].iter().flatten() {
                prop_assert_eq!(made.as_bytes(), key.encode());
            }
            prop_assert_eq!(KeyBytes::of(&key).is_some(), key.network().is_some());
        }
    }
}
