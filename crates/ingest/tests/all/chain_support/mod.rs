//! Hand-made regtest blocks, and what is read from them.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "used by tests only")]

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version as TxVersion;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn,
    TxMerkleNode, TxOut, Txid, Witness,
};
use moneytrail_ingest::{Error, Evidence, EvidenceFile, Format, Options, Outcome, chain};
use moneytrail_model::{BookId, Network, TransferKind};
use moneytrail_store::schema::{Batch, EventRow, TransferRow};
use std::path::Path;

pub(crate) const MAGIC: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];
const BITS: u32 = 0x207f_ffff;

pub(crate) fn genesis() -> Block {
    bitcoin::constants::genesis_block(bitcoin::Network::Regtest)
}

/// A P2WPKH script of a key that `byte` stands for.
pub(crate) fn script(byte: u8) -> ScriptBuf {
    ScriptBuf::from_bytes([&[0, 20][..], &[byte; 20]].concat())
}

pub(crate) fn output(satoshi: u64, byte: u8) -> TxOut {
    TxOut {
        value: Amount::from_sat(satoshi),
        script_pubkey: script(byte),
    }
}

pub(crate) fn transaction(inputs: Vec<TxIn>, output: Vec<TxOut>) -> Transaction {
    Transaction {
        version: TxVersion::TWO,
        lock_time: LockTime::ZERO,
        input: inputs,
        output,
    }
}

/// An input as a legacy wallet signs it.
pub(crate) fn legacy(txid: Txid, vout: u32, byte: u8) -> TxIn {
    let mut script_sig = vec![71, 0x30, 68];
    script_sig.extend([byte; 69]);
    script_sig.extend([33, 2]);
    script_sig.extend([byte; 32]);
    TxIn {
        previous_output: OutPoint { txid, vout },
        script_sig: ScriptBuf::from_bytes(script_sig),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    }
}

/// An input with a witness.
pub(crate) fn segwit(txid: Txid, vout: u32, byte: u8) -> TxIn {
    let mut signature = vec![0x30, 68];
    signature.extend([byte; 69]);
    let key = [&[3][..], &[byte; 32]].concat();
    TxIn {
        previous_output: OutPoint { txid, vout },
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::from_slice(&[signature, key]),
    }
}

fn coinbase(height: u32, reward: u64, salt: u8) -> Transaction {
    let mut script_sig = match height {
        0 => vec![0],
        1..=16 => vec![0x50 + u8::try_from(height).unwrap()],
        _ => {
            let mut digits: Vec<u8> = height.to_le_bytes().to_vec();
            while digits.last() == Some(&0) {
                digits.pop();
            }
            if digits.last().is_some_and(|&digit| digit >= 0x80) {
                digits.push(0);
            }
            [vec![u8::try_from(digits.len()).unwrap()], digits].concat()
        }
    };
    script_sig.extend([1, salt]);
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: ScriptBuf::from_bytes(script_sig),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    transaction(vec![input], vec![output(reward, salt)])
}

/// A block that states `height`, pays `reward` and holds `others`; it commits to its witnesses.
pub(crate) fn block(
    previous: BlockHash,
    height: u32,
    reward: u64,
    salt: u8,
    others: Vec<Transaction>,
) -> Block {
    let mut first = coinbase(height, reward, salt);
    let has_witness = others
        .iter()
        .flat_map(|tx| &tx.input)
        .any(|input| !input.witness.is_empty());
    if has_witness {
        first.input[0].witness = Witness::from_slice(&[[0_u8; 32]]);
    }
    let mut txdata = vec![first];
    txdata.extend(others);
    let mut block = Block {
        header: Header {
            version: Version::from_consensus(4),
            prev_blockhash: previous,
            merkle_root: TxMerkleNode::all_zeros(),
            time: 1_600_000_000 + 600 * height + u32::from(salt),
            bits: CompactTarget::from_consensus(BITS),
            nonce: 0,
        },
        txdata,
    };
    if has_witness {
        let root = block.witness_root().unwrap();
        let commitment = Block::compute_witness_commitment(&root, &[0; 32]);
        let mut bytes = vec![0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
        bytes.extend(commitment.to_byte_array());
        block.txdata[0].output.push(TxOut {
            value: Amount::ZERO,
            script_pubkey: ScriptBuf::from_bytes(bytes),
        });
    }
    mined(block)
}

/// The block with the merkle root of its transactions and a nonce whose work holds.
pub(crate) fn mined(mut block: Block) -> Block {
    block.header.merkle_root = block.compute_merkle_root().unwrap();
    while block.header.validate_pow(block.header.target()).is_err() {
        block.header.nonce += 1;
    }
    block
}

/// Genesis and three blocks: plain, with legacy and witness inputs, with a spend inside the block.
pub(crate) fn short_chain() -> Vec<Block> {
    let subsidy = 5_000_000_000;
    let first = block(genesis().block_hash(), 1, subsidy, 1, vec![]);
    let reward = first.txdata[0].compute_txid();
    let outside = Txid::from_byte_array([0xab; 32]);
    let merge = transaction(
        vec![legacy(reward, 0, 1), segwit(outside, 7, 2)],
        vec![
            output(4_000_000_000, 3),
            output(0, 4),
            output(990_000_000, 5),
        ],
    );
    let merge_id = merge.compute_txid();
    let second = block(first.block_hash(), 2, subsidy + 10_000_000, 2, vec![merge]);
    let split = transaction(
        vec![legacy(merge_id, 0, 3)],
        vec![output(1_000_000_000, 6), output(3_000_000_000, 7)],
    );
    let again = transaction(
        vec![legacy(split.compute_txid(), 1, 7)],
        vec![output(2_999_999_000, 8)],
    );
    let third = block(
        second.block_hash(),
        3,
        subsidy + 1_000,
        3,
        vec![split, again],
    );
    vec![genesis(), first, second, third]
}

/// A chain whose outputs are of old types, which all networks have.
pub(crate) fn old_chain(value: u64) -> Vec<Block> {
    let old = |value: u64, tag: u8, hash: u8| {
        let script = match tag {
            0 => [&[0x76, 0xa9, 20][..], &[hash; 20], &[0x88, 0xac]].concat(),
            _ => [&[0xa9, 20][..], &[hash; 20], &[0x87]].concat(),
        };
        TxOut {
            value: Amount::from_sat(value),
            script_pubkey: ScriptBuf::from_bytes(script),
        }
    };
    let pay = transaction(
        vec![legacy(Txid::from_byte_array([0xab; 32]), 7, 2)],
        vec![old(value, 0, 3), old(1, 1, 4)],
    );
    let mut only = block(genesis().block_hash(), 1, 50, 1, vec![pay]);
    only.txdata[0].output = vec![old(50, 0, 1)];
    vec![mined(only)]
}

pub(crate) fn framed(block: &Block) -> Vec<u8> {
    let bytes = serialize(block);
    let size = u32::try_from(bytes.len()).unwrap();
    [&MAGIC[..], &size.to_le_bytes(), &bytes].concat()
}

pub(crate) fn file_of(blocks: &[Block]) -> Vec<u8> {
    blocks.iter().flat_map(framed).collect()
}

pub(crate) fn masked(bytes: &[u8], key: [u8; 8]) -> Vec<u8> {
    let bytes = bytes.iter().enumerate();
    bytes.map(|(at, byte)| byte ^ key[at % 8]).collect()
}

/// An event, its transfers, and the outputs that its inputs spend.
pub(crate) type Event = (EventRow, Vec<TransferRow>, Vec<([u8; 32], u32)>);

/// What was read.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) outcome: Outcome,
    pub(crate) batches: Vec<Batch>,
}

/// Reads files, given as name and bytes, in a folder of their own.
pub(crate) fn read_files(
    format: Format,
    files: &[(&str, &[u8])],
    options: &Options,
) -> Result<Read, Error> {
    let folder = tempfile::tempdir().unwrap();
    let evidence = write(folder.path(), files);
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = chain::read(format, &evidence, options, &mut batches, &())?;
    let read = Read { outcome, batches };
    read.check_bins();
    Ok(read)
}

pub(crate) fn write(folder: &Path, files: &[(&str, &[u8])]) -> Evidence {
    let files = files.iter().map(|(name, bytes)| {
        let path = folder.join(name);
        fs_err::write(&path, bytes).unwrap();
        EvidenceFile::at(&path)
    });
    Evidence {
        files: files.collect(),
        book: BookId([0; 8]),
    }
}

pub(crate) fn read_blocks(bytes: &[u8]) -> Read {
    read_files(
        Format::BlockFiles,
        &[("blk00000.dat", bytes)],
        &Options::default(),
    )
    .unwrap()
}

pub(crate) fn on(network: Network) -> Options {
    Options {
        network: Some(network),
        ..Options::default()
    }
}

impl Read {
    pub(crate) fn figure(&self, name: &str) -> u64 {
        let figure = self.outcome.figures.iter().find(|figure| figure.0 == name);
        figure.unwrap_or_else(|| panic!("no figure {name}")).1
    }

    /// Records in = out, by rows as well as by counts.
    pub(crate) fn check_bins(&self) {
        let counts = self.outcome.counts;
        let events = self.batches.iter().flat_map(|batch| &batch.events);
        let transferred = events.filter(|event| !event.stale).count() as u64;
        assert_eq!(counts.transferred, transferred);
        assert_eq!(self.figure("transactions"), transferred);
        let records = self.batches.iter().map(|batch| batch.records.len() as u64);
        assert_eq!(counts.set_aside + counts.quarantined, records.sum::<u64>());
        for batch in &self.batches {
            let n_events = u32::try_from(batch.events.len()).unwrap();
            assert!(
                batch
                    .transfers
                    .iter()
                    .all(|transfer| transfer.event < n_events)
            );
            assert!(
                batch
                    .transfers
                    .iter()
                    .map(|transfer| transfer.event)
                    .is_sorted()
            );
            for outpoint in &batch.outpoints {
                let kind = batch.transfers.kind(outpoint.transfer as usize);
                assert_eq!(kind, TransferKind::Input);
            }
            let blocks = batch.events.iter().filter_map(|event| event.block);
            assert!(
                blocks
                    .into_iter()
                    .all(|block| (block as usize) < batch.blocks.len())
            );
        }
    }

    pub(crate) fn reasons(&self) -> Vec<String> {
        let records = self.batches.iter().flat_map(|batch| &batch.records);
        records
            .map(|record| record.reason.as_deref().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn heights(&self) -> Vec<Option<u32>> {
        let blocks = self.batches.iter().flat_map(|batch| &batch.blocks);
        blocks.map(|block| block.height).collect()
    }

    /// Each event with its transfers and the outpoints of its inputs. Positions of blocks and
    /// events count through all batches.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        let mut n_blocks = 0;
        for batch in &self.batches {
            let base = u32::try_from(events.len()).unwrap();
            for event in &batch.events {
                let mut event = event.clone();
                event.block = event.block.map(|block| block + n_blocks);
                events.push((event, Vec::new(), Vec::new()));
            }
            let of = |event: u32| (base + event) as usize;
            for row in batch.transfers.iter() {
                let event = base + row.event;
                events[of(row.event)].1.push(TransferRow { event, ..row });
            }
            for row in &batch.outpoints {
                let event = batch.transfers.event(row.transfer as usize);
                events[of(event)].2.push((row.txid, row.vout));
            }
            n_blocks += u32::try_from(batch.blocks.len()).unwrap();
        }
        events
    }

    /// What the events move, without what depends on where their block stands.
    pub(crate) fn moved(&self) -> Vec<([u8; 32], Vec<String>)> {
        let shown = |row: &TransferRow| {
            format!(
                "{:?} {:?} {:?} {:?}",
                row.kind, row.from, row.to, row.amount
            )
        };
        let body = [TransferKind::Input, TransferKind::Output];
        let events = self
            .events()
            .into_iter()
            .map(|(event, transfers, outpoints)| {
                let transfers = transfers.iter().filter(|row| body.contains(&row.kind));
                let mut lines: Vec<String> = transfers.map(shown).collect();
                lines.extend(outpoints.iter().map(|outpoint| format!("{outpoint:?}")));
                (event.transaction.unwrap().1, lines)
            });
        events.collect()
    }
}
