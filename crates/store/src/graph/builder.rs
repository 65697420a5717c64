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
    accounts: FxHashMap<Vec<u8>, u32>,
    event_kinds: Vec<EventKind>,
    event_times: Vec<Instant>,
    event_open: Vec<bool>,
    event_first: Vec<u32>,
    citations: Vec<(u32, Citation)>,
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
        self.citations.push((event, citation));
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
    pub fn finish(mut self) -> Result<Graph, Error> {
        let n_transfers = self.ends.len();
        let junctions: Vec<EventIdx> = (0..self.event_kinds.len())
            .filter(|&event| self.event_kinds[event].has_junction())
            .map(EventIdx::new)
            .collect();
        limit("transfers", n_transfers, u32::MAX as usize - 1)?;
        limit(
            "nodes",
            self.accounts.len() + junctions.len(),
            u32::MAX as usize - 1,
        )?;
        limit("events", self.event_kinds.len(), u32::MAX as usize - 1)?;
        limit("links", self.links.len(), u32::MAX as usize - 1)?;
        limit("assets", self.assets.len(), usize::from(u16::MAX))?;

        let mut keys: Vec<(Vec<u8>, u32)> =
            std::mem::take(&mut self.accounts).into_iter().collect();
        keys.sort_unstable();
        let mut node_of_number = vec![0_u32; keys.len()];
        let (mut key_offsets, mut key_bytes) = (Vec::with_capacity(keys.len() + 1), Vec::new());
        for (node, (key, number)) in keys.iter().enumerate() {
            node_of_number[*number as usize] = NodeIdx::new(node).raw();
            key_offsets.push(key_bytes.len() as u64);
            key_bytes.extend_from_slice(key);
        }
        key_offsets.push(key_bytes.len() as u64);

        let mut event_junctions = vec![u32::MAX; self.event_kinds.len()];
        for (position, event) in junctions.iter().enumerate() {
            event_junctions[event.idx()] = NodeIdx::new(keys.len() + position).raw();
        }
        let mut event_transfers = std::mem::take(&mut self.event_first);
        event_transfers
            .push(TransferIdx::from_raw(u32::try_from(n_transfers).unwrap_or(u32::MAX)).raw());
        let mut transfer_events = Vec::with_capacity(n_transfers);
        for event in 0..self.event_kinds.len() {
            for _ in event_transfers[event]..event_transfers[event + 1] {
                transfer_events.push(EventIdx::new(event));
            }
        }
        let node = |end: End, transfer: usize| match end {
            End::Account(number) => NodeIdx::from_raw(node_of_number[number as usize]),
            End::Junction => NodeIdx::from_raw(event_junctions[transfer_events[transfer].idx()]),
        };
        let from: Vec<NodeIdx> = self
            .ends
            .iter()
            .enumerate()
            .map(|(t, ends)| node(ends.0, t))
            .collect();
        let to: Vec<NodeIdx> = self
            .ends
            .iter()
            .enumerate()
            .map(|(t, ends)| node(ends.1, t))
            .collect();
        let n_nodes = keys.len() + junctions.len();
        let (out_offsets, out_transfers) =
            rows_by(n_nodes, &from, |node| node.idx(), TransferIdx::new);
        let (in_offsets, in_transfers) = rows_by(n_nodes, &to, |node| node.idx(), TransferIdx::new);

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
            rows_by(n_transfers, &link_later, |t| t.idx(), LinkIdx::new);
        let (link_offsets_by_earlier, links_by_earlier) =
            rows_by(n_transfers, &link_earlier, |t| t.idx(), LinkIdx::new);

        self.citations.sort_by_key(|citation| citation.0);
        let cited: Vec<u32> = self.citations.iter().map(|citation| citation.0).collect();
        let (citation_offsets, _) = rows_by(
            self.event_kinds.len(),
            &cited,
            |&event| event as usize,
            LinkIdx::new,
        );

        let precision = |time: &Instant, open: &bool| {
            let code = PRECISIONS
                .iter()
                .position(|&precision| precision == time.precision());
            let code =
                u8::try_from(code.expect("all precisions are listed")).expect("fewer than 128");
            code | if *open { ORDER_OPEN } else { 0 }
        };
        Ok(Graph {
            assets: self.assets,
            bases: self.bases,
            key_offsets: key_offsets.into(),
            key_bytes: key_bytes.into(),
            junction_events: junctions.into(),
            event_junctions: event_junctions.into(),
            event_kinds: self
                .event_kinds
                .iter()
                .map(|kind| kind.code())
                .collect::<Vec<_>>()
                .into(),
            event_seconds: self
                .event_times
                .iter()
                .map(|time| time.seconds().unwrap_or(0))
                .collect::<Vec<_>>()
                .into(),
            event_precisions: self
                .event_times
                .iter()
                .zip(&self.event_open)
                .map(|(t, o)| precision(t, o))
                .collect::<Vec<_>>()
                .into(),
            event_transfers: event_transfers.into(),
            citation_offsets: citation_offsets.into(),
            citation_exhibits: self
                .citations
                .iter()
                .map(|c| c.1.exhibit)
                .collect::<Vec<_>>()
                .into(),
            citation_rows: self
                .citations
                .iter()
                .map(|c| c.1.event_row)
                .collect::<Vec<_>>()
                .into(),
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
            link_bases: self
                .links
                .iter()
                .map(|link| link.4)
                .collect::<Vec<_>>()
                .into(),
            link_earlier: link_earlier.into(),
            link_later: link_later.into(),
            link_offsets_by_later: link_offsets_by_later.into(),
            link_offsets_by_earlier: link_offsets_by_earlier.into(),
            links_by_earlier: links_by_earlier.into(),
        })
    }
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
fn rows_by<K, T>(
    n_rows: usize,
    keys: &[K],
    row: impl Fn(&K) -> usize,
    id: impl Fn(usize) -> T,
) -> (Vec<u32>, Vec<T>)
where
    T: Copy,
{
    let mut offsets = vec![0_u32; n_rows + 1];
    for key in keys {
        offsets[row(key) + 1] += 1;
    }
    for row in 0..n_rows {
        offsets[row + 1] += offsets[row];
    }
    let mut next = offsets.clone();
    let mut values: Vec<Option<T>> = vec![None; keys.len()];
    for (position, key) in keys.iter().enumerate() {
        let slot = &mut next[row(key)];
        values[*slot as usize] = Some(id(position));
        *slot += 1;
    }
    let values = values
        .into_iter()
        .map(|value| value.expect("every position was placed once"))
        .collect();
    (offsets, values)
}
