//! A wallet's history as Electrum exports it, CSV (`chains.md` §1).
//!
//! Laws. A row is a record: what one transaction changed in the wallet. It does not say who else was in it, so
//! that the other side is an account of that transaction alone. The row is a description of the transaction, by
//! its id: where an exhibit holds the chain's own record, that enters in place of all that the row says. A fee that the row states is
//! a transfer of its own and not part of what was paid. A transaction that no block confirms is set
//! aside. The wallet is an account of this exhibit.
//!
//! Times are written without a zone: each stands for a day that covers the hour it names from UTC−10 to UTC+14.

use super::rows::{batch_of, position};
use super::stamp::seconds;
use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use moneytrail_model::{
    AccountKey, Amount, BookId, EventKind, Instant, Layers, Network, Precision, RecordBin,
    RecordCounts, TransactionForm, TransferKind,
};
use moneytrail_store::schema::{
    Batch, Endpoint, EventRow, RecordPlace, RecordRow, Sink, TransferRow,
};

/// Columns that are read, in the order of [`Columns`].
const NAMES: [&str; 5] = [
    "transaction_hash",
    "confirmations",
    "value",
    "fee",
    "timestamp",
];
/// Seconds that the easternmost zone is ahead of UTC.
const AHEAD_SECONDS: i64 = 14 * 3_600;
/// Rows after which a batch ends.
const BATCH_LEN: usize = 4_096;

/// Where each of [`NAMES`] stands.
type Columns = [usize; NAMES.len()];

fn columns(header: &csv::StringRecord) -> Option<Columns> {
    let column = |name: &str| header.iter().position(|cell| cell.trim() == name);
    let mut columns = [0; NAMES.len()];
    for (place, name) in columns.iter_mut().zip(NAMES) {
        *place = column(name)?;
    }
    Some(columns)
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    csv::ReaderBuilder::new().flexible(true).from_reader(bytes)
}

/// Whether a text begins with the header of such a history.
pub(super) fn is_history(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    reader(line)
        .headers()
        .is_ok_and(|header| columns(header).is_some())
}

/// Reads the history of one wallet.
pub(super) fn read(
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let network = options.network.unwrap_or(Network::Bitcoin);
    let mut assumptions = vec!["times name no zone: each stands for a day around it".to_owned()];
    if options.network.is_none() {
        let assumed = "a wallet's history names no network: it is taken to be of bitcoin (--network states another)";
        assumptions.push(assumed.to_owned());
    }
    let mut counts = RecordCounts::default();
    for file in &evidence.files {
        let map = file.map()?.ok_or_else(|| Error::Empty {
            path: file.name.clone(),
        })?;
        let mut reader = reader(&map);
        let header = reader.headers().ok().and_then(columns);
        let columns = header.ok_or_else(|| Error::Contradiction {
            path: file.name.clone(),
            why: "its first line does not name the columns of Electrum's history".to_owned(),
        })?;
        counts.count(RecordBin::Contextual);
        let empty = || {
            let mut batch = batch_of(&file.name, network);
            batch.sources[0].sheet = Some("-".into());
            batch
        };
        let mut batch = empty();
        for (row, cells) in (2_u32..).zip(reader.byte_records()) {
            let history = History {
                network,
                book: evidence.book,
                row,
            };
            let cells = cells.unwrap_or_default();
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).into_owned())
                .collect();
            let told = history.row(&cells, &columns, &mut batch);
            let (bin, reason) = match told {
                Ok(()) => (RecordBin::Transferred, None),
                Err((bin, reason)) => (bin, Some(reason.into())),
            };
            counts.count(bin);
            batch.records.push(RecordRow {
                source: 0,
                place: RecordPlace::Row(row),
                bin,
                reason,
                raw: cells.into_iter().map(Box::from).collect(),
            });
            if batch.records.len() >= BATCH_LEN {
                sink.push(std::mem::replace(&mut batch, empty()))?;
            }
        }
        sink.push(batch)?;
        progress.advance(map.len() as u64);
    }
    Ok(Outcome {
        format: Format::Electrum,
        network: Some(network),
        counts,
        figures: vec![("transactions".to_owned(), counts.transferred)],
        stale: Vec::new(),
        assumptions,
        remarks: Vec::new(),
        profile: None,
    })
}

/// A row of a wallet's history.
struct History {
    network: Network,
    book: BookId,
    row: u32,
}

impl History {
    fn row(
        &self,
        cells: &[String],
        columns: &Columns,
        batch: &mut Batch,
    ) -> Result<(), (RecordBin, String)> {
        let wrong = |reason: String| (RecordBin::Quarantined, reason);
        let [hash, confirmations, value, fee, time] =
            columns.map(|column| cells.get(column).map_or("", |cell| cell.trim()));
        let mut txid = [0; 32];
        hex::decode_to_slice(hash, &mut txid).map_err(|_| wrong(format!("`{hash}` is no hash")))?;
        let n_blocks: i64 = confirmations
            .parse()
            .map_err(|_| wrong(format!("`{confirmations}` is no number of confirmations")))?;
        if n_blocks <= 0 {
            let reason = "unconfirmed: no block held the transaction when it was exported";
            return Err((RecordBin::SetAside, reason.to_owned()));
        }
        let amount = |text: &str| {
            let parsed = Amount::parse_decimal(text, self.network.decimals());
            let max = i128::from(self.network.money_max());
            parsed
                .ok()
                .filter(|amount| amount.units().abs() <= max)
                .ok_or_else(|| wrong(format!("`{text}` is no amount of coins")))
        };
        let value = amount(value)?.units();
        // Electrum writes a dash or nothing where it does not know the fee.
        let fee = match fee {
            "" | "-" | "None" | "No Data" => 0,
            fee => amount(fee)?.units(),
        };
        let is_spent = value < 0;
        let moved = if is_spent { -value - fee } else { value };
        if fee < 0 || moved < 0 {
            return Err(wrong(format!(
                "a fee of {fee} does not fit a change of {value}"
            )));
        }
        let whole = if time.len() == "2009-01-03 18:15".len() {
            format!("{time}:00")
        } else {
            time.to_owned()
        };
        let named = seconds(&whole).ok_or_else(|| wrong(format!("`{time}` is no time")))?;
        let time = Instant::new(named.saturating_sub(AHEAD_SECONDS), Precision::Day);
        self.push(
            batch,
            txid,
            time,
            (is_spent, moved, if is_spent { fee } else { 0 }),
        );
        Ok(())
    }

    fn push(
        &self,
        batch: &mut Batch,
        txid: [u8; 32],
        time: Instant,
        (is_spent, moved, fee): (bool, i128, i128),
    ) {
        let event = position(batch.events.len());
        let mut internal = txid;
        internal.reverse();
        batch.events.push(EventRow {
            kind: EventKind::LedgerLine,
            transaction: Some((self.network, internal)),
            block: None,
            tx_index: None,
            time,
            source: 0,
            row: Some(self.row),
            stale: false,
            form: TransactionForm::default(),
        });
        let named = |name: String| Endpoint::Account(AccountKey::Customer(self.book, name.into()));
        let wallet = || named("Electrum wallet".to_owned());
        let other = named(format!("other side of {}", hex::encode(txid)));
        let (from, to) = if is_spent {
            (wallet(), other)
        } else {
            (other, wallet())
        };
        let fees = Endpoint::Account(AccountKey::Fees(self.network));
        let legs = [
            (from, to, moved, TransferKind::Payment),
            (wallet(), fees, fee, TransferKind::Fee),
        ];
        for (from, to, units, kind) in legs.into_iter().filter(|leg| leg.2 > 0) {
            batch.transfers.push(&TransferRow {
                event,
                from,
                to,
                asset: 0,
                amount: Amount::new(units).ok(),
                kind,
                layers: Layers::BOTH,
            });
        }
    }
}
