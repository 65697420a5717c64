//! What is true of the chain, as tables beside it.

use super::coins::Order;
use super::draft::{BlockDraft, Draft, Use, Why};
use super::ledger::subsidy;
use super::people::{Addresses, People};
use super::script;
use super::seal::{Id, SealedBlock};
use crate::table::Table;
use crate::{Error, Listed};
use rayon::prelude::*;
use std::io::Write;
use std::path::Path;

/// Lines about one transaction.
#[derive(Debug, Default)]
pub(super) struct Rows {
    transaction: Vec<u8>,
    participants: Vec<u8>,
    n_participants: u64,
}

impl Rows {
    /// The lines of the transaction at a position.
    pub(super) fn of(block: &BlockDraft, position: usize, txid: &Id) -> Self {
        let draft = &block.drafts[position];
        let txid = display(txid);
        let mut rows = Self::default();
        let line = &mut rows.transaction;
        let begun = write!(
            line,
            "{},{},{txid},{},{},{},",
            block.height,
            position + 1,
            draft.why.as_str(),
            draft.wallet,
            draft.fee
        );
        begun.expect("memory takes what is written");
        if !draft.why.is_of_several() {
            put_change(line, block, draft);
        }
        line.push(b',');
        if let Some(peel) = draft.peel {
            write!(line, "{peel}").expect("memory takes what is written");
        }
        line.push(b'\n');
        if draft.why.is_of_several() || draft.why == Why::Tx0 {
            put_participants(&mut rows.participants, block, draft, &txid);
            rows.n_participants = (draft.spends.len() + draft.pays.len()) as u64;
        }
        rows
    }
}

fn put_change(line: &mut Vec<u8>, block: &BlockDraft, draft: &Draft) {
    let mut is_first = true;
    for (vout, pay) in block.pays_of(draft).iter().enumerate() {
        if pay.purpose == Use::Change {
            let separator = if is_first { "" } else { "|" };
            write!(line, "{separator}{vout}").expect("memory takes what is written");
            is_first = false;
        }
    }
}

fn put_participants(lines: &mut Vec<u8>, block: &BlockDraft, draft: &Draft, txid: &str) {
    for (index, spend) in block.spends_of(draft).iter().enumerate() {
        let (wallet, value) = (spend.wallet, spend.value);
        writeln!(lines, "{txid},input,{index},{wallet},{value},")
            .expect("memory takes what is written");
    }
    for (index, pay) in block.pays_of(draft).iter().enumerate() {
        let (wallet, value) = (pay.wallet, pay.value);
        let purpose = pay.purpose.as_str();
        writeln!(lines, "{txid},output,{index},{wallet},{value},{purpose}")
            .expect("memory takes what is written");
    }
}

/// As people write ids: bytes reversed.
fn display(id: &Id) -> String {
    let mut reversed = *id;
    reversed.reverse();
    hex::encode(reversed)
}

/// The tables that grow with the chain.
#[derive(Debug)]
pub(super) struct Truth {
    blocks: Table,
    transactions: Table,
    participants: Table,
    addresses: Table,
}

impl Truth {
    pub(super) fn create(out: &Path) -> Result<Self, Error> {
        let table = |name, columns| Table::create(out, name, columns);
        Ok(Self {
            blocks: table(
                "truth/blocks.csv",
                "height,hash,time,transactions,inputs,outputs,subsidy,fees,wallet",
            )?,
            transactions: table(
                "truth/transactions.csv",
                "height,position,txid,kind,wallet,fee,change,peel",
            )?,
            participants: table(
                "truth/participants.csv",
                "txid,side,index,wallet,value,purpose",
            )?,
            addresses: table("truth/addresses.csv", "address,number,wallet")?,
        })
    }

    /// Writes what is true of a block.
    pub(super) fn put(&mut self, block: &BlockDraft, sealed: &SealedBlock) -> Result<(), Error> {
        let fees: u64 = block.drafts.iter().map(|draft| draft.fee).sum();
        let miner = block.reward.map_or(0, |reward| reward.wallet);
        self.blocks.row(format_args!(
            "{},{},{},{},{},{},{},{fees},{miner}",
            block.height,
            sealed.hash,
            block.time,
            block.drafts.len() + 1,
            block.spends.len() + 1,
            block.pays.len() + 2,
            subsidy(block.height),
        ))?;
        let coinbase = sealed.coinbase;
        self.transactions.row(format_args!(
            "{},0,{coinbase},coinbase,{miner},0,,",
            block.height
        ))?;
        for rows in &sealed.rows {
            self.transactions.raw(&rows.transaction, 1)?;
            self.participants
                .raw(&rows.participants, rows.n_participants)?;
        }
        let chunks: Vec<(Vec<u8>, usize)> = (block.first_address..)
            .zip(&block.addresses)
            .collect::<Vec<_>>()
            .par_chunks(256)
            .map(|chunk| {
                let mut lines = Vec::with_capacity(84 * chunk.len());
                for (number, wallet) in chunk {
                    let address = script::text(*number);
                    writeln!(lines, "{address},{number},{wallet}")
                        .expect("memory takes what is written");
                }
                (lines, chunk.len())
            })
            .collect();
        for (lines, n_rows) in chunks {
            self.addresses.raw(&lines, n_rows as u64)?;
        }
        Ok(())
    }

    /// Writes who is who at the end, and gives the list of tables.
    pub(super) fn finish(
        self,
        out: &Path,
        people: &People,
        balances: &[u64],
    ) -> Result<Vec<Listed>, Error> {
        let mut wallets = Table::create(
            out,
            "truth/wallets.csv",
            "wallet,owner,kind,addresses,spends_first,change,lock_time,version,sequence,balance",
        )?;
        let mut of_owners = vec![0; people.n_owners as usize];
        for ((number, wallet), balance) in people.wallets.iter().enumerate().zip(balances) {
            of_owners[wallet.owner as usize] += balance;
            let addresses = match wallet.addresses {
                Addresses::Fresh => "fresh",
                Addresses::FreshChange => "fresh change",
                Addresses::One => "one",
            };
            let order = match wallet.order {
                Order::Oldest => "oldest",
                Order::Newest => "newest",
            };
            let change = if wallet.is_change_last { "last" } else { "any" };
            let lock_time = if wallet.is_lock_time_set {
                "height"
            } else {
                "zero"
            };
            wallets.row(format_args!(
                "{number},{},{},{addresses},{order},{change},{lock_time},{},ffffff{:02x},{balance}",
                wallet.owner,
                wallet.role.as_str(),
                wallet.version,
                wallet.sequence,
            ))?;
        }
        let mut owners = Table::create(out, "truth/owners.csv", "owner,balance")?;
        for (owner, balance) in of_owners.iter().enumerate() {
            owners.row(format_args!("{owner},{balance}"))?;
        }
        [
            self.blocks,
            self.transactions,
            self.participants,
            self.addresses,
            wallets,
            owners,
        ]
        .into_iter()
        .map(Table::finish)
        .collect()
    }
}
