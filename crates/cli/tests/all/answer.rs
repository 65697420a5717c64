//! What an answer needs of a case: the index, and of the segments the tables that say where an event stands.

use crate::common::done;

/// Begins the name of what is kept beside an index: its rules; tags follow.
const KEPT: &str = "multi-input-2+whirlpool-2+tx0-1+wasabi-2-strict-1+wasabi-2-1+wasabi-1.0-1+wasabi-1.1-1+joinmarket-1+stonewall-1+equal-outputs-1+";

/// A row of a book of the story.
const SEED: &str = "book-a.xlsx!Sheet1!R12";

#[test]
fn a_trace_reads_no_table_but_those_that_its_citations_stand_in() {
    let directory = tempfile::tempdir().unwrap();
    done(directory.path(), &["demo", "story"]);
    let asked = ["--json", "trace", "story/case", "--from", SEED];
    let answer = done(directory.path(), &asked);
    let segments = directory.path().join("story/case/segments");
    for segment in fs_err::read_dir(segments).unwrap() {
        let segment = segment.unwrap().path();
        for table in [
            "transfers",
            "outpoints",
            "links",
            "references",
            "accounts",
            "assets",
        ] {
            fs_err::remove_file(segment.join(table).with_extension("parquet")).unwrap();
        }
    }
    assert_eq!(done(directory.path(), &asked), answer);
}

#[test]
fn what_is_kept_beside_the_index_can_be_deleted_and_is_verified() {
    let directory = tempfile::tempdir().unwrap();
    done(directory.path(), &["demo", "story"]);
    let asked = ["--json", "trace", "story/case", "--from", SEED];
    let answer = done(directory.path(), &asked);
    let index = directory.path().join("story/case/index");
    let entries = |directory: &std::path::Path| {
        let entries = fs_err::read_dir(directory).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let index = entries(&index)
        .into_iter()
        .find(|path| path.is_dir())
        .unwrap();
    let is_kept = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(KEPT) && name.ends_with(".bin")
    };
    let kept = entries(&index).into_iter().find(is_kept).unwrap();
    let whole = fs_err::read(&kept).unwrap();
    fs_err::remove_file(&kept).unwrap();
    assert_eq!(done(directory.path(), &asked), answer);
    assert_eq!(fs_err::read(&kept).unwrap(), whole);
    let mut changed = whole;
    *changed.last_mut().unwrap() ^= 1;
    fs_err::write(&kept, changed).unwrap();
    let verified = crate::common::run(directory.path(), &["verify", "story/case"]);
    assert_eq!(verified.code, 1, "{}", verified.out);
    assert!(verified.out.contains("derived"), "{}", verified.out);
}
