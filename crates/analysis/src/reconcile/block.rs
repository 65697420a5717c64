//! Which pairs are worth comparing: several passes, each by a key that true pairs often share.
//!
//! Law: a pass is a join of two sorted lists of keys. A key that more than `block_pairs_max` pairs share is left out of
//! that pass and counted, so no pass is quadratic in the records. O(n log n + pairs).

use super::compare::{Comparison, is_within};
use super::order::{Prepared, Side, delay};
use super::{Options, Sum};
use crate::linkage::name::Skeleton;
use rayon::prelude::*;

/// A pass of blocking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pass {
    /// Equal token.
    Token,
    /// Equal amount, within the longest delay.
    Amount,
    /// Amounts within the second percentage, within the second longest delay.
    NearAmount,
    /// The first word of the beneficiary's or sender's name or the memo's beginning, and amounts within the largest
    /// percentage, within the longest delay.
    Name,
}

impl Pass {
    /// All passes.
    pub const ALL: [Self; 4] = [Self::Token, Self::Amount, Self::NearAmount, Self::Name];

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Amount => "equal amount",
            Self::NearAmount => "near amount",
            Self::Name => "name",
        }
    }

    /// Comparisons that are not independent of its key.
    pub(super) const fn decides(self, comparison: Comparison) -> bool {
        match self {
            Self::Token => matches!(comparison, Comparison::Token),
            Self::Amount | Self::NearAmount => matches!(comparison, Comparison::Amount),
            Self::Name => matches!(
                comparison,
                Comparison::Sender | Comparison::Beneficiary | Comparison::Text
            ),
        }
    }
}

/// What a pass gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocked {
    /// The pass.
    pub pass: Pass,
    /// Pairs, before those of other passes are taken out.
    pub n_pairs: u64,
    /// Keys left out because too many pairs share them.
    pub n_keys_left_out: u64,
    /// Pairs that those keys would have given.
    pub n_pairs_left_out: u64,
}

/// A pair by positions: on the sent side, on the received side.
pub(super) type Pair = (u32, u32);

/// Whether two records can be the two sides of one order.
pub(super) fn may_pair(sent: &Prepared<'_>, received: &Prepared<'_>) -> bool {
    let (a, b) = (sent.order, received.order);
    let roles = match (a.side, b.side) {
        (Side::Received, _) | (_, Side::Sent) => false,
        // Both may be either: one of the two orders of the pair is enough.
        (Side::Unknown, Side::Unknown) => a.book < b.book,
        _ => true,
    };
    roles && a.book != b.book
}

/// The pairs of a pass, sorted, and its count.
pub(super) fn pairs(
    orders: &[Prepared<'_>],
    pass: Pass,
    options: &Options,
) -> (Vec<Pair>, Blocked) {
    let keyed = |is_sent: bool| {
        let mut keys: Vec<(Vec<u8>, u32)> = orders
            .par_iter()
            .enumerate()
            .filter(|(_, order)| {
                let no = if is_sent { Side::Received } else { Side::Sent };
                order.order.side != no
            })
            .flat_map_iter(|(place, order)| {
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                keys(order, pass, is_sent, options)
                    .into_iter()
                    .map(move |key| (key, place))
            })
            .collect();
        keys.par_sort_unstable();
        keys.dedup();
        keys
    };
    let (sent, received) = (keyed(true), keyed(false));
    let groups = joined(&sent, &received);
    let n_of = |group: &Group| (group.0.len() as u64).saturating_mul(group.1.len() as u64);
    let (taken, left_out): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| n_of(group) <= options.block_pairs_max);
    let mut pairs: Vec<Pair> = taken
        .par_iter()
        .flat_map_iter(|(sent, received)| {
            sent.iter()
                .flat_map(move |a| received.iter().map(move |b| (a.1, b.1)))
        })
        .filter(|&(a, b)| is_plausible(&orders[a as usize], &orders[b as usize], pass, options))
        .collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let blocked = Blocked {
        pass,
        n_pairs: pairs.len() as u64,
        n_keys_left_out: left_out.len() as u64,
        n_pairs_left_out: left_out.iter().map(n_of).fold(0, u64::saturating_add),
    };
    (pairs, blocked)
}

type Keyed = (Vec<u8>, u32);
type Group<'a> = (&'a [Keyed], &'a [Keyed]);

/// The runs of equal keys that both lists have.
fn joined<'a>(mut a: &'a [Keyed], mut b: &'a [Keyed]) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        match x.0.cmp(&y.0) {
            std::cmp::Ordering::Less => a = &a[1..],
            std::cmp::Ordering::Greater => b = &b[1..],
            std::cmp::Ordering::Equal => {
                let run = |of: &'a [Keyed]| of.split_at(of.partition_point(|keyed| keyed.0 == x.0));
                let ((in_a, rest_a), (in_b, rest_b)) = (run(a), run(b));
                groups.push((in_a, in_b));
                (a, b) = (rest_a, rest_b);
            }
        }
    }
    groups
}

fn is_plausible(
    sent: &Prepared<'_>,
    received: &Prepared<'_>,
    pass: Pass,
    options: &Options,
) -> bool {
    if !may_pair(sent, received) {
        return false;
    }
    let days = &options.delay_days;
    let longest = |nth_last: usize| {
        days.iter()
            .rev()
            .nth(nth_last)
            .or(days.last())
            .copied()
            .unwrap_or(0)
    };
    let within = |days: i32| {
        delay(sent.order, received.order).is_none_or(|delay| -days <= delay && delay <= days)
    };
    let percent = &options.amount_percent;
    let near = |percent: u32| {
        let sums = |order: &Prepared<'_>| order.order.amounts.is_empty();
        let is_near =
            |a: &Sum, b: &Sum| a.asset == b.asset && is_within(a.amount, b.amount, percent);
        let (a, b) = (&sent.order.amounts, &received.order.amounts);
        sums(sent) || sums(received) || a.iter().any(|a| b.iter().any(|b| is_near(a, b)))
    };
    match pass {
        Pass::Token => true,
        Pass::Amount => within(longest(0)),
        Pass::NearAmount => {
            within(longest(1)) && near(percent.get(1).or(percent.last()).copied().unwrap_or(0))
        }
        Pass::Name => within(longest(0)) && near(percent.last().copied().unwrap_or(0)),
    }
}

/// The keys of a record. Windows of days and of amounts are buckets: the sent side stands in its own, the received side
/// in its own and its neighbours.
fn keys(order: &Prepared<'_>, pass: Pass, is_sent: bool, options: &Options) -> Vec<Vec<u8>> {
    let days = &options.delay_days;
    let longest = |nth_last: usize| {
        days.iter()
            .rev()
            .nth(nth_last)
            .or(days.last())
            .copied()
            .unwrap_or(0)
    };
    match pass {
        Pass::Token => {
            let token = order.token.iter();
            token.map(|token| token.as_bytes().to_vec()).collect()
        }
        Pass::Amount => {
            let mut keys = Vec::new();
            for sum in &order.order.amounts {
                let mut head = sum.asset.as_bytes().to_vec();
                head.push(0);
                head.extend(sum.amount.units().to_be_bytes());
                keys.extend(by_days(&head, order, is_sent, longest(0)));
            }
            keys
        }
        Pass::NearAmount => {
            let mut keys = Vec::new();
            for head in amount_buckets(order, is_sent, 5) {
                keys.extend(by_days(&head, order, is_sent, longest(1)));
            }
            keys
        }
        Pass::Name => {
            let mut keys = Vec::new();
            let buckets = amount_buckets(order, is_sent, 2);
            for name in name_heads(order) {
                for bucket in &buckets {
                    let mut head = name.clone();
                    head.push(0);
                    head.extend(bucket);
                    keys.extend(by_days(&head, order, is_sent, longest(0)));
                }
            }
            keys
        }
    }
}

fn name_heads(order: &Prepared<'_>) -> Vec<Vec<u8>> {
    let mut heads = Vec::new();
    for (role, name) in [(b's', &order.sender), (b'b', &order.beneficiary)] {
        for word in name.iter().flat_map(Skeleton::words) {
            heads.push([&[role], word.as_bytes()].concat());
        }
    }
    if let Some(text) = &order.text {
        let head: String = text.chars().take(4).collect();
        heads.push([b"t", head.as_bytes()].concat());
    }
    heads
}

/// The bucket of days that the record stands in, and on the received side the one before and behind: a bucket is as wide as the
/// window. One without a day stands in a bucket of its own kind.
fn by_days(head: &[u8], order: &Prepared<'_>, is_sent: bool, window: i32) -> Vec<Vec<u8>> {
    let key = |bucket: i32| {
        let mut key = head.to_vec();
        key.push(0);
        key.extend(bucket.to_be_bytes());
        key
    };
    let Some((first, last)) = order.order.days else {
        return vec![key(i32::MIN)];
    };
    let width = window.max(1);
    let (first, last) = (first.div_euclid(width), last.div_euclid(width));
    // A long interval says little: its ends are enough to bound the keys.
    let mut buckets = vec![first, last];
    if !is_sent {
        buckets.extend([first - 1, last + 1]);
    }
    buckets.sort_unstable();
    buckets.dedup();
    buckets.into_iter().map(key).collect()
}

/// The leading `bits` bits of an amount with its length, and on the received side the neighbours too.
fn amount_buckets(order: &Prepared<'_>, is_sent: bool, bits: u32) -> Vec<Vec<u8>> {
    let mut buckets = Vec::new();
    for sum in &order.order.amounts {
        let units = sum.amount.units().unsigned_abs();
        let length = 128 - units.leading_zeros();
        let bucket = if length <= bits {
            i64::try_from(units).unwrap_or(0)
        } else {
            let leading = i64::try_from(units >> (length - bits)).unwrap_or(0);
            (i64::from(length - bits) << (bits - 1)) + leading
        };
        let near = if is_sent {
            bucket..=bucket
        } else {
            bucket - 1..=bucket + 1
        };
        for bucket in near {
            let mut key = sum.asset.as_bytes().to_vec();
            key.push(0);
            key.extend(bucket.to_be_bytes());
            buckets.push(key);
        }
    }
    buckets
}
