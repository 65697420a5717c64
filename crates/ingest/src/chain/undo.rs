//! Undo data of a node (`rev*.dat`): value and script of every output that a block spends.
//!
//! Laws. Undo data is believed only where [`finding`] knows whose it is, and where it has one entry for each
//! input. It adds what the block does not say, and takes nothing away: a block without it, or with such that
//! does not hold, is read as if there were none, and that is remarked.
//!
//! Form (Bitcoin Core, `undo.h`, `compressor.h`, `serialize.h`; checked against files that Core wrote):
//! records `magic | u32 size | undo | checksum`; undo is, for each transaction but the coinbase, a count
//! and for each input a number 2·height + coinbase, a zero where the height is not, the amount and the
//! script, in numbers of seven bits a byte. Amounts are packed by their trailing zeros, scripts by their
//! type.

mod finding;

use super::rows::Prevout;
use super::wire::{Cursor, MONEY_MAX};
use bitcoin::secp256k1::PublicKey;
use moneytrail_model::address::of_script;
use moneytrail_model::{AccountKey, Amount, Network};

pub(super) use finding::{Candidate, UndoFiles};

/// Longest script that can be spent; Core does not keep a longer one.
const SCRIPT_LEN_MAX: u64 = 10_000;

/// Reads the undo data of a block, transaction by transaction.
#[derive(Debug)]
pub(super) struct Undo<'a> {
    network: Network,
    cursor: Cursor<'a>,
    n_left: usize,
    script: Vec<u8>,
}

impl<'a> Undo<'a> {
    pub(super) fn new(network: Network, bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes, 0);
        let n_left = cursor.compact_size().ok()?;
        Some(Self {
            network,
            cursor,
            n_left,
            script: Vec::new(),
        })
    }

    /// What the next transaction spends, replacing what was in `prevouts`; `None` if this is no undo data of
    /// a transaction with so many inputs.
    pub(super) fn next(
        &mut self,
        n_inputs: usize,
        prevouts: &mut Vec<Option<Prevout>>,
    ) -> Option<()> {
        self.n_left = self.n_left.checked_sub(1)?;
        if self.cursor.compact_size().ok()? != n_inputs {
            return None;
        }
        prevouts.clear();
        for _ in 0..n_inputs {
            let amount = self.output()?;
            let account = of_script(self.network, &self.script);
            prevouts.push(Some(Prevout {
                amount: Some(Amount::from_u64(amount)),
                account: Some(account).filter(|key| !matches!(key, AccountKey::Burned(_))),
            }));
        }
        Some(())
    }

    /// Whether all was read.
    pub(super) fn is_done(&self) -> bool {
        self.n_left == 0 && self.cursor.rest() == 0
    }

    /// The amount of the next output; its script is in `script`.
    fn output(&mut self) -> Option<u64> {
        let height = self.cursor.var_int().ok()? >> 1;
        if height > 0 {
            // Where old nodes kept the version of the transaction.
            self.cursor.var_int().ok()?;
        }
        let amount = amount(self.cursor.var_int().ok()?)?;
        self.read_script()?;
        Some(amount)
    }

    fn read_script(&mut self) -> Option<()> {
        let script = &mut self.script;
        script.clear();
        match self.cursor.var_int().ok()? {
            0 => {
                script.extend([0x76, 0xa9, 20]);
                script.extend(self.cursor.array::<20>().ok()?);
                script.extend([0x88, 0xac]);
            }
            1 => {
                script.extend([0xa9, 20]);
                script.extend(self.cursor.array::<20>().ok()?);
                script.push(0x87);
            }
            sign @ (2 | 3) => {
                script.extend([33, u8::try_from(sign).unwrap_or(0)]);
                script.extend(self.cursor.array::<32>().ok()?);
                script.push(0xac);
            }
            sign @ (4 | 5) => {
                let mut key = [0; 33];
                key[0] = u8::try_from(sign - 2).unwrap_or(0);
                key[1..].copy_from_slice(self.cursor.array::<32>().ok()?);
                let key = PublicKey::from_slice(&key).ok()?;
                script.push(65);
                script.extend(key.serialize_uncompressed());
                script.push(0xac);
            }
            n_bytes => {
                let n_bytes = n_bytes - 6;
                let len = usize::try_from(n_bytes).ok()?;
                let bytes = self.cursor.take(len).ok()?;
                if n_bytes > SCRIPT_LEN_MAX {
                    script.push(0x6a);
                } else {
                    script.extend(bytes);
                }
            }
        }
        Some(())
    }
}

/// An amount from its packed form: the number of trailing zeros, at most nine, is its last digit.
fn amount(packed: u64) -> Option<u64> {
    let Some(rest) = packed.checked_sub(1) else {
        return Some(0);
    };
    let (n_zeros, rest) = (rest % 10, rest / 10);
    let digits = if n_zeros < 9 {
        (rest / 9).checked_mul(10)?.checked_add(rest % 9 + 1)?
    } else {
        rest.checked_add(1)?
    };
    let amount = digits.checked_mul(10_u64.pow(u32::try_from(n_zeros).ok()?))?;
    (amount <= MONEY_MAX).then_some(amount)
}

#[cfg(test)]
mod tests;
