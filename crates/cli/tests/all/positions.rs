//! `positions` as a user runs it, on two books of a pair and one of a keeper who has few rows.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, new_case};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const HEADER: &str = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency,Balance\n";
/// Orders that Karim sends to Aziz.
const N: i64 = 30;

const fn amount(order: i64) -> i64 {
    100 + order * 7
}

/// Karim's account of Aziz: orders there, one back, a settlement of 900, and the balance of it all.
fn karim() -> (String, i64) {
    let (mut text, mut balance) = (HEADER.to_owned(), 0);
    for order in 0..N {
        balance += amount(order);
        let day = order % 28 + 1;
        writeln!(text, "2024-05-{day:02},K{order:04},send,Sender {order},Payee {order},Haji Aziz,{},,EUR,{balance}", amount(order)).unwrap();
    }
    balance -= 300;
    writeln!(
        text,
        "2024-05-29,A9001,receive,Back Sender,Back Payee,Haji Aziz,,300,EUR,{balance}"
    )
    .unwrap();
    balance -= 900;
    writeln!(
        text,
        "2024-06-10,,settlement,,,Haji Aziz,,900,EUR,{balance}"
    )
    .unwrap();
    (text, balance)
}

/// What Aziz has of it: order 17 lacks, the rest is there.
fn aziz() -> String {
    let mut text = HEADER.to_owned();
    for order in (0..N).filter(|&order| order != 17) {
        let day = order % 28 + 1;
        writeln!(
            text,
            "2024-05-{day:02},K{order:04},receive,Sender {order},Payee {order},Haji Karim,,{},EUR,",
            amount(order)
        )
        .unwrap();
    }
    text += "2024-05-29,A9001,send,Back Sender,Back Payee,Haji Karim,300,,EUR,\n";
    text += "2024-06-11,,settlement,,,Haji Karim,900,,EUR,\n";
    text += "2024-06-12,D1,deposit,Hasan Akbari,Karim Noori,,5000,,EUR,\n";
    text += "2024-06-20,D1,release,Karim Noori,Abu Ali,,,1500,EUR,\n";
    text
}

/// Too few rows to say which way a balance points.
const LONE: &str = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency,Balance\n\
    2024-05-02,L1,send,Somebody,Someone,Haji Aziz,70,,USD,70\n\
    2024-05-03,L2,send,Anybody,Anyone,Haji Aziz,80,,USD,150\n\
    2024-05-04,L3,send,Nobody,Noone,,10,,USD,160\n";

fn case(directory: &Path) -> i64 {
    new_case(directory);
    let (book, balance) = karim();
    let books = [
        ("karim", "Haji Karim", book),
        ("aziz", "Haji Aziz", aziz()),
        ("lone", "Haji Lone", LONE.to_owned()),
    ];
    for (name, owner, text) in books {
        fs_err::write(directory.join(format!("{name}.csv")), text).unwrap();
        fs_err::write(
            directory.join("p.toml"),
            format!("[book]\nowner = \"{owner}\"\n"),
        )
        .unwrap();
        let file = format!("{name}.csv");
        done(
            directory,
            &["add", "case", &file, "--profile", "p.toml", "--strict"],
        );
    }
    balance
}

fn json(directory: &Path, more: &[&str]) -> Value {
    let arguments: Vec<&str> = ["positions", "case", "--json"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    serde_json::from_str(&done(directory, &arguments)).unwrap()
}

/// The position of a pair, above zero if the first owes.
fn of<'a>(found: &'a Value, pair: [&str; 2], asset: &str) -> &'a Value {
    let all = found["positions"].as_array().unwrap();
    let is_it = |of: &&Value| of["pair"] == serde_json::json!(pair) && of["asset"] == asset;
    all.iter().find(is_it).unwrap()
}

fn units(value: &Value) -> i64 {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn orders_set_off_settlements_discharge_and_two_books_count_once() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let owed = case(directory);
    let found = json(directory, &[]);
    assert_eq!(found["schema"], "moneytrail-positions/1");
    let position = of(&found, ["haji karim", "haji aziz"], "EUR");
    assert_eq!(units(&position["units"]), owed * 100);
    let [by_karim, by_aziz] = [0, 1].map(|at| units(&position["by_book"][at]["units"]));
    assert_eq!((by_karim, by_aziz), (owed * 100, (owed - amount(17)) * 100));
    assert_eq!(units(&position["books_differ_by"]), amount(17) * 100);
    let steps = position["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 32, "thirty orders, one back, one settlement");
    let one_sided: Vec<&Value> = steps.iter().filter(|step| step["seen"] != "both").collect();
    assert_eq!(one_sided.len(), 1);
    assert_eq!(one_sided[0]["rows"], serde_json::json!(["karim.csv!-!R19"]));
    let last = steps.last().unwrap();
    assert_eq!(
        (&last["kind"], &last["day"]),
        (&"settlement".into(), &"2024-06-11".into())
    );
    assert_eq!(
        last["rows"],
        serde_json::json!(["aziz.csv!-!R32", "karim.csv!-!R33"])
    );
    assert_eq!(last["basis"], "inference settlement-pair@1");
}

#[test]
fn without_claims_every_row_counts() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let owed = case(directory);
    let found = json(directory, &["--no-claims"]);
    let position = of(&found, ["haji karim", "haji aziz"], "EUR");
    assert_eq!(units(&position["units"]), (2 * owed - amount(17)) * 100);
    let steps = position["steps"].as_array().unwrap();
    assert!(
        steps
            .iter()
            .all(|step| step["seen"] == "unmatched" && step["basis"] == "fact")
    );
}

#[test]
fn a_day_ends_what_counts() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    let found = json(directory, &["--as-of", "2024-05-02"]);
    let position = of(&found, ["haji karim", "haji aziz"], "EUR");
    // Orders 0, 1, 28 and 29 are of the first two days.
    let sum: i64 = [0, 1, 28, 29].into_iter().map(amount).sum();
    assert_eq!(units(&position["units"]), sum * 100);
    assert_eq!(found["depositors"], serde_json::json!([]));
}

#[test]
fn a_stated_balance_points_only_where_rows_tell() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let owed = case(directory);
    let found = json(directory, &[]);
    let stated = &of(&found, ["haji karim", "haji aziz"], "EUR")["stated"][0];
    assert_eq!(units(&stated["units"]), owed * 100);
    assert_eq!(stated["follows_units"], stated["units"]);
    assert_eq!(
        stated["direction"],
        serde_json::json!({ "debtor": "haji karim", "creditor": "haji aziz" })
    );
    let lone = of(&found, ["haji aziz", "haji lone"], "USD");
    assert_eq!(units(&lone["units"]), -15_000);
    assert_eq!(lone["stated"][0]["direction"], "unknown");
    let out = done(directory, &["positions", "case"]);
    assert!(out.contains("haji lone owes haji aziz 150.00 USD"), "{out}");
    assert!(out.contains("direction unknown"), "{out}");
    assert!(
        out.contains("1 orders or payments that name no other hawaladar"),
        "{out}"
    );
    for name in ["Sender", "Payee", "Akbari", "akbari"] {
        assert!(!out.contains(name), "{name}\n{out}");
    }
}

#[test]
fn what_is_held_for_depositors_is_theirs() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    let found = json(directory, &[]);
    let held = &found["depositors"][0];
    assert_eq!(
        (&held["keeper"], units(&held["units"])),
        (&"haji aziz".into(), 350_000)
    );
    let steps: Vec<i64> = held["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| units(&of["held"]))
        .collect();
    assert_eq!(steps, [500_000, 350_000]);
}

#[test]
fn a_rate_gives_a_worth_and_no_rate_none() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    assert_eq!(
        of(&json(directory, &[]), ["haji aziz", "haji lone"], "USD")["worth"],
        Value::Null
    );
    fs_err::write(
        directory.join("r.csv"),
        "date,asset,currency,rate,source\n2024-05-01,USD,EUR,0.9,ECB\n",
    )
    .unwrap();
    done(directory, &["rates", "case", "r.csv"]);
    let worth = of(&json(directory, &[]), ["haji aziz", "haji lone"], "USD")["worth"].clone();
    assert_eq!(
        (units(&worth["units"]), &worth["rate"], &worth["day"]),
        (-13_500, &"0.9".into(), &"2024-05-01".into())
    );
    let none = json(directory, &["--rate-days", "0"]);
    assert_eq!(
        of(&none, ["haji aziz", "haji lone"], "USD")["worth"],
        Value::Null
    );
}

#[test]
fn the_page_draws_each_course_once() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    done(directory, &["positions", "case", "-o", "a.html"]);
    done(
        directory,
        &["positions", "case", "-o", "b.html", "--threads", "1"],
    );
    let page = fs_err::read_to_string(directory.join("a.html")).unwrap();
    assert_eq!(
        page,
        fs_err::read_to_string(directory.join("b.html")).unwrap()
    );
    assert_eq!(
        page.matches("<path class=\"x\"").count(),
        3,
        "two pairs and the depositors"
    );
    assert!(page.contains("karim.csv!-!R19"));
    assert!(!page.contains("://") && !page.contains("<script"));
    assert!(!page.contains("Akbari") && !page.contains("Payee"));
}

#[test]
fn a_case_without_books_owes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    let out = done(directory.path(), &["positions", "case"]);
    assert!(
        out.contains("no row of a book makes anybody owe anything"),
        "{out}"
    );
}
