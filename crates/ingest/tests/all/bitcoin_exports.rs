//! Exports of other programs give the graph that the blocks themselves give: bitcoin-etl's lines, the forms
//! that warehouses make of them, and Blockchair's tables.
#![allow(clippy::unwrap_used, reason = "used by tests only")]

use crate::chain_support::*;
use bitcoin::hashes::Hash;
use bitcoin::{Block, OutPoint, Transaction, TxOut};
use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, chain, open};
use moneytrail_model::address::of_script;
use moneytrail_model::{
    AccountKey, BookId, EventKind, Network, RecordCounts, ScriptKey, TransferKind,
};
use moneytrail_store::schema::Endpoint;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Outputs = BTreeMap<OutPoint, TxOut>;

/// All outputs of the chain, and the one that lies outside it.
fn outputs(blocks: &[Block]) -> Outputs {
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

fn address(output: &TxOut, network: Network) -> Option<String> {
    match of_script(network, output.script_pubkey.as_bytes()) {
        AccountKey::Script(_, ScriptKey::Bare(_)) => None,
        account @ AccountKey::Script(..) => Some(account.to_string()),
        _ => None,
    }
}

/// How an export writes what is the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// As the exporter writes it, inputs with what they spend or without.
    Lines { enriched: bool },
    /// As a warehouse gives it out: numbers and times as text, no indexes.
    Warehouse,
}

fn number(form: Form, number: impl std::fmt::Display) -> String {
    match form {
        Form::Lines { .. } => number.to_string(),
        Form::Warehouse => format!("\"{number}\""),
    }
}

fn indexed(form: Form, index: usize) -> String {
    match form {
        Form::Lines { .. } => format!(r#""index":{index},"#),
        Form::Warehouse => String::new(),
    }
}

fn etl_line(
    transaction: &Transaction,
    (block, height, index): (&Block, usize, usize),
    form: Form,
    outputs: &Outputs,
    network: Network,
) -> String {
    let listed = |output: &TxOut| {
        let made_up = format!("nonstandard{}", &hex::encode([7; 20]));
        format!("[\"{}\"]", address(output, network).unwrap_or(made_up))
    };
    let inputs = transaction.input.iter().enumerate().map(|(vin, input)| {
        let spent = outputs.get(&input.previous_output);
        let known = spent.filter(|_| form != Form::Lines { enriched: false });
        let known = match known {
            Some(spent) => format!(
                r#""required_signatures":1,"type":"x","addresses":{},"value":{}"#,
                listed(spent),
                number(form, spent.value.to_sat())
            ),
            None => r#""required_signatures":null,"type":null,"addresses":[],"value":null"#.to_owned(),
        };
        format!(
            r#"{{{}"spent_transaction_hash":"{}","spent_output_index":{},"script_asm":"","script_hex":"{}","sequence":{},{known}}}"#,
            indexed(form, vin),
            input.previous_output.txid,
            number(form, input.previous_output.vout),
            input.script_sig.to_hex_string(),
            number(form, input.sequence),
        )
    });
    let inputs: Vec<String> = inputs.filter(|_| !transaction.is_coinbase()).collect();
    let outs = transaction.output.iter().enumerate().map(|(vout, output)| {
        let value = match form {
            Form::Lines { .. } => output.value.to_sat().to_string(),
            Form::Warehouse => format!("\"{}.000000000\"", output.value.to_sat()),
        };
        format!(
            r#"{{{}"script_asm":"","script_hex":"{}","required_signatures":1,"type":"x","addresses":{},"value":{value}}}"#,
            indexed(form, vout),
            output.script_pubkey.to_hex_string(),
            listed(output),
        )
    });
    let time = match form {
        Form::Lines { .. } => block.header.time.to_string(),
        Form::Warehouse => format!("\"{} UTC\"", stamp(block)),
    };
    format!(
        r#"{{{}"hash":"{}","size":1,"virtual_size":1,"version":{},"lock_time":{},"block_number":{},"block_hash":"{}","block_timestamp":{time},"is_coinbase":{},"inputs":[{}],"outputs":[{}],"input_count":1,"output_count":1,"input_value":0,"output_value":0,"fee":0}}"#,
        indexed(form, index),
        transaction.compute_txid(),
        number(form, transaction.version),
        number(form, transaction.lock_time.to_consensus_u32()),
        number(form, height),
        block.block_hash(),
        transaction.is_coinbase(),
        inputs.join(","),
        outs.collect::<Vec<_>>().join(","),
    )
}

/// `2009-01-03 18:15:05`
fn stamp(block: &Block) -> String {
    let time = jiff::Timestamp::from_second(i64::from(block.header.time)).unwrap();
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn etl(blocks: &[Block], first_height: usize, form: Form, network: Network) -> Vec<String> {
    let outputs = outputs(blocks);
    let mut lines = Vec::new();
    for (height, block) in (first_height..).zip(blocks) {
        for (index, transaction) in block.txdata.iter().enumerate() {
            let place = (block, height, index);
            lines.push(etl_line(transaction, place, form, &outputs, network));
        }
    }
    lines
}

fn read_etl(text: &str, options: &Options) -> Read {
    let found = chain::sniff(text.as_bytes(), text.len() as u64);
    assert_eq!(found, Some(Format::BitcoinEtl));
    let files = [("export.json", text.as_bytes())];
    read_files(Format::BitcoinEtl, &files, options).unwrap()
}

fn regtest(form: Form) -> Vec<String> {
    etl(&short_chain(), 0, form, Network::Regtest)
}

#[test]
fn lines_of_etl_give_the_graph_of_the_blocks() {
    let binary = read_blocks(&file_of(&short_chain()));
    for form in [Form::Lines { enriched: true }, Form::Warehouse] {
        let lines = regtest(form);
        let read = read_etl(&lines.join("\n"), &Options::default());
        assert_eq!(read.outcome.network, Some(Network::Regtest));
        assert_eq!(read.figure("inputs"), binary.figure("inputs"));
        assert_eq!(read.figure("blocks"), 4);
        assert_eq!(read.heights(), binary.heights());
        assert!(read.reasons().is_empty());
        for ((ours, theirs), row) in read.events().iter().zip(binary.events()).zip(1..) {
            let event = |event: &moneytrail_store::schema::EventRow| {
                let form = Some(event.form).filter(|_| event.kind == EventKind::Transaction);
                (event.kind, event.transaction, event.time, form)
            };
            assert_eq!(event(&ours.0), event(&theirs.0), "{form:?}");
            assert_eq!(ours.0.row, Some(row));
            let is_stated = form != Form::Warehouse || ours.0.kind == EventKind::Coinbase;
            if is_stated {
                assert_eq!(ours.0.tx_index, theirs.0.tx_index);
            }
            assert_eq!(ours.2, theirs.2, "outpoints");
            assert_eq!(ours.1.len(), theirs.1.len());
            for (our, their) in ours.1.iter().zip(&theirs.1) {
                if our.kind == TransferKind::Input {
                    assert!(our.amount.is_some());
                } else {
                    assert_eq!(our, their);
                }
            }
        }
        let outside = &read.events()[3].1[1];
        assert_eq!(outside.amount.unwrap().units(), 77);
        let batch = &read.batches[0];
        let locator = batch.event_locator(&batch.events[3]).to_string();
        assert_eq!(locator, "export.json!-!R4");
    }
    // One array is the same as lines.
    let lines = regtest(Form::Warehouse);
    let array = read_etl(&format!("[{}]", lines.join(",\n")), &Options::default());
    assert_eq!(
        array.moved(),
        read_etl(&lines.join("\n"), &Options::default()).moved()
    );
}

#[test]
fn without_what_is_spent_inputs_show_what_they_reveal() {
    let read = read_etl(
        &regtest(Form::Lines { enriched: false }).join("\n"),
        &Options::default(),
    );
    let binary = read_blocks(&file_of(&short_chain()));
    // The one input with a witness, which the export leaves out, reveals nothing here.
    let differing: Vec<_> = read
        .moved()
        .into_iter()
        .zip(binary.moved())
        .filter(|(ours, theirs)| ours != theirs)
        .collect();
    assert_eq!(differing.len(), 1);
    assert!(differing[0].0.1[1].contains("Outpoint"), "{differing:?}");
}

#[test]
fn etl_lines_that_do_not_hold_wait() {
    let lines = regtest(Form::Lines { enriched: true });
    let quarantined = |line: usize, from: &str, to: &str, why: &str| {
        let altered = lines[line].replace(from, to);
        assert_ne!(altered, lines[line], "{from}");
        let mut all = lines.clone();
        all[line] = altered;
        let read = read_etl(&all.join("\n"), &Options::default());
        assert_eq!(read.outcome.counts.quarantined, 1, "{from}");
        assert_eq!(read.outcome.counts.transferred, lines.len() as u64 - 1);
        assert!(read.reasons()[0].contains(why), "{:?}", read.reasons());
    };
    quarantined(
        3,
        "\"value\":990000000",
        "\"value\":990000001",
        "was altered",
    );
    quarantined(
        3,
        "\"value\":990000000",
        "\"value\":990000000.5",
        "no whole number",
    );
    quarantined(3, "\"value\":990000000", "\"value\":1e9", "no whole number");
    quarantined(
        3,
        "\"index\":1,\"spent",
        "\"index\":2,\"spent",
        "input 1 is missing",
    );
    quarantined(3, "\"block_hash\"", "\"no_hash\"", "hash of its block");
    quarantined(
        3,
        "\"block_timestamp\":1600",
        "\"block_timestamp\":-1600",
        "no time",
    );
    quarantined(
        3,
        "\"block_number\":2",
        "\"block_number\":3",
        "contradicts others",
    );
    quarantined(3, "\"hash\":\"", "\"hash\":\"zz", "not hexadecimal");
    quarantined(3, "{", "{,", "no JSON");
    // A column that was not exported, or a word that was altered, makes no coins.
    quarantined(
        3,
        "\"is_coinbase\":false",
        "\"is_coinbase\":true",
        "called a coinbase, and has inputs",
    );
    quarantined(3, "\"inputs\"", "\"no_inputs\"", "has no inputs");
    quarantined(0, "\"is_coinbase\"", "\"no_word\"", "has no inputs");
    // Lines about blocks are context, and a line that stands twice is a second description.
    let block =
        r#"{"hash":"00","number":1,"timestamp":1,"merkle_root":"00","transaction_count":1}"#;
    let text = format!("{}\n{block}\n{}", lines.join("\n"), lines[3]);
    let files = [("export.json", text.as_bytes())];
    let read = read_files(Format::BitcoinEtl, &files, &Options::default()).unwrap();
    assert_eq!(read.outcome.counts.contextual, 1);
    assert_eq!(read.outcome.counts.transferred, lines.len() as u64 + 1);
}

/// Blockchair's tables of outputs and of inputs.
fn blockchair(blocks: &[Block], first_height: usize, network: Network) -> [String; 2] {
    const OUTPUTS: &str = "block_id\ttransaction_hash\tindex\ttime\tvalue\tvalue_usd\trecipient\ttype\tscript_hex\tis_from_coinbase\tis_spendable";
    const INPUTS: &str = "\tspending_block_id\tspending_transaction_hash\tspending_index\tspending_time\tspending_value_usd\tspending_sequence\tspending_signature_hex\tspending_witness\tlifespan\tcdd";
    let mut tables = [format!("{OUTPUTS}\n"), format!("{OUTPUTS}{INPUTS}\n")];
    let known = outputs(blocks);
    let row = |height: usize, time: &str, at: OutPoint, output: &TxOut, is_coinbase: bool| {
        format!(
            "{height}\t{}\t{}\t{time}\t{}\t0.5\t{}\tx\t{}\t{}\t-1",
            at.txid,
            at.vout,
            output.value.to_sat(),
            address(output, network).unwrap_or_else(|| "s-7".to_owned()),
            output.script_pubkey.to_hex_string(),
            u8::from(is_coinbase)
        )
    };
    for (height, block) in (first_height..).zip(blocks) {
        let time = stamp(block);
        for transaction in &block.txdata {
            let txid = transaction.compute_txid();
            let is_coinbase = transaction.is_coinbase();
            for (vout, output) in (0..).zip(&transaction.output) {
                let line = row(height, &time, OutPoint { txid, vout }, output, is_coinbase);
                tables[0].extend([&*line, "\n"]);
            }
            for (vin, input) in transaction.input.iter().enumerate() {
                if let Some(spent) = known.get(&input.previous_output) {
                    let made = row(
                        0,
                        "2020-01-01 00:00:00",
                        input.previous_output,
                        spent,
                        false,
                    );
                    let line = format!(
                        "{made}\t{height}\t{txid}\t{vin}\t{time}\t0.5\t{}\t{}\t\t1\t0.1\n",
                        input.sequence,
                        input.script_sig.to_hex_string()
                    );
                    tables[1].push_str(&line);
                }
            }
        }
    }
    tables
}

fn read_tables(
    files: &[(&str, &[u8])],
    options: &Options,
) -> Result<Read, moneytrail_ingest::Error> {
    let folder = tempfile::tempdir().unwrap();
    let evidence = write(folder.path(), files);
    assert_eq!(
        chain::sniff_evidence(&evidence).unwrap(),
        Some(Format::Blockchair)
    );
    let mut batches = Vec::new();
    let outcome = chain::read(Format::Blockchair, &evidence, options, &mut batches, &())?;
    Ok(Read { outcome, batches })
}

/// What moves, by transaction id.
fn by_id(read: &Read) -> Vec<([u8; 32], Vec<String>)> {
    let mut moved = read.moved();
    moved.sort();
    moved
}

#[test]
fn tables_of_outputs_and_inputs_are_put_together() {
    let [outputs, inputs] = blockchair(&short_chain(), 0, Network::Regtest);
    let both = [("a.tsv", outputs.as_bytes()), ("b.tsv", inputs.as_bytes())];
    let read = read_tables(&both, &Options::default()).unwrap();
    let other = read_tables(
        &[("a.tsv", inputs.as_bytes()), ("b.tsv", outputs.as_bytes())],
        &Options::default(),
    )
    .unwrap();
    assert_eq!(by_id(&read), by_id(&other), "whatever the order of files");
    // The same graph as lines of an export that states what inputs spend.
    let lines = read_etl(
        &regtest(Form::Lines { enriched: true }).join("\n"),
        &Options::default(),
    );
    assert_eq!(by_id(&read), by_id(&lines));
    assert_eq!(read.outcome.network, Some(Network::Regtest));
    assert_eq!(read.figure("transactions"), 7);
    assert_eq!(read.figure("inputs"), lines.figure("inputs"));
    let n_rows = (outputs.lines().count() + inputs.lines().count()) as u64 - 2;
    let counts = RecordCounts {
        transferred: n_rows,
        contextual: 2,
        ..RecordCounts::default()
    };
    assert_eq!(read.outcome.counts, counts);
    assert!(
        read.outcome.remarks.is_empty(),
        "{:?}",
        read.outcome.remarks
    );
    // The dump states sequence numbers, and nothing else of a transaction's form.
    let forms = |read: &Read| {
        let events = read.events().into_iter();
        let mut forms: Vec<_> = events
            .filter(|event| event.0.kind == EventKind::Transaction)
            .map(|event| (event.0.transaction, event.0.form.sequence))
            .collect();
        forms.sort_unstable();
        forms
    };
    assert_eq!(forms(&read), forms(&lines));
    assert!(forms(&read).iter().all(|form| form.1.is_some()));
    let mut events = read.batches.iter().flat_map(|batch| &batch.events);
    assert!(events.all(|event| (event.form.version, event.form.lock_time) == (None, None)));
    // Coinbases draw on issuance and fees as those of blocks do.
    let binary = read_blocks(&file_of(&short_chain()));
    let issued = |read: &Read| {
        let mut issued: Vec<_> = read
            .events()
            .into_iter()
            .filter(|event| event.0.kind == EventKind::Coinbase)
            .map(|event| {
                let lines = event
                    .1
                    .iter()
                    .map(|row| format!("{:?}{:?}", row.kind, row.amount));
                (event.0.transaction, event.0.time, lines.collect::<Vec<_>>())
            })
            .collect();
        issued.sort_by_key(|event| event.0);
        issued
    };
    assert_eq!(issued(&read), issued(&binary));
    // Each event stands in the row of its first output, and has no block of its own.
    for batch in &read.batches {
        for event in &batch.events {
            assert_eq!(event.block, None);
            let locator = batch.event_locator(event).to_string();
            let row = locator
                .strip_prefix("a.tsv!-!R")
                .unwrap()
                .parse::<usize>()
                .unwrap();
            let line = outputs.lines().nth(row - 1).unwrap();
            let mut txid = event.transaction.unwrap().1;
            txid.reverse();
            assert!(line.contains(&hex::encode(txid)) && line.contains("\t0\t"));
        }
    }
}

#[test]
fn half_a_dump_is_told() {
    let [outputs, inputs] = blockchair(&short_chain(), 0, Network::Regtest);
    let read = read_tables(&[("a.tsv", outputs.as_bytes())], &Options::default()).unwrap();
    assert_eq!(read.figure("transactions"), 7);
    assert!(read.outcome.remarks[0].contains("3 transactions have no inputs here"));
    let read = read_tables(&[("a.tsv", inputs.as_bytes())], &Options::default()).unwrap();
    assert_eq!(read.figure("transactions"), 0);
    assert_eq!(read.outcome.counts.set_aside, 4);
    assert!(read.outcome.remarks[0].contains("3 transactions have no outputs here"));
    assert!(read.reasons()[0].contains("not in this exhibit"));
}

#[test]
fn rows_that_do_not_hold_wait() {
    let [outputs, inputs] = blockchair(&short_chain(), 0, Network::Regtest);
    let rows: Vec<&str> = outputs.lines().collect();
    let n_rows = (rows.len() + inputs.lines().count()) as u64;
    let read = |outputs: &str| {
        let files = [("a.tsv", outputs.as_bytes()), ("b.tsv", inputs.as_bytes())];
        let read = read_tables(&files, &Options::default()).unwrap();
        let (counts, reasons) = (read.outcome.counts, read.reasons());
        let records = read.batches.iter().map(|batch| batch.records.len() as u64);
        assert_eq!(counts.set_aside + counts.quarantined, records.sum::<u64>());
        (counts, reasons)
    };
    let with = |line: String| read(&format!("{outputs}{line}\n"));
    let merge = rows
        .iter()
        .find(|row| row.contains("\t990000000\t"))
        .unwrap();
    // Said twice: set aside. Said otherwise: the transaction waits, all five rows and that one.
    let (counts, reasons) = with((*merge).to_owned());
    assert_eq!(
        (counts.total(), counts.set_aside, counts.quarantined),
        (n_rows + 1, 1, 0)
    );
    assert!(reasons[0].contains("duplicate"));
    for (line, why) in [
        (
            merge.replace("\t990000000\t", "\t990000001\t"),
            "contradict each other about output 2",
        ),
        (
            merge.replace("\t2\t20", "\t9\t20"),
            "output 3 of its transaction is missing",
        ),
        // BIP30: one id at two heights, and no hash of a block.
        (merge.replacen("2\t", "7\t", 1), "at heights 2 and 7"),
    ] {
        let (counts, reasons) = with(line);
        assert_eq!(
            (counts.total(), counts.quarantined),
            (n_rows + 1, 6),
            "{why}"
        );
        assert!(
            reasons.iter().all(|reason| reason.contains(why)),
            "{reasons:?}"
        );
    }
    for (line, why) in [
        (merge.replace("\t990000000\t", "\t99e7\t"), "no amount"),
        (
            merge.replace("\t990000000\t", "\t2100000000000001\t"),
            "more than all coins",
        ),
        (merge.replacen("2\t", "-1\t", 1), "no height"),
        (merge.replace("\t20", "\t"), "no time"),
        (merge.replace('\t', ","), "1 cells, the header 11"),
        (merge.replace("\t0\t-1", "\t7\t-1"), "neither 0 nor 1"),
    ] {
        let (counts, reasons) = with(line);
        assert_eq!(
            (counts.total(), counts.quarantined),
            (n_rows + 1, 1),
            "{why}"
        );
        assert!(reasons[0].contains(why), "{reasons:?}");
    }
    // Networks are not mixed, and what is said must fit.
    let files = [("a.tsv", outputs.as_bytes())];
    assert!(read_tables(&files, &on(Network::Litecoin)).is_err());
}

#[test]
fn other_coins_are_read_by_the_same_readers() {
    let coins = [
        (Network::Litecoin, 8_400_000_000_000_000),
        (Network::BitcoinCash, 2_100_000_000_000_000),
        (Network::Dogecoin, 1_000_000_000_000_000_000),
    ];
    for (network, money_max) in coins {
        let chain = old_chain(money_max - 1);
        let lines = etl(&chain, 1, Form::Lines { enriched: true }, network).join("\n");
        let read = read_etl(&lines, &Options::default());
        assert_eq!(read.outcome.network, Some(network));
        assert!(read.outcome.assumptions.is_empty());
        assert_eq!(read.outcome.counts.transferred, 2);
        let [tables, _] = blockchair(&chain, 1, network);
        let from_tables =
            read_tables(&[("o.tsv", tables.as_bytes())], &Options::default()).unwrap();
        assert_eq!(from_tables.outcome.network, Some(network));
        let outputs = read.events()[1].1[1..].to_vec();
        let accounts: Vec<_> = outputs.iter().map(|row| row.to.clone()).collect();
        let key = |script| Endpoint::Account(AccountKey::Script(network, script));
        assert_eq!(
            accounts,
            [
                key(ScriptKey::P2pkh([3; 20])),
                key(ScriptKey::P2sh([4; 20]))
            ]
        );
        assert_eq!(
            outputs[0].amount.unwrap().units(),
            i128::from(money_max - 1)
        );
        assert_eq!(
            read.batches[0].assets[0].key().to_string(),
            network.to_string()
        );
        // What another coin writes is not mixed in, and no network has more coins than it has.
        assert!(
            read_files(
                Format::BitcoinEtl,
                &[("e.json", lines.as_bytes())],
                &on(Network::Regtest)
            )
            .is_err()
        );
        let beyond = etl(
            &old_chain(money_max),
            1,
            Form::Lines { enriched: true },
            network,
        );
        let read = read_etl(&beyond.join("\n"), &Options::default());
        assert_eq!(read.outcome.counts.quarantined, 1);
    }
    // Legacy addresses alone do not tell: that is an assumption, or stated.
    let lines = etl(
        &old_chain(5),
        1,
        Form::Lines { enriched: false },
        Network::Bitcoin,
    )
    .join("\n");
    let read = read_etl(&lines, &Options::default());
    assert_eq!(read.outcome.network, Some(Network::Bitcoin));
    assert!(read.outcome.assumptions[0].contains("several networks write addresses like these"));
    let read = read_etl(&lines, &on(Network::BitcoinCash));
    assert_eq!(read.outcome.network, Some(Network::BitcoinCash));
}

/// Blocks behind Bitcoin's magic with signatures as Bitcoin Cash has them since its fork.
#[test]
fn block_files_of_bitcoin_cash_are_told_by_their_signatures() {
    let files = |hash_type: u8| -> Vec<u8> {
        let mut pay = old_chain(5)[0].txdata[1].clone();
        let mut script_sig = pay.input[0].script_sig.to_bytes();
        script_sig[71] = hash_type;
        pay.input[0].script_sig = bitcoin::ScriptBuf::from_bytes(script_sig);
        let mut files = file_of(&[block(genesis().block_hash(), 1, 50, 1, vec![pay])]);
        files[..4].copy_from_slice(&[0xf9, 0xbe, 0xb4, 0xd9]);
        files
    };
    let network = |bytes: &[u8], options: &Options| {
        let read = read_files(Format::BlockFiles, &[("blk00000.dat", bytes)], options);
        read.map(|read| read.outcome.network.unwrap())
    };
    // The work of these blocks is regtest's, which no main network takes: they wait, on their network.
    assert_eq!(
        network(&files(0x41), &Options::default()).unwrap(),
        Network::BitcoinCash
    );
    assert_eq!(
        network(&files(0x01), &Options::default()).unwrap(),
        Network::Bitcoin
    );
    assert!(network(&files(0x41), &on(Network::Bitcoin)).is_err());
    assert!(network(&files(0x01), &on(Network::BitcoinCash)).is_err());
    for magic in [[0xfb, 0xc0, 0xb6, 0xdb], [0xc0; 4]] {
        let mut bytes = files(1);
        bytes[..4].copy_from_slice(&magic);
        let folder = tempfile::tempdir().unwrap();
        let evidence = write(folder.path(), &[("blk00000.dat", &bytes)]);
        let refused = chain::sniff_evidence(&evidence).unwrap_err().to_string();
        assert!(refused.contains("proof of work is scrypt"), "{refused}");
    }
}

/// Block 170, as both exports write it: all that moves, when, and whose it was.
#[test]
fn the_fixtures_tell_the_first_payment() {
    let fixture = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures/exports")
            .join(name)
    };
    let names: [&[&str]; 2] = [
        &["bitcoin-etl.json"],
        &["blockchair/outputs.tsv.gz", "blockchair/inputs.tsv.gz"],
    ];
    for names in names {
        let evidence = Evidence {
            files: names
                .iter()
                .map(|name| EvidenceFile::at(&fixture(name)))
                .collect(),
            book: BookId([0; 8]),
        };
        let options = Options::default();
        let mut batches = Vec::new();
        let outcome = open(&evidence, &options)
            .unwrap()
            .read(&options, &mut batches, &())
            .unwrap();
        assert_eq!(
            (outcome.counts.set_aside, outcome.counts.quarantined),
            (0, 0)
        );
        assert_eq!(outcome.network, Some(Network::Bitcoin));
        let read = Read { outcome, batches };
        let key =
            |text: &str| Endpoint::Account(AccountKey::parse(text, Network::Bitcoin).unwrap());
        let (satoshi, hal) = (
            key("12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"),
            key("1Q2TWHE3GMdB6BZKafqwxXtWAWgFt5Jvm3"),
        );
        let miner = key("1PSSGeFHDnKNxiEyFrD1wcEaHr9hrQDDWc");
        let coin = 100_000_000;
        let expected = [
            (
                "b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082",
                vec![
                    (key("issuance:bitcoin"), Endpoint::Junction, 50 * coin),
                    (Endpoint::Junction, miner, 50 * coin),
                ],
            ),
            (
                "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16",
                vec![
                    (satoshi.clone(), Endpoint::Junction, 50 * coin),
                    (Endpoint::Junction, hal, 10 * coin),
                    (Endpoint::Junction, satoshi, 40 * coin),
                ],
            ),
        ];
        let mut found: Vec<_> = read
            .events()
            .into_iter()
            .map(|(event, rows, spent)| {
                let mut txid = event.transaction.unwrap().1;
                txid.reverse();
                assert_eq!(event.time, moneytrail_model::Instant::at(1_231_731_025));
                let rows = rows.into_iter();
                let rows: Vec<_> = rows
                    .map(|row| (row.from, row.to, row.amount.unwrap().units()))
                    .collect();
                assert_eq!(spent.len(), usize::from(rows.len() == 3));
                (hex::encode(txid), rows)
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found, expected.map(|(txid, rows)| (txid.to_owned(), rows)));
    }
}

/// Every row of a wallet's history: what it moves, when, and which transaction it names.
#[test]
fn a_wallets_history_reads() {
    let txid = |byte: u8| hex::encode([byte; 32]);
    let text = format!(
        "transaction_hash,label,confirmations,value,fiat_value,fee,fiat_fee,timestamp\n\
         {},\"from A, B\",100,0.5,1,,,2021-03-01 12:30\n\
         {},rent,99,-0.2001,1,0.0001,1,2021-03-02 00:05\n\
         {},to myself,98,-0.0002,1,0.0002,1,2021-03-02 00:06\n\
         {},pending,0,1,1,,,\n\
         zz,,1,1,1,,,2021-03-02 00:05\n\
         {},,1,1e3,1,,,2021-03-02 00:05\n\
         {},,1,-0.1,1,0.2,,2021-03-02 00:05\n\
         {},,1,0.1,1,,,yesterday\n",
        txid(1),
        txid(2),
        txid(3),
        txid(4),
        txid(6),
        txid(7),
        txid(8)
    );
    let folder = tempfile::tempdir().unwrap();
    let evidence = write(folder.path(), &[("history.csv", text.as_bytes())]);
    let options = Options::default();
    let mut batches = Vec::new();
    let opened = open(&evidence, &options).unwrap();
    assert_eq!(opened.format(), Format::Electrum);
    let outcome = opened.read(&options, &mut batches, &()).unwrap();
    let counts = RecordCounts {
        transferred: 3,
        contextual: 1,
        set_aside: 1,
        quarantined: 4,
    };
    assert_eq!(outcome.counts, counts);
    // Time zone, network.
    assert_eq!(outcome.assumptions.len(), 2);
    let read = Read { outcome, batches };
    let book = BookId([0; 8]);
    let named = |name: String| Endpoint::Account(AccountKey::Customer(book, name.into()));
    let wallet = || named("Electrum wallet".to_owned());
    let other = |byte| named(format!("other side of {}", txid(byte)));
    let fees = || Endpoint::Account(AccountKey::Fees(Network::Bitcoin));
    let moved: Vec<Vec<_>> = read
        .events()
        .into_iter()
        .map(|event| {
            event
                .1
                .into_iter()
                .map(|row| (row.from, row.to, row.amount.unwrap().units()))
                .collect()
        })
        .collect();
    assert_eq!(
        moved,
        [
            vec![(other(1), wallet(), 50_000_000)],
            vec![(wallet(), other(2), 20_000_000), (wallet(), fees(), 10_000)],
            vec![(wallet(), fees(), 20_000)],
        ]
    );
    let batch = &read.batches[0];
    // 2021-03-01 12:30, wherever that was.
    let time = batch.events[0].time;
    assert!(
        time.earliest() <= 1_614_601_800 - 14 * 3_600 && time.latest() >= 1_614_601_800 + 9 * 3_600
    );
    // Each row describes its transaction, whose own record goes before it.
    let described: Vec<_> = batch.events.iter().map(|event| event.transaction).collect();
    let transaction = |byte| Some((Network::Bitcoin, [byte; 32]));
    assert_eq!(described, [transaction(1), transaction(2), transaction(3)]);
    assert!(batch.references.is_empty());
    assert_eq!(
        batch.event_locator(&batch.events[1]).to_string(),
        "history.csv!-!R3"
    );
}

fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("MONEYTRAIL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("bitcoin/mainnet").join(name);
    assert!(
        path.exists() || std::env::var_os("CI").is_none(),
        "shared data absent"
    );
    path.exists().then_some(path)
}

/// A block of 2016, from before witnesses, written as each export and read back: 1,557 transactions.
#[test]
fn a_real_block_survives_each_export() {
    let Some(path) = shared("413567.raw") else {
        return;
    };
    let bytes = fs_err::read(path).unwrap();
    let block: Block = bitcoin::consensus::deserialize(&bytes).unwrap();
    let files = [("413567.raw", &bytes[..])];
    let raw = read_files(Format::RawBlock, &files, &on(Network::Bitcoin)).unwrap();
    let blocks = [block];
    let lines = etl(
        &blocks,
        413_567,
        Form::Lines { enriched: false },
        Network::Bitcoin,
    );
    let read = read_etl(&lines.join("\n"), &on(Network::Bitcoin));
    assert_eq!(read.outcome.counts.transferred, 1_557);
    assert_eq!(read.moved(), raw.moved());

    let [outputs, inputs] = blockchair(&blocks, 413_567, Network::Bitcoin);
    let read = read_tables(&[("o.tsv", outputs.as_bytes())], &on(Network::Bitcoin)).unwrap();
    let of_outputs = |read: &Read| {
        let mut moved = by_id(read);
        for (_, lines) in &mut moved {
            lines.retain(|line| line.starts_with("Output"));
        }
        moved
    };
    assert_eq!(of_outputs(&read), of_outputs(&raw));
    // Of its inputs 287 spend an output of the block itself; only those could be written with what they spend.
    assert_eq!(inputs.lines().count(), 1 + 287);
}
