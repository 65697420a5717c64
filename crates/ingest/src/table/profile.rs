//! A mapping profile: what a person says, or the program proposes, about the columns of a book.
//!
//! Laws: what is written reads back; a key that is not known is refused with those that are.
//!
//! ```toml
//! [book]
//! owner = "Haji Karim"
//! base_currency = "USD"       # where a row names none
//! time_zone = "Asia/Kabul"
//! calendar = "solar"          # gregorian, solar, islamic
//! date_order = "ymd"          # ymd, dmy, mdy
//! decimal_mark = "."
//! header_row = 2
//! rows_per_record = 2         # 1, 2: rows of the sheet that a line of the book takes
//! entry = "send"              # send, receive: a list of orders that does not say it in its rows
//! counterpart = "Karim"       # with whom, and of which day, where no row says it
//! date = "2022-05-16"
//!
//! [columns]                   # header, or #n for the n-th column, #n/2 for that of a record's second row
//! "تاریخ" = "date"
//! "In USD" = { field = "credit", currency = "USD" }
//! "#7" = "counterpart"
//!
//! [types]                     # word in the type column → what the row books
//! "Slanje" = "send"
//!
//! [currencies]                # word → code; `10*IRR` is ten rials exactly
//! "toman" = "10*IRR"
//!
//! [corrections]               # cell → what it is read as; the raw cell stays
//! "Sheet1!R161C9" = "500"
//!
//! [hawaladars]                # spelling → name
//! "KARAM" = "Karam"
//! ```
//!
//! With a table `[transfers]` the rows are no hawaladar's book but transfers: of a chain, between the columns `from`
//! and `to`, or of a customer's account with a custodian, whose number is `owner`.
//!
//! ```toml
//! [transfers]
//! network = "tron"            # of addresses and transactions; or a column `network`
//! asset = "tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"   # where no column names one
//! unit = "whole"              # whole, smallest
//! custodian = "Bybit"         # rows change the owner's account there
//! sign = "plus-in"            # plus-in, plus-out, by-type: which way an amount went
//! ```

use super::book::iso_day;
use super::date::{DateHabit, DateReading, Order};
use super::field::Field;
use super::lexicon::{Calendar, EntryType};
use super::number::NumberHabit;
use crate::Error;
use moneytrail_model::{Asset, AssetKey, Network};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mapping profile.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What holds for the whole book.
    #[serde(default)]
    pub book: BookProfile,
    /// Header, or `#n` for the n-th column (`#n/2`: of the second row of a record), to field.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnProfile>,
    /// Word in the type column to what the row books.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, String>,
    /// Word for a currency to its code, with a factor in front where it needs one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub currencies: BTreeMap<String, String>,
    /// Cell (`Sheet1!R12C4`) to what it is read as: corrections that a person made or accepted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub corrections: BTreeMap<String, String>,
    /// Spelling of a hawaladar to his name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hawaladars: BTreeMap<String, String>,
    /// What rows are that are transfers, and no lines of a book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfers: Option<TransferProfile>,
}

/// What a profile says of a table of transfers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferProfile {
    /// Network of addresses and transactions where no column names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Asset where no column names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// `whole` (if left out) or `smallest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The custodian whose customer's account the rows change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<String>,
    /// `plus-in` (if left out), `plus-out` or `by-type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<String>,
}

impl TransferProfile {
    fn check(&self) -> Result<(), Error> {
        let words = [
            ("unit", &self.unit, &["whole", "smallest"][..]),
            ("sign", &self.sign, &["plus-in", "plus-out", "by-type"][..]),
        ];
        for (key, word, known) in words {
            if let Some(word) = word
                && !known.contains(&word.as_str())
            {
                return Err(Error::Profile(format!(
                    "{key} `{word}` is none of {}",
                    known.join(", ")
                )));
            }
        }
        self.network()?;
        if let Some(asset) = &self.asset {
            currency(asset)?;
        }
        Ok(())
    }

    pub(crate) fn network(&self) -> Result<Option<Network>, Error> {
        let parse = |name: &String| {
            name.parse().map_err(|_| {
                let known: Vec<&str> = Network::ALL
                    .iter()
                    .map(|network| network.as_str())
                    .collect();
                Error::Profile(format!("network `{name}` is none of {}", known.join(", ")))
            })
        };
        self.network.as_ref().map(parse).transpose()
    }
}

/// What a profile says of the whole book. What is left out is proposed from the content.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookProfile {
    /// The hawaladar whose book it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Currency of amounts beside which none stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_currency: Option<String>,
    /// IANA time zone; UTC if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `gregorian`, `solar` or `islamic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// `ymd`, `dmy` or `mdy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_order: Option<String>,
    /// `.` or `,`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal_mark: Option<char>,
    /// Digits that the book is written in: `latin`, `arabic`, `persian` or `mixed`. All are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<String>,
    /// Delimiter of delimited text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Encoding of delimited text, by its WHATWG label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Sheets to read; all if empty. Rows of the others are contextual.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// Where no row says it: `send` or `receive`, for a list of orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Where no row says it: the other hawaladar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<String>,
    /// Where no row says it: the day, `2022-05-16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Rows of the sheet that a line of the book takes: 1 or 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_record: Option<u8>,
    /// Row of the header, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
}

impl BookProfile {
    pub(crate) fn entry(&self) -> Result<Option<EntryType>, Error> {
        match self.entry.as_deref() {
            None => Ok(None),
            Some("send") => Ok(Some(EntryType::Send)),
            Some("receive") => Ok(Some(EntryType::Receive)),
            Some(word) => Err(Error::Profile(format!(
                "entry `{word}` is neither send nor receive"
            ))),
        }
    }

    pub(crate) fn day(&self) -> Result<Option<(DateReading, Calendar)>, Error> {
        let read = |text: &String| {
            iso_day(text).ok_or_else(|| {
                Error::Profile(format!("date `{text}` is no day such as 2022-05-16"))
            })
        };
        self.date.as_ref().map(read).transpose()
    }
}

/// What a profile says of a column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ColumnProfile {
    /// Its field.
    Field(String),
    /// Its field and the currency of all its amounts.
    Money(MoneyColumn),
}

/// A column of amounts in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyColumn {
    /// Its field.
    pub field: String,
    /// Currency of all its amounts.
    pub currency: String,
}

impl ColumnProfile {
    /// The word of its field.
    pub fn field(&self) -> &str {
        match self {
            Self::Field(field) => field,
            Self::Money(money) => &money.field,
        }
    }

    pub(crate) fn currency(&self) -> Option<&str> {
        match self {
            Self::Field(_) => None,
            Self::Money(money) => Some(&money.currency),
        }
    }
}

impl Profile {
    /// Reads the TOML text of a profile and checks its words.
    ///
    /// # Errors
    /// [`Error::Profile`] that names the key or word and those that are known.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let profile: Self = toml::from_str(text).map_err(|error| {
            let at = error
                .span()
                .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count())
                .map_or(String::new(), |line| format!("line {line}: "));
            Error::Profile(format!("{at}{}", error.message()))
        })?;
        profile.check()?;
        Ok(profile)
    }

    /// The TOML text of the profile.
    ///
    /// # Errors
    /// [`Error::Profile`] if a text in it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::Profile(error.to_string()))
    }

    fn check(&self) -> Result<(), Error> {
        for (header, column) in &self.columns {
            if Field::from_word(column.field()).is_none() {
                let known: Vec<&str> = Field::ALL.iter().map(|field| field.as_str()).collect();
                return Err(Error::Profile(format!(
                    "column `{header}`: `{}` is no field; fields are {}",
                    column.field(),
                    known.join(", ")
                )));
            }
            if let Some(code) = column.currency() {
                currency(code)?;
            }
            if let Some(number) = header.strip_prefix('#')
                && !number.is_empty()
                && number.parse::<usize>().is_ok_and(|number| number == 0)
            {
                return Err(Error::Profile("columns are counted from #1".to_owned()));
            }
        }
        for (word, entry) in &self.types {
            if EntryType::from_word(entry).is_none() {
                return Err(Error::Profile(format!(
                    "type `{word}`: `{entry}` is none of send, receive, settle, exchange, deposit, \
                     release, refund, withdraw, commission, expense, opening, reversal, payment"
                )));
            }
        }
        for code in self.currencies.values().chain(&self.book.base_currency) {
            currency(code)?;
        }
        self.date_habit(None)?;
        self.book.entry()?;
        self.book.day()?;
        if let Some(n) = self.book.rows_per_record
            && !matches!(n, 1 | 2)
        {
            return Err(Error::Profile(format!(
                "rows_per_record {n} is neither 1 nor 2"
            )));
        }
        self.time_zone()?;
        if let Some(transfers) = &self.transfers {
            transfers.check()?;
        }
        if let Some(mark) = self.book.decimal_mark
            && !matches!(mark, '.' | ',')
        {
            return Err(Error::Profile(format!(
                "decimal mark `{mark}` is neither . nor ,"
            )));
        }
        Ok(())
    }

    /// The date habit: what the profile says, over what the content says.
    pub(crate) fn date_habit(&self, found: Option<DateHabit>) -> Result<Option<DateHabit>, Error> {
        let calendar = match &self.book.calendar {
            None => found.map(|habit| habit.calendar),
            Some(word) => Some(Calendar::from_word(word).ok_or_else(|| {
                Error::Profile(format!(
                    "calendar `{word}` is none of gregorian, solar, islamic"
                ))
            })?),
        };
        let order = match &self.book.date_order {
            None => found.map(|habit| habit.order),
            Some(word) => Some(Order::from_word(word).ok_or_else(|| {
                Error::Profile(format!("date order `{word}` is none of ymd, dmy, mdy"))
            })?),
        };
        Ok(match (calendar, order) {
            (None, None) => None,
            (calendar, order) => Some(DateHabit {
                calendar: calendar.unwrap_or(Calendar::Gregorian),
                order: order.unwrap_or(Order::Ymd),
            }),
        })
    }

    pub(crate) fn number_habit(&self, found: NumberHabit) -> NumberHabit {
        self.book
            .decimal_mark
            .map_or(found, |decimal| NumberHabit { decimal })
    }

    pub(crate) fn time_zone(&self) -> Result<jiff::tz::TimeZone, Error> {
        match &self.book.time_zone {
            None => Ok(jiff::tz::TimeZone::UTC),
            Some(name) => jiff::tz::TimeZone::get(name)
                .map_err(|_| Error::Profile(format!("time zone `{name}` is not known"))),
        }
    }
}

/// What a currency word stands for: an asset, and by how much its amounts are multiplied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unit {
    pub(crate) asset: Asset,
    pub(crate) factor: u32,
}

/// Reads `EUR`, `10*IRR`, `USDT`, or the key of an asset.
pub(crate) fn currency(code: &str) -> Result<Unit, Error> {
    let unknown = || {
        Error::Profile(format!(
            "currency `{code}` is no code: use EUR, 10*IRR, USDT, or network:contract"
        ))
    };
    let (factor, code) = match code.split_once('*') {
        Some((factor, code)) => (factor.trim().parse().map_err(|_| unknown())?, code.trim()),
        None => (1, code),
    };
    let key = match code {
        "BTC" | "ETH" | "TRX" | "USDT" | "USDC" => AssetKey::AsWritten(code.into()),
        code => code.parse().map_err(|_| unknown())?,
    };
    if factor == 0 {
        return Err(unknown());
    }
    Ok(Unit {
        asset: Asset::new(key),
        factor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_read_back_and_refuse_what_they_do_not_know() {
        let text = "[book]\nowner = \"X\"\ndecimal_mark = \",\"\n[columns]\n\"#1\" = \"date\"\n\
            \"In USD\" = { field = \"credit\", currency = \"USD\" }\n[types]\n\"Slanje\" = \"send\"\n";
        let profile = Profile::parse(text).unwrap();
        assert_eq!(
            Profile::parse(&profile.to_toml().unwrap()).unwrap(),
            profile
        );
        for (wrong, hint) in [
            ("[book]\nowners = \"X\"", "owner"),
            ("[columns]\na = \"dates\"", "date_alt"),
            ("[types]\na = \"sent\"", "send"),
            ("[currencies]\na = \"euro\"", "EUR"),
            ("[book]\ncalendar = \"lunar\"", "islamic"),
            ("[book]\nrows_per_record = 3", "neither 1 nor 2"),
            ("[book]\ntime_zone = \"Kabul\"", "Kabul"),
            ("[book", "line 1"),
            ("[transfers]\nnetwork = \"trom\"", "tron"),
            ("[transfers]\nsign = \"minus\"", "plus-out"),
            ("[transfers]\nasset = \"euro\"", "EUR"),
        ] {
            let error = Profile::parse(wrong).unwrap_err();
            assert_eq!(error.code(), "ingest/profile");
            assert!(error.to_string().contains(hint), "{error}");
        }
        assert_eq!(currency("10*IRR").unwrap().factor, 10);
    }
}
