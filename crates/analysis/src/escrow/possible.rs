//! What may be a release that a quiet chain lacks.
//!
//! Law: a line is named with a chain only if it may have happened after the deposit, and agrees with it by a person or by the whole
//! amount that is held (or one figure of it); of a release or refund without a deposit its code is enough. What is explained otherwise is not: an order for which its sender paid, unless both agree; a colleague's order that the holder's book has too; a line
//! of another chain, unless it agrees with this one as well. A release of the chain itself is named if its amount is one figure away from one
//! that would leave nothing held.

use super::agree::{Agreement, AmountLevel, CodeLevel, PersonLevel, Prepared};
use super::line::{Kind, Options};
use super::{Chain, Joined, Possible};
use crate::reconcile::compare::is_slip;
use moneytrail_model::{Amount, Stop, Watch};
use std::collections::{BTreeMap, BTreeSet};

/// Days within which an order of the holder's book is the one that a colleague's book has.
const ANSWER_DAYS_MAX: i32 = 30;

/// Figures before the last zeros that an amount has to have, or what it is compared with, for its slips to be told.
const FIGURES_MIN: usize = 3;

/// A line that may be a release, and what it was joined to: the chain and how.
struct Candidate {
    line: usize,
    joined: Option<(usize, Agreement)>,
}

/// Names what may be releases of quiet chains. `open` are the lines that pay out and that no chain has.
///
/// O(q · n) for q quiet chains and n lines of their books.
pub(super) fn name(
    chains: &mut [Chain],
    lines: &[Prepared<'_>],
    open: &[usize],
    options: &Options,
    watch: &dyn Watch,
) -> Result<(), Stop> {
    if chains.iter().all(|chain| !chain.is_quiet) {
        return Ok(());
    }
    let mut of_book: BTreeMap<u32, Vec<Candidate>> = BTreeMap::new();
    let mut put = |line: usize, joined| {
        let of_line = of_book.entry(lines[line].line.book).or_default();
        of_line.push(Candidate { line, joined });
    };
    for &line in open {
        put(line, None);
    }
    for line in unanswered(lines, options) {
        put(line, None);
    }
    for (nth, chain) in chains.iter().enumerate() {
        let joined = chain.releases.iter().chain(&chain.refunds);
        for of in joined.filter(|of| of.n_rivals > 0) {
            put(of.line, Some((nth, of.agreement)));
        }
    }
    let mut n_chains: BTreeMap<usize, u32> = BTreeMap::new();
    let mut named: Vec<Vec<Possible>> = Vec::new();
    for (nth, chain) in chains.iter().enumerate() {
        watch.check()?;
        let mut possible = Vec::new();
        let known = of_book.get(&lines[chain.deposit].line.book);
        for of in known.into_iter().flatten().filter(|_| chain.is_quiet) {
            let Some(agreement) = agreement(&lines[of.line], chain, lines, options) else {
                continue;
            };
            let is_named = match &of.joined {
                Some((other, joined)) => {
                    *other != nth
                        && agreement.code == CodeLevel::Equal
                        && agreement.person <= joined.person
                        && agreement.amount <= AmountLevel::Slip
                }
                None => may_be(&lines[of.line], &agreement),
            };
            if is_named {
                *n_chains.entry(of.line).or_default() += 1;
                possible.push(Possible {
                    line: of.line,
                    agreement,
                    joined_to: of.joined.map(|joined| chains[joined.0].deposit),
                    n_rivals: 0,
                });
            }
        }
        if chain.is_quiet {
            possible.extend(slipped(chain));
        }
        possible.sort_by_key(|of| {
            let Agreement {
                code,
                person,
                amount,
                days,
            } = of.agreement;
            let line = lines[of.line].line;
            (person, amount, code, days, line.seat, &line.key)
        });
        named.push(possible);
    }
    for (chain, mut possible) in chains.iter_mut().zip(named) {
        for of in &mut possible {
            // A slip among a chain's own lines was not counted with those that it may be a release of.
            let is_own = of.joined_to == Some(chain.deposit);
            let n = n_chains.get(&of.line).copied().unwrap_or(0);
            of.n_rivals = n.saturating_sub(u32::from(!is_own));
        }
        chain.possible = possible;
    }
    Ok(())
}

/// Releases and refunds of a chain whose amount is one figure away from what would leave nothing held.
fn slipped(chain: &Chain) -> Vec<Possible> {
    let joined = chain.releases.iter().chain(&chain.refunds);
    let is_slip_of_all = |of: &&Joined| {
        let less = of.amount.checked_add(chain.held);
        let all = less.and_then(|sum| sum.checked_add(chain.fee));
        let mut whole = [less, all].into_iter().flatten();
        whole.any(|whole| is_slip_of(whole, of.amount))
    };
    let slips = joined.filter(is_slip_of_all).map(|of| Possible {
        line: of.line,
        agreement: Agreement {
            amount: AmountLevel::Slip,
            ..of.agreement
        },
        joined_to: Some(chain.deposit),
        n_rivals: 0,
    });
    slips.collect()
}

/// How a line agrees with a chain; `None` if it cannot be a release of it.
fn agreement(
    line: &Prepared<'_>,
    chain: &Chain,
    lines: &[Prepared<'_>],
    options: &Options,
) -> Option<Agreement> {
    let deposit = &lines[chain.deposit];
    let days = line.days_after(deposit);
    let is_in_time = match days {
        Some(days) if days < 0 => line.stands_behind(deposit),
        Some(days) => days <= options.code_days_max,
        None => true,
    };
    is_in_time.then(|| Agreement {
        code: line.code(deposit),
        person: line.person(deposit, options),
        amount: level(line.amount(&chain.asset), chain),
        days,
    })
}

/// How an amount agrees with what a chain holds.
fn level(amount: Option<Amount>, chain: &Chain) -> AmountLevel {
    let Some(amount) = amount else {
        return AmountLevel::OtherAsset;
    };
    let all = [Some(chain.held), chain.held.checked_add(chain.fee)];
    let mut whole = all.iter().flatten();
    if whole.clone().any(|&of| of == amount) {
        return AmountLevel::All;
    }
    if whole.any(|&of| is_slip_of(of, amount)) {
        return AmountLevel::Slip;
    }
    if amount < chain.held {
        AmountLevel::Part
    } else {
        AmountLevel::More
    }
}

/// Whether an amount is one figure away from another one.
fn is_slip_of(whole: Amount, written: Amount) -> bool {
    let [whole, written] = [whole, written].map(|amount| amount.units().to_string());
    // Round amounts are one figure away from each other all too often.
    let is_round = |text: &str| text.trim_end_matches('0').len() < FIGURES_MIN;
    !(is_round(&whole) && is_round(&written)) && is_slip(&whole, &written)
}

/// Whether the evidence is enough to name a line that no chain has.
fn may_be(line: &Prepared<'_>, of: &Agreement) -> bool {
    let is_named = of.person == PersonLevel::Named;
    let is_silent = of.person == PersonLevel::Silent;
    let is_all = matches!(of.amount, AmountLevel::All | AmountLevel::Slip);
    match line.line.kind {
        Kind::Deposit => false,
        // It is a release of something, and of nothing that is known.
        Kind::Release | Kind::Refund => {
            is_named || is_all || matches!(of.code, CodeLevel::Equal | CodeLevel::Slip)
        }
        Kind::Order if line.line.took_cash => is_named && is_all,
        Kind::Order => is_named || is_silent && is_all,
        Kind::Received => is_named || is_silent && (is_all || of.code == CodeLevel::Equal),
    }
}

/// Orders that colleagues' books say a holder sent, and that his own book does not have.
fn unanswered(lines: &[Prepared<'_>], options: &Options) -> Vec<usize> {
    // What the holder sent or paid out, by code and by amount.
    let mut sent: BTreeMap<(u32, String), Vec<usize>> = BTreeMap::new();
    let keys = |line: &Prepared<'_>| {
        let amounts = line.line.sums.iter();
        let amounts = amounts.map(|sum| format!("{} {}", sum.amount.units(), sum.asset));
        let code = line.bare_code().map(|code| format!("#{code}"));
        amounts.chain(code).collect::<BTreeSet<String>>()
    };
    for (at, line) in lines.iter().enumerate() {
        if !matches!(line.line.kind, Kind::Deposit | Kind::Received) {
            for key in keys(line) {
                sent.entry((line.line.book, key)).or_default().push(at);
            }
        }
    }
    let is_answered = |line: &Prepared<'_>| {
        let alike = keys(line).into_iter();
        let mut alike = alike.filter_map(|key| {
            let has_code = key.starts_with('#');
            Some((has_code, sent.get(&(line.line.book, key))?))
        });
        alike.any(|(has_code, sent)| {
            sent.iter().any(|&at| {
                let days = line.days_after(&lines[at]);
                let is_near =
                    days.is_none_or(|days| days.unsigned_abs() <= ANSWER_DAYS_MAX.unsigned_abs());
                // Amounts are round and come again: they ask for a person that agrees.
                is_near && (has_code || line.person(&lines[at], options) == PersonLevel::Named)
            })
        })
    };
    let received = lines.iter().enumerate();
    let received = received.filter(|(_, line)| line.line.kind == Kind::Received);
    let open = received.filter(|(_, line)| !is_answered(line));
    open.map(|(at, _)| at).collect()
}
