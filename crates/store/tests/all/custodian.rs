//! Accounts with a custodian: a booking in two files, a leg in a second row, a deposit that is an output.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{add, block, coin, graph_of, listed, new_case, source};
use moneytrail_model::{
    AccountKey, Amount, Basis, EventKind, Instant, Layers, NodeIdx, TransactionForm, TransferKind,
};
use moneytrail_store::BuildNotes;
use moneytrail_store::graph::Graph;
use moneytrail_store::schema::{
    Batch, Endpoint, EventRow, LinkRow, Reference, ReferenceRow, TransferRow,
};

fn built(exhibits: Vec<(&str, u8, Vec<Batch>)>) -> (Graph, BuildNotes) {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    for (content, rank, batches) in exhibits {
        add(&writer, content, rank, batches);
    }
    graph_of(&writer)
}

fn customer() -> AccountKey {
    AccountKey::Custodial("House".into(), "7".into())
}

fn house() -> AccountKey {
    AccountKey::Custodial("House".into(), "".into())
}

/// Events, each at a time with legs.
type Events<'a> = [(i64, &'a [(AccountKey, AccountKey, u64, TransferKind)])];

/// A file of a custodian, whose events refer to the customer's booking by their first leg.
fn file(events: &Events<'_>) -> Batch {
    let mut batch = Batch {
        sources: vec![source()],
        assets: vec![coin()],
        ..Batch::default()
    };
    for (event, (time, legs)) in (0..).zip(events) {
        batch.events.push(EventRow {
            kind: EventKind::Payment,
            transaction: None,
            block: None,
            tx_index: None,
            time: Instant::at(*time),
            source: 0,
            row: Some(event + 2),
            stale: false,
            form: TransactionForm::default(),
        });
        if !legs.is_empty() {
            batch.references.push(ReferenceRow {
                transfer: u32::try_from(batch.transfers.len()).unwrap(),
                reference: Reference::Booking {
                    account: customer(),
                },
            });
        }
        for (from, to, units, kind) in *legs {
            batch.transfers.push(&TransferRow {
                event,
                from: Endpoint::Account(from.clone()),
                to: Endpoint::Account(to.clone()),
                asset: 0,
                amount: Some(Amount::from_u64(*units)),
                kind: *kind,
                layers: Layers::BOTH,
            });
        }
    }
    batch
}

fn paid_out(graph: &Graph) -> i128 {
    let node = graph.node_of(&customer()).unwrap();
    let out = graph.transfers_out(node).iter();
    out.map(|leg| graph.amount(leg).unwrap().units()).sum()
}

fn statement(times: &[i64]) -> Batch {
    let leg = [(customer(), listed("outside"), 15, TransferKind::Release)];
    let events: Vec<_> = times.iter().map(|&time| (time, &leg[..])).collect();
    file(&events)
}

fn history(times: &[i64]) -> Batch {
    let legs = [
        (customer(), house(), 14, TransferKind::Release),
        (house(), listed("address"), 14, TransferKind::Payment),
        (customer(), house(), 1, TransferKind::Fee),
    ];
    let events: Vec<_> = times.iter().map(|&time| (time, &legs[..])).collect();
    file(&events)
}

#[test]
fn a_booking_in_two_files_enters_once_as_the_file_that_tells_more() {
    for content in ["a", "b", "c"] {
        let (graph, notes) = built(vec![
            ("history", 3, vec![history(&[10_000])]),
            (content, 3, vec![statement(&[10_005])]),
        ]);
        assert_eq!(paid_out(&graph), 15, "{content}");
        assert!(graph.node_of(&listed("outside")).is_none());
        assert_eq!(notes.claims.len(), 1);
        assert_eq!(notes.claims[0].rule, "custodian-booking@1");
        let address = graph.node_of(&listed("address")).unwrap();
        let leg = graph.transfers_in(address).first().unwrap();
        assert_eq!(graph.citations_of(leg).count(), 2, "both files are cited");
    }
}

#[test]
fn what_does_not_single_out_a_row_is_not_joined() {
    let paid = |statement_at: &[i64], history_at: &[i64]| {
        let (graph, notes) = built(vec![
            ("history", 3, vec![history(history_at)]),
            ("statement", 3, vec![statement(statement_at)]),
        ]);
        (paid_out(&graph), notes.claims.len())
    };
    assert_eq!(paid(&[10_300], &[10_000]), (15, 1));
    assert_eq!(paid(&[10_301], &[10_000]), (30, 0), "too long apart");
    assert_eq!(paid(&[10_010, 10_020], &[10_000]), (45, 0), "two that fit");
    assert_eq!(
        paid(&[10_000, 10_020], &[10_000]),
        (30, 1),
        "one of the same second"
    );
    assert_eq!(paid(&[10_000, 50_000], &[10_001, 50_001]), (30, 2));
    assert_eq!(
        paid(&[10_000, 10_100], &[10_001, 10_101]),
        (30, 2),
        "as many in both, in their order"
    );
    assert_eq!(paid(&[10_000, 10_000], &[10_001, 10_001]), (30, 2));
    let (graph, notes) = built(vec![("one", 3, vec![statement(&[10_000, 10_000])])]);
    assert_eq!(
        (paid_out(&graph), notes.claims.len()),
        (30, 0),
        "one file states each once"
    );
}

#[test]
fn a_trade_is_no_withdrawal() {
    let trade = [(customer(), house(), 15, TransferKind::Exchange)];
    let (graph, notes) = built(vec![
        ("history", 3, vec![history(&[10_000])]),
        ("statement", 3, vec![file(&[(10_010, &trade)])]),
    ]);
    assert_eq!((paid_out(&graph), notes.claims.len()), (30, 0));
}

#[test]
fn three_files_of_one_booking_give_it_once() {
    let (graph, notes) = built(vec![
        ("one", 3, vec![history(&[10_000])]),
        ("two", 3, vec![statement(&[10_002])]),
        ("three", 3, vec![history(&[10_000])]),
    ]);
    assert_eq!((paid_out(&graph), notes.claims.len()), (15, 2));
}

#[test]
fn a_leg_cites_the_row_that_states_it_and_that_row_is_no_event() {
    let legs = [
        (customer(), house(), 5, TransferKind::Exchange),
        (house(), customer(), 9, TransferKind::Exchange),
    ];
    let mut batch = file(&[(10, &legs), (10, &[])]);
    batch.references.push(ReferenceRow {
        transfer: 1,
        reference: Reference::Row { event: 1 },
    });
    let (graph, _) = built(vec![("one", 3, vec![batch])]);
    let node = graph.node_of(&customer()).unwrap();
    let rows = |leg| {
        graph
            .citations_of(leg)
            .map(|citation| citation.event_row)
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(graph.transfers_out(node).first().unwrap()), [0]);
    assert_eq!(rows(graph.transfers_in(node).first().unwrap()), [0, 1]);
    assert_eq!(graph.n_events(), 1);
}

/// An output at a deposit address that the custodian sweeps afterwards.
fn chain() -> Vec<Batch> {
    vec![
        block(1, Some(0), 1, &[(11, vec![], vec![("payer", 50)])]),
        block(2, Some(1), 2, &[(22, vec![(11, 0)], vec![("deposit", 50)])]),
        block(3, Some(2), 3, &[(33, vec![(22, 0)], vec![("hot", 50)])]),
    ]
}

fn credit(custodian: AccountKey) -> Batch {
    let legs = [
        (
            listed("sender"),
            listed("deposit"),
            50,
            TransferKind::Payment,
        ),
        (custodian, customer(), 50, TransferKind::Deposit),
    ];
    let mut batch = file(&[(1_700_001_300, &legs)]);
    batch.references = vec![ReferenceRow {
        transfer: 0,
        reference: Reference::Transaction {
            txid: [22; 32],
            account: Some(listed("deposit")),
        },
    }];
    batch.links.push(LinkRow {
        earlier: 0,
        later: 1,
        consumed: None,
        paid: None,
        basis: Basis::Fact,
    });
    batch
}

#[test]
fn an_output_that_a_custodian_credited_is_spent_by_the_credit_and_not_by_the_sweep() {
    let (graph, notes) = built(vec![
        ("chain", 0, chain()),
        ("house", 3, vec![credit(house())]),
    ]);
    let into = |node: NodeIdx| graph.transfers_in(node).first().unwrap();
    let credit = into(graph.node_of(&customer()).unwrap());
    let links: Vec<_> = graph.links_spending(credit).collect();
    assert_eq!(links.len(), 1, "{:?}", notes.remarks);
    assert_eq!(
        links[0].earlier,
        into(graph.node_of(&listed("deposit")).unwrap())
    );
    let sweep = graph.from(into(graph.node_of(&listed("hot")).unwrap()));
    let input = into(sweep);
    assert_eq!(graph.amount(input), Some(Amount::from_u64(50)));
    assert_eq!(graph.links_spending(input).len(), 0);
    assert_eq!(notes.remarks.len(), 1);
    assert!(
        notes.remarks[0].contains("custodian credited"),
        "{:?}",
        notes.remarks
    );
}

#[test]
fn without_a_custodian_the_chain_says_who_spends() {
    let (graph, notes) = built(vec![
        ("chain", 0, chain()),
        ("book", 3, vec![credit(listed("x"))]),
    ]);
    let into = |node: NodeIdx| graph.transfers_in(node).first().unwrap();
    let sweep = graph.from(into(graph.node_of(&listed("hot")).unwrap()));
    assert_eq!(graph.links_spending(into(sweep)).len(), 1);
    assert!(notes.remarks[0].contains("left out"), "{:?}", notes.remarks);
}
