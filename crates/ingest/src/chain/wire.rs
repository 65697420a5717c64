//! Blocks and transactions on the wire, read as slices of the evidence.
//!
//! Laws: nothing is copied but fixed fields; bytes that Bitcoin Core would refuse to deserialise are
//! refused here (lengths not in their shortest form, no inputs, an unknown flag, a witness that is
//! announced and empty); no input makes the parser panic.

use super::hash::{Message, double_sha256};
use moneytrail_model::{Network, TransactionForm};

/// Bytes of a block header.
pub(super) const HEADER_LEN: usize = 80;

/// Longest length that Core deserialises (`MAX_SIZE`).
const COMPACT_SIZE_MAX: u64 = 0x0200_0000;

/// No output of Bitcoin, and no sum of them, is more than 21 million coins (`MAX_MONEY`).
pub(super) const MONEY_MAX: u64 = Network::Bitcoin.money_max();

/// Why bytes are no block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the bytes end too early")]
    Ends,
    #[error("a length is not in its shortest form")]
    LongLength,
    #[error("a length is beyond what a block can hold")]
    HugeLength,
    #[error("a transaction has no inputs")]
    NoInputs,
    #[error("a transaction has no outputs")]
    NoOutputs,
    #[error("a witness is announced and empty")]
    EmptyWitness,
    #[error("an output is worth more than all coins")]
    MoneyRange,
    #[error("{0} bytes follow the last transaction")]
    Trailing(usize),
}

/// Reads forward through a slice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    pub(super) fn take(&mut self, n_bytes: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(n_bytes).ok_or(Malformed::Ends)?;
        let taken = self.bytes.get(self.at..end).ok_or(Malformed::Ends)?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Malformed> {
        let rest = self.bytes.get(self.at..).ok_or(Malformed::Ends)?;
        let array = rest.first_chunk::<N>().ok_or(Malformed::Ends)?;
        self.at += N;
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// A length in one, three, five or nine bytes.
    pub(super) fn compact_size(&mut self) -> Result<usize, Malformed> {
        let [first] = *self.array::<1>()?;
        let (length, least) = match first {
            0xfd => (u64::from(u16::from_le_bytes(*self.array()?)), 0xfd),
            0xfe => (u64::from(self.u32()?), 0x1_0000),
            0xff => (u64::from_le_bytes(*self.array()?), 0x1_0000_0000),
            short => (u64::from(short), 0),
        };
        if length < least {
            return Err(Malformed::LongLength);
        }
        match usize::try_from(length) {
            Ok(size) if length <= COMPACT_SIZE_MAX => Ok(size),
            _ => Err(Malformed::HugeLength),
        }
    }

    /// A number of seven bits a byte, as nodes keep it: each byte but the last adds one, so that no number
    /// has two forms.
    pub(super) fn var_int(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        loop {
            let [byte] = *self.array::<1>()?;
            if number > u64::MAX >> 7 {
                return Err(Malformed::HugeLength);
            }
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            number = number.checked_add(1).ok_or(Malformed::HugeLength)?;
        }
    }

    fn script(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.compact_size()?;
        self.take(len)
    }
}

/// A block header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) version: i32,
    pub(super) previous: [u8; 32],
    pub(super) merkle_root: [u8; 32],
    pub(super) time: u32,
    pub(super) bits: u32,
    /// Double SHA-256 of the header, internal byte order.
    pub(super) hash: [u8; 32],
}

impl Header {
    /// Reads the first 80 bytes.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes, 0);
        let raw = cursor.array::<HEADER_LEN>()?;
        let mut cursor = Cursor::new(raw, 0);
        Ok(Self {
            version: i32::from_le_bytes(*cursor.array()?),
            previous: *cursor.array()?,
            merkle_root: *cursor.array()?,
            time: cursor.u32()?,
            bits: cursor.u32()?,
            hash: double_sha256(raw),
        })
    }
}

impl Header {
    /// The 80 bytes with this nonce.
    pub(super) fn bytes(&self, nonce: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(self.previous);
        bytes.extend(self.merkle_root);
        bytes.extend(self.time.to_le_bytes());
        bytes.extend(self.bits.to_le_bytes());
        bytes.extend(nonce.to_le_bytes());
        bytes
    }
}

/// An input. Its witness is a range of [`Transaction::witness`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    pub(super) txid: &'a [u8; 32],
    pub(super) vout: u32,
    pub(super) script_sig: &'a [u8],
    witness: (usize, usize),
}

/// An output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output<'a> {
    pub(super) value: u64,
    pub(super) script: &'a [u8],
}

/// A transaction; one is read after the other into the same buffers.
#[derive(Clone, Debug)]
pub(super) struct Transaction<'a> {
    /// Transaction id, internal byte order.
    pub(super) txid: [u8; 32],
    /// Id with the witness; the same as `txid` without one.
    pub(super) wtxid: [u8; 32],
    pub(super) inputs: Vec<Input<'a>>,
    pub(super) outputs: Vec<Output<'a>>,
    pub(super) has_witness: bool,
    /// How it is made.
    pub(super) form: TransactionForm,
    /// All of its bytes.
    pub(super) bytes: &'a [u8],
    witness: Vec<&'a [u8]>,
    /// The most that its outputs may be worth.
    money_max: u64,
}

impl Default for Transaction<'_> {
    fn default() -> Self {
        Self::on(Network::Bitcoin)
    }
}

impl<'a> Transaction<'a> {
    /// None yet, with room for those of a network.
    pub(super) const fn on(network: Network) -> Self {
        Self {
            txid: [0; 32],
            wtxid: [0; 32],
            inputs: Vec::new(),
            outputs: Vec::new(),
            has_witness: false,
            form: TransactionForm {
                version: None,
                lock_time: None,
                sequence: None,
            },
            bytes: &[],
            witness: Vec::new(),
            money_max: network.money_max(),
        }
    }

    /// Reads the next transaction, replacing what was here.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        self.read_with_txid(cursor)?;
        self.wtxid = if self.has_witness {
            double_sha256(self.bytes)
        } else {
            self.txid
        };
        Ok(())
    }

    /// As [`Transaction::read`], without the id of its witness.
    pub(super) fn read_with_txid(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        self.inputs.clear();
        self.outputs.clear();
        self.witness.clear();
        let start = cursor.at;
        let version = *cursor.array()?;
        self.has_witness = cursor.bytes[cursor.at..].starts_with(&[0, 1]);
        if self.has_witness {
            cursor.take(2)?;
        }
        let body = cursor.at;
        let sequence = self.read_inputs(cursor)?;
        self.read_outputs(cursor)?;
        let body = &cursor.bytes[body..cursor.at];
        if self.has_witness {
            self.read_witnesses(cursor)?;
        }
        let lock_time = *cursor.array()?;
        self.form = TransactionForm {
            version: Some(i32::from_le_bytes(version)),
            lock_time: Some(u32::from_le_bytes(lock_time)),
            sequence: Some(sequence),
        };
        self.bytes = &cursor.bytes[start..cursor.at];
        let stripped = if self.has_witness {
            Message::stripped(version, body, lock_time)
        } else {
            Message::whole(self.bytes)
        };
        self.txid = stripped.double_sha256();
        Ok(())
    }

    /// Gives the least sequence number.
    fn read_inputs(&mut self, cursor: &mut Cursor<'a>) -> Result<u32, Malformed> {
        let n_inputs = cursor.compact_size()?;
        if n_inputs == 0 {
            return Err(Malformed::NoInputs);
        }
        let mut least = u32::MAX;
        for _ in 0..n_inputs {
            let txid = cursor.array()?;
            let vout = cursor.u32()?;
            let script_sig = cursor.script()?;
            least = least.min(cursor.u32()?);
            self.inputs.push(Input {
                txid,
                vout,
                script_sig,
                witness: (0, 0),
            });
        }
        Ok(least)
    }

    fn read_outputs(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let n_outputs = cursor.compact_size()?;
        if n_outputs == 0 {
            return Err(Malformed::NoOutputs);
        }
        let mut sum = 0_u64;
        for _ in 0..n_outputs {
            let value = u64::from_le_bytes(*cursor.array()?);
            let script = cursor.script()?;
            sum = sum.saturating_add(value);
            self.outputs.push(Output { value, script });
        }
        if sum > self.money_max {
            return Err(Malformed::MoneyRange);
        }
        Ok(())
    }

    fn read_witnesses(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        for input in &mut self.inputs {
            let first = self.witness.len();
            for _ in 0..cursor.compact_size()? {
                self.witness.push(cursor.script()?);
            }
            input.witness = (first, self.witness.len());
        }
        if self.witness.is_empty() {
            return Err(Malformed::EmptyWitness);
        }
        Ok(())
    }

    /// The witness of one of its inputs.
    pub(super) fn witness_of(&self, input: &Input<'a>) -> &[&'a [u8]] {
        &self.witness[input.witness.0..input.witness.1]
    }

    /// Whether it issues a block's reward.
    pub(super) fn is_coinbase(&self) -> bool {
        matches!(self.inputs.as_slice(), [only] if *only.txid == [0; 32] && only.vout == u32::MAX)
    }

    /// Sum of its outputs.
    pub(super) fn total_out(&self) -> u64 {
        self.outputs
            .iter()
            .fold(0, |sum, output| sum.saturating_add(output.value))
    }
}

/// Whether a whole block stands in `bytes`, no more and no less. O(bytes), without hashing.
pub(super) fn parses_exactly(bytes: &[u8]) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(bytes, 0);
    cursor.take(HEADER_LEN)?;
    for _ in 0..cursor.compact_size()? {
        skip_transaction(&mut cursor)?;
    }
    match cursor.rest() {
        0 => Ok(()),
        rest => Err(Malformed::Trailing(rest)),
    }
}

fn skip_transaction(cursor: &mut Cursor<'_>) -> Result<(), Malformed> {
    cursor.take(4)?;
    let has_witness = cursor.bytes[cursor.at..].starts_with(&[0, 1]);
    if has_witness {
        cursor.take(2)?;
    }
    let n_inputs = cursor.compact_size()?;
    for _ in 0..n_inputs {
        cursor.take(36)?;
        cursor.script()?;
        cursor.take(4)?;
    }
    for _ in 0..cursor.compact_size()? {
        cursor.take(8)?;
        cursor.script()?;
    }
    for _ in 0..if has_witness { n_inputs } else { 0 } {
        for _ in 0..cursor.compact_size()? {
            cursor.script()?;
        }
    }
    cursor.take(4).map(|_| ())
}

/// The height that a coinbase's script begins with (BIP34), if it begins with a number.
pub(super) fn coinbase_height(script_sig: &[u8]) -> Option<u32> {
    match script_sig {
        [0x00, ..] => Some(0),
        [op @ 0x51..=0x60, ..] => Some(u32::from(op - 0x50)),
        [len @ 1..=4, rest @ ..] => {
            let digits = rest.get(..usize::from(*len))?;
            let negative = digits.last()? & 0x80 != 0;
            let height = digits
                .iter()
                .rev()
                .fold(0_u32, |height, &digit| height << 8 | u32::from(digit));
            (!negative).then_some(height)
        }
        _ => None,
    }
}

/// The script of a block's coinbase, where a block's first bytes are given.
pub(super) fn coinbase_script(block: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(block, HEADER_LEN);
    cursor.compact_size().ok()?;
    cursor.take(4).ok()?;
    if cursor.bytes.get(cursor.at..)?.starts_with(&[0, 1]) {
        cursor.take(2).ok()?;
    }
    let one_input = cursor.compact_size().ok()? == 1;
    let null =
        cursor.take(32).ok()?.iter().all(|&byte| byte == 0) && cursor.u32().ok()? == u32::MAX;
    let script = cursor.script().ok()?;
    (one_input && null).then_some(script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::consensus::encode::{deserialize_partial, serialize};
    use bitcoin::hashes::Hash;
    use proptest::prelude::*;

    /// A transaction of few short pieces, some with witnesses.
    fn transactions() -> impl Strategy<Value = bitcoin::Transaction> {
        let script = || prop::collection::vec(any::<u8>(), 0..6);
        let witness = prop::collection::vec(script(), 0..3);
        let inputs =
            prop::collection::vec((any::<[u8; 32]>(), any::<u32>(), script(), witness), 1..4);
        let outputs = prop::collection::vec((0..1_000_u64, script()), 1..4);
        (any::<i32>(), any::<u32>(), inputs, outputs).prop_map(
            |(version, lock, inputs, outputs)| {
                let input = inputs
                    .into_iter()
                    .map(|(txid, vout, script, witness)| bitcoin::TxIn {
                        previous_output: bitcoin::OutPoint {
                            txid: bitcoin::Txid::from_byte_array(txid),
                            vout,
                        },
                        script_sig: script.into(),
                        sequence: bitcoin::Sequence(lock),
                        witness: bitcoin::Witness::from_slice(&witness),
                    });
                let output = outputs.into_iter().map(|(value, script)| bitcoin::TxOut {
                    value: bitcoin::Amount::from_sat(value),
                    script_pubkey: script.into(),
                });
                bitcoin::Transaction {
                    version: bitcoin::transaction::Version(version),
                    lock_time: bitcoin::absolute::LockTime::from_consensus(lock),
                    input: input.collect(),
                    output: output.collect(),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn reads_what_another_parser_reads(
            transaction in transactions(),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut bytes = serialize(&transaction);
            if let Some((at, byte)) = change {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let mut cursor = Cursor::new(&bytes, 0);
            let mut ours = Transaction::default();
            let read = ours.read(&mut cursor);
            let skipped = skip_transaction(&mut Cursor::new(&bytes, 0));
            match deserialize_partial::<bitcoin::Transaction>(&bytes) {
                Ok((theirs, n_bytes)) if read.is_ok() => {
                    prop_assert_eq!(cursor.at(), n_bytes);
                    prop_assert_eq!(ours.txid, theirs.compute_txid().to_byte_array());
                    prop_assert_eq!(ours.wtxid, theirs.compute_wtxid().to_byte_array());
                    prop_assert_eq!(ours.is_coinbase(), theirs.is_coinbase());
                    for (input, other) in ours.inputs.iter().zip(&theirs.input) {
                        prop_assert_eq!(input.txid, other.previous_output.txid.as_byte_array());
                        let witness = ours.witness_of(input).iter().copied();
                        prop_assert!(witness.eq(other.witness.iter()));
                    }
                    prop_assert!(skipped.is_ok());
                }
                Ok((theirs, _)) => prop_assert!(
                    theirs.output.is_empty()
                        || theirs.input.is_empty()
                        || read == Err(Malformed::MoneyRange),
                    "{:?}", read
                ),
                Err(error) => prop_assert!(read.is_err(), "{error}"),
            }
        }

        #[test]
        fn heights_read_back(height in 0_u32..0x7fff_ffff) {
            let script = bitcoin::script::Builder::new().push_int(i64::from(height)).into_script();
            prop_assert_eq!(coinbase_height(script.as_bytes()), Some(height));
        }
    }

    #[test]
    fn what_is_no_height_is_none() {
        for script in [
            &[][..],
            &[5, 1, 2, 3, 4, 5],
            &[3, 1, 2],
            &[1, 0x80],
            &[0x6a],
        ] {
            assert_eq!(coinbase_height(script), None);
        }
    }
}
