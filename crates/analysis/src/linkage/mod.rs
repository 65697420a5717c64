//! What deciding that two descriptions mean one thing stands on, whatever is described: names across scripts, rarity of values,
//! shares of levels. [`crate::reconcile`] matches orders with it, [`crate::people`] persons.

pub(crate) mod name;
pub(crate) mod rarity;
pub(crate) mod shares;

/// What a pass of blocking gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocked<P> {
    /// The pass.
    pub pass: P,
    /// Pairs, before those of other passes are taken out.
    pub n_pairs: u64,
    /// Keys left out because too many pairs share them.
    pub n_keys_left_out: u64,
    /// Pairs that those keys would have given.
    pub n_pairs_left_out: u64,
}
