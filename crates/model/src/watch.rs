//! Who waits for a long computation: hears how far it is, and may have it end.
//!
//! Law: a computation that is told to end gives [`Stop`] and no part of a result. Who once said that it shall end says so
//! from then on, so that a loop whose parts cannot fail leaves early and asks again behind it.

use std::fmt::Debug;

/// Why a computation ends before it is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Stop {
    /// A person asked for it.
    #[error("it was asked to stop")]
    Asked,
    /// It holds more memory than it may.
    #[error("it holds {held} bytes of memory and may hold {bound}")]
    Memory {
        /// Bytes held.
        held: u64,
        /// Bytes that may be held.
        bound: u64,
    },
}

/// Waits for a computation; asked from any thread. `()` never has it end.
pub trait Watch: Sync + Debug {
    /// So much was done since the last call, in the units of the computation.
    fn advance(&self, n_done: u64);

    /// Whether it shall go on. Cheap: it is asked in loops.
    ///
    /// # Errors
    /// Why it shall end; from then on always.
    fn check(&self) -> Result<(), Stop> {
        Ok(())
    }
}

/// No one waits.
impl Watch for () {
    fn advance(&self, _: u64) {}
}
