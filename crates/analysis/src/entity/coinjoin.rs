//! CoinJoins: transactions in which several people mix their money, so that inputs of one
//! transaction have different owners (`chains.md` §2).
//!
//! Law: a CoinJoin never joins two accounts. Each label carries its rule and version; a change of
//! figures bumps the version. Values are in satoshi.

use moneytrail_model::{Amount, EventIdx, EventKind, NodeIdx, RuleId};
use moneytrail_store::graph::Graph;
use std::collections::BTreeMap;

/// Whirlpool: 5 to 8 inputs, as many outputs, scripts distinct on each side, every output the
/// denomination, every input the denomination (a remix) or 100 to 110 thousand more (an entrant), one
/// to four entrants.
pub const WHIRLPOOL: RuleId = RuleId {
    name: "whirlpool",
    version: 2,
};

/// Equal outputs: n outputs share a value that is no dust; n ≥ 3, n ≥ (outputs − 1) / 2, at least n
/// inputs from at least n accounts.
pub const EQUAL_OUTPUTS: RuleId = RuleId {
    name: "equal-outputs",
    version: 1,
};

/// Fewer inputs or outputs than this are a CoinJoin by no rule.
const N_SIDES_MIN: usize = 3;

/// All rules, in the order in which they are tried.
pub const RULES: [RuleId; 2] = [WHIRLPOOL, EQUAL_OUTPUTS];

/// Denominations of Whirlpool and its successor.
const DENOMINATIONS: [u128; 6] = [
    100_000, 1_000_000, 2_500_000, 5_000_000, 25_000_000, 50_000_000,
];

/// What an entrant pays beyond the denomination, for the fees of all.
const ENTRANT_EXCESS: std::ops::RangeInclusive<u128> = 100..=110_000;

/// Values that wallets and protocols use as the least possible output.
const DUST: [u128; 2] = [546, 2730];

/// Inputs and outputs of a transaction that has enough of both; outputs without an address are left out.
#[derive(Debug, Default)]
struct Shape {
    inputs: Vec<(NodeIdx, Option<u128>)>,
    outputs: Vec<(NodeIdx, Option<u128>)>,
}

/// The rule by which a transaction is a CoinJoin, if one does; rules named in `without` are not
/// tried. O(n log n) in its transfers.
pub fn coinjoin(graph: &Graph, event: EventIdx, without: &[String]) -> Option<RuleId> {
    // No rule knows a CoinJoin of fewer than three outputs, and most transactions have two.
    if graph.transfers_out(graph.junction_of(event)?).len() < 3 {
        return None;
    }
    let shape = shape(graph, event)?;
    RULES.into_iter().find(|rule| {
        !without.iter().any(|name| name == rule.name)
            && match rule.name {
                "whirlpool" => is_whirlpool(&shape),
                _ => has_equal_outputs(&shape),
            }
    })
}

/// CoinJoins of a graph with their rules, ascending. O(n log n) in transfers.
pub fn coinjoins(graph: &Graph) -> Vec<(EventIdx, RuleId)> {
    use rayon::prelude::*;
    let _in_order = graph.in_order();
    let events = (0..graph.n_events()).into_par_iter().map(EventIdx::new);
    events
        .filter_map(|event| Some((event, coinjoin(graph, event, &[])?)))
        .collect()
}

fn shape(graph: &Graph, event: EventIdx) -> Option<Shape> {
    if graph.event_kind(event) != EventKind::Transaction {
        return None;
    }
    let junction = graph.junction_of(event)?;
    let (inputs, outputs) = (graph.transfers_in(junction), graph.transfers_out(junction));
    if inputs.len() < N_SIDES_MIN || outputs.len() < N_SIDES_MIN {
        return None;
    }
    let units = |transfer| graph.amount(transfer).and_then(Amount::non_negative);
    let mut shape = Shape::default();
    for transfer in inputs {
        shape.inputs.push((graph.from(transfer), units(transfer)));
    }
    for transfer in outputs {
        let to = graph.to(transfer);
        if !graph.is_boundary(to) {
            shape.outputs.push((to, units(transfer)));
        }
    }
    Some(shape)
}

fn n_distinct(sides: &[(NodeIdx, Option<u128>)]) -> usize {
    let mut nodes: Vec<NodeIdx> = sides.iter().map(|side| side.0).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes.len()
}

fn is_whirlpool(shape: &Shape) -> bool {
    let Shape { inputs, outputs } = shape;
    let Some(&(_, Some(denomination))) = outputs.first() else {
        return false;
    };
    let excess = |side: &(NodeIdx, Option<u128>)| side.1.and_then(|v| v.checked_sub(denomination));
    let n_entrants = inputs
        .iter()
        .filter(|side| excess(side).is_some_and(|excess| ENTRANT_EXCESS.contains(&excess)))
        .count();
    let n_remixes = inputs.iter().filter(|side| excess(side) == Some(0)).count();
    (5..=8).contains(&inputs.len())
        && outputs.len() == inputs.len()
        && n_distinct(inputs) == inputs.len()
        && n_distinct(outputs) == outputs.len()
        && DENOMINATIONS.contains(&denomination)
        && outputs.iter().all(|side| side.1 == Some(denomination))
        && n_entrants + n_remixes == inputs.len()
        && (1..=4).contains(&n_entrants)
}

fn has_equal_outputs(shape: &Shape) -> bool {
    let Shape { inputs, outputs } = shape;
    let mut counts: BTreeMap<u128, usize> = BTreeMap::new();
    for value in outputs.iter().filter_map(|side| side.1) {
        if !DUST.contains(&value) {
            *counts.entry(value).or_default() += 1;
        }
    }
    let n = counts.into_values().max().unwrap_or(0);
    n >= 3 && 2 * n + 1 >= outputs.len() && inputs.len() >= n && n_distinct(inputs) >= n
}
