//! What a graph is made of: plain columns in the order of the record, and how they become one.

use super::adjacency::Adjacency;
use super::amounts::Amounts;
use super::bits::Bits;
use super::citations::{Citation, Citations};
use super::class::{Class, Side};
use super::events::{Events, NO_NETWORK};
use super::keys::Keys;
use super::links::Links;
use super::narrow::Narrow;
use super::txids::Txids;
use super::{Column, Graph};
use crate::Error;
use crate::scratch::{Array, Scratch};
use moneytrail_model::{Amount, Asset, Basis, NodeIdx};
use rustc_hash::FxHashMap;

/// Later and earlier transfer, units consumed and paid, position of the basis.
pub(crate) type LinkPart = (u32, u32, Amount, Amount, u16);

/// The record in columns. Accounts are numbered in the order of their key bytes; every account is an
/// end of a transfer.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) assets: Vec<Asset>,
    pub(crate) bases: Vec<Basis>,
    /// One more entry than accounts.
    pub(crate) key_offsets: Array<u64>,
    pub(crate) key_bytes: Array<u8>,
    pub(crate) event_kinds: Array<u8>,
    pub(crate) event_seconds: Array<i64>,
    /// Precision, and in the highest bit whether the order is a convention.
    pub(crate) event_precisions: Array<u8>,
    /// First transfer of each event, and behind the last.
    pub(crate) event_first: Array<u32>,
    /// Network of the transaction id; [`NO_NETWORK`] without one.
    pub(crate) event_networks: Array<u8>,
    /// How each event is made, as [`moneytrail_model::Habits::code`].
    pub(crate) event_habits: Array<u8>,
    /// One for each event, or none at all.
    pub(crate) event_txids: Array<[u8; 32]>,
    pub(crate) citation_exhibits: Array<u32>,
    /// Row of the first citation; `u32::MAX` if there is none that speaks of all of the event.
    pub(crate) citation_rows: Array<u32>,
    /// Event, record, and the one transfer that it speaks of (`u32::MAX` for all of the event).
    pub(crate) more_citations: Vec<(u32, Citation, u32)>,
    /// The account end of a transfer into or out of a junction; else the account that it leaves.
    pub(crate) accounts: Array<u32>,
    /// Where each transfer between accounts goes, in their order.
    pub(crate) others: Array<u32>,
    /// Class of each transfer: a position in the table.
    pub(crate) classes: Array<u32>,
    pub(crate) class_table: Vec<Class>,
    /// Position of each class in the table.
    pub(crate) class_numbers: FxHashMap<Class, u32>,
    /// `i64::MIN` if unknown or in `wide`.
    pub(crate) amounts: Array<i64>,
    /// Amounts that 64 bits do not hold, ascending by transfer.
    pub(crate) wide: Vec<(u32, i128)>,
    /// The transfer that each transfer spends wholly, alone and by what an exhibit says, both amounts
    /// being known (`u32::MAX` for none); or empty.
    pub(crate) spends: Array<u32>,
    /// All other links.
    pub(crate) links: Vec<LinkPart>,
}

/// Units as two columns hold them: in 64 bits, and those that do not fit.
pub(crate) fn split(units: Option<i128>) -> (i64, Option<i128>) {
    let narrow = units.and_then(|units| i64::try_from(units).ok());
    let narrow = narrow.filter(|&units| units != i64::MIN);
    let wide = units.filter(|_| narrow.is_none());
    (narrow.unwrap_or(i64::MIN), wide)
}

/// The amount that [`split`] made two of; `wide` ascends by row. O(log w).
pub(crate) fn amount_of(narrow: i64, row: u32, wide: &[(u32, i128)]) -> Option<Amount> {
    let units = match narrow {
        i64::MIN => {
            let found = wide.binary_search_by_key(&row, |wide| wide.0).ok()?;
            wide[found].1
        }
        units => units.into(),
    };
    Some(Amount::new(units).expect("amounts were bounded when they were read"))
}

impl Parts {
    /// The amount of a transfer. O(log w) in wide amounts.
    pub(super) fn amount(&self, transfer: u32) -> Option<Amount> {
        amount_of(self.amounts[transfer as usize], transfer, &self.wide)
    }

    /// Position of a class, which is added if it is new.
    pub(crate) fn class(&mut self, class: Class) -> u32 {
        let next = u32::try_from(self.class_table.len()).unwrap_or(u32::MAX);
        *self.class_numbers.entry(class).or_insert_with(|| {
            self.class_table.push(class);
            next
        })
    }

    /// Position of a basis, which is added if it is new.
    pub(crate) fn basis(&mut self, basis: Basis) -> u16 {
        let known = self.bases.iter().position(|known| *known == basis);
        let position = known.unwrap_or_else(|| {
            self.bases.push(basis);
            self.bases.len() - 1
        });
        u16::try_from(position).unwrap_or(u16::MAX)
    }

    /// Units by transfer; `wide` is gone through beside.
    fn units(&self) -> impl ExactSizeIterator<Item = Option<i128>> + '_ {
        let mut wide = self.wide.iter().peekable();
        self.amounts
            .iter()
            .enumerate()
            .map(move |(transfer, &units)| {
                if units != i64::MIN {
                    return Some(units.into());
                }
                while wide.next_if(|row| (row.0 as usize) < transfer).is_some() {}
                let found = wide.next_if(|row| row.0 as usize == transfer);
                found.map(|row| row.1)
            })
    }
}

/// The graph of these columns: with bitmaps, adjacency, look-ups and narrow widths. O(n log n) in
/// transaction ids and in links that are not whole, O(n) else; the result depends on the columns alone.
///
/// # Errors
/// [`Error::TooMany`] beyond the limits of the index.
pub(crate) fn assemble(mut parts: Parts, scratch: &Scratch) -> Result<Graph, Error> {
    let n_accounts = parts.key_offsets.len().saturating_sub(1);
    check_limits(&parts, n_accounts)?;
    let events = Events::new(&parts, scratch)?;
    limit("nodes", n_accounts + events.n_junctions())?;
    let links = Links::new(&mut parts, scratch)?;
    let citations = Citations::new(&mut parts, scratch)?;
    let networks = std::mem::take(&mut parts.event_networks);
    let has_ids = !parts.event_txids.is_empty();
    let is_present = |event: usize| has_ids && networks[event] != NO_NETWORK;
    let txids = Txids::new(&mut parts, is_present, scratch)?;
    drop(networks);
    let adjacency = Adjacency::new(&parts, n_accounts, scratch)?;
    let side = |class: u32| parts.class_table[class as usize].side;
    let is_between = parts
        .classes
        .iter()
        .map(|&class| side(class) == Side::Between);
    let between = Bits::new(is_between);
    let class_table: Vec<u32> = parts.class_table.iter().map(|class| class.pack()).collect();
    let amounts = Amounts::new(|| parts.units(), scratch)?;
    let nodes = |raw: &[u32]| -> Result<Column<NodeIdx>, Error> {
        let nodes = raw.iter().copied().map(NodeIdx::from_raw);
        Ok(scratch.collect(nodes)?.into())
    };
    Ok(Graph {
        assets: parts.assets,
        bases: parts.bases,
        keys: Keys::new(&parts.key_offsets, parts.key_bytes.into(), scratch)?,
        events,
        accounts: nodes(&std::mem::take(&mut parts.accounts))?,
        others: nodes(&std::mem::take(&mut parts.others))?,
        between,
        class_table: class_table.into(),
        classes: Narrow::new(&parts.classes, scratch)?,
        amounts,
        adjacency,
        links,
        citations,
        txids,
    })
}

fn check_limits(parts: &Parts, n_accounts: usize) -> Result<(), Error> {
    limit("transfers", parts.accounts.len())?;
    limit("accounts", n_accounts)?;
    limit("events", parts.event_kinds.len())?;
    limit("links", parts.links.len())?;
    limit("citations", parts.more_citations.len())?;
    within("assets", parts.assets.len(), usize::from(u16::MAX))?;
    within("bases", parts.bases.len(), usize::from(u16::MAX) - 1)
}

fn limit(what: &'static str, found: usize) -> Result<(), Error> {
    within(what, found, u32::MAX as usize - 1)
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), Error> {
    if found > limit {
        return Err(Error::TooMany {
            what,
            found: found as u64,
            limit: limit as u64,
        });
    }
    Ok(())
}
