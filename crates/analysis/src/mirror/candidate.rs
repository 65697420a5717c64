//! Transfers that may answer lines, at any date: how good each is, and when it would have to be looked for.
//!
//! Law: a class is a function of value, wallets, words and parts, never of the date, so that the same list serves the real date and random
//! ones. Transfers whose payer or payee is known to be somebody else than the line says are no candidates. Parts go between two
//! holders: one address, or addresses that one keeper is known to hold, on each side, and at least one of the two holders is the line's.

use super::Options;
use super::line::{Line, Transfer, for_sets};
use super::wallets::Holder;
use std::collections::BTreeMap;

const DAY_SECONDS: i64 = 86_400;

/// What a line's cells name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Named {
    /// Nothing of the transfer.
    Nothing,
    /// An address, whole or with its middle left out.
    Address,
    /// The transaction's id, whole or its beginning or end.
    Transaction,
}

/// How good a candidate is. One class is at least as good as another if it is so in every field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Class {
    /// 0: equal sums; then by `value_levels`; the last: within the bound.
    pub value: u8,
    /// Sides whose address the line's party is known, or was learnt, to hold: 0 to 2.
    pub wallets: u8,
    /// What the line names.
    pub named: Named,
    /// Transfers.
    pub n_transfers: u8,
    /// Lines.
    pub n_lines: u8,
}

impl Class {
    pub(super) fn is_as_good_as(self, other: Self) -> bool {
        self.value <= other.value
            && self.wallets >= other.wallets
            && self.named >= other.named
            && self.n_transfers <= other.n_transfers
            && self.n_lines <= other.n_lines
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    pub(super) lines: Vec<usize>,
    pub(super) transfers: Vec<usize>,
    pub(super) class: Class,
    pub(super) gap: i128,
    /// First and last second of its transfers.
    pub(super) span: (i64, i64),
}

/// Candidates of a set of lines over the whole period.
#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) candidates: Vec<Candidate>,
    pub(super) is_cut_off: bool,
}

/// A holder of wallets: a keeper, or an address alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Side {
    Keeper(u32),
    Account(u32),
}

pub(super) type Groups = BTreeMap<[Side; 2], Vec<usize>>;

/// Transfers between each two holders, at least one of whom is a keeper, by time.
pub(super) fn by_holders(
    transfers: &[Transfer],
    order: &[usize],
    holders: &BTreeMap<u32, Holder>,
) -> Groups {
    let side = |account: u32| {
        holders
            .get(&account)
            .map_or(Side::Account(account), |holder| Side::Keeper(holder.keeper))
    };
    let mut groups = Groups::new();
    for &place in order {
        let sides = [transfers[place].from, transfers[place].to].map(side);
        if sides.iter().any(|side| matches!(side, Side::Keeper(_))) {
            groups.entry(sides).or_default().push(place);
        }
    }
    groups.retain(|_, places| places.len() > 1);
    groups
}

/// How many sides the line's parties hold; `None` if a side is known to be somebody else's.
fn sides_held(
    parties: [Option<u32>; 2],
    transfer: &Transfer,
    holders: &BTreeMap<u32, Holder>,
) -> Option<u8> {
    let mut n = 0;
    for (party, account) in parties.into_iter().zip([transfer.from, transfer.to]) {
        match (party, holders.get(&account)) {
            (Some(party), Some(holder)) if party == holder.keeper => n += 1,
            (Some(_), Some(_)) => return None,
            _ => {}
        }
    }
    Some(n)
}

/// Values of all transfers by unit, ascending; equal ones as in the order.
pub(super) type Values = BTreeMap<u16, Vec<(i128, usize)>>;

pub(super) fn by_value(transfers: &[Transfer], order: &[usize]) -> Values {
    let mut values = Values::new();
    for &place in order {
        for &(unit, value) in &transfers[place].values {
            values.entry(unit).or_default().push((value, place));
        }
    }
    for of_unit in values.values_mut() {
        of_unit.sort_by_key(|of| of.0);
    }
    values
}

/// Values of all transfers by unit and day, ascending; equal ones as in the order.
pub(super) type Days = BTreeMap<(u16, i64), Vec<(i128, usize)>>;

pub(super) fn by_day(transfers: &[Transfer], order: &[usize]) -> Days {
    let mut days = Days::new();
    for &place in order {
        let day = transfers[place].seconds.div_euclid(DAY_SECONDS);
        for &(unit, value) in &transfers[place].values {
            days.entry((unit, day)).or_default().push((value, place));
        }
    }
    for of_day in days.values_mut() {
        of_day.sort_by_key(|of| of.0);
    }
    days
}

/// What lines are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain<'a> {
    pub(super) transfers: &'a [Transfer],
    pub(super) values: &'a Values,
    pub(super) days: &'a Days,
    pub(super) groups: &'a Groups,
    pub(super) holders: &'a BTreeMap<u32, Holder>,
    pub(super) options: &'a Options,
}

/// Lines of one book that are asked together, as one sum.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) set: &'a [usize],
    parties: [Option<u32>; 2],
    unit: u16,
    value: i128,
    /// First and last second of its lines.
    pub(super) seconds: (i64, i64),
    words: Vec<&'a str>,
    /// Transfers between holders whom the lines may mean, each by time.
    groups: Vec<&'a [usize]>,
    pub(super) chain: Chain<'a>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(lines: &'a [Line], set: &'a [usize], chain: Chain<'a>) -> Self {
        let parties = lines[set[0]].parties();
        let seconds = set.iter().map(|&line| lines[line].seconds);
        let words = set.iter().flat_map(|&line| &lines[line].words);
        let is_asked = |sides: &[Side; 2]| {
            let said = |is: fn(u32, u32) -> bool| {
                sides.iter().zip(parties).any(|(side, party)| {
                    matches!((side, party), (Side::Keeper(keeper), Some(party)) if is(*keeper, party))
                })
            };
            said(|keeper, party| keeper == party) && !said(|keeper, party| keeper != party)
        };
        let groups = chain.groups.iter().filter(|of| is_asked(of.0));
        Self {
            set,
            parties,
            unit: lines[set[0]].unit,
            value: set.iter().map(|&line| lines[line].value).sum(),
            seconds: (
                seconds.clone().map(|of| of.0).min().unwrap_or(0),
                seconds.map(|of| of.1).max().unwrap_or(0),
            ),
            words: words.map(|word| &**word).collect(),
            groups: groups.map(|of| &**of.1).collect(),
            chain,
        }
    }

    pub(super) const fn value(&self) -> i128 {
        self.value
    }

    /// Values of transfers in the lines' unit, ascending.
    pub(super) fn values(&self) -> &'a [(i128, usize)] {
        let of_unit = self.chain.values.get(&self.unit);
        of_unit.map_or(&[][..], |values| values)
    }

    /// How good transfers are as an answer to a sum, and how far it is from theirs; `None` if they are no candidate.
    fn class(&self, value: i128, chosen: &[usize]) -> Option<(Class, i128)> {
        let Chain {
            transfers, holders, ..
        } = self.chain;
        let sum = chosen.iter().try_fold(0_i128, |sum, &place| {
            sum.checked_add(transfers[place].value(self.unit)?)
        })?;
        let level = level(value, sum, self.chain.options)?;
        let mut wallets = 2;
        for &place in chosen {
            wallets = wallets.min(sides_held(self.parties, &transfers[place], holders)?);
        }
        let named = chosen.iter().flat_map(|&place| {
            let words = self.words.iter();
            words.map(move |word| named(word, &transfers[place]))
        });
        let class = Class {
            value: level,
            wallets,
            named: named.max().unwrap_or(Named::Nothing),
            n_transfers: u8::try_from(chosen.len()).unwrap_or(u8::MAX),
            n_lines: u8::try_from(self.set.len()).unwrap_or(u8::MAX),
        };
        Some((class, value - sum))
    }

    /// Wider than the bound of what `level` lets pass: a difference is of the larger sum.
    fn margin(&self, value: i128) -> i128 {
        value / 1000 * i128::from(self.chain.options.value_permille) * 2 + 1
    }

    /// Candidates over the whole period.
    pub(super) fn candidates(&self) -> All {
        let mut all = All::default();
        let mut put = |chosen: &[usize]| {
            let Some((class, gap)) = self.class(self.value, chosen) else {
                return;
            };
            if all.candidates.len() >= self.chain.options.candidates_max {
                all.is_cut_off = true;
                return;
            }
            let of = |&place: &usize| self.chain.transfers[place].seconds;
            let times = chosen.iter().map(of);
            let mut found = chosen.to_vec();
            found.sort_unstable();
            all.candidates.push(Candidate {
                lines: self.set.to_vec(),
                transfers: found,
                class,
                gap,
                span: (times.clone().min().unwrap_or(0), times.max().unwrap_or(0)),
            });
        };
        for &(_, place) in near(self.values(), self.value, self.margin(self.value)) {
            put(&[place]);
        }
        if self.set.len() == 1 {
            for places in &self.groups {
                self.for_parts(self.value, places, &mut put);
            }
        }
        all
    }

    /// Whether anything as good answers a sum in a window of time, without one transfer.
    pub(super) fn is_answered(
        &self,
        value: i128,
        window: (i64, i64),
        without: usize,
        class: Class,
    ) -> bool {
        let seconds = |place: usize| self.chain.transfers[place].seconds;
        let is_hit = |chosen: &[usize]| {
            let found = self.class(value, chosen);
            found.is_some_and(|of| of.0.is_as_good_as(class)) && !chosen.contains(&without)
        };
        let margin = self.margin(value);
        let [first, last] = [window.0, window.1].map(|of| of.div_euclid(DAY_SECONDS));
        let mut days = self
            .chain
            .days
            .range((self.unit, first)..=(self.unit, last));
        let is_within = |place| (window.0..=window.1).contains(&seconds(place));
        let one = |of: &(i128, usize)| is_within(of.1) && is_hit(&[of.1]);
        if days.any(|(_, of_day)| near(of_day, value, margin).iter().any(one)) {
            return true;
        }
        if self.set.len() > 1 || class.n_transfers < 2 {
            return false;
        }
        self.groups.iter().any(|places| {
            let from = places.partition_point(|&place| seconds(place) < window.0);
            let to = places.partition_point(|&place| seconds(place) <= window.1);
            let mut is_found = false;
            self.for_parts(value, &places[from..to], &mut |chosen| {
                is_found = is_found || is_hit(chosen);
            });
            is_found
        })
    }

    /// Transfers, each alone, that are as good for a sum at any date; not more than one above `most` are counted.
    pub(super) fn n_as_good(
        &self,
        value: i128,
        class: Class,
        without: Option<usize>,
        most: usize,
    ) -> usize {
        let near = near(self.values(), value, self.margin(value)).iter();
        let places = near.map(|of| of.1).filter(|&place| Some(place) != without);
        let is_as_good = |&place: &usize| {
            let found = self.class(value, &[place]);
            found.is_some_and(|of| of.0.is_as_good_as(class))
        };
        places
            .filter(is_as_good)
            .take(most.saturating_add(1))
            .count()
    }

    /// Every two to `parts_max` of transfers by time that may be parts of a sum: neighbours, at most `group_max`.
    fn for_parts(&self, value: i128, places: &[usize], put: &mut dyn FnMut(&[usize])) {
        let Chain {
            transfers, options, ..
        } = self.chain;
        let width = self.seconds.1 - self.seconds.0;
        let reach = width.saturating_add(2 * options.window_seconds);
        let most = value + self.margin(value);
        let fits = |place: &usize| {
            let of = transfers[*place].value(self.unit);
            of.is_some_and(|of| of > 0 && of <= most)
        };
        for (nth, &earliest) in places.iter().enumerate() {
            if !fits(&earliest) {
                continue;
            }
            let near: Vec<usize> = places[nth + 1..]
                .iter()
                .copied()
                .take_while(|&next| transfers[next].seconds - transfers[earliest].seconds <= reach)
                .filter(fits)
                .take(options.group_max.saturating_sub(1))
                .collect();
            let mut parts = Vec::new();
            for_sets(near.len(), options.parts_max.saturating_sub(1), |chosen| {
                parts.clear();
                parts.push(earliest);
                parts.extend(chosen.iter().map(|&nth| near[nth]));
                put(&parts);
            });
        }
    }
}

/// Those of ascending values that lie within a margin.
fn near(values: &[(i128, usize)], value: i128, margin: i128) -> &[(i128, usize)] {
    let from = values.partition_point(|of| of.0 < value - margin);
    let to = values.partition_point(|of| of.0 <= value + margin);
    &values[from..to]
}

/// The level of agreement of two sums; `None` beyond the bound. Exact: sums beyond 10³³ have no level.
pub(super) fn level(book: i128, chain: i128, options: &Options) -> Option<u8> {
    if book <= 0 || chain <= 0 {
        return None;
    }
    let (gap, larger) = (book.abs_diff(chain), book.max(chain).unsigned_abs());
    let scaled = gap.checked_mul(10_000)?;
    let within = |parts: u32| {
        let allowed = larger.checked_mul(u128::from(parts));
        allowed.is_some_and(|allowed| scaled <= allowed)
    };
    if gap == 0 {
        return Some(0);
    }
    if !within(options.value_permille.saturating_mul(10)) {
        return None;
    }
    let levels = &options.value_levels;
    let level = levels.iter().position(|&level| within(level));
    u8::try_from(1 + level.unwrap_or(levels.len())).ok()
}

/// Least letters of each end of an address whose middle is left out.
const END_MIN: usize = 3;
/// Least digits of a part of a transaction id.
const ID_MIN: usize = 6;

/// What a word names of a transfer.
fn named(word: &str, transfer: &Transfer) -> Named {
    let is_same = |a: &str, b: &str| a == b || a.starts_with("0x") && a.eq_ignore_ascii_case(b);
    let id = transfer.id.split('#').next().unwrap_or_default();
    let bare = |text: &str| text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase();
    let (hex, id) = (bare(word), bare(id));
    if hex.len() >= ID_MIN
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (id.starts_with(&hex) || id.ends_with(&hex))
    {
        return Named::Transaction;
    }
    let ends = word
        .split_once("...")
        .or_else(|| word.split_once(".."))
        .or_else(|| word.split_once('…'));
    let is_named = transfer.names.iter().any(|name| {
        is_same(name, word)
            || ends.is_some_and(|(head, tail)| {
                head.len() >= END_MIN
                    && tail.len() >= END_MIN
                    && head.len() + tail.len() < name.len()
                    && name.starts_with(head)
                    && name.ends_with(tail)
            })
    });
    if is_named {
        Named::Address
    } else {
        Named::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_ids_and_addresses() {
        let transfer = Transfer {
            id: "b54756aa00000000000000000000000000000000000000000000000000c0ffee#0".into(),
            from: 0,
            to: 1,
            names: [
                "TVViAAAAAAAAAAAAAAAAAAAAAAAAAAQTjf".into(),
                "0xAb0000000000000000000000000000000000cD12".into(),
            ],
            seconds: 0,
            values: Vec::new(),
        };
        for (word, expected) in [
            ("b54756", Named::Transaction),
            ("c0ffee", Named::Transaction),
            ("b5475", Named::Nothing),
            ("TVVi..QTjf", Named::Address),
            ("TVVi…QTjf", Named::Address),
            ("TV..jf", Named::Nothing),
            ("0xab0000000000000000000000000000000000cd12", Named::Address),
            ("USDT", Named::Nothing),
            ("", Named::Nothing),
        ] {
            assert_eq!(named(word, &transfer), expected, "{word}");
        }
    }

    #[test]
    fn levels_are_exact_and_bounded() {
        let options = Options::default();
        for (book, chain, expected) in [
            (1_000_000, 1_000_000, Some(0)),
            (1_000_000, 999_000, Some(1)),
            (1_000_000, 998_999, Some(2)),
            (1_000_000, 970_000, Some(4)),
            (1_000_000, 969_999, None),
            (0, 0, None),
        ] {
            assert_eq!(level(book, chain, &options), expected, "{book} {chain}");
            assert_eq!(level(chain, book, &options), expected, "{chain} {book}");
        }
    }
}
