//! The kernels, by name: what is measured, and the answer by which it is compared.
//!
//! Every kernel reads its inputs from a directory as `benches/peers/inputs.py` lays it out, before the
//! clock runs: raw little-endian arrays, a transfer list as CSV, block files.

pub mod blocks;
pub mod case;
pub mod graphs;
pub mod ledger;
pub mod transfers;

use crate::Error;
use std::path::Path;

/// One kernel with its inputs.
pub trait Kernel {
    /// Computes the answer once. Only this is timed.
    ///
    /// # Errors
    /// As the call that it measures.
    fn run(&mut self) -> Result<(), Error>;

    /// The last answer, little-endian.
    fn answer(&self) -> Vec<u8>;
}

/// Opens a kernel on the inputs of a directory.
///
/// # Errors
/// If there is no such kernel, or an input does not read.
pub fn open(name: &str, inputs: &Path) -> Result<Box<dyn Kernel>, Error> {
    Ok(match name {
        "txids" => Box::new(blocks::Txids::open(inputs)?),
        "block-rows" => Box::new(blocks::Rows::open(inputs)?),
        "block-segment" => Box::new(blocks::Written::open(inputs)?),
        "ledger-rows" => Box::new(ledger::Rows::open(inputs)?),
        "ledger-segment" => Box::new(ledger::Written::open(inputs)?),
        "entities" => Box::new(graphs::Entities::open(inputs)?),
        "components" => Box::new(graphs::Components::open(inputs)?),
        "components-projected" => Box::new(graphs::ProjectedComponents::open(inputs)?),
        "bfs" => Box::new(graphs::Search::open(inputs)?),
        "projection" => Box::new(graphs::Projection::open(inputs)?),
        "arrival" => Box::new(graphs::Arrival::open(inputs)?),
        "bfs-index" => Box::new(graphs::IndexSearch::open(inputs)?),
        other => return Err(format!("there is no kernel `{other}`").into()),
    })
}

/// An array of little-endian words, as numpy writes it.
fn words<const N: usize, T>(path: &Path, read: fn([u8; N]) -> T) -> Result<Vec<T>, Error> {
    let bytes = fs_err::read(path)?;
    let (words, rest) = bytes.as_chunks::<N>();
    if rest.is_empty() {
        Ok(words.iter().copied().map(read).collect())
    } else {
        Err(format!("{}: not a whole number of words", path.display()).into())
    }
}

fn u32s(path: &Path) -> Result<Vec<u32>, Error> {
    words(path, u32::from_le_bytes)
}

fn u64s(path: &Path) -> Result<Vec<u64>, Error> {
    words(path, u64::from_le_bytes)
}

fn i64s(path: &Path) -> Result<Vec<i64>, Error> {
    words(path, i64::from_le_bytes)
}

/// Words as bytes.
fn as_bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
