//! Addresses as people paste them: Base58Check, Bech32, `CashAddr`, EIP-55, TRON.
//!
//! Sources for the versions of Base58Check and the prefixes: `chainparams.cpp` of the reference nodes of
//! Bitcoin, Litecoin and Dogecoin.

use crate::account::{AccountKey, ScriptKey, Tag};
use crate::cash_tokens;
use crate::cashaddr::{self, Payload};
use crate::network::Network;
use bitcoin::base58;
use bitcoin::bech32::{self, Fe32, Hrp};
use bitcoin::hashes::{Hash, hash160, sha256};
use sha3::{Digest, Keccak256};
use std::fmt;

/// Longest script that can be spent (consensus rule); a longer one burns its coins.
const SCRIPT_LEN_MAX: usize = 10_000;

/// Bytes of the longest text that is read as Base58Check: decoding takes the square of its length, and an address has
/// at most 35.
const BASE58_LEN_MAX: usize = 64;

/// First byte of a TRON address.
const TRON_PREFIX: u8 = 0x41;

/// Whose an output is, as far as the bytes of a script tell without hashing.
///
/// [`Form::key`] hashes and gives the account; readers of many scripts hash many at a time instead
/// and write its [`Tag`], the network's code and the payload: the byte form of the same account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form<'a> {
    /// The payload itself: a hash or a taproot key.
    Payload(Tag, &'a [u8]),
    /// HASH160 of these bytes is the payload, 20 bytes.
    Hash160(Tag, &'a [u8]),
    /// SHA-256 of these bytes is the payload, 32 bytes.
    Sha256(Tag, &'a [u8]),
    /// Nobody's: the script can never be spent.
    Burned,
}

impl<'a> Form<'a> {
    /// What an output script pays.
    ///
    /// Unspendable scripts (starting with `OP_RETURN`, or longer than 10,000 bytes) burn.
    /// Source: `chains.md` §1.
    #[inline]
    pub fn of_script(script: &'a [u8]) -> Self {
        match script {
            [0x76, 0xa9, 0x14, hash @ .., 0x88, 0xac] if hash.len() == 20 => {
                Self::Payload(Tag::P2pkh, hash)
            }
            [0xa9, 0x14, hash @ .., 0x87] if hash.len() == 20 => Self::Payload(Tag::P2sh, hash),
            [0x00, 0x14, hash @ ..] if hash.len() == 20 => Self::Payload(Tag::P2wpkh, hash),
            [0x00, 0x20, hash @ ..] if hash.len() == 32 => Self::Payload(Tag::P2wsh, hash),
            [0x51, 0x20, key @ ..] if key.len() == 32 => Self::Payload(Tag::P2tr, key),
            [33, key @ .., 0xac] if key.len() == 33 && is_public_key(key) => {
                Self::Hash160(Tag::P2pkh, key)
            }
            [65, key @ .., 0xac] if key.len() == 65 && is_public_key(key) => {
                Self::Hash160(Tag::P2pkh, key)
            }
            [0x6a, ..] => Self::Burned,
            long if long.len() > SCRIPT_LEN_MAX => Self::Burned,
            other => Self::Sha256(Tag::Bare, other),
        }
    }

    /// What an input reveals of the output it spends by what it presents: a public key in the
    /// script, a redeem script, or a witness (`chains.md` §1). `None` if nothing tells, as with a
    /// bare public key output or a taproot key path.
    #[inline]
    pub fn of_input(script_sig: &'a [u8], witness: &[&'a [u8]]) -> Option<Self> {
        if script_sig.is_empty() {
            return match *witness {
                [_, key] if key.len() == 33 && is_public_key(key) => {
                    Some(Self::Hash160(Tag::P2wpkh, key))
                }
                [.., control] if is_taproot_control(witness, control) => None,
                [.., script] if witness.len() > 1 || !looks_like_signature(script) => {
                    Some(Self::Sha256(Tag::P2wsh, script))
                }
                _ => None,
            };
        }
        let (n_pushes, last) = pushes(script_sig)?;
        if n_pushes == 2 && is_public_key(last) && witness.is_empty() {
            Some(Self::Hash160(Tag::P2pkh, last))
        } else if !looks_like_signature(last) && !last.is_empty() {
            // A wrapped witness program is one push; a bare redeem script is the last of several.
            Some(Self::Hash160(Tag::P2sh, last))
        } else {
            None
        }
    }

    /// The account, hashing where that is needed.
    pub fn key(self, network: Network) -> AccountKey {
        let (hash20, hash32);
        let (tag, payload): (Tag, &[u8]) = match self {
            Self::Payload(tag, payload) => (tag, payload),
            Self::Hash160(tag, bytes) => {
                hash20 = hash160_of(bytes);
                (tag, &hash20)
            }
            Self::Sha256(tag, bytes) => {
                hash32 = sha256::Hash::hash(bytes).to_byte_array();
                (tag, &hash32)
            }
            Self::Burned => return AccountKey::Burned(network),
        };
        let script = ScriptKey::of_parts(tag, payload);
        AccountKey::Script(network, script.expect("a form has the length of its tag"))
    }
}

impl ScriptKey {
    /// Scripts that whoever can spend this one can spend too, because they are of the same compressed key or the
    /// same witness script: P2WPKH and P2SH-P2WPKH of a P2PKH, P2SH-P2WPKH of a P2WPKH, P2SH-P2WSH of a P2WSH (BIP141).
    /// Two scripts are forms of each other if one is among those of the other.
    pub fn other_forms(&self) -> [Option<Self>; 2] {
        let wrapped = |program: &[u8]| {
            let len = u8::try_from(program.len()).expect("20 or 32 bytes");
            Self::P2sh(hash160_of(&[&[0, len], program].concat()))
        };
        match self {
            Self::P2pkh(hash) => [Some(Self::P2wpkh(*hash)), Some(wrapped(hash))],
            Self::P2wpkh(hash) => [Some(wrapped(hash)), None],
            Self::P2wsh(hash) => [Some(wrapped(hash)), None],
            Self::P2sh(_) | Self::P2tr(_) | Self::Bare(_) => [None, None],
        }
    }
}

/// What an output of a network pays: [`Form::of_script`], behind the tokens that Bitcoin Cash puts before a script.
#[inline]
pub fn of_output(network: Network, script: &[u8]) -> Form<'_> {
    Form::of_script(match network {
        Network::BitcoinCash => cash_tokens::script_behind(script),
        _ => script,
    })
}

/// The account that an output script pays: [`of_output`], hashed.
pub fn of_script(network: Network, script: &[u8]) -> AccountKey {
    of_output(network, script).key(network)
}

/// The output script of an account; `None` for [`ScriptKey::Bare`], of which only the hash is known.
pub fn script_of(script: &ScriptKey) -> Option<Vec<u8>> {
    let around = |head: &[u8], hash: &[u8], tail: &[u8]| Some([head, hash, tail].concat());
    match script {
        ScriptKey::P2pkh(hash) => around(&[0x76, 0xa9, 20], hash, &[0x88, 0xac]),
        ScriptKey::P2sh(hash) => around(&[0xa9, 20], hash, &[0x87]),
        ScriptKey::P2wpkh(hash) => around(&[0x00, 20], hash, &[]),
        ScriptKey::P2wsh(hash) => around(&[0x00, 32], hash, &[]),
        ScriptKey::P2tr(key) => around(&[0x51, 32], key, &[]),
        ScriptKey::Bare(_) => None,
    }
}

/// The account that an input reveals: [`Form::of_input`], hashed.
pub fn revealed_by_input(
    network: Network,
    script_sig: &[u8],
    witness: &[&[u8]],
) -> Option<AccountKey> {
    Form::of_input(script_sig, witness).map(|form| form.key(network))
}

/// Reads an address: Base58Check, Bech32(m), `CashAddr`, `0x…` or TRON, `script:<hash>`, or `txid:vout`. One
/// that several networks write alike is `network`'s if that is among them.
pub(crate) fn parse(text: &str, network: Network) -> Option<AccountKey> {
    if let Some(hash) = text.strip_prefix("script:") {
        return match hash32(hash) {
            Some(hash) => Some(AccountKey::Script(network, ScriptKey::Bare(hash))),
            None => of_witness(network, &hex::decode(hash).ok()?),
        };
    }
    if let Some(payload) = cashaddr::parse(text) {
        return Some(of_cash_address(payload));
    }
    if let Some((txid, vout)) = text.split_once(':') {
        let mut txid = hash32(txid)?;
        txid.reverse();
        return Some(AccountKey::Outpoint(network, txid, vout.parse().ok()?));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        let address: [u8; 20] = hex::decode(digits).ok()?.try_into().ok()?;
        let cased = digits.bytes().any(|b| b.is_ascii_uppercase())
            && digits.bytes().any(|b| b.is_ascii_lowercase());
        let network = if network.is_evm() {
            network
        } else {
            Network::Ethereum
        };
        return (!cased || eip55(&address) == digits).then_some(AccountKey::Evm(network, address));
    }
    parse_base58(text, network).or_else(|| parse_bech32(text, network))
}

fn of_cash_address(payload: Payload) -> AccountKey {
    let network = Network::BitcoinCash;
    match payload {
        Payload::Key(hash) => AccountKey::Script(network, ScriptKey::P2pkh(hash)),
        Payload::Script(hash) => AccountKey::Script(network, ScriptKey::P2sh(hash)),
        // OP_HASH256 <hash> OP_EQUAL
        Payload::Script32(hash) => of_script(network, &[&[0xaa, 32][..], &hash, &[0x87]].concat()),
    }
}

/// An account whose script is a witness program.
fn of_witness(network: Network, script: &[u8]) -> Option<AccountKey> {
    match of_script(network, script) {
        key @ AccountKey::Script(
            _,
            ScriptKey::P2wpkh(_) | ScriptKey::P2wsh(_) | ScriptKey::P2tr(_),
        ) => Some(key),
        _ => None,
    }
}

/// First bytes of Base58Check: of a public key hash, and of a script hash.
const fn versions(network: Network) -> (u8, u8) {
    match network {
        Network::Litecoin => (0x30, 0x32),
        Network::Dogecoin => (0x1e, 0x16),
        Network::Bitcoin | Network::BitcoinCash => (0x00, 0x05),
        _ => (0x6f, 0xc4),
    }
}

/// Whether an address with Bitcoin's version for script hashes may be of this network: Litecoin wrote such
/// ones before it had its own.
const fn shares_script_version(network: Network) -> bool {
    matches!(network, Network::BitcoinCash | Network::Litecoin)
}

fn parse_base58(text: &str, network: Network) -> Option<AccountKey> {
    if text.len() > BASE58_LEN_MAX {
        return None;
    }
    let bytes = base58::decode_check(text).ok()?;
    let (&prefix, hash) = bytes.split_first()?;
    let hash: [u8; 20] = hash.try_into().ok()?;
    let own = Some(network).filter(|network| network.is_utxo());
    let or = |other: Network, is_own: fn(Network) -> bool| {
        own.filter(|&network| is_own(network)).unwrap_or(other)
    };
    let is_test = |network| versions(network) == (0x6f, 0xc4);
    let (network, is_script) = match prefix {
        TRON_PREFIX => return Some(AccountKey::Tron(hash)),
        0x00 => (or(Network::Bitcoin, |n| n == Network::BitcoinCash), false),
        0x05 => (or(Network::Bitcoin, shares_script_version), true),
        0x30 => (Network::Litecoin, false),
        0x32 => (Network::Litecoin, true),
        0x1e => (Network::Dogecoin, false),
        0x16 => (Network::Dogecoin, true),
        0x6f => (or(Network::Testnet3, is_test), false),
        0xc4 => (or(Network::Testnet3, is_test), true),
        _ => return None,
    };
    let script = if is_script {
        ScriptKey::P2sh(hash)
    } else {
        ScriptKey::P2pkh(hash)
    };
    Some(AccountKey::Script(network, script))
}

/// What witness addresses of a network begin with.
const fn hrp(network: Network) -> Option<&'static str> {
    Some(match network {
        Network::Bitcoin => "bc",
        Network::Testnet3 | Network::Testnet4 | Network::Signet => "tb",
        Network::Regtest => "bcrt",
        Network::Litecoin => "ltc",
        _ => return None,
    })
}

fn parse_bech32(text: &str, network: Network) -> Option<AccountKey> {
    let (prefix, version, program) = bech32::segwit::decode(text).ok()?;
    let prefix = prefix.to_lowercase();
    let is_its = |network: &Network| hrp(*network) == Some(&*prefix);
    let network = [network]
        .into_iter()
        .chain(Network::ALL)
        .find(|network| is_its(network))?;
    let op = match version.to_u8() {
        0 => 0,
        version => 0x50 + version,
    };
    let len = u8::try_from(program.len()).ok()?;
    match of_script(network, &[&[op, len][..], &program].concat()) {
        key @ AccountKey::Script(..) => Some(key),
        _ => None,
    }
}

/// Writes an on-chain account as its network does.
pub(crate) fn write(key: &AccountKey, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match key {
        AccountKey::Script(network, script) => write_script(*network, script, f),
        AccountKey::Evm(network, address) => {
            // One address is an account on every such network, so that all but the first are named.
            if *network != Network::Ethereum {
                write!(f, "{network}:")?;
            }
            write!(f, "0x{}", eip55(address))
        }
        AccountKey::Tron(address) => {
            let mut payload = [TRON_PREFIX; 21];
            payload[1..].copy_from_slice(address);
            f.write_str(&base58::encode_check(&payload))
        }
        AccountKey::Outpoint(_, txid, vout) => {
            let mut txid = *txid;
            txid.reverse();
            write!(f, "{}:{vout}", hex::encode(txid))
        }
        _ => unreachable!("only on-chain accounts are written as addresses"),
    }
}

fn write_script(network: Network, script: &ScriptKey, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (key_version, script_version) = versions(network);
    let base58 = |version: u8, hash: &[u8; 20]| {
        let mut payload = [version; 21];
        payload[1..].copy_from_slice(hash);
        base58::encode_check(&payload)
    };
    let is_cash = network == Network::BitcoinCash;
    let (version, program): (Fe32, &[u8]) = match script {
        ScriptKey::P2pkh(hash) if is_cash => return f.write_str(&cashaddr::write(0, hash)),
        ScriptKey::P2sh(hash) if is_cash => return f.write_str(&cashaddr::write(8, hash)),
        ScriptKey::P2pkh(hash) => return f.write_str(&base58(key_version, hash)),
        ScriptKey::P2sh(hash) => return f.write_str(&base58(script_version, hash)),
        ScriptKey::Bare(hash) => return write!(f, "script:{}", hex::encode(hash)),
        ScriptKey::P2wpkh(hash) => (Fe32::Q, hash),
        ScriptKey::P2wsh(hash) => (Fe32::Q, hash),
        ScriptKey::P2tr(key) => (Fe32::P, key),
    };
    let Some(hrp) = hrp(network) else {
        // Such a script has no address on a network without witnesses.
        let op = if version == Fe32::Q { 0x00 } else { 0x51 };
        let head = [op, u8::try_from(program.len()).map_err(|_| fmt::Error)?];
        return write!(f, "script:{}{}", hex::encode(head), hex::encode(program));
    };
    let hrp = Hrp::parse(hrp).map_err(|_| fmt::Error)?;
    let address = bech32::segwit::encode(hrp, version, program).map_err(|_| fmt::Error)?;
    f.write_str(&address)
}

/// Mixed-case hexadecimal with the checksum of EIP-55.
fn eip55(address: &[u8; 20]) -> String {
    let digits = hex::encode(address);
    let hash = Keccak256::digest(digits.as_bytes());
    let upper = |(position, digit): (usize, char)| {
        let nibble = (hash[position / 2] >> (4 * (1 - position % 2))) & 0xf;
        if nibble >= 8 {
            digit.to_ascii_uppercase()
        } else {
            digit
        }
    };
    digits.chars().enumerate().map(upper).collect()
}

fn hash32(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}

fn hash160_of(bytes: &[u8]) -> [u8; 20] {
    hash160::Hash::hash(bytes).to_byte_array()
}

/// By form only: whether the point lies on the curve does not change whose account it is.
fn is_public_key(bytes: &[u8]) -> bool {
    matches!(
        (bytes.len(), bytes.first()),
        (33, Some(2 | 3)) | (65, Some(4 | 6 | 7))
    )
}

/// DER signature with its hash type, by form.
fn looks_like_signature(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, len, ..] if usize::from(*len) + 3 == bytes.len())
        || (bytes.len() == 64 || bytes.len() == 65) && !is_public_key(bytes)
}

/// A taproot script path ends in a control block: 33 + 32·k bytes whose first byte is a leaf
/// version of 0xc0 or above, behind a script.
fn is_taproot_control(witness: &[&[u8]], last: &[u8]) -> bool {
    let annexed = witness.len() >= 2 && last.first() == Some(&0x50);
    annexed
        || witness.len() >= 2
            && last.len() >= 33
            && (last.len() - 33).is_multiple_of(32)
            && last.first().is_some_and(|&byte| byte >= 0xc0)
}

/// Number of pushes of a script that only pushes, and the bytes of the last one, if that is not a
/// number's opcode. At least one push, or `None`.
fn pushes(script: &[u8]) -> Option<(usize, &[u8])> {
    let mut n_pushes = 0;
    let mut last = None;
    let mut rest = script;
    while let Some((&op, behind)) = rest.split_first() {
        let (len, behind) = match op {
            0..=0x4b => (usize::from(op), behind),
            0x4c => behind
                .split_first()
                .map(|(&len, rest)| (usize::from(len), rest))?,
            0x4d => behind
                .split_first_chunk()
                .map(|(len, rest)| (usize::from(u16::from_le_bytes(*len)), rest))?,
            0x4e => behind
                .split_first_chunk()
                .map(|(len, rest)| (u32::from_le_bytes(*len) as usize, rest))?,
            0x4f..=0x60 => (0, behind),
            _ => return None,
        };
        let (push, behind) = behind.split_at_checked(len)?;
        n_pushes += 1;
        last = (op <= 0x4e).then_some(push);
        rest = behind;
    }
    Some((n_pushes, last?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::script::Instruction;
    use proptest::prelude::*;

    fn parsed(text: &str) -> AccountKey {
        AccountKey::parse(text, Network::Bitcoin).unwrap_or_else(|| panic!("{text}"))
    }

    proptest! {
        #[test]
        fn pushes_are_what_another_parser_reads(
            script in prop::collection::vec(prop_oneof![0_u8..8, 0x4c_u8..0x62], 0..12),
        ) {
            let ours = pushes(&script);
            let theirs: Option<Vec<_>> = bitcoin::Script::from_bytes(&script)
                .instructions()
                .map(|instruction| match instruction.ok()? {
                    Instruction::PushBytes(bytes) => Some(Some(bytes.as_bytes())),
                    Instruction::Op(op) => (0x4f..=0x60).contains(&op.to_u8()).then_some(None),
                })
                .collect();
            let theirs = theirs.and_then(|pushes| Some((pushes.len(), (*pushes.last()?)?)));
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn known_addresses_read_and_print() {
        // BIP 173, BIP 350, EIP-55, the TRON USDT contract, and block 0.
        for text in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        ] {
            assert_eq!(parsed(text).to_string(), text);
        }
    }

    /// One hash in the forms of each network.
    #[test]
    fn networks_write_one_hash_each_in_its_way() {
        let hash: [u8; 20] = hex::decode("751e76e8199196d454941c45d1b3a323f1433bd6")
            .unwrap()
            .try_into()
            .unwrap();
        for (network, script, text) in [
            (
                Network::Bitcoin,
                ScriptKey::P2pkh(hash),
                "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
            ),
            (
                Network::Bitcoin,
                ScriptKey::P2wpkh(hash),
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            ),
            (
                Network::Litecoin,
                ScriptKey::P2pkh(hash),
                "LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ",
            ),
            (
                Network::Litecoin,
                ScriptKey::P2wpkh(hash),
                "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
            ),
            (
                Network::Dogecoin,
                ScriptKey::P2pkh(hash),
                "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE",
            ),
            (
                Network::BitcoinCash,
                ScriptKey::P2pkh(hash),
                "bitcoincash:qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h",
            ),
        ] {
            let key = AccountKey::Script(network, script);
            assert_eq!(key.to_string(), text);
            assert_eq!(AccountKey::parse(text, Network::Bitcoin), Some(key));
        }
        // An output that holds tokens is its owner's, on the network that has them.
        let pay = script_of(&ScriptKey::P2pkh(hash)).unwrap();
        let tokens = [&[0xef][..], &[7; 32], &[0x10, 5], &pay].concat();
        assert_eq!(
            of_script(Network::BitcoinCash, &tokens),
            of_script(Network::BitcoinCash, &pay)
        );
        assert_ne!(
            of_script(Network::Bitcoin, &tokens),
            of_script(Network::Bitcoin, &pay)
        );
        // A legacy address is of the network at hand if that writes such.
        let legacy = |network| AccountKey::parse("3P14159f73E4gFr7JterCCQh9QjiTjiZrG", network);
        for network in [Network::Bitcoin, Network::Litecoin, Network::BitcoinCash] {
            let found = legacy(network).unwrap();
            assert_eq!(found.network(), Some(network));
            assert!(matches!(found, AccountKey::Script(_, ScriptKey::P2sh(_))));
        }
        assert_eq!(legacy(Network::Dogecoin), legacy(Network::Bitcoin));
        let litecoin = legacy(Network::Litecoin).unwrap().to_string();
        assert!(litecoin.starts_with('M'), "{litecoin}");
    }

    #[test]
    fn a_wrong_checksum_is_no_address() {
        for text in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
            "",
        ] {
            assert_eq!(AccountKey::parse(text, Network::Bitcoin), None, "{text}");
        }
    }

    #[test]
    fn one_key_is_one_account_in_both_old_forms() {
        // The genesis coinbase pays a bare key whose P2PKH address is 1A1z….
        let key = hex::decode("04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f").unwrap();
        let script = [&[65_u8][..], &key, &[0xac]].concat();
        assert_eq!(
            of_script(Network::Bitcoin, &script),
            parsed("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")
        );
    }

    #[test]
    fn unspendable_scripts_burn() {
        assert_eq!(
            of_script(Network::Bitcoin, &[0x6a, 1, 2]),
            AccountKey::Burned(Network::Bitcoin)
        );
        assert_eq!(
            of_script(Network::Bitcoin, &[0x51; 10_001]),
            AccountKey::Burned(Network::Bitcoin)
        );
        assert!(matches!(
            of_script(Network::Bitcoin, &[0x51; 10_000]),
            AccountKey::Script(_, ScriptKey::Bare(_))
        ));
    }

    #[test]
    fn inputs_reveal_what_they_can() {
        let key = [&[2_u8][..], &[7; 32]].concat();
        let mut signature = vec![0x30, 68];
        signature.extend([1; 69]);
        let hash = hash160_of(&key);
        let script = |script| Some(AccountKey::Script(Network::Bitcoin, script));
        let push = |bytes: &[u8]| [&[u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
        let reveal =
            |sig: &[u8], witness: &[&[u8]]| revealed_by_input(Network::Bitcoin, sig, witness);

        let p2pkh = [push(&signature), push(&key)].concat();
        assert_eq!(reveal(&p2pkh, &[]), script(ScriptKey::P2pkh(hash)));
        assert_eq!(
            reveal(&push(&signature), &[]),
            None,
            "pay to public key reveals nothing"
        );
        assert_eq!(
            reveal(&[], &[&signature, &key]),
            script(ScriptKey::P2wpkh(hash))
        );
        let program = [&[0_u8, 20][..], &hash].concat();
        assert_eq!(
            reveal(&push(&program), &[&signature, &key]),
            script(ScriptKey::P2sh(hash160_of(&program)))
        );
        let redeem = [0x51, 0x75, 0x51];
        assert_eq!(
            reveal(&[], &[&redeem]),
            script(ScriptKey::P2wsh(
                sha256::Hash::hash(&redeem).to_byte_array()
            ))
        );
        assert_eq!(
            reveal(&[], &[&[9; 64]]),
            None,
            "a taproot key path reveals nothing"
        );
        let control = [&[0xc0_u8][..], &[3; 32]].concat();
        assert_eq!(
            reveal(&[], &[&redeem, &control]),
            None,
            "a taproot script path reveals nothing"
        );
    }
}
