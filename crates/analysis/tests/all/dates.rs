//! Laws of the dates of a book, through the public face.

use moneytrail_analysis::dates::{Course, Dated, Stated, out_of_place, without_lone};
use proptest::prelude::*;
use std::collections::BTreeMap;

const GAP: u32 = 7;

/// Days of a sheet in order, no two rows more than five days apart.
fn any_sheet() -> impl Strategy<Value = Vec<i32>> {
    prop::collection::vec(0_i32..6, 4..60).prop_map(|steps| {
        let days = steps.into_iter().scan(1_000, |day, step| {
            *day += step;
            Some(*day)
        });
        days.collect()
    })
}

fn course(days: &[i32]) -> Course {
    let rows = (2_u32..).zip(days).map(|(row, &day)| Dated {
        seat: (1, 0, row),
        days: (day, day),
    });
    Course::of(&rows.collect::<Vec<_>>(), GAP)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn one_moved_date_is_the_only_one_out_of_place(
        days in any_sheet(),
        at in any::<prop::sample::Index>(),
        to in prop_oneof![0_i32..2_000, -50_000_i32..150_000],
        is_falling in any::<bool>(),
    ) {
        let mut days = days;
        if is_falling {
            days.reverse();
        }
        let at = at.index(days.len());
        let others: Vec<i32> = days.iter().enumerate().filter(|of| of.0 != at).map(|of| *of.1).collect();
        days[at] = to;
        let found = out_of_place(&days, GAP);
        for (place, found) in found.iter().enumerate() {
            prop_assert!(place == at || found.is_none(), "{place} of {days:?}");
        }
        // It passed two rows or more of other days, that themselves differ.
        let between = |side: &[i32], is_beyond: &dyn Fn(i32) -> bool| {
            let mut passed: Vec<i32> = side.iter().copied().filter(|&day| is_beyond(day)).collect();
            passed.sort_unstable();
            passed.dedup();
            passed
        };
        let (before, behind) = others.split_at(at);
        let (is_up, is_down) = (|day: i32| day < to, |day: i32| day > to);
        let passed = if is_falling {
            [between(before, &is_up), between(behind, &is_down)]
        } else {
            [between(before, &is_down), between(behind, &is_up)]
        };
        let n_passed = passed[0].len() + passed[1].len();
        let near = [before.last(), behind.first()].into_iter().flatten();
        let off = near.map(|day| day.abs_diff(to)).min().unwrap();
        let mut distinct = others.clone();
        distinct.dedup();
        if distinct.len() >= 3 && n_passed > 1 && off > GAP && n_passed == passed[0].len().max(passed[1].len()) {
            prop_assert!(found[at].is_some(), "{at} of {days:?}");
        }
    }

    /// What is alone at the end of a book is alone at the beginning of one that runs the other way.
    #[test]
    fn both_ends_are_asked_alike(days in prop::collection::btree_map(0_i32..3_000, (1_u32..3, 0_u32..3), 1..9)) {
        let stated = |sign: i32| -> BTreeMap<i32, Stated> {
            let days = days.iter();
            days.map(|(day, &(times, more))| (sign * day, Stated { times, rows: times + more })).collect()
        };
        let forth: Vec<i32> = without_lone(stated(1), GAP).into_keys().collect();
        let back = without_lone(stated(-1), GAP).into_keys().rev();
        prop_assert_eq!(forth, back.map(|day| -day).collect::<Vec<_>>());
    }

    /// A book ends where it did, whatever one date says, to the days that a slip has to exceed.
    #[test]
    fn one_moved_date_does_not_move_the_end(
        days in any_sheet(),
        at in any::<prop::sample::Index>(),
        to in -50_000_i32..150_000,
    ) {
        let before = course(&days).end.unwrap();
        let mut moved = days.clone();
        moved[at.index(days.len())] = to;
        let after = course(&moved).end.unwrap();
        prop_assert!(before.abs_diff(after) <= GAP + 5, "{before} {after} {moved:?}");
    }
}

#[test]
fn a_book_with_few_rows_ends_with_its_last() {
    for (days, end) in [
        (vec![10, 40, 70, 100], 100),
        (vec![10, 40, 70, 100, 2_000], 100),
        (vec![10, 11, 12, 60], 12),
        (vec![10, 11, 60, 61], 61),
        (vec![10, 60], 60),
        (vec![10, 60, 60, 60], 60),
        (vec![60, 10, 10], 10),
        (vec![10, 10, 60], 10),
        (vec![10, 60, 200], 60),
        (vec![10], 10),
    ] {
        assert_eq!(course(&days).end, Some(end), "{days:?}");
    }
}

#[test]
fn a_sheet_in_no_order_has_no_date_out_of_place() {
    let days: Vec<i32> = (0..40).map(|row| (row * 17) % 40 * 10).collect();
    assert!(out_of_place(&days, GAP).iter().all(Option::is_none));
}

#[test]
fn a_day_that_is_stated_twice_is_no_slip() {
    let dates = |n| {
        let times = [(10, 5), (11, 5), (12, 5), (90, n)];
        let stated = times.map(|(day, times)| (day, Stated { times, rows: times }));
        BTreeMap::from(stated)
    };
    assert_eq!(without_lone(dates(1), GAP).len(), 3);
    assert_eq!(without_lone(dates(2), GAP).len(), 4);
}
