//! Entries to positions.

use super::{Entry, Position, Positions, Seen, Step, negated};
use moneytrail_model::Amount;
use std::collections::BTreeMap;

/// A pair and an asset, and the entries about them.
type Courses<'a> = BTreeMap<((u32, u32), &'a str), Vec<usize>>;

/// The positions of all pairs. `same` are claims: groups of entries of one pair that describe one thing; an entry stands in one group at most.
/// Parties below `n_keepers` have a book at hand. O(n log n).
pub fn positions(entries: &[Entry], same: &[Vec<usize>], n_keepers: u32) -> Positions {
    let mut group_of: Vec<Option<usize>> = vec![None; entries.len()];
    for (nth, group) in same.iter().enumerate() {
        for &at in group {
            group_of[at] = Some(nth);
        }
    }
    let counting: Vec<Vec<usize>> = same.iter().map(|group| counting(entries, group)).collect();
    let mut courses: Courses<'_> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        courses
            .entry((pair(entry), &entry.asset))
            .or_default()
            .push(at);
    }
    let mut all = Positions::default();
    for ((pair, asset), mut of_course) in courses {
        of_course.sort_by_key(|&at| order(&entries[at]));
        let mut steps: Vec<Step> = Vec::new();
        let mut position = Amount::ZERO;
        let mut elsewhere = Vec::new();
        for &at in &of_course {
            let group = group_of[at];
            if let Some(nth) = group.filter(|&nth| !counting[nth].contains(&at)) {
                let mut counted = counting[nth].iter();
                if !counted.any(|&one| entries[one].asset == entries[at].asset) {
                    elsewhere.push(at);
                }
                continue;
            }
            let change = signed(&entries[at]);
            let Some(next) = position.checked_add(change) else {
                all.too_large.push(at);
                continue;
            };
            position = next;
            let (of_step, seen) = match group {
                Some(nth) => described(entries, at, &same[nth], &counting[nth]),
                None if is_at_hand(&entries[at], n_keepers) => (vec![at], Seen::Unmatched),
                None => (vec![at], Seen::OneBook),
            };
            steps.push(Step {
                day: entries[at].days.map(|days| days.0),
                entries: of_step,
                change,
                position,
                seen,
            });
        }
        let books = [pair.0, pair.1].into_iter().filter(|&of| of < n_keepers);
        let by_book = books.map(|book| {
            let own = of_course.iter().filter(|&&at| entries[at].book == book);
            let sum = own.map(|&at| signed(&entries[at]));
            (
                book,
                sum.into_iter().try_fold(Amount::ZERO, Amount::checked_add),
            )
        });
        all.positions.push(Position {
            pair,
            asset: asset.into(),
            by_book: by_book.collect(),
            end: position,
            steps,
            elsewhere,
        });
    }
    all.too_large.sort_unstable();
    all
}

fn pair(entry: &Entry) -> (u32, u32) {
    (
        entry.debtor.min(entry.creditor),
        entry.debtor.max(entry.creditor),
    )
}

/// What an entry changes, above zero where the first of the pair owes more.
fn signed(entry: &Entry) -> Amount {
    if entry.debtor == pair(entry).0 {
        entry.amount
    } else {
        negated(entry.amount)
    }
}

/// Days first, those without one behind them.
fn order(entry: &Entry) -> (bool, Option<(i32, i32)>, &str) {
    (entry.days.is_none(), entry.days, &entry.key)
}

/// Whether the other of the pair keeps a book that is at hand.
fn is_at_hand(entry: &Entry, n_keepers: u32) -> bool {
    let other = if entry.book == entry.debtor {
        entry.creditor
    } else {
        entry.debtor
    };
    other < n_keepers
}

/// The entries of a group that count: those of the debtor's book, else of the creditor's, else the first.
fn counting(entries: &[Entry], group: &[usize]) -> Vec<usize> {
    let of_book = |is_own: fn(&Entry) -> bool| -> Vec<usize> {
        let own = group.iter().filter(|&&at| is_own(&entries[at]));
        own.copied().collect()
    };
    let debtors = of_book(|entry| entry.book == entry.debtor);
    if !debtors.is_empty() {
        return debtors;
    }
    let creditors = of_book(|entry| entry.book == entry.creditor);
    if creditors.is_empty() {
        group.iter().take(1).copied().collect()
    } else {
        creditors
    }
}

/// The entries that a step of a group rests on, and whether they agree.
fn described(
    entries: &[Entry],
    at: usize,
    group: &[usize],
    counting: &[usize],
) -> (Vec<usize>, Seen) {
    let others: Vec<usize> = group
        .iter()
        .copied()
        .filter(|other| !counting.contains(other))
        .collect();
    if others.is_empty() {
        return (vec![at], Seen::Unmatched);
    }
    let total = |of: &[usize]| {
        let mut sums: BTreeMap<(u32, &str), Option<Amount>> = BTreeMap::new();
        for &one in of {
            let entry = &entries[one];
            let sum = sums
                .entry((entry.debtor, &entry.asset))
                .or_insert(Some(Amount::ZERO));
            *sum = sum.and_then(|sum| sum.checked_add(entry.amount));
        }
        sums
    };
    let seen = if total(counting) == total(&others) {
        Seen::Both
    } else {
        Seen::Differs
    };
    let mut all = vec![at];
    all.extend(others);
    (all, seen)
}
