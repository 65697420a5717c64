//! Hashes of transactions, blocks and public keys.
//!
//! Law: each function gives what its definition gives, whatever instructions the processor has; the
//! tests compare with other implementations.
//!
//! SHA-256 goes through the compression function of `sha2`, which uses SHA instructions where there
//! are any, on blocks of the evidence itself: nothing is buffered but the last block or two.

mod ripemd160;
mod sha256;

pub(super) use ripemd160::Waiting;
pub(super) use sha256::{Message, double_sha256, double_sha256_pair, sha256};
