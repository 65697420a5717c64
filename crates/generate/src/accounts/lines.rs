//! A block as lines of every table.
//!
//! Ids are hashes of the seed and a number, so that lines of one block need nothing of another.

use super::ledger::{Block, Sent, Value, Why};
use crate::names;
use std::fmt::Write;

/// Seconds between blocks, and time of the block before the first: 2022-01-01.
pub(super) const BLOCK_SECONDS: u64 = 12;
pub(super) const START: u64 = 1_640_995_200;
/// Gas that a block may use.
const GAS_LIMIT: u64 = 30_000_000;
/// Contract of the stablecoin: that of USDT, whose decimals every reader knows.
pub(super) const TOKEN: &str = "0xdac17f958d2ee523a2206206994597c13d831ec7";
const ZERO: &str = "0x0000000000000000000000000000000000000000";
const DECIMALS_OF_GWEI: &str = "000000000";

/// Names of things by their numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) seed: u64,
}

impl Names {
    fn hash(self, kind: &str, number: u64) -> [u8; 32] {
        names::id(self.seed, kind, number)
    }

    pub(super) fn account(self, account: u32) -> String {
        format!(
            "0x{}",
            hex::encode(&self.hash("account", account.into())[12..])
        )
    }

    fn block(self, height: u64) -> String {
        format!("0x{}", hex::encode(self.hash("block", height)))
    }

    /// By sender and nonce, which no other transaction has.
    fn transaction(self, sent: &Sent) -> String {
        let number = (u64::from(sent.from) << 32) | u64::from(sent.nonce);
        format!("0x{}", hex::encode(self.hash("transaction", number)))
    }
}

/// Tables with a line for each block or transaction.
pub(super) const TABLES: [(&str, &str); 7] = [
    (
        "evidence/etl/blocks.csv",
        "number,hash,parent_hash,nonce,sha3_uncles,logs_bloom,transactions_root,state_root,receipts_root,miner,difficulty,total_difficulty,size,extra_data,gas_limit,gas_used,timestamp,transaction_count,base_fee_per_gas",
    ),
    (
        "evidence/etl/transactions.csv",
        "hash,nonce,block_hash,block_number,transaction_index,from_address,to_address,value,gas,gas_price,input,block_timestamp,max_fee_per_gas,max_priority_fee_per_gas,transaction_type",
    ),
    (
        "evidence/etl/receipts.csv",
        "transaction_hash,transaction_index,block_hash,block_number,cumulative_gas_used,gas_used,contract_address,root,status,effective_gas_price",
    ),
    (
        "evidence/etl/token_transfers.csv",
        "token_address,from_address,to_address,value,transaction_hash,log_index,block_number",
    ),
    (
        "evidence/lists/coins.csv",
        "source,target,time,amount,asset,event",
    ),
    (
        "evidence/lists/stablecoins.csv",
        "source,target,time,amount,asset,event",
    ),
    ("truth/transactions.csv", "hash,kind,from,to,pattern"),
];

/// Lines of one block for each of [`TABLES`].
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    pub(super) text: [String; TABLES.len()],
    pub(super) n_rows: [u64; TABLES.len()],
}

impl Lines {
    pub(super) fn of(names: Names, block: &Block) -> Self {
        let mut lines = Self::default();
        let (height, hash) = (block.height, names.block(block.height));
        let time = START + BLOCK_SECONDS * height;
        let miner = names.account(block.validator);
        let token = TOKEN;
        let mut gas_used = 0;
        let mut n_logs = 0_u32;
        for (index, sent) in block.sent.iter().enumerate() {
            let id = names.transaction(sent);
            let [from, to] = [sent.from, sent.to].map(|account| names.account(account));
            let price = format!("{}{DECIMALS_OF_GWEI}", sent.gas_price_gwei);
            let status = u8::from(sent.why != Why::Failed);
            let gas = sent.value.gas();
            gas_used += gas;
            let (callee, value, input) = match sent.value {
                Value::Gwei(gwei) => (
                    to.as_str(),
                    format!("{gwei}{DECIMALS_OF_GWEI}"),
                    "0x".into(),
                ),
                Value::Units(units) => (token, "0".into(), call(sent.why, &to, units)),
            };
            lines.put(1, format_args!("{id},{},{hash},{height},{index},{from},{callee},{value},{gas},{price},{input},{time},,,0", sent.nonce));
            lines.put(
                2,
                format_args!("{id},{index},{hash},{height},{gas_used},{gas},,,{status},{price}"),
            );
            match sent.value {
                _ if status == 0 => {}
                Value::Gwei(gwei) => {
                    let amount = coins(gwei);
                    lines.put(4, format_args!("{from},{to},{time},{amount},ethereum,{id}"));
                }
                Value::Units(units) => {
                    let origin = if sent.why == Why::Mint { ZERO } else { &from };
                    lines.put(
                        3,
                        format_args!("{token},{origin},{to},{units},{id},{n_logs},{height}"),
                    );
                    n_logs += 1;
                    let (whole, part) = (units / 1_000_000, units % 1_000_000);
                    lines.put(
                        5,
                        format_args!(
                            "{origin},{to},{time},{whole}.{part:06},ethereum:{token},{id}"
                        ),
                    );
                }
            }
            let fee = coins(sent.fee_gwei());
            lines.put(4, format_args!("{from},{miner},{time},{fee},ethereum,{id}"));
            let pattern = sent
                .pattern
                .map(|pattern| pattern.to_string())
                .unwrap_or_default();
            let why = sent.why.as_str();
            lines.put(
                6,
                format_args!("{id},{why},{},{},{pattern}", sent.from, sent.to),
            );
        }
        let parent = names.block(height - 1);
        let n_sent = block.sent.len();
        lines.put(0, format_args!("{height},{hash},{parent},0x0000000000000000,,,,,,{miner},0,0,0,0x,{GAS_LIMIT},{gas_used},{time},{n_sent},"));
        lines
    }

    fn put(&mut self, table: usize, line: std::fmt::Arguments<'_>) {
        writeln!(self.text[table], "{line}").expect("memory takes what is written");
        self.n_rows[table] += 1;
    }
}

/// Coins with all their decimal places.
fn coins(gwei: u64) -> String {
    let (whole, part) = (gwei / 1_000_000_000, gwei % 1_000_000_000);
    format!("{whole}.{part:09}{DECIMALS_OF_GWEI}")
}

/// What calls `transfer(address,uint256)`, or `mint` of the same arguments.
fn call(why: Why, to: &str, units: u64) -> String {
    let selector = if why == Why::Mint {
        "40c10f19"
    } else {
        "a9059cbb"
    };
    let to = to.trim_start_matches("0x");
    format!("0x{selector}{to:0>64}{units:064x}")
}
