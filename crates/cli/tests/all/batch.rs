//! `batch` as a user runs it: a folder of books, good and bad ones.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, program, run, tables};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const HEADER: &str = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency\n";

/// A book of orders that Haji Karim sends to Haji Aziz, or that Aziz receives; both have so many.
fn orders(kind: &str, agent: &str, n: u32, missing: Option<u32>) -> String {
    let mut text = HEADER.to_owned();
    for order in (0..n).filter(|&order| Some(order) != missing) {
        let (day, amount) = (order % 28 + 1, 100 + order * 7);
        let sums = if kind == "send" {
            format!("{amount},")
        } else {
            format!(",{amount}")
        };
        writeln!(
            text,
            "2024-05-{day:02},K{order:04},{kind},Sender {order},Payee {order},{agent},{sums},EUR"
        )
        .unwrap();
    }
    text
}

fn write(path: &Path, text: &str) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

/// Two keepers' books, a copy, what no one can read, and what is left out.
fn seized(directory: &Path) {
    let folder = directory.join("seized");
    let sent = orders("send", "Haji Aziz", 40, None);
    write(&folder.join("Haji_Karim.csv"), &sent);
    write(&folder.join("z/copy of Haji_Karim.csv"), &sent);
    let received = orders("receive", "Haji Karim", 40, Some(17));
    write(&folder.join("Haji_Aziz.csv"), &received);
    write(
        &folder.join("broken.xlsx"),
        "PK\u{3}\u{4} this is no workbook",
    );
    write(&folder.join("empty.csv"), "");
    write(&folder.join(".hidden"), "x");
}

fn json(directory: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(directory, arguments)).unwrap()
}

fn states(found: &Value) -> Vec<(&str, &str, Option<&str>)> {
    let files = found["files"].as_array().unwrap().iter();
    files
        .map(|file| {
            let text = |key: &str| file[key].as_str();
            (
                text("file").unwrap(),
                text("state").unwrap(),
                text("exhibit"),
            )
        })
        .collect()
}

#[test]
fn every_file_has_its_line_and_a_bad_one_stops_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    seized(directory);
    let found = json(directory, &["batch", "seized", "--json"]);
    assert_eq!(found["schema"], "moneytrail-batch/1");
    assert_eq!(
        states(&found),
        [
            ("Haji_Aziz.csv", "taken in", Some("X1")),
            ("Haji_Karim.csv", "taken in", Some("X2")),
            ("broken.xlsx", "failed", None),
            ("empty.csv", "failed", None),
            ("z/copy of Haji_Karim.csv", "already there", Some("X2")),
        ]
    );
    assert_eq!(found["records"]["read"], 81, "the copy counts once");
    let missing = &found["files"][1]["discrepancies"][0];
    assert_eq!(missing["type"], "missing_row");
    assert_eq!(missing["rows"][0]["row"], "Haji_Karim.csv!-!R19");
    let columns = found["files"][0]["columns"].as_array().unwrap();
    assert!(columns.contains(&"counterpart".into()), "{columns:?}");
    assert_eq!(found["left_out"][0]["file"], ".hidden");
    let again = json(directory, &["batch", "seized", "--json"]);
    assert!(states(&again).iter().all(|of| of.1 != "taken in"));
    assert_eq!(again["n_new"], 0);
    assert_eq!(again["files"][0]["records"], found["files"][0]["records"]);
    let strict = run(directory, &["batch", "seized", "--strict"]);
    assert_eq!(strict.code, 1, "{}", strict.err);
    assert!(
        strict.out.contains("-- empty.csv: not taken in"),
        "{}",
        strict.out
    );
    assert!(
        strict.out.contains(
            "3 of 5 files are in the case, 0 of them new; 2 could not be taken in, 1 are left out"
        ),
        "{}",
        strict.out
    );
    let verified = done(directory, &["verify", "seized-case"]);
    assert!(verified.contains("verified: no difference"), "{verified}");
}

#[test]
fn it_writes_what_add_writes_with_any_number_of_threads() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    seized(directory);
    for file in ["broken.xlsx", "empty.csv"] {
        fs_err::remove_file(directory.join("seized").join(file)).unwrap();
    }
    done(directory, &["new", "added"]);
    done(directory, &["add", "added", "seized"]);
    for threads in ["1", "4"] {
        let case = format!("batch-{threads}");
        done(
            directory,
            &["batch", "seized", "--case", &case, "--threads", threads],
        );
        for exhibit in ["X1", "X2"] {
            assert_eq!(
                tables(&directory.join(&case), exhibit),
                tables(&directory.join("added"), exhibit)
            );
        }
    }
}

#[test]
fn a_killed_batch_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    for nth in 0..6 {
        let book = orders("send", &format!("Haji Number {nth}"), 60, None);
        write(
            &directory.join(format!("seized/Haji_Keeper_{nth}.csv")),
            &book,
        );
    }
    let began = Instant::now();
    done(directory, &["batch", "seized", "--case", "calm"]);
    let whole = began.elapsed();
    let mut n_between = 0;
    for kill in 1..4_u32 {
        let case = format!("stormy-{kill}");
        let mut child = program(directory, &["batch", "seized", "--case", &case])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The moment is the point of the test; nothing is waited for.
        std::thread::sleep(whole * kill / 5 + Duration::from_millis(1));
        child.kill().unwrap();
        child.wait().unwrap();
        let taken = directory.join(&case).join("segments");
        let n_taken = taken
            .is_dir()
            .then(|| fs_err::read_dir(taken).unwrap().count());
        n_between += u32::from(n_taken.is_some_and(|n| n < 6));
        let found = json(directory, &["batch", "seized", "--case", &case, "--json"]);
        assert_eq!(found["n_in_case"], 6);
        for exhibit in ["X1", "X6"] {
            assert_eq!(
                tables(&directory.join(&case), exhibit),
                tables(&directory.join("calm"), exhibit)
            );
        }
        if kill == 2 {
            let verified = done(directory, &["verify", &case]);
            assert!(verified.contains("verified: no difference"), "{verified}");
        }
    }
    assert!(n_between > 0, "no kill came in time");
}

#[test]
fn a_case_never_lies_among_the_evidence() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    seized(directory);
    let inside = run(directory, &["batch", "seized", "--case", "seized/new/case"]);
    assert_eq!(inside.code, 2, "{}{}", inside.out, inside.err);
    assert!(!directory.join("seized/new").exists());
    let absent = run(directory, &["batch", "nowhere"]);
    assert_eq!(absent.code, 3);
    assert!(
        !directory.join("nowhere-case").exists(),
        "nothing is made for nothing"
    );
}

/// A folder of which nothing can be read is bad input, with or without a gate.
#[test]
fn where_no_file_can_be_read_the_input_is_bad() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    write(&at.join("seized/broken.xlsx"), "PK\u{3}\u{4} no workbook");
    write(&at.join("seized/other.xlsx"), "PK\u{3}\u{4} none either");
    for more in [&[][..], &["--strict"]] {
        let ran = run(at, &[&["batch", "seized"], more].concat());
        assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
        assert!(
            ran.out.contains("0 of 2 files are in the case"),
            "{}",
            ran.out
        );
    }
}
