//! Lines joined to chains.

use super::agree::{Agreement, AmountLevel, CodeLevel, Pass, PersonLevel, Prepared};
use super::line::{Kind, Line, Options};
use super::possible;
use super::{Alone, Chain, Escrows, Joined, State, Why};
use crate::dates::Course;
use moneytrail_model::{Amount, Stop, Watch};
use std::collections::BTreeMap;

/// Joins the lines of all books. `courses` has the course of each book, by its number.
///
/// O(n log n) for n lines whose codes differ; lines that share a code, or state none, are compared with the deposits of their book.
pub fn escrows(lines: &[Line], courses: &[Course], options: &Options) -> Escrows {
    escrows_watched(lines, courses, options, &()).expect("nobody has it end")
}

/// As [`escrows`], of which `watch` may have it end.
///
/// # Errors
/// Why it ended; there is no part of a result then.
pub fn escrows_watched(
    lines: &[Line],
    courses: &[Course],
    options: &Options,
    watch: &dyn Watch,
) -> Result<Escrows, Stop> {
    let course = |line: &Line| courses.get(usize::try_from(line.book).ok()?);
    let prepared = lines.iter().map(|line| Prepared::new(line, course(line)));
    let prepared: Vec<Prepared<'_>> = prepared.collect();
    let is_of_holder = |&at: &usize| lines[at].kind != Kind::Received;
    let mut order: Vec<usize> = (0..lines.len()).filter(is_of_holder).collect();
    // A deposit and what is paid out of it on its day: the deposit came first.
    order.sort_by_key(|&at| {
        let line = &lines[at];
        let day = prepared[at].days.map(|days| days.0);
        (
            line.book,
            day,
            line.kind != Kind::Deposit,
            line.seat,
            &line.key,
        )
    });
    let mut joining = Joining {
        prepared,
        options,
        chains: Vec::new(),
        of_book: BTreeMap::new(),
    };
    let mut open = Vec::new();
    for &at in &order {
        watch.check()?;
        if lines[at].kind == Kind::Deposit {
            joining.deposit(at);
        } else if !joining.pay(at, Pass::Code) {
            open.push(at);
        }
    }
    for pass in Pass::LATER {
        // A loop that is left early asks again behind it.
        open.retain(|&at| watch.check().is_err() || !joining.pay(at, pass));
        watch.check()?;
    }
    let mut loose: Vec<(usize, Why)> = open
        .iter()
        .filter(|&&at| lines[at].kind != Kind::Order)
        .map(|&at| (at, joining.why(at)))
        .collect();
    let place = |at: usize| (lines[at].book, lines[at].seat, &lines[at].key);
    loose.sort_by_key(|of| place(of.0));
    let Joining {
        prepared, chains, ..
    } = joining;
    let mut chains: Vec<Chain> = chains.into_iter().map(|open| open.chain).collect();
    for chain in &mut chains {
        finish(chain, &prepared, course(&lines[chain.deposit]), options);
    }
    chains.sort_by_key(|chain| place(chain.deposit));
    possible::name(&mut chains, &prepared, &open, options, watch)?;
    let alone = alone(&chains, lines, courses, options);
    Ok(Escrows {
        chains,
        loose,
        alone,
    })
}

/// Dates that alone say that their books go on, with the deposits that are quiet only if they are right.
fn alone(chains: &[Chain], lines: &[Line], courses: &[Course], options: &Options) -> Vec<Alone> {
    let mut found = Vec::new();
    for (book, course) in (0_u32..).zip(courses) {
        for &(seat, day) in &course.lone {
            let of_book = chains.iter().filter(|of| {
                lines[of.deposit].book == book && of.held > Amount::ZERO && !of.is_quiet
            });
            let is_quiet_then = |of: &&Chain| {
                of.last_day
                    .is_some_and(|last| day.saturating_sub(last) > options.quiet_days)
            };
            let deposits: Vec<usize> = of_book.filter(is_quiet_then).map(|of| of.deposit).collect();
            if !deposits.is_empty() {
                found.push(Alone {
                    book,
                    seat,
                    day,
                    deposits,
                });
            }
        }
    }
    found
}

/// A chain that lines may join.
struct Open {
    chain: Chain,
    /// What the deposits' rows state as a fee.
    fee_stated: Amount,
}

impl Open {
    fn left(&self) -> Amount {
        let chain = &self.chain;
        let out = chain.released.checked_add(chain.refunded);
        out.and_then(|out| chain.deposited.checked_sub(out))
            .unwrap_or_default()
    }

    fn fee(&self) -> Amount {
        self.fee_stated.min(self.left())
    }
}

struct Joining<'a> {
    prepared: Vec<Prepared<'a>>,
    options: &'a Options,
    chains: Vec<Open>,
    of_book: BTreeMap<u32, Vec<usize>>,
}

impl Joining<'_> {
    /// Opens a chain, or tops one up. A deposit without an amount says nothing that could be held.
    fn deposit(&mut self, at: usize) {
        let line = self.prepared[at].line;
        let Some(sum) = line.sums.iter().find(|sum| sum.amount > Amount::ZERO) else {
            return;
        };
        let fee = line.fee.as_ref().filter(|fee| fee.asset == sum.asset);
        let fee = fee.map_or(Amount::ZERO, |fee| {
            fee.amount.max(Amount::ZERO).min(sum.amount)
        });
        if let Some((nth, agreement)) = self.topped_up(at, &sum.asset, sum.amount) {
            let open = &mut self.chains[nth];
            let sums = open
                .chain
                .deposited
                .checked_add(sum.amount)
                .zip(open.fee_stated.checked_add(fee));
            if let Some((deposited, fee_stated)) = sums {
                open.chain.deposited = deposited;
                open.fee_stated = fee_stated;
                open.chain.top_ups.push(Joined {
                    line: at,
                    amount: sum.amount,
                    agreement,
                    n_rivals: 0,
                });
                return;
            }
        }
        self.of_book
            .entry(line.book)
            .or_default()
            .push(self.chains.len());
        self.chains.push(Open {
            chain: Chain {
                deposit: at,
                top_ups: Vec::new(),
                releases: Vec::new(),
                refunds: Vec::new(),
                asset: sum.asset.clone(),
                deposited: sum.amount,
                released: Amount::ZERO,
                refunded: Amount::ZERO,
                fee: Amount::ZERO,
                held: Amount::ZERO,
                state: State::Held,
                last_day: None,
                quiet_days: None,
                is_quiet: false,
                possible: Vec::new(),
                misdated: Vec::new(),
            },
            fee_stated: fee,
        });
    }

    /// The youngest chain of the same people that bears the code and holds more than its fee.
    fn topped_up(&self, at: usize, asset: &str, amount: Amount) -> Option<(usize, Agreement)> {
        let line = &self.prepared[at];
        let known = self.of_book.get(&line.line.book)?;
        known.iter().rev().find_map(|&nth| {
            let open = &self.chains[nth];
            let first = &self.prepared[open.chain.deposit];
            let days = line.days_after(first);
            let is_near = days.is_none_or(|days| (0..=self.options.code_days_max).contains(&days));
            if !is_near
                || *open.chain.asset != *asset
                || open.left() <= open.fee()
                || line.code(first) != CodeLevel::Equal
                || line.person(first, self.options) != PersonLevel::Named
            {
                return None;
            }
            let agreement = Agreement {
                code: CodeLevel::Equal,
                person: PersonLevel::Named,
                amount: if amount == open.left() {
                    AmountLevel::All
                } else {
                    AmountLevel::Part
                },
                days,
            };
            Some((nth, agreement))
        })
    }

    /// How a line agrees with a chain, and what it would take, if a pass lets it.
    fn agreement(&self, at: usize, nth: usize, pass: Pass) -> Option<(Agreement, Amount)> {
        let (line, open) = (&self.prepared[at], &self.chains[nth]);
        let deposit = &self.prepared[open.chain.deposit];
        let code = line.code(deposit);
        if code != pass.code() {
            return None;
        }
        let days = line.days_after(deposit);
        let is_in_time = match days {
            Some(days) if days < 0 => pass != Pass::Code && line.stands_behind(deposit),
            Some(days) => days <= self.options.code_days_max,
            None => true,
        };
        let amount = line.amount(&open.chain.asset)?;
        if !is_in_time || amount > open.left() {
            return None;
        }
        let is_all = amount == open.left() || amount.checked_add(open.fee()) == Some(open.left());
        let agreement = Agreement {
            code,
            person: line.person(deposit, self.options),
            amount: if is_all {
                AmountLevel::All
            } else {
                AmountLevel::Part
            },
            days,
        };
        pass.takes(line.line, deposit.line, &agreement)
            .then_some((agreement, amount))
    }

    /// Joins a line to the chain with the best evidence, the youngest of several; whether there is one.
    fn pay(&mut self, at: usize, pass: Pass) -> bool {
        let Some(known) = self.of_book.get(&self.prepared[at].line.book) else {
            return false;
        };
        let mut fits: Vec<(Agreement, usize, Amount)> = known
            .iter()
            .filter_map(|&nth| {
                let (agreement, amount) = self.agreement(at, nth, pass)?;
                Some((agreement, nth, amount))
            })
            .collect();
        fits.sort_by_key(|&(of, nth, _)| (of.person, of.amount, of.days, usize::MAX - nth));
        let Some(&(agreement, nth, amount)) = fits.first() else {
            return false;
        };
        let is_as_good = |of: &&(Agreement, usize, Amount)| {
            (of.0.person, of.0.amount) == (agreement.person, agreement.amount)
        };
        let n_rivals = fits[1..].iter().filter(is_as_good).count();
        if pass.asks_for_one() && n_rivals > 0 {
            return false;
        }
        let chain = &mut self.chains[nth].chain;
        let is_refund = self.prepared[at].line.kind == Kind::Refund;
        let (total, joined) = if is_refund {
            (&mut chain.refunded, &mut chain.refunds)
        } else {
            (&mut chain.released, &mut chain.releases)
        };
        *total = total
            .checked_add(amount)
            .expect("a line takes no more than is left of an amount");
        joined.push(Joined {
            line: at,
            amount,
            agreement,
            n_rivals: u32::try_from(n_rivals).unwrap_or(u32::MAX),
        });
        true
    }

    fn why(&self, at: usize) -> Why {
        let line = &self.prepared[at];
        let known = self.of_book.get(&line.line.book).into_iter().flatten();
        let bears_code = |&&nth: &&usize| {
            let deposit = &self.prepared[self.chains[nth].chain.deposit];
            let days = line.days_after(deposit);
            line.code(deposit) == CodeLevel::Equal
                && days.is_none_or(|days| (0..=self.options.code_days_max).contains(&days))
        };
        if known.clone().any(|nth| bears_code(&nth)) {
            Why::MoreThanHeld
        } else {
            Why::NoDeposit
        }
    }
}

/// What is left, whose it is, and since when nothing happened.
fn finish(chain: &mut Chain, lines: &[Prepared<'_>], course: Option<&Course>, options: &Options) {
    let out = chain.released.checked_add(chain.refunded);
    let left = out
        .and_then(|out| chain.deposited.checked_sub(out))
        .unwrap_or_default();
    let deposits = std::iter::once(chain.deposit).chain(chain.top_ups.iter().map(|of| of.line));
    let mut stated = Amount::ZERO;
    for at in deposits {
        let fee = lines[at].line.fee.as_ref();
        if let Some(fee) = fee.filter(|fee| fee.asset == chain.asset) {
            stated = stated
                .checked_add(fee.amount.max(Amount::ZERO))
                .unwrap_or(stated);
        }
    }
    chain.fee = stated.min(left);
    chain.held = left.checked_sub(chain.fee).unwrap_or_default();
    let seats = |of: &Joined| lines[of.line].line.seat;
    for joined in [&mut chain.top_ups, &mut chain.releases, &mut chain.refunds] {
        joined.sort_by_key(|of| (lines[of.line].days.map(|days| days.0), seats(of)));
    }
    let joined = [&chain.releases, &chain.refunds, &chain.top_ups];
    let all = joined.into_iter().flatten().map(|of| of.line);
    let mut all: Vec<usize> = all.chain([chain.deposit]).collect();
    chain.last_day = all.iter().filter_map(|&at| Some(lines[at].days?.1)).max();
    let end = course.and_then(|course| course.end);
    chain.quiet_days = chain
        .last_day
        .zip(end)
        .map(|(day, end)| end.saturating_sub(day).max(0));
    all.retain(|&at| lines[at].days != lines[at].line.days);
    all.sort_unstable();
    chain.misdated = all;
    chain.state = match (chain.held > Amount::ZERO, chain.refunds.is_empty()) {
        (false, true) => State::Complete,
        (false, false) => State::Refunded,
        (true, _) if chain.releases.is_empty() && chain.refunds.is_empty() => State::Held,
        (true, _) => State::Partial,
    };
    chain.is_quiet = chain.held > Amount::ZERO
        && chain
            .quiet_days
            .is_some_and(|days| days > options.quiet_days);
}
