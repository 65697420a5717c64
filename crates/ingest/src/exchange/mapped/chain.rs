//! Rows that are movements between accounts of a chain.

use super::super::cells::Number;
use super::sheet::{Mapped, Role, State};
use super::written::{Tally, Written};
use crate::chain::batch_of_file;
use crate::table::field::Field;
use crate::table::list::position;
use crate::table::{Row, Sheet};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, EventKind, Instant, Layers, Network, RecordBin,
    TransactionForm, TransferKind,
};
use moneytrail_store::schema::{
    Batch, Endpoint, EventRow, RecordPlace, RecordRow, Reference, ReferenceRow, TransferRow,
};
use rustc_hash::FxHashMap;

/// A leg before its amount is brought to the decimals of its asset.
struct Leg {
    ends: (AccountKey, AccountKey),
    asset: Asset,
    written: Written,
    number: Number,
    kind: TransferKind,
}

/// A row that is understood.
struct Movement {
    row: usize,
    time: Instant,
    network: Option<Network>,
    txid: Option<[u8; 32]>,
    legs: Vec<Leg>,
}

impl Movement {
    /// The transaction that the row describes. One of a UTXO chain has inputs and outputs, which such a row is no
    /// description of.
    fn described(&self) -> Option<(Network, [u8; 32])> {
        let network = self.network.filter(|network| !network.is_utxo());
        network.zip(self.txid)
    }
}

/// Rows of one transaction together, where the first of them stood; any other row alone.
fn transactions(read: Vec<Movement>) -> Vec<Vec<Movement>> {
    let mut all: Vec<Vec<Movement>> = Vec::with_capacity(read.len());
    let mut places: FxHashMap<(Network, [u8; 32]), usize> = FxHashMap::default();
    for movement in read {
        let next = all.len();
        let described = movement.described();
        let place = described.map_or(next, |described| *places.entry(described).or_insert(next));
        if place == next {
            all.push(Vec::new());
        }
        all[place].push(movement);
    }
    all
}

/// Rows, figures, remarks, assumptions.
pub(super) type Rows = (Batch, Vec<(String, u64)>, Vec<String>, Vec<String>);

/// Reads the rows of a sheet.
pub(super) fn rows(mapped: &Mapped<'_>) -> Rows {
    let sheet = mapped.sheet;
    let mut batch = batch_of_file(&sheet.path);
    batch.sources = vec![sheet.source()];
    let mut read: Vec<Movement> = Vec::new();
    for (at, row) in sheet.rows.iter().enumerate() {
        let (bin, why) = match mapped.role(at, row) {
            Role::Context(why) => (RecordBin::Contextual, why.to_owned()),
            Role::Data => match movement(mapped, at, row) {
                Ok(movement) => {
                    read.push(movement);
                    continue;
                }
                Err(told) => told,
            },
        };
        batch.records.push(record(row, bin, Some(&why)));
    }
    in_time(&mut read);
    let places = places(mapped, &read);
    let mut tally = Tally::default();
    let (mut n_transfers, mut n_fees) = (0, 0);
    let mut assets: FxHashMap<AssetKey, u32> = FxHashMap::default();
    for transaction in transactions(read) {
        let mut rows = Vec::with_capacity(transaction.len());
        for movement in transaction {
            let row = &sheet.rows[movement.row];
            let amounts = movement.legs.iter().map(|leg| amount(mapped, leg, &places));
            match amounts.collect::<Result<Vec<Amount>, String>>() {
                Ok(amounts) => {
                    for leg in &movement.legs {
                        tally.count(&leg.written, &leg.asset);
                    }
                    let kept = record(row, RecordBin::Transferred, None);
                    batch.records.push(kept);
                    rows.push((movement, amounts));
                }
                Err(why) => {
                    let kept = record(row, RecordBin::Quarantined, Some(&why));
                    batch.records.push(kept);
                }
            }
        }
        let [transfers, fees] = put(&mut batch, &mut assets, &places, sheet, rows);
        n_transfers += transfers;
        n_fees += fees;
    }
    batch.records.sort_by_key(|record| match record.place {
        RecordPlace::Row(row) => row,
        RecordPlace::Bytes(..) => 0,
    });
    let figures = vec![
        ("transfers".to_owned(), n_transfers),
        ("fees".to_owned(), n_fees),
    ];
    (batch, figures, Vec::new(), tally.assumptions())
}

/// Appends the event of one transaction, which its first row is; the others are cited by the legs that they state.
/// Returns how many transfers and fees it has.
fn put(
    batch: &mut Batch,
    assets: &mut FxHashMap<AssetKey, u32>,
    places: &FxHashMap<AssetKey, u8>,
    sheet: &Sheet,
    rows: Vec<(Movement, Vec<Amount>)>,
) -> [u64; 2] {
    let first = position(batch.events.len());
    for (nth, (movement, _)) in rows.iter().enumerate() {
        batch.events.push(EventRow {
            kind: EventKind::Payment,
            transaction: movement.described().filter(|_| nth == 0),
            block: None,
            tx_index: None,
            time: movement.time,
            source: 0,
            row: Some(sheet.rows[movement.row].number),
            stale: false,
            form: TransactionForm::default(),
        });
    }
    let mut n = [0, 0];
    let mut fees: Vec<(AccountKey, AssetKey, Amount)> = Vec::new();
    for (nth, (movement, amounts)) in (0_u32..).zip(rows) {
        let is_described = movement.described().is_some();
        for (leg, amount) in movement.legs.into_iter().zip(amounts) {
            let is_fee = leg.kind == TransferKind::Fee;
            if is_fee {
                // Each row of a transaction states the one fee of it.
                let fee = (leg.ends.0.clone(), leg.asset.key().clone(), amount);
                if fees.contains(&fee) {
                    continue;
                }
                fees.push(fee);
            }
            let next = position(batch.assets.len());
            let asset = *assets.entry(leg.asset.key().clone()).or_insert(next);
            if asset == next {
                let decimals = places[leg.asset.key()];
                batch.assets.push(leg.asset.with_decimals(decimals));
            }
            let transfer = position(batch.transfers.len());
            let named = movement.txid.filter(|_| !is_described && !is_fee);
            let named = named.map(|txid| Reference::Transaction {
                txid,
                account: leg.ends.1.network().map(|_| leg.ends.1.clone()),
            });
            let row = (nth > 0).then(|| Reference::Row { event: first + nth });
            for reference in named.into_iter().chain(row) {
                batch.references.push(ReferenceRow {
                    transfer,
                    reference,
                });
            }
            batch.transfers.push(&TransferRow {
                event: first,
                from: Endpoint::Account(leg.ends.0),
                to: Endpoint::Account(leg.ends.1),
                asset,
                amount: Some(amount),
                kind: leg.kind,
                layers: Layers::BOTH,
            });
            n[usize::from(is_fee)] += 1;
        }
    }
    n
}

fn record(row: &Row, bin: RecordBin, why: Option<&str>) -> RecordRow {
    RecordRow {
        source: 0,
        place: RecordPlace::Row(row.number),
        bin,
        reason: why.map(Box::from),
        raw: row.raw(),
    }
}

/// Tables of explorers begin with what is newest.
fn in_time(read: &mut [Movement]) {
    let n = |later: fn(i64, i64) -> bool| {
        let pairs = read.windows(2);
        pairs
            .filter(|pair| later(pair[0].time.earliest(), pair[1].time.earliest()))
            .count()
    };
    if n(|a, b| a > b) > n(|a, b| a < b) {
        read.reverse();
    }
    read.sort_by_key(|movement| movement.time.earliest());
}

fn movement(mapped: &Mapped<'_>, at: usize, row: &Row) -> Result<Movement, (RecordBin, String)> {
    let wrong = |why: String| (RecordBin::Quarantined, why);
    let network = mapped.network_of(row).map_err(wrong)?;
    let time = mapped.time(row).map_err(wrong)?;
    let state = mapped.state(row).map_err(wrong)?;
    if state == State::Waits {
        return Err((
            RecordBin::SetAside,
            "had not moved when this was exported".to_owned(),
        ));
    }
    let end = |field: Field| account(mapped.text(row, field), network, field);
    let from = end(Field::From).map_err(wrong)?;
    let mut legs = Vec::new();
    if state == State::Done {
        let to = end(Field::To).map_err(wrong)?;
        let number = mapped.number(row, Field::Amount).map_err(wrong)?;
        let number = number.ok_or_else(|| wrong("no amount".to_owned()))?;
        if number.negative {
            return Err(wrong("the amount is below zero".to_owned()));
        }
        if !number.is_zero() {
            let fields = (Field::Amount, Field::Currency);
            let (asset, written) = mapped.asset(row, fields, network).map_err(wrong)?;
            legs.push(Leg {
                ends: (of_nobody(&from, true), of_nobody(&to, false)),
                asset,
                written,
                number,
                kind: TransferKind::Payment,
            });
        }
    }
    let fee = mapped.number(row, Field::Fee).map_err(wrong)?;
    if let Some(fee) = fee.filter(|fee| !fee.is_zero()) {
        if fee.negative {
            return Err(wrong("the fee is below zero".to_owned()));
        }
        let (asset, written) = match (mapped.text(row, Field::FeeCurrency), network) {
            // Fees of a network are paid in its coin.
            ("", Some(network)) => (Asset::new(AssetKey::Native(network)), Written::Plainly),
            _ => mapped
                .asset(row, (Field::Fee, Field::FeeCurrency), network)
                .map_err(wrong)?,
        };
        let to = network.map_or_else(|| AccountKey::Listed("fees".into()), AccountKey::Fees);
        legs.push(Leg {
            ends: (from, to),
            asset,
            written,
            number: fee,
            kind: TransferKind::Fee,
        });
    }
    if legs.is_empty() {
        return Err(match state {
            State::Done => (RecordBin::Contextual, "moves nothing".to_owned()),
            _ => (RecordBin::SetAside, "failed: nothing moved".to_owned()),
        });
    }
    Ok(Movement {
        row: at,
        time,
        network,
        txid: mapped.txid(row).map_err(wrong)?,
        legs,
    })
}

/// An account of the network, or, where no network is known, a name.
fn account(text: &str, network: Option<Network>, field: Field) -> Result<AccountKey, String> {
    if text.is_empty() {
        return Err(format!("column {} is empty", field.as_str()));
    }
    let Some(network) = network else {
        return Ok(AccountKey::Listed(text.into()));
    };
    AccountKey::parse(text, network)
        .filter(|account| account.network() == Some(network))
        .ok_or_else(|| {
            let shown: String = text.chars().take(70).collect();
            format!("`{shown}` is no address of {network}")
        })
}

/// The zero address creates and destroys.
fn of_nobody(account: &AccountKey, is_from: bool) -> AccountKey {
    let network = match account {
        AccountKey::Evm(network, address) if *address == [0; 20] => *network,
        AccountKey::Tron(address) if *address == [0; 20] => Network::Tron,
        account => return account.clone(),
    };
    if is_from {
        AccountKey::Issuance(network)
    } else {
        AccountKey::Burned(network)
    }
}

/// Decimals of each asset: those that are known, else the most that the table shows.
fn places(mapped: &Mapped<'_>, read: &[Movement]) -> FxHashMap<AssetKey, u8> {
    let mut places: FxHashMap<AssetKey, u8> = FxHashMap::default();
    for leg in read.iter().flat_map(|movement| &movement.legs) {
        let own = leg.asset.decimals();
        let known = places.entry(leg.asset.key().clone()).or_insert(own);
        if !mapped.is_smallest() && !is_fixed(&leg.asset) {
            *known = (*known).max(u8::try_from(leg.number.n_places()).unwrap_or(u8::MAX));
        }
    }
    places
}

fn is_fixed(asset: &Asset) -> bool {
    matches!(asset.key(), AssetKey::Native(_)) || asset.key().is_known_token()
}

fn amount(
    mapped: &Mapped<'_>,
    leg: &Leg,
    places: &FxHashMap<AssetKey, u8>,
) -> Result<Amount, String> {
    let decimals = if mapped.is_smallest() {
        0
    } else {
        places[leg.asset.key()]
    };
    Amount::parse_decimal(&leg.number.text, decimals)
        .map_err(|error| format!("{} {}: {error}", leg.number.text, leg.asset.symbol()))
}
