//! Which blocks count, and how high they stand.
//!
//! Laws: of the blocks that compete, those on the chain with most work count and the others are
//! stale; a block that no other competes with is never stale, even if its neighbours are missing.
//! A height is given by the genesis block, or by the coinbases of blocks under BIP34, and carried
//! along the tree both ways; where blocks of one tree contradict each other, none has a height.
//!
//! Method: blocks whose parent is missing hang on a stand-in for it, so that two children of one
//! missing parent compete. Each stand-in is the root of a tree; depths and sums of work are filled
//! in from the root. O(n log n) time, about 150 bytes a block.

use super::proof::{shown, target};
use bitcoin::Target;
use bitcoin::hashes::Hash;
use bitcoin::pow::Work;
use moneytrail_model::Network;
use rustc_hash::FxHashMap;

/// A block for the tree; its work was checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) hash: [u8; 32],
    pub(super) previous: [u8; 32],
    pub(super) bits: u32,
    pub(super) stated_height: Option<u32>,
}

/// What the tree says about a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Standing {
    pub(super) height: Option<u32>,
    pub(super) stale: bool,
}

/// What the tree says about all blocks, by hash.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) standings: FxHashMap<[u8; 32], Standing>,
    pub(super) assumptions: Vec<String>,
    pub(super) remarks: Vec<String>,
}

struct Node {
    entry: Entry,
    parent: Option<usize>,
    root: usize,
    depth: u32,
    work: Work,
}

/// From when on the rule stands that a coinbase begins with its height (`BIP34Height`).
pub(super) fn bip34_height(network: Network) -> u32 {
    match network {
        Network::Bitcoin | Network::BitcoinCash => 227_931,
        Network::Litecoin => 710_000,
        Network::Dogecoin => 1_034_383,
        Network::Testnet3 => 21_111,
        _ => 1,
    }
}

/// The hash of a network's first block, internal byte order.
pub(super) fn genesis_hash(network: Network) -> Option<[u8; 32]> {
    let shown = |text: &str| {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).ok()?;
        hash.reverse();
        Some(hash)
    };
    let network = match network {
        // `chainparams.cpp` of their nodes.
        Network::Litecoin => {
            return shown("12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2");
        }
        Network::Dogecoin => {
            return shown("1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691");
        }
        // One chain until August 2017.
        Network::Bitcoin | Network::BitcoinCash => bitcoin::Network::Bitcoin,
        Network::Testnet3 => bitcoin::Network::Testnet,
        Network::Testnet4 => bitcoin::Network::Testnet4,
        Network::Signet => bitcoin::Network::Signet,
        Network::Regtest => bitcoin::Network::Regtest,
        _ => return None,
    };
    let genesis = bitcoin::constants::genesis_block(network);
    Some(genesis.block_hash().to_byte_array())
}

/// What is said of the first block where it is in evidence: its output was never added to the set of
/// coins, so nobody can spend it.
pub(super) fn unspendable_remark(
    network: Network,
    holds: impl Fn(&[u8; 32]) -> bool,
) -> Option<String> {
    let genesis = genesis_hash(network).filter(|hash| holds(hash))?;
    Some(format!(
        "the output of the first block's coinbase can never be spent (block {})",
        shown(&genesis)
    ))
}

/// Builds the tree. Entries stand in file order; a hash that comes again is one block.
pub(super) fn build(network: Network, entries: impl IntoIterator<Item = Entry>) -> Tree {
    let nodes = grow(entries);
    let mut tree = Tree::default();
    let heights = heights(network, &nodes, &mut tree);
    let stale = stale(&nodes, &mut tree);
    tree.standings = (nodes.iter().zip(heights).zip(stale))
        .map(|((node, height), stale)| (node.entry.hash, Standing { height, stale }))
        .collect();
    tree
}

/// Nodes in file order, each with its root, depth and sum of work.
fn grow(entries: impl IntoIterator<Item = Entry>) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut by_hash: FxHashMap<[u8; 32], usize> = FxHashMap::default();
    for entry in entries {
        let position = nodes.len();
        by_hash.entry(entry.hash).or_insert_with(|| {
            nodes.push(Node {
                entry,
                parent: None,
                depth: 0,
                work: zero_work(),
                root: position,
            });
            position
        });
    }
    let mut children: Vec<(usize, usize)> = Vec::new();
    let mut roots_by_missing: FxHashMap<[u8; 32], usize> = FxHashMap::default();
    let mut order = Vec::with_capacity(nodes.len());
    for (position, node) in nodes.iter_mut().enumerate() {
        let previous = node.entry.previous;
        if let Some(&parent) = by_hash.get(&previous).filter(|&&parent| parent != position) {
            node.parent = Some(parent);
            children.push((parent, position));
        } else {
            node.root = *roots_by_missing.entry(previous).or_insert(position);
            node.work = own_work(node);
            order.push(position);
        }
    }
    children.sort_unstable();
    let mut next = 0;
    while let Some(&parent) = order.get(next) {
        next += 1;
        let first = children.partition_point(|&(above, _)| above < parent);
        for &(_, child) in children[first..]
            .iter()
            .take_while(|&&(above, _)| above == parent)
        {
            nodes[child].root = nodes[parent].root;
            nodes[child].depth = nodes[parent].depth.saturating_add(1);
            nodes[child].work = nodes[parent].work + own_work(&nodes[child]);
            order.push(child);
        }
    }
    nodes
}

fn zero_work() -> Work {
    Work::from_be_bytes([0; 32])
}

/// Work of a block alone. A sum of them cannot leave 256 bits: work is at most 2²⁵⁶ divided by a
/// target that some hash has met.
fn own_work(node: &Node) -> Work {
    target(node.entry.bits).map_or_else(zero_work, Target::to_work)
}

/// How far a block's word about its own height goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Trust {
    /// From before BIP34: anybody could write anything into a coinbase then.
    Weak,
    /// Under BIP34.
    Rule,
    /// The first block of the network.
    Genesis,
}

/// What one block says about the height of its tree's root.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    root: usize,
    trust: Trust,
    base: i64,
}

/// Heights by node: each tree's base is fixed by its anchors, if they agree.
fn heights(network: Network, nodes: &[Node], tree: &mut Tree) -> Vec<Option<u32>> {
    let genesis = genesis_hash(network);
    let always = bip34_height(network);
    let mut anchors: Vec<Anchor> = Vec::new();
    for node in nodes {
        let (depth, root) = (i64::from(node.depth), node.root);
        if Some(node.entry.hash) == genesis {
            let (trust, base) = (Trust::Genesis, -depth);
            anchors.push(Anchor { root, trust, base });
        } else if let Some(height) = node.entry.stated_height {
            let trust = if height >= always {
                Trust::Rule
            } else {
                Trust::Weak
            };
            let base = i64::from(height) - depth;
            if base >= 0 {
                anchors.push(Anchor { root, trust, base });
            }
        }
    }
    anchors.sort_by_key(|anchor| (anchor.root, anchor.trust, anchor.base));
    let mut bases: FxHashMap<usize, i64> = FxHashMap::default();
    for of_root in anchors.chunk_by(|a, b| a.root == b.root) {
        let root = of_root[0].root;
        if let Some(base) = agreed(of_root) {
            bases.insert(root, base);
        } else if of_root.iter().any(|anchor| anchor.trust == Trust::Rule) {
            tree.remarks.push(format!(
                "blocks that follow {} state heights that contradict each other: none is believed",
                shown(&nodes[root].entry.previous)
            ));
        }
    }
    let heights: Vec<Option<u32>> = nodes
        .iter()
        .map(|node| {
            let height = bases.get(&node.root)?.checked_add(i64::from(node.depth))?;
            u32::try_from(height).ok()
        })
        .collect();
    let n_unknown = heights.iter().filter(|height| height.is_none()).count();
    if n_unknown > 0 {
        tree.assumptions.push(format!(
            "{n_unknown} blocks have no height: their chain reaches neither the first block nor a \
             coinbase that states one"
        ));
    }
    heights
}

/// The base that the most trusted anchors of a tree agree on, by majority. Words from before the
/// rule count only if there are two of them and all agree. Anchors ascend by trust and base.
fn agreed(anchors: &[Anchor]) -> Option<i64> {
    let best = anchors.last()?;
    let first = anchors.partition_point(|anchor| anchor.trust < best.trust);
    let trusted = &anchors[first..];
    let (base, n_votes) = trusted
        .chunk_by(|a, b| a.base == b.base)
        .map(|run| (run[0].base, run.len()))
        .max_by_key(|&(_, n_votes)| n_votes)?;
    let enough = match best.trust {
        Trust::Weak => n_votes >= 2 && n_votes == trusted.len(),
        Trust::Rule | Trust::Genesis => 2 * n_votes > trusted.len(),
    };
    enough.then_some(base)
}

/// Which nodes lose: those not between their root and the tip with most work. Of equal tips the one
/// that stands first counts, as the one heard of first does for a node of the network.
fn stale(nodes: &[Node], tree: &mut Tree) -> Vec<bool> {
    let mut tips: FxHashMap<usize, usize> = FxHashMap::default();
    for (position, node) in nodes.iter().enumerate() {
        let tip = tips.entry(node.root).or_insert(position);
        if node.work > nodes[*tip].work {
            *tip = position;
        }
    }
    let mut stale = vec![true; nodes.len()];
    for (position, node) in nodes.iter().enumerate() {
        let mut at = (position == tips[&node.root]).then_some(position);
        while let Some(on_chain) = at {
            stale[on_chain] = false;
            at = nodes[on_chain].parent;
        }
    }
    for (position, node) in nodes.iter().enumerate() {
        let tip = tips[&node.root];
        if stale[position] && node.work == nodes[tip].work {
            tree.assumptions.push(format!(
                "blocks {} and {} compete with equal work: the first stands first in the evidence \
                 and counts",
                shown(&nodes[tip].entry.hash),
                shown(&node.entry.hash)
            ));
        }
    }
    stale
}
