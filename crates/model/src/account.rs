//! Accounts: anything that can hold value, as a key with one byte form (stored) and one text form
//! (shown).
//!
//! Laws: `decode(encode(key)) = key`; the byte order is the order of keys; `parse(to_string)` gives
//! the key back where the network is given (addresses do not say which test network they are of).
//! P2PK counts as P2PKH of the same key bytes, so the key of both is [`ScriptKey::P2pkh`];
//! compressed and uncompressed forms of one public key are different accounts.

use crate::address;
use crate::network::Network;
use std::fmt;

/// A Bitcoin script by type and hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ScriptKey {
    /// Pay to public key hash, and pay to public key: HASH160 of the key bytes.
    P2pkh([u8; 20]),
    /// Pay to script hash.
    P2sh([u8; 20]),
    /// Version 0 witness public key hash.
    P2wpkh([u8; 20]),
    /// Version 0 witness script hash.
    P2wsh([u8; 32]),
    /// Taproot output key.
    P2tr([u8; 32]),
    /// Any other script, bare multisig among them: SHA-256 of the script bytes.
    Bare([u8; 32]),
}

/// First byte of the byte form of an account that is a script.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Tag {
    /// [`ScriptKey::P2pkh`], 20 bytes.
    P2pkh = 0x01,
    /// [`ScriptKey::P2sh`], 20 bytes.
    P2sh = 0x02,
    /// [`ScriptKey::P2wpkh`], 20 bytes.
    P2wpkh = 0x03,
    /// [`ScriptKey::P2wsh`], 32 bytes.
    P2wsh = 0x04,
    /// [`ScriptKey::P2tr`], 32 bytes.
    P2tr = 0x05,
    /// [`ScriptKey::Bare`], 32 bytes.
    Bare = 0x06,
}

impl ScriptKey {
    /// Tag and payload of the byte form.
    pub const fn parts(&self) -> (Tag, &[u8]) {
        match self {
            Self::P2pkh(hash) => (Tag::P2pkh, hash),
            Self::P2sh(hash) => (Tag::P2sh, hash),
            Self::P2wpkh(hash) => (Tag::P2wpkh, hash),
            Self::P2wsh(hash) => (Tag::P2wsh, hash),
            Self::P2tr(key) => (Tag::P2tr, key),
            Self::Bare(hash) => (Tag::Bare, hash),
        }
    }

    /// The key of a tag and a payload; `None` if the tag's payload has another length.
    pub fn of_parts(tag: Tag, payload: &[u8]) -> Option<Self> {
        let hash20 = || payload.try_into().ok();
        let hash32 = || payload.try_into().ok();
        Some(match tag {
            Tag::P2pkh => Self::P2pkh(hash20()?),
            Tag::P2sh => Self::P2sh(hash20()?),
            Tag::P2wpkh => Self::P2wpkh(hash20()?),
            Tag::P2wsh => Self::P2wsh(hash32()?),
            Tag::P2tr => Self::P2tr(hash32()?),
            Tag::Bare => Self::Bare(hash32()?),
        })
    }
}

/// The book that a customer's name stands in: the first eight bytes of the exhibit's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BookId(pub [u8; 8]);

/// What a hawaladar holds, and for whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Part {
    /// His position in the value layer: payments entrusted to him.
    Position = 0,
    /// His cash box, custody layer.
    Cash = 1,
    /// Orders accepted and not yet paid out, and deposits held, value layer.
    Pending = 2,
}

/// What identifies an account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AccountKey {
    /// A script of a UTXO network.
    Script(Network, ScriptKey),
    /// An address of an EVM network.
    Evm(Network, [u8; 20]),
    /// A TRON address, without its leading 0x41.
    Tron([u8; 20]),
    /// A spent output outside the evidence whose owner nothing reveals: the outpoint stands for
    /// the account. Such an account never joins an entity. Transaction id in internal byte order.
    Outpoint(Network, [u8; 32], u32),
    /// A customer as named in one book.
    Customer(BookId, Box<str>),
    /// A hawaladar, by name.
    Hawaladar(Box<str>, Part),
    /// A bank account, by its number as normalised by its reader.
    Bank(Box<str>),
    /// A name of a plain transfer list.
    Listed(Box<str>),
    /// What somebody holds for others, an exchange above all: the custodian, without `/` in its name, and
    /// the number of a customer's account with it. Without a number it is what the custodian holds for all of
    /// them together.
    Custodial(Box<str>, Box<str>),
    /// Where a network's new coins come from.
    Issuance(Network),
    /// Where a network's fees go.
    Fees(Network),
    /// Where outputs go that nobody can ever spend.
    Burned(Network),
}

/// The bytes are no account key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an account key: unknown tag, network or length")]
pub struct MalformedKey;

impl AccountKey {
    /// Tags of the keys that hold a name or number that a person gave: their accounts stand together
    /// in the order of keys.
    pub const NAMED_TAGS: std::ops::RangeInclusive<u8> = 0x30..=0x34;

    /// Tag of [`Self::Custodial`].
    pub const CUSTODIAL_TAG: u8 = 0x34;

    /// Appends the byte form: tag, network or part, payload (`docs/FORMATS.md`).
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Script(network, script) => {
                let (tag, hash) = script.parts();
                bytes.extend([tag as u8, network.code()]);
                bytes.extend(hash);
            }
            Self::Evm(network, address) => {
                bytes.extend([0x10, network.code()]);
                bytes.extend(address);
            }
            Self::Tron(address) => {
                bytes.extend([0x11, Network::Tron.code()]);
                bytes.extend(address);
            }
            Self::Outpoint(network, txid, vout) => {
                bytes.extend([0x20, network.code()]);
                bytes.extend(txid);
                bytes.extend(vout.to_be_bytes());
            }
            Self::Customer(book, name) => {
                bytes.extend([0x30, 0]);
                bytes.extend(book.0);
                bytes.extend(name.as_bytes());
            }
            Self::Hawaladar(name, part) => {
                bytes.extend([0x31, *part as u8]);
                bytes.extend(name.as_bytes());
            }
            Self::Bank(number) => {
                bytes.extend([0x32, 0]);
                bytes.extend(number.as_bytes());
            }
            Self::Listed(name) => Self::encode_listed(name, bytes),
            Self::Custodial(custodian, account) => {
                bytes.extend([0x34, 0]);
                bytes.extend(custodian.as_bytes());
                if !account.is_empty() {
                    bytes.push(b'/');
                    bytes.extend(account.as_bytes());
                }
            }
            Self::Issuance(network) => bytes.extend([0xf0, network.code()]),
            Self::Fees(network) => bytes.extend([0xf1, network.code()]),
            Self::Burned(network) => bytes.extend([0xf2, network.code()]),
        }
    }

    /// Appends the byte form of [`Self::Listed`] without making one: lists are long.
    #[inline]
    pub fn encode_listed(name: &str, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&[0x33, 0]);
        bytes.extend_from_slice(name.as_bytes());
    }

    /// The byte form.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(38);
        self.encode_into(&mut bytes);
        bytes
    }

    /// Reads the byte form.
    ///
    /// # Errors
    /// [`MalformedKey`] for bytes that no key has.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedKey> {
        let [tag, second, payload @ ..] = bytes else {
            return Err(MalformedKey);
        };
        let network = || Network::from_code(*second).ok_or(MalformedKey);
        let hash20 = || <[u8; 20]>::try_from(payload).map_err(|_| MalformedKey);
        let script = |tag| {
            let script = ScriptKey::of_parts(tag, payload).ok_or(MalformedKey)?;
            Ok(Self::Script(network()?, script))
        };
        let text = |bytes| {
            std::str::from_utf8(bytes)
                .map(Box::<str>::from)
                .map_err(|_| MalformedKey)
        };
        Ok(match tag {
            0x01 => script(Tag::P2pkh)?,
            0x02 => script(Tag::P2sh)?,
            0x03 => script(Tag::P2wpkh)?,
            0x04 => script(Tag::P2wsh)?,
            0x05 => script(Tag::P2tr)?,
            0x06 => script(Tag::Bare)?,
            0x10 => Self::Evm(network()?, hash20()?),
            0x11 if network()? == Network::Tron => Self::Tron(hash20()?),
            0x20 => {
                let (txid, vout) = payload.split_first_chunk::<32>().ok_or(MalformedKey)?;
                let vout = <[u8; 4]>::try_from(vout).map_err(|_| MalformedKey)?;
                Self::Outpoint(network()?, *txid, u32::from_be_bytes(vout))
            }
            0x30 if *second == 0 => {
                let (book, name) = payload.split_first_chunk::<8>().ok_or(MalformedKey)?;
                Self::Customer(BookId(*book), text(name)?)
            }
            0x31 => {
                let part = match second {
                    0 => Part::Position,
                    1 => Part::Cash,
                    2 => Part::Pending,
                    _ => return Err(MalformedKey),
                };
                Self::Hawaladar(text(payload)?, part)
            }
            0x32 if *second == 0 => Self::Bank(text(payload)?),
            0x33 if *second == 0 => Self::Listed(text(payload)?),
            0x34 if *second == 0 => Self::custodial(&text(payload)?).ok_or(MalformedKey)?,
            0xf0 if payload.is_empty() => Self::Issuance(network()?),
            0xf1 if payload.is_empty() => Self::Fees(network()?),
            0xf2 if payload.is_empty() => Self::Burned(network()?),
            _ => return Err(MalformedKey),
        })
    }

    /// Whether value ends or begins here by the rules of a network rather than by anybody's will:
    /// issuance, fees, burned outputs. Such an account has no pool and is not followed.
    pub const fn is_boundary(&self) -> bool {
        matches!(self, Self::Issuance(_) | Self::Fees(_) | Self::Burned(_))
    }

    /// The network of its namespace, if it has one.
    pub const fn network(&self) -> Option<Network> {
        match self {
            Self::Script(network, _)
            | Self::Evm(network, _)
            | Self::Outpoint(network, ..)
            | Self::Issuance(network)
            | Self::Fees(network)
            | Self::Burned(network) => Some(*network),
            Self::Tron(_) => Some(Network::Tron),
            Self::Customer(..)
            | Self::Hawaladar(..)
            | Self::Bank(_)
            | Self::Listed(_)
            | Self::Custodial(..) => None,
        }
    }

    /// An account with a custodian from `custodian/number`, or all that it holds from `custodian`.
    fn custodial(text: &str) -> Option<Self> {
        let (custodian, account) = match text.split_once('/') {
            Some((_, "")) => return None,
            Some(both) => both,
            None => (text, ""),
        };
        (!custodian.is_empty()).then(|| Self::Custodial(custodian.into(), account.into()))
    }

    /// Reads the text form. An address without a network of its own (test networks share theirs) is
    /// taken to be of `network`.
    pub fn parse(text: &str, network: Network) -> Option<Self> {
        let prefixed = |prefix: &str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        if let Some(name) = prefixed("hawaladar:") {
            let (name, part) = match name.rsplit_once('/') {
                Some((name, "cash")) => (name, Part::Cash),
                Some((name, "pending")) => (name, Part::Pending),
                _ => (name, Part::Position),
            };
            return Some(Self::Hawaladar(name.into(), part));
        }
        if let Some(rest) = prefixed("customer:") {
            let (book, name) = rest.split_once('/')?;
            let book: [u8; 8] = hex::decode(book).ok()?.try_into().ok()?;
            return Some(Self::Customer(BookId(book), name.into()));
        }
        if let Some(number) = prefixed("bank:") {
            return Some(Self::Bank(number.into()));
        }
        if let Some(rest) = prefixed("at:") {
            return Self::custodial(rest);
        }
        if let Some(name) = prefixed("name:") {
            return Some(Self::Listed(name.into()));
        }
        for (prefix, make) in [
            ("issuance:", Self::Issuance as fn(Network) -> Self),
            ("fees:", Self::Fees),
            ("burned:", Self::Burned),
        ] {
            if let Some(name) = prefixed(prefix) {
                return name.parse().ok().map(make);
            }
        }
        if let Some((name, rest)) = text.split_once(':')
            && let Ok(network) = name.parse()
        {
            // One network stands before an address, and before nothing else.
            return address::parse(rest, network);
        }
        address::parse(text, network)
    }
}

impl fmt::Display for AccountKey {
    /// The text form: an address as its network writes it; other kinds with a prefix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer(book, name) => write!(f, "customer:{}/{name}", hex::encode(book.0)),
            Self::Hawaladar(name, Part::Position) => write!(f, "hawaladar:{name}"),
            Self::Hawaladar(name, Part::Cash) => write!(f, "hawaladar:{name}/cash"),
            Self::Hawaladar(name, Part::Pending) => write!(f, "hawaladar:{name}/pending"),
            Self::Bank(number) => write!(f, "bank:{number}"),
            Self::Listed(name) => write!(f, "name:{name}"),
            Self::Custodial(custodian, account) if account.is_empty() => {
                write!(f, "at:{custodian}")
            }
            Self::Custodial(custodian, account) => write!(f, "at:{custodian}/{account}"),
            Self::Issuance(network) => write!(f, "issuance:{network}"),
            Self::Fees(network) => write!(f, "fees:{network}"),
            Self::Burned(network) => write!(f, "burned:{network}"),
            Self::Script(..) | Self::Evm(..) | Self::Tron(_) | Self::Outpoint(..) => {
                address::write(self, f)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn utxo_networks() -> impl Strategy<Value = Network> {
        prop::sample::select(
            Network::ALL
                .into_iter()
                .filter(|network| network.is_utxo())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn prefixes_do_not_nest() {
        let text = "tron:".repeat(1 << 20);
        assert_eq!(AccountKey::parse(&text, Network::Tron), None);
        let address = "TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib1o";
        assert!(AccountKey::parse(&format!("tron:{address}"), Network::Bitcoin).is_some());
    }

    fn names() -> impl Strategy<Value = Box<str>> {
        prop::string::string_regex("[\\p{Arabic}a-zA-ZšđčćžŠĐČĆŽ0-9 .'-]{1,24}")
            .unwrap()
            .prop_map(Box::from)
    }

    pub(crate) fn keys() -> impl Strategy<Value = AccountKey> {
        let part = prop::sample::select(vec![Part::Position, Part::Cash, Part::Pending]);
        prop_oneof![
            (utxo_networks(), any::<[u8; 20]>())
                .prop_map(|(n, h)| AccountKey::Script(n, ScriptKey::P2pkh(h))),
            (utxo_networks(), any::<[u8; 20]>())
                .prop_map(|(n, h)| AccountKey::Script(n, ScriptKey::P2sh(h))),
            (utxo_networks(), any::<[u8; 20]>())
                .prop_map(|(n, h)| AccountKey::Script(n, ScriptKey::P2wpkh(h))),
            (utxo_networks(), any::<[u8; 32]>())
                .prop_map(|(n, h)| AccountKey::Script(n, ScriptKey::P2wsh(h))),
            (utxo_networks(), any::<[u8; 32]>())
                .prop_map(|(n, h)| AccountKey::Script(n, ScriptKey::P2tr(h))),
            (utxo_networks(), any::<[u8; 32]>())
                .prop_map(|(n, h)| AccountKey::Script(n, ScriptKey::Bare(h))),
            any::<[u8; 20]>().prop_map(|a| AccountKey::Evm(Network::Ethereum, a)),
            any::<[u8; 20]>().prop_map(AccountKey::Tron),
            (utxo_networks(), any::<[u8; 32]>(), any::<u32>())
                .prop_map(|(n, t, v)| AccountKey::Outpoint(n, t, v)),
            (any::<[u8; 8]>(), names()).prop_map(|(b, n)| AccountKey::Customer(BookId(b), n)),
            (names(), part).prop_map(|(n, p)| AccountKey::Hawaladar(n, p)),
            names().prop_map(AccountKey::Bank),
            names().prop_map(AccountKey::Listed),
            (names(), prop::option::of(names())).prop_map(|(custodian, account)| {
                AccountKey::Custodial(custodian, account.unwrap_or_default())
            }),
            utxo_networks().prop_map(AccountKey::Issuance),
            utxo_networks().prop_map(AccountKey::Fees),
            utxo_networks().prop_map(AccountKey::Burned),
        ]
    }

    proptest! {
        #[test]
        fn bytes_read_back(key in keys()) {
            prop_assert_eq!(AccountKey::decode(&key.encode()), Ok(key));
        }

        #[test]
        fn text_reads_back(key in keys()) {
            let network = key.network().unwrap_or(Network::Bitcoin);
            let text = key.to_string();
            prop_assert_eq!(AccountKey::parse(&text, network), Some(key), "{}", text);
        }

        #[test]
        fn no_bytes_make_decode_panic(bytes in prop::collection::vec(any::<u8>(), 0..48)) {
            if let Ok(key) = AccountKey::decode(&bytes) {
                prop_assert_eq!(key.encode(), bytes);
            }
        }
    }
}
