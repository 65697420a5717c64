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

/// A book of eighteen months: a way on which ten times as much goes from the tenth month on, one dear order among alike ones, deposits that
/// are released in parts to one payee, and a slip.
fn case_with_a_book(directory: &Path) {
    new_case(directory);
    let mut text = String::from(
        "day,token,kind,partner,from_name,to_name,origin,town,paid,out,curr,fee,note\n",
    );
    let mut row = |date: &str, fields: &str| writeln!(text, "{date},{fields}").unwrap();
    for month in 0..18 {
        let (year, of_year) = (2023 + month / 12, month % 12 + 1);
        let whole = if month < 10 { 100 } else { 1_000 };
        for day in [5, 15] {
            row(
                &format!("{year}-{of_year:02}-{day:02}"),
                &format!(
                    "A{month}{day},send,Haji Far,Omid Rad,Sami Rad,Wien,Kabul,{whole},{whole},EUR,,"
                ),
            );
        }
    }
    for nth in 0..24 {
        let paid = if nth == 7 { 1_100 } else { 1_010 };
        row(
            "2023-03-10",
            &format!("B{nth},send,Haji Far,Payer {nth},Friend {nth},Graz,Herat,{paid},1000,EUR,,"),
        );
    }
    for nth in 0..8 {
        let day = 1 + nth * 3;
        row(
            &format!("2024-05-{day:02}"),
            &format!("K{nth}9,deposit,,Guest {nth}{nth},,,,2400,,EUR,,"),
        );
        for part in 0..2 {
            let day = day + part + 1;
            row(
                &format!("2024-05-{day:02}"),
                &format!("K{nth}9,release,,Guest {nth}{nth},Abu Route,,,,1200,EUR,,"),
            );
        }
    }
    fs_err::write(directory.join("book.csv"), text).unwrap();
    let profile = "[book]\nowner = \"Haji Near\"\n[columns]\nday = \"date\"\ntoken = \"token\"\nkind = \"type\"\npartner = \"counterpart\"\n\
                   from_name = \"sender\"\nto_name = \"beneficiary\"\norigin = \"place_from\"\ntown = \"place_to\"\npaid = \"amount_in\"\n\
                   out = \"amount_out\"\ncurr = \"currency\"\nfee = \"commission\"\nnote = \"note\"\n";
    fs_err::write(directory.join("book.toml"), profile).unwrap();
    done(
        directory,
        &[
            "add",
            "case",
            "book.csv",
            "--profile",
            "book.toml",
            "--strict",
        ],
    );
}

fn rule<'a>(json: &'a Value, name: &str) -> &'a Value {
    let rules = json["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == name).unwrap()
}

#[test]
fn books_are_asked_for_ways_prices_and_fees() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_book(directory);
    let books = [
        "corridor",
        "commission-outlier",
        "migrant-fee",
        "escrow-release",
        "token-match",
    ];
    let mut asked = vec!["patterns", "case", "--json", "--shuffles", "5"];
    asked.extend(books.iter().flat_map(|rule| ["--rule", rule]));
    let told = done(directory, &asked);
    let json: Value = serde_json::from_str(&told).unwrap();

    let corridor = rule(&json, "corridor@1");
    let second = &corridor["listed"][1];
    assert_eq!(
        (&second["rank"], &second["from"], &second["to"]),
        (&2.into(), &"wien".into(), &"kabul".into())
    );
    let change = &corridor["findings"][0];
    assert_eq!(change["why"][0]["value"], "2023-11");
    assert_eq!(change["transfers"].as_array().unwrap().len(), 36);

    let price = rule(&json, "commission-outlier@1");
    assert_eq!(price["findings"].as_array().unwrap().len(), 1);
    assert_eq!(
        price["findings"][0]["transfers"][0]["record"],
        "X1 book.csv!-!R45"
    );
    assert_eq!(price["findings"][0]["why"][0]["value"], "8.91 %");
    assert!(price["by_chance"]["p"].is_number());

    let fee = rule(&json, "migrant-fee@1");
    let finding = &fee["findings"][0];
    assert_eq!(
        finding["accounts"][0], "person P-02",
        "no customer is named"
    );
    assert_eq!(finding["why"][0]["value"], "8");
    // The eighth payer is there with the fifteenth release; the sixteenth makes it no stronger.
    assert_eq!(finding["why"][3]["value"], "15");
    assert_eq!(finding["transfers"].as_array().unwrap().len(), 15);
    assert!(fee["innocent"].as_array().unwrap().len() >= 4 && fee["refuted_by"].is_string());

    assert_eq!(
        rule(&json, "escrow-release@2")["findings"]
            .as_array()
            .unwrap()
            .len(),
        8
    );
    assert_eq!(
        rule(&json, "escrow-release@2")["details"],
        "moneytrail escrow case"
    );
    assert_eq!(
        rule(&json, "token-match@1")["not_asked"],
        "the case has fewer than two books with a keeper"
    );
    // The table of fees is the user's to replace: no band has 1,200 now; and who is known to be a shop is none.
    for table in [
        "bands = [{ route = \"A\", from = 5000, to = 6000, as_of = \"2019\" }]",
        "known = [\"Abu Route\"]",
    ] {
        fs_err::write(
            directory.join("fees.toml"),
            format!("[migrant-fee]\n{table}\n"),
        )
        .unwrap();
        let told = done(
            directory,
            &[
                "patterns",
                "case",
                "--json",
                "--rule",
                "migrant-fee",
                "--parameters",
                "fees.toml",
            ],
        );
        let json: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(
            rule(&json, "migrant-fee@1")["findings"],
            Value::Array(Vec::new()),
            "{table}"
        );
    }
    let threads: Vec<&str> = asked.iter().copied().chain(["--threads", "1"]).collect();
    assert_eq!(done(directory, &threads), told);
}

#[test]
fn what_a_decision_corrected_is_told_as_no_fact() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    let text = crate::repairs::paid_in_by(|number| format!("Guest {number}{number}"));
    fs_err::write(directory.join("Haji Test.csv"), text).unwrap();
    done(directory, &["add", "case", "Haji Test.csv"]);
    let asked = [
        "patterns",
        "case",
        "--json",
        "--shuffles",
        "0",
        "--rule",
        "fan-in",
        "--rule",
        "balance-break",
    ];
    let json: Value = serde_json::from_str(&done(directory, &asked)).unwrap();
    let broken = &rule(&json, "balance-break@1")["findings"];
    assert_eq!(broken.as_array().unwrap().len(), 1);
    assert_eq!(
        broken[0]["transfers"][0]["record"],
        "X1 Haji Test.csv!-!R5C5"
    );
    let bases = |json: &Value| -> Vec<(String, String)> {
        let transfers = rule(json, "fan-in@1")["findings"][0]["transfers"]
            .as_array()
            .unwrap();
        let of = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        transfers
            .iter()
            .map(|one| (of(one, "basis"), of(one, "corrected")))
            .collect()
    };
    assert!(bases(&json).iter().all(|of| of.0 == "fact"));
    let listed: Value =
        serde_json::from_str(&done(directory, &["repairs", "case", "--json"])).unwrap();
    let id = listed["repairs"][0]["id"].as_str().unwrap();
    done(
        directory,
        &[
            "repairs",
            "case",
            "--accept",
            id,
            "--because",
            "the carbon copy says 590",
        ],
    );
    let json: Value = serde_json::from_str(&done(directory, &asked)).unwrap();
    assert_eq!(
        rule(&json, "balance-break@1")["findings"],
        Value::Array(Vec::new())
    );
    let corrected: Vec<(String, String)> = bases(&json)
        .into_iter()
        .filter(|of| of.0 != "fact")
        .collect();
    assert_eq!(
        corrected,
        [(
            "inference balance-repair@1".to_owned(),
            "Haji Test.csv!-!R5C5".to_owned()
        )]
    );
}
