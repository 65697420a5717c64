//! The sample report: one deposit in Kabul, two payouts in Belgrade, and what the notes bought.
//! Everything is invented; every sum follows the tracing rules to the unit.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::wildcard_imports,
    clippy::too_many_lines,
    reason = "a fixture: each test file and the example use a part of it, and it may fail loudly"
)]

mod custody;
mod frame;
mod small;
mod value;

pub use frame::{btc, document, eur, party, phrase, usdt};
pub use small::{Plain, coins, cycle, idle, instant, long, plain, wide};
