//! What exchanges call assets, networks and addresses.
//!
//! Law: a symbol names no contract. What an exchange holds is what it calls so; what it moves on a network is taken
//! for the one known contract of that symbol there, which is an assumption ([`asset_on`]).

use super::line::{Line, Other};
use moneytrail_model::{AccountKey, Asset, AssetKey, Network};

/// Currencies of states in which exchanges keep accounts.
const CURRENCIES: [&str; 36] = [
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "COP", "CZK", "DKK", "EUR", "GBP", "HKD",
    "HUF", "IDR", "INR", "JPY", "KES", "KRW", "KZT", "MXN", "NGN", "NOK", "NZD", "PEN", "PHP",
    "PLN", "RON", "RUB", "SEK", "SGD", "THB", "TRY", "UAH", "USD", "ZAR",
];

/// A symbol as an exchange holds it: a currency, or what it calls so, which is no asset of a chain.
pub(super) fn asset_of(symbol: &str) -> Asset {
    let currency = CURRENCIES
        .contains(&symbol)
        .then(|| AssetKey::currency(symbol));
    Asset::new(
        currency
            .flatten()
            .unwrap_or_else(|| AssetKey::AsWritten(symbol.into())),
    )
}

/// The asset that a symbol means on a network, if there is one and no other.
pub(super) fn asset_on(network: Network, symbol: &str) -> Option<Asset> {
    if symbol == network.symbol() || symbol == "MATIC" && network == Network::Polygon {
        return Some(Asset::new(AssetKey::Native(network)));
    }
    let mut contracts = AssetKey::contracts_of(network, symbol);
    let contract = contracts.next().filter(|_| contracts.next().is_none())?;
    Some(Asset::new(AssetKey::Token(network, contract.into())))
}

/// The network that a row names, or that its asset or address can only be of.
pub(super) fn network_of(line: &Line, symbol: &str) -> Option<Network> {
    let stated = &*line.other.network;
    if let Some(network) = network_named(stated) {
        return Some(network);
    }
    // A coin of its own network; ether is on many.
    let own = network_named(symbol).filter(|network| stated.is_empty() && !network.is_evm());
    own.or_else(|| {
        let account = AccountKey::parse(&line.other.address, Network::Tron)?;
        (account.network() == Some(Network::Tron)).then_some(Network::Tron)
    })
}

/// The network that exchanges call so.
pub(super) fn network_named(word: &str) -> Option<Network> {
    let bare = word.split('(').next().unwrap_or_default().trim();
    Some(match &*bare.to_ascii_uppercase() {
        "BTC" | "SEGWITBTC" | "BITCOIN" => Network::Bitcoin,
        "LTC" | "LITECOIN" => Network::Litecoin,
        "BCH" => Network::BitcoinCash,
        "DOGE" | "DOGECOIN" => Network::Dogecoin,
        "TRX" | "TRC20" | "TRON" => Network::Tron,
        "ETH" | "ERC20" | "ETHEREUM" => Network::Ethereum,
        "BSC" | "BEP20" => Network::Bsc,
        "MATIC" | "POL" | "POLYGON" => Network::Polygon,
        "AVAXC" | "AVAX C-CHAIN" => Network::Avalanche,
        "ARBITRUM" | "ARBITRUMONE" | "ARBITRUM ONE" => Network::Arbitrum,
        "OPTIMISM" => Network::Optimism,
        "BASE" => Network::Base,
        _ => return bare.parse().ok(),
    })
}

/// The account of an address, and again if it is one of a chain that is known; `None` without an address.
pub(super) fn on_chain(
    network: Option<Network>,
    other: &Other,
    address: &str,
) -> Option<(AccountKey, Option<AccountKey>)> {
    if address.is_empty() {
        return None;
    }
    let parsed = network.and_then(|network| {
        let account = AccountKey::parse(address, network)?;
        (account.network() == Some(network)).then_some(account)
    });
    let known = parsed.map(|account| (account.clone(), Some(account)));
    Some(known.unwrap_or_else(|| {
        let name = format!("{} {address}", other.network);
        (AccountKey::Listed(name.trim().into()), None)
    }))
}
