//! Fan-in and fan-out: many distinct counterparties within a window.

use super::movements::{Movements, Rows};
use super::peers::Peers;
use super::window::{Episodes, numbered, sliding};
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
use rayon::prelude::*;

/// The side that a fan is about, and the other.
fn sides(movements: &Movements, rule: Rule) -> (&[u32], &[u32]) {
    match rule {
        Rule::FanIn => (&movements.to, &movements.from),
        _ => (&movements.from, &movements.to),
    }
}

/// Tells each window of an account.
fn windows(
    movements: &Movements,
    (row, others): (&[u32], &[u32]),
    options: &Options,
    each: impl FnMut(std::ops::Range<usize>, u32),
) {
    let seconds: Vec<i64> = row
        .iter()
        .map(|&at| movements.seconds[at as usize])
        .collect();
    let (values, n_values) = numbered(row.iter().map(|&at| others[at as usize]));
    sliding(&seconds, &values, n_values, options.fan_seconds, each);
}

/// The most counterparties of a window, of each account.
pub(super) fn peers(
    movements: &Movements,
    rule: Rule,
    options: &Options,
    watch: &dyn Watch,
) -> Peers {
    let (accounts, others) = sides(movements, rule);
    let rows = Rows::by(movements.roles.len(), accounts);
    let most: Vec<u32> = (0..movements.roles.len())
        .into_par_iter()
        .map(|account| {
            if watch.check().is_err() {
                return 0;
            }
            let account = u32::try_from(account).expect("accounts are numbered by u32");
            let mut most = 0;
            windows(movements, (rows.row(account), others), options, |_, n| {
                most = most.max(n);
            });
            most
        })
        .collect();
    let values = movements.roles.iter().zip(most);
    Peers::of(
        values.map(|(&role, most)| (role, 0, most.into())),
        options.peers_permille,
    )
}

/// O(n log n).
pub(super) fn find(
    movements: &Movements,
    rule: Rule,
    options: &Options,
    peers: &Peers,
    watch: &dyn Watch,
) -> Found {
    let (accounts, others) = sides(movements, rule);
    let rows = Rows::by(movements.roles.len(), accounts);
    let found: Vec<Vec<Pattern>> = (0..movements.roles.len())
        .into_par_iter()
        .map(|account| {
            if watch.check().is_err() {
                return Vec::new();
            }
            let role = movements.roles[account];
            let account = u32::try_from(account).expect("accounts are numbered by u32");
            let row = rows.row(account);
            let least = peers.least(role, 0);
            // No window has more counterparties than the row has movements.
            let asked = u128::from(options.fan_n_min).max(least);
            if (row.len() as u128) < asked {
                return Vec::new();
            }
            let mut episodes = Episodes::new();
            windows(movements, (row, others), options, |window, n| {
                if n >= options.fan_n_min && u128::from(n) >= least {
                    episodes.tell(window, n);
                }
            });
            let patterns = episodes.done().into_iter().map(|(window, n)| {
                let movements = row[window].to_vec();
                let mut parties: Vec<u32> =
                    movements.iter().map(|&at| others[at as usize]).collect();
                parties.sort_unstable();
                parties.dedup();
                parties.insert(0, account);
                Pattern {
                    rule,
                    accounts: parties,
                    movements,
                    strength: n.into(),
                    measures: vec![
                        Measure::against(
                            "distinct counterparties",
                            n.into(),
                            options.fan_n_min.into(),
                        ),
                        Measure::against("of the first of the role", n.into(), least),
                    ],
                }
            });
            patterns.collect::<Vec<Pattern>>()
        })
        .collect();
    Found::ranked(found.into_iter().flatten().collect())
}
