//! Why the other side of an order is not there.

use super::{Absence, OtherDays};
use crate::dates::{Stated, without_lone};
use crate::reconcile::order::delay;
use crate::reconcile::{Options, Order, Reconciled, Side};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer matches than this say little of a pair of books.
const MATCHES_MIN: usize = 20;

/// How long orders take between two books.
#[derive(Debug)]
pub(crate) struct Delays {
    /// Shortest and longest usual delay, in days, by the books of the sent and of the received side.
    pub(super) by_books: BTreeMap<(u32, u32), (i32, i32)>,
    /// Of all books together.
    of_all: (i32, i32),
}

impl Delays {
    /// By the matches, so many hundredths of which keep to them at either end.
    pub(crate) fn of(orders: &[Order], found: &Reconciled, options: &Options) -> Self {
        let mut delays: BTreeMap<(u32, u32), Vec<i32>> = BTreeMap::new();
        let mut all = Vec::new();
        for pair in &found.matches {
            let (sent, received) = (&orders[pair.sent], &orders[pair.received]);
            if let Some(days) = delay(sent.days, received.days) {
                let books = (sent.book, received.book);
                delays.entry(books).or_default().push(days);
                all.push(days);
            }
        }
        let longest = options.delay_days.last().copied().unwrap_or(0);
        let of_all = usual(&mut all, options).unwrap_or((0, longest));
        let mut by_books: BTreeMap<(u32, u32), (i32, i32)> = delays
            .into_iter()
            .map(|(books, mut days)| {
                let known = usual(&mut days, options).filter(|_| days.len() >= MATCHES_MIN);
                (books, known.unwrap_or(of_all))
            })
            .collect();
        for order in orders {
            if let Some(books) = books(order) {
                by_books.entry(books).or_insert(of_all);
            }
        }
        Self { by_books, of_all }
    }

    pub(crate) fn of_books(&self, books: (u32, u32)) -> (i32, i32) {
        self.by_books.get(&books).copied().unwrap_or(self.of_all)
    }
}

/// The delays that so many hundredths do not fall short of, and that as many do not exceed.
fn usual(days: &mut [i32], options: &Options) -> Option<(i32, i32)> {
    days.sort_unstable();
    let last = days.len().checked_sub(1)?;
    let percent = (options.usual_delay_percent as usize).min(100);
    let place = (days.len() * percent).div_ceil(100).max(1) - 1;
    // Before it was sent an order is received by a slip, or where it was paid out first: neither is to be expected.
    Some((days[last - place].max(0), days[place].max(0)))
}

/// The books of the sent and of the received side.
fn books(order: &Order) -> Option<(u32, u32)> {
    let other = order.other_book?;
    Some(if order.side == Side::Received {
        (other, order.book)
    } else {
        (order.book, other)
    })
}

/// The days on which each book has lines, without slips at its ends.
#[derive(Debug)]
pub(super) struct Coverage(BTreeMap<u32, BTreeSet<i32>>);

impl Coverage {
    pub(super) fn of(orders: &[Order], other_days: &[OtherDays], options: &Options) -> Self {
        let mut lines: BTreeMap<u32, BTreeMap<i32, Stated>> = BTreeMap::new();
        let of_orders = orders
            .iter()
            .filter_map(|order| Some((order.book, order.days?)));
        for (book, (first, last)) in of_orders.chain(other_days.iter().copied()) {
            for day in BTreeSet::from([first, last]) {
                let lines = lines.entry(book).or_default();
                lines.entry(day).or_default().add(1);
            }
        }
        let gap = options.lone_gap_days;
        Self(
            lines
                .into_iter()
                .map(|(book, lines)| (book, without_lone(lines, gap).into_keys().collect()))
                .collect(),
        )
    }

    /// Why the other side of an unmatched order is not there.
    pub(super) fn absence(&self, order: &Order, delays: &Delays) -> Absence {
        let covered = order.other_book.and_then(|other| self.0.get(&other));
        let (Some(days), Some(books), Some((first, last))) = (covered, books(order), order.days)
        else {
            return Absence::NoBook;
        };
        let (Some(&begin), Some(&end)) = (days.first(), days.last()) else {
            return Absence::NoBook;
        };
        let (shortest, longest) = delays.of_books(books);
        let (from, to) = if order.side == Side::Received {
            (first.saturating_sub(longest), last.saturating_sub(shortest))
        } else {
            (first.saturating_add(shortest), last.saturating_add(longest))
        };
        if from < begin || to > end {
            Absence::BookEnd
        } else if days.range(from..=to).next().is_none() {
            Absence::Page
        } else {
            Absence::Row
        }
    }
}
