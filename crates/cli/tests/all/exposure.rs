//! `exposure` as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, new_case, run};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Money from a sanctioned account and from an exchange, on to the exchange through somebody without a tag.
fn case_with_tags(directory: &Path) {
    new_case(directory);
    let mut text = String::from("source,target,time,amount\n");
    let rows = [
        (0, "bad", "a", "40.00"),
        (1, "lapis", "a", "60.00"),
        (800, "a", "m", "50.00"),
        (801, "m", "lapis", "30.00"),
        (802, "a", "lapis", "20.00"),
    ];
    for (hour, from, to, amount) in rows {
        writeln!(
            text,
            "{from},{to},{},{amount}",
            1_704_067_200_i64 + hour * 3_600
        )
        .unwrap();
    }
    fs_err::write(directory.join("list.csv"), text).unwrap();
    done(directory, &["add", "case", "list.csv"]);
}

fn tag(directory: &Path) {
    let tags = "account,label,category,source,confidence\nname:lapis,Lapis,exchange,answer of the exchange,90\nname:bad,Listed,sanction,a list,100\n";
    fs_err::write(directory.join("tags.csv"), tags).unwrap();
    done(directory, &["tag", "case", "tags.csv"]);
}

#[test]
fn each_category_direct_and_through_others() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case_with_tags(directory);
    let refused = run(directory, &["exposure", "case", "a"]);
    assert_eq!(refused.code, 3);
    assert!(
        refused.err.contains("moneytrail tag CASE FILE"),
        "{}",
        refused.err
    );
    let other = "account,label,category,source,confidence\nname:nobody,N,mixer,test,90\n";
    fs_err::write(directory.join("other.csv"), other).unwrap();
    done(directory, &["tag", "case", "other.csv"]);
    let refused = run(directory, &["exposure", "case", "a"]);
    assert!(
        refused
            .err
            .contains("the 1 tags of the case are of accounts that do not occur in it"),
        "{}",
        refused.err
    );
    tag(directory);
    let told = done(directory, &["exposure", "case", "a", "--by", "month"]);
    for words in [
        "exposure of a: custody layer; assumption: haircut, unexplained money placed latest",
        "to: 70.00 unit went out",
        "  exchange: direct 20.00, indirect 30.00, 71.4 %",
        "     Lapis (tag: answer of the exchange): direct 20.00, indirect 30.00; X1 list.csv!-!R5, X1 list.csv!-!R6",
        "  no tag met: 20.00 rest in accounts without a tag",
        "     2024-02  exchange: direct 20.00, indirect 30.00",
        "from: 100.00 unit arrived",
        "  exchange: direct 60.00, indirect 0.00, 60.0 %",
        "  sanction: direct 40.00, indirect 0.00, 40.0 %",
        "     2024-01  sanction: direct 40.00, indirect 0.00",
        "no worth: the case has no exchange rates",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let json = done(directory, &["exposure", "case", "a", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], "moneytrail-exposure/1");
    let exchange = &json["to"][0]["categories"][0];
    assert_eq!(exchange["category"], "exchange");
    assert_eq!(exchange["sums"]["indirect"]["units"], "3000");
    assert_eq!(json["to"][0]["transfers"][0]["record"], "X1 list.csv!-!R5");
    let one = ["exposure", "case", "a", "--json", "--threads", "1"];
    let two = ["exposure", "case", "a", "--json", "--threads", "2"];
    assert_eq!(done(directory, &one), done(directory, &two));
}

#[test]
fn worth_stands_beside_with_what_has_no_rate() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    let profile = "source,target,time,amount,asset\nb,a,2024-01-01T10:00:00Z,10.00,USD\nb,a,2024-01-02T10:00:00Z,5.00,USD\n";
    fs_err::write(directory.join("list.csv"), profile).unwrap();
    done(directory, &["add", "case", "list.csv"]);
    let tags = "account,label,category,source,confidence\nname:b,B,mixer,test,90\n";
    fs_err::write(directory.join("tags.csv"), tags).unwrap();
    done(directory, &["tag", "case", "tags.csv"]);
    let rates = "date,asset,currency,rate,source\n2024-01-01,USD,EUR,0.9,ECB\n";
    fs_err::write(directory.join("rates.csv"), rates).unwrap();
    done(directory, &["rates", "case", "rates.csv"]);
    let told = done(directory, &["exposure", "case", "a"]);
    for words in [
        "≈ 9.00 EUR at rates of the days [assumption]",
        "(no rate for 5.00 of 1 transfer)",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let told = done(directory, &["exposure", "case", "a", "--rate-days", "1"]);
    assert!(
        told.contains("≈ 13.50 EUR") && !told.contains("no rate"),
        "{told}"
    );
}
