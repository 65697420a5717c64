//! Runs the program as a user would.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Real data, where it is; `None` where it is absent, which is an error in CI.
pub(crate) fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("MONEYTRAIL_SHARED").map(PathBuf::from);
    let path =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    if path.is_dir() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "CI runs with the shared data beside the repository"
    );
    println!("skipped: shared data absent");
    None
}

pub(crate) fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moneytrail"));
    command.current_dir(directory).args(arguments);
    command
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Ran {
    ran(program(directory, arguments).output().unwrap())
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs and expects success.
pub(crate) fn done(directory: &Path, arguments: &[&str]) -> String {
    let ran = run(directory, arguments);
    assert_eq!(ran.code, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
    ran.out
}

pub(crate) fn new_case(directory: &Path) {
    done(directory, &["new", "case"]);
}

/// Bytes of every table of a segment, by name.
pub(crate) fn tables(case: &Path, segment: &str) -> Vec<(String, Vec<u8>)> {
    let mut tables: Vec<(String, Vec<u8>)> = fs_err::read_dir(case.join("segments").join(segment))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs_err::read(path).unwrap(),
            )
        })
        .collect();
    tables.sort();
    tables
}
