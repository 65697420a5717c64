//! Windows that slide over the movements of one account, and how many distinct counterparties they hold.
//!
//! Law: each movement enters and leaves once; the count is that of the distinct values inside.

use std::ops::Range;

/// Values numbered from 0, so that counts are an array: O(n log n).
pub(super) fn numbered(values: impl Iterator<Item = u32> + Clone) -> (Vec<u32>, usize) {
    let (numbers, distinct) = placed(values);
    (numbers, distinct.len())
}

/// Values numbered in their order, and the values by number. O(n log n).
pub(super) fn placed(values: impl Iterator<Item = u32> + Clone) -> (Vec<u32>, Vec<u32>) {
    let mut distinct: Vec<u32> = values.clone().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let number = |value: u32| {
        let place = distinct.partition_point(|&known| known < value);
        u32::try_from(place).expect("fewer than accounts")
    };
    (values.map(number).collect(), distinct)
}

/// How many distinct values are inside.
#[derive(Debug)]
pub(super) struct Distinct {
    counts: Vec<u32>,
    n: u32,
}

impl Distinct {
    pub(super) fn new(n_values: usize) -> Self {
        Self {
            counts: vec![0; n_values],
            n: 0,
        }
    }

    pub(super) fn enter(&mut self, value: u32) {
        let count = &mut self.counts[value as usize];
        *count += 1;
        self.n += u32::from(*count == 1);
    }

    pub(super) fn leave(&mut self, value: u32) {
        let count = &mut self.counts[value as usize];
        *count -= 1;
        self.n -= u32::from(*count == 0);
    }

    pub(super) const fn n(&self) -> u32 {
        self.n
    }
}

/// For each movement of a row, as the last of a window: the window, and how many distinct values are in it.
pub(super) fn sliding(
    seconds: &[i64],
    values: &[u32],
    n_values: usize,
    window_seconds: i64,
    mut each: impl FnMut(Range<usize>, u32),
) {
    let mut distinct = Distinct::new(n_values);
    let mut start = 0;
    for (last, &second) in seconds.iter().enumerate() {
        distinct.enter(values[last]);
        while second.saturating_sub(seconds[start]) > window_seconds {
            distinct.leave(values[start]);
            start += 1;
        }
        each(start..last + 1, distinct.n());
    }
}

/// Of windows told in order, the strongest of each episode: windows that overlap are one.
#[derive(Debug)]
pub(super) struct Episodes<S> {
    best: Vec<(Range<usize>, S)>,
    /// Behind the last window of the open episode.
    end: usize,
}

impl<S: PartialOrd> Episodes<S> {
    pub(super) const fn new() -> Self {
        Self {
            best: Vec::new(),
            end: 0,
        }
    }

    /// The first of equally strong windows stays.
    pub(super) fn tell(&mut self, window: Range<usize>, strength: S) {
        match self.best.last_mut() {
            Some(best) if window.start < self.end => {
                if best.1 < strength {
                    *best = (window.clone(), strength);
                }
            }
            _ => self.best.push((window.clone(), strength)),
        }
        self.end = self.end.max(window.end);
    }

    pub(super) fn done(self) -> Vec<(Range<usize>, S)> {
        self.best
    }
}
