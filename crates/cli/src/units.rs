//! Units in which lines of books and transfers of chains are compared, and values in millionths of them.

use moneytrail_model::{Amount, Asset, AssetKey, Network};
use std::collections::BTreeMap;

/// Decimals of a value.
pub(crate) const DECIMALS: u8 = 6;

/// Whether it is no currency of a state: the chain's own, a token, or a symbol of one as a book writes it.
pub(crate) fn is_coin(asset: &Asset) -> bool {
    !matches!(asset.key(), AssetKey::Currency(_) | AssetKey::Listed(_))
}

/// `USD` for dollars and for coins that are meant to be worth one, a symbol for other known coins, else the asset's key.
pub(crate) fn unit_name(asset: &Asset) -> String {
    let is_dollar = |symbol: &str| {
        Network::ALL.into_iter().any(|network| {
            AssetKey::contracts_of(network, symbol)
                .any(|contract| AssetKey::Token(network, contract.into()).is_dollar())
        })
    };
    match asset.key() {
        key if key.is_dollar() => "USD".to_owned(),
        AssetKey::AsWritten(symbol) if is_dollar(symbol) => "USD".to_owned(),
        AssetKey::AsWritten(symbol) => symbol.to_string(),
        AssetKey::Native(_) => asset.symbol().to_owned(),
        key if key.is_known_token() => asset.symbol().to_owned(),
        key => key.to_string(),
    }
}

/// An amount in millionths of the whole unit; finer parts are cut off.
pub(crate) fn millionths(amount: Amount, decimals: u8) -> Option<i128> {
    let units = amount.units();
    match decimals.checked_sub(DECIMALS) {
        Some(fine) => Some(units / 10_i128.checked_pow(fine.into())?),
        None => units.checked_mul(10_i128.pow((DECIMALS - decimals).into())),
    }
}

/// An amount with the decimals of its asset, by the asset's key.
pub(crate) fn decimal(asset: &str, amount: Amount) -> String {
    let key = asset.parse::<AssetKey>();
    let decimals = key.map_or(0, |key| Asset::new(key).decimals());
    amount.display(decimals).to_string()
}

/// Units by number, in the order in which they are met.
#[derive(Debug, Default)]
pub(crate) struct Units {
    names: Vec<String>,
    numbers: BTreeMap<String, u16>,
}

impl Units {
    /// The number of an asset's unit; none if there are too many.
    pub(crate) fn number(&mut self, asset: &Asset) -> Option<u16> {
        self.named(&unit_name(asset))
    }

    /// The number of a unit by its name; none if there are too many.
    pub(crate) fn named(&mut self, name: &str) -> Option<u16> {
        if let Some(&number) = self.numbers.get(name) {
            return Some(number);
        }
        let number = u16::try_from(self.names.len()).ok()?;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        Some(number)
    }

    /// Names, in the order of their numbers.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}
