//! What rests where, as a user asks it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, fixtures, new_case, run};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

const FROM: &str = "TSsVpZAxp7RyaUwcbsGT5udeCiv52m7n9a";
const BETWEEN: &str = "THmB5LPbtTb9CJHQLEcQG8v2nQCdP48nXs";
const SERVICE: &str = "TMqKbigPrMpHRfe48S5tpEHXrvbfvWeqYq";
const OWN: &str = "TABkq5kg7NiPiceaob8JkiacWHBGVxQ6ha";
const USDT: &str = "tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";

/// A hundred go to an account that has fifty of others, passes sixty to a service and thirty to an address.
fn case(at: &Path) {
    new_case(at);
    let mut list = String::from("source,target,time,amount,asset\n");
    for (source, target, day, amount) in [
        ("TFHfSPc9riot2C5hKEzsf6TP7DGS4eorsn", BETWEEN, 1, 50),
        (FROM, BETWEEN, 2, 100),
        (BETWEEN, SERVICE, 3, 60),
        (BETWEEN, OWN, 4, 30),
        (OWN, "TUnkA41XAfJyr1pt7tfavvQXQHaAkZi9kH", 6, 5),
    ] {
        writeln!(
            list,
            "{source},{target},2024-05-0{day}T12:00:00Z,{amount}.000000,{USDT}"
        )
        .unwrap();
    }
    fs_err::write(at.join("list.csv"), list).unwrap();
    fs_err::write(
        at.join("tags.csv"),
        format!(
            "account,label,category,source,confidence\n{SERVICE},Lapis 3,exchange,its answer,50\n"
        ),
    )
    .unwrap();
    fs_err::write(
        at.join("actors.yaml"),
        "title: actors\nactors:\n  - id: lapis\n    label: Lapis\n    uri: https://lapis.example\n    jurisdictions: [MT]\n    context: desk@lapis.example\n",
    )
    .unwrap();
    fs_err::write(
        at.join("freezes.csv"),
        format!("account,asset,state,time,source\n{OWN},USDT,frozen,2024-05-05,its issuer\n{OWN},USDT,unfrozen,2024-05-09,its issuer\nnobody,USDT,frozen,,me\n"),
    )
    .unwrap();
    fs_err::write(
        at.join("rates.csv"),
        "date,asset,currency,rate,source\n2024-05-03,USDT,EUR,0.93,bank\n",
    )
    .unwrap();
    let refused = run(at, &["tag", "case", "freezes.csv"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.out.contains("2 freezes and releases, taken in"),
        "{}",
        refused.out
    );
    assert!(
        refused
            .out
            .contains("line 4 quarantined: `nobody` is no account"),
        "{}",
        refused.out
    );
    done(
        at,
        &[
            "add",
            "case",
            "list.csv",
            "tags.csv",
            "actors.yaml",
            "rates.csv",
        ],
    );
}

fn asked(at: &Path, options: &[&str]) -> Value {
    let told = done(at, &[&["resting", "case", "--json"], options].concat());
    serde_json::from_str(&told).unwrap()
}

/// Units of a total, 0 if there is none.
fn total(found: &Value, section: &str) -> i128 {
    let sums = found["totals"][section].as_array().unwrap();
    let units = |sum: &Value| sum["units"].as_str().unwrap().parse::<i128>().unwrap();
    sums.iter().map(units).sum()
}

const SECTIONS: [&str; 5] = [
    "held-for-others",
    "service",
    "in-hands",
    "nobody-to-serve",
    "paid-out",
];

#[test]
fn all_that_was_followed_rests_somewhere_or_is_accounted_for() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    case(at);
    for policy in ["fifo", "lifo", "haircut", "libr", "traced-first"] {
        for as_of in ["2024-05-02", "2024-05-03", "2024-05-31"] {
            let found = asked(at, &["--from", FROM, "--policy", policy, "--as-of", as_of]);
            let rest: i128 = SECTIONS.iter().map(|section| total(&found, section)).sum();
            let gone = found["gone"].as_array().unwrap().iter();
            let gone: i128 = gone
                .map(|gone| {
                    gone["amount"]["units"]
                        .as_str()
                        .unwrap()
                        .parse::<i128>()
                        .unwrap()
                })
                .sum();
            assert_eq!(rest + gone, 100_000_000, "{policy} {as_of}\n{found}");
        }
    }
}

#[test]
fn it_says_where_frozen_or_not_and_whom_to_serve() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    case(at);
    let options = ["--from", FROM, "--policy", "lifo", "--as-of", "2024-05-05"];
    let found = asked(at, &options);
    assert_eq!(found["schema"], "moneytrail-resting/1");
    let places = found["places"].as_array().unwrap();
    let of = |account: &str| {
        places
            .iter()
            .find(|place| place["account"] == account)
            .unwrap()
    };
    let service = of(SERVICE);
    assert_eq!(service["section"], "service");
    assert_eq!(service["amount"]["units"], "60000000");
    assert_eq!(service["tag"]["source"], "its answer");
    assert_eq!(service["actor"]["jurisdictions"][0], "MT");
    assert_eq!(service["since"], "2024-05-03 12:00:00");
    assert_eq!(service["arrived_by"]["locator"], "list.csv!-!R4");
    assert_eq!(service["worth"]["amount"]["units"], "5580");
    assert_eq!(service["frozen"], Value::Null);
    let own = of(OWN);
    assert_eq!(own["section"], "nobody-to-serve");
    assert_eq!(own["amount"]["units"], "30000000");
    assert_eq!(own["frozen"], true);
    assert_eq!(own["freezes"][0]["source"], "its issuer");
    assert_eq!(own["worth"]["amount"], Value::Null, "no rate of the day");
    assert_eq!(total(&found, "frozen"), 30_000_000);
    assert_eq!(total(&found, "nobody-to-serve"), 40_000_000);
    // What was released since is free, and what moved on is not there.
    let later = asked(at, &["--from", FROM, "--policy", "lifo"]);
    assert_eq!(total(&later, "frozen"), 0);
    let told = done(
        at,
        &[
            "resting",
            "case",
            "--from",
            FROM,
            "--policy",
            "lifo",
            "--as-of",
            "2024-05-05",
        ],
    );
    let told = told.replace(['\u{202f}', '\u{a0}', '\u{2009}'], " ");
    for line in [
        "at services, which can be served:",
        "serve: Lapis: ask whose account was credited, and that it be held; law of MT; at https://lapis.example; desk@lapis.example",
        "frozen 2024-05-05 UTC: its issuer says so [assertion]",
        "not known to be frozen; Tether, who issues it, can freeze it there",
        "frozen by an issuer, of these: 30.000000 USDT",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    // Without a seed it is the question of the last stored run.
    let again = asked(at, &[]);
    assert_eq!(again["places"], found["places"]);
    assert!(again["of_run"].as_str().unwrap().ends_with("-resting"));
    done(at, &["verify", "case"]);
    let refused = run(
        at,
        &["resting", "case", "--from", FROM, "--policy", "poison"],
    );
    assert_eq!(refused.code, 2, "{}", refused.err);
}

#[test]
fn what_is_held_for_others_stands_apart() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    done(at, &["demo", "sample"]);
    let told = done(at, &["resting", "sample/case", "--json"]);
    let found: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(found["of_run"], "0001-report");
    assert_eq!(total(&found, "held-for-others"), 100_000);
    assert_eq!(total(&found, "paid-out"), 640_000);
    let place = &found["places"][0];
    assert_eq!(place["section"], "held-for-others");
    assert_eq!(place["arrived_by"]["locator"], "book-a.xlsx!Sheet1!R12");
    // Nobody said why names should be read.
    let paid = &found["places"][1];
    assert_eq!(paid["party"], "Person P-01");
    assert_eq!(paid["account"], Value::Null);
}

/// Two books, of which one pays out by the other's token; a second order of the first is not in the other.
fn books(at: &Path) {
    new_case(at);
    let aman = "2024-05-04,K1,send,One,Payee One,Haji Yusuf,5000,,USD\n\
        2024-05-05,K2,send,Two,Payee Two,Haji Yusuf,4000,,USD\n";
    let yusuf = "2024-05-06,K1,receive,One,Payee One,Haji Aman,,4900,USD\n";
    for (owner, lines) in [("Aman", aman), ("Yusuf", yusuf)] {
        let (book, profile) = (format!("{owner}.csv"), format!("{owner}.toml"));
        let header = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency\n";
        fs_err::write(at.join(&book), format!("{header}{lines}")).unwrap();
        let said = format!("[book]\nowner = \"Haji {owner}\"\n");
        fs_err::write(at.join(&profile), said).unwrap();
        done(at, &["add", "case", &book, "--profile", &profile]);
    }
}

/// Section of each place and the rules that it may rest on.
fn grounds(found: &Value) -> Vec<(String, Value)> {
    let places = found["places"].as_array().unwrap().iter();
    places
        .map(|place| {
            let section = place["section"].as_str().unwrap().to_owned();
            (section, place["rests_on"].clone())
        })
        .collect()
}

#[test]
fn what_came_by_an_inference_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    books(at);
    let joined = ["--from", "Aman.csv!-!R2", "--layer", "value"];
    let pending = ("held-for-others".to_owned(), json!([]));
    for policy in ["fifo", "haircut", "all"] {
        let found = asked(at, &[&joined[..], &["--policy", policy]].concat());
        // The due stands in both rows, which the rule holds to be one.
        let both = ["held-for-others", "paid-out"];
        let both = both.map(|section| (section.to_owned(), json!(["token-match@1"])));
        assert_eq!(grounds(&found), both, "{policy}");
    }
    let told = done(at, &[&["resting", "case"], &joined[..]].concat());
    let told = told.replace(['\u{202f}', '\u{a0}', '\u{2009}'], " ");
    for line in [
        "  100.00 USD  orders pending at Haji Yusuf  [inference: token-match@1]\n",
        "  4 900.00 USD  Person P-01  [inference: token-match@1]\n",
        "  held for others, apart: 100.00 USD  [inference: token-match@1]\n",
        "  paid out to people: 4 900.00 USD  [inference: token-match@1]\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    // The order beside it is in one book only.
    let alone = asked(at, &["--from", "Aman.csv!-!R3", "--layer", "value"]);
    assert_eq!(grounds(&alone), [pending]);
}

#[test]
fn what_a_chain_says_is_not_marked() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let export = fixtures().join("exports/bitcoin-etl.json");
    done(at, &["add", "case", export.to_str().unwrap()]);
    let from = ["--from", "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"];
    let unserved = ("nobody-to-serve".to_owned(), json!([]));
    assert_eq!(grounds(&asked(at, &from)), vec![unserved; 2]);
    let told = done(at, &[&["resting", "case"], &from[..]].concat());
    assert!(!told.contains("[inference"), "{told}");
}

/// Barlow Clowes: A pays in 1000, 600 go out, B pays in 2000; of the 2400 that rest A has 800 and B 1600.
#[test]
fn what_rests_is_shared_out_by_what_each_paid_in() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    let list = "source,target,time,amount\n\
                A,pool,2024-05-01T12:00:00Z,1000.00\n\
                pool,out,2024-05-02T12:00:00Z,600.00\n\
                B,pool,2024-05-03T12:00:00Z,2000.00\n";
    fs_err::write(root.join("list.csv"), list).unwrap();
    done(root, &["add", "case", "list.csv"]);
    let units = |money: &Value| money["units"].as_str().unwrap().to_owned();
    let asked = [
        "--json",
        "resting",
        "case",
        "--from",
        "A",
        "--share",
        "pari-passu",
    ];
    let shared = |more: &[&str]| {
        let told = done(root, &[&asked[..], more].concat());
        let told: Value = serde_json::from_str(&told).unwrap();
        let places = told["places"].as_array().unwrap().clone();
        let pool = places
            .into_iter()
            .find(|place| place["party"] == "pool")
            .unwrap();
        let shared = pool["shared"].clone();
        assert_eq!(shared["rule"], "pari-passu");
        let of = |one: &Value| {
            let party = one["party"].as_str().unwrap().to_owned();
            (party, units(&one["paid_in"]), units(&one["share"]))
        };
        let all = shared["contributors"].as_array().unwrap().iter().map(of);
        (units(&shared["rests"]), all.collect::<Vec<_>>())
    };
    let of = |who: &str, paid_in: &str, share: &str| {
        (who.to_owned(), paid_in.to_owned(), share.to_owned())
    };
    assert_eq!(
        shared(&[]),
        (
            "240000".to_owned(),
            vec![of("A", "100000", "80000"), of("B", "200000", "160000")]
        )
    );
    // Before B paid, all that rested was A's.
    assert_eq!(
        shared(&["--as-of", "2024-05-02"]),
        ("40000".to_owned(), vec![of("A", "100000", "40000")])
    );
    let told = done(root, &asked[1..]);
    assert!(
        told.contains("800.00 of 1\u{202f}000.00 unit paid in: A"),
        "{told}"
    );
    // Beside the policies, of the seed alone.
    for (who, by_fifo, share) in [("A", "40000", "80000"), ("B", "200000", "160000")] {
        let told = done(
            root,
            &["--json", "trace", "case", "--from", who, "--policy", "all"],
        );
        let told: Value = serde_json::from_str(&told).unwrap();
        let view = &told["traces"][0];
        assert_eq!(
            view["policies"].as_array().unwrap().last().unwrap(),
            "pari-passu"
        );
        let points = view["end_points"][0]["points"].as_array().unwrap();
        let pool = points
            .iter()
            .find(|point| point["party"]["account"] == "name:pool");
        let figures = pool.unwrap()["figures"].as_array().unwrap();
        let figure = |policy: &str| {
            let found = figures.iter().find(|figure| figure["policy"] == policy);
            units(&found.unwrap()["latest"])
        };
        assert_eq!(figure("fifo"), by_fifo);
        assert_eq!(figure("pari-passu"), share);
    }
    let alone = run(
        root,
        &["trace", "case", "--from", "A", "--policy", "pari-passu"],
    );
    assert_eq!(alone.code, 2);
    assert!(alone.err.contains("--share pari-passu"), "{}", alone.err);
}
