//! What a text may mean, and whether a cell has it.
//!
//! Laws: a text is looked for as all that it can be; a hit says as what, and how well. What a cell says is never changed by what is
//! looked for.

use super::args::Kind;
use crate::shelf::phone;
use moneytrail_analysis::people::{NameHit, NameQuery};
use moneytrail_analysis::reconcile::bare_token;
use moneytrail_ingest::table::{date_readings, fold, number_readings};
use moneytrail_model::{AccountKey, Network};

/// Least letters and digits of a code.
const N_CODE_MIN: usize = 2;
/// Digits of a telephone that are compared.
const N_PHONE: usize = 9;

/// As what a place has the text, and how well: 0 best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Hit {
    pub(super) rank: u8,
    pub(super) kind: Kind,
    pub(super) says: &'static str,
}

impl Hit {
    pub(super) const fn new(rank: u8, kind: Kind, says: &'static str) -> Self {
        Self { rank, kind, says }
    }
}

/// All that a text may mean.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) kinds: Vec<Kind>,
    phone: Option<Box<str>>,
    code: Option<String>,
    /// Plain decimal texts.
    pub(super) amounts: Vec<String>,
    /// Days since 1970.
    pub(super) days: Vec<i64>,
    name: Option<NameQuery>,
    /// Byte forms.
    pub(super) keys: Vec<Vec<u8>>,
    /// As written, and from the last byte on.
    pub(super) txids: Option<[[u8; 32]; 2]>,
    /// An address or transaction id as text, in lower case.
    text: Option<String>,
}

impl Query {
    /// `kinds`: as what it is taken; empty for all.
    pub(super) fn new(text: &str, kinds: &[Kind]) -> Self {
        let text = text.trim();
        let folded = fold(text);
        let is = |kind: Kind| kinds.is_empty() || kinds.contains(&kind);
        let mut query = Self::default();
        if is(Kind::Transaction) {
            query.txids = txid(text);
        }
        if is(Kind::Address) {
            let keys = Network::ALL
                .into_iter()
                .filter_map(|network| AccountKey::parse(text, network));
            query.keys = keys
                .filter(|key| key.network().is_some())
                .map(|key| key.encode())
                .collect();
            query.keys.sort_unstable();
            query.keys.dedup();
        }
        if query.txids.is_some() || !query.keys.is_empty() {
            let plain = text.strip_prefix("0x").unwrap_or(text);
            query.text = Some(plain.to_lowercase());
        }
        let is_id = query.text.is_some();
        if is(Kind::Phone)
            && !is_id
            && !text.chars().any(char::is_alphabetic)
            && text.chars().all(is_of_phone)
        {
            query.phone = phone(text);
        }
        if is(Kind::Code) && !is_id && folded.split_whitespace().count() <= 3 {
            let code = bare_token(&folded);
            let is_code = code.len() >= N_CODE_MIN && code.chars().any(|c| c.is_ascii_digit());
            query.code = Some(code).filter(|_| is_code || kinds.contains(&Kind::Code));
        }
        if is(Kind::Amount) && !is_id {
            query.amounts = number_readings(text);
        }
        if is(Kind::Date) && !is_id {
            query.days = date_readings(text);
        }
        if is(Kind::Name) && !is_id {
            query.name = NameQuery::new(&folded);
        }
        query.kinds = query.said();
        query
    }

    fn said(&self) -> Vec<Kind> {
        let said = [
            (Kind::Transaction, self.txids.is_some()),
            (Kind::Address, !self.keys.is_empty()),
            (Kind::Phone, self.phone.is_some()),
            (Kind::Code, self.code.is_some()),
            (Kind::Amount, !self.amounts.is_empty()),
            (Kind::Date, !self.days.is_empty()),
            (Kind::Name, self.name.is_some()),
        ];
        said.into_iter().filter(|of| of.1).map(|of| of.0).collect()
    }

    /// The best that a raw cell is of it.
    pub(super) fn look(&self, raw: &str) -> Option<Hit> {
        if let Some(text) = &self.text {
            let kind = if self.txids.is_some() {
                Kind::Transaction
            } else {
                Kind::Address
            };
            let found = raw.len() >= text.len() && raw.to_lowercase().contains(text.as_str());
            return found.then_some(Hit::new(0, kind, "the same text"));
        }
        let has_digits = raw.chars().any(char::is_numeric);
        let mut hits = Vec::new();
        if has_digits {
            hits.extend(self.phone(raw));
            hits.extend(self.code(raw));
            hits.extend(self.amount(raw));
            hits.extend(self.date(raw));
        }
        hits.extend(self.name(raw));
        hits.into_iter().min()
    }

    /// A name of an account.
    pub(super) fn name(&self, raw: &str) -> Option<Hit> {
        let name = self.name.as_ref()?;
        let hit = name.look(&fold(raw))?;
        let rank = match hit {
            NameHit::Same => 0,
            NameHit::Spelling => 1,
            NameHit::Part => 3,
            NameHit::OtherVowels => 4,
            NameHit::Similar => 5,
        };
        Some(Hit::new(rank, Kind::Name, hit.as_str()))
    }

    fn phone(&self, raw: &str) -> Option<Hit> {
        let wanted = self.phone.as_deref()?;
        // Runs of what telephones are written with.
        let folded: String = raw
            .chars()
            .map(|c| if is_of_phone(c) { c } else { '\n' })
            .collect();
        let mut runs = folded.split('\n').map(fold);
        let found = runs.any(|run| {
            let digits: String = run.chars().filter(char::is_ascii_digit).collect();
            digits.len() >= N_PHONE && digits.ends_with(wanted)
        });
        found.then_some(Hit::new(0, Kind::Phone, "the same last nine digits"))
    }

    fn code(&self, raw: &str) -> Option<Hit> {
        let wanted = self.code.as_deref()?;
        let folded = fold(raw);
        if bare_token(&folded) == wanted {
            return Some(Hit::new(0, Kind::Code, "the same letters and digits"));
        }
        let mut words = raw.split_whitespace();
        let found = words.any(|word| bare_token(&fold(word)) == wanted);
        found.then_some(Hit::new(1, Kind::Code, "a word of the cell"))
    }

    fn amount(&self, raw: &str) -> Option<Hit> {
        if self.amounts.is_empty() {
            return None;
        }
        let is = |text: &str| {
            number_readings(text)
                .iter()
                .any(|of| self.amounts.contains(of))
        };
        if is(raw) {
            return Some(Hit::new(0, Kind::Amount, "the same number"));
        }
        let mut words = raw.split_whitespace();
        words
            .any(is)
            .then_some(Hit::new(2, Kind::Amount, "a number in the cell"))
    }

    fn date(&self, raw: &str) -> Option<Hit> {
        if self.days.is_empty() || raw.chars().count() > 40 {
            return None;
        }
        let is = date_readings(raw).iter().any(|day| self.days.contains(day));
        is.then_some(Hit::new(2, Kind::Date, "may be read as this day"))
    }
}

fn is_of_phone(c: char) -> bool {
    c.is_numeric()
        || matches!(
            c,
            ' ' | '-' | '(' | ')' | '.' | '/' | '+' | '\u{a0}' | '\u{200e}' | '\u{200f}'
        )
}

fn txid(text: &str) -> Option<[[u8; 32]; 2]> {
    let id: [u8; 32] = hex::decode(text.strip_prefix("0x").unwrap_or(text))
        .ok()?
        .try_into()
        .ok()?;
    let mut reversed = id;
    reversed.reverse();
    Some([id, reversed])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str, cell: &str) -> Option<Kind> {
        Query::new(text, &[]).look(cell).map(|hit| hit.kind)
    }

    #[test]
    fn cells_are_told_by_what_they_say() {
        for (text, cell, expected) in [
            ("+93 700 123 456", "0700-123456", Some(Kind::Phone)),
            ("0093700123456", "۰۷۰۰۱۲۳۴۵۶", Some(Kind::Phone)),
            ("+93700123456", "تلفون 0700 123 456 کابل", Some(Kind::Phone)),
            ("3650", "3,650", Some(Kind::Code)),
            ("3 650,50", "٣٬٦٥٠٫٥", Some(Kind::Amount)),
            ("KA-00242", "ka00242", Some(Kind::Code)),
            ("M831", "امانت رمز M831 به زهرا", Some(Kind::Code)),
            ("2022-05-16", "۱۴۰۱/۰۲/۲۶", Some(Kind::Date)),
            ("16.05.2022", "26 ثور 1401", Some(Kind::Date)),
            ("Rahmatullah", "رحمت الله", Some(Kind::Name)),
            ("Rahmatullah", "450", None),
            ("450", "4500", None),
        ] {
            assert_eq!(kind(text, cell), expected, "{text} in {cell}");
        }
    }

    #[test]
    fn a_kind_can_be_chosen() {
        let query = Query::new("3650", &[Kind::Amount]);
        assert_eq!(query.look("3,650").map(|hit| hit.kind), Some(Kind::Amount));
        assert_eq!(query.kinds, [Kind::Amount]);
        assert!(Query::new("zahra", &[Kind::Amount]).kinds.is_empty());
    }
}
