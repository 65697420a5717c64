//! Peel chains: a coin is paid away bit by bit, and the rest goes on (`chains.md` §2).
//!
//! Law: a chain is a run of hops, each of which spends the larger output of the one before; a transaction is in one
//! chain at most, that of the hop that comes first in the record. Withdrawals of exchanges look the same: it is a pattern, and no
//! claim about owners.
//!
//! A *hop* is a transaction of exactly two valued outputs, the smaller at most half of the larger, without a CoinJoin's
//! label. What goes on must keep its script type, and the transactions their version, kind of lock time and kind of
//! sequence numbers, where the evidence says so.

use crate::entity::EntityOptions;
use crate::entity::coinjoin::coinjoin;
use moneytrail_model::{Amount, EventIdx, EventKind, Habits, RuleId, TransferIdx};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;

/// The rule.
pub const PEEL_CHAIN: RuleId = RuleId {
    name: "peel-chain",
    version: 2,
};

/// Shorter chains are not reported.
pub const N_HOPS_MIN: usize = 4;

/// Transactions that peel one coin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeelChain {
    /// The hops, in order.
    pub hops: Vec<EventIdx>,
    /// What each peels off: its smaller output.
    pub peeled: Vec<TransferIdx>,
    /// The larger output of the last hop: what is left.
    pub rest: TransferIdx,
}

/// One transaction that may be a hop.
#[derive(Clone, Copy, Debug)]
struct Hop {
    peeled: TransferIdx,
    rest: TransferIdx,
    /// Script type of the larger output.
    script_type: u8,
    habits: Habits,
}

/// Chains of at least [`N_HOPS_MIN`] and at most `n_hops_max` hops, by their first hop. O(transfers).
pub fn peel_chains(graph: &Graph, n_hops_max: usize) -> Vec<PeelChain> {
    let events = (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    let hops: Vec<Option<Hop>> = events.map(|event| hop(graph, event)).collect();
    let mut is_taken = vec![false; hops.len()];
    let mut chains = Vec::new();
    for first in (0..hops.len()).map(EventIdx::new) {
        let mut chain: Vec<(EventIdx, Hop)> = Vec::new();
        let mut at = Some(first);
        while let Some(event) = at.filter(|event| !is_taken[event.idx()])
            && let Some(hop) = hops[event.idx()]
            && chain.last().is_none_or(|(_, before)| {
                before.script_type == hop.script_type && before.habits.agree(hop.habits)
            })
            && chain.len() < n_hops_max
        {
            chain.push((event, hop));
            is_taken[event.idx()] = true;
            let mut spent = graph.links_spent_by(hop.rest);
            at = spent.next().map(|link| graph.event_of(link.later));
        }
        if let Some(&(_, last)) = chain.last().filter(|_| chain.len() >= N_HOPS_MIN) {
            chains.push(PeelChain {
                hops: chain.iter().map(|hop| hop.0).collect(),
                peeled: chain.iter().map(|hop| hop.1.peeled).collect(),
                rest: last.rest,
            });
        }
    }
    chains
}

fn hop(graph: &Graph, event: EventIdx) -> Option<Hop> {
    if graph.event_kind(event) != EventKind::Transaction {
        return None;
    }
    let outs = graph.transfers_out(graph.junction_of(event)?);
    let valued = outs.iter().filter(|&t| !graph.is_boundary(graph.to(t)));
    let mut valued = valued.map(|t| Some((graph.amount(t).and_then(Amount::non_negative)?, t)));
    let (a, b) = (valued.next()??, valued.next()??);
    if valued.next().is_some() {
        return None;
    }
    let (small, large) = (a.min(b), a.max(b));
    let kind = |t| {
        graph
            .key_bytes(graph.to(t))
            .and_then(|key| key.first().copied())
    };
    (small.0 > 0
        && 2 * small.0 <= large.0
        && coinjoin(graph, event, &EntityOptions::default()).is_none())
    .then_some(())?;
    Some(Hop {
        peeled: small.1,
        rest: large.1,
        script_type: kind(large.1)?,
        habits: graph.habits(event),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use moneytrail_model::{
        AccountKey, Asset, AssetKey, Basis, Instant, Layers, Network, ScriptKey, TransactionForm,
        TransferKind,
    };
    use moneytrail_store::graph::{End, GraphBuilder};

    /// Hops that each pay away `peeled` of what is left of `whole`, the rest going on to a new address.
    fn chain(whole: u64, peeled: &[u64]) -> Graph {
        formed(whole, peeled, |_| Habits::default())
    }

    /// The same, each hop with habits of its own.
    fn formed(whole: u64, peeled: &[u64], habits: impl Fn(u8) -> Habits) -> Graph {
        let mut builder = GraphBuilder::default();
        let btc = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
        let script =
            |number: u8| AccountKey::Script(Network::Bitcoin, ScriptKey::P2wpkh([number; 20]));
        let (mut left, mut before) = (whole, None);
        for (number, &small) in (1_u8..).zip(peeled) {
            builder.event(EventKind::Transaction, Instant::at(number.into()));
            builder.event_habits(habits(number));
            let [holder, next, payee] =
                [number, number + 1, number + 100].map(|n| builder.account(&script(n)));
            let input = builder.transfer(
                holder,
                End::Junction,
                btc,
                Some(Amount::from_u64(left)),
                TransferKind::Input,
                Layers::BOTH,
            );
            if let Some(output) = before {
                let all = Amount::from_u64(left);
                builder.link(output, input, all, all, Basis::Fact);
            }
            left -= small;
            let mut pay = |to, units| {
                builder.transfer(
                    End::Junction,
                    to,
                    btc,
                    Some(Amount::from_u64(units)),
                    TransferKind::Output,
                    Layers::BOTH,
                )
            };
            pay(payee, small);
            before = Some(pay(next, left));
        }
        builder.finish().unwrap()
    }

    #[test]
    fn four_hops_are_a_chain_and_three_are_not() {
        let found = peel_chains(&chain(100_000, &[9_000, 8_000, 7_000, 6_000]), 100);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].hops, [0, 1, 2, 3].map(EventIdx::new));
        assert_eq!(
            peel_chains(&chain(100_000, &[9_000, 8_000, 7_000]), 100),
            []
        );
        // What is paid away is at most half of what goes on.
        let at = |small| peel_chains(&chain(90_000, &[small, 100, 100, 100]), 100).len();
        assert_eq!([at(30_000), at(30_001)], [1, 0]);
        // So many hops are enough.
        let graph = chain(100_000, &[100; 9]);
        let lengths: Vec<usize> = peel_chains(&graph, 5)
            .iter()
            .map(|chain| chain.hops.len())
            .collect();
        assert_eq!(lengths, [5, 4]);
    }

    #[test]
    fn a_chain_ends_where_another_wallet_goes_on() {
        let version = |version| TransactionForm {
            version: Some(version),
            ..TransactionForm::default()
        };
        let n_chains = |habits: fn(u8) -> i32| {
            let graph = formed(100_000, &[100; 7], |hop| version(habits(hop)).habits());
            peel_chains(&graph, 100).len()
        };
        assert_eq!(n_chains(|_| 2), 1);
        assert_eq!(n_chains(|hop| if hop < 5 { 2 } else { 1 }), 1);
        assert_eq!(n_chains(|hop| if hop < 4 { 2 } else { 1 }), 1);
        assert_eq!(n_chains(|hop| i32::from(hop % 2) + 1), 0);
        // What no exhibit states does not differ.
        let graph = formed(100_000, &[100; 4], |hop| match hop {
            2 => Habits::default(),
            _ => version(1).habits(),
        });
        assert_eq!(peel_chains(&graph, 100).len(), 1);
    }
}
