//! Exhibits: what was seized or received, hashed while it is copied, and never changed.

use crate::Error;
use crate::disk::{read_toml, sync_dir, write_toml};
use moneytrail_model::{BookId, ExhibitNo, Watch};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Bytes read at once.
const CHUNK_LEN: usize = 1 << 20;

/// What is to be taken in: a file, or the files of a directory that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExhibitSource {
    /// Name within the case.
    pub name: String,
    /// Path within the exhibit and where the bytes are now; at least one, ascending by path.
    pub files: Vec<(String, PathBuf)>,
}

/// Who had it before, as the person who adds it says.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Custody {
    /// The authority's own number.
    pub exhibit_no: Option<String>,
    /// When it was seized or received, as given.
    pub seized_at: Option<String>,
    /// By whom.
    pub seized_by: Option<String>,
    /// From whom.
    pub received_from: Option<String>,
    /// Device that it was on.
    pub device: Option<String>,
}

/// One file of an exhibit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExhibitFile {
    /// Path within the exhibit, `/` between parts.
    pub path: String,
    /// Length in bytes.
    pub n_bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// SHA-1, hexadecimal: other tools know files by it.
    pub sha1: String,
    /// Where the original is, for an exhibit that was not copied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub original: Option<PathBuf>,
}

/// An exhibit of a case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exhibit {
    /// Its short number.
    pub number: u32,
    /// Name of the file or directory as it was added.
    pub name: String,
    /// SHA-256: of the file, or, for several files, of the lines `<sha256>  <path>` in order.
    pub sha256: String,
    /// Who had it before.
    pub custody: Custody,
    /// Its files.
    pub files: Vec<ExhibitFile>,
}

impl Exhibit {
    /// Its short number, `X1`.
    pub fn no(&self) -> Option<ExhibitNo> {
        ExhibitNo::new(self.number)
    }

    /// Its hash as bytes.
    ///
    /// # Errors
    /// If the stored text is no hash.
    pub fn hash(&self) -> Result<[u8; 32], Error> {
        let bytes = hex::decode(&self.sha256)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        bytes
            .ok_or_else(|| Error::damaged(format!("X{}", self.number), "its SHA-256 does not read"))
    }

    /// The namespace of names written in it.
    ///
    /// # Errors
    /// If the stored text is no hash.
    pub fn book(&self) -> Result<BookId, Error> {
        let hash = self.hash()?;
        Ok(BookId(
            *hash.first_chunk().expect("32 bytes have a first eight"),
        ))
    }

    /// Bytes of all files.
    pub fn n_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.n_bytes).sum()
    }

    /// Whether its bytes stay outside the case.
    pub fn is_reference(&self) -> bool {
        self.files.iter().any(|file| file.original.is_some())
    }

    /// Path within the exhibit and where the bytes are, for each file.
    pub fn paths(&self, directory: &Path) -> Vec<(String, PathBuf)> {
        let place = |file: &ExhibitFile| match &file.original {
            Some(original) => original.clone(),
            None => directory.join("files").join(&file.path),
        };
        self.files
            .iter()
            .map(|file| (file.path.clone(), place(file)))
            .collect()
    }

    pub(crate) fn read(directory: &Path) -> Result<Self, Error> {
        read_toml(&directory.join("exhibit.toml"))
    }

    pub(crate) fn write(&self, directory: &Path) -> Result<(), Error> {
        write_toml(&directory.join("exhibit.toml"), self)?;
        sync_dir(directory)
    }

    /// Files whose bytes no longer have the hash that they had when they were taken in.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn changed_files(&self, directory: &Path, watch: &dyn Watch) -> Result<Vec<String>, Error> {
        let mut changed = Vec::new();
        for ((name, path), file) in self.paths(directory).into_iter().zip(&self.files) {
            let hashed = hash_file(&name, &path, None, watch)?;
            if hashed.sha256 != file.sha256 {
                changed.push(name);
            }
        }
        Ok(changed)
    }
}

/// The hash that an exhibit of these files has, without taking it in.
///
/// # Errors
/// If a file cannot be read.
pub fn hash_of(source: &ExhibitSource) -> Result<[u8; 32], Error> {
    take_in(source, 0, Custody::default(), None, &())?.hash()
}

/// Hashes the files of `source`, copying them below `directory` unless they stay where they are.
pub(crate) fn take_in(
    source: &ExhibitSource,
    number: u32,
    custody: Custody,
    copy_below: Option<&Path>,
    watch: &dyn Watch,
) -> Result<Exhibit, Error> {
    let mut files = Vec::with_capacity(source.files.len());
    for (name, path) in &source.files {
        if !stays_below(name) {
            return Err(Error::UnsafeName(name.clone()));
        }
        let copy = copy_below.map(|directory| directory.join("files").join(name));
        let mut file = hash_file(name, path, copy.as_deref(), watch)?;
        if copy.is_none() {
            file.original = Some(fs_err::canonicalize(path)?);
        }
        files.push(file);
    }
    if let Some(directory) = copy_below {
        sync_tree(&directory.join("files"))?;
    }
    let sha256 = match &files[..] {
        [only] => only.sha256.clone(),
        several => {
            let lines = several
                .iter()
                .map(|file| format!("{}  {}\n", file.sha256, file.path));
            hex::encode(Sha256::digest(lines.collect::<String>()))
        }
    };
    Ok(Exhibit {
        number,
        name: source.name.clone(),
        sha256,
        custody,
        files,
    })
}

/// Whether a path within an exhibit stays within it on every system.
fn stays_below(name: &str) -> bool {
    let is_name = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    name.split('/').all(is_name) && Path::new(name).is_relative()
}

/// Syncs a directory and those below it: synced files are lost with an entry that is not.
fn sync_tree(directory: &Path) -> Result<(), Error> {
    for entry in fs_err::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    sync_dir(directory)
}

/// Hashes a file twice in one pass, and copies it in the same pass if asked.
fn hash_file(
    name: &str,
    path: &Path,
    copy: Option<&Path>,
    watch: &dyn Watch,
) -> Result<ExhibitFile, Error> {
    let mut original = fs_err::File::open(path)?;
    let mut copy = copy.map(create_copy).transpose()?;
    let (mut sha256, mut sha1, mut n_bytes) = (Sha256::new(), Sha1::new(), 0);
    let mut chunk = vec![0; CHUNK_LEN];
    loop {
        let n_read = original.read(&mut chunk)?;
        if n_read == 0 {
            break;
        }
        let bytes = &chunk[..n_read];
        rayon::join(|| sha256.update(bytes), || sha1.update(bytes));
        if let Some(copy) = &mut copy {
            copy.write_all(bytes)?;
        }
        n_bytes += n_read as u64;
        watch.advance(n_read as u64);
        watch.check()?;
    }
    if let Some(copy) = copy {
        copy.sync_all()?;
        let mut permissions = copy.metadata()?.permissions();
        permissions.set_readonly(true);
        fs_err::set_permissions(copy.path(), permissions)?;
    }
    Ok(ExhibitFile {
        path: name.to_owned(),
        n_bytes,
        sha256: hex::encode(sha256.finalize()),
        sha1: hex::encode(sha1.finalize()),
        original: None,
    })
}

fn create_copy(path: &Path) -> Result<fs_err::File, Error> {
    if let Some(directory) = path.parent() {
        fs_err::create_dir_all(directory)?;
    }
    Ok(fs_err::File::create(path)?)
}
