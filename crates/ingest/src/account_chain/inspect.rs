//! What an exhibit of an account chain, or of an exchange, holds before it is taken in.
//!
//! Law: inspecting reads as adding does, so what it shows is what `add` would do.

use crate::{Error, Evidence, Format, Options, Progress};
use moneytrail_model::{Locator, RecordBin, RecordCounts};
use moneytrail_store::schema::{Batch, Sink};
use serde::Serialize;

/// Rows shown that would be quarantined, and that would be set aside.
const N_SHOWN: usize = 50;

/// An exhibit as it would be read.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The format's word on the command line.
    pub format: &'static str,
    /// Its network.
    pub network: Option<String>,
    /// Its files, and which table of an export each is.
    pub files: Vec<(String, Option<&'static str>)>,
    /// Figures, as `add` says them.
    pub figures: Vec<(String, u64)>,
    /// What would become of its records.
    pub counts: RecordCounts,
    /// The first records that would be quarantined.
    pub quarantined: Vec<KeptRow>,
    /// The first records that would be set aside.
    pub set_aside: Vec<KeptRow>,
    /// What would be taken for granted.
    pub assumptions: Vec<String>,
    /// What a person should look at.
    pub remarks: Vec<String>,
}

/// A record that would give no transfer.
#[derive(Clone, Debug, Serialize)]
pub struct KeptRow {
    /// Where it stands.
    pub locator: String,
    /// Why.
    pub reason: String,
    /// Its raw cells.
    pub raw: Vec<String>,
}

/// Keeps the first records and lets the rest go.
#[derive(Default)]
struct Kept {
    quarantined: Vec<KeptRow>,
    set_aside: Vec<KeptRow>,
}

impl Sink for Kept {
    fn push(&mut self, batch: Batch) -> Result<(), moneytrail_store::Error> {
        for record in &batch.records {
            let list = match record.bin {
                RecordBin::Quarantined => &mut self.quarantined,
                RecordBin::SetAside => &mut self.set_aside,
                RecordBin::Transferred | RecordBin::Contextual => continue,
            };
            if list.len() < N_SHOWN {
                let locator: Locator = batch.record_locator(record);
                list.push(KeptRow {
                    locator: locator.to_string(),
                    reason: record.reason.as_deref().unwrap_or_default().to_owned(),
                    raw: record.raw.iter().map(ToString::to_string).collect(),
                });
            }
        }
        Ok(())
    }
}

/// Reads an exhibit as `add` would, into nothing.
///
/// # Errors
/// As [`read`](crate::read).
pub fn inspect(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Inspection, Error> {
    let mut kept = Kept::default();
    let outcome = crate::read(format, evidence, options, &mut kept, progress)?;
    let mut files = Vec::new();
    for file in &evidence.files {
        let table = file.map()?.and_then(|map| super::etl::table_at(&map));
        files.push((file.name.clone(), table.map(super::etl::Table::as_str)));
    }
    Ok(Inspection {
        format: format.as_str(),
        network: outcome.network.map(|network| network.to_string()),
        files,
        figures: outcome.figures,
        counts: outcome.counts,
        quarantined: kept.quarantined,
        set_aside: kept.set_aside,
        assumptions: outcome.assumptions,
        remarks: outcome.remarks,
    })
}
