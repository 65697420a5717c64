//! A generated chain, read as any evidence is, and what is true of it.

use crate::Error;
use crate::kernels::{blocks, case};
use moneytrail_generate::{Kind, Options, generate};
use moneytrail_ingest::Format;
use moneytrail_model::{AccountKey, EventIdx, Network, NodeIdx};
use moneytrail_store::graph::Graph;
use std::collections::BTreeMap;
use std::path::Path;

/// What is true of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Made {
    /// Why it was made: `payment`, `wasabi-2`, …
    pub(super) kind: String,
    /// Positions of change outputs; none of a transaction of several owners.
    pub(super) change: Vec<usize>,
}

/// What the generator made, read as any evidence is; its truth lies in `made/truth` of the directory.
struct Generated {
    graph: Graph,
    directory: tempfile::TempDir,
}

impl Generated {
    fn of(kind: Kind, format: Format, seed: u64, n_transfers: u64) -> Result<Self, Error> {
        let directory = tempfile::tempdir()?;
        let out = directory.path().join("made");
        let options = Options {
            kind,
            n_transfers,
            seed,
        };
        generate(&out, &options, &())?;
        let evidence = blocks::evidence(&out.join(match format {
            Format::BlockFiles => "evidence/blocks",
            _ => "evidence/etl",
        }))?;
        let (graph, _) = case::of(format, &evidence)?.case().graph()?;
        Ok(Self { graph, directory })
    }
}

/// A chain with its truth.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) graph: Graph,
    /// Owner of each account, ascending by account.
    pub(super) owners: BTreeMap<NodeIdx, u32>,
    /// Transactions but coinbases.
    pub(super) made: BTreeMap<EventIdx, Made>,
}

/// An account chain with its truth.
#[derive(Debug)]
pub(super) struct AccountChain {
    pub(super) graph: Graph,
    /// Owner of each account of people, ascending by account.
    pub(super) owners: BTreeMap<NodeIdx, u32>,
    /// Accounts from which exchanges pay, as tags would name them, ascending.
    pub(super) exchanges: Vec<NodeIdx>,
}

impl AccountChain {
    pub(super) fn make(seed: u64, n_transfers: u64) -> Result<Self, Error> {
        let Generated { graph, directory } =
            Generated::of(Kind::Accounts, Format::Etl, seed, n_transfers)?;
        let truth = directory.path().join("made/truth");
        let (mut owners, mut exchanges) = (BTreeMap::new(), Vec::new());
        let columns = ["address", "owner", "kind"];
        for [address, owner, kind] in rows(&truth.join("accounts.csv"), columns)? {
            let account = AccountKey::parse(&address, Network::Ethereum);
            let Some(node) = account.and_then(|account| graph.node_of(&account)) else {
                continue;
            };
            match &*kind {
                "person" | "mule" => drop(owners.insert(node, owner.parse()?)),
                "exchange" => exchanges.push(node),
                _ => {}
            }
        }
        exchanges.sort_unstable();
        Ok(Self {
            graph,
            owners,
            exchanges,
        })
    }
}

/// A chain like TRON's with its truth.
#[derive(Debug)]
pub(super) struct TronChain {
    pub(super) graph: Graph,
    /// Owner of each account, ascending by account.
    pub(super) owners: BTreeMap<NodeIdx, u32>,
    /// How each account of a person came by its first coins.
    pub(super) ways: BTreeMap<NodeIdx, String>,
    /// Main wallets of exchanges, as tags would name them, ascending.
    pub(super) exchanges: Vec<NodeIdx>,
}

impl TronChain {
    pub(super) fn make(seed: u64, n_transfers: u64) -> Result<Self, Error> {
        let Generated { graph, directory } =
            Generated::of(Kind::Tron, Format::Etl, seed, n_transfers)?;
        let truth = directory.path().join("made/truth");
        let (mut owners, mut ways) = (BTreeMap::new(), BTreeMap::new());
        let mut exchanges = Vec::new();
        let columns = ["address", "owner", "kind", "way"];
        for [address, owner, kind, way] in rows(&truth.join("accounts.csv"), columns)? {
            let account = AccountKey::parse(&address, Network::Tron);
            let Some(node) = account.and_then(|account| graph.node_of(&account)) else {
                continue;
            };
            owners.insert(node, owner.parse()?);
            match &*kind {
                "person" => drop(ways.insert(node, way)),
                "exchange" => exchanges.push(node),
                _ => {}
            }
        }
        exchanges.sort_unstable();
        Ok(Self {
            graph,
            owners,
            ways,
            exchanges,
        })
    }
}

impl Chain {
    pub(super) fn make(seed: u64, n_transfers: u64) -> Result<Self, Error> {
        let Generated { graph, directory } =
            Generated::of(Kind::Utxo, Format::BlockFiles, seed, n_transfers)?;
        let truth = directory.path().join("made/truth");
        let mut wallets: BTreeMap<u32, u32> = BTreeMap::new();
        for [wallet, owner] in rows(&truth.join("wallets.csv"), ["wallet", "owner"])? {
            wallets.insert(wallet.parse()?, owner.parse()?);
        }
        let mut owners = BTreeMap::new();
        for [address, wallet] in rows(&truth.join("addresses.csv"), ["address", "wallet"])? {
            let account = AccountKey::parse(&address, Network::Regtest);
            let node = account.and_then(|account| graph.node_of(&account));
            if let Some(node) = node {
                owners.insert(node, wallets[&wallet.parse()?]);
            }
        }
        let mut made = BTreeMap::new();
        let columns = ["txid", "kind", "change"];
        for [txid, kind, change] in rows(&truth.join("transactions.csv"), columns)? {
            let mut id: [u8; 32] = bytes(&txid)?
                .try_into()
                .map_err(|_| "a txid has 32 bytes")?;
            id.reverse();
            let places = change.split('|').filter(|place| !place.is_empty());
            let change = places.map(str::parse).collect::<Result<Vec<usize>, _>>()?;
            if kind != "coinbase" {
                let event = graph
                    .events_of_txid(&id)
                    .next()
                    .ok_or("a transaction is missing")?;
                made.insert(event, Made { kind, change });
            }
        }
        Ok(Self {
            graph,
            owners,
            made,
        })
    }

    /// The owner of an account; what nobody owns has none.
    pub(super) fn owner(&self, node: NodeIdx) -> Option<u32> {
        self.owners.get(&node).copied()
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>, Error> {
    let pairs = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16));
    Ok(pairs.collect::<Result<_, _>>()?)
}

/// Columns of a table of truth, by name.
fn rows<const N: usize>(path: &Path, columns: [&str; N]) -> Result<Vec<[String; N]>, Error> {
    let text = fs_err::read_to_string(path)?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let places = columns.map(|name| header.iter().position(|column| *column == name));
    let mut rows = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |place: Option<usize>| place.and_then(|place| cells.get(place)).copied();
        if places.iter().any(|place| cell(*place).is_none()) {
            return Err(format!("{}: a column is missing", path.display()).into());
        }
        rows.push(places.map(|place| cell(place).unwrap_or_default().to_owned()));
    }
    Ok(rows)
}
