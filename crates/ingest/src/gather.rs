//! From what a person names on the command line to exhibits: a file is one, a `blocks/` directory is
//! one, the tables of an export are one, any other directory is one for each file below it.

use crate::account_chain::etl;
use crate::{Error, EvidenceFile, archive, chain};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Read;
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

/// Puts the files of one dump together: files of one directory, alone till now, of a format whose files
/// describe a transaction between them. The first takes in the others.
///
/// # Errors
/// If a file cannot be read.
pub fn joined(gathered: Vec<Gathered>) -> Result<Vec<Gathered>, Error> {
    let mut all: Vec<Gathered> = Vec::with_capacity(gathered.len());
    let mut dumps: BTreeMap<(&'static str, Option<PathBuf>), usize> = BTreeMap::new();
    for one in gathered {
        if let [(_, path)] = one.files.as_slice()
            && let Some(format) = chain::sniff(&head(path)?, u64::MAX).filter(|f| f.is_dump())
        {
            let folder = path.parent().map(Path::to_owned);
            match dumps.entry((format.as_str(), folder)) {
                Entry::Occupied(first) => {
                    all[*first.get()].files.extend(one.files);
                    continue;
                }
                Entry::Vacant(dump) => dump.insert(all.len()),
            };
        }
        all.push(one);
    }
    for &first in dumps.values() {
        let first = &mut all[first];
        first.files.sort();
        first.files.dedup();
        if first.files.len() > 1 {
            let n_more = first.files.len() - 1;
            first.name = format!("{} and {n_more} more", first.files[0].0);
        }
    }
    Ok(all)
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
    let mut entries: Vec<Listed> = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if !file_name.starts_with('.') {
            entries.push((file_name, entry.path(), entry.file_type()?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    let tables = tables_of(&entries, prefix)?;
    if tables.len() > 1 {
        let is_table = |path: &Path| tables.iter().any(|table| table.1 == path);
        entries.retain(|entry| !is_table(&entry.1));
        found.push(Gathered {
            name: if prefix.is_empty() { name } else { prefix }.to_owned(),
            files: tables.clone(),
        });
    }
    let is_taken = |path: &Path| tables.len() > 1 && tables.iter().any(|table| table.1 == path);
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
            let mut below = Vec::new();
            walk(&path, name, &within, &mut below)?;
            below.retain(|one| !one.files.iter().all(|(_, path)| is_taken(path)));
            found.append(&mut below);
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

/// Directories in which ethereum-etl puts the parts of each table.
const TABLE_DIRECTORIES: [&str; 9] = [
    "blocks",
    "transactions",
    "receipts",
    "logs",
    "token_transfers",
    "traces",
    "internal_transactions",
    "contracts",
    "tokens",
];

/// Bytes in which a table's header is looked for.
const HEADER_LEN: u64 = 16 * 1024;

/// An entry of a directory: name, path, kind.
type Listed = (String, PathBuf, std::fs::FileType);

/// The tables of an export in a directory, and in those directories in it that are named as tables.
fn tables_of(entries: &[Listed], prefix: &str) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut tables = Vec::new();
    for (name, path, kind) in entries {
        let within = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}/{name}")
        };
        if kind.is_file() && is_table(path)? {
            tables.push((within, path.clone()));
        } else if kind.is_dir() && TABLE_DIRECTORIES.contains(&name.as_str()) {
            let mut below = Vec::new();
            walk(path, name, &within, &mut below)?;
            for file in below.into_iter().flat_map(|one| one.files) {
                if is_table(&file.1)? {
                    tables.push(file);
                }
            }
        }
    }
    tables.sort();
    Ok(tables)
}

/// Whether a file begins as a table of an export.
fn is_table(path: &Path) -> Result<bool, Error> {
    let mut head = Vec::new();
    fs_err::File::open(path)?
        .take(HEADER_LEN)
        .read_to_end(&mut head)?;
    Ok(etl::table_at(&head).is_some())
}

/// Makes one exhibit of the tables of an export that were named one by one and lie in one directory.
///
/// # Errors
/// If a file cannot be read.
pub fn join_tables(gathered: Vec<Gathered>) -> Result<Vec<Gathered>, Error> {
    let mut joined: Vec<Gathered> = Vec::with_capacity(gathered.len());
    let mut exports: Vec<(PathBuf, usize)> = Vec::new();
    for one in gathered {
        let directory = match &one.files[..] {
            [(_, path)] if is_table(path)? => path.parent().map(Path::to_owned),
            _ => None,
        };
        let Some(directory) = directory else {
            joined.push(one);
            continue;
        };
        if let Some(&(_, at)) = exports.iter().find(|export| export.0 == directory) {
            if !joined[at].files.contains(&one.files[0]) {
                joined[at].files.extend(one.files);
                joined[at].files.sort();
            }
        } else {
            exports.push((directory, joined.len()));
            joined.push(one);
        }
    }
    for (directory, at) in exports {
        if joined[at].files.len() > 1 {
            let name = directory
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            joined[at].name = name.unwrap_or_else(|| "export".to_owned());
        }
    }
    Ok(joined)
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
    fn tables_of_an_export_are_one_exhibit() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let blocks = "number,hash,parent_hash,nonce,sha3_uncles\n";
        let tokens = "address,symbol,name,decimals,total_supply\n";
        for (name, text) in [
            ("a/blocks.csv", blocks),
            ("a/tokens.csv", tokens),
            ("a/note.txt", "a note"),
            ("b/blocks/start_block=0/blocks_0_9.csv", blocks),
            ("b/tokens/tokens_0_9.csv", tokens),
            ("b/other/list.csv", "source,target,time,amount\n"),
        ] {
            touch(root, name);
            fs_err::write(root.join(name), text).unwrap();
        }
        let found = gather(root).unwrap();
        let names: Vec<(&str, usize)> = found
            .iter()
            .map(|one| (&*one.name, one.files.len()))
            .collect();
        assert_eq!(
            names,
            [
                ("a", 2),
                ("a/note.txt", 1),
                ("b", 2),
                ("b/other/list.csv", 1)
            ]
        );
        let named = ["a/tokens.csv", "a/note.txt", "a/blocks.csv"];
        let named = named.map(|name| gather(&root.join(name)).unwrap().remove(0));
        let joined = join_tables(named.to_vec()).unwrap();
        let names: Vec<(&str, usize)> = joined
            .iter()
            .map(|one| (&*one.name, one.files.len()))
            .collect();
        assert_eq!(names, [("a", 2), ("note.txt", 1)]);
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
