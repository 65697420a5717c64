//! Soft claims join what co-spending made, the strongest first (Kruskal, 1956).
//!
//! Laws. The claims that joined are a maximum spanning forest of the entities that were not held apart, so
//! the chain between two accounts in it is one whose weakest link is as strong as in any other. A merge of two
//! large entities, or of entities that tags give to different actors, is held back and listed, unless a
//! person accepted the claim.

use super::soft::{SoftClaim, soft_claims};
use super::union_find::Sets;
use super::{EntityOptions, N_LARGE};
use moneytrail_model::NodeIdx;
use moneytrail_store::graph::Graph;
use rustc_hash::FxHashMap;

/// Why a merge waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// Both entities are large.
    BothLarge,
    /// Tags name different actors; a tagged account of each.
    Contradiction(NodeIdx, NodeIdx),
}

/// A merge that waits for review.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// The claim: of co-spending, an account of each side and the transaction.
    pub claim: SoftClaim,
    /// Why it waits.
    pub cause: Cause,
    /// Accounts on both sides when it was tried.
    pub sizes: [u32; 2],
}

/// Tagged accounts of entities, one for each actor, by the root of the entity.
#[derive(Debug, Default)]
pub(super) struct Actors(FxHashMap<u32, Vec<(u32, NodeIdx)>>);

impl Actors {
    pub(super) fn of(options: &EntityOptions, root: impl Fn(NodeIdx) -> u32) -> Self {
        let mut actors = Self::default();
        for &(node, actor) in &options.actors {
            actors.put(root(node), (actor, node));
        }
        actors
    }

    fn put(&mut self, root: u32, (actor, node): (u32, NodeIdx)) {
        let known = self.0.entry(root).or_default();
        if let Err(place) = known.binary_search_by_key(&actor, |of| of.0) {
            known.insert(place, (actor, node));
        }
    }

    fn named(&self, root: u32) -> &[(u32, NodeIdx)] {
        self.0.get(&root).map_or(&[], |known| known)
    }

    /// Roots of entities with several actors.
    pub(super) fn contradicted(&self) -> Vec<u32> {
        let several = self.0.iter().filter(|entry| entry.1.len() > 1);
        let mut roots: Vec<u32> = several.map(|entry| *entry.0).collect();
        roots.sort_unstable();
        roots
    }

    /// Tagged accounts of both sides that say that they are different actors': each side names one that the
    /// other does not.
    pub(super) fn contradict(&self, a: u32, b: u32) -> Option<(NodeIdx, NodeIdx)> {
        let lacking = |here: u32, there: u32| {
            let there = self.named(there);
            let mut here = self.named(here).iter();
            here.find(|of| there.binary_search_by_key(&of.0, |of| of.0).is_err())
                .map(|of| of.1)
        };
        lacking(a, b).zip(lacking(b, a))
    }

    /// Two of these entities, each given as its root and an account of it, whose tags contradict. None does
    /// exactly if their sets of actors are a chain by inclusion, which neighbours by size tell: O(n log n).
    pub(super) fn contradiction_among(&self, members: &[(u32, u32)]) -> Option<[(u32, u32); 2]> {
        let n_actors = |member: &(u32, u32)| self.named(member.0).len();
        let tagged = members.iter().filter(|member| n_actors(member) > 0);
        let mut tagged: Vec<(u32, u32)> = tagged.copied().collect();
        tagged.sort_by_key(|member| (n_actors(member), *member));
        let neighbours = tagged.windows(2).map(|pair| [pair[0], pair[1]]);
        let mut against = neighbours.filter(|[a, b]| self.contradict(a.0, b.0).is_some());
        against.next()
    }

    /// One side goes into the other.
    pub(super) fn join(&mut self, from: u32, into: u32) {
        for actor in self.0.remove(&from).unwrap_or_default() {
            self.put(into, actor);
        }
    }
}

/// Joins by the soft claims that are asked for. Gives those that joined, and those that wait. O(n log n) in
/// claims beyond finding them; nothing if none is asked for.
pub(super) fn merge(
    graph: &Graph,
    options: &EntityOptions,
    roots: &mut Vec<u32>,
) -> (Vec<SoftClaim>, Vec<Held>) {
    let (mut applied, mut held) = (Vec::new(), Vec::new());
    if options.with.is_empty() {
        return (applied, held);
    }
    let mut sizes = vec![0_u32; roots.len()];
    for &root in &*roots {
        sizes[root as usize] += 1;
    }
    let mut actors = Actors::of(options, |node| roots[node.idx()]);
    let mut sets = Sets::from_roots(std::mem::take(roots));
    for claim in soft_claims(graph, options) {
        let (a, b) = (sets.root(claim.a.raw()), sets.root(claim.b.raw()));
        if a == b {
            continue;
        }
        let both = [a, b].map(|root| sizes[root as usize]);
        let contradiction = actors.contradict(a, b);
        let cause = contradiction
            .map(|(a, b)| Cause::Contradiction(a, b))
            .or_else(|| (both.iter().all(|&size| size >= N_LARGE)).then_some(Cause::BothLarge));
        if let Some(cause) = cause
            && !options.is_accepted(claim.rule, claim.event)
        {
            held.push(Held {
                claim,
                cause,
                sizes: both,
            });
            continue;
        }
        sets.join(a, b);
        actors.join(a.max(b), a.min(b));
        sizes[a.min(b) as usize] = both[0] + both[1];
        applied.push(claim);
    }
    *roots = sets.into_roots();
    // A merge that was held may have come about by other claims.
    held.retain(|held| roots[held.claim.a.idx()] != roots[held.claim.b.idx()]);
    (applied, held)
}
