//! The transfer graph: one node space, one edge type, one link relation.
//!
//! Laws. Transfer and event ids ascend in the total order of the record (`tracing.md` rule 1), so
//! every adjacency list, ascending by id, is ordered in time. Accounts are numbered in the order of
//! their key bytes, junctions after them in the order of their events: ids depend on content only,
//! never on the order in which exhibits were added. An unknown amount is `None`, never zero.
//!
//! The graph is columns and compressed sparse rows in both directions; opened from a case it is
//! memory-mapped. petgraph's `visit` traits read it without a copy (the `visit` module).
//!
//! Columns hold only what does not follow from others. A transfer into or out of a junction stores its
//! account end, because its event says which junction. A junction has no lists, because its transfers
//! are those of its event. A transfer stores no event, because transfers of an event are consecutive.
//! What many transfers share stands once in a table, and numbers are as narrow as they fit.

mod adjacency;
mod ahead;
mod amounts;
mod bits;
mod builder;
mod citations;
mod class;
pub(crate) mod column;
mod events;
mod file;
mod keys;
mod links;
mod narrow;
mod parts;
mod txids;
mod visit;

pub use adjacency::{TransferIter, TransferList};
pub use ahead::{InOrder, read_ahead};
pub use builder::{End, GraphBuilder};
pub use citations::Citation;
pub(crate) use class::{Class, Side};
pub use column::Stored;
pub(crate) use events::{NO_NETWORK, ORDER_OPEN, pack_precision, unpack_time};
pub(crate) use file::LAYOUT_VERSION;
pub use file::{Group, PartBytes};
pub use links::{Link, LinkId, LinkIter};
pub(crate) use parts::{Parts, amount_of, assemble, split};

use crate::Error;
use adjacency::Adjacency;
use amounts::Amounts;
use bits::Bits;
use citations::Citations;
use column::Column;
use events::Events;
use file::{Sink, Source};
use keys::Keys;
use links::Links;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, Basis, EventIdx, EventKind, Habits, Instant, Layer,
    Layers, Network, NodeIdx, TransferIdx, TransferKind,
};
use narrow::Narrow;
use txids::Txids;

/// The transfer graph of a case.
#[derive(Clone, Debug)]
pub struct Graph {
    assets: Vec<Asset>,
    /// What links rest on; a link stores a position in this list.
    bases: Vec<Basis>,
    keys: Keys,
    events: Events,
    /// The account end of a transfer into or out of a junction; else the account that it leaves.
    accounts: Column<NodeIdx>,
    /// Where each transfer between accounts goes.
    others: Column<NodeIdx>,
    /// The transfers between accounts.
    between: Bits,
    class_table: Column<u32>,
    classes: Narrow,
    amounts: Amounts,
    adjacency: Adjacency,
    links: Links,
    citations: Citations,
    txids: Txids,
}

impl Graph {
    /// Accounts and junctions.
    pub fn n_nodes(&self) -> usize {
        self.n_accounts() + self.events.n_junctions()
    }

    /// Accounts; they come before the junctions.
    #[inline]
    pub fn n_accounts(&self) -> usize {
        self.keys.len()
    }

    /// Transfers.
    pub fn n_transfers(&self) -> usize {
        self.accounts.len()
    }

    /// Events.
    pub fn n_events(&self) -> usize {
        self.events.len()
    }

    /// Links.
    pub fn n_links(&self) -> usize {
        self.links.len()
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
        self.keys.get(node.idx())
    }

    /// Key of an account; `None` for a junction.
    pub fn account(&self, node: NodeIdx) -> Option<AccountKey> {
        self.key_bytes(node)
            .map(|bytes| AccountKey::decode(bytes).expect("keys were encoded by the builder"))
    }

    /// The node of an account. O(log n).
    pub fn node_of(&self, account: &AccountKey) -> Option<NodeIdx> {
        self.keys.find(&account.encode()).map(NodeIdx::new)
    }

    /// Accounts whose keys begin with one of these tags, ascending: they stand together. O(log n).
    pub fn accounts_of_tags(
        &self,
        tags: std::ops::RangeInclusive<u8>,
    ) -> impl ExactSizeIterator<Item = NodeIdx> + use<> {
        let start = self.keys.first_from(*tags.start());
        let behind = tags.end().checked_add(1);
        let end = behind.map_or(self.n_accounts(), |tag| self.keys.first_from(tag));
        (start..end.max(start)).map(NodeIdx::new)
    }

    /// Whether the node is the inside of an event.
    #[inline]
    pub fn is_junction(&self, node: NodeIdx) -> bool {
        node.idx() >= self.n_accounts()
    }

    /// The event of a junction; `None` for an account.
    pub fn junction_event(&self, node: NodeIdx) -> Option<EventIdx> {
        let junction = node.idx().checked_sub(self.n_accounts())?;
        self.events.of_junction(junction).map(EventIdx::new)
    }

    /// The junction of an event, if it has one.
    #[inline]
    pub fn junction_of(&self, event: EventIdx) -> Option<NodeIdx> {
        let junction = self.events.junction(event.idx())?;
        Some(NodeIdx::new(self.n_accounts() + junction))
    }

    /// Whether this is `issuance`, `fees` or `burned`: such a node has no pool and is not followed.
    #[inline]
    pub fn is_boundary(&self, node: NodeIdx) -> bool {
        self.keys.is_boundary(node.idx())
    }

    /// Transfers out of a node, in the order of the record. O(1) for an account, O(log d) for a
    /// junction of d transfers.
    #[inline]
    pub fn transfers_out(&self, node: NodeIdx) -> TransferList<'_> {
        if self.is_junction(node) {
            self.transfers_of_junction(node, Side::Out)
        } else {
            self.adjacency.leaving(node.idx())
        }
    }

    /// Transfers into a node, in the order of the record. O(1) for an account, O(log d) for a
    /// junction of d transfers.
    #[inline]
    pub fn transfers_in(&self, node: NodeIdx) -> TransferList<'_> {
        if self.is_junction(node) {
            self.transfers_of_junction(node, Side::Into)
        } else {
            self.adjacency.arriving(node.idx())
        }
    }

    fn transfers_of_junction(&self, node: NodeIdx, side: Side) -> TransferList<'_> {
        let event = self.junction_event(node).expect("it is a junction").idx();
        let transfers = self.events.transfers(event);
        let side_of = |transfer: TransferIdx| class::side(self.class(transfer));
        self.adjacency.of_junction(event, transfers, side, side_of)
    }

    /// Where a transfer comes from.
    #[inline]
    pub fn from(&self, transfer: TransferIdx) -> NodeIdx {
        match class::side(self.class(transfer)) {
            Side::Into | Side::Between => self.accounts[transfer.idx()],
            Side::Out => self.junction_at(transfer),
        }
    }

    /// Where a transfer goes.
    #[inline]
    pub fn to(&self, transfer: TransferIdx) -> NodeIdx {
        match class::side(self.class(transfer)) {
            Side::Into => self.junction_at(transfer),
            Side::Out => self.accounts[transfer.idx()],
            Side::Between => self.others[self.between.rank(transfer.idx())],
        }
    }

    fn junction_at(&self, transfer: TransferIdx) -> NodeIdx {
        self.junction_of(self.event_of(transfer))
            .expect("an event with such a transfer has a junction")
    }

    #[inline]
    fn class(&self, transfer: TransferIdx) -> u32 {
        self.class_table[self.classes.get(transfer.idx()) as usize]
    }

    /// Its asset.
    #[inline]
    pub fn asset_of(&self, transfer: TransferIdx) -> AssetIdx {
        class::asset(self.class(transfer))
    }

    /// Its amount; `None` if the evidence does not say.
    #[inline]
    pub fn amount(&self, transfer: TransferIdx) -> Option<Amount> {
        self.amounts.get(transfer.idx())
    }

    /// Its event. O(1).
    #[inline]
    pub fn event_of(&self, transfer: TransferIdx) -> EventIdx {
        EventIdx::new(self.events.of_transfer(transfer.idx()))
    }

    /// What it is.
    #[inline]
    pub fn kind(&self, transfer: TransferIdx) -> TransferKind {
        class::kind(self.class(transfer))
    }

    /// Its layers.
    #[inline]
    pub fn layers(&self, transfer: TransferIdx) -> Layers {
        class::layers(self.class(transfer))
    }

    /// Whether it is in a layer.
    #[inline]
    pub fn in_layer(&self, transfer: TransferIdx, layer: Layer) -> bool {
        self.layers(transfer).contains(layer)
    }

    /// Transfers of an event, ascending. O(1).
    pub fn transfers_of(&self, event: EventIdx) -> TransferIter<'static> {
        TransferList::range(self.events.transfers(event.idx())).iter()
    }

    /// What an event is.
    pub fn event_kind(&self, event: EventIdx) -> EventKind {
        self.events.kind(event.idx())
    }

    /// How its transaction is made, as far as the evidence says; nothing of what is no transaction on a UTXO chain.
    pub fn habits(&self, event: EventIdx) -> Habits {
        self.events.habits(event.idx())
    }

    /// When it happened, as its source states. The order of ids also respects what links and
    /// chains say about order.
    #[inline]
    pub fn time(&self, event: EventIdx) -> Instant {
        self.events.time(event.idx())
    }

    /// Whether its place among events of other sources is a convention, because times overlap.
    pub fn order_is_open(&self, event: EventIdx) -> bool {
        self.events.order_is_open(event.idx())
    }

    /// The transaction that an event is, if it is one: its network and its id, in the order of the
    /// hash's bytes.
    pub fn txid(&self, event: EventIdx) -> Option<(Network, [u8; 32])> {
        let network = self.events.network(event.idx())?;
        Some((network, *self.txids.get(event.idx())?))
    }

    /// Events that are a transaction with this id, ascending; on any network. O(log n).
    pub fn events_of_txid(&self, txid: &[u8; 32]) -> impl ExactSizeIterator<Item = EventIdx> + '_ {
        self.txids.events(txid)
    }

    /// Where it was read; the first citation is the one that entered the graph. O(log m) in the
    /// citations beyond the first of all events.
    pub fn citations(&self, event: EventIdx) -> impl ExactSizeIterator<Item = Citation> + '_ {
        self.citations.of(event.idx()).map(|(citation, _)| citation)
    }

    /// Events whose first citation is one of these few, ascending. O(events), in parallel.
    pub fn events_first_cited(&self, citations: &[Citation]) -> Vec<EventIdx> {
        let _in_order = self.in_order();
        let events = self.citations.first_cited(citations);
        events.into_iter().map(EventIdx::new).collect()
    }

    /// Where a transfer was read: records of its event that do not speak of another transfer alone.
    pub fn citations_of(&self, transfer: TransferIdx) -> impl Iterator<Item = Citation> + '_ {
        let all = self.citations.of(self.event_of(transfer).idx());
        all.filter_map(move |(citation, about)| {
            about
                .is_none_or(|about| about == transfer)
                .then_some(citation)
        })
    }

    /// A link, by its name.
    pub fn link(&self, link: LinkId) -> Link<'_> {
        let mut found = LinkIter::new(self, self.links.find(link));
        found.next().expect("a link of this graph")
    }

    /// Links in which the transfer spends, ascending by the earlier transfer. O(1) if it is an input
    /// that spends an output, O(log m) in the links that are not outpoints else.
    #[inline]
    pub fn links_spending(&self, transfer: TransferIdx) -> LinkIter<'_> {
        LinkIter::new(self, self.links.spending(transfer))
    }

    /// Links in which the transfer is spent, ascending by the later transfer. O(1) if it is an output
    /// that an input spends, O(log m) in the links that are not outpoints else.
    #[inline]
    pub fn links_spent_by(&self, transfer: TransferIdx) -> LinkIter<'_> {
        LinkIter::new(self, self.links.spent_by(transfer))
    }

    /// All links, ascending by (later, earlier) transfer.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        let transfers = (0..self.n_transfers()).map(TransferIdx::new);
        transfers.flat_map(|transfer| self.links_spending(transfer))
    }

    fn save<'a>(&'a self, sink: &mut Sink<'a>) {
        self.keys.save(sink);
        self.events.save(sink);
        sink.column("ends", &self.accounts);
        sink.column("ends", &self.others);
        self.between.save(sink, "ends");
        sink.column("classes", &self.class_table);
        self.classes.save(sink, "classes");
        self.amounts.save(sink, "amounts");
        self.adjacency.save(sink);
        self.links.save(sink);
        self.citations.save(sink);
        self.txids.save(sink);
    }

    fn open_parts(
        assets: Vec<Asset>,
        bases: Vec<Basis>,
        source: &mut Source<'_>,
    ) -> Result<Self, Error> {
        let keys = Keys::open(source)?;
        let events = Events::open(source)?;
        let (n_transfers, n_events) = (events.n_transfers(), events.len());
        let graph = Self {
            assets,
            bases,
            accounts: source.column()?,
            others: source.column()?,
            between: Bits::open(source)?,
            class_table: source.column()?,
            classes: Narrow::open(source)?,
            amounts: Amounts::open(source)?,
            adjacency: Adjacency::open(source, keys.len())?,
            links: Links::open(source, n_transfers)?,
            citations: Citations::open(source, n_events)?,
            txids: Txids::open(source, n_events)?,
            keys,
            events,
        };
        let by_transfer = [
            graph.accounts.len(),
            graph.between.len(),
            graph.classes.len(),
            graph.amounts.len(),
        ];
        source.check(
            by_transfer == [n_transfers; 4] && graph.others.len() == graph.between.n_ones(),
        )?;
        Ok(graph)
    }
}
