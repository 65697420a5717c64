//! Who pays whom, and which patterns are hidden among it.

use super::ledger::{Block, Ledger, Role, Value, Why};
use crate::random::{Dice, rounded};
use std::num::NonZeroU32;

/// Blocks that a plan may lie ahead.
const HORIZON: usize = 64;
const N_VALIDATORS: u32 = 4;
const ISSUER: u32 = N_VALIDATORS;
const EXCHANGES: u32 = ISSUER + 1;

/// A shape that is hidden among other transfers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// One pays several mules, and all of them pay one.
    ScatterGather,
    /// Several pay one, who pays several.
    GatherScatter,
    /// Money comes back to where it started.
    Cycle,
    /// Money goes through several hands.
    Stack,
}

impl Shape {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ScatterGather => "scatter-gather",
            Self::GatherScatter => "gather-scatter",
            Self::Cycle => "cycle",
            Self::Stack => "stack",
        }
    }
}

/// A pattern that was begun.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) number: u64,
    pub(super) shape: Shape,
    pub(super) height: u64,
    pub(super) accounts: Vec<u32>,
}

/// What is to be done in a later block.
#[derive(Clone, Copy, Debug)]
enum Plan {
    /// An exchange empties a deposit account.
    Sweep(u32),
    /// A step of a pattern: a share of the stablecoins, in hundredths; the funder pays for gas.
    Move {
        from: u32,
        to: u32,
        percent: u64,
        funder: u32,
        pattern: u64,
    },
}

/// The people's plans.
#[derive(Debug)]
pub(super) struct Economy {
    pub(super) ledger: Ledger,
    dice: Dice,
    plans: Vec<Vec<Plan>>,
    n_exchanges: u32,
    persons: [u32; 2],
    pub(super) n_patterns: u64,
    /// Patterns that were begun since they were last asked for.
    pub(super) begun: Vec<Pattern>,
    n_wanted: u64,
}

impl Economy {
    /// One person for every thirty transfers, 60 at least.
    pub(super) fn new(n_wanted: u64, seed: u64) -> Self {
        let n_persons = u32::try_from((n_wanted / 30).clamp(60, 50_000_000)).expect("clamped");
        let n_exchanges = (n_persons / 20_000).clamp(3, 50);
        let mut dice = Dice::new(seed, 0);
        let mut ledger = Ledger {
            accounts: Vec::new(),
            block: Block::default(),
            gas_price_gwei: 1,
            n_owners: 0,
            n_transfers: 0,
        };
        let opening = n_wanted / u64::from(n_exchanges) * 200_000_000 + 1_000_000_000_000;
        for account in 0..EXCHANGES + n_exchanges {
            let (role, opening) = match account {
                0..ISSUER => (Role::Validator, 0),
                ISSUER => (Role::Issuer, opening),
                _ => (Role::Exchange, opening),
            };
            let owner = ledger.person();
            ledger.open(owner, role, opening);
        }
        let first = EXCHANGES + n_exchanges;
        let mut owner = ledger.person();
        for place in 0..n_persons {
            // Every eighth account is the second one of a person.
            if place > 0 && !dice.one_in(8) {
                owner = ledger.person();
            }
            ledger.open(owner, Role::Person, 0);
        }
        Self {
            ledger,
            dice,
            plans: vec![Vec::new(); HORIZON],
            n_exchanges,
            persons: [first, first + n_persons - 1],
            n_patterns: 0,
            begun: Vec::new(),
            n_wanted,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.ledger.n_transfers >= self.n_wanted
    }

    /// Decides a block.
    pub(super) fn block(&mut self, n_most: u64) -> Block {
        let height = self.ledger.block.height + 1;
        self.ledger.block.height = height;
        self.ledger.block.validator = self.dice.between_u32(0, N_VALIDATORS - 1);
        self.ledger.gas_price_gwei = self.dice.between(8, 30);
        let slot = self.slot(0);
        for plan in std::mem::take(&mut self.plans[slot]) {
            if !self.is_done() {
                self.carry_out(plan);
            }
        }
        let n_sent = self.dice.between(n_most / 2, n_most).max(1);
        let mut n_tries = 4 * n_sent;
        while (self.ledger.block.sent.len() as u64) < n_sent && n_tries > 0 && !self.is_done() {
            n_tries -= 1;
            self.step();
        }
        let next = Block {
            height,
            ..Block::default()
        };
        std::mem::replace(&mut self.ledger.block, next)
    }

    fn slot(&self, n_ahead: u64) -> usize {
        let slot = (self.ledger.block.height + n_ahead) % HORIZON as u64;
        usize::try_from(slot).expect("below the horizon")
    }

    fn plan(&mut self, n_ahead: u64, plan: Plan) {
        let slot = self.slot(n_ahead.clamp(1, HORIZON as u64 - 1));
        self.plans[slot].push(plan);
    }

    fn any_person(&mut self) -> u32 {
        self.dice.between_u32(self.persons[0], self.persons[1])
    }

    fn exchange_of(&self, account: u32) -> u32 {
        EXCHANGES + account % self.n_exchanges
    }

    fn step(&mut self) {
        let person = self.any_person();
        match self.dice.below(400) {
            0..120 => self.withdraw(person),
            120..190 => self.deposit(person),
            190..198 => self.fail(person),
            198..200 => self.begin(person),
            _ => self.pay(person),
        }
    }

    fn withdraw(&mut self, person: u32) {
        let exchange = self.exchange_of(person);
        let digits = self.dice.between_u32(1, 6);
        if self.dice.percent(45) || self.ledger.get(person).gwei < 10_000_000 {
            let value = 20_000_000 + rounded(self.dice.part_of(4_000_000_000), digits);
            self.ledger.send(
                [exchange, person],
                Value::Gwei(value),
                Why::Withdrawal,
                None,
            );
            return;
        }
        let units = 1_000_000 + rounded(self.dice.part_of(40_000_000_000), digits);
        if self.ledger.get(exchange).units < units {
            let minted = Value::Units(10_000_000_000_000);
            self.ledger
                .send([ISSUER, exchange], minted, Why::Mint, None);
        }
        self.ledger.send(
            [exchange, person],
            Value::Units(units),
            Why::Withdrawal,
            None,
        );
    }

    /// A part of what an account holds, after fees; nothing if that is hardly anything.
    fn part(&mut self, account: u32) -> Option<Value> {
        let held = *self.ledger.get(account);
        let digits = self.dice.between_u32(1, 6);
        if held.units > 5_000_000 && self.dice.percent(70) {
            return Some(Value::Units(
                rounded(self.dice.part_of(held.units), digits).max(1),
            ));
        }
        let spendable = held.gwei.checked_sub(4_000_000)?;
        (spendable > 1_000_000)
            .then(|| Value::Gwei(rounded(self.dice.part_of(spendable), digits).max(1)))
    }

    /// To the payee's account; now and then to where an exchange receives deposits for the payee.
    fn pay(&mut self, person: u32) {
        let payee = self.any_person();
        let Some(value) = self.part(person) else {
            return;
        };
        let deposit = self.ledger.get(self.first_account(payee)).deposit;
        match deposit.filter(|_| self.dice.one_in(16)) {
            Some(account) => self.send_deposit([person, account.get()], value),
            None => {
                self.ledger.send([person, payee], value, Why::Payment, None);
            }
        }
    }

    /// The first account of the person who has this one: theirs follow each other.
    fn first_account(&self, account: u32) -> u32 {
        let owner = self.ledger.get(account).owner;
        let before = (self.persons[0]..account).rev();
        let same = before.take_while(|&other| self.ledger.get(other).owner == owner);
        same.last().unwrap_or(account)
    }

    /// To the exchange's account for this person, which all of the person's accounts share.
    fn deposit(&mut self, person: u32) {
        let Some(value) = self.part(person) else {
            return;
        };
        let first = self.first_account(person);
        let known = self.ledger.get(first).deposit.map(NonZeroU32::get);
        let account = known.unwrap_or_else(|| {
            let owner = self.ledger.get(self.exchange_of(first)).owner;
            let opened = self.ledger.open(owner, Role::Deposit, 0);
            self.ledger.accounts[first as usize].deposit = NonZeroU32::new(opened);
            opened
        });
        self.send_deposit([person, account], value);
    }

    fn send_deposit(&mut self, ends: [u32; 2], value: Value) {
        if self.ledger.send(ends, value, Why::Deposit, None) {
            let n_ahead = self.dice.between(2, 20);
            self.plan(n_ahead, Plan::Sweep(ends[1]));
        }
    }

    /// A transfer of more than there is: the contract refuses it.
    fn fail(&mut self, person: u32) {
        let payee = self.any_person();
        let units = self.ledger.get(person).units + self.dice.between(1, 1_000_000_000);
        self.ledger
            .send([person, payee], Value::Units(units), Why::Failed, None);
    }

    /// Hides a pattern, if the account has enough stablecoins for it.
    fn begin(&mut self, source: u32) {
        if self.ledger.get(source).units < 100_000_000 {
            return;
        }
        let number = self.n_patterns;
        self.n_patterns += 1;
        let shape = [
            Shape::ScatterGather,
            Shape::GatherScatter,
            Shape::Cycle,
            Shape::Stack,
        ][self.dice.index(4)];
        let n_mules = self.dice.index(5) + 3;
        let mules: Vec<u32> = (0..n_mules)
            .map(|_| {
                let owner = self.ledger.person();
                self.ledger.open(owner, Role::Mule, 0)
            })
            .collect();
        let mut accounts = vec![source];
        accounts.extend(&mules);
        let go = |from, to, percent| Plan::Move {
            from,
            to,
            percent,
            funder: source,
            pattern: number,
        };
        match shape {
            Shape::ScatterGather => {
                let sink = self.any_person();
                accounts.push(sink);
                for (place, &mule) in (1..).zip(&mules) {
                    self.plan(place, go(source, mule, 15));
                    self.plan(place + 12, go(mule, sink, 100));
                }
            }
            Shape::GatherScatter => {
                let (hub, others) = (mules[0], &mules[1..]);
                for place in 1..4 {
                    let payer = if place == 1 {
                        source
                    } else {
                        self.any_person()
                    };
                    accounts.push(payer);
                    self.plan(place, go(payer, hub, 30));
                }
                for (place, &other) in (8..).zip(others) {
                    let n_left = u64::try_from(others.len()).expect("at most six") + 8 - place;
                    self.plan(place, go(hub, other, 100 / n_left));
                }
            }
            Shape::Cycle | Shape::Stack => {
                let mut from = source;
                let mut percent = 50;
                for (place, &mule) in (1..).zip(&mules) {
                    self.plan(3 * place, go(from, mule, percent));
                    (from, percent) = (mule, 97);
                }
                let last = if shape == Shape::Cycle {
                    source
                } else {
                    self.any_person()
                };
                accounts.push(last);
                self.plan(3 * n_mules as u64 + 3, go(from, last, percent));
            }
        }
        self.begun.push(Pattern {
            number,
            shape,
            height: self.ledger.block.height,
            accounts,
        });
    }

    fn carry_out(&mut self, plan: Plan) {
        match plan {
            Plan::Sweep(account) => self.sweep(account),
            Plan::Move {
                from,
                to,
                percent,
                funder,
                pattern,
            } => {
                let units = self.ledger.get(from).units / 100 * percent;
                if units > 0 && self.fund(funder, from, Value::Units(units), Some(pattern)) {
                    self.ledger
                        .send([from, to], Value::Units(units), Why::Pattern, Some(pattern));
                }
            }
        }
    }

    /// An exchange empties a deposit account: stablecoins first, for which it sends gas, then coins.
    fn sweep(&mut self, account: u32) {
        let owner = self.ledger.get(account).owner;
        let exchange = (EXCHANGES..EXCHANGES + self.n_exchanges)
            .find(|exchange| self.ledger.get(*exchange).owner == owner)
            .unwrap_or(EXCHANGES);
        let units = Value::Units(self.ledger.get(account).units);
        if units != Value::Units(0) && self.fund(exchange, account, units, None) {
            self.ledger
                .send([account, exchange], units, Why::Sweep, None);
        }
        let fee = self.ledger.fee_gwei(Value::Gwei(0));
        let rest = self.ledger.get(account).gwei.saturating_sub(fee);
        if rest > 2_000_000 {
            self.ledger
                .send([account, exchange], Value::Gwei(rest), Why::Sweep, None);
        }
    }

    /// Sees to it that an account can pay the fee of a transfer; says whether it can.
    fn fund(&mut self, funder: u32, account: u32, value: Value, pattern: Option<u64>) -> bool {
        let fee = self.ledger.fee_gwei(value);
        let held = self.ledger.get(account).gwei;
        held >= fee || {
            let missing = Value::Gwei(fee - held);
            self.ledger
                .send([funder, account], missing, Why::Gas, pattern)
        }
    }
}
