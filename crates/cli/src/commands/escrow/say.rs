//! What is held and what was released, for people and as JSON. Rows are named by their locators; no name of a customer is shown.

use super::Payouts;
use super::lines::Lines;
use crate::commands::counted;
use crate::figures::date;
use crate::shell::Shell;
use moneytrail_analysis::escrow::{
    Agreement, Alone, AmountLevel, Chain, CodeLevel, ESCROW_RELEASE, Escrows, Joined, Options,
    PersonLevel, State, Why,
};
use moneytrail_model::{Amount, Basis};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most chains of a list that are shown to people.
const N_LISTED: usize = 20;
/// Most rows of a chain, or deposits of a date, that are named to people.
const N_POSSIBLE: usize = 4;

/// A result and what it is of.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) lines: &'a Lines,
    pub(super) options: &'a Options,
    pub(super) found: &'a Escrows,
    pub(super) payouts: &'a Payouts,
}

const fn state(state: State) -> &'static str {
    match state {
        State::Held => "held",
        State::Partial => "partial",
        State::Complete => "complete",
        State::Refunded => "refunded",
    }
}

const fn code(level: CodeLevel) -> &'static str {
    match level {
        CodeLevel::Equal => "code equal",
        CodeLevel::Slip => "code one slip away",
        CodeLevel::Silent => "code not stated by both",
        CodeLevel::Differs => "code differs",
    }
}

const fn person(level: PersonLevel) -> &'static str {
    match level {
        PersonLevel::Named => "depositor or migrant named",
        PersonLevel::Silent => "nobody named by both",
        PersonLevel::Differs => "others named",
    }
}

const fn amount(level: AmountLevel) -> &'static str {
    match level {
        AmountLevel::All => "all that is held",
        AmountLevel::Part => "a part of what is held",
        AmountLevel::Slip => "one figure away from all that is held",
        AmountLevel::More => "more than is held",
        AmountLevel::OtherAsset => "no amount in what is held",
    }
}

const fn why(why: Why) -> &'static str {
    match why {
        Why::NoDeposit => "no deposit at hand agrees with it",
        Why::MoreThanHeld => "the deposit with its code holds less, or another asset",
    }
}

impl Run<'_> {
    fn place(&self, line: usize) -> String {
        self.lines.places[line].to_string()
    }

    fn holder(&self, chain: &Chain) -> &str {
        self.keeper(self.lines.all[chain.deposit].book)
    }

    fn keeper(&self, book: u32) -> &str {
        let keeper = self.lines.keepers.get(book as usize);
        keeper.map_or("", String::as_str)
    }

    /// Prints what was found.
    pub(super) fn table(&self, with_why: bool, shell: &Shell) {
        let chains = &self.found.chains;
        shell.say(format!(
            "{} deposits in the books of {}, with {} releases and {} refunds by {ESCROW_RELEASE}",
            chains.len(),
            self.lines.keepers.join(", "),
            chains
                .iter()
                .map(|chain| chain.releases.len())
                .sum::<usize>(),
            chains
                .iter()
                .map(|chain| chain.refunds.len())
                .sum::<usize>(),
        ));
        if self.lines.n_quarantined > 0 {
            shell.say(format!(
                "{} quarantined: what stands there is missing here",
                counted(self.lines.n_quarantined, "lines")
            ));
        }
        self.property(shell);
        self.stopped(with_why, shell);
        let going = || {
            chains
                .iter()
                .filter(|chain| chain.held > Amount::ZERO && !chain.is_quiet)
        };
        if going().next().is_some() {
            shell.say_apart(format!(
                "{} deposits of which something is held:",
                going().count()
            ));
        }
        self.list(going(), with_why, shell);
        let spent = || chains.iter().filter(|chain| chain.held == Amount::ZERO);
        if spent().next().is_some() {
            shell.say_apart(format!(
                "{} deposits of which nothing is held:",
                spent().count()
            ));
        }
        self.list(spent(), with_why, shell);
        for (nth, &(line, reason)) in self.found.loose.iter().enumerate() {
            if nth == 0 {
                shell.say_apart(format!(
                    "{} releases or refunds without a deposit:",
                    self.found.loose.len()
                ));
            }
            if nth < N_LISTED {
                shell.say(format!("  {}: {}", self.place(line), why(reason)));
            }
        }
    }

    /// Deposits of which releases stopped; then those of which they did unless a row is one, and what rests on a lone date.
    fn stopped(&self, with_why: bool, shell: &Shell) {
        let chains = || self.found.chains.iter();
        let days = self.options.quiet_days;
        let stopped = || chains().filter(|chain| chain.is_stopped());
        if stopped().next().is_some() {
            shell.say_apart(format!(
                "{} deposits of which releases stopped for more than {days} days although the book goes on: lives may be at risk",
                stopped().count(),
            ));
        }
        self.list(stopped(), with_why, shell);
        let unless = || chains().filter(|chain| chain.may_have_stopped());
        if unless().next().is_some() {
            shell.say_apart(format!(
                "{} deposits of which releases stopped for more than {days} days, unless a row named here is one of theirs: look at the rows first",
                unless().count(),
            ));
        }
        self.list(unless(), with_why, shell);
        for of in &self.found.alone {
            let deposits = of.deposits.iter().map(|&line| self.place(line));
            let named: Vec<String> = deposits.clone().take(N_POSSIBLE).collect();
            let more = match of.deposits.len().saturating_sub(N_POSSIBLE) {
                0 => String::new(),
                n => format!(" and {n} more, all in --json"),
            };
            shell.say_apart(format!(
                "{} alone says that the book of {} goes on to {}; if that date is no slip, releases of {} more deposits stopped: {}{more}",
                self.alone_row(of),
                self.keeper(of.book),
                date(of.day.into()),
                of.deposits.len(),
                named.join(", "),
            ));
        }
    }

    fn alone_row(&self, of: &Alone) -> String {
        let place = self.lines.lone.get(&of.seat);
        place.map(ToString::to_string).unwrap_or_default()
    }

    /// Prints what is held and what stopped, and gives it as JSON.
    pub(super) fn brief(&self, shell: &Shell) -> Value {
        let chains = &self.found.chains;
        self.stopped(false, shell);
        self.property(shell);
        if !chains.is_empty() {
            shell.say(format!(
                "  by {ESCROW_RELEASE}; `moneytrail escrow` lists all {} deposits",
                chains.len()
            ));
        }
        let mut all = self.json();
        let items = |is: fn(&Chain) -> bool| -> Vec<Value> {
            let of = chains.iter().filter(|chain| is(chain));
            of.map(|chain| self.item(chain)).collect()
        };
        json!({
            "rule": all["rule"].take(), "parameters": all["parameters"].take(),
            "depositors_property": all["depositors_property"].take(), "deposits": chains.len(),
            "stopped": items(Chain::is_stopped), "stopped_unless": items(Chain::may_have_stopped),
            "lone_dates": all["lone_dates"].take(),
            "without_deposit": self.found.loose.len(),
        })
    }

    /// What is the depositors' in each holder's hands.
    fn property(&self, shell: &Shell) {
        for (nth, ((holder, asset), (n, held))) in self.held().into_iter().enumerate() {
            if nth == 0 {
                shell.say_apart(format!(
                    "the depositors' property, no proceeds of the holder, as {ESCROW_RELEASE} infers:"
                ));
            }
            shell.say(format!(
                "  {holder} holds {} {asset} of {}",
                held.display(self.lines.decimals_of(asset)),
                counted(n, "deposits")
            ));
        }
    }

    /// Deposits and sums held by holder and asset.
    fn held(&self) -> BTreeMap<(&str, &str), (u64, Amount)> {
        let mut held: BTreeMap<(&str, &str), (u64, Amount)> = BTreeMap::new();
        for chain in self
            .found
            .chains
            .iter()
            .filter(|chain| chain.held > Amount::ZERO)
        {
            let (n, sum) = held.entry((self.holder(chain), &chain.asset)).or_default();
            // A sum beyond 10³⁸ units is no sum of money; it stays out rather than wrong.
            if let Some(more) = sum.checked_add(chain.held) {
                *n += 1;
                *sum = more;
            }
        }
        held
    }

    fn list<'a>(&self, chains: impl Iterator<Item = &'a Chain>, with_why: bool, shell: &Shell) {
        let mut n_more = 0;
        for (nth, chain) in chains.enumerate() {
            if nth >= N_LISTED && !with_why {
                n_more += 1;
                continue;
            }
            self.chain(chain, with_why, shell);
        }
        if n_more > 0 {
            shell.say(format!("  and {n_more} more, all in --json"));
        }
    }

    fn chain(&self, chain: &Chain, with_why: bool, shell: &Shell) {
        let shown = |amount: Amount| {
            amount
                .display(self.lines.decimals_of(&chain.asset))
                .to_string()
        };
        let quiet = match (chain.last_day, chain.quiet_days) {
            (Some(day), Some(days)) if chain.held > Amount::ZERO => {
                format!(
                    ", last on {}, {days} days before the book's end",
                    date(day.into())
                )
            }
            _ => String::new(),
        };
        shell.say(format!(
            "  {}: {} {} deposited, {} released in {}, {} refunded, {} fee, {} held{quiet}",
            self.place(chain.deposit),
            shown(chain.deposited),
            chain.asset,
            shown(chain.released),
            chain.releases.len(),
            shown(chain.refunded),
            shown(chain.fee),
            shown(chain.held),
        ));
        for &line in &chain.misdated {
            let course = &self.lines.courses[self.lines.all[line].book as usize];
            if let Some((first, last)) = course.placed(&self.lines.all[line].seat) {
                shell.say(format!(
                    "    the date of {} is out of its place or alone: its row counts as between {} and {}",
                    self.place(line),
                    date(first.into()),
                    date(last.into()),
                ));
            }
        }
        self.possible(chain, with_why, shell);
        if !with_why {
            return;
        }
        let kinds = [
            ("top-up", &chain.top_ups),
            ("release", &chain.releases),
            ("refund", &chain.refunds),
        ];
        for (kind, joined) in kinds {
            for of in joined {
                let Agreement {
                    code: by_code,
                    person: by_person,
                    amount: by_amount,
                    days,
                } = of.agreement;
                let days = days.map_or_else(
                    || "day not known".to_owned(),
                    |days| format!("{days} days after"),
                );
                let payout = self
                    .payouts
                    .get(&self.place(of.line))
                    .map(|row| format!("; paid out in {row}"))
                    .unwrap_or_default();
                shell.say(format!(
                    "    {kind} {} {}: {}, {}, {}, {days}; {} other deposits agree as well{payout}",
                    self.place(of.line),
                    shown(of.amount),
                    code(by_code),
                    person(by_person),
                    amount(by_amount),
                    of.n_rivals,
                ));
            }
        }
    }

    /// What may be a release that a chain lacks.
    fn possible(&self, chain: &Chain, with_why: bool, shell: &Shell) {
        let n_shown = if with_why { usize::MAX } else { N_POSSIBLE };
        for of in chain.possible.iter().take(n_shown) {
            let by = of.agreement;
            let days = by.days.map_or_else(
                || "day not known".to_owned(),
                |days| format!("{days} days after"),
            );
            if of.joined_to == Some(chain.deposit) {
                shell.say(format!(
                    "    unless the amount of {}, which is joined to it, is a slip of the pen: one figure away it leaves nothing held",
                    self.place(of.line),
                ));
                continue;
            }
            let joined = of.joined_to.map(|deposit| self.place(deposit));
            let joined = joined.map_or_else(String::new, |place| format!("; joined to {place}"));
            let rivals = match of.n_rivals {
                0 => String::new(),
                n => format!("; it fits {} as well", counted(n.into(), "other deposits")),
            };
            shell.say(format!(
                "    unless {} is its release: {}, {}, {}, {days}{rivals}{joined}",
                self.place(of.line),
                code(by.code),
                person(by.person),
                amount(by.amount),
            ));
        }
        if let Some(n @ 1..) = chain.possible.len().checked_sub(n_shown) {
            shell.say(format!("    and {n} more rows, all in --json"));
        }
    }

    /// The result as JSON, `moneytrail-escrow/1`.
    pub(super) fn json(&self) -> Value {
        let held = self.held().into_iter().map(|((holder, asset), (n, sum))| {
            json!({ "holder": holder, "asset": asset, "deposits": n, "units": sum.units().to_string() })
        });
        json!({
            "schema": "moneytrail-escrow/1",
            "rule": ESCROW_RELEASE.to_string(),
            "parameters": {
                "name_similarity_permille": self.options.name_similarity_permille,
                "code_days": self.options.code_days_max, "quiet_days": self.options.quiet_days,
                "lone_gap_days": self.options.lone_gap_days,
            },
            "keepers": self.lines.keepers,
            "quarantined": self.lines.n_quarantined,
            "depositors_property": held.collect::<Vec<_>>(),
            "deposits": self.found.chains.iter().map(|chain| self.item(chain)).collect::<Vec<_>>(),
            "lone_dates": self.found.alone.iter().map(|of| json!({
                "holder": self.keeper(of.book), "row": self.alone_row(of), "day": date(of.day.into()),
                "deposits": of.deposits.iter().map(|&line| self.place(line)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "without_deposit": self.found.loose.iter().map(|&(line, reason)| json!({
                "row": self.place(line), "says": why(reason),
            })).collect::<Vec<_>>(),
        })
    }

    fn item(&self, chain: &Chain) -> Value {
        let rows = |joined: &[Joined]| -> Vec<String> {
            joined.iter().map(|of| self.place(of.line)).collect()
        };
        let all = [&chain.top_ups, &chain.releases, &chain.refunds];
        let claims = all.into_iter().flatten().map(|of| {
            json!({
                "row": self.place(of.line), "units": of.amount.units().to_string(),
                "basis": Basis::Inference(ESCROW_RELEASE).to_string(),
                "evidence": [self.place(chain.deposit), self.place(of.line)],
                "code": code(of.agreement.code), "person": person(of.agreement.person),
                "amount": amount(of.agreement.amount), "days_after": of.agreement.days,
                "other_deposits": of.n_rivals, "payout": self.payouts.get(&self.place(of.line)),
            })
        });
        let possible = chain.possible.iter().map(|of| {
            json!({
                "row": self.place(of.line),
                "basis": Basis::Inference(ESCROW_RELEASE).to_string(),
                "evidence": [self.place(chain.deposit), self.place(of.line)],
                "code": code(of.agreement.code), "person": person(of.agreement.person),
                "amount": amount(of.agreement.amount), "days_after": of.agreement.days,
                "joined_to": of.joined_to.map(|deposit| self.place(deposit)), "other_deposits": of.n_rivals,
            })
        });
        let misdated = chain.misdated.iter().map(|&line| self.place(line));
        let payouts = chain.releases.iter();
        let payouts = payouts.filter_map(|of| self.payouts.get(&self.place(of.line)));
        json!({
            "deposit": self.place(chain.deposit),
            "top_ups": rows(&chain.top_ups), "releases": rows(&chain.releases), "refunds": rows(&chain.refunds),
            "payouts": payouts.collect::<Vec<_>>(),
            "holder": self.holder(chain), "asset": chain.asset, "state": state(chain.state),
            "deposited_units": chain.deposited.units().to_string(), "released_units": chain.released.units().to_string(),
            "refunded_units": chain.refunded.units().to_string(), "fee_units": chain.fee.units().to_string(),
            "held_units": chain.held.units().to_string(),
            "last_day": chain.last_day.map(|day| date(day.into())), "quiet_days": chain.quiet_days, "stopped": chain.is_stopped(),
            "stopped_unless": possible.collect::<Vec<_>>(), "misdated": misdated.collect::<Vec<_>>(),
            "claims": claims.collect::<Vec<_>>(),
        })
    }
}
