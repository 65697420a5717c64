//! What is packed gives what lies in the open, and every file of an archive is accounted for.
#![allow(clippy::unwrap_used, reason = "used by tests only")]

use crate::chain_support::*;
use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, Outcome, open};
use moneytrail_model::{BookId, RecordBin, RecordCounts};
use moneytrail_store::schema::Batch;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

const LIST: &[u8] = b"source,target,time,amount\nann,bob,100,5\nbob,eve,200,4\n";

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Format, outcome and batches of one file of this name.
fn read(name: &str, bytes: &[u8], options: &Options) -> (Format, Outcome, Vec<Batch>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs_err::write(&path, bytes).unwrap();
    let evidence = Evidence {
        files: vec![EvidenceFile::at(&path)],
        book: BookId([0; 8]),
    };
    let opened = open(&evidence, options).unwrap();
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = opened.read(options, &mut batches, &()).unwrap();
    (opened.format(), outcome, batches)
}

#[test]
fn packed_blocks_are_the_blocks() {
    let blocks = file_of(&short_chain());
    let plain = read("blk00000.dat.zst", &blocks, &Options::default());
    let packed = zstd::stream::encode_all(&blocks[..], 3).unwrap();
    let unpacked = read("blk00000.dat.zst", &packed, &Options::default());
    assert_eq!(plain, unpacked);
    assert_eq!(plain.1.counts.transferred, 7);
}

#[test]
fn a_blocks_directory_in_an_archive_is_read_together() {
    let key = [1, 2, 3, 4, 5, 6, 7, 0x80];
    let blocks = short_chain();
    let (first, second) = (file_of(&blocks[..2]), file_of(&blocks[2..]));
    let archive = zipped(&[
        ("node/blocks/xor.dat", &key),
        ("node/blocks/blk00001.dat", &masked(&second, key)),
        ("node/blocks/blk00000.dat", &masked(&first, key)),
    ]);
    let (format, outcome, batches) = read("seized.zip", &archive, &Options::default());
    assert_eq!((format, outcome.counts.total()), (Format::BlockFiles, 7));
    let paths: Vec<&str> = batches
        .iter()
        .map(|batch| &*batch.sources[0].path)
        .collect();
    assert_eq!(
        paths,
        [
            "seized.zip/node/blocks/blk00000.dat",
            "seized.zip/node/blocks/blk00001.dat"
        ]
    );
}

#[test]
fn every_file_of_an_archive_is_accounted_for() {
    let blocks = file_of(&short_chain());
    let archive = zipped(&[
        ("c/list.csv", LIST),
        ("c/second.csv", LIST),
        ("blk00000.dat", &blocks),
        ("photo.jpg", b"\xff\xd8\xff\xe0 no evidence that is read"),
        (".hidden", b"x"),
    ]);
    let (format, outcome, batches) = read("seized.zip", &archive, &Options::default());
    assert_eq!(format, Format::Several);
    let counts = RecordCounts {
        transferred: 7 + 4,
        contextual: 2,
        set_aside: 1,
        quarantined: 1,
    };
    assert_eq!(outcome.counts, counts);
    let records: Vec<(String, String)> = batches
        .iter()
        .flat_map(|batch| batch.records.iter().map(move |record| (batch, record)))
        .filter(|(_, record)| record.bin != RecordBin::Contextual)
        .map(|(batch, record)| {
            let locator = batch.record_locator(record).to_string();
            (locator, record.reason.as_deref().unwrap().to_owned())
        })
        .collect();
    assert_eq!(records.len(), 2, "{records:?}");
    assert!(records[0].0.starts_with("seized.zip/.hidden!") && records[0].1.contains("hidden"));
    assert!(
        records[1].0.starts_with("seized.zip/photo.jpg!"),
        "{records:?}"
    );
    assert!(records[1].1.contains("no known format"), "{records:?}");
    // What a person says holds for every file, and is what `verify` says again.
    let stated = Options {
        format: Some(Format::Several),
        ..Options::default()
    };
    assert_eq!(
        read("seized.zip", &archive, &stated),
        (format, outcome, batches)
    );
}

#[test]
fn lists_of_one_archive_are_one_format() {
    let archive = zipped(&[("a.csv", LIST), ("b.csv", LIST)]);
    let (format, outcome, batches) = read("lists.zip", &archive, &Options::default());
    assert_eq!(
        (format, outcome.counts.transferred),
        (Format::TransferList, 4)
    );
    let event = |batch: &Batch, at: usize| batch.event_locator(&batch.events[at]).to_string();
    let last = batches
        .iter()
        .rfind(|batch| !batch.events.is_empty())
        .unwrap();
    assert_eq!(event(last, 1), "lists.zip/b.csv!-!R3");
}
