//! `people` and `find` as a user runs them, on two small books in two scripts.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, run};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const WHO: [&str; 4] = ["--operator", "A. Analyst", "--purpose", "case 7"];

/// A's book in Latin, B's in Persian script: twelve orders by four pairs of people.
fn case(directory: &Path) {
    let senders = [
        ("Rahmatullah Noori", "رحمت الله نوری"),
        ("Jamil Safi", "جمیل صافی"),
        ("Maryam Akbari", "مریم اکبری"),
        ("Yusuf Qaderi", "یوسف قادری"),
    ];
    let beneficiaries = [
        ("Zahra kći Šefik", "زهرا بنت شفیق"),
        ("Karim", "کریم"),
        ("Habibullah", "حبیب الله"),
        ("Nasim", "نسیم"),
    ];
    let mut a = "Date,Token,Type,Sender,Phone,Beneficiary,Counterpart,Amount,Currency\n".to_owned();
    let mut b = a.clone();
    for nth in 0..12_usize {
        let (token, amount, who) = (1_000 + 17 * nth, 300 + 20 * nth, nth % 4);
        let day = nth + 1;
        writeln!(
            a,
            "2024-05-{day:02},{token},send,{},+43 664 123 45{who}0,{},Haji Yusuf,{amount},EUR",
            senders[who].0, beneficiaries[who].0
        )
        .unwrap();
        writeln!(
            b,
            "2024-05-{:02},{token},receive,{},,{},Haji Aman,{amount},EUR",
            day + 1,
            senders[who].1,
            beneficiaries[who].1
        )
        .unwrap();
    }
    crate::common::new_case(directory);
    for (file, owner, text) in [("a.csv", "Haji Aman", a), ("b.csv", "Haji Yusuf", b)] {
        fs_err::write(directory.join(file), text).unwrap();
        let profile = format!("{file}.toml");
        fs_err::write(
            directory.join(&profile),
            format!("[book]\nowner = \"{owner}\"\n"),
        )
        .unwrap();
        done(directory, &["add", "case", file, "--profile", &profile]);
    }
}

fn json(directory: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(directory, &[arguments, &["--json"]].concat())).unwrap()
}

fn person_of<'v>(found: &'v Value, cell: &str) -> &'v Vec<Value> {
    let mut persons = found["persons"].as_array().unwrap().iter();
    persons
        .find_map(|person| {
            person["group"]
                .as_array()
                .filter(|group| group.iter().any(|of| of == cell))
        })
        .unwrap()
}

#[test]
fn one_person_in_two_books_and_scripts() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    case(at);
    let found = json(at, &["people", "case"]);
    assert_eq!(found["mentions"], 48);
    let person = person_of(&found, "a.csv!-!R2C4");
    assert!(
        person.iter().any(|cell| cell == "b.csv!-!R2C4"),
        "{person:?}"
    );
    assert!(
        !person.iter().any(|cell| cell == "a.csv!-!R3C4"),
        "{person:?}"
    );
    assert!(found["persons"][0].get("names").is_none());
    let text = done(at, &["people", "case", "--waterfall"]);
    assert!(
        !text.contains("Rahmatullah") && text.contains("a.csv!-!R2C4"),
        "{text}"
    );
    let text = done(at, &[&["people", "case"], &WHO[..]].concat());
    assert!(
        text.contains("Rahmatullah Noori") && text.contains("رحمت الله نوری"),
        "{text}"
    );
    assert!(
        fs_err::read_to_string(at.join("case/audit.log"))
            .unwrap()
            .contains("disclose")
    );
    let why = json(
        at,
        &["people", "case", "--why", "a.csv!-!R2C4", "b.csv!-!R2C4"],
    );
    assert_eq!(why["together"], true);
    assert!(!why["chain"][0]["terms"].as_array().unwrap().is_empty());
}

#[test]
fn decisions_count_and_can_be_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    case(at);
    let both = ["a.csv!-!R2C4", "a.csv!-!R3C4"];
    assert_eq!(
        run(at, &["people", "case", "--accept", both[0], both[1]]).code,
        2
    );
    let together = || json(at, &["people", "case", "--why", both[0], both[1]])["together"].clone();
    assert_eq!(together(), false);
    done(
        at,
        &[
            "people",
            "case",
            "--accept",
            both[0],
            both[1],
            "--reason",
            "one passport",
        ],
    );
    assert_eq!(together(), true);
    let review = json(at, &["people", "case", "--review"]);
    assert_eq!(review["decisions"][0]["reason"], "one passport");
    done(
        at,
        &[
            "people",
            "case",
            "--reopen",
            both[0],
            both[1],
            "--reason",
            "another passport",
        ],
    );
    assert_eq!(together(), false);
    // What was decided of persons troubles no other command.
    done(at, &["entities", "case"]);
    done(at, &["verify", "case"]);
}

#[test]
fn every_place_of_a_text_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    case(at);
    let places = |text: &str, kind: &str| -> Vec<String> {
        let found = json(at, &["find", "case", text, "--as", kind]);
        let found = found["found"].as_array().unwrap().iter();
        found
            .filter(|of| of["rank"].as_u64() < Some(2))
            .map(|of| of["locator"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(places("رحمت‌الله نوری", "name").len(), 6);
    assert_eq!(
        places("0664 123 4500", "phone"),
        ["a.csv!-!R2C5", "a.csv!-!R6C5", "a.csv!-!R10C5"]
    );
    assert_eq!(places("۳۲۰", "amount"), ["a.csv!-!R3C8", "b.csv!-!R3C8"]);
    assert_eq!(places("1017", "code"), ["a.csv!-!R3C2", "b.csv!-!R3C2"]);
    assert_eq!(
        places("1403/02/13", "date"),
        ["a.csv!-!R3C1", "b.csv!-!R2C1"]
    );
    let masked = done(at, &["find", "case", "Rahmatullah"]);
    assert!(
        masked.contains("masked") && !masked.contains("Noori"),
        "{masked}"
    );
    let shown = done(at, &[&["find", "case", "Rahmatullah"], &WHO[..]].concat());
    assert!(shown.contains("Rahmatullah Noori"), "{shown}");
    assert_eq!(run(at, &["find", "case", "…"]).code, 2);
}
