//! Soft claims on UTXO chains: pre-mix outputs, change, the shape of Stonewall, wrapped keys.

use super::{CHANGE, STONEWALL, SoftClaim, TX0, WRAPPED_KEY};
use crate::entity::change::change_account;
use crate::entity::coinjoin::coinjoin;
use crate::entity::{EntityOptions, Scripts, is_dust};
use moneytrail_model::{AccountKey, Amount, EventIdx, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;

const PER_VOTE: u16 = 10;

/// Claims by what transactions look like.
pub(super) fn of_transactions(
    graph: &Graph,
    scripts: Scripts,
    options: &EntityOptions,
    is_asked: &(dyn Fn(RuleId) -> bool + Sync),
) -> Vec<SoftClaim> {
    let events = (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    events
        .flat_map_iter(|event| {
            let mut claims = Vec::new();
            let claim = |a, b, rule, weight| SoftClaim {
                a,
                b,
                event,
                rule,
                weight,
            };
            let spenders = spenders(graph, scripts, event);
            let Some(&first) = spenders.first() else {
                return claims;
            };
            match coinjoin(graph, event, options) {
                Some(label) if label.rule == TX0 && is_asked(TX0) => {
                    let is_premix = |t: &_| {
                        let units = graph.amount(*t).and_then(Amount::non_negative);
                        units == Some(label.value.into()) && scripts.contain(graph.to(*t))
                    };
                    let outs = graph.junction_of(event).map(|j| graph.transfers_out(j));
                    let premixes = outs.into_iter().flatten().filter(is_premix);
                    claims.extend(premixes.map(|t| claim(first, graph.to(t), TX0, 0)));
                }
                Some(label) if label.rule == STONEWALL && is_asked(STONEWALL) => {
                    let others = spenders[1..].iter();
                    claims.extend(others.map(|&other| claim(first, other, STONEWALL, 0)));
                }
                None if is_asked(CHANGE) => {
                    let change = change_account(graph, scripts, options, event);
                    claims.extend(change.map(|(account, n_votes)| {
                        claim(first, account, CHANGE, PER_VOTE * u16::from(n_votes))
                    }));
                }
                _ => {}
            }
            claims
        })
        .collect()
}

/// Distinct accounts whose inputs may join, ascending.
fn spenders(graph: &Graph, scripts: Scripts, event: EventIdx) -> Vec<NodeIdx> {
    let inputs = graph.junction_of(event).map(|j| graph.transfers_in(j));
    let inputs = inputs.into_iter().flatten();
    let mut spenders: Vec<NodeIdx> = inputs
        .filter(|&t| !is_dust(graph, t))
        .map(|t| graph.from(t))
        .filter(|&node| scripts.contain(node))
        .collect();
    spenders.sort_unstable();
    spenders.dedup();
    spenders
}

/// Accounts that are other forms of a script, both met in the evidence: whoever can spend one can spend the
/// other, if the key is compressed, and a P2SH account is known to wrap before it reveals so. O(n log n) in scripts.
pub(super) fn wrapped_keys(graph: &Graph, scripts: Scripts) -> Vec<SoftClaim> {
    let accounts = (scripts.first..scripts.behind).into_par_iter();
    accounts
        .flat_map_iter(|idx| {
            let a = NodeIdx::new(idx);
            let Some(AccountKey::Script(network, script)) = graph.account(a) else {
                return Vec::new();
            };
            let forms = script.other_forms().into_iter().flatten();
            let nodes = forms.filter_map(|form| graph.node_of(&AccountKey::Script(network, form)));
            let claims = nodes.filter_map(|b| {
                let met = [
                    graph.transfers_in(b).first(),
                    graph.transfers_out(b).first(),
                ];
                let event = met.into_iter().flatten().min().map(|t| graph.event_of(t))?;
                Some(SoftClaim {
                    a,
                    b,
                    event,
                    rule: WRAPPED_KEY,
                    weight: 0,
                })
            });
            claims.collect()
        })
        .collect()
}
