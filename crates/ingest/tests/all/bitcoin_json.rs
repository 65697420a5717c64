//! JSON of nodes and API servers gives the rows that the same blocks give.
#![allow(clippy::unwrap_used, reason = "used by tests only")]

use crate::chain_support::*;
use bitcoin::hashes::Hash;
use bitcoin::{Address, Block, OutPoint, Transaction, TxOut};
use moneytrail_ingest::{Format, Options, chain};
use moneytrail_model::address::of_script;
use moneytrail_model::{AccountKey, Network, ScriptKey, TransferKind};
use moneytrail_store::schema::Endpoint;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a node adds to a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verbosity {
    Two,
    Three,
}

/// All outputs of the chain, and the one that lies outside it.
fn outputs(blocks: &[Block]) -> BTreeMap<OutPoint, TxOut> {
    let mut outputs = BTreeMap::new();
    for transaction in blocks.iter().flat_map(|block| &block.txdata) {
        let txid = transaction.compute_txid();
        for (vout, output) in (0..).zip(&transaction.output) {
            outputs.insert(OutPoint { txid, vout }, output.clone());
        }
    }
    let txid = bitcoin::Txid::from_byte_array([0xab; 32]);
    outputs.insert(OutPoint { txid, vout: 7 }, output(77, 9));
    outputs
}

fn coins(output: &TxOut) -> String {
    let satoshi = output.value.to_sat();
    format!("{}.{:08}", satoshi / 100_000_000, satoshi % 100_000_000)
}

fn address(output: &TxOut) -> Option<String> {
    let address = Address::from_script(&output.script_pubkey, bitcoin::Network::Regtest);
    address.ok().map(|address| address.to_string())
}

fn core_script(output: &TxOut) -> String {
    let hex = output.script_pubkey.to_hex_string();
    let address = address(output).map(|address| format!(r#","address":"{address}""#));
    format!(
        r#"{{"asm":"","hex":"{hex}"{},"type":""}}"#,
        address.unwrap_or_default()
    )
}

fn core_transaction(
    transaction: &Transaction,
    verbosity: Verbosity,
    outputs: &BTreeMap<OutPoint, TxOut>,
) -> String {
    let inputs = transaction.input.iter().map(|input| {
        let mut text = if transaction.is_coinbase() {
            format!(r#"{{"coinbase":"{}""#, input.script_sig.to_hex_string())
        } else {
            format!(
                r#"{{"txid":"{}","vout":{},"scriptSig":{{"asm":"","hex":"{}"}}"#,
                input.previous_output.txid,
                input.previous_output.vout,
                input.script_sig.to_hex_string()
            )
        };
        if !input.witness.is_empty() {
            let items: Vec<String> = input
                .witness
                .iter()
                .map(|item| format!("\"{}\"", hex::encode(item)))
                .collect();
            write!(text, r#","txinwitness":[{}]"#, items.join(",")).unwrap();
        }
        if verbosity == Verbosity::Three && !transaction.is_coinbase() {
            let spent = &outputs[&input.previous_output];
            write!(
                text,
                r#","prevout":{{"generated":false,"height":1,"value":{},"scriptPubKey":{}}}"#,
                coins(spent),
                core_script(spent)
            )
            .unwrap();
        }
        write!(text, r#","sequence":{}}}"#, input.sequence).unwrap();
        text
    });
    let outs = transaction.output.iter().enumerate().map(|(n, output)| {
        format!(
            r#"{{"value":{},"n":{n},"scriptPubKey":{}}}"#,
            coins(output),
            core_script(output)
        )
    });
    format!(
        r#"{{"txid":"{}","hash":"{}","version":{},"locktime":{},"vin":[{}],"vout":[{}]}}"#,
        transaction.compute_txid(),
        transaction.compute_wtxid(),
        transaction.version,
        transaction.lock_time.to_consensus_u32(),
        inputs.collect::<Vec<_>>().join(","),
        outs.collect::<Vec<_>>().join(",")
    )
}

fn core_block(
    block: &Block,
    height: usize,
    verbosity: Verbosity,
    outputs: &BTreeMap<OutPoint, TxOut>,
) -> String {
    let previous = match height {
        0 => String::new(),
        _ => format!(r#""previousblockhash":"{}","#, block.header.prev_blockhash),
    };
    let transactions: Vec<String> = block
        .txdata
        .iter()
        .map(|tx| core_transaction(tx, verbosity, outputs))
        .collect();
    format!(
        r#"{{"hash":"{}","confirmations":5,"height":{height},"version":{},"versionHex":"{:08x}","merkleroot":"{}","time":{},"mediantime":1,"nonce":{},"bits":"{:08x}",{previous}"nTx":{},"tx":[{}]}}"#,
        block.block_hash(),
        block.header.version.to_consensus(),
        block.header.version.to_consensus(),
        block.header.merkle_root,
        block.header.time,
        block.header.nonce,
        block.header.bits.to_consensus(),
        block.txdata.len(),
        transactions.join(",")
    )
}

fn core_blocks(verbosity: Verbosity) -> Vec<String> {
    let blocks = short_chain();
    let outputs = outputs(&blocks);
    let blocks = blocks.iter().enumerate();
    blocks
        .map(|(height, block)| core_block(block, height, verbosity, &outputs))
        .collect()
}

fn esplora_output(output: &TxOut) -> String {
    let address = address(output)
        .map(|address| format!(r#","scriptpubkey_address":"{address}""#))
        .unwrap_or_default();
    format!(
        r#"{{"scriptpubkey":"{}","scriptpubkey_asm":"","scriptpubkey_type":""{address},"value":{}}}"#,
        output.script_pubkey.to_hex_string(),
        output.value.to_sat()
    )
}

fn esplora_transactions() -> Vec<String> {
    esplora_transactions_of(&short_chain())
}

fn esplora_transactions_of(blocks: &[Block]) -> Vec<String> {
    let outputs = outputs(blocks);
    let mut texts = Vec::new();
    for (height, block) in blocks.iter().enumerate() {
        for transaction in &block.txdata {
            let inputs = transaction.input.iter().map(|input| {
                let is_coinbase = transaction.is_coinbase();
                let prevout = outputs
                    .get(&input.previous_output)
                    .map_or_else(|| "null".to_owned(), esplora_output);
                let items: Vec<String> =
                    input.witness.iter().map(|item| format!("\"{}\"", hex::encode(item))).collect();
                format!(
                    r#"{{"txid":"{}","vout":{},"prevout":{prevout},"scriptsig":"{}","witness":[{}],"is_coinbase":{is_coinbase},"sequence":{}}}"#,
                    input.previous_output.txid,
                    input.previous_output.vout,
                    input.script_sig.to_hex_string(),
                    items.join(","),
                    input.sequence
                )
            });
            let outs: Vec<String> = transaction.output.iter().map(esplora_output).collect();
            texts.push(format!(
                r#"{{"txid":"{}","version":{},"locktime":0,"size":1,"weight":4,"fee":0,"vin":[{}],"vout":[{}],"status":{{"confirmed":true,"block_height":{height},"block_hash":"{}","block_time":{}}}}}"#,
                transaction.compute_txid(),
                transaction.version,
                inputs.collect::<Vec<_>>().join(","),
                outs.join(","),
                block.block_hash(),
                block.header.time
            ));
        }
    }
    texts
}

fn read_text(format: Format, text: &str) -> Read {
    assert_eq!(
        chain::sniff(text.as_bytes(), text.len() as u64),
        Some(format)
    );
    read_files(
        format,
        &[("dump.json", text.as_bytes())],
        &Options::default(),
    )
    .unwrap()
}

/// Block rows without the places in their files.
fn blocks(read: &Read) -> Vec<moneytrail_store::schema::BlockRow> {
    let blocks = read.batches.iter().flat_map(|batch| batch.blocks.clone());
    blocks
        .map(|block| moneytrail_store::schema::BlockRow {
            bytes: (0, 0),
            ..block
        })
        .collect()
}

#[test]
fn core_json_gives_the_rows_of_the_blocks() {
    let binary = read_blocks(&file_of(&short_chain()));
    let texts = core_blocks(Verbosity::Two);
    let array = format!("[{}]", texts.join(", "));
    let wrapped = texts
        .iter()
        .map(|text| format!(r#"{{"result":{text},"error":null,"id":1}}"#));
    for text in [
        texts.join("\n"),
        format!("\u{feff}{array}\n"),
        format!(r#"{{"result":{array},"error":null}}"#),
        wrapped.collect::<Vec<_>>().join("\n"),
    ] {
        let read = read_text(Format::CoreJson, &text);
        assert_eq!(read.outcome.network, Some(Network::Regtest));
        assert!(read.outcome.assumptions.is_empty());
        assert_eq!(read.events(), binary.events());
        assert_eq!(blocks(&read), blocks(&binary));
        assert_eq!(read.outcome.figures, binary.outcome.figures);
        let batch = read.batches.last().unwrap();
        let (start, end) = batch.blocks[0].bytes;
        let start = usize::try_from(start).unwrap();
        let end = usize::try_from(end).unwrap();
        assert_eq!(&text[start..end], texts[3]);
    }
}

#[test]
fn prevouts_give_amounts_and_accounts() {
    let binary = read_blocks(&file_of(&short_chain()));
    let core = read_text(Format::CoreJson, &core_blocks(Verbosity::Three).join("\n"));
    let esplora = read_text(
        Format::EsploraJson,
        &format!("[{}]", esplora_transactions().join(",")),
    );
    let lines = read_text(Format::EsploraJson, &esplora_transactions().join("\n"));
    assert_eq!(lines.events(), esplora.events());
    assert_eq!(esplora.outcome.figures, binary.outcome.figures);
    for read in [&core, &esplora] {
        for ((event, transfers, outpoints), (raw_event, raw_transfers, raw_outpoints)) in
            read.events().into_iter().zip(binary.events())
        {
            assert_eq!(
                (event.kind, event.transaction),
                (raw_event.kind, raw_event.transaction)
            );
            assert_eq!(event.time, raw_event.time);
            assert_eq!(outpoints, raw_outpoints);
            for (row, raw) in transfers.iter().zip(&raw_transfers) {
                if row.kind == TransferKind::Input {
                    assert!(row.amount.is_some() && raw.amount.is_none());
                } else {
                    assert_eq!(row, raw);
                }
            }
            assert_eq!(transfers.len(), raw_transfers.len());
        }
        // The outpoint outside the chain is known from its prevout alone.
        let outside = &read.events()[3].1[1];
        assert_eq!(
            outside.amount.map(moneytrail_model::Amount::units),
            Some(77)
        );
        let owner = AccountKey::Script(Network::Regtest, ScriptKey::P2wpkh([9; 20]));
        assert_eq!(outside.from, Endpoint::Account(owner));
    }
    assert_eq!(
        esplora.events()[1].0.tx_index,
        Some(0),
        "a coinbase is the first"
    );
    assert_eq!(esplora.events()[3].0.tx_index, None);
    let heights: Vec<_> = blocks(&esplora).iter().map(|block| block.height).collect();
    assert_eq!(heights, [Some(0), Some(1), Some(2), Some(3)]);
}

#[test]
fn an_altered_field_costs_its_transaction() {
    let text = core_blocks(Verbosity::Two).join("\n");
    let altered = text.replace("9.90000000", "9.90000001");
    assert_ne!(text, altered);
    let read = read_text(Format::CoreJson, &altered);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.quarantined
        ),
        (6, 1)
    );
    assert!(read.reasons()[0].contains("was altered: what it states has the id"));

    let text = esplora_transactions().join("\n");
    let altered = text.replace(":990000000", ":990000001");
    assert_ne!(text, altered);
    let read = read_text(Format::EsploraJson, &altered);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.quarantined
        ),
        (6, 1)
    );
}

#[test]
fn an_altered_header_or_list_costs_the_block() {
    let texts = core_blocks(Verbosity::Two);
    let time = format!("\"time\":{}", 1_600_000_000 + 1_800 + 3);
    let later = texts[3].replace(&time, "\"time\":1600001804");
    assert_ne!(later, texts[3]);
    let read = read_text(Format::CoreJson, &later);
    assert_eq!(read.outcome.counts.quarantined, 3);
    assert!(read.reasons()[0].starts_with("header of block"));

    let block = short_chain().remove(3);
    let outputs = outputs(&short_chain());
    let last = core_transaction(&block.txdata[2], Verbosity::Two, &outputs);
    let shorter = texts[3].replace(&format!(",{last}"), "");
    let read = read_text(Format::CoreJson, &shorter);
    assert_eq!(read.outcome.counts.quarantined, 2);
    assert!(read.reasons()[0].starts_with("merkle root does not match"));

    let higher = texts[3].replace("\"height\":3", "\"height\":4");
    let read = read_text(Format::CoreJson, &higher);
    assert_eq!(read.reasons()[0], "block says height 4, its coinbase 3");
}

#[test]
fn other_shapes_of_node_json() {
    let texts = core_blocks(Verbosity::Two);
    let stale = texts[3].replace("\"confirmations\":5", "\"confirmations\":-1");
    let read = read_text(Format::CoreJson, &stale);
    assert_eq!(read.outcome.counts.set_aside, 3);
    assert_eq!(read.outcome.stale.len(), 1);
    assert!(read.batches[0].blocks[0].stale);

    let twice = [&texts[3][..], &texts[3]].join("\n");
    let read = read_text(Format::CoreJson, &twice);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.set_aside
        ),
        (3, 3)
    );

    let ids = r#"{"hash":"00","versionHex":"00","tx":["aa","bb"],"merkleroot":"00"}"#;
    assert_eq!(
        read_text(Format::CoreJson, ids).outcome.counts.quarantined,
        2
    );

    // An old node lists addresses; a filtered dump lacks what the ids cover.
    let old = texts[1]
        .replace("\"address\":\"", "\"addresses\":[\"")
        .replace("\",\"type\"", "\"],\"type\"");
    let read = read_text(Format::CoreJson, &old);
    assert_eq!(
        (read.outcome.network, read.outcome.counts.transferred),
        (Some(Network::Regtest), 1)
    );
    let filtered = texts[1]
        .replace("\"locktime\":0,", "")
        .replace("\"nonce\":", "\"nothing\":");
    let read = read_text(Format::CoreJson, &filtered);
    assert_eq!(read.outcome.counts.transferred, 1);
    assert!(
        read.outcome
            .remarks
            .iter()
            .any(|remark| remark.contains("taken as stated"))
    );
}

#[test]
fn hexadecimal_bytes_outrank_fields() {
    let chain = short_chain();
    let (merge, binary) = (&chain[2].txdata[1], read_blocks(&file_of(&chain)));
    let with_hex = |text: &str, transaction: &Transaction| {
        let hex = bitcoin::consensus::encode::serialize_hex(transaction);
        let field = format!(r#""hash":"{}""#, merge.compute_wtxid());
        text.replace(&field, &format!(r#"{field},"hex":"{hex}""#))
    };
    let text = core_blocks(Verbosity::Two).join("\n");
    let read = read_text(Format::CoreJson, &with_hex(&text, merge));
    assert_eq!(read.events(), binary.events());
    let read = read_text(Format::CoreJson, &with_hex(&text, &chain[3].txdata[1]));
    assert_eq!(read.outcome.counts.quarantined, 1);
    assert_eq!(
        read.reasons()[0],
        "its fields and its hex are of two transactions"
    );
}

#[test]
fn unconfirmed_and_repeated_transactions_are_set_aside() {
    let texts = esplora_transactions();
    let waiting = texts[3].split("\"status\"").next().unwrap().to_owned()
        + "\"status\":{\"confirmed\":false}}";
    let text = [&texts[4][..], &waiting, &texts[4]].join("\n");
    let read = read_text(Format::EsploraJson, &text);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.set_aside
        ),
        (1, 2)
    );
    assert!(read.reasons()[0].starts_with("unconfirmed"));
    assert!(read.reasons()[1].starts_with("duplicate"));
}

#[test]
fn what_is_cut_or_broken_costs_one_record() {
    let texts = esplora_transactions();
    let whole = format!("[{}]", texts.join(","));
    for cut in [whole.len() / 3, whole.len() / 2, whole.len() - 3] {
        let read = read_text(Format::EsploraJson, &whole[..cut]);
        assert_eq!(read.outcome.counts.quarantined, 1, "cut at {cut}");
        assert!(read.outcome.counts.transferred < 7);
        assert!(read.outcome.remarks[0].contains("does not close"));
    }
    let lines = [
        &texts[0][..],
        &texts[1][..40],
        &texts[2],
        "{\"txid\":5}",
        &texts[3],
    ]
    .join("\n");
    let read = read_text(Format::EsploraJson, &lines);
    assert_eq!(
        (
            read.outcome.counts.transferred,
            read.outcome.counts.quarantined
        ),
        (3, 2)
    );
}

#[test]
fn networks_are_told_by_addresses() {
    let texts = esplora_transactions();
    let files: [(&str, &[u8]); 1] = [("dump.json", texts[1].as_bytes())];
    let error = read_files(Format::EsploraJson, &files, &on(Network::Bitcoin)).unwrap_err();
    assert_eq!(error.code(), "ingest/contradiction");

    let foreign = texts[2].replace("bcrt1", "bc1");
    let mixed = [&texts[1][..], &foreign].join("\n");
    let files: [(&str, &[u8]); 1] = [("dump.json", mixed.as_bytes())];
    let error = read_files(Format::EsploraJson, &files, &Options::default()).unwrap_err();
    assert_eq!(error.code(), "ingest/mixed-networks");

    let nameless = texts[1].replace("scriptpubkey_address", "nothing");
    let read = read_text(Format::EsploraJson, &nameless);
    assert_eq!(read.outcome.network, Some(Network::Bitcoin));
    assert!(read.outcome.assumptions[0].contains("nothing names the network"));
}

/// The text of a chain of old outputs with the addresses of another network; what lies outside of it is old, too.
fn translated(text: &str, blocks: &[Block], network: Network) -> String {
    let new = output(77, 9);
    let old = [&[0x76, 0xa9, 20][..], &[9; 20], &[0x88, 0xac]].concat();
    let text = text
        .replace(&new.script_pubkey.to_hex_string(), &hex::encode(&old))
        .replace(
            &address(&new).unwrap(),
            &of_script(network, &old).to_string(),
        );
    outputs(blocks).values().fold(text, |text, output| {
        let own = of_script(network, output.script_pubkey.as_bytes()).to_string();
        match address(output) {
            Some(address) => text.replace(&address, &own),
            None => text,
        }
    })
}

#[test]
fn nodes_and_servers_of_other_coins_speak_the_same_json() {
    for (network, first) in [
        (Network::Litecoin, "\"L"),
        (Network::Dogecoin, "\"D"),
        (Network::BitcoinCash, "\"bitcoincash:q"),
    ] {
        let chain = old_chain(70);
        let esplora = esplora_transactions_of(&chain).join("\n");
        let core = core_block(&chain[0], 1, Verbosity::Three, &outputs(&chain));
        for (format, text) in [(Format::EsploraJson, esplora), (Format::CoreJson, core)] {
            if (format, network) == (Format::CoreJson, Network::BitcoinCash) {
                // Its work is checked, and this chain has regtest's.
                continue;
            }
            let text = translated(&text, &chain, network);
            assert!(text.contains(first) && !text.contains("bcrt1"), "{text}");
            let read = read_text(format, &text);
            assert_eq!(read.outcome.network, Some(network));
            assert_eq!(read.outcome.counts.transferred, 2, "{:?}", read.reasons());
            let key = |script| Endpoint::Account(AccountKey::Script(network, script));
            let pays = &read.events()[1].1;
            assert_eq!(pays[0].from, key(ScriptKey::P2pkh([9; 20])));
            assert_eq!(pays[1].to, key(ScriptKey::P2pkh([3; 20])));
            assert_eq!(pays[2].to, key(ScriptKey::P2sh([4; 20])));
            assert_eq!(pays[1].amount.unwrap().units(), 70);
            let is_unproven = read
                .outcome
                .remarks
                .iter()
                .any(|remark| remark.contains("was not checked"));
            assert_eq!(
                is_unproven,
                format == Format::CoreJson,
                "{:?}",
                read.outcome.remarks
            );
        }
    }
}

/// Block 170 is of both chains, which parted in 2017: its work and its ids hold on Bitcoin Cash.
#[test]
fn a_block_of_bitcoin_cash_is_checked_as_one_of_bitcoin() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/exports");
    let lines = fs_err::read_to_string(folder.join("bitcoin-etl.json")).unwrap();
    let script = |hex: &serde_json::Value| {
        bitcoin::ScriptBuf::from_hex(hex.as_str().unwrap_or("04ffff001d0102")).unwrap()
    };
    let transaction = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let input = |input: &serde_json::Value| bitcoin::TxIn {
            previous_output: input["spent_transaction_hash"].as_str().map_or_else(
                OutPoint::null,
                |txid| OutPoint {
                    txid: txid.parse().unwrap(),
                    vout: 0,
                },
            ),
            script_sig: script(&input["script_hex"]),
            sequence: bitcoin::Sequence::MAX,
            witness: bitcoin::Witness::new(),
        };
        let output = |output: &serde_json::Value| TxOut {
            value: bitcoin::Amount::from_sat(output["value"].as_u64().unwrap()),
            script_pubkey: script(&output["script_hex"]),
        };
        let mut inputs: Vec<_> = line["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(input)
            .collect();
        if inputs.is_empty() {
            inputs.push(input(&serde_json::Value::Null));
        }
        let mut made = crate::chain_support::transaction(
            inputs,
            line["outputs"]
                .as_array()
                .unwrap()
                .iter()
                .map(output)
                .collect(),
        );
        made.version = bitcoin::transaction::Version::ONE;
        assert_eq!(
            made.compute_txid().to_string(),
            line["hash"].as_str().unwrap()
        );
        made
    };
    let txdata: Vec<_> = lines.lines().map(transaction).collect();
    let mut block = Block {
        txdata,
        ..genesis()
    };
    block.header = bitcoin::block::Header {
        version: bitcoin::block::Version::ONE,
        prev_blockhash: "000000002a22cfee1f2c846adbd12b3e183d4f97683f85dad08a79780a84bd55"
            .parse()
            .unwrap(),
        merkle_root: block.compute_merkle_root().unwrap(),
        time: 1_231_731_025,
        bits: bitcoin::CompactTarget::from_consensus(0x1d00_ffff),
        nonce: 1_889_418_792,
    };
    let text = core_block(&block, 170, Verbosity::Two, &BTreeMap::new());
    let files = [("getblock.json", text.as_bytes())];
    let read = read_files(Format::CoreJson, &files, &on(Network::BitcoinCash)).unwrap();
    assert_eq!(read.outcome.counts.transferred, 2, "{:?}", read.reasons());
    let paid = &read.events()[1].1[1];
    let Endpoint::Account(account) = &paid.to else {
        panic!("{paid:?}")
    };
    assert!(
        account.to_string().starts_with("bitcoincash:q"),
        "{account}"
    );
    let worked = text.replace("1889418792", "1889418793");
    let files = [("getblock.json", worked.as_bytes())];
    let read = read_files(Format::CoreJson, &files, &on(Network::BitcoinCash)).unwrap();
    assert_eq!(read.outcome.counts.transferred, 0);
}

#[test]
fn a_look_at_json_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = core_blocks(Verbosity::Two).join("\n");
    let evidence = write(folder.path(), &[("dump.json", text.as_bytes())]);
    assert_eq!(
        chain::sniff_evidence(&evidence).unwrap(),
        Some(Format::CoreJson)
    );
    let look = chain::inspect(Format::CoreJson, &evidence, &Options::default(), &()).unwrap();
    assert_eq!((look.n_blocks, look.heights), (4, Some((0, 3))));
}
