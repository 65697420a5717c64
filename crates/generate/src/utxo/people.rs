//! Owners, their wallets, and how each wallet behaves.

use super::NONE;
use super::coins::Order;
use crate::random::Dice;

/// What a wallet is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Miner,
    /// Coordinates Whirlpool rounds and lends them liquidity.
    Whirlpool,
    /// Coordinates Wasabi rounds.
    Wasabi,
    Exchange,
    Merchant,
    Person,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Miner => "miner",
            Self::Whirlpool => "whirlpool coordinator",
            Self::Wasabi => "wasabi coordinator",
            Self::Exchange => "exchange",
            Self::Merchant => "merchant",
            Self::Person => "person",
        }
    }
}

/// Which addresses a wallet receives on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Addresses {
    /// A new one each time.
    Fresh,
    /// One for payments, a new one for each change.
    FreshChange,
    /// One for everything.
    One,
}

/// A wallet with its habits, which show in its transactions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wallet {
    pub(super) owner: u32,
    pub(super) role: Role,
    pub(super) addresses: Addresses,
    pub(super) order: Order,
    /// Change stands last; else anywhere.
    pub(super) is_change_last: bool,
    /// Lock time is the height of the block before; else 0.
    pub(super) is_lock_time_set: bool,
    pub(super) version: u8,
    /// Last byte of the sequence number of its inputs, behind `ffffff`.
    pub(super) sequence: u8,
    /// The one address, once it has one.
    pub(super) address: u32,
    /// Where its exchange receives its deposits, once it has it.
    pub(super) deposit: u32,
}

/// All wallets: miners, coordinators and exchanges first, then merchants, then persons.
#[derive(Debug)]
pub(super) struct People {
    pub(super) wallets: Vec<Wallet>,
    pub(super) n_owners: u32,
    pub(super) n_exchanges: u32,
}

pub(super) const N_MINERS: u32 = 4;
pub(super) const WHIRLPOOL: u32 = N_MINERS;
pub(super) const WASABI: u32 = N_MINERS + 1;
pub(super) const EXCHANGES: u32 = N_MINERS + 2;

impl People {
    /// Wallets for a chain of this many transfers: one for every two hundred, 120 at least.
    pub(super) fn new(n_transfers: u64, dice: &mut Dice) -> Self {
        let n_wallets = u32::try_from((n_transfers / 200).clamp(120, 4_000_000)).expect("clamped");
        let n_exchanges = (n_wallets / 5_000).clamp(3, 100);
        let merchants = EXCHANGES + n_exchanges;
        let persons = merchants + n_wallets / 12;
        let mut wallets = Vec::with_capacity(n_wallets as usize);
        let mut n_owners = 0;
        for wallet in 0..n_wallets {
            let role = match wallet {
                0..WHIRLPOOL => Role::Miner,
                WHIRLPOOL => Role::Whirlpool,
                WASABI => Role::Wasabi,
                _ if wallet < merchants => Role::Exchange,
                _ if wallet < persons => Role::Merchant,
                _ => Role::Person,
            };
            // Every eighth person has a second wallet with habits of its own.
            if wallet <= persons || !dice.one_in(8) {
                n_owners += 1;
            }
            wallets.push(Wallet::new(n_owners - 1, role, dice));
        }
        Self {
            wallets,
            n_owners,
            n_exchanges,
        }
    }

    pub(super) fn n_wallets(&self) -> u32 {
        u32::try_from(self.wallets.len()).expect("made from a u32")
    }

    pub(super) fn get(&self, wallet: u32) -> &Wallet {
        &self.wallets[wallet as usize]
    }

    /// Any wallet.
    pub(super) fn any(&self, dice: &mut Dice) -> u32 {
        dice.between_u32(0, self.n_wallets() - 1)
    }

    /// Any wallet but this one.
    pub(super) fn any_but(&self, wallet: u32, dice: &mut Dice) -> u32 {
        let drawn = dice.between_u32(0, self.n_wallets() - 2);
        drawn + u32::from(drawn >= wallet)
    }

    /// Any wallet of a merchant or person.
    pub(super) fn customer(&self, dice: &mut Dice) -> u32 {
        dice.between_u32(EXCHANGES + self.n_exchanges, self.n_wallets() - 1)
    }

    /// The exchange where a wallet has its account.
    pub(super) fn exchange_of(&self, wallet: u32) -> u32 {
        EXCHANGES + wallet % self.n_exchanges
    }
}

impl Wallet {
    fn new(owner: u32, role: Role, dice: &mut Dice) -> Self {
        let addresses = match (role, dice.below(10)) {
            (Role::Merchant, 0..5) | (Role::Person, 0) => Addresses::One,
            (Role::Merchant, 5..8) | (Role::Person, 1) => Addresses::FreshChange,
            _ => Addresses::Fresh,
        };
        Self {
            owner,
            role,
            addresses,
            order: if dice.percent(80) {
                Order::Oldest
            } else {
                Order::Newest
            },
            is_change_last: dice.percent(30),
            is_lock_time_set: dice.percent(50),
            version: if dice.percent(25) { 1 } else { 2 },
            sequence: [0xfd, 0xfe, 0xff][dice.index(3)],
            address: NONE,
            deposit: NONE,
        }
    }
}
