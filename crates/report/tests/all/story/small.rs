//! Small stories that press on one thing each: length, width, one instant, a cycle, idle years.

use super::frame::{btc, document, phrase, second};
use moneytrail_report::document::*;

/// A transfer from one account to another, all of it traced.
#[derive(Clone, Debug)]
pub struct Plain {
    pub seconds: i64,
    pub from: String,
    pub to: String,
    pub amount: Money,
}

fn plain_step(number: u32, seconds: i64, from: &str, to: &str, amount: Money) -> Step {
    Step {
        worth: None,
        number,
        when: second(seconds),
        order_open: false,
        transfer_kind: "payment".to_owned(),
        from: Party::account(from, from),
        to: Party::account(to, to),
        traced: amount.clone(),
        certain: Some(amount.clone()),
        pieces: vec![Piece {
            label: PieceLabel::Traced,
            amount: amount.clone(),
        }],
        amount,
        basis: Basis::FACT,
        evidence: Vec::new(),
        stop: None,
        links: Vec::new(),
        note: None,
    }
}

/// A report with nothing in it but these transfers.
pub fn plain(transfers: &[Plain]) -> Document {
    let mut document = document();
    document.head.answers.clear();
    document.head.notice = Some(phrase("Invented."));
    document.findings = None;
    document.books = None;
    document.people = People::default();
    document.limits = Limits::default();
    let mut trace = document.traces.swap_remove(1);
    trace.steps = (1..)
        .zip(transfers)
        .map(|(number, transfer)| {
            let (from, to) = (&transfer.from, &transfer.to);
            plain_step(number, transfer.seconds, from, to, transfer.amount.clone())
        })
        .collect();
    trace.ends.clear();
    trace.end_points.clear();
    trace.balance.clear();
    trace.unexplained.clear();
    document.traces = vec![trace];
    document
}

fn transfer(seconds: i64, from: &str, to: &str, amount: &str) -> Plain {
    Plain {
        seconds,
        from: from.to_owned(),
        to: to.to_owned(),
        amount: btc(amount),
    }
}

/// A chain that peels a little off at every step.
pub fn long(n_steps: i64) -> Document {
    let mut left = n_steps * 500;
    let figure = |units: i64| format!("{}.{:04}", units / 10_000, units % 10_000);
    let mut transfers = vec![transfer(0, "seed", "hop 0", &figure(left))];
    for step in 1..n_steps {
        let (from, to, peel) = (step - 1, step, 30 + step * 7 % 400);
        left -= peel;
        let seconds = step * 3_600;
        transfers.push(transfer(
            seconds,
            &format!("hop {from}"),
            &format!("peel {to}"),
            &figure(peel),
        ));
        transfers.push(transfer(
            seconds,
            &format!("hop {from}"),
            &format!("hop {to}"),
            &figure(left),
        ));
    }
    plain(&transfers)
}

/// One account that pays many.
pub fn wide(n_payees: i64) -> Document {
    let mut transfers = vec![transfer(0, "seed", "hub", "1000")];
    for payee in 1..=n_payees {
        let amount = format!("{}.5", 40 - payee % 39);
        transfers.push(transfer(
            payee * 86_400,
            "hub",
            &format!("payee number {payee}"),
            &amount,
        ));
    }
    plain(&transfers)
}

/// Everything in one second.
pub fn instant() -> Document {
    let mut transfers = Vec::new();
    for hop in 0..12 {
        transfers.push(transfer(
            7,
            &format!("hop {hop}"),
            &format!("hop {}", hop + 1),
            "3",
        ));
    }
    transfers.push(transfer(7, "hop 12", "left", "1"));
    transfers.push(transfer(7, "hop 12", "right", "2"));
    plain(&transfers)
}

/// Money that comes back twice, and merges.
pub fn cycle() -> Document {
    plain(&[
        transfer(0, "seed", "A", "9"),
        transfer(86_400, "A", "B", "9"),
        transfer(2 * 86_400, "B", "A", "6"),
        transfer(3 * 86_400, "A", "C", "2"),
        transfer(4 * 86_400, "B", "A", "3"),
        transfer(5 * 86_400, "C", "A", "1"),
        transfer(6 * 86_400, "A", "B", "8"),
        transfer(
            7 * 86_400,
            "B",
            "a very long name that has to be wrapped because it does not fit",
            "8",
        ),
    ])
}

/// Hours, then years, then hours.
pub fn idle() -> Document {
    plain(&[
        transfer(1_500_000_000, "seed", "A", "0.00000001"),
        transfer(1_500_003_600, "A", "B", "0.00000001"),
        transfer(1_500_007_200, "seed 2", "B", "1000000000000"),
        transfer(1_700_000_000, "B", "C", "900000000000"),
        transfer(1_700_003_600, "C", "D", "800000000000"),
    ])
}

/// Coins through transactions: junctions, fees, other people's inputs, an account seed.
pub fn coins() -> Document {
    let mut document = plain(&[
        transfer(0, "seed account", "J1", "5"),
        transfer(
            0,
            "J1",
            "bc1qpayee0000000000000000000000000000000001",
            "1.2",
        ),
        transfer(
            0,
            "J1",
            "bc1qchange000000000000000000000000000000002",
            "3.7999",
        ),
        transfer(0, "J1", "fees", "0.0001"),
        transfer(90_000, "seed account", "J2", "2"),
        transfer(
            90_000,
            "J2",
            "bc1qother0000000000000000000000000000000003",
            "1.9998",
        ),
        transfer(90_000, "J2", "fees", "0.0002"),
        transfer(
            200_000,
            "bc1qchange000000000000000000000000000000002",
            "J3",
            "3.7999",
        ),
        transfer(
            200_000,
            "bc1qother0000000000000000000000000000000003",
            "J3",
            "1.9998",
        ),
        transfer(
            200_000,
            "J3",
            "bc1qjoint0000000000000000000000000000000004",
            "5.7996",
        ),
        transfer(200_000, "J3", "fees", "0.0001"),
        transfer(
            400_000,
            "bc1qjoint0000000000000000000000000000000004",
            "exchange",
            "2.5",
        ),
    ]);
    let steps = &mut document.traces[0].steps;
    for step in &mut *steps {
        for party in [&mut step.from, &mut step.to] {
            party.kind = match party.id.as_str() {
                "J1" | "J2" | "J3" => PartyKind::Junction,
                "fees" => PartyKind::Fees,
                _ => PartyKind::Account,
            };
        }
    }
    if let Some(last) = steps.last_mut() {
        last.stop = Some(Stop {
            rule: StopRule::Service,
            note: None,
        });
    }
    document
}
