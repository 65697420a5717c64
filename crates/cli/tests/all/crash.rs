//! `kill -9` at many moments of a real `add`: the case opens, the step is done or not done, and adding
//! again gives what an undisturbed run gives.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, new_case, program, tables};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

/// Moments at which the command is killed, spread over its undisturbed duration and a little more.
const N_KILLS: u32 = 24;

/// A list large enough that hashing, reading and committing each take a while.
fn write_list(path: &Path) {
    let mut text = String::from("source,target,time,amount\n");
    for row in 0..200_000_u32 {
        writeln!(
            text,
            "a{},b{},{},{}",
            row % 5_000,
            row * 7 % 9_000,
            1_700_000_000 + row,
            row % 977 + 1
        )
        .unwrap();
    }
    fs_err::write(path, text).unwrap();
}

#[test]
fn a_killed_add_is_done_or_not_done() {
    let directory = tempfile::tempdir().unwrap();
    write_list(&directory.path().join("list.csv"));
    let calm = directory.path().join("calm");
    fs_err::create_dir(&calm).unwrap();
    new_case(&calm);
    let began = Instant::now();
    done(&calm, &["add", "case", "../list.csv"]);
    let whole = began.elapsed();
    let expected = tables(&calm.join("case"), "X1");

    let (mut n_done, mut n_undone) = (0, 0);
    for kill in 0..N_KILLS {
        let stormy = directory.path().join(format!("kill-{kill}"));
        fs_err::create_dir(&stormy).unwrap();
        new_case(&stormy);
        let mut command = program(&stormy, &["add", "case", "../list.csv"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The moment is the point of the test; nothing is waited for.
        std::thread::sleep(whole * kill / (N_KILLS - 4));
        child.kill().unwrap();
        child.wait().unwrap();

        let case = stormy.join("case");
        if case.join("segments/X1").is_dir() {
            n_done += 1;
            assert_eq!(
                tables(&case, "X1"),
                expected,
                "a step that is done is done whole"
            );
        } else {
            n_undone += 1;
        }
        done(&stormy, &["add", "case", "../list.csv"]);
        assert_eq!(tables(&case, "X1"), expected);
        assert!(!case.join("segments/X2").exists());
        let verified = done(&stormy, &["verify", "case"]);
        assert!(verified.contains("verified: no difference"), "{verified}");
        let left = fs_err::read_dir(case.join("segments")).unwrap().count()
            + fs_err::read_dir(case.join("exhibits")).unwrap().count();
        assert_eq!(left, 2, "nothing unfinished stays");
    }
    assert!(
        n_undone > 0,
        "no kill came in time: {n_done} of {N_KILLS} were done"
    );
}
