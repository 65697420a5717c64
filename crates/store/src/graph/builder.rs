//! Builds a graph from events that are already in the total order of the record.

use super::{Amounts, Citation, Graph};
use crate::Error;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, Basis, EventIdx, EventKind, Instant, Layers, LinkIdx,
    NodeIdx, Precision, TransferIdx, TransferKind,
};
use rustc_hash::FxHashMap;

/// Precision codes, in the order of their widths.
const PRECISIONS: [Precision; 5] = [
    Precision::Second,
    Precision::Minute,
    Precision::Day,
    Precision::Month,
    Precision::Unknown,
];

/// Highest bit of a stored precision: the order is a convention.
const ORDER_OPEN: u8 = 0x80;

pub(super) fn unpack_time(seconds: i64, precision: u8) -> Instant {
    Instant::new(seconds, PRECISIONS[usize::from(precision & !ORDER_OPEN)])
}

/// One end of a transfer while the graph is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// An account, by its provisional number from [`GraphBuilder::account`].
    Account(u32),
    /// The junction of the event.
    Junction,
}

/// Collects events in the order of the record, then numbers, sorts and links.
///
/// ```
/// use moneytrail_model::{AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, TransferKind};
/// use moneytrail_store::graph::GraphBuilder;
/// let mut builder = GraphBuilder::default();
/// let euro = builder.asset(Asset::new(AssetKey::currency("EUR").unwrap()));
/// let (a, b) = (AccountKey::Listed("a".into()), AccountKey::Listed("b".into()));
/// let (a, b) = (builder.account(&a), builder.account(&b));
/// builder.event(EventKind::Payment, Instant::at(0));
/// builder.transfer(a, b, euro, Some(Amount::from_u64(5)), TransferKind::Payment, Layers::BOTH);
/// let graph = builder.finish().unwrap();
/// assert_eq!((graph.n_nodes(), graph.n_transfers()), (2, 1));
/// ```
#[derive(Debug, Default)]
pub struct GraphBuilder {
    assets: Vec<Asset>,
    bases: Vec<Basis>,
    /// Provisional number of each key.
    accounts: FxHashMap<Vec<u8>, u32>,
    event_kinds: Vec<EventKind>,
    event_times: Vec<Instant>,
    event_open: Vec<bool>,
    event_first: Vec<u32>,
    /// Event, record, and the one transfer that the record speaks of (`u32::MAX` for all).
    citations: Vec<(u32, Citation, u32)>,
    ends: Vec<(End, End)>,
    transfer_assets: Vec<u16>,
    amounts: Vec<Option<Amount>>,
    kinds: Vec<u8>,
    links: Vec<(u32, u32, Amount, Amount, u16)>,
}

impl GraphBuilder {
    /// The asset's id; the same asset gets the same one.
    pub fn asset(&mut self, asset: Asset) -> AssetIdx {
        let found = self
            .assets
            .iter()
            .position(|known| known.key() == asset.key());
        AssetIdx::new(found.unwrap_or_else(|| {
            self.assets.push(asset);
            self.assets.len() - 1
        }))
    }

    /// An asset that was given an id.
    pub fn asset_at(&self, asset: AssetIdx) -> &Asset {
        &self.assets[asset.idx()]
    }

    /// An end at an account; the same key gets the same one.
    pub fn account(&mut self, account: &AccountKey) -> End {
        self.account_bytes(&account.encode())
    }

    /// An end at the account with these key bytes.
    pub fn account_bytes(&mut self, key: &[u8]) -> End {
        if let Some(&number) = self.accounts.get(key) {
            return End::Account(number);
        }
        let number = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        self.accounts.insert(key.to_vec(), number);
        End::Account(number)
    }

    /// Begins the next event.
    pub fn event(&mut self, kind: EventKind, time: Instant) -> EventIdx {
        self.event_kinds.push(kind);
        self.event_times.push(time);
        self.event_open.push(false);
        self.event_first
            .push(u32::try_from(self.ends.len()).unwrap_or(u32::MAX));
        EventIdx::new(self.event_kinds.len() - 1)
    }

    /// Says that the place of the event begun last is a convention.
    pub fn order_is_open(&mut self) {
        if let Some(open) = self.event_open.last_mut() {
            *open = true;
        }
    }

    /// Cites a record for the event begun last.
    pub fn cite(&mut self, citation: Citation) {
        let event = u32::try_from(self.event_kinds.len().saturating_sub(1)).unwrap_or(u32::MAX);
        self.citations.push((event, citation, u32::MAX));
    }

    /// Cites a record for one transfer of the event begun last.
    pub fn cite_for(&mut self, transfer: TransferIdx, citation: Citation) {
        let event = u32::try_from(self.event_kinds.len().saturating_sub(1)).unwrap_or(u32::MAX);
        self.citations.push((event, citation, transfer.raw()));
    }

    /// Adds a transfer to the event begun last.
    pub fn transfer(
        &mut self,
        from: End,
        to: End,
        asset: AssetIdx,
        amount: Option<Amount>,
        kind: TransferKind,
        layers: Layers,
    ) -> TransferIdx {
        assert!(
            !self.event_kinds.is_empty(),
            "a transfer belongs to an event"
        );
        self.ends.push((from, to));
        self.transfer_assets
            .push(u16::try_from(asset.idx()).unwrap_or(u16::MAX));
        self.amounts.push(amount);
        self.kinds.push(kind.code() | layers.bits() << 6);
        TransferIdx::new(self.ends.len() - 1)
    }

    /// Links two transfers.
    pub fn link(
        &mut self,
        earlier: TransferIdx,
        later: TransferIdx,
        consumed: Amount,
        paid: Amount,
        basis: Basis,
    ) {
        let known = self.bases.iter().position(|known| *known == basis);
        let position = known.unwrap_or_else(|| {
            self.bases.push(basis);
            self.bases.len() - 1
        });
        let basis = u16::try_from(position).unwrap_or(u16::MAX);
        self.links
            .push((later.raw(), earlier.raw(), consumed, paid, basis));
    }

    /// Numbers the nodes and sorts the adjacency. O(n log n) in accounts and links, O(n) else.
    ///
    /// # Errors
    /// [`Error::TooMany`] beyond 2³² − 2 of anything, or 65,535 assets.
    #[expect(
        clippy::too_many_lines,
        reason = "one line per column; cut in two it would hide that all are set"
    )]
    pub fn finish(mut self) -> Result<Graph, Error> {
        self.check_limits()?;
        let keys = SortedKeys::new(self.used_accounts());
        let junctions: Vec<EventIdx> = (0..self.event_kinds.len())
            .filter(|&event| self.event_kinds[event].has_junction())
            .map(EventIdx::new)
            .collect();
        let n_nodes = keys.n_accounts + junctions.len();
        limit("nodes", n_nodes, u32::MAX as usize - 1)?;
        let mut event_junctions = vec![u32::MAX; self.event_kinds.len()];
        for (position, event) in junctions.iter().enumerate() {
            event_junctions[event.idx()] = NodeIdx::new(keys.n_accounts + position).raw();
        }

        let n_transfers = self.ends.len();
        let mut event_transfers = std::mem::take(&mut self.event_first);
        event_transfers.push(u32::try_from(n_transfers).expect("limits were checked"));
        let mut transfer_events = Vec::with_capacity(n_transfers);
        for (event, range) in event_transfers.windows(2).enumerate() {
            transfer_events.extend((range[0]..range[1]).map(|_| EventIdx::new(event)));
        }
        let node = |end: End, event: EventIdx| match end {
            End::Account(number) => NodeIdx::from_raw(keys.node_of_number[number as usize]),
            End::Junction => NodeIdx::from_raw(event_junctions[event.idx()]),
        };
        let from: Vec<NodeIdx> = self
            .ends
            .iter()
            .zip(&transfer_events)
            .map(|(ends, &event)| node(ends.0, event))
            .collect();
        let to: Vec<NodeIdx> = self
            .ends
            .iter()
            .zip(&transfer_events)
            .map(|(ends, &event)| node(ends.1, event))
            .collect();
        let (out_offsets, out_transfers) =
            rows_by(n_nodes, &from, |node| node.idx(), TransferIdx::from_raw);
        let (in_offsets, in_transfers) =
            rows_by(n_nodes, &to, |node| node.idx(), TransferIdx::from_raw);

        self.links.sort_unstable();
        self.links.dedup();
        let link_later: Vec<TransferIdx> = self
            .links
            .iter()
            .map(|link| TransferIdx::from_raw(link.0))
            .collect();
        let link_earlier: Vec<TransferIdx> = self
            .links
            .iter()
            .map(|link| TransferIdx::from_raw(link.1))
            .collect();
        let (link_offsets_by_later, _) =
            rows_by(n_transfers, &link_later, |t| t.idx(), LinkIdx::from_raw);
        let (link_offsets_by_earlier, links_by_earlier) =
            rows_by(n_transfers, &link_earlier, |t| t.idx(), LinkIdx::from_raw);
        let cited: Vec<u32> = self.citations.iter().map(|citation| citation.0).collect();
        let (citation_offsets, _) = rows_by(
            self.event_kinds.len(),
            &cited,
            |&event| event as usize,
            |_| 0_u8,
        );

        Ok(Graph {
            assets: self.assets,
            bases: self.bases,
            key_offsets: keys.offsets.into(),
            key_bytes: keys.bytes.into(),
            junction_events: junctions.into(),
            event_junctions: event_junctions.into(),
            event_kinds: column(&self.event_kinds, |kind| kind.code()),
            event_seconds: column(&self.event_times, |time| time.seconds().unwrap_or(0)),
            event_precisions: self
                .event_times
                .iter()
                .zip(&self.event_open)
                .map(|(t, &o)| pack_precision(*t, o))
                .collect::<Vec<_>>()
                .into(),
            event_transfers: event_transfers.into(),
            citation_offsets: citation_offsets.into(),
            citation_exhibits: column(&self.citations, |citation| citation.1.exhibit),
            citation_rows: column(&self.citations, |citation| citation.1.event_row),
            citation_transfers: column(&self.citations, |citation| citation.2),
            from: from.into(),
            to: to.into(),
            transfer_assets: self.transfer_assets.into(),
            amounts: Amounts::pack(self.amounts),
            transfer_events: transfer_events.into(),
            transfer_kinds: self.kinds.into(),
            out_offsets: out_offsets.into(),
            out_transfers: out_transfers.into(),
            in_offsets: in_offsets.into(),
            in_transfers: in_transfers.into(),
            link_consumed: Amounts::pack(self.links.iter().map(|link| Some(link.2)).collect()),
            link_paid: Amounts::pack(self.links.iter().map(|link| Some(link.3)).collect()),
            link_bases: column(&self.links, |link| link.4),
            link_earlier: link_earlier.into(),
            link_later: link_later.into(),
            link_offsets_by_later: link_offsets_by_later.into(),
            link_offsets_by_earlier: link_offsets_by_earlier.into(),
            links_by_earlier: links_by_earlier.into(),
        })
    }

    /// Accounts that a transfer names: one that only an unresolved reference named is no node.
    fn used_accounts(&mut self) -> Vec<(Vec<u8>, u32)> {
        let mut used = vec![false; self.accounts.len()];
        for end in self.ends.iter().flat_map(|ends| [ends.0, ends.1]) {
            if let End::Account(number) = end {
                used[number as usize] = true;
            }
        }
        let accounts = std::mem::take(&mut self.accounts);
        accounts
            .into_iter()
            .filter(|&(_, number)| used[number as usize])
            .collect()
    }

    fn check_limits(&self) -> Result<(), Error> {
        const MAX: usize = u32::MAX as usize - 1;
        limit("transfers", self.ends.len(), MAX)?;
        limit("accounts", self.accounts.len(), MAX)?;
        limit("events", self.event_kinds.len(), MAX)?;
        limit("links", self.links.len(), MAX)?;
        limit("citations", self.citations.len(), MAX)?;
        limit("assets", self.assets.len(), usize::from(u16::MAX))
    }
}

/// Account keys in the order of their bytes.
struct SortedKeys {
    n_accounts: usize,
    offsets: Vec<u64>,
    bytes: Vec<u8>,
    /// Node of each provisional number.
    node_of_number: Vec<u32>,
}

impl SortedKeys {
    fn new(mut keys: Vec<(Vec<u8>, u32)>) -> Self {
        keys.sort_unstable();
        let n_numbers = keys.iter().map(|key| key.1 as usize + 1).max().unwrap_or(0);
        let mut node_of_number = vec![u32::MAX; n_numbers];
        let (mut offsets, mut bytes) = (Vec::with_capacity(keys.len() + 1), Vec::new());
        for (node, (key, number)) in keys.iter().enumerate() {
            node_of_number[*number as usize] = NodeIdx::new(node).raw();
            offsets.push(bytes.len() as u64);
            bytes.extend_from_slice(key);
        }
        offsets.push(bytes.len() as u64);
        Self {
            n_accounts: keys.len(),
            offsets,
            bytes,
            node_of_number,
        }
    }
}

fn column<R, T: super::Stored>(rows: &[R], value: impl Fn(&R) -> T) -> super::Column<T> {
    rows.iter().map(value).collect::<Vec<_>>().into()
}

fn pack_precision(time: Instant, open: bool) -> u8 {
    let code = PRECISIONS
        .iter()
        .position(|&precision| precision == time.precision());
    let code = u8::try_from(code.expect("all precisions are listed")).expect("there are five");
    if open { code | ORDER_OPEN } else { code }
}

fn limit(what: &'static str, found: usize, limit: usize) -> Result<(), Error> {
    if found > limit {
        return Err(Error::TooMany {
            what,
            found: found as u64,
            limit: limit as u64,
        });
    }
    Ok(())
}

/// Compressed sparse rows by stable counting sort: offsets per row, and positions in row order.
fn rows_by<K, T: Copy>(
    n_rows: usize,
    keys: &[K],
    row: impl Fn(&K) -> usize,
    id: impl Fn(u32) -> T,
) -> (Vec<u32>, Vec<T>) {
    let mut offsets = vec![0_u32; n_rows + 1];
    for key in keys {
        offsets[row(key) + 1] += 1;
    }
    for row in 0..n_rows {
        offsets[row + 1] += offsets[row];
    }
    let mut next = offsets.clone();
    let mut values = vec![id(0); keys.len()];
    for (position, key) in (0..).zip(keys) {
        let slot = &mut next[row(key)];
        values[*slot as usize] = id(position);
        *slot += 1;
    }
    (offsets, values)
}
