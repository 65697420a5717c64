//! From a row of a segment to what a person can open: file, sheet, row, cells as written.

use crate::error::Error;
use moneytrail_ingest::table::{Profile, personal_columns, second_of};
use moneytrail_model::{EventIdx, Locator, RecordBin};
use moneytrail_store::graph::{Citation, Graph};
use moneytrail_store::schema::{RecordPlace, Table};
use moneytrail_store::segment::{Cells, EventPlace};
use moneytrail_store::{Case, Exhibit, Segment};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

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

/// Records of an exhibit that are set aside or quarantined, in its order; nothing is read of an exhibit
/// without any.
pub(crate) fn kept(case: &Case, exhibit: &Exhibit) -> Result<Vec<KeptRecord>, Error> {
    let segment = case.segment(exhibit.number)?;
    let counts = &segment.summary().counts;
    if counts.set_aside == 0 && counts.quarantined == 0 {
        return Ok(Vec::new());
    }
    let rows = segment.read(&[Table::Sources, Table::Records])?;
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
    /// The row behind that of the locator, where the record takes two.
    pub(crate) second_row: Option<u32>,
    /// Cells as written.
    pub(crate) cells: Vec<CitedCell>,
    pub(crate) right_to_left: bool,
}

/// A cell as written.
#[derive(Clone, Debug)]
pub(crate) struct CitedCell {
    /// From 1.
    pub(crate) column: u32,
    /// Header of its column, where the sheet has one.
    pub(crate) header: Option<String>,
    pub(crate) text: String,
    /// Whether it can tell who a customer is.
    pub(crate) is_personal: bool,
}

/// Reads the records that citations name, and no others. What is asked for together is read together:
/// a row alone costs as much as a page of rows.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    case: &'a Case,
    graph: &'a Graph,
    exhibits: BTreeMap<u32, Loaded>,
}

/// What was read of one exhibit.
#[derive(Debug)]
struct Loaded {
    segment: Segment,
    /// Meaning of the columns, for a table.
    profile: Option<Profile>,
    /// By row of the events.
    places: BTreeMap<u32, EventPlace>,
    /// Raw cells by source and row.
    cells: BTreeMap<(u32, u32), Cells>,
    /// Header row by source; `None` if it has none.
    headers: BTreeMap<u32, Option<Cells>>,
    /// Where records take two rows.
    seconds: Option<SecondRows>,
}

/// The second rows of records.
#[derive(Debug, Default)]
pub(crate) struct SecondRows {
    /// Number and raw cells, by source and first row.
    pub(crate) rows: BTreeMap<(u32, u32), (u32, Cells)>,
    /// Second row of the header, by source.
    pub(crate) headers: BTreeMap<u32, Cells>,
}

impl SecondRows {
    /// The second rows of a table whose records take two; `None` of any other. Reads all records.
    pub(crate) fn of(segment: &Segment, profile: Option<&Profile>) -> Result<Option<Self>, Error> {
        if profile.is_none_or(|profile| profile.book.rows_per_record != Some(2)) {
            return Ok(None);
        }
        let mut all = Self::default();
        for record in segment.read(&[Table::Records])?.records {
            let (RecordPlace::Row(row), Some(reason)) = (record.place, &record.reason) else {
                continue;
            };
            if let Some(first) = second_of(reason) {
                all.rows.insert((record.source, first), (row, record.raw));
            } else if &**reason == "header, second row" {
                all.headers.entry(record.source).or_insert(record.raw);
            }
        }
        Ok(Some(all))
    }
}

/// The row that names a record: the first, of a row that is a record's second.
pub(crate) fn first_row(segment: &Segment, source: u32, row: u32) -> Result<u32, Error> {
    let profile = segment.summary().profile.as_deref();
    let profile = profile.map(Profile::parse).transpose()?;
    let seconds = SecondRows::of(segment, profile.as_ref())?.unwrap_or_default();
    let found = seconds
        .rows
        .iter()
        .find(|(place, second)| place.0 == source && second.0 == row);
    Ok(found.map_or(row, |(place, _)| place.1))
}

impl Loaded {
    fn open(case: &Case, exhibit: u32) -> Result<Self, Error> {
        let segment = case.segment(exhibit)?;
        let profile = segment.summary().profile.as_deref();
        let profile = profile.map(Profile::parse).transpose()?;
        Ok(Self {
            seconds: SecondRows::of(&segment, profile.as_ref())?,
            profile,
            segment,
            places: BTreeMap::new(),
            cells: BTreeMap::new(),
            headers: BTreeMap::new(),
        })
    }

    /// Reads what stands behind these rows of the events, but for what is known.
    fn fetch(&mut self, rows: impl IntoIterator<Item = u32>) -> Result<(), Error> {
        let new = rows
            .into_iter()
            .filter(|row| !self.places.contains_key(row));
        let new: BTreeSet<u32> = new.collect();
        if new.is_empty() {
            return Ok(());
        }
        let places = self.segment.event_places(&new)?;
        let with_rows = places
            .values()
            .filter_map(|place| Some((place.source, place.row?)));
        let with_rows: BTreeSet<(u32, u32)> = with_rows.collect();
        if !with_rows.is_empty() {
            let cells = self.segment.cells_at(&with_rows)?;
            let sources = cells.keys().map(|place| place.0);
            let sources: BTreeSet<u32> = sources
                .filter(|source| !self.headers.contains_key(source))
                .collect();
            if !sources.is_empty() {
                let mut headers = self.segment.headers(&sources)?;
                let found = sources
                    .into_iter()
                    .map(|source| (source, headers.remove(&source)));
                self.headers.extend(found);
            }
            self.cells.extend(cells);
        }
        self.places.extend(places);
        Ok(())
    }

    /// Cells of a row, with the headers of their columns.
    fn cells_of(&self, place: &EventPlace) -> Vec<CitedCell> {
        let cells = place
            .row
            .and_then(|row| self.cells.get(&(place.source, row)));
        let header = self.headers.get(&place.source).and_then(Option::as_ref);
        let mut all = self.headed(cells, header, 1);
        if let (Some(seconds), Some((row, cells))) = (&self.seconds, self.second(place)) {
            // Under one header row both rows of a record stand.
            let header = seconds.headers.get(&place.source).or(header);
            for mut cell in self.headed(Some(cells), header, 2) {
                cell.header = Some(match cell.header {
                    Some(header) => format!("{header} (row {row})"),
                    None => format!("row {row}"),
                });
                all.push(cell);
            }
        }
        all
    }

    /// The second row of a record, where it takes two.
    fn second(&self, place: &EventPlace) -> Option<&(u32, Cells)> {
        let seconds = self.seconds.as_ref()?;
        seconds.rows.get(&(place.source, place.row?))
    }

    /// Cells of one row, with the headers of their columns.
    fn headed(
        &self,
        cells: Option<&Cells>,
        header: Option<&Cells>,
        record_row: u8,
    ) -> Vec<CitedCell> {
        let heads: Vec<&str> = header.into_iter().flatten().map(|head| &**head).collect();
        let personal = match &self.profile {
            Some(profile) => personal_columns(profile, &heads, record_row),
            None => vec![false; heads.len()],
        };
        let is_book = self.profile.is_some();
        let cells = cells.into_iter().flatten().enumerate();
        let cells = cells.map(|(column, text)| CitedCell {
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            header: heads
                .get(column)
                .filter(|head| !head.is_empty())
                .map(|head| (*head).to_owned()),
            text: text.to_string(),
            is_personal: personal.get(column).copied().unwrap_or(is_book),
        });
        cells.collect()
    }
}

impl<'a> Records<'a> {
    pub(crate) const fn new(case: &'a Case, graph: &'a Graph) -> Self {
        Self {
            case,
            graph,
            exhibits: BTreeMap::new(),
        }
    }

    /// Reads what stands behind these events, all at once.
    pub(crate) fn fetch(
        &mut self,
        events: impl IntoIterator<Item = EventIdx>,
    ) -> Result<(), Error> {
        let mut rows: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for citation in events
            .into_iter()
            .flat_map(|event| self.graph.citations(event))
        {
            rows.entry(citation.exhibit)
                .or_default()
                .insert(citation.event_row);
        }
        for (exhibit, rows) in rows {
            self.loaded(exhibit)?.fetch(rows)?;
        }
        Ok(())
    }

    fn loaded(&mut self, exhibit: u32) -> Result<&mut Loaded, Error> {
        Ok(match self.exhibits.entry(exhibit) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Loaded::open(self.case, exhibit)?),
        })
    }

    /// The record behind a citation of an event of the graph; of what is no event there, `None`.
    pub(crate) fn cited(
        &mut self,
        event: Option<EventIdx>,
        citation: Citation,
    ) -> Result<Cited, Error> {
        let known = event.and_then(|event| self.graph.txid(event));
        let loaded = self.loaded(citation.exhibit)?;
        loaded.fetch([citation.event_row])?;
        let place = loaded.places.get(&citation.event_row);
        let place = place.ok_or_else(|| Error::internal("a record that was just read is gone"))?;
        let txid = match place.network {
            None => None,
            Some(network) if known.is_some_and(|known| known.0 == network) => known,
            Some(_) => {
                let row = [u64::from(citation.event_row)];
                let read = loaded.segment.rows(Table::Events, &row)?;
                read.events.first().and_then(|event| event.transaction)
            }
        };
        Ok(Cited {
            exhibit: citation.exhibit,
            locator: place.locator.clone(),
            txid: txid.map(|(network, txid)| shown_txid(network, txid)),
            height: place.height,
            tx_index: place.tx_index,
            second_row: loaded.second(place).map(|second| second.0),
            cells: loaded.cells_of(place),
            right_to_left: place.right_to_left,
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
