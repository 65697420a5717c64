//! Running balances: how many rows add up.
//!
//! Law: only the share is stated; nothing is repaired. Per currency, a row holds when its balance is the
//! balance before it plus what came in minus what went out (or the other way round, whichever holds more
//! often: arithmetic alone cannot tell who owes whom).

use super::ledger::Stated;
use moneytrail_model::{Amount, Asset};
use rustc_hash::FxHashMap;

/// Counts rows whose balance follows from the row before.
#[derive(Default, Debug)]
pub(crate) struct Balances {
    last: FxHashMap<Asset, Amount>,
    n_rows: u64,
    n_in_minus_out: u64,
    n_out_minus_in: u64,
    /// First rows that do not hold under "in minus out".
    breaks: Vec<String>,
}

/// Rows that do not add up and are named.
const BREAKS_NAMED: usize = 5;

impl Balances {
    /// Takes a line of the book.
    pub(crate) fn row(&mut self, stated: &Stated, locator: &str) {
        if let Some(&before) = self.last.get(&stated.asset) {
            // A row that moves nothing fits either way.
            let moves = stated.change != Amount::ZERO;
            self.n_rows += u64::from(moves);
            if !moves {
                self.last.insert(stated.asset.clone(), stated.balance);
                return;
            }
            if before.checked_add(stated.change) == Some(stated.balance) {
                self.n_in_minus_out += 1;
            } else if self.breaks.len() < BREAKS_NAMED {
                self.breaks.push(locator.to_owned());
            }
            if before.checked_sub(stated.change) == Some(stated.balance) {
                self.n_out_minus_in += 1;
            }
        }
        self.last.insert(stated.asset.clone(), stated.balance);
    }

    /// Takes an opening balance; says whether it repeats the balance before it.
    pub(crate) fn opening(&mut self, asset: &Asset, balance: Amount) -> Option<bool> {
        let before = self.last.insert(asset.clone(), balance);
        before.map(|before| before == balance)
    }

    /// Rows compared, and how many hold.
    pub(crate) fn figures(&self) -> (u64, u64) {
        (self.n_rows, self.n_in_minus_out.max(self.n_out_minus_in))
    }

    /// Rows compared, and how many hold under "in minus out" and under "out minus in".
    pub(crate) const fn fits(&self) -> (u64, u64, u64) {
        (self.n_rows, self.n_in_minus_out, self.n_out_minus_in)
    }

    /// The share as a sentence.
    pub(crate) fn remark(&self) -> Option<String> {
        let (n_rows, n_hold) = self.figures();
        if n_rows == 0 {
            return None;
        }
        let rule = if self.n_in_minus_out >= self.n_out_minus_in {
            "in minus out"
        } else {
            "out minus in"
        };
        let breaks = if n_hold < n_rows && self.n_in_minus_out >= self.n_out_minus_in {
            format!("; it first breaks at {}", self.breaks.join(", "))
        } else {
            String::new()
        };
        Some(format!(
            "running balance: {n_hold} of {n_rows} rows add up as {rule}{breaks}"
        ))
    }
}
