//! Transfers that may answer lines, at any date: how good each is, and when it would have to be looked for.
//!
//! Law: a class is a function of value, wallets, words and parts, never of the date, so that the same list serves the real date and random
//! ones. Transfers whose payer or payee is known to be somebody else than the line says are no candidates. Parts go between two
//! holders: one address, or addresses that one keeper is known to hold, on each side, and at least one of the two holders is the line's.

use super::Options;
use super::line::{Line, Transfer, for_sets};
use super::wallets::Holder;
use std::collections::BTreeMap;

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

/// Values of all transfers by unit, ascending.
pub(super) type Values = BTreeMap<u16, Vec<(i128, usize)>>;

pub(super) fn by_value(transfers: &[Transfer]) -> Values {
    let mut values = Values::new();
    for (place, transfer) in transfers.iter().enumerate() {
        for &(unit, value) in &transfer.values {
            values.entry(unit).or_default().push((value, place));
        }
    }
    for of_unit in values.values_mut() {
        of_unit.sort_unstable();
    }
    values
}

pub(super) fn of_set(
    lines: &[Line],
    set: &[usize],
    transfers: &[Transfer],
    values: &Values,
    groups: &Groups,
    holders: &BTreeMap<u32, Holder>,
    options: &Options,
) -> All {
    let first = &lines[set[0]];
    let (parties, unit) = (first.parties(), first.unit);
    let value: i128 = set.iter().map(|&line| lines[line].value).sum();
    let mut all = All::default();
    let mut put = |chosen: &[usize]| {
        let sum = chosen.iter().try_fold(0_i128, |sum, &place| {
            sum.checked_add(transfers[place].value(unit)?)
        });
        let Some(level) = sum.and_then(|sum| level(value, sum, options)) else {
            return;
        };
        let mut wallets = 2;
        for &place in chosen {
            match sides_held(parties, &transfers[place], holders) {
                Some(n) => wallets = wallets.min(n),
                None => return,
            }
        }
        if all.candidates.len() >= options.candidates_max {
            all.is_cut_off = true;
            return;
        }
        let words = || set.iter().flat_map(|&line| &lines[line].words);
        let named = chosen
            .iter()
            .flat_map(|&place| words().map(move |word| named(word, &transfers[place])))
            .max();
        let times = chosen.iter().map(|&place| transfers[place].seconds);
        let mut found = chosen.to_vec();
        found.sort_unstable();
        all.candidates.push(Candidate {
            lines: set.to_vec(),
            transfers: found,
            class: Class {
                value: level,
                wallets,
                named: named.unwrap_or(Named::Nothing),
                n_transfers: u8::try_from(chosen.len()).unwrap_or(u8::MAX),
                n_lines: u8::try_from(set.len()).unwrap_or(u8::MAX),
            },
            gap: value - sum.unwrap_or_default(),
            span: (times.clone().min().unwrap_or(0), times.max().unwrap_or(0)),
        });
    };
    // Wider than the bound of what `level` lets pass: a difference is of the larger sum.
    let margin = value / 1000 * i128::from(options.value_permille) * 2 + 1;
    let near = values.get(&unit).map_or(&[][..], |values| {
        let from = values.partition_point(|of| of.0 < value - margin);
        &values[from..values.partition_point(|of| of.0 <= value + margin)]
    });
    for &(_, place) in near {
        put(&[place]);
    }
    if set.len() > 1 {
        return all;
    }
    let reach = (first.seconds.1 - first.seconds.0).saturating_add(2 * options.window_seconds);
    for (sides, places) in groups {
        let is_right = sides.iter().zip(parties).any(|(side, party)| {
            matches!((side, party), (Side::Keeper(keeper), Some(party)) if *keeper == party)
        });
        let is_wrong = sides.iter().zip(parties).any(|(side, party)| {
            matches!((side, party), (Side::Keeper(keeper), Some(party)) if *keeper != party)
        });
        if !is_right || is_wrong {
            continue;
        }
        for (nth, &earliest) in places.iter().enumerate() {
            let fits = |place: &usize| {
                let of = transfers[*place].value(unit);
                of.is_some_and(|of| of > 0 && of <= value + margin)
            };
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
    all
}

/// The level of agreement of two sums; `None` beyond the bound. Exact: sums beyond 10³³ have no level.
fn level(book: i128, chain: i128, options: &Options) -> Option<u8> {
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
