//! Ctrl-C and SIGTERM: a command that is stopped has done a step or has not, says which, and the case goes on from there.
//!
//! The program signals itself at the nth of its checks, so that it is stopped in every stretch of a command in turn, whatever
//! the speed of the machine.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{Ran, done, new_case, program, ran, run};
use std::fmt::Write as _;
use std::path::Path;

const AT_CHECK: &str = "MONEYTRAIL_TEST_SIGINT_AT_CHECK";

/// Runs a command that sends itself SIGINT at a check.
fn stopped_at(directory: &Path, arguments: &[&str], nth: u32) -> Ran {
    let mut command = program(directory, arguments);
    ran(command.env(AT_CHECK, nth.to_string()).output().unwrap())
}

/// Names of what is not finished, anywhere below.
fn unfinished(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(unfinished(&entry.path()));
        }
        if name.starts_with(".tmp-") {
            found.push(name);
        }
    }
    found
}

fn n_entries(directory: &Path) -> usize {
    fs_err::read_dir(directory).map_or(0, Iterator::count)
}

/// Lists of different content, below `evidence`.
fn write_lists(directory: &Path, n_files: u32) {
    fs_err::create_dir(directory.join("evidence")).unwrap();
    for file in 0..n_files {
        let mut list = "source,target,time,amount\n".to_owned();
        for row in 0..30 {
            writeln!(list, "a{},b{file},{row},{}", row % 7, row + 1).unwrap();
        }
        let path = directory.join(format!("evidence/{file}.csv"));
        fs_err::write(path, list).unwrap();
    }
}

/// Stops a command that takes files in at every check, each time in a new directory.
fn stop_everywhere(n_files: u32, command: &[&str]) {
    let (mut n_stopped, mut n_between) = (0, 0);
    for nth in 1.. {
        let directory = tempfile::tempdir().unwrap();
        write_lists(directory.path(), n_files);
        new_case(directory.path());
        let case = directory.path().join("case");
        let ran = stopped_at(directory.path(), command, nth);
        let n_done = n_entries(&case.join("segments"));
        if ran.code == 0 {
            assert_eq!(n_done, n_files as usize, "nothing stopped it");
            break;
        }
        n_stopped += 1;
        n_between += u32::from(n_done > 0);
        assert_eq!(ran.code, 130, "check {nth}: {}", ran.err);
        let new = match n_done {
            0 => "no exhibit is new in the case".to_owned(),
            1 => "X1 is new in the case".to_owned(),
            n => format!("X1 to X{n} are new in the case"),
        };
        let said = format!("stopped: {n_done} of {n_files} files are done; {new}");
        assert!(ran.err.contains(&said), "check {nth}: {}", ran.err);
        assert_eq!(n_entries(&case.join("exhibits")), n_done);
        assert_eq!(unfinished(&case), [""; 0], "check {nth}");
        // It goes on from there.
        if n_done == 1 {
            let verified = done(directory.path(), &["verify", "case"]);
            assert!(verified.contains("verified: no difference"), "{verified}");
            done(directory.path(), command);
            assert_eq!(n_entries(&case.join("segments")), n_files as usize);
        }
    }
    assert!(
        n_stopped > n_between && n_between > 0,
        "{n_between} of {n_stopped}"
    );
}

#[test]
fn an_add_that_is_stopped_says_which_files_are_in_the_case() {
    stop_everywhere(2, &["add", "case", "evidence"]);
}

#[test]
fn a_batch_that_is_stopped_says_which_files_are_in_the_case() {
    stop_everywhere(2, &["batch", "evidence", "--case", "case"]);
}

/// Stopped anywhere, a question leaves no run and no half of an index; asked again, it is answered as if nothing had been.
#[test]
fn a_question_that_is_stopped_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mut list = "source,target,time,amount\n".to_owned();
    for row in 0..9000 {
        let (from, to) = if row % 2 == 0 {
            ("in", "hub")
        } else {
            ("hub", "out")
        };
        writeln!(list, "{from}{},{to},{row},{}", row % 5, row % 17 + 1).unwrap();
    }
    fs_err::write(directory.path().join("list.csv"), list).unwrap();
    new_case(directory.path());
    done(directory.path(), &["add", "case", "list.csv"]);
    let case = directory.path().join("case");
    let questions: [&[&str]; 4] = [
        &[
            "trace", "case", "--from", "hub", "--policy", "haircut", "--json",
        ],
        &["trace", "case", "--to", "out", "--policy", "fifo", "--json"],
        &[
            "path", "case", "--from", "in0", "--to", "out", "--limit", "20000", "--json",
        ],
        &[
            "patterns",
            "case",
            "--rule",
            "fan-in",
            "--shuffles",
            "3",
            "--json",
        ],
    ];
    for question in questions {
        let mut n_stopped = 0;
        let n_runs = n_entries(&case.join("runs"));
        for nth in std::iter::successors(Some(1), |nth| Some(nth * 5)) {
            // The index is built within the question.
            let _none = fs_err::remove_dir_all(case.join("index"));
            let ran = stopped_at(directory.path(), question, nth);
            assert_eq!(unfinished(&case), [""; 0], "{question:?}, check {nth}");
            if ran.code == 0 {
                let calm = done(directory.path(), question);
                assert_eq!(ran.out, calm, "{question:?}");
                break;
            }
            n_stopped += 1;
            assert_eq!(ran.code, 130, "{question:?}, check {nth}: {}", ran.err);
            assert!(
                ran.err.contains("stopped: it was not finished"),
                "{}",
                ran.err
            );
            let error: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
            assert_eq!(error["code"], "cli/stopped");
            assert_eq!(n_entries(&case.join("runs")), n_runs);
        }
        assert!(n_stopped > 1, "{question:?}");
    }
    let verified = done(directory.path(), &["verify", "case"]);
    assert!(verified.contains("verified: no difference"), "{verified}");
}

/// Books of a small network, in a case.
fn books(directory: &Path) {
    let network = [
        "generate",
        "net",
        "--kind",
        "hawala",
        "--transfers",
        "300",
        "--seed",
        "5",
    ];
    done(directory, &network);
    new_case(directory);
    done(directory, &["add", "case", "net/evidence/books"]);
    let chain = "net/evidence/chain/transfers.csv";
    done(directory, &["add", "case", chain]);
}

/// Questions to books, and a check that is made late in each.
const OF_BOOKS: [(&[&str], u32); 6] = [
    (&["reconcile", "case", "--json"], 9),
    (&["people", "case", "--json"], 243),
    (&["mirror", "case", "--json"], 9),
    (&["escrow", "case", "--json"], 27),
    (&["repairs", "case", "--json"], 3),
    (&["positions", "case", "--json"], 9),
];

#[test]
fn a_question_to_books_that_is_stopped_says_so_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    books(directory.path());
    let case = directory.path().join("case");
    for (question, late) in OF_BOOKS {
        for nth in [1, late] {
            let ran = stopped_at(directory.path(), question, nth);
            assert_eq!(unfinished(&case), [""; 0], "{question:?}, check {nth}");
            assert_eq!(ran.code, 130, "{question:?}, check {nth}: {}", ran.err);
            let said = "stopped: it was not finished";
            assert!(ran.err.contains(said), "{}", ran.err);
            let error: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
            assert_eq!(error["code"], "cli/stopped");
        }
    }
}

/// What builds no index keeps to any bound, and says so when it cannot.
#[test]
#[cfg(target_os = "linux")]
fn a_question_to_books_ends_where_it_needs_more_memory() {
    let directory = tempfile::tempdir().unwrap();
    books(directory.path());
    for (question, _) in OF_BOOKS {
        if ["mirror", "positions"].contains(&question[0]) {
            continue;
        }
        let ran = run(directory.path(), &[question, &["--memory", "1M"]].concat());
        assert_eq!(ran.code, 2, "{question:?}: {}", ran.err);
        let said = "this needs more memory than --memory 1M allows";
        assert!(ran.err.contains(said), "{question:?}: {}", ran.err);
        let error: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(error["code"], "cli/memory");
        assert_eq!(
            run(directory.path(), &[question, &["--memory", "2G"]].concat()).code,
            0
        );
    }
}

/// What cannot be asked to end ends at once: with a first signal while nothing looks, with a second one otherwise.
#[test]
#[cfg(target_os = "linux")]
fn a_second_signal_ends_it_at_once() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let directory = tempfile::tempdir().unwrap();
    fs_err::write(
        directory.path().join("list.csv"),
        "source,target,time,amount\na,b,1,1\n",
    )
    .unwrap();
    new_case(directory.path());
    done(directory.path(), &["add", "case", "list.csv"]);
    // Who holds this has everybody wait who needs an index.
    let lock = fs_err::File::create(directory.path().join("case/index/lock")).unwrap();
    lock.file().lock().unwrap();
    let mut waiting = program(directory.path(), &["trace", "case", "--from", "a"]);
    let mut waiting = waiting
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = waiting.id().to_string();
    let waits = |locks: &str| {
        let waiters = locks.lines().filter(|line| line.contains("->"));
        waiters
            .clone()
            .any(|line| line.split_whitespace().any(|word| word == pid))
    };
    while !waits(&fs_err::read_to_string("/proc/locks").unwrap()) {
        assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
        std::thread::yield_now();
    }
    let signal = |name: &str| {
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    };
    let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
    signal("INT");
    let first = said.next().unwrap().unwrap();
    assert!(first.starts_with("stopping:"), "{first}");
    signal("TERM");
    let second = said.next().unwrap().unwrap();
    assert!(second.starts_with("stopped at once:"), "{second}");
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
    drop(lock);
    assert_eq!(
        run(directory.path(), &["trace", "case", "--from", "a"]).code,
        0
    );
}
