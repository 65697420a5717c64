//! `patterns` as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, new_case, run};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// A list with a ring of four, seven payers of one account, and payments that mean nothing.
fn case_with_a_list(directory: &Path) {
    new_case(directory);
    let mut text = String::from("source,target,time,amount\n");
    let start = 1_704_067_200;
    let mut row = |from: &str, to: &str, hour: i64, amount: &str| {
        writeln!(text, "{from},{to},{},{amount}", start + hour * 3_600).unwrap();
    };
    for (hour, (from, to)) in (1_000..).zip([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]) {
        row(from, to, hour, "500.00");
    }
    for nth in 0..7 {
        row(&format!("payer{nth}"), "shop", 2_000 + nth, "20.00");
    }
    for nth in 0..200 {
        row(
            &format!("u{}", nth % 40),
            &format!("v{}", nth % 33),
            nth * 20,
            "75.00",
        );
    }
    fs_err::write(directory.join("list.csv"), text).unwrap();
    done(directory, &["add", "case", "list.csv"]);
}

#[test]
fn findings_have_parameters_records_and_what_chance_would_give() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_list(directory);
    let told = done(
        directory,
        &["patterns", "case", "--rule", "cycle", "--rule", "fan-in"],
    );
    for words in [
        "cycle@1: 1 findings [inference]; 3–6 transfers, window 30 d, smallest/largest ≥ 0.800",
        "fan-in@1: 1 findings [inference]; k = 5, window 7 d",
        "by chance: 0 findings in a record whose times are shuffled (mean of 20, seed 1)",
        "would be refuted by: ",
        "what else explains it: ",
        "distinct counterparties 7 (asked: 5)",
        "X1 list.csv!-!R2",
        "[fact]",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let json = done(
        directory,
        &["patterns", "case", "--json", "--shuffles", "0"],
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], "moneytrail-patterns/1");
    let rules = json["rules"].as_array().unwrap();
    let cycle = rules.iter().find(|rule| rule["rule"] == "cycle@1").unwrap();
    let finding = &cycle["findings"][0];
    assert_eq!(finding["basis"], "inference cycle@1");
    let records: Vec<&str> = finding["transfers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|transfer| transfer["record"].as_str().unwrap())
        .collect();
    assert_eq!(
        records,
        [
            "X1 list.csv!-!R2",
            "X1 list.csv!-!R3",
            "X1 list.csv!-!R4",
            "X1 list.csv!-!R5"
        ]
    );
    assert!(cycle["by_chance"].is_null());
}

#[test]
fn parameters_come_from_a_file_and_threads_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_list(directory);
    fs_err::write(
        directory.join("rules.toml"),
        "[cycle]\nwindow_hours = 2\n[fan]\nk = 8\n",
    )
    .unwrap();
    let one = [
        "patterns",
        "case",
        "--parameters",
        "rules.toml",
        "--threads",
        "1",
        "--json",
    ];
    let told = done(directory, &one);
    let json: Value = serde_json::from_str(&told).unwrap();
    let of = |name: &str| {
        let rules = json["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["rule"] == name).unwrap();
        rule["findings"].as_array().unwrap().len()
    };
    assert_eq!([of("cycle@1"), of("fan-in@1")], [0, 0]);
    let two = [
        "patterns",
        "case",
        "--parameters",
        "rules.toml",
        "--threads",
        "2",
        "--json",
    ];
    assert_eq!(done(directory, &two), told);
    fs_err::write(directory.join("rules.toml"), "[cycle]\nwindow = 2\n").unwrap();
    let refused = run(directory, &one);
    assert_eq!(refused.code, 2, "{}", refused.err);
    let refused = run(directory, &["patterns", "case", "--rule", "fun"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("one of: fan-in"), "{}", refused.err);
}
