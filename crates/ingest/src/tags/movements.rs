//! What tells a record of movements from a list of wallets.
//!
//! Laws. A list says whose each wallet is, and no more. A table is a record of movements if a header speaks of sums, transactions or a
//! currency; if a column is mostly sums; if it has days of no finding beside numbers of any kind; or if it comes back to its wallets.
//! Numbers of rows, telephones, papers and confidence are no sums. In doubt it is a record: a payout taken for a list would make its
//! customer the owner of an address.

use super::plain::address_of;
use super::wallets::{is_confidence, is_said};
use crate::table::fold;
use crate::table::lexicon::{Concept, lexicon, words};
use crate::table::number::{self, NumberHabit};
use crate::table::text::digit;
use moneytrail_model::AccountKey;
use rustc_hash::FxHashSet;

/// Words that only the headers of a record have, folded.
const MOVEMENTS: &str = "amount|amounts|value|sum|total|quantity|balance|debit|credit|tx|txid|txhash|transaction|transactions|rate|fee|betrag|wert|summe|menge|saldo|kurs|gebuhr|iznos|kolicina|stanje|shuma|tutar|miktar|bakiye|montant|solde|importo|monto|сумма|مبلغ|مقدار|موجودی|المبلغ|الکمیه|الرصید";
/// Such words that say something else beside others: "found in", "file hash".
const MOVEMENTS_ALONE: &str = "in|out|hash";
/// Signs of currencies, which folding drops.
const SIGNS: [char; 8] = ['$', '€', '£', '¥', '₺', '₹', '₿', '₮'];
/// Words of headers of numbers that are no sums, beside those of the lexicon.
const NUMBERED: &str = "page|seite|strana|exhibit|asservat|case|akte|year|jahr|age|alter|zip|plz|postcode|imei|imsi|percent|percentage|prozent|score|risk|risiko";
/// Words of headers of the day on which a wallet was found.
const NOTED: &str = "seized|found|noted|seen|recorded|added|sichergestellt|gefunden|festgestellt|beschlagnahmt|notiert|erfasst|oduzeto|zaplenjeno|pronadeno|nadeno|zabelezeno|zabiljezeno|gjetur|sekuestruar|bulundu|bulunan|elkonulan|saisi|trouve|sequestrato|trovato|incautado|encontrado|изъято|найдено|ضبط|کشف|توقیف|ثبت|مضبوط|المضبوط";
/// Rows that may name a wallet again in the shortest list.
const N_REPEATS: u64 = 2;
/// Fewest digits of a telephone number.
const TELEPHONE_DIGITS: usize = 8;

/// Whether one of the words of a header is one of these.
fn has_word_of(words: &str, header: &str) -> bool {
    let header = fold(header);
    let mut of_header = header.split(' ').filter(|word| !word.is_empty());
    of_header.any(|of_header| words.split('|').any(|word| fold(word) == of_header))
}

/// Whether a header speaks of sums or transactions; the header of the addresses may name the coin.
fn speaks_of_movements(header: &str, is_of_addresses: bool) -> bool {
    let folded = fold(header);
    let alone = MOVEMENTS_ALONE.split('|').any(|word| folded == word);
    let names_currency = || {
        let words = words(header);
        let mut starts = (0..words.len()).map(|start| &words[start..]);
        header.contains(SIGNS)
            || starts.any(|words| lexicon().currencies.longest_at(words).is_some())
    };
    alone || has_word_of(MOVEMENTS, header) || !is_of_addresses && names_currency()
}

/// Whether a header names numbers that are no sums.
fn is_numbered(header: &str) -> bool {
    let words = words(header);
    let numbers = |concept: Concept| {
        matches!(
            concept,
            Concept::Serial | Concept::Number | Concept::Phone | Concept::IdNo
        )
    };
    let mut starts = (0..words.len()).map(|start| &words[start..]);
    let of_lexicon = starts.any(|words| {
        let found = lexicon().headers.longest_at(words);
        found.is_some_and(|(meanings, _)| meanings.iter().any(|&(_, concept)| numbers(concept)))
    });
    of_lexicon || has_word_of(NUMBERED, header)
}

/// Whether a cell is a day in figures, with or without a clock time.
fn is_day(cell: &str) -> bool {
    let day = cell.split([' ', 'T']).next().unwrap_or_default();
    let day = day.trim_end_matches('.');
    let is_part = |part: &str| {
        matches!(part.chars().count(), 1 | 2 | 4) && part.chars().all(|c| digit(c).is_some())
    };
    (6..=10).contains(&day.chars().count())
        && day.split(['-', '.', '/']).count() == 3
        && day.split(['-', '.', '/']).all(is_part)
}

/// Whether a number is written as a telephone's: a prefix, and no decimal mark.
fn is_telephone(cell: &str) -> bool {
    let n_digits = cell.chars().filter(|&c| digit(c).is_some()).count();
    cell.starts_with(['+', '0', '۰', '٠'])
        && n_digits >= TELEPHONE_DIGITS
        && !cell.contains(['.', ',', '٫', '،'])
}

fn is_number(cell: &str) -> bool {
    !is_telephone(cell) && number::read_text(cell, NumberHabit::default()).is_some()
}

/// What the cells of a column are.
#[derive(Default)]
pub(super) struct Column {
    n_filled: u64,
    n_addresses: u64,
    n_days: u64,
    n_numbers: u64,
    /// Numbers that follow the one above by one, and the first if counting can begin with it.
    n_in_turn: u64,
    last: Option<u64>,
    accounts: FxHashSet<AccountKey>,
}

impl Column {
    /// Looks at the next cell.
    pub(super) fn take(&mut self, cell: &str) {
        if cell.is_empty() {
            return;
        }
        self.n_filled += 1;
        if let Some(account) = address_of(cell) {
            self.n_addresses += 1;
            self.accounts.insert(account);
        } else if is_day(cell) {
            self.n_days += 1;
        } else if is_number(cell) {
            self.n_numbers += 1;
            self.count(cell);
        }
    }

    fn count(&mut self, cell: &str) {
        let Ok(number) = cell.parse::<u64>() else {
            return;
        };
        let is_next = match self.last {
            Some(last) => last.checked_add(1) == Some(number),
            None => number <= 1,
        };
        self.n_in_turn += u64::from(is_next);
        self.last = Some(number);
    }

    pub(super) const fn has_addresses(&self) -> bool {
        self.n_addresses > 0
    }

    /// Whether half of its cells at least are addresses.
    pub(super) const fn is_of_addresses(&self) -> bool {
        self.n_addresses > 0 && self.n_addresses * 2 >= self.n_filled
    }

    /// Whether more than a tenth of its addresses, and more than a slip, stood above already.
    fn comes_back(&self) -> bool {
        let n_repeats = self.n_addresses - self.accounts.len() as u64;
        n_repeats > N_REPEATS && n_repeats * 10 > self.n_addresses
    }

    const fn is_of_days(&self) -> bool {
        self.n_days * 2 > self.n_filled
    }

    const fn is_of_numbers(&self) -> bool {
        self.n_numbers * 2 > self.n_filled
    }

    /// Whether it is mostly sums: numbers that neither the header nor their order makes something else.
    fn is_of_sums(&self, header: &str) -> bool {
        let is_count = header.is_empty() && self.n_in_turn == self.n_numbers;
        self.is_of_numbers()
            && !is_count
            && !is_said(header)
            && !is_confidence(header)
            && !is_numbered(header)
    }
}

/// Whether a header says that it is a record of movements. `address` is the column of addresses.
pub(super) fn are_headers_of(headers: &[String], address: usize) -> bool {
    let mut headers = headers.iter().enumerate();
    headers.any(|(at, header)| speaks_of_movements(header, at == address))
}

/// Whether the cells say that it is a record of movements; columns beyond the headers have none.
pub(super) fn are_cells_of(headers: &[String], columns: &[Column], address: usize) -> bool {
    let header = |at: usize| headers.get(at).map_or("", String::as_str);
    let others = || (columns.iter().enumerate()).filter(move |&(at, _)| at != address);
    let has_days =
        others().any(|(at, column)| column.is_of_days() && !has_word_of(NOTED, header(at)));
    let has_numbers =
        || others().any(|(at, column)| column.is_of_numbers() && !is_confidence(header(at)));
    others().any(|(at, column)| column.is_of_sums(header(at)))
        || has_days && has_numbers()
        || columns[address].comes_back()
}
