//! Small inputs made from a seed: a chain, groups of accounts spent together, a transfer graph, a
//! list of transfers.

use crate::mix::{Chain, frame};
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use std::fmt::Write;

/// `SplitMix64` (Steele, Lea, Flood: *Fast splittable pseudorandom number generators*, 2014).
#[derive(Clone, Copy, Debug)]
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; the bias is below 2⁻³².
    pub fn below(&mut self, n: u32) -> u32 {
        let high = (u128::from(self.bits()) * u128::from(n)) >> 64;
        u32::try_from(high).expect("less than n")
    }
}

/// Directed edges, ascending in time.
#[derive(Clone, Debug)]
pub struct Edges {
    /// Nodes are `0..n_nodes`.
    pub n_nodes: u32,
    /// Source of each edge.
    pub from: Vec<u32>,
    /// Target of each edge.
    pub to: Vec<u32>,
}

/// R-MAT (Chakrabarti, Zhan, Faloutsos, SDM 2004) with a = 0.57, b = c = 0.19; no loops.
pub fn rmat(scale: u32, n_edges: usize) -> Edges {
    let mut random = Random::new(42);
    let (mut from, mut to) = (Vec::with_capacity(n_edges), Vec::with_capacity(n_edges));
    while from.len() < n_edges {
        let (mut a, mut b) = (0, 0);
        for bit in 0..scale {
            let draw = random.below(100);
            a |= u32::from(draw >= 76) << bit;
            b |= u32::from((57..76).contains(&draw) || draw >= 95) << bit;
        }
        if a != b {
            from.push(a);
            to.push(b);
        }
    }
    Edges {
        n_nodes: 1 << scale,
        from,
        to,
    }
}

/// Inputs of transactions as compressed rows: offsets and members below `n_ids`.
pub fn groups(n_groups: u32, n_ids: u32) -> (Vec<u64>, Vec<u32>) {
    let mut random = Random::new(7);
    let (mut offsets, mut members) = (vec![0], Vec::new());
    for group in 0..n_groups {
        let newest = u64::from(group + 1) * u64::from(n_ids) / u64::from(n_groups);
        let newest = u32::try_from(newest).unwrap_or(n_ids).max(1);
        // Half have one input; one in sixteen has many.
        let n = match random.below(16) {
            0..8 => 1,
            8..15 => 2 + random.below(3),
            _ => 5 + random.below(40),
        };
        members.extend((0..n).map(|_| {
            let age = random.below(newest).min(random.below(newest));
            newest - 1 - age
        }));
        offsets.push(members.len() as u64);
    }
    (offsets, members)
}

/// A framed chain of blocks whose transactions spend each other: two inputs, three outputs, half of
/// them with witnesses, as large as real ones.
pub fn chain(n_blocks: u32, n_transactions: u32) -> Vec<u8> {
    let mut random = Random::new(1);
    let mut chain = Chain::default();
    let mut file = Vec::new();
    let mut unspent: Vec<OutPoint> = Vec::new();
    for block in 0..n_blocks {
        let mut transactions = vec![coinbase(&mut random)];
        for number in 0..n_transactions {
            let input = (0..2).map(|_| spend(&mut random, &mut unspent, number % 2 == 0));
            transactions.push(Transaction {
                version: Version::TWO,
                lock_time: LockTime::from_consensus(block),
                input: input.collect(),
                output: (0..3).map(|_| pay(&mut random)).collect(),
            });
            let txid = transactions[transactions.len() - 1].compute_txid();
            unspent.extend((0..3).map(|vout| OutPoint { txid, vout }));
        }
        frame(&chain.append(transactions), &mut file);
    }
    file
}

fn coinbase(random: &mut Random) -> Transaction {
    let mut commitment = vec![0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
    commitment.extend([0; 32]);
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::from_bytes(vec![3, 0, 0, 0, 0x51]),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[[0_u8; 32]]),
        }],
        output: vec![
            pay(random),
            TxOut {
                value: Amount::ZERO,
                script_pubkey: ScriptBuf::from_bytes(commitment),
            },
        ],
    }
}

/// Spends an earlier output, or one outside the chain while there is none.
fn spend(random: &mut Random, unspent: &mut Vec<OutPoint>, is_segwit: bool) -> TxIn {
    let known = u32::try_from(unspent.len()).unwrap_or(u32::MAX);
    let previous_output = if known == 0 || random.below(8) == 0 {
        OutPoint {
            txid: Txid::from_byte_array(bytes(random)),
            vout: 0,
        }
    } else {
        unspent.swap_remove(random.below(known) as usize)
    };
    let (key, signature) = (public_key(random), [0x30; 72]);
    let (script_sig, witness) = if is_segwit {
        (
            ScriptBuf::new(),
            Witness::from_slice(&[&signature[..], &key]),
        )
    } else {
        let pushes = [&[72][..], &signature, &[33], &key].concat();
        (ScriptBuf::from_bytes(pushes), Witness::new())
    };
    TxIn {
        previous_output,
        script_sig,
        sequence: Sequence::MAX,
        witness,
    }
}

/// Pays one of 65,536 pay-to-witness-public-key-hash scripts.
fn pay(random: &mut Random) -> TxOut {
    let mut script = vec![0, 20];
    let owner = Random::new(u64::from(random.below(1 << 16))).bits();
    script.extend(owner.to_le_bytes());
    script.resize(22, 0x11);
    TxOut {
        value: Amount::from_sat(1_000 + u64::from(random.below(1_000_000))),
        script_pubkey: ScriptBuf::from_bytes(script),
    }
}

fn bytes(random: &mut Random) -> [u8; 32] {
    let mut bytes = [0; 32];
    for word in bytes.chunks_exact_mut(8) {
        word.copy_from_slice(&random.bits().to_le_bytes());
    }
    bytes
}

fn public_key(random: &mut Random) -> [u8; 33] {
    let mut key = [2; 33];
    key[1..].copy_from_slice(&bytes(random));
    key
}

/// A transfer list as text, from edges.
pub fn ledger(edges: &Edges) -> String {
    let mut random = Random::new(3);
    let mut text = String::from("source,target,time,amount\n");
    for (row, (from, to)) in edges.from.iter().zip(&edges.to).enumerate() {
        let (whole, cents) = (random.below(100_000), random.below(100));
        writeln!(
            text,
            "{from},{to},{},{whole}.{cents:02}",
            1_704_067_200 + row
        )
        .expect("a string takes any text");
    }
    text
}
