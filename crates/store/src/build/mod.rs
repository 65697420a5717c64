//! From segments to the graph: who is who across exhibits, what spends what, in which order.
//!
//! Laws. The graph depends on the content of the segments only, never on the order in which exhibits
//! were added, on the number of threads or on the memory: segments are taken in the order of their
//! exhibits' hashes, and every tie breaks on content. What two exhibits say of one event enters once and
//! is cited twice; what they say differently is noted. Nothing is dropped without a note.
//!
//! Steps: `read` takes the large tables in as columns and `accounts` numbers their accounts, `chains`
//! decides which blocks count, `identity` joins descriptions of one event, `references` matches books
//! with books and with chains, `outpoints` gives inputs their outputs, `order` makes the total order of
//! the record, and `emit` numbers it all. A row of events or transfers is named by its number among the
//! rows of all segments; the columns live in `scratch`, which keeps to the budget; what is sorted or
//! joined goes through `buckets`.

mod accounts;
mod agreed;
mod buckets;
mod chains;
mod emit;
mod identity;
mod mirrored;
mod order;
mod outpoints;
mod read;
mod references;

use crate::Error;
use crate::decision::Decided;
use crate::graph::{Citation, Graph};
use crate::schema::{Batch, BlockRow, EventRow, Reference, Table};
use crate::scratch::{Array, Scratch};
use crate::segment::{Segment, TableScan};
use accounts::Keys;
use chains::BlockState;
use identity::Transactions;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Basis, Locator, Network, TransactionForm, TransferKind,
};
use read::{Events, Rows, State};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Most events, and most transfers, of all segments together.
const MOST: u64 = 0xffff_fff0;

/// No row, no block.
const NONE: u32 = u32::MAX;

/// A segment that is to enter the graph.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Number of its exhibit, for citations only.
    pub(crate) exhibit: u32,
    /// SHA-256 of its exhibit: the content key.
    pub(crate) hash: [u8; 32],
    /// Its tables.
    pub(crate) segment: Segment,
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
    /// The rows that name them, ascending: as many.
    pub unmatched_transactions: Vec<UnmatchedTransaction>,
    /// Blocks that a chain with more work leaves out, found across exhibits.
    pub n_stale_blocks: u64,
    /// Links that segments state, by the rule that infers them, ascending: rule and number.
    pub linking_rules: Vec<(String, u64)>,
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

/// A row of a book, or of a custodian, that names a transaction and is joined with no movement of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct UnmatchedTransaction {
    /// Exhibit of the row.
    pub exhibit: u32,
    /// Position of the row's event among those of the exhibit.
    pub event_row: u32,
    /// Where the row stands in the exhibit.
    pub locator: String,
    /// The transaction's id as the row writes it.
    pub txid: String,
    /// Why nothing was joined.
    pub why: Unmatched,
}

/// Why a row that names a transaction is joined with no movement of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmatched {
    /// No exhibit describes the transaction.
    NotInEvidence,
    /// An exhibit describes it, and not exactly one movement of it goes where, and is as much, as the row says.
    NoSuchMovement,
    /// Another row of the same book names the same movement.
    SeveralRows,
}

impl Unmatched {
    /// All reasons, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::NotInEvidence, Self::NoSuchMovement, Self::SeveralRows];

    /// The reason in words, as the end of "rows name a transaction …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotInEvidence => "that no exhibit describes",
            Self::NoSuchMovement => "of which no movement, or more than one, is as the row says",
            Self::SeveralRows => "whose movement another row of the same book names too",
        }
    }
}

/// A segment while the graph is built.
#[derive(Debug)]
struct Held {
    exhibit: u32,
    /// Rank among sources of the same transaction.
    rank: u8,
    segment: Segment,
    /// Its small tables: sources, assets, blocks, links, references.
    small: Batch,
    /// Its rows among those of all segments.
    events: Range<u32>,
    transfers: Range<u32>,
    first_block: u32,
    /// Common number of each asset.
    assets: Vec<u16>,
    /// Decimal places that the amounts of each asset miss.
    missing_places: Vec<u8>,
}

/// A link between transfers that a segment states.
#[derive(Clone, Debug)]
struct StatedLink {
    earlier: u32,
    later: u32,
    consumed: Option<Amount>,
    paid: Option<Amount>,
    basis: Basis,
}

/// Everything while it is built. A *leg* is a transfer that enters, named by its row.
#[derive(Debug)]
struct Draft {
    segments: Vec<Held>,
    assets: Vec<Asset>,
    /// Height and staleness of each block of all segments.
    blocks: Vec<BlockState>,
    events: Events,
    rows: Rows,
    /// Keys of accounts, then those of placeholders: two lists, each ascending.
    keys: Keys,
    placeholders: Keys,
    /// Event that enters, place, and a row of events that it cites; ascending.
    joined: Vec<(u32, u32, u32)>,
    /// Event that enters, place, and a leg that only another description of it has; ascending.
    extra: Vec<(u32, u32, u32)>,
    /// Legs of rows that describe what another row carries.
    carriers: FxHashMap<u32, u32>,
    /// Rows that state what the better source leaves unknown of an input.
    replaced: FxHashMap<u32, u32>,
    /// Legs whose movement a leg of another event carries: which one, and what says so.
    merges: FxHashMap<u32, (u32, Basis)>,
    /// Leg and the row of events that speaks of it alone.
    of_one_leg: Vec<(u32, u32)>,
    /// The output that an input spends, and the input that spends an output; [`NONE`] for neither. Empty
    /// until outpoints are resolved.
    linked: Array<u32>,
    links: Vec<StatedLink>,
    /// Transactions, and lines of ledgers about them whose legs give way.
    given_way: Vec<(u32, u32)>,
    /// Events of rows and of the chain's transfers that they are, as people accepted: the row stands before the transfer. Ascending.
    ahead: Vec<(u32, u32)>,
    /// Outputs that a custodian credited to a customer: who spends them does not spend the customer's money.
    credited: BTreeSet<u32>,
    notes: BuildNotes,
}

/// Builds the graph of a case. What rules named in `without` claim and link is left out.
///
/// # Errors
/// [`Error::TooMany`] beyond the limits of the index.
pub(crate) fn build(
    mut loaded: Vec<Loaded>,
    decided: &Decided,
    without: &[String],
    scratch: &Scratch,
) -> Result<(Graph, BuildNotes), Error> {
    loaded.sort_by_key(|segment| segment.hash);
    let mut segments = hold(loaded)?;
    let mut notes = BuildNotes::default();
    let assets = common_assets(&mut segments, &mut notes)?;
    let blocks = chains::states(
        segments.iter().map(|held| &held.small.blocks[..]),
        &mut notes,
    );
    let mut events = read::events(scratch, &segments)?;
    // Fees of transactions whose inputs are all known follow from the rest and stand in no segment.
    let fees = Network::ALL
        .iter()
        .filter(|network| events.networks.contains(&network.code()));
    let fees: Vec<Vec<u8>> = fees
        .map(|&network| AccountKey::Fees(network).encode())
        .collect();
    let (rows, keys, too_large) = read::transfers(scratch, &segments, &mut events, &fees)?;
    let mut draft = Draft {
        segments,
        assets,
        blocks,
        events,
        rows,
        keys,
        placeholders: Keys::default(),
        joined: Vec::new(),
        extra: Vec::new(),
        carriers: FxHashMap::default(),
        replaced: FxHashMap::default(),
        merges: FxHashMap::default(),
        of_one_leg: Vec::new(),
        linked: Array::default(),
        links: Vec::new(),
        given_way: Vec::new(),
        ahead: Vec::new(),
        credited: BTreeSet::new(),
        notes,
    };
    draft.note_scaled(&too_large);
    draft.leave_out_stale();
    let transactions = Transactions::of(&draft, scratch)?;
    identity::join_descriptions(&mut draft, &transactions)?;
    draft.enter_stated_links(without);
    references::resolve(&mut draft, decided, without);
    outpoints::resolve(&mut draft, &transactions, scratch)?;
    drop(transactions);
    identity::note_given_way(&mut draft);
    let order = order::total(&draft, scratch)?;
    emit::emit(draft, &order, scratch)
}

/// Opens the segments and numbers their rows.
fn hold(loaded: Vec<Loaded>) -> Result<Vec<Held>, Error> {
    const SMALL: [Table; 5] = [
        Table::Sources,
        Table::Assets,
        Table::Blocks,
        Table::Links,
        Table::References,
    ];
    let mut segments: Vec<Held> = Vec::with_capacity(loaded.len());
    let (mut n_events, mut n_transfers, mut n_blocks) = (0_u64, 0_u64, 0_u64);
    for Loaded {
        exhibit, segment, ..
    } in loaded
    {
        let small = segment.read(&SMALL)?;
        let [events, transfers] = [Table::Events, Table::Transfers]
            .map(|table| TableScan::open(&segment, table).map(|table| table.n_rows() as u64));
        let (events, transfers) = (events?, transfers?);
        check_rows(&small, events, transfers)?;
        let range = |first: u64, n: u64| limited(first).zip(limited(first + n));
        let ranges = range(n_events, events).zip(range(n_transfers, transfers));
        let Some((events_at, transfers_at)) = ranges else {
            return Err(Error::TooMany {
                what: "events or transfers",
                found: (n_events + events).max(n_transfers + transfers),
                limit: MOST,
            });
        };
        segments.push(Held {
            exhibit,
            rank: segment.summary().rank,
            events: events_at.0..events_at.1,
            transfers: transfers_at.0..transfers_at.1,
            first_block: read::small(usize::try_from(n_blocks).unwrap_or(usize::MAX)),
            assets: Vec::new(),
            missing_places: Vec::new(),
            segment,
            small,
        });
        n_events += events;
        n_transfers += transfers;
        n_blocks += segments
            .last()
            .map_or(0, |held| held.small.blocks.len() as u64);
    }
    Ok(segments)
}

/// Whether small tables speak of events and transfers that there are.
fn check_rows(small: &Batch, n_events: u64, n_transfers: u64) -> Result<(), Error> {
    let is_there = |row: u32| u64::from(row) < n_transfers;
    let links = small.links.iter();
    let table = if links
        .flat_map(|link| [link.earlier, link.later])
        .any(|row| !is_there(row))
    {
        Table::Links
    } else if small.references.iter().any(|row| {
        let is_event = |event| u64::from(event) < n_events;
        let names_event = matches!(row.reference, Reference::Row { event } if !is_event(event));
        !is_there(row.transfer) || names_event
    }) {
        Table::References
    } else {
        return Ok(());
    };
    Err(read::damaged(table, "transfer"))
}

fn limited(n: u64) -> Option<u32> {
    u32::try_from(n).ok().filter(|&n| u64::from(n) <= MOST)
}

/// Gives every asset of every segment its number. An asset that exhibits state with different decimals
/// takes the most of them, and amounts are scaled up exactly. A token of which an exhibit states nothing is
/// counted there in smallest units: those of the least decimals that another states, which is noted, because
/// an explorer's file may show more places than the token has.
fn common_assets(segments: &mut [Held], notes: &mut BuildNotes) -> Result<Vec<Asset>, Error> {
    let mut stated: FxHashMap<AssetKey, Stated<'_>> = FxHashMap::default();
    let all = || segments.iter().flat_map(|held| &held.small.assets);
    for asset in all().filter(|asset| !asset.is_undescribed()) {
        let stated = stated.entry(asset.key().clone()).or_insert(Stated {
            asset,
            least: asset.decimals(),
            most: asset.decimals(),
        });
        stated.least = stated.least.min(asset.decimals());
        stated.most = stated.most.max(asset.decimals());
    }
    let mut numbers: FxHashMap<AssetKey, u16> = FxHashMap::default();
    let mut assets: Vec<Asset> = Vec::new();
    let mut of_segments: Vec<(Vec<u16>, Vec<u8>)> = Vec::with_capacity(segments.len());
    for held in segments.iter() {
        let (mut own, mut missing) = (Vec::new(), Vec::new());
        for asset in &held.small.assets {
            let (common, from) = match stated.get(asset.key()) {
                None => (asset.clone(), asset.decimals()),
                Some(stated) => {
                    let own = if asset.is_undescribed() {
                        notes.remarks.push(format!(
                            "X{} states no decimals of {}: its amounts are read in the {} places that another exhibit shows; if the token has other ones, they are wrong by powers of ten",
                            held.exhibit,
                            asset.key(),
                            stated.least
                        ));
                        stated.least
                    } else {
                        asset.decimals()
                    };
                    (stated.asset.clone().with_decimals(stated.most), own)
                }
            };
            missing.push(common.decimals() - from);
            let next = u16::try_from(assets.len()).map_err(|_| Error::TooMany {
                what: "assets",
                found: assets.len() as u64,
                limit: u16::MAX.into(),
            })?;
            own.push(*numbers.entry(asset.key().clone()).or_insert_with(|| {
                assets.push(common);
                next
            }));
        }
        of_segments.push((own, missing));
    }
    for (held, (own, missing)) in segments.iter_mut().zip(of_segments) {
        (held.assets, held.missing_places) = (own, missing);
    }
    Ok(assets)
}

/// What exhibits state of an asset.
struct Stated<'a> {
    /// The first that says something.
    asset: &'a Asset,
    least: u8,
    most: u8,
}

impl Draft {
    fn segment_number(&self, event: u32) -> usize {
        self.segments
            .partition_point(|held| held.events.end <= event)
    }

    fn segment_of(&self, event: u32) -> &Held {
        &self.segments[self.segment_number(event)]
    }

    /// A row of events as a remark names it: `X2 book.csv!-!R32`.
    fn named(&self, event: u32) -> String {
        let exhibit = self.segment_of(event).exhibit;
        format!("X{exhibit} {}", self.locator(event))
    }

    /// Where a row of events stands in its exhibit.
    fn locator(&self, event: u32) -> Locator {
        let held = self.segment_of(event);
        let some = |number: u32| Some(number).filter(|&number| number != NONE);
        let at = event as usize;
        let row = EventRow {
            kind: self.events.kind(event),
            transaction: None,
            block: some(self.events.blocks[at]).map(|block| block - held.first_block),
            tx_index: some(self.events.tx_indexes[at]),
            time: self.events.time(event),
            source: self.events.sources[at],
            row: Some(self.events.rows[at]).filter(|&row| row > 0),
            stale: false,
            form: TransactionForm::default(),
        };
        held.small.event_locator(&row)
    }

    fn citation(&self, event: u32) -> Citation {
        let held = self.segment_of(event);
        Citation {
            exhibit: held.exhibit,
            event_row: event - held.events.start,
        }
    }

    /// A block, by its number among those of all segments.
    fn block(&self, block: u32) -> &BlockRow {
        let held = self.segments.partition_point(|held| {
            (held.first_block as usize + held.small.blocks.len()) <= block as usize
        });
        let held = &self.segments[held];
        &held.small.blocks[(block - held.first_block) as usize]
    }

    /// Height of an event's block, where the evidence fixes it.
    fn height(&self, event: u32) -> Option<u32> {
        let block = self.events.blocks[event as usize];
        self.blocks
            .get(block as usize)
            .and_then(|state| state.height)
    }

    /// The leg that carries what a row of transfers says, if any does.
    fn leg(&self, row: u32) -> Option<u32> {
        if self.events.enters(self.event_of(row)) {
            return Some(row);
        }
        self.carriers.get(&row).copied()
    }

    /// The event that a leg enters with.
    fn event_of(&self, leg: u32) -> u32 {
        self.rows.events[leg as usize]
    }

    /// Legs of an event that enters.
    fn legs_of(&self, event: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.extra.partition_point(|extra| extra.0 < event);
        let extra = self.extra[first..]
            .iter()
            .take_while(move |extra| extra.0 == event);
        self.events
            .transfers(event)
            .chain(extra.map(|extra| extra.2))
    }

    /// The first row of outputs in the rows of a transaction: inputs stand before them.
    fn first_output(&self, rows: Range<u32>) -> u32 {
        let is_output = |&row: &u32| self.rows.kind(row) == TransferKind::Output;
        rows.clone().find(is_output).unwrap_or(rows.end)
    }

    /// The output that an input spends.
    fn spent(&self, leg: u32) -> Option<u32> {
        let output = *self.linked.get(leg as usize)?;
        (output != NONE && self.rows.kind(leg) == TransferKind::Input).then_some(output)
    }

    /// The amount of a leg as exhibits state it.
    fn stated(&self, leg: u32) -> Option<Amount> {
        self.rows.amount(*self.replaced.get(&leg).unwrap_or(&leg))
    }

    /// The amount of a leg: an input's is that of the output that it spends.
    fn amount(&self, leg: u32) -> Option<Amount> {
        match self.spent(leg) {
            Some(output) => self.rows.amount(output),
            None => self.stated(leg),
        }
    }

    /// Where a leg comes from: an input's account is that of the output that it spends.
    fn from(&self, leg: u32) -> u32 {
        if let Some(output) = self.spent(leg) {
            return self.rows.to[output as usize];
        }
        let row = *self.replaced.get(&leg).unwrap_or(&leg);
        match self.rows.from[row as usize] {
            // It states a value and no account.
            accounts::PLACEHOLDER => self.rows.from[leg as usize],
            known => known,
        }
    }

    /// Where a leg goes.
    fn to(&self, leg: u32) -> u32 {
        self.rows.to[leg as usize]
    }

    /// Whether two rows state one movement.
    fn is_same_movement(&self, a: u32, b: u32) -> bool {
        self.movement(a) == self.movement(b)
    }

    /// Both ends, asset and amount of a leg.
    fn movement(&self, leg: u32) -> ((u32, u32, u16), Option<Amount>) {
        let asset = self.rows.assets[leg as usize];
        ((self.from(leg), self.to(leg), asset), self.amount(leg))
    }

    /// Notes amounts that were scaled.
    fn note_scaled(&mut self, too_large: &[usize]) {
        let mut remarks = Vec::new();
        for (held, &n_too_large) in self.segments.iter().zip(too_large) {
            if held.missing_places.iter().all(|&places| places == 0) {
                continue;
            }
            let exhibit = held.exhibit;
            remarks.push(format!(
                "X{exhibit}: amounts brought to the decimals of other exhibits"
            ));
            if n_too_large > 0 {
                remarks.push(format!(
                    "X{exhibit}: {n_too_large} amounts have more than 38 digits with those decimals and count as unknown"
                ));
            }
        }
        remarks.append(&mut self.notes.remarks);
        self.notes.remarks = remarks;
    }

    /// What the case as a whole says of a block outranks what its own exhibit could know.
    fn leave_out_stale(&mut self) {
        for event in 0..read::small(self.events.len()) {
            let block = self.events.blocks[event as usize];
            if let Some(state) = self.blocks.get(block as usize) {
                let state = if state.stale {
                    State::LeftOut
                } else {
                    State::Enters
                };
                self.events.set_state(event, state);
            }
        }
    }

    /// Enters the links that a segment states between its own rows, but for those by rules named in `without`.
    fn enter_stated_links(&mut self, without: &[String]) {
        let counts = |basis: &Basis| match basis {
            Basis::Inference(rule) => without.iter().all(|name| name != rule.name),
            Basis::Fact | Basis::Assumption(_) => true,
        };
        let mut links = Vec::new();
        let mut rules: BTreeMap<String, u64> = BTreeMap::new();
        for held in &self.segments {
            for link in held.small.links.iter().filter(|link| counts(&link.basis)) {
                let row = |transfer: u32| held.transfers.start + transfer;
                let Some((earlier, later)) =
                    self.leg(row(link.earlier)).zip(self.leg(row(link.later)))
                else {
                    continue;
                };
                let scaled = |amount: Option<Amount>, transfer: u32| {
                    let asset = self.rows.assets[row(transfer) as usize];
                    let own = held.assets.iter().position(|&common| common == asset)?;
                    let units = read::scaled(amount?.units(), held.missing_places[own])?;
                    Amount::new(units).ok()
                };
                if let Basis::Inference(rule) = link.basis {
                    *rules.entry(rule.to_string()).or_default() += 1;
                }
                links.push(StatedLink {
                    earlier,
                    later,
                    consumed: scaled(link.consumed, link.earlier),
                    paid: scaled(link.paid, link.later),
                    basis: link.basis.clone(),
                });
            }
        }
        self.links = links;
        self.notes.linking_rules = rules.into_iter().collect();
    }

    /// Lets `kept` carry what `dropped` describes too, resting on `basis`.
    fn merge_legs(&mut self, dropped: u32, kept: u32, basis: Basis) {
        self.merges.insert(dropped, (kept, basis));
        self.of_one_leg.push((kept, self.event_of(dropped)));
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
