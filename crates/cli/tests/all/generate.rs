//! Generated evidence: the same bytes for any number of threads, accepted by the program's own readers,
//! and every owner's balance that of the truth.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::done;
use moneytrail_model::{AccountKey, EventIdx, Network, TransferIdx};
use moneytrail_store::Case;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Makes evidence in `name` and gives what the program says of it.
fn generate(directory: &Path, name: &str, options: &[&str]) -> Value {
    let arguments = [&["generate", name, "--json"], options].concat();
    serde_json::from_str(&done(directory, &arguments)).unwrap()
}

/// SHA-256 of every file below a directory, by path.
fn hashes(root: &Path) -> BTreeMap<String, String> {
    let mut hashes = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs_err::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                hashes.insert(
                    name,
                    hex::encode(Sha256::digest(fs_err::read(&path).unwrap())),
                );
            }
        }
    }
    hashes
}

/// Rows of a table by the names of their columns.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs_err::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), columns.len(), "{line}");
            let named = columns.iter().zip(cells);
            named
                .map(|(name, cell)| ((*name).to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> u64 {
    row[column].parse().unwrap()
}

/// Same bytes for 1, 2 and 8 threads, other bytes for another seed, and every file is listed with its
/// columns, rows and bytes.
fn assert_reproducible(kind: &str, transfers: &str) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let mut first = None;
    for (name, seed, threads) in [
        ("a", "7", "1"),
        ("b", "7", "2"),
        ("c", "7", "8"),
        ("d", "8", "2"),
    ] {
        let options = [
            "--kind",
            kind,
            "--transfers",
            transfers,
            "--seed",
            seed,
            "--threads",
            threads,
        ];
        generate(root, name, &options);
        let hashes = hashes(&root.join(name));
        match &first {
            None => first = Some(hashes),
            Some(first) => assert_eq!(first == &hashes, seed == "7", "{kind}, {threads} threads"),
        }
    }
    let manifest = fs_err::read_to_string(root.join("a/generate.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let mut n_listed = 1;
    for file in ["evidence", "truth"]
        .iter()
        .flat_map(|part| manifest[part].as_array().unwrap())
    {
        let bytes = fs_err::read(root.join("a").join(file["path"].as_str().unwrap())).unwrap();
        assert_eq!(file["bytes"], bytes.len(), "{file}");
        if let Some(columns) = file["columns"].as_str() {
            assert!(bytes.starts_with(columns.as_bytes()), "{file}");
            let n_lines = String::from_utf8_lossy(&bytes).lines().count();
            assert_eq!(file["rows"], n_lines - 1, "{file}");
        }
        n_listed += 1;
    }
    assert_eq!(n_listed, first.unwrap().len(), "no file is left unlisted");
}

/// A directory with something in it is left as it is.
#[test]
fn nothing_is_written_over() {
    let directory = tempfile::tempdir().unwrap();
    fs_err::write(directory.path().join("mine"), "").unwrap();
    let ran = crate::common::run(directory.path(), &["generate", ".", "--transfers", "10"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(fs_err::read_dir(directory.path()).unwrap().count(), 1);
}

/// What a full disk leaves is said to be incomplete, by the command that left it and by the next one.
#[cfg(unix)]
#[test]
fn what_is_incomplete_is_said_to_be() {
    let directory = tempfile::tempdir().unwrap();
    let script = "trap '' XFSZ; ulimit -f 20; exec \"$0\" generate chain --transfers 20000";
    let output = std::process::Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_moneytrail")])
        .current_dir(directory.path())
        .output()
        .unwrap();
    let again = ["generate", "chain", "--transfers", "20000"];
    for ran in [
        crate::common::ran(output),
        crate::common::run(directory.path(), &again),
    ] {
        assert_eq!(ran.code, 3, "{}", ran.err);
        let said = "incomplete (generate.json is written last): remove chain and run it again";
        assert!(ran.err.contains(said), "{}", ran.err);
        assert!(!ran.err.contains("case"), "{}", ran.err);
    }
    assert!(!directory.path().join("chain/generate.json").exists());
}

#[test]
fn a_utxo_chain_depends_on_its_seed_alone() {
    assert_reproducible("utxo", "3000");
}

#[test]
fn a_utxo_chain_is_read_whole_and_every_balance_is_true() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let made = generate(
        root,
        "chain",
        &["--kind", "utxo", "--transfers", "40000", "--seed", "3"],
    );
    for kind in [
        "payment",
        "sweep",
        "peel",
        "batch",
        "payout",
        "consolidation",
        "split",
        "tx0",
        "whirlpool",
        "wasabi-1.0",
        "wasabi-1.1",
        "wasabi-2",
        "joinmarket",
        "stonewall",
        "stonewall-of-two",
        "payjoin",
        "payroll",
    ] {
        assert!(
            made["counts"][kind].as_u64().unwrap() > 0,
            "there is no {kind}"
        );
    }
    let truth = root.join("chain/truth");
    let wallets = table(&truth.join("wallets.csv"));
    let owner_of = |wallet: u64| number(&wallets[usize::try_from(wallet).unwrap()], "owner");
    let owners: BTreeMap<AccountKey, u64> = table(&truth.join("addresses.csv"))
        .iter()
        .map(|row| {
            (
                AccountKey::parse(&row["address"], Network::Regtest).unwrap(),
                owner_of(number(row, "wallet")),
            )
        })
        .collect();

    crate::common::new_case(root);
    done(root, &["add", "case", "chain/evidence/blocks", "--strict"]);
    let (graph, _) = Case::open(&root.join("case")).unwrap().graph().unwrap();
    let mut balances: BTreeMap<u64, i128> = BTreeMap::new();
    let mut n_of_owners = 0;
    for transfer in 0..graph.n_transfers() {
        let transfer = TransferIdx::new(transfer);
        let amount = graph
            .amount(transfer)
            .expect("every input's value is known")
            .units();
        for (node, sign) in [(graph.from(transfer), -1), (graph.to(transfer), 1)] {
            let owner = graph
                .account(node)
                .and_then(|account| owners.get(&account).copied());
            if let Some(owner) = owner {
                *balances.entry(owner).or_default() += sign * amount;
                n_of_owners += 1;
            }
        }
    }
    // All that is made and spent is in the graph, but the outputs of data.
    let n_data = made["counts"]["tx0"].as_u64().unwrap();
    let n_blocks = made["counts"]["blocks without genesis"].as_u64().unwrap();
    let n_made = made["counts"]["transfers"].as_u64().unwrap();
    assert_eq!(n_of_owners, n_made - n_data + n_blocks);
    for row in table(&truth.join("owners.csv")) {
        let found = balances.get(&number(&row, "owner")).copied().unwrap_or(0);
        assert_eq!(found, i128::from(number(&row, "balance")), "{row:?}");
    }
}

/// Kinds whose inputs have several owners, and those of them that mix one denomination.
const OF_SEVERAL: [&str; 7] = [
    "whirlpool",
    "wasabi-1.0",
    "joinmarket",
    "wasabi-1.1",
    "wasabi-2",
    "stonewall-of-two",
    "payjoin",
];
const ROUNDS: [&str; 3] = ["whirlpool", "wasabi-1.0", "joinmarket"];

#[test]
fn the_truth_of_a_utxo_chain_is_complete() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let made = generate(root, "chain", &["--transfers", "30000", "--seed", "5"]);
    let truth = root.join("chain/truth");
    let transactions = table(&truth.join("transactions.csv"));
    let blocks = table(&truth.join("blocks.csv"));
    let wallets = table(&truth.join("wallets.csv"));
    let sum = |rows: &[BTreeMap<String, String>], column| -> u64 {
        rows.iter().map(|row| number(row, column)).sum()
    };
    assert_eq!(sum(&blocks, "transactions"), transactions.len() as u64);
    assert_eq!(sum(&blocks, "fees"), sum(&transactions, "fee"));
    // Nothing is made or lost but by subsidies: fees come back as rewards.
    let owners = table(&truth.join("owners.csv"));
    assert_eq!(sum(&blocks, "subsidy"), sum(&wallets, "balance"));
    assert_eq!(sum(&wallets, "balance"), sum(&owners, "balance"));
    assert_eq!(
        sum(&blocks, "inputs"),
        made["counts"]["inputs"].as_u64().unwrap() + blocks.len() as u64
    );

    let mut rounds: BTreeMap<&str, Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    let participants = table(&truth.join("participants.csv"));
    for row in &participants {
        rounds.entry(row["txid"].as_str()).or_default().push(row);
    }
    for transaction in &transactions {
        let (kind, rows) = (
            transaction["kind"].as_str(),
            rounds.get(transaction["txid"].as_str()),
        );
        assert_eq!(
            rows.is_some(),
            OF_SEVERAL.contains(&kind) || kind == "tx0",
            "{kind}"
        );
        let Some(rows) = rows else { continue };
        let side = |name: &str| -> Vec<&BTreeMap<String, String>> {
            rows.iter()
                .copied()
                .filter(|row| row["side"] == name)
                .collect()
        };
        let (inputs, outputs) = (side("input"), side("output"));
        let value = |rows: &[&BTreeMap<String, String>]| -> u64 {
            rows.iter().map(|row| number(row, "value")).sum()
        };
        assert_eq!(value(&inputs), value(&outputs) + number(transaction, "fee"));
        if !ROUNDS.contains(&kind) {
            continue;
        }
        let mixed: Vec<_> = outputs
            .iter()
            .filter(|row| row["purpose"] == "mixed")
            .collect();
        assert!(
            mixed.iter().all(|row| row["value"] == mixed[0]["value"]),
            "one denomination"
        );
        let mut people: Vec<u64> = mixed.iter().map(|row| number(row, "wallet")).collect();
        people.sort_unstable();
        people.dedup();
        assert_eq!(
            people.len(),
            mixed.len(),
            "nobody takes part twice in a {kind}"
        );
        assert!(
            inputs
                .iter()
                .all(|row| people.contains(&number(row, "wallet")))
        );
        match kind {
            "whirlpool" => assert_eq!([inputs.len(), outputs.len(), mixed.len()], [5; 3]),
            "wasabi-1.0" => assert!(mixed.len() >= 20 && outputs.len() <= 2 * mixed.len() + 1),
            _ => assert!(mixed.len() >= 3 && outputs.len() == 2 * mixed.len()),
        }
    }
}

/// Sum of what came in less what went out, by account and asset.
fn held(case: &Path) -> BTreeMap<(AccountKey, String), i128> {
    let (graph, _) = Case::open(case).unwrap().graph().unwrap();
    let mut held = BTreeMap::new();
    for transfer in 0..graph.n_transfers() {
        let transfer = TransferIdx::new(transfer);
        let amount = graph.amount(transfer).unwrap().units();
        let asset = graph.asset(graph.asset_of(transfer)).key().to_string();
        for (node, sign) in [(graph.from(transfer), -1), (graph.to(transfer), 1)] {
            if let Some(account) = graph.account(node) {
                *held.entry((account, asset.clone())).or_default() += sign * amount;
            }
        }
    }
    held
}

/// Every transfer with its transaction and time, sorted. An export says issuance and fees where a list names the zero
/// address and the block's miner: such ends count as no one's. The last coins of a transaction are its fee.
fn movements(case: &Path) -> Vec<String> {
    let (graph, _) = Case::open(case).unwrap().graph().unwrap();
    let zero = AccountKey::Evm(Network::Ethereum, [0; 20]);
    let mut movements = Vec::new();
    for event in (0..graph.n_events()).map(EventIdx::new) {
        let (_, id) = graph.txid(event).unwrap();
        let time = graph.time(event).earliest();
        let asset = |transfer| graph.asset(graph.asset_of(transfer)).key().to_string();
        let coins = graph
            .transfers_of(event)
            .filter(|&leg| asset(leg) == "ethereum");
        let fee = coins.last();
        for transfer in graph.transfers_of(event) {
            let someone = |node| {
                let account = graph.account(node).unwrap();
                (!account.is_boundary() && account != zero).then(|| account.to_string())
            };
            let to = someone(graph.to(transfer)).filter(|_| fee != Some(transfer));
            movements.push(format!(
                "{} {time} {:?} {to:?} {} {}",
                hex::encode(id),
                someone(graph.from(transfer)),
                graph.amount(transfer).unwrap().units(),
                asset(transfer)
            ));
        }
    }
    movements.sort();
    movements
}

#[test]
fn an_account_chain_depends_on_its_seed_alone() {
    assert_reproducible("accounts", "3000");
}

#[test]
fn an_account_chain_is_read_whole_and_every_balance_is_true() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let made = generate(
        root,
        "chain",
        &["--kind", "accounts", "--transfers", "20000", "--seed", "2"],
    );
    let count = |what: &str| made["counts"][what].as_u64().unwrap();
    for kind in [
        "payment",
        "withdrawal",
        "deposit",
        "sweep",
        "gas",
        "mint",
        "failed",
        "pattern",
    ] {
        assert!(count(kind) > 0, "there is no {kind}");
    }
    let etl = root.join("chain/evidence/etl");
    let transactions = table(&etl.join("transactions.csv"));
    let receipts = table(&etl.join("receipts.csv"));
    assert_eq!(transactions.len(), receipts.len());
    assert_eq!(
        transactions.len() as u64,
        count("transfers") + count("failed")
    );
    let mut fees: BTreeMap<&str, u128> = BTreeMap::new();
    for (transaction, receipt) in transactions.iter().zip(&receipts) {
        assert_eq!(transaction["hash"], receipt["transaction_hash"]);
        *fees
            .entry(transaction["block_number"].as_str())
            .or_default() +=
            u128::from(number(receipt, "gas_used") * number(receipt, "effective_gas_price"));
    }
    let n_failed = receipts
        .iter()
        .filter(|receipt| receipt["status"] == "0")
        .count();
    assert_eq!(n_failed as u64, count("failed"));
    assert_eq!(fees.len() as u64, count("blocks"));

    crate::common::new_case(root);
    crate::common::done(
        root,
        &["--json", "add", "case", "chain/evidence/lists", "--strict"],
    );
    let exported = root.join("exported");
    crate::common::done(root, &["new", "exported"]);
    let out = crate::common::done(
        root,
        &[
            "--json",
            "add",
            "exported",
            "chain/evidence/etl",
            "--strict",
        ],
    );
    let added: Value = serde_json::from_str(&out).unwrap();
    let [exhibit] = &added["exhibits"].as_array().unwrap()[..] else {
        panic!("five tables are one exhibit: {added}");
    };
    assert_eq!(exhibit["format"], "ethereum-etl");
    let figure = |what: &str| {
        let figures = exhibit["figures"].as_array().unwrap();
        let found = figures.iter().find(|figure| figure["what"] == what);
        found.unwrap()["n"].as_u64().unwrap()
    };
    assert_eq!(figure("transfers"), count("transfers"));
    assert_eq!(figure("fees"), transactions.len() as u64);
    assert_eq!(figure("failed transactions"), count("failed"));
    assert_eq!(movements(&exported), movements(&root.join("case")));
    let lowest = &transactions[0];
    let trace = crate::common::done(
        root,
        &["--json", "trace", "exported", "--from", &lowest["hash"]],
    );
    assert!(trace.contains("transactions.csv"), "{trace}");
    let held = held(&root.join("case"));
    let tether = "ethereum:0xdac17f958d2ee523a2206206994597c13d831ec7";
    let mut n_accounts = 0;
    for row in table(&root.join("chain/truth/accounts.csv")) {
        let account = AccountKey::parse(&row["address"], Network::Ethereum).unwrap();
        let found = |asset: &str| {
            held.get(&(account.clone(), asset.to_owned()))
                .copied()
                .unwrap_or(0)
        };
        let gained = i128::from(number(&row, "gwei")) - i128::from(number(&row, "opening_gwei"));
        assert_eq!(found("ethereum"), gained * 1_000_000_000, "{row:?}");
        assert_eq!(
            found(tether),
            number(&row, "stablecoin_units").into(),
            "{row:?}"
        );
        n_accounts += 1;
    }
    assert_eq!(n_accounts, count("accounts"));
}

#[test]
fn an_rmat_graph_depends_on_its_seed_alone() {
    assert_reproducible("rmat", "200000");
}

#[test]
fn an_rmat_graph_is_the_same_in_both_forms() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let made = generate(
        root,
        "graph",
        &["--kind", "rmat", "--transfers", "100000", "--seed", "42"],
    );
    let list = table(&root.join("graph/evidence/transfers.csv"));
    let pairs = fs_err::read(root.join("graph/evidence/edges.u32")).unwrap();
    assert_eq!(
        list.len() as u64,
        made["counts"]["transfers"].as_u64().unwrap()
    );
    assert_eq!(
        list.len() as u64 + made["counts"]["loops left out"].as_u64().unwrap(),
        100_000
    );
    assert_eq!(pairs.len(), 8 * list.len());
    for (row, pair) in list.iter().zip(pairs.chunks_exact(8)) {
        let [source, target] =
            [&pair[..4], &pair[4..]].map(|id| u32::from_le_bytes(id.try_into().unwrap()));
        assert_eq!(
            [number(row, "source"), number(row, "target")],
            [source, target].map(u64::from)
        );
        assert_ne!(source, target);
    }
    let times: Vec<u64> = list.iter().map(|row| number(row, "time")).collect();
    assert!(times.is_sorted() && times[times.len() - 1] < 30 * 86_400);
    // Figures of numpy's generator for this size: the script of the reference, with 100,000 edges and scale 14.
    let first: Vec<[u64; 3]> = list[..3]
        .iter()
        .map(|row| ["source", "target", "time"].map(|column| number(row, column)))
        .collect();
    let of_numpy = vec![[14_285, 6_275, 10], [6_621, 3_636, 13], [12_763, 7_684, 17]];
    assert_eq!((list.len(), first), (99_902, of_numpy));
}

#[test]
fn hawala_books_depend_on_their_seed_alone() {
    assert_reproducible("hawala", "2000");
}

#[test]
fn hawala_books_are_read_whole_and_joined_as_they_are_in_truth() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let made = generate(
        root,
        "net",
        &["--kind", "hawala", "--transfers", "4000", "--seed", "1"],
    );
    let count = |what: &str| made["counts"][what].as_u64().unwrap();
    let truth = root.join("net/truth");
    crate::common::new_case(root);
    let mut n_booked = 0;
    let mut n_mentions = 0;
    for keeper in table(&truth.join("keepers.csv")) {
        let path = format!("net/evidence/books/{}", keeper["file"]);
        let added = done(root, &["add", "case", &path, "--strict", "--json"]);
        let added: Value = serde_json::from_str(&added).unwrap();
        let figures = added["exhibits"][0]["figures"].as_array().unwrap();
        let figure = |what: &str| {
            figures
                .iter()
                .find(|figure| figure["what"] == what)
                .map(|figure| figure["n"].as_u64().unwrap())
        };
        // Every balance but the opening ones follows from the one before it.
        let n_rows = figure("rows").unwrap() - 1 - 3;
        assert_eq!(figure("balances that add up"), Some(n_rows), "{path}");
        n_booked += n_rows;
        n_mentions += figure("orders sent").unwrap() + figure("orders received").unwrap();
    }
    assert_eq!(n_booked, count("transfers"));
    assert_eq!(n_mentions, count("orders") + count("orders paid out"));
    done(
        root,
        &[
            "add",
            "case",
            "net/evidence/chain/transfers.csv",
            "--strict",
        ],
    );

    let (_, notes) = Case::open(&root.join("case")).unwrap().graph().unwrap();
    let n_on_chain = count("settlements on the chain");
    assert!(n_on_chain > 0 && count("deposits") > 0);
    // Two books name each settlement on the chain; each order that was paid out stands in two books.
    let n_joined = notes.claims.len() as u64;
    assert_eq!(
        n_joined,
        count("orders paid out") + 2 * n_on_chain,
        "{:?}",
        notes.remarks
    );
    assert_eq!(
        notes.n_unmatched_tokens,
        count("orders") - count("orders paid out")
    );
    assert_eq!(notes.n_unmatched_transactions, 0);

    // Escrow: what goes out under a code is no more than what came in.
    let mut left: BTreeMap<u64, i128> = BTreeMap::new();
    for row in table(&truth.join("escrows.csv")) {
        let cents = i128::from(number(&row, "cents"));
        let escrow = left.entry(number(&row, "escrow")).or_default();
        *escrow += if row["kind"] == "deposit" {
            cents
        } else {
            -cents
        };
        assert!(*escrow >= 0, "{row:?}");
    }
    let orders = table(&truth.join("orders.csv"));
    assert_eq!(orders.len() as u64, count("orders"));
    assert!(
        orders
            .iter()
            .all(|row| row["paid"].is_empty() || row["paid_day"] >= row["issued_day"])
    );
}

#[test]
fn a_chain_like_tron_is_read_whole_and_every_balance_is_true() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let options = ["--kind", "tron", "--transfers", "4000", "--seed", "3"];
    let made = generate(root, "chain", &options);
    generate(root, "again", &[&options[..], &["--threads", "1"]].concat());
    assert_eq!(hashes(&root.join("chain")), hashes(&root.join("again")));
    let count = |what: &str| made["counts"][what].as_u64().unwrap();
    crate::common::new_case(root);
    let out = done(
        root,
        &["--json", "add", "case", "chain/evidence/etl", "--strict"],
    );
    let added: Value = serde_json::from_str(&out).unwrap();
    let exhibit = &added["exhibits"][0];
    assert_eq!(
        (&exhibit["format"], &exhibit["network"]),
        (&"ethereum-etl".into(), &"tron".into())
    );
    let figures = exhibit["figures"].as_array().unwrap();
    let transfers = figures
        .iter()
        .find(|figure| figure["what"] == "transfers")
        .unwrap();
    assert_eq!(transfers["n"].as_u64().unwrap(), count("transfers"));
    let held = held(&root.join("case"));
    let accounts = table(&root.join("chain/truth/accounts.csv"));
    let mut ways: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &accounts {
        let account = AccountKey::parse(&row["address"], Network::Tron).unwrap();
        let found = |asset: &str| {
            held.get(&(account.clone(), asset.to_owned()))
                .copied()
                .unwrap_or(0)
        };
        let gained = |now: &str, before: &str| {
            i128::from(number(row, now)) - i128::from(number(row, before))
        };
        assert_eq!(found("tron"), gained("sun", "opening_sun"), "{row:?}");
        assert_eq!(
            found("tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
            gained("stablecoin_units", "opening_units"),
            "{row:?}"
        );
        *ways.entry(&row["way"]).or_default() += 1;
    }
    assert_eq!(
        ways.len(),
        7,
        "every way, and those who had coins before: {ways:?}"
    );
    // The first coins that an account receives come from whom the truth names.
    let coins = table(&root.join("chain/evidence/etl/transactions.csv"));
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for row in coins.iter().filter(|row| row["value"] != "0") {
        first
            .entry(&row["to_address"])
            .or_insert(&row["from_address"]);
    }
    for row in accounts
        .iter()
        .filter(|row| !row["first_paid_by"].is_empty())
    {
        let payer = &accounts[usize::try_from(number(row, "first_paid_by")).unwrap()];
        assert_eq!(first[row["address"].as_str()], payer["address"], "{row:?}");
        let is_own = row["way"] == "own account";
        assert_eq!(is_own, row["owner"] == payer["owner"], "{row:?}");
    }
}
