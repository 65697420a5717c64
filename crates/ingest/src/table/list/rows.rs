//! A row of a plain list becomes a transfer.
//!
//! Laws: a row that is not understood is quarantined with its raw cells and a reason, never taken as
//! zero; integers stay exact integers; rows with one event value that stand together are one event.

use super::header::ListColumns;
use crate::table::civil;
use moneytrail_model::{
    AccountKey, Amount, AmountError, Asset, AssetKey, EventKind, Instant, Layers, Network,
    RecordBin, RecordCounts, TransactionForm, TransferKind,
};
use moneytrail_store::schema::{Batch, EventRow, RecordPlace, RecordRow, SourceRow, Transfers};
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

impl<'a> ListCells<'a> {
    /// Of the texts of a line's cells, those that are read.
    pub(crate) fn of(columns: &ListColumns, text: impl Fn(usize) -> &'a str) -> Self {
        let ascii = |column| trimmed(text(column), str::trim_ascii);
        Self {
            source: trimmed(text(columns.source), str::trim),
            target: trimmed(text(columns.target), str::trim),
            time: ascii(columns.time),
            amount: ascii(columns.amount),
            asset: columns.asset.map(ascii),
            event: columns.event.map(ascii),
        }
    }
}

/// Most cells have nothing to trim.
#[inline]
fn trimmed(text: &str, trim: impl FnOnce(&str) -> &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => trim(text),
    }
}

/// Collects the rows of one part of a list.
pub(crate) struct ListBatch<'f> {
    facts: &'f ListFacts,
    batch: Batch,
    counts: RecordCounts,
    assets: FxHashMap<Box<str>, u32>,
    /// The cell of the last row, which most rows repeat.
    last_asset: Option<(Option<Box<str>>, u32)>,
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
    #[inline]
    pub(crate) fn take(&mut self, row: u32, cells: ListCells<'_>) -> Result<(), String> {
        let open = self.open(cells.event);
        let asset = self.asset(cells.asset)?;
        let (decimals, network) = {
            let asset = &self.batch.assets[asset as usize];
            (asset.decimals(), asset.key().network())
        };
        let time = match short_number(cells.time.as_bytes()) {
            Some(number) => instant(number, self.facts.time_unit)?,
            None => time(cells.time, self.facts.time_unit)?,
        };
        let amount = match short_amount(cells.amount.as_bytes(), decimals, self.facts.decimal_comma)
        {
            Some(amount) => amount,
            None => amount(cells.amount, decimals, self.facts.decimal_comma)?,
        };
        let from = Account::of(cells.source, "source", network)?;
        let to = Account::of(cells.target, "target", network)?;
        let event = match open {
            Some(event) => event,
            None => self.begin(row, time, cells.event, network),
        };
        self.batch.transfers.push_with(
            event,
            |bytes| from.encode_into(bytes),
            |bytes| to.encode_into(bytes),
            asset,
            Some(amount),
            TransferKind::Payment,
            Layers::BOTH,
        );
        self.counts.count(RecordBin::Transferred);
        Ok(())
    }

    /// Begins an event with this row.
    #[inline]
    fn begin(
        &mut self,
        row: u32,
        time: Instant,
        text: Option<&str>,
        network: Option<Network>,
    ) -> u32 {
        let event = position(self.batch.events.len());
        self.batch.events.push(EventRow {
            kind: EventKind::Payment,
            transaction: None,
            block: None,
            tx_index: None,
            time,
            source: 0,
            row: Some(row),
            stale: false,
            form: TransactionForm::default(),
        });
        if let (Some(text), Some(begun)) = (text, self.batch.events.last_mut()) {
            begun.transaction = transaction(text, network);
        }
        if let Some((_, open)) = &mut self.open_event {
            *open = Some(event);
        }
        event
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

    #[inline]
    fn asset(&mut self, text: Option<&str>) -> Result<u32, String> {
        match &self.last_asset {
            Some((last, asset)) if last.as_deref() == text => Ok(*asset),
            _ => self.next_asset(text),
        }
    }

    fn next_asset(&mut self, cell: Option<&str>) -> Result<u32, String> {
        let text = cell.unwrap_or("list:unit");
        if text.is_empty() {
            return Err("no asset".to_owned());
        }
        let next = position(self.batch.assets.len());
        let asset = *self.assets.entry(text.into()).or_insert(next);
        if asset == next {
            self.batch.assets.push(asset_of(text, self.facts.decimals));
        }
        self.last_asset = Some((cell.map(Box::from), asset));
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

/// The account that a cell names.
enum Account<'a> {
    Address(AccountKey),
    Listed(&'a str),
}

impl<'a> Account<'a> {
    /// An address of the network, else a name; the error is the reason for quarantine.
    #[inline]
    fn of(text: &'a str, what: &str, network: Option<Network>) -> Result<Self, String> {
        if text.is_empty() {
            return Err(format!("no {what}"));
        }
        let address = network
            .and_then(|network| AccountKey::parse(text, network))
            .filter(|account| account.network() == network);
        Ok(address.map_or(Self::Listed(text), Self::Address))
    }

    #[inline]
    fn encode_into(&self, key: &mut Vec<u8>) {
        match self {
            Self::Address(address) => address.encode_into(key),
            Self::Listed(name) => AccountKey::encode_listed(name, key),
        }
    }
}

fn transaction(text: &str, network: Option<Network>) -> Option<(Network, [u8; 32])> {
    let network = network?;
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
        return instant(number, unit);
    }
    match text {
        "" => Err("no time".to_owned()),
        _ => civil::parse_iso(text).ok_or_else(|| "time is no date and no number".to_owned()),
    }
}

#[inline]
fn instant(number: i64, unit: TimeUnit) -> Result<Instant, String> {
    match unit {
        TimeUnit::Milliseconds => Ok(Instant::at(number.div_euclid(1000))),
        TimeUnit::Seconds if number.abs() < MILLISECONDS_FROM => Ok(Instant::at(number)),
        TimeUnit::Seconds => Err("time is beyond the year 5138".to_owned()),
    }
}

/// Up to 18 digits and nothing else: the common case.
#[inline]
fn short_number(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    let digit = |number: i64, &byte: &u8| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + i64::from(digit))
    };
    text.iter().try_fold(0, digit)
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
    let amount = Amount::parse_decimal(text, decimals).map_err(|error| match error {
        AmountError::NotANumber => "amount is no plain decimal number".to_owned(),
        other => other.to_string(),
    })?;
    if amount < Amount::ZERO {
        return Err("amount is negative".to_owned());
    }
    Ok(amount)
}

/// Digits and at most one decimal mark, at most 18 digits with those that the decimals add: the
/// common case, in 64 bits. `None` leaves it to [`amount`].
#[inline]
fn short_amount(text: &[u8], decimals: u8, decimal_comma: bool) -> Option<Amount> {
    let decimals = usize::from(decimals);
    if text.is_empty() || text.len() + decimals > 18 {
        return None;
    }
    let (mut units, mut mark) = (0_u64, None);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => units = units * 10 + u64::from(byte - b'0'),
            b'.' if mark.is_none() => mark = Some(at),
            b',' if mark.is_none() && decimal_comma => mark = Some(at),
            _ => return None,
        }
    }
    let places = mark.map_or(0, |mark| text.len() - 1 - mark);
    if places > decimals || mark.is_some() && text.len() == 1 {
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
        fn a_number_without_sign_or_point_is_read_as_any(text in "[0-9+.-]{0,20}") {
            if let Some(number) = short_number(text.as_bytes()) {
                prop_assert_eq!(Ok(number), text.parse());
            }
        }

        #[test]
        fn the_short_way_agrees_with_the_long(text in "[0-9.,]{0,20}", decimals in 0_u8..=8) {
            for comma in [false, true] {
                if let Some(short) = short_amount(text.as_bytes(), decimals, comma) {
                    prop_assert_eq!(Ok(short), amount(&text, decimals, comma));
                }
            }
        }
    }
}
