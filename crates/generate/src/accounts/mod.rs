//! An account chain like Ethereum's, with a stablecoin of six decimals.
//!
//! Laws: what an account does not have it does not pay; a failed transaction moves its fee and nothing else; all
//! fees go to the block's validator; coins exist before the first block at exchanges and issuer only (`opening`
//! in the truth), stablecoins come from the zero address. Memory: 40 bytes for an account.
//!
//! The same transfers are written twice: as ethereum-etl exports them, and as plain lists. Patterns are
//! hidden among ordinary payments, withdrawals, and deposits that exchanges sweep.

mod economy;
mod ledger;
mod lines;

use crate::table::Table;
use crate::{Error, Made, Options, Progress};
use economy::{Economy, Pattern};
use ledger::Why;
use lines::{Lines, Names, TABLES, TOKEN};
use rayon::prelude::*;
use std::path::Path;

/// Blocks that are decided while those before are written.
const N_TOGETHER: usize = 64;

/// Writes the chain and what is true of it. O(transfers).
pub(crate) fn generate(
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Made, Error> {
    let names = Names { seed: options.seed };
    let n_per_block = (options.n_transfers / 200).clamp(8, 300);
    let mut economy = Economy::new(options.n_transfers, options.seed);
    let mut tables = Vec::new();
    for (path, columns) in TABLES {
        tables.push(Table::create(out, path, columns)?);
    }
    let mut patterns = Table::create(out, "truth/patterns.csv", "pattern,shape,height,accounts")?;
    let mut n_of = [0_u64; Why::ALL.len()];
    let mut n_blocks = 0;
    let decide = |economy: &mut Economy| -> Vec<ledger::Block> {
        let mut blocks = Vec::with_capacity(N_TOGETHER);
        while blocks.len() < N_TOGETHER && !economy.is_done() {
            blocks.push(economy.block(n_per_block));
        }
        blocks
    };
    let mut blocks = decide(&mut economy);
    while !blocks.is_empty() {
        for pattern in economy.begun.drain(..) {
            put_pattern(&mut patterns, &pattern)?;
        }
        let (next, written) = rayon::join(
            || decide(&mut economy),
            || -> Result<(), Error> {
                let lines: Vec<Lines> = blocks
                    .par_iter()
                    .map(|block| Lines::of(names, block))
                    .collect();
                for lines in lines {
                    for ((table, text), n_rows) in
                        tables.iter_mut().zip(&lines.text).zip(lines.n_rows)
                    {
                        table.raw(text.as_bytes(), n_rows)?;
                    }
                }
                Ok(())
            },
        );
        written?;
        n_blocks += blocks.len() as u64;
        for sent in blocks.iter().flat_map(|block| &block.sent) {
            n_of[sent.why as usize] += 1;
        }
        progress.advance(blocks.iter().map(|block| block.sent.len() as u64).sum());
        blocks = next;
    }
    let ledger = &economy.ledger;
    let mut token = Table::create(
        out,
        "evidence/etl/tokens.csv",
        "address,symbol,name,decimals,total_supply",
    )?;
    let supply: u64 = ledger.accounts.iter().map(|account| account.units).sum();
    token.row(format_args!("{TOKEN},USDT,Tether USD,6,{supply}"))?;
    let accounts = accounts(out, names, &economy)?;
    let mut made = Made::default();
    for table in tables.into_iter().chain([patterns, token, accounts]) {
        let listed = table.finish()?;
        if listed.path.starts_with("truth/") {
            made.truth.push(listed);
        } else {
            made.evidence.push(listed);
        }
    }
    made.count("transfers", ledger.n_transfers);
    made.count("blocks", n_blocks);
    made.count("accounts", ledger.accounts.len() as u64);
    made.count("owners", ledger.n_owners.into());
    made.count("patterns", economy.n_patterns);
    for (why, n) in Why::ALL.iter().zip(n_of) {
        made.count(why.as_str(), n);
    }
    Ok(made)
}

fn put_pattern(patterns: &mut Table, pattern: &Pattern) -> Result<(), Error> {
    let accounts: Vec<String> = pattern.accounts.iter().map(u32::to_string).collect();
    patterns.row(format_args!(
        "{},{},{},{}",
        pattern.number,
        pattern.shape.as_str(),
        pattern.height,
        accounts.join("|")
    ))
}

fn accounts(out: &Path, names: Names, economy: &Economy) -> Result<Table, Error> {
    let mut table = Table::create(
        out,
        "truth/accounts.csv",
        "number,address,owner,kind,opening_gwei,gwei,stablecoin_units",
    )?;
    for (number, account) in (0..).zip(&economy.ledger.accounts) {
        table.row(format_args!(
            "{number},{},{},{},{},{},{}",
            names.account(number),
            account.owner,
            account.role.as_str(),
            account.opening_gwei,
            account.gwei,
            account.units,
        ))?;
    }
    Ok(table)
}
