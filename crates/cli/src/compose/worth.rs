//! What a transfer was worth in the base currency of the case.
//!
//! Laws. An exact amount is never replaced: the worth stands beside it, with the rate, its day and its source. The rate is
//! that of the transfer's day in UTC, or, where `--rate-days` says so, the last one before. A time that is known less
//! exactly than to the day has none.

use super::Composer;
use crate::commands::counted;
use crate::figures::{DAY_SECONDS, date};
use crate::follow::Evidence;
use moneytrail_model::{Amount, Asset, AssetIdx, AssetKey, Instant, Precision};
use moneytrail_report::document::{AssetRef, Worth};

impl Composer<'_> {
    /// Of a transfer of the report.
    pub(crate) fn worth(
        &self,
        asset: AssetIdx,
        amount: Option<Amount>,
        time: Instant,
        is_held: bool,
    ) -> Option<Worth> {
        worth(self.evidence, self.rate_days, asset, amount, time, is_held)
    }
}

/// `rate_days`: how many days before the transfer a rate may be; `is_held`: one of its ends is an account with a custodian,
/// who owes what he calls so. `None` of the base currency itself, and where the case has no rates.
pub(crate) fn worth(
    evidence: &Evidence,
    rate_days: u16,
    asset: AssetIdx,
    amount: Option<Amount>,
    time: Instant,
    is_held: bool,
) -> Option<Worth> {
    let rates = &evidence.rates;
    let base = AssetKey::currency(&evidence.case.info().base_currency)?;
    let AssetKey::Currency(currency) = base else {
        return None;
    };
    let asset = evidence.graph.asset(asset);
    if rates.is_empty() || *asset.key() == base {
        return None;
    }
    let none = |by: &str| {
        Some(Worth {
            amount: None,
            by: by.to_owned(),
        })
    };
    let Some(amount) = amount else {
        return none("the record does not say how much");
    };
    if matches!(time.precision(), Precision::Month | Precision::Unknown) {
        return none("the day is not known");
    }
    let day = time.named_second().div_euclid(DAY_SECONDS);
    let found = match asset.key() {
        AssetKey::AsWritten(symbol) if is_held => rates.find_held(symbol, currency, day, rate_days),
        _ => rates.find(asset, currency, day, rate_days),
    };
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => {
            return none(&match rate_days {
                0 => format!("none of {}", date(day)),
                n => format!("none of {} or of {n} days before", date(day)),
            });
        }
        Err(contradiction) => return none(&contradiction.to_string()),
    };
    let base = Asset::new(base);
    let Some(worth) = found
        .rate
        .convert(amount, asset.decimals(), base.decimals())
    else {
        return none("the worth is beyond 38 digits");
    };
    let others = match found.n_others {
        0 => String::new(),
        n => format!("; {}", counted(n as u64, "other rates of that day")),
    };
    let in_base = AssetRef::new(&base.key().to_string(), base.symbol(), base.decimals());
    Some(Worth {
        amount: Some(in_base.amount(worth)),
        by: format!(
            "{} {} for 1 {}, {}, {}{others}",
            found.rate,
            base.symbol(),
            asset.symbol(),
            date(found.day),
            found.source
        ),
    })
}
