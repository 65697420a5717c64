//! Lines of books against transfers of a chain: which settlement was paid by which transfers.
//!
//! Law: a transfer answers at most one line of each book, and a line is answered once; the result is a function of lines, transfers, owners
//! and options, whatever their order and the number of threads. A match is a claim only if matches as good are rare by chance
//! (`p` below the threshold), the line itself names the transfer or one of its addresses, or both wallets are the right keepers' and no other
//! transfer between them fits as well; where a chain is too short to tell, value alone makes none.
//!
//! Method. Candidates of a line are transfers, or few transfers between two holders of wallets, or a transfer for few lines, by value,
//! time, direction and what is known of wallets (`candidate`). How many candidates at least as good the same line would have at other
//! dates, and other sums at all dates, is counted (`chance`). The rarest are taken first. Wallets that several
//! confident matches of a keeper share are learnt (`wallets`), and all is done again with them.
//! Source: the project's hawala reference, §3 and §4 (crypto-mirror).

mod candidate;
mod chance;
mod line;
mod options;
mod position;
mod take;
mod wallets;

pub use candidate::{Class, Named};
pub use line::{Direction, Line, Transfer};
pub use options::Options;
pub use position::{Discharged, NET_MIRROR, Nets, between, discharged};
pub use wallets::{Holder, Learnt};

use candidate::{Asked, Candidate, Chain};
use chance::Chance;
use moneytrail_model::Watch;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub use moneytrail_store::decision::CRYPTO_MIRROR;

/// Lines and transfers that may be one settlement.
#[derive(Clone, PartialEq, Debug)]
pub struct Mirror {
    /// Positions of the lines, the earliest first: of one book.
    pub lines: Vec<usize>,
    /// Positions of the transfers, ascending.
    pub transfers: Vec<usize>,
    /// How good it is.
    pub class: Class,
    /// Book's sum less the chain's, in millionths of the line's unit.
    pub gap: i128,
    /// Candidates at least as good that the same lines have at a random date.
    pub by_chance: f64,
    /// Chance of at least one such candidate, by other dates and by other sums; no less than what the chain is long enough to tell.
    pub p: f64,
    /// Whether the chain is long enough, or has transfers enough, for a chance below `p_max`.
    pub is_told: bool,
    /// Whether `crypto-mirror@2` claims it.
    pub is_claim: bool,
    /// Whether a person accepted it, which makes it a claim whatever its chance.
    pub is_accepted: bool,
    /// Other candidates of the same lines, the rarest first.
    pub n_competing: usize,
}

/// What people decided: of transfers, ascending, sets of lines and whether they were accepted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decided(BTreeMap<Vec<usize>, Vec<(BTreeSet<usize>, bool)>>);

impl Decided {
    /// Enters a decision on positions of lines and transfers.
    pub fn enter(
        &mut self,
        lines: impl IntoIterator<Item = usize>,
        transfers: impl IntoIterator<Item = usize>,
        is_accepted: bool,
    ) {
        let transfers: BTreeSet<usize> = transfers.into_iter().collect();
        let of = self.0.entry(transfers.into_iter().collect()).or_default();
        of.push((lines.into_iter().collect(), is_accepted));
    }

    /// What was decided of a candidate: one with the same transfers and no lines beyond; what was accepted counts first.
    fn of(&self, candidate: &Candidate) -> Option<bool> {
        let of = self.0.get(&candidate.transfers)?.iter();
        let of = of.filter(|of| candidate.lines.iter().all(|line| of.0.contains(line)));
        of.map(|of| of.1).max()
    }
}

/// What was found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Mirrored {
    /// What is taken, each line and (for each book) each transfer once; by line.
    pub mirrors: Vec<Mirror>,
    /// What competes with it, and what is left of other lines; the rarest first for each line, at most `competing_max` of each.
    pub competing: Vec<Mirror>,
    /// Wallets learnt, by account.
    pub learnt: Vec<Learnt>,
    /// Lines with so many candidates that some were left out.
    pub n_cut_off: usize,
}

/// Matches lines with transfers. `owners` says which accounts a keeper is known to hold; what people rejected is no candidate, and what they
/// accepted is taken first.
///
/// Complexity: for each line, the transfers within the value's bounds, and of each pair of holders at most `group_max` neighbours in
/// all sets of `parts_max`; `samples` looks at each of these lists.
pub fn mirror(
    lines: &[Line],
    transfers: &[Transfer],
    owners: &BTreeMap<u32, u32>,
    decided: &Decided,
    options: &Options,
) -> Mirrored {
    mirror_watched(lines, transfers, owners, decided, options, &())
}

/// As [`mirror`]; where the watch says to stop, what is given is nothing to be told.
pub fn mirror_watched(
    lines: &[Line],
    transfers: &[Transfer],
    owners: &BTreeMap<u32, u32>,
    decided: &Decided,
    options: &Options,
    watch: &dyn Watch,
) -> Mirrored {
    let order = line::by_time(transfers);
    let values = candidate::by_value(transfers, &order);
    let days = candidate::by_day(transfers, &order);
    let chance = Chance::new(transfers, options);
    let sets = line::together(lines, options);
    let mut holders: BTreeMap<u32, Holder> = owners
        .iter()
        .map(|(&account, &keeper)| (account, Holder::known(keeper)))
        .collect();
    let mut learnt: Vec<Learnt> = Vec::new();
    loop {
        let groups = candidate::by_holders(transfers, &order, &holders);
        let chain = Chain {
            transfers,
            values: &values,
            days: &days,
            groups: &groups,
            holders: &holders,
            options,
        };
        let (mut weighed, n_cut_off) = weigh(lines, &sets, chain, &chance, watch);
        weighed.retain_mut(|of| {
            let decided = decided.of(&of.candidate);
            of.is_accepted = decided == Some(true);
            decided != Some(false)
        });
        let new = wallets::learn(lines, transfers, &weighed, &holders, options);
        if new.is_empty() || learnt.len() > transfers.len() || watch.check().is_err() {
            let taken = take::take(lines, transfers, &mut weighed, options);
            learnt.sort_by_key(|of| of.account);
            return Mirrored {
                learnt,
                n_cut_off,
                ..taken
            };
        }
        for wallet in new {
            holders.insert(wallet.account, Holder::learnt(wallet.keeper));
            learnt.push(wallet);
        }
    }
}

/// A candidate with its chance.
#[derive(Clone, Debug)]
struct Weighed {
    candidate: Candidate,
    by_chance: f64,
    /// Chance by other dates alone, without what is judged, times the sums that were looked at.
    by_dates: f64,
    p: f64,
    is_told: bool,
    is_accepted: bool,
}

fn weigh(
    lines: &[Line],
    sets: &[Vec<usize>],
    chain: Chain<'_>,
    chance: &Chance,
    watch: &dyn Watch,
) -> (Vec<Weighed>, usize) {
    let n_sets = line::sets_of_each(lines, sets);
    let weighed: Vec<(Vec<Weighed>, bool)> = sets
        .par_iter()
        .map(|set| {
            if watch.check().is_err() {
                return (Vec::new(), false);
            }
            let asked = Asked::of(lines, set, chain);
            let all = asked.candidates();
            let tried = set.iter().map(|&line| n_sets[line]).max();
            let n_tried = if set.len() > 1 { tried } else { None };
            (
                chance.weigh(all.candidates, &asked, n_tried.unwrap_or(1)),
                all.is_cut_off,
            )
        })
        .collect();
    let n_cut_off = weighed.iter().filter(|of| of.1).count();
    (weighed.into_iter().flat_map(|of| of.0).collect(), n_cut_off)
}
