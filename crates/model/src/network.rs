//! Networks. An account namespace holds one network.

use std::fmt;
use std::str::FromStr;

/// A network that holds accounts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Network {
    /// Bitcoin's main network.
    Bitcoin = 1,
    /// Bitcoin's third test network.
    Testnet3 = 2,
    /// Bitcoin's fourth test network.
    Testnet4 = 3,
    /// Bitcoin's signed test network.
    Signet = 4,
    /// Bitcoin's private test network.
    Regtest = 5,
    /// Litecoin's main network.
    Litecoin = 6,
    /// The main network of Bitcoin Cash.
    BitcoinCash = 7,
    /// Dogecoin's main network.
    Dogecoin = 8,
    /// Ethereum's main network.
    Ethereum = 16,
    /// BNB Smart Chain.
    Bsc = 17,
    /// Polygon's proof-of-stake chain.
    Polygon = 18,
    /// Avalanche's contract chain.
    Avalanche = 19,
    /// Arbitrum One; its coin is Ethereum's.
    Arbitrum = 20,
    /// OP Mainnet; its coin is Ethereum's.
    Optimism = 21,
    /// Base; its coin is Ethereum's.
    Base = 22,
    /// TRON's main network.
    Tron = 32,
}

/// No network has this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no known network")]
pub struct UnknownNetwork(pub String);

impl Network {
    /// All networks.
    pub const ALL: [Self; 16] = [
        Self::Bitcoin,
        Self::Testnet3,
        Self::Testnet4,
        Self::Signet,
        Self::Regtest,
        Self::Litecoin,
        Self::BitcoinCash,
        Self::Dogecoin,
        Self::Ethereum,
        Self::Bsc,
        Self::Polygon,
        Self::Avalanche,
        Self::Arbitrum,
        Self::Optimism,
        Self::Base,
        Self::Tron,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bitcoin => "bitcoin",
            Self::Testnet3 => "bitcoin-testnet3",
            Self::Testnet4 => "bitcoin-testnet4",
            Self::Signet => "bitcoin-signet",
            Self::Regtest => "bitcoin-regtest",
            Self::Litecoin => "litecoin",
            Self::BitcoinCash => "bitcoin-cash",
            Self::Dogecoin => "dogecoin",
            Self::Ethereum => "ethereum",
            Self::Bsc => "bsc",
            Self::Polygon => "polygon",
            Self::Avalanche => "avalanche",
            Self::Arbitrum => "arbitrum",
            Self::Optimism => "optimism",
            Self::Base => "base",
            Self::Tron => "tron",
        }
    }

    /// The byte in an account key.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The network with this byte.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.code() == code)
    }

    /// Magic of block files, `None` for a network without them (`chains.md` §1), or with such that are not
    /// read: the work of Litecoin and Dogecoin is scrypt. Nodes of Bitcoin Cash write Bitcoin's magic into
    /// their files, and this one on the wire.
    pub const fn magic(self) -> Option<[u8; 4]> {
        match self {
            Self::Bitcoin => Some([0xf9, 0xbe, 0xb4, 0xd9]),
            Self::Testnet3 => Some([0x0b, 0x11, 0x09, 0x07]),
            Self::Testnet4 => Some([0x1c, 0x16, 0x3f, 0x28]),
            Self::Signet => Some([0x0a, 0x03, 0xcf, 0x40]),
            Self::Regtest => Some([0xfa, 0xbf, 0xb5, 0xda]),
            Self::BitcoinCash => Some([0xe3, 0xe1, 0xf3, 0xe8]),
            _ => None,
        }
    }

    /// The network whose block files begin records with `magic`.
    pub fn from_magic(magic: [u8; 4]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|network| network.magic() == Some(magic))
    }

    /// Whether its transactions have inputs and outputs.
    pub const fn is_utxo(self) -> bool {
        matches!(
            self,
            Self::Bitcoin
                | Self::Testnet3
                | Self::Testnet4
                | Self::Signet
                | Self::Regtest
                | Self::Litecoin
                | Self::BitcoinCash
                | Self::Dogecoin
        )
    }

    /// Whether the proof of work of its blocks is over their hash (double SHA-256).
    pub const fn works_by_hash(self) -> bool {
        self.magic().is_some()
    }

    /// Whether its scripts have witnesses, and so its accounts addresses for them.
    pub const fn has_witnesses(self) -> bool {
        self.is_utxo() && !matches!(self, Self::BitcoinCash | Self::Dogecoin)
    }

    /// The most that an output may be worth, in the smallest unit (`MAX_MONEY` of its reference node).
    pub const fn money_max(self) -> u64 {
        match self {
            Self::Litecoin => 84_000_000 * 100_000_000,
            Self::Dogecoin => 10_000_000_000 * 100_000_000,
            _ => 21_000_000 * 100_000_000,
        }
    }

    /// Whether its accounts are EVM addresses.
    pub const fn is_evm(self) -> bool {
        !self.is_utxo() && !matches!(self, Self::Tron)
    }

    /// Decimal places of its coin.
    pub const fn decimals(self) -> u8 {
        match self {
            Self::Tron => 6,
            _ if self.is_utxo() => 8,
            _ => 18,
        }
    }

    /// What people call its coin.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Bitcoin => "BTC",
            Self::Testnet3 | Self::Testnet4 | Self::Signet => "tBTC",
            Self::Regtest => "rBTC",
            Self::Litecoin => "LTC",
            Self::BitcoinCash => "BCH",
            Self::Dogecoin => "DOGE",
            Self::Ethereum | Self::Arbitrum | Self::Optimism | Self::Base => "ETH",
            Self::Bsc => "BNB",
            Self::Polygon => "POL",
            Self::Avalanche => "AVAX",
            Self::Tron => "TRX",
        }
    }

    /// What a block at `height` may newly issue, in the smallest unit; `None` where there is no
    /// such rule. Regtest halves every 150 blocks, Litecoin every 840,000, the others every 210,000. Dogecoin
    /// drew its first 145,000 subsidies at random, halved every 100,000 blocks up to 600,000, and issues
    /// 10,000 coins a block since (`dogecoin.cpp`).
    pub fn subsidy(self, height: u32) -> Option<u64> {
        const COIN: u64 = 100_000_000;
        let (first, interval) = match self {
            Self::Dogecoin => {
                return match height {
                    0..145_000 => None,
                    145_000..600_000 => Some((500_000 * COIN) >> (height / 100_000)),
                    _ => Some(10_000 * COIN),
                };
            }
            Self::Regtest => (50 * COIN, 150),
            Self::Litecoin => (50 * COIN, 840_000),
            _ if self.is_utxo() => (50 * COIN, 210_000),
            _ => return None,
        };
        Some(first.checked_shr(height / interval).unwrap_or(0))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Network {
    type Err = UnknownNetwork;

    fn from_str(text: &str) -> Result<Self, UnknownNetwork> {
        Self::ALL
            .into_iter()
            .find(|network| network.as_str() == text)
            .ok_or_else(|| UnknownNetwork(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_magics_are_unique() {
        for network in Network::ALL {
            assert_eq!(network.as_str().parse(), Ok(network));
            assert_eq!(Network::from_code(network.code()), Some(network));
            if let Some(magic) = network.magic() {
                assert_eq!(Network::from_magic(magic), Some(network));
            }
        }
    }

    #[test]
    fn subsidy_halves_and_ends() {
        assert_eq!(Network::Bitcoin.subsidy(0), Some(5_000_000_000));
        assert_eq!(Network::Bitcoin.subsidy(209_999), Some(5_000_000_000));
        assert_eq!(Network::Bitcoin.subsidy(210_000), Some(2_500_000_000));
        assert_eq!(Network::Bitcoin.subsidy(210_000 * 64), Some(0));
        assert_eq!(Network::Regtest.subsidy(150), Some(2_500_000_000));
        assert_eq!(Network::Ethereum.subsidy(0), None);
        assert_eq!(Network::Litecoin.subsidy(840_000), Some(2_500_000_000));
        assert_eq!(Network::Dogecoin.subsidy(144_999), None);
        assert_eq!(
            Network::Dogecoin.subsidy(145_000),
            Some(250_000 * 100_000_000)
        );
        assert_eq!(
            Network::Dogecoin.subsidy(599_999),
            Some(15_625 * 100_000_000)
        );
        assert_eq!(
            Network::Dogecoin.subsidy(5_000_000),
            Some(10_000 * 100_000_000)
        );
    }
}
