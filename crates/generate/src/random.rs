//! Numbers that a seed fixes.
//!
//! Law: the same seed and stream give the same draws on every machine; nothing else enters. The
//! generator is PCG XSL-RR 128/64 (O'Neill, *PCG: A Family of Simple Fast Space-Efficient
//! Statistically Good Algorithms for Random Number Generation*, 2014). Bounded draws take the upper half
//! of a 128-bit product (Lemire 2019) without its rejection step: for a bound n the bias is below n / 2⁶⁴.

use rand_core::Rng;
use rand_pcg::Pcg64;

/// A stream of draws.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Pcg64);

impl Dice {
    /// The draws of a seed in one of its streams.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg64::new(u128::from(seed), u128::from(stream)))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `n`; 0 if `n` is 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        (u128::from(self.bits()).wrapping_mul(u128::from(n)) >> 64) as u64
    }

    /// A number of an inclusive range.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// As [`Self::between`], for small numbers.
    pub(crate) fn between_u32(&mut self, least: u32, most: u32) -> u32 {
        u32::try_from(self.between(least.into(), most.into())).expect("bounded by a u32")
    }

    /// A position in a sequence of `n`.
    pub(crate) fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).expect("bounded by a usize")
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// True in so many of a hundred times.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// Puts a sequence in random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// A part of `whole`: three quarters on average of 2⁰ to 2⁻⁷ of it, each power as likely, so that
    /// small parts are common and large ones happen.
    pub(crate) fn part_of(&mut self, whole: u64) -> u64 {
        let part = whole >> self.below(8);
        part / 2 + self.below(part / 2 + 1)
    }
}

/// `value` with its first `digits` decimal digits, and zeros behind them.
pub(crate) fn rounded(value: u64, digits: u32) -> u64 {
    let n_digits = value.checked_ilog10().map_or(1, |log| log + 1);
    let unit = 10_u64.pow(n_digits.saturating_sub(digits));
    value / unit * unit
}

#[cfg(test)]
mod tests {
    use super::{Dice, rounded};

    #[test]
    fn draws_stay_in_their_bounds_and_streams_differ() {
        let mut dice = Dice::new(1, 2);
        for n in [1, 2, 3, 10, u64::MAX] {
            for _ in 0..100 {
                assert!(dice.below(n) < n);
            }
        }
        assert_ne!(Dice::new(1, 2).bits(), Dice::new(1, 3).bits());
        assert_ne!(Dice::new(1, 2).bits(), Dice::new(2, 2).bits());
        let mut order: Vec<u32> = (0..100).collect();
        dice.shuffle(&mut order);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(order != sorted && sorted.into_iter().eq(0..100));
    }

    #[test]
    fn rounding_keeps_the_first_digits() {
        for (value, digits, expected) in [(0, 2, 0), (7, 2, 7), (123, 2, 120), (98_765, 1, 90_000)]
        {
            assert_eq!(rounded(value, digits), expected);
        }
    }
}
