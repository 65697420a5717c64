//! Blocks of an exhibit into batches, in parallel and in file order.
//!
//! Laws: batches reach the sink in the order of the files, cut at places that only the bytes fix, so
//! that neither the number of threads nor their timing shows; what is in memory at once is two
//! windows of blocks and their rows.
//!
//! Method: while one window is pushed, the next is parsed. A block that stands more than once has a
//! batch of its own: whether a copy counts depends on the copies before it, which is decided when
//! batches are pushed.

use super::block::{RAW_LEN_MAX, Task, raw};
use super::exhibit::Exhibit;
use super::frames::{BlockFrame, Frame};
use super::proof::shown;
use super::reading::{Role, push_record};
use super::rows::batch_of;
use super::source::Source;
use super::tally::Tally;
use super::tree::{Standing, unspendable_remark};
use crate::{Error, Format, Outcome, Progress, StaleBlock};
use moneytrail_model::RecordBin;
use moneytrail_store::schema::{Batch, RecordPlace, Sink};
use rustc_hash::FxHashSet;
use std::ops::Range;
use std::sync::OnceLock;

/// Bytes of blocks after which a batch ends.
const BATCH_LEN: usize = 1 << 20;

/// Batches that are parsed at once.
const WINDOW_LEN: usize = 16;

/// Frames of one file that make one batch.
#[derive(Clone, Debug)]
struct Chunk {
    file: usize,
    frames: Range<usize>,
    /// Hash of its one block, if that stands elsewhere too.
    repeated: Option<[u8; 32]>,
    /// Bytes of the file from the chunk before to the end of this one.
    n_bytes: u64,
}

/// A chunk's rows.
#[derive(Debug, Default)]
struct Parsed {
    batch: Batch,
    tally: Tally,
    stale: Vec<StaleBlock>,
    n_good: usize,
}

/// Reads all blocks of an exhibit.
pub(super) fn read(
    exhibit: Exhibit,
    format: Format,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let mut chunks = chunks(&exhibit).into_iter();
    let mut pushing = Pushing {
        exhibit: &exhibit,
        accepted: FxHashSet::default(),
        tally: Tally::default(),
        stale: Vec::new(),
    };
    let mut ready: Vec<(Chunk, Parsed)> = Vec::new();
    loop {
        let window: Vec<(Chunk, OnceLock<Parsed>)> = chunks
            .by_ref()
            .take(WINDOW_LEN)
            .map(|chunk| (chunk, OnceLock::new()))
            .collect();
        let exhibit = &exhibit;
        let window_ref = &window;
        rayon::in_place_scope(|scope| {
            for (chunk, slot) in window_ref {
                scope.spawn(move |_| {
                    slot.get_or_init(|| parse(exhibit, chunk, None));
                    progress.advance(chunk.n_bytes);
                });
            }
            ready
                .drain(..)
                .try_for_each(|(chunk, parsed)| pushing.push(&chunk, parsed, sink))
        })?;
        ready.extend(
            window
                .into_iter()
                .filter_map(|(chunk, slot)| slot.into_inner().map(|parsed| (chunk, parsed))),
        );
        if ready.is_empty() {
            break;
        }
    }
    let Pushing {
        accepted: _,
        tally,
        mut stale,
        ..
    } = pushing;
    stale.sort_by(|a, b| (a.height, &a.hash).cmp(&(b.height, &b.hash)));
    let counts = tally.counts;
    let (figures, missing) = tally.figures();
    let mut remarks = exhibit.remarks;
    remarks.extend(unspendable_remark(exhibit.network, |hash| {
        exhibit.tree.standings.contains_key(hash)
    }));
    remarks.extend(missing);
    Ok(Outcome {
        format,
        network: Some(exhibit.network),
        counts,
        figures,
        stale,
        assumptions: exhibit.assumptions,
        remarks,
        profile: None,
    })
}

/// Cuts all frames into chunks.
fn chunks(exhibit: &Exhibit) -> Vec<Chunk> {
    let mut seen = FxHashSet::default();
    let mut repeated = FxHashSet::default();
    let frames = || exhibit.files.iter().flat_map(|(_, frames)| frames);
    for frame in frames() {
        if let Frame::Block(block) = frame
            && !seen.insert(block.hash)
        {
            repeated.insert(block.hash);
        }
    }
    drop(seen);
    let mut chunks: Vec<Chunk> = Vec::new();
    for (file, (source, frames)) in exhibit.files.iter().enumerate() {
        let first_chunk = chunks.len();
        let mut behind = 0;
        let mut open: Option<Chunk> = None;
        for (position, frame) in frames.iter().enumerate() {
            let (end, copy) = match frame {
                Frame::Block(block) => {
                    let hash = block.hash;
                    (
                        block.end(),
                        Some(hash).filter(|hash| repeated.contains(hash)),
                    )
                }
                Frame::Gap { end, .. } => (*end, None),
            };
            if copy.is_some() {
                chunks.extend(open.take());
            }
            let chunk = open.get_or_insert(Chunk {
                file,
                frames: position..position,
                repeated: copy,
                n_bytes: 0,
            });
            chunk.frames.end = position + 1;
            chunk.n_bytes += (end - behind) as u64;
            behind = end;
            if copy.is_some() || chunk.n_bytes >= BATCH_LEN as u64 {
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

/// Reads the frames of a chunk; `role` overrides what the tree says.
fn parse(exhibit: &Exhibit, chunk: &Chunk, role: Option<Role>) -> Parsed {
    let (source, frames) = &exhibit.files[chunk.file];
    let mut parsed = Parsed {
        batch: batch_of(&source.name, exhibit.network),
        ..Parsed::default()
    };
    reserve(&mut parsed.batch, chunk.n_bytes);
    for frame in &frames[chunk.frames.clone()] {
        match frame {
            Frame::Block(block) => parse_block(exhibit, source, block, role, &mut parsed),
            Frame::Gap { start, end, reason } => {
                let place = RecordPlace::Bytes(*start as u64, *end as u64);
                let first = raw(&source.bytes(*start..*end.min(&(start + RAW_LEN_MAX))));
                push_record(
                    &mut parsed.batch,
                    place,
                    RecordBin::Quarantined,
                    reason,
                    first,
                );
                parsed.tally.counts.count(RecordBin::Quarantined);
            }
        }
    }
    parsed
}

/// Makes room for what blocks of this size usually give, so that columns are not copied as they
/// grow. Pages that stay unused cost nothing.
fn reserve(batch: &mut Batch, n_bytes: u64) {
    let n_bytes = usize::try_from(n_bytes).unwrap_or(0).min(2 * BATCH_LEN);
    batch.events.reserve(n_bytes / 200);
    batch.transfers.reserve(n_bytes / 80);
    batch.outpoints.reserve(n_bytes / 120);
}

fn parse_block(
    exhibit: &Exhibit,
    source: &Source,
    block: &BlockFrame,
    role: Option<Role>,
    parsed: &mut Parsed,
) {
    let Standing { height, stale } = exhibit
        .tree
        .standings
        .get(&block.hash)
        .copied()
        .unwrap_or_default();
    let role = role.unwrap_or(if stale { Role::Stale } else { Role::Counts });
    let task = Task {
        network: exhibit.network,
        bytes: &source.bytes(block.start..block.end()),
        start: block.start as u64,
        height,
        role,
    };
    if let Some(n_transactions) = task.read(&mut parsed.batch, &mut parsed.tally) {
        parsed.n_good += 1;
        if role == Role::Stale {
            parsed.stale.push(StaleBlock {
                height,
                hash: shown(&block.hash),
                n_transactions,
            });
        }
    }
}

/// Takes chunks in order.
struct Pushing<'a> {
    exhibit: &'a Exhibit,
    /// Blocks with copies of which one was taken.
    accepted: FxHashSet<[u8; 32]>,
    tally: Tally,
    stale: Vec<StaleBlock>,
}

impl Pushing<'_> {
    fn push(
        &mut self,
        chunk: &Chunk,
        mut parsed: Parsed,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        if let Some(hash) = chunk.repeated
            && parsed.n_good > 0
            && !self.accepted.insert(hash)
        {
            parsed = parse(self.exhibit, chunk, Some(Role::Duplicate));
        }
        self.tally.add(parsed.tally);
        self.stale.append(&mut parsed.stale);
        sink.push(parsed.batch)?;
        Ok(())
    }
}
