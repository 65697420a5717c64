//! Packed evidence through `add`, `inspect`, `trace` and `verify`: the exhibit is the file as seized.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, fixtures, new_case, run};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};
use std::path::Path;

fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn fixture(name: &str) -> Vec<u8> {
    fs_err::read(fixtures().join(name)).unwrap()
}

fn added(directory: &Path, files: &[&str]) -> Vec<Value> {
    let arguments = [&["--json", "add", "case"][..], files].concat();
    let result: Value = serde_json::from_str(&done(directory, &arguments)).unwrap();
    result["exhibits"].as_array().unwrap().clone()
}

#[test]
fn a_seized_archive_is_one_exhibit_and_verifies() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    let story = |name: &str| (name.to_owned(), fixture(&format!("story/{name}")));
    let files: Vec<(String, Vec<u8>)> = [
        "blocks/blk00000.dat",
        "blocks/rev00000.dat",
        "blocks/xor.dat",
        "book-a.xlsx",
        "usdt.csv",
    ]
    .map(story)
    .into();
    let mut named: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|(name, bytes)| (&**name, bytes.clone()))
        .collect();
    named.push(("photo.jpg", b"\xff\xd8\xff".to_vec()));
    let archive = zipped(&named);
    fs_err::write(root.join("seized.zip"), &archive).unwrap();
    let exhibits = added(root, &["seized.zip"]);
    assert_eq!(exhibits.len(), 1);
    let exhibit = &exhibits[0];
    assert_eq!(exhibit["sha256"], hex::encode(Sha256::digest(&archive)));
    assert_eq!(exhibit["format"], "several");
    assert_eq!(exhibit["records"]["quarantined"], 1);
    let remarks = exhibit["quarantined"].to_string();
    assert!(remarks.contains("seized.zip/photo.jpg!"), "{remarks}");
    // The same records as the files give one by one.
    let alone = tempfile::tempdir().unwrap();
    new_case(alone.path());
    let story = fixtures().join("story");
    let paths = ["blocks", "book-a.xlsx", "usdt.csv"].map(|name| story.join(name));
    let paths = paths.each_ref().map(|path| path.to_str().unwrap());
    let sum = |exhibits: &[Value], what: &str| -> u64 {
        let each = exhibits
            .iter()
            .map(|one| one["records"][what].as_u64().unwrap());
        each.sum()
    };
    let one_by_one = added(alone.path(), &paths);
    for what in ["transferred", "contextual", "set_aside"] {
        assert_eq!(sum(&exhibits, what), sum(&one_by_one, what), "{what}");
    }
    assert!(done(root, &["verify", "case"]).contains("verified: no difference"));
    let seed = [
        "trace",
        "case",
        "--from",
        "seized.zip/book-a.xlsx!Sheet1!R12",
    ];
    assert_eq!(run(root, &seed).code, 0);
    let shown = done(root, &["inspect", "seized.zip"]);
    assert!(
        shown.contains("photo.jpg") && shown.contains("blocks, bitcoin-regtest"),
        "{shown}"
    );
}

#[test]
fn what_is_refused_says_so_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    let inner = zipped(&[("list.csv", fixture("formats/transfers-minimal.csv"))]);
    fs_err::write(root.join("deep.zip"), zipped(&[("inner.zip", inner)])).unwrap();
    fs_err::write(root.join("a.rar"), b"Rar!\x1a\x07\x01\x00").unwrap();
    for (file, why) in [
        ("deep.zip", "archive inside an archive"),
        ("a.rar", "a RAR archive"),
    ] {
        let ran = run(root, &["add", "case", file]);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert!(ran.err.contains(why), "{}", ran.err);
    }
    let left = fs_err::read_dir(root.join("case/segments"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
}

/// Two files of one dump are one exhibit, in a directory and named one by one, in either order.
#[test]
fn files_of_one_dump_are_one_exhibit() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let dump = fixtures().join("exports/blockchair");
    let [outputs, inputs] = ["outputs.tsv.gz", "inputs.tsv.gz"].map(|name| dump.join(name));
    let mut hashes = Vec::new();
    for (case, files) in [
        ("directory", vec![&dump]),
        ("forward", vec![&outputs, &inputs]),
        ("backward", vec![&inputs, &outputs]),
    ] {
        let root = root.join(case);
        fs_err::create_dir(&root).unwrap();
        new_case(&root);
        let files: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
        let exhibits = added(&root, &files);
        assert_eq!(exhibits.len(), 1, "{exhibits:?}");
        assert_eq!(exhibits[0]["format"], "blockchair");
        assert_eq!(exhibits[0]["records"]["quarantined"], 0);
        hashes.push(exhibits[0]["figures"].to_string());
        assert!(done(&root, &["verify", "case"]).contains("verified: no difference"));
    }
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
}

/// One transaction in two exports is one event with two citations; the better source enters.
#[test]
fn one_transaction_in_two_exports_is_one_event() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    let [etl, dump] =
        ["exports/bitcoin-etl.json", "exports/blockchair"].map(|name| fixtures().join(name));
    let exhibits = added(root, &[etl.to_str().unwrap(), dump.to_str().unwrap()]);
    assert_eq!(exhibits.len(), 2, "{exhibits:?}");
    done(root, &["entities", "case"]);
    let index = root.join("case/index");
    let notes = fs_err::read_dir(index)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("notes.json"))
        .find(|path| path.is_file())
        .unwrap();
    let notes: Value = serde_json::from_str(&fs_err::read_to_string(notes).unwrap()).unwrap();
    assert_eq!(notes["n_joined_events"], 2, "{notes}");
    assert!(!notes["remarks"].to_string().contains("differs"), "{notes}");
}

/// A wallet is traced through its history, and `inspect` says what would become of each row.
#[test]
fn a_wallets_history_is_an_exhibit() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    let history = "transaction_hash,label,confirmations,value,fiat_value,fee,fiat_fee,timestamp\n\
        f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16,,9,-10.5,,0.5,,2009-01-12 04:30\n\
        b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082,,8,2,,,,soon\n";
    fs_err::write(root.join("history.csv"), history).unwrap();
    let looked = done(root, &["inspect", "history.csv"]);
    assert!(
        looked.starts_with("history.csv: electrum, bitcoin\n"),
        "{looked}"
    );
    assert!(
        looked.contains("records: 3 read = 1 transferred + 1 contextual"),
        "{looked}"
    );
    assert!(
        looked.contains("would be quarantined: history.csv!-!R3: `soon` is no time"),
        "{looked}"
    );
    let exhibits = added(root, &["history.csv"]);
    assert_eq!(exhibits[0]["format"], "electrum");
    assert_eq!(exhibits[0]["records"]["quarantined"], 1);
    let traced = done(root, &["trace", "case", "--from", "Electrum wallet"]);
    for expected in [
        "10.00000000 BTC",
        "-> fees  0.50000000 BTC",
        "X1 history.csv!-!R2",
    ] {
        assert!(traced.contains(expected), "{traced}");
    }
    assert!(done(root, &["verify", "case"]).contains("verified: no difference"));
}

/// `inspect` names format and records of each export.
#[test]
fn exports_are_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let exports = fixtures().join("exports");
    for (name, expected) in [
        (
            "bitcoin-etl.json",
            "bitcoin-etl, bitcoin, 1 blocks\n  heights 170 to 170",
        ),
        (
            "blockchair",
            "blockchair: blockchair, bitcoin\n  records: 6 read = 4 transferred",
        ),
        (
            "blockchair/inputs.tsv.gz",
            "2 read = 0 transferred + 1 contextual + 1 set aside",
        ),
    ] {
        let path = exports.join(name);
        let looked = done(directory.path(), &["inspect", path.to_str().unwrap()]);
        assert!(looked.contains(expected), "{looked}");
    }
}
