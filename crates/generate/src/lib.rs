//! Synthetic evidence of any size, with the truth about it beside it.
//!
//! Laws: kind, number of transfers and seed fix every byte, on any machine and for any number of threads;
//! nothing in it is real. Memory does not grow with the length of what is written, but with
//! what is open in it: unspent outputs, balances, people.
//!
//! `OUT/evidence/` holds what would be seized, `OUT/truth/` what only the maker knows, `OUT/generate.json` what
//! was made: options, counts, and each file with its columns.

mod accounts;
mod error;
mod hawala;
mod names;
mod random;
mod rmat;
mod table;
mod tron;
mod utxo;

pub use error::Error;

use serde::Serialize;
use std::path::Path;

/// What can be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A chain of blocks on Bitcoin's regtest.
    Utxo,
    /// An account chain with a stablecoin.
    Accounts,
    /// An account chain like TRON's, on which somebody pays each account's first coins.
    Tron,
    /// Books of hawaladars.
    Hawala,
    /// A graph of transfers with a skewed distribution of degrees.
    Rmat,
}

/// What fixes the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Options {
    /// What is made.
    pub kind: Kind,
    /// Number of transfers; the last thing that is made may exceed it.
    #[serde(rename = "transfers")]
    pub n_transfers: u64,
    /// Fixes all that is drawn.
    pub seed: u64,
}

/// A file that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// Below the directory.
    pub path: String,
    /// Header, if it is a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<String>,
    /// Lines without header, or records.
    #[serde(rename = "rows")]
    pub n_rows: u64,
    /// Its length.
    #[serde(rename = "bytes")]
    pub n_bytes: u64,
}

/// What was made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Made {
    /// What would be seized.
    pub evidence: Vec<Listed>,
    /// What only the maker knows.
    pub truth: Vec<Listed>,
    /// What there is how often.
    pub counts: Vec<(String, u64)>,
}

impl Made {
    fn count(&mut self, what: &str, n: u64) {
        self.counts.push((what.to_owned(), n));
    }

    /// How often there is something.
    pub fn n(&self, what: &str) -> Option<u64> {
        let found = self.counts.iter().find(|count| count.0 == what);
        found.map(|count| count.1)
    }
}

/// Is told how far the work is.
pub trait Progress: Sync {
    /// So many more transfers are written.
    fn advance(&self, n_transfers: u64);
}

impl Progress for () {
    fn advance(&self, _: u64) {}
}

/// Writes evidence and truth to a directory, which must be absent or empty. O(transfers).
///
/// # Errors
/// If the directory holds something, or the file system refuses.
///
/// ```
/// use moneytrail_generate::{Kind, Options, generate};
/// let directory = tempfile::tempdir()?;
/// let options = Options { kind: Kind::Utxo, n_transfers: 500, seed: 1 };
/// let made = generate(directory.path(), &options, &())?;
/// assert!(made.n("transfers").is_some_and(|n| n >= 500));
/// # Ok::<(), moneytrail_generate::Error>(())
/// ```
pub fn generate(out: &Path, options: &Options, progress: &dyn Progress) -> Result<Made, Error> {
    fs_err::create_dir_all(out)?;
    if fs_err::read_dir(out)?.next().is_some() {
        return Err(Error::NotEmpty(out.to_owned()));
    }
    let made = match options.kind {
        Kind::Utxo => utxo::generate(out, options, progress)?,
        Kind::Accounts => accounts::generate(out, options, progress)?,
        Kind::Tron => tron::generate(out, options, progress)?,
        Kind::Hawala => hawala::generate(out, options, progress)?,
        Kind::Rmat => rmat::generate(out, options, progress)?,
    };
    let counts: serde_json::Map<String, serde_json::Value> = made
        .counts
        .iter()
        .map(|(what, n)| (what.clone(), (*n).into()))
        .collect();
    let manifest = serde_json::json!({
        "schema": "moneytrail-generated/1", "options": options, "counts": counts,
        "evidence": made.evidence, "truth": made.truth,
    });
    fs_err::write(out.join("generate.json"), format!("{manifest:#}\n"))?;
    Ok(made)
}
