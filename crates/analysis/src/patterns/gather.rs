//! Gather-scatter: many pay one, who then pays about as much to many.
//!
//! Laws. With a movement into the account as the turning point, the payers are those of the window up to it, the payees
//! those of the window after it. An account is ranked among accounts of its role that have about as many payers and payees in
//! the record (its *size*: the smaller of the two numbers; peer groups after Bolton and Hand 2001), by the most that a window has of both: a hub
//! that pays and is paid all day does not hide whom it is rare of.

use super::cycles::is_share;
use super::movements::{Holdings, Movements};
use super::peers::Peers;
use super::window::{Distinct, Episodes, numbered};
use super::{Found, Measure, Options, Pattern, Rule};
use moneytrail_model::Watch;
use rayon::prelude::*;
use std::ops::Range;

/// A turning point: how far in either row the windows go, and what they hold.
#[derive(Clone, Debug)]
struct Turn {
    into: Range<usize>,
    out: Range<usize>,
    n_payers: u32,
    n_payees: u32,
    /// Sums; a sum beyond 128 bits is no match.
    sums: (u128, u128),
}

impl Turn {
    const fn n(&self) -> u32 {
        if self.n_payers < self.n_payees {
            self.n_payers
        } else {
            self.n_payees
        }
    }
}

/// The movements of a holding, with its counterparties numbered.
struct Sides<'a> {
    into: &'a [u32],
    out: &'a [u32],
    payers: (Vec<u32>, usize),
    payees: (Vec<u32>, usize),
}

impl<'a> Sides<'a> {
    /// O(d log d).
    fn of(movements: &Movements, (into, out): (&'a [u32], &'a [u32])) -> Self {
        Self {
            into,
            out,
            payers: numbered(into.iter().map(|&at| movements.from[at as usize])),
            payees: numbered(out.iter().map(|&at| movements.to[at as usize])),
        }
    }

    /// Payers or payees of the whole record, whichever are fewer.
    fn size(&self) -> u32 {
        u32::try_from(self.payers.1.min(self.payees.1)).expect("fewer than accounts")
    }
}

/// Tells the turns of a holding whose sums agree. O(d).
fn turns(movements: &Movements, sides: &Sides<'_>, options: &Options, mut each: impl FnMut(Turn)) {
    let (into, out) = (sides.into, sides.out);
    let second = |at: u32| movements.seconds[at as usize];
    let unit = |at: u32| movements.units[at as usize];
    let ((payers, n_payers), (payees, n_payees)) = (&sides.payers, &sides.payees);
    let (mut gathered, mut scattered) = (Distinct::new(*n_payers), Distinct::new(*n_payees));
    let (mut sum_in, mut sum_out) = (0_u128, 0_u128);
    let (mut in_start, mut out_start, mut out_end) = (0, 0, 0);
    for (last, &turn) in into.iter().enumerate() {
        gathered.enter(payers[last]);
        sum_in = sum_in.saturating_add(unit(turn));
        while second(turn).saturating_sub(second(into[in_start])) > options.gather_seconds {
            gathered.leave(payers[in_start]);
            sum_in = sum_in.saturating_sub(unit(into[in_start]));
            in_start += 1;
        }
        while out_end < out.len()
            && second(out[out_end]).saturating_sub(second(turn)) <= options.gather_seconds
        {
            scattered.enter(payees[out_end]);
            sum_out = sum_out.saturating_add(unit(out[out_end]));
            out_end += 1;
        }
        // What stands before the turning point in the record came before it.
        while out_start < out_end && out[out_start] < turn {
            scattered.leave(payees[out_start]);
            sum_out = sum_out.saturating_sub(unit(out[out_start]));
            out_start += 1;
        }
        let (least, most) = options.gather_permille;
        let agrees = is_share(sum_out, sum_in, least) && !is_more(sum_out, sum_in, most);
        if agrees && sum_in < u128::MAX && sum_out < u128::MAX {
            each(Turn {
                into: in_start..last + 1,
                out: out_start..out_end,
                n_payers: gathered.n(),
                n_payees: scattered.n(),
                sums: (sum_in, sum_out),
            });
        }
    }
}

/// Whether a part is more than so many thousandths of a whole.
fn is_more(part: u128, whole: u128, permille: u32) -> bool {
    part > 0 && is_share(part, whole, permille) && {
        // Equal is not more.
        !moneytrail_model::money::mul_div_rem(whole, u128::from(permille), 1000)
            .is_some_and(|(least, rest)| part == least && rest == 0)
    }
}

/// The most of either side, of each holding, by its size.
pub(super) fn peers(movements: &Movements, options: &Options, watch: &dyn Watch) -> Peers {
    let holdings = Holdings::of(movements);
    let most: Vec<(u32, u32)> = (0..holdings.list.len())
        .into_par_iter()
        .map(|holding| {
            let holding = u32::try_from(holding).expect("fewer than twice the transfers");
            let rows = (holdings.into.row(holding), holdings.out.row(holding));
            if watch.check().is_err() || rows.0.is_empty() || rows.1.is_empty() {
                return (0, 0);
            }
            let sides = Sides::of(movements, rows);
            let mut most = 0;
            turns(movements, &sides, options, |turn| most = most.max(turn.n()));
            (sides.size(), most)
        })
        .collect();
    let values = holdings.list.iter().zip(most);
    Peers::by_size(
        values.map(|(&(account, _), (size, most))| {
            (movements.roles[account as usize], size, most.into())
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
    let holdings = Holdings::of(movements);
    let found: Vec<Vec<Pattern>> = (0..holdings.list.len())
        .into_par_iter()
        .map(|holding| {
            if watch.check().is_err() {
                return Vec::new();
            }
            let (account, _) = holdings.list[holding];
            let holding = u32::try_from(holding).expect("fewer than twice the transfers");
            let (into, out) = (holdings.into.row(holding), holdings.out.row(holding));
            // No window has more payers or payees than there are movements.
            if into.len().min(out.len()) < options.gather_n_min as usize {
                return Vec::new();
            }
            let sides = Sides::of(movements, (into, out));
            let least = peers.least_of_size(movements.roles[account as usize], sides.size());
            if u128::from(sides.size()) < u128::from(options.gather_n_min).max(least) {
                return Vec::new();
            }
            let mut episodes = Episodes::new();
            let mut by_end = std::collections::BTreeMap::new();
            turns(movements, &sides, options, |turn| {
                if turn.n() >= options.gather_n_min && u128::from(turn.n()) >= least {
                    by_end.insert(turn.into.end, turn.clone());
                    episodes.tell(turn.into.clone(), turn.n());
                }
            });
            let patterns = episodes.done().into_iter().map(|(window, n)| {
                let turn = &by_end[&window.end];
                let mut list: Vec<u32> = into[turn.into.clone()].to_vec();
                list.extend(&out[turn.out.clone()]);
                list.sort_unstable();
                let ends = |at: &u32| [movements.from[*at as usize], movements.to[*at as usize]];
                let mut parties: Vec<u32> = list.iter().flat_map(ends).collect();
                parties.sort_unstable();
                parties.dedup();
                parties.retain(|&party| party != account);
                parties.insert(0, account);
                let k = options.gather_n_min.into();
                Pattern {
                    rule: Rule::GatherScatter,
                    accounts: parties,
                    movements: list,
                    strength: n.into(),
                    measures: vec![
                        Measure::against("distinct payers", turn.n_payers.into(), k),
                        Measure::against("distinct payees", turn.n_payees.into(), k),
                        Measure::against("of the first of the role and size", n.into(), least),
                        Measure::of("units in", turn.sums.0),
                        Measure::of("units out", turn.sums.1),
                    ],
                }
            });
            patterns.collect::<Vec<Pattern>>()
        })
        .collect();
    Found::ranked(found.into_iter().flatten().collect())
}
