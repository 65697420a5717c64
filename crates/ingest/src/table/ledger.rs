//! A row becomes a ledger record (`hawala.md` §1), or is told to be no movement.
//!
//! Laws: every row is read into exactly one of entry, context and quarantine; a cell that holds
//! something unreadable quarantines its row; a blank date means "as above".

use super::date::{self, DateHabit, DateReading};
use super::detail;
use super::field::Field;
use super::lexicon::{Concept, Direction, EntryType, RowWord, State, lexicon};
use super::number::{self, NumberHabit};
use super::profile::{Profile, Unit, currency};
use super::propose::SheetMap;
use super::sheet::{Row, trim};
use super::text::fold;
use crate::Error;
use jiff::tz::TimeZone;
use moneytrail_model::{AccountKey, Amount, Asset, Instant, Network, Precision, Rate};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

const DAY_SECONDS: i64 = 86_400;

/// An amount of an asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Money {
    pub(crate) amount: Amount,
    pub(crate) asset: Asset,
}

/// A customer as a row names him.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Party {
    pub(crate) name: Option<String>,
    pub(crate) father: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) id_no: Option<String>,
}

/// The canonical record of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LedgerRecord {
    pub(crate) entry: EntryType,
    pub(crate) token: Option<String>,
    pub(crate) time: Instant,
    pub(crate) sender: Party,
    pub(crate) beneficiary: Party,
    pub(crate) counterpart: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) amount_in: Option<Money>,
    pub(crate) amount_out: Option<Money>,
    pub(crate) credit: Option<Money>,
    pub(crate) debit: Option<Money>,
    pub(crate) commission: Option<Money>,
    /// Whether the record says that the customer paid the commission on top.
    pub(crate) commission_on_top: bool,
    pub(crate) rate: Option<Rate>,
    pub(crate) rate_text: Option<String>,
    pub(crate) approval: Option<State>,
    pub(crate) payment: Option<State>,
    pub(crate) delivery: Option<State>,
    pub(crate) note: String,
    pub(crate) txid: Option<[u8; 32]>,
    pub(crate) wallet: Option<AccountKey>,
    /// Which way cash went, by column, sign or words.
    pub(crate) direction: Option<Direction>,
    /// Whether the book has columns for cash in and out.
    pub(crate) has_cash_columns: bool,
    /// Other readings of this row, as sentences.
    pub(crate) alternatives: Vec<String>,
}

/// A balance that a row states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stated {
    pub(crate) asset: Asset,
    pub(crate) balance: Amount,
    /// In minus out of the same row.
    pub(crate) change: Amount,
}

/// What a row is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum RowReading {
    /// A line of the book.
    Entry(Box<LedgerRecord>),
    /// An opening balance.
    Opening {
        /// What rests.
        money: Option<Money>,
        /// When.
        time: Instant,
    },
    /// Understood, and no movement of value.
    Context(String),
    /// Not understood.
    Quarantine(String),
}

/// A row as read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReadRow {
    pub(crate) reading: RowReading,
    pub(crate) stated: Option<Stated>,
}

/// Words of a book by their folded form.
pub(crate) struct Words {
    types: FxHashMap<String, EntryType>,
    units: FxHashMap<String, Unit>,
    base: Unit,
    zone: TimeZone,
    date: DateHabit,
    number: NumberHabit,
}

impl Words {
    pub(crate) fn of(
        profile: &Profile,
        base: Unit,
        date: DateHabit,
        number: NumberHabit,
    ) -> Result<Self, Error> {
        let types = profile
            .types
            .iter()
            .filter_map(|(word, entry)| Some((fold(word), EntryType::from_word(entry)?)))
            .collect();
        let mut units = FxHashMap::default();
        for (word, code) in &profile.currencies {
            units.insert(key(word), currency(code)?);
        }
        Ok(Self {
            types,
            units,
            base,
            zone: profile.time_zone()?,
            date,
            number,
        })
    }

    fn has_type(&self, text: &str) -> bool {
        self.types.contains_key(&fold(text))
    }

    pub(crate) fn entry(&self, text: &str) -> Option<EntryType> {
        let words = super::lexicon::words(text);
        self.types
            .get(&fold(text))
            .copied()
            .or_else(|| lexicon().types.of_cell(text))
            .or_else(|| lexicon().types.longest_in(&words).map(|(entry, ..)| entry))
    }

    pub(crate) fn unit(&self, text: &str) -> Option<Unit> {
        self.units.get(&key(text)).cloned().or_else(|| {
            let code = lexicon().currencies.exact(text)?;
            currency(&code).ok()
        })
    }

    pub(crate) fn instant(&self, date: DateReading) -> Instant {
        let midnight = date.days.saturating_mul(DAY_SECONDS);
        let (local, precision) = match date.clock {
            Some((seconds, precision)) => (midnight + seconds, precision),
            None => (midnight, Precision::Day),
        };
        Instant::new(local - self.offset(local), precision)
    }

    /// Seconds east of Greenwich at a local time.
    fn offset(&self, local: i64) -> i64 {
        jiff::Timestamp::from_second(local).map_or(0, |at| {
            let naive = jiff::tz::TimeZone::UTC.to_datetime(at);
            naive
                .to_zoned(self.zone.clone())
                .map_or(0, |zoned| i64::from(zoned.offset().seconds()))
        })
    }
}

/// A symbol folds to nothing, so it stands for itself.
fn key(word: &str) -> String {
    let folded = fold(word);
    if folded.is_empty() {
        trim(word).to_lowercase()
    } else {
        folded
    }
}

/// Reads the rows of a sheet in their order.
pub(crate) struct RowReader<'a> {
    map: &'a SheetMap,
    words: &'a Words,
    header: Vec<String>,
    /// Text of each column in the row above, for ditto marks.
    above: Vec<String>,
    last_date: Option<DateReading>,
    has_cash_columns: bool,
}

type Reason = String;

/// Approval, payment, delivery.
type States = (Option<State>, Option<State>, Option<State>);

impl<'a> RowReader<'a> {
    pub(crate) fn new(map: &'a SheetMap, words: &'a Words) -> Self {
        Self {
            map,
            words,
            header: map
                .columns
                .iter()
                .map(|column| fold(&column.header))
                .collect(),
            above: vec![String::new(); map.columns.len()],
            last_date: None,
            has_cash_columns: map.has(Field::Credit) || map.has(Field::Debit),
        }
    }

    /// Reads the row at a position of its sheet.
    pub(crate) fn read(&mut self, index: usize, row: &Row) -> ReadRow {
        let context = |reason: &str| ReadRow {
            reading: RowReading::Context(reason.to_owned()),
            stated: None,
        };
        if row.is_blank() {
            return context("blank");
        }
        let Some(header) = self.map.header else {
            if self.map.columns.iter().all(|column| column.field.is_none()) {
                return ReadRow {
                    reading: RowReading::Quarantine(
                        "the sheet has no header that is known".to_owned(),
                    ),
                    stated: None,
                };
            }
            return self.read_data(row);
        };
        match index.cmp(&header) {
            std::cmp::Ordering::Less => context("title"),
            std::cmp::Ordering::Equal => context("header"),
            std::cmp::Ordering::Greater if self.repeats_header(row) => context("header, repeated"),
            std::cmp::Ordering::Greater => self.read_data(row),
        }
    }

    fn repeats_header(&self, row: &Row) -> bool {
        let same = |column: usize| {
            row.cell(column)
                .is_none_or(|cell| fold(&cell.text) == self.header[column])
        };
        let n_filled = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        n_filled >= 2 && (0..self.header.len()).all(same)
    }

    fn read_data(&mut self, row: &Row) -> ReadRow {
        let stated = self.stated(row);
        let reading = self.read_entry(row).unwrap_or_else(RowReading::Quarantine);
        for (column, above) in self.above.iter_mut().enumerate() {
            if let Some(cell) = row.cell(column)
                && !is_ditto(cell.trimmed())
            {
                cell.trimmed().clone_into(above);
            }
        }
        ReadRow { reading, stated }
    }

    /// Text of the first filled column of a field; a ditto mark stands for the text above.
    fn text<'r>(&'r self, row: &'r Row, field: Field) -> Option<Cow<'r, str>> {
        self.map.of(field).find_map(|column| {
            let text = row.cell(column)?.trimmed();
            if is_ditto(text) {
                let above = self.above[column].as_str();
                return (!above.is_empty()).then_some(Cow::Borrowed(above));
            }
            (!is_nothing(text)).then_some(Cow::Borrowed(text))
        })
    }

    fn owned(&self, row: &Row, field: Field) -> Option<String> {
        self.text(row, field).map(Cow::into_owned)
    }

    /// What the row is if it moves nothing.
    fn row_word(&self, row: &Row) -> Option<RowWord> {
        let lexicon = lexicon();
        for field in [Field::Type, Field::Detail, Field::Note] {
            if let Some(text) = self.text(row, field) {
                if field == Field::Type && self.words.has_type(&text) {
                    return None;
                }
                let known = lexicon
                    .rows
                    .of_cell(&text)
                    .filter(|&word| word != RowWord::Ditto);
                let dated = self
                    .map
                    .of(Field::Date)
                    .any(|column| row.cell(column).is_some());
                if known.is_some() && (field == Field::Type || !dated) {
                    return known;
                }
            }
        }
        if self
            .map
            .of(Field::Date)
            .any(|column| row.cell(column).is_some())
        {
            return None;
        }
        row.cells
            .iter()
            .filter(|cell| !cell.is_empty())
            .find_map(|cell| lexicon.rows.exact(cell.trimmed()))
            .filter(|&word| word != RowWord::Ditto)
    }

    fn read_entry(&mut self, row: &Row) -> Result<RowReading, Reason> {
        match self.row_word(row) {
            Some(RowWord::Total) => return Ok(RowReading::Context("total".to_owned())),
            Some(RowWord::Carried) => return Ok(RowReading::Context("carried forward".to_owned())),
            Some(RowWord::Brought) => return Ok(RowReading::Context("brought forward".to_owned())),
            Some(RowWord::Opening) => return self.opening(row),
            Some(RowWord::Ditto) | None => {}
        }
        let credit = self.money(row, Field::Credit, Field::Currency)?;
        let debit = self.money(row, Field::Debit, Field::Currency)?;
        let direction = direction_of(credit.as_ref(), debit.as_ref());
        let sentence = self
            .text(row, Field::Detail)
            .map(|text| detail::read(&text, direction))
            .unwrap_or_default();
        let written = self.owned(row, Field::Type);
        let known = match &written {
            // What the profile says outranks the lexicon.
            Some(word) if !self.words.has_type(word) && says_side_only(word) => None,
            Some(word) => Some(
                self.words
                    .entry(word)
                    .ok_or_else(|| format!("type `{word}` is not known"))?,
            ),
            None if is_swap(credit.as_ref(), debit.as_ref()) => Some(EntryType::Exchange),
            None => sentence.entry,
        };
        if known == Some(EntryType::Opening) {
            return self.opening(row);
        }
        let amounts = [Field::Amount, Field::AmountIn, Field::AmountOut];
        let no_amount = credit.is_none()
            && debit.is_none()
            && !amounts.iter().any(|&field| self.text(row, field).is_some());
        if no_amount && known.is_none() && !self.is_dated(row) {
            return Ok(RowReading::Context("note without an amount".to_owned()));
        }
        let mut record = self.record(row, known, sentence, credit, debit)?;
        if no_amount {
            return Err("no amount".to_owned());
        }
        if known.is_none() {
            record.entry = default_entry(&record)?;
        }
        Ok(RowReading::Entry(Box::new(record)))
    }

    fn is_dated(&self, row: &Row) -> bool {
        self.map
            .of(Field::Date)
            .any(|column| row.cell(column).is_some())
    }

    fn record(
        &mut self,
        row: &Row,
        entry: Option<EntryType>,
        sentence: detail::Detail,
        credit: Option<Money>,
        debit: Option<Money>,
    ) -> Result<LedgerRecord, Reason> {
        let mut alternatives = Vec::new();
        let time = self.time(row, &mut alternatives)?;
        let (amount, negative) = self.signed_money(row, Field::Amount, Field::Currency)?;
        let signed = amount.is_some() && entry.is_none() && !self.has_cash_columns;
        if negative && !signed {
            return Err("amount is negative".to_owned());
        }
        let amount_in = match self.money(row, Field::AmountIn, Field::CurrencyIn)? {
            None => amount.clone(),
            some => some,
        };
        let amount_out = self.money(row, Field::AmountOut, Field::CurrencyOut)?;
        let note = self.note(row, sentence.note);
        let by_sign = signed.then_some(if negative {
            Direction::Out
        } else {
            Direction::In
        });
        let direction = direction_of(credit.as_ref(), debit.as_ref())
            .or(by_sign)
            .or_else(|| self.text(row, Field::Type).and_then(|text| side_of(&text)))
            .or_else(|| direction_in(&note));
        let rate_text = self.owned(row, Field::Rate);
        let rate = self
            .map
            .of(Field::Rate)
            .find_map(|column| number::read(row.cell(column)?, self.words.number))
            .and_then(|number| Rate::parse(&number.text).ok());
        let (sender, beneficiary) = self.parties(row, sentence.sender, sentence.beneficiary);
        let (approval, payment, delivery) = self.states(row, &mut alternatives);
        let txid = self.txid(row, &note)?;
        Ok(LedgerRecord {
            entry: entry.unwrap_or(EntryType::Payment),
            token: self
                .owned(row, Field::Token)
                .or(sentence.code)
                .map(|token| plain_token(&token)),
            time,
            sender,
            beneficiary,
            counterpart: self
                .owned(row, Field::Counterpart)
                .or(sentence.counterpart)
                .or_else(|| self.map.counterpart.clone()),
            place: [Field::PlaceTo, Field::Place]
                .into_iter()
                .find_map(|field| self.owned(row, field))
                .or(sentence.place),
            amount_in,
            amount_out,
            credit,
            debit,
            commission: self.money(row, Field::Commission, Field::CommissionCurrency)?,
            commission_on_top: self.is_paid_on_top(row),
            rate,
            rate_text,
            approval,
            payment,
            delivery,
            wallet: self.wallet(row, &note),
            note,
            txid,
            direction,
            has_cash_columns: self.has_cash_columns,
            alternatives,
        })
    }

    /// The note of a row, with its sentence and what the sentence adds.
    fn note(&self, row: &Row, of_sentence: Option<String>) -> String {
        [
            self.owned(row, Field::Note),
            self.owned(row, Field::Detail),
            of_sentence,
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join("; ")
    }

    /// Approval, payment and delivery; a word that is not known is said, and no state.
    fn states(&self, row: &Row, alternatives: &mut Vec<String>) -> States {
        let (mut approval, mut payment, mut delivery) = (None, None, None);
        for field in [
            Field::Approval,
            Field::Payment,
            Field::Delivery,
            Field::Status,
        ] {
            let Some(text) = self.text(row, field) else {
                continue;
            };
            let known = lexicon().states.of_cell(&text);
            if known.is_none() {
                alternatives.push(format!("state `{text}` is not known"));
            }
            let axis = match (field, known) {
                (Field::Payment, _) | (Field::Status, Some(State::Unpaid | State::Paid)) => {
                    &mut payment
                }
                (Field::Delivery, _)
                | (Field::Status, Some(State::NotDelivered | State::Delivered)) => &mut delivery,
                _ => &mut approval,
            };
            *axis = axis.or(known);
        }
        (approval, payment, delivery)
    }

    /// Whether the row says that the customer paid the commission on top.
    fn is_paid_on_top(&self, row: &Row) -> bool {
        self.text(row, Field::CommissionPayer).is_some_and(|payer| {
            let words = super::lexicon::words(&payer);
            lexicon()
                .headers
                .longest_in(&words)
                .is_some_and(|((_, concept), ..)| {
                    matches!(concept, Concept::Sender | Concept::Name)
                })
        })
    }

    fn parties(
        &self,
        row: &Row,
        sender: Option<String>,
        beneficiary: Option<String>,
    ) -> (Party, Party) {
        let of = |fields: [Field; 2]| fields.into_iter().find_map(|field| self.owned(row, field));
        (
            Party {
                name: self.owned(row, Field::Sender).or(sender),
                father: of([Field::SenderFather, Field::Father]),
                phone: of([Field::SenderPhone, Field::Phone]),
                id_no: of([Field::SenderId, Field::IdNo]),
            },
            Party {
                name: self.owned(row, Field::Beneficiary).or(beneficiary),
                father: self.owned(row, Field::BeneficiaryFather),
                phone: self.owned(row, Field::BeneficiaryPhone),
                id_no: self.owned(row, Field::BeneficiaryId),
            },
        )
    }

    fn opening(&mut self, row: &Row) -> Result<RowReading, Reason> {
        let time = self.time(row, &mut Vec::new())?;
        let mut money = None;
        for field in [
            Field::Balance,
            Field::Credit,
            Field::Amount,
            Field::AmountIn,
        ] {
            let (found, negative) = self.signed_money(row, field, Field::Currency)?;
            if negative {
                return Ok(RowReading::Context(
                    "opening balance below zero: not booked".to_owned(),
                ));
            }
            money = money.or(found);
        }
        Ok(RowReading::Opening { money, time })
    }

    /// The time of a row; a blank date is that of the row above.
    fn time(&mut self, row: &Row, alternatives: &mut Vec<String>) -> Result<Instant, Reason> {
        let habit = self.words.date;
        let cells: Vec<(Field, &super::sheet::Cell)> = [Field::Date, Field::DateAlt]
            .into_iter()
            .flat_map(|field| self.map.of(field).map(move |column| (field, column)))
            .filter_map(|(field, column)| Some((field, row.cell(column)?)))
            .filter(|(_, cell)| !is_ditto(cell.trimmed()) && !is_nothing(cell.trimmed()))
            .collect();
        let mut read = None;
        for (field, cell) in &cells {
            let date = match field {
                Field::Date => date::read(cell, habit),
                // The second column is in another calendar; its own figures tell which.
                _ => date::choose(&[cell], habit.calendar)
                    .and_then(|choice| date::read(cell, choice.habit)),
            };
            match (read, date) {
                (None, Some(date)) => read = Some(date),
                (Some(first), Some(second)) if first.days != second.days => {
                    alternatives.push(format!(
                        "the second date column says {}",
                        Instant::new(second.days * DAY_SECONDS, Precision::Day)
                    ));
                }
                _ => {}
            }
        }
        if let (None, Some((_, cell))) = (read, cells.first()) {
            return Err(format!("date `{}` is not read", cell.trimmed()));
        }
        let mut date = read.or(self.last_date);
        self.last_date = date.map(|date| DateReading {
            clock: None,
            ..date
        });
        if let Some(date) = &mut date
            && date.clock.is_none()
            && let Some(clock) = self.text(row, Field::Time)
        {
            date.clock = super::civil::parse_clock(clock.as_bytes());
        }
        Ok(date.map_or(Instant::UNKNOWN, |date| self.words.instant(date)))
    }

    fn money(&self, row: &Row, field: Field, currency: Field) -> Result<Option<Money>, Reason> {
        let (money, negative) = self.signed_money(row, field, currency)?;
        if negative {
            return Err(format!("{} is negative", field.as_str()));
        }
        Ok(money)
    }

    /// The first filled column of a field, its sign apart; zero beside a filled column is nothing.
    fn signed_money(
        &self,
        row: &Row,
        field: Field,
        currency: Field,
    ) -> Result<(Option<Money>, bool), Reason> {
        let mut zero = None;
        for column in self.map.of(field) {
            let Some(cell) = row.cell(column) else {
                continue;
            };
            let text = cell.trimmed();
            if is_nothing(text) || is_ditto(text) {
                continue;
            }
            let number = number::read(cell, self.words.number).ok_or_else(|| {
                format!(
                    "{} `{text}` is no number that can be trusted",
                    field.as_str()
                )
            })?;
            let unit = self.unit(row, column, currency, number.currency.as_deref())?;
            let amount = amount_of(&number.text, &unit)
                .map_err(|why| format!("{} `{text}`: {why}", field.as_str()))?;
            let money = Money {
                amount,
                asset: unit.asset,
            };
            if amount == Amount::ZERO {
                zero = zero.or(Some(money));
                continue;
            }
            return Ok((Some(money), number.negative));
        }
        // Cash columns hold a zero on the side where nothing moved.
        let keep = !matches!(field, Field::Credit | Field::Debit | Field::Commission);
        Ok((zero.filter(|_| keep), false))
    }

    /// The unit of an amount: of its column, its cell, its currency column, the general currency
    /// column, else the book's.
    fn unit(
        &self,
        row: &Row,
        column: usize,
        currency_field: Field,
        in_cell: Option<&str>,
    ) -> Result<Unit, Reason> {
        if let Some(unit) = &self.map.columns[column].unit {
            return Ok(unit.clone());
        }
        if let Some(unit) = in_cell.and_then(|code| currency(code).ok()) {
            return Ok(unit);
        }
        let fallbacks = [
            currency_field,
            Field::Currency,
            Field::CurrencyIn,
            Field::CurrencyOut,
        ];
        for field in fallbacks {
            if let Some(word) = self.text(row, field) {
                return self
                    .words
                    .unit(&word)
                    .ok_or_else(|| format!("currency `{word}` is not known"));
            }
        }
        Ok(self
            .map
            .unit
            .clone()
            .unwrap_or_else(|| self.words.base.clone()))
    }

    /// The balance that a row states, and its change.
    fn stated(&self, row: &Row) -> Option<Stated> {
        let column = self
            .map
            .of(Field::Balance)
            .find(|&column| row.cell(column).is_some())?;
        let number = number::read(row.cell(column)?, self.words.number)?;
        let unit = self
            .unit(row, column, Field::Currency, number.currency.as_deref())
            .ok()?;
        let balance = amount_of(&number.text, &unit).ok()?;
        let side = |field| {
            self.money(row, field, Field::Currency)
                .ok()
                .flatten()
                .filter(|money| money.asset == unit.asset)
                .map_or(Amount::ZERO, |money| money.amount)
        };
        let signed = |amount: Amount, negative: bool| {
            if negative {
                Amount::ZERO.checked_sub(amount)
            } else {
                Some(amount)
            }
        };
        Some(Stated {
            change: side(Field::Credit).checked_sub(side(Field::Debit))?,
            balance: signed(balance, number.negative)?,
            asset: unit.asset,
        })
    }

    fn txid(&self, row: &Row, note: &str) -> Result<Option<[u8; 32]>, Reason> {
        if let Some(text) = self.text(row, Field::Txid) {
            return txid(&text)
                .map(Some)
                .ok_or_else(|| format!("transaction id `{text}` is not 64 hexadecimal digits"));
        }
        Ok(note.split_whitespace().find_map(txid))
    }

    fn wallet(&self, row: &Row, note: &str) -> Option<AccountKey> {
        let of = |text: &str| {
            AccountKey::parse(text, Network::Tron).filter(|account| account.network().is_some())
        };
        match self.text(row, Field::Wallet) {
            Some(text) => of(&text),
            None => note
                .split_whitespace()
                .filter(|word| word.len() >= 26)
                .find_map(of),
        }
    }
}

fn txid(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode(digits).ok()?.try_into().ok()
}

/// An amount in the units of a currency, multiplied where its word says so.
fn amount_of(text: &str, unit: &Unit) -> Result<Amount, String> {
    let amount =
        Amount::parse_decimal(text, unit.asset.decimals()).map_err(|error| error.to_string())?;
    let units = amount
        .units()
        .checked_mul(i128::from(unit.factor))
        .ok_or("amount has more than 38 digits")?;
    Amount::new(units).map_err(|error| error.to_string())
}

fn direction_of(credit: Option<&Money>, debit: Option<&Money>) -> Option<Direction> {
    match (credit, debit) {
        (Some(_), None) => Some(Direction::In),
        (None, Some(_)) => Some(Direction::Out),
        _ => None,
    }
}

fn direction_in(text: &str) -> Option<Direction> {
    let words = super::lexicon::words(text);
    lexicon()
        .directions
        .longest_in(&words)
        .map(|(direction, ..)| direction)
}

/// Whether a type word says no more than the side of the cash box, or "an order".
fn says_side_only(word: &str) -> bool {
    lexicon().sides.exact(word).is_some()
        || (super::lexicon::is_hawala(word) && lexicon().types.of_cell(word).is_none())
}

/// Which way cash went, by a type word.
fn side_of(word: &str) -> Option<Direction> {
    lexicon().sides.exact(word).or_else(|| direction_in(word))
}

/// Whether one asset came in and another went out in one row.
fn is_swap(credit: Option<&Money>, debit: Option<&Money>) -> bool {
    matches!((credit, debit), (Some(credit), Some(debit)) if credit.asset != debit.asset)
}

/// What a row without a type word books, by which way its cash went.
fn default_entry(record: &LedgerRecord) -> Result<EntryType, Reason> {
    let is_order =
        record.token.is_some() || record.counterpart.is_some() || record.beneficiary.name.is_some();
    match (record.direction, is_order) {
        (Some(Direction::In), true) => Ok(EntryType::Send),
        (Some(Direction::Out), true) => Ok(EntryType::Receive),
        (Some(_), false) => Ok(EntryType::Payment),
        (None, _) => Err("neither a type nor a direction is stated".to_owned()),
    }
}

/// A token with ASCII digits, without spaces at its ends.
pub(crate) fn plain_token(token: &str) -> String {
    trim(token)
        .chars()
        .map(|c| super::text::digit(c).unwrap_or(c))
        .collect()
}

fn is_ditto(text: &str) -> bool {
    matches!(
        text,
        "″" | "〃" | "\"" | "''" | "״" | "”" | "“" | "//" | "´´" | "-\"-" | "-//-" | ",,"
    ) || lexicon().rows.exact(text) == Some(RowWord::Ditto)
}

/// Whether a cell says "nothing here".
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "–" | "—" | "/" | "." | "x" | "X" | "ـ")
}
