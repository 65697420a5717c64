//! Rows of the tables of one stretch of blocks become transactions.
//!
//! Laws: a transaction that failed moves its fee alone; a call that was undone moves nothing, nor does what it
//! called; a transaction's own call moves what the transaction says, once; calls in the caller's name
//! (`delegatecall`, `callcode`) and those that may change nothing (`staticcall`) move nothing; what an issuer
//! destroyed leaves the account, although no transfer says so. Of rows that say
//! the same, the first counts and the others are set aside; one that contradicts the first is quarantined.
//!
//! Method: rows are sorted by transaction and position. O(n log n) in the rows of the stretch.

use super::rows::{
    BlockRow, LogRow, Placed, ReceiptRow, Row, TokenRow, TraceKind, TraceRow, TransactionRow,
};
use crate::account_chain::field::{TxId, ZERO};
use crate::account_chain::movement::{BlockFacts, End, Freeze, Leg, Place, Transaction};
use crate::account_chain::tokens::Tokens;
use moneytrail_model::freeze::Change;
use moneytrail_model::{Amount, Instant, RecordBin};

/// What joining needs to know of the whole exhibit.
#[derive(Debug)]
pub(super) struct Setting<'a> {
    pub(super) tokens: &'a Tokens,
    pub(super) has_transactions: bool,
}

/// The rows of a stretch of blocks.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    blocks: Vec<Placed<BlockRow>>,
    transactions: Vec<Placed<TransactionRow>>,
    tokens: Vec<Placed<TokenRow>>,
    receipts: Vec<Placed<ReceiptRow>>,
    traces: Vec<Placed<TraceRow>>,
    logs: Vec<Placed<LogRow>>,
}

/// What became of a stretch.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// In the order of the chain.
    pub(super) transactions: Vec<Transaction>,
    /// Rows that are set aside or in quarantine, and why.
    pub(super) kept: Vec<(Place, RecordBin, String)>,
    /// What issuers did to accounts' holdings.
    pub(super) freezes: Vec<Freeze>,
    /// Rows that were understood and move nothing.
    pub(super) n_contextual: u64,
    pub(super) n_failed: u64,
    /// Transactions that no receipt speaks of, or none that says whether they were carried out.
    pub(super) n_without_status: u64,
    /// Those whose fee is not known.
    pub(super) n_without_fee: u64,
    pub(super) n_without_time: u64,
    /// Transactions that state another block than the table of blocks has at their height.
    pub(super) n_in_other_blocks: u64,
    /// Transactions of which only other tables speak.
    pub(super) n_without_row: u64,
    /// Rows whose kind moves other things than coins.
    pub(super) n_other_kinds: u64,
}

impl Joined {
    fn keep(&mut self, place: Place, bin: RecordBin, reason: String) {
        self.kept.push((place, bin, reason));
    }
}

/// One transaction's rows, by place in the sorted lists.
struct Group<'a> {
    id: TxId,
    block: u32,
    transaction: Option<&'a Placed<TransactionRow>>,
    receipt: Option<&'a Placed<ReceiptRow>>,
    tokens: &'a [Placed<TokenRow>],
    traces: &'a [Placed<TraceRow>],
    logs: &'a [Placed<LogRow>],
}

impl Stretch {
    pub(super) fn push(&mut self, block: u32, place: Place, row: Row) {
        match row {
            Row::Block(row) => self.blocks.push(Placed { block, place, row }),
            Row::Transaction(row) => self.transactions.push(Placed { block, place, row }),
            Row::Token(row) => self.tokens.push(Placed { block, place, row }),
            Row::Receipt(row) => self.receipts.push(Placed { block, place, row }),
            Row::Trace(row) => self.traces.push(Placed { block, place, row }),
            Row::Log(row) => self.logs.push(Placed { block, place, row }),
        }
    }

    /// Joins the rows.
    pub(super) fn join(mut self, setting: &Setting<'_>) -> Joined {
        let mut joined = Joined::default();
        self.blocks.sort_by_key(|row| (row.block, row.place));
        self.transactions
            .sort_by_key(|row| (row.block, row.row.id, row.place));
        self.receipts
            .sort_by_key(|row| (row.block, row.row.id, row.place));
        self.tokens
            .sort_by_key(|row| (row.block, row.row.id, row.row.log_index, row.place));
        self.logs
            .sort_by_key(|row| (row.block, row.row.id, row.row.log_index, row.place));
        self.traces.sort_by(|a, b| {
            let key = |row: &Placed<TraceRow>| (row.block, row.row.id);
            let (a_row, b_row) = (&a.row, &b.row);
            let by_path = || (&a_row.path, &a_row.name).cmp(&(&b_row.path, &b_row.name));
            let by_place = || a.place.cmp(&b.place);
            key(a).cmp(&key(b)).then_with(by_path).then_with(by_place)
        });
        single(&mut self.blocks, &mut joined, |a, b| a.block == b.block);
        single(&mut self.transactions, &mut joined, |a, b| {
            same_id(a, b, |row| row.id)
        });
        single(&mut self.receipts, &mut joined, |a, b| {
            same_id(a, b, |row| row.id)
        });
        single(&mut self.tokens, &mut joined, |a, b| {
            same_id(a, b, |row| row.id) && a.row.log_index == b.row.log_index
        });
        single(&mut self.traces, &mut joined, |a, b| {
            let is_named = a.row.id.is_some() || !a.row.name.is_empty();
            let key = |row: &Placed<TraceRow>| (row.block, row.row.id);
            is_named && key(a) == key(b) && (&a.row.path, &a.row.name) == (&b.row.path, &b.row.name)
        });
        single(&mut self.logs, &mut joined, |a, b| {
            same_id(a, b, |row| row.id) && a.row.log_index == b.row.log_index
        });
        joined.n_contextual += (self.blocks.len() + self.receipts.len()) as u64;
        self.of_issuers(&mut joined);
        self.of_blocks(&mut joined);
        for group in self.groups() {
            self.compose(&group, setting, &mut joined);
        }
        joined.transactions.sort_by_key(|transaction| {
            let position = transaction.tx_index.unwrap_or(u32::MAX);
            (
                transaction.height,
                position,
                transaction.id.is_none(),
                transaction.place,
            )
        });
        joined
    }

    /// Rows of each transaction, by block and id. Receipts alone move nothing.
    fn groups(&self) -> Vec<Group<'_>> {
        let mut ids: Vec<(u32, TxId)> = Vec::new();
        ids.extend(self.transactions.iter().map(|row| (row.block, row.row.id)));
        ids.extend(self.tokens.iter().map(|row| (row.block, row.row.id)));
        let destroying = self.logs.iter();
        let destroying = destroying.filter(|row| row.row.change == Change::Destroyed);
        ids.extend(destroying.map(|row| (row.block, row.row.id)));
        let traces = self.traces.iter();
        ids.extend(traces.filter_map(|row| Some((row.block, row.row.id?))));
        ids.sort_unstable();
        ids.dedup();
        let group = |(block, id): (u32, TxId)| {
            let key = (block, id);
            Group {
                id,
                block,
                transaction: range(&self.transactions, key, |row| Some(row.id)).first(),
                receipt: range(&self.receipts, key, |row| Some(row.id)).first(),
                tokens: range(&self.tokens, key, |row| Some(row.id)),
                traces: range(&self.traces, key, |row| row.id),
                logs: range(&self.logs, key, |row| Some(row.id)),
            }
        };
        ids.into_iter().map(group).collect()
    }

    fn block_row(&self, block: u32) -> Option<&Placed<BlockRow>> {
        let at = self
            .blocks
            .binary_search_by_key(&block, |row| row.block)
            .ok()?;
        self.blocks.get(at)
    }

    /// What issuers did to accounts' holdings. What they destroyed moves, where its transaction is composed.
    fn of_issuers(&self, joined: &mut Joined) {
        for log in &self.logs {
            let row = &log.row;
            let known = self.block_row(log.block).map(|known| known.row.time);
            let of_id = (log.block, row.id);
            let own = range(&self.transactions, of_id, |row| Some(row.id)).first();
            let own = own.and_then(|own| own.row.time);
            joined.freezes.push(Freeze {
                account: row.account,
                token: row.token,
                change: row.change,
                time: row.time.or(own).or(known).unwrap_or(Instant::UNKNOWN),
                place: log.place,
            });
            joined.n_contextual += u64::from(row.change != Change::Destroyed);
        }
    }

    /// What blocks do of themselves, each an event of its own. Rewards and what there was before the first block
    /// are created; what a fork moved (the DAO's coins) names the account that it was taken from.
    fn of_blocks(&self, joined: &mut Joined) {
        for trace in self.traces.iter().filter(|row| row.row.id.is_none()) {
            let row = &trace.row;
            let (TraceKind::OfBlock, Some(to)) = (row.kind, row.ends[1]) else {
                let reason =
                    "the trace names no transaction, and is nothing that a block does of itself"
                        .to_owned();
                joined.keep(trace.place, RecordBin::Quarantined, reason);
                continue;
            };
            let known = self.block_row(trace.block);
            let time = known.map_or(Instant::UNKNOWN, |known| known.row.time);
            joined.n_without_time += u64::from(known.is_none());
            let mut leg = Leg::between([to, to], None, row.value, trace.place);
            leg.from = row.ends[0].map_or(End::Issuance, End::Account);
            joined.transactions.push(Transaction {
                id: None,
                height: Some(trace.block),
                block: known
                    .map(|known| facts(trace.block, known.row.hash, known.row.time, known.place)),
                tx_index: None,
                time,
                place: trace.place,
                also: Vec::new(),
                legs: vec![leg],
            });
        }
    }

    fn compose(&self, group: &Group<'_>, setting: &Setting<'_>, joined: &mut Joined) {
        let receipt = group.receipt.map(|receipt| &receipt.row);
        let undone = undone(group.traces);
        let stated = receipt.and_then(|receipt| receipt.is_success);
        let is_root_undone = group
            .traces
            .iter()
            .zip(&undone)
            .find(|(trace, _)| trace.row.path.is_empty())
            .map(|(_, undone)| *undone);
        let has_failed = stated == Some(false)
            || group.transaction.is_some_and(|own| own.row.is_reverted)
            || stated.is_none() && is_root_undone == Some(true);
        joined.n_failed += u64::from(has_failed);
        joined.n_without_status += u64::from(stated.is_none() && is_root_undone.is_none());
        joined.n_without_row += u64::from(group.transaction.is_none() && setting.has_transactions);
        let mut legs = Vec::new();
        let mut own = group.transaction;
        if let Some(row) = own
            && let Err(reason) = own_value(row, group, has_failed, joined, &mut legs)
        {
            joined.keep(row.place, RecordBin::Quarantined, reason);
            own = None;
        }
        for (trace, undone) in group.traces.iter().zip(&undone) {
            trace_leg(
                trace,
                *undone || has_failed,
                group.transaction.is_some(),
                joined,
                &mut legs,
            );
        }
        for token in group.tokens {
            token_leg(token, has_failed, setting, joined, &mut legs);
        }
        for log in group.logs {
            destroyed_leg(log, group, has_failed, joined, &mut legs);
        }
        if let Some(own) = own {
            match fee(&own.row, receipt) {
                Some(fee) if fee > Amount::ZERO => {
                    legs.push(Leg::fee(own.row.from, fee, own.place));
                }
                Some(_) => {}
                None => joined.n_without_fee += 1,
            }
            if !legs.iter().any(|leg| leg.place == own.place) {
                joined.n_contextual += 1;
            }
        }
        if !legs.is_empty() {
            let transaction = self.transaction(group, legs, joined);
            joined.n_without_time += u64::from(transaction.time == Instant::UNKNOWN);
            joined.transactions.push(transaction);
        }
    }

    fn transaction(&self, group: &Group<'_>, legs: Vec<Leg>, joined: &mut Joined) -> Transaction {
        let own = group.transaction.map(|own| &own.row);
        let first = group.tokens.first().map(|token| &token.row);
        let stated = own.and_then(|own| own.block_hash);
        let stated = stated.or(first.and_then(|first| first.block_hash));
        let at_height = self.block_row(group.block);
        // A block of the same height that was replaced, or replaced its own, says nothing of it.
        let known = at_height.filter(|known| stated.is_none_or(|hash| hash == known.row.hash));
        joined.n_in_other_blocks += u64::from(at_height.is_some() && known.is_none());
        let time = own
            .and_then(|own| own.time)
            .or(known.map(|known| known.row.time))
            .or(first.and_then(|first| first.time));
        let hash = known.map(|known| known.row.hash).or(stated);
        let place = group.transaction.map_or(legs[0].place, |own| own.place);
        let block_place = known.map_or(place, |known| known.place);
        Transaction {
            id: Some(group.id),
            height: Some(group.block),
            block: time
                .zip(hash)
                .map(|(time, hash)| facts(group.block, hash, time, block_place)),
            tx_index: own.and_then(|own| own.index),
            time: time.unwrap_or(Instant::UNKNOWN),
            place,
            also: group.receipt.iter().map(|receipt| receipt.place).collect(),
            legs,
        }
    }
}

fn facts(height: u32, hash: [u8; 32], time: Instant, place: Place) -> BlockFacts {
    BlockFacts {
        hash,
        height,
        seconds: time.earliest(),
        place,
    }
}

fn same_id<T>(a: &Placed<T>, b: &Placed<T>, id: impl Fn(&T) -> TxId) -> bool {
    a.block == b.block && id(&a.row) == id(&b.row)
}

/// The rows of one transaction in a list that is sorted by block and id.
fn range<T>(rows: &[Placed<T>], key: (u32, TxId), id: impl Fn(&T) -> Option<TxId>) -> &[Placed<T>] {
    let key = (key.0, Some(key.1));
    let of = |row: &Placed<T>| (row.block, id(&row.row));
    let first = rows.partition_point(|row| of(row) < key);
    let n = rows[first..].partition_point(|row| of(row) == key);
    &rows[first..first + n]
}

/// Keeps the first of rows about one thing, and the others as duplicates or contradictions.
fn single<T: PartialEq>(
    rows: &mut Vec<Placed<T>>,
    joined: &mut Joined,
    is_same: impl Fn(&Placed<T>, &Placed<T>) -> bool,
) {
    rows.dedup_by(|later, first| {
        if !is_same(first, later) {
            return false;
        }
        let (bin, reason) = if first.row == later.row {
            (RecordBin::SetAside, "duplicate of")
        } else {
            (RecordBin::Quarantined, "contradicts")
        };
        joined.keep(
            later.place,
            bin,
            format!("{reason} row {}", first.place.row),
        );
        true
    });
}

/// Which traces of a transaction were undone: those that say so, and what stands in one of them. Traces stand in
/// the order of their paths, so that a trace follows all that it stands in.
fn undone(traces: &[Placed<TraceRow>]) -> Vec<bool> {
    let mut within: Option<&[u32]> = None;
    let mut all = Vec::with_capacity(traces.len());
    for trace in traces {
        let inherits = within.is_some_and(|path| trace.row.path.starts_with(path));
        if !inherits && trace.row.is_undone {
            within = Some(&trace.row.path);
        }
        all.push(inherits || trace.row.is_undone);
    }
    all
}

/// What a transaction itself moves.
fn own_value(
    own: &Placed<TransactionRow>,
    group: &Group<'_>,
    has_failed: bool,
    joined: &mut Joined,
    legs: &mut Vec<Leg>,
) -> Result<(), String> {
    let row = &own.row;
    if has_failed || row.value == Amount::ZERO {
        return Ok(());
    }
    if !row.moves_coins {
        joined.n_other_kinds += 1;
        return Ok(());
    }
    let created = || {
        let root = group.traces.iter().find(|trace| trace.row.path.is_empty());
        let receipt = group.receipt.and_then(|receipt| receipt.row.contract);
        receipt.or(root.and_then(|root| root.row.ends[1]))
    };
    let to = row
        .to
        .or_else(created)
        .ok_or("it creates a contract, whose address stands in no receipt and no trace")?;
    legs.push(Leg::between([row.from, to], None, row.value, own.place));
    Ok(())
}

fn trace_leg(
    trace: &Placed<TraceRow>,
    is_undone: bool,
    has_own: bool,
    joined: &mut Joined,
    legs: &mut Vec<Leg>,
) {
    let row = &trace.row;
    let repeats_own = has_own && row.path.is_empty();
    let moves =
        row.kind == TraceKind::Moves && row.value > Amount::ZERO && !is_undone && !repeats_own;
    if !moves {
        joined.n_contextual += 1;
        return;
    }
    if row.token.is_some() {
        joined.n_other_kinds += 1;
        joined.n_contextual += 1;
        return;
    }
    if let [Some(from), Some(to)] = row.ends {
        legs.push(Leg::between([from, to], None, row.value, trace.place));
    } else {
        let reason = "the trace moves coins and does not name both ends".to_owned();
        joined.keep(trace.place, RecordBin::Quarantined, reason);
    }
}

fn token_leg(
    token: &Placed<TokenRow>,
    has_failed: bool,
    setting: &Setting<'_>,
    joined: &mut Joined,
    legs: &mut Vec<Leg>,
) {
    let row = &token.row;
    if has_failed {
        let reason = "its transaction failed, so that it moves nothing".to_owned();
        joined.keep(token.place, RecordBin::SetAside, reason);
    } else if setting
        .tokens
        .get(&row.token)
        .is_some_and(|token| token.is_item)
    {
        joined.n_contextual += 1;
    } else {
        legs.push(Leg::between(
            row.ends,
            Some(row.token),
            row.value,
            token.place,
        ));
    }
}

/// What an issuer destroyed. Tokens whose contract reports it as a transfer to nobody too say so once.
fn destroyed_leg(
    log: &Placed<LogRow>,
    group: &Group<'_>,
    has_failed: bool,
    joined: &mut Joined,
    legs: &mut Vec<Leg>,
) {
    let row = &log.row;
    if row.change != Change::Destroyed {
        return;
    }
    let is_told = group.tokens.iter().any(|token| {
        let token = &token.row;
        token.token == row.token && token.ends == [row.account, ZERO] && token.value == row.amount
    });
    if is_told || has_failed {
        joined.n_contextual += 1;
    } else {
        let ends = [row.account, ZERO];
        legs.push(Leg::between(ends, Some(row.token), row.amount, log.place));
    }
}

/// What the sender paid for a transaction, as receipts state it.
fn fee(own: &TransactionRow, receipt: Option<&ReceiptRow>) -> Option<Amount> {
    let receipt = receipt?;
    if receipt.fee.is_some() {
        return receipt.fee;
    }
    let price = receipt.gas_price.or(own.gas_price)?;
    let units = receipt.gas_used?.units().checked_mul(price.units())?;
    Amount::new(units).ok()
}
