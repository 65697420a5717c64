//! Laws of escrow chains, and what joins a line to one, through the public face.

use moneytrail_analysis::dates::{Course, Dated};
use moneytrail_analysis::escrow::{
    AmountLevel, Chain, CodeLevel, Escrows, Kind, Line, Options, PersonLevel, State, Why, escrows,
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
    escrows(lines, &[Course::ending(100)], &Options::default())
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
    assert_eq!((chain.quiet_days, chain.is_stopped()), (Some(85), true));
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

/// Keys of the lines that may be a release of a chain.
fn possible<'a>(lines: &'a [Line], chain: &Chain) -> Vec<&'a str> {
    let of = chain.possible.iter();
    of.map(|of| &*lines[of.line].key).collect()
}

/// Deposits of three people under codes of their own, then rows of nobody to the book's end.
fn three_deposits() -> Vec<Line> {
    vec![
        line(2, Kind::Deposit, 10, "K7", &["zahra"], 500_000),
        line(3, Kind::Deposit, 11, "K8", &["bahram"], 300_000),
        line(4, Kind::Deposit, 12, "K9", &["ismail"], 200_000),
    ]
}

#[test]
fn what_may_be_the_missing_release_stands_with_the_warning() {
    let own_number = line(5, Kind::Order, 20, "771", &["zahra"], 120_000);
    let mut paid_in_cash = line(5, Kind::Order, 20, "771", &["zahra"], 120_000);
    paid_in_cash.took_cash = true;
    let mut of_colleague = line(5, Kind::Received, 20, "771", &["zahra"], 120_000);
    of_colleague.seat = (2, 0, 5);
    let slipped = line(5, Kind::Release, 20, "K7", &[], 5_000_000);
    for (added, is_named) in [
        (own_number, true),
        (paid_in_cash, false),
        (of_colleague, true),
        (slipped, true),
    ] {
        let mut lines = three_deposits();
        lines.push(added);
        let found = found(&lines);
        let named = [&found.chains[0]].map(|chain| possible(&lines, chain));
        assert_eq!(named[0], vec!["a.csv!-!R5"; usize::from(is_named)]);
        let stopped = found.chains.iter().map(Chain::is_stopped);
        assert_eq!(stopped.collect::<Vec<_>>(), [!is_named, true, true]);
    }
}

#[test]
fn a_release_whose_amount_slipped_is_named() {
    let mut lines = three_deposits();
    // 2,500 were released, and 2,050 are written.
    lines[0].sums = vec![sum("EUR", 330_000)];
    lines.push(line(5, Kind::Release, 20, "K7", &[], 80_000));
    lines.push(line(6, Kind::Release, 21, "K7", &[], 205_000));
    let found = found(&lines);
    assert_eq!(found.chains[0].held, Amount::from_u64(45_000));
    assert_eq!(possible(&lines, &found.chains[0]), ["a.csv!-!R6"]);
    assert_eq!(found.chains[0].possible[0].joined_to, Some(0));
}

#[test]
fn a_colleagues_order_that_the_holder_has_too_is_no_missing_release() {
    let mut lines = three_deposits();
    let mut sent = line(5, Kind::Order, 20, "771", &["zahra"], 120_000);
    sent.took_cash = true;
    let mut received = line(2, Kind::Received, 22, "771", &["zahra"], 120_000);
    received.seat = (2, 0, 2);
    received.key = "b.csv!-!R2".into();
    lines.extend([sent, received]);
    assert!(found(&lines).chains[0].is_stopped());
}

#[test]
fn a_line_of_another_chain_is_named_where_it_agrees_as_well() {
    let lines = [
        line(2, Kind::Deposit, 10, "55", &["zahra"], 300_000),
        line(3, Kind::Deposit, 11, "55", &["bahram"], 300_000),
        line(4, Kind::Release, 20, "55", &[], 100_000),
    ];
    let found = found(&lines);
    assert_eq!(releases(&lines, &found, 1), ["a.csv!-!R4"]);
    let of = &found.chains[0].possible[0];
    assert_eq!(
        (of.joined_to, of.agreement.amount),
        (Some(1), AmountLevel::Part)
    );
}

#[test]
fn a_date_that_stands_alone_stops_nothing_but_is_told() {
    let lines = three_deposits();
    let mut rows: Vec<Dated> = lines
        .iter()
        .map(|line| Dated {
            seat: line.seat,
            days: line.days.unwrap(),
        })
        .collect();
    for (row, day) in [(5, 20), (6, 85_840)] {
        rows.push(Dated {
            seat: (1, 0, row),
            days: (day, day),
        });
    }
    let found = escrows(&lines, &[Course::of(&rows, 7)], &Options::default());
    assert!(found.chains.iter().all(|chain| !chain.is_quiet));
    let [alone] = &found.alone[..] else {
        panic!("{:?}", found.alone)
    };
    assert_eq!((alone.seat, alone.day), ((1, 0, 6), 85_840));
    assert_eq!(alone.deposits, [0, 1, 2]);
}

/// A book in the order of its days: steps of days, and what each row is. Deposits have codes and people of their own.
fn any_book() -> impl Strategy<Value = Vec<Line>> {
    let row = (0_i32..4, 0_u32..8, 0_usize..6, 1_u64..9);
    prop::collection::vec(row, 30..120).prop_map(|rows| {
        const PEOPLE: [&str; 6] = ["zahra", "bahram", "ismail", "tarfukov", "golnaz", "vesel"];
        let mut day = 100;
        let mut lines = Vec::new();
        for (row, (step, kind, who, units)) in (2_u32..).zip(rows) {
            day += step;
            let code = format!("K{who}{who}{who}");
            lines.push(match kind {
                0 => line(
                    row,
                    Kind::Deposit,
                    day,
                    &code,
                    &[PEOPLE[who]],
                    1_000_000 * units,
                ),
                1 => line(
                    row,
                    Kind::Release,
                    day,
                    &code,
                    &[PEOPLE[who]],
                    1_000 * units,
                ),
                // A row that books something else.
                _ => {
                    let mut other = line(row, Kind::Order, day, "", &[], 7 * units);
                    other.took_cash = true;
                    other
                }
            });
        }
        lines
    })
}

fn course(lines: &[Line]) -> Course {
    let dated = lines.iter().filter_map(|line| {
        let (seat, days) = (line.seat, line.days?);
        Some(Dated { seat, days })
    });
    Course::of(&dated.collect::<Vec<_>>(), 7)
}

/// Lines of a chain, ascending.
fn members(chain: &Chain) -> Vec<usize> {
    let joined = [&chain.top_ups, &chain.releases, &chain.refunds];
    let all = joined.into_iter().flatten().map(|of| of.line);
    let mut all: Vec<usize> = all.chain([chain.deposit]).collect();
    all.sort_unstable();
    all
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
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_unit_of_a_deposit_is_accounted_for(mut lines in prop::collection::vec(any_line(), 0..40)) {
        for (row, line) in (2_u32..).zip(&mut lines) {
            line.seat = (1 + line.book, 0, row);
            line.key = format!("{}.csv!-!R{row}", line.book).into();
        }
        let found = escrows(&lines, &[Course::ending(60), Course::ending(60)], &Options::default());
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
        let after = escrows(&lines, &[Course::ending(60), Course::ending(60)], &Options::default());
        prop_assert_eq!(before, said(&lines, &after));
    }

    /// One date moved anywhere does not change which other chains are quiet, beyond the days that a slip has to exceed.
    #[test]
    fn one_moved_date_stops_no_other_chain(lines in any_book(), at in any::<prop::sample::Index>(), to in -40_000_i32..200_000, near in any::<bool>()) {
        let options = Options { quiet_days: 20, ..Options::default() };
        let before = escrows(&lines, &[course(&lines)], &options);
        let mut moved = lines.clone();
        let at = at.index(lines.len());
        let to = if near { 100 + to.rem_euclid(400) } else { to };
        moved[at].days = Some((to, to));
        let after = escrows(&moved, &[course(&moved)], &options);
        let of: std::collections::BTreeMap<usize, &Chain> = after.chains.iter().map(|chain| (chain.deposit, chain)).collect();
        for chain in &before.chains {
            let Some(then) = of.get(&chain.deposit) else { continue };
            let is_other = !members(chain).contains(&at) && members(chain) == members(then);
            let quiet = chain.quiet_days.unwrap();
            if !is_other || (quiet - options.quiet_days).abs() <= 10 {
                continue;
            }
            prop_assert_eq!(chain.is_quiet, then.is_quiet, "{} of {:?} moved to {}", at, chain, to);
            let is_named = |chain: &Chain| chain.possible.iter().any(|of| of.line == at);
            if !is_named(chain) && !is_named(then) {
                prop_assert_eq!(chain.is_stopped(), then.is_stopped());
            }
        }
    }

    /// A release that is missed, by an order under a number of its own or a slipped amount, is joined still or named.
    #[test]
    fn a_missed_release_is_named(lines in any_book(), at in any::<prop::sample::Index>(), is_order in any::<bool>(), number in 2_u32..60) {
        let options = Options { quiet_days: 20, ..Options::default() };
        let courses = [course(&lines)];
        let before = escrows(&lines, &courses, &options);
        let joined: Vec<(usize, usize)> = before.chains.iter().flat_map(|chain| chain.releases.iter().map(|of| (chain.deposit, of.line))).collect();
        prop_assume!(!joined.is_empty());
        let (deposit, release) = joined[at.index(joined.len())];
        let mut missed = lines.clone();
        if is_order {
            missed[release].kind = Kind::Order;
            missed[release].code = Some(number.to_string().into());
        } else {
            missed[release].sums[0].amount = Amount::from_u64(999_000_000_000 + u64::from(number));
        }
        let after = escrows(&missed, &courses, &options);
        let chain = after.chains.iter().find(|chain| chain.deposit == deposit).unwrap();
        let is_joined = after.chains.iter().any(|chain| members(chain).contains(&release));
        if chain.is_quiet && !is_joined {
            prop_assert!(chain.possible.iter().any(|of| of.line == release), "{:?}", chain);
        }
    }
}
