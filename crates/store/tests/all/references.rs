//! Orders that two books describe: what joins them, and what must not.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::common::{add, graph_of, new_case};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Basis, EventKind, Instant, Layers, Part, Precision,
    TransactionForm, TransferKind,
};
use moneytrail_store::schema::{
    Batch, Endpoint, EventRow, LinkRow, Reference, ReferenceRow, Side, SourceRow, TransferRow,
};

const DAY_SECONDS: i64 = 86_400;

/// Token, day, euro cents.
type Order = (&'static str, i64, u64);

fn hawaladar(name: &str, part: Part) -> Endpoint {
    Endpoint::Account(AccountKey::Hawaladar(name.into(), part))
}

fn person(name: &str) -> Endpoint {
    Endpoint::Account(AccountKey::Listed(name.into()))
}

/// The book of the hawaladar who takes orders, or of the one who pays them out.
fn book(side: Side, orders: &[Order]) -> Batch {
    let mut batch = Batch {
        sources: vec![SourceRow {
            path: "book.csv".into(),
            sheet: Some("-".into()),
            right_to_left: false,
        }],
        assets: vec![Asset::new(AssetKey::currency("EUR").unwrap())],
        ..Batch::default()
    };
    for (row, &(token, day, cents)) in (0_u32..).zip(orders) {
        batch.events.push(EventRow {
            kind: EventKind::LedgerLine,
            transaction: None,
            block: None,
            tx_index: None,
            time: Instant::new(day * DAY_SECONDS, Precision::Day),
            source: 0,
            row: Some(row + 1),
            stale: false,
            form: TransactionForm::default(),
        });
        let due = (
            hawaladar("A", Part::Position),
            hawaladar("B", Part::Pending),
            TransferKind::Due,
        );
        let other = match side {
            Side::Issued => (
                person("sender"),
                hawaladar("A", Part::Position),
                TransferKind::OrderPaid,
            ),
            Side::Received => (
                hawaladar("B", Part::Pending),
                person("beneficiary"),
                TransferKind::Payout,
            ),
        };
        let legs = match side {
            Side::Issued => [other, due],
            Side::Received => [due, other],
        };
        let amount = Some(Amount::from_u64(cents));
        for (from, to, kind) in legs {
            batch.transfers.push(&TransferRow {
                event: row,
                from,
                to,
                asset: 0,
                amount,
                kind,
                layers: Layers::VALUE,
            });
        }
        batch.links.push(LinkRow {
            earlier: 2 * row,
            later: 2 * row + 1,
            consumed: amount,
            paid: amount,
            basis: Basis::Fact,
        });
        batch.references.push(ReferenceRow {
            transfer: 2 * row + u32::from(side == Side::Issued),
            reference: Reference::Token {
                token: token.into(),
                side,
                issuer: "A".into(),
                payer: "B".into(),
            },
        });
    }
    batch
}

/// Claims, and tokens without a counterpart.
fn joined(issued: &[Order], received: &[Order]) -> (usize, u64) {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "a", 0, vec![book(Side::Issued, issued)]);
    add(&writer, "b", 0, vec![book(Side::Received, received)]);
    let (graph, notes) = graph_of(&writer);
    let n_claimed: usize = notes.claims.iter().map(|claim| claim.records.len()).sum();
    assert_eq!(
        n_claimed as u64 + notes.n_unmatched_tokens,
        (issued.len() + received.len()) as u64,
        "every token is matched or counted"
    );
    // A joined order is one due; its payout draws on it by inference.
    let n_legs = 2 * (issued.len() + received.len()) - (n_claimed - notes.claims.len());
    assert_eq!(graph.n_transfers(), n_legs);
    let inferred = (graph.links()).filter(|link| matches!(link.basis, Basis::Inference(_)));
    assert_eq!(inferred.count(), n_claimed - notes.claims.len());
    (notes.claims.len(), notes.n_unmatched_tokens)
}

#[test]
fn a_token_is_its_letters_and_digits() {
    for (a, b) in [
        ("KA-00242", "KA00242"),
        ("KA-00242", "ka 00242"),
        ("0457", "457"),
        ("12/3", "12-3"),
    ] {
        assert_eq!(joined(&[(a, 0, 5)], &[(b, 1, 5)]), (1, 0), "{a} {b}");
    }
    for (a, b) in [
        ("TR-0330", "TR-00330"),
        ("457", "475"),
        ("-", "-"),
        ("000", "00"),
    ] {
        assert_eq!(joined(&[(a, 0, 5)], &[(b, 1, 5)]), (0, 2), "{a} {b}");
    }
}

#[test]
fn a_payout_may_come_first_and_in_parts_but_never_exceeds_the_order() {
    assert_eq!(joined(&[("7", 9, 100)], &[("7", 3, 100)]), (1, 0));
    assert_eq!(
        joined(&[("7", 0, 100)], &[("7", 3, 60), ("7", 5, 40)]),
        (1, 0)
    );
    assert_eq!(
        joined(&[("7", 0, 100)], &[("7", 3, 100), ("7", 5, 100)]),
        (0, 3),
        "paid twice: which of the two is the order is not known"
    );
}

#[test]
fn a_recycled_token_joins_only_what_nothing_competes_for() {
    assert_eq!(
        joined(
            &[("7", 0, 100), ("7", 90, 200)],
            &[("7", 1, 100), ("7", 92, 200)]
        ),
        (2, 0)
    );
    assert_eq!(
        joined(&[("7", 0, 100), ("7", 20, 100)], &[("7", 22, 100)]),
        (0, 3)
    );
    assert_eq!(
        joined(
            &[("7", 0, 100), ("7", 50, 100)],
            &[("7", 10, 100), ("7", 25, 100)]
        ),
        (1, 2),
        "the second payout lies within thirty days of both orders"
    );
    assert_eq!(joined(&[("7", 0, 100)], &[("7", 30, 100)]), (1, 0));
    assert_eq!(joined(&[("7", 0, 100)], &[("7", 31, 100)]), (0, 2));
}
