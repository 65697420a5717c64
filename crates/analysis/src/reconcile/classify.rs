//! What matched and unmatched records mean: what is missing, altered, paid twice, sent on, set off.
//!
//! Law: each finding names its records and the rule that it comes from. Whether a difference between books is one is decided by
//! the books: a level of agreement that is usual among their matches is no finding.
#![expect(clippy::float_arithmetic, reason = "probabilities; no money")]

use super::compare::is_slip;
use super::group::{Group, groups};
use super::order::{Order, Side, delay};
use super::{Comparison, Match, Options, Reconciled};
use crate::linkage::name::{Skeleton, bare, is_kunya};
use moneytrail_model::Amount;
use std::collections::{BTreeMap, BTreeSet};

/// A level is unusual among matches below this share of them.
const UNUSUAL: f64 = 0.1;
/// The level at which beneficiaries differ.
const BENEFICIARY_DIFFERS: usize = 4;
/// Two unlike names in so many matches are one person's.
const ALIAS_MATCHES: u32 = 2;
/// A day alone in its book, with so many days without a row beside it, is held to be a slip and not the book's end.
const LONE_GAP_DAYS: i32 = 7;
/// A pair is held to repeat an order from this weight on, in bits.
const REPEATED_BITS: f64 = 0.0;
/// Of a hundred delays between two books, so many are no longer than the usual one.
const USUAL_DELAY_PERCENT: usize = 98;

/// Why the other side of an order is not there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Absence {
    /// The book that would hold it is not at hand, or the record does not name its keeper.
    NoBook,
    /// The book ends, or begins, where the other side would stand.
    BookEnd,
    /// The book has no row at all on the days on which it would stand.
    Page,
    /// The book covers those days and does not have it.
    Row,
}

/// What two or more records disagree on, or what became of an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// One side only.
    Missing(Absence),
    /// The other amount.
    AlteredAmount,
    /// The amounts differ by one slip of the pen.
    SlipInAmount,
    /// The other currency.
    AlteredCurrency,
    /// Another beneficiary.
    AlteredBeneficiary,
    /// Paid out again.
    PaidTwice,
    /// Received and sent on under one token: lawful.
    Forwarded,
    /// Paid out in parts, or several as one.
    InParts,
}

/// A finding and its records.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Difference {
    /// What it is.
    pub kind: Kind,
    /// Positions of its records, the sent one first where it is there.
    pub orders: Vec<usize>,
}

/// Orders of two books in both directions, in one asset.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Netting {
    /// The books, ascending.
    pub books: (u32, u32),
    /// The asset in which both sides of an order agree.
    pub asset: Box<str>,
    /// Orders from the first book to the second, and their sum.
    pub there: (u64, Amount),
    /// Orders back, and their sum.
    pub back: (u64, Amount),
    /// What sets off without any cash: the smaller of the sums.
    pub set_off: Amount,
}

/// What became of the orders.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Classes {
    /// Findings, by the key of their first record.
    pub differences: Vec<Difference>,
    /// What sets off between books that order both ways.
    pub nettings: Vec<Netting>,
    /// Days that 98 of a hundred matches take, by the books of the sent and of the received side.
    pub usual_delay_days: BTreeMap<(u32, u32), i32>,
}

/// Says what matched and unmatched records mean.
pub fn classify(orders: &[Order], found: &Reconciled, options: &Options) -> Classes {
    let mut partner: Vec<Option<usize>> = vec![None; orders.len()];
    for pair in &found.matches {
        partner[pair.sent] = Some(pair.received);
        partner[pair.received] = Some(pair.sent);
    }
    let mut differences: Vec<Difference> = Vec::new();
    let mut put = |kind: Kind, orders: Vec<usize>| differences.push(Difference { kind, orders });
    let mut is_explained: Vec<bool> = partner.iter().map(Option::is_some).collect();
    let aliases = aliases(orders, found);
    let mut uneven = Vec::new();
    for pair in &found.matches {
        for kind in altered(orders, pair, found, &aliases) {
            if matches!(kind, Kind::AlteredAmount | Kind::SlipInAmount) {
                uneven.push((kind, pair.sent, pair.received));
            } else {
                put(kind, vec![pair.sent, pair.received]);
            }
        }
    }
    let mut is_free: Vec<bool> = partner.iter().map(Option::is_none).collect();
    for &(_, sent, received) in &uneven {
        is_free[sent] = true;
        is_free[received] = true;
    }
    for Group { whole, parts } in groups(orders, &is_free, options) {
        for &place in parts.iter().chain([&whole]) {
            is_explained[place] = true;
            is_free[place] = false;
        }
        put(Kind::InParts, [vec![whole], parts].concat());
    }
    for (kind, sent, received) in uneven {
        if is_free[sent] && is_free[received] {
            put(kind, vec![sent, received]);
        }
    }
    for again in repeated(orders, found, &partner, &is_explained) {
        is_explained[again[2]] = true;
        put(Kind::PaidTwice, again.to_vec());
    }
    for pair in sent_on(orders, options) {
        put(Kind::Forwarded, pair.to_vec());
    }
    let usual_delay_days = usual_delays(orders, found, options);
    let days = book_days(orders);
    for (place, order) in orders.iter().enumerate().filter(|of| !is_explained[of.0]) {
        put(
            Kind::Missing(absence(order, &days, &usual_delay_days, options)),
            vec![place],
        );
    }
    differences.sort_by(|a, b| {
        let key = |of: &Difference| (&*orders[of.orders[0]].key, of.kind, of.orders.clone());
        key(a).cmp(&key(b))
    });
    Classes {
        differences,
        nettings: nettings(orders, found),
        usual_delay_days,
    }
}

/// What a matched pair disagrees on.
fn altered(
    orders: &[Order],
    pair: &Match,
    found: &Reconciled,
    aliases: &BTreeMap<[String; 2], u32>,
) -> Vec<Kind> {
    let (sent, received) = (&orders[pair.sent], &orders[pair.received]);
    let is_unusual = |comparison: Comparison, level: usize| {
        found.model.m[comparison as usize]
            .get(level)
            .is_some_and(|&m| m < UNUSUAL)
    };
    let mut kinds = Vec::new();
    if let Some(level) = pair.level(Comparison::Amount).filter(|&level| level > 0)
        && is_unusual(Comparison::Amount, level)
    {
        let mut pairs = sent
            .amounts
            .iter()
            .flat_map(|a| received.amounts.iter().map(move |b| (a, b)));
        let is_same_figure = pairs
            .clone()
            .any(|(a, b)| a.asset != b.asset && a.amount == b.amount);
        let digits = |amount: Amount| amount.units().to_string();
        let one_slip =
            pairs.any(|(a, b)| a.asset == b.asset && is_slip(&digits(a.amount), &digits(b.amount)));
        kinds.push(if is_same_figure {
            Kind::AlteredCurrency
        } else if one_slip {
            Kind::SlipInAmount
        } else {
            Kind::AlteredAmount
        });
    }
    if let Some([a, b]) = beneficiaries(sent, received)
        && a.is_unlike(&b)
        && is_unusual(Comparison::Beneficiary, BENEFICIARY_DIFFERS)
        && aliases
            .get(&[a.whole().to_owned(), b.whole().to_owned()])
            .is_none_or(|&n| n < ALIAS_MATCHES)
    {
        kinds.push(Kind::AlteredBeneficiary);
    }
    kinds
}

/// The beneficiaries that a pair names, where they can be compared.
fn beneficiaries(a: &Order, b: &Order) -> Option<[Skeleton; 2]> {
    let (a, b) = (a.beneficiary.as_deref()?, b.beneficiary.as_deref()?);
    let names = [a, b].map(Skeleton::of);
    let is_comparable = !is_kunya(a) && !is_kunya(b) && !names.iter().any(Skeleton::is_empty);
    is_comparable.then_some(names)
}

/// How often two unlike names stand for one beneficiary: a nickname does again and again, an alteration once.
fn aliases(orders: &[Order], found: &Reconciled) -> BTreeMap<[String; 2], u32> {
    let mut aliases: BTreeMap<[String; 2], u32> = BTreeMap::new();
    for pair in &found.matches {
        if let Some([a, b]) = beneficiaries(&orders[pair.sent], &orders[pair.received])
            .filter(|[a, b]| a.is_unlike(b))
        {
            for key in [[&a, &b], [&b, &a]] {
                *aliases
                    .entry(key.map(|name| name.whole().to_owned()))
                    .or_default() += 1;
            }
        }
    }
    aliases
}

/// Sent record, its partner, and a received record of the partner's book that describes the same order again.
fn repeated(
    orders: &[Order],
    found: &Reconciled,
    partner: &[Option<usize>],
    is_explained: &[bool],
) -> Vec<[usize; 3]> {
    let mut best: BTreeMap<usize, (&Match, usize)> = BTreeMap::new();
    for pair in &found.others {
        let Some(paid) = partner[pair.sent] else {
            continue;
        };
        let weight =
            |of: &Match| of.prior_bits + of.terms.iter().map(|term| term.bits).sum::<f64>();
        let agrees = pair.level(Comparison::Amount) == Some(0)
            && pair.level(Comparison::Token).is_none_or(|level| level < 2)
            && pair
                .level(Comparison::Keepers)
                .is_none_or(|level| level < 2)
            && pair.level(Comparison::Sender).is_none_or(|level| level < 4)
            && weight(pair) > REPEATED_BITS;
        let is_again =
            orders[paid].book == orders[pair.received].book && !is_explained[pair.received];
        if agrees && is_again {
            let held = best.entry(pair.received).or_insert((pair, paid));
            if weight(pair) > weight(held.0) {
                *held = (pair, paid);
            }
        }
    }
    best.into_iter()
        .map(|(again, (pair, paid))| [pair.sent, paid, again])
        .collect()
}

/// Received and sent on in one book: the same token, an amount in common, within the longest delay.
fn sent_on(orders: &[Order], options: &Options) -> Vec<[usize; 2]> {
    let mut by_token: BTreeMap<(u32, String), Vec<usize>> = BTreeMap::new();
    for (place, order) in orders.iter().enumerate() {
        if let Some(token) = order
            .token
            .as_deref()
            .map(bare)
            .filter(|token| !token.is_empty())
        {
            by_token.entry((order.book, token)).or_default().push(place);
        }
    }
    let window = options.delay_days.last().copied().unwrap_or(0);
    let mut found = Vec::new();
    for mut places in by_token.into_values().filter(|places| places.len() > 1) {
        places.sort_by(|&a, &b| orders[a].key.cmp(&orders[b].key));
        let mut used = BTreeSet::new();
        for &received in places
            .iter()
            .filter(|&&place| orders[place].side == Side::Received)
        {
            let next = places.iter().copied().find(|&sent| {
                let (a, b) = (&orders[received], &orders[sent]);
                b.side == Side::Sent
                    && !used.contains(&sent)
                    && a.amounts.iter().any(|amount| b.amounts.contains(amount))
                    && (a.other_book.is_none() || a.other_book != b.other_book)
                    && delay(a, b).is_none_or(|days| (-window..=window).contains(&days))
            });
            if let Some(sent) = next {
                used.insert(sent);
                found.push([received, sent]);
            }
        }
    }
    found
}

fn usual_delays(
    orders: &[Order],
    found: &Reconciled,
    options: &Options,
) -> BTreeMap<(u32, u32), i32> {
    /// Fewer matches than this say little of a pair of books.
    const MATCHES_MIN: usize = 20;
    let mut delays: BTreeMap<(u32, u32), Vec<i32>> = BTreeMap::new();
    let mut all = Vec::new();
    for pair in &found.matches {
        let (sent, received) = (&orders[pair.sent], &orders[pair.received]);
        if let Some(days) = delay(sent, received) {
            delays
                .entry((sent.book, received.book))
                .or_default()
                .push(days);
            all.push(days);
        }
    }
    let usual = |days: &mut Vec<i32>| {
        days.sort_unstable();
        let place = (days.len() * USUAL_DELAY_PERCENT).div_ceil(100).max(1) - 1;
        days.get(place).copied().map(|days| days.max(0))
    };
    let fallback =
        usual(&mut all).unwrap_or_else(|| options.delay_days.last().copied().unwrap_or(0));
    let of_pair = |days: &mut Vec<i32>| {
        let known = usual(days).filter(|_| days.len() >= MATCHES_MIN);
        known.unwrap_or(fallback)
    };
    let mut of: BTreeMap<(u32, u32), i32> = delays
        .into_iter()
        .map(|(books, mut days)| (books, of_pair(&mut days)))
        .collect();
    for order in orders {
        if let Some(other) = order.other_book {
            let books = if order.side == Side::Received {
                (other, order.book)
            } else {
                (order.book, other)
            };
            of.entry(books).or_insert(fallback);
        }
    }
    of
}

/// The days on which each book has rows, without slips at its ends.
fn book_days(orders: &[Order]) -> BTreeMap<u32, BTreeSet<i32>> {
    let mut rows: BTreeMap<u32, BTreeMap<i32, u32>> = BTreeMap::new();
    for order in orders {
        if let Some((first, last)) = order.days {
            let rows = rows.entry(order.book).or_default();
            for day in BTreeSet::from([first, last]) {
                *rows.entry(day).or_default() += 1;
            }
        }
    }
    let without_slips = |mut rows: BTreeMap<i32, u32>| -> BTreeSet<i32> {
        let is_lone = |end: Option<(&i32, &u32)>, next: Option<(&i32, &u32)>| matches!((end, next), (Some((end, 1)), Some((next, _))) if end.abs_diff(*next) > LONE_GAP_DAYS.unsigned_abs());
        while is_lone(rows.iter().next(), rows.iter().nth(1)) {
            rows.pop_first();
        }
        while is_lone(rows.iter().next_back(), rows.iter().nth_back(1)) {
            rows.pop_last();
        }
        rows.into_keys().collect()
    };
    rows.into_iter()
        .map(|(book, rows)| (book, without_slips(rows)))
        .collect()
}

fn absence(
    order: &Order,
    days: &BTreeMap<u32, BTreeSet<i32>>,
    usual: &BTreeMap<(u32, u32), i32>,
    options: &Options,
) -> Absence {
    let Some((other, days)) = order
        .other_book
        .and_then(|other| Some((other, days.get(&other)?)))
    else {
        return Absence::NoBook;
    };
    let (Some((first, last)), Some(&begin), Some(&end)) = (order.days, days.first(), days.last())
    else {
        return Absence::NoBook;
    };
    let is_received = order.side == Side::Received;
    let books = if is_received {
        (other, order.book)
    } else {
        (order.book, other)
    };
    let longest = options.delay_days.last().copied().unwrap_or(0);
    let delay = usual.get(&books).copied().unwrap_or(longest);
    let (from, to) = if is_received {
        (first.saturating_sub(delay), last)
    } else {
        (first, last.saturating_add(delay))
    };
    if from < begin || to > end {
        Absence::BookEnd
    } else if days.range(from..=to).next().is_none() {
        Absence::Page
    } else {
        Absence::Row
    }
}

/// What matched orders of two books set off, where both ordered.
fn nettings(orders: &[Order], found: &Reconciled) -> Vec<Netting> {
    type Flow = (u64, Amount);
    let mut flows: BTreeMap<(u32, u32, &str), [Flow; 2]> = BTreeMap::new();
    for pair in &found.matches {
        let (sent, received) = (&orders[pair.sent], &orders[pair.received]);
        let Some(sum) = sent
            .amounts
            .iter()
            .find(|sum| received.amounts.contains(sum))
        else {
            continue;
        };
        let (low, high) = (sent.book.min(received.book), sent.book.max(received.book));
        let flows = flows
            .entry((low, high, &sum.asset))
            .or_insert([(0, Amount::ZERO); 2]);
        let flow = &mut flows[usize::from(sent.book == high)];
        if let Some(total) = flow.1.checked_add(sum.amount) {
            *flow = (flow.0 + 1, total);
        }
    }
    let both = flows
        .into_iter()
        .filter(|(_, [there, back])| there.0 > 0 && back.0 > 0);
    both.map(|((low, high, asset), [there, back])| Netting {
        books: (low, high),
        asset: asset.into(),
        there,
        back,
        set_off: there.1.min(back.1),
    })
    .collect()
}
