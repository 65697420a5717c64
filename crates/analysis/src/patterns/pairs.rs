//! Who pays whom within a window: distinct pairs, and what of them can be part of a dense block.
//!
//! Law: a payee with more payers in a window than a hub's number is in no block, because what all pay tells nobody
//! apart, and is counted. What is left is the (k, k)-core: every payer has k payees in it and every payee k payers
//! (Ahmed et al. 2007). A block that asks for k of either side lies within it, so nothing else is lost.

use super::movements::Movements;
use super::window::placed;
use std::ops::Range;

/// A pair as its payee sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    /// Number of the payer.
    pub(super) payer: u32,
    /// First and last movement of the pair in the window.
    pub(super) first: u32,
    pub(super) last: u32,
}

/// The pairs of a window.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    /// Accounts that pay and that are paid, by their numbers, ascending.
    pub(super) payers: Vec<u32>,
    pub(super) payees: Vec<u32>,
    /// Payees of each payer, ascending, and payers of each payee, ascending.
    of_payer: Vec<Vec<u32>>,
    of_payee: Vec<Vec<Pair>>,
    pub(super) n_hubs: u64,
}

/// Windows of a length that begin every half of it and hold a movement, as ranges of movements. O(n).
pub(super) fn windows(seconds: &[i64], window_seconds: i64) -> Vec<Range<usize>> {
    let Some(&origin) = seconds.first() else {
        return Vec::new();
    };
    let step = (window_seconds / 2).max(1);
    let behind = |second: i64| seconds.partition_point(|&known| known < second);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < seconds.len() {
        // The last window that begins at or before a movement, and those before it that may hold it too.
        let nth = seconds[at].saturating_sub(origin) / step;
        for nth in nth - 2..=nth {
            let begin = origin.saturating_add(nth.saturating_mul(step));
            let range =
                behind(begin)..behind(begin.saturating_add(window_seconds).saturating_add(1));
            let is_new = found.last().is_none_or(|last| last.end < range.end);
            if nth >= 0 && is_new {
                found.push(range);
            }
        }
        at = behind(origin.saturating_add((nth + 1).saturating_mul(step))).max(at + 1);
    }
    found
}

impl Pairs {
    /// O(m log m) for m movements.
    pub(super) fn of(movements: &Movements, window: Range<usize>, k: u32, hub: u32) -> Self {
        let (from, payers) = placed(movements.from[window.clone()].iter().copied());
        let (to, payees) = placed(movements.to[window.clone()].iter().copied());
        let mut list: Vec<(u32, u32, u32)> = (window.start..)
            .zip(from.iter().zip(&to))
            .map(|(at, (&from, &to))| (to, from, u32::try_from(at).expect("fewer than 2³²")))
            .collect();
        list.sort_unstable();
        let mut pairs = Self {
            of_payer: vec![Vec::new(); payers.len()],
            of_payee: vec![Vec::new(); payees.len()],
            payers,
            payees,
            n_hubs: 0,
        };
        for of in list.chunk_by(|a, b| a.0 == b.0) {
            let row = of.chunk_by(|a, b| a.1 == b.1).map(|of| Pair {
                payer: of[0].1,
                first: of[0].2,
                last: of[of.len() - 1].2,
            });
            let row: Vec<Pair> = row.take(hub as usize + 1).collect();
            if row.len() > hub as usize {
                pairs.n_hubs += 1;
            } else {
                pairs.of_payee[of[0].0 as usize] = row;
            }
        }
        for (payee, row) in (0..).zip(&pairs.of_payee) {
            for pair in row {
                pairs.of_payer[pair.payer as usize].push(payee);
            }
        }
        pairs.core(k as usize);
        pairs
    }

    /// Takes out what has too few of the other side, until nothing has. O(m).
    fn core(&mut self, k: usize) {
        let mut n_of_payer: Vec<usize> = self.of_payer.iter().map(Vec::len).collect();
        let mut n_of_payee: Vec<usize> = self.of_payee.iter().map(Vec::len).collect();
        let mut out: Vec<(bool, usize)> = Vec::new();
        let few = |counts: &[usize], is_payer: bool| -> Vec<(bool, usize)> {
            let few = counts.iter().enumerate().filter(|of| *of.1 < k);
            few.map(|of| (is_payer, of.0)).collect()
        };
        out.extend(few(&n_of_payer, true));
        out.extend(few(&n_of_payee, false));
        let mut is_out = [
            vec![false; self.of_payee.len()],
            vec![false; self.of_payer.len()],
        ];
        for &(is_payer, at) in &out {
            is_out[usize::from(is_payer)][at] = true;
        }
        while let Some((is_payer, at)) = out.pop() {
            let others: Vec<usize> = if is_payer {
                self.of_payer[at].iter().map(|&of| of as usize).collect()
            } else {
                self.of_payee[at]
                    .iter()
                    .map(|of| of.payer as usize)
                    .collect()
            };
            let (counts, other_out) = if is_payer {
                (&mut n_of_payee, &mut is_out[0])
            } else {
                (&mut n_of_payer, &mut is_out[1])
            };
            for other in others {
                counts[other] = counts[other].saturating_sub(1);
                if counts[other] < k && !other_out[other] {
                    other_out[other] = true;
                    out.push((!is_payer, other));
                }
            }
        }
        let [payee_out, payer_out] = is_out;
        for (at, row) in self.of_payer.iter_mut().enumerate() {
            row.retain(|&payee| !payer_out[at] && !payee_out[payee as usize]);
        }
        for (at, row) in self.of_payee.iter_mut().enumerate() {
            row.retain(|pair| !payee_out[at] && !payer_out[pair.payer as usize]);
        }
    }

    /// Payees of a payer.
    pub(super) fn payees_of(&self, payer: u32) -> &[u32] {
        &self.of_payer[payer as usize]
    }

    /// Payers of a payee.
    pub(super) fn payers_of(&self, payee: u32) -> &[Pair] {
        &self.of_payee[payee as usize]
    }

    /// The payers' and the payees' number of an account, where it has them.
    pub(super) fn payee_number(&self, account: u32) -> Option<u32> {
        let place = self.payees.binary_search(&account).ok()?;
        u32::try_from(place).ok()
    }
}
