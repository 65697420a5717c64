//! Keys of a pass, and how far apart its pairs may be.

use super::Pass;
use crate::reconcile::Options;
use crate::reconcile::record::{Priced, Record};
use rustc_hash::FxHasher;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};

/// A key of a pass, hashed. Two keys with one hash are one group; its pairs are still asked for what the pass asks for.
pub(super) type Key = u64;

/// The keys of one record.
pub(super) type Keys = SmallVec<[Key; 16]>;

fn key(of: impl Hash) -> Key {
    let mut hasher = FxHasher::default();
    of.hash(&mut hasher);
    hasher.finish()
}

/// How far apart the two records of a pass's pairs may be; `None` asks nothing: a pass that asks nothing of sums asks for one token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) days: Option<i32>,
    pub(super) percent: Option<u32>,
}

impl Reach {
    pub(super) fn of(pass: Pass, options: &Options) -> Self {
        let days = &options.delay_days;
        let longest = |nth: usize| {
            let nth = days.iter().rev().nth(nth).or(days.last());
            Some(nth.copied().unwrap_or(0))
        };
        let percent = &options.amount_percent;
        let largest = percent.last().copied();
        let second = percent.get(1).copied().or(largest);
        let (days, percent) = match pass {
            Pass::Token => (None, None),
            Pass::Amount => (longest(0), Some(0)),
            Pass::NearAmount => (longest(1), Some(second.unwrap_or(0))),
            Pass::Name => (longest(0), Some(largest.unwrap_or(0))),
        };
        Self { days, percent }
    }
}

/// Puts the keys of a record. Windows of days and of amounts are buckets: of days the received side stands in its own and its neighbours,
/// of amounts the sent side does, so that neither has all the keys.
pub(super) fn put_keys(
    keys: &mut Keys,
    of: &Record<'_>,
    pass: Pass,
    is_sent: bool,
    options: &Options,
) {
    let window = Reach::of(pass, options).days.unwrap_or(0);
    let mut put = |head: Key| {
        let buckets = day_buckets(of.days, is_sent, window);
        keys.extend(buckets.map(|bucket| key((head, bucket))));
    };
    match pass {
        Pass::Token => {
            let token = of.details.as_ref().and_then(|details| details.token);
            keys.extend(token.map(|token| key(token.0)));
        }
        Pass::Amount => {
            for sum in &of.sums {
                put(key((sum.asset, sum.amount.units())));
            }
        }
        Pass::NearAmount => {
            for sum in &of.sums {
                amount_buckets(sum, !is_sent, 5).for_each(|bucket| put(key(bucket)));
            }
        }
        Pass::Name => {
            for name in name_heads(of) {
                for sum in &of.sums {
                    let buckets = amount_buckets(sum, !is_sent, 2);
                    buckets.for_each(|bucket| put(key((name, bucket))));
                }
            }
        }
    }
}

fn name_heads(of: &Record<'_>) -> Keys {
    let mut heads = Keys::new();
    if let Some(details) = &of.details {
        for (role, name) in [(0_u8, &details.sender), (1, &details.beneficiary)] {
            let words = name.iter().flat_map(|name| name.name.words());
            heads.extend(words.map(|word| key((role, &**word))));
        }
    }
    if let Some(memo) = &of.text {
        let ends = memo.text.char_indices().map(|of| of.0);
        let end = ends.chain([memo.text.len()]).take(5).last();
        heads.extend(end.map(|end| key((2_u8, &memo.text[..end]))));
    }
    heads
}

/// The bucket of days that the record stands in, and on the received side the one before and behind: a bucket is as wide as the
/// window. One without a day stands in a bucket of its own kind.
fn day_buckets(days: Option<(i32, i32)>, is_sent: bool, window: i32) -> impl Iterator<Item = i32> {
    let width = window.max(1);
    let buckets = if let Some((first, last)) = days {
        // A long interval says little: its ends are enough to bound the keys.
        let (first, last) = (first.div_euclid(width), last.div_euclid(width));
        let beside = [first.saturating_sub(1), last.saturating_add(1)];
        let [before, behind] = beside.map(|bucket| (!is_sent).then_some(bucket));
        [Some(first), Some(last), before, behind]
    } else {
        [Some(i32::MIN), None, None, None]
    };
    buckets.into_iter().flatten()
}

/// The asset and the leading `bits` bits of an amount with its length, alone or with the neighbours.
fn amount_buckets(sum: &Priced, is_alone: bool, bits: u32) -> impl Iterator<Item = (u32, i64)> {
    let units = sum.amount.units().unsigned_abs();
    let length = 128 - units.leading_zeros();
    let bucket = if length <= bits {
        i64::try_from(units).unwrap_or(0)
    } else {
        let leading = i64::try_from(units >> (length - bits)).unwrap_or(0);
        (i64::from(length - bits) << (bits - 1)) + leading
    };
    let near = if is_alone {
        bucket..=bucket
    } else {
        bucket - 1..=bucket + 1
    };
    let asset = sum.asset;
    near.map(move |bucket| (asset, bucket))
}
