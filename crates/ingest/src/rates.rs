//! Exchange rates: CSV with the columns date, asset, currency, rate, source.
//!
//! Laws. A rate is an exact decimal: so many whole units of the currency for one whole unit of the asset. It holds for the
//! day in UTC that it names. A row that does not read is refused with its line and the reason. No rate is derived:
//! neither by inverting one nor over a third asset. Where one source states two rates of one pair and day, whether in
//! one list or in two, none of them counts, and both places are named.

use crate::Error;
use moneytrail_model::{Asset, AssetKey, Network, Rate};
use std::collections::BTreeMap;
use std::fmt;

/// Columns that a list has.
const COLUMNS: [&str; 5] = ["date", "asset", "currency", "rate", "source"];
/// Decimal places of a rate; more would leave what can be multiplied exactly.
const PLACES_MAX: u8 = 20;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// What a rate is of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RateOf {
    /// One asset.
    Asset(AssetKey),
    /// Every known token of this symbol, such as USDT on all networks; never one that only calls itself so.
    KnownToken(Box<str>),
}

/// A rate of one day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayRate {
    /// Days since 1970, UTC.
    pub day: i64,
    /// What is priced.
    pub of: RateOf,
    /// In which currency: a code.
    pub currency: [u8; 3],
    /// Whole units of the currency for one whole unit of the asset.
    pub rate: Rate,
    /// Who says so.
    pub source: Box<str>,
    /// Line of the list, from 1.
    pub line: u64,
}

/// A list as read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RateList {
    /// Rates, in the order of the list.
    pub rates: Vec<DayRate>,
    /// Rows refused: line from 1, and why.
    pub refused: Vec<(u64, String)>,
}

/// What is priced, the currency, and the day since 1970.
type Key = (RateOf, [u8; 3], i64);

/// A rate and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stated {
    source: Box<str>,
    rate: Rate,
    list: Box<str>,
    line: u64,
}

impl Stated {
    /// The value as such: `1.50` is `1.5`.
    fn value(&self) -> (u128, u8) {
        let (mut mantissa, mut scale) = (self.rate.mantissa(), self.rate.scale());
        while scale > 0 && mantissa.is_multiple_of(10) {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        (mantissa, scale)
    }
}

/// Rates of one source, pair and day that are not the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contradiction {
    source: Box<str>,
    rows: Vec<Stated>,
}

impl Contradiction {
    /// Lines of a list among them.
    pub fn lines<'a>(&'a self, list: &'a str) -> impl Iterator<Item = u64> + 'a {
        let own = self.rows.iter().filter(move |row| &*row.list == list);
        own.map(|row| row.line)
    }
}

/// Rates that a contradiction names; the others are counted.
const N_NAMED: usize = 4;

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states different rates of one day:", self.source)?;
        for (nth, row) in self.rows.iter().take(N_NAMED).enumerate() {
            let comma = if nth > 0 { "," } else { "" };
            write!(f, "{comma} {} in {}!-!R{}", row.rate, row.list, row.line)?;
        }
        if let Some(n_more @ 1..) = self.rows.len().checked_sub(N_NAMED) {
            write!(f, " and {n_more} more")?;
        }
        f.write_str("; none of them counts")
    }
}

/// What is known of one pair and day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct OfDay {
    /// One for each source, ascending by source.
    rates: Vec<Stated>,
    contradictions: Vec<Contradiction>,
}

impl OfDay {
    /// Takes out what sources contradict themselves in. The order of what came in does not count.
    fn settle(&mut self) {
        let mut stated = std::mem::take(&mut self.rates);
        stated.sort_by(|a, b| {
            let key = |row: &Stated| (row.source.clone(), row.list.clone(), row.line);
            key(a).cmp(&key(b))
        });
        for of_source in stated.chunk_by(|a, b| a.source == b.source) {
            let first = &of_source[0];
            if of_source.iter().all(|row| row.value() == first.value()) {
                self.rates.push(first.clone());
            } else {
                self.contradictions.push(Contradiction {
                    source: first.source.clone(),
                    rows: of_source.to_vec(),
                });
            }
        }
    }
}

/// Rates of a case, to be asked.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    by_day: BTreeMap<Key, OfDay>,
}

/// The rate that was found for a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found<'a> {
    /// The rate.
    pub rate: Rate,
    /// Its day, since 1970.
    pub day: i64,
    /// Who says so.
    pub source: &'a str,
    /// Other sources that the lists of the case have for the same day.
    pub n_others: usize,
}

/// Whether the first line names the columns of a list.
pub fn is_one(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or(bytes);
    let line = String::from_utf8_lossy(&line[..line.len().min(4096)]);
    let cells: Vec<String> = line
        .split(',')
        .map(|cell| cell.trim().trim_matches('"').to_lowercase())
        .collect();
    cells.len() == COLUMNS.len()
        && COLUMNS
            .iter()
            .all(|&name| cells.iter().any(|cell| cell == name))
}

/// Reads a list.
///
/// # Errors
/// If a column is missing or the text is no CSV.
pub fn read(bytes: &[u8]) -> Result<RateList, Error> {
    let failed = |why: String| Error::Container {
        path: "list of rates".to_owned(),
        why,
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let headers = reader
        .headers()
        .map_err(|error| failed(error.to_string()))?
        .clone();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let found = headers.iter().position(|header| {
            header
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        });
        *column = found.ok_or_else(|| failed(format!("column `{name}` is missing")))?;
    }
    let mut list = RateList::default();
    for record in reader.records() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = columns.map(|column| record.get(column).unwrap_or(""));
        match row(cells) {
            Ok(rate) => list.rates.push(DayRate { line, ..rate }),
            Err(why) => list.refused.push((line, why)),
        }
    }
    Ok(list)
}

fn row([date, asset, currency, rate, source]: [&str; COLUMNS.len()]) -> Result<DayRate, String> {
    let short = |text: &str| text.chars().take(60).collect::<String>();
    let day: jiff::civil::Date = date
        .parse()
        .map_err(|_| format!("`{}` is no date such as 2024-06-30", short(date)))?;
    let day = day
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|_| format!("`{}` is out of range", short(date)))?;
    let day = day.timestamp().as_second().div_euclid(DAY_SECONDS);
    let of = of(asset).ok_or_else(|| {
        format!(
            "`{}` names no asset: a currency code, a coin, a network, or network:contract",
            short(asset)
        )
    })?;
    let Some(AssetKey::Currency(currency)) = AssetKey::currency(currency) else {
        return Err(format!("`{}` is no currency code", short(currency)));
    };
    let rate = Rate::parse(rate)
        .ok()
        .filter(|rate| rate.scale() <= PLACES_MAX)
        .ok_or_else(|| {
            format!(
                "`{}` is no positive decimal of at most {PLACES_MAX} places",
                short(rate)
            )
        })?;
    if source.is_empty() {
        return Err("it has no source".to_owned());
    }
    Ok(DayRate {
        day,
        of,
        currency,
        rate,
        source: source.into(),
        line: 0,
    })
}

/// What a cell names: `BTC`, `bitcoin`, `EUR`, `USDT`, `tron:TR7…`.
fn of(text: &str) -> Option<RateOf> {
    let coin = Network::ALL
        .into_iter()
        .find(|network| network.symbol() == text);
    // A coin's code that several networks share, such as ETH, is that of the first.
    if let Some(network) = coin {
        return Some(RateOf::Asset(AssetKey::Native(network)));
    }
    let is_token = Network::ALL
        .into_iter()
        .any(|network| AssetKey::contracts_of(network, text).next().is_some());
    if is_token {
        return Some(RateOf::KnownToken(text.into()));
    }
    match text.parse().ok()? {
        key @ (AssetKey::Native(_) | AssetKey::Token(..) | AssetKey::Currency(_)) => {
            Some(RateOf::Asset(key))
        }
        AssetKey::AsWritten(_) | AssetKey::Listed(_) => None,
    }
}

impl Rates {
    /// Puts lists together, each with the name by which it is cited. What several say of one day stands in the order of
    /// their sources, so that the order of lists does not count. O(n log n).
    pub fn new(lists: impl IntoIterator<Item = (String, RateList)>) -> Self {
        let mut rates = Self::default();
        for (name, list) in lists {
            for rate in list.rates {
                let key = (rate.of, rate.currency, rate.day);
                rates.by_day.entry(key).or_default().rates.push(Stated {
                    source: rate.source,
                    rate: rate.rate,
                    list: name.as_str().into(),
                    line: rate.line,
                });
            }
        }
        rates.by_day.values_mut().for_each(OfDay::settle);
        rates
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_day.is_empty()
    }

    /// Where sources contradict themselves, by pair and day.
    pub fn contradictions(&self) -> impl Iterator<Item = &Contradiction> {
        self.by_day
            .values()
            .flat_map(|of_day| &of_day.contradictions)
    }

    /// The rate of an asset in a currency that holds on `day`: that of the day, else the last one of up to `n_days_back`
    /// days before. Of several on one day, the first by source.
    ///
    /// # Errors
    /// The contradiction, if all that is stated of the day contradicts itself.
    pub fn find(
        &self,
        asset: &Asset,
        currency: [u8; 3],
        day: i64,
        n_days_back: u16,
    ) -> Result<Option<Found<'_>>, &Contradiction> {
        let own = RateOf::Asset(asset.key().clone());
        let token = asset
            .key()
            .is_known_token()
            .then(|| RateOf::KnownToken(asset.symbol().into()));
        let wanted = [Some(own), token].into_iter().flatten();
        self.find_of(wanted, currency, day, n_days_back)
    }

    /// As [`Self::find`], of what a custodian holds under a symbol: it owes the coin or token that is known by it,
    /// whichever network brought it (decision 15).
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_held(
        &self,
        symbol: &str,
        currency: [u8; 3],
        day: i64,
        n_days_back: u16,
    ) -> Result<Option<Found<'_>>, &Contradiction> {
        self.find_of(of(symbol), currency, day, n_days_back)
    }

    fn find_of(
        &self,
        wanted: impl IntoIterator<Item = RateOf>,
        currency: [u8; 3],
        day: i64,
        n_days_back: u16,
    ) -> Result<Option<Found<'_>>, &Contradiction> {
        let first = day.saturating_sub(i64::from(n_days_back));
        let found = wanted.into_iter().find_map(|of| {
            let days = (of.clone(), currency, first)..=(of, currency, day);
            self.by_day.range(days).next_back()
        });
        let Some((key, of_day)) = found else {
            return Ok(None);
        };
        match (&of_day.rates[..], &of_day.contradictions[..]) {
            ([first, others @ ..], contradictions) => Ok(Some(Found {
                rate: first.rate,
                day: key.2,
                source: &first.source,
                n_others: others.len() + contradictions.len(),
            })),
            ([], [contradiction, ..]) => Err(contradiction),
            ([], []) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = b"date,asset,currency,rate,source\n\
        2024-05-04,BTC,EUR,59000.25,bank b\n\
        2024-05-04,BTC,EUR,59001,bank c\n\
        2024-05-06,bitcoin,EUR,60000,bank b\n\
        2024-05-04,USDT,EUR,0.93,bank b\n\
        2024-13-04,BTC,EUR,1,bank b\n\
        2024-05-04,nothing,EUR,1,bank b\n\
        2024-05-04,BTC,euro,1,bank b\n\
        2024-05-04,BTC,EUR,-1,bank b\n\
        2024-05-04,BTC,EUR,1e5,bank b\n\
        2024-05-04,BTC,EUR,1,\n\
        2024-05-04,BTC,EUR,0.000000000000000000001,bank b\n";

    #[test]
    fn rows_that_do_not_read_are_refused_with_their_lines() {
        assert!(is_one(LIST) && !is_one(b"date,asset,amount\n"));
        let list = read(LIST).unwrap();
        let lines: Vec<u64> = list.refused.iter().map(|refused| refused.0).collect();
        assert_eq!((list.rates.len(), lines), (4, (6..=12).collect()));
        assert!(read(b"date,asset\n").is_err());
    }

    #[test]
    fn a_rate_holds_on_its_day_and_before_only_where_that_is_allowed() {
        let rates = Rates::new([("list.csv".to_owned(), read(LIST).unwrap())]);
        let bitcoin = Asset::new(AssetKey::Native(Network::Bitcoin));
        let day = 1_714_780_800 / DAY_SECONDS; // 2024-05-04
        let found = |day, back| {
            let found = rates.find(&bitcoin, *b"EUR", day, back).unwrap()?;
            Some((
                found.rate.to_string(),
                found.day,
                found.source.to_owned(),
                found.n_others,
            ))
        };
        let of_the_day = Some(("59000.25".to_owned(), day, "bank b".to_owned(), 1));
        assert_eq!(found(day, 0), of_the_day);
        assert_eq!((found(day + 1, 0), found(day - 1, 5)), (None, None));
        assert_eq!(found(day + 1, 1), of_the_day);
        assert_eq!(found(day + 2, 9).unwrap().1, day + 2);
        assert_eq!(rates.find(&bitcoin, *b"USD", day, 0), Ok(None));
        let token = |contract: &str| Asset::new(AssetKey::Token(Network::Tron, contract.into()));
        let usdt = token("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t");
        assert!(rates.find(&usdt, *b"EUR", day, 0).unwrap().is_some());
        let other = token("TV2vYGeY5CFQqE8TaQz8jrUkqt5ASCytpy").with_symbol("USDT");
        assert_eq!(rates.find(&other, *b"EUR", day, 0), Ok(None));
        // What is only called so has no rate, but what a custodian owes under that symbol has.
        let written = Asset::new(AssetKey::AsWritten("BTC".into()));
        assert_eq!(rates.find(&written, *b"EUR", day, 0), Ok(None));
        assert!(rates.find_held("BTC", *b"EUR", day, 0).unwrap().is_some());
        assert!(rates.find_held("USDT", *b"EUR", day, 0).unwrap().is_some());
        assert_eq!(rates.find_held("XYZ", *b"EUR", day, 0), Ok(None));
    }

    #[test]
    fn a_source_that_contradicts_itself_does_not_count_in_any_order() {
        let list = |rows: &str| {
            let text = format!("date,asset,currency,rate,source\n{rows}");
            read(text.as_bytes()).unwrap()
        };
        let a = || {
            (
                "a.csv".to_owned(),
                list("2024-05-04,BTC,EUR,59000.50,bank b\n2024-05-04,BTC,EUR,60000,bank c\n"),
            )
        };
        let b = || {
            (
                "b.csv".to_owned(),
                list("2024-05-04,bitcoin,EUR,59001,bank b\n"),
            )
        };
        let same = || {
            (
                "c.csv".to_owned(),
                list("2024-05-04,BTC,EUR,59000.5,bank b\n"),
            )
        };
        let bitcoin = Asset::new(AssetKey::Native(Network::Bitcoin));
        let day = 1_714_780_800 / DAY_SECONDS;
        for lists in [vec![a(), b(), same()], vec![same(), b(), a()]] {
            let rates = Rates::new(lists);
            let said: Vec<String> = rates.contradictions().map(ToString::to_string).collect();
            assert_eq!(
                said,
                [
                    "bank b states different rates of one day: 59000.50 in a.csv!-!R2, 59001 in b.csv!-!R2, 59000.5 in c.csv!-!R2; none of them counts"
                ]
            );
            let found = rates.find(&bitcoin, *b"EUR", day, 0).unwrap().unwrap();
            assert_eq!((found.source, found.n_others), ("bank c", 1));
        }
        let rates = Rates::new([same(), b()]);
        assert!(rates.find(&bitcoin, *b"EUR", day, 0).is_err());
        assert_eq!(
            Rates::new([a(), same()]).contradictions().count(),
            0,
            "they say the same"
        );
    }
}
