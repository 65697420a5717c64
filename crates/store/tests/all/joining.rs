//! What exhibits say of the same things: which blocks count, who spends what, which rows are one movement.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{add, block, coin, graph_of, listed, new_case, source};
use moneytrail_model::{
    Amount, Asset, AssetKey, Basis, EventKind, Instant, Layers, Network, Precision,
    TransactionForm, TransferIdx, TransferKind,
};
use moneytrail_store::graph::Graph;
use moneytrail_store::schema::{
    Batch, Endpoint, EventRow, LinkRow, Reference, ReferenceRow, Side, TransferRow, Transfers,
};
use moneytrail_store::{BuildNotes, Unmatched};

/// The graph of exhibits, each with its rank.
fn built(exhibits: Vec<(&str, u8, Vec<Batch>)>) -> (Graph, BuildNotes) {
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    for (content, rank, batches) in exhibits {
        add(&writer, content, rank, batches);
    }
    graph_of(&writer)
}

/// What an account received, in units.
fn received(graph: &Graph, name: &str) -> Vec<i128> {
    let node = graph.node_of(&listed(name)).into_iter();
    node.flat_map(|node| graph.transfers_in(node))
        .map(|transfer| graph.amount(transfer).unwrap().units())
        .collect()
}

fn n_links(graph: &Graph) -> usize {
    (0..graph.n_transfers())
        .map(|transfer| graph.links_spending(TransferIdx::new(transfer)).len())
        .sum()
}

fn stale(mut batch: Batch) -> Batch {
    batch.blocks[0].stale = true;
    batch.events.iter_mut().for_each(|event| event.stale = true);
    batch
}

/// A block file ends with two rivals and takes one for stale; the next file goes on from that one.
#[test]
fn a_block_counts_if_a_later_exhibit_goes_on_from_it() {
    let first = vec![
        block(1, Some(0), 1, &[(11, vec![], vec![("miner", 50)])]),
        stale(block(2, Some(1), 2, &[(21, vec![], vec![("honest", 50)])])),
        block(3, Some(1), 2, &[(31, vec![], vec![("rival", 50)])]),
    ];
    let second = vec![block(4, Some(2), 3, &[(41, vec![], vec![("next", 50)])])];
    let (graph, notes) = built(vec![("first", 0, first), ("second", 0, second)]);
    assert_eq!(received(&graph, "honest"), [50]);
    assert_eq!(received(&graph, "next"), [50]);
    assert!(received(&graph, "rival").is_empty());
    assert_eq!(notes.n_stale_blocks, 1);
}

/// A node that reports a block as stale knows more than one that has only this block.
#[test]
fn a_block_that_a_node_calls_stale_stays_out() {
    let alone = vec![
        block(1, Some(0), 1, &[(11, vec![], vec![("miner", 50)])]),
        stale(block(2, Some(1), 2, &[(21, vec![], vec![("loser", 50)])])),
    ];
    let (graph, _) = built(vec![("node", 1, alone)]);
    assert_eq!(received(&graph, "miner"), [50]);
    assert!(received(&graph, "loser").is_empty());
}

/// A transaction that never got into a block, as a wallet or an API dump keeps it.
fn unconfirmed(txid: u8, spends: (u8, u32), to: &'static str) -> Batch {
    let mut batch = block(99, None, 9, &[(txid, vec![spends], vec![(to, 50)])]);
    batch.blocks.clear();
    batch.events[0].block = None;
    batch
}

/// Both orders of the exhibits' hashes are tried: content must not decide who is paid.
#[test]
fn the_spender_in_a_block_is_linked_and_no_other() {
    for content in ["a", "b", "c", "d", "e", "f"] {
        let chain = vec![
            block(1, Some(0), 1, &[(11, vec![], vec![("miner", 50)])]),
            block(2, Some(1), 2, &[(22, vec![(11, 0)], vec![("paid", 50)])]),
        ];
        let (graph, notes) = built(vec![
            ("chain", 1, chain),
            (content, 1, vec![unconfirmed(23, (11, 0), "replaced")]),
        ]);
        let node = |name| graph.node_of(&listed(name)).unwrap();
        let spends = |name| {
            let payments = graph.transfers_in(node(name));
            assert_eq!(payments.len(), 1);
            let junction = graph.from(payments.first().unwrap());
            graph.from(graph.transfers_in(junction).first().unwrap()) == node("miner")
        };
        assert!(spends("paid"), "{content}: {:?}", notes.remarks);
        assert!(!spends("replaced"), "{content}");
        assert_eq!(n_links(&graph), 1);
        assert_eq!(notes.remarks.len(), 1, "{:?}", notes.remarks);
    }
}

#[test]
fn of_two_spenders_that_nothing_tells_apart_none_is_linked() {
    let chain = vec![block(1, Some(0), 1, &[(11, vec![], vec![("miner", 50)])])];
    let (graph, notes) = built(vec![
        ("chain", 0, chain),
        ("b", 1, vec![unconfirmed(22, (11, 0), "x")]),
        ("c", 1, vec![unconfirmed(23, (11, 0), "y")]),
    ]);
    assert_eq!(n_links(&graph), 0);
    assert!(
        notes.remarks[0].contains("none of them"),
        "{:?}",
        notes.remarks
    );
}

/// An event of a book or list with one transfer for each entry.
fn rows(asset: &Asset, time: Instant, transfers: &[(&str, &str, i128)]) -> Batch {
    let mut batch = Batch {
        sources: vec![source()],
        assets: vec![asset.clone()],
        ..Batch::default()
    };
    for (row, &(from, to, units)) in (1..).zip(transfers) {
        batch.events.push(EventRow {
            kind: EventKind::LedgerLine,
            transaction: None,
            block: None,
            tx_index: None,
            time,
            source: 0,
            row: Some(row),
            stale: false,
            form: TransactionForm::default(),
        });
        batch.transfers.push(&TransferRow {
            event: row - 1,
            from: Endpoint::Account(listed(from)),
            to: Endpoint::Account(listed(to)),
            asset: 0,
            amount: Some(Amount::new(units).unwrap()),
            kind: TransferKind::Due,
            layers: Layers::VALUE,
        });
    }
    batch
}

fn linked(mut batch: Batch, consumed: i128, paid: i128) -> Batch {
    batch.links.push(LinkRow {
        earlier: 0,
        later: 1,
        consumed: Some(Amount::new(consumed).unwrap()),
        paid: Some(Amount::new(paid).unwrap()),
        basis: Basis::Fact,
    });
    batch
}

/// One book writes a token with two decimals, another with four: amounts and links scale together.
#[test]
fn links_keep_pace_with_the_decimals_of_their_amounts() {
    let asset = |decimals| coin().with_decimals(decimals);
    let first = rows(
        &asset(2),
        Instant::at(0),
        &[("a", "b", 500), ("b", "c", 500)],
    );
    let second = rows(&asset(4), Instant::at(9), &[("x", "y", 1)]);
    let (graph, _) = built(vec![
        ("first", 2, vec![linked(first, 500, 500)]),
        ("second", 2, vec![second]),
    ]);
    let link = graph.links().next().unwrap();
    assert_eq!(received(&graph, "c"), [50_000]);
    assert_eq!((link.consumed.units(), link.paid.units()), (50_000, 50_000));
}

/// A raw export counts a token in smallest units; an explorer's file may show more places than it has.
#[test]
fn decimals_that_another_exhibit_shows_are_taken_and_said() {
    let key = AssetKey::Token(Network::Ethereum, "0x00".into());
    let undescribed = Asset::new(key);
    assert!(undescribed.is_undescribed());
    let shown = undescribed.clone().with_symbol("T").with_decimals(6);
    let raw = rows(&undescribed, Instant::at(0), &[("a", "b", 5_000_000)]);
    let explorer = rows(&shown, Instant::at(9), &[("x", "y", 7_000_000)]);
    let (graph, notes) = built(vec![("raw", 1, vec![raw]), ("explorer", 3, vec![explorer])]);
    assert_eq!(graph.assets().len(), 1);
    assert_eq!(graph.assets()[0].decimals(), 6);
    assert_eq!(received(&graph, "b"), [5_000_000]);
    let said = |remark: &String| remark.starts_with("X1 states no decimals of ethereum:0x00");
    assert_eq!(
        notes.remarks.iter().filter(|remark| said(remark)).count(),
        1
    );
}

#[test]
fn a_link_of_less_than_nothing_does_not_make_room_for_others() {
    let mut batch = linked(
        rows(
            &coin(),
            Instant::at(0),
            &[("a", "b", 10), ("b", "c", 10), ("b", "d", 10)],
        ),
        -10,
        -10,
    );
    batch.links.push(LinkRow {
        later: 2,
        consumed: Some(Amount::from_u64(10)),
        paid: Some(Amount::from_u64(10)),
        ..batch.links[0].clone()
    });
    let (graph, notes) = built(vec![("book", 2, vec![batch])]);
    assert_eq!(n_links(&graph), 1);
    assert_eq!(notes.remarks.len(), 1, "{:?}", notes.remarks);
}

fn with_token(mut batch: Batch, side: Side) -> Batch {
    for transfer in (0..).take(batch.transfers.len()) {
        batch.references.push(ReferenceRow {
            transfer,
            reference: Reference::Token {
                token: "414".into(),
                side,
                issuer: "A".into(),
                payer: "B".into(),
            },
        });
    }
    batch
}

/// Tokens are recycled, so that a row without a date can be of any year.
#[test]
fn a_token_without_a_date_joins_nothing() {
    let day = |seconds| Instant::new(seconds, Precision::Day);
    let orders = |taken, paid| {
        let issued = rows(&coin(), taken, &[("A", "B/pending", 100)]);
        let received = rows(&coin(), paid, &[("A'", "B'/pending", 100)]);
        let (_, notes) = built(vec![
            ("book a", 2, vec![with_token(issued, Side::Issued)]),
            ("book b", 2, vec![with_token(received, Side::Received)]),
        ]);
        (notes.claims.len(), notes.n_unmatched_tokens)
    };
    assert_eq!(orders(day(0), day(86_400)), (1, 0));
    assert_eq!(orders(day(0), Instant::UNKNOWN), (0, 2));
    assert_eq!(orders(Instant::UNKNOWN, day(0)), (0, 2));
    assert_eq!(orders(day(0), day(40 * 86_400)), (0, 2));
}

fn naming(mut batch: Batch, txid: u8) -> Batch {
    for transfer in (0..).take(batch.transfers.len()) {
        batch.references.push(ReferenceRow {
            transfer,
            reference: Reference::Transaction {
                txid: [txid; 32],
                account: None,
            },
        });
    }
    batch
}

/// Two customers cannot both have received one and the same transfer.
#[test]
fn two_rows_of_a_book_are_not_one_transfer() {
    let chain = || vec![block(1, Some(0), 1, &[(11, vec![], vec![("wallet", 50)])])];
    let book = |rows_of_it: &[(&str, &str, i128)]| {
        vec![naming(rows(&coin(), Instant::at(0), rows_of_it), 11)]
    };
    let twice = book(&[("keeper", "one", 50), ("keeper", "two", 50)]);
    let (graph, notes) = built(vec![("chain", 0, chain()), ("book", 2, twice)]);
    assert_eq!((notes.claims.len(), notes.n_unmatched_transactions), (0, 2));
    assert_eq!(reasons(&notes), [Unmatched::SeveralRows; 2]);
    assert_eq!(received(&graph, "one"), [50]);
    // Each side's book names it once.
    let (_, notes) = built(vec![
        ("chain", 0, chain()),
        ("book a", 2, book(&[("keeper", "one", 50)])),
        ("book b", 2, book(&[("other", "two", 50)])),
    ]);
    assert_eq!((notes.claims.len(), notes.n_unmatched_transactions), (2, 0));
    assert_eq!(reasons(&notes), []);
}

fn reasons(notes: &BuildNotes) -> Vec<Unmatched> {
    let rows = notes.unmatched_transactions.iter();
    rows.map(|row| row.why).collect()
}

/// What a chain does not hold, or not so, is listed with row and id.
#[test]
fn a_row_that_is_joined_with_no_transaction_is_listed() {
    let chain = || vec![block(1, Some(0), 1, &[(11, vec![], vec![("wallet", 50)])])];
    let book = |txid, amount| {
        let named = rows(&coin(), Instant::at(0), &[("keeper", "one", amount)]);
        let book = vec![naming(named, txid)];
        let (_, notes) = built(vec![("chain", 0, chain()), ("book", 2, book)]);
        notes
    };
    assert_eq!(book(11, 50).unmatched_transactions, []);
    assert_eq!(reasons(&book(11, 49)), [Unmatched::NoSuchMovement]);
    let notes = book(12, 50);
    let [row] = &notes.unmatched_transactions[..] else {
        panic!("one row names it");
    };
    assert_eq!(row.why, Unmatched::NotInEvidence);
    assert_eq!((row.exhibit, row.event_row), (2, 0));
    assert_eq!(row.txid, "0c".repeat(32));
    assert!(row.locator.ends_with("R1"), "{}", row.locator);
}

/// Two lists of one transaction that disagree on an amount: one movement, and a note.
#[test]
fn a_differing_amount_is_no_second_movement() {
    let list = |transfers: &[(&str, &str, i128)]| {
        let mut batch = rows(&coin(), Instant::at(0), transfers);
        batch.events.truncate(1);
        batch.events[0].kind = EventKind::Payment;
        batch.events[0].transaction = Some((Network::Tron, [7; 32]));
        batch.transfers = batch
            .transfers
            .iter()
            .map(|row| TransferRow { event: 0, ..row })
            .collect();
        vec![batch]
    };
    let (graph, notes) = built(vec![
        ("good", 2, list(&[("a", "b", 100)])),
        ("rounded", 3, list(&[("a", "b", 99), ("a", "c", 5)])),
    ]);
    assert_eq!(received(&graph, "b"), [100]);
    assert_eq!(received(&graph, "c"), [5], "what the better source lacks");
    assert_eq!(notes.remarks.len(), 1, "{:?}", notes.remarks);
    let (graph, _) = built(vec![("one", 2, list(&[("a", "b", 100), ("a", "b", 99)]))]);
    assert_eq!(received(&graph, "b"), [100, 99], "rows of one list add up");
}

/// A book infers that coins paid to an exchange became cash; the chain shows the exchange spending them.
#[test]
fn an_inferred_link_never_displaces_an_outpoint() {
    for content in ["a", "b", "c", "d", "e", "f"] {
        let chain = vec![
            block(1, Some(0), 1, &[(11, vec![], vec![("exchange", 50)])]),
            block(2, Some(1), 2, &[(22, vec![(11, 0)], vec![("paid", 50)])]),
        ];
        let mut book = naming(
            rows(&coin(), Instant::at(0), &[("keeper", "exchange", 50)]),
            11,
        );
        let cash = rows(&coin(), Instant::at(0), &[("exchange", "keeper", 50)]);
        book.events.push(EventRow {
            row: Some(2),
            ..cash.events[0].clone()
        });
        book.transfers.push(&TransferRow {
            event: 1,
            ..cash.transfers.get(0)
        });
        book.links.push(LinkRow {
            earlier: 0,
            later: 1,
            consumed: None,
            paid: None,
            basis: Basis::parse("inference exchange-pair@1").unwrap(),
        });
        let (graph, notes) = built(vec![("chain", 0, chain), (content, 2, vec![book])]);
        assert_eq!(notes.claims.len(), 1, "{content}");
        let node = graph.node_of(&listed("paid")).unwrap();
        let junction = graph.from(graph.transfers_in(node).first().unwrap());
        let input = graph.transfers_in(junction).first().unwrap();
        let links: Vec<&Basis> = graph.links_spending(input).map(|link| link.basis).collect();
        assert_eq!(links, [&Basis::Fact], "{content}: {:?}", notes.remarks);
    }
}

/// The better source leaves the spent output unknown, the other one states its value alone.
#[test]
fn a_value_is_stated_without_an_account() {
    let better = block(1, Some(0), 1, &[(11, vec![(7, 0)], vec![("a", 50)])]);
    let mut other = better.clone();
    let inputs: Vec<_> = vec![Some(Amount::from_u64(60))];
    let mut rebuilt = Batch {
        transfers: Transfers::default(),
        ..other.clone()
    };
    let placeholder = Endpoint::Account(moneytrail_model::AccountKey::Outpoint(
        Network::Regtest,
        [7; 32],
        0,
    ));
    rebuilt.transfers.push(&TransferRow {
        event: 0,
        from: placeholder,
        to: Endpoint::Junction,
        asset: 0,
        amount: inputs[0],
        kind: TransferKind::Input,
        layers: Layers::BOTH,
    });
    rebuilt.transfers.push(&TransferRow {
        event: 0,
        from: Endpoint::Junction,
        to: Endpoint::Account(listed("a")),
        asset: 0,
        amount: Some(Amount::from_u64(50)),
        kind: TransferKind::Output,
        layers: Layers::BOTH,
    });
    other = rebuilt;
    let (graph, _) = built(vec![("better", 0, vec![better]), ("other", 3, vec![other])]);
    assert_eq!(received(&graph, "a"), [50]);
    assert_eq!(
        graph.amount(TransferIdx::new(0)).map(Amount::units),
        Some(60)
    );
}

#[test]
fn a_malformed_key_is_refused() {
    use moneytrail_store::schema::EndRef;
    let mut batch = rows(&coin(), Instant::at(5), &[("a", "b", 1)]);
    batch.transfers.push_ends(
        0,
        EndRef::Key(&[0x99, 0x01]),
        EndRef::Key(&listed("b").encode()),
        0,
        Some(Amount::from_u64(1)),
        TransferKind::Payment,
        Layers::BOTH,
    );
    let directory = tempfile::tempdir().unwrap();
    let writer = new_case(directory.path());
    add(&writer, "x", 2, vec![batch]);
    let built = writer.case().graph();
    assert!(
        built.is_err(),
        "built an index of a key that does not decode"
    );
}

/// An unrelated exhibit must not turn round the order of two events at one instant.
#[test]
fn an_unrelated_exhibit_changes_no_order() {
    let listed_row = |content: &str| {
        let mut batch = rows(&coin(), Instant::at(5), &[("a", "b", 1)]);
        batch.events[0].kind = EventKind::Payment;
        batch.events[0].transaction = Some((Network::Regtest, [content.as_bytes()[0]; 32]));
        batch
    };
    let with_row = {
        let mut batch = listed_row("p");
        batch.events[0].row = Some(50);
        batch
    };
    let without = {
        let mut batch = listed_row("q");
        batch.events[0].row = None;
        batch.transfers = batch
            .transfers
            .iter()
            .map(|row| TransferRow {
                to: Endpoint::Account(listed("c")),
                ..row
            })
            .collect();
        batch
    };
    let many: Vec<(&str, &str, i128)> = vec![("x", "y", 1); 100];
    let orders: Vec<bool> = (0..24)
        .map(|n| {
            let name = format!("unrelated {n}");
            let mut exhibits = vec![
                ("first", 2, vec![with_row.clone()]),
                ("second", 2, vec![without.clone()]),
            ];
            if n > 0 {
                exhibits.push((&name, 2, vec![rows(&coin(), Instant::at(9_000), &many)]));
            }
            let (graph, _) = built(exhibits);
            let of = |name| {
                graph
                    .transfers_in(graph.node_of(&listed(name)).unwrap())
                    .first()
                    .unwrap()
            };
            of("b") < of("c")
        })
        .collect();
    assert!(orders.iter().all(|&order| order == orders[0]), "{orders:?}");
}

/// A wallet's line about a transaction: what it paid, and the fee that it states.
fn wallet_line(txid: u8, paid: u64, fee: u64) -> Batch {
    let mut batch = rows(
        &coin(),
        Instant::at(1_700_000_000),
        &[("wallet", "other side", paid.into())],
    );
    batch.events[0].kind = EventKind::LedgerLine;
    batch.events[0].transaction = Some((Network::Regtest, [txid; 32]));
    batch.transfers.push(&TransferRow {
        event: 0,
        from: Endpoint::Account(listed("wallet")),
        to: Endpoint::Account(moneytrail_model::AccountKey::Fees(Network::Regtest)),
        asset: 0,
        amount: Some(Amount::from_u64(fee)),
        kind: TransferKind::Fee,
        layers: Layers::BOTH,
    });
    batch
}

/// Transaction 22 pays 30 and 10 of 50 received: its fee is 10.
fn paying_chain() -> Vec<Batch> {
    vec![
        block(1, Some(0), 1, &[(11, vec![], vec![("payer", 50)])]),
        block(
            2,
            Some(1),
            2,
            &[(22, vec![(11, 0)], vec![("paid", 30), ("change", 10)])],
        ),
    ]
}

fn fees(graph: &Graph) -> i128 {
    let node = graph.node_of(&moneytrail_model::AccountKey::Fees(Network::Regtest));
    let into = node.into_iter().flat_map(|node| graph.transfers_in(node));
    into.map(|leg| graph.amount(leg).unwrap().units()).sum()
}

#[test]
fn all_legs_of_a_wallets_line_give_way_to_the_transaction() {
    for content in ["a", "b", "c", "d"] {
        // The chain's rank is as low as the wallet's: its own record goes first all the same.
        let (graph, notes) = built(vec![
            ("chain", 3, paying_chain()),
            (content, 3, vec![wallet_line(22, 30, 10)]),
        ]);
        assert_eq!(fees(&graph), 10, "{content}: the fee stands once");
        assert!(graph.node_of(&listed("wallet")).is_none());
        assert_eq!(received(&graph, "paid"), [30]);
        assert_eq!(notes.remarks, [""; 0]);
        assert_eq!(notes.n_joined_events, 1);
        let paid = graph.node_of(&listed("paid")).unwrap();
        let leg = graph.transfers_in(paid).first().unwrap();
        assert_eq!(graph.citations_of(leg).count(), 2, "both are cited");
    }
}

#[test]
fn what_a_wallet_states_otherwise_is_listed() {
    let remarks = |paid, fee| {
        let line = wallet_line(22, paid, fee);
        let (graph, notes) = built(vec![
            ("chain", 0, paying_chain()),
            ("wallet", 3, vec![line]),
        ]);
        assert_eq!(fees(&graph), 10);
        let count = |what: &str| {
            notes
                .remarks
                .iter()
                .filter(|said| said.contains(what))
                .count()
        };
        (
            count("the fee"),
            count("no outputs add up"),
            notes.remarks.len(),
        )
    };
    assert_eq!(remarks(30, 10), (0, 0, 0));
    assert_eq!(remarks(40, 10), (0, 0, 0), "both outputs");
    assert_eq!(remarks(30, 9), (1, 0, 1));
    assert_eq!(remarks(31, 10), (0, 1, 1));
}

#[test]
fn a_wallets_line_stands_where_the_chain_is_not_in_evidence() {
    let (graph, notes) = built(vec![
        ("chain", 0, paying_chain()),
        ("wallet", 3, vec![wallet_line(23, 30, 9)]),
    ]);
    assert_eq!(fees(&graph), 19);
    assert_eq!(received(&graph, "other side"), [30]);
    assert_eq!(notes.n_joined_events, 0);
}

/// A table that writes a symbol only, beside an export that names the contract: one movement, of that contract, however
/// many decimal places either keeps.
#[test]
fn a_symbol_gives_way_to_the_contract_that_a_better_source_names() {
    let described = |asset: Asset, units: &[u64]| {
        let mut batch = Batch {
            sources: vec![source()],
            assets: vec![asset],
            events: vec![EventRow {
                kind: EventKind::Payment,
                transaction: Some((Network::Tron, [7; 32])),
                block: None,
                tx_index: None,
                time: Instant::new(1_000, Precision::Second),
                source: 0,
                row: Some(2),
                stale: false,
                form: TransactionForm::default(),
            }],
            ..Batch::default()
        };
        for &units in units {
            batch.transfers.push(&TransferRow {
                event: 0,
                from: Endpoint::Account(listed("a")),
                to: Endpoint::Account(listed("b")),
                asset: 0,
                amount: Some(Amount::from_u64(units)),
                kind: TransferKind::Payment,
                layers: Layers::BOTH,
            });
        }
        batch
    };
    let written = |symbol: &str| {
        let marked = format!("{symbol} (tron, contract not stated)");
        Asset::new(AssetKey::AsWritten(marked.into())).with_decimals(2)
    };
    let usdt = Asset::new("tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t".parse().unwrap());
    for content in ["a", "b", "c", "d"] {
        let of = |symbol: &str, units: &[u64]| {
            let (graph, _) = built(vec![
                (
                    "export",
                    2,
                    vec![described(usdt.clone(), &[5_000_000, 7_000_000])],
                ),
                (content, 4, vec![described(written(symbol), units)]),
            ]);
            let mut units = received(&graph, "b");
            units.sort_unstable();
            units
        };
        assert_eq!(of("USDT", &[700, 500]), [5_000_000, 7_000_000], "{content}");
        assert_eq!(
            of("USDT", &[500, 500]),
            [500, 5_000_000, 7_000_000],
            "only one is of it"
        );
        assert_eq!(of("SHIB", &[500]), [500, 5_000_000, 7_000_000]);
    }
}
