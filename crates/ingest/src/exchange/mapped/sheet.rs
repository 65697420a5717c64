//! The cells of a sheet, by the profile.

use super::super::cells::{Number, Zone, number, symbol};
use super::super::symbols::{asset_of, network_named};
use super::written::{self, Written};
use crate::Error;
use crate::table::date::{self, DateHabit, Order};
use crate::table::field::Field;
use crate::table::lexicon::Calendar;
use crate::table::profile::{Profile, TransferProfile, currency};
use crate::table::propose::{SheetMap, cells_below, map_by_profile, votes};
use crate::table::sheet::{Cell, CellKind};
use crate::table::{Row, Sheet, civil};
use moneytrail_model::{AccountKey, Asset, AssetKey, Instant, Network, Precision};

const DAY_SECONDS: i64 = 86_400;

/// A sheet and what the profile says of it.
pub(super) struct Mapped<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) profile: &'a Profile,
    pub(super) network: Option<Network>,
    map: SheetMap,
    transfers: TransferProfile,
    /// The asset of rows that name none.
    asset: Option<Asset>,
    zone: Zone,
    habit: DateHabit,
    decimal: char,
}

/// What a row says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Done,
    Failed,
    Waits,
}

/// What a row is before its cells are read.
pub(super) enum Role {
    Data,
    Context(&'static str),
}

impl<'a> Mapped<'a> {
    /// # Errors
    /// If the sheet has no columns for what a transfer needs.
    pub(super) fn of(
        sheet: &'a Sheet,
        profile: &'a Profile,
        assumptions: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let map = map_by_profile(sheet, profile)?;
        let transfers = profile.transfers.clone().unwrap_or_default();
        let lacks = lacks(&map, transfers.custodian.is_some());
        if !lacks.is_empty() {
            return Err(Error::NeedsProfile {
                path: sheet.path.to_string(),
                why: format!(
                    "under this profile sheet `{}` has no column for {}",
                    sheet.name,
                    lacks.join(", ")
                ),
            });
        }
        let header = |field: Field| {
            map.of(field)
                .next()
                .map_or("", |at| &*map.columns[at].header)
        };
        let zone = Zone::stated(header(Field::Date), profile)?;
        let zone = zone.unwrap_or_else(|| {
            assumptions
                .push("times that name no zone are taken as UTC; no time zone is given".to_owned());
            Zone::Fixed(0)
        });
        let dates: Vec<_> = map
            .of(Field::Date)
            .flat_map(|column| cells_below(sheet, map.header, column))
            .collect();
        let found = date::choose(&dates, Calendar::Gregorian).map(|choice| choice.habit);
        let habit = profile.date_habit(found)?.unwrap_or(DateHabit {
            calendar: Calendar::Gregorian,
            order: Order::Ymd,
        });
        let habits = votes(std::slice::from_ref(sheet), std::slice::from_ref(&map)).habit();
        let asset = transfers.asset.as_deref().map(currency).transpose()?;
        Ok(Self {
            sheet,
            profile,
            network: transfers.network()?,
            map,
            asset: asset.map(|unit| unit.asset),
            transfers,
            zone,
            habit,
            decimal: profile.number_habit(habits).decimal,
        })
    }

    pub(super) fn custodian(&self) -> Option<&str> {
        self.transfers.custodian.as_deref()
    }

    pub(super) fn sign(&self) -> &str {
        self.transfers.sign.as_deref().unwrap_or("plus-in")
    }

    pub(super) fn is_smallest(&self) -> bool {
        self.transfers.unit.as_deref() == Some("smallest")
    }

    pub(super) fn role(&self, at: usize, row: &Row) -> Role {
        let header = self.map.header;
        let repeats = |header: usize| self.sheet.rows[header].cells == row.cells;
        match header {
            _ if row.is_blank() => Role::Context("blank"),
            Some(header) if at < header => Role::Context("title"),
            Some(header) if at == header || repeats(header) => Role::Context("header"),
            _ => Role::Data,
        }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.map.has(field)
    }

    pub(super) fn text<'r>(&self, row: &'r Row, field: Field) -> &'r str {
        let cells = self.map.of(field).filter_map(|column| row.cell(column));
        let mut texts = cells.map(Cell::trimmed);
        texts
            .find(|text| !matches!(*text, "-" | "--"))
            .unwrap_or("")
    }

    /// The number in a column; `None` if it is empty.
    pub(super) fn number(&self, row: &Row, field: Field) -> Result<Option<Number>, String> {
        let is_exact = |column: usize| {
            row.cell(column).is_none_or(|cell| {
                // What a spreadsheet keeps as floating point is exact to fifteen digits.
                let n_digits = cell.text.bytes().filter(u8::is_ascii_digit).count();
                cell.kind != CellKind::Number || n_digits <= 15
            })
        };
        if !self.map.of(field).all(is_exact) {
            return Err("a spreadsheet's number of more than 15 digits is not exact".to_owned());
        }
        match self.text(row, field) {
            "" => Ok(None),
            text => {
                let own = [Field::Currency, Field::FeeCurrency].map(|field| self.text(row, field));
                number(text, self.decimal, &own).map(Some)
            }
        }
    }

    /// The time: seconds or milliseconds since 1970, ISO 8601, or as the profile says.
    pub(super) fn time(&self, row: &Row) -> Result<Instant, String> {
        let cell = self.map.of(Field::Date).find_map(|column| row.cell(column));
        let cell = cell.ok_or("no date")?;
        let text = cell.trimmed();
        let wrong = || format!("`{}` is no time", text.chars().take(40).collect::<String>());
        let is_count =
            matches!(text.len(), 10 | 13) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_count {
            let seconds: i64 = text[..10].parse().map_err(|_| wrong())?;
            return Ok(Instant::at(seconds));
        }
        let bare = text.strip_suffix("UTC").map(str::trim_end);
        let clock = text.get(10..).unwrap_or_default();
        // Behind the clock a minus begins a zone; before it, it stands in the date.
        let is_west = clock
            .split_once(':')
            .is_some_and(|clock| clock.1.contains('-'));
        if bare.is_some() || is_west || clock.contains(['Z', 'z', '+']) {
            return civil::parse_iso(bare.unwrap_or(text)).ok_or_else(wrong);
        }
        let read = date::read(cell, self.habit).ok_or_else(wrong)?;
        let (seconds, precision) = read.clock.unwrap_or((0, Precision::Day));
        let local = read.days.saturating_mul(DAY_SECONDS) + seconds;
        Ok(Instant::new(local - self.zone.offset(local), precision))
    }

    pub(super) fn network_of(&self, row: &Row) -> Result<Option<Network>, String> {
        match self.text(row, Field::Network) {
            "" => Ok(self.network),
            word => network_named(word).map(Some).ok_or_else(|| {
                format!(
                    "network `{}` is not known",
                    word.chars().take(40).collect::<String>()
                )
            }),
        }
    }

    /// The asset of an amount: of its column, of the row's asset column, else the profile's.
    ///
    /// # Errors
    /// A sentence, if nothing states one.
    pub(super) fn asset(
        &self,
        row: &Row,
        (field, currency_field): (Field, Field),
        network: Option<Network>,
    ) -> Result<(Asset, Written), String> {
        let mut units = self
            .map
            .of(field)
            .filter_map(|column| self.map.columns[column].unit.as_ref());
        let is_smallest = self.is_smallest();
        if let Some(unit) = units.next() {
            return Ok(written::on(network, unit.asset.clone(), is_smallest));
        }
        let text = self.text(row, currency_field);
        if text.is_empty() {
            let asset = self.asset.clone().ok_or("no asset is stated")?;
            return Ok(written::on(network, asset, is_smallest));
        }
        if let Some(code) = self.profile.currencies.get(text) {
            let asset = currency(code).map_err(|error| error.to_string())?.asset;
            let (asset, how) = written::on(network, asset, is_smallest);
            let by_profile = Written::ByProfile(text.into());
            return Ok(match how {
                Written::Plainly => (asset, by_profile),
                how => (asset, how),
            });
        }
        if let Some(network) = network {
            let contract = AccountKey::parse(text, network);
            if contract.is_some_and(|contract| contract.network() == Some(network)) {
                let text = if network.is_evm() {
                    text.to_ascii_lowercase()
                } else {
                    text.to_owned()
                };
                let asset = Asset::new(AssetKey::Token(network, text.into()));
                return Ok((asset, Written::Plainly));
            }
        }
        Ok(written::on(network, asset_of(&symbol(text)?), is_smallest))
    }

    /// What the state of a row says; a table without states holds what was done.
    pub(super) fn state(&self, row: &Row) -> Result<State, String> {
        if !self.has(Field::Status) {
            return Ok(State::Done);
        }
        let text = self.text(row, Field::Status);
        let lower = text.to_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
        if matches!(&*lower, "ok" | "true" | "1" | "done")
            || begins(&["success", "succeeded", "confirmed", "complete"])
        {
            Ok(State::Done)
        } else if matches!(&*lower, "false" | "0")
            || begins(&[
                "fail", "revert", "error", "cancel", "reject", "out_of", "expired",
            ])
        {
            Ok(State::Failed)
        } else if begins(&["pending", "processing", "unconfirmed", "waiting"]) {
            Ok(State::Waits)
        } else {
            Err(format!(
                "status `{}` is not known: nothing says whether it moved",
                text.chars().take(40).collect::<String>()
            ))
        }
    }

    /// A transaction id as people write it.
    pub(super) fn txid(&self, row: &Row) -> Result<Option<[u8; 32]>, String> {
        let text = self.text(row, Field::Txid);
        if text.is_empty() {
            return Ok(None);
        }
        let mut txid = [0; 32];
        let digits = text.strip_prefix("0x").unwrap_or(text);
        hex::decode_to_slice(digits, &mut txid)
            .map(|()| Some(txid))
            .map_err(|_| {
                let shown: String = text.chars().take(70).collect();
                format!("transaction id `{shown}` is not 64 hexadecimal digits")
            })
    }
}

fn lacks(map: &SheetMap, is_custodial: bool) -> Vec<&'static str> {
    let mut lacks = Vec::new();
    let has = |fields: &[Field]| fields.iter().any(|&field| map.has(field));
    if !has(&[Field::Date]) {
        lacks.push("date");
    }
    if is_custodial {
        if !has(&[
            Field::Amount,
            Field::AmountIn,
            Field::AmountOut,
            Field::Credit,
            Field::Debit,
        ]) {
            lacks.push("amount");
        }
        return lacks;
    }
    for (field, name) in [
        (Field::From, "from"),
        (Field::To, "to"),
        (Field::Amount, "amount"),
    ] {
        if !has(&[field]) {
            lacks.push(name);
        }
    }
    lacks
}
