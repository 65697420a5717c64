//! The exhibits of a case, looked through.
//!
//! Laws: each place stands once, with the best that it is; what is kept is bounded by what was asked for, and what is not kept is
//! counted. Books keep the cells of all their rows; of other exhibits cells are kept of what gave no transfer, and the rest is looked
//! for in their columns.

use super::args::Kind;
use super::query::{Hit, Query};
use crate::cite::SecondRows;
use crate::error::Error;
use crate::figures::DAY_SECONDS;
use moneytrail_ingest::table::{Profile, personal_columns};
use moneytrail_model::{AccountKey, Amount, Locator, Place};
use moneytrail_store::schema::{RecordPlace, SourceRow, Table};
use moneytrail_store::segment::{CellAt, Cells};
use moneytrail_store::{Case, Segment};
use std::collections::{BTreeMap, BTreeSet};

/// Cells that are held before they are sorted in.
const N_HELD: usize = 1 << 14;

/// Where a text was found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Found {
    pub(super) hit: Hit,
    pub(super) exhibit: u32,
    /// Path, sheet, row and column, for order.
    at: (u32, u32, u32),
    pub(super) locator: Locator,
    /// As written; `None` where it can tell who a customer is and may not be read, and where the place is no cell.
    pub(super) raw: Option<Box<str>>,
    pub(super) is_masked: bool,
}

/// The best that was found.
#[derive(Debug)]
pub(super) struct Finds {
    n_most: usize,
    kept: BTreeSet<Found>,
    /// Places of each kind, kept or not.
    pub(super) counts: BTreeMap<Kind, u64>,
}

impl Finds {
    pub(super) fn new(n_most: usize) -> Self {
        Self {
            n_most,
            kept: BTreeSet::new(),
            counts: BTreeMap::new(),
        }
    }

    fn take(&mut self, found: Found) {
        if self.kept.contains(&found) {
            return;
        }
        *self.counts.entry(found.hit.kind).or_default() += 1;
        self.kept.insert(found);
        if self.kept.len() > self.n_most {
            self.kept.pop_last();
        }
    }

    pub(super) fn kept(&self) -> impl Iterator<Item = &Found> {
        self.kept.iter()
    }

    pub(super) fn n_all(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// Looks through an exhibit.
pub(super) fn look_through(
    case: &Case,
    exhibit: u32,
    query: &Query,
    is_disclosed: bool,
    finds: &mut Finds,
) -> Result<(), Error> {
    let segment = case.segment(exhibit)?;
    let mut looked = Exhibit {
        number: exhibit,
        sources: segment.sources()?,
        masks: Masks::of(&segment, is_disclosed)?,
        segment: &segment,
        is_disclosed,
    };
    let mut of_day = looked.days(query, finds)?;
    looked.cells(query, &mut of_day, finds)?;
    // Rows whose day stands in no cell of theirs: a blank date is as above.
    of_day
        .into_values()
        .filter(|row| !row.1)
        .for_each(|row| finds.take(row.0));
    looked.ids(query, finds)?;
    if looked.masks.profile.is_none() {
        looked.ends(query, finds)?;
        looked.amounts(query, finds)?;
    }
    Ok(())
}

/// Which columns can tell who a customer is.
struct Masks {
    profile: Option<Profile>,
    /// By source, once one of its cells was found: columns of the first rows of records, and of the second ones.
    by_source: BTreeMap<u32, [Vec<bool>; 2]>,
    /// Second row of the header by source, where records take two rows, and which rows are the second ones.
    second_headers: BTreeMap<u32, Cells>,
    second_rows: BTreeSet<(u32, u32)>,
    is_disclosed: bool,
}

impl Masks {
    fn of(segment: &Segment, is_disclosed: bool) -> Result<Self, Error> {
        let profile = segment.summary().profile.as_deref();
        let profile = profile.map(Profile::parse).transpose()?;
        let seconds = SecondRows::of(segment, profile.as_ref())?.unwrap_or_default();
        let second_rows = seconds
            .rows
            .iter()
            .map(|((source, _), row)| (*source, row.0));
        Ok(Self {
            second_rows: second_rows.collect(),
            second_headers: seconds.headers,
            profile,
            by_source: BTreeMap::new(),
            is_disclosed,
        })
    }

    /// Learns which columns of these sources to mask.
    fn learn(&mut self, segment: &Segment, sources: &BTreeSet<u32>) -> Result<(), Error> {
        let Some(profile) = self.profile.as_ref().filter(|_| !self.is_disclosed) else {
            return Ok(());
        };
        let new = sources
            .iter()
            .copied()
            .filter(|source| !self.by_source.contains_key(source));
        let new: BTreeSet<u32> = new.collect();
        if new.is_empty() {
            return Ok(());
        }
        let headers = segment.headers(&new)?;
        for source in new {
            let first = headers.get(&source);
            // Under one header row both rows of a record stand.
            let second = self.second_headers.get(&source).or(first);
            let personal = [(first, 1), (second, 2)].map(|(header, record_row)| {
                let heads = header.map_or(&[][..], Vec::as_slice);
                let heads: Vec<&str> = heads.iter().map(|head| &**head).collect();
                personal_columns(profile, &heads, record_row)
            });
            self.by_source.insert(source, personal);
        }
        Ok(())
    }

    fn masks(&self, source: u32, row: u32, column: u32) -> bool {
        if self.is_disclosed || self.profile.is_none() {
            return false;
        }
        let place = usize::try_from(column)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let personal = self.by_source.get(&source).and_then(|rows| {
            rows[usize::from(self.second_rows.contains(&(source, row)))].get(place)
        });
        personal.copied().unwrap_or(true)
    }
}

/// Rows of the days that are looked for, and whether a cell of theirs says so.
type RowsOfDay = BTreeMap<(u32, u32), (Found, bool)>;

struct Exhibit<'a> {
    number: u32,
    sources: Vec<SourceRow>,
    masks: Masks,
    segment: &'a Segment,
    is_disclosed: bool,
}

impl Exhibit<'_> {
    /// Events of the days that are looked for; gives the rows among them, whose cells may say more.
    fn days(&mut self, query: &Query, finds: &mut Finds) -> Result<RowsOfDay, Error> {
        if query.days.is_empty() {
            return Ok(RowsOfDay::new());
        }
        let mut rows = BTreeSet::new();
        let is_of_day = |seconds: i64, precision: &str| {
            matches!(precision, "second" | "minute" | "day")
                && query.days.contains(&seconds.div_euclid(DAY_SECONDS))
        };
        self.segment.look_at_times(is_of_day, |event| {
            rows.insert(event);
            Ok(())
        })?;
        let places = self.segment.event_places(&rows)?;
        let mut of_rows = RowsOfDay::new();
        for place in places.values() {
            let hit = Hit::new(1, Kind::Date, "of this day");
            let found = self.at_event(hit, &place.locator, place.source, place.row, None);
            match place.row {
                Some(row) => {
                    of_rows.insert((place.source, row), (found, false));
                }
                None => finds.take(found),
            }
        }
        Ok(of_rows)
    }

    fn cells(
        &mut self,
        query: &Query,
        of_day: &mut RowsOfDay,
        finds: &mut Finds,
    ) -> Result<(), Error> {
        let mut found: Vec<(CellAt, Hit)> = Vec::new();
        let (segment, number) = (self.segment, self.number);
        let mut flush = |found: &mut Vec<(CellAt, Hit)>, this: &mut Self| -> Result<(), Error> {
            let sources = found.iter().map(|of| of.0.source).collect();
            this.masks.learn(segment, &sources)?;
            for (cell, mut hit) in found.drain(..) {
                let row = match cell.place {
                    RecordPlace::Row(row) => row,
                    RecordPlace::Bytes(..) => 0,
                };
                if let Some((_, is_said)) = of_day
                    .get_mut(&(cell.source, row))
                    .filter(|_| hit.kind == Kind::Date)
                {
                    hit = Hit::new(0, Kind::Date, "this day");
                    *is_said = true;
                }
                let is_masked = this.masks.masks(cell.source, row, cell.column);
                finds.take(Found {
                    hit,
                    exhibit: number,
                    at: (cell.source, row, cell.column),
                    locator: this.locator(&cell),
                    raw: (!is_masked).then_some(cell.raw),
                    is_masked,
                });
            }
            Ok(())
        };
        let mut failed = None;
        segment.look_at_cells(
            |raw| query.look(raw),
            |cell, hit| {
                found.push((cell, hit));
                if found.len() >= N_HELD
                    && let Err(error) = flush(&mut found, self)
                {
                    failed.get_or_insert(error);
                }
                Ok(())
            },
        )?;
        flush(&mut found, self)?;
        failed.map_or(Ok(()), Err)
    }

    fn locator(&self, cell: &CellAt) -> Locator {
        let source = self.sources.get(cell.source as usize);
        let sheet = source.and_then(|of| of.sheet.as_deref()).unwrap_or("-");
        Locator {
            path: source.map_or("", |of| &*of.path).into(),
            place: match cell.place {
                RecordPlace::Row(row) => Place::Cell {
                    sheet: sheet.into(),
                    row,
                    column: Some(cell.column),
                },
                RecordPlace::Bytes(start, end) => Place::Bytes { start, end },
            },
        }
    }

    fn at_event(
        &self,
        hit: Hit,
        locator: &Locator,
        source: u32,
        row: Option<u32>,
        raw: Option<&str>,
    ) -> Found {
        Found {
            hit,
            exhibit: self.number,
            at: (source, row.unwrap_or(0), 0),
            locator: locator.clone(),
            raw: raw.map(Into::into),
            is_masked: false,
        }
    }

    /// Takes what was found at events.
    fn take_events(
        &self,
        found: &BTreeMap<u32, (Hit, Option<Box<str>>, bool)>,
        finds: &mut Finds,
    ) -> Result<(), Error> {
        let rows: BTreeSet<u32> = found.keys().copied().collect();
        for (row, place) in self.segment.event_places(&rows)? {
            if let Some((hit, raw, is_masked)) = found.get(&row) {
                let mut at = self.at_event(
                    *hit,
                    &place.locator,
                    place.source,
                    place.row,
                    raw.as_deref(),
                );
                // Several transactions of a block stand at no row.
                at.at.2 = place.tx_index.unwrap_or(0);
                at.is_masked = *is_masked;
                finds.take(at);
            }
        }
        Ok(())
    }

    fn ids(&self, query: &Query, finds: &mut Finds) -> Result<(), Error> {
        let Some([written, reversed]) = query.txids else {
            return Ok(());
        };
        let mut found = BTreeMap::new();
        let mut ids = BTreeSet::new();
        self.segment.look_at_txids(
            |network, id| id == if network.is_utxo() { reversed } else { written },
            |event| {
                found.insert(
                    event,
                    (
                        Hit::new(0, Kind::Transaction, "the transaction"),
                        None,
                        false,
                    ),
                );
                Ok(())
            },
        )?;
        self.segment.look_at_spent(
            |id| id == reversed || id == written,
            |event| {
                ids.insert(event);
                Ok(())
            },
        )?;
        for event in ids {
            found.entry(event).or_insert((
                Hit::new(1, Kind::Transaction, "spends an output of it"),
                None,
                false,
            ));
        }
        self.take_events(&found, finds)
    }

    fn ends(&self, query: &Query, finds: &mut Finds) -> Result<(), Error> {
        let has_name = query.kinds.contains(&Kind::Name);
        if query.keys.is_empty() && !has_name {
            return Ok(());
        }
        let look = |key: &[u8]| {
            if query
                .keys
                .binary_search_by(|wanted| wanted.as_slice().cmp(key))
                .is_ok()
            {
                return Some((Hit::new(0, Kind::Address, "the account"), None, false));
            }
            if !has_name || !AccountKey::NAMED_TAGS.contains(key.first()?) {
                return None;
            }
            let key = AccountKey::decode(key).ok()?;
            let name = match &key {
                AccountKey::Customer(_, name)
                | AccountKey::Hawaladar(name, _)
                | AccountKey::Listed(name)
                | AccountKey::Bank(name) => name.to_string(),
                AccountKey::Custodial(custodian, account) => format!("{custodian} {account}"),
                _ => return None,
            };
            let is_masked = matches!(key, AccountKey::Customer(..)) && !self.is_disclosed;
            let raw = (!is_masked).then(|| name.clone().into_boxed_str());
            Some((query.name(&name)?, raw, is_masked))
        };
        let mut found: BTreeMap<u32, (Hit, Option<Box<str>>, bool)> = BTreeMap::new();
        let mut failed = None;
        self.segment.look_at_ends(look, |event, hit| {
            let held = found.entry(event).or_insert_with(|| hit.clone());
            if hit.0 < held.0 {
                *held = hit;
            }
            self.relieve(&mut found, finds, &mut failed);
            Ok(())
        })?;
        failed.map_or(Ok(()), Err)?;
        self.take_events(&found, finds)
    }

    /// Empties what is held once it is much.
    fn relieve(
        &self,
        found: &mut BTreeMap<u32, (Hit, Option<Box<str>>, bool)>,
        finds: &mut Finds,
        failed: &mut Option<Error>,
    ) {
        const N_HELD: usize = 1 << 16;
        if found.len() >= N_HELD
            && let Err(error) = self.take_events(&std::mem::take(found), finds)
        {
            failed.get_or_insert(error);
        }
    }

    fn amounts(&self, query: &Query, finds: &mut Finds) -> Result<(), Error> {
        if query.amounts.is_empty() {
            return Ok(());
        }
        let assets = self.segment.read(&[Table::Assets])?.assets;
        let wanted: Vec<Vec<i128>> = assets
            .iter()
            .map(|asset| {
                let units = query
                    .amounts
                    .iter()
                    .filter_map(|text| Amount::parse_decimal(text, asset.decimals()).ok());
                units.map(Amount::units).collect()
            })
            .collect();
        let mut found = BTreeMap::new();
        let mut failed = None;
        self.segment.look_at_amounts(
            |asset, units| {
                wanted
                    .get(asset as usize)
                    .is_some_and(|of| of.contains(&units))
            },
            |event| {
                found.insert(
                    event,
                    (
                        Hit::new(0, Kind::Amount, "an amount of the event"),
                        None,
                        false,
                    ),
                );
                self.relieve(&mut found, finds, &mut failed);
                Ok(())
            },
        )?;
        failed.map_or(Ok(()), Err)?;
        self.take_events(&found, finds)
    }
}
