//! What is in exhibits that are no books: chains, lists, exports of explorers and exchanges.

use super::book::Total;
use crate::error::Error;
use crate::follow::Evidence;
use moneytrail_model::{Amount, EventIdx, Instant, NodeIdx, Precision, TransferIdx};
use moneytrail_store::schema::Table;
use moneytrail_store::{Exhibit, SegmentSummary};
use std::collections::{BTreeMap, BTreeSet};

/// Transfers of an exhibit in one asset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub(super) decimals: u8,
    pub(super) n: u64,
    /// What arrived: inputs of a transaction count as what goes on. `None` beyond 38 digits.
    pub(super) arrived: Total,
    /// Transfers of which no amount is known.
    pub(super) n_without_amount: u64,
}

/// Blocks of a chain that an exhibit holds, stale ones left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heights {
    pub(super) first: u32,
    pub(super) last: u32,
    /// Heights between them that are not there.
    pub(super) n_missing: u64,
}

/// The facts of an exhibit.
#[derive(Debug)]
pub(super) struct Other<'a> {
    pub(super) exhibit: &'a Exhibit,
    pub(super) summary: SegmentSummary,
    pub(super) heights: Option<Heights>,
    pub(super) first: Option<Instant>,
    pub(super) last: Option<Instant>,
    /// Events of the graph that it describes, alone or with other exhibits.
    pub(super) n_events: u64,
    /// By asset, as shown.
    pub(super) assets: BTreeMap<String, Moved>,
}

/// Gathers what is in these exhibits: one pass over the events of the graph. O(transfers).
pub(super) fn of<'a>(
    evidence: &Evidence,
    exhibits: &[&'a Exhibit],
) -> Result<Vec<Other<'a>>, Error> {
    let mut others = Vec::with_capacity(exhibits.len());
    for &exhibit in exhibits {
        let segment = evidence.case.segment(exhibit.number)?;
        others.push(Other {
            exhibit,
            heights: match segment.summary().network {
                Some(_) => heights(&segment.read(&[Table::Blocks])?.blocks),
                None => None,
            },
            summary: segment.summary().clone(),
            first: None,
            last: None,
            n_events: 0,
            assets: BTreeMap::new(),
        });
    }
    let graph = &evidence.graph;
    let mut by_asset: Vec<Vec<Moved>> =
        vec![vec![Moved::default(); graph.assets().len()]; others.len()];
    let places: BTreeMap<u32, usize> = others
        .iter()
        .enumerate()
        .map(|(place, other)| (other.exhibit.number, place))
        .collect();
    let mut seen: Vec<usize> = Vec::new();
    for event in (0..graph.n_events()).map(EventIdx::new) {
        seen.clear();
        seen.extend(
            graph
                .citations(event)
                .filter_map(|citation| places.get(&citation.exhibit).copied()),
        );
        seen.sort_unstable();
        seen.dedup();
        for &place in &seen {
            others[place].event(graph.time(event));
            for transfer in graph.transfers_of(event) {
                let moved = &mut by_asset[place][graph.asset_of(transfer).idx()];
                moved.take(graph.amount(transfer), arrives(evidence, transfer));
            }
        }
    }
    for (other, moved) in others.iter_mut().zip(by_asset) {
        for (asset, mut moved) in graph.assets().iter().zip(moved) {
            if moved.n > 0 {
                moved.decimals = asset.decimals();
                other.assets.insert(asset.key().to_string(), moved);
            }
        }
    }
    Ok(others)
}

/// Whether a transfer ends at an account.
fn arrives(evidence: &Evidence, transfer: TransferIdx) -> bool {
    let to: NodeIdx = evidence.graph.to(transfer);
    !evidence.graph.is_junction(to)
}

impl Moved {
    fn take(&mut self, amount: Option<Amount>, arrives: bool) {
        self.n += 1;
        match amount {
            Some(amount) if arrives => self.arrived.add(amount),
            Some(_) => {}
            None => self.n_without_amount += 1,
        }
    }
}

impl Other<'_> {
    fn event(&mut self, time: Instant) {
        self.n_events += 1;
        if time.precision() == Precision::Unknown {
            return;
        }
        if self
            .first
            .is_none_or(|first| time.earliest() < first.earliest())
        {
            self.first = Some(time);
        }
        if self.last.is_none_or(|last| time.latest() > last.latest()) {
            self.last = Some(time);
        }
    }
}

fn heights(blocks: &[moneytrail_store::schema::BlockRow]) -> Option<Heights> {
    let known = blocks.iter().filter(|block| !block.stale);
    let heights: BTreeSet<u32> = known.filter_map(|block| block.height).collect();
    let (&first, &last) = (heights.first()?, heights.last()?);
    let n = u64::from(last - first) + 1;
    Some(Heights {
        first,
        last,
        n_missing: n - heights.len() as u64,
    })
}
