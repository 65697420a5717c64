//! `summary` as a user runs it: books with torn ends, a chain, nothing at all.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, new_case, run};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// A book that begins in the middle of its pages: numbers 41–60 without 46 and 47, 52 written as 25, a date a year off.
fn torn_book() -> String {
    let mut text =
        "No,Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency,Balance\n".to_owned();
    let mut balance = 7_000;
    for number in (41..=60).filter(|number| !(46..=47).contains(number)) {
        balance += 100;
        let written = if number == 52 { 25 } else { number };
        let year = if number == 55 { 2014 } else { 2024 };
        let stated = if number > 58 {
            String::new()
        } else {
            balance.to_string()
        };
        let day = number - 40;
        writeln!(
            text,
            "{written},{year}-05-{day:02},C{number},send,Ali Rahimi,Karim Noori,Haji Aziz,100,,EUR,{stated}"
        )
        .unwrap();
    }
    text
}

/// The book of a colleague that goes on after the other ends.
const COLLEAGUE: &str = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency\n\
    2024-05-01,C41,receive,Ali Rahimi,Karim Noori,Haji Torn,,100,EUR\n\
    2024-06-20,C99,receive,Jamil Safi,Said Noori,Haji Torn,,70,EUR\n\
    2024-05-03,K1,deposit,Hasan Akbari,Karim Noori,,5000,,EUR\n\
    2024-08-01,C7,expense,,,,,10,EUR\n";

fn case(directory: &Path) {
    new_case(directory);
    for (name, owner, text) in [
        ("torn.csv", "Haji Torn", torn_book()),
        ("aziz.csv", "Haji Aziz", COLLEAGUE.to_owned()),
    ] {
        fs_err::write(directory.join(name), text).unwrap();
        let profile = format!("[book]\nowner = \"{owner}\"\n");
        fs_err::write(directory.join("p.toml"), profile).unwrap();
        done(
            directory,
            &["add", "case", name, "--profile", "p.toml", "--strict"],
        );
    }
}

fn json(directory: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(directory, arguments)).unwrap()
}

#[test]
fn what_a_book_lacks_is_named_with_its_rows() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    let found = json(directory, &["summary", "case", "--json"]);
    assert_eq!(found["schema"], "moneytrail-summary/1");
    let book = &found["books"][0];
    assert_eq!(book["keeper"], "Haji Torn");
    let numbers = &book["numbers"][0];
    assert_eq!(numbers["missing"], 2);
    let gap = &numbers["gaps"][0];
    assert_eq!((&gap["first"], &gap["last"]), (&46.into(), &47.into()));
    assert_eq!(
        (&gap["after"], &gap["before"]),
        (&"torn.csv!-!R6".into(), &"torn.csv!-!R7".into())
    );
    assert_eq!(numbers["slips"][0], "torn.csv!-!R11");
    let torn: Vec<(&str, &str)> = book["torn"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| {
            let row = of["row"].as_str().or(of["first"].as_str());
            (of["what"].as_str().unwrap(), row.unwrap())
        })
        .collect();
    assert_eq!(
        torn,
        [
            ("balance-begins-midway", "torn.csv!-!R2"),
            ("balance-stops", "torn.csv!-!R17"),
            ("numbers-begin", "torn.csv!-!R2"),
            ("named-after", "aziz.csv!-!R3"),
        ]
    );
    let period = &book["period"];
    assert_eq!(period["first"]["time"], "2024-05-01");
    assert_eq!(period["last"]["time"], "2024-05-20");
    assert_eq!(period["out_of_place"][0]["row"], "torn.csv!-!R14");
    assert_eq!(
        (&book["balances"]["compared"], &book["balances"]["hold"]),
        (&15.into(), &15.into())
    );
    let euro = &book["turnover"][0];
    assert_eq!(
        (&euro["cash_in"]["n"], &euro["cash_in"]["units"]),
        (&18.into(), &"180000".into())
    );
    assert_eq!(euro["orders_sent"]["units"], "180000");
}

#[test]
fn what_cannot_wait_stands_first_and_customers_are_masked() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    let out = done(directory, &["summary", "case"]);
    let risk = out.find("lives may be at risk").unwrap();
    assert!(risk < out.find("book of Haji Torn").unwrap(), "{out}");
    assert!(
        out.contains("haji aziz holds 5000.00 EUR of 1 deposit"),
        "{out}"
    );
    assert!(
        out.contains("haji aziz (inferred from the spelling of: Haji Aziz): 18 rows"),
        "{out}"
    );
    assert!(
        out.contains("masked: a customer named in torn.csv!-!R2: 18 rows"),
        "{out}"
    );
    for name in ["Rahimi", "Karim", "Safi", "Akbari"] {
        assert!(!out.contains(name), "{name}\n{out}");
    }
    let shown = done(
        directory,
        &[
            "summary",
            "case",
            "X1",
            "--operator",
            "me",
            "--purpose",
            "court order 7",
        ],
    );
    assert!(shown.contains("Ali Rahimi: 18 rows"), "{shown}");
    let log = fs_err::read_to_string(directory.join("case/audit.log")).unwrap();
    assert!(
        log.contains("disclose") && log.contains("court order 7"),
        "{log}"
    );
    let verified = done(directory, &["verify", "case"]);
    assert!(verified.contains("verified: no difference"), "{verified}");
}

#[test]
fn one_exhibit_is_told_alone() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    for named in ["X2", "aziz.csv"] {
        let found = json(directory, &["summary", "case", named, "--json"]);
        assert_eq!(found["books"].as_array().unwrap().len(), 1);
        assert_eq!(found["books"][0]["keeper"], "Haji Aziz");
        assert_eq!(found["records"]["read"], 5);
    }
    let refused = run(directory, &["summary", "case", "X9"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("it has X1 to X2"), "{}", refused.err);
}

#[test]
fn a_chain_shows_its_largest_entities_and_their_claims() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    done(directory, &["generate", "chain", "--transfers", "400"]);
    done(directory, &["add", "case", "chain/evidence/blocks"]);
    let found = json(directory, &["summary", "case", "--json"]);
    let exhibit = &found["exhibits"][0];
    assert_eq!(exhibit["network"], "bitcoin-regtest");
    assert_eq!(
        (&exhibit["heights"]["first"], &exhibit["heights"]["missing"]),
        (&0.into(), &0.into())
    );
    assert_eq!(exhibit["events"], exhibit["records"]["transferred"]);
    assert_eq!(exhibit["assets"][0]["asset"], "bitcoin-regtest");
    let largest = &found["entities"]["largest"][0];
    assert!(largest["size"].as_u64().unwrap() > 1);
    assert_eq!(largest["held_together_by"][0]["rule"], "multi-input@2");
    assert_eq!(found["escrow"], Value::Null);
}

#[test]
fn an_empty_case_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    let out = done(directory.path(), &["summary", "case"]);
    assert!(
        out.contains("0 exhibits") && out.contains("moneytrail add case FILE"),
        "{out}"
    );
}
