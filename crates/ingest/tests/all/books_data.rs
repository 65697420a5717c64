//! The five books with headers of the shared synthetic network, read by proposed profiles and compared
//! with their ground truth.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test tells what it skipped and measured"
)]

use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, table};
use moneytrail_model::{AccountKey, BookId, RecordBin};
use moneytrail_store::schema::{Batch, RecordPlace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const BOOKS: [&str; 5] = [
    "Haji_Abdul_Karim_Stanikzai_Kabul.xlsx",
    "Haji_Aziz_Istanbul.xlsx",
    "Haji_Karam_Dubai.csv",
    "Haji_Hasan_Akbari_Vienna.csv",
    "Edin_Trieste.csv",
];

/// The folder of the network, or `None` where the shared data is absent and CI does not ask for it.
fn network() -> Option<PathBuf> {
    let shared = std::env::var_os("MONEYTRAIL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let network = shared.join("hawala-dev");
    if network.is_dir() {
        return Some(network);
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs the shared data");
    println!("skipped: shared data absent");
    None
}

fn evidence(network: &Path, book: &str) -> Evidence {
    Evidence {
        files: vec![EvidenceFile::at(&network.join("books").join(book))],
        book: BookId([7; 8]),
    }
}

/// Kind of every row of a book: (sheet, row) → kind, type of entry.
fn truth(network: &Path, book: &str) -> BTreeMap<(String, u32), (String, String)> {
    let mut reader = csv::Reader::from_path(network.join("truth/rows.csv")).unwrap();
    reader
        .records()
        .map(Result::unwrap)
        .filter(|row| &row[0] == book)
        .map(|row| {
            let place = (row[1].to_owned(), row[2].parse().unwrap());
            (place, (row[3].to_owned(), row[5].to_owned()))
        })
        .collect()
}

#[test]
fn every_row_is_one_record_in_the_right_bin() {
    let Some(network) = network() else { return };
    for book in BOOKS {
        let evidence = evidence(&network, book);
        assert_eq!(
            table::sniff(&evidence).unwrap(),
            Some(Format::Table),
            "{book}"
        );
        let mut batches: Vec<Batch> = Vec::new();
        let outcome = table::read(
            Format::Table,
            &evidence,
            &Options::default(),
            &mut batches,
            &(),
        )
        .unwrap();
        let truth = truth(&network, book);
        assert_eq!(
            outcome.counts.total(),
            truth.len() as u64,
            "{book}: one record a row"
        );
        assert_eq!(outcome.counts.quarantined, 0, "{book}");
        println!("{book}: {} {:?}", outcome.counts, outcome.figures);
        for line in outcome.assumptions.iter().chain(&outcome.remarks) {
            println!("  {line}");
        }
        let batch = &batches[0];
        let mut wrong = Vec::new();
        for record in &batch.records {
            let sheet = batch.sources[record.source as usize]
                .sheet
                .as_deref()
                .unwrap();
            let RecordPlace::Row(row) = record.place else {
                panic!("a book has rows")
            };
            let (kind, entry) = &truth[&(sheet.to_owned(), row)];
            let data = kind == "data" && entry != "reversal";
            let as_expected = match record.bin {
                RecordBin::Transferred => data || kind == "opening",
                RecordBin::Contextual => !data || record.reason.as_deref() == Some("cancelled"),
                RecordBin::SetAside | RecordBin::Quarantined => false,
            };
            if !as_expected {
                wrong.push((
                    sheet.to_owned(),
                    row,
                    kind.clone(),
                    entry.clone(),
                    record.reason.clone(),
                ));
            }
        }
        assert!(wrong.is_empty(), "{book}: {wrong:?}");
    }
}

#[test]
fn columns_mean_what_the_truth_says() {
    let Some(network) = network() else { return };
    let truth = fs_err::read_to_string(network.join("truth/columns.json")).unwrap();
    let truth: Vec<serde_json::Value> = serde_json::from_str(&truth).unwrap();
    let (mut n, mut right, mut wrong) = (0, 0, Vec::new());
    for book in BOOKS {
        let inspection = table::inspect(
            Format::Table,
            &evidence(&network, book),
            &Options::default(),
        )
        .unwrap();
        for sheet in truth.iter().filter(|sheet| sheet["book"] == book) {
            let found = inspection
                .sheets
                .iter()
                .find(|found| found.name == sheet["sheet"].as_str().unwrap())
                .unwrap();
            for column in sheet["columns"].as_array().unwrap() {
                let index = usize::try_from(column["column"].as_u64().unwrap()).unwrap();
                let meaning = found.columns[index - 1].meaning;
                let accepted = column["accept"].as_array().unwrap();
                n += 1;
                if accepted.iter().any(|word| word.as_str() == meaning) {
                    right += 1;
                } else {
                    wrong.push(format!("{book} {column} {meaning:?}"));
                }
            }
        }
        let profile = inspection.profile.unwrap();
        println!("{profile}");
        let again = Options {
            profile: Some(profile.clone()),
            ..Options::default()
        };
        let reread = table::inspect(Format::Table, &evidence(&network, book), &again).unwrap();
        assert_eq!(
            reread.counts, inspection.counts,
            "{book}: the proposed profile reads alike"
        );
        assert_eq!(reread.profile.unwrap(), profile, "{book}");
    }
    println!("{right} of {n} columns");
    assert!(right * 100 >= n * 95, "{right} of {n}: {wrong:#?}");
}

#[test]
fn people_named_in_sentences_are_found() {
    let Some(network) = network() else { return };
    let book = BOOKS[0];
    let mut batches: Vec<Batch> = Vec::new();
    let evidence = evidence(&network, book);
    table::read(
        Format::Table,
        &evidence,
        &Options::default(),
        &mut batches,
        &(),
    )
    .unwrap();
    let found: std::collections::BTreeSet<(u32, String)> = batches[0]
        .accounts
        .iter()
        .filter_map(|row| match &row.account {
            AccountKey::Customer(_, name) => Some((row.row?, name.to_string())),
            _ => None,
        })
        .collect();
    let mut reader = csv::Reader::from_path(network.join("truth/people.csv")).unwrap();
    let mentions: Vec<(u32, String)> = reader
        .records()
        .map(Result::unwrap)
        .filter(|row| &row[2] == book && &row[5] == "5")
        .map(|row| (row[4].parse().unwrap(), row[7].trim().to_owned()))
        .collect();
    let n_found = mentions
        .iter()
        .filter(|mention| found.contains(mention))
        .count();
    println!("{n_found} of {} people in sentences", mentions.len());
    assert!(n_found * 100 >= mentions.len() * 95);
}
