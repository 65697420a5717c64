//! From segments to the graph: who is who across exhibits, what spends what, in which order.
//!
//! Laws. The graph depends on the content of the segments only, never on the order in which exhibits
//! were added: segments are taken in the order of their exhibits' hashes, and every tie breaks on
//! content. What two exhibits say of one event enters once and is cited twice; what they say
//! differently is noted. Nothing is dropped without a note.
//!
//! Steps: `chains` decides which blocks count, `identity` joins descriptions of one event,
//! `references` matches books with books and with chains, `outpoints` gives inputs their outputs,
//! `order` makes the total order of the record, and `emit` numbers it all.

mod chains;
mod emit;
mod identity;
mod order;
mod outpoints;
mod references;

use crate::Error;
use crate::graph::{Citation, End, Graph, GraphBuilder};
use crate::schema::{Batch, Endpoint};
use moneytrail_model::{
    Amount, Asset, AssetIdx, AssetKey, Basis, EventKind, Instant, Layers, Network, TransferKind,
};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Most events, and most transfers, of all segments together.
const MOST: u64 = 0xffff_fffe;

/// A segment in memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Number of its exhibit, for citations only.
    pub(crate) exhibit: u32,
    /// SHA-256 of its exhibit: the content key.
    pub(crate) hash: [u8; 32],
    /// Rank among sources of the same transaction.
    pub(crate) rank: u8,
    /// Its rows.
    pub(crate) rows: Batch,
}

/// What building found out and what it could not settle; stored beside the graph.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BuildNotes {
    /// Claims that join records of different exhibits.
    pub claims: Vec<JoinNote>,
    /// Events that more than one exhibit describes.
    pub n_joined_events: u64,
    /// Inputs whose output lies outside the evidence.
    pub n_unresolved_inputs: u64,
    /// Order tokens without a counterpart in another book.
    pub n_unmatched_tokens: u64,
    /// Transactions named in a book that no chain exhibit holds, or not as the book says.
    pub n_unmatched_transactions: u64,
    /// Blocks that a chain with more work leaves out, found across exhibits.
    pub n_stale_blocks: u64,
    /// What exhibits say differently of one thing, and other things to look at.
    pub remarks: Vec<String>,
}

/// A claim that two or more records describe one thing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct JoinNote {
    /// `rule@version`.
    pub rule: String,
    /// Parameters, as printed.
    pub parameters: String,
    /// What is claimed, in one sentence.
    pub statement: String,
    /// Records: exhibit number and row of its events.
    pub records: Vec<(u32, u32)>,
}

/// One movement while the graph is built.
#[derive(Clone, Copy, Debug)]
struct Leg {
    from: End,
    to: End,
    asset: AssetIdx,
    amount: Option<Amount>,
    kind: TransferKind,
    layers: Layers,
    /// Whether another leg carries the same movement, so that this one does not enter.
    merged: bool,
}

/// One event while the graph is built.
#[derive(Clone, Debug)]
struct Event {
    kind: EventKind,
    time: Instant,
    /// Where it enters from: segment and row of its events.
    primary: (u32, u32),
    /// Other records of all of it, in content order.
    others: Vec<(u32, u32)>,
    /// Records that speak of one leg of it: record and leg.
    of_one_leg: Vec<((u32, u32), u32)>,
    /// Its legs.
    legs: std::ops::Range<u32>,
}

/// A link between legs.
#[derive(Clone, Debug)]
struct LegLink {
    earlier: u32,
    later: u32,
    consumed: Option<Amount>,
    paid: Option<Amount>,
    basis: Basis,
}

/// Everything while it is built.
#[derive(Debug)]
struct Draft {
    segments: Vec<Loaded>,
    builder: GraphBuilder,
    /// Height and staleness of each block, by segment and row.
    blocks: Vec<Vec<chains::BlockState>>,
    events: Vec<Event>,
    legs: Vec<Leg>,
    /// Event of each leg.
    leg_events: Vec<u32>,
    /// Leg of each transfer row, by segment; `u32::MAX` for rows that did not enter.
    leg_of_row: Vec<Vec<u32>>,
    links: Vec<LegLink>,
    /// Legs whose movement another leg carries: which one, and what says so.
    merges: FxHashMap<u32, (u32, Basis)>,
    /// Greatest block time up to each height, by network.
    stamps: FxHashMap<Network, Vec<(u32, i64)>>,
    notes: BuildNotes,
}

/// Builds the graph of a case.
///
/// # Errors
/// [`Error::TooMany`] beyond the limits of the index.
pub(crate) fn build(mut segments: Vec<Loaded>) -> Result<(Graph, BuildNotes), Error> {
    check_limits(&segments)?;
    segments.sort_by_key(|segment| segment.hash);
    let mut builder = GraphBuilder::default();
    let mut notes = BuildNotes::default();
    let assets = common_assets(&mut segments, &mut builder, &mut notes);
    let blocks = chains::states(&segments, &mut notes);
    let mut draft = Draft {
        leg_of_row: segments
            .iter()
            .map(|segment| vec![u32::MAX; segment.rows.transfers.len()])
            .collect(),
        segments,
        builder,
        blocks,
        events: Vec::new(),
        legs: Vec::new(),
        leg_events: Vec::new(),
        links: Vec::new(),
        merges: FxHashMap::default(),
        stamps: FxHashMap::default(),
        notes,
    };
    draft.stamps = draft.stamps_by_height();
    identity::enter_events(&mut draft, &assets);
    draft.enter_stated_links();
    // Before the many links of outpoints, none of which is between legs that books state.
    references::resolve(&mut draft);
    outpoints::resolve(&mut draft);
    let order = order::total(&draft);
    emit::emit(draft, &order)
}

/// Rows, events and legs are numbered in 32 bits while the graph is built.
fn check_limits(segments: &[Loaded]) -> Result<(), Error> {
    let count = |n: fn(&Batch) -> usize| segments.iter().map(|s| n(&s.rows) as u64).sum::<u64>();
    let counts = [
        ("events", count(|rows| rows.events.len())),
        ("transfers", count(|rows| rows.transfers.len())),
    ];
    match counts.into_iter().find(|&(_, n)| n > MOST) {
        Some((what, found)) => Err(Error::TooMany {
            what,
            found,
            limit: MOST,
        }),
        None => Ok(()),
    }
}

impl Draft {
    /// A record as a remark names it: `X2 book.csv!-!R32`.
    fn named(&self, (segment, row): (u32, u32)) -> String {
        let Loaded { exhibit, rows, .. } = &self.segments[segment as usize];
        format!(
            "X{exhibit} {}",
            rows.event_locator(&rows.events[row as usize])
        )
    }

    fn citation(&self, (segment, row): (u32, u32)) -> Citation {
        Citation {
            exhibit: self.segments[segment as usize].exhibit,
            event_row: row,
        }
    }

    /// Enters the links that a segment states between its own rows.
    fn enter_stated_links(&mut self) {
        for (segment, loaded) in self.segments.iter().enumerate() {
            for link in &loaded.rows.links {
                let earlier = self.leg_of_row[segment][link.earlier as usize];
                let later = self.leg_of_row[segment][link.later as usize];
                if earlier != u32::MAX && later != u32::MAX {
                    let (consumed, paid, basis) = (link.consumed, link.paid, link.basis.clone());
                    self.links.push(LegLink {
                        earlier,
                        later,
                        consumed,
                        paid,
                        basis,
                    });
                }
            }
        }
    }

    /// Lets `kept` carry what `dropped` describes too, resting on `basis`.
    fn merge_legs(&mut self, dropped: u32, kept: u32, basis: Basis) {
        self.legs[dropped as usize].merged = true;
        self.merges.insert(dropped, (kept, basis));
        let record = self.events[self.leg_events[dropped as usize] as usize].primary;
        let event = &mut self.events[self.leg_events[kept as usize] as usize];
        if !event.of_one_leg.contains(&(record, kept)) {
            event.of_one_leg.push((record, kept));
        }
    }

    /// Moves the links of merged legs to those that carry their movement. O(links), once for all merges.
    fn move_links(&mut self) {
        for link in &mut self.links {
            for end in [&mut link.earlier, &mut link.later] {
                if let Some((kept, basis)) = self.merges.get(end) {
                    *end = *kept;
                    link.basis = basis.clone();
                }
            }
        }
    }
}

/// The end of a transfer row.
fn end_of(builder: &mut GraphBuilder, end: &Endpoint) -> End {
    match end {
        Endpoint::Account(account) => builder.account(account),
        Endpoint::Junction => End::Junction,
    }
}

/// Gives every asset of every segment its id. An asset that exhibits state with different decimals
/// takes the most of them, and amounts are scaled up exactly.
fn common_assets(
    segments: &mut [Loaded],
    builder: &mut GraphBuilder,
    notes: &mut BuildNotes,
) -> Vec<Vec<AssetIdx>> {
    let mut decimals: FxHashMap<AssetKey, u8> = FxHashMap::default();
    for asset in segments.iter().flat_map(|segment| &segment.rows.assets) {
        let most = decimals
            .entry(asset.key().clone())
            .or_insert(asset.decimals());
        *most = (*most).max(asset.decimals());
    }
    let mut ids = Vec::with_capacity(segments.len());
    for segment in segments {
        let missing: Vec<u8> = segment
            .rows
            .assets
            .iter()
            .map(|asset| decimals[asset.key()] - asset.decimals())
            .collect();
        if missing.iter().any(|&places| places > 0) {
            let n_too_large = scale(&mut segment.rows, &missing);
            notes.remarks.push(format!(
                "X{}: amounts brought to the decimals of other exhibits",
                segment.exhibit
            ));
            if n_too_large > 0 {
                notes.remarks.push(format!(
                    "X{}: {n_too_large} amounts have more than 38 digits with those decimals and count as unknown",
                    segment.exhibit
                ));
            }
        }
        let assets = segment.rows.assets.iter().cloned();
        ids.push(
            assets
                .map(|asset: Asset| {
                    let most = decimals[asset.key()];
                    builder.asset(asset.with_decimals(most))
                })
                .collect(),
        );
    }
    ids
}

/// Multiplies the amounts of transfers, and what links say of them, by ten to the places that their asset
/// misses. How many amounts became too large.
fn scale(rows: &mut Batch, missing: &[u8]) -> usize {
    let mut n_too_large = 0;
    let mut scaled = |amount: Option<Amount>, asset: u32| {
        let amount = amount?;
        let units = 10_i128
            .checked_pow(missing[asset as usize].into())
            .and_then(|factor| factor.checked_mul(amount.units()));
        let amount = units.and_then(|units| Amount::new(units).ok());
        n_too_large += usize::from(amount.is_none());
        amount
    };
    for link in &mut rows.links {
        let asset = |transfer: u32| rows.transfers.get(transfer as usize).asset;
        link.consumed = scaled(link.consumed, asset(link.earlier));
        link.paid = scaled(link.paid, asset(link.later));
    }
    let transfers = rows.transfers.iter().map(|mut transfer| {
        transfer.amount = scaled(transfer.amount, transfer.asset);
        transfer
    });
    rows.transfers = transfers.collect();
    n_too_large
}
