//! The graph of a case by the plainest code that keeps to the laws of the build: every row in memory,
//! quadratic where that is shorter.

mod identity;
mod order;
mod record;
mod references;

use moneytrail_model::{Amount, Asset, AssetKey, Basis, Layers, TransferKind};
use moneytrail_store::schema::{Batch, Endpoint, EventRow, Table};
use moneytrail_store::{BuildNotes, Case};
use std::collections::{BTreeMap, BTreeSet};

/// Key bytes of an account; none for the junction of the event.
pub(crate) type End = Option<Vec<u8>>;

/// A row of transfers, all segments numbered through.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    /// The event that it enters with.
    event: usize,
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) asset: AssetKey,
    pub(crate) amount: Option<Amount>,
    pub(crate) kind: TransferKind,
    pub(crate) layers: Layers,
    /// The leg that says the same, where another description entered.
    carrier: Option<usize>,
    /// The leg of another event that carries the movement, and why.
    merged: Option<(usize, Basis)>,
    /// Events that speak of this leg alone.
    pub(crate) cited: BTreeSet<usize>,
    /// The output that it spends.
    spends: Option<usize>,
}

/// A row of events, all segments numbered through.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    segment: usize,
    position: u32,
    pub(crate) row: EventRow,
    enters: bool,
    legs: Vec<usize>,
    /// Those that it cites, the better first.
    pub(crate) others: Vec<usize>,
}

#[derive(Clone, Copy, Default, Debug)]
struct State {
    height: Option<u32>,
    stale: bool,
}

/// A link: earlier, later, consumed, paid, basis.
pub(crate) type Link = (usize, usize, Amount, Amount, Basis);

#[derive(Debug)]
struct StatedLink {
    earlier: usize,
    later: usize,
    consumed: Option<Amount>,
    paid: Option<Amount>,
    basis: Basis,
}

#[derive(Debug)]
struct Held {
    exhibit: u32,
    rank: u8,
    rows: Batch,
    first_event: usize,
    first_leg: usize,
    missing_places: Vec<u8>,
}

#[derive(Default, Debug)]
pub(crate) struct Naive {
    held: Vec<Held>,
    pub(crate) assets: BTreeMap<AssetKey, Asset>,
    states: BTreeMap<[u8; 32], State>,
    pub(crate) events: Vec<Event>,
    pub(crate) legs: Vec<Leg>,
    stated: Vec<StatedLink>,
    /// Events in the order of the record, and whether their place is open.
    pub(crate) order: Vec<(usize, bool)>,
    /// Legs in the order of the record, with the positions of their events; fees have none of their own.
    pub(crate) record: Vec<(usize, usize)>,
    pub(crate) links: Vec<Link>,
    pub(crate) notes: BuildNotes,
}

/// Builds the graph of a case.
pub(crate) fn build(case: &Case) -> Naive {
    let mut naive = Naive::default();
    naive.read(case);
    naive.settle_blocks();
    naive.join();
    naive.take_stated_links();
    naive.match_tokens();
    naive.match_transactions();
    for link in &mut naive.stated {
        for end in [&mut link.earlier, &mut link.later] {
            if let Some((kept, basis)) = &naive.legs[*end].merged {
                (*end, link.basis) = (*kept, basis.clone());
            }
        }
    }
    naive.notes.claims.sort();
    naive.notes.unmatched_transactions.sort();
    naive.resolve_outpoints();
    naive.put_in_order();
    naive.number();
    naive.link();
    naive
}

fn scaled(amount: Amount, places: u8) -> Option<Amount> {
    let units = 10_i128.checked_pow(places.into())?;
    Amount::new(amount.units().checked_mul(units)?).ok()
}

impl Naive {
    fn remark(&mut self, remark: String) {
        self.notes.remarks.push(remark);
    }

    pub(crate) fn citation(&self, event: usize) -> (u32, u32) {
        let event = &self.events[event];
        (self.held[event.segment].exhibit, event.position)
    }

    fn named(&self, event: usize) -> String {
        let event = &self.events[event];
        let held = &self.held[event.segment];
        format!("X{} {}", held.exhibit, held.rows.event_locator(&event.row))
    }

    fn read(&mut self, case: &Case) {
        const TABLES: [Table; 8] = [
            Table::Sources,
            Table::Assets,
            Table::Blocks,
            Table::Events,
            Table::Transfers,
            Table::Links,
            Table::Outpoints,
            Table::References,
        ];
        let mut exhibits = case.exhibits().unwrap();
        exhibits.sort_by_key(|exhibit| exhibit.hash().unwrap());
        for exhibit in exhibits {
            let segment = case.segment(exhibit.number).unwrap();
            let rows = segment.read(&TABLES).unwrap();
            for asset in &rows.assets {
                let known = self
                    .assets
                    .entry(asset.key().clone())
                    .or_insert(asset.clone());
                if known.is_undescribed() {
                    known.clone_from(asset);
                } else if !asset.is_undescribed() {
                    let most = known.decimals().max(asset.decimals());
                    *known = known.clone().with_decimals(most);
                }
            }
            self.held.push(Held {
                exhibit: exhibit.number,
                rank: segment.summary().rank,
                rows,
                first_event: 0,
                first_leg: 0,
                missing_places: Vec::new(),
            });
        }
        for segment in 0..self.held.len() {
            self.read_rows(segment);
        }
    }

    fn read_rows(&mut self, segment: usize) {
        let held = &mut self.held[segment];
        (held.first_event, held.first_leg) = (self.events.len(), self.legs.len());
        let missing = |asset: &Asset| self.assets[asset.key()].decimals() - asset.decimals();
        held.missing_places = held.rows.assets.iter().map(missing).collect();
        for (position, row) in (0..).zip(&held.rows.events) {
            self.events.push(Event {
                segment,
                position,
                row: row.clone(),
                enters: true,
                legs: Vec::new(),
                others: Vec::new(),
            });
        }
        let mut n_too_large = 0;
        for row in held.rows.transfers.iter() {
            let event = held.first_event + row.event as usize;
            self.events[event].legs.push(self.legs.len());
            let places = held.missing_places[row.asset as usize];
            let amount = row.amount.and_then(|amount| scaled(amount, places));
            n_too_large += usize::from(amount.is_none() && row.amount.is_some());
            let key = |end: Endpoint| match end {
                Endpoint::Account(account) => Some(account.encode()),
                Endpoint::Junction => None,
            };
            self.legs.push(Leg {
                event,
                from: key(row.from),
                to: key(row.to),
                asset: held.rows.assets[row.asset as usize].key().clone(),
                amount,
                kind: row.kind,
                layers: row.layers,
                carrier: None,
                merged: None,
                cited: BTreeSet::new(),
                spends: None,
            });
        }
        let (exhibit, scales) = (
            held.exhibit,
            held.missing_places.iter().any(|&places| places > 0),
        );
        if scales {
            self.remark(format!(
                "X{exhibit}: amounts brought to the decimals of other exhibits"
            ));
        }
        if n_too_large > 0 {
            self.remark(format!("X{exhibit}: {n_too_large} amounts have more than 38 digits with those decimals and count as unknown"));
        }
    }
}
