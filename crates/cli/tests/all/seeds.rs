//! Where a trace may begin, and what it says where nothing can be followed.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, new_case, run};
use serde_json::Value;
use std::path::Path;

/// 10:00 and 11:00: `bad` and `worse` pay `a`, who pays `b`.
fn listed(directory: &Path) {
    new_case(directory);
    let list = "source,target,time,amount\nbad,a,2024-01-01T10:00:00Z,40.00\nworse,a,2024-01-01T10:00:00Z,20.00\na,b,2024-01-01T11:00:00Z,60.00\n";
    fs_err::write(directory.join("list.csv"), list).unwrap();
    done(directory, &["add", "case", "list.csv"]);
    let tags = "account,label,category,source,confidence\nname:bad,Bad,ransomware,test,90\nname:worse,Worse,ransomware,test,90\n";
    fs_err::write(directory.join("tags.csv"), tags).unwrap();
    done(directory, &["tag", "case", "tags.csv"]);
}

#[test]
fn silence_is_no_answer() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    listed(directory);
    let told = done(
        directory,
        &["trace", "case", "--from", "b", "--policy", "all"],
    );
    assert!(
        told.contains("Nothing to follow: no transfer leaves b on the custody layer within this evidence; transfers that arrive: 1."),
        "{told}"
    );
    let told = done(directory, &["trace", "case", "--to", "bad"]);
    assert!(
        told.contains("no transfer arrives at bad on the custody layer within this evidence; transfers that leave: 1."),
        "{told}"
    );
    let late = ["trace", "case", "--from", "a", "--since", "2030-01-01"];
    let told = done(directory, &late);
    assert!(
        told.contains(
            "none of the transfers that were asked for is within the times that were asked for"
        ),
        "{told}"
    );
    let report = ["report", "case", "--from", "b", "-o", "b.html"];
    done(directory, &report);
    let html = fs_err::read_to_string(directory.join("b.html")).unwrap();
    assert!(
        html.contains("Nothing to follow: no transfer leaves"),
        "{html}"
    );
    // Where something is followed, nothing is said of it.
    let json = done(directory, &["trace", "case", "--from", "a", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["head"].get("nothing"), None);
}

#[test]
fn a_category_is_all_accounts_that_have_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    listed(directory);
    let told = done(
        directory,
        &["trace", "case", "--from", "category:ransomware"],
    );
    assert!(
        told.contains("Of the 60.00 unit, 60.00 rest in b."),
        "{told}"
    );
    assert!(
        told.contains("Where did what left the 2 accounts of category:ransomware go?"),
        "{told}"
    );
    let to = ["trace", "case", "--to", "b", "--policy", "all"];
    let told = done(directory, &to);
    assert!(told.contains("custody layer: 60.00 arrived"), "{told}");
    let refused = run(directory, &["trace", "case", "--from", "category:mixer"]);
    assert_eq!(refused.code, 3);
    assert!(
        refused.err.contains("categories of its tags: ransomware"),
        "{}",
        refused.err
    );
}

#[test]
fn an_account_stands_for_its_entity() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    new_case(directory);
    let made = ["generate", "chain", "--transfers", "2000", "--seed", "3"];
    done(directory, &made);
    done(directory, &["add", "case", "chain/evidence/blocks"]);
    let entities = done(directory, &["entities", "case", "--json"]);
    let entities: Value = serde_json::from_str(&entities).unwrap();
    let largest = &entities["largest"][0];
    let account = largest["accounts"][0].as_str().unwrap();
    let n = largest["size"].as_u64().unwrap();
    assert!(n > 1, "{largest}");
    let alone = done(directory, &["trace", "case", "--from", account, "--json"]);
    let all = ["trace", "case", "--from", account, "--entity", "--json"];
    let all = done(directory, &all);
    let steps = |text: &str| {
        let json: Value = serde_json::from_str(text).unwrap();
        json["traces"][0]["steps"].as_array().unwrap().len()
    };
    assert!(
        steps(&all) > steps(&alone),
        "{} {}",
        steps(&all),
        steps(&alone)
    );
    let one = [
        "trace",
        "case",
        "--from",
        account,
        "--entity",
        "--json",
        "--threads",
        "1",
    ];
    assert_eq!(all, done(directory, &one));
}
