//! Lines of books, transfers of chains, and known wallets, as the rule compares them.
//!
//! Law: nothing is left out without a count. A coin that is meant to be worth a dollar counts as one, which is an assumption and said; any other
//! asset only by a rate of the case.

use crate::cite::shown_txid;
use crate::commands::reconcile::Meant;
use crate::figures::DAY_SECONDS;
use crate::follow::Evidence;
use crate::shelf::{Book, Shelf};
use crate::units::{DECIMALS, Units, is_coin, millionths, unit_name};
use moneytrail_analysis::mirror::{Direction, Line, Transfer};
use moneytrail_analysis::reconcile::keeper;
use moneytrail_ingest::table::{fold, second_of};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Locator, NodeIdx, RecordBin, TransferIdx, TransferKind,
};
use moneytrail_store::decision::{ChainMovement, Moved, RowMovement, Way};
use moneytrail_store::graph::Graph;
use moneytrail_store::schema::{Endpoint, RecordPlace};
use std::collections::{BTreeMap, BTreeSet};

/// Shortest word of a cell that can name a transaction or an address.
const WORD_MIN: usize = 6;

/// What is compared.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) lines: Vec<Line>,
    pub(crate) places: Vec<Locator>,
    /// Exhibit that each line stands in.
    pub(crate) exhibits: Vec<u32>,
    /// What each line's row moves, for decisions.
    pub(super) rows: Vec<RowMovement>,
    pub(crate) transfers: Vec<Transfer>,
    /// Each in the graph.
    pub(super) in_graph: Vec<TransferIdx>,
    /// Transaction ids as people write them, by transfer.
    pub(crate) ids: Vec<String>,
    /// Keeper of each account that a tag names one for.
    pub(super) owners: BTreeMap<u32, u32>,
    /// Accounts that tags give to several keepers: nobody's.
    pub(super) n_disputed: u64,
    /// Settlements whose other side is nobody's book.
    pub(super) n_unnamed: u64,
    /// Lines without a value in any unit, or without a day.
    pub(super) n_without_value: u64,
    /// Names of units, by number.
    pub(super) units: Units,
}

/// Reads lines, and transfers with a value in the units of lines and in those that orders state.
pub(super) fn read(
    evidence: &Evidence,
    shelf: &Shelf,
    meant: &Meant,
    in_orders: &[String],
    rate_days: u16,
) -> Read {
    let mut read = Read::default();
    for book in &shelf.books {
        read.book(book, shelf.keeper_of(book), meant);
    }
    for unit in in_orders {
        read.units.named(unit);
    }
    // Whose an address is decides who pays where several pay.
    read.wallets(evidence, meant);
    read.chain(evidence, rate_days);
    read
}

impl Read {
    fn book(&mut self, of: &Book, owner: &str, meant: &Meant) {
        let (rows, book) = (&of.rows, of.keeper);
        // Custody and value of one row are two legs and one line.
        let mut known: BTreeSet<(u32, TransferKind, Direction, u32, Option<Amount>)> =
            BTreeSet::new();
        // A record that takes two rows is named by the first, and its words stand in both.
        let mut cells: BTreeMap<(u32, u32), Vec<&[Box<str>]>> = BTreeMap::new();
        for record in &rows.records {
            let first = record.reason.as_deref().and_then(second_of);
            let RecordPlace::Row(row) = record.place else {
                continue;
            };
            if record.bin == RecordBin::Transferred || first.is_some() {
                let of = cells.entry((record.source, first.unwrap_or(row)));
                of.or_default().push(&record.raw);
            }
        }
        for place in 0..rows.transfers.len() {
            let leg = rows.transfers.get(place);
            let Some(asset) = rows.assets.get(leg.asset as usize) else {
                continue;
            };
            let is_settlement = leg.kind == TransferKind::Settlement;
            let is_crypto = matches!(
                leg.kind,
                TransferKind::OrderPaid
                    | TransferKind::Payout
                    | TransferKind::Deposit
                    | TransferKind::Release
                    | TransferKind::Exchange
            ) && is_coin(asset);
            if !is_settlement && !is_crypto {
                continue;
            }
            let name = |end: &Endpoint| match end {
                Endpoint::Account(AccountKey::Hawaladar(name, _)) => Some(fold(name)),
                _ => None,
            };
            let (from, to) = (name(&leg.from), name(&leg.to));
            let (direction, other) =
                match (from.as_deref() == Some(owner), to.as_deref() == Some(owner)) {
                    (true, false) => (Direction::Out, to),
                    (false, true) => (Direction::In, from),
                    _ => continue,
                };
            if !known.insert((leg.event, leg.kind, direction, leg.asset, leg.amount)) {
                continue;
            }
            let other = other.and_then(|name| meant.keeper(book, &name));
            let event = &rows.events[leg.event as usize];
            let seconds = (event.time.earliest(), event.time.latest());
            let value = leg
                .amount
                .and_then(|amount| millionths(amount, asset.decimals()));
            let is_dated = event.time.seconds().is_some();
            let value = value.filter(|&value| value > 0 && is_dated);
            let (Some(value), Some(unit)) = (value, self.units.number(asset)) else {
                self.n_without_value += 1;
                continue;
            };
            self.n_unnamed += u64::from(is_settlement && other.is_none());
            let raw = event.row.and_then(|row| cells.get(&(event.source, row)));
            let words = raw
                .into_iter()
                .flatten()
                .flat_map(|cells| cells.iter())
                .flat_map(|cell| words(cell));
            let locator = rows.event_locator(event);
            self.lines.push(Line {
                key: locator.to_string().into(),
                keeper: book,
                direction,
                other,
                unit,
                value,
                seconds,
                words: words.collect(),
            });
            self.rows.push(RowMovement {
                row: format!("X{}/{locator}", of.exhibit),
                kind: leg.kind.as_str().to_owned(),
                way: match direction {
                    Direction::Out => Way::Out,
                    Direction::In => Way::In,
                },
                moved: moved(asset, leg.amount),
            });
            self.places.push(locator);
            self.exhibits.push(of.exhibit);
        }
    }

    /// Every transfer of a transaction, by an account and to one.
    fn chain(&mut self, evidence: &Evidence, rate_days: u16) {
        let graph = &evidence.graph;
        let units: Vec<(u16, String)> = (0..).zip(self.units.names().iter().cloned()).collect();
        for place in 0..graph.n_transfers() {
            let transfer = TransferIdx::new(place);
            let event = graph.event_of(transfer);
            let kind = graph.kind(transfer);
            let (Some((network, txid)), Some(amount)) = (graph.txid(event), graph.amount(transfer))
            else {
                continue;
            };
            if !matches!(kind, TransferKind::Payment | TransferKind::Output) {
                continue;
            }
            let Some(seconds) = graph.time(event).seconds() else {
                continue;
            };
            let (from, to) = (self.payer(graph, transfer), graph.to(transfer));
            if from == to {
                continue;
            }
            let asset = graph.asset(graph.asset_of(transfer));
            let own = unit_name(asset);
            let mut values: Vec<(u16, i128)> = Vec::new();
            for (unit, name) in &units {
                let value = if *name == own {
                    millionths(amount, asset.decimals())
                } else if let Some(AssetKey::Currency(currency)) = AssetKey::currency(name) {
                    let day = seconds.div_euclid(DAY_SECONDS);
                    // A day on which a source contradicts itself has no rate; `rates` lists such days.
                    let found = evidence.rates.find(asset, currency, day, rate_days);
                    found
                        .ok()
                        .flatten()
                        .and_then(|found| found.rate.convert(amount, asset.decimals(), DECIMALS))
                        .map(Amount::units)
                } else {
                    None
                };
                values.extend(value.map(|value| (*unit, value)));
            }
            if values.is_empty() {
                continue;
            }
            let id = shown_txid(network, txid);
            let text = |node: NodeIdx| {
                graph
                    .account(node)
                    .map_or_else(String::new, |key| key.to_string())
                    .into()
            };
            self.transfers.push(Transfer {
                id: format!("{id}#{place}").into(),
                from: from.raw(),
                to: to.raw(),
                names: [text(from), text(to)],
                seconds,
                values,
            });
            self.ids.push(id);
            self.in_graph.push(transfer);
        }
    }

    /// Who pays: of a transaction that mixes its inputs, the one account that they spend from, or one of those that a single keeper is known
    /// to hold, if he holds them all; else the transaction itself, which is nobody's.
    fn payer(&self, graph: &Graph, transfer: TransferIdx) -> NodeIdx {
        let from = graph.from(transfer);
        if !graph.is_junction(from) {
            return from;
        }
        let inputs = graph.transfers_in(from).into_iter();
        let mut inputs = inputs.map(|input| graph.from(input));
        let Some(first) = inputs.next() else {
            return from;
        };
        let keeper = self.owners.get(&first.raw());
        let is_his = |other: NodeIdx| {
            other == first || keeper.is_some() && self.owners.get(&other.raw()) == keeper
        };
        if !graph.is_boundary(first) && inputs.all(is_his) {
            first
        } else {
            from
        }
    }

    fn wallets(&mut self, evidence: &Evidence, meant: &Meant) {
        let keepers: Vec<&str> = meant.keepers.iter().map(String::as_str).collect();
        let mut said: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for tag in &evidence.tags {
            let named =
                keeper(&fold(&tag.label), &keepers).and_then(|place| u32::try_from(place).ok());
            if let (Some(keeper), Some(node)) = (named, evidence.graph.node_of(&tag.account)) {
                said.entry(node.raw()).or_default().insert(keeper);
            }
        }
        for (account, keepers) in said {
            match keepers.iter().next().filter(|_| keepers.len() == 1) {
                Some(&keeper) => _ = self.owners.insert(account, keeper),
                None => self.n_disputed += 1,
            }
        }
    }
}

/// An asset and how much of it, as a decision keeps it.
fn moved(asset: &Asset, amount: Option<Amount>) -> Moved {
    Moved {
        asset: asset.key().to_string(),
        decimals: asset.decimals(),
        units: amount.unwrap_or_default().units().to_string(),
    }
}

/// A transfer of the graph, as a decision names it.
pub(super) fn named(graph: &Graph, transfer: TransferIdx) -> ChainMovement {
    let event = graph.event_of(transfer);
    let of = |transfer: TransferIdx| {
        (
            graph.from(transfer),
            graph.to(transfer),
            graph.asset_of(transfer),
            graph.amount(transfer),
            graph.kind(transfer),
        )
    };
    let before = graph
        .transfers_of(event)
        .take_while(|&other| other < transfer);
    let nth = before.filter(|&other| of(other) == of(transfer)).count();
    let text = |node: NodeIdx| {
        let key = graph.account(node);
        key.map_or_else(String::new, |key| key.to_string())
    };
    let (network, txid) = match graph.txid(event) {
        Some((network, txid)) => (network.as_str(), shown_txid(network, txid)),
        None => ("", String::new()),
    };
    ChainMovement {
        network: network.to_owned(),
        txid,
        from: text(graph.from(transfer)),
        to: text(graph.to(transfer)),
        moved: moved(
            graph.asset(graph.asset_of(transfer)),
            graph.amount(transfer),
        ),
        nth: u32::try_from(nth).unwrap_or(u32::MAX),
    }
}

/// Words that may name a transaction or an address; the middle of an address may be left out.
fn words(cell: &str) -> impl Iterator<Item = Box<str>> {
    let words = cell.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '…')));
    let words = words.map(|word| word.trim_matches('.'));
    words.filter(|word| word.len() >= WORD_MIN).map(Into::into)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use moneytrail_model::{EventKind, Instant, Layers, Network};
    use moneytrail_store::graph::{End, GraphBuilder};

    #[test]
    fn who_pays_by_mixed_inputs_is_one_account_or_one_keepers() {
        let keys = [1_u8, 2, 9].map(|nth| AccountKey::Tron([nth; 20]));
        let payer = |inputs: &[usize], owners: &[(usize, u32)]| {
            let mut builder = GraphBuilder::default();
            let coin = builder.asset(Asset::new(AssetKey::Native(Network::Bitcoin)));
            let ends = keys.clone().map(|key| builder.account(&key));
            builder.event(EventKind::Transaction, Instant::at(0));
            let one = Some(Amount::from_u64(1));
            for &input in inputs {
                let ends = (ends[input], End::Junction);
                builder.transfer(ends.0, ends.1, coin, one, TransferKind::Input, Layers::BOTH);
            }
            let (from, to) = (End::Junction, ends[2]);
            let paid = builder.transfer(from, to, coin, one, TransferKind::Output, Layers::BOTH);
            let graph = builder.finish().unwrap();
            let node = |nth: usize| graph.node_of(&keys[nth]).unwrap();
            let owners = owners.iter().map(|of| (node(of.0).raw(), of.1));
            let read = Read {
                owners: owners.collect(),
                ..Read::default()
            };
            let key = graph.account(read.payer(&graph, paid));
            key.and_then(|key| keys.iter().position(|other| *other == key))
        };
        assert_eq!(payer(&[0], &[]), Some(0));
        assert_eq!(payer(&[0, 0], &[]), Some(0));
        assert_eq!(payer(&[0, 1], &[]), None, "strangers may pay together");
        assert_eq!(payer(&[0, 1], &[(0, 7)]), None);
        assert_eq!(payer(&[0, 1], &[(0, 7), (1, 7)]), Some(0));
        assert_eq!(payer(&[0, 1], &[(0, 7), (1, 8)]), None);
    }
}
