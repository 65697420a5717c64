//! The book of one keeper.
//!
//! Law: each row's balance is the balance before it in its currency, plus what came in, minus what went out;
//! commission is kept apart and in no balance.

use super::style::{Currency, RowKind, STYLES, Style};
use crate::table::Table;
use crate::{Error, Listed};
use std::path::Path;

/// What every cash box holds at first, in hundredths.
const OPENING_CENTS: i64 = 5_000_000_000;

/// What a row says.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) day: u32,
    pub(super) kind: RowKind,
    pub(super) token: String,
    pub(super) sender: Option<u32>,
    pub(super) beneficiary: Option<u32>,
    pub(super) counterpart: Option<usize>,
    /// In hundredths: positive in, negative out.
    pub(super) cents: i64,
    pub(super) commission_cents: i64,
    pub(super) currency: Currency,
    pub(super) note: String,
}

/// Columns of [`Style::columns`] that name a sender and a beneficiary.
pub(super) const SENDER: usize = 4;
pub(super) const BENEFICIARY: usize = 5;

/// Whom a row names, as its book writes them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Named {
    pub(super) sender: String,
    pub(super) beneficiary: String,
    pub(super) phone: String,
}

impl Entry {
    /// An entry with nothing but day, kind and money.
    pub(super) fn new(day: u32, kind: RowKind, cents: i64, currency: Currency) -> Self {
        Self {
            day,
            kind,
            token: String::new(),
            sender: None,
            beneficiary: None,
            counterpart: None,
            cents,
            commission_cents: 0,
            currency,
            note: String::new(),
        }
    }

    /// Who stands at the counter: a payout's beneficiary, or who brings money.
    pub(super) const fn at_the_counter(&self) -> Option<u32> {
        match self.kind {
            RowKind::Payout | RowKind::Release | RowKind::Refund => self.beneficiary,
            _ => self.sender,
        }
    }
}

/// A book that is being kept.
#[derive(Debug)]
pub(super) struct Book {
    table: Table,
    pub(super) style: Style,
    pub(super) balances_cents: [i64; 3],
    /// Day of its last line, since 1970.
    pub(super) last_day: u32,
    /// Row of the file that was written last.
    row: u64,
    /// Lines that were entered.
    n_entered: u64,
}

/// Name of a keeper, the same in all books: syllables that are no name, for digits are no part of one.
pub(super) fn keeper(number: usize) -> String {
    const CONSONANTS: [&str; 16] = [
        "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z",
    ];
    const VOWELS: [&str; 4] = ["a", "e", "i", "o"];
    let syllable = |number: usize| {
        let (consonant, vowel) = (number / VOWELS.len(), number % VOWELS.len());
        [CONSONANTS[consonant % CONSONANTS.len()], VOWELS[vowel]].concat()
    };
    let n_syllables = CONSONANTS.len() * VOWELS.len();
    // Neighbours differ in both syllables.
    let (first, second) = (number % n_syllables, 7 * number + number / n_syllables);
    format!(
        "Keeper {}{}x",
        syllable(first),
        syllable(second % n_syllables)
    )
}

/// File of a keeper's book, by which its rows are cited.
pub(super) fn file(number: usize) -> String {
    format!("{}.csv", keeper(number))
}

impl Book {
    pub(super) fn open(out: &Path, number: usize, day: u32) -> Result<Self, Error> {
        let style = STYLES[number % STYLES.len()];
        let path = format!("evidence/books/{}", file(number));
        let header = style.rows(&style.columns, style.phone.unwrap_or_default());
        let mut book = Self {
            table: Table::create(out, &path, &header[0])?,
            style,
            balances_cents: [0; 3],
            last_day: day,
            row: 1,
            n_entered: 0,
        };
        for line in &header[1..] {
            book.table.raw(format!("{line}\n").as_bytes(), 0)?;
            book.row += 1;
        }
        for currency in Currency::ALL {
            let mut cells: [String; 13] = Default::default();
            style.word(RowKind::Opening).clone_into(&mut cells[3]);
            cells[1] = style.date(day);
            cells[9] = style.currency(currency).into();
            cells[11] = style.amount(OPENING_CENTS);
            book.balances_cents[currency as usize] = OPENING_CENTS;
            book.put(&cells, "", 1)?;
        }
        Ok(book)
    }

    /// Writes a row with the names of sender and beneficiary; gives its number.
    pub(super) fn enter(&mut self, entry: &Entry, named: &Named) -> Result<u64, Error> {
        let style = self.style;
        self.n_entered += 1;
        self.last_day = entry.day;
        let balance = &mut self.balances_cents[entry.currency as usize];
        *balance += entry.cents;
        let amount = |cents: i64| {
            if cents > 0 {
                style.amount(cents)
            } else {
                String::new()
            }
        };
        let cells = [
            self.n_entered.to_string(),
            style.date(entry.day),
            entry.token.clone(),
            style.word(entry.kind).into(),
            named.sender.clone(),
            named.beneficiary.clone(),
            entry.counterpart.map(keeper).unwrap_or_default(),
            amount(entry.cents),
            amount(-entry.cents),
            style.currency(entry.currency).into(),
            amount(entry.commission_cents),
            style.amount(*balance),
            entry.note.clone(),
        ];
        self.put(&cells, &named.phone, 2)
    }

    /// Writes a line, which takes at most so many rows; gives the number of its first.
    fn put(&mut self, cells: &[String; 13], phone: &str, n_rows_max: usize) -> Result<u64, Error> {
        let rows = self
            .style
            .rows(&cells.each_ref().map(String::as_str), phone);
        let first = self.row + 1;
        for line in rows.iter().take(n_rows_max) {
            self.table.row(format_args!("{line}"))?;
            self.row += 1;
        }
        Ok(first)
    }

    pub(super) fn close(self) -> Result<Listed, Error> {
        self.table.finish()
    }
}
