//! What goes into the builder comes out of the index, in memory and mapped: every accessor against
//! plain lists.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot build its graph has failed"
)]

use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, AssetKey, Basis, EventIdx, EventKind, Instant, Layers,
    Network, NodeIdx, Precision, TransferIdx, TransferKind,
};
use moneytrail_store::graph::{Citation, End, Graph, GraphBuilder, Group};
use proptest::prelude::*;
use proptest::sample::select;

/// One end of a transfer: an account, or the junction.
type Place = Option<u8>;

#[derive(Clone, Debug)]
struct Moved {
    ends: (Place, Place),
    asset: bool,
    amount: Option<i128>,
    kind: TransferKind,
    layers: Layers,
    /// Whether a record speaks of it alone.
    cited: bool,
}

#[derive(Clone, Debug)]
struct Happened {
    kind: EventKind,
    time: Instant,
    is_open: bool,
    txid: Option<(Network, u8)>,
    n_citations: u32,
    moved: Vec<Moved>,
}

/// Earlier and later transfer by their place, and amounts; none for all there is.
#[derive(Clone, Debug)]
struct Linked {
    ends: (usize, usize),
    amounts: Option<(u64, u64)>,
    is_fact: bool,
}

fn amounts() -> impl Strategy<Value = Option<i128>> {
    let edges = [0, 1, (1 << 31) - 1, 1 << 31, (1 << 63) - 1, 1 << 63];
    let most = 10_i128.pow(38) - 1;
    prop_oneof![
        4 => (0..1000_i128).prop_map(Some),
        1 => select(edges.to_vec()).prop_map(Some),
        1 => select(vec![-1, most, -most, i128::from(i64::MIN)]).prop_map(Some),
        1 => Just(None),
    ]
}

fn moved(has_junction: bool) -> impl Strategy<Value = Moved> {
    let place = || 0..12_u8;
    let between = (place(), place()).prop_map(|(a, b)| (Some(a), Some(b)));
    let ends = if has_junction {
        prop_oneof![
            4 => place().prop_map(|a| (Some(a), None)),
            4 => place().prop_map(|a| (None, Some(a))),
            1 => between,
        ]
        .boxed()
    } else {
        between.boxed()
    };
    let layers = select(vec![Layers::CUSTODY, Layers::VALUE, Layers::BOTH]);
    let kind = select(TransferKind::ALL);
    (ends, any::<bool>(), amounts(), kind, layers, any::<bool>()).prop_map(
        |(ends, asset, amount, kind, layers, cited)| Moved {
            ends,
            asset,
            amount,
            kind,
            layers,
            cited,
        },
    )
}

/// Events, most of whose transfers stand as a chain's do: into the junction first.
fn happened() -> impl Strategy<Value = Happened> {
    let time = prop_oneof![
        4 => (0..1_000_000_i64).prop_map(Instant::at),
        1 => select(vec![Instant::UNKNOWN, Instant::new(0, Precision::Day)]),
        1 => select(vec![i64::from(u32::MAX), -1, 1 << 40]).prop_map(Instant::at),
    ];
    let network = select(vec![Network::Bitcoin, Network::Tron]);
    let txid = prop::option::of((network, 0..5_u8));
    (select(EventKind::ALL), time, any::<bool>(), txid, 0..3_u32).prop_flat_map(
        |(kind, time, is_open, txid, n_citations)| {
            let moved = prop::collection::vec(moved(kind.has_junction()), 0..7);
            (moved, prop::bool::weighted(0.8)).prop_map(move |(mut moved, is_sorted)| {
                if is_sorted {
                    moved.sort_by_key(|one| match one.ends {
                        (Some(_), None) => 0,
                        (None, _) => 1,
                        _ => 2,
                    });
                }
                let (time, txid) = (time, txid);
                Happened {
                    kind,
                    time,
                    is_open,
                    txid,
                    n_citations,
                    moved,
                }
            })
        },
    )
}

fn linked() -> impl Strategy<Value = Linked> {
    let amounts = prop::option::weighted(0.2, (0..9_u64, 0..9_u64));
    let ends = (0..200_usize, 0..200_usize);
    (ends, amounts, prop::bool::weighted(0.9)).prop_map(|(ends, amounts, is_fact)| Linked {
        ends,
        amounts,
        is_fact,
    })
}

fn key(place: u8) -> AccountKey {
    // The order of names is not that of first use.
    AccountKey::Listed(format!("{:03}", u32::from(place) * 77 % 100).into())
}

/// What was put in, in the order of ids.
#[derive(Default)]
struct Model {
    kinds: Vec<EventKind>,
    times: Vec<(Instant, bool)>,
    txids: Vec<Option<(Network, [u8; 32])>>,
    citations: Vec<Vec<(Citation, Option<usize>)>>,
    /// Event and transfer.
    moved: Vec<(usize, Moved)>,
    /// Later, earlier, consumed, paid, whether a fact.
    links: Vec<(usize, usize, i128, i128, bool)>,
}

fn build(events: &[Happened], links: &[Linked]) -> (Graph, Model) {
    let (mut builder, mut model) = (GraphBuilder::default(), Model::default());
    let assets = ["EUR", "USD"].map(|code| {
        let asset = Asset::new(AssetKey::currency(code).unwrap());
        builder.asset(asset)
    });
    builder.account(&AccountKey::Listed("never used".into()));
    for (number, event) in events.iter().enumerate() {
        builder.event(event.kind, event.time);
        if event.is_open {
            builder.order_is_open();
        }
        let txid = event.txid.map(|(network, byte)| (network, [byte; 32]));
        if let Some((network, txid)) = txid {
            builder.event_txid(network, txid);
        }
        let mut citations = Vec::new();
        for n in 0..event.n_citations {
            let citation = Citation {
                exhibit: n * 300 + 1,
                event_row: u32::try_from(number).unwrap(),
            };
            builder.cite(citation);
            citations.push((citation, None));
        }
        for moved in &event.moved {
            let mut end = |place: Place| match place {
                Some(place) => builder.account(&key(place)),
                None => End::Junction,
            };
            let (from, to) = (end(moved.ends.0), end(moved.ends.1));
            let transfer = builder.transfer(
                from,
                to,
                assets[usize::from(moved.asset)],
                moved.amount.map(|units| Amount::new(units).unwrap()),
                moved.kind,
                moved.layers,
            );
            assert_eq!(transfer.idx(), model.moved.len());
            if moved.cited {
                let citation = Citation {
                    exhibit: 9,
                    event_row: transfer.raw(),
                };
                builder.cite_for(transfer, citation);
                citations.push((citation, Some(transfer.idx())));
            }
            model.moved.push((number, moved.clone()));
        }
        model.kinds.push(event.kind);
        model.times.push((event.time, event.is_open));
        model.txids.push(txid);
        model.citations.push(citations);
    }
    for link in links.iter().filter(|_| !model.moved.is_empty()) {
        let [earlier, later] = [link.ends.0, link.ends.1].map(|end| end % model.moved.len());
        let amount = |transfer: usize| model.moved[transfer].1.amount.unwrap_or(3);
        let (consumed, paid) = match link.amounts {
            Some((consumed, paid)) => (consumed.into(), paid.into()),
            None => (amount(earlier), amount(later)),
        };
        let basis = if link.is_fact {
            Basis::Fact
        } else {
            Basis::Assumption("chosen".into())
        };
        builder.link(
            TransferIdx::new(earlier),
            TransferIdx::new(later),
            Amount::new(consumed).unwrap(),
            Amount::new(paid).unwrap(),
            basis,
        );
        model
            .links
            .push((later, earlier, consumed, paid, link.is_fact));
    }
    model.links.sort_unstable();
    model.links.dedup();
    (builder.finish().unwrap(), model)
}

fn check(graph: &Graph, model: &Model) {
    let used = model
        .moved
        .iter()
        .flat_map(|(_, one)| [one.ends.0, one.ends.1]);
    let mut keys: Vec<AccountKey> = used.flatten().map(key).collect();
    keys.sort_by_key(AccountKey::encode);
    keys.dedup();
    let junctions: Vec<usize> = (0..model.kinds.len())
        .filter(|&event| model.kinds[event].has_junction())
        .collect();
    assert_eq!(graph.n_accounts(), keys.len());
    assert_eq!(graph.n_nodes(), keys.len() + junctions.len());
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(graph.account(NodeIdx::new(place)).as_ref(), Some(key));
        assert_eq!(graph.node_of(key), Some(NodeIdx::new(place)));
    }
    assert_eq!(
        graph.node_of(&AccountKey::Listed("never used".into())),
        None
    );
    let junction = |event: usize| {
        let place = junctions.binary_search(&event).ok()?;
        Some(NodeIdx::new(keys.len() + place))
    };
    check_events(graph, model, &junction);
    check_transfers(graph, model, &|event, place| match place {
        Some(place) => NodeIdx::new(keys.iter().position(|known| *known == key(place)).unwrap()),
        None => junction(event).unwrap(),
    });
    check_links(graph, model);
}

fn check_events(graph: &Graph, model: &Model, junction: &dyn Fn(usize) -> Option<NodeIdx>) {
    assert_eq!(graph.n_events(), model.kinds.len());
    for event in 0..model.kinds.len() {
        let id = EventIdx::new(event);
        assert_eq!(graph.event_kind(id), model.kinds[event]);
        assert_eq!(graph.time(id), model.times[event].0);
        assert_eq!(graph.order_is_open(id), model.times[event].1);
        assert_eq!(graph.junction_of(id), junction(event));
        if let Some(node) = junction(event) {
            assert!(graph.is_junction(node) && graph.account(node).is_none());
            assert_eq!(graph.junction_event(node), Some(id));
        }
        assert_eq!(graph.txid(id), model.txids[event]);
        let citations: Vec<Citation> = graph.citations(id).collect();
        let wanted = model.citations[event].iter().map(|cited| cited.0);
        assert!(citations.iter().copied().eq(wanted), "{citations:?}");
        let of = (0..model.moved.len()).filter(|&transfer| model.moved[transfer].0 == event);
        assert!(graph.transfers_of(id).map(TransferIdx::idx).eq(of));
    }
    for byte in 0..6 {
        let has = |event: &usize| model.txids[*event].is_some_and(|(_, id)| id == [byte; 32]);
        let wanted = (0..model.txids.len()).filter(has);
        assert!(
            graph
                .events_of_txid(&[byte; 32])
                .map(EventIdx::idx)
                .eq(wanted)
        );
    }
}

fn check_transfers(graph: &Graph, model: &Model, node: &dyn Fn(usize, Place) -> NodeIdx) {
    assert_eq!(graph.n_transfers(), model.moved.len());
    for (transfer, (event, moved)) in model.moved.iter().enumerate() {
        let id = TransferIdx::new(transfer);
        assert_eq!(graph.event_of(id).idx(), *event);
        assert_eq!(graph.from(id), node(*event, moved.ends.0));
        assert_eq!(graph.to(id), node(*event, moved.ends.1));
        assert_eq!(graph.amount(id).map(Amount::units), moved.amount);
        assert_eq!(graph.kind(id), moved.kind);
        assert_eq!(graph.layers(id), moved.layers);
        assert_eq!(graph.asset_of(id), AssetIdx::new(moved.asset.into()));
        let wanted = model.citations[*event].iter();
        let wanted = wanted.filter(|(_, about)| about.is_none_or(|about| about == transfer));
        assert!(graph.citations_of(id).eq(wanted.map(|cited| cited.0)));
    }
    let ends = |end: fn(&Moved) -> Place| {
        let moved = model.moved.iter();
        let ends = moved.map(move |(event, one)| node(*event, end(one)));
        ends.collect::<Vec<NodeIdx>>()
    };
    let (from, to) = (ends(|one| one.ends.0), ends(|one| one.ends.1));
    for id in (0..graph.n_nodes()).map(NodeIdx::new) {
        for (found, wanted) in [
            (graph.transfers_out(id), &from),
            (graph.transfers_in(id), &to),
        ] {
            let wanted: Vec<TransferIdx> = (0..wanted.len())
                .filter(|&transfer| wanted[transfer] == id)
                .map(TransferIdx::new)
                .collect();
            assert!(found.iter().eq(wanted.iter().copied()));
            assert_eq!(
                (found.len(), found.is_empty()),
                (wanted.len(), wanted.is_empty())
            );
            assert_eq!(found.iter().len(), wanted.len());
            for place in 0..=wanted.len() {
                assert_eq!(found.get(place), wanted.get(place).copied());
                let bound = wanted.get(place).copied();
                let n_before = found.partition_point(|one| bound.is_none_or(|bound| one < bound));
                assert_eq!(n_before, place);
            }
        }
    }
}

fn check_links(graph: &Graph, model: &Model) {
    assert_eq!(graph.n_links(), model.links.len());
    let row = |link: &moneytrail_store::graph::Link<'_>| {
        assert_eq!(graph.link(link.id), *link);
        (
            link.later.idx(),
            link.earlier.idx(),
            link.consumed.units(),
            link.paid.units(),
            *link.basis == Basis::Fact,
        )
    };
    // Bases are numbered as they come, so that links that differ in nothing else keep their order.
    let sorted = |mut rows: Vec<(usize, usize, i128, i128, bool)>| {
        rows.sort_unstable();
        rows
    };
    let all: Vec<_> = graph.links().collect();
    assert!(all.is_sorted_by_key(|link| link.id));
    assert!(all.is_sorted_by_key(|link| (link.later, link.earlier)));
    assert_eq!(sorted(all.iter().map(row).collect()), model.links);
    for transfer in 0..model.moved.len() {
        let id = TransferIdx::new(transfer);
        let spending = graph.links_spending(id);
        let wanted: Vec<_> = (model.links.iter().copied())
            .filter(|link| link.0 == transfer)
            .collect();
        assert_eq!(spending.len(), wanted.len());
        assert_eq!(sorted(spending.map(|link| row(&link)).collect()), wanted);
        let spent: Vec<_> = graph.links_spent_by(id).collect();
        assert!(spent.is_sorted_by_key(|link| link.id));
        let wanted: Vec<_> = (model.links.iter().copied())
            .filter(|link| link.1 == transfer)
            .collect();
        assert_eq!(graph.links_spent_by(id).len(), wanted.len());
        assert_eq!(sorted(spent.iter().map(row).collect()), wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_goes_in_comes_out(
        events in prop::collection::vec(happened(), 0..40),
        links in prop::collection::vec(linked(), 0..60),
    ) {
        let (graph, model) = build(&events, &links);
        check(&graph, &model);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("graph.bin");
        graph.write(&path).unwrap();
        check(&Graph::open(&path).unwrap(), &model);
    }

    /// Most links are outpoints, so that they stand as such: few others among them.
    #[test]
    fn outpoints_among_other_links(
        n_spent in 1..300_usize,
        others in prop::collection::vec(linked(), 0..6),
        twice in 0..300_usize,
    ) {
        let transaction = |ends, n_moved| Happened {
            kind: EventKind::Transaction,
            time: Instant::at(0),
            is_open: false,
            txid: None,
            n_citations: 1,
            moved: vec![
                Moved {
                    ends,
                    asset: false,
                    amount: Some(7),
                    kind: TransferKind::Output,
                    layers: Layers::BOTH,
                    cited: false,
                };
                n_moved
            ],
        };
        let events = [
            transaction((None, Some(1)), n_spent),
            transaction((Some(1), None), n_spent),
            transaction((None, Some(2)), 2),
        ];
        let outpoint = |place: usize| Linked {
            ends: (place, n_spent + place * 7 % n_spent),
            amounts: None,
            is_fact: true,
        };
        let mut links: Vec<Linked> = (0..n_spent).map(outpoint).collect();
        links.extend((twice < n_spent).then(|| outpoint(twice)));
        links.extend(others);
        let (graph, model) = build(&events, &links);
        check(&graph, &model);
    }
}

/// Bytes for each transfer: structure, and all.
fn bytes_per_transfer(graph: &Graph) -> (u64, u64) {
    let parts = graph.bytes().unwrap();
    let sum = |is_counted: fn(Group) -> bool| -> u64 {
        let counted = parts.iter().filter(|part| is_counted(part.group));
        counted.map(|part| part.n_bytes).sum()
    };
    let each = |n_bytes: u64| n_bytes.div_ceil(graph.n_transfers() as u64);
    (
        each(sum(|group| group == Group::Structure)),
        each(sum(|_| true)),
    )
}

/// A number that looks random: the finaliser of splitmix64.
fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// A key as long as that of most addresses.
fn account(builder: &mut GraphBuilder, number: u64) -> End {
    let mut key = [1; 23];
    key[15..].copy_from_slice(&mixed(number).to_be_bytes());
    builder.account_bytes(&key)
}

/// 2.3 inputs, 2.3 outputs and a fee in a transaction, one account for five transfers, one amount in
/// twenty beyond 31 bits.
#[test]
fn a_chain_takes_few_bytes() {
    let mut builder = GraphBuilder::default();
    let coin = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    let fees = builder.account(&AccountKey::Fees(Network::Bitcoin));
    let mut unspent = Vec::new();
    for event in 0..20_000_u64 {
        let n_each = if mixed(event) % 10 < 3 { 3 } else { 2 };
        builder.event(
            EventKind::Transaction,
            Instant::at(1_500_000_000 + event.cast_signed()),
        );
        let citation = Citation {
            exhibit: 1,
            event_row: u32::try_from(event).unwrap(),
        };
        builder.cite(citation);
        let mut txid = [0; 32];
        txid[..8].copy_from_slice(&mixed(event).to_be_bytes());
        builder.event_txid(Network::Bitcoin, txid);
        let add = |builder: &mut GraphBuilder, from, to, units, kind| {
            let amount = Some(Amount::from_u64(units));
            builder.transfer(from, to, coin, amount, kind, Layers::BOTH)
        };
        let n_spent = if event < 1000 {
            0
        } else {
            n_each.min(unspent.len())
        };
        let mut links = Vec::new();
        for (owner, units, output) in unspent.drain(..n_spent) {
            let kind = TransferKind::Input;
            links.push((
                output,
                add(&mut builder, owner, End::Junction, units, kind),
                units,
            ));
        }
        for place in 0..n_each as u64 {
            let number = event * 8 + place;
            let owner = account(&mut builder, mixed(number) % (event * 112 / 100 + 1));
            let is_great = mixed(number).is_multiple_of(20);
            let units = mixed(number) % if is_great { 1 << 40 } else { 1 << 31 };
            let output = add(
                &mut builder,
                End::Junction,
                owner,
                units,
                TransferKind::Output,
            );
            unspent.push((owner, units, output));
        }
        add(&mut builder, End::Junction, fees, 1000, TransferKind::Fee);
        for (output, input, units) in links {
            let units = Amount::from_u64(units);
            builder.link(output, input, units, units, Basis::Fact);
        }
    }
    let (structure, all) = bytes_per_transfer(&builder.finish().unwrap());
    assert!(structure <= 23 && all <= 35, "{structure} and {all}");
}

/// Payments, each an event of its own; one account for five.
#[test]
fn a_list_of_payments_takes_few_bytes() {
    let mut builder = GraphBuilder::default();
    let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
    for event in 0..50_000_u64 {
        builder.event(EventKind::Payment, Instant::at(event.cast_signed()));
        let citation = Citation {
            exhibit: 1,
            event_row: u32::try_from(event).unwrap(),
        };
        builder.cite(citation);
        let [from, to] = [0, 1].map(|end| account(&mut builder, mixed(event * 2 + end) % 10_000));
        let amount = Some(Amount::from_u64(mixed(event) % 10_000_000));
        builder.transfer(from, to, euro, amount, TransferKind::Payment, Layers::BOTH);
    }
    let (structure, all) = bytes_per_transfer(&builder.finish().unwrap());
    assert!(structure <= 35 && all <= 41, "{structure} and {all}");
}

#[test]
fn a_damaged_head_is_noticed_when_the_index_is_opened() {
    let mut builder = GraphBuilder::default();
    let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
    let [a, b] = ["a", "b"].map(|name| builder.account(&AccountKey::Listed(name.into())));
    builder.event(EventKind::Payment, Instant::at(7));
    let amount = Some(Amount::from_u64(5));
    builder.transfer(a, b, euro, amount, TransferKind::Payment, Layers::BOTH);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph.bin");
    builder.finish().unwrap().write(&path).unwrap();
    let whole = fs_err::read(&path).unwrap();
    let n_columns = u32::from_le_bytes(whole[12..16].try_into().unwrap()) as usize;
    for at in 0..96 + n_columns * 24 {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x80;
        fs_err::write(&path, damaged).unwrap();
        assert!(Graph::open(&path).is_err(), "byte {at}");
    }
}
