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

/// A token contract that is known here.
struct Known {
    network: Network,
    contract: &'static str,
    symbol: &'static str,
    decimals: u8,
    /// Whether one unit is meant to be worth one US dollar.
    is_dollar: bool,
}

const fn dollar(
    network: Network,
    contract: &'static str,
    symbol: &'static str,
    decimals: u8,
) -> Known {
    Known {
        network,
        contract,
        symbol,
        decimals,
        is_dollar: true,
    }
}

/// Known token contracts, each with what its contract answers to `symbol()` and `decimals()`. Sources: `chains.md`
/// §1 for USDT on TRON and Ethereum; <https://github.com/trustwallet/assets>, `blockchains/*/assets/*/info.json`,
/// for the others but USDT on BSC, whose decimals it states differently over time:
/// <https://github.com/pancakeswap/token-list>, `lists/pancakeswap-bnb-mm.json`.
const TOKENS: [Known; 13] = [
    dollar(
        Network::Tron,
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        "USDT",
        6,
    ),
    dollar(
        Network::Ethereum,
        "0xdac17f958d2ee523a2206206994597c13d831ec7",
        "USDT",
        6,
    ),
    dollar(
        Network::Ethereum,
        "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
        "USDC",
        6,
    ),
    dollar(
        Network::Ethereum,
        "0x6b175474e89094c44da98b954eedeac495271d0f",
        "DAI",
        18,
    ),
    dollar(
        Network::Tron,
        "TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8",
        "USDC",
        6,
    ),
    dollar(
        Network::Bsc,
        "0x55d398326f99059ff775485246999027b3197955",
        "USDT",
        18,
    ),
    dollar(
        Network::Bsc,
        "0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d",
        "USDC",
        18,
    ),
    dollar(
        Network::Polygon,
        "0xc2132d05d31c914a87c6611c10748aeb04b58e8f",
        "USDT",
        6,
    ),
    dollar(
        Network::Polygon,
        "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359",
        "USDC",
        6,
    ),
    dollar(
        Network::Polygon,
        "0x2791bca1f2de4661ed88a30c99a7a9449aa84174",
        "USDC",
        6,
    ),
    dollar(
        Network::Arbitrum,
        "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9",
        "USDT",
        6,
    ),
    dollar(
        Network::Base,
        "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
        "USDC",
        6,
    ),
    Known {
        network: Network::Ethereum,
        contract: "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
        symbol: "WETH",
        decimals: 18,
        is_dollar: false,
    },
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

    fn known(&self) -> Option<&'static Known> {
        let Self::Token(network, contract) = self else {
            return None;
        };
        TOKENS
            .iter()
            .find(|token| token.network == *network && token.contract == &**contract)
    }

    /// Whether it is a known contract, of which decimals and symbol need no other source.
    pub fn is_known_token(&self) -> bool {
        self.known().is_some()
    }

    /// Whether it is the known contract of a coin that is meant to be worth one US dollar.
    pub fn is_dollar(&self) -> bool {
        self.known().is_some_and(|token| token.is_dollar)
    }

    /// Contracts that are known on `network`.
    pub fn contracts_on(network: Network) -> impl Iterator<Item = &'static str> {
        let on = TOKENS.iter().filter(move |token| token.network == network);
        on.map(|token| token.contract)
    }

    /// Contracts on `network` that are known by this symbol.
    pub fn contracts_of(network: Network, symbol: &str) -> impl Iterator<Item = &'static str> {
        let on = TOKENS.iter().filter(move |token| token.network == network);
        on.filter(move |token| token.symbol == symbol)
            .map(|token| token.contract)
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
                .find(|token| token.network == *network && token.contract == &**contract)
                .map_or((0, contract.clone()), |token| {
                    (token.decimals, token.symbol.into())
                }),
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

    /// Whether it is a token of which no source states symbol or decimals: amounts are in its smallest unit,
    /// whatever that is worth.
    pub fn is_undescribed(&self) -> bool {
        matches!(&self.key, AssetKey::Token(_, contract) if self.decimals == 0 && self.symbol == *contract)
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
    fn known_contracts_are_written_as_keys_are() {
        for token in &TOKENS {
            let key = AssetKey::Token(token.network, token.contract.into());
            assert_eq!(key.to_string().parse(), Ok(key.clone()));
            let account = crate::AccountKey::parse(token.contract, token.network).unwrap();
            assert_eq!(account.network(), Some(token.network));
            assert!(key.is_known_token() && !Asset::new(key).is_undescribed());
        }
        let other = AssetKey::Token(Network::Bsc, TOKENS[1].contract.into());
        assert!(!other.is_dollar() && Asset::new(other).is_undescribed());
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
