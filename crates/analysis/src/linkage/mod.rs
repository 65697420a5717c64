//! What deciding that two descriptions mean one thing stands on, whatever is described: names across scripts, rarity of values,
//! shares of levels. [`crate::reconcile`] matches orders with it, [`crate::people`] persons.

pub(crate) mod name;
pub(crate) mod rarity;
pub(crate) mod shares;
