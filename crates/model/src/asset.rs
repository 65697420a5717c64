//! What is held. An asset is (network, contract) or a currency code, never a symbol: a token that
//! only calls itself USDT is another asset.

use crate::network::Network;
use std::fmt;
use std::str::FromStr;

/// The identity of an asset. The text form is stable and reads back:
/// `EUR`, `bitcoin`, `tron:TR7N…`, `as-written:USDT`, `list:unit`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AssetKey {
    /// The coin of a network.
    Native(Network),
    /// A token: network and contract address as the network writes it.
    Token(Network, Box<str>),
    /// ISO 4217 code.
    Currency([u8; 3]),
    /// A symbol that a book wrote, no asset of any chain until a claim says so.
    AsWritten(Box<str>),
    /// The unit of a plain transfer list that names none, or a name of its own.
    Listed(Box<str>),
}

/// An asset with what printing needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Asset {
    key: AssetKey,
    decimals: u8,
    symbol: Box<str>,
}

/// The text names no asset.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` names no asset: use a currency code, a network, or network:contract")]
pub struct UnknownAsset(pub String);

/// Known token contracts: (network, contract, symbol, decimals). Source: `chains.md` §1.
const TOKENS: [(Network, &str, &str, u8); 2] = [
    (
        Network::Tron,
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        "USDT",
        6,
    ),
    (
        Network::Ethereum,
        "0xdac17f958d2ee523a2206206994597c13d831ec7",
        "USDT",
        6,
    ),
];

/// Currencies whose minor unit is not a hundredth (ISO 4217).
const MINOR_UNITS: [(&[u8; 3], u8); 14] = [
    (b"BHD", 3),
    (b"IQD", 3),
    (b"JOD", 3),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"TND", 3),
    (b"JPY", 0),
    (b"KRW", 0),
    (b"VND", 0),
    (b"CLP", 0),
    (b"ISK", 0),
    (b"UGX", 0),
    (b"XAF", 0),
];

impl AssetKey {
    /// A currency by its code of three capital letters.
    pub fn currency(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        code.iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self::Currency(code))
    }

    /// The network that holds it, if any.
    pub const fn network(&self) -> Option<Network> {
        match self {
            Self::Native(network) | Self::Token(network, _) => Some(*network),
            Self::Currency(_) | Self::AsWritten(_) | Self::Listed(_) => None,
        }
    }
}

impl Asset {
    /// An asset with decimals and symbol as known here: the network's own, ISO 4217's, a known
    /// contract's; 2 for currencies, 0 for what is not known.
    pub fn new(key: AssetKey) -> Self {
        let (decimals, symbol): (u8, Box<str>) = match &key {
            AssetKey::Native(network) => (network.decimals(), network.symbol().into()),
            AssetKey::Token(network, contract) => TOKENS
                .iter()
                .find(|token| token.0 == *network && token.1 == &**contract)
                .map_or((0, contract.clone()), |token| (token.3, token.2.into())),
            AssetKey::Currency(code) => {
                let minor = MINOR_UNITS.iter().find(|entry| entry.0 == code);
                let text = std::str::from_utf8(code).expect("made from ASCII capitals");
                (minor.map_or(2, |entry| entry.1), text.into())
            }
            AssetKey::AsWritten(symbol) => {
                let decimals = match &**symbol {
                    "BTC" => 8,
                    "USDT" | "USDC" | "TRX" => 6,
                    "ETH" => 18,
                    _ => 2,
                };
                (decimals, symbol.clone())
            }
            AssetKey::Listed(name) => (0, name.clone()),
        };
        Self {
            key,
            decimals,
            symbol,
        }
    }

    /// The same asset with decimals that its own source states.
    #[must_use]
    pub fn with_decimals(self, decimals: u8) -> Self {
        Self { decimals, ..self }
    }

    /// The same asset with the symbol that its own source states.
    #[must_use]
    pub fn with_symbol(self, symbol: &str) -> Self {
        Self {
            symbol: symbol.into(),
            ..self
        }
    }

    /// Its identity.
    pub const fn key(&self) -> &AssetKey {
        &self.key
    }

    /// Decimal places of the whole unit.
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }

    /// What people call it; not its identity.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }
}

impl fmt::Display for AssetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native(network) => write!(f, "{network}"),
            Self::Token(network, contract) => write!(f, "{network}:{contract}"),
            Self::Currency(code) => f.write_str(std::str::from_utf8(code).map_err(|_| fmt::Error)?),
            Self::AsWritten(symbol) => write!(f, "as-written:{symbol}"),
            Self::Listed(name) => write!(f, "list:{name}"),
        }
    }
}

impl FromStr for AssetKey {
    type Err = UnknownAsset;

    fn from_str(text: &str) -> Result<Self, UnknownAsset> {
        let unknown = || UnknownAsset(text.to_owned());
        if let Some((prefix, rest)) = text.split_once(':') {
            return match prefix {
                _ if rest.is_empty() => Err(unknown()),
                "as-written" => Ok(Self::AsWritten(rest.into())),
                "list" => Ok(Self::Listed(rest.into())),
                _ => {
                    let network: Network = prefix.parse().map_err(|_| unknown())?;
                    let contract = if network.is_evm() {
                        rest.to_ascii_lowercase()
                    } else {
                        rest.to_owned()
                    };
                    Ok(Self::Token(network, contract.into()))
                }
            };
        }
        text.parse()
            .map(Self::Native)
            .ok()
            .or_else(|| Self::currency(text))
            .ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back() {
        for text in [
            "EUR",
            "bitcoin",
            "bitcoin-regtest",
            "tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            "as-written:USDT",
            "list:unit",
        ] {
            assert_eq!(text.parse::<AssetKey>().unwrap().to_string(), text);
        }
        for text in ["", "eur", "tron:", "EURO", "nowhere:0x00"] {
            assert!(text.parse::<AssetKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_symbol_is_no_identity() {
        let tether = Asset::new("tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t".parse().unwrap());
        assert_eq!((tether.symbol(), tether.decimals()), ("USDT", 6));
        assert_ne!(
            tether.key(),
            Asset::new(AssetKey::AsWritten("USDT".into())).key()
        );
    }
}
