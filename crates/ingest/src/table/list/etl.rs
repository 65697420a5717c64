//! Tables as ethereum-etl exports them, by their headers.
//!
//! Law: none of them is read as a plain list, though transactions and token transfers have its columns. Their
//! amounts are in units that other tables name, fees and failures stand in receipts, and a list of the same
//! transfers beside them would count the money twice.
//!
//! Source: the column lists of <https://github.com/blockchain-etl/ethereum-etl>, `docs/schema.md`.

/// Columns that tell each table; it may have more.
const TABLES: [(&str, &[&str]); 8] = [
    (
        "blocks",
        &["number", "hash", "parent_hash", "nonce", "sha3_uncles"],
    ),
    (
        "transactions",
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
        "token transfers",
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
        "receipts",
        &["transaction_hash", "cumulative_gas_used", "gas_used"],
    ),
    (
        "logs",
        &["log_index", "transaction_hash", "address", "data", "topics"],
    ),
    (
        "traces",
        &[
            "transaction_hash",
            "from_address",
            "to_address",
            "value",
            "trace_type",
        ],
    ),
    ("contracts", &["address", "bytecode", "function_sighashes"]),
    (
        "tokens",
        &["address", "symbol", "name", "decimals", "total_supply"],
    ),
];

/// Which of ethereum-etl's tables has these columns.
pub(crate) fn table_of<S: AsRef<str>>(columns: &[S]) -> Option<&'static str> {
    let has = |name: &&str| columns.iter().any(|column| column.as_ref().trim() == *name);
    let found = TABLES.iter().find(|(_, names)| names.iter().all(has));
    found.map(|&(table, _)| table)
}

/// Which of them begins with these bytes, as comma-separated text.
pub(crate) fn table_at(bytes: &[u8]) -> Option<&'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let header = std::str::from_utf8(super::line::line_at(bytes, 0).0).ok()?;
    let columns: Vec<&str> = header
        .split(',')
        .map(|cell| cell.trim_matches('"'))
        .collect();
    table_of(&columns)
}

#[cfg(test)]
mod tests {
    use super::table_at;

    #[test]
    fn tables_are_told_from_lists() {
        let tables = [
            "hash,nonce,block_hash,block_number,transaction_index,from_address,to_address,value,gas,gas_price,input,block_timestamp\r\n",
            "\u{feff}token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp\n",
            "number,hash,parent_hash,nonce,sha3_uncles,logs_bloom,timestamp",
            "\"address\",\"symbol\",\"name\",\"decimals\",\"total_supply\"\n",
        ];
        let found = tables.map(|text| table_at(text.as_bytes()));
        let names = ["transactions", "token transfers", "blocks", "tokens"];
        assert_eq!(found, names.map(Some));
        for list in [
            "source,target,time,amount,asset,event\n",
            "hash,block_timestamp,from_address,to_address,value\n",
            "",
        ] {
            assert_eq!(table_at(list.as_bytes()), None, "{list}");
        }
    }
}
