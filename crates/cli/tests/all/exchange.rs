//! A trace from a chain into an account at an exchange and out of it, as a user runs it.

use crate::common::{done, fixtures, new_case, run};

#[test]
fn a_trace_crosses_from_the_chain_into_the_account_and_out_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    fs_err::write(
        directory.join("user.toml"),
        "[book]\nowner = \"35698871\"\n",
    )
    .unwrap();
    let file = |name: &str| fixtures().join(name).display().to_string();
    done(
        directory,
        &["add", "case", &file("tron/trongrid-trc20.json")],
    );
    done(
        directory,
        &[
            "add",
            "case",
            &file("exchange/binance-deposits.csv"),
            &file("exchange/binance-withdrawals.csv"),
            "--profile",
            "user.toml",
        ],
    );
    done(
        directory,
        &["add", "case", &file("exchange/binance-statement.csv")],
    );
    let told = done(
        directory,
        &[
            "trace",
            "case",
            "--from",
            "TRaC8Lo3mDyUQUSzQST7mtLTS9hBsoA9WT",
        ],
    );
    // Thousands are set apart by a space that does not break.
    let told = told.replace(['\u{202f}', '\u{a0}', '\u{2009}'], " ");
    for step in [
        "account 1 -> account 2  1 000.000000 USDT",
        "Binance -> Binance 35698871  1 000.00000000 USDT  [inference",
        "Binance 35698871 -> Binance  600.00000000 USDT",
        "Binance -> Binance 35698871  0.01600000 BTC  [inference",
        "Binance 35698871 -> Binance  0.01460000 BTC",
        "Binance -> account 3  0.01460000 BTC",
    ] {
        assert!(told.contains(step), "{step}\n{told}");
    }
    // What the exchange says of chains that are not here is listed, and whole in the JSON.
    let asked = [
        "trace",
        "case",
        "--from",
        "TRaC8Lo3mDyUQUSzQST7mtLTS9hBsoA9WT",
        "--json",
    ];
    let ran = run(directory, &asked);
    let note = "note: 2 rows name a transaction that no exhibit describes: X2 binance-deposits.csv!-!R3, X3 binance-withdrawals.csv!-!R4";
    assert!(ran.err.contains(note), "{}", ran.err);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let unjoined = json["limits"]["unjoined"].as_array().unwrap();
    assert_eq!(unjoined.len(), 2);
    assert_eq!(unjoined[1]["txid"], format!("{:0>64}", "a1"));
    // The statement has the same deposit and withdrawal: they stand once.
    let (told, _) = told.split_once("what rests on which inference").unwrap();
    assert_eq!(told.matches("BTC\n").count(), 4, "{told}");
    assert!(!told.contains("outside Binance"), "{told}");
}
