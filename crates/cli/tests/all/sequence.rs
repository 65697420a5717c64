//! What happened around a moment, and what one exhibit changed, as a user asks it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, fixtures, new_case, run};
use serde_json::Value;
use std::path::Path;

const USDT: &str = "tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
const A: &str = "TSsVpZAxp7RyaUwcbsGT5udeCiv52m7n9a";
const B: &str = "THmB5LPbtTb9CJHQLEcQG8v2nQCdP48nXs";
const C: &str = "TABkq5kg7NiPiceaob8JkiacWHBGVxQ6ha";

fn json(at: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(at, &[arguments, &["--json"]].concat())).unwrap()
}

/// Sides of events, in the order of the record.
fn sides(found: &Value) -> Vec<&str> {
    let events = found["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["side"].as_str().unwrap())
        .collect()
}

#[test]
fn a_timeline_says_what_was_before_and_after_and_what_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let rows = [
        (A, B, "2024-05-01T12:00:00Z"),
        (A, B, "2024-05-08T12:00:00Z"),
        (B, C, "2024-05-09T12:00:00Z"),
        (A, C, "2024-05-10"),
        (B, C, "2024-05-10T12:00:00Z"),
        (C, A, "2024-05-11T12:00:00Z"),
        (A, B, "2024-05-20T12:00:00Z"),
    ];
    let rows = rows.map(|(from, to, time)| format!("{from},{to},{time},1.5,{USDT}\n"));
    let list = format!("source,target,time,amount,asset\n{}", rows.concat());
    fs_err::write(at.join("list.csv"), list).unwrap();
    done(at, &["add", "case", "list.csv"]);
    let asked = [
        "timeline",
        "case",
        "--around",
        "2024-05-10T12:00:00Z",
        "--within",
        "2d",
    ];
    let found = json(at, &asked);
    assert_eq!(found["schema"], "moneytrail-timeline/1");
    let mut all = sides(&found);
    all.sort_unstable();
    assert_eq!(all, ["after", "at", "before", "before", "open"]);
    let event = &found["events"][0];
    assert_eq!(event["evidence"][0]["locator"], "list.csv!-!R3");
    assert_eq!(event["transfers"][0]["layer"], "both");
    assert_eq!(event["transfers"][0]["amount"]["units"], "1500000");
    // A day is an interval, so on the day itself nothing is open.
    let day = [
        "timeline",
        "case",
        "--around",
        "2024-05-10",
        "--within",
        "0s",
    ];
    assert_eq!(sides(&json(at, &day)), ["at", "at"]);
    // A record gives the moment; an account leaves out what others did.
    let of = [
        "timeline",
        "case",
        "--around",
        "list.csv!-!R6",
        "--within",
        "36h",
        B,
    ];
    assert_eq!(sides(&json(at, &of)), ["before", "at"]);
    let told = done(at, &asked);
    let told = told.replace(['\u{202f}', '\u{a0}', '\u{2009}'], " ");
    for line in [
        "around 2024-05-10 12:00:00: 2024-05-08 12:00:00 to 2024-05-12 12:00:00 UTC: 5 events, 2 before, 1 at that time, 1 after, 1 of which",
        "before, at or after, which the record leaves open:\n  2024-05-10 (a day)",
        &format!("both     {A} -> {B}  1.500000 USDT, payment"),
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    // The nearest are told, and how many more there are.
    let few = done(
        at,
        &[&asked[..4], &["--within", "30d", "--list", "1"]].concat(),
    );
    assert!(
        few.contains("… and 2 events earlier") && few.contains("… and 1 event more"),
        "{few}"
    );
    for (around, code) in [("soon", 3), (A, 2)] {
        let refused = run(at, &["timeline", "case", "--around", around]);
        assert_eq!(refused.code, code, "{}", refused.err);
        assert!(
            refused.err.contains("2024-06-30T12:00:00Z"),
            "{}",
            refused.err
        );
    }
}

/// A hawaladar's name means his position, his cash, what is pending with him, and addresses that tags call so.
#[test]
fn a_name_in_a_timeline_means_all_that_it_can_mean() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    done(at, &["demo", "sample"]);
    let asked = [
        "timeline",
        "sample/case",
        "--around",
        "2024-05-12",
        "--within",
        "30d",
        "haji farid",
    ];
    let found = json(at, &asked);
    let accounts = found["accounts"].as_array().unwrap();
    let accounts: Vec<&str> = accounts.iter().map(|name| name.as_str().unwrap()).collect();
    for name in [
        "Haji Farid",
        "cash of Haji Farid",
        "orders pending at Haji Farid",
    ] {
        assert!(accounts.contains(&name), "{accounts:?}");
    }
    assert!(
        accounts.iter().any(|name| name.ends_with("(Haji Farid)")),
        "{accounts:?}"
    );
    let events = found["events"].as_array().unwrap();
    let layers = events
        .iter()
        .flat_map(|event| event["transfers"].as_array().unwrap());
    let layers: std::collections::BTreeSet<&str> = layers
        .map(|transfer| transfer["layer"].as_str().unwrap())
        .collect();
    assert_eq!(
        layers.into_iter().collect::<Vec<_>>(),
        ["both", "custody", "value"]
    );
    // Customers are masked.
    assert!(found.to_string().contains("Person P-01"));
    changes_of_the_sample(at);
}

fn changes_of_the_sample(at: &Path) {
    // What a book joins with the others: as many claims as name one of its rows.
    let found = json(at, &["changes", "sample/case", "X2"]);
    assert_eq!(found["schema"], "moneytrail-changes/1");
    let claims = found["claims"]["new"].as_array().unwrap();
    let of = |rule: &str| claims.iter().filter(|claim| claim["rule"] == rule).count();
    assert_eq!((of("token-match@1"), of("ledger-transaction@1")), (20, 4));
    for claim in claims {
        let records = claim["records"].as_array().unwrap().iter();
        let mut records = records.map(|record| record.as_str().unwrap());
        assert!(
            records.any(|record| record.starts_with("X2 book-b.csv!-!R")),
            "{claim}"
        );
    }
    assert_eq!(found["claims"]["gone"], Value::Array(Vec::new()));
    // The chain describes what rows of books name.
    let found = json(at, &["changes", "sample/case", "X3"]);
    let described = found["unjoined"]["gone"].as_array().unwrap();
    assert_eq!(described.len(), 5);
    assert_eq!(described[0]["why"], "that no exhibit describes");
    // As if it were not there is as if it had never come.
    let story = fixtures().join("story");
    let file = |name: &str| story.join(name).display().to_string();
    done(at, &["new", "without"]);
    done(
        at,
        &[
            "add",
            "without",
            &file("book-a.xlsx"),
            "--profile",
            &file("book-a.toml"),
        ],
    );
    done(
        at,
        &[
            "add",
            "without",
            &file("book-b.csv"),
            "--profile",
            &file("book-b.toml"),
        ],
    );
    done(at, &["add", "without", &file("usdt.csv")]);
    let never = json(at, &["entities", "without"]);
    assert_eq!(found["accounts"]["without"], never["accounts"]);
    let refused = run(at, &["changes", "sample/case", "X9"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("one of: X1, X2, X3, X4"),
        "{}",
        refused.err
    );
}

/// What an exhibit's transactions join that stood apart: as `entities --merged-by` says.
#[test]
fn merged_entities_are_told_with_what_joined_them() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let story = fixtures().join("formats");
    let file = |name: &str| story.join(name).display().to_string();
    done(
        at,
        &[
            "add",
            "case",
            &file("esplora-txs.json"),
            &file("getblock-v3-127.json"),
            &file("getblock-v3-129.json"),
        ],
    );
    for exhibit in ["X1", "X2", "X3"] {
        let found = json(at, &["changes", "case", exhibit]);
        let merged = json(at, &["entities", "case", "--merged-by", exhibit]);
        assert_eq!(found["entities"]["merged"], merged["merged"]);
        assert_eq!(found["entities"]["with"], merged["entities"]);
        assert_eq!(found["entities"]["without"], merged["entities_before"]);
    }
}
