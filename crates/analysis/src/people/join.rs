//! Groups joined, the two of greatest weight first.
//!
//! Law: a group's number is its smallest mention; of two merges of one weight that of the smaller numbers comes first. So the merges
//! are a function of the weights alone.
//!
//! Method: a heap of merges, each with how often both groups had grown when it was weighed; one whose groups grew since is passed
//! over, because it was weighed anew. O(merges · neighbours · log pairs).
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "probabilities; no money"
)]

use super::block::Pair;
use super::compare::Comparison;
use super::group::{Group, Link, MILLIBITS, Scale, Weighed};
use super::mention::{Mention, Party, Prepared};
use super::model::probability;
use super::{Merge, Options, Term, bits};
use moneytrail_model::{Stop, Watch};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Ties of less than this make no two records one order.
const ONE_ORDER: f64 = 0.5;
/// No single tie weighs more: even two books that agree may both be copied from one message.
const TIE_MILLIBITS_MAX: i64 = 10_000;

/// The order of each mention: records that ties make one have one number, that of their first mention.
pub(super) fn orders(mentions: &[&Mention], tied: &FxHashMap<Pair, f64>) -> Vec<u32> {
    let mut of_record: BTreeMap<u64, u32> = BTreeMap::new();
    let mut parents: Vec<u32> = (0_u32..)
        .zip(mentions)
        .map(|(place, mention)| *of_record.entry(mention.record).or_insert(place))
        .collect();
    let mut pairs: Vec<Pair> = tied
        .iter()
        .filter(|of| *of.1 >= ONE_ORDER)
        // Who was deposited for, and on whose word it is released, stand on two sides of two records.
        .filter(|((a, b), _)| mentions[*a as usize].party == mentions[*b as usize].party)
        .map(|of| *of.0)
        .collect();
    pairs.sort_unstable();
    for (a, b) in pairs {
        let (x, y) = (root(&mut parents, a), root(&mut parents, b));
        parents[x.max(y) as usize] = x.min(y);
    }
    (0_u32..)
        .take(mentions.len())
        .map(|place| root(&mut parents, place))
        .collect()
}

fn root(parents: &mut [u32], mut place: u32) -> u32 {
    while parents[place as usize] != place {
        parents[place as usize] = parents[parents[place as usize] as usize];
        place = parents[place as usize];
    }
    place
}

/// What was joined.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) groups: Vec<Vec<u32>>,
    pub(super) merges: Vec<Merge>,
    pub(super) held: Vec<Merge>,
}

type Entry = (i64, Reverse<u32>, Reverse<u32>, u32, u32);

/// Joins groups.
#[derive(Debug)]
pub(super) struct Joiner<'a> {
    groups: Vec<Option<Group>>,
    scale: Scale<'a>,
    options: &'a Options,
    heap: BinaryHeap<Entry>,
    merges: Vec<Merge>,
}

fn millibits(posterior: f64) -> i64 {
    let odds = posterior / (1.0 - posterior).max(1e-9);
    (odds.max(1e-9).log2() * MILLIBITS).round() as i64
}

impl<'a> Joiner<'a> {
    pub(super) fn new(
        prepared: &[Prepared],
        orders: &[u32],
        parties: &[Party],
        scale: Scale<'a>,
        options: &'a Options,
    ) -> Self {
        let groups = (0_u32..).zip(prepared).zip(orders.iter().zip(parties));
        Self {
            groups: groups
                .map(|((place, mention), (&order, &party))| {
                    Some(Group::of(place, mention, order, party))
                })
                .collect(),
            scale,
            options,
            heap: BinaryHeap::new(),
            merges: Vec::new(),
        }
    }

    /// Takes the pairs that were compared for links of their mentions.
    pub(super) fn link(
        &mut self,
        pairs: &[Pair],
        tied: &FxHashMap<Pair, f64>,
        watch: &dyn Watch,
    ) -> Result<(), Stop> {
        for &(a, b) in pairs {
            watch.check()?;
            let tie = tied.get(&(a, b)).map_or(0, |posterior| {
                let posterior = posterior * (1.0 - self.options.altered_share);
                millibits(posterior).clamp(1, TIE_MILLIBITS_MAX)
            });
            let weight = match (&self.groups[a as usize], &self.groups[b as usize]) {
                (Some(a), Some(b)) => self.scale.weigh(a, b, tie).total(),
                _ => continue,
            };
            let link = Link {
                tie,
                witness: (a, b),
                witness_weight: weight,
            };
            for (of, other) in [(a, b), (b, a)] {
                if let Some(group) = &mut self.groups[of as usize] {
                    group.links.insert(other, link);
                }
            }
        }
        Ok(())
    }

    /// Joins what decisions say, then what weighs enough.
    pub(super) fn run(mut self, said: &[(Pair, bool)], watch: &dyn Watch) -> Result<Joined, Stop> {
        for &((a, b), is_same) in said {
            if !is_same {
                for (of, other) in [(a, b), (b, a)] {
                    if let Some(group) = &mut self.groups[of as usize] {
                        group.apart.insert(other);
                    }
                }
            }
        }
        let mut accepted: Vec<Pair> = said
            .iter()
            .filter(|said| said.1)
            .map(|said| said.0)
            .collect();
        accepted.sort_unstable();
        for witness in accepted {
            self.decide(witness);
        }
        // A merge that was passed over for a rival may be made once the rival is somebody.
        loop {
            let n_merges = self.merges.len();
            for place in 0..self.groups.len() {
                watch.check()?;
                self.push_links(u32::try_from(place).unwrap_or(u32::MAX), false);
            }
            self.merge_heap(watch)?;
            if self.merges.len() == n_merges {
                return Ok(self.finish());
            }
        }
    }

    fn merge_heap(&mut self, watch: &dyn Watch) -> Result<(), Stop> {
        while let Some((weight, Reverse(a), Reverse(b), stamp_a, stamp_b)) = self.heap.pop() {
            watch.check()?;
            let is_current = |of: u32, stamp: u32| {
                let group = self.groups[of as usize].as_ref();
                group.is_some_and(|group| group.stamp == stamp)
            };
            if is_current(a, stamp_a)
                && is_current(b, stamp_b)
                && weight + self.rivals(a, b) >= millibits(self.options.merge_posterior)
            {
                self.merge(a, b, None);
            }
        }
        Ok(())
    }

    /// What a merge loses because one of the two may as well be somebody else who is not the other: thousandths of a bit, not above 0.
    fn rivals(&self, a: u32, b: u32) -> i64 {
        /// What weighs less takes nothing away.
        const WEIGHT_MIN: i64 = -7 * MILLIBITS as i64;
        /// What speaks against two being one, from here on.
        const AGAINST: i64 = -2 * MILLIBITS as i64;
        let is_other = |of: u32, rival: u32| {
            let (Some(a), Some(b)) = (&self.groups[of as usize], &self.groups[rival as usize])
            else {
                return false;
            };
            let tie = a.links.get(&rival).map_or(0, |link| link.tie);
            let weighed = self.scale.weigh(a, b, tie);
            weighed.bar.is_some()
                || weighed.total() < millibits(self.options.review_posterior)
                    && weighed.terms.iter().any(|term| term.1 <= AGAINST)
        };
        // An order that both books tell of says who is meant.
        let link = self.groups[a as usize]
            .as_ref()
            .and_then(|group| group.links.get(&b));
        if link.is_some_and(|link| link.tie > 0) {
            return 0;
        }
        let mut odds = 1.0;
        for (of, other) in [(a, b), (b, a)] {
            let Some(group) = &self.groups[of as usize] else {
                continue;
            };
            for &rival in group.links.keys().filter(|&&rival| rival != other) {
                let Some((weighed, _)) = self.weighed(of, rival) else {
                    continue;
                };
                if weighed.bar.is_none() && weighed.total() > WEIGHT_MIN && is_other(other, rival) {
                    odds += bits(weighed.total()).exp2();
                }
            }
        }
        -(odds.log2() * MILLIBITS).round() as i64
    }

    fn weighed(&self, a: u32, b: u32) -> Option<(Weighed, Link)> {
        let (x, y) = (
            self.groups[a as usize].as_ref()?,
            self.groups[b as usize].as_ref()?,
        );
        let link = *x.links.get(&b)?;
        Some((self.scale.weigh(x, y, link.tie), link))
    }

    /// Puts the merges of a group with its neighbours on the heap; all of them, or those with greater numbers only.
    fn push_links(&mut self, of: u32, all: bool) {
        let Some(group) = &self.groups[of as usize] else {
            return;
        };
        let least = millibits(self.options.merge_posterior);
        let mut entries = Vec::new();
        for (&other, link) in &group.links {
            let Some(neighbour) = self.groups[other as usize]
                .as_ref()
                .filter(|_| all || other > of)
            else {
                continue;
            };
            let weighed = self.scale.weigh(group, neighbour, link.tie);
            if weighed.bar.is_none() && weighed.total() >= least {
                let [(a, stamp_a), (b, stamp_b)] = if of < other {
                    [(of, group.stamp), (other, neighbour.stamp)]
                } else {
                    [(other, neighbour.stamp), (of, group.stamp)]
                };
                entries.push((weighed.total(), Reverse(a), Reverse(b), stamp_a, stamp_b));
            }
        }
        self.heap.extend(entries);
    }

    fn group_of(&self, mention: u32) -> Option<u32> {
        let holds = |group: &Group| group.members.binary_search(&mention).is_ok();
        let found = self
            .groups
            .iter()
            .position(|group| group.as_ref().is_some_and(holds));
        u32::try_from(found?).ok()
    }

    /// Joins the groups of two mentions because a person said so.
    fn decide(&mut self, witness: Pair) {
        if let (Some(a), Some(b)) = (self.group_of(witness.0), self.group_of(witness.1))
            && a != b
        {
            self.merge(a.min(b), a.max(b), Some(witness));
        }
    }

    fn merge(&mut self, a: u32, b: u32, decided: Option<Pair>) {
        let claim = match (self.weighed(a, b), decided) {
            (Some((weighed, link)), None) => {
                self.claim((a, b), &weighed, self.rivals(a, b), link.witness)
            }
            (_, Some(witness)) => {
                let (Some(x), Some(y)) = (&self.groups[a as usize], &self.groups[b as usize])
                else {
                    return;
                };
                let mut claim = self.claim((a, b), &self.scale.weigh(x, y, 0), 0, witness);
                claim.posterior = 1.0;
                claim.is_decided = true;
                claim
            }
            (None, None) => return,
        };
        let (Some(mut taken), Some(mut kept)) = (
            self.groups[b as usize].take(),
            self.groups[a as usize].take(),
        ) else {
            return;
        };
        self.merges.push(claim);
        let links = std::mem::take(&mut taken.links);
        kept.absorb(taken);
        kept.links.remove(&b);
        for (other, link) in links {
            let Some(neighbour) = &mut self.groups[other as usize] else {
                continue;
            };
            neighbour.links.remove(&b);
            let both = match kept.links.get(&other) {
                None => link,
                Some(held) => {
                    let better = if link.witness_weight > held.witness_weight {
                        &link
                    } else {
                        held
                    };
                    Link {
                        tie: link.tie + held.tie,
                        ..*better
                    }
                }
            };
            kept.links.insert(other, both);
            neighbour.links.insert(a, both);
        }
        self.groups[a as usize] = Some(kept);
        self.push_links(a, true);
    }

    fn claim(&self, (a, b): (u32, u32), weighed: &Weighed, rivals: i64, witness: Pair) -> Merge {
        let size = |of: u32| {
            self.groups[of as usize]
                .as_ref()
                .map_or(0, |group| group.members.len())
        };
        let terms = Comparison::ALL.into_iter().zip(weighed.terms);
        Merge {
            mentions: [witness.0 as usize, witness.1 as usize],
            sizes: [size(a), size(b)],
            posterior: probability(bits(weighed.total() + rivals)),
            prior_bits: bits(weighed.prior),
            order_bits: bits(weighed.tie),
            rival_bits: bits(rivals),
            terms: terms
                .map(|(comparison, (level, weight))| Term {
                    comparison,
                    level: level.map(usize::from),
                    bits: bits(weight),
                })
                .collect(),
            is_decided: false,
            bar: weighed.bar,
        }
    }

    fn finish(self) -> Joined {
        let least = millibits(self.options.review_posterior);
        let mut held: Vec<(i64, u32, u32, Merge)> = Vec::new();
        for (a, group) in (0_u32..).zip(&self.groups) {
            let Some(group) = group else { continue };
            for (&b, link) in group.links.range(a + 1..) {
                let Some((weighed, _)) = self.weighed(a, b) else {
                    continue;
                };
                if weighed.total() < least {
                    continue;
                }
                let rivals = self.rivals(a, b);
                let total = weighed.total() + rivals;
                if total >= least {
                    held.push((
                        total,
                        a,
                        b,
                        self.claim((a, b), &weighed, rivals, link.witness),
                    ));
                }
            }
        }
        held.sort_by_key(|of| (Reverse(of.0), of.1, of.2));
        Joined {
            groups: self
                .groups
                .iter()
                .flatten()
                .map(|group| group.members.clone())
                .collect(),
            merges: self.merges,
            held: held.into_iter().map(|of| of.3).collect(),
        }
    }
}
