//! What issuers did to accounts' holdings of their tokens, in the order of time: what a contract's log in an exhibit says
//! is a fact, what a list says an assertion.
//!
//! Law: the state at a moment is what was said last by then, with its place. Where two that cannot be put in order by
//! time say different things, the state is open, and both are named.

use crate::error::Error;
use crate::lists::Lists;
use moneytrail_model::freeze::{self, Asserted, Change};
use moneytrail_model::{AccountKey, Asset, AssetKey, Instant};
use moneytrail_store::Case;
use moneytrail_store::schema::Table;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Who says so.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum By {
    /// A contract's log: exhibit and place.
    Record(u32, String),
    /// The source that a list names.
    List(Box<str>),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(exhibit, locator) => write!(f, "X{exhibit} {locator} [fact]"),
            Self::List(source) => write!(f, "{source} says so [assertion]"),
        }
    }
}

/// Of which token something is said.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Of {
    Key(AssetKey),
    /// A symbol: that of a known contract.
    Symbol(Box<str>),
}

impl Of {
    fn written(text: &str) -> Self {
        match text.parse() {
            Ok(key @ AssetKey::Token(..)) => Self::Key(key),
            _ => Self::Symbol(text.into()),
        }
    }

    fn is(&self, asset: &Asset) -> bool {
        match self {
            Self::Key(key) => key
                .to_string()
                .eq_ignore_ascii_case(&asset.key().to_string()),
            Self::Symbol(symbol) => asset.key().is_known_token() && **symbol == *asset.symbol(),
        }
    }
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => {
                let asset = Asset::new(key.clone());
                match asset.symbol() {
                    "" => write!(f, "{key}"),
                    symbol => write!(f, "{symbol} ({key})"),
                }
            }
            Self::Symbol(symbol) => f.write_str(symbol),
        }
    }
}

/// One change that something says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Said {
    /// First second of its time, for the order.
    earliest: i64,
    pub(crate) time: Instant,
    pub(crate) change: Change,
    of: Of,
    pub(crate) by: By,
}

impl Said {
    fn new(time: Instant, change: Change, of: Of, by: By) -> Self {
        let earliest = time.earliest();
        Self {
            earliest,
            time,
            change,
            of,
            by,
        }
    }

    /// `frozen 2024-05-04 12:00:00: X2 logs.csv!-!R3 [fact]`.
    pub(crate) fn sentence(&self) -> String {
        let word = self.change.as_str();
        match self.time {
            Instant::UNKNOWN => format!("{word}, when is not known: {}", self.by),
            time => format!("{word} {time} UTC: {}", self.by),
        }
    }

    /// The token: symbol and key, or the symbol as written.
    pub(crate) fn asset(&self) -> String {
        self.of.to_string()
    }

    pub(crate) fn json(&self) -> Value {
        let (exhibit, locator, source) = match &self.by {
            By::Record(exhibit, locator) => (Some(format!("X{exhibit}")), Some(locator), None),
            By::List(source) => (None, None, Some(source)),
        };
        json!({
            "change": self.change.as_str(), "asset": self.of.to_string(),
            "time": (self.time != Instant::UNKNOWN).then(|| self.time.to_string()),
            "basis": if exhibit.is_some() { "fact" } else { "assertion" },
            "exhibit": exhibit, "locator": locator, "source": source,
        })
    }
}

/// All that is said of holdings in a case.
#[derive(Debug, Default)]
pub(crate) struct Freezes(BTreeMap<AccountKey, Vec<Said>>);

/// The state of an account's holding of one token at a moment.
#[derive(Debug)]
pub(crate) struct State<'a> {
    /// What was said last.
    pub(crate) last: &'a Said,
    /// What is said of a time that may be the same or later, and says otherwise.
    pub(crate) against: Option<&'a Said>,
    /// All until then, in the order of time.
    pub(crate) history: Vec<&'a Said>,
}

impl State<'_> {
    /// Whether the account cannot pay out; `None` where that is open.
    pub(crate) fn is_frozen(&self) -> Option<bool> {
        let is_frozen = self.last.change != Change::Unfrozen;
        self.against.is_none().then_some(is_frozen)
    }
}

impl Freezes {
    /// Reads logs and lists of a case.
    pub(crate) fn of(case: &Case, lists: &Lists) -> Result<Self, Error> {
        let mut all = Self::default();
        for exhibit in case.exhibits()? {
            let segment = case.segment(exhibit.number)?;
            // Logs stand in exports of chains only.
            if segment.summary().network.is_none() {
                continue;
            }
            let rows = segment.read(&[Table::Sources, Table::Accounts])?;
            for row in &rows.accounts {
                let change = Change::from_word(&row.field);
                let (Some(change), Some((asset, time))) = (change, freeze::read(&row.value)) else {
                    continue;
                };
                let locator = rows
                    .row_locator(row.source, row.row.unwrap_or(0))
                    .to_string();
                let by = By::Record(exhibit.number, locator);
                let said = Said::new(time, change, Of::Key(asset), by);
                all.0.entry(row.account.clone()).or_default().push(said);
            }
        }
        for entry in &lists.freezes {
            let Asserted {
                subject,
                asset,
                change,
                time,
                source,
            } = entry;
            for account in subject.accounts() {
                let by = By::List(source.clone());
                let said = Said::new(*time, *change, Of::written(asset), by);
                all.0.entry(account).or_default().push(said);
            }
        }
        for said in all.0.values_mut() {
            said.sort();
            said.dedup();
        }
        Ok(all)
    }

    /// Accounts of which something is said, ascending.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&AccountKey, &[Said])> {
        self.0.iter().map(|(account, said)| (account, &said[..]))
    }

    /// The state of an account's holding of a token at a moment, or now; `None` if nothing is said.
    pub(crate) fn state(
        &self,
        account: &AccountKey,
        asset: &Asset,
        as_of: Option<i64>,
    ) -> Option<State<'_>> {
        let said = self.0.get(account)?.iter();
        let by_then = |said: &&Said| as_of.is_none_or(|moment| said.earliest <= moment);
        let history: Vec<&Said> = said
            .filter(|said| said.of.is(asset))
            .filter(by_then)
            .collect();
        let last = *history.last()?;
        let is_frozen = |said: &Said| said.change != Change::Unfrozen;
        let against =
            history.iter().rev().skip(1).copied().find(|said| {
                last.time.may_precede(said.time) && is_frozen(said) != is_frozen(last)
            });
        Some(State {
            last,
            against,
            history,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moneytrail_model::{Network, Precision};

    const DAY: i64 = 86_400;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Found {
        Silent,
        Open,
        Frozen(bool),
    }

    fn state_of(said: &[(Instant, Change)], as_of: Option<i64>) -> Found {
        let account = AccountKey::Tron([7; 20]);
        let contract = AssetKey::contracts_of(Network::Tron, "USDT")
            .next()
            .unwrap();
        let asset = Asset::new(AssetKey::Token(Network::Tron, contract.into()));
        let mut all = Freezes::default();
        for &(time, change) in said {
            let said = Said::new(time, change, Of::written("USDT"), By::List("me".into()));
            all.0.entry(account.clone()).or_default().push(said);
        }
        all.0.entry(account.clone()).or_default().sort();
        let other = Asset::new(AssetKey::Native(Network::Tron));
        assert!(all.state(&account, &other, None).is_none());
        let state = all.state(&account, &asset, as_of);
        match state.map(|state| state.is_frozen()) {
            None => Found::Silent,
            Some(None) => Found::Open,
            Some(Some(is_frozen)) => Found::Frozen(is_frozen),
        }
    }

    #[test]
    fn the_state_is_what_was_said_last_by_then() {
        let at = |day: i64| Instant::at(day * DAY);
        let said = [
            (at(3), Change::Unfrozen),
            (at(1), Change::Frozen),
            (at(5), Change::Frozen),
            (at(6), Change::Destroyed),
        ];
        for (day, frozen) in [
            (0, Found::Silent),
            (1, Found::Frozen(true)),
            (4, Found::Frozen(false)),
            (5, Found::Frozen(true)),
            (9, Found::Frozen(true)),
        ] {
            let found = state_of(&said, Some(day * DAY + 1));
            assert_eq!(found, frozen, "day {day}");
        }
        assert_eq!(state_of(&said, None), Found::Frozen(true));
    }

    #[test]
    fn where_times_do_not_tell_the_order_the_state_is_open() {
        let day = |day: i64| Instant::new(day * DAY, Precision::Day);
        let frozen = (Instant::at(DAY + 3_600), Change::Frozen);
        assert_eq!(
            state_of(&[frozen, (day(1), Change::Unfrozen)], None),
            Found::Open
        );
        assert_eq!(
            state_of(&[frozen, (day(2), Change::Unfrozen)], None),
            Found::Frozen(false)
        );
        let unknown = (Instant::UNKNOWN, Change::Unfrozen);
        assert_eq!(state_of(&[frozen, unknown], None), Found::Open);
        assert_eq!(state_of(&[unknown], None), Found::Frozen(false));
    }
}
