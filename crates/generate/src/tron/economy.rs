//! Who opens accounts on TRON, who pays their first TRX, and who pays whom afterwards.
//!
//! Laws: what an account does not have it does not pay; an account's first coins come from the account that the truth
//! names. An account needs coins before it can move anything, and most people do not buy them for each account: the shares of the
//! [`Way`]s below are assumptions, not observations.

use crate::random::{Dice, rounded};

/// Coins in smallest units.
pub(super) const SUN: u64 = 1_000_000;
/// What a transfer of stablecoins costs: energy, and bandwidth.
pub(super) const ENERGY_FEE: u64 = 13_395_900;
pub(super) const NET_FEE: u64 = 345_000;
/// What a transfer of coins costs beyond the free bandwidth of a day.
pub(super) const COIN_FEE: u64 = 268_000;

const N_EXCHANGES: u32 = 3;
/// Accounts of one person, at most.
const N_OF_PERSON: usize = 6;

/// What an account is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// An exchange's main wallet, which tags know.
    Exchange,
    /// A wallet from which an exchange pays a few withdrawals before it takes the next; no tag knows it.
    Withdrawal,
    /// A service that rents energy to thousands.
    Rental,
    /// Somebody who resells energy to a few.
    Reseller,
    Person,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Withdrawal => "withdrawal wallet",
            Self::Rental => "energy rental",
            Self::Reseller => "energy reseller",
            Self::Person => "person",
        }
    }
}

/// How an account came by its first coins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Way {
    /// From another account of its owner.
    Own,
    /// Withdrawn from an exchange.
    Exchange,
    /// Withdrawn from an exchange that paid it from a wallet without a tag.
    Withdrawal,
    /// With energy that was rented.
    Rental,
    /// With energy from a reseller.
    Reseller,
    /// Somebody paid its owner.
    Other,
}

impl Way {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own account",
            Self::Exchange => "exchange",
            Self::Withdrawal => "withdrawal wallet",
            Self::Rental => "energy rental",
            Self::Reseller => "energy reseller",
            Self::Other => "another person",
        }
    }

    /// One of them, in fixed shares.
    fn drawn(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..45 => Self::Own,
            45..68 => Self::Exchange,
            68..76 => Self::Withdrawal,
            76..84 => Self::Rental,
            84..90 => Self::Reseller,
            _ => Self::Other,
        }
    }
}

/// An account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) owner: u32,
    pub(super) role: Role,
    pub(super) sun: u64,
    pub(super) units: u64,
    /// What it held before the first block.
    pub(super) opening: (u64, u64),
    /// Who paid its first coins, and how that came.
    pub(super) first: Option<(u32, Way)>,
}

/// What is moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value {
    Sun(u64),
    Units(u64),
}

/// A transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) value: Value,
    pub(super) why: &'static str,
}

impl Sent {
    /// Energy and bandwidth that the sender pays for.
    pub(super) const fn fees(&self) -> (u64, u64) {
        match self.value {
            Value::Sun(_) => (0, COIN_FEE),
            Value::Units(_) => (ENERGY_FEE, NET_FEE),
        }
    }
}

/// All accounts and what they do.
#[derive(Debug)]
pub(super) struct Economy {
    pub(super) accounts: Vec<Account>,
    pub(super) n_owners: u32,
    pub(super) sent: Vec<Sent>,
    dice: Dice,
    /// Accounts of each person, by owner; services own none here.
    persons: Vec<(u32, Vec<u32>)>,
    /// The wallet from which each exchange pays now, and how often it still does.
    paying: Vec<(u32, u64)>,
    rental: u32,
    resellers: Vec<u32>,
}

impl Economy {
    pub(super) fn new(n_wanted: u64, seed: u64) -> Self {
        let mut economy = Self {
            accounts: Vec::new(),
            n_owners: 0,
            sent: Vec::new(),
            dice: Dice::new(seed, 0),
            persons: Vec::new(),
            paying: Vec::new(),
            rental: 0,
            resellers: Vec::new(),
        };
        let plenty = (n_wanted + 1_000) * 1_000 * SUN;
        for _ in 0..N_EXCHANGES {
            economy.service(Role::Exchange, (plenty, plenty));
            economy.paying.push((0, 0));
        }
        economy.rental = economy.service(Role::Rental, (plenty, 0));
        let n_resellers = (n_wanted / 1_500).clamp(3, 100_000);
        for _ in 0..n_resellers {
            let reseller = economy.service(Role::Reseller, (100_000 * SUN, 0));
            economy.resellers.push(reseller);
        }
        economy
    }

    fn service(&mut self, role: Role, opening: (u64, u64)) -> u32 {
        self.n_owners += 1;
        self.add(self.n_owners - 1, role, opening)
    }

    fn add(&mut self, owner: u32, role: Role, opening: (u64, u64)) -> u32 {
        self.accounts.push(Account {
            owner,
            role,
            sun: opening.0,
            units: opening.1,
            opening,
            first: None,
        });
        u32::try_from(self.accounts.len() - 1).expect("fewer than 2³² accounts")
    }

    fn get(&self, account: u32) -> &Account {
        &self.accounts[account as usize]
    }

    /// Sends, if value and fee are there; says whether it did.
    fn send(&mut self, from: u32, to: u32, value: Value, why: &'static str) -> bool {
        let sent = Sent {
            from,
            to,
            value,
            why,
        };
        let (energy, net) = sent.fees();
        let (sun, units) = match value {
            Value::Sun(sun) => (sun, 0),
            Value::Units(units) => (0, units),
        };
        let payer = &mut self.accounts[from as usize];
        if from == to || payer.sun < sun + energy + net || payer.units < units {
            return false;
        }
        payer.sun -= sun + energy + net;
        payer.units -= units;
        let payee = &mut self.accounts[to as usize];
        payee.sun += sun;
        payee.units += units;
        self.sent.push(sent);
        true
    }

    /// One thing that happens.
    pub(super) fn step(&mut self) {
        if self.persons.len() < 8 || self.dice.percent(12) {
            self.open();
            return;
        }
        let payee = self.any();
        let exchange = self.dice.between_u32(0, N_EXCHANGES - 1);
        let digits = self.dice.between_u32(1, 6);
        match self.dice.below(100) {
            0..30 => {
                let units = SUN + rounded(self.dice.part_of(20_000 * SUN), digits);
                self.send(exchange, payee, Value::Units(units), "withdrawal");
            }
            30..40 => {
                let sun = 20 * SUN + rounded(self.dice.part_of(400 * SUN), digits);
                self.send(exchange, payee, Value::Sun(sun), "withdrawal");
            }
            kind => {
                let payer = self.any();
                let held = *self.get(payer);
                let (value, least) = if kind < 85 {
                    (
                        Value::Units(rounded(self.dice.part_of(held.units), digits)),
                        1,
                    )
                } else {
                    let spare = held.sun.saturating_sub(60 * SUN);
                    (Value::Sun(rounded(self.dice.part_of(spare), digits)), SUN)
                };
                let (Value::Sun(amount) | Value::Units(amount)) = value;
                if amount >= least {
                    self.send(payer, payee, value, "payment");
                }
            }
        }
    }

    /// Any account of any person.
    fn any(&mut self) -> u32 {
        let person = self.dice.index(self.persons.len());
        let accounts = &self.persons[person].1;
        accounts[self.dice.index(accounts.len())]
    }

    /// A person opens an account: its first coins are what opens it.
    fn open(&mut self) {
        let known = (!self.persons.is_empty() && self.dice.percent(60))
            .then(|| self.dice.index(self.persons.len()))
            .filter(|&person| self.persons[person].1.len() < N_OF_PERSON);
        let coins = Value::Sun(self.dice.between(40, 300) * SUN);
        let Some((payer, way)) = self.payer(known) else {
            return;
        };
        let owner = known.map_or(self.n_owners, |person| self.persons[person].0);
        let account = self.add(owner, Role::Person, (0, 0));
        if !self.send(payer, account, coins, "first coins") {
            self.accounts.pop();
            return;
        }
        self.accounts[account as usize].first = Some((payer, way));
        if let Some(person) = known {
            self.persons[person].1.push(account);
        } else {
            self.n_owners += 1;
            self.persons.push((owner, vec![account]));
        }
    }

    /// Who pays the first coins of an account of a person, or of somebody new.
    fn payer(&mut self, person: Option<usize>) -> Option<(u32, Way)> {
        const ENOUGH: u64 = 310 * SUN;
        let way = Way::drawn(&mut self.dice);
        let payer = match way {
            Way::Own => {
                let own = &self.persons[person?].1;
                *own.iter().find(|&&own| self.get(own).sun >= ENOUGH)?
            }
            Way::Exchange => self.dice.between_u32(0, N_EXCHANGES - 1),
            Way::Withdrawal => self.withdrawal_wallet()?,
            Way::Rental => self.rental,
            Way::Reseller => self.resellers[self.dice.index(self.resellers.len())],
            Way::Other => {
                if self.persons.is_empty() {
                    return None;
                }
                let other = self.any();
                let is_own = person.is_some_and(|person| self.persons[person].1.contains(&other));
                (!is_own && self.get(other).sun >= ENOUGH).then_some(other)?
            }
        };
        Some((payer, way))
    }

    /// The wallet from which an exchange pays now: after some payments it takes a new one.
    fn withdrawal_wallet(&mut self) -> Option<u32> {
        let exchange = self.dice.between_u32(0, N_EXCHANGES - 1);
        let (wallet, n_left) = self.paying[exchange as usize];
        if n_left > 0 {
            self.paying[exchange as usize].1 -= 1;
            return Some(wallet);
        }
        let wallet = self.add(self.get(exchange).owner, Role::Withdrawal, (0, 0));
        if !self.send(exchange, wallet, Value::Sun(10_000 * SUN), "first coins") {
            self.accounts.pop();
            return None;
        }
        self.accounts[wallet as usize].first = Some((exchange, Way::Own));
        self.paying[exchange as usize] = (wallet, self.dice.between(4, 20));
        Some(wallet)
    }
}
