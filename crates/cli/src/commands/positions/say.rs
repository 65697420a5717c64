//! Positions for people, and as JSON. Rows are named by their locators; no name of a customer is shown.

use super::Run;
use super::held::Held;
use super::stated::{Account, Direction};
use crate::commands::PROGRAM;
use crate::figures::date;
use crate::shell::Shell;
use moneytrail_analysis::escrow::ESCROW_RELEASE;
use moneytrail_analysis::positions::{Entry, Kind, Position, SETTLEMENT_PAIR, Seen, Step};
use moneytrail_analysis::reconcile::RECONCILE;
use moneytrail_model::Amount;
use serde_json::{Value, json};

/// Most rows of a list that are shown to people.
const N_LISTED: usize = 5;

pub(super) const fn kind(of: Kind) -> &'static str {
    match of {
        Kind::Due => "order",
        Kind::Settlement => "settlement",
        Kind::Payment => "cash",
    }
}

pub(super) const fn seen(of: Seen) -> &'static str {
    match of {
        Seen::Both => "both books",
        Seen::Differs => "both books, differently: the debtor's counts",
        Seen::OneBook => "one book; the other is not at hand",
        Seen::Unmatched => "one book, and nothing in the other is joined to it",
    }
}

/// Word of who says so, in JSON.
const fn seen_word(of: Seen) -> &'static str {
    match of {
        Seen::Both => "both",
        Seen::Differs => "differs",
        Seen::OneBook => "one_book",
        Seen::Unmatched => "unmatched",
    }
}

pub(super) fn magnitude(amount: Amount) -> Amount {
    amount.max(Amount::ZERO.checked_sub(amount).unwrap_or(amount))
}

/// An amount that an account states, in words of who owes whom.
pub(super) enum Says {
    Owed { debtor: u32, creditor: u32 },
    Nothing,
    Unknown,
}

/// What a stated balance says.
pub(super) fn says(account: &Account, other: u32) -> Says {
    let is_above = account.stated > Amount::ZERO;
    let owed_by_keeper = match account.direction() {
        Direction::Unknown => return Says::Unknown,
        Direction::OwedByKeeper => is_above,
        Direction::OwedToKeeper => !is_above,
    };
    if account.stated == Amount::ZERO {
        Says::Nothing
    } else if owed_by_keeper {
        Says::Owed {
            debtor: account.keeper,
            creditor: other,
        }
    } else {
        Says::Owed {
            debtor: other,
            creditor: account.keeper,
        }
    }
}

impl Run<'_> {
    pub(super) fn party(&self, party: u32) -> &str {
        let name = self.rows.parties.get(party as usize);
        name.map_or("", String::as_str)
    }

    fn shown(&self, amount: Amount, asset: &str) -> String {
        amount.display(self.rows.decimals_of(asset)).to_string()
    }

    /// `edin owes haji aziz 12.00 EUR`.
    pub(super) fn owed(&self, (a, b): (u32, u32), amount: Amount, asset: &str) -> String {
        let (debtor, creditor) = if amount < Amount::ZERO {
            (b, a)
        } else {
            (a, b)
        };
        if amount == Amount::ZERO {
            return format!(
                "{} and {} owe each other no {asset}",
                self.party(a),
                self.party(b)
            );
        }
        format!(
            "{} owes {} {} {asset}",
            self.party(debtor),
            self.party(creditor),
            self.shown(magnitude(amount), asset)
        )
    }

    pub(super) fn places(&self, step: &Step) -> Vec<String> {
        let rows = step.entries.iter();
        rows.map(|&at| self.rows.places[at].to_string()).collect()
    }

    /// The last day of a course.
    pub(super) fn last_day(&self, steps: &[Step]) -> Option<i32> {
        match &self.options.as_of {
            Some((day, _)) => i32::try_from(*day).ok(),
            None => steps.iter().filter_map(|step| step.day).max(),
        }
    }

    /// What rules concluded.
    pub(super) fn inferences(&self) -> Vec<String> {
        if !self.options.has_claims {
            return Vec::new();
        }
        let rows = self.rows;
        vec![
            format!(
                "{} orders stand in two books by {RECONCILE} (from {}), and count once; {} pairs below that may be one order and count twice",
                rows.n_orders_joined,
                self.options.match_from,
                rows.in_review.len()
            ),
            format!(
                "{} payments stand in two books by {SETTLEMENT_PAIR} (same amount, up to {} days apart), and count once",
                rows.same.len() - rows.n_orders_joined,
                self.options.settle_days
            ),
        ]
    }

    pub(super) fn assumptions(&self) -> Vec<String> {
        let mut all = vec![
            "what was owed before the first row is taken as nothing".to_owned(),
            "an order is owed from its day on, paid out or not; where two books state it differently, the debtor's row counts".to_owned(),
        ];
        if !self.options.has_claims {
            all.push("every book by itself: no two rows are joined, so that what stands in two books counts twice".to_owned());
        }
        all
    }

    /// What is in no position.
    pub(super) fn left_out(&self) -> Vec<String> {
        let left = &self.rows.left;
        [
            (left.taken_back, "lines that are cancelled or taken back"),
            (
                left.unnamed,
                "orders or payments that name no other hawaladar",
            ),
            (
                left.no_direction,
                "orders between others than the keeper: direction unknown",
            ),
            (left.without_amount, "rows without an amount"),
            (
                left.no_debt,
                "exchanges, commissions and expenses between hawaladars, which leave no debt",
            ),
            (left.later, "rows that may be later than the day asked for"),
            (
                left.undated,
                "rows without a date, where a day was asked for",
            ),
            (
                left.other_pairs,
                "matches whose two rows name other pairs: both rows stay",
            ),
            (
                self.found.too_large.len() as u64,
                "rows that would lead beyond 38 digits",
            ),
        ]
        .into_iter()
        .filter(|of| of.0 > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect()
    }

    /// What a book makes of a position alone.
    pub(super) fn by_book(
        &self,
        position: &Position,
        (book, sum): (u32, Option<Amount>),
    ) -> String {
        let owed = sum.map_or_else(
            || "beyond 38 digits".to_owned(),
            |sum| self.owed(position.pair, sum, &position.asset),
        );
        format!("by the book of {} alone {owed}", self.party(book))
    }

    /// What accounts of a pair in an asset state.
    pub(super) fn accounts<'a>(
        &'a self,
        position: &'a Position,
    ) -> impl Iterator<Item = (&'a Account, u32)> {
        self.stated.iter().filter_map(move |account| {
            let other = account.with?;
            let pair = (account.keeper.min(other), account.keeper.max(other));
            let is_of = pair == position.pair && account.asset.key().to_string() == *position.asset;
            is_of.then_some((account, other))
        })
    }

    /// What a stated balance says, beside what follows.
    pub(super) fn stated(&self, account: &Account, other: u32) -> String {
        let asset = account.asset.key().to_string();
        let decimals = account.asset.decimals();
        let stated = account.stated.display(decimals);
        let meaning = match says(account, other) {
            Says::Unknown => format!(
                "direction unknown: {} rows of known direction are not enough, or do not agree",
                account.n_rises + account.n_falls
            ),
            Says::Nothing => "nothing is owed".to_owned(),
            Says::Owed { debtor, creditor } => format!(
                "{} owes {}, inferred from {} rows of known direction",
                self.party(debtor),
                self.party(creditor),
                account.n_rises + account.n_falls
            ),
        };
        format!(
            "the book of {} states {stated} {asset} ({}): {meaning}; {}",
            self.party(account.keeper),
            account.place,
            follows(account)
        )
    }

    pub(super) fn table(&self, with_steps: bool, shell: &Shell) {
        let as_of = self.options.as_of.as_ref();
        let as_of = as_of.map_or_else(String::new, |of| format!(" at the end of {}", of.1));
        shell.say(format!(
            "who owes whom{as_of}: {} rows of {} keepers' books, {} other hawaladars; currencies are never added together",
            self.rows.entries.len(),
            self.rows.n_keepers,
            self.rows.parties.len() - self.rows.n_keepers
        ));
        if self.found.positions.is_empty() {
            shell.say("no row of a book makes anybody owe anything");
        }
        for sentence in self.inferences() {
            shell.say(format!("inference: {sentence}"));
        }
        for sentence in self.assumptions() {
            shell.say(format!("assumption: {sentence}"));
        }
        for sentence in self.left_out() {
            shell.say(format!("in no position: {sentence}"));
        }
        self.compact(shell);
        for position in &self.found.positions {
            self.position(position, with_steps, shell);
            self.sum(position, shell);
        }
        self.held(with_steps, shell);
        self.boxes(shell);
    }

    /// One line for each pair and currency.
    fn compact(&self, shell: &Shell) {
        const HEADS: [&str; 8] = [
            "who owes",
            "whom",
            "how much",
            "",
            "rows",
            "first",
            "last",
            "books differ by",
        ];
        let lines = self.found.positions.iter().map(|position| {
            let (a, b) = position.pair;
            let is_turned = position.end < Amount::ZERO;
            let (debtor, creditor) = if is_turned { (b, a) } else { (a, b) };
            let steps = &position.steps;
            let differ = match difference(position) {
                None => "one book".to_owned(),
                Some(gap) => self.shown(magnitude(gap), &position.asset),
            };
            [
                self.party(debtor).to_owned(),
                self.party(creditor).to_owned(),
                self.shown(magnitude(position.end), &position.asset),
                position.asset.to_string(),
                steps.len().to_string(),
                day_of(steps.first()),
                day_of(steps.iter().rfind(|step| step.day.is_some())),
                differ,
            ]
        });
        let lines: Vec<[String; 8]> = lines.collect();
        if lines.is_empty() {
            return;
        }
        let width = |column: usize| {
            let cells = lines.iter().map(|line| line[column].chars().count());
            cells.chain([HEADS[column].len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
        let is_figure = |column: usize| matches!(column, 2 | 4 | 7);
        let row = |cells: &[&str]| {
            let cells = cells
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, &width))| {
                    let gap = " ".repeat(width.saturating_sub(cell.chars().count()));
                    if is_figure(column) {
                        format!("{gap}{cell}")
                    } else {
                        format!("{cell}{gap}")
                    }
                });
            cells.collect::<Vec<_>>().join("  ")
        };
        shell.say_apart(row(&HEADS));
        for line in &lines {
            let cells: Vec<&str> = line.iter().map(String::as_str).collect();
            shell.say(row(&cells));
        }
    }

    /// What else is to be said of a position: its worth, where books differ, what they state, its steps.
    fn position(&self, position: &Position, with_steps: bool, shell: &Shell) {
        let (steps, asset) = (&position.steps, &*position.asset);
        let day = self.last_day(steps);
        let mut lines: Vec<String> = Vec::new();
        if let Some(worth) = self.worth.of(magnitude(position.end), asset, day) {
            lines.push(worth.sentence());
        }
        lines.extend(self.disagreement(position, with_steps));
        for (account, other) in self.accounts(position) {
            lines.push(self.stated(account, other));
        }
        if with_steps {
            lines.extend(steps.iter().map(|step| {
                let first = &self.rows.entries[step.entries[0]];
                format!(
                    "{} {} {}: {} ({}; {})",
                    day_of(Some(step)),
                    kind(first.kind),
                    self.shown(step.change, asset),
                    self.owed(position.pair, step.position, asset),
                    seen(step.seen),
                    self.places(step).join(" = ")
                )
            }));
        }
        if !lines.is_empty() {
            shell.say_apart(self.owed(position.pair, position.end, asset));
        }
        for line in lines {
            shell.say(format!("  {line}"));
        }
    }

    /// What the two books of a pair do not say alike.
    fn disagreement(&self, position: &Position, with_steps: bool) -> Vec<String> {
        let Some(gap) = difference(position) else {
            return Vec::new();
        };
        let n = unlike(position);
        if gap == Amount::ZERO && n == [0; 3] {
            return Vec::new();
        }
        let asset = &*position.asset;
        let mut lines = Vec::new();
        if gap != Amount::ZERO {
            let alone = position
                .by_book
                .iter()
                .map(|&of| self.by_book(position, of));
            lines.extend(alone);
        }
        lines.push(self.unlike_sentence(position, gap));
        if !with_steps {
            let is_open = |step: &&Step| matches!(step.seen, Seen::Unmatched | Seen::Differs);
            let open = position.steps.iter().filter(is_open).map(|step| {
                let change = self.shown(step.change, asset);
                format!("{} ({change})", self.places(step).join(" = "))
            });
            let other = position.elsewhere.iter().map(|&at| {
                let amount = self.shown(self.rows.entries[at].amount, asset);
                format!("{} ({amount})", self.rows.places[at])
            });
            let rows: Vec<String> = open.chain(other).collect();
            for row in rows.iter().take(N_LISTED) {
                lines.push(format!("  {row}"));
            }
            if rows.len() > N_LISTED {
                lines.push(format!(
                    "  and {} more: --steps lists all",
                    rows.len() - N_LISTED
                ));
            }
        }
        lines
    }

    /// How far the books are apart, and by how many rows.
    pub(super) fn unlike_sentence(&self, position: &Position, gap: Amount) -> String {
        let [one, differ, other] = unlike(position);
        let gap = if gap == Amount::ZERO {
            "the books agree on the end".to_owned()
        } else {
            format!(
                "the books differ by {}",
                self.shown(magnitude(gap), &position.asset)
            )
        };
        format!(
            "{gap}: {one} rows stand in one of them only, {differ} are stated differently, {other} stand in the debtor's book in another currency"
        )
    }

    /// What all currencies of a pair are worth together, behind the last of them, where each has a rate.
    fn sum(&self, position: &Position, shell: &Shell) {
        let of_pair: Vec<&Position> = self
            .found
            .positions
            .iter()
            .filter(|other| other.pair == position.pair)
            .collect();
        let is_last = of_pair
            .last()
            .is_some_and(|last| last.asset == position.asset);
        if of_pair.len() < 2 || !is_last {
            return;
        }
        if let Some(sum) = self.worth_of_all(&of_pair) {
            shell.say(format!(
                "  assumption: at these rates together {}",
                self.owed(position.pair, sum, &self.worth.currency)
            ));
        }
    }

    /// The sum of what positions are worth; `None` if one of them has no rate.
    fn worth_of_all(&self, positions: &[&Position]) -> Option<Amount> {
        let mut sum = Amount::ZERO;
        for position in positions {
            let day = self.last_day(&position.steps);
            let worth = match &*position.asset {
                own if own == self.worth.currency => position.end,
                asset => self.worth.of(position.end, asset, day)?.amount,
            };
            sum = sum.checked_add(worth)?;
        }
        Some(sum)
    }

    fn held(&self, with_steps: bool, shell: &Shell) {
        for (nth, held) in self.held.iter().enumerate() {
            if nth == 0 {
                shell.say_apart(format!(
                    "towards depositors, by {ESCROW_RELEASE}: their property, no proceeds of the keeper"
                ));
            }
            shell.say(format!("  {}", held_sentence(held)));
            if with_steps {
                for step in &held.steps {
                    let rows: Vec<String> = step.rows.iter().map(ToString::to_string).collect();
                    shell.say(format!(
                        "    {} {} {}: {} held ({})",
                        step.day
                            .map_or_else(|| "no date".to_owned(), |day| date(day.into())),
                        step.what,
                        step.amount.display(held.decimals),
                        step.held.display(held.decimals),
                        rows.join(" of ")
                    ));
                }
            }
        }
    }

    /// Balances that are of no one hawaladar.
    fn boxes(&self, shell: &Shell) {
        let boxes = self.stated.iter().filter(|account| account.with.is_none());
        for (nth, account) in boxes.enumerate() {
            if nth == 0 {
                shell.say_apart("what books state of their cash boxes, beside what follows from their rows (no debt of anybody)");
            }
            shell.say(format!(
                "  {}: {} {} stated ({}); {}",
                self.party(account.keeper),
                account.stated.display(account.asset.decimals()),
                account.asset.key(),
                account.place,
                follows(account)
            ));
        }
    }

    /// The result as JSON, `moneytrail-positions/1`.
    pub(super) fn json(&self) -> Value {
        let rows = self.rows;
        json!({
            "schema": "moneytrail-positions/1", "program": PROGRAM,
            "parameters": {
                "as_of": self.options.as_of.as_ref().map(|of| &of.1), "match_from": self.options.match_from,
                "settle_days": self.options.settle_days, "claims": self.options.has_claims, "rate_days": self.options.rate_days,
            },
            "parties": rows.parties.iter().enumerate().map(|(at, name)| json!({ "name": name, "has_book": at < rows.n_keepers })).collect::<Vec<_>>(),
            "inferences": self.inferences(), "assumptions": self.assumptions(), "left_out": self.left_out(),
            "in_review": rows.in_review.iter().map(|pair| pair.map(|at| rows.places[at].to_string())).collect::<Vec<_>>(),
            "positions": self.found.positions.iter().map(|of| self.position_json(of)).collect::<Vec<_>>(),
            "depositors": self.held.iter().map(held_json).collect::<Vec<_>>(),
            "cash_boxes": self.stated.iter().filter(|of| of.with.is_none()).map(|of| self.account_json(of, None)).collect::<Vec<_>>(),
        })
    }

    fn position_json(&self, position: &Position) -> Value {
        let day = self.last_day(&position.steps);
        let worth = self.worth.of(position.end, &position.asset, day);
        let steps = position.steps.iter().map(|step| {
            let first: &Entry = &self.rows.entries[step.entries[0]];
            json!({
                "day": step.day.map(|day| date(day.into())), "kind": kind(first.kind), "change": step.change.units().to_string(),
                "position": step.position.units().to_string(), "seen": seen_word(step.seen), "rows": self.places(step),
                "basis": match (step.seen, first.kind) {
                    (Seen::OneBook | Seen::Unmatched, _) => "fact".to_owned(),
                    (_, Kind::Due) => format!("inference {RECONCILE}"),
                    _ => format!("inference {SETTLEMENT_PAIR}"),
                },
            })
        });
        json!({
            "pair": [self.party(position.pair.0), self.party(position.pair.1)], "asset": position.asset,
            "decimals": self.rows.decimals_of(&position.asset), "units": position.end.units().to_string(),
            "says": self.owed(position.pair, position.end, &position.asset),
            "by_book": position.by_book.iter().map(|(book, sum)| json!({
                "keeper": self.party(*book), "units": sum.map(|sum| sum.units().to_string()),
            })).collect::<Vec<_>>(),
            "in_another_currency": position.elsewhere.iter().map(|&at| self.rows.places[at].to_string()).collect::<Vec<_>>(),
            "books_differ_by": difference(position).map(|gap| gap.units().to_string()),
            "stated": self.accounts(position).map(|(account, other)| self.account_json(account, Some(other))).collect::<Vec<_>>(),
            "worth": worth.map(|worth| worth.json()),
            "steps": steps.collect::<Vec<_>>(),
        })
    }

    fn account_json(&self, account: &Account, other: Option<u32>) -> Value {
        let direction = match other.map(|other| says(account, other)) {
            None => Value::Null,
            Some(Says::Unknown) => "unknown".into(),
            Some(Says::Nothing) => "nothing".into(),
            Some(Says::Owed { debtor, creditor }) => {
                json!({ "debtor": self.party(debtor), "creditor": self.party(creditor) })
            }
        };
        json!({
            "keeper": self.party(account.keeper), "with": other.map(|other| self.party(other)),
            "asset": account.asset.key().to_string(), "decimals": account.asset.decimals(),
            "units": account.stated.units().to_string(), "row": account.place.to_string(),
            "follows_units": account.follows.map(|of| of.units().to_string()), "direction": direction,
            "rises": account.n_rises, "falls": account.n_falls,
        })
    }
}

/// How the two books differ, if both are at hand.
pub(super) fn difference(position: &Position) -> Option<Amount> {
    let [(_, a), (_, b)] = position.by_book[..] else {
        return None;
    };
    a?.checked_sub(b?)
}

/// Rows of one book only, rows that the books state differently, rows in another currency in the debtor's book.
fn unlike(position: &Position) -> [usize; 3] {
    let steps = &position.steps;
    let n = |of: Seen| steps.iter().filter(|step| step.seen == of).count();
    [
        n(Seen::Unmatched),
        n(Seen::Differs),
        position.elsewhere.len(),
    ]
}

/// What follows from the rows, beside what is stated.
fn follows(account: &Account) -> String {
    let decimals = account.asset.decimals();
    match account.follows {
        None => "its rows lead beyond 38 digits".to_owned(),
        Some(follows) if follows == account.stated => "its rows lead to the same".to_owned(),
        Some(follows) => {
            let gap = account.stated.checked_sub(follows);
            let gap = gap.map_or_else(String::new, |gap| {
                let word = if gap > Amount::ZERO { "less" } else { "more" };
                format!(", {} {word} than stated", magnitude(gap).display(decimals))
            });
            format!("its rows lead to {}{gap}", follows.display(decimals))
        }
    }
}

pub(super) fn held_sentence(held: &Held) -> String {
    format!(
        "{} holds {} {} of {} deposits",
        held.keeper,
        held.end.display(held.decimals),
        held.asset,
        held.n_open
    )
}

fn held_json(held: &Held) -> Value {
    let steps = held.steps.iter().map(|step| {
        json!({
            "day": step.day.map(|day| date(day.into())), "what": step.what, "change": step.amount.units().to_string(),
            "held": step.held.units().to_string(), "rows": step.rows.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    json!({
        "keeper": held.keeper, "asset": held.asset, "decimals": held.decimals, "units": held.end.units().to_string(),
        "deposits": held.n_open, "basis": format!("inference {ESCROW_RELEASE}"), "steps": steps.collect::<Vec<_>>(),
    })
}

fn day_of(step: Option<&Step>) -> String {
    let day = step.and_then(|step| step.day);
    day.map_or_else(|| "no date".to_owned(), |day| date(day.into()))
}
