//! Block files: to transaction ids, to rows, to a segment on disk.

use super::Kernel;
use crate::Error;
use moneytrail_ingest::chain::kernel::par_txids;
use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, Outcome, read};
use moneytrail_model::BookId;
use moneytrail_store::schema::{Batch, SCHEMA_VERSION, Sink};
use moneytrail_store::{SegmentSummary, SegmentWriter};
use std::path::Path;

/// A file, or the files of a directory in order of their names, as one exhibit.
///
/// # Errors
/// If the directory does not read.
pub fn evidence(path: &Path) -> Result<Evidence, Error> {
    let mut files = Vec::new();
    if path.is_file() {
        files.push(EvidenceFile::at(path));
    } else {
        for entry in fs_err::read_dir(path)? {
            files.push(EvidenceFile::at(&entry?.path()));
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let book = BookId([0; 8]);
    Ok(Evidence { files, book })
}

/// Transactions, inputs and outputs of an exhibit, by the reader's own count.
fn counts(outcome: &Outcome) -> Vec<u8> {
    let figure = |name: &str| {
        let found = outcome.figures.iter().find(|(what, _)| what == name);
        found.map_or(0, |(_, n)| *n)
    };
    let figures = ["transactions", "inputs", "outputs"].map(figure);
    figures
        .iter()
        .flat_map(|figure| figure.to_le_bytes())
        .collect()
}

/// Reads an exhibit into a sink.
pub(super) fn read_into(
    format: Format,
    evidence: &Evidence,
    sink: &mut dyn Sink,
) -> Result<Outcome, Error> {
    Ok(read(format, evidence, &Options::default(), sink, &())?)
}

/// What is stored of a reader's outcome.
pub(super) fn summary_of(outcome: &Outcome) -> SegmentSummary {
    SegmentSummary {
        schema: SCHEMA_VERSION,
        program: "moneytrail-bench".to_owned(),
        format: outcome.format.as_str().to_owned(),
        rank: outcome.format.rank(),
        network: outcome.network.map(|network| network.to_string()),
        counts: outcome.counts,
        figures: outcome.figures.clone(),
        stale: Vec::new(),
        assumptions: outcome.assumptions.clone(),
        remarks: outcome.remarks.clone(),
        profile: None,
        tables: Vec::new(),
    }
}

/// Reads an exhibit into a segment in a directory of its own, and closes it as `add` does.
pub(super) fn write_segment(format: Format, evidence: &Evidence) -> Result<Outcome, Error> {
    let directory = tempfile::tempdir()?;
    let mut segment = SegmentWriter::create(&directory.path().join("segment"))?;
    let outcome = read_into(format, evidence, &mut segment)?;
    segment.finish(summary_of(&outcome))?;
    Ok(outcome)
}

/// Drops all rows.
#[derive(Debug)]
pub struct Dropped;

impl Sink for Dropped {
    fn push(&mut self, _: Batch) -> Result<(), moneytrail_store::Error> {
        Ok(())
    }
}

/// Reads block files into rows: parse, hash, check, normalise.
///
/// # Errors
/// As the reader.
pub fn rows(evidence: &Evidence, sink: &mut dyn Sink) -> Result<Outcome, Error> {
    read_into(Format::BlockFiles, evidence, sink)
}

/// Ids of the transactions in block files, in the order of the files: parse and hash, nothing else.
///
/// # Errors
/// If a file does not map, or holds something that is no block.
pub fn txids(evidence: &Evidence) -> Result<Vec<[u8; 32]>, Error> {
    let mut ids = Vec::new();
    for file in &evidence.files {
        let bytes = file.map()?.ok_or("a block file is empty")?;
        ids.append(&mut par_txids(&bytes)?);
    }
    Ok(ids)
}

/// Transaction ids in the order of the files.
#[derive(Debug)]
pub struct Txids {
    evidence: Evidence,
    ids: Vec<[u8; 32]>,
}

impl Txids {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        Ok(Self {
            evidence: evidence(&inputs.join("blocks"))?,
            ids: Vec::new(),
        })
    }
}

impl Kernel for Txids {
    fn run(&mut self) -> Result<(), Error> {
        self.ids = txids(&self.evidence)?;
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        self.ids.as_flattened().to_vec()
    }
}

/// Rows that nobody keeps.
#[derive(Debug)]
pub struct Rows {
    evidence: Evidence,
    answer: Vec<u8>,
}

impl Rows {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        Ok(Self {
            evidence: evidence(&inputs.join("blocks"))?,
            answer: Vec::new(),
        })
    }
}

impl Kernel for Rows {
    fn run(&mut self) -> Result<(), Error> {
        self.answer = counts(&rows(&self.evidence, &mut Dropped)?);
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        self.answer.clone()
    }
}

/// Rows written as Parquet, hashed and synced.
#[derive(Debug)]
pub struct Written(Rows);

impl Written {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        Rows::open(inputs).map(Self)
    }
}

impl Kernel for Written {
    fn run(&mut self) -> Result<(), Error> {
        self.0.answer = counts(&write_segment(Format::BlockFiles, &self.0.evidence)?);
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        self.0.answer()
    }
}
