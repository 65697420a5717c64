//! Blocks, repeated as one chain that is valid and in which nothing stands twice.
//!
//! Laws. Every transaction of every round has an id of its own; scripts, witnesses and the number of
//! bytes are the template's; an input that spends an output of its own round still does. Every block
//! has a merkle root and a witness commitment that hold, work that meets its target, and follows the
//! one before. So a reader has to do for each copy all that it does for the original.
//!
//! Method: a block of the main network cannot be altered and still have work, so the chain is one of
//! regtest. The lock time of a round's transactions is its number; heights count from [`FIRST_HEIGHT`]
//! on, so that a coinbase's height keeps its three bytes. Signatures do not hold any more; no reader
//! checks them.

use crate::Error;
use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::{deserialize, serialize};
use bitcoin::hashes::Hash;
use bitcoin::{
    Block, BlockHash, CompactTarget, ScriptBuf, Target, Transaction, TxMerkleNode, Txid,
};
use std::collections::HashMap;
use std::path::Path;

/// Height of the first block.
pub const FIRST_HEIGHT: u32 = 100_000;

/// Magic of regtest.
const MAGIC: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];

/// The easiest target of regtest.
const BITS: u32 = 0x207f_ffff;

/// Bytes after which Bitcoin Core begins a new block file (`MAX_BLOCKFILE_SIZE`).
const FILE_LEN_MAX: usize = 0x0800_0000;

/// What a committing output begins with (BIP141).
const COMMITMENT: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// The shared blocks that make up the mix, in order.
const TEMPLATES: [&str; 3] = ["413567.raw", "702861.raw", "482202-482253.blk"];

/// A chain that grows.
#[derive(Debug)]
pub struct Chain {
    tip: BlockHash,
    height: u32,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            tip: BlockHash::all_zeros(),
            height: FIRST_HEIGHT,
        }
    }
}

impl Chain {
    /// Makes transactions the next block: height, commitment, merkle root and work. The first
    /// transaction is a coinbase whose script begins with three bytes of height.
    pub fn append(&mut self, mut transactions: Vec<Transaction>) -> Block {
        let script = &mut transactions[0].input[0].script_sig;
        let mut bytes = script.to_bytes();
        bytes[1..4].copy_from_slice(&self.height.to_le_bytes()[..3]);
        *script = ScriptBuf::from_bytes(bytes);
        let mut block = Block {
            header: Header {
                version: Version::from_consensus(0x2000_0000),
                prev_blockhash: self.tip,
                merkle_root: TxMerkleNode::all_zeros(),
                time: 1_700_000_000 + 600 * (self.height - FIRST_HEIGHT),
                bits: CompactTarget::from_consensus(BITS),
                nonce: 0,
            },
            txdata: transactions,
        };
        commit(&mut block);
        block.header.merkle_root = block.compute_merkle_root().expect("there is a coinbase");
        while !Target::from_compact(block.header.bits).is_met_by(block.block_hash()) {
            block.header.nonce += 1;
        }
        self.tip = block.block_hash();
        self.height += 1;
        block
    }
}

/// Writes the commitment to the block's witnesses into its coinbase, where there is a place for it.
fn commit(block: &mut Block) {
    let Some(root) = block.witness_root() else {
        return;
    };
    let coinbase = &mut block.txdata[0];
    let Some(reserved) = coinbase.input[0].witness.nth(0).map(<[u8]>::to_vec) else {
        return;
    };
    let commitment = Block::compute_witness_commitment(&root, &reserved);
    let mut outputs = coinbase.output.iter_mut().rev();
    if let Some(output) =
        outputs.find(|output| output.script_pubkey.as_bytes().starts_with(&COMMITMENT))
    {
        let mut script = output.script_pubkey.to_bytes();
        script[6..38].copy_from_slice(commitment.as_byte_array());
        output.script_pubkey = ScriptBuf::from_bytes(script);
    }
}

/// A round's copy of a block's transactions. `ids` holds the new ids of the round so far.
fn copy(template: &Block, round: u32, ids: &mut HashMap<Txid, Txid>) -> Vec<Transaction> {
    let copies = template.txdata.iter().map(|original| {
        let mut transaction = original.clone();
        transaction.lock_time = LockTime::from_consensus(round);
        for input in &mut transaction.input {
            if let Some(&id) = ids.get(&input.previous_output.txid) {
                input.previous_output.txid = id;
            }
        }
        ids.insert(original.compute_txid(), transaction.compute_txid());
        transaction
    });
    copies.collect()
}

/// Adds a block to a file in Bitcoin Core's framing.
pub fn frame(block: &Block, file: &mut Vec<u8>) {
    let bytes = serialize(block);
    let len = u32::try_from(bytes.len()).expect("a block is shorter than 4 MB");
    file.extend(MAGIC);
    file.extend(len.to_le_bytes());
    file.extend(bytes);
}

/// Reads blocks, framed or one without framing.
fn blocks_in(bytes: &[u8], is_framed: bool) -> Result<Vec<Block>, Error> {
    if !is_framed {
        return Ok(vec![deserialize(bytes)?]);
    }
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let block = behind.get(..len).ok_or("a template breaks off")?;
        blocks.push(deserialize(block)?);
        rest = &behind[len..];
    }
    Ok(blocks)
}

/// Writes `n_rounds` rounds of the shared blocks as `blk*.dat` files into `out`; how many
/// transactions there are.
///
/// # Errors
/// If the shared data is absent or the disk refuses.
pub fn write(shared: &Path, n_rounds: u32, out: &Path) -> Result<usize, Error> {
    let directory = shared.join("bitcoin/mainnet");
    let mut templates = Vec::new();
    for name in TEMPLATES {
        let bytes = fs_err::read(directory.join(name))?;
        let is_framed = Path::new(name)
            .extension()
            .is_some_and(|ending| ending == "blk");
        templates.extend(blocks_in(&bytes, is_framed)?);
    }
    fs_err::create_dir_all(out)?;
    let (mut chain, mut file, mut n_files, mut n_transactions) =
        (Chain::default(), Vec::new(), 0, 0);
    let save = |file: &mut Vec<u8>, n_files: &mut u32| {
        let saved = fs_err::write(out.join(format!("blk{n_files:05}.dat")), &*file);
        file.clear();
        *n_files += 1;
        saved
    };
    for round in 0..n_rounds {
        let mut ids = HashMap::new();
        for template in &templates {
            let block = chain.append(copy(template, round, &mut ids));
            n_transactions += block.txdata.len();
            frame(&block, &mut file);
            if file.len() > FILE_LEN_MAX - 2_000_000 {
                save(&mut file, &mut n_files)?;
            }
        }
    }
    save(&mut file, &mut n_files)?;
    Ok(n_transactions)
}
