//! Which moves are drawn one by one, and which are joined.

use super::{Ending, Fates, Happening, Load, Plan, Raw, THIN, build};
use std::collections::{BTreeMap, BinaryHeap};

/// Moves by traced amount, largest first, each after the move that its stay came by.
pub(super) fn best_first(plan: &Plan) -> Vec<usize> {
    let mut queue = BinaryHeap::new();
    let mut is_reached = vec![false; plan.stays.len()];
    let mut order = Vec::with_capacity(plan.moves.len());
    let key = |number: usize| (plan.moves[number].load.traced(), std::cmp::Reverse(number));
    let reach = |stay: usize, queue: &mut BinaryHeap<_>| {
        for happening in &plan.stays[stay].happenings {
            if let Happening::Out(number) = happening {
                queue.push(key(*number));
            }
        }
    };
    for (stay, reached) in is_reached.iter_mut().enumerate() {
        if plan.stays[stay].source.is_some() {
            *reached = true;
            reach(stay, &mut queue);
        }
    }
    while let Some((_, std::cmp::Reverse(number))) = queue.pop() {
        order.push(number);
        let to = plan.moves[number].to;
        if !is_reached[to] {
            is_reached[to] = true;
            reach(to, &mut queue);
        }
    }
    order
}

/// The plan in which only `kept` moves stand alone; others of a drawn stay are joined, later ones
/// left to the step list.
pub(super) fn joined<'a>(
    raws: &[Raw<'a>],
    full: &Plan<'a>,
    kept: &[usize],
    fates: &Fates,
) -> Plan<'a> {
    let mut is_kept = vec![false; raws.len()];
    let mut is_drawn = vec![false; full.stays.len()];
    let most = raws.iter().map(|raw| raw.load.total()).max().unwrap_or(0);
    for &number in kept {
        let is_leaf = full.stays[full.moves[number].to].n_outs() == 0;
        if is_leaf && raws[number].load.total() < most / THIN {
            continue;
        }
        is_kept[number] = true;
        is_drawn[full.moves[number].from] = true;
        is_drawn[full.moves[number].to] = true;
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut n_left_out = 0;
    for (number, movement) in full.moves.iter().enumerate() {
        if is_kept[number] {
            continue;
        }
        if is_drawn[movement.from] {
            groups.entry(movement.from).or_default().push(number);
        } else if full.stays[movement.from].source.is_some() {
            n_left_out += 1;
        }
    }
    let mut at_last: BTreeMap<usize, Raw> = BTreeMap::new();
    let (mut n_joined, mut n_seeped, mut seeped) = (0, 0, 0_u128);
    for members in groups.values() {
        let (Some(&first), Some(&last)) = (members.first(), members.last()) else {
            continue;
        };
        let sum = members
            .iter()
            .fold(Load::default(), |sum, &number| sum.plus(raws[number].load));
        let is_leaf = full.stays[full.moves[first].to].n_outs() == 0;
        let ending = if sum.total() < most / THIN {
            n_seeped += members.len();
            seeped = seeped.saturating_add(sum.traced());
            Some(Ending::Seeps)
        } else if members.len() == 1 && is_leaf {
            raws[first].ending
        } else {
            n_joined += members.len();
            Some(Ending::Others(members.len()))
        };
        let raw = Raw {
            load: sum,
            step: raws[first].step,
            last: raws[last].last,
            seconds: raws[last].seconds,
            ending,
        };
        at_last.insert(last, raw);
    }
    let mut chosen = Vec::new();
    for (number, raw) in raws.iter().enumerate() {
        if is_kept[number] {
            chosen.push(Raw {
                load: raw.load,
                step: raw.step,
                last: raw.last,
                seconds: raw.seconds,
                ending: raw.ending,
            });
        } else if let Some(group) = at_last.remove(&number) {
            chosen.push(group);
        }
    }
    let mut plan = build(&chosen, fates);
    plan.n_joined = n_joined;
    plan.n_seeped = n_seeped;
    plan.seeped = seeped;
    plan.n_left_out = n_left_out;
    plan
}
