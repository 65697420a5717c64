//! `path` as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, new_case, run};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Three ways from a to b, two of them through m; one payment too late.
fn case_with_a_list(directory: &Path) {
    new_case(directory);
    let mut text = String::from("source,target,time,amount\n");
    let rows = [
        ("a", "m", "100.00"),
        ("a", "n", "30.00"),
        ("m", "b", "60.00"),
        ("m", "n", "20.00"),
        ("n", "b", "45.00"),
        ("x", "b", "5.00"),
        ("a", "x", "5.00"),
    ];
    for (hour, (from, to, amount)) in (0_i64..).zip(rows) {
        writeln!(
            text,
            "{from},{to},{},{amount}",
            1_704_067_200 + hour * 3_600
        )
        .unwrap();
    }
    fs_err::write(directory.join("list.csv"), text).unwrap();
    done(directory, &["add", "case", "list.csv"]);
    let tags = "account,label,category,source,confidence\nname:n,Lapis,exchange,test,90\n";
    fs_err::write(directory.join("tags.csv"), tags).unwrap();
    done(directory, &["tag", "case", "tags.csv"]);
}

fn ways(directory: &Path, more: &[&str]) -> Vec<Vec<String>> {
    let mut words = vec!["path", "case", "--from", "a", "--to", "b", "--json"];
    words.extend(more);
    let told: Value = serde_json::from_str(&done(directory, &words)).unwrap();
    assert_eq!(told["schema"], "moneytrail-path/1");
    let groups = told["groups"].as_array().unwrap().iter();
    let paths = groups.flat_map(|group| group["paths"].as_array().unwrap());
    let way = |path: &Value| {
        let steps = path["steps"].as_array().unwrap().iter();
        let rows = steps.map(|step| {
            step["record"]
                .as_str()
                .unwrap()
                .replace("X1 list.csv!-!", "")
        });
        rows.collect()
    };
    paths.map(way).collect()
}

#[test]
fn ways_what_all_pass_and_bounds() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_list(directory);
    let told = done(directory, &["path", "case", "--from", "a", "--to", "b"]);
    for words in [
        "from a to b: custody layer, most value first",
        "1. at most 60.00 unit: 2 events, there from 2024-01-01 02:00:00 on",
        "2. at most 30.00 unit: 2 events, there from 2024-01-01 04:00:00 on",
        "3. at most 20.00 unit: 3 events",
        "     through Lapis: tagged exchange; inside, money of many is pooled",
        "a -> n (tag: Lapis)  30.00 unit\n",
        "n (tag: Lapis) -> b  45.00 unit (of it at most 20.00)  [pool]\n       X1 list.csv!-!R6",
        "no account and no transfer is on every way",
        "in the order of the record: of the 110.00 unit that arrived, at least 105.00 and at most 105.00 came from there",
        "in every order that stated times allow: the same",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    assert!(!told.contains("a -> x"), "paid after x had paid b\n{told}");
    let told = done(
        directory,
        &[
            "path",
            "case",
            "--from",
            "a",
            "--to",
            "b",
            "--avoid",
            "category:exchange",
        ],
    );
    for words in [
        "every way in the evidence passes:\n     a -> m  100.00 unit  X1 list.csv!-!R2\n     m\n     m -> b  60.00 unit  X1 list.csv!-!R4",
        "by any way, also those that were not asked for",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
}

#[test]
fn rank_stations_and_sharing_are_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_list(directory);
    assert_eq!(
        ways(directory, &["--by", "arrival", "--k", "1"]),
        [["R2", "R4"]]
    );
    assert_eq!(
        ways(directory, &["--by", "hops"]),
        [vec!["R2", "R4"], vec!["R3", "R6"], vec!["R2", "R5", "R6"]]
    );
    assert_eq!(
        ways(
            directory,
            &["--through", "category:exchange", "--through", "m"]
        ),
        [["R2", "R5", "R6"]]
    );
    assert_eq!(
        ways(directory, &["--disjoint", "transfers"]),
        [["R2", "R4"], ["R3", "R6"]]
    );
    assert_eq!(
        ways(directory, &["--since", "2024-01-01T01:00:00Z"]),
        [["R3", "R6"]]
    );
    assert_eq!(
        ways(directory, &["--until", "2024-01-01T02:00:00Z"]),
        [["R2", "R4"]]
    );
    assert!(ways(directory, &["--avoid", "m", "--avoid", "n"]).is_empty());
    let one = [
        "path",
        "case",
        "--from",
        "a",
        "--to",
        "b",
        "--json",
        "--threads",
        "1",
    ];
    let two = [
        "path",
        "case",
        "--from",
        "a",
        "--to",
        "b",
        "--json",
        "--threads",
        "2",
    ];
    assert_eq!(done(directory, &one), done(directory, &two));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_list(directory);
    for (more, code, words) in [
        (vec!["--to", "a"], 2, "an account is at both ends"),
        (vec!["--to", "b", "--avoid", "b"], 2, "is an end"),
        (
            vec!["--to", "b", "--avoid", "category:mixer"],
            3,
            "categories of its tags: exchange",
        ),
        (vec!["--to", "b", "--asset", "XYZ"], 3, "the case has: unit"),
        (vec!["--to", "b", "--limit", "2"], 3, "there is no answer"),
        (
            vec![
                "--to",
                "b",
                "--through",
                "m",
                "--through",
                "n",
                "--through",
                "m",
                "--through",
                "n",
                "--through",
                "m",
            ],
            2,
            "at most 4",
        ),
    ] {
        let mut words_given = vec!["path", "case", "--from", "a"];
        words_given.extend(more);
        let refused = run(directory, &words_given);
        assert_eq!(
            refused.code, code,
            "{words_given:?}\n{}{}",
            refused.out, refused.err
        );
        assert!(refused.err.contains(words), "{words}\n{}", refused.err);
    }
}

/// The least and the most stand beside what policies say, and what is missing has its reason.
#[test]
fn bounds_stand_beside_the_policies() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_list(directory);
    let told = done(
        directory,
        &["trace", "case", "--from", "a", "--policy", "all"],
    );
    let row = told.lines().find(|line| line.contains(" b (rest")).unwrap();
    let figures: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        figures[7..10],
        ["–", "60.00", "60.00"],
        "what n paid is its own: a service\n{told}"
    );
    for words in [
        "minimum  maximum",
        "not computed for 2: a part of what arrived there went on",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let json = done(directory, &["trace", "case", "--from", "a", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let point = &json["traces"][0]["end_points"][0]["points"][0];
    assert_eq!(point["no_bounds"], "of one policy only with `report`");
    done(
        directory,
        &["report", "case", "--from", "a", "-o", "report.json"],
    );
    let report = fs_err::read(directory.join("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let points = report["traces"][0]["end_points"][0]["points"]
        .as_array()
        .unwrap();
    assert!(
        points
            .iter()
            .any(|point| point["min"]["units"] == "6000" || point["min"].is_object())
    );
}

/// The quick way to the station bars every way on from it; that is no proof that there is none, nor that it must be passed.
#[test]
fn a_way_that_turns_back_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    let mut text = String::from("source,target,time,amount\n");
    for pair in "sc cX Xd db su uv vX Xu uw wy yX vb".split(' ') {
        let (from, to) = pair.split_at(1);
        writeln!(text, "{from},{to},2020-01-02,100.00").unwrap();
    }
    fs_err::write(directory.join("list.csv"), text).unwrap();
    done(directory, &["add", "case", "list.csv"]);
    let asked = "path case --from s --to b --through X --avoid d --by hops --k 1 --json";
    let asked: Vec<&str> = asked.split(' ').collect();
    let passed = |more: &[&str]| {
        let told = done(directory, &[&asked, more].concat());
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["is_complete"], true);
        let all = told["every_way_passes"].as_array().unwrap().clone();
        let records = all.iter().map(|one| one["transfer"]["record"].clone());
        records
            .filter_map(|of| Some(of.as_str()?.to_owned()))
            .collect::<Vec<_>>()
    };
    // X to u, u to v, v to b.
    let always = ["R9", "R7", "R13"].map(|row| format!("X1 list.csv!-!{row}"));
    assert_eq!(passed(&[]), always);
    assert_eq!(passed(&["--avoid", "c"]).len(), 7, "one way is left");
}

/// Who is named in a question is masked in the answer as he is elsewhere, or that he was named stands in the audit log.
#[test]
fn customers_in_the_question_are_masked_or_their_disclosure_is_logged() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    let book = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency\n\
        2024-05-03,K1,deposit,Hasan Akbari,Karim Noori,,5000,,EUR\n\
        2024-05-05,K1,withdrawal,Hasan Akbari,Karim Noori,,,4000,EUR\n\
        2024-05-06,K2,deposit,Jamil Safi,Karim Noori,,10,,EUR\n";
    fs_err::write(directory.join("book.csv"), book).unwrap();
    fs_err::write(directory.join("p.toml"), "[book]\nowner = \"Haji Aziz\"\n").unwrap();
    done(
        directory,
        &["add", "case", "book.csv", "--profile", "p.toml", "--strict"],
    );
    let asked = "path case --json --layer value --from";
    let asked: Vec<&str> = asked.split(' ').collect();
    let ends = [
        "Hasan Akbari",
        "--to",
        "Karim Noori",
        "--avoid",
        "Jamil Safi",
    ];
    let asked = [&asked, &ends[..]].concat();
    let told = done(directory, &asked);
    assert!(
        told.contains("masked: a customer named in X1 book.csv"),
        "{told}"
    );
    for name in ["Akbari", "Noori", "Safi"] {
        assert!(!told.contains(name), "{name}\n{told}");
    }
    let log = || fs_err::read_to_string(directory.join("case/audit.log")).unwrap();
    assert!(!log().contains("disclose"));
    let purpose = ["--operator", "me", "--purpose", "court order 7"];
    let told = done(directory, &[&asked, &purpose[..]].concat());
    assert!(told.contains("Hasan Akbari"), "{told}");
    assert!(log().contains("disclose"), "{}", log());
}

/// Of the 100 that m got, 60 went on to b and 20 to n by every rule, because nobody else paid m.
#[test]
fn strict_ways_carry_what_the_policy_says() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_a_list(directory);
    let asked = ["path", "case", "--from", "a", "--to", "b", "--strict"];
    let told = |policy: &str| -> Value {
        let words = [&asked[..], &[policy, "--json"]].concat();
        serde_json::from_str(&done(directory, &words)).unwrap()
    };
    let carried = |told: &Value| -> Vec<String> {
        let paths = told["groups"][0]["paths"].as_array().unwrap().iter();
        let units = |path: &Value| path["carries"]["units"].as_str().unwrap().to_owned();
        paths.map(units).collect()
    };
    // n has 30 of a and then 20 by m, and pays 45; x has 5 of a only after it paid.
    for (policy, all, ways) in [
        ("fifo", "10500", ["6000", "3000", "1500"]),
        ("lifo", "10500", ["6000", "2500", "2000"]),
        ("haircut", "10500", ["6000", "2700", "1800"]),
    ] {
        let told = told(policy);
        assert_eq!(told["strict"]["policy"], policy);
        assert_eq!(told["strict"]["arrived"][0]["units"], all, "{policy}");
        assert_eq!(carried(&told), ways, "{policy}");
        assert_eq!(told["every_way_passes"], Value::Null);
    }
    let text = done(directory, &[&asked[..], &["lifo"]].concat());
    for words in [
        "each transfer draws on the one before by lifo [assumption]",
        "by all such ways together 105.00 unit arrives",
        "2. carries 25.00 unit: 2 events",
        "n (tag: Lapis) -> b  45.00 unit (of it 25.00)  [pool]",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}
