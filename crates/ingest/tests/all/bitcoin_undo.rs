//! Undo data gives what Bitcoin Core says that it gives: `fixtures/story/blocks` was written by Core, and
//! `expected.json` beside it holds value and script of every spent output as Core's own interface tells them.
#![allow(clippy::unwrap_used, reason = "used by tests only")]

use crate::chain_support::*;
use bitcoin::hashes::Hash;
use bitcoin::{Block, TxIn, Txid};
use moneytrail_ingest::{Format, Options};
use moneytrail_model::address::of_script;
use moneytrail_model::{Amount, Network, TransferKind};
use moneytrail_store::schema::Endpoint;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/story")
        .join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs_err::read(fixture("blocks").join(name)).unwrap()
}

/// Amount and account of each spent output, by spending transaction and input.
fn told_by_core() -> BTreeMap<([u8; 32], usize), (Amount, Endpoint)> {
    let text = fs_err::read_to_string(fixture("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let spent = expected["spent_outputs"].as_array().unwrap();
    let entry = |spent: &serde_json::Value| {
        let mut txid = hex::decode(spent["txid"].as_str().unwrap()).unwrap();
        txid.reverse();
        let input = usize::try_from(spent["input"].as_u64().unwrap()).unwrap();
        let script = hex::decode(spent["script"].as_str().unwrap()).unwrap();
        let account = Endpoint::Account(of_script(Network::Regtest, &script));
        let amount = Amount::from_u64(spent["value"].as_u64().unwrap());
        ((txid.try_into().unwrap(), input), (amount, account))
    };
    spent.iter().map(entry).collect()
}

/// Amount, if known, and account of each input of the blocks that count.
fn inputs(read: &Read) -> BTreeMap<([u8; 32], usize), (Option<Amount>, Endpoint)> {
    let mut inputs = BTreeMap::new();
    for (event, transfers, _) in read.events() {
        let spends = transfers
            .into_iter()
            .filter(|row| row.kind == TransferKind::Input);
        for (vin, row) in spends.enumerate().filter(|_| !event.stale) {
            inputs.insert((event.transaction.unwrap().1, vin), (row.amount, row.from));
        }
    }
    inputs
}

fn read(block_files: &[u8], undo: &[u8], key: &[u8]) -> Read {
    let files = [
        ("blk00000.dat", block_files),
        ("rev00000.dat", undo),
        ("xor.dat", key),
    ];
    read_files(Format::BlockFiles, &files, &Options::default()).unwrap()
}

#[test]
fn every_input_has_the_amount_and_account_that_core_tells() {
    let key = bytes("xor.dat");
    let read = read(&bytes("blk00000.dat"), &bytes("rev00000.dat"), &key);
    let told: BTreeMap<_, _> = told_by_core()
        .into_iter()
        .map(|(input, (amount, account))| (input, (Some(amount), account)))
        .collect();
    assert!(!told.is_empty());
    assert_eq!(inputs(&read), told);
    assert_eq!(read.figure("inputs valued by undo data"), told.len() as u64);
    let remarks = &read.outcome.remarks;
    assert!(
        !remarks.iter().any(|remark| remark.contains("undo")),
        "{remarks:?}"
    );
    // The stale block was connected too, so its undo data is there and equals its rival's.
    let stale = read.events().into_iter().filter(|event| event.0.stale);
    let stale: Vec<_> = stale.flat_map(|event| event.1).collect();
    let known = |row: &&moneytrail_store::schema::TransferRow| {
        row.kind == TransferKind::Input && row.amount.is_some()
    };
    assert_eq!(stale.iter().filter(known).count(), 1);
}

/// The last block of `fixtures/undo` alone, which spends an output of every type of script, all outside of it.
#[test]
fn outputs_of_every_type_are_known_from_undo_data_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/undo");
    let stored = |name: &str| fs_err::read(folder.join(name)).unwrap();
    let key: [u8; 8] = stored("xor.dat").try_into().unwrap();
    let plain = masked(&stored("blk00000.dat"), key);
    let last = memchr::memmem::rfind(&plain, &MAGIC).unwrap();
    let size = u32::from_le_bytes(plain[last + 4..last + 8].try_into().unwrap()) as usize;
    let undo = masked(&stored("rev00000.dat"), key);
    let read = read(&plain[last..last + 8 + size], &undo, &[0; 8]);
    let expected: serde_json::Value = serde_json::from_slice(&stored("expected.json")).unwrap();
    let spent = expected["spent"].as_array().unwrap();
    let expected: Vec<_> = spent
        .iter()
        .map(|spent| {
            let script = hex::decode(spent["script"].as_str().unwrap()).unwrap();
            let amount = Amount::from_u64(spent["value"].as_u64().unwrap());
            let account = Endpoint::Account(of_script(Network::Regtest, &script));
            (Some(amount), account)
        })
        .collect();
    assert_eq!(expected.len(), 10);
    assert_eq!(inputs(&read).into_values().collect::<Vec<_>>(), expected);
    assert_eq!(read.figure("inputs valued by undo data"), 10);
}

/// Records of a file in the clear: all bytes from magic to the end that `footer` adds.
fn records(stored: &[u8], footer: usize) -> Vec<Vec<u8>> {
    let plain = masked(stored, bytes("xor.dat").try_into().unwrap());
    let mut records = Vec::new();
    let mut rest = &plain[..];
    while rest.starts_with(&MAGIC) {
        let size = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        let (record, behind) = rest.split_at(8 + size + footer);
        records.push(record.to_vec());
        rest = behind;
    }
    records
}

#[test]
fn outputs_outside_the_evidence_have_their_amount_and_account() {
    // The last forty blocks alone, and undo data in another order, some of it of other blocks.
    let blocks = records(&bytes("blk00000.dat"), 0);
    let mut undo = records(&bytes("rev00000.dat"), 32);
    undo.reverse();
    let blocks = blocks[blocks.len() - 40..].concat();
    let read = read(&blocks, &undo.concat(), &[0; 8]);
    let told = told_by_core();
    let found = inputs(&read);
    assert!(found.len() > 10);
    for (input, found) in &found {
        let (amount, account) = &told[input];
        assert_eq!(found, &(Some(*amount), account.clone()));
    }
    let remarks = read.outcome.remarks.join("\n");
    assert!(
        remarks.contains("are of no block here by their checksums"),
        "{remarks}"
    );
}

#[test]
fn what_does_not_hold_leaves_inputs_as_they_are() {
    let blocks = records(&bytes("blk00000.dat"), 0).concat();
    let undo = records(&bytes("rev00000.dat"), 32);
    let whole = read(&blocks, &undo.concat(), &[0; 8]);
    let spending = undo.iter().rposition(|record| record[8] > 0).unwrap();
    let without = read_files(
        Format::BlockFiles,
        &[("blk00000.dat", &blocks)],
        &Options::default(),
    );
    let without = inputs(&without.unwrap());

    // One byte of an amount or a script, of the checksum, the record itself, and all of the file.
    let mut altered = undo.clone();
    let middle = undo[spending].len() / 2;
    altered[spending][middle] ^= 1;
    let mut unsummed = undo.clone();
    *unsummed[spending].last_mut().unwrap() ^= 1;
    let mut missing = undo.clone();
    missing.remove(spending);
    let mut torn = undo.clone();
    let len = torn[spending].len();
    torn[spending].truncate(len - 20);
    for (files, n_strangers) in [(altered, 1), (unsummed, 1), (missing, 0), (torn, 1)] {
        let read = read(&blocks, &files.concat(), &[0; 8]);
        let remarks = read.outcome.remarks.join("\n");
        assert!(
            remarks.contains("1 blocks have no undo data that holds"),
            "{remarks}"
        );
        assert_eq!(
            remarks.contains("by their checksums"),
            n_strangers > 0,
            "{remarks}"
        );
        let (found, whole) = (inputs(&read), inputs(&whole));
        let differing: Vec<_> = whole
            .keys()
            .filter(|input| found[input] != whole[input])
            .collect();
        assert!(!differing.is_empty());
        for input in differing {
            assert_eq!(found[input], without[input]);
        }
        assert_eq!(read.moved().len(), 170);
    }
    let empty = read(&blocks, &[0; 100], &[0; 8]);
    assert_eq!(inputs(&empty), without);
}

/// A record of undo data behind `parent`: for each of `spent`, the amount and script of one transaction's only
/// input, in Core's form.
fn undo_record(parent: [u8; 32], spent: &[(u8, [u8; 22])]) -> Vec<u8> {
    let mut undo = vec![u8::try_from(spent.len()).unwrap()];
    for (packed_amount, script) in spent {
        // One input; height 1, no coinbase; a zero; amount; a script as it is.
        undo.extend([1, 2, 0, *packed_amount, 22 + 6]);
        undo.extend(script);
    }
    let checksum = bitcoin::hashes::sha256d::Hash::hash(&[&parent[..], &undo].concat());
    let size = u32::try_from(undo.len()).unwrap().to_le_bytes();
    [&MAGIC[..], &size, &undo, &checksum.to_byte_array()].concat()
}

/// Two blocks of one parent: their undo data has one checksum for both, and only what inputs reveal says whose it is.
#[test]
fn undo_data_of_competing_blocks_is_not_mixed_up() {
    let parent = genesis().block_hash();
    let owner = |byte: u8| {
        let mut key = [byte; 33];
        key[0] = 3;
        let hash = bitcoin::hashes::hash160::Hash::hash(&key).to_byte_array();
        let script: [u8; 22] = [&[0, 20][..], &hash].concat().try_into().unwrap();
        (segwit(Txid::from_byte_array([byte; 32]), 0, byte), script)
    };
    let spending = |input: &TxIn, salt: u8| {
        let pay = transaction(vec![input.clone()], vec![output(5, salt)]);
        block(parent, 1, 50, salt, vec![pay])
    };
    let ((first, first_script), (second, second_script)) = (owner(3), owner(4));
    let parent = parent.to_byte_array();
    let amounts = |blocks: &[Block], undo: &[u8]| {
        let read = read(&file_of(blocks), undo, &[0; 8]);
        let rows = read.events().into_iter().flat_map(|event| event.1);
        let inputs = rows.filter(|row| row.kind == TransferKind::Input);
        let mut amounts: Vec<_> = inputs
            .map(|row| (row.from.clone(), row.amount.map(Amount::units)))
            .collect();
        amounts.sort_by_key(|row| row.1);
        (amounts, read.outcome.remarks.join("\n"))
    };
    let account = |script: &[u8; 22]| Endpoint::Account(of_script(Network::Regtest, script));
    // Packed, 1 is one unit and 11 is two.
    let of_first = undo_record(parent, &[(1, first_script)]);
    let of_second = undo_record(parent, &[(11, second_script)]);
    let blocks = [spending(&first, 1), spending(&second, 2)];
    let turned = [blocks[1].clone(), blocks[0].clone()];
    let (first_known, second_known) = (
        (account(&first_script), Some(1)),
        (account(&second_script), Some(2)),
    );
    for blocks in [&blocks, &turned] {
        let (found, remarks) = amounts(blocks, &of_first);
        assert_eq!(
            found,
            [(account(&second_script), None), first_known.clone()]
        );
        assert!(!remarks.contains("by their checksums"), "{remarks}");
        let both = [of_second.clone(), of_first.clone()].concat();
        let (found, _) = amounts(blocks, &both);
        assert_eq!(found, [first_known.clone(), second_known.clone()]);
    }

    // Key paths of taproot reveal nothing, so that the record could be of either.
    let taproot = |byte: u8| {
        let mut input = owner(byte).0;
        input.witness = bitcoin::Witness::from_slice(&[[byte; 64]]);
        input
    };
    let unknown = [spending(&taproot(3), 1), spending(&taproot(4), 2)];
    let (found, remarks) = amounts(&unknown, &of_first);
    assert!(found.iter().all(|row| row.1.is_none()), "{found:?}");
    assert!(remarks.contains("competing"), "{remarks}");
    // Both spend the same outputs: it is of both.
    let same = [spending(&taproot(3), 1), spending(&taproot(3), 2)];
    let (found, _) = amounts(&same, &of_first);
    assert!(found.iter().all(|row| *row == first_known), "{found:?}");
}

#[test]
fn undo_data_belongs_to_the_block_file_of_its_number() {
    let key = bytes("xor.dat");
    let files = [
        ("blk00000.dat", &bytes("blk00000.dat")[..]),
        ("rev00001.dat", &bytes("rev00000.dat")),
        ("xor.dat", &key),
    ];
    let read = read_files(Format::BlockFiles, &files, &Options::default()).unwrap();
    assert_eq!(read.figure("inputs valued by undo data"), 0);
}
