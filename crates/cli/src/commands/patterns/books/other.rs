//! What other commands find, as findings of rules: their functions are called, and nothing is found twice.

use super::{Asked, Finding, Party, Told};
use crate::commands::escrow::lines;
use crate::commands::mirror;
use crate::commands::reconcile::{Compared, disagreements_of};
use crate::commands::repairs;
use crate::error::Error;
use crate::figures::rounded;
use crate::shelf::Shelf;
use crate::shell::Shell;
use moneytrail_analysis::escrow::{Options as EscrowOptions, escrows};
use moneytrail_analysis::mirror::Named;
use moneytrail_analysis::patterns::books::BookRule;
use moneytrail_analysis::reconcile::{Options as Matching, Order};
use moneytrail_model::Amount;
use moneytrail_model::money::mul_div_rem;

/// Where balances do not follow.
pub(super) fn balance_break(asked: &Asked<'_>, shell: &Shell) -> Result<Told, Error> {
    let mut told = Told::of(BookRule::BalanceBreak);
    for one in repairs::balance_breaks(&asked.evidence.case, shell)? {
        let mut finding = Finding::new(BookRule::BalanceBreak, 0);
        finding.parties = vec![Party::Named(one.exhibit.clone())];
        finding.because("does not hold", one.equation, None);
        for repair in one.would_hold {
            finding.because("would hold with", repair, None);
        }
        finding.rows = vec![format!("{} {}", one.exhibit, one.place)];
        told.findings.push(finding);
    }
    told.by_chance = Some("not asked: the equation holds or does not".to_owned());
    Ok(told)
}

/// Rows of one order that two books state differently, or that one lacks.
pub(super) fn disagreement(shelf: &Shelf, compared: &Compared) -> Told {
    let mut told = Told::of(BookRule::BookDisagreement);
    for one in disagreements_of(compared) {
        let mut finding = Finding::new(BookRule::BookDisagreement, 0);
        let books = shelf
            .books
            .iter()
            .filter(|book| one.rows.iter().any(|row| row.0 == book.exhibit));
        let mut keepers: Vec<&str> = books.map(|book| shelf.keeper_of(book)).collect();
        keepers.sort_unstable();
        keepers.dedup();
        finding.parties = keepers
            .iter()
            .map(|keeper| Party::Named(format!("book of {keeper}")))
            .collect();
        finding.because("says", one.says, None);
        finding.rows = one
            .rows
            .iter()
            .map(|(exhibit, place)| format!("X{exhibit} {place}"))
            .collect();
        told.findings.push(finding);
    }
    told.by_chance = Some(estimated(compared));
    told
}

/// What the model of matching says of itself.
fn estimated(compared: &Compared) -> String {
    let rate = |rate: Option<f64>| {
        rate.map_or_else(|| "not known".to_owned(), |rate| format!("{rate:.3}"))
    };
    format!(
        "not shuffled: by the model of `reconcile` itself, precision {} and recall {} of its matches",
        rate(compared.found.precision),
        rate(compared.found.recall)
    )
}

/// The smallest difference of two orders in one asset, in thousandths of the larger amount, rounded up.
fn difference(one: &Order, other: &Order) -> Option<u128> {
    let pairs = one
        .amounts
        .iter()
        .flat_map(|a| other.amounts.iter().map(move |b| (a, b)));
    let of = pairs
        .filter(|(a, b)| a.asset == b.asset)
        .filter_map(|(a, b)| {
            let (a, b) = (a.amount.non_negative()?, b.amount.non_negative()?);
            let (parts, rest) = mul_div_rem(a.abs_diff(b), 1000, a.max(b))?;
            Some(parts + u128::from(rest > 0))
        });
    of.min()
}

/// One order under one token in two books.
pub(super) fn token_match(asked: &Asked<'_>, compared: &Compared) -> Told {
    let mut told = Told::of(BookRule::TokenMatch);
    let matching = Matching::default();
    let books = &compared.books;
    let place = |order: usize| format!("X{} {}", books.exhibits[order], books.places[order]);
    for pair in compared
        .found
        .matches
        .iter()
        .filter(|pair| pair.posterior >= matching.match_posterior)
    {
        let (sent, received) = (&books.orders[pair.sent], &books.orders[pair.received]);
        let token = sent
            .token
            .as_ref()
            .filter(|token| received.token.as_ref() == Some(token));
        // Days between two spans; none if they meet.
        let days = sent
            .days
            .zip(received.days)
            .map(|(a, b)| (b.0 - a.1).max(a.0 - b.1).max(0));
        let named =
            sent.other_book == Some(received.book) && received.other_book == Some(sent.book);
        let (Some(_), Some(days), Some(permille), true) =
            (token, days, difference(sent, received), named)
        else {
            continue;
        };
        let (days_max, permille_max) = (asked.options.token_days, asked.options.token_permille);
        if days > days_max || permille > u128::from(permille_max) {
            continue;
        }
        let mut finding = Finding::new(BookRule::TokenMatch, 1000 - permille.min(1000));
        let books_of =
            [sent, received].map(|of| Party::Named(format!("book of {}", books.keeper(of.book))));
        finding.parties = books_of.to_vec();
        finding.because("days between", days, Some(format!("at most {days_max}")));
        finding.because(
            "amounts differ in thousandths by",
            permille,
            Some(format!("at most {permille_max}")),
        );
        finding.because(
            "posterior",
            rounded(pair.posterior),
            Some("0.95".to_owned()),
        );
        finding.rows = vec![place(pair.sent), place(pair.received)];
        told.findings.push(finding);
    }
    told.findings
        .sort_by_key(|of| std::cmp::Reverse(of.strength));
    told.by_chance = Some(estimated(compared));
    told
}

/// Deposits that are paid out in parts.
pub(super) fn escrow(shelf: &Shelf) -> Told {
    let mut told = Told::of(BookRule::EscrowRelease);
    let options = EscrowOptions::default();
    let lines = lines::of(shelf, options.lone_gap_days);
    let found = escrows(&lines.all, &lines.courses, &options);
    let place = |line: usize| format!("X{} {}", lines.exhibits[line], lines.places[line]);
    for chain in found
        .chains
        .iter()
        .filter(|chain| chain.releases.len() >= 2)
    {
        let shown = |amount: Amount| {
            format!(
                "{} {}",
                amount.display(lines.decimals_of(&chain.asset)),
                chain.asset
            )
        };
        let mut finding = Finding::new(BookRule::EscrowRelease, chain.releases.len() as u128);
        let book = lines.all[chain.deposit].book as usize;
        finding.parties = vec![Party::Named(format!("book of {}", lines.keepers[book]))];
        finding.because("releases", chain.releases.len(), Some("2".to_owned()));
        finding.because("deposited", shown(chain.deposited), None);
        finding.because("released", shown(chain.released), None);
        finding.because("held for the depositor", shown(chain.held), None);
        let joined = [&chain.top_ups, &chain.releases, &chain.refunds];
        finding.rows = std::iter::once(chain.deposit)
            .chain(joined.into_iter().flatten().map(|of| of.line))
            .map(place)
            .collect();
        told.findings.push(finding);
    }
    told.findings
        .sort_by_key(|of| std::cmp::Reverse(of.strength));
    told.by_chance =
        Some("not asked: rows of a deposit are joined by its code and its people".to_owned());
    told
}

/// Lines of books that transfers of a chain answer.
pub(super) fn mirror(asked: &Asked<'_>, shelf: &Shelf, compared: &Compared) -> Result<Told, Error> {
    let mut told = Told::of(BookRule::CryptoMirror);
    let (read, found) = mirror::found(asked.evidence, shelf, &compared.meant)?;
    if read.transfers.is_empty() {
        return Ok(Told::lacks(
            BookRule::CryptoMirror,
            "the case has no chain with transfers in units of the books",
        ));
    }
    for of in found.mirrors.iter().filter(|of| of.is_claim) {
        let mut finding = Finding::new(BookRule::CryptoMirror, 0);
        finding.because("p of random dates", rounded(of.p), None);
        finding.because("wallets known of two", of.class.wallets, None);
        finding.because(
            "line names the transfer or its address",
            if of.class.named == Named::Nothing {
                "no"
            } else {
                "yes"
            },
            None,
        );
        finding.because("competing", of.n_competing, None);
        finding.by_chance = Some(rounded(of.by_chance));
        finding.parties = of
            .lines
            .iter()
            .take(1)
            .map(|&line| {
                let keeper = read.lines[line].keeper as usize;
                Party::Named(format!("book of {}", shelf.keepers[keeper]))
            })
            .collect();
        let place = |&line: &usize| format!("X{} {}", read.exhibits[line], read.places[line]);
        finding.rows = of.lines.iter().map(place).collect();
        finding
            .rows
            .extend(of.transfers.iter().map(|&at| read.ids[at].clone()));
        told.findings.push(finding);
    }
    // The rarest first; sorted stably, in the order of lines.
    told.findings.sort_by(|a, b| {
        a.by_chance
            .partial_cmp(&b.by_chance)
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    told.by_chance =
        Some("each line is looked at on random dates; see `as strong by chance`".to_owned());
    Ok(told)
}
