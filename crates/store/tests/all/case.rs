//! The case directory: locks, recovery, versions, and what a segment gives back.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{actor, add, block, info, listed, new_case};
use moneytrail_model::{
    AccountKey, Amount, Basis, BookId, EventKind, Instant, Layers, Part, Precision, RecordBin,
    TransactionForm, TransferKind,
};
use moneytrail_store::schema::{
    AccountRow, Batch, Endpoint, EventRow, LinkRow, RecordPlace, RecordRow, Reference,
    ReferenceRow, Side, SourceRow, Table, TransferRow,
};
use moneytrail_store::{Case, CaseWriter, Custody, Error, ExhibitSource, Offered};

/// A book's batch that uses every kind of row.
fn book() -> Batch {
    let keeper = |part| Endpoint::Account(AccountKey::Hawaladar("Haji Farid".into(), part));
    let sender = Endpoint::Account(AccountKey::Customer(BookId([7; 8]), "خانواده سمندر".into()));
    let transfer = |from: Endpoint, to: Endpoint, layers| TransferRow {
        event: 0,
        from,
        to,
        asset: 0,
        amount: Some(Amount::new(-5).unwrap()),
        kind: TransferKind::OrderPaid,
        layers,
    };
    Batch {
        sources: vec![SourceRow {
            path: "book.xlsx".into(),
            sheet: Some("تیر".into()),
            right_to_left: true,
        }],
        assets: vec![moneytrail_model::Asset::new("EUR".parse().unwrap())],
        events: vec![EventRow {
            kind: EventKind::LedgerLine,
            transaction: None,
            block: None,
            tx_index: None,
            time: Instant::new(-86_400, Precision::Day),
            source: 0,
            row: Some(12),
            stale: false,
            form: TransactionForm::default(),
        }],
        transfers: [
            transfer(sender.clone(), keeper(Part::Cash), Layers::CUSTODY),
            transfer(sender.clone(), keeper(Part::Position), Layers::VALUE),
        ]
        .into_iter()
        .collect(),
        links: vec![LinkRow {
            earlier: 0,
            later: 1,
            consumed: Some(Amount::ZERO),
            paid: None,
            basis: Basis::Fact,
        }],
        references: vec![
            ReferenceRow {
                transfer: 1,
                reference: Reference::Token {
                    token: "414".into(),
                    side: Side::Issued,
                    issuer: "Haji Farid".into(),
                    payer: "Dragan".into(),
                },
            },
            ReferenceRow {
                transfer: 0,
                reference: Reference::Transaction {
                    txid: [9; 32],
                    account: Some(listed("w")),
                },
            },
        ],
        records: vec![
            RecordRow {
                source: 0,
                place: RecordPlace::Row(12),
                bin: RecordBin::Transferred,
                reason: None,
                raw: vec!["۱۲".into(), "".into(), "a\"b".into()],
            },
            RecordRow {
                source: 0,
                place: RecordPlace::Bytes(5, 9),
                bin: RecordBin::Quarantined,
                reason: Some("torn".into()),
                raw: vec![],
            },
        ],
        accounts: vec![AccountRow {
            account: listed("w"),
            field: "phone".into(),
            value: "0093".into(),
            source: 0,
            row: Some(12),
            column: Some(7),
            ordinal: Some(1),
        }],
        ..Batch::default()
    }
}

#[test]
fn a_segment_gives_back_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    let number = add(&writer, "book", 0, vec![book(), book()]);
    let segment = writer.case().segment(number).unwrap();
    let read = segment.read(&Table::ALL).unwrap();
    let (one, mut two) = (book(), book());
    two.transfers = two
        .transfers
        .iter()
        .map(|row| TransferRow { event: 1, ..row })
        .collect();
    two.links
        .iter_mut()
        .for_each(|row| (row.earlier, row.later) = (2, 3));
    two.references.iter_mut().for_each(|row| row.transfer += 2);
    assert_eq!(
        (&read.sources, &read.assets),
        (&one.sources, &one.assets),
        "interned"
    );
    let transfers = one.transfers.iter().chain(two.transfers.iter());
    assert_eq!(read.transfers, transfers.collect());
    assert_eq!(read.links, [one.links, two.links].concat());
    assert_eq!(read.references, [one.references, two.references].concat());
    assert_eq!(read.events, [one.events, two.events].concat());
    assert_eq!(read.records, [one.records, two.records].concat());
    assert_eq!(read.accounts, [one.accounts, two.accounts].concat());
    assert!(segment.damaged_tables().unwrap().is_empty());
}

#[test]
fn the_same_content_twice_is_recognised() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    assert_eq!(add(&writer, "a", 0, vec![]), 1);
    assert_eq!(add(&writer, "b", 0, vec![]), 2);
    assert_eq!(add(&writer, "a", 0, vec![]), 1);
    assert_eq!(writer.case().exhibits().unwrap().len(), 2);
    let hash = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    assert_eq!(
        writer.case().exhibits().unwrap()[0].sha256,
        hash,
        "SHA-256 of `a`, FIPS 180 example"
    );
}

#[test]
fn one_writer_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    let root = writer.case().root().to_owned();
    assert!(matches!(
        Case::open(&root).unwrap().write(&actor()),
        Err(Error::Locked(_))
    ));
    drop(writer);
    assert!(Case::open(&root).unwrap().write(&actor()).is_ok());
}

#[test]
fn what_is_left_unfinished_is_cleared_and_logged() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, vec![block(1, None, 1, &[])]);
    let path = directory.path().join("evidence");
    fs_err::write(&path, "b").unwrap();
    let source = ExhibitSource {
        name: "b".into(),
        files: vec![("b".into(), path)],
    };
    let Offered::New(staged) = writer
        .offer(&source, Custody::default(), false, &())
        .unwrap()
    else {
        panic!("new content")
    };
    // Killed between the two renames of a commit: the exhibit has its name, its segment has not.
    let root = writer.case().root().to_owned();
    fs_err::rename(root.join("exhibits/.tmp-X2"), root.join("exhibits/X2")).unwrap();
    drop((staged, writer));
    let case = Case::open(&root).unwrap();
    assert_eq!(
        case.exhibits().unwrap().len(),
        1,
        "reading sees whole exhibits only"
    );
    let writer = case.write(&actor()).unwrap();
    assert!(!root.join("exhibits/X2").exists());
    let log = writer.case().audit().read().unwrap();
    assert_eq!(log.entries.last().unwrap().action, "recover");
    assert_eq!(add(&writer, "b", 0, vec![]), 2);
}

#[test]
fn decisions_stand_in_the_order_in_which_they_were_made() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    let first = writer
        .put_decision(&actor(), "accept", b"{}", "a reason")
        .unwrap();
    assert_eq!(first, "claims/0001-accept.json");
    // More digits come after fewer.
    for number in [9999, 10_000] {
        writer
            .put(&format!("claims/{number}-reject.json"), b"{}")
            .unwrap();
    }
    let last = writer
        .put_decision(&actor(), "accept", b"{}", "a reason")
        .unwrap();
    assert_eq!(last, "claims/10001-accept.json");
    let claims = Case::open(&directory.path().join("case"))
        .unwrap()
        .claims()
        .unwrap();
    let names: Vec<&str> = claims.iter().map(|claim| &*claim.0).collect();
    assert_eq!(
        names,
        [
            "0001-accept.json",
            "9999-reject.json",
            "10000-reject.json",
            "10001-accept.json"
        ]
    );
}

#[test]
fn a_newer_case_is_refused_with_its_number() {
    let directory = tempfile::tempdir().unwrap();
    let root = new_case(directory.path()).case().root().to_owned();
    let toml = fs_err::read_to_string(root.join("case.toml")).unwrap();
    fs_err::write(
        root.join("case.toml"),
        toml.replace("version = 1", "version = 99") + "later = true\n",
    )
    .unwrap();
    let error = Case::open(&root).unwrap_err();
    assert!(error.to_string().contains("version 99"), "{error}");
    assert!(matches!(
        Case::create(&root, &info(), &actor()),
        Err(Error::Exists(_))
    ));
}

fn actions(writer: &CaseWriter) -> Vec<(String, String)> {
    let log = writer.case().audit().read().unwrap();
    let entries = log.entries.into_iter();
    entries.map(|entry| (entry.action, entry.subject)).collect()
}

/// A tag decides where a trace stops, a run who read what: neither may stand in the case unlogged.
#[test]
fn what_was_done_and_not_logged_is_logged_later() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    let root = writer.case().root().to_owned();
    writer.put("tags/ab.csv", b"account,label\n").unwrap();
    fs_err::write(root.join("tags/.tmp-x"), "half").unwrap();
    writer
        .put_run(&actor(), "trace", b"{}", &[("result.json", b"[]")])
        .unwrap();
    let whole = fs_err::read_to_string(root.join("audit.log")).unwrap();
    let first = whole.lines().next().unwrap().to_owned() + "\n";
    drop(writer);
    fs_err::write(root.join("audit.log"), &first).unwrap();
    let case = Case::open(&root).unwrap();
    assert_eq!(case.differences_from_log().unwrap().len(), 2);
    let writer = case.write(&actor()).unwrap();
    assert!(!root.join("tags/.tmp-x").exists());
    let logged: Vec<String> = actions(&writer).into_iter().map(|entry| entry.1).collect();
    assert_eq!(logged, ["T-1", "tags/.tmp-x", "tags/ab.csv", "0001-trace"]);
    assert!(writer.case().differences_from_log().unwrap().is_empty());

    // What is changed or removed later is no interruption: it stays a difference.
    fs_err::write(root.join("tags/ab.csv"), b"account,label\nx,y\n").unwrap();
    fs_err::write(root.join("runs/0001-trace/result.json"), b"[1]").unwrap();
    drop(writer);
    let writer = Case::open(&root).unwrap().write(&actor()).unwrap();
    assert_eq!(writer.case().differences_from_log().unwrap().len(), 2);
    fs_err::remove_dir_all(root.join("runs/0001-trace")).unwrap();
    let said = writer.case().differences_from_log().unwrap();
    assert!(said[1].contains("is not there"), "{said:?}");
}

#[test]
fn a_new_case_that_was_interrupted_can_be_made() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("case");
    fs_err::create_dir_all(root.join("exhibits")).unwrap();
    fs_err::write(root.join(".tmp-case"), "half").unwrap();
    let writer = new_case(directory.path());
    assert!(!root.join(".tmp-case").exists());
    assert_eq!(actions(&writer)[0].0, "new");
    // Killed behind case.toml: the case opens, and the log begins as ever.
    drop(writer);
    fs_err::remove_file(root.join("audit.log")).unwrap();
    let writer = Case::open(&root).unwrap().write(&actor()).unwrap();
    assert_eq!(actions(&writer), [("new".to_owned(), "T-1".to_owned())]);
    let other = directory.path().join("other");
    fs_err::create_dir_all(other.join("exhibits/X1")).unwrap();
    assert!(matches!(
        Case::create(&other, &info(), &actor()),
        Err(Error::Exists(_))
    ));
}

#[test]
fn a_name_of_evidence_cannot_leave_the_case() {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    let path = directory.path().join("evidence");
    fs_err::write(&path, "x").unwrap();
    for name in ["../x", "/tmp/x", "a/../../x", "..", "", "a//b", "..\\x"] {
        let source = ExhibitSource {
            name: "x".into(),
            files: vec![(name.into(), path.clone())],
        };
        let offered = writer.offer(&source, Custody::default(), false, &());
        assert!(matches!(offered, Err(Error::UnsafeName(_))), "{name}");
    }
    assert!(!directory.path().join("x").exists());
    assert_eq!(
        fs_err::read_dir(writer.case().root().join("exhibits"))
            .unwrap()
            .count(),
        0
    );
}
