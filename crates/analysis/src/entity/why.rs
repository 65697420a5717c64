//! Why two accounts are together: a shortest chain of transactions that spent accounts together.
//!
//! Law: of all shortest chains it is the one whose steps (transaction, account), read from the first
//! account on, come first in the order of the record (lexicographically). The answer depends on the
//! graph only, never on where a search began or which end it followed.
//!
//! Method: breadth-first search from both ends at once, the cheaper frontier first (Pohl, *Bi-directional
//! search*, Machine Intelligence 6, 1971), in the bipartite graph of accounts and transactions. Two
//! accounts of an exchange are a few steps apart in an entity of millions: from one end a search reads
//! most of the entity, from both ends the surroundings of each.
//!
//! Why it is the first chain. *Shortest*: a side advances by whole half-layers, from accounts to their
//! transactions or from transactions to their accounts, so when the sides first meet, after f and b half-layers,
//! the distance is f + b, and each shortest chain has its own vertex among those where they meet.
//! *First, to the meeting*: the near side reads its frontier in the order in which it was reached, the
//! transactions of an account and the accounts of a transaction ascending. By induction over layers that
//! order is the lexicographic order of the first chains to its accounts, and the step kept at each
//! is the last of its first chain; chains that lead to different vertices of a layer differ, so the first vertex to be
//! reached, among those where the sides meet, is on the first chain. *First, from the meeting*: the far
//! side reads each frontier ascending, so what is kept at an account is the least transaction that leads
//! nearer to the far end, and with it the least account that it leads to.

use super::{CoSpend, EntityOptions, MULTI_INPUT, Scripts, co_spend, is_dust};
use moneytrail_model::{EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::{Graph, read_ahead};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

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
/// `None` if they are not together under these options. Among equally short chains it is the first:
/// that whose first transaction comes first in the record, then whose next account, and so on.
///
/// At most O(n log n) in the transfers of the smaller of both entities, or of their one entity; mostly
/// far fewer transfers are read, because the search goes from both ends.
pub fn why(graph: &Graph, options: &EntityOptions, a: NodeIdx, b: NodeIdx) -> Option<Vec<WhyStep>> {
    why_all(graph, options, a, &[b]).pop().flatten()
}

/// [`why`] from `a` to each of `others`. The searches share the side of `a`, which advances as soon as
/// the other sides have read as much as that would cost: together they read at most about twice what
/// is read if it is known beforehand how far it should go (ski rental).
pub fn why_all(
    graph: &Graph,
    options: &EntityOptions,
    a: NodeIdx,
    others: &[NodeIdx],
) -> Vec<Option<Vec<WhyStep>>> {
    let found = why_within(graph, options, a, others, &mut usize::MAX.clone());
    let chain = |why| match why {
        Why::Chain(steps) => Some(steps),
        Why::Apart | Why::Unsearched => None,
    };
    found.into_iter().map(chain).collect()
}

/// [`why_all`] for an answer that must not take long: reads no more transfers and transactions than
/// `n_reads_left`, and takes off what it reads. What is left decides the answer, so it is the same for any
/// disk and any number of threads.
pub fn why_within(
    graph: &Graph,
    options: &EntityOptions,
    a: NodeIdx,
    others: &[NodeIdx],
    n_reads_left: &mut usize,
) -> Vec<Why> {
    let source = Source {
        graph,
        options,
        scripts: Scripts::of(graph),
    };
    let mut near = Side::new(&source, a, Order::Reached);
    let mut rent = 0;
    let chain = |&b| source.chain(&mut near, &mut rent, n_reads_left, b);
    others.iter().map(chain).collect()
}

/// What a search says of two accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// They are together by this chain.
    Chain(Vec<WhyStep>),
    /// They are not together.
    Apart,
    /// To say it, more would have to be read than was allowed.
    Unsearched,
}

/// What a search reads.
struct Source<'a> {
    graph: &'a Graph,
    options: &'a EntityOptions,
    scripts: Scripts,
}

/// In which order a side reads its frontier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// As it was reached.
    Reached,
    /// By number.
    Ascending,
}

/// How an account was reached: from which one, and by which transaction; `None` at the end itself.
#[derive(Clone, Copy, Debug)]
struct Reached {
    step: Option<(NodeIdx, EventIdx)>,
    rank: usize,
}

/// The account that listed a transaction first.
#[derive(Clone, Copy, Debug)]
struct Listed {
    by: NodeIdx,
    rank: usize,
}

/// What a side reached last, and reads next.
#[derive(Debug)]
enum Frontier {
    Accounts(Vec<NodeIdx>),
    Events(Vec<EventIdx>),
}

/// The search from one end.
#[derive(Debug)]
struct Side {
    order: Order,
    reached: FxHashMap<NodeIdx, Reached>,
    /// Transactions of accounts whose transfers were read, whether they join or not.
    listed: FxHashMap<EventIdx, Listed>,
    frontier: Frontier,
    /// What the next advance costs, once somebody has asked.
    cost: Option<usize>,
}

/// Where both sides meet.
#[derive(Clone, Copy, Debug)]
enum Meeting {
    Account(NodeIdx),
    Event(EventIdx),
}

impl Source<'_> {
    /// Whether a transaction joins accounts, and which, ascending.
    fn joins(&self, event: EventIdx, accounts: &mut Vec<u32>) -> bool {
        accounts.clear();
        co_spend(self.graph, self.scripts, self.options, event, accounts) == CoSpend::Joins
    }

    /// The first chain to `b`. Advances the near side if that is cheap against the far side, or against
    /// what far sides have read since it last advanced.
    fn chain(&self, near: &mut Side, rent: &mut usize, left: &mut usize, b: NodeIdx) -> Why {
        if near.reached.contains_key(&b) {
            return Why::Chain(near.steps_from_end(b));
        }
        let mut far = Side::new(self, b, Order::Ascending);
        loop {
            if near.frontier.len() == 0 || far.frontier.len() == 0 {
                return Why::Apart;
            }
            // To ask a frontier what it costs reads something of each account in it.
            if near.frontier.len().min(far.frontier.len()) > *left {
                return Why::Unsearched;
            }
            let is_near = self.is_cheaper(near, &mut far, *rent);
            let side = if is_near { &mut *near } else { &mut far };
            let cost = side.cost(self.graph).max(1);
            let Some(rest) = left.checked_sub(cost) else {
                return Why::Unsearched;
            };
            *left = rest;
            let met = if is_near {
                *rent = 0;
                near.advance(self, &far)
            } else {
                *rent += cost;
                far.advance(self, near)
            };
            if let Some(meeting) = self.first(near, met) {
                return Why::Chain(joined(near, &far, meeting));
            }
        }
    }

    /// Whether the near side costs no more to advance than the far side and the rent. A frontier costs no
    /// less than its length, so that mostly nobody asks a large one what it costs.
    fn is_cheaper(&self, near: &mut Side, far: &mut Side, rent: usize) -> bool {
        let (n_near, n_far) = (near.frontier.len(), far.frontier.len());
        if n_near <= n_far && near.cost(self.graph) <= n_far + rent {
            return true;
        }
        let limit = far.cost(self.graph) + rent;
        n_near <= limit && near.cost(self.graph) <= limit
    }

    /// The first vertex, in the order of the near side, where the sides do meet: many transactions that
    /// both list join nothing.
    fn first(&self, near: &Side, mut met: Vec<Meeting>) -> Option<Meeting> {
        met.sort_unstable_by_key(|meeting| match meeting {
            Meeting::Account(account) => near.reached[account].rank,
            Meeting::Event(event) => near.listed[event].rank,
        });
        let mut accounts = Vec::new();
        met.into_iter().find(|meeting| match meeting {
            Meeting::Account(_) => true,
            Meeting::Event(event) => self.joins(*event, &mut accounts),
        })
    }
}

impl Side {
    /// Only scripts are ever spent together: any other end reaches nothing.
    fn new(source: &Source<'_>, end: NodeIdx, order: Order) -> Self {
        let reached = Reached {
            step: None,
            rank: 0,
        };
        let can_join = source.scripts.contain(end);
        let frontier = can_join.then_some(end).into_iter().collect();
        Self {
            order,
            reached: FxHashMap::from_iter([(end, reached)]),
            listed: FxHashMap::default(),
            frontier: Frontier::Accounts(frontier),
            cost: None,
        }
    }

    fn cost(&mut self, graph: &Graph) -> usize {
        *self.cost.get_or_insert_with(|| self.frontier.cost(graph))
    }

    /// Reads the frontier; what it leads to is the next one. Says where that meets the other side.
    fn advance(&mut self, source: &Source<'_>, other: &Self) -> Vec<Meeting> {
        let mut met = Vec::new();
        let frontier = std::mem::replace(&mut self.frontier, Frontier::Events(Vec::new()));
        let mut next = match frontier {
            Frontier::Accounts(accounts) => self.list(source.graph, &accounts),
            Frontier::Events(events) => self.reach(source, &events),
        };
        match &mut next {
            Frontier::Accounts(accounts) => {
                let both = accounts.iter().filter(|at| other.reached.contains_key(at));
                met.extend(both.copied().map(Meeting::Account));
            }
            Frontier::Events(events) => {
                let both = events.iter().filter(|at| other.listed.contains_key(at));
                met.extend(both.copied().map(Meeting::Event));
            }
        }
        if self.order == Order::Ascending {
            next.sort();
        }
        self.cost = None;
        self.frontier = next;
        met
    }

    /// From accounts to transactions that they may have been spent together in.
    fn list(&mut self, graph: &Graph, accounts: &[NodeIdx]) -> Frontier {
        read_ahead(accounts, |&by| {
            let transfers = graph.transfers_out(by).iter();
            let read = |t| (graph.event_of(t), is_dust(graph, t), graph.to(t));
            transfers.map(read).max()
        });
        let mut events = Vec::new();
        for &by in accounts {
            for transfer in graph.transfers_out(by) {
                let rank = self.listed.len();
                if let Entry::Vacant(place) = self.listed.entry(graph.event_of(transfer))
                    && !is_dust(graph, transfer)
                    && graph.is_junction(graph.to(transfer))
                {
                    events.push(*place.key());
                    place.insert(Listed { by, rank });
                }
            }
        }
        Frontier::Events(events)
    }

    /// From transactions to the accounts that they join.
    fn reach(&mut self, source: &Source<'_>, events: &[EventIdx]) -> Frontier {
        let (mut accounts, mut joined) = (Vec::new(), Vec::new());
        read_ahead(events, |&event| source.joins(event, &mut Vec::new()));
        for &event in events {
            if !source.joins(event, &mut joined) {
                continue;
            }
            let from = self.listed[&event].by;
            for account in joined.iter().copied().map(NodeIdx::from_raw) {
                let rank = self.reached.len();
                if let Entry::Vacant(place) = self.reached.entry(account) {
                    place.insert(Reached {
                        step: Some((from, event)),
                        rank,
                    });
                    accounts.push(account);
                }
            }
        }
        Frontier::Accounts(accounts)
    }

    /// Steps from an account that was reached towards the end: which account, by which transaction.
    fn towards_end(&self, account: NodeIdx) -> impl Iterator<Item = (NodeIdx, NodeIdx, EventIdx)> {
        let mut at = account;
        std::iter::from_fn(move || {
            let (next, event) = self.reached[&at].step?;
            let from = std::mem::replace(&mut at, next);
            Some((from, next, event))
        })
    }

    fn steps_from_end(&self, account: NodeIdx) -> Vec<WhyStep> {
        let back = self.towards_end(account);
        let mut steps: Vec<WhyStep> = back.map(|(b, a, event)| step(a, b, event)).collect();
        steps.reverse();
        steps
    }
}

impl Frontier {
    fn sort(&mut self) {
        match self {
            Self::Accounts(accounts) => accounts.sort_unstable(),
            Self::Events(events) => events.sort_unstable(),
        }
    }

    const fn len(&self) -> usize {
        match self {
            Self::Accounts(accounts) => accounts.len(),
            Self::Events(events) => events.len(),
        }
    }

    /// Transfers or transactions that advancing reads. O(n).
    fn cost(&self, graph: &Graph) -> usize {
        match self {
            Self::Accounts(accounts) => {
                let n_transfers = |&at: &NodeIdx| graph.transfers_out(at).len();
                read_ahead(accounts, n_transfers);
                accounts.iter().map(n_transfers).sum()
            }
            Self::Events(events) => events.len(),
        }
    }
}

const fn step(a: NodeIdx, b: NodeIdx, event: EventIdx) -> WhyStep {
    WhyStep {
        a,
        b,
        event,
        rule: MULTI_INPUT,
    }
}

/// The first chain through where the sides meet.
fn joined(near: &Side, far: &Side, meeting: Meeting) -> Vec<WhyStep> {
    let (last, first) = match meeting {
        Meeting::Account(account) => (account, account),
        Meeting::Event(event) => (near.listed[&event].by, far.listed[&event].by),
    };
    let mut steps = near.steps_from_end(last);
    if let Meeting::Event(event) = meeting {
        steps.push(step(last, first, event));
    }
    let onwards = far.towards_end(first);
    steps.extend(onwards.map(|(a, b, event)| step(a, b, event)));
    steps
}

#[cfg(test)]
mod tests;
