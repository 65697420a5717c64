//! Amounts of a report. Law: the units are exact, and travel as text, because a JSON number is not.

use moneytrail_model::{Amount, AmountError};
use serde::{Deserialize, Serialize};

/// A narrow no-break space, between thousands.
const THIN: char = '\u{202f}';

/// An asset as printed, and what tells it from others of the same symbol.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AssetRef {
    /// Network and contract, or a currency code.
    #[serde(rename = "asset")]
    pub key: String,
    /// What is printed.
    pub symbol: String,
    /// Decimal places of the smallest unit.
    pub decimals: u8,
}

impl AssetRef {
    /// An asset.
    pub fn new(key: &str, symbol: &str, decimals: u8) -> Self {
        Self {
            key: key.to_owned(),
            symbol: symbol.to_owned(),
            decimals,
        }
    }

    /// This many smallest units of it.
    pub fn amount(&self, amount: Amount) -> Money {
        Money {
            units: amount.units(),
            asset: self.clone(),
        }
    }

    /// Nothing of it.
    pub fn zero(&self) -> Money {
        self.amount(Amount::ZERO)
    }

    /// Reads plain decimal text.
    ///
    /// # Errors
    /// [`AmountError`], by what is wrong with the text.
    pub fn parse(&self, text: &str) -> Result<Money, AmountError> {
        Ok(self.amount(Amount::parse_decimal(text, self.decimals)?))
    }
}

/// An exact amount of one asset.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Money {
    #[serde(with = "units_text")]
    units: i128,
    /// Of what.
    #[serde(flatten)]
    pub asset: AssetRef,
}

impl Money {
    /// Smallest units.
    pub const fn units(&self) -> i128 {
        self.units
    }

    /// Smallest units, zero if negative: heights of drawings.
    pub fn magnitude(&self) -> u128 {
        u128::try_from(self.units).unwrap_or(0)
    }

    /// Sum; `None` if the assets differ or the sum leaves 38 digits.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        if self.asset.key != other.asset.key {
            return None;
        }
        let sum = self.units.checked_add(other.units)?;
        Some(self.asset.amount(Amount::new(sum).ok()?))
    }

    /// Difference; `None` if the assets differ or it leaves 38 digits.
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        if self.asset.key != other.asset.key {
            return None;
        }
        let difference = self.units.checked_sub(other.units)?;
        Some(self.asset.amount(Amount::new(difference).ok()?))
    }

    /// The figure alone, thousands apart: `7 400.00`.
    pub fn figure(&self) -> String {
        let plain = match Amount::new(self.units) {
            Ok(amount) => amount.display(self.asset.decimals).to_string(),
            Err(_) => self.units.to_string(),
        };
        group(&plain)
    }

    /// The figure without zeros at the end, for places where room is short: `7 400`.
    pub fn short(&self) -> String {
        let figure = self.figure();
        if figure.contains('.') {
            figure
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        } else {
            figure
        }
    }

    /// As in drawings: money of everyday life in full, coins without zeros at the end.
    pub fn brief(&self) -> String {
        if self.asset.decimals > 2 {
            self.short()
        } else {
            self.figure()
        }
    }

    /// Figure and symbol. The symbol is text of the evidence: escape the result.
    pub fn full(&self) -> String {
        format!("{} {}", self.figure(), self.asset.symbol)
    }
}

/// Puts narrow no-break spaces between the thousands of a plain decimal number.
pub(crate) fn group(plain: &str) -> String {
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("\u{2212}", digits));
    let mut grouped = String::with_capacity(plain.len() * 2);
    grouped.push_str(sign);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(THIN);
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// Units as decimal text.
mod units_text {
    use moneytrail_model::Amount;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(units: &i128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(units)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i128, D::Error> {
        let text = String::deserialize(from)?;
        Amount::parse_decimal(&text, 0)
            .map(Amount::units)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart_and_zeros_stay() {
        let euro = AssetRef::new("EUR", "EUR", 2);
        let check = |text: &str, figure: &str| {
            assert_eq!(
                euro.parse(text).unwrap().figure().replace(THIN, "_"),
                figure
            );
        };
        check("7400", "7_400.00");
        check("0", "0.00");
        check("-1234567.8", "\u{2212}1_234_567.80");
        check("999", "999.00");
        assert_eq!(euro.parse("852.50").unwrap().short(), "852.5");
        assert_eq!(euro.parse("100").unwrap().short(), "100");
    }

    #[test]
    fn units_travel_as_text_to_the_last_digit() {
        let token = AssetRef::new("T", "T", 18);
        let most = token.amount(Amount::new(10_i128.pow(38) - 1).unwrap());
        let json = serde_json::to_string(&most).unwrap();
        assert!(
            json.starts_with(r#"{"units":"99999999999999999999999999999999999999","asset":"T""#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), most);
        assert!(serde_json::from_str::<Money>(&json.replace("999\"", "999999\"")).is_err());
    }
}
