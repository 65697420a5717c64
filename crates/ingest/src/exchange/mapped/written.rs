//! What a table writes for an asset, and what that is taken for.
//!
//! Law: an asset of a chain is (network, contract). A symbol names no contract, and anybody can give his token any: on a
//! chain it stays an asset of its own, marked as such, unless the profile says which contract it is. A coin has no
//! contract, so its symbol is taken for it, which is an assumption. Every such reading is said, with how many rows it is of.

use moneytrail_model::{Asset, AssetKey, Network};
use std::collections::BTreeMap;

/// What stood for an asset.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Written {
    /// A contract, a currency, or a symbol where no network is known.
    Plainly,
    /// The symbol of the network's coin.
    Coin(Network),
    /// A symbol on a network.
    Symbol(Network, Box<str>),
    /// A word of which the profile says what it means.
    ByProfile(Box<str>),
}

/// Reads an asset on a network. A symbol's own asset is told apart by network, because it is a token there, and by unit,
/// because nobody states its decimals.
pub(super) fn on(network: Option<Network>, asset: Asset, is_smallest: bool) -> (Asset, Written) {
    let (AssetKey::AsWritten(symbol), Some(network)) = (asset.key(), network) else {
        return (asset, Written::Plainly);
    };
    let symbol: Box<str> = symbol.clone();
    if symbol.eq_ignore_ascii_case(network.symbol())
        || network == Network::Polygon && symbol.eq_ignore_ascii_case("MATIC")
    {
        return (
            Asset::new(AssetKey::Native(network)),
            Written::Coin(network),
        );
    }
    let unit = if is_smallest { ", smallest units" } else { "" };
    let marked = format!("{symbol} ({network}, contract not stated{unit})");
    let decimals = if is_smallest { 0 } else { asset.decimals() };
    let own = Asset::new(AssetKey::AsWritten(marked.into())).with_decimals(decimals);
    (own, Written::Symbol(network, symbol))
}

/// How often assets were written so.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(Written, AssetKey), u64>);

impl Tally {
    pub(super) fn count(&mut self, how: &Written, asset: &Asset) {
        if *how != Written::Plainly {
            let key = (how.clone(), asset.key().clone());
            *self.0.entry(key).or_default() += 1;
        }
    }

    /// One sentence for each, in the order of what is written.
    pub(super) fn assumptions(&self) -> Vec<String> {
        let said = self.0.iter().map(|((how, asset), n)| match how {
            Written::Plainly => String::new(),
            Written::Coin(network) => format!(
                "{n} amounts are written {} and taken for the coin of {network}, which has no contract; a token can call itself so too",
                network.symbol()
            ),
            Written::Symbol(network, symbol) => {
                let known: Vec<String> = AssetKey::contracts_of(*network, symbol)
                    .map(|contract| format!("{network}:{contract}"))
                    .collect();
                let (like, example) = match &known[..] {
                    [] => (String::new(), format!("{network}:CONTRACT")),
                    known => (format!(", and are not taken for {}", known.join(" or ")), known[0].clone()),
                };
                format!(
                    "{n} amounts are of `{symbol}`, a symbol that names no contract of {network}: they are kept as an asset of their own, `{asset}`{like}; `{symbol} = \"{example}\"` under [currencies] of a profile says which contract it is"
                )
            }
            Written::ByProfile(text) => format!("{n} amounts are written `{text}` and taken for {asset}, as the profile says"),
        });
        said.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_makes_no_contract() {
        let usdt = Asset::new(AssetKey::AsWritten("USDT".into()));
        let (own, how) = on(Some(Network::Tron), usdt.clone(), false);
        assert_eq!(own.key().network(), None);
        assert_eq!(how, Written::Symbol(Network::Tron, "USDT".into()));
        let (other, _) = on(Some(Network::Bsc), usdt.clone(), false);
        let (smallest, _) = on(Some(Network::Tron), usdt.clone(), true);
        assert!(own.key() != other.key() && own.key() != smallest.key());
        assert_eq!(smallest.decimals(), 0, "nobody states any");
        assert_eq!(on(None, usdt.clone(), false), (usdt, Written::Plainly));
        let coin = Asset::new(AssetKey::AsWritten("TRX".into()));
        let taken = on(Some(Network::Tron), coin, false);
        assert_eq!(taken.0, Asset::new(AssetKey::Native(Network::Tron)));
    }
}
