//! Decisions on mirrors, and traces across them: two books, a chain that goes on behind the settlement, and coins that came before it.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, new_case, run};
use moneytrail_model::AccountKey;
use moneytrail_store::Case;
use serde_json::{Value, json};
use std::path::Path;

const HEADER: &str = "Date,Code,Type,Sender,Beneficiary,Agent,In,Out,Currency\n";
/// 2024-05-01.
const FIRST_SECOND: u64 = 1_714_521_600;
const SEED: &str = "Aman.csv!-!R2";

fn wallet(number: u8) -> String {
    AccountKey::Tron([number; 20]).to_string()
}

fn transfer(id: u64, [from, to]: [u8; 2], dollars: u64, [day, hour]: [u64; 2]) -> Value {
    json!({
        "transaction_id": format!("{id:064x}"), "type": "Transfer", "from": wallet(from), "to": wallet(to),
        "token_info": { "symbol": "USDT", "address": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "decimals": 6, "name": "Tether USD" },
        "block_timestamp": (FIRST_SECOND + day * 86_400 + hour * 3_600) * 1_000, "value": (dollars * 1_000_000).to_string(),
    })
}

/// Two customers pay Aman; he pays Yusuf 7,413 by his book, dated by his hand two days behind the chain's 7,411. Yusuf's wallet pays on. Coins
/// came to Aman's wallet before. Strangers pay each other round sums.
fn case(directory: &Path, settled: &str, order: [usize; 3]) {
    paid_by(
        directory,
        settled,
        order,
        [transfer(1, [1, 2], 7_411, [9, 15])],
    );
}

/// The same, where other transfers settle.
fn paid_by<const N: usize>(
    directory: &Path,
    settled: &str,
    order: [usize; 3],
    settling: [Value; N],
) {
    let mut transfers: Vec<Value> = (0_u8..120)
        .map(|nth| {
            let (id, ends) = (1_000 + u64::from(nth), [50 + nth % 100, 150 + nth % 100]);
            transfer(
                id,
                ends,
                u64::from(nth % 5 + 1) * 1_000,
                [u64::from(nth / 4), 15],
            )
        })
        .collect();
    transfers.push(transfer(5, [9, 1], 8_000, [3, 15]));
    transfers.extend(settling);
    transfers.push(transfer(2, [2, 3], 7_000, [9, 16]));
    let page = json!({ "data": transfers, "success": true, "meta": {} });
    fs_err::write(directory.join("chain.json"), page.to_string()).unwrap();
    let aman = format!(
        "2024-05-04,K1,send,One,Payee One,Haji Yusuf,5000,,USD\n2024-05-05,K2,send,Two,Payee Two,Haji Yusuf,4000,,USD\n\
        {settled},,settlement,,,Haji Yusuf,,7413,USD\n2024-05-20,,settlement,,,Haji Yusuf,,1000,USD\n"
    );
    let yusuf = "2024-05-06,K1,receive,One,Payee One,Haji Aman,,4900,USD\n2024-05-11,,settlement,,,Haji Aman,7413,,USD\n";
    for (owner, lines) in [("Aman", &*aman), ("Yusuf", yusuf)] {
        let text = format!("{HEADER}{lines}");
        fs_err::write(directory.join(format!("{owner}.csv")), text).unwrap();
        let profile = format!("[book]\nowner = \"Haji {owner}\"\n");
        fs_err::write(directory.join(format!("{owner}.toml")), profile).unwrap();
    }
    new_case(directory);
    let commands = [
        vec!["add", "case", "Aman.csv", "--profile", "Aman.toml"],
        vec!["add", "case", "Yusuf.csv", "--profile", "Yusuf.toml"],
        vec!["add", "case", "chain.json"],
    ];
    for nth in order {
        done(directory, &commands[nth]);
    }
}

fn json_of(directory: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(directory, &[arguments, &["--json"]].concat())).unwrap()
}

fn id(directory: &Path) -> String {
    let found = json_of(directory, &["mirror", "case"]);
    assert_eq!(found["mirrors"].as_array().unwrap().len(), 1, "{found}");
    found["mirrors"][0]["id"].as_str().unwrap().to_owned()
}

fn decide(directory: &Path, verdict: &str, id: &str) {
    done(
        directory,
        &[
            "mirror",
            "case",
            verdict,
            id,
            "--because",
            "a chat of that day",
        ],
    );
}

/// Name and bytes of the index, and what building it found.
fn index(directory: &Path) -> Vec<(String, Vec<u8>)> {
    Case::open(&directory.join("case"))
        .unwrap()
        .graph()
        .unwrap();
    let index = directory.join("case/index");
    let entries = fs_err::read_dir(&index)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut built: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    assert_eq!(built.len(), 1);
    let built = built.remove(0);
    let files = ["graph.bin", "notes.json"].map(|name| {
        let path = built.join(name);
        (path.display().to_string(), fs_err::read(path).unwrap())
    });
    files.to_vec()
}

fn custody(directory: &Path, more: &[&str]) -> Value {
    let trace = ["trace", "case", "--from", SEED, "--layer", "custody"];
    json_of(directory, &[&trace, more].concat())
}

/// Ends and traced amounts of the steps of the first trace, with the badges of what they rest on.
fn steps(document: &Value) -> Vec<(String, String)> {
    let steps = document["traces"][0]["steps"].as_array().unwrap().iter();
    let units = |step: &Value| step["traced"]["units"].as_str().unwrap().to_owned();
    steps
        .map(|step| {
            let rule = step["basis"]["rule"].as_str().unwrap_or("fact");
            (units(step), rule.to_owned())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = expected.iter().map(|of| (of.0.to_owned(), of.1.to_owned()));
    owned.collect()
}

#[test]
fn a_trace_crosses_what_a_person_accepted_and_only_that() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory, "2024-05-12", [0, 1, 2]);
    let apart = pairs(&[("500000", "fact"), ("500000", "fact")]);
    assert_eq!(steps(&custody(directory, &[])), apart);
    let (before, id) = (index(directory), id(directory));
    decide(directory, "--accept", &id);
    assert!(directory.join("case/claims/0001-accept.json").is_file());
    // 7,413 became 7,411: of 5,000 that were traced, floor(5000 * 7411 / 7413), and all of it goes on.
    let crossed = [
        ("500000", "fact"),
        ("500000", "fact"),
        ("4998651018", "crypto-mirror@2"),
        ("4998651018", "fact"),
    ];
    let document = custody(directory, &[]);
    assert_eq!(steps(&document), pairs(&crossed));
    let text = document.to_string();
    assert!(text.contains(&id) && text.contains("(p 0.008), 0 competing"));
    assert!(text.contains("1 accepted mirror: crossed"));
    let step = &document["traces"][0]["steps"][1];
    let cited: Vec<&str> = step["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["locator"].as_str().unwrap())
        .collect();
    assert_eq!(
        cited,
        ["Aman.csv!-!R4", "Yusuf.csv!-!R3"],
        "carried once, cited twice"
    );
    for policy in [
        "lifo",
        "haircut",
        "libr",
        "traced-first",
        "tiho",
        "poison",
        "all",
    ] {
        done(
            directory,
            &[
                "trace", "case", "--from", SEED, "--layer", "custody", "--policy", policy,
            ],
        );
    }
    let plain = done(
        directory,
        &["trace", "case", "--from", SEED, "--layer", "custody"],
    );
    assert!(
        plain.contains("without it, the money is not followed into step 3"),
        "{plain}"
    );
    assert!(
        plain.contains(&format!(
            "({id}); accepted by a person; book less chain 2.000000"
        )),
        "{plain}"
    );
    assert_eq!(steps(&custody(directory, &["--mirrors", "leave"])), apart);
    done(directory, &["verify", "case"]);
    decide(directory, "--reject", &id);
    assert_eq!(
        index(directory),
        before,
        "taken back, the index is as it was"
    );
    assert_eq!(steps(&custody(directory, &[])), apart);
    let found = json_of(directory, &["mirror", "case"]);
    assert!(found["mirrors"].as_array().unwrap().is_empty(), "{found}");
    assert_eq!(found["decisions"][0]["verdict"], "reject");
    decide(directory, "--reopen", &id);
    assert_eq!(
        json_of(directory, &["mirror", "case"])["mirrors"][0]["id"],
        json!(id)
    );
    assert_eq!(index(directory), before);
    done(directory, &["verify", "case"]);
}

#[test]
fn coins_go_where_the_chain_says_unless_it_is_asked_otherwise() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory, "2024-05-12", [0, 1, 2]);
    let trace = |more: &[&str]| {
        let from = wallet(9);
        let seed = ["trace", "case", "--from", &from];
        json_of(directory, &[&seed, more].concat())
    };
    let coins = pairs(&[
        ("8000000000", "fact"),
        ("7411000000", "fact"),
        ("7000000000", "fact"),
    ]);
    assert_eq!(steps(&trace(&[])), coins);
    decide(directory, "--accept", &id(directory));
    assert_eq!(
        steps(&trace(&[])),
        coins,
        "what is accepted of books cuts off no coins"
    );
    let crossed = trace(&["--mirrors", "cross"]);
    assert_eq!(steps(&crossed), pairs(&[("8000000000", "fact")]));
    let taken = &crossed["traces"][0]["balance"][0]["taken_over"]["units"];
    assert_eq!(taken, "7411000000", "they count as the settlement's then");
    // The sources of what came behind it, by either way.
    let to = wallet(3);
    let sources = |more: &[&str]| {
        let found = json_of(directory, &[&["trace", "case", "--to", &to], more].concat());
        found["traces"][0]["steps"].to_string()
    };
    assert!(!sources(&[]).contains("Aman.csv"));
    assert!(sources(&["--mirrors", "cross"]).contains("Aman.csv!-!R2"));
}

#[test]
fn the_order_of_adding_says_nothing_and_the_chain_keeps_its_order() {
    let mut of = Vec::new();
    for (settled, order) in [
        ("2024-05-12", [0, 1, 2]),
        ("2024-05-12", [2, 1, 0]),
        ("2024-05-09", [1, 2, 0]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        case(directory, settled, order);
        let id = id(directory);
        decide(directory, "--accept", &id);
        of.push((id, steps(&custody(directory, &["--threads", "1"]))));
    }
    assert_eq!(of[0], of[1]);
    // Dated before or behind the transfer, it crosses alike.
    assert_eq!(of[0].1, of[2].1);
}

#[test]
fn what_is_not_in_evidence_decides_nothing_and_a_row_is_accepted_once() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    case(directory, "2024-05-12", [0, 1, 2]);
    let mirror = |more: &[&str]| run(directory, &[&["mirror", "case"], more].concat());
    assert_eq!(
        mirror(&["--accept", "M-00000000", "--because", "x"]).code,
        2
    );
    let id = id(directory);
    assert_eq!(
        mirror(&["--accept", &id]).code,
        2,
        "a decision needs a reason"
    );
    assert_eq!(mirror(&["--accept", &id, "--because", " "]).code, 2);
    decide(directory, "--accept", &id);
    let found = json_of(directory, &["mirror", "case"]);
    // Another candidate of the round sum is accepted by itself, whatever its chance; a second one of the same row is not.
    let competing = found["competing"].as_array().unwrap().iter();
    let round: Vec<&str> = competing
        .filter(|of| of["rows"] == json!(["Aman.csv!-!R5"]))
        .map(|of| of["id"].as_str().unwrap())
        .collect();
    assert!(round.len() > 1, "{found}");
    decide(directory, "--accept", round[0]);
    let refused = mirror(&["--accept", round[1], "--because", "x"]);
    assert!(
        refused.code == 2 && refused.err.contains(round[0]),
        "{}",
        refused.err
    );
    assert_eq!(
        json_of(directory, &["mirror", "case"])["mirrors"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // A decision about what the evidence has otherwise is kept, told, and decides nothing.
    let path = directory.join("case/claims/0001-accept.json");
    let text = fs_err::read_to_string(&path).unwrap();
    let other = text.replace("741300", "741299").replace(&id, "M-11111111");
    fs_err::write(directory.join("case/claims/0003-accept.json"), other).unwrap();
    let ran = run(
        directory,
        &["trace", "case", "--from", SEED, "--layer", "custody"],
    );
    assert!(
        ran.err
            .contains("M-11111111: a person accepted this mirror, and it decides nothing"),
        "{}",
        ran.err
    );
    assert_eq!(steps(&custody(directory, &[])).len(), 4);
    assert_eq!(
        json_of(directory, &["mirror", "case"])["decisions"][0]["in_evidence"],
        false
    );
}

/// A settlement in two coins cannot be carried: accepting it changes nothing, not even what the two books' rows are.
#[test]
fn what_cannot_be_carried_leaves_the_record_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let token = "TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8";
    let mut other = transfer(6, [1, 2], 500, [9, 18]);
    other["token_info"] =
        json!({ "symbol": "USDC", "address": token, "decimals": 6, "name": "USD Coin" });
    let settling = [transfer(1, [1, 2], 7_411, [9, 15]), other];
    paid_by(root, "2024-05-12", [0, 1, 2], settling);
    let asked = [
        "trace",
        "case",
        "--from",
        "Yusuf.csv!-!R3",
        "--layer",
        "custody",
    ];
    let before = json_of(root, &asked);
    decide(root, "--accept", &id(root));
    let path = root.join("case/claims/0001-accept.json");
    let mut decision: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    let mut added = decision["transfers"][0].clone();
    added["txid"] = format!("{:064x}", 6).into();
    added["asset"] = format!("tron:{token}").into();
    added["units"] = "500000000".into();
    decision["transfers"].as_array_mut().unwrap().push(added);
    fs_err::write(&path, decision.to_string()).unwrap();
    let ran = run(root, &[&asked[..], &["--json"]].concat());
    assert!(ran.err.contains("several assets"), "{}", ran.err);
    let after: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(steps(&after), steps(&before));
}

/// What rests behind an accepted mirror says what it rests on.
#[test]
fn what_rests_behind_a_mirror_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    case(root, "2024-05-12", [0, 1, 2]);
    decide(root, "--accept", &id(root));
    let asked = ["resting", "case", "--from", SEED, "--layer", "custody"];
    let found = json_of(root, &asked);
    let places = found["places"].as_array().unwrap();
    let is_behind = |of: &&Value| {
        of["rests_on"]
            .as_array()
            .unwrap()
            .contains(&"crypto-mirror@2".into())
    };
    assert!(
        places
            .iter()
            .any(|of| is_behind(&of) && of.to_string().contains(&wallet(3))),
        "{found}"
    );
    assert!(done(root, &asked).contains("[inference: crypto-mirror@2]"));
}

/// The row that an accepted mirror made one with another is followed as what carries both, and that is said.
#[test]
fn a_row_that_was_made_one_with_another_is_followed_as_what_carries_both() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    case(root, "2024-05-12", [0, 1, 2]);
    decide(root, "--accept", &id(root));
    let from = |row| ["trace", "case", "--from", row, "--layer", "custody"];
    let other = run(root, &[&from("Yusuf.csv!-!R3")[..], &["--json"]].concat());
    assert!(
        other
            .err
            .contains("Yusuf.csv!-!R3 is one with X1 Aman.csv!-!R4"),
        "{}",
        other.err
    );
    assert_eq!(other.err.matches("is one with").count(), 1, "{}", other.err);
    let found: Value = serde_json::from_str(&other.out).unwrap();
    let first = json_of(root, &from("Aman.csv!-!R4"));
    assert!(!steps(&first).is_empty());
    assert_eq!(steps(&found), steps(&first));
    let plain = run(root, &from("Aman.csv!-!R4"));
    assert!(!plain.err.contains("is one with"), "{}", plain.err);
}
