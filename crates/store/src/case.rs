//! A case: a directory that holds one investigation.
//!
//! Laws. An exhibit is in the case if its segment's directory bears its name: that rename is the commit
//! point of `add`. A command killed at any instant leaves a case that opens, with the interrupted step
//! done or not done. One process writes at a time, by an advisory lock that dies with it; reading
//! needs none.

use crate::Error;
use crate::audit::{Actor, AuditLog, Entry};
use crate::build::{BuildNotes, Loaded, build};
use crate::decision::Decided;
use crate::disk::{read_json, read_toml, replace, sync_dir, write_json, write_synced, write_toml};
use crate::exhibit::{Custody, Exhibit, ExhibitSource, take_in};
use crate::graph::{Graph, LAYOUT_VERSION};
use crate::logged::Done;
use crate::schema::Table;
use crate::scratch::{Scratch, Waiting};
use crate::segment::{Segment, SegmentSummary, SegmentWriter};
use moneytrail_model::{ExhibitNo, Watch};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Version of the case's directory.
pub const CASE_VERSION: u32 = 1;

/// Version of the rules by which segments become a graph; part of the index's key.
const BUILD_VERSION: u32 = 4;

/// Prefix of what is not finished.
const UNFINISHED: &str = ".tmp-";

/// Files of an index.
const GRAPH_FILE: &str = "graph.bin";
const NOTES_FILE: &str = "notes.json";

/// Begins the names of directories, within that of an index, of graphs without something.
const WITHOUT: &str = "without-";

/// Directories of a case.
const DIRECTORIES: [&str; 7] = [
    "exhibits", "segments", "tags", "rates", "claims", "index", "runs",
];

/// `case.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CaseInfo {
    /// Version of the directory.
    pub version: u32,
    /// Short name, printed on every page.
    pub id: String,
    /// What it is about.
    #[serde(default)]
    pub title: String,
    /// Currency in which values are compared.
    pub base_currency: String,
    /// Time zone of evidence that states none.
    pub time_zone: String,
    /// A sentence that stands above everything, such as "everything here is invented".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// First and last day of interest, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<(String, String)>,
}

/// What every version of `case.toml` has.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

/// A case, open for reading.
#[derive(Clone, Debug)]
pub struct Case {
    root: PathBuf,
    info: CaseInfo,
    /// Bytes of anonymous memory that building an index may hold in arrays.
    memory: u64,
    /// Who waits for an index that is built.
    waiting: Waiting,
}

/// A case, open for writing: holds the lock while it lives.
#[derive(Debug)]
pub struct CaseWriter {
    case: Case,
    _lock: File,
}

/// A reading of an exhibit that is being written.
#[derive(Debug)]
pub struct StagedReading {
    number: u32,
    reading: u32,
    directory: PathBuf,
}

impl StagedReading {
    /// Where its segment is written.
    pub fn segment_directory(&self) -> &Path {
        &self.directory
    }
}

/// What a graph is built without, to see what rests on it ([`Case::graph_without`]).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Without {
    /// Numbers of exhibits that are left out.
    pub exhibits: Vec<u32>,
    /// Names of rules: what they claim of two records, and links that rest on them.
    pub rules: Vec<String>,
    /// Numbers of exhibits that are taken as they were read before anybody corrected them.
    pub corrections_of: Vec<u32>,
}

impl Without {
    /// Name of the directory, within that of the index, of a graph that is kept: `without-escrow-code+token-match+X3`,
    /// an exhibit that is left out as `-X3`.
    fn name(&self) -> String {
        let exhibits = self.exhibits.iter().map(|number| format!("-X{number}"));
        let corrected = self.corrections_of.iter();
        let corrected = corrected.map(|number| format!("X{number}"));
        let mut parts = self.rules.clone();
        parts.extend(exhibits.chain(corrected));
        parts.sort();
        parts.dedup();
        format!("{WITHOUT}{}", parts.join("+"))
    }

    /// Reads the name of such a directory.
    fn parse(name: &str) -> Option<Self> {
        let mut without = Self::default();
        for part in name.strip_prefix(WITHOUT)?.split('+') {
            let number = |text: &str| ExhibitNo::parse(text).map(ExhibitNo::get);
            if let Some(number) = part.strip_prefix('-').and_then(number) {
                without.exhibits.push(number);
            } else if let Some(number) = number(part) {
                without.corrections_of.push(number);
            } else {
                without.rules.push(part.to_owned());
            }
        }
        Some(without)
    }
}

/// Name of a reading of an exhibit below `segments/`.
pub fn reading_name(number: u32, reading: u32) -> String {
    match reading {
        0 => format!("X{number}"),
        _ => format!("X{number}.{reading}"),
    }
}

/// An exhibit that is being taken in.
#[derive(Debug)]
pub struct Staged {
    /// What is known of it; its number is final.
    pub exhibit: Exhibit,
    exhibit_directory: PathBuf,
    segment_directory: PathBuf,
}

/// What became of an exhibit that was offered.
#[derive(Debug)]
pub enum Offered {
    /// It is new.
    New(Box<Staged>),
    /// The case has the same content already.
    AlreadyThere(ExhibitNo),
}

impl Case {
    /// Makes a new case in `root`, which must not exist, or hold nothing but what an interrupted call
    /// left.
    ///
    /// # Errors
    /// If something is there, or the disk refuses.
    pub fn create(root: &Path, info: &CaseInfo, actor: &Actor) -> Result<CaseWriter, Error> {
        if root.exists() && !is_free(root)? {
            return Err(Error::Exists(root.to_owned()));
        }
        for directory in DIRECTORIES {
            fs_err::create_dir_all(root.join(directory))?;
        }
        write_toml(&root.join("case.toml"), info)?;
        // Taking the lock for the first time logs `new`.
        Self::open(root)?.write(actor)
    }

    /// Opens the case in `root` for reading.
    ///
    /// # Errors
    /// If there is none, or it is of a newer version.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let path = root.join("case.toml");
        if !path.is_file() {
            return Err(Error::NotACase(root.to_owned()));
        }
        let found = read_toml::<VersionOnly>(&path)?.version;
        if found > CASE_VERSION {
            return Err(Error::NewerVersion {
                what: path.display().to_string(),
                found,
                supported: CASE_VERSION,
            });
        }
        Ok(Self {
            root: root.to_owned(),
            info: read_toml(&path)?,
            memory: u64::MAX,
            waiting: Waiting::default(),
        })
    }

    /// The case, building an index of which holds at most `memory` bytes in arrays; what needs more goes to
    /// files, which the system pages. The index is the same.
    #[must_use]
    pub const fn with_memory(mut self, memory: u64) -> Self {
        self.memory = memory;
        self
    }

    /// The case, while somebody waits for an index that may have to be built: who hears of rows read, written and sorted, and may
    /// have it end. Then there is no index, as before.
    #[must_use]
    pub fn watched_by(mut self, watch: Arc<dyn Watch + Send>) -> Self {
        self.waiting = Waiting::of(watch);
        self
    }

    /// Takes the lock, and clears away what an interrupted command left.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process holds it.
    pub fn write(self, actor: &Actor) -> Result<CaseWriter, Error> {
        let path = self.root.join("lock");
        let lock = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?
            .into_file();
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(self.root)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let writer = CaseWriter {
            case: self,
            _lock: lock,
        };
        writer.recover(actor)?;
        Ok(writer)
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `case.toml`.
    pub const fn info(&self) -> &CaseInfo {
        &self.info
    }

    /// The audit log.
    pub fn audit(&self) -> AuditLog {
        AuditLog::at(&self.root)
    }

    /// Exhibits that are in the case, ascending by number.
    ///
    /// # Errors
    /// If a stored description does not read.
    pub fn exhibits(&self) -> Result<Vec<Exhibit>, Error> {
        let numbers = numbered(&self.root.join("segments"))?;
        numbers
            .into_iter()
            .map(|number| Exhibit::read(&self.exhibit_directory(number)))
            .collect()
    }

    /// Decisions of people on claims: names and bytes, in the order in which they were made.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn claims(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut claims = Vec::new();
        for entry in fs_err::read_dir(self.root.join("claims"))? {
            let path = entry?.path();
            let is_whole = path
                .extension()
                .is_some_and(|extension| extension == "json");
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            if let Some(name) = name.filter(|name| is_whole && !name.starts_with('.')) {
                claims.push((name, fs_err::read(&path)?));
            }
        }
        claims.sort_by_cached_key(|(name, _)| (number_of(name), name.clone()));
        Ok(claims)
    }

    /// Directory of an exhibit.
    pub fn exhibit_directory(&self, number: u32) -> PathBuf {
        self.root.join("exhibits").join(format!("X{number}"))
    }

    /// Segment of an exhibit: what its last reading gave.
    ///
    /// # Errors
    /// If it is missing, damaged, or of a newer version.
    pub fn segment(&self, number: u32) -> Result<Segment, Error> {
        self.segment_of(number, self.n_corrected(number))
    }

    /// How often an exhibit was read again as people corrected it. What was read before stays beside it: `segments/X2` is
    /// the first reading, `segments/X2.1` the next.
    pub fn n_corrected(&self, number: u32) -> u32 {
        let mut n = 0;
        while self.segment_directory(number, n + 1).is_dir() {
            n += 1;
        }
        n
    }

    /// What one reading of an exhibit gave; 0 is the first.
    ///
    /// # Errors
    /// If it is missing, damaged, or of a newer version.
    pub fn segment_of(&self, number: u32, reading: u32) -> Result<Segment, Error> {
        Segment::open(&self.segment_directory(number, reading))
    }

    fn segment_directory(&self, number: u32, reading: u32) -> PathBuf {
        let segments = self.root.join("segments");
        segments.join(reading_name(number, reading))
    }

    /// SHA-256 over the content of the case: its exhibits and what was read from them, whatever the
    /// order in which they were added.
    ///
    /// # Errors
    /// If a segment does not open.
    pub fn content_hash(&self) -> Result<[u8; 32], Error> {
        let mut parts = Vec::new();
        for exhibit in self.exhibits()? {
            parts.push((
                exhibit.hash()?,
                self.segment(exhibit.number)?.content_hash(),
            ));
        }
        parts.sort_unstable();
        let mut hash = Sha256::new();
        for (exhibit, segment) in parts {
            hash.update(exhibit);
            hash.update(segment);
        }
        Ok(hash.finalize().into())
    }

    /// Directory of the index of these exhibits. Their numbers are part of the key, because citations
    /// hold them.
    fn index_directory(&self, exhibits: &[Exhibit], decided: &Decided) -> Result<PathBuf, Error> {
        let mut hash = Sha256::new();
        hash.update(LAYOUT_VERSION.to_le_bytes());
        hash.update(BUILD_VERSION.to_le_bytes());
        for exhibit in exhibits {
            hash.update(exhibit.number.to_le_bytes());
            hash.update(exhibit.hash()?);
            hash.update(self.segment(exhibit.number)?.content_hash());
        }
        hash.update(decided.bytes());
        Ok(self
            .root
            .join("index")
            .join(hex::encode(&hash.finalize()[..16])))
    }

    /// Directory of the index of the exhibits that are in the case.
    pub(crate) fn current_index(&self) -> Result<PathBuf, Error> {
        self.index_directory(&self.exhibits()?, &Decided::of(self)?)
    }

    /// The lock of who writes an index; it is free when the file is closed.
    pub(crate) fn lock_index(&self) -> Result<fs_err::File, Error> {
        let index = self.root.join("index");
        fs_err::create_dir_all(&index)?;
        let lock = fs_err::File::create(index.join("lock"))?;
        lock.file().lock()?;
        Ok(lock)
    }

    /// The transfer graph: mapped if the index is there, else built first and kept. The index is a
    /// cache; any process may build it, one at a time, and others wait for it.
    ///
    /// # Errors
    /// If a segment is damaged or the index cannot be written.
    pub fn graph(&self) -> Result<(Graph, BuildNotes), Error> {
        let exhibits = self.exhibits()?;
        let decided = Decided::of(self)?;
        let directory = self.index_directory(&exhibits, &decided)?;
        if let Some(found) = open_index(&directory) {
            return Ok(found);
        }
        let _lock = self.lock_index()?;
        if let Some(found) = open_index(&directory) {
            return Ok(found);
        }
        let index = self.root.join("index");
        let (graph, notes) = self.build_graph(&exhibits, &decided, &Without::default())?;
        // Older indexes, and what a killed build left. Who still reads one keeps a valid map.
        for entry in fs_err::read_dir(&index)? {
            let path = entry?.path();
            if path.is_dir() {
                fs_err::remove_dir_all(path)?;
            }
        }
        keep_index(&directory, &graph, &notes)?;
        Ok((Graph::open(&directory.join(GRAPH_FILE))?, notes))
    }

    /// Rows that go through a step when the index is built: those of events twice, those of transfers once; none if the
    /// index is there.
    ///
    /// # Errors
    /// If a segment does not open.
    pub fn n_rows_to_build(&self) -> Result<u64, Error> {
        if self.current_index()?.join(GRAPH_FILE).is_file() {
            return Ok(0);
        }
        let mut sum = 0;
        for exhibit in self.exhibits()? {
            let segment = self.segment(exhibit.number)?;
            for table in &segment.summary().tables {
                let n_times = match &*table.file {
                    file if file == Table::Events.file_name() => 2,
                    file if file == Table::Transfers.file_name() => 1,
                    _ => 0,
                };
                sum += n_times * table.n_rows;
            }
        }
        Ok(sum)
    }

    /// The graph as if something were not there, with what building it found; nothing is stored. O(case).
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub fn graph_without(&self, without: &Without) -> Result<(Graph, BuildNotes), Error> {
        let mut exhibits = self.exhibits()?;
        exhibits.retain(|exhibit| !without.exhibits.contains(&exhibit.number));
        self.build_graph(&exhibits, &Decided::of(self)?, without)
    }

    /// As [`Self::graph_without`], kept beside the index and mapped from then on, because the same question is asked again. It goes
    /// with the index. O(case) the first time.
    ///
    /// # Errors
    /// If a segment cannot be read, or the index cannot be written.
    pub fn graph_kept_without(&self, without: &Without) -> Result<(Graph, BuildNotes), Error> {
        let mut exhibits = self.exhibits()?;
        let decided = Decided::of(self)?;
        let directory = self.index_directory(&exhibits, &decided)?;
        let directory = directory.join(without.name());
        if let Some(found) = open_index(&directory) {
            return Ok(found);
        }
        let _lock = self.lock_index()?;
        if let Some(found) = open_index(&directory) {
            return Ok(found);
        }
        exhibits.retain(|exhibit| !without.exhibits.contains(&exhibit.number));
        let (graph, notes) = self.build_graph(&exhibits, &decided, without)?;
        keep_index(&directory, &graph, &notes)?;
        Ok((Graph::open(&directory.join(GRAPH_FILE))?, notes))
    }

    /// Builds the graph of these exhibits from tables that are as they were when they were written.
    fn build_graph(
        &self,
        exhibits: &[Exhibit],
        decided: &Decided,
        without: &Without,
    ) -> Result<(Graph, BuildNotes), Error> {
        let mut segments = Vec::new();
        for exhibit in exhibits {
            let segment = if without.corrections_of.contains(&exhibit.number) {
                self.segment_of(exhibit.number, 0)?
            } else {
                self.segment(exhibit.number)?
            };
            if let Some(table) = segment.damaged_tables()?.first() {
                return Err(Error::damaged(
                    format!("segments/X{}/{table}", exhibit.number),
                    "it is missing, or not as it was written",
                ));
            }
            segments.push(Loaded {
                exhibit: exhibit.number,
                hash: exhibit.hash()?,
                segment,
            });
        }
        let index = self.root.join("index");
        fs_err::create_dir_all(&index)?;
        let scratch = Scratch::new(&index, self.memory).watched_by(self.waiting.clone());
        build(segments, decided, &without.rules, &scratch)
    }

    /// Whether the index, if there is one, is what building it again gives. O(case).
    ///
    /// # Errors
    /// If it or a segment cannot be read.
    pub fn index_is_intact(&self) -> Result<Option<bool>, Error> {
        let exhibits = self.exhibits()?;
        let decided = Decided::of(self)?;
        let directory = self.index_directory(&exhibits, &decided)?;
        let path = directory.join(GRAPH_FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let mut is_same = self.is_as_built(&directory, &exhibits, &decided, &Without::default())?;
        for entry in fs_err::read_dir(&directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if let Some(without) = name.to_str().and_then(Without::parse)
                && entry.path().join(GRAPH_FILE).is_file()
            {
                let mut exhibits = exhibits.clone();
                exhibits.retain(|exhibit| !without.exhibits.contains(&exhibit.number));
                is_same &= self.is_as_built(&entry.path(), &exhibits, &decided, &without)?;
            }
        }
        Ok(Some(is_same))
    }
}

impl Case {
    /// Whether an index is what building it again gives.
    fn is_as_built(
        &self,
        directory: &Path,
        exhibits: &[Exhibit],
        decided: &Decided,
        without: &Without,
    ) -> Result<bool, Error> {
        let path = directory.join(GRAPH_FILE);
        let (graph, notes) = self.build_graph(exhibits, decided, without)?;
        let digest = graph.digest()?;
        Ok(Graph::stored_digest(&path)? == digest
            && Graph::open(&path)?.digest()? == digest
            && read_json::<BuildNotes>(&directory.join(NOTES_FILE))? == notes)
    }
}

impl CaseWriter {
    /// The case, for reading.
    pub const fn case(&self) -> &Case {
        &self.case
    }

    /// Appends to the audit log.
    ///
    /// # Errors
    /// If the log is broken or cannot be written.
    pub fn log(
        &self,
        actor: &Actor,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<Entry, Error> {
        self.case.audit().append(actor, action, subject, detail)
    }

    /// Removes what an interrupted command left, logs what it did not come to log, and says so.
    fn recover(&self, actor: &Actor) -> Result<(), Error> {
        let state = self.case.audit().read()?;
        if state.entries.is_empty() && state.broken_at.is_none() {
            self.log(actor, "new", &self.case.info.id, "")?;
        }
        let committed = numbered(&self.case.root.join("segments"))?;
        for place in [
            "", "exhibits", "segments", "tags", "rates", "claims", "runs",
        ] {
            for entry in fs_err::read_dir(self.case.root.join(place))? {
                let path = entry?.path();
                let name = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                let number = ExhibitNo::parse(&name).map(ExhibitNo::get);
                let orphan = place == "exhibits"
                    && number.is_some_and(|number| !committed.contains(&number));
                if name.starts_with(UNFINISHED) || orphan {
                    make_removable(&path)?;
                    if path.is_dir() {
                        fs_err::remove_dir_all(&path)?;
                    } else {
                        fs_err::remove_file(&path)?;
                    }
                    self.log(
                        actor,
                        "recover",
                        &format!("{place}/{name}"),
                        "left by an interrupted command; removed",
                    )?;
                }
            }
        }
        let state = self.case.audit().read()?;
        if state.broken_at.is_some() {
            return Ok(());
        }
        for done in crate::logged::done(&self.case)? {
            if !done.is_named(&state.entries) {
                let detail = format!("{}; logged after an interruption", done.detail()?);
                self.log(actor, &done.action, &done.subject, &detail)?;
            }
        }
        Ok(())
    }

    /// Hashes what is offered and, unless it is referenced, copies it beside its place.
    ///
    /// # Errors
    /// If a file cannot be read, or the disk refuses.
    pub fn offer(
        &self,
        source: &ExhibitSource,
        custody: Custody,
        by_reference: bool,
        watch: &dyn Watch,
    ) -> Result<Offered, Error> {
        let present = self.case.exhibits()?;
        let number = present
            .iter()
            .map(|exhibit| exhibit.number)
            .max()
            .unwrap_or(0)
            + 1;
        let exhibit_directory = self
            .case
            .root
            .join("exhibits")
            .join(format!("{UNFINISHED}X{number}"));
        let segment_directory = self
            .case
            .root
            .join("segments")
            .join(format!("{UNFINISHED}X{number}"));
        clear(&exhibit_directory)?;
        clear(&segment_directory)?;
        fs_err::create_dir_all(&exhibit_directory)?;
        let copy_below = (!by_reference).then_some(&*exhibit_directory);
        let exhibit = take_in(source, number, custody, copy_below, watch);
        let known = exhibit
            .as_ref()
            .ok()
            .and_then(|new| present.iter().find(|known| known.sha256 == new.sha256));
        if known.is_some() || exhibit.is_err() {
            clear(&exhibit_directory)?;
        }
        if let Some(no) = known.and_then(Exhibit::no) {
            return Ok(Offered::AlreadyThere(no));
        }
        let exhibit = exhibit?;
        if let Err(error) = exhibit.write(&exhibit_directory) {
            clear(&exhibit_directory)?;
            return Err(error);
        }
        Ok(Offered::New(Box::new(Staged {
            exhibit,
            exhibit_directory,
            segment_directory,
        })))
    }

    /// Commits a staged exhibit with the summary of its finished segment.
    ///
    /// # Errors
    /// If the disk refuses; then the exhibit is not in the case, and what was staged of it is cleared away.
    pub fn commit(
        &self,
        staged: Staged,
        segment: SegmentWriter,
        summary: SegmentSummary,
        actor: &Actor,
    ) -> Result<Exhibit, Error> {
        let counts = summary.counts;
        let segments = self.case.root.join("segments");
        if let Err(error) = self.put_in_place(&staged, segment, summary, &segments) {
            clear(&self.case.exhibit_directory(staged.exhibit.number))?;
            self.abandon(&staged)?;
            return Err(error);
        }
        sync_dir(&segments)?;
        let exhibit = staged.exhibit;
        let done = Done::exhibit(&self.case, exhibit.clone());
        let detail = format!("{}; records: {counts}", done.detail()?);
        self.log(actor, &done.action, &done.subject, &detail)?;
        Ok(exhibit)
    }

    /// Finishes a segment and puts it and its exhibit in place. Its last step is the commit point.
    fn put_in_place(
        &self,
        staged: &Staged,
        segment: SegmentWriter,
        summary: SegmentSummary,
        segments: &Path,
    ) -> Result<(), Error> {
        segment.finish(summary)?;
        let number = staged.exhibit.number;
        let place = self.case.exhibit_directory(number);
        // What an earlier commit of this command that failed half-way could not clear away.
        clear(&place)?;
        fs_err::rename(&staged.exhibit_directory, place)?;
        sync_dir(&self.case.root.join("exhibits"))?;
        fs_err::rename(
            &staged.segment_directory,
            segments.join(format!("X{number}")),
        )?;
        Ok(())
    }

    /// Begins another reading of an exhibit that is in the case.
    ///
    /// # Errors
    /// If the exhibit is not in the case, or the disk refuses.
    pub fn offer_reading(&self, number: u32) -> Result<StagedReading, Error> {
        self.case.segment(number)?;
        let reading = self.case.n_corrected(number) + 1;
        let name = format!("{UNFINISHED}{}", reading_name(number, reading));
        let directory = self.case.root.join("segments").join(name);
        clear(&directory)?;
        Ok(StagedReading {
            number,
            reading,
            directory,
        })
    }

    /// Puts another reading of an exhibit in place, beside those before it, and logs it: the last one counts.
    /// Gives its name. The rename of its directory is the commit point.
    ///
    /// # Errors
    /// If the disk refuses; then what was read before counts.
    pub fn commit_reading(
        &self,
        staged: &StagedReading,
        segment: SegmentWriter,
        summary: SegmentSummary,
        actor: &Actor,
    ) -> Result<String, Error> {
        let counts = summary.counts;
        segment.finish(summary)?;
        let segments = self.case.root.join("segments");
        let name = reading_name(staged.number, staged.reading);
        fs_err::rename(&staged.directory, segments.join(&name))?;
        sync_dir(&segments)?;
        let done = Done::reading(&self.case, staged.number, staged.reading);
        let detail = format!("{}; records: {counts}", done.detail()?);
        self.log(actor, &done.action, &done.subject, &detail)?;
        Ok(name)
    }

    /// Takes a reading back that was not put in place.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn abandon_reading(&self, staged: &StagedReading) -> Result<(), Error> {
        clear(&staged.directory)
    }

    /// Takes a staged exhibit back.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn abandon(&self, staged: &Staged) -> Result<(), Error> {
        clear(&staged.exhibit_directory)?;
        clear(&staged.segment_directory)
    }

    /// Writes a file below the case, whole or not at all.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.case.root.join(path);
        if let Some(directory) = path.parent() {
            fs_err::create_dir_all(directory)?;
        }
        replace(&path, bytes)?;
        Ok(path)
    }

    /// Writes a decision of a person on a claim, as the next file below `claims/`, and logs it with its reason.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn put_decision(
        &self,
        actor: &Actor,
        what: &str,
        decision: &[u8],
        reason: &str,
    ) -> Result<String, Error> {
        let claims = self.case.claims()?.into_iter();
        let numbers = claims.filter_map(|(name, _)| number_of(&name));
        let number = numbers.max().unwrap_or(0) + 1;
        let name = format!("{number:04}-{what}.json");
        let subject = format!("claims/{name}");
        self.put(&subject, decision)?;
        let digest = hex::encode(Sha256::digest(decision));
        let detail = format!("{name} sha256 {digest}; {reason}");
        self.log(actor, "review", &subject, &detail)?;
        Ok(subject)
    }

    /// Writes a run's directory, whole or not at all, and logs it. `manifest` holds what fixes the
    /// result and no clock; its SHA-256 is returned. Files are name and bytes.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn put_run(
        &self,
        actor: &Actor,
        command: &str,
        manifest: &[u8],
        files: &[(&str, &[u8])],
    ) -> Result<(PathBuf, String), Error> {
        let runs = self.case.root.join("runs");
        let number = fs_err::read_dir(&runs)?
            .filter_map(Result::ok)
            .filter_map(|entry| number_of(&entry.file_name().to_string_lossy()));
        let number = number.max().unwrap_or(0) + 1;
        let beside = runs.join(format!("{UNFINISHED}{number}"));
        clear(&beside)?;
        fs_err::create_dir_all(&beside)?;
        let digest = hex::encode(Sha256::digest(manifest));
        let mut hashes = Vec::new();
        for &(name, bytes) in std::iter::once(&("manifest.json", manifest)).chain(files) {
            write_synced(&beside.join(name), bytes)?;
            hashes.push((name.to_owned(), hex::encode(Sha256::digest(bytes))));
        }
        let directory = runs.join(format!("{number:04}-{command}"));
        sync_dir(&beside)?;
        fs_err::rename(&beside, &directory)?;
        sync_dir(&runs)?;
        self.log(
            actor,
            command,
            &format!("{number:04}-{command}"),
            &crate::logged::hashes_as_text(&hashes),
        )?;
        Ok((directory, digest))
    }
}

impl Staged {
    /// Where its segment is written.
    pub fn segment_directory(&self) -> &Path {
        &self.segment_directory
    }

    /// Path within the exhibit and where the bytes are, for each file.
    pub fn paths(&self) -> Vec<(String, PathBuf)> {
        self.exhibit.paths(&self.exhibit_directory)
    }
}

/// Whether `root` holds nothing but what an interrupted [`Case::create`] left.
/// The number before the name of a decision or a run: 12 of `0012-accept.json`.
fn number_of(name: &str) -> Option<u32> {
    name.split('-').next()?.parse().ok()
}

fn is_free(root: &Path) -> Result<bool, Error> {
    for entry in fs_err::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.starts_with(UNFINISHED)
            || DIRECTORIES.contains(&&*name)
                && fs_err::read_dir(entry.path()).is_ok_and(|mut entries| entries.next().is_none());
        if !is_ours {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The index in this directory, if it is there and reads.
/// Writes a graph and what building it found; both or neither.
fn keep_index(directory: &Path, graph: &Graph, notes: &BuildNotes) -> Result<(), Error> {
    fs_err::create_dir_all(directory)?;
    let written = write_json(&directory.join(NOTES_FILE), notes)
        .and_then(|()| graph.write(&directory.join(GRAPH_FILE)));
    if written.is_err() {
        clear(directory)?;
    }
    written
}

fn open_index(directory: &Path) -> Option<(Graph, BuildNotes)> {
    let graph = Graph::open(&directory.join(GRAPH_FILE)).ok()?;
    let notes = read_json(&directory.join(NOTES_FILE)).ok()?;
    Some((graph, notes))
}

/// Numbers of the entries `X<number>` of a directory, ascending.
fn numbered(directory: &Path) -> Result<Vec<u32>, Error> {
    let mut numbers = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let name = entry?.file_name();
        if let Some(no) = name.to_str().and_then(ExhibitNo::parse) {
            numbers.push(no.get());
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn clear(directory: &Path) -> Result<(), Error> {
    if directory.exists() {
        make_removable(directory)?;
        fs_err::remove_dir_all(directory)?;
    }
    Ok(())
}

/// Copies of exhibits are read-only; where that keeps them from being removed, it is lifted.
#[cfg_attr(
    unix,
    expect(
        clippy::unnecessary_wraps,
        reason = "other systems have to lift the flag"
    )
)]
fn make_removable(path: &Path) -> Result<(), Error> {
    #[cfg(not(unix))]
    if path.is_dir() {
        for entry in fs_err::read_dir(path)? {
            make_removable(&entry?.path())?;
        }
    } else {
        let mut permissions = fs_err::metadata(path)?.permissions();
        permissions.set_readonly(false);
        fs_err::set_permissions(path, permissions)?;
    }
    #[cfg(unix)]
    let _ = path;
    Ok(())
}
