//! Votes on change, soft claims, what is held back, and the strongest chain.
#![allow(clippy::unwrap_used, clippy::type_complexity, reason = "tests")]

use moneytrail_analysis::entity::change::{CHANGE, Ground, change, votes};
use moneytrail_analysis::entity::coinjoin::{self, JOINMARKET, STONEWALL, TX0, cleared, coinjoins};
use moneytrail_analysis::entity::soft::{
    DEPOSIT_REUSE, FEE_PAYER, RULES, SoftClaim, WRAPPED_KEY, soft_claims,
};
use moneytrail_analysis::entity::{
    Cause, Entities, EntityOptions, Known, MULTI_INPUT, chain, entities, held_together, parts, why,
};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Basis, EventIdx, EventKind, Habits, Instant, Layers,
    Network, NodeIdx, RuleId, ScriptKey, TransactionForm, TransferKind,
};
use moneytrail_store::graph::{End, Graph, GraphBuilder};
use proptest::prelude::*;

fn script(number: u16) -> AccountKey {
    let mut hash = [0; 20];
    hash[..2].copy_from_slice(&number.to_be_bytes());
    AccountKey::Script(Network::Bitcoin, ScriptKey::P2wpkh(hash))
}

fn node(graph: &Graph, number: u16) -> NodeIdx {
    graph.node_of(&script(number)).unwrap()
}

type Sides = Vec<(AccountKey, u64)>;

fn sides(sides: &[(u16, u64)]) -> Sides {
    sides
        .iter()
        .map(|&(number, sats)| (script(number), sats))
        .collect()
}

/// One transaction a second.
fn graph_of(transactions: &[(Sides, Sides)]) -> Graph {
    let mut builder = GraphBuilder::default();
    let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    for (second, (ins, outs)) in (0..).zip(transactions) {
        builder.event(EventKind::Transaction, Instant::at(second));
        for (account, sats) in ins {
            let (from, amount) = (builder.account(account), Some(Amount::from_u64(*sats)));
            builder.transfer(
                from,
                End::Junction,
                btc,
                amount,
                TransferKind::Input,
                Layers::BOTH,
            );
        }
        for (account, sats) in outs {
            let (to, amount) = (builder.account(account), Some(Amount::from_u64(*sats)));
            builder.transfer(
                End::Junction,
                to,
                btc,
                amount,
                TransferKind::Output,
                Layers::BOTH,
            );
        }
    }
    builder.finish().unwrap()
}

fn of_numbers(transactions: &[(&[(u16, u64)], &[(u16, u64)])]) -> Graph {
    let transactions: Vec<(Sides, Sides)> = transactions
        .iter()
        .map(|(ins, outs)| (sides(ins), sides(outs)))
        .collect();
    graph_of(&transactions)
}

fn with(rules: &[RuleId]) -> EntityOptions {
    EntityOptions {
        with: rules.to_vec(),
        ..EntityOptions::default()
    }
}

fn together(entities: &Entities, graph: &Graph, a: u16, b: u16) -> bool {
    entities.of(node(graph, a)) == entities.of(node(graph, b))
}

/// What a ground says of the last transaction: outputs that it cannot rule out, by place.
fn vote(graph: &Graph, ground: Ground) -> Option<u16> {
    let last = EventIdx::new(graph.n_events() - 1);
    let votes = votes(graph, &EntityOptions::default(), last).unwrap();
    let found = votes.votes.iter().find(|vote| vote.ground == ground);
    found.unwrap().candidates
}

#[test]
fn each_vote_names_what_it_cannot_rule_out() {
    // Somebody was paid at 9 before; 8 is new.
    let graph = of_numbers(&[
        (&[(1, 5000)], &[(9, 5000)]),
        (&[(2, 70_000), (3, 60_000)], &[(9, 90_000), (8, 39_000)]),
    ]);
    assert_eq!(vote(&graph, Ground::FreshAddress), Some(0b10));
    assert_eq!(vote(&graph, Ground::SmallerThanInputs), Some(0b10));
    assert_eq!(vote(&graph, Ground::AmongInputs), None);
    assert_eq!(vote(&graph, Ground::ScriptType), None);
    assert_eq!(vote(&graph, Ground::NotRound(3)), None);
    assert_eq!(vote(&graph, Ground::NotRound(4)), Some(0b10));
    assert_eq!(vote(&graph, Ground::NotRound(5)), None);
    // One input: whatever is paid is smaller. Both addresses are new.
    let graph = of_numbers(&[(&[(2, 170_000)], &[(9, 100_000), (8, 69_000)])]);
    assert_eq!(vote(&graph, Ground::SmallerThanInputs), None);
    assert_eq!(vote(&graph, Ground::FreshAddress), None);
    assert_eq!(vote(&graph, Ground::NotRound(5)), Some(0b10));
    // Back to the payer is certain, whatever else speaks against it.
    let graph = of_numbers(&[(&[(2, 170_000)], &[(9, 69_123), (2, 100_000)])]);
    assert_eq!(vote(&graph, Ground::AmongInputs), Some(0b10));
    let votes = votes(&graph, &EntityOptions::default(), EventIdx::new(0)).unwrap();
    assert_eq!(graph.to(votes.change().unwrap().0), node(&graph, 2));
    assert_eq!(soft_claims(&graph, &with(&[CHANGE])), []);
    // A script of another type.
    let other = AccountKey::Script(Network::Bitcoin, ScriptKey::P2pkh([7; 20]));
    let graph = graph_of(&[(sides(&[(2, 9000)]), vec![(other, 3000), (script(8), 5000)])]);
    assert_eq!(vote(&graph, Ground::ScriptType), Some(0b10));
}

/// A payment to 8 and 9 of version 2 without lock time, then a spending of each output with habits of its own.
fn spent_with(of_8: Habits, of_9: Habits) -> Graph {
    let mut builder = GraphBuilder::default();
    let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
    let (input, output) = (TransferKind::Input, TransferKind::Output);
    let send = |builder: &mut GraphBuilder, from, to, sats, kind| {
        let amount = Some(Amount::from_u64(sats));
        builder.transfer(from, to, btc, amount, kind, Layers::BOTH)
    };
    let [two, eight, nine, ten] = [2, 8, 9, 10].map(|number| builder.account(&script(number)));
    builder.event(EventKind::Transaction, Instant::at(0));
    builder.event_habits(form(2, 0));
    send(&mut builder, two, End::Junction, 90_000, input);
    let paid = [(eight, of_8, 40_001), (nine, of_9, 49_001)].map(|(to, habits, sats)| {
        let paid = send(&mut builder, End::Junction, to, sats, output);
        (to, habits, sats, paid)
    });
    for (second, (from, habits, sats, paid)) in (1..).zip(paid) {
        builder.event(EventKind::Transaction, Instant::at(second));
        builder.event_habits(habits);
        let amount = Amount::from_u64(sats);
        let spent = send(&mut builder, from, End::Junction, sats, input);
        builder.link(paid, spent, amount, amount, Basis::Fact);
        send(&mut builder, End::Junction, ten, sats, output);
    }
    builder.finish().unwrap()
}

fn form(version: i32, lock_time: u32) -> Habits {
    let form = TransactionForm {
        version: Some(version),
        lock_time: Some(lock_time),
        sequence: None,
    };
    form.habits()
}

#[test]
fn what_spends_an_output_votes_by_its_version_and_lock_time() {
    let said = |graph: &Graph, as_of| {
        let options = EntityOptions {
            as_of,
            ..EntityOptions::default()
        };
        let votes = votes(graph, &options, EventIdx::new(0)).unwrap();
        let of = |ground| {
            let found = votes.votes.iter().find(|vote| vote.ground == ground);
            found.unwrap().candidates
        };
        (of(Ground::Version), of(Ground::LockTime))
    };
    let graph = spent_with(form(2, 0), form(1, 800_000));
    assert_eq!(said(&graph, None), (Some(0b01), Some(0b01)));
    let options = with(&[CHANGE]);
    let claimed = soft_claims(&graph, &options);
    let claimed: Vec<NodeIdx> = claimed.iter().map(|claim| claim.b.max(claim.a)).collect();
    assert!(claimed.contains(&node(&graph, 8)), "{claimed:?}");
    // Before 9 is spent nothing is known of it.
    assert_eq!(said(&graph, Some(1)), (None, None));
    // One alike and one different of each kind; a form that no exhibit states speaks against nobody.
    assert_eq!(
        said(&spent_with(form(2, 800_000), form(1, 0)), None),
        (Some(0b01), Some(0b10))
    );
    assert_eq!(
        said(&spent_with(Habits::default(), form(1, 0)), None),
        (Some(0b01), None)
    );
    assert_eq!(
        said(&spent_with(form(1, 0), form(1, 0)), None),
        (None, None)
    );
    // What a person accepted stays, whatever the votes say of it.
    let accepted = graph.transfers_of(EventIdx::new(0)).nth(2).unwrap();
    let options = EntityOptions {
        change_outputs: vec![accepted],
        ..with(&[CHANGE])
    };
    let found = change(&graph, &options, EventIdx::new(0)).unwrap();
    assert_eq!(found.0, accepted);
}

#[test]
fn an_address_is_not_fresh_if_it_is_paid_twice_here() {
    let graph = of_numbers(&[(&[(2, 9000)], &[(8, 3000), (8, 2000), (7, 1500)])]);
    assert_eq!(vote(&graph, Ground::FreshAddress), Some(0b100));
}

#[test]
fn nothing_is_voted_on_beyond_ten_outputs_or_with_a_label() {
    let outs: Vec<(u16, u64)> = (10..20)
        .map(|number| (number, 5000 + u64::from(number)))
        .collect();
    let ten = of_numbers(&[(&[(1, 90_000)], &outs)]);
    assert!(votes(&ten, &EntityOptions::default(), EventIdx::new(0)).is_some());
    let eleven = [outs, vec![(30, 6000)]].concat();
    let of = |ins: &[(u16, u64)], outs: &[(u16, u64)]| {
        let graph = of_numbers(&[(ins, outs)]);
        votes(&graph, &EntityOptions::default(), EventIdx::new(0)).is_some()
    };
    assert!(!of(&[(1, 90_000)], &eleven));
    assert!(!of(&[(1, 90_000)], &[(10, 5000)]));
    // The shape of Stonewall.
    let outs = [(10, 5000), (11, 5000), (12, 700)];
    assert!(!of(&[(1, 9000), (2, 9000)], &outs));
    assert!(of(&[(1, 9000)], &outs));
}

/// 1 and 2 are spent together, and their change goes to 3; 3 and 4 are spent together.
fn change_chain() -> Graph {
    of_numbers(&[
        (&[(1, 80_001), (2, 80_001)], &[(9, 100_000), (3, 50_001)]),
        (&[(3, 50_001), (4, 60_002)], &[(9, 110_000)]),
    ])
}

#[test]
fn soft_claims_join_only_where_they_are_asked_for() {
    let graph = change_chain();
    let strong = entities(&graph, &EntityOptions::default());
    assert!(together(&strong, &graph, 1, 2) && !together(&strong, &graph, 2, 3));
    assert!(strong.applied.is_empty());
    let softly = entities(&graph, &with(&[CHANGE]));
    assert!(together(&softly, &graph, 1, 4) && !together(&softly, &graph, 1, 9));
    let [claim] = softly.applied[..] else {
        panic!("{:?}", softly.applied)
    };
    assert_eq!(
        (claim.a, claim.b, claim.rule),
        (node(&graph, 1), node(&graph, 3), CHANGE)
    );
    // Four votes rule out 9: smaller than every input, and not round by three powers of ten.
    assert_eq!(claim.weight, 40);
    let without = EntityOptions {
        without: vec!["change".to_owned()],
        ..with(&[CHANGE])
    };
    assert!(!together(&entities(&graph, &without), &graph, 2, 3));
    assert_eq!(
        parts(&softly, &strong),
        [(node(&graph, 1), vec![node(&graph, 1), node(&graph, 3)])]
    );
    assert_eq!(
        held_together(&graph, &with(&[CHANGE]), &softly, node(&graph, 4)),
        [(MULTI_INPUT, 2), (CHANGE, 1)]
    );
    let early = EntityOptions {
        as_of: Some(-1),
        ..with(&[CHANGE])
    };
    assert_eq!(entities(&graph, &early).n_entities(), graph.n_accounts());
}

#[test]
fn the_chain_goes_over_the_soft_claim() {
    let graph = change_chain();
    let options = with(&[CHANGE]);
    let made = entities(&graph, &options);
    let steps = chain(&graph, &options, &made, node(&graph, 4), node(&graph, 2)).unwrap();
    let rules: Vec<RuleId> = steps.iter().map(|step| step.rule).collect();
    assert_eq!(rules, [MULTI_INPUT, CHANGE, MULTI_INPUT]);
    let ends: Vec<NodeIdx> = steps.iter().map(|step| step.b).collect();
    assert_eq!(ends, [3, 1, 2].map(|number| node(&graph, number)));
    assert_eq!(
        chain(&graph, &options, &made, node(&graph, 4), node(&graph, 9)),
        None
    );
}

#[test]
fn a_rejected_claim_does_not_join_and_can_be_taken_back() {
    let graph = change_chain();
    let first = EventIdx::new(0);
    let rejected = EntityOptions {
        rejected: vec![("change", first)],
        ..with(&[CHANGE])
    };
    let made = entities(&graph, &rejected);
    assert!(together(&made, &graph, 1, 2) && !together(&made, &graph, 1, 3));
    let rejected = EntityOptions {
        rejected: vec![("multi-input", first)],
        ..with(&[CHANGE])
    };
    let made = entities(&graph, &rejected);
    assert!(!together(&made, &graph, 1, 2) && together(&made, &graph, 1, 3));
    assert_eq!(
        why(&graph, &rejected, node(&graph, 1), node(&graph, 2)),
        None
    );
}

#[test]
fn tags_of_two_actors_hold_a_merge_back() {
    let graph = change_chain();
    let tagged = |numbers: &[(u16, u32)]| EntityOptions {
        actors: numbers
            .iter()
            .map(|&(number, actor)| (node(&graph, number), actor))
            .collect(),
        ..with(&[CHANGE])
    };
    // The same actor on both sides does not.
    assert!(together(
        &entities(&graph, &tagged(&[(2, 7), (4, 7)])),
        &graph,
        1,
        4
    ));
    let options = tagged(&[(2, 7), (4, 8)]);
    let made = entities(&graph, &options);
    assert!(!together(&made, &graph, 1, 4));
    let [held] = made.held[..] else {
        panic!("{:?}", made.held)
    };
    assert_eq!(held.claim.rule, CHANGE);
    assert_eq!(
        held.cause,
        Cause::Contradiction(node(&graph, 2), node(&graph, 4))
    );
    assert_eq!(held.sizes, [2, 2]);
    let accepted = EntityOptions {
        accepted: vec![("change", EventIdx::new(0))],
        ..options
    };
    let made = entities(&graph, &accepted);
    assert!(together(&made, &graph, 1, 4) && made.held.is_empty());
}

#[test]
fn co_spending_that_joins_two_actors_is_taken_apart_in_the_order_of_the_record() {
    let pair: &dyn Fn(u16, u16) -> (Sides, Sides) =
        &|a, b| (sides(&[(a, 5000), (b, 5000)]), sides(&[(90, 9000)]));
    let graph = graph_of(&[pair(1, 2), pair(3, 4), pair(2, 3), pair(4, 5), pair(6, 7)]);
    let options = EntityOptions {
        actors: vec![(node(&graph, 1), 0), (node(&graph, 4), 1)],
        ..EntityOptions::default()
    };
    let made = entities(&graph, &options);
    assert_eq!(made.held_events(), [EventIdx::new(2)]);
    assert_eq!(made.held[0].sizes, [2, 2]);
    assert_eq!(
        made.largest(9),
        [
            (node(&graph, 3), 3),
            (node(&graph, 1), 2),
            (node(&graph, 6), 2)
        ]
    );
    // Asked why, the program says the same.
    let ends = [node(&graph, 1), node(&graph, 5)];
    assert_eq!(chain(&graph, &options, &made, ends[0], ends[1]), None);
    assert_eq!(
        why(&graph, &EntityOptions::default(), ends[0], ends[1])
            .unwrap()
            .len(),
        4
    );
    let accepted = EntityOptions {
        accepted: vec![("multi-input", EventIdx::new(2))],
        ..options
    };
    let made = entities(&graph, &accepted);
    assert_eq!(made.largest(1), [(node(&graph, 1), 5)]);
    assert_eq!(
        chain(&graph, &accepted, &made, ends[0], ends[1])
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn a_transaction_of_many_tagged_inputs_is_held_back_if_two_of_them_contradict() {
    let inputs: Vec<(u16, u64)> = (1..=5).map(|number| (number, 5000)).collect();
    let graph = of_numbers(&[(&inputs[..2], &[(90, 9000)]), (&inputs, &[(90, 20_000)])]);
    let held = |actors: &[(u16, u32)]| {
        let actors = actors
            .iter()
            .map(|&(number, of)| (node(&graph, number), of));
        let options = EntityOptions {
            actors: actors.collect(),
            ..EntityOptions::default()
        };
        entities(&graph, &options).held
    };
    // 1 and 2 are one already, and name both.
    assert_eq!(held(&[(1, 0), (2, 1), (3, 0), (4, 1)]).len(), 2);
    assert!(
        held(&[(1, 0), (1, 1), (2, 0), (3, 0), (5, 1)])
            .iter()
            .all(|held| held.claim.event == EventIdx::new(1))
    );
    assert_eq!(held(&[(1, 0), (1, 1), (2, 0), (3, 0)]), []);
    let [against] = held(&[(2, 7), (3, 7), (5, 9)])[..] else {
        panic!("one is held back")
    };
    assert_eq!(
        against.cause,
        Cause::Contradiction(node(&graph, 3), node(&graph, 5))
    );
}

#[test]
fn a_tag_of_an_exchange_that_may_clear_a_label_lets_its_inputs_join() {
    let inputs: Vec<(u16, u64)> = (1..=3).map(|number| (number, 9_000_000)).collect();
    let equal = (10..13).map(|number| (number, 5_100_000));
    let outputs: Vec<(u16, u64)> = equal.chain([(20, 1), (21, 2)]).collect();
    let graph = of_numbers(&[(&inputs, &outputs)]);
    let at = vec![node(&graph, 2)];
    let weak = EntityOptions {
        exchanges: at.clone(),
        ..EntityOptions::default()
    };
    assert!(!together(&entities(&graph, &weak), &graph, 1, 3));
    assert_eq!(cleared(&graph, EventIdx::new(0), &weak), None);
    let sure = EntityOptions {
        clearing: at,
        ..weak
    };
    assert!(together(&entities(&graph, &sure), &graph, 1, 3));
    let label = cleared(&graph, EventIdx::new(0), &sure);
    assert_eq!(label.map(|label| label.rule), Some(JOINMARKET));
    // Without the rule that the tag cleared, the next one is asked.
    let known = Known::unstored(&graph, &sure);
    let without = [JOINMARKET.name.to_owned()];
    assert_eq!(known.coinjoins().len(), 0);
    assert_eq!(known.coinjoins_without(&without), [EventIdx::new(0)]);
}

/// Transactions that rules of CoinJoins label, or nearly do: equal outputs among others, from several inputs.
fn any_mix() -> impl Strategy<Value = (Sides, Sides)> {
    let spenders = |n| prop::collection::vec(0_u16..20, n);
    let spent = |spenders: &[u16], sats: u64| -> Sides {
        spenders.iter().map(|&of| (script(of), sats)).collect()
    };
    let paid = |equal: (u16, u64), others: &[u64]| -> Sides {
        let equal_ones = (100..100 + equal.0).map(|of| (script(of), equal.1));
        let others = (200..).zip(others).map(|(of, &sats)| (script(of), sats));
        equal_ones.chain(others).collect()
    };
    let value = prop::sample::select(vec![9_990_000_u64, 10_000_000, 5_100_000, 2000]);
    let any = (spenders(2..9), 2_u16..8, value, 0_u64..8);
    let wasabi_1_0 = spenders(10..11);
    let tx0 = spenders(2..3);
    prop_oneof![
        3 => any.prop_map(move |(spenders, n_equal, value, n_others)| {
            let others: Vec<u64> = (0..n_others).map(|nth| 7_000 + 11 * nth).collect();
            (spent(&spenders, 2 * value), paid((n_equal, value), &others))
        }),
        1 => wasabi_1_0.prop_map(move |spenders| {
            let change: Vec<u64> = (1..10).map(|nth| 1_234_567 * nth).collect();
            (spent(&spenders, 17_000_003), paid((10, 10_012_345), &change))
        }),
        1 => tx0.prop_map(move |spenders| {
            let mut outs = paid((2, 5_010_000), &[175_000, 9_000_000]);
            outs.push((AccountKey::Burned(Network::Bitcoin), 0));
            (spent(&spenders, 9_650_000), outs)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn coinjoins_without_a_rule_are_found_from_those_that_are_known(
        mixes in prop::collection::vec(any_mix(), 1..8),
        without in prop::sample::subsequence(coinjoin::RULES.to_vec(), 0..4),
        clearing in prop::collection::btree_set(0_u16..20, 0..4),
    ) {
        let graph = graph_of(&mixes);
        let clearing = clearing.into_iter().filter_map(|of| graph.node_of(&script(of)));
        let mut options = EntityOptions { clearing: clearing.collect(), ..EntityOptions::default() };
        options.clearing.sort_unstable();
        let known = Known::unstored(&graph, &options);
        options.without = without.iter().map(|rule| rule.name.to_owned()).collect();
        let found: Vec<EventIdx> = coinjoins(&graph, &options).into_iter().map(|of| of.0).collect();
        prop_assert_eq!(known.coinjoins_without(&options.without), &found[..]);
        prop_assert_eq!(Known::unstored(&graph, &options).coinjoins(), found);
    }
}

#[test]
fn two_large_entities_are_not_joined_softly_without_review() {
    let of = |n: u16| {
        let first: Vec<(u16, u64)> = (1000..1000 + n).map(|number| (number, 80_001)).collect();
        let second: Vec<(u16, u64)> = (2000..2100).map(|number| (number, 80_001)).collect();
        of_numbers(&[
            (&first, &[(9, 100_000), (2000, 50_001)]),
            (&second, &[(9, 100_000)]),
        ])
    };
    let small = of(99);
    assert!(together(
        &entities(&small, &with(&[CHANGE])),
        &small,
        1000,
        2050
    ));
    let large = of(100);
    let made = entities(&large, &with(&[CHANGE]));
    assert!(!together(&made, &large, 1000, 2050));
    assert_eq!(
        (made.held[0].cause, made.held[0].sizes),
        (Cause::BothLarge, [100, 100])
    );
}

#[test]
fn inputs_of_a_stonewall_join_softly_and_those_of_a_tx0_join() {
    let graph = of_numbers(&[(
        &[(1, 9000), (2, 9000)],
        &[(10, 5000), (11, 5000), (12, 700)],
    )]);
    let made = entities(&graph, &EntityOptions::default());
    assert!(!together(&made, &graph, 1, 2));
    assert!(made.coinjoins_left_out.contains(&(STONEWALL, 1)));
    assert!(together(
        &entities(&graph, &with(&[STONEWALL])),
        &graph,
        1,
        2
    ));
    let burned = (AccountKey::Burned(Network::Bitcoin), 0);
    let outs = sides(&[
        (10, 5_010_000),
        (11, 5_010_000),
        (12, 175_000),
        (13, 9_000_000),
    ]);
    let ins = sides(&[(1, 10_000_000), (2, 9_300_000)]);
    let graph = graph_of(&[(ins, [outs, vec![burned]].concat())]);
    let made = entities(&graph, &EntityOptions::default());
    assert!(together(&made, &graph, 1, 2) && !together(&made, &graph, 1, 10));
    let made = entities(&graph, &with(&[TX0]));
    assert_eq!(
        made.members(node(&graph, 1)),
        [1, 2, 10, 11].map(|number| node(&graph, number))
    );
}

#[test]
fn forms_of_one_key_are_one_owners() {
    // A key of BIP 173's examples and the address that wraps it.
    let read = |text: &str| AccountKey::parse(text, Network::Bitcoin).unwrap();
    let native = read("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    let legacy = read("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
    let wrapped = read("3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN");
    let graph = graph_of(&[(
        vec![(native.clone(), 5000)],
        vec![
            (legacy.clone(), 1000),
            (wrapped.clone(), 1000),
            (script(1), 1000),
        ],
    )]);
    let made = entities(&graph, &with(&[WRAPPED_KEY]));
    let of = |key: &AccountKey| made.of(graph.node_of(key).unwrap());
    assert_eq!([of(&legacy), of(&wrapped)], [of(&native); 2]);
    assert_eq!(made.applied.len(), 2);
    assert_ne!(of(&script(1)), of(&native));
}

fn evm(number: u8) -> AccountKey {
    AccountKey::Evm(Network::Ethereum, [number; 20])
}

/// Payments of a coin of 18 decimals or a token: from, to, units, second.
fn payments(asset: AssetKey, rows: &[(AccountKey, AccountKey, u128, i64)]) -> Graph {
    let mut builder = GraphBuilder::default();
    let asset = builder.asset(Asset::new(asset));
    for (from, to, units, second) in rows {
        builder.event(EventKind::Payment, Instant::at(*second));
        let (from, to) = (builder.account(from), builder.account(to));
        let amount = Amount::new(i128::try_from(*units).unwrap()).unwrap();
        builder.transfer(
            from,
            to,
            asset,
            Some(amount),
            TransferKind::Payment,
            Layers::BOTH,
        );
    }
    builder.finish().unwrap()
}

fn deposit_claims(rows: &[(AccountKey, AccountKey, u128, i64)]) -> Vec<SoftClaim> {
    let graph = payments(AssetKey::Native(Network::Ethereum), rows);
    let options = EntityOptions {
        exchanges: vec![graph.node_of(&evm(9)).unwrap()],
        ..with(&[DEPOSIT_REUSE])
    };
    soft_claims(&graph, &options)
}

#[test]
fn users_of_one_deposit_account_are_one_softly() {
    const COIN: u128 = 1_000_000_000_000_000_000;
    let rows = |kept: u128, seconds: i64| {
        vec![
            (evm(1), evm(5), COIN, 0),
            (evm(5), evm(9), COIN, 0),
            (evm(2), evm(5), COIN, 100),
            (evm(5), evm(9), COIN - kept, 100 + seconds),
        ]
    };
    let weight = |kept, seconds| {
        let claims = deposit_claims(&rows(kept, seconds));
        claims.first().map(|claim| claim.weight)
    };
    assert_eq!(weight(0, 0), Some(1000));
    assert_eq!(weight(COIN / 200, 21_600), Some(500));
    assert_eq!(weight(COIN / 100, 43_200), Some(0));
    assert_eq!(weight(COIN / 100 + 1, 0), None);
    assert_eq!(weight(COIN / 2, 0), None);
    assert_eq!(weight(0, 43_201), None);
    // Whatever a stranger sends, it is data.
    let mut flood = rows(0, 0);
    flood.push((evm(3), evm(5), 10_u128.pow(38) - 1, 100));
    flood.push((evm(5), evm(9), 1, 101));
    assert_eq!(deposit_claims(&flood), deposit_claims(&rows(0, 0)));
    // It forwards elsewhere; the user is the exchange; the user pays himself.
    let mut elsewhere = rows(0, 0);
    elsewhere[3].1 = evm(8);
    assert_eq!(deposit_claims(&elsewhere), []);
    let mut by_exchange = rows(0, 0);
    by_exchange[2].0 = evm(9);
    assert_eq!(deposit_claims(&by_exchange), []);
}

#[test]
fn who_pays_the_first_coin_of_a_tron_account_may_own_it() {
    let tron = |number: u8| AccountKey::Tron([number; 20]);
    let claims = |n_funded: u8, exchanges: &[u8]| {
        let rows: Vec<_> = (0..n_funded)
            .map(|number| (tron(200), tron(number), 1_000_000, i64::from(number)))
            .collect();
        let graph = payments(AssetKey::Native(Network::Tron), &rows);
        let options = EntityOptions {
            exchanges: exchanges
                .iter()
                .map(|&number| graph.node_of(&tron(number)).unwrap())
                .collect(),
            ..with(&[FEE_PAYER])
        };
        soft_claims(&graph, &options).len()
    };
    assert_eq!(claims(10, &[]), 10);
    assert_eq!(claims(11, &[]), 0);
    assert_eq!(claims(3, &[200]), 0);
}

fn transactions() -> impl Strategy<Value = Vec<(Vec<(u16, u64)>, Vec<(u16, u64)>)>> {
    let sats = prop_oneof![(2000_u64..2004), Just(100_000), (4000_u64..90_000)];
    let side = |n| prop::collection::vec((0_u16..30, sats.clone()), 1..n);
    prop::collection::vec((side(4), side(5)), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Together exactly if there is a chain; the chain's weakest link is as strong as any path's; more rules
    /// join more, and actors are never joined.
    #[test]
    fn chains_are_as_strong_as_can_be(made in transactions(), tagged in prop::collection::btree_map(0_u16..30, 0_u32..3, 0..4)) {
        let made: Vec<(Sides, Sides)> = made.iter().map(|(ins, outs)| (sides(ins), sides(outs))).collect();
        let graph = graph_of(&made);
        let nodes: Vec<NodeIdx> = (0..graph.n_accounts()).map(NodeIdx::new).collect();
        let options = with(&RULES);
        let all = entities(&graph, &options);
        let claims = soft_claims(&graph, &options);
        let strong = entities(&graph, &EntityOptions::default());
        prop_assert!(parts(&strong, &all).is_empty());
        for &a in &nodes {
            let b = nodes[(a.idx() * 11 + 5) % nodes.len()];
            let steps = chain(&graph, &options, &all, a, b);
            prop_assert_eq!(steps.is_some(), all.of(a) == all.of(b));
            let Some(steps) = steps else { continue };
            let mut at = a;
            for step in &steps {
                prop_assert_eq!(step.a, at);
                at = step.b;
            }
            prop_assert_eq!(at, b);
            let place = |step_rule: RuleId, event: EventIdx, ends: [NodeIdx; 2]| claims.iter().position(|claim| {
                claim.rule == step_rule && claim.event == event && [[claim.a, claim.b], [claim.b, claim.a]].contains(&ends)
            });
            let weakest = steps.iter().filter(|step| step.rule != MULTI_INPUT)
                .map(|step| place(step.rule, step.event, [step.a, step.b]).unwrap()).max();
            if let Some(weakest) = weakest {
                // With the claims before it alone they are not together.
                let mut labels: Vec<NodeIdx> = nodes.iter().map(|&at| strong.of(at)).collect();
                for claim in &claims[..weakest] {
                    let (x, y) = (labels[claim.a.idx()], labels[claim.b.idx()]);
                    labels.iter_mut().filter(|label| **label == x).for_each(|label| *label = y);
                }
                prop_assert_ne!(labels[a.idx()], labels[b.idx()]);
            }
        }
        let actors: Vec<(NodeIdx, u32)> = tagged.iter()
            .filter_map(|(&number, &actor)| Some((graph.node_of(&script(number))?, actor))).collect();
        let tagged = entities(&graph, &EntityOptions { actors: actors.clone(), ..options });
        prop_assert!(parts(&tagged, &all).is_empty() || !actors.is_empty());
        for x in &actors {
            for y in &actors {
                prop_assert!(x.1 == y.1 || tagged.of(x.0) != tagged.of(y.0));
            }
        }
    }
}
