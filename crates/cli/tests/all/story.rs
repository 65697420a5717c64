//! The story of `fixtures/story` through the program: the figures that were computed by hand, what Bitcoin
//! Core says of the chain, the same bytes for any number of threads, and no customer's name.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, fixtures};
use moneytrail_model::{AccountKey, EventKind, TransferIdx, TransferKind};
use moneytrail_store::Case;
use moneytrail_store::graph::Graph;
use moneytrail_store::schema::Table;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The demonstration, made once; what an earlier run of the tests left is made anew. The lock is held until
/// the process ends, so that processes which run tests side by side take turns.
fn case() -> &'static Path {
    static MADE: OnceLock<(PathBuf, fs_err::File)> = OnceLock::new();
    let (made, _) = MADE.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let lock = fs_err::File::create(directory.join("story.lock")).unwrap();
        lock.file().lock().unwrap();
        done(directory, &["demo", "story"]);
        (directory.join("story"), lock)
    });
    made
}

fn expected() -> Value {
    let text = fs_err::read_to_string(fixtures().join("story/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A copy of the case, for a test that runs commands on it.
fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs_err::copy(&path, &place).unwrap();
        }
    }
}

/// A directory of its own with the case in it.
pub(crate) fn with_case() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    copy(&case().join("case"), &directory.path().join("case"));
    directory
}

fn trace(arguments: &[&str]) -> Value {
    let directory = with_case();
    let all = [&["--json", "trace", "case"], arguments].concat();
    serde_json::from_str(&done(directory.path(), &all)).unwrap()
}

fn units(money: &Value) -> i128 {
    money["units"].as_str().unwrap().parse().unwrap()
}

/// Amounts by how they ended and the account, of the listed trace.
fn ends(document: &Value) -> BTreeMap<(String, String), i128> {
    let mut ends = BTreeMap::new();
    for end in document["traces"][0]["ends"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let place = (text(&end["fate"]), text(&end["party"]["account"]));
        *ends.entry(place).or_insert(0) += units(&end["amount"]);
    }
    ends
}

/// Steps of the listed trace whose record stands in this row of this book.
fn traced_in(document: &Value, locator: &str, kind: &str) -> i128 {
    let steps = document["traces"][0]["steps"].as_array().unwrap();
    let of_row = steps.iter().filter(|step| {
        let mut evidence = step["evidence"].as_array().unwrap().iter();
        step["transfer_kind"] == kind && evidence.any(|citation| citation["locator"] == locator)
    });
    of_row.map(|step| units(&step["traced"])).sum()
}

const CENTRAL: &str = "book-a.xlsx!Sheet1!R12";

#[test]
fn value_3500_and_2900_paid_1000_pending() {
    for policy in ["fifo", "lifo", "haircut"] {
        let told = trace(&["--from", CENTRAL, "--layer", "value", "--policy", policy]);
        assert_eq!(traced_in(&told, "book-b.csv!-!R14", "payout"), 350_000);
        assert_eq!(traced_in(&told, "book-b.csv!-!R23", "payout"), 290_000);
        let ends = ends(&told);
        let of = |fate: &str| -> i128 {
            let found = ends.iter().filter(|end| end.0.0 == fate);
            found.map(|end| end.1).sum()
        };
        assert_eq!(
            (of("paid_out"), of("rests")),
            (640_000, 100_000),
            "{ends:?}"
        );
        assert!(ends.contains_key(&("rests".into(), "hawaladar:Dragan/pending".into())));
    }
}

#[test]
fn custody_4050_120_3230() {
    let told = trace(&["--from", CENTRAL, "--layer", "custody"]);
    let of = |row: &str, kind| traced_in(&told, &format!("book-a.xlsx!Sheet1!{row}"), kind);
    let euro = |row: &str, kind: &str| {
        let steps = told["traces"][0]["steps"].as_array().unwrap();
        let of_row = steps.iter().filter(|step| {
            step["traced"]["asset"] == "EUR"
                && step["transfer_kind"] == kind
                && step["evidence"][0]["locator"] == format!("book-a.xlsx!Sheet1!{row}")
        });
        of_row.map(|step| units(&step["traced"])).sum::<i128>()
    };
    assert_eq!(euro("R18", "exchange"), 405_000);
    assert_eq!(of("R21", "expense"), 12_000);
    assert_eq!(euro("R27", "exchange"), 323_000);
    for row in ["R11", "R17"] {
        assert_eq!(euro(row, "payout"), 0, "{row}");
    }
    // 4,050 EUR are 0.06532258 BTC and 3,230 EUR are 0.05176282 BTC, rounded down.
    let arrived = told["traces"][0]["balance"].as_array().unwrap();
    let coins: i128 = arrived
        .iter()
        .filter(|line| line["arrived"]["asset"] == "bitcoin-regtest")
        .map(|line| units(&line["arrived"]))
        .sum();
    let (first, second) = (6_532_258, 5_176_282);
    assert!(
        (first + second..=first + second + 1).contains(&coins),
        "{coins}"
    );
}

/// The table of `story.md`, from the program and not from a copy in a test.
fn story_table() -> BTreeMap<(String, String), i128> {
    let story = fs_err::read_to_string(fixtures().join("story/story.md")).unwrap();
    let (_, table) = story.split_once("| ends at | address | satoshi |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut ends = BTreeMap::new();
    let mut fate = "";
    for line in table.lines().skip(2) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let satoshi: i128 = cells[3].replace(',', "").parse().unwrap();
        let address = cells[2].trim_matches('`').to_owned();
        fate = match cells[1] {
            "" => fate,
            "together" => {
                assert_eq!(ends.values().sum::<i128>(), satoshi);
                break;
            }
            "fees" => "fees",
            "exchange" => "service",
            what if what.starts_with("CoinJoin") => "coinjoin",
            _ => "rests",
        };
        ends.insert((fate.to_owned(), address), satoshi);
    }
    ends
}

#[test]
fn the_45_000_000_satoshi_of_the_settlement() {
    let settlement = "867e8a44ac81f61e6df1db1cf6b6d415e28da6fe4f6e31d108900a7f855d20c6:0";
    let table = story_table();
    assert_eq!(table.len(), 10);
    for policy in ["fifo", "lifo", "haircut"] {
        let told = trace(&["--from", settlement, "--policy", policy]);
        let mut found: BTreeMap<(String, String), i128> = BTreeMap::new();
        for ((fate, account), units) in ends(&told) {
            // A mix has candidates, not an account: the table names the coin that went in.
            let account = match &*fate {
                "fees" => String::new(),
                "coinjoin" => {
                    let steps = told["traces"][0]["steps"].as_array().unwrap();
                    let into = steps.iter().find(|step| step["to"]["account"] == account);
                    into.unwrap()["from"]["account"]
                        .as_str()
                        .unwrap()
                        .to_owned()
                }
                _ => account,
            };
            *found.entry((fate, account)).or_insert(0) += units;
        }
        assert_eq!(found, table, "{policy}");
    }
}

fn graph() -> (Case, Graph) {
    let case = Case::open(&case().join("case")).unwrap();
    let graph = case.graph().unwrap().0;
    (case, graph)
}

fn transfers(graph: &Graph) -> impl Iterator<Item = TransferIdx> + '_ {
    (0..graph.n_transfers()).map(TransferIdx::new)
}

#[test]
fn the_chain_counts_as_bitcoin_core_counts_it() {
    let (case, graph) = graph();
    let expected = expected();
    let on_chain = |event| {
        matches!(
            graph.event_kind(event),
            EventKind::Transaction | EventKind::Coinbase
        )
    };
    let is_chain = |t: &TransferIdx| on_chain(graph.event_of(*t));
    let events = (0..graph.n_events())
        .map(moneytrail_model::EventIdx::new)
        .filter(|&event| on_chain(event));
    let count = |kind| {
        let found = transfers(&graph).filter(is_chain);
        found.filter(|&t| graph.kind(t) == kind).count() as u64
    };
    let events: Vec<_> = events.collect();
    let n_coinbases = events
        .iter()
        .filter(|&&event| graph.event_kind(event) == EventKind::Coinbase)
        .count() as u64;
    let chain = &expected["active_chain"];
    assert_eq!(chain["transactions"], events.len() as u64);
    assert_eq!(chain["blocks"], n_coinbases);
    assert_eq!(chain["inputs"], count(TransferKind::Input) + n_coinbases);
    assert_eq!(chain["outputs"], count(TransferKind::Output));
    let n_multi_input = events.iter().filter(|&&event| {
        let inputs = graph
            .transfers_of(event)
            .filter(|&t| graph.kind(t) == TransferKind::Input);
        inputs.count() > 1
    });
    assert_eq!(
        chain["multi_input_transactions"],
        n_multi_input.count() as u64
    );
    let exhibits = case.exhibits().unwrap();
    let blocks = exhibits.iter().find(|one| one.name == "blocks").unwrap();
    let segment = case.segment(blocks.number).unwrap();
    let stale: Vec<Value> = segment
        .summary()
        .stale
        .iter()
        .map(|(height, hash, n)| {
            serde_json::json!({ "height": height, "hash": hash, "transactions": n })
        })
        .collect();
    assert_eq!(expected["stale_blocks"], Value::Array(stale));
}

/// Core's undo data, written by another program: value and account of every spent output.
#[test]
fn every_input_has_the_value_that_core_wrote_as_undo_data() {
    let (case, graph) = graph();
    let expected = expected();
    let exhibits = case.exhibits().unwrap();
    let blocks = exhibits.iter().find(|one| one.name == "blocks").unwrap();
    let rows = case.segment(blocks.number).unwrap();
    let rows = rows.read(&[Table::Blocks, Table::Events]).unwrap();
    let mut by_txid = BTreeMap::new();
    for event in (0..graph.n_events()).map(moneytrail_model::EventIdx::new) {
        let Some(first) = graph.citations(event).next() else {
            continue;
        };
        if first.exhibit == blocks.number {
            let (_, mut txid) = rows.events[first.event_row as usize].transaction.unwrap();
            txid.reverse();
            by_txid.insert(hex::encode(txid), event);
        }
    }
    let mut n_checked = 0;
    for (txid, spent) in undo(&expected) {
        let inputs: Vec<i128> = graph
            .transfers_of(by_txid[&txid])
            .filter(|&t| graph.kind(t) == TransferKind::Input)
            .map(|t| {
                assert!(!matches!(
                    graph.account(graph.from(t)),
                    Some(AccountKey::Outpoint(..)) | None
                ));
                assert_eq!(graph.links_spending(t).len(), 1, "{txid}");
                graph.amount(t).unwrap().units()
            })
            .collect();
        assert_eq!(inputs, spent, "{txid}");
        n_checked += inputs.len();
    }
    let n_coinbases = expected["active_chain"]["blocks"].as_u64().unwrap();
    let n_inputs = expected["active_chain"]["inputs"].as_u64().unwrap();
    assert_eq!(n_checked as u64, n_inputs - n_coinbases);
}

/// Values of the outputs that each transaction spends, by input.
fn undo(expected: &Value) -> BTreeMap<String, Vec<i128>> {
    let mut spent: BTreeMap<String, Vec<i128>> = BTreeMap::new();
    for output in expected["spent_outputs"].as_array().unwrap() {
        let inputs = spent
            .entry(output["txid"].as_str().unwrap().to_owned())
            .or_default();
        assert_eq!(output["input"], inputs.len() as u64, "in order of inputs");
        inputs.push(output["value"].as_i64().unwrap().into());
    }
    spent
}

/// The report of the central payment, as `demo` asks for it.
fn report(directory: &Path, case: &str, arguments: &[&str]) -> Vec<u8> {
    let question = ["report", case, "--from", CENTRAL, "--policy", "all"];
    let all = [&question, arguments, &["-o", "report.html"]].concat();
    done(directory, &all);
    fs_err::read(directory.join("report.html")).unwrap()
}

#[test]
fn the_report_is_the_same_for_any_threads_any_run_and_any_way_to_the_case() {
    let directory = with_case();
    let first = report(directory.path(), "case", &["--threads", "1"]);
    for threads in ["2", "8", "1"] {
        let again = report(directory.path(), "case", &["--threads", threads]);
        assert!(first == again, "--threads {threads}");
    }
    fs_err::remove_dir_all(directory.path().join("case/index")).unwrap();
    let absolute = directory.path().join("case").display().to_string();
    let rebuilt = report(directory.path(), &absolute, &[]);
    assert!(first == rebuilt, "built again, and by its absolute path");
    assert!(!String::from_utf8(rebuilt).unwrap().contains(&absolute));
    assert!(
        first == fs_err::read(case().join("report.html")).unwrap(),
        "demo"
    );
}

/// Names of customers, as the books write them.
fn customers(graph: &Graph) -> Vec<String> {
    let accounts = (0..graph.n_accounts()).map(moneytrail_model::NodeIdx::new);
    let names = accounts.filter_map(|node| match graph.account(node)? {
        AccountKey::Customer(_, name) => Some(name.into_string()),
        _ => None,
    });
    names.collect()
}

#[test]
fn no_customer_is_named_without_a_purpose() {
    let names = customers(&graph().1);
    assert!(names.len() > 30, "{}", names.len());
    let named = |text: &str| -> Vec<&String> {
        names
            .iter()
            .filter(|name| text.contains(&***name))
            .collect()
    };
    let directory = with_case();
    let root = directory.path();
    let family = "خانواده سمندر";
    assert!(names.iter().any(|name| name == family));
    let mut shown = Vec::new();
    for seed in [CENTRAL, family] {
        let question = ["--from", seed, "--layer", "value"];
        for json in [&["--json"][..], &[]] {
            for purpose in [
                &[][..],
                &["--purpose", "I am curious"],
                &["--operator", "me"],
                &["--operator", "me", "--purpose", " "],
            ] {
                shown.push(done(
                    root,
                    &[json, &["trace", "case"], &question, purpose].concat(),
                ));
            }
        }
        for file in ["r.html", "r.json"] {
            let all = [&["report", "case"], &question[..], &["-o", file]].concat();
            shown.push(done(root, &all));
            shown.push(fs_err::read_to_string(root.join(file)).unwrap());
        }
    }
    for entry in fs_err::read_dir(root.join("case/runs")).unwrap() {
        for file in fs_err::read_dir(entry.unwrap().path()).unwrap() {
            shown.push(fs_err::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    shown.push(fs_err::read_to_string(root.join("case/audit.log")).unwrap());
    shown.push(done(root, &["verify", "case"]));
    for book in ["book-a.xlsx", "book-b.csv"] {
        let path = fixtures().join("story").join(book).display().to_string();
        shown.push(done(root, &["inspect", &path]));
        shown.push(done(root, &["--json", "inspect", &path]));
    }
    for text in &shown {
        assert_eq!(
            named(text),
            Vec::<&String>::new(),
            "{}",
            &text[..text.len().min(2_000)]
        );
    }
    // With who and why they are shown, and the log says so.
    let asked = ["--operator", "me", "--purpose", "warrant 7"];
    let told = done(
        root,
        &[&["trace", "case", "--from", family][..], &asked].concat(),
    );
    assert!(told.contains(family), "{told}");
    let log = fs_err::read_to_string(root.join("case/audit.log")).unwrap();
    assert!(log.lines().last().unwrap().contains("warrant 7"));
}

/// A release belongs to its deposit by a rule within one book: no record says so.
#[test]
fn what_a_rule_of_one_book_joins_is_no_fact() {
    let told = trace(&["--from", "book-a.xlsx!Sheet1!R26", "--layer", "value"]);
    let steps = told["traces"][0]["steps"].as_array().unwrap();
    let release = steps.iter().find(|step| {
        let mut evidence = step["evidence"].as_array().unwrap().iter();
        evidence.any(|citation| citation["locator"] == "book-a.xlsx!Sheet1!R38")
    });
    let basis = &release.unwrap()["basis"];
    assert_eq!(basis["kind"], "inference", "{basis}");
    assert_eq!(basis["rule"], "escrow-code@1", "{basis}");
}

const HEADER: &str = "R.br.;Datum;Šifra;Vrsta;Pošiljalac;Primalac;Telefon;Mesto;Partner;Uplata;Isplata;Valuta;Kurs;Provizija;Saldo;txid;novčanik;Napomena";

/// Two people of one name in two books are two ends of an answer, not one who got both.
#[test]
fn two_people_of_one_name_are_two() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    crate::common::new_case(root);
    let books = [
        (
            "Ana",
            "1;06.05.2024;501;Slanje;Pera Prvi;Ali Isti;;Niš;Bojan;100,00;;EUR;;;;;;\n\
             2;06.05.2024;502;Slanje;Pera Prvi;Ali Isti;;Bor;Cane;50,00;;EUR;;;;;;",
        ),
        (
            "Bojan",
            "1;07.05.2024;501;Isplata;Pera Prvi;Ali Isti;;Niš;Ana;;100,00;EUR;;;;;;",
        ),
        (
            "Cane",
            "1;07.05.2024;502;Isplata;Pera Prvi;Ali Isti;;Bor;Ana;;50,00;EUR;;;;;;",
        ),
    ];
    for (owner, rows) in books {
        let (book, profile) = (format!("{owner}.csv"), format!("{owner}.toml"));
        fs_err::write(root.join(&book), format!("{HEADER}\n{rows}\n")).unwrap();
        let text = format!("[book]\nowner = \"{owner}\"\ntime_zone = \"Europe/Belgrade\"\n");
        fs_err::write(root.join(&profile), text).unwrap();
        done(root, &["add", "case", &book, "--profile", &profile]);
    }
    let asked = ["--operator", "me", "--purpose", "warrant 7"];
    let question = [
        "--json",
        "trace",
        "case",
        "--from",
        "Pera Prvi",
        "--layer",
        "value",
    ];
    let told: Value = serde_json::from_str(&done(root, &[&question[..], &asked].concat())).unwrap();
    let parts = told["head"]["answers"][0]["parts"].as_array().unwrap();
    let paid: Vec<i128> = parts
        .iter()
        .filter(|part| part["fate"] == "paid_out" && part["at"]["name"] == "Ali Isti")
        .map(|part| units(&part["amount"]))
        .collect();
    assert_eq!(paid.iter().sum::<i128>(), 15_000, "{parts:#?}");
    assert_eq!(paid.len(), 2, "{parts:#?}");
}

/// Whoever reads names of customers stands in the log, whichever command showed them; who reads none does not.
#[test]
fn who_reads_names_is_logged() {
    let directory = with_case();
    let root = directory.path();
    let log = || fs_err::read_to_string(root.join("case/audit.log")).unwrap();
    let n_logged = || log().matches("\"disclose\"").count();
    let before = n_logged();
    let who = ["--operator", "o", "--purpose", "p"];
    let seed = ["--from", "book-a.xlsx!Sheet1!R12"];
    done(root, &[&["trace", "case"], &seed[..]].concat());
    assert_eq!(n_logged(), before, "nobody said why, and nobody was named");
    let mut n = before;
    for command in [
        [&["trace", "case"], &seed[..]].concat(),
        [&["resting", "case"], &seed[..]].concat(),
        [&["report", "case"], &seed[..], &["-o", "r.json"]].concat(),
        vec!["find", "case", "0700"],
        vec!["people", "case"],
    ] {
        done(root, &[&who[..], &command].concat());
        n += 1;
        assert_eq!(n_logged(), n, "{command:?}\n{}", log());
    }
    // Of a chain alone nobody is named.
    let coin = "abaeec9454a962e902a0cd58196f071c8a6a3b99cf507be1f9f3fcc6a2085c7e:0";
    let asked = ["trace", "case", "--from", coin, "--stop", "events=0"];
    done(root, &[&who[..], &asked].concat());
    assert_eq!(n_logged(), n);
}
