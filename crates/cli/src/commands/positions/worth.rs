//! What a position is worth in the case's currency, by a rate of the case.

use crate::figures::date;
use moneytrail_ingest::rates::Rates;
use moneytrail_model::{Amount, Asset, AssetKey};
use serde_json::{Value, json};

/// Rates, and the currency in which values are compared.
pub(super) struct Worth {
    pub(super) rates: Rates,
    pub(super) currency: String,
    pub(super) days_back: u16,
}

/// A value, with the rate that it was found by.
pub(super) struct Valued {
    pub(super) amount: Amount,
    decimals: u8,
    currency: String,
    rate: String,
    day: i64,
    source: String,
}

impl Worth {
    /// The value of an amount on a day; `None` if there is no rate, or sources contradict themselves.
    pub(super) fn of(&self, amount: Amount, asset: &str, day: Option<i32>) -> Option<Valued> {
        let base = Asset::new(AssetKey::currency(&self.currency)?);
        let AssetKey::Currency(code) = base.key() else {
            return None;
        };
        let asset = Asset::new(asset.parse().ok()?);
        let found = self
            .rates
            .find(&asset, *code, day?.into(), self.days_back)
            .ok()??;
        Some(Valued {
            amount: found
                .rate
                .convert(amount, asset.decimals(), base.decimals())?,
            decimals: base.decimals(),
            currency: self.currency.clone(),
            rate: found.rate.to_string(),
            day: found.day,
            source: found.source.to_owned(),
        })
    }
}

impl Valued {
    pub(super) fn sentence(&self) -> String {
        format!(
            "worth {} {} at {} of {} ({}; an assumption)",
            self.amount.display(self.decimals),
            self.currency,
            self.rate,
            date(self.day),
            self.source
        )
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "units": self.amount.units().to_string(), "currency": self.currency, "rate": self.rate, "day": date(self.day),
            "source": self.source, "basis": "assumption rate",
        })
    }
}
