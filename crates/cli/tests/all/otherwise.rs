//! What rests on which inference: the figures without it are those of the case without it.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, new_case, run};
use crate::story::with_case;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

fn traced(directory: &Path, arguments: &[&str]) -> Value {
    // Who says why may read names, so that accounts can be told apart.
    let asked = [
        "--json",
        "--operator",
        "o",
        "--purpose",
        "p",
        "trace",
        "case",
    ];
    let all = [&asked, arguments].concat();
    serde_json::from_str(&done(directory, &all)).unwrap()
}

fn units(money: &Value) -> i128 {
    money["units"].as_str().unwrap().parse().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// An end point and what is asked of it: asset, account, fate, policy, placement.
type At = [String; 5];

/// Amounts of all end points of the first trace; those that are not listed are zero.
fn end_points(document: &Value) -> BTreeMap<At, i128> {
    let mut found = BTreeMap::new();
    for group in document["traces"][0]["end_points"].as_array().unwrap() {
        for point in group["points"].as_array().unwrap() {
            // Pari passu allocates nothing, and is not asked again.
            let figures = point["figures"].as_array().unwrap().iter();
            for figure in figures.filter(|figure| figure["policy"] != "pari-passu") {
                for placement in ["latest", "earliest"] {
                    if !figure[placement].is_null() {
                        let at = [
                            text(&group["asset"]["asset"]),
                            text(&point["party"]["account"]),
                            text(&point["fate"]),
                            text(&figure["policy"]),
                            placement.to_owned(),
                        ];
                        *found.entry(at).or_insert(0) += units(&figure[placement]);
                    }
                }
            }
        }
    }
    found
}

/// What the first trace says of one inference: with and without, where they differ.
fn said(one: &Value) -> BTreeMap<At, [i128; 2]> {
    let mut found = BTreeMap::new();
    for point in one["points"].as_array().unwrap() {
        for figure in point["figures"].as_array().unwrap() {
            for placement in ["latest", "earliest"] {
                let both = &figure[placement];
                if both.is_null() {
                    continue;
                }
                let [with, without] = ["with", "without"].map(|which| units(&both[which]));
                assert_eq!(units(&both["vanishes"]), with - without);
                let at = [
                    text(&point["asset"]["asset"]),
                    text(&point["party"]["account"]),
                    text(&point["fate"]),
                    text(&figure["policy"]),
                    placement.to_owned(),
                ];
                let sum = found.entry(at).or_insert([0, 0]);
                *sum = [sum[0] + with, sum[1] + without];
            }
        }
    }
    found.retain(|_, [with, without]| with != without);
    found
}

/// Compares what a trace says of one inference with two traces: with it, and without it.
fn check(with: &Value, without: &Value, one: &Value) {
    let (with, without, said) = (end_points(with), end_points(without), said(one));
    let of = |all: &BTreeMap<At, i128>, at: &At| all.get(at).copied().unwrap_or(0);
    for at in with.keys().chain(without.keys()) {
        let both = [of(&with, at), of(&without, at)];
        if both[0] != both[1] {
            assert_eq!(said.get(at), Some(&both), "{at:?}");
        }
    }
    for (at, both) in &said {
        assert_eq!(*both, [of(&with, at), of(&without, at)], "{at:?}");
    }
}

fn inferences(document: &Value) -> &[Value] {
    document["traces"][0]["otherwise"].as_array().unwrap()
}

/// On both layers of the story.
#[test]
fn the_figures_without_an_inference_are_those_of_the_case_without_it() {
    let directory = with_case();
    let root = directory.path();
    for layer in ["value", "custody"] {
        let asked = ["--from", "book-a.xlsx!Sheet1!R12", "--layer", layer];
        let asked = [&asked[..], &["--policy", "all"]].concat();
        let with = traced(root, &asked);
        let matters = |one: &&Value| !one["points"].as_array().unwrap().is_empty();
        let all = || inferences(&with).iter();
        let n_that_matter = all().filter(matters).count();
        // Of those that change nothing, one.
        let silent = all().filter(|one| !matters(one)).take(1);
        for one in all().filter(matters).chain(silent) {
            let rule = text(&one["left_out"]);
            let without = traced(root, &[&asked[..], &["--without", &rule]].concat());
            check(&with, &without, one);
            // What is left out already is not asked again.
            let left = inferences(&without);
            assert!(
                left.iter()
                    .all(|other| other["left_out"] != one["left_out"])
            );
        }
        assert!(n_that_matter > 0, "{layer}");
    }
}

/// 7400 were seeded, and what was paid out of them rests on one claim: that two books describe one order.
#[test]
fn payouts_rest_on_the_match_of_two_books() {
    let directory = with_case();
    let asked = ["--from", "book-a.xlsx!Sheet1!R12", "--layer", "value"];
    let found = traced(directory.path(), &asked);
    let one = inferences(&found)
        .iter()
        .find(|one| one["left_out"] == "token-match@1")
        .unwrap();
    assert_eq!(one["form"], "claim");
    let mut sums: BTreeMap<String, [i128; 2]> = BTreeMap::new();
    for (at, [with, without]) in said(one).into_iter().filter(|of| of.0[4] == "latest") {
        let sum = sums.entry(at[2].clone()).or_default();
        *sum = [sum[0] + with, sum[1] + without];
    }
    assert_eq!(sums["paid_out"], [640_000, 0]);
    assert_eq!(sums["rests"], [100_000, 740_000]);
    let plain = run(directory.path(), &[&["trace", "case"], &asked[..]].concat());
    assert!(plain.out.contains("without token-match@1"), "{}", plain.out);
    assert!(plain.out.contains("every figure stays without"));
}

/// Without the correction that somebody accepted, the figures are those before he did.
#[test]
fn what_rests_on_a_correction_is_what_it_changed() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    fs_err::write(root.join("Haji Test.csv"), crate::repairs::book()).unwrap();
    done(root, &["add", "case", "Haji Test.csv"]);
    // The row with the slip: 950 is written where the balance was reckoned from 590.
    let asked = [
        "--from",
        "Haji Test.csv!-!R5",
        "--layer",
        "custody",
        "--policy",
        "all",
    ];
    let before = traced(root, &asked);
    assert!(inferences(&before).is_empty());
    let listed: Value = serde_json::from_str(&done(root, &["repairs", "case", "--json"])).unwrap();
    let id = text(&listed["repairs"][0]["id"]);
    done(
        root,
        &["repairs", "case", "--accept", &id, "--because", "balance"],
    );
    let after = traced(root, &asked);
    let [one] = inferences(&after) else {
        panic!("{:?}", inferences(&after));
    };
    assert_eq!(
        (&one["left_out"], &one["form"], &one["n"]),
        (&"X1".into(), &"correction".into(), &1.into())
    );
    check(&after, &before, one);
    let changed: Vec<[i128; 2]> = said(one).into_values().collect();
    assert!(changed.contains(&[59_000, 95_000]), "{changed:?}");
    let without = traced(root, &[&asked[..], &["--without", "X1"]].concat());
    assert_eq!(end_points(&without), end_points(&before));
}

#[test]
fn what_is_no_inference_is_refused_with_those_that_are() {
    let directory = with_case();
    let asked = ["trace", "case", "--from", "book-a.xlsx!Sheet1!R12"];
    let refused = run(
        directory.path(),
        &[&asked[..], &["--without", "guesswork"]].concat(),
    );
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("token-match"), "{}", refused.err);
}
