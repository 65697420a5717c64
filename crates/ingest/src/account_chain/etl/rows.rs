//! Lines of an export as rows of its tables.

use super::file::TableFile;
use super::header::{Column, Table};
use super::logs;
use crate::account_chain::field::{Address, TxId, address, hash, small, time, units};
use crate::account_chain::movement::Place;
use moneytrail_model::freeze::Change;
use moneytrail_model::{Amount, Instant, Network};
use std::borrow::Cow;

/// Words for a TRON transaction that was carried out; plain transfers have none of them.
const TRON_SUCCESS: [&str; 4] = ["", "SUCCESS", "SUCESS", "DEFAULT"];
/// TRON's transactions whose value is coins that go to the other address: by name, and by number.
const TRON_MOVES: [&str; 7] = [
    "",
    "TransferContract",
    "TriggerSmartContract",
    "CreateSmartContract",
    "1",
    "30",
    "31",
];

/// A row of any joined table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Row {
    Block(BlockRow),
    Transaction(TransactionRow),
    Token(TokenRow),
    Receipt(ReceiptRow),
    Trace(TraceRow),
    Log(LogRow),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BlockRow {
    pub(super) hash: [u8; 32],
    pub(super) time: Instant,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TransactionRow {
    pub(super) id: TxId,
    pub(super) index: Option<u32>,
    pub(super) from: Address,
    /// `None` where it creates a contract.
    pub(super) to: Option<Address>,
    pub(super) value: Amount,
    pub(super) gas_price: Option<Amount>,
    pub(super) time: Option<Instant>,
    pub(super) block_hash: Option<[u8; 32]>,
    /// What TRON's exporter says beside the receipt.
    pub(super) is_reverted: bool,
    /// Whether its value is coins that move.
    pub(super) moves_coins: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TokenRow {
    pub(super) id: TxId,
    pub(super) log_index: u32,
    pub(super) token: Address,
    pub(super) ends: [Address; 2],
    pub(super) value: Amount,
    pub(super) time: Option<Instant>,
    pub(super) block_hash: Option<[u8; 32]>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ReceiptRow {
    pub(super) id: TxId,
    pub(super) gas_used: Option<Amount>,
    pub(super) gas_price: Option<Amount>,
    /// What TRON states instead of gas and its price.
    pub(super) fee: Option<Amount>,
    /// `None` where it states none (before Byzantium).
    pub(super) is_success: Option<bool>,
    pub(super) contract: Option<Address>,
}

/// What kind of trace it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TraceKind {
    /// A call, a creation, or what a contract leaves behind: it moves its value.
    Moves,
    /// A call in the caller's name, or one that may change nothing: its value moves nothing.
    Still,
    /// What a block does of itself: it pays, moves what a fork decided, or is what there was before the first.
    OfBlock,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TraceRow {
    pub(super) id: Option<TxId>,
    /// Positions from the transaction's own call downwards; empty for that call.
    pub(super) path: Vec<u32>,
    pub(super) ends: [Option<Address>; 2],
    pub(super) value: Amount,
    pub(super) kind: TraceKind,
    /// Whether it, or what it stands in by its exporter's word, was undone.
    pub(super) is_undone: bool,
    pub(super) token: Option<u64>,
    /// Where it names no transaction: the exporter's name for it, which tells equal payments of a block apart.
    pub(super) name: Box<str>,
}

/// A log that says what an issuer did to an account's holding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LogRow {
    pub(super) id: TxId,
    pub(super) log_index: u32,
    pub(super) token: Address,
    pub(super) account: Address,
    pub(super) change: Change,
    /// Units that were destroyed.
    pub(super) amount: Amount,
    pub(super) time: Option<Instant>,
}

/// A row and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Placed<T> {
    pub(super) block: u32,
    pub(super) place: Place,
    pub(super) row: T,
}

fn optional<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    if text.is_empty() {
        Ok(None)
    } else {
        read(text).map(Some)
    }
}

impl TableFile {
    /// Reads a line of a run; the error is the reason for quarantine.
    pub(super) fn row(&self, line: &[u8], network: Network) -> Result<Row, String> {
        let mut cells = Vec::new();
        self.head.split(line, &mut cells)?;
        let cells = Cells {
            file: self,
            texts: &cells,
            network,
        };
        match self.head.table {
            Table::Blocks => cells.block().map(Row::Block),
            Table::Transactions => cells.transaction().map(Row::Transaction),
            Table::TokenTransfers => cells.token().map(Row::Token),
            Table::Receipts => cells.receipt().map(Row::Receipt),
            Table::Traces => cells.trace().map(Row::Trace),
            Table::Internal => cells.internal().map(Row::Trace),
            Table::Logs => cells.log().map(Row::Log),
            Table::Contracts | Table::Tokens => Err("the table is not joined".to_owned()),
        }
    }
}

/// The cells of a line.
struct Cells<'a> {
    file: &'a TableFile,
    texts: &'a [Cow<'a, [u8]>],
    network: Network,
}

impl Cells<'_> {
    fn text(&self, column: Column) -> Result<&str, String> {
        self.file.head.text(self.texts, column)
    }

    fn address(&self, column: Column) -> Result<Address, String> {
        address(self.text(column)?, self.network)
    }

    fn block(&self) -> Result<BlockRow, String> {
        Ok(BlockRow {
            hash: hash(self.text(Column::Hash)?)?,
            time: time(self.text(Column::Timestamp)?)?,
        })
    }

    fn transaction(&self) -> Result<TransactionRow, String> {
        let kind = self.text(Column::TransactionType)?;
        let is_tron = self.network == Network::Tron;
        let status = self.text(Column::Status)?;
        Ok(TransactionRow {
            id: hash(self.text(Column::Hash)?)?,
            index: optional(self.text(Column::TransactionIndex)?, |text| {
                small(text, "position of a transaction")
            })?,
            from: self.address(Column::FromAddress)?,
            to: optional(self.text(Column::ToAddress)?, |text| {
                address(text, self.network)
            })?,
            value: units(self.text(Column::Value)?)?,
            gas_price: optional(self.text(Column::GasPrice)?, units)?,
            time: optional(self.text(Column::BlockTimestamp)?, time)?,
            block_hash: optional(self.text(Column::BlockHash)?, hash)?,
            is_reverted: is_tron && !TRON_SUCCESS.contains(&status) && status != "1",
            moves_coins: !is_tron || TRON_MOVES.contains(&kind),
        })
    }

    fn token(&self) -> Result<TokenRow, String> {
        Ok(TokenRow {
            id: hash(self.text(Column::TransactionHash)?)?,
            log_index: small(self.text(Column::LogIndex)?, "position of a log")?,
            token: self.address(Column::TokenAddress)?,
            ends: [
                self.address(Column::FromAddress)?,
                self.address(Column::ToAddress)?,
            ],
            value: units(self.text(Column::Value)?)?,
            time: optional(self.text(Column::BlockTimestamp)?, time)?,
            block_hash: optional(self.text(Column::BlockHash)?, hash)?,
        })
    }

    fn receipt(&self) -> Result<ReceiptRow, String> {
        let status = match self.text(Column::Status)? {
            "" => None,
            "1" => Some(true),
            "0" => Some(false),
            other => {
                return Err(format!(
                    "`{}` is no status",
                    super::super::field::shown(other)
                ));
            }
        };
        let result = self.text(Column::Result)?;
        let states_result = self.file.head.has(Column::Result);
        let energy = optional(self.text(Column::EnergyFee)?, units)?;
        let net = optional(self.text(Column::NetFee)?, units)?;
        let fee = match (energy, net) {
            (None, None) => None,
            (energy, net) => energy
                .unwrap_or_default()
                .checked_add(net.unwrap_or_default()),
        };
        Ok(ReceiptRow {
            id: hash(self.text(Column::TransactionHash)?)?,
            gas_used: optional(self.text(Column::GasUsed)?, units)?,
            gas_price: optional(self.text(Column::EffectiveGasPrice)?, units)?,
            fee,
            is_success: status.or(states_result.then(|| TRON_SUCCESS.contains(&result))),
            contract: optional(self.text(Column::ContractAddress)?, |text| {
                address(text, self.network)
            })?,
        })
    }

    fn trace(&self) -> Result<TraceRow, String> {
        let end = |column| optional(self.text(column)?, |text| address(text, self.network));
        let kind = match (self.text(Column::TraceType)?, self.text(Column::CallType)?) {
            ("call", "call" | "") | ("create" | "create2" | "suicide" | "selfdestruct", _) => {
                TraceKind::Moves
            }
            ("call", _) => TraceKind::Still,
            ("reward" | "genesis" | "daofork", _) => TraceKind::OfBlock,
            (other, _) => {
                return Err(format!(
                    "`{}` is no kind of trace",
                    super::super::field::shown(other)
                ));
            }
        };
        let path = self.text(Column::TraceAddress)?;
        let steps = path.split(',').filter(|_| !path.is_empty());
        let id = optional(self.text(Column::TransactionHash)?, hash)?;
        let name = match id {
            Some(_) => "",
            None => self.text(Column::TraceId)?,
        };
        Ok(TraceRow {
            id,
            path: steps
                .map(|step| small(step.trim(), "trace address"))
                .collect::<Result<_, _>>()?,
            ends: [end(Column::FromAddress)?, end(Column::ToAddress)?],
            value: optional(self.text(Column::Value)?, units)?.unwrap_or_default(),
            kind,
            is_undone: !self.text(Column::Error)?.is_empty() || self.text(Column::Status)? == "0",
            token: None,
            name: name.into(),
        })
    }

    fn log(&self) -> Result<LogRow, String> {
        let said = logs::said(self.text(Column::Topics)?, self.text(Column::Data)?)?;
        Ok(LogRow {
            id: hash(self.text(Column::TransactionHash)?)?,
            log_index: small(self.text(Column::LogIndex)?, "position of a log")?,
            token: self.address(Column::Address)?,
            account: said.account,
            change: said.change,
            amount: said.amount,
            time: optional(self.text(Column::BlockTimestamp)?, time)?,
        })
    }

    /// TRON numbers internal transactions without saying what stands in what.
    fn internal(&self) -> Result<TraceRow, String> {
        let end = |column| address(self.text(column)?, self.network);
        let token = optional(self.text(Column::CallTokenId)?, |text| {
            text.parse::<u64>()
                .map_err(|_| "no id of a token".to_owned())
        })?;
        let index = small(self.text(Column::InternalIndex)?, "internal index")?;
        Ok(TraceRow {
            id: Some(hash(self.text(Column::TransactionHash)?)?),
            path: vec![0, index],
            ends: [
                Some(end(Column::CallerAddress)?),
                Some(end(Column::TransferToAddress)?),
            ],
            value: optional(self.text(Column::CallValue)?, units)?.unwrap_or_default(),
            kind: TraceKind::Moves,
            is_undone: self.text(Column::Rejected)?.eq_ignore_ascii_case("true"),
            token: token.filter(|&token| token != 0),
            name: Box::default(),
        })
    }
}
