//! Wasabi: rounds of version 1 on equal outputs of about 0.1 BTC, of version 2 on many denominations.

use super::shape::{Profile, Side};
use super::{Label, WASABI_1_0, WASABI_1_1, WASABI_2, WASABI_2_STRICT};

/// 0.1 BTC.
const BASE: u64 = 10_000_000;
/// How far a value of version 1.0 may be from it.
const BASE_TOLERANCE: u64 = 500_000;
/// Equal outputs that version 1 has at least.
const N_EQUAL_MIN: usize = 3;
/// Inputs of version 1.0, at least.
const N_INPUTS_MIN: usize = 10;
/// From so many inputs on, a total that is a multiple of the mode does not tell a batch of an exchange.
const N_INPUTS_SURE: usize = 20;
/// Inputs of one participant of version 1, on average, at most.
const N_INPUTS_EACH_MAX: usize = 7;
/// A level is a power of two times the base, and a twentieth more or less.
const LEVEL_PART: u64 = 20;
/// Least and greatest denomination of version 2.
const DENOMINATIONS: std::ops::RangeInclusive<u64> = 5_000..=134_375_000_000;
const N_DENOMINATIONS_MIN: usize = 3;
const N_INPUTS_MIN_2: usize = 20;
pub(super) const N_INPUTS_MIN_STRICT: usize = 50;
/// 15 June 2022, in seconds since 1970. The bound is the block of height 741,213 (`Dumplings`, which gives an
/// announcement of 17 June 2022 for it); an index holds no heights, and two days leave room for clocks that run behind.
const FIRST_SECOND: i64 = 1_655_251_200;

pub(super) fn one_zero(profile: &Profile<'_>) -> Option<Label> {
    let (mode, n) = profile.mode()?;
    let fits = profile.n_inputs() >= N_INPUTS_MIN
        && profile.is_spread()
        && mode.abs_diff(BASE) <= BASE_TOLERANCE
        && n >= N_EQUAL_MIN
        && profile.is_half(n)
        && has_participants(profile, n)
        && profile.is_each_paid_once
        && (profile.n_inputs() >= N_INPUTS_SURE || !is_multiple(profile, mode));
    fits.then(|| profile.label(WASABI_1_0, mode, n))
}

/// Whether the sum of the outputs is a multiple of the mode, and a ten-thousandth of the sum more or
/// less. An unknown sum may be one.
fn is_multiple(profile: &Profile<'_>, mode: u64) -> bool {
    let outputs = profile.shape.outputs.iter();
    let total = outputs
        .map(|side| side.sats.map(u128::from))
        .sum::<Option<u128>>();
    total.is_none_or(|total| {
        let rest = total % u128::from(mode);
        rest.min(u128::from(mode) - rest) * 10_000 <= total
    })
}

/// Whether the inputs may be those of `n` participants.
fn has_participants(profile: &Profile<'_>, n: usize) -> bool {
    (n..=N_INPUTS_EACH_MAX * n).contains(&profile.n_spenders)
}

pub(super) fn one_one(profile: &Profile<'_>) -> Option<Label> {
    let mut levels = profile
        .values
        .iter()
        .filter(|run| run.1 >= 2 && is_level(run.0));
    let &(value, n) = levels.clone().next()?;
    if n < N_EQUAL_MIN || !has_participants(profile, n) {
        return None;
    }
    let n_equal = levels.by_ref().map(|run| run.1).sum();
    let fits = profile.is_half(n_equal) || n_equal + profile.n_spenders + 1 >= profile.n_outputs();
    fits.then(|| profile.label(WASABI_1_1, value, n_equal))
}

fn is_level(value: u64) -> bool {
    let levels = std::iter::successors(Some(BASE), |level| level.checked_mul(2));
    levels
        .take_while(|level| level / 2 <= value)
        .any(|level| value.abs_diff(level) <= level / LEVEL_PART)
}

pub(super) fn two_strict(profile: &Profile<'_>) -> Option<Label> {
    let descends = |sides: &[Side]| {
        sides.windows(2).all(|pair| {
            pair[0].sats.is_some() && pair[0].sats >= pair[1].sats && pair[1].sats.is_some()
        })
    };
    let (inputs, outputs) = (&profile.shape.inputs, &profile.shape.outputs);
    let fits = inputs.len() >= N_INPUTS_MIN_STRICT
        && inputs.iter().chain(outputs).all(|side| side.is_native)
        && profile
            .shape
            .mainnet_second
            .is_none_or(|second| second >= FIRST_SECOND)
        && descends(inputs)
        && descends(outputs);
    let loose = two(profile).filter(|_| fits)?;
    Some(Label {
        rule: WASABI_2_STRICT,
        ..loose
    })
}

pub(super) fn two(profile: &Profile<'_>) -> Option<Label> {
    let outputs = &profile.shape.outputs;
    let is_large = |side: &Side| side.sats.is_some_and(|v| v >= *DENOMINATIONS.start());
    if profile.n_inputs() < N_INPUTS_MIN_2
        || !profile.is_spread()
        || !profile.is_each_paid_once
        || !outputs.iter().all(is_large)
    {
        return None;
    }
    let equal = profile
        .values
        .iter()
        .filter(|run| run.1 >= 2 && is_denomination(run.0));
    let (n_values, n_equal) = equal
        .clone()
        .fold((0, 0), |(values, n), run| (values + 1, n + run.1));
    let fits =
        n_values >= N_DENOMINATIONS_MIN && profile.is_half(n_equal) && n_equal < outputs.len();
    let &(value, _) = equal.clone().next().filter(|_| fits)?;
    Some(profile.label(WASABI_2, value, n_equal))
}

/// 2ⁱ, 3ⁱ, 2·3ⁱ, 10ⁱ, 2·10ⁱ or 5·10ⁱ within the bounds.
fn is_denomination(value: u64) -> bool {
    let is_power = |factor: u64, base: u64| {
        let mut rest = value / factor;
        while rest > 1 && rest.is_multiple_of(base) {
            rest /= base;
        }
        value.is_multiple_of(factor) && rest == 1
    };
    let kinds = [(1, 2), (1, 3), (2, 3), (1, 10), (2, 10), (5, 10)];
    DENOMINATIONS.contains(&value) && kinds.iter().any(|&(factor, base)| is_power(factor, base))
}
