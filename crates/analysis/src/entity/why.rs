//! Why two accounts are together: a shortest chain of transactions that spent accounts together.

use super::{CoSpend, EntityOptions, MULTI_INPUT, Scripts, co_spend, is_dust};
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// One link of the chain: two accounts spent together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WhyStep {
    /// An account.
    pub a: NodeIdx,
    /// The next one.
    pub b: NodeIdx,
    /// The transaction that spent both.
    pub event: EventIdx,
    /// The rule that concludes one owner from it.
    pub rule: RuleId,
}

/// The shortest chain of co-spending transactions from `a` to `b`, empty if they are one account,
/// `None` if they are not together under these options. Among equally short chains, each step goes
/// to the earliest transaction of the account found first: the same answer every time.
///
/// Breadth first over accounts and transactions: O(n log n) in the transfers of the entity.
pub fn why(graph: &Graph, options: &EntityOptions, a: NodeIdx, b: NodeIdx) -> Option<Vec<WhyStep>> {
    why_all(graph, options, a, &[b]).pop().flatten()
}

/// [`why`] from `a` to each of `others`, in one search: O(n log n) in the transfers of the entity,
/// plus the chains.
pub fn why_all(
    graph: &Graph,
    options: &EntityOptions,
    a: NodeIdx,
    others: &[NodeIdx],
) -> Vec<Option<Vec<WhyStep>>> {
    let mut wanted: FxHashSet<NodeIdx> = others.iter().copied().filter(|&b| b != a).collect();
    let mut reached: FxHashMap<NodeIdx, WhyStep> = FxHashMap::default();
    let mut seen = FxHashSet::default();
    let mut waiting = VecDeque::from([a]);
    let mut accounts = Vec::new();
    let scripts = Scripts::of(graph);
    while let Some(account) = waiting.pop_front()
        && !wanted.is_empty()
        && scripts.contain(a)
    {
        for transfer in graph.transfers_out(account) {
            let event = graph.event_of(transfer);
            if is_dust(graph, transfer) || !seen.insert(event) {
                continue;
            }
            accounts.clear();
            if co_spend(graph, scripts, options, event, &mut accounts) != CoSpend::Joins {
                continue;
            }
            for next in accounts.iter().copied().map(NodeIdx::from_raw) {
                if next != a && !reached.contains_key(&next) {
                    reached.insert(
                        next,
                        WhyStep {
                            a: account,
                            b: next,
                            event,
                            rule: MULTI_INPUT,
                        },
                    );
                    wanted.remove(&next);
                    waiting.push_back(next);
                }
            }
        }
    }
    let found = |&b: &NodeIdx| (a == b || reached.contains_key(&b)).then(|| chain(&reached, a, b));
    others.iter().map(found).collect()
}

fn chain(reached: &FxHashMap<NodeIdx, WhyStep>, a: NodeIdx, b: NodeIdx) -> Vec<WhyStep> {
    let mut steps = Vec::new();
    let mut account = b;
    while account != a {
        let step = reached[&account];
        steps.push(step);
        account = step.a;
    }
    steps.reverse();
    steps
}
