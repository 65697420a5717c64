//! From what a person names on the command line to exhibits: a file is one, a `blocks/` directory is
//! one, any other directory is one for each file below it. Files of one dump are put together by [`joined`].

use crate::account_chain::etl;
use crate::{Error, EvidenceFile, Format, archive, chain};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

/// Files that become one exhibit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gathered {
    /// Name within the case; for files below a directory, their path from it.
    pub name: String,
    /// Path within the exhibit and on disk, ascending by path; at least one.
    pub files: Vec<(String, PathBuf)>,
}

/// Gathers the exhibits at `path`, ascending by name. Below a directory hidden files are left out and
/// links are not followed; [`passed_over`] names them.
///
/// # Errors
/// If nothing is there, or nothing that can be read.
pub fn gather(path: &Path) -> Result<Vec<Gathered>, Error> {
    let name = path.file_name().map_or_else(
        || "evidence".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let kind = fs_err::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Absent {
            path: path.display().to_string(),
        },
        _ => error.into(),
    })?;
    if kind.is_file() {
        return Ok(vec![with_its_key(name, path.to_owned())?]);
    }
    if !kind.is_dir() {
        return Err(Error::NoFile {
            path: path.display().to_string(),
        });
    }
    let mut found = Vec::new();
    walk(path, &name, "", &mut found)?;
    if found.is_empty() {
        return Err(Error::NothingReadable {
            path: path.display().to_string(),
        });
    }
    Ok(found)
}

/// Puts the files of one dump together: files below one directory, alone till now, of a format whose files
/// describe a transaction between them. They stand where the first of them stood, under the directory's name.
///
/// # Errors
/// If a file cannot be read.
pub fn joined(gathered: Vec<Gathered>) -> Result<Vec<Gathered>, Error> {
    let mut all: Vec<Gathered> = Vec::with_capacity(gathered.len());
    let mut dumps: BTreeMap<(&'static str, PathBuf), usize> = BTreeMap::new();
    for one in gathered {
        if let [(_, path)] = one.files.as_slice()
            && let Some(format) = dump_format(&head(path)?)
            && let Some(directory) = dump_directory(path)
        {
            match dumps.entry((format.as_str(), directory.to_owned())) {
                Entry::Occupied(dump) => {
                    all[*dump.get()].files.extend(one.files);
                    continue;
                }
                Entry::Vacant(dump) => {
                    dump.insert(all.len());
                }
            }
        }
        all.push(one);
    }
    for ((_, directory), at) in &dumps {
        let dump = &mut all[*at];
        if dump.files.len() > 1 {
            name_below(directory, dump);
        }
    }
    Ok(all)
}

/// Names a dump by its directory, and its files by their paths from there, which tell apart what was named with
/// several paths on the command line.
fn name_below(directory: &Path, dump: &mut Gathered) {
    let below = |path: &Path| -> Vec<String> {
        let below = path.strip_prefix(directory).unwrap_or(path);
        let part = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        below.iter().map(part).collect()
    };
    let (within, path) = &dump.files[0];
    let within: Vec<&str> = within.split('/').collect();
    let n_above = within.len().saturating_sub(below(path).len());
    let own = directory.file_name().map(|name| name.to_string_lossy());
    dump.name = match (&within[..n_above], own) {
        ([], Some(own)) => own.into_owned(),
        ([], None) => "dump".to_owned(),
        (above, _) => above.join("/"),
    };
    for (name, path) in &mut dump.files {
        *name = below(path).join("/");
    }
    dump.files.sort();
    dump.files.dedup();
}

/// The format of a file that begins so, if its files are a dump's.
fn dump_format(head: &[u8]) -> Option<Format> {
    let etl = || etl::table_at(head).map(|_| Format::Etl);
    let format = chain::sniff(head, u64::MAX).or_else(etl);
    format.filter(|format| format.is_dump())
}

/// Directories in which ethereum-etl and Blockchair put the parts of each table.
const TABLE_DIRECTORIES: [&str; 11] = [
    "blocks",
    "transactions",
    "receipts",
    "logs",
    "token_transfers",
    "traces",
    "internal_transactions",
    "contracts",
    "tokens",
    "inputs",
    "outputs",
];

/// The directory of the dump that a file is of: its own, but for parts of a table that lie in a directory named
/// as the table, or in partitions (`start_block=0`) of it.
fn dump_directory(path: &Path) -> Option<&Path> {
    let own = path.parent()?;
    let name = |directory: &Path| {
        let name = directory.file_name();
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let is_partition = |directory: &&Path| name(directory).contains('=');
    let table = own.ancestors().find(|directory| !is_partition(directory))?;
    if TABLE_DIRECTORIES.contains(&name(table).as_str()) {
        table.parent()
    } else {
        Some(own)
    }
}

/// The first bytes of a file, unpacked; none of a file that does not unpack: it will say so.
fn head(path: &Path) -> Result<Vec<u8>, Error> {
    const HEAD_LEN: usize = 1 << 16;
    let file = EvidenceFile::at(path);
    let head = file.map()?.map(|map| archive::head(&map, HEAD_LEN));
    Ok(head.unwrap_or_default())
}

/// What [`gather`] leaves out below `path`, with the reason, ascending by name.
///
/// # Errors
/// If a directory cannot be read.
pub fn passed_over(path: &Path) -> Result<Vec<(String, &'static str)>, Error> {
    let mut passed = Vec::new();
    if fs_err::metadata(path)?.is_dir() {
        pass(path, "", &mut passed)?;
    }
    passed.sort();
    Ok(passed)
}

fn pass(
    directory: &Path,
    prefix: &str,
    passed: &mut Vec<(String, &'static str)>,
) -> Result<(), Error> {
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let within = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if name.starts_with('.') {
            passed.push((within, "hidden"));
        } else if kind.is_symlink() {
            passed.push((within, "a link"));
        } else if kind.is_dir() {
            pass(&entry.path(), &format!("{within}/"), passed)?;
        } else if !kind.is_file() {
            passed.push((within, "neither a file nor a directory"));
        }
    }
    Ok(())
}

fn walk(
    directory: &Path,
    name: &str,
    prefix: &str,
    found: &mut Vec<Gathered>,
) -> Result<(), Error> {
    let mut entries = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if !file_name.starts_with('.') {
            entries.push((file_name, entry.path(), entry.file_type()?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    if entries
        .iter()
        .any(|(file_name, ..)| is_block_file(file_name))
    {
        let files = entries
            .iter()
            .filter(|entry| entry.2.is_file() && belongs(&entry.0));
        let files = files
            .map(|(file_name, path, _)| (file_name.clone(), path.clone()))
            .collect();
        found.push(Gathered {
            name: if prefix.is_empty() {
                name.to_owned()
            } else {
                prefix.to_owned()
            },
            files,
        });
        entries.retain(|entry| !belongs(&entry.0));
    }
    for (file_name, path, kind) in entries {
        let within = if prefix.is_empty() {
            file_name.clone()
        } else {
            format!("{prefix}/{file_name}")
        };
        if kind.is_dir() {
            walk(&path, name, &within, found)?;
        } else if kind.is_file() {
            found.push(Gathered {
                name: within.clone(),
                files: vec![(within, path)],
            });
        }
    }
    Ok(())
}

/// Why a file at this path of an archive is left out, as below a directory.
pub(crate) fn left_out(path: &str) -> Option<&'static str> {
    let is_hidden = |part: &str| part.starts_with('.') && part != "." && part != "..";
    path.split('/').find_map(|part| match part {
        "__MACOSX" => Some("what a Mac keeps beside files"),
        part if is_hidden(part) => Some("hidden"),
        _ => None,
    })
}

/// The files of an archive that are looked at together, as [`gather`] does below a directory: those of a
/// `blocks/` directory, and every other one alone.
pub(crate) fn together(files: Vec<EvidenceFile>) -> Vec<Vec<EvidenceFile>> {
    let folder = |file: &EvidenceFile| {
        let (folder, name) = file.name.rsplit_once('/').unwrap_or(("", &file.name));
        (folder.to_owned(), name.to_owned())
    };
    let is_blocks = |file: &EvidenceFile| is_block_file(&folder(file).1);
    let mut blocks: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<EvidenceFile>> = Vec::new();
    for file in files.iter().filter(|file| is_blocks(file)) {
        blocks.entry(folder(file).0).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
    }
    for file in files {
        let (folder, name) = folder(&file);
        match blocks.get(&folder) {
            Some(&group) if belongs(&name) => groups[group].push(file),
            _ => groups.push(vec![file]),
        }
    }
    groups.sort_by(|a, b| a[0].name.cmp(&b[0].name));
    groups
}

/// Whether a file beside block files is read with them.
fn belongs(file_name: &str) -> bool {
    is_block_file(file_name)
        || is_undo_file(file_name)
        || file_name == KEY_NAME
        || file_name.ends_with(".reobfuscated")
}

/// Name of the obfuscation key beside block files.
const KEY_NAME: &str = "xor.dat";

/// The names that Bitcoin Core gives. They decide only which files are read together; what a file is
/// its bytes say.
fn is_block_file(name: &str) -> bool {
    numbered(name, "blk")
}

/// Undo data of a node, beside its block files.
pub(crate) fn is_undo_file(name: &str) -> bool {
    numbered(name, "rev")
}

/// A file name without what says that it was packed.
pub(crate) fn unpacked_name(name: &str) -> &str {
    name.strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"))
        .unwrap_or(name)
}

fn numbered(name: &str, prefix: &str) -> bool {
    let digits = unpacked_name(name)
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_suffix(".dat"));
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A block file is read with the key that lies beside it.
fn with_its_key(name: String, path: PathBuf) -> Result<Gathered, Error> {
    let key = path
        .parent()
        .map(|directory| directory.join(KEY_NAME))
        .filter(|key| key.is_file());
    let mut files = vec![(name.clone(), path)];
    if let Some(key) = key.filter(|_| is_block_file(&name)) {
        files.push((KEY_NAME.to_owned(), fs_err::canonicalize(key)?));
    }
    Ok(Gathered { name, files })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, name: &str) {
        let path = root.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, name).unwrap();
    }

    #[test]
    fn a_blocks_directory_is_one_exhibit_and_other_files_are_one_each() {
        let directory = tempfile::tempdir().unwrap();
        for name in [
            "seized/b.csv",
            "seized/a.xlsx",
            "seized/.hidden",
            "blocks/blk00000.dat",
            "blocks/xor.dat",
            "blocks/rev00000.dat",
            "blocks/note.txt",
        ] {
            touch(directory.path(), name);
        }
        let found = gather(directory.path()).unwrap();
        let names: Vec<(&str, usize)> = found
            .iter()
            .map(|one| (&*one.name, one.files.len()))
            .collect();
        assert_eq!(
            names,
            [
                ("blocks", 3),
                ("blocks/note.txt", 1),
                ("seized/a.xlsx", 1),
                ("seized/b.csv", 1)
            ]
        );
        let single = gather(&directory.path().join("blocks/blk00000.dat")).unwrap();
        assert_eq!(single[0].files.len(), 2, "with its key");
    }

    #[test]
    fn files_of_a_dump_are_one_exhibit() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let blocks = "number,hash,parent_hash,nonce,sha3_uncles\n";
        let tokens = "address,symbol,name,decimals,total_supply\n";
        let made = "block_id,transaction_hash,index,time,value,value_usd,recipient,type,script_hex,is_from_coinbase,is_spendable";
        let made = made.replace(',', "\t");
        let spent = format!(
            "{made}\tspending_block_id\tspending_transaction_hash\tspending_index\tspending_time\n"
        );
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, blocks.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        for (name, bytes) in [
            ("a/blocks.csv.gz", &packed[..]),
            ("a/tokens.csv", tokens.as_bytes()),
            ("a/note.txt", b"a note"),
            (
                "b/blocks/start_block=0/end_block=9/part.csv",
                blocks.as_bytes(),
            ),
            ("b/tokens/part.csv", tokens.as_bytes()),
            ("b/other/list.csv", b"source,target,time,amount\n"),
            ("c/tokens.csv", tokens.as_bytes()),
            ("d/inputs/day.tsv", spent.as_bytes()),
            ("d/outputs/day.tsv", made.as_bytes()),
        ] {
            touch(root, name);
            fs_err::write(root.join(name), bytes).unwrap();
        }
        let told = |gathered: Vec<Gathered>| -> Vec<(String, Vec<String>)> {
            let names = |one: &Gathered| one.files.iter().map(|file| file.0.clone()).collect();
            let joined = joined(gathered).unwrap();
            let one = |one: &Gathered| (one.name.clone(), names(one));
            joined.iter().map(one).collect()
        };
        let files = |files: &[&str]| files.iter().map(ToString::to_string).collect::<Vec<_>>();
        let b = files(&[
            "blocks/start_block=0/end_block=9/part.csv",
            "tokens/part.csv",
        ]);
        let expected = [
            ("a".to_owned(), files(&["blocks.csv.gz", "tokens.csv"])),
            ("a/note.txt".to_owned(), files(&["a/note.txt"])),
            ("b".to_owned(), b.clone()),
            ("b/other/list.csv".to_owned(), files(&["b/other/list.csv"])),
            ("c/tokens.csv".to_owned(), files(&["c/tokens.csv"])),
            (
                "d".to_owned(),
                files(&["inputs/day.tsv", "outputs/day.tsv"]),
            ),
        ];
        assert_eq!(told(gather(root).unwrap()), expected);
        // Named one by one, in any order and twice, they are the same.
        let named = |names: &[&str]| -> Vec<Gathered> {
            let named = names
                .iter()
                .flat_map(|name| gather(&root.join(name)).unwrap());
            named.collect()
        };
        let a = named(&["a/tokens.csv", "a/note.txt", "a/blocks.csv.gz", "a"]);
        assert_eq!(told(a)[..1], expected[..1]);
        assert_eq!(
            told(named(&["b/tokens", "b/blocks"])),
            [("b".to_owned(), b)]
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_left_out_is_named() {
        let directory = tempfile::tempdir().unwrap();
        touch(directory.path(), "seized/a.csv");
        touch(directory.path(), "seized/.b.csv");
        std::os::unix::fs::symlink("..", directory.path().join("seized/loop")).unwrap();
        let names: Vec<String> = gather(directory.path())
            .unwrap()
            .into_iter()
            .map(|one| one.name)
            .collect();
        assert_eq!(names, ["seized/a.csv"]);
        assert_eq!(
            passed_over(directory.path()).unwrap(),
            [
                ("seized/.b.csv".to_owned(), "hidden"),
                ("seized/loop".to_owned(), "a link")
            ]
        );
    }

    #[test]
    fn nothing_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(
            gather(directory.path()),
            Err(Error::NothingReadable { .. })
        ));
        assert!(matches!(
            gather(&directory.path().join("absent")),
            Err(Error::Absent { .. })
        ));
    }
}
