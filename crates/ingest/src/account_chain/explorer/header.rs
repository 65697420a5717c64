//! The headers of CSV files that explorers export.
//!
//! Law: a file is known by the columns that its kind must have; spellings that changed over the years are one
//! column. The coin in the header (`Value_IN(BNB)`) tells the network.

use crate::table::list::line::{line_at, split};
use std::borrow::Cow;

/// What a file lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Listing {
    /// Etherscan: transactions of an account.
    Normal,
    /// Etherscan: what contracts moved.
    Internal,
    /// Etherscan: token transfers.
    Token,
    /// Blockscout: transactions of an account.
    BlockscoutNormal,
    /// Blockscout: token transfers.
    BlockscoutToken,
}

impl Listing {
    pub(super) const fn is_blockscout(self) -> bool {
        matches!(self, Self::BlockscoutNormal | Self::BlockscoutToken)
    }
}

/// A column that is read, with the spellings of its header in lower case. What a parenthesis holds is the coin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    Hash,
    Block,
    Unix,
    Date,
    From,
    To,
    Contract,
    ValueIn,
    ValueOut,
    Value,
    Fee,
    Status,
    Error,
    Symbol,
    Kind,
}

const COLUMNS: [(Column, &[&str]); 15] = [
    (Column::Hash, &["txhash", "transaction hash"]),
    (Column::Block, &["blockno", "blocknumber"]),
    (Column::Unix, &["unixtimestamp"]),
    (Column::Date, &["datetime (utc)", "datetime"]),
    (Column::From, &["from", "fromaddress"]),
    (Column::To, &["to", "txto", "toaddress"]),
    (
        Column::Contract,
        &["contractaddress", "tokencontractaddress"],
    ),
    (Column::ValueIn, &["value_in("]),
    (Column::ValueOut, &["value_out("]),
    (
        Column::Value,
        &[
            "tokenvalue",
            "value",
            "tokenstransferred",
            "tokenstransfered",
        ],
    ),
    (Column::Fee, &["txnfee(", "fee"]),
    (Column::Status, &["status"]),
    (Column::Error, &["errcode"]),
    (Column::Symbol, &["tokensymbol"]),
    (Column::Kind, &["type"]),
];

/// The header of an explorer's file.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) listing: Listing,
    /// The coin that it names.
    pub(super) coin: Option<String>,
    pub(super) cells: Vec<String>,
    at: [Option<usize>; COLUMNS.len()],
    /// The first line behind it.
    pub(super) body: usize,
}

impl Head {
    /// The header that these bytes begin with, if an explorer wrote it.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let (line, body) = line_of(bytes);
        let mut cells = Vec::new();
        split(line, b',', &mut cells).ok()?;
        let texts = cells.iter().map(|cell| std::str::from_utf8(cell));
        let cells: Vec<String> = texts
            .map(|text| text.map(|text| text.trim().to_owned()))
            .collect::<Result<_, _>>()
            .ok()?;
        let lower: Vec<String> = cells.iter().map(|cell| cell.to_lowercase()).collect();
        let is = |cell: &str, name: &str| match name.strip_suffix('(') {
            Some(_) => cell.starts_with(name) && cell != "txnfee(usd)",
            None => cell == name,
        };
        let mut at = [None; COLUMNS.len()];
        for (column, names) in COLUMNS {
            at[column as usize] = lower
                .iter()
                .position(|cell| names.iter().any(|name| is(cell, name)));
        }
        let has = |columns: &[Column]| columns.iter().all(|&column| at[column as usize].is_some());
        if !has(&[Column::Hash, Column::From, Column::To])
            || !(has(&[Column::Unix]) || has(&[Column::Date]))
        {
            return None;
        }
        let named = |name: &str| lower.iter().any(|cell| cell == name);
        let listing = if named("fromaddress") && has(&[Column::Block, Column::Status]) {
            if has(&[Column::Symbol, Column::Value, Column::Contract]) {
                Listing::BlockscoutToken
            } else if has(&[Column::Value, Column::Fee]) {
                Listing::BlockscoutNormal
            } else {
                return None;
            }
        } else if named("fromaddress") {
            return None;
        } else if has(&[Column::Value, Column::Contract, Column::Symbol]) {
            Listing::Token
        } else if has(&[Column::ValueIn, Column::ValueOut]) {
            if named("txto") || named("parenttxfrom") {
                Listing::Internal
            } else if has(&[Column::Fee]) {
                Listing::Normal
            } else {
                return None;
            }
        } else {
            return None;
        };
        let coin = at[Column::ValueIn as usize].and_then(|at| {
            let text = cells[at].split_once('(')?.1.strip_suffix(')')?;
            Some(text.to_owned())
        });
        Some(Self {
            listing,
            coin,
            cells,
            at,
            body,
        })
    }

    /// The text of a cell; empty where the file has no such column.
    pub(super) fn text<'a>(
        &self,
        cells: &'a [Cow<'_, [u8]>],
        column: Column,
    ) -> Result<&'a str, String> {
        let Some(at) = self.at[column as usize] else {
            return Ok("");
        };
        let text = cells.get(at).map_or(&b""[..], |cell| cell.trim_ascii());
        std::str::from_utf8(text).map_err(|_| format!("column {} is no UTF-8 text", self.cells[at]))
    }
}

/// The first line without a mark of UTF-8, and where the next begins.
pub(super) fn line_of(bytes: &[u8]) -> (&[u8], usize) {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    line_at(bytes, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_many_years_are_known() {
        for (text, listing, coin) in [
            (
                "\"Txhash\",\"Blockno\",\"UnixTimestamp\",\"DateTime\",\"From\",\"To\",\"ContractAddress\",\"Value_IN(ETH)\",\"Value_OUT(ETH)\",\"CurrentValue @ $436.4/Eth\",\"TxnFee(ETH)\",\"TxnFee(USD)\",\"Historical $Price/Eth\",\"Status\",\"ErrCode\"\n",
                Listing::Normal,
                Some("ETH"),
            ),
            (
                "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,ContractAddress,Value_IN(BNB),Value_OUT(BNB),CurrentValue,TxnFee(BNB),TxnFee(USD),Historical,Status,ErrCode,Method",
                Listing::Normal,
                Some("BNB"),
            ),
            (
                "Txhash,Blockno,UnixTimestamp,DateTime,ParentTxFrom,ParentTxTo,ParentTxETH_Value,From,TxTo,ContractAddress,Value_IN(MATIC),Value_OUT(MATIC),CurrentValue,Historical,Status,ErrCode,Type",
                Listing::Internal,
                Some("MATIC"),
            ),
            (
                "Txhash,UnixTimestamp,DateTime,From,To,Value,ContractAddress,TokenName,TokenSymbol",
                Listing::Token,
                None,
            ),
            (
                "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,TokenValue,USDValueDayOfTx,ContractAddress,TokenName,TokenSymbol",
                Listing::Token,
                None,
            ),
            (
                "TxHash,BlockNumber,UnixTimestamp,FromAddress,ToAddress,ContractAddress,Type,Value,Fee,Status,ErrCode,CurrentPrice",
                Listing::BlockscoutNormal,
                None,
            ),
            (
                "TxHash,BlockNumber,UnixTimestamp,FromAddress,ToAddress,TokenContractAddress,Type,TokenSymbol,TokensTransferred,TransactionFee,Status,ErrCode",
                Listing::BlockscoutToken,
                None,
            ),
        ] {
            let head = Head::of(text.as_bytes()).expect(text);
            assert_eq!(
                (head.listing, head.coin.as_deref()),
                (listing, coin),
                "{text}"
            );
        }
        for other in [
            "",
            "source,target,time,amount",
            "from,to,value,date",
            "hash,from,to,unixtimestamp",
        ] {
            assert!(Head::of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
