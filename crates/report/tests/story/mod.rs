//! The sample report: one deposit in Kabul, two payouts in Belgrade, and what the notes bought.
//! Everything is invented; every sum follows the tracing rules to the unit.

#![allow(
    dead_code,
    reason = "each test file and the example use a part of the stories"
)]

mod custody;
mod frame;
mod small;
mod value;

pub use frame::{btc, document, eur, party, phrase, usdt};
pub use small::{cycle, idle, instant, long, plain, wide};
