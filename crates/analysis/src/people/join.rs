//! Groups joined, the two of greatest weight first.
//!
//! Law: a group's number is its smallest mention; of two merges of one weight that of the smaller numbers comes first. So the merges
//! are a function of the weights alone.
//!
//! Method: each link keeps what its two groups weigh, and is weighed anew when one of them grows; a heap has the merges, each with how
//! often both groups had grown then, and one whose groups grew since is passed over. O(pairs + entries of
//! the heap · neighbours) weighings.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "probabilities; no money"
)]

use super::block::Pair;
use super::compare::Comparison;
use super::group::{Group, Link, MILLIBITS, Scale, Standing};
use super::mention::{Mention, Party, Prepared};
use super::model::probability;
use super::{Merge, Options, Term, bits};
use moneytrail_model::{Stop, Watch};
use rayon::prelude::*;
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
    links: Vec<Link>,
    /// By mention: itself, or a mention of a group that took its own in.
    parents: Vec<u32>,
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
            links: Vec::new(),
            parents: (0_u32..).take(prepared.len()).collect(),
            scale,
            options,
            heap: BinaryHeap::new(),
            merges: Vec::new(),
        }
    }

    /// Joins what decisions say, then what weighs enough, of pairs that were compared, ascending.
    pub(super) fn run(
        mut self,
        pairs: &[Pair],
        tied: &FxHashMap<Pair, f64>,
        said: &[(Pair, bool)],
        watch: &dyn Watch,
    ) -> Result<Joined, Stop> {
        for &((a, b), _) in said.iter().filter(|of| !of.1) {
            for (of, other) in [(a, b), (b, a)] {
                if let Some(group) = &mut self.groups[of as usize] {
                    group.apart.insert(other);
                }
            }
        }
        self.link(pairs, tied, watch)?;
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
            for place in (0_u32..).take(self.groups.len()) {
                watch.check()?;
                self.push_links(place, place + 1);
            }
            self.merge_heap(watch)?;
            if self.merges.len() == n_merges {
                return Ok(self.finish());
            }
        }
    }

    /// Takes the pairs for links of their mentions.
    fn link(
        &mut self,
        pairs: &[Pair],
        tied: &FxHashMap<Pair, f64>,
        watch: &dyn Watch,
    ) -> Result<(), Stop> {
        let of = |&(a, b): &Pair| {
            watch.check()?;
            let tie = tied.get(&(a, b)).map_or(0, |posterior| {
                let posterior = posterior * (1.0 - self.options.altered_share);
                millibits(posterior).clamp(1, TIE_MILLIBITS_MAX)
            });
            Ok(self.both(a, b).map(|(x, y)| {
                let standing = self.scale.weigh(x, y, tie).standing();
                Link {
                    tie,
                    witness: (a, b),
                    witness_weight: standing.total,
                    standing,
                }
            }))
        };
        let links: Result<Vec<Option<Link>>, Stop> = pairs.par_iter().map(of).collect();
        self.links = links?.into_iter().flatten().collect();
        // The pairs ascend, so that what a group is linked to does.
        for (nth, link) in (0_u32..).zip(&self.links) {
            let (a, b) = link.witness;
            for (of, other) in [(a, b), (b, a)] {
                if let Some(group) = &mut self.groups[of as usize] {
                    group.links.push((other, nth));
                }
            }
        }
        Ok(())
    }

    fn merge_heap(&mut self, watch: &dyn Watch) -> Result<(), Stop> {
        while let Some((weight, Reverse(a), Reverse(b), stamp_a, stamp_b)) = self.heap.pop() {
            watch.check()?;
            let is_current = |of: u32, stamp: u32| {
                let group = self.groups[of as usize].as_ref();
                group.is_some_and(|group| group.stamp == stamp)
            };
            if is_current(a, stamp_a) && is_current(b, stamp_b) {
                let rivals = self.rivals(a, b);
                if weight + rivals >= millibits(self.options.merge_posterior)
                    && let Some(link) = self.link_of(a, b)
                {
                    let claim = self.claim((a, b), link.tie, rivals, link.witness);
                    self.merge(a, b, claim);
                }
            }
        }
        Ok(())
    }

    /// What a merge loses because one of the two may as well be somebody else who is not the other: thousandths of a bit, not above 0.
    fn rivals(&self, a: u32, b: u32) -> i64 {
        /// What weighs less takes nothing away.
        const WEIGHT_MIN: i64 = -7 * MILLIBITS as i64;
        let review = millibits(self.options.review_posterior);
        let is_other = |of: u32, rival: u32| {
            let standing = match (self.link_of(of, rival), self.both(of, rival)) {
                (Some(link), _) => link.standing,
                (None, Some((a, b))) => self.scale.weigh(a, b, 0).standing(),
                (None, None) => return false,
            };
            standing.is_barred || standing.total < review && standing.is_spoken_against
        };
        // An order that both books tell of says who is meant.
        if self.link_of(a, b).is_some_and(|link| link.tie > 0) {
            return 0;
        }
        let mut odds = 1.0;
        for (of, other) in [(a, b), (b, a)] {
            let Some(group) = &self.groups[of as usize] else {
                continue;
            };
            for &(rival, link) in group.links.iter().filter(|of| of.0 != other) {
                let standing = self.links[link as usize].standing;
                if !standing.is_barred && standing.total > WEIGHT_MIN && is_other(other, rival) {
                    odds += bits(standing.total).exp2();
                }
            }
        }
        -(odds.log2() * MILLIBITS).round() as i64
    }

    /// What joins two groups; asked of the one that has fewer links.
    fn link_of(&self, a: u32, b: u32) -> Option<Link> {
        let (x, y) = self.both(a, b)?;
        let link = if x.links.len() <= y.links.len() {
            x.link(b)
        } else {
            y.link(a)
        };
        Some(self.links[link? as usize])
    }

    /// Puts the merges of a group with its neighbours from a number on onto the heap.
    fn push_links(&mut self, of: u32, from: u32) {
        let Some(group) = &self.groups[of as usize] else {
            return;
        };
        let least = millibits(self.options.merge_posterior);
        let first = group.links.partition_point(|link| link.0 < from);
        for &(other, link) in &group.links[first..] {
            let standing = self.links[link as usize].standing;
            if standing.is_barred || standing.total < least {
                continue;
            }
            let Some(neighbour) = &self.groups[other as usize] else {
                continue;
            };
            let mut ends = [(of, group.stamp), (other, neighbour.stamp)];
            ends.sort_unstable();
            let [(a, stamp_a), (b, stamp_b)] = ends;
            self.heap
                .push((standing.total, Reverse(a), Reverse(b), stamp_a, stamp_b));
        }
    }

    /// Joins the groups of two mentions because a person said so.
    fn decide(&mut self, witness: Pair) {
        let (x, y) = (
            root(&mut self.parents, witness.0),
            root(&mut self.parents, witness.1),
        );
        let (a, b) = (x.min(y), x.max(y));
        if a != b {
            let claim = self.claim((a, b), 0, 0, witness).map(|claim| Merge {
                posterior: 1.0,
                is_decided: true,
                ..claim
            });
            self.merge(a, b, claim);
        }
    }

    /// Takes group `b` into `a`.
    fn merge(&mut self, a: u32, b: u32, claim: Option<Merge>) {
        let (Some(mut taken), Some(mut kept)) = (
            self.groups[b as usize].take(),
            self.groups[a as usize].take(),
        ) else {
            return;
        };
        self.merges.extend(claim);
        self.parents[b as usize] = a;
        kept.unlink(b);
        for (other, link) in std::mem::take(&mut taken.links) {
            let Some(neighbour) = &mut self.groups[other as usize] else {
                continue;
            };
            neighbour.unlink(b);
            match neighbour.link(a) {
                None => {
                    neighbour.enter_link(a, link);
                    kept.links.push((other, link));
                }
                Some(held) => {
                    let both = Link {
                        tie: self.links[link as usize].tie + self.links[held as usize].tie,
                        ..*self.links[held as usize].better(&self.links[link as usize])
                    };
                    self.links[held as usize] = both;
                }
            }
        }
        kept.links.sort_unstable();
        kept.absorb(taken);
        let weighed: Vec<Standing> = kept
            .links
            .par_iter()
            .with_min_len(16)
            .map(|&(other, link)| match &self.groups[other as usize] {
                Some(neighbour) => {
                    let tie = self.links[link as usize].tie;
                    self.scale.weigh(&kept, neighbour, tie).standing()
                }
                None => Standing::default(),
            })
            .collect();
        for (&(_, link), standing) in kept.links.iter().zip(weighed) {
            self.links[link as usize].standing = standing;
        }
        self.groups[a as usize] = Some(kept);
        self.push_links(a, 0);
    }

    fn both(&self, a: u32, b: u32) -> Option<(&Group, &Group)> {
        let group = |of: u32| self.groups[of as usize].as_ref();
        group(a).zip(group(b))
    }

    fn claim(&self, (a, b): (u32, u32), tie: i64, rivals: i64, witness: Pair) -> Option<Merge> {
        let (a, b) = self.both(a, b)?;
        let weighed = self.scale.weigh(a, b, tie);
        let terms = Comparison::ALL.into_iter().zip(weighed.terms);
        Some(Merge {
            mentions: [witness.0 as usize, witness.1 as usize],
            sizes: [a.members.len(), b.members.len()],
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
        })
    }

    fn finish(self) -> Joined {
        let least = millibits(self.options.review_posterior);
        let held_of = |(a, group): (u32, &Option<Group>)| {
            let links = group.as_ref().map_or(&[][..], |group| &group.links);
            let first = links.partition_point(|of| of.0 < a);
            let held = links[first..].iter().filter_map(|&(b, link)| {
                let link = self.links[link as usize];
                let total = link.standing.total;
                if total < least {
                    return None;
                }
                let rivals = self.rivals(a, b);
                if total + rivals < least {
                    return None;
                }
                let claim = self.claim((a, b), link.tie, rivals, link.witness)?;
                Some((Reverse(total + rivals), a, b, claim))
            });
            held.collect::<Vec<_>>()
        };
        let groups: Vec<(u32, &Option<Group>)> = (0_u32..).zip(&self.groups).collect();
        let mut held: Vec<_> = groups.into_par_iter().flat_map_iter(held_of).collect();
        held.sort_by_key(|of| (of.0, of.1, of.2));
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
