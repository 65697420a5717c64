//! Counts and their intervals.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "ratios and their intervals; no money"
)]

use std::collections::BTreeMap;

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
const N_RESAMPLES: usize = 1000;

/// A rate with its 95 % interval, and how many were counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) n: u64,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) n: u64,
    pub(crate) of: u64,
}

impl Share {
    pub(super) fn add(&mut self, is: bool) {
        self.of += 1;
        self.n += u64::from(is);
    }

    /// With the interval of Wilson (1927): counts are taken for independent.
    pub(crate) fn rate(self) -> Option<Rate> {
        let n = self.of as f64;
        let value = (self.of > 0).then(|| self.n as f64 / n)?;
        let middle = (value + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half =
            Z / (1.0 + Z * Z / n) * (value * (1.0 - value) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some(Rate {
            value,
            low: (middle - half).max(0.0),
            high: (middle + half).min(1.0),
            n: self.of,
        })
    }
}

/// Sums over clusters: what is right, and what there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Clusters(Vec<(f64, f64)>);

impl Clusters {
    pub(super) fn add(&mut self, right: f64, all: f64) {
        if all > 0.0 {
            self.0.push((right, all));
        }
    }

    /// The ratio of the sums, with a percentile interval of clusters drawn again (Efron 1979): pairs of one
    /// entity or owner are not independent, entities and owners are taken for it.
    pub(super) fn rate(&self) -> Option<Rate> {
        let ratio = |sums: (f64, f64)| sums.0 / sums.1;
        let sum = |a: (f64, f64), b: &(f64, f64)| (a.0 + b.0, a.1 + b.1);
        let total = self.0.iter().fold((0.0, 0.0), sum);
        (total.1 > 0.0).then_some(())?;
        let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
        let mut again: Vec<f64> = (0..N_RESAMPLES)
            .map(|_| {
                let drawn = self.0.iter().map(|_| &self.0[draws.below(self.0.len())]);
                ratio(drawn.fold((0.0, 0.0), sum))
            })
            .collect();
        again.sort_by(f64::total_cmp);
        Some(Rate {
            value: ratio(total),
            low: again[N_RESAMPLES / 40],
            high: again[N_RESAMPLES - 1 - N_RESAMPLES / 40],
            n: total.1 as u64,
        })
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014).
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ((u128::from(bits) * n as u128) >> 64) as usize
    }
}

/// Precision and recall of a partition, by pairs of accounts and by accounts (B-cubed: Bagga, Baldwin 1998).
#[derive(Clone, Debug, Default)]
pub(super) struct Partition {
    pub(super) pair_precision: Clusters,
    pub(super) pair_recall: Clusters,
    pub(super) b3_precision: Clusters,
    pub(super) b3_recall: Clusters,
}

impl Partition {
    /// Accounts of a chain, each with its entity and its owner.
    pub(super) fn add(&mut self, accounts: &[(u32, u32)]) {
        let swapped: Vec<(u32, u32)> = accounts
            .iter()
            .map(|&(entity, owner)| (owner, entity))
            .collect();
        let precision = (&mut self.pair_precision, &mut self.b3_precision);
        let recall = (&mut self.pair_recall, &mut self.b3_recall);
        for ((pairs, b3), of) in [(precision, accounts), (recall, &swapped)] {
            let mut cells: BTreeMap<u32, BTreeMap<u32, u64>> = BTreeMap::new();
            for &(cluster, label) in of {
                *cells.entry(cluster).or_default().entry(label).or_default() += 1;
            }
            for labels in cells.values() {
                let two = |n: u64| (n * (n - 1) / 2) as f64;
                let size: u64 = labels.values().sum();
                pairs.add(labels.values().map(|&n| two(n)).sum(), two(size));
                let squares = labels.values().map(|&n| (n * n) as f64);
                b3.add(squares.sum::<f64>() / size as f64, size as f64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-3
    }

    /// Wilson's interval of 8 of 10 is 0.490 to 0.943 (Brown, Cai and others 2001, by hand).
    #[test]
    fn wilson() {
        let rate = Share { n: 8, of: 10 }.rate().unwrap();
        assert!(
            is_near(rate.low, 0.490) && is_near(rate.high, 0.943),
            "{rate:?}"
        );
        let sure = Share { n: 10, of: 10 }.rate().unwrap();
        assert!(
            is_near(sure.low, 0.722) && is_near(sure.high, 1.0),
            "{sure:?}"
        );
        assert!(Share::default().rate().is_none());
    }

    /// Entities {1,2,3}, {4}, {5,6} of owners {1,2}, {3,4}, {5,6}: 2 of 4 pairs that are said are true, 2 of 3 that
    /// are true are said.
    #[test]
    fn pairs_and_b_cubed() {
        let mut partition = Partition::default();
        partition.add(&[(0, 0), (0, 0), (0, 1), (1, 1), (2, 2), (2, 2)]);
        let value = |clusters: &Clusters| clusters.rate().unwrap().value;
        assert!(is_near(value(&partition.pair_precision), 0.5));
        assert!(is_near(value(&partition.pair_recall), 2.0 / 3.0));
        // Accounts 1 and 2: 2/3, account 3: 1/3, the others 1.
        assert!(is_near(
            value(&partition.b3_precision),
            (4.0 / 3.0 + 1.0 / 3.0 + 3.0) / 6.0
        ));
        assert!(is_near(value(&partition.b3_recall), 5.0 / 6.0));
    }
}
