//! Cells of a row as the fields of a record.

use super::row::{Reason, RowReader};
use super::{DateCell, Figure, Money, Party, PartyColumns, Stated, StatedCell};
use crate::table::date::{self, DateReading};
use crate::table::detail::Named;
use crate::table::field::Field;
use crate::table::lexicon::{Concept, RowWord, State, lexicon};
use crate::table::number;
use crate::table::profile::{Unit, currency};
use crate::table::sheet::{Row, trim};
use moneytrail_model::{AccountKey, Amount, Instant, Network, Precision};
use std::borrow::Cow;

const DAY_SECONDS: i64 = 86_400;

/// Approval, payment, delivery.
pub(super) type States = (Option<State>, Option<State>, Option<State>);

impl RowReader<'_> {
    /// Text of the first filled column of a field; a ditto mark stands for the text above.
    pub(super) fn text<'r>(&'r self, row: &'r Row, field: Field) -> Option<Cow<'r, str>> {
        self.placed(row, field).map(|placed| placed.0)
    }

    /// As [`Self::text`], with the column, from 1.
    fn placed<'r>(&'r self, row: &'r Row, field: Field) -> Option<(Cow<'r, str>, u32)> {
        self.map.of(field).find_map(|column| {
            let text = row.cell(column)?.trimmed();
            let number = u32::try_from(column + 1).ok()?;
            if is_ditto(text) {
                let above = self.above[column].as_str();
                return (!above.is_empty()).then_some((Cow::Borrowed(above), number));
            }
            (!is_nothing(text)).then_some((Cow::Borrowed(text), number))
        })
    }

    pub(super) fn owned(&self, row: &Row, field: Field) -> Option<String> {
        self.text(row, field).map(Cow::into_owned)
    }

    /// The note of a row, with its sentence and what the sentence adds.
    pub(super) fn note(&self, row: &Row, of_sentence: Option<String>) -> String {
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
    pub(super) fn states(&self, row: &Row, alternatives: &mut Vec<String>) -> States {
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
    pub(super) fn is_paid_on_top(&self, row: &Row) -> bool {
        self.text(row, Field::CommissionPayer).is_some_and(|payer| {
            let words = crate::table::lexicon::words(&payer);
            lexicon()
                .headers
                .longest_in(&words)
                .is_some_and(|((_, concept), ..)| {
                    matches!(concept, Concept::Sender | Concept::Name)
                })
        })
    }

    pub(super) fn parties(
        &self,
        row: &Row,
        sender: Option<Named>,
        beneficiary: Option<Named>,
    ) -> (Party, Party) {
        let party = |name: Field, of_sentence: Option<Named>, said: [&[Field]; 3]| {
            let placed = |fields: &[Field]| {
                let mut placed = fields.iter().filter_map(|&field| self.placed(row, field));
                let (text, column) = placed.next()?;
                Some((text.into_owned(), column))
            };
            let in_sentence = || {
                let named = of_sentence?;
                let column = self.placed(row, Field::Detail).map(|placed| placed.1);
                Some((named.name, column, named.ordinal))
            };
            let own = placed(&[name]).map(|(name, column)| (name, Some(column), 1));
            let (name, column, ordinal) = own
                .or_else(in_sentence)
                .map_or((None, None, 1), |of| (Some(of.0), of.1, of.2));
            let [father, phone, id_no] = said.map(placed);
            Party {
                name,
                ordinal,
                columns: PartyColumns {
                    name: column,
                    father: father.as_ref().map(|of| of.1),
                    phone: phone.as_ref().map(|of| of.1),
                    id_no: id_no.as_ref().map(|of| of.1),
                },
                father: father.map(|of| of.0),
                phone: phone.map(|of| of.0),
                id_no: id_no.map(|of| of.0),
            }
        };
        (
            party(
                Field::Sender,
                sender,
                [
                    &[Field::SenderFather, Field::Father],
                    &[Field::SenderPhone, Field::Phone],
                    &[Field::SenderId, Field::IdNo],
                ],
            ),
            party(
                Field::Beneficiary,
                beneficiary,
                [
                    &[Field::BeneficiaryFather],
                    &[Field::BeneficiaryPhone],
                    &[Field::BeneficiaryId],
                ],
            ),
        )
    }

    /// The time of a row; a blank date is that of the row above.
    pub(super) fn time(
        &mut self,
        row: &Row,
        alternatives: &mut Vec<String>,
    ) -> Result<Instant, Reason> {
        let habit = self.words.date;
        let cells: Vec<(Field, &crate::table::sheet::Cell)> = [Field::Date, Field::DateAlt]
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
        let listed = self.map.date.map(|(date, _)| date);
        let mut date = read.or(self.last_date).or(listed);
        self.last_date = date.map(|date| DateReading {
            clock: None,
            ..date
        });
        if let Some(date) = &mut date
            && date.clock.is_none()
            && let Some(clock) = self.text(row, Field::Time)
        {
            date.clock = crate::table::civil::parse_clock(clock.as_bytes());
        }
        Ok(date.map_or(Instant::UNKNOWN, |date| self.words.instant(date)))
    }

    pub(super) fn money(
        &self,
        row: &Row,
        field: Field,
        currency: Field,
    ) -> Result<Option<Money>, Reason> {
        let (money, negative) = self.signed_money(row, field, currency)?;
        if negative {
            return Err(format!("{} is negative", field.as_str()));
        }
        Ok(money)
    }

    /// The first filled column of a field, its sign apart; zero beside a filled column is nothing.
    pub(super) fn signed_money(
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
    pub(super) fn unit(
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

    /// All numbers of a row that are amounts or rates.
    pub(super) fn figures(&self, row: &Row) -> Vec<Figure> {
        let mut figures = Vec::new();
        for (position, column) in self.map.columns.iter().enumerate() {
            let Some(field) = column
                .field
                .filter(|&field| field.is_money() || field == Field::Rate)
            else {
                continue;
            };
            let Some(cell) = row.cell(position) else {
                continue;
            };
            let Some(number) = number::read(cell, self.words.number) else {
                continue;
            };
            let currency = match field {
                Field::AmountIn => Field::CurrencyIn,
                Field::AmountOut => Field::CurrencyOut,
                Field::Commission => Field::CommissionCurrency,
                _ => Field::Currency,
            };
            let unit = self.unit(row, position, currency, number.currency.as_deref());
            let unit = if field == Field::Rate {
                None
            } else if let Ok(unit) = unit {
                Some(unit)
            } else {
                continue;
            };
            let place = row.place(position);
            figures.push(Figure {
                field,
                position,
                row: place.0,
                column: place.1,
                text: number.text,
                is_negative: number.negative,
                unit,
            });
        }
        figures
    }

    /// The date that a row bears itself.
    pub(super) fn date_cell(&self, row: &Row) -> Option<DateCell> {
        self.map.of(Field::Date).find_map(|position| {
            let cell = row.cell(position)?;
            let date = date::read(cell, self.words.date)?;
            let (row, column) = row.place(position);
            Some(DateCell {
                row,
                column,
                text: cell.trimmed().to_owned(),
                days: date.days,
            })
        })
    }

    /// The balance that a row states, and its change.
    pub(super) fn stated(&self, row: &Row) -> Option<Stated> {
        let column = self
            .map
            .of(Field::Balance)
            .find(|&column| row.cell(column).is_some())?;
        let number = number::read(row.cell(column)?, self.words.number)?;
        let unit = self
            .unit(row, column, Field::Currency, number.currency.as_deref())
            .ok()?;
        let balance = amount_of(&number.text, &unit).ok()?;
        let of_asset = |field, currency| {
            self.money(row, field, currency)
                .ok()
                .flatten()
                .filter(|money| money.asset == unit.asset)
                .map(|money| money.amount)
        };
        let side = |field| of_asset(field, Field::Currency).unwrap_or(Amount::ZERO);
        let place = row.place(column);
        let mut cells = vec![StatedCell {
            field: Field::Balance,
            row: place.0,
            column: place.1,
            text: number.text.clone(),
            factor: unit.factor,
        }];
        for field in [Field::Credit, Field::Debit] {
            if side(field) == Amount::ZERO {
                continue;
            }
            cells.extend(self.map.of(field).find_map(|column| {
                let number = number::read(row.cell(column)?, self.words.number)?;
                let unit = self
                    .unit(row, column, Field::Currency, number.currency.as_deref())
                    .ok()?;
                let place = row.place(column);
                (amount_of(&number.text, &unit).ok()? == side(field)).then_some(StatedCell {
                    field,
                    row: place.0,
                    column: place.1,
                    text: number.text,
                    factor: unit.factor,
                })
            }));
        }
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
            other: of_asset(Field::AmountOut, Field::CurrencyOut),
            cells,
            asset: unit.asset,
        })
    }

    pub(super) fn txid(&self, row: &Row, note: &str) -> Result<Option<[u8; 32]>, Reason> {
        if let Some(text) = self.text(row, Field::Txid) {
            return txid(&text)
                .map(Some)
                .ok_or_else(|| format!("transaction id `{text}` is not 64 hexadecimal digits"));
        }
        Ok(note.split_whitespace().find_map(txid))
    }

    pub(super) fn wallet(&self, row: &Row, note: &str) -> Option<AccountKey> {
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
pub(crate) fn amount_of(text: &str, unit: &Unit) -> Result<Amount, String> {
    let amount =
        Amount::parse_decimal(text, unit.asset.decimals()).map_err(|error| error.to_string())?;
    let units = amount
        .units()
        .checked_mul(i128::from(unit.factor))
        .ok_or("amount has more than 38 digits")?;
    Amount::new(units).map_err(|error| error.to_string())
}

/// A token with ASCII digits, without spaces at its ends.
pub(crate) fn plain_token(token: &str) -> String {
    trim(token)
        .chars()
        .map(|c| crate::table::text::digit(c).unwrap_or(c))
        .collect()
}

pub(super) fn is_ditto(text: &str) -> bool {
    matches!(
        text,
        "″" | "〃" | "\"" | "''" | "״" | "”" | "“" | "//" | "´´" | "-\"-" | "-//-" | ",,"
    ) || lexicon().rows.exact(text) == Some(RowWord::Ditto)
}

/// Whether a cell says "nothing here".
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "–" | "—" | "/" | "." | "x" | "X" | "ـ")
}
