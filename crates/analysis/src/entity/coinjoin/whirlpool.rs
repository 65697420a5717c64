//! Whirlpool: its rounds, and what prepares coins for them.

use super::shape::{Profile, Side};
use super::{Label, TX0, WHIRLPOOL};
use std::ops::RangeInclusive;

/// Denominations of Whirlpool and its successor.
const DENOMINATIONS: [u64; 6] = [
    100_000, 1_000_000, 2_500_000, 5_000_000, 25_000_000, 50_000_000,
];

/// Denominations of Whirlpool, and the coordinator's fee for each.
const POOLS: [(u64, u64); 4] = [
    (100_000, 5_000),
    (1_000_000, 50_000),
    (5_000_000, 175_000),
    (50_000_000, 1_750_000),
];

/// What an entrant pays beyond the denomination, for the fees of all.
const EXCESS: RangeInclusive<u64> = 100..=110_000;

const N_INPUTS: RangeInclusive<usize> = 5..=8;
const N_ENTRANTS: RangeInclusive<usize> = 1..=4;
const N_PREMIXES: RangeInclusive<usize> = 1..=70;
/// Outputs of a Tx0 with an address that are not pre-mix: the coordinator's fee, and change.
const N_OTHERS_MAX: usize = 2;

pub(super) fn round(profile: &Profile<'_>) -> Option<Label> {
    let (inputs, n) = (&profile.shape.inputs, profile.n_inputs());
    if !N_INPUTS.contains(&n) || profile.n_outputs() != n {
        return None;
    }
    let (denomination, n_equal) = profile.mode()?;
    let excess = |side: &Side| side.sats.and_then(|value| value.checked_sub(denomination));
    let is_entrant = |side: &&Side| excess(side).is_some_and(|excess| EXCESS.contains(&excess));
    let n_entrants = inputs.iter().filter(is_entrant).count();
    let n_remixes = inputs.iter().filter(|side| excess(side) == Some(0)).count();
    let fits = n_equal == n
        && DENOMINATIONS.contains(&denomination)
        && profile.n_spenders == n
        && profile.is_each_paid_once
        && n_entrants + n_remixes == n
        && N_ENTRANTS.contains(&n_entrants);
    fits.then(|| profile.label(WHIRLPOOL, denomination, n))
}

pub(super) fn tx0(profile: &Profile<'_>) -> Option<Label> {
    if profile.shape.n_without_address != 1 {
        return None;
    }
    // The most frequent value; where several are, any of them may be it.
    let n_premixes = profile.mode()?.1;
    if !N_PREMIXES.contains(&n_premixes) || profile.n_outputs() > n_premixes + N_OTHERS_MAX {
        return None;
    }
    let modes = profile.values.iter().take_while(|run| run.1 == n_premixes);
    let fits = |premix: u64| {
        POOLS.iter().any(|&(denomination, fee)| {
            let is_fee = |side: &&Side| {
                side.sats
                    .is_some_and(|v| v != premix && 2 * v >= fee && v <= 3 * fee)
            };
            premix
                .checked_sub(denomination)
                .is_some_and(|excess| EXCESS.contains(&excess))
                && profile.shape.outputs.iter().filter(is_fee).count() == 1
        })
    };
    let premix = modes.map(|run| run.0).find(|&premix| fits(premix))?;
    Some(profile.label(TX0, premix, n_premixes))
}
