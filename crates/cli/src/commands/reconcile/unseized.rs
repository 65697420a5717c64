//! `reconcile --unseized`: what the book of a colleague would contain, by the books that are at hand.
//!
//! Law: each line rests on rows of seized books, which it names, and says no more than they do: that he booked it is not known, nor
//! what else he booked. No customer is named.

use super::Compared;
use super::books;
use crate::commands::counted;
use crate::error::{Error, Verdict};
use crate::figures::date;
use crate::progress::Total;
use crate::shelf::Shelf;
use crate::shell::Shell;
use crate::units::decimal;
use moneytrail_analysis::reconcile::{Options, SETTLED, Side, Sum, Together};
use moneytrail_model::Amount;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a line of his book would be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Entry {
    /// An order that he is to pay out.
    Receive,
    /// An order that he took and sent on.
    Send,
    SettlementReceived,
    SettlementPaid,
}

impl Entry {
    const fn word(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Send => "send",
            Self::SettlementReceived => "settlement_received",
            Self::SettlementPaid => "settlement_paid",
        }
    }
}

/// What a line rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Support {
    /// A settlement that adds up with it.
    Settled,
    /// Rows of several books.
    Books,
    /// One book's word.
    OneBook,
}

impl Support {
    const fn word(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Books => "several_books",
            Self::OneBook => "one_book",
        }
    }
}

/// A line that his book would contain.
#[derive(Debug)]
struct Line {
    /// On which he would have booked it; none if no row says so.
    days: Option<(i32, i32)>,
    entry: Entry,
    /// Keeper of the book at the other side.
    with: u32,
    sums: Vec<Sum>,
    token: Option<Box<str>>,
    support: Support,
    rows: Vec<String>,
}

pub(super) fn unseized(
    name: &str,
    shelf: &Shelf,
    options: &Options,
    shell: &Shell,
) -> Result<Verdict, Error> {
    shelf.at_least(1, "the case has no book with a keeper")?;
    let mut books = books::of(shelf);
    let Some(his) = books.expect(name) else {
        let known: Vec<&str> = books.strangers().into_iter().map(|of| of.0).collect();
        return Err(Error::usage(format!(
            "no order names {name} as one whose book is not at hand"
        ))
        .hint(format!("orders name {}", known.join(", "))));
    };
    let bar = shell.work("match orders", Total::Unknown);
    let compared = Compared::of_books(shelf, books, options, &bar)?;
    drop(bar);
    let mut lines = orders(&compared, his);
    lines.extend(settlements(&compared, his));
    lines.sort_by(|a, b| (a.days, a.entry, &a.rows).cmp(&(b.days, b.entry, &b.rows)));
    table(&compared, name, &lines, shell);
    shell.json(&result(&compared, name, &lines))?;
    Ok(Verdict::Done)
}

fn orders(compared: &Compared, his: u32) -> Vec<Line> {
    let books = &compared.books;
    let settled: BTreeSet<usize> = compared
        .settled
        .discharges
        .iter()
        .filter(|of| of.holds())
        .flat_map(|of| of.orders.iter().copied())
        .collect();
    // Where an order that he is sent came from, and where one of his went on to.
    let (mut beside, mut partner) = (BTreeMap::new(), BTreeMap::new());
    let sent_on = compared.classes.others.iter();
    for pair in sent_on.filter(|of| of.together == Together::SentOn) {
        beside.insert(pair.orders[0], pair.orders[1]);
        beside.insert(pair.orders[1], pair.orders[0]);
    }
    for pair in &compared.found.matches {
        partner.insert(pair.sent, pair.received);
        partner.insert(pair.received, pair.sent);
    }
    let named = books.orders.iter().enumerate();
    let named = named
        .filter(|(place, order)| order.other_book == Some(his) && !partner.contains_key(place));
    let lines = named.filter_map(|(place, order)| {
        let (entry, pair) = match order.side {
            Side::Sent => (Entry::Receive, (order.book, his)),
            Side::Received => (Entry::Send, (his, order.book)),
            Side::Unknown => return None,
        };
        let usual = compared.classes.usual_delay_days.get(&pair);
        let (shortest, longest) = usual.copied().unwrap_or_default();
        let days = order.days.map(|(first, last)| match entry {
            Entry::Receive => (first.saturating_add(shortest), last.saturating_add(longest)),
            _ => (first.saturating_sub(longest), last.saturating_sub(shortest)),
        });
        let on = beside.get(&place).copied();
        let records = [Some(place), on, on.and_then(|on| partner.get(&on).copied())];
        let records: Vec<usize> = records.into_iter().flatten().collect();
        let books_of: BTreeSet<u32> = records.iter().map(|&of| books.orders[of].book).collect();
        Some(Line {
            days,
            entry,
            with: order.book,
            sums: order.amounts.clone(),
            token: order.token.clone(),
            support: if settled.contains(&place) {
                Support::Settled
            } else if books_of.len() > 1 {
                Support::Books
            } else {
                Support::OneBook
            },
            rows: records
                .iter()
                .map(|&of| books.places[of].to_string())
                .collect(),
        })
    });
    lines.collect()
}

fn settlements(compared: &Compared, his: u32) -> impl Iterator<Item = Line> {
    let all = &compared.settlements;
    let adds_up: BTreeSet<usize> = compared
        .settled
        .discharges
        .iter()
        .filter(|of| of.holds())
        .flat_map(|of| of.lines.iter().copied())
        .collect();
    let lines = all.lines.iter().enumerate();
    lines.filter_map(move |(place, line)| {
        let (entry, with) = if line.payee == his {
            (Entry::SettlementReceived, line.payer)
        } else if line.payer == his {
            (Entry::SettlementPaid, line.payee)
        } else {
            return None;
        };
        Some(Line {
            days: Some(line.days),
            entry,
            with,
            sums: all.sums[place].clone(),
            token: None,
            support: if adds_up.contains(&place) {
                Support::Settled
            } else {
                Support::OneBook
            },
            rows: vec![all.places[place].to_string()],
        })
    })
}

const NOT_KNOWN: &str = "not known: whether he booked it, his other correspondents and customers, his cash, his commission";

fn table(compared: &Compared, name: &str, lines: &[Line], shell: &Shell) {
    let n = |support: Support| lines.iter().filter(|line| line.support == support).count();
    shell.say(format!(
        "the book of {name}, which is not at hand, would contain {}, if he booked them: {} settled (by {SETTLED}), {} by several books, {} by one book's word",
        counted(lines.len() as u64, "lines"),
        n(Support::Settled),
        n(Support::Books),
        n(Support::OneBook)
    ));
    shell.say(NOT_KNOWN);
    shell.say("");
    for line in lines {
        shell.say(format!(
            "{}  {}  {}  {}  {}  {}  {}",
            days(line.days).map_or_else(
                || "no date".to_owned(),
                |[from, to]| if from == to {
                    from
                } else {
                    format!("{from}/{to}")
                }
            ),
            line.entry.word(),
            compared.books.keeper(line.with),
            line.sums.iter().map(sum).collect::<Vec<_>>().join(" = "),
            line.token.as_deref().unwrap_or("-"),
            line.support.word(),
            line.rows.join("  ")
        ));
    }
}

fn days(days: Option<(i32, i32)>) -> Option<[String; 2]> {
    days.map(|(from, to)| [date(from.into()), date(to.into())])
}

fn sum(sum: &Sum) -> String {
    format!("{} {}", decimal(&sum.asset, sum.amount), sum.asset)
}

/// The result as JSON, `moneytrail-unseized/1`.
fn result(compared: &Compared, name: &str, lines: &[Line]) -> Value {
    let mut totals: BTreeMap<(Entry, &str), (u64, Option<Amount>)> = BTreeMap::new();
    for line in lines {
        for sum in &line.sums {
            let total = totals
                .entry((line.entry, &sum.asset))
                .or_insert((0, Some(Amount::ZERO)));
            total.0 += 1;
            total.1 = total.1.and_then(|total| total.checked_add(sum.amount));
        }
    }
    json!({
        "schema": "moneytrail-unseized/1", "of": name, "not_known": NOT_KNOWN,
        "basis": "inference: rows of other books, the usual delays between books, and settlements",
        "lines": lines.iter().map(|line| json!({
            "entry": line.entry.word(), "days": days(line.days), "with": compared.books.keeper(line.with), "token": line.token,
            "amounts": line.sums.iter().map(|sum| json!({ "asset": sum.asset, "units": sum.amount.units().to_string() })).collect::<Vec<_>>(),
            "support": line.support.word(), "rows": line.rows,
        })).collect::<Vec<_>>(),
        "totals": totals.into_iter().map(|((entry, asset), (n, total))| json!({
            "entry": entry.word(), "asset": asset, "lines": n, "units": total.map(|total| total.units().to_string()),
        })).collect::<Vec<_>>(),
    })
}
