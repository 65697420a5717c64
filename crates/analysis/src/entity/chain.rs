//! The strongest chain of claims between two accounts: the weakest link is as strong as in any other chain
//! (maximum-bottleneck path).
//!
//! Method: co-spending is stronger than any soft claim, so where it joins both the chain is [`why`]'s shortest
//! one. Else the claims that joined entities are a maximum spanning forest, whose one path between two entities
//! is a maximum-bottleneck path (Hu, *The maximum capacity route problem*, 1961); between its claims stand the
//! shortest chains of co-spending.

use super::{Entities, EntityOptions, WhyStep, why};
use moneytrail_model::NodeIdx;
use moneytrail_store::graph::Graph;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The strongest chain from `a` to `b` under the options that `entities` was made by: empty if they are one
/// account, `None` if they are not together. O(n log n) in the transfers of their entity.
pub fn chain(
    graph: &Graph,
    options: &EntityOptions,
    entities: &Entities,
    a: NodeIdx,
    b: NodeIdx,
) -> Option<Vec<WhyStep>> {
    let options = options.clone().holding(entities.held_events());
    if entities.of(a) != entities.of(b) {
        return None;
    }
    if let Some(steps) = why(graph, &options, a, b) {
        return Some(steps);
    }
    let roots = &entities.co_spent;
    let root = |node: NodeIdx| roots.get(node.idx()).copied();
    let (from, to) = (root(a)?, root(b)?);
    // Claims at each entity of co-spending, as steps that leave it.
    let mut leaving: FxHashMap<u32, Vec<WhyStep>> = FxHashMap::default();
    for claim in &entities.applied {
        for (a, b) in [(claim.a, claim.b), (claim.b, claim.a)] {
            let (event, rule) = (claim.event, claim.rule);
            let step = WhyStep { a, b, event, rule };
            leaving.entry(root(a)?).or_default().push(step);
        }
    }
    let mut came: FxHashMap<u32, Option<WhyStep>> = FxHashMap::from_iter([(from, None)]);
    let mut waiting = VecDeque::from([from]);
    while let Some(at) = waiting.pop_front() {
        for step in leaving.get(&at).into_iter().flatten() {
            let next = root(step.b)?;
            came.entry(next).or_insert_with(|| {
                waiting.push_back(next);
                Some(*step)
            });
        }
    }
    let mut claims = Vec::new();
    let mut at = to;
    while let Some(step) = *came.get(&at)? {
        claims.push(step);
        at = root(step.a)?;
    }
    let mut steps = Vec::new();
    let mut at = a;
    for claim in claims.into_iter().rev() {
        steps.extend(why(graph, &options, at, claim.a)?);
        steps.push(claim);
        at = claim.b;
    }
    steps.extend(why(graph, &options, at, b)?);
    Some(steps)
}
