//! Which blocks count: of competing chains, the one with most work (`chains.md` §1).

use super::BuildNotes;
use crate::schema::BlockRow;
use bitcoin::CompactTarget;
use bitcoin::pow::{Target, Work};
use rustc_hash::FxHashMap;

/// What the case as a whole says of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BlockState {
    pub(super) height: Option<u32>,
    pub(super) stale: bool,
}

#[derive(Clone)]
struct Block {
    previous: Option<[u8; 32]>,
    height: Option<u32>,
    bits: Option<u32>,
    stale: bool,
}

/// Decides over all segments, whose blocks are given one after another. In each connected set of blocks
/// the chain to the tip with most work counts, ties to the smaller hash. A block that its own exhibit
/// calls stale is no such tip, but it counts where a chain that counts goes on from it: its exhibit did
/// not know what came later. O(n log n).
pub(super) fn states<'a>(
    segments: impl Iterator<Item = &'a [BlockRow]> + Clone,
    notes: &mut BuildNotes,
) -> Vec<BlockState> {
    let mut blocks: FxHashMap<[u8; 32], Block> = FxHashMap::default();
    for row in segments.clone().flatten() {
        let block = blocks.entry(row.hash).or_insert(Block {
            previous: row.previous,
            height: row.height,
            bits: row.bits,
            stale: row.stale,
        });
        block.previous = block.previous.or(row.previous);
        block.height = block.height.or(row.height);
        block.bits = block.bits.or(row.bits);
        block.stale |= row.stale;
    }
    let mut hashes: Vec<[u8; 32]> = blocks.keys().copied().collect();
    hashes.sort_unstable();
    let mut children: FxHashMap<[u8; 32], Vec<[u8; 32]>> = FxHashMap::default();
    for hash in &hashes {
        if let Some(previous) = blocks[hash].previous {
            children.entry(previous).or_default().push(*hash);
        }
    }
    let roots = hashes.iter().filter(|hash| {
        blocks[*hash]
            .previous
            .is_none_or(|previous| !blocks.contains_key(&previous))
    });
    for &root in &roots.copied().collect::<Vec<_>>() {
        settle(root, &children, &mut blocks, notes);
    }
    let state = |row: &BlockRow| BlockState {
        height: blocks[&row.hash].height,
        stale: blocks[&row.hash].stale,
    };
    segments.flatten().map(state).collect()
}

/// Carries heights and work up from a root, and marks what does not lead to the best tip.
fn settle(
    root: [u8; 32],
    children: &FxHashMap<[u8; 32], Vec<[u8; 32]>>,
    blocks: &mut FxHashMap<[u8; 32], Block>,
    notes: &mut BuildNotes,
) {
    let mut stack = vec![(root, work_of(&blocks[&root]))];
    let mut best: Option<(Work, [u8; 32])> = None;
    let mut members = Vec::new();
    while let Some((hash, work)) = stack.pop() {
        members.push(hash);
        let beats = best.is_none_or(|best| work > best.0 || work == best.0 && hash < best.1);
        if !blocks[&hash].stale && beats {
            best = Some((work, hash));
        }
        for child in children.get(&hash).into_iter().flatten() {
            let height = blocks[&hash]
                .height
                .and_then(|height| height.checked_add(1));
            let block = blocks.get_mut(child).expect("children are blocks");
            block.height = block.height.or(height);
            stack.push((*child, work + work_of(block)));
        }
    }
    let Some((_, tip)) = best else {
        return;
    };
    let mut on_best = vec![tip];
    while let Some(previous) = on_best.last().and_then(|hash| blocks[hash].previous) {
        if !blocks.contains_key(&previous) {
            break;
        }
        on_best.push(previous);
    }
    on_best.sort_unstable();
    for hash in members {
        let block = blocks.get_mut(&hash).expect("members are blocks");
        let stale = on_best.binary_search(&hash).is_err();
        notes.n_stale_blocks += u64::from(stale && !block.stale);
        block.stale = stale;
    }
}

/// Expected work of a block; one where the evidence does not say.
fn work_of(block: &Block) -> Work {
    let target = Target::from_compact(CompactTarget::from_consensus(
        block.bits.unwrap_or(0x2100_ffff),
    ));
    target.to_work()
}
