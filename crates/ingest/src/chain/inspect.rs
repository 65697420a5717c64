//! What an exhibit holds, before it is taken in.

use super::exhibit::Exhibit;
use super::frames::Frame;
use crate::{Error, Evidence, Format, Options, Progress};
use moneytrail_model::{Instant, Network, RecordBin, RecordCounts};
use moneytrail_store::schema::{Batch, Sink};

/// What a look at an exhibit tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overview {
    /// Network.
    pub network: Option<Network>,
    /// Blocks, those of lost forks and copies among them. From an API dump: blocks mentioned.
    pub n_blocks: u64,
    /// Least and greatest height, where known.
    pub heights: Option<(u32, u32)>,
    /// Earliest and latest time in a header.
    pub times: Option<(Instant, Instant)>,
    /// Where each record of an export goes; `None` of block files, which are not read that far.
    pub counts: Option<RecordCounts>,
    /// Locator and reason of the first records that would be quarantined.
    pub quarantined: Vec<(String, String)>,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// What a person should look at.
    pub remarks: Vec<String>,
}

/// Most records that would be quarantined which are listed.
const QUARANTINED: usize = 20;

impl Overview {
    fn see(&mut self, height: Option<u32>, seconds: i64) {
        self.n_blocks += 1;
        if let Some(height) = height {
            let (least, greatest) = self.heights.unwrap_or((height, height));
            self.heights = Some((least.min(height), greatest.max(height)));
        }
        let time = Instant::at(seconds);
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }
}

/// Sees blocks and quarantined records, and drops all rows.
impl Sink for Overview {
    fn push(&mut self, batch: Batch) -> Result<(), moneytrail_store::Error> {
        for block in &batch.blocks {
            self.see(block.height, block.time);
        }
        let n_more = QUARANTINED - self.quarantined.len();
        let records = batch.records.iter();
        let quarantined = records.filter(|record| record.bin == RecordBin::Quarantined);
        let listed = quarantined.take(n_more).map(|record| {
            let reason = record.reason.as_deref().unwrap_or_default();
            (batch.record_locator(record).to_string(), reason.to_owned())
        });
        self.quarantined.extend(listed);
        Ok(())
    }
}

/// Looks at an exhibit without making rows. Block files are not read beyond their headers; nothing
/// is checked but proof of work. Text formats are read in full.
///
/// # Errors
/// As [`read`](super::read).
pub fn inspect(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Overview, Error> {
    let mut overview = Overview::default();
    let exhibit = match format {
        Format::BlockFiles => Exhibit::of_block_files(evidence, options)?,
        Format::RawBlock => Exhibit::of_raw_blocks(evidence, options)?,
        _ => {
            let outcome = super::read(format, evidence, options, &mut overview, progress)?;
            overview.network = outcome.network;
            overview.counts = Some(outcome.counts);
            overview.assumptions = outcome.assumptions;
            overview.remarks = outcome.remarks;
            return Ok(overview);
        }
    };
    for (source, frames) in &exhibit.files {
        for frame in frames {
            if let Frame::Block(block) = frame {
                let standing = exhibit.tree.standings.get(&block.hash);
                let height = standing.and_then(|standing| standing.height);
                overview.see(height, i64::from(block.time));
            }
        }
        progress.advance(source.len() as u64);
    }
    overview.network = Some(exhibit.network);
    overview.assumptions = exhibit.assumptions;
    overview.remarks = exhibit.remarks;
    Ok(overview)
}
