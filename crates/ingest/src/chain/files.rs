//! Blocks of an exhibit into batches, in parallel and in file order.
//!
//! Laws: batches reach the sink in the order of the files, cut at places that only the bytes fix, so
//! that neither the number of threads nor their timing shows; what is parsed ahead of the sink is
//! bounded by [`AHEAD_LEN`].
//!
//! Method: a queue of chunks in file order; as the sink takes the rows of the first, the next ones
//! are given to the threads. A block that stands more than once has a batch of its own: whether a
//! copy counts depends on the copies before it, which is decided when batches are pushed. Until then
//! the first copy is taken for good and the others for duplicates; where the first proves bad, those
//! behind it are parsed again.

use super::block::{RAW_LEN_MAX, Task, raw};
use super::chunks::{BATCH_LEN, Chunk, Repeat, chunks};
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
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// Bytes of blocks that are parsed ahead of the sink; their rows need about as many.
const AHEAD_LEN: u64 = 16 << 20;

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
    let mut pushing = Pushing {
        exhibit: &exhibit,
        accepted: FxHashSet::default(),
        tally: Tally::default(),
        stale: Vec::new(),
    };
    read_chunks(&mut pushing, sink, progress)?;
    let Pushing {
        tally, mut stale, ..
    } = pushing;
    stale.sort_by(|a, b| (a.height, &a.hash).cmp(&(b.height, &b.hash)));
    let counts = tally.counts;
    let (n_from_undo, n_without_undo) = (tally.n_from_undo, tally.n_blocks_without_undo);
    let (mut figures, missing) = tally.figures();
    let mut remarks = exhibit.remarks;
    if exhibit.undo.is_there() {
        figures.push(("inputs valued by undo data".to_owned(), n_from_undo));
        if n_without_undo > 0 {
            remarks.push(format!(
                "{n_without_undo} blocks have no undo data that holds: their inputs are resolved by the index"
            ));
        }
    }
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

/// Parses all chunks and pushes them in order.
fn read_chunks(
    pushing: &mut Pushing<'_>,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let exhibit = pushing.exhibit;
    let mut chunks = chunks(exhibit).into_iter().peekable();
    let mut ahead: VecDeque<(Chunk, Receiver<Parsed>)> = VecDeque::new();
    let mut n_bytes_ahead = 0;
    rayon::in_place_scope_fifo(|scope| {
        loop {
            while let Some(chunk) =
                chunks.next_if(|next| ahead.is_empty() || n_bytes_ahead + next.n_bytes <= AHEAD_LEN)
            {
                read_ahead(exhibit, &chunk);
                let (sender, receiver) = sync_channel(1);
                n_bytes_ahead += chunk.n_bytes;
                ahead.push_back((chunk.clone(), receiver));
                scope.spawn_fifo(move |_| {
                    let parsed = parse(exhibit, &chunk, chunk.likely_role());
                    progress.advance(chunk.n_bytes);
                    // Nobody waits any more if the sink has refused.
                    sender.send(parsed).ok();
                });
            }
            let Some((chunk, receiver)) = ahead.pop_front() else {
                return Ok(());
            };
            n_bytes_ahead -= chunk.n_bytes;
            // A thread that panicked sends nothing; the scope panics in its turn.
            let Some(parsed) = wait(&receiver) else {
                return Ok(());
            };
            pushing.push(&chunk, parsed, sink)?;
        }
    })
}

/// Lets the disk read a chunk while others are parsed.
fn read_ahead(exhibit: &Exhibit, chunk: &Chunk) {
    let (source, frames) = &exhibit.files[chunk.file];
    let frames = &frames[chunk.frames.clone()];
    if let Some((first, last)) = frames.first().zip(frames.last()) {
        source.read_ahead(first.start()..last.end());
    }
}

/// What a thread sends. A thread of the pool helps parsing while it waits: there may be no other.
fn wait(receiver: &Receiver<Parsed>) -> Option<Parsed> {
    while rayon::current_thread_index().is_some() {
        match receiver.try_recv() {
            Ok(parsed) => return Some(parsed),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {
                if rayon::yield_now() != Some(rayon::Yield::Executed) {
                    std::thread::yield_now();
                }
            }
        }
    }
    receiver.recv().ok()
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
    let undo = exhibit.undo.get(&block.hash);
    let undo = undo.map(|(source, place)| source.bytes(place));
    let task = Task {
        undo: undo.as_deref(),
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
        if let Some(Repeat { hash, .. }) = chunk.repeat
            && parsed.n_good > 0
        {
            let is_later = !self.accepted.insert(hash);
            let role = is_later.then_some(Role::Duplicate);
            if role != chunk.likely_role() {
                parsed = parse(self.exhibit, chunk, role);
            }
        }
        self.tally.add(parsed.tally);
        self.stale.append(&mut parsed.stale);
        sink.push(parsed.batch)?;
        Ok(())
    }
}
