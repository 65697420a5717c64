//! What the detectors see of a transaction: who spends and receives how much, and nothing else.

use super::{Label, wasabi};
use moneytrail_model::{Amount, EventIdx, EventKind, Network, NodeIdx, RuleId, TransferKind};
use moneytrail_store::graph::Graph;

/// Fewer outputs than this are labelled by no rule.
const N_OUTPUTS_MIN: usize = 3;

/// First key bytes of P2WPKH and P2TR on UTXO networks (`docs/FORMATS.md`).
const NATIVE_TAGS: [u8; 2] = [0x03, 0x05];

/// One input or output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Side {
    /// Whose: equal numbers are one account.
    pub account: u32,
    /// How much, in satoshi; `None` if the evidence does not say.
    pub sats: Option<u64>,
    /// Whether its script is P2WPKH or P2TR; no rule asks below 50 inputs, and
    /// there it is `false`, because keys are the dearest to read.
    pub is_native: bool,
}

/// A transaction as the detectors see it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// Inputs, in their order.
    pub inputs: Vec<Side>,
    /// Outputs with an address, in their order.
    pub outputs: Vec<Side>,
    /// Outputs without one (`OP_RETURN`).
    pub n_without_address: usize,
    /// Whether an input is tagged as an exchange's.
    pub is_from_exchange: bool,
    /// The latest second at which it can have happened on Bitcoin's main network; `None` elsewhere, and where
    /// scripts are not asked for.
    pub mainnet_second: Option<i64>,
}

impl Shape {
    /// Of an event of a graph; `None` if no rule can label it, which most transactions are told from the
    /// number of their outputs. `clearing`: accounts tagged as an exchange's, ascending. O(n) in its transfers.
    pub fn of(graph: &Graph, event: EventIdx, clearing: &[NodeIdx]) -> Option<Self> {
        let junction = graph.junction_of(event)?;
        let outs = graph.transfers_out(junction);
        // What leaves a junction may be its fee.
        let is_small = outs.len() < N_OUTPUTS_MIN
            || outs.len() == N_OUTPUTS_MIN
                && outs.iter().any(|out| graph.kind(out) == TransferKind::Fee);
        if is_small || graph.event_kind(event) != EventKind::Transaction {
            return None;
        }
        let ins = graph.transfers_in(junction);
        let asks_scripts = ins.len() >= wasabi::N_INPUTS_MIN_STRICT;
        let side = |node: NodeIdx, transfer| Side {
            account: node.raw(),
            sats: graph
                .amount(transfer)
                .and_then(Amount::non_negative)
                .and_then(|units| u64::try_from(units).ok()),
            is_native: asks_scripts
                && graph
                    .key_bytes(node)
                    .and_then(|key| key.first())
                    .is_some_and(|tag| NATIVE_TAGS.contains(tag)),
        };
        let mut shape = Self::default();
        for transfer in ins {
            let from = graph.from(transfer);
            shape.inputs.push(side(from, transfer));
            shape.is_from_exchange |= clearing.binary_search(&from).is_ok();
        }
        for transfer in outs {
            let to = graph.to(transfer);
            if !graph.is_boundary(to) {
                shape.outputs.push(side(to, transfer));
            } else if graph.kind(transfer) == TransferKind::Output {
                shape.n_without_address += 1;
            }
        }
        let is_mainnet = || {
            graph
                .txid(event)
                .is_some_and(|(network, _)| network == Network::Bitcoin)
        };
        shape.mainnet_second = (asks_scripts && is_mainnet()).then(|| graph.time(event).latest());
        Some(shape)
    }
}

/// A shape with what several rules ask of it.
#[derive(Debug)]
pub(super) struct Profile<'a> {
    pub(super) shape: &'a Shape,
    /// Distinct input accounts.
    pub(super) n_spenders: usize,
    /// Inputs of the account that has most.
    n_top: usize,
    /// Whether no two outputs have one account.
    pub(super) is_each_paid_once: bool,
    /// Output values and how often each occurs: most frequent first, of equally frequent ones the largest.
    pub(super) values: Vec<(u64, usize)>,
}

impl<'a> Profile<'a> {
    /// O(n log n).
    pub(super) fn of(shape: &'a Shape) -> Self {
        let spenders = runs(shape.inputs.iter().map(|side| side.account));
        let payees = runs(shape.outputs.iter().map(|side| side.account));
        let mut values = runs(shape.outputs.iter().filter_map(|side| side.sats));
        values.sort_unstable_by_key(|&(value, n)| std::cmp::Reverse((n, value)));
        Self {
            shape,
            n_spenders: spenders.len(),
            n_top: spenders.iter().map(|run| run.1).max().unwrap_or(0),
            is_each_paid_once: payees.len() == shape.outputs.len(),
            values,
        }
    }

    pub(super) fn n_inputs(&self) -> usize {
        self.shape.inputs.len()
    }

    pub(super) fn n_outputs(&self) -> usize {
        self.shape.outputs.len()
    }

    /// The most frequent output value, and how often it occurs.
    pub(super) fn mode(&self) -> Option<(u64, usize)> {
        self.values.first().copied()
    }

    /// Whether `n` outputs are at least half of the others but one.
    pub(super) fn is_half(&self, n: usize) -> bool {
        2 * n + 1 >= self.n_outputs()
    }

    /// Whether no account has more than a tenth of the inputs.
    pub(super) fn is_spread(&self) -> bool {
        10 * self.n_top <= self.n_inputs()
    }

    pub(super) fn label(&self, rule: RuleId, value: u64, n_equal: usize) -> Label {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Label {
            rule,
            value,
            n_equal: count(n_equal),
            n_inputs: count(self.n_inputs()),
            n_outputs: count(self.n_outputs()),
        }
    }
}

/// Distinct items, ascending, and how often each occurs.
fn runs<T: Ord + Copy>(items: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items
        .chunk_by(T::eq)
        .map(|run| (run[0], run.len()))
        .collect()
}
