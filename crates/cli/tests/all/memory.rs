//! `add --memory` and `--threads`: what they bound, and that neither shows in a segment.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, new_case, run, tables};
use std::fmt::Write as _;
use std::path::Path;

/// A list of many chunks, with rows that are quarantined and events of several rows across chunks.
fn list() -> String {
    let mut list = "source,target,time,amount,event\n".to_owned();
    for row in 0..60_000 {
        let amount = if row % 977 == 0 { "?" } else { "12.5" };
        let event = row / 3;
        writeln!(list, "from {row},to {},{row},{amount},e{event}", row % 100).unwrap();
    }
    list
}

/// Adds the list with these options; the bytes of all tables and of the summary.
fn added(directory: &Path, options: &[&str]) -> Vec<(String, Vec<u8>)> {
    let case = tempfile::tempdir_in(directory).unwrap();
    new_case(case.path());
    done(
        case.path(),
        &[&["add", "case", "../list.csv"], options].concat(),
    );
    tables(&case.path().join("case"), "X1")
}

#[test]
fn neither_memory_nor_threads_show_in_a_segment() {
    let directory = tempfile::tempdir().unwrap();
    fs_err::write(directory.path().join("list.csv"), list()).unwrap();
    let plain = added(directory.path(), &[]);
    for options in [
        ["--memory", "512M", "--threads", "1"],
        ["--memory", "512M", "--threads", "8"],
        ["--memory", "8G", "--threads", "2"],
    ] {
        assert!(added(directory.path(), &options) == plain, "{options:?}");
    }
}

#[test]
fn too_little_memory_is_refused_with_the_least_that_works() {
    let directory = tempfile::tempdir().unwrap();
    fs_err::write(directory.path().join("list.csv"), list()).unwrap();
    new_case(directory.path());
    let add = ["add", "case", "list.csv", "--threads", "2", "--memory"];
    let refused = run(directory.path(), &[&add[..], &["100M"]].concat());
    assert_eq!(refused.code, 2);
    let said = "--memory 100M is too little for 2 threads";
    assert!(refused.err.contains(said), "{}", refused.err);
    assert!(refused.err.contains("the least is 440M"), "{}", refused.err);
    assert!(!directory.path().join("case/exhibits/X1").exists());
    let wrong = run(directory.path(), &[&add[..], &["lots"]].concat());
    assert_eq!(wrong.code, 2);
    done(directory.path(), &[&add[..], &["440M"]].concat());
}

/// The index is built by the first command that needs it.
#[test]
fn neither_memory_nor_threads_show_in_an_index() {
    let directory = tempfile::tempdir().unwrap();
    fs_err::write(directory.path().join("list.csv"), list()).unwrap();
    new_case(directory.path());
    done(directory.path(), &["add", "case", "list.csv"]);
    let index = directory.path().join("case/index");
    let built = |options: &[&str]| {
        done(directory.path(), &[&["entities", "case"], options].concat());
        let mut entries = fs_err::read_dir(&index)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let built = entries.find(|path| path.is_dir()).unwrap();
        let bytes = fs_err::read(built.join("graph.bin")).unwrap();
        fs_err::remove_dir_all(built).unwrap();
        bytes
    };
    let plain = built(&[]);
    for options in [
        ["--memory", "440M", "--threads", "1"],
        ["--memory", "8G", "--threads", "8"],
    ] {
        assert!(built(&options) == plain, "{options:?}");
    }
}
