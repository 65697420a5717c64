//! From a row of a segment to what a person can open: file, sheet, row, cells as written.

use crate::error::Error;
use moneytrail_ingest::table::{Profile, personal_columns};
use moneytrail_model::{Locator, RecordBin};
use moneytrail_store::schema::{Batch, RecordPlace, Table};
use moneytrail_store::{Case, Exhibit};
use std::collections::BTreeMap;

/// A record that gave no transfer.
#[derive(Clone, Debug)]
pub(crate) struct KeptRecord {
    pub(crate) locator: Locator,
    pub(crate) bin: RecordBin,
    pub(crate) reason: String,
    pub(crate) raw: Vec<String>,
}

/// Quarantined records of an exhibit, in its order.
pub(crate) fn quarantined(case: &Case, exhibit: &Exhibit) -> Result<Vec<KeptRecord>, Error> {
    let kept = kept(case, exhibit)?;
    Ok(kept
        .into_iter()
        .filter(|record| record.bin == RecordBin::Quarantined)
        .collect())
}

/// Records of an exhibit that are set aside or quarantined, in its order.
pub(crate) fn kept(case: &Case, exhibit: &Exhibit) -> Result<Vec<KeptRecord>, Error> {
    let rows = case
        .segment(exhibit.number)?
        .read(&[Table::Sources, Table::Records])?;
    let kept = rows
        .records
        .iter()
        .filter(|record| matches!(record.bin, RecordBin::Quarantined | RecordBin::SetAside));
    Ok(kept
        .map(|record| KeptRecord {
            locator: rows.record_locator(record),
            bin: record.bin,
            reason: record.reason.as_deref().unwrap_or_default().to_owned(),
            raw: record.raw.iter().map(ToString::to_string).collect(),
        })
        .collect())
}

/// A record of the evidence, as a report cites it.
#[derive(Clone, Debug)]
pub(crate) struct Cited {
    pub(crate) exhibit: u32,
    pub(crate) locator: Locator,
    /// Transaction id as people write it.
    pub(crate) txid: Option<String>,
    pub(crate) height: Option<u32>,
    pub(crate) tx_index: Option<u32>,
    /// Cells as written.
    pub(crate) cells: Vec<CitedCell>,
    pub(crate) right_to_left: bool,
}

/// A cell as written.
#[derive(Clone, Debug)]
pub(crate) struct CitedCell {
    /// Header of its column, where the sheet has one.
    pub(crate) header: Option<String>,
    pub(crate) text: String,
    /// Whether it can tell who a customer is.
    pub(crate) is_personal: bool,
}

/// Reads records of a case, each exhibit once.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    case: &'a Case,
    exhibits: BTreeMap<u32, Loaded>,
}

#[derive(Debug)]
struct Loaded {
    rows: Batch,
    /// Position in `rows.records` by source and row.
    records: BTreeMap<(u32, u32), usize>,
    /// Header row by source.
    headers: BTreeMap<u32, usize>,
    /// Meaning of the columns, for a table.
    profile: Option<Profile>,
}

impl<'a> Records<'a> {
    pub(crate) const fn new(case: &'a Case) -> Self {
        Self {
            case,
            exhibits: BTreeMap::new(),
        }
    }

    fn load(&mut self, exhibit: u32) -> Result<&Loaded, Error> {
        if !self.exhibits.contains_key(&exhibit) {
            let tables = [
                Table::Sources,
                Table::Blocks,
                Table::Events,
                Table::Records,
                Table::Accounts,
            ];
            let segment = self.case.segment(exhibit)?;
            let rows = segment.read(&tables)?;
            let profile = segment
                .summary()
                .profile
                .as_deref()
                .map(Profile::parse)
                .transpose()?;
            let (mut records, mut headers) = (BTreeMap::new(), BTreeMap::new());
            for (position, record) in rows.records.iter().enumerate() {
                if let RecordPlace::Row(row) = record.place {
                    records.insert((record.source, row), position);
                    if record.bin == RecordBin::Contextual
                        && record.reason.as_deref() == Some("header")
                    {
                        headers.entry(record.source).or_insert(position);
                    }
                }
            }
            self.exhibits.insert(
                exhibit,
                Loaded {
                    rows,
                    records,
                    headers,
                    profile,
                },
            );
        }
        self.exhibits
            .get(&exhibit)
            .ok_or_else(|| Error::internal("an exhibit that was just loaded is gone"))
    }

    /// The record behind a citation of the graph.
    pub(crate) fn cited(
        &mut self,
        citation: moneytrail_store::graph::Citation,
    ) -> Result<Cited, Error> {
        let loaded = self.load(citation.exhibit)?;
        let rows = &loaded.rows;
        let event = rows
            .events
            .get(citation.event_row as usize)
            .ok_or_else(|| {
                Error::input(format!(
                    "X{}: the index cites an event that is not there",
                    citation.exhibit
                ))
            })?;
        let source = rows.sources.get(event.source as usize);
        let block = event
            .block
            .and_then(|block| rows.blocks.get(block as usize));
        let raw = event
            .row
            .and_then(|row| loaded.records.get(&(event.source, row)))
            .map(|&at| &rows.records[at].raw);
        let header = loaded
            .headers
            .get(&event.source)
            .map(|&at| &rows.records[at].raw);
        let heads: Vec<&str> = header.into_iter().flatten().map(|head| &**head).collect();
        let personal = match &loaded.profile {
            Some(profile) => personal_columns(profile, &heads),
            None => vec![false; heads.len()],
        };
        let is_book = loaded.profile.is_some();
        let cells = raw
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(column, text)| CitedCell {
                header: heads
                    .get(column)
                    .filter(|head| !head.is_empty())
                    .map(|head| (*head).to_owned()),
                text: text.to_string(),
                is_personal: personal.get(column).copied().unwrap_or(is_book),
            });
        Ok(Cited {
            exhibit: citation.exhibit,
            locator: rows.event_locator(event),
            txid: event
                .transaction
                .map(|(network, txid)| shown_txid(network, txid)),
            height: block.and_then(|block| block.height),
            tx_index: event.tx_index,
            cells: cells.collect(),
            right_to_left: source.is_some_and(|source| source.right_to_left),
        })
    }
}

/// A transaction id as people write it.
pub(crate) fn shown_txid(network: moneytrail_model::Network, mut txid: [u8; 32]) -> String {
    if network.is_utxo() {
        txid.reverse();
    }
    hex::encode(txid)
}
