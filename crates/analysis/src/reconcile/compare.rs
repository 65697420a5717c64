//! What two records are compared by, in levels of agreement.
//!
//! Law: a level is a function of the two records and the options alone, in exact integers; what one of the two does not
//! say gives no level and no weight.

use super::frequency::of_beginning;
use super::order::delay;
use super::record::{Details, Glance, Memo, Named, Records, Sums};
use super::{Options, Side};
use crate::linkage::shares::SILENT;
use moneytrail_model::Amount;
use std::fmt;
use std::ops::RangeInclusive;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Comparison {
    /// The amounts that come closest, in one currency.
    Amount,
    /// Days from sent to received.
    Delay,
    /// Token.
    Token,
    /// Sender's name.
    Sender,
    /// Beneficiary's name.
    Beneficiary,
    /// Telephones.
    Phone,
    /// Place of payment.
    Place,
    /// Memo.
    Text,
    /// Whether each book names the other's keeper.
    Keepers,
}

/// How many comparisons there are.
pub(super) const N: usize = 9;

/// A level for each comparison.
pub(super) type Levels = [u8; N];

impl Comparison {
    /// All, in the order of their levels in a pattern.
    pub const ALL: [Self; N] = [
        Self::Amount,
        Self::Delay,
        Self::Token,
        Self::Sender,
        Self::Beneficiary,
        Self::Phone,
        Self::Place,
        Self::Text,
        Self::Keepers,
    ];

    /// How many levels it has.
    pub fn n_levels(self, options: &Options) -> usize {
        match self {
            Self::Amount => options.amount_percent.len() + 3,
            Self::Delay => options.delay_days.len() + 2,
            Self::Sender | Self::Beneficiary | Self::Text => 5,
            Self::Token | Self::Keepers => 3,
            Self::Phone | Self::Place => 2,
        }
    }

    /// What a level means, for people.
    pub fn level_name(self, level: usize, options: &Options) -> String {
        let names: &[&str] = match self {
            Self::Amount => return amount_level(level, &options.amount_percent),
            Self::Delay => return delay_level(level, &options.delay_days),
            Self::Token => &["equal", "one slip apart", "different"],
            Self::Sender | Self::Beneficiary => &[
                "equal",
                "part of the other",
                "similar",
                "a word in common",
                "different",
            ],
            Self::Phone | Self::Place => &["equal", "different"],
            Self::Text => &[
                "equal",
                "begins the other",
                "two words in common",
                "a word in common",
                "different",
            ],
            Self::Keepers => &[
                "each names the other",
                "one names the other",
                "another is named",
            ],
        };
        names.get(level).copied().unwrap_or("nothing").to_owned()
    }

    /// Whether agreement at this level is worth what the agreed value is rare.
    pub(super) const fn is_by_value(self, level: u8) -> bool {
        match self {
            Self::Amount | Self::Token | Self::Phone | Self::Place => level == 0,
            Self::Sender | Self::Beneficiary => matches!(level, 0 | 1 | 3),
            Self::Text => level < 4,
            Self::Delay | Self::Keepers => false,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amount => "amount",
            Self::Delay => "delay",
            Self::Token => "token",
            Self::Sender => "sender",
            Self::Beneficiary => "beneficiary",
            Self::Phone => "phone",
            Self::Place => "place",
            Self::Text => "memo",
            Self::Keepers => "keepers",
        })
    }
}

fn amount_level(level: usize, percent: &[u32]) -> String {
    match (
        level,
        level.checked_sub(1).and_then(|place| percent.get(place)),
    ) {
        (0, _) => "equal".to_owned(),
        (_, Some(percent)) => format!("within {percent} %"),
        _ if level == percent.len() + 1 => "further apart".to_owned(),
        _ => "no currency in common".to_owned(),
    }
}

fn delay_level(level: usize, days: &[i32]) -> String {
    match days.get(level) {
        Some(0) => "the same day".to_owned(),
        Some(days) => format!("within {days} days"),
        None if level == days.len() => "later".to_owned(),
        None => "received before it was sent".to_owned(),
    }
}

/// Tells each comparison that both records have something to say on: its level and, if they agree by value, the binary logarithm of how
/// rare that value is, else 0.
#[inline]
pub(super) fn compare(
    records: &Records<'_>,
    sent: &Glance,
    received: &Glance,
    options: &Options,
    mut put: impl FnMut(Comparison, u8, f32),
) {
    let mut tell = |comparison: Comparison, found: Found| {
        if let Some((level, bits)) = found {
            put(comparison, level, bits.unwrap_or_default());
        }
    };
    tell(
        Comparison::Amount,
        amounts(records, sent, received, options),
    );
    tell(Comparison::Delay, delays(sent, received, options));
    if sent.is_detailed
        && received.is_detailed
        && let [Some(a), Some(b)] = [sent, received].map(|of| records.details(of))
    {
        let names = |a: &Option<Named<'_>>, b: &Option<Named<'_>>| {
            Some(name_level(a.as_ref()?, b.as_ref()?, options))
        };
        tell(Comparison::Token, tokens(a, b));
        tell(Comparison::Sender, names(&a.sender, &b.sender));
        tell(
            Comparison::Beneficiary,
            names(&a.beneficiary, &b.beneficiary),
        );
        tell(Comparison::Phone, phones(a, b));
        tell(Comparison::Place, places(a, b));
    }
    tell(Comparison::Text, texts(records, sent, received));
    tell(Comparison::Keepers, keepers(sent, received));
}

type Found = Option<(u8, Option<f32>)>;

fn small(level: usize) -> u8 {
    u8::try_from(level).unwrap_or(SILENT - 1)
}

#[inline]
fn amounts(records: &Records<'_>, a: &Glance, b: &Glance, options: &Options) -> Found {
    let percent = &options.amount_percent;
    match (a.sums, b.sums) {
        (Sums::None, _) | (_, Sums::None) => None,
        (Sums::One { asset: x, .. }, Sums::One { asset: y, .. }) if x != y => {
            Some((small(percent.len() + 2), None))
        }
        (Sums::One { units: x, .. }, Sums::One { units: y, .. }) if x != y => {
            Some((small(1 + n_exceeded(x, y, percent)), None))
        }
        _ => Some(closest(records, a, b, percent)),
    }
}

fn closest(records: &Records<'_>, a: &Glance, b: &Glance, percent: &[u32]) -> (u8, Option<f32>) {
    let mut best = (percent.len() + 2, None);
    for x in records.sums(a) {
        for y in records.sums(b).iter().filter(|y| x.0 == y.0) {
            let is_beyond = |percent: &&u32| !is_within(x.1, y.1, **percent);
            let level = if x.1 == y.1 {
                0
            } else {
                1 + percent.iter().filter(is_beyond).count()
            };
            if level < best.0 {
                best = (level, (level == 0).then(|| records.rarity(x)));
            }
        }
    }
    (small(best.0), best.1)
}

/// Of some percentages, ascending, how many are less than what two amounts differ by. Each is asked: where they end follows no habit
/// that a processor could learn.
#[inline]
fn n_exceeded(a: i64, b: i64, percent: &[u32]) -> usize {
    let percent = percent.iter();
    percent.filter(|of| !is_within_i64(a, b, **of)).count()
}

/// Whether two amounts differ by at most so many per cent of the larger: exact, in products where they fit and else in
/// quotients, which is off by less than a hundred units of 10³⁶.
pub(super) fn is_within(a: Amount, b: Amount, percent: u32) -> bool {
    let (a, b) = (a.units(), b.units());
    if let (Ok(a), Ok(b)) = (i64::try_from(a), i64::try_from(b)) {
        return is_within_i64(a, b, percent);
    }
    let gap = a.abs_diff(b);
    let larger = a.unsigned_abs().max(b.unsigned_abs());
    match (
        gap.checked_mul(100),
        larger.checked_mul(u128::from(percent)),
    ) {
        (Some(gap), Some(allowed)) => gap <= allowed,
        _ => gap <= (larger / 100).saturating_mul(u128::from(percent)),
    }
}

/// As [`is_within`], of amounts that are not immense: no product is.
#[inline]
pub(super) fn is_within_i64(a: i64, b: i64, percent: u32) -> bool {
    let larger = a.unsigned_abs().max(b.unsigned_abs());
    u128::from(a.abs_diff(b)) * 100 <= u128::from(larger) * u128::from(percent)
}

/// The amounts that differ from one by at most so many per cent of the larger; `None` from a hundred on, where they may be of either sign.
pub(super) fn near_units(units: i64, percent: u32) -> Option<RangeInclusive<i64>> {
    let left = i128::from(100_u32.checked_sub(percent).filter(|left| *left > 0)?);
    let size = i128::from(units.unsigned_abs());
    let (least, most) = ((size * left + 99) / 100, size * 100 / left);
    let signed = |size: i128| {
        let size = if units < 0 { -size } else { size };
        i64::try_from(size).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX })
    };
    let (a, b) = (signed(least), signed(most));
    Some(a.min(b)..=a.max(b))
}

#[inline]
fn delays(a: &Glance, b: &Glance, options: &Options) -> Found {
    let either = a.side == Side::Unknown && b.side == Side::Unknown;
    let days = delay(a.days, b.days)?;
    let days = if either { days.saturating_abs() } else { days };
    let steps = &options.delay_days;
    let level = if days < 0 {
        steps.len() + 1
    } else {
        steps.iter().filter(|step| days > **step).count()
    };
    Some((small(level), None))
}

fn tokens(a: &Details<'_>, b: &Details<'_>) -> Found {
    let ((a, bits), (b, _)) = (a.token?, b.token?);
    if a == b {
        return Some((0, Some(bits)));
    }
    let level = if a.chars().count().min(b.chars().count()) >= 3 && is_slip(a, b) {
        1
    } else {
        2
    };
    Some((level, None))
}

/// Whether one sign changed, lacking, or two neighbours swapped makes one of the other.
pub(crate) fn is_slip(a: &str, b: &str) -> bool {
    let (mut a, mut b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > b.len() {
        std::mem::swap(&mut a, &mut b);
    }
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    if b.len() == a.len() + 1 {
        return rest_a == &rest_b[1..];
    }
    let is_swapped = rest_a.len() >= 2
        && rest_a.len() == rest_b.len()
        && (rest_a[0], rest_a[1]) == (rest_b[1], rest_b[0])
        && rest_a[2..] == rest_b[2..];
    is_swapped || a.len() == b.len() && rest_a.get(1..) == rest_b.get(1..)
}

fn name_level(a: &Named<'_>, b: &Named<'_>, options: &Options) -> (u8, Option<f32>) {
    if a.name.whole() == b.name.whole() {
        return (0, Some(a.bits));
    }
    let shared = a.name.shared(b.name).map(|word| a.word_bits[word]);
    let rarest = shared.reduce(f32::max);
    if a.name.is_part_of(b.name) {
        return (1, rarest);
    }
    if a.name.similarity_permille(b.name) >= options.name_similarity_permille {
        return (2, None);
    }
    match rarest {
        Some(bits) => (3, Some(bits)),
        None => (4, None),
    }
}

fn phones(a: &Details<'_>, b: &Details<'_>) -> Found {
    let (a, b) = (&a.phones, &b.phones);
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let shared = a
        .iter()
        .filter(|(phone, _)| b.iter().any(|of| of.0 == *phone));
    let rarest = shared.map(|of| of.1).reduce(f32::max);
    Some(rarest.map_or((1, None), |bits| (0, Some(bits))))
}

fn places(a: &Details<'_>, b: &Details<'_>) -> Found {
    let ((a, bits), (b, _)) = (a.place?, b.place?);
    Some(if a == b { (0, Some(bits)) } else { (1, None) })
}

/// What a cut-off memo still shares with the whole one: its beginning, else its first words.
#[inline]
fn texts(records: &Records<'_>, a: &Glance, b: &Glance) -> Found {
    if a.n_head == 0 || b.n_head == 0 {
        return None;
    }
    if let Some(found) = beginning_at_a_glance(records, a, b) {
        return Some(found);
    }
    Some(beginning_in_common(&records.memo(a)?, &records.memo(b)?))
}

/// As [`beginning_in_common`], of two memos that part within their heads, as most do.
#[inline]
fn beginning_at_a_glance(
    records: &Records<'_>,
    a: &Glance,
    b: &Glance,
) -> Option<(u8, Option<f32>)> {
    let same = (a.memo_head ^ b.memo_head).leading_zeros() / 8;
    if same >= u32::from(a.n_head.min(b.n_head)) {
        return None;
    }
    let head = a.memo_head.to_be_bytes();
    let spaces = head[..same as usize].iter().filter(|&&byte| byte == b' ');
    // Words are parted by single spaces.
    Some(match spaces.count() {
        0 => (4, None),
        1 => (3, Some(a.word_bits)),
        n_words => (2, records.word_bits(a, n_words)),
    })
}

fn beginning_in_common(a: &Memo<'_>, b: &Memo<'_>) -> (u8, Option<f32>) {
    let (short, long) = if a.text.len() <= b.text.len() {
        (a, b)
    } else {
        (b, a)
    };
    let rarity = |n_bytes: usize| Some(of_beginning(short.beginnings, n_bytes));
    let (short, long) = (short.text.as_bytes(), long.text.as_bytes());
    let same = n_common(short, long);
    if same == short.len() {
        return (u8::from(same < long.len()), rarity(same));
    }
    let Some(end) = short[..same].iter().rposition(|&byte| byte == b' ') else {
        return (4, None);
    };
    // Words are parted by single spaces.
    let is_one_word = !short[..end].contains(&b' ');
    (if is_one_word { 3 } else { 2 }, rarity(end + 1))
}

/// How many bytes two texts begin with in common.
fn n_common(a: &[u8], b: &[u8]) -> usize {
    let eights = a.chunks_exact(8).zip(b.chunks_exact(8));
    let n = 8 * eights.take_while(|(x, y)| x == y).count();
    let rest = a[n..].iter().zip(&b[n..]);
    n + rest.take_while(|(x, y)| x == y).count()
}

fn keepers(a: &Glance, b: &Glance) -> Found {
    let says = |of: &Glance, other: &Glance| of.other_book().map(|book| book == other.book);
    let level = match (says(a, b), says(b, a)) {
        (None, None) => return None,
        (Some(true), Some(true)) => 0,
        (Some(true), None) | (None, Some(true)) => 1,
        _ => 2,
    };
    Some((level, None))
}

#[cfg(test)]
mod tests {
    use super::super::frequency::{AllBeginnings, Frequencies};
    use super::super::order::{Order, Prepared, assets};
    use super::*;
    use proptest::prelude::*;

    fn amount(units: i128) -> Amount {
        Amount::new(units).unwrap()
    }

    #[test]
    fn per_cent_are_of_the_larger_and_exact() {
        assert!(is_within(amount(97), amount(100), 3));
        assert!(!is_within(amount(9_699), amount(10_000), 3));
        let large = 10_i128.pow(37);
        assert!(is_within(amount(large), amount(large - large / 100), 1));
        assert!(!is_within(amount(large), amount(large - large / 50), 1));
    }

    #[test]
    fn slips_of_the_pen() {
        for (a, b, is) in [
            ("457", "475", true),
            ("929", "6929", true),
            ("450", "456", true),
            ("450", "45", true),
            ("450", "540", true),
            ("1040", "1099", false),
            ("450", "405", true),
            ("123", "321", false),
            ("12", "1234", false),
        ] {
            assert_eq!(is_slip(a, b), is, "{a} {b}");
            assert_eq!(is_slip(b, a), is, "{b} {a}");
        }
    }

    proptest! {
        #[test]
        fn memos_part_at_a_glance_as_they_do_as_a_whole(texts in prop::collection::vec("[ab]{1,9}( [abé\u{0}İ]{1,9}){0,3}", 2..12)) {
            let orders: Vec<Order> = texts
                .iter()
                .zip(0..)
                .map(|(text, nth)| {
                    let mut order = Order::new(format!("{nth}"), nth, Side::Unknown);
                    order.text = Some((**text).into());
                    order
                })
                .collect();
            let assets = assets(&orders);
            let prepared: Vec<Prepared<'_>> = orders.iter().map(|of| Prepared::new(of, &assets)).collect();
            let frequencies = Frequencies::of(&prepared);
            let texts: Vec<Option<&str>> = prepared.iter().map(|of| of.text.as_deref()).collect();
            let beginnings = AllBeginnings::of(&texts);
            let records = Records::new(&prepared, &frequencies, &beginnings);
            for a in &records.glances {
                for b in &records.glances {
                    if let Some(found) = beginning_at_a_glance(&records, a, b) {
                        let [a, b] = [a, b].map(|of| records.memo(of).unwrap());
                        prop_assert_eq!(found, beginning_in_common(&a, &b), "{:?} {:?}", a, b);
                    }
                }
            }
        }

        #[test]
        fn near_units_are_those_that_are_within(
            a in prop_oneof![-300_i64..300, any::<i64>()],
            percent in 0_u32..130,
            off in -3_i64..=3,
            nth in 0_usize..4,
        ) {
            if let Some(near) = near_units(a, percent) {
                // Around its ends, and elsewhere.
                let b = [*near.start(), *near.end(), a, 0][nth].saturating_add(off);
                prop_assert_eq!(near.contains(&b), is_within_i64(a, b, percent), "{} {:?}", b, near);
            } else {
                prop_assert!(percent >= 100);
            }
        }

        #[test]
        fn nearness_is_symmetric_and_grows(a in -10_i128.pow(37)..10_i128.pow(37), b in -10_i128.pow(37)..10_i128.pow(37), percent in 0_u32..100) {
            let (a, b) = (amount(a), amount(b));
            prop_assert_eq!(is_within(a, b, percent), is_within(b, a, percent));
            prop_assert!(!is_within(a, b, percent) || is_within(a, b, percent + 1));
        }
    }
}
