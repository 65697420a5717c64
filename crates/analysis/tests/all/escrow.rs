//! Laws of escrow chains, and what joins a line to one, through the public face.

use moneytrail_analysis::escrow::{
    CodeLevel, Escrows, Kind, Line, Options, PersonLevel, State, Why, escrows,
};
use moneytrail_analysis::reconcile::Sum;
use moneytrail_model::Amount;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn sum(asset: &str, units: u64) -> Sum {
    Sum {
        asset: asset.into(),
        amount: Amount::from_u64(units),
    }
}

/// A line in row `row` of one sheet, on day `day`.
fn line(row: u32, kind: Kind, day: i32, code: &str, people: &[&str], units: u64) -> Line {
    let mut line = Line::new(format!("a.csv!-!R{row}"), 0, kind);
    line.seat = (1, 0, row);
    line.days = Some((day, day));
    line.code = (!code.is_empty()).then(|| code.into());
    line.people = people.iter().map(|&name| name.into()).collect();
    line.sums = vec![sum("EUR", units)];
    line
}

fn found(lines: &[Line]) -> Escrows {
    escrows(lines, &[Some(100)], &Options::default())
}

/// Keys of a deposit's releases.
fn releases(lines: &[Line], found: &Escrows, nth: usize) -> Vec<String> {
    let of = found.chains[nth].releases.iter();
    of.map(|of| lines[of.line].key.to_string()).collect()
}

#[test]
fn one_deposit_has_several_releases_a_fee_and_a_rest() {
    let mut lines = vec![
        line(2, Kind::Deposit, 10, "K7", &["hasan", "karim"], 500_000),
        line(3, Kind::Release, 12, "K7", &[], 150_000),
        line(5, Kind::Order, 15, "k7/2", &["karim"], 150_000),
    ];
    lines[0].fee = Some(sum("EUR", 10_000));
    let found = found(&lines);
    assert_eq!(found.chains.len(), 1);
    let chain = &found.chains[0];
    assert_eq!(releases(&lines, &found, 0), ["a.csv!-!R3", "a.csv!-!R5"]);
    assert_eq!(chain.fee, Amount::from_u64(10_000));
    assert_eq!(chain.held, Amount::from_u64(190_000));
    assert_eq!(chain.state, State::Partial);
    assert_eq!((chain.quiet_days, chain.is_stopped), (Some(85), true));
}

#[test]
fn an_order_of_somebody_else_under_the_same_number_is_none() {
    let mut lines = vec![
        line(2, Kind::Deposit, 10, "1165", &["zahra", "ismail"], 500_000),
        line(3, Kind::Order, 12, "1165", &["mohammad tariq"], 100_000),
        line(4, Kind::Order, 13, "1165", &[], 100_000),
        line(5, Kind::Order, 14, "1165", &["ismail"], 100_000),
    ];
    lines[2].took_cash = true;
    let found = found(&lines);
    assert_eq!(releases(&lines, &found, 0), ["a.csv!-!R5"]);
    assert!(found.loose.is_empty());
}

#[test]
fn a_code_that_is_used_again_means_its_people() {
    let lines = [
        line(2, Kind::Deposit, 10, "55", &["zahra"], 300_000),
        line(3, Kind::Deposit, 11, "55", &["bahram"], 300_000),
        line(4, Kind::Release, 20, "55", &["zahra"], 100_000),
        line(5, Kind::Release, 21, "55", &["bahram"], 100_000),
    ];
    let found = found(&lines);
    assert_eq!(releases(&lines, &found, 0), ["a.csv!-!R4"]);
    assert_eq!(releases(&lines, &found, 1), ["a.csv!-!R5"]);
}

#[test]
fn a_slip_in_a_code_needs_a_person_or_the_whole_amount() {
    let lines = [
        line(2, Kind::Deposit, 10, "K825", &["zahra"], 300_000),
        line(3, Kind::Release, 20, "K852", &["zahra"], 100_000),
        line(4, Kind::Release, 21, "K82", &["bahram"], 100_000),
        line(5, Kind::Release, 22, "", &[], 200_000),
    ];
    let found = found(&lines);
    assert_eq!(releases(&lines, &found, 0), ["a.csv!-!R3", "a.csv!-!R5"]);
    let of = found.chains[0].releases[0].agreement;
    assert_eq!((of.code, of.person), (CodeLevel::Slip, PersonLevel::Named));
    assert_eq!(found.loose, [(2, Why::NoDeposit)]);
}

#[test]
fn the_same_people_top_a_deposit_up_and_no_release_is_more_than_is_held() {
    let lines = [
        line(2, Kind::Deposit, 10, "K7", &["zahra"], 300_000),
        line(3, Kind::Deposit, 15, "K7", &["zahra"], 200_000),
        line(4, Kind::Release, 20, "K7", &["zahra"], 450_000),
        line(5, Kind::Release, 21, "K7", &["zahra"], 60_000),
        line(6, Kind::Refund, 22, "K7", &["zahra"], 50_000),
    ];
    let found = found(&lines);
    assert_eq!(found.chains.len(), 1);
    assert_eq!(found.chains[0].deposited, Amount::from_u64(500_000));
    assert_eq!(found.chains[0].state, State::Refunded);
    assert_eq!(found.loose, [(3, Why::MoreThanHeld)]);
}

#[test]
fn what_is_written_before_its_deposit_counts_only_where_its_row_stands_behind() {
    let lines = [
        line(2, Kind::Release, 5, "K7", &["zahra"], 100_000),
        line(3, Kind::Deposit, 10, "K7", &["zahra"], 300_000),
        line(4, Kind::Release, 5, "K7", &["zahra"], 100_000),
    ];
    let found = found(&lines);
    assert_eq!(releases(&lines, &found, 0), ["a.csv!-!R4"]);
    assert_eq!(found.loose.len(), 1);
}

fn any_line() -> impl Strategy<Value = Line> {
    let kind = prop_oneof![
        Just(Kind::Deposit),
        Just(Kind::Release),
        Just(Kind::Refund),
        Just(Kind::Order)
    ];
    let people = prop::sample::subsequence(vec!["zahra", "bahram", "ismail"], 0..3);
    let code = prop::sample::select(vec!["", "55", "155", "K82", "K28"]);
    (
        0_u32..2,
        kind,
        0_i32..60,
        code,
        people,
        0_u64..2000,
        any::<bool>(),
    )
        .prop_map(|(book, kind, day, code, people, units, flag)| {
            let mut of = line(0, kind, day, code, &people, units);
            of.book = book;
            of.took_cash = flag;
            if flag {
                of.fee = Some(sum("EUR", units / 10));
                of.sums.push(sum("USD", units));
            }
            of
        })
}

/// What does not depend on the order of the input.
fn said(lines: &[Line], found: &Escrows) -> BTreeSet<String> {
    let key = |at: usize| lines[at].key.to_string();
    let chains = found.chains.iter().map(|chain| {
        let mut joined: Vec<String> = [&chain.top_ups, &chain.releases, &chain.refunds]
            .into_iter()
            .flatten()
            .map(|of| key(of.line))
            .collect();
        joined.sort();
        format!("{} {joined:?} {:?}", key(chain.deposit), chain.held)
    });
    chains
        .chain(
            found
                .loose
                .iter()
                .map(|of| format!("{} {:?}", key(of.0), of.1)),
        )
        .collect()
}

proptest! {
    #[test]
    fn every_unit_of_a_deposit_is_accounted_for(mut lines in prop::collection::vec(any_line(), 0..40)) {
        for (row, line) in (2_u32..).zip(&mut lines) {
            line.seat = (1 + line.book, 0, row);
            line.key = format!("{}.csv!-!R{row}", line.book).into();
        }
        let found = escrows(&lines, &[Some(60), Some(60)], &Options::default());
        let mut seen = BTreeSet::new();
        for chain in &found.chains {
            let parts = [chain.released, chain.refunded, chain.fee, chain.held];
            prop_assert!(parts.iter().all(|part| *part >= Amount::ZERO));
            let total = parts.iter().try_fold(Amount::ZERO, |total, part| total.checked_add(*part));
            prop_assert_eq!(total, Some(chain.deposited));
            for (joined, total) in [(&chain.releases, chain.released), (&chain.refunds, chain.refunded)] {
                let sum = joined.iter().try_fold(Amount::ZERO, |sum, of| sum.checked_add(of.amount));
                prop_assert_eq!(sum, Some(total));
            }
            let all = [&chain.top_ups, &chain.releases, &chain.refunds].into_iter().flatten();
            for at in all.map(|of| of.line).chain([chain.deposit]) {
                prop_assert!(seen.insert(at), "a line stands in two chains");
                prop_assert_eq!(lines[at].book, lines[chain.deposit].book);
            }
        }
        for &(at, _) in &found.loose {
            prop_assert!(seen.insert(at), "a loose line stands in a chain");
        }
        // Every deposit of something, release and refund is in the result.
        for (at, line) in lines.iter().enumerate() {
            let moves = line.sums[0].amount > Amount::ZERO;
            prop_assert!(line.kind == Kind::Order || !moves || seen.contains(&at));
        }
        let before = said(&lines, &found);
        lines.reverse();
        let after = escrows(&lines, &[Some(60), Some(60)], &Options::default());
        prop_assert_eq!(before, said(&lines, &after));
    }
}
