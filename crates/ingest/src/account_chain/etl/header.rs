//! Tables as ethereum-etl exports them, by their headers; TRON's exporter writes the same and more.
//!
//! Law: a table is known by the columns that it must have, whatever else it has and in whatever order. None of
//! them is read as a plain list, though transactions and token transfers have its columns: their amounts are in
//! units that other tables name, and fees and failures stand in receipts.
//!
//! Source: the column lists of <https://github.com/blockchain-etl/ethereum-etl>, `docs/schema.md`, and of
//! <https://github.com/c0mm4nd/tronetl>, `SCHEMA.md`.

use crate::table::list::line::{line_at, split};
use std::borrow::Cow;

/// A table of an export.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Table {
    Blocks,
    Transactions,
    TokenTransfers,
    Receipts,
    Logs,
    Traces,
    /// TRON's internal transactions.
    Internal,
    Contracts,
    Tokens,
}

impl Table {
    /// What people call it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Transactions => "transactions",
            Self::TokenTransfers => "token transfers",
            Self::Receipts => "receipts",
            Self::Logs => "logs",
            Self::Traces => "traces",
            Self::Internal => "internal transactions",
            Self::Contracts => "contracts",
            Self::Tokens => "tokens",
        }
    }

    /// Whether its rows are joined by their blocks.
    pub(super) const fn is_joined(self) -> bool {
        !matches!(self, Self::Contracts | Self::Tokens)
    }
}

/// Columns that tell each table; it may have more.
const TABLES: [(Table, &[&str]); 10] = [
    (
        Table::Blocks,
        &["number", "hash", "parent_hash", "nonce", "sha3_uncles"],
    ),
    (
        Table::Transactions,
        &[
            "hash",
            "nonce",
            "transaction_index",
            "from_address",
            "to_address",
            "value",
            "gas",
        ],
    ),
    (
        Table::TokenTransfers,
        &[
            "token_address",
            "from_address",
            "to_address",
            "value",
            "transaction_hash",
            "log_index",
        ],
    ),
    (
        Table::Receipts,
        &["transaction_hash", "cumulative_gas_used", "gas_used"],
    ),
    (
        Table::Receipts,
        &["transaction_hash", "energy_fee", "net_fee"],
    ),
    (
        Table::Logs,
        &["log_index", "transaction_hash", "address", "data", "topics"],
    ),
    (
        Table::Traces,
        &[
            "transaction_hash",
            "from_address",
            "to_address",
            "value",
            "trace_type",
        ],
    ),
    (
        Table::Internal,
        &[
            "transaction_hash",
            "caller_address",
            "transferTo_address",
            "call_value",
        ],
    ),
    (
        Table::Contracts,
        &["address", "bytecode", "function_sighashes"],
    ),
    (
        Table::Tokens,
        &["address", "symbol", "name", "decimals", "total_supply"],
    ),
];

/// What a table of blocks may state of each; one of some of them, with these three, is such a table too.
const OF_BLOCKS: [&str; 23] = [
    "number",
    "hash",
    "timestamp",
    "parent_hash",
    "nonce",
    "sha3_uncles",
    "logs_bloom",
    "transactions_root",
    "state_root",
    "receipts_root",
    "miner",
    "difficulty",
    "total_difficulty",
    "size",
    "extra_data",
    "gas_limit",
    "gas_used",
    "transaction_count",
    "base_fee_per_gas",
    "withdrawals_root",
    "withdrawals",
    "blob_gas_used",
    "excess_blob_gas",
];

macro_rules! columns {
    ($($column:ident = $name:literal,)+) => {
        /// A column that is read.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Column { $($column,)+ }

        const NAMES: &[&str] = &[$($name,)+];
    };
}

columns! {
    Address = "address",
    BlockHash = "block_hash",
    BlockNumber = "block_number",
    BlockTimestamp = "block_timestamp",
    CallTokenId = "call_token_id",
    CallType = "call_type",
    CallValue = "call_value",
    CallerAddress = "caller_address",
    ContractAddress = "contract_address",
    Data = "data",
    Decimals = "decimals",
    EffectiveGasPrice = "effective_gas_price",
    EnergyFee = "energy_fee",
    Error = "error",
    FromAddress = "from_address",
    GasPrice = "gas_price",
    GasUsed = "gas_used",
    Hash = "hash",
    InternalIndex = "internal_index",
    IsErc721 = "is_erc721",
    LogIndex = "log_index",
    NetFee = "net_fee",
    Number = "number",
    Rejected = "rejected",
    Result = "result",
    Status = "status",
    Symbol = "symbol",
    Timestamp = "timestamp",
    ToAddress = "to_address",
    TokenAddress = "token_address",
    Topics = "topics",
    TraceAddress = "trace_address",
    TraceId = "trace_id",
    TraceType = "trace_type",
    TransactionExpiration = "transaction_expiration",
    TransactionHash = "transaction_hash",
    TransactionIndex = "transaction_index",
    TransactionType = "transaction_type",
    TransferToAddress = "transferTo_address",
    Value = "value",
    WitnessSignature = "witness_signature",
}

/// The header of a table.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) table: Table,
    pub(super) n_columns: usize,
    /// Where each column of [`NAMES`] stands.
    at: [Option<u16>; NAMES.len()],
    /// Its cells, as written.
    pub(super) cells: Vec<String>,
    /// Where the first line behind it begins.
    pub(super) body: usize,
}

impl Head {
    /// The header that these bytes begin with, if it is a table's.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let start = if bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let (line, body) = line_at(bytes, start);
        let mut cells = Vec::new();
        split(line, b',', &mut cells).ok()?;
        let texts = cells.iter().map(|cell| std::str::from_utf8(cell));
        let cells: Vec<String> = texts
            .map(|text| text.map(|text| text.trim().to_owned()))
            .collect::<Result<_, _>>()
            .ok()?;
        let at = |name: &&str| {
            let found = cells.iter().position(|cell| cell == name);
            found.and_then(|found| u16::try_from(found).ok())
        };
        let mut places = [None; NAMES.len()];
        for (place, name) in places.iter_mut().zip(NAMES) {
            *place = at(name);
        }
        Some(Self {
            table: table_of(&cells)?,
            n_columns: cells.len(),
            at: places,
            cells,
            body,
        })
    }

    /// Whether it has a column.
    pub(super) const fn has(&self, column: Column) -> bool {
        self.at[column as usize].is_some()
    }

    /// The text of a cell; empty where the table has no such column.
    pub(super) fn text<'a>(
        &self,
        cells: &'a [Cow<'_, [u8]>],
        column: Column,
    ) -> Result<&'a str, String> {
        let Some(at) = self.at[column as usize] else {
            return Ok("");
        };
        let text = cells
            .get(usize::from(at))
            .map_or(&b""[..], |cell| cell.trim_ascii());
        std::str::from_utf8(text)
            .map_err(|_| format!("column {} is no UTF-8 text", NAMES[column as usize]))
    }

    /// The text of one cell of a line; empty if there is none.
    pub(super) fn cell<'a>(&self, line: &'a [u8], column: Column) -> Cow<'a, str> {
        let Some(at) = self.at[column as usize] else {
            return Cow::Borrowed("");
        };
        let at = usize::from(at);
        if memchr::memchr(b'"', line).is_some() {
            let mut cells = Vec::new();
            let found = split(line, b',', &mut cells)
                .ok()
                .and_then(|()| cells.get(at));
            let text = found.map(|cell| String::from_utf8_lossy(cell.trim_ascii()).into_owned());
            return Cow::Owned(text.unwrap_or_default());
        }
        let cell = line.split(|&byte| byte == b',').nth(at).unwrap_or_default();
        String::from_utf8_lossy(cell.trim_ascii())
    }

    /// Cuts a line; the error is the reason for quarantine.
    pub(super) fn split<'a>(
        &self,
        line: &'a [u8],
        cells: &mut Vec<Cow<'a, [u8]>>,
    ) -> Result<(), String> {
        if memchr::memchr(0, line).is_some() {
            cells.clear();
            return Err("the row holds NUL bytes".to_owned());
        }
        split(line, b',', cells)?;
        if cells.len() == self.n_columns {
            return Ok(());
        }
        Err(format!(
            "row has {} cells, the header has {}",
            cells.len(),
            self.n_columns
        ))
    }

    /// Whether a column that only TRON's exporter writes is there.
    pub(super) const fn is_of_tron(&self) -> bool {
        self.has(Column::TransactionExpiration)
            || self.has(Column::EnergyFee)
            || self.has(Column::WitnessSignature)
            || self.has(Column::TransferToAddress)
    }
}

/// Which of ethereum-etl's tables has these columns.
pub(crate) fn table_of<S: AsRef<str>>(columns: &[S]) -> Option<Table> {
    let has = |name: &&str| columns.iter().any(|column| column.as_ref().trim() == *name);
    let found = TABLES.iter().find(|(_, names)| names.iter().all(has));
    let cut_down = || {
        let is_of_blocks = |column: &S| OF_BLOCKS.contains(&column.as_ref().trim());
        let is_table = OF_BLOCKS[..3].iter().all(has) && columns.iter().all(is_of_blocks);
        is_table.then_some(Table::Blocks)
    };
    found.map(|&(table, _)| table).or_else(cut_down)
}

/// Which of them begins with these bytes, as comma-separated text.
pub(crate) fn table_at(bytes: &[u8]) -> Option<Table> {
    Head::of(bytes).map(|head| head.table)
}

#[cfg(test)]
mod tests {
    use super::{Column, Head, Table, table_at};

    #[test]
    fn tables_are_told_from_lists() {
        let tables = [
            "hash,nonce,block_hash,block_number,transaction_index,from_address,to_address,value,gas,gas_price,input,block_timestamp\r\n",
            "\u{feff}token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp\n",
            "number,hash,parent_hash,nonce,sha3_uncles,logs_bloom,timestamp",
            "number,hash,timestamp\n",
            "\"address\",\"symbol\",\"name\",\"decimals\",\"total_supply\"\n",
        ];
        let found = tables.map(|text| table_at(text.as_bytes()));
        let kinds = [
            Table::Transactions,
            Table::TokenTransfers,
            Table::Blocks,
            Table::Blocks,
            Table::Tokens,
        ];
        assert_eq!(found, kinds.map(Some));
        for list in [
            "source,target,time,amount,asset,event\n",
            "hash,block_timestamp,from_address,to_address,value\n",
            "number,hash,timestamp,amount\n",
            "",
        ] {
            assert_eq!(table_at(list.as_bytes()), None, "{list}");
        }
    }

    #[test]
    fn columns_are_found_by_name() {
        let head = Head::of(b"symbol,address,name,decimals,total_supply\n").unwrap();
        let mut cells = Vec::new();
        head.split(b"A, 0x1 ,n,6,1", &mut cells).unwrap();
        assert_eq!(head.text(&cells, Column::Address), Ok("0x1"));
        assert_eq!(head.text(&cells, Column::Value), Ok(""));
        assert!(head.split(b"A,B", &mut cells).is_err());
        assert!(head.split(b"A,B,C,D\0,E", &mut cells).is_err());
    }
}
