//! What proves a block: its work, its merkle root, its witness commitment.
//!
//! Law: a block whose bytes differ from those that were mined is recognised. The hash of the header
//! meets the target; the merkle root in the header fixes the transactions; the commitment in the
//! coinbase fixes the witnesses, which tell whose the inputs are (BIP141).

use super::hash::double_sha256_pair;
use super::wire::Header;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, Target};
use moneytrail_model::Network;

/// A hash as people write it.
pub(super) fn shown(hash: &[u8; 32]) -> String {
    let mut hash = *hash;
    hash.reverse();
    hex::encode(hash)
}

/// What stands between a block's bytes and its acceptance.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Unproven {
    #[error("proof of work does not hold: the hash {0} is above the target")]
    Work(String),
    #[error("proof of work does not hold: target {bits:08x} is easier than {network} allows")]
    Limit { bits: u32, network: Network },
    #[error("merkle root does not match: a transaction of block {0} was altered")]
    Merkle(String),
    #[error("merkle root is ambiguous: transactions of block {0} were repeated")]
    Repeated(String),
    #[error("witness commitment does not match: a witness of block {0} was altered")]
    Witness(String),
    #[error("block {0} has witnesses and commits to none")]
    Uncommitted(String),
    #[error("block {0} does not begin with its one coinbase")]
    Coinbase(String),
}

/// The easiest target of a network (`powLimit`, as a compact number can express it).
fn limit(network: Network) -> Target {
    match network {
        Network::Regtest => Target::MAX_ATTAINABLE_REGTEST,
        Network::Signet => Target::MAX_ATTAINABLE_SIGNET,
        _ => Target::MAX_ATTAINABLE_MAINNET,
    }
}

/// The target of a header; `None` for zero, negative and oversized numbers.
pub(super) fn target(bits: u32) -> Option<Target> {
    let (exponent, mantissa) = (bits >> 24, bits & 0x00ff_ffff);
    let oversized =
        exponent > 34 || mantissa > 0xff && exponent > 33 || mantissa > 0xffff && exponent > 32;
    if oversized || mantissa > 0x007f_ffff {
        return None;
    }
    let target = Target::from_compact(CompactTarget::from_consensus(bits));
    (target != Target::ZERO).then_some(target)
}

/// Checks that a header's hash meets its target, and its target the network's limit. Where the work is over
/// another function than the hash of a block, nothing is checked.
pub(super) fn check_work(hash: &[u8; 32], bits: u32, network: Network) -> Result<(), Unproven> {
    if !network.works_by_hash() {
        return Ok(());
    }
    let target = target(bits)
        .filter(|&target| target <= limit(network))
        .ok_or(Unproven::Limit { bits, network })?;
    if target.is_met_by(BlockHash::from_byte_array(*hash)) {
        Ok(())
    } else {
        Err(Unproven::Work(shown(hash)))
    }
}

/// The merkle root, and whether equal neighbours make it ambiguous (CVE-2012-2459: a block with
/// its last transactions repeated has the same root). O(n) hashes; `leaves` is used up.
fn merkle_root(leaves: &mut Vec<[u8; 32]>) -> ([u8; 32], bool) {
    let mut repeated = false;
    while leaves.len() > 1 {
        let mut n_parents = 0;
        for left in (0..leaves.len()).step_by(2) {
            let right = (left + 1).min(leaves.len() - 1);
            repeated |= left != right && leaves[left] == leaves[right];
            leaves[n_parents] = double_sha256_pair(&leaves[left], &leaves[right]);
            n_parents += 1;
        }
        leaves.truncate(n_parents);
    }
    (leaves.first().copied().unwrap_or_default(), repeated)
}

/// Checks that the header commits to these transactions.
pub(super) fn check_merkle_root(header: &Header, mut txids: Vec<[u8; 32]>) -> Result<(), Unproven> {
    match merkle_root(&mut txids) {
        (root, _) if root != header.merkle_root => Err(Unproven::Merkle(shown(&header.hash))),
        (_, true) => Err(Unproven::Repeated(shown(&header.hash))),
        (_, false) => Ok(()),
    }
}

/// What a coinbase says about the witnesses of its block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Commitment {
    /// The 32 bytes of its last committing output.
    pub(super) root: Option<[u8; 32]>,
    /// The reserved value in its own witness.
    pub(super) reserved: Option<[u8; 32]>,
}

impl Commitment {
    /// Bytes that a committing output begins with.
    const PREFIX: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

    /// Takes the root from an output script, if it is a committing one.
    pub(super) fn see_output(&mut self, script: &[u8]) {
        if let Some(root) = script.strip_prefix(&Self::PREFIX) {
            self.root = root.first_chunk().copied().or(self.root);
        }
    }

    /// Takes the reserved value from the coinbase's witness.
    pub(super) fn see_witness(&mut self, witness: &[&[u8]]) {
        if let [reserved] = witness {
            self.reserved = <[u8; 32]>::try_from(*reserved).ok();
        }
    }
}

/// Checks that the coinbase commits to these witnesses. `wtxids[0]`, the coinbase's own, counts as
/// zero. A block without witnesses passes: its transactions stand as the merkle root fixes them.
pub(super) fn check_witnesses(
    header: &Header,
    commitment: Commitment,
    mut wtxids: Vec<[u8; 32]>,
    has_witness: bool,
) -> Result<(), Unproven> {
    if !has_witness {
        return Ok(());
    }
    let Some(root) = commitment.root else {
        return Err(Unproven::Uncommitted(shown(&header.hash)));
    };
    if let Some(coinbase) = wtxids.first_mut() {
        *coinbase = [0; 32];
    }
    let (witness_root, _) = merkle_root(&mut wtxids);
    let committed = commitment
        .reserved
        .map(|reserved| double_sha256_pair(&witness_root, &reserved));
    if committed == Some(root) {
        Ok(())
    } else {
        Err(Unproven::Witness(shown(&header.hash)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_as_core_reads_them() {
        assert!(target(0x1d00_ffff).is_some());
        assert!(target(0x207f_ffff).is_some());
        for nothing in [
            0,
            0x0100_0000,
            0x1d80_0001,
            0x2300_0001,
            0xff7f_ffff,
            0x2101_0000,
        ] {
            assert_eq!(target(nothing), None, "{nothing:08x}");
        }
    }

    #[test]
    fn repeated_leaves_are_seen() {
        let leaf = |byte| [byte; 32];
        let root = |mut leaves: Vec<[u8; 32]>| merkle_root(&mut leaves);
        let (plain, repeated) = root(vec![leaf(1), leaf(2), leaf(3)]);
        assert!(!repeated);
        assert_eq!(
            root(vec![leaf(1), leaf(2), leaf(3), leaf(3)]),
            (plain, true)
        );
        assert_eq!(root(vec![leaf(7)]), (leaf(7), false));
    }
}
