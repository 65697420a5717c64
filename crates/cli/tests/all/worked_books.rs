//! The hawala examples of the tracing reference as books: taken in, traced and read off the document.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::done;
use serde_json::Value;
use std::path::Path;

/// Cash comes in and goes out in columns of their own; one row holds both legs of an order.
const BOOK_A: &str = "\
Date,Token,Type,Sender,Beneficiary,Counterpart,In,Out,Amount to pay,Currency
2024-05-01,101,send,S1,R1,B,1000,,980,EUR
2024-05-02,102,send,S2,R2,B,2000,,1960,EUR
2024-05-05,,expense,,shop,,,30,,EUR
2024-05-06,,settlement,,,B,,2940,,EUR
";

const BOOK_B: &str = "\
Date,Token,Type,Sender,Beneficiary,Counterpart,In,Out,Amount to pay,Currency
2024-05-03,102,receive,S2,R2,A,,1960,1960,EUR
2024-05-04,101,receive,S1,R1,A,,980,980,EUR
";

const BOOK_H: &str = "\
Date,Code,Type,Sender,Beneficiary,In,Out,Currency
2024-05-01,K7,deposit,D,,5000,,EUR
2024-05-02,,in,C,,5000,,EUR
2024-05-03,K7,release,,N,,1500,EUR
2024-05-04,K7,release,,N,,1500,EUR
2024-05-05,K7,release,,N,,1900,EUR
2024-05-06,,out,,Z,,600,EUR
";

const POLICIES: [&str; 3] = ["fifo", "lifo", "haircut"];

/// A case of these books, each with its keeper.
fn case_of(directory: &Path, books: &[(&str, &str, &str)]) {
    crate::common::new_case(directory);
    for (file, owner, text) in books {
        let profile = format!("{owner}.toml");
        fs_err::write(directory.join(file), text).unwrap();
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

/// The view of one trace, with names shown.
fn traced(directory: &Path, seed: &str, policy: &str, layer: &str) -> Value {
    let out = done(
        directory,
        &[
            "trace",
            "case",
            "--from",
            seed,
            "--policy",
            policy,
            "--layer",
            layer,
            "--json",
            "--operator",
            "tester",
            "--purpose",
            "test",
        ],
    );
    let document: Value = serde_json::from_str(&out).unwrap();
    document["traces"][0].clone()
}

/// Whole euros.
fn euros(money: &Value) -> u64 {
    let cents: u64 = money["units"].as_str().unwrap().parse().unwrap();
    assert_eq!(cents % 100, 0);
    cents / 100
}

/// Traced part of each step to a node, by the name of that node.
fn arrives(view: &Value, name: &str) -> Vec<u64> {
    let steps = view["steps"].as_array().unwrap().iter();
    let to = steps.filter(|step| step["to"]["name"] == name);
    to.map(|step| euros(&step["traced"])).collect()
}

/// What ended at a node.
fn rests(view: &Value, name: &str) -> u64 {
    let ends = view["ends"].as_array().unwrap().iter();
    ends.filter(|end| end["party"]["name"] == name)
        .map(|end| euros(&end["amount"]))
        .sum()
}

/// Traced where anything is: no step, no money.
fn traced_at(view: &Value, name: &str) -> u64 {
    arrives(view, name).iter().sum()
}

#[test]
fn two_orders_through_the_same_two_hawaladars() {
    // The page does not say in which order the books are found.
    for books in [
        [("a.csv", "A", BOOK_A), ("b.csv", "B", BOOK_B)],
        [("b.csv", "B", BOOK_B), ("a.csv", "A", BOOK_A)],
    ] {
        let directory = tempfile::tempdir().unwrap();
        case_of(directory.path(), &books);
        for (policy, shop) in POLICIES.into_iter().zip([20, 0, 10]) {
            let view = traced(directory.path(), "a.csv!-!R2", policy, "value");
            assert_eq!(arrives(&view, "R1"), [980], "{policy}");
            assert_eq!(traced_at(&view, "R2"), 0, "{policy}");
            assert_eq!(arrives(&view, "orders pending at B"), [980], "{policy}");
            assert_eq!(traced_at(&view, "shop"), shop, "{policy}");
            assert_eq!(
                rests(&view, "A"),
                20 - shop,
                "{policy}: commission, implied"
            );
            assert_eq!(traced_at(&view, "cash of B"), 0, "a settlement is custody");
            let payout = view["steps"].as_array().unwrap().iter();
            let mut payout = payout.filter(|step| step["to"]["name"] == "R1");
            let basis = &payout.next().unwrap()["basis"];
            assert_eq!(basis["rule"], "token-match@1", "{basis}");
        }
        for ((policy, shop), settled) in POLICIES.into_iter().zip([30, 0, 10]).zip([970, 970, 980])
        {
            let view = traced(directory.path(), "a.csv!-!R2", policy, "custody");
            assert_eq!(traced_at(&view, "shop"), shop, "{policy}");
            assert_eq!(traced_at(&view, "cash of B"), settled, "{policy}");
            assert_eq!(rests(&view, "cash of A"), 1000 - shop - settled, "{policy}");
            assert_eq!(
                (traced_at(&view, "R1"), traced_at(&view, "R2")),
                (0, 0),
                "paid from B's own cash"
            );
        }
        // The other order, and the way back.
        let view = traced(directory.path(), "a.csv!-!R3", "fifo", "value");
        assert_eq!(arrives(&view, "R2"), [1960]);
        assert_eq!(traced_at(&view, "R1"), 0);
        let out = done(
            directory.path(),
            &[
                "trace",
                "case",
                "--to",
                "R1",
                "--json",
                "--operator",
                "tester",
                "--purpose",
                "test",
            ],
        );
        let document: Value = serde_json::from_str(&out).unwrap();
        let view = &document["traces"][0];
        assert_eq!((rests(view, "S1"), rests(view, "S2")), (980, 0));
    }
}

#[test]
fn without_the_second_book_the_payout_is_not_in_evidence() {
    let directory = tempfile::tempdir().unwrap();
    case_of(directory.path(), &[("a.csv", "A", BOOK_A)]);
    for policy in POLICIES {
        let view = traced(directory.path(), "a.csv!-!R2", policy, "value");
        assert_eq!(rests(&view, "orders pending at B"), 980, "{policy}");
        assert_eq!(traced_at(&view, "R1"), 0, "{policy}");
    }
}

#[test]
fn money_in_escrow_is_the_depositors() {
    let directory = tempfile::tempdir().unwrap();
    case_of(directory.path(), &[("h.csv", "H", BOOK_H)]);
    for policy in POLICIES {
        let view = traced(directory.path(), "h.csv!-!R2", policy, "value");
        assert_eq!(arrives(&view, "N"), [1500, 1500, 1900], "{policy}");
        assert_eq!(rests(&view, "orders pending at H"), 100, "{policy}: held");
        assert_eq!(traced_at(&view, "Z"), 0, "{policy}");
        // What Z got came out of the box into which the customer had paid.
        let view = traced(directory.path(), "h.csv!-!R3", policy, "value");
        assert_eq!(arrives(&view, "Z"), [600], "{policy}");
        assert_eq!(traced_at(&view, "N"), 0, "{policy}");
    }
}
