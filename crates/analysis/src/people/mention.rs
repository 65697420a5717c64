//! A mention of a person in a record, and its form for comparison.

use super::name::{Forms, Likeness, Name, Title};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;

/// As whom a person stands in a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Party {
    /// Who brings money, or on whose word it moves.
    Sender,
    /// Who is to get it.
    Beneficiary,
}

/// A person as one record names him. What it does not say is `None` or empty, and speaks neither for nor against.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mention {
    /// Names the mention, such as the locator of its name: no two share one. It breaks ties.
    pub key: Box<str>,
    /// The book that it stands in.
    pub book: u32,
    /// The record that it stands in.
    pub record: u64,
    /// As whom it stands there: the two parties of a record are two people.
    pub party: Party,
    /// Name, folded for matching.
    pub name: Box<str>,
    /// Another name, as in `Kaka (Qasim)`, folded.
    pub alias: Option<Box<str>>,
    /// Father's name, folded.
    pub father: Option<Box<str>>,
    /// Telephones: the last nine digits.
    pub phones: Vec<Box<str>>,
    /// Number of an identity document, folded.
    pub id_no: Option<Box<str>>,
    /// Who deals with the person face to face: takes the money or pays it out; else where.
    pub home: Option<Box<str>>,
    /// The other party of the order, folded.
    pub partner: Option<Box<str>>,
}

impl Mention {
    /// A mention of which nothing is known but the name.
    pub fn new(
        key: impl Into<Box<str>>,
        record: u64,
        party: Party,
        name: impl Into<Box<str>>,
    ) -> Self {
        Self {
            key: key.into(),
            book: 0,
            record,
            party,
            name: name.into(),
            alias: None,
            father: None,
            phones: Vec::new(),
            id_no: None,
            home: None,
            partner: None,
        }
    }
}

/// Two mentions that stand at one place of one order, as two books describe it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tie {
    /// Positions of the mentions.
    pub mentions: [usize; 2],
    /// Probability that the records describe one order.
    pub posterior: f64,
}

/// What a person decided of two mentions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Positions of the mentions.
    pub mentions: [usize; 2],
    /// Whether they are one person.
    pub is_same: bool,
}

/// A mention with its names in their form for comparison: positions of what is interned.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) names: Vec<u32>,
    pub(super) title: Option<Title>,
    pub(super) father: Option<u32>,
    pub(super) phones: Vec<u32>,
    pub(super) id_no: Option<u32>,
    pub(super) home: Option<u32>,
    pub(super) partner: Option<u32>,
}

/// Names, each once, by position.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) names: Vec<Name>,
    forms: Vec<Forms>,
    /// Numbers of the keys of each name, ascending.
    keys: Vec<Box<[u32]>>,
}

impl Values {
    /// Of names, ascending.
    fn of(names: Vec<Name>) -> Self {
        let forms: Vec<Forms> = names.par_iter().map(Name::forms).collect();
        let both = || forms.iter().zip(&names);
        let all = both().flat_map(|(forms, name)| forms.keys(name));
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        for key in all {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            numbers.entry(key).or_insert(next);
        }
        let keys = both().map(|(forms, name)| {
            let mut keys: Vec<u32> = forms.keys(name).map(|key| numbers[key]).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.into()
        });
        let keys = keys.collect();
        Self { names, forms, keys }
    }

    /// Whether a word of one name may have the consonants of one of the other, or both are written with the same digits.
    fn share_key(&self, a: u32, b: u32) -> bool {
        let (mut a, mut b) = (&*self.keys[a as usize], &*self.keys[b as usize]);
        while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b) {
            match x.cmp(y) {
                Ordering::Less => a = rest_a,
                Ordering::Equal => return true,
                Ordering::Greater => b = rest_b,
            }
        }
        false
    }

    /// Whether two names may be parts of one, or spellings.
    pub(super) fn may_be_one(&self, a: u32, b: u32) -> bool {
        a == b || self.share_key(a, b) || self.names[a as usize].is_alike(&self.names[b as usize])
    }

    /// How two names are alike.
    pub(super) fn likeness(&self, a: u32, b: u32, similar_permille: u32) -> Likeness {
        let of = |name: u32| (&self.names[name as usize], &self.forms[name as usize]);
        let ((x, of_x), (y, of_y)) = (of(a), of(b));
        if self.share_key(a, b) {
            x.likeness_by(of_x, (y, of_y), similar_permille)
        } else if of_x.has_digits() || of_y.has_digits() {
            Likeness::Different
        } else {
            x.likeness_apart(y, similar_permille)
        }
    }
}

/// Prepares mentions; positions ascend with the values, so that they depend on the set of mentions alone.
pub(super) fn prepare(mentions: &[&Mention]) -> (Vec<Prepared>, Values) {
    struct Parsed {
        names: Vec<Name>,
        father: Option<Name>,
        partner: Option<Name>,
    }
    let parsed: Vec<Parsed> = mentions
        .par_iter()
        .map(|mention| {
            let of = |text: &Option<Box<str>>| text.as_deref().and_then(Name::parse);
            let own = Name::parse(&mention.name);
            Parsed {
                names: own.into_iter().chain(of(&mention.alias)).collect(),
                father: of(&mention.father),
                partner: of(&mention.partner),
            }
        })
        .collect();
    let mut names: Vec<Name> = parsed
        .iter()
        .flat_map(|of| of.names.iter().chain(&of.father).chain(&of.partner))
        .cloned()
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut texts: Vec<Box<str>> = mentions
        .iter()
        .flat_map(|of| of.phones.iter().chain(&of.id_no).chain(&of.home))
        .cloned()
        .collect();
    texts.sort_unstable();
    texts.dedup();
    let of_name = |name: &Name| place(names.binary_search(name));
    let of_text = |text: &str| place(texts.binary_search_by(|known| (**known).cmp(text)));
    let prepared = mentions
        .iter()
        .zip(&parsed)
        .map(|(mention, parsed)| Prepared {
            names: parsed.names.iter().map(of_name).collect(),
            title: parsed.names.iter().find_map(|name| name.title),
            father: parsed.father.as_ref().map(of_name),
            phones: mention.phones.iter().map(|text| of_text(text)).collect(),
            id_no: mention.id_no.as_deref().map(of_text),
            home: mention.home.as_deref().map(of_text),
            partner: parsed.partner.as_ref().map(of_name),
        })
        .collect();
    (prepared, Values::of(names))
}

/// What is interned is found.
fn place(found: Result<usize, usize>) -> u32 {
    let (Ok(place) | Err(place)) = found;
    u32::try_from(place).unwrap_or(u32::MAX)
}
