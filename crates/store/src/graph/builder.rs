//! Builds a graph from events that are already in the total order of the record.

use super::class::{Class, Side};
use super::events::{NO_NETWORK, pack_precision};
use super::parts::{LinkPart, Parts, assemble, split};
use super::{Citation, Graph};
use crate::Error;
use crate::scratch::Scratch;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, Basis, EventIdx, EventKind, Habits, Instant, Layers,
    Network, TransferIdx, TransferKind,
};
use rustc_hash::FxHashMap;

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
    /// Provisional number of each key.
    accounts: FxHashMap<Vec<u8>, u32>,
    /// Every link, whole or not.
    links: Vec<LinkPart>,
    /// The record, but accounts have provisional numbers.
    parts: Parts,
}

impl GraphBuilder {
    /// The asset's id; the same asset gets the same one.
    pub fn asset(&mut self, asset: Asset) -> AssetIdx {
        let assets = &mut self.parts.assets;
        let found = assets.iter().position(|known| known.key() == asset.key());
        AssetIdx::new(found.unwrap_or_else(|| {
            assets.push(asset);
            assets.len() - 1
        }))
    }

    /// An asset that was given an id.
    pub fn asset_at(&self, asset: AssetIdx) -> &Asset {
        &self.parts.assets[asset.idx()]
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
        let number = number(self.accounts.len());
        self.accounts.insert(key.to_vec(), number);
        End::Account(number)
    }

    /// Begins the next event.
    pub fn event(&mut self, kind: EventKind, time: Instant) -> EventIdx {
        let parts = &mut self.parts;
        parts.event_kinds.push(kind.code());
        parts.event_seconds.push(time.seconds().unwrap_or(0));
        parts.event_precisions.push(pack_precision(time, false));
        parts.event_first.push(number(parts.accounts.len()));
        parts.event_networks.push(NO_NETWORK);
        parts.event_habits.push(0);
        parts.citation_exhibits.push(0);
        parts.citation_rows.push(u32::MAX);
        EventIdx::new(parts.event_kinds.len() - 1)
    }

    /// Says that the place of the event begun last is a convention.
    pub fn order_is_open(&mut self) {
        if let Some(precision) = self.parts.event_precisions.last_mut() {
            *precision |= super::events::ORDER_OPEN;
        }
    }

    /// Says which transaction the event begun last is.
    pub fn event_txid(&mut self, network: Network, txid: [u8; 32]) {
        let parts = &mut self.parts;
        let event = parts.event_kinds.len() - 1;
        parts.event_networks[event] = network.code();
        parts.event_txids.vector().resize(event, [0; 32]);
        parts.event_txids.push(txid);
    }

    /// Says how the transaction begun last is made.
    pub fn event_habits(&mut self, habits: Habits) {
        if let Some(code) = self.parts.event_habits.last_mut() {
            *code = habits.code();
        }
    }

    /// Cites a record for the event begun last.
    pub fn cite(&mut self, citation: Citation) {
        let parts = &mut self.parts;
        let event = parts.event_kinds.len() - 1;
        let has_more = (parts.more_citations.last()).is_some_and(|row| row.0 as usize == event);
        if parts.citation_rows[event] == u32::MAX && !has_more {
            parts.citation_exhibits[event] = citation.exhibit;
            parts.citation_rows[event] = citation.event_row;
        } else {
            parts
                .more_citations
                .push((number(event), citation, u32::MAX));
        }
    }

    /// Cites a record for one transfer of the event begun last.
    pub fn cite_for(&mut self, transfer: TransferIdx, citation: Citation) {
        let event = number(self.parts.event_kinds.len() - 1);
        let row = (event, citation, transfer.raw());
        self.parts.more_citations.push(row);
    }

    /// Adds a transfer to the event begun last.
    ///
    /// # Panics
    /// Without an event; between two junctions; with a junction in an event of a kind that has none.
    pub fn transfer(
        &mut self,
        from: End,
        to: End,
        asset: AssetIdx,
        amount: Option<Amount>,
        kind: TransferKind,
        layers: Layers,
    ) -> TransferIdx {
        let parts = &mut self.parts;
        let event = parts.event_kinds.last().copied();
        let event = event
            .and_then(EventKind::from_code)
            .expect("a transfer belongs to an event");
        let (account, side) = match (from, to) {
            (End::Account(from), End::Account(to)) => {
                parts.others.push(to);
                (from, Side::Between)
            }
            (End::Account(from), End::Junction) => (from, Side::Into),
            (End::Junction, End::Account(to)) => (to, Side::Out),
            (End::Junction, End::Junction) => {
                panic!("a transfer has an account at one end at least")
            }
        };
        assert!(
            side == Side::Between || event.has_junction(),
            "an event of this kind has no junction"
        );
        let class = Class {
            kind,
            layers,
            asset,
            side,
        };
        let class = parts.class(class);
        let transfer = number(parts.accounts.len());
        let (narrow, wide) = split(amount.map(Amount::units));
        parts.wide.extend(wide.map(|units| (transfer, units)));
        parts.accounts.push(account);
        parts.classes.push(class);
        parts.amounts.push(narrow);
        TransferIdx::new(transfer as usize)
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
        let basis = self.parts.basis(basis);
        let link = (later.raw(), earlier.raw(), consumed, paid, basis);
        self.links.push(link);
    }

    /// Numbers the nodes and sorts the adjacency. O(n log n) in accounts and links, O(n) else.
    ///
    /// # Errors
    /// [`Error::TooMany`] beyond 2³² − 2 of anything, or 65,535 assets.
    pub fn finish(mut self) -> Result<Graph, Error> {
        let n_transfers = self.parts.accounts.len();
        self.parts.event_first.push(number(n_transfers));
        if !self.parts.event_txids.is_empty() {
            let n_events = self.parts.event_kinds.len();
            self.parts.event_txids.vector().resize(n_events, [0; 32]);
        }
        self.number_accounts();
        self.part_links();
        assemble(self.parts, &Scratch::memory())
    }

    /// Gives accounts that a transfer names the places of their keys: one that only an unresolved
    /// reference named is no node.
    fn number_accounts(&mut self) {
        let parts = &mut self.parts;
        let mut places = vec![u32::MAX; self.accounts.len()];
        for &account in parts.accounts.iter().chain(parts.others.iter()) {
            places[account as usize] = 0;
        }
        let accounts = std::mem::take(&mut self.accounts).into_iter();
        let mut used: Vec<(Vec<u8>, u32)> = accounts
            .filter(|&(_, account)| places[account as usize] == 0)
            .collect();
        used.sort_unstable();
        parts.key_offsets.push(0);
        for (place, (key, account)) in (0..).zip(&used) {
            places[*account as usize] = place;
            parts.key_bytes.vector().extend_from_slice(key);
            parts.key_offsets.push(parts.key_bytes.len() as u64);
        }
        for account in parts.accounts.iter_mut().chain(parts.others.iter_mut()) {
            *account = places[*account as usize];
        }
    }

    /// Parts whole links from others. A transfer that seems to have several keeps one of them here;
    /// the others stand in the table, and then so does that one.
    fn part_links(&mut self) {
        let parts = &mut self.parts;
        parts.spends = vec![u32::MAX; parts.accounts.len()].into();
        for link in std::mem::take(&mut self.links) {
            let (later, earlier, consumed, paid, basis) = link;
            let is_whole = parts.bases[usize::from(basis)] == Basis::Fact
                && parts.amount(earlier) == Some(consumed)
                && parts.amount(later) == Some(paid);
            let spends = parts.spends[later as usize];
            if is_whole && spends == u32::MAX {
                parts.spends[later as usize] = earlier;
            } else if !is_whole || spends != earlier {
                parts.links.push(link);
            }
        }
    }
}

/// A position as it is stored. Above 2³² − 1 it is wrong, and `finish` refuses so many.
fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
