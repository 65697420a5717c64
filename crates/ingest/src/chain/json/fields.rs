//! The fields of a transaction as JSON states them, and the bytes that they stand for.
//!
//! Laws: the bytes are put together again from the fields, so that the id covers every value, script
//! and outpoint that becomes a row; a field that is missing makes the transaction incomplete, never
//! guessed at; coins are read from their decimal text, never through a float.

use crate::chain::reading::Stated;
use crate::chain::rows::Prevout;
use crate::chain::wire::{Cursor, Transaction};
use moneytrail_model::address::{of_script, script_of};
use moneytrail_model::{AccountKey, Amount, Network, TransactionForm};

/// A transaction as JSON states it.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) txid: [u8; 32],
    pub(super) version: Option<u32>,
    pub(super) lock_time: Option<u32>,
    pub(super) inputs: Vec<InputFields<'a>>,
    pub(super) outputs: Vec<OutputFields<'a>>,
    /// All of its bytes in hexadecimal digits.
    pub(super) hex: Option<&'a str>,
}

/// An input as JSON states it.
#[derive(Debug)]
pub(super) struct InputFields<'a> {
    pub(super) txid: [u8; 32],
    pub(super) vout: u32,
    pub(super) script_sig: Option<&'a str>,
    pub(super) sequence: Option<u32>,
    pub(super) witness: Vec<&'a str>,
    pub(super) prevout: Option<OutputFields<'a>>,
}

impl InputFields<'_> {
    /// The input of a coinbase of which nothing is stated.
    pub(super) const fn of_coinbase() -> Self {
        Self {
            txid: [0; 32],
            vout: u32::MAX,
            script_sig: None,
            sequence: None,
            witness: Vec::new(),
            prevout: None,
        }
    }
}

/// An output as JSON states it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OutputFields<'a> {
    pub(super) value: Option<u64>,
    pub(super) script: Option<&'a str>,
    pub(super) address: Option<&'a str>,
}

/// Reads an id as people write it.
pub(super) fn hash(text: &str) -> Result<[u8; 32], String> {
    let mut hash =
        <[u8; 32]>::try_from(bytes(text)?).map_err(|_| format!("`{}` is no hash", clip(text)))?;
    hash.reverse();
    Ok(hash)
}

/// Reads hexadecimal digits.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|_| format!("`{}` is not hexadecimal", clip(text)))
}

/// Reads a version, which some writers print with a sign and some without.
pub(super) fn version(number: i64) -> Result<u32, String> {
    i32::try_from(number)
        .map(i32::cast_unsigned)
        .or_else(|_| u32::try_from(number))
        .map_err(|_| format!("{number} is no version"))
}

/// No network has more units than Dogecoin; what its own limit is, transactions are checked for.
const COINS_MAX: u64 = Network::Dogecoin.money_max();

/// Reads coins from decimal text, with or without an exponent, as satoshi.
pub(super) fn coins(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{}` is no amount of coins", clip(text));
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| wrong())?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let n_places = i32::try_from(fraction.len()).map_err(|_| wrong())?;
    // digits · 10^(exponent − places), so the text `digits` has this many decimal places.
    let places = n_places.saturating_sub(exponent);
    let plain = format!("{whole}{fraction}");
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let text = match usize::try_from(places) {
        Ok(places @ 0..=64) => {
            let padded = format!("{plain:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            format!("{whole}.{fraction}")
        }
        Err(_) if places >= -32 => format!("{plain}{:0<1$}", "", places.unsigned_abs() as usize),
        _ => return Err(wrong()),
    };
    let text = text.strip_suffix('.').unwrap_or(&text);
    let amount = Amount::parse_decimal(text, 8).map_err(|error| format!("{}: {error}", wrong()))?;
    u64::try_from(amount.units())
        .ok()
        .filter(|&units| units <= COINS_MAX)
        .ok_or_else(wrong)
}

fn clip(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The account of an address.
fn account_of(network: Network, address: &str) -> Result<AccountKey, String> {
    AccountKey::parse(address, network)
        .filter(|account| account.network() == Some(network))
        .ok_or_else(|| format!("`{}` is no address of {network}", clip(address)))
}

/// The script that an address stands for.
fn script_of_address(network: Network, address: &str) -> Result<Vec<u8>, String> {
    let script = match account_of(network, address)? {
        AccountKey::Script(_, script) => script_of(&script),
        _ => None,
    };
    script.ok_or_else(|| format!("`{}` does not tell its script", clip(address)))
}

impl OutputFields<'_> {
    fn script_bytes(&self, network: Network) -> Result<Vec<u8>, String> {
        match (self.script, self.address) {
            (Some(script), _) => bytes(script),
            (None, Some(address)) => script_of_address(network, address),
            (None, None) => Err("an output has neither script nor address".to_owned()),
        }
    }

    fn as_prevout(&self, network: Network) -> Result<Prevout, String> {
        let account = match (self.script, self.address) {
            (None, None) => None,
            (Some(script), _) => Some(of_script(network, &bytes(script)?)),
            (None, Some(address)) => Some(account_of(network, address)?),
        };
        if self.value.is_some_and(|value| value > network.money_max()) {
            return Err("an output that is spent is worth more than all coins".to_owned());
        }
        Ok(Prevout {
            amount: self.value.map(Amount::from_u64),
            account: account.filter(|account| !matches!(account, AccountKey::Burned(_))),
        })
    }
}

/// A transaction's bytes, and what was stated of it.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) bytes: Vec<u8>,
    pub(super) stated: Stated,
    /// What the fields say of its form.
    form: TransactionForm,
}

impl Assembled {
    /// Reads the transaction, whose form is what was stated of it.
    pub(super) fn read<'a>(&'a self, transaction: &mut Transaction<'a>) -> Result<(), String> {
        read_exactly(transaction, &self.bytes)?;
        if !self.stated.is_complete {
            transaction.form = self.form;
        }
        Ok(())
    }
}

impl Fields<'_> {
    fn form(&self) -> TransactionForm {
        let sequences = self.inputs.iter().map(|input| input.sequence);
        TransactionForm {
            version: self.version.map(u32::cast_signed),
            lock_time: self.lock_time,
            sequence: sequences
                .collect::<Option<Vec<u32>>>()
                .and_then(|all| all.into_iter().min()),
        }
    }

    /// Puts the bytes together again.
    pub(super) fn assemble(&self, network: Network) -> Result<Assembled, String> {
        let own = self.serialise(network);
        // Litecoin writes what it adds to a transaction into its bytes; the id covers the fields alone.
        let is_extended = network == Network::Litecoin && self.is_complete();
        let given = self.hex.filter(|_| !is_extended).map(bytes).transpose()?;
        let is_complete = given.is_some() || self.is_complete();
        if let (Ok(own), Some(given), true) = (&own, &given, self.is_complete())
            && txid_of(network, own)? != txid_of(network, given)?
        {
            return Err("its fields and its hex are of two transactions".to_owned());
        }
        let bytes = match given {
            Some(given) => given,
            None => own?,
        };
        let prevouts = self.inputs.iter().map(|input| {
            let prevout = input.prevout.as_ref();
            prevout
                .map(|prevout| prevout.as_prevout(network))
                .transpose()
        });
        Ok(Assembled {
            bytes,
            stated: Stated {
                txid: self.txid,
                is_complete,
                prevouts: prevouts.collect::<Result<_, _>>()?,
            },
            form: self.form(),
        })
    }

    fn is_complete(&self) -> bool {
        let inputs = || self.inputs.iter();
        self.version.is_some()
            && self.lock_time.is_some()
            && inputs().all(|input| input.script_sig.is_some() && input.sequence.is_some())
            && self.outputs.iter().all(|output| output.script.is_some())
    }

    fn serialise(&self, network: Network) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let has_witness = self.inputs.iter().any(|input| !input.witness.is_empty());
        bytes.extend(self.version.unwrap_or(2).to_le_bytes());
        if has_witness {
            bytes.extend([0, 1]);
        }
        push_size(&mut bytes, self.inputs.len());
        for input in &self.inputs {
            bytes.extend(input.txid);
            bytes.extend(input.vout.to_le_bytes());
            push_script(
                &mut bytes,
                &self::bytes(input.script_sig.unwrap_or_default())?,
            );
            bytes.extend(input.sequence.unwrap_or(u32::MAX).to_le_bytes());
        }
        push_size(&mut bytes, self.outputs.len());
        for output in &self.outputs {
            let value = output.value.ok_or("an output has no value")?;
            bytes.extend(value.to_le_bytes());
            push_script(&mut bytes, &output.script_bytes(network)?);
        }
        for input in self.inputs.iter().filter(|_| has_witness) {
            push_size(&mut bytes, input.witness.len());
            for item in &input.witness {
                push_script(&mut bytes, &self::bytes(item)?);
            }
        }
        bytes.extend(self.lock_time.unwrap_or(0).to_le_bytes());
        Ok(bytes)
    }
}

/// Appends a length in its shortest form.
fn push_size(bytes: &mut Vec<u8>, size: usize) {
    let size = size as u64;
    match (u8::try_from(size), u16::try_from(size), u32::try_from(size)) {
        (Ok(short @ 0..=0xfc), ..) => bytes.push(short),
        (_, Ok(size), _) => {
            bytes.push(0xfd);
            bytes.extend(size.to_le_bytes());
        }
        (_, _, Ok(size)) => {
            bytes.push(0xfe);
            bytes.extend(size.to_le_bytes());
        }
        _ => {
            bytes.push(0xff);
            bytes.extend(size.to_le_bytes());
        }
    }
}

fn push_script(bytes: &mut Vec<u8>, script: &[u8]) {
    push_size(bytes, script.len());
    bytes.extend(script);
}

fn txid_of(network: Network, bytes: &[u8]) -> Result<[u8; 32], String> {
    let mut transaction = Transaction::on(network);
    read_exactly(&mut transaction, bytes)?;
    Ok(transaction.txid)
}

/// Reads a transaction that is all of `bytes`.
pub(super) fn read_exactly<'a>(
    transaction: &mut Transaction<'a>,
    bytes: &'a [u8],
) -> Result<(), String> {
    let mut cursor = Cursor::new(bytes, 0);
    transaction
        .read(&mut cursor)
        .map_err(|error| format!("transaction does not parse: {error}"))?;
    match cursor.rest() {
        0 => Ok(()),
        rest => Err(format!("{rest} bytes follow the transaction")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn coins_are_read_from_text() {
        for (text, satoshi) in [
            ("50.00000000", 5_000_000_000),
            ("0", 0),
            ("0.0", 0),
            ("1e-8", 1),
            ("1E-08", 1),
            ("1.5e1", 1_500_000_000),
            ("1e+10", COINS_MAX),
            ("0.30000000000000000", 30_000_000),
            ("20999999.97690000", 2_099_999_997_690_000),
        ] {
            assert_eq!(coins(text), Ok(satoshi), "{text}");
        }
        for text in [
            "0.1000000000000000055",
            "-1",
            "1e-9",
            "1e99999",
            "1e-99999",
            "10000000000.00000001",
            "",
            "e",
            "\"1\"",
            "null",
        ] {
            assert!(coins(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn coins_read_what_core_prints(satoshi in 0..=COINS_MAX) {
            let text = Amount::from_u64(satoshi).display(8).to_string();
            prop_assert_eq!(coins(&text), Ok(satoshi));
            prop_assert_eq!(coins(&format!("{satoshi}e-8")), Ok(satoshi));
        }
    }
}
