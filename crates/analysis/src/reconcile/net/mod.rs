//! What settlements between two books discharge, and which orders without a partner they count.
//!
//! Law: an order is discharged by one settlement at most, and by none before it may have been paid out; what a settlement leaves is
//! what was left before, and what came to be owed since, less what was paid, exactly.
//!
//! Method: hawaladars settle what they owe each other from the last settlement to this one, rounded off. Settlements are taken in
//! the order of their days; orders whose days overlap a settlement's, and orders that only one book has, are taken with it or left
//! so that the least is left over. An order that only one book has is counted if what is left is within the allowance with it and
//! far beyond without it, in every choice of the others; not counted if it is the other way round in each settlement that could
//! have discharged it.

mod owed;
mod value;

pub use owed::{Change, Owed, owed};

use super::Options;
use super::classify::Delays;
use super::order::{Order, Side};
use super::{Match, Reconciled};
use std::collections::{BTreeMap, BTreeSet};
use value::{Rates, Worth};

/// Most orders whose turn is open at one settlement; beyond, nothing is said of them.
const OPEN_MAX: usize = 14;
/// Two lines of a settlement stand at most so many days apart in the two books.
const LINE_DAYS: i32 = 3;
/// A line whose day is not known is that of a month at most.
const MONTH_DAYS: i32 = 31;
/// Lines that are looked through for the other line of a settlement.
const LINES_MAX: usize = 1000;

/// What an order or a settlement is worth in units that are known by number, in millionths.
pub type Values = Vec<(u16, i128)>;

/// A line of a book by which one hawaladar settles with another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Settlement {
    /// Names the line: no two share one.
    pub key: Box<str>,
    /// The book that it stands in.
    pub book: u32,
    /// Who pays.
    pub payer: u32,
    /// Who is paid.
    pub payee: u32,
    /// Unit of what is paid.
    pub unit: u16,
    /// What is paid, in millionths.
    pub value: i128,
    /// Days since 1970: the first and the last on which it may have happened.
    pub days: (i32, i32),
}

/// Whether settlements count an order that only one book has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Standing {
    /// They only add up with it.
    Counted,
    /// They only add up without it.
    NotCounted,
}

/// A settlement, and what it discharges.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Discharge {
    /// Positions of its lines among the settlements, one or one in each book.
    pub lines: Vec<usize>,
    /// Positions of the records of the orders that it discharges, ascending.
    pub orders: Vec<usize>,
    /// Unit of what is left.
    pub unit: u16,
    /// What the payer still owes after it, in millionths; less than zero if he paid too much.
    pub left: i128,
    /// What may be left by rounding and by rates that are estimated, in millionths.
    pub allowed: i128,
    /// Whether it could be said which orders it discharges: too many may be open on its day.
    pub is_decided: bool,
}

impl Discharge {
    /// Whether the settlement is what the orders sum up to.
    pub const fn holds(&self) -> bool {
        self.is_decided && self.left.saturating_abs() <= self.allowed
    }
}

/// What settlements say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settled {
    /// By books, and in the order of days.
    pub discharges: Vec<Discharge>,
    /// Orders without a partner of which settlements speak, by position.
    pub standing: BTreeMap<usize, Standing>,
}

/// What one hawaladar came to owe another.
#[derive(Clone, Debug)]
struct Due {
    records: Vec<usize>,
    /// On which it may have been paid out.
    days: (i32, i32),
    /// From the lower book to the higher.
    worth: Worth,
    is_doubtful: bool,
}

/// A settlement with its lines.
#[derive(Debug)]
struct Payment {
    lines: Vec<usize>,
    days: (i32, i32),
    /// By the lower book to the higher.
    paid: Worth,
    /// What it is rounded off by.
    rounded: i128,
}

/// Says what settlements between books discharge. `values` are those of the orders, by position.
///
/// A settlement in another unit than most of its pair is converted as orders are; where that cannot be, nothing is said of the pair's orders.
///
/// O(orders · log orders + settlements · open · 2^open), open ≤ 14 being the orders whose turn is not certain.
pub fn settled(
    orders: &[Order],
    values: &[Values],
    settlements: &[Settlement],
    found: &Reconciled,
    options: &Options,
) -> Settled {
    let rates = Rates::of(orders, values);
    let books_at_hand: BTreeSet<u32> = orders.iter().map(|order| order.book).collect();
    let delays = Delays::of(orders, found, options);
    let mut all = Settled::default();
    for (books, (unit, payments, is_whole)) in payments(settlements, &rates) {
        let is_seized = books_at_hand.contains(&books.0) && books_at_hand.contains(&books.1);
        let dues = dues(
            orders, values, found, &delays, &rates, books, unit, is_seized,
        );
        let found = discharged(&dues, &payments, options);
        let decided = found.iter().filter(|of| of.discharge.is_decided).count();
        let n_hold = found.iter().filter(|of| of.discharge.holds()).count();
        // Where settlements do not settle orders, they say nothing of any.
        if is_whole && n_hold * 100 >= decided * options.settled_percent as usize {
            all.standing.extend(standing(&dues, &found));
        }
        all.discharges.extend(found.into_iter().map(|of| Discharge {
            unit,
            ..of.discharge
        }));
    }
    all
}

/// Settlements of each pair of books by day, each once, in the unit that most are in, and whether all could be told in it.
fn payments(
    settlements: &[Settlement],
    rates: &Rates,
) -> BTreeMap<(u32, u32), (u16, Vec<Payment>, bool)> {
    let mut by_books: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    let mut places: Vec<usize> = (0..settlements.len()).collect();
    places.sort_by(|&a, &b| {
        let key = |place: usize| (settlements[place].days, &settlements[place].key);
        key(a).cmp(&key(b))
    });
    for place in places {
        let of = &settlements[place];
        let books = (of.payer.min(of.payee), of.payer.max(of.payee));
        by_books.entry(books).or_default().push(place);
    }
    let most = by_books.into_iter().filter_map(|(books, lines)| {
        let mut n_lines: BTreeMap<u16, usize> = BTreeMap::new();
        for &line in &lines {
            *n_lines.entry(settlements[line].unit).or_default() += 1;
        }
        let (unit, _) = n_lines
            .into_iter()
            .max_by_key(|of| (of.1, u16::MAX - of.0))?;
        let once = paid_once(settlements, &lines);
        let n = once.len();
        let told = once
            .into_iter()
            .filter_map(|lines| payment(settlements, lines, unit, rates));
        let told: Vec<Payment> = told.collect();
        let is_whole = told.len() == n;
        Some((books, (unit, told, is_whole)))
    });
    most.collect()
}

/// A settlement in a unit.
fn payment(
    settlements: &[Settlement],
    lines: Vec<usize>,
    unit: u16,
    rates: &Rates,
) -> Option<Payment> {
    let first = &settlements[lines[0]];
    let worth = rates.worth(&[(first.unit, first.value)], unit, first.days.0)?;
    let rounded = rounding(first.value).checked_mul(worth.sum)? / first.value.max(1);
    let last = settlements[lines[lines.len() - 1]].days.1;
    Some(Payment {
        days: (first.days.0, first.days.1.max(last)),
        paid: if first.payer < first.payee {
            worth
        } else {
            worth.back()
        },
        rounded,
        lines,
    })
}

/// Lines of two books that tell of one settlement are one.
fn paid_once(settlements: &[Settlement], lines: &[usize]) -> Vec<Vec<usize>> {
    let mut payments: Vec<Vec<usize>> = Vec::new();
    for &line in lines {
        let of = &settlements[line];
        let near = payments
            .iter_mut()
            .rev()
            .take(LINES_MAX)
            .take_while(|other| {
                let days = settlements[other[0]].days;
                of.days.0.saturating_sub(days.0) <= LINE_DAYS + MONTH_DAYS
            });
        let mut near = near;
        let same = near.find(|other| {
            let first = &settlements[other[0]];
            other.len() == 1
                && first.book != of.book
                && (first.payer, first.unit) == (of.payer, of.unit)
                && first.value.abs_diff(of.value) <= of.value.unsigned_abs() / 100
                && of.days.0.saturating_sub(first.days.1) <= LINE_DAYS
        });
        match same {
            Some(other) => other.push(line),
            None => payments.push(vec![line]),
        }
    }
    payments
}

/// What two books came to owe each other, by the first day on which it may have been paid out. Only where both are at hand is an
/// order doubtful that one of them lacks.
#[expect(
    clippy::too_many_arguments,
    reason = "what one pair of books is asked with"
)]
fn dues(
    orders: &[Order],
    values: &[Values],
    found: &Reconciled,
    delays: &Delays,
    rates: &Rates,
    books: (u32, u32),
    unit: u16,
    is_seized: bool,
) -> Vec<Due> {
    let is_between = |from: u32, to: u32| (from.min(to), from.max(to)) == books;
    let mut is_matched = vec![false; orders.len()];
    let mut dues = Vec::new();
    let mut put = |records: Vec<usize>, from: u32, days: Option<(i32, i32)>, is_doubtful: bool| {
        let Some(days) = days else { return };
        // What is paid out is what is owed: the record of who pays it out comes first.
        let said = records.iter().rev().flat_map(|&place| &values[place]);
        let said: Vec<(u16, i128)> = said.copied().collect();
        if let Some(worth) = rates.worth(&said, unit, days.0) {
            dues.push(Due {
                records,
                days,
                worth: if from == books.0 { worth } else { worth.back() },
                is_doubtful,
            });
        }
    };
    for &Match { sent, received, .. } in &found.matches {
        is_matched[sent] = true;
        is_matched[received] = true;
        let (from, to) = (orders[sent].book, orders[received].book);
        if is_between(from, to) {
            let days = orders[received].days.or(orders[sent].days);
            put(vec![sent, received], from, days, false);
        }
    }
    for (place, order) in orders.iter().enumerate().filter(|of| !is_matched[of.0]) {
        let Some(other) = order
            .other_book
            .filter(|&other| is_between(order.book, other))
        else {
            continue;
        };
        match order.side {
            Side::Sent => {
                let (shortest, longest) = delays.of_books((order.book, other));
                let paid = order.days.map(|(first, last)| {
                    (first.saturating_add(shortest), last.saturating_add(longest))
                });
                put(vec![place], order.book, paid, is_seized);
            }
            Side::Received => put(vec![place], other, order.days, is_seized),
            Side::Unknown => {}
        }
    }
    dues.sort_by(|a, b| {
        let key = |due: &Due| (due.days, &*orders[due.records[0]].key);
        key(a).cmp(&key(b))
    });
    dues
}

/// A discharge, and how well the settlement adds up with and without each doubtful order.
#[derive(Debug)]
struct Tried {
    discharge: Discharge,
    /// The doubtful order, and the least that can be left with it and without it, where that was tried.
    doubtful: Vec<(usize, Option<[i128; 2]>)>,
}

fn discharged(dues: &[Due], payments: &[Payment], options: &Options) -> Vec<Tried> {
    let mut coming = 0..dues.len();
    let mut pending: Vec<usize> = Vec::new();
    let mut carried = Worth::default();
    let mut before = i32::MIN;
    let mut found = Vec::new();
    for payment in payments {
        while let Some(place) = coming.clone().next()
            && dues[place].days.0 <= payment.days.1
        {
            pending.push(place);
            coming.next();
        }
        let (mut sure, mut open, mut later) = (Vec::new(), Vec::new(), Vec::new());
        for place in pending {
            let due = &dues[place];
            if due.days.0 > payment.days.1 {
                later.push(place);
            } else if !due.is_doubtful && due.days.1 < payment.days.0 {
                sure.push(place);
            } else if !due.is_doubtful || due.days.1 >= before {
                open.push(place);
            }
        }
        let is_decided = open.len() <= OPEN_MAX;
        let tried: &[usize] = if is_decided { &open } else { &[] };
        let base = sure
            .iter()
            .fold(carried, |sum, &place| sum.plus(&dues[place].worth));
        let sums = sums(base, tried, dues);
        let left = |mask: usize| sums[mask].less(&payment.paid).sum.saturating_abs();
        let n_doubtful = |mask: usize| {
            let places = tried.iter().enumerate().filter(|of| mask >> of.0 & 1 == 1);
            places.filter(|of| dues[*of.1].is_doubtful).count()
        };
        let best = (0..sums.len()).min_by_key(|&mask| (left(mask), n_doubtful(mask), mask));
        let best = best.unwrap_or(0);
        let least = |nth: usize, with: usize| {
            let masks = (0..sums.len()).filter(|mask| mask >> nth & 1 == with);
            masks.map(left).min().unwrap_or(i128::MAX)
        };
        let doubtful = open.iter().enumerate().filter(|of| dues[*of.1].is_doubtful);
        let doubtful = doubtful.map(|(nth, &place)| {
            let tried = is_decided.then(|| [least(nth, 1), least(nth, 0)]);
            (place, tried)
        });
        let doubtful = doubtful.collect();
        let worth = sums[best].less(&payment.paid);
        let taken = tried.iter().enumerate().filter(|of| best >> of.0 & 1 == 1);
        let taken: Vec<usize> = sure.into_iter().chain(taken.map(|of| *of.1)).collect();
        let orders = taken.iter().flat_map(|&place| &dues[place].records);
        let mut orders: Vec<usize> = orders.copied().collect();
        orders.sort_unstable();
        let discharge = Discharge {
            lines: payment.lines.clone(),
            orders,
            unit: 0,
            left: if payment.paid.sum < 0 {
                worth.sum.saturating_neg()
            } else {
                worth.sum
            },
            allowed: worth.slack(options).saturating_add(payment.rounded),
            is_decided,
        };
        // What is left by rounding is owed on; a gap that nothing explains is not carried into every settlement that follows.
        carried = Worth::exact(if discharge.holds() { worth.sum } else { 0 });
        before = payment.days.0;
        found.push(Tried {
            discharge,
            doubtful,
        });
        let taken: BTreeSet<usize> = taken.into_iter().collect();
        pending = open.into_iter().chain(later).collect();
        pending.retain(|place| !taken.contains(place));
        pending.sort_unstable();
    }
    found
}

/// What is owed with each choice of the open orders, as bits.
fn sums(base: Worth, open: &[usize], dues: &[Due]) -> Vec<Worth> {
    let mut sums = vec![base];
    for &place in open {
        let with = |sum: &Worth| sum.plus(&dues[place].worth);
        let with: Vec<Worth> = sums.iter().map(with).collect();
        sums.extend(with);
    }
    sums
}

/// What a payment is rounded off by: the largest 1 or 5 with zeros that divides it, a tenth of it at most.
fn rounding(paid: i128) -> i128 {
    let paid = paid.saturating_abs();
    let mut rounded = 1;
    let mut unit: i128 = 1;
    while unit <= paid / 10 {
        for step in [unit, unit.saturating_mul(5)] {
            if paid % step == 0 {
                rounded = rounded.max(step);
            }
        }
        unit = unit.saturating_mul(10);
    }
    rounded.min(paid / 10)
}

fn standing(dues: &[Due], found: &[Tried]) -> BTreeMap<usize, Standing> {
    let mut seen: BTreeMap<usize, BTreeSet<Option<Standing>>> = BTreeMap::new();
    for tried in found {
        let allowed = tried.discharge.allowed;
        let far = allowed.saturating_mul(2);
        for &(place, least) in &tried.doubtful {
            let standing = least.and_then(|[with, without]| {
                if with <= allowed && without > far {
                    Some(Standing::Counted)
                } else if without <= allowed && with > far {
                    Some(Standing::NotCounted)
                } else {
                    None
                }
            });
            seen.entry(place).or_default().insert(standing);
        }
    }
    let decided = seen.into_iter().filter_map(|(place, seen)| {
        let counted = seen.contains(&Some(Standing::Counted));
        let all = seen.len() == 1;
        let standing = match (counted, all && seen.contains(&Some(Standing::NotCounted))) {
            (true, _) => Standing::Counted,
            (_, true) => Standing::NotCounted,
            _ => return None,
        };
        Some(
            dues[place]
                .records
                .iter()
                .map(move |&record| (record, standing)),
        )
    });
    decided.flatten().collect()
}
