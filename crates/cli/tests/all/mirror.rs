//! `mirror` as a user runs it: two small books and a page of a chain.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, new_case, run};
use moneytrail_model::AccountKey;
use serde_json::{Value, json};
use std::path::Path;

const HEADER: &str = "Date,Type,Counterpart,In,Out,Currency,Note\n";
/// 2024-05-01.
const FIRST_SECOND: u64 = 1_714_521_600;

fn wallet(number: u8) -> String {
    AccountKey::Tron([number; 20]).to_string()
}

fn transfer(id: u64, from: u8, to: u8, dollars: u64, day: u64) -> Value {
    json!({
        "transaction_id": format!("{id:064x}"), "type": "Transfer", "from": wallet(from), "to": wallet(to),
        "token_info": { "symbol": "USDT", "address": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "decimals": 6, "name": "Tether USD" },
        "block_timestamp": (FIRST_SECOND + day * 86_400 + 54_000) * 1_000, "value": (dollars * 1_000_000).to_string(),
    })
}

/// Aman pays Yusuf an odd sum, from which the chain keeps two dollars, a round one, and one in cash. Strangers pay each other round sums,
/// three a day.
fn case(directory: &Path) {
    let mut transfers: Vec<Value> = (0_u8..90)
        .map(|nth| {
            let sum = u64::from(nth % 5 + 1) * 1_000;
            transfer(
                1_000 + u64::from(nth),
                50 + nth,
                150 + nth,
                sum,
                u64::from(nth / 3),
            )
        })
        .collect();
    transfers.push(transfer(1, 1, 2, 7_411, 9));
    transfers.push(transfer(2, 1, 2, 3_000, 20));
    let page = json!({ "data": transfers, "success": true, "meta": {} });
    fs_err::write(directory.join("chain.json"), page.to_string()).unwrap();
    let rows = [
        ("10", 7_413, "USDT"),
        ("21", 3_000, "USDT"),
        ("25", 2_000, "cash"),
    ];
    let book = |owner: &str, row: &dyn Fn(&str, u32, &str) -> String| {
        let lines: String = rows
            .iter()
            .map(|(day, sum, note)| row(day, *sum, note))
            .collect();
        fs_err::write(
            directory.join(format!("{owner}.csv")),
            format!("{HEADER}{lines}"),
        )
        .unwrap();
        let profile = format!("[book]\nowner = \"Haji {owner}\"\n");
        fs_err::write(directory.join(format!("{owner}.toml")), profile).unwrap();
    };
    book("Aman", &|day, sum, note| {
        format!("2024-05-{day},settlement,Haji Yusuf,,{sum},USD,{note}\n")
    });
    book("Yusuf", &|day, sum, note| {
        format!("2024-05-{day},settlement,Haji Aman,{sum},,USD,{note}\n")
    });
    new_case(directory);
    for owner in ["Aman", "Yusuf"] {
        let (book, profile) = (format!("{owner}.csv"), format!("{owner}.toml"));
        done(directory, &["add", "case", &book, "--profile", &profile]);
    }
    done(directory, &["add", "case", "chain.json"]);
}

fn mirrored(directory: &Path, more: &[&str]) -> Value {
    let out = done(directory, &[&["mirror", "case", "--json"], more].concat());
    serde_json::from_str(&out).unwrap()
}

fn txs(found: &Value) -> Vec<(Value, Value)> {
    let mirrors = found["mirrors"].as_array().unwrap().iter();
    mirrors
        .map(|of| (of["txs"].clone(), of["rows"].clone()))
        .collect()
}

#[test]
fn a_round_sum_needs_wallets_and_an_odd_one_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory);
    let odd = (
        json!([format!("{:064x}", 1)]),
        json!(["Aman.csv!-!R2", "Yusuf.csv!-!R2"]),
    );
    let round = (
        json!([format!("{:064x}", 2)]),
        json!(["Aman.csv!-!R3", "Yusuf.csv!-!R3"]),
    );
    let found = mirrored(directory, &[]);
    assert_eq!(txs(&found), std::slice::from_ref(&odd));
    assert_eq!(
        found["mirrors"][0]["claim"]["basis"],
        "inference crypto-mirror@1"
    );
    assert_eq!(
        found["mirrors"][0]["by_line"][0]["book_less_chain"],
        "2.000000"
    );
    assert!(
        found["competing"]
            .as_array()
            .unwrap()
            .iter()
            .all(|of| of["p"].as_f64().unwrap() >= 0.01)
    );
    let wallets = format!(
        "account,label,category,source,confidence\n{},Haji Aman,hawala,telephone,70\n{},Haji Yusuf,hawala,telephone,70\n",
        wallet(1),
        wallet(2)
    );
    fs_err::write(directory.join("wallets.csv"), wallets).unwrap();
    done(directory, &["tag", "case", "wallets.csv"]);
    assert_eq!(txs(&mirrored(directory, &[])), [odd, round]);
    let lines = done(directory, &["mirror", "case", "--lines"]);
    let rows: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["rows"], json!(["Aman.csv!-!R2", "Yusuf.csv!-!R2"]));
    // The chain keeps two of 7,413: with equal sums alone the odd one is none.
    let found = mirrored(directory, &["--value-percent", "0"]);
    assert_eq!(txs(&found).len(), 1);
    let threads = |n| done(directory, &["mirror", "case", "--json", "--threads", n]);
    assert_eq!(threads("1"), threads("4"));
}

#[test]
fn a_case_without_a_book_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    let ran = run(directory.path(), &["mirror", "case"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("no book with a keeper"), "{}", ran.err);
}
