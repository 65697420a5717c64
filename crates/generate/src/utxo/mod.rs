//! A UTXO chain on Bitcoin's regtest, whose owners are known.
//!
//! Laws: a node accepts every block (work, merkle root, witness commitment, BIP34 height, maturity,
//! subsidy, weight, times); Σ outputs of a block = Σ inputs + subsidy; each address has one wallet and each
//! wallet one owner. Memory: about 70 bytes for an unspent output and 50 for a wallet. What a block
//! holds is decided while the block before is hashed and written; neither looks at the other.
//!
//! Issuance is what limits a regtest chain (fifteen thousand bitcoin in all), so a miner pays each matured
//! reward to many, and fees come back by the same way.

mod coins;
mod draft;
mod economy;
mod files;
mod imitate;
mod ledger;
mod levels;
mod mix;
mod people;
mod script;
mod seal;
mod truth;

use crate::random::Dice;
use crate::{Error, Made, Options, Progress};
use bitcoin::{Network, consensus};
use std::path::Path;

/// No coin, address or position.
const NONE: u32 = u32::MAX;
/// Numbers below it have shorter scripts.
const FIRST_ADDRESS: u32 = 17;

/// Writes the chain to `out/evidence/blocks` and what is true of it to `out/truth`. O(transfers).
pub(crate) fn generate(
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Made, Error> {
    let genesis = bitcoin::constants::genesis_block(Network::Regtest);
    let mut files = files::BlockFiles::create(out)?;
    files.put(&consensus::serialize(&genesis))?;
    let mut truth = truth::Truth::create(out)?;
    let mut sealer = seal::Sealer::new(genesis.block_hash());

    let people = people::People::new(options.n_transfers, &mut Dice::new(options.seed, 0));
    let ledger = ledger::Ledger::new(people, Dice::new(options.seed, 1));
    let mut economy = economy::Economy::new(ledger, options.n_transfers);
    let mut counts = Counts::default();
    let mut draft = economy.block();
    loop {
        let is_last = economy.is_done();
        let (next, written) = rayon::join(
            || (!is_last).then(|| economy.block()),
            || {
                let sealed = sealer.seal(&draft);
                files.put(&sealed.bytes)?;
                truth.put(&draft, &sealed)
            },
        );
        written?;
        counts.add(&draft);
        progress.advance((draft.spends.len() + draft.pays.len()) as u64);
        match next {
            Some(next) => draft = next,
            None => break,
        }
    }
    let ledger = &economy.ledger;
    let balances = ledger.coins.balances();
    let mut made = Made {
        evidence: files.finish()?,
        truth: truth.finish(out, &ledger.people, &balances)?,
        counts: counts.listed(),
    };
    made.count("transfers", ledger.n_transfers);
    made.count("wallets", ledger.people.n_wallets().into());
    made.count("owners", ledger.people.n_owners.into());
    made.count("peel chains", economy.n_peels());
    made.count("unspent outputs", ledger.coins.n_unspent() as u64);
    made.count(
        "most unspent outputs at once",
        ledger.coins.n_places() as u64,
    );
    Ok(made)
}

/// What the chain holds.
#[derive(Debug, Default)]
struct Counts {
    blocks: u64,
    inputs: u64,
    outputs: u64,
    kinds: [u64; draft::Why::ALL.len()],
}

impl Counts {
    fn add(&mut self, block: &draft::BlockDraft) {
        self.blocks += 1;
        self.inputs += block.spends.len() as u64;
        self.outputs += block.pays.len() as u64;
        for draft in &block.drafts {
            self.kinds[draft.why as usize] += 1;
        }
    }

    fn listed(&self) -> Vec<(String, u64)> {
        let mut counts = vec![
            ("blocks without genesis".to_owned(), self.blocks),
            (
                "transactions without coinbases".to_owned(),
                self.kinds.iter().sum(),
            ),
            ("inputs".to_owned(), self.inputs),
            ("outputs".to_owned(), self.outputs),
        ];
        for (why, n) in draft::Why::ALL.iter().zip(self.kinds) {
            counts.push((why.as_str().to_owned(), n));
        }
        counts
    }
}
