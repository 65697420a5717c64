//! House rules that a compiler does not check.

use std::path::Path;

/// Which crates of the workspace a crate may use.
const EDGES: [(&str, &[&str]); 7] = [
    ("model", &[]),
    ("store", &["model"]),
    ("ingest", &["model", "store"]),
    ("analysis", &["model", "store"]),
    ("report", &["model"]),
    ("generate", &[]),
    (
        "cli",
        &["model", "store", "ingest", "analysis", "report", "generate"],
    ),
];

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found: Vec<String> = fs_err::read_dir(&crates)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut listed: Vec<&str> = EDGES.iter().map(|edge| edge.0).collect();
    listed.sort_unstable();
    assert_eq!(
        found, listed,
        "a new crate needs its edges here and a decision note"
    );
    for (name, allowed) in EDGES {
        let manifest = fs_err::read_to_string(crates.join(name).join("Cargo.toml")).unwrap();
        let used = manifest.lines().filter_map(|line| {
            line.strip_prefix("moneytrail-")?
                .split(['.', ' ', '='])
                .next()
        });
        for used in used {
            assert!(allowed.contains(&used), "{name} must not use {used}");
        }
    }
}

#[test]
fn libraries_read_no_clock_and_open_no_socket() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, _) in EDGES.iter().filter(|edge| edge.0 != "cli") {
        let mut directories = vec![crates.join(name).join("src")];
        while let Some(directory) = directories.pop() {
            for entry in fs_err::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = fs_err::read_to_string(&path).unwrap();
                    for forbidden in [
                        "SystemTime::now",
                        "Timestamp::now",
                        "Instant::now",
                        "std::net",
                        "process::exit",
                    ] {
                        assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
                    }
                }
            }
        }
    }
}
