//! Rules on equal outputs: `JoinMarket`, the shape of Stonewall, and what fits no protocol.

use super::shape::Profile;
use super::{EQUAL_OUTPUTS, JOINMARKET, Label, STONEWALL};

/// Values that wallets and protocols use as the least possible output.
const DUST: [u64; 2] = [546, 2730];
/// Equal outputs of several owners, at least.
const N_EQUAL_MIN: usize = 3;
/// From so many inputs on, `JoinMarket` is asked more.
const N_INPUTS_LARGE: usize = 50;
const N_INPUTS_EACH_MAX: usize = 20;
/// Least value that Stonewall mixes.
const STONEWALL_MIN: u64 = 5_000;

pub(super) fn joinmarket(profile: &Profile<'_>) -> Option<Label> {
    let (mode, n) = profile.mode()?;
    let (n_inputs, n_outputs) = (profile.n_inputs(), profile.n_outputs());
    let is_plausible =
        n_inputs < N_INPUTS_LARGE || n_inputs <= N_INPUTS_EACH_MAX * n && 10 * n_outputs >= 17 * n;
    let fits = mode > DUST[1]
        && (N_EQUAL_MIN..=profile.n_spenders).contains(&n)
        && [n_outputs, n_outputs + 1].contains(&(2 * n))
        && n < n_outputs
        && profile.is_each_paid_once
        && profile.shape.n_without_address == 0
        && is_plausible;
    fits.then(|| profile.label(JOINMARKET, mode, n))
}

pub(super) fn stonewall(profile: &Profile<'_>) -> Option<Label> {
    let (mode, n) = profile.mode()?;
    let n_outputs = profile.n_outputs();
    let fits = profile.n_inputs() >= 2
        && (3..=4).contains(&n_outputs)
        && profile.is_each_paid_once
        && n == 2
        && profile.values.len() == n_outputs - 1
        && mode >= STONEWALL_MIN;
    fits.then(|| profile.label(STONEWALL, mode, n))
}

pub(super) fn outputs(profile: &Profile<'_>) -> Option<Label> {
    let &(value, n) = profile.values.iter().find(|run| !DUST.contains(&run.0))?;
    let fits = n >= N_EQUAL_MIN
        && profile.is_half(n)
        && profile.n_inputs() >= n
        && profile.n_spenders >= n;
    fits.then(|| profile.label(EQUAL_OUTPUTS, value, n))
}
