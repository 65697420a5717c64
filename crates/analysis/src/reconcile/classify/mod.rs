//! What matched and unmatched records mean: what is missing, altered, paid twice, sent on, set off.
//!
//! Law: each finding names its records and the rule that it comes from. Whether a difference between books is one is decided by
//! the books: a level of agreement that is usual among their matches is no finding.

mod absence;
mod again;
mod altered;
mod chain;
mod netting;

pub use chain::{Other, Together};

use super::group::{Group, groups};
use super::net::Standing;
use super::order::Order;
use super::{Options, Reconciled};
use absence::Coverage;
pub(super) use absence::Delays;
use again::{repeated, sent_on};
use altered::{Aliases, altered};
use chain::Chains;
use moneytrail_model::Amount;
use netting::nettings;
use std::collections::BTreeMap;

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
    /// The same, and the two settle what they owe each other without it: it may be cancelled.
    NotSettled,
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
    /// Records of one order that are no match: sent on, both ends of an order that was, paid again; by their positions.
    pub others: Vec<Other>,
    /// The shortest and the longest delay that matches usually keep, in days, by the books of the sent and of the received side.
    pub usual_delay_days: BTreeMap<(u32, u32), (i32, i32)>,
}

/// Days on which a book has a line that is no order, as intervals: the book covers them all the same.
pub type OtherDays = (u32, (i32, i32));

/// What a book says beside its orders.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Days of lines that are no orders.
    pub other_days: Vec<OtherDays>,
    /// What settlements say of orders without a partner, by position.
    pub standing: BTreeMap<usize, Standing>,
}

/// Says what matched and unmatched records mean.
pub fn classify(
    orders: &[Order],
    beside: &Beside,
    found: &Reconciled,
    options: &Options,
) -> Classes {
    let mut partner: Vec<Option<usize>> = vec![None; orders.len()];
    for pair in &found.matches {
        partner[pair.sent] = Some(pair.received);
        partner[pair.received] = Some(pair.sent);
    }
    let mut differences: Vec<Difference> = Vec::new();
    let mut put = |kind: Kind, orders: Vec<usize>| differences.push(Difference { kind, orders });
    let mut is_explained: Vec<bool> = partner.iter().map(Option::is_some).collect();
    let sent_on = sent_on(orders, options);
    let chains = Chains::of(orders.len(), found, &sent_on);
    let aliases = Aliases::of(orders, found, &chains, options);
    let mut uneven = Vec::new();
    for pair in &found.matches {
        for kind in altered(orders, pair, found, &aliases, options) {
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
    let repeated = repeated(orders, found, &partner, &is_explained, options);
    for &again in &repeated {
        is_explained[again[2]] = true;
        put(Kind::PaidTwice, again.to_vec());
    }
    for pair in &sent_on {
        put(Kind::Forwarded, pair.to_vec());
    }
    let delays = Delays::of(orders, found, options);
    let coverage = Coverage::of(orders, &beside.other_days, options);
    for (place, order) in orders.iter().enumerate().filter(|of| !is_explained[of.0]) {
        let absence = match coverage.absence(order, &delays) {
            Absence::Row if beside.standing.get(&place) == Some(&Standing::NotCounted) => {
                Absence::NotSettled
            }
            other => other,
        };
        put(Kind::Missing(absence), vec![place]);
    }
    differences.sort_by(|a, b| {
        let key = |of: &Difference| (&*orders[of.orders[0]].key, of.kind, of.orders.clone());
        key(a).cmp(&key(b))
    });
    Classes {
        differences,
        nettings: nettings(orders, found),
        others: chains.others(&repeated),
        usual_delay_days: delays.by_books,
    }
}
