//! A row of a dump as one input or output of a transaction, in bytes of a fixed length.

use super::columns::Columns;
use crate::chain::stamp::seconds;
use moneytrail_model::address::of_script;
use moneytrail_model::{AccountKey, KeyBytes, Network};

/// Bytes of the longest key of an account of a network.
const KEY_LEN_MAX: usize = 38;

/// On which side of a transaction a row stands; inputs come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Side {
    Input,
    Output,
}

/// Where a row stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct PlaceOf {
    pub(super) file: u32,
    pub(super) row: u32,
    /// Its first byte.
    pub(super) start: u64,
}

/// An input or output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part {
    /// The transaction that has it, internal byte order.
    pub(super) txid: [u8; 32],
    pub(super) height: u32,
    pub(super) side: Side,
    pub(super) index: u32,
    pub(super) time: i64,
    pub(super) value: u64,
    /// Of an input: the output that it spends.
    pub(super) spent: ([u8; 32], u32),
    /// Of an output: whether its transaction issues coins.
    pub(super) from_coinbase: bool,
    /// Of an input: its sequence number, if the dump states it.
    pub(super) sequence: Option<u32>,
    key: [u8; KEY_LEN_MAX],
    key_len: u8,
    pub(super) place: PlaceOf,
}

type Order = ([u8; 32], u32, Side, u32, PlaceOf);

impl Part {
    /// By transaction, height, side, index, place.
    pub(super) const fn order(&self) -> Order {
        (self.txid, self.height, self.side, self.index, self.place)
    }

    /// The byte form of the account.
    pub(super) fn key(&self) -> &[u8] {
        &self.key[..usize::from(self.key_len)]
    }

    /// Whether two rows say the same, wherever they stand.
    pub(super) fn says_as(&self, other: &Self) -> bool {
        Self {
            place: other.place,
            ..*self
        } == *other
    }

    /// Reads a row.
    pub(super) fn read(
        line: &[u8],
        columns: &Columns,
        network: Network,
        place: PlaceOf,
    ) -> Result<Self, String> {
        let line = std::str::from_utf8(line).map_err(|_| "it is no text in UTF-8".to_owned())?;
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() != columns.n_cells {
            return Err(format!(
                "it has {} cells, the header {}",
                cells.len(),
                columns.n_cells
            ));
        }
        let cell = |column: usize| cells[column].trim();
        let value = number::<u64>(cell(columns.value), "amount in the smallest unit")?;
        if value > network.money_max() {
            return Err(format!("`{value}` is more than all coins"));
        }
        let account = account(cell(columns.script), cell(columns.recipient), network)?;
        let own = (
            hash(cell(columns.hash))?,
            number(cell(columns.index), "index")?,
        );
        let (side, [block, time], (txid, index), spent) = match columns.spending {
            None => (
                Side::Output,
                [columns.block, columns.time],
                own,
                ([0; 32], 0),
            ),
            Some(spending) => {
                let index = number(cell(spending.index), "index")?;
                let spends = (hash(cell(spending.hash))?, index);
                (Side::Input, [spending.block, spending.time], spends, own)
            }
        };
        let encoded = KeyBytes::of(&account).ok_or("its account is of no network")?;
        let mut key = [0; KEY_LEN_MAX];
        key[..encoded.as_bytes().len()].copy_from_slice(encoded.as_bytes());
        Ok(Self {
            txid,
            height: number(cell(block), "height; it is in no block yet")?,
            side,
            index,
            time: seconds(cell(time)).ok_or_else(|| format!("`{}` is no time", cell(time)))?,
            value,
            spent,
            from_coinbase: side == Side::Output && is_set(cell(columns.from_coinbase))?,
            sequence: (columns.spending.and_then(|spending| spending.sequence))
                .map(cell)
                .filter(|cell| !cell.is_empty())
                .map(|cell| number(cell, "sequence number"))
                .transpose()?,
            key,
            key_len: u8::try_from(encoded.as_bytes().len()).unwrap_or(0),
            place,
        })
    }
}

fn number<T: std::str::FromStr>(cell: &str, what: &str) -> Result<T, String> {
    cell.parse()
        .map_err(|_| format!("`{}` is no {what}", clip(cell)))
}

fn is_set(cell: &str) -> Result<bool, String> {
    match cell {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(format!("`{}` is neither 0 nor 1", clip(cell))),
    }
}

fn hash(cell: &str) -> Result<[u8; 32], String> {
    let mut hash = [0; 32];
    hex::decode_to_slice(cell, &mut hash).map_err(|_| format!("`{}` is no hash", clip(cell)))?;
    hash.reverse();
    Ok(hash)
}

/// Whose an output is: as its script says, else its address.
fn account(script: &str, recipient: &str, network: Network) -> Result<AccountKey, String> {
    if !script.is_empty() {
        let script =
            hex::decode(script).map_err(|_| format!("`{}` is not hexadecimal", clip(script)))?;
        return Ok(of_script(network, &script));
    }
    let parsed = AccountKey::parse(recipient, network);
    parsed
        .filter(|key| key.network() == Some(network))
        .ok_or_else(|| format!("it has no script, and `{}` is no address", clip(recipient)))
}

fn clip(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Bytes of a part in a bucket.
pub(super) const PART_LEN: usize =
    32 + 4 + 1 + 4 + 8 + 8 + 32 + 4 + 4 + 1 + KEY_LEN_MAX + 4 + 4 + 8;

impl Part {
    /// Its bytes in a bucket.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.txid);
        bytes.extend(self.height.to_le_bytes());
        let is_output = self.side == Side::Output;
        let has_sequence = self.sequence.is_some();
        bytes.push(
            u8::from(is_output) | u8::from(self.from_coinbase) << 1 | u8::from(has_sequence) << 2,
        );
        bytes.extend(self.index.to_le_bytes());
        bytes.extend(self.time.to_le_bytes());
        bytes.extend(self.value.to_le_bytes());
        bytes.extend(self.spent.0);
        bytes.extend(self.spent.1.to_le_bytes());
        bytes.extend(self.sequence.unwrap_or(0).to_le_bytes());
        bytes.push(self.key_len);
        bytes.extend(self.key);
        bytes.extend(self.place.file.to_le_bytes());
        bytes.extend(self.place.row.to_le_bytes());
        bytes.extend(self.place.start.to_le_bytes());
    }

    /// Reads what [`Part::write`] wrote.
    pub(super) fn restore(bytes: &[u8; PART_LEN]) -> Self {
        let mut rest = &bytes[..];
        let flags;
        Self {
            txid: next(&mut rest),
            height: u32::from_le_bytes(next(&mut rest)),
            side: {
                [flags] = next(&mut rest);
                if flags & 1 == 0 {
                    Side::Input
                } else {
                    Side::Output
                }
            },
            index: u32::from_le_bytes(next(&mut rest)),
            time: i64::from_le_bytes(next(&mut rest)),
            value: u64::from_le_bytes(next(&mut rest)),
            spent: (next(&mut rest), u32::from_le_bytes(next(&mut rest))),
            from_coinbase: flags & 2 != 0,
            sequence: {
                let sequence = u32::from_le_bytes(next(&mut rest));
                (flags & 4 != 0).then_some(sequence)
            },
            key_len: next::<1>(&mut rest)[0],
            key: next(&mut rest),
            place: PlaceOf {
                file: u32::from_le_bytes(next(&mut rest)),
                row: u32::from_le_bytes(next(&mut rest)),
                start: u64::from_le_bytes(next(&mut rest)),
            },
        }
    }
}

fn next<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (taken, behind) = rest.split_first_chunk().expect("a part has one length");
    *rest = behind;
    *taken
}
