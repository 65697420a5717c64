//! The chain under way: who holds which coins, and the block that is being filled.
//!
//! Law: of every transaction, inputs = outputs + fee, and of every block, reward = subsidy + fees; both
//! are checked when a transaction and a block are closed.

use super::coins::Coins;
use super::draft::{BlockDraft, Draft, Pay, Spend, Use, Why};
use super::people::{Addresses, People};
use super::{FIRST_ADDRESS, NONE};
use crate::random::Dice;
use std::collections::VecDeque;

/// An output to be: to a wallet at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) wallet: u32,
    pub(super) address: u32,
    pub(super) value: u64,
    pub(super) purpose: Use,
}

/// Blocks before a coinbase may be spent.
const MATURITY: usize = 100;
/// An output below this is not worth its fee, in satoshi.
pub(super) const DUST: u64 = 1_000;
/// Seconds since 1970 of the first block after genesis: 2020-01-01.
const FIRST_TIME: u32 = 1_577_836_800;

/// State of the chain.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) dice: Dice,
    pub(super) people: People,
    pub(super) coins: Coins,
    pub(super) block: BlockDraft,
    /// In satoshi per virtual byte, of the block.
    pub(super) fee_rate: u64,
    next_address: u32,
    fees: u64,
    immature: VecDeque<u32>,
    /// Inputs and outputs of all transactions but coinbases.
    pub(super) n_transfers: u64,
    pub(super) n_transactions: u64,
    /// Weight units of the block.
    pub(super) weight: u64,
}

impl Ledger {
    pub(super) fn new(people: People, dice: Dice) -> Self {
        Self {
            coins: Coins::new(people.n_wallets()),
            dice,
            people,
            block: BlockDraft {
                time: FIRST_TIME,
                ..BlockDraft::default()
            },
            fee_rate: 1,
            next_address: FIRST_ADDRESS,
            fees: 0,
            immature: VecDeque::new(),
            n_transfers: 0,
            n_transactions: 0,
            weight: 0,
        }
    }

    /// Begins the next block. Gives the coinbase output that can be spent from now on.
    pub(super) fn begin_block(&mut self) -> Option<u32> {
        self.block = BlockDraft {
            height: self.block.height + 1,
            time: self.block.time + self.dice.between_u32(60, 1_140),
            first_address: self.next_address,
            ..BlockDraft::default()
        };
        self.fee_rate = self.dice.between(1, 4);
        self.weight = 0;
        (self.immature.len() == MATURITY)
            .then(|| self.immature.pop_front())
            .flatten()
    }

    /// Ends the block: a miner earns subsidy and fees.
    pub(super) fn end_block(&mut self, miner: u32) -> BlockDraft {
        let value = subsidy(self.block.height) + std::mem::take(&mut self.fees);
        let address = self.fresh(miner);
        let place = [self.block.height, NONE, 0];
        let coin = self.coins.make(value, address, miner, place);
        self.immature.push_back(coin);
        self.block.reward = Some(Pay {
            coin,
            address,
            wallet: miner,
            value,
            purpose: Use::Payment,
        });
        self.coins.end_block();
        let rest = BlockDraft {
            height: self.block.height,
            time: self.block.time,
            ..BlockDraft::default()
        };
        std::mem::replace(&mut self.block, rest)
    }

    /// A new address of a wallet.
    pub(super) fn fresh(&mut self, wallet: u32) -> u32 {
        self.block.addresses.push(wallet);
        let address = self.next_address;
        self.next_address = address.checked_add(1).expect("fewer than 2³² addresses");
        address
    }

    /// Where a wallet is paid.
    pub(super) fn receiving(&mut self, wallet: u32) -> u32 {
        let habits = *self.people.get(wallet);
        match (habits.addresses, habits.address) {
            (Addresses::Fresh, _) => self.fresh(wallet),
            (_, NONE) => {
                let address = self.fresh(wallet);
                self.people.wallets[wallet as usize].address = address;
                address
            }
            (_, address) => address,
        }
    }

    /// Where a wallet puts its change.
    pub(super) fn changing(&mut self, wallet: u32) -> u32 {
        match self.people.get(wallet).addresses {
            Addresses::One => self.receiving(wallet),
            Addresses::Fresh | Addresses::FreshChange => self.fresh(wallet),
        }
    }

    /// The exchange account of a wallet: the exchange's wallet, and where it takes deposits.
    pub(super) fn deposit(&mut self, wallet: u32) -> (u32, u32) {
        let exchange = self.people.exchange_of(wallet);
        let mut address = self.people.get(wallet).deposit;
        if address == NONE {
            address = self.fresh(exchange);
            self.people.wallets[wallet as usize].deposit = address;
        }
        (exchange, address)
    }

    /// What a transaction of this shape pays for, in satoshi.
    pub(super) fn fee(&self, n_inputs: usize, n_outputs: usize) -> u64 {
        // 12 bytes around; an input has 41 and a witness of 10, which weighs a quarter; an output 43.
        let size = 12 + 44 * n_inputs + 43 * n_outputs;
        self.fee_rate * u64::try_from(size).expect("a usize is no more than 64 bits")
    }

    /// Takes coins of a wallet until they cover `target` and the fee of so many outputs, at most
    /// `n_max`. If they do not, all stay where they were.
    pub(super) fn gather(
        &mut self,
        wallet: u32,
        target: u64,
        n_outputs: usize,
        n_max: usize,
    ) -> Option<Vec<u32>> {
        let mut taken = Vec::new();
        let mut sum = 0;
        while sum < target + self.fee(taken.len(), n_outputs) {
            let Some(coin) = (taken.len() < n_max)
                .then(|| self.coins.take(wallet))
                .flatten()
            else {
                self.coins.put_back(&taken);
                return None;
            };
            sum += self.coins.coin(coin).value;
            taken.push(coin);
        }
        Some(taken)
    }

    /// Sum of coins, in satoshi.
    pub(super) fn sum(&self, coins: &[u32]) -> u64 {
        coins.iter().map(|&coin| self.coins.coin(coin).value).sum()
    }

    /// Closes a transaction: what its outputs leave of its inputs is its fee. Gives the places of
    /// its coins; no purse holds them yet.
    pub(super) fn transact(
        &mut self,
        why: Why,
        wallet: u32,
        inputs: &[u32],
        outputs: &[Output],
    ) -> Vec<u32> {
        let position = u32::try_from(self.block.drafts.len()).expect("a block has a weight limit");
        let height = self.block.height;
        let spends = self.block.spends.len()..self.block.spends.len() + inputs.len();
        let pays = self.block.pays.len()..self.block.pays.len() + outputs.len();
        let mut depth = 0;
        for &place in inputs {
            let coin = *self.coins.coin(place);
            let parent = (coin.height == height).then_some(coin.position);
            if let Some(parent) = parent {
                depth = depth.max(self.block.drafts[parent as usize].depth + 1);
            }
            self.block.spends.push(Spend {
                coin: place,
                vout: coin.vout,
                address: coin.address,
                wallet: coin.wallet,
                value: coin.value,
                parent,
            });
            self.coins.spend(place);
        }
        let mut made = Vec::with_capacity(outputs.len());
        for (vout, output) in (0..).zip(outputs) {
            let coin = if output.purpose == Use::Data {
                NONE
            } else {
                let place = [height, position, vout];
                let (value, address) = (output.value, output.address);
                self.coins.make(value, address, output.wallet, place)
            };
            made.push(coin);
            self.block.pays.push(Pay {
                coin,
                address: output.address,
                wallet: output.wallet,
                value: output.value,
                purpose: output.purpose,
            });
        }
        let paid: u64 = outputs.iter().map(|output| output.value).sum();
        let fee = self
            .sum(inputs)
            .checked_sub(paid)
            .expect("a transaction pays no more than its inputs");
        self.fees += fee;
        self.n_transfers += (inputs.len() + outputs.len()) as u64;
        self.n_transactions += 1;
        self.weight += 48 + 176 * inputs.len() as u64 + 172 * outputs.len() as u64 + 200;
        let habits = self.people.get(wallet);
        self.block.drafts.push(Draft {
            why,
            wallet,
            version: habits.version,
            sequence: habits.sequence,
            lock_time: if habits.is_lock_time_set {
                height - 1
            } else {
                0
            },
            spends,
            pays,
            fee,
            peel: None,
            depth,
        });
        made
    }

    /// Puts a coin into the purse of its wallet, as that wallet does.
    pub(super) fn keep(&mut self, coin: u32) {
        let wallet = self.coins.coin(coin).wallet;
        self.coins.put(coin, self.people.get(wallet).order);
    }

    /// As [`Self::transact`], and every coin goes to the purse of its wallet.
    pub(super) fn settle(&mut self, why: Why, wallet: u32, inputs: &[u32], outputs: &[Output]) {
        for coin in self.transact(why, wallet, inputs, outputs) {
            self.keep(coin);
        }
    }
}

/// What a block of this height issues on regtest, in satoshi.
pub(super) fn subsidy(height: u32) -> u64 {
    const HALVING_INTERVAL: u32 = 150;
    (50 * bitcoin::Amount::ONE_BTC.to_sat())
        .checked_shr(height / HALVING_INTERVAL)
        .unwrap_or(0)
}
