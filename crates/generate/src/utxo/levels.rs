//! CoinJoins of several denominations: Wasabi 1.1 and Wasabi 2, by the shapes that their detectors are defined
//! on (METHODS.md).
//!
//! Laws: no owner takes part twice in a round; what a participant brings is mixed, change, its share of the fee and of
//! the coordinator's, and nothing else.

use super::draft::{Use, Why};
use super::ledger::{DUST, Ledger, Output};
use super::mix::{Participant, gather_many, give_back, mixed};
use super::people::WASABI;

/// Participants of a round, at least, and how many more there may be.
const N_LEAST: usize = 10;
const N_MORE: usize = 30;
/// Levels of Wasabi 1.1 above the base.
const N_LEVELS: u32 = 4;
/// Least output of Wasabi 2.
const LEAST: u64 = 5_000;
/// Outputs that a participant of Wasabi 2 makes at most, change counted.
const N_OUTPUTS_MAX: usize = 8;

/// What each participant may spread over outputs, after its share of the fee for `n_outputs`.
fn shares(ledger: &Ledger, participants: &[Participant], n_outputs: usize) -> Vec<u64> {
    let share = |(_, coins): &Participant| {
        let fee = ledger.fee(coins.len(), n_outputs);
        ledger.sum(coins).saturating_sub(fee)
    };
    participants.iter().map(share).collect()
}

/// A round on levels: 0.1 and its doubles, each with two participants or more; the rest is change.
pub(super) fn one_one(ledger: &mut Ledger) {
    let n_most = N_LEAST + ledger.dice.index(N_MORE);
    let base = ledger.dice.between(9_900_000, 10_100_000);
    let service = base / 1_000 * 3;
    let participants = gather_many(ledger, [n_most, 1_500], base + service + 2 * DUST, 6);
    if participants.len() < N_LEAST {
        return give_back(ledger, &participants);
    }
    let mut left = shares(ledger, &participants, 3);
    let mut outputs = Vec::new();
    for (share, &(wallet, _)) in left.iter_mut().zip(&participants) {
        *share = share.saturating_sub(service);
        if let Some(rest) = share.checked_sub(base) {
            outputs.push(mixed(ledger, wallet, base));
            *share = rest;
        }
    }
    for level in 1..=N_LEVELS {
        let value = base << level;
        let those: Vec<usize> = (0..left.len()).filter(|&at| left[at] >= value).collect();
        if those.len() >= 2 {
            for at in those {
                outputs.push(mixed(ledger, participants[at].0, value));
                left[at] -= value;
            }
        }
    }
    let coordinator = service * participants.len() as u64;
    close(
        ledger,
        Why::WasabiOneOne,
        &participants,
        outputs,
        left,
        Some(coordinator),
    );
}

/// Standard denominations of Wasabi 2, the largest first.
fn denominations() -> Vec<u64> {
    let mut all = Vec::new();
    for (factor, base) in [(1, 2), (1, 3), (2, 3), (1, 10), (2, 10), (5, 10)] {
        let powers =
            std::iter::successors(Some(factor), move |value: &u64| value.checked_mul(base));
        let powers = powers.take_while(|&value| value <= 134_375_000_000);
        all.extend(powers.filter(|&value| value >= LEAST));
    }
    all.sort_unstable();
    all.dedup();
    all.reverse();
    all
}

/// A round on standard denominations: each participant spreads what it brings, the largest that fits first, and a
/// rest is change. Both sides descend by value.
pub(super) fn two(ledger: &mut Ledger) {
    let n_most = 2 * N_LEAST + ledger.dice.index(N_MORE);
    let participants = gather_many(ledger, [n_most, 1_500], 40 * LEAST, 10);
    if participants.len() < 2 * N_LEAST {
        return give_back(ledger, &participants);
    }
    let mut left = shares(ledger, &participants, N_OUTPUTS_MAX);
    // The round leaves out what only one participant could use.
    let second = {
        let mut sorted = left.clone();
        sorted.sort_unstable();
        sorted[sorted.len() - 2]
    };
    let usable: Vec<u64> = denominations()
        .into_iter()
        .filter(|&value| value <= second)
        .collect();
    let mut outputs = Vec::new();
    for (share, &(wallet, _)) in left.iter_mut().zip(&participants) {
        for _ in 1..N_OUTPUTS_MAX {
            let fitting = usable.iter().find(|&&value| value <= *share);
            let Some(&value) = fitting else { break };
            outputs.push(mixed(ledger, wallet, value));
            *share -= value;
        }
        if *share < LEAST {
            *share = 0;
        }
    }
    close(ledger, Why::WasabiTwo, &participants, outputs, left, None);
}

/// Adds change and the coordinator's fee, and closes the round.
fn close(
    ledger: &mut Ledger,
    why: Why,
    participants: &[Participant],
    mut outputs: Vec<Output>,
    left: Vec<u64>,
    coordinator: Option<u64>,
) {
    for (&(wallet, _), value) in participants.iter().zip(left) {
        if value >= DUST {
            let address = ledger.fresh(wallet);
            outputs.push(Output {
                wallet,
                address,
                value,
                purpose: Use::Change,
            });
        }
    }
    if let Some(value) = coordinator {
        outputs.push(Output {
            wallet: WASABI,
            address: ledger.fresh(WASABI),
            value,
            purpose: Use::CoordinatorFee,
        });
    }
    let mut inputs: Vec<u32> = participants
        .iter()
        .flat_map(|(_, coins)| coins.clone())
        .collect();
    if why == Why::WasabiTwo {
        let value = |coin: &u32| ledger.coins.coin(*coin).value;
        inputs.sort_by_key(|coin| std::cmp::Reverse(value(coin)));
        outputs.sort_by_key(|output| std::cmp::Reverse(output.value));
    } else {
        ledger.dice.shuffle(&mut inputs);
        ledger.dice.shuffle(&mut outputs);
    }
    ledger.settle(why, WASABI, &inputs, &outputs);
}
