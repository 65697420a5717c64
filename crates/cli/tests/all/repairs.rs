//! Repairs of a book's figures as claims: listed, accepted, taken back; the exhibit and its raw cells stay.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, new_case, run};
use moneytrail_store::Case;
use moneytrail_store::schema::Table;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Eight rows, the fourth of which says 950 where its balance was reckoned from 590.
pub(crate) fn book() -> String {
    paid_in_by(|_| "Ali".to_owned())
}

/// The same, by who pays in at each row.
pub(crate) fn paid_in_by(guest: impl Fn(u32) -> String) -> String {
    let mut text = String::from("No,Date,Type,Sender,In,Out,Currency,Balance\n");
    let mut balance = 1_000;
    for (number, amount) in (1..).zip([500, 640, 710, 590, 620, 830, 440, 560]) {
        balance += amount;
        let written = if amount == 590 { 950 } else { amount };
        writeln!(
            text,
            "{number},2024-05-0{number},deposit,{},{written},,EUR,{balance}",
            guest(number)
        )
        .unwrap();
    }
    text
}

fn listed(directory: &Path) -> Value {
    serde_json::from_str(&done(directory, &["repairs", "case", "--json"])).unwrap()
}

/// Units of the fourth deposit, and what its row says, as the case reads them.
fn fourth(directory: &Path) -> (i128, String) {
    let case = Case::open(&directory.join("case")).unwrap();
    let rows = case
        .segment(1)
        .unwrap()
        .read(&[
            Table::Transfers,
            Table::Records,
            Table::Events,
            Table::Sources,
        ])
        .unwrap();
    let custody = rows.transfers.iter();
    let custody = custody.filter(|transfer| {
        rows.events[transfer.event as usize].row == Some(5) && transfer.layers.bits() & 1 != 0
    });
    let units: Vec<i128> = custody.map(|one| one.amount.unwrap().units()).collect();
    (units[0], rows.records[4].raw[4].to_string())
}

#[test]
fn what_is_accepted_is_read_so_and_what_is_taken_back_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    new_case(root);
    fs_err::write(root.join("Haji Test.csv"), book()).unwrap();
    done(root, &["add", "case", "Haji Test.csv"]);
    let before = listed(root);
    let repair = &before["repairs"][0];
    assert_eq!(before["repairs"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&repair["cell"], &repair["value"], &repair["state"]),
        (
            &"Haji Test.csv!-!R5C5".into(),
            &"590".into(),
            &"open".into(),
        )
    );
    assert_eq!(before["slips"][0]["true_value"], "590");
    assert_eq!(fourth(root), (95_000, "950".to_owned()));

    let id = repair["id"].as_str().unwrap();
    assert_eq!(
        run(root, &["repairs", "case", "--accept", id]).code,
        2,
        "a reason is missing"
    );
    let unknown = run(
        root,
        &[
            "repairs",
            "case",
            "--accept",
            "X1-00000000",
            "--because",
            "so",
        ],
    );
    assert_eq!(unknown.code, 2, "{}", unknown.err);
    let because = ["--because", "the carbon copy says 590"];
    done(
        root,
        &["repairs", "case", "--accept", id, because[0], because[1]],
    );
    assert_eq!(
        fourth(root),
        (59_000, "950".to_owned()),
        "read so, and the raw cell stays"
    );
    let after = listed(root);
    assert_eq!(after["repairs"][0]["state"], "accepted");
    assert_eq!(after["repairs"][0]["in_effect"], true);
    assert_eq!(after["breaks"].as_array().unwrap().len(), 0);
    let log = fs_err::read_to_string(root.join("case/audit.log")).unwrap();
    assert!(
        log.contains("the carbon copy says 590") && log.contains("\"X1.1\""),
        "{log}"
    );
    // Decisions of entities are none of these.
    done(root, &["entities", "case", "--review"]);
    done(root, &["verify", "case"]);

    // The other reading is checked as the first is.
    let table = root.join("case/segments/X1.1/transfers.parquet");
    let bytes = fs_err::read(&table).unwrap();
    fs_err::write(&table, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(run(root, &["verify", "case"]).code, 1);
    fs_err::write(&table, &bytes).unwrap();

    let cell = "Haji Test.csv!-!R5C5";
    done(
        root,
        &[
            "repairs",
            "case",
            "--reopen",
            cell,
            "--because",
            "the copy is of another page",
        ],
    );
    assert_eq!(fourth(root), (95_000, "950".to_owned()));
    assert_eq!(listed(root)["repairs"][0]["state"], "open");
    done(
        root,
        &[
            "repairs",
            "case",
            "--reject",
            id,
            "--because",
            "the customer says 950",
        ],
    );
    let rejected = listed(root);
    assert_eq!(rejected["repairs"][0]["state"], "rejected");
    assert_eq!(rejected["slips"].as_array().unwrap().len(), 0);
    done(root, &["verify", "case"]);
    assert!(
        !root.join("case/segments/X1.3").exists(),
        "a rejection reads nothing again"
    );
}
