//! Where batches of blocks are cut.
//!
//! Laws: a batch holds frames of one file, in their order; where it ends follows from the bytes
//! alone. A block that stands more than once is a batch of its own.

use super::exhibit::Exhibit;
use super::frames::{BlockFrame, Frame};
use super::reading::Role;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// Bytes of blocks after which a batch ends.
pub(super) const BATCH_LEN: usize = 1 << 20;

/// Frames of one file that make one batch.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) file: usize,
    pub(super) frames: Range<usize>,
    /// Its one block, if that stands elsewhere too.
    pub(super) repeat: Option<Repeat>,
    /// Bytes of the file from the chunk before to the end of this one.
    pub(super) n_bytes: u64,
}

/// A block that stands more than once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub(super) hash: [u8; 32],
    pub(super) is_first: bool,
}

impl Chunk {
    /// The role that its block has unless an earlier copy proves bad.
    pub(super) fn likely_role(&self) -> Option<Role> {
        let is_later = self.repeat.is_some_and(|repeat| !repeat.is_first);
        is_later.then_some(Role::Duplicate)
    }
}

/// Cuts all frames into chunks.
pub(super) fn chunks(exhibit: &Exhibit) -> Vec<Chunk> {
    let mut seen = FxHashSet::default();
    // Blocks that stand more than once, until their first copy was cut.
    let mut repeated = FxHashMap::default();
    let frames = || exhibit.files.iter().flat_map(|(_, frames)| frames);
    for frame in frames() {
        if let Frame::Block(block) = frame
            && !seen.insert(block.hash)
        {
            repeated.insert(block.hash, true);
        }
    }
    drop(seen);
    let mut chunks: Vec<Chunk> = Vec::new();
    for (file, (source, frames)) in exhibit.files.iter().enumerate() {
        let first_chunk = chunks.len();
        let mut behind = 0;
        let mut open: Option<Chunk> = None;
        for (position, frame) in frames.iter().enumerate() {
            let repeat = match frame {
                Frame::Block(BlockFrame { hash, .. }) => {
                    let is_first = repeated.get_mut(hash).map(std::mem::take);
                    is_first.map(|is_first| Repeat {
                        hash: *hash,
                        is_first,
                    })
                }
                Frame::Gap { .. } => None,
            };
            if repeat.is_some() {
                chunks.extend(open.take());
            }
            let chunk = open.get_or_insert(Chunk {
                file,
                frames: position..position,
                repeat,
                n_bytes: 0,
            });
            chunk.frames.end = position + 1;
            chunk.n_bytes += (frame.end() - behind) as u64;
            behind = frame.end();
            if repeat.is_some() || chunk.n_bytes >= BATCH_LEN as u64 {
                chunks.extend(open.take());
            }
        }
        chunks.extend(open);
        if let Some(last) = chunks[first_chunk..].last_mut() {
            last.n_bytes += (source.len() - behind) as u64;
        }
    }
    chunks
}
