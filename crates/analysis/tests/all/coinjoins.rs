//! Every rule on shapes written by hand: one that fits, and for each bound one that just does and one that
//! just does not.
#![allow(
    clippy::unwrap_used,
    clippy::semicolon_if_nothing_returned,
    clippy::needless_for_each,
    reason = "tests"
)]

use moneytrail_analysis::entity::coinjoin::{
    EQUAL_OUTPUTS, JOINMARKET, STONEWALL, Shape, Side, TX0, WASABI_1_0, WASABI_1_1, WASABI_2,
    WASABI_2_STRICT, WHIRLPOOL, classify,
};
use moneytrail_model::RuleId;

fn side(account: u32, sats: u64) -> Side {
    Side {
        account,
        sats: Some(sats),
        is_native: true,
    }
}

/// Distinct accounts on both sides.
fn shape(ins: &[u64], outs: &[u64]) -> Shape {
    let sides =
        |first: u32, values: &[u64]| (first..).zip(values).map(|(a, &v)| side(a, v)).collect();
    Shape {
        inputs: sides(1, ins),
        outputs: sides(1001, outs),
        ..Shape::default()
    }
}

#[track_caller]
fn check(shape: &Shape, expected: Option<RuleId>) {
    assert_eq!(classify(shape, &[]).map(|label| label.rule), expected);
}

/// The same shape after a change.
#[track_caller]
fn after(shape: &Shape, change: impl FnOnce(&mut Shape), expected: Option<RuleId>) {
    let mut changed = shape.clone();
    change(&mut changed);
    check(&changed, expected);
}

/// A round of the 0.05 pool with two entrants: five strangers. Half of its outputs and a half more share a
/// value, not exactly half, so a flag that asks for that misses it.
#[test]
fn five_of_five_is_a_whirlpool_round() {
    let round = shape(
        &[5_000_000, 5_000_000, 5_000_000, 5_010_000, 5_009_420],
        &[5_000_000; 5],
    );
    check(&round, Some(WHIRLPOOL));
    let label = classify(&round, &[]).unwrap();
    assert_eq!(
        label.to_string(),
        "5 of 5 outputs mixed, value 5000000, 5 inputs"
    );
    after(&round, |s| s.inputs[4].sats = None, Some(EQUAL_OUTPUTS));
    after(&round, |s| s.is_from_exchange = true, Some(WHIRLPOOL));
    // Eight by eight is the largest, four entrants the most, and one the least.
    let of = |n_remixes, n_entrants| {
        let ins = [vec![100_000; n_remixes], vec![100_100; n_entrants]].concat();
        shape(&ins, &vec![100_000; n_remixes + n_entrants])
    };
    check(&of(4, 4), Some(WHIRLPOOL));
    check(&of(5, 4), Some(EQUAL_OUTPUTS));
    check(&of(1, 4), Some(WHIRLPOOL));
    check(&of(0, 5), Some(EQUAL_OUTPUTS));
    check(&of(5, 0), Some(EQUAL_OUTPUTS));
    check(&of(3, 1), Some(EQUAL_OUTPUTS));
}

/// Pre-mix outputs of 0.05 pool, the fee of 0.035 percent of nobody's business, change, and an output of data.
#[test]
fn tx0() {
    let mut tx0 = shape(
        &[20_000_000],
        &[175_000, 5_010_000, 5_010_000, 5_010_000, 4_793_000],
    );
    tx0.n_without_address = 1;
    check(&tx0, Some(TX0));
    after(&tx0, |s| s.n_without_address = 0, None);
    after(&tx0, |s| s.n_without_address = 2, None);
    let premix = |value| {
        move |s: &mut Shape| {
            s.outputs[1..4]
                .iter_mut()
                .for_each(|o| o.sats = Some(value));
        }
    };
    after(&tx0, premix(5_000_100), Some(TX0));
    after(&tx0, premix(5_000_099), None);
    after(&tx0, premix(5_110_000), Some(TX0));
    after(&tx0, premix(5_110_001), None);
    after(&tx0, |s| s.outputs[0].sats = Some(87_500), Some(TX0));
    after(&tx0, |s| s.outputs[0].sats = Some(87_499), None);
    after(&tx0, |s| s.outputs[0].sats = Some(525_000), Some(TX0));
    after(&tx0, |s| s.outputs[0].sats = Some(525_001), None);
    // Two that may be the fee; three that are no pre-mix.
    after(&tx0, |s| s.outputs[4].sats = Some(300_000), None);
    after(&tx0, |s| s.outputs.push(side(2000, 7)), None);
    // One pre-mix output, and seventy.
    let of = |n: usize| {
        let outs = [vec![5_010_000; n], vec![175_000]].concat();
        let mut tx0 = shape(&[900_000_000], &outs);
        tx0.n_without_address = 1;
        tx0
    };
    check(&of(70), Some(TX0));
    check(&of(71), None);
    after(&of(1), |s| s.outputs.push(side(2000, 999)), Some(TX0));
}

/// Ten participants with a coin, and change for nine of them.
fn wasabi_1_0() -> Shape {
    let change = (1..10).map(|n| 1_234_567 * n);
    let outs: Vec<u64> = std::iter::repeat_n(10_012_345, 10).chain(change).collect();
    shape(&[17_000_003; 10], &outs)
}

#[test]
fn wasabi_one_zero() {
    let round = wasabi_1_0();
    check(&round, Some(WASABI_1_0));
    // Cleared by a tag, and then neither is it what looks alike.
    after(&round, |s| s.is_from_exchange = true, None);
    let mode = |value| {
        move |s: &mut Shape| {
            s.outputs[..10]
                .iter_mut()
                .for_each(|o| o.sats = Some(value));
        }
    };
    after(&round, mode(9_500_000), Some(WASABI_1_0));
    after(&round, mode(9_499_999), Some(JOINMARKET));
    after(&round, mode(10_500_000), Some(WASABI_1_0));
    after(&round, mode(10_500_001), Some(JOINMARKET));
    // The most used input address has a tenth.
    after(&round, |s| s.inputs[0].account = 2, None);
    // Half of the outputs but one: 21 of them, then 22.
    after(
        &round,
        |s| s.outputs.extend([side(2000, 5), side(2001, 6)]),
        Some(WASABI_1_0),
    );
    after(
        &round,
        |s| {
            s.outputs
                .extend([side(2000, 5), side(2001, 6), side(2002, 7)]);
        },
        None,
    );
    // Version 1.1 does not ask that each is paid once.
    after(&round, |s| s.outputs[18].account = 1001, Some(WASABI_1_1));
    // Nine inputs are too few, as the mode's ten outputs are then too many for them.
    after(&round, |s| s.inputs.truncate(9), None);
    // Seven inputs for each of three participants.
    let few = |n_inputs: usize| {
        shape(
            &vec![9_000_001; n_inputs],
            &[10_000_000, 10_000_000, 10_000_000, 5, 6, 7, 8],
        )
    };
    check(&few(21), Some(WASABI_1_0));
    check(&few(22), Some(EQUAL_OUTPUTS));
    // Below twenty inputs the sum must not be a multiple of the mode.
    let sum = |n_inputs: usize, rest| {
        shape(
            &vec![9_000_001; n_inputs],
            &[10_000_000, 10_000_000, 10_000_000, 4_000_000, rest],
        )
    };
    check(&sum(10, 6_004_000), Some(WASABI_1_1));
    check(&sum(10, 6_004_100), Some(WASABI_1_0));
    check(&sum(20, 6_004_000), Some(WASABI_1_0));
}

#[test]
fn wasabi_one_one() {
    // Two levels: 0.1 and 0.2; eight spenders.
    let round = shape(
        &[40_000_000; 8],
        &[
            10_000_000, 10_000_000, 10_000_000, 10_000_000, 20_100_000, 20_100_000, 1, 2, 3, 4, 5,
            6, 7,
        ],
    );
    check(&round, Some(WASABI_1_1));
    assert_eq!(classify(&round, &[]).unwrap().n_equal, 6);
    after(&round, |s| s.is_from_exchange = true, None);
    // Levels are off by a twentieth at most.
    let second = |value| {
        move |s: &mut Shape| {
            s.outputs[4..6]
                .iter_mut()
                .for_each(|o| o.sats = Some(value));
        }
    };
    after(&round, second(21_000_000), Some(WASABI_1_1));
    let others = |n: usize| {
        move |s: &mut Shape| {
            s.outputs
                .extend((0..n).map(|i| side(3000 + u32::try_from(i).unwrap(), 900 + i as u64)));
        }
    };
    // Six of level, eight spenders and one: fifteen outputs.
    after(&round, others(2), Some(WASABI_1_1));
    after(&round, others(3), None);
    after(
        &round,
        |s| {
            second(21_000_001)(s);
            others(2)(s);
        },
        None,
    );
    // The largest count is three or more, and there are as many spenders.
    let three = shape(
        &[40_000_000; 3],
        &[20_000_000, 20_000_000, 20_000_000, 1, 2, 3, 4],
    );
    check(&three, Some(WASABI_1_1));
    after(&three, |s| s.inputs[0].account = 2, None);
    after(&three, |s| s.outputs[0].sats = Some(9), None);
    let many = |n: usize| {
        shape(
            &vec![40_000_000; n],
            &[20_000_000, 20_000_000, 20_000_000, 1, 2, 3, 4],
        )
    };
    check(&many(21), Some(WASABI_1_1));
    check(&many(22), Some(EQUAL_OUTPUTS));
}

/// Outputs of three denominations, and as many others and one more.
fn wasabi_2(n_inputs: usize) -> Shape {
    let outs = [
        134_217_728,
        134_217_728,
        43_046_721,
        43_046_721,
        20_000_000,
        20_000_000,
        6_000,
        5_900,
        5_800,
        5_700,
        5_600,
        5_500,
        5_400,
    ];
    shape(&vec![9_000_000; n_inputs], &outs)
}

#[test]
fn wasabi_two() {
    let round = wasabi_2(20);
    check(&round, Some(WASABI_2));
    check(&wasabi_2(19), None);
    after(&round, |s| s.outputs.push(side(3000, 5_300)), None);
    after(&round, |s| s.outputs.truncate(6), None);
    after(&round, |s| s.outputs[12].sats = Some(5_000), Some(WASABI_2));
    after(&round, |s| s.outputs[12].sats = Some(4_999), None);
    after(&round, |s| s.outputs[12].account = 1001, None);
    let two_of_one = |s: &mut Shape| s.inputs[1].account = 1;
    after(&round, two_of_one, Some(WASABI_2));
    after(
        &round,
        |s| (0..3).for_each(|i| s.inputs[i].account = 1),
        None,
    );
    // Two denominations, or a third value that is none.
    let third = |value| {
        move |s: &mut Shape| {
            s.outputs[4..6]
                .iter_mut()
                .for_each(|o| o.sats = Some(value));
        }
    };
    after(&round, third(20_000_001), None);
    for denomination in [
        8_192,
        6_561,
        13_122,
        10_000,
        20_000,
        50_000,
        134_217_728 * 512,
    ] {
        after(&round, third(denomination), Some(WASABI_2));
    }
    for other in [30_000, 40_000, 19_683 * 5, 137_438_953_472] {
        after(&round, third(other), None);
    }
}

#[test]
fn wasabi_two_strict() {
    let round = wasabi_2(50);
    check(&round, Some(WASABI_2_STRICT));
    check(&wasabi_2(49), Some(WASABI_2));
    after(&round, |s| s.inputs[7].is_native = false, Some(WASABI_2));
    after(&round, |s| s.outputs[7].is_native = false, Some(WASABI_2));
    after(
        &round,
        |s| s.inputs[7].sats = Some(9_000_001),
        Some(WASABI_2),
    );
    after(&round, |s| s.outputs.swap(6, 7), Some(WASABI_2));
    after(
        &round,
        |s| s.mainnet_second = Some(1_655_251_200),
        Some(WASABI_2_STRICT),
    );
    after(
        &round,
        |s| s.mainnet_second = Some(1_655_251_199),
        Some(WASABI_2),
    );
}

#[test]
fn joinmarket() {
    // Three makers and a taker without change.
    let join = shape(
        &[9_000_000; 4],
        &[5_100_000, 5_100_000, 5_100_000, 5_100_000, 1, 2, 3],
    );
    check(&join, Some(JOINMARKET));
    after(&join, |s| s.is_from_exchange = true, None);
    after(&join, |s| s.outputs.push(side(2000, 4)), Some(JOINMARKET));
    after(
        &join,
        |s| s.outputs.extend([side(2000, 4), side(2001, 5)]),
        Some(EQUAL_OUTPUTS),
    );
    after(&join, |s| s.outputs.truncate(6), Some(EQUAL_OUTPUTS));
    after(&join, |s| s.n_without_address = 1, Some(EQUAL_OUTPUTS));
    after(&join, |s| s.outputs[6].account = 1001, Some(EQUAL_OUTPUTS));
    after(&join, |s| s.inputs[3].account = 1, None);
    let mode =
        |value| move |s: &mut Shape| s.outputs[..4].iter_mut().for_each(|o| o.sats = Some(value));
    after(&join, mode(2_731), Some(JOINMARKET));
    after(&join, mode(2_730), None);
    let least = shape(&[9_000_000; 3], &[5_100_000, 5_100_000, 5_100_000, 1, 2]);
    check(&least, Some(JOINMARKET));
    after(&least, |s| s.outputs[0].sats = Some(3), None);
    // From fifty inputs on: twenty for each participant, and almost two outputs for each.
    let of = |n_inputs: usize, outs: &[u64]| shape(&vec![9_000_000; n_inputs], outs);
    let six = [5_100_000, 5_100_000, 5_100_000, 1, 2, 3];
    check(&of(60, &six), Some(JOINMARKET));
    check(&of(61, &six), Some(EQUAL_OUTPUTS));
    check(&of(49, &six[..5]), Some(JOINMARKET));
    check(&of(50, &six[..5]), Some(EQUAL_OUTPUTS));
}

#[test]
fn stonewall() {
    let shape_of = |outs: &[u64]| shape(&[8_000_000, 7_000_000], outs);
    let wall = shape_of(&[5_000_000, 5_000_000, 2_000_000, 1_900_000]);
    check(&wall, Some(STONEWALL));
    check(
        &shape_of(&[5_000_000, 5_000_000, 2_000_000]),
        Some(STONEWALL),
    );
    check(&shape_of(&[5_000_000, 5_000_000]), None);
    check(&shape_of(&[5_000_000, 5_000_000, 1, 2, 3]), None);
    check(&shape_of(&[5_000_000, 5_000_000, 7, 7]), None);
    check(&shape_of(&[5_000, 5_000, 7]), Some(STONEWALL));
    check(&shape_of(&[4_999, 4_999, 7]), None);
    after(&wall, |s| s.inputs.truncate(1), None);
    after(&wall, |s| s.outputs[3].account = 1001, None);
}

#[test]
fn what_is_left_out_lets_the_next_rule_try() {
    let without = |names: &[&str], shape: &Shape| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        classify(shape, &names).map(|label| label.rule)
    };
    let round = wasabi_2(50);
    assert_eq!(without(&["wasabi-2-strict"], &round), Some(WASABI_2));
    assert_eq!(without(&["wasabi-2-strict", "wasabi-2"], &round), None);
    let round = wasabi_1_0();
    assert_eq!(without(&["wasabi-1.0"], &round), Some(WASABI_1_1));
    assert_eq!(
        without(&["wasabi-1.0", "wasabi-1.1"], &round),
        Some(JOINMARKET)
    );
    let all = ["wasabi-1.0", "wasabi-1.1", "joinmarket"];
    assert_eq!(without(&all, &round), Some(EQUAL_OUTPUTS));
}
