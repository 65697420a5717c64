//! Which network a JSON text is about.
//!
//! Law: addresses say it, as far as networks do not share their form; where nothing says it, it is
//! what a person states, else an assumption that is printed. An address of another network refuses
//! the exhibit.

use crate::chain::proof::shown;
use crate::chain::tree::genesis_hash;
use crate::{Error, Options};
use memchr::memmem;
use moneytrail_model::{AccountKey, Network};

/// Addresses looked at before an ambiguous answer is taken.
const ADDRESSES_MAX: usize = 1_000;

/// Bytes in which the hash of a first block is looked for.
const GENESIS_LEN: usize = 1 << 20;

/// Networks that write an address like this, the likeliest first; none if it is no address by its first
/// letters.
fn networks_of(address: &str) -> &'static [Network] {
    use Network::{Bitcoin, BitcoinCash, Dogecoin, Litecoin, Regtest, Signet, Testnet3, Testnet4};
    const WORDS: [(&str, &[Network]); 7] = [
        ("bcrt1", &[Regtest]),
        ("tb1", &[Testnet3, Testnet4, Signet]),
        ("bc1", &[Bitcoin]),
        ("ltc1", &[Litecoin]),
        // Of its extension blocks.
        ("ltcmweb1", &[Litecoin]),
        ("bitcoincash:", &[BitcoinCash]),
        ("bchtest:", &[]),
    ];
    let begins = |word: &str| {
        let first = address.as_bytes().get(..word.len());
        first.is_some_and(|first| first.eq_ignore_ascii_case(word.as_bytes()))
    };
    if let Some((_, networks)) = WORDS.iter().find(|(word, _)| begins(word)) {
        return networks;
    }
    match address.bytes().next() {
        Some(b'1') => &[Bitcoin, BitcoinCash],
        Some(b'3') => &[Bitcoin, Litecoin, BitcoinCash],
        Some(b'L' | b'M') => &[Litecoin],
        Some(b'D' | b'A' | b'9') => &[Dogecoin],
        Some(b'q' | b'p') => &[BitcoinCash],
        Some(b'm' | b'n' | b'2') => &[Testnet3, Testnet4, Signet, Regtest],
        _ => &[],
    }
}

/// Whether an address may be of `network`.
pub(super) fn fits(address: &str, network: Network) -> Result<(), Network> {
    match networks_of(address) {
        [] => Ok(()),
        networks if networks.contains(&network) => Ok(()),
        [other, ..] => Err(*other),
    }
}

/// The values of fields whose names hold `address`.
fn addresses(text: &[u8]) -> impl Iterator<Item = &str> {
    memmem::find_iter(text, b"address").filter_map(|at| {
        let rest = text.get(at..)?;
        let colon = rest.iter().take(16).position(|&byte| byte == b':')?;
        let mut quoted = rest.get(colon + 1..)?.split(|&byte| byte == b'"');
        let between = quoted.next()?;
        let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'[';
        let value = std::str::from_utf8(quoted.next()?).ok()?;
        (between.iter().all(is_between) && value.len() < 120).then_some(value)
    })
}

/// The network of a text, and the assumption that lies in it.
pub(super) fn network_of(
    path: &str,
    text: &[u8],
    options: &Options,
) -> Result<(Network, Option<String>), Error> {
    let of_text = || of_genesis(&text[..text.len().min(GENESIS_LEN)]);
    decide(path, addresses(text), of_text, options)
}

/// The network of the addresses of a table, and the assumption that lies in it.
pub(in crate::chain) fn network_of_addresses<'a>(
    path: &str,
    addresses: impl Iterator<Item = &'a str>,
    options: &Options,
) -> Result<(Network, Option<String>), Error> {
    decide(path, addresses, || None, options)
}

fn decide<'a>(
    path: &str,
    addresses: impl Iterator<Item = &'a str>,
    otherwise: impl FnOnce() -> Option<&'static [Network]>,
    options: &Options,
) -> Result<(Network, Option<String>), Error> {
    let mut possible: Option<&[Network]> = None;
    for address in addresses.take(ADDRESSES_MAX) {
        let networks = networks_of(address);
        let is_address =
            !networks.is_empty() && AccountKey::parse(address, Network::Testnet3).is_some();
        if is_address && possible.is_none_or(|found| networks.len() < found.len()) {
            possible = Some(networks);
        }
        if possible.is_some_and(|networks| networks.len() == 1) {
            break;
        }
    }
    if possible.is_none() {
        possible = otherwise();
    }
    match (possible, options.network) {
        (Some(networks), Some(stated)) if !networks.contains(&stated) => {
            Err(Error::Contradiction {
                path: path.to_owned(),
                why: format!(
                    "its addresses are of {}, not of {stated} as stated",
                    networks[0]
                ),
            })
        }
        (_, Some(stated)) => Ok((stated, None)),
        (Some([only]), None) => Ok((*only, None)),
        (found, None) => {
            let network = found.map_or(Network::Bitcoin, |networks| networks[0]);
            let why = match found {
                Some(_) => "several networks write addresses like these",
                None => "nothing names the network",
            };
            let assumption =
                format!("{why}: it is taken to be {network} (--network states another)");
            Ok((network, Some(assumption)))
        }
    }
}

fn of_genesis(text: &[u8]) -> Option<&'static [Network]> {
    const EACH: [&[Network]; 7] = [
        &[Network::Bitcoin],
        &[Network::Testnet3],
        &[Network::Testnet4],
        &[Network::Signet],
        &[Network::Regtest],
        &[Network::Litecoin],
        &[Network::Dogecoin],
    ];
    EACH.into_iter().find(|networks| {
        let hash = networks.first().and_then(|&network| genesis_hash(network));
        hash.is_some_and(|hash| memmem::find(text, shown(&hash).as_bytes()).is_some())
    })
}
