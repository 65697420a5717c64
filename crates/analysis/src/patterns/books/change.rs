//! Where a series changes its level (Pettitt, *A non-parametric approach to the change-point problem*, 1979).
//!
//! Laws. U(t) is the sum over i ≤ t < j of sgn(x(i) − x(j)); the change is behind the t at which |U| is largest among those that leave
//! so many places on either side, the first of equals. Its chance is that of the same values dealt in other orders. A series of one value never changes.

use rand_core::Rng;
use rand_pcg::Pcg64Mcg;

/// A change of level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// The first place of the new level.
    pub at: usize,
    /// |U| there.
    pub statistic: u64,
    /// Of the orders drawn, how many have a change as large.
    pub n_as_large: u32,
    /// Orders drawn.
    pub n_drawn: u32,
}

impl Change {
    /// Whether (1 + drawn as large) ÷ (1 + drawn) is at most so many thousandths.
    pub const fn is_rare(&self, permille: u32) -> bool {
        1000 * (1 + self.n_as_large as u64) <= permille as u64 * (1 + self.n_drawn as u64)
    }
}

/// Longest series that is asked: longer ones come of a date that is wrong.
pub const N_PLACES_MAX: usize = 10_000;

/// The largest |U| and the place behind it. `steps` are the sums of sgn(x(i) − x(j)) over all j.
fn largest(steps: &[i64], n_side: usize) -> Option<(usize, u64)> {
    let mut sum = 0_i64;
    let mut best: Option<(usize, u64)> = None;
    for (nth, step) in steps.iter().enumerate() {
        sum += step;
        let at = nth + 1;
        let is_asked = at >= n_side && steps.len() - at >= n_side;
        if is_asked && best.is_none_or(|best| best.1 < sum.unsigned_abs()) {
            best = Some((at, sum.unsigned_abs()));
        }
    }
    best
}

/// The change of a series, none if it is too short, too long, or of one value. O(n log n + draws · n).
pub fn change(series: &[i128], n_side: usize, (n_drawn, seed): (u32, u64)) -> Option<Change> {
    let n_side = n_side.max(1);
    if series.len() < 2 * n_side || series.len() > N_PLACES_MAX {
        return None;
    }
    let mut sorted = series.to_vec();
    sorted.sort_unstable();
    let step = |value: &i128| {
        let below = sorted.partition_point(|known| known < value);
        let above = sorted.len() - sorted.partition_point(|known| known <= value);
        i64::try_from(below).unwrap_or(0) - i64::try_from(above).unwrap_or(0)
    };
    let mut steps: Vec<i64> = series.iter().map(step).collect();
    let (at, statistic) = largest(&steps, n_side)?;
    if statistic == 0 {
        return None;
    }
    let mut random = Pcg64Mcg::new((u128::from(seed) << 64) | 1);
    // A generator of this kind begins near its seed.
    for _ in 0..16 {
        random.next_u64();
    }
    let mut n_as_large = 0;
    for _ in 0..n_drawn {
        for last in (1..steps.len()).rev() {
            let other = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
            steps.swap(last, usize::try_from(other).unwrap_or(last));
        }
        let drawn = largest(&steps, n_side).map_or(0, |of| of.1);
        n_as_large += u32::from(drawn >= statistic);
    }
    Some(Change {
        at,
        statistic,
        n_as_large,
        n_drawn,
    })
}
