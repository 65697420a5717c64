//! Unspent outputs and the wallets that hold them: all the memory that a chain of any length needs.
//!
//! Law: a coin is in one place: in the queue of a wallet, held by who makes a transaction in steps, or
//! free. The place of a coin that was spent is not used again before the block ends, so that
//! what a block spends and what it makes never share a place.

use super::NONE;

/// An unspent output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coin {
    /// In satoshi.
    pub(super) value: u64,
    /// Number of the address.
    pub(super) address: u32,
    pub(super) wallet: u32,
    /// Height of its block.
    pub(super) height: u32,
    /// Position of its transaction among those of the block, the coinbase not counted.
    pub(super) position: u32,
    pub(super) vout: u32,
    next: u32,
}

/// A queue of coins of one wallet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purse {
    head: u32,
    tail: u32,
    pub(super) n_coins: u32,
    /// In satoshi; coins that are held elsewhere do not count.
    pub(super) balance: u64,
}

impl Default for Purse {
    fn default() -> Self {
        Self {
            head: NONE,
            tail: NONE,
            n_coins: 0,
            balance: 0,
        }
    }
}

/// Which end of its queue a wallet takes coins from and puts new ones to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// The oldest coin is spent first.
    Oldest,
    /// The newest coin is spent first.
    Newest,
}

/// All coins and purses.
#[derive(Debug)]
pub(super) struct Coins {
    all: Vec<Coin>,
    free: Vec<u32>,
    /// Places that become free when the block ends.
    spent: Vec<u32>,
    purses: Vec<Purse>,
}

impl Coins {
    pub(super) fn new(n_wallets: u32) -> Self {
        Self {
            all: Vec::new(),
            free: Vec::new(),
            spent: Vec::new(),
            purses: vec![Purse::default(); n_wallets as usize],
        }
    }

    pub(super) fn purse(&self, wallet: u32) -> Purse {
        self.purses[wallet as usize]
    }

    pub(super) fn coin(&self, coin: u32) -> &Coin {
        &self.all[coin as usize]
    }

    /// Number of unspent outputs.
    pub(super) fn n_unspent(&self) -> usize {
        self.all.len() - self.free.len() - self.spent.len()
    }

    /// Number of places; coins are numbered below it.
    pub(super) fn n_places(&self) -> usize {
        self.all.len()
    }

    /// A new coin that no purse holds yet.
    pub(super) fn make(
        &mut self,
        value: u64,
        address: u32,
        wallet: u32,
        [height, position, vout]: [u32; 3],
    ) -> u32 {
        let coin = Coin {
            value,
            address,
            wallet,
            height,
            position,
            vout,
            next: NONE,
        };
        if let Some(place) = self.free.pop() {
            self.all[place as usize] = coin;
            return place;
        }
        self.all.push(coin);
        u32::try_from(self.all.len() - 1).expect("fewer than 2³² unspent outputs")
    }

    /// Puts a coin into the purse of its wallet.
    pub(super) fn put(&mut self, coin: u32, order: Order) {
        let entry = &mut self.all[coin as usize];
        let purse = &mut self.purses[entry.wallet as usize];
        purse.n_coins += 1;
        purse.balance += entry.value;
        match order {
            Order::Newest => {
                entry.next = purse.head;
                purse.head = coin;
                if purse.tail == NONE {
                    purse.tail = coin;
                }
            }
            Order::Oldest => {
                entry.next = NONE;
                let last = std::mem::replace(&mut purse.tail, coin);
                match self.all.get_mut(last as usize) {
                    Some(last) => last.next = coin,
                    None => purse.head = coin,
                }
            }
        }
    }

    /// Puts coins back that were taken last, in the order in which they were taken.
    pub(super) fn put_back(&mut self, taken: &[u32]) {
        for &coin in taken.iter().rev() {
            self.put(coin, Order::Newest);
        }
    }

    /// Takes the next coin of a purse.
    pub(super) fn take(&mut self, wallet: u32) -> Option<u32> {
        let purse = &mut self.purses[wallet as usize];
        let coin = purse.head;
        let entry = self.all.get(coin as usize)?;
        purse.head = entry.next;
        if purse.head == NONE {
            purse.tail = NONE;
        }
        purse.n_coins -= 1;
        purse.balance -= entry.value;
        Some(coin)
    }

    /// A coin that was taken is spent.
    pub(super) fn spend(&mut self, coin: u32) {
        self.spent.push(coin);
    }

    /// The block ends: places of spent coins may be used again.
    pub(super) fn end_block(&mut self) {
        self.free.append(&mut self.spent);
    }

    /// Value of all unspent outputs of each wallet.
    pub(super) fn balances(&self) -> Vec<u64> {
        let mut is_free = vec![false; self.all.len()];
        for &place in self.free.iter().chain(&self.spent) {
            is_free[place as usize] = true;
        }
        let mut balances = vec![0; self.purses.len()];
        for (coin, is_free) in self.all.iter().zip(is_free) {
            if !is_free {
                balances[coin.wallet as usize] += coin.value;
            }
        }
        balances
    }
}

#[cfg(test)]
mod tests {
    use super::{Coins, Order};
    use crate::random::Dice;
    use std::collections::VecDeque;

    /// Purses against plain queues, for thousands of random moves.
    #[test]
    fn purses_are_queues_and_no_place_is_used_twice_in_a_block() {
        const N_WALLETS: u32 = 3;
        let mut dice = Dice::new(1, 0);
        let mut coins = Coins::new(N_WALLETS);
        let mut queues = vec![VecDeque::new(); N_WALLETS as usize];
        let mut spent_now = Vec::new();
        for step in 0..20_000_u64 {
            let wallet = dice.between_u32(0, N_WALLETS - 1);
            let queue: &mut VecDeque<(u32, u64)> = &mut queues[wallet as usize];
            match dice.below(10) {
                0..5 => {
                    let coin = coins.make(step, 17, wallet, [1, 0, 0]);
                    assert!(!spent_now.contains(&coin), "the place is not free yet");
                    if dice.percent(50) {
                        coins.put(coin, Order::Oldest);
                        queue.push_back((coin, step));
                    } else {
                        coins.put(coin, Order::Newest);
                        queue.push_front((coin, step));
                    }
                }
                5..8 => {
                    let taken = coins.take(wallet);
                    assert_eq!(taken, queue.pop_front().map(|coin| coin.0));
                    if let Some(coin) = taken {
                        coins.spend(coin);
                        spent_now.push(coin);
                    }
                }
                8 => {
                    let taken: Vec<u32> = (0..3).filter_map(|_| coins.take(wallet)).collect();
                    assert!(taken.iter().eq(queue.iter().take(3).map(|coin| &coin.0)));
                    coins.put_back(&taken);
                }
                _ => {
                    coins.end_block();
                    spent_now.clear();
                }
            }
            let purse = coins.purse(wallet);
            let queue = &queues[wallet as usize];
            assert_eq!(purse.n_coins as usize, queue.len());
            assert_eq!(purse.balance, queue.iter().map(|coin| coin.1).sum::<u64>());
        }
        let balances = queues
            .iter()
            .map(|queue| queue.iter().map(|coin| coin.1).sum());
        assert_eq!(coins.balances(), balances.collect::<Vec<u64>>());
        assert_eq!(
            coins.n_unspent(),
            queues.iter().map(VecDeque::len).sum::<usize>()
        );
    }
}
