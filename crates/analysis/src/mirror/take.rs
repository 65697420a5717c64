//! Which candidates are taken: the rarest first, each line once, each transfer once for each book.

use super::candidate::Named;
use super::line::ids;
use super::{Line, Mirror, Mirrored, Options, Transfer, Weighed};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts candidates, the rarest first.
fn rank(lines: &[Line], transfers: &[Transfer], weighed: &mut [Weighed]) {
    let key = |of: &Weighed| {
        let lines: Vec<&str> = of
            .candidate
            .lines
            .iter()
            .map(|&line| &*lines[line].key)
            .collect();
        (lines, ids(transfers, &of.candidate.transfers))
    };
    // The two books of a settlement agree on its transfers: what another book's line finds too stands before its equals.
    let mut books: BTreeMap<Vec<usize>, BTreeSet<u32>> = BTreeMap::new();
    for of in weighed.iter() {
        let keeper = lines[of.candidate.lines[0]].keeper;
        books
            .entry(of.candidate.transfers.clone())
            .or_default()
            .insert(keeper);
    }
    let n_books = |of: &Weighed| books[&of.candidate.transfers].len();
    let by_rank = |a: &Weighed, b: &Weighed| -> Ordering {
        let (x, y) = (&a.candidate, &b.candidate);
        b.is_accepted
            .cmp(&a.is_accepted)
            .then(y.class.named.cmp(&x.class.named))
            .then(a.by_chance.total_cmp(&b.by_chance))
            .then(n_books(b).cmp(&n_books(a)))
            .then(y.class.wallets.cmp(&x.class.wallets))
            .then(
                (x.class.n_transfers + x.class.n_lines)
                    .cmp(&(y.class.n_transfers + y.class.n_lines)),
            )
            .then(x.gap.abs().cmp(&y.gap.abs()))
            .then_with(|| key(a).cmp(&key(b)))
    };
    weighed.sort_by(by_rank);
}

pub(super) fn take(
    lines: &[Line],
    transfers: &[Transfer],
    weighed: &mut [Weighed],
    options: &Options,
) -> Mirrored {
    rank(lines, transfers, weighed);
    let is_claim = |of: &Weighed| {
        let class = of.candidate.class;
        of.is_accepted
            || of.p < options.p_max
            || class.named > Named::Nothing
            || class.wallets == 2 && of.by_dates < options.p_max
    };
    let mut used_lines: BTreeSet<usize> = BTreeSet::new();
    let mut used: BTreeSet<(u32, usize)> = BTreeSet::new();
    let mut parties: BTreeMap<usize, [Option<u32>; 2]> = BTreeMap::new();
    let mut n_of: BTreeMap<usize, usize> = BTreeMap::new();
    for of in weighed.iter() {
        for &line in &of.candidate.lines {
            *n_of.entry(line).or_default() += 1;
        }
    }
    let mut found = Mirrored::default();
    let mut n_given: BTreeMap<usize, usize> = BTreeMap::new();
    for of in weighed.iter() {
        let first = &lines[of.candidate.lines[0]];
        let disagrees = |place: &usize| {
            let held = parties.get(place);
            held.is_some_and(|held| {
                held.iter()
                    .zip(first.parties())
                    .any(|(a, b)| matches!((a, b), (Some(a), Some(b)) if *a != b))
            })
        };
        let is_free = of
            .candidate
            .lines
            .iter()
            .all(|line| !used_lines.contains(line))
            && of
                .candidate
                .transfers
                .iter()
                .all(|&place| !used.contains(&(first.keeper, place)) && !disagrees(&place));
        let n_competing = of.candidate.lines.iter().map(|line| n_of[line] - 1).max();
        let mirror = Mirror {
            lines: of.candidate.lines.clone(),
            transfers: of.candidate.transfers.clone(),
            class: of.candidate.class,
            gap: of.candidate.gap,
            by_chance: of.by_chance,
            p: of.p,
            is_told: of.is_told,
            is_claim: is_free && is_claim(of),
            is_accepted: of.is_accepted,
            n_competing: n_competing.unwrap_or(0),
        };
        if is_free && is_claim(of) {
            used_lines.extend(&of.candidate.lines);
            for &place in &of.candidate.transfers {
                used.insert((first.keeper, place));
                let held = parties.entry(place).or_insert([None, None]);
                for (held, party) in held.iter_mut().zip(first.parties()) {
                    *held = held.or(party);
                }
            }
            found.mirrors.push(mirror);
        } else {
            let n = n_given.entry(of.candidate.lines[0]).or_default();
            if *n < options.competing_max {
                *n += 1;
                found.competing.push(mirror);
            }
        }
    }
    let by_line = |a: &Mirror, b: &Mirror| lines[a.lines[0]].key.cmp(&lines[b.lines[0]].key);
    found.mirrors.sort_by(by_line);
    found.competing.sort_by(by_line);
    found
}
