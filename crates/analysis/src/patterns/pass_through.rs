//! Pass-through: what comes in goes out at once.
//!
//! Law: outflows draw on inflows first in first out; a unit has passed through if it left within the window after it
//! came. What an account had before the record begins is not known: an outflow that nothing covers counts for nothing. Assets
//! are not compared by their units: the strength is the part that passed of all that moved of the asset.

use super::cycles::is_share;
use super::dense_flow::PARTS;
use super::movements::{Holdings, Movements, Role};
use super::peers::Peers;
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
use moneytrail_model::money::mul_div_rem;
use rayon::prelude::*;

/// What came into a holding, what of it passed through, and the movements of that.
#[derive(Clone, Debug, Default)]
struct Passed {
    came: u128,
    went_on: u128,
    movements: Vec<u32>,
}

const fn window(role: Role, options: &Options) -> i64 {
    match role {
        Role::Chain => options.pass_chain_seconds,
        _ => options.pass_cash_seconds,
    }
}

/// O(d): each inflow is used up once. A sum beyond 128 bits is nothing.
fn passed(movements: &Movements, (into, out): (&[u32], &[u32]), window_seconds: i64) -> Passed {
    let mut found = Passed::default();
    for &at in into {
        match found.came.checked_add(movements.units[at as usize]) {
            Some(sum) => found.came = sum,
            None => return Passed::default(),
        }
    }
    let mut inflows = into.iter().copied().peekable();
    let mut left = inflows.peek().map_or(0, |&at| movements.units[at as usize]);
    for &outflow in out {
        let mut wanted = movements.units[outflow as usize];
        let mut is_in_time = false;
        while wanted > 0
            && let Some(&inflow) = inflows.peek()
            && inflow < outflow
        {
            let drawn = wanted.min(left);
            let age = movements.seconds[outflow as usize]
                .saturating_sub(movements.seconds[inflow as usize]);
            if drawn > 0 && age <= window_seconds {
                found.went_on += drawn;
                is_in_time = true;
                if found.movements.last() != Some(&inflow) {
                    found.movements.push(inflow);
                }
            }
            wanted -= drawn;
            left -= drawn;
            if left == 0 {
                inflows.next();
                left = inflows.peek().map_or(0, |&at| movements.units[at as usize]);
            }
        }
        if is_in_time {
            found.movements.push(outflow);
        }
    }
    found.movements.sort_unstable();
    found.movements.dedup();
    found
}

fn all(movements: &Movements, options: &Options, watch: &dyn Watch) -> (Holdings, Vec<Passed>) {
    let holdings = Holdings::of(movements);
    let found = (0..holdings.list.len())
        .into_par_iter()
        .map(|holding| {
            if watch.check().is_err() {
                return Passed::default();
            }
            let role = movements.roles[holdings.list[holding].0 as usize];
            let holding = u32::try_from(holding).expect("fewer than twice the transfers");
            let rows = (holdings.into.row(holding), holdings.out.row(holding));
            passed(movements, rows, window(role, options))
        })
        .collect();
    (holdings, found)
}

/// What passed through, of each holding.
pub(super) fn peers(movements: &Movements, options: &Options, watch: &dyn Watch) -> Peers {
    let (holdings, found) = all(movements, options, watch);
    let values = holdings.list.iter().zip(found);
    Peers::of(
        values.map(|(&(account, asset), found)| {
            (movements.roles[account as usize], asset, found.went_on)
        }),
        options.peers_permille,
    )
}

/// O(n log n).
pub(super) fn find(
    movements: &Movements,
    options: &Options,
    peers: &Peers,
    watch: &dyn Watch,
) -> Found {
    let (holdings, found) = all(movements, options, watch);
    let totals = movements.totals();
    let patterns = holdings.list.iter().zip(found);
    let patterns = patterns.filter_map(|(&(account, asset), found)| {
        let least = peers.least(movements.roles[account as usize], asset);
        let fires = found.went_on > 0
            && is_share(found.went_on, found.came, options.pass_permille)
            && found.went_on >= least;
        fires.then(|| {
            let total = totals[asset as usize].max(1);
            // Of two of one asset the larger is the stronger, down to a part in 10¹².
            let part = mul_div_rem(found.went_on, PARTS, total).map_or(0, |of| of.0);
            let ends = |at: &u32| [movements.from[*at as usize], movements.to[*at as usize]];
            let mut parties: Vec<u32> = found.movements.iter().flat_map(ends).collect();
            parties.sort_unstable();
            parties.dedup();
            parties.retain(|&party| party != account);
            parties.insert(0, account);
            Pattern {
                rule: Rule::PassThrough,
                accounts: parties,
                movements: found.movements,
                strength: part,
                measures: vec![
                    Measure::of("units in", found.came),
                    Measure::against("units that passed through", found.went_on, least),
                    Measure::of(
                        "millionths of all that moved of the asset",
                        part / 1_000_000,
                    ),
                ],
            }
        })
    });
    Found::ranked(patterns.collect())
}
