//! Exports of nodes by ethereum-etl, and by TRON's exporter: several tables of one chain, joined.
//!
//! Laws: the order of files and of rows shows in nothing; every row of every table is in one bin; memory is bounded
//! by the rows of some blocks, the runs of ascending blocks in the files, the tokens, and what the rule against
//! poisoning watches.
//!
//! Joined are: time from blocks, else from transactions; status and fee from receipts; what contracts move from
//! traces; decimals and symbol from tokens; what an issuer froze or destroyed from logs. What the export lacks is said.
//!
//! Reading order: `header`, `file`, `windows`, `rows`, `logs`, `join`.

mod file;
mod header;
mod join;
mod logs;
mod rows;
mod windows;

pub(crate) use header::{Table, table_at, table_of};

use super::emit::Emitter;
use super::field::{address, small};
use super::movement::{Kept, Place, Transaction};
use super::network::{Says, network_of};
use super::poisoning::Watch;
use super::tokens::Tokens;
use crate::table::list::line::line_at;
use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use file::{Run, TableFile};
use header::Column;
use join::{Joined, Setting, Stretch};
use moneytrail_model::{AssetKey, Network, RecordBin};
use moneytrail_store::schema::{RecordPlace, Sink};
use rayon::prelude::*;
use windows::{Line, Windows};

/// Lines of a window, at least. Batches depend on it, so it is no option.
const WINDOW_LINES: usize = 8_192;
/// Bytes that a window takes, as lines, rows and transactions.
const WINDOW_BYTES: usize = WINDOW_LINES * 1_024;

/// Rows of tables that only describe.
struct Described {
    kept: Vec<Kept>,
    n_contextual: u64,
}

/// Reads an export.
pub(super) fn read(
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let tables = TableFile::open_all(evidence)?;
    let (says, by_contract) = says(&tables);
    let (network, assumed) = network_of(&tables[0].name, says, options)?;
    let mut tokens = Tokens::of(network);
    let mut described = describe(&tables, network, &mut tokens);
    let mut emitter = Emitter::new(sink, &evidence.files, Some("-"), tokens, network);
    let raw = |place: Place| raw_at(&tables, place);
    described
        .kept
        .extend(tables.iter().map(TableFile::header_kept));
    described.kept.sort_by_key(Kept::position);
    emitter.push(Vec::new(), described.kept, &raw)?;
    emitter.counts.contextual += described.n_contextual;
    let (runs, watch) = scan(&tables, &mut emitter, network, &raw)?;
    emitter.watched(watch);
    let mut facts = Joined::default();
    let mut windows = Windows::of(&tables, runs);
    let n_windows = options.n_in_flight(2 * rayon::current_num_threads(), WINDOW_BYTES);
    let has = |table: Table| tables.iter().any(|file| file.head.table == table);
    loop {
        let mut wave = Vec::new();
        while wave.len() < n_windows {
            let lines = windows.next(WINDOW_LINES);
            if lines.is_empty() {
                break;
            }
            wave.push(lines);
        }
        if wave.is_empty() {
            break;
        }
        let setting = Setting {
            tokens: &emitter.tokens,
            has_transactions: has(Table::Transactions),
        };
        let joined: Vec<Joined> = wave
            .par_iter()
            .map(|lines| join(&tables, lines, network, &setting))
            .collect();
        for (joined, lines) in joined.into_iter().zip(&wave) {
            take(&mut emitter, joined, &mut facts, &raw)?;
            progress.advance(n_bytes(&tables, lines));
        }
    }
    emitter.figures.n_failed = facts.n_failed;
    let (mut assumptions, remarks) = said(&tables, &facts);
    assumptions.splice(0..0, assumed);
    let of_tron = |contract| format!("network tron: it moves {contract}, a known token there");
    assumptions.splice(0..0, by_contract.map(of_tron));
    Ok(emitter.outcome(Format::Etl, assumptions, remarks))
}

/// Rows of a table whose tokens are looked at for what network they are of.
const N_TOKENS_LOOKED_AT: usize = 10_000;

/// The contract of a token that is known on TRON, where a table of transfers writes it without the network's prefix, as exports
/// made by tools of other networks do. That two networks have one known contract at the same twenty bytes does not happen by chance.
fn token_of_tron(tables: &[TableFile]) -> Option<&'static str> {
    let known: Vec<([u8; 20], &str)> = AssetKey::contracts_on(Network::Tron)
        .filter_map(|contract| Some((address(contract, Network::Tron).ok()?, contract)))
        .collect();
    let transfers = tables.iter();
    transfers
        .filter(|file| file.head.table == Table::TokenTransfers)
        .find_map(|file| {
            let mut at = file.head.body;
            for _ in 0..N_TOKENS_LOOKED_AT {
                if at >= file.bytes().len() {
                    break;
                }
                let (line, next) = file.line_at(at);
                let cell = file.head.cell(line, Column::TokenAddress);
                if let Ok(token) = address(&cell, Network::Tron)
                    && let Some(&(_, contract)) = known.iter().find(|known| known.0 == token)
                {
                    return Some(contract);
                }
                at = next;
            }
            None
        })
}

/// What the tables say of their network, and the contract if it is that alone that says so.
fn says(tables: &[TableFile]) -> (Says<'static>, Option<&'static str>) {
    let is_tron = |file: &TableFile| {
        let line = file.line_at(file.head.body.min(file.bytes().len())).0;
        let columns = [
            Column::FromAddress,
            Column::TokenAddress,
            Column::Address,
            Column::TransferToAddress,
        ];
        let is_tron = |column| file.head.cell(line, column).starts_with('T');
        file.head.is_of_tron() || columns.into_iter().any(is_tron)
    };
    if tables.iter().any(is_tron) {
        return (Says::Tron, None);
    }
    let contract = token_of_tron(tables);
    let says = contract.map_or(Says::Evm, |_| Says::Tron);
    (says, contract)
}

/// Reads the tables that describe tokens and contracts, and counts those that are not read.
fn describe(tables: &[TableFile], network: Network, tokens: &mut Tokens) -> Described {
    let mut described = Described {
        kept: Vec::new(),
        n_contextual: 0,
    };
    for file in tables {
        match file.head.table {
            Table::Logs if !file.is_joined() => described.n_contextual += file.n_rows(),
            Table::Tokens | Table::Contracts => {
                describe_by(file, network, tokens, &mut described);
            }
            _ => {}
        }
    }
    described
}

fn describe_by(file: &TableFile, network: Network, tokens: &mut Tokens, described: &mut Described) {
    let bytes = file.bytes();
    let (mut at, mut row) = (file.head.body, 2);
    while at < bytes.len() {
        let (line, next) = line_at(bytes, at);
        let taken = if line.iter().all(u8::is_ascii_whitespace) {
            Ok(())
        } else {
            describe_line(file, line, network, tokens)
        };
        match taken {
            Ok(()) => described.n_contextual += 1,
            Err(reason) => described.kept.push(Kept {
                file: file.file,
                place: RecordPlace::Row(row),
                bin: RecordBin::Quarantined,
                reason: reason.into(),
                raw: file.raw(at),
            }),
        }
        at = next;
        row += 1;
    }
}

fn describe_line(
    file: &TableFile,
    line: &[u8],
    network: Network,
    tokens: &mut Tokens,
) -> Result<(), String> {
    let mut cells = Vec::new();
    file.head.split(line, &mut cells)?;
    let token = address(file.head.text(&cells, Column::Address)?, network)?;
    if file.head.table == Table::Contracts {
        let is_item = file.head.text(&cells, Column::IsErc721)?;
        if is_item.eq_ignore_ascii_case("true") || is_item == "1" {
            tokens.mark_items(token);
        }
        return Ok(());
    }
    let decimals = match file.head.text(&cells, Column::Decimals)? {
        "" => None,
        text => Some(decimals(text)?),
    };
    tokens.describe(token, file.head.text(&cells, Column::Symbol)?, decimals);
    Ok(())
}

/// Reads a number of decimal places. With more than 38 no amount would have a digit before the point.
pub(super) fn decimals(text: &str) -> Result<u8, String> {
    let places = small(text, "number of decimal places")?;
    u8::try_from(places)
        .ok()
        .filter(|&places| places <= 38)
        .ok_or_else(|| format!("{places} decimal places are more than 38"))
}

/// Looks over the joined tables: runs of blocks, and what may be bait.
fn scan(
    tables: &[TableFile],
    emitter: &mut Emitter<'_>,
    network: Network,
    raw: super::emit::RawCells<'_>,
) -> Result<(Vec<Run>, Watch), Error> {
    let (mut runs, mut watch) = (Vec::new(), Watch::default());
    // Tokens are described by now, and the emitter's own list grows only later.
    let tokens = std::mem::replace(&mut emitter.tokens, Tokens::of(network));
    for (number, file) in (0..).zip(tables) {
        if file.is_joined() {
            let seen = file.scan(number, &tokens, network, &mut |kept| {
                emitter.push(Vec::new(), kept, raw)
            })?;
            runs.extend(seen.runs);
            watch.merge(seen.watch);
            emitter.counts.contextual += seen.n_passed_over;
        }
    }
    emitter.tokens = tokens;
    Ok((runs, watch))
}

/// Reads and joins the lines of a window.
fn join(tables: &[TableFile], lines: &[Line], network: Network, setting: &Setting<'_>) -> Joined {
    let mut stretch = Stretch::default();
    let mut unread = Vec::new();
    for line in lines {
        let file = &tables[line.table as usize];
        let at = usize::try_from(line.place.at).unwrap_or(usize::MAX);
        match file.row(file.line_at(at).0, network) {
            Ok(row) => stretch.push(line.block, line.place, row),
            Err(reason) => unread.push((line.place, RecordBin::Quarantined, reason)),
        }
    }
    let mut joined = stretch.join(setting);
    joined.kept.extend(unread);
    joined
}

/// Hands a window on and adds up what it says.
fn take(
    emitter: &mut Emitter<'_>,
    joined: Joined,
    facts: &mut Joined,
    raw: super::emit::RawCells<'_>,
) -> Result<(), Error> {
    let mut kept: Vec<Kept> = joined
        .kept
        .into_iter()
        .map(|(place, bin, reason)| Kept {
            file: place.file,
            place: RecordPlace::Row(place.row),
            bin,
            reason: reason.into(),
            raw: raw(place),
        })
        .collect();
    kept.sort_by_key(Kept::position);
    let transactions: Vec<Transaction> = joined.transactions;
    emitter.push(transactions, kept, raw)?;
    emitter.freezes(&joined.freezes)?;
    emitter.counts.contextual += joined.n_contextual;
    facts.n_failed += joined.n_failed;
    facts.n_without_status += joined.n_without_status;
    facts.n_without_fee += joined.n_without_fee;
    facts.n_without_time += joined.n_without_time;
    facts.n_without_row += joined.n_without_row;
    facts.n_in_other_blocks += joined.n_in_other_blocks;
    facts.n_other_kinds += joined.n_other_kinds;
    Ok(())
}

fn raw_at(tables: &[TableFile], place: Place) -> Vec<Box<str>> {
    let at = usize::try_from(place.at).unwrap_or(usize::MAX);
    let file = tables.iter().find(|table| table.file == place.file);
    file.map(|file| file.raw(at)).unwrap_or_default()
}

fn n_bytes(tables: &[TableFile], lines: &[Line]) -> u64 {
    let len = |line: &Line| {
        let at = usize::try_from(line.place.at).unwrap_or(usize::MAX);
        tables[line.table as usize].line_at(at).1 - at
    };
    lines.iter().map(|line| len(line) as u64).sum()
}

/// What is taken for granted, and what a person should look at.
fn said(tables: &[TableFile], facts: &Joined) -> (Vec<String>, Vec<String>) {
    let has = |table: Table| tables.iter().any(|file| file.head.table == table);
    let (mut assumptions, mut remarks) = (Vec::new(), Vec::new());
    if !has(Table::Receipts) {
        assumptions.push(
            "no receipts: every transaction is taken to have been carried out unless a trace says otherwise, \
             and no fee is known"
                .to_owned(),
        );
    } else if facts.n_without_status > 0 {
        assumptions.push(format!(
            "{} transactions of which no receipt states the status are taken to have been carried out",
            facts.n_without_status
        ));
    }
    if !has(Table::Traces) && !has(Table::Internal) {
        remarks.push(
            "no traces: coins that contracts move inside transactions are not in this exhibit"
                .to_owned(),
        );
    }
    if has(Table::Receipts) && facts.n_without_fee > 0 {
        remarks.push(format!(
            "{} transactions whose fee no receipt states",
            facts.n_without_fee
        ));
    }
    if facts.n_without_time > 0 {
        remarks.push(format!(
            "{} transactions whose time no table states",
            facts.n_without_time
        ));
    }
    if facts.n_without_row > 0 {
        remarks.push(format!(
            "{} transactions that the table of transactions lacks",
            facts.n_without_row
        ));
    }
    if facts.n_in_other_blocks > 0 {
        remarks.push(format!(
            "{} transactions state another block than the table of blocks has at their height: one of the two \
             was replaced",
            facts.n_in_other_blocks
        ));
    }
    if facts.n_other_kinds > 0 {
        remarks.push(format!(
            "{} values that are no coins of the network (TRC-10 tokens, stakes and the like) are not read",
            facts.n_other_kinds
        ));
    }
    let unread: Vec<&str> = tables
        .iter()
        .filter(|file| file.head.table == Table::Logs && !file.is_joined())
        .map(|file| file.name.as_str())
        .collect();
    if !unread.is_empty() {
        remarks.push(format!("not read: {}", unread.join(", ")));
    }
    (assumptions, remarks)
}
