//! What a row is: an entry, context, or something for quarantine.

use super::cells::{is_ditto, plain_token};
use super::words::Words;
use super::{LedgerRecord, Money, ReadRow, RowReading};
use crate::table::date::DateReading;
use crate::table::detail;
use crate::table::field::Field;
use crate::table::lexicon::{Direction, EntryType, RowWord, State, lexicon};
use crate::table::number;
use crate::table::propose::SheetMap;
use crate::table::sheet::Row;
use crate::table::text::fold;
use moneytrail_model::Rate;

/// Reads the rows of a sheet in their order.
pub(crate) struct RowReader<'a> {
    pub(super) map: &'a SheetMap,
    pub(super) words: &'a Words,
    header: Vec<String>,
    /// Text of each column in the row above, for ditto marks.
    pub(super) above: Vec<String>,
    pub(super) last_date: Option<DateReading>,
    has_cash_columns: bool,
}

pub(super) type Reason = String;

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
        let context = |reason: &str| ReadRow::plain(RowReading::Context(reason.to_owned()));
        if row.is_blank() {
            return context("blank");
        }
        let Some(header) = self.map.header else {
            if self.map.columns.iter().all(|column| column.field.is_none()) {
                return ReadRow::plain(RowReading::Quarantine(
                    "the sheet has no header that is known".to_owned(),
                ));
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
        let figures = self.figures(row);
        let date = self.date_cell(row);
        let reading = self.read_entry(row).unwrap_or_else(RowReading::Quarantine);
        for (column, above) in self.above.iter_mut().enumerate() {
            if let Some(cell) = row.cell(column)
                && !is_ditto(cell.trimmed())
            {
                cell.trimmed().clone_into(above);
            }
        }
        ReadRow {
            reading,
            stated,
            figures,
            date,
        }
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
        let listed = self.map.entry.filter(|_| known.is_none());
        let is_listed =
            listed.is_some() && row.cells.iter().filter(|cell| !cell.is_empty()).count() > 2;
        if no_amount && known.is_none() && !is_listed && !self.is_dated(row) {
            return Ok(RowReading::Context("note without an amount".to_owned()));
        }
        let mut record = self.record(row, known.or(listed), sentence, credit, debit)?;
        if no_amount {
            return Err("no amount".to_owned());
        }
        if listed == Some(EntryType::Receive) {
            // What a list of orders asks for is not thereby paid out.
            record.delivery = record.delivery.or(Some(State::NotDelivered));
        }
        if known.or(listed).is_none() {
            record.entry = default_entry(&record)?;
        }
        hold(&mut record);
        Ok(RowReading::Entry(Box::new(record)))
    }

    fn is_dated(&self, row: &Row) -> bool {
        self.is_given(row, Field::Date)
    }

    fn is_given(&self, row: &Row, field: Field) -> bool {
        self.map.of(field).any(|column| row.cell(column).is_some())
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
        let mut amount_out = self.money(row, Field::AmountOut, Field::CurrencyOut)?;
        if amount_out.is_none() && self.has_cash_columns && self.is_given(row, Field::CurrencyOut) {
            // Beside columns of cash, an amount with a currency of its own is the other side.
            amount_out = self.money(row, Field::Amount, Field::CurrencyOut)?;
        }
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
            place_from: self.owned(row, Field::PlaceFrom),
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
}

/// What goes into the keeper's account of orders that wait is held; what leaves it is released.
fn hold(record: &mut LedgerRecord) {
    let is_pending = record
        .counterpart
        .as_deref()
        .is_some_and(|name| lexicon().accounts.exact(name).is_some());
    let is_open = matches!(
        record.entry,
        EntryType::Send | EntryType::Receive | EntryType::Payment
    );
    let held = match record.direction {
        Some(Direction::In) => EntryType::Deposit,
        Some(Direction::Out) => EntryType::Release,
        None => return,
    };
    if is_pending && is_open {
        record.entry = held;
        record.counterpart = None;
    }
}

fn direction_of(credit: Option<&Money>, debit: Option<&Money>) -> Option<Direction> {
    match (credit, debit) {
        (Some(_), None) => Some(Direction::In),
        (None, Some(_)) => Some(Direction::Out),
        _ => None,
    }
}

fn direction_in(text: &str) -> Option<Direction> {
    let words = crate::table::lexicon::words(text);
    lexicon()
        .directions
        .longest_in(&words)
        .map(|(direction, ..)| direction)
}

/// Whether a type word says no more than the side of the cash box, or "an order".
fn says_side_only(word: &str) -> bool {
    lexicon().sides.exact(word).is_some()
        || (crate::table::lexicon::is_hawala(word) && lexicon().types.of_cell(word).is_none())
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
    let is_order = record.token.is_some() || record.counterpart.is_some();
    let (sender, beneficiary) = (&record.sender.name, &record.beneficiary.name);
    match record.direction {
        Some(Direction::In) if is_order || beneficiary.is_some() => Ok(EntryType::Send),
        // Who is merely paid was ordered for by nobody.
        Some(Direction::Out) if is_order || sender.is_some() && beneficiary.is_some() => {
            Ok(EntryType::Receive)
        }
        Some(_) => Ok(EntryType::Payment),
        None => Err("neither a type nor a direction is stated".to_owned()),
    }
}
