//! The header of a plain transfer list.
//!
//! Law: a list names its source, target, time and amount, and no column that only a hawala book has;
//! a book with a sender and a receiver is no plain list.

use serde::Serialize;

/// Header words by meaning, without case and punctuation.
const WORDS: [(Role, &[&str]); 7] = [
    (
        Role::Source,
        &[
            "source",
            "src",
            "from",
            "sender",
            "payer",
            "origin",
            "originator",
            "nameorig",
            "sourceaccount",
            "sourceaddress",
            "sourceid",
            "sourcenode",
            "sourcenodeid",
            "fromaccount",
            "fromaddress",
            "fromid",
            "fromnode",
            "senderaccount",
            "senderaddress",
            "senderid",
            "debtor",
        ],
    ),
    (
        Role::Target,
        &[
            "target",
            "tgt",
            "to",
            "dst",
            "dest",
            "destination",
            "receiver",
            "recipient",
            "beneficiary",
            "payee",
            "namedest",
            "targetaccount",
            "targetaddress",
            "targetid",
            "targetnode",
            "targetnodeid",
            "toaccount",
            "toaddress",
            "toid",
            "tonode",
            "receiveraccount",
            "receiveraddress",
            "receiverid",
            "recipientaccount",
            "destinationaccount",
            "creditor",
        ],
    ),
    (
        Role::Time,
        &[
            "time",
            "timestamp",
            "date",
            "datetime",
            "blocktime",
            "blocktimestamp",
            "unixtime",
            "ts",
            "when",
            "valuedate",
            "transactiondate",
            "transactiontime",
        ],
    ),
    (
        Role::Amount,
        &["amount", "value", "amt", "sum", "quantity", "qty"],
    ),
    (
        Role::Asset,
        &[
            "asset",
            "assetid",
            "currency",
            "coin",
            "ccy",
            "unit",
            "currencycode",
        ],
    ),
    (
        Role::Id,
        &["id", "transferid", "rowid", "no", "nr", "index", "line"],
    ),
    (
        Role::Event,
        &[
            "event",
            "eventid",
            "tx",
            "txid",
            "txhash",
            "transaction",
            "transactionid",
            "transactionhash",
            "hash",
        ],
    ),
];

/// Words that only the header of a book has.
const BOOK_WORDS: [&str; 31] = [
    "token",
    "code",
    "pin",
    "reference",
    "ref",
    "commission",
    "fee",
    "rate",
    "exchangerate",
    "balance",
    "phone",
    "mobile",
    "tel",
    "father",
    "fathername",
    "status",
    "type",
    "kind",
    "in",
    "out",
    "credit",
    "debit",
    "place",
    "city",
    "counterpart",
    "counterparty",
    "agent",
    "partner",
    "hawaladar",
    "payout",
    "amountout",
];

/// What a column of a list holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Who pays.
    Source,
    /// Who is paid.
    Target,
    /// When.
    Time,
    /// How much.
    Amount,
    /// What of.
    Asset,
    /// The row's own number.
    Id,
    /// Rows with one value of it happen together.
    Event,
}

impl Role {
    /// Its word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Time => "time",
            Self::Amount => "amount",
            Self::Asset => "asset",
            Self::Id => "id",
            Self::Event => "event",
        }
    }
}

/// Positions of the columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ListColumns {
    pub(crate) source: usize,
    pub(crate) target: usize,
    pub(crate) time: usize,
    pub(crate) amount: usize,
    pub(crate) asset: Option<usize>,
    pub(crate) event: Option<usize>,
    /// Columns of the header; a row has as many.
    pub(crate) n_columns: usize,
    /// Role of each column, `None` for those that are not read.
    pub(crate) roles: Vec<Option<Role>>,
}

impl ListColumns {
    /// The columns that these header cells name; `None` if this is no header of a list.
    pub(crate) fn of_header<S: AsRef<str>>(cells: &[S]) -> Option<Self> {
        let words: Vec<String> = cells.iter().map(|cell| bare(cell.as_ref())).collect();
        if words.iter().any(|word| BOOK_WORDS.contains(&word.as_str())) {
            return None;
        }
        let mut roles: Vec<Option<Role>> = vec![None; words.len()];
        for (role, synonyms) in WORDS {
            // The first synonym that stands in the header wins, so `amount` outranks `value`.
            let column = synonyms
                .iter()
                .find_map(|synonym| words.iter().position(|word| word == synonym));
            if let Some(column) = column {
                roles[column] = Some(role);
            }
        }
        let at = |role| roles.iter().position(|&found| found == Some(role));
        Some(Self {
            source: at(Role::Source)?,
            target: at(Role::Target)?,
            time: at(Role::Time)?,
            amount: at(Role::Amount)?,
            asset: at(Role::Asset),
            event: at(Role::Event),
            n_columns: words.len(),
            roles,
        })
    }
}

/// Letters and digits only, lower case.
fn bare(cell: &str) -> String {
    cell.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_books_are_told_apart() {
        for header in [
            "source,target,time,amount",
            "From,To,Timestamp,Value,Asset",
            "sourceNodeId,targetNodeId,value,time",
            "tx_hash,block_timestamp,from_address,to_address,amount,currency",
        ] {
            let cells: Vec<&str> = header.split(',').collect();
            assert!(ListColumns::of_header(&cells).is_some(), "{header}");
        }
        for header in [
            "source,target,amount",
            "date,sender,receiver,amount,commission",
            "No,Date,Token,Sender,Receiver,In,Out,Balance",
            "a,b,c,d",
        ] {
            let cells: Vec<&str> = header.split(',').collect();
            assert!(ListColumns::of_header(&cells).is_none(), "{header}");
        }
    }
}
