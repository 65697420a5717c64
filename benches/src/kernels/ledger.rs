//! A plain transfer list: to rows, to a segment on disk. The answer is the number of rows and the sum
//! of their amounts in the smallest unit.

use super::Kernel;
use super::blocks::{evidence, read_into, write_segment};
use crate::Error;
use moneytrail_ingest::{Evidence, Format};
use moneytrail_model::Amount;
use moneytrail_store::schema::{Batch, Sink};
use std::path::Path;

/// Counts and adds up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    /// Transfers.
    pub n_rows: u64,
    /// Their amounts, in the smallest unit.
    pub units: i128,
}

impl Sink for Sum {
    fn push(&mut self, batch: Batch) -> Result<(), moneytrail_store::Error> {
        self.n_rows += batch.transfers.len() as u64;
        let rows = 0..batch.transfers.len();
        let amounts = rows.filter_map(|row| batch.transfers.amount(row));
        self.units += amounts.map(Amount::units).sum::<i128>();
        Ok(())
    }
}

/// Reads a list into rows.
///
/// # Errors
/// As the reader.
pub fn rows(evidence: &Evidence, sink: &mut dyn Sink) -> Result<u64, Error> {
    let outcome = read_into(Format::TransferList, evidence, sink)?;
    Ok(outcome.counts.transferred)
}

/// Rows that are added up.
#[derive(Debug)]
pub struct Rows {
    evidence: Evidence,
    sum: Sum,
}

impl Rows {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        Ok(Self {
            evidence: evidence(&inputs.join("ledger.csv"))?,
            sum: Sum::default(),
        })
    }
}

impl Kernel for Rows {
    fn run(&mut self) -> Result<(), Error> {
        self.sum = Sum::default();
        rows(&self.evidence, &mut self.sum)?;
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        let mut answer = self.sum.n_rows.to_le_bytes().to_vec();
        answer.extend(
            u64::try_from(self.sum.units)
                .unwrap_or(u64::MAX)
                .to_le_bytes(),
        );
        answer
    }
}

/// Rows written as Parquet, hashed and synced.
#[derive(Debug)]
pub struct Written {
    evidence: Evidence,
    n_rows: u64,
}

impl Written {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        Ok(Self {
            evidence: evidence(&inputs.join("ledger.csv"))?,
            n_rows: 0,
        })
    }
}

impl Kernel for Written {
    fn run(&mut self) -> Result<(), Error> {
        let outcome = write_segment(Format::TransferList, &self.evidence)?;
        self.n_rows = outcome.counts.transferred;
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        self.n_rows.to_le_bytes().to_vec()
    }
}
