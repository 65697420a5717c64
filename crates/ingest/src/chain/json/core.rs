//! Bitcoin Core's `getblock`, verbosity 2 and 3 (`chains.md` §1).
//!
//! Laws: a block is put together again from its fields and checked like a raw one, as far as its
//! fields go: hash and work if the header is complete, the merkle root over the ids, each id over
//! its own fields. A transaction whose fields do not give its id is quarantined alone, because the
//! root proves the others. A block that the node reports with −1 confirmations is stale.

use super::elements::{Element, Elements, place_of};
use super::fields::{Fields, InputFields, OutputFields, coins, hash, version};
use super::{Reader, clip, network};
use crate::chain::proof::shown;
use crate::chain::reading::{Head, HeaderFields, Reading, Role, push_record};
use crate::chain::rows::{Mark, batch_of};
use crate::chain::tree::bip34_height;
use crate::chain::wire::{Header, Transaction, coinbase_height};
use crate::{Error, StaleBlock};
use moneytrail_model::{Network, RecordBin};
use moneytrail_store::schema::{Batch, RecordPlace};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A block, or an answer that wraps one or several.
#[derive(Deserialize)]
struct BlockJson<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    hash: Option<&'a str>,
    confirmations: Option<i64>,
    height: Option<u32>,
    version: Option<i64>,
    #[serde(borrow)]
    merkleroot: Option<&'a str>,
    time: Option<u32>,
    nonce: Option<u32>,
    #[serde(borrow)]
    bits: Option<&'a str>,
    #[serde(borrow)]
    previousblockhash: Option<&'a str>,
    #[serde(borrow)]
    tx: Option<Vec<&'a RawValue>>,
}

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
    hex: Option<&'a str>,
}

#[derive(Deserialize)]
struct InputJson<'a> {
    #[serde(borrow)]
    coinbase: Option<&'a str>,
    #[serde(borrow)]
    txid: Option<&'a str>,
    vout: Option<u32>,
    #[serde(borrow, rename = "scriptSig")]
    script_sig: Option<ScriptJson<'a>>,
    sequence: Option<u32>,
    #[serde(borrow)]
    txinwitness: Option<Vec<&'a str>>,
    #[serde(borrow)]
    prevout: Option<OutputJson<'a>>,
}

#[derive(Deserialize)]
struct OutputJson<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    n: Option<u32>,
    #[serde(borrow, rename = "scriptPubKey")]
    script: Option<ScriptJson<'a>>,
}

#[derive(Deserialize, Default)]
struct ScriptJson<'a> {
    #[serde(borrow)]
    hex: Option<&'a str>,
    #[serde(borrow)]
    address: Option<&'a str>,
    #[serde(borrow)]
    addresses: Option<Vec<&'a str>>,
}

impl<'a> OutputJson<'a> {
    fn fields(&self) -> Result<OutputFields<'a>, String> {
        let script = self.script.as_ref();
        // A bare multisig lists the addresses of all its keys, and is none of them.
        let listed = script.and_then(|script| match script.addresses.as_deref() {
            Some([only]) => Some(*only),
            _ => None,
        });
        Ok(OutputFields {
            value: self.value.map(|value| coins(value.get())).transpose()?,
            script: script.and_then(|script| script.hex),
            address: script.and_then(|script| script.address).or(listed),
        })
    }
}

impl<'a> TransactionJson<'a> {
    fn fields(&self) -> Result<Fields<'a>, String> {
        let inputs = self.vin.iter().map(|input| {
            let is_coinbase = input.coinbase.is_some();
            let outpoint = match (input.txid, input.vout) {
                (Some(txid), Some(vout)) => (hash(txid)?, vout),
                _ if is_coinbase => ([0; 32], u32::MAX),
                _ => return Err("an input names no output".to_owned()),
            };
            let script_sig = input.script_sig.as_ref().and_then(|script| script.hex);
            Ok(InputFields {
                txid: outpoint.0,
                vout: outpoint.1,
                script_sig: input.coinbase.or(script_sig),
                sequence: input.sequence,
                witness: input.txinwitness.clone().unwrap_or_default(),
                prevout: input.prevout.as_ref().map(OutputJson::fields).transpose()?,
            })
        });
        for (position, output) in self.vout.iter().enumerate() {
            if output.n.is_some_and(|n| n as usize != position) {
                return Err(format!("output {position} is missing or out of order"));
            }
        }
        Ok(Fields {
            txid: hash(self.txid)?,
            version: self.version.map(version).transpose()?,
            lock_time: self.locktime,
            inputs: inputs.collect::<Result<_, String>>()?,
            outputs: self
                .vout
                .iter()
                .map(OutputJson::fields)
                .collect::<Result<_, _>>()?,
            hex: self.hex,
        })
    }
}

impl BlockJson<'_> {
    /// The header, and which of its fields are stated.
    fn header(&self) -> Result<(Header, HeaderFields), String> {
        let stated_hash = hash(self.hash.ok_or("a block has no hash")?)?;
        let bits = self.bits.map(|bits| {
            u32::from_str_radix(bits, 16).map_err(|_| format!("`{}` is no target", clip(bits)))
        });
        let bits = bits.transpose()?;
        let previous = self.previousblockhash.map(hash).transpose()?;
        let merkle_root = self.merkleroot.map(hash).transpose()?;
        let time = self.time.ok_or("a block has no time")?;
        let version = self.version.map(version).transpose()?;
        // The first block has no previous one, and says so by leaving the field out.
        let previous = previous.or((self.height == Some(0)).then_some([0; 32]));
        let mut stated = HeaderFields {
            all: false,
            previous: previous.is_some(),
            merkle_root: merkle_root.is_some(),
            bits: bits.is_some(),
        };
        let header = Header {
            version: version.unwrap_or_default().cast_signed(),
            previous: previous.unwrap_or_default(),
            merkle_root: merkle_root.unwrap_or_default(),
            time,
            bits: bits.unwrap_or_default(),
            hash: stated_hash,
        };
        let (Some(_), Some(nonce), Some(_), Some(_), Some(_)) =
            (version, self.nonce, bits, previous, merkle_root)
        else {
            return Ok((header, stated));
        };
        stated.all = true;
        let proven = Header::parse(&header.bytes(nonce)).map_err(|error| error.to_string())?;
        if proven.hash != stated_hash {
            return Err(format!(
                "header of block {} was altered: what it states has the hash {}",
                shown(&stated_hash),
                shown(&proven.hash)
            ));
        }
        Ok((header, stated))
    }

    /// The first transaction's word about the height must not contradict the block's.
    fn check_height(
        &self,
        header: &Header,
        network: Network,
        coinbase: Option<&Transaction<'_>>,
    ) -> Result<(), String> {
        let script = coinbase.and_then(|coinbase| coinbase.inputs.first());
        let stated = script.and_then(|input| coinbase_height(input.script_sig));
        match (self.height, stated) {
            (Some(height), Some(stated))
                if header.version >= 2 && height >= bip34_height(network) && height != stated =>
            {
                Err(format!("block says height {height}, its coinbase {stated}"))
            }
            _ => Ok(()),
        }
    }
}

/// Reads one element: a block, or an answer around blocks.
pub(super) fn read_element(
    reader: &mut Reader<'_>,
    whole: &[u8],
    element: &str,
) -> Result<(), Error> {
    let place = place_of(whole, element);
    let block: BlockJson<'_> = match serde_json::from_str(element) {
        Ok(block) => block,
        Err(error) => return reader.quarantine(place, &error.to_string(), element),
    };
    if let (Some(result), None) = (block.result, block.hash) {
        for inner in Elements::new(result.get().as_bytes()) {
            match inner {
                Element::Value(inner) => read_element(reader, whole, inner)?,
                Element::Broken { .. } => {
                    reader.quarantine(place, "the answer does not parse", element)?;
                }
            }
        }
        return Ok(());
    }
    let mut batch = batch_of(&reader.path, reader.network);
    match read_block(reader, &mut batch, whole, place, &block)? {
        Ok(()) => {}
        Err(reason) => {
            // All of it waits: one record for each transaction, or one for the block.
            let each = block.tx.as_deref().unwrap_or_default();
            for transaction in each {
                let (start, end) = place_of(whole, transaction.get());
                let raw = clip(transaction.get());
                let at = RecordPlace::Bytes(start, end);
                push_record(&mut batch, at, RecordBin::Quarantined, &reason, raw);
                reader.tally.counts.count(RecordBin::Quarantined);
            }
            if each.is_empty() {
                return reader.quarantine(place, &reason, element);
            }
        }
    }
    reader.sink.push(batch)?;
    Ok(())
}

/// `Ok(Err(reason))` if the block as a whole is not believed; the batch is empty then.
fn read_block(
    reader: &mut Reader<'_>,
    batch: &mut Batch,
    whole: &[u8],
    place: (u64, u64),
    block: &BlockJson<'_>,
) -> Result<Result<(), String>, Error> {
    let (header, stated) = match block.header() {
        Ok(header) => header,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(transactions) = block.tx.as_deref().filter(|list| !list.is_empty()) else {
        return Ok(Err("a block has no transactions".to_owned()));
    };
    if transactions[0].get().starts_with('"') {
        let reason = "lists transaction ids only: ask the node for verbosity 2".to_owned();
        return Ok(Err(reason));
    }
    let role = if block.confirmations.is_some_and(|n_blocks| n_blocks < 0) {
        Role::Stale
    } else if reader.seen_blocks.contains(&header.hash) {
        Role::Duplicate
    } else {
        Role::Counts
    };
    let head = Head {
        network: reader.network,
        header,
        stated,
        place,
        height: block.height,
        role,
    };
    let mark = Mark::of(batch);
    let mut reading = Reading::begin(head, batch);
    for (tx_index, text) in transactions.iter().enumerate() {
        let (start, end) = place_of(whole, text.get());
        let at = RecordPlace::Bytes(start, end);
        let parsed = serde_json::from_str::<TransactionJson<'_>>(text.get());
        let fields = parsed
            .map_err(|error| error.to_string())
            .and_then(|transaction| transaction.fields());
        if let Ok(fields) = &fields {
            reader.check_addresses(fields)?;
        }
        let txid = fields.as_ref().ok().map(|fields| fields.txid);
        let assembled = fields.and_then(|fields| fields.assemble(reader.network));
        let mut transaction = Transaction::on(reader.network);
        let read = assembled
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|assembled| {
                assembled.read(&mut transaction)?;
                Ok(&assembled.stated)
            });
        match read {
            Ok(stated) => {
                if tx_index == 0
                    && let Err(reason) =
                        block.check_height(&header, reader.network, Some(&transaction))
                {
                    mark.take_back(batch);
                    return Ok(Err(reason));
                }
                reader.n_unchecked += u64::from(!stated.is_complete);
                reading.take(batch, &transaction, at, stated);
            }
            Err(reason) => reading.refuse(batch, at, txid, &reason, clip(text.get())),
        }
    }
    match reading.finish(batch, &mut reader.tally) {
        Ok(n_transactions) => {
            reader.seen_blocks.insert(header.hash);
            reader.n_unproven_blocks += u64::from(!stated.all || !stated.merkle_root);
            if role == Role::Stale {
                reader.stale.push(StaleBlock {
                    height: block.height,
                    hash: shown(&header.hash),
                    n_transactions,
                });
            }
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// What the network of an address must be, for messages.
pub(super) fn mixed(path: &str, first: Network, address: &str) -> Result<(), Error> {
    network::fits(address, first).map_err(|second| Error::MixedNetworks {
        path: path.to_owned(),
        first,
        second,
    })
}
