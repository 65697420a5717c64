//! Keys of a pass, each a head and a bucket of days, and how far apart its pairs may be.

use super::Pass;
use crate::reconcile::Options;
use crate::reconcile::record::{Glance, Records};
use moneytrail_model::Amount;
use rustc_hash::FxHasher;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};

/// What a key says beside its days, hashed. Two of one hash are one head; its pairs are still asked for what the pass asks for.
pub(super) type Head = u64;

/// The heads of one record.
pub(super) type Heads = SmallVec<[Head; 16]>;

fn head(of: impl Hash) -> Head {
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

/// Puts the heads of a record, ascending. A window of amounts is their bucket with its neighbours, which the sent side stands in too.
pub(super) fn put_heads(
    heads: &mut Heads,
    records: &Records<'_>,
    of: &Glance,
    pass: Pass,
    is_sent: bool,
) {
    heads.clear();
    let sums = records.sums(of);
    match pass {
        Pass::Token => {
            let token = records.details(of).and_then(|details| details.token);
            heads.extend(token.map(|token| head(token.0)));
        }
        Pass::Amount => heads.extend(sums.iter().map(head)),
        Pass::NearAmount => {
            for sum in sums {
                heads.extend(amount_buckets(sum, is_sent, 5).map(head));
            }
        }
        Pass::Name => {
            for name in name_heads(records, of) {
                for sum in sums {
                    let buckets = amount_buckets(sum, is_sent, 2);
                    heads.extend(buckets.map(|bucket| head((name, bucket))));
                }
            }
        }
    }
    heads.sort_unstable();
    heads.dedup();
}

fn name_heads(records: &Records<'_>, of: &Glance) -> Heads {
    let mut heads = Heads::new();
    if let Some(details) = records.details(of) {
        for (role, name) in [(0_u8, &details.sender), (1, &details.beneficiary)] {
            let words = name.iter().flat_map(|name| name.name.words());
            heads.extend(words.map(|word| head((role, &**word))));
        }
    }
    if let Some(memo) = records.memo(of) {
        let ends = memo.text.char_indices().map(|of| of.0);
        let end = ends.chain([memo.text.len()]).take(5).last();
        heads.extend(end.map(|end| head((2_u8, &memo.text[..end]))));
    }
    heads
}

/// The buckets of days that a record begins and ends in: a bucket is as wide as the window, so that what is near stands in it or in one
/// beside it. Of a long interval its ends are enough, to bound the keys. `None` if there is no day, or the pass asks nothing of days.
pub(super) fn buckets(days: Option<(i32, i32)>, window: Option<i32>) -> Option<(i32, i32)> {
    let (days, width) = (days?, window?.max(1));
    Some((days.0.div_euclid(width), days.1.div_euclid(width)))
}

/// The asset and the leading `bits` bits of an amount with its length, alone or with the neighbours.
fn amount_buckets(
    &(asset, amount): &(u32, Amount),
    has_neighbours: bool,
    bits: u32,
) -> impl Iterator<Item = (u32, i64)> {
    let units = amount.units().unsigned_abs();
    let length = 128 - units.leading_zeros();
    let bucket = if length <= bits {
        i64::try_from(units).unwrap_or(0)
    } else {
        let leading = i64::try_from(units >> (length - bits)).unwrap_or(0);
        (i64::from(length - bits) << (bits - 1)) + leading
    };
    let beside = i64::from(has_neighbours);
    (bucket - beside..=bucket + beside).map(move |bucket| (asset, bucket))
}
