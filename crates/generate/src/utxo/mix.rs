//! CoinJoins of three protocols, by the shapes that their detectors are defined on (METHODS.md; Stütz et
//! al., *Adoption and Actual Privacy of Decentralized CoinJoin Implementations in Bitcoin*, 2022).
//!
//! Laws: no wallet takes part twice in a round; mixed outputs go to new addresses; in a Whirlpool round
//! every output is the denomination, and what entrants bring beyond it is the fee.

use super::draft::{Use, Why};
use super::economy::with_change;
use super::ledger::{DUST, Ledger, Output};
use super::people::{Addresses, Role, WASABI, WHIRLPOOL};

/// Denomination and coordinator's fee of each Whirlpool pool, in satoshi.
const POOLS: [(u64, u64); 3] = [(100_000, 5_000), (1_000_000, 50_000), (5_000_000, 175_000)];
/// Inputs and outputs of a Whirlpool round.
const ROUND: usize = 5;

/// A wallet with the coins that it brings.
pub(super) type Participant = (u32, Vec<u32>);

/// Coins of a pool that wait for a round.
#[derive(Debug, Default)]
struct Pool {
    entrants: Vec<u32>,
    remixes: Vec<u32>,
}

/// Who waits to be mixed.
#[derive(Debug, Default)]
pub(super) struct Mixers {
    pools: [Pool; 3],
}

impl Mixers {
    /// A person prepares coins for a pool: an output of data, the coordinator's fee, equal pre-mix outputs,
    /// and change.
    pub(super) fn tx0(&mut self, ledger: &mut Ledger) {
        let wallet = ledger.people.customer(&mut ledger.dice);
        let pool = ledger.dice.index(POOLS.len());
        let (denomination, coordinator_fee) = POOLS[pool];
        let premix = denomination + ledger.fee(ROUND, ROUND).max(200) / 2;
        let balance = ledger.coins.purse(wallet).balance;
        let n_premixes = (balance.saturating_sub(coordinator_fee) / 2 / premix).min(12);
        if n_premixes < 2 || ledger.people.get(wallet).role != Role::Person {
            return;
        }
        let target = n_premixes * premix + coordinator_fee;
        let n_outputs = usize::try_from(n_premixes).expect("at most 12") + 3;
        let Some(inputs) = ledger.gather(wallet, target, n_outputs, 30) else {
            return;
        };
        let fee = ledger.fee(inputs.len(), n_outputs);
        let change = ledger.sum(&inputs).saturating_sub(target + fee);
        if (coordinator_fee / 2..=3 * coordinator_fee).contains(&change) {
            // Two outputs could be the fee: the shape would not be known.
            ledger.coins.put_back(&inputs);
            return;
        }
        let output = |wallet, address, value, purpose| Output {
            wallet,
            address,
            value,
            purpose,
        };
        let fee_address = ledger.fresh(WHIRLPOOL);
        let mut outputs = vec![
            output(wallet, 0, 0, Use::Data),
            output(WHIRLPOOL, fee_address, coordinator_fee, Use::CoordinatorFee),
        ];
        for _ in 0..n_premixes {
            outputs.push(output(wallet, ledger.fresh(wallet), premix, Use::Premix));
        }
        with_change(ledger, wallet, &inputs, &mut outputs, fee);
        let made = ledger.transact(Why::Tx0, wallet, &inputs, &outputs);
        for (coin, output) in made.into_iter().zip(&outputs) {
            match output.purpose {
                Use::Data => {}
                Use::Premix => self.pools[pool].entrants.push(coin),
                _ => ledger.keep(coin),
            }
        }
    }

    /// A round of five: two to four entrants of different owners, the rest remixed.
    pub(super) fn whirlpool(&mut self, ledger: &mut Ledger) {
        let which = ledger.dice.index(POOLS.len());
        let (denomination, _) = POOLS[which];
        let pool = &mut self.pools[which];
        if pool.entrants.len() < 4 {
            return;
        }
        if pool.remixes.is_empty() {
            lend(ledger, denomination, &mut pool.remixes);
        }
        let n_entrants = ledger.dice.index(3) + 2;
        let mut owners = Vec::with_capacity(ROUND);
        let mut inputs = Vec::with_capacity(ROUND);
        draw(
            ledger,
            &mut pool.entrants,
            n_entrants,
            &mut owners,
            &mut inputs,
        );
        let (n_drawn, n_wanted) = (inputs.len(), ROUND - inputs.len());
        draw(
            ledger,
            &mut pool.remixes,
            n_wanted,
            &mut owners,
            &mut inputs,
        );
        if inputs.len() < ROUND {
            let n_missing = (ROUND - inputs.len()).min(4_usize.saturating_sub(n_drawn));
            draw(
                ledger,
                &mut pool.entrants,
                n_missing,
                &mut owners,
                &mut inputs,
            );
        }
        let is_entrant = |coin: &u32| ledger.coins.coin(*coin).value > denomination;
        if inputs.len() < ROUND || !inputs.iter().any(is_entrant) {
            let (entrants, remixes): (Vec<u32>, Vec<u32>) =
                inputs.iter().partition(|coin| is_entrant(coin));
            pool.entrants.extend(entrants);
            pool.remixes.extend(remixes);
            return;
        }
        ledger.dice.shuffle(&mut inputs);
        let mut outputs: Vec<Output> = inputs
            .iter()
            .map(|&coin| ledger.coins.coin(coin).wallet)
            .collect::<Vec<u32>>()
            .into_iter()
            .map(|wallet| mixed(ledger, wallet, denomination))
            .collect();
        ledger.dice.shuffle(&mut outputs);
        for coin in ledger.transact(Why::Whirlpool, WHIRLPOOL, &inputs, &outputs) {
            if ledger.coins.coin(coin).wallet == WHIRLPOOL || ledger.dice.percent(60) {
                pool.remixes.push(coin);
            } else {
                ledger.keep(coin);
            }
        }
    }
}

/// A round of twenty or more with a coordinator's fee and change for each.
pub(super) fn wasabi(ledger: &mut Ledger) {
    const N_LEAST: usize = 20;
    let n_most = ledger.dice.index(40) + N_LEAST;
    let base = ledger.dice.between(9_900_000, 10_100_000);
    let service = base / 1_000 * 3;
    let participants = gather_many(ledger, [n_most, 1_500], base + service, 6);
    if participants.len() < N_LEAST {
        return give_back(ledger, &participants);
    }
    let each = participants
        .iter()
        .map(|participant| (participant.0, base, base + service));
    let each: Vec<(u32, u64, u64)> = each.collect();
    let fee_address = ledger.fresh(WASABI);
    let coordinator = Output {
        wallet: WASABI,
        address: fee_address,
        value: service * participants.len() as u64,
        purpose: Use::CoordinatorFee,
    };
    join(
        ledger,
        Why::Wasabi,
        WASABI,
        &participants,
        &each,
        vec![coordinator],
    );
}

/// A taker pays makers for joining: equal outputs of an amount that the taker chooses.
pub(super) fn joinmarket(ledger: &mut Ledger) {
    const N_LEAST: usize = 3;
    let any = ledger.people.customer(&mut ledger.dice);
    let amount = ledger.dice.part_of(ledger.coins.purse(any).balance);
    if amount < 100_000 {
        return;
    }
    let n_most = ledger.dice.index(7) + N_LEAST;
    let earning = amount / 2_000;
    let cost = amount + earning * n_most as u64;
    let participants = gather_many(ledger, [n_most, 60], cost + 2 * DUST, 8);
    if participants.len() < N_LEAST {
        return give_back(ledger, &participants);
    }
    let taker = participants[0].0;
    let n_makers = participants.len() as u64 - 1;
    let each: Vec<(u32, u64, u64)> = participants
        .iter()
        .map(|&(wallet, _)| {
            let consumed = if wallet == taker {
                amount + earning * n_makers
            } else {
                amount - earning
            };
            (wallet, amount, consumed)
        })
        .collect();
    join(
        ledger,
        Why::JoinMarket,
        taker,
        &participants,
        &each,
        Vec::new(),
    );
}

pub(super) fn mixed(ledger: &mut Ledger, wallet: u32, value: u64) -> Output {
    Output {
        wallet,
        address: ledger.fresh(wallet),
        value,
        purpose: Use::Mixed,
    }
}

/// The coordinator makes coins of a denomination, so that a first round has somebody to mix with.
fn lend(ledger: &mut Ledger, denomination: u64, remixes: &mut Vec<u32>) {
    const N_COINS: usize = 4;
    let target = denomination * N_COINS as u64;
    let Some(inputs) = ledger.gather(WHIRLPOOL, target, N_COINS + 1, 30) else {
        return;
    };
    let mut outputs: Vec<Output> = (0..N_COINS)
        .map(|_| Output {
            wallet: WHIRLPOOL,
            address: ledger.fresh(WHIRLPOOL),
            value: denomination,
            purpose: Use::Mixed,
        })
        .collect();
    let fee = ledger.fee(inputs.len(), N_COINS + 1);
    with_change(ledger, WHIRLPOOL, &inputs, &mut outputs, fee);
    let made = ledger.transact(Why::Split, WHIRLPOOL, &inputs, &outputs);
    for (coin, output) in made.into_iter().zip(&outputs) {
        if output.purpose == Use::Mixed {
            remixes.push(coin);
        } else {
            ledger.keep(coin);
        }
    }
}

/// Moves up to `n` coins of new owners from a queue to the inputs.
fn draw(
    ledger: &mut Ledger,
    queue: &mut Vec<u32>,
    n: usize,
    owners: &mut Vec<u32>,
    inputs: &mut Vec<u32>,
) {
    let n_goal = inputs.len() + n;
    for _ in 0..6 * ROUND {
        if inputs.len() == n_goal || queue.is_empty() {
            return;
        }
        let place = ledger.dice.index(queue.len());
        let wallet = ledger.coins.coin(queue[place]).wallet;
        let owner = ledger.people.get(wallet).owner;
        if !owners.contains(&owner) {
            owners.push(owner);
            inputs.push(queue.swap_remove(place));
        }
    }
}

/// Finds wallets of different owners that can bring `target` each, in so many tries.
pub(super) fn gather_many(
    ledger: &mut Ledger,
    [n_most, n_tries]: [usize; 2],
    target: u64,
    n_inputs_max: usize,
) -> Vec<Participant> {
    let mut found: Vec<Participant> = Vec::new();
    let mut owners: Vec<u32> = Vec::new();
    for _ in 0..n_tries {
        if found.len() == n_most {
            break;
        }
        let wallet = ledger.people.customer(&mut ledger.dice);
        let habits = *ledger.people.get(wallet);
        if ledger.coins.purse(wallet).balance < target
            || habits.addresses != Addresses::Fresh
            || owners.contains(&habits.owner)
        {
            continue;
        }
        if let Some(coins) = ledger.gather(wallet, target, 2, n_inputs_max) {
            owners.push(habits.owner);
            found.push((wallet, coins));
        }
    }
    found
}

pub(super) fn give_back(ledger: &mut Ledger, participants: &[Participant]) {
    for (_, coins) in participants {
        ledger.coins.put_back(coins);
    }
}

/// Closes a round: each participant (wallet, mixed, consumed) gets its mixed output, and as change what it
/// brought less what it consumed and its share of the fee.
fn join(
    ledger: &mut Ledger,
    why: Why,
    initiator: u32,
    participants: &[Participant],
    each: &[(u32, u64, u64)],
    mut outputs: Vec<Output>,
) {
    let mut inputs = Vec::new();
    for ((_, coins), &(wallet, value, consumed)) in participants.iter().zip(each) {
        let output = mixed(ledger, wallet, value);
        outputs.push(output);
        let fee = ledger.fee(coins.len(), 2);
        let change = ledger.sum(coins).saturating_sub(consumed + fee);
        if change >= DUST {
            outputs.push(Output {
                wallet,
                address: ledger.fresh(wallet),
                value: change,
                purpose: Use::Change,
            });
        }
        inputs.extend_from_slice(coins);
    }
    ledger.dice.shuffle(&mut inputs);
    ledger.dice.shuffle(&mut outputs);
    ledger.settle(why, initiator, &inputs, &outputs);
}
