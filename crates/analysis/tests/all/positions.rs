//! Laws of positions, and books by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

use moneytrail_analysis::positions::{Entry, Kind, Position, Seen, positions, settled_in_both};
use moneytrail_model::Amount;
use proptest::prelude::*;
use std::collections::BTreeMap;

const N_KEEPERS: u32 = 3;

/// `(book, other, whether the book's keeper owes, asset, units, day, kind)`.
type Plain = (u32, u32, bool, u8, u64, Option<i32>, bool);

fn entry(nth: usize, (book, other, owes, asset, units, day, is_due): Plain) -> Entry {
    let other = if other == book { other + 1 } else { other };
    let (debtor, creditor) = if owes { (book, other) } else { (other, book) };
    Entry {
        key: format!("b{book}!-!R{nth:03}").into(),
        book,
        debtor,
        creditor,
        asset: ["EUR", "USD"][usize::from(asset)].into(),
        amount: Amount::from_u64(units),
        days: day.map(|day| (day, day)),
        kind: if is_due { Kind::Due } else { Kind::Settlement },
    }
}

fn books() -> impl Strategy<Value = Vec<Entry>> {
    let plain = (
        0..N_KEEPERS,
        0..4_u32,
        any::<bool>(),
        0..2_u8,
        1..1_000_u64,
        prop::option::weighted(0.9, 0..30_i32),
        any::<bool>(),
    );
    prop::collection::vec(plain, 0..60).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(nth, of)| entry(nth, of))
            .collect()
    })
}

/// The row that the other book has of each entry, if its keeper has one; and the claims.
fn mirrored(entries: &[Entry]) -> (Vec<Entry>, Vec<Vec<usize>>) {
    let (mut all, mut same) = (entries.to_vec(), Vec::new());
    for (at, entry) in entries.iter().enumerate() {
        let other = if entry.book == entry.debtor {
            entry.creditor
        } else {
            entry.debtor
        };
        if other < N_KEEPERS {
            same.push(vec![at, all.len()]);
            all.push(Entry {
                key: format!("m{at:03}").into(),
                book: other,
                ..entry.clone()
            });
        }
    }
    (all, same)
}

fn ends(all: &[Position]) -> BTreeMap<((u32, u32), &str), i128> {
    all.iter()
        .map(|of| ((of.pair, &*of.asset), of.end.units()))
        .collect()
}

proptest! {
    #[test]
    fn what_one_owes_the_other_is_owed(entries in books()) {
        let found = positions(&entries, &[], N_KEEPERS);
        let mut net: BTreeMap<(&str, u32), i128> = BTreeMap::new();
        for of in &found.positions {
            prop_assert_eq!(of.seen_by(of.pair.0).units() + of.seen_by(of.pair.1).units(), 0);
            for party in [of.pair.0, of.pair.1] {
                *net.entry((&of.asset, party)).or_default() += of.seen_by(party).units();
            }
        }
        for asset in ["EUR", "USD"] {
            let all: i128 = net.iter().filter(|of| of.0.0 == asset).map(|of| of.1).sum();
            prop_assert_eq!(all, 0);
        }
    }

    #[test]
    fn the_end_is_dues_less_discharges(entries in books()) {
        let mut expected: BTreeMap<((u32, u32), &str), i128> = BTreeMap::new();
        for entry in &entries {
            let pair = (entry.debtor.min(entry.creditor), entry.debtor.max(entry.creditor));
            let sign = if entry.debtor == pair.0 { 1 } else { -1 };
            *expected.entry((pair, &entry.asset)).or_default() += sign * entry.amount.units();
        }
        let found = positions(&entries, &[], N_KEEPERS);
        prop_assert_eq!(ends(&found.positions), expected);
        for of in &found.positions {
            let changes: i128 = of.steps.iter().map(|step| step.change.units()).sum();
            prop_assert_eq!(changes, of.end.units());
            prop_assert!(of.steps.is_sorted_by_key(|step| (step.day.is_none(), step.day)));
        }
    }

    #[test]
    fn the_order_of_rows_changes_nothing(entries in books(), turn in 0..60_usize) {
        let (entries, same) = mirrored(&entries);
        let mut places: Vec<usize> = (0..entries.len()).rev().collect();
        if !places.is_empty() {
            let turn = turn % places.len();
            places.rotate_left(turn);
        }
        let other: Vec<Entry> = places.iter().map(|&at| entries[at].clone()).collect();
        let place_of = |at: usize| places.iter().position(|&place| place == at).unwrap();
        let other_same: Vec<Vec<usize>> =
            same.iter().map(|group| group.iter().map(|&at| place_of(at)).collect()).collect();
        let day_ends = |entries: &[Entry], same: &[Vec<usize>]| {
            let found = positions(entries, same, N_KEEPERS);
            let mut days = BTreeMap::new();
            for of in &found.positions {
                for step in &of.steps {
                    days.insert((of.pair, of.asset.clone(), step.day), step.position.units());
                }
            }
            days
        };
        prop_assert_eq!(day_ends(&entries, &same), day_ends(&other, &other_same));
    }

    #[test]
    fn what_two_books_say_counts_once_by_a_claim_and_twice_without(entries in books()) {
        let (both, same) = mirrored(&entries);
        let once = positions(&entries, &[], N_KEEPERS);
        let claimed = positions(&both, &same, N_KEEPERS);
        prop_assert_eq!(ends(&once.positions), ends(&claimed.positions));
        for step in claimed.positions.iter().flat_map(|of| &of.steps) {
            prop_assert!(matches!(step.seen, Seen::Both | Seen::OneBook));
            prop_assert_eq!(step.entries.len() == 2, step.seen == Seen::Both);
        }
        for of in &claimed.positions {
            prop_assert!(of.by_book.iter().all(|book| book.1.is_some()));
        }
    }

    #[test]
    fn books_differ_by_what_no_claim_joins(entries in books(), kept in prop::collection::vec(any::<bool>(), 60)) {
        let (both, same) = mirrored(&entries);
        let same: Vec<Vec<usize>> = same.into_iter().zip(kept).filter(|of| of.1).map(|of| of.0).collect();
        let found = positions(&both, &same, N_KEEPERS);
        for of in found.positions.iter().filter(|of| of.by_book.len() == 2) {
            let [(a, by_a), (_, by_b)] = of.by_book[..] else { unreachable!() };
            let mut loose = 0;
            for step in of.steps.iter().filter(|step| step.seen == Seen::Unmatched) {
                let sign = if both[step.entries[0]].book == a { 1 } else { -1 };
                loose += sign * step.change.units();
            }
            prop_assert_eq!(by_a.unwrap().units() - by_b.unwrap().units(), loose);
        }
    }
}

#[test]
fn the_debtor_writes_it_against_himself() {
    let of =
        |nth, book, other, owes, units| entry(nth, (book, other, owes, 0, units, Some(3), true));
    let entries = [of(1, 0, 1, true, 500), of(2, 1, 0, false, 450)];
    let found = positions(&entries, &[vec![1, 0]], 2);
    let [position] = &found.positions[..] else {
        panic!("{found:?}")
    };
    assert_eq!(position.end.units(), 500);
    assert_eq!(
        (position.steps[0].seen, &*position.steps[0].entries),
        (Seen::Differs, &[0, 1][..])
    );
    let by: Vec<i128> = position
        .by_book
        .iter()
        .map(|of| of.1.unwrap().units())
        .collect();
    assert_eq!(by, [500, 450]);
}

#[test]
fn another_currency_in_the_other_book_is_told_in_both() {
    let mut entries = [
        entry(1, (0, 1, true, 0, 500, Some(3), true)),
        entry(2, (1, 0, false, 1, 500, Some(3), true)),
    ];
    entries[1].days = Some((4, 4));
    let found = positions(&entries, &[vec![0, 1]], 2);
    let [euro, dollar] = &found.positions[..] else {
        panic!("{found:?}")
    };
    assert_eq!((euro.end.units(), euro.steps[0].seen), (500, Seen::Differs));
    assert!(dollar.steps.is_empty());
    assert_eq!((dollar.end.units(), &*dollar.elsewhere), (0, &[1][..]));
    assert_eq!(dollar.by_book[1].1.unwrap().units(), 500);
}

#[test]
fn a_payment_in_both_books_is_one_within_days() {
    let of = |nth, book, other, owes, day| entry(nth, (book, other, owes, 1, 900, day, false));
    let entries = [
        of(1, 0, 1, false, Some(10)),
        of(2, 1, 0, true, Some(12)),
        of(3, 1, 0, true, Some(40)),
        of(4, 0, 1, false, None),
        of(5, 0, 1, false, Some(36)),
    ];
    assert_eq!(settled_in_both(&entries, 4), [vec![1, 0], vec![2, 4]]);
    assert_eq!(settled_in_both(&entries, 2), [vec![1, 0]]);
    assert!(settled_in_both(&entries, 1).is_empty());
}

#[test]
fn beyond_all_money_nothing_is_counted_wrong() {
    let mut entries: Vec<Entry> = (0..3)
        .map(|nth| entry(nth, (0, 1, true, 0, 5, Some(1), true)))
        .collect();
    let most = 10_i128.pow(38) - 1;
    entries[1].amount = Amount::new(most).unwrap();
    let found = positions(&entries, &[], 2);
    assert_eq!(found.too_large, [1]);
    assert_eq!(found.positions[0].end.units(), 10);
    assert_eq!(found.positions[0].by_book[0], (0, None));
}
