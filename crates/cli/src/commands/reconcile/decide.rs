//! What people decided of pairs of rows: one order, or two.

use super::Compared;
use super::books::Books;
use crate::decisions::{OF_ORDERS, Verdict as Decision, asked, keep, reason};
use crate::error::{Error, Verdict};
use crate::shell::Shell;
use clap::Args;
use moneytrail_analysis::reconcile::{Decided, RECONCILE};
use moneytrail_model::{Asset, AssetKey};
use moneytrail_store::Case;
use moneytrail_store::decision::{Moved, OrderDecision};
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// Decide that two rows, such as a.csv!-!R7 and b.xlsx!Sheet1!R12, are one order
    #[arg(long, num_args = 2, value_names = ["SENT", "RECEIVED"], requires = "because", conflicts_with_all = ["reject", "reopen", "unseized"])]
    accept: Option<Vec<String>>,
    /// Decide that two rows are two orders
    #[arg(long, num_args = 2, value_names = ["A", "B"], requires = "because", conflicts_with_all = ["reopen", "unseized"])]
    reject: Option<Vec<String>>,
    /// Take a decision on two rows back
    #[arg(long, num_args = 2, value_names = ["A", "B"], requires = "because", conflicts_with = "unseized")]
    reopen: Option<Vec<String>>,
    /// Why it is decided so; kept with the decision and in the audit log
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
}

/// Exhibit and place of an order.
fn named(books: &Books, order: usize) -> String {
    format!("X{}/{}", books.exhibits[order], books.places[order])
}

/// The sums that an order's row states.
fn sums(books: &Books, order: usize) -> Vec<Moved> {
    let sums = books.orders[order].amounts.iter();
    let moved = sums.map(|sum| Moved {
        asset: sum.asset.to_string(),
        decimals: (sum.asset.parse::<AssetKey>()).map_or(0, |key| Asset::new(key).decimals()),
        units: sum.amount.units().to_string(),
    });
    moved.collect()
}

/// What decisions say of the orders at hand, and those that say nothing of them.
pub(super) fn decided<'a>(
    books: &Books,
    decisions: &'a [OrderDecision],
) -> (Decided, Vec<&'a OrderDecision>) {
    let mut decided = Decided::default();
    let mut without_effect = Vec::new();
    if decisions.is_empty() {
        return (decided, without_effect);
    }
    let names = (0..books.orders.len()).map(|order| (named(books, order), order));
    let by_name: BTreeMap<String, usize> = names.collect();
    let mut used = std::collections::BTreeSet::new();
    for of in decisions.iter().filter(|of| of.verdict != Decision::Reopen) {
        let pair = by_name.get(&of.sent).zip(by_name.get(&of.received));
        let Some((&sent, &received)) = pair else {
            without_effect.push(of);
            continue;
        };
        let is_as_then =
            |order, stated: &[Moved]| stated.is_empty() || sums(books, order) == stated;
        if !is_as_then(sent, &of.sent_sums) || !is_as_then(received, &of.received_sums) {
            without_effect.push(of);
            continue;
        }
        if of.verdict == Decision::Reject {
            decided
                .rejected
                .insert((sent.min(received), sent.max(received)));
        } else if !used.contains(&sent) && !used.contains(&received) {
            used.extend([sent, received]);
            decided.accepted.push((sent, received));
        } else {
            without_effect.push(of);
        }
    }
    (decided, without_effect)
}

/// Writes a decision, if one is asked for.
pub(super) fn decide(
    args: &DecideArgs,
    case: &Case,
    compared: &Compared,
    decisions: &[OrderDecision],
    shell: &Shell,
) -> Result<Option<Verdict>, Error> {
    let [accept, reject, reopen] = [&args.accept, &args.reject, &args.reopen].map(Option::as_deref);
    let Some((verdict, [a, b])) = asked(accept, reject, reopen) else {
        return Ok(None);
    };
    let reason = reason(args.because.as_deref())
        .ok_or_else(|| Error::usage("a decision needs a reason: --because"))?;
    let books = &compared.books;
    let [a, b] = [one(books, a)?, one(books, b)?];
    let (sent, received) = in_roles(books, a, b)?;
    let names = [named(books, sent), named(books, received)];
    if verdict == Decision::Accept {
        let other = decisions.iter().find(|of| {
            let is_same = [&of.sent, &of.received] == [&names[0], &names[1]];
            of.verdict == Decision::Accept
                && !is_same
                && names
                    .iter()
                    .any(|name| *name == of.sent || *name == of.received)
        });
        if let Some(other) = other {
            return Err(Error::usage(format!(
                "{} and {} are accepted as one order",
                other.sent, other.received
            ))
            .hint("reject them, or take that back with --reopen, first"));
        }
    }
    let found = &compared.found;
    let mut pairs = found.matches.iter().chain(&found.others);
    let says = pairs
        .find(|pair| (pair.sent, pair.received) == (sent, received))
        .map_or_else(
            || "no pair of the model".to_owned(),
            |pair| format!("posterior {:.4}", pair.posterior),
        );
    let [sent_sums, received_sums] = [sums(books, sent), sums(books, received)];
    let [sent, received] = names;
    let decision = OrderDecision {
        schema: OF_ORDERS.to_owned(),
        verdict,
        rule: RECONCILE.to_string(),
        says,
        sent,
        received,
        sent_sums,
        received_sums,
        reason: reason.to_owned(),
    };
    let what = format!(
        "{} and {} ({})",
        decision.sent, decision.received, decision.says
    );
    keep(case, (verdict, &what, reason), &decision, shell)?;
    Ok(Some(Verdict::Done))
}

/// The one order that stands at a place, with its exhibit before it or not.
fn one(books: &Books, text: &str) -> Result<usize, Error> {
    let stands =
        |&order: &usize| books.places[order].to_string() == text || named(books, order) == text;
    let found: Vec<usize> = (0..books.orders.len()).filter(stands).collect();
    match found[..] {
        [order] => Ok(order),
        [] => Err(Error::usage(format!("no order stands at `{text}`"))
            .hint("a row such as book.xlsx!Sheet1!R12, as reconcile names them")),
        _ => Err(
            Error::usage(format!("`{text}` names {} orders", found.len()))
                .hint("put the exhibit before it: X1/book.xlsx!Sheet1!R12"),
        ),
    }
}

/// The two as sent and received: what their rows say, else in the order in which they are given.
fn in_roles(books: &Books, a: usize, b: usize) -> Result<(usize, usize), Error> {
    use moneytrail_analysis::reconcile::Side;
    if a == b || books.orders[a].book == books.orders[b].book {
        return Err(Error::usage(
            "two rows of one keeper's books are no two sides of an order",
        ));
    }
    match (books.orders[a].side, books.orders[b].side) {
        (Side::Sent, Side::Sent) | (Side::Received, Side::Received) => {
            Err(Error::usage("both rows are on the same side of an order"))
        }
        (Side::Received, _) | (_, Side::Sent) => Ok((b, a)),
        _ => Ok((a, b)),
    }
}

/// Says what people decided.
pub(super) fn list(decisions: &[OrderDecision], compared: &Compared, shell: &Shell) {
    let (_, without_effect) = decided(&compared.books, decisions);
    for of in decisions {
        let effect = if without_effect.contains(&of) {
            " (decides nothing: a row is not in the evidence as an order, or is in another accepted pair)"
        } else {
            ""
        };
        shell.say(format!(
            "decided: {} of {} and {}: {}{effect}",
            of.verdict.as_str(),
            of.sent,
            of.received,
            of.reason
        ));
    }
}
