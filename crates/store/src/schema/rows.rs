//! The rows of a segment as readers make them.
//!
//! Laws: a row refers to other rows of its own batch by position only, so that batches can be made
//! in parallel; what lies outside the batch (an outpoint, a token, a transaction id) stays a
//! reference, which building the index resolves across exhibits. An unknown amount is `None`, never
//! zero.

use super::transfers::Transfers;
use moneytrail_model::{
    AccountKey, Amount, Asset, Basis, EventKind, Instant, Layers, Locator, Network, Place,
    RecordBin, TransactionForm, TransferKind, Watch,
};

/// A file of the exhibit, and a sheet of it where it has sheets (`-` for delimited text).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceRow {
    /// Path within the exhibit, `/` between parts.
    pub path: Box<str>,
    /// Sheet name; `-` for delimited text; `None` for files without rows.
    pub sheet: Option<Box<str>>,
    /// Whether its sheet runs from right to left.
    pub right_to_left: bool,
}

/// Where a record stands within its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordPlace {
    /// A row, from 1.
    Row(u32),
    /// A range of bytes: first, and behind the last.
    Bytes(u64, u64),
}

/// A record with its raw text. Books keep all of theirs; chains and plain lists keep those that
/// gave no transfer, because the others can be read again at their place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordRow {
    /// Position in the batch's sources.
    pub source: u32,
    /// Place within the source.
    pub place: RecordPlace,
    /// What became of it.
    pub bin: RecordBin,
    /// Why, for every bin but `transferred`; and of the second row of a record, which is its first.
    pub reason: Option<Box<str>>,
    /// Raw cells, as written.
    pub raw: Vec<Box<str>>,
}

/// A block of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockRow {
    /// Network.
    pub network: Network,
    /// Block hash, internal byte order.
    pub hash: [u8; 32],
    /// Hash of the block before, internal byte order; `None` where the source does not say.
    pub previous: Option<[u8; 32]>,
    /// Height, where the evidence fixes it.
    pub height: Option<u32>,
    /// Time in the header, seconds since 1970.
    pub time: i64,
    /// Compact target (`nBits`); `None` where the source does not say.
    pub bits: Option<u32>,
    /// Transactions, inputs (coinbases counted) and outputs.
    pub n_transactions: u32,
    /// Inputs, coinbases counted.
    pub n_inputs: u32,
    /// Outputs.
    pub n_outputs: u32,
    /// Position in the batch's sources.
    pub source: u32,
    /// Bytes in the source: first, and behind the last.
    pub bytes: (u64, u64),
    /// Whether a chain with more work leaves it out.
    pub stale: bool,
}

/// Something that happens together or not at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventRow {
    /// What it is.
    pub kind: EventKind,
    /// Network and transaction id (internal byte order on UTXO networks), for chains.
    pub transaction: Option<(Network, [u8; 32])>,
    /// Position in the batch's blocks.
    pub block: Option<u32>,
    /// Position within the block.
    pub tx_index: Option<u32>,
    /// When.
    pub time: Instant,
    /// Position in the batch's sources.
    pub source: u32,
    /// Row in the source, from 1, where it has rows.
    pub row: Option<u32>,
    /// Whether a chain with more work leaves it out.
    pub stale: bool,
    /// How it is made, as far as the source says; nothing of what is no transaction on a UTXO chain.
    pub form: TransactionForm,
}

/// One end of a transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// An account.
    Account(AccountKey),
    /// The junction of the transfer's event.
    Junction,
}

/// One movement of one asset inside an event, as [`Transfers`] take and give it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferRow {
    /// Position in the batch's events; transfers stand in ascending order of events.
    pub event: u32,
    /// From where.
    pub from: Endpoint,
    /// To where.
    pub to: Endpoint,
    /// Position in the batch's assets.
    pub asset: u32,
    /// How much; `None` if the evidence does not say.
    pub amount: Option<Amount>,
    /// What it is.
    pub kind: TransferKind,
    /// In which layers.
    pub layers: Layers,
}

/// Two transfers of the batch, the later of which spends the earlier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkRow {
    /// Position in the batch's transfers.
    pub earlier: u32,
    /// Position in the batch's transfers.
    pub later: u32,
    /// Units of the earlier transfer that it consumes; `None` = all of what the two share.
    pub consumed: Option<Amount>,
    /// Units of the later transfer that it pays; `None` = all.
    pub paid: Option<Amount>,
    /// What it rests on.
    pub basis: Basis,
}

/// An input's reference to the output that it spends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutpointRow {
    /// Position in the batch's transfers: the input.
    pub transfer: u32,
    /// Transaction id, internal byte order.
    pub txid: [u8; 32],
    /// Output index.
    pub vout: u32,
}

/// On which side of an order a record stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// The book of the hawaladar who took the order.
    Issued,
    /// The book of the hawaladar who was to pay it out.
    Received,
}

/// What a record says about a transfer that another exhibit may hold too. If it does, an accepted
/// claim lets the index carry the transfer once and cite both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// The transfer is the due of the order with this token.
    Token {
        /// Number, code or banknote serial, with digits as ASCII and without spaces at the ends.
        token: Box<str>,
        /// On which side the record stands.
        side: Side,
        /// Who took the order.
        issuer: Box<str>,
        /// Who was to pay it out.
        payer: Box<str>,
    },
    /// The transfer is a movement of this on-chain transaction, to this account if it is given.
    Transaction {
        /// Transaction id in the order in which people write it.
        txid: [u8; 32],
        /// Receiving account.
        account: Option<AccountKey>,
    },
    /// The transfer's event changes this account with a custodian, and another file of the custodian may
    /// state the same change.
    Booking {
        /// The account.
        account: AccountKey,
    },
    /// The transfer stands in the row of this event, which has no transfers of its own, and not in that of
    /// its own event.
    Row {
        /// Position in the batch's events.
        event: u32,
    },
}

/// A reference and the transfer that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferenceRow {
    /// Position in the batch's transfers.
    pub transfer: u32,
    /// What is said of it.
    pub reference: Reference,
}

/// What an exhibit says about an account beyond its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountRow {
    /// The account.
    pub account: AccountKey,
    /// What is said: `name`, `father`, `phone`, `place`, `role`, `wallet`, …
    pub field: Box<str>,
    /// As written.
    pub value: Box<str>,
    /// Position in the batch's sources.
    pub source: u32,
    /// Row that says so.
    pub row: Option<u32>,
    /// Column of the cell that says so, from 1; of a `role`, the cell in which the name stands.
    pub column: Option<u32>,
    /// Which of the names in the cell it is about, from 1.
    pub ordinal: Option<u32>,
}

/// Rows of a part of an exhibit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Batch {
    /// Files and sheets.
    pub sources: Vec<SourceRow>,
    /// Assets.
    pub assets: Vec<Asset>,
    /// Blocks.
    pub blocks: Vec<BlockRow>,
    /// Events, in the order of the source.
    pub events: Vec<EventRow>,
    /// Transfers, in the order of their events.
    pub transfers: Transfers,
    /// Links within the batch.
    pub links: Vec<LinkRow>,
    /// Outputs spent.
    pub outpoints: Vec<OutpointRow>,
    /// References to other exhibits.
    pub references: Vec<ReferenceRow>,
    /// Records with raw text.
    pub records: Vec<RecordRow>,
    /// Descriptions of accounts.
    pub accounts: Vec<AccountRow>,
}

impl Batch {
    /// Where an event stands, as a person can write it down and find it again.
    pub fn event_locator(&self, event: &EventRow) -> Locator {
        let block = event
            .block
            .and_then(|block| self.blocks.get(block as usize));
        let height = block.and_then(|block| block.height);
        self.place_locator(event.source, event.row, event.tx_index, height)
    }

    /// Where an event of a source stands: its row, else its place in the block at `height`.
    pub(crate) fn place_locator(
        &self,
        source: u32,
        row: Option<u32>,
        tx_index: Option<u32>,
        height: Option<u32>,
    ) -> Locator {
        match (row, tx_index) {
            (Some(row), _) => self.row_locator(source, row),
            (None, Some(tx_index)) => self.locator(source, Place::Transaction { height, tx_index }),
            (None, None) => self.locator(source, Place::File),
        }
    }

    /// Where a record with raw text stands.
    pub fn record_locator(&self, record: &RecordRow) -> Locator {
        match record.place {
            RecordPlace::Row(row) => self.row_locator(record.source, row),
            RecordPlace::Bytes(start, end) => {
                self.locator(record.source, Place::Bytes { start, end })
            }
        }
    }

    /// A row of a source.
    pub fn row_locator(&self, source: u32, row: u32) -> Locator {
        let sheet = self
            .sources
            .get(source as usize)
            .and_then(|source| source.sheet.as_deref());
        let sheet = sheet.unwrap_or("-").into();
        self.locator(
            source,
            Place::Cell {
                sheet,
                row,
                column: None,
            },
        )
    }

    fn locator(&self, source: u32, place: Place) -> Locator {
        let path = self
            .sources
            .get(source as usize)
            .map_or("", |source| &source.path)
            .into();
        Locator { path, place }
    }
}

/// Takes the batches of an exhibit, in order.
pub trait Sink {
    /// Takes the next batch.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn push(&mut self, batch: Batch) -> Result<(), crate::Error>;
}

impl Sink for Vec<Batch> {
    fn push(&mut self, batch: Batch) -> Result<(), crate::Error> {
        self.push(batch);
        Ok(())
    }
}

/// A sink that takes no more where who waits has the reader end.
pub struct Watched<'a> {
    sink: &'a mut dyn Sink,
    watch: &'a dyn Watch,
}

impl<'a> Watched<'a> {
    /// In front of `sink`.
    pub fn new(sink: &'a mut dyn Sink, watch: &'a dyn Watch) -> Self {
        Self { sink, watch }
    }
}

impl std::fmt::Debug for Watched<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched")
            .field("watch", &self.watch)
            .finish_non_exhaustive()
    }
}

impl Sink for Watched<'_> {
    fn push(&mut self, batch: Batch) -> Result<(), crate::Error> {
        self.watch.check()?;
        self.sink.push(batch)
    }
}
