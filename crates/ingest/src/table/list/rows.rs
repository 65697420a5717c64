//! A row of a plain list becomes a transfer.
//!
//! Laws: a row that is not understood is quarantined with its raw cells and a reason, never taken as
//! zero; integers stay exact integers; rows with one event value that stand together are one event.

use crate::table::civil;
use moneytrail_model::{
    AccountKey, Amount, AmountError, Asset, AssetKey, EventKind, Instant, Layers, RecordBin,
    RecordCounts, TransferKind,
};
use moneytrail_store::schema::{
    Batch, Endpoint, EventRow, RecordPlace, RecordRow, SourceRow, TransferRow, Transfers,
};
use rustc_hash::FxHashMap;

/// The unit of numbers in a time column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimeUnit {
    Seconds,
    Milliseconds,
}

/// Second numbers from here on (year 5138) are milliseconds of a date after March 1973.
pub(crate) const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// What holds for a whole list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ListFacts {
    pub(crate) time_unit: TimeUnit,
    /// Decimal places of assets that state none of their own.
    pub(crate) decimals: u8,
    pub(crate) decimal_comma: bool,
}

/// The cells of a row that are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListCells<'a> {
    pub(crate) source: &'a str,
    pub(crate) target: &'a str,
    pub(crate) time: &'a str,
    pub(crate) amount: &'a str,
    pub(crate) asset: Option<&'a str>,
    pub(crate) event: Option<&'a str>,
}

/// Collects the rows of one part of a list.
pub(crate) struct ListBatch<'f> {
    facts: &'f ListFacts,
    batch: Batch,
    counts: RecordCounts,
    assets: FxHashMap<Box<str>, u32>,
    last_asset: Option<(Box<str>, u32)>,
    /// The event value that is open, and its event if one of its rows gave a transfer.
    open_event: Option<(Box<str>, Option<u32>)>,
}

impl<'f> ListBatch<'f> {
    pub(crate) fn new(facts: &'f ListFacts, path: &str, n_rows: usize) -> Self {
        let batch = Batch {
            sources: vec![SourceRow {
                path: path.into(),
                sheet: Some("-".into()),
                right_to_left: false,
            }],
            events: Vec::with_capacity(n_rows),
            transfers: Transfers::with_capacity(n_rows),
            ..Batch::default()
        };
        Self {
            facts,
            batch,
            counts: RecordCounts::default(),
            assets: FxHashMap::default(),
            last_asset: None,
            open_event: None,
        }
    }

    pub(crate) fn finish(self) -> (Batch, RecordCounts) {
        (self.batch, self.counts)
    }

    /// Keeps a row that gave no transfer.
    pub(crate) fn keep(&mut self, row: u32, bin: RecordBin, reason: &str, raw: Vec<Box<str>>) {
        self.counts.count(bin);
        self.batch.records.push(RecordRow {
            source: 0,
            place: RecordPlace::Row(row),
            bin,
            reason: Some(reason.into()),
            raw,
        });
    }

    /// Takes a row; the error is the reason for quarantine.
    pub(crate) fn take(&mut self, row: u32, cells: ListCells<'_>) -> Result<(), String> {
        let open = self.open(cells.event);
        let (asset, time, amount) = self.figures(cells)?;
        let key = self.batch.assets[asset as usize].key();
        let from = account(cells.source, "source", key)?;
        let to = account(cells.target, "target", key)?;
        let event = if let Some(event) = open {
            event
        } else {
            let transaction = cells.event.and_then(|text| transaction(text, key));
            self.batch.events.push(EventRow {
                kind: EventKind::Payment,
                transaction,
                block: None,
                tx_index: None,
                time,
                source: 0,
                row: Some(row),
                stale: false,
            });
            let event = position(self.batch.events.len() - 1);
            if let Some((_, open)) = &mut self.open_event {
                *open = Some(event);
            }
            event
        };
        self.batch.transfers.push(&TransferRow {
            event,
            from: Endpoint::Account(from),
            to: Endpoint::Account(to),
            asset,
            amount: Some(amount),
            kind: TransferKind::Payment,
            layers: Layers::BOTH,
        });
        self.counts.count(RecordBin::Transferred);
        Ok(())
    }

    /// The event that the row joins, if one with its value is open.
    fn open(&mut self, event: Option<&str>) -> Option<u32> {
        let text = event.filter(|text| !text.is_empty());
        match (&self.open_event, text) {
            (Some((open, event)), Some(text)) if **open == *text => *event,
            (_, text) => {
                self.open_event = text.map(|text| (text.into(), None));
                None
            }
        }
    }

    fn figures(&mut self, cells: ListCells<'_>) -> Result<(u32, Instant, Amount), String> {
        let asset = self.asset(cells.asset)?;
        let decimals = self.batch.assets[asset as usize].decimals();
        let time = time(cells.time, self.facts.time_unit)?;
        let amount = amount(cells.amount, decimals, self.facts.decimal_comma)?;
        Ok((asset, time, amount))
    }

    fn asset(&mut self, text: Option<&str>) -> Result<u32, String> {
        let text = text.unwrap_or("list:unit");
        if text.is_empty() {
            return Err("no asset".to_owned());
        }
        if let Some((last, asset)) = &self.last_asset
            && **last == *text
        {
            return Ok(*asset);
        }
        let next = position(self.batch.assets.len());
        let asset = *self.assets.entry(text.into()).or_insert(next);
        if asset == next {
            self.batch.assets.push(asset_of(text, self.facts.decimals));
        }
        self.last_asset = Some((text.into(), asset));
        Ok(asset)
    }
}

/// The asset that a cell names: by its key, else a name of the list's own with the list's decimals.
fn asset_of(text: &str, decimals: u8) -> Asset {
    let key = text
        .parse()
        .unwrap_or_else(|_| AssetKey::Listed(text.into()));
    let listed = matches!(key, AssetKey::Listed(_));
    let asset = Asset::new(key);
    if listed {
        asset.with_decimals(decimals)
    } else {
        asset
    }
}

fn account(text: &str, what: &str, asset: &AssetKey) -> Result<AccountKey, String> {
    if text.is_empty() {
        return Err(format!("no {what}"));
    }
    let address = asset
        .network()
        .and_then(|network| AccountKey::parse(text, network))
        .filter(|account| account.network() == asset.network());
    Ok(address.unwrap_or_else(|| AccountKey::Listed(text.into())))
}

fn transaction(text: &str, asset: &AssetKey) -> Option<(moneytrail_model::Network, [u8; 32])> {
    let network = asset.network()?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut txid: [u8; 32] = hex::decode(digits).ok()?.try_into().ok()?;
    if network.is_utxo() {
        txid.reverse();
    }
    Some((network, txid))
}

fn time(text: &str, unit: TimeUnit) -> Result<Instant, String> {
    let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
        if fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            whole
        } else {
            text
        }
    });
    if let Ok(number) = whole.parse::<i64>() {
        return match unit {
            TimeUnit::Milliseconds => Ok(Instant::at(number.div_euclid(1000))),
            TimeUnit::Seconds if number.abs() < MILLISECONDS_FROM => Ok(Instant::at(number)),
            TimeUnit::Seconds => Err("time is beyond the year 5138".to_owned()),
        };
    }
    match text {
        "" => Err("no time".to_owned()),
        _ => civil::parse_iso(text).ok_or_else(|| "time is no date and no number".to_owned()),
    }
}

fn amount(text: &str, decimals: u8, decimal_comma: bool) -> Result<Amount, String> {
    if text.is_empty() {
        return Err("no amount".to_owned());
    }
    let replaced;
    let text = if decimal_comma && text.contains(',') {
        replaced = text.replacen(',', ".", 1);
        &replaced
    } else {
        text
    };
    let amount = match short_amount(text.as_bytes(), decimals) {
        Some(amount) => amount,
        None => {
            Amount::parse_decimal(text, decimals).map_err(|error: AmountError| match error {
                AmountError::NotANumber => "amount is no plain decimal number".to_owned(),
                other => other.to_string(),
            })?
        }
    };
    if amount < Amount::ZERO {
        return Err("amount is negative".to_owned());
    }
    Ok(amount)
}

/// Digits and at most one point, at most 18 digits with those that the decimals add: the common
/// case, in 64 bits. `None` leaves it to [`Amount::parse_decimal`].
fn short_amount(text: &[u8], decimals: u8) -> Option<Amount> {
    let decimals = usize::from(decimals);
    if text.is_empty() || text.len() + decimals > 18 {
        return None;
    }
    let (mut units, mut places) = (0_u64, None);
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                units = units * 10 + u64::from(byte - b'0');
                places = places.map(|places: usize| places + 1);
            }
            b'.' if places.is_none() => places = Some(0),
            _ => return None,
        }
    }
    let places = places.unwrap_or(0);
    if places > decimals || text.len() == 1 && text[0] == b'.' {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(decimals - places).ok()?);
    Some(Amount::from_u64(units * scale))
}

/// Position in a batch. A batch is a part of a file, far below 2³² rows.
pub(crate) fn position(index: usize) -> u32 {
    u32::try_from(index).expect("a batch has fewer than 2^32 rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_no_money_or_time() {
        assert!(amount(&"9".repeat(40), 2, false).is_err());
        assert!(amount("-1", 2, false).is_err());
        assert!(amount(".", 2, false).is_err());
        assert!(amount("1.234", 2, false).is_err());
        assert_eq!(amount("12,5", 2, true).unwrap().units(), 1250);
        assert!(time("2023-02-30", TimeUnit::Seconds).is_err());
        assert!(time("1600000000000", TimeUnit::Seconds).is_err());
        assert_eq!(
            time("1289241911.72836", TimeUnit::Seconds).unwrap(),
            Instant::at(1_289_241_911)
        );
    }

    proptest! {
        #[test]
        fn amounts_read_as_printed(units in 0_i128..10_i128.pow(37), decimals in 0_u8..=18) {
            let printed = Amount::new(units).unwrap().display(decimals).to_string();
            prop_assert_eq!(amount(&printed, decimals, false).unwrap().units(), units);
        }

        #[test]
        fn the_short_way_agrees_with_the_long(text in "[0-9.]{0,20}", decimals in 0_u8..=8) {
            if let Some(short) = short_amount(text.as_bytes(), decimals) {
                prop_assert_eq!(Ok(short), Amount::parse_decimal(&text, decimals));
            }
        }
    }
}
