//! An account chain like TRON's, with a stablecoin of six decimals: who pays whose first coins.
//!
//! Laws: what an account does not have it does not pay; fees leave the chain; coins and stablecoins exist before the first block
//! with exchanges and whoever rents energy (`opening` in the truth). Memory: about 60 bytes for an account, and a block.
//!
//! Written as TRON's exporter does: transactions, receipts, token transfers.

mod economy;

use crate::names;
use crate::table::Table;
use crate::{Error, Made, Options, Progress};
use economy::{Economy, Sent, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Seconds between blocks, and time of the block before the first: 2022-01-01.
const BLOCK_SECONDS: u64 = 3;
const START: u64 = 1_640_995_200;
/// Things that happen in a block.
const N_STEPS: u64 = 6;
/// Contract of the stablecoin: that of USDT, whose decimals every reader knows.
const TOKEN: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
/// First byte of an address.
const PREFIX: u8 = 0x41;

/// Names of things by their numbers.
struct Names(u64);

impl Names {
    fn account(&self, account: u32) -> String {
        let mut bytes = vec![PREFIX];
        bytes.extend(&names::id(self.0, "tron account", account.into())[12..]);
        bitcoin::base58::encode_check(&bytes)
    }

    fn transaction(&self, number: u64) -> String {
        hex::encode(names::id(self.0, "tron transaction", number))
    }

    fn block(&self, height: u64) -> String {
        hex::encode(names::id(self.0, "tron block", height))
    }
}

/// Tables that grow with the chain.
struct Tables {
    transactions: Table,
    receipts: Table,
    tokens: Table,
    truth: Table,
}

/// Writes the chain and what is true of it. O(transfers).
pub(crate) fn generate(
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Made, Error> {
    let names = Names(options.seed);
    let mut economy = Economy::new(options.n_transfers, options.seed);
    let mut tables = Tables {
        transactions: Table::create(
            out,
            "evidence/etl/transactions.csv",
            "hash,nonce,block_hash,block_number,transaction_index,from_address,to_address,value,gas,gas_price,input,block_timestamp,max_fee_per_gas,max_priority_fee_per_gas,transaction_type,status,transaction_timestamp,transaction_expiration,fee_limit",
        )?,
        receipts: Table::create(
            out,
            "evidence/etl/receipts.csv",
            "transaction_hash,transaction_index,block_number,contract_address,energy_usage,energy_fee,origin_energy_usage,energy_usage_total,net_usage,net_fee,result",
        )?,
        tokens: Table::create(
            out,
            "evidence/etl/token_transfers.csv",
            "block_number,transaction_hash,log_index,token_address,from_address,to_address,value",
        )?,
        truth: Table::create(out, "truth/transactions.csv", "hash,kind,from,to")?,
    };
    let (mut n_transfers, mut n_blocks) = (0_u64, 0_u64);
    let mut n_of: BTreeMap<&str, u64> = BTreeMap::new();
    while n_transfers < options.n_transfers {
        n_blocks += 1;
        for _ in 0..N_STEPS {
            economy.step();
        }
        let sent = std::mem::take(&mut economy.sent);
        for (index, sent) in sent.iter().enumerate() {
            tables.put(&names, (n_blocks, index, n_transfers), sent)?;
            n_transfers += 1;
            *n_of.entry(sent.why).or_default() += 1;
        }
        progress.advance(sent.len() as u64);
    }
    let accounts = accounts(out, &names, &economy)?;
    let mut made = Made::default();
    let Tables {
        transactions,
        receipts,
        tokens,
        truth,
    } = tables;
    for table in [transactions, receipts, tokens] {
        made.evidence.push(table.finish()?);
    }
    for table in [truth, accounts] {
        made.truth.push(table.finish()?);
    }
    made.count("transfers", n_transfers);
    made.count("blocks", n_blocks);
    made.count("accounts", economy.accounts.len() as u64);
    made.count("owners", economy.n_owners.into());
    for (why, n) in n_of {
        made.count(why, n);
    }
    Ok(made)
}

impl Tables {
    /// Writes a transaction by height, position and number.
    fn put(
        &mut self,
        names: &Names,
        (height, index, number): (u64, usize, u64),
        sent: &Sent,
    ) -> Result<(), Error> {
        let (id, block) = (names.transaction(number), names.block(height));
        let [from, to] = [sent.from, sent.to].map(|account| names.account(account));
        let time = START + BLOCK_SECONDS * height;
        let (energy, net) = sent.fees();
        let (callee, value, kind, contract) = match sent.value {
            Value::Sun(sun) => (to.as_str(), sun, "TransferContract", ""),
            Value::Units(_) => (TOKEN, 0, "TriggerSmartContract", TOKEN),
        };
        self.transactions.row(format_args!(
            "{id},,{block},{height},{index},{from},{callee},{value},0,0,,{time},,,{kind},SUCCESS,{time},{},0",
            time + 60
        ))?;
        let result = if energy > 0 { "SUCCESS" } else { "" };
        self.receipts.row(format_args!(
            "{id},{index},{height},{contract},0,{energy},0,0,345,{net},{result}"
        ))?;
        if let Value::Units(units) = sent.value {
            self.tokens.row(format_args!(
                "{height},{id},{index},{TOKEN},{from},{to},{units}"
            ))?;
        }
        self.truth
            .row(format_args!("{id},{},{},{}", sent.why, sent.from, sent.to))
    }
}

fn accounts(out: &Path, names: &Names, economy: &Economy) -> Result<Table, Error> {
    let mut table = Table::create(
        out,
        "truth/accounts.csv",
        "number,address,owner,kind,first_paid_by,way,opening_sun,sun,opening_units,stablecoin_units",
    )?;
    for (number, account) in (0..).zip(&economy.accounts) {
        let (payer, way) = account.first.map_or_else(
            || (String::new(), ""),
            |(payer, way)| (payer.to_string(), way.as_str()),
        );
        table.row(format_args!(
            "{number},{},{},{},{payer},{way},{},{},{},{}",
            names.account(number),
            account.owner,
            account.role.as_str(),
            account.opening.0,
            account.sun,
            account.opening.1,
            account.units,
        ))?;
    }
    Ok(table)
}
