//! A case in a temporary directory, whose index is built from its segments again and again: outpoints
//! are joined with outputs, transfers ordered, both directions sorted, and the columns written.

use super::blocks::{read_into, summary_of};
use crate::Error;
use moneytrail_ingest::{Evidence, Format};
use moneytrail_store::{Actor, Case, CaseInfo, Custody, ExhibitSource, Offered, SegmentWriter};
use tempfile::TempDir;

/// A case with one exhibit.
#[derive(Debug)]
pub struct OneExhibit {
    case: Case,
    directory: TempDir,
}

/// Takes evidence into a case of its own.
///
/// # Errors
/// If the disk refuses or the files do not read.
pub fn of(format: Format, evidence: &Evidence) -> Result<OneExhibit, Error> {
    let actor = Actor {
        operator: "benchmark".to_owned(),
        purpose: None,
        at: "2026-01-01T00:00:00Z".to_owned(),
    };
    let info = CaseInfo {
        version: moneytrail_store::case::CASE_VERSION,
        id: "B-1".to_owned(),
        title: String::new(),
        base_currency: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
        notice: None,
        window: None,
    };
    let directory = tempfile::tempdir()?;
    let root = directory.path().join("case");
    let writer = Case::create(&root, &info, &actor)?;
    let files = evidence.files.iter();
    let source = ExhibitSource {
        name: "evidence".to_owned(),
        files: files
            .map(|file| (file.name.clone(), file.path.clone()))
            .collect(),
    };
    if let Offered::New(staged) = writer.offer(&source, Custody::default(), true, &())? {
        let mut segment = SegmentWriter::create(staged.segment_directory())?;
        let outcome = read_into(format, evidence, &mut segment)?;
        writer.commit(*staged, segment, summary_of(&outcome), &actor)?;
    }
    Ok(OneExhibit {
        case: Case::open(&root)?,
        directory,
    })
}

impl OneExhibit {
    /// Deletes the index.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn forget_index(&self) -> Result<(), Error> {
        let index = self.directory.path().join("case/index");
        fs_err::remove_dir_all(&index)?;
        Ok(fs_err::create_dir(index)?)
    }

    /// The case.
    pub const fn case(&self) -> &Case {
        &self.case
    }

    /// Builds it; how many transfers there are.
    ///
    /// # Errors
    /// If the case does not build.
    pub fn build_index(&self) -> Result<usize, Error> {
        Ok(self.case.graph()?.0.n_transfers())
    }
}
