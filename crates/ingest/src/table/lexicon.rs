//! The words of books, in the languages they are kept in (`lexicon/*.toml`).
//!
//! Law: a word of the lexicon decides how a cell is read, never what a report shows.

use super::text::fold;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const HEADERS: &str = include_str!("lexicon/headers.toml");
const VALUES: &str = include_str!("lexicon/values.toml");

/// Phrases of folded words, each with a meaning.
#[derive(Debug)]
pub(crate) struct Phrases<T> {
    meanings: FxHashMap<Box<str>, Vec<T>>,
    n_words_max: usize,
}

impl<T: Clone + PartialEq> Phrases<T> {
    fn new() -> Self {
        Self {
            meanings: FxHashMap::default(),
            n_words_max: 0,
        }
    }

    fn insert(&mut self, phrase: &str, meaning: T) {
        let words = words(phrase);
        if words.is_empty() {
            // A symbol such as `$`, which folding takes for punctuation.
            let symbol = phrase.trim().to_lowercase();
            self.push(symbol.into(), meaning);
            return;
        }
        self.n_words_max = self.n_words_max.max(words.len());
        self.push(words.join(" ").into(), meaning);
    }

    fn push(&mut self, phrase: Box<str>, meaning: T) {
        let meanings = self.meanings.entry(phrase).or_default();
        if !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }

    /// All meanings of the whole text.
    pub(crate) fn all(&self, words: &[String]) -> &[T] {
        self.meanings
            .get(words.join(" ").as_str())
            .map_or(&[], Vec::as_slice)
    }

    /// Meaning of the whole text; a symbol counts as text.
    pub(crate) fn exact(&self, text: &str) -> Option<T> {
        let words = words(text);
        let found = if words.is_empty() {
            self.meanings.get(text.trim().to_lowercase().as_str())
        } else {
            self.meanings.get(words.join(" ").as_str())
        };
        found.and_then(|meanings| meanings.first().cloned())
    }

    /// The longest phrase that begins at the first of these words, and its number of words.
    pub(crate) fn longest_at(&self, words: &[String]) -> Option<(&[T], usize)> {
        (1..=self.n_words_max.min(words.len())).rev().find_map(|n| {
            let meanings = self.all(&words[..n]);
            (!meanings.is_empty()).then_some((meanings, n))
        })
    }

    /// The longest phrase anywhere in these words: its meaning, where it begins, its length.
    pub(crate) fn longest_in(&self, words: &[String]) -> Option<(T, usize, usize)> {
        let mut best: Option<(T, usize, usize)> = None;
        for start in 0..words.len() {
            if let Some((meanings, n)) = self.longest_at(&words[start..])
                && best.as_ref().is_none_or(|&(_, _, longest)| n > longest)
            {
                best = Some((meanings[0].clone(), start, n));
            }
        }
        best
    }

    /// Meaning of a cell: of its whole text, else of the phrase it begins with.
    pub(crate) fn of_cell(&self, text: &str) -> Option<T> {
        self.exact(text).or_else(|| {
            self.longest_at(&words(text))
                .map(|(meanings, _)| meanings[0].clone())
        })
    }
}

/// Folded words, without the Arabic article, numbers at the end of a word apart.
pub(crate) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words = Vec::new();
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        let word = without_article(word);
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        if !letters.is_empty() && letters.len() < word.len() {
            words.push(letters.to_owned());
            words.push(word[letters.len()..].to_owned());
        } else {
            words.push(word.to_owned());
        }
    }
    words
}

fn without_article(word: &str) -> &str {
    match word.strip_prefix("ال") {
        Some(rest) if rest.chars().count() >= 3 => rest,
        _ => word,
    }
}

macro_rules! meanings {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub(crate) enum $name { $($variant,)+ }

        impl $name {
            /// Its word in the lexicon and in profiles.
            #[allow(dead_code, reason = "not every kind of meaning is printed")]
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The meaning with this word.
            pub(crate) fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

meanings! {
    /// What a word in a header speaks of.
    Concept {
        Serial = "serial", Number = "number", Token = "token", Date = "date", Solar = "solar",
        Gregorian = "gregorian", Islamic = "islamic", Clock = "clock", Name = "name",
        Sender = "sender", Beneficiary = "beneficiary", Father = "father", Phone = "phone",
        IdNo = "id_no", Place = "place", Origin = "origin", Counterpart = "counterpart",
        Amount = "amount", Currency = "currency", Rate = "rate", Commission = "commission",
        Credit = "credit", Debit = "debit", Balance = "balance", Type = "type", Status = "status",
        Approval = "approval", Payment = "payment", Delivery = "delivery", Note = "note",
        Detail = "detail", Hawala = "hawala", Original = "original", Converted = "converted",
        Second = "second", Txid = "txid", Wallet = "wallet",
    }
}

meanings! {
    /// What a row of a book books.
    EntryType {
        Send = "send", Receive = "receive", Settle = "settle", Exchange = "exchange",
        Deposit = "deposit", Release = "release", Refund = "refund", Withdraw = "withdraw",
        Commission = "commission", Expense = "expense", Opening = "opening",
        Reversal = "reversal", Payment = "payment",
    }
}

meanings! {
    /// What a row is that moves nothing.
    RowWord {
        Total = "total", Carried = "carried", Brought = "brought", Opening = "opening",
        Ditto = "ditto",
    }
}

meanings! {
    /// A state on one of three axes.
    State {
        Pending = "pending", Accepted = "accepted", Cancelled = "cancelled",
        Reversed = "reversed", Unpaid = "unpaid", Paid = "paid",
        NotDelivered = "not_delivered", Delivered = "delivered",
    }
}

meanings! {
    /// Which way money went.
    Direction { Out = "out", In = "in", }
}

meanings! {
    /// An account of the keeper's own that a book names where a colleague would stand.
    OwnAccount { Pending = "pending", }
}

meanings! {
    /// A joint in a sentence that books a row.
    Joint {
        To = "to", From = "from", For = "for", In = "in", With = "with", Code = "code",
        Father = "father", Note = "note",
    }
}

meanings! {
    /// A calendar.
    Calendar { Gregorian = "gregorian", Solar = "solar", Islamic = "islamic", }
}

type Words = BTreeMap<String, Vec<String>>;

/// What a header word means: position of the language in the file, and concept.
pub(crate) type Meaning = (usize, Concept);

#[derive(Deserialize)]
struct Values {
    types: Words,
    rows: Words,
    currencies: Words,
    states: Words,
    directions: Words,
    sides: Words,
    lists: Words,
    accounts: Words,
    detail: Words,
    months: BTreeMap<String, Words>,
    factors: Words,
    titles: Words,
    owners: Words,
    places: Words,
}

/// All words, folded.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Languages of the header words, by position.
    pub(crate) languages: Vec<Box<str>>,
    /// Header words: position of the language in the file, and concept.
    pub(crate) headers: Phrases<Meaning>,
    /// Latin words of headers, for matching their beginnings.
    pub(crate) header_words: Vec<(Box<str>, Vec<Meaning>)>,
    pub(crate) types: Phrases<EntryType>,
    pub(crate) rows: Phrases<RowWord>,
    /// Currency codes as written in the lexicon, `10*IRR` for the toman.
    pub(crate) currencies: Phrases<Box<str>>,
    pub(crate) states: Phrases<State>,
    pub(crate) directions: Phrases<Direction>,
    /// Words that say the side of the cash box and nothing else.
    pub(crate) sides: Phrases<Direction>,
    /// Words in the name of a list of orders that say whether they were sent or received.
    pub(crate) lists: Phrases<EntryType>,
    /// Names of the account of orders that wait: what goes in is held, what goes out is released.
    pub(crate) accounts: Phrases<OwnAccount>,
    pub(crate) joints: Phrases<Joint>,
    pub(crate) months: Phrases<(Calendar, u8)>,
    pub(crate) factors: Phrases<u64>,
    pub(crate) titles: Phrases<()>,
    /// Headers of a column that names the keeper in every row.
    pub(crate) owners: Phrases<()>,
    /// Cities that books are kept in.
    pub(crate) places: Phrases<()>,
    all_words: FxHashSet<String>,
}

/// The lexicon of the program.
pub(crate) fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);
    &LEXICON
}

/// Whether a word says no more than "an order".
pub(crate) fn is_hawala(text: &str) -> bool {
    let meanings = lexicon().headers.all(&words(text));
    meanings
        .iter()
        .any(|(_, concept)| *concept == Concept::Hawala)
}

/// How many words of the lexicon, of three letters or more, stand in a text.
pub(crate) fn n_hits(text: &str) -> usize {
    let known = &lexicon().all_words;
    words(text)
        .iter()
        .filter(|word| word.chars().count() >= 3 && known.contains(*word))
        .count()
}

impl Lexicon {
    fn load() -> Self {
        let headers: toml::Table = HEADERS.parse().expect("the header lexicon is TOML");
        let values: Values = toml::from_str(VALUES).expect("the value lexicon is TOML");
        let mut phrases = Phrases::new();
        let languages = headers
            .keys()
            .map(|language| language.as_str().into())
            .collect();
        let mut header_words: BTreeMap<Box<str>, Vec<Meaning>> = BTreeMap::new();
        for (language, (_, concepts)) in headers.into_iter().enumerate() {
            let concepts: Words = concepts.try_into().expect("languages hold lists of words");
            for (concept, list) in concepts {
                let concept = Concept::from_word(&concept).expect("the lexicon names concepts");
                for phrase in list {
                    phrases.insert(&phrase, (language, concept));
                    if let [word] = words(&phrase).as_slice() {
                        let meanings = header_words.entry(word.as_str().into()).or_default();
                        meanings.push((language, concept));
                    }
                }
            }
        }
        let mut all_words: FxHashSet<String> = FxHashSet::default();
        for group in [
            &values.types,
            &values.rows,
            &values.currencies,
            &values.states,
        ] {
            for phrase in group.values().flatten() {
                all_words.extend(words(phrase));
            }
        }
        all_words.extend(header_words.keys().map(ToString::to_string));
        Self {
            languages,
            headers: phrases,
            header_words: header_words.into_iter().collect(),
            types: phrases_of(&values.types, EntryType::from_word),
            rows: phrases_of(&values.rows, RowWord::from_word),
            currencies: phrases_of(&values.currencies, |code| Some(code.into())),
            states: phrases_of(&values.states, State::from_word),
            directions: phrases_of(&values.directions, Direction::from_word),
            sides: phrases_of(&values.sides, Direction::from_word),
            lists: phrases_of(&values.lists, EntryType::from_word),
            accounts: phrases_of(&values.accounts, OwnAccount::from_word),
            joints: phrases_of(&values.detail, Joint::from_word),
            months: months_of(&values.months),
            factors: phrases_of(&values.factors, |number| number.parse().ok()),
            titles: phrases_of(&values.titles, |_| Some(())),
            owners: phrases_of(&values.owners, |_| Some(())),
            places: phrases_of(&values.places, |_| Some(())),
            all_words,
        }
    }
}

fn phrases_of<T: Clone + PartialEq>(words: &Words, read: impl Fn(&str) -> Option<T>) -> Phrases<T> {
    let mut phrases = Phrases::new();
    for (meaning, list) in words {
        let meaning = read(meaning).expect("the lexicon names meanings");
        for phrase in list {
            phrases.insert(phrase, meaning.clone());
        }
    }
    phrases
}

fn months_of(calendars: &BTreeMap<String, Words>) -> Phrases<(Calendar, u8)> {
    let mut phrases = Phrases::new();
    for (calendar, months) in calendars {
        let calendar = Calendar::from_word(calendar).expect("the lexicon names calendars");
        for (number, names) in months {
            let number = number.parse().expect("months are numbers");
            for name in names {
                phrases.insert(name, (calendar, number));
            }
        }
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_several_languages_are_known() {
        let lexicon = lexicon();
        for (text, code) in [
            ("تومان", "10*IRR"),
            ("ریال", "IRR"),
            ("دالر ", "USD"),
            ("$", "USD"),
            ("Ft", "HUF"),
            ("динара", "RSD"),
            ("ليرة تركية", "TRY"),
            ("تتر", "USDT"),
        ] {
            assert_eq!(
                lexicon.currencies.exact(text).as_deref(),
                Some(code),
                "{text}"
            );
        }
        for (text, entry) in [
            ("صرف أمانة", EntryType::Release),
            ("أمانة", EntryType::Deposit),
            ("Menjačnica", EntryType::Exchange),
            ("تصفیه با حسن", EntryType::Settle),
            ("Isplata", EntryType::Receive),
            ("giden havale", EntryType::Send),
        ] {
            assert_eq!(lexicon.types.of_cell(text), Some(entry), "{text}");
        }
        assert_eq!(
            lexicon.rows.of_cell("نقل از صفحه قبل"),
            Some(RowWord::Brought)
        );
        assert_eq!(words("Val2"), ["val", "2"]);
        assert_eq!(words("المبلغ"), ["مبلغ"]);
    }
}
