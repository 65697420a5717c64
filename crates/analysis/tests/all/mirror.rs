//! Laws of matching lines of books with transfers of a chain.
#![allow(clippy::unwrap_used, reason = "tests")]

use moneytrail_analysis::mirror::{Decided, Direction, Line, Mirrored, Options, Transfer, mirror};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400;

/// A keeper paid another a round or an odd sum on a day.
fn line(key: &str, [keeper, other]: [u32; 2], dollars: i128, day: i64) -> Line {
    Line {
        key: key.into(),
        keeper,
        direction: Direction::Out,
        other: Some(other),
        unit: 0,
        value: dollars * 1_000_000,
        seconds: (day * DAY, day * DAY + DAY - 1),
        words: Vec::new(),
    }
}

fn transfer(id: &str, [from, to]: [u32; 2], dollars: i128, day: i64) -> Transfer {
    Transfer {
        id: id.into(),
        from,
        to,
        names: [
            format!("address-{from}").into(),
            format!("address-{to}").into(),
        ],
        seconds: day * DAY + 7_200,
        values: vec![(0, dollars * 1_000_000)],
    }
}

/// A hundred days of strangers who pay each other round sums, three a day.
fn strangers() -> Vec<Transfer> {
    let all = (0_u32..300).map(|nth| {
        let id = format!("stranger{nth:03}");
        let sum = i128::from(nth % 5 + 1) * 1_000;
        transfer(&id, [1_000 + nth, 2_000 + nth], sum, i64::from(nth / 3))
    });
    all.collect()
}

fn claims(found: &Mirrored) -> Vec<(Vec<usize>, Vec<usize>)> {
    let of = found.mirrors.iter().filter(|of| of.is_claim);
    of.map(|of| (of.lines.clone(), of.transfers.clone()))
        .collect()
}

/// What is found by default where nobody decided anything.
fn undecided(lines: &[Line], transfers: &[Transfer], owners: &BTreeMap<u32, u32>) -> Mirrored {
    mirror(
        lines,
        transfers,
        owners,
        &Decided::default(),
        &Options::default(),
    )
}

#[test]
fn an_odd_sum_is_found_and_a_round_one_is_not() {
    let mut transfers = strangers();
    transfers.push(transfer("odd", [1, 2], 7_413, 50));
    let lines = [
        line("odd", [0, 1], 7_413, 50),
        line("round", [0, 1], 3_000, 60),
    ];
    let found = undecided(&lines, &transfers, &BTreeMap::new());
    assert_eq!(claims(&found), [(vec![0], vec![300])]);
    let round: Vec<_> = found
        .competing
        .iter()
        .filter(|of| of.lines == [1])
        .collect();
    assert!(
        !round.is_empty()
            && round
                .iter()
                .all(|of| of.p > 0.5 && of.by_chance > 0.5 && !of.is_claim)
    );
}

#[test]
fn a_round_sum_is_found_by_wallets_that_are_known() {
    let mut transfers = strangers();
    transfers.push(transfer("round", [1, 2], 3_000, 60));
    let lines = [line("round", [0, 1], 3_000, 60)];
    let owners = BTreeMap::from([(1, 0), (2, 1)]);
    let found = undecided(&lines, &transfers, &owners);
    assert_eq!(claims(&found), [(vec![0], vec![300])]);
    // The payer's wallet is another keeper's: no candidate at all.
    let owners = BTreeMap::from([(1, 5), (2, 1)]);
    let found = undecided(&lines, &transfers, &owners);
    assert!(
        found
            .mirrors
            .iter()
            .chain(&found.competing)
            .all(|of| of.transfers != [300])
    );
}

/// Of six unrelated sums some two or three come near a transfer's, whoever holds its wallets.
#[test]
fn a_sum_of_several_lines_is_no_claim_by_wallets_alone() {
    let mut transfers = strangers();
    transfers.push(transfer("one", [1, 2], 10_000, 50));
    let sums = [3_100, 1_830, 4_120, 2_690, 5_390, 6_050];
    let lines: Vec<Line> = (0..)
        .zip(sums)
        .map(|(nth, dollars)| line(&format!("{nth}"), [0, 1], dollars, 49 + nth % 3))
        .collect();
    let found = undecided(&lines, &transfers, &BTreeMap::from([(1, 0), (2, 1)]));
    assert!(found.competing.iter().any(|of| of.lines.len() > 1));
    assert_eq!(claims(&found), []);
}

#[test]
fn a_line_that_names_the_transaction_needs_no_chance() {
    let mut transfers = strangers();
    transfers.push(transfer("b54756ffffffffffffffff", [1, 2], 3_000, 60));
    let mut of = line("round", [0, 1], 3_000, 60);
    of.words = vec!["b54756".into()];
    let found = undecided(&[of], &transfers, &BTreeMap::new());
    assert_eq!(claims(&found), [(vec![0], vec![300])]);
}

#[test]
fn parts_between_two_holders_and_several_lines_of_one_transfer() {
    let mut transfers = strangers();
    transfers.push(transfer("part1", [1, 2], 4_000, 40));
    transfers.push(transfer("part2", [1, 2], 3_413, 41));
    transfers.push(transfer("both", [1, 2], 9_817, 80));
    let lines = [
        line("parts", [0, 1], 7_413, 40),
        line("one", [0, 1], 5_000, 80),
        line("two", [0, 1], 4_817, 80),
    ];
    let owners = BTreeMap::from([(1, 0), (2, 1)]);
    let found = undecided(&lines, &transfers, &owners);
    assert_eq!(
        claims(&found),
        [(vec![1, 2], vec![302]), (vec![0], vec![300, 301])]
    );
}

#[test]
fn a_wallet_is_learnt_from_several_matches_and_never_against_a_tag() {
    let mut transfers = strangers();
    let mut lines = Vec::new();
    for (nth, sum) in (0_u32..).zip([7_413, 8_291, 6_077]) {
        let day = 20 + i64::from(nth) * 20;
        transfers.push(transfer(&format!("odd{nth}"), [1, 2], sum, day));
        lines.push(line(&format!("line{nth}"), [0, 1], sum, day));
    }
    let found = undecided(&lines, &transfers, &BTreeMap::new());
    let learnt: Vec<(u32, u32)> = found
        .learnt
        .iter()
        .map(|of| (of.account, of.keeper))
        .collect();
    assert_eq!(learnt, [(1, 0), (2, 1)]);
    assert!(found.mirrors.iter().all(|of| of.class.wallets == 2));
    let owners = BTreeMap::from([(2, 7)]);
    let found = undecided(&lines, &transfers, &owners);
    assert!(found.mirrors.is_empty() && found.learnt.is_empty());
}

fn lines_of() -> impl Strategy<Value = Vec<Line>> {
    let of = (0_u32..3, 0_u32..4, 1_i128..6, 0_i64..30, any::<bool>());
    prop::collection::vec(of, 0..8).prop_map(|all| {
        let lines = all.into_iter().enumerate();
        lines
            .map(|(nth, (keeper, other, sum, day, is_out))| {
                let mut of = line(&format!("line{nth}"), [keeper, other], sum * 500 + 13, day);
                of.other = (other < 3 && other != keeper).then_some(other);
                of.direction = if is_out {
                    Direction::Out
                } else {
                    Direction::In
                };
                of
            })
            .collect()
    })
}

fn transfers_of() -> impl Strategy<Value = Vec<Transfer>> {
    let of = (0_u32..6, 0_u32..6, 1_i128..6, 0_i64..30);
    prop::collection::vec(of, 0..25).prop_map(|all| {
        let transfers = all.into_iter().enumerate();
        transfers
            .map(|(nth, (from, to, sum, day))| {
                transfer(&format!("tx{nth:02}"), [from, to], sum * 500 + 13, day)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Each line once, each transfer once for each book, nothing against a tag, and the same for any order of the input.
    #[test]
    fn laws(lines in lines_of(), transfers in transfers_of()) {
        let owners = BTreeMap::from([(0, 0), (1, 1)]);
        let options = Options { n_samples: 99, p_max: 0.5, ..Options::default() };
        let found = mirror(&lines, &transfers, &owners, &Decided::default(), &options);
        let (mut used_lines, mut used) = (BTreeSet::new(), BTreeSet::new());
        for of in &found.mirrors {
            prop_assert!(of.is_claim && (0.0..=1.0).contains(&of.p));
            let first = &lines[of.lines[0]];
            for &line in &of.lines {
                prop_assert!(used_lines.insert(line));
                prop_assert_eq!(lines[line].keeper, first.keeper);
            }
            let book: i128 = of.lines.iter().map(|&line| lines[line].value).sum();
            let chain: i128 = of.transfers.iter().map(|&place| transfers[place].values[0].1).sum();
            prop_assert_eq!(book - chain, of.gap);
            prop_assert!(of.gap.abs() * 1_000 <= book.max(chain) * 30);
            let parties = match first.direction {
                Direction::Out => [Some(first.keeper), first.other],
                Direction::In => [first.other, Some(first.keeper)],
            };
            for &place in &of.transfers {
                prop_assert!(used.insert((first.keeper, place)));
                for (party, account) in parties.into_iter().zip([transfers[place].from, transfers[place].to]) {
                    let holder = owners.get(&account);
                    prop_assert!(party.is_none() || holder.is_none() || holder == party.as_ref());
                }
            }
        }
        let named = |lines: &[Line], transfers: &[Transfer], found: &Mirrored| -> BTreeSet<(Vec<String>, Vec<String>, bool, u64)> {
            found.mirrors.iter().chain(&found.competing).map(|of| {
                let mut keys: Vec<String> = of.lines.iter().map(|&line| lines[line].key.to_string()).collect();
                let mut ids: Vec<String> = of.transfers.iter().map(|&place| transfers[place].id.to_string()).collect();
                keys.sort();
                ids.sort();
                (keys, ids, of.is_claim, of.p.to_bits())
            }).collect()
        };
        let (mut turned_lines, mut turned) = (lines.clone(), transfers.clone());
        turned_lines.reverse();
        turned.reverse();
        let again = mirror(&turned_lines, &turned, &owners, &Decided::default(), &options);
        prop_assert_eq!(named(&lines, &transfers, &found), named(&turned_lines, &turned, &again));
    }
}
