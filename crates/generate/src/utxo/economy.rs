//! What people do with their money, one transaction after the other.
//!
//! Payments are parts of what a wallet holds, so that the number of inputs settles where as many
//! coins are spent as are made: about 2.3 inputs and outputs a transaction, whatever the length.

use super::draft::{Use, Why};
use super::ledger::{DUST, Ledger, Output};
use super::mix::{self, Mixers};
use super::people::{N_MINERS, Role, WASABI, WHIRLPOOL};
use super::{imitate, levels};
use crate::random::rounded;

/// Coins that one payment spends at most.
const INPUTS_MAX: usize = 90;
/// Weight at which a block is full, in weight units; consensus allows four million.
const WEIGHT_MAX: u64 = 3_600_000;

/// A coin that is peeled hop by hop.
#[derive(Debug)]
struct Peel {
    number: u64,
    coin: u32,
    n_hops_left: u32,
}

/// The people's plans.
#[derive(Debug)]
pub(super) struct Economy {
    pub(super) ledger: Ledger,
    mixers: Mixers,
    peels: Vec<Peel>,
    n_peels: u64,
    n_per_block: u64,
    n_transfers_wanted: u64,
}

impl Economy {
    pub(super) fn new(ledger: Ledger, n_transfers_wanted: u64) -> Self {
        Self {
            ledger,
            mixers: Mixers::default(),
            peels: Vec::new(),
            n_peels: 0,
            n_per_block: (n_transfers_wanted / 4 / 150).clamp(4, 2_200),
            n_transfers_wanted,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.ledger.n_transfers >= self.n_transfers_wanted
    }

    pub(super) fn n_peels(&self) -> u64 {
        self.n_peels
    }

    /// Decides a block.
    pub(super) fn block(&mut self) -> super::draft::BlockDraft {
        if let Some(reward) = self.ledger.begin_block() {
            self.payout(reward);
        }
        self.peel();
        let n_coins = self.ledger.coins.n_unspent() as u64;
        let n_most = self
            .ledger
            .dice
            .between(self.n_per_block / 2, self.n_per_block * 3 / 2);
        let n_wanted = n_most.min(n_coins.saturating_sub(100) / 4);
        let mut n_tries = n_wanted * 8;
        while (self.ledger.block.drafts.len() as u64) < n_wanted
            && n_tries > 0
            && self.ledger.weight < WEIGHT_MAX
            && !self.is_done()
        {
            n_tries -= 1;
            self.step();
        }
        let miner = self.ledger.dice.between_u32(0, N_MINERS - 1);
        self.ledger.end_block(miner)
    }

    fn step(&mut self) {
        let ledger = &mut self.ledger;
        match ledger.dice.below(3_000) {
            0..2 => mix::wasabi(ledger),
            2..4 => levels::one_one(ledger),
            4..6 => levels::two(ledger),
            6..14 => mix::joinmarket(ledger),
            14..34 => self.mixers.tx0(ledger),
            34..64 => self.mixers.whirlpool(ledger),
            64..74 => imitate::stonewall(ledger, Why::Stonewall),
            74..80 => imitate::stonewall(ledger, Why::StonewallOfTwo),
            80..95 => imitate::payjoin(ledger),
            95..110 => imitate::payroll(ledger),
            110..118 => self.begin_peel(),
            118..158 => self.batch(),
            158..198 => self.consolidate(),
            198..258 => self.sweep(),
            _ => self.pay(),
        }
    }

    /// Pays what a block earned to many others, all of it: each gets about the mean of what is left.
    fn payout(&mut self, reward: u32) {
        let ledger = &mut self.ledger;
        let coin = *ledger.coins.coin(reward);
        let n_wallets = u64::from(ledger.people.n_wallets());
        let n_payees = (coin.value / 2_000_000).min((n_wallets / 50).clamp(25, 2_000));
        let fee = ledger.fee(1, usize::try_from(n_payees).expect("clamped"));
        let mut left = coin.value.saturating_sub(fee);
        if left.checked_div(n_payees).unwrap_or(0) < 2 * DUST {
            ledger.keep(reward);
            return;
        }
        let outputs: Vec<Output> = (0..n_payees)
            .map(|place| {
                let wallet = match place {
                    0 => WHIRLPOOL,
                    1 => WASABI,
                    _ => ledger.people.any_but(coin.wallet, &mut ledger.dice),
                };
                let mean = left / (n_payees - place);
                let value = if place + 1 == n_payees {
                    left
                } else {
                    mean / 8 * 7 + ledger.dice.below(mean / 4)
                };
                left -= value;
                Output {
                    wallet,
                    address: ledger.receiving(wallet),
                    value,
                    purpose: Use::Payment,
                }
            })
            .collect();
        ledger.settle(Why::Payout, coin.wallet, &[reward], &outputs);
    }

    /// A wallet pays another one.
    fn pay(&mut self) {
        let ledger = &mut self.ledger;
        let payer = ledger.people.any(&mut ledger.dice);
        let balance = ledger.coins.purse(payer).balance;
        let digits = ledger.dice.between_u32(1, 8);
        let amount = rounded(ledger.dice.part_of(balance), digits);
        if amount < 2 * DUST {
            return;
        }
        let (payee, address) = self.payee(payer);
        if payee != payer {
            self.pay_to(payer, payee, address, amount);
        }
    }

    /// Whom a wallet pays, and where: a fifth of all payments are deposits at its exchange.
    fn payee(&mut self, payer: u32) -> (u32, u32) {
        let ledger = &mut self.ledger;
        if ledger.people.get(payer).role != Role::Exchange && ledger.dice.percent(20) {
            return ledger.deposit(payer);
        }
        let payee = ledger.people.customer(&mut ledger.dice);
        (payee, ledger.receiving(payee))
    }

    fn pay_to(&mut self, payer: u32, payee: u32, address: u32, amount: u64) {
        let ledger = &mut self.ledger;
        let Some(inputs) = ledger.gather(payer, amount, 2, INPUTS_MAX) else {
            return;
        };
        let mut outputs = vec![Output {
            wallet: payee,
            address,
            value: amount,
            purpose: Use::Payment,
        }];
        let fee = ledger.fee(inputs.len(), 2);
        with_change(ledger, payer, &inputs, &mut outputs, fee);
        ledger.settle(Why::Payment, payer, &inputs, &outputs);
    }

    /// An exchange pays its customers.
    fn batch(&mut self) {
        let ledger = &mut self.ledger;
        let any = ledger.dice.between_u32(0, ledger.people.n_exchanges - 1);
        let exchange = ledger.people.exchange_of(any);
        let n_payees = 3 + ledger.dice.part_of(44);
        let half = ledger.coins.purse(exchange).balance / 2;
        let each = half.min(50_000_000 * n_payees) / n_payees;
        if each < 8 * DUST {
            return;
        }
        let values: Vec<u64> = (0..n_payees)
            .map(|_| ledger.dice.between(each / 4, each))
            .collect();
        let n_outputs = values.len() + 1;
        let Some(inputs) = ledger.gather(exchange, values.iter().sum(), n_outputs, INPUTS_MAX)
        else {
            return;
        };
        let mut outputs = Vec::with_capacity(n_outputs);
        for value in values {
            let wallet = ledger.people.customer(&mut ledger.dice);
            outputs.push(Output {
                wallet,
                address: ledger.receiving(wallet),
                value,
                purpose: Use::Payment,
            });
        }
        let fee = ledger.fee(inputs.len(), n_outputs);
        with_change(ledger, exchange, &inputs, &mut outputs, fee);
        ledger.settle(Why::Batch, exchange, &inputs, &outputs);
    }

    /// A wallet of many coins makes one of them.
    fn consolidate(&mut self) {
        let ledger = &mut self.ledger;
        let wallet = if ledger.dice.percent(50) {
            ledger
                .people
                .exchange_of(ledger.dice.between_u32(0, ledger.people.n_exchanges - 1))
        } else {
            ledger.people.any(&mut ledger.dice)
        };
        if ledger.coins.purse(wallet).n_coins < 12 {
            return;
        }
        let n_coins = ledger
            .dice
            .between_u32(8, ledger.coins.purse(wallet).n_coins.min(60));
        let address = ledger.changing(wallet);
        self.unite(Why::Consolidation, wallet, n_coins, [wallet, address]);
    }

    /// A wallet goes to its exchange account.
    fn sweep(&mut self) {
        let ledger = &mut self.ledger;
        let wallet = ledger.people.customer(&mut ledger.dice);
        let n_coins = ledger.coins.purse(wallet).n_coins;
        if n_coins == 0 || n_coins > 40 {
            return;
        }
        let (exchange, address) = ledger.deposit(wallet);
        self.unite(Why::Sweep, wallet, n_coins, [exchange, address]);
    }

    fn unite(&mut self, why: Why, wallet: u32, n_coins: u32, [payee, address]: [u32; 2]) {
        let ledger = &mut self.ledger;
        let inputs: Vec<u32> = (0..n_coins)
            .filter_map(|_| ledger.coins.take(wallet))
            .collect();
        let value = ledger
            .sum(&inputs)
            .saturating_sub(ledger.fee(inputs.len(), 1));
        if value < DUST {
            ledger.coins.put_back(&inputs);
            return;
        }
        let purpose = if payee == wallet {
            Use::Change
        } else {
            Use::Payment
        };
        let output = Output {
            wallet: payee,
            address,
            value,
            purpose,
        };
        ledger.settle(why, wallet, &inputs, &[output]);
    }

    /// Somebody sets a large coin apart, to be peeled.
    fn begin_peel(&mut self) {
        let ledger = &mut self.ledger;
        let wallet = ledger.people.customer(&mut ledger.dice);
        let Some(coin) = ledger.coins.take(wallet) else {
            return;
        };
        if ledger.coins.coin(coin).value < 1_000_000 {
            ledger.coins.put_back(&[coin]);
            return;
        }
        self.peels.push(Peel {
            number: self.n_peels,
            coin,
            n_hops_left: ledger.dice.between_u32(4, 24),
        });
        self.n_peels += 1;
    }

    /// Most chains go one hop on: two outputs, the smaller one paid away, the larger one peeled next.
    fn peel(&mut self) {
        let mut peels = std::mem::take(&mut self.peels);
        peels.retain_mut(|peel| self.ledger.dice.percent(30) || self.hop(peel));
        self.peels.append(&mut peels);
    }

    /// Whether the chain goes on.
    fn hop(&mut self, peel: &mut Peel) -> bool {
        let coin = *self.ledger.coins.coin(peel.coin);
        let slice = coin.value / self.ledger.dice.between(10, 60);
        let fee = self.ledger.fee(1, 2);
        if peel.n_hops_left == 0 || slice < DUST + fee {
            self.ledger.keep(peel.coin);
            return false;
        }
        let (payee, address) = if self.ledger.dice.percent(60) {
            let customer = self.ledger.people.customer(&mut self.ledger.dice);
            self.ledger.deposit(customer)
        } else {
            let payee = loop {
                let customer = self.ledger.people.customer(&mut self.ledger.dice);
                if customer != coin.wallet {
                    break customer;
                }
            };
            (payee, self.ledger.receiving(payee))
        };
        let ledger = &mut self.ledger;
        let mut outputs = vec![Output {
            wallet: payee,
            address,
            value: slice,
            purpose: Use::Payment,
        }];
        let rest = Output {
            wallet: coin.wallet,
            address: ledger.fresh(coin.wallet),
            value: coin.value - slice - fee,
            purpose: Use::Change,
        };
        let place = if ledger.people.get(coin.wallet).is_change_last {
            1
        } else {
            ledger.dice.index(2)
        };
        outputs.insert(place, rest);
        let made = ledger.transact(Why::Peel, coin.wallet, &[peel.coin], &outputs);
        ledger.keep(made[1 - place]);
        if let Some(draft) = ledger.block.drafts.last_mut() {
            draft.peel = Some(peel.number);
        }
        peel.coin = made[place];
        peel.n_hops_left -= 1;
        true
    }
}

/// Adds the change of a payer, where its habit puts it, unless it is dust: then it adds to the fee.
pub(super) fn with_change(
    ledger: &mut Ledger,
    payer: u32,
    inputs: &[u32],
    outputs: &mut Vec<Output>,
    fee: u64,
) {
    let paid: u64 = outputs.iter().map(|output| output.value).sum();
    let change = ledger.sum(inputs).saturating_sub(paid + fee);
    if change < DUST {
        return;
    }
    let output = Output {
        wallet: payer,
        address: ledger.changing(payer),
        value: change,
        purpose: Use::Change,
    };
    let place = if ledger.people.get(payer).is_change_last {
        outputs.len()
    } else {
        ledger.dice.index(outputs.len() + 1)
    };
    outputs.insert(place, output);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Dice;
    use crate::utxo::people::People;

    /// Highest rate of [`Ledger::begin_block`].
    const FEE_RATE_MAX: u64 = 4;

    #[test]
    fn fees_are_paid_by_size_and_nobody_pays_himself() {
        let people = People::new(30_000, &mut Dice::new(5, 0));
        let mut economy = Economy::new(Ledger::new(people, Dice::new(5, 1)), 30_000);
        let (mut n_payouts, mut n_hops) = (0, 0);
        while !economy.is_done() {
            let block = economy.block();
            for draft in &block.drafts {
                let (spends, pays) = (block.spends_of(draft), block.pays_of(draft));
                let size = 12 + 44 * spends.len() + 43 * pays.len();
                if !draft.why.is_of_several() && draft.why != Why::Tx0 {
                    let fee_max = FEE_RATE_MAX * size as u64 + DUST;
                    assert!(draft.fee <= fee_max, "{draft:?}: more than {fee_max}");
                }
                n_payouts += u32::from(draft.why == Why::Payout);
                n_hops += u32::from(draft.why == Why::Peel);
                if matches!(draft.why, Why::Payment | Why::Payout | Why::Peel) {
                    let to_itself = pays
                        .iter()
                        .filter(|pay| pay.purpose == Use::Payment && pay.wallet == draft.wallet);
                    assert_eq!(to_itself.count(), 0, "{draft:?}");
                }
            }
        }
        assert!(n_payouts > 10 && n_hops > 10, "{n_payouts}, {n_hops}");
    }
}
