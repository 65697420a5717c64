//! Who belongs together. Strong: accounts that were spent together in one transaction have one owner
//! (multi-input heuristic, `chains.md` §2), CoinJoins left out. Soft, and only where it is asked for:
//! [`soft`]. What would join entities that tags give to different actors, or two large ones softly, waits for
//! review.
//!
//! Laws: an entity is named by its smallest account, so the result does not depend on the order of
//! joining or on the number of threads. Placeholders of outputs outside the evidence, coinbases,
//! boundary nodes and dust never join. Two accounts are together exactly if [`why`] finds a chain of
//! transactions that says so.
//!
//! Wrong for `PayJoin`, undetected CoinJoins, dual-funded channels and custodians: an entity is a claim.

mod chain;
pub mod change;
pub mod coinjoin;
mod contradiction;
mod difference;
mod known;
mod merge;
pub mod rates;
pub mod soft;
pub mod union_find;
mod why;

pub use chain::chain;
pub use difference::{held_together, joined_by, parts};
pub use known::Known;
pub use merge::{Cause, Held};
pub use why::{Why, WhyStep, why, why_all, why_within};

use coinjoin::{Effect, coinjoin, effect};
use moneytrail_model::{Amount, EventIdx, EventKind, NodeIdx, RuleId, TransferIdx};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use soft::SoftClaim;
use union_find::SharedSets;

/// The multi-input heuristic.
pub const MULTI_INPUT: RuleId = RuleId {
    name: "multi-input",
    version: 2,
};

/// Inputs of at most this many satoshi never join: somebody else may have sent them (dust).
pub const DUST_SATS_MAX: u128 = 1000;

/// An entity of so many accounts is large: two such are joined by no soft claim alone.
pub const N_LARGE: u32 = 100;

/// First key bytes of scripts of UTXO networks (`docs/FORMATS.md`).
const SCRIPT_TAGS: std::ops::RangeInclusive<u8> = 0x01..=0x06;

/// What entities are made by. Lists ascend.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EntityOptions {
    /// Names of rules to leave out: `multi-input`, soft rules, votes on change, and the CoinJoin rules
    /// (leaving one of these out lets more accounts join).
    pub without: Vec<String>,
    /// Soft rules that join too ([`soft::RULES`]); none by default.
    pub with: Vec<RuleId>,
    /// Transactions that cannot have happened by this second do not join.
    pub as_of: Option<i64>,
    /// Accounts that are tagged as an exchange's.
    pub exchanges: Vec<NodeIdx>,
    /// Those of them whose tag may clear a CoinJoin's label, so that inputs join.
    pub clearing: Vec<NodeIdx>,
    /// Tagged accounts, each with a number for the actor that its tag names: entities with different
    /// actors contradict each other.
    pub actors: Vec<(NodeIdx, u32)>,
    /// Claims that a person accepted although they are held back: rule and event.
    pub accepted: Vec<(&'static str, EventIdx)>,
    /// Outputs that a person accepted to be change, ascending.
    pub change_outputs: Vec<TransferIdx>,
    /// Claims that a person rejected.
    pub rejected: Vec<(&'static str, EventIdx)>,
}

impl EntityOptions {
    fn is_without(&self, rule: RuleId) -> bool {
        self.without.iter().any(|name| name == rule.name)
    }

    fn is_late(&self, graph: &Graph, event: EventIdx) -> bool {
        self.as_of
            .is_some_and(|as_of| graph.time(event).earliest() > as_of)
    }

    fn is_rejected(&self, rule: RuleId, event: EventIdx) -> bool {
        self.rejected.binary_search(&(rule.name, event)).is_ok()
    }

    fn is_accepted(&self, rule: RuleId, event: EventIdx) -> bool {
        self.accepted.binary_search(&(rule.name, event)).is_ok()
    }

    /// The same, and transactions that are held back for review join nothing: what [`why`] needs to say the same as
    /// [`Entities`].
    #[must_use]
    pub fn holding(mut self, held: impl IntoIterator<Item = EventIdx>) -> Self {
        let held = held.into_iter().map(|event| (MULTI_INPUT.name, event));
        self.rejected.extend(held);
        self.rejected.sort_unstable();
        self.rejected.dedup();
        self
    }
}

/// The entities of a graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entities {
    roots: Vec<u32>,
    /// The same as co-spending alone makes them; empty if no soft claim joined.
    co_spent: Vec<u32>,
    /// Entities of at least two accounts, ascending by name, and how many accounts each has.
    names: Vec<u32>,
    sizes: Vec<u32>,
    /// Transactions that joined accounts.
    pub n_multi_input: u64,
    /// Transactions of inputs of several accounts that were not joined because of a label, by rule, in the
    /// order of [`coinjoin::RULES`].
    pub coinjoins_left_out: Vec<(RuleId, u64)>,
    /// Soft claims that joined entities: with co-spending they are a forest of strongest chains.
    pub applied: Vec<SoftClaim>,
    /// Merges that wait for review, in the order in which they were tried.
    pub held: Vec<Held>,
}

impl Entities {
    /// The smallest account of the entity: its name. A junction is alone.
    pub fn of(&self, node: NodeIdx) -> NodeIdx {
        self.roots
            .get(node.idx())
            .map_or(node, |&root| NodeIdx::from_raw(root))
    }

    /// Entities, single accounts among them.
    pub fn n_entities(&self) -> usize {
        let members: usize = self.sizes.iter().map(|&size| size as usize).sum();
        self.roots.len() - members + self.sizes.len()
    }

    /// Accounts in the entity of a node. O(log n).
    pub fn size(&self, node: NodeIdx) -> u32 {
        let position = self.names.binary_search(&self.of(node).raw());
        position.map_or(1, |position| self.sizes[position])
    }

    /// Entities of at least two accounts with their sizes, ascending by name.
    pub fn sizes(&self) -> impl Iterator<Item = (NodeIdx, u32)> + '_ {
        let names = self.names.iter().copied().map(NodeIdx::from_raw);
        names.zip(self.sizes.iter().copied())
    }

    /// The `k` largest entities of at least two accounts, ties to the smaller name. O(n log n).
    pub fn largest(&self, k: usize) -> Vec<(NodeIdx, u32)> {
        let mut entities: Vec<(NodeIdx, u32)> = self.sizes().collect();
        entities.sort_by_key(|&(root, size)| (std::cmp::Reverse(size), root));
        entities.truncate(k);
        entities
    }

    /// Transactions that join nothing until they are reviewed, ascending.
    pub fn held_events(&self) -> Vec<EventIdx> {
        let co_spends = self
            .held
            .iter()
            .filter(|held| held.claim.rule == MULTI_INPUT);
        let mut events: Vec<EventIdx> = co_spends.map(|held| held.claim.event).collect();
        events.sort_unstable();
        events
    }

    /// The accounts of an entity, ascending. O(accounts).
    pub fn members(&self, node: NodeIdx) -> Vec<NodeIdx> {
        let name = self.of(node);
        let all = (0..self.roots.len()).map(NodeIdx::new);
        all.filter(|&member| self.of(member) == name).collect()
    }
}

/// What a transaction says about its inputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum CoSpend {
    /// At least two accounts were spent together.
    Joins,
    /// They would be, but for this rule.
    Coinjoin(RuleId),
    /// Nothing.
    Silent,
}

/// Accounts whose inputs may join: scripts of UTXO networks. Placeholders, boundary nodes and accounts
/// of other kinds never do. Accounts stand in the order of their keys, so these stand together.
#[derive(Clone, Copy, Debug)]
struct Scripts {
    first: usize,
    behind: usize,
}

impl Scripts {
    /// O(log n).
    fn of(graph: &Graph) -> Self {
        let mut accounts = graph.accounts_of_tags(SCRIPT_TAGS);
        let n = accounts.len();
        let first = accounts.next().map_or(0, NodeIdx::idx);
        Self {
            first,
            behind: first + n,
        }
    }

    fn contain(self, node: NodeIdx) -> bool {
        (self.first..self.behind).contains(&node.idx())
    }
}

/// Whether an input is so small that somebody else may have sent it unasked.
fn is_dust(graph: &Graph, input: TransferIdx) -> bool {
    let units = graph.amount(input).and_then(Amount::non_negative);
    units.is_some_and(|units| units <= DUST_SATS_MAX)
}

/// Reads one event, and appends the accounts that it joins, ascending. O(n log n) in its transfers.
fn co_spend(
    graph: &Graph,
    scripts: Scripts,
    options: &EntityOptions,
    event: EventIdx,
    accounts: &mut Vec<u32>,
) -> CoSpend {
    let junction = graph.junction_of(event);
    let Some(junction) = junction.filter(|_| {
        !options.is_late(graph, event)
            && !options.is_rejected(MULTI_INPUT, event)
            && !options.is_without(MULTI_INPUT)
    }) else {
        return CoSpend::Silent;
    };
    let start = accounts.len();
    for transfer in graph.transfers_in(junction) {
        let account = graph.from(transfer);
        // Inputs of one account mostly follow each other.
        let is_new = accounts.len() == start || accounts.last() != Some(&account.raw());
        if is_new && !is_dust(graph, transfer) && scripts.contain(account) {
            accounts.push(account.raw());
        }
    }
    accounts[start..].sort_unstable();
    dedup_from(accounts, start);
    let verdict = match accounts.len() - start {
        0 | 1 => CoSpend::Silent,
        _ if graph.event_kind(event) != EventKind::Transaction => CoSpend::Silent,
        _ => match coinjoin(graph, event, options) {
            Some(label) if effect(label.rule) != Effect::OneWallet => CoSpend::Coinjoin(label.rule),
            _ => CoSpend::Joins,
        },
    };
    if verdict != CoSpend::Joins {
        accounts.truncate(start);
    }
    verdict
}

/// Keeps the first of equal neighbours from `start` on.
fn dedup_from(accounts: &mut Vec<u32>, start: usize) {
    let mut end = start;
    for position in start..accounts.len() {
        if end == start || accounts[end - 1] != accounts[position] {
            accounts[end] = accounts[position];
            end += 1;
        }
    }
    accounts.truncate(end);
}

/// Events that are read before what they join is joined, in one batch.
const N_EVENTS_PER_TASK: usize = 4096;

/// Counts of transactions that joined, and of CoinJoins by rule.
type Counts = [u64; 1 + coinjoin::RULES.len()];

/// Joins the accounts of a graph into entities, in parallel. Nearly linear in transfers; memory is
/// eight bytes per account, and a batch per thread.
pub fn entities(graph: &Graph, options: &EntityOptions) -> Entities {
    let _in_order = graph.in_order();
    let n_accounts = u32::try_from(graph.n_accounts()).expect("nodes are numbered by u32");
    let sets = SharedSets::new(n_accounts);
    let scripts = Scripts::of(graph);
    let read = |(offsets, members): &mut (Vec<usize>, Vec<u32>), task: usize| {
        let mut counts = Counts::default();
        let end = graph.n_events().min((task + 1) * N_EVENTS_PER_TASK);
        offsets.clear();
        members.clear();
        for event in (task * N_EVENTS_PER_TASK..end).map(EventIdx::new) {
            let start = members.len();
            match co_spend(graph, scripts, options, event, members) {
                CoSpend::Joins => {
                    offsets.push(start);
                    counts[0] += 1;
                }
                CoSpend::Coinjoin(rule) => {
                    let position = coinjoin::RULES.iter().position(|known| *known == rule);
                    counts[1 + position.expect("all rules are listed")] += 1;
                }
                CoSpend::Silent => {}
            }
        }
        offsets.push(members.len());
        sets.join_groups(offsets, members);
        counts
    };
    let counts = (0..graph.n_events().div_ceil(N_EVENTS_PER_TASK))
        .into_par_iter()
        .map_init(Default::default, read)
        .reduce(Default::default, |a, b| {
            std::array::from_fn(|position| a[position] + b[position])
        });
    let mut roots = sets.into_roots();
    let mut held = contradiction::part(graph, scripts, options, &mut roots);
    let co_spent = if options.with.is_empty() {
        Vec::new()
    } else {
        roots.clone()
    };
    let (applied, held_softly) = merge::merge(graph, options, &mut roots);
    held.extend(held_softly);
    let (names, sizes) = sizes(&roots);
    Entities {
        roots,
        co_spent,
        names,
        sizes,
        applied,
        held,
        n_multi_input: counts[0],
        coinjoins_left_out: coinjoin::RULES
            .into_iter()
            .zip(counts[1..].iter().copied())
            .collect(),
    }
}

/// Names of sets of at least two members, ascending, and their sizes.
fn sizes(roots: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut others = vec![0_u32; roots.len()];
    for (member, &root) in (0_u32..).zip(roots) {
        others[root as usize] += u32::from(member != root);
    }
    let large = (0_u32..).zip(others).filter(|&(_, others)| others > 0);
    large.map(|(root, others)| (root, others + 1)).unzip()
}
