//! How often the rules of entities err on generated chains, whose owners are known.
//!
//! Laws. Chains are fixed by their seeds and the bootstrap by its own, so the same call gives the same tables.
//! Detectors see what they see of any chain; nothing of them is fitted to the generator. Generated chains are
//! not the world: a rate says how a rule does on them.
//!
//! Reading order: `chain` is a generated chain with its truth; `score` turns counts into rates with
//! intervals; `measure` asks every rule; `table` writes it down.

mod chain;
mod measure;
mod score;
mod table;

use crate::Error;
use measure::Measures;
pub(crate) use score::Share;
use std::path::Path;

/// Measures on `n_chains` chains of `n_transfers` transfers each, and writes the tables below `root`.
///
/// # Errors
/// If a chain cannot be made or read, or a table cannot be written.
pub fn write(root: &Path, n_chains: u64, n_transfers: u64) -> Result<(), Error> {
    let mut measures = Measures::default();
    for seed in 1..=n_chains {
        measures.add(&chain::Chain::make(seed, n_transfers)?);
        measures.add_accounts(&chain::AccountChain::make(seed, n_transfers)?);
        measures.add_tron(&chain::TronChain::make(seed, n_transfers)?);
    }
    table::write(root, &measures, n_chains, n_transfers)
}
