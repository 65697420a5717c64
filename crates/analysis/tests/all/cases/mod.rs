//! Small graphs for tests, and a compact way to read traces.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    clippy::needless_for_each,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::maybe_infinite_iter,
    reason = "tests of small figures; each binary uses its part"
)]

pub mod oracle;
pub mod random;

use moneytrail_model::trace::{
    Direction, EndKind, Label, Placement, Policy, Seed, StopRules, Trace, TraceSpec,
};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, AssetKey, Basis, EventKind, Instant, Layer, Layers,
    Network, NodeIdx, Part, TransferIdx, TransferKind,
};
use moneytrail_store::graph::{End, Graph, GraphBuilder};
use std::sync::Arc;

/// A graph in the making: every call is one event, one second after the one before.
#[derive(Default)]
pub struct Case {
    pub builder: GraphBuilder,
    now: i64,
}

pub fn name(name: &str) -> AccountKey {
    AccountKey::Listed(name.into())
}

pub fn hawaladar(name: &str, part: Part) -> AccountKey {
    AccountKey::Hawaladar(name.into(), part)
}

pub fn units(units: u64) -> Amount {
    Amount::from_u64(units)
}

pub fn spec(layer: Layer, policy: Policy, seeds: &[TransferIdx]) -> TraceSpec {
    TraceSpec {
        direction: Direction::Forward,
        seeds: seeds.iter().copied().map(Seed::Transfer).collect(),
        layer,
        policy,
        placement: Placement::Latest,
        stops: StopRules::default(),
        since: None,
        as_of: None,
        change: Arc::default(),
        without: std::sync::Arc::default(),
    }
}

impl Case {
    pub fn asset(&mut self, code: &str) -> AssetIdx {
        self.builder
            .asset(Asset::new(AssetKey::currency(code).unwrap()))
    }

    pub fn end(&mut self, key: &AccountKey) -> End {
        self.builder.account(key)
    }

    fn tick(&mut self, kind: EventKind) {
        self.builder.event(kind, Instant::at(self.now));
        self.now += 1;
    }

    pub fn transfer(
        &mut self,
        from: &AccountKey,
        to: &AccountKey,
        asset: AssetIdx,
        amount: u64,
        layers: Layers,
    ) -> TransferIdx {
        self.tick(EventKind::Payment);
        let (from, to) = (self.end(from), self.end(to));
        self.builder.transfer(
            from,
            to,
            asset,
            Some(units(amount)),
            TransferKind::Payment,
            layers,
        )
    }

    /// A payment in EUR and both layers between names.
    pub fn pay(&mut self, from: &str, to: &str, amount: u64) -> TransferIdx {
        let euro = self.asset("EUR");
        self.transfer(&name(from), &name(to), euro, amount, Layers::BOTH)
    }

    /// A transaction; a `None` amount is unknown. Returns inputs, outputs and the fee.
    pub fn transaction(
        &mut self,
        ins: &[(&str, Option<u64>)],
        outs: &[(&str, u64)],
        fee: Option<u64>,
    ) -> Vec<TransferIdx> {
        let euro = self.asset("EUR");
        self.tick(EventKind::Transaction);
        let mut transfers = Vec::new();
        for &(account, amount) in ins {
            let from = self.end(&name(account));
            let amount = amount.map(units);
            transfers.push(self.builder.transfer(
                from,
                End::Junction,
                euro,
                amount,
                TransferKind::Input,
                Layers::BOTH,
            ));
        }
        for &(account, amount) in outs {
            let to = self.end(&name(account));
            transfers.push(self.builder.transfer(
                End::Junction,
                to,
                euro,
                Some(units(amount)),
                TransferKind::Output,
                Layers::BOTH,
            ));
        }
        if let Some(fee) = fee {
            let to = self.end(&AccountKey::Fees(Network::Bitcoin));
            transfers.push(self.builder.transfer(
                End::Junction,
                to,
                euro,
                Some(units(fee)),
                TransferKind::Fee,
                Layers::BOTH,
            ));
        }
        transfers
    }

    pub fn link(&mut self, earlier: TransferIdx, later: TransferIdx, consumed: u64, paid: u64) {
        self.builder
            .link(earlier, later, units(consumed), units(paid), Basis::Fact);
    }

    pub fn finish(self) -> Graph {
        self.builder.finish().unwrap()
    }
}

pub fn node(graph: &Graph, key: &AccountKey) -> NodeIdx {
    graph.node_of(key).unwrap()
}

/// What a transfer carries, as `100c 20s 5t 3u`; empty if it is no step.
pub fn carried(trace: &Trace, transfer: TransferIdx) -> String {
    let Some(step) = trace.steps.iter().find(|step| step.transfer == transfer) else {
        return String::new();
    };
    let word = |label| match label {
        Label::Seed(seed) => ["s", "t", "v"][seed as usize],
        Label::Clean => "c",
        Label::Unexplained => "u",
    };
    let pieces = step.carried.pieces.iter();
    let pieces: Vec<String> = pieces
        .map(|&(label, amount)| format!("{amount}{}", word(label)))
        .collect();
    pieces.join(" ")
}

/// The sum of ends of one kind at a node.
pub fn ended(trace: &Trace, kind: EndKind, at: NodeIdx) -> u128 {
    let ends = trace
        .ends
        .iter()
        .filter(|end| end.kind == kind && end.node == at);
    ends.map(|end| end.amount).sum()
}
