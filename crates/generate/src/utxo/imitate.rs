//! Transactions that look like others: one wallet that looks like two (Stonewall), two that look like one (`PayJoin`),
//! two that mix a payment (Stonewall of two), and an employer whose equal salaries look like a CoinJoin.

use super::draft::{Use, Why};
use super::economy::with_change;
use super::ledger::{DUST, Ledger, Output};
use super::people::Role;
use crate::random::rounded;

/// Coins of each side, at most.
const N_COINS_MAX: usize = 12;

fn output(wallet: u32, address: u32, value: u64, purpose: Use) -> Output {
    Output {
        wallet,
        address,
        value,
        purpose,
    }
}

/// A wallet that pays, the wallet that it pays, and how much.
fn payment(ledger: &mut Ledger, part: u64) -> Option<[u64; 3]> {
    let payer = ledger.people.customer(&mut ledger.dice);
    let payee = ledger.people.customer(&mut ledger.dice);
    let digits = ledger.dice.between_u32(1, 8);
    let held = ledger.coins.purse(payer).balance / part;
    let amount = rounded(ledger.dice.part_of(held), digits);
    let is_between_two = ledger.people.get(payer).owner != ledger.people.get(payee).owner;
    (is_between_two && amount > 10 * DUST).then_some([payer.into(), payee.into(), amount])
}

fn wallet(number: u64) -> u32 {
    u32::try_from(number).expect("it was a wallet")
}

/// A payment and a decoy of the same value, each with change of its own. The decoy is the payer's, or that
/// of another wallet who brings its inputs.
pub(super) fn stonewall(ledger: &mut Ledger, why: Why) {
    let Some([payer, payee, amount]) = payment(ledger, 3) else {
        return;
    };
    let (payer, payee) = (wallet(payer), wallet(payee));
    let other = if why == Why::Stonewall {
        payer
    } else {
        ledger.people.customer(&mut ledger.dice)
    };
    let owner = |of: u32| ledger.people.get(of).owner;
    if why != Why::Stonewall && (owner(other) == owner(payer) || owner(other) == owner(payee)) {
        return;
    }
    let Some(first) = ledger.gather(payer, amount + DUST, 2, N_COINS_MAX) else {
        return;
    };
    let Some(second) = ledger.gather(other, amount + DUST, 2, N_COINS_MAX) else {
        ledger.coins.put_back(&first);
        return;
    };
    let mut outputs = vec![
        output(payee, ledger.receiving(payee), amount, Use::Payment),
        output(other, ledger.fresh(other), amount, Use::Mixed),
    ];
    for (of, coins) in [(payer, &first), (other, &second)] {
        let change = ledger.sum(coins) - amount - ledger.fee(coins.len(), 2);
        if change >= DUST {
            outputs.push(output(of, ledger.fresh(of), change, Use::Change));
        }
    }
    if why == Why::Stonewall {
        outputs[1].purpose = Use::Change;
    }
    let mut inputs = [first, second].concat();
    ledger.dice.shuffle(&mut inputs);
    ledger.dice.shuffle(&mut outputs);
    ledger.settle(why, payer, &inputs, &outputs);
}

/// The payee adds a coin of its own, and gets it back with the payment.
pub(super) fn payjoin(ledger: &mut Ledger) {
    let Some([payer, payee, amount]) = payment(ledger, 1) else {
        return;
    };
    let (payer, payee) = (wallet(payer), wallet(payee));
    let Some(coin) = ledger.coins.take(payee) else {
        return;
    };
    let Some(mut inputs) = ledger.gather(payer, amount + ledger.fee(1, 0), 2, N_COINS_MAX) else {
        ledger.coins.put_back(&[coin]);
        return;
    };
    let value = amount + ledger.coins.coin(coin).value;
    inputs.push(coin);
    let mut outputs = vec![output(payee, ledger.receiving(payee), value, Use::Payment)];
    let fee = ledger.fee(inputs.len(), 2);
    with_change(ledger, payer, &inputs, &mut outputs, fee);
    ledger.dice.shuffle(&mut inputs);
    ledger.settle(Why::PayJoin, payer, &inputs, &outputs);
}

/// A merchant pays equal salaries to several people.
pub(super) fn payroll(ledger: &mut Ledger) {
    let payer = ledger.people.customer(&mut ledger.dice);
    if ledger.people.get(payer).role != Role::Merchant {
        return;
    }
    let n_payees = 3 + ledger.dice.below(18);
    let half = ledger.coins.purse(payer).balance / 2;
    let digits = ledger.dice.between_u32(1, 3);
    let salary = rounded(half / n_payees, digits);
    if salary < 10 * DUST {
        return;
    }
    let n_outputs = usize::try_from(n_payees).expect("at most twenty") + 1;
    let Some(inputs) = ledger.gather(payer, salary * n_payees, n_outputs, 4 * N_COINS_MAX) else {
        return;
    };
    let mut outputs = Vec::with_capacity(n_outputs);
    for _ in 0..n_payees {
        let payee = ledger.people.customer(&mut ledger.dice);
        outputs.push(output(payee, ledger.receiving(payee), salary, Use::Payment));
    }
    let fee = ledger.fee(inputs.len(), n_outputs);
    with_change(ledger, payer, &inputs, &mut outputs, fee);
    ledger.settle(Why::Payroll, payer, &inputs, &outputs);
}
