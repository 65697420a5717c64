//! Bad input: a clear message, the right exit code, nothing lost, and the case as it was.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{Ran, done, fixtures, new_case, program, ran, run, shared};
use std::fmt::Write as _;
use std::path::Path;

fn case_with(name: &str, bytes: &[u8]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    fs_err::write(directory.path().join(name), bytes).unwrap();
    directory
}

/// Adds one file and expects it to be refused as a whole.
fn refused(name: &str, bytes: &[u8], says: &str) -> Ran {
    let directory = case_with(name, bytes);
    let ran = run(directory.path(), &["add", "case", name]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(says), "{}", ran.err);
    let verified = done(directory.path(), &["verify", "case"]);
    assert!(verified.contains("verified: no difference"));
    assert!(!directory.path().join("case/segments/X1").exists());
    ran
}

/// Adds one file and expects exactly so many records in quarantine.
fn quarantined(name: &str, bytes: &[u8], n: u64, says: &str) -> serde_json::Value {
    let directory = case_with(name, bytes);
    let ran = run(
        directory.path(),
        &["--json", "add", "case", name, "--strict"],
    );
    assert_eq!(ran.code, i32::from(n > 0), "{}{}", ran.out, ran.err);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let exhibit = &json["exhibits"][0];
    let counts = &exhibit["records"];
    let count = |bin: &str| counts[bin].as_u64().unwrap();
    assert_eq!(count("quarantined"), n, "{}", ran.out);
    assert_eq!(
        count("read"),
        count("transferred") + count("contextual") + count("set_aside") + count("quarantined"),
        "every record is accounted for"
    );
    assert!(
        exhibit["quarantined"].to_string().contains(says),
        "{}",
        exhibit["quarantined"]
    );
    exhibit.clone()
}

/// The fixture chain without its obfuscation and without the padding behind its last block.
fn plain_blocks() -> Vec<u8> {
    let blocks = fixtures().join("story/blocks");
    let key = fs_err::read(blocks.join("xor.dat")).unwrap();
    let bytes = fs_err::read(blocks.join("blk00000.dat")).unwrap();
    let mut bytes: Vec<u8> = bytes
        .iter()
        .enumerate()
        .map(|(offset, byte)| byte ^ key[offset % key.len()])
        .collect();
    let magic = bytes[..4].to_vec();
    let mut end = 0;
    while bytes[end..].starts_with(&magic) {
        end += 8 + u32::from_le_bytes(bytes[end + 4..end + 8].try_into().unwrap()) as usize;
    }
    bytes.truncate(end);
    bytes
}

/// Offset and length of the framed block at a position in the file.
fn frame(bytes: &[u8], position: usize) -> (usize, usize) {
    let mut at = 0;
    for _ in 0..position {
        at += 8 + u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
    }
    (
        at,
        u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize,
    )
}

#[test]
fn a_truncated_block_file() {
    let bytes = plain_blocks();
    let (at, len) = frame(&bytes, 120);
    let exhibit = quarantined("cut.dat", &bytes[..at + len / 2], 1, "");
    assert_eq!(exhibit["figures"][0]["n"], 120, "{exhibit}");
}

#[test]
fn a_flipped_bit_in_a_transaction() {
    let mut bytes = plain_blocks();
    let (at, len) = frame(&bytes, 50);
    bytes[at + 8 + len - 10] ^= 4;
    let exhibit = quarantined("flipped.dat", &bytes, 1, "");
    let said = exhibit["quarantined"].to_string();
    assert!(
        said.contains("merkle") || said.contains("commitment"),
        "{said}"
    );
}

#[test]
fn two_networks_in_one_file() {
    if let Some(shared) = shared() {
        let bytes = fs_err::read(shared.join("bitcoin/mixed-networks.blk")).unwrap();
        let ran = refused("mixed.blk", &bytes, "mixes");
        assert!(ran.err.contains("hint: split the file by network"));
    }
    // A foreign magic before bytes that are no block of its network is damage, not another network.
    let mut damaged = plain_blocks();
    let (at, _) = frame(&damaged, 3);
    damaged[at..at + 4].copy_from_slice(&[0xf9, 0xbe, 0xb4, 0xd9]);
    quarantined("damaged.blk", &damaged, 1, "magic of another network");
}

#[test]
fn an_xor_key_of_the_wrong_length() {
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    let blocks = directory.path().join("blocks");
    fs_err::create_dir(&blocks).unwrap();
    fs_err::copy(
        fixtures().join("story/blocks/blk00000.dat"),
        blocks.join("blk00000.dat"),
    )
    .unwrap();
    fs_err::write(blocks.join("xor.dat"), [1, 2, 3]).unwrap();
    let ran = run(directory.path(), &["add", "case", "blocks"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains("has 8 bytes, this one has 3"),
        "{}",
        ran.err
    );
}

#[test]
fn nothing_to_read() {
    refused("empty", b"", "is empty");
    refused(
        "noise",
        b"\x00\x01\x02\x03 no format at all \xff\xfe\xfd",
        "no known format",
    );
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    fs_err::create_dir(directory.path().join("hollow")).unwrap();
    let ran = run(directory.path(), &["add", "case", "hollow"]);
    assert_eq!(
        (ran.code, ran.err.contains("holds no file that can be read")),
        (3, true),
        "{}",
        ran.err
    );
    let ran = run(directory.path(), &["add", "case", "absent.csv"]);
    assert_eq!(
        (ran.code, ran.err.contains("absent.csv")),
        (3, true),
        "{}",
        ran.err
    );
}

#[test]
fn rows_of_a_list_that_do_not_read() {
    let list = b"source,target,time,amount\n\
        a,b,2024-05-01,10\n\
        a,b,2024-05-02\n\
        a,b,2024-05-03,1111111111111111111111111111111111111111\n\
        a,b,2024-02-30,5\n\
        a,b,2024-05-04,-5\n\
        a,b,2024-05-05,ten\n\
        ,b,2024-05-06,1\n\
        a,b,2024-05-07,7\n";
    let exhibit = quarantined("list.csv", list, 6, "list.csv!-!R3");
    assert_eq!(exhibit["records"]["transferred"], 2);
    let said = exhibit["quarantined"].to_string();
    assert!(
        said.contains("1111111111111111111111111111111111111111"),
        "the raw text is kept: {said}"
    );
}

#[test]
fn a_broken_spreadsheet() {
    let whole = fs_err::read(fixtures().join("story/book-a.xlsx")).unwrap();
    let ran = refused("book.xlsx", &whole[..whole.len() / 2], "does not open");
    assert!(ran.err.contains("hint:"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up() {
    let directory = case_with("list.csv", b"");
    let mut list = String::from("source,target,time,amount\n");
    for row in 0..20_000 {
        writeln!(
            list,
            "account-{row},account-{},{},{row}",
            row * 31 % 20_000,
            1_700_000_000 + row
        )
        .unwrap();
    }
    fs_err::write(directory.path().join("list.csv"), list).unwrap();
    // A limit on the size of files stands for a full disk: the write fails, the signal is ignored. Copying the
    // exhibit fails; where it stays in its place, a table of its segment does.
    for add in ["add case list.csv", "add --by-reference case list.csv"] {
        let script = format!("trap '' XFSZ; ulimit -f 20; exec \"$0\" {add}");
        let output = std::process::Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_moneytrail")])
            .current_dir(directory.path())
            .output()
            .unwrap();
        let failed = ran(output);
        assert_eq!(failed.code, 3, "{}{}", failed.out, failed.err);
        assert!(
            failed.err.contains("hint: the case is as it was before"),
            "{}",
            failed.err
        );
        assert!(!failed.err.contains("parquet:"), "{}", failed.err);
        for place in ["exhibits", "segments"] {
            let place = directory.path().join("case").join(place);
            let n_left = fs_err::read_dir(&place).unwrap().count();
            assert_eq!(n_left, 0, "{add}: {}", place.display());
        }
    }
    done(directory.path(), &["add", "case", "list.csv"]);
    done(directory.path(), &["verify", "case"]);
}

#[test]
fn a_case_of_a_newer_version() {
    let directory = case_with("x", b"x");
    let path = directory.path().join("case/case.toml");
    let text = fs_err::read_to_string(&path)
        .unwrap()
        .replace("version = 1", "version = 7");
    fs_err::write(&path, text).unwrap();
    let ran = run(directory.path(), &["add", "case", "x"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err
            .contains("has version 7, this program reads up to 1"),
        "{}",
        ran.err
    );
    assert!(
        ran.err
            .contains("hint: use the program that wrote it, or a newer one")
    );
}

#[test]
fn two_writers() {
    let directory = case_with("list.csv", b"source,target,time,amount\na,b,1,1\n");
    let lock = std::fs::OpenOptions::new()
        .write(true)
        .open(directory.path().join("case/lock"))
        .unwrap();
    lock.lock().unwrap();
    let failed = run(directory.path(), &["add", "case", "list.csv"]);
    assert_eq!(
        (
            failed.code,
            failed.err.contains("another process writes to case")
        ),
        (3, true),
        "{}",
        failed.err
    );
    drop(lock);
    done(directory.path(), &["add", "case", "list.csv"]);
}

#[test]
fn what_is_no_case_and_what_is_no_command() {
    let directory = tempfile::tempdir().unwrap();
    let failed = run(directory.path(), &["verify", "nowhere"]);
    assert_eq!((failed.code, failed.err.contains("is no case")), (3, true));
    assert_eq!(run(directory.path(), &["add"]).code, 2);
    assert_eq!(run(directory.path(), &["sing"]).code, 2);
    new_case(directory.path());
    let failed = run(directory.path(), &["new", "case"]);
    assert_eq!(
        (failed.code, failed.err.contains("exists already")),
        (3, true)
    );
    let failed = run(directory.path(), &["add", "case", "x", "--as", "telex"]);
    assert_eq!((failed.code, failed.err.contains("no format")), (2, true));
}

#[test]
fn a_name_cannot_steer_the_terminal_or_leave_the_case() {
    let name = "a\u{1b}[31m.csv";
    let directory = case_with(name, b"source,target,time,amount\na,b,1,1\n");
    let ran = run(directory.path(), &["add", "case", name]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'));
}

#[test]
fn changed_evidence_is_found() {
    let directory = case_with("list.csv", b"source,target,time,amount\na,b,1,1\n");
    done(
        directory.path(),
        &["add", "case", "list.csv", "--by-reference"],
    );
    done(directory.path(), &["verify", "case"]);
    fs_err::write(
        directory.path().join("list.csv"),
        b"source,target,time,amount\na,b,1,2\n",
    )
    .unwrap();
    let ran = run(directory.path(), &["verify", "case"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("no longer has the SHA-256"), "{}", ran.out);
    let _ = program(Path::new("."), &[]);
}

#[test]
fn one_bad_file_among_good_ones_is_a_problem() {
    let directory = case_with("a.csv", b"source,target,time,amount\na,b,1,1\n");
    fs_err::write(directory.path().join("empty"), b"").unwrap();
    let ran = run(directory.path(), &["add", "case", "a.csv", "empty"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 of 2 files taken in, 1 not"));
}

/// Two seized devices, one file name on both: a row must not be taken for the other's.
#[test]
fn a_row_that_two_exhibits_have_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    for (device, row) in [("one", "a,b,1,10"), ("two", "c,d,1,20")] {
        fs_err::create_dir(directory.path().join(device)).unwrap();
        fs_err::write(
            directory.path().join(device).join("list.csv"),
            format!("source,target,time,amount\n{row}\n"),
        )
        .unwrap();
    }
    done(directory.path(), &["add", "case", "one", "two"]);
    let ran = run(
        directory.path(),
        &["trace", "case", "--from", "list.csv!R2"],
    );
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("2 events, in X1, X2"), "{}", ran.err);
    let said = done(
        directory.path(),
        &["trace", "case", "--from", "X2/list.csv!R2"],
    );
    assert!(said.contains("20") && !said.contains("10 list"), "{said}");
}

#[test]
fn a_report_that_cannot_be_logged_is_not_written() {
    let directory = case_with("list.csv", b"source,target,time,amount\na,b,1,1\n");
    done(directory.path(), &["add", "case", "list.csv"]);
    let ask = |output| ["report", "case", "--from", "name:a", "-o", output];
    let lock = std::fs::OpenOptions::new()
        .write(true)
        .open(directory.path().join("case/lock"))
        .unwrap();
    lock.lock().unwrap();
    let failed = run(directory.path(), &ask("r.html"));
    assert_eq!(failed.code, 3, "{}", failed.err);
    assert!(!directory.path().join("r.html").exists());
    drop(lock);
    done(directory.path(), &ask("r.html"));
    assert_eq!(run(directory.path(), &ask("r.docx")).code, 2);
    assert_eq!(
        run(directory.path(), &["--threads", "0", "verify", "case"]).code,
        2
    );
}

/// The raw cells of a row that a book has and nobody understands can name a customer.
#[test]
fn a_quarantined_row_of_a_book_names_nobody() {
    let mut book = fs_err::read(fixtures().join("story/book-b.csv")).unwrap();
    book.extend(
        b"99;31.13.2024;999;Isplata;Petar Primer;Milan Primer;;;Had\x9ei Farid;;1x;EUR;;;;;;\r\n",
    );
    let directory = case_with("book.csv", &book);
    fs_err::copy(
        fixtures().join("story/book-b.toml"),
        directory.path().join("book.toml"),
    )
    .unwrap();
    let add = [
        "--json",
        "add",
        "case",
        "book.csv",
        "--profile",
        "book.toml",
    ];
    let told = done(directory.path(), &add);
    assert!(told.contains("\"quarantined\": 1"), "{told}");
    assert!(!told.contains("Primer"), "{told}");
    let again = case_with("book.csv", &book);
    fs_err::copy(
        fixtures().join("story/book-b.toml"),
        again.path().join("book.toml"),
    )
    .unwrap();
    let asked = ["--operator", "me", "--purpose", "to correct the row"];
    let told = done(again.path(), &[&add[..], &asked].concat());
    assert!(told.contains("Petar Primer"), "{told}");
}

/// Whatever was done to a case, `verify` ends with a list of problems, not with the first of them.
#[test]
fn what_was_done_to_a_case_is_listed() {
    let list = b"source,target,time,amount\na,b,1,1\nb,c,2,1\n";
    let made = || {
        let directory = case_with("list.csv", list);
        let tags = "account,label,category,source,confidence\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,S,exchange,me,70\n";
        fs_err::write(directory.path().join("tags.csv"), tags).unwrap();
        done(directory.path(), &["add", "case", "list.csv"]);
        done(directory.path(), &["tag", "case", "tags.csv"]);
        done(directory.path(), &["trace", "case", "--from", "name:a"]);
        directory
    };
    let found = |directory: &tempfile::TempDir, says: &str| {
        let ran = run(directory.path(), &["verify", "case"]);
        assert_eq!(ran.code, 1, "{says}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(says), "{says}: {}", ran.out);
    };
    let edit = |directory: &tempfile::TempDir, path: &str, from: &str, to: &str| {
        let path = directory.path().join("case").join(path);
        let text = fs_err::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs_err::write(path, text.replace(from, to)).unwrap();
    };
    // A list of tables that names none: nothing to compare is no agreement.
    let case = made();
    let path = case.path().join("case/segments/X1/segment.json");
    let mut summary: serde_json::Value =
        serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    summary["tables"] = serde_json::json!([]);
    fs_err::write(&path, summary.to_string()).unwrap();
    found(&case, "transfers.parquet");

    let case = made();
    fs_err::remove_file(case.path().join("case/audit.log")).unwrap();
    found(&case, "X1: the audit log has no entry");

    let case = made();
    let tags = fs_err::read_dir(case.path().join("case/tags")).unwrap();
    let name = tags.last().unwrap().unwrap().file_name();
    let path = format!("tags/{}", name.to_string_lossy());
    edit(&case, &path, "exchange", "person");
    found(&case, "tags/");

    let case = made();
    edit(
        &case,
        "runs/0001-trace/result.json",
        "\"schema\"",
        "\"schemb\"",
    );
    found(&case, "0001-trace");

    let case = made();
    fs_err::remove_file(case.path().join("case/segments/X1/events.parquet")).unwrap();
    found(&case, "events.parquet");

    let case = made();
    fs_err::write(case.path().join("case/segments/X1/segment.json"), "{").unwrap();
    found(&case, "X1");
}

/// A damaged index never ends in a panic's exit code.
#[test]
fn a_damaged_index_is_an_error_of_this_program() {
    let directory = case_with("list.csv", b"source,target,time,amount\na,b,1,1\nb,c,2,1\n");
    done(directory.path(), &["add", "case", "list.csv"]);
    done(directory.path(), &["trace", "case", "--from", "name:a"]);
    let index = fs_err::read_dir(directory.path().join("case/index"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("graph.bin"))
        .find(|path| path.is_file())
        .unwrap();
    let whole = fs_err::read(&index).unwrap();
    let mut n_refused = 0;
    for at in (1024..whole.len()).step_by(16) {
        let mut bytes = whole.clone();
        let end = (at + 16).min(bytes.len());
        bytes[at..end].fill(0xfe);
        fs_err::write(&index, bytes).unwrap();
        let ran = run(directory.path(), &["trace", "case", "--from", "name:a"]);
        assert!(
            [0, 3, 4].contains(&ran.code),
            "{at}: {} {}",
            ran.code,
            ran.err
        );
        n_refused += u32::from(ran.code == 4);
    }
    assert!(n_refused > 0);
}

#[test]
fn a_file_that_is_not_there() {
    let directory = case_with("list.csv", b"source,target,time,amount\na,b,1,1\n");
    for arguments in [
        &["add", "case", "nofile"][..],
        &["inspect", "nofile"],
        &["tag", "case", "nofile"],
        &["add", "case", "list.csv", "--profile", "nofile"],
    ] {
        let ran = run(directory.path(), arguments);
        assert_eq!(ran.code, 3, "{arguments:?}");
        let said = "error: there is no file `nofile`\n";
        assert_eq!(ran.err, said, "{arguments:?}");
    }
}

/// A name with a line feed must not pass for a line of this program.
#[test]
fn a_name_is_one_line() {
    let name = "a\nverified: no difference.csv";
    let directory = case_with(name, b"source,target,time,amount\na,b,1,1\n");
    let said = done(directory.path(), &["add", "case", name]);
    assert!(
        !said.lines().any(|line| line.starts_with("verified")),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn what_a_directory_holds_and_is_not_taken_in_is_named() {
    let directory = tempfile::tempdir().unwrap();
    new_case(directory.path());
    let seized = directory.path().join("seized");
    fs_err::create_dir(&seized).unwrap();
    let list = b"source,target,time,amount\na,b,1,1\n";
    fs_err::write(seized.join("a.csv"), list).unwrap();
    fs_err::write(seized.join(".b.csv"), list).unwrap();
    std::os::unix::fs::symlink("..", seized.join("loop")).unwrap();
    let ran = run(directory.path(), &["--json", "add", "case", "seized"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for said in ["left out: .b.csv: hidden", "left out: loop: a link"] {
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["left_out"].as_array().unwrap().len(), 2, "{json}");
    let ran = run(directory.path(), &["add", "case", "/dev/null"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains("neither a file nor a directory"),
        "{}",
        ran.err
    );
}

#[test]
fn a_book_without_a_header_and_what_is_no_table() {
    let ran = refused(
        "book.csv",
        "1,Ahmad,Kabul,500\n2,Zahra,Herat,700\n".as_bytes(),
        "its cells do not show what they mean",
    );
    assert!(!ran.err.contains("book.csv: book.csv"), "{}", ran.err);
    let ran = refused("scan.pdf", b"%PDF-1.4\n", "no known format");
    assert!(ran.err.contains("hint: read are:"), "{}", ran.err);
}

#[test]
fn a_list_in_utf_16() {
    let text = "source,target,time,amount\na,b,2024-05-01,10\nc,d,2024-05-02,11\n";
    let little = |unit: u16| unit.to_le_bytes();
    let marked: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(little))
        .collect();
    let exhibit = quarantined("list.csv", &marked, 0, "");
    assert_eq!(exhibit["records"]["transferred"], 2, "{exhibit}");
}

#[test]
fn an_output_and_an_asset_that_are_not_there() {
    let directory = case_with("blk00000.dat", &plain_blocks());
    done(directory.path(), &["--json", "add", "case", "blk00000.dat"]);
    let traced = done(
        directory.path(),
        &[
            "--json",
            "trace",
            "case",
            "--from",
            "blk00000.dat!height 5!tx 0",
        ],
    );
    let traced: serde_json::Value = serde_json::from_str(&traced).unwrap();
    let txid = traced["traces"][0]["steps"][0]["evidence"][0]["txid"]
        .as_str()
        .unwrap();
    let ran = run(
        directory.path(),
        &["trace", "case", "--from", &format!("{txid}:77")],
    );
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("has no such output"), "{}", ran.err);
    let ran = run(
        directory.path(),
        &["trace", "case", "--from", txid, "--stop", "floor=5EUR"],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("no amount in an asset of this case"),
        "{}",
        ran.err
    );
    let ran = run(directory.path(), &["trace", "case", "--from", txid]);
    assert!(ran.out.contains("account 1 = "), "{}", ran.out);
}

#[test]
fn every_refusal_is_json_where_json_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [
        &["--json", "sing"][..],
        &["trace", "case", "--json"],
        &["--json", "verify", "x"],
    ] {
        let ran = run(directory.path(), arguments);
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["schema"], "moneytrail-error/1", "{json}");
        assert!(ran.code == 2 || ran.code == 3);
    }
}

#[test]
fn nobody_who_reads_is_no_failure() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(directory.path(), &["verify", "nowhere"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command
        .stdout(std::process::Stdio::null())
        .stderr(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(3), "closed stderr must not be a panic");
}

#[test]
fn what_the_audit_log_knows_cannot_be_changed_or_taken_away() {
    let directory = case_with("list.csv", b"source,target,time,amount\na,b,1,1\nb,c,2,1\n");
    let case = directory.path().join("case");
    let tags = "account,label,category,source,confidence\nname:a,Haji,hawaladar,x,90\n";
    fs_err::write(directory.path().join("tags.csv"), tags).unwrap();
    done(directory.path(), &["add", "case", "list.csv"]);
    done(directory.path(), &["tag", "case", "tags.csv"]);
    done(directory.path(), &["trace", "case", "--from", "a"]);
    done(directory.path(), &["verify", "case"]);
    let found = |says: &str| {
        let ran = run(directory.path(), &["verify", "case"]);
        assert_eq!(
            (ran.code, ran.out.contains(says)),
            (1, true),
            "{says}: {}{}",
            ran.out,
            ran.err
        );
    };
    let with = |path: std::path::PathBuf, says: &str| {
        let whole = fs_err::read(&path).unwrap();
        let mut permissions = fs_err::metadata(&path).unwrap().permissions();
        #[expect(clippy::permissions_set_readonly_false, reason = "a file of a test")]
        permissions.set_readonly(false);
        fs_err::set_permissions(&path, permissions).unwrap();
        fs_err::write(&path, [&whole[..], b" "].concat()).unwrap();
        found(says);
        fs_err::remove_file(&path).unwrap();
        found(if path.ends_with("manifest.json") {
            "0001-trace"
        } else {
            "it is not there"
        });
        fs_err::write(&path, &whole).unwrap();
    };
    let list = fs_err::read_dir(case.join("tags"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    with(list.path(), "the SHA-256 that it has now");
    with(
        case.join("runs/0001-trace/manifest.json"),
        "the SHA-256 that it has now",
    );
    let log = fs_err::read(case.join("audit.log")).unwrap();
    fs_err::remove_file(case.join("audit.log")).unwrap();
    found("the audit log has no entry for it");
    fs_err::write(case.join("audit.log"), log).unwrap();
    // An exhibit and its description changed together.
    let described = case.join("exhibits/X1/exhibit.toml");
    let text = fs_err::read_to_string(&described).unwrap();
    let sha256 = text
        .split("sha256 = \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    fs_err::write(&described, text.replace(sha256, &"0".repeat(64))).unwrap();
    found("the SHA-256 that it has now");
    // Who had it before, and what its reader took for granted.
    fs_err::write(&described, format!("{text}\n# seized by somebody else\n")).unwrap();
    found("the SHA-256 that it has now");
    fs_err::write(&described, text).unwrap();
    let read = case.join("segments/X1/segment.json");
    let summary = fs_err::read_to_string(&read).unwrap();
    assert!(summary.contains("seconds since 1970"), "{summary}");
    fs_err::write(&read, summary.replace("seconds since 1970", "days")).unwrap();
    found("the SHA-256 that it has now");
    fs_err::write(&read, summary).unwrap();
    done(directory.path(), &["verify", "case"]);
    fs_err::remove_dir_all(case.join("segments/X1")).unwrap();
    fs_err::remove_dir_all(case.join("exhibits/X1")).unwrap();
    found("X1: entry");
}

#[test]
fn a_case_that_nobody_touched_verifies() {
    let directory = tempfile::tempdir().unwrap();
    done(directory.path(), &["demo"]);
    let verified = done(directory.path(), &["verify", "moneytrail-demo/case"]);
    assert!(verified.contains("verified: no difference"), "{verified}");
}
