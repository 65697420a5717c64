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
/// four a day.
fn case(directory: &Path) {
    let mut transfers: Vec<Value> = (0_u8..120)
        .map(|nth| {
            let sum = u64::from(nth % 5 + 1) * 1_000;
            transfer(
                1_000 + u64::from(nth),
                50 + nth % 100,
                150 + nth % 100,
                sum,
                u64::from(nth / 4),
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
        "inference crypto-mirror@2"
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
            .all(|of| of["p"].as_f64().unwrap() >= 0.01 && of["is_told"] == json!(true))
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

/// Aman owes Yusuf by three orders of his book, and pays from his wallet to Yusuf's what no book says; strangers pay each other.
#[test]
fn a_net_that_no_book_says_was_paid_is_found_on_the_chain() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut transfers: Vec<Value> = (0_u8..150)
        .map(|nth| {
            let sum = 311 + u64::from(nth) * 97;
            let (id, day) = (1_000 + u64::from(nth), u64::from(nth / 4));
            transfer(id, 10 + nth % 50, 150 + nth % 100, sum, day)
        })
        .collect();
    transfers.push(transfer(1, 1, 2, 8_417, 12));
    let page = json!({ "data": transfers, "success": true, "meta": {} });
    fs_err::write(directory.join("chain.json"), page.to_string()).unwrap();
    let header = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency\n";
    let orders = "2024-05-03,K1,send,One,Payee One,Haji Yusuf,5000,,USD\n2024-05-05,K2,send,Two,Payee Two,Haji Yusuf,1417,,USD\n\
        2024-05-08,K3,send,Three,Payee Three,Haji Yusuf,2000,,USD\n";
    let other = "2024-05-03,K9,receive,Nine,Payee Nine,Haji Omar,,700,USD\n2024-05-19,K8,receive,Eight,Payee Eight,Haji Omar,,900,USD\n";
    new_case(directory);
    for (owner, lines) in [("Aman", orders), ("Yusuf", other)] {
        let (book, profile) = (format!("{owner}.csv"), format!("{owner}.toml"));
        fs_err::write(directory.join(&book), format!("{header}{lines}")).unwrap();
        let text = format!("[book]\nowner = \"Haji {owner}\"\n");
        fs_err::write(directory.join(&profile), text).unwrap();
        done(directory, &["add", "case", &book, "--profile", &profile]);
    }
    done(directory, &["add", "case", "chain.json"]);
    assert_eq!(mirrored(directory, &[])["positions"]["nets"], json!([]));
    let wallets = format!(
        "account,label,category,source,confidence\n{},Haji Aman,hawala,telephone,70\n{},Haji Yusuf,hawala,telephone,70\n",
        wallet(1),
        wallet(2)
    );
    fs_err::write(directory.join("wallets.csv"), wallets).unwrap();
    done(directory, &["tag", "case", "wallets.csv"]);
    let found = &mirrored(directory, &[])["positions"];
    let net = &found["nets"][0];
    assert_eq!(net["state"], "claimed", "{found}");
    assert_eq!(net["owed"], "8417.000000");
    assert_eq!(net["txs"], json!([format!("{:064x}", 1)]));
    assert_eq!(
        net["orders"],
        json!(["Aman.csv!-!R2", "Aman.csv!-!R3", "Aman.csv!-!R4"])
    );
    assert_eq!(net["claim"]["basis"], "inference net-mirror@1");
    let said = done(directory, &["mirror", "case"]);
    assert!(
        said.contains("1 nets by net-mirror@1") && said.contains("refuted by"),
        "{said}"
    );
    assert!(done(directory, &["mirror", "case", "--lines"]).is_empty());
}
