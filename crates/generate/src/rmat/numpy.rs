//! The generator of `numpy.random.default_rng(seed)`, so that a graph that was drawn with it can be drawn again.
//!
//! `SeedSequence` spreads the seed (O'Neill, *Developing a `seed_seq` Alternative*, 2015), PCG XSL-RR 128/64
//! draws, and bounded numbers come from halves of a draw, lower half first: for `integers` by multiplication with
//! rejection (Lemire, *Fast Random Integer Generation in an Interval*, 2019), for permutations by masking.

use rand_core::Rng;
use rand_pcg::Pcg64;

/// A generator in the state of a new `default_rng`.
#[derive(Clone, Debug)]
pub(super) struct DefaultRng {
    pcg: Pcg64,
    /// Upper half of the last draw, if it was not used.
    half: Option<u32>,
}

impl DefaultRng {
    pub(super) fn new(seed: u64) -> Self {
        let words = spread(seed);
        let state = (u128::from(words[0]) << 64) | u128::from(words[1]);
        let stream = (u128::from(words[2]) << 64) | u128::from(words[3]);
        Self {
            pcg: Pcg64::new(state, stream),
            half: None,
        }
    }

    /// The generator after `n` draws of 64 bits.
    pub(super) fn after(&self, n: u128) -> Self {
        let mut later = self.clone();
        later.pcg.advance(n);
        later
    }

    /// What `random()` gives, times 2⁵³.
    pub(super) fn random(&mut self) -> u64 {
        self.pcg.next_u64() >> 11
    }

    fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let [lower, upper] = halves(self.pcg.next_u64());
        self.half = Some(upper);
        lower
    }

    /// A number from 0 to `most`, which is not the largest of its type.
    pub(super) fn up_to(&mut self, most: u32) -> u32 {
        if most == 0 {
            return 0;
        }
        let n = most + 1;
        let threshold = (u32::MAX - most) % n;
        loop {
            let product = u64::from(self.next_u32()) * u64::from(n);
            let [lower, upper] = halves(product);
            if lower >= threshold {
                return upper;
            }
        }
    }

    /// The same by drawing as many bits as `most` has until they are no more than it.
    fn masked_up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let value = self.next_u32() & mask;
            if value <= most {
                return value;
            }
        }
    }

    /// What `permutation(n)` gives.
    pub(super) fn permutation(&mut self, n: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n).collect();
        for last in (1..n).rev() {
            let other = self.masked_up_to(last);
            order.swap(last as usize, other as usize);
        }
        order
    }
}

/// Lower and upper half.
fn halves(bits: u64) -> [u32; 2] {
    [bits & u64::from(u32::MAX), bits >> 32].map(|half| u32::try_from(half).expect("32 bits"))
}

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn spread(seed: u64) -> [u64; 4] {
    const N_POOL: usize = 4;
    let mut constant: u32 = 0x43b0_d7e5;
    let mut hashed = |value: u32| {
        let value = value ^ constant;
        constant = constant.wrapping_mul(0x931e_8875);
        let value = value.wrapping_mul(constant);
        value ^ (value >> 16)
    };
    let [lower, upper] = halves(seed);
    let mut pool = [lower, upper, 0, 0].map(&mut hashed);
    for from in 0..N_POOL {
        for to in 0..N_POOL {
            if from != to {
                let mixed = pool[to]
                    .wrapping_mul(0xca01_f9dd)
                    .wrapping_sub(hashed(pool[from]).wrapping_mul(0x4973_f715));
                pool[to] = mixed ^ (mixed >> 16);
            }
        }
    }
    let mut constant: u32 = 0x8b51_f9dd;
    let mut word = |place: usize| {
        let value = pool[place % N_POOL] ^ constant;
        constant = constant.wrapping_mul(0x58f3_8ded);
        let value = value.wrapping_mul(constant);
        u64::from(value ^ (value >> 16))
    };
    [0, 2, 4, 6].map(|place| word(place) | (word(place + 1) << 32))
}

#[cfg(test)]
mod tests {
    use super::{DefaultRng, spread};

    /// Figures printed by numpy 2.
    #[test]
    fn draws_are_those_of_numpy() {
        let of_42 = [
            11_465_652_750_463_011_511,
            15_382_171_918_060_459_190,
            9_018_504_550_953_525_431,
            3_703_499_796_004_394_495,
        ];
        let of_large = [
            15_772_757_452_565_124_875,
            9_517_702_402_565_589_804,
            2_676_762_931_694_213_328,
            4_810_540_664_340_266_707,
        ];
        assert_eq!(spread(42), of_42);
        assert_eq!(spread((1 << 40) + 5), of_large);
        let start = DefaultRng::new(42);
        let mut rng = start.clone();
        let drawn = [rng.random(), rng.random(), rng.random()];
        assert_eq!(
            drawn,
            [
                6_971_176_343_755_556,
                3_953_065_555_456_575,
                7_733_562_544_347_970
            ]
        );
        assert_eq!(start.after(2).random(), drawn[2]);
        assert_eq!(rng.permutation(10), [6, 8, 4, 2, 9, 3, 0, 7, 1, 5]);
        let times = [1_296_912, 961_108, 473_168, 2_402_174, 2_025_822, 1_668_898];
        assert_eq!(times.map(|_| rng.up_to(30 * 86_400 - 1)), times);
    }
}
