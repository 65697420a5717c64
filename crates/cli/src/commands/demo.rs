//! `demo`: the sample case, from its exhibits to the report.

use super::add::{self, take_in};
use super::{case, trace};
use crate::args::{EntitiesArgs, NewArgs, PolicyArg, ReportArgs, TagArgs, TraceArgs};
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use moneytrail_ingest::{Options, gather};
use moneytrail_store::{Case, Custody};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Number of the sample case; a directory that holds it may be made anew.
const CASE_ID: &str = "SAMPLE-414";

/// Files of the sample, part of the program so that it runs anywhere. Source: `fixtures/README.md`.
const FILES: [(&str, &[u8]); 9] = [
    (
        "book-a.xlsx",
        include_bytes!("../../../../fixtures/story/book-a.xlsx"),
    ),
    (
        "book-a.toml",
        include_bytes!("../../../../fixtures/story/book-a.toml"),
    ),
    (
        "book-b.csv",
        include_bytes!("../../../../fixtures/story/book-b.csv"),
    ),
    (
        "book-b.toml",
        include_bytes!("../../../../fixtures/story/book-b.toml"),
    ),
    (
        "blocks/blk00000.dat",
        include_bytes!("../../../../fixtures/story/blocks/blk00000.dat"),
    ),
    (
        "blocks/rev00000.dat",
        include_bytes!("../../../../fixtures/story/blocks/rev00000.dat"),
    ),
    (
        "blocks/xor.dat",
        include_bytes!("../../../../fixtures/story/blocks/xor.dat"),
    ),
    (
        "usdt.csv",
        include_bytes!("../../../../fixtures/story/usdt.csv"),
    ),
    (
        "tags.csv",
        include_bytes!("../../../../fixtures/story/tags.csv"),
    ),
];

/// Exhibits in the order in which they are added: name, profile, authority's number, from whom.
const EXHIBITS: [(&str, Option<&str>, &str, &str); 4] = [
    (
        "book-a.xlsx",
        Some("book-a.toml"),
        "Sample-1",
        "the shop of Haji Farid (invented)",
    ),
    (
        "book-b.csv",
        Some("book-b.toml"),
        "Sample-2",
        "the telephone of Dragan (invented)",
    ),
    ("blocks", None, "Sample-3", "a regtest node"),
    ("usdt.csv", None, "Sample-4", "a node operator (invented)"),
];

/// The row that the demonstration follows: order 414, 7,400 EUR.
const SEED: &str = "book-a.xlsx!Sheet1!R12";

pub(crate) fn demo(directory: &Path, shell: &Shell) -> Result<Verdict, Error> {
    make_way(directory)?;
    let root = directory.join("case");
    fs_err::create_dir_all(directory.join("evidence"))?;
    for (name, bytes) in FILES {
        let path = directory.join("evidence").join(name);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(path, bytes)?;
    }
    shell.say("1. a new case");
    let new = NewArgs {
        case: root.clone(),
        id: Some(CASE_ID.to_owned()),
        title: "where 7,400 EUR went".to_owned(),
        notice: Some("Sample. Everything in it is invented.".to_owned()),
        base_currency: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    case::new(&new, shell)?;
    shell.say_apart("2. exhibits");
    add_exhibits(directory, &root, shell)?;
    let tags = TagArgs {
        case: root.clone(),
        file: Some(directory.join("evidence/tags.csv")),
        ..TagArgs::default()
    };
    super::tag::tag(&tags, shell)?;
    shell.say_apart("3. who belongs together");
    super::entities::entities(
        &EntitiesArgs {
            case: root.clone(),
            largest: 3,
            ..EntitiesArgs::default()
        },
        shell,
    )?;
    shell.say_apart(format!("4. where the money of {SEED} went"));
    let output = directory.join("report.html");
    trace::report(
        &ReportArgs {
            trace: question(&root),
            output: output.clone(),
        },
        shell,
    )?;
    shell.say_apart(format!("open {} in a browser", output.display()));
    Ok(Verdict::Done)
}

fn question(root: &Path) -> TraceArgs {
    TraceArgs {
        case: root.to_owned(),
        from: vec![SEED.to_owned()],
        to: Vec::new(),
        entity: false,
        policy: PolicyArg::All,
        layer: None,
        stop: "service,coinjoin".to_owned(),
        mirrors: None,
        since: None,
        as_of: None,
        rate_days: 0,
        without: Vec::new(),
    }
}

fn add_exhibits(directory: &Path, root: &Path, shell: &Shell) -> Result<(), Error> {
    let writer = Case::open(root)?.write(&shell.actor())?;
    let mut added = Vec::new();
    for (name, profile, number, from) in EXHIBITS {
        let path = directory.join("evidence").join(name);
        let profile = profile
            .map(|profile| fs_err::read_to_string(directory.join("evidence").join(profile)))
            .transpose()?;
        let options = Options {
            profile,
            ..Options::default()
        };
        let custody = Custody {
            exhibit_no: Some(number.to_owned()),
            received_from: Some(from.to_owned()),
            ..Custody::default()
        };
        for one in gather(&path)? {
            added.push(take_in(&writer, &one, custody.clone(), false, &options, shell)?.json);
        }
    }
    shell.json(&json!({ "schema": add::SCHEMA, "exhibits": added, "failed": [] }))
}

/// Clears an earlier demonstration; anything else that is there stays.
fn make_way(directory: &Path) -> Result<(), Error> {
    if !directory.exists() || fs_err::read_dir(directory)?.next().is_none() {
        return Ok(());
    }
    let is_demo = Case::open(&directory.join("case")).is_ok_and(|case| case.info().id == CASE_ID);
    if !is_demo {
        return Err(Error::input(format!(
            "{} is there already, and is no earlier demonstration",
            directory.display()
        ))
        .hint("name another directory: moneytrail demo DIRECTORY"));
    }
    let ours: [PathBuf; 3] = ["case", "evidence", "report.html"].map(|name| directory.join(name));
    for path in ours.iter().filter(|path| path.exists()) {
        if path.is_dir() {
            fs_err::remove_dir_all(path)?;
        } else {
            fs_err::remove_file(path)?;
        }
    }
    Ok(())
}
