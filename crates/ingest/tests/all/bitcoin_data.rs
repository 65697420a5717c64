//! Real blocks: the facts that must come out. The files are not part of the project; where they are
//! absent the tests say so, and fail only in CI.
#![allow(clippy::unwrap_used, reason = "used by tests only")]

use bitcoin::hashes::Hash;
use moneytrail_ingest::{Error, Evidence, EvidenceFile, Format, Options, Outcome, chain};
use moneytrail_model::address::{of_script, revealed_by_input};
use moneytrail_model::{AccountKey, BookId, Network, TransferKind};
use moneytrail_store::schema::{Batch, Endpoint};
use std::path::{Path, PathBuf};

#[expect(clippy::print_stdout, reason = "a test that was skipped says so")]
fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("MONEYTRAIL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("bitcoin").join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "shared data absent: {}",
        path.display()
    );
    println!("skipped: shared data absent");
    None
}

fn evidence(path: &Path) -> Evidence {
    Evidence {
        files: vec![EvidenceFile::at(path)],
        book: BookId([0; 8]),
    }
}

struct Read {
    outcome: Outcome,
    batches: Vec<Batch>,
}

fn read(path: &Path, options: &Options) -> Result<Read, Error> {
    let evidence = evidence(path);
    let format = chain::sniff_evidence(&evidence)?.expect("a known format");
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = chain::read(format, &evidence, options, &mut batches, &())?;
    Ok(Read { outcome, batches })
}

impl Read {
    fn figure(&self, name: &str) -> u64 {
        let figures = &self.outcome.figures;
        figures
            .iter()
            .find(|figure| figure.0 == name)
            .unwrap_or_else(|| panic!("no figure {name}"))
            .1
    }

    /// Blocks, transactions, inputs, outputs, multi-input transactions.
    fn check(&self, facts: [u64; 5]) {
        let names = [
            "blocks",
            "transactions",
            "inputs",
            "outputs",
            "multi-input transactions",
        ];
        for (name, fact) in names.into_iter().zip(facts) {
            assert_eq!(self.figure(name), fact, "{name}");
        }
        let n_transactions = facts[1];
        assert_eq!(self.outcome.counts.transferred, n_transactions);
        assert_eq!(self.outcome.counts.total(), n_transactions);
        assert_eq!(self.figure("stale blocks"), 0);
        let rows =
            |count: fn(&Batch) -> usize| self.batches.iter().map(count).sum::<usize>() as u64;
        assert_eq!(rows(|batch| batch.blocks.len()), facts[0]);
        assert_eq!(rows(|batch| batch.events.len()), n_transactions);
        let of_kind = |kind| {
            let transfers = self.batches.iter().flat_map(|batch| batch.transfers.iter());
            transfers.filter(|transfer| transfer.kind == kind).count() as u64
        };
        assert_eq!(of_kind(TransferKind::Output), facts[3]);
        assert_eq!(of_kind(TransferKind::Input), facts[2] - facts[0]);
        assert_eq!(rows(|batch| batch.outpoints.len()), facts[2] - facts[0]);
        assert_eq!(of_kind(TransferKind::Subsidy), facts[0]);
    }

    fn heights(&self) -> Vec<Option<u32>> {
        let blocks = self.batches.iter().flat_map(|batch| &batch.blocks);
        blocks.map(|block| block.height).collect()
    }
}

#[test]
fn the_first_block_file() {
    let Some(path) = shared("mainnet/blk00000.dat") else {
        return;
    };
    let read = read(&path, &Options::default()).unwrap();
    assert_eq!(read.outcome.network, Some(Network::Bitcoin));
    read.check([4_313, 4_371, 4_560, 4_397, 29]);
    assert_eq!(read.figure("inputs resolved inside"), 247);
    let mut heights: Vec<u32> = read.heights().into_iter().flatten().collect();
    heights.sort_unstable();
    assert_eq!(heights, (0..4_313).collect::<Vec<_>>());
    assert!(
        read.outcome.assumptions.is_empty(),
        "{:?}",
        read.outcome.assumptions
    );
    assert!(
        read.outcome
            .remarks
            .iter()
            .any(|remark| remark.contains("can never be spent"))
    );

    let overview = chain::inspect(
        Format::BlockFiles,
        &evidence(&path),
        &Options::default(),
        &(),
    )
    .unwrap();
    assert_eq!(
        (overview.n_blocks, overview.heights),
        (4_313, Some((0, 4_312)))
    );
}

#[test]
fn raw_blocks_of_the_main_network() {
    for (name, height, facts, n_resolved) in [
        ("300025", 300_025, [1, 461, 1_428, 1_226, 219], 188),
        ("413567", 413_567, [1, 1_557, 4_887, 3_581, 505], 287),
        ("702861", 702_861, [1, 2_500, 6_518, 6_015, 606], 327),
    ] {
        let Some(path) = shared(&format!("mainnet/{name}.raw")) else {
            return;
        };
        let read = read(&path, &Options::default()).unwrap();
        assert_eq!(read.outcome.format, Format::RawBlock);
        read.check(facts);
        assert_eq!(read.figure("inputs resolved inside"), n_resolved, "{name}");
        assert_eq!(read.heights(), [Some(height)]);
        assert_eq!(read.outcome.assumptions.len(), 1, "the network is assumed");
    }
}

#[test]
fn two_blocks_that_are_not_adjacent() {
    let Some(path) = shared("mainnet/482202-482253.blk") else {
        return;
    };
    let read = read(&path, &Options::default()).unwrap();
    read.check([2, 4_699, 10_011, 10_632, 914]);
    assert_eq!(read.heights(), [Some(482_253), Some(482_202)]);
    assert!(read.outcome.stale.is_empty());
}

#[test]
fn raw_blocks_of_a_test_network() {
    for (name, height, n_transactions, n_inputs, n_multi_input) in [
        ("928816", 928_816, 889, 8_693, 783),
        ("928828", 928_828, 201, 1_973, 121),
    ] {
        let Some(path) = shared(&format!("testnet3/{name}.raw")) else {
            return;
        };
        let options = Options {
            network: Some(Network::Testnet3),
            ..Options::default()
        };
        let read = read(&path, &options).unwrap();
        let n_outputs = read.figure("outputs");
        read.check([1, n_transactions, n_inputs, n_outputs, n_multi_input]);
        assert_eq!(read.heights(), [Some(height)]);
        assert!(read.outcome.assumptions.is_empty());
    }
}

#[test]
fn mixed_networks_are_refused() {
    let Some(path) = shared("mixed-networks.blk") else {
        return;
    };
    let Err(error) = read(&path, &Options::default()) else {
        panic!("two networks in one exhibit were accepted")
    };
    assert_eq!(error.code(), "ingest/mixed-networks");
    let text = error.to_string();
    assert!(text.contains("bitcoin-testnet3"), "{text}");
}

#[test]
fn an_altered_bit_shows() {
    let Some(path) = shared("mainnet/300025.raw") else {
        return;
    };
    let mut bytes = fs_err::read(&path).unwrap();
    let n_bytes = bytes.len();
    bytes[n_bytes - 5] ^= 1;
    let folder = tempfile::tempdir().unwrap();
    let altered = folder.path().join("altered.raw");
    fs_err::write(&altered, bytes).unwrap();
    let read = read(&altered, &Options::default()).unwrap();
    assert_eq!(read.outcome.counts.quarantined, 461);
    assert_eq!(read.outcome.counts.total(), 461);
    let record = &read.batches[0].records[0];
    let reason = record.reason.as_deref().unwrap();
    assert!(reason.starts_with("merkle root does not match: a transaction of block 0000"));
}

/// The blocks of the main network between magics, `n_copies` of each.
fn mix(n_copies: usize) -> Option<Vec<u8>> {
    let mut once = Vec::new();
    for name in ["413567", "702861"] {
        let block = fs_err::read(shared(&format!("mainnet/{name}.raw"))?).unwrap();
        once.extend(Network::Bitcoin.magic().unwrap());
        once.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
        once.extend(block);
    }
    once.extend(fs_err::read(shared("mainnet/482202-482253.blk")?).unwrap());
    Some(once.repeat(n_copies))
}

fn read_bytes(bytes: &[u8]) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blk00000.dat");
    fs_err::write(&path, bytes).unwrap();
    read(&path, &Options::default()).unwrap()
}

#[test]
fn a_repeated_mix_reads_alike_on_any_number_of_threads() {
    let Some(bytes) = mix(3) else { return };
    let on = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
        pool.build().unwrap().install(|| read_bytes(&bytes))
    };
    let one = on(1);
    assert_eq!(one.outcome.counts.transferred, 8_756);
    assert_eq!(one.outcome.counts.set_aside, 2 * 8_756);
    for n_threads in [2, 8] {
        let many = on(n_threads);
        assert_eq!(one.outcome, many.outcome);
        assert!(one.batches == many.batches, "{n_threads} threads");
    }
}

#[test]
fn rows_are_what_another_parser_and_keys_one_by_one_give() {
    let Some(bytes) = mix(1) else { return };
    let batches = read_bytes(&bytes).batches;
    let mut events = batches.iter().flat_map(|batch| {
        let ids = batch
            .events
            .iter()
            .map(|event| event.transaction.unwrap().1);
        let rows: Vec<_> = batch.transfers.iter().collect();
        let rows = rows.chunk_by(|a, b| a.event == b.event);
        ids.zip(rows.map(<[_]>::to_vec)).collect::<Vec<_>>()
    });
    let network = Network::Bitcoin;
    let mut txids = Vec::new();
    let mut rest = &bytes[..];
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let len = u32::from_le_bytes(*head.last_chunk().unwrap()) as usize;
        let block: bitcoin::Block = bitcoin::consensus::deserialize(&behind[..len]).unwrap();
        rest = &behind[len..];
        for transaction in block.txdata {
            let (txid, rows) = events.next().unwrap();
            assert_eq!(txid, transaction.compute_txid().to_byte_array());
            txids.push(txid);
            let accounts: Vec<_> = rows.iter().map(|row| (&row.from, &row.to)).collect();
            let inputs = transaction.input.iter().map(|input| {
                let witness: Vec<_> = input.witness.iter().collect();
                let revealed = revealed_by_input(network, input.script_sig.as_bytes(), &witness);
                let spent = input.previous_output;
                let outpoint =
                    AccountKey::Outpoint(network, spent.txid.to_byte_array(), spent.vout);
                (
                    Endpoint::Account(revealed.unwrap_or(outpoint)),
                    Endpoint::Junction,
                )
            });
            let outputs = transaction.output.iter().map(|output| {
                let account = of_script(network, output.script_pubkey.as_bytes());
                (Endpoint::Junction, Endpoint::Account(account))
            });
            let n_issued = rows.len() - transaction.output.len();
            let expected: Vec<_> = if transaction.is_coinbase() {
                outputs.collect()
            } else {
                inputs.chain(outputs).collect()
            };
            let found = if transaction.is_coinbase() {
                &accounts[n_issued..]
            } else {
                &accounts
            };
            let expected: Vec<_> = expected.iter().map(|(from, to)| (from, to)).collect();
            assert_eq!(found, expected);
        }
    }
    assert_eq!(chain::kernel::txids(&bytes).unwrap(), txids);
    assert_eq!(chain::kernel::par_txids(&bytes).unwrap(), txids);
}
