//! Which mentions are worth comparing: several passes, each by a key that mentions of one person often share.
//!
//! Law: a key that more than `block_pairs_max` pairs share is left out of its pass and counted, so that no pass is quadratic in the
//! mentions. O(n log n + pairs).

use super::Options;
use super::mention::{Prepared, Values};
use moneytrail_model::{Stop, Watch};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A pass of blocking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pass {
    /// A telephone.
    Phone,
    /// A document's number.
    IdNo,
    /// The consonants of the whole name.
    Whole,
    /// The consonants of a word of the name, and the home.
    WordAtHome,
    /// The consonants of two words of the name.
    TwoWords,
    /// The consonants of a word of the name, and the partner's.
    WordAndPartner,
    /// The consonants of a word of the name, and the father's.
    WordAndFather,
}

impl Pass {
    /// All passes.
    pub const ALL: [Self; 7] = [
        Self::Phone,
        Self::IdNo,
        Self::Whole,
        Self::WordAtHome,
        Self::TwoWords,
        Self::WordAndPartner,
        Self::WordAndFather,
    ];

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::IdNo => "document",
            Self::Whole => "whole name",
            Self::WordAtHome => "word and home",
            Self::TwoWords => "two words",
            Self::WordAndPartner => "word and partner",
            Self::WordAndFather => "word and father",
        }
    }
}

/// What a pass gave.
pub type Blocked = crate::linkage::Blocked<Pass>;

/// Two mentions by position, the smaller first.
pub(super) type Pair = (u32, u32);

/// Consonants of names by number.
struct Skeletons {
    /// By name: words, also as a hand writes them to whom `j` is a vowel.
    words: Vec<Vec<u32>>,
    whole: Vec<u32>,
}

impl Skeletons {
    fn of(values: &Values) -> Self {
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut number = |text: String| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(text).or_insert(next)
        };
        let (mut words, mut whole) = (Vec::new(), Vec::new());
        for name in &values.names {
            let mut of: Vec<u32> = Vec::new();
            for word in &name.words {
                of.push(number(word.skeleton.to_string()));
                of.extend(word.variants().map(&mut number));
            }
            of.sort_unstable();
            of.dedup();
            words.push(of);
            whole.push(number(name.whole.to_string()));
        }
        Self { words, whole }
    }
}

/// The pairs of all passes, ascending, each once, and the count of each pass.
pub(super) fn pairs(
    mentions: &[Prepared],
    values: &Values,
    options: &Options,
    watch: &dyn Watch,
) -> Result<(Vec<Pair>, Vec<Blocked>), Stop> {
    let skeletons = Skeletons::of(values);
    let (mut all, mut passes) = (Vec::new(), Vec::new());
    for pass in Pass::ALL {
        watch.check()?;
        let (pairs, blocked) = of_pass(mentions, &skeletons, pass, options);
        all.extend(pairs);
        passes.push(blocked);
    }
    all.par_sort_unstable();
    all.dedup();
    Ok((all, passes))
}

fn of_pass(
    mentions: &[Prepared],
    skeletons: &Skeletons,
    pass: Pass,
    options: &Options,
) -> (Vec<Pair>, Blocked) {
    let mut keyed: Vec<([u32; 2], u32)> = (0_u32..)
        .zip(mentions)
        .flat_map(|(place, mention)| {
            keys(mention, skeletons, pass)
                .into_iter()
                .map(move |key| (key, place))
        })
        .collect();
    keyed.par_sort_unstable();
    keyed.dedup();
    let n_of = |group: &[([u32; 2], u32)]| {
        let n = group.len() as u64;
        n * n.saturating_sub(1) / 2
    };
    let groups: Vec<&[([u32; 2], u32)]> = keyed.chunk_by(|a, b| a.0 == b.0).collect();
    let (taken, left_out): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| n_of(group) <= options.block_pairs_max);
    let mut pairs: Vec<Pair> = taken
        .par_iter()
        .flat_map_iter(|group| {
            let of = move |first: usize| {
                group[first + 1..]
                    .iter()
                    .map(move |next| (group[first].1, next.1))
            };
            (0..group.len()).flat_map(of)
        })
        .collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let blocked = Blocked {
        pass,
        n_pairs: pairs.len() as u64,
        n_keys_left_out: left_out.len() as u64,
        n_pairs_left_out: left_out.iter().map(|group| n_of(group)).sum(),
    };
    (pairs, blocked)
}

fn keys(mention: &Prepared, skeletons: &Skeletons, pass: Pass) -> Vec<[u32; 2]> {
    let names = || mention.names.iter().map(|&name| name as usize);
    let words = || names().flat_map(|name| skeletons.words[name].iter().copied());
    let whole = |name: u32| skeletons.whole[name as usize];
    let with = |value: Option<u32>| -> Vec<[u32; 2]> {
        let value = value.into_iter();
        value
            .flat_map(|value| words().map(move |word| [word, value]))
            .collect()
    };
    match pass {
        Pass::Phone => mention.phones.iter().map(|&phone| [phone, 0]).collect(),
        Pass::IdNo => mention.id_no.iter().map(|&id_no| [id_no, 0]).collect(),
        Pass::Whole => names().map(|name| [skeletons.whole[name], 0]).collect(),
        Pass::WordAtHome => with(mention.home),
        Pass::TwoWords => names()
            .flat_map(|name| {
                let words = &skeletons.words[name];
                let of = move |first: usize| {
                    words[first + 1..]
                        .iter()
                        .map(move |&next| [words[first], next])
                };
                (0..words.len()).flat_map(of)
            })
            .collect(),
        Pass::WordAndPartner => with(mention.partner.map(whole)),
        Pass::WordAndFather => with(mention.father.map(whole)),
    }
}
