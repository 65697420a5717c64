//! Transactions as Esplora and mempool servers give them (`chains.md` §1).
//!
//! Laws: each transaction stands alone: its id is checked over its fields, its block is what its
//! status says, its position in the block is not stated. The same transaction in the same block
//! counts once, because lists of two addresses both hold it. A transaction that no block holds yet
//! is set aside: it may be replaced, and what it spends may be spent otherwise; it moves no value
//! until an exhibit shows it in a block.

use super::fields::{Fields, InputFields, OutputFields, hash, version};
use super::lone::{BlockStated, Lone, Refused, quarantined};
use moneytrail_model::RecordBin;
use serde::Deserialize;

#[derive(Deserialize)]
struct TransactionJson<'a> {
    #[serde(borrow)]
    txid: &'a str,
    version: Option<i64>,
    locktime: Option<u32>,
    #[serde(borrow)]
    vin: Vec<InputJson<'a>>,
    #[serde(borrow)]
    vout: Vec<OutputJson<'a>>,
    #[serde(borrow)]
    status: Option<StatusJson<'a>>,
}

#[derive(Deserialize)]
struct InputJson<'a> {
    #[serde(borrow)]
    txid: &'a str,
    vout: u32,
    #[serde(borrow)]
    scriptsig: Option<&'a str>,
    sequence: Option<u32>,
    #[serde(borrow)]
    witness: Option<Vec<&'a str>>,
    #[serde(borrow)]
    prevout: Option<OutputJson<'a>>,
}

#[derive(Deserialize)]
struct OutputJson<'a> {
    #[serde(borrow)]
    scriptpubkey: Option<&'a str>,
    #[serde(borrow)]
    scriptpubkey_address: Option<&'a str>,
    value: Option<u64>,
}

#[derive(Deserialize)]
struct StatusJson<'a> {
    confirmed: Option<bool>,
    block_height: Option<u32>,
    #[serde(borrow)]
    block_hash: Option<&'a str>,
    block_time: Option<i64>,
}

impl<'a> OutputJson<'a> {
    const fn fields(&self) -> OutputFields<'a> {
        OutputFields {
            value: self.value,
            script: self.scriptpubkey,
            address: self.scriptpubkey_address,
        }
    }
}

impl<'a> TransactionJson<'a> {
    fn fields(&self) -> Result<Fields<'a>, String> {
        let inputs = self.vin.iter().map(|input| {
            Ok(InputFields {
                txid: hash(input.txid)?,
                vout: input.vout,
                script_sig: input.scriptsig,
                sequence: input.sequence,
                witness: input.witness.clone().unwrap_or_default(),
                prevout: input.prevout.as_ref().map(OutputJson::fields),
            })
        });
        Ok(Fields {
            txid: hash(self.txid)?,
            version: self.version.map(version).transpose()?,
            lock_time: self.locktime,
            inputs: inputs.collect::<Result<_, String>>()?,
            outputs: self.vout.iter().map(OutputJson::fields).collect(),
            hex: None,
        })
    }
}

/// Reads one element.
pub(super) fn read(element: &str) -> Result<Lone<'_>, Refused> {
    let parsed: TransactionJson<'_> = serde_json::from_str(element).map_err(quarantined)?;
    Ok(Lone {
        fields: parsed.fields().map_err(quarantined)?,
        block: block(parsed.status.as_ref()),
        tx_index: None,
        row: None,
        is_compared: true,
    })
}

/// The block of a status.
fn block(status: Option<&StatusJson<'_>>) -> Result<BlockStated, Refused> {
    let Some(status) = status.filter(|status| status.confirmed == Some(true)) else {
        let reason = "unconfirmed: no block holds the transaction yet";
        return Err((RecordBin::SetAside, reason.to_owned()));
    };
    let incomplete =
        || quarantined("the status of a confirmed transaction lacks hash or time of its block");
    Ok(BlockStated {
        hash: hash(status.block_hash.ok_or_else(incomplete)?).map_err(quarantined)?,
        height: status.block_height,
        time: status.block_time.ok_or_else(incomplete)?,
    })
}
