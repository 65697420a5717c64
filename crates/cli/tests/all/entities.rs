//! Entities of real blocks against a count of nobody's code here, and of generated ones on the command line.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{done, run};
use bitcoin::consensus::deserialize;
use moneytrail_analysis::entity::coinjoin::{Effect, RULES, effect, labels};
use moneytrail_analysis::entity::{EntityOptions, entities};
use moneytrail_model::{AccountKey, Network};
use moneytrail_store::Case;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Joins inputs of each transaction by relabelling, until nothing changes. Accounts and dust follow the rules
/// of METHODS.md; values and scripts of spent outputs are those of the block itself. Gives how many accounts are together
/// with others, and in how many entities.
fn naive(block: &bitcoin::Block, left_out: &BTreeSet<[u8; 32]>) -> (usize, usize) {
    use bitcoin::hashes::Hash;
    let mut made: BTreeMap<bitcoin::OutPoint, &bitcoin::TxOut> = BTreeMap::new();
    for transaction in &block.txdata {
        let txid = transaction.compute_txid();
        for (vout, output) in (0..).zip(&transaction.output) {
            made.insert(bitcoin::OutPoint { txid, vout }, output);
        }
    }
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for transaction in &block.txdata {
        let is_out = left_out.contains(&transaction.compute_txid().to_byte_array());
        if transaction.is_coinbase() || is_out {
            continue;
        }
        let mut accounts = Vec::new();
        for input in &transaction.input {
            let spent = made.get(&input.previous_output);
            if spent.is_some_and(|output| output.value.to_sat() <= 1000) {
                continue;
            }
            let witness: Vec<&[u8]> = input.witness.iter().collect();
            let account = match spent {
                Some(output) => Some(moneytrail_model::address::of_script(
                    Network::Bitcoin,
                    output.script_pubkey.as_bytes(),
                )),
                None => moneytrail_model::address::revealed_by_input(
                    Network::Bitcoin,
                    input.script_sig.as_bytes(),
                    &witness,
                ),
            };
            if let Some(account @ AccountKey::Script(..)) = account {
                accounts.push(account.to_string());
            }
        }
        for account in &accounts {
            labels
                .entry(account.clone())
                .or_insert_with(|| account.clone());
        }
        let together: BTreeSet<String> = accounts
            .iter()
            .map(|account| labels[account].clone())
            .collect();
        if let Some(least) = together.first() {
            for label in labels
                .values_mut()
                .filter(|label| together.contains(*label))
            {
                label.clone_from(least);
            }
        }
    }
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for label in labels.into_values() {
        *sizes.entry(label).or_default() += 1;
    }
    let several: Vec<usize> = sizes.into_values().filter(|&size| size > 1).collect();
    (several.iter().sum(), several.len())
}

#[test]
fn entities_of_real_blocks_are_those_of_an_independent_count() {
    let Some(shared) = crate::common::shared() else {
        return;
    };
    for height in ["300025", "413567", "702861"] {
        let directory = tempfile::tempdir().unwrap();
        crate::common::new_case(directory.path());
        let path = shared.join(format!("bitcoin/mainnet/{height}.raw"));
        done(
            directory.path(),
            &[
                "add",
                "case",
                path.to_str().unwrap(),
                "--network",
                "bitcoin",
            ],
        );
        let block: bitcoin::Block = deserialize(&fs_err::read(&path).unwrap()).unwrap();
        let (graph, _) = Case::open(&directory.path().join("case"))
            .unwrap()
            .graph()
            .unwrap();
        let counts = |options: &EntityOptions| {
            let made = entities(&graph, options);
            let n_accounts: u32 = made.sizes().map(|entity| entity.1).sum();
            (n_accounts as usize, made.sizes().count())
        };
        // Without any rule on CoinJoins, and with all of them.
        let without = RULES.iter().map(|rule| rule.name.to_owned()).collect();
        let naively = EntityOptions {
            without,
            ..EntityOptions::default()
        };
        assert_eq!(
            counts(&naively),
            naive(&block, &BTreeSet::new()),
            "{height}"
        );
        let options = EntityOptions::default();
        let labelled = labels(&graph, &options).into_iter();
        let left_out = labelled.filter(|(_, label)| effect(label.rule) != Effect::OneWallet);
        let left_out: BTreeSet<[u8; 32]> = left_out
            .map(|(event, _)| graph.txid(event).unwrap().1)
            .collect();
        assert_eq!(counts(&options), naive(&block, &left_out), "{height}");
        assert!(
            !left_out.is_empty() || height == "300025",
            "{height}: no label at all"
        );
    }
}

fn json(directory: &Path, arguments: &[&str]) -> Value {
    let arguments = [&["--json"], arguments].concat();
    serde_json::from_str(&done(directory, &arguments)).unwrap()
}

/// A generated chain in a case.
fn chain_case(directory: &Path) {
    done(
        directory,
        &["generate", "chain", "--transfers", "6000", "--seed", "4"],
    );
    crate::common::new_case(directory);
    done(directory, &["add", "case", "chain/evidence/blocks"]);
}

#[test]
fn a_decision_is_written_logged_counted_and_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    chain_case(root);
    let before = json(root, &["entities", "case", "--largest", "1"]);
    let largest = &before["largest"][0]["accounts"];
    let [a, b] = [0, 1].map(|place| largest[place].as_str().unwrap().to_owned());
    // Two wallets of one service do not contradict.
    let tag = |name: &str, [one, other]: [&str; 2]| {
        let list = format!(
            "account,label,category,source,confidence\n{a},{one},test,50\n{b},{other},test,50\n"
        );
        fs_err::write(root.join(name), list).unwrap();
        done(root, &["tag", "case", name]);
    };
    tag("shops.csv", ["Shop 1,exchange", "shop #2,exchange"]);
    let review = json(root, &["entities", "case", "--review"]);
    assert_eq!(review["waiting"], Value::Array(Vec::new()));
    // Tags of two actors on the two ends.
    tag("tags.csv", ["Anna,person", "Boris,person"]);
    let review = json(root, &["entities", "case", "--review"]);
    let waiting = review["waiting"].as_array().unwrap();
    assert_eq!(
        waiting[0]["cause"],
        "tags contradict: Anna / Shop 1 and Boris / shop #2"
    );
    let why = || json(root, &["entities", "case", "--why", &a, &b]);
    assert_eq!(why()["together"], false);
    let event = waiting[0]["event"].as_str().unwrap().to_owned();
    // A reason is asked for.
    assert_eq!(run(root, &["entities", "case", "--accept", &event]).code, 2);
    let decide = |how: &str| {
        done(
            root,
            &[
                "entities",
                "case",
                how,
                &event,
                "--reason",
                "seen sha256 in person",
            ],
        )
    };
    for held in waiting {
        let event = held["event"].as_str().unwrap();
        done(
            root,
            &[
                "entities",
                "case",
                "--accept",
                event,
                "--reason",
                "seen in person",
            ],
        );
    }
    assert_eq!(why()["together"], true);
    // A report says who decided what it rests on.
    done(root, &["report", "case", "--from", &a, "-o", "report.html"]);
    let report = fs_err::read_to_string(root.join("report.html")).unwrap();
    assert!(report.contains("are of one owner, as a person decided"));
    let again = run(
        root,
        &["entities", "case", "--accept", &event, "--reason", "again"],
    );
    assert!(
        again.err.contains("it is not held back now"),
        "{}",
        again.err
    );
    decide("--reject");
    let rejected = json(root, &["entities", "case", "--review"]);
    assert_eq!(
        rejected["decisions"].as_array().unwrap().len(),
        waiting.len() + 2
    );
    decide("--reopen");
    assert_eq!(why()["together"], false);
    done(root, &["verify", "case"]);
    // A decision that was changed shows.
    let path = root.join("case/claims/0001-accept.json");
    let text = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, text.replace("seen in person", "guessed")).unwrap();
    assert_eq!(run(root, &["verify", "case"]).code, 1);
    // One whose transaction is not in the evidence says that it decides nothing.
    let decided = waiting[0]["event"].as_str().unwrap();
    fs_err::write(&path, text.replace(decided, &"0".repeat(64))).unwrap();
    let review = json(root, &["entities", "case", "--review"]);
    assert_eq!(
        review["without_effect"],
        serde_json::json!(["0".repeat(64)])
    );
}

#[test]
fn rules_are_taken_in_and_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    chain_case(root);
    let strong = json(root, &["entities", "case"]);
    let softly = json(root, &["entities", "case", "--with", "change,tx0"]);
    assert!(softly["entities"].as_u64() < strong["entities"].as_u64());
    assert!(
        softly["soft_merges"]
            .as_array()
            .unwrap()
            .iter()
            .any(|of| of["rule"] == "change@2")
    );
    let held = &softly["largest"][0]["held_together_by"];
    assert_eq!(held[0]["rule"], "multi-input@2");
    let without = json(
        root,
        &[
            "entities",
            "case",
            "--with",
            "change",
            "--without",
            "change",
        ],
    );
    assert_eq!(without["entities"], strong["entities"]);
    let changed = without["without"]["changed"].as_array().unwrap();
    assert!(changed.iter().all(|of| of["how"] == "falls apart into") && !changed.is_empty());
    let early = json(root, &["entities", "case", "--as-of", "110"]);
    assert!(early["entities"].as_u64() > strong["entities"].as_u64());
    assert_eq!(
        run(root, &["entities", "case", "--with", "guesswork"]).code,
        2
    );
    let unknown = run(root, &["entities", "case", "--without", "guesswork"]);
    assert_eq!(
        (unknown.code, unknown.err.matches("stonewall").count()),
        (2, 1)
    );
    assert!(unknown.err.contains("among-inputs"), "{}", unknown.err);
    // What was measured of Stonewall is how often joining is right, not how often the label is.
    let said = done(root, &["entities", "case"]);
    let line = said.lines().find(|line| line.contains("by stonewall@1"));
    assert!(
        line.is_some_and(|line| line.ends_with("by stonewall@1")),
        "{said}"
    );
    assert_eq!(
        run(root, &["entities", "case", "--as-of", "999999"]).code,
        2
    );
    let merged = json(root, &["entities", "case", "--merged-by", "X1"]);
    assert_eq!(
        merged["merged"],
        Value::Array(Vec::new()),
        "all of it is new"
    );
}

#[test]
fn an_accepted_change_is_kept_with_its_output() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    chain_case(root);
    let truth = fs_err::read_to_string(root.join("chain/truth/transactions.csv")).unwrap();
    let rows: Vec<Vec<&str>> = truth
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect())
        .collect();
    let with_change = rows.iter().filter(|row| !row[6].is_empty());
    let (row, votes) = with_change
        .map(|row| (row, json(root, &["entities", "case", "--votes", row[2]])))
        .find(|(_, votes)| votes["change"].is_string())
        .unwrap();
    let names = |vote: &serde_json::Value| vote["vote"].as_str().unwrap().to_owned();
    let votes: Vec<String> = votes["votes"]
        .as_array()
        .unwrap()
        .iter()
        .map(names)
        .collect();
    assert_eq!(votes[8..], ["version", "lock-time"]);
    let accept = |txid: &str| {
        let what = [
            "entities", "case", "--rule", "change", "--reason", "seen", "--accept", txid,
        ];
        run(root, &what)
    };
    // Which output was accepted stays written, as a coinbase has none.
    assert_eq!(accept(row[2]).code, 0);
    let review = json(root, &["entities", "case", "--review"]);
    let place: u64 = row[6].parse().unwrap();
    assert_eq!(review["decisions"][0]["output"], place);
    let coinbase = rows.iter().find(|row| row[3] == "coinbase").unwrap();
    let refused = accept(coinbase[2]);
    assert_eq!(refused.code, 2, "{}", refused.err);
}
