//! Block files and raw blocks, hand-made: what counts, what is set aside, what is refused and why.
#![allow(clippy::unwrap_used, reason = "used by tests only")]

use crate::chain_support::*;
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use moneytrail_ingest::{Error, Format, Options, chain};
use moneytrail_model::TransferKind::{Input, Output};
use moneytrail_model::{AccountKey, Amount, Network, RecordBin, ScriptKey, TransferKind};
use moneytrail_store::schema::{Endpoint, RecordPlace};
use proptest::prelude::*;

#[test]
fn a_chain_from_its_first_block() {
    let blocks = short_chain();
    let read = read_blocks(&file_of(&blocks));
    assert_eq!(read.outcome.network, Some(Network::Regtest));
    assert_eq!(read.heights(), [Some(0), Some(1), Some(2), Some(3)]);
    let figures: Vec<u64> = read.outcome.figures.iter().map(|figure| figure.1).collect();
    assert_eq!(figures, [4, 7, 8, 11, 1, 3, 0]);
    assert!(read.outcome.assumptions.is_empty());
    assert!(read.outcome.remarks[0].contains("can never be spent"));

    let (event, transfers, outpoints) = &read.events()[3];
    assert_eq!(event.tx_index, Some(1));
    assert_eq!(event.time.seconds(), Some(1_600_001_202));
    let kinds: Vec<_> = transfers.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [Input, Input, Output, Output, Output]);
    assert_eq!(outpoints[1], ([0xab; 32], 7));
    assert!(matches!(
        transfers[1].from,
        Endpoint::Account(AccountKey::Script(Network::Regtest, ScriptKey::P2wpkh(_)))
    ));
    assert_eq!(transfers[0].amount, None);
    assert_eq!(transfers[3].amount.map(Amount::units), Some(0));
    let paid = Endpoint::Account(AccountKey::Script(
        Network::Regtest,
        ScriptKey::P2wpkh([5; 20]),
    ));
    assert_eq!(transfers[4].to, paid);
}

#[test]
fn a_coinbase_draws_subsidy_and_recycled_fees() {
    let read = read_blocks(&file_of(&short_chain()));
    let (_, transfers, outpoints) = &read.events()[2];
    let units = |row: usize| transfers[row].amount.map(Amount::units);
    assert_eq!(transfers[0].kind, TransferKind::Subsidy);
    assert_eq!(
        transfers[0].from,
        Endpoint::Account(AccountKey::Issuance(Network::Regtest))
    );
    assert_eq!(
        (units(0), units(1)),
        (Some(5_000_000_000), Some(10_000_000))
    );
    assert_eq!(
        transfers[1].from,
        Endpoint::Account(AccountKey::Fees(Network::Regtest))
    );
    assert!(outpoints.is_empty());
}

#[test]
fn a_coinbase_without_height_issues_an_unknown_amount() {
    let mut block = short_chain().remove(1);
    block.header.version = bitcoin::block::Version::ONE;
    let read = read_blocks(&file_of(&[mined(block)]));
    assert_eq!(read.heights(), [None]);
    assert!(read.outcome.assumptions[0].contains("1 blocks have no height"));
    let transfers = &read.events()[0].1;
    assert_eq!(
        (transfers[0].kind, transfers[0].amount),
        (TransferKind::Subsidy, None)
    );
    assert_eq!(transfers[1].kind, TransferKind::Output);
}

#[test]
fn coinbases_give_heights_where_the_first_block_is_missing() {
    let mut blocks = short_chain().split_off(1);
    blocks.reverse();
    assert_eq!(
        read_blocks(&file_of(&blocks)).heights(),
        [Some(3), Some(2), Some(1)]
    );
    let alone = block(
        bitcoin::BlockHash::from_byte_array([9; 32]),
        70_000,
        1,
        1,
        vec![],
    );
    assert_eq!(read_blocks(&framed(&alone)).heights(), [Some(70_000)]);
}

#[test]
fn heights_that_contradict_each_other_are_not_believed() {
    let first = block(
        bitcoin::BlockHash::from_byte_array([9; 32]),
        100,
        1,
        1,
        vec![],
    );
    let second = block(first.block_hash(), 300, 1, 2, vec![]);
    let read = read_blocks(&file_of(&[first.clone(), second.clone()]));
    assert_eq!(read.heights(), [None, None]);
    assert!(read.outcome.remarks[0].contains("contradict"));
    let third = block(second.block_hash(), 301, 1, 3, vec![]);
    let read = read_blocks(&file_of(&[first, second, third]));
    assert_eq!(
        read.heights(),
        [Some(299), Some(300), Some(301)],
        "the majority counts"
    );
}

#[test]
fn the_chain_with_most_work_counts() {
    let mut blocks = short_chain();
    let rival = block(blocks[1].block_hash(), 2, 5_000_000_000, 9, vec![]);
    blocks.insert(2, rival.clone());
    let read = read_blocks(&file_of(&blocks));
    assert_eq!(read.figure("stale blocks"), 1);
    assert_eq!(read.outcome.counts.set_aside, 1);
    assert_eq!(read.outcome.stale[0].hash, rival.block_hash().to_string());
    assert_eq!(read.outcome.stale[0].height, Some(2));
    let stale: Vec<bool> = read.batches[0]
        .blocks
        .iter()
        .map(|block| block.stale)
        .collect();
    assert_eq!(stale, [false, false, true, false, false]);
    assert_eq!(
        read.events().iter().filter(|event| event.0.stale).count(),
        1
    );
    assert!(read.reasons()[0].starts_with("stale: a chain with more work leaves out block"));
    assert!(read.outcome.assumptions.is_empty());
}

#[test]
fn of_equal_rivals_the_first_counts_and_that_is_said() {
    let parent = bitcoin::BlockHash::from_byte_array([9; 32]);
    let (one, two) = (
        block(parent, 50, 1, 1, vec![]),
        block(parent, 50, 1, 2, vec![]),
    );
    for blocks in [[one.clone(), two.clone()], [two, one]] {
        let read = read_blocks(&file_of(&blocks));
        assert_eq!(
            read.outcome.stale[0].hash,
            blocks[1].block_hash().to_string()
        );
        assert!(read.outcome.assumptions[0].contains("equal work"));
    }
}

#[test]
fn blocks_that_are_not_adjacent_are_not_stale() {
    let blocks = short_chain();
    let read = read_blocks(&file_of(&[blocks[3].clone(), blocks[1].clone()]));
    assert!(read.outcome.stale.is_empty());
    assert_eq!(read.heights(), [Some(3), Some(1)]);
}

#[test]
fn a_copy_is_set_aside_and_a_bad_copy_does_not_hide_a_good_one() {
    let blocks = short_chain();
    let mut bytes = file_of(&blocks);
    bytes.extend(framed(&blocks[3]));
    let read = read_blocks(&bytes);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.set_aside
        ),
        (7, 3)
    );
    assert!(read.reasons()[0].starts_with("duplicate"));

    let mut bad = framed(&blocks[3]);
    let n_bytes = bad.len();
    bad[n_bytes - 1] ^= 1;
    bad.extend(file_of(&blocks));
    let read = read_blocks(&bad);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.quarantined
        ),
        (7, 3)
    );
}

/// A name does not keep blocks from being read, and undo data is named for what it is.
#[test]
fn a_file_alone_is_told_from_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = file_of(&short_chain());
    let undo = [&blocks[..8], &[1; 100]].concat();
    let files: [(&str, &[u8]); 4] = [
        ("review.dat", &blocks),
        ("rev00000.dat", &blocks),
        ("review2.dat", &undo),
        ("rev00001.dat", &undo),
    ];
    let evidence = write(folder.path(), &files);
    let found: Vec<_> = evidence
        .files
        .into_iter()
        .map(|file| {
            let (book, files) = (evidence.book, vec![file]);
            chain::sniff_evidence(&moneytrail_ingest::Evidence { files, book })
        })
        .collect();
    for found in &found[..3] {
        assert!(matches!(found, Ok(Some(Format::BlockFiles))), "{found:?}");
    }
    assert!(
        matches!(found[3], Err(Error::NotReadYet { .. })),
        "{found:?}"
    );
}

#[test]
fn a_key_is_taken_off() {
    let key = [1, 2, 3, 4, 5, 6, 7, 0x80];
    let bytes = file_of(&short_chain());
    let plain = read_blocks(&bytes);
    // Space that the node preallocated stays zero under the key.
    let stored = [masked(&bytes, key), vec![0; 100]].concat();
    let files: [(&str, &[u8]); 3] = [
        ("blk00000.dat", &stored),
        ("xor.dat", &key),
        ("rev00000.dat", &[1]),
    ];
    let read = read_files(Format::BlockFiles, &files, &Options::default()).unwrap();
    assert_eq!(read.batches, plain.batches);
    assert!(
        read.outcome
            .remarks
            .iter()
            .any(|remark| remark.contains("no undo data that holds"))
    );

    // The key stands beside the one file of the exhibit.
    let folder = tempfile::tempdir().unwrap();
    let mut evidence = write(folder.path(), &files);
    evidence.files.truncate(1);
    assert_eq!(
        chain::sniff_evidence(&evidence).unwrap(),
        Some(Format::BlockFiles)
    );
    let mut batches = Vec::new();
    chain::read(
        Format::BlockFiles,
        &evidence,
        &Options::default(),
        &mut batches,
        &(),
    )
    .unwrap();
    assert_eq!(batches, plain.batches);

    for key in [&key[..7], &[]] {
        let files: [(&str, &[u8]); 2] = [("blk00000.dat", &stored), ("xor.dat", key)];
        let error = read_files(Format::BlockFiles, &files, &Options::default()).unwrap_err();
        assert!(matches!(error, Error::XorKey { len, .. } if len == key.len()));
    }
    let no_key = read_files(Format::BlockFiles, &files[..1], &Options::default()).unwrap();
    assert_eq!(no_key.outcome.counts.quarantined, 1);
    assert!(no_key.outcome.remarks[0].contains("xor.dat is missing"));
    let zero_key: [(&str, &[u8]); 2] = [("blk00000.dat", &bytes), ("xor.dat", &[0; 8])];
    let read = read_files(Format::BlockFiles, &zero_key, &Options::default()).unwrap();
    assert_eq!(read.batches, plain.batches);
}

#[test]
fn a_half_changed_key_is_refused() {
    let files: [(&str, &[u8]); 2] = [("blk00000.dat", &[1]), ("blk00001.dat.reobfuscated", &[1])];
    let error = read_files(Format::BlockFiles, &files, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("start it once more"), "{error}");
}

#[test]
fn two_networks_are_refused_and_named() {
    let main = bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin);
    let bytes = serialize(&main);
    let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let main = [&[0xf9, 0xbe, 0xb4, 0xd9][..], &size, &bytes].concat();
    let both = [file_of(&short_chain()), main].concat();
    let files: [(&str, &[u8]); 1] = [("blk00000.dat", &both)];
    let error = read_files(Format::BlockFiles, &files, &Options::default()).unwrap_err();
    assert!(matches!(
        error,
        Error::MixedNetworks {
            first: Network::Regtest,
            second: Network::Bitcoin,
            ..
        }
    ));
    let bytes = file_of(&short_chain());
    let files: [(&str, &[u8]); 1] = [("blk00000.dat", &bytes)];
    let error = read_files(Format::BlockFiles, &files, &on(Network::Signet)).unwrap_err();
    assert_eq!(error.code(), "ingest/contradiction");
}

#[test]
fn a_raw_block_reads_alike_in_binary_and_in_digits() {
    let block = short_chain().remove(2);
    let bytes = serialize(&block);
    let binary = read_files(Format::RawBlock, &[("block", &bytes)], &Options::default()).unwrap();
    assert_eq!(
        binary.outcome.network,
        Some(Network::Regtest),
        "only regtest is that easy"
    );
    assert!(binary.outcome.assumptions[0].contains("names no network"));
    let digits = hex::encode(&bytes);
    let (front, back) = digits.split_at(101);
    let text = format!("\n {front}\r\n{back}\n");
    for text in [digits.to_uppercase(), text] {
        assert_eq!(
            chain::sniff(text.as_bytes(), text.len() as u64),
            Some(Format::RawBlock)
        );
        let files: [(&str, &[u8]); 1] = [("block", text.as_bytes())];
        let read = read_files(Format::RawBlock, &files, &Options::default()).unwrap();
        assert_eq!(read.batches, binary.batches);
    }
    assert_eq!(
        chain::sniff(&bytes, bytes.len() as u64),
        Some(Format::RawBlock)
    );
    let longer = [&bytes[..], &[0]].concat();
    let read = read_files(
        Format::RawBlock,
        &[("block", &longer)],
        &on(Network::Regtest),
    )
    .unwrap();
    assert_eq!(read.outcome.counts.quarantined, 1);
    assert!(read.outcome.assumptions.is_empty() && read.reasons()[0].contains("1 bytes follow"));
}

#[test]
fn a_block_cut_anywhere_is_named() {
    let blocks = short_chain();
    let bytes = file_of(&blocks);
    let mut ends = vec![(0, 0)];
    for block in &blocks {
        let &(end, n_transactions) = ends.last().unwrap();
        ends.push((
            end + framed(block).len(),
            n_transactions + block.txdata.len(),
        ));
    }
    for cut in 1..bytes.len() {
        let read = read_blocks(&bytes[..cut]);
        let &(end, whole) = ends.iter().rfind(|(end, _)| *end <= cut).unwrap();
        assert_eq!(
            read.outcome.counts.transferred, whole as u64,
            "cut at {cut}"
        );
        assert_eq!(
            read.outcome.counts.quarantined,
            u64::from(end != cut),
            "cut at {cut}"
        );
        if cut >= end + 8 {
            let announced =
                framed(&blocks[ends.iter().position(|e| e.0 == end).unwrap()]).len() - 8;
            let reason = format!(
                "block announces {announced} bytes, file ends after {}",
                cut - end - 8
            );
            assert_eq!(read.reasons(), [reason]);
        }
    }
}

#[test]
fn a_torn_block_does_not_swallow_the_next() {
    let blocks = short_chain();
    let torn = &framed(&blocks[3])[..200];
    let bytes = [torn, &file_of(&blocks)].concat();
    let read = read_blocks(&bytes);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.quarantined
        ),
        (7, 1)
    );
    let record = &read.batches[0].records[0];
    assert_eq!(record.place, RecordPlace::Bytes(0, 200));
    assert_eq!(record.bin, RecordBin::Quarantined);
    assert!(
        record
            .reason
            .as_deref()
            .unwrap()
            .ends_with("the next block begins after 192")
    );
    // A false head whose size ends at the head of a true record.
    let size = u32::try_from(framed(&blocks[1]).len()).unwrap();
    let head = [&MAGIC[..], &size.to_le_bytes()].concat();
    let bytes = [&framed(&blocks[0])[..], &head, &file_of(&blocks[1..])].concat();
    let read = read_blocks(&bytes);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.quarantined
        ),
        (7, 1)
    );
    // Torn inside space that was preallocated.
    let bytes = [&file_of(&blocks)[..], torn, &[0; 4_000]].concat();
    let read = read_blocks(&bytes);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.quarantined
        ),
        (7, 1)
    );
    assert!(
        read.reasons()[0].contains("does not parse"),
        "{:?}",
        read.reasons()
    );
}

#[test]
fn altered_transactions_and_headers_are_told_apart() {
    let blocks = short_chain();
    let at = |offset: usize| {
        let mut bytes = framed(&blocks[2]);
        bytes[8 + offset] ^= 1;
        read_blocks(&bytes).reasons()
    };
    let n_bytes = serialize(&blocks[2]).len();
    let hash = blocks[2].block_hash();
    let merkle = format!("merkle root does not match: a transaction of block {hash} was altered");
    assert_eq!(at(n_bytes - 1), [&merkle[..], &merkle]);
    let witness =
        format!("witness commitment does not match: a witness of block {hash} was altered");
    assert_eq!(at(n_bytes - 10), [&witness[..], &witness]);
    // The most significant byte of the target: too hard to be met.
    let mut bytes = framed(&blocks[2]);
    bytes[8 + 75] = 0x1d;
    assert!(read_blocks(&bytes).reasons()[0].starts_with("proof of work does not hold: the hash"));
    bytes[8 + 75] = 0x21;
    assert!(read_blocks(&bytes).reasons()[0].ends_with("easier than bitcoin-regtest allows"));
}

#[test]
fn repeated_transactions_are_seen() {
    // Three transactions, the last of them twice: the root stays the same.
    let mut block = short_chain().remove(3);
    let last = block.txdata[2].clone();
    block.txdata.push(last);
    let read = read_blocks(&framed(&block));
    assert_eq!(read.outcome.counts.quarantined, 4);
    assert!(read.reasons()[0].starts_with("merkle root is ambiguous"));
}

#[test]
fn threads_change_nothing() {
    let mut blocks = vec![genesis()];
    for height in 1..40 {
        let mut note = vec![0x6a, 0x4e];
        note.extend(120_000_u32.to_le_bytes());
        note.extend(vec![u8::try_from(height).unwrap(); 120_000]);
        let outside = bitcoin::Txid::from_byte_array([7; 32]);
        let mut large = transaction(vec![legacy(outside, height, 1)], vec![output(5, 1)]);
        large.output[0].script_pubkey = note.into();
        let previous = blocks.last().unwrap().block_hash();
        blocks.push(block(previous, height, 50, 1, vec![large]));
    }
    blocks.push(blocks[5].clone());
    // A bad copy stands before the good ones, and one of them is a chunk further.
    let mut bytes = framed(&blocks[7]);
    let n_bytes = bytes.len();
    bytes[n_bytes - 1] ^= 1;
    bytes.extend(file_of(&blocks));
    bytes.extend(framed(&blocks[7]));
    let read = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        pool.install(|| read_blocks(&bytes))
    };
    let one = read(1);
    assert!(one.batches.len() > 4);
    assert_eq!(one.outcome.counts.transferred, 79);
    assert_eq!(one.outcome.counts.set_aside, 4);
    assert_eq!(one.outcome.counts.quarantined, 2);
    for n_threads in [2, 8] {
        assert_eq!(one, read(n_threads));
    }
    assert_eq!(one, read_blocks(&bytes));
}

#[test]
fn formats_are_told_from_bytes() {
    let bytes = file_of(&short_chain());
    assert_eq!(
        chain::sniff(&bytes, bytes.len() as u64),
        Some(Format::BlockFiles)
    );
    for nothing in [
        &b""[..],
        b"a;b;c\n1;2;3",
        b"PK\x03\x04",
        &[0; 300],
        b"deadbeef",
        b"{\"a\":1}",
    ] {
        assert_eq!(chain::sniff(nothing, nothing.len() as u64), None);
    }
    assert_eq!(
        chain::sniff(b"{\"result\":{\"tx\":[{\"vout\":[{\"scriptPubKey\":{", 100),
        Some(Format::CoreJson)
    );
    assert_eq!(
        chain::sniff(b"[{\"vin\":[{\"is_coinbase\":true", 100),
        Some(Format::EsploraJson)
    );
}

#[test]
fn a_look_tells_heights_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = file_of(&short_chain());
    let evidence = write(folder.path(), &[("blk00000.dat", &bytes)]);
    let look = chain::inspect(Format::BlockFiles, &evidence, &Options::default(), &()).unwrap();
    assert_eq!((look.n_blocks, look.heights), (4, Some((0, 3))));
    let (first, last) = look.times.unwrap();
    assert_eq!(
        (first.to_string(), last.seconds()),
        ("2011-02-02 23:16:42".into(), Some(1_600_001_803))
    );
}

/// Bytes between blocks: noise, zeros, and what looks like the head of a record.
fn rubbish() -> impl Strategy<Value = Vec<u8>> {
    let head = (any::<u32>(), any::<bool>()).prop_map(|(size, small)| {
        let size = if small { size % 2_000 } else { size };
        [&MAGIC[..], &size.to_le_bytes()].concat()
    });
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..40),
        (1_usize..40).prop_map(|n_bytes| vec![0; n_bytes]),
        head,
        Just(MAGIC[..3].to_vec()),
        Just(vec![0xf9, 0xbe, 0xb4, 0xd9]),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rubbish_between_blocks_hides_none(rubbish in prop::collection::vec(rubbish(), 5), key: [u8; 8]) {
        let blocks = short_chain();
        let mut bytes = rubbish[0].clone();
        for (block, rubbish) in blocks.iter().zip(&rubbish[1..]) {
            bytes.extend(framed(block));
            bytes.extend(rubbish);
        }
        let read = read_blocks(&bytes);
        prop_assert_eq!(read.moved(), read_blocks(&file_of(&blocks)).moved());
        let has_rubbish = rubbish.iter().flatten().any(|&byte| byte != 0);
        prop_assert_eq!(read.outcome.counts.quarantined > 0, has_rubbish);
        // Under a key the same comes out, unless the file begins in the clear by chance.
        let stored = masked(&bytes, key);
        let files: [(&str, &[u8]); 2] = [("blk00000.dat", &stored), ("xor.dat", &key)];
        let masked = read_files(Format::BlockFiles, &files, &Options::default()).unwrap();
        prop_assert_eq!(masked.moved(), read.moved());
    }

    #[test]
    fn a_flipped_bit_never_passes(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let blocks = short_chain();
        let mut bytes = file_of(&blocks);
        let whole = read_blocks(&bytes).moved();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let read = read_blocks(&bytes);
        for (event, moved) in read.events().iter().zip(read.moved()) {
            prop_assert!(whole.contains(&moved), "{:?}", event.0);
        }
        let n_lost = read.outcome.counts.quarantined + read.outcome.counts.set_aside;
        let n_kept = read.outcome.counts.transferred;
        prop_assert!(n_kept < 7 && n_lost >= 1 || n_kept == 7 && n_lost == 0, "{:?}", read.reasons());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 1..600), prefix in 0..3_usize) {
        let block = framed(&short_chain()[3]);
        let bytes = [&block[..prefix * 60], &bytes].concat();
        let read = read_blocks(&bytes);
        prop_assert_eq!(read.outcome.counts.transferred, 0);
        for format in [Format::RawBlock, Format::CoreJson, Format::EsploraJson] {
            let files: [(&str, &[u8]); 1] = [("file", &bytes)];
            let _ = read_files(format, &files, &Options::default());
        }
    }
}
