//! Transactions as bitcoin-etl exports them, one a line, and as the public warehouses made from it give them
//! out (`chains.md` §1).
//!
//! Laws: amounts are satoshi, as numbers or as text; an input has account and amount only where the export
//! was enriched with them. A coinbase has no inputs there, so that its id cannot be checked; every other id is.
//! So a line is believed to be of one, which makes coins out of nothing, only where it says so and has none.
//! Lines about blocks are context: they name no movement.
//!
//! Source: <https://github.com/blockchain-etl/bitcoin-etl>, `README.md` (schema).

use super::fields::{Fields, InputFields, OutputFields, hash, version};
use super::lone::{BlockStated, Lone, Refused, quarantined};
use crate::chain::stamp::seconds;
use moneytrail_model::{AccountKey, Network, RecordBin};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct TransactionJson<'a> {
    #[serde(borrow)]
    hash: Option<&'a str>,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    #[serde(borrow)]
    lock_time: Option<&'a RawValue>,
    #[serde(borrow)]
    block_number: Option<&'a RawValue>,
    #[serde(borrow)]
    block_hash: Option<&'a str>,
    #[serde(borrow)]
    block_timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    is_coinbase: Option<&'a RawValue>,
    #[serde(borrow)]
    index: Option<&'a RawValue>,
    #[serde(borrow)]
    inputs: Option<Vec<InputJson<'a>>>,
    #[serde(borrow)]
    outputs: Option<Vec<OutputJson<'a>>>,
    /// Of a block.
    #[serde(borrow)]
    transaction_count: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct InputJson<'a> {
    #[serde(borrow)]
    index: Option<&'a RawValue>,
    #[serde(borrow)]
    spent_transaction_hash: Option<&'a str>,
    #[serde(borrow)]
    spent_output_index: Option<&'a RawValue>,
    #[serde(borrow)]
    script_hex: Option<&'a str>,
    #[serde(borrow)]
    sequence: Option<&'a RawValue>,
    #[serde(borrow)]
    addresses: Option<Vec<&'a str>>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct OutputJson<'a> {
    #[serde(borrow)]
    index: Option<&'a RawValue>,
    #[serde(borrow)]
    script_hex: Option<&'a str>,
    #[serde(borrow)]
    addresses: Option<Vec<&'a str>>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// The text of a number or of a string.
fn text(raw: &RawValue) -> &str {
    raw.get().trim_matches('"')
}

/// A whole number, which a warehouse may write as text and with decimal places of zero.
fn whole<T: std::str::FromStr>(raw: &RawValue) -> Result<T, String> {
    let digits = match text(raw).split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|byte| byte == b'0') => digits,
        _ => text(raw),
    };
    digits
        .parse()
        .map_err(|_| format!("`{}` is no whole number here", super::clip(raw.get())))
}

/// As [`whole`], where it is stated.
fn stated<T: std::str::FromStr>(raw: Option<&RawValue>) -> Result<Option<T>, String> {
    raw.map(whole).transpose()
}

/// The one address of a list. Of several, as a bare multisig has, none is whose the output is; and what the
/// exporter makes up for other scripts is none.
fn only_address<'a>(listed: Option<&[&'a str]>) -> Option<&'a str> {
    let [only] = listed? else {
        return None;
    };
    AccountKey::parse(only, Network::Testnet3).map(|_| *only)
}

/// Puts a list in the order of its indexes.
fn in_order<T>(
    list: Option<Vec<T>>,
    what: &str,
    index: impl Fn(&T) -> Option<&RawValue>,
) -> Result<Vec<T>, String> {
    let mut numbered: Vec<(usize, T)> = Vec::new();
    for (position, one) in list.unwrap_or_default().into_iter().enumerate() {
        numbered.push((stated(index(&one))?.unwrap_or(position), one));
    }
    numbered.sort_by_key(|one| one.0);
    if let Some(gap) = (0..numbered.len()).find(|&position| numbered[position].0 != position) {
        return Err(format!("{what} {gap} is missing or stands twice"));
    }
    Ok(numbered.into_iter().map(|one| one.1).collect())
}

impl<'a> TransactionJson<'a> {
    fn fields(self, txid: &str) -> Result<Fields<'a>, String> {
        let inputs = in_order(self.inputs, "input", |input| input.index)?;
        let is_coinbase = self.is_coinbase.map(text) == Some("true");
        let inputs = match (is_coinbase, &*inputs) {
            (true, []) => vec![InputFields::of_coinbase()],
            (true, _) => return Err("it is called a coinbase, and has inputs".to_owned()),
            (false, []) => return Err("it has no inputs, and is not called a coinbase".to_owned()),
            (false, inputs) => inputs
                .iter()
                .map(InputJson::fields)
                .collect::<Result<_, _>>()?,
        };
        let outputs = in_order(self.outputs, "output", |output| output.index)?;
        let outputs = outputs.iter().map(|output| {
            Ok(OutputFields {
                value: stated(output.value)?,
                script: output.script_hex,
                address: only_address(output.addresses.as_deref()),
            })
        });
        Ok(Fields {
            txid: hash(txid)?,
            version: stated(self.version)?.map(version).transpose()?,
            lock_time: stated(self.lock_time)?,
            inputs,
            outputs: outputs.collect::<Result<_, String>>()?,
            hex: None,
        })
    }

    fn block(&self) -> Result<BlockStated, Refused> {
        let incomplete = |what: &str| quarantined(format!("the {what} of its block is missing"));
        let time = self.block_timestamp.ok_or_else(|| incomplete("time"))?;
        let time = seconds(text(time)).ok_or_else(|| {
            quarantined(format!("`{}` is no time in UTC", super::clip(time.get())))
        })?;
        let block_hash = self.block_hash.ok_or_else(|| incomplete("hash"))?;
        Ok(BlockStated {
            hash: hash(block_hash).map_err(quarantined)?,
            height: stated(self.block_number).map_err(quarantined)?,
            time,
        })
    }
}

impl<'a> InputJson<'a> {
    fn fields(&self) -> Result<InputFields<'a>, String> {
        let (Some(txid), Some(vout)) = (self.spent_transaction_hash, self.spent_output_index)
        else {
            return Err("an input names no output".to_owned());
        };
        let address = only_address(self.addresses.as_deref());
        let value = stated(self.value)?;
        let is_enriched = value.is_some() || address.is_some();
        Ok(InputFields {
            txid: hash(txid)?,
            vout: whole(vout)?,
            script_sig: self.script_hex,
            sequence: stated(self.sequence)?,
            witness: Vec::new(),
            prevout: is_enriched.then_some(OutputFields {
                value,
                script: None,
                address,
            }),
        })
    }
}

/// Reads the element that stands in row `row`.
pub(super) fn read(element: &str, row: u32) -> Result<Lone<'_>, Refused> {
    let parsed: TransactionJson<'_> = serde_json::from_str(element).map_err(quarantined)?;
    if parsed.transaction_count.is_some() && parsed.outputs.is_none() {
        let reason = "a block: its transactions have lines of their own".to_owned();
        return Err((RecordBin::Contextual, reason));
    }
    let txid = parsed.hash.ok_or_else(|| quarantined("it has no hash"))?;
    let block = parsed.block();
    let tx_index = stated(parsed.index).map_err(quarantined)?;
    Ok(Lone {
        fields: parsed.fields(txid).map_err(quarantined)?,
        block,
        tx_index,
        row: Some(row),
        is_compared: false,
    })
}
