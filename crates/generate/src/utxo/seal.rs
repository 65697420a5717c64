//! Bytes, ids, merkle roots and work.
//!
//! Transactions are written and hashed in parallel in waves: those that spend outputs of earlier blocks only,
//! then those that need the ids of the first, and so on. What comes out depends on the draft alone.

use super::NONE;
use super::draft::{BlockDraft, Draft, Use};
use super::script::{PAY_LEN, Script};
use super::truth::Rows;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::{
    Amount, BlockHash, CompactTarget, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn,
    TxMerkleNode, TxOut, Txid, Witness, absolute, consensus, merkle_tree, transaction,
};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// Internal byte order.
pub(super) type Id = [u8; 32];

/// A transaction with its ids and its line of truth.
#[derive(Debug)]
struct SealedTransaction {
    bytes: Vec<u8>,
    txid: Id,
    wtxid: Id,
    rows: Rows,
}

/// A block as it is stored, and the truth about it.
#[derive(Debug)]
pub(super) struct SealedBlock {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: BlockHash,
    pub(super) coinbase: Txid,
    pub(super) rows: Vec<Rows>,
}

/// What sealing remembers: the last block, and the transaction of each unspent output.
#[derive(Debug)]
pub(super) struct Sealer {
    previous: BlockHash,
    txids: Vec<Id>,
}

impl Sealer {
    pub(super) fn new(genesis: BlockHash) -> Self {
        Self {
            previous: genesis,
            txids: Vec::new(),
        }
    }

    /// Seals a block; blocks are sealed in order. O(n) in its inputs and outputs.
    pub(super) fn seal(&mut self, block: &BlockDraft) -> SealedBlock {
        let transactions = self.transactions(block);
        let coinbase = coinbase(block, &transactions);
        let coinbase_id = coinbase.compute_txid();
        for (draft, sealed) in block.drafts.iter().zip(&transactions) {
            for pay in block.pays_of(draft) {
                self.remember(pay.coin, sealed.txid);
            }
        }
        if let Some(reward) = block.reward {
            self.remember(reward.coin, coinbase_id.to_byte_array());
        }
        let mut hashes: Vec<Txid> = std::iter::once(coinbase_id)
            .chain(
                transactions
                    .iter()
                    .map(|sealed| Txid::from_byte_array(sealed.txid)),
            )
            .collect();
        let root = merkle_tree::calculate_root_inline(&mut hashes).expect("there is a coinbase");
        let header = mined(self.previous, root.into(), block.time);
        self.previous = header.block_hash();

        let n_bytes = transactions
            .iter()
            .map(|sealed| sealed.bytes.len())
            .sum::<usize>();
        let mut bytes = Vec::with_capacity(n_bytes + 1_000);
        bytes.extend(consensus::serialize(&header));
        let n_transactions = consensus::encode::VarInt::from(transactions.len() + 1);
        bytes.extend(consensus::serialize(&n_transactions));
        bytes.extend(consensus::serialize(&coinbase));
        let mut rows = Vec::with_capacity(transactions.len());
        for sealed in transactions {
            bytes.extend_from_slice(&sealed.bytes);
            rows.push(sealed.rows);
        }
        SealedBlock {
            bytes,
            hash: self.previous,
            coinbase: coinbase_id,
            rows,
        }
    }

    fn remember(&mut self, coin: u32, txid: Id) {
        if coin == NONE {
            return;
        }
        let place = coin as usize;
        if place >= self.txids.len() {
            self.txids.resize(place + 1, Id::default());
        }
        self.txids[place] = txid;
    }

    fn transactions(&self, block: &BlockDraft) -> Vec<SealedTransaction> {
        let n_waves = block.drafts.iter().map(|draft| draft.depth + 1).max();
        let mut waves = vec![Vec::new(); n_waves.unwrap_or(0) as usize];
        for (position, draft) in block.drafts.iter().enumerate() {
            waves[draft.depth as usize].push(position);
        }
        let mut sealed: Vec<Option<SealedTransaction>> = Vec::new();
        sealed.resize_with(block.drafts.len(), || None);
        for wave in waves {
            let id_of = |parent: u32| sealed[parent as usize].as_ref().map(|done| done.txid);
            let of_wave: Vec<SealedTransaction> = wave
                .par_iter()
                .with_min_len(64)
                .map(|&position| self.transaction(block, position, &id_of))
                .collect();
            for (position, transaction) in wave.into_iter().zip(of_wave) {
                sealed[position] = Some(transaction);
            }
        }
        sealed.into_iter().flatten().collect()
    }

    fn transaction(
        &self,
        block: &BlockDraft,
        position: usize,
        id_of: &impl Fn(u32) -> Option<Id>,
    ) -> SealedTransaction {
        let draft = &block.drafts[position];
        let (bytes, body) = self.serialize(block, draft, id_of);
        let base = Sha256::new()
            .chain_update(&bytes[..4])
            .chain_update(&bytes[body])
            .chain_update(&bytes[bytes.len() - 4..]);
        let txid = Sha256::digest(base.finalize()).into();
        SealedTransaction {
            wtxid: Sha256::digest(Sha256::digest(&bytes)).into(),
            rows: Rows::of(block, position, &txid),
            txid,
            bytes,
        }
    }

    /// The bytes (BIP144), and which of them are inputs and outputs.
    fn serialize(
        &self,
        block: &BlockDraft,
        draft: &Draft,
        id_of: &impl Fn(u32) -> Option<Id>,
    ) -> (Vec<u8>, std::ops::Range<usize>) {
        let (spends, pays) = (block.spends_of(draft), block.pays_of(draft));
        let mut bytes = Vec::with_capacity(24 + 52 * spends.len() + 45 * pays.len());
        bytes.extend([draft.version, 0, 0, 0, 0, 1]);
        let start = bytes.len();
        put_count(&mut bytes, spends.len());
        for spend in spends {
            let parent = spend.parent.and_then(id_of);
            bytes.extend_from_slice(&parent.unwrap_or_else(|| self.txids[spend.coin as usize]));
            bytes.extend(spend.vout.to_le_bytes());
            bytes.extend([0, draft.sequence, 0xff, 0xff, 0xff]);
        }
        put_count(&mut bytes, pays.len());
        for pay in pays {
            bytes.extend(pay.value.to_le_bytes());
            if pay.purpose == Use::Data {
                let data = data(block, draft);
                bytes.push(u8::try_from(data.len()).expect("short"));
                bytes.extend(data.as_bytes());
            } else {
                bytes.extend([PAY_LEN, 0, PAY_LEN - 2]);
                bytes.extend(Script::of(pay.address).program());
            }
        }
        let body = start..bytes.len();
        for spend in spends {
            let script = Script::of(spend.address);
            bytes.extend([1, script.len()]);
            bytes.extend_from_slice(script.as_bytes());
        }
        bytes.extend(draft.lock_time.to_le_bytes());
        (bytes, body)
    }
}

/// What a Tx0 says to its coordinator: here a hash of its first input.
fn data(block: &BlockDraft, draft: &Draft) -> ScriptBuf {
    let mut hash = Sha256::new();
    for spend in block.spends_of(draft) {
        hash.update(spend.address.to_le_bytes());
    }
    let payload: PushBytesBuf = <[u8; 32]>::from(hash.finalize()).into();
    ScriptBuf::new_op_return(payload)
}

fn put_count(bytes: &mut Vec<u8>, n: usize) {
    match u8::try_from(n) {
        Ok(n) if n < 0xfd => bytes.push(n),
        _ => {
            bytes.push(0xfd);
            bytes.extend(
                u16::try_from(n)
                    .expect("a block has a weight limit")
                    .to_le_bytes(),
            );
        }
    }
}

/// The coinbase: height (BIP34), reward, and the commitment to all witnesses (BIP141).
fn coinbase(block: &BlockDraft, transactions: &[SealedTransaction]) -> Transaction {
    let reward = block.reward.expect("a block that ended has its reward");
    let program = Script::of(reward.address).program();
    let mut hashes: Vec<Txid> = std::iter::once(Txid::all_zeros())
        .chain(
            transactions
                .iter()
                .map(|sealed| Txid::from_byte_array(sealed.wtxid)),
        )
        .collect();
    let root = merkle_tree::calculate_root_inline(&mut hashes).expect("there is a coinbase");
    let commitment = Sha256::digest(Sha256::digest(
        [root.to_byte_array(), Id::default()].concat(),
    ));
    let mut payload = PushBytesBuf::from([0xaa, 0x21, 0xa9, 0xed]);
    payload
        .extend_from_slice(&commitment)
        .expect("36 bytes can be pushed");
    Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: Builder::new()
                .push_int(block.height.into())
                .push_int(0)
                .into_script(),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[Id::default()]),
        }],
        output: vec![
            TxOut {
                value: Amount::from_sat(reward.value),
                script_pubkey: ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_byte_array(
                    program,
                )),
            },
            TxOut {
                value: Amount::ZERO,
                script_pubkey: ScriptBuf::new_op_return(payload),
            },
        ],
    }
}

/// A header with the work that regtest asks for: every second nonce will do.
fn mined(previous: BlockHash, merkle_root: TxMerkleNode, time: u32) -> Header {
    let bits = CompactTarget::from_consensus(
        bitcoin::constants::genesis_block(Network::Regtest)
            .header
            .bits
            .to_consensus(),
    );
    let mut header = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: previous,
        merkle_root,
        time,
        bits,
        nonce: 0,
    };
    while !header.target().is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
    header
}
