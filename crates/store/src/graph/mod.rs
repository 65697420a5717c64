//! The transfer graph: one node space, one edge type, one link relation.
//!
//! Laws. Transfer and event ids ascend in the total order of the record (`tracing.md` rule 1), so
//! every adjacency list, ascending by id, is ordered in time. Accounts are numbered in the order of
//! their key bytes, junctions after them in the order of their events: ids depend on content only,
//! never on the order in which exhibits were added. An unknown amount is `None`, never zero.
//!
//! The graph is columns and compressed sparse rows in both directions; opened from a case it is
//! memory-mapped. petgraph's `visit` traits read it without a copy (the `visit` module).

mod builder;
mod column;
mod file;
mod visit;

pub use builder::{End, GraphBuilder};
pub use column::Stored;
pub(crate) use file::LAYOUT_VERSION;

use column::Column;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, Basis, EventIdx, EventKind, Instant, Layer, Layers,
    LinkIdx, NodeIdx, TransferIdx, TransferKind,
};

/// Stored for an amount that the evidence does not say.
const UNKNOWN_NARROW: i64 = i64::MIN;
const UNKNOWN_WIDE: i128 = i128::MIN;

/// Amounts, as narrow as they fit.
#[derive(Clone, Debug)]
pub(crate) enum Amounts {
    Narrow(Column<i64>),
    Wide(Column<i128>),
}

impl Amounts {
    fn pack(amounts: Vec<Option<Amount>>) -> Self {
        let narrow = |amount: &Option<Amount>| match amount {
            None => Some(UNKNOWN_NARROW),
            Some(amount) => i64::try_from(amount.units())
                .ok()
                .filter(|&units| units != UNKNOWN_NARROW),
        };
        if let Some(values) = amounts.iter().map(narrow).collect::<Option<Vec<i64>>>() {
            return Self::Narrow(values.into());
        }
        let wide = |amount: Option<Amount>| amount.map_or(UNKNOWN_WIDE, Amount::units);
        Self::Wide(amounts.into_iter().map(wide).collect::<Vec<_>>().into())
    }

    #[inline]
    fn get(&self, idx: usize) -> Option<Amount> {
        let units = match self {
            Self::Narrow(values) => Some(values[idx])
                .filter(|&units| units != UNKNOWN_NARROW)
                .map(i128::from),
            Self::Wide(values) => Some(values[idx]).filter(|&units| units != UNKNOWN_WIDE),
        };
        units
            .map(|units| Amount::new(units).expect("amounts were bounded when the index was built"))
    }

    fn len(&self) -> usize {
        match self {
            Self::Narrow(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }
}

/// Where an event was read: a row of a segment's `events.parquet`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Citation {
    /// Number of the exhibit.
    pub exhibit: u32,
    /// Row in its events, from 0.
    pub event_row: u32,
}

/// A link, resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The transfer that is spent.
    pub earlier: TransferIdx,
    /// The transfer that spends it.
    pub later: TransferIdx,
    /// Units of the earlier one that it consumes.
    pub consumed: Amount,
    /// Units of the later one that it pays.
    pub paid: Amount,
}

/// The transfer graph of a case.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) assets: Vec<Asset>,
    /// What links rest on; a link stores a position in this list.
    pub(crate) bases: Vec<Basis>,
    pub(crate) key_offsets: Column<u64>,
    pub(crate) key_bytes: Column<u8>,
    /// Event of each junction node.
    pub(crate) junction_events: Column<EventIdx>,
    /// Junction node of each event, `u32::MAX` for none.
    pub(crate) event_junctions: Column<u32>,
    pub(crate) event_kinds: Column<u8>,
    pub(crate) event_seconds: Column<i64>,
    /// Precision in the low bits, `order is a convention` in the highest.
    pub(crate) event_precisions: Column<u8>,
    /// First transfer of each event, and behind the last.
    pub(crate) event_transfers: Column<u32>,
    /// Citations by event.
    pub(crate) citation_offsets: Column<u32>,
    pub(crate) citation_exhibits: Column<u32>,
    pub(crate) citation_rows: Column<u32>,
    /// The one transfer that a record speaks of; `u32::MAX` for all of the event.
    pub(crate) citation_transfers: Column<u32>,
    pub(crate) from: Column<NodeIdx>,
    pub(crate) to: Column<NodeIdx>,
    pub(crate) transfer_assets: Column<u16>,
    pub(crate) amounts: Amounts,
    pub(crate) transfer_events: Column<EventIdx>,
    /// Kind in the low six bits, layers in the two highest.
    pub(crate) transfer_kinds: Column<u8>,
    pub(crate) out_offsets: Column<u32>,
    pub(crate) out_transfers: Column<TransferIdx>,
    pub(crate) in_offsets: Column<u32>,
    pub(crate) in_transfers: Column<TransferIdx>,
    /// Links ascend by (later, earlier).
    pub(crate) link_earlier: Column<TransferIdx>,
    pub(crate) link_later: Column<TransferIdx>,
    pub(crate) link_consumed: Amounts,
    pub(crate) link_paid: Amounts,
    pub(crate) link_bases: Column<u16>,
    pub(crate) link_offsets_by_later: Column<u32>,
    pub(crate) link_offsets_by_earlier: Column<u32>,
    pub(crate) links_by_earlier: Column<LinkIdx>,
}

impl Graph {
    /// Accounts and junctions.
    pub fn n_nodes(&self) -> usize {
        self.n_accounts() + self.junction_events.len()
    }

    /// Accounts; they come before the junctions.
    pub fn n_accounts(&self) -> usize {
        self.key_offsets.len().saturating_sub(1)
    }

    /// Transfers.
    pub fn n_transfers(&self) -> usize {
        self.from.len()
    }

    /// Events.
    pub fn n_events(&self) -> usize {
        self.event_kinds.len()
    }

    /// Links.
    pub fn n_links(&self) -> usize {
        self.link_earlier.len()
    }

    /// Assets, by [`AssetIdx`].
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// One asset.
    pub fn asset(&self, asset: AssetIdx) -> &Asset {
        &self.assets[asset.idx()]
    }

    /// Key bytes of an account; `None` for a junction.
    pub fn key_bytes(&self, node: NodeIdx) -> Option<&[u8]> {
        let start = usize::try_from(*self.key_offsets.get(node.idx())?).ok()?;
        let end = usize::try_from(*self.key_offsets.get(node.idx() + 1)?).ok()?;
        self.key_bytes.get(start..end)
    }

    /// Key of an account; `None` for a junction.
    pub fn account(&self, node: NodeIdx) -> Option<AccountKey> {
        self.key_bytes(node)
            .map(|bytes| AccountKey::decode(bytes).expect("keys were encoded by the builder"))
    }

    /// The node of an account. O(log n).
    pub fn node_of(&self, account: &AccountKey) -> Option<NodeIdx> {
        let key = account.encode();
        let (mut low, mut high) = (0, self.n_accounts());
        while low < high {
            let middle = low.midpoint(high);
            match self
                .key_bytes(NodeIdx::new(middle))
                .expect("below n_accounts")
                .cmp(&key)
            {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(NodeIdx::new(middle)),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Whether the node is the inside of an event.
    pub fn is_junction(&self, node: NodeIdx) -> bool {
        node.idx() >= self.n_accounts()
    }

    /// The event of a junction; `None` for an account.
    pub fn junction_event(&self, node: NodeIdx) -> Option<EventIdx> {
        self.junction_events
            .get(node.idx().checked_sub(self.n_accounts())?)
            .copied()
    }

    /// The junction of an event, if it has one.
    pub fn junction_of(&self, event: EventIdx) -> Option<NodeIdx> {
        Some(self.event_junctions[event.idx()])
            .filter(|&raw| raw != u32::MAX)
            .map(NodeIdx::from_raw)
    }

    /// Whether this is `issuance`, `fees` or `burned`: such a node has no pool and is not followed.
    pub fn is_boundary(&self, node: NodeIdx) -> bool {
        self.key_bytes(node)
            .is_some_and(|key| key.first().is_some_and(|&tag| tag >= 0xf0))
    }

    /// Transfers out of a node, in the order of the record.
    #[inline]
    pub fn transfers_out(&self, node: NodeIdx) -> &[TransferIdx] {
        slice_of(&self.out_offsets, &self.out_transfers, node.idx())
    }

    /// Transfers into a node, in the order of the record.
    #[inline]
    pub fn transfers_in(&self, node: NodeIdx) -> &[TransferIdx] {
        slice_of(&self.in_offsets, &self.in_transfers, node.idx())
    }

    /// Where a transfer comes from.
    #[inline]
    pub fn from(&self, transfer: TransferIdx) -> NodeIdx {
        self.from[transfer.idx()]
    }

    /// Where a transfer goes.
    #[inline]
    pub fn to(&self, transfer: TransferIdx) -> NodeIdx {
        self.to[transfer.idx()]
    }

    /// Its asset.
    #[inline]
    pub fn asset_of(&self, transfer: TransferIdx) -> AssetIdx {
        AssetIdx::from_raw(u32::from(self.transfer_assets[transfer.idx()]))
    }

    /// Its amount; `None` if the evidence does not say.
    #[inline]
    pub fn amount(&self, transfer: TransferIdx) -> Option<Amount> {
        self.amounts.get(transfer.idx())
    }

    /// Its event.
    #[inline]
    pub fn event_of(&self, transfer: TransferIdx) -> EventIdx {
        self.transfer_events[transfer.idx()]
    }

    /// What it is.
    #[inline]
    pub fn kind(&self, transfer: TransferIdx) -> TransferKind {
        TransferKind::from_code(self.transfer_kinds[transfer.idx()] & 0x3f)
            .expect("kinds were coded by the builder")
    }

    /// Its layers.
    #[inline]
    pub fn layers(&self, transfer: TransferIdx) -> Layers {
        Layers::from_bits(self.transfer_kinds[transfer.idx()] >> 6)
            .expect("layers were coded by the builder")
    }

    /// Whether it is in a layer.
    #[inline]
    pub fn in_layer(&self, transfer: TransferIdx, layer: Layer) -> bool {
        self.layers(transfer).contains(layer)
    }

    /// Transfers of an event, ascending.
    pub fn transfers_of(
        &self,
        event: EventIdx,
    ) -> impl ExactSizeIterator<Item = TransferIdx> + use<> {
        let range = self.event_transfers[event.idx()]..self.event_transfers[event.idx() + 1];
        range.map(TransferIdx::from_raw)
    }

    /// What an event is.
    pub fn event_kind(&self, event: EventIdx) -> EventKind {
        EventKind::from_code(self.event_kinds[event.idx()])
            .expect("kinds were coded by the builder")
    }

    /// When it happened, as its source states. The order of ids also respects what links and
    /// chains say about order.
    pub fn time(&self, event: EventIdx) -> Instant {
        builder::unpack_time(
            self.event_seconds[event.idx()],
            self.event_precisions[event.idx()],
        )
    }

    /// Whether its place among events of other sources is a convention, because times overlap.
    pub fn order_is_open(&self, event: EventIdx) -> bool {
        self.event_precisions[event.idx()] & 0x80 != 0
    }

    /// Where it was read; the first citation is the one that entered the graph.
    pub fn citations(&self, event: EventIdx) -> impl ExactSizeIterator<Item = Citation> + '_ {
        let range = self.citation_offsets[event.idx()] as usize
            ..self.citation_offsets[event.idx() + 1] as usize;
        range.map(|i| Citation {
            exhibit: self.citation_exhibits[i],
            event_row: self.citation_rows[i],
        })
    }

    /// Where a transfer was read: records of its event that do not speak of another transfer alone.
    pub fn citations_of(&self, transfer: TransferIdx) -> impl Iterator<Item = Citation> + '_ {
        let event = self.event_of(transfer);
        let first = self.citation_offsets[event.idx()] as usize;
        self.citations(event)
            .enumerate()
            .filter_map(move |(position, citation)| {
                let about = self.citation_transfers[first + position];
                (about == u32::MAX || about == transfer.raw()).then_some(citation)
            })
    }

    /// A link.
    pub fn link(&self, link: LinkIdx) -> Link {
        Link {
            earlier: self.link_earlier[link.idx()],
            later: self.link_later[link.idx()],
            consumed: self
                .link_consumed
                .get(link.idx())
                .expect("links have amounts"),
            paid: self.link_paid.get(link.idx()).expect("links have amounts"),
        }
    }

    /// What a link rests on.
    pub fn link_basis(&self, link: LinkIdx) -> &Basis {
        &self.bases[usize::from(self.link_bases[link.idx()])]
    }

    /// Links in which the transfer spends, ascending by the earlier transfer.
    pub fn links_spending(
        &self,
        transfer: TransferIdx,
    ) -> impl ExactSizeIterator<Item = LinkIdx> + use<> {
        let offsets = &self.link_offsets_by_later;
        (offsets[transfer.idx()]..offsets[transfer.idx() + 1]).map(LinkIdx::from_raw)
    }

    /// Links in which the transfer is spent, ascending by the later transfer.
    #[inline]
    pub fn links_spent_by(&self, transfer: TransferIdx) -> &[LinkIdx] {
        slice_of(
            &self.link_offsets_by_earlier,
            &self.links_by_earlier,
            transfer.idx(),
        )
    }
}

#[inline]
fn slice_of<'a, T: Stored>(offsets: &[u32], values: &'a [T], idx: usize) -> &'a [T] {
    &values[offsets[idx] as usize..offsets[idx + 1] as usize]
}
