//! The large tables of all segments as columns, one row number space for all of them: segments in the
//! order of their exhibits' hashes, rows in theirs.

use super::accounts::{self, Interner, JUNCTION, Keys, PLACEHOLDER};
use super::buckets::Throw;
use super::{Held, NONE};
use crate::Error;
use crate::graph::{NO_NETWORK, amount_of, pack_precision, split, unpack_time};
use crate::schema::Table;
use crate::schema::column;
use crate::scratch::{Array, Scratch};
use crate::segment::TableScan;
use arrow::array::{
    Array as _, BinaryArray, BooleanArray, Decimal128Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::record_batch::RecordBatch;
use moneytrail_model::{
    Amount, EventKind, Instant, Layers, Network, Precision, TransactionForm, TransferKind,
};

/// What became of a row of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum State {
    /// It enters the graph.
    Enters = 0,
    /// It does not: its block is stale, or nothing says which event it describes.
    LeftOut = 1,
    /// Another row describes the event better, and cites this one.
    Cited = 2,
}

/// Events of all segments.
#[derive(Debug, Default)]
pub(super) struct Events {
    kinds: Array<u8>,
    seconds: Array<i64>,
    precisions: Array<u8>,
    pub(super) networks: Array<u8>,
    /// As long as the others if any event is a transaction, else empty.
    pub(super) txids: Array<[u8; 32]>,
    /// Number among the blocks of all segments, [`NONE`] for none.
    pub(super) blocks: Array<u32>,
    /// Position in the block, [`NONE`] for none.
    pub(super) tx_indexes: Array<u32>,
    /// Source within the segment.
    pub(super) sources: Array<u32>,
    /// Row in the source, 0 for none.
    pub(super) rows: Array<u32>,
    states: Array<u8>,
    /// How each is made, as [`Habits::code`].
    pub(super) habits: Array<u8>,
    /// First row of transfers of each, and behind the last.
    pub(super) first_transfers: Array<u32>,
}

impl Events {
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(super) fn kind(&self, event: u32) -> EventKind {
        EventKind::from_code(self.kinds[event as usize]).expect("coded when it was read")
    }

    pub(super) fn time(&self, event: u32) -> Instant {
        unpack_time(
            self.seconds[event as usize],
            self.precisions[event as usize],
        )
    }

    pub(super) fn packed_time(&self, event: u32) -> (i64, u8) {
        (
            self.seconds[event as usize],
            self.precisions[event as usize],
        )
    }

    pub(super) fn set_state(&mut self, event: u32, state: State) {
        self.states[event as usize] = state as u8;
    }

    pub(super) fn enters(&self, event: u32) -> bool {
        self.states[event as usize] == State::Enters as u8
    }

    /// The network of an event that is a transaction.
    pub(super) fn network(&self, event: u32) -> Option<Network> {
        Network::from_code(self.networks[event as usize])
    }

    pub(super) fn transfers(&self, event: u32) -> std::ops::Range<u32> {
        self.first_transfers[event as usize]..self.first_transfers[event as usize + 1]
    }

    /// Takes the rows of a part, of which the first is number `first`.
    fn take(&mut self, first: usize, held: &Held, batch: &RecordBatch) -> Result<(), Error> {
        const TABLE: Table = Table::Events;
        let n = batch.num_rows();
        let at = first..first + n;
        words(batch, TABLE, "kind", &mut self.kinds[at.clone()], |word| {
            EventKind::from_word(word).map(EventKind::code)
        })?;
        self.take_times(first, batch)?;
        let networks = &mut self.networks[at.clone()];
        words(batch, TABLE, "network", networks, |word| {
            word.parse::<Network>().ok().map(Network::code)
        })?;
        let txids: &BinaryArray = column(batch, TABLE, "txid")?;
        for (i, network) in networks.iter_mut().enumerate() {
            if txids.is_null(i) {
                *network = NO_NETWORK;
            } else if *network != NO_NETWORK {
                self.txids[first + i] = hash(txids, i, TABLE)?;
            }
        }
        let blocks = small_numbers(batch, TABLE, "block")?;
        let n_blocks = held.small.blocks.len();
        if (blocks.iter()).any(|&block| block != NONE && block as usize >= n_blocks) {
            return Err(damaged(TABLE, "block"));
        }
        let common = |block| {
            if block == NONE {
                NONE
            } else {
                held.first_block + block
            }
        };
        fill(&mut self.blocks[at.clone()], blocks.into_iter().map(common));
        fill(
            &mut self.tx_indexes[at.clone()],
            small_numbers(batch, TABLE, "tx_index")?,
        );
        let n_sources = held.small.sources.len();
        let sources = positions(batch, TABLE, "source", n_sources)?;
        fill(&mut self.sources[at.clone()], sources);
        let rows = small_numbers(batch, TABLE, "row")?;
        let rows = rows
            .into_iter()
            .map(|row| if row == NONE { 0 } else { row });
        fill(&mut self.rows[at.clone()], rows);
        let stale: &BooleanArray = column(batch, TABLE, "stale")?;
        // The segment's own word; what the case says of the block comes later.
        let state = |i| {
            if stale.value(i) {
                State::LeftOut
            } else {
                State::Enters
            }
        };
        fill(&mut self.states[at.clone()], (0..n).map(|i| state(i) as u8));
        fill(&mut self.habits[at], habits(batch)?);
        Ok(())
    }

    fn take_times(&mut self, first: usize, batch: &RecordBatch) -> Result<(), Error> {
        let unknown = pack_precision(Instant::UNKNOWN, false);
        let precisions = &mut self.precisions[first..first + batch.num_rows()];
        words(batch, Table::Events, "precision", precisions, |word| {
            let precision = Precision::from_word(word)?;
            Some(pack_precision(Instant::new(0, precision), false))
        })?;
        let times: &TimestampMicrosecondArray = column(batch, Table::Events, "time")?;
        for (i, precision) in precisions.iter_mut().enumerate() {
            if times.is_null(i) {
                *precision = unknown;
            }
            if *precision != unknown {
                self.seconds[first + i] = times.value(i).div_euclid(1_000_000);
            }
        }
        Ok(())
    }
}

/// Transfers of all segments. The row of one that enters is its number while the graph is built.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Number of the account, [`JUNCTION`] or [`PLACEHOLDER`].
    pub(super) from: Array<u32>,
    pub(super) to: Array<u32>,
    pub(super) assets: Array<u16>,
    /// Units; `i64::MIN` for an amount that is unknown or stands in `wide`.
    units: Array<i64>,
    /// Amounts that do not fit, ascending by row.
    wide: Vec<(u32, i128)>,
    /// Kind in the low six bits, layers in the two highest.
    pub(super) kinds: Array<u8>,
    /// Event that it enters with.
    pub(super) events: Array<u32>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(super) fn kind(&self, row: u32) -> TransferKind {
        TransferKind::from_code(self.kinds[row as usize] & 0x3f).expect("coded when it was read")
    }

    pub(super) fn layers(&self, row: u32) -> Layers {
        Layers::from_bits(self.kinds[row as usize] >> 6).expect("coded when it was read")
    }

    /// The amount that the row states.
    pub(super) fn amount(&self, row: u32) -> Option<Amount> {
        amount_of(self.units[row as usize], row, &self.wide)
    }
}

/// Reads the events of all segments.
pub(super) fn events(scratch: &Scratch, segments: &[Held]) -> Result<Events, Error> {
    const COLUMNS: [&str; 13] = [
        "kind",
        "network",
        "txid",
        "block",
        "tx_index",
        "time",
        "precision",
        "source",
        "row",
        "stale",
        "version",
        "lock_time",
        "sequence",
    ];
    let n = segments.last().map_or(0, |held| held.events.end as usize);
    let mut has_txids = false;
    let mut events = Events {
        kinds: scratch.array(n)?,
        seconds: scratch.array(n)?,
        precisions: scratch.array(n)?,
        networks: scratch.array(n)?,
        txids: scratch.array(n)?,
        blocks: scratch.array(n)?,
        tx_indexes: scratch.array(n)?,
        sources: scratch.array(n)?,
        rows: scratch.array(n)?,
        states: scratch.array(n)?,
        habits: scratch.array(n)?,
        first_transfers: scratch.array(n + 1)?,
    };
    for held in segments {
        let table = TableScan::open(&held.segment, Table::Events)?;
        let first = held.events.start as usize;
        table.scan(
            &COLUMNS,
            |_, batch| Ok(batch.clone()),
            |row, batch: RecordBatch| {
                scratch.advance(batch.num_rows() as u64)?;
                events.take(first + row, held, &batch)?;
                let taken = first + row..first + row + batch.num_rows();
                has_txids |= events.networks[taken]
                    .iter()
                    .any(|&network| network != NO_NETWORK);
                Ok(())
            },
        )?;
    }
    if !has_txids {
        events.txids = Array::default();
    }
    Ok(events)
}

/// What one part of the transfers holds.
struct Part {
    events: Vec<u32>,
    from: Vec<u32>,
    to: Vec<u32>,
    assets: Vec<u32>,
    units: Vec<i64>,
    wide: Vec<(u32, i128)>,
    kinds: Vec<u8>,
    n_too_large: usize,
}

/// Amounts that became too large when they were brought to the decimals of other exhibits, by segment.
pub(super) type TooLarge = Vec<usize>;

/// Reads the transfers of all segments, and numbers their accounts by key.
pub(super) fn transfers(
    scratch: &Scratch,
    segments: &[Held],
    events: &mut Events,
    more_keys: &[Vec<u8>],
) -> Result<(Rows, Keys, TooLarge), Error> {
    const COLUMNS: [&str; 8] = [
        "event", "from", "to", "asset", "amount", "kind", "custody", "value",
    ];
    let n = segments
        .last()
        .map_or(0, |held| held.transfers.end as usize);
    let mut rows = Rows {
        from: scratch.array(n)?,
        to: scratch.array(n)?,
        assets: scratch.array(n)?,
        units: scratch.array(n)?,
        wide: Vec::new(),
        kinds: scratch.array(n)?,
        events: scratch.array(n)?,
    };
    let tables: Vec<TableScan> = segments
        .iter()
        .map(|held| TableScan::open(&held.segment, Table::Transfers))
        .collect::<Result<_, _>>()?;
    let interner = Interner::new(scratch, accounts::splitters(scratch, &tables, n)?);
    for key in more_keys {
        interner.name(key)?;
    }
    let mut too_large = TooLarge::new();
    let mut next_event = 0;
    for (held, table) in segments.iter().zip(&tables) {
        let first = held.transfers.start;
        let mut n_too_large = 0;
        table.scan(
            &COLUMNS,
            |row, batch| part(held, &interner, first + small(row), batch),
            |row, part| {
                scratch.advance(part.events.len() as u64)?;
                let at = first as usize + row;
                for (i, &event) in (at..).zip(&part.events) {
                    let event = held.events.start + event;
                    if event + 1 < next_event {
                        let why = "transfers do not stand in the order of their events";
                        return Err(Error::damaged(Table::Transfers.file_name(), why));
                    }
                    while next_event <= event {
                        events.first_transfers[next_event as usize] = small(i);
                        next_event += 1;
                    }
                    rows.events[i] = event;
                }
                let at = at..at + part.events.len();
                rows.from[at.clone()].copy_from_slice(&part.from);
                rows.to[at.clone()].copy_from_slice(&part.to);
                for (i, &asset) in at.clone().zip(&part.assets) {
                    rows.assets[i] = held.assets[asset as usize];
                }
                rows.units[at.clone()].copy_from_slice(&part.units);
                rows.kinds[at].copy_from_slice(&part.kinds);
                rows.wide.extend(part.wide);
                n_too_large += part.n_too_large;
                Ok(())
            },
        )?;
        too_large.push(n_too_large);
    }
    for event in next_event as usize..=events.len() {
        events.first_transfers[event] = small(n);
    }
    let keys = interner.finish(|row, side, number| match side {
        accounts::Side::From => rows.from[row as usize] = number,
        accounts::Side::To => rows.to[row as usize] = number,
    })?;
    Ok((rows, keys, too_large))
}

fn part(held: &Held, interner: &Interner, first: u32, batch: &RecordBatch) -> Result<Part, Error> {
    const TABLE: Table = Table::Transfers;
    let n = batch.num_rows();
    let (from, to): (&BinaryArray, &BinaryArray) =
        (column(batch, TABLE, "from")?, column(batch, TABLE, "to")?);
    let amounts: &Decimal128Array = column(batch, TABLE, "amount")?;
    let (custody, value): (&BooleanArray, &BooleanArray) = (
        column(batch, TABLE, "custody")?,
        column(batch, TABLE, "value")?,
    );
    let mut part = Part {
        events: positions(batch, TABLE, "event", held.events.len())?,
        from: vec![JUNCTION; n],
        to: vec![JUNCTION; n],
        assets: positions(batch, TABLE, "asset", held.assets.len())?,
        units: vec![i64::MIN; n],
        wide: Vec::new(),
        kinds: vec![0; n],
        n_too_large: 0,
    };
    words(batch, TABLE, "kind", &mut part.kinds, |word| {
        TransferKind::from_word(word).map(TransferKind::code)
    })?;
    let mut throw = Throw::into(interner.buckets());
    for i in 0..n {
        let row = first + small(i);
        if from.is_valid(i) {
            let key = from.value(i);
            // The placeholder of an output outside the evidence: its outpoint says the same, and most
            // such outputs are found.
            if part.kinds[i] == TransferKind::Input.code() && accounts::is_placeholder(key) {
                part.from[i] = PLACEHOLDER;
            } else {
                interner.throw(&mut throw, key, row, accounts::Side::From);
            }
        }
        if to.is_valid(i) {
            interner.throw(&mut throw, to.value(i), row, accounts::Side::To);
        }
        let layers = u8::from(custody.value(i)) | u8::from(value.value(i)) << 1;
        if Layers::from_bits(layers).is_none() {
            return Err(damaged(TABLE, "custody"));
        }
        part.kinds[i] |= layers << 6;
        if amounts.is_valid(i) {
            match scaled(
                amounts.value(i),
                held.missing_places[part.assets[i] as usize],
            ) {
                Some(units) => {
                    let (narrow, wide) = split(Some(units));
                    part.units[i] = narrow;
                    part.wide.extend(wide.map(|units| (row, units)));
                }
                None => part.n_too_large += 1,
            }
        }
    }
    throw.finish()?;
    Ok(part)
}

/// Units with `places` more decimal places, if they stay an amount.
pub(super) fn scaled(units: i128, places: u8) -> Option<i128> {
    let units = 10_i128.checked_pow(places.into())?.checked_mul(units)?;
    Amount::new(units).ok().map(Amount::units)
}

/// A number that was checked to fit when the segments were opened.
pub(super) fn small(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NONE)
}

fn fill<T>(to: &mut [T], from: impl IntoIterator<Item = T>) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = from);
}

/// A column of numbers; [`NONE`] where there is none.
pub(super) fn small_numbers(
    batch: &RecordBatch,
    table: Table,
    name: &str,
) -> Result<Vec<u32>, Error> {
    let array: &Int64Array = column(batch, table, name)?;
    let number = |i: usize| {
        if array.is_null(i) {
            return Ok(NONE);
        }
        let number = u32::try_from(array.value(i))
            .ok()
            .filter(|&number| number != NONE);
        number.ok_or_else(|| damaged(table, name))
    };
    (0..array.len()).map(number).collect()
}

/// How the events of a part are made, as [`Habits::code`]; columns that an earlier schema lacks say nothing.
fn habits(batch: &RecordBatch) -> Result<Vec<u8>, Error> {
    const TABLE: Table = Table::Events;
    let newer = |name: &str| -> Result<Option<&Int64Array>, Error> {
        let is_there = batch.column_by_name(name).is_some();
        is_there.then(|| column(batch, TABLE, name)).transpose()
    };
    let (versions, lock_times, sequences) =
        (newer("version")?, newer("lock_time")?, newer("sequence")?);
    let code = |i| {
        let form = TransactionForm {
            version: stated(versions, i).map_err(|()| damaged(TABLE, "version"))?,
            lock_time: stated(lock_times, i).map_err(|()| damaged(TABLE, "lock_time"))?,
            sequence: stated(sequences, i).map_err(|()| damaged(TABLE, "sequence"))?,
        };
        Ok(form.habits().code())
    };
    (0..batch.num_rows()).map(code).collect()
}

fn stated<T: TryFrom<i64>>(array: Option<&Int64Array>, i: usize) -> Result<Option<T>, ()> {
    let Some(array) = array.filter(|array| array.is_valid(i)) else {
        return Ok(None);
    };
    T::try_from(array.value(i)).map(Some).map_err(|_| ())
}

/// A column of positions below `n`, none of which is missing.
pub(super) fn positions(
    batch: &RecordBatch,
    table: Table,
    name: &str,
    n: usize,
) -> Result<Vec<u32>, Error> {
    let positions = small_numbers(batch, table, name)?;
    match positions.iter().find(|&&position| position as usize >= n) {
        Some(_) => Err(damaged(table, name)),
        None => Ok(positions),
    }
}

/// A column of a table holds what cannot be.
pub(super) fn damaged(table: Table, column: &str) -> Error {
    let why = format!("column `{column}` holds what cannot be");
    Error::damaged(table.file_name(), why)
}

/// A column of words as codes; [`NO_NETWORK`] where there is none, which only a network may be.
fn words(
    batch: &RecordBatch,
    table: Table,
    name: &str,
    codes: &mut [u8],
    code: impl Fn(&str) -> Option<u8>,
) -> Result<(), Error> {
    let array: &StringArray = column(batch, table, name)?;
    let mut known: Vec<(&str, u8)> = Vec::new();
    for (i, slot) in codes.iter_mut().enumerate() {
        if array.is_null(i) {
            if name != "network" {
                return Err(damaged(table, name));
            }
            *slot = NO_NETWORK;
            continue;
        }
        let word = array.value(i);
        let found = known.iter().find(|known| known.0 == word);
        let code = match found {
            Some(&(_, code)) => Some(code),
            None => code(word).inspect(|&code| known.push((word, code))),
        };
        *slot = code.ok_or_else(|| {
            Error::damaged(table.file_name(), format!("`{word}` in column `{name}`"))
        })?;
    }
    Ok(())
}

/// Thirty-two bytes of a column.
pub(super) fn hash(array: &BinaryArray, i: usize, table: Table) -> Result<[u8; 32], Error> {
    let bytes = array.value(i).try_into();
    bytes.map_err(|_| Error::damaged(table.file_name(), "a transaction id of another length"))
}
