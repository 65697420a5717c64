//! moneytrail
fn main() {}
