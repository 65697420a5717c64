//! `reconcile` as a user runs it, on two small books and on the shared network.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::print_stdout, reason = "a test tells what it measured")]

use crate::common::{done, run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

const HEADER: &str = "Date,Token,Type,Sender,Beneficiary,Counterpart,Amount,Currency\n";

/// Books of A and B with thirty orders that both hold, two days apart; A holds one that B lacks, B states another amount of
/// one, pays one twice, and has one token written with a slip.
fn case(directory: &Path) {
    let (mut a, mut b) = (HEADER.to_owned(), HEADER.to_owned());
    for nth in 0..30_u32 {
        let (token, amount) = (1_000 + 17 * nth, 300 + 20 * nth);
        let sent = format!("2024-05-{:02}", nth / 2 + 1);
        let paid = format!("2024-05-{:02}", nth / 2 + 3);
        writeln!(
            a,
            "{sent},{token},send,Sender {nth},Karim {nth},Haji Yusuf,{amount},EUR"
        )
        .unwrap();
        match nth {
            11 => continue,
            12 => writeln!(
                b,
                "{paid},{token},receive,Sender {nth},Karim {nth},Haji Aman,{},EUR",
                amount + 251
            ),
            13 => writeln!(
                b,
                "{paid},1212,receive,Sender {nth},Karim {nth},Haji Aman,{amount},EUR"
            ),
            _ => writeln!(
                b,
                "{paid},{token},receive,Sender {nth},Karim {nth},Haji Aman,{amount},EUR"
            ),
        }
        .unwrap();
        if nth == 4 {
            writeln!(
                b,
                "{paid},{token},receive,Sender {nth},Karim {nth},Haji Aman,{amount},EUR"
            )
            .unwrap();
        }
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
        done(
            directory,
            &["add", "case", file, "--profile", &profile, "--strict"],
        );
    }
}

fn json(directory: &Path, more: &[&str]) -> Value {
    let arguments = [&["reconcile", "case", "--json"], more].concat();
    serde_json::from_str(&done(directory, &arguments)).unwrap()
}

fn texts(rows: &Value) -> Vec<&str> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_str().unwrap())
        .collect()
}

#[test]
fn two_books_are_matched_and_their_differences_named() {
    let directory = tempfile::tempdir().unwrap();
    case(directory.path());
    let found = json(directory.path(), &[]);
    assert_eq!(found["schema"], "moneytrail-reconcile/1");
    let matches = found["matches"].as_array().unwrap();
    assert_eq!(matches.len(), 29);
    let pairs: BTreeSet<Vec<&str>> = matches.iter().map(|pair| texts(&pair["pair"])).collect();
    // The slip in a token is matched by all the rest.
    assert!(
        pairs.contains(&vec!["a.csv!-!R15", "b.csv!-!R15"]),
        "{pairs:?}"
    );
    for pair in matches {
        assert_eq!(pair["claim"]["basis"], "inference fellegi-sunter@2");
        assert_eq!(pair["claim"]["evidence"], pair["pair"]);
        assert_eq!(pair["terms"].as_array().unwrap().len(), 9);
    }
    let differences: BTreeSet<(&str, Vec<&str>)> = found["discrepancies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["type"].as_str().unwrap(), texts(&of["rows"])))
        .collect();
    let expected = [
        ("altered_amount", vec!["a.csv!-!R14", "b.csv!-!R14"]),
        ("missing_row", vec!["a.csv!-!R13"]),
        ("paid_twice", vec!["a.csv!-!R6", "b.csv!-!R6", "b.csv!-!R7"]),
    ];
    assert_eq!(differences, expected.into_iter().collect());
}

#[test]
fn a_book_that_is_not_at_hand_is_told_by_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let book = "Date,Token,Type,Sender,Beneficiary,Counterpart,In,Out,Currency\n\
         2024-05-01,17,send,Sender,Karim,Haji Yusuf,300,,EUR\n\
         2024-05-02,18,receive,Sender,Karim,Haji Yusuf,,200,EUR\n\
         2024-05-03,19,send,Sender,Karim,Haji Musa,100,,EUR\n\
         2024-05-04,,settle,,,Haji Yusuf,,100,EUR\n";
    fs_err::write(directory.path().join("a.csv"), book).unwrap();
    let profile = "[book]\nowner = \"Haji Aman\"\n";
    fs_err::write(directory.path().join("a.toml"), profile).unwrap();
    crate::common::new_case(directory.path());
    done(
        directory.path(),
        &["add", "case", "a.csv", "--profile", "a.toml", "--strict"],
    );
    let found = json(directory.path(), &["--unseized", "Yusuf"]);
    assert_eq!(found["schema"], "moneytrail-unseized/1");
    let lines: Vec<(&str, &str, Vec<&str>)> = found["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let word = |field: &str| line[field].as_str().unwrap();
            (word("entry"), word("support"), texts(&line["rows"]))
        })
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.0 == "receive" && line.2 == ["a.csv!-!R2"])
    );
    assert!(
        lines
            .iter()
            .any(|line| line.0 == "send" && line.2 == ["a.csv!-!R3"])
    );
    assert!(
        lines
            .iter()
            .any(|line| line.0.starts_with("settlement") && line.2 == ["a.csv!-!R5"])
    );
    let out = done(
        directory.path(),
        &["reconcile", "case", "--unseized", "Yusuf"],
    );
    assert!(
        out.contains("if he booked them") && !out.contains("Karim"),
        "{out}"
    );
    let ran = run(
        directory.path(),
        &["reconcile", "case", "--unseized", "Zorro"],
    );
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("haji musa"), "{}", ran.err);
}

#[test]
fn people_read_what_is_one_order_and_why() {
    let directory = tempfile::tempdir().unwrap();
    case(directory.path());
    let out = done(directory.path(), &["reconcile", "case", "--waterfall"]);
    for expected in [
        "60 orders in the books of haji aman, haji yusuf",
        "28 pairs of rows are one order by fellegi-sunter@2, and 1 more for review",
        "1: missing: the other book covers those days and lacks it\n  a.csv!-!R13\n",
        " prior\n",
        " token: equal\n",
        " amount: equal\n",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    // Names of customers are nobody's business here.
    assert!(!out.contains("Karim") && !out.contains("karim"));
}

#[test]
fn threads_and_the_order_of_adding_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    case(directory.path());
    let one = json(directory.path(), &["--threads", "1"]);
    assert_eq!(one, json(directory.path(), &["--threads", "8"]));
    let other = directory.path().join("other");
    fs_err::create_dir(&other).unwrap();
    crate::common::new_case(&other);
    for file in ["b.csv", "a.csv"] {
        let [path, profile] = [format!("../{file}"), format!("../{file}.toml")];
        done(&other, &["add", "case", &path, "--profile", &profile]);
    }
    let swapped = json(&other, &[]);
    for part in ["matches", "discrepancies", "explained", "estimated"] {
        assert_eq!(one[part], swapped[part], "{part}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let directory = tempfile::tempdir().unwrap();
    crate::common::new_case(directory.path());
    let none = run(directory.path(), &["reconcile", "case"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("fewer than two books"), "{}", none.err);
    for wrong in [
        ["--amount-percent", "3,1"],
        ["--match-from", "0.2"],
        ["--review-from", "2"],
    ] {
        let ran = run(
            directory.path(),
            &[&["reconcile", "case"], &wrong[..]].concat(),
        );
        assert_eq!(ran.code, 2, "{wrong:?} {}", ran.err);
    }
}

/// The five books with headers of the shared network: every pair of rows that both books hold.
#[test]
fn the_shared_network_is_matched() {
    let Some(shared) = crate::common::shared() else {
        return;
    };
    let network = shared.join("hawala-dev");
    let directory = tempfile::tempdir().unwrap();
    crate::common::new_case(directory.path());
    for book in [
        "Edin_Trieste.csv",
        "Haji_Abdul_Karim_Stanikzai_Kabul.xlsx",
        "Haji_Aziz_Istanbul.xlsx",
        "Haji_Hasan_Akbari_Vienna.csv",
        "Haji_Karam_Dubai.csv",
    ] {
        done(
            directory.path(),
            &[
                "add",
                "case",
                network.join("books").join(book).to_str().unwrap(),
            ],
        );
    }
    let found = json(directory.path(), &[]);
    let said: BTreeSet<BTreeSet<&str>> = found["matches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| texts(&pair["pair"]).into_iter().collect())
        .collect();
    let truth = fs_err::read_to_string(network.join("truth/matches.csv")).unwrap();
    let (mut mirrors, mut lawful) = (BTreeSet::new(), BTreeSet::new());
    for line in truth.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let pair: BTreeSet<&str> = fields[..2].iter().copied().collect();
        let at_hand = fields[..2].iter().all(|row| !row.contains("Herat"));
        if at_hand && fields[2] == "mirror" {
            mirrors.insert(pair);
        } else {
            lawful.insert(pair);
        }
    }
    let right = said.intersection(&mirrors).count();
    let wrong = said
        .difference(&mirrors)
        .filter(|pair| !lawful.contains(*pair))
        .count();
    println!("{right} of {} pairs, {wrong} wrong", mirrors.len());
    assert!(right * 100 >= mirrors.len() * 98 && wrong * 100 <= mirrors.len() * 2);
}

/// Rules of what the steps of a value trace rest on, and how many it has.
fn steps(directory: &Path, from: &str) -> (usize, BTreeSet<String>) {
    let out = done(
        directory,
        &[
            "trace", "case", "--from", from, "--layer", "value", "--json",
        ],
    );
    let document: Value = serde_json::from_str(&out).unwrap();
    let steps = document["traces"][0]["steps"].as_array().unwrap();
    let rules = steps
        .iter()
        .filter_map(|step| step["basis"]["rule"].as_str());
    (steps.len(), rules.map(str::to_owned).collect())
}

fn pairs(found: &Value) -> BTreeSet<Vec<&str>> {
    let matches = found["matches"].as_array().unwrap().iter();
    matches.map(|pair| texts(&pair["pair"])).collect()
}

fn decide(directory: &Path, verdict: &str, rows: [&str; 2]) {
    let because = ["--because", "the keeper said so"];
    let asked = ["reconcile", "case", verdict, rows[0], rows[1]];
    done(directory, &[&asked[..], &because].concat());
}

#[test]
fn what_a_person_rejects_is_matched_no_more_and_no_trace_crosses_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    let rows = ["a.csv!-!R2", "b.csv!-!R2"];
    let before = json(directory, &[]);
    let (n_steps, rules) = steps(directory, rows[0]);
    assert!(rules.contains("token-match@1"), "{rules:?}");
    let owed = |directory: &Path| done(directory, &["positions", "case", "--json"]);
    let positions = owed(directory);
    // The order of the two says nothing.
    decide(directory, "--reject", [rows[1], rows[0]]);
    let found = json(directory, &[]);
    assert!(!pairs(&found).contains(rows.as_slice()));
    assert_eq!(pairs(&found).len(), pairs(&before).len() - 1);
    let missing = found["discrepancies"].as_array().unwrap().iter();
    let missing: Vec<_> = missing
        .filter(|of| of["type"] == "missing_row")
        .map(|of| texts(&of["rows"]))
        .collect();
    assert!(
        rows.iter().all(|row| missing.contains(&vec![*row])),
        "{missing:?}"
    );
    let (n_less, rules) = steps(directory, rows[0]);
    assert!(n_less < n_steps && rules.is_empty(), "{n_less} {rules:?}");
    assert_ne!(owed(directory), positions, "they are two debts now");
    done(directory, &["verify", "case"]);
    decide(directory, "--reopen", rows);
    assert_eq!(json(directory, &[])["matches"], before["matches"]);
    assert_eq!(steps(directory, rows[0]).0, n_steps);
    assert_eq!(owed(directory), positions);
}

#[test]
fn what_a_person_accepts_is_carried_once_and_both_rows_are_cited() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    // The token has a slip of the pen: the index joins nothing by it.
    let rows = ["a.csv!-!R15", "b.csv!-!R15"];
    let (n_steps, rules) = steps(directory, rows[0]);
    assert!(rules.is_empty());
    decide(directory, "--accept", rows);
    let (n_more, rules) = steps(directory, rows[0]);
    assert!(
        n_more > n_steps && rules.contains("manual@1"),
        "{n_more} {rules:?}"
    );
    let left_out = [
        "trace",
        "case",
        "--from",
        rows[0],
        "--layer",
        "value",
        "--without",
        "manual",
        "--json",
    ];
    let document: Value = serde_json::from_str(&done(directory, &left_out)).unwrap();
    assert_eq!(
        document["traces"][0]["steps"].as_array().unwrap().len(),
        n_steps
    );
    let found = json(directory, &[]);
    let pair = found["matches"]
        .as_array()
        .unwrap()
        .iter()
        .find(|of| texts(&of["pair"]) == rows)
        .unwrap();
    assert_eq!(
        (&pair["status"], &pair["claim"]["basis"]),
        (&"accepted".into(), &"decision".into())
    );
    // One that no rule proposes, against one that was certain.
    let refused = run(
        directory,
        &[
            "reconcile",
            "case",
            "--accept",
            rows[0],
            "b.csv!-!R20",
            "--because",
            "x",
        ],
    );
    assert!(
        refused.code == 2 && refused.err.contains("accepted as one order"),
        "{}",
        refused.err
    );
    decide(directory, "--accept", ["a.csv!-!R20", "b.csv!-!R25"]);
    let crossed = json(directory, &[]);
    let found = pairs(&crossed);
    assert!(found.contains(&vec!["a.csv!-!R20", "b.csv!-!R25"]));
    let alone = found
        .iter()
        .filter(|pair| pair[0] == "a.csv!-!R20" || pair[1] == "b.csv!-!R25");
    assert_eq!(alone.count(), 1, "{found:?}");
    // Rows that state other sums are one order and no one movement.
    decide(directory, "--accept", ["a.csv!-!R14", "b.csv!-!R14"]);
    let ran = run(directory, &["trace", "case", "--from", "a.csv!-!R14"]);
    assert!(ran.err.contains("state other sums"), "{}", ran.err);
    done(directory, &["verify", "case"]);
    for (asked, says) in [
        (["a.csv!-!R2", "a.csv!-!R3"], "one keeper's"),
        (["a.csv!-!R2", "b.csv!-!R99"], "no order stands at"),
    ] {
        let ran = run(
            directory,
            &[
                "reconcile",
                "case",
                "--reject",
                asked[0],
                asked[1],
                "--because",
                "x",
            ],
        );
        assert!(ran.code == 2 && ran.err.contains(says), "{}", ran.err);
    }
    // A row that states another sum than then is not what was decided on.
    let path = directory.join("case/claims/0001-accept.json");
    let mut decision: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    decision["sent_sums"][0]["units"] = "1".into();
    fs_err::write(&path, decision.to_string()).unwrap();
    let ran = run(directory, &["trace", "case", "--from", rows[0]]);
    assert!(ran.err.contains("another sum than when"), "{}", ran.err);
    assert_eq!(steps(directory, rows[0]).0, n_steps);
}
