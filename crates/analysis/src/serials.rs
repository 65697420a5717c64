//! Running numbers of a book: which are missing, which stand twice, where they begin again.
//!
//! Laws: every number stands in one series or is a repeat; in a series of n numbers from `first` to `last`, n and what its gaps
//! lack add up to `last` − `first` + 1.
//!
//! Method: numbers are taken in the order of the rows. A number that the series has already, or one below all of it, begins a new
//! series if the next number goes on from it; else one that the series has already is a repeat. A number between two that leave room
//! for one other is a slip of the pen for that one. Order does not matter else: a book that is written from its end has no gaps for that.
//!
//! ```
//! let found = moneytrail_analysis::serials::serials(&[7, 8, 11, 12]);
//! let gap = &found.series[0].gaps[0];
//! assert_eq!((gap.first, gap.last, gap.after, gap.before), (9, 10, 1, 2));
//! assert_eq!(found.n_missing(), 2);
//! ```

use std::collections::BTreeMap;

/// Numbers that are not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The first that is missing.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// Position of the number before them.
    pub after: usize,
    /// Position of the number behind them.
    pub before: usize,
    /// Whether more are missing than the whole series has: another numbering, or a slip, rather than lost pages.
    pub is_jump: bool,
}

impl Gap {
    /// How many are missing.
    pub const fn n(&self) -> u64 {
        (self.last - self.first).saturating_add(1)
    }
}

/// Numbers that run on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// The least number.
    pub first: u64,
    /// The greatest.
    pub last: u64,
    /// Position of the least.
    pub begins: usize,
    /// How many numbers there are.
    pub n: usize,
    /// What is missing between them, ascending.
    pub gaps: Vec<Gap>,
}

/// What numbers say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Serials {
    /// In the order of the rows.
    pub series: Vec<Series>,
    /// Positions of numbers that stand a second time.
    pub repeated: Vec<usize>,
    /// Positions of numbers in whose place another one fits; they count as that one.
    pub slips: Vec<usize>,
}

impl Serials {
    /// Numbers that are missing, without jumps.
    pub fn n_missing(&self) -> u64 {
        let gaps = self.series.iter().flat_map(|series| &series.gaps);
        gaps.filter(|gap| !gap.is_jump)
            .map(Gap::n)
            .fold(0, u64::saturating_add)
    }
}

/// Looks for what is missing in the numbers of a sheet, in the order of its rows. O(n log n).
pub fn serials(numbers: &[u64]) -> Serials {
    let mut found = Serials::default();
    let mut open: BTreeMap<u64, usize> = BTreeMap::new();
    for (at, &number) in numbers.iter().enumerate() {
        let next = numbers.get(at + 1).copied();
        let goes_on = number.checked_add(1).is_some_and(|one| next == Some(one));
        let before = at.checked_sub(1).map(|before| numbers[before]);
        let rightful = before.and_then(|before| before.checked_add(1));
        let fits = rightful.filter(|one| next.is_some() && next == one.checked_add(1));
        if let Some(one) = fits.filter(|&one| one != number && !open.contains_key(&one)) {
            found.slips.push(at);
            open.insert(one, at);
            continue;
        }
        let is_known = open.contains_key(&number);
        let is_below = open.keys().next().is_some_and(|&least| number < least);
        if (is_known || is_below) && goes_on && before != Some(number) {
            found.series.extend(closed(&open));
            open.clear();
        } else if is_known {
            found.repeated.push(at);
            continue;
        }
        open.insert(number, at);
    }
    found.series.extend(closed(&open));
    found
}

/// A series that is at its end; `None` of no numbers.
fn closed(open: &BTreeMap<u64, usize>) -> Option<Series> {
    let ((&first, &begins), (&last, _)) = (open.first_key_value()?, open.last_key_value()?);
    let pairs = open.iter().zip(open.iter().skip(1));
    let gaps = pairs.filter_map(|((&low, &after), (&high, &before))| {
        let gap = Gap {
            first: low.checked_add(1)?,
            last: high.checked_sub(1)?,
            after,
            before,
            is_jump: false,
        };
        (gap.first <= gap.last).then(|| Gap {
            is_jump: usize::try_from(gap.n()).is_ok_and(|n| n > open.len()) || gap.n() == u64::MAX,
            ..gap
        })
    });
    Some(Series {
        first,
        last,
        begins,
        n: open.len(),
        gaps: gaps.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_begin_again_repeat_and_slip() {
        let found = serials(&[112, 113, 1, 2, 3, 3, 4, 50, 6]);
        let ends: Vec<(u64, u64)> = found.series.iter().map(|of| (of.first, of.last)).collect();
        assert_eq!(ends, [(112, 113), (1, 6)]);
        assert_eq!((found.repeated, found.slips), (vec![5], vec![7]));
        assert_eq!(
            serials(&[9, 8, 7, 5]).n_missing(),
            1,
            "written from its end"
        );
    }

    #[test]
    fn a_telephone_among_numbers_loses_no_pages() {
        let found = serials(&[1, 2, 3, 700_111_222, 4, 6]);
        assert_eq!(found.n_missing(), 1);
        let jumps: Vec<bool> = found.series[0].gaps.iter().map(|gap| gap.is_jump).collect();
        assert_eq!(jumps, [false, true]);
        assert_eq!(serials(&[0, u64::MAX]).series[0].gaps[0].n(), u64::MAX - 1);
    }

    proptest! {
        #[test]
        fn what_is_there_and_what_is_missing_add_up(numbers in prop::collection::vec(0_u64..40, 0..60)) {
            let found = serials(&numbers);
            let mut n_taken = found.repeated.len();
            for series in &found.series {
                let missing: u64 = series.gaps.iter().map(Gap::n).sum();
                prop_assert_eq!(series.n as u64 + missing, series.last - series.first + 1);
                n_taken += series.n;
            }
            prop_assert_eq!(n_taken, numbers.len());
        }

        #[test]
        fn rows_torn_out_of_the_middle_are_missing(lost in prop::collection::btree_set(2_u64..59, 0..20)) {
            let left: Vec<u64> = (1..=60).filter(|number| !lost.contains(number)).collect();
            let found = serials(&left);
            let gaps = found.series.iter().flat_map(|of| &of.gaps);
            let missing: Vec<u64> = gaps.flat_map(|gap| gap.first..=gap.last).collect();
            prop_assert_eq!(missing, lost.into_iter().collect::<Vec<_>>());
        }
    }
}
